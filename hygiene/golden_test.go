package hygiene_test

import (
	"flag"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"opsreview"
	"opsreview/dashboard"
	"opsreview/hygiene"
)

var update = flag.Bool("update", false, "rewrite the expected files")

// corpus returns the files of a folder of real rules or dashboards; it skips the
// test where they are not at hand.
func corpus(t *testing.T, folder string) []string {
	t.Helper()
	root := os.Getenv("OPSREVIEW_CORPUS")
	if root == "" {
		root = filepath.Join("..", "..", "shared", "corpus")
	}
	files, err := filepath.Glob(filepath.Join(root, folder, "*"))
	if err != nil || len(files) == 0 {
		t.Skipf("there is no corpus of %s: OPSREVIEW_CORPUS may name its folder", folder)
	}
	return files
}

// Rules and dashboards that many people run are judged without a crash, and the
// same way every time.
func TestCorpus(t *testing.T) {
	var text strings.Builder
	var defs []opsreview.MonitorDefinition
	for _, file := range corpus(t, "rules") {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		found, err := hygiene.ParseMonitors("rules/"+filepath.Base(file), data)
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(&text, "%s: %d monitors\n", filepath.Base(file), len(found))
		tally(&text, hygiene.Monitors(found, nil, rules(t, nil)))
		defs = append(defs, found...)
	}
	var boards []opsreview.Dashboard
	for _, file := range corpus(t, "dashboards") {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		d, err := dashboard.Parse("dashboards/"+filepath.Base(file), data)
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(&text, "%s: %d panels\n", filepath.Base(file), len(d.Panels))
		tally(&text, hygiene.Dashboards([]opsreview.Dashboard{d}, rules(t, nil)))
		boards = append(boards, d)
	}
	fmt.Fprintf(&text, "together: %d monitors, %d dashboards\n", len(defs), len(boards))
	all := slices.Concat(hygiene.Monitors(defs, nil, rules(t, nil)), hygiene.Dashboards(boards, rules(t, nil)))
	tally(&text, all)

	ids := map[string]bool{}
	for _, p := range all {
		if _, line := hygiene.SplitOrigin(p.Origin); line == 0 && p.Kind != "dashboard" {
			t.Errorf("a problem without a line: %+v", p)
		}
		if key := p.Rule + " " + p.ID; ids[key] {
			t.Errorf("two problems are one: %s", key)
		} else {
			ids[key] = true
		}
	}
	golden(t, "corpus.txt", text.String())
}

// tally counts the problems of each rule.
func tally(text *strings.Builder, problems []hygiene.Problem) {
	counts := map[string]int{}
	for _, p := range problems {
		counts[p.Rule]++
	}
	for _, rule := range slices.Sorted(maps.Keys(counts)) {
		fmt.Fprintf(text, "  %4d %s\n", counts[rule], rule)
	}
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", name, diff)
	}
}
