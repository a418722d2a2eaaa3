package review

import (
	"fmt"

	"opsreview"
)

// OutcomeOf returns where a page stands in the 2×2 of actionable × actioned.
// Only a person's label says whether it was actionable: without one the page
// is Unlabelled, whatever happened to it.
func OutcomeOf(p opsreview.Page) Outcome {
	if p.Label.IsZero() {
		return Unlabelled
	}
	acted, _ := Actioned(p)
	switch {
	case p.Label.Verdict == opsreview.Actionable && acted:
		return Handled
	case p.Label.Verdict == opsreview.Actionable:
		return Ignored
	case acted:
		return Wasted
	}
	return Noise
}

// Actioned reports whether somebody did something about a page, and the
// evidence in words. A label that says so, or that has minutes of work, settles
// it. Otherwise it takes an acknowledgement by a person and after it a note, a
// change, an escalation, a reassignment or a request for help by a person. That
// a page was acknowledged and ended is no evidence; neither is what happened by
// itself.
func Actioned(p opsreview.Page) (acted bool, evidence string) {
	if l := p.Label; !l.IsZero() {
		switch {
		case l.Actioned == opsreview.No:
			return false, "the label says that nobody acted"
		case l.Actioned == opsreview.Yes:
			return true, "the label says that somebody acted"
		case l.Minutes > 0:
			return true, fmt.Sprintf("the label says %s of work", count(l.Minutes, "minute"))
		}
	}
	if p.AcknowledgedAt.IsZero() {
		return false, "nobody acknowledged it"
	}
	for _, e := range p.Events {
		if deed, ok := deeds[e.Kind]; ok && e.By.Kind == opsreview.Person && !e.At.Before(p.AcknowledgedAt) {
			return true, deed + by(e.By)
		}
	}
	return false, "acknowledged, and nothing after that shows work"
}

// deeds are the kinds of event that show that somebody worked on a page.
var deeds = map[opsreview.EventKind]string{
	opsreview.Noted:         "a note",
	opsreview.Changed:       "a change",
	opsreview.Escalated:     "an escalation",
	opsreview.Reassigned:    "a reassignment",
	opsreview.HelpRequested: "a request for help",
}

func by(a opsreview.Agent) string {
	switch {
	case a.Name != "":
		return " by " + a.Name
	case a.ID != "":
		return " by " + a.ID
	}
	return " by hand"
}

func (o *Outcomes) add(outcome Outcome) {
	switch outcome {
	case Handled:
		o.Handled++
	case Ignored:
		o.Ignored++
	case Wasted:
		o.Wasted++
	case Noise:
		o.Noise++
	default:
		o.Unlabelled++
	}
}

// Labelled is the number of pages that a person has labelled.
func (o Outcomes) Labelled() int { return o.Handled + o.Ignored + o.Wasted + o.Noise }

// count writes a number with its noun: "1 page", "2 pages".
func count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}
