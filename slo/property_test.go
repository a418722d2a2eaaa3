package slo

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"opsreview"
)

// A dice makes up histories and pages.
type dice struct{ *rand.Rand }

func (d dice) between(from, to time.Duration) time.Duration {
	return from + time.Duration(d.Int64N(int64(to-from)))
}

// input is a review of a day or so with everything that may go wrong.
func (d dice) input() Input {
	w := opsreview.Window{Start: theDay.Start.Add(d.between(0, 3*time.Hour).Truncate(time.Second))}
	w.End = w.Start.Add(d.between(time.Hour, 30*time.Hour).Truncate(time.Second))
	in := Input{Window: w, Now: w.End.Add(d.between(-20*time.Hour, 20*time.Hour))}
	for i := range 1 + d.IntN(3) {
		in.Series = append(in.Series, d.series(fmt.Sprintf("shop/%d", i), w))
	}
	for i := range d.IntN(12) {
		in.Pages = append(in.Pages, d.page(i, w, in.Now))
	}
	return in
}

func (d dice) series(name string, w opsreview.Window) Series {
	objectives := []opsreview.Objective{
		{Method: opsreview.Occurrences},
		{Method: opsreview.Timeslices, Slice: 5 * time.Minute, SliceTarget: 0.95},
		{Method: opsreview.RatioTimeslices, Slice: time.Minute},
	}
	o := objectives[d.IntN(len(objectives))]
	o.Target = []float64{0, 0.5, 0.9, 0.99, 0.999, 0.99999}[d.IntN(6)]
	s := Series{SLO: opsreview.SLO{
		Name: name, Service: "shop", Objective: o,
		Missing: []opsreview.MissingData{"", opsreview.MissingGood, opsreview.MissingBad}[d.IntN(3)],
	}}
	if d.IntN(4) == 0 {
		s.SLO.Significant = 0.2
	}
	lengths := []time.Duration{20 * time.Second, time.Minute, time.Minute, time.Minute, 7 * time.Minute, time.Hour, 3 * time.Hour}
	badness := 0.
	for at := w.Start.Add(-8 * time.Hour).Truncate(time.Minute); at.Before(w.End.Add(time.Hour)); {
		g := opsreview.Segment{SLO: name, Start: at, End: at.Add(lengths[d.IntN(len(lengths))])}
		at = g.End
		if d.IntN(10) == 0 {
			badness = []float64{0, 0, 0.001, 0.02, 0.5, 1}[d.IntN(6)]
		}
		if d.IntN(30) == 0 {
			continue
		}
		g.Total = float64(d.IntN(500)) * g.Length().Minutes()
		g.Bad = min(math.Round(g.Total*badness*2*d.Float64()), g.Total)
		g.Covered = g.Length()
		if d.IntN(20) == 0 {
			g.Covered, g.GapBad, g.Resets = 0, g.Bad, 1
		}
		s.Segments = append(s.Segments, g)
	}
	for range d.IntN(3) {
		from := w.Start.Add(d.between(-2*time.Hour, 20*time.Hour))
		s.Corrections = append(s.Corrections, opsreview.Correction{
			SLO: name, Window: opsreview.Window{Start: from, End: from.Add(d.between(time.Second, 2*time.Hour))},
		})
	}
	return s
}

func (d dice) page(i int, w opsreview.Window, now time.Time) opsreview.Page {
	p := opsreview.Page{
		Ref: opsreview.Ref{Source: "pd", ID: fmt.Sprint(i)}, Service: opsreview.Ref{Source: "pd", ID: "shop"},
		Monitor: fmt.Sprint(i % 2),
	}
	if d.IntN(3) == 0 {
		p.MergedInto = fmt.Sprint(d.IntN(12))
	}
	if d.IntN(5) == 0 {
		p.Service.ID = fmt.Sprint("other", i)
	}
	step := time.Minute
	if d.IntN(4) == 0 {
		step = time.Millisecond
	}
	at := w.Start.Add(d.between(-10*time.Hour, 30*time.Hour)).Truncate(step)
	for n := range 2 * (1 + d.IntN(3)) {
		kind := opsreview.Resolved
		if n%2 == 0 {
			kind = []opsreview.EventKind{opsreview.Triggered, opsreview.Reopened}[min(n, 1)]
		}
		if at.After(now) || n > 0 && d.IntN(8) == 0 {
			break
		}
		p.Events = append(p.Events, opsreview.Event{ID: fmt.Sprint(i, "-", n), At: at, Kind: kind})
		at = at.Add(time.Duration(d.IntN(3)) * d.between(0, 3*time.Hour).Truncate(step))
	}
	p.Settle()
	if d.IntN(3) == 0 {
		p.Label = opsreview.Label{Verdict: opsreview.NotActionable}
	}
	return p
}

// close compares with what a sum loses.
func closeTo(got, want float64) bool { return math.Abs(got-want) <= 1e-9*max(1, math.Abs(want)) }

func TestPrepare_EverythingBurnedIsInOnePart(t *testing.T) {
	d := dice{rand.New(rand.NewPCG(11, 12))}
	for round := range 400 {
		in := d.input()
		r := Prepare(in)
		for i, b := range r.Burns {
			if !closeTo(partsOf(b).sum(), b.Bad) {
				t.Fatalf("round %d: the parts add up to %v, but %v was burned: %+v", round, partsOf(b).sum(), b.Bad, partsOf(b))
			}
			if whole := budgetOf(in.seriesOf(b.SLO), r.Standings[i].Objective, b.Window); !closeTo(b.Bad, whole.Bad) {
				t.Fatalf("round %d: %v was burned in the window, but its budget says %v (%+v)", round, b.Bad, whole.Bad, whole)
			}
			if problem := odd(b); problem != "" {
				t.Fatalf("round %d: %s", round, problem)
			}
		}
		if text := fmt.Sprintf("%+v", r); strings.Contains(text, "NaN") || strings.Contains(text, "Inf") {
			t.Fatalf("round %d: there is a number that is none: %s", round, text)
		}
	}
}

func (in Input) seriesOf(name string) Series {
	for _, s := range in.Series {
		if s.SLO.Name == name {
			return s
		}
	}
	return Series{}
}

// odd says what of a burn cannot be.
func odd(b Burn) string {
	var sum parts
	for _, c := range b.Charges {
		if c.Before < 0 || c.During < 0 || c.After < 0 || c.Gross < 0 {
			return fmt.Sprintf("a charge is below zero: %+v", c)
		}
		sum.Before, sum.During, sum.After = sum.Before+c.Before, sum.During+c.During, sum.After+c.After
	}
	if !closeTo(sum.Before, b.Before) || !closeTo(sum.During, b.During) || !closeTo(sum.After, b.After) {
		return fmt.Sprintf("the charges add up to %+v, want %+v", sum, partsOf(b))
	}
	for _, x := range []float64{b.Missed, b.Pending, b.Minor, b.Background} {
		if x < 0 {
			return fmt.Sprintf("a part is below zero: %+v", partsOf(b))
		}
	}
	for i, e := range b.Episodes {
		if !e.Window.Start.Before(e.Window.End) || i > 0 && e.Window.Start.Before(b.Episodes[i-1].Window.End) {
			return fmt.Sprintf("the episode %v follows %v", e.Window, b.Episodes[max(i-1, 0)].Window)
		}
		if e.Peak <= 0 || e.Bad <= 0 || e.Bad > e.Total*(1+tolerance) {
			return fmt.Sprintf("an episode without burn: %+v", e)
		}
	}
	return ""
}

func TestPrepare_OrderDoesNotMatter(t *testing.T) {
	d := dice{rand.New(rand.NewPCG(13, 14))}
	for range 60 {
		in := d.input()
		want := Prepare(in)
		d.Shuffle(len(in.Pages), func(i, j int) { in.Pages[i], in.Pages[j] = in.Pages[j], in.Pages[i] })
		d.Shuffle(len(in.Series), func(i, j int) { in.Series[i], in.Series[j] = in.Series[j], in.Series[i] })
		for _, s := range in.Series {
			d.Shuffle(len(s.Corrections), func(i, j int) { s.Corrections[i], s.Corrections[j] = s.Corrections[j], s.Corrections[i] })
		}
		if diff := cmp.Diff(want.Burns, Prepare(in).Burns); diff != "" {
			t.Fatalf("burns in another order (-want +got)\n%s", diff)
		}
		got := Prepare(in)
		if diff := cmp.Diff([]any{want.Quality, want.Matrix, want.Findings}, []any{got.Quality, got.Matrix, got.Findings}); diff != "" {
			t.Fatalf("the rest in another order (-want +got)\n%s", diff)
		}
	}
}

func TestPrepare_ShiftingAllTimesByDaysShiftsNothing(t *testing.T) {
	d := dice{rand.New(rand.NewPCG(15, 16))}
	for range 60 {
		in := d.input()
		want := Prepare(in)
		got := Prepare(shifted(in, 17*24*time.Hour))
		for i := range want.Burns {
			w, g := want.Burns[i], got.Burns[i]
			if diff := cmp.Diff([]any{partsOf(w), w.Quality, w.Charges}, []any{partsOf(g), g.Quality, g.Charges}); diff != "" {
				t.Fatalf("17 days later (-want +got)\n%s", diff)
			}
		}
		if diff := cmp.Diff([]any{want.Quality, want.Matrix}, []any{got.Quality, got.Matrix}); diff != "" {
			t.Fatalf("17 days later (-want +got)\n%s", diff)
		}
	}
}

func shifted(in Input, by time.Duration) Input {
	move := func(w opsreview.Window) opsreview.Window {
		return opsreview.Window{Start: w.Start.Add(by), End: w.End.Add(by)}
	}
	out := Input{Window: move(in.Window), Now: in.Now.Add(by)}
	for _, s := range in.Series {
		c := Series{SLO: s.SLO}
		for _, g := range s.Segments {
			g.Start, g.End = g.Start.Add(by), g.End.Add(by)
			c.Segments = append(c.Segments, g)
		}
		for _, x := range s.Corrections {
			x.Window = move(x.Window)
			c.Corrections = append(c.Corrections, x)
		}
		out.Series = append(out.Series, c)
	}
	for _, p := range in.Pages {
		events := p.Events
		p.Events = nil
		for _, e := range events {
			e.At = e.At.Add(by)
			p.Events = append(p.Events, e)
		}
		p.Settle()
		out.Pages = append(out.Pages, p)
	}
	return out
}
