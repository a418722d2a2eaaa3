package cli

import (
	"fmt"
	"time"

	pb "opsreview/proto/opsreview/v1"
)

// The structs of this file and of the commands are the -o json contract of
// docs/json.md. Scripts depend on them: add fields, never rename or remove one.

type interruptionsJSON struct {
	Total    int32 `json:"total"`
	Business int32 `json:"business"`
	OffHours int32 `json:"off_hours"`
	Sleep    int32 `json:"sleep"`
	Unknown  int32 `json:"unknown"`
}

func interruptionsToJSON(in *pb.Interruptions) interruptionsJSON {
	return interruptionsJSON{Total: total(in), Business: in.GetBusiness(), OffHours: in.GetOffHours(), Sleep: in.GetSleep(), Unknown: in.GetUnknown()}
}

type outcomesJSON struct {
	Handled    int32 `json:"handled"`
	Ignored    int32 `json:"ignored"`
	Wasted     int32 `json:"wasted"`
	Noise      int32 `json:"noise"`
	Unlabelled int32 `json:"unlabelled"`
}

func outcomesToJSON(o *pb.Outcomes) outcomesJSON {
	return outcomesJSON{Handled: o.GetHandled(), Ignored: o.GetIgnored(), Wasted: o.GetWasted(), Noise: o.GetNoise(), Unlabelled: o.GetUnlabelled()}
}

type gapJSON struct {
	Subject string `json:"subject"`
	Text    string `json:"text"`
}

func gapsToJSON(gaps []*pb.Gap) []gapJSON {
	out := make([]gapJSON, len(gaps))
	for i, g := range gaps {
		out[i] = gapJSON{Subject: g.GetSubject(), Text: g.GetText()}
	}
	return out
}

type spreadJSON struct {
	Count         int32    `json:"count"`
	MedianSeconds *float64 `json:"median_seconds,omitempty"`
	P90Seconds    *float64 `json:"p90_seconds,omitempty"`
	MeanSeconds   *float64 `json:"mean_seconds,omitempty"`
}

func spreadToJSON(s *pb.Spread) *spreadJSON {
	if s == nil {
		return nil
	}
	return &spreadJSON{Count: s.GetCount(), MedianSeconds: jsonSeconds(s.GetMedian()), P90Seconds: jsonSeconds(s.GetP90()), MeanSeconds: jsonSeconds(s.GetMean())}
}

type responseJSON struct {
	Acknowledge       *spreadJSON `json:"acknowledge,omitempty"`
	NeverAcknowledged int32       `json:"never_acknowledged"`
	Resolve           *spreadJSON `json:"resolve,omitempty"`
	Unresolved        int32       `json:"unresolved"`
	Merged            int32       `json:"merged"`
}

func responseToJSON(r *pb.Response) responseJSON {
	return responseJSON{
		Acknowledge: spreadToJSON(r.GetAcknowledge()), NeverAcknowledged: r.GetNeverAcknowledged(),
		Resolve: spreadToJSON(r.GetResolve()), Unresolved: r.GetUnresolved(), Merged: r.GetMerged(),
	}
}

type personJSON struct {
	Key        string   `json:"key"`
	Name       string   `json:"name"`
	Responders []string `json:"responders"`
	TimeZone   string   `json:"time_zone,omitempty"`
	Holidays   string   `json:"holidays,omitempty"`
	Deleted    bool     `json:"deleted,omitempty"`
}

func personToJSON(p *pb.Person) personJSON {
	return personJSON{
		Key: p.GetKey(), Name: p.GetDisplayName(), Responders: p.GetResponders(), TimeZone: p.GetTimeZone(),
		Holidays: p.GetHolidays(), Deleted: p.GetDeleted(),
	}
}

type breachJSON struct {
	Limit   string   `json:"limit"`
	Max     float64  `json:"max"`
	Value   float64  `json:"value"`
	Unit    string   `json:"unit"`
	Summary string   `json:"summary"`
	Source  string   `json:"source"`
	Pages   []string `json:"pages"`
	Text    string   `json:"text"`
}

type loadJSON struct {
	Person                   personJSON        `json:"person"`
	Pages                    int32             `json:"pages"`
	PagesElsewhere           int32             `json:"pages_elsewhere"`
	Interruptions            interruptionsJSON `json:"interruptions"`
	InterruptedHours         *int32            `json:"interrupted_hours,omitempty"`
	BrokenNights             *int32            `json:"broken_nights,omitempty"`
	LongestRunOfBrokenNights *int32            `json:"longest_run_of_broken_nights,omitempty"`
	MostPagesPerShift        int32             `json:"most_pages_per_shift"`
	OnCallSeconds            *float64          `json:"on_call_seconds,omitempty"`
	OnCallShare              *float64          `json:"on_call_share,omitempty"`
	Shifts                   int32             `json:"shifts"`
	PagesPerShift            *float64          `json:"pages_per_shift,omitempty"`
	PagesPerWeek             *float64          `json:"pages_per_week,omitempty"`
	EngagedSeconds           *float64          `json:"engaged_seconds,omitempty"`
	Acknowledged             int32             `json:"acknowledged"`
	TimedOut                 int32             `json:"timed_out"`
	Breaches                 []breachJSON      `json:"breaches"`
}

func loadToJSON(l *pb.Load) loadJSON {
	out := loadJSON{
		Person: personToJSON(l.GetPerson()), Pages: l.GetPages(), PagesElsewhere: l.GetPagesElsewhere(),
		Interruptions: interruptionsToJSON(l.GetInterruptions()), InterruptedHours: l.InterruptedHours,
		BrokenNights: l.BrokenNights, LongestRunOfBrokenNights: l.LongestRunOfBrokenNights,
		MostPagesPerShift: l.GetMostPagesPerShift(), OnCallSeconds: jsonSeconds(l.GetOnCall()), Shifts: l.GetShifts(),
		PagesPerShift: l.PagesPerShift, PagesPerWeek: l.PagesPerWeek, EngagedSeconds: jsonSeconds(l.GetEngaged()),
		Acknowledged: l.GetAcknowledged(), TimedOut: l.GetTimedOut(), Breaches: []breachJSON{},
	}
	if l.GetOnCall() != nil {
		share := l.GetOnCallShare()
		out.OnCallShare = &share
	}
	for _, b := range l.GetBreaches() {
		out.Breaches = append(out.Breaches, breachJSON{
			Limit: b.GetLimit(), Max: b.GetMax(), Value: b.GetValue(), Unit: b.GetUnit(), Summary: b.GetSummary(),
			Source: b.GetSource(), Pages: append([]string{}, b.GetPages()...), Text: b.GetText(),
		})
	}
	return out
}

func loadsToJSON(loads []*pb.Load) []loadJSON {
	out := make([]loadJSON, len(loads))
	for i, l := range loads {
		out[i] = loadToJSON(l)
	}
	return out
}

type vendorJSON struct {
	Vendor     string      `json:"vendor"`
	Definition string      `json:"definition"`
	Spread     *spreadJSON `json:"spread,omitempty"`
	Excluded   int32       `json:"excluded"`
	Engage     *spreadJSON `json:"engage,omitempty"`
	Mobilize   *spreadJSON `json:"mobilize,omitempty"`
}

// loadReportJSON is what load show -o json prints.
type loadReportJSON struct {
	Team            string       `json:"team,omitempty"`
	Window          windowJSON   `json:"window"`
	TimeZone        string       `json:"time_zone"`
	Loads           []loadJSON   `json:"loads"`
	Response        responseJSON `json:"response"`
	VendorResponses []vendorJSON `json:"vendor_responses"`
	Gaps            []gapJSON    `json:"gaps"`

	Aggregate *loadAggregateJSON `json:"aggregate,omitempty"`
	Withheld  string             `json:"withheld,omitempty"`
}

func loadReportToJSON(r *pb.GetLoadResponse) loadReportJSON {
	out := loadReportJSON{
		Team: r.GetTeam(), Window: windowToJSON(r.GetWindow()), TimeZone: r.GetTimeZone(), Loads: loadsToJSON(r.GetLoads()),
		Response: responseToJSON(r.GetResponse()), VendorResponses: []vendorJSON{}, Gaps: gapsToJSON(r.GetGaps()),
		Aggregate: loadAggregateToJSON(r.GetAggregate()), Withheld: r.GetWithheld(),
	}
	for _, v := range r.GetVendorResponses() {
		out.VendorResponses = append(out.VendorResponses, vendorJSON{
			Vendor: v.GetVendor(), Definition: v.GetDefinition(), Spread: spreadToJSON(v.GetSpread()), Excluded: v.GetExcluded(),
			Engage: spreadToJSON(v.GetEngage()), Mobilize: spreadToJSON(v.GetMobilize()),
		})
	}
	return out
}

var loadCSVHead = []string{
	"responder", "pages", "pages_elsewhere", "interruptions", "business", "off_hours", "sleep", "unknown_hours",
	"interrupted_hours", "broken_nights", "longest_run_of_broken_nights", "most_pages_per_shift", "on_call_seconds",
	"on_call_share", "shifts", "engaged_seconds", "breaches",
}

// loadCSV is one row of load show -o csv; a cell is empty where the number is
// unknown.
func loadCSV(l *pb.Load) []string {
	in := l.GetInterruptions()
	onCall, share := "", ""
	if d := l.GetOnCall(); d != nil {
		onCall, share = fmt.Sprintf("%.0f", d.AsDuration().Seconds()), fmt.Sprintf("%.4f", l.GetOnCallShare())
	}
	cells := []string{l.GetPerson().GetDisplayName()}
	for _, n := range []int32{
		l.GetPages(), l.GetPagesElsewhere(), total(in), in.GetBusiness(), in.GetOffHours(), in.GetSleep(), in.GetUnknown(),
	} {
		cells = append(cells, fmt.Sprint(n))
	}
	for _, n := range []*int32{l.InterruptedHours, l.BrokenNights, l.LongestRunOfBrokenNights} {
		if n == nil {
			cells = append(cells, "")
		} else {
			cells = append(cells, fmt.Sprint(*n))
		}
	}
	return append(cells, fmt.Sprint(l.GetMostPagesPerShift()), onCall, share, fmt.Sprint(l.GetShifts()), fmt.Sprintf("%.0f", l.GetEngaged().AsDuration().Seconds()), fmt.Sprint(len(l.GetBreaches())))
}

type monitorJSON struct {
	ID             string             `json:"id"`
	Title          string             `json:"title"`
	Service        string             `json:"service,omitempty"`
	ServiceName    string             `json:"service_name,omitempty"`
	Pages          []string           `json:"pages"`
	PreviousPages  int32              `json:"previous_pages"`
	Interruptions  *interruptionsJSON `json:"interruptions,omitempty"`
	EngagedSeconds *float64           `json:"engaged_seconds,omitempty"`
	Outcomes       outcomesJSON       `json:"outcomes"`
	Causes         map[string]int32   `json:"causes,omitempty"`
	Escalated      int32              `json:"escalated"`
	IdentifiedBy   string             `json:"identified_by,omitempty"`
	FirstSeen      *time.Time         `json:"first_seen,omitempty"`
	LastSeen       *time.Time         `json:"last_seen,omitempty"`
	BestWhatIf     *whatIfJSON        `json:"best_what_if,omitempty"`
	WhatIfs        []whatIfJSON       `json:"what_ifs,omitempty"`
}

func monitorToJSON(m *pb.MonitorCost) monitorJSON {
	return monitorJSON{
		ID: m.GetMonitor(), Title: m.GetTitle(), Service: m.GetService(), ServiceName: m.GetServiceDisplayName(),
		Pages: append([]string{}, m.GetPages()...), PreviousPages: m.GetPreviousPages(), Interruptions: toldInterruptionsToJSON(m.GetInterruptions()),
		EngagedSeconds: jsonSeconds(m.GetEngaged()), Outcomes: outcomesToJSON(m.GetOutcomes()), Causes: m.GetCauses(), Escalated: m.GetEscalated(),
		BestWhatIf: whatIfToJSON(m.GetBestWhatIf()),
	}
}
