package server

import (
	"context"
	"time"

	"opsreview"
	pb "opsreview/proto/opsreview/v1"
	"opsreview/review"
	"opsreview/slo"
)

type budgetService struct {
	pb.UnimplementedBudgetServiceServer
	facts *facts
}

func (s *budgetService) ListBudgets(ctx context.Context, req *pb.ListBudgetsRequest) (*pb.ListBudgetsResponse, error) {
	sc, err := s.facts.scope(ctx, req.GetTeam())
	if err != nil {
		return nil, err
	}
	slos, err := s.facts.teamSLOs(sc, req.GetSlos())
	if err != nil {
		return nil, err
	}
	at, err := s.facts.instant(req.GetAt(), sc)
	if err != nil {
		return nil, err
	}
	in, standings, err := s.facts.standings(ctx, sc, slos, at)
	if err != nil {
		return nil, err
	}
	return &pb.ListBudgetsResponse{
		AtTime: timeToProto(at), TimeZone: sc.zone.String(),
		Standings: standingsToProto(standings), Gaps: gapsToProto(budgetGaps(sc, in, at, standings)),
	}, nil
}

func (s *budgetService) ListEpisodes(ctx context.Context, req *pb.ListEpisodesRequest) (*pb.ListEpisodesResponse, error) {
	sc, err := s.facts.scope(ctx, req.GetTeam())
	if err != nil {
		return nil, err
	}
	w, err := s.facts.window(windowSpecFromProto(req.GetWindow()), sc)
	if err != nil {
		return nil, err
	}
	slos, err := s.facts.teamSLOs(sc, req.GetSlos())
	if err != nil {
		return nil, err
	}
	if err := tooMany(slos, w); err != nil {
		return nil, err
	}
	in, err := s.facts.burnInput(ctx, sc, slos, w, nil)
	if err != nil {
		return nil, err
	}
	report := slo.Prepare(in)
	return &pb.ListEpisodesResponse{
		Report: reportToProto(report, in), Gaps: gapsToProto(budgetGaps(sc, in, report.At, report.Standings)),
	}, nil
}

// instant returns the end of what is counted up to a time as a person writes
// it, now for "".
func (f *facts) instant(text string, sc scope) (time.Time, error) {
	now := f.now()
	if text == "" {
		return slo.At(opsreview.Window{End: now}, now).In(sc.zone), nil
	}
	at, err := opsreview.ParseTime(text, sc.zone)
	if err == nil && at.Year() < 1970 {
		err = opsreview.Errorf(opsreview.Invalid, "%s is long before anything was counted", at.Format(time.DateOnly))
	}
	return slo.At(opsreview.Window{End: at}, now).In(sc.zone), err
}

// budgetGaps lists what is not known of the budgets, and that there are none.
func budgetGaps(sc scope, in slo.Input, at time.Time, standings []slo.Standing) []review.Gap {
	if len(standings) == 0 {
		return []review.Gap{{
			Subject: "SLOs", Text: "the configuration has none" + ofTeam(sc.team) + ": list OpenSLO documents under slos",
		}}
	}
	return review.BudgetGaps(in, at, standings)
}

const (
	// burnMargin is how long before its trigger and after its end a page's burn is
	// looked for.
	burnMargin = 6 * time.Hour

	// longestBurn is how long after its trigger a page's burn is looked for at
	// most: what is open for longer tells of nothing.
	longestBurn = 30 * 24 * time.Hour
)

// burns computes what one page answers for in the budgets of the SLOs that it is
// about. Others have their part of what was burned while both were open.
func (s *pageService) burns(ctx context.Context, sc scope, page opsreview.Page) ([]*pb.PageBurn, error) {
	slos := slo.About(s.facts.slos)(&page, sc.all[page.Service])
	if len(slos) == 0 {
		return nil, nil
	}
	sc.services = sc.servicesOf(slos)
	end := page.ResolvedAt
	if end.IsZero() {
		end = s.facts.now()
	}
	end = earliest(latest(end, page.TriggeredAt), page.TriggeredAt.Add(longestBurn))
	w := opsreview.Window{Start: page.TriggeredAt.Add(-burnMargin), End: end.Add(burnMargin)}
	in, err := s.facts.burnInput(ctx, sc, slos, w, []opsreview.Page{page})
	if err != nil {
		return nil, err
	}
	var burns []*pb.PageBurn
	for _, b := range slo.Prepare(in).Burns {
		for _, c := range b.Charges {
			if c.Page == page.Ref {
				burns = append(burns, chargeToProto(c, b.Unit, &page))
			}
		}
	}
	return burns, nil
}

// servicesOf returns the services that the SLOs are of.
func (sc scope) servicesOf(slos []opsreview.SLO) map[opsreview.Ref]opsreview.Service {
	of := map[opsreview.Ref]opsreview.Service{}
	for ref, service := range sc.all {
		if len(review.TeamSLOs(opsreview.Org{}, "services", map[opsreview.Ref]opsreview.Service{ref: service}, slos)) > 0 {
			of[ref] = service
		}
	}
	return of
}
