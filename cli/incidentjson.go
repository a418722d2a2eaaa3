package cli

import (
	"strconv"
	"strings"
	"time"

	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/timestamppb"

	pb "opsreview/proto/opsreview/v1"
)

// incidentReportJSON is what incident list -o json prints, and what a review
// says of its incidents.
type incidentReportJSON struct {
	Window    windowJSON     `json:"window"`
	TimeZone  string         `json:"time_zone"`
	Incidents []incidentJSON `json:"incidents"`
	Overdue   []incidentJSON `json:"overdue"`

	NoticedBy   noticedByJSON      `json:"noticed_by"`
	Detect      incidentSpreadJSON `json:"detect"`
	Acknowledge incidentSpreadJSON `json:"acknowledge"`
	Mitigate    incidentSpreadJSON `json:"mitigate"`
	Resolve     incidentSpreadJSON `json:"resolve"`
	Missing     []missingJSON      `json:"missing"`
}

type noticedByJSON struct {
	Alert    int32 `json:"alert"`
	Person   int32 `json:"person"`
	Customer int32 `json:"customer"`
	Unknown  int32 `json:"unknown"`
}

type incidentSpreadJSON struct {
	Spread  *spreadJSON `json:"spread,omitempty"`
	Unknown int32       `json:"unknown"`
}

type missingJSON struct {
	Field string `json:"field"`
	Count int32  `json:"count"`
	Total int32  `json:"total"`
}

// incidentJSON is one incident.
type incidentJSON struct {
	Incident         string         `json:"incident"`
	Number           string         `json:"number,omitempty"`
	Title            string         `json:"title"`
	Summary          string         `json:"summary,omitempty"`
	Status           string         `json:"status,omitempty"`
	Severity         string         `json:"severity,omitempty"`
	DetectedBy       string         `json:"detected_by,omitempty"`
	DetectorInferred bool           `json:"detector_inferred"`
	URL              string         `json:"url,omitempty"`
	Postmortem       string         `json:"postmortem,omitempty"`
	Services         []string       `json:"services"`
	Teams            []string       `json:"teams"`
	Pages            []string       `json:"pages"`
	FollowUps        []followUpJSON `json:"follow_ups"`
	Commander        string         `json:"commander,omitempty"`

	DeclaredAt     *time.Time `json:"declared_at,omitempty"`
	StartedAt      *time.Time `json:"started_at,omitempty"`
	DetectedAt     *time.Time `json:"detected_at,omitempty"`
	AcknowledgedAt *time.Time `json:"acknowledged_at,omitempty"`
	MitigatedAt    *time.Time `json:"mitigated_at,omitempty"`
	ResolvedAt     *time.Time `json:"resolved_at,omitempty"`

	DetectSeconds      *float64 `json:"detect_seconds,omitempty"`
	AcknowledgeSeconds *float64 `json:"acknowledge_seconds,omitempty"`
	MitigateSeconds    *float64 `json:"mitigate_seconds,omitempty"`
	ResolveSeconds     *float64 `json:"resolve_seconds,omitempty"`

	Burned  []incidentBurnJSON `json:"burned"`
	Missing []string           `json:"missing"`
	Overdue bool               `json:"overdue"`
	Text    string             `json:"text,omitempty"`
}

// followUpJSON is a ticket that an incident left. Done is absent where nobody
// knows.
type followUpJSON struct {
	Key   string `json:"key"`
	Title string `json:"title,omitempty"`
	URL   string `json:"url,omitempty"`
	Done  *bool  `json:"done,omitempty"`
}

type incidentBurnJSON struct {
	SLO     string     `json:"slo"`
	Service string     `json:"service"`
	Window  windowJSON `json:"window"`
	Share   float64    `json:"share"`
	Bad     float64    `json:"bad"`
}

// incidentShowJSON is what incident show -o json prints.
type incidentShowJSON struct {
	Incident incidentJSON       `json:"incident"`
	Links    []incidentLinkJSON `json:"links"`
	TimeZone string             `json:"time_zone"`
}

type incidentLinkJSON struct {
	Kind        string     `json:"kind"`
	Target      string     `json:"target"`
	Author      string     `json:"author"`
	LinkedAt    *time.Time `json:"linked_at,omitempty"`
	WithdrawnBy string     `json:"withdrawn_by,omitempty"`
	WithdrawnAt *time.Time `json:"withdrawn_at,omitempty"`
}

// reviewIncidentsToJSON is nil where no incident is known at all.
func reviewIncidentsToJSON(r *pb.IncidentReport) *incidentReportJSON {
	if r == nil {
		return nil
	}
	out := incidentReportToJSON(r)
	return &out
}

func incidentReportToJSON(r *pb.IncidentReport) incidentReportJSON {
	out := incidentReportJSON{
		Window: windowToJSON(r.GetWindow()), TimeZone: r.GetTimeZone(), Incidents: incidentsToJSON(r.GetIncidents()), Overdue: incidentsToJSON(r.GetOverdue()),
		NoticedBy: noticedByJSON{Alert: r.GetByAlert(), Person: r.GetByPerson(), Customer: r.GetByCustomer(), Unknown: r.GetByUnknown()},
		Detect:    incidentSpreadToJSON(r.GetDetect()), Acknowledge: incidentSpreadToJSON(r.GetAcknowledge()),
		Mitigate: incidentSpreadToJSON(r.GetMitigate()), Resolve: incidentSpreadToJSON(r.GetResolve()), Missing: []missingJSON{},
	}
	for _, m := range r.GetMissing() {
		out.Missing = append(out.Missing, missingJSON{Field: m.GetField(), Count: m.GetCount(), Total: m.GetTotal()})
	}
	return out
}

func incidentSpreadToJSON(s *pb.IncidentSpread) incidentSpreadJSON {
	return incidentSpreadJSON{Spread: spreadToJSON(s.GetSpread()), Unknown: s.GetUnknown()}
}

func incidentsToJSON(all []*pb.Incident) []incidentJSON {
	out := make([]incidentJSON, len(all))
	for i, x := range all {
		out[i] = incidentToJSON(x)
	}
	return out
}

func incidentToJSON(x *pb.Incident) incidentJSON {
	out := incidentJSON{
		Incident: x.GetName(), Number: x.GetNumber(), Title: x.GetTitle(), Summary: x.GetSummary(), Status: x.GetStatus(), Severity: x.GetSeverity(),
		DetectedBy: x.GetDetectedBy(), DetectorInferred: x.GetDetectorInferred(), URL: x.GetUrl(), Postmortem: x.GetPostmortem(), Commander: x.GetCommander(),
		Services: append([]string{}, x.GetServices()...), Teams: append([]string{}, x.GetTeams()...), Pages: append([]string{}, x.GetPages()...),
		DeclaredAt: jsonTime(x.GetDeclareTime()), StartedAt: jsonTime(x.GetStartTime()), DetectedAt: jsonTime(x.GetDetectTime()),
		AcknowledgedAt: jsonTime(x.GetAcknowledgeTime()), MitigatedAt: jsonTime(x.GetMitigateTime()), ResolvedAt: jsonTime(x.GetResolveTime()),
		DetectSeconds: jsonSeconds(x.GetTimeToDetect()), AcknowledgeSeconds: jsonSeconds(x.GetTimeToAcknowledge()),
		MitigateSeconds: jsonSeconds(x.GetTimeToMitigate()), ResolveSeconds: jsonSeconds(x.GetTimeToResolve()),
		FollowUps: []followUpJSON{}, Burned: []incidentBurnJSON{}, Missing: append([]string{}, x.GetMissing()...), Overdue: x.GetOverdue(), Text: x.GetText(),
	}
	for _, f := range x.GetFollowUps() {
		one := followUpJSON{Key: f.GetKey(), Title: f.GetTitle(), URL: f.GetUrl()}
		if f.GetKnown() {
			done := f.GetDone()
			one.Done = &done
		}
		out.FollowUps = append(out.FollowUps, one)
	}
	for _, b := range x.GetBurned() {
		out.Burned = append(out.Burned, incidentBurnJSON{SLO: b.GetSlo(), Service: b.GetService(), Window: windowToJSON(b.GetWindow()), Share: b.GetShare(), Bad: b.GetBad()})
	}
	return out
}

func incidentShowToJSON(resp *pb.GetIncidentResponse) incidentShowJSON {
	out := incidentShowJSON{Incident: incidentToJSON(resp.GetIncident()), Links: []incidentLinkJSON{}, TimeZone: resp.GetTimeZone()}
	for _, l := range resp.GetLinks() {
		out.Links = append(out.Links, incidentLinkJSON{
			Kind: l.GetKind(), Target: l.GetTarget(), Author: l.GetAuthor(), LinkedAt: jsonTime(l.GetLinkTime()),
			WithdrawnBy: l.GetWithdrawnBy(), WithdrawnAt: jsonTime(l.GetWithdrawTime()),
		})
	}
	return out
}

var incidentCSVHead = []string{
	"incident", "number", "severity", "status", "title", "detected_by", "declared_at", "started_at", "detected_at", "acknowledged_at", "mitigated_at", "resolved_at",
	"detect_seconds", "acknowledge_seconds", "mitigate_seconds", "resolve_seconds", "services", "teams", "pages", "postmortem", "overdue", "missing",
}

func incidentCSV(x *pb.Incident) []string {
	at := func(t *timestamppb.Timestamp) string {
		if t == nil {
			return ""
		}
		return t.AsTime().UTC().Format(time.RFC3339Nano)
	}
	seconds := func(d *durationpb.Duration) string {
		if d == nil {
			return ""
		}
		return strconv.FormatFloat(d.AsDuration().Seconds(), 'f', -1, 64)
	}
	return []string{
		x.GetName(), x.GetNumber(), x.GetSeverity(), x.GetStatus(), x.GetTitle(), x.GetDetectedBy(),
		at(x.GetDeclareTime()), at(x.GetStartTime()), at(x.GetDetectTime()), at(x.GetAcknowledgeTime()), at(x.GetMitigateTime()), at(x.GetResolveTime()),
		seconds(x.GetTimeToDetect()), seconds(x.GetTimeToAcknowledge()), seconds(x.GetTimeToMitigate()), seconds(x.GetTimeToResolve()),
		strings.Join(x.GetServices(), " "), strings.Join(x.GetTeams(), " "), strings.Join(x.GetPages(), " "), x.GetPostmortem(),
		strconv.FormatBool(x.GetOverdue()), strings.Join(x.GetMissing(), ", "),
	}
}
