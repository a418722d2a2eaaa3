package server

import (
	"google.golang.org/protobuf/types/known/durationpb"

	"opsreview"
	"opsreview/incident"
	pb "opsreview/proto/opsreview/v1"
)

func incidentReportToProto(r incident.Report, zone string) *pb.IncidentReport {
	out := &pb.IncidentReport{
		Window: windowToProto(r.Window), TimeZone: zone, Incidents: casesToProto(r.Cases), Overdue: casesToProto(r.Overdue),
		ByAlert: int32(r.Detection.Alert), ByPerson: int32(r.Detection.Person), ByCustomer: int32(r.Detection.Customer), ByUnknown: int32(r.Detection.Unknown),
		Detect: incidentSpreadToProto(r.Detect), Acknowledge: incidentSpreadToProto(r.Ack),
		Mitigate: incidentSpreadToProto(r.Mitigate), Resolve: incidentSpreadToProto(r.Resolve),
	}
	for _, m := range r.Missing {
		out.Missing = append(out.Missing, &pb.MissingField{Field: m.Field, Count: int32(m.Count), Total: int32(m.Of)})
	}
	return out
}

func incidentSpreadToProto(s incident.Spread) *pb.IncidentSpread {
	out := &pb.IncidentSpread{Unknown: int32(s.Unknown)}
	if s.N > 0 {
		out.Spread = &pb.Spread{Count: int32(s.N), Median: durationpb.New(s.Median), P90: durationpb.New(s.P90), Mean: durationpb.New(s.Mean)}
	}
	return out
}

func casesToProto(all []incident.Case) []*pb.Incident {
	out := make([]*pb.Incident, len(all))
	for i, c := range all {
		out[i] = caseToProto(c)
	}
	return out
}

func caseToProto(c incident.Case) *pb.Incident {
	i := c.Incident
	out := &pb.Incident{
		Name: i.Ref.String(), Number: i.Number, Title: i.Title, Summary: i.Summary, Status: i.Status, Severity: i.Severity,
		DetectedBy: string(c.Detector), DetectorInferred: c.Inferred, Url: i.URL, Postmortem: i.Postmortem,
		Services: i.Services, Teams: i.Teams, Pages: refsToProto(c.Pages), Commander: i.Commander,
		DeclareTime: timeToProto(i.DeclaredAt), StartTime: timeToProto(i.StartedAt), DetectTime: timeToProto(i.DetectedAt),
		AcknowledgeTime: timeToProto(i.AcknowledgedAt), MitigateTime: timeToProto(i.MitigatedAt), ResolveTime: timeToProto(i.ResolvedAt),
		TimeToDetect: spanToProto(c.Times.Detect), TimeToAcknowledge: spanToProto(c.Times.Acknowledge),
		TimeToMitigate: spanToProto(c.Times.Mitigate), TimeToResolve: spanToProto(c.Times.Resolve),
		Missing: c.Missing, Overdue: c.Overdue, Text: c.Text,
	}
	for _, f := range c.FollowUps {
		out.FollowUps = append(out.FollowUps, &pb.IncidentFollowUp{Key: f.Key, Title: f.Title, Url: f.URL, Done: f.Done, Known: f.Known})
	}
	for _, b := range c.Burned {
		out.Burned = append(out.Burned, &pb.IncidentBurn{Slo: b.SLO, Service: b.Service, Window: windowToProto(b.Window), Share: b.Share, Bad: b.Bad})
	}
	return out
}

func spanToProto(s incident.Span) *durationpb.Duration {
	if !s.Known {
		return nil
	}
	return durationpb.New(s.D)
}

func incidentLinkToProto(l opsreview.IncidentLink) *pb.IncidentLink {
	return &pb.IncidentLink{
		Kind: string(l.Kind), Target: l.Target, Author: l.Author, LinkTime: timeToProto(l.At),
		WithdrawnBy: l.WithdrawnBy, WithdrawTime: timeToProto(l.WithdrawnAt),
	}
}
