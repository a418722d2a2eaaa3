package server

import (
	"context"

	pb "opsreview/proto/opsreview/v1"
)

type reviewService struct {
	pb.UnimplementedReviewServiceServer
	facts   *facts
	courier *courier
}

func (s *reviewService) PrepareReview(ctx context.Context, req *pb.PrepareReviewRequest) (*pb.PrepareReviewResponse, error) {
	p, err := s.facts.prepare(ctx, req.GetTeam(), windowSpecFromProto(req.GetWindow()), everyChart)
	if err != nil {
		return nil, err
	}
	if err := s.facts.tell(ctx, &p); err != nil {
		return nil, err
	}
	r, err := s.facts.shownReview(ctx, p)
	if err != nil {
		return nil, err
	}
	return &pb.PrepareReviewResponse{Review: r}, nil
}

// shownReview returns a prepared review with all that is shown of it.
func (f *facts) shownReview(ctx context.Context, p prepared) (*pb.Review, error) {
	r := reviewToProto(p.review)
	r.PrepareTime = timeToProto(p.in.Now)
	if p.review.Budget != nil {
		r.Budget = reportToProto(*p.review.Budget, *p.in.Budget)
	}
	if p.review.Incidents != nil {
		r.Incidents = incidentReportToProto(*p.review.Incidents, p.sc.zone.String())
	}
	if p.review.Toil != nil {
		r.Toil = toilReportToProto(*p.review.Toil, p.sc.team, p.sc.zone)
	}
	if !p.look.nothing() {
		plots, err := f.shownPlots(ctx, p.look)
		if err != nil {
			return nil, err
		}
		r.LookBack = lookBackToProto(p.look.report, p.sc.zone, plots)
	}
	tickets, err := f.ticketsOf(ctx, p.review.Findings)
	if err != nil {
		return nil, err
	}
	r.FindingTickets = ticketsToProto(tickets, nil)
	if r.Suggested, err = f.suggested(ctx, p.sc, began(p.in)); err != nil {
		return nil, err
	}
	return r, nil
}
