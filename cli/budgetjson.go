package cli

import (
	"time"

	pb "opsreview/proto/opsreview/v1"
)

// The structs of this file are part of the -o json contract of docs/json.md:
// add fields, never rename or remove one.

type sloJSON struct {
	Name             string  `json:"name"`
	Title            string  `json:"title,omitempty"`
	Description      string  `json:"description,omitempty"`
	Service          string  `json:"service,omitempty"`
	Source           string  `json:"source,omitempty"`
	Origin           string  `json:"origin,omitempty"`
	Window           string  `json:"window,omitempty"`
	SignificantShare float64 `json:"significant_share"`
}

type objectiveJSON struct {
	Target          float64  `json:"target"`
	BudgetingMethod string   `json:"budgeting_method"`
	SliceSeconds    *float64 `json:"slice_seconds,omitempty"`
	SliceTarget     *float64 `json:"slice_target,omitempty"`
}

func objectiveToJSON(o *pb.SLOObjective) objectiveJSON {
	out := objectiveJSON{Target: o.GetTarget(), BudgetingMethod: o.GetBudgetingMethod(), SliceSeconds: jsonSeconds(o.GetSlice())}
	if o.GetBudgetingMethod() == "Timeslices" {
		out.SliceTarget = someNumber(true, o.GetSliceTarget())
	}
	return out
}

// someNumber is a number, absent where it is not known.
func someNumber(known bool, x float64) *float64 {
	if !known {
		return nil
	}
	return &x
}

type budgetJSON struct {
	Window           windowJSON    `json:"window"`
	Status           string        `json:"status"`
	Unit             string        `json:"unit"`
	Total            float64       `json:"total"`
	Bad              float64       `json:"bad"`
	Allowed          float64       `json:"allowed"`
	Consumed         *float64      `json:"consumed,omitempty"`
	Remaining        *float64      `json:"remaining,omitempty"`
	ConsumedLow      *float64      `json:"consumed_low,omitempty"`
	ConsumedHigh     *float64      `json:"consumed_high,omitempty"`
	Unknown          float64       `json:"unknown"`
	Coverage         float64       `json:"coverage"`
	EdgeError        float64       `json:"edge_error"`
	GapBurn          float64       `json:"gap_burn"`
	CorrectedSeconds *float64      `json:"corrected_seconds,omitempty"`
	Excess           float64       `json:"excess"`
	Resets           int32         `json:"resets"`
	Granularity      *float64      `json:"granularity,omitempty"`
	ObjectiveChanged bool          `json:"objective_changed"`
	Objective        objectiveJSON `json:"objective"`
}

func budgetToJSON(b *pb.Budget) *budgetJSON {
	if b == nil {
		return nil
	}
	known := b.GetStatus() != pb.BudgetStatus_BUDGET_STATUS_NO_DATA
	return &budgetJSON{
		Window: windowToJSON(b.GetWindow()), Status: budgetStatus(b), Unit: b.GetUnit(), Total: b.GetTotal(), Bad: b.GetBad(), Allowed: b.GetAllowed(),
		Consumed: someNumber(known, b.GetConsumed()), Remaining: someNumber(known, b.GetRemaining()),
		ConsumedLow: someNumber(known, b.GetConsumedLow()), ConsumedHigh: someNumber(known, b.GetConsumedHigh()), Unknown: b.GetUnknown(),
		Coverage: b.GetCoverage(), EdgeError: b.GetEdgeError(), GapBurn: b.GetGapBurn(), CorrectedSeconds: jsonSeconds(b.GetCorrected()),
		Excess: b.GetExcess(), Resets: b.GetResets(), Granularity: someNumber(b.GetGranularity() > 0, b.GetGranularity()),
		ObjectiveChanged: b.GetObjectiveChanged(), Objective: objectiveToJSON(b.GetObjective()),
	}
}

type burnDownPointJSON struct {
	At        *time.Time `json:"at"`
	Remaining *float64   `json:"remaining,omitempty"`
}

type standingJSON struct {
	SLO               sloJSON             `json:"slo"`
	Objective         objectiveJSON       `json:"objective"`
	Week              *budgetJSON         `json:"week"`
	Month             *budgetJSON         `json:"month"`
	Own               *budgetJSON         `json:"own,omitempty"`
	WeekShare         *float64            `json:"week_share,omitempty"`
	BurnRate          *float64            `json:"burn_rate,omitempty"`
	ExhaustionSeconds *float64            `json:"exhaustion_seconds,omitempty"`
	Approximate       bool                `json:"approximate"`
	BurnDown          []burnDownPointJSON `json:"burn_down"`
}

func standingToJSON(st *pb.SLOStanding) standingJSON {
	slo := st.GetSlo()
	out := standingJSON{
		SLO: sloJSON{
			Name: slo.GetName(), Title: slo.GetTitle(), Description: slo.GetDescription(), Service: slo.GetService(), Source: slo.GetSource(),
			Origin: slo.GetOrigin(), Window: slo.GetWindow(), SignificantShare: slo.GetSignificantShare(),
		},
		Objective: objectiveToJSON(st.GetObjective()), Week: budgetToJSON(st.GetWeek()), Month: budgetToJSON(st.GetMonth()), Own: budgetToJSON(st.GetOwn()),
		BurnRate: st.BurnRate, ExhaustionSeconds: jsonSeconds(st.GetExhaustion()), Approximate: st.GetApproximate(), BurnDown: []burnDownPointJSON{},
	}
	none := pb.BudgetStatus_BUDGET_STATUS_NO_DATA
	out.WeekShare = someNumber(st.GetWeek().GetStatus() != none && st.GetMonth().GetStatus() != none, st.GetWeekShare())
	for _, p := range st.GetBurnDown() {
		out.BurnDown = append(out.BurnDown, burnDownPointJSON{At: jsonTime(p.GetTime()), Remaining: someNumber(p.GetKnown(), p.GetRemaining())})
	}
	return out
}

func standingsToJSON(all []*pb.SLOStanding) []standingJSON {
	out := make([]standingJSON, len(all))
	for i, st := range all {
		out[i] = standingToJSON(st)
	}
	return out
}

// budgetsJSON is what budget show -o json prints.
type budgetsJSON struct {
	At        *time.Time     `json:"at,omitempty"`
	TimeZone  string         `json:"time_zone"`
	Standings []standingJSON `json:"standings"`
	Gaps      []gapJSON      `json:"gaps"`
}

func budgetsToJSON(resp *pb.ListBudgetsResponse) budgetsJSON {
	return budgetsJSON{At: jsonTime(resp.GetAtTime()), TimeZone: resp.GetTimeZone(), Standings: standingsToJSON(resp.GetStandings()), Gaps: gapsToJSON(resp.GetGaps())}
}

type episodeJSON struct {
	Window           windowJSON `json:"window"`
	Total            float64    `json:"total"`
	Bad              float64    `json:"bad"`
	Cost             float64    `json:"cost"`
	PeakBurnRate     float64    `json:"peak_burn_rate"`
	Slow             bool       `json:"slow"`
	Significant      bool       `json:"significant"`
	Gap              bool       `json:"gap"`
	Pages            []string   `json:"pages"`
	Stale            bool       `json:"stale"`
	Pending          bool       `json:"pending"`
	DetectionSeconds *float64   `json:"detection_seconds,omitempty"`
	BurnedBefore     *float64   `json:"burned_before,omitempty"`
	ResetSeconds     *float64   `json:"reset_seconds,omitempty"`
}

func episodeToJSON(e *pb.Episode) episodeJSON {
	return episodeJSON{
		Window: windowToJSON(e.GetWindow()), Total: e.GetTotal(), Bad: e.GetBad(), Cost: e.GetCost(), PeakBurnRate: e.GetPeakBurnRate(),
		Slow: e.GetSlow(), Significant: e.GetSignificant(), Gap: e.GetGap(), Pages: append([]string{}, e.GetPages()...), Stale: e.GetStale(),
		Pending: e.GetPending(), DetectionSeconds: jsonSeconds(e.GetDetection()),
		BurnedBefore: someNumber(len(e.GetPages()) > 0, e.GetBurnedBefore()), ResetSeconds: jsonSeconds(e.GetReset_()),
	}
}

type pageBurnJSON struct {
	Page        string     `json:"page"`
	Title       string     `json:"title,omitempty"`
	TriggeredAt *time.Time `json:"triggered_at,omitempty"`
	SLO         string     `json:"slo"`
	Rule        string     `json:"rule"`
	Coincidence string     `json:"coincidence"`
	Unit        string     `json:"unit"`
	Before      float64    `json:"before"`
	During      float64    `json:"during"`
	After       float64    `json:"after"`
	Cost        float64    `json:"cost"`
	Gross       float64    `json:"gross"`
	Gap         bool       `json:"gap"`
	Partly      bool       `json:"partly"`
}

func pageBurnsToJSON(all []*pb.PageBurn) []pageBurnJSON {
	out := make([]pageBurnJSON, len(all))
	for i, p := range all {
		out[i] = pageBurnJSON{
			Page: p.GetPage(), Title: p.GetPageTitle(), TriggeredAt: jsonTime(p.GetPageTriggerTime()), SLO: p.GetSlo(), Rule: p.GetRule(),
			Coincidence: p.GetCoincidence(), Unit: p.GetUnit(), Before: p.GetBefore(), During: p.GetDuring(), After: p.GetAfter(),
			Cost: p.GetCost(), Gross: p.GetGross(), Gap: p.GetGap(), Partly: p.GetPartly(),
		}
	}
	return out
}

type signedSpreadJSON struct {
	Count         int32    `json:"count"`
	MedianSeconds *float64 `json:"median_seconds,omitempty"`
	P90Seconds    *float64 `json:"p90_seconds,omitempty"`
}

func signedSpreadToJSON(s *pb.SignedSpread) *signedSpreadJSON {
	if s == nil {
		return nil
	}
	return &signedSpreadJSON{Count: s.GetCount(), MedianSeconds: jsonSeconds(s.GetMedian()), P90Seconds: jsonSeconds(s.GetP90())}
}

type atBoundJSON struct {
	Bound     float64      `json:"bound"`
	Precision *hitRateJSON `json:"precision,omitempty"`
	Recall    *hitRateJSON `json:"recall,omitempty"`
}

type qualityJSON struct {
	SignificantShare *float64          `json:"significant_share,omitempty"`
	Precision        *hitRateJSON      `json:"precision,omitempty"`
	Recall           *hitRateJSON      `json:"recall,omitempty"`
	WeightedRecall   *float64          `json:"weighted_recall,omitempty"`
	Unjudged         int32             `json:"unjudged"`
	Pending          int32             `json:"pending"`
	Detection        *signedSpreadJSON `json:"detection,omitempty"`
	Reset            *signedSpreadJSON `json:"reset,omitempty"`
	Redundancy       *float64          `json:"redundancy,omitempty"`
	Curve            []atBoundJSON     `json:"curve"`
}

func qualityToJSON(q *pb.PagingQuality) qualityJSON {
	out := qualityJSON{
		SignificantShare: someNumber(q.GetSignificantShare() > 0, q.GetSignificantShare()), Precision: hitRateToJSON(q.GetPrecision()),
		Recall: hitRateToJSON(q.GetRecall()), Unjudged: q.GetUnjudged(), Pending: q.GetPending(), Detection: signedSpreadToJSON(q.GetDetection()),
		Reset: signedSpreadToJSON(q.GetReset_()), Redundancy: someNumber(q.GetRedundancy() > 0, q.GetRedundancy()), Curve: []atBoundJSON{},
	}
	if q != nil {
		out.WeightedRecall = q.WeightedRecall
	}
	for _, b := range q.GetCurve() {
		out.Curve = append(out.Curve, atBoundJSON{Bound: b.GetBound(), Precision: hitRateToJSON(b.GetPrecision()), Recall: hitRateToJSON(b.GetRecall())})
	}
	return out
}

type burnJSON struct {
	SLO        string         `json:"slo"`
	Window     windowJSON     `json:"window"`
	Unit       string         `json:"unit"`
	Total      float64        `json:"total"`
	Bad        float64        `json:"bad"`
	Budget     float64        `json:"budget"`
	Before     float64        `json:"before"`
	During     float64        `json:"during"`
	After      float64        `json:"after"`
	Missed     float64        `json:"missed"`
	Pending    float64        `json:"pending"`
	Minor      float64        `json:"minor"`
	Background float64        `json:"background"`
	Episodes   []episodeJSON  `json:"episodes"`
	PageBurns  []pageBurnJSON `json:"page_burns"`
	Quality    qualityJSON    `json:"quality"`
}

func burnToJSON(b *pb.Burn) burnJSON {
	out := burnJSON{
		SLO: b.GetSlo(), Window: windowToJSON(b.GetWindow()), Unit: b.GetUnit(), Total: b.GetTotal(), Bad: b.GetBad(), Budget: b.GetBudget(),
		Before: b.GetBefore(), During: b.GetDuring(), After: b.GetAfter(), Missed: b.GetMissed(), Pending: b.GetPending(), Minor: b.GetMinor(),
		Background: b.GetBackground(), Episodes: []episodeJSON{}, PageBurns: pageBurnsToJSON(b.GetPageBurns()), Quality: qualityToJSON(b.GetQuality()),
	}
	for _, e := range b.GetEpisodes() {
		out.Episodes = append(out.Episodes, episodeToJSON(e))
	}
	return out
}

type burnVerdictsJSON struct {
	Actionable    int32 `json:"actionable"`
	NotActionable int32 `json:"not_actionable"`
	Unlabelled    int32 `json:"unlabelled"`
}

func burnVerdictsToJSON(v *pb.BurnVerdicts) burnVerdictsJSON {
	return burnVerdictsJSON{Actionable: v.GetActionable(), NotActionable: v.GetNotActionable(), Unlabelled: v.GetUnlabelled()}
}

type burnMatrixJSON struct {
	WithBurn       burnVerdictsJSON `json:"with_burn"`
	MinorBurn      burnVerdictsJSON `json:"minor_burn"`
	WithoutBurn    burnVerdictsJSON `json:"without_burn"`
	Unjudged       burnVerdictsJSON `json:"unjudged"`
	MissedEpisodes int32            `json:"missed_episodes"`
}

type findingJSON struct {
	Key      string   `json:"key"`
	Kind     string   `json:"kind"`
	Title    string   `json:"title"`
	Evidence []string `json:"evidence"`
	Remedy   string   `json:"remedy,omitempty"`
	SLO      string   `json:"slo,omitempty"`
	Monitor  string   `json:"monitor,omitempty"`
	Pages    []string `json:"pages"`

	Category    string   `json:"category,omitempty"`
	Team        string   `json:"team,omitempty"`
	Service     string   `json:"service,omitempty"`
	Cost        *float64 `json:"minutes_a_week,omitempty"`
	CostMethod  string   `json:"cost_method,omitempty"`
	Fingerprint string   `json:"fingerprint,omitempty"`
}

// burnReportJSON is where the budgets went in a window.
type burnReportJSON struct {
	Window    windowJSON     `json:"window"`
	TimeZone  string         `json:"time_zone"`
	At        *time.Time     `json:"at,omitempty"`
	Standings []standingJSON `json:"standings"`
	Burns     []burnJSON     `json:"burns"`
	Quality   qualityJSON    `json:"quality"`
	Matrix    burnMatrixJSON `json:"matrix"`
	Findings  []findingJSON  `json:"findings"`
}

func burnReportToJSON(r *pb.BurnReport) *burnReportJSON {
	if r == nil {
		return nil
	}
	m := r.GetMatrix()
	out := &burnReportJSON{
		Window: windowToJSON(r.GetWindow()), TimeZone: r.GetTimeZone(), At: jsonTime(r.GetAtTime()), Standings: standingsToJSON(r.GetStandings()),
		Burns: []burnJSON{}, Quality: qualityToJSON(r.GetQuality()), Findings: findingsToJSON(r.GetFindings()),
		Matrix: burnMatrixJSON{
			WithBurn: burnVerdictsToJSON(m.GetWithBurn()), MinorBurn: burnVerdictsToJSON(m.GetMinorBurn()),
			WithoutBurn: burnVerdictsToJSON(m.GetWithoutBurn()), Unjudged: burnVerdictsToJSON(m.GetUnjudged()), MissedEpisodes: m.GetMissedEpisodes(),
		},
	}
	for _, b := range r.GetBurns() {
		out.Burns = append(out.Burns, burnToJSON(b))
	}
	return out
}

// episodesJSON is what budget episodes -o json prints.
type episodesJSON struct {
	burnReportJSON
	Gaps []gapJSON `json:"gaps"`
}

func episodesToJSON(resp *pb.ListEpisodesResponse) episodesJSON {
	out := episodesJSON{Gaps: gapsToJSON(resp.GetGaps())}
	if r := burnReportToJSON(resp.GetReport()); r != nil {
		out.burnReportJSON = *r
	}
	return out
}

type correctionJSON struct {
	ID          string     `json:"id"`
	SLO         string     `json:"slo"`
	Window      windowJSON `json:"window"`
	Reason      string     `json:"reason"`
	Author      string     `json:"author"`
	CreatedAt   *time.Time `json:"created_at"`
	WithdrawnBy string     `json:"withdrawn_by,omitempty"`
	WithdrawnAt *time.Time `json:"withdrawn_at,omitempty"`
}

func correctionsToJSON(all []*pb.Correction) []correctionJSON {
	out := make([]correctionJSON, len(all))
	for i, c := range all {
		out[i] = correctionJSON{
			ID: c.GetId(), SLO: c.GetSlo(), Window: windowToJSON(c.GetWindow()), Reason: c.GetReason(), Author: c.GetAuthor(),
			CreatedAt: jsonTime(c.GetCreateTime()), WithdrawnBy: c.GetWithdrawnBy(), WithdrawnAt: jsonTime(c.GetWithdrawTime()),
		}
	}
	return out
}
