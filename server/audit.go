package server

import (
	"context"
	"strconv"
	"time"

	"opsreview"
	pb "opsreview/proto/opsreview/v1"
	"opsreview/store"
)

type auditService struct {
	pb.UnimplementedAuditServiceServer
	facts *facts
}

func (s *auditService) ListAuditEntries(ctx context.Context, req *pb.ListAuditEntriesRequest) (*pb.ListAuditEntriesResponse, error) {
	size, digest, before, err := pagingByID(req)
	if err != nil {
		return nil, err
	}
	f := store.AuditFilter{Caller: req.GetCaller(), Action: req.GetAction(), Before: before, Limit: size + 1}
	if spec := windowSpecFromProto(req.GetWindow()); spec != (opsreview.WindowSpec{}) {
		if f.Window, err = s.facts.window(spec, scope{zone: time.UTC}); err != nil {
			return nil, err
		}
	}
	entries, err := s.facts.db.AuditLog(ctx, f)
	if err != nil {
		return nil, err
	}
	resp := &pb.ListAuditEntriesResponse{}
	if len(entries) > size {
		entries = entries[:size]
		resp.NextPageToken = encodeToken(strconv.FormatInt(entries[size-1].ID, 10), digest)
	}
	for _, e := range entries {
		resp.Entries = append(resp.Entries, auditToProto(e))
	}
	return resp, nil
}

func auditToProto(e opsreview.AuditEntry) *pb.AuditEntry {
	return &pb.AuditEntry{
		StartTime: timeToProto(e.StartedAt), EndTime: timeToProto(e.EndedAt), Caller: e.Caller, Via: e.Via, Address: e.Address,
		Action: e.Action, ActingFor: e.ActingFor, Team: e.Team, Subjects: e.Subjects, SubjectsSize: int32(e.Total),
		RequestId: e.RequestID, Outcome: e.Outcome,
	}
}
