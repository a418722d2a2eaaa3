package server

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"opsreview"
	"opsreview/hygiene"
	pb "opsreview/proto/opsreview/v1"
	"opsreview/review"
	"opsreview/store"
)

type dashboardService struct {
	pb.UnimplementedDashboardServiceServer
	facts *facts
}

func (s *dashboardService) ListDashboards(ctx context.Context, req *pb.ListDashboardsRequest) (*pb.ListDashboardsResponse, error) {
	sc, err := s.facts.scope(ctx, req.GetTeam())
	if err != nil {
		return nil, err
	}
	boards, charts, err := s.facts.teamBoards(ctx, sc)
	if err != nil {
		return nil, err
	}
	looked := map[string]int32{}
	for _, c := range charts {
		if c.Skipped == "" {
			looked[boardOf(c.Key)]++
			for _, key := range c.Also {
				looked[boardOf(key)]++
			}
		}
	}
	resp := &pb.ListDashboardsResponse{}
	for _, b := range boards {
		out := &pb.Dashboard{
			Source: b.Source, Uid: b.UID, Title: b.Title, Folder: b.Folder, Url: b.URL, Origin: b.Origin,
			Charts: looked[b.UID], UpdateTime: timeToProto(b.UpdatedAt),
		}
		for _, p := range b.Panels {
			if p.Type != "row" {
				out.Panels++
			}
		}
		resp.Dashboards = append(resp.Dashboards, out)
	}
	return resp, nil
}

// boardOf returns the dashboard that a chart is of, by its UID; what it returns
// of a query of the configuration is no UID.
func boardOf(chart string) string {
	at := strings.LastIndex(chart, "/")
	if at < 0 {
		return chart
	}
	return chart[:at]
}

// teamBoards returns the dashboards of which a team looks at a panel and those
// that nobody's charts are of, by title, and the team's charts. Of one that a
// file has and a source too, the file's is taken.
func (f *facts) teamBoards(ctx context.Context, sc scope) ([]opsreview.Dashboard, []opsreview.Chart, error) {
	fetched, err := f.db.Dashboards(ctx)
	if err != nil {
		return nil, nil, err
	}
	all, err := f.db.Charts(ctx, store.ChartFilter{})
	if err != nil {
		return nil, nil, err
	}
	mine := review.TeamCharts(f.org, sc.team, sc.services, all)
	somebodys, ours := boardsOf(all), boardsOf(mine)
	have := map[string]bool{}
	var boards []opsreview.Dashboard
	for _, b := range slices.Concat(f.known.boards, fetched) {
		if have[b.UID] || (somebodys[b.UID] && !ours[b.UID]) {
			continue
		}
		have[b.UID] = b.UID != ""
		boards = append(boards, b)
	}
	slices.SortStableFunc(boards, func(a, b opsreview.Dashboard) int {
		return cmp.Or(strings.Compare(a.Title, b.Title), strings.Compare(a.UID, b.UID), strings.Compare(a.Origin, b.Origin))
	})
	return boards, mine, nil
}

// boardsOf returns the dashboards that charts are of.
func boardsOf(charts []opsreview.Chart) map[string]bool {
	boards := map[string]bool{}
	for _, key := range keysOf(charts) {
		boards[boardOf(key)] = true
	}
	return boards
}

// chartKeys returns the keys of all charts that are or were a team's.
func (f *facts) chartKeys(ctx context.Context, sc scope) ([]string, error) {
	charts, err := f.db.Charts(ctx, store.ChartFilter{WithDeleted: true})
	return keysOf(review.TeamCharts(f.org, sc.team, sc.services, append(charts, f.known.charts...))), err
}

func (s *dashboardService) ListCharts(ctx context.Context, req *pb.ListChartsRequest) (*pb.ListChartsResponse, error) {
	sc, err := s.facts.scope(ctx, req.GetTeam())
	if err != nil {
		return nil, err
	}
	charts, err := s.facts.teamCharts(ctx, sc)
	if err != nil {
		return nil, err
	}
	states, err := s.facts.db.SeriesStates(ctx, nil)
	if err != nil {
		return nil, err
	}
	series := map[string]int32{}
	for _, state := range states {
		series[state.Chart]++
	}
	resp := &pb.ListChartsResponse{}
	for _, c := range charts {
		if req.GetDashboard() != "" && !boardsOf([]opsreview.Chart{c})[req.GetDashboard()] {
			continue
		}
		out := chartToProto(c)
		out.Series = series[c.Key]
		resp.Charts = append(resp.Charts, out)
	}
	return resp, nil
}

func (s *dashboardService) LintDashboards(ctx context.Context, req *pb.LintDashboardsRequest) (*pb.LintDashboardsResponse, error) {
	sc, err := s.facts.scope(ctx, req.GetTeam())
	if err != nil {
		return nil, err
	}
	boards, _, err := s.facts.teamBoards(ctx, sc)
	if err != nil {
		return nil, err
	}
	problems := hygiene.Dashboards(boards, s.facts.known.rules)
	return &pb.LintDashboardsResponse{Problems: problemsToProto(problems), Dashboards: int32(len(boards))}, nil
}

func (s *dashboardService) LintMonitors(ctx context.Context, req *pb.LintMonitorsRequest) (*pb.LintMonitorsResponse, error) {
	sc, err := s.facts.scope(ctx, req.GetTeam())
	if err != nil {
		return nil, err
	}
	defs, err := s.facts.definitions(ctx, sc)
	if err != nil {
		return nil, err
	}
	runbooks, err := s.facts.runbooks(ctx)
	if err != nil {
		return nil, err
	}
	problems := hygiene.Monitors(defs, runbooks, s.facts.known.rules, namesOf(s.facts.slos)...)
	return &pb.LintMonitorsResponse{Problems: problemsToProto(problems), Monitors: int32(len(defs)), Runbooks: int32(len(runbooks))}, nil
}

// definitions returns the monitors that are written down and are a team's: those
// whose labels name it or one of its services, and those whose labels name
// neither a team nor a service. Of one that a file has and a source too, the
// file's is taken.
func (f *facts) definitions(ctx context.Context, sc scope) ([]opsreview.MonitorDefinition, error) {
	fetched, err := f.db.Definitions(ctx)
	if err != nil {
		return nil, err
	}
	written := map[string]bool{}
	for _, d := range f.known.definitions {
		written[d.ID] = true
	}
	fetched = slices.DeleteFunc(fetched, func(d opsreview.MonitorDefinition) bool { return written[d.ID] })
	all := slices.Concat(f.known.definitions, fetched)
	charts := make([]opsreview.Chart, len(all))
	for i, d := range all {
		charts[i] = opsreview.Chart{Key: d.ID, Team: d.Labels["team"], Service: d.Labels["service"]}
	}
	var ours []opsreview.MonitorDefinition
	for i, c := range charts {
		if len(review.TeamCharts(f.org, sc.team, sc.services, charts[i:i+1])) > 0 || !f.isTeam(c.Team) && c.Service == "" {
			ours = append(ours, all[i])
		}
	}
	return ours, nil
}

// isTeam reports whether the configuration has a team of that name.
func (f *facts) isTeam(name string) bool {
	return slices.ContainsFunc(f.org.Teams, func(t opsreview.OrgTeam) bool { return strings.EqualFold(t.Name, strings.TrimSpace(name)) })
}

// runbooks returns the runbooks that were looked up, nil if none was. A file of
// the configuration goes before what a source found at the same address.
func (f *facts) runbooks(ctx context.Context) ([]opsreview.Runbook, error) {
	fetched, err := f.db.Runbooks(ctx)
	if err != nil {
		return nil, err
	}
	have := map[string]bool{}
	var all []opsreview.Runbook
	for _, r := range slices.Concat(f.known.runbooks, fetched) {
		if !have[r.Address] {
			have[r.Address] = true
			all = append(all, r)
		}
	}
	return all, nil
}

// hygiene returns findings about the team's monitors that paged in a review, and
// about its dashboards, worst first.
func (f *facts) hygiene(ctx context.Context, sc scope, in review.Input) ([]opsreview.Finding, error) {
	if len(f.known.rules) == 0 {
		return nil, nil
	}
	boards, _, err := f.teamBoards(ctx, sc)
	if err != nil {
		return nil, err
	}
	defs, err := f.definitions(ctx, sc)
	if err != nil || len(boards)+len(defs) == 0 {
		return nil, err
	}
	runbooks, err := f.runbooks(ctx)
	if err != nil {
		return nil, err
	}
	problems := slices.Concat(
		hygiene.Monitors(defs, runbooks, f.known.rules, namesOf(f.slos)...),
		hygiene.Dashboards(boards, f.known.rules),
	)
	return hygiene.FindingsOf(problems, defs, paged(sc, in)), nil
}

// paged returns the monitors of the team's services that paged in the review's
// window, by ID.
func paged(sc scope, in review.Input) []opsreview.Monitor {
	seen := map[string]bool{}
	var monitors []opsreview.Monitor
	for _, p := range in.Pages {
		_, ours := sc.services[p.Service]
		m, known := in.Monitors[p.Monitor]
		if (!ours && sc.services != nil) || !known || seen[m.ID] || !in.Window.Contains(p.TriggeredAt) {
			continue
		}
		seen[m.ID] = true
		monitors = append(monitors, m)
	}
	slices.SortFunc(monitors, func(a, b opsreview.Monitor) int { return strings.Compare(a.ID, b.ID) })
	return monitors
}
