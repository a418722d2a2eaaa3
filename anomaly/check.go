package anomaly

import (
	"cmp"
	"math"
	"slices"
	"time"
)

// The checks look for what a distance from usual cannot show, because what is
// usual follows it, or because there is nothing to measure. Each compares the
// part under review with how much this very series strays in the same respect,
// so that none of them needs a setting. Their scores are DefaultThreshold where
// a window just counts and grow with the evidence, so that they are of one order
// with those of deviations.

// A look is a model as the checks see it.
type look struct {
	*model
	from, to int // the part under review, by index
	hours    course
}

// A course is a series by the hour. Checks of what lasts for days look at it.
type course struct {
	at       []time.Time // when each hour begins, in the series' zone
	value    []float64   // the median of the hour; NaN where nothing is known
	level    []float64   // the median of the week around the hour
	plain    []float64   // value without what the hours of the week usually add to the level
	from, to int         // the part under review, by hour
}

const (
	dayHours  = 24
	weekHours = 7 * dayHours
)

// checks finds what is weird in other ways than by its distance from usual, in
// the part [from, to) of the series, and leaves out of deviations what is said
// better by that or is a holiday's.
func checks(m *model, deviations []Window, from, to int, threshold float64) []Window {
	if from >= to {
		return deviations
	}
	l := &look{model: m, from: from, to: to, hours: newCourse(m, from, to)}
	found := append(l.flat(), l.vanished()...)
	l.hours.forget(found)
	l.hours.level = l.hours.levels()
	l.hours.plain = l.hours.seasonless()
	shifts, plateaus := l.levels()
	found = append(found, shifts...)
	if len(shifts) == 0 { // A level that jumps neither drifts nor shows the shape of its weeks.
		found = append(append(found, l.drift()...), l.pattern()...)
	}
	days := l.workdays()
	for _, p := range plateaus {
		pattern := func(w Window) bool { return w.Kind == Pattern && w.overlaps(p) }
		if !slices.ContainsFunc(found, pattern) && !l.ofHolidays(p, days) {
			found = append(found, p)
		}
	}
	found = slices.DeleteFunc(found, func(w Window) bool { return w.Score < threshold })
	found = append(found, l.unexplained(deviations, found, days)...)
	slices.SortStableFunc(found, func(a, b Window) int {
		return cmp.Or(a.Start.Compare(b.Start), a.End.Compare(b.End))
	})
	return found
}

// unexplained returns the deviations that are not only a part of what the
// windows in found say, nor those of a holiday.
func (l *look) unexplained(deviations, found []Window, days []workday) []Window {
	var rest []Window
	growth := make([]float64, len(found))
	for i, w := range found {
		growth[i] = l.growth(w)
	}
	for _, d := range deviations {
		explained := l.onHoliday(d, days)
		for i, w := range found {
			explained = explained || w.explains(d, growth[i])
		}
		if !explained {
			rest = append(rest, d)
		}
	}
	return rest
}

// growth is how many times as much the series strays from minute to minute
// within w as in the week before; 1 if it strays less, or if w is of no level.
func (l *look) growth(w Window) float64 {
	if w.Kind != Shift && w.Kind != Sustained {
		return 1
	}
	size := func(part []float64) float64 {
		far := make([]float64, len(part))
		for i, v := range part {
			far[i] = math.Abs(v)
		}
		return median(far)
	}
	start, end := l.bounds(&w)
	before := size(l.fast[max(0, start-int(week/l.Step)):start])
	if within := size(l.fast[start:end]); within > before && before > 0 {
		return within / before
	}
	return 1
}

// explains reports whether the deviation d is only a part of what w says, within
// which the series strays that many times as much. A level that drifts explains
// nothing, and a pattern no value that never was.
func (w Window) explains(d Window, growth float64) bool {
	switch w.Kind {
	case Shift, Sustained:
		return w.atEnds(d) || (d.overlaps(w) && d.Score < DefaultThreshold*growth)
	case Drift:
		return false
	case Pattern:
		return d.overlaps(w) && !d.Record
	}
	return d.overlaps(w)
}

// atEnds reports whether the deviation d is what a change of the level makes of
// the hours around it. A model's own level is that of three days: hours inside of
// w look weird by the old level, and hours outside of it, in the other direction,
// by the new one.
func (w Window) atEnds(d Window) bool {
	near := func(t time.Time, span time.Duration) bool {
		return d.overlaps(Window{Start: t.Add(-span), End: t.Add(span)})
	}
	atEnd := func(t time.Time) bool {
		if near(t, fastSpan) {
			return true
		}
		return d.Kind == Sustained && near(t, levelSpan/2) && d.overlaps(w) == (d.Direction == w.Direction)
	}
	return atEnd(w.Start) || (!w.Ongoing && atEnd(w.End))
}

func (w Window) overlaps(v Window) bool { return w.Start.Before(v.End) && v.Start.Before(w.End) }

// window says of the stretch [start, end), by index, what all kinds have in
// common.
func (l *look) window(k Kind, start, end int, score float64) Window {
	w := Window{Start: l.At(start), End: l.At(end), Ongoing: end > l.last || end >= len(l.value), Kind: k, Score: score}
	at := min(start, len(l.value)-1)
	for at > l.first && math.IsNaN(l.value[at]) {
		at--
	}
	w.Peak, w.Value, w.Usual = l.At(at), l.value[at], l.usual(at)
	w.Low, w.High = w.Usual-l.stray(), w.Usual+l.stray()
	return w
}

// leastMove is the least that is a move at all.
func (l *look) leastMove() float64 { return leastScale * (l.most - l.least) }

// newCourse takes the median of each whole hour. It is empty where the step is
// longer than an hour.
func newCourse(m *model, from, to int) course {
	var c course
	if m.Step > time.Hour {
		return c
	}
	zone := m.Zone
	if zone == nil {
		zone = time.UTC
	}
	var known []float64
	hour := m.Start.Truncate(time.Hour)
	for i := 0; i < len(m.value); hour = hour.Add(time.Hour) {
		if i <= from {
			c.from = len(c.at)
		}
		if i < to {
			c.to = len(c.at) + 1
		}
		end := i + int((hour.Add(time.Hour).Sub(m.At(i))+m.Step-1)/m.Step)
		known = known[:0]
		for ; i < min(end, len(m.value)); i++ {
			if v := m.value[i]; !math.IsNaN(v) {
				known = append(known, v)
			}
		}
		c.at, c.value = append(c.at, hour.In(zone)), append(c.value, medianInPlace(known))
	}
	return c
}

// forget makes the hours in windows unknown.
func (c *course) forget(windows []Window) {
	for h, t := range c.at {
		if slices.ContainsFunc(windows, func(w Window) bool { return t.After(w.Start.Add(-time.Hour)) && t.Before(w.End) }) {
			c.value[h] = math.NaN()
		}
	}
}

// index returns the index of the first value of the hour h.
func (l *look) index(h int) int {
	if h >= len(l.hours.at) {
		return len(l.value)
	}
	return max(0, int((l.hours.at[h].Sub(l.Start)+l.Step-1)/l.Step))
}

// weekday is the day of the local week of the hour h, Monday being 0.
func (c *course) weekday(h int) int { return (int(c.at[h].Weekday()) + 6) % 7 }

// slot is the hour of the local week of the hour h.
func (c *course) slot(h int) int { return c.weekday(h)*dayHours + c.at[h].Hour() }

// levels returns the median of the week around each hour. At both ends it is that of the first and of the last whole week, since a part of a week has
// another level.
func (c *course) levels() []float64 {
	medians := trailing(c.value, weekHours)
	level := make([]float64, len(c.value))
	for h := range level {
		level[h] = medians[min(max(h+weekHours/2, weekHours), len(c.value))]
	}
	return level
}

// seasonless returns the course without what the hours of the week usually add
// to its level. Less than three weeks do not show what is usual: then it is the
// course itself.
func (c *course) seasonless() []float64 {
	plain := slices.Clone(c.value)
	if countKnown(plain) < 3*weekHours {
		return plain
	}
	bySlot := make([][]float64, weekHours)
	for h, d := range minus(c.value, c.level) {
		if math.IsNaN(d) {
			continue
		}
		for _, k := range []int{weekHours - 1, 0, 1} {
			k = (c.slot(h) + k) % weekHours
			bySlot[k] = append(bySlot[k], d)
		}
	}
	usual := make([]float64, weekHours)
	for k := range usual {
		usual[k] = median(bySlot[k])
	}
	for h := range plain {
		plain[h] -= usual[c.slot(h)]
	}
	return plain
}

func countKnown(x []float64) int {
	n := 0
	for _, v := range x {
		if !math.IsNaN(v) {
			n++
		}
	}
	return n
}

// quantile returns the value below which the share q of what is known in x
// lies; NaN if nothing is known.
func quantile(x []float64, q float64) float64 {
	known := slices.DeleteFunc(slices.Clone(x), math.IsNaN)
	if len(known) == 0 {
		return math.NaN()
	}
	k := min(len(known)-1, int(q*float64(len(known))))
	lowest(known, k)
	return known[k]
}

// trailing returns for each i the median of the k values before i, NaN where
// fewer than half of them are known.
func trailing(x []float64, k int) []float64 {
	out := make([]float64, len(x)+1)
	sorted := make([]float64, 0, k)
	for i := range out {
		if i > k && !math.IsNaN(x[i-k-1]) {
			j, _ := slices.BinarySearch(sorted, x[i-k-1])
			sorted = slices.Delete(sorted, j, j+1)
		}
		if i > 0 && !math.IsNaN(x[i-1]) {
			j, _ := slices.BinarySearch(sorted, x[i-1])
			sorted = slices.Insert(sorted, j, x[i-1])
		}
		out[i] = math.NaN()
		if n := len(sorted); i >= k && 2*n >= k {
			out[i] = sorted[(n-1)/2]/2 + sorted[n/2]/2
		}
	}
	return out
}
