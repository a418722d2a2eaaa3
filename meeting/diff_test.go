package meeting_test

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"opsreview"
	"opsreview/lookback"
	"opsreview/meeting"
	"opsreview/review"
	"opsreview/toil"
)

func TestDiff(t *testing.T) {
	tests := map[string]struct {
		change func(*meeting.Facts)
		want   []string // kind: text
	}{
		"nothing changed": {},
		"the same facts in another order are the same": {change: func(f *meeting.Facts) {
			slices.Reverse(f.Pages)
			slices.Reverse(f.Tickets)
		}},
		"a page came late": {
			change: func(f *meeting.Facts) {
				p := page("P9", 20)
				f.Pages = append(f.Pages, p)
				f.Review.Monitors[0].Pages = append(f.Review.Monitors[0].Pages, p.Ref)
				f.Review.Headline.Pages++
			},
			want: []string{
				`late_page: a page came late: "Vault is sealed" (pd/P9) of Mon 9 Nov 20:00, unlabelled`,
				"number: pages: 4, and was 3", "number: labelled pages: 50 % (2 of 4), and was 66.7 % (2 of 3)",
			},
		},
		"a page is gone": {
			change: func(f *meeting.Facts) { f.Pages = f.Pages[1:] },
			want:   []string{`page_gone: a page is gone: "Vault is sealed" (pd/P2) of Tue 10 Nov 06:00, noise`},
		},
		"somebody labelled a page otherwise": {
			change: func(f *meeting.Facts) { f.Pages[0] = label(f.Pages[0], opsreview.Actionable, "capacity", "Bob") },
			want:   []string{`relabelled: "Vault is sealed" (pd/P2) of Tue 10 Nov 06:00 is ignored (capacity) by Bob, and was noise (duplicate) by Ada Lovelace`},
		},
		"somebody else says the same": {
			change: func(f *meeting.Facts) { f.Pages[0].Label.Author = "Bob" },
			want:   []string{`relabelled: "Vault is sealed" (pd/P2) of Tue 10 Nov 06:00 is noise (duplicate) by Bob, and was noise (duplicate) by Ada Lovelace`},
		},
		"a label says that somebody acted": {
			change: func(f *meeting.Facts) { f.Pages[0].Label.Actioned = opsreview.Yes },
			want:   []string{`relabelled: "Vault is sealed" (pd/P2) of Tue 10 Nov 06:00 is wasted (duplicate) by Ada Lovelace, and was noise (duplicate) by Ada Lovelace`},
		},
		"a label was taken back": {
			change: func(f *meeting.Facts) { f.Pages[0].Label.Withdrawn = true },
			want:   []string{`relabelled: "Vault is sealed" (pd/P2) of Tue 10 Nov 06:00 is no longer labelled, and was noise (duplicate) by Ada Lovelace`},
		},
		"a page was labelled": {
			change: func(f *meeting.Facts) { f.Pages[2] = label(f.Pages[2], opsreview.NotActionable, "", "Bob") },
			want:   []string{`relabelled: "Vault is sealed" (pd/P3) of Wed 11 Nov 02:00 is noise by Bob, and was unlabelled`},
		},
		"a page has another title": {
			change: func(f *meeting.Facts) { f.Pages[0].Title = "Sealed" },
			want:   []string{`page_changed: "Sealed" (pd/P2) of Tue 10 Nov 06:00 changed: its title is "Sealed", and was "Vault is sealed"`},
		},
		"a late note made wasted work of noise": {
			change: func(f *meeting.Facts) {
				f.Pages[0].Events = append(f.Pages[0].Events, opsreview.Event{At: at(31), Kind: opsreview.Noted, By: opsreview.Agent{Kind: opsreview.Person, ID: "U1"}})
			},
			want: []string{`page_changed: "Vault is sealed" (pd/P2) of Tue 10 Nov 06:00 changed: it is wasted, and was noise`},
		},
		"a timeline says more": {
			change: func(f *meeting.Facts) {
				f.Pages[2].Events = append(f.Pages[2].Events, opsreview.Event{At: at(51), Kind: opsreview.Noted, Text: "x"})
			},
			want: []string{`page_changed: "Vault is sealed" (pd/P3) of Wed 11 Nov 02:00 changed: its timeline says more or other things`},
		},
		"a page is of another monitor": {
			change: func(f *meeting.Facts) {
				f.Review.Monitors[0].Pages = f.Review.Monitors[0].Pages[:2]
				f.Review.Monitors = append(f.Review.Monitors, review.MonitorCost{Monitor: opsreview.Monitor{ID: "m2"}, Pages: []opsreview.Ref{ref("P3")}})
			},
			want: []string{`page_changed: "Vault is sealed" (pd/P3) of Wed 11 Nov 02:00 changed: its monitor is "m2", and was "m-sealed"`},
		},
		"a number that was known is not": {
			change: func(f *meeting.Facts) { f.Review.Headline.Response = review.Response{} },
			want:   []string{"number: median time to acknowledge: unknown, and was 6m"},
		},
		"a sum in another order is no change": {
			change: func(f *meeting.Facts) { f.Review.Budget.Standings[0].Month.Consumed += 1e-13 },
		},
		"more was burned": {
			change: func(f *meeting.Facts) { f.Review.Budget.Standings[0].Month.Consumed = 0.9 },
			want: []string{
				"number: vault/reads: 83 % of the 7-day budget burned, 90 % of the 30-day budget, 99 % of the 30 days watched; it was: 83 % of the 7-day budget burned, 83 % of the 30-day budget, 99 % of the 30 days watched",
			},
		},
		"an SLO is not counted any more": {
			change: func(f *meeting.Facts) { f.Review.Budget.Standings = f.Review.Budget.Standings[:2] },
			want:   []string{"number: vault/young is not counted any more; it was: nothing is known of it"},
		},
		"an incident came late, and one changed": {
			change: func(f *meeting.Facts) {
				c := f.Review.Incidents.Cases[0]
				c.Incident.Ref, c.Incident.Number, c.Incident.Severity = opsreview.Ref{Source: "rootly", ID: "18"}, "", ""
				c.Text = ""
				f.Review.Incidents.Cases[0].Incident.Severity = "SEV2"
				f.Review.Incidents.Cases = append(f.Review.Incidents.Cases, c)
			},
			want: []string{
				"number: incidents: 2, and was 1",
				`incident: INC-17, "Vault down": SEV2, noticed by alert, resolved after 1h20m. It has no postmortem; it was: SEV1, noticed by alert, resolved after 1h20m. It has no postmortem`,
				`incident: an incident came late: rootly/18, "Vault down", no severity, noticed by alert, resolved after 1h20m`,
			},
		},
		"an incident is gone": {
			change: func(f *meeting.Facts) { f.Review.Incidents.Cases = nil },
			want:   []string{"number: incidents: 0, and was 1", `incident: an incident is gone: INC-17, "Vault down"`},
		},
		"an anomaly was dismissed": {
			change: func(f *meeting.Facts) {
				l := f.Review.LookBack
				a := l.Anomalies[0]
				a.State = lookback.Dismissed
				f.Review.LookBack = &lookback.Report{Series: 4, Dismissed: append(l.Dismissed, a)}
			},
			want: []string{
				"number: anomalies: 0, and was 1", "number: unexplained anomalies: 0, and was 1",
				"anomaly: Latency (a-1) is unexplained, dismissed, and was unexplained, open",
			},
		},
		"something does not look weird any more, and something else does": {
			change: func(f *meeting.Facts) { f.Review.LookBack.Anomalies[0].ID = "a-2" },
			want: []string{
				"anomaly: something else looks weird: Latency (a-2): 4.1 times the usual, unexplained, open", "anomaly: Latency (a-1) does not look weird any more",
			},
		},
		"more toil was logged": {
			change: func(f *meeting.Facts) {
				f.Review.Toil = &toil.Report{Spent: 8 * 3600e9, Working: f.Review.Toil.Working, Overhead: f.Review.Toil.Overhead}
			},
			want: []string{"toil: toil: 8h, and was 5h", "toil: toil of working time: 10 % (8h of 80h), and was 6.3 % (5h of 80h)"},
		},
		"a ticket moved on, one was filed, and one came back": {
			change: func(f *meeting.Facts) {
				f.Tickets[0].Status = "Done"
				f.Tickets = append(f.Tickets, opsreview.Ticket{
					Fingerprint: opsreview.FingerprintOf("limit_breached:secrets|pages_per_shift"), State: opsreview.TicketFiled, RemoteKey: "OPS-13", Status: "To Do", FiledAt: week.End,
				})
				f.Review.Closed[1].Verdict = review.CameBack
			},
			want: []string{
				"number: closed tickets that held: 0, and was 1", "number: closed tickets that came back: 2, and was 1",
				`ticket: the ticket of "Vault is sealed is noisy" is OPS-12 Done, and was OPS-12 In Progress`,
				`ticket: "On-call load of secrets over a limit" has a ticket: OPS-13 To Do`,
				`ticket: OPS-8, "Token": it came back, and was: it held`,
			},
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			f := facts()
			if tt.change != nil {
				tt.change(&f)
			}
			var got []string
			for _, c := range meeting.Diff(snapshot(t), meeting.Take(f)) {
				got = append(got, c.Kind+": "+c.Text)
				if c.Subject == "" || c.Was == c.Is && c.Kind != meeting.PageChanged {
					t.Errorf("%+v names nothing, or no difference", c)
				}
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("changes (-want +got):\n%s", diff)
			}
		})
	}
}

func TestDiff_DoesNotCompareOtherDefinitions(t *testing.T) {
	was, is := snapshot(t), snapshot(t)
	is.Definitions["coverage"], is.Numbers["coverage"] = 2, meeting.Number{Value: 0.5, Unit: "share"}
	is.Definitions["burned_30d"] = 2
	half := 0.5
	is.Budgets[0].Thirty = &half
	want := []meeting.Change{
		{
			Kind: meeting.ChangedDefinition, Subject: "burned_30d", Was: "burned_30d/1", Is: "burned_30d/2",
			Text: "most burned of a 30-day budget is defined in another way: it was 120 % by version 1 and is 120 % by version 2, which cannot be compared",
		},
		{
			Kind: meeting.ChangedDefinition, Subject: "coverage", Was: "coverage/1", Is: "coverage/2",
			Text: "labelled pages is defined in another way: it was 66.7 % (2 of 3) by version 1 and is 50 % by version 2, which cannot be compared",
		},
	}
	if diff := cmp.Diff(want, meeting.Diff(was, is)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestDiff_IsTheSameEveryTime(t *testing.T) {
	was, is := meeting.Snapshot{}, snapshot(t)
	want := meeting.Diff(was, is)
	for range 20 {
		if diff := cmp.Diff(want, meeting.Diff(was, is)); diff != "" {
			t.Fatalf("(-want +got):\n%s", diff)
		}
	}
}
