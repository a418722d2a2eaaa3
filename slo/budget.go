package slo

import (
	"time"

	"opsreview"
)

// scarce is how many failures a budget must allow for one more of them not to
// be worth a word.
const scarce = 10

// BudgetOf computes what was allowed and what was burned in a window, by the
// objective that is in force at its end. It is a single pass over the segments
// that touch the window, or two where slices are counted; segments that do not
// touch it change nothing.
func BudgetOf(s Series, w opsreview.Window) Budget {
	return budgetOf(s, objectiveAt(s, w.End), w)
}

// budgetOf is BudgetOf with a given objective, such as that of a later time.
func budgetOf(s Series, o opsreview.Objective, w opsreview.Window) Budget {
	b := Budget{Window: w, Objective: o, Unit: unitOf(o), Changed: changed(s, w)}
	if !w.Start.Before(w.End) {
		b.Status, b.Remaining = NoData, 1
		return b
	}
	seen := watch(s, w)
	b.Coverage = seen.share(w)
	b.Corrected, b.Excess, b.Resets = seen.corrected, seen.excess, seen.resets

	var known, gapBad float64
	for g := range eachUnit(s, o, w) {
		known += g.Total
		b.Bad += g.Bad
		gapBad += g.GapBad
	}
	b.Total = known
	if b.Unit == unitSlices {
		all := float64(w.Duration()) / float64(sliceOf(o))
		young := underWay(s, o, w)
		b.Unknown = whole(all - known - young)
		if !held(s.SLO.Missing) {
			all -= young
		}
		b.Low = ratio(b.Bad, o.Budget()*all)
		b.High = ratio(b.Bad+b.Unknown, o.Budget()*all)
		b.Total, b.Bad = assumed(s.SLO.Missing, all, b.Bad, b.Unknown)
	}
	b.Allowed = o.Budget() * b.Total
	b.Consumed = ratio(b.Bad, b.Allowed)
	b.Remaining = 1 - b.Consumed
	if b.Unit == unitEvents {
		b.Low, b.High = b.Consumed, b.Consumed
	}
	b.GapBurn = ratio(gapBad, b.Allowed)
	b.EdgeError = ratio(edgeBad(s, o, w), b.Allowed)
	b.Status = statusOf(b, seen)
	if b.Allowed < scarce && b.Status != NoData {
		b.Granularity = ratio(1, b.Allowed)
	}
	return b
}

// The units of budgets.
const (
	unitEvents = "events"
	unitSlices = "slices"
)

func unitOf(o opsreview.Objective) string {
	if o.Method == opsreview.Timeslices || o.Method == opsreview.RatioTimeslices {
		return unitSlices
	}
	return unitEvents
}

func statusOf(b Budget, seen watched) Status {
	switch {
	case b.Coverage == 0 && seen.total == 0:
		return NoData
	case b.Consumed > 1+tolerance:
		return Overspent
	case seen.total == 0:
		return NoTraffic
	}
	return OK
}

// assumed returns the slices that count and those of them that are bad, once it
// is decided what the unknown ones are.
func assumed(policy opsreview.MissingData, all, bad, unknown float64) (total, allBad float64) {
	switch policy {
	case opsreview.MissingGood:
		return all, bad
	case opsreview.MissingBad:
		return all, bad + unknown
	}
	return whole(all - unknown), bad
}

// held reports whether all slices of a window count, whatever is known of them.
func held(policy opsreview.MissingData) bool {
	return policy == opsreview.MissingGood || policy == opsreview.MissingBad
}

// underWay is how much of the slice that is not over at the window's end is not
// known yet. It is not held against anybody: the next minutes will tell.
func underWay(s Series, o opsreview.Objective, w opsreview.Window) float64 {
	length := sliceOf(o)
	start := later(w.End.Truncate(length), w.Start)
	if !start.Before(w.End) || w.End.Equal(w.End.Truncate(length)) {
		return 0
	}
	left := float64(w.End.Sub(start)) / float64(length)
	for g := range eachUnit(s, o, opsreview.Window{Start: start, End: w.End}) {
		left -= g.Total
	}
	return whole(left)
}

// whole is x, or 0 where x is nothing but the error of a sum of many parts.
func whole(x float64) float64 {
	if x < 1e-6 {
		return 0
	}
	return x
}

// watched is what the segments of a window say beside good and bad.
type watched struct {
	total, excess      float64 // events
	covered, corrected time.Duration
	resets             int
}

// watch sums up the part of the segments in w that corrections leave.
func watch(s Series, w opsreview.Window) watched {
	var sum watched
	for p := range pieces(s, w) {
		if p.corrected {
			sum.corrected += p.Length()
			continue
		}
		sum.total += p.Total
		sum.excess += p.Excess
		sum.covered += p.Covered
		sum.resets += p.Resets
	}
	return sum
}

// share is the share of w that was watched, from 0 to 1. What corrections take
// out counts as watched.
func (x watched) share(w opsreview.Window) float64 {
	return min(1, ratio(float64(x.covered+x.corrected), float64(w.Duration())))
}

// edgeBad is what is bad in the segments or slices that an end of w cuts, both
// within w and outside. Nobody knows on which side of the end it happened.
func edgeBad(s Series, o opsreview.Objective, w opsreview.Window) float64 {
	bad := 0.0
	cut := opsreview.Window{Start: w.Start, End: w.Start}
	for _, end := range []time.Time{w.Start, w.End} {
		if end.Before(cut.End) {
			continue // the segment at the start lasts beyond the end
		}
		cut = around(s, o, end)
		for g := range eachUnit(s, o, cut) {
			bad += g.Bad
		}
	}
	return bad
}

// around returns the segment or the slice that has t strictly within it; an
// empty window if there is none.
func around(s Series, o opsreview.Objective, t time.Time) opsreview.Window {
	if unitOf(o) == unitSlices {
		start := t.Truncate(sliceOf(o))
		if start.Equal(t) {
			return opsreview.Window{Start: t, End: t}
		}
		return opsreview.Window{Start: start, End: start.Add(sliceOf(o))}
	}
	for _, g := range touching(s.Segments, opsreview.Window{Start: t, End: t.Add(1)}) {
		if g.Start.Before(t) {
			return opsreview.Window{Start: g.Start, End: g.End}
		}
	}
	return opsreview.Window{Start: t, End: t}
}

// objectiveAt returns the objective in force at t. The first one known has
// always been in force.
func objectiveAt(s Series, t time.Time) opsreview.Objective {
	if len(s.History) == 0 {
		return s.SLO.Objective
	}
	o := s.History[0].Objective
	for _, c := range s.History[1:] {
		if c.At.After(t) {
			break
		}
		o = c.Objective
	}
	return o
}

// changed reports whether the objective became another one within the window.
func changed(s Series, w opsreview.Window) bool {
	for i := 1; i < len(s.History); i++ {
		c := s.History[i]
		if c.At.After(w.Start) && !c.At.After(w.End) && c.Objective != s.History[i-1].Objective {
			return true
		}
	}
	return false
}
