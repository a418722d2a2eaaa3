package review

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"opsreview"
)

// shiftSpan is the length of the shift in which MostPerShift counts.
const shiftSpan = 12 * time.Hour

// Loads measures how heavy the window was on everybody in it: those whom the
// team's pages notified or engaged, those who were on call for its services,
// and its configured members who were notified or on call for anything. Whoever
// was notified counts, not only the assignee. People with breaches come first,
// then those with most sleep interruptions.
func Loads(in Input) []Load { return newFacts(in).loads() }

func (f *facts) loads() []Load {
	var loads []Load
	for _, key := range f.crew() {
		loads = append(loads, f.load(f.person(key)))
	}
	slices.SortStableFunc(loads, func(a, b Load) int {
		return cmp.Or(
			cmp.Compare(min(len(b.Breaches), 1), min(len(a.Breaches), 1)),
			cmp.Compare(b.Interruptions.Sleep, a.Interruptions.Sleep),
			cmp.Compare(b.Interruptions.Total(), a.Interruptions.Total()),
			cmp.Compare(b.Engaged, a.Engaged),
			strings.Compare(fold(a.Person.Name), fold(b.Person.Name)),
			strings.Compare(a.Person.Key, b.Person.Key),
		)
	})
	return loads
}

// crew returns the keys of those whose load the review shows, in order.
func (f *facts) crew() []string {
	members := f.members()
	keys := map[string]bool{}
	for key, sends := range f.deliveries.sends {
		member := members[fold(f.person(key).Name)]
		for _, s := range sends {
			if f.window.Contains(s.at) && (member || f.ours(s.page)) {
				keys[key] = true
				break
			}
		}
	}
	for key, all := range f.engaged {
		if slices.ContainsFunc(all, func(e engagement) bool {
			return f.ours(e.page) && f.window.Overlap(e.window.Start, e.window.End) > 0
		}) {
			keys[key] = true
		}
	}
	for key, shifts := range f.shifts {
		member := members[fold(f.person(key).Name)]
		if slices.ContainsFunc(shifts, func(s opsreview.Shift) bool { return f.served(s) && (member || f.answers(s)) }) {
			keys[key] = true
		}
	}
	return sortedKeys(keys)
}

// served reports whether a shift touches the part of the window that has
// passed.
func (f *facts) served(s opsreview.Shift) bool {
	end := s.End
	if end.IsZero() {
		end = endless
	}
	return f.past.Overlap(s.Start, end) > 0
}

// answers reports whether a shift is of an escalation policy of the team's
// services.
func (f *facts) answers(s opsreview.Shift) bool {
	return f.in.Services == nil || f.policies[opsreview.Ref{Source: s.Responder.Source, ID: s.PolicyID}]
}

func (f *facts) load(p Person) Load {
	l := Load{Person: p}
	seen := map[opsreview.Ref]bool{}
	var loud []send
	for _, s := range f.deliveries.sends[p.Key] {
		if !f.window.Contains(s.at) {
			continue
		}
		if s.loud {
			loud = append(loud, s)
		}
		if !seen[s.page.Ref] && !f.ours(s.page) {
			l.Elsewhere++
		}
		seen[s.page.Ref] = true
	}
	l.Pages = len(seen)
	interruptions := f.within(f.interruptions[p.Key])
	for _, i := range interruptions {
		l.Interruptions.add(i.Class)
	}
	nights := nightsOf(p, interruptions)
	run := longestRun(nights)
	l.Hours, l.BrokenNights, l.NightsRun = clockHours(p, interruptions), len(nights), len(run)
	worst := densest(loud)
	l.MostPerShift = len(worst)
	l.Engaged = engagedTime(f.engaged[p.Key], f.window)
	f.assignments(&l)
	f.onCall(&l)
	l.Breaches = f.breaches(l, evidence{interruptions: interruptions, nights: run, shift: worst})
	return l
}

// assignments counts the person's assignments that began in the window.
func (f *facts) assignments(l *Load) {
	for _, a := range f.demands[l.Person.Key] {
		if !f.window.Contains(a.BeganAt) {
			continue
		}
		switch a.Fate {
		case Acknowledged:
			l.Acknowledged++
		case TimedOut:
			l.TimedOut++
		}
	}
}

// onCall adds up the person's duty in the part of the window that has passed.
// It is known if one of the sources that know the person delivered any shift
// for the window.
func (f *facts) onCall(l *Load) {
	for _, ref := range l.Person.Refs {
		l.OnCallKnown = l.OnCallKnown || f.scheduled[ref.Source]
	}
	if !l.OnCallKnown {
		return
	}
	d := dutyOf(f.shifts[l.Person.Key], f.past, f.zone())
	l.OnCall, l.Shifts, l.Weeks = d.time, d.shifts, d.weeks
}

// clockHours counts the distinct hours on the person's clock that had an
// interruption. The hour that is repeated when clocks go back is two.
func clockHours(p Person, interruptions []Interruption) int {
	if p.Zone == nil {
		return 0
	}
	type hour struct {
		date
		hour, offset int
	}
	hours := map[hour]bool{}
	for _, i := range interruptions {
		local := i.At.In(p.Zone)
		_, offset := local.Zone()
		hours[hour{dateOf(local), local.Hour(), offset}] = true
	}
	return len(hours)
}

// A night is a local night with a sleep interruption, named by the date of its
// evening, and the pages that broke it.
type night struct {
	evening time.Time
	pages   []opsreview.Ref
}

// nightsOf returns the person's broken nights in order.
func nightsOf(p Person, interruptions []Interruption) []night {
	var nights []night
	for _, i := range interruptions {
		if i.Class != opsreview.SleepHours {
			continue
		}
		evening := p.Hours.Night(i.At.In(p.Zone))
		if n := len(nights); n == 0 || !nights[n-1].evening.Equal(evening) {
			nights = append(nights, night{evening: evening})
		}
		last := &nights[len(nights)-1]
		last.pages = append(last.pages, i.Pages...)
	}
	return nights
}

// longestRun returns the longest run of consecutive nights, the first of equals.
func longestRun(nights []night) []night {
	var longest []night
	start := 0
	for i := range nights {
		if i > 0 && !nights[i-1].evening.AddDate(0, 0, 1).Equal(nights[i].evening) {
			start = i
		}
		if i+1-start > len(longest) {
			longest = nights[start : i+1]
		}
	}
	return longest
}

// densest returns the first sends of the distinct pages in the 12 hours that
// have most of them, the first such hours of equals. A send exactly 12 hours
// after another is in the next shift.
func densest(sends []send) []send {
	counts := map[*opsreview.Page]int{}
	most, from, first := 0, 0, 0
	for _, s := range sends {
		counts[s.page]++
		for ; s.at.Sub(sends[first].at) >= shiftSpan; first++ {
			if counts[sends[first].page]--; counts[sends[first].page] == 0 {
				delete(counts, sends[first].page)
			}
		}
		if len(counts) > most {
			most, from = len(counts), first
		}
	}
	var pages []send
	seen := map[*opsreview.Page]bool{}
	for _, s := range sends[from:] {
		if s.at.Sub(sends[from].at) >= shiftSpan {
			break
		}
		if !seen[s.page] {
			seen[s.page] = true
			pages = append(pages, s)
		}
	}
	return pages
}
