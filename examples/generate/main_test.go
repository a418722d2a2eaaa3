package main

import (
	"bytes"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
)

// generated returns the files as the program writes them.
func generated(t *testing.T) map[string][]byte {
	t.Helper()
	files, err := generate()
	if err != nil {
		t.Fatalf("generate: %v", err)
	}
	return files
}

func TestGeneratingGivesTheCommittedFiles(t *testing.T) {
	files := generated(t)
	size := 0
	for name, want := range files {
		size += len(want)
		got, err := os.ReadFile(filepath.Join("..", filepath.FromSlash(name)))
		if err != nil {
			t.Error(err)
			continue
		}
		if !bytes.Equal(want, got) {
			t.Errorf("examples/%s is not what is generated: run go run ./examples/generate", name)
		}
	}
	if size > 3<<20 {
		t.Errorf("the files have %d bytes, and the program that embeds them must start quickly", size)
	}
	committed, err := filepath.Glob("../pagerduty/*")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range committed {
		if _, ok := files["pagerduty/"+filepath.Base(name)]; !ok {
			t.Errorf("%s is not generated", name)
		}
	}
}

func TestGeneratingTwiceGivesTheSame(t *testing.T) {
	first, second := generated(t), generated(t)
	for name := range first {
		if !bytes.Equal(first[name], second[name]) {
			t.Errorf("%s differs", name)
		}
	}
}

func TestEverythingIsMarkedSynthetic(t *testing.T) {
	links := regexp.MustCompile(`"(?:html_url|href|self)":"([^"]*)"`)
	addresses := regexp.MustCompile(`[^\s":]*@[^\s",]*`)
	numbers := regexp.MustCompile(`"\+\d+"`)
	for name, data := range generated(t) {
		for _, m := range links.FindAllSubmatch(data, -1) {
			if !bytes.HasPrefix(m[1], []byte(host)) {
				t.Errorf("%s links to %s", name, m[1])
			}
		}
		for _, address := range addresses.FindAll(data, -1) {
			if !bytes.HasSuffix(address, []byte("@example.com")) {
				t.Errorf("%s holds the address %s", name, address)
			}
		}
		for _, number := range numbers.FindAll(data, -1) {
			if !bytes.HasPrefix(number, []byte(`"+155555501`)) {
				t.Errorf("%s holds the number %s, which somebody may have", name, number)
			}
		}
	}
}

// played returns the world as it is generated.
func played() *world {
	w := newWorld(newOrg())
	w.play(scenarios())
	return w
}

func entryTime(t *testing.T, e apiLogEntry) time.Time {
	t.Helper()
	at, err := time.Parse(time.RFC3339, e.CreatedAt)
	if err != nil {
		t.Fatal(err)
	}
	return at
}

func TestTheReviewHasWhatItNeeds(t *testing.T) {
	w := played()
	zones, teams := map[string]bool{}, map[string]int{}
	for _, p := range w.org.people {
		zones[p.zone] = true
		teams[p.team.name]++
	}
	if len(w.org.people) != 9 || len(zones) < 4 || len(teams) != 3 {
		t.Errorf("%d people in %d zones and %d teams, want 9 in at least 4 and in 3", len(w.org.people), len(zones), len(teams))
	}
	kinds, ids, fortnight := map[string]int{}, map[string]bool{}, 0
	for _, p := range w.pages {
		kinds[p.kind]++
		if ids[p.id] {
			t.Errorf("two pages have the id %s", p.id)
		}
		ids[p.id] = true
		if p.inFortnight() {
			fortnight++
		}
		if p.actionable != (verdict(p.cause) == "actionable") {
			t.Errorf("page %q has the cause %q and actionable is %v", p.key, p.cause, p.actionable)
		}
	}
	for _, kind := range []string{
		"latency", "disk_flap", "nightly_batch", "herd", "unanswered", "could_wait", "reopened", "wrong_team",
		"late_backup", "deployment", "swap", "clock_change", "holiday", "capacity", "blind_spot", "faulty_check", "build_queue",
	} {
		if kinds[kind] == 0 {
			t.Errorf("there is no page of kind %s", kind)
		}
	}
	if len(w.pages) < 200 || fortnight < 60 {
		t.Errorf("%d pages, %d of them in the fortnight, want at least 200 and 60", len(w.pages), fortnight)
	}
	if first := w.pages[0].plan.at; first.After(fortnightStart.AddDate(0, 0, -28)) {
		t.Errorf("the first page is of %v, which is after the baseline begins", first)
	}
}

func TestTheFortnightHasItsOccasions(t *testing.T) {
	w := played()
	tests := map[string]struct {
		key  string
		kind string // of a log entry
		who  int    // whom it notifies or names
	}{
		"whoever stands in on the day of the swap is notified":          {"swap day", "notify", chitra},
		"Auckland is notified on its public holiday":                    {"labour day", "notify", mere},
		"Berlin is notified in the first two o'clock hour":              {"clock night 0", "notify", elif},
		"Berlin is notified in the second two o'clock hour":             {"clock night 1", "notify", elif},
		"New York is notified in the first one o'clock hour":            {"clock night 2", "notify", frank},
		"New York is notified in the second one o'clock hour":           {"clock night 3", "notify", frank},
		"Chicago is notified in the hour that exists twice":             {"clock night 4", "notify", ben},
		"the first level is notified although nobody answers":           {"sealed", "notify", chitra},
		"the second level is notified although nobody answers":          {"sealed", "notify", elif},
		"the third level answers":                                       {"sealed", "acknowledge", ada},
		"a page that was reopened has its second trigger by its person": {"reopened 2", "trigger", elif},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			who := w.org.people[tt.who].id
			if !slices.ContainsFunc(w.byKey[tt.key].entries, func(e apiLogEntry) bool {
				return e.Type == tt.kind+"_log_entry" && (e.User != nil && e.User.ID == who || e.Agent != nil && e.Agent.ID == who)
			}) {
				t.Errorf("page %q has no %s of %s", tt.key, tt.kind, w.org.people[tt.who].name)
			}
		})
	}
	seen := map[string]bool{}
	for _, p := range w.pages {
		for _, e := range p.entries {
			if p.inFortnight() {
				seen[strings.TrimSuffix(e.Type, "_log_entry")] = true
			}
		}
		if p.inFortnight() && p.merged != nil {
			seen["merge"] = true
		}
		if p.inFortnight() && p.resolved.IsZero() {
			seen["open"] = true
		}
	}
	for _, kind := range []string{"trigger", "assign", "notify", "acknowledge", "unacknowledge", "escalate", "snooze", "annotate", "resolve", "merge", "open"} {
		if !seen[kind] {
			t.Errorf("nothing in the fortnight has %s", kind)
		}
	}
}
