package review

import (
	"cmp"
	"slices"
	"time"

	"opsreview"
)

// A Fate is how an assignment ended.
type Fate string

// The fates.
const (
	Acknowledged Fate = "acknowledged" // they said: mine
	TimedOut     Fate = "timed_out"    // nobody answered, and the page moved up by itself
	MovedOn      Fate = "moved_on"     // somebody else took it, or it was moved by hand
	Ended        Fate = "ended"        // the page ended first
	Pending      Fate = "pending"      // it still waits for them
)

// An Assignment is one page's demand on one responder, from the moment it
// became theirs until they acknowledged, it moved on or it ended.
type Assignment struct {
	Page      opsreview.Ref
	Responder opsreview.Ref
	BeganAt   time.Time
	PagedAt   time.Time // of the first notification within it; zero if there was none
	EndedAt   time.Time // zero while Pending
	Fate      Fate
}

// TimeToAcknowledge returns how long the responder took, and false if they did
// not acknowledge.
func (a Assignment) TimeToAcknowledge() (time.Duration, bool) {
	if a.Fate != Acknowledged {
		return 0, false
	}
	return a.EndedAt.Sub(a.BeganAt), true
}

// Assignments follows a page's demand from person to person. The page must be
// settled. Somebody who was notified without ever being named as an assignee
// has an assignment too, from that notification on.
func Assignments(p opsreview.Page) []Assignment {
	t := tracker{page: p.Ref, open: map[string]int{}, had: map[string]bool{}}
	for _, e := range p.Events {
		t.apply(e)
	}
	slices.SortStableFunc(t.all, func(a, b Assignment) int {
		return cmp.Or(a.BeganAt.Compare(b.BeganAt), a.Responder.Compare(b.Responder))
	})
	return t.all
}

// A tracker replays a page's events. An epoch lasts from one change of hands to
// the next; within one, nobody gets the page twice.
type tracker struct {
	page      opsreview.Ref
	all       []Assignment
	open      map[string]int  // the assignments that wait, by responder
	had       map[string]bool // who had the page in this epoch
	assignees []string        // who had it last
	acked     bool            // somebody has said mine in this epoch
	finished  bool
}

func (t *tracker) apply(e opsreview.Event) {
	if t.finished && (e.Kind == opsreview.Notified || e.Kind == opsreview.HelpRequested) {
		return // A notification already on its way when the page ended demands nothing.
	}
	switch e.Kind {
	case opsreview.Triggered, opsreview.Reopened:
		t.begin(e)
	case opsreview.Assigned:
		t.assign(e)
	case opsreview.Reassigned, opsreview.Escalated:
		t.move(e)
	case opsreview.Unacknowledged:
		t.restart(e)
	case opsreview.HelpRequested:
		t.give(e.At, e.Responders)
	case opsreview.Notified:
		t.notify(e)
	case opsreview.Acknowledged:
		t.acknowledge(e)
	case opsreview.Resolved, opsreview.Merged:
		t.endOthers(e.At, Ended, nil)
		t.finished = true
	}
}

// begin handles a trigger. Another one while the page is open says nothing new
// to those who have it; one after the end opens the page again.
func (t *tracker) begin(e opsreview.Event) {
	if t.finished || e.Kind == opsreview.Reopened {
		t.restart(e)
		return
	}
	t.give(e.At, e.Responders)
}

// restart gives the page back to those who are named or, where nobody is, to
// those who had it last.
func (t *tracker) restart(e opsreview.Event) {
	to := e.Responders
	if len(to) == 0 {
		to = t.assignees
	}
	t.epoch()
	t.give(e.At, to)
}

// epoch begins an epoch, in which those who have the page already keep it.
func (t *tracker) epoch() {
	t.finished, t.acked, t.had = false, false, map[string]bool{}
	for id := range t.open {
		t.had[id] = true
	}
}

// assign adds assignees. By hand, and where others had the page, it moves it.
func (t *tracker) assign(e opsreview.Event) {
	if e.By.Kind == opsreview.Person && len(t.assignees) > 0 {
		t.move(e)
		return
	}
	t.reopen()
	t.give(e.At, e.Responders)
}

// move takes the page from those who have it. By hand it moves on, and whoever
// keeps it keeps their assignment. By itself it moves because nobody answered;
// who got it at that same instant is whom it moves to.
func (t *tracker) move(e opsreview.Event) {
	if byHand(e) {
		t.endOthers(e.At, MovedOn, e.Responders)
	} else {
		var newcomers []string
		for id, i := range t.open {
			if t.all[i].BeganAt.Equal(e.At) {
				newcomers = append(newcomers, id)
			}
		}
		t.endOthers(e.At, TimedOut, newcomers)
	}
	t.epoch()
	t.assignees = nil
	t.give(e.At, e.Responders)
}

func (t *tracker) reopen() {
	if t.finished {
		t.epoch()
	}
}

// notify records a send. It begins an assignment for somebody who has had none
// in this epoch; for everybody else it repeats what they know.
func (t *tracker) notify(e opsreview.Event) {
	for _, id := range e.Responders {
		if !t.had[id] {
			t.give(e.At, []string{id})
		}
		if i, ok := t.open[id]; ok && t.all[i].PagedAt.IsZero() {
			t.all[i].PagedAt = e.At
		}
	}
}

// acknowledge ends everybody's assignment: one said mine, for the others it
// moved on. A program that acknowledges with a person's token is not the person.
func (t *tracker) acknowledge(e opsreview.Event) {
	t.reopen()
	if i, ok := t.open[e.By.ID]; ok && e.By.Kind == opsreview.Person {
		t.end(i, e.At, Acknowledged)
	}
	t.endOthers(e.At, MovedOn, nil)
	if e.By.Kind != opsreview.Person || e.By.ID == "" {
		return
	}
	if !t.acked {
		t.acked, t.assignees = true, nil
	}
	t.assignees = append(t.assignees, e.By.ID)
}

func (t *tracker) give(at time.Time, responders []string) {
	for _, id := range responders {
		if !slices.Contains(t.assignees, id) {
			t.assignees = append(slices.Clip(t.assignees), id) // restart hands over the slice itself
		}
		if t.had[id] {
			continue
		}
		t.had[id] = true
		t.open[id] = len(t.all)
		t.all = append(t.all, Assignment{
			Page: t.page, Responder: opsreview.Ref{Source: t.page.Source, ID: id}, BeganAt: at, Fate: Pending,
		})
	}
}

func (t *tracker) end(i int, at time.Time, fate Fate) {
	t.all[i].EndedAt, t.all[i].Fate = at, fate
	delete(t.open, t.all[i].Responder.ID)
}

// endOthers ends what is open, but for the assignments of those who keep it.
func (t *tracker) endOthers(at time.Time, fate Fate, keep []string) {
	for id, i := range t.open {
		if !slices.Contains(keep, id) {
			t.end(i, at, fate)
		}
	}
}

// byHand reports whether a person, or a program in a person's name, did e. What
// nobody is known to have done happened by itself.
func byHand(e opsreview.Event) bool {
	return e.By.Kind == opsreview.Person || e.By.Kind == opsreview.Automation
}

// ranUp reports whether the page moved up because nobody answered in time.
func ranUp(p *opsreview.Page) bool {
	return slices.ContainsFunc(p.Events, func(e opsreview.Event) bool {
		return e.Kind == opsreview.Escalated && !byHand(e)
	})
}
