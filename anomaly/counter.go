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
		return rates(values, s.Step)
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
