package slo

import (
	"opsreview"
)

// SignificantShare is the share of the 30-day budget from which an episode of
// the SLO is significant.
func SignificantShare(s opsreview.SLO) float64 { return significantOf(s) }

// About returns what finds, among the SLOs, those that a page of the service is
// about: see [JoinRule].
func About(slos []opsreview.SLO) func(p *opsreview.Page, service opsreview.Service) []opsreview.SLO {
	j := newJoiner(slos)
	return func(p *opsreview.Page, service opsreview.Service) []opsreview.SLO {
		_, found := j.join(p, service)
		about := make([]opsreview.SLO, len(found))
		for i, n := range found {
			about[i] = slos[n]
		}
		return about
	}
}
