package cli

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/charmbracelet/x/ansi"
)

// TestDemo compares the demo with testdata/demo.txt, from which the README is
// copied.
func TestDemo(t *testing.T) {
	// The demo brings its own clock: this one must not be seen.
	golden(t, "demo.txt", must(t, t.TempDir(), time.Date(1999, 1, 1, 0, 0, 0, 0, time.UTC), "demo"))
}

func TestDemo_EveryTeam(t *testing.T) {
	if underRace() {
		t.Skip("the demo itself is watched; more of it only takes long")
	}
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

// TestDemo_FindsWhatWasPlanted holds the demo's look back against
// examples/weird.json: all of it is found, with what is known of its time, and
// nothing else.
func TestDemo_FindsWhatWasPlanted(t *testing.T) {
	data, err := os.ReadFile(filepath.Join("..", "examples", "weird.json"))
	if err != nil {
		t.Fatal(err)
	}
	var truth struct {
		Weird []struct {
			Chart, Context, Why string
			Start, End          time.Time
		}
	}
	if err := json.Unmarshal(data, &truth); err != nil {
		t.Fatal(err)
	}
	var review reviewJSON
	if err := json.Unmarshal([]byte(must(t, t.TempDir(), time.Now(), "demo", "-o", "json")), &review); err != nil {
		t.Fatal(err)
	}
	if review.LookBack == nil || len(truth.Weird) == 0 {
		t.Fatal("the demo does not look back")
	}
	all := review.LookBack.Anomalies
	for _, want := range truth.Weird {
		i := slices.IndexFunc(all, func(x anomalyJSON) bool {
			return x.Chart.Key == want.Chart && x.Window.Start.Before(want.End) && want.Start.Before(*x.Window.End)
		})
		if i < 0 {
			t.Errorf("the demo does not find that %s", want.Why)
			continue
		}
		if got := all[i]; got.Context != want.Context || len(got.Plots) == 0 {
			t.Errorf("%s: it is %s and has %d plots, want %s and one: %v", want.Why, got.Context, len(got.Plots), want.Context, got.Because)
		}
	}
	if len(all) != len(truth.Weird) || review.LookBack.MoreOthers+review.LookBack.MoreUnexplained > 0 {
		t.Errorf("the demo finds %d anomalies, and %d were planted", len(all), len(truth.Weird))
	}
}

// TestTables_FitTheTerminal prints the demo's data at several widths. Only a
// command to copy may be longer, and the fields of one page, one a line.
func TestTables_FitTheTerminal(t *testing.T) {
	if underRace() {
		t.Skip("the demo itself is watched; more of it only takes long")
	}
	home := t.TempDir()
	db := filepath.Join(home, "demo.db")
	must(t, home, time.Now(), "demo", "--keep", db)
	scope := []string{"--from", demoFrom, "--to", demoTo}
	commands := [][]string{
		append([]string{"review", "show", "--all"}, scope...), append([]string{"page", "list"}, scope...),
		append([]string{"load", "show", "--vendor-definitions"}, scope...), append([]string{"monitor", "list"}, scope...),
		{"team", "people"},
		{"source", "list"},
		{"budget", "show", "--at", demoTo, "--config", examplesConfig},
		{"budget", "show", "--verbose", "--at", demoTo, "--config", examplesConfig},
		append([]string{"budget", "episodes", "--all", "--config", examplesConfig}, scope...),
		append([]string{"review", "show", "--team", demoTeam, "--config", examplesConfig}, scope...),
		append([]string{"anomaly", "list", "--team", demoTeam, "--config", examplesConfig}, scope...),
		{"dashboard", "list", "--config", examplesConfig},
		{"dashboard", "charts", "--config", examplesConfig},
	}
	for _, c := range commands {
		for _, width := range []int{80, 100, 130, 200} {
			t.Run(fmt.Sprintf("%s %s at %d", c[0], c[1], width), func(t *testing.T) {
				r := runWith(t, &app{columns: width}, home, time.Now(), "", append([]string{"--db", db}, c...)...)
				if r.status != exitOK {
					t.Fatalf("exit status %d: %s", r.status, r.stderr)
				}
				for line := range strings.Lines(r.stdout) {
					line = strings.TrimSuffix(line, "\n")
					if w := ansi.StringWidth(line); w > width && !strings.Contains(line, "opsreview page list") && !strings.Contains(line, "opsreview anomaly show") {
						t.Errorf("%d cells: %s", w, line)
					}
				}
			})
		}
	}
}

// examplesConfig names the demo's objectives for a database that it has kept.
var examplesConfig = filepath.Join("..", "examples", "opsreview.yaml")

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
	if r := run(t, home, time.Now(), "demo", "--keep", filepath.Join(home, "other.db")); r.status != exitFailure || !strings.Contains(r.stderr, "tickets go there") {
		t.Errorf("keeping over a folder: exit status %d: %s", r.status, r.stderr)
	}
	if r := run(t, home, time.Now(), "demo", "--keep", filepath.Join(home, "nowhere", "demo.db")); r.status != exitNotFound {
		t.Errorf("keeping in no folder: exit status %d: %s", r.status, r.stderr)
	}
}

// The tickets lie beside the database, whose ledger knows where.
func TestDemo_KeepsItsTickets(t *testing.T) {
	home := t.TempDir()
	db, folder := filepath.Join(home, "demo.db"), filepath.Join(home, "demo-tickets")
	out := must(t, home, time.Now(), "demo", "--keep", db)
	if !strings.Contains(out, folder+": the tickets") {
		t.Errorf("the demo does not say where its tickets are:\n%s", out)
	}
	files, err := filepath.Glob(filepath.Join(folder, "*.md"))
	if err != nil || len(files) < 5 {
		t.Fatalf("the demo keeps the tickets %v: %v", files, err)
	}
	var list ticketListJSON
	if err := json.Unmarshal([]byte(must(t, home, time.Now(), "--db", db, "ticket", "list", "-o", "json")), &list); err != nil {
		t.Fatal(err)
	}
	for _, ticket := range list.Tickets {
		if path, ok := strings.CutPrefix(ticket.URL, "file://"); !ok || !slices.Contains(files, path) {
			t.Errorf("the ledger has %s at %s", ticket.Key, ticket.URL)
		}
	}
	if len(list.Tickets) != len(files) {
		t.Errorf("the ledger has %d tickets, and the folder %d", len(list.Tickets), len(files))
	}
}

func TestDemo_FilesNothingInOtherForms(t *testing.T) {
	if underRace() {
		t.Skip("the demo itself is watched; more of it only takes long")
	}
	home := t.TempDir()
	for _, form := range []string{asJSON, asMarkdown, asHTML} {
		db := filepath.Join(home, form+".db")
		must(t, home, time.Now(), "demo", "-o", form, "--keep", db)
		if _, err := os.Stat(filepath.Join(home, "demo-tickets")); !os.IsNotExist(err) {
			t.Fatalf("the demo as %s files tickets: %v", form, err)
		}
	}
}
