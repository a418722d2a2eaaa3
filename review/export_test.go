package review

import "time"

// GroupedWithin returns how many pages join others within d.
func GroupedWithin(h History, d time.Duration) int {
	t := newTrials(h)
	return t.score(t.grouped(d)).Avoided
}
