package main

import (
	"math"
	"math/cmplx"
)

// spectral is the spectral residual: what the logarithm of a series' spectrum
// has beyond its own average, turned back into a series, relative to the
// average of the points before.
func spectral(l labelled) []float64 {
	const around, before = 3, 21
	n := len(l.series.Values)
	size := 1
	for size < n {
		size *= 2
	}
	x := make([]complex128, size)
	last := medianOf(l.series.Values)
	for i := range x {
		if i < n && !math.IsNaN(l.series.Values[i]) {
			last = l.series.Values[i]
		}
		x[i] = complex(last, 0)
	}
	transform(x, false)
	logs := make([]float64, size)
	for i, c := range x {
		logs[i] = math.Log(cmplx.Abs(c) + 1e-9)
	}
	for i, c := range x {
		sum, k := 0.0, 0.0
		for j := max(i-around/2, 0); j <= min(i+around/2, size-1); j++ {
			sum += logs[j]
			k++
		}
		x[i] = cmplx.Rect(math.Exp(logs[i]-sum/k), cmplx.Phase(c))
	}
	transform(x, true)
	scores := make([]float64, n)
	sum := 0.0
	for i := range scores {
		s := cmplx.Abs(x[i])
		if k := min(i, before); k > 0 && sum > 0 {
			mean := sum / float64(k)
			scores[i] = (s - mean) / mean
		}
		sum += s
		if i >= before {
			sum -= cmplx.Abs(x[i-before])
		}
	}
	return scores
}

// transform is the discrete Fourier transform in place, or its inverse. The
// number of points must be a power of two.
func transform(x []complex128, inverse bool) {
	n := len(x)
	if n < 2 {
		return
	}
	even, odd := make([]complex128, n/2), make([]complex128, n/2)
	for i := range even {
		even[i], odd[i] = x[2*i], x[2*i+1]
	}
	transform(even, inverse)
	transform(odd, inverse)
	sign, scale := -1.0, complex(1, 0)
	if inverse {
		sign, scale = 1, .5
	}
	for i := range even {
		turn := cmplx.Rect(1, sign*2*math.Pi*float64(i)/float64(n)) * odd[i]
		x[i], x[i+n/2] = scale*(even[i]+turn), scale*(even[i]-turn)
	}
}
