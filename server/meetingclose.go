package server

import (
	"context"
	"strings"

	"opsreview"
	"opsreview/meeting"
	pb "opsreview/proto/opsreview/v1"
	"opsreview/store"
)

// CloseMeeting looks at the facts, asks the gate and closes in one call. Where
// something was said meanwhile, it looks once more.
func (s *meetingService) CloseMeeting(ctx context.Context, req *pb.CloseMeetingRequest) (*pb.CloseMeetingResponse, error) {
	c, err := s.wantedClose(req)
	if err != nil {
		return nil, err
	}
	m, err := s.facts.findMeeting(ctx, req.GetName(), req.GetTeam())
	if err != nil {
		return nil, err
	}
	r, err := request(req, c.At)
	if err != nil {
		return nil, err
	}
	if req.GetRequestId() != "" && !req.GetValidateOnly() {
		done, repeated, err := s.facts.db.ClosedBy(ctx, r)
		switch {
		case err != nil:
			return nil, err
		case repeated:
			return &pb.CloseMeetingResponse{Closed: true, Meeting: s.facts.meetingToProto(done)}, nil
		}
	}
	if m, err = s.facts.openMeeting(ctx, m.ID, ""); err != nil {
		return nil, err
	}
	resp, err := s.close(ctx, req, r, c, m)
	if opsreview.ErrorCode(err) != opsreview.Conflict {
		return resp, err
	}
	if m, err = s.facts.openMeeting(ctx, m.ID, ""); err != nil {
		return nil, err
	}
	return s.close(ctx, req, r, c, m)
}

// wantedClose reads who closes a meeting and why.
func (s *meetingService) wantedClose(req *pb.CloseMeetingRequest) (store.MeetingClose, error) {
	c := store.MeetingClose{At: s.facts.now(), Forced: strings.TrimSpace(req.GetForceReason())}
	var err error
	if c.By, err = checkAuthor("the end of a review", req.GetAuthor()); err != nil {
		return c, err
	}
	if req.GetForceReason() != "" && c.Forced == "" {
		return c, opsreview.Errorf(opsreview.Invalid, "say why the review is closed in spite of what is open")
	}
	return c, checkLengths(maxReason, "a reason", c.Forced)
}

// close closes the meeting as it is, unless something keeps it open.
func (s *meetingService) close(ctx context.Context, req *pb.CloseMeetingRequest, r store.Request, c store.MeetingClose, m opsreview.Meeting) (*pb.CloseMeetingResponse, error) {
	minutes, _, err := s.facts.liveMinutes(ctx, m)
	if err != nil {
		return nil, err
	}
	open := openToProto(minutes.Open)
	if req.GetValidateOnly() || (len(open) > 0 && c.Forced == "") {
		return &pb.CloseMeetingResponse{Meeting: s.facts.meetingToProto(m), Open: open}, nil
	}
	c.ID, c.Version, c.Definitions = m.ID, m.Version, definitionsName(minutes.Snapshot)
	if len(open) == 0 {
		c.Forced = "" // There was nothing to force.
	}
	for _, o := range minutes.Open {
		c.ForcedOpen = append(c.ForcedOpen, bounded(o.Title)+": "+o.Text) // a source's title may be of any length
	}
	if c.Closed, err = meeting.Encode(meeting.Keep(minutes)); err != nil {
		return nil, err
	}
	if m, err = s.facts.db.CloseMeeting(ctx, &r, c); err != nil {
		return nil, err
	}
	return &pb.CloseMeetingResponse{Closed: true, Meeting: s.facts.meetingToProto(m), Open: open}, nil
}
