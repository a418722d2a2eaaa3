package slo

import (
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"opsreview"
)

func TestStandingOf_Windows(t *testing.T) {
	s := seriesOf(minutes(Month, 1000, fault{time.Hour, 5 * time.Minute, 1}, fault{Month - 24*time.Hour, 10 * time.Minute, 0.5})...)
	s.SLO.Window = opsreview.SLOWindow{Length: 24 * time.Hour}
	got := StandingOf(s, dawn.Add(Month))
	want := map[string]float64{
		"month":      10000.0 / 43200,
		"week":       5000.0 / 10080,
		"own":        5000.0 / 1440,
		"week share": 5000.0 / 43200,
	}
	have := map[string]float64{
		"month": got.Month.Consumed, "week": got.Week.Consumed, "own": got.Own.Consumed, "week share": got.WeekShare,
	}
	if diff := cmp.Diff(want, have, nearly); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	if !got.BurnRateKnown || got.BurnRate != 0 || got.ExhaustionKnown {
		t.Errorf("burn rate %v, %v; exhaustion known %v: nothing burns", got.BurnRate, got.BurnRateKnown, got.ExhaustionKnown)
	}
}

// A standing is of its objective: that of its own time, also for hours and days
// before the objective changed.
func TestStandingOf_AppliesTheObjectiveOfItsTime(t *testing.T) {
	s := seriesOf(minutes(Month, 1000, fault{0, Month, 0.01})...)
	second := occurrences(0.99)
	s.History = []opsreview.ObjectiveChange{{Objective: events999}, {At: dawn.Add(Month - time.Minute), Objective: second}}
	got := StandingOf(s, dawn.Add(Month))
	if got.Objective != second || got.Month.Objective != second || !got.Month.Changed || !got.Week.Changed {
		t.Errorf("objective %v, of the month %v, changed %v", got.Objective, got.Month.Objective, got.Month.Changed)
	}
	if diff := cmp.Diff([]float64{1, 1, 1}, []float64{got.BurnRate, got.Week.Consumed, got.Month.Consumed}, nearly); diff != "" {
		t.Errorf("rates (-want +got)\n%s", diff)
	}
}

func TestStandingOf_BurnRate(t *testing.T) {
	burning := seg("09:00", "10:00", 1000, 6)
	tests := map[string]struct {
		segments    []opsreview.Segment
		corrections []opsreview.Correction
		at          string
		want        float64
		known       bool
	}{
		"the last hour counts": {
			segments: []opsreview.Segment{seg("08:00", "09:00", 1000, 500), burning}, at: "10:00", want: 6, known: true,
		},
		"without data it is the hour before": {
			segments: []opsreview.Segment{burning}, at: "11:00", want: 6, known: true,
		},
		"six hours back it is still known": {
			segments: []opsreview.Segment{burning}, at: "15:00", want: 6, known: true,
		},
		"seven hours back it is not": {
			segments: []opsreview.Segment{burning}, at: "16:00",
		},
		"a gap tells no rate": {
			segments: []opsreview.Segment{burning, gap("10:00", "11:00", 1000, 1000)}, at: "11:00", want: 6, known: true,
		},
		"maintenance tells no rate": {
			segments:    []opsreview.Segment{burning, seg("10:00", "11:00", 1000, 1000)},
			corrections: []opsreview.Correction{out("10:00", "11:00")},
			at:          "11:00", want: 6, known: true,
		},
		"no traffic burns at no rate": {
			segments: []opsreview.Segment{burning, seg("10:00", "11:00", 0, 0)}, at: "11:00", known: true,
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			s := seriesOf(test.segments...)
			s.Corrections = test.corrections
			got := StandingOf(s, at(test.at))
			if got.BurnRateKnown != test.known || math.Abs(got.BurnRate-test.want) > 1e-9 {
				t.Errorf("burn rate %v, known %v, want %v, %v", got.BurnRate, got.BurnRateKnown, test.want, test.known)
			}
		})
	}
}

func TestBurnRateCuts(t *testing.T) {
	want := []time.Time{at("09:17"), at("08:17"), at("07:17"), at("06:17"), at("05:17"), at("04:17")}
	if diff := cmp.Diff(want, BurnRateCuts(at("10:17"))); diff != "" {
		t.Errorf("times that cut what a burn rate is computed from (-want +got)\n%s", diff)
	}
}

func TestExhaustion(t *testing.T) {
	month := Budget{Window: over(Month), Allowed: 100, Remaining: 1}
	tests := map[string]struct {
		remaining, rate float64
		want            time.Duration
		known           bool
	}{
		"a burn rate of 35 spends a whole budget in 20.57 hours":      {1, 35, 20*time.Hour + 34*time.Minute + 17*time.Second, true},
		"an outage spends a budget of 99.999 % in 25.92 seconds":      {1, 1e5, 25920 * time.Millisecond, true},
		"a burn rate of 1 spends it in its window":                    {1, 1, Month, true},
		"half of it lasts half as long":                               {0.5, 1, Month / 2, true},
		"what is spent is spent":                                      {0, 1, 0, false},
		"what is overspent is spent":                                  {-2, 1, 0, false},
		"it lasts where nothing burns":                                {1, 0, 0, false},
		"centuries are not counted":                                   {1, 1e-9, 0, false},
		"a burn rate of 14.4 spends a whole budget in 2 days 2 hours": {1, 14.4, 50 * time.Hour, true},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			month.Remaining = test.remaining
			got, known := exhaustion(month, test.rate)
			if known != test.known || (got-test.want).Abs() > time.Second {
				t.Errorf("exhaustion() = %v, %v, want %v, %v", got, known, test.want, test.known)
			}
		})
	}
}

func TestStandingOf_BurnDown(t *testing.T) {
	const half = 12 * time.Hour
	all := minutes(Month, 1000, fault{0, time.Minute, 1}, fault{10 * half, 5 * time.Minute, 1})
	quiet := int(20 * half / time.Minute)
	s := seriesOf(append(all[:quiet:quiet], all[quiet+int(half/time.Minute):]...)...)
	got := StandingOf(s, dawn.Add(Month))
	if len(got.BurnDown) != 60 {
		t.Fatalf("%d points, want 60", len(got.BurnDown))
	}
	allowed := got.Month.Allowed
	for i, p := range got.BurnDown {
		want := Point{At: dawn.Add(time.Duration(i+1) * half), Remaining: 1 - 1000/allowed, Known: i != 20}
		if i >= 10 {
			want.Remaining = 1 - 6000/allowed
		}
		if diff := cmp.Diff(want, p, nearly); diff != "" {
			t.Errorf("point %d (-want +got)\n%s", i, diff)
		}
	}
	if last := got.BurnDown[59].Remaining; last != got.Month.Remaining {
		t.Errorf("the last point is %v, want %v to the last bit", last, got.Month.Remaining)
	}
}

func TestStandingOf_BurnDownOfMissingSlices(t *testing.T) {
	s := seriesOf(minutes(Month-24*time.Hour, 10)...)
	s.SLO.Objective, s.SLO.Missing = slices99, opsreview.MissingBad
	got := StandingOf(s, dawn.Add(Month)).BurnDown
	want := []Point{
		{At: dawn.Add(Month - 24*time.Hour), Remaining: 1, Known: true},
		{At: dawn.Add(Month - 12*time.Hour), Remaining: 1 - 144/86.4},
		{At: dawn.Add(Month), Remaining: 1 - 288/86.4},
	}
	if diff := cmp.Diff(want, got[57:], nearly); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

// Moving everything by whole days moves the times and nothing else.
func TestStandingOf_ShiftedByDays(t *testing.T) {
	const days = 5 * 24 * time.Hour
	r := rand.New(rand.NewPCG(9, 10))
	for i := range 30 {
		s := random(r)
		moved := s
		moved.Segments = append([]opsreview.Segment{}, s.Segments...)
		for j := range moved.Segments {
			moved.Segments[j].Start = moved.Segments[j].Start.Add(days)
			moved.Segments[j].End = moved.Segments[j].End.Add(days)
		}
		moved.Corrections = append([]opsreview.Correction{}, s.Corrections...)
		for j := range moved.Corrections {
			w := &moved.Corrections[j].Window
			w.Start, w.End = w.Start.Add(days), w.End.Add(days)
		}
		for name, o := range map[string]opsreview.Objective{"events": occurrences(0.99), "slices": slices99, "ratios": ratios99} {
			s.SLO.Objective, moved.SLO.Objective = o, o
			at := dawn.Add(80 * time.Hour)
			diff := cmp.Diff(StandingOf(s, at), StandingOf(moved, at.Add(days)),
				cmpopts.IgnoreTypes(opsreview.Window{}), cmpopts.IgnoreFields(Point{}, "At"))
			if diff != "" {
				t.Fatalf("history %d in %s (-there +moved)\n%s", i, name, diff)
			}
		}
	}
}

// Corrections may come in any order and overlap.
func TestBudgetOf_OrderOfCorrectionsIsIrrelevant(t *testing.T) {
	r := rand.New(rand.NewPCG(11, 12))
	for range 50 {
		s := random(r)
		want := BudgetOf(s, over(72*time.Hour))
		s.Corrections = append([]opsreview.Correction{}, s.Corrections...)
		r.Shuffle(len(s.Corrections), func(i, j int) { s.Corrections[i], s.Corrections[j] = s.Corrections[j], s.Corrections[i] })
		if diff := cmp.Diff(want, BudgetOf(s, over(72*time.Hour))); diff != "" {
			t.Fatalf("(-in order +shuffled)\n%s", diff)
		}
	}
}

func FuzzStandingOf(f *testing.F) {
	f.Add(uint64(1), 0.999, 100.0, 0.5, int64(time.Minute), int64(time.Hour))
	f.Add(uint64(2), 0.0, 1e-300, 1.0, int64(1), int64(7*time.Minute))
	f.Add(uint64(3), 0.9999999999999999, 1e300, 1e-300, int64(time.Hour), int64(1))
	f.Fuzz(func(t *testing.T, seed uint64, target, total, bad float64, length, slice int64) {
		if !finite(target, total, bad) || target < 0 || target >= 1 || total < 0 || total > 1e300 || bad < 0 || bad > 1 {
			t.Skip("no objective, or no segment")
		}
		if length < int64(time.Second) || length > int64(Month) || slice < int64(time.Second) || slice > int64(Month) {
			t.Skip("nobody counts that often, or that seldom")
		}
		r := rand.New(rand.NewPCG(seed, 0))
		s := seriesOf()
		start := dawn
		for range r.IntN(50) {
			g := opsreview.Segment{Start: start, End: start.Add(time.Duration(length)), Total: total, Bad: total * bad}
			if start = g.End.Add(time.Duration(r.Int64N(length))); r.IntN(3) > 0 {
				g.Covered = g.Length()
			} else {
				g.GapBad = g.Bad
			}
			s.Segments = append(s.Segments, g)
		}
		for _, m := range []opsreview.BudgetingMethod{opsreview.Occurrences, opsreview.Timeslices, opsreview.RatioTimeslices} {
			s.SLO.Objective = opsreview.Objective{Target: target, Method: m, Slice: time.Duration(slice), SliceTarget: target}
			if problem := strange(StandingOf(s, dawn.Add(time.Duration(r.Int64N(int64(Month)))))); problem != "" {
				t.Fatal(problem)
			}
		}
	})
}

func BenchmarkStandingOf(b *testing.B) {
	s := seriesOf(minutes(Month, 1000, fault{time.Hour, 5 * time.Minute, 1})...)
	for name, o := range map[string]opsreview.Objective{"events": events999, "slices": slices99} {
		b.Run(name, func(b *testing.B) {
			s.SLO.Objective = o
			b.ReportAllocs()
			for b.Loop() {
				StandingOf(s, dawn.Add(Month))
			}
		})
	}
}
