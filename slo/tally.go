package slo

import (
	"sort"
	"time"

	"opsreview"
)

// A count is what adds up of segments.
type count struct {
	total, bad, gap float64
	covered         time.Duration
}

func (c count) minus(d count) count {
	return count{total: c.total - d.total, bad: c.bad - d.bad, gap: c.gap - d.gap, covered: c.covered - d.covered}
}

// A tally answers what was counted between any two instants in a few steps,
// from the sum of all that was counted before each segment. What it answers for
// stretches that tile adds up to the answer for the whole.
type tally struct {
	segments []opsreview.Segment // in order, without overlap
	before   []count             // before[i] is the sum of segments[:i]
}

func tallyOf(segments []opsreview.Segment) tally {
	t := tally{segments: segments, before: make([]count, len(segments)+1)}
	for i, g := range segments {
		b := t.before[i]
		t.before[i+1] = count{
			total: b.total + g.Total, bad: b.bad + g.Bad, gap: b.gap + g.GapBad, covered: b.covered + g.Covered,
		}
	}
	return t
}

// until is what was counted before an instant. Of a segment that the instant
// cuts, the part counts that lies before it.
func (t tally) until(at time.Time) count {
	i := sort.Search(len(t.segments), func(i int) bool { return t.segments[i].End.After(at) })
	sum := t.before[i]
	if i == len(t.segments) || !t.segments[i].Start.Before(at) {
		return sum
	}
	g, _ := part(t.segments[i], t.segments[i].Start, at)
	return count{total: sum.total + g.Total, bad: sum.bad + g.Bad, gap: sum.gap + g.GapBad, covered: sum.covered + g.Covered}
}

// within is what was counted in a stretch; nothing in one that ends before it
// begins.
func (t tally) within(start, end time.Time) count {
	if !start.Before(end) {
		return count{}
	}
	return t.until(end).minus(t.until(start))
}

// of returns the segments that lie in a stretch whose ends cut none.
func (t tally) of(w opsreview.Window) []opsreview.Segment { return touching(t.segments, w) }
