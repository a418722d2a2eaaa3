package review

import (
	"fmt"
	"maps"
	"slices"

	"opsreview"
	"opsreview/lookback"
)

// TeamCharts returns those of the charts that are a team's, in the order that
// they have: those that name it, and those of its services that name no team.
// What names neither a team nor a service is everybody's, and in each team's
// review. The empty team stands for everybody: all are its.
func TeamCharts(org opsreview.Org, team string, services map[opsreview.Ref]opsreview.Service, charts []opsreview.Chart) []opsreview.Chart {
	words := teamWords(org, team, services)
	var theirs []opsreview.Chart
	for _, c := range charts {
		ours := c.Team == "" && (fold(c.Service) == "" || words[fold(c.Service)])
		if team == "" || ours || (c.Team != "" && fold(c.Team) == fold(team)) {
			theirs = append(theirs, c)
		}
	}
	return theirs
}

// weird returns what people accepted as work of what looks weird on dashboards.
// What it costs nobody knows.
func (s *survey) weird(r *lookback.Report) []opsreview.Finding {
	rule, ok := s.in.Org.Policy.FindingRule(opsreview.AnomalyFound)
	if r == nil || !ok {
		return nil
	}
	all := lookback.FindingsOf(*r)
	for i := range all {
		f := &all[i]
		service := f.Service
		f.Category, f.Service = rule.Category, s.asNamed(service)
		if f.Team == "" {
			f.Team = s.ownerOf(func(name string) bool { return service != "" && fold(name) == fold(service) })
		}
	}
	return all
}

// hygiene returns the worst of what monitors and dashboards do not explain, as
// many of each kind as the policy wants, and how many more of each there are.
func (f *facts) hygiene() (kept []opsreview.Finding, more map[string]int) {
	shown := map[string]int{}
	more = map[string]int{}
	s := &survey{facts: f}
	for _, found := range f.in.Hygiene {
		rule, ok := f.in.Org.Policy.FindingRule(found.Kind)
		if !ok {
			continue
		}
		if shown[found.Kind]++; rule.Most > 0 && shown[found.Kind] > rule.Most {
			more[found.Kind]++
			continue
		}
		if found.Category == "" || found.Category == opsreview.Hygiene { // the policy's word for what has none of its own
			found.Category = rule.Category
		}
		if m, ok := f.in.Monitors[found.Monitor]; ok {
			found.Service, found.Team = s.serviceName(m.Service), s.owner(m.Service)
		}
		kept = append(kept, found)
	}
	return kept, more
}

// hygieneLists say what has findings of a kind, and what lists all of them.
var hygieneLists = map[string][2]string{
	opsreview.MonitorUnclear:   {"monitor", "monitor lint"},
	opsreview.DashboardUnclear: {"dashboard", "dashboard lint"},
}

// hygieneGaps says how much of what monitors and dashboards do not explain is
// not among the findings.
func (f *facts) hygieneGaps() []Gap {
	_, more := f.hygiene()
	var gaps []Gap
	for _, kind := range slices.Sorted(maps.Keys(more)) {
		list := hygieneLists[kind]
		gaps = append(gaps, Gap{
			Subject: list[0] + "s",
			Text:    fmt.Sprintf("%s could be clearer: %s lists them", count(more[kind], "more "+list[0]), list[1]),
		})
	}
	return gaps
}
