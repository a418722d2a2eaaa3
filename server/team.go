package server

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"opsreview"
	pb "opsreview/proto/opsreview/v1"
	"opsreview/review"
)

type teamService struct {
	pb.UnimplementedTeamServiceServer
	facts *facts
}

func (s *teamService) ListTeams(ctx context.Context, _ *pb.ListTeamsRequest) (*pb.ListTeamsResponse, error) {
	services, err := s.facts.db.Services(ctx)
	if err != nil {
		return nil, err
	}
	teams, err := s.facts.db.Teams(ctx)
	if err != nil {
		return nil, err
	}
	resp := &pb.ListTeamsResponse{}
	for _, name := range review.TeamNames(s.facts.org, teams) {
		team, err := teamToProto(s.facts.org, name, services, teams)
		if err != nil {
			return nil, err
		}
		resp.Teams = append(resp.Teams, team)
	}
	return resp, nil
}

func teamToProto(org opsreview.Org, name string, services []opsreview.Service, teams []opsreview.Team) (*pb.Team, error) {
	owned, err := review.TeamServices(org, name, services, teams)
	if err != nil {
		return nil, err
	}
	zone, err := review.TeamZone(org, name)
	if err != nil {
		return nil, err
	}
	out := &pb.Team{DisplayName: name, TimeZone: zone.String()}
	for _, s := range owned {
		out.Services = append(out.Services, cmp.Or(s.Name, s.Ref.String()))
	}
	slices.Sort(out.Services)
	out.Configured = slices.ContainsFunc(org.Teams, func(t opsreview.OrgTeam) bool { return strings.EqualFold(t.Name, name) })
	return out, nil
}

func (s *teamService) ListPeople(ctx context.Context, _ *pb.ListPeopleRequest) (*pb.ListPeopleResponse, error) {
	sc, err := s.facts.scope(ctx, "")
	if err != nil {
		return nil, err
	}
	v, err := s.facts.viewer(ctx, sc)
	if err != nil {
		return nil, err
	}
	resp := &pb.ListPeopleResponse{}
	for _, p := range sc.roster.Persons() {
		person := personToProto(p)
		if !v.sees(p.Key) && len(p.Refs) > 0 {
			person.Key = p.Refs[0].String() // an address is nobody else's business
		}
		resp.People = append(resp.People, person)
	}
	return resp, nil
}

func (s *teamService) ListShifts(ctx context.Context, req *pb.ListShiftsRequest) (*pb.ListShiftsResponse, error) {
	sc, err := s.facts.scope(ctx, "")
	if err != nil {
		return nil, err
	}
	w, err := s.facts.window(windowSpecFromProto(req.GetWindow()), sc)
	if err != nil {
		return nil, err
	}
	v, err := s.facts.viewer(ctx, sc)
	if err == nil {
		err = v.mustSee(sc, req.GetPerson())
	}
	if err != nil {
		return nil, err
	}
	person, err := sc.findPerson(req.GetPerson())
	if err != nil {
		return nil, err
	}
	all, err := s.facts.db.Shifts(ctx, w)
	if err != nil {
		return nil, err
	}
	theirs := slices.DeleteFunc(all, func(d opsreview.Shift) bool { return !slices.Contains(person.Refs, d.Responder) })
	resp := &pb.ListShiftsResponse{Window: windowToProto(w)}
	for _, shift := range review.Shifts(theirs) {
		resp.Shifts = append(resp.Shifts, &pb.Shift{StartTime: timeToProto(shift.Start), EndTime: timeToProto(shift.End)})
	}
	return resp, nil
}
