package slo

import (
	"cmp"
	"slices"
	"sort"
	"time"

	"opsreview"
)

// What makes an episode. The rates are those at which the Google SRE Workbook
// (chapter 5, table 5-8) pages for six hours and opens a ticket for three days.
const (
	fastRate  = 6                // burn rate of a minute or a slice that burns fast
	slowRate  = 1                // burn rate of an hour that burns slowly
	longHole  = 30 * time.Minute // longer holes part two episodes
	slowLeast = 2 * time.Hour    // how far slow burn must reach beyond fast burn to be one episode with it

	fewestEvents = 5 // bad events below which a stretch is no episode
	fewestSlices = 1 // the same in slices
)

// defaultSignificant is the share of the 30-day budget from which an episode is
// significant where the SLO does not say: what the Workbook's fastest alert
// pages for.
const defaultSignificant = 0.02

// lookback is how far before the window episodes are looked for, the time
// before a page that must be known to judge it, and how young an episode is
// whose page may yet come. No alert that pages looks further back.
const lookback = lead

// A burning is what episodes are found in.
type burning struct {
	tally  tally   // of units
	budget float64 // the share that may be bad
	least  float64 // bad units below which a stretch is no episode
}

func burningOf(units []opsreview.Segment, o opsreview.Objective) burning {
	b := burning{tally: tallyOf(units), budget: o.Budget(), least: fewestEvents}
	if o.Method == opsreview.Timeslices || o.Method == opsreview.RatioTimeslices {
		b.least = fewestSlices
	}
	return b
}

// atLeast compares with a bound that numbers miss by the last bits of a
// division.
func atLeast(x, bound float64) bool { return x >= bound*(1-tolerance) }

func (b burning) rate(total, bad float64) float64 { return ratio(ratio(bad, total), b.budget) }

func (b burning) burns(total, bad, rate float64) bool { return atLeast(b.rate(total, bad), rate) }

// A stretch is where an episode is. It is slow if no minute of it burned fast.
type stretch struct {
	opsreview.Window
	slow bool
}

// stretches returns where the episodes are, in order and apart.
func (b burning) stretches() []stretch {
	fast := b.fast()
	spans := make([]stretch, 0, len(fast))
	for _, f := range fast {
		spans = append(spans, stretch{Window: f})
	}
	for _, r := range b.slow(fast) {
		if s, ok := r.stretch(fast); ok && atLeast(r.bad, b.least) {
			spans = append(spans, s)
		}
	}
	slices.SortFunc(spans, func(a, b stretch) int {
		return cmp.Or(a.Start.Compare(b.Start), a.End.Compare(b.End))
	})
	joined := spans[:0]
	for _, s := range spans {
		if n := len(joined); n > 0 && s.Start.Before(joined[n-1].End) {
			joined[n-1].End = later(joined[n-1].End, s.End)
			joined[n-1].slow = joined[n-1].slow && s.slow
			continue
		}
		joined = append(joined, s)
	}
	return joined
}

// fast returns the runs of units that burn fast, across short holes.
func (b burning) fast() []opsreview.Window {
	var runs []opsreview.Window
	for _, u := range b.tally.segments {
		if u.Bad <= 0 || !b.burns(u.Total, u.Bad, fastRate) {
			continue
		}
		if n := len(runs); n > 0 && !u.Start.After(runs[n-1].End) {
			runs[n-1].End = u.End
			continue
		}
		runs = append(runs, opsreview.Window{Start: u.Start, End: u.End})
	}
	joined := runs[:0]
	for _, r := range runs {
		if n := len(joined); n > 0 && b.bridged(joined[n-1], r) {
			joined[n-1].End = r.End
			continue
		}
		joined = append(joined, r)
	}
	return slices.DeleteFunc(joined, func(r opsreview.Window) bool {
		return !atLeast(b.tally.within(r.Start, r.End).bad, b.least)
	})
}

// bridged reports whether two runs are one: the hole between them is short, and
// with it each still burns more than is sustainable. Where there is little
// traffic a single bad event makes a minute that burns fast, and the few that
// every healthy service has would otherwise be one episode that never ends.
func (b burning) bridged(r, next opsreview.Window) bool {
	if next.Start.Sub(r.End) > longHole {
		return false
	}
	before, after := b.tally.within(r.Start, next.Start), b.tally.within(r.End, next.End)
	return b.burns(before.total, before.bad, slowRate) && b.burns(after.total, after.bad, slowRate)
}

// An hour is what an hour of UTC holds beside fast burn.
type hour struct {
	start      time.Time
	total, bad float64
	burned     opsreview.Window // from the first to the last bad unit
}

// hours returns the hours of which something is known beside fast burn.
func (b burning) hours(fast []opsreview.Window) []hour {
	var all []hour
	for _, u := range b.tally.segments {
		for len(fast) > 0 && !fast[0].End.After(u.Start) {
			fast = fast[1:]
		}
		// The ends of fast burn are ends of units.
		if len(fast) > 0 && !u.Start.Before(fast[0].Start) {
			continue
		}
		for from := u.Start; from.Before(u.End); {
			start := from.Truncate(time.Hour)
			g, _ := part(u, from, earlier(start.Add(time.Hour), u.End))
			if n := len(all); n == 0 || !all[n-1].start.Equal(start) {
				all = append(all, hour{start: start})
			}
			all[len(all)-1].add(g)
			from = g.End
		}
	}
	return all
}

func (h *hour) add(g opsreview.Segment) {
	h.total += g.Total
	h.bad += g.Bad
	if g.Bad <= 0 {
		return
	}
	if h.burned.IsZero() {
		h.burned.Start = g.Start
	}
	h.burned.End = g.End
}

// A slowRun is hours on end that burn slowly.
type slowRun struct {
	hours  opsreview.Window
	burned opsreview.Window // from the first to the last bad unit
	bad    float64
}

func (b burning) slow(fast []opsreview.Window) []slowRun {
	var runs []slowRun
	for _, h := range b.hours(fast) {
		if h.bad <= 0 || !b.burns(h.total, h.bad, slowRate) {
			continue
		}
		end := h.start.Add(time.Hour)
		if n := len(runs); n > 0 && runs[n-1].hours.End.Equal(h.start) {
			runs[n-1].hours.End, runs[n-1].burned.End = end, h.burned.End
			runs[n-1].bad += h.bad
			continue
		}
		runs = append(runs, slowRun{hours: opsreview.Window{Start: h.start, End: end}, burned: h.burned, bad: h.bad})
	}
	return runs
}

// stretch returns the episode that slow burn makes: by itself, or with the fast
// burn that it touches if it reaches far beyond. What hangs on to fast burn for
// a shorter time makes none.
func (r slowRun) stretch(fast []opsreview.Window) (stretch, bool) {
	first := sort.Search(len(fast), func(i int) bool { return !fast[i].End.Before(r.hours.Start) })
	s := stretch{Window: r.burned, slow: true}
	beyond := r.burned.Duration()
	for _, f := range fast[first:] {
		if f.Start.After(r.hours.End) {
			break
		}
		s = stretch{Window: opsreview.Window{Start: earlier(s.Start, f.Start), End: later(s.End, f.End)}}
		beyond -= r.burned.Overlap(f.Start, f.End)
	}
	return s, s.slow || beyond >= slowLeast
}

// episodes finds the episodes of an SLO. Shares are of allowed.
func (b burning) episodes(s opsreview.SLO, allowed float64) []Episode {
	var all []Episode
	for _, st := range b.stretches() {
		sum := b.tally.within(st.Start, st.End)
		e := Episode{
			SLO: s.Name, Window: st.Window, Total: sum.total, Bad: sum.bad, Cost: ratio(sum.bad, allowed),
			Slow: st.slow, Gap: sum.gap > 0,
		}
		for _, u := range b.tally.of(st.Window) {
			e.Peak = max(e.Peak, b.rate(u.Total, u.Bad))
		}
		e.Significant = atLeast(e.Cost, significantOf(s))
		all = append(all, e)
	}
	return all
}

// significantOf is the share of the budget from which an SLO's episodes are
// significant.
func significantOf(s opsreview.SLO) float64 {
	if s.Significant > 0 {
		return s.Significant
	}
	return defaultSignificant
}
