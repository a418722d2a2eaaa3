package lookback

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"opsreview"
)

// Touches reports whether a decision is about an anomaly: it is of the same
// chart, and about the same time or, if it stretches, about later ones too.
func Touches(d opsreview.AnomalyDecision, a Anomaly) bool {
	switch {
	case d.Chart != a.Chart.Key && !slices.Contains(a.Chart.Also, d.Chart):
		return false
	case overlap(d.Window, a.Window):
		return true
	}
	return d.Verdict == opsreview.AnomalyDismissed && !d.Until.IsZero() && a.Window.Start.Before(d.Until)
}

// decide applies the latest decision that touches the anomaly.
func (in *Input) decide(a *Anomaly) {
	var touching, others []opsreview.AnomalyDecision
	for _, d := range in.Decisions {
		switch {
		case Touches(d, *a):
			touching = append(touching, d)
		case d.Chart == a.Chart.Key || slices.Contains(a.Chart.Also, d.Chart):
			others = append(others, d)
		}
	}
	a.State, a.Decision = Open, opsreview.AnomalyDecision{}
	if len(touching) > 0 {
		switch d := slices.MinFunc(touching, later); d.Verdict {
		case opsreview.AnomalyDismissed:
			a.State, a.Decision = Dismissed, d
		case opsreview.AnomalyAccepted:
			a.State, a.Decision = Accepted, d
		case opsreview.AnomalyReopened:
		}
	}
	if a.State == Open {
		a.Again = in.again(others)
	}
}

// later orders decisions, the latest first.
func later(a, b opsreview.AnomalyDecision) int {
	return cmp.Or(b.At.Compare(a.At), len(b.ID)-len(a.ID), strings.Compare(b.ID, a.ID))
}

// again tells of the latest dismissal of another anomaly of the chart that
// nobody took back.
func (in *Input) again(others []opsreview.AnomalyDecision) string {
	slices.SortFunc(others, later)
	for i, d := range others {
		revoked := slices.ContainsFunc(others[:i], func(e opsreview.AnomalyDecision) bool {
			return overlap(d.Window, e.Window) && e.Verdict != opsreview.AnomalyDismissed
		})
		if d.Verdict == opsreview.AnomalyDismissed && !revoked {
			return fmt.Sprintf("dismissed on %s by %s: %s", d.At.In(in.Zone).Format("2 Jan"), oneLine(d.Author), oneLine(d.Reason))
		}
	}
	return ""
}
