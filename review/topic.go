package review

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"opsreview"
)

const (
	// maxTopics is how many pages a meeting can talk about.
	maxTopics = 10

	// manyPeople is how many notified people are too many for one page, after
	// Wikimedia's scorecard: fewer than five should be paged.
	manyPeople = 5
)

// topics returns the pages worth discussing, those with most reasons first, and
// how many there are beyond those.
func (f *facts) topics(loads []Load) (best []Topic, more int) {
	a := f.agenda(loads)
	type candidate struct {
		Topic
		woken int
	}
	var all []candidate
	for _, p := range f.begun(f.window) {
		if reasons := a.reasons(p); len(reasons) > 0 {
			t := Topic{Page: p.Ref, Title: p.Title, At: p.TriggeredAt, Reasons: reasons}
			all = append(all, candidate{t, len(a.woken[p.Ref])})
		}
	}
	slices.SortStableFunc(all, func(a, b candidate) int {
		return cmp.Or(cmp.Compare(len(b.Reasons), len(a.Reasons)), cmp.Compare(b.woken, a.woken))
	})
	for _, c := range all[:min(len(all), maxTopics)] {
		best = append(best, c.Topic)
	}
	return best, len(all) - len(best)
}

// An agenda holds what is known of the pages beyond their own timelines.
type agenda struct {
	facts    *facts
	notified map[opsreview.Ref]map[string]bool // whom a page tore from what they did
	woken    map[opsreview.Ref]map[string]bool // of those, whom in sleep hours
	breaches map[opsreview.Ref][]string
	labels   map[opsreview.Ref][]opsreview.Label // given, not withdrawn, in order
	longest  opsreview.Ref
}

func (f *facts) agenda(loads []Load) agenda {
	a := agenda{
		facts: f, notified: map[opsreview.Ref]map[string]bool{}, woken: map[opsreview.Ref]map[string]bool{},
		breaches: map[opsreview.Ref][]string{}, labels: map[opsreview.Ref][]opsreview.Label{},
	}
	for key, all := range f.interruptions {
		for _, i := range all {
			for _, ref := range i.Pages {
				mark(a.notified, ref, key)
				if i.Class == opsreview.SleepHours {
					mark(a.woken, ref, key)
				}
			}
		}
	}
	for _, l := range loads {
		for _, b := range l.Breaches {
			for _, ref := range b.Pages {
				a.breaches[ref] = append(a.breaches[ref], fmt.Sprintf("too much for %s: %s", l.Person.Name, b.Text))
			}
		}
	}
	for _, l := range f.in.Labels {
		a.labels[l.Page] = append(a.labels[l.Page], l)
	}
	for ref, history := range a.labels {
		a.labels[ref] = standing(history)
	}
	a.longest = f.longest()
	return a
}

func mark(m map[opsreview.Ref]map[string]bool, ref opsreview.Ref, key string) {
	if m[ref] == nil {
		m[ref] = map[string]bool{}
	}
	m[ref][key] = true
}

// standing returns the labels of one page that were not taken back, in order.
func standing(history []opsreview.Label) []opsreview.Label {
	slices.SortStableFunc(history, func(a, b opsreview.Label) int {
		return cmp.Or(a.At.Compare(b.At), strings.Compare(a.Author, b.Author))
	})
	var labels []opsreview.Label
	for _, l := range history {
		switch {
		case !l.IsZero():
			labels = append(labels, l)
		case l.Withdrawn && len(labels) > 0:
			labels = labels[:len(labels)-1]
		}
	}
	return labels
}

// longest returns the page of the window that took longest to resolve, if there
// are others to compare it with.
func (f *facts) longest() opsreview.Ref {
	var longest opsreview.Ref
	var most time.Duration
	n := 0
	for _, p := range f.begun(f.window) {
		if p.ResolvedAt.IsZero() || wasMerged(p) {
			continue
		}
		n++
		if d := elapsed(p.TriggeredAt, p.ResolvedAt); d > most {
			longest, most = p.Ref, d
		}
	}
	if n < 2 {
		return opsreview.Ref{}
	}
	return longest
}

// reasons tells why a page is worth discussing.
func (a agenda) reasons(p *opsreview.Page) []string {
	var why []string
	say := func(so bool, format string, args ...any) {
		if so {
			why = append(why, fmt.Sprintf(format, args...))
		}
	}
	notified, woken := a.notified[p.Ref], a.woken[p.Ref]
	outcome := OutcomeOf(*p)
	say(ranUp(p), "escalated because nobody answered")
	say(p.AcknowledgedAt.IsZero() && len(notified) > 0, "nobody acknowledged it")
	if len(woken) > 0 {
		names := a.facts.names(woken)
		say(outcome == Noise || outcome == Wasted, "woke %s and was not actionable", names)
		say(p.Urgency == opsreview.LowUrgency, "woke %s with low urgency", names)
	}
	say(outcome == Ignored, "actionable, and nobody acted")
	say(reopened(p), "reopened after it had ended")
	say(p.ResolvedAt.IsZero(), "still open")
	if dispute := a.dispute(p.Ref); dispute != "" {
		why = append(why, dispute)
	}
	say(len(notified) >= manyPeople, "notified %d people", len(notified))
	why = append(why, a.breaches[p.Ref]...)
	say(p.Ref == a.longest, "the longest of the window: %s", length(elapsed(p.TriggeredAt, p.ResolvedAt)))
	return why
}

// reopened reports whether the page was open in more than one spell.
func reopened(p *opsreview.Page) bool {
	if len(p.Events) == 0 {
		return false
	}
	last := p.Events[len(p.Events)-1].At
	return len(p.Spells(last.Add(1))) > 1
}

// dispute tells whether people disagree about a page or somebody has changed
// the label, "" if neither. A word that was renamed is the same word.
func (a agenda) dispute(ref opsreview.Ref) string {
	labels := a.labels[ref]
	verdicts := map[string]opsreview.Verdict{}
	changed := false
	for i, l := range labels {
		verdicts[l.Author] = l.Verdict
		changed = changed || i > 0 && (l.Verdict != labels[i-1].Verdict || a.facts.cause(l) != a.facts.cause(labels[i-1]))
	}
	says := map[opsreview.Verdict]string{}
	for _, author := range sortedKeys(verdicts) {
		if v := verdicts[author]; says[v] == "" {
			says[v] = author
		}
	}
	switch {
	case len(says) > 1:
		return fmt.Sprintf("people disagree: %s says actionable, %s says not", says[opsreview.Actionable], says[opsreview.NotActionable])
	case changed:
		return "its label was changed"
	}
	return ""
}
