package cli

import (
	"time"

	pb "opsreview/proto/opsreview/v1"
)

// The structs of this file are part of the -o json contract of docs/json.md:
// add fields, never rename or remove one.

// findingListJSON is what finding list -o json prints.
type findingListJSON struct {
	Window   windowJSON    `json:"window"`
	TimeZone string        `json:"time_zone"`
	Findings []findingJSON `json:"findings"`
}

func findingsToJSON(all []*pb.Finding) []findingJSON {
	out := make([]findingJSON, len(all))
	for i, f := range all {
		out[i] = findingToJSON(f)
	}
	return out
}

func findingToJSON(f *pb.Finding) findingJSON {
	out := findingJSON{
		Key: f.GetKey(), Kind: f.GetKind(), Title: f.GetTitle(), Evidence: append([]string{}, f.GetEvidence()...), Remedy: f.GetRemedy(),
		SLO: f.GetSlo(), Monitor: f.GetMonitor(), Pages: append([]string{}, f.GetPages()...),
		Category: f.GetCategory(), Team: f.GetTeam(), Service: f.GetService(),
		CostMethod: f.GetCostMethod(), Fingerprint: f.GetFingerprint(),
	}
	if f != nil {
		out.Cost = f.Cost
	}
	return out
}

// ticketJSON is a row of the ledger.
type ticketJSON struct {
	Tracker     string             `json:"tracker"`
	Finding     string             `json:"finding"`
	Fingerprint string             `json:"fingerprint"`
	Generation  int32              `json:"generation"`
	Kind        string             `json:"kind,omitempty"`
	Category    string             `json:"category,omitempty"`
	Team        string             `json:"team,omitempty"`
	Service     string             `json:"service,omitempty"`
	Monitor     string             `json:"monitor,omitempty"`
	SLO         string             `json:"slo,omitempty"`
	Title       string             `json:"title"`
	Cost        *float64           `json:"minutes_a_week,omitempty"`
	Points      *float64           `json:"points,omitempty"`
	State       string             `json:"state"`
	Key         string             `json:"key,omitempty"`
	URL         string             `json:"url,omitempty"`
	Stands      string             `json:"status_category,omitempty"`
	Status      string             `json:"status,omitempty"`
	Resolution  string             `json:"resolution,omitempty"`
	Assignee    string             `json:"assignee,omitempty"`
	FiledAt     *time.Time         `json:"filed_at,omitempty"`
	ClosedAt    *time.Time         `json:"closed_at,omitempty"`
	SyncedAt    *time.Time         `json:"synced_at,omitempty"`
	FirstSeenAt *time.Time         `json:"first_seen_at,omitempty"`
	LastSeenAt  *time.Time         `json:"last_seen_at,omitempty"`
	Seen        int32              `json:"seen"`
	Suppressed  *time.Time         `json:"suppressed_until,omitempty"`
	Error       string             `json:"error,omitempty"`
	Outcome     *ticketOutcomeJSON `json:"outcome,omitempty"`
}

func ticketsToJSON(all []*pb.Ticket) []ticketJSON {
	out := make([]ticketJSON, len(all))
	for i, t := range all {
		out[i] = *ticketToJSON(t)
	}
	return out
}

func ticketToJSON(t *pb.Ticket) *ticketJSON {
	if t == nil {
		return nil
	}
	return &ticketJSON{
		Tracker: t.GetTracker(), Finding: t.GetFindingKey(), Fingerprint: t.GetFingerprint(), Generation: t.GetGeneration(),
		Kind: t.GetKind(), Category: t.GetCategory(), Team: t.GetTeam(), Service: t.GetService(), Monitor: t.GetMonitor(), SLO: t.GetSlo(),
		Title: t.GetTitle(), Cost: someNumber(t.GetCost() > 0, t.GetCost()), Points: someNumber(t.GetPoints() > 0, t.GetPoints()),
		State: t.GetState(), Key: t.GetKey(), URL: t.GetUrl(), Stands: t.GetStatusCategory(), Status: t.GetStatus(),
		Resolution: t.GetResolution(), Assignee: t.GetAssignee(), FiledAt: jsonTime(t.GetFileTime()), ClosedAt: jsonTime(t.GetCloseTime()),
		SyncedAt: jsonTime(t.GetSyncTime()), FirstSeenAt: jsonTime(t.GetFirstSeenTime()), LastSeenAt: jsonTime(t.GetLastSeenTime()),
		Seen: t.GetSeen(), Suppressed: jsonTime(t.GetSuppressEndTime()), Error: t.GetError(), Outcome: ticketOutcomeToJSON(t.GetOutcome()),
	}
}

// ticketOutcomeJSON is whether a closed ticket held.
type ticketOutcomeJSON struct {
	Verdict       string      `json:"verdict"`
	PagesBefore   int32       `json:"pages_before"`
	PagesAfter    int32       `json:"pages_after"`
	Before        *windowJSON `json:"before,omitempty"`
	After         *windowJSON `json:"after,omitempty"`
	PValue        *float64    `json:"p_value,omitempty"`
	RateRatio     *float64    `json:"rate_ratio,omitempty"`
	RateRatioLow  *float64    `json:"rate_ratio_low,omitempty"`
	RateRatioHigh *float64    `json:"rate_ratio_high,omitempty"`
	MinutesSaved  *float64    `json:"minutes_a_week_saved,omitempty"`
	Text          string      `json:"text,omitempty"`
}

func ticketOutcomeToJSON(o *pb.TicketOutcome) *ticketOutcomeJSON {
	if o == nil {
		return nil
	}
	return &ticketOutcomeJSON{
		Verdict: o.GetVerdict(), PagesBefore: o.GetPagesBefore(), PagesAfter: o.GetPagesAfter(),
		Before: someWindow(o.GetBefore()), After: someWindow(o.GetAfter()), PValue: someNumber(o.RateRatio != nil || o.GetPValue() > 0, o.GetPValue()),
		RateRatio: o.RateRatio, RateRatioLow: o.RateRatioLow, RateRatioHigh: o.RateRatioHigh, MinutesSaved: o.MinutesSaved, Text: o.GetText(),
	}
}

// someWindow is a window, absent where there is none.
func someWindow(w *pb.Window) *windowJSON {
	if w == nil {
		return nil
	}
	out := windowToJSON(w)
	return &out
}

// ticketPlanJSON is what ticket plan -o json prints.
type ticketPlanJSON struct {
	Tracker   string           `json:"tracker"`
	Window    windowJSON       `json:"window"`
	TimeZone  string           `json:"time_zone,omitempty"`
	Confirmed bool             `json:"confirmed"`
	Steps     []ticketStepJSON `json:"steps"`
}

// ticketStepJSON is what is planned for one finding.
type ticketStepJSON struct {
	Action     string      `json:"action"`
	Reason     string      `json:"reason"`
	Generation int32       `json:"generation"`
	Finding    findingJSON `json:"finding"`
	Ticket     *ticketJSON `json:"ticket,omitempty"`
	Preview    string      `json:"preview,omitempty"`
}

func ticketPlanToJSON(resp *pb.PlanTicketsResponse) ticketPlanJSON {
	out := ticketPlanJSON{
		Tracker: resp.GetTracker(), Window: windowToJSON(resp.GetWindow()), TimeZone: resp.GetTimeZone(),
		Confirmed: resp.GetConfirmed(), Steps: make([]ticketStepJSON, len(resp.GetSteps())),
	}
	for i, s := range resp.GetSteps() {
		out.Steps[i] = ticketStepToJSON(s)
	}
	return out
}

func ticketStepToJSON(s *pb.TicketStep) ticketStepJSON {
	return ticketStepJSON{
		Action: actionWord(s.GetAction()), Reason: s.GetReason(), Generation: s.GetGeneration(), Finding: findingToJSON(s.GetFinding()),
		Ticket: ticketToJSON(s.GetTicket()), Preview: s.GetPreview(),
	}
}

func actionWord(a pb.TicketAction) string { return enumWord(a.String(), "TICKET_ACTION_") }

// ticketFilingJSON is what ticket file -o json prints.
type ticketFilingJSON struct {
	Tracker     string          `json:"tracker"`
	DryRun      bool            `json:"dry_run"`
	Unconfirmed bool            `json:"unconfirmed"`
	Finished    bool            `json:"finished"`
	Steps       []ticketDidJSON `json:"steps"`
}

// ticketDidJSON is what became of one step.
type ticketDidJSON struct {
	Outcome    string         `json:"outcome"`
	Detail     string         `json:"detail,omitempty"`
	Error      string         `json:"error,omitempty"`
	Step       ticketStepJSON `json:"step"`
	Ticket     *ticketJSON    `json:"ticket,omitempty"`
	Duplicates []string       `json:"duplicates"`
}

// ticketListJSON is what ticket list -o json prints.
type ticketListJSON struct {
	Tracker string       `json:"tracker,omitempty"`
	Tickets []ticketJSON `json:"tickets"`
}

// ticketSyncJSON is what ticket sync -o json prints.
type ticketSyncJSON struct {
	Tracker    string `json:"tracker"`
	Asked      int32  `json:"asked"`
	Changed    int32  `json:"changed"`
	Gone       int32  `json:"gone"`
	Relabelled int32  `json:"relabelled"`
	Found      int32  `json:"found"`
}

// ticketAdoptionJSON is what ticket adopt -o json prints.
type ticketAdoptionJSON struct {
	Tracker    string   `json:"tracker"`
	Found      int32    `json:"found"`
	Adopted    int32    `json:"adopted"`
	Duplicates []string `json:"duplicates"`
}

// ticketEffectJSON is an entry of ticket log -o json.
type ticketEffectJSON struct {
	StartedAt   *time.Time `json:"started_at"`
	EndedAt     *time.Time `json:"ended_at,omitempty"`
	Tracker     string     `json:"tracker"`
	Fingerprint string     `json:"fingerprint"`
	Generation  int32      `json:"generation"`
	Action      string     `json:"action"`
	Detail      string     `json:"detail,omitempty"`
	Outcome     string     `json:"outcome,omitempty"`
	Key         string     `json:"key,omitempty"`
	Caller      string     `json:"caller,omitempty"`
}

func ticketEffectToJSON(e *pb.TicketEffect) ticketEffectJSON {
	return ticketEffectJSON{
		StartedAt: jsonTime(e.GetStartTime()), EndedAt: jsonTime(e.GetEndTime()), Tracker: e.GetTracker(), Fingerprint: e.GetFingerprint(),
		Generation: e.GetGeneration(), Action: e.GetAction(), Detail: e.GetDetail(), Outcome: e.GetOutcome(), Key: e.GetKey(), Caller: e.GetCaller(),
	}
}

// sprintPlanJSON is what ticket plan-sprint -o json prints.
type sprintPlanJSON struct {
	Tracker string             `json:"tracker"`
	Sprint  string             `json:"sprint,omitempty"`
	Budget  float64            `json:"budget_points"`
	Taken   float64            `json:"taken_points"`
	Applied bool               `json:"applied"`
	Query   string             `json:"query,omitempty"`
	Chosen  []sprintTicketJSON `json:"chosen"`
	LeftOut []sprintTicketJSON `json:"left_out"`
	Past    []sprintShareJSON  `json:"past"`
}

// sprintTicketJSON is a ticket and what doing it would bring.
type sprintTicketJSON struct {
	Ticket    ticketJSON `json:"ticket"`
	Points    float64    `json:"points"`
	Estimated bool       `json:"points_estimated"`
	PerPoint  float64    `json:"minutes_a_week_per_point"`
	Passed    int32      `json:"passed_over"`
}

// sprintShareJSON is the share of a past sprint that was operational work.
type sprintShareJSON struct {
	Sprint  string     `json:"sprint"`
	Planned float64    `json:"planned_points"`
	Done    float64    `json:"done_points"`
	Total   float64    `json:"total_points"`
	EndsAt  *time.Time `json:"ends_at,omitempty"`
}

func sprintPlanToJSON(resp *pb.PlanSprintResponse) sprintPlanJSON {
	out := sprintPlanJSON{
		Tracker: resp.GetTracker(), Sprint: resp.GetSprint(), Budget: resp.GetBudgetPoints(), Taken: resp.GetTakenPoints(), Applied: resp.GetApplied(), Query: resp.GetQuery(),
		Chosen: sprintTicketsToJSON(resp.GetChosen()), LeftOut: sprintTicketsToJSON(resp.GetLeftOut()), Past: []sprintShareJSON{},
	}
	for _, p := range resp.GetPast() {
		out.Past = append(out.Past, sprintShareJSON{
			Sprint: p.GetSprint(), Planned: p.GetPlannedPoints(), Done: p.GetDonePoints(), Total: p.GetTotalPoints(), EndsAt: jsonTime(p.GetEndTime()),
		})
	}
	return out
}

func sprintTicketsToJSON(all []*pb.SprintTicket) []sprintTicketJSON {
	out := make([]sprintTicketJSON, len(all))
	for i, t := range all {
		out[i] = sprintTicketJSON{
			Points: t.GetPoints(), Estimated: t.GetPointsEstimated(), PerPoint: t.GetMinutesPerPoint(), Passed: t.GetPassedOver(),
		}
		if row := ticketToJSON(t.GetTicket()); row != nil {
			out[i].Ticket = *row
		}
	}
	return out
}
