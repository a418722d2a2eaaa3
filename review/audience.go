package review

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"opsreview"
)

// LeastPeople is how many people a sum must be of to be told to those who may
// not see each of them, where the configuration says nothing.
const LeastPeople = 3

// An Audience is who reads a review, as far as it tells of people's load. The
// zero Audience sees everybody's.
type Audience struct {
	Sees  func(key string) bool // whether it sees the load of the person with the key; nil sees everybody's
	Least int                   // what fewer people than this stand behind is withheld; 0 means LeastPeople
}

// An Aggregate is the loads of several people taken together.
type Aggregate struct {
	People        int
	Withheld      bool // too few stand behind it: nothing but People is told
	Interruptions ByClass
	Engaged       time.Duration
	MedianPages   float64
	MostPages     int
	Woken         int            // people with a sleep interruption
	Breaches      map[string]int // people over a limit, by the limit's ID
}

// Few reports whether what so many people stand behind whom the audience does
// not see is withheld from it. People whom it sees do not hide the others: it
// could subtract them.
func (a Audience) Few(hidden int) bool {
	least := a.Least
	if least <= 0 {
		least = LeastPeople
	}
	return hidden > 0 && hidden < least
}

// sees reports whether the audience sees a person's load.
func (a Audience) sees(key string) bool { return a.Sees == nil || a.Sees(key) }

// Loads returns the loads that the audience sees and, where those are not all,
// all of them taken together.
func (a Audience) Loads(loads []Load) ([]Load, *Aggregate) {
	seen, hidden := a.split(loads)
	if len(hidden) == 0 {
		return loads, nil
	}
	active := 0 // Who was left in peace hides nobody.
	for _, l := range hidden {
		if l.Pages > 0 || l.Interruptions.Total() > 0 || l.Engaged > 0 {
			active++
		}
	}
	if a.Few(len(hidden)) || a.Few(active) {
		return seen, &Aggregate{People: len(loads), Withheld: true}
	}
	sum := &Aggregate{People: len(loads), Breaches: map[string]int{}}
	pages := make([]int, 0, len(loads))
	for _, l := range loads {
		c := l.Interruptions
		sum.Interruptions.Business += c.Business
		sum.Interruptions.OffHours += c.OffHours
		sum.Interruptions.Sleep += c.Sleep
		sum.Interruptions.Unknown += c.Unknown
		sum.Engaged += l.Engaged
		sum.Woken += min(c.Sleep, 1)
		for _, b := range l.Breaches {
			sum.Breaches[b.Limit.ID]++
		}
		pages = append(pages, l.Pages)
	}
	slices.Sort(pages)
	n := len(pages)
	sum.MedianPages, sum.MostPages = float64(pages[(n-1)/2]+pages[n/2])/2, pages[n-1]
	return seen, sum
}

func (a Audience) split(loads []Load) (seen, hidden []Load) {
	for _, l := range loads {
		if a.sees(l.Person.Key) {
			seen = append(seen, l)
		} else {
			hidden = append(hidden, l)
		}
	}
	return seen, hidden
}

// Review returns the review as the audience may see it: without the loads of
// people that are not for it, without what names them as too heavily loaded,
// and without sums that too few people stand behind. Withheld says in words
// what is missing. It changes nothing of what it was given.
func (a Audience) Review(r Review) Review {
	_, hidden := a.split(r.Loads)
	told := r
	if told.Toil != nil {
		told = a.withoutToil(told)
	}
	counted := 0
	for key := range r.Counted {
		if !a.sees(key) {
			counted++
		}
	}
	if a.Few(counted) {
		told = withoutSums(told)
	}
	if len(hidden) == 0 {
		return told
	}
	told.Loads, told.Aggregate = a.Loads(r.Loads)
	told.Discuss = talkOf(r.Discuss, hidden, told.Loads)
	told.Findings = a.findings(r.Findings, hidden)
	told.Gaps = gapsWithout(r.Gaps, hidden)
	told.Withheld = append([]string{withheldLoads(len(hidden), told.Aggregate.Withheld)}, told.Withheld...)
	return told
}

// Charts returns the charts without those of people whom the audience does not
// see.
func (a Audience) Charts(c Charts) Charts {
	c.Heat = slices.DeleteFunc(slices.Clone(c.Heat), func(m HeatMap) bool { return !a.sees(m.Person.Key) })
	return c
}

// withheldLoads says what is not told of people's loads.
func withheldLoads(hidden int, few bool) string {
	if few {
		return fmt.Sprintf("the load of %s is withheld: it is for them and their lead, and too few people stand behind a sum", people(hidden))
	}
	return fmt.Sprintf("the load of %s is told as a sum only: each person's is for them and their lead", people(hidden))
}

// withoutSums takes the sums that too few people stand behind from a review.
func withoutSums(r Review) Review {
	r.Headline.Withheld = true
	r.Headline.Interruptions, r.Headline.Responders, r.Headline.Engaged = ByClass{}, 0, 0
	r.Monitors = slices.Clone(r.Monitors)
	for i := range r.Monitors {
		m := &r.Monitors[i]
		m.Withheld, m.Interruptions, m.Engaged = true, ByClass{}, 0
	}
	r.Withheld = append(slices.Clone(r.Withheld), "how often people were interrupted, and how long they were engaged, is withheld: too few people stand behind it")
	return r
}

// talkOf returns the topics without the names of those who were too heavily
// loaded and are not for the reader. A topic of which nothing else is to be said
// goes.
func talkOf(topics []Topic, hidden, seen []Load) []Topic {
	var all []Topic
	for _, t := range topics {
		if !overloaded(hidden, t.Page) {
			all = append(all, t)
			continue
		}
		var names []string
		for _, l := range seen {
			if breachedBy(l, t.Page) {
				names = append(names, l.Person.Name)
			}
		}
		var reasons []string
		for _, reason := range t.Reasons {
			switch {
			case !strings.HasPrefix(reason, tooManyFor):
				reasons = append(reasons, reason)
			case len(names) > 0:
				reasons = append(reasons, tooManyFor+strings.Join(names, ", "))
			}
		}
		if t.Reasons = reasons; len(reasons) > 0 {
			all = append(all, t)
		}
	}
	return all
}

func overloaded(loads []Load, page opsreview.Ref) bool {
	return slices.ContainsFunc(loads, func(l Load) bool { return breachedBy(l, page) })
}

func breachedBy(l Load, page opsreview.Ref) bool {
	return slices.ContainsFunc(l.Breaches, func(b Breach) bool { return slices.Contains(b.Pages, page) })
}

// findings returns the findings as the audience may see them.
func (a Audience) findings(findings []opsreview.Finding, hidden []Load) []opsreview.Finding {
	over := map[string]int{}
	for _, l := range hidden {
		for _, b := range l.Breaches {
			over[b.Limit.ID]++
		}
	}
	all := slices.Clone(findings)
	for i := range all {
		if n := over[limitOf(all[i])]; n > 0 {
			all[i] = Guarded(all[i])
		}
	}
	return all
}

// Guarded returns a finding about people's load as those see it who may not see
// the load: that there is work to do is the team's business, whose load it is
// and which pages made it is not. Other findings are returned as they are.
func Guarded(f opsreview.Finding) opsreview.Finding {
	if f.Kind != opsreview.LimitBreached {
		return f
	}
	f.Pages = nil
	f.Evidence = []string{guardedEvidence}
	return f
}

// guardedEvidence stands for evidence that is one person's.
const guardedEvidence = "Somebody was over it: who, and by how much, is told to them and their lead."

// IsGuarded reports whether the finding is one of which Guarded left something
// out.
func IsGuarded(f opsreview.Finding) bool {
	return len(f.Evidence) == 1 && f.Evidence[0] == guardedEvidence
}

// limitOf is the limit that a finding says was gone over, "" if it says no such
// thing.
func limitOf(f opsreview.Finding) string {
	if f.Kind != opsreview.LimitBreached {
		return ""
	}
	return f.Key[strings.LastIndex(f.Key, "|")+1:]
}

// gapsWithout returns the gaps without the names of people whose load is not for
// the reader. What is missing of several people is said once.
func gapsWithout(gaps []Gap, hidden []Load) []Gap {
	names := map[string]bool{}
	for _, l := range hidden {
		names[l.Person.Name] = true
	}
	seen := map[Gap]bool{}
	var all []Gap
	for _, g := range gaps {
		switch {
		case names[g.Subject]:
			g = Gap{Subject: "a responder", Text: missingOfSomebody}
		case g.Subject == onCallSubject:
			before, _, _ := strings.Cut(g.Text, " of ")
			g.Text = before + " of everybody"
		}
		if !seen[g] {
			all = append(all, g)
		}
		seen[g] = true
	}
	return all
}

// missingOfSomebody stands for what is not known of a person who is not named.
const missingOfSomebody = "the time zone or the holidays of somebody are not known, or their sources disagree: configure them"

// counted returns the keys of those whose interruptions or engaged time the
// headline adds up.
func (f *facts) counted() map[string]bool {
	keys := map[string]bool{}
	for _, key := range f.deliveries.keys {
		if slices.ContainsFunc(f.within(f.interruptions[key]), f.concerns) {
			keys[key] = true
		}
	}
	for key, all := range f.engaged {
		if engagedTime(f.oursOnly(all), f.window) > 0 {
			keys[key] = true
		}
	}
	return keys
}
