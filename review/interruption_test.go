package review_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"opsreview"
	"opsreview/review"
)

func TestPeers06_SixSendsToOnePersonIn59SecondsAreOneInterruption(t *testing.T) {
	start := week().Start.Add(10 * time.Hour)
	sends := func(channel opsreview.Channel, seconds ...int) []ev {
		var all []ev
		for _, s := range seconds {
			all = append(all, notify(time.Duration(s)*time.Second, channel, "ada"))
		}
		return all
	}
	tests := map[string]struct {
		events []ev
		want   int
	}{
		"six sends in 59 seconds are one":                   {sends(opsreview.SMS, 0, 10, 20, 30, 45, 59), 1},
		"a send 60 seconds after the first is still in":     {sends(opsreview.SMS, 0, 60), 1},
		"a send 61 seconds after the first is another":      {sends(opsreview.SMS, 0, 61), 2},
		"the first is the anchor, not the one before":       {sends(opsreview.SMS, 0, 40, 80, 110), 2},
		"email alone interrupts nobody":                     {sends(opsreview.Email, 0, 61, 500), 0},
		"an email does not begin an interruption":           {append(sends(opsreview.Email, 0), sends(opsreview.Phone, 50, 100)...), 1},
		"channels do not matter but for email":              {append(sends(opsreview.Push, 0), sends(opsreview.Phone, 30)...), 1},
		"an unknown channel interrupts":                     {sends("carrier_pigeon", 0), 1},
		"two people are torn from their work by one page":   {[]ev{notify(0, opsreview.SMS, "ada", "bob")}, 2},
		"a page without notifications interrupts nobody":    {nil, 0},
		"the next interruption begins where the first ends": {sends(opsreview.SMS, 0, 61, 121, 122), 3},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			roster := review.NewRoster(org(), everybody(), "")
			got := review.Interruptions([]opsreview.Page{page("P1", start, tt.events...)}, roster)
			if len(got) != tt.want {
				t.Errorf("%d interruptions, want %d: %+v", len(got), tt.want, got)
			}
		})
	}
}

func TestInterruptions_OneMayConcernSeveralPages(t *testing.T) {
	start := week().Start.Add(10 * time.Hour)
	pages := []opsreview.Page{
		page("P2", start.Add(30*time.Second), notify(0, opsreview.SMS, "ada")),
		page("P1", start, notify(0, opsreview.SMS, "ada"), notify(40*time.Second, opsreview.Phone, "ada")),
		page("P3", start.Add(2*time.Minute), notify(0, opsreview.SMS, "ada")),
	}
	got := review.Interruptions(pages, review.NewRoster(org(), everybody(), ""))
	want := []review.Interruption{
		{Person: "ada@example.com", At: start, Class: opsreview.BusinessHours, Pages: []opsreview.Ref{ref("P1"), ref("P2")}},
		{Person: "ada@example.com", At: start.Add(2 * time.Minute), Class: opsreview.BusinessHours, Pages: []opsreview.Ref{ref("P3")}},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// However a window is cut in two, the parts' interruptions, hours and engaged
// time add up to the whole's.
func TestLoads_SplittingTheWindowSumsToTheWhole(t *testing.T) {
	in := input(org(), everybody(), randomPages(7, 400)...)
	sum := func(w opsreview.Window) (review.ByClass, time.Duration, int) {
		in.Window = w
		var c review.ByClass
		var engaged time.Duration
		var answered int
		for _, l := range review.Loads(in) {
			c.Business += l.Interruptions.Business
			c.OffHours += l.Interruptions.OffHours
			c.Sleep += l.Interruptions.Sleep
			c.Unknown += l.Interruptions.Unknown
			engaged += l.Engaged
			answered += l.Acknowledged + l.TimedOut
		}
		return c, engaged, answered
	}
	whole, engaged, answered := sum(week())
	if whole.Total() == 0 || engaged == 0 || answered == 0 {
		t.Fatal("the pages of this test interrupt nobody")
	}
	for _, cut := range []time.Duration{time.Second, 37 * time.Minute, 50 * time.Hour, 84*time.Hour + 17*time.Second, 7*24*time.Hour - 1} {
		middle := week().Start.Add(cut)
		a, engagedA, answeredA := sum(opsreview.Window{Start: week().Start, End: middle})
		b, engagedB, answeredB := sum(opsreview.Window{Start: middle, End: week().End})
		both := review.ByClass{Business: a.Business + b.Business, OffHours: a.OffHours + b.OffHours, Sleep: a.Sleep + b.Sleep}
		if both != whole || engagedA+engagedB != engaged || answeredA+answeredB != answered {
			t.Errorf("cut after %v: %+v, %v, %d; the whole: %+v, %v, %d", cut, both, engagedA+engagedB, answeredA+answeredB, whole, engaged, answered)
		}
	}
}
