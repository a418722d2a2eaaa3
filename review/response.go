package review

import (
	"slices"
	"time"

	"opsreview"
)

// ResponseOf measures how quickly people answered the pages, which must be
// settled. Pages that nobody acknowledged, pages that are open and pages that
// ended in another page have no time of that kind; they are counted beside it.
func ResponseOf(pages []opsreview.Page) Response { return responseOf(pointers(pages)) }

func responseOf(pages []*opsreview.Page) Response {
	var r Response
	var acks, ends []time.Duration
	for _, p := range pages {
		if p.AcknowledgedAt.IsZero() {
			r.NeverAcked++
		} else {
			acks = append(acks, elapsed(p.TriggeredAt, p.AcknowledgedAt))
		}
		switch {
		case p.ResolvedAt.IsZero():
			r.Unresolved++
		case wasMerged(p):
			r.Merged++
		default:
			ends = append(ends, elapsed(p.TriggeredAt, p.ResolvedAt))
		}
	}
	r.Acknowledge, r.Resolve = spreadOf(acks), spreadOf(ends)
	return r
}

// wasMerged reports whether the page ended by becoming part of another.
func wasMerged(p *opsreview.Page) bool {
	if p.MergedInto != "" {
		return true
	}
	for _, e := range slices.Backward(p.Events) {
		if e.Kind == opsreview.Merged || e.Kind == opsreview.Resolved {
			return e.Kind == opsreview.Merged
		}
	}
	return false
}

// elapsed is the time between two events. The clocks of two machines may put
// an answer before its question: that is no time at all.
func elapsed(from, to time.Time) time.Duration { return max(to.Sub(from), 0) }

// spreadOf summarises durations. The median of an even number is the mean of
// the middle two; p90 is the nearest rank: the smallest duration that at least
// 90 % do not exceed.
func spreadOf(ds []time.Duration) Spread {
	n := len(ds)
	if n == 0 {
		return Spread{}
	}
	slices.Sort(ds)
	var sum float64
	for _, d := range ds {
		sum += float64(d)
	}
	s := Spread{OK: true, N: n, Mean: time.Duration(sum / float64(n)), Median: ds[n/2], P90: ds[(9*n+9)/10-1]}
	if n%2 == 0 {
		s.Median = ds[n/2-1] + (ds[n/2]-ds[n/2-1])/2
	}
	return s
}
