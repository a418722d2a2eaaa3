package anomaly

import (
	"math"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// sampled is what a counter that counts 2 a second shows at each minute, where
// it is sampled that often.
func sampled(every time.Duration, minutes int) []float64 {
	values := make([]float64, minutes)
	for i := range values {
		values[i] = 2 * (time.Duration(i) * time.Minute).Truncate(every).Seconds()
	}
	return values
}

// A steady counter has a steady rate, however often it was sampled.
func TestRatesOfCounterThatIsSampledSeldom(t *testing.T) {
	tests := map[string]struct {
		every time.Duration
		spoil func([]float64)
		odd   int // rates that are neither 2 nor unknown
	}{
		"each step has a sample":                   {every: time.Minute},
		"each other step has a sample":             {every: 2 * time.Minute},
		"samples and steps do not fit":             {every: 90 * time.Second},
		"samples come each five minutes":           {every: 5 * time.Minute},
		"a sample that was missed is no pause":     {every: 2 * time.Minute, spoil: func(v []float64) { v[300], v[301] = v[299], v[299] }},
		"a gap is none":                            {every: 2 * time.Minute, spoil: func(v []float64) { fill(v[301:310], math.NaN()) }},
		"a reset is unknown":                       {every: 2 * time.Minute, spoil: func(v []float64) { add(v[300:], -v[300]) }},
		"history of each fifth value is a rate":    {every: time.Minute, spoil: thinned},
		"what stood for an hour counted nothing":   {every: 2 * time.Minute, spoil: func(v []float64) { fill(v[300:360], v[299]); add(v[360:], -7200) }, odd: 60},
		"what stands until the end counts no more": {every: 2 * time.Minute, spoil: func(v []float64) { fill(v[540:], v[539]) }, odd: 61},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			counts := sampled(tt.every, 600)
			if tt.spoil != nil {
				tt.spoil(counts)
			}
			got := Series{Step: time.Minute, Counter: true, Values: counts}.measured()
			odd, known := 0, 0
			for _, v := range got {
				if math.IsNaN(v) {
					continue
				}
				known++
				if math.Abs(v-2) > 0.02 {
					odd++
				}
			}
			if odd != tt.odd || known < 100 {
				t.Errorf("%d of %d known rates are not 2, want %d: %v", odd, known, tt.odd, got)
			}
		})
	}
}

// What counts seldom is not sampled seldom.
func TestRatesOfCounterThatCountsSeldom(t *testing.T) {
	w := world{seed: 3, weeks: 1, step: time.Minute}
	counts, sum := w.series().Values, 0.0
	for i, v := range counts {
		if v > 105 {
			sum++
		}
		counts[i] = sum
	}
	want := rates(slices.Clone(counts), time.Minute)
	got := Series{Step: time.Minute, Counter: true, Values: counts}.measured()
	if diff := cmp.Diff(want, got, cmpopts.EquateNaNs()); diff != "" {
		t.Errorf("rates (-plain +got):\n%s", diff)
	}
}

// A counter that is scraped each other minute shows what one of each minute does.
func TestDetectInCounterThatIsSampledSeldom(t *testing.T) {
	for name, stains := range map[string][]stain{
		"a calm one has no windows":               nil,
		"ten minutes of thrice the usual are one": {{702, 702 + 1./6, by(3)}},
	} {
		t.Run(name, func(t *testing.T) {
			s := world{seed: 5, step: time.Minute}.series()
			for _, p := range stains {
				p.into(s)
			}
			sum, shown := 0.0, 0.0
			for i, v := range s.Values {
				sum += max(v, 0) * s.Step.Seconds()
				if i%2 == 0 {
					shown = sum
				}
				s.Values[i] = shown
			}
			s.Counter = true
			from, to := fortnight(s)
			found := Detect(s, from, to, Options{}).Windows
			if len(found) != len(stains) {
				t.Fatalf("found %d windows, want %d: %+v", len(found), len(stains), found)
			}
			for _, w := range found {
				if w.Value < 200 || w.Value > 500 || w.Kind != Spike {
					t.Errorf("found %+v, want a spike of thrice the usual", w)
				}
			}
		})
	}
}

func fill(values []float64, v float64) {
	for i := range values {
		values[i] = v
	}
}

func add(values []float64, v float64) {
	for i := range values {
		values[i] += v
	}
}

// thinned leaves each fifth of the older half.
func thinned(values []float64) {
	for i := range values[:300] {
		if i%5 != 0 {
			values[i] = math.NaN()
		}
	}
}
