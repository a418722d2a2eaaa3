package anomaly

import (
	"math"
	"math/rand/v2"
	"slices"
	"time"
)

// A world says what a generated series is like. Its zero value is calm: a level
// of 100 with days, weekends and a little noise.
type world struct {
	seed  uint64
	step  time.Duration // 5 minutes if zero
	weeks int           // 6 if zero
	zone  *time.Location
	noise func(*rand.Rand, float64) float64 // of a time of day's usual value; normal with 4 % if nil

	holidays []int   // days that look like a Sunday
	thin     bool    // all but the last two weeks have a value each half hour only
	gaps     float64 // the share of values that is missing
	counter  bool    // counted up, with resets
}

func (w world) monday() time.Time {
	zone := w.zone
	if zone == nil {
		zone = time.UTC
	}
	return time.Date(2026, 2, 2, 0, 0, 0, 0, zone)
}

// usualAt is what the shapes of the day and of the week come to at t. People
// come and go within hours, not at midnight. off says which days are free.
func usualAt(t time.Time, off func(time.Time) bool) float64 {
	hour := float64(t.Hour()) + float64(t.Minute())/60
	free := 0.0
	for k := -3; k <= 3; k++ {
		if off(t.Add(time.Duration(k) * time.Hour)) {
			free++
		}
	}
	return (100 + 40*math.Sin((hour-8.5)/24*2*math.Pi)) * (1 - 0.4*free/7)
}

func weekend(t time.Time) bool { return t.Weekday() == time.Saturday || t.Weekday() == time.Sunday }

func (w world) series() Series {
	if w.step == 0 {
		w.step = 5 * time.Minute
	}
	if w.weeks == 0 {
		w.weeks = 6
	}
	if w.noise == nil {
		w.noise = normal
	}
	r := rand.New(rand.NewPCG(w.seed, 1))
	s := Series{Start: w.monday(), Step: w.step, Zone: w.zone, Counter: w.counter}
	n := w.weeks * int(week/w.step)
	s.Values = make([]float64, n)
	for i := range s.Values {
		t := s.At(i)
		v := usualAt(t, func(t time.Time) bool {
			return weekend(t) || slices.Contains(w.holidays, int(t.Sub(s.Start)/day))
		})
		s.Values[i] = v + w.noise(r, v)
	}
	w.spoil(r, &s)
	return s
}

// spoil does what happens between a series and who looks at it.
func (w world) spoil(r *rand.Rand, s *Series) {
	if w.counter {
		sum := 0.0
		for i, v := range s.Values {
			if r.IntN(3000) == 0 {
				sum = 0
			}
			sum += max(v, 0) * s.Step.Seconds()
			s.Values[i] = sum
		}
	}
	for i := range s.Values {
		thin := w.thin && i < len(s.Values)-2*int(week/s.Step) && i%int(30*time.Minute/s.Step) != 0
		if thin || r.Float64() < w.gaps {
			s.Values[i] = math.NaN()
		}
	}
}

var (
	normal = func(r *rand.Rand, v float64) float64 { return 0.04 * v * r.NormFloat64() }
	heavy  = func(r *rand.Rand, v float64) float64 {
		return 0.02 * v * r.NormFloat64() / math.Sqrt(r.ExpFloat64()+0.05)
	}
	uneven   = func(r *rand.Rand, v float64) float64 { return 0.1 * (v - 30) * r.NormFloat64() }
	counting = func(r *rand.Rand, v float64) float64 { return math.Round(v+math.Sqrt(v)*r.NormFloat64()) - v }
)

// wandering is noise that remembers: a slow walk that is drawn back.
func wandering() func(*rand.Rand, float64) float64 {
	at := 0.0
	return func(r *rand.Rand, v float64) float64 {
		at = 0.999*at + 0.4*r.NormFloat64()
		return at + 0.03*v*r.NormFloat64()
	}
}

func berlin() *time.Location {
	zone, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		panic(err)
	}
	return zone
}

// wild is a series such as no one has: of any step, zone and size, constant for
// some time, gone for some, with infinities here and there.
func wild(r *rand.Rand) Series {
	steps := []time.Duration{37 * time.Second, time.Minute, 5 * time.Minute, 7 * time.Minute, 30 * time.Minute, time.Hour, 61 * time.Minute, day}
	s := Series{
		Start: time.Date(2026, time.Month(1+r.IntN(12)), r.IntN(28), r.IntN(24), r.IntN(60), r.IntN(60), 0, time.UTC),
		Step:  steps[r.IntN(len(steps))], Counter: r.IntN(5) == 0, Values: make([]float64, r.IntN(8000)),
	}
	if r.IntN(2) == 0 {
		s.Zone = berlin()
	}
	scale, level, mode := math.Pow(10, float64(r.IntN(40)-20)), 0.0, 0
	for i := range s.Values {
		if r.IntN(max(len(s.Values)/4, 1)) == 0 {
			level, mode = 100*r.NormFloat64(), r.IntN(6)
		}
		switch mode {
		case 0:
			s.Values[i] = scale * (level + r.NormFloat64())
		case 1:
			s.Values[i] = scale * level
		case 2:
			s.Values[i] = math.NaN()
		case 3:
			s.Values[i] = scale * (level + 20*math.Sin(float64(s.At(i).Unix())/86400*2*math.Pi) + r.NormFloat64())
		case 4:
			s.Values[i] = math.Round(level * r.Float64())
		case 5:
			s.Values[i] = scale * (level + float64(i)/50 + r.NormFloat64())
		}
		if r.IntN(500) == 0 {
			s.Values[i] = math.Inf(1 - 2*r.IntN(2))
		}
	}
	return s
}
