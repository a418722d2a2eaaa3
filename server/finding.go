package server

import (
	"context"

	"opsreview"
	pb "opsreview/proto/opsreview/v1"
	"opsreview/review"
)

type findingService struct {
	pb.UnimplementedFindingServiceServer
	facts *facts
}

func (s *findingService) ListFindings(ctx context.Context, req *pb.ListFindingsRequest) (*pb.ListFindingsResponse, error) {
	p, err := s.facts.prepare(ctx, req.GetTeam(), windowSpecFromProto(req.GetWindow()), acceptedCharts)
	if err != nil {
		return nil, err
	}
	if err := s.facts.tell(ctx, &p); err != nil {
		return nil, err
	}
	return &pb.ListFindingsResponse{
		Window: windowToProto(p.in.Window), TimeZone: p.sc.zone.String(), Findings: findingsToProto(p.review.Findings),
	}, nil
}

// A prepared review is a team's review of a window with all that is told of
// it, and what it was computed from.
type prepared struct {
	sc     scope
	in     review.Input
	review review.Review
	look   *look // nil if nothing is looked at
}

// A lookReach says how far a review looks back over charts.
type lookReach int

const (
	// everyChart looks at all that there is to show.
	everyChart lookReach = iota
	// acceptedCharts looks at charts of which people accepted something, which is
	// all that findings are made of.
	acceptedCharts
)

// prepare computes a team's review of a window. Reports and tickets are made of
// the same.
func (f *facts) prepare(ctx context.Context, team string, spec opsreview.WindowSpec, reach lookReach) (prepared, error) {
	var p prepared
	var err error
	if p.sc, err = f.scope(ctx, team); err != nil {
		return p, err
	}
	w, err := f.window(spec, p.sc)
	if err != nil {
		return p, err
	}
	if p.in, err = f.input(ctx, p.sc, w); err != nil {
		return p, err
	}
	if err := f.addBudget(ctx, p.sc, &p.in); err != nil {
		return p, err
	}
	if err := f.addClosed(ctx, p.sc, &p.in); err != nil {
		return p, err
	}
	if err := f.addToil(ctx, p.sc, &p.in); err != nil {
		return p, err
	}
	if err := f.addIncidents(ctx, p.sc, &p.in); err != nil {
		return p, err
	}
	if err := f.addLook(ctx, &p, reach); err != nil {
		return p, err
	}
	p.review = review.Prepare(p.in)
	if err := f.addWhatIfs(ctx, p.sc, w, p.review.Monitors); err != nil {
		return p, err
	}
	p.review.Findings = review.WithRemedies(p.review.Findings, p.review.Monitors)
	return p, nil
}

// addLook adds what looks weird on the team's dashboards, and which monitors and
// dashboards do not explain themselves.
func (f *facts) addLook(ctx context.Context, p *prepared, reach lookReach) error {
	w, err := f.lookWindow(p.sc, p.in.Window, "")
	if err != nil {
		return err
	}
	var only func(opsreview.Chart) bool
	if reach == acceptedCharts {
		if only, err = f.chartsWithWork(ctx); err != nil {
			return err
		}
	}
	if p.look, err = f.lookBack(ctx, p.sc, w, only); err != nil {
		return err
	}
	if !p.look.nothing() {
		p.in.LookBack = &p.look.report
	}
	p.in.Hygiene, err = f.hygiene(ctx, p.sc, p.in)
	return err
}
