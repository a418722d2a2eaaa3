package server

import (
	"context"
	"slices"
	"strings"
	"time"

	"opsreview"
	"opsreview/review"
	"opsreview/slo"
	"opsreview/store"
)

const (
	// episodeLead is how long before a window pages and episodes matter for the
	// burn in it.
	episodeLead = 6 * time.Hour

	// maxSLODays bounds the days of single minutes that one answer is computed
	// from, over all its SLOs: a week of 400 SLOs, or two years of four.
	maxSLODays = 3000
)

// teamSLOs returns the team's SLOs in the order of their names, or those of them
// that are named: in full, in any case, or by the last part alone if it fits one
// only. It returns a NotFound error, which names those that are most like it, for
// a name that fits none, and an Invalid one for a name that fits several.
func (f *facts) teamSLOs(sc scope, names []string) ([]opsreview.SLO, error) {
	all := review.TeamSLOs(f.org, sc.team, sc.services, f.slos)
	if len(names) == 0 {
		return all, nil
	}
	chosen := map[string]bool{}
	for _, name := range names {
		fits := fitting(all, name)
		switch {
		case len(fits) == 0:
			return nil, opsreview.Errorf(opsreview.NotFound, "there is no SLO %q%s%s", bounded(name), ofTeam(sc.team), nearestSLOs(all, name))
		case len(fits) > 1:
			return nil, opsreview.Errorf(opsreview.Invalid, "%q fits several SLOs: %s", bounded(name), strings.Join(fits, ", "))
		}
		chosen[fits[0]] = true
	}
	return slices.DeleteFunc(all, func(s opsreview.SLO) bool { return !chosen[s.Name] }), nil
}

// fitting lists the names of the SLOs that name means.
func fitting(all []opsreview.SLO, name string) []string {
	var loose []string
	for _, s := range all {
		if s.Name == name {
			return []string{name}
		}
		_, last, _ := strings.Cut(s.Name, "/")
		if strings.EqualFold(s.Name, name) || strings.EqualFold(last, name) {
			loose = append(loose, s.Name)
		}
	}
	return loose
}

// mostNear is how many names an error about an unknown SLO suggests.
const mostNear = 3

// nearestSLOs suggests the SLOs whose names are most like name, or says that
// there are none at all.
func nearestSLOs(all []opsreview.SLO, name string) string {
	if len(all) == 0 {
		return ": the configuration has none; list their documents under slos"
	}
	type near struct {
		name string
		far  int
	}
	var found []near
	wanted := strings.ToLower(bounded(name))
	for _, s := range all {
		known := strings.ToLower(s.Name)
		far := distance(wanted, known)
		if _, last, ok := strings.Cut(known, "/"); ok {
			far = min(far, distance(wanted, last))
		}
		if far <= max(len(wanted)/3, 2) || (len(wanted) > 2 && strings.Contains(known, wanted)) {
			found = append(found, near{s.Name, far})
		}
	}
	slices.SortStableFunc(found, func(a, b near) int { return a.far - b.far })
	if len(found) == 0 {
		return ": budget show lists them"
	}
	names := make([]string, 0, mostNear)
	for _, n := range found[:min(len(found), mostNear)] {
		names = append(names, n.name)
	}
	return ": did you mean " + strings.Join(names, " or ") + "?"
}

// distance is the number of letters to insert, remove or replace to get from a
// to b (Levenshtein 1966).
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			replaced := diagonal
			if a[i] != b[j] {
				replaced++
			}
			diagonal = row[j+1]
			row[j+1] = min(replaced, row[j]+1, diagonal+1)
		}
	}
	return row[len(b)]
}

// standings computes how SLOs stand at a time. Minutes are read only where an
// end of a window or a correction cuts an hour, and of slices that may be bad.
func (f *facts) standings(ctx context.Context, sc scope, slos []opsreview.SLO, at time.Time) (slo.Input, []slo.Standing, error) {
	in := slo.Input{Window: opsreview.Window{Start: at.Add(-slo.Week), End: at}, Now: f.now(), Zone: sc.zone}
	var err error
	if in.Series, err = f.series(ctx, slos, in.Window, at, at); err != nil {
		return in, nil, err
	}
	standings := make([]slo.Standing, len(in.Series))
	for i, s := range in.Series {
		standings[i] = slo.StandingOf(s, at)
	}
	return in, standings, nil
}

// burnInput reads what a report of the SLOs over the window is computed from.
// The cost of it grows with the window, not with the stored history. Pages in
// hand are not read again.
func (f *facts) burnInput(ctx context.Context, sc scope, slos []opsreview.SLO, w opsreview.Window, hand []opsreview.Page) (slo.Input, error) {
	in := slo.Input{Window: w, Now: f.now(), Zone: sc.zone, Known: f.slos, Services: sc.all}
	at := slo.At(w, in.Now).In(sc.zone)
	var err error
	if in.Series, err = f.series(ctx, slos, w, at, w.Start.Add(-episodeLead).Truncate(time.Hour)); err != nil {
		return in, err
	}
	if in.Pages, err = f.burnPages(ctx, sc, slos, opsreview.Window{Start: w.Start.Add(-episodeLead), End: w.End}, hand); err != nil {
		return in, err
	}
	in.Monitors, err = f.monitors(ctx, in.Pages)
	return in, err
}

// addBudget adds what the budgets of the review's team are computed from. A
// review of so much that no report of it can be computed goes without.
func (f *facts) addBudget(ctx context.Context, sc scope, in *review.Input) error {
	slos, err := f.teamSLOs(sc, nil)
	if err != nil || len(slos) == 0 {
		return err
	}
	if err := tooMany(slos, in.Window); err != nil {
		in.LeftOut = append(in.LeftOut, review.Gap{Subject: "budgets", Text: opsreview.ErrorMessage(err)})
		return nil
	}
	budget, err := f.burnInput(ctx, sc, slos, in.Window, in.Pages)
	in.Budget = &budget
	return err
}

// tooMany returns an Invalid error for a report that would take too many
// minutes of too many SLOs.
func tooMany(slos []opsreview.SLO, w opsreview.Window) error {
	const day = 24 * time.Hour
	days := int((w.Duration() + day - 1) / day)
	if n := days * len(slos); n > maxSLODays {
		return opsreview.Errorf(opsreview.Invalid, "%d days of %d SLOs are too much for one answer: narrow the window, or name a team or SLOs", days, len(slos))
	}
	return nil
}

// series reads what is known of the SLOs up to a time, for reports of the
// window: sums of hours, and what they are made of from detail on.
func (f *facts) series(ctx context.Context, slos []opsreview.SLO, w opsreview.Window, at, detail time.Time) ([]slo.Series, error) {
	names := make([]string, len(slos))
	for i, s := range slos {
		names[i] = s.Name
	}
	history, err := f.db.Objectives(ctx, names)
	if err != nil {
		return nil, err
	}
	corrections, err := f.inForce(ctx, names)
	if err != nil {
		return nil, err
	}
	series := make([]slo.Series, len(slos))
	reads := map[stretch][]int{}
	for i, s := range slos {
		series[i] = slo.Series{SLO: s, History: history[s.Name], Corrections: corrections[s.Name], Approximate: s.Indicator.Approximate}
		r := stretch{since: slo.Since(s, w, at).UnixMilli(), detail: detail.UnixMilli()}
		if counted(series[i]) != opsreview.Occurrences {
			r.detail = r.since
		}
		reads[r] = append(reads[r], i)
	}
	for r, which := range reads {
		if err := f.addSegments(ctx, series, which, r, w, at); err != nil {
			return nil, err
		}
	}
	return series, nil
}

// counted returns what the series' budget is counted in: slices if it ever was.
func counted(s slo.Series) opsreview.BudgetingMethod {
	method := s.SLO.Objective.Method
	for _, c := range s.History {
		if c.Objective.Method != opsreview.Occurrences {
			method = c.Objective.Method
		}
	}
	return method
}

// inForce returns the corrections of the SLOs that nobody has withdrawn.
func (f *facts) inForce(ctx context.Context, names []string) (map[string][]opsreview.Correction, error) {
	all, err := f.db.Corrections(ctx, names)
	if err != nil {
		return nil, err
	}
	in := map[string][]opsreview.Correction{}
	for _, c := range all {
		if c.WithdrawnAt.IsZero() {
			in[c.SLO] = append(in[c.SLO], c)
		}
	}
	return in, nil
}

// A stretch is from when on segments are read, in milliseconds, and from when
// on in detail.
type stretch struct{ since, detail int64 }

// addSegments reads the segments of those of the series that need the same
// stretch of them.
func (f *facts) addSegments(ctx context.Context, series []slo.Series, which []int, r stretch, w opsreview.Window, at time.Time) error {
	since, detail := time.UnixMilli(r.since), time.UnixMilli(r.detail)
	filter := store.SegmentFilter{Cuts: append(slo.BurnRateCuts(at), w.Start, at.Add(-slo.Week), at.Add(-slo.Month))}
	for _, i := range which {
		s := series[i]
		filter.SLOs = append(filter.SLOs, s.SLO.Name)
		if own, ok := slo.OwnWindow(s.SLO, at); ok {
			filter.Cuts = append(filter.Cuts, own.Start)
		}
		for _, c := range s.Corrections {
			if c.Window.Overlap(since, at) > 0 {
				filter.Cuts = append(filter.Cuts, c.Window.Start, c.Window.End)
			}
		}
	}
	for _, part := range []struct {
		window opsreview.Window
		detail bool
	}{
		{opsreview.Window{Start: since, End: earliest(detail, at)}, false},
		{opsreview.Window{Start: latest(since, detail), End: at}, true},
	} {
		if !part.window.Start.Before(part.window.End) {
			continue
		}
		filter.Window, filter.Detail = part.window, part.detail
		found, err := f.db.Segments(ctx, filter)
		if err != nil {
			return err
		}
		for _, i := range which {
			series[i].Segments = joined(series[i].Segments, found[series[i].SLO.Name])
		}
	}
	return nil
}

// joined returns the segments of two stretches that meet. One that lies across
// their border is in both.
func joined(before, after []opsreview.Segment) []opsreview.Segment {
	if n := len(before); n > 0 && len(after) > 0 && after[0].Start.Before(before[n-1].End) {
		after = after[1:]
	}
	if len(before) == 0 {
		return after
	}
	return append(before, after...)
}

func earliest(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}

func latest(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// burnPages returns the pages that were open at any time in the window and are
// of the team's services, or about one of the SLOs though they are of another's.
// Pages that had been open for more than carriedDays when it began are left out:
// nobody is told of anything by them.
func (f *facts) burnPages(ctx context.Context, sc scope, slos []opsreview.SLO, w opsreview.Window, hand []opsreview.Page) ([]opsreview.Page, error) {
	ours := sc.serviceRefs()
	open := store.PageFilter{
		Window:    opsreview.Window{Start: w.Start.AddDate(0, 0, -carriedDays), End: w.End},
		OpenAfter: w.Start,
	}
	var pages []opsreview.Page
	for _, p := range hand {
		known := len(p.Events) > 0 && open.Window.Contains(p.TriggeredAt) && (p.ResolvedAt.IsZero() || p.ResolvedAt.After(w.Start))
		if _, our := sc.services[p.Service]; known && (our || ours == nil) {
			pages = append(pages, p)
		}
	}
	mine := open
	mine.Services, mine.Except = ours, refsOf(pages)
	more, err := f.db.Pages(ctx, mine)
	if pages = append(pages, more...); err != nil || ours == nil {
		return pages, err
	}
	open.Others, open.WithoutEvents = ours, true
	others, err := f.db.Pages(ctx, open)
	if err != nil {
		return nil, err
	}
	find, about := slo.About(slos), []opsreview.Ref{}
	for i := range others {
		if p := &others[i]; len(find(p, sc.all[p.Service])) > 0 {
			about = append(about, p.Ref)
		}
	}
	if len(about) == 0 {
		return pages, nil
	}
	more, err = f.db.Pages(ctx, store.PageFilter{Refs: about})
	return append(pages, more...), err
}
