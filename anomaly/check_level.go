package anomaly

import (
	"math"
	"slices"
)

// What counts as a level shift.
const (
	shiftTimes   = 2.5              // multiples of the usual move from one day to the next
	shiftUsual   = 0.98             // the share of moves that is usual
	shiftSharp   = 0.6              // the share of the whole change that one day must make
	shiftHolds   = 54               // how many hours a shift must hold to be none of a weekend
	shiftStays   = weekHours        // how long one must hold that does not last
	plateauTimes = 3                // as shiftTimes, for a level that is gone within a week
	plateauHolds = dayHours / 2     // how many hours one must hold, and must be known after it
	plateauAfter = 3 * dayHours     // how long it must be gone
	shiftHistory = 7 * dayHours     // how much must be known before
	shiftLeast   = 10 * dayHours    // how much must be known in all
	shiftAround  = 3 * dayHours / 2 // how much around a shift is not usual
)

// moves returns for each hour how far the median of the day after it is from
// that of the day before, less what it usually moves. The last day may be half
// of one.
func moves(y []float64) []float64 {
	days := trailing(y, dayHours)
	moves := make([]float64, len(y))
	for h := range moves {
		moves[h] = math.NaN()
		if h+dayHours < len(days) {
			moves[h] = days[h+dayHours] - days[h]
		} else if h+plateauHolds <= len(y) {
			moves[h] = median(y[h:]) - days[h]
		}
	}
	trend := median(moves)
	for h := range moves {
		moves[h] -= trend
	}
	return moves
}

// levels finds changes of the level that stay, and those that last for days
// and are gone again.
func (l *look) levels() (shifts, plateaus []Window) {
	c := &l.hours
	if len(c.value) < shiftLeast {
		return nil, nil
	}
	moved := moves(c.plain)
	first := max(c.from, shiftHistory)
	least := max(l.leastMove(), quantile(spreads(c.plain[:first]), 0.5))
	for h := first; h+plateauHolds <= c.to; h++ {
		if !steepest(moved, h) {
			continue
		}
		scale := max(usualMove(moved, h), least)
		times := math.Abs(moved[h]) / scale
		if !(times >= shiftTimes) {
			continue
		}
		if end, before, after := c.shiftAt(h, moved[h]); end > 0 {
			w := l.levelWindow(Shift, h, end, before, after)
			w.Low, w.High, w.Score = before-scale, before+scale, DefaultThreshold*times/shiftTimes
			w.Text = l.sayShift(w)
			shifts = append(shifts, w)
		} else if end, before, after := c.plateauAt(h, moved[h]); end > 0 && times >= plateauTimes {
			w := l.levelWindow(Sustained, h, end, before, after)
			w.Low, w.High, w.Score = before-scale, before+scale, DefaultThreshold*times/plateauTimes
			w.Text = l.sayPlateau(w)
			plateaus = append(plateaus, w)
		}
	}
	return shifts, plateaus
}

// levelWindow is the window of a level that changes at about the hour h and
// holds until about the hour end.
func (l *look) levelWindow(k Kind, h, end int, before, after float64) Window {
	until := len(l.value)
	if end < len(l.hours.value) {
		until = l.onset(end, after, before)
	}
	start := l.onset(h, before, after)
	w := l.window(k, start, max(until, start+1), 0)
	w.Value, w.Usual, w.Direction = after, before, Up
	if after < before {
		w.Direction = Down
	}
	return w
}

// plateauAt returns until when the level to which the move at the hour h led
// holds if it is gone within a week, or has not lasted for long yet, and the
// levels before and then; 0 if it is no plateau. The days before and those after
// lie on the same side.
func (c *course) plateauAt(h int, move float64) (end int, before, then float64) {
	y := c.plain
	past := y[max(0, h-weekHours):h]
	before = median(past)
	mid := before + move/2
	end = h
	for end < len(y) && onSide(y[end:min(end+dayHours, len(y))], mid, move) {
		end += dayHours
	}
	end = min(end, len(y))
	long := end - h
	switch {
	case long < plateauHolds || long >= shiftStays || !onSide(past, mid, -move):
		return 0, 0, 0
	case end == len(y) && countKnown(y) < 3*weekHours:
		return 0, 0, 0 // It may be a weekend: their shape is not known.
	case end < len(y) && (end+plateauHolds > len(y) || !onSide(y[end:min(end+plateauAfter, len(y))], mid, -move)):
		return 0, 0, 0
	}
	return end, before, median(y[h:end])
}

// steepest reports whether the move at h is the largest of the days around it.
func steepest(moved []float64, h int) bool {
	size := math.Abs(moved[h])
	if math.IsNaN(size) {
		return false
	}
	for k := max(0, h-dayHours); k < min(len(moved), h+dayHours); k++ {
		if s := math.Abs(moved[k]); s > size || (s == size && k < h) {
			return false
		}
	}
	return true
}

// shiftAt returns until when the level to which the move at the hour h led
// holds, and the levels before and after; 0 if it is no shift. One makes most of
// the change between the week before and the week after, which a drift's move
// does not; and all days before lie on the one side and all days after on the
// other, which those around a holiday do not.
func (c *course) shiftAt(h int, move float64) (end int, before, after float64) {
	y := c.plain
	past := y[max(0, h-weekHours):h]
	before, after = median(past), median(y[h:min(len(y), h+weekHours)])
	mid := before/2 + after/2
	if math.Abs(move) < shiftSharp*math.Abs(after-before) || (after-before)*move <= 0 || !onSide(past, mid, -move) {
		return 0, 0, 0
	}
	end = h
	for end < len(y) && onSide(y[end:min(end+dayHours, len(y))], mid, move) {
		end += dayHours
	}
	end = min(end, len(y))
	if end-h < shiftHolds || (end < len(y) && end-h < shiftStays) {
		return 0, 0, 0
	}
	return end, before, after
}

// usualMove is how far the level usually moves at most, but for around the
// hour h. What came after it counts only where little was before: a series that
// grew moves more.
func usualMove(moved []float64, h int) float64 {
	var others []float64
	if h > 3*weekHours {
		moved = moved[:h]
	}
	for k, v := range moved {
		if k < h-shiftAround || k > h+shiftAround {
			others = append(others, math.Abs(v))
		}
	}
	return quantile(others, shiftUsual)
}

// onSide reports whether the median of each day of x is on that side of mid
// where move points to. Days of which less than half is known do not count.
func onSide(x []float64, mid, move float64) bool {
	for d := range slices.Chunk(x, dayHours) {
		if 2*countKnown(d) >= dayHours && (median(d)-mid)*move <= 0 {
			return false
		}
	}
	return true
}

// spreads returns of each day how far apart its quarters are.
func spreads(x []float64) []float64 {
	var out []float64
	for d := range slices.Chunk(x, dayHours) {
		if len(d) == dayHours {
			out = append(out, quantile(d, 0.75)-quantile(d, 0.25))
		}
	}
	return out
}

// onset returns the index at which the level changed, within a day of the hour
// h: where the values before are nearest to the one level and those after to the
// other one.
func (l *look) onset(h int, before, after float64) int {
	y := l.hours.plain
	first, last := max(0, h-dayHours), min(len(y), h+dayHours)
	best, least, cost := l.index(h), math.Inf(1), 0.0
	for k := first; k < last; k++ {
		season := l.hours.value[k] - y[k]
		for i := l.index(k); i < l.index(k+1); i++ {
			if math.IsNaN(l.value[i]) || math.IsNaN(season) {
				continue
			}
			if cost < least {
				best, least = i, cost
			}
			v := l.value[i] - season
			cost += math.Abs(v-before) - math.Abs(v-after)
		}
	}
	return best
}

// What counts as a drift.
const (
	driftDays   = 28  // how many days must be known
	driftTimes  = 6.0 // multiples of how far days usually are from the line
	driftUsual  = 0.9 // the share of those distances that is usual
	driftSpread = 1.0 // multiples of what a day spreads
	driftStep   = 0.4 // the share of the move that one day may make
	driftSlow   = 0.3 // the least share of an even move that a week must make
	driftFast   = 2.0 // the largest share
)

// drift finds a level that moves slowly and steadily over the whole history.
func (l *look) drift() []Window {
	y := l.hours.plain[:l.hours.to]
	y = y[len(y)%dayHours:]
	days := make([]float64, 0, len(y)/dayHours)
	for d := range slices.Chunk(y, dayHours) {
		m := math.NaN()
		if 2*countKnown(d) >= dayHours {
			m = median(d)
		}
		days = append(days, m)
	}
	for len(days) > 0 && math.IsNaN(days[0]) {
		days = days[1:]
	}
	if countKnown(days) < driftDays || l.oneWay() {
		return nil
	}
	slope, start, off := line(days)
	total := slope * float64(len(days)-1)
	scale := max(driftTimes*off, driftSpread*quantile(spreads(y), 0.5), l.leastMove())
	if !(math.Abs(total) >= scale) || scale == 0 || !steady(days, total) {
		return nil
	}
	end := l.index(l.hours.to)
	w := l.window(Drift, max(0, l.index(l.hours.to-len(days)*dayHours)), end, DefaultThreshold*math.Abs(total)/scale)
	w.Peak, w.Value, w.Usual, w.Low, w.High = w.End.Add(-l.Step), start+total, start, start-off, start+off
	w.Direction = Up
	if total < 0 {
		w.Direction = Down
	}
	w.Text = l.sayDrift(w, slope)
	return []Window{w}
}

// line lays a line through days that a few odd days cannot turn: its slope is
// the median of the slopes between all pairs. off is how far from it days
// usually are at most.
func line(days []float64) (slope, start, off float64) {
	var slopes []float64
	for i, a := range days {
		for j := i + 1; j < len(days); j++ {
			slopes = append(slopes, (days[j]-a)/float64(j-i))
		}
	}
	slope = median(slopes)
	rest := make([]float64, len(days))
	for i, d := range days {
		rest[i] = d - slope*float64(i)
	}
	start = median(rest)
	for i := range rest {
		rest[i] = math.Abs(rest[i] - start)
	}
	return slope, start, quantile(rest, driftUsual)
}

// steady reports whether every week of days makes its part of the move, and no
// single day much of it.
func steady(days []float64, total float64) bool {
	for i := 3; i+3 <= len(days); i++ {
		if math.Abs(median(days[i:i+3])-median(days[i-3:i])) > driftStep*math.Abs(total) {
			return false
		}
	}
	days = days[len(days)%7:]
	even := total * 7 / float64(len(days)-1)
	for i := 7; i < len(days); i += 7 {
		share := (median(days[i:i+7]) - median(days[i-7:i])) / even
		if !(share >= driftSlow && share <= driftFast) {
			return false
		}
	}
	return true
}

// oneWay reports whether the values only ever grow, or only ever fall: those
// of a counter, an age or a countdown do so by design.
func (l *look) oneWay() bool {
	ups, downs, last := 0, 0, math.NaN()
	for _, v := range l.value {
		switch {
		case math.IsNaN(v):
			continue
		case v > last:
			ups++
		case v < last:
			downs++
		}
		last = v
	}
	return ups == 0 || downs == 0
}
