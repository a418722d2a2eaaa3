package slo

import (
	"math"
	"time"

	"opsreview"
)

const (
	// burnDownPoints is how many points a burn-down has: one for every 12 hours.
	burnDownPoints = 60

	// lastKnown is how many hours back the burn rate may be taken from.
	lastKnown = 6
)

// StandingOf computes how one SLO stands at a time, without pages. The time is
// the end of what is counted, as [At] returns it; its location is the zone of
// calendar windows that name none.
func StandingOf(s Series, at time.Time) Standing {
	o := objectiveAt(s, at)
	st := Standing{
		SLO:         s.SLO,
		Objective:   o,
		Week:        budgetOf(s, o, rolling(at, Week)),
		Month:       budgetOf(s, o, rolling(at, Month)),
		Approximate: s.Approximate,
	}
	if own, ok := OwnWindow(s.SLO, at); ok {
		st.Own = budgetOf(s, o, own)
	}
	st.WeekShare = ratio(st.Week.Bad, st.Month.Allowed)
	st.BurnRate, st.BurnRateKnown = burnRate(s, o, at)
	if st.BurnRateKnown {
		st.Exhaustion, st.ExhaustionKnown = exhaustion(st.Month, st.BurnRate)
	}
	st.BurnDown = burnDown(s, st.Month)
	return st
}

// rolling returns the window of the given length that ends at a time.
func rolling(at time.Time, length time.Duration) opsreview.Window {
	return opsreview.Window{Start: at.Add(-length), End: at}
}

// burnRate is the burn rate of the last hour before a time of which anything is
// known. Time that is taken out tells nothing.
func burnRate(s Series, o opsreview.Objective, at time.Time) (rate float64, known bool) {
	for range lastKnown {
		w := rolling(at, time.Hour)
		if watch(s, w).covered > 0 {
			return budgetOf(s, o, w).Consumed, true
		}
		at = w.Start
	}
	return 0, false
}

// BurnRateCuts returns the times that cut what the burn rate at a time may be
// computed from.
func BurnRateCuts(at time.Time) []time.Time {
	cuts := make([]time.Time, lastKnown)
	for i := range cuts {
		cuts[i] = at.Add(-time.Duration(i+1) * time.Hour)
	}
	return cuts
}

// exhaustion is how long the rest of a budget lasts at a burn rate. A rest that
// lasts for centuries is not worth the word.
func exhaustion(b Budget, rate float64) (time.Duration, bool) {
	if b.Remaining <= 0 || rate <= 0 || b.Allowed <= 0 {
		return 0, false
	}
	lasts := b.Remaining * float64(b.Window.Duration()) / rate
	if lasts >= math.MaxInt64 {
		return 0, false
	}
	return time.Duration(lasts), true
}

// burnDown returns what remained of a budget at even steps through its window.
func burnDown(s Series, b Budget) []Point {
	length := b.Window.Duration()
	step := length / burnDownPoints
	points := make([]Point, burnDownPoints)
	bad := make([]float64, burnDownPoints)   // in the step before the point
	known := make([]float64, burnDownPoints) // units in it
	for i := range points {
		points[i].At = b.Window.Start.Add(time.Duration(i+1) * step)
	}
	for g := range eachUnit(s, b.Objective, b.Window) {
		for from := g.Start; from.Before(g.End); {
			i := min(int(from.Sub(b.Window.Start)/step), burnDownPoints-1)
			to := earlier(g.End, points[i].At)
			f := float64(to.Sub(from)) / float64(g.Length())
			bad[i] += g.Bad * f
			known[i] += g.Total * f
			points[i].Known = points[i].Known || g.Covered > 0 || g.Total > 0
			from = to
		}
	}
	charge := b.Unit == unitSlices && s.SLO.Missing == opsreview.MissingBad
	spent := 0.0
	for i := range points {
		spent += bad[i]
		if charge {
			spent += whole(float64(step)/float64(sliceOf(b.Objective)) - known[i])
		}
		points[i].Remaining = 1 - ratio(spent, b.Allowed)
	}
	points[burnDownPoints-1].Remaining = b.Remaining // whatever the order of the sums
	return points
}
