package server

import (
	"context"

	pb "opsreview/proto/opsreview/v1"
	"opsreview/review"
)

type reviewService struct {
	pb.UnimplementedReviewServiceServer
	facts   *facts
	courier *courier
}

func (s *reviewService) PrepareReview(ctx context.Context, req *pb.PrepareReviewRequest) (*pb.PrepareReviewResponse, error) {
	sc, err := s.facts.scope(ctx, req.GetTeam())
	if err != nil {
		return nil, err
	}
	w, err := s.facts.window(windowSpecFromProto(req.GetWindow()), sc)
	if err != nil {
		return nil, err
	}
	in, err := s.facts.input(ctx, sc, w)
	if err != nil {
		return nil, err
	}
	if err := s.facts.addBudget(ctx, sc, &in); err != nil {
		return nil, err
	}
	prepared := review.Prepare(in)
	if err := s.facts.addWhatIfs(ctx, sc, w, prepared.Monitors); err != nil {
		return nil, err
	}
	r := reviewToProto(prepared)
	r.PrepareTime = timeToProto(in.Now)
	if prepared.Budget != nil {
		r.Budget = reportToProto(*prepared.Budget, *in.Budget)
	}
	if r.Suggested, err = s.facts.suggested(ctx, sc, began(in)); err != nil {
		return nil, err
	}
	return &pb.PrepareReviewResponse{Review: r}, nil
}
