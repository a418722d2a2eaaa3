package anomaly

import (
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// A stain changes the values of a calm world, by hours from its start.
type stain struct {
	from, to float64
	change   func(float64) float64
}

func (p stain) into(s Series) {
	at := func(hours float64) int { return int(time.Duration(hours*float64(time.Hour)) / s.Step) }
	for i := at(p.from); i < at(p.to); i++ {
		s.Values[i] = p.change(s.Values[i])
	}
}

func by(factor float64) func(float64) float64 {
	return func(v float64) float64 { return v * factor }
}

func more(than float64) func(float64) float64 {
	return func(v float64) float64 { return v + than }
}

// fortnight is the part under review of a calm world of six weeks.
func fortnight(s Series) (from, to time.Time) { return s.End().Add(-2 * week), s.End() }

// A gist is what these tests say of a window.
type gist struct {
	Kind      Kind
	Direction Direction
	Start     string // hours from the start of the series
	Long      string
	Ongoing   bool
	Record    bool
	Like      int
}

func gists(s Series, windows []Window) []gist {
	var all []gist
	for _, w := range windows {
		all = append(all, gist{w.Kind, w.Direction, w.Start.Sub(s.Start).String(), w.End.Sub(w.Start).String(), w.Ongoing, w.Record, w.Like})
	}
	return all
}

func TestDetect(t *testing.T) {
	const review = 4 * 7 * 24 // hours from the start
	tests := map[string]struct {
		world  world
		stains []stain
		want   []gist
	}{
		"a calm series has no windows": {},
		"ten minutes of thrice the usual are a spike up": {
			stains: []stain{{review + 30, review + 30 + 1./6, by(3)}},
			want:   []gist{{Kind: Spike, Direction: Up, Start: "702h0m0s", Long: "10m0s", Record: true}},
		},
		"ten minutes of nearly nothing are a spike down": {
			stains: []stain{{review + 34, review + 34 + 1./6, by(.05)}},
			want:   []gist{{Kind: Spike, Direction: Down, Start: "706h0m0s", Long: "10m0s", Record: true}},
		},
		"five hours of twice the usual are sustained": {
			stains: []stain{{review + 30, review + 35, by(2)}},
			want:   []gist{{Kind: Sustained, Direction: Up, Start: "702h0m0s", Long: "5h0m0s", Record: true}},
		},
		"what lasts until the end is ongoing": {
			stains: []stain{{review + 14*24 - .5, review + 14*24, by(3)}},
			want:   []gist{{Kind: Spike, Direction: Up, Start: "1007h30m0s", Long: "30m0s", Ongoing: true, Record: true}},
		},
		"spikes two hours apart are one window": {
			stains: []stain{{review + 30, review + 30.25, by(3)}, {review + 32.25, review + 32.5, by(3.2)}},
			want:   []gist{{Kind: Sustained, Direction: Up, Start: "702h0m0s", Long: "2h30m0s", Record: true}},
		},
		"spikes six hours apart are two windows": {
			stains: []stain{{review + 30, review + 30.25, more(300)}, {review + 36.25, review + 36.5, more(320)}},
			want: []gist{
				{Kind: Spike, Direction: Up, Start: "702h0m0s", Long: "15m0s", Like: 1},
				{Kind: Spike, Direction: Up, Start: "708h15m0s", Long: "15m0s", Record: true, Like: 1},
			},
		},
		"what happened in the history is not reported": {
			stains: []stain{{300, 301, by(3)}},
		},
		"what began in the history and goes on is": {
			stains: []stain{{review - .5, review + .5, by(3)}},
			want:   []gist{{Kind: Sustained, Direction: Up, Start: "671h30m0s", Long: "1h0m0s", Record: true}},
		},
		"its like in the history is counted": {
			stains: []stain{{300, 300.25, more(270)}, {review + 60, review + 60.25, more(290)}},
			want:   []gist{{Kind: Spike, Direction: Up, Start: "732h0m0s", Long: "15m0s", Record: true, Like: 1}},
		},
		"a counter's resets are no dips, and its bursts are spikes": {
			world:  world{counter: true},
			stains: nil,
		},
		"history that was thinned out is history": {
			world:  world{thin: true, step: time.Minute},
			stains: []stain{{review + 30, review + 30.25, by(3)}},
			want:   []gist{{Kind: Spike, Direction: Up, Start: "702h0m0s", Long: "15m0s", Record: true}},
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			s := tt.world.series()
			for _, p := range tt.stains {
				p.into(s)
			}
			from, to := fortnight(s)
			got := Detect(s, from, to, Options{})
			if diff := cmp.Diff(tt.want, gists(s, got.Windows)); diff != "" || got.Skipped != "" {
				t.Errorf("windows (-want +got), skipped %q:\n%s", got.Skipped, diff)
			}
		})
	}
}

func TestDetect_IrregularSeries(t *testing.T) {
	const fiveDays = 5 * 288
	fill := func(n int, value func(i int) float64) []float64 {
		values := make([]float64, n)
		for i := range values {
			values[i] = value(i)
		}
		return values
	}
	constant := func(v float64) func(int) float64 { return func(int) float64 { return v } }
	step := 5 * time.Minute
	tests := map[string]struct {
		series  Series
		skipped string // a part of it
	}{
		"nothing":            {Series{Step: step}, "no values"},
		"no step":            {Series{Values: []float64{1, 2, 3}}, "no step"},
		"gaps only":          {Series{Step: step, Values: fill(fiveDays, constant(nan))}, "no values"},
		"infinities only":    {Series{Step: step, Values: fill(fiveDays, constant(math.Inf(1)))}, "no values"},
		"one value":          {Series{Step: step, Values: []float64{7}}, "too short: 5m0s"},
		"less than two days": {Series{Step: step, Values: fill(575, constant(7))}, "too short: 47h55m0s"},
		"two values far apart": {Series{Step: step, Values: fill(fiveDays, func(i int) float64 {
			if i%(fiveDays-1) == 0 {
				return 1
			}
			return nan
		})}, "too few values: 2"},
		"a counter that never was twice": {Series{Step: step, Counter: true, Values: []float64{nan, 3}}, "no values"},
		"two days":                       {Series{Step: step, Values: fill(576, constant(7))}, ""},
		"a constant":                     {Series{Step: step, Values: fill(fiveDays, constant(-3))}, ""},
		"a step of three hours":          {Series{Step: 3 * time.Hour, Values: fill(400, func(i int) float64 { return float64(i % 8) })}, ""},
		"a step of two days":             {Series{Step: 48 * time.Hour, Values: fill(400, func(i int) float64 { return float64(i % 3) })}, ""},
		"a step that no day is made of":  {Series{Step: 7 * time.Minute, Values: fill(900, func(i int) float64 { return math.Sin(float64(i) * 7 / 1440 * 2 * math.Pi) })}, ""},
		"infinities among values": {Series{Step: step, Values: fill(fiveDays, func(i int) float64 {
			return []float64{1, 2, math.Inf(-1), math.Inf(1), math.MaxFloat64, -math.MaxFloat64, nan}[i%7]
		})}, ""},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			got := Detect(tt.series, tt.series.Start, tt.series.End(), Options{})
			if len(got.Windows) > 0 {
				t.Errorf("windows: %v", gists(tt.series, got.Windows))
			}
			if tt.skipped == "" && got.Skipped != "" || !strings.Contains(got.Skipped, tt.skipped) {
				t.Errorf("skipped %q, want %q in it", got.Skipped, tt.skipped)
			}
			if b := Usual(tt.series); len(b.Value) != len(tt.series.Values) || len(b.Low) != len(b.Value) || len(b.High) != len(b.Value) {
				t.Errorf("the band has %d values, %d and %d bounds for %d values", len(b.Value), len(b.Low), len(b.High), len(tt.series.Values))
			}
		})
	}
}

// eventful is a series with something of everything.
func eventful(seed uint64) Series {
	s := world{seed: seed, noise: heavy, gaps: .02}.series()
	stain{4*168 + 30, 4*168 + 31, by(4)}.into(s)
	stain{4*168 + 100, 4*168 + 104, by(.2)}.into(s)
	stain{2*168 + 10, 2*168 + 10.25, by(4)}.into(s)
	return s
}

func TestDetect_Properties(t *testing.T) {
	alter := func(change func(float64) float64) func(Series) Series {
		return func(s Series) Series {
			s.Values = slices.Clone(s.Values)
			for i, v := range s.Values {
				s.Values[i] = change(v)
			}
			return s
		}
	}
	later := func(weeks int) func(Series) Series {
		return func(s Series) Series {
			s.Start = s.Start.Add(time.Duration(weeks) * week)
			return s
		}
	}
	tests := map[string]func(Series) Series{
		"weeks later it is the same":                      later(3),
		"weeks earlier it is the same, before 1970 too":   later(-52 * 70),
		"in another unit it is the same":                  alter(by(1024)),
		"in an odd unit it is the same":                   alter(by(1e-3)),
		"over another zero it is the same":                alter(func(v float64) float64 { return v + 4096 }),
		"below zero it is the same":                       alter(func(v float64) float64 { return v - 4096 }),
		"a zone of whole days' offset makes no other day": func(s Series) Series { s.Zone = time.FixedZone("", 0); return s },
	}
	for name, change := range tests {
		t.Run(name, func(t *testing.T) {
			for seed := range uint64(3) {
				s := eventful(seed)
				want, got := lookedBack(s), lookedBack(change(s))
				if diff := cmp.Diff(want, got); diff != "" || len(want) < 2 {
					t.Errorf("seed %d: %d windows (-want +got):\n%s", seed, len(want), diff)
				}
			}
		})
	}
}

// lookedBack is what is found in the last two weeks of s.
func lookedBack(s Series) []gist {
	from, to := fortnight(s)
	return gists(s, Detect(s, from, to, Options{}).Windows)
}

// A deviation is the same for whoever looks at a part of the fortnight.
func TestDetect_PartsSumToTheWhole(t *testing.T) {
	for seed := range uint64(3) {
		s := eventful(seed)
		m, _ := newModel(s)
		from, to := fortnight(s)
		deviations := func(from, to time.Time) []gist {
			lo, hi := m.indices(from, to)
			var all []Window
			for _, f := range m.likened(m.stretches(DefaultThreshold)) {
				if f.start < hi && f.end > lo {
					all = append(all, m.window(f))
				}
			}
			return gists(s, all)
		}
		whole := deviations(from, to)
		for _, days := range []time.Duration{1, 5, 7, 13} {
			at := from.Add(days * day)
			parts := append(deviations(from, at), deviations(at, to)...)
			if diff := cmp.Diff(whole, slices.Compact(parts)); diff != "" || len(whole) < 2 {
				t.Errorf("seed %d, parted after %d days (-whole +parts):\n%s", seed, days, diff)
			}
		}
	}
}

// What one series has found is not in the way of the next.
func TestDetect_OrderOfSeriesDoesNotMatter(t *testing.T) {
	all := []Series{eventful(1), eventful(2), world{}.series()}
	var alone [][]gist
	for _, s := range all {
		alone = append(alone, lookedBack(s))
	}
	for _, i := range rand.New(rand.NewPCG(5, 6)).Perm(len(all)) {
		kept := slices.Clone(all[i].Values)
		if diff := cmp.Diff(alone[i], lookedBack(all[i])); diff != "" {
			t.Errorf("series %d (-first +again):\n%s", i, diff)
		}
		if !slices.EqualFunc(kept, all[i].Values, func(a, b float64) bool { return a == b || math.IsNaN(a) && math.IsNaN(b) }) {
			t.Errorf("detection changed the values of series %d", i)
		}
	}
}

// A higher threshold finds no window that a lower one does not touch.
func TestDetect_ThresholdIsEagerness(t *testing.T) {
	s := eventful(1)
	last := math.MaxInt
	for _, threshold := range []float64{5, DefaultThreshold, 12, 1000} {
		from, to := fortnight(s)
		n := len(Detect(s, from, to, Options{Threshold: threshold}).Windows)
		if n > last {
			t.Errorf("threshold %g finds %d windows, a lower one %d", threshold, n, last)
		}
		last = n
	}
	if last != 0 {
		t.Errorf("a threshold of 1000 finds %d windows", last)
	}
}

func FuzzDetect(f *testing.F) {
	f.Add([]byte("some values of all kinds"), int64(300), int64(0), true)
	f.Add([]byte{0, 255, 127, 3}, int64(60), int64(1<<40), false)
	f.Add([]byte{1, 1, 1, 1, 200}, int64(7200), int64(-1<<33), false)
	f.Fuzz(func(t *testing.T, data []byte, step, start int64, counter bool) {
		if len(data) == 0 {
			return
		}
		step = 1 + (step%(3*86400)+3*86400)%(3*86400)
		s := Series{Start: time.Unix(start%(1<<40), 0), Step: time.Duration(step) * time.Second, Counter: counter, Zone: berlin()}
		n := min(max(700, int(10*86400/step)), 5000)
		for i := range n {
			switch b := data[i%len(data)]; {
			case b == 255:
				s.Values = append(s.Values, nan)
			case b == 254:
				s.Values = append(s.Values, math.Inf(i%2*2-1))
			case b == 253:
				s.Values = append(s.Values, math.MaxFloat64)
			case i < len(data):
				s.Values = append(s.Values, float64(b)*1e6)
			default:
				s.Values = append(s.Values, float64(b)+float64(i%7))
			}
		}
		from := s.At(n / 3)
		for _, w := range Detect(s, from, s.End(), Options{}).Windows {
			if w.Start.Before(s.Start) || w.End.After(s.End()) || !w.Start.Before(w.End) || !w.End.After(from) {
				t.Errorf("window [%v, %v) of a review of [%v, %v)", w.Start, w.End, from, s.End())
			}
			if w.Peak.Before(w.Start.Add(-2*week)) || !w.Peak.Before(s.End()) || math.IsNaN(w.Score) || w.Text == "" {
				t.Errorf("window %+v", w)
			}
		}
	})
}
