package review_test

import (
	"math"
	"math/big"
	"testing"
	"time"

	"opsreview"
	"opsreview/review"
)

// exact computes the test's p-value by summing the whole distribution in
// rational numbers. The times must be whole.
func exact(k1, t1, k2, t2 int64) float64 {
	n := k1 + k2
	weight := func(i int64) *big.Int { // C(n,i) t1^i t2^(n-i), an integer
		w := new(big.Int).Binomial(n, i)
		w.Mul(w, new(big.Int).Exp(big.NewInt(t1), big.NewInt(i), nil))
		return w.Mul(w, new(big.Int).Exp(big.NewInt(t2), big.NewInt(n-i), nil))
	}
	seen, sum := weight(k1), new(big.Int)
	for i := range n + 1 {
		if w := weight(i); w.Cmp(seen) <= 0 {
			sum.Add(sum, w)
		}
	}
	p, _ := new(big.Rat).SetFrac(sum, new(big.Int).Exp(big.NewInt(t1+t2), big.NewInt(n), nil)).Float64()
	return p
}

func TestRateTest_AgreesWithTheExactSum(t *testing.T) {
	for _, k1 := range []int64{0, 1, 2, 5, 11, 24, 31, 60, 137} {
		for _, k2 := range []int64{0, 1, 3, 7, 24, 31, 90, 250} {
			for _, times := range [][2]int64{{1, 1}, {1, 4}, {3, 7}, {167, 168}, {9, 1}} {
				want := exact(k1, times[0], k2, times[1])
				got := review.RateTest(int(k1), float64(times[0]), int(k2), float64(times[1]))
				if math.Abs(got-want) > 1e-9*want+1e-14 {
					t.Errorf("RateTest(%d, %d, %d, %d) = %.12g, want %.12g", k1, times[0], k2, times[1], got, want)
				}
			}
		}
	}
}

func TestRateTest_Golden(t *testing.T) {
	tests := map[string]struct {
		k1   int
		t1   float64
		k2   int
		t2   float64
		want float64
	}{
		"31 against 24 is within noise":   {31, 1, 24, 1, 0.418678},
		"R's own example of poisson.test": {11, 800, 21, 3011, 0.07967},
		"nothing happened":                {0, 1, 0, 1, 1},
		"no time":                         {3, 0, 4, 1, 1},
		"equal counts in equal times":     {10, 7, 10, 7, 1},
		"all on one side":                 {10, 1, 0, 1, math.Pow(2, -9)},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			if got := review.RateTest(tt.k1, tt.t1, tt.k2, tt.t2); math.Abs(got-tt.want) > 1e-3*tt.want {
				t.Errorf("p = %.6f, want %.6f", got, tt.want)
			}
		})
	}
}

func TestRateTest_IsAProbabilityAndSymmetric(t *testing.T) {
	for _, k := range [][2]int{{0, 5}, {1_000_000, 1_000_500}, {200_000, 100}, {3, 3_000_000}} {
		p := review.RateTest(k[0], 1, k[1], 1)
		if q := review.RateTest(k[1], 1, k[0], 1); math.IsNaN(p) || p < 0 || p > 1 || math.Abs(p-q) > 1e-9 {
			t.Errorf("RateTest of %v = %v, the other way round %v", k, p, q)
		}
	}
}

func TestPrepare_Change(t *testing.T) {
	start := week().Start
	series := func(n int, from time.Time, step time.Duration) []opsreview.Page {
		var pages []opsreview.Page
		for i := range n {
			p := page(from.Format("0102")+string(rune('a'+i/26))+string(rune('a'+i%26)), from.Add(time.Duration(i)*step))
			pages = append(pages, p)
		}
		return pages
	}
	lastWeek := start.AddDate(0, 0, -7)
	tests := map[string]struct {
		pages  []opsreview.Page
		change func(*review.Input)
		known  bool
		want   string
	}{
		"a small difference is within noise": {
			pages: append(series(31, start, time.Hour), series(24, lastWeek, time.Hour)...), known: true,
			want: "31 pages, 24 in the week before: within noise (p 0.42)",
		},
		"a large one is not": {
			pages: append(series(31, start, time.Hour), series(9, lastWeek, time.Hour)...), known: true,
			want: "31 pages, 9 in the week before: more than chance explains (p < 0.001)",
		},
		"fewer may be more than chance too": {
			pages: append(series(9, start, time.Hour), series(24, lastWeek, time.Hour)...), known: true,
			want: "9 pages, 24 in the week before: fewer than chance explains (p 0.014)",
		},
		"two quiet weeks": {known: true, want: "0 pages, 0 in the week before: within noise (p 1.00)"},
		"history that does not reach back is not compared with": {
			pages: series(3, start, time.Hour), change: func(in *review.Input) { in.DataSince = lastWeek.Add(time.Hour) },
			want: "not compared with the week before: the stored history begins Mon 2 Nov 2026",
		},
		"no history": {change: func(in *review.Input) { in.DataSince = time.Time{} }, want: "not compared: there is no stored history"},
		"a week that is not over is compared by its rate": {
			pages:  append(series(3, start, time.Hour), series(14, lastWeek, time.Hour)...),
			change: func(in *review.Input) { in.Now = start.Add(84 * time.Hour) }, known: true,
			want: "3 pages so far, 7 in as much time of the week before: within noise (p 0.21)",
		},
		"a fortnight has its own name": {
			pages:  series(1, start, time.Hour),
			change: func(in *review.Input) { in.Window.Start = in.Window.Start.AddDate(0, 0, -7) }, known: true,
			want: "1 page, 0 in the 14 days before: within noise (p 1.00)",
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			in := input(org(), everybody(), tt.pages...)
			if tt.change != nil {
				tt.change(&in)
			}
			c := review.Prepare(in).Headline.Previous
			if c.Known != tt.known || c.Text != tt.want {
				t.Errorf("known %v: %s\nwant  %v: %s", c.Known, c.Text, tt.known, tt.want)
			}
		})
	}
}

func TestPrepare_BaselineAcrossAChangeOfClocksIsFourLocalWeeks(t *testing.T) {
	berlin := zone(t, "Europe/Berlin")
	start := time.Date(2026, 11, 9, 0, 0, 0, 0, berlin)
	in := input(org(), everybody(), page("P1", start.AddDate(0, 0, -28)), page("P2", start.AddDate(0, 0, -28).Add(-time.Second)))
	in.Zone, in.Window = berlin, opsreview.Window{Start: start, End: start.AddDate(0, 0, 7)}
	b := review.Prepare(in).Headline.Baseline
	if !b.Window.Start.Equal(time.Date(2026, 10, 12, 0, 0, 0, 0, berlin)) || b.Pages != 1 {
		t.Errorf("baseline = %+v, want one page from 12 October on", b)
	}
	if want := "0 pages, 0.2 a week in the 4 weeks before: within noise (p 1.00)"; b.Text != want {
		t.Errorf("text = %s, want %s", b.Text, want)
	}
}

// zone loads a time zone.
func zone(t testing.TB, name string) *time.Location {
	t.Helper()
	z, err := time.LoadLocation(name)
	if err != nil {
		t.Fatal(err)
	}
	return z
}
