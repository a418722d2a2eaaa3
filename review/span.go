package review

import (
	"slices"
	"time"

	"opsreview"
)

// union returns the windows merged where they overlap or touch, in order. It
// sorts ws.
func union(ws []opsreview.Window) []opsreview.Window {
	slices.SortFunc(ws, func(a, b opsreview.Window) int { return a.Start.Compare(b.Start) })
	var merged []opsreview.Window
	for _, w := range ws {
		n := len(merged)
		switch {
		case !w.End.After(w.Start):
		case n > 0 && !w.Start.After(merged[n-1].End):
			if w.End.After(merged[n-1].End) {
				merged[n-1].End = w.End
			}
		default:
			merged = append(merged, w)
		}
	}
	return merged
}

// covered returns how much of w the windows cover together.
func covered(ws []opsreview.Window, w opsreview.Window) time.Duration {
	var sum time.Duration
	for _, u := range union(ws) {
		sum += w.Overlap(u.Start, u.End)
	}
	return sum
}

// passed returns the part of w that lies before now: the rest has not happened.
// Without a now, all of it has.
func passed(w opsreview.Window, now time.Time) opsreview.Window {
	switch {
	case now.IsZero() || !now.Before(w.End):
		return w
	case now.Before(w.Start):
		return opsreview.Window{Start: w.Start, End: w.Start}
	}
	return opsreview.Window{Start: w.Start, End: now}
}
