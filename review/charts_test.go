package review_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"opsreview"
	"opsreview/review"
)

// heatOf returns the heat map of the person of that name.
func heatOf(t *testing.T, in review.Input, name string) review.HeatMap {
	t.Helper()
	for _, m := range review.ChartsOf(in).Heat {
		if m.Person.Name == name {
			return m
		}
	}
	t.Fatalf("there is no heat map of %s", name)
	return review.HeatMap{}
}

func TestChartsOf_HeatIsOnEachPersonsOwnClock(t *testing.T) {
	// 20:30 UTC on Monday is Monday 21:30 in Berlin, Tuesday 02:00 in Kolkata,
	// Monday 14:30 in Chicago and Tuesday 09:30 in Auckland.
	at := week().Start.Add(20*time.Hour + 30*time.Minute)
	tests := map[string]struct {
		who       string
		day, hour int
	}{
		"an hour ahead is the same evening":   {"ada", 0, 21},
		"half an hour's zone is the next day": {"bob", 1, 2},
		"behind is the afternoon":             {"cem", 0, 14},
		"half a day ahead is the next day":    {"dee", 1, 9},
	}
	in := input(org(), everybody(), page("P1", at, notify(0, opsreview.SMS, "ada", "bob", "cem", "dee")))
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			m := heatOf(t, in, tt.who)
			var want [7][24]int
			want[tt.day][tt.hour] = 1
			if diff := cmp.Diff(want, m.Hours); diff != "" || m.Total != 1 || !m.Zoned {
				t.Errorf("total %d, zoned %t, hours (-want +got):\n%s", m.Total, m.Zoned, diff)
			}
		})
	}
}

func TestChartsOf_HeatLeavesOutWhoseZoneIsUnknown(t *testing.T) {
	in := input(org(), []opsreview.Responder{responder("eve", "")}, page("P1", week().Start, notify(0, opsreview.SMS, "eve")))
	if m := heatOf(t, in, "eve"); m.Zoned || m.Total != 1 || m.Hours != [7][24]int{} {
		t.Errorf("heat = %+v, want one interruption and no hours: the zone is never taken for UTC", m)
	}
}

func TestChartsOf_HeatAddsUpToTheLoad(t *testing.T) {
	in := busy(300)
	loads := review.Loads(in)
	heat := review.ChartsOf(in).Heat
	if len(heat) != len(loads) {
		t.Fatalf("%d heat maps, want one for each of %d loads", len(heat), len(loads))
	}
	for _, l := range loads {
		sum := 0
		for _, day := range heatOf(t, in, l.Person.Name).Hours {
			for _, n := range day {
				sum += n
			}
		}
		if sum != l.Interruptions.Total() {
			t.Errorf("%s: the heat map has %d interruptions, the load %d", l.Person.Name, sum, l.Interruptions.Total())
		}
	}
}

func TestChartsOf_Weeks(t *testing.T) {
	start := week().Start
	labelled := func(id string, at time.Time, v opsreview.Verdict) opsreview.Page {
		p := page(id, at)
		p.Label = label(v, nil)
		return p
	}
	all := []opsreview.Page{
		labelled("P1", start, opsreview.Actionable), labelled("P2", start.AddDate(0, 0, 1), opsreview.NotActionable),
		page("P3", start.AddDate(0, 0, 6)), labelled("P4", start.Add(-time.Millisecond), opsreview.Actionable),
		labelled("P5", start.AddDate(0, 0, -28), opsreview.NotActionable), page("P6", start.AddDate(0, 0, -28).Add(-1)),
		page("P7", start.AddDate(0, 0, 7)),
	}
	type counts struct {
		Under, Known, Partial         bool
		Actionable, NotActionable, No int
	}
	tests := map[string]struct {
		change func(*review.Input)
		want   []counts
	}{
		"four weeks before and the window, each half-open": {
			change: func(*review.Input) {},
			want: []counts{
				{Known: true, NotActionable: 1},
				{Known: true},
				{Known: true},
				{Known: true, Actionable: 1},
				{Under: true, Known: true, Actionable: 1, NotActionable: 1, No: 1},
			},
		},
		"weeks before the history are unknown and not zero": {
			change: func(in *review.Input) { in.DataSince = start.AddDate(0, 0, -14) },
			want: []counts{
				{NotActionable: 1},
				{},
				{Known: true},
				{Known: true, Actionable: 1},
				{Under: true, Known: true, Actionable: 1, NotActionable: 1, No: 1},
			},
		},
		"a window of ten days ends in a partial week": {
			change: func(in *review.Input) { in.Window.End = start.AddDate(0, 0, 10); in.Now = in.Window.End },
			want: []counts{
				{Known: true, NotActionable: 1},
				{Known: true},
				{Known: true},
				{Known: true, Actionable: 1},
				{Under: true, Known: true, Actionable: 1, NotActionable: 1, No: 1},
				{Under: true, Known: true, Partial: true, No: 1},
			},
		},
		"a week that is not over is partial": {
			change: func(in *review.Input) { in.Now = start.AddDate(0, 0, 3) },
			want: []counts{
				{Known: true, NotActionable: 1},
				{Known: true},
				{Known: true},
				{Known: true, Actionable: 1},
				{Under: true, Known: true, Partial: true, Actionable: 1, NotActionable: 1, No: 1},
			},
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			in := input(org(), everybody(), all...)
			tt.change(&in)
			var got []counts
			for _, w := range review.ChartsOf(in).Weeks {
				got = append(got, counts{w.Under, w.Known, w.Partial, w.Actionable, w.NotActionable, w.Unlabelled})
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// Berlin's clocks go back on 25 October 2026: that week has 169 hours.
func TestChartsOf_WeeksTileAcrossAChangeOfClocks(t *testing.T) {
	berlin := zone(t, "Europe/Berlin")
	in := input(org(), everybody())
	in.Zone = berlin
	in.Window = opsreview.Window{Start: time.Date(2026, 11, 2, 0, 0, 0, 0, berlin), End: time.Date(2026, 11, 9, 0, 0, 0, 0, berlin)}
	weeks := review.ChartsOf(in).Weeks
	for i, w := range weeks {
		if local := w.Window.Start.In(berlin); local.Hour() != 0 || local.Weekday() != time.Monday {
			t.Errorf("a week begins %s, want a local Monday's midnight", local)
		}
		if i > 0 && !weeks[i-1].Window.End.Equal(w.Window.Start) {
			t.Errorf("weeks do not tile: %v and %v", weeks[i-1].Window, w.Window)
		}
	}
	if weeks[2].Window.Duration() != 169*time.Hour {
		t.Errorf("the week of the change lasts %s, want 169h", weeks[2].Window.Duration())
	}
}

func TestChartsOf_TimelineHasThePagesOfTheWindow(t *testing.T) {
	start := week().Start
	in := input(org(), everybody(),
		page("P1", start.Add(2*time.Hour), notify(0, opsreview.SMS, "ada"), resolve(time.Hour, integration)),
		page("P2", start.Add(12*time.Hour), notify(0, opsreview.SMS, "ada")),
		page("P3", start.Add(-time.Minute)),
	)
	want := []review.Mark{
		{Page: ref("P1"), Title: "page P1", Monitor: "m-P1", At: start.Add(2 * time.Hour), End: start.Add(3 * time.Hour), Outcome: review.Unlabelled, Woke: true},
		{Page: ref("P2"), Title: "page P2", Monitor: "m-P2", At: start.Add(12 * time.Hour), Outcome: review.Unlabelled},
	}
	if diff := cmp.Diff(want, review.ChartsOf(in).Timeline); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
