package server

import (
	"context"
	"strings"
	"time"
	"unicode/utf8"

	"opsreview"
	"opsreview/meeting"
	pb "opsreview/proto/opsreview/v1"
	"opsreview/store"
)

const (
	// maxName is how many characters a person's name may have.
	maxName = 200
	// maxSaid is how many characters something in the minutes may have.
	maxSaid = 4000
	// maxSubject is how many characters what something is about may have.
	maxSubject = 1000
)

// meetingService keeps the minutes of reviews. What a meeting sees is computed
// from the facts while it is open, and is what it saw from then on.
type meetingService struct {
	pb.UnimplementedMeetingServiceServer
	facts   *facts
	courier *courier
}

func (s *meetingService) OpenMeeting(ctx context.Context, req *pb.OpenMeetingRequest) (*pb.OpenMeetingResponse, error) {
	m, err := s.wantedMeeting(ctx, req)
	if err != nil {
		return nil, err
	}
	there, err := s.facts.db.Meeting(ctx, m.ID)
	if opsreview.ErrorCode(err) == opsreview.NotFound {
		var resumed bool
		if there, resumed, err = s.open(ctx, m); err == nil && !resumed {
			return &pb.OpenMeetingResponse{Meeting: s.facts.meetingToProto(there)}, nil
		}
	}
	if err != nil {
		return nil, err
	}
	if err := mayResume(there, m); err != nil {
		return nil, err
	}
	return &pb.OpenMeetingResponse{Meeting: s.facts.meetingToProto(there), Resumed: true}, nil
}

// wantedMeeting reads the meeting that a request opens, without what it sees.
func (s *meetingService) wantedMeeting(ctx context.Context, req *pb.OpenMeetingRequest) (opsreview.Meeting, error) {
	m := opsreview.Meeting{State: opsreview.MeetingOpen, OpenedAt: s.facts.now(), Section: string(meeting.Sections()[0])}
	var err error
	if m.OpenedBy, err = checkAuthor("a review", req.GetAuthor()); err != nil {
		return m, err
	}
	m.Facilitator, m.Presenter = strings.TrimSpace(req.GetFacilitator()), strings.TrimSpace(req.GetPresenter())
	if m.Facilitator == "" {
		m.Facilitator = m.OpenedBy
	}
	if err := checkLengths(maxName, "a name", m.Facilitator, m.Presenter); err != nil {
		return m, err
	}
	sc, err := s.facts.scope(ctx, req.GetTeam())
	if err != nil {
		return m, err
	}
	w, err := s.facts.window(windowSpecFromProto(req.GetWindow()), sc)
	if err != nil {
		return m, err
	}
	// The name tells minutes, and "the last two days" should be no other window a
	// second later.
	w.Start, w.End = w.Start.Truncate(time.Minute), w.End.Truncate(time.Minute)
	if err := mayOpen(w, m.OpenedAt, sc.zone, req.GetEarly()); err != nil {
		return m, err
	}
	m.Team, m.Window, m.Week, m.ID = sc.team, w, w.WeekName(sc.zone), meetingID(sc.team, w, sc.zone)
	return m, nil
}

// mayOpen returns an Invalid error for a window of which there is nothing to
// review yet.
func mayOpen(w opsreview.Window, now time.Time, zone *time.Location, early bool) error {
	const form = "Mon 2 Jan 2006 15:04 MST"
	switch {
	case w.Validate() != nil:
		return w.Validate()
	case !w.Start.Before(now):
		return opsreview.Errorf(opsreview.Invalid, "the window begins on %s: there is nothing to review yet", w.Start.In(zone).Format(form))
	case w.End.After(now) && !early:
		return opsreview.Errorf(opsreview.Invalid, "the window ends on %s: wait until then, or open the review early", w.End.In(zone).Format(form))
	}
	return nil
}

// open freezes what the review sees and starts its minutes. It returns the one
// that somebody else has opened meanwhile, and true.
func (s *meetingService) open(ctx context.Context, m opsreview.Meeting) (opsreview.Meeting, bool, error) {
	minutes, _, err := s.facts.liveMinutes(ctx, m)
	if err != nil {
		return m, false, err
	}
	m.Facts, m.Definitions = minutes.Snapshot.Facts, definitionsName(minutes.Snapshot)
	if m.Opened, err = meeting.Encode(minutes.Snapshot); err != nil {
		return m, false, err
	}
	return s.facts.db.OpenMeeting(ctx, m)
}

// mayResume returns a Conflict error unless the meeting that is there is the one
// that was asked for, and open.
func mayResume(there, wanted opsreview.Meeting) error {
	switch {
	case there.Team != wanted.Team || !there.Window.Start.Equal(wanted.Window.Start) || !there.Window.End.Equal(wanted.Window.End):
		return opsreview.Errorf(opsreview.Conflict, "the name %q is that of a review of another team or window", there.ID)
	case there.State == opsreview.MeetingClosed:
		return opsreview.Errorf(opsreview.Conflict, "the review %q is closed: review minutes shows it, and review diff what changed since", there.ID)
	}
	return nil
}

func (s *meetingService) GetMeeting(ctx context.Context, req *pb.GetMeetingRequest) (*pb.GetMeetingResponse, error) {
	m, err := s.facts.findMeeting(ctx, req.GetName(), req.GetTeam())
	if err != nil {
		return nil, err
	}
	minutes, p, err := s.facts.minutes(ctx, m)
	if err != nil {
		return nil, err
	}
	a, err := s.facts.audience(ctx)
	if err != nil {
		return nil, err
	}
	minutes = meeting.Told(minutes, a)
	agenda := agendaToProto(minutes, s.facts.now())
	if p == nil {
		agenda.Review = keptReviewToProto(minutes.Snapshot)
		return &pb.GetMeetingResponse{Meeting: s.facts.meetingToProto(m), Agenda: agenda}, nil
	}
	p.review = a.Review(p.review)
	if agenda.Review, err = s.facts.shownReview(ctx, *p); err != nil {
		return nil, err
	}
	return &pb.GetMeetingResponse{Meeting: s.facts.meetingToProto(m), Agenda: agenda}, nil
}

func (s *meetingService) ListMeetings(ctx context.Context, req *pb.ListMeetingsRequest) (*pb.ListMeetingsResponse, error) {
	size, digest, after, err := paging(req)
	if err != nil {
		return nil, err
	}
	filter := store.MeetingFilter{Brief: true}
	if req.GetTeam() != "" {
		sc, err := s.facts.scope(ctx, req.GetTeam())
		if err != nil {
			return nil, err
		}
		filter.Team = &sc.team
	}
	all, err := s.facts.db.Meetings(ctx, filter)
	if err != nil {
		return nil, err
	}
	resp := &pb.ListMeetingsResponse{}
	all, resp.NextPageToken, err = cut(all, func(m opsreview.Meeting) string { return m.ID }, size, after, digest)
	for _, m := range all {
		resp.Meetings = append(resp.Meetings, s.facts.meetingToProto(m))
	}
	return resp, err
}

func (s *meetingService) UpdateMeeting(ctx context.Context, req *pb.UpdateMeetingRequest) (*pb.UpdateMeetingResponse, error) {
	if strings.TrimSpace(req.GetName()) == "" {
		return nil, opsreview.Errorf(opsreview.Invalid, "say which review is meant, by its name")
	}
	author, err := checkAuthor("a change of a review", req.GetAuthor())
	if err != nil {
		return nil, err
	}
	change := store.MeetingUpdate{By: author, At: s.facts.now()}
	if err := checkSection(req.GetSection()); err != nil {
		return nil, err
	}
	if err := checkLengths(maxName, "a name", req.GetFacilitator(), req.GetPresenter()); err != nil {
		return nil, err
	}
	for to, text := range map[**string]string{
		&change.Section: req.GetSection(), &change.Facilitator: req.GetFacilitator(), &change.Presenter: req.GetPresenter(),
	} {
		if text = strings.TrimSpace(text); text != "" {
			*to = &text
		}
	}
	m, err := s.facts.openMeeting(ctx, req.GetName(), "")
	if err != nil {
		return nil, err
	}
	if m, err = s.facts.db.UpdateMeeting(ctx, m.ID, change); err != nil {
		return nil, err
	}
	return &pb.UpdateMeetingResponse{Meeting: s.facts.meetingToProto(m)}, nil
}

// checkSection returns an Invalid error for a section that no agenda has.
func checkSection(section string) error {
	if section == "" {
		return nil
	}
	var known []string
	for _, s := range meeting.Sections() {
		if string(s) == section {
			return nil
		}
		known = append(known, string(s))
	}
	return opsreview.Errorf(opsreview.Invalid, "there is no section %q: choose one of %s", bounded(section), strings.Join(known, ", "))
}

// checkLengths returns an Invalid error for a text that is too long.
func checkLengths(most int, what string, texts ...string) error {
	for _, text := range texts {
		if n := utf8.RuneCountInString(text); n > most {
			return opsreview.Errorf(opsreview.Invalid, "%s may have %d characters at most, and this one has %d", what, most, n)
		}
	}
	return nil
}
