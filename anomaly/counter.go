package anomaly

import (
	"math"
	"time"
)

// absurd bounds what is taken for a measurement: infinities and sums of
// sentinels are beyond it, and the square of what is below it is a number.
const absurd = 1e100

// measured returns the values that s is about: NaN where there is nothing
// sensible, differences per second if it is a counter.
func (s Series) measured() []float64 {
	values := make([]float64, len(s.Values))
	for i, v := range s.Values {
		values[i] = v
		if math.Abs(v) > absurd {
			values[i] = math.NaN()
		}
	}
	if s.Counter {
		rates := rates(values, s.Step)
		if c, ok := cadenceOf(values); ok {
			c.smooth(rates, values, s.Step)
		}
		return rates
	}
	return values
}

// rates turns what a counter showed into what it counted per second since the
// last time it was known. Across a reset nobody knows what was counted before
// it, so nothing is known rather than a dip that was none.
func rates(counts []float64, step time.Duration) []float64 {
	rates := make([]float64, len(counts))
	last := -1
	for i, c := range counts {
		rates[i] = math.NaN()
		if math.IsNaN(c) {
			continue
		}
		if last >= 0 && c >= counts[last] {
			rates[i] = (c - counts[last]) / (float64(i-last) * step.Seconds())
		}
		last = i
	}
	return rates
}

const (
	longestCadence = 60   // steps between two samples of a counter
	cadenceChanges = 50   // changes that show a cadence
	cadenceShare   = 0.95 // of them that keep to it
	cadenceMean    = 1.25 // steps between them; less is jitter
)

// A cadence is how often a counter was sampled that is read more often: between
// two samples its value repeats, though it counts on.
type cadence struct {
	least int     // steps between two samples, or one more
	mean  float64 // steps between two samples
}

// cadenceOf finds how often a counter was sampled. It reports false where values
// repeat seldom, or not regularly: then nothing was counted.
func cadenceOf(counts []float64) (cadence, bool) {
	var lasted [longestCadence + 2]int // changes by the steps since the one before
	changes, last := 0, -1
	for i := 1; i < len(counts); i++ {
		switch {
		case math.IsNaN(counts[i]) || math.IsNaN(counts[i-1]):
			last = -1
		case counts[i] != counts[i-1]:
			if last >= 0 {
				changes++
				lasted[min(i-last, len(lasted)-1)]++
			}
			last = i
		}
	}
	c, most := cadence{}, 0
	for least := 1; least < longestCadence; least++ {
		if n := lasted[least] + lasted[least+1]; n > 0 && n >= most {
			most = n
			c = cadence{least, float64(least) + float64(lasted[least+1])/float64(n)}
		}
	}
	return c, changes >= cadenceChanges && float64(most) >= cadenceShare*float64(changes) && c.mean >= cadenceMean
}

// smooth spreads what each sample counted over the steps since the sample before
// it. What stays the same for longer counted nothing.
func (c cadence) smooth(rates, counts []float64, step time.Duration) {
	last, whole := -1, false // since when the value stands, and whether it changed then
	for i, v := range counts {
		switch {
		case math.IsNaN(v):
			c.stand(rates, last, i)
			last = -1
		case last < 0:
			last, whole = i, false
		case v != counts[last]:
			c.stand(rates, last, i)
			n, counted := c.since(i-last, whole)
			rate := (v - counts[last]) / (counted * step.Seconds())
			if v < counts[last] {
				rate = math.NaN()
			}
			for j := i - n + 1; j <= i; j++ {
				rates[j] = rate
			}
			last, whole = i, true
		}
	}
	c.stand(rates, last, len(counts))
}

// stand is about the steps after last and before end, in which the value stood:
// whether it counted shows only when it stood for longer than a sample lasts.
func (c cadence) stand(rates []float64, last, end int) {
	if last < 0 || end-last > c.least+1 {
		return // They are known to be nothing.
	}
	for i := last + 1; i < end; i++ {
		rates[i] = math.NaN()
	}
}

// since returns over how many steps a change is spread that came so many steps
// after the one before, and in how many it was counted. A sample that was missed
// is no pause. Unless whole, it is not known when the one before came.
func (c cadence) since(steps int, whole bool) (spread int, counted float64) {
	switch {
	case steps == c.least || steps == c.least+1 || !whole && steps < c.least:
		return steps, c.mean
	case steps <= 2*(c.least+1):
		return steps, float64(steps)
	}
	return c.least, c.mean
}
