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
	_, minutes, err := s.minutesFor(ctx, req)
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
	GetAnonymous() bool
}

// minutesFor returns the minutes that a request asks for, without names where it
// asks for that.
func (s *meetingService) minutesFor(ctx context.Context, req minutesRequest) (opsreview.Meeting, meeting.Minutes, error) {
	m, err := s.facts.findMeeting(ctx, req.GetName(), req.GetTeam())
	if err != nil {
		return m, meeting.Minutes{}, err
	}
	minutes, _, err := s.facts.minutes(ctx, m)
	if err != nil || !req.GetAnonymous() {
		return m, minutes, err
	}
	people, err := s.facts.everyName(ctx)
	return m, meeting.Anonymous(minutes, people), err
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
			for _, ref := range p.Refs {
				if r.Ref == ref {
					names = append(names, r.Name, r.Email)
				}
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
	m, minutes, err := s.minutesFor(ctx, req)
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
	bundle, err := report.RenderMinutes(minutes, s.facts.now())
	if err != nil {
		return nil, err
	}
	resp := &pb.SendMinutesResponse{}
	for _, d := range chosen {
		size, err := deliver(ctx, d, bundle, req.GetValidateOnly())
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

// deliver sends a bundle to a destination, unless trial is set, and returns how
// large it was there.
func deliver(ctx context.Context, d Destination, b report.Bundle, trial bool) (int, error) {
	content, err := d.Sender.Compose(b)
	if err != nil || trial {
		return len(content), err
	}
	return len(content), d.Sender.Send(ctx, b, content)
}
