package meeting_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"opsreview"
	"opsreview/meeting"
	"opsreview/review"
)

// privateMinutes are of a team of four of whom Ada was over a limit.
func privateMinutes() meeting.Minutes {
	const key = "pages_per_shift:ada@example.com"
	m := meeting.Minutes{Snapshot: meeting.Snapshot{Numbers: map[string]meeting.Number{"responders": {Value: 4}, "interruptions": {Value: 9}, "breaches": {Value: 1}}}}
	for _, name := range []string{"Ada", "Bob", "Cem", "Dee"} {
		m.Snapshot.Loads = append(m.Snapshot.Loads, meeting.LoadFact{Person: strings.ToLower(name) + "@example.com", Name: name, Interruptions: 2})
	}
	m.Snapshot.Loads[0].Breaches = []meeting.Breach{{Key: key, Limit: "pages_per_shift", Text: "4 pages"}}
	m.Snapshot.Gaps = []string{"Ada: the time zone is unknown", "history: is short"}
	m.Snapshot.Toil = &meeting.ToilFact{Minutes: 60, People: 2}
	m.Meeting.ForcedOpen = []string{"Ada: 4 pages: a limit was gone over, and neither ticket nor waiver: the waiver of Ada: 4 pages by Ada (x) expired on Mon"}
	m.Open = []meeting.Open{{Kind: "breach", Subject: key, Title: "Ada: 4 pages", Text: "a limit was gone over", Do: []string{"opsreview ticket file --only k", "opsreview review waive " + key}}}
	m.Waivers = []opsreview.Waiver{{Kind: opsreview.WaiveBreach, Subject: key, Title: "Ada: 4 pages"}}
	m.Items = []opsreview.MeetingItem{{Kind: opsreview.ItemAction, Subject: key, Text: "talk"}}
	m.Changes = []meeting.Change{{Kind: meeting.ChangedNumber, Subject: "interruptions", Text: "interruptions/1 is 9 and was 7"}}
	return m
}

func seen(people ...string) review.Audience {
	return review.Audience{Sees: func(key string) bool { return slices.Contains(people, key) }}
}

func TestTold(t *testing.T) {
	m := privateMinutes()
	before := fmt.Sprintf("%+v", m)
	told := meeting.Told(m, seen("bob@example.com"))
	if fmt.Sprintf("%+v", m) != before {
		t.Error("the minutes that were given have changed")
	}
	if text := strings.ToLower(fmt.Sprintf("%+v %+v", told, meeting.AgendaOf(told))); strings.Contains(text, "ada") {
		t.Errorf("Ada is told of: %s", text)
	}
	if len(told.Snapshot.Loads) != 1 || told.Snapshot.Numbers["responders"].Value != 4 {
		t.Errorf("snapshot %+v", told.Snapshot)
	}
	if !told.Snapshot.Toil.Withheld || len(told.Snapshot.Withheld) != 2 {
		t.Errorf("the toil of few is told: %+v", told.Snapshot)
	}
	if do := told.Open[0].Do; !slices.Equal(do, []string{"opsreview ticket file --only k"}) {
		t.Errorf("the ticket that names nobody still settles it: %q", do)
	}
}

func TestTold_WithholdsNumbersOfFew(t *testing.T) {
	m := privateMinutes()
	told := meeting.Told(m, seen("bob@example.com", "cem@example.com"))
	for _, id := range []string{"responders", "interruptions", "breaches"} {
		if _, known := told.Snapshot.Numbers[id]; known {
			t.Errorf("%s of two others is told", id)
		}
	}
	if len(told.Changes) != 0 {
		t.Errorf("what changed of it is told: %v", told.Changes)
	}
}

func TestTold_EverythingToOneWhoSeesEverybody(t *testing.T) {
	m := privateMinutes()
	for _, a := range []review.Audience{{}, seen("ada@example.com", "bob@example.com", "cem@example.com", "dee@example.com")} {
		if told := meeting.Told(m, a); told.Open[0].Title != "Ada: 4 pages" || len(told.Snapshot.Loads) != 4 || told.Snapshot.Withheld != nil || told.Waivers[0].Subject != m.Waivers[0].Subject {
			t.Errorf("something is missing: %+v", told)
		}
	}
}
