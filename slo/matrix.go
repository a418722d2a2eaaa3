package slo

import "opsreview"

// add counts a page that began in the window.
func (m *Matrix) add(c Coincidence, l opsreview.Label) {
	into := map[Coincidence]*Verdicts{WithBurn: &m.WithBurn, WithMinor: &m.WithMinor, WithoutBurn: &m.WithoutBurn}[c]
	if into == nil {
		into = &m.Unjudged
	}
	switch {
	case l.IsZero():
		into.Unlabelled++
	case l.Verdict == opsreview.Actionable:
		into.Actionable++
	default:
		into.NotActionable++
	}
}

// miss counts the missed ones of one SLO's episodes that began in the window.
func (m *Matrix) miss(slo string, episodes []Episode) {
	var cost float64
	for _, e := range missed(episodes) {
		m.Missed++
		cost += e.Cost
	}
	if cost > 0 {
		m.MissedCost = append(m.MissedCost, MissedCost{SLO: slo, Cost: cost})
	}
}

// missed returns the significant episodes that nobody was paged for.
func missed(episodes []Episode) []Episode {
	var all []Episode
	for _, e := range episodes {
		if e.Significant && len(e.Pages) == 0 && !e.Pending {
			all = append(all, e)
		}
	}
	return all
}
