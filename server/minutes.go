package server

import (
	"context"
	"errors"
	"slices"
	"strings"

	"opsreview"
	"opsreview/meeting"
	pb "opsreview/proto/opsreview/v1"
	"opsreview/report"
	"opsreview/review"
)

func (s *meetingService) RenderMinutes(ctx context.Context, req *pb.RenderMinutesRequest) (*pb.RenderMinutesResponse, error) {
	mediaType, ok := mediaTypes[req.GetFormat()]
	if !ok {
		return nil, opsreview.Errorf(opsreview.Invalid, "minutes need a format: markdown or html")
	}
	reader := s.facts.viewer
	if req.GetAnonymous() {
		reader = s.facts.strangers
	}
	_, told, err := s.minutesFor(ctx, req)
	if err != nil {
		return nil, err
	}
	minutes, err := told(reader)
	if err != nil {
		return nil, err
	}
	resp := &pb.RenderMinutesResponse{MediaType: mediaType}
	if req.GetFormat() == pb.ReportFormat_REPORT_FORMAT_HTML {
		resp.Content, err = report.MinutesHTML(minutes)
		return resp, err
	}
	resp.Content = report.MinutesMarkdown(minutes)
	return resp, nil
}

// A minutesRequest asks for the minutes of a review.
type minutesRequest interface {
	GetName() string
	GetTeam() string
}

// minutesFor returns the meeting that a request asks for, and its minutes as a
// reader may see them.
func (s *meetingService) minutesFor(ctx context.Context, req minutesRequest) (opsreview.Meeting, func(reader) (meeting.Minutes, error), error) {
	m, err := s.facts.findMeeting(ctx, req.GetName(), req.GetTeam())
	if err != nil {
		return m, nil, err
	}
	minutes, _, err := s.facts.minutes(ctx, m)
	if err != nil {
		return m, nil, err
	}
	sc, err := s.facts.scope(ctx, "")
	sc.team = m.Team // whether or not anybody knows it still
	return m, func(reader reader) (meeting.Minutes, error) {
		v, err := reader(ctx, sc)
		if err != nil || !v.anonymous {
			return meeting.Told(minutes, v.audience()), err
		}
		people, err := s.facts.everyName(ctx)
		return meeting.Anonymous(minutes, people), err
	}, err
}

// everyName lists what each person is called: names, addresses and keys.
func (f *facts) everyName(ctx context.Context) ([][]string, error) {
	responders, err := f.db.Responders(ctx)
	if err != nil {
		return nil, err
	}
	var people [][]string
	for _, p := range review.NewRoster(f.org, responders, "").Persons() {
		names := append([]string{p.Name, p.Key}, refsToProto(p.Refs)...)
		for _, r := range responders {
			if slices.Contains(p.Refs, r.Ref) {
				names = append(names, r.Name, r.Email)
			}
		}
		for _, o := range f.org.Responders {
			if strings.EqualFold(o.Name, p.Name) {
				names = append(names, o.Emails...)
			}
		}
		people = append(people, names)
	}
	for _, t := range f.org.Teams {
		for _, member := range t.Members {
			if !slices.ContainsFunc(people, func(names []string) bool { return strings.EqualFold(names[0], member) }) {
				people = append(people, []string{member})
			}
		}
	}
	return people, nil
}

// SendMinutes sends to one destination of the team after the other, as
// SendReport does.
func (s *meetingService) SendMinutes(ctx context.Context, req *pb.SendMinutesRequest) (*pb.SendMinutesResponse, error) {
	m, told, err := s.minutesFor(ctx, req)
	if err != nil {
		return nil, err
	}
	chosen, err := s.courier.destinations(m.Team, req.GetDestinations())
	if err != nil {
		return nil, err
	}
	if len(chosen) == 0 {
		return nil, opsreview.Errorf(opsreview.NotFound, "there are no reports%s in the configuration: add them under reports", ofTeam(m.Team))
	}
	resp := &pb.SendMinutesResponse{}
	for _, d := range chosen {
		size, err := s.sendMinutes(ctx, d, told, req)
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		if err != nil && (len(chosen) == 1 || errors.Is(err, context.Canceled)) {
			return nil, err
		}
		sent := &pb.SentReport{Destination: d.Name, Kind: d.Kind, ContentBytes: int32(size)}
		if err != nil {
			sent.Error = opsreview.ErrorMessage(err)
		}
		resp.Sent = append(resp.Sent, sent)
	}
	return resp, nil
}

// sendMinutes brings minutes to a destination: as the team's leads see them, or
// without names.
func (s *meetingService) sendMinutes(ctx context.Context, d Destination, told func(reader) (meeting.Minutes, error), req *pb.SendMinutesRequest) (int, error) {
	reader := s.facts.forLeads
	if d.Anonymous || req.GetAnonymous() {
		reader = s.facts.strangers
	}
	minutes, err := told(reader)
	if err != nil {
		return 0, err
	}
	bundle, err := report.RenderMinutes(minutes, s.facts.now())
	if err != nil {
		return 0, err
	}
	return deliver(ctx, d, bundle, req.GetValidateOnly())
}

// deliver sends a bundle to a destination, unless trial is set, and returns how
// large it was there.
func deliver(ctx context.Context, d Destination, b report.Bundle, trial bool) (int, error) {
	content, err := d.Sender.Compose(b)
	if err != nil || trial {
		return len(content), err
	}
	return len(content), d.Sender.Send(ctx, b, content)
}
