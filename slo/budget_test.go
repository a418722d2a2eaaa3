package slo

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"opsreview"
)

// dawn is where the generated histories begin.
var dawn = time.Date(2026, 10, 10, 0, 0, 0, 0, time.UTC)

// A fault is a stretch in which a share of the events is bad.
type fault struct {
	at, lasts time.Duration // after dawn
	bad       float64       // share
}

// minutes generates the segments of a stretch after dawn at a steady rate of
// events a minute, with faults.
func minutes(length time.Duration, rate float64, faults ...fault) []opsreview.Segment {
	all := make([]opsreview.Segment, 0, length/time.Minute)
	for m := time.Duration(0); m < length; m += time.Minute {
		g := opsreview.Segment{SLO: "a/b", Start: dawn.Add(m), End: dawn.Add(m + time.Minute), Total: rate, Covered: time.Minute}
		for _, f := range faults {
			if m >= f.at && m < f.at+f.lasts {
				g.Bad = rate * f.bad
			}
		}
		all = append(all, g)
	}
	return all
}

// over is the window from dawn on.
func over(length time.Duration) opsreview.Window {
	return opsreview.Window{Start: dawn, End: dawn.Add(length)}
}

func occurrences(target float64) opsreview.Objective {
	return opsreview.Objective{Target: target, Method: opsreview.Occurrences}
}

// The golden numbers are the Google SRE workbook's, chapter 5, and arithmetic.
func TestBudgetOf_Golden(t *testing.T) {
	tests := map[string]struct {
		target float64
		fault  fault
		want   float64
	}{
		"0.1 % bad for 10 minutes costs 0.0231 % of 99.9 % over 30 days": {0.999, fault{time.Hour, 10 * time.Minute, 0.001}, 0.000231},
		"an outage of 5 minutes costs 11.57 % of 99.9 %":                 {0.999, fault{time.Hour, 5 * time.Minute, 1}, 0.1157},
		"an outage of an hour costs 138.9 % of 99.9 %":                   {0.999, fault{time.Hour, time.Hour, 1}, 1.389},
		"an outage of an hour costs 1.39 % of 90 %":                      {0.9, fault{time.Hour, time.Hour, 1}, 0.0139},
		"a burn rate of 14.4 spends 2 % in an hour":                      {0.999, fault{time.Hour, time.Hour, 0.0144}, 0.02},
		"a burn rate of 6 spends 5 % in 6 hours":                         {0.999, fault{time.Hour, 6 * time.Hour, 0.006}, 0.05},
		"a burn rate of 3 spends 10 % in a day":                          {0.999, fault{time.Hour, 24 * time.Hour, 0.003}, 0.1},
		"a burn rate of 1 spends 10 % in 3 days":                         {0.999, fault{time.Hour, 72 * time.Hour, 0.001}, 0.1},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			s := seriesOf(minutes(Month, 1000, test.fault)...)
			s.SLO.Objective = occurrences(test.target)
			got := BudgetOf(s, over(Month))
			if diff := cmp.Diff(test.want, got.Consumed, cmpopts.EquateApprox(0.005, 0)); diff != "" {
				t.Errorf("consumed (-want +got)\n%s", diff)
			}
			if got.Coverage != 1 || got.EdgeError != 0 || got.Changed || got.Granularity != 0 {
				t.Errorf("BudgetOf() = %+v, want full coverage and no reservations", got)
			}
		})
	}
}

func TestBudgetOf_GoldenMethods(t *testing.T) {
	// The vector is from github.com/nobl9-mikec's gist of the three methods.
	good := []float64{2, 10, 12, 13, 13, 12, 13, 13, 12, 11}
	valid := []float64{4, 10, 12, 13, 14, 15, 14, 13, 12, 11}
	var s Series
	s.SLO.Name = "a/b"
	for i := range good {
		start := dawn.Add(time.Duration(i) * time.Minute)
		s.Segments = append(s.Segments, opsreview.Segment{
			SLO: "a/b", Start: start, End: start.Add(time.Minute),
			Total: valid[i], Bad: valid[i] - good[i], Covered: time.Minute,
		})
	}
	tests := map[opsreview.BudgetingMethod]float64{
		opsreview.Occurrences:     1.1864,
		opsreview.Timeslices:      8,
		opsreview.RatioTimeslices: 1.6857,
	}
	for method, want := range tests {
		t.Run(string(method), func(t *testing.T) {
			s.SLO.Objective = opsreview.Objective{Target: 0.95, Method: method, Slice: time.Minute, SliceTarget: 0.95}
			got := BudgetOf(s, over(10*time.Minute))
			if diff := cmp.Diff(want, got.Consumed, cmpopts.EquateApprox(0, 0.00005)); diff != "" {
				t.Errorf("consumed (-want +got)\n%s", diff)
			}
		})
	}
}

func TestBudgetOf_GoldenSlices(t *testing.T) {
	tests := map[string]struct {
		minutes     time.Duration
		bad         time.Duration
		corrections []opsreview.Correction
		total       float64
		sli         float64
	}{
		"715 of 720 slices are 99.305 %":                     {minutes: 720, bad: 5, total: 720, sli: 0.99305},
		"two groups that are bad in turn are 98.611 % of it": {minutes: 720, bad: 10, total: 720, sli: 0.98611},
		"a correction does not change the number of slices": {
			minutes: 10080, bad: 60, total: 10080, sli: 1,
			corrections: []opsreview.Correction{{Window: over(time.Hour)}},
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			length := test.minutes * time.Minute
			s := seriesOf(minutes(length, 100, fault{0, test.bad * time.Minute, 1})...)
			s.SLO.Objective = opsreview.Objective{Target: 0.99, Method: opsreview.Timeslices, Slice: time.Minute, SliceTarget: 0.99}
			s.Corrections = test.corrections
			got := BudgetOf(s, over(length))
			if got.Total != test.total || got.Unknown != 0 || got.Coverage != 1 {
				t.Errorf("total %v, unknown %v, coverage %v", got.Total, got.Unknown, got.Coverage)
			}
			if diff := cmp.Diff(test.sli, 1-got.Bad/got.Total, cmpopts.EquateApprox(0, 0.00001)); diff != "" {
				t.Errorf("share of good slices (-want +got)\n%s", diff)
			}
		})
	}
}

// A day of maintenance leaves 6 days of events, so that the same bad hour is a
// greater share: Datadog's documentation calls it dilation.
func TestBudgetOf_CorrectionsDilate(t *testing.T) {
	hour := fault{at: 48 * time.Hour, lasts: time.Hour, bad: 1}
	s := seriesOf(minutes(Week, 1, hour)...)
	if got := BudgetOf(s, over(Week)); got.Bad != 60 || got.Total != 10080 {
		t.Errorf("bad ÷ total is %v ÷ %v, want 60 ÷ 10080", got.Bad, got.Total)
	}
	s.Corrections = []opsreview.Correction{{SLO: "a/b", Window: over(24 * time.Hour)}}
	got := BudgetOf(s, over(Week))
	if got.Bad != 60 || got.Total != 8640 {
		t.Errorf("bad ÷ total is %v ÷ %v, want 60 ÷ 8640", got.Bad, got.Total)
	}
	if got.Corrected != 24*time.Hour || got.Coverage != 1 {
		t.Errorf("corrected %v, coverage %v, want a day, and nothing missing", got.Corrected, got.Coverage)
	}
}

// Ten requests an hour allow 7.2 failures of 99.9 % in 30 days.
func TestBudgetOf_LowTraffic(t *testing.T) {
	var s Series
	s.SLO.Objective = events999
	for h := range 720 {
		start := dawn.Add(time.Duration(h) * time.Hour)
		s.Segments = append(s.Segments, opsreview.Segment{Start: start, End: start.Add(time.Hour), Total: 10, Covered: time.Hour})
	}
	s.Segments[100].Bad = 1
	got := BudgetOf(s, over(Month))
	want := []float64{7.2, 0.1389, 0.1389}
	if diff := cmp.Diff(want, []float64{got.Allowed, got.Consumed, got.Granularity}, cmpopts.EquateApprox(0.001, 0)); diff != "" {
		t.Errorf("allowed, consumed, granularity (-want +got)\n%s", diff)
	}
}

func TestBudgetOf_Reservations(t *testing.T) {
	missing := func(p opsreview.MissingData) Series {
		s := seriesOf(seg("10:00", "10:15", 90, 0), seg("10:15", "10:20", 10, 10), gap("10:40", "10:45", 10, 10))
		s.SLO.Missing, s.SLO.Objective = p, slices99
		return s
	}
	counted := func(segments ...opsreview.Segment) Series { return seriesOf(segments...) }
	restarted := seg("10:00", "11:00", 100, 0)
	restarted.Resets, restarted.Excess = 3, 7

	tests := map[string]struct {
		series Series
		want   Budget
	}{
		"nothing known is no data and no burn": {
			series: counted(),
			want:   Budget{Status: NoData, Remaining: 1},
		},
		"no traffic burns nothing": {
			series: counted(seg("10:00", "11:00", 0, 0)),
			want:   Budget{Status: NoTraffic, Remaining: 1, Coverage: 1},
		},
		"a young service is measured by what was seen": {
			series: counted(seg("10:30", "11:00", 10000, 5)),
			want: Budget{
				Status: OK, Total: 10000, Bad: 5, Allowed: 10, Consumed: 0.5, Remaining: 0.5, Low: 0.5, High: 0.5, Coverage: 0.5,
			},
		},
		"what is overspent goes below zero": {
			series: counted(seg("10:00", "11:00", 10000, 30)),
			want: Budget{
				Status: Overspent, Total: 10000, Bad: 30, Allowed: 10, Consumed: 3, Remaining: -2, Low: 3, High: 3, Coverage: 1,
			},
		},
		"exactly the budget is not overspent": {
			series: counted(seg("10:00", "11:00", 10000, 10)),
			want: Budget{
				Status: OK, Total: 10000, Bad: 10, Allowed: 10, Consumed: 1, Remaining: 0, Low: 1, High: 1, Coverage: 1,
			},
		},
		"what burned in a gap is told": {
			series: counted(seg("10:00", "10:30", 5000, 5), gap("10:30", "11:00", 5000, 5)),
			want: Budget{
				Status: OK, Total: 10000, Bad: 10, Allowed: 10, Consumed: 1, Low: 1, High: 1, Coverage: 0.5, GapBurn: 0.5,
			},
		},
		"segments cut by both ends bound the error": {
			series: counted(seg("09:30", "10:30", 10000, 4), seg("10:30", "11:30", 10000, 6)),
			want: Budget{
				Status: OK, Total: 10000, Bad: 5, Allowed: 10, Consumed: 0.5, Remaining: 0.5, Low: 0.5, High: 0.5, Coverage: 1, EdgeError: 1,
			},
		},
		"one segment around the window is one error": {
			series: counted(seg("09:30", "11:30", 20000, 4)),
			want: Budget{
				Status: OK, Total: 10000, Bad: 2, Allowed: 10, Consumed: 0.2, Remaining: 0.8, Low: 0.2, High: 0.2, Coverage: 1, EdgeError: 0.4,
			},
		},
		"restarts, good above total and scarce budgets are told": {
			series: counted(restarted),
			want: Budget{
				Status: OK, Total: 100, Allowed: 0.1, Remaining: 1, Coverage: 1, Excess: 7, Resets: 3, Granularity: 10,
			},
		},
		"unknown slices leave the denominator": {
			series: missing(""),
			want: Budget{
				Status: Overspent, Unit: "slices", Total: 5, Bad: 2, Unknown: 7, Allowed: 0.05, Consumed: 40, Remaining: -39,
				Low: 2 / 0.12, High: 9 / 0.12, Coverage: 1.0 / 3, GapBurn: 20, Granularity: 20,
			},
		},
		"unknown slices are good where the document says so": {
			series: missing(opsreview.MissingGood),
			want: Budget{
				Status: Overspent, Unit: "slices", Total: 12, Bad: 2, Unknown: 7, Allowed: 0.12, Consumed: 2 / 0.12, Remaining: 1 - 2/0.12,
				Low: 2 / 0.12, High: 9 / 0.12, Coverage: 1.0 / 3, GapBurn: 1 / 0.12, Granularity: 1 / 0.12,
			},
		},
		"unknown slices are bad where the document says so": {
			series: missing(opsreview.MissingBad),
			want: Budget{
				Status: Overspent, Unit: "slices", Total: 12, Bad: 9, Unknown: 7, Allowed: 0.12, Consumed: 9 / 0.12, Remaining: 1 - 9/0.12,
				Low: 2 / 0.12, High: 9 / 0.12, Coverage: 1.0 / 3, GapBurn: 1 / 0.12, Granularity: 1 / 0.12,
			},
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			w := span("10:00", "11:00")
			want := test.want
			want.Window, want.Objective = w, test.series.SLO.Objective
			if want.Unit == "" {
				want.Unit = "events"
			}
			got := BudgetOf(test.series, w)
			if got.Allowed < scarce && want.Granularity == 0 {
				want.Granularity = ratio(1, got.Allowed)
			}
			if diff := cmp.Diff(want, got, nearly); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}

// The slice that is being lived through is not unknown: it is not over.
func TestBudgetOf_SliceUnderWay(t *testing.T) {
	s := seriesOf(seg("10:00", "10:10", 100, 0), seg("10:10", "10:12", 0, 0))
	s.SLO.Objective, s.SLO.Missing = slices99, opsreview.MissingBad
	got := BudgetOf(s, span("10:00", "10:12"))
	if got.Consumed != 0 || got.Unknown != 0 || got.Total != 2.4 {
		t.Errorf("consumed %v with %v of %v slices unknown, want nothing burned of 2.4", got.Consumed, got.Unknown, got.Total)
	}
	got = BudgetOf(s, span("10:00", "10:17"))
	if diff := cmp.Diff(1.0, got.Unknown, nearly); diff != "" {
		t.Errorf("unknown once the slice is over (-want +got)\n%s", diff)
	}
}

// Nothing is known of the slice that is being lived through either, and a budget
// of a part of it once made one failure cost 250000 % of it.
func TestBudgetOf_SliceUnderWayOfNothing(t *testing.T) {
	s := seriesOf()
	s.SLO.Objective = slices99
	got := BudgetOf(s, span("10:00", "11:02"))
	if got.Status != NoData || got.Total != 0 || got.Allowed != 0 || got.Granularity != 0 {
		t.Errorf("%s: total %v, allowed %v, granularity %v, want nothing", got.Status, got.Total, got.Allowed, got.Granularity)
	}
	s = seriesOf(seg("10:00", "11:00", 100, 0))
	s.SLO.Objective = slices99
	if diff := cmp.Diff(12.0, BudgetOf(s, span("10:00", "11:02")).Total, nearly); diff != "" {
		t.Errorf("slices that are known (-want +got)\n%s", diff)
	}
}

func TestBudgetOf_TargetChanged(t *testing.T) {
	first, second := occurrences(0.9), occurrences(0.99)
	history := []opsreview.ObjectiveChange{{Objective: first}, {At: at("10:30"), Objective: second}, {At: at("12:00"), Objective: second}}
	tests := map[string]struct {
		window  opsreview.Window
		want    opsreview.Objective
		changed bool
	}{
		"before the change the first one holds":               {span("10:00", "10:29"), first, false},
		"the one in force at the end is applied to all of it": {span("10:00", "11:00"), second, true},
		"a change at the end counts":                          {span("10:00", "10:30"), second, true},
		"a change at the start does not":                      {span("10:30", "11:00"), second, false},
		"the same objective again is no change":               {span("11:00", "13:00"), second, false},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			s := seriesOf(seg("10:00", "13:00", 1000, 1))
			s.History = history
			got := BudgetOf(s, test.window)
			if got.Objective != test.want || got.Changed != test.changed {
				t.Errorf("objective %v, changed %v, want %v, %v", got.Objective.Target, got.Changed, test.want.Target, test.changed)
			}
		})
	}
}

// random returns a history of three days in segments of many lengths, with
// holes, gaps, excess and restarts, and corrections.
func random(r *rand.Rand) Series {
	var s Series
	s.SLO = opsreview.SLO{Name: "a/b", Objective: occurrences(0.9 + 0.099*r.Float64()), MinTotal: float64(r.IntN(3))}
	lengths := []time.Duration{time.Minute, time.Minute, time.Minute, 5 * time.Minute, 17 * time.Minute, time.Hour, 3 * time.Hour}
	for t := dawn; t.Before(dawn.Add(72 * time.Hour)); {
		g := opsreview.Segment{SLO: "a/b", Start: t, End: t.Add(lengths[r.IntN(len(lengths))]), Resets: r.IntN(2)}
		t = g.End
		switch r.IntN(12) {
		case 0: // a hole
			continue
		case 1: // a gap
			g.Total = float64(r.IntN(1000))
			g.Bad = float64(r.IntN(int(g.Total) + 1))
			g.GapBad = g.Bad
		case 2: // no traffic
			g.Covered = g.Length()
		case 3: // watched for a while
			g.Covered = time.Duration(r.Int64N(int64(g.Length()))).Truncate(time.Second)
			g.Total = float64(r.IntN(100))
			g.Excess = float64(r.IntN(2))
		default:
			g.Covered = g.Length()
			g.Total = float64(r.IntN(1000))
			g.Bad = float64(r.IntN(int(g.Total)/(1+r.IntN(50)) + 1))
		}
		s.Segments = append(s.Segments, g)
	}
	for range r.IntN(4) {
		start := dawn.Add(time.Duration(r.IntN(72*3600)) * time.Second)
		s.Corrections = append(s.Corrections, opsreview.Correction{
			Window: opsreview.Window{Start: start, End: start.Add(time.Duration(r.IntN(4*3600)) * time.Second)},
		})
	}
	return s
}

// methods are an objective of each method, and slices that no hour is a multiple
// of.
func methods(target float64) map[string]opsreview.Objective {
	return map[string]opsreview.Objective{
		"events":  {Target: target, Method: opsreview.Occurrences},
		"minutes": {Target: target, Method: opsreview.Timeslices, Slice: time.Minute, SliceTarget: 0.95},
		"sevens":  {Target: target, Method: opsreview.Timeslices, Slice: 7 * time.Minute, SliceTarget: 0.9},
		"hours":   {Target: target, Method: opsreview.RatioTimeslices, Slice: time.Hour},
	}
}

func TestUnits_SplittingAWindowSumsToTheWhole(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for i := range 100 {
		s := random(r)
		for name, o := range methods(s.SLO.Objective.Target) {
			w := opsreview.Window{Start: dawn.Add(time.Duration(r.IntN(1e5)) * time.Second), End: dawn.Add(Week)}
			mid := w.Start.Add(time.Duration(r.IntN(2e5)) * time.Second)
			whole := sums(units(s, o, w))
			halves := append(units(s, o, opsreview.Window{Start: w.Start, End: mid}), units(s, o, opsreview.Window{Start: mid, End: w.End})...)
			if diff := cmp.Diff(whole, sums(halves), nearly, cmpopts.IgnoreFields(opsreview.Segment{}, "Covered")); diff != "" {
				t.Fatalf("history %d in %s cut at %v (-whole +halves)\n%s", i, name, mid, diff)
			}
		}
	}
}

func TestUnits_AreInOrderAndWithinTheWindow(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	for i := range 100 {
		s := random(r)
		w := opsreview.Window{Start: dawn.Add(time.Duration(r.IntN(1e5)) * time.Second), End: dawn.Add(Week)}
		for name, o := range methods(0.99) {
			end := w.Start
			for _, g := range units(s, o, w) {
				if g.Start.Before(end) || !g.Start.Before(g.End) || g.End.After(w.End) {
					t.Fatalf("history %d in %s: %v to %v after %v", i, name, g.Start, g.End, end)
				}
				if g.Bad < 0 || g.Bad > g.Total*(1+tolerance) || g.GapBad > g.Bad*(1+tolerance) || g.Covered > g.Length() {
					t.Fatalf("history %d in %s: %+v", i, name, g)
				}
				end = g.End
			}
		}
	}
}

// Joining minutes that are wholly covered and without bad events loses nothing
// that a budget tells, as the store relies on.
func TestBudgetOf_JoiningQuietMinutesChangesNothing(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	for i := range 50 {
		fine := seriesOf(minutes(26*time.Hour, 60, fault{time.Duration(r.IntN(1500)) * time.Minute, time.Duration(r.IntN(90)) * time.Minute, r.Float64()})...)
		n := r.IntN(len(fine.Segments))
		fine.Segments[n].Covered, fine.Segments[n].GapBad = 0, fine.Segments[n].Bad
		joined := fine
		joined.Segments = joinQuiet(fine.Segments)
		w := opsreview.Window{Start: dawn.Add(time.Duration(r.IntN(100)) * time.Minute), End: dawn.Add(25*time.Hour + time.Duration(r.IntN(60))*time.Minute)}
		for name, o := range methods(0.99) {
			fine.SLO.Objective, joined.SLO.Objective = o, o
			if diff := cmp.Diff(BudgetOf(fine, w), BudgetOf(joined, w), nearly); diff != "" {
				t.Fatalf("history %d in %s (-minutes +hours)\n%s", i, name, diff)
			}
			if diff := cmp.Diff(StandingOf(fine, w.End), StandingOf(joined, w.End), nearly, cmpopts.IgnoreFields(Standing{}, "BurnDown")); diff != "" {
				t.Fatalf("standing of history %d in %s (-minutes +hours)\n%s", i, name, diff)
			}
		}
	}
}

// joinQuiet joins the minutes of hours that are wholly covered and without bad
// events.
func joinQuiet(fine []opsreview.Segment) []opsreview.Segment {
	var all []opsreview.Segment
	for len(fine) > 0 {
		n := min(60, len(fine))
		sum := sums(fine[:n])
		if sum.Bad > 0 || sum.Covered < time.Hour {
			all = append(all, fine[:n]...)
		} else {
			sum.SLO, sum.Start, sum.End = "a/b", fine[0].Start, fine[n-1].End
			all = append(all, sum)
		}
		fine = fine[n:]
	}
	return all
}

func TestStandingOf_IsAlwaysANumber(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 8))
	for i := range 200 {
		s := random(r)
		s.SLO.Missing = []opsreview.MissingData{"", opsreview.MissingGood, opsreview.MissingBad}[r.IntN(3)]
		for name, o := range methods(s.SLO.Objective.Target) {
			s.SLO.Objective = o
			at := dawn.Add(time.Duration(r.IntN(5*24*60)) * time.Minute)
			if problem := strange(StandingOf(s, at)); problem != "" {
				t.Fatalf("history %d in %s at %v: %s", i, name, at, problem)
			}
		}
	}
}

// strange says what of a standing cannot be.
func strange(st Standing) string {
	for _, b := range []Budget{st.Week, st.Month} {
		if !finite(b.Total, b.Bad, b.Allowed, b.Consumed, b.Remaining, b.Low, b.High, b.Unknown, b.Coverage, b.EdgeError, b.GapBurn, b.Granularity) {
			return fmt.Sprintf("not finite: %+v", b)
		}
		if b.Low > b.Consumed*(1+tolerance) || b.Consumed > b.High*(1+tolerance) || b.Coverage < 0 || b.Coverage > 1 {
			return fmt.Sprintf("out of bounds: %+v", b)
		}
	}
	if !finite(st.WeekShare, st.BurnRate) || st.Exhaustion < 0 {
		return fmt.Sprintf("week share %v, burn rate %v, exhaustion %v", st.WeekShare, st.BurnRate, st.Exhaustion)
	}
	for _, p := range st.BurnDown {
		if !finite(p.Remaining) {
			return fmt.Sprintf("not finite: %+v", p)
		}
	}
	if last := st.BurnDown[len(st.BurnDown)-1]; last.Remaining != st.Month.Remaining || !last.At.Equal(st.Month.Window.End) {
		return fmt.Sprintf("the burn-down ends with %+v", last)
	}
	return ""
}
