package main

import (
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"slices"
	"time"
)

// A plan says what happens to one page. Times between are simulated.
type plan struct {
	key      string // names the page; IDs and chance are made from it
	at       time.Time
	service  string
	title    string
	urgency  string // "high" if empty
	severity string // "critical" if empty
	priority string // "" for none
	details  map[string]string
	runbook  string

	silent int           // levels on which nobody answers
	react  time.Duration // from an assignment to its acknowledgement; 0 if nobody ever acknowledges
	steps  []step        // what the responder does then
	clears time.Duration // after that the monitoring tool ends the page; 0 for never

	kind       string // of the truth
	actionable bool
	actioned   bool
	cause      string
}

// A page is one simulated incident.
type page struct {
	plan
	id       string
	number   int
	svc      *service
	rand     *rand.Rand
	entries  []apiLogEntry
	notes    []apiNote
	alert    time.Time // when its alert was resolved; zero while it is not
	ends     time.Time // when the monitoring tool ends it
	assigned []*person
	level    int       // the index of the level that was asked last
	since    time.Time // of the assignment
	acker    *person   // who has acknowledged; nil if nobody has
	ackEnds  time.Time // when the acknowledgement runs out; zero for never
	resolved time.Time
	changed  apiRef
	at       time.Time // of the last change
	merged   *page
}

func (p *page) ref() apiRef {
	return apiRef{ID: p.id, Type: "incident_reference", Summary: p.summary()}
}

func (p *page) summary() string { return fmt.Sprintf("[#%d] %s", p.number, p.title) }

// A world is an org and what happened to it.
type world struct {
	org   *org
	pages []*page // in the order of their triggers
	byKey map[string]*page
}

func newWorld(o *org) *world { return &world{org: o, byKey: map[string]*page{}} }

// play simulates plans in the order of time.
func (w *world) play(plans []plan) {
	plans = slices.DeleteFunc(plans, func(p plan) bool { return p.at.Before(dataStart) || !p.at.Before(dataEnd) })
	slices.SortStableFunc(plans, func(a, b plan) int { return a.at.Compare(b.at) })
	for i, pl := range plans {
		pl.at = pl.at.UTC().Truncate(time.Second)
		p := &page{plan: pl, id: longID("page " + pl.key), number: 4101 + i, svc: w.org.service(pl.service), rand: chance(pl.key)}
		if p.urgency == "" {
			p.urgency = "high"
		}
		if p.severity == "" {
			p.severity = "critical"
		}
		if w.byKey[pl.key] != nil {
			panic("two pages are called " + pl.key)
		}
		w.pages, w.byKey[pl.key] = append(w.pages, p), p
		p.simulate(w)
	}
}

// chance returns the source of what is drawn for one name: what is drawn for
// the others does not depend on it.
func chance(name string) *rand.Rand {
	h := fnv.New64a()
	_, _ = h.Write([]byte(name)) // a hash takes everything
	return rand.New(rand.NewPCG(h.Sum64(), 2026))
}

// between draws a whole number of seconds in [low, high).
func between(r *rand.Rand, low, high time.Duration) time.Duration {
	return low + time.Duration(r.Int64N(int64((high-low)/time.Second)))*time.Second
}

func (p *page) simulate(w *world) {
	start := p.plan.at
	p.ends = now.AddDate(1, 0, 0)
	if p.svc.autoEnd > 0 {
		p.ends = start.Add(p.svc.autoEnd)
	}
	if p.clears > 0 {
		p.ends = earlier(p.ends, start.Add(p.clears))
	}
	p.trigger(start)
	first := p.svc.policy.levels[0].onCall(start)
	p.assign(start, "assign", first, p.byService("auto"))
	ackAt, ok := p.seekAnswer()
	if ok {
		p.acknowledge(ackAt, p.assigned[0])
		t := ackAt
		for _, s := range p.steps {
			t = t.Add(s.after)
			if p.over(t) {
				break
			}
			t = s.do(w, p, t)
		}
	}
	if p.resolved.IsZero() {
		p.hold(p.ends)
		p.end()
	}
}

// over reports whether the page has ended before t by itself.
func (p *page) over(t time.Time) bool { return !t.Before(p.ends) }

// seekAnswer notifies level after level until somebody answers. It returns when
// they do, and false if the page ends unanswered.
func (p *page) seekAnswer() (time.Time, bool) {
	for {
		stop, answered := p.ends, false
		if t := p.since.Add(p.react); p.react > 0 && p.level >= p.silent && t.Before(stop) {
			stop, answered = t, true
		}
		next := p.nextLevel()
		timeout := p.since.Add(p.svc.policy.delay)
		if next != nil && timeout.Before(stop) {
			p.notify(p.since, timeout)
			p.level++
			p.assign(timeout, "escalate", next, p.byService("timeout"))
			continue
		}
		p.notify(p.since, stop)
		return stop, answered
	}
}

// nextLevel returns who is asked when the assignment times out, nil if nobody
// is: pages of low urgency do not escalate.
func (p *page) nextLevel() *person {
	if p.urgency == "low" || p.level+1 >= len(p.svc.policy.levels) {
		return nil
	}
	return p.svc.policy.levels[p.level+1].onCall(p.since.Add(p.svc.policy.delay))
}

// hold lets time pass until t: acknowledgements run out on services that say
// so, and the responder is notified and acknowledges again.
func (p *page) hold(t time.Time) {
	for p.acker != nil && !p.ackEnds.IsZero() && p.ackEnds.Before(t) {
		who, out := p.acker, p.ackEnds
		p.unacknowledge(out)
		again := out.Add(between(p.rand, 45*time.Second, 4*time.Minute))
		p.notify(out, earlier(again, t))
		if !again.Before(t) {
			return
		}
		p.acknowledge(again, who)
	}
}

// end resolves the page as the monitoring tool or the service's own clock does.
func (p *page) end() {
	agent := p.byService("api")
	agent.summary = "Resolved through the integration API."
	if p.clears == 0 || p.ends.Before(p.plan.at.Add(p.clears)) {
		agent = p.byService("timeout")
		agent.summary = "Resolved by timeout."
	} else {
		p.alert = p.ends
	}
	p.resolve(p.ends, agent)
}
