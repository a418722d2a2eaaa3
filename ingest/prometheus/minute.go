package prometheus

import (
	"math"
	"time"

	"opsreview"
)

// A row is what is known of one minute.
type row struct {
	known      bool
	covered    bool
	total, bad float64
	gapBad     float64
	excess     float64
	whole      bool // all of it fell into gaps
	cuts       int
	resets     int
}

// rows joins the tallies of a ratio's queries. Absent ones are nil. The
// minutes begin with a whole hour.
func rows(total, good, bad []tally, minutes int) []row {
	out := make([]row, minutes)
	at := func(list []tally, i int) tally {
		if list == nil {
			return tally{}
		}
		return list[i]
	}
	for i := range out {
		t, g, b := at(total, i), at(good, i), at(bad, i)
		if total == nil {
			t = tally{n: g.n + b.n, gap: g.gap + b.gap, live: g.live || b.live, gapped: g.gapped || b.gapped}
		}
		r := row{
			known: t.live || t.gapped, covered: t.live && !t.gapped, total: t.n, bad: b.n, gapBad: b.gap,
			whole: t.gapped && !t.live, cuts: t.cuts + g.cuts + b.cuts, resets: t.resets + g.resets + b.resets,
		}
		if bad == nil {
			r.bad, r.gapBad = t.n-g.n, t.gap-g.gap
		}
		// Differences of sums of fractions are not exact.
		if math.Abs(r.bad) < 1e-9*r.total {
			r.bad = 0
		}
		if r.known {
			out[i] = r
		}
	}
	for i := 0; i < len(out); i += 60 {
		settle(out[i:min(i+60, len(out))])
	}
	return out
}

// settle sees to it that no minute has fewer bad events than none, or more
// than events at all. Rounding to whole events does that, and counters that
// are scraped at different times: what one minute has too much its neighbours
// within the hour have too little. It is moved there, so that sums stay exact.
// What no rounding explains is an excess: somebody counts wrongly.
func settle(hour []row) {
	debt, surplus := 0.0, 0.0
	for i := range hour {
		r := &hour[i]
		if r.bad < 0 {
			rounding := min(-r.bad, float64(r.cuts))
			debt += rounding
			r.excess += -r.bad - rounding
			r.bad = 0
		}
		if r.bad > r.total {
			surplus += r.bad - r.total
			r.bad = r.total
		}
		debt, surplus = r.take(debt, surplus)
	}
	last := -1
	for i := len(hour) - 1; i >= 0; i-- {
		if hour[i].known && last < 0 {
			last = i
		}
		debt, surplus = hour[i].take(debt, surplus)
	}
	if last >= 0 {
		hour[last].excess += debt + surplus
	}
}

// take lets a minute pay what bad events another one had too few of, and make
// room for those that it had too many of. It returns the rest.
func (r *row) take(debt, surplus float64) (moreDebt, moreSurplus float64) {
	paid := min(debt, r.bad)
	r.bad -= paid
	room := min(surplus, max(r.total-r.bad, 0))
	r.bad += room
	return debt - paid, surplus - room
}

// segments returns the known minutes as segments. With blanks, a later minute
// of which nothing is known is one too, so that it replaces what an earlier
// query counted there.
func segments(slo string, start time.Time, list []row, blanks func(known bool) bool) []opsreview.Segment {
	out := make([]opsreview.Segment, 0, len(list))
	for i, r := range list {
		if blank := blanks(r.known); !r.known && !blank {
			continue
		}
		s := opsreview.Segment{SLO: slo, Start: start.Add(time.Duration(i) * time.Minute), Total: r.total, Bad: r.bad, Excess: r.excess, Resets: r.resets}
		s.End = s.Start.Add(time.Minute)
		if r.covered {
			s.Covered = time.Minute
		}
		s.GapBad = min(max(r.gapBad, 0), r.bad)
		if r.whole {
			s.GapBad = r.bad
		}
		out = append(out, s)
	}
	return out
}

// joined returns the segments with those of each hour that ended before a time
// as one, as long as the hour. Old minutes are joined in the store too, and only
// what is at least as long can replace what has been joined.
func joined(list []opsreview.Segment, before time.Time) []opsreview.Segment {
	out := list[:0]
	for _, s := range list {
		hour := s.Start.Truncate(time.Hour)
		if hour.Add(time.Hour).After(before) {
			out = append(out, s)
			continue
		}
		if n := len(out); n == 0 || !out[n-1].Start.Equal(hour) {
			out = append(out, opsreview.Segment{SLO: s.SLO, Start: hour, End: hour.Add(time.Hour)})
		}
		h := &out[len(out)-1]
		h.Total, h.Bad, h.GapBad = h.Total+s.Total, h.Bad+s.Bad, h.GapBad+s.GapBad
		h.Excess, h.Resets, h.Covered = h.Excess+s.Excess, h.Resets+s.Resets, h.Covered+s.Covered
	}
	return out
}

// judge returns the row of a minute at whose end a threshold's query had a
// value, or a ready ratio's.
func judge(in opsreview.Indicator, v float64) row {
	r := row{known: true, covered: true, total: 1}
	if in.Threshold != nil {
		if !holds(v, in.Op, in.Value) {
			r.bad = 1
		}
		return r
	}
	bad := 1 - v
	if in.RawFailure {
		bad = v
	}
	r.bad = min(max(bad, 0), 1)
	r.excess = math.Abs(bad - r.bad)
	return r
}

func holds(v float64, op string, bound float64) bool {
	switch op {
	case "lt":
		return v < bound
	case "lte":
		return v <= bound
	case "gt":
		return v > bound
	}
	return v >= bound
}
