package prometheus

import (
	"math"
	"slices"
	"time"

	"opsreview/internal/prom"
)

// A track is one counter's samples. Times are in milliseconds since 1970.
type track struct {
	target string // who was scraped: its job and its instance; "" if the counter does not say
	at     []int64
	value  []float64
}

// A delta is how many events a counter counted in the half-open interval
// [start, end).
type delta struct {
	start, end int64
	n          float64
	gap        bool // nothing was scraped between the two ends for too long
	reset      bool // the counter began anew within
}

// tracks returns the counters of some series. A value that no counter can have
// is as good as none.
func tracks(all []prom.Series) []track {
	out := make([]track, 0, len(all))
	for _, s := range all {
		t := track{at: make([]int64, 0, len(s.Samples)), value: make([]float64, 0, len(s.Samples))}
		if s.Labels["instance"] != "" {
			t.target = s.Labels["job"] + "\x00" + s.Labels["instance"]
		}
		for _, p := range s.Samples {
			if p.Value >= 0 && !math.IsInf(p.Value, 0) {
				t.at, t.value = append(t.at, p.At.UnixMilli()), append(t.value, p.Value)
			}
		}
		if len(t.at) > 0 {
			out = append(out, t)
		}
	}
	return out
}

// A counting is the rules by which samples become deltas, and the targets that
// were scraped beside the counters in question.
type counting struct {
	gap, bridge int64 // milliseconds
	siblings    map[string][]track
	falls       map[string][]int64 // when a counter of a target began anew
}

// newCounting returns the rules over all counters of an SLO.
func newCounting(s spans, all ...[]track) counting {
	c := counting{gap: s.gap.Milliseconds(), bridge: s.bridge.Milliseconds(), siblings: map[string][]track{}, falls: map[string][]int64{}}
	for _, t := range slices.Concat(all...) {
		if t.target == "" {
			continue
		}
		c.siblings[t.target] = append(c.siblings[t.target], t)
		for i := 1; i < len(t.at); i++ {
			if t.value[i] < t.value[i-1] {
				c.falls[t.target] = append(c.falls[t.target], t.at[i])
			}
		}
	}
	for target, list := range c.falls { // all counters of a process fall together
		slices.Sort(list)
		c.falls[target] = slices.Compact(list)
	}
	return c
}

// fell reports whether a counter of the target began anew after one time and
// not after another.
func (c counting) fell(target string, after, until int64) bool {
	return slices.ContainsFunc(c.falls[target], func(at int64) bool { return at > after && at <= until })
}

// deltas returns what a counter counted between its samples, in order.
//
// A counter that falls began anew: what it shows since was counted since. A
// pause longer than the gap bound hides when things were counted, one longer
// than the bridge hides whether. A counter that turns up while its target was
// being scraped was born there, and counts from zero: counters of errors are
// born with their first error. One that was away for less than the bound was
// born again only if its target began anew meanwhile.
func (c counting) deltas(t track) []delta {
	var out []delta
	for i, at := range t.at {
		paused := i == 0 || at-t.at[i-1] > c.gap
		if paused || c.fell(t.target, t.at[i-1], at) {
			if since, ok := c.scraped(t.target, at); ok && (i == 0 || since > t.at[i-1]) {
				out = append(out, delta{start: since, end: at, n: t.value[i]})
				continue
			}
		}
		if i == 0 || at-t.at[i-1] > c.bridge {
			continue
		}
		d := delta{start: t.at[i-1], end: at, n: t.value[i] - t.value[i-1], gap: paused}
		if d.n < 0 {
			d.n, d.reset = t.value[i], true
		}
		out = append(out, d)
	}
	return out
}

// scraped returns the time of the target's scrape before the one at a time, if
// that was not long before. A counter that is in both proves that the target
// is the same: where all counters change at once, only their labels did.
func (c counting) scraped(target string, at int64) (int64, bool) {
	var last int64
	found := false
	for _, s := range c.siblings[target] {
		i, ok := slices.BinarySearch(s.at, at)
		if ok && i > 0 && at-s.at[i-1] <= c.gap && (!found || s.at[i-1] > last) {
			last, found = s.at[i-1], true
		}
	}
	return last, found
}

// A tally is what one query counted in one minute.
type tally struct {
	n      float64
	gap    float64 // of n, what fell into gaps
	cuts   int     // deltas of which it has a part only, rounded to whole events
	live   bool    // something was watched
	gapped bool    // something was not
	resets int
}

const minute = int64(time.Minute / time.Millisecond)

// spread puts a delta into the minutes that it lies in. A tally holds the
// minutes from start on.
func spread(into []tally, start int64, d delta) {
	first := max(d.start-mod(d.start-start, minute), start)
	end := min(d.end, start+int64(len(into))*minute)
	for m := first; m < end; m += minute {
		from, to := max(d.start, m), min(d.end, m+minute)
		t := &into[(m-start)/minute]
		part := d.until(to) - d.until(from)
		t.n += part
		if d.gap {
			t.gap += part
			t.gapped = true
		} else {
			t.live = true
		}
		if from != d.start || to != d.end {
			t.cuts++
		}
		if d.reset && to == d.end {
			t.resets++
		}
	}
}

// until returns how many of the events count as counted before a time: evenly
// spread, and whole where they are whole, so that the parts of a delta add up
// to it.
func (d delta) until(at int64) float64 {
	if at >= d.end {
		return d.n
	}
	part := d.n * (float64(at-d.start) / float64(d.end-d.start))
	if d.n == math.Trunc(d.n) {
		return math.Floor(part)
	}
	return part
}

// mod is the remainder that is never negative.
func mod(a, b int64) int64 { return (a%b + b) % b }

// settled returns the time up to which what the counters count is complete:
// where the first of those that are still scraped was scraped last. The end of
// a counter that is scraped no more is known.
func settled(end int64, gap int64, all ...[]track) int64 {
	first := end
	for _, t := range slices.Concat(all...) {
		if last := t.at[len(t.at)-1]; last >= end-gap {
			first = min(first, last)
		}
	}
	return first
}
