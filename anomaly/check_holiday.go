package anomaly

import (
	"math"
	"time"
)

// What counts as a holiday.
const (
	holidayNear = 0.5 // how much nearer a day must be to a day off than to its own kind
	holidayPast = 3   // how many days of each kind say what is usual
)

// holidays returns whether a deviation is only that of a working day which
// passed like a Saturday or a Sunday: which day was off, calendars know, and who
// looks at the series does too.
func (l *look) holidays() func(Window) bool {
	days := l.hours.days()
	work, off := byWork(days)
	if len(work) < 5*holidayPast || len(off) < 2*holidayPast {
		return func(Window) bool { return false }
	}
	overWeek := func(d dayShape) []float64 {
		over := make([]float64, dayHours)
		for k, v := range d.value {
			over[k] = v - l.hours.level[d.first]
		}
		return over
	}
	asWork, asOff := shapeOf(work, overWeek), shapeOf(off, overWeek)
	return func(w Window) bool {
		for _, d := range days {
			if d.weekday > 4 || !l.hours.within(w, d) {
				continue
			}
			is := overWeek(d)
			k := w.Peak.In(l.hours.at[0].Location()).Hour()
			rest := math.Abs(w.Value - l.hours.level[d.first] - asOff[k])
			return distance(is, asOff) < holidayNear*distance(is, asWork) && rest < extends*DefaultThreshold*l.stray()
		}
		return false
	}
}

// within reports whether w lies in the day d, give or take two hours.
func (c *course) within(w Window, d dayShape) bool {
	start := c.at[d.first].Add(-2 * time.Hour)
	return !w.Start.Before(start) && !w.End.After(start.Add(day+4*time.Hour))
}
