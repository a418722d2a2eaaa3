package slo

import (
	"time"

	"opsreview"
)

// lead is how long before a window its segments matter: pages at its beginning
// may be about what burned before it, and are judged only if that time is known.
const lead = 6 * time.Hour

// At returns the end of what a report of the window counts: its end, or the last
// whole minute IngestDelay before now.
func At(w opsreview.Window, now time.Time) time.Time {
	return earlier(w.End, now.Add(-IngestDelay)).Truncate(time.Minute)
}

// Since returns from when on segments are needed to prepare a report of the
// window and to tell how the SLO stands at a time. It is the beginning of an
// hour, and of a slice where slices are counted.
func Since(s opsreview.SLO, w opsreview.Window, at time.Time) time.Time {
	since := at.Add(-Month)
	if own, ok := OwnWindow(s, at); ok {
		since = earlier(since, own.Start)
	}
	if !w.Start.IsZero() {
		since = earlier(since, w.Start.Add(-lead))
	}
	if unitOf(s.Objective) == unitSlices {
		since = since.Truncate(sliceOf(s.Objective))
	}
	return since.Truncate(time.Hour)
}

// OwnWindow returns the window that the SLO's document asks for, at a time; of a
// calendar window, the part of the current period that is over. At the very end
// of a period that is the whole period. A calendar window without a zone is read
// in the location of at. It returns false if the window is no other than the 7
// or the 30 days that every SLO is measured over, or if it cannot be read.
func OwnWindow(s opsreview.SLO, at time.Time) (opsreview.Window, bool) {
	sw := s.Window
	if sw.Unit == "" {
		if sw.Length <= 0 || sw.Length == Week || sw.Length == Month {
			return opsreview.Window{}, false
		}
		return rolling(at, sw.Length), true
	}
	p, ok := newPeriods(sw, at.Location())
	if !ok {
		return opsreview.Window{}, false
	}
	return opsreview.Window{Start: p.before(at), End: at}, true
}

// Periods are the calendar periods of a window: they begin at the same time of
// day on the clocks of a zone, every so many days or months.
type periods struct {
	first        time.Time // what the clocks show when the first one begins, as if it were UTC
	days, months int       // one of them is 0
	zone         *time.Location
}

// mostPeriods is how many days, weeks, months, quarters or years a period may
// have: as far as the calendar is worth computing.
const mostPeriods = 1000

// newPeriods returns false for a window that cannot be read. One without a start
// begins with the Monday that was the first day of the year 2024.
func newPeriods(sw opsreview.SLOWindow, zone *time.Location) (periods, bool) {
	p := periods{first: time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC), zone: zone}
	if sw.Zone != "" {
		loc, err := time.LoadLocation(sw.Zone)
		if err != nil {
			return p, false
		}
		p.zone = loc
	}
	if sw.Start != "" {
		first, ok := clock(sw.Start)
		if !ok {
			return p, false
		}
		p.first = first
	}
	n := max(sw.Count, 1)
	if n > mostPeriods {
		return p, false
	}
	switch sw.Unit {
	case "d":
		p.days = n
	case "w":
		p.days = 7 * n
	case "M":
		p.months = n
	case "Q":
		p.months = 3 * n
	case "Y":
		p.months = 12 * n
	default:
		return p, false
	}
	return p, true
}

// clock reads what a clock shows, in the forms in which documents write it.
func clock(text string) (time.Time, bool) {
	for _, layout := range []string{"2006-01-02 15:04:05", "2006-01-02T15:04:05", "2006-01-02 15:04", "2006-01-02T15:04", "2006-01-02"} {
		if t, err := time.Parse(layout, text); err == nil {
			return t, true
		}
	}
	return time.Time{}, false
}

// before returns the start of the last period that began before t. Periods also
// reach back before the first.
func (p periods) before(t time.Time) time.Time {
	local := t.In(p.zone)
	var k int
	if p.days > 0 {
		k = int(local.Sub(p.first)/(24*time.Hour)) / p.days
	} else {
		k = ((local.Year()-p.first.Year())*12 + int(local.Month()-p.first.Month())) / p.months
	}
	for !p.start(k).Before(t) {
		k--
	}
	for p.start(k + 1).Before(t) {
		k++
	}
	return p.start(k)
}

// start returns when the period k after the first one begins. A month without
// the day of the month that the first one began on has its last day instead.
func (p periods) start(k int) time.Time {
	y, m, d := p.first.Date()
	if p.months > 0 {
		m += time.Month(k * p.months)
		d = min(d, time.Date(y, m+1, 0, 0, 0, 0, 0, time.UTC).Day())
	}
	return showing(time.Date(y, m, d+k*p.days, p.first.Hour(), p.first.Minute(), p.first.Second(), 0, time.UTC), p.zone)
}

// showing returns the instant at which the clocks of a zone show what clock
// shows in UTC. Where they are put forward and never show it, it is the instant
// of the change.
func showing(clock time.Time, zone *time.Location) time.Time {
	y, m, d := clock.Date()
	t := time.Date(y, m, d, clock.Hour(), clock.Minute(), clock.Second(), 0, zone)
	_, offset := t.Zone()
	start, end := t.ZoneBounds()
	switch shown := t.Add(time.Duration(offset) * time.Second); {
	case shown.Before(clock):
		return end
	case shown.After(clock):
		return start
	}
	return t
}
