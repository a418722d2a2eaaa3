package slo

import (
	"iter"
	"slices"
	"sort"
	"time"

	"opsreview"
)

// A piece is a stretch that lies within what is asked for. One that is
// corrected is taken out of the budget: it is no gap, and nothing of it counts.
type piece struct {
	opsreview.Segment
	corrected bool
}

// pieces yields what is known of w, in order and without overlap. Segments are
// cut at the ends of w and by corrections, and what they hold is shared out
// evenly over their length.
func pieces(s Series, w opsreview.Window) iter.Seq[piece] {
	out := corrected(s, w)
	return func(yield func(piece) bool) {
		done, next := w.Start, 0
		counted := func(g opsreview.Segment, until time.Time) bool {
			p, ok := part(g, later(done, g.Start), until)
			return !ok || yield(piece{Segment: p})
		}
		takenOut := func() bool {
			c := out[next]
			done, next = c.End, next+1
			return yield(piece{Segment: opsreview.Segment{SLO: s.SLO.Name, Start: c.Start, End: c.End}, corrected: true})
		}
		for _, g := range touching(s.Segments, w) {
			for next < len(out) && out[next].Start.Before(g.End) {
				if !counted(g, out[next].Start) || !takenOut() {
					return
				}
			}
			if !counted(g, earlier(g.End, w.End)) {
				return
			}
		}
		for next < len(out) && takenOut() { // where nothing is known
		}
	}
}

// touching returns the segments that have some time in common with w.
func touching(all []opsreview.Segment, w opsreview.Window) []opsreview.Segment {
	first := sort.Search(len(all), func(i int) bool { return all[i].End.After(w.Start) })
	rest := all[first:]
	end := sort.Search(len(rest), func(i int) bool { return !rest[i].Start.Before(w.End) })
	return rest[:end]
}

// corrected returns the parts of w that are taken out, in order and apart from
// one another.
func corrected(s Series, w opsreview.Window) []opsreview.Window {
	var all []opsreview.Window
	for _, c := range s.Corrections {
		if c.WithdrawnBy != "" || !c.WithdrawnAt.IsZero() || c.SLO != "" && c.SLO != s.SLO.Name {
			continue
		}
		cut := opsreview.Window{Start: later(c.Window.Start, w.Start), End: earlier(c.Window.End, w.End)}
		if cut.Start.Before(cut.End) {
			all = append(all, cut)
		}
	}
	slices.SortFunc(all, func(a, b opsreview.Window) int { return a.Start.Compare(b.Start) })
	joined := all[:0]
	for _, c := range all {
		if n := len(joined); n > 0 && !c.Start.After(joined[n-1].End) {
			joined[n-1].End = later(joined[n-1].End, c.End)
			continue
		}
		joined = append(joined, c)
	}
	return joined
}

// part returns what g holds from one instant to another, as if it were spread
// evenly. A restart cannot be divided: it stays with the beginning.
func part(g opsreview.Segment, from, to time.Time) (opsreview.Segment, bool) {
	if !from.Before(to) {
		return g, false
	}
	if from.Equal(g.Start) && to.Equal(g.End) {
		return g, true
	}
	if !from.Equal(g.Start) {
		g.Resets = 0
	}
	f := float64(to.Sub(from)) / float64(g.Length())
	if g.Covered == g.Length() {
		g.Covered = to.Sub(from)
	} else {
		g.Covered = min(time.Duration(float64(g.Covered)*f+0.5), to.Sub(from))
	}
	g.Start, g.End = from, to
	g.Total *= f
	g.Bad *= f
	g.GapBad *= f
	g.Excess *= f
	return g, true
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

func earlier(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}
