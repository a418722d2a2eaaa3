package main

import (
	"time"
)

const (
	// labelsApart joins labels into one event.
	labelsApart = time.Hour

	// widened is how far from an event a window still is about it.
	widened = 15 * time.Minute

	// quarter is the share of a window that must be about an event, unless the
	// window is short.
	quarter = 0.25

	// short is the length below which a window need only touch an event.
	short = 2 * time.Hour

	week = 7 * 24 * time.Hour
)

// A span is the half-open interval [start, end) in Unix seconds.
type span struct{ start, end int64 }

func (s span) length() int64 { return s.end - s.start }

// overlap is how many seconds two spans share.
func (s span) overlap(o span) int64 { return max(min(s.end, o.end)-max(s.start, o.start), 0) }

// widen adds by at both ends.
func (s span) widen(by time.Duration) span {
	n := int64(by / time.Second)
	return span{s.start - n, s.end + n}
}

// events joins labelled points, given as the spans of their steps in order of
// time, that are closer than an hour. One missing point between them divides
// nothing, however long the step.
func events(labels []span) []span {
	var all []span
	for _, l := range labels {
		near := max(int64(labelsApart/time.Second), l.length()+1)
		if n := len(all) - 1; n >= 0 && l.start-all[n].end < near {
			all[n].end = max(all[n].end, l.end)
			continue
		}
		all = append(all, l)
	}
	return all
}

// hits says whether window w is about event e.
func hits(w, e span) bool { return w.overlap(e.widen(widened)) > 0 }

// right says whether enough of w lies within events.
func right(w span, events []span) bool {
	inside := int64(0)
	for _, e := range events {
		inside += w.overlap(e.widen(widened))
	}
	return inside > 0 && (w.length() < int64(short/time.Second) || float64(inside) >= quarter*float64(w.length()))
}

// A tally counts what a detector found. Tallies add up.
type tally struct {
	events, found int
	windows, good int

	reviewed, flagged int64   // seconds
	points            int     // of all of the series
	seconds           float64 // that detection took
}

// judge counts windows against events, both in order of time and cut to the
// part under review.
func judge(windows, events []span, review span) tally {
	t := tally{windows: len(windows), events: len(events), reviewed: review.length()}
	for _, e := range events {
		for _, w := range windows {
			if hits(w, e) && right(w, events) {
				t.found++
				break
			}
		}
	}
	for _, w := range windows {
		t.flagged += w.length()
		if right(w, events) {
			t.good++
		}
	}
	return t
}

func (t tally) plus(o tally) tally {
	return tally{
		events: t.events + o.events, found: t.found + o.found,
		windows: t.windows + o.windows, good: t.good + o.good,
		reviewed: t.reviewed + o.reviewed, flagged: t.flagged + o.flagged,
		points: t.points + o.points, seconds: t.seconds + o.seconds,
	}
}

func (t tally) weeks() float64 { return float64(t.reviewed) / week.Seconds() }

// recall is the share of events that were found.
func (t tally) recall() float64 { return ratio(float64(t.found), float64(t.events)) }

// precision is the share of windows that are about events.
func (t tally) precision() float64 { return ratio(float64(t.good), float64(t.windows)) }

// noise is how many false windows there are in a week of a series.
func (t tally) noise() float64 { return ratio(float64(t.windows-t.good), t.weeks()) }

// eagerness is how many windows there are in a week of a series.
func (t tally) eagerness() float64 { return ratio(float64(t.windows), t.weeks()) }

// share is how much of the time is in windows.
func (t tally) share() float64 { return ratio(float64(t.flagged), float64(t.reviewed)) }

// speed is how many points are looked at in a second.
func (t tally) speed() float64 { return ratio(float64(t.points), t.seconds) }

// ratio is 0 for nothing of nothing.
func ratio(a, b float64) float64 {
	if b == 0 {
		return 0
	}
	return a / b
}

// cut returns the parts of spans within review, and leaves out those outside.
func cut(spans []span, review span) []span {
	var inside []span
	for _, s := range spans {
		if s.overlap(review) > 0 {
			inside = append(inside, span{max(s.start, review.start), min(s.end, review.end)})
		}
	}
	return inside
}
