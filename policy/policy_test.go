package policy_test

import (
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"opsreview"
	"opsreview/policy"
)

func TestDefault(t *testing.T) {
	d := policy.Default()
	want := opsreview.Hours{
		Days:          []time.Weekday{time.Monday, time.Tuesday, time.Wednesday, time.Thursday, time.Friday},
		BusinessStart: 8 * 60, BusinessEnd: 18 * 60, SleepStart: 22 * 60, SleepEnd: 8 * 60,
	}
	if diff := cmp.Diff(want, d.Policy.Hours); diff != "" {
		t.Errorf("hours (-want +got):\n%s", diff)
	}
	if d.Policy.EngagedCap != 6*time.Hour {
		t.Errorf("engaged cap = %v, want 6h", d.Policy.EngagedCap)
	}
	var ids []string
	for _, l := range d.Policy.Limits {
		ids = append(ids, l.ID)
		if l.Source == "" || l.Summary == "" || l.Unit == "" || l.Max <= 0 {
			t.Errorf("the limit %s is not complete: %+v", l.ID, l)
		}
	}
	if diff := cmp.Diff(opsreview.LimitIDs(), ids); diff != "" {
		t.Errorf("limits (-want +got):\n%s", diff)
	}
	regexps := cmp.Comparer(func(a, b *regexp.Regexp) bool { return a.String() == b.String() })
	if diff := cmp.Diff(opsreview.DefaultMonitorRules(), d.Monitors, regexps); diff != "" {
		t.Errorf("monitor rules differ from the root's (-want +got):\n%s", diff)
	}
}

func TestDefault_Vocabulary(t *testing.T) {
	want := map[opsreview.Verdict][]string{
		opsreview.Actionable:    {"service_issue", "service_issue_wrong_hours", "capacity", "monitoring_gap"},
		opsreview.NotActionable: {"self_resolved", "duplicate", "threshold_wrong", "check_faulty", "expected_work", "wrong_team", "informational"},
	}
	got := map[opsreview.Verdict][]string{}
	d := policy.Default()
	for _, c := range d.Vocabulary.Causes {
		got[c.Verdict] = append(got[c.Verdict], c.ID)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("causes (-want +got):\n%s", diff)
	}
	if n := len(d.Vocabulary.Flags); n != 4 {
		t.Errorf("there are %d flags, want 4", n)
	}
}

func TestParse_Changes(t *testing.T) {
	tests := map[string]struct {
		text  string
		check func(policy.Document) bool
	}{
		"an empty document changes nothing": {
			text:  "",
			check: func(d policy.Document) bool { return len(d.Policy.Limits) == 5 && len(d.Vocabulary.Causes) == 11 },
		},
		"a document of comments changes nothing": {
			text:  "# to be written\n",
			check: func(d policy.Document) bool { return len(d.Policy.Limits) == 5 },
		},
		"one end of the day may move alone": {
			text: "hours: {business: \"09:30-18:00\"}",
			check: func(d policy.Document) bool {
				return d.Policy.Hours.BusinessStart == 9*60+30 && d.Policy.Hours.BusinessEnd == 18*60 && len(d.Policy.Hours.Days) == 5
			},
		},
		"business days are replaced whole": {
			text: "hours: {days: [sun, mon, tue, wed, thu]}",
			check: func(d policy.Document) bool {
				return slices.Contains(d.Policy.Hours.Days, time.Sunday) && !slices.Contains(d.Policy.Hours.Days, time.Friday)
			},
		},
		"a limit's bound changes and the borrowed source goes": {
			text: "limits: [{id: pages_per_shift, max: 4}]",
			check: func(d policy.Document) bool {
				l, _ := d.Policy.Limit(opsreview.LimitPagesPerShift)
				return l.Max == 4 && l.Unit == "pages per 12 hours" && l.Source == "the team's own policy" && l.Summary == "at most 4 pages per 12 hours"
			},
		},
		"a limit may be dropped": {
			text: "limits: [{id: on_call_share, off: true}]",
			check: func(d policy.Document) bool {
				_, ok := d.Policy.Limit(opsreview.LimitOnCallShare)
				return !ok && len(d.Policy.Limits) == 4
			},
		},
		"a renamed cause keeps its verdict and its old labels": {
			text: "vocabulary: {causes: [{id: flapping, was: [self_resolved]}]}",
			check: func(d policy.Document) bool {
				c, ok := d.Vocabulary.Cause("self_resolved")
				return ok && c.ID == "flapping" && c.Verdict == opsreview.NotActionable && len(d.Vocabulary.Causes) == 11
			},
		},
		"two causes may become one": {
			text: "vocabulary: {causes: [{id: monitor_wrong, was: [threshold_wrong, check_faulty], summary: the monitor is wrong}]}",
			check: func(d policy.Document) bool {
				a, _ := d.Vocabulary.Cause("threshold_wrong")
				b, _ := d.Vocabulary.Cause("check_faulty")
				return a.ID == "monitor_wrong" && b.ID == "monitor_wrong" && len(d.Vocabulary.Causes) == 10
			},
		},
		"a cause may be deprecated and keeps its place": {
			text: "vocabulary: {causes: [{id: duplicate, deprecated: true}]}",
			check: func(d policy.Document) bool {
				c, ok := d.Vocabulary.Cause("duplicate")
				return ok && c.Deprecated && c.Summary != ""
			},
		},
		"a cause may be added": {
			text:  "vocabulary: {causes: [{id: customer_error, verdict: not_actionable, summary: a customer did it}]}",
			check: func(d policy.Document) bool { return len(d.Vocabulary.Causes) == 12 },
		},
		"monitor attributes are replaced whole": {
			text:  "monitors: {attributes: [check]}",
			check: func(d policy.Document) bool { return len(d.Monitors.Attributes) == 1 && len(d.Monitors.Replace) == 6 },
		},
		"the engaged cap changes": {
			text:  "engaged_cap: {max: 90m}",
			check: func(d policy.Document) bool { return d.Policy.EngagedCap == 90*time.Minute },
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			d, err := policy.Parse("team.yaml", []byte(tt.text))
			if err != nil {
				t.Fatal(err)
			}
			if !tt.check(d) {
				t.Errorf("not so: %+v", d)
			}
		})
	}
}

func TestParse_Errors(t *testing.T) {
	tests := map[string]struct {
		text string
		want string // the beginning of the message
	}{
		"an unknown key has a line and a column":       {"version: 1\nlimit: []\n", `team.yaml:2:1: unknown field "limit"`},
		"an unknown key deep down too":                 {"engaged_cap:\n  max: 6h\n  min: 1h\n", `team.yaml:3:3: unknown field "min"`},
		"broken YAML":                                  {"hours: [\n", "team.yaml:"},
		"a key that is there twice":                    {"version: 1\nversion: 1\n", "team.yaml:2:1: "},
		"a tag, on which the YAML reader once crashed": {"limits: !x 1\n", "team.yaml:1:9: a policy has no YAML tags such as !x"},
		"two documents":                                {"version: 1\n---\nversion: 1\n", "team.yaml: a policy is one YAML document"},
		"a document behind an empty one":               {"---\n# nothing\n---\nversion: 2\n", "team.yaml: a policy is one YAML document"},
		"a version to come":                            {"version: 2\n", "team.yaml:1:10: version: this program reads version 1, not 2"},
		"an unknown limit":                             {"limits:\n  - id: pages_per_day\n    max: 3\n", "team.yaml:2:9: limits[0].id: there is no limit \"pages_per_day\""},
		"a bound that is no number":                    {"limits:\n  - id: pages_per_shift\n    max: many\n", "team.yaml:3:10: "},
		"a bound that is not a number at all":          {"limits: [{id: pages_per_shift, max: .nan}]", "team.yaml:1:37: limits[0].max: NaN"},
		"a negative bound":                             {"limits: [{id: pages_per_shift, max: -1}]", "team.yaml:1:37: limits[0].max: -1"},
		"a limit that is there twice":                  {"limits: [{id: pages_per_shift, max: 1}, {id: pages_per_shift, max: 2}]", "team.yaml:1:46: limits[1].id"},
		"a time that is none":                          {"hours: {sleep: \"25:00-08:00\"}", "team.yaml:1:16: hours.sleep: \"25:00-08:00\""},
		"a day after midnight's end":                   {"hours: {sleep: \"24:01-08:00\"}", "team.yaml:1:16: hours.sleep"},
		"business that ends before it starts":          {"hours: {business: \"19:00-18:00\"}", "team.yaml:1:"},
		"a day that is none":                           {"hours: {days: [mon, funday]}", "team.yaml:1:21: hours.days[1]"},
		"a cause without a verdict":                    {"vocabulary: {causes: [{id: odd, summary: odd}]}", "team.yaml:1:"},
		"a verdict that is none":                       {"vocabulary: {causes: [{id: odd, verdict: maybe, summary: odd}]}", "team.yaml:1:"},
		"a cause with a bad id":                        {"vocabulary: {causes: [{id: Odd One, verdict: actionable, summary: odd}]}", "team.yaml:1:28: vocabulary.causes[0].id"},
		"a word with two meanings": {
			"vocabulary: {causes: [{id: a, verdict: actionable, summary: a, was: [x]}, {id: b, verdict: actionable, summary: b, was: [x]}]}",
			"team.yaml:1:",
		},
		"a span that is none":           {"engaged_cap: {max: long}", "team.yaml:1:20: engaged_cap.max"},
		"a pattern that is none":        {"monitors: {replace: [{pattern: '(', with: x}]}", "team.yaml:1:32: monitors.replace[0].pattern"},
		"a replacement without a with":  {"monitors: {replace: [{pattern: x}]}", "team.yaml:1:"},
		"a list where a map must stand": {"hours: [1]", "team.yaml:1:"},
		"a document of one word":        {"hello", "team.yaml:1:1: "},
		"brackets without end":          {strings.Repeat("[", 20_000), "team.yaml: the document is nested too deeply"},
		"dashes without end":            {strings.Repeat("- ", 500), "team.yaml: the document is nested too deeply"},
		"a document that is too large":  {strings.Repeat("# x\n", 100_000), "team.yaml: a policy has at most 262144 bytes"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			_, err := policy.Parse("team.yaml", []byte(tt.text))
			if opsreview.ErrorCode(err) != opsreview.Invalid {
				t.Fatalf("code = %q (%v), want invalid", opsreview.ErrorCode(err), err)
			}
			msg := opsreview.ErrorMessage(err)
			if !strings.HasPrefix(msg, tt.want) {
				t.Errorf("message = %s\n   want = %s…", msg, tt.want)
			}
			if strings.Contains(msg, "\n") {
				t.Errorf("the message has more than one line: %q", msg)
			}
		})
	}
}

func TestParse_LeavesTheDefaultAlone(t *testing.T) {
	_, err := policy.Parse("team.yaml", []byte("limits: [{id: pages_per_shift, max: 9}]\nvocabulary: {causes: [{id: flapping, was: [self_resolved]}]}"))
	if err != nil {
		t.Fatal(err)
	}
	d := policy.Default()
	if l, _ := d.Policy.Limit(opsreview.LimitPagesPerShift); l.Max != 2 {
		t.Errorf("the default's bound is %g, want 2", l.Max)
	}
	if c, _ := d.Vocabulary.Cause("self_resolved"); c.ID != "self_resolved" {
		t.Errorf("the default's cause is %q", c.ID)
	}
}

func FuzzParse(f *testing.F) {
	for _, s := range []string{
		"", "version: 1", "limits: [{id: pages_per_shift, max: 4}]", "a: &a [*a]", "? [", "hours: {sleep: \"22:00-08:00\"}",
		"vocabulary: {causes: [{id: flapping, was: [self_resolved]}]}", "monitors: {replace: [{pattern: x, with: y}]}", "<<: *x", "- - - -", "\t", "\"\\u",
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		d, err := policy.Parse("fuzz.yaml", data)
		if err != nil {
			if opsreview.ErrorCode(err) != opsreview.Invalid {
				t.Errorf("code = %q, want invalid", opsreview.ErrorCode(err))
			}
			return
		}
		if err := d.Policy.Hours.Validate(); err != nil {
			t.Errorf("accepted hours are not valid: %v", err)
		}
		for _, c := range d.Vocabulary.Causes {
			if got, ok := d.Vocabulary.Cause(c.ID); !ok || got.ID != c.ID {
				t.Errorf("the cause %q is not found under its own id", c.ID)
			}
		}
	})
}
