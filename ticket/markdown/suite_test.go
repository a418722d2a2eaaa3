package markdown_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"opsreview"
	"opsreview/ticket/tickettest"
)

func TestTracker(t *testing.T) {
	tickettest.RunTracker(t, func(tb testing.TB) tickettest.Fixture {
		tb.Helper()
		dir := tb.TempDir()
		writeFile(tb, dir, "sprints.yaml", "- {name: past, start: 2026-02-09, end: 2026-02-23}\n- {name: 12, start: 2026-03-16, end: 2026-03-30}\n")
		name := func(id string) string {
			number, _, _ := strings.Cut(id, "-")
			found, err := filepath.Glob(filepath.Join(dir, "*"+number+"-*.md"))
			if err != nil || len(found) != 1 {
				tb.Fatalf("the file of %s: %q, %v", id, found, err)
			}
			return filepath.Base(found[0])
		}
		// replace is a person with an editor.
		replace := func(id, prefix, line string) {
			lines := strings.Split(readFile(tb, dir, name(id)), "\n")
			for i, l := range lines {
				if strings.HasPrefix(l, prefix) {
					lines[i] = line
				}
			}
			writeFile(tb, dir, name(id), strings.Join(lines, "\n"))
		}
		tracker := open(tb, dir)
		return tickettest.Fixture{
			Tracker: tracker,
			Close: func(id, resolution string) {
				replace(id, "status:", "status: done")
				replace(id, "resolution:", "resolution: "+resolution)
				replace(id, "closed:", "closed: 2026-03-09")
			},
			Edit: func(id, title string) { replace(id, "title:", "title: "+title) },
			RemoveLabel: func(id, label string) {
				text := readFile(tb, dir, name(id))
				writeFile(tb, dir, name(id), strings.Replace(text, label+", ", "", 1))
			},
			Delete: func(id string) {
				if err := os.Remove(filepath.Join(dir, name(id))); err != nil {
					tb.Fatalf("deleting: %v", err)
				}
			},
			Notes: func(id string) []string {
				_, notes, _ := strings.Cut(readFile(tb, dir, name(id)), "<!-- opsreview:")
				return []string{notes}
			},
			Body: func(id string) string {
				body, _, _ := strings.Cut(readFile(tb, dir, name(id)), "<!-- opsreview:")
				return body
			},
		}
	})
}

func TestSprints_StandWhereTheirDatesSay(t *testing.T) {
	var past, names []string
	for _, day := range strings.Fields("01 02 03 04 05 06 07 08 09 10 11 12") {
		past = append(past, "- {name: d"+day+", start: 2026-01-"+day+", end: 2026-01-"+day+" 12:00}\n")
		names = append(names, "d"+day+" closed")
	}
	tests := map[string]struct {
		text string
		want string // names and states
		code opsreview.Code
	}{
		"no list is no sprint": {"", "", ""},
		"the oldest comes first": {
			"- {name: c, start: 2026-03-10, end: 2026-03-24}\n- name: b\n  start: 2026-02-24\n  end: 2026-03-10\n- {name: 1, start: 2026-02-10, end: 2026-02-24}\n",
			"1 closed, b active, c future", "",
		},
		"a sprint ends before its last day": {"- {name: a, start: 2026-03-01, end: 2026-03-09}\n", "a closed", ""},
		"ten past ones are enough":          {strings.Join(past, ""), strings.Join(names[2:], ", "), ""},
		"a sprint needs its dates":          {"- {name: a, start: 2026-03-01}\n", "", opsreview.Invalid},
		"it ends after it begins":           {"- {name: a, start: 2026-03-01, end: 2026-03-01}\n", "", opsreview.Invalid},
		"it has a name of its own":          {"- {name: a, start: 2026-03-01, end: 2026-03-02}\n- {name: a, start: 2026-03-03, end: 2026-03-04}\n", "", opsreview.Invalid},
		"keys are those that are known":     {"- {name: a, begin: 2026-03-01}\n", "", opsreview.Invalid},
		"a list is a list":                  {"name: a\n", "", opsreview.Invalid},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			if tt.text != "" {
				writeFile(t, dir, "sprints.yaml", tt.text)
			}
			sprints, err := open(t, dir).Sprints(t.Context())
			var got []string
			for _, s := range sprints {
				got = append(got, s.Name+" "+s.State)
			}
			if strings.Join(got, ", ") != tt.want || opsreview.ErrorCode(err) != tt.code {
				t.Errorf("got %q, %v; want %q and the code %q", got, err, tt.want, tt.code)
			}
		})
	}
}

func TestMove_WritesTheSprintAndNothingElse(t *testing.T) {
	dir := t.TempDir()
	writeFile(t, dir, "0007-x.md", "---\nid: 7-abcdef\nsprint: \"old one\" # ours\n---\nText\n")
	tracker := open(t, dir)
	for range 2 {
		if err := tracker.Move(t.Context(), "Sprint 12: go", []string{"7-abcdef"}); err != nil {
			t.Fatalf("moving: %v", err)
		}
	}
	want := "---\nid: 7-abcdef\nsprint: \"Sprint 12: go\" # ours\n---\nText\n"
	if got := readFile(t, dir, "0007-x.md"); got != want {
		t.Errorf("the file is %q, want %q", got, want)
	}
	if got := get(t, tracker, "7-abcdef").Sprint; got != "Sprint 12: go" {
		t.Errorf("the sprint is %q", got)
	}
	if err := tracker.Move(t.Context(), "a\nstatus: done", []string{"7-abcdef"}); err == nil {
		t.Error("a sprint of two lines was taken")
	}
}
