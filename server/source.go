package server

import (
	"context"
	"slices"

	"google.golang.org/grpc"

	"opsreview"
	"opsreview/ingest"
	pb "opsreview/proto/opsreview/v1"
	"opsreview/store"
)

type sourceService struct {
	pb.UnimplementedSourceServiceServer
	db    *store.DB
	syncs *syncer
}

func (s *sourceService) ListSources(ctx context.Context, _ *pb.ListSourcesRequest) (*pb.ListSourcesResponse, error) {
	stored, err := s.db.Sources(ctx)
	if err != nil {
		return nil, err
	}
	resp := &pb.ListSourcesResponse{}
	seen := map[string]bool{}
	for _, h := range stored {
		seen[h.Name] = true
		_, err := s.syncs.source(h.Name)
		resp.Sources = append(resp.Sources, sourceToProto(h, err == nil))
	}
	for _, name := range s.syncs.names() {
		if src, _ := s.syncs.source(name); !seen[name] {
			resp.Sources = append(resp.Sources, &pb.Source{Name: name, Type: src.Type(), Configured: true})
		}
	}
	slices.SortFunc(resp.Sources, func(a, b *pb.Source) int {
		return opsreview.Ref{Source: a.GetName()}.Compare(opsreview.Ref{Source: b.GetName()})
	})
	return resp, nil
}

func (s *sourceService) CheckSource(ctx context.Context, req *pb.CheckSourceRequest) (*pb.CheckSourceResponse, error) {
	src, err := s.syncs.source(req.GetName())
	if err != nil {
		return nil, err
	}
	resp := &pb.CheckSourceResponse{}
	for _, c := range src.Check(ctx) {
		resp.Checks = append(resp.Checks, &pb.SourceCheck{Subject: c.Subject, Ok: c.OK, Detail: c.Detail, Remedy: c.Remedy})
	}
	return resp, nil
}

func (s *sourceService) SyncSources(req *pb.SyncSourcesRequest, stream grpc.ServerStreamingServer[pb.SyncSourcesResponse]) error {
	ctx := stream.Context()
	names := req.GetNames()
	if len(names) == 0 {
		names = s.syncs.names()
	}
	for _, name := range names {
		if _, err := s.syncs.source(name); err != nil {
			return err
		}
	}
	var failed error
	for _, name := range names {
		saved, err := s.syncs.sync(ctx, name, func(p ingest.Progress) {
			_ = stream.Send(progressToProto(p)) // a client that went away ends ctx
		})
		if ctx.Err() != nil {
			return ctx.Err()
		}
		end := &pb.SyncSourcesResponse{Source: name, Saved: savedToProto(saved), Finished: true}
		if err != nil {
			failed = err
			end.Error = opsreview.ErrorMessage(err)
		}
		if err := stream.Send(end); err != nil {
			return err
		}
	}
	if s.syncs.opts.RawRetention > 0 {
		s.syncs.prune(ctx)
	}
	return failed
}

func progressToProto(p ingest.Progress) *pb.SyncSourcesResponse {
	return &pb.SyncSourcesResponse{
		Source: p.Source, Phase: p.Phase, Window: windowToProto(p.Window),
		Done: p.Done, Saved: savedToProto(p.Saved), Note: p.Note,
	}
}
