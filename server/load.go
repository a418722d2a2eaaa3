package server

import (
	"context"

	"opsreview"
	pb "opsreview/proto/opsreview/v1"
	"opsreview/review"
)

type loadService struct {
	pb.UnimplementedLoadServiceServer
	facts *facts
}

func (s *loadService) GetLoad(ctx context.Context, req *pb.GetLoadRequest) (*pb.GetLoadResponse, error) {
	sc, err := s.facts.scope(ctx, req.GetTeam())
	if err != nil {
		return nil, err
	}
	w, err := s.facts.window(windowSpecFromProto(req.GetWindow()), sc)
	if err != nil {
		return nil, err
	}
	in, err := s.facts.loadInput(ctx, sc, w)
	if err != nil {
		return nil, err
	}
	if err := s.facts.addToil(ctx, sc, &in); err != nil {
		return nil, err
	}
	v, err := s.facts.viewer(ctx, sc)
	if err != nil {
		return nil, err
	}
	r := v.audience().Review(review.Prepare(in))
	resp := &pb.GetLoadResponse{
		Team:     r.Team,
		Window:   windowToProto(w),
		TimeZone: sc.zone.String(),
		Loads:    loadsToProto(r.Loads, w),
		Response: responseToProto(r.Headline.Response),
		Gaps:     gapsToProto(r.Gaps),
		Withheld: withheldToProto(r.Withheld), Aggregate: aggregateToProto(r.Aggregate),
	}
	for _, v := range review.VendorResponse(began(in)) {
		resp.VendorResponses = append(resp.VendorResponses, &pb.VendorResponse{
			Vendor: v.Vendor, Definition: v.Rule, Spread: spreadToProto(v.Acknowledge), Excluded: int32(v.Excluded),
			Engage: spreadToProto(v.Engage), Mobilize: spreadToProto(v.Mobilize),
		})
	}
	return resp, nil
}

// began returns the team's pages that began in the window.
func began(in review.Input) []opsreview.Page {
	var pages []opsreview.Page
	for _, p := range in.Pages {
		_, ours := in.Services[p.Service]
		if in.Window.Contains(p.TriggeredAt) && (ours || in.Services == nil) {
			pages = append(pages, p)
		}
	}
	return pages
}
