package opsreview_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"opsreview"
)

var vocabulary = opsreview.Vocabulary{
	Causes: []opsreview.Cause{
		{ID: "service_issue", Verdict: opsreview.Actionable},
		{ID: "capacity", Verdict: opsreview.Actionable, Deprecated: true},
		{ID: "threshold_wrong", Verdict: opsreview.NotActionable, Was: []string{"thresholdincorrect", "retired"}},
		{ID: "retired", Verdict: opsreview.NotActionable},
	},
	Flags: []opsreview.Flag{
		{ID: "runbook_missing", Was: []string{"no_docs", "poor_details"}},
		{ID: "poor_details"},
	},
}

func TestVocabulary_Check(t *testing.T) {
	tests := map[string]struct {
		label opsreview.Label
		want  opsreview.Label
		says  string // a part of the error's message; "" for no error
	}{
		"a verdict alone is a label": {
			label: opsreview.Label{Verdict: opsreview.Actionable},
			want:  opsreview.Label{Verdict: opsreview.Actionable, Flags: []string{}},
		},
		"a cause brings its verdict": {
			label: opsreview.Label{Cause: "service_issue"},
			want:  opsreview.Label{Verdict: opsreview.Actionable, Cause: "service_issue", Flags: []string{}},
		},
		"an earlier name becomes today's": {
			label: opsreview.Label{Cause: "thresholdincorrect"},
			want:  opsreview.Label{Verdict: opsreview.NotActionable, Cause: "threshold_wrong", Flags: []string{}},
		},
		"today's names win over earlier ones": {
			label: opsreview.Label{Cause: "retired", Flags: []string{"poor_details"}},
			want:  opsreview.Label{Verdict: opsreview.NotActionable, Cause: "retired", Flags: []string{"poor_details"}},
		},
		"flags are sorted, renamed and said once": {
			label: opsreview.Label{Verdict: opsreview.Actionable, Flags: []string{"runbook_missing", "poor_details", "no_docs"}},
			want:  opsreview.Label{Verdict: opsreview.Actionable, Flags: []string{"poor_details", "runbook_missing"}},
		},
		"a label needs a verdict": {
			says: "needs a verdict",
		},
		"a verdict is one of two": {
			label: opsreview.Label{Verdict: "maybe"},
			says:  "needs a verdict",
		},
		"an unknown cause lists the known ones of its verdict": {
			label: opsreview.Label{Verdict: opsreview.NotActionable, Cause: "gremlins"},
			says:  `there is no cause "gremlins": choose one of threshold_wrong, retired`,
		},
		"a deprecated cause is refused": {
			label: opsreview.Label{Cause: "capacity"},
			says:  `the cause "capacity" is deprecated: choose one of service_issue, threshold_wrong, retired`,
		},
		"a cause does not go with the other verdict": {
			label: opsreview.Label{Verdict: opsreview.NotActionable, Cause: "service_issue"},
			says:  `the cause "service_issue" means actionable: it does not go with not_actionable`,
		},
		"an unknown flag lists the known ones": {
			label: opsreview.Label{Verdict: opsreview.Actionable, Flags: []string{"red"}},
			says:  `there is no flag "red": choose one of runbook_missing, poor_details`,
		},
		"a week of work is the most": {
			label: opsreview.Label{Verdict: opsreview.Actionable, Minutes: 7 * 24 * 60},
			want:  opsreview.Label{Verdict: opsreview.Actionable, Minutes: 7 * 24 * 60, Flags: []string{}},
		},
		"more than a week of work is a slip": {
			label: opsreview.Label{Verdict: opsreview.Actionable, Minutes: 7*24*60 + 1},
			says:  "not between 0 and a week",
		},
		"work is not negative": {
			label: opsreview.Label{Verdict: opsreview.Actionable, Minutes: -1},
			says:  "not between 0 and a week",
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			got, err := vocabulary.Check(tt.label)
			if tt.says != "" {
				if opsreview.ErrorCode(err) != opsreview.Invalid || !strings.Contains(opsreview.ErrorMessage(err), tt.says) {
					t.Errorf("Check = %v, want an invalid error that says %q", err, tt.says)
				}
				return
			}
			if err != nil {
				t.Fatalf("Check: %v", err)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("label (-want +got):\n%s", diff)
			}
		})
	}
}

func TestVocabulary_CheckLeavesTheCallersFlagsAlone(t *testing.T) {
	flags := []string{"runbook_missing", "no_docs"}
	if _, err := vocabulary.Check(opsreview.Label{Verdict: opsreview.Actionable, Flags: flags}); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"runbook_missing", "no_docs"}, flags); diff != "" {
		t.Errorf("the caller's flags changed (-want +got):\n%s", diff)
	}
}

func TestLabel_IsZero(t *testing.T) {
	tests := map[string]struct {
		label opsreview.Label
		want  bool
	}{
		"no label":               {opsreview.Label{}, true},
		"a note is no verdict":   {opsreview.Label{Note: "hm"}, true},
		"a withdrawn label":      {opsreview.Label{Verdict: opsreview.Actionable, Withdrawn: true}, true},
		"a verdict is a label":   {opsreview.Label{Verdict: opsreview.NotActionable}, false},
		"so is the positive one": {opsreview.Label{Verdict: opsreview.Actionable}, false},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			if got := tt.label.IsZero(); got != tt.want {
				t.Errorf("IsZero = %t, want %t", got, tt.want)
			}
		})
	}
}

func TestVocabulary_CheckOldKeepsDeprecatedWords(t *testing.T) {
	old := opsreview.Label{Cause: "capacity"}
	if _, err := vocabulary.Check(old); opsreview.ErrorCode(err) != opsreview.Invalid {
		t.Errorf("a new label with a deprecated word: %v, want Invalid", err)
	}
	if l, err := vocabulary.CheckOld(old); err != nil || l.Verdict != opsreview.Actionable {
		t.Errorf("an old label with a deprecated word: %v, %v, want it actionable", l, err)
	}
	if _, err := vocabulary.CheckOld(opsreview.Label{Cause: "nonsense"}); opsreview.ErrorCode(err) != opsreview.Invalid {
		t.Errorf("an unknown word: %v, want Invalid", err)
	}
}
