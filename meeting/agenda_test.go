package meeting_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"opsreview"
	"opsreview/meeting"
)

// outline writes an agenda down.
func outline(all []meeting.AgendaSection) string {
	var b strings.Builder
	for _, s := range all {
		fmt.Fprintf(&b, "%s: %s (%d open)\n", s.Title, s.Summary, s.Open)
		for _, line := range s.Lines {
			fmt.Fprintf(&b, "  - %s\n", line)
		}
		for _, p := range s.Points {
			sign := "*"
			if p.Open {
				sign = "!"
			}
			fmt.Fprintf(&b, "  %s %s\n", sign, strings.Join([]string{p.Kind, p.Subject, p.Title, p.Text, p.Ticket}, " | "))
		}
	}
	return b.String()
}

func TestAgendaOf_Golden(t *testing.T) {
	m := minutes(t)
	from := opsreview.Meeting{ID: "secrets/2026-W45", Week: "2026-W45", Window: week}
	m.Carried = []meeting.CarryOver{
		{Item: opsreview.MeetingItem{ID: "i-1", Text: "Write the runbook", Owner: "Bob"}, From: from, Due: true, Text: "6 days old, and due; it has no ticket"},
		{
			Item: opsreview.MeetingItem{ID: "i-2", Text: "Drop the alert", Ticket: "OPS-4"}, From: from, Text: "6 days old; OPS-4 is done since Tue 10 Nov",
			Ticket: &opsreview.Ticket{RemoteKey: "OPS-4", Stands: opsreview.TicketDone},
		},
	}
	m.Changes = []meeting.Change{
		{Kind: meeting.Relabelled, Subject: "pd/P1", Was: "unlabelled", Is: "noise by Bob", Text: "x"},
		{Kind: meeting.Relabelled, Subject: "pd/P2", Was: "unlabelled", Is: "noise by Bob", Text: "y"},
		{Kind: meeting.LatePage, Subject: "pd/P3", Text: "a page came late: P3"},
		{Kind: meeting.ChangedNumber, Subject: "pages", Text: "pages: 3, and was 2"},
		{Kind: meeting.ChangedDefinition, Subject: "toil", Text: "toil is defined in another way"},
		{Kind: meeting.ChangedTicket, Subject: "OPS-8", Text: "OPS-8 came back"},
	}
	golden(t, "agenda.txt", []byte(outline(meeting.AgendaOf(m))))
}

// A quiet week of a team that has nothing connected says so, and leaves nothing
// empty.
func TestAgendaOf_Nothing(t *testing.T) {
	want := `Carried over: nothing is left of earlier reviews (0 open)
Error budgets: no SLO is counted (0 open)
Pages: no page: a quiet week is a week (0 open)
Load: nobody was notified or on call (0 open)
Incidents: no incidents are known here (0 open)
What looked weird: no dashboard is looked at (0 open)
Toil: nothing is logged (0 open)
Wins: none told (0 open)
Failures: none told (0 open)
Demos: none (0 open)
Actions: none (0 open)
`
	if diff := cmp.Diff(want, outline(meeting.AgendaOf(meeting.Minutes{}))); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestAgendaOf(t *testing.T) {
	sectionOf := func(m meeting.Minutes, id meeting.Section) meeting.AgendaSection {
		all := meeting.AgendaOf(m)
		return all[slices.IndexFunc(all, func(s meeting.AgendaSection) bool { return s.ID == id })]
	}
	tests := map[string]struct {
		change  func(*meeting.Minutes)
		section meeting.Section
		check   func(meeting.AgendaSection) bool
	}{
		"what keeps it open stands first, and once": {
			section: meeting.Pages,
			check: func(s meeting.AgendaSection) bool {
				n := 0
				for _, p := range s.Points {
					if p.Kind == "page" && p.Subject == "pd/P3" {
						n++
					}
				}
				return s.Open == 2 && s.Points[0].Open && s.Points[1].Open && !s.Points[2].Open && n == 1
			},
		},
		"a breach that is settled is no open point": {
			change: func(m *meeting.Minutes) { m.Open = nil }, section: meeting.Load,
			check: func(s meeting.AgendaSection) bool { return s.Open == 0 && len(s.Points) == 2 && !s.Points[1].Open },
		},
		"what was taken back is not said": {
			change: func(m *meeting.Minutes) { m.Items[1].WithdrawnBy = "Bob" }, section: meeting.Wins,
			check: func(s meeting.AgendaSection) bool {
				return s.Summary == "1 closed ticket that held, 1 task automated"
			},
		},
		"many monitors are counted": {
			change: func(m *meeting.Minutes) {
				for i := range 20 {
					m.Snapshot.Monitors = append(m.Snapshot.Monitors, meeting.MonitorFact{Monitor: fmt.Sprint("m", i), Pages: 1})
				}
			},
			section: meeting.Pages,
			check: func(s meeting.AgendaSection) bool {
				return s.Lines[11] == "m10: 1 page, 0 interruptions, 0m engaged; nobody has labelled one" && s.Lines[12] == "and 9 more monitors"
			},
		},
		"many changes are counted": {
			change: func(m *meeting.Minutes) {
				for range 14 {
					m.Changes = append(m.Changes, meeting.Change{Kind: meeting.LatePage, Text: "late"})
				}
			},
			section: meeting.Pages,
			check: func(s meeting.AgendaSection) bool {
				return s.Lines[len(s.Lines)-1] == "since it was opened: 2 more changes"
			},
		},
		"what is withheld is said, and toil where toil is": {
			change: func(m *meeting.Minutes) { *m = meeting.Anonymous(*m, nil) }, section: meeting.Toil,
			check: func(s meeting.AgendaSection) bool {
				return s.Summary == "withheld" && slices.Equal(s.Lines, []string{"the toil of fewer than three people is withheld"})
			},
		},
		"an incident that keeps it open stands with the incidents": {
			change: func(m *meeting.Minutes) {
				m.Open = []meeting.Open{{Kind: "incident", Subject: "rootly/17", Title: "INC-17"}}
			},
			section: meeting.Incidents,
			check:   func(s meeting.AgendaSection) bool { return s.Open == 1 && len(s.Points) == 1 },
		},
		"a zone that nobody knows is UTC": {
			change: func(m *meeting.Minutes) { m.Snapshot.Zone = "Mars/Olympus" }, section: meeting.Demos,
			check: func(s meeting.AgendaSection) bool {
				return s.Lines[0] == "The new dashboard. (Ada Lovelace, Mon 09:00)"
			},
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			m := minutes(t)
			if tt.change != nil {
				tt.change(&m)
			}
			if s := sectionOf(m, tt.section); !tt.check(s) {
				t.Errorf("the section is\n%s", outline([]meeting.AgendaSection{s}))
			}
		})
	}
}

// What a closed review shows is made of what it kept, and of nothing else.
func TestKept_ReadsAsTheMeetingSawIt(t *testing.T) {
	m := minutes(t)
	m.Carried = []meeting.CarryOver{{
		Item: opsreview.MeetingItem{ID: "i-2", Text: "Drop the alert", Ticket: "OPS-4", At: week.Start.UTC(), Author: "Bob"}, From: opsreview.Meeting{Week: "2026-W45"},
		Age: 6 * 24 * 3600e9, Text: "6 days old", Ticket: &opsreview.Ticket{RemoteKey: "OPS-4", State: opsreview.TicketFiled, Stands: opsreview.TicketDone, ClosedAt: at(3).UTC()},
	}}
	encode := func(s meeting.Snapshot) []byte {
		b, err := meeting.Encode(s)
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	closed := m.Meeting
	closed.State, closed.Opened, closed.Closed = opsreview.MeetingClosed, encode(m.Snapshot), encode(meeting.Keep(m))
	got, err := meeting.Kept(closed)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(outline(meeting.AgendaOf(m)), outline(meeting.AgendaOf(got))); diff != "" {
		t.Errorf("the agenda (-seen +kept):\n%s", diff)
	}
	if diff := cmp.Diff(m.Items, got.Items); diff != "" {
		t.Errorf("the items (-seen +kept):\n%s", diff)
	}
}
