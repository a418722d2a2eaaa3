package main

import (
	"fmt"
	"time"
)

// A step is something that a responder does, some time after the step before.
type step struct {
	after time.Duration
	do    func(w *world, p *page, t time.Time) time.Time // returns when it was over
}

// answer notifies who from t on until they acknowledge, and returns when that
// is. The page may end by itself before.
func (p *page) answer(t time.Time, who *person) time.Time {
	again := t.Add(between(p.rand, time.Minute, 6*time.Minute))
	p.notify(t, earlier(again, p.ends))
	if !p.over(again) {
		p.acknowledge(again, who)
	}
	return again
}

// note writes something down.
func note(after time.Duration, text string) step {
	return step{after, func(_ *world, p *page, t time.Time) time.Time {
		p.hold(t)
		p.annotate(t, text)
		return t
	}}
}

// resolve ends the page by hand.
func resolve(after time.Duration) step {
	return step{after, func(_ *world, p *page, t time.Time) time.Time {
		p.hold(t)
		p.resolve(t, p.byPerson(p.assigned[0], "website", "Resolved by "+p.assigned[0].name+"."))
		return t
	}}
}

// snooze keeps the page quiet until nine o'clock on the responder's clock, when
// it asks again.
func snooze(after time.Duration) step {
	return step{after, func(_ *world, p *page, t time.Time) time.Time {
		p.hold(t)
		who := p.acker
		local := t.In(location(who.zone))
		y, m, d := local.Date()
		until := time.Date(y, m, d, 9, 0, 0, 0, local.Location())
		if !until.After(t) {
			until = time.Date(y, m, d+1, 9, 0, 0, 0, local.Location())
		}
		p.snooze(t, until)
		if p.over(until) {
			return until
		}
		p.unacknowledge(until)
		return p.answer(until, who)
	}}
}

// handOver gives the page to whoever is on call for another service.
func handOver(after time.Duration, service string) step {
	return step{after, func(w *world, p *page, t time.Time) time.Time {
		p.hold(t)
		from, to := p.assigned[0], w.org.service(service).policy.levels[0].onCall(t)
		p.assign(t, "assign", to, p.byPerson(from, "website", ""))
		return p.answer(t, to)
	}}
}

// merge makes the page part of another, which must be older.
func merge(after time.Duration, target string) step {
	return step{after, func(w *world, p *page, t time.Time) time.Time {
		into := w.byKey[target]
		if into == nil {
			panic("there is no page " + target + " to merge into")
		}
		p.merged = into
		p.resolve(t, p.byPerson(p.assigned[0], "website", fmt.Sprintf("Merged into %s by %s.", into.summary(), p.assigned[0].name)))
		return t
	}}
}

// reopen takes a resolution back: whoever resolved the page is asked again.
func reopen(after time.Duration) step {
	return step{after, func(_ *world, p *page, t time.Time) time.Time {
		who := p.assigned[0]
		p.resolved, p.level = time.Time{}, 0
		p.log(t, apiLogEntry{Type: "trigger", Summary: "Reopened by " + who.name + "."}, p.byPerson(who, "website", ""))
		p.assign(t, "assign", who, p.byService("auto"))
		return p.answer(t, who)
	}}
}
