package anomaly

import (
	"math"
	"time"
)

// What counts as a holiday.
const (
	holidayNear = 0.5 // how much nearer a day must be to a day off than to its own kind
	holidayPast = 3   // how many weeks of days of each kind say what is usual
	holidayEdge = 2 * time.Hour
	holidayTurn = 6 // how many hours from midnight on a holiday begins and ends at most
)

// A workday is a working day, which may have passed like a day off. That it
// was one, who looks at the series knows.
type workday struct {
	dayShape
	off   bool
	asOff []float64 // what its hours would be on a day off
}

// workdays returns the working days; none if too little is known to tell how
// days pass.
func (l *look) workdays() []workday {
	c := &l.hours
	work, off := byWork(c.days())
	if len(work) < 5*holidayPast || len(off) < 2*holidayPast {
		return nil
	}
	overWeek := func(d dayShape) []float64 {
		over := make([]float64, dayHours)
		for k, v := range d.value {
			over[k] = v - c.level[d.first]
		}
		return over
	}
	asWork, asOff := shapeOf(work, overWeek), shapeOf(off, overWeek)
	days := make([]workday, len(work))
	for i, d := range work {
		is := overWeek(d)
		days[i] = workday{dayShape: d, off: distance(is, asOff) < holidayNear*distance(is, asWork), asOff: make([]float64, dayHours)}
		for k, v := range asOff {
			days[i].asOff[k] = v + c.level[d.first]
		}
	}
	return days
}

// span is the day as a window, from so long before it until so long after.
func (c *course) span(d dayShape, around time.Duration) Window {
	return Window{Start: c.at[d.first].Add(-around), End: c.at[d.first].Add(day + around)}
}

// onHoliday reports whether the deviation w is only that of a holiday: its
// values are what they would be on a day off.
func (l *look) onHoliday(w Window, days []workday) bool {
	for _, d := range days {
		s := l.hours.span(d.dayShape, holidayEdge)
		if !d.off || w.Start.Before(s.Start) || w.End.After(s.End) {
			continue
		}
		usual := d.asOff[l.local(w.Peak).Hour()]
		return math.Abs(w.Value-usual) < extends*DefaultThreshold*l.stray()
	}
	return false
}

// ofHolidays reports whether the level w is only that of holidays: it begins and
// ends at about midnight, and all working days of which it takes in more than half
// passed like days off.
func (l *look) ofHolidays(w Window, days []workday) bool {
	off := false
	turn := func(t time.Time) bool {
		hour := l.local(t).Hour()
		return hour < holidayTurn || hour >= dayHours-holidayTurn
	}
	if !turn(w.Start) || (!w.Ongoing && !turn(w.End)) {
		return false
	}
	for _, d := range days {
		if w.overlaps(l.hours.span(d.dayShape, -day/2)) {
			if !d.off {
				return false
			}
			off = true
		}
	}
	return off
}
