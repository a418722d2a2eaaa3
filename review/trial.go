package review

import (
	"fmt"
	"slices"
	"time"

	"opsreview"
)

// longer pages d later, and not at all where the problem ended by itself before.
func (t *trials) longer(d time.Duration) experiment {
	e := experiment{
		kind: LongerFor, setting: "for: +" + brief(d), fates: make([]fate, len(t.pages)),
		change: fmt.Sprintf("Wait %s longer before paging", minutes(d)), how: "had ended by themselves by then",
	}
	for i, alone := range t.alone {
		if alone != notAlone && alone < d {
			e.fates[i] = fate{avoided: true}
		} else {
			e.fates[i] = fate{delay: d}
		}
	}
	return e
}

// mostOpen is how long a page that is open takes others in. One that nobody has
// ended within a day is forgotten, not worked on.
const mostOpen = 24 * time.Hour

// grouped lets a page join an earlier one: within d of the first page of a
// group, or while one of its pages is open. What a person has ended takes nothing
// in any more. People have been paged for what a page joins, so that a page that
// joins is not lost. Without a d nothing is grouped.
func (t *trials) grouped(d time.Duration) experiment {
	e := experiment{
		kind: Grouping, setting: "group within " + brief(d), fates: make([]fate, len(t.pages)),
		change: fmt.Sprintf("Let its pages join one that began within %s before or is still open", minutes(d)),
		how:    "would have joined an earlier one",
	}
	if d <= 0 {
		return e
	}
	ends := t.endedByHand()
	var began, until time.Time // of the group
	for i, p := range t.pages {
		at := p.TriggeredAt
		n, _ := slices.BinarySearchFunc(ends, at.Add(1), time.Time.Compare)
		closed := n > 0 && ends[n-1].After(began)
		if at.Before(until) && !closed {
			e.fates[i] = fate{avoided: true, joined: true}
		} else {
			began, until = at, at.Add(d)
		}
		end := at.Add(mostOpen)
		if !p.ResolvedAt.IsZero() && p.ResolvedAt.Before(end) {
			end = p.ResolvedAt
		}
		if end.After(until) {
			until = end
		}
	}
	return e
}

// endedByHand returns when people ended pages, in order.
func (t *trials) endedByHand() []time.Time {
	var ends []time.Time
	for _, p := range t.pages {
		if !p.ResolvedAt.IsZero() && byHand(opsreview.Event{By: p.ResolvedBy}) {
			ends = append(ends, p.ResolvedAt)
		}
	}
	slices.SortFunc(ends, time.Time.Compare)
	return ends
}

// businessOnly lets pages that reach people outside their business hours wait
// for the first business hour of one of them. A problem that has ended by itself
// by then pages nobody. Pages that interrupted nobody, or only people whose zone
// is not known, are left as they were.
func (t *trials) businessOnly() experiment {
	e := experiment{
		kind: BusinessOnly, setting: "business hours only", fates: make([]fate, len(t.pages)),
		change: "Page in the responders' business hours only", how: "had ended by themselves by then",
	}
	for i, p := range t.pages {
		next, ok := t.nextBusiness(p)
		wait := next.Sub(p.TriggeredAt)
		switch {
		case !ok || wait <= 0:
		case t.alone[i] != notAlone && t.alone[i] <= wait:
			e.fates[i] = fate{avoided: true, waited: true}
		default:
			e.fates[i] = fate{delay: wait, waited: true}
		}
	}
	return e
}

// nextBusiness returns the first instant from the page's trigger on that is a
// business hour of somebody whom the page interrupted first, and false if that
// cannot be told.
func (t *trials) nextBusiness(p *opsreview.Page) (next time.Time, ok bool) {
	for _, person := range t.firstInterrupted(p) {
		c, known := t.clocks[person.Key]
		if !known {
			c = newClock(person)
			t.clocks[person.Key] = c
		}
		at, found := c.nextBusiness(p.TriggeredAt)
		if found && (!ok || at.Before(next)) {
			next, ok = at, true
		}
	}
	return next, ok
}

// firstInterrupted returns whom the page's first interruption reached: those
// whom it escalated to afterwards would not have been asked.
func (t *trials) firstInterrupted(p *opsreview.Page) []Person {
	var first time.Time
	var people []Person
	for _, e := range p.Events {
		if e.Kind != opsreview.Notified || !e.Channel.Interrupts() {
			continue
		}
		if first.IsZero() {
			first = e.At
		}
		if e.At.Sub(first) > interruptionSpan {
			break
		}
		for _, id := range e.Responders {
			people = append(people, t.Roster.Person(opsreview.Ref{Source: p.Source, ID: id}))
		}
	}
	return people
}

// mostDaysOff is for how many days a next business hour is looked for.
const mostDaysOff = 31

// nextBusiness returns the first instant from at on that is a business hour, and
// false if the zone is not known or none comes within a month.
func (c *clock) nextBusiness(at time.Time) (time.Time, bool) {
	if c.person.Zone == nil {
		return at, false
	}
	if c.class(at) == opsreview.BusinessHours {
		return at, true
	}
	y, m, d := at.In(c.person.Zone).Date()
	hours := c.person.Hours
	for day := range mostDaysOff {
		// Sleep hours may reach into business hours, which then begin at their end.
		for _, minute := range []int{min(hours.BusinessStart, hours.SleepEnd), max(hours.BusinessStart, hours.SleepEnd)} {
			start := time.Date(y, m, d+day, 0, minute, 0, 0, c.person.Zone)
			if !start.Before(at) && c.class(start) == opsreview.BusinessHours {
				return start, true
			}
		}
	}
	return at, false
}
