package review_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"opsreview"
	"opsreview/review"
	"opsreview/toil"
)

// carried is a load of somebody who was woken once and paged some times.
func carried(name string, pages int, breaches ...review.Breach) review.Load {
	return review.Load{
		Person: review.Person{Key: name + "@example.com", Name: name}, Pages: pages, Engaged: time.Hour,
		Interruptions: review.ByClass{Business: pages, Sleep: 1}, Breaches: breaches,
	}
}

func overBy(page string) review.Breach {
	return review.Breach{Limit: opsreview.Limit{ID: opsreview.LimitPagesPerShift}, Pages: []opsreview.Ref{{Source: "pd", ID: page}}, Text: "4 pages in 12 hours"}
}

// seeing is an audience that sees some people only.
func seeing(names ...string) review.Audience {
	return review.Audience{Sees: func(key string) bool {
		return slices.ContainsFunc(names, func(n string) bool { return key == n+"@example.com" })
	}}
}

func TestAudience_Loads(t *testing.T) {
	four := []review.Load{carried("Ada", 4, overBy("Q1")), carried("Bob", 2), carried("Cem", 1), carried("Dee", 1)}
	tests := map[string]struct {
		audience review.Audience
		loads    []review.Load
		seen     int
		sum      *review.Aggregate
	}{
		"everybody is seen":                         {review.Audience{}, four, 4, nil},
		"all of them are seen":                      {seeing("Ada", "Bob", "Cem", "Dee"), four, 4, nil},
		"nobody is there":                           {seeing(), nil, 0, nil},
		"three whom one does not see hide each":     {seeing("Ada"), four, 1, &review.Aggregate{People: 4, Interruptions: review.ByClass{Business: 8, Sleep: 4}, Engaged: 4 * time.Hour, MedianPages: 1.5, MostPages: 4, Woken: 4, Breaches: map[string]int{"pages_per_shift": 1}}},
		"whoever is one of three could subtract":    {seeing("Ada"), four[:3], 1, &review.Aggregate{People: 3, Withheld: true}},
		"who was left in peace hides nobody":        {seeing(), []review.Load{four[0], four[1], {Person: review.Person{Key: "Cem@example.com"}}}, 0, &review.Aggregate{People: 3, Withheld: true}},
		"two are no sum":                            {seeing(), four[:2], 0, &review.Aggregate{People: 2, Withheld: true}},
		"one whom nobody sees among many is no sum": {seeing("Ada", "Bob", "Cem"), four, 3, &review.Aggregate{People: 4, Withheld: true}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			seen, sum := tt.audience.Loads(tt.loads)
			if diff := cmp.Diff(tt.sum, sum); diff != "" || len(seen) != tt.seen {
				t.Errorf("%d loads, want %d; sum (-want +got):\n%s", len(seen), tt.seen, diff)
			}
		})
	}
}

// reviewed is a review in which Ada was over a limit.
func reviewed() review.Review {
	r := review.Review{Counted: map[string]bool{}, Headline: review.Headline{Interruptions: review.ByClass{Business: 8}, Responders: 4, Engaged: time.Hour}}
	for i, name := range []string{"Ada", "Bob", "Cem", "Dee"} {
		l := carried(name, 4-i)
		if i == 0 {
			l.Breaches = append(l.Breaches, overBy("Q1"))
		}
		r.Loads = append(r.Loads, l)
		r.Counted[l.Person.Key] = true
	}
	page := opsreview.Ref{Source: "pd", ID: "Q1"}
	r.Discuss = []review.Topic{
		{Page: page, Reasons: []string{"still open", "one of too many for Ada"}}, {Page: page, Reasons: []string{"one of too many for Ada"}},
	}
	r.Gaps = []review.Gap{{Subject: "Ada", Text: "the time zone is unknown"}, {Subject: "Bob", Text: "the time zone is unknown"}, {Subject: "history", Text: "is short"}}
	r.Findings = []opsreview.Finding{
		{Key: "limit_breached:secrets|pages_per_shift", Kind: opsreview.LimitBreached, Pages: []opsreview.Ref{page}, Evidence: []string{"One person was over it: 4 pages"}},
		{Key: "limit_breached:secrets|on_call_share", Kind: opsreview.LimitBreached, Evidence: []string{"nobody's"}},
	}
	r.Toil = &toil.Report{Spent: time.Hour, People: []toil.Sum{{Key: "Ada@example.com", Spent: time.Hour}, {Key: "Bob@example.com"}}}
	r.Monitors = []review.MonitorCost{{Interruptions: review.ByClass{Business: 8}}}
	return r
}

func TestAudience_ReviewTellsOfOthersNothingThatNamesThem(t *testing.T) {
	r := reviewed()
	before := fmt.Sprintf("%+v", r)
	told := seeing("Bob").Review(r)
	if fmt.Sprintf("%+v", r) != before {
		t.Error("the review that was given has changed")
	}
	if text := fmt.Sprintf("%+v", []any{told.Loads, told.Discuss, told.Gaps, told.Findings, told.Toil, told.Withheld}); strings.Contains(text, "Ada") {
		t.Errorf("Ada is told of: %s", text)
	}
	if len(told.Discuss) != 1 || !slices.Equal(told.Discuss[0].Reasons, []string{"still open"}) {
		t.Errorf("topics %v", told.Discuss)
	}
	if f := told.Findings; !review.IsGuarded(f[0]) || f[0].Pages != nil || review.IsGuarded(f[1]) {
		t.Errorf("findings %v", f)
	}
	if told.Headline.Withheld || told.Monitors[0].Withheld || told.Headline.Responders != 4 {
		t.Errorf("three others hide each other: %+v", told.Headline)
	}
	if told.Toil != nil || len(told.Withheld) != 2 {
		t.Errorf("one person's toil is told: %v, %q", told.Toil, told.Withheld)
	}
}

func TestAudience_ReviewWithholdsSumsOfFew(t *testing.T) {
	r := reviewed()
	delete(r.Counted, "Cem@example.com")
	told := seeing("Bob").Review(r)
	if h := told.Headline; !h.Withheld || h.Interruptions.Total() != 0 || h.Responders != 0 || h.Engaged != 0 {
		t.Errorf("the sum of two others is told: %+v", h)
	}
	if m := told.Monitors[0]; !m.Withheld || m.Interruptions.Total() != 0 || r.Monitors[0].Withheld {
		t.Errorf("the monitor's sum is told: %+v", m)
	}
}

func TestAudience_OneWhoSeesEverybodyIsToldEverything(t *testing.T) {
	r := reviewed()
	for _, a := range []review.Audience{{}, seeing("Ada", "Bob", "Cem", "Dee")} {
		if diff := cmp.Diff(fmt.Sprintf("%+v", r.Loads), fmt.Sprintf("%+v", a.Review(r).Loads)); diff != "" || a.Review(r).Withheld != nil || a.Review(r).Toil == nil {
			t.Errorf("something is missing: %s", diff)
		}
	}
}
