package main

import (
	"math"
	"testing"
)

func TestSTL(t *testing.T) {
	const period, n, odd = 24, 24 * 20, 100
	values := make([]float64, n)
	for i := range values {
		values[i] = 5*math.Sin(2*math.Pi*float64(i)/period) + .01*float64(i) + .3*math.Sin(float64(i*i))
	}
	values[odd] += 8
	values[odd+50] = math.NaN()
	for i, r := range stl(values, period) {
		want := 0.0
		if i == odd {
			want = 8
		}
		if (i == odd+50) != math.IsNaN(r) || math.Abs(r-want) > .8 {
			t.Errorf("at %d season and trend leave %g, want %g", i, r, want)
		}
	}
}

func TestSTL_NothingKnown(t *testing.T) {
	for _, r := range stl([]float64{math.NaN(), math.NaN(), math.NaN()}, 2) {
		if !math.IsNaN(r) {
			t.Errorf("nothing leaves %g", r)
		}
	}
}
