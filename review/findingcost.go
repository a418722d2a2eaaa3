package review

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"time"

	"opsreview"
)

// A bill tells what pages cost people in the window.
type bill struct {
	each          time.Duration // of an interruption, beside engaged time
	window        opsreview.Window
	past          opsreview.Window
	interruptions map[opsreview.Ref][]*Interruption
	engaged       map[opsreview.Ref][]engagement
}

func (f *facts) bill() bill {
	b := bill{
		each: f.in.Org.Policy.InterruptionCost, window: f.window, past: f.past,
		interruptions: map[opsreview.Ref][]*Interruption{}, engaged: map[opsreview.Ref][]engagement{},
	}
	for _, key := range f.deliveries.keys {
		torn := f.within(f.interruptions[key])
		for i := range torn {
			for _, ref := range torn[i].Pages {
				b.interruptions[ref] = append(b.interruptions[ref], &torn[i])
			}
		}
	}
	for _, key := range sortedKeys(f.engaged) {
		for _, e := range f.engaged[key] {
			b.engaged[e.page.Ref] = append(b.engaged[e.page.Ref], e)
		}
	}
	return b
}

// A burden is what some pages cost people together.
type burden struct {
	interruptions ByClass
	people        int
	engaged       time.Duration
}

// burden adds up what pages cost everybody. An interruption by several of them
// counts once, and so does a person's time.
func (b bill) burden(pages []*opsreview.Page) burden {
	var c burden
	counted, people := map[*Interruption]bool{}, map[string]bool{}
	var engaged []engagement
	for _, p := range pages {
		for _, i := range b.interruptions[p.Ref] {
			if !counted[i] {
				counted[i], people[i.Person] = true, true
				c.interruptions.add(i.Class)
			}
		}
		engaged = append(engaged, b.engaged[p.Ref]...)
	}
	c.people, c.engaged = len(people), engagedTime(engaged, b.window)
	return c
}

// cost returns what pages cost in minutes a week and how that was reckoned, "" if
// nothing of the window has passed.
func (b bill) cost(pages []*opsreview.Page) (minutesAWeek float64, method string) {
	c := b.burden(pages)
	n := c.interruptions.Total()
	return b.weekly(c.engaged+time.Duration(n)*b.each,
		fmt.Sprintf("%s of engaged time and %s at %s each", spent(c.engaged), count(n, "interruption"), minutes(b.each)))
}

// engagedCost is cost without what interruptions cost.
func (b bill) engagedCost(pages []*opsreview.Page) (minutesAWeek float64, method string) {
	c := b.burden(pages)
	minutesAWeek, method = b.weekly(c.engaged, spent(c.engaged)+" of engaged time")
	if method != "" {
		method += "; a part of it can be saved"
	}
	return minutesAWeek, method
}

// weekly scales a sum over the part of the window that has passed to a week.
func (b bill) weekly(sum time.Duration, of string) (minutesAWeek float64, method string) {
	passed := b.past.Duration()
	if passed <= 0 {
		return 0, ""
	}
	method = fmt.Sprintf("%s in %s", of, span(b.past))
	if span(b.past) != "the week" {
		method += ", scaled to a week"
	}
	const week = 7 * 24 * time.Hour
	return math.Round(10*sum.Minutes()*float64(week)/float64(passed)) / 10, method
}

// spent writes engaged time.
func spent(d time.Duration) string {
	if d == 0 {
		return "0m"
	}
	return length(d)
}

// wokeAnybody reports whether a page interrupted somebody in sleep hours.
func (b bill) wokeAnybody(ref opsreview.Ref) bool {
	return slices.ContainsFunc(b.interruptions[ref], func(i *Interruption) bool { return i.Class == opsreview.SleepHours })
}

// mostTelling returns the pages with those first that woke most people, then
// those that interrupted most, then the latest.
func (b bill) mostTelling(pages []*opsreview.Page) []*opsreview.Page {
	classes := make(map[opsreview.Ref]ByClass, len(pages))
	for _, p := range pages {
		var c ByClass
		for _, i := range b.interruptions[p.Ref] {
			c.add(i.Class)
		}
		classes[p.Ref] = c
	}
	sorted := slices.Clone(pages)
	slices.SortStableFunc(sorted, func(p, q *opsreview.Page) int {
		return cmp.Or(
			cmp.Compare(classes[q.Ref].Sleep, classes[p.Ref].Sleep),
			cmp.Compare(classes[q.Ref].Total(), classes[p.Ref].Total()),
			q.TriggeredAt.Compare(p.TriggeredAt),
			p.Ref.Compare(q.Ref),
		)
	})
	return sorted
}
