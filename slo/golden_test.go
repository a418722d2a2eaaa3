package slo

import (
	"math"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"opsreview"
)

// The month of the golden table: traffic that follows the day from 4 to 16
// events a second, 0.02 % of it bad, and six incidents. One of them lies in 45
// minutes that nobody watched.
var (
	monthEnd   = time.Date(2026, 11, 21, 2, 0, 0, 0, time.UTC)
	monthStart = monthEnd.Add(-Month)
	incidents  = []struct {
		from, to string
		bad      float64
	}{
		{"2026-10-26T23:00", "2026-10-26T23:20", 0.5},
		{"2026-11-02T16:00", "2026-11-02T19:00", 0.02},
		{"2026-11-07T02:10", "2026-11-07T02:20", 1},
		{"2026-11-12T01:00", "2026-11-12T01:10", 1},
		{"2026-11-14T01:50", "2026-11-14T02:25", 0.3},
		{"2026-11-18T21:00", "2026-11-18T21:05", 0.4},
	}
	unwatched = opsreview.Window{Start: clockAt("2026-11-07T01:50"), End: clockAt("2026-11-07T02:35")}
	quiet     = opsreview.Window{Start: clockAt("2026-11-04T10:00"), End: clockAt("2026-11-04T14:00")}
)

func clockAt(s string) time.Time {
	t, err := time.Parse("2006-01-02T15:04", s)
	if err != nil {
		panic(err)
	}
	return t
}

func monthOfMinutes() []opsreview.Segment {
	var all []opsreview.Segment
	var total, bad, exactTotal, exactBad float64
	for at := monthStart.Add(-lookback); at.Before(monthEnd); at = at.Add(time.Minute) {
		angle := 2 * math.Pi * at.Add(time.Minute).Sub(at.Truncate(24*time.Hour)).Hours() / 24
		n := 60 * (10 + 6*math.Sin(angle))
		if quiet.Contains(at) {
			n = 0
		}
		share := 0.0002
		for _, i := range incidents {
			if !at.Before(clockAt(i.from)) && at.Before(clockAt(i.to)) {
				share = i.bad
			}
		}
		exactTotal, exactBad = exactTotal+n, exactBad+n*share
		g := opsreview.Segment{SLO: "shop/availability", Start: at, End: at.Add(time.Minute), Covered: time.Minute}
		g.Total, g.Bad = math.Floor(exactTotal)-total, math.Floor(exactBad)-bad
		total, bad = total+g.Total, bad+g.Bad
		all = append(all, g)
	}
	return hide(all, unwatched)
}

// hide spreads what a stretch holds evenly, as a source does with what happened
// while it was not watching.
func hide(all []opsreview.Segment, w opsreview.Window) []opsreview.Segment {
	sum := tallyOf(all).within(w.Start, w.End)
	inside := touching(all, w)
	n := float64(len(inside))
	for i := range inside {
		share := func(x float64) float64 { return math.Floor(x*float64(i+1)/n) - math.Floor(x*float64(i)/n) }
		g := &inside[i]
		g.Total, g.Bad, g.Covered = share(sum.total), share(sum.bad), 0
		g.GapBad = g.Bad
	}
	return all
}

// pageAt is a page that monitoring ended; one with an empty end is open.
func pageAt(id, from, to string) opsreview.Page {
	p := opsreview.Page{Ref: opsreview.Ref{Source: "pd", ID: id}, Service: opsreview.Ref{Source: "pd", ID: "shop"}}
	p.Events = []opsreview.Event{{ID: id + "1", At: clockAt(from), Kind: opsreview.Triggered}}
	if to != "" {
		p.Events = append(p.Events, opsreview.Event{
			ID: id + "2", At: clockAt(to), Kind: opsreview.Resolved, By: opsreview.Agent{Kind: opsreview.Integration},
		})
	}
	p.Settle()
	return p
}

func goldenInput() Input {
	return Input{
		Window: opsreview.Window{Start: monthStart, End: monthEnd},
		Now:    monthEnd.Add(time.Hour),
		Series: []Series{{
			SLO: opsreview.SLO{
				Name: "shop/availability", Service: "shop",
				Objective: opsreview.Objective{Target: 0.999, Method: opsreview.Occurrences},
			},
			Segments: monthOfMinutes(),
		}},
		Pages: []opsreview.Page{
			pageAt("A", "2026-10-26T23:05", "2026-10-26T23:50"),
			pageAt("B", "2026-11-02T16:47", "2026-11-02T19:22"),
			pageAt("D", "2026-11-12T01:04", "2026-11-12T01:40"),
			pageAt("E", "2026-11-14T01:56", "2026-11-14T02:55"),
			pageAt("F", "2026-11-18T21:05", "2026-11-18T21:35"),
		},
	}
}

func TestPrepare_ReproducesTheMeasuredTable(t *testing.T) {
	r := Prepare(goldenInput())
	b := r.Burns[0]
	if diff := cmp.Diff([]float64{1.369, 0.611, 0.31}, []float64{b.Share(b.Bad), b.Share(b.During), b.Share(b.Missed)}, within(0.001)); diff != "" {
		t.Errorf("burned, while pages were open, and missed (-want +got)\n%s", diff)
	}
	want := []struct{ before, during, whole float64 }{
		{4.96, 15.34, 20.28},
		{0.99, 2.53, 3.52},
		{10.82, 16.41, 27.22},
		{5.38, 26.84, 32.20},
		{2.71, 0.01, 2.71},
	}
	paged := 0
	for _, e := range b.Episodes {
		if len(e.Pages) == 0 {
			continue
		}
		w, c := want[paged], b.Charges[paged]
		got := []float64{100 * b.Share(c.Before), 100 * b.Share(c.During), 100 * e.Cost}
		if diff := cmp.Diff([]float64{w.before, w.during, w.whole}, got, within(0.02)); diff != "" {
			t.Errorf("before, during and whole of %s (-want +got)\n%s", c.Page, diff)
		}
		paged++
	}
	if paged != len(want) {
		t.Errorf("%d episodes were paged for, want %d", paged, len(want))
	}
	if b.Quality.Recall.K != 5 || b.Quality.Recall.N != 6 || b.Quality.Precision.K != 5 || b.Quality.Precision.N != 5 {
		t.Errorf("recall %+v, precision %+v, want 5 of 6 and 5 of 5", b.Quality.Recall, b.Quality.Precision)
	}
}

// within tells numbers apart that differ by more than a margin.
func within(margin float64) cmp.Option {
	return cmp.Comparer(func(a, b float64) bool { return math.Abs(a-b) <= margin || a == b })
}
