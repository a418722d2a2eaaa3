package anomaly

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

var nan = math.NaN()

func TestRollingMedian(t *testing.T) {
	tests := map[string]struct {
		values []float64
		half   int
		want   []float64
	}{
		"nothing has no medians":                        {nil, 3, []float64{}},
		"one value is its own":                          {[]float64{7}, 3, []float64{7}},
		"a half of nothing is the values themselves":    {[]float64{3, 1, 2}, 0, []float64{3, 1, 2}},
		"at the ends there are fewer":                   {[]float64{1, 5, 2, 9, 4}, 1, []float64{3, 2, 5, 4, 6.5}},
		"a spike moves no median":                       {[]float64{1, 1, 99, 1, 1}, 1, []float64{1, 1, 1, 1, 1}},
		"gaps are left out":                             {[]float64{1, nan, 3, nan, nan}, 1, []float64{1, 2, 3, 3, nan}},
		"nothing known has no median":                   {[]float64{nan, nan}, 1, []float64{nan, nan}},
		"a half longer than the values takes all":       {[]float64{1, 2, 6}, 99, []float64{2, 2, 2}},
		"negative values sort below positive ones":      {[]float64{-3, 2, -1}, 9, []float64{-1, -1, -1}},
		"both zeros are one":                            {[]float64{0, math.Copysign(0, -1), 0}, 9, []float64{0, 0, 0}},
		"the middle of two great values is between":     {[]float64{1e308, 1.5e308}, 9, []float64{1.25e308, 1.25e308}},
		"what is equal counts as often as it is there":  {[]float64{2, 2, 2, 5}, 9, []float64{2, 2, 2, 2}},
		"the middle of many equal ones and one is them": {[]float64{5, 2, 5, 5, 5}, 1, []float64{3.5, 5, 5, 5, 5}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(tt.want, rollingMedian(tt.values, tt.half), cmpopts.EquateNaNs()); diff != "" {
				t.Errorf("medians (-want +got):\n%s", diff)
			}
		})
	}
}

// The set of bits has three levels, which a series must be long and a window
// sparse to reach.
func TestRollingMedian_IsWhatSortingFinds(t *testing.T) {
	chance := rand.New(rand.NewPCG(1, 2))
	for _, n := range []int{1, 2, 63, 64, 65, 500, 5000} {
		for _, half := range []int{0, 1, 7, 100} {
			values := make([]float64, n)
			for i := range values {
				switch chance.IntN(4) {
				case 0:
					values[i] = nan
				case 1:
					values[i] = float64(chance.IntN(5))
				default:
					values[i] = chance.NormFloat64() * 1000
				}
			}
			got := rollingMedian(values, half)
			for i := range values {
				want := bySorting(values[max(i-half, 0):min(i+half+1, n)])
				if got[i] != want && !(math.IsNaN(got[i]) && math.IsNaN(want)) {
					t.Fatalf("of %d values, half %d: median %d is %g, want %g", n, half, i, got[i], want)
				}
			}
		}
	}
}

// Far apart neighbours make the cursor climb to the top of the set of bits.
func TestMedianSet_FindsNeighboursFarApart(t *testing.T) {
	const n = 600_000
	values := make([]float64, n)
	for i := range values {
		values[i] = float64(i)
	}
	s := newMedianSet(rank(values))
	in := []int{0, 5, 64, 4095, 4096, 262_143, 262_144, 262_200, 500_000, 599_999}
	for k, i := range in {
		s.add(i)
		if got, want := s.median(), bySorting(floats(in[:k+1])); got != want {
			t.Errorf("with %v: median %g, want %g", in[:k+1], got, want)
		}
	}
	for k, i := range in[:len(in)-1] {
		s.remove(i)
		if got, want := s.median(), bySorting(floats(in[k+1:])); got != want {
			t.Errorf("with %v: median %g, want %g", in[k+1:], got, want)
		}
	}
	s.remove(in[len(in)-1])
	if !math.IsNaN(s.median()) {
		t.Errorf("an empty set has the median %g", s.median())
	}
}

// floats are values that stand at their own index.
func floats(indices []int) []float64 {
	var values []float64
	for _, i := range indices {
		values = append(values, float64(i))
	}
	return values
}

func bySorting(values []float64) float64 {
	var known []float64
	for _, v := range values {
		if !math.IsNaN(v) {
			known = append(known, v)
		}
	}
	if len(known) == 0 {
		return nan
	}
	slices.Sort(known)
	return known[(len(known)-1)/2]/2 + known[len(known)/2]/2
}

func TestMedian_LeavesValuesAsTheyAre(t *testing.T) {
	values := []float64{3, nan, 1, 2, 9}
	if got := median(values); got != 2.5 {
		t.Errorf("median %g, want 2.5", got)
	}
	if diff := cmp.Diff([]float64{3, nan, 1, 2, 9}, values, cmpopts.EquateNaNs()); diff != "" {
		t.Errorf("values changed:\n%s", diff)
	}
}

func TestLowest_IsWhatSortingFinds(t *testing.T) {
	chance := rand.New(rand.NewPCG(3, 4))
	for range 300 {
		values := make([]float64, 1+chance.IntN(60))
		for i := range values {
			values[i] = float64(chance.IntN(20))
		}
		k := chance.IntN(len(values))
		want := slices.Sorted(slices.Values(values))
		lowest(values, k)
		if values[k] != want[k] || k > 0 && slices.Max(values[:k]) > values[k] || slices.Min(values[k:]) < values[k] {
			t.Fatalf("the lowest %d are not in front: %v", k, values)
		}
	}
}
