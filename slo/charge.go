package slo

import (
	"cmp"
	"slices"
	"sort"
	"time"

	"opsreview"
)

// A call is a page with the stretches in which it was open.
type call struct {
	page     *opsreview.Page
	spells   []opsreview.Window // in order and apart, none empty
	incident opsreview.Ref      // the page that it was merged into in the end; itself if it was not
	began    bool               // within the window under review
}

// callsOf prepares the pages that were open at any time from the lookback to
// the window's end, in order of their triggers. What comes after the window is
// left out, so that the answer for a window that is over does not change.
func callsOf(pages []opsreview.Page, w opsreview.Window, now time.Time) []call {
	into := map[opsreview.Ref]string{}
	for i := range pages {
		into[pages[i].Ref] = pages[i].MergedInto
	}
	reach := opsreview.Window{Start: w.Start.Add(-lookback), End: w.End}
	var calls []call
	for i := range pages {
		p := &pages[i]
		if p.TriggeredAt.IsZero() {
			continue
		}
		spells := slices.DeleteFunc(spellsOf(p, now), func(s opsreview.Window) bool {
			return reach.Overlap(s.Start, s.End) == 0
		})
		if len(spells) > 0 {
			calls = append(calls, call{page: p, spells: spells, incident: incidentOf(p.Ref, into), began: w.Contains(p.TriggeredAt)})
		}
	}
	slices.SortFunc(calls, func(a, b call) int {
		return cmp.Or(a.page.TriggeredAt.Compare(b.page.TriggeredAt), a.page.Ref.Compare(b.page.Ref))
	})
	return slices.CompactFunc(calls, func(a, b call) bool { return a.page.Ref == b.page.Ref })
}

// spellsOf returns when the page was open. A page that ended as it began, or
// before, was open for a second.
func spellsOf(p *opsreview.Page, now time.Time) []opsreview.Window {
	spells := p.Spells(now)
	end := p.TriggeredAt.Add(time.Second)
	if len(spells) > 0 {
		end = earlier(end, spells[0].Start)
	}
	if p.TriggeredAt.Before(end) {
		spells = slices.Insert(spells, 0, opsreview.Window{Start: p.TriggeredAt, End: end})
	}
	return spells
}

// incidentOf follows merges to the page that took in all others. In a circle,
// which no source should tell of, that is the first page by name.
func incidentOf(ref opsreview.Ref, into map[opsreview.Ref]string) opsreview.Ref {
	seen := []opsreview.Ref{ref}
	for into[ref] != "" {
		ref = opsreview.Ref{Source: ref.Source, ID: into[ref]}
		if i := slices.Index(seen, ref); i >= 0 {
			return slices.MinFunc(seen[i:], opsreview.Ref.Compare)
		}
		seen = append(seen, ref)
	}
	return ref
}

// A joined call is one that is about an SLO.
type joined struct {
	*call
	rule JoinRule
}

// A spell is a stretch in which one of an SLO's pages was open.
type spell struct {
	opsreview.Window
	call int // its place among the SLO's
}

// An account is one SLO's part of a report while it is drawn up.
type account struct {
	burn     Burn
	at       time.Time // the end of what is known
	review   opsreview.Window
	tally    tally // of units
	seen     tally // of what was watched
	calls    []joined
	spells   []spell // in order
	episodes []Episode
	charges  []Charge  // of each call
	dearest  []float64 // of each call, the share that its dearest episode cost; below 0 if it matches none
}

// attribute shares out what was burned.
func (a *account) attribute() {
	for i, c := range a.calls {
		a.charges = append(a.charges, Charge{Page: c.page.Ref, SLO: a.burn.SLO, Rule: c.rule})
		a.dearest = append(a.dearest, -1)
		for _, s := range c.spells {
			a.spells = append(a.spells, spell{Window: s, call: i})
		}
	}
	slices.SortFunc(a.spells, func(x, y spell) int {
		return cmp.Or(x.Start.Compare(y.Start), x.End.Compare(y.End), x.call-y.call)
	})
	a.during()
	m := newMatcher(a.spells, lagOf(a.calls))
	for i := range a.episodes {
		e := &a.episodes[i]
		if mine := m.match(e.Window); len(mine) > 0 {
			a.detected(e, mine)
			a.holes(e.Window, mine)
		} else {
			a.undetected(e)
		}
	}
	a.burn.Background = a.background()
	for i := range a.charges {
		c := &a.charges[i]
		c.Cost = a.burn.Share(c.Burned())
		a.burn.Before += c.Before
		a.burn.During += c.During
		a.burn.After += c.After
	}
}

// within is what the window under review holds of a stretch.
func (a *account) within(start, end time.Time) count {
	w := a.burn.Window
	return a.tally.within(later(start, w.Start), earlier(end, w.End))
}

// detected tells of an episode that pages match: spells in order of their
// beginnings.
func (a *account) detected(e *Episode, mine []spell) {
	first := mine[0].Start
	e.Stale = first.Before(e.Window.Start.Add(-pageLead))
	e.Detection = first.Sub(e.Window.Start)
	e.Before = a.burn.Share(a.tally.within(e.Window.Start, earlier(first, e.Window.End)).bad)
	listed := make(map[int]bool, len(mine))
	for _, s := range mine {
		a.dearest[s.call] = max(a.dearest[s.call], e.Cost)
		if !listed[s.call] {
			listed[s.call] = true
			e.Pages = append(e.Pages, a.calls[s.call].page.Ref)
		}
	}
	e.Reset, e.ResetKnown = a.reset(e.Window.End, mine)
}

// reset is from an episode's end to that of its last page. A page that a person
// ended, or the paging tool's clock, says nothing of the alert; neither does one
// that became part of another.
func (a *account) reset(end time.Time, mine []spell) (time.Duration, bool) {
	var last spell
	for _, s := range mine {
		if s.End.After(last.End) && a.calls[s.call].page.MergedInto == "" {
			last = s
		}
	}
	if last.IsZero() {
		return 0, false
	}
	p := a.calls[last.call].page
	by, known := p.ResolvedBy, last.End.Equal(p.ResolvedAt)
	for _, ev := range p.Events {
		if !known && ev.Kind == opsreview.Resolved && ev.At.Equal(last.End) {
			by, known = ev.By, true
		}
	}
	if !known || by.Kind == opsreview.Person || by.Kind == opsreview.Timer {
		return 0, false
	}
	return last.End.Sub(end), true
}

// undetected books an episode without a page. An episode that began before the
// window counts with what it burned within.
func (a *account) undetected(e *Episode) {
	bad := a.within(e.Window.Start, e.Window.End).bad
	e.Pending = e.Significant && a.young(*e)
	switch {
	case e.Pending:
		a.burn.Pending += bad
	case e.Significant:
		a.burn.Missed += bad
	default:
		a.burn.Minor += bad
	}
}

// young reports whether an episode began so late that its page may yet come.
func (a *account) young(e Episode) bool { return e.Window.Start.After(a.at.Add(-lookback)) }

// holes charges what an episode burned while none of its pages was open: up to
// the first page to that page, and then to the page that ended last. Any page
// of the SLO that is open in an episode is one of its own.
func (a *account) holes(e opsreview.Window, mine []spell) {
	at, ended := e.Start, time.Time{}
	var last []int
	charge := func(until time.Time) {
		if len(last) == 0 {
			n := sort.Search(len(mine), func(i int) bool { return mine[i].Start.After(mine[0].Start) })
			var first []int
			for _, s := range mine[:n] {
				first = append(first, s.call)
			}
			a.split(first, at, until, func(c *Charge, bad float64) { c.Before += bad })
			return
		}
		a.split(last, at, until, func(c *Charge, bad float64) { c.After += bad })
	}
	for _, s := range mine {
		if at.Before(s.Start) {
			charge(earlier(s.Start, e.End))
		}
		at = later(at, earlier(s.End, e.End))
		switch s.End.Compare(ended) {
		case +1:
			last, ended = []int{s.call}, s.End
		case 0:
			last = append(last, s.call)
		}
		if !at.Before(e.End) {
			return
		}
	}
	charge(e.End)
}

// split charges what a stretch burned to pages, equally among their incidents
// and then among the pages of each.
func (a *account) split(calls []int, start, end time.Time, add func(*Charge, float64)) {
	sum := a.within(start, end)
	pages := map[opsreview.Ref]float64{}
	slices.Sort(calls)
	calls = slices.Compact(calls)
	for _, i := range calls {
		pages[a.calls[i].incident]++
	}
	for _, i := range calls {
		c := &a.charges[i]
		add(c, sum.bad/float64(len(pages))/pages[a.calls[i].incident])
		c.Gap = c.Gap || sum.gap > 0
	}
}

// background is what burned outside of episodes while no page was open.
func (a *account) background() float64 {
	taken := make([]opsreview.Window, 0, len(a.spells)+len(a.episodes))
	for _, s := range a.spells {
		taken = append(taken, s.Window)
	}
	for _, e := range a.episodes {
		taken = append(taken, e.Window)
	}
	slices.SortFunc(taken, func(x, y opsreview.Window) int { return x.Start.Compare(y.Start) })
	var bad float64
	at := a.burn.Window.Start
	for _, w := range taken {
		bad += a.within(at, w.Start).bad
		at = later(at, w.End)
	}
	return bad + a.within(at, a.burn.Window.End).bad
}
