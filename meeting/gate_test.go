package meeting_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"opsreview"
	"opsreview/meeting"
)

var now = week.End.Add(10 * time.Hour)

// wasted is a page that was not actionable.
func wasted(id, monitor string, hours float64) meeting.PageFact {
	return meeting.PageFact{Page: "pd/" + id, Title: "T " + id, Monitor: monitor, At: at(hours), Outcome: "noise", By: "Ada"}
}

func breached(name string, pages ...string) meeting.LoadFact {
	return meeting.LoadFact{Person: name, Name: name, Breaches: []meeting.Breach{{
		Key: "pages_per_shift:" + name, Limit: "pages_per_shift", Text: "3 pages in 12 hours", Pages: pages,
	}}}
}

func waiver(kind opsreview.WaiverKind, subject string, expires time.Time) opsreview.Waiver {
	return opsreview.Waiver{ID: "w", Kind: kind, Subject: subject, Title: "the " + subject, Owner: "Bob", Reason: "a drill", At: week.End, Expires: expires}
}

func filed(monitor string, change func(*opsreview.Ticket)) opsreview.Ticket {
	t := opsreview.Ticket{State: opsreview.TicketFiled, Monitor: monitor, Kind: opsreview.NoisyMonitor, Stands: opsreview.TicketDoing, FiledAt: at(-500)}
	if change != nil {
		change(&t)
	}
	return t
}

func limitTicket(key string, change func(*opsreview.Ticket)) opsreview.Ticket {
	t := filed("", change)
	t.Kind, t.Key = opsreview.LimitBreached, key
	return t
}

func closedAt(hours float64) func(*opsreview.Ticket) {
	return func(t *opsreview.Ticket) { t.Stands, t.ClosedAt = opsreview.TicketDone, at(hours) }
}

func action(subject, ticket string) opsreview.MeetingItem {
	return opsreview.MeetingItem{Kind: opsreview.ItemAction, Subject: subject, Ticket: ticket}
}

func TestGate(t *testing.T) {
	noise := meeting.Snapshot{Start: week.Start, Pages: []meeting.PageFact{wasted("P1", "m", 10)}}
	alone := meeting.Snapshot{Start: week.Start, Pages: []meeting.PageFact{wasted("P1", "", 10)}}
	over := meeting.Snapshot{Start: week.Start, Pages: []meeting.PageFact{{Page: "pd/P1", At: at(10), Outcome: "handled"}}, Loads: []meeting.LoadFact{breached("ada", "pd/P1")}}
	later := func(d time.Duration) time.Time { return now.Add(d) }
	outcome := func(o string) meeting.Snapshot {
		return meeting.Snapshot{Pages: []meeting.PageFact{{Page: "pd/P1", Outcome: o}}}
	}
	withdrawn := func(w opsreview.Waiver) opsreview.Waiver {
		w.WithdrawnBy, w.WithdrawnAt = "Bob", week.End.Add(time.Hour)
		return w
	}
	tests := map[string]struct {
		in   meeting.GateInput
		want []string // the kinds and subjects of what is open
	}{
		"a week without a page closes":                    {in: meeting.GateInput{}},
		"a page that nobody has labelled keeps it open":   {in: meeting.GateInput{Snapshot: outcome("unlabelled")}, want: []string{"page pd/P1"}},
		"an outcome that nobody knows is no label":        {in: meeting.GateInput{Snapshot: outcome("later word")}, want: []string{"page pd/P1"}},
		"a page without an outcome has no label":          {in: meeting.GateInput{Snapshot: outcome("")}, want: []string{"page pd/P1"}},
		"a page that was handled is settled":              {in: meeting.GateInput{Snapshot: outcome("handled")}},
		"a page that was ignored was labelled":            {in: meeting.GateInput{Snapshot: outcome("ignored")}},
		"wasted work needs a ticket or a waiver":          {in: meeting.GateInput{Snapshot: outcome("wasted")}, want: []string{"page pd/P1"}},
		"noise of a monitor is open once for the monitor": {in: meeting.GateInput{Snapshot: noise}, want: []string{"monitor m"}},
		"a waiver does not stand for a label": {
			in:   meeting.GateInput{Snapshot: outcome("unlabelled"), Waivers: []opsreview.Waiver{waiver(opsreview.WaivePage, "pd/P1", later(time.Hour))}},
			want: []string{"page pd/P1"},
		},

		"a waiver of the page settles it":    {in: meeting.GateInput{Snapshot: noise, Waivers: []opsreview.Waiver{waiver(opsreview.WaivePage, "pd/P1", later(time.Hour))}}},
		"a waiver of its monitor settles it": {in: meeting.GateInput{Snapshot: noise, Waivers: []opsreview.Waiver{waiver(opsreview.WaiveMonitor, "m", later(time.Hour))}}},
		"a waiver is in force to its end":    {in: meeting.GateInput{Snapshot: noise, Waivers: []opsreview.Waiver{waiver(opsreview.WaiveMonitor, "m", later(1))}}},
		"at its end a waiver is no more":     {in: meeting.GateInput{Snapshot: noise, Waivers: []opsreview.Waiver{waiver(opsreview.WaiveMonitor, "m", now)}}, want: []string{"monitor m"}},
		"a waiver that was taken back is none": {
			in:   meeting.GateInput{Snapshot: noise, Waivers: []opsreview.Waiver{withdrawn(waiver(opsreview.WaiveMonitor, "m", later(time.Hour)))}},
			want: []string{"monitor m"},
		},
		"a waiver of another kind covers nothing": {
			in:   meeting.GateInput{Snapshot: noise, Waivers: []opsreview.Waiver{waiver(opsreview.WaiveBreach, "m", later(time.Hour))}},
			want: []string{"monitor m"},
		},
		"a waiver of nothing does not cover a page without a monitor": {
			in:   meeting.GateInput{Snapshot: alone, Waivers: []opsreview.Waiver{waiver(opsreview.WaiveMonitor, "", later(time.Hour))}},
			want: []string{"page pd/P1"},
		},

		"an open ticket of the monitor settles it": {in: meeting.GateInput{Snapshot: noise, Tickets: []opsreview.Ticket{filed("m", nil)}}},
		"a ticket of another monitor does not":     {in: meeting.GateInput{Snapshot: noise, Tickets: []opsreview.Ticket{filed("n", nil)}}, want: []string{"monitor m"}},
		"a ticket of no monitor does not settle a page of none": {
			in: meeting.GateInput{Snapshot: alone, Tickets: []opsreview.Ticket{filed("", nil)}}, want: []string{"page pd/P1"},
		},
		"a ticket that was closed after the page settles it": {in: meeting.GateInput{Snapshot: noise, Tickets: []opsreview.Ticket{filed("m", closedAt(11))}}},
		"one that was closed before it does not":             {in: meeting.GateInput{Snapshot: noise, Tickets: []opsreview.Ticket{filed("m", closedAt(9))}}, want: []string{"monitor m"}},
		"one that was closed as it came does not":            {in: meeting.GateInput{Snapshot: noise, Tickets: []opsreview.Ticket{filed("m", closedAt(10))}}, want: []string{"monitor m"}},
		"one that is done since nobody knows when does not": {
			in:   meeting.GateInput{Snapshot: noise, Tickets: []opsreview.Ticket{filed("m", func(t *opsreview.Ticket) { t.Stands = opsreview.TicketDone })}},
			want: []string{"monitor m"},
		},
		"what people will not fix is settled": {
			in: meeting.GateInput{Snapshot: noise, Tickets: []opsreview.Ticket{filed("m", func(t *opsreview.Ticket) { t.State = opsreview.TicketSuppressed })}},
		},
		"until that ends": {
			in: meeting.GateInput{Snapshot: noise, Tickets: []opsreview.Ticket{filed("m", func(t *opsreview.Ticket) {
				t.State, t.SuppressedUntil = opsreview.TicketSuppressed, now
			})}},
			want: []string{"monitor m"},
		},
		"a ticket that is only planned settles nothing": {
			in:   meeting.GateInput{Snapshot: noise, Tickets: []opsreview.Ticket{filed("m", func(t *opsreview.Ticket) { t.State = opsreview.TicketPlanned })}},
			want: []string{"monitor m"},
		},
		"neither does one that is gone": {
			in:   meeting.GateInput{Snapshot: noise, Tickets: []opsreview.Ticket{filed("m", func(t *opsreview.Ticket) { t.State = opsreview.TicketGone })}},
			want: []string{"monitor m"},
		},

		"an action with a ticket settles the monitor": {in: meeting.GateInput{Snapshot: noise, Actions: []opsreview.MeetingItem{action("m", "OPS-1")}}},
		"an action with a ticket settles the page":    {in: meeting.GateInput{Snapshot: noise, Actions: []opsreview.MeetingItem{action("pd/P1", "OPS-1")}}},
		"an action without a ticket settles nothing":  {in: meeting.GateInput{Snapshot: noise, Actions: []opsreview.MeetingItem{action("m", "")}}, want: []string{"monitor m"}},
		"an action that was taken back settles nothing": {
			in:   meeting.GateInput{Snapshot: noise, Actions: []opsreview.MeetingItem{{Kind: opsreview.ItemAction, Subject: "m", Ticket: "OPS-1", WithdrawnBy: "Bob"}}},
			want: []string{"monitor m"},
		},
		"a note settles nothing": {
			in:   meeting.GateInput{Snapshot: noise, Actions: []opsreview.MeetingItem{{Kind: opsreview.ItemNote, Subject: "m", Ticket: "OPS-1"}}},
			want: []string{"monitor m"},
		},

		"a breach keeps it open":            {in: meeting.GateInput{Snapshot: over}, want: []string{"breach pages_per_shift:ada"}},
		"a waiver of the breach settles it": {in: meeting.GateInput{Snapshot: over, Waivers: []opsreview.Waiver{waiver(opsreview.WaiveBreach, "pages_per_shift:ada", later(1))}}},
		"one of somebody else's does not": {
			in:   meeting.GateInput{Snapshot: over, Waivers: []opsreview.Waiver{waiver(opsreview.WaiveBreach, "pages_per_shift:bob", later(1))}},
			want: []string{"breach pages_per_shift:ada"},
		},
		"an action with a ticket settles the breach": {in: meeting.GateInput{Snapshot: over, Actions: []opsreview.MeetingItem{action("pages_per_shift:ada", "OPS-1")}}},
		"the team's ticket of the limit settles it":  {in: meeting.GateInput{Snapshot: over, Tickets: []opsreview.Ticket{limitTicket("limit_breached:secrets|pages_per_shift", nil)}}},
		"everybody's ticket of the limit does too":   {in: meeting.GateInput{Snapshot: over, Tickets: []opsreview.Ticket{limitTicket("limit_breached:pages_per_shift", nil)}}},
		"a ticket of another limit does not": {
			in:   meeting.GateInput{Snapshot: over, Tickets: []opsreview.Ticket{limitTicket("limit_breached:secrets|on_call_share", nil)}},
			want: []string{"breach pages_per_shift:ada"},
		},
		"a ticket of the limit that was closed after its last page settles it": {
			in: meeting.GateInput{Snapshot: over, Tickets: []opsreview.Ticket{limitTicket("limit_breached:secrets|pages_per_shift", closedAt(11))}},
		},
		"one that was closed within the window but before that does not": {
			in:   meeting.GateInput{Snapshot: over, Tickets: []opsreview.Ticket{limitTicket("limit_breached:secrets|pages_per_shift", closedAt(9))}},
			want: []string{"breach pages_per_shift:ada"},
		},
		"an incident that waits for its postmortem does not keep it open": {
			in: meeting.GateInput{Snapshot: meeting.Snapshot{Incidents: []meeting.IncidentFact{{Incident: "r/1", Overdue: true}}}},
		},
		"labels come first, then monitors by their pages, then breaches": {
			in: meeting.GateInput{Snapshot: meeting.Snapshot{
				Pages: []meeting.PageFact{wasted("A", "one", 1), wasted("B", "two", 2), wasted("C", "two", 3), {Page: "pd/D", Outcome: "unlabelled"}},
				Loads: []meeting.LoadFact{breached("ada")},
			}},
			want: []string{"page pd/D", "monitor two", "monitor one", "breach pages_per_shift:ada"},
		},
		"a page that is called like a monitor is not of it": {
			in:   meeting.GateInput{Snapshot: meeting.Snapshot{Pages: []meeting.PageFact{wasted("X", "pd/Y", 1), wasted("Y", "", 2)}}},
			want: []string{"monitor pd/Y", "page pd/Y"},
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			tt.in.Now = now
			var got []string
			for _, o := range meeting.Gate(tt.in) {
				got = append(got, o.Kind+" "+o.Subject)
				if o.Text == "" || len(o.Do) == 0 {
					t.Errorf("%+v does not say what is missing or what to do", o)
				}
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("open (-want +got):\n%s", diff)
			}
		})
	}
}

func TestGate_SaysWhatWasWaived(t *testing.T) {
	s := meeting.Snapshot{Zone: "Europe/Berlin", Pages: []meeting.PageFact{wasted("P1", "m", 1), wasted("P2", "m", 2)}}
	in := meeting.GateInput{Snapshot: s, Now: now, Waivers: []opsreview.Waiver{
		waiver(opsreview.WaiveMonitor, "m", at(100)), waiver(opsreview.WaivePage, "pd/P2", at(166.9)), waiver(opsreview.WaiveMonitor, "n", at(168)),
	}}
	want := "2 pages were not actionable, and neither ticket nor waiver: the waiver of the pd/P2 by Bob (a drill) expired on Sun 15 Nov 2026"
	if got := meeting.Gate(in)[0].Text; got != want {
		t.Errorf("it says %q, want %q", got, want)
	}
}

func TestGate_NamesTheCommands(t *testing.T) {
	s := meeting.Snapshot{
		Pages:    []meeting.PageFact{wasted("P1", "it's $(reboot)", 1)},
		Loads:    []meeting.LoadFact{breached("ada")},
		Findings: []meeting.FindingFact{{Key: "noisy_monitor:x", Monitor: "it's $(reboot)"}, {Key: "limit_breached:t|pages_per_shift", Kind: opsreview.LimitBreached}},
	}
	var got []string
	for _, o := range meeting.Gate(meeting.GateInput{Snapshot: s, Now: now}) {
		got = append(got, o.Do...)
	}
	want := []string{
		"opsreview ticket file --only noisy_monitor:x",
		`opsreview review action TEXT --subject 'it'\''s $(reboot)' --ticket KEY`,
		`opsreview review waive 'it'\''s $(reboot)' --owner WHO --reason WHY --expires 14d`,
		"opsreview ticket file --only 'limit_breached:t|pages_per_shift'",
		"opsreview review action TEXT --subject pages_per_shift:ada --ticket KEY",
		"opsreview review waive pages_per_shift:ada --owner WHO --reason WHY --expires 14d",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	for word, want := range map[string]string{"": "''", "-rf": "'-rf'", "a b": "'a b'", "pd/Q1": "pd/Q1", "ä": "'ä'", "a;b": "'a;b'", "a\nb": "'a\nb'"} {
		if got := meeting.ShellWord(word); got != want {
			t.Errorf("the word %q is written %s, want %s", word, got, want)
		}
	}
}

func TestCarried(t *testing.T) {
	earlier := func(weeks int) opsreview.Meeting {
		w := opsreview.Window{Start: week.Start.AddDate(0, 0, -7*weeks), End: week.End.AddDate(0, 0, -7*weeks)}
		return opsreview.Meeting{
			ID: fmt.Sprint("m", weeks), Window: w, Week: fmt.Sprint("W", 46-weeks), State: opsreview.MeetingClosed, ClosedAt: w.End.Add(10 * time.Hour),
		}
	}
	meetings := []opsreview.Meeting{earlier(0), earlier(1), earlier(2), earlier(3)}
	do := func(id string, weeks int, change func(*opsreview.MeetingItem)) opsreview.MeetingItem {
		i := opsreview.MeetingItem{ID: id, Meeting: fmt.Sprint("m", weeks), Kind: opsreview.ItemAction, Text: id, At: earlier(weeks).ClosedAt.Add(-time.Hour)}
		if change != nil {
			change(&i)
		}
		return i
	}
	of := func(ticket string) func(*opsreview.MeetingItem) {
		return func(i *opsreview.MeetingItem) { i.Ticket = ticket }
	}
	ticket := func(change func(*opsreview.Ticket)) []opsreview.Ticket {
		t := opsreview.Ticket{RemoteKey: "OPS-1", URL: "https://t.example/OPS-1", State: opsreview.TicketFiled, Stands: opsreview.TicketDoing, Status: "In Progress"}
		if change != nil {
			change(&t)
		}
		return []opsreview.Ticket{t}
	}
	tests := map[string]struct {
		items   []opsreview.MeetingItem
		tickets []opsreview.Ticket
		open    bool // the review before was never closed
		want    []string
	}{
		"nothing is carried from nowhere":                       {},
		"an action of last week is carried":                     {items: []opsreview.MeetingItem{do("a", 1, nil)}, want: []string{"a: 6 days old; it has no ticket"}},
		"an action of this review is new":                       {items: []opsreview.MeetingItem{do("a", 0, nil)}},
		"an action of a review that nobody closed is not lost":  {items: []opsreview.MeetingItem{do("a", 1, nil)}, open: true, want: []string{"a: 6 days old; it has no ticket"}},
		"a note is no action":                                   {items: []opsreview.MeetingItem{do("a", 1, func(i *opsreview.MeetingItem) { i.Kind = opsreview.ItemNote })}},
		"one that is done is done":                              {items: []opsreview.MeetingItem{do("a", 1, func(i *opsreview.MeetingItem) { i.DoneBy = "Bob" })}},
		"one that was taken back is none":                       {items: []opsreview.MeetingItem{do("a", 1, func(i *opsreview.MeetingItem) { i.WithdrawnBy = "Bob" })}},
		"one of a review that is not among them is not carried": {items: []opsreview.MeetingItem{do("a", 9, nil)}},
		"the oldest comes first": {
			items: []opsreview.MeetingItem{do("b", 1, nil), do("c", 3, nil), do("a", 1, nil)},
			want:  []string{"c: 20 days old; it has no ticket", "a: 6 days old; it has no ticket", "b: 6 days old; it has no ticket"},
		},
		"one whose time has come is due": {
			items: []opsreview.MeetingItem{do("a", 1, func(i *opsreview.MeetingItem) { i.Due = week.End })}, want: []string{"a: 6 days old, and due; it has no ticket"},
		},
		"one whose time is to come is not": {
			items: []opsreview.MeetingItem{do("a", 1, func(i *opsreview.MeetingItem) { i.Due = week.End.Add(1) })}, want: []string{"a: 6 days old; it has no ticket"},
		},
		"its ticket stands where the tracker says": {
			items: []opsreview.MeetingItem{do("a", 1, of("OPS-1"))}, tickets: ticket(nil), want: []string{`a: 6 days old; OPS-1 is "In Progress"`},
		},
		"a key is found whatever its case": {
			items: []opsreview.MeetingItem{do("a", 1, of("ops-1"))}, tickets: ticket(nil), want: []string{`a: 6 days old; ops-1 is "In Progress"`},
		},
		"a ticket is found by its address": {
			items: []opsreview.MeetingItem{do("a", 1, of("https://t.example/OPS-1"))}, tickets: ticket(nil), want: []string{`a: 6 days old; https://t.example/OPS-1 is "In Progress"`},
		},
		"of a ticket that the ledger does not know nothing is known": {
			items: []opsreview.MeetingItem{do("a", 1, of("X-9"))}, tickets: ticket(nil), want: []string{"a: 6 days old; nothing is known of X-9 here"},
		},
		"a ticket that is gone is said to be": {
			items: []opsreview.MeetingItem{do("a", 1, of("OPS-1"))}, tickets: ticket(func(t *opsreview.Ticket) { t.State = opsreview.TicketGone }), want: []string{"a: 6 days old; OPS-1 is gone"},
		},
		"a ticket that was closed since is told": {
			items: []opsreview.MeetingItem{do("a", 1, of("OPS-1"))}, tickets: ticket(closedAt(30)), want: []string{"a: 6 days old; OPS-1 is done since Tue 10 Nov"},
		},
		"even if it was closed before the window, while no review has heard of it": {
			items: []opsreview.MeetingItem{do("a", 1, of("OPS-1"))}, tickets: ticket(closedAt(-2)), want: []string{"a: 6 days old; OPS-1 is done since Sun 8 Nov"},
		},
		"it is told once": {items: []opsreview.MeetingItem{do("a", 2, of("OPS-1"))}, tickets: ticket(closedAt(-2))},
		"also where it was closed between the window's end and the meeting": {
			items: []opsreview.MeetingItem{do("a", 2, of("OPS-1"))}, tickets: ticket(closedAt(9)),
		},
		"a ticket that was closed after the last review is told": {
			items: []opsreview.MeetingItem{do("a", 2, of("OPS-1"))}, tickets: ticket(closedAt(11)), want: []string{"a: 13 days old; OPS-1 is done since Mon 9 Nov"},
		},
		"a review that is still open has heard of nothing": {
			items: []opsreview.MeetingItem{do("a", 2, of("OPS-1"))}, tickets: ticket(closedAt(-2)), open: true, want: []string{"a: 13 days old; OPS-1 is done since Sun 8 Nov"},
		},
		"what is done is not due": {
			items:   []opsreview.MeetingItem{do("a", 1, func(i *opsreview.MeetingItem) { i.Ticket, i.Due = "OPS-1", week.Start })},
			tickets: ticket(closedAt(30)), want: []string{"a: 6 days old; OPS-1 is done since Tue 10 Nov"},
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			all := append([]opsreview.Meeting{}, meetings...)
			if tt.open {
				all[1].State, all[1].ClosedAt = opsreview.MeetingOpen, time.Time{}
			}
			berlin, _ := time.LoadLocation("Europe/Berlin")
			var got []string
			for _, c := range meeting.Carried(all, tt.items, tt.tickets, opsreview.Window{Start: week.Start.In(berlin), End: week.End.In(berlin)}) {
				got = append(got, c.Item.ID+": "+c.Text)
				if c.From.ID != c.Item.Meeting || strings.Contains(c.Text, "done") != c.Done() {
					t.Errorf("it is carried as %+v", c)
				}
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("carried (-want +got):\n%s", diff)
			}
		})
	}
}
