package ticket_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"opsreview"
	"opsreview/ticket"
)

const tracker = "memory/OPS"

// monday is the day on which the reviews of these tests are held.
var monday = time.Date(2026, 3, 9, 9, 0, 0, 0, time.UTC)

func days(n int) time.Time { return monday.AddDate(0, 0, n) }

func noisy(name string, cost float64) opsreview.Finding {
	return opsreview.Finding{
		Key: opsreview.FindingKey(opsreview.NoisyMonitor, name), Kind: opsreview.NoisyMonitor, Category: opsreview.AlertNoise,
		Title: name + " pages for nothing", Team: "secrets", Service: "vault", Monitor: name, Cost: cost,
		Evidence: []string{"9 of 12 labelled pages were not actionable."}, Remedy: "Raise its threshold.",
		CostMethod: "engaged time",
	}
}

// filed is the row of a finding whose ticket is open.
func filed(f opsreview.Finding, change func(*opsreview.Ticket)) opsreview.Ticket {
	row := opsreview.Ticket{
		Tracker: tracker, Fingerprint: f.Fingerprint(), Generation: 1, Key: f.Key, Cost: f.Cost, State: opsreview.TicketFiled,
		RemoteID: "1", RemoteKey: "OPS-1", URL: "https://tracker.example/OPS-1", Stands: opsreview.TicketTodo,
		FiledAt: days(-30), FirstAt: days(-30), LastAt: days(-7), LastRun: "last week", Seen: 3, NoteID: "a month ago",
	}
	if change != nil {
		change(&row)
	}
	return row
}

func closedRow(f opsreview.Finding, daysAgo int, resolution string) opsreview.Ticket {
	return filed(f, func(row *opsreview.Ticket) {
		row.Stands, row.Status, row.Resolution, row.ClosedAt = opsreview.TicketDone, "Done", resolution, days(-daysAgo)
	})
}

func planInput(findings []opsreview.Finding, rows ...opsreview.Ticket) ticket.PlanInput {
	return ticket.PlanInput{
		Tracker: tracker, Findings: findings, Rows: rows, Settings: ticket.DefaultSettings(), Now: monday,
		Run: "secrets 2026-03-02/2026-03-09", Window: opsreview.Window{Start: days(-7), End: monday},
	}
}

func TestPlan(t *testing.T) {
	f := noisy("vault-latency", 90)
	ref := opsreview.Ref{Source: "pd", ID: "P1"}
	paged := f
	paged.Pages = []opsreview.Ref{ref}
	pageOn := func(at time.Time) map[opsreview.Ref]opsreview.Page {
		return map[opsreview.Ref]opsreview.Page{ref: {Ref: ref, TriggeredAt: at}}
	}
	with := func(change func(*opsreview.Ticket)) []opsreview.Ticket { return []opsreview.Ticket{filed(f, change)} }
	tests := map[string]struct {
		finding opsreview.Finding
		rows    []opsreview.Ticket
		pages   map[opsreview.Ref]opsreview.Page
		want    ticket.Action
		reason  string // a part of it
		gen     int
	}{
		"a finding that nothing is filed for is filed": {
			finding: f, want: ticket.Create, reason: "Nothing is filed", gen: 1,
		},
		"a planned row is filed": {
			finding: f, rows: with(func(r *opsreview.Ticket) { r.State, r.RemoteID = opsreview.TicketPlanned, "" }),
			want: ticket.Create, reason: "planned before", gen: 1,
		},
		"a tracker that asked to wait is waited for": {
			finding: f, want: ticket.Defer, reason: "asked to wait", gen: 1,
			rows: with(func(r *opsreview.Ticket) {
				r.State, r.RemoteID, r.NotBefore = opsreview.TicketPlanned, "", monday.Add(time.Minute)
			}),
		},
		"a creation that was cut off is found out": {
			finding: f, rows: with(func(r *opsreview.Ticket) { r.State, r.RemoteID = opsreview.TicketCreating, "" }),
			want: ticket.Recover, reason: "may exist", gen: 1,
		},
		"a creation whose answer was lost is found out": {
			finding: f, rows: with(func(r *opsreview.Ticket) { r.State, r.RemoteID = opsreview.TicketUncertain, "" }),
			want: ticket.Recover, reason: "may exist", gen: 1,
		},
		"what was refused is tried again once it has changed": {
			finding: f, want: ticket.Create, reason: "has changed", gen: 1,
			rows: with(func(r *opsreview.Ticket) {
				r.State, r.RemoteID, r.Payload = opsreview.TicketRejected, "", "another"
			}),
		},
		"an open ticket is noted after a week": {
			finding: f, rows: with(nil), want: ticket.Note, reason: "OPS-1 is open", gen: 1,
		},
		"a weekly timer that comes a minute early notes too": {
			finding: f, rows: with(func(r *opsreview.Ticket) { r.NotedAt = days(-7).Add(time.Minute) }),
			want: ticket.Note, reason: "OPS-1 is open", gen: 1,
		},
		"an open ticket that was noted two days ago is left alone": {
			finding: f, rows: with(func(r *opsreview.Ticket) { r.NotedAt = days(-2) }),
			want: ticket.Skip, reason: "written to on 2026-03-07", gen: 1,
		},
		"an open ticket that was filed two days ago is left alone": {
			finding: f, rows: with(func(r *opsreview.Ticket) { r.FiledAt = days(-2) }),
			want: ticket.Skip, reason: "written to on 2026-03-07", gen: 1,
		},
		"the same review notes once, however much later": {
			finding: f, rows: with(func(r *opsreview.Ticket) {
				r.NoteID, r.NotedAt = "secrets 2026-03-02/2026-03-09", days(-20)
			}),
			want: ticket.Skip, reason: "this review is on it", gen: 1,
		},
		"a ticket closed fourteen days ago is opened again": {
			finding: f, rows: []opsreview.Ticket{closedRow(f, 14, "Done")}, want: ticket.Reopen, reason: "came back", gen: 1,
		},
		"a ticket closed fifteen days ago gets a successor": {
			finding: f, rows: []opsreview.Ticket{closedRow(f, 15, "Done")}, want: ticket.Create, reason: "long ago", gen: 2,
		},
		"a page after the closing opens a ticket again": {
			finding: paged, rows: []opsreview.Ticket{closedRow(f, 3, "Done")}, pages: pageOn(days(-1)),
			want: ticket.Reopen, reason: "came back", gen: 1,
		},
		"a ticket closed after the last page stays closed": {
			finding: paged, rows: []opsreview.Ticket{closedRow(f, 3, "Done")}, pages: pageOn(days(-5)),
			want: ticket.Skip, reason: "nothing is known to have happened since", gen: 1,
		},
		"a ticket closed within the window stays closed where no page is known": {
			finding: f, rows: []opsreview.Ticket{closedRow(f, 3, "Done")}, want: ticket.Skip, reason: "nothing is known", gen: 1,
		},
		"a review of old weeks files no successor": {
			finding: paged, rows: []opsreview.Ticket{closedRow(f, 40, "Done")}, pages: pageOn(days(-50)),
			want: ticket.Skip, reason: "nothing is known", gen: 1,
		},
		"what people will not fix is not filed": {
			finding: f, rows: []opsreview.Ticket{closedRow(f, 20, "won't fix")}, want: ticket.Skip, reason: `as "won't fix"`, gen: 1,
		},
		"an answer of ninety days ago has expired": {
			finding: f, rows: []opsreview.Ticket{closedRow(f, 90, "Won't Do")}, want: ticket.Create, reason: "held until", gen: 2,
		},
		"twice the cost is not more than twice": {
			finding: noisy("vault-latency", 180), rows: []opsreview.Ticket{closedRow(f, 20, "Won't Do")},
			want: ticket.Skip, reason: "nothing is filed until", gen: 1,
		},
		"more than twice the cost asks again": {
			finding: noisy("vault-latency", 181), rows: []opsreview.Ticket{closedRow(f, 20, "Won't Do")},
			want: ticket.Create, reason: "2.0 times as much", gen: 2,
		},
		"a suppressed row keeps its own expiry": {
			finding: f, want: ticket.Skip, reason: "until 2026-03-10", gen: 1,
			rows: []opsreview.Ticket{func() opsreview.Ticket {
				r := closedRow(f, 200, "Won't Do")
				r.State, r.SuppressedUntil = opsreview.TicketSuppressed, days(1)
				return r
			}()},
		},
		"a ticket that is gone is never filed again": {
			finding: f, rows: with(func(r *opsreview.Ticket) { r.State = opsreview.TicketGone }),
			want: ticket.Skip, reason: "deleted or is out of our sight", gen: 1,
		},
		"the last generation decides": {
			finding: f, want: ticket.Note, reason: "OPS-7", gen: 2,
			rows: []opsreview.Ticket{
				filed(f, func(r *opsreview.Ticket) { r.Generation, r.RemoteID, r.RemoteKey = 2, "7", "OPS-7" }),
				closedRow(f, 90, "Done"),
			},
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			in := planInput([]opsreview.Finding{tt.finding}, tt.rows...)
			in.Pages = tt.pages
			steps := ticket.Plan(in)
			if len(steps) != 1 {
				t.Fatalf("Plan gave %d steps, want 1", len(steps))
			}
			s := steps[0]
			if s.Action != tt.want || s.Generation != tt.gen || !strings.Contains(s.Reason, tt.reason) {
				t.Errorf("Plan said %s, generation %d: %q; want %s, generation %d: …%s…", s.Action, s.Generation, s.Reason, tt.want, tt.gen, tt.reason)
			}
		})
	}
}

// The order is the review's: what harms users may stand before what is dear.
func TestPlan_KeepsTheOrderAndTheBound(t *testing.T) {
	findings := []opsreview.Finding{noisy("b", 0), noisy("c", 3), noisy("a", 2), noisy("b", 0), noisy("d", 1)}
	in := planInput(findings)
	in.MaxNew = 2
	var got []string
	for _, s := range ticket.Plan(in) {
		got = append(got, s.Finding.Monitor+" "+string(s.Action))
	}
	want := []string{"b create", "c create", "a defer", "d defer"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("steps (-want +got):\n%s", diff)
	}
}

func TestPlan_OnlyWhatIsAskedFor(t *testing.T) {
	findings := []opsreview.Finding{noisy("a", 1), noisy("b", 3), noisy("c", 2)}
	in := planInput(findings)
	in.Only = []string{findings[0].Key, findings[2].Fingerprint()}
	steps := ticket.Plan(in)
	if len(steps) != 2 || steps[0].Finding.Monitor != "a" || steps[1].Finding.Monitor != "c" {
		t.Errorf("Plan gave %d steps, want a and c", len(steps))
	}
}

// Filing a review again files nothing more, unless somebody says what.
func TestPlan_BoundsAReviewAndNotARun(t *testing.T) {
	a, b, c := noisy("a", 3), noisy("b", 2), noisy("c", 1)
	first := func(f opsreview.Finding) opsreview.Ticket {
		return filed(f, func(row *opsreview.Ticket) {
			row.LastRun, row.NoteID, row.Seen = planInput(nil).Run, planInput(nil).Run, 1
		})
	}
	tests := map[string]struct {
		change func(*ticket.PlanInput)
		want   []ticket.Action
	}{
		"both that it may file are there":     {func(in *ticket.PlanInput) { in.Rows = append(in.Rows, first(b)) }, []ticket.Action{ticket.Skip, ticket.Skip, ticket.Defer}},
		"one is there":                        {func(*ticket.PlanInput) {}, []ticket.Action{ticket.Skip, ticket.Create, ticket.Defer}},
		"of another review they do not count": {func(in *ticket.PlanInput) { in.Run = "next week" }, []ticket.Action{ticket.Note, ticket.Create, ticket.Create}},
		"somebody names one": {
			func(in *ticket.PlanInput) { in.Rows, in.Only = append(in.Rows, first(b)), []string{c.Key} }, []ticket.Action{ticket.Create},
		},
		"somebody raises the bound": {func(in *ticket.PlanInput) { in.MaxNew = 3 }, []ticket.Action{ticket.Skip, ticket.Create, ticket.Create}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			in := planInput([]opsreview.Finding{a, b, c}, first(a))
			in.Settings.MaxNew = 2
			tt.change(&in)
			var got []ticket.Action
			for _, s := range ticket.Plan(in) {
				got = append(got, s.Action)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("actions (-want +got):\n%s", diff)
			}
		})
	}
}

func TestPlan_WhatWasRefusedIsNotTriedAgain(t *testing.T) {
	f := noisy("vault-latency", 90)
	preview := func(d ticket.Draft) string { return d.Title + d.Attempt }
	in := planInput([]opsreview.Finding{f})
	in.Preview = preview
	payload := ticket.Payload(ticket.Plan(in)[0])
	in.Rows = []opsreview.Ticket{{
		Tracker: tracker, Fingerprint: f.Fingerprint(), Generation: 1, State: opsreview.TicketRejected,
		Payload: payload, Error: "labels: field cannot be set",
	}}
	s := ticket.Plan(in)[0]
	if s.Action != ticket.Skip || !strings.HasPrefix(s.Reason, "The tracker refused it: labels: field cannot be set. ") || !strings.Contains(s.Reason, "ticket resolve KEY --retry") {
		t.Errorf("Plan said %s: %q", s.Action, s.Reason)
	}
}

func TestPlan_DraftsAreLabelledAndCosted(t *testing.T) {
	f := noisy("vault-latency", 204)
	f.Title = "vault-latency\npages\u202e for nothing"
	f.Team = "Secrets & Keys"
	ref := opsreview.Ref{Source: "pd", ID: "P1"}
	f.Pages = []opsreview.Ref{ref}
	in := planInput([]opsreview.Finding{f})
	in.Pages = map[opsreview.Ref]opsreview.Page{ref: {
		Ref: ref, Number: "4411", URL: "https://pd.example/P1", Title: "Latency [~ada]", TriggeredAt: days(-1),
		Events: []opsreview.Event{{Kind: opsreview.Notified, Responders: []string{"u1", "u2"}}},
	}}
	d := ticket.Plan(in)[0].Draft
	wantLabels := []string{"opsreview", "opsreview-" + f.Fingerprint(), "alert-noise", "team-secrets---keys"}
	if diff := cmp.Diff(wantLabels, d.Labels); diff != "" {
		t.Errorf("labels (-want +got):\n%s", diff)
	}
	if d.Title != "vault-latency pages for nothing" {
		t.Errorf("title %q", d.Title)
	}
	text := ticket.RenderMarkdown(d.Body, 0)
	for _, part := range []string{
		"**≈ 3.4 h/week, 1 page, 2 people**\n",
		"### What was seen\n\n- 9 of 12 labelled pages were not actionable.\n",
		"### What to do\n\nRaise its threshold.\n",
		"- Sun 2026-03-08 09:00 UTC [#4411](https://pd.example/P1) Latency \\[\\~ada\\]\n",
		"Filed by opsreview for the team Secrets \\& Keys, from its review of 2026-03-02 to 2026-03-09.",
	} {
		if !strings.Contains(text, part) {
			t.Errorf("the body lacks %q:\n%s", part, text)
		}
	}
}

func TestPlan_TheOrderOfTheLedgerDoesNotMatter(t *testing.T) {
	var findings []opsreview.Finding
	var rows []opsreview.Ticket
	for _, name := range []string{"d", "b", "a", "c"} {
		f := noisy(name, 5)
		findings = append(findings, f)
		if name < "c" {
			rows = append(rows, closedRow(f, 100, "Done"), filed(f, func(row *opsreview.Ticket) { row.Generation = 2 }))
		}
	}
	summary := func() (lines []string) {
		for _, s := range ticket.Plan(planInput(findings, rows...)) {
			lines = append(lines, s.Finding.Key+string(s.Action)+ticket.RenderWiki(s.Draft.Body, 0))
		}
		return lines
	}
	want := summary()
	slices.Reverse(rows)
	if diff := cmp.Diff(want, summary()); diff != "" {
		t.Errorf("the order of rows matters (-want +got):\n%s", diff)
	}
}
