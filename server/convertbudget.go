package server

import (
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/durationpb"

	"opsreview"
	pb "opsreview/proto/opsreview/v1"
	"opsreview/slo"
)

var budgetStatusToProto = map[slo.Status]pb.BudgetStatus{
	slo.OK:        pb.BudgetStatus_BUDGET_STATUS_OK,
	slo.Overspent: pb.BudgetStatus_BUDGET_STATUS_OVERSPENT,
	slo.NoTraffic: pb.BudgetStatus_BUDGET_STATUS_NO_TRAFFIC,
	slo.NoData:    pb.BudgetStatus_BUDGET_STATUS_NO_DATA,
}

func sloToProto(s opsreview.SLO) *pb.SLO {
	return &pb.SLO{
		Name:             s.Name,
		Title:            s.Title,
		Description:      s.Description,
		Service:          s.Service,
		Source:           s.Source,
		Origin:           s.Origin,
		Window:           s.Window.Text,
		SignificantShare: slo.SignificantShare(s),
	}
}

func objectiveToProto(o opsreview.Objective) *pb.SLOObjective {
	out := &pb.SLOObjective{Target: o.Target, BudgetingMethod: string(o.Method), SliceTarget: o.SliceTarget}
	if o.Slice > 0 {
		out.Slice = durationpb.New(o.Slice)
	}
	return out
}

func budgetToProto(b slo.Budget) *pb.Budget {
	if b.Window.IsZero() {
		return nil
	}
	return &pb.Budget{
		Window:           windowToProto(b.Window),
		Status:           budgetStatusToProto[b.Status],
		Unit:             b.Unit,
		Total:            b.Total,
		Bad:              b.Bad,
		Allowed:          b.Allowed,
		Consumed:         b.Consumed,
		Remaining:        b.Remaining,
		ConsumedLow:      b.Low,
		ConsumedHigh:     b.High,
		Unknown:          b.Unknown,
		Coverage:         b.Coverage,
		EdgeError:        b.EdgeError,
		GapBurn:          b.GapBurn,
		Corrected:        durationpb.New(b.Corrected),
		Excess:           b.Excess,
		Resets:           int32(b.Resets),
		Granularity:      b.Granularity,
		ObjectiveChanged: b.Changed,
		Objective:        objectiveToProto(b.Objective),
	}
}

func standingToProto(s slo.Standing) *pb.SLOStanding {
	out := &pb.SLOStanding{
		Slo:         sloToProto(s.SLO),
		Objective:   objectiveToProto(s.Objective),
		Week:        budgetToProto(s.Week),
		Month:       budgetToProto(s.Month),
		Own:         budgetToProto(s.Own),
		WeekShare:   s.WeekShare,
		Approximate: s.Approximate,
	}
	if s.BurnRateKnown {
		out.BurnRate = proto.Float64(s.BurnRate)
	}
	if s.ExhaustionKnown {
		out.Exhaustion = durationpb.New(s.Exhaustion)
	}
	for _, p := range s.BurnDown {
		out.BurnDown = append(out.BurnDown, &pb.BurnDownPoint{Time: timeToProto(p.At), Remaining: p.Remaining, Known: p.Known})
	}
	return out
}

func standingsToProto(standings []slo.Standing) []*pb.SLOStanding {
	out := make([]*pb.SLOStanding, len(standings))
	for i, s := range standings {
		out[i] = standingToProto(s)
	}
	return out
}

// reportToProto converts a report of the input.
func reportToProto(r slo.Report, in slo.Input) *pb.BurnReport {
	pages := make(map[opsreview.Ref]*opsreview.Page, len(in.Pages))
	for i := range in.Pages {
		pages[in.Pages[i].Ref] = &in.Pages[i]
	}
	out := &pb.BurnReport{
		Window:    windowToProto(in.Window),
		TimeZone:  in.Zone.String(),
		AtTime:    timeToProto(r.At),
		Standings: standingsToProto(r.Standings),
		Quality:   qualityToProto(r.Quality),
		Matrix:    matrixToProto(r.Matrix),
		Findings:  findingsToProto(r.Findings),
	}
	for _, b := range r.Burns {
		out.Burns = append(out.Burns, burnToProto(b, pages))
	}
	return out
}

func burnToProto(b slo.Burn, pages map[opsreview.Ref]*opsreview.Page) *pb.Burn {
	out := &pb.Burn{
		Slo:        b.SLO,
		Window:     windowToProto(b.Window),
		Unit:       b.Unit,
		Total:      b.Total,
		Bad:        b.Bad,
		Budget:     b.Budget,
		Before:     b.Before,
		During:     b.During,
		After:      b.After,
		Missed:     b.Missed,
		Pending:    b.Pending,
		Minor:      b.Minor,
		Background: b.Background,
		Quality:    qualityToProto(b.Quality),
	}
	for _, e := range b.Episodes {
		out.Episodes = append(out.Episodes, episodeToProto(e))
	}
	for _, c := range b.Charges {
		out.PageBurns = append(out.PageBurns, chargeToProto(c, b.Unit, pages[c.Page]))
	}
	return out
}

func episodeToProto(e slo.Episode) *pb.Episode {
	out := &pb.Episode{
		Window:       windowToProto(e.Window),
		Total:        e.Total,
		Bad:          e.Bad,
		Cost:         e.Cost,
		PeakBurnRate: e.Peak,
		Slow:         e.Slow,
		Significant:  e.Significant,
		Gap:          e.Gap,
		Pages:        refsToProto(e.Pages),
		Stale:        e.Stale,
		Pending:      e.Pending,
	}
	if len(e.Pages) > 0 {
		out.Detection, out.BurnedBefore = durationpb.New(e.Detection), e.Before
	}
	if e.ResetKnown {
		out.Reset_ = durationpb.New(e.Reset)
	}
	return out
}

// chargeToProto converts what a page answers for. The page is nil if it is not
// at hand.
func chargeToProto(c slo.Charge, unit string, page *opsreview.Page) *pb.PageBurn {
	out := &pb.PageBurn{
		Page:        c.Page.String(),
		Slo:         c.SLO,
		Rule:        string(c.Rule),
		Coincidence: string(c.Verdict),
		Before:      c.Before,
		During:      c.During,
		After:       c.After,
		Cost:        c.Cost,
		Gross:       c.Gross,
		Gap:         c.Gap,
		Partly:      c.Partly,
		Unit:        unit,
	}
	if page != nil {
		out.PageTitle, out.PageTriggerTime = page.Title, timeToProto(page.TriggeredAt)
	}
	return out
}

func ratioToProto(r slo.Ratio) *pb.HitRate {
	if r.N == 0 {
		return nil
	}
	return &pb.HitRate{Hits: int32(r.K), Total: int32(r.N), Low: r.Low, High: r.High}
}

func signedSpreadToProto(s slo.Spread) *pb.SignedSpread {
	if s.N == 0 {
		return nil
	}
	return &pb.SignedSpread{Count: int32(s.N), Median: durationpb.New(s.Median), P90: durationpb.New(s.P90)}
}

func qualityToProto(q slo.Quality) *pb.PagingQuality {
	out := &pb.PagingQuality{
		Precision:        ratioToProto(q.Precision),
		Recall:           ratioToProto(q.Recall),
		Unjudged:         int32(q.Unjudged),
		Pending:          int32(q.Pending),
		Detection:        signedSpreadToProto(q.Detection),
		Reset_:           signedSpreadToProto(q.Reset),
		Redundancy:       q.Redundancy,
		SignificantShare: q.Significant,
	}
	if q.WeightedKnown {
		out.WeightedRecall = proto.Float64(q.Weighted)
	}
	for _, at := range q.Curve {
		out.Curve = append(out.Curve, &pb.QualityAtBound{Bound: at.Bound, Precision: ratioToProto(at.Precision), Recall: ratioToProto(at.Recall)})
	}
	return out
}

func matrixToProto(m slo.Matrix) *pb.BurnMatrix {
	return &pb.BurnMatrix{
		WithBurn:       verdictsToProto(m.WithBurn),
		MinorBurn:      verdictsToProto(m.WithMinor),
		WithoutBurn:    verdictsToProto(m.WithoutBurn),
		Unjudged:       verdictsToProto(m.Unjudged),
		MissedEpisodes: int32(m.Missed),
	}
}

func verdictsToProto(v slo.Verdicts) *pb.BurnVerdicts {
	return &pb.BurnVerdicts{Actionable: int32(v.Actionable), NotActionable: int32(v.NotActionable), Unlabelled: int32(v.Unlabelled)}
}

func correctionToProto(c opsreview.Correction) *pb.Correction {
	return &pb.Correction{
		Id:           c.ID,
		Slo:          c.SLO,
		Window:       windowToProto(c.Window),
		Reason:       c.Reason,
		Author:       c.Author,
		CreateTime:   timeToProto(c.At),
		WithdrawnBy:  c.WithdrawnBy,
		WithdrawTime: timeToProto(c.WithdrawnAt),
	}
}

func correctionsToProto(corrections []opsreview.Correction) []*pb.Correction {
	out := make([]*pb.Correction, len(corrections))
	for i, c := range corrections {
		out[i] = correctionToProto(c)
	}
	return out
}
