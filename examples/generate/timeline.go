package main

import (
	"cmp"
	"fmt"
	"slices"
	"time"
)

// An agent is who did something, and through what.
type agent struct {
	ref     apiRef
	channel string
	summary string // of the log entry, if it is not made from the type
}

func (p *page) byService(channel string) agent { return agent{p.svc.ref(), channel, ""} }

func (p *page) byPerson(who *person, channel, summary string) agent {
	return agent{who.ref(), channel, summary}
}

// log appends an entry. What lies after the meeting has not happened.
func (p *page) log(at time.Time, e apiLogEntry, by agent) bool {
	if !at.Before(now) {
		return false
	}
	e.ID = entryID(fmt.Sprintf("%s %d", p.key, len(p.entries)))
	e.CreatedAt = stamp(at)
	e.Type += "_log_entry"
	e.Summary = cmp.Or(by.summary, e.Summary)
	e.Service, e.Incident, e.Teams = p.svc.ref(), p.ref(), []apiRef{p.svc.team.ref()}
	if e.Channel.Type == "" {
		e.Channel.Type = by.channel
	}
	if by.ref.ID != "" {
		e.Agent = &by.ref
	}
	p.entries = append(p.entries, e)
	if e.Type != "notify_log_entry" {
		p.at = at
	}
	return true
}

func (p *page) trigger(at time.Time) {
	p.log(at, apiLogEntry{
		Type: "trigger", Summary: "Triggered through the API.",
		Channel: apiChannel{Type: "api", Summary: p.title, Details: p.details},
	}, p.byService("api"))
	p.changed = p.svc.ref()
}

// assign makes the page who's demand: word is "assign" or "escalate".
func (p *page) assign(at time.Time, word string, who *person, by agent) {
	p.assigned, p.since, p.acker = []*person{who}, at, nil
	by.summary = map[string]string{"assign": "Assigned to ", "escalate": "Escalated to "}[word] + who.name
	if by.channel == "timeout" {
		by.summary += " by timeout"
	}
	by.summary += "."
	p.log(at, apiLogEntry{Type: word, Assignees: []apiRef{who.ref()}}, by)
}

// notify sends to whom the page is assigned, by their own rules, from the
// assignment at from until something happens at until.
func (p *page) notify(from, until time.Time) {
	who := p.assigned[0]
	rules := who.rules
	if p.urgency == "low" {
		rules = []rule{{"email", 0}}
	}
	type send struct {
		at      time.Time
		channel string
	}
	var sends []send
	for _, r := range rules {
		at := from.Add(r.after + between(p.rand, time.Second, 5*time.Second))
		if at.Before(until) {
			sends = append(sends, send{at, r.channel})
		}
	}
	slices.SortStableFunc(sends, func(a, b send) int { return a.at.Compare(b.at) })
	for _, s := range sends {
		ref, address := who.ref(), who.phone
		switch s.channel {
		case "email":
			address = who.email
		case "push":
			address = "device of " + who.name
		}
		p.log(s.at, apiLogEntry{
			Type: "notify", Summary: fmt.Sprintf("Notified %s by %s.", who.name, s.channel), User: &ref,
			Channel: apiChannel{Type: "auto", Notification: &apiNotification{s.channel + "_notification", address, "success"}},
		}, agent{channel: "auto"})
	}
}

func (p *page) acknowledge(at time.Time, who *person) {
	channels := []string{"mobile", "mobile", "phone", "sms", "website"}
	if p.urgency == "low" {
		channels = []string{"website"}
	}
	e := apiLogEntry{Type: "acknowledge", Summary: "Acknowledged by " + who.name + "."}
	p.ackEnds = time.Time{}
	if limit := p.svc.ackLimit; limit > 0 {
		e.Timeout, p.ackEnds = int(limit/time.Second), at.Add(limit)
	}
	if p.log(at, e, p.byPerson(who, channels[p.rand.IntN(len(channels))], "")) {
		p.acker, p.changed = who, who.ref()
	}
}

func (p *page) unacknowledge(at time.Time) {
	by := p.byService("timeout")
	if p.log(at, apiLogEntry{Type: "unacknowledge", Summary: "Unacknowledged by timeout."}, by) {
		p.acker, p.changed = nil, p.svc.ref()
	}
}

func (p *page) annotate(at time.Time, text string) {
	who := p.assigned[0]
	ok := p.log(at, apiLogEntry{
		Type: "annotate", Summary: "Note added by " + who.name + ".", Channel: apiChannel{Type: "note", Summary: text},
	}, p.byPerson(who, "note", ""))
	if ok {
		p.notes = append(p.notes, apiNote{
			ID: longID(fmt.Sprintf("note %s %d", p.key, len(p.notes))), User: who.ref(), Channel: noteFrom{"The PagerDuty website"},
			Content: text, CreatedAt: stamp(at), Incident: p.ref(),
		})
	}
}

func (p *page) snooze(at, until time.Time) {
	p.log(at, apiLogEntry{
		Type: "snooze", Summary: "Snoozed by " + p.acker.name + ".",
		Actions: []apiAction{{"unacknowledge", stamp(until)}},
	}, p.byPerson(p.acker, "website", ""))
	p.ackEnds = until
}

func (p *page) resolve(at time.Time, by agent) {
	if p.log(at, apiLogEntry{Type: "resolve"}, by) {
		p.resolved, p.acker, p.changed = at, nil, by.ref
		if p.alert.IsZero() {
			p.alert = at
		}
	}
}
