package meeting

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"time"

	"opsreview"
	"opsreview/review"
)

// significance is the p-value from which on a difference is within noise, as in
// package review.
const significance = 0.05

// enoughReviews is how many earlier reviews there must be to say something of
// the latest.
const enoughReviews = 3

// trended are the numbers that are lined up, and how their latest is compared
// with those before.
var trended = []struct {
	id   string
	test func(trend) string
}{
	{"pages", rateWords},
	{"noise_share", shareWords},
	{"coverage", shareWords},
	{"breaches", rateWords},
	{"burned_7d", nil},
	{"burned_30d", nil},
	{"toil", nil},
	{"toil_share", nil},
	{"tickets_opened", rateWords},
	{"tickets_closed", rateWords},
	{"tickets_held", nil},
	{"tickets_came_back", nil},
}

// Trends lines up numbers of past reviews, oldest first; the snapshots are in
// the order of their meetings, and reviews without one are left out. Where the
// definition of a number changed, its trend says so, and only reviews with the
// latest one's definition are compared with it. After the numbers come the
// 30-day budgets, an SLO each.
func Trends(meetings []opsreview.Meeting, snapshots []Snapshot) []Trend {
	var all []past
	for i, m := range meetings[:min(len(meetings), len(snapshots))] {
		if snapshots[i].Version > 0 {
			all = append(all, past{meeting: m, Snapshot: snapshots[i]})
		}
	}
	slices.SortStableFunc(all, func(a, b past) int {
		return cmp.Or(a.meeting.Window.Start.Compare(b.meeting.Window.Start), a.meeting.Window.End.Compare(b.meeting.Window.End), cmp.Compare(a.meeting.ID, b.meeting.ID))
	})
	var trends []Trend
	for _, x := range trended {
		m, _ := MeasureOf(x.id)
		t := trend{Trend: Trend{ID: m.ID, Name: m.Name, Unit: m.Unit}}
		for _, p := range all {
			n, ok := p.Numbers[x.id]
			t.add(p, p.Definitions[x.id], n, ok)
		}
		if x.id == "noise_share" || x.id == "coverage" || x.id == "toil_share" {
			t.Unit = "share"
		}
		if t.known() {
			t.say(x.test)
			trends = append(trends, t.Trend)
		}
	}
	return append(trends, budgetTrends(all)...)
}

// A past is a review with what it saw.
type past struct {
	Snapshot
	meeting opsreview.Meeting
}

// A trend is a number over past reviews, with what it takes to test it.
type trend struct {
	Trend
	numbers []Number
	lengths []time.Duration
}

func (t *trend) add(p past, version int, n Number, known bool) {
	point := TrendPoint{Meeting: p.meeting.ID, Week: p.meeting.Week, Start: p.meeting.Window.Start, Version: version}
	if known {
		point.Known, point.Value = true, n.Value
		if share, ok := n.Share(); ok {
			point.Value = share
		}
	}
	t.Points = append(t.Points, point)
	t.numbers, t.lengths = append(t.numbers, n), append(t.lengths, p.meeting.Window.Duration())
}

func (t *trend) known() bool {
	return slices.ContainsFunc(t.Points, func(p TrendPoint) bool { return p.Known })
}

// comparable returns the indexes of the reviews that can be compared with the
// latest one, which is the last of them: those that know the number, by the same
// definition. It is nil if the latest review does not know it.
func (t *trend) comparable() []int {
	last := len(t.Points) - 1
	if !t.Points[last].Known {
		return nil
	}
	var like []int
	for i, p := range t.Points {
		if p.Known && p.Version == t.Points[last].Version {
			like = append(like, i)
		}
	}
	return like
}

// say puts the trend into words, where there is enough to say.
func (t *trend) say(test func(trend) string) {
	if test != nil && len(t.comparable()) > enoughReviews {
		t.Text = test(*t)
	}
	version := 0
	for _, p := range t.Points {
		if p.Known && version != 0 && p.Version != version {
			text := fmt.Sprintf("defined in another way from %s on (version %d): the reviews before cannot be compared", cmp.Or(p.Week, p.Meeting), p.Version)
			if t.Text != "" {
				text = t.Text + "; " + text
			}
			t.Text = text
		}
		if p.Known {
			version = p.Version
		}
	}
}

// rateWords compares a count with those of the reviews before, by the exact test
// of two Poisson rates.
func rateWords(t trend) string {
	like := t.comparable()
	last, before := like[len(like)-1], like[:len(like)-1]
	k, hours := 0, 0.0
	for _, i := range before {
		k += int(math.Round(t.numbers[i].Value))
		hours += t.lengths[i].Hours()
	}
	if hours <= 0 {
		return ""
	}
	now := int(math.Round(t.numbers[last].Value))
	p := review.RateTest(now, t.lengths[last].Hours(), k, hours)
	usual := float64(k) / hours * t.lengths[last].Hours()
	return words(fmt.Sprintf("%d, against %s a review in the %d before", now, amount(usual, ""), len(before)), float64(now) > usual, p)
}

// shareWords compares a share with that of the reviews before taken together, by
// Fisher's exact test.
func shareWords(t trend) string {
	like := t.comparable()
	last, before := like[len(like)-1], like[:len(like)-1]
	k, n := 0, 0
	for _, i := range before {
		if of := t.numbers[i].Of; of != nil {
			k, n = k+int(math.Round(t.numbers[i].Value)), n+int(math.Round(*of))
		}
	}
	now := t.numbers[last]
	if now.Of == nil || *now.Of <= 0 || n == 0 {
		return ""
	}
	share, usual := now.Value / *now.Of, float64(k)/float64(n)
	p := fisher(int(math.Round(now.Value)), int(math.Round(*now.Of)), k, n)
	return words(fmt.Sprintf("%s, against %s in the %d before", percent(share), percent(usual), len(before)), share > usual, p)
}

func words(text string, more bool, p float64) string {
	switch {
	case p >= significance:
		return fmt.Sprintf("%s: within noise (%s)", text, pText(p))
	case more:
		return fmt.Sprintf("%s: more than chance explains (%s)", text, pText(p))
	}
	return fmt.Sprintf("%s: less than chance explains (%s)", text, pText(p))
}

// budgetTrends lines up the 30-day budget of each SLO, in the order of their
// names. Budgets move together with the days that they share, so no test is made.
func budgetTrends(all []past) []Trend {
	names := map[string]bool{}
	for _, p := range all {
		for _, b := range p.Budgets {
			names[b.SLO] = true
		}
	}
	var trends []Trend
	for _, name := range ids(names) {
		t := trend{Trend: Trend{ID: "burned_30d", Name: "30-day budget burned of " + name, Unit: "share"}}
		for _, p := range all {
			n := Number{Unit: "share"}
			i := slices.IndexFunc(p.Budgets, func(b BudgetFact) bool { return b.SLO == name && b.Thirty != nil })
			if i >= 0 {
				n.Value = *p.Budgets[i].Thirty
			}
			t.add(p, p.Definitions["burned_30d"], n, i >= 0)
		}
		if t.known() {
			t.say(nil)
			trends = append(trends, t.Trend)
		}
	}
	return trends
}
