package cli

import (
	"encoding/json"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestDemo compares the demo with testdata/demo.txt, from which the README is
// copied.
func TestDemo(t *testing.T) {
	// The demo brings its own clock: this one must not be seen.
	golden(t, "demo.txt", must(t, t.TempDir(), time.Date(1999, 1, 1, 0, 0, 0, 0, time.UTC), "demo"))
}

func TestDemo_EveryTeam(t *testing.T) {
	for _, team := range []string{"secrets", "platform", "payments"} {
		t.Run(team, func(t *testing.T) {
			var review reviewJSON
			out := must(t, t.TempDir(), time.Now(), "demo", "--team", team, "-o", "json")
			if err := json.Unmarshal([]byte(out), &review); err != nil {
				t.Fatal(err)
			}
			if review.Team != team || review.Headline.Pages == 0 || len(review.Loads) == 0 {
				t.Errorf("team %q has %d pages and %d loads", review.Team, review.Headline.Pages, len(review.Loads))
			}
		})
	}
}

func TestDemo_KeepsItsDatabase(t *testing.T) {
	home := t.TempDir()
	db := filepath.Join(home, "demo.db")
	r := run(t, home, time.Now(), "demo", "--keep", db)
	if r.status != exitOK || !strings.Contains(r.stderr, "try: opsreview --db "+shellWord(db)) {
		t.Fatalf("exit status %d: %s", r.status, r.stderr)
	}
	out := must(t, home, time.Now(), "--db", db, "page", "list", "--from", demoFrom, "--to", demoTo, "-o", "csv")
	if strings.Count(out, "\n") < 50 {
		t.Errorf("the kept database has few pages:\n%s", out)
	}
	if r := run(t, home, time.Now(), "demo", "--keep", db); r.status != exitFailure || !strings.Contains(r.stderr, "exists") {
		t.Errorf("keeping over a file: exit status %d: %s", r.status, r.stderr)
	}
}
