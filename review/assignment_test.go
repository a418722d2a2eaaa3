package review_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"opsreview"
	"opsreview/review"
)

func TestAssignments(t *testing.T) {
	const m = time.Minute
	assign := func(after time.Duration, by opsreview.Agent, to ...string) ev {
		return ev{after: after, kind: opsreview.Assigned, by: by, to: to}
	}
	move := func(after time.Duration, kind opsreview.EventKind, by opsreview.Agent, to ...string) ev {
		return ev{after: after, kind: kind, by: by, to: to}
	}
	tests := map[string]struct {
		events []ev
		want   string // "who from-to fate", in minutes
	}{
		"acknowledged in time": {
			[]ev{assign(0, timer, "ada"), notify(0, opsreview.SMS, "ada"), ack(3*m, "ada"), resolve(9*m, timer)},
			"ada 0-3 acknowledged",
		},
		"nobody answers and it escalates by itself": {
			[]ev{assign(0, timer, "ada"), move(15*m, opsreview.Escalated, timer, "bob"), ack(16*m, "bob")},
			"ada 0-15 timed_out, bob 15-16 acknowledged",
		},
		"an agent whom nobody knows is no hand": {
			[]ev{assign(0, timer, "ada"), move(15*m, opsreview.Escalated, opsreview.Agent{}, "bob")},
			"ada 0-15 timed_out, bob 15- pending",
		},
		"an escalation logged with an assignment of the same instant": {
			[]ev{assign(0, timer, "ada"), assign(15*m, timer, "bob"), move(15*m, opsreview.Escalated, timer, "bob"), ack(16*m, "bob")},
			"ada 0-15 timed_out, bob 15-16 acknowledged",
		},
		"an escalation by hand moves it on": {
			[]ev{assign(0, timer, "ada"), move(5*m, opsreview.Escalated, person("ada"), "bob"), resolve(9*m, timer)},
			"ada 0-5 moved_on, bob 5-9 ended",
		},
		"a reassignment moves it on, and who keeps it keeps it": {
			[]ev{assign(0, timer, "ada", "bob"), move(5*m, opsreview.Reassigned, person("bob"), "bob", "cem"), ack(6*m, "bob")},
			"ada 0-5 moved_on, bob 0-6 acknowledged, cem 5-6 moved_on",
		},
		"one takes it and for the other it moves on": {
			[]ev{assign(0, timer, "ada", "bob"), ack(2*m, "bob")},
			"ada 0-2 moved_on, bob 0-2 acknowledged",
		},
		"an acknowledgement that times out begins again for who had said mine": {
			[]ev{assign(0, timer, "ada", "bob"), ack(2*m, "ada"), move(32*m, opsreview.Unacknowledged, timer), ack(40*m, "ada")},
			"ada 0-2 acknowledged, bob 0-2 moved_on, ada 32-40 acknowledged",
		},
		"reopening begins again": {
			[]ev{assign(0, timer, "ada"), ack(2*m, "ada"), resolve(5*m, timer), move(8*m, opsreview.Reopened, timer), ack(9*m, "ada")},
			"ada 0-2 acknowledged, ada 8-9 acknowledged",
		},
		"a new trigger after the end begins again": {
			[]ev{assign(0, timer, "ada"), resolve(5*m, timer), move(8*m, opsreview.Triggered, integration), resolve(9*m, timer)},
			"ada 0-5 ended, ada 8-9 ended",
		},
		"a new trigger while it is open says nothing new": {
			[]ev{assign(0, timer, "ada"), move(3*m, opsreview.Triggered, integration), ack(4*m, "ada")},
			"ada 0-4 acknowledged",
		},
		"who is known from a notification only has an assignment from then on": {
			[]ev{notify(1*m, opsreview.SMS, "ada"), notify(2*m, opsreview.Phone, "ada"), ack(4*m, "ada")},
			"ada 1-4 acknowledged",
		},
		"a notification after the end demands nothing": {
			[]ev{assign(0, timer, "ada"), resolve(5*m, timer), notify(6*m, opsreview.SMS, "ada"), notify(6*m, opsreview.SMS, "bob")},
			"ada 0-5 ended",
		},
		"a notification on its way when somebody else took it is no second demand": {
			[]ev{assign(0, timer, "ada", "bob"), ack(2*m, "bob"), notify(3*m, opsreview.SMS, "ada")},
			"ada 0-2 moved_on, bob 0-2 acknowledged",
		},
		"resolving is not acknowledging": {
			[]ev{assign(0, timer, "ada"), resolve(5*m, person("ada"))},
			"ada 0-5 ended",
		},
		"a policy that repeats asks the same people again": {
			[]ev{assign(0, timer, "ada"), move(15*m, opsreview.Escalated, timer, "ada"), move(30*m, opsreview.Escalated, timer, "ada")},
			"ada 0-15 timed_out, ada 15-30 timed_out, ada 30- pending",
		},
		"a request for help asks further people": {
			[]ev{assign(0, timer, "ada"), ack(2*m, "ada"), move(3*m, opsreview.HelpRequested, person("ada"), "bob"), ack(7*m, "bob")},
			"ada 0-2 acknowledged, bob 3-7 acknowledged",
		},
		"a program with a person's token is not the person": {
			[]ev{assign(0, timer, "ada"), move(2*m, opsreview.Acknowledged, opsreview.Agent{Kind: opsreview.Automation, ID: "ada"})},
			"ada 0-2 moved_on",
		},
		"a manual assignment moves it on": {
			[]ev{assign(0, timer, "ada"), assign(2*m, person("ada"), "bob"), ack(3*m, "bob")},
			"ada 0-2 moved_on, bob 2-3 acknowledged",
		},
		"merging ends it": {
			[]ev{assign(0, timer, "ada"), move(2*m, opsreview.Merged, person("bob"))},
			"ada 0-2 ended",
		},
		"a page that asks nobody has none": {nil, ""},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			start := week().Start
			var got []string
			for _, a := range review.Assignments(page("P1", start, tt.events...)) {
				end := ""
				if !a.EndedAt.IsZero() {
					end = fmt.Sprintf("%g", a.EndedAt.Sub(start).Minutes())
				}
				got = append(got, fmt.Sprintf("%s %g-%s %s", a.Responder.ID, a.BeganAt.Sub(start).Minutes(), end, a.Fate))
				if d, ok := a.TimeToAcknowledge(); ok != (a.Fate == review.Acknowledged) || ok && d != a.EndedAt.Sub(a.BeganAt) {
					t.Errorf("%+v took %v, %v", a, d, ok)
				}
			}
			if diff := cmp.Diff(tt.want, strings.Join(got, ", ")); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}
