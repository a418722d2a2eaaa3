package ticket_test

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"opsreview"
	"opsreview/ticket"
)

// backlog makes open tickets of "cost/points/sprint" descriptions: OPS-1 is the
// first.
func backlog(descriptions ...string) (rows []opsreview.Ticket, snaps []ticket.Snapshot) {
	for i, d := range descriptions {
		var cost, points float64
		var sprint string
		_, _ = fmt.Sscanf(strings.ReplaceAll(d, "/", " "), "%f %f %s", &cost, &points, &sprint)
		f := noisy(fmt.Sprint("monitor-", i), cost)
		ref := ticket.Ref{ID: fmt.Sprint(i + 1), Key: fmt.Sprint("OPS-", i+1)}
		rows = append(rows, filed(f, func(r *opsreview.Ticket) {
			r.RemoteID, r.RemoteKey, r.Team = ref.ID, ref.Key, f.Team
		}))
		snaps = append(snaps, ticket.Snapshot{Ref: ref, Stands: opsreview.TicketTodo, Points: points, Sprint: sprint, Labels: []string{ticket.Label}})
	}
	return rows, snaps
}

func keysOf(tickets []ticket.SprintTicket) string {
	var keys []string
	for _, t := range tickets {
		keys = append(keys, t.Ticket.RemoteKey)
	}
	return strings.Join(keys, " ")
}

func TestPlanSprint(t *testing.T) {
	tests := map[string]struct {
		tickets  []string
		capacity float64
		share    float64
		want     string // chosen | left out
	}{
		"an empty backlog fills nothing":                        {nil, 40, 0.2, " | "},
		"most minutes per point come first":                     {[]string{"60/6", "30/1", "40/2"}, 40, 0.2, "OPS-2 OPS-3 | OPS-1"},
		"a share of three tenths of ten is three points":        {[]string{"9/1", "8/1", "7/1", "6/1"}, 10, 0.3, "OPS-1 OPS-2 OPS-3 | OPS-4"},
		"what does not fit makes room for smaller ones":         {[]string{"100/5", "90/9", "10/3"}, 40, 0.2, "OPS-1 OPS-3 | OPS-2"},
		"a ticket without an estimate counts as one point":      {[]string{"10/0", "5/1"}, 10, 0.1, "OPS-1 | OPS-2"},
		"a ticket of unknown cost comes last":                   {[]string{"0/1", "1/1"}, 10, 0.1, "OPS-2 | OPS-1"},
		"what is in this sprint already takes of the share":     {[]string{"10/2/S1", "9/1", "8/1"}, 30, 0.1, "OPS-2 | OPS-3"},
		"what is in another sprint is neither planned nor paid": {[]string{"10/2/S9", "9/1", "8/1"}, 20, 0.1, "OPS-2 OPS-3 | "},
		"a full sprint takes nothing":                           {[]string{"10/5/S1", "9/1"}, 20, 0.1, " | OPS-2"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			rows, snaps := backlog(tt.tickets...)
			in := ticket.SprintInput{Rows: rows, Backlog: snaps, Sprint: "S1", Capacity: tt.capacity, Share: tt.share}
			if err := in.Validate(); err != nil {
				t.Fatalf("the input is not valid: %v", err)
			}
			plan := ticket.PlanSprint(in)
			if got := keysOf(plan.Chosen) + " | " + keysOf(plan.LeftOut); got != tt.want {
				t.Errorf("chosen | left out: %q, want %q", got, tt.want)
			}
			points := plan.Taken
			for _, c := range plan.Chosen {
				points += c.Points
			}
			if len(plan.Chosen) > 0 && points > plan.Points+1e-6 {
				t.Errorf("%v points are more than the share of %v", points, plan.Points)
			}
		})
	}
}

func TestPlanSprint_CountsWhatIsPassedOver(t *testing.T) {
	rows, snaps := backlog("10/1", "9/1")
	in := ticket.SprintInput{Rows: rows, Backlog: snaps, Capacity: 10, Share: 0.1, PassedOver: map[string]int{
		rows[0].Fingerprint: 4, rows[1].Fingerprint: 2,
	}}
	plan := ticket.PlanSprint(in)
	if got := []int{plan.Chosen[0].PassedOver, plan.LeftOut[0].PassedOver}; !cmp.Equal(got, []int{0, 3}) {
		t.Errorf("passed over: %v, want the chosen one never and the other three times", got)
	}
}

func TestPlanSprint_OnlyTheTeamsTickets(t *testing.T) {
	rows, snaps := backlog("10/1", "9/1", "8/1")
	rows[1].Team = "payments"
	rows, snaps[2].Labels = rows[:2], []string{ticket.Label, "team-secrets"} // the ledger does not know it
	plan := ticket.PlanSprint(ticket.SprintInput{Rows: rows, Backlog: snaps, Team: "secrets", Capacity: 10, Share: 1})
	if got := keysOf(plan.Chosen); got != "OPS-1 OPS-3" {
		t.Errorf("chosen: %q", got)
	}
}

func TestPlanSprint_SharesOfPastSprints(t *testing.T) {
	mine, closed := []string{ticket.Label}, opsreview.TicketDone
	in := ticket.SprintInput{Capacity: 10, Share: 0.2, Past: []ticket.PastSprint{
		{Sprint: ticket.Sprint{ID: "1", End: days(-14)}},
		{Sprint: ticket.Sprint{ID: "2", End: days(-1)}, Tickets: []ticket.Snapshot{
			{Points: 3, Labels: mine, Stands: closed, ClosedAt: days(-2)},
			{Points: 2, Labels: mine, Stands: closed, ClosedAt: days(0)}, // after the sprint
			{Labels: mine, Stands: opsreview.TicketDoing},
			{Points: 8, Stands: closed},
		}},
	}}
	want := []ticket.SprintShare{
		{Sprint: ticket.Sprint{ID: "2", End: days(-1)}, Planned: 6, Done: 3, Total: 14},
		{Sprint: ticket.Sprint{ID: "1", End: days(-14)}},
	}
	if diff := cmp.Diff(want, ticket.PlanSprint(in).Past); diff != "" {
		t.Errorf("past shares (-want +got):\n%s", diff)
	}
}

func TestSprintInput_Validate(t *testing.T) {
	tests := map[string]struct {
		in   ticket.SprintInput
		want opsreview.Code
	}{
		"a fifth of forty points":  {ticket.SprintInput{Capacity: 40, Share: 0.2}, ""},
		"the whole":                {ticket.SprintInput{Capacity: 40, Share: 1}, ""},
		"more than the whole":      {ticket.SprintInput{Capacity: 40, Share: 20}, opsreview.Invalid},
		"no share":                 {ticket.SprintInput{Capacity: 40}, opsreview.Invalid},
		"no capacity":              {ticket.SprintInput{Share: 0.2}, opsreview.Invalid},
		"no number":                {ticket.SprintInput{Capacity: math.NaN(), Share: 0.2}, opsreview.Invalid},
		"a default below no point": {ticket.SprintInput{Capacity: 40, Share: 0.2, DefaultPoints: -1}, opsreview.Invalid},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			if got := opsreview.ErrorCode(tt.in.Validate()); got != tt.want {
				t.Errorf("code %q, want %q", got, tt.want)
			}
		})
	}
}
