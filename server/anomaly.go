package server

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"opsreview"
	"opsreview/lookback"
	pb "opsreview/proto/opsreview/v1"
	"opsreview/store"
)

// mostPlots is how many series of one anomaly are drawn.
const mostPlots = 3

type anomalyService struct {
	pb.UnimplementedAnomalyServiceServer
	facts *facts
}

// A lookRequest names a look back.
type lookRequest interface {
	GetTeam() string
	GetWindow() *pb.WindowSelector
	GetLookBack() string
}

// look looks back as a request asks.
func (s *anomalyService) look(ctx context.Context, req lookRequest) (*look, scope, error) {
	sc, err := s.facts.scope(ctx, req.GetTeam())
	if err != nil {
		return nil, sc, err
	}
	w, err := s.facts.window(windowSpecFromProto(req.GetWindow()), sc)
	if err != nil {
		return nil, sc, err
	}
	if w, err = s.facts.lookWindow(sc, w, req.GetLookBack()); err != nil {
		return nil, sc, err
	}
	l, err := s.facts.lookBack(ctx, sc, w, nil)
	if err == nil && l.nothing() {
		l = &look{report: lookback.Report{Window: w, Zone: sc.zone}}
		if w.Validate() != nil {
			l.report.Skipped = []lookback.Skip{{Subject: "everything", Text: "the time to look back over has not begun"}}
		}
	}
	return l, sc, err
}

func (s *anomalyService) ListAnomalies(ctx context.Context, req *pb.ListAnomaliesRequest) (*pb.ListAnomaliesResponse, error) {
	switch lookback.Context(req.GetContext()) {
	case "", lookback.Unexplained, lookback.Paged, lookback.Explained:
	default:
		return nil, opsreview.Errorf(opsreview.Invalid, "%q is no context: choose unexplained, paged or explained", bounded(req.GetContext()))
	}
	l, sc, err := s.look(ctx, req)
	if err != nil {
		return nil, err
	}
	r := l.report
	wanted := func(a lookback.Anomaly) bool {
		return (req.GetContext() == "" || string(a.Context) == req.GetContext()) && aboutService(sc, a.Chart, req.GetService())
	}
	dismissed := chosen(r.Dismissed, wanted)
	r.Anomalies, r.More, r.Dismissed = chosen(r.Anomalies, wanted), chosen(r.More, wanted), dismissed
	if strings.TrimSpace(req.GetService()) != "" {
		r.Charts, r.Series = l.looked(func(c opsreview.Chart) bool { return aboutService(sc, c, req.GetService()) })
	}
	if req.GetAll() {
		r.Anomalies, r.More = slices.Concat(r.Anomalies, r.More, dismissed), nil
	}
	return &pb.ListAnomaliesResponse{LookBack: lookBackToProto(r, sc.zone, nil)}, nil
}

// looked counts the charts that were looked at, and their series.
func (l *look) looked(about func(opsreview.Chart) bool) (charts, series int) {
	each := map[string]int{}
	for _, f := range l.in.Found {
		if f.Result.Skipped == "" {
			each[f.Series.Chart]++
		}
	}
	for _, c := range l.in.Charts {
		if n := each[c.Key]; n > 0 && about(c) {
			charts, series = charts+1, series+n
		}
	}
	return charts, series
}

func chosen(all []lookback.Anomaly, wanted func(lookback.Anomaly) bool) []lookback.Anomaly {
	return slices.DeleteFunc(slices.Clone(all), func(a lookback.Anomaly) bool { return !wanted(a) })
}

// aboutService reports whether a chart is about the service that a word means.
func aboutService(sc scope, c opsreview.Chart, word string) bool {
	if strings.TrimSpace(word) == "" || strings.EqualFold(strings.TrimSpace(word), strings.TrimSpace(c.Service)) {
		return true
	}
	refs := servicesOf(sc, []opsreview.Chart{c})
	return slices.ContainsFunc(servicesOf(sc, []opsreview.Chart{{Service: word}}), func(r opsreview.Ref) bool { return slices.Contains(refs, r) })
}

func (s *anomalyService) GetAnomaly(ctx context.Context, req *pb.GetAnomalyRequest) (*pb.GetAnomalyResponse, error) {
	l, sc, err := s.look(ctx, req)
	if err != nil {
		return nil, err
	}
	a, err := l.find(req.GetName())
	if err != nil {
		return nil, err
	}
	plots, err := s.facts.plots(ctx, l, a, mostPlots)
	if err != nil {
		return nil, err
	}
	resp := &pb.GetAnomalyResponse{Anomaly: anomalyToProto(a, plots), TimeZone: sc.zone.String()}
	decisions, err := s.facts.db.AnomalyDecisions(ctx, keysOf([]opsreview.Chart{a.Chart}))
	resp.Decisions = decisionsToProto(decisions)
	return resp, err
}

// find returns the anomaly that a name means: an ID or a beginning of one, or
// the ID that it had when people decided about it. It returns a NotFound error,
// or an Invalid one for a name that fits several.
func (l *look) find(name string) (lookback.Anomaly, error) {
	name = strings.ToLower(strings.TrimSpace(name))
	if name == "" {
		return lookback.Anomaly{}, opsreview.Errorf(opsreview.Invalid, "say which anomaly is meant: anomaly list names them")
	}
	all := slices.Concat(l.report.Anomalies, l.report.More, l.report.Dismissed)
	var fits []lookback.Anomaly
	for _, a := range all {
		if a.ID == name {
			return a, nil
		}
		if strings.HasPrefix(a.ID, name) || strings.HasPrefix(a.ID, "a-"+name) {
			fits = append(fits, a)
		}
	}
	if len(fits) == 0 {
		fits = l.once(name, all)
	}
	switch len(fits) {
	case 0:
		const form = "2 Jan 2006 15:04"
		w, zone := l.report.Window, l.report.Zone
		return lookback.Anomaly{}, opsreview.Errorf(opsreview.NotFound, "there is no anomaly %q from %s to %s: anomaly list names those that there are",
			bounded(name), w.Start.In(zone).Format(form), w.End.In(zone).Format(form))
	case 1:
		return fits[0], nil
	}
	return lookback.Anomaly{}, opsreview.Errorf(opsreview.Invalid, "%q fits %d anomalies, such as %s and %s", bounded(name), len(fits), fits[0].ID, fits[1].ID)
}

// once returns the anomalies that had a name when people decided about them.
func (l *look) once(name string, all []lookback.Anomaly) []lookback.Anomaly {
	var fits []lookback.Anomaly
	for _, a := range all {
		if slices.ContainsFunc(l.in.Decisions, func(d opsreview.AnomalyDecision) bool {
			return d.Anomaly == name && lookback.Touches(d, a)
		}) {
			fits = append(fits, a)
		}
	}
	return fits
}

func (s *anomalyService) DecideAnomaly(ctx context.Context, req *pb.DecideAnomalyRequest) (*pb.DecideAnomalyResponse, error) {
	d := opsreview.AnomalyDecision{
		Verdict: anomalyVerdictFromProto(req.GetVerdict()), Reason: strings.TrimSpace(req.GetReason()), At: s.facts.now(),
	}
	if err := checkVerdict(d, req.GetUntil()); err != nil {
		return nil, err
	}
	var err error
	if d.Author, err = checkAuthor("a decision", req.GetAuthor()); err != nil {
		return nil, err
	}
	r, err := request(req, d.At)
	if err != nil {
		return nil, err
	}
	l, sc, err := s.look(ctx, req)
	if err != nil {
		return nil, err
	}
	a, err := l.find(req.GetName())
	if err != nil {
		return nil, err
	}
	if d.Until, err = s.until(req.GetUntil(), a, sc); err != nil {
		return nil, err
	}
	d.Chart, d.Window, d.Anomaly, d.Text = a.Chart.Key, a.Window, a.ID, a.Text
	saved, err := s.facts.db.DecideAnomaly(ctx, r, d)
	if err != nil {
		return nil, err
	}
	l.in.Decisions = append(l.in.Decisions, saved)
	l.report = lookback.Prepare(l.in)
	if a, err = l.find(a.ID); err != nil {
		return nil, err
	}
	return &pb.DecideAnomalyResponse{Anomaly: anomalyToProto(a, nil), Decision: decisionToProto(saved)}, nil
}

// checkVerdict returns an Invalid error for a decision that says too little or
// too much.
func checkVerdict(d opsreview.AnomalyDecision, until string) error {
	switch {
	case d.Verdict == "":
		return opsreview.Errorf(opsreview.Invalid, "a decision needs a verdict: dismissed, accepted or reopened")
	case d.Verdict == opsreview.AnomalyDismissed && d.Reason == "":
		return opsreview.Errorf(opsreview.Invalid, "a dismissal needs a reason: say why there is nothing to do")
	case utf8.RuneCountInString(d.Reason) > maxReason:
		return opsreview.Errorf(opsreview.Invalid, "a reason may have %d characters at most", maxReason)
	case d.Verdict != opsreview.AnomalyDismissed && until != "":
		return opsreview.Errorf(opsreview.Invalid, "only a dismissal can last until a time")
	}
	return nil
}

// until reads up to when a dismissal stretches; zero for this one only.
func (s *anomalyService) until(text string, a lookback.Anomaly, sc scope) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	at, err := opsreview.ParseTime(text, sc.zone)
	if err == nil && !at.After(a.Window.Start) {
		err = opsreview.Errorf(opsreview.Invalid, "%s is before the anomaly began: a dismissal lasts until a later time", bounded(text))
	}
	return at, err
}

func (s *anomalyService) ListDecisions(ctx context.Context, req *pb.ListDecisionsRequest) (*pb.ListDecisionsResponse, error) {
	size, digest, before, err := pagingByID(req)
	if err != nil {
		return nil, err
	}
	sc, err := s.facts.scope(ctx, req.GetTeam())
	if err != nil {
		return nil, err
	}
	f := store.AnomalyDecisionFilter{Limit: size + 1}
	if before > 0 {
		f.Before = decisionID + strconv.FormatInt(before, 10)
	}
	if req.GetTeam() != "" {
		if f.Charts, err = s.facts.chartKeys(ctx, sc); err != nil {
			return nil, err
		}
	}
	decisions, err := s.facts.db.ListAnomalyDecisions(ctx, f)
	if err != nil {
		return nil, err
	}
	resp := &pb.ListDecisionsResponse{}
	if len(decisions) > size {
		decisions = decisions[:size]
		resp.NextPageToken = encodeToken(strings.TrimPrefix(decisions[size-1].ID, decisionID), digest)
	}
	resp.Decisions = decisionsToProto(decisions)
	return resp, nil
}

// decisionID begins the IDs of decisions, before a number.
const decisionID = "d-"
