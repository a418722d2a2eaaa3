package main

import (
	"fmt"
	"testing"
	"time"
)

// A reading is what somebody who reads a page's log entries knows so far. It
// judges them by PagerDuty's rules and not by how they were made.
type reading struct {
	p        *page
	policy   *policy
	last     time.Time
	open     bool
	acked    bool
	assignee string
	since    time.Time
	notified map[string]bool // since the assignment
	level    int
}

func TestTimelinesAreConsistent(t *testing.T) {
	for _, p := range played().pages {
		r := reading{p: p, policy: p.svc.policy}
		for i, e := range p.entries {
			if err := r.read(e, entryTime(t, e), i == 0); err != nil {
				t.Errorf("page %q, entry %d (%s at %s): %v", p.key, i, e.Type, e.CreatedAt, err)
				break
			}
		}
		if r.open != p.resolved.IsZero() {
			t.Errorf("page %q: open is %v, and the incident says %q", p.key, r.open, p.apiIncident().Status)
		}
	}
}

func (r *reading) read(e apiLogEntry, at time.Time, first bool) error {
	switch {
	case at.Before(r.last):
		return fmt.Errorf("it is before the entry before it, %v", r.last)
	case !at.Before(now):
		return fmt.Errorf("it is after the meeting")
	case first != (e.Type == "trigger_log_entry" && !r.open && r.last.IsZero()):
		return fmt.Errorf("the first entry must be the trigger")
	case !r.open && e.Type != "trigger_log_entry":
		return fmt.Errorf("the page has ended")
	}
	r.last = at
	switch e.Type {
	case "trigger_log_entry":
		r.open, r.acked = true, false
	case "assign_log_entry", "escalate_log_entry":
		return r.assign(e, at)
	case "notify_log_entry":
		return r.notify(e)
	case "acknowledge_log_entry":
		if r.acked || e.Agent.ID != r.assignee || !r.notified[r.assignee] {
			return fmt.Errorf("%s acknowledges without having been notified", e.Agent.Summary)
		}
		r.acked = true
	case "unacknowledge_log_entry":
		if !r.acked {
			return fmt.Errorf("nobody has acknowledged")
		}
		r.acked, r.notified = false, map[string]bool{}
	case "resolve_log_entry":
		r.open = false
	}
	return nil
}

// assign allows the person on call, whoever is asked by hand, and on an
// escalation the person on call on the next level exactly when the time is up.
func (r *reading) assign(e apiLogEntry, at time.Time) error {
	who := e.Assignees[0].ID
	byHand := e.Agent.Type == "user_reference"
	if e.Type == "escalate_log_entry" {
		if r.acked || r.p.urgency == "low" || !at.Equal(r.since.Add(r.policy.delay)) {
			return fmt.Errorf("it escalates %v after the assignment", at.Sub(r.since))
		}
		r.level++
	}
	reopened := who == r.assignee
	if duty := r.policy.levels[r.level].onCall(at); !byHand && !reopened && (duty == nil || duty.id != who) {
		return fmt.Errorf("%s is not on call", e.Assignees[0].Summary)
	}
	if byHand && !r.acked {
		return fmt.Errorf("it was handed over by somebody who had not acknowledged")
	}
	r.assignee, r.since, r.acked, r.notified = who, at, false, map[string]bool{}
	return nil
}

func (r *reading) notify(e apiLogEntry) error {
	low := r.p.urgency == "low"
	switch n := e.Channel.Notification; {
	case r.acked:
		return fmt.Errorf("it notifies although somebody has acknowledged")
	case e.User.ID != r.assignee:
		return fmt.Errorf("it notifies %s, who is not assigned", e.User.Summary)
	case n.Address == "":
		return fmt.Errorf("it has no address")
	case low != (n.Type == "email_notification") && low:
		return fmt.Errorf("a page of low urgency goes out by %s", n.Type)
	}
	r.notified[e.User.ID] = true
	return nil
}
