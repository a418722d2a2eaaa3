package file

import (
	"cmp"
	"math"
	"slices"
	"time"

	"opsreview"
)

// dayMillis is a day in milliseconds.
const dayMillis = 24 * 60 * 60 * 1000

// A grid is where the values of a series are kept: at the multiples of a step of
// whole seconds that divides a day. Phase is how much later than those its
// samples were usually taken.
type grid struct{ step, phase int64 } // milliseconds

// gridOf returns the grid of samples that are in the order of time. Its step is
// their own usual one. Where that does not fit them, as of a series with many
// gaps, or where there is a single one, it is the file's.
func gridOf(samples []sample, usual int64) grid {
	var gaps []int64
	for i := 1; i < len(samples); i++ {
		if gap := samples[i].at - samples[i-1].at; gap > 0 {
			gaps = append(gaps, gap)
		}
	}
	g := gridAt(samples[0].at, cmp.Or(usualStep(gaps), usual, time.Minute.Milliseconds()))
	if usual > 0 && usual < g.step && !g.fits(samples, usual) {
		g = gridAt(samples[0].at, usual)
	}
	return g
}

func gridAt(first, step int64) grid {
	// Samples are taken a little before or after a multiple, or between two, and
	// hardly ever about three quarters behind one: there the phase is cut.
	phase := mod(first, step)
	if phase >= step-step/4 {
		phase -= step
	}
	return grid{step: step, phase: phase}
}

// fits reports whether samples of different times have different places, which
// are hardly farther from them than those of a finer step would be.
func (g grid) fits(samples []sample, finer int64) bool {
	for i, s := range samples {
		cell := g.cell(s.at)
		if far := s.at - g.phase - cell; max(far, -far) > finer/2 {
			return false
		}
		if i > 0 && samples[i-1].at != s.at && g.cell(samples[i-1].at) == cell {
			return false
		}
	}
	return true
}

// usualStep returns the step that the median of some gaps makes, 0 if there are
// none. It sorts the gaps.
func usualStep(gaps []int64) int64 {
	if len(gaps) == 0 {
		return 0
	}
	slices.Sort(gaps)
	return dividing(gaps[len(gaps)/2])
}

// commonSteps are steps in seconds that people choose. A gap that is off one of
// them by a twenty-fifth at most is that with jitter.
var commonSteps = []int64{1, 5, 10, 15, 20, 30, 60, 120, 180, 300, 600, 900, 1200, 1800, 3600, 7200, 10800, 14400, 21600, 43200, 86400}

// dividing returns the step that a gap means: a common one, or else the longest
// that is not longer than the gap and divides a day.
func dividing(gap int64) int64 {
	for _, step := range commonSteps {
		if off := gap - 1000*step; max(off, -off) <= 40*step {
			return 1000 * step
		}
	}
	seconds := min(max(gap/1000, 1), dayMillis/1000)
	for dayMillis/1000%seconds != 0 {
		seconds--
	}
	return seconds * 1000
}

// cell returns the multiple of the step to which a time belongs.
func (g grid) cell(at int64) int64 {
	near := at - g.phase + g.step/2
	return near - mod(near, g.step)
}

// mod is the remainder that is never negative.
func mod(a, b int64) int64 { return ((a % b) + b) % b }

// longestHole is how many steps without a value are written as such. Across
// longer ones values are apart.
const longestHole = 60

// runs are values of a series in the order of time.
type runs struct {
	key    string
	step   int64
	points []opsreview.Points
}

func newRuns(key string, step int64) *runs { return &runs{key: key, step: step} }

// mostRun is how many values a run has at most.
const mostRun = 100_000

// add adds a value, which must be later than those before.
func (r *runs) add(at int64, v float64) {
	if n := len(r.points); n > 0 {
		p := &r.points[n-1]
		hole := (at - p.End().UnixMilli()) / r.step
		if hole <= longestHole && len(p.Values) < mostRun {
			for range hole {
				p.Values = append(p.Values, math.NaN())
			}
			p.Values = append(p.Values, v)
			return
		}
	}
	r.points = append(r.points, opsreview.Points{
		Series: r.key, Start: time.UnixMilli(at).UTC(), Step: time.Duration(r.step) * time.Millisecond, Values: []float64{v},
	})
}
