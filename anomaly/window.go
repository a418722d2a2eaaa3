package anomaly

import (
	"math"
	"slices"
	"time"
)

const (
	// slowWeight and lastingWeight are how much more than minutes hours and half
	// days of the same strangeness count.
	slowWeight, lastingWeight = 1.3, 1.6

	// apart is how much of usual must lie between two windows.
	apart = 3 * time.Hour

	// extends is the share of the threshold above which a window goes on.
	extends = 0.65

	// alike is the share of a window's peak from which another is like it. What
	// recurs counts as much as what does not: on labelled series a discount lost
	// more events than noise.
	alike = 0.7

	// sustained is how long a window must be to be more than a spike.
	sustained = time.Hour
)

// A stretch is a window by index: the half-open interval [start, end).
type stretch struct {
	start, end int
	peak       int
	score      float64
	like       int
}

// stretches finds where the score reaches threshold, and how far around it
// stays high.
func (m *model) stretches(threshold float64) []stretch {
	var found []stretch
	open := stretch{start: -1}
	for i := 0; i <= len(m.value); i++ {
		score := 0.0
		if i < len(m.scores) {
			score = m.scores[i]
		}
		if score >= extends*threshold {
			if open.start < 0 {
				open = stretch{start: i}
			}
			if score > open.score {
				open.peak, open.score = i, score
			}
			open.end = i + 1
			continue
		}
		if open.start >= 0 && open.score >= threshold {
			found = append(found, open)
		}
		open = stretch{start: -1}
	}
	return m.merged(found)
}

// merged joins stretches with too little of usual between them.
func (m *model) merged(found []stretch) []stretch {
	var all []stretch
	for _, f := range found {
		if n := len(all) - 1; n >= 0 && time.Duration(f.start-all[n].end)*m.Step < apart {
			all[n].end = f.end
			if f.score > all[n].score {
				all[n].peak, all[n].score = f.peak, f.score
			}
			continue
		}
		all = append(all, f)
	}
	return all
}

// likened counts for each stretch the others of the whole series that are like
// it: as strange, and in the same direction.
func (m *model) likened(found []stretch) []stretch {
	for i := range found {
		f := &found[i]
		for j, other := range found {
			if i != j && other.score >= alike*f.score && m.direction(other.peak) == m.direction(f.peak) {
				f.like++
			}
		}
	}
	return found
}

// direction is where the value at index i went.
func (m *model) direction(i int) Direction {
	if m.value[i] < m.usual(i) {
		return Down
	}
	return Up
}

// window says of f what the type promises, but for the words.
func (m *model) window(f stretch) Window {
	w := Window{
		Start: m.At(f.start), End: m.At(f.end), Ongoing: f.end > m.last,
		Kind: Spike, Direction: m.direction(f.peak),
		Peak: m.At(f.peak), Value: m.value[f.peak], Usual: m.usual(f.peak),
		Score: f.score, Like: f.like,
	}
	w.Low, w.High = w.Usual-m.stray(), w.Usual+m.stray()
	if w.End.Sub(w.Start) >= sustained {
		w.Kind = Sustained
	}
	w.Since, w.Record = m.since(f, w.Direction)
	return w
}

// since says how long before f no value was as high, or as low, as its most
// extreme one, and whether none at all is, before or after. Less than a day
// says nothing: the value is one of every day.
func (m *model) since(f stretch, d Direction) (time.Duration, bool) {
	sign := 1.0
	if d == Down {
		sign = -1
	}
	extreme := math.Inf(-1)
	for _, v := range m.value[f.start:f.end] {
		if !math.IsNaN(v) {
			extreme = max(extreme, sign*v)
		}
	}
	reaches := func(v float64) bool { return sign*v >= extreme }
	i := f.start - 1
	for i >= m.first && !reaches(m.value[i]) {
		i--
	}
	long := time.Duration(f.start-1-i) * m.Step
	if long < day {
		return 0, false
	}
	return long, i < m.first && !slices.ContainsFunc(m.value[f.end:], reaches)
}
