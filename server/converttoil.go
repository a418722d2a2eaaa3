package server

import (
	"time"

	"google.golang.org/protobuf/types/known/durationpb"

	"opsreview"
	pb "opsreview/proto/opsreview/v1"
	"opsreview/toil"
)

func toilEntryToProto(e opsreview.ToilEntry) *pb.ToilEntry {
	return &pb.ToilEntry{
		Id: e.ID, Source: e.Source, Task: e.Task, Category: e.Category, Team: e.Team, Person: e.Person,
		StartTime: timeToProto(e.At), Spent: durationpb.New(e.Spent), Ticket: e.Ticket, Page: e.Page.String(), Note: e.Note,
		Author: e.Author, LogTime: timeToProto(e.LoggedAt), WithdrawnBy: e.WithdrawnBy, WithdrawTime: timeToProto(e.WithdrawnAt),
	}
}

func toilLineToProto(l toil.Line, name string) *pb.ToilLine {
	return &pb.ToilLine{
		Person: l.Person, PersonDisplayName: name, Task: l.Task, Title: l.Title, Category: l.Category, Origin: string(l.Origin),
		StartTime: timeToProto(l.At), Spent: durationpb.New(l.Spent), Dropped: durationpb.New(l.Dropped), Entry: l.Entry,
		Page: l.Page.String(), Ticket: l.Ticket, Overhead: l.Overhead,
	}
}

func toilReportToProto(r toil.Report, team string, zone *time.Location) *pb.ToilReport {
	out := &pb.ToilReport{
		Team: team, Window: windowToProto(r.Window), TimeZone: zone.String(), Spent: durationpb.New(r.Spent),
		Overhead: durationpb.New(r.Overhead), Dropped: durationpb.New(r.Dropped), Limit: r.Limit, Over: r.Over,
		People: toilSumsToProto(r.People), Teams: toilSumsToProto(r.Teams), Categories: toilSumsToProto(r.Categories), Origins: toilSumsToProto(r.Origins),
		Method: r.Method, Trend: r.Trend, PeopleWithheld: int32(r.Withheld),
	}
	if r.Working > 0 {
		out.Working = durationpb.New(r.Working)
	}
	for _, w := range r.Weeks {
		out.Weeks = append(out.Weeks, &pb.ToilWeek{
			Week: w.Name, Window: windowToProto(w.Window), Spent: durationpb.New(w.Spent), Working: knownTime(w.Working), Entries: int32(w.Entries),
		})
	}
	for _, t := range r.Tasks {
		out.Tasks = append(out.Tasks, toilTaskToProto(t))
	}
	return out
}

// knownTime is a length of time, absent where it is not known.
func knownTime(d time.Duration) *durationpb.Duration {
	if d == 0 {
		return nil
	}
	return durationpb.New(d)
}

func toilSumsToProto(sums []toil.Sum) []*pb.ToilSum {
	out := make([]*pb.ToilSum, len(sums))
	for i, s := range sums {
		out[i] = &pb.ToilSum{
			Key: s.Key, DisplayName: s.Name, Spent: durationpb.New(s.Spent), Working: knownTime(s.Working), Entries: int32(s.Entries),
		}
	}
	return out
}

func toilTaskToProto(t toil.Task) *pb.ToilTask {
	out := &pb.ToilTask{
		Key: t.Key, Name: t.Name, Category: t.Category, Overhead: t.Overhead, Answers: answersToProto(t.Answers), Entries: int32(t.Entries),
		Spent: durationpb.New(t.Spent), PerWeek: durationpb.New(t.PerWeek), Quarter: durationpb.New(t.Quarter), People: int32(t.People),
		HotSpot: t.HotSpot, Ticket: t.Ticket,
	}
	if a := t.Automated; a != nil {
		out.Automation = &pb.ToilAutomation{
			AutomateTime: timeToProto(a.At), Before: durationpb.New(a.Before), After: durationpb.New(a.After),
			Saved: durationpb.New(a.Saved), TooEarly: a.TooEarly, Text: a.Text,
		}
	}
	return out
}

func answersToProto(answers map[opsreview.ToilQuestion]opsreview.Answer) map[string]bool {
	out := map[string]bool{}
	for q, a := range answers {
		out[string(q)] = a == opsreview.Yes
	}
	return out
}
