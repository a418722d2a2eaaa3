package review

import (
	"cmp"
	"slices"
	"time"

	"opsreview"
)

// endless is where a duty without an end stops for our purposes.
var endless = time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC)

// duty is what one person's shifts amount to within a window.
type duty struct {
	time   time.Duration
	shifts int
	weeks  int
}

// dutyOf adds up one person's shifts within w. Pieces of one schedule that
// touch are one shift, and so are shifts of several schedules that overlap. A
// duty without an end is a shift only of those who serve no other.
func dutyOf(shifts []opsreview.Shift, w opsreview.Window, zone *time.Location) duty {
	type rota struct{ source, id string }
	rotas := map[rota][]opsreview.Window{}
	var all []opsreview.Window
	open := 0
	for _, s := range shifts {
		end := s.End
		if end.IsZero() {
			end = endless
		}
		if w.Overlap(s.Start, end) == 0 {
			continue
		}
		all = append(all, opsreview.Window{Start: s.Start, End: end})
		if s.End.IsZero() {
			open++
			continue
		}
		key := rota{s.Responder.Source, cmp.Or(s.ScheduleID, s.Schedule, s.PolicyID, s.Policy)}
		rotas[key] = append(rotas[key], opsreview.Window{Start: s.Start, End: end})
	}
	var whole []opsreview.Window
	for _, ws := range rotas {
		whole = append(whole, union(ws)...)
	}
	d := duty{time: covered(all, w), shifts: clusters(whole), weeks: weeksOf(all, w, zone)}
	if d.shifts == 0 && open > 0 {
		d.shifts = 1
	}
	return d
}

// Shifts joins one person's duties to shifts, in order: duties that overlap or
// touch are one. A duty without an end is no shift.
func Shifts(duties []opsreview.Shift) []opsreview.Window {
	var ws []opsreview.Window
	for _, d := range duties {
		if !d.End.IsZero() {
			ws = append(ws, opsreview.Window{Start: d.Start, End: d.End})
		}
	}
	return union(ws)
}

// clusters counts the groups of windows that overlap; touching is not enough.
func clusters(ws []opsreview.Window) int {
	slices.SortFunc(ws, func(a, b opsreview.Window) int { return a.Start.Compare(b.Start) })
	n := 0
	var end time.Time
	for _, w := range ws {
		if n == 0 || !w.Start.Before(end) {
			n++
		}
		if w.End.After(end) {
			end = w.End
		}
	}
	return n
}

// weeksOf counts the weeks of w, from its start in steps of seven local days,
// that the duties touch.
func weeksOf(duties []opsreview.Window, w opsreview.Window, zone *time.Location) int {
	n := 0
	start := w.Start.In(zone)
	for i := 0; ; i++ {
		week := opsreview.Window{Start: start.AddDate(0, 0, 7*i), End: start.AddDate(0, 0, 7*(i+1))}
		if !week.Start.Before(w.End) {
			return n
		}
		if week.End.After(w.End) {
			week.End = w.End
		}
		if slices.ContainsFunc(duties, func(d opsreview.Window) bool { return week.Overlap(d.Start, d.End) > 0 }) {
			n++
		}
	}
}
