package slo

import (
	"iter"
	"math"
	"slices"
	"time"

	"opsreview"
)

// tolerance is by how much a ratio may miss a bound before it has missed it:
// 99 good of 100 are 99 %, whatever the last bit of the division says.
const tolerance = 1e-9

// units returns what is known of w in the units of the objective's budget, in
// order, without overlap and within w.
//
// For Occurrences a unit is an event. For the other methods it is a slice of
// time that begins at a multiple of its length: Total is the number of slices
// that the segment stands for, and Bad how many of them are bad, or the sum of
// their ratios. Slices that are unknown are left out. A slice that an end of w
// cuts is judged as a whole, by all that the series knows of it, and the part of
// it within w counts. Excess stays in events.
//
// Time that corrections take out is missing among events. A slice is judged by
// what they leave of it, and is good if that is nothing.
func units(s Series, o opsreview.Objective, w opsreview.Window) []opsreview.Segment {
	return slices.AppendSeq(make([]opsreview.Segment, 0, len(touching(s.Segments, w))), eachUnit(s, o, w))
}

// eachUnit yields units without keeping them.
func eachUnit(s Series, o opsreview.Objective, w opsreview.Window) iter.Seq[opsreview.Segment] {
	if o.Method == opsreview.Timeslices || o.Method == opsreview.RatioTimeslices {
		return func(yield func(opsreview.Segment) bool) {
			c := slicer{name: s.SLO.Name, o: o, min: s.SLO.MinTotal, length: sliceOf(o), w: w, yield: yield}
			c.run(s)
		}
	}
	return func(yield func(opsreview.Segment) bool) {
		for p := range pieces(s, w) {
			if !p.corrected && !yield(p.Segment) {
				return
			}
		}
	}
}

// sliceOf is the length of the objective's slices, which a document may leave
// out.
func sliceOf(o opsreview.Objective) time.Duration {
	if o.Slice <= 0 {
		return time.Minute
	}
	return o.Slice
}

// A slicer turns pieces into slices. It gathers the pieces of the slice that it
// is in; of a piece that is longer than slices, those wholly within it are all
// alike and are judged together.
type slicer struct {
	name   string
	o      opsreview.Objective
	min    float64
	length time.Duration
	w      opsreview.Window
	yield  func(opsreview.Segment) bool
	full   bool // nobody wants more

	sum     opsreview.Segment // of the slice that is being gathered; its Start is zero if none is
	removed time.Duration     // of it, by corrections
}

// run slices the series. Slices at the ends of the window are gathered whole.
func (c *slicer) run(s Series) {
	whole := opsreview.Window{Start: c.w.Start.Truncate(c.length), End: c.w.End.Truncate(c.length)}
	if whole.End.Before(c.w.End) {
		whole.End = whole.End.Add(c.length)
	}
	for p := range pieces(s, whole) {
		c.add(p)
		if c.full {
			return
		}
	}
	c.flush()
}

func (c *slicer) add(p piece) {
	for from := p.Start; from.Before(p.End); {
		start := from.Truncate(c.length)
		to := earlier(start.Add(c.length), p.End)
		if many := p.End.Sub(from) / c.length; many > 1 && start.Equal(from) {
			to = from.Add(many * c.length)
		}
		g, _ := part(p.Segment, from, to)
		if !start.Equal(c.sum.Start) {
			c.flush()
			c.sum = opsreview.Segment{SLO: c.name, Start: start, End: later(to, start.Add(c.length))}
		}
		c.gather(g, p.corrected)
		from = to
	}
}

func (c *slicer) gather(g opsreview.Segment, corrected bool) {
	if corrected {
		c.removed += g.Length()
		return
	}
	c.sum.Total += g.Total
	c.sum.Bad += g.Bad
	c.sum.Covered += g.Covered
	c.sum.GapBad += g.GapBad
	c.sum.Excess += g.Excess
	c.sum.Resets += g.Resets
}

// flush yields the slice that was gathered, or the run of slices, as far as it
// lies within the window.
func (c *slicer) flush() {
	g, removed := c.sum, c.removed
	c.sum, c.removed = opsreview.Segment{}, 0
	if g.Start.IsZero() || c.full {
		return
	}
	g.Covered += removed
	share, known := c.judge(g, removed)
	if !known {
		return
	}
	inGaps, covered := ratio(g.GapBad, g.Bad), g.Covered
	g, ok := part(g, later(g.Start, c.w.Start), earlier(g.End, c.w.End))
	if !ok {
		return
	}
	g.Covered = min(covered, g.Length())
	g.Total = float64(g.Length()) / float64(c.length)
	g.Bad = share * g.Total
	g.GapBad = inGaps * g.Bad
	c.full = !c.yield(g)
}

// judge says what share of a slice, or of a run of slices that are all alike, is
// bad, or that nobody knows.
func (c *slicer) judge(g opsreview.Segment, removed time.Duration) (share float64, known bool) {
	least := c.min * float64(g.Length()) / float64(c.length)
	switch {
	case g.Total <= 0:
		return 0, 2*g.Covered >= g.Length()
	case g.Total < least*(1-tolerance):
		return 0, removed > 0
	case c.o.Method == opsreview.RatioTimeslices:
		return ratio(g.Bad, g.Total), true
	case g.Bad > g.Total*(1-c.o.SliceTarget+tolerance):
		return 1, true
	}
	return 0, true
}

// ratio is a ÷ b, or 0 where that is no number.
func ratio(a, b float64) float64 {
	if b <= 0 {
		return 0
	}
	if r := a / b; !math.IsInf(r, 0) && !math.IsNaN(r) {
		return r
	}
	return 0
}
