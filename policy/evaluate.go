package policy

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/google/cel-go/common/types"

	"opsreview"
)

// A Judgement is what the rules think of one page: a suggestion of every rule
// that speaks, the one that counts first.
type Judgement []opsreview.Suggestion

// First returns the suggestion that counts, the zero one if no rule speaks.
func (j Judgement) First() opsreview.Suggestion {
	if len(j) == 0 {
		return opsreview.Suggestion{}
	}
	return j[0]
}

// Evaluate judges the pages, in the order of the facts. A rule whose condition
// has no value, since it asks for an attribute that the page lacks, does not
// speak.
func (r *Rules) Evaluate(facts []Facts) []Judgement {
	judgements := make([]Judgement, len(facts))
	if r == nil {
		return judgements
	}
	v := newView()
	for i := range facts {
		v.look(&facts[i])
		for j := range r.list {
			if s, ok := r.apply(&r.list[j], v); ok {
				judgements[i] = append(judgements[i], s)
			}
		}
	}
	return judgements
}

// apply asks one rule about the page in view.
func (r *Rules) apply(rule *Rule, v *view) (opsreview.Suggestion, bool) {
	out, ok := rule.when.value(v)
	if !ok || out != types.True {
		return opsreview.Suggestion{}, false
	}
	s := opsreview.Suggestion{Page: v.facts.page.Ref, Rule: rule.ID, Verdict: rule.Verdict, Cause: rule.Cause}
	if s.Verdict == "" {
		last := v.facts.monitor.last
		if last.IsZero() {
			return s, false
		}
		s.Verdict, s.Cause = last.Verdict, r.today(last)
	}
	s.Reason = rule.reason.write(v)
	s.Evidence = make([]string, 0, len(rule.evidence))
	for _, i := range rule.evidence {
		if text := evidence(i, v); text != "" {
			s.Evidence = append(s.Evidence, table[i].name+": "+text)
		}
	}
	return s, true
}

// today returns the label's cause in today's word, "" if there is none that a
// new label may have.
func (r *Rules) today(l opsreview.Label) string {
	c, ok := r.vocabulary.Cause(l.Cause)
	if !ok || c.Deprecated || c.Verdict != l.Verdict {
		return ""
	}
	return c.ID
}

// evidence returns what a fact is in words.
func evidence(i int, v *view) string {
	if table[i].name != "page.attributes" {
		return words(v.value(i))
	}
	attributes := v.facts.page.Attributes
	var parts []string
	for _, name := range slices.Sorted(maps.Keys(attributes)) {
		parts = append(parts, fmt.Sprintf("%s=%s", name, clip(attributes[name])))
	}
	return strings.Join(parts, " ")
}
