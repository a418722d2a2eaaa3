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

	// tooManyFor begins the reason that names people whose load went over a limit.
	tooManyFor = "one of too many for "
)

// topics returns the pages worth discussing, those with most reasons first, and
// how many there are beyond those. A meeting talks about a monitor once: of
// each monitor the page with most reasons stands for the others. What was too
// much for somebody's load is a reason, but the weakest: the load tells it too.
func (f *facts) topics(r Review) (best []Topic, more int) {
	a := f.agenda(r)
	type candidate struct {
		Topic
		monitor string
		reasons int
		woken   int
		others  int // pages of the same monitor with reasons
	}
	var all []candidate
	for _, p := range f.begun(f.window) {
		reasons := a.reasons(p)
		t := Topic{Page: p.Ref, Title: p.Title, At: p.TriggeredAt, Reasons: append(reasons, a.overloads(p.Ref)...)}
		if len(t.Reasons) > 0 {
			all = append(all, candidate{Topic: t, monitor: p.Monitor, reasons: len(reasons), woken: len(a.woken[p.Ref])})
		}
	}
	slices.SortStableFunc(all, func(a, b candidate) int {
		return cmp.Or(cmp.Compare(b.reasons, a.reasons), cmp.Compare(b.woken, a.woken), cmp.Compare(len(b.Reasons), len(a.Reasons)))
	})
	first := map[string]int{}
	chosen := all[:0]
	for _, c := range all {
		if i, ok := first[c.monitor]; ok && c.monitor != "" {
			chosen[i].others++
			continue
		}
		first[c.monitor] = len(chosen)
		chosen = append(chosen, c)
	}
	for i, c := range chosen {
		if i >= maxTopics {
			more += 1 + c.others
			continue
		}
		if c.others > 0 {
			c.Reasons = append(c.Reasons, fmt.Sprintf("and %s of this monitor", count(c.others, "more page")))
		}
		best = append(best, c.Topic)
	}
	return best, more
}

// An agenda holds what is known of the pages beyond their own timelines.
type agenda struct {
	facts    *facts
	notified map[opsreview.Ref]map[string]bool   // whom a page tore from what they did
	woken    map[opsreview.Ref]map[string]bool   // of those, whom in sleep hours
	breaches map[opsreview.Ref][]string          // whose load it was a cause of breaching
	labels   map[opsreview.Ref][]opsreview.Label // given, not withdrawn, in order
	longest  opsreview.Ref
	burned   map[opsreview.Ref][]string // what a page that answers for much burn answers for
}

func (f *facts) agenda(r Review) agenda {
	a := agenda{
		facts: f, notified: map[opsreview.Ref]map[string]bool{}, woken: map[opsreview.Ref]map[string]bool{},
		breaches: map[opsreview.Ref][]string{}, labels: map[opsreview.Ref][]opsreview.Label{},
	}
	for key, all := range f.interruptions {
		for _, i := range all {
			a.interrupted(key, i)
		}
	}
	for _, l := range r.Loads {
		for _, b := range l.Breaches {
			a.breached(l.Person.Name, b)
		}
	}
	for _, l := range f.in.Labels {
		a.labels[l.Page] = append(a.labels[l.Page], l)
	}
	for ref, history := range a.labels {
		a.labels[ref] = standing(history)
	}
	a.longest, a.burned = f.longest(), burned(r.Budget)
	return a
}

func (a agenda) breached(name string, b Breach) {
	for _, ref := range b.Pages {
		if !slices.Contains(a.breaches[ref], name) {
			a.breaches[ref] = append(a.breaches[ref], name)
		}
	}
}

func (a agenda) interrupted(key string, i Interruption) {
	for _, ref := range i.Pages {
		mark(a.notified, ref, key)
		if i.Class == opsreview.SleepHours {
			mark(a.woken, ref, key)
		}
	}
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
	why = append(why, a.burned[p.Ref]...)
	say(len(notified) >= manyPeople, "notified %d people", len(notified))
	say(p.Ref == a.longest, "the longest of the window: %s", length(elapsed(p.TriggeredAt, p.ResolvedAt)))
	return why
}

// overloads tells for whom the page was one of too many.
func (a agenda) overloads(ref opsreview.Ref) []string {
	names := a.breaches[ref]
	if len(names) == 0 {
		return nil
	}
	return []string{tooManyFor + strings.Join(names, ", ")}
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
