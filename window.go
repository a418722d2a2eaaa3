package opsreview

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// A Window is the half-open interval [Start, End). Half-open windows tile: the
// end of one week is the start of the next, and no page falls in both.
type Window struct {
	Start, End time.Time
}

// Contains reports whether t lies in the window.
func (w Window) Contains(t time.Time) bool {
	return !t.Before(w.Start) && t.Before(w.End)
}

// Overlap returns how much of the window the interval [start, end) covers.
func (w Window) Overlap(start, end time.Time) time.Duration {
	if start.Before(w.Start) {
		start = w.Start
	}
	if end.After(w.End) {
		end = w.End
	}
	if !end.After(start) {
		return 0
	}
	return end.Sub(start)
}

// Duration returns the window's length.
func (w Window) Duration() time.Duration { return w.End.Sub(w.Start) }

// IsZero reports whether the window is unset.
func (w Window) IsZero() bool { return w.Start.IsZero() && w.End.IsZero() }

// Validate returns an Invalid error unless the window has a start before its end.
func (w Window) Validate() error {
	if w.Start.IsZero() || w.End.IsZero() || !w.Start.Before(w.End) {
		return Errorf(Invalid, "the window must start before it ends: from %s to %s", shortTime(w.Start), shortTime(w.End))
	}
	return nil
}

func shortTime(t time.Time) string {
	if t.IsZero() {
		return "(none)"
	}
	return t.Format(time.RFC3339)
}

// Before returns the window of the same calendar length that ends where w
// starts. Whole local days stay whole local days across a change of clocks.
func (w Window) Before(loc *time.Location) Window {
	start, end := w.Start.In(loc), w.End.In(loc)
	if days := calendarDays(start, end); days > 0 {
		y, m, d := start.Date()
		clock := time.Date(y, m, d-days, start.Hour(), start.Minute(), start.Second(), start.Nanosecond(), time.UTC)
		return Window{Start: inZone(clock, loc), End: w.Start}
	}
	return Window{Start: w.Start.Add(-w.Duration()), End: w.Start}
}

// calendarDays returns how many local days lie between two instants with the
// same wall clock, and 0 if their wall clocks differ.
func calendarDays(start, end time.Time) int {
	if start.Format("15:04:05.000") != end.Format("15:04:05.000") {
		return 0
	}
	y, m, d := start.Date()
	a := time.Date(y, m, d, 0, 0, 0, 0, time.UTC)
	y, m, d = end.Date()
	b := time.Date(y, m, d, 0, 0, 0, 0, time.UTC)
	return int(b.Sub(a) / (24 * time.Hour))
}

// A WindowSpec is a window as a person asks for it. At most one of Week, Last
// and From may be set; To goes with From. The zero WindowSpec asks for the last
// complete ISO week.
type WindowSpec struct {
	Week string // "2026-W46"
	From string // RFC 3339, or a local date or date and time: "2026-11-09", "2026-11-09T08:00"
	To   string // as From; "" means now
	Last string // "14d", "36h", "2w": that long until now
}

// IsZero reports whether the spec asks for the default window.
func (s WindowSpec) IsZero() bool { return s == WindowSpec{} }

var isoWeek = regexp.MustCompile(`^(\d{4})-?W(\d{2})$`)

// Resolve turns the spec into a window. Dates and weeks are read in loc. It
// returns an Invalid error that says how to write what it could not read.
func (s WindowSpec) Resolve(now time.Time, loc *time.Location) (Window, error) {
	set := 0
	for _, f := range []string{s.Week, s.From, s.Last} {
		if f != "" {
			set++
		}
	}
	if set > 1 {
		return Window{}, Errorf(Invalid, "choose one of week, last and from/to")
	}
	switch {
	case s.Week != "":
		return s.week(loc)
	case s.Last != "":
		return s.last(now, loc)
	case s.From != "":
		return s.fromTo(now, loc)
	case s.To != "":
		return Window{}, Errorf(Invalid, "to needs a from: give both ends of the window")
	}
	monday := startOfWeek(now.In(loc))
	return Window{Start: monday.AddDate(0, 0, -7), End: monday}, nil
}

func (s WindowSpec) week(loc *time.Location) (Window, error) {
	m := isoWeek.FindStringSubmatch(s.Week)
	if m == nil {
		return Window{}, Errorf(Invalid, "%q is not a week: write it as 2026-W46", s.Week)
	}
	year, _ := strconv.Atoi(m[1])
	week, _ := strconv.Atoi(m[2])
	// 4 January is always in week 1 (ISO 8601).
	monday := startOfWeek(time.Date(year, 1, 4, 0, 0, 0, 0, loc)).AddDate(0, 0, 7*(week-1))
	if y, w := monday.ISOWeek(); y != year || w != week {
		return Window{}, Errorf(Invalid, "there is no week %d in %d", week, year)
	}
	return Window{Start: monday, End: monday.AddDate(0, 0, 7)}, nil
}

func (s WindowSpec) last(now time.Time, loc *time.Location) (Window, error) {
	text := strings.TrimSpace(s.Last)
	bad := Errorf(Invalid, "%q is not a span: write 14d, 2w or 36h", s.Last)
	if len(text) < 2 {
		return Window{}, bad
	}
	n, err := strconv.Atoi(text[:len(text)-1])
	if err != nil || n <= 0 || n > 100_000 {
		return Window{}, bad
	}
	end := now.In(loc)
	switch text[len(text)-1] {
	case 'h':
		return Window{Start: end.Add(-time.Duration(n) * time.Hour), End: end}, nil
	case 'd':
		return Window{Start: end.AddDate(0, 0, -n), End: end}, nil
	case 'w':
		return Window{Start: end.AddDate(0, 0, -7*n), End: end}, nil
	}
	return Window{}, bad
}

func (s WindowSpec) fromTo(now time.Time, loc *time.Location) (Window, error) {
	from, err := ParseTime(s.From, loc)
	if err != nil {
		return Window{}, err
	}
	to := now.In(loc)
	if s.To != "" {
		if to, err = ParseTime(s.To, loc); err != nil {
			return Window{}, err
		}
	}
	w := Window{Start: from, End: to}
	return w, w.Validate()
}

// ParseTime reads a time as a person writes it: RFC 3339, or a local date or
// date and time in loc. It returns an Invalid error that says how to write it.
func ParseTime(s string, loc *time.Location) (time.Time, error) {
	if t, err := time.Parse(time.RFC3339, s); err == nil {
		return t.In(loc), nil
	}
	for _, layout := range []string{"2006-01-02", "2006-01-02T15:04", "2006-01-02 15:04", "2006-01-02T15:04:05"} {
		if t, err := time.Parse(layout, s); err == nil {
			return inZone(t, loc), nil
		}
	}
	return time.Time{}, Errorf(Invalid, "%q is not a time: write 2026-11-09, 2026-11-09T08:00 or 2026-11-09T08:00:00+01:00", s)
}

// startOfWeek returns the local midnight that begins t's ISO week.
func startOfWeek(t time.Time) time.Time {
	y, m, d := t.Date()
	back := (int(t.Weekday()) + 6) % 7 // Monday is 0
	return inZone(time.Date(y, m, d-back, 0, 0, 0, 0, time.UTC), t.Location())
}

// inZone returns the instant at which clocks in loc show what clock shows in
// UTC. Where clocks are put forward and never show it, it returns the instant
// of the change, so that a day without a midnight begins with its first moment
// and not on the day before.
func inZone(clock time.Time, loc *time.Location) time.Time {
	y, m, d := clock.Date()
	t := time.Date(y, m, d, clock.Hour(), clock.Minute(), clock.Second(), clock.Nanosecond(), loc)
	_, offset := t.Zone()
	off := t.Add(time.Duration(offset) * time.Second).Sub(clock) // by how much t's clock is wrong
	start, end := t.ZoneBounds()
	switch {
	case off < 0:
		return end
	case off > 0:
		return start
	}
	return t
}

// WeekName returns the ISO week that w is, such as "2026-W46", or "" if w is
// not one whole ISO week in loc.
func (w Window) WeekName(loc *time.Location) string {
	start := w.Start.In(loc)
	if !startOfWeek(start).Equal(start) || !start.AddDate(0, 0, 7).Equal(w.End) {
		return ""
	}
	y, n := start.ISOWeek()
	return fmt.Sprintf("%d-W%02d", y, n)
}
