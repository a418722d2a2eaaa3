package hygiene

import (
	"strings"
)

// Somebody who does not want to keep a rule in one place says so there: in an
// annotation or a label of the monitor, in a comment of its file, or in the text
// of a dashboard. A reason is part of it.
const (
	ignoreKey  = "opsreview_lint_ignore"
	ignoreMark = "opsreview-lint: ignore"
)

// exceptions are the rules that are not kept in a place, with the reason for
// each; "" where none is given.
type exceptions map[string]string

// add reads exceptions, one a line or separated by semicolons: the rules, and
// then why. "all" stands for every rule.
func (e exceptions) add(text string) {
	for part := range strings.FieldsFuncSeq(text, func(r rune) bool { return r == '\n' || r == ';' }) {
		part, _, _ = strings.Cut(part, "-->")
		names, reason := []string(nil), ""
		for more := true; more; {
			var word string
			part = strings.TrimSpace(part)
			word, reason, _ = strings.Cut(part, " ")
			names = append(names, strings.Trim(word, ",:"))
			if more = strings.HasSuffix(word, ","); more {
				part = reason
			}
		}
		reason = strings.TrimLeft(reason, " -–—:")
		for _, lead := range []string{"because ", "reason: ", "for "} {
			reason = strings.TrimPrefix(reason, lead)
		}
		for _, name := range names {
			if name != "" {
				e[name] = strings.TrimSpace(reason)
			}
		}
	}
}

// addMarked reads the exceptions that stand in a text behind their mark, each
// to the end of its line.
func (e exceptions) addMarked(text string) {
	for {
		_, rest, found := strings.Cut(text, ignoreMark)
		if !found {
			return
		}
		line, after, _ := strings.Cut(rest, "\n")
		e.add(line)
		text = after
	}
}

// allows reports whether a rule need not be kept. An exception without a
// reason allows nothing.
func (e exceptions) allows(rule string) bool { return e[rule] != "" || e["all"] != "" }
