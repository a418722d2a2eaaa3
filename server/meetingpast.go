package server

import (
	"context"
	"strings"

	"opsreview"
	"opsreview/meeting"
	pb "opsreview/proto/opsreview/v1"
	"opsreview/review"
	"opsreview/store"
)

const (
	// pickedOf is how many past reviews are looked at to pick people fairly.
	pickedOf = 12
	// usualTrend is how many past reviews a trend shows unless asked, and
	// longestTrend the most.
	usualTrend, longestTrend = 12, 200
)

// picked picks people; those who are away are named by name or key.
func picked(people []review.Person, past []opsreview.Meeting, away []string, seed string) (meeting.Pick, error) {
	many := map[string]int{}
	for _, p := range people {
		many[strings.ToLower(p.Name)]++
	}
	gone := map[int]bool{}
	for _, name := range away {
		found := false
		for i, p := range people {
			if p.Key == name || strings.EqualFold(p.Name, strings.TrimSpace(name)) {
				found, gone[i] = true, true
			}
		}
		if !found {
			return meeting.Pick{}, opsreview.Errorf(opsreview.Invalid, "%q is away but is none of those who may present", bounded(name))
		}
	}
	candidates := make([]meeting.Candidate, len(people))
	for i, p := range people {
		c := meeting.Candidate{Person: p.Name, Name: p.Name, Away: gone[i]}
		if many[strings.ToLower(p.Name)] > 1 || p.Name == "" {
			c.Person = p.Key
		}
		for n, m := range past { // the latest first
			if !strings.EqualFold(m.Presenter, p.Name) && m.Presenter != p.Key {
				continue
			}
			if m.OpenedAt.After(c.Last) {
				c.Last = m.OpenedAt
			}
			if n < pickedOf {
				c.Times++
			}
		}
		candidates[i] = c
	}
	return meeting.Choose(candidates, seed)
}

// DiffMeeting says what changed since a closed meeting saw it, or since an open
// one was opened.
func (s *meetingService) DiffMeeting(ctx context.Context, req *pb.DiffMeetingRequest) (*pb.DiffMeetingResponse, error) {
	m, err := s.facts.findMeeting(ctx, req.GetName(), req.GetTeam())
	if err != nil {
		return nil, err
	}
	saw := m.Opened
	if m.State == opsreview.MeetingClosed {
		saw = m.Closed
	}
	was, err := meeting.Decode(saw)
	if err != nil {
		return nil, err
	}
	is, _, err := s.facts.snapshot(ctx, m.Team, m.Window)
	if err != nil {
		return nil, err
	}
	a, err := s.facts.audience(ctx)
	changes := meeting.Diff(meeting.ToldSnapshot(was, a), meeting.ToldSnapshot(is.Snapshot, a))
	return &pb.DiffMeetingResponse{Meeting: s.facts.meetingToProto(m), Changes: meetingChangesToProto(changes)}, err
}

func (s *meetingService) ListTrends(ctx context.Context, req *pb.ListTrendsRequest) (*pb.ListTrendsResponse, error) {
	many := int(req.GetReviews())
	switch {
	case many < 0 || many > longestTrend:
		return nil, opsreview.Errorf(opsreview.Invalid, "a trend can be of between 1 and %d reviews", longestTrend)
	case many == 0:
		many = usualTrend
	}
	sc, err := s.facts.scope(ctx, req.GetTeam())
	if err != nil {
		return nil, err
	}
	closed, err := s.facts.db.Meetings(ctx, store.MeetingFilter{Team: &sc.team, State: opsreview.MeetingClosed, Limit: many})
	if err != nil {
		return nil, err
	}
	a, err := s.facts.audience(ctx)
	if err != nil {
		return nil, err
	}
	snapshots := make([]meeting.Snapshot, len(closed))
	for i, m := range closed {
		if snapshots[i], err = meeting.Decode(m.Closed); err != nil {
			return nil, err
		}
		snapshots[i] = meeting.ToldSnapshot(snapshots[i], a)
	}
	return &pb.ListTrendsResponse{Trends: trendsToProto(meeting.Trends(closed, snapshots))}, nil
}
