package policy_test

import (
	"flag"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"opsreview"
	"opsreview/policy"
)

var update = flag.Bool("update", false, "rewrite testdata/mistakes.txt")

// rule returns a document of one rule whose fields may be replaced.
func rule(change ...string) string {
	fields := map[string]string{"when": "timeline.merged", "cause": "duplicate", "reason": "why", "summary": "s"}
	for i := 0; i < len(change); i += 2 {
		fields[change[i]] = change[i+1]
	}
	var b strings.Builder
	b.WriteString("rules:\n  - id: mine\n")
	for _, key := range slices.Sorted(maps.Keys(fields)) {
		if fields[key] != "" {
			fmt.Fprintf(&b, "    %s: %s\n", key, fields[key])
		}
	}
	return b.String()
}

// mistakes are what people write, by what is wrong with it. What they read then
// is in testdata/mistakes.txt.
var mistakes = map[string]string{
	"a fact that is misspelt":                  rule("when", "timeline.mergd"),
	"a fact of a room that has others":         rule("when", "timeline.duration > 5"),
	"a room that nobody knows":                 rule("when", "pager.urgency == \"low\""),
	"a room without a fact":                    rule("when", "timeline"),
	"a function that nobody knows":             rule("when", "startswith(page.title, 'x')"),
	"a condition that is a number":             rule("when", "timeline.minutes_open"),
	"a condition that is text":                 rule("when", "page.title"),
	"a number compared with text":              rule("when", "monitor.pages == 'three'"),
	"a share compared with a whole number":     rule("when", "monitor.self_resolved_share > 1"),
	"one equals sign":                          rule("when", "page.urgency = 'low'"),
	"the word and":                             rule("when", "timeline.merged and timeline.resolved"),
	"a bracket that is never closed":           rule("when", "(timeline.merged || timeline.resolved"),
	"text that is never closed":                rule("when", `page.title == "x`),
	"a condition of nothing":                   rule("when", `""`),
	"no condition":                             rule("when", ""),
	"a condition that is always true":          rule("when", `"1 == 1"`),
	"a duration alone":                         rule("when", "timeline.minutes_open < 5"),
	"a loop":                                   rule("when", `"[1, 2].exists(x, x == monitor.pages)"`),
	"a clock":                                  rule("when", "now.getHours() > 22"),
	"a mistake in the second line":             rule("when", "|\n      timeline.merged &&\n        page.urgncy == 'low'"),
	"a mistake in the second line of a folded": rule("when", ">\n      timeline.merged &&\n      page.urgncy == 'low'"),
	"a mistake after an umlaut":                rule("when", "page.title == 'größer' || page.titel == 'x'"),
	"two mistakes at once":                     rule("when", "page.urgncy == 'low' || monitor.pags > 3"),
	"a condition that costs too much":          rule("when", "page.title.matches(page.title+page.title+page.title+page.title+page.title+page.title+page.title+page.title) "+strings.Repeat("&& page.title.matches(page.title+page.title)", 20)),
	"a condition that is too long":             rule("when", "timeline.merged "+strings.Repeat("|| timeline.merged ", 200)),
	"a condition that nests too deeply":        rule("when", strings.Repeat("(", 100)+"timeline.merged"+strings.Repeat(")", 100)),
	"a pattern that is none":                   rule("when", "page.title.matches('(')"),
	"a cause that nobody knows":                rule("cause", "dupe"),
	"a cause of the other verdict":             rule("cause", "capacity", "verdict", "not_actionable"),
	"no cause":                                 rule("cause", ""),
	"a verdict without a cause":                rule("cause", "", "verdict", "actionable"),
	"a verdict that is none":                   rule("verdict", "maybe"),
	"a cause for a rule that repeats labels":   rule("verdict", "as_labelled"),
	"no reason":                                rule("reason", ""),
	"no summary":                               rule("summary", ""),
	"a reason with a fact that is misspelt":    rule("reason", `"{monitor.page} pages"`),
	"a reason whose brace is never closed":     rule("reason", `"{monitor.pages pages"`),
	"a reason whose brace was never opened":    rule("reason", `"monitor.pages} pages"`),
	"a reason with a map":                      rule("reason", `"it carried {page.attributes}"`),
	"evidence that nobody knows":               rule("evidence", "[timeline.merged, timeline.notes]"),
	"evidence that is there twice":             rule("evidence", "[timeline.merged, timeline.merged]"),
	"an id with a space":                       "rules: [{id: my rule, off: true}]",
	"an id that is there twice":                "rules: [{id: merged, reason: a}, {id: merged, reason: b}]",
	"a rule that is not there to switch off":   "rules: [{id: mergd, off: true}]",
	"a key of a rule that nobody knows":        "rules:\n  - id: mine\n    wann: timeline.merged\n",
	"rules that are no list":                   "rules: {merged: {off: true}}",
	"a hit rate in percent":                    "reliability: {min_hit_rate: 80}",
	"a number of labels that is none":          "reliability: {min_labels: 0}",
	"a case without a name":                    "cases: [{want: none}]",
	"a case that wants nothing":                "cases: [{name: it}]",
	"a case that wants a rule that is gone":    "cases: [{name: it, want: mergd}]",
	"a case with a kind of event that is none": "cases: [{name: it, want: none, timeline: [{at: 0s, kind: fired}]}]",
	"a case with a time that is none":          "cases: [{name: it, want: none, timeline: [{at: soon, kind: triggered}]}]",
	"a case with an agent that is none":        "cases: [{name: it, want: none, timeline: [{at: 0s, kind: triggered, by: robot}]}]",
	"a case with hours that are none":          "cases: [{name: it, want: none, timeline: [{at: 0s, kind: notified, hours: night}]}]",
	"a case with a label that is none":         "cases: [{name: it, want: none, before: [{ago: 1h, label: dupe}]}]",
	"a case that is there twice":               "cases: [{name: it, want: none}, {name: it, want: none}]",
}

func TestCheck_Mistakes(t *testing.T) {
	var got strings.Builder
	for _, name := range slices.Sorted(maps.Keys(mistakes)) {
		_, problems := policy.Check("team.yaml", []byte(mistakes[name]))
		if len(problems) == 0 {
			t.Errorf("%s: nothing is found wrong", name)
		}
		fmt.Fprintf(&got, "%s\n", name)
		for _, p := range problems {
			if !strings.HasPrefix(p, "team.yaml:") || strings.ContainsAny(p, "\n\t") {
				t.Errorf("%s: the message has no place, or is more than one line: %q", name, p)
			}
			fmt.Fprintf(&got, "  %s\n", p)
		}
	}
	const golden = "testdata/mistakes.txt"
	if *update {
		if err := os.WriteFile(golden, []byte(got.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got.String()); diff != "" {
		t.Errorf("messages (-want +got), run with -update and read the diff:\n%s", diff)
	}
}

func FuzzRule(f *testing.F) {
	for _, r := range policy.Default().Rules.All() {
		f.Add(r.When, r.Reason)
	}
	for _, text := range mistakes {
		f.Add(text, "{monitor.pages} {{ }} {page.attributes.x}")
	}
	f.Fuzz(func(t *testing.T, when, reason string) {
		doc, problems := policy.Check("fuzz.yaml", fmt.Appendf(nil,
			"rules: [{id: it, summary: s, cause: duplicate, when: %q, reason: %q}]", when, reason))
		for _, p := range problems {
			if !strings.HasPrefix(p, "fuzz.yaml:") {
				t.Errorf("a message without a place: %q", p)
			}
		}
		if len(problems) > 0 {
			return
		}
		facts := policy.Gather(policy.Input{Pages: []opsreview.Page{{Ref: ref("page"), Title: strings.Repeat("x", 2000)}}})
		for _, s := range doc.Rules.Evaluate(facts)[0] {
			if s.Rule == "" || s.Verdict == "" {
				t.Errorf("a suggestion without a rule or a verdict: %+v", s)
			}
		}
	})
}

// BenchmarkEvaluate asks a hundred rules about many pages.
func BenchmarkEvaluate(b *testing.B) {
	var text strings.Builder
	text.WriteString("rules:\n")
	for i := range 100 - len(policy.Default().Rules.All()) {
		fmt.Fprintf(&text, "  - {id: r%d, summary: s, cause: duplicate, reason: r, when: %q}\n", i, fmt.Sprintf(
			`page.urgency == "high" && monitor.pages_in_last_hour > %d && !timeline.human_trace && page.title.contains("x%d")`, i%7, i))
	}
	doc, err := policy.Parse("bench.yaml", []byte(text.String()))
	if err != nil {
		b.Fatal(err)
	}
	pages := make([]opsreview.Page, 10_000)
	for i := range pages {
		pages[i] = earlier(fmt.Sprint(i), fmt.Sprint("m", i%50), time.Duration(i)*time.Minute, time.Minute)
		pages[i].Urgency = opsreview.HighUrgency
	}
	facts := policy.Gather(policy.Input{Pages: pages, Now: noon})
	rules := len(doc.Rules.All())
	for b.Loop() {
		doc.Rules.Evaluate(facts)
	}
	b.ReportMetric(float64(b.N)*float64(rules*len(pages))/b.Elapsed().Seconds(), "evaluations/s")
}
