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
		case !overlap(d.Window, a.Window) && in.revoked(d):
			others = append(others, d)
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
	for _, d := range others {
		if d.Verdict == opsreview.AnomalyDismissed && !in.revoked(d) {
			return fmt.Sprintf("dismissed on %s by %s: %s", d.At.In(in.Zone).Format("2 Jan"), oneLine(d.Author), oneLine(d.Reason))
		}
	}
	return ""
}

// revoked reports whether people took back a decision, with all that it
// stretched to: they decided otherwise about its own time later.
func (in *Input) revoked(d opsreview.AnomalyDecision) bool {
	return slices.ContainsFunc(in.Decisions, func(e opsreview.AnomalyDecision) bool {
		return e.Chart == d.Chart && e.Verdict != opsreview.AnomalyDismissed && overlap(d.Window, e.Window) && later(e, d) < 0
	})
}
