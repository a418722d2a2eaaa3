package slo

import (
	"cmp"
	"math"
	"slices"
)

// Apportion rounds shares to so many digits of a percent, so that they add up
// to their sum, which is rounded to the same: the units that rounding down
// leaves over go to the shares that have lost the most (Hamilton's method). A
// reader who adds up what is shown gets what is shown.
func Apportion(shares []float64, digits int) []float64 {
	scale := math.Pow10(digits + 2)
	rounded, order := make([]float64, len(shares)), make([]int, len(shares))
	whole, sum := 0.0, 0.0
	for i, s := range shares {
		rounded[i], order[i] = math.Floor(s*scale+1e-9), i
		whole, sum = whole+s*scale, sum+rounded[i]
	}
	lost := func(i int) float64 { return shares[i]*scale - rounded[i] }
	slices.SortStableFunc(order, func(i, j int) int { return cmp.Compare(lost(j), lost(i)) })
	for _, i := range order[:min(len(order), max(0, int(math.Round(whole)-sum)))] {
		rounded[i]++
	}
	for i := range rounded {
		rounded[i] /= scale
	}
	return rounded
}
