package opsreview

import (
	"slices"
	"time"
)

// A Verdict answers whether there was something for the responder to do, now.
type Verdict string

// The verdicts. The zero verdict means that nobody has said; it is never
// "actionable".
const (
	Actionable    Verdict = "actionable"
	NotActionable Verdict = "not_actionable"
)

// An Answer is yes, no or unsaid.
type Answer string

// The answers; "" is unsaid.
const (
	Yes Answer = "yes"
	No  Answer = "no"
)

// A Label is a person's verdict on a page. Labels are history: a new one
// replaces the one in force and the old one stays. A label with Withdrawn set
// takes the one before it back. The zero Label means unlabelled.
type Label struct {
	Page      Ref
	Verdict   Verdict
	Cause     string   // a Cause's ID; "" if unsaid
	Flags     []string // improvement flags, sorted
	Actioned  Answer   // whether somebody did something, where a person says so
	Note      string
	Minutes   int    // the work it cost, in minutes; 0 if unsaid
	Author    string // who says so
	At        time.Time
	Withdrawn bool
}

// IsZero reports whether l is no label, or one that was withdrawn.
func (l Label) IsZero() bool { return l.Verdict == "" || l.Withdrawn }

// A Cause is one word of the label vocabulary.
type Cause struct {
	ID         string
	Verdict    Verdict
	Summary    string   // one line that explains it to a responder
	Was        []string // earlier IDs: labels that carry one count under this cause
	Deprecated bool     // old labels keep their meaning; new ones are refused
}

// A Flag is an improvement that a page asks for, beside either verdict.
type Flag struct {
	ID      string
	Summary string
	Was     []string
}

// A Vocabulary is the set of words labels are made of. It is configuration
// with history: renaming a cause keeps old labels comparable.
type Vocabulary struct {
	Causes []Cause
	Flags  []Flag
}

// Cause returns the cause that id names now or named once.
func (v Vocabulary) Cause(id string) (Cause, bool) {
	for _, c := range v.Causes {
		if c.ID == id {
			return c, true
		}
	}
	for _, c := range v.Causes {
		if slices.Contains(c.Was, id) {
			return c, true
		}
	}
	return Cause{}, false
}

// Flag returns the flag that id names now or named once.
func (v Vocabulary) Flag(id string) (Flag, bool) {
	for _, f := range v.Flags {
		if f.ID == id {
			return f, true
		}
	}
	for _, f := range v.Flags {
		if slices.Contains(f.Was, id) {
			return f, true
		}
	}
	return Flag{}, false
}

// Check returns the label with its words brought up to date: earlier IDs
// become today's, and a verdict left out is the cause's own. It returns an
// Invalid error for an unknown or deprecated word and for a cause that
// contradicts the verdict.
func (v Vocabulary) Check(l Label) (Label, error) { return v.check(l, false) }

// CheckOld is Check for a label that was given earlier: deprecated words keep
// their meaning.
func (v Vocabulary) CheckOld(l Label) (Label, error) { return v.check(l, true) }

func (v Vocabulary) check(l Label, old bool) (Label, error) {
	if l.Cause != "" {
		c, ok := v.Cause(l.Cause)
		switch {
		case !ok:
			return l, Errorf(Invalid, "there is no cause %q: choose one of %s", l.Cause, v.causeList(l.Verdict))
		case c.Deprecated && !old:
			return l, Errorf(Invalid, "the cause %q is deprecated: choose one of %s", l.Cause, v.causeList(l.Verdict))
		case l.Verdict == "":
			l.Verdict = c.Verdict
		case l.Verdict != c.Verdict:
			return l, Errorf(Invalid, "the cause %q means %s: it does not go with %s", c.ID, c.Verdict, l.Verdict)
		}
		l.Cause = c.ID
	}
	if l.Verdict != Actionable && l.Verdict != NotActionable {
		return l, Errorf(Invalid, "a label needs a verdict: actionable or not actionable, or a cause that says which")
	}
	flags := make([]string, 0, len(l.Flags))
	for _, id := range l.Flags {
		f, ok := v.Flag(id)
		if !ok {
			return l, Errorf(Invalid, "there is no flag %q: choose one of %s", id, v.flagList())
		}
		flags = append(flags, f.ID)
	}
	slices.Sort(flags)
	l.Flags = slices.Compact(flags)
	if l.Minutes < 0 || l.Minutes > 7*24*60 {
		return l, Errorf(Invalid, "%d minutes of work is not between 0 and a week", l.Minutes)
	}
	return l, nil
}

func (v Vocabulary) causeList(verdict Verdict) string {
	var ids []string
	for _, c := range v.Causes {
		if !c.Deprecated && (verdict == "" || c.Verdict == verdict) {
			ids = append(ids, c.ID)
		}
	}
	return join(ids)
}

func (v Vocabulary) flagList() string {
	var ids []string
	for _, f := range v.Flags {
		ids = append(ids, f.ID)
	}
	return join(ids)
}
