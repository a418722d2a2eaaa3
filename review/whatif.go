package review

import (
	"cmp"
	"slices"
	"time"

	"opsreview"
)

// A WhatIfKind is a way in which a monitor can be set differently.
type WhatIfKind string

// The kinds.
const (
	LongerFor       WhatIfKind = "longer_for"       // page later, unless the problem ends by itself
	Grouping        WhatIfKind = "grouping"         // let a page join the one before
	BusinessOnly    WhatIfKind = "business_hours"   // let pages wait for the responders' business hours
	HigherThreshold WhatIfKind = "higher_threshold" // page at a worse value only
)

const (
	// MaxRealDelay is how late a real page may come for a what-if to be
	// proposed. An objective of 99.9 % leaves 43 minutes in 30 days: a page that
	// is a quarter of an hour late has spent a third of them.
	MaxRealDelay = 15 * time.Minute

	// leastHistory is how many pages a monitor must have had, or people labelled,
	// for a what-if to be proposed: fewer say nothing about a setting.
	leastHistory = 3

	// leastAvoided is how many pages, or else sleep interruptions, a what-if must
	// avoid to be proposed. One may be chance.
	leastAvoided = 2
)

var (
	longerFors = []time.Duration{5 * time.Minute, 10 * time.Minute, 15 * time.Minute, 30 * time.Minute}
	groupings  = []time.Duration{10 * time.Minute, 30 * time.Minute, time.Hour}
)

// A History is what one monitor did: the ground on which what-ifs are tried.
type History struct {
	Pages      []opsreview.Page // the monitor's, with timelines and labels, in any order
	Window     opsreview.Window // pages that began outside it are left out
	Zone       *time.Location   // the team's; nil is UTC
	Roster     Roster
	Vocabulary opsreview.Vocabulary
}

// A WhatIf says what another setting of a monitor would have done to its own
// history.
type WhatIf struct {
	Kind     WhatIfKind
	Setting  string           // in words: "for: +10m"
	Window   opsreview.Window // the history that it was tried on
	Pages    int              // in that history
	Labelled int              // of those

	Avoided       int // pages that would not have come
	Later         int // pages that would have come later
	Interruptions int // that would not have happened
	Sleep         int // sleep interruptions that would not have happened, or not in sleep hours

	Real     int           // pages that people labelled actionable, or that escalated and have no label
	Lost     int           // of those, how many nobody would have been paged for
	Delay    Spread        // of those that would have come later, by how much
	DelayMax time.Duration // the longest of those delays

	// Safe reports that no harm is known or possible: no page that was real, or
	// that nobody has labelled and that did not end by itself, would have been
	// lost or later than MaxRealDelay.
	Safe     bool
	Sentence string // what a person would put in the ticket
}

// IsZero reports whether w is no what-if.
func (w WhatIf) IsZero() bool { return w.Kind == "" }

// WhatIfs tries other settings of a monitor on its own history. Those that
// avoid most come first: by sleep interruptions, then by interruptions and
// pages; of equals the one that loses fewer real pages, then the smaller change.
// A threshold is tried only where the pages show a value.
func WhatIfs(h History) []WhatIf {
	t := newTrials(h)
	if len(t.pages) == 0 {
		return nil
	}
	var all []WhatIf
	for _, d := range longerFors {
		all = append(all, t.score(t.longer(d)))
	}
	for _, d := range groupings {
		all = append(all, t.score(t.grouped(d)))
	}
	all = append(all, t.score(t.businessOnly()))
	for _, e := range t.thresholds() {
		all = append(all, t.score(e))
	}
	slices.SortStableFunc(all, func(a, b WhatIf) int {
		return cmp.Or(
			cmp.Compare(b.Sleep, a.Sleep),
			cmp.Compare(b.Interruptions, a.Interruptions),
			cmp.Compare(b.Avoided, a.Avoided),
			cmp.Compare(a.Lost, b.Lost),
		)
	})
	return all
}

// BestWhatIf returns the first of the what-ifs, in the order of WhatIfs, that is
// safe and avoids enough to be worth a ticket, and false if there is none. A
// history of one or two pages says nothing. That a monitor can wait for business
// hours takes as many labels: nights to come are at stake.
func BestWhatIf(all []WhatIf) (WhatIf, bool) {
	for _, w := range all {
		known := w.Pages
		if w.Kind == BusinessOnly {
			known = w.Labelled
		}
		if w.Safe && known >= leastHistory && max(w.Avoided, w.Sleep) >= leastAvoided {
			return w, true
		}
	}
	return WhatIf{}, false
}

// A fate is what would have become of a page.
type fate struct {
	avoided bool          // nobody would have been paged for it anew
	joined  bool          // because it had become part of an earlier page
	delay   time.Duration // how much later people would have been paged
	waited  bool          // until business hours; with delay or avoided
}

// realFates are what would have become of real pages, beside being late.
type realFates struct {
	lost     []opsreview.Ref
	joined   int // became part of an earlier page
	pardoned int // waited, as people say that they could
}

// An experiment is one setting and what it would have done to each page.
type experiment struct {
	kind    WhatIfKind
	setting string
	change  string // the setting as an order: "Wait 10 minutes longer before paging"
	how     string // what became of the avoided pages: "had ended by themselves by then"
	doubt   string // why it cannot be proposed; "" if nothing speaks against it
	fates   []fate // of each page
}

// trials are a history prepared for experiments.
type trials struct {
	History
	pages         []*opsreview.Page // each once, in order of their trigger
	alone         []time.Duration   // after what time each ended by itself; notAlone if it did not
	real          []bool
	labelled      int
	interruptions []Interruption
	place         map[opsreview.Ref]int
	clocks        map[string]*clock
}

const notAlone = time.Duration(-1)

func newTrials(h History) *trials {
	t := &trials{History: h, place: map[opsreview.Ref]int{}, clocks: map[string]*clock{}}
	for _, p := range inOrder(h.Pages) {
		if !h.Window.Contains(p.TriggeredAt) {
			continue
		}
		t.place[p.Ref] = len(t.pages)
		t.pages = append(t.pages, p)
		t.alone = append(t.alone, endedAlone(p))
		t.real = append(t.real, isReal(p))
		if !p.Label.IsZero() {
			t.labelled++
		}
	}
	d := sendsOf(t.pages, h.Roster)
	for _, key := range d.keys {
		t.interruptions = append(t.interruptions, interruptions(d.persons[key], d.sends[key])...)
	}
	return t
}

// isReal reports whether a page had to reach somebody: people labelled it
// actionable or, where nobody has said, it escalated because nobody answered.
func isReal(p *opsreview.Page) bool {
	if p.Label.IsZero() {
		return ranUp(p)
	}
	return p.Label.Verdict == opsreview.Actionable
}

// endedAlone returns after what time a page's problem ended by itself, notAlone
// if it did not or nobody knows: the monitoring tool resolved it, and nobody had
// left a trace before. An acknowledgement is a trace unless people labelled the
// page not actionable. That the paging tool's own clock resolved a page says
// nothing about the problem.
func endedAlone(p *opsreview.Page) time.Duration {
	if p.ResolvedAt.IsZero() || p.ResolvedBy.Kind != opsreview.Integration || wasMerged(p) {
		return notAlone
	}
	if acted, _ := Actioned(*p); acted {
		return notAlone
	}
	noise := !p.Label.IsZero() && p.Label.Verdict == opsreview.NotActionable
	for _, e := range p.Events {
		if byHand(e) && !e.At.After(p.ResolvedAt) && (e.Kind != opsreview.Acknowledged || !noise) {
			return notAlone
		}
	}
	return elapsed(p.TriggeredAt, p.ResolvedAt)
}

// score adds up what an experiment would have done.
func (t *trials) score(e experiment) WhatIf {
	w := WhatIf{Kind: e.kind, Setting: e.setting, Window: t.Window, Pages: len(t.pages), Labelled: t.labelled, Safe: e.doubt == ""}
	var delays []time.Duration
	var real realFates
	for i, p := range t.pages {
		f := e.fates[i]
		gone, late := f.avoided && !f.joined, !f.avoided && f.delay > 0
		pardoned := f.waited && late && t.mayWait(p)
		if f.avoided {
			w.Avoided++
		}
		if late {
			w.Later++
		}
		if (gone || f.delay > MaxRealDelay) && !pardoned && t.matters(i) {
			w.Safe = false
		}
		if !t.real[i] {
			continue
		}
		w.Real++
		switch {
		case gone:
			real.lost = append(real.lost, p.Ref)
		case f.joined:
			real.joined++
		case pardoned:
			real.pardoned++
		case late:
			delays = append(delays, f.delay)
			w.DelayMax = max(w.DelayMax, f.delay)
		}
	}
	w.Lost, w.Delay = len(real.lost), spreadOf(delays)
	t.spare(&w, e.fates)
	w.Sentence = t.sentence(w, e, real)
	return w
}

// matters reports whether harm to a page counts: it was real, or nobody has
// said and it did not end by itself.
func (t *trials) matters(i int) bool {
	return t.real[i] || t.pages[i].Label.IsZero() && t.alone[i] == notAlone
}

// spare counts the interruptions of which nothing would have been left. One that
// has a page in it that would still have come stays, unless that page would have
// waited for business hours: then it is no sleep interruption any more.
func (t *trials) spare(w *WhatIf, fates []fate) {
	for _, i := range t.interruptions {
		gone, moved := true, true
		for _, ref := range i.Pages {
			f := fates[t.place[ref]]
			gone = gone && f.avoided
			moved = moved && (f.avoided || f.waited)
		}
		if gone {
			w.Interruptions++
		}
		if moved && i.Class == opsreview.SleepHours {
			w.Sleep++
		}
	}
}

// wrongHours is the cause of pages that could have waited for business hours.
const wrongHours = "service_issue_wrong_hours"

// mayWait reports whether people labelled a page as one that could have waited
// for business hours.
func (t *trials) mayWait(p *opsreview.Page) bool { return couldWait(t.Vocabulary, p.Label) }

// couldWait reports whether a label says that its page could have waited for
// business hours, in today's words or earlier ones.
func couldWait(v opsreview.Vocabulary, l opsreview.Label) bool {
	if l.IsZero() {
		return false
	}
	c, _ := v.Cause(l.Cause)
	return l.Cause == wrongHours || c.ID == wrongHours || slices.Contains(c.Was, wrongHours)
}
