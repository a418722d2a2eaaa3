package ticket

import (
	"cmp"
	"math"
	"slices"
	"strings"
	"time"

	"opsreview"
)

// SprintInput is what a sprint is planned from. PlanSprint asks nobody.
type SprintInput struct {
	Rows    []opsreview.Ticket // the ledger's, of this tracker
	Backlog []Snapshot         // the open tickets that carry Label
	Team    string             // whose tickets; "" for everybody's
	Teams   []string           // how the teams are called that labels name
	Sprint  string             // the id of the sprint that is planned; "" if there is none

	Capacity      float64 // of the sprint, in points
	Share         float64 // of it that operational work may take: 0 to 1
	DefaultPoints float64 // what a ticket without an estimate is taken for; 0 means 1

	// PassedOver counts, by fingerprint, the plannings of earlier sprints in a row
	// that left a ticket out.
	PassedOver map[string]int

	Past []PastSprint // closed sprints, in any order
}

// A PastSprint is a sprint that is over, and all that was in it, ours and
// others.
type PastSprint struct {
	Sprint  Sprint
	Tickets []Snapshot
}

// A SprintPlan is what fits the share of a sprint that operational work may
// take.
type SprintPlan struct {
	Points  float64        // that the share comes to
	Taken   float64        // of them by our tickets that are in the sprint already
	Chosen  []SprintTicket // most minutes saved per point first
	LeftOut []SprintTicket // likewise
	Past    []SprintShare  // newest first
}

// A SprintTicket is an open ticket and what doing it would bring.
type SprintTicket struct {
	Ticket     opsreview.Ticket // the ledger's row; only the tracker's part of it where the ledger knows none
	Points     float64
	Estimated  bool    // the points are people's, not the default
	PerPoint   float64 // minutes a week that are saved for each point; 0 if the cost is not known
	PassedOver int     // plannings in a row that left it out, this one included if it did
}

// A SprintShare is what part of a past sprint was operational work, in points.
type SprintShare struct {
	Sprint  Sprint
	Planned float64 // of ours
	Done    float64 // of those
	Total   float64 // of everything
}

// Validate returns an Invalid error for numbers that no sprint has.
func (in SprintInput) Validate() error {
	finite := func(x float64) bool { return !math.IsNaN(x) && !math.IsInf(x, 0) }
	switch {
	case !finite(in.Capacity) || in.Capacity <= 0:
		return opsreview.Errorf(opsreview.Invalid, "a sprint's capacity is a number of points above 0, not %v", in.Capacity)
	case !finite(in.Share) || in.Share <= 0 || in.Share > 1:
		return opsreview.Errorf(opsreview.Invalid, "a share of a sprint lies above 0 and at most at 100%%, not at %v%%", 100*in.Share)
	case !finite(in.DefaultPoints) || in.DefaultPoints < 0:
		return opsreview.Errorf(opsreview.Invalid, "a ticket's default points are a number above 0, not %v", in.DefaultPoints)
	}
	return nil
}

// PlanSprint ranks open tickets by the minutes that doing them would save for
// each point, and fills a share of a sprint's capacity from the top. A ticket
// that does not fit is left out, and smaller ones behind it may still fit.
// Tickets that are in some sprint already are not planned again.
func PlanSprint(in SprintInput) SprintPlan {
	plan := SprintPlan{Points: in.Share * in.Capacity, Past: shares(in)}
	var candidates []SprintTicket
	for _, t := range in.candidates() {
		switch t.sprint {
		case "":
			candidates = append(candidates, t.SprintTicket)
		case in.Sprint:
			plan.Taken += t.Points
		}
	}
	slices.SortStableFunc(candidates, func(a, b SprintTicket) int {
		return cmp.Or(
			cmp.Compare(b.PerPoint, a.PerPoint), cmp.Compare(b.PassedOver, a.PassedOver),
			cmp.Compare(a.Points, b.Points), strings.Compare(a.Ticket.RemoteID, b.Ticket.RemoteID),
		)
	})
	const rounding = 1e-9 // a share such as 0.1 of 30 is not quite 3
	left := plan.Points - plan.Taken + rounding
	for _, t := range candidates {
		if t.Points <= left {
			left -= t.Points
			t.PassedOver = 0
			plan.Chosen = append(plan.Chosen, t)
			continue
		}
		t.PassedOver++
		plan.LeftOut = append(plan.LeftOut, t)
	}
	return plan
}

// A candidate is an open ticket with the sprint that it is in.
type candidate struct {
	SprintTicket
	sprint string
}

// candidates joins the backlog and the ledger. Several findings of one ticket
// are saved by doing it once.
func (in SprintInput) candidates() []candidate {
	byID := map[string][]opsreview.Ticket{}
	for _, rows := range byFinding(in.Rows) {
		if row := standingOf(rows).row; row.RemoteID != "" {
			byID[row.RemoteID] = append(byID[row.RemoteID], row)
		}
	}
	seen := map[string]bool{}
	var all []candidate
	for _, snap := range in.Backlog {
		if snap.Missing || snap.Stands == opsreview.TicketDone || seen[snap.ID] {
			continue
		}
		seen[snap.ID] = true
		if c := in.candidate(snap, byID[snap.ID]); in.Team == "" || c.Ticket.Team == in.Team {
			all = append(all, c)
		}
	}
	return all
}

func (in SprintInput) candidate(snap Snapshot, rows []opsreview.Ticket) candidate {
	c := candidate{sprint: snap.Sprint}
	c.Ticket = opsreview.Ticket{Title: OneLine(snap.Title, longestTitle), Team: teamOf(snap.Labels, in.Teams)}
	slices.SortFunc(rows, func(a, b opsreview.Ticket) int {
		return cmp.Or(cmp.Compare(b.Cost, a.Cost), strings.Compare(a.Fingerprint, b.Fingerprint))
	})
	cost := 0.0
	for i, row := range rows {
		if i == 0 {
			c.Ticket = row
		}
		cost += row.Cost
		c.PassedOver = max(c.PassedOver, in.PassedOver[row.Fingerprint])
	}
	merge(&c.Ticket, snap, Settings{}, c.Ticket.SyncedAt)
	c.Ticket.Cost = cost
	if c.Points, c.Estimated = snap.Points, snap.Points > 0; !c.Estimated {
		c.Points = cmp.Or(in.DefaultPoints, 1)
	}
	c.PerPoint = cost / c.Points
	return c
}

// shares tells what part of past sprints was operational work. Tickets without
// an estimate count as the default, in all of them alike.
func shares(in SprintInput) []SprintShare {
	var all []SprintShare
	for _, past := range in.Past {
		share := SprintShare{Sprint: past.Sprint}
		for _, snap := range past.Tickets {
			points := cmp.Or(snap.Points, in.DefaultPoints, 1)
			share.Total += points
			if !slices.Contains(snap.Labels, Label) {
				continue
			}
			share.Planned += points
			if doneBy(snap, past.Sprint.End) {
				share.Done += points
			}
		}
		all = append(all, share)
	}
	slices.SortStableFunc(all, func(a, b SprintShare) int {
		return cmp.Or(b.Sprint.End.Compare(a.Sprint.End), strings.Compare(a.Sprint.ID, b.Sprint.ID))
	})
	return all
}

// doneBy reports whether a ticket was closed before its sprint ended, as far
// as is known.
func doneBy(snap Snapshot, end time.Time) bool {
	return snap.Stands == opsreview.TicketDone && (end.IsZero() || snap.ClosedAt.IsZero() || !snap.ClosedAt.After(end))
}
