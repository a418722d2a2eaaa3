package opsreview

import (
	"slices"
	"strings"
	"time"
)

// A Status is where a page stands.
type Status string

// The statuses. A source's other statuses are kept in Page.Reported and count
// as open.
const (
	Open     Status = "triggered"
	Acked    Status = "acknowledged"
	Finished Status = "resolved"
)

// An Urgency is how loudly a source pages. The zero Urgency is unknown.
type Urgency string

// The urgencies.
const (
	HighUrgency Urgency = "high"
	LowUrgency  Urgency = "low"
)

// A Page is one demand for a person's attention by a paging source. Ref names
// it, so that ingesting the same page twice changes nothing.
//
// The first group of fields is what the source says of the page; UpdatedAt is
// the version of that. A page with a zero UpdatedAt is a mere mention: it fills
// what is empty and overwrites nothing. The second group is derived from Events
// by [Page.Settle] and is ignored on the way in.
type Page struct {
	Ref
	Number     string            // the source's number for people, "4411"; not unique
	URL        string            // where people see it
	Title      string            // as the source has it; hostile text is possible
	Service    Ref               // zero if unknown
	Policy     string            // the escalation policy's name
	Monitor    string            // the monitor's ID; see MonitorRules
	Urgency    Urgency           // "" if unknown
	Priority   string            // the source's name for it; "" if unset
	Severity   string            // "" if missing, never a default
	Runbook    string            // a link, "" if the page had none
	Attributes map[string]string // what the alert carried: alertname, host, …
	MergedInto string            // ID at the same source of the page that took this one in
	Reported   string            // the status in the source's own word
	CreatedAt  time.Time         // when the source says that it began; zero if unsaid
	EndedAt    time.Time         // when the source says that it ended; zero if unsaid
	UpdatedAt  time.Time

	Events         []Event // the timeline, in order after Settle
	Status         Status
	TriggeredAt    time.Time
	AcknowledgedAt time.Time // first explicit acknowledgement by a person; zero if there was none
	ResolvedAt     time.Time // zero while the page is open
	ResolvedBy     Agent     // zero while open or where nobody knows
	Label          Label     // the label in force; zero if unlabelled
}

// Settle puts the events in order, drops repeated ones and echoes of notes, and
// derives the page's second group of fields from them. Where the timeline lacks an event that the
// source's own summary implies (a trigger that has not become visible yet, a
// resolution nobody logged), the summary's times stand in.
func (p *Page) Settle() {
	p.sortEvents()
	p.Status, p.TriggeredAt, p.AcknowledgedAt, p.ResolvedAt = Open, time.Time{}, time.Time{}, time.Time{}
	p.ResolvedBy = Agent{}
	for _, e := range p.Events {
		p.apply(e)
	}
	// A trigger that follows other events is a re-trigger, its first one unseen.
	if b := p.begin(); p.TriggeredAt.IsZero() || (!b.IsZero() && b.Before(p.TriggeredAt)) {
		p.TriggeredAt = b
	}
	if p.ResolvedAt.IsZero() && p.Reported == string(Finished) && !p.EndedAt.IsZero() && !p.opensAfter(p.EndedAt) {
		p.Status, p.ResolvedAt = Finished, p.EndedAt
	}
}

// opensAfter reports whether the timeline has the page open after t: then a
// summary that ends it at t is older than the timeline.
func (p *Page) opensAfter(t time.Time) bool {
	return slices.ContainsFunc(p.Events, func(e Event) bool { return e.reopens() && e.At.After(t) })
}

// begin returns the earliest time at which anything is known of the page.
func (p *Page) begin() time.Time {
	if !p.CreatedAt.IsZero() || len(p.Events) == 0 {
		return p.CreatedAt
	}
	return p.Events[0].At
}

// apply advances the page's state by one event.
func (p *Page) apply(e Event) {
	if p.Status == Finished && e.reopens() && e.At.After(p.ResolvedAt) {
		p.Status, p.ResolvedAt, p.ResolvedBy = Open, time.Time{}, Agent{}
	}
	switch e.Kind {
	case Triggered:
		if p.TriggeredAt.IsZero() {
			p.TriggeredAt = e.At
		}
	case Acknowledged:
		if p.Status == Open {
			p.Status = Acked
		}
		if p.AcknowledgedAt.IsZero() && e.By.Kind == Person {
			p.AcknowledgedAt = e.At
		}
	case Unacknowledged, Reassigned, Escalated:
		if p.Status == Acked {
			p.Status = Open
		}
	case Resolved, Merged:
		if p.Status != Finished {
			p.Status, p.ResolvedAt, p.ResolvedBy = Finished, e.At, e.By
		}
	}
}

// reopens reports whether e on a resolved page means that it is open again.
// A late note or a notification already on its way does not.
func (e Event) reopens() bool {
	switch e.Kind {
	case Triggered, Reopened, Assigned, Reassigned, Escalated, Acknowledged, Unacknowledged:
		return true
	}
	return false
}

func (p *Page) sortEvents() {
	slices.SortStableFunc(p.Events, func(a, b Event) int {
		if c := a.At.Compare(b.At); c != 0 {
			return c
		}
		if c := kindRank[a.Kind] - kindRank[b.Kind]; c != 0 {
			return c
		}
		return strings.Compare(a.ID, b.ID)
	})
	seen := make(map[string]bool, len(p.Events))
	p.Events = slices.DeleteFunc(p.Events, func(e Event) bool {
		if e.ID == "" {
			return false
		}
		dup := seen[e.ID]
		seen[e.ID] = true
		return dup
	})
	p.dropEchoes()
}

// echoSpan is how far apart a source may date a note and its own mention of
// that note.
const echoSpan = 5 * time.Second

// dropEchoes drops notes that only repeat another: sources tell of a note once
// as the note itself and once more as an event of the timeline, which may have
// no text and is dated up to some seconds before or after. What is dropped
// depends on the set of events alone, so that the order in which the two were
// ingested does not matter.
func (p *Page) dropEchoes() {
	var notes []Event
	for _, e := range p.Events {
		if e.Kind == Noted {
			notes = append(notes, e)
		}
	}
	if len(notes) < 2 {
		return
	}
	p.Events = slices.DeleteFunc(p.Events, func(e Event) bool {
		return e.Kind == Noted && slices.ContainsFunc(notes, func(n Event) bool { return n.echoedBy(e) })
	})
}

// echoedBy reports whether the note f only repeats the note e: it is by the
// same author within a few seconds, and has no text or the same text later.
func (e Event) echoedBy(f Event) bool {
	if e.Text == "" || e.By.ID != f.By.ID || (e.By.ID == "" && e.By.Name != f.By.Name) || f.At.Sub(e.At).Abs() > echoSpan {
		return false
	}
	if f.Text == "" {
		return true
	}
	return f.Text == e.Text && (e.At.Before(f.At) || (e.At.Equal(f.At) && e.ID < f.ID))
}

// Spells returns the intervals in which the page was open, in order. The last
// one ends at now if the page is still open. A page that was reopened has more
// than one.
func (p *Page) Spells(now time.Time) []Window {
	var spells []Window
	start := p.TriggeredAt
	var q Page
	for _, e := range p.Events {
		was := q.Status
		q.apply(e)
		switch {
		case was != Finished && q.Status == Finished:
			spells = appendSpell(spells, start, e.At)
		case was == Finished && q.Status != Finished:
			start = e.At
		}
	}
	if q.Status == Finished {
		return spells
	}
	end := p.ResolvedAt
	if end.IsZero() {
		end = now
	}
	return appendSpell(spells, start, end)
}

// appendSpell leaves out what is empty: a page that ended as it began, or one
// whose end is known and whose beginning is not.
func appendSpell(spells []Window, start, end time.Time) []Window {
	if !end.After(start) {
		return spells
	}
	return append(spells, Window{Start: start, End: end})
}
