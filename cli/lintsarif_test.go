package cli

import (
	"encoding/json"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"opsreview/hygiene"
)

// CI systems refuse a whole report for one wrong field: this is what the
// standard demands of those that are written.
func TestLintToSARIF(t *testing.T) {
	rules, err := hygiene.Rules(nil)
	if err != nil {
		t.Fatal(err)
	}
	problem := func(id, origin string) hygiene.Problem {
		return hygiene.Problem{Rule: "monitor-runbook", Severity: hygiene.Error, Kind: "monitor", Subject: "A", ID: id, Origin: origin, Text: "names none", Remedy: "Name one."}
	}
	out := lintToSARIF(lint{noun: "monitor", rules: rules, problems: []hygiene.Problem{
		problem("g/A", "a.yaml:3"), problem("g/A", "a.yaml:9"), problem("g/B", ""), problem("g/C", "https://prom:9090"),
	}})
	run := out.Runs[0]
	prints := map[string]bool{}
	for _, r := range run.Results {
		if r.RuleIndex < 0 || run.Tool.Driver.Rules[r.RuleIndex].ID != r.RuleID || r.Message.Text == "" || len(r.Fingerprints) != 1 {
			t.Errorf("result %+v", r)
		}
		prints[r.Fingerprints["opsreview/v1"]] = true
	}
	if len(prints) != len(run.Results) {
		t.Errorf("%d results have %d fingerprints", len(run.Results), len(prints))
	}
	for _, r := range run.Tool.Driver.Rules {
		if r.ShortDescription.Text == "" || r.FullDescription.Text == "" || !r.Configuration.Enabled {
			t.Errorf("rule %+v", r)
		}
	}
	if empty, err := json.Marshal(lintToSARIF(lint{noun: "dashboard"}).Runs[0]); err != nil || !json.Valid(empty) {
		t.Errorf("without problems: %s, %v", empty, err)
	}

	moved := lintToSARIF(lint{noun: "monitor", rules: rules, problems: []hygiene.Problem{problem("g/A", "b.yaml:77")}})
	if diff := cmp.Diff(run.Results[0].Fingerprints, moved.Runs[0].Results[0].Fingerprints); diff != "" {
		t.Errorf("a problem that moved is another (-before +after):\n%s", diff)
	}
}

func TestPhysical(t *testing.T) {
	t.Chdir(t.TempDir())
	inside, err := filepath.Abs("rules/a b.yaml")
	if err != nil {
		t.Fatal(err)
	}
	tests := map[string]struct {
		origin, uri string
		line        int // 0 for no region
	}{
		"a file is relative":                    {"rules/a.yaml:12", "rules/a.yaml", 12},
		"its dots are taken out":                {"./rules/../rules/a.yaml", "rules/a.yaml", 0},
		"a path below here becomes relative":    {inside + ":3", "rules/a%20b.yaml", 3},
		"a path elsewhere stays":                {"/elsewhere/a.yaml:1", "file:///elsewhere/a.yaml", 1},
		"an address is one":                     {"https://prom:9090/rules", "https://prom:9090/rules", 0},
		"what looks like a scheme is escaped":   {"a:b.yaml:2", "./a:b.yaml", 2},
		"what looks like a fragment is escaped": {"a#b.yaml", "a%23b.yaml", 0},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			got := physical(tt.origin)
			line := 0
			if got.Region != nil {
				line = got.Region.StartLine
			}
			if got.Artifact.URI != tt.uri || line != tt.line {
				t.Errorf("%q and line %d, want %q and %d", got.Artifact.URI, line, tt.uri, tt.line)
			}
		})
	}
	if physical("") != nil {
		t.Error("a place without a file has a file")
	}
}
