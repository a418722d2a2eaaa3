// Package policy reads what a team holds to be acceptable: hours, limits, the
// words of labels, how monitors are recognised, and the rules that say what they
// think of pages.
//
// A policy is a YAML document, read strictly: a key that the program does not
// know is an error with its line. The embedded default is complete, and every
// number in it names its source. A team's document says only what differs:
//
//   - hours and engaged_cap: each value that is given replaces the default's;
//   - limits: merged by id, field by field; "off: true" drops a limit;
//   - vocabulary: merged by id, field by field. A cause or flag whose "was"
//     names a default one takes its place in the list and inherits what it
//     leaves out, so old labels count under the new word;
//   - monitors: each list that is given replaces the default's;
//   - reliability: each value that is given replaces the default's;
//   - rules: merged by id, field by field, in the default's place; "off: true"
//     drops a rule. Rules of other ids come before the default's;
//   - findings: merged by kind, field by field; "off: true" drops a kind, and a
//     bound that differs is the team's own;
//   - interruption: each value that is given replaces the default's;
//   - cases: examples that "policy test" tries the rules on.
//
// A rule's condition is CEL over the facts of one page, which [Gather] makes.
// There are no loops and no clock in it, and one that may cost too much is
// refused when it is read. How long a page lasted never decides alone.
package policy

import (
	_ "embed" // for the default rules
	"slices"
	"sync"

	"opsreview"
)

//go:embed rules/default.yaml
var defaultDocument []byte

//go:embed rules/suggestions.yaml
var defaultSuggestions []byte

//go:embed rules/findings.yaml
var defaultFindings []byte

// A Document is a complete policy: the default with a team's changes.
type Document struct {
	Policy     opsreview.Policy
	Vocabulary opsreview.Vocabulary
	Monitors   opsreview.MonitorRules
	Rules      *Rules
	Cases      []Case // of the document itself, not of what it is laid over
}

// embedded is the default, compiled once.
var embedded = sync.OnceValue(func() Document {
	var d Document
	for _, e := range []struct {
		name string
		data []byte
	}{
		{"rules/default.yaml", defaultDocument},
		{"rules/suggestions.yaml", defaultSuggestions},
		{"rules/findings.yaml", defaultFindings},
	} {
		var problems []string
		if d, problems = parse(e.name, e.data, d); len(problems) > 0 {
			panic("policy: the embedded default is broken: " + problems[0])
		}
	}
	return d
})

// Default returns the embedded policy. Each call returns a new copy.
func Default() Document {
	d := embedded()
	d.Policy.Hours.Days = slices.Clone(d.Policy.Hours.Days)
	d.Policy.Limits = slices.Clone(d.Policy.Limits)
	d.Policy.Findings = slices.Clone(d.Policy.Findings)
	d.Vocabulary.Causes = slices.Clone(d.Vocabulary.Causes)
	d.Vocabulary.Flags = slices.Clone(d.Vocabulary.Flags)
	d.Monitors.Attributes = slices.Clone(d.Monitors.Attributes)
	d.Monitors.Replace = slices.Clone(d.Monitors.Replace)
	return d
}

// Parse reads a team's policy document over the default. The name is for
// messages. It returns an Invalid error that begins with "name:line:column:"
// for a document that is no YAML, that has a key or a word which the program
// does not know, or that contradicts itself. An empty document changes nothing.
func Parse(name string, data []byte) (Document, error) {
	d, problems := Check(name, data)
	if len(problems) > 0 {
		return Document{}, opsreview.Errorf(opsreview.Invalid, "%s", problems[0])
	}
	return d, nil
}

// Check is Parse that tells everything that is wrong, a line each. The document
// is good for nothing if there is any.
func Check(name string, data []byte) (Document, []string) {
	base := Default()
	base.Cases = nil
	return parse(name, data, base)
}

func parse(name string, data []byte, base Document) (Document, []string) {
	f, err := decode(name, data)
	if err != nil {
		return Document{}, []string{opsreview.ErrorMessage(err)}
	}
	m := merger{doc: base, file: f}
	m.merge(f)
	return m.doc, m.problems
}
