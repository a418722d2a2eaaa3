package cli

import (
	"encoding/json"
	"strings"
	"syscall"
	"testing"
	"time"
)

// agenda reads through another command where a review stands.
func (tm *terminal) agenda() agendaJSON {
	tm.t.Helper()
	now, _ := time.Parse(time.RFC3339, scriptClock)
	var out agendaJSON
	if err := json.Unmarshal([]byte(must(tm.t, tm.home, now, append(tm.args, "review", "status", "-o", "json")...)), &out); err != nil {
		tm.t.Fatal(err)
	}
	return out
}

// said lists what stands in the minutes.
func (a agendaJSON) said() string {
	var texts []string
	for _, i := range a.Items {
		if i.WithdrawnAt == nil {
			texts = append(texts, i.Author+" "+i.Kind+" "+i.Text)
		}
	}
	return strings.Join(texts, "; ")
}

// TestMeetingRun_InATerminal walks through a review in a real terminal: it
// labels, takes back, notes and leaves, and somebody else goes on, also after the
// process was killed.
func TestMeetingRun_InATerminal(t *testing.T) {
	tm := openTerminal(t)
	now, _ := time.Parse(time.RFC3339, scriptClock)
	must(t, tm.home, now, append(tm.args, "review", "open", "--author", "ada")...)

	tm.command(80, 24, "review", "run", "--author", "ada")
	tm.sees("review of everybody, 2026-W11", "ada leads", "1 of 11  CARRIED OVER", "q leave")
	tm.press("g")
	tm.sees("the key of a section goes there", "Pages")
	tm.press("3")
	tm.sees("3 of 11  PAGES", "nobody has labelled it")

	tm.press("l")
	tm.sees("triage of everybody", "0 of 6 labelled")
	tm.press("d")
	tm.sees("1 of 6 labelled")
	tm.press("q")
	tm.sees("3 of 11  PAGES", "q leave")
	if labels := tm.labels(); len(labels) != 1 {
		t.Fatalf("there are the labels %v, want one", labels)
	}
	tm.press("u")
	tm.sees("taken back:", "duplicate")
	if labels := tm.labels(); len(labels) != 0 {
		t.Errorf("after undo there are the labels %v", labels)
	}

	tm.press("n")
	tm.sees("note:")
	tm.press("d", "i", "s", "k", "Space", "警", "Enter")
	tm.sees("note written down: disk 警; u takes it back")
	tm.press("q")
	tm.sees("1 thing said or decided", `stands at "Pages"`, "review run everybody/2026-W11", "status 0")
	if got := tm.agenda(); got.Meeting.Section != "pages" || got.said() != "ada note disk 警" {
		t.Errorf("it stands at %q, and was told %q", got.Meeting.Section, got.said())
	}

	// Ben goes on where Ada left, and takes over.
	tm.command(100, 30, "review", "run", "--author", "ben")
	tm.sees("3 of 11  PAGES", "note of ada: disk 警", "ada leads")
	tm.press("h")
	tm.sees("who leads from here on:")
	tm.press("b", "e", "n", "Enter")
	tm.sees("ben leads · ", "ben leads from here on; u takes it back")
	tm.press("Right", "W")
	tm.sees("4 of 11  LOAD", "win:")
	tm.press("l", "o", "s", "t")
	tm.sees("win: lost")
	tm.press("C-c")
	tm.sees("not saved yet: enter goes on with it")
	tm.signal(syscall.SIGKILL)
	tm.sees("status 137")
	if got := tm.agenda(); got.Meeting.Section != "load" || got.Meeting.Facilitator != "ben" || !strings.Contains(got.said(), "ada note disk 警") {
		t.Errorf("it stands at %q, %q leads, and was told %q", got.Meeting.Section, got.Meeting.Facilitator, got.said())
	}

	tm.command(80, 24, "review", "run", "--author", "ben")
	tm.sees("4 of 11  LOAD", "ben leads")
	tm.press("C")
	tm.sees("close this review, for ever? y does")
	tm.press("y")
	tm.sees("not closed: 8 open points; they are marked with !")
	tm.press("C-c")
	tm.sees("0 things said or decided", "status 0")
}
