package anomaly

import (
	"math"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

func TestCalendar(t *testing.T) {
	tests := map[string]struct {
		start   time.Time
		step    time.Duration
		zone    *time.Location
		n       int
		slots   []int32
		weekday []uint8
	}{
		"an hourly grid in UTC": {
			start: time.Date(2026, 3, 1, 22, 0, 0, 0, time.UTC), step: time.Hour, n: 4,
			slots: []int32{22, 23, 0, 1}, weekday: []uint8{0, 0, 1, 1},
		},
		"a grid that is not at full hours": {
			start: time.Date(2026, 3, 2, 5, 59, 0, 0, time.UTC), step: time.Hour, n: 2,
			slots: []int32{5, 6}, weekday: []uint8{1, 1},
		},
		"before 1970": {
			start: time.Date(1969, 12, 31, 23, 0, 0, 0, time.UTC), step: time.Hour, n: 2,
			slots: []int32{23, 0}, weekday: []uint8{3, 4},
		},
		"in Berlin clocks skip an hour in spring": {
			start: time.Date(2026, 3, 29, 0, 0, 0, 0, time.UTC), step: time.Hour, zone: berlin(), n: 3,
			slots: []int32{1, 3, 4}, weekday: []uint8{0, 0, 0},
		},
		"and have one twice in autumn": {
			start: time.Date(2026, 10, 24, 23, 0, 0, 0, time.UTC), step: time.Hour, zone: berlin(), n: 4,
			slots: []int32{1, 2, 2, 3}, weekday: []uint8{0, 0, 0, 0},
		},
		"a step longer than a day has one slot": {
			start: time.Date(2026, 3, 2, 5, 0, 0, 0, time.UTC), step: 36 * time.Hour, n: 2,
			slots: []int32{0, 0}, weekday: []uint8{1, 2},
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			c := newCalendar(Series{Start: tt.start, Step: tt.step, Zone: tt.zone, Values: make([]float64, tt.n)})
			if diff := cmp.Diff(tt.slots, c.slot); diff != "" {
				t.Errorf("slots (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(tt.weekday, c.weekday); diff != "" {
				t.Errorf("weekdays (-want +got):\n%s", diff)
			}
		})
	}
}

// What people do follows their clocks: a series that does so is calm in the
// week in which clocks change.
func TestDetect_ClockChangesAreUsual(t *testing.T) {
	s := world{zone: berlin(), weeks: 9}.series()
	from := time.Date(2026, 3, 25, 0, 0, 0, 0, time.UTC)
	if got := Detect(s, from, from.Add(week), Options{}); len(got.Windows) > 0 {
		t.Errorf("windows: %v", gists(s, got.Windows))
	}
}

func TestBest_TakesTheSimplestRhythm(t *testing.T) {
	hour := func(t time.Time) float64 { return 100 * math.Sin(float64(t.Hour())/24*2*math.Pi) }
	noise := func(t time.Time) float64 { return float64(t.Unix()/3600*7919%101) / 10 }
	tests := map[string]struct {
		weeks int
		value func(time.Time) float64
		want  rhythm
	}{
		"days that are alike": {4, hour, daily},
		"weekends that are not": {4, func(t time.Time) float64 {
			if weekend(t) {
				return hour(t) / 2
			}
			return hour(t)
		}, weekly},
		"weekends that one week cannot show": {1, func(t time.Time) float64 {
			if weekend(t) {
				return hour(t) / 2
			}
			return hour(t)
		}, daily},
		"each day its own":                          {4, func(t time.Time) float64 { return hour(t) * float64(1+t.Weekday()) }, byDay},
		"each day its own, which needs three weeks": {2, func(t time.Time) float64 { return hour(t) * float64(1+t.Weekday()) }, daily},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			s := Series{Start: world{}.monday(), Step: time.Hour, Values: make([]float64, tt.weeks*7*24)}
			for i := range s.Values {
				s.Values[i] = tt.value(s.At(i)) + noise(s.At(i))
			}
			got, _ := newCalendar(s).best(s.Values, time.Duration(tt.weeks)*week, s.Step)
			if got != tt.want {
				t.Errorf("rhythm %d, want %d", got, tt.want)
			}
		})
	}
}

func TestRates(t *testing.T) {
	tests := map[string]struct{ counts, want []float64 }{
		"nothing counts nothing":                     {nil, []float64{}},
		"the first count is of unknown time":         {[]float64{5, 65}, []float64{nan, 1}},
		"what stays the same counts nothing":         {[]float64{5, 5}, []float64{nan, 0}},
		"across a gap it is the mean":                {[]float64{0, nan, nan, 180}, []float64{nan, nan, nan, 1}},
		"across a reset nothing is known":            {[]float64{600, 660, 30, 90}, []float64{nan, 1, nan, 1}},
		"across a gap with a reset nothing is known": {[]float64{600, nan, 30, 90}, []float64{nan, nan, nan, 1}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(tt.want, rates(tt.counts, time.Minute), cmpopts.EquateNaNs()); diff != "" {
				t.Errorf("rates (-want +got):\n%s", diff)
			}
		})
	}
}

func TestUsual_BoundsWhatIsUsual(t *testing.T) {
	s := world{}.series()
	b := Usual(s)
	within := 0
	for i, v := range b.Value {
		if b.Low[i] <= v && v <= b.High[i] {
			within++
		}
	}
	if share := float64(within) / float64(len(b.Value)); share < .6 || share > .9 {
		t.Errorf("%.2f of a normal series are within the band, want about two thirds", share)
	}
	if b := Usual(Series{Step: time.Minute, Values: []float64{1, 2}}); !math.IsNaN(b.Low[1]) || b.Value[1] != 2 {
		t.Errorf("the band of two values is %+v", b)
	}
}
