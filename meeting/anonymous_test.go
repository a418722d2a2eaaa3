package meeting_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"opsreview"
	"opsreview/meeting"
)

// roster is everybody who is known, by what they are called.
var roster = [][]string{
	{"Bob", "pd/U2", "bob@example.com"},
	{"Ada Lovelace", "ada@example.com", "pd/U1", "Ada Byron"},
	{"Cem Yılmaz", "cem@example.com"},
	{"Dora", "dora@example.com"},
	{"王小明", "xm@example.com"},
	{"May Li", "may@example.com"},
	{"Al", "al@example.com"},
}

// told are minutes in which people are named wherever they can be.
func told(t testing.TB) meeting.Minutes {
	t.Helper()
	m := minutes(t)
	say := func(text string) { m.Items = append(m.Items, item("x", opsreview.ItemNote, "pages", text)) }
	say("ADA LOVELACE and ada byron asked @bob; mail Cem <cem@example.com>, or https://x.example/?who=dora%40example.com")
	say("王小明さんが対応した。Dora's runbook helped, so did Lovelace, says pd/U1.")
	say("Al answered the alert at last.")
	s := &m.Snapshot
	s.Gaps = append(s.Gaps, "Ada Lovelace: her calendar is unknown")
	s.Pages[0].Title, s.Monitors[0].Title = "paged by Dora", "Bob's monitor"
	s.Findings[0].Title, s.Closed[0].Text = "May Li knows", "It came back since 4 May, says May Li."
	s.Budgets[0].Text, s.Incidents[0].Text = "dora@example.com corrected it", "commanded by Cem Yılmaz"
	s.Anomalies[0].Text, s.Anomalies[0].Chart = "Bob saw it", "Ada's chart"
	s.Toil.Tasks[0].Task, s.Toil.Method = "do what Bob wants", "as Ada Lovelace wishes"
	s.Said = &meeting.SaidFact{Items: []meeting.ItemFact{{Author: "Ada Lovelace"}}}
	m.Meeting.Opened, m.Meeting.Closed = []byte("Ada Lovelace"), []byte("Ada Lovelace")
	m.Meeting.State, m.Meeting.ClosedBy, m.Meeting.Forced = opsreview.MeetingClosed, "May Li", "Cem Yılmaz is ill"
	m.Meeting.ForcedOpen = []string{m.Open[2].Title + ": " + m.Open[2].Text}
	m.Carried = []meeting.CarryOver{{
		Item: opsreview.MeetingItem{Kind: opsreview.ItemAction, Text: "ask Dora", Owner: "Bob", Author: "may@example.com"},
		From: opsreview.Meeting{ID: "m", OpenedBy: "Ada Lovelace", Opened: []byte("Ada Lovelace")}, Ticket: &opsreview.Ticket{Assignee: "Zoe", Status: "with Zoe"},
	}}
	m.Changes = []meeting.Change{{Kind: meeting.Relabelled, Subject: "pd/P1", Was: "noise by Bob", Is: "noise by Ada Lovelace", Text: "by Ada Lovelace, and was by Bob"}}
	return m
}

// Text is everything that minutes hold.
func text(t testing.TB, m meeting.Minutes) string {
	t.Helper()
	b, err := json.Marshal(m)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func TestAnonymous_NoNameSurvives(t *testing.T) {
	m := told(t)
	before := text(t, m)
	got := text(t, meeting.Anonymous(m, roster))
	for _, names := range append(roster, []string{"Zoe"}) {
		for _, name := range names {
			if name != "Al" && strings.Contains(strings.ToLower(got), strings.ToLower(name)) {
				t.Errorf("%q is still there", name)
			}
		}
	}
	for _, part := range []string{"Al answered", "Ada", "Lovelace", "Byron", "Cem ", "%40example.com", "@example.com", "@bob"} {
		if strings.Contains(got, part) {
			t.Errorf("%q is still there", part)
		}
	}
	for _, kept := range []string{"answered the alert at last", "since 4 May, says responder", "It came back", "load balancer", "さんが対応した"} {
		if !strings.Contains(got, kept) {
			t.Errorf("%q is gone", kept)
		}
	}
	if after := text(t, m); after != before {
		t.Error("the minutes that were given have changed")
	}
	for _, o := range meeting.Anonymous(m, nil).Items { // who is named in a person's field is known by that alone
		if o.Author != "responder 1" {
			t.Errorf("the author is %q", o.Author)
		}
	}
}

func TestAnonymous_OneNameForOnePerson(t *testing.T) {
	m := meeting.Minutes{
		Snapshot: meeting.Snapshot{Loads: []meeting.LoadFact{
			{Person: "pd/U9", Name: "Zed"}, {Person: "ada@example.com", Name: "Ada Lovelace"}, {Person: "pd/U2", Name: "Bob"},
		}},
		Items: []opsreview.MeetingItem{{Kind: opsreview.ItemNote, Author: "ada@example.com", Owner: "Ada Byron", Text: "Ada, pd/U1 and ada are one; Robert is somebody."}},
	}
	got := meeting.Anonymous(m, roster)
	want := []string{"responder 1", "responder 2", "responder 3"}
	for i, l := range got.Snapshot.Loads {
		if l.Name != want[i] || l.Person != want[i] {
			t.Errorf("the load %d is of %q, %q; want %q", i, l.Name, l.Person, want[i])
		}
	}
	i := got.Items[0]
	if diff := cmp.Diff([]string{"responder 2", "responder 2", "responder 2, responder 2 and ada are one; Robert is somebody."}, []string{i.Author, i.Owner, i.Text}); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestAnonymous_PartsOfNames(t *testing.T) {
	people := [][]string{{"Ada Lovelace"}, {"Ada Thorsen"}, {"Ben Okafor"}}
	m := meeting.Minutes{Items: []opsreview.MeetingItem{
		{Author: "Ben", Owner: "Ben Okafor", Text: "Ada asked Ben. Ada Thorsen and Lovelace know; a bend in the road."},
	}}
	got := meeting.Anonymous(m, people).Items[0]
	want := []string{"responder 3", "responder 3", "a responder asked responder 3. responder 2 and responder 1 know; a bend in the road."}
	if diff := cmp.Diff(want, []string{got.Author, got.Owner, got.Text}); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestAnonymous_NobodyIsNoName(t *testing.T) {
	m := meeting.Minutes{Items: []opsreview.MeetingItem{{Kind: opsreview.ItemNote, Author: "local", Text: "a local disk"}}}
	if got := meeting.Anonymous(m, nil).Items[0]; got.Author != "local" || got.Text != "a local disk" {
		t.Errorf("it reads %+v", got)
	}
}

func TestAnonymous_WithholdsWhatFewStandBehind(t *testing.T) {
	load := func(names ...string) []meeting.LoadFact {
		var all []meeting.LoadFact
		for _, n := range names {
			all = append(all, breached(n))
		}
		return all
	}
	tests := map[string]struct {
		change func(*meeting.Minutes)
		check  func(meeting.Minutes) bool
	}{
		"two loads are withheld, and what their breaches say": {
			change: func(m *meeting.Minutes) { m.Snapshot.Loads = load("Ada", "Bob") },
			check: func(m meeting.Minutes) bool {
				_, told := m.Snapshot.Numbers["breaches"]
				return m.Snapshot.Loads == nil && !told && m.Open[0].Title == "a limit (withheld)" && m.Meeting.ForcedOpen[0] == "a limit (withheld): x"
			},
		},
		"three loads are told": {
			change: func(m *meeting.Minutes) { m.Snapshot.Loads = load("Ada", "Bob", "Cem") },
			check: func(m meeting.Minutes) bool {
				return len(m.Snapshot.Loads) == 3 && m.Open[0].Title == "responder 1: 3 pages in 12 hours" && m.Snapshot.Withheld == nil
			},
		},
		"interruptions of two people are withheld": {
			change: func(m *meeting.Minutes) { m.Snapshot.Numbers["responders"] = meeting.Number{Value: 2} },
			check: func(m meeting.Minutes) bool {
				_, told := m.Snapshot.Numbers["team_engaged"]
				return !told && m.Snapshot.Monitors[0].Withheld && m.Snapshot.Monitors[0].Interruptions == 0 && m.Snapshot.Monitors[0].Pages == 3 && len(m.Changes) == 0
			},
		},
		"interruptions of three people are told": {
			change: func(m *meeting.Minutes) { m.Snapshot.Numbers["responders"] = meeting.Number{Value: 3} },
			check: func(m meeting.Minutes) bool {
				return !m.Snapshot.Monitors[0].Withheld && m.Snapshot.Monitors[0].Interruptions == 4 && len(m.Changes) == 1
			},
		},
		"toil of two people is withheld": {
			change: func(m *meeting.Minutes) {
				m.Snapshot.Toil = &meeting.ToilFact{Minutes: 60, People: 2, Method: "logged"}
			},
			check: func(m meeting.Minutes) bool {
				return cmp.Equal(*m.Snapshot.Toil, meeting.ToilFact{Withheld: true}) && len(m.Snapshot.Withheld) == 1
			},
		},
		"toil of three people is told": {
			change: func(m *meeting.Minutes) { m.Snapshot.Toil = &meeting.ToilFact{Minutes: 60, People: 3} },
			check:  func(m meeting.Minutes) bool { return m.Snapshot.Toil.Minutes == 60 },
		},
		"no toil is nobody's": {
			change: func(m *meeting.Minutes) { m.Snapshot.Toil = &meeting.ToilFact{} },
			check:  func(m meeting.Minutes) bool { return !m.Snapshot.Toil.Withheld },
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			m := meeting.Minutes{
				Meeting: opsreview.Meeting{ForcedOpen: []string{"Ada: 3 pages in 12 hours: x"}},
				Snapshot: meeting.Snapshot{
					Numbers:  map[string]meeting.Number{"breaches": {Value: 2}, "team_engaged": {Value: 90}},
					Monitors: []meeting.MonitorFact{{Monitor: "m", Pages: 3, Interruptions: 4, EngagedMin: 90}},
				},
				Changes: []meeting.Change{{Kind: meeting.ChangedNumber, Subject: "team_engaged", Text: "people's time engaged: 90m, and was 10m"}},
			}
			tt.change(&m)
			m.Open = meeting.Gate(meeting.GateInput{Snapshot: m.Snapshot, Now: now})
			if got := meeting.Anonymous(m, [][]string{{"Ada"}, {"Bob"}, {"Cem"}}); !tt.check(got) {
				t.Errorf("it tells %+v", got)
			}
		})
	}
}
