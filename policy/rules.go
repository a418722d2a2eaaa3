package policy

import (
	"fmt"
	"slices"

	"github.com/google/cel-go/cel"

	"opsreview"
)

// asLabelled is the verdict of a rule that repeats what people said of the
// monitor's page before.
const asLabelled = "as_labelled"

// maxRules bounds a policy, as what it costs grows with it.
const maxRules = 500

// A Rule says what to think of pages of which its condition holds. Its other
// fields are as the policy has them.
type Rule struct {
	ID       string
	Verdict  opsreview.Verdict // "" repeats the monitor's last label, with its cause
	Cause    string
	Summary  string
	When     string
	Reason   string
	Evidence []string // names of facts; those that the condition reads if none are given

	when     expression
	reason   template
	evidence []int
}

// Rules are a policy's rules, ready to judge pages, in the order in which they
// count. A nil *Rules has none.
type Rules struct {
	list        []Rule
	reliability Reliability
	vocabulary  opsreview.Vocabulary
}

// A Reliability says from when on a rule is unreliable.
type Reliability struct {
	MinHitRate float64 // of agreement with people's verdicts
	MinLabels  int     // with fewer labels nothing is said
	Source     string
}

// All returns the rules in their order.
func (r *Rules) All() []Rule {
	if r == nil {
		return nil
	}
	return slices.Clone(r.list)
}

func (m *merger) reliability(f reliabilityFile) {
	r := m.copyRules()
	if v := f.MinHitRate; v != nil {
		if !(*v >= 0 && *v <= 1) {
			m.fail("reliability.min_hit_rate", "%v is not a share between 0 and 1", *v)
		}
		if r.reliability.MinHitRate != *v {
			r.reliability.Source = "the team's own policy"
		}
		r.reliability.MinHitRate = *v
	}
	if v := f.MinLabels; v != nil {
		if *v < 1 || *v > 10_000 {
			m.fail("reliability.min_labels", "%d is not between 1 and 10000", *v)
		}
		r.reliability.MinLabels = *v
	}
	set(&r.reliability.Source, f.Source)
}

// copyRules makes the document's rules its own, so that what they were copied
// from stays as it is.
func (m *merger) copyRules() *Rules {
	r := &Rules{vocabulary: m.doc.Vocabulary}
	if old := m.doc.Rules; old != nil {
		r.list, r.reliability = slices.Clone(old.list), old.reliability
	}
	m.doc.Rules = r
	return r
}

func (m *merger) rules(files []ruleFile) {
	r := m.doc.Rules
	m.unique("rules", len(files), func(i int) string { return files[i].ID })
	var added []Rule
	for i, f := range files {
		at := fmt.Sprintf("rules[%d]", i)
		if !wordID.MatchString(f.ID) {
			m.fail(at+".id", "%q cannot be an id: use lower-case letters, digits and _", f.ID)
			continue
		}
		old := slices.IndexFunc(r.list, func(o Rule) bool { return o.ID == f.ID })
		switch {
		case f.Off && old < 0:
			m.fail(at, "there is no rule %q to switch off", f.ID)
		case f.Off:
			r.list = slices.Delete(r.list, old, old+1)
		case old >= 0:
			r.list[old] = m.rule(at, f, r.list[old])
		default:
			added = append(added, m.rule(at, f, Rule{ID: f.ID}))
		}
	}
	r.list = append(added, r.list...)
	if len(r.list) > maxRules {
		m.fail("rules", "there are %d rules, at most %d are allowed", len(r.list), maxRules)
	}
	m.causesOfRules(r.list)
}

// causesOfRules brings the rules' causes up to date: a team may have renamed
// one that a rule of the default suggests. Of a cause that new labels may no
// longer have, or that changed sides, the verdict alone is left.
func (m *merger) causesOfRules(rules []Rule) {
	for i := range rules {
		r := &rules[i]
		c, ok := m.doc.Vocabulary.Cause(r.Cause)
		if r.Cause = c.ID; !ok || c.Deprecated || c.Verdict != r.Verdict {
			r.Cause = ""
		}
	}
}

// rule lays a rule of the document over what was there.
func (m *merger) rule(at string, f ruleFile, r Rule) Rule {
	m.ruleVerdict(at, f, &r)
	set(&r.Summary, f.Summary)
	if r.Summary == "" {
		m.fail(at, "the rule %q needs a summary: when it speaks, in a few words", r.ID)
	}
	if f.When != "" {
		r.When = f.When
		r.when = m.condition(at+".when", f.When)
	}
	if r.When == "" {
		m.fail(at, "the rule %q needs a when: the condition on which it speaks", r.ID)
	}
	if f.Reason != "" {
		r.Reason = f.Reason
		r.reason = m.sentence(at+".reason", f.Reason)
	}
	if r.Reason == "" {
		m.fail(at, "the rule %q needs a reason: why it thinks so, in words", r.ID)
	}
	if f.Evidence != nil {
		r.Evidence = f.Evidence
	}
	r.evidence = m.evidence(at+".evidence", r)
	return r
}

func (m *merger) ruleVerdict(at string, f ruleFile, r *Rule) {
	if f.Verdict == "" && f.Cause == "" {
		if r.When == "" {
			m.fail(at, "the rule %q needs a cause, or the verdict %s", r.ID, asLabelled)
		}
		return
	}
	if f.Verdict == asLabelled {
		r.Verdict, r.Cause = "", ""
		if f.Cause != "" {
			m.fail(at+".cause", "a rule that speaks %s has no cause of its own", asLabelled)
		}
		return
	}
	if f.Verdict != "" {
		r.Verdict = opsreview.Verdict(f.Verdict)
	}
	if r.Verdict != "" && r.Verdict != opsreview.Actionable && r.Verdict != opsreview.NotActionable {
		m.fail(at+".verdict", "%q is no verdict: write actionable, not_actionable or %s", f.Verdict, asLabelled)
		return
	}
	if f.Cause == "" {
		m.fail(at, "the rule %q needs a cause that goes with %s", r.ID, r.Verdict)
		return
	}
	l, err := m.doc.Vocabulary.Check(opsreview.Label{Verdict: opsreview.Verdict(f.Verdict), Cause: f.Cause})
	if err != nil {
		m.fail(at+".cause", "%s", opsreview.ErrorMessage(err))
		return
	}
	r.Verdict, r.Cause = l.Verdict, l.Cause
}

// condition compiles when a rule speaks.
func (m *merger) condition(at, source string) expression {
	e, wrong := compile(source, cel.BoolType)
	if len(wrong) == 0 {
		switch {
		case len(e.reads) == 0:
			wrong = []mistake{{1, 1, "it reads no fact, so it says the same of every page"}}
		case len(e.reads) == 1 && table[e.reads[0]].name == durationFact:
			wrong = []mistake{{1, 1, "how long a page lasted never decides alone: add what happened to it"}}
		}
	}
	m.mistakes(at, source, wrong)
	return e
}

func (m *merger) sentence(at, source string) template {
	t, wrong := parseTemplate(source)
	m.mistakes(at, source, wrong)
	return t
}

func (m *merger) mistakes(at, source string, wrong []mistake) {
	for _, w := range wrong {
		m.failAt(m.file.within(at, source, w), at, w.text)
	}
}

// evidence finds the facts that a rule shows: those it names, else those that
// its condition reads.
func (m *merger) evidence(at string, r Rule) []int {
	if len(r.Evidence) == 0 {
		return r.when.reads
	}
	var facts []int
	for i, name := range r.Evidence {
		j, ok := index[name]
		switch {
		case !ok:
			m.fail(fmt.Sprintf("%s[%d]", at, i), "there is no fact %q%s", name, nearest(name))
		case slices.Contains(facts, j):
			m.fail(fmt.Sprintf("%s[%d]", at, i), "%q is there twice", name)
		default:
			facts = append(facts, j)
		}
	}
	return facts
}
