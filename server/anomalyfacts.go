package server

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	"opsreview"
	"opsreview/hygiene"
	"opsreview/lookback"
	"opsreview/review"
	"opsreview/slo"
	"opsreview/store"
)

const (
	// longestLook is the longest look back that anybody may ask for: older values
	// are not kept.
	longestLook = 100 * 24 * time.Hour

	// afterLook is how much after a look back is read too: whether a level stays
	// shows on the day after.
	afterLook = 2 * 24 * time.Hour

	// pullLag is how far behind its source a look at its charts may be: they are
	// not read with each pull.
	pullLag = 2 * time.Hour
)

// known is what the configuration says of what is looked at.
type known struct {
	boards      []opsreview.Dashboard
	charts      []opsreview.Chart
	definitions []opsreview.MonitorDefinition
	runbooks    []opsreview.Runbook
	rules       []hygiene.Rule
}

// A look is a team's look back, and what it was computed from.
type look struct {
	in     lookback.Input
	report lookback.Report
	views  map[string]lookback.View // by chart
}

// nothing reports whether there is nothing to look at.
func (l *look) nothing() bool { return l == nil || len(l.in.Charts) == 0 }

// lookWindow returns the time under review of a look back that ends with a
// window: a length such as "14d" before its end, the configuration's for "",
// up to now. It is empty where nothing of it has begun.
func (f *facts) lookWindow(sc scope, w opsreview.Window, length string) (opsreview.Window, error) {
	end := w.End.In(sc.zone)
	look := opsreview.Window{Start: end.Add(-f.look.SpanOrDefault()), End: earliest(w.End, f.now())}
	if days := f.look.SpanOrDefault() / (24 * time.Hour); days*24*time.Hour == f.look.SpanOrDefault() {
		look.Start = end.AddDate(0, 0, -int(days))
	}
	if length != "" {
		long, err := opsreview.WindowSpec{Last: length}.Resolve(end, sc.zone)
		if err != nil {
			return look, err
		}
		look.Start = long.Start
	}
	if w.End.Sub(look.Start) > longestLook {
		return look, opsreview.Errorf(opsreview.Invalid, "a look back of more than 100 days is too long: older values are not kept")
	}
	if !look.Start.Before(look.End) {
		look.End = look.Start
	}
	return look, nil
}

// teamCharts returns the charts that a team looks at, by key: those that sources
// pulled, and those of the configuration that none has pulled yet.
func (f *facts) teamCharts(ctx context.Context, sc scope) ([]opsreview.Chart, error) {
	charts, err := f.db.Charts(ctx, store.ChartFilter{})
	if err != nil {
		return nil, err
	}
	have := make(map[string]bool, len(charts))
	for _, c := range charts {
		have[c.Key] = true
		for _, key := range c.Also {
			have[key] = true
		}
	}
	for _, c := range f.known.charts {
		if !have[c.Key] {
			c.Skipped = cmp.Or(c.Skipped, "it has not been pulled yet: sync its source")
			charts = append(charts, c)
		}
	}
	slices.SortStableFunc(charts, func(a, b opsreview.Chart) int { return strings.Compare(a.Key, b.Key) })
	return review.TeamCharts(f.org, sc.team, sc.services, charts), nil
}

// lookBack looks back over the team's charts, or those of them that are chosen.
// It returns nil where there are none.
func (f *facts) lookBack(ctx context.Context, sc scope, w opsreview.Window, only func(opsreview.Chart) bool) (*look, error) {
	charts, err := f.teamCharts(ctx, sc)
	if err != nil {
		return nil, err
	}
	if only != nil {
		charts = slices.DeleteFunc(charts, func(c opsreview.Chart) bool { return !only(c) })
	}
	if len(charts) == 0 || w.Validate() != nil {
		return nil, nil
	}
	set := f.look
	set.Span = w.Duration()
	l := &look{in: lookback.Input{
		Window: w, Now: f.now(), Zone: sc.zone, Settings: set, Charts: charts, Services: sc.all,
	}}
	if err := f.addFound(ctx, l); err != nil {
		return nil, err
	}
	if err := f.addContext(ctx, sc, l); err != nil {
		return nil, err
	}
	l.report = lookback.Prepare(l.in)
	return l, nil
}

// keysOf returns the keys of charts, and of the panels that ask the same.
func keysOf(charts []opsreview.Chart) []string {
	keys := []string{}
	for _, c := range charts {
		keys = append(append(keys, c.Key), c.Also...)
	}
	return keys
}

// addFound adds what looking at the series found: earlier if nothing has changed
// since. Where time runs short the rest is left for the next time.
func (f *facts) addFound(ctx context.Context, l *look) error {
	states, err := f.db.SeriesStates(ctx, nil)
	if err != nil {
		return err
	}
	if l.views, err = f.views(ctx, l, states); err != nil {
		return err
	}
	var ours []opsreview.SeriesState
	var keys []string
	for _, s := range states {
		if view, ok := l.views[s.Chart]; ok && view.Sees(s) {
			ours, keys = append(ours, s), append(keys, s.Key)
		}
	}
	if len(keys) == 0 {
		return nil
	}
	cached, err := f.db.Scans(ctx, keys, l.views[ours[0].Chart].Window)
	if err != nil {
		return err
	}
	var missing []opsreview.SeriesState
	for _, s := range ours {
		scan := cached[s.Key]
		if result, ok := lookback.ReadScan(scan); ok && scan.Of == lookback.ScanOf(s, l.views[s.Chart]) {
			l.in.Found = append(l.in.Found, lookback.Found{Series: s, Result: result})
			continue
		}
		missing = append(missing, s)
	}
	return f.scanAll(ctx, l, missing)
}

// points reads a series with its history.
func (f *facts) points(ctx context.Context, key string, view lookback.View) (opsreview.Points, error) {
	start := view.Window.End.Add(-view.Set.HistoryOrDefault())
	end := latest(view.Until, start.Add(time.Minute))
	p, err := f.db.Points(ctx, key, opsreview.Window{Start: start, End: end})
	if opsreview.ErrorCode(err) == opsreview.NotFound { // it went meanwhile
		return opsreview.Points{Series: key}, nil
	}
	return p, err
}

// views says for each chart that is looked at how. Up to when a series would be
// known is up to when any series of its source is, since all are read together,
// unless a pull was cut off in between; then it is up to when any of its chart is.
func (f *facts) views(ctx context.Context, l *look, states []opsreview.SeriesState) (map[string]lookback.View, error) {
	sources, err := f.db.Sources(ctx)
	if err != nil {
		return nil, err
	}
	whole := map[string]time.Time{}
	for _, h := range sources {
		if h.LastError == "" && !h.StartedAt.IsZero() && !h.EndedAt.Before(h.StartedAt) {
			whole[h.Name] = h.SyncedTo.Add(-pullLag)
		}
	}
	sourceOf, last := map[string]string{}, map[string]time.Time{}
	for _, c := range l.in.Charts {
		sourceOf[c.Key] = c.Source
	}
	for _, s := range states {
		last[s.Chart] = latest(last[s.Chart], s.Last)
		if at, ok := whole[sourceOf[s.Chart]]; ok {
			whole[sourceOf[s.Chart]] = latest(at, s.Last)
		}
	}
	views := map[string]lookback.View{}
	for _, c := range l.in.Charts {
		if c.Skipped != "" {
			continue
		}
		until := last[c.Key]
		if at, ok := whole[c.Source]; ok {
			until = latest(until, at)
		}
		until = earliest(until.Add(time.Millisecond), l.in.Window.End.Add(afterLook))
		views[c.Key] = lookback.ViewOf(l.in.Window, until, l.in.Zone, l.in.Settings)
	}
	return views, nil
}

// addContext adds what is known of the times in which anything was found: pages,
// burn, announced work and what people decided.
func (f *facts) addContext(ctx context.Context, sc scope, l *look) error {
	var err error
	if l.in.Decisions, err = f.db.AnomalyDecisions(ctx, keysOf(l.in.Charts)); err != nil {
		return err
	}
	w, any := foundIn(l.in)
	if !any {
		return nil
	}
	w = opsreview.Window{Start: w.Start.Add(-time.Hour), End: w.End.Add(time.Hour)}
	if l.in.Pages, err = f.db.Pages(ctx, store.PageFilter{Services: servicesOf(sc, l.in.Charts), Window: w, WithoutEvents: true}); err != nil {
		return err
	}
	if l.in.Incidents, err = f.incidentsIn(ctx, w); err != nil {
		return err
	}
	for _, m := range f.org.Maintenance {
		quiet := lookback.Quiet{Window: m.Window, Reason: m.Summary}
		if len(m.Services) == 0 {
			l.in.Quiet = append(l.in.Quiet, quiet)
		}
		for _, service := range m.Services {
			quiet.Service = service
			l.in.Quiet = append(l.in.Quiet, quiet)
		}
	}
	return f.addBurns(ctx, sc, l)
}

// foundIn returns the time in which anything was found of a look back, and
// whether anything was.
func foundIn(in lookback.Input) (w opsreview.Window, any bool) {
	for _, found := range in.Found {
		for _, one := range found.Result.Windows {
			if !one.Start.Before(in.Window.End) || !in.Window.Start.Before(one.End) {
				continue
			}
			if !any {
				w = opsreview.Window{Start: one.Start, End: one.End}
			}
			any, w.Start, w.End = true, earliest(w.Start, one.Start), latest(w.End, one.End)
		}
	}
	return w, any
}

// servicesOf returns the services that charts are about, as a filter.
func servicesOf(sc scope, charts []opsreview.Chart) []opsreview.Ref {
	words := map[string]bool{}
	for _, c := range charts {
		words[strings.ToLower(strings.TrimSpace(c.Service))] = true
	}
	delete(words, "")
	refs := []opsreview.Ref{}
	for ref, s := range sc.all {
		if words[strings.ToLower(strings.TrimSpace(s.Name))] || words[strings.ToLower(ref.String())] {
			refs = append(refs, ref)
		}
	}
	slices.SortFunc(refs, opsreview.Ref.Compare)
	return refs
}

// addBurns adds when the team's budgets burned. A look back over so much that no
// report of budgets can be computed goes without.
func (f *facts) addBurns(ctx context.Context, sc scope, l *look) error {
	slos, err := f.teamSLOs(sc, nil)
	if err != nil || len(slos) == 0 || tooMany(slos, l.in.Window) != nil {
		return err
	}
	services := make(map[string]string, len(slos))
	for _, s := range slos {
		services[s.Name] = s.Service
	}
	in, err := f.burnInput(ctx, sc, slos, l.in.Window, nil)
	if err != nil {
		return err
	}
	for _, burn := range slo.Prepare(in).Burns {
		for _, e := range burn.Episodes {
			l.in.Burns = append(l.in.Burns, lookback.Burn{Service: services[e.SLO], SLO: e.SLO, Window: e.Window, Share: e.Cost})
		}
	}
	return nil
}

// plots draws the most unusual series of an anomaly.
func (f *facts) plots(ctx context.Context, l *look, a lookback.Anomaly, most int) ([]lookback.Plot, error) {
	var plots []lookback.Plot
	for _, m := range a.Series[:min(most, len(a.Series))] {
		points, err := f.points(ctx, m.Series.Key, l.views[a.Chart.Key])
		if err != nil {
			return nil, err
		}
		if len(points.Values) == 0 {
			continue
		}
		plots = append(plots, lookback.PlotOf(a, m, points, l.in.Zone))
	}
	return plots, nil
}

// shownPlots draws each anomaly that a review shows, by ID.
func (f *facts) shownPlots(ctx context.Context, l *look) (map[string][]lookback.Plot, error) {
	plots := map[string][]lookback.Plot{}
	if l.nothing() {
		return plots, nil
	}
	for _, a := range l.report.Anomalies {
		drawn, err := f.plots(ctx, l, a, 1)
		if err != nil {
			return nil, err
		}
		plots[a.ID] = drawn
	}
	return plots, nil
}

// chartsWithWork returns a choice of the charts of which people accepted something.
func (f *facts) chartsWithWork(ctx context.Context) (func(opsreview.Chart) bool, error) {
	decisions, err := f.db.AnomalyDecisions(ctx, nil)
	keys := map[string]bool{}
	for _, d := range decisions {
		if d.Verdict == opsreview.AnomalyAccepted {
			keys[d.Chart] = true
		}
	}
	return func(c opsreview.Chart) bool {
		return slices.ContainsFunc(keysOf([]opsreview.Chart{c}), func(key string) bool { return keys[key] })
	}, err
}
