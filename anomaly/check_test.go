package anomaly

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// A plant changes what a series of six weeks has at t, its day being the number
// of days from the start.
type plant func(t time.Time, day, v float64) float64

// after plants from a day on.
func after(from float64, p func(v float64) float64) plant {
	return func(_ time.Time, day, v float64) float64 {
		if day < from {
			return v
		}
		return p(v)
	}
}

// during adds from one day until another.
func during(from, until, by float64) plant {
	return func(_ time.Time, day, v float64) float64 {
		if day < from || day >= until {
			return v
		}
		return v + by
	}
}

// batch adds to the hours around noon of a day of the week.
func batch(t time.Time, d time.Weekday, v float64) float64 {
	if t.Weekday() != d {
		return v
	}
	hour := float64(t.Hour()) + float64(t.Minute())/60
	return v + 80*max(0, min(1, (hour-1)/4, (23-hour)/4))
}

func flipped(t time.Time, v float64) float64 {
	return v - usualAt(t, weekend) + usualAt(t.Add(12*time.Hour), weekend)
}

func freeOf(t time.Time) float64 {
	return usualAt(t, weekend) / usualAt(t, func(time.Time) bool { return false })
}

var planted = map[string]struct {
	plant plant
	want  string // the kinds with their onsets at five minutes
}{
	"nothing is planted": {plant: func(_ time.Time, _, v float64) float64 { return v }},
	"a spike of half an hour": {
		plant: during(36.4, 36.42, 150), want: "spike up Tue 10 Mar 09:40",
	},
	"a level that shifts up": {
		plant: after(33.4, func(v float64) float64 { return v + 60 }), want: "shift up Sat 7 Mar 09:40",
	},
	"a level that shifts down by a fifth, with all that varies": {
		plant: after(33.4, func(v float64) float64 { return v * 0.8 }), want: "shift down Sat 7 Mar 09:40",
	},
	"a level that shifts in proportion": {
		plant: after(33.4, func(v float64) float64 { return v * 1.6 }), want: "shift up Sat 7 Mar 09:40",
	},
	"a level that shifted less than three days ago": {
		plant: after(39.4, func(v float64) float64 { return v + 60 }), want: "shift up Fri 13 Mar 09:40",
	},
	"a level that shifted for a week and came back": {
		plant: during(29.4, 38.4, 60), want: "shift up Tue 3 Mar 09:40",
	},
	"a level that is up for a day and a half": {
		plant: during(32.4, 33.9, 40), want: "sustained up Fri 6 Mar 09:40",
	},
	"a level that is up for four days": {
		plant: during(32.4, 36.4, 30), want: "sustained up Fri 6 Mar 09:40",
	},
	"a level that is down for three days": {
		plant: during(29.4, 32.4, -40), want: "sustained down Tue 3 Mar 09:40",
	},
	"a series that vanishes": {
		plant: after(37.4, func(float64) float64 { return math.NaN() }), want: "vanished Wed 11 Mar 09:40",
	},
	"a series that vanishes for a day": {
		plant: during(37.4, 38.4, math.NaN()), want: "vanished Wed 11 Mar 09:40",
	},
	"a line that goes flat": {
		plant: after(37.4, func(float64) float64 { return 90 }), want: "flat Wed 11 Mar 09:40",
	},
	"a line that goes flat at zero": {
		plant: after(37.4, func(float64) float64 { return 0 }), want: "flat Wed 11 Mar 09:40",
	},
	"a slow rise": {
		plant: func(_ time.Time, day, v float64) float64 { return v + day }, want: "drift up Mon 2 Feb 00:00",
	},
	"a slow fall": {
		plant: func(_ time.Time, day, v float64) float64 { return v - day }, want: "drift down Mon 2 Feb 00:00",
	},
	"days that turned into nights a week ago": {
		plant: func(t time.Time, day, v float64) float64 {
			if day >= 35 {
				return flipped(t, v)
			}
			return v
		},
		want: "pattern Mon 9 Mar 00:00",
	},
	"days that turned into nights two weeks ago": {
		plant: func(t time.Time, day, v float64) float64 {
			if day >= 28 {
				return flipped(t, v)
			}
			return v
		},
		want: "pattern Mon 2 Mar 00:00",
	},
	"days that swing less": {
		plant: after(33, func(v float64) float64 { return 100 + (v-100)/5 }), want: "pattern Sat 7 Mar 00:00",
	},
	"weekends that became working days": {
		plant: func(t time.Time, day, v float64) float64 {
			if day >= 28 {
				return v / freeOf(t)
			}
			return v
		},
		want: "pattern Sat 7 Mar 00:00",
	},
	"a weekend that was worked through": {
		plant: func(t time.Time, day, v float64) float64 {
			if day >= 35 {
				return v / freeOf(t)
			}
			return v
		},
		want: "pattern Sat 14 Mar 00:00",
	},
	"a batch that moved to another day": {
		plant: func(t time.Time, day, v float64) float64 {
			if day >= 28 {
				return batch(t, time.Wednesday, v)
			}
			return batch(t, time.Sunday, v)
		},
		want: "pattern Wed 4 Mar 00:00",
	},
	"two days off in the middle of a week": {
		plant: func(t time.Time, day, v float64) float64 {
			if d := int(day); d == 30 || d == 31 {
				return v * 0.6
			}
			return v
		},
	},
}

// reviewed looks back over the last two weeks of s.
func reviewed(t *testing.T, s Series) []Window {
	t.Helper()
	return drawn(t, s, s.End().Add(-2*week), s.End())
}

// drawn looks back, and fails for windows that nobody could draw.
func drawn(t *testing.T, s Series, from, to time.Time) []Window {
	t.Helper()
	windows := Detect(s, from, to, Options{}).Windows
	for _, w := range windows {
		if sum := w.Value + w.Usual + w.Low + w.High + w.Score; math.IsNaN(sum) || math.IsInf(sum, 0) || w.Text == "" {
			t.Errorf("not all is known of %+v", w)
		}
		if w.Low > w.High || w.Score < DefaultThreshold || !w.Start.Before(w.End) || w.Start.Before(s.Start) || w.End.After(s.End()) {
			t.Errorf("%+v cannot be", w)
		}
		if !w.Start.Before(to) || !w.End.After(from) {
			t.Errorf("%+v is not under review", w)
		}
	}
	return windows
}

func onsets(windows []Window) string {
	var all []string
	for _, w := range windows {
		kind := string(w.Kind)
		if w.Direction != "" {
			kind += " " + string(w.Direction)
		}
		all = append(all, kind+" "+w.Start.Format(minuteLayout))
	}
	return strings.Join(all, ", ")
}

func TestDetect_Planted(t *testing.T) {
	for name, tt := range planted {
		t.Run(name, func(t *testing.T) {
			for seed := range uint64(1 + seeds/40) {
				s := world{seed: seed}.series()
				for i, v := range s.Values {
					s.Values[i] = tt.plant(s.At(i), s.At(i).Sub(s.Start).Hours()/24, v)
				}
				if diff := cmp.Diff(tt.want, rounded(reviewed(t, s))); diff != "" {
					t.Fatalf("seed %d: windows (-want +got):\n%s", seed, diff)
				}
			}
		})
	}
}

// rounded is onsets with the first minutes forgiven: noise can hide where
// exactly a change began.
func rounded(windows []Window) string {
	for i, w := range windows {
		for _, by := range []time.Duration{-10 * time.Minute, -5 * time.Minute, 5 * time.Minute, 10 * time.Minute} {
			if t := w.Start.Add(by); t.Equal(t.Truncate(20 * time.Minute)) {
				windows[i].Start = t
			}
		}
	}
	return onsets(windows)
}

func TestDetect_PlantedAtOneMinute(t *testing.T) {
	if seeds < 200 {
		t.Skip("the same as at five minutes, and long under the race detector")
	}
	s := world{seed: 1, step: time.Minute}.series()
	for name, tt := range planted {
		t.Run(name, func(t *testing.T) {
			changed := s
			changed.Values = make([]float64, len(s.Values))
			for i, v := range s.Values {
				changed.Values[i] = tt.plant(s.At(i), s.At(i).Sub(s.Start).Hours()/24, v)
			}
			got := reviewed(t, changed)
			for i := range got {
				got[i].Start = got[i].Start.Add(2 * time.Minute).Truncate(5 * time.Minute)
			}
			if diff := cmp.Diff(tt.want, rounded(got)); diff != "" {
				t.Errorf("windows (-want +got):\n%s", diff)
			}
		})
	}
}

// clean are worlds in which nothing is weird.
var clean = map[string]func(seed uint64) world{
	"a holiday long ago":           func(seed uint64) world { return world{seed: seed, holidays: []int{int(seed % 28)}} },
	"a holiday":                    func(seed uint64) world { return world{seed: seed, holidays: []int{28 + int(seed%14)}} },
	"holidays before a weekend":    func(seed uint64) world { return world{seed: seed, holidays: []int{31, 32}} },
	"two holidays in the end":      func(seed uint64) world { return world{seed: seed, holidays: []int{35, 39}} },
	"noise that grows with values": func(seed uint64) world { return world{seed: seed, noise: uneven} },
	"noise that remembers":         func(seed uint64) world { return world{seed: seed, noise: wandering()} },
	"noise with heavy tails":       func(seed uint64) world { return world{seed: seed, noise: heavy} },
	"whole numbers":                func(seed uint64) world { return world{seed: seed, noise: counting} },
	"a counter with resets":        func(seed uint64) world { return world{seed: seed, counter: true, gaps: 0.01} },
	"a thinned history":            func(seed uint64) world { return world{seed: seed, thin: true} },
	"many gaps":                    func(seed uint64) world { return world{seed: seed, gaps: 0.2} },
	"two weeks":                    func(seed uint64) world { return world{seed: seed, weeks: 2} },
	"three weeks":                  func(seed uint64) world { return world{seed: seed, weeks: 3} },
	"four weeks":                   func(seed uint64) world { return world{seed: seed, weeks: 4} },
	"clocks that are set forward":  func(seed uint64) world { return world{seed: seed, zone: berlin(), weeks: 9} },
}

// A reviewer who sees a false window per series and week stops looking. The
// checks have next to none; the deviations of noise with heavy tails are what
// heavy tails are.
func TestDetect_IsQuietWhereNothingIsWeird(t *testing.T) {
	total, weeks := 0, 0.0
	for name, of := range clean {
		t.Run(name, func(t *testing.T) {
			n := 0
			for seed := range uint64(1 + seeds/len(clean)) {
				for _, w := range reviewed(t, of(seed).series()) {
					n++
					if w.Kind != Spike && w.Kind != Sustained {
						t.Errorf("seed %d: %s %s: %s", seed, w.Kind, w.Start, w.Text)
					}
				}
				weeks += 2
			}
			total += n
			if n > 0 && name != "noise with heavy tails" {
				t.Errorf("%d false windows", n)
			}
		})
	}
	rate := float64(total) / weeks
	t.Logf("%d false windows in %.0f weeks of series: %.3f a week", total, weeks, rate)
	if rate > 0.1 {
		t.Errorf("%.3f false windows per series and week, at most 0.1 are bearable", rate)
	}
}

func TestDetect_UsuallySilentSeriesAreNotFlat(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	tests := map[string]func(t time.Time, i int) float64{
		"a constant never changes":    func(time.Time, int) float64 { return 7 },
		"a switch is thrown at times": func(_ time.Time, i int) float64 { return float64(i / 2000 % 2) },
		"errors come rarely": func(time.Time, int) float64 {
			if r.IntN(100) == 0 {
				return 1
			}
			return 0
		},
		"nobody comes at night": func(t time.Time, _ int) float64 {
			if t.Hour() < 7 || t.Hour() > 19 || weekend(t) {
				return 0
			}
			return float64(r.IntN(50))
		},
	}
	for name, value := range tests {
		t.Run(name, func(t *testing.T) {
			s := world{}.series()
			for i := range s.Values {
				s.Values[i] = value(s.At(i), i)
			}
			for _, w := range reviewed(t, s) {
				if w.Kind != Spike && w.Kind != Sustained {
					t.Errorf("%s: %s", w.Kind, w.Text)
				}
			}
		})
	}
}

func TestDetect_WhateverTheSeriesWindowsCanBeDrawn(t *testing.T) {
	for seed := range uint64(seeds) {
		r := rand.New(rand.NewPCG(seed, 9))
		s := wild(r)
		from := s.At(r.IntN(len(s.Values)+20) - 10)
		drawn(t, s, from, from.Add(time.Duration(r.Int64N(int64(20*day)))))
	}
}

func TestWindow_Explains(t *testing.T) {
	at := func(hour int) time.Time { return time.Date(2026, 3, 2, hour, 0, 0, 0, time.UTC) }
	shift := Window{Kind: Shift, Start: at(48), End: at(240), Direction: Up, Ongoing: true}
	tests := map[string]struct {
		w, deviation Window
		want         bool
	}{
		"a shift explains the spike with which it begins": {shift, Window{Kind: Spike, Start: at(48), End: at(49), Score: 30}, true},
		"a shift explains no spike a day before":          {shift, Window{Kind: Spike, Start: at(24), End: at(25), Score: 30}, false},
		"a shift explains what the level of three days has before": {
			shift, Window{Kind: Sustained, Start: at(24), End: at(30), Direction: Down, Score: 30}, true,
		},
		"a shift explains its first day":        {shift, Window{Kind: Sustained, Start: at(60), End: at(70), Direction: Up, Score: 30}, true},
		"a shift explains no rise before it":    {shift, Window{Kind: Sustained, Start: at(24), End: at(30), Direction: Up, Score: 30}, false},
		"a shift explains no fall after it":     {shift, Window{Kind: Sustained, Start: at(60), End: at(70), Direction: Down, Score: 30}, false},
		"what strays strays with the level":     {shift, Window{Kind: Spike, Start: at(200), End: at(201), Score: 9}, true},
		"a shift explains no large spike later": {shift, Window{Kind: Spike, Start: at(200), End: at(201), Score: 30}, false},
		"a drift explains nothing": {
			Window{Kind: Drift, Start: at(0), End: at(240)}, Window{Kind: Spike, Start: at(100), End: at(101), Score: 9}, false,
		},
		"a pattern explains the days of which it is": {
			Window{Kind: Pattern, Start: at(0), End: at(240)}, Window{Kind: Sustained, Start: at(100), End: at(109), Score: 9}, true,
		},
		"a pattern explains no record": {
			Window{Kind: Pattern, Start: at(0), End: at(240)}, Window{Kind: Spike, Start: at(100), End: at(101), Record: true}, false,
		},
		"a flat line explains how far it is from usual": {
			Window{Kind: Flat, Start: at(0), End: at(24)}, Window{Kind: Sustained, Start: at(3), End: at(9)}, true,
		},
		"a flat line explains nothing after it": {
			Window{Kind: Flat, Start: at(0), End: at(24)}, Window{Kind: Spike, Start: at(24), End: at(25)}, false,
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			if got := tt.w.explains(tt.deviation, 2); got != tt.want {
				t.Errorf("explains = %t, want %t", got, tt.want)
			}
		})
	}
}

// What is weird does not depend on the unit, on where zero is or on which week
// it is.
func TestDetect_UnitsChangeNothing(t *testing.T) {
	if seeds < 200 {
		t.Skip("arithmetic, and long under the race detector")
	}
	changes := map[string]func(s *Series){
		"another unit": func(s *Series) { s.each(func(v float64) float64 { return 1024 * v }) },
		"another zero": func(s *Series) { s.each(func(v float64) float64 { return v + 4096 }) },
		"other weeks":  func(s *Series) { s.Start = s.Start.Add(-4 * week) },
	}
	found := func(s Series) []string {
		var all []string
		for _, w := range reviewed(t, s) {
			all = append(all, fmt.Sprintf("%s %s from %s to %s, %.3f", w.Kind, w.Direction, w.Start.Sub(s.Start), w.End.Sub(s.Start), w.Score))
		}
		return all
	}
	for what, tt := range planted {
		s := world{seed: 3}.series()
		for i, v := range s.Values {
			s.Values[i] = tt.plant(s.At(i), s.At(i).Sub(s.Start).Hours()/24, v)
		}
		want := found(s)
		for name, change := range changes {
			t.Run(what+" in "+name, func(t *testing.T) {
				changed := s
				changed.Values = slices.Clone(s.Values)
				change(&changed)
				if diff := cmp.Diff(want, found(changed)); diff != "" {
					t.Errorf("windows (-want +got):\n%s", diff)
				}
			})
		}
	}
}

func (s *Series) each(f func(float64) float64) {
	for i, v := range s.Values {
		s.Values[i] = f(v)
	}
}
