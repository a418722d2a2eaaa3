package server

import (
	"context"

	"opsreview"
	pb "opsreview/proto/opsreview/v1"
	"opsreview/ticket"
)

func (s *ticketService) PlanSprint(ctx context.Context, req *pb.PlanSprintRequest) (*pb.PlanSprintResponse, error) {
	filer, err := s.filer(ctx)
	if err != nil {
		return nil, err
	}
	sc, err := s.facts.scope(ctx, req.GetTeam())
	if err != nil {
		return nil, err
	}
	asked := ticket.SprintInput{Capacity: req.GetCapacity(), Share: req.GetShare(), DefaultPoints: req.GetDefaultPoints(), Team: sc.team}
	if err := asked.Validate(); err != nil {
		return nil, err
	}
	in, sprint, err := filer.ReadSprint(ctx, req.GetSprint())
	if err != nil {
		return nil, err
	}
	in.Capacity, in.Share, in.DefaultPoints, in.Team = asked.Capacity, asked.Share, asked.DefaultPoints, asked.Team
	if in.PassedOver, err = s.facts.db.PassedOver(ctx, filer.Tracker.Name(), sprint.ID); err != nil {
		return nil, err
	}
	plan := ticket.PlanSprint(in)
	if req.GetApply() {
		if err := s.applySprint(ctx, filer, sprint, plan); err != nil {
			return nil, err
		}
	}
	resp := sprintPlanToProto(plan)
	resp.Tracker, resp.Sprint, resp.Applied = filer.Tracker.Name(), sprint.Name, req.GetApply()
	if planner, ok := filer.Tracker.(ticket.Planner); ok {
		resp.Query = planner.Query()
	}
	return resp, nil
}

// applySprint moves what a plan chose and notes what it left out.
func (s *ticketService) applySprint(ctx context.Context, filer *ticket.Filer, sprint ticket.Sprint, plan ticket.SprintPlan) error {
	if sprint.ID == "" {
		return opsreview.Errorf(opsreview.Invalid, "%s has no sprint ahead: make one, or name the one to fill", filer.Tracker.Name())
	}
	if err := filer.MoveToSprint(ctx, sprint, plan.Chosen); err != nil {
		return err
	}
	return s.facts.db.SavePlanning(ctx, filer.Tracker.Name(), sprint.ID, s.facts.now(), fingerprintsOf(plan.Chosen), fingerprintsOf(plan.LeftOut))
}

// fingerprintsOf lists the findings of those tickets that the ledger knows.
func fingerprintsOf(tickets []ticket.SprintTicket) []string {
	var all []string
	for _, t := range tickets {
		if t.Ticket.Fingerprint != "" {
			all = append(all, t.Ticket.Fingerprint)
		}
	}
	return all
}

func sprintPlanToProto(p ticket.SprintPlan) *pb.PlanSprintResponse {
	out := &pb.PlanSprintResponse{
		BudgetPoints: p.Points, TakenPoints: p.Taken, Chosen: sprintTicketsToProto(p.Chosen), LeftOut: sprintTicketsToProto(p.LeftOut),
	}
	for _, past := range p.Past {
		out.Past = append(out.Past, &pb.SprintShare{
			Sprint: past.Sprint.Name, PlannedPoints: past.Planned, DonePoints: past.Done, TotalPoints: past.Total,
			EndTime: timeToProto(past.Sprint.End),
		})
	}
	return out
}

func sprintTicketsToProto(tickets []ticket.SprintTicket) []*pb.SprintTicket {
	out := make([]*pb.SprintTicket, len(tickets))
	for i, t := range tickets {
		out[i] = &pb.SprintTicket{
			Ticket: ticketFieldsToProto(t.Ticket), Points: t.Points, PointsEstimated: t.Estimated, MinutesPerPoint: t.PerPoint,
			PassedOver: int32(t.PassedOver),
		}
	}
	return out
}
