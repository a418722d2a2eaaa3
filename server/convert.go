package server

import (
	"strings"
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/timestamppb"

	"opsreview"
	pb "opsreview/proto/opsreview/v1"
	"opsreview/review"
)

func timeToProto(t time.Time) *timestamppb.Timestamp {
	if t.IsZero() {
		return nil
	}
	return timestamppb.New(t)
}

func windowToProto(w opsreview.Window) *pb.Window {
	if w.IsZero() {
		return nil
	}
	return &pb.Window{StartTime: timeToProto(w.Start), EndTime: timeToProto(w.End)}
}

func windowSpecFromProto(s *pb.WindowSelector) opsreview.WindowSpec {
	return opsreview.WindowSpec{Week: s.GetWeek(), From: s.GetFrom(), To: s.GetTo(), Last: s.GetLast()}
}

func refsToProto(refs []opsreview.Ref) []string {
	names := make([]string, len(refs))
	for i, r := range refs {
		names[i] = r.String()
	}
	return names
}

func savedToProto(s opsreview.Saved) *pb.Saved {
	return &pb.Saved{
		NewPages:     int32(s.Pages),
		UpdatedPages: int32(s.Updated),
		Events:       int32(s.Events),
		Responders:   int32(s.Responders),
		Services:     int32(s.Services),
		Teams:        int32(s.Teams),
		Shifts:       int32(s.Shifts),
		Labels:       int32(s.Labels),
		Rejects:      int32(s.Rejects),
		Segments:     int32(s.Segments),
		Series:       int32(s.Series),
		Points:       int64(s.Points),
		Dashboards:   int32(s.Dashboards),
		Incidents:    int32(s.Incidents),
		Toil:         int32(s.Toil),
	}
}

// withheldToProto writes what is withheld as one text.
func withheldToProto(sentences []string) string { return strings.Join(sentences, "; ") }

func aggregateToProto(a *review.Aggregate) *pb.LoadAggregate {
	if a == nil {
		return nil
	}
	out := &pb.LoadAggregate{People: int32(a.People), Withheld: a.Withheld}
	if a.Withheld {
		return out
	}
	out.Interruptions, out.Engaged = interruptionsToProto(a.Interruptions), durationpb.New(a.Engaged)
	out.MedianPages, out.MostPages, out.Woken = a.MedianPages, int32(a.MostPages), int32(a.Woken)
	out.Breaches = make(map[string]int32, len(a.Breaches))
	for limit, n := range a.Breaches {
		out.Breaches[limit] = int32(n)
	}
	return out
}

func interruptionsToProto(c review.ByClass) *pb.Interruptions {
	return &pb.Interruptions{
		Business: int32(c.Business),
		OffHours: int32(c.OffHours),
		Sleep:    int32(c.Sleep),
		Unknown:  int32(c.Unknown),
	}
}

func outcomesToProto(o review.Outcomes) *pb.Outcomes {
	return &pb.Outcomes{
		Handled:    int32(o.Handled),
		Ignored:    int32(o.Ignored),
		Wasted:     int32(o.Wasted),
		Noise:      int32(o.Noise),
		Unlabelled: int32(o.Unlabelled),
	}
}

func spreadToProto(s review.Spread) *pb.Spread {
	if !s.OK {
		return nil
	}
	return &pb.Spread{
		Count:  int32(s.N),
		Median: durationpb.New(s.Median),
		P90:    durationpb.New(s.P90),
		Mean:   durationpb.New(s.Mean),
	}
}

func responseToProto(r review.Response) *pb.Response {
	return &pb.Response{
		Acknowledge:       spreadToProto(r.Acknowledge),
		NeverAcknowledged: int32(r.NeverAcked),
		Resolve:           spreadToProto(r.Resolve),
		Unresolved:        int32(r.Unresolved),
		Merged:            int32(r.Merged),
	}
}

func gapsToProto(gaps []review.Gap) []*pb.Gap {
	out := make([]*pb.Gap, len(gaps))
	for i, g := range gaps {
		out[i] = &pb.Gap{Subject: g.Subject, Text: g.Text}
	}
	return out
}

func personToProto(p review.Person) *pb.Person {
	out := &pb.Person{
		Key:         p.Key,
		DisplayName: p.Name,
		Responders:  refsToProto(p.Refs),
		Holidays:    p.Holidays,
		Deleted:     p.Deleted,
	}
	if p.Zone != nil {
		out.TimeZone = p.Zone.String()
	}
	return out
}

func loadToProto(l review.Load, w opsreview.Window) *pb.Load {
	out := &pb.Load{
		Person:            personToProto(l.Person),
		Pages:             int32(l.Pages),
		PagesElsewhere:    int32(l.Elsewhere),
		Interruptions:     interruptionsToProto(l.Interruptions),
		MostPagesPerShift: int32(l.MostPerShift),
		Shifts:            int32(l.Shifts),
		Engaged:           durationpb.New(l.Engaged),
		Acknowledged:      int32(l.Acknowledged),
		TimedOut:          int32(l.TimedOut),
	}
	if l.ZoneKnown() {
		out.InterruptedHours = proto.Int32(int32(l.Hours))
		out.BrokenNights = proto.Int32(int32(l.BrokenNights))
		out.LongestRunOfBrokenNights = proto.Int32(int32(l.NightsRun))
	}
	if l.OnCallKnown {
		out.OnCall = durationpb.New(l.OnCall)
		out.OnCallShare = float64(l.OnCall) / float64(w.Duration())
	}
	if v, ok := l.PerShift(); ok {
		out.PagesPerShift = &v
	}
	if v, ok := l.PerWeek(); ok {
		out.PagesPerWeek = &v
	}
	for _, b := range l.Breaches {
		out.Breaches = append(out.Breaches, &pb.Breach{
			Limit:   b.Limit.ID,
			Max:     b.Limit.Max,
			Value:   b.Value,
			Unit:    b.Limit.Unit,
			Summary: b.Limit.Summary,
			Source:  b.Limit.Source,
			Pages:   refsToProto(b.Pages),
			Text:    b.Text,
		})
	}
	return out
}

func loadsToProto(loads []review.Load, w opsreview.Window) []*pb.Load {
	out := make([]*pb.Load, len(loads))
	for i, l := range loads {
		out[i] = loadToProto(l, w)
	}
	return out
}

func changeToProto(c review.Change) *pb.Change {
	out := &pb.Change{Known: c.Known, Window: windowToProto(c.Window), Text: c.Text}
	if c.Known {
		out.Pages, out.Rate, out.PValue, out.WithinNoise = int32(c.Pages), c.Rate, c.PValue, c.Noise
	}
	return out
}

// headlineToProto leaves out what is withheld, which is not the same as none.
func headlineToProto(h review.Headline) *pb.Headline {
	out := &pb.Headline{
		Pages:             int32(h.Pages),
		Outcomes:          outcomesToProto(h.Outcomes),
		Labelled:          int32(h.Labelled),
		Open:              int32(h.Open),
		Escalated:         int32(h.Escalated),
		Interruptions:     interruptionsToProto(h.Interruptions),
		PeopleInterrupted: int32(h.Responders),
		Engaged:           durationpb.New(h.Engaged),
		Response:          responseToProto(h.Response),
		Previous:          changeToProto(h.Previous),
		Baseline:          changeToProto(h.Baseline),
	}
	if h.Withheld {
		out.Interruptions, out.Engaged = nil, nil
	}
	return out
}

func monitorCostToProto(m review.MonitorCost) *pb.MonitorCost {
	out := &pb.MonitorCost{
		Monitor:            m.Monitor.ID,
		Title:              m.Monitor.Title,
		Service:            m.Monitor.Service.String(),
		ServiceDisplayName: m.ServiceName,
		Pages:              refsToProto(m.Pages),
		PreviousPages:      int32(m.Previous),
		Interruptions:      interruptionsToProto(m.Interruptions),
		Engaged:            durationpb.New(m.Engaged),
		Outcomes:           outcomesToProto(m.Outcomes),
		Escalated:          int32(m.Escalated),
		BestWhatIf:         whatIfToProto(m.WhatIf),
	}
	if m.Withheld {
		out.Interruptions, out.Engaged = nil, nil
	}
	if len(m.Causes) > 0 {
		out.Causes = make(map[string]int32, len(m.Causes))
		for cause, n := range m.Causes {
			out.Causes[cause] = int32(n)
		}
	}
	return out
}

func reviewToProto(r review.Review) *pb.Review {
	out := &pb.Review{
		Team:     r.Team,
		Window:   windowToProto(r.Window),
		Week:     r.Week,
		TimeZone: r.Zone,
		Headline: headlineToProto(r.Headline),
		Loads:    loadsToProto(r.Loads, r.Window),
		Gaps:     gapsToProto(r.Gaps),
		Findings: findingsToProto(r.Findings),

		MoreTopics: int32(r.More),
		Withheld:   withheldToProto(r.Withheld), LoadAggregate: aggregateToProto(r.Aggregate),
	}
	for _, o := range r.Closed {
		t := ticketToProto(o.Ticket)
		t.Outcome = heldToProto(o)
		out.ClosedTickets = append(out.ClosedTickets, t)
	}
	for _, m := range r.Monitors {
		out.Monitors = append(out.Monitors, monitorCostToProto(m))
	}
	for _, t := range r.Discuss {
		out.Topics = append(out.Topics, &pb.Topic{
			Page: t.Page.String(), Title: t.Title, TriggerTime: timeToProto(t.At), Reasons: t.Reasons,
		})
	}
	return out
}

func sourceToProto(h opsreview.SourceHealth, configured bool) *pb.Source {
	out := &pb.Source{
		Name:          h.Name,
		Type:          h.Type,
		Configured:    configured,
		SyncedToTime:  timeToProto(h.SyncedTo),
		SyncStartTime: timeToProto(h.StartedAt),
		SyncEndTime:   timeToProto(h.EndedAt),
		LastError:     h.LastError,
		Scope:         h.Scope,
		Pages:         int32(h.Pages),
		Events:        int32(h.Events),
		Rejects:       int32(h.Rejects),
		LastReject:    h.LastReject,
		Segments:      int32(h.Segments),
		Series:        int32(h.Series),
	}
	for _, w := range h.Suspect {
		out.SuspectWindows = append(out.SuspectWindows, &pb.SuspectWindow{
			Window: windowToProto(w.Window), Reason: w.Reason, FoundTime: timeToProto(w.At),
		})
	}
	return out
}
