package server_test

import (
	"context"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/grpc/codes"

	"opsreview"
	pb "opsreview/proto/opsreview/v1"
	"opsreview/store"
	"opsreview/ticket"
	"opsreview/ticket/tickettest"
)

// A board is a tracker in memory that has sprints.
type board struct {
	*tickettest.Tracker
	sprints []ticket.Sprint
	past    map[string][]ticket.Snapshot
	broken  error
}

// Sprints implements [ticket.Planner].
func (b *board) Sprints(context.Context) ([]ticket.Sprint, error) { return b.sprints, b.broken }

// Backlog implements [ticket.Planner].
func (b *board) Backlog(ctx context.Context) ([]ticket.Snapshot, error) {
	return b.Find(ctx, ticket.Label)
}

// InSprint implements [ticket.Planner].
func (b *board) InSprint(_ context.Context, sprint string) ([]ticket.Snapshot, error) {
	return b.past[sprint], nil
}

// Move implements [ticket.Planner].
func (b *board) Move(_ context.Context, sprint string, ids []string) error {
	for _, id := range ids {
		b.Edit(id, func(i *tickettest.Issue) { i.Sprint = sprint })
	}
	return nil
}

// Query implements [ticket.Planner].
func (b *board) Query() string { return "labels = opsreview" }

// openBoard serves the findings of openTracked, filed and estimated: 3, 2 and 1
// points, most of them for the dearest.
func openBoard(t *testing.T) (*tracked, *board) {
	t.Helper()
	c := &clock{at: now}
	b := &board{
		Tracker: tickettest.NewTracker(c.now),
		sprints: []ticket.Sprint{
			{ID: "6", Name: "Sprint 6", State: "closed", End: monday(-7, "00:00:00")},
			{ID: "7", Name: "Sprint 7", State: "active", Start: monday(0, "00:00:00")},
			{ID: "8", Name: "Sprint 8", State: "future"},
			{ID: "9", Name: "Sprint 9", State: "future"},
		},
		past: map[string][]ticket.Snapshot{"6": {
			{Ref: ticket.Ref{ID: "1"}, Stands: opsreview.TicketDone, Labels: []string{ticket.Label}, Points: 2},
			{Ref: ticket.Ref{ID: "2"}, Stands: opsreview.TicketTodo, Labels: []string{ticket.Label}, Points: 1},
			{Ref: ticket.Ref{ID: "3"}, Stands: opsreview.TicketDone, Points: 9},
		}},
	}
	a := &tracked{api: openServer(t, withTracker(b, c, opsreview.RunbookMissing)), tracker: b.Tracker, clock: c}
	seedFindings(t, a.api)
	a.file(t, &pb.FileTicketsRequest{Confirm: true})
	for i, key := range []string{"OPS-1", "OPS-2", "OPS-3"} {
		b.Edit(key, func(issue *tickettest.Issue) { issue.Points = float64(3 - i) })
	}
	return a, b
}

func sprintKeys(tickets []*pb.SprintTicket) []string {
	var keys []string
	for _, t := range tickets {
		keys = append(keys, t.GetTicket().GetKey())
	}
	return keys
}

func TestPlanSprint(t *testing.T) {
	a, b := openBoard(t)
	req := &pb.PlanSprintRequest{Capacity: 20, Share: 0.2}
	plan := must(a.tickets.PlanSprint(t.Context(), req))(t)
	if plan.GetSprint() != "Sprint 8" || plan.GetBudgetPoints() != 4 || plan.GetApplied() || plan.GetQuery() != "labels = opsreview" || plan.GetTracker() != tracker {
		t.Errorf("plan %v", plan)
	}
	chosen, left := sprintKeys(plan.GetChosen()), sprintKeys(plan.GetLeftOut())
	if len(chosen) != 2 || len(left) != 1 || len(slices.Concat(chosen, left)) != 3 {
		t.Fatalf("chosen %v, left out %v", chosen, left)
	}
	if c := plan.GetChosen()[0]; !c.GetPointsEstimated() || c.GetMinutesPerPoint() <= 0 || c.GetTicket().GetFingerprint() == "" {
		t.Errorf("the first is %v", c)
	}
	want := &pb.SprintShare{Sprint: "Sprint 6", PlannedPoints: 3, DonePoints: 2, TotalPoints: 12}
	if past := plan.GetPast(); len(past) != 1 || past[0].GetPlannedPoints() != want.PlannedPoints || past[0].GetDonePoints() != want.DonePoints || past[0].GetTotalPoints() != want.TotalPoints {
		t.Errorf("past sprints %v", past)
	}
	if slices.ContainsFunc(b.Issues(), func(i tickettest.Issue) bool { return i.Sprint != "" }) {
		t.Error("planning moves tickets")
	}

	req.Apply = true
	applied := must(a.tickets.PlanSprint(t.Context(), req))(t)
	if !applied.GetApplied() || !slices.Equal(sprintKeys(applied.GetChosen()), chosen) {
		t.Errorf("applied %v", applied)
	}
	for _, i := range b.Issues() {
		if want := map[bool]string{true: "8"}[slices.Contains(chosen, i.Key)]; i.Sprint != want {
			t.Errorf("%s is in sprint %q, want %q", i.Key, i.Sprint, want)
		}
	}
	effects := must(a.tickets.ListTicketEffects(t.Context(), &pb.ListTicketEffectsRequest{}))(t).GetEffects()
	if effects[0].GetAction() != "sprint" || effects[1].GetAction() != "sprint" || effects[0].GetOutcome() != "ok" || !strings.Contains(effects[0].GetDetail(), "Sprint 8") {
		t.Errorf("the last effects are %v and %v", effects[0], effects[1])
	}

	// Planning it again counts nothing twice; the next one does.
	again := must(a.tickets.PlanSprint(t.Context(), req))(t)
	if len(again.GetChosen()) != 0 || again.GetTakenPoints() == 0 || again.GetLeftOut()[0].GetPassedOver() != 1 {
		t.Errorf("again: %v", again)
	}
	next := must(a.tickets.PlanSprint(t.Context(), &pb.PlanSprintRequest{Sprint: "sprint 9", Capacity: 1, Share: 0.1}))(t)
	if got := next.GetLeftOut(); len(got) != 1 || got[0].GetPassedOver() != 2 || got[0].GetTicket().GetKey() != left[0] {
		t.Errorf("the next one leaves out %v", got)
	}
}

func TestPlanSprint_OfATeam(t *testing.T) {
	a, _ := openBoard(t)
	plan := must(a.tickets.PlanSprint(t.Context(), &pb.PlanSprintRequest{Team: "Payments", Capacity: 20, Share: 1}))(t)
	if diff := cmp.Diff([]string{"OPS-3"}, sprintKeys(plan.GetChosen())); diff != "" || len(plan.GetLeftOut()) != 0 {
		t.Errorf("chosen (-want +got):\n%s left out %v", diff, plan.GetLeftOut())
	}
}

func TestPlanSprint_WhatMakesNoSense(t *testing.T) {
	a, b := openBoard(t)
	tests := map[string]struct {
		change func(req *pb.PlanSprintRequest)
		want   codes.Code
	}{
		"no capacity":                {func(r *pb.PlanSprintRequest) { r.Capacity = 0 }, codes.InvalidArgument},
		"more than everything":       {func(r *pb.PlanSprintRequest) { r.Share = 1.5 }, codes.InvalidArgument},
		"a team that nobody knows":   {func(r *pb.PlanSprintRequest) { r.Team = "nobody" }, codes.NotFound},
		"a sprint that is not there": {func(r *pb.PlanSprintRequest) { r.Sprint = "Sprint 99" }, codes.NotFound},
		"a sprint that is over":      {func(r *pb.PlanSprintRequest) { r.Sprint = "6" }, codes.InvalidArgument},
		"the sprint under way":       {func(r *pb.PlanSprintRequest) { r.Sprint = "7" }, codes.OK},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			req := &pb.PlanSprintRequest{Capacity: 20, Share: 0.2}
			tt.change(req)
			_, err := a.tickets.PlanSprint(t.Context(), req)
			wantCode(t, tt.want, err)
		})
	}
	b.sprints = b.sprints[:2]
	if plan := must(a.tickets.PlanSprint(t.Context(), &pb.PlanSprintRequest{Capacity: 20, Share: 0.2}))(t); plan.GetSprint() != "" || len(plan.GetChosen()) == 0 {
		t.Errorf("without a sprint ahead: %v", plan)
	}
	_, err := a.tickets.PlanSprint(t.Context(), &pb.PlanSprintRequest{Capacity: 20, Share: 0.2, Apply: true})
	wantCode(t, codes.InvalidArgument, err)
	b.broken = tickettest.ErrLost
	_, err = a.tickets.PlanSprint(t.Context(), &pb.PlanSprintRequest{Capacity: 20, Share: 0.2})
	wantCode(t, codes.Unavailable, err)

	without := openTracked(t)
	_, err = without.tickets.PlanSprint(t.Context(), &pb.PlanSprintRequest{Capacity: 20, Share: 0.2})
	wantCode(t, codes.InvalidArgument, err)
}

// Whoever may only read sees the plan; moving tickets takes a writer, and is
// audited.
func TestPlanSprint_WhoMayApply(t *testing.T) {
	c := &clock{at: now}
	b := &board{Tracker: tickettest.NewTracker(c.now), sprints: []ticket.Sprint{{ID: "8", Name: "Sprint 8", State: "future"}}}
	g := openGuarded(t, withTracker(b, c, opsreview.RunbookMissing))
	tests := map[string]struct {
		as    string
		team  string
		apply bool
		want  codes.Code
	}{
		"a reader plans":                       {"reader", "", false, codes.OK},
		"a reader moves nothing":               {"reader", "", true, codes.PermissionDenied},
		"a writer moves":                       {"writer", "", true, codes.OK},
		"a team's reader plans for the team":   {"secrets-reader", "secrets", false, codes.OK},
		"a team's reader moves nothing":        {"secrets-reader", "secrets", true, codes.PermissionDenied},
		"a team's writer moves the team's":     {"secrets-writer", "secrets", true, codes.OK},
		"a team's writer moves nobody else's":  {"secrets-writer", "payments", true, codes.PermissionDenied},
		"a team's writer moves not everything": {"secrets-writer", "", true, codes.PermissionDenied},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			_, err := g.tickets.PlanSprint(g.as(t, tt.as), &pb.PlanSprintRequest{Team: tt.team, Capacity: 20, Share: 0.2, Apply: tt.apply})
			wantCode(t, tt.want, err)
		})
	}
	entries, err := g.db.AuditLog(t.Context(), store.AuditFilter{Action: "PlanSprint"})
	if err != nil || len(entries) != 4 { // the two that moved, and the two of whom the team was not
		t.Errorf("the audit log has %v, %v", entries, err)
	}
}
