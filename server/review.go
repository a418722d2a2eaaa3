package server

import (
	"context"

	"opsreview/meeting"
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
	reader := s.facts.viewer
	if req.GetAnonymous() {
		reader = s.facts.strangers
	}
	v, err := reader(ctx, p.sc)
	if err != nil {
		return nil, err
	}
	names := p.names(s.facts.org)
	p.review = v.audience().Review(p.review)
	r, err := s.facts.shownReview(ctx, p)
	if err != nil {
		return nil, err
	}
	if v.anonymous {
		hideIn(r.ProtoReflect(), meeting.Hider(append(names, namesIn(r)...)))
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
