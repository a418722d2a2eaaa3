package server

import (
	"context"

	pb "opsreview/proto/opsreview/v1"
	"opsreview/review"
	"opsreview/store"
)

func (s *pageService) ListDisputes(ctx context.Context, req *pb.ListDisputesRequest) (*pb.ListDisputesResponse, error) {
	sc, err := s.facts.scope(ctx, req.GetTeam())
	if err != nil {
		return nil, err
	}
	w, err := s.facts.window(windowSpecFromProto(req.GetWindow()), sc)
	if err != nil {
		return nil, err
	}
	in := review.Input{Team: sc.team, Window: w, Zone: sc.zone, Services: sc.services, AllServices: sc.all, Org: s.facts.org}
	in.Pages, err = s.facts.db.Pages(ctx, store.PageFilter{Services: sc.serviceRefs(), Window: w, WithoutEvents: true})
	if err != nil {
		return nil, err
	}
	if in.Monitors, err = s.facts.monitors(ctx, in.Pages); err != nil {
		return nil, err
	}
	if in.Labels, err = s.facts.db.LabelHistory(ctx, refsOf(in.Pages)); err != nil {
		return nil, err
	}
	after := w.End
	if t := req.GetChangedAfterTime(); t != nil {
		after = t.AsTime()
	}
	resp := &pb.ListDisputesResponse{Window: windowToProto(w), TimeZone: sc.zone.String()}
	for _, d := range review.Disputes(in) {
		resp.Disputes = append(resp.Disputes, disputeToProto(d))
	}
	for _, c := range review.LateChanges(in, after) {
		resp.Changes = append(resp.Changes, &pb.LabelChange{
			Page: c.Page.Ref.String(), Title: c.Page.Title, Before: labelToProto(c.Before), After: labelToProto(c.After),
		})
	}
	return resp, nil
}

func disputeToProto(d review.Dispute) *pb.Dispute {
	out := &pb.Dispute{Monitor: d.Monitor.ID, Title: d.Monitor.Title}
	for _, l := range d.Labels {
		out.Labels = append(out.Labels, &pb.MonitorLabel{Page: l.Page.String(), Label: labelToProto(l)})
	}
	return out
}
