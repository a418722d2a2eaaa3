// Package policy reads what a team holds to be acceptable: hours, limits, the
// words of labels, and how monitors are recognised.
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
//   - monitors: each list that is given replaces the default's.
package policy

import (
	_ "embed" // for the default rules
	"fmt"

	"opsreview"
)

//go:embed rules/default.yaml
var defaultRules []byte

// defaultName names the embedded document in messages.
const defaultName = "rules/default.yaml"

// A Document is a complete policy: the default with a team's changes.
type Document struct {
	Policy     opsreview.Policy
	Vocabulary opsreview.Vocabulary
	Monitors   opsreview.MonitorRules
}

// Default returns the embedded policy. Each call returns a new copy.
func Default() Document {
	d, err := parse(defaultName, defaultRules, Document{})
	if err != nil {
		panic(fmt.Sprintf("policy: the embedded default is broken: %v", err))
	}
	return d
}

// Parse reads a team's policy document over the default. The name is for
// messages. It returns an Invalid error that begins with "name:line:column:"
// for a document that is no YAML, that has a key or a word which the program
// does not know, or that contradicts itself. An empty document changes nothing.
func Parse(name string, data []byte) (Document, error) {
	return parse(name, data, Default())
}

func parse(name string, data []byte, base Document) (Document, error) {
	f, err := decode(name, data)
	if err != nil {
		return Document{}, err
	}
	m := merger{doc: base, where: f.where}
	m.merge(f)
	if m.err != nil {
		return Document{}, m.err
	}
	return m.doc, nil
}
