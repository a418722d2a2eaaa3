package slo

import (
	"math"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"opsreview"
)

var nearly = cmpopts.EquateApprox(1e-9, 1e-9)

// at reads a time of day on a Monday in November 2026.
func at(clock string) time.Time {
	t, err := time.Parse("15:04:05", clock)
	if err != nil {
		t, err = time.Parse("15:04", clock)
	}
	if err != nil {
		panic(err)
	}
	return time.Date(2026, 11, 9, t.Hour(), t.Minute(), t.Second(), 0, time.UTC)
}

func span(from, to string) opsreview.Window {
	return opsreview.Window{Start: at(from), End: at(to)}
}

// seg is a segment that is wholly covered.
func seg(from, to string, total, bad float64) opsreview.Segment {
	g := opsreview.Segment{SLO: "a/b", Start: at(from), End: at(to), Total: total, Bad: bad}
	g.Covered = g.Length()
	return g
}

// gap is a segment that nobody watched.
func gap(from, to string, total, bad float64) opsreview.Segment {
	g := seg(from, to, total, bad)
	g.Covered, g.GapBad = 0, bad
	return g
}

func partly(g opsreview.Segment, covered time.Duration) opsreview.Segment {
	g.Covered = covered
	return g
}

func out(from, to string) opsreview.Correction {
	return opsreview.Correction{SLO: "a/b", Window: span(from, to)}
}

func seriesOf(segments ...opsreview.Segment) Series {
	return Series{SLO: opsreview.SLO{Name: "a/b", Objective: events999}, Segments: segments}
}

var (
	events999 = opsreview.Objective{Target: 0.999, Method: opsreview.Occurrences}
	slices99  = opsreview.Objective{Target: 0.99, Method: opsreview.Timeslices, Slice: 5 * time.Minute, SliceTarget: 0.9}
	ratios99  = opsreview.Objective{Target: 0.99, Method: opsreview.RatioTimeslices, Slice: 5 * time.Minute}
)

func TestUnits_Occurrences(t *testing.T) {
	tests := map[string]struct {
		segments    []opsreview.Segment
		corrections []opsreview.Correction
		want        []opsreview.Segment
	}{
		"nothing known gives nothing": {},
		"a segment within the window stays as it is": {
			segments: []opsreview.Segment{seg("10:00", "10:01", 100, 3)},
			want:     []opsreview.Segment{seg("10:00", "10:01", 100, 3)},
		},
		"the window is half-open": {
			segments: []opsreview.Segment{seg("09:59", "10:00", 100, 1), seg("11:00", "11:01", 100, 2)},
		},
		"a segment that the window cuts counts for its part": {
			segments: []opsreview.Segment{seg("09:50", "10:10", 100, 10), seg("10:45", "11:45", 60, 4)},
			want:     []opsreview.Segment{seg("10:00", "10:10", 50, 5), seg("10:45", "11:00", 15, 1)},
		},
		"a gap stays a gap": {
			segments: []opsreview.Segment{gap("10:00", "10:05", 100, 50)},
			want:     []opsreview.Segment{gap("10:00", "10:05", 100, 50)},
		},
		"a correction removes good and bad events alike": {
			segments:    []opsreview.Segment{seg("10:00", "10:01", 100, 3), seg("10:01", "10:02", 100, 50)},
			corrections: []opsreview.Correction{out("10:01", "10:02")},
			want:        []opsreview.Segment{seg("10:00", "10:01", 100, 3)},
		},
		"a correction within a long segment removes its part": {
			segments:    []opsreview.Segment{seg("10:00", "10:10", 100, 10)},
			corrections: []opsreview.Correction{out("10:02", "10:03")},
			want:        []opsreview.Segment{seg("10:00", "10:02", 20, 2), seg("10:03", "10:10", 70, 7)},
		},
		"corrections that overlap remove once": {
			segments:    []opsreview.Segment{seg("10:00", "10:10", 100, 10)},
			corrections: []opsreview.Correction{out("10:03", "10:06"), out("10:02", "10:04"), out("10:06", "10:07")},
			want:        []opsreview.Segment{seg("10:00", "10:02", 20, 2), seg("10:07", "10:10", 30, 3)},
		},
		"a correction over many segments and holes removes all of them": {
			segments: []opsreview.Segment{
				seg("10:00", "10:10", 100, 10), seg("10:20", "10:30", 100, 10), seg("10:30", "10:40", 100, 10),
			},
			corrections: []opsreview.Correction{out("09:00", "10:01"), out("10:09", "10:35"), out("10:50", "12:00")},
			want:        []opsreview.Segment{seg("10:01", "10:09", 80, 8), seg("10:35", "10:40", 50, 5)},
		},
		"a withdrawn correction and another objective's remove nothing": {
			segments: []opsreview.Segment{seg("10:00", "10:10", 100, 10)},
			corrections: []opsreview.Correction{
				{SLO: "a/b", Window: span("10:00", "10:10"), WithdrawnBy: "ada"},
				{SLO: "a/c", Window: span("10:00", "10:10")},
			},
			want: []opsreview.Segment{seg("10:00", "10:10", 100, 10)},
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			s := seriesOf(test.segments...)
			s.Corrections = test.corrections
			got := units(s, events999, span("10:00", "11:00"))
			if diff := cmp.Diff(test.want, got, nearly, cmpopts.EquateEmpty()); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}

func TestUnits_KeepRestartsAndExcess(t *testing.T) {
	g := seg("09:50", "10:10", 100, 10)
	g.Resets, g.Excess = 2, 8
	s := seriesOf(g)
	before := units(s, events999, span("09:00", "10:00"))
	after := units(s, events999, span("10:00", "11:00"))
	if before[0].Resets != 2 || after[0].Resets != 0 {
		t.Errorf("restarts are %d before and %d after the cut, want 2 and 0", before[0].Resets, after[0].Resets)
	}
	if before[0].Excess != 4 || after[0].Excess != 4 {
		t.Errorf("excess is %v before and %v after the cut, want 4 each", before[0].Excess, after[0].Excess)
	}
}

func TestUnits_Timeslices(t *testing.T) {
	tests := map[string]struct {
		segments    []opsreview.Segment
		corrections []opsreview.Correction
		min         float64
		window      opsreview.Window
		want        []opsreview.Segment
	}{
		"a slice that just meets its target is good": {
			segments: []opsreview.Segment{seg("10:00", "10:05", 100, 10)},
			want:     []opsreview.Segment{seg("10:00", "10:05", 1, 0)},
		},
		"a slice that just misses its target is bad": {
			segments: []opsreview.Segment{seg("10:00", "10:05", 100, 11)},
			want:     []opsreview.Segment{seg("10:00", "10:05", 1, 1)},
		},
		"the segments of a slice are judged together": {
			segments: []opsreview.Segment{seg("10:00", "10:01", 10, 10), seg("10:01", "10:05", 90, 0)},
			want:     []opsreview.Segment{seg("10:00", "10:05", 1, 0)},
		},
		"slices begin at multiples of their length": {
			segments: []opsreview.Segment{seg("10:03", "10:05", 10, 10), seg("10:05", "10:08", 10, 0)},
			want: []opsreview.Segment{
				partly(seg("10:00", "10:05", 1, 1), 2*time.Minute),
				partly(seg("10:05", "10:10", 1, 0), 3*time.Minute),
			},
		},
		"no traffic while watched is good": {
			segments: []opsreview.Segment{seg("10:00", "10:05", 0, 0)},
			want:     []opsreview.Segment{seg("10:00", "10:05", 1, 0)},
		},
		"no traffic, watched for less than half of the slice, is unknown": {
			segments: []opsreview.Segment{seg("10:00", "10:02", 0, 0), gap("10:05", "10:10", 0, 0)},
		},
		"a slice with too few events is unknown": {
			segments: []opsreview.Segment{seg("10:00", "10:05", 4, 4), seg("10:05", "10:10", 5, 5)},
			min:      5,
			want:     []opsreview.Segment{seg("10:05", "10:10", 1, 1)},
		},
		"a slice known only from a gap is judged and says so": {
			segments: []opsreview.Segment{gap("10:00", "10:05", 100, 50), gap("10:05", "10:10", 100, 0)},
			want:     []opsreview.Segment{gap("10:00", "10:05", 1, 1), gap("10:05", "10:10", 1, 0)},
		},
		"a long segment stands for the slices within it": {
			segments: []opsreview.Segment{seg("10:00", "11:00", 600, 0)},
			want:     []opsreview.Segment{seg("10:00", "11:00", 12, 0)},
		},
		"a long segment that begins within a slice is parted": {
			segments: []opsreview.Segment{seg("10:00", "10:03", 30, 30), seg("10:03", "10:23", 200, 0)},
			want: []opsreview.Segment{
				seg("10:00", "10:05", 1, 1), seg("10:05", "10:20", 3, 0),
				partly(seg("10:20", "10:25", 1, 0), 3*time.Minute),
			},
		},
		"a long segment with too few events for each slice is unknown": {
			segments: []opsreview.Segment{seg("10:00", "11:00", 59, 0)},
			min:      5,
		},
		"a corrected slice is good, known or not": {
			segments:    []opsreview.Segment{seg("10:00", "10:05", 100, 100)},
			corrections: []opsreview.Correction{out("10:00", "10:20")},
			want:        []opsreview.Segment{seg("10:00", "10:20", 4, 0)},
		},
		"a slice is judged by what a correction leaves of it": {
			segments: []opsreview.Segment{
				seg("10:00", "10:04", 100, 100), seg("10:04", "10:05", 10, 0),
				seg("10:05", "10:09", 100, 0), seg("10:09", "10:10", 10, 10),
			},
			corrections: []opsreview.Correction{out("10:00", "10:04"), out("10:05", "10:09")},
			want:        []opsreview.Segment{seg("10:00", "10:05", 1, 0), seg("10:05", "10:10", 1, 1)},
		},
		"a slice that the window cuts is judged whole and counts for its part": {
			segments: []opsreview.Segment{seg("10:00", "10:01", 10, 0), seg("10:01", "10:05", 10, 10)},
			window:   span("10:00", "10:01"),
			want:     []opsreview.Segment{seg("10:00", "10:01", 0.2, 0.2)},
		},
		"a run that the window cuts counts for its part": {
			segments: []opsreview.Segment{seg("09:00", "12:00", 600, 0)},
			window:   span("10:01", "10:12"),
			want:     []opsreview.Segment{seg("10:01", "10:12", 2.2, 0)},
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			s := seriesOf(test.segments...)
			s.Corrections, s.SLO.MinTotal = test.corrections, test.min
			w := test.window
			if w.IsZero() {
				w = span("10:00", "11:00")
			}
			if diff := cmp.Diff(test.want, units(s, slices99, w), nearly, cmpopts.EquateEmpty()); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}

func TestUnits_RatioTimeslices(t *testing.T) {
	s := seriesOf(
		seg("10:00", "10:01", 100, 10), seg("10:01", "10:05", 100, 0),
		seg("10:05", "10:10", 0, 0),
		gap("10:10", "10:15", 40, 30),
	)
	want := []opsreview.Segment{
		seg("10:00", "10:05", 1, 0.05), seg("10:05", "10:10", 1, 0), gap("10:10", "10:15", 1, 0.75),
	}
	if diff := cmp.Diff(want, units(s, ratios99, span("10:00", "11:00")), nearly); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

func sums(all []opsreview.Segment) (sum opsreview.Segment) {
	for _, g := range all {
		sum.Total += g.Total
		sum.Bad += g.Bad
		sum.Covered += g.Covered
		sum.GapBad += g.GapBad
		sum.Excess += g.Excess
		sum.Resets += g.Resets
	}
	return sum
}

func finite(all ...float64) bool {
	for _, x := range all {
		if math.IsNaN(x) || math.IsInf(x, 0) {
			return false
		}
	}
	return true
}
