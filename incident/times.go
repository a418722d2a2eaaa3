package incident

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"opsreview"
)

// Lasted is when an incident was under way: from its start, or the first time
// that anybody recorded where that is unknown, to its end, or to now where it is
// open. It reports false where no beginning is known, where the end is not
// recorded though its source calls it over, and where it ends before it begins.
func Lasted(i opsreview.Incident, now time.Time) (opsreview.Window, bool) {
	w := opsreview.Window{Start: cmp.Or(i.StartedAt, begin(i)), End: cmp.Or(i.MitigatedAt, i.ResolvedAt)}
	if w.End.IsZero() && !over(i) {
		w.End = now
	}
	return w, !w.Start.IsZero() && w.Start.Before(w.End) && !w.End.After(now)
}

// begin is the earliest time that anybody recorded of an incident, but for its
// ends.
func begin(i opsreview.Incident) time.Time {
	var first time.Time
	for _, t := range []time.Time{i.StartedAt, i.DetectedAt, i.DeclaredAt, i.AcknowledgedAt} {
		if first.IsZero() || (!t.IsZero() && t.Before(first)) {
			first = t
		}
	}
	return first
}

// overWords are what sources call an incident that is over.
var overWords = []string{"resolved", "closed", "completed", "cancelled", "canceled", "declined", "merged", "duplicate", "duplicated", "postmortem", "retrospective"}

// droppedWords are what sources call an incident that was none, or is none yet.
var droppedWords = []string{"cancelled", "canceled", "declined", "merged", "duplicate", "duplicated", "scheduled", "planning", "planned"}

func over(i opsreview.Incident) bool {
	return !i.ResolvedAt.IsZero() || slices.Contains(overWords, fold(i.Status))
}

// touches reports whether an incident belongs to a window: it began before the
// end, and had not ended before the start. One that is over without anybody
// having recorded when belongs to the window in which it began only.
func touches(i opsreview.Incident, w opsreview.Window) bool {
	first := cmp.Or(begin(i), i.MitigatedAt, i.ResolvedAt, i.UpdatedAt)
	switch {
	case first.IsZero() || !first.Before(w.End):
		return false
	case !first.Before(w.Start):
		return true
	case i.ResolvedAt.IsZero():
		return !over(i)
	}
	return i.ResolvedAt.After(w.Start)
}

// timesOf measures the steps of an incident that has the pages.
func timesOf(i opsreview.Incident, detector opsreview.Detector, pages []opsreview.Page, now time.Time) Times {
	detected, acked := i.DetectedAt, i.AcknowledgedAt
	if detected.IsZero() && detector == opsreview.DetectedByAlert {
		detected = earliest(pages, func(p opsreview.Page) time.Time { return p.TriggeredAt })
	}
	if acked.IsZero() {
		acked = earliest(pages, func(p opsreview.Page) time.Time { return p.AcknowledgedAt })
	}
	start := moment{i.StartedAt, "began"}
	from := moment{detected, "was noticed"}
	if detected.IsZero() {
		from = start
	}
	return Times{
		Detect:      between(start, moment{detected, "was noticed"}, now),
		Acknowledge: between(from, moment{acked, "was acknowledged"}, now),
		Mitigate:    between(start, moment{i.MitigatedAt, "was mitigated"}, now),
		Resolve:     between(start, moment{i.ResolvedAt, "was resolved"}, now),
	}
}

func earliest(pages []opsreview.Page, when func(opsreview.Page) time.Time) time.Time {
	var first time.Time
	for _, p := range pages {
		if t := when(p); first.IsZero() || (!t.IsZero() && t.Before(first)) {
			first = t
		}
	}
	return first
}

// A moment is a time and what happened then.
type moment struct {
	at   time.Time
	what string
}

// byTheRecord begins why what was recorded cannot be.
const byTheRecord = "by the record "

// between measures from one moment to another. What nobody recorded, and what
// cannot be, is unknown: nothing is taken for 0.
func between(from, to moment, now time.Time) Span {
	switch {
	case from.at.IsZero():
		return Span{Why: "nobody recorded when it " + from.what}
	case to.at.IsZero():
		return Span{Why: "nobody recorded when it " + to.what}
	case to.at.Before(from.at):
		return Span{Why: fmt.Sprintf(byTheRecord+"it %s %s before it %s", to.what, length(from.at.Sub(to.at)), from.what)}
	case to.at.After(now):
		return Span{Why: fmt.Sprintf(byTheRecord+"it %s in the future", to.what)}
	}
	return Span{Known: true, D: to.at.Sub(from.at)}
}

// length writes a duration for people, to the unit that matters.
func length(d time.Duration) string {
	switch {
	case d < time.Second:
		return d.Round(time.Millisecond).String()
	case d < time.Minute:
		return d.Round(time.Second).String()
	case d < 48*time.Hour:
		d = d.Truncate(time.Minute)
		h, m := int(d/time.Hour), int(d%time.Hour/time.Minute)
		if h == 0 {
			return fmt.Sprintf("%dm", m)
		}
		return fmt.Sprintf("%dh%02dm", h, m)
	}
	return fmt.Sprintf("%d days", int(d/(24*time.Hour)))
}

// spreadOf summarises spans. The median of an even number is midway, and the
// 90th percentile the least value that nine in ten do not exceed.
func spreadOf(spans []Span) Spread {
	var known []time.Duration
	for _, s := range spans {
		if s.Known {
			known = append(known, s.D)
		}
	}
	n := len(known)
	s := Spread{N: n, Unknown: len(spans) - n}
	if n == 0 {
		return s
	}
	slices.Sort(known)
	var sum float64
	for _, d := range known {
		sum += float64(d)
	}
	s.Mean, s.Median, s.P90 = time.Duration(sum/float64(n)), known[n/2], known[(9*n+9)/10-1]
	if n%2 == 0 {
		s.Median = known[n/2-1] + (known[n/2]-known[n/2-1])/2
	}
	return s
}
