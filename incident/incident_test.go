package incident_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"opsreview"
	"opsreview/incident"
)

// The week under review.
var week = opsreview.Window{Start: at("2026-11-09T00:00"), End: at("2026-11-16T00:00")}

func at(s string) time.Time {
	t, err := time.Parse("2006-01-02T15:04", s)
	if err != nil {
		panic(err)
	}
	return t
}

// outage is an incident of which everything is recorded.
func outage() opsreview.Incident {
	return opsreview.Incident{
		Ref: opsreview.Ref{Source: "rootly", ID: "a"}, Number: "INC-1", Title: "Vault is down", Status: "resolved", Severity: "SEV1",
		DetectedBy: opsreview.DetectedByCustomer, Services: []string{"vault"}, Postmortem: "https://example.com/pm",
		FollowUps:  []opsreview.FollowUp{{Key: "OPS-1"}},
		DeclaredAt: at("2026-11-10T10:20"), StartedAt: at("2026-11-10T10:00"), DetectedAt: at("2026-11-10T10:15"),
		AcknowledgedAt: at("2026-11-10T10:18"), MitigatedAt: at("2026-11-10T11:00"), ResolvedAt: at("2026-11-10T12:00"),
	}
}

func page(id string, triggered, acked time.Time, by opsreview.AgentKind) opsreview.Page {
	return opsreview.Page{
		Ref: opsreview.Ref{Source: "pd", ID: id}, TriggeredAt: triggered, AcknowledgedAt: acked,
		Events: []opsreview.Event{{Kind: opsreview.Triggered, At: triggered, By: opsreview.Agent{Kind: by}}},
	}
}

// prepare judges one incident with what a test changes.
func prepare(t *testing.T, change func(*incident.Input, *opsreview.Incident)) incident.Case {
	t.Helper()
	in, one := incident.Input{Window: week, Now: at("2026-12-20T00:00")}, outage()
	if change != nil {
		change(&in, &one)
	}
	in.Incidents = append(in.Incidents, one)
	r := incident.Prepare(in)
	if len(r.Cases) != 1 {
		t.Fatalf("the report has %d incidents, want 1", len(r.Cases))
	}
	return r.Cases[0]
}

func TestPrepare_Times(t *testing.T) {
	tests := map[string]struct {
		change func(*incident.Input, *opsreview.Incident)
		want   incident.Times
	}{
		"each step is measured from where it begins": {
			want: incident.Times{Detect: known("15m"), Acknowledge: known("3m"), Mitigate: known("1h"), Resolve: known("2h")},
		},
		"without a detection it is acknowledged since its start": {
			change: func(_ *incident.Input, i *opsreview.Incident) { i.DetectedAt = time.Time{} },
			want: incident.Times{
				Detect: incident.Span{Why: "nobody recorded when it was noticed"}, Acknowledge: known("18m"), Mitigate: known("1h"), Resolve: known("2h"),
			},
		},
		"without a start nothing is measured from it": {
			change: func(_ *incident.Input, i *opsreview.Incident) { i.StartedAt = time.Time{} },
			want: incident.Times{
				Detect: incident.Span{Why: "nobody recorded when it began"}, Acknowledge: known("3m"),
				Mitigate: incident.Span{Why: "nobody recorded when it began"}, Resolve: incident.Span{Why: "nobody recorded when it began"},
			},
		},
		"an end before the start is unknown and no negative time": {
			change: func(_ *incident.Input, i *opsreview.Incident) {
				i.AcknowledgedAt, i.DetectedAt = i.StartedAt.Add(-474*time.Millisecond), time.Time{}
			},
			want: incident.Times{
				Detect:      incident.Span{Why: "nobody recorded when it was noticed"},
				Acknowledge: incident.Span{Why: "by the record it was acknowledged 474ms before it began"}, Mitigate: known("1h"), Resolve: known("2h"),
			},
		},
		"an end that is yet to come is unknown": {
			change: func(_ *incident.Input, i *opsreview.Incident) { i.ResolvedAt = at("2027-01-01T00:00") },
			want: incident.Times{
				Detect: known("15m"), Acknowledge: known("3m"), Mitigate: known("1h"),
				Resolve: incident.Span{Why: "by the record it was resolved in the future"},
			},
		},
		"a start and an end at once are no time, and known": {
			change: func(_ *incident.Input, i *opsreview.Incident) { i.DetectedAt = i.StartedAt },
			want:   incident.Times{Detect: known("0s"), Acknowledge: known("18m"), Mitigate: known("1h"), Resolve: known("2h")},
		},
		"its pages tell when an alert noticed it and a person acknowledged it": {
			change: func(in *incident.Input, i *opsreview.Incident) {
				i.DetectedBy, i.DetectedAt, i.AcknowledgedAt = "", time.Time{}, time.Time{}
				i.Pages = []opsreview.Ref{{Source: "pd", ID: "P1"}, {Source: "pd", ID: "P2"}}
				in.Pages = []opsreview.Page{
					page("P2", at("2026-11-10T10:30"), at("2026-11-10T10:31"), opsreview.Integration),
					page("P1", at("2026-11-10T10:05"), at("2026-11-10T10:40"), opsreview.Integration),
					page("P3", at("2026-11-10T10:01"), at("2026-11-10T10:02"), opsreview.Integration),
				}
			},
			want: incident.Times{Detect: known("5m"), Acknowledge: known("26m"), Mitigate: known("1h"), Resolve: known("2h")},
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(tt.want, prepare(t, tt.change).Times); diff != "" {
				t.Errorf("times (-want +got):\n%s", diff)
			}
		})
	}
}

func known(d string) incident.Span {
	span, err := time.ParseDuration(d)
	if err != nil {
		panic(err)
	}
	return incident.Span{Known: true, D: span}
}

func TestPrepare_Detector(t *testing.T) {
	type detector struct {
		By       opsreview.Detector
		Inferred bool
	}
	paged := func(triggered time.Time, by opsreview.AgentKind) func(*incident.Input, *opsreview.Incident) {
		return func(in *incident.Input, i *opsreview.Incident) {
			i.DetectedBy, i.Pages = "", []opsreview.Ref{{Source: "pd", ID: "P1"}}
			in.Pages = []opsreview.Page{page("P1", triggered, time.Time{}, by)}
		}
	}
	tests := map[string]struct {
		change func(*incident.Input, *opsreview.Incident)
		want   detector
	}{
		"what is recorded counts":                          {want: detector{By: opsreview.DetectedByCustomer}},
		"a page before it was declared is an alert":        {change: paged(at("2026-11-10T10:05"), opsreview.Integration), want: detector{opsreview.DetectedByAlert, true}},
		"a page that a person sent is none":                {change: paged(at("2026-11-10T10:05"), opsreview.Person)},
		"a page after it was declared says nothing":        {change: paged(at("2026-11-10T10:25"), opsreview.Integration)},
		"without pages and a record nobody knows":          {change: func(_ *incident.Input, i *opsreview.Incident) { i.DetectedBy = "" }},
		"people's word is stronger than the record":        {change: linked(opsreview.LinkDetectedBy, "person", ""), want: detector{By: opsreview.DetectedByPerson}},
		"people's word that was taken back does not count": {change: linked(opsreview.LinkDetectedBy, "person", "Ada"), want: detector{By: opsreview.DetectedByCustomer}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			c := prepare(t, tt.change)
			if diff := cmp.Diff(tt.want, detector{c.Detector, c.Inferred}); diff != "" {
				t.Errorf("detector (-want +got):\n%s", diff)
			}
		})
	}
}

// linked adds what a person said of the incident, which another took back.
func linked(kind opsreview.LinkKind, target, withdrawnBy string) func(*incident.Input, *opsreview.Incident) {
	return func(in *incident.Input, i *opsreview.Incident) {
		in.Links = append(in.Links, opsreview.IncidentLink{
			Incident: i.Ref, Kind: kind, Target: target, Author: "Ben", At: at("2026-11-11T09:00"), WithdrawnBy: withdrawnBy,
		})
	}
}

func TestPrepare_Overdue(t *testing.T) {
	type state struct {
		Overdue bool
		Text    string
	}
	bare := func(change func(*incident.Input, *opsreview.Incident)) func(*incident.Input, *opsreview.Incident) {
		return func(in *incident.Input, i *opsreview.Incident) {
			i.Postmortem, i.FollowUps = "", nil
			if change != nil {
				change(in, i)
			}
		}
	}
	tests := map[string]struct {
		change func(*incident.Input, *opsreview.Incident)
		want   state
	}{
		"one with both lacks nothing": {},
		"a grave one without either is overdue after two weeks": {
			change: bare(nil), want: state{true, "It has no postmortem and no follow-up 39 days after its resolution."},
		},
		"exactly two weeks are not too long": {
			change: bare(func(in *incident.Input, _ *opsreview.Incident) { in.Now = at("2026-11-24T12:00") }),
			want:   state{false, "It has no postmortem and no follow-up 14 days after its resolution."},
		},
		"a postmortem alone is not enough": {
			change: func(_ *incident.Input, i *opsreview.Incident) { i.FollowUps = nil },
			want:   state{true, "It has no follow-up 39 days after its resolution."},
		},
		"what people linked counts": {
			change: bare(func(in *incident.Input, i *opsreview.Incident) {
				linked(opsreview.LinkPostmortem, "https://example.com/pm", "")(in, i)
				linked(opsreview.LinkTicket, "OPS-2", "")(in, i)
			}),
		},
		"what was taken back does not": {
			change: bare(linked(opsreview.LinkPostmortem, "https://example.com/pm", "Ada")),
			want:   state{true, "It has no postmortem and no follow-up 39 days after its resolution."},
		},
		"a less grave one need not leave anything": {
			change: bare(func(_ *incident.Input, i *opsreview.Incident) { i.Severity = "SEV3" }),
		},
		"how a severity is written makes no difference": {
			change: bare(func(_ *incident.Input, i *opsreview.Incident) { i.Severity = "sev-2" }),
			want:   state{true, "It has no postmortem and no follow-up 39 days after its resolution."},
		},
		"one without a severity is not taken for grave": {
			change: bare(func(_ *incident.Input, i *opsreview.Incident) { i.Severity = "" }),
		},
		"one that was cancelled need not leave anything": {
			change: bare(func(_ *incident.Input, i *opsreview.Incident) { i.Status, i.ResolvedAt = "cancelled", time.Time{} }),
		},
		"without a resolution the mitigation counts": {
			change: bare(func(_ *incident.Input, i *opsreview.Incident) { i.Status, i.ResolvedAt = "mitigated", time.Time{} }),
			want:   state{true, "It has no postmortem and no follow-up 39 days after its mitigation; nobody recorded its resolution."},
		},
		"a time that cannot be true is told": {
			change: func(_ *incident.Input, i *opsreview.Incident) { i.ResolvedAt = i.StartedAt.Add(-time.Hour) },
			want:   state{false, "By the record it was resolved 1h00m before it began."},
		},
		"one that nobody ends is overdue some day": {
			change: bare(func(_ *incident.Input, i *opsreview.Incident) {
				i.Status, i.ResolvedAt, i.MitigatedAt = "started", time.Time{}, time.Time{}
			}),
			want: state{true, "It has no postmortem and no follow-up 39 days after it began; nobody recorded its resolution."},
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			c := prepare(t, tt.change)
			if diff := cmp.Diff(tt.want, state{c.Overdue, c.Text}); diff != "" {
				t.Errorf("state (-want +got):\n%s", diff)
			}
		})
	}
}

func TestPrepare_Window(t *testing.T) {
	tests := map[string]struct {
		change func(*opsreview.Incident)
		want   int
	}{
		"one that begins with the window is of it": {change: func(i *opsreview.Incident) { begins(i, week.Start) }, want: 1},
		"one that begins with the next is not":     {change: func(i *opsreview.Incident) { begins(i, week.End) }},
		"one that ended as the window began is not": {change: func(i *opsreview.Incident) {
			begins(i, week.Start.Add(-time.Hour))
			i.ResolvedAt = week.Start
		}},
		"one that lasted into it is": {change: func(i *opsreview.Incident) {
			begins(i, week.Start.Add(-time.Hour))
			i.ResolvedAt = week.Start.Add(time.Minute)
		}, want: 1},
		"one that nobody has ended is": {change: func(i *opsreview.Incident) {
			begins(i, week.Start.Add(-time.Hour))
			i.Status = "started"
		}, want: 1},
		"one that is over, nobody knows since when, is of where it began": {change: func(i *opsreview.Incident) {
			begins(i, week.Start.Add(-time.Hour))
			i.Status = "cancelled"
		}},
		"one without a start is of where it was declared": {change: func(i *opsreview.Incident) {
			begins(i, time.Time{})
			i.DeclaredAt = week.Start
		}, want: 1},
		"one without any time is of no window": {change: func(i *opsreview.Incident) { begins(i, time.Time{}) }},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			i := outage()
			tt.change(&i)
			r := incident.Prepare(incident.Input{Window: week, Now: at("2026-11-20T00:00"), Incidents: []opsreview.Incident{i}})
			if len(r.Cases) != tt.want {
				t.Errorf("the window has %d incidents, want %d", len(r.Cases), tt.want)
			}
		})
	}
}

// begins leaves an incident no other time than its start.
func begins(i *opsreview.Incident, start time.Time) {
	*i = opsreview.Incident{Ref: i.Ref, Severity: i.Severity, StartedAt: start}
}

func TestPrepare_AddsUp(t *testing.T) {
	older := outage()
	older.Ref.ID, older.Postmortem, older.StartedAt, older.DeclaredAt, older.DetectedAt = "old", "", at("2026-09-01T10:00"), at("2026-09-01T10:00"), time.Time{}
	older.AcknowledgedAt, older.MitigatedAt, older.ResolvedAt = time.Time{}, time.Time{}, at("2026-09-01T12:00")
	small, unknown := outage(), outage()
	small.Ref.ID, small.Severity, small.ResolvedAt = "b", "SEV3", small.StartedAt.Add(4*time.Hour)
	unknown.Ref.ID, unknown.Severity, unknown.DetectedBy, unknown.ResolvedAt, unknown.StartedAt = "c", "", "", time.Time{}, time.Time{}
	in := incident.Input{
		Window: week, Now: at("2026-11-20T00:00"), Incidents: []opsreview.Incident{unknown, small, older, outage()}, Unowned: []opsreview.Ref{unknown.Ref},
	}
	r := incident.Prepare(in)
	if diff := cmp.Diff([]string{"a", "b", "c"}, ids(r.Cases)); diff != "" {
		t.Errorf("incidents, gravest first (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"old"}, ids(r.Overdue)); diff != "" {
		t.Errorf("overdue (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(incident.Detection{Customer: 2, Unknown: 1}, r.Detection); diff != "" {
		t.Errorf("detection (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(incident.Spread{N: 2, Unknown: 1, Median: 3 * time.Hour, P90: 4 * time.Hour, Mean: 3 * time.Hour}, r.Resolve); diff != "" {
		t.Errorf("times to resolve (-want +got):\n%s", diff)
	}
	want := []incident.Missing{{"owner", 1, 3}, {"resolution", 1, 3}, {"severity", 1, 3}, {"start", 1, 3}, {"what noticed it", 1, 3}}
	if diff := cmp.Diff(want, r.Missing); diff != "" {
		t.Errorf("missing (-want +got):\n%s", diff)
	}
	found := incident.FindingsOf(r)
	if len(found) != 1 || found[0].Key != "incident_unfinished:rootly/old" || found[0].Title != "Incident INC-1 has no postmortem" || found[0].Cost != 0 {
		t.Errorf("findings: %+v", found)
	}
}

func ids(cases []incident.Case) []string {
	var all []string
	for _, c := range cases {
		all = append(all, c.Incident.ID)
	}
	return all
}

func TestPrepare_Burned(t *testing.T) {
	lasted := opsreview.Window{Start: at("2026-11-10T10:00"), End: at("2026-11-10T11:00")}
	burn := func(service, slo string, w opsreview.Window) incident.Burn {
		return incident.Burn{Service: service, SLO: slo, Window: w, Share: 0.2}
	}
	c := prepare(t, func(in *incident.Input, i *opsreview.Incident) {
		i.Services = []string{"pd/V"}
		in.Services = map[opsreview.Ref]opsreview.Service{{Source: "pd", ID: "V"}: {Ref: opsreview.Ref{Source: "pd", ID: "V"}, Name: "Vault"}}
		in.Burns = []incident.Burn{burn("vault", "a", lasted), burn("consul", "b", lasted), burn("vault", "c", week)}
	})
	if diff := cmp.Diff([]incident.Burn{burn("vault", "a", lasted)}, c.Burned); diff != "" {
		t.Errorf("what it burned until it was mitigated (-want +got):\n%s", diff)
	}
}

func TestPrepare_FollowUps(t *testing.T) {
	c := prepare(t, func(in *incident.Input, i *opsreview.Incident) {
		i.FollowUps = []opsreview.FollowUp{{Key: "OPS-1", Title: "Alert on seal", Done: true}}
		linked(opsreview.LinkTicket, "ops-2", "")(in, i)
		linked(opsreview.LinkTicket, "https://example.com/3", "")(in, i)
		in.Tickets = []opsreview.Ticket{{RemoteKey: "OPS-2", Title: "Raise the limit", Stands: opsreview.TicketDone, FiledAt: at("2026-12-10T00:00")}}
	})
	want := []incident.FollowUp{
		{FollowUp: opsreview.FollowUp{Key: "OPS-1", Title: "Alert on seal", Done: true}, Known: true},
		{FollowUp: opsreview.FollowUp{Key: "OPS-2", Title: "Raise the limit", Done: true}, Known: true, Age: 10 * 24 * time.Hour},
		{FollowUp: opsreview.FollowUp{Key: "https://example.com/3", URL: "https://example.com/3"}, Age: 38*24*time.Hour + 15*time.Hour},
	}
	if diff := cmp.Diff(want, c.FollowUps); diff != "" {
		t.Errorf("follow-ups (-want +got):\n%s", diff)
	}
}

// A source whose pages may be incidents may lower an incident's rank and tell
// of it as a page only from then on.
func TestPrepare_ThePageOfTheSameNameTellsWhenItWasResolved(t *testing.T) {
	c := prepare(t, func(in *incident.Input, i *opsreview.Incident) {
		i.Ref, i.ResolvedAt, i.Pages = opsreview.Ref{Source: "pd", ID: "P1"}, time.Time{}, []opsreview.Ref{{Source: "pd", ID: "P1"}}
		own := page("P1", at("2026-11-10T10:05"), time.Time{}, opsreview.Integration)
		own.ResolvedAt = at("2026-11-10T12:30")
		in.Pages = []opsreview.Page{own}
	})
	if diff := cmp.Diff(known("2h30m"), c.Times.Resolve); diff != "" {
		t.Errorf("time to resolve (-want +got):\n%s", diff)
	}
}
