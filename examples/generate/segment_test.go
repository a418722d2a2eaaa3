package main

import (
	"bytes"
	"context"
	"testing"
	"time"

	"opsreview"
	"opsreview/ingest"
	"opsreview/ingest/file"
)

// A segmentSink keeps the segments of an import, by SLO.
type segmentSink struct {
	t    *testing.T
	slos map[string][]opsreview.Segment
}

func (s *segmentSink) Save(_ context.Context, b opsreview.Batch) error {
	for _, seg := range b.Segments {
		s.slos[seg.SLO] = append(s.slos[seg.SLO], seg)
	}
	return nil
}

func (s *segmentSink) Problem(p ingest.Problem) error {
	s.t.Errorf("line %d: %s", p.Line, p.Reason)
	return nil
}

// imported returns the segments as the ordinary import reads them.
func imported(t *testing.T) map[string][]opsreview.Segment {
	t.Helper()
	data := generated(t)["segments.csv"]
	if len(data) > 600<<10 {
		t.Errorf("segments.csv has %d bytes, and the program that embeds it must stay small", len(data))
	}
	s := segmentSink{t: t, slos: map[string][]opsreview.Segment{}}
	if err := file.Segments().Import(t.Context(), "metrics", ingest.File{Name: "segments.csv", R: bytes.NewReader(data)}, &s); err != nil {
		t.Fatal(err)
	}
	return s.slos
}

func TestSegmentsAreWhatWasCounted(t *testing.T) {
	slos := imported(t)
	for _, truth := range played().count() {
		got := slos[truth.name]
		if len(got) == 0 || !got[0].Start.Equal(dataStart) || !got[len(got)-1].End.Equal(now) {
			t.Fatalf("the segments of %s do not reach from %v to %v", truth.name, dataStart, now)
		}
		next := 0
		for i, s := range got {
			if i > 0 && !s.Start.Equal(got[i-1].End) {
				t.Fatalf("%s has a hole before %v", truth.name, s.Start)
			}
			var sum minute
			for ; next < truth.index(s.End); next++ {
				m := truth.minutes[next]
				sum.total, sum.bad, sum.gap = sum.total+m.total, sum.bad+m.bad, m.gap
			}
			want := opsreview.Segment{SLO: truth.name, Start: s.Start, End: s.End, Total: float64(sum.total), Bad: float64(sum.bad), Covered: s.Length()}
			if sum.gap {
				want.Covered, want.GapBad = 0, want.Bad
			}
			if s != want {
				t.Fatalf("segment is\n%+v, want\n%+v", s, want)
			}
		}
	}
}

func TestFaultsAndNoiseAreAllThatBurns(t *testing.T) {
	for _, s := range played().count() {
		var total, bad, burned int64
		for _, m := range s.minutes {
			total, bad = total+m.total, bad+m.bad
		}
		for _, n := range s.burned {
			burned += n
		}
		if ppm := (bad - burned) * 1_000_000 / total; ppm < s.noise*8/10 || ppm > s.noise*12/10 {
			t.Errorf("of %s %d events in a million are bad on quiet days, want about %d", s.name, ppm, s.noise)
		}
		for i, f := range s.faults {
			if s.burned[i] == 0 && f.start.Before(now) {
				t.Errorf("%s burns nothing", f.key)
			}
		}
	}
}

func TestPagesTellOfBurnsThatHadBegun(t *testing.T) {
	told := map[string]int{}
	for _, f := range played().faults() {
		if !f.start.Before(f.end) {
			t.Errorf("%s lasts from %v to %v", f.key, f.start, f.end)
		}
		for _, p := range f.pages {
			told[p.kind]++
			if f.kind == "paged" && (f.start.After(p.plan.at) || p.plan.at.Sub(f.start) > 10*time.Minute || f.end.Before(p.plan.at)) {
				t.Errorf("page %q of %v tells of a burn from %v to %v", p.key, p.plan.at, f.start, f.end)
			}
			ends := !p.resolved.IsZero() && p.kind != "herd" && p.key != resolvedTooEarly
			if f.kind == "paged" && ends && f.end.After(p.resolved) {
				t.Errorf("page %q is resolved at %v, before its burn ends at %v", p.key, p.resolved, f.end)
			}
		}
	}
	for _, kind := range []string{"latency", "herd", "unanswered", "holiday", "swap"} {
		if told[kind] == 0 {
			t.Errorf("no page of kind %s tells of a burn", kind)
		}
	}
	for _, kind := range []string{"disk_flap", "late_backup", "could_wait", "clock_change", "faulty_check", "nightly_batch"} {
		if told[kind] > 0 {
			t.Errorf("a page of kind %s tells of a burn", kind)
		}
	}
}

// A budget is exact where its window cuts no segment, and those of the review
// end on whole hours.
func TestSegmentsAreWholeHoursOrMinutes(t *testing.T) {
	for name, segments := range imported(t) {
		for _, s := range segments {
			if s.Length() != time.Minute && s.Length() != time.Hour || !s.Start.Truncate(s.Length()).Equal(s.Start) {
				t.Errorf("%s has a segment from %v to %v", name, s.Start, s.End)
			}
		}
	}
}
