package slo_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"opsreview/slo"
)

func TestApportion(t *testing.T) {
	tests := map[string]struct {
		parts  []float64
		digits int
		want   []float64
	}{
		"thirds add up to the whole":         {[]float64{1. / 3, 1. / 3, 1. / 3}, 1, []float64{0.334, 0.333, 0.333}},
		"whole tenths stay as they are":      {[]float64{0.05, 0.103, 0}, 1, []float64{0.05, 0.103, 0}},
		"what lost the most gets the rest":   {[]float64{0.0104, 0.0108, 0.0104}, 1, []float64{0.011, 0.011, 0.010}},
		"nothing is made of nothing":         {[]float64{0, 0}, 1, []float64{0, 0}},
		"parts too small to show may vanish": {[]float64{0.0001, 0.0001}, 1, []float64{0, 0}},
		"no parts are no parts":              {nil, 1, []float64{}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			got := slo.Apportion(tt.parts, tt.digits)
			near := cmp.Comparer(func(a, b float64) bool { return a-b < 1e-9 && b-a < 1e-9 })
			if diff := cmp.Diff(tt.want, got, near); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}
