package review

import (
	"opsreview"
	"opsreview/incident"
)

// TeamIncidents returns those of the incidents, with people's links in them,
// that are a team's: that name it, that name one of its services, or that own a
// page of such a service. The empty team stands for everybody: all are its.
func TeamIncidents(org opsreview.Org, team string, services map[opsreview.Ref]opsreview.Service, incidents []opsreview.Incident, pages map[opsreview.Ref]opsreview.Page) []opsreview.Incident {
	if team == "" {
		return incidents
	}
	words := teamWords(org, team, services)
	var theirs []opsreview.Incident
	for _, i := range incidents {
		if names(i.Teams, fold(team)) || anyOf(i.Services, words) || ownsPage(i, services, pages) {
			theirs = append(theirs, i)
		}
	}
	return theirs
}

func names(list []string, folded string) bool { return anyOf(list, map[string]bool{folded: true}) }

func anyOf(list []string, words map[string]bool) bool {
	for _, name := range list {
		if words[fold(name)] {
			return true
		}
	}
	return false
}

func ownsPage(i opsreview.Incident, services map[opsreview.Ref]opsreview.Service, pages map[opsreview.Ref]opsreview.Page) bool {
	for _, ref := range i.Pages {
		if p, ok := pages[ref]; ok {
			if _, ours := services[p.Service]; ours {
				return true
			}
		}
	}
	return false
}

// incidents returns the incidents that have waited too long for what they must
// leave. What that costs nobody knows.
func (s *survey) incidents(r *incident.Report) []opsreview.Finding {
	rule, ok := s.in.Org.Policy.FindingRule(opsreview.IncidentUnfinished)
	if r == nil || !ok {
		return nil
	}
	all := incident.FindingsOf(*r)
	for i := range all {
		f := &all[i]
		service := f.Service
		f.Category, f.Service = rule.Category, s.asNamed(service)
		f.Team = s.ownerOf(func(name string) bool { return service != "" && fold(name) == fold(service) })
	}
	return all
}
