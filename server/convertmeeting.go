package server

import (
	"time"

	"google.golang.org/protobuf/proto"

	"opsreview"
	"opsreview/meeting"
	pb "opsreview/proto/opsreview/v1"
	"opsreview/review"
)

// meetingToProto tells of a meeting on its team's clock. One of a team that is
// no longer known is told on that of UTC.
func (f *facts) meetingToProto(m opsreview.Meeting) *pb.Meeting {
	zone, err := review.TeamZone(f.org, m.Team)
	if err != nil {
		zone = time.UTC
	}
	return &pb.Meeting{
		Id: m.ID, Team: m.Team, Window: windowToProto(m.Window), Week: m.Week, TimeZone: zone.String(), State: string(m.State),
		OpenTime: timeToProto(m.OpenedAt), OpenedBy: m.OpenedBy, Facilitator: m.Facilitator, Presenter: m.Presenter, Section: m.Section,
		Facts: m.Facts, CloseTime: timeToProto(m.ClosedAt), ClosedBy: m.ClosedBy, Forced: m.Forced, ForcedOpen: m.ForcedOpen, Version: m.Version,
	}
}

func itemToProto(i opsreview.MeetingItem) *pb.MeetingItem {
	return &pb.MeetingItem{
		Id: i.ID, Meeting: i.Meeting, Kind: string(i.Kind), Section: i.Section, Subject: i.Subject, Text: i.Text, Owner: i.Owner,
		DueTime: timeToProto(i.Due), Ticket: i.Ticket, Author: i.Author, ItemTime: timeToProto(i.At), DoneBy: i.DoneBy, DoneTime: timeToProto(i.DoneAt),
		WithdrawnBy: i.WithdrawnBy, WithdrawTime: timeToProto(i.WithdrawnAt),
	}
}

// agendaToProto tells of all of an agenda but the review. Waivers stand as they
// do now, or as they did when the meeting was closed.
func agendaToProto(m meeting.Minutes, now time.Time) *pb.Agenda {
	if !m.Meeting.ClosedAt.IsZero() {
		now = m.Meeting.ClosedAt
	}
	out := &pb.Agenda{Open: openToProto(m.Open), Changes: meetingChangesToProto(m.Changes)}
	for _, s := range meeting.AgendaOf(m) {
		out.Sections = append(out.Sections, sectionToProto(s))
	}
	for _, c := range m.Carried {
		out.Carried = append(out.Carried, carryOverToProto(c))
	}
	for _, i := range m.Items {
		out.Items = append(out.Items, itemToProto(i))
	}
	for _, w := range m.Waivers {
		out.Waivers = append(out.Waivers, waiverToProto(w, now))
	}
	return out
}

func sectionToProto(s meeting.AgendaSection) *pb.AgendaSection {
	out := &pb.AgendaSection{Id: string(s.ID), Title: s.Title, Summary: s.Summary, Open: int32(s.Open), Lines: s.Lines}
	for _, p := range s.Points {
		out.Points = append(out.Points, &pb.AgendaPoint{
			Kind: p.Kind, Subject: p.Subject, Title: p.Title, Text: p.Text, Open: p.Open, Ticket: p.Ticket,
		})
	}
	return out
}

func carryOverToProto(c meeting.CarryOver) *pb.CarryOver {
	out := &pb.CarryOver{
		Item: itemToProto(c.Item), Meeting: c.From.ID, AgeDays: int32(c.Age.Hours() / 24), Due: c.Due, Text: c.Text,
	}
	if c.Ticket != nil {
		out.Ticket = ticketToProto(*c.Ticket)
	}
	return out
}

func openToProto(open []meeting.Open) []*pb.OpenPoint {
	var out []*pb.OpenPoint
	for _, o := range open {
		out = append(out, &pb.OpenPoint{Kind: o.Kind, Subject: o.Subject, Title: o.Title, Text: o.Text, Do: o.Do})
	}
	return out
}

func meetingChangesToProto(changes []meeting.Change) []*pb.MeetingChange {
	var out []*pb.MeetingChange
	for _, c := range changes {
		out = append(out, &pb.MeetingChange{Kind: c.Kind, Subject: c.Subject, Text: c.Text, Was: c.Was, Is: c.Is})
	}
	return out
}

func trendsToProto(trends []meeting.Trend) []*pb.Trend {
	var out []*pb.Trend
	for _, t := range trends {
		line := &pb.Trend{Id: t.ID, DisplayName: t.Name, Unit: t.Unit, Text: t.Text}
		for _, p := range t.Points {
			point := &pb.TrendPoint{Meeting: p.Meeting, Week: p.Week, StartTime: timeToProto(p.Start), Version: int32(p.Version)}
			if p.Known {
				point.Value = proto.Float64(p.Value)
			}
			line.Points = append(line.Points, point)
		}
		out = append(out, line)
	}
	return out
}

func pickToProto(p meeting.Pick) *pb.PickPeopleResponse {
	out := &pb.PickPeopleResponse{Presenter: p.Presenter, Facilitator: p.Facilitator, Seed: p.Seed}
	for _, w := range p.Weights {
		out.Weights = append(out.Weights, &pb.PickWeight{Person: w.Person, Weight: w.Weight, Why: w.Why})
	}
	return out
}

func waiverToProto(w opsreview.Waiver, now time.Time) *pb.Waiver {
	state := "expired"
	switch {
	case w.WithdrawnBy != "" && !now.Before(w.WithdrawnAt):
		state = "withdrawn"
	case w.InForce(now):
		state = "in_force"
	}
	return &pb.Waiver{
		Id: w.ID, Team: w.Team, Kind: string(w.Kind), Subject: w.Subject, Title: w.Title, Owner: w.Owner, Reason: w.Reason, Author: w.Author,
		CreateTime: timeToProto(w.At), ExpireTime: timeToProto(w.Expires), WithdrawnBy: w.WithdrawnBy, WithdrawTime: timeToProto(w.WithdrawnAt),
		State: state,
	}
}

// keptReviewToProto is what a closed meeting's snapshot says of its review.
func keptReviewToProto(s meeting.Snapshot) *pb.Review {
	head := &pb.Headline{Pages: int32(len(s.Pages)), Outcomes: &pb.Outcomes{}}
	for _, p := range s.Pages {
		switch review.Outcome(p.Outcome) {
		case review.Handled:
			head.Outcomes.Handled++
		case review.Ignored:
			head.Outcomes.Ignored++
		case review.Wasted:
			head.Outcomes.Wasted++
		case review.Noise:
			head.Outcomes.Noise++
		case review.Unlabelled:
			head.Outcomes.Unlabelled++
		}
		if p.Outcome != string(review.Unlabelled) {
			head.Labelled++
		}
	}
	return &pb.Review{
		Team: s.Team, Window: windowToProto(opsreview.Window{Start: s.Start, End: s.End}), Week: s.Week, TimeZone: s.Zone,
		Headline: head, PrepareTime: timeToProto(s.At),
	}
}
