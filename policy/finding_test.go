package policy_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"opsreview"
	"opsreview/policy"
)

func TestDefault_Findings(t *testing.T) {
	p := policy.Default().Policy
	got := map[string]bool{}
	for _, r := range p.Findings {
		got[r.Kind] = true
		if r.Category == "" || r.Summary == "" || r.Source == "" {
			t.Errorf("the rule for %s is not complete: %+v", r.Kind, r)
		}
	}
	for _, kind := range opsreview.FindingKinds() {
		if !got[kind] {
			t.Errorf("there is no rule for %s", kind)
		}
	}
	if p.InterruptionCost != 10*time.Minute {
		t.Errorf("an interruption costs %v, want 10m", p.InterruptionCost)
	}
	p.Findings[0].MinPages = 99
	if r, _ := policy.Default().Policy.FindingRule(p.Findings[0].Kind); r.MinPages == 99 {
		t.Error("a change to a copy of the default changed the default")
	}
}

func TestParse_Findings(t *testing.T) {
	noisy, _ := policy.Default().Policy.FindingRule(opsreview.NoisyMonitor)
	own := noisy
	own.MinPages, own.Source = 10, "the team's own policy"
	vouched := own
	vouched.Source = "our rules"
	toil := noisy
	toil.Category = opsreview.Toil
	tests := map[string]struct {
		text string
		want opsreview.FindingRule
	}{
		"nothing said is the default":                            {"", noisy},
		"a bound that changes loses the borrowed source":         {"findings: [{kind: noisy_monitor, min_pages: 10}]", own},
		"a bound that changes takes the source that comes along": {"findings: [{kind: noisy_monitor, min_pages: 10, source: our rules}]", vouched},
		"a bound that stays keeps its source":                    {"findings: [{kind: noisy_monitor, min_pages: 3}]", noisy},
		"a category may change alone":                            {"findings: [{kind: noisy_monitor, category: toil}]", toil},
		"a kind may be switched off":                             {"findings: [{kind: noisy_monitor, off: true}]", opsreview.FindingRule{}},
		"another kind may be switched off":                       {"findings: [{kind: wrong_hours, off: true}]", noisy},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			d, err := policy.Parse("team.yaml", []byte(tt.text))
			if err != nil {
				t.Fatal(err)
			}
			got, ok := d.Policy.FindingRule(opsreview.NoisyMonitor)
			if diff := cmp.Diff(tt.want, got); diff != "" || ok != (tt.want.Kind != "") {
				t.Errorf("the rule, found %t (-want +got):\n%s", ok, diff)
			}
		})
	}
}

func TestParse_InterruptionCost(t *testing.T) {
	d, err := policy.Parse("team.yaml", []byte("interruption: {cost: 25m}"))
	if err != nil || d.Policy.InterruptionCost != 25*time.Minute {
		t.Errorf("an interruption costs %v (%v), want 25m", d.Policy.InterruptionCost, err)
	}
}

func TestParse_FindingMistakes(t *testing.T) {
	tests := map[string]struct{ text, want string }{
		"a kind that nobody knows":          {"findings: [{kind: nosy_monitor}]", `there is no kind of finding "nosy_monitor"`},
		"a kind that is there twice":        {"findings: [{kind: wrong_hours, min_pages: 2}, {kind: wrong_hours, off: true}]", `findings[1].kind: "wrong_hours" is there twice`},
		"a category that nobody knows":      {"findings: [{kind: wrong_hours, category: bugs}]", `there is no category "bugs"`},
		"a share in percent":                {"findings: [{kind: noisy_monitor, min_share: 50}]", "50 is not a share between 0 and 1"},
		"a share that is no number":         {"findings: [{kind: noisy_monitor, min_coverage: .nan}]", "is not a share between 0 and 1"},
		"no pages at all":                   {"findings: [{kind: wrong_hours, min_pages: 0}]", "0 is not between 1 and a million"},
		"a bound that the kind has not":     {"findings: [{kind: wrong_hours, min_share: 0.5}]", `the finding "wrong_hours" has no min_share: it has min_pages`},
		"none at most":                      {"findings: [{kind: monitor_unclear, most: 0}]", "0 is not between 1 and 1000"},
		"a bound where there are none":      {"findings: [{kind: limit_breached, min_pages: 2}]", `the finding "limit_breached" has no min_pages: it has no bounds`},
		"a cost that is no span":            {"interruption: {cost: ten}", `"ten" is not a span between 0 and a day`},
		"a cost of an interruption below 0": {"interruption: {cost: -1m}", `"-1m" is not a span between 0 and a day`},
		"a key that nobody knows":           {"findings: [{kind: wrong_hours, min_nights: 2}]", "unknown field"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			_, err := policy.Parse("team.yaml", []byte(tt.text))
			if opsreview.ErrorCode(err) != opsreview.Invalid || !strings.HasPrefix(opsreview.ErrorMessage(err), "team.yaml:1:") ||
				!strings.Contains(opsreview.ErrorMessage(err), tt.want) {
				t.Errorf("error = %v, want %q", err, tt.want)
			}
		})
	}
}
