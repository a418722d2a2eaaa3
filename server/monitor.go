package server

import (
	"context"

	"opsreview"
	pb "opsreview/proto/opsreview/v1"
	"opsreview/review"
)

type monitorService struct {
	pb.UnimplementedMonitorServiceServer
	facts *facts
}

func (s *monitorService) ListMonitors(ctx context.Context, req *pb.ListMonitorsRequest) (*pb.ListMonitorsResponse, error) {
	size, digest, after, err := paging(req)
	if err != nil {
		return nil, err
	}
	monitors, w, sc, err := s.ranked(ctx, req.GetTeam(), req.GetWindow())
	if err != nil {
		return nil, err
	}
	monitors, token, err := cut(monitors, func(m review.MonitorCost) string { return m.Monitor.ID }, size, after, digest)
	resp := &pb.ListMonitorsResponse{Window: windowToProto(w), TimeZone: sc.zone.String(), NextPageToken: token}
	for _, m := range monitors {
		resp.Monitors = append(resp.Monitors, monitorCostToProto(m))
	}
	return resp, err
}

// ranked returns the monitors that paged in a window, dearest first.
func (s *monitorService) ranked(ctx context.Context, team string, spec *pb.WindowSelector) ([]review.MonitorCost, opsreview.Window, scope, error) {
	sc, err := s.facts.scope(ctx, team)
	if err != nil {
		return nil, opsreview.Window{}, sc, err
	}
	w, err := s.facts.window(windowSpecFromProto(spec), sc)
	if err != nil {
		return nil, w, sc, err
	}
	in, err := s.facts.input(ctx, sc, w)
	if err != nil {
		return nil, w, sc, err
	}
	v, err := s.facts.viewer(ctx, sc)
	return v.audience().Review(review.Prepare(in)).Monitors, w, sc, err
}

func (s *monitorService) GetMonitor(ctx context.Context, req *pb.GetMonitorRequest) (*pb.GetMonitorResponse, error) {
	m, err := s.facts.db.Monitor(ctx, req.GetName())
	if err != nil {
		return nil, err
	}
	monitors, w, sc, err := s.ranked(ctx, req.GetTeam(), req.GetWindow())
	if err != nil {
		return nil, err
	}
	cost := review.MonitorCost{Monitor: m, ServiceName: sc.serviceName(m.Service)}
	for _, c := range monitors {
		if c.Monitor.ID == m.ID {
			cost = c
		}
	}
	whatIfs, err := s.facts.whatIfs(ctx, sc, w, m.ID)
	if err != nil {
		return nil, err
	}
	cost.WhatIf, _ = review.BestWhatIf(whatIfs)
	return &pb.GetMonitorResponse{
		Monitor:       monitorCostToProto(cost),
		IdentifiedBy:  m.Rule,
		FirstSeenTime: timeToProto(m.FirstSeen),
		LastSeenTime:  timeToProto(m.LastSeen),
		Window:        windowToProto(w),
		TimeZone:      sc.zone.String(),
		WhatIfs:       whatIfsToProto(whatIfs),
	}, nil
}
