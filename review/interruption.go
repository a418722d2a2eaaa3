package review

import (
	"cmp"
	"slices"
	"time"

	"opsreview"
)

// interruptionSpan is how long after its first notification an interruption
// takes in further ones, after PagerDuty's Responder Insights.
const interruptionSpan = 60 * time.Second

// An Interruption is what tore one person from what they were doing:
// notifications within 60 s of the first, over any channel but email.
type Interruption struct {
	Person string    // the person's key
	At     time.Time // of the first notification
	Class  opsreview.HoursClass
	Pages  []opsreview.Ref // whose notifications it is made of, each once
}

// Interruptions groups the notifications of the pages into interruptions, by
// person and then by time. Every page that is given takes part, whatever window
// is asked about later: only so do the counts of two adjoining windows add up.
func Interruptions(pages []opsreview.Page, roster Roster) []Interruption {
	d := sendsOf(pointers(pages), roster)
	var all []Interruption
	for _, key := range d.keys {
		all = append(all, interruptions(d.persons[key], d.sends[key])...)
	}
	return all
}

// A send is one notification of one person, over one channel.
type send struct {
	at   time.Time
	page *opsreview.Page
	loud bool // not an email
}

// deliveries are all sends, by person and in order.
type deliveries struct {
	keys    []string // of everybody who was notified, in order
	persons map[string]Person
	sends   map[string][]send
}

func sendsOf(pages []*opsreview.Page, roster Roster) deliveries {
	d := deliveries{persons: map[string]Person{}, sends: map[string][]send{}}
	for _, p := range pages {
		d.add(p, roster)
	}
	for key, sends := range d.sends {
		d.keys = append(d.keys, key)
		slices.SortFunc(sends, func(a, b send) int {
			return cmp.Or(a.at.Compare(b.at), a.page.Ref.Compare(b.page.Ref))
		})
	}
	slices.Sort(d.keys)
	return d
}

func (d *deliveries) add(p *opsreview.Page, roster Roster) {
	for i := range p.Events {
		e := &p.Events[i]
		if e.Kind != opsreview.Notified {
			continue
		}
		for _, id := range e.Responders {
			person := roster.Person(opsreview.Ref{Source: p.Source, ID: id})
			if _, known := d.persons[person.Key]; !known {
				d.persons[person.Key] = person
			}
			d.sends[person.Key] = append(d.sends[person.Key], send{at: e.At, page: p, loud: e.Channel.Interrupts()})
		}
	}
}

// interruptions groups one person's sends, which are in order. The first send
// that no interruption has taken in begins one.
func interruptions(p Person, sends []send) []Interruption {
	var all []Interruption
	clock := newClock(p)
	latest := map[*opsreview.Page]int{} // the number of each page's latest interruption
	for _, s := range sends {
		if !s.loud {
			continue
		}
		if n := len(all); n == 0 || s.at.Sub(all[n-1].At) > interruptionSpan {
			all = append(all, Interruption{Person: p.Key, At: s.at, Class: clock.class(s.at)})
		}
		if n := len(all); latest[s.page] != n {
			latest[s.page] = n
			all[n-1].Pages = append(all[n-1].Pages, s.page.Ref)
		}
	}
	return all
}

// add counts one interruption.
func (c *ByClass) add(class opsreview.HoursClass) {
	switch class {
	case opsreview.BusinessHours:
		c.Business++
	case opsreview.OffHours:
		c.OffHours++
	case opsreview.SleepHours:
		c.Sleep++
	default:
		c.Unknown++
	}
}
