package anomaly

import (
	"math"
	"slices"
	"time"
)

// What counts as a changed pattern.
const (
	patternPast  = 14   // how many days before must be known
	patternDays  = 5    // how many days must look different
	patternTimes = 1.5  // multiples of how odd days usually are at most
	patternUsual = 0.9  // the share of past days that is usual
	patternShare = 0.35 // the least oddness, as a share of the usual shape's own size
	patternAgree = 0.6  // the share of the oddness that the odd days must have in common
	weekTimes    = 2.5  // as patternTimes, for the levels of days
	weekShare    = 0.3  // as patternShare
	weekSpread   = 0.35 // the least change of a level, as a share of what a day spreads
	weekOnce     = 2    // how much more a change must be that has been seen in one week only
	weekDays     = 2    // how many days of the week must look different
)

// A dayShape is one local day: how far each of its hours is from the day's own
// level, and how far that level is from the week's.
type dayShape struct {
	first   int // its first hour, by index
	weekday int // Monday is 0
	hours   []float64
	value   []float64 // as measured
	level   float64
}

// days cuts the course into local days and leaves out those that are not
// known nearly whole. On a day with an hour twice the later one counts.
func (c *course) days() []dayShape {
	var all []dayShape
	for h := 0; h < c.to; {
		d := dayShape{first: h, weekday: c.weekday(h), value: make([]float64, dayHours)}
		for k := range d.value {
			d.value[k] = math.NaN()
		}
		for date := c.at[h].YearDay(); h < c.to && c.at[h].YearDay() == date; h++ {
			d.value[c.at[h].Hour()] = c.value[h]
		}
		if countKnown(d.value) < dayHours-2 || math.IsNaN(c.level[d.first]) {
			continue
		}
		m := median(d.value)
		d.level, d.hours = m-c.level[(d.first+h)/2], make([]float64, dayHours)
		for k, v := range d.value {
			d.hours[k] = v - m
		}
		all = append(all, d)
	}
	return all
}

// pattern finds that the shape of the days changed, or else that of the week.
func (l *look) pattern() []Window {
	days := l.hours.days()
	if w, ok := l.dayPattern(days); ok {
		return []Window{w}
	}
	if w, ok := l.weekPattern(days); ok {
		return []Window{w}
	}
	return nil
}

// before splits days at the beginning of the part under review.
func (l *look) before(days []dayShape) (past, review []dayShape) {
	i := 0
	for i < len(days) && days[i].first < l.hours.from {
		i++
	}
	return days[:i], days[i:]
}

// shapeOf is the hour by hour median of days.
func shapeOf(days []dayShape, hours func(dayShape) []float64) []float64 {
	shape, at := make([]float64, dayHours), make([]float64, 0, len(days))
	for k := range shape {
		at = at[:0]
		for _, d := range days {
			at = append(at, hours(d)[k])
		}
		shape[k] = median(at)
	}
	return shape
}

func ofHours(d dayShape) []float64 { return d.hours }
func ofValue(d dayShape) []float64 { return d.value }

// distance is how far apart the hours of two days are on average.
func distance(a, b []float64) float64 {
	sum, n := 0.0, 0
	for k := range a {
		if d := math.Abs(a[k] - b[k]); !math.IsNaN(d) {
			sum, n = sum+d, n+1
		}
	}
	return sum / float64(max(n, 1))
}

// dayPattern finds that days look like none of the days before: neither like
// working days nor like Saturdays or Sundays, so that a holiday is not odd.
func (l *look) dayPattern(days []dayShape) (Window, bool) {
	past, review := l.before(days)
	if len(past) < patternPast || len(review) < patternDays {
		return Window{}, false
	}
	kinds := shapesOf(past)
	odd := func(hours []float64) float64 {
		least, none := math.Inf(1), make([]float64, dayHours)
		for _, shape := range kinds {
			d := distance(hours, shape)
			least = min(least, d/max(patternShare*distance(shape, none), l.leastMove()))
		}
		return least
	}
	usual := make([]float64, len(past))
	for i, d := range past {
		usual[i] = odd(d.hours)
	}
	limit := max(1, patternTimes*quantile(usual, patternUsual))
	isOdd := func(d dayShape) bool { return odd(d.hours) >= limit }
	for len(review) > 0 && !isOdd(review[0]) {
		review = review[1:]
	}
	odds := slices.DeleteFunc(slices.Clone(review), func(d dayShape) bool { return !isOdd(d) })
	if len(odds) < patternDays || len(odds) < len(review)-1 {
		return Window{}, false
	}
	common := odd(shapeOf(odds, ofHours))
	if common < patternAgree*limit {
		return Window{}, false
	}
	w := l.window(Pattern, l.index(odds[0].first), l.index(l.hours.to), DefaultThreshold*max(1, common/limit))
	l.describeShape(&w, past, odds)
	return w, true
}

// shapesOf returns the usual shapes of working days, Saturdays and Sundays.
func shapesOf(past []dayShape) [][]float64 {
	kinds := make([][]dayShape, 3)
	for _, d := range past {
		k := max(0, d.weekday-4)
		kinds[k] = append(kinds[k], d)
	}
	var shapes [][]float64
	for _, k := range kinds {
		if len(k) > 0 {
			shapes = append(shapes, shapeOf(k, ofHours))
		}
	}
	return shapes
}

// describeShape fills in where the days differ most: at which hour, how high it
// is there, and how high it was.
func (l *look) describeShape(w *Window, past, odds []dayShape) {
	was, is := shapeOf(past, ofValue), shapeOf(odds, ofValue)
	at, most := 0, 0.0
	for k := range was {
		if d := math.Abs(is[k] - was[k]); d > most {
			at, most = k, d
		}
	}
	w.Value, w.Usual = is[at], was[at]
	w.Low, w.High = w.Usual-l.stray(), w.Usual+l.stray()
	w.Peak = l.At(l.index(odds[0].first))
	for h := odds[0].first; h < l.hours.to; h++ {
		if l.hours.at[h].Hour() == at {
			w.Peak = l.At(l.index(h))
			break
		}
	}
	w.Text = l.sayShape(*w, was, is)
}

// weekPattern finds that some days of the week are at another level than they
// usually are: in both of the last two weeks, or else in the last one, if what
// some days lost others gained, or the weekend passed like working days. A few
// odd days in a row alone are a deviation.
func (l *look) weekPattern(days []dayShape) (Window, bool) {
	for _, weeks := range []int{2, 1} {
		n := len(days) - 7*weeks
		if n < patternPast || days[n].first < l.hours.from-dayHours {
			continue
		}
		past, review := days[:n], days[n:]
		usual, limit := usualLevels(past)
		limit = max(limit, l.leastMove())
		off := offLevels(review, usual, weeks)
		least, kinds := math.Inf(1), 0
		for _, o := range off {
			if math.Abs(o) >= limit {
				least, kinds = min(least, math.Abs(o)), kinds+1
			}
		}
		moved := slices.Min(off) <= -weekOnce*limit && slices.Max(off) >= weekOnce*limit
		if kinds < weekDays || limit == 0 || (weeks == 1 && !moved && !workedWeekend(past, review)) {
			continue
		}
		changed := slices.DeleteFunc(slices.Clone(review), func(d dayShape) bool { return math.Abs(off[d.weekday]) < limit })
		w := l.window(Pattern, l.index(changed[0].first), l.index(l.hours.to), DefaultThreshold*least/limit)
		l.describeWeek(&w, past, changed)
		return w, true
	}
	return Window{}, false
}

// workedWeekend reports whether Saturday and Sunday passed like working days.
func workedWeekend(past, review []dayShape) bool {
	work, free := byWork(past)
	if len(work) == 0 || len(free) == 0 {
		return false
	}
	asWork, asFree := shapeOf(work, ofValue), shapeOf(free, ofValue)
	_, weekend := byWork(review)
	return len(weekend) > 1 && !slices.ContainsFunc(weekend, func(d dayShape) bool {
		return distance(d.value, asWork) >= holidayNear*distance(d.value, asFree)
	})
}

// byWork parts working days from weekends.
func byWork(days []dayShape) (work, free []dayShape) {
	for _, d := range days {
		if d.weekday < 5 {
			work = append(work, d)
		} else {
			free = append(free, d)
		}
	}
	return work, free
}

// offLevels returns for each day of the week how far it is from its usual level
// in each of the weeks, at least; 0 if it is now above and now below, or looks
// like a holiday. The level of the week is the median of its days', so that a few
// that change leave the others where they are.
func offLevels(review []dayShape, usual []float64, weeks int) []float64 {
	all := make([]float64, len(review))
	for i, d := range review {
		all[i] = median(d.value) - usual[d.weekday]
	}
	base := median(all)
	byDay := make([][]float64, 7)
	for i, d := range review {
		byDay[d.weekday] = append(byDay[d.weekday], all[i]-base)
	}
	off := make([]float64, 7)
	free := (usual[5] + usual[6]) / 2
	for k, o := range byDay {
		if len(o) < weeks {
			continue
		}
		if least, most := slices.Min(o), slices.Max(o); least > 0 {
			off[k] = least
		} else if most < 0 {
			off[k] = most
		}
		if k < 5 && math.Abs(usual[k]+median(o)-free) < math.Abs(off[k])/2 {
			off[k] = 0
		}
	}
	return off
}

// usualLevels returns the usual level of each day of the week against the
// week's, and from which distance on a day is odd.
func usualLevels(past []dayShape) (usual []float64, limit float64) {
	byDay := make([][]float64, 7)
	for _, d := range past {
		byDay[d.weekday] = append(byDay[d.weekday], d.level)
	}
	usual = make([]float64, 7)
	for k, levels := range byDay {
		usual[k] = median(levels)
	}
	off, spread := make([]float64, len(past)), make([]float64, len(past))
	for i, d := range past {
		off[i] = math.Abs(d.level - usual[d.weekday])
		spread[i] = quantile(d.value, 0.75) - quantile(d.value, 0.25)
	}
	return usual, max(weekTimes*quantile(off, patternUsual),
		weekShare*(slices.Max(usual)-slices.Min(usual)), weekSpread*median(spread))
}

// describeWeek fills in which day of the week differs most, and by how much.
func (l *look) describeWeek(w *Window, past, odd []dayShape) {
	levels := func(days []dayShape, weekday int) float64 {
		var all []float64
		for _, d := range days {
			if d.weekday == weekday {
				all = append(all, median(d.value))
			}
		}
		return median(all)
	}
	most := -1.0
	var changed []changedDay
	for _, d := range odd {
		c := changedDay{time.Weekday((d.weekday + 1) % 7), levels(past, d.weekday), levels(odd, d.weekday)}
		if !slices.Contains(changed, c) {
			changed = append(changed, c)
		}
		if off := math.Abs(c.is - c.was); off > most {
			most = off
			w.Peak, w.Value, w.Usual = l.At(l.index(d.first)), c.is, c.was
		}
	}
	w.Low, w.High = w.Usual-l.stray(), w.Usual+l.stray()
	w.Text = l.sayWeek(*w, changed)
}

// A changedDay is a day of the week with its level before and now.
type changedDay struct {
	day     time.Weekday
	was, is float64
}

// size is how much the day changed.
func (c changedDay) size() float64 { return math.Abs(c.is - c.was) }
