package policy

import (
	"fmt"
	"regexp"
	"slices"

	"opsreview"
)

var wordID = regexp.MustCompile(`^[a-z][a-z0-9_]{0,62}$`)

func (m *merger) vocabulary(f vocabularyFile) {
	for i, c := range f.Causes {
		m.cause(fmt.Sprintf("vocabulary.causes[%d]", i), c)
	}
	for i, c := range f.Flags {
		m.flag(fmt.Sprintf("vocabulary.flags[%d]", i), c)
	}
	m.unique("vocabulary.causes", len(f.Causes), func(i int) string { return f.Causes[i].ID })
	m.unique("vocabulary.flags", len(f.Flags), func(i int) string { return f.Flags[i].ID })
	v := m.doc.Vocabulary
	m.oneMeaning("vocabulary.causes", len(v.Causes), func(i int) (string, []string) { return v.Causes[i].ID, v.Causes[i].Was })
	m.oneMeaning("vocabulary.flags", len(v.Flags), func(i int) (string, []string) { return v.Flags[i].ID, v.Flags[i].Was })
}

// cause adds a cause, changes the one of that id, or renames the one that it
// was. A rename keeps the verdict unless the document says otherwise.
func (m *merger) cause(at string, f causeFile) {
	if !m.word(at, f.ID, f.Was) {
		return
	}
	causes := slices.Clone(m.doc.Vocabulary.Causes)
	named := func(c opsreview.Cause) bool { return c.ID == f.ID || slices.Contains(f.Was, c.ID) }
	i := slices.IndexFunc(causes, named)
	if i < 0 {
		i, causes = len(causes), append(causes, opsreview.Cause{})
	}
	c := causes[i]
	for _, old := range causes[i:] {
		if named(old) {
			c.Was = append(slices.Clone(c.Was), old.Was...)
		}
	}
	c.ID, c.Was = f.ID, earlier(f.ID, c.Was, f.Was)
	if f.Verdict != "" {
		c.Verdict = opsreview.Verdict(f.Verdict)
	}
	set(&c.Summary, f.Summary)
	if f.Deprecated != nil {
		c.Deprecated = *f.Deprecated
	}
	if c.Verdict != opsreview.Actionable && c.Verdict != opsreview.NotActionable {
		m.fail(at, "the cause %q needs a verdict: actionable or not_actionable", f.ID)
	}
	if c.Summary == "" {
		m.fail(at, "the cause %q needs a summary: one line that explains it to a responder", f.ID)
	}
	causes[i] = c
	rest := slices.DeleteFunc(causes[i+1:], named)
	m.doc.Vocabulary.Causes = causes[:i+1+len(rest)]
}

func (m *merger) flag(at string, f flagFile) {
	if !m.word(at, f.ID, f.Was) {
		return
	}
	flags := slices.Clone(m.doc.Vocabulary.Flags)
	named := func(c opsreview.Flag) bool { return c.ID == f.ID || slices.Contains(f.Was, c.ID) }
	i := slices.IndexFunc(flags, named)
	if i < 0 {
		i, flags = len(flags), append(flags, opsreview.Flag{})
	}
	c := flags[i]
	for _, old := range flags[i:] {
		if named(old) {
			c.Was = append(slices.Clone(c.Was), old.Was...)
		}
	}
	c.ID, c.Was = f.ID, earlier(f.ID, c.Was, f.Was)
	set(&c.Summary, f.Summary)
	if c.Summary == "" {
		m.fail(at, "the flag %q needs a summary", f.ID)
	}
	flags[i] = c
	rest := slices.DeleteFunc(flags[i+1:], named)
	m.doc.Vocabulary.Flags = flags[:i+1+len(rest)]
}

// word checks an id and its earlier ones.
func (m *merger) word(at, id string, was []string) bool {
	if !wordID.MatchString(id) {
		m.fail(at+".id", "%q cannot be an id: use lower-case letters, digits and _", id)
		return false
	}
	if slices.Contains(was, id) {
		m.fail(at+".was", "%q cannot have been itself", id)
		return false
	}
	return true
}

// oneMeaning fails if an id, today's or an earlier one, stands for two words.
func (m *merger) oneMeaning(list string, n int, word func(int) (string, []string)) {
	owner := map[string]string{}
	for i := range n {
		id, was := word(i)
		for _, w := range append([]string{id}, was...) {
			if other, taken := owner[w]; taken && other != id {
				m.fail(list, "%q stands for both %q and %q", w, other, id)
			}
			owner[w] = id
		}
	}
}

// earlier joins lists of earlier ids. A word that is back at an id that it once
// had was not itself.
func earlier(id string, lists ...[]string) []string {
	all := slices.Concat(lists...)
	slices.Sort(all)
	all = slices.DeleteFunc(slices.Compact(all), func(w string) bool { return w == id })
	if len(all) == 0 {
		return nil
	}
	return all
}
