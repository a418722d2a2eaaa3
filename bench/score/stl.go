package main

import (
	"math"
	"slices"
)

// decomposedESD is hybridESD of what a robust decomposition into season, trend
// and rest leaves.
func decomposedESD(l labelled) []float64 {
	const alpha, share = .05, .02
	left := stl(l.series.Values, slotsOf(l))
	return esd(left, alpha, int(share*float64(len(knownOf(left)))))
}

// stl returns what season and trend leave of values, after Cleveland, Cleveland,
// McRae and Terpenning, "STL: A Seasonal-Trend Decomposition Procedure Based on
// Loess", Journal of Official Statistics 6 (1990): a periodic season, a trend by
// loess over one and a half periods, two rounds inside and three outside, in
// which values that do not fit weigh less.
func stl(values []float64, period int) []float64 {
	const inner, outer = 2, 3
	n := len(values)
	trend, rest := make([]float64, n), slices.Clone(values)
	weights := make([]float64, n)
	for i, v := range values {
		if !math.IsNaN(v) {
			weights[i] = 1
		}
	}
	span := period + period/2 | 1
	for range outer {
		var season []float64
		for range inner {
			season = seasonOf(values, trend, weights, period)
			trend = loess(func(i int) float64 { return values[i] - season[i%period] }, weights, span)
		}
		for i, v := range values {
			rest[i] = v - season[i%period] - trend[i]
		}
		weights = bisquare(rest)
	}
	return rest
}

// seasonOf is the weighted mean of each slot of the period of what the trend
// leaves, less the mean of all slots.
func seasonOf(values, trend, weights []float64, period int) []float64 {
	season := make([]float64, period)
	mean := 0.0
	for k := range season {
		sum, n := 0.0, 0.0
		for i := k; i < len(values); i += period {
			if weights[i] > 0 {
				sum += weights[i] * (values[i] - trend[i])
				n += weights[i]
			}
		}
		if n > 0 {
			season[k] = sum / n
		}
		mean += season[k] / float64(period)
	}
	for k := range season {
		season[k] -= mean
	}
	return season
}

// loess smooths values with weights by lines through the points of a span
// around each, of which near ones weigh more. It is computed at 48 points of a
// span and drawn straight in between.
func loess(value func(int) float64, weights []float64, span int) []float64 {
	n := len(weights)
	smooth := make([]float64, n)
	every := max(span/48, 1)
	last := -1
	for i := 0; i < n; i++ {
		if i%every != 0 && i != n-1 {
			continue
		}
		smooth[i] = lineAt(value, weights, i, span/2)
		for j := last + 1; last >= 0 && j < i; j++ {
			share := float64(j-last) / float64(i-last)
			smooth[j] = (1-share)*smooth[last] + share*smooth[i]
		}
		last = i
	}
	return smooth
}

// lineAt is the value at index i of the weighted line through the points at most
// half away. Near an end the points of the whole span count, as many as in the
// middle.
func lineAt(value func(int) float64, weights []float64, i, half int) float64 {
	lo, hi := max(i-half, 0), min(i+half, len(weights)-1)
	lo, hi = min(lo, max(hi-2*half, 0)), max(hi, min(lo+2*half, len(weights)-1))
	far := float64(max(i-lo, hi-i)) + 1
	var w, x, y, xx, xy float64
	for j := lo; j <= hi; j++ {
		if weights[j] == 0 {
			continue
		}
		d := float64(j-i) / far
		t := 1 - math.Abs(d*d*d)
		t = t * t * t * weights[j]
		v := value(j)
		w, x, y, xx, xy = w+t, x+t*d, y+t*v, xx+t*d*d, xy+t*d*v
	}
	if w == 0 {
		return 0
	}
	if det := w*xx - x*x; det > 1e-9*w*w {
		return (y*xx - x*xy) / det
	}
	return y / w
}

// bisquare weighs down what is far from zero, beyond six median distances to
// nothing.
func bisquare(rest []float64) []float64 {
	bound := 6 * medianOf(distances(rest, func(int) float64 { return 0 }, 1))
	weights := make([]float64, len(rest))
	for i, r := range rest {
		switch {
		case math.IsNaN(r):
		case bound == 0:
			weights[i] = 1
		default:
			u := min(math.Abs(r)/bound, 1)
			weights[i] = (1 - u*u) * (1 - u*u)
		}
	}
	return weights
}
