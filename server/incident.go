package server

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	"opsreview"
	"opsreview/incident"
	pb "opsreview/proto/opsreview/v1"
	"opsreview/review"
	"opsreview/store"
)

type incidentService struct {
	pb.UnimplementedIncidentServiceServer
	facts *facts
}

func (s *incidentService) ListIncidents(ctx context.Context, req *pb.ListIncidentsRequest) (*pb.ListIncidentsResponse, error) {
	sc, err := s.facts.scope(ctx, req.GetTeam())
	if err != nil {
		return nil, err
	}
	w, err := s.facts.window(windowSpecFromProto(req.GetWindow()), sc)
	if err != nil {
		return nil, err
	}
	in, _, err := s.facts.incidentInput(ctx, sc, w)
	if err != nil {
		return nil, err
	}
	report := incident.Report{Window: w}
	if in != nil {
		if severity := req.GetSeverity(); severity != "" {
			in.Incidents = slices.DeleteFunc(in.Incidents, func(i opsreview.Incident) bool { return !incident.SameSeverity(i.Severity, severity) })
		}
		report = incident.Prepare(*in)
	}
	if req.GetOverdue() {
		report = incident.Report{Window: w, Overdue: report.Overdue}
	}
	return &pb.ListIncidentsResponse{Report: incidentReportToProto(report, sc.zone.String())}, nil
}

func (s *incidentService) GetIncident(ctx context.Context, req *pb.GetIncidentRequest) (*pb.GetIncidentResponse, error) {
	i, err := s.facts.findIncident(ctx, req.GetName())
	if err != nil {
		return nil, err
	}
	sc, err := s.facts.scope(ctx, "")
	if err != nil {
		return nil, err
	}
	c, in, err := s.facts.caseOf(ctx, sc, i)
	if err != nil {
		return nil, err
	}
	resp := &pb.GetIncidentResponse{Incident: caseToProto(c), TimeZone: s.facts.zoneOf(ctx, sc, c).String()}
	for _, l := range slices.Backward(in.Links) {
		resp.Links = append(resp.Links, incidentLinkToProto(l))
	}
	return resp, nil
}

// findIncident returns the incident that name means: its reference, its number,
// or a beginning of its ID or its reference that fits one only.
func (f *facts) findIncident(ctx context.Context, name string) (opsreview.Incident, error) {
	name = strings.TrimSpace(name)
	if name == "" {
		return opsreview.Incident{}, opsreview.Errorf(opsreview.Invalid, "name the incident")
	}
	found, err := f.db.Incidents(ctx, store.IncidentFilter{Name: name})
	if err != nil {
		return opsreview.Incident{}, err
	}
	if ref, bad := opsreview.ParseRef(name); len(found) == 0 && bad == nil {
		if found, err = f.db.Incidents(ctx, store.IncidentFilter{Name: ref.ID}); err != nil {
			return opsreview.Incident{}, err
		}
		found = slices.DeleteFunc(found, func(i opsreview.Incident) bool {
			return i.Source != ref.Source || !strings.HasPrefix(i.ID, ref.ID)
		})
	}
	for _, exact := range []func(opsreview.Incident) bool{
		func(i opsreview.Incident) bool { return i.Ref.String() == name },
		func(i opsreview.Incident) bool { return strings.EqualFold(i.Number, name) },
		func(i opsreview.Incident) bool { return i.ID == name },
	} {
		if few := keep(found, exact); len(few) > 0 {
			found = few
			break
		}
	}
	switch len(found) {
	case 0:
		return opsreview.Incident{}, opsreview.Errorf(opsreview.NotFound, "there is no incident %q: incident list lists them", bounded(name))
	case 1:
		return found[0], nil
	}
	return opsreview.Incident{}, opsreview.Errorf(opsreview.Invalid, "%q fits %d incidents: name one as %s or %s", bounded(name), len(found), found[0].Ref, found[1].Ref)
}

func keep[T any](all []T, wanted func(T) bool) []T {
	return slices.DeleteFunc(slices.Clone(all), func(x T) bool { return !wanted(x) })
}

// caseOf judges one incident, and returns what it was judged by.
func (f *facts) caseOf(ctx context.Context, sc scope, i opsreview.Incident) (incident.Case, incident.Input, error) {
	w := opsreview.Window{Start: cmp.Or(i.StartedAt, i.DeclaredAt, f.now()), End: f.now()}
	in, err := f.judgedBy(ctx, sc, w, []opsreview.Incident{i})
	if err != nil {
		return incident.Case{}, in, err
	}
	if _, err = f.addIncidentBurns(ctx, sc, &in); err != nil {
		return incident.Case{}, in, err
	}
	return incident.CaseOf(in, i), in, nil
}

// zoneOf is the zone of the one team that an incident is of, else UTC.
func (f *facts) zoneOf(ctx context.Context, sc scope, c incident.Case) *time.Location {
	pages, err := f.incidentPages(ctx, []opsreview.Incident{c.Incident})
	byRef := map[opsreview.Ref]opsreview.Page{}
	for _, p := range pages {
		byRef[p.Ref] = p
	}
	zone, teams := time.UTC, 0
	for _, t := range f.org.Teams {
		own := map[opsreview.Ref]opsreview.Service{}
		for ref, s := range sc.all {
			if slices.ContainsFunc(t.Services, func(name string) bool { return strings.EqualFold(name, s.Name) || name == ref.String() }) {
				own[ref] = s
			}
		}
		if len(review.TeamIncidents(f.org, t.Name, own, []opsreview.Incident{c.Incident}, byRef)) == 0 {
			continue
		}
		if loc, bad := review.TeamZone(f.org, t.Name); bad == nil {
			zone, teams = loc, teams+1
		}
	}
	if teams != 1 || err != nil {
		return time.UTC
	}
	return zone
}
