package slo

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"opsreview"
)

// The day of the tables: 100 events a minute from 6 hours before it, 1 % of
// which may be bad. The budget of the 30 days is the 1,800 events that the data
// allow, and 36 of them are significant.
var theDay = opsreview.Window{Start: clockAt("2026-11-10T00:00"), End: clockAt("2026-11-11T00:00")}

// A spot is a stretch of the day with so many bad events a minute.
type spot struct {
	from, to string // "03:00", or "-00:10" before the day
	bad      float64
}

// onDay is a time of the day.
func onDay(clock string) time.Time {
	before := clock[0] == '-'
	if before {
		clock = clock[1:]
	}
	hour, minute := 10*int(clock[0]-'0')+int(clock[1]-'0'), 10*int(clock[3]-'0')+int(clock[4]-'0')
	d := time.Duration(hour)*time.Hour + time.Duration(minute)*time.Minute
	if before {
		d = -d
	}
	return theDay.Start.Add(d)
}

func dayOf(spots ...spot) []opsreview.Segment {
	var all []opsreview.Segment
	for m := theDay.Start.Add(-lookback); m.Before(theDay.End); m = m.Add(time.Minute) {
		g := opsreview.Segment{SLO: "shop/availability", Start: m, End: m.Add(time.Minute), Total: 100, Covered: time.Minute}
		for _, s := range spots {
			if !m.Before(onDay(s.from)) && m.Before(onDay(s.to)) {
				g.Bad = s.bad
			}
		}
		all = append(all, g)
	}
	return all
}

// ticked is a page that was open in the stretches given, "03:00-03:10" or
// "03:00-" where it still is.
func ticked(id string, stretches ...string) opsreview.Page {
	p := opsreview.Page{Ref: opsreview.Ref{Source: "pd", ID: id}, Service: opsreview.Ref{Source: "pd", ID: "shop"}}
	kind := opsreview.Triggered
	for _, s := range stretches {
		n := 5
		if s[0] == '-' {
			n = 6
		}
		p.Events = append(p.Events, opsreview.Event{ID: id + s + "a", At: onDay(s[:n]), Kind: kind})
		if end := s[n+1:]; end != "" {
			p.Events = append(p.Events, opsreview.Event{
				ID: id + s + "b", At: onDay(end), Kind: opsreview.Resolved, By: opsreview.Agent{Kind: opsreview.Integration},
			})
		}
		kind = opsreview.Reopened
	}
	p.Settle()
	return p
}

// mergedInto is a page that became part of another.
func mergedInto(other string, p opsreview.Page) opsreview.Page {
	p.MergedInto = other
	return p
}

func dayInput(segments []opsreview.Segment, pages ...opsreview.Page) Input {
	return Input{
		Window: theDay, Now: theDay.End.Add(24 * time.Hour), Pages: pages,
		Series: []Series{{
			SLO: opsreview.SLO{
				Name: "shop/availability", Service: "shop",
				Objective: opsreview.Objective{Target: 0.99, Method: opsreview.Occurrences},
			},
			Segments: segments,
		}},
	}
}

// parts are where an SLO's budget went.
type parts struct{ Before, During, After, Missed, Pending, Minor, Background float64 }

func partsOf(b Burn) parts {
	return parts{b.Before, b.During, b.After, b.Missed, b.Pending, b.Minor, b.Background}
}

func (p parts) sum() float64 {
	return p.Before + p.During + p.After + p.Missed + p.Pending + p.Minor + p.Background
}

// paid is what a page answers for.
type paid struct {
	Before, During, After float64
	Gap, Partly           bool
}

func TestPrepare_WhoPaid(t *testing.T) {
	outage := dayOf(spot{"03:00", "03:10", 100})
	gap := hide(dayOf(spot{"03:00", "03:40", 10}), opsreview.Window{Start: onDay("03:00"), End: onDay("03:40")})
	reset := dayOf(spot{"03:00", "03:10", 100})
	for i := range reset {
		if reset[i].Start.Equal(onDay("03:05")) {
			reset[i].Resets = 1
		}
	}
	doubled := ticked("A", "03:00-03:10")
	doubled.Events = append(doubled.Events, doubled.Events...)
	doubled.Settle()

	tests := map[string]struct {
		segments []opsreview.Segment
		pages    []opsreview.Page
		want     parts
		paid     map[string]paid
	}{
		"a page answers for what burned before it, while it was open and after it": {
			segments: outage, pages: []opsreview.Page{ticked("A", "03:02-03:07")},
			want: parts{Before: 200, During: 500, After: 300},
			paid: map[string]paid{"A": {Before: 200, During: 500, After: 300}},
		},
		"overlapping pages of different incidents share equally": {
			segments: outage, pages: []opsreview.Page{ticked("A", "03:00-03:10"), ticked("B", "03:05-03:10")},
			want: parts{During: 1000},
			paid: map[string]paid{"A": {During: 750}, "B": {During: 250}},
		},
		"overlapping pages of one incident share the incident's part": {
			segments: outage, pages: []opsreview.Page{
				ticked("A", "03:00-03:10"), mergedInto("A", ticked("B", "03:00-03:10")), ticked("C", "03:00-03:10"),
			},
			want: parts{During: 1000},
			paid: map[string]paid{"A": {During: 250}, "B": {During: 250}, "C": {During: 500}},
		},
		"pages merged one into another are one incident, even where the last is not there": {
			segments: outage, pages: []opsreview.Page{
				mergedInto("B", ticked("A", "03:00-03:10")), mergedInto("Z", ticked("B", "03:00-03:10")), ticked("C", "03:00-03:10"),
			},
			want: parts{During: 1000},
			paid: map[string]paid{"A": {During: 250}, "B": {During: 250}, "C": {During: 500}},
		},
		"pages merged in a circle are one incident": {
			segments: outage, pages: []opsreview.Page{
				mergedInto("B", ticked("A", "03:00-03:10")), mergedInto("A", ticked("B", "03:00-03:10")), ticked("C", "03:00-03:10"),
			},
			want: parts{During: 1000},
			paid: map[string]paid{"A": {During: 250}, "B": {During: 250}, "C": {During: 500}},
		},
		"a page inside a gap gets its stretch of the gap, and says so": {
			segments: gap, pages: []opsreview.Page{ticked("A", "03:10-03:20")},
			want: parts{Before: 100, During: 100, After: 200},
			paid: map[string]paid{"A": {Before: 100, During: 100, After: 200, Gap: true}},
		},
		"a counter that begins anew inside a page changes nothing": {
			segments: reset, pages: []opsreview.Page{ticked("A", "03:00-03:10")},
			want: parts{During: 1000}, paid: map[string]paid{"A": {During: 1000}},
		},
		"a page that straddles the window's start answers for what lies within": {
			segments: dayOf(spot{"-00:10", "00:10", 100}), pages: []opsreview.Page{ticked("A", "-00:05-00:05")},
			want: parts{During: 500, After: 500},
			paid: map[string]paid{"A": {During: 500, After: 500, Partly: true}},
		},
		"a page that ended before the window answers for the rest of its episode": {
			segments: dayOf(spot{"-00:10", "00:10", 100}), pages: []opsreview.Page{ticked("A", "-00:08--00:02")},
			want: parts{After: 1000},
			paid: map[string]paid{"A": {After: 1000, Partly: true}},
		},
		"an open page answers up to the end": {
			segments: dayOf(spot{"23:50", "24:00", 100}), pages: []opsreview.Page{ticked("A", "23:55-")},
			want: parts{Before: 500, During: 500},
			paid: map[string]paid{"A": {Before: 500, During: 500, Partly: true}},
		},
		"a page that ended as it began was open for a second": {
			segments: outage, pages: []opsreview.Page{ticked("A", "03:00-03:00")},
			want: parts{During: 100. / 60, After: 1000 - 100./60},
			paid: map[string]paid{"A": {During: 100. / 60, After: 1000 - 100./60}},
		},
		"an event that was delivered twice counts once": {
			segments: outage, pages: []opsreview.Page{doubled},
			want: parts{During: 1000}, paid: map[string]paid{"A": {During: 1000}},
		},
		"a page that was delivered twice counts once": {
			segments: outage, pages: []opsreview.Page{doubled, doubled},
			want: parts{During: 1000}, paid: map[string]paid{"A": {During: 1000}},
		},
		"a reopened page answers for each of its spells": {
			segments: dayOf(spot{"03:00", "03:10", 100}, spot{"03:20", "03:30", 100}),
			pages:    []opsreview.Page{ticked("A", "03:00-03:05", "03:20-03:25")},
			want:     parts{During: 1000, After: 1000},
			paid:     map[string]paid{"A": {During: 1000, After: 1000}},
		},
		"the hole between two pages belongs to the one that ended last": {
			segments: outage, pages: []opsreview.Page{ticked("A", "03:00-03:02"), ticked("B", "03:01-03:03"), ticked("C", "03:08-03:10")},
			want: parts{During: 500, After: 500},
			paid: map[string]paid{"A": {During: 150}, "B": {During: 150, After: 500}, "C": {During: 200}},
		},
		"pages that end at once share what burned after them": {
			segments: outage, pages: []opsreview.Page{ticked("A", "03:00-03:05"), ticked("B", "03:02-03:05")},
			want: parts{During: 500, After: 500},
			paid: map[string]paid{"A": {During: 350, After: 250}, "B": {During: 150, After: 250}},
		},
		"pages that begin at once share what burned before them": {
			segments: outage, pages: []opsreview.Page{ticked("A", "03:04-03:10"), ticked("B", "03:04-03:10"), mergedInto("B", ticked("C", "03:04-03:10"))},
			want: parts{Before: 400, During: 600},
			paid: map[string]paid{"A": {Before: 200, During: 300}, "B": {Before: 100, During: 150}, "C": {Before: 100, During: 150}},
		},
		"a page that comes after the episode answers for all of it": {
			segments: outage, pages: []opsreview.Page{ticked("A", "04:05-04:20")},
			want: parts{Before: 1000}, paid: map[string]paid{"A": {Before: 1000}},
		},
		"a page that comes more than the lag after the episode is not about it": {
			segments: outage, pages: []opsreview.Page{ticked("A", "04:11-04:20")},
			want: parts{Missed: 1000}, paid: map[string]paid{"A": {}},
		},
		"a significant episode without a page is missed": {
			segments: outage, want: parts{Missed: 1000},
		},
		"an episode that began before the window is missed with what it burned within": {
			segments: dayOf(spot{"-00:10", "00:10", 100}), want: parts{Missed: 1000},
		},
		"an episode of the last six hours without a page is pending": {
			segments: dayOf(spot{"18:00", "18:02", 100}, spot{"19:00", "19:10", 100}), want: parts{Missed: 200, Pending: 1000},
		},
		"a lesser episode without a page is minor, and what is no episode is background": {
			segments: dayOf(spot{"03:00", "03:01", 20}, spot{"05:00", "05:01", 5}), want: parts{Minor: 20, Background: 5},
		},
		"what burns outside of episodes while a page is open is the page's": {
			segments: dayOf(spot{"05:00", "05:01", 5}), pages: []opsreview.Page{ticked("A", "04:30-05:30")},
			want: parts{During: 5}, paid: map[string]paid{"A": {During: 5}},
		},
		"a page from after the window changes nothing": {
			segments: dayOf(spot{"23:50", "24:00", 100}), pages: []opsreview.Page{ticked("A", "24:05-24:20")},
			want: parts{Pending: 1000},
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			b := Prepare(dayInput(tt.segments, tt.pages...)).Burns[0]
			if diff := cmp.Diff(tt.want, partsOf(b), within(1e-6)); diff != "" {
				t.Errorf("parts (-want +got)\n%s", diff)
			}
			got := map[string]paid{}
			for _, c := range b.Charges {
				got[c.Page.ID] = paid{c.Before, c.During, c.After, c.Gap, c.Partly}
			}
			if tt.paid == nil {
				tt.paid = map[string]paid{}
			}
			if diff := cmp.Diff(tt.paid, got, within(1e-6)); diff != "" {
				t.Errorf("charges (-want +got)\n%s", diff)
			}
			if diff := cmp.Diff(b.Bad, partsOf(b).sum(), within(1e-6)); diff != "" {
				t.Errorf("the sum of the parts (-want +got)\n%s", diff)
			}
		})
	}
}

func TestPrepare_PageAndEpisode(t *testing.T) {
	outage := dayOf(spot{"03:00", "03:10", 100})
	person := ticked("A", "03:05-03:20")
	person.ResolvedBy = opsreview.Agent{Kind: opsreview.Person}
	slow := ticked("A", "07:00-07:10")
	slow.Attributes = map[string]string{"long": "6h"}
	type seen struct {
		Pages      []string
		Stale      bool
		Detection  time.Duration
		Before     float64
		Reset      time.Duration
		ResetKnown bool
		Verdict    Coincidence // of the first page
	}
	tests := map[string]struct {
		segments []opsreview.Segment
		pages    []opsreview.Page
		want     seen
	}{
		"a page tells of the episode that it falls into": {
			segments: outage, pages: []opsreview.Page{ticked("A", "03:05-03:20")},
			want: seen{Pages: []string{"A"}, Detection: 5 * time.Minute, Before: 500, Reset: 10 * time.Minute, ResetKnown: true, Verdict: WithBurn},
		},
		"a page whose clock is ahead has a detection time below zero": {
			segments: outage, pages: []opsreview.Page{ticked("A", "02:57-03:08")},
			want: seen{Pages: []string{"A"}, Detection: -3 * time.Minute, Reset: -2 * time.Minute, ResetKnown: true, Verdict: WithBurn},
		},
		"a page that was open long before is stale": {
			segments: outage, pages: []opsreview.Page{ticked("A", "02:00-03:20"), ticked("B", "03:02-03:15")},
			want: seen{Pages: []string{"A", "B"}, Stale: true, Detection: -time.Hour, Reset: 10 * time.Minute, ResetKnown: true, Verdict: WithBurn},
		},
		"a page that ended as the episode began is about it": {
			segments: outage, pages: []opsreview.Page{ticked("A", "02:00-03:00")},
			want: seen{Pages: []string{"A"}, Stale: true, Detection: -time.Hour, Reset: -10 * time.Minute, ResetKnown: true, Verdict: WithBurn},
		},
		"a page that was over before is not, even if an older one is": {
			segments: outage, pages: []opsreview.Page{ticked("A", "01:00-03:05"), ticked("B", "02:00-02:50")},
			want: seen{Pages: []string{"A"}, Stale: true, Detection: -2 * time.Hour, Reset: -5 * time.Minute, ResetKnown: true, Verdict: WithBurn},
		},
		"a page that became part of another has no end of its own": {
			segments: outage, pages: []opsreview.Page{ticked("A", "03:05-03:20"), mergedInto("A", ticked("B", "03:06-03:30"))},
			want: seen{Pages: []string{"A", "B"}, Detection: 5 * time.Minute, Before: 500, Reset: 10 * time.Minute, ResetKnown: true, Verdict: WithBurn},
		},
		"a page that was reopened counts from then": {
			segments: outage, pages: []opsreview.Page{ticked("A", "01:00-01:10", "03:01-03:10")},
			want: seen{Pages: []string{"A"}, Detection: time.Minute, Before: 100, ResetKnown: true, Verdict: WithBurn},
		},
		"a person's end of a page says nothing of the alert's": {
			segments: outage, pages: []opsreview.Page{person},
			want: seen{Pages: []string{"A"}, Detection: 5 * time.Minute, Before: 500, Verdict: WithBurn},
		},
		"a page that is still open has no end": {
			segments: outage, pages: []opsreview.Page{ticked("A", "03:05-")},
			want: seen{Pages: []string{"A"}, Detection: 5 * time.Minute, Before: 500, Verdict: WithBurn},
		},
		"an alert that looks back over six hours may come six hours late": {
			segments: outage, pages: []opsreview.Page{slow},
			want: seen{Pages: []string{"A"}, Detection: 4 * time.Hour, Before: 1000, Reset: 4 * time.Hour, ResetKnown: true, Verdict: WithBurn},
		},
		"a page with a lesser episode came with minor burn": {
			segments: dayOf(spot{"03:00", "03:01", 20}), pages: []opsreview.Page{ticked("A", "03:01-03:05")},
			want: seen{Pages: []string{"A"}, Detection: time.Minute, Before: 20, Reset: 4 * time.Minute, ResetKnown: true, Verdict: WithMinor},
		},
		"a page by itself came without burn": {
			segments: outage, pages: []opsreview.Page{ticked("A", "12:00-12:05")}, want: seen{Verdict: WithoutBurn},
		},
		"a page from before the data is unjudged": {
			segments: outage[len(outage)-22*60:], pages: []opsreview.Page{ticked("A", "03:05-03:20")},
			want: seen{Pages: []string{"A"}, Detection: 5 * time.Minute, Before: 500, Reset: 10 * time.Minute, ResetKnown: true, Verdict: Unjudged},
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			b := Prepare(dayInput(tt.segments, tt.pages...)).Burns[0]
			e := b.Episodes[0]
			got := seen{
				Stale: e.Stale, Detection: e.Detection, Before: e.Before * b.Budget, Reset: e.Reset, ResetKnown: e.ResetKnown,
				Verdict: b.Charges[0].Verdict,
			}
			for _, ref := range e.Pages {
				got.Pages = append(got.Pages, ref.ID)
			}
			if diff := cmp.Diff(tt.want, got, within(1e-6)); diff != "" {
				t.Errorf("the first episode (-want +got)\n%s", diff)
			}
		})
	}
}

func TestPrepare_EachSLOHasItsOwnAccount(t *testing.T) {
	in := dayInput(dayOf(spot{"03:00", "03:10", 100}), ticked("A", "03:00-03:10"))
	other := in.Series[0]
	other.SLO.Name = "shop/latency"
	other.Segments = dayOf(spot{"03:00", "03:05", 40})
	in.Series = append(in.Series, other)
	r := Prepare(in)
	charges := r.Of(opsreview.Ref{Source: "pd", ID: "A"})
	if len(charges) != 2 || charges[0].During != 1000 || charges[1].During != 200 {
		t.Errorf("the page answers for %+v, want 1000 and 200 events", charges)
	}
	if got := r.Quality.Precision; got.K != 1 || got.N != 1 {
		t.Errorf("precision = %+v, want the page to count once", got)
	}
	if got := r.Quality.Recall; got.K != 2 || got.N != 2 {
		t.Errorf("recall = %+v, want an episode of each SLO", got)
	}
	if r.Quality.WeightedKnown {
		t.Error("the burn of two SLOs was added up")
	}
}

// Whoever asks for one SLO hears of it what whoever asks for all hears: a page
// that its labels say is about another one is not about this one, though they
// are of one service.
func TestPrepare_NamingAnSLOChangesNothing(t *testing.T) {
	elsewhere := ticked("A", "03:00-03:10")
	elsewhere.Attributes = map[string]string{"slo": "latency"}
	in := dayInput(dayOf(spot{"03:00", "03:10", 100}), elsewhere)
	other := in.Series[0]
	other.SLO.Name = in.Series[0].SLO.Service + "/latency"
	all := in
	all.Series = append(all.Series[:1:1], other)
	in.Known = []opsreview.SLO{in.Series[0].SLO, other.SLO}
	if diff := cmp.Diff(Prepare(all).Burns[0], Prepare(in).Burns[0]); diff != "" {
		t.Errorf("the account of an SLO among others and alone (-want +got)\n%s", diff)
	}
	if got := Prepare(in).Burns[0]; got.During != 0 || got.Missed == 0 {
		t.Errorf("%v was burned while paged and %v missed, want the page to be about the other SLO", got.During, got.Missed)
	}
}

func TestPrepare_AppliesTheObjectiveInForceAtTheEnd(t *testing.T) {
	in := dayInput(dayOf(spot{"03:00", "03:10", 100}))
	strict, lax := in.Series[0].SLO.Objective, in.Series[0].SLO.Objective
	lax.Target = 0.5
	in.Series[0].History = []opsreview.ObjectiveChange{{Objective: lax}, {At: onDay("12:00"), Objective: strict}}
	r := Prepare(in)
	if diff := cmp.Diff(1800., r.Burns[0].Budget, within(1e-6)); diff != "" {
		t.Errorf("budget (-want +got)\n%s", diff)
	}
	if !r.Standings[0].Month.Changed || r.Burns[0].Missed != 1000 {
		t.Errorf("missed %v, changed %v, want 1000 and the change marked", r.Burns[0].Missed, r.Standings[0].Month.Changed)
	}
}
