package opsreview

import (
	"strconv"
	"strings"
	"time"
)

// momentHelp says how a moment can be written.
const momentHelp = "write 2026-11-09, 2026-11-09T08:00, 14:30, \"yesterday\", \"yesterday 14:00\", \"monday\", \"2h ago\" or \"3 days ago\""

// ParseMoment reads a time in the past or the future as a person says it, on
// the clock of loc: what [ParseTime] reads, "now", "today", "yesterday" or
// "tomorrow", a weekday, which is the last one before now, a time of day, which
// is today's, a day with a time of day ("yesterday 14:00"), and a span with "ago"
// ("2h ago", "90 minutes ago", "3 days ago") or after "in" ("in 2 weeks"). A day
// without a time of day is its first moment. Days and weeks are those of the
// calendar, so that "1 day ago" is the same time of day across a change of the
// clocks. It returns an Invalid error that says how to write it.
func ParseMoment(s string, now time.Time, loc *time.Location) (time.Time, error) {
	text := strings.ToLower(strings.Join(strings.Fields(s), " "))
	now = now.In(loc)
	if text == "now" || text == "just now" {
		return now, nil
	}
	if span, ok := strings.CutSuffix(text, " ago"); ok {
		return shift(s, span, now, -1)
	}
	if span, ok := strings.CutPrefix(text, "in "); ok {
		return shift(s, span, now, 1)
	}
	if clock, ok := parseClock(text); ok {
		return atClock(now, 0, clock), nil
	}
	day, rest, _ := strings.Cut(text, " ")
	if back, ok := daysBack(day, now); ok {
		clock, ok := parseClock(strings.TrimPrefix(rest, "at "))
		if rest == "" || ok {
			return atClock(now, -back, clock), nil
		}
	}
	t, err := ParseTime(strings.TrimSpace(s), loc)
	if err != nil {
		return time.Time{}, Errorf(Invalid, "%q is not a time: %s", s, momentHelp)
	}
	return t, nil
}

// ParseEnd reads an end that is yet to come as a person says it: what
// [ParseMoment] reads, or a span from now without "in": "14d", "2 weeks". A date
// without a time of day ends with that day. It returns an Invalid error that
// says how to write it.
func ParseEnd(s string, now time.Time, loc *time.Location) (time.Time, error) {
	now = now.In(loc)
	if _, err := time.Parse(time.DateOnly, strings.TrimSpace(s)); err == nil {
		t, err := ParseTime(strings.TrimSpace(s), loc)
		if err != nil {
			return t, err
		}
		return atClock(t, 1, 0), nil
	}
	if t, err := shift(s, strings.ToLower(strings.TrimSpace(s)), now, 1); err == nil {
		return t, nil
	}
	t, err := ParseMoment(s, now, loc)
	if err != nil {
		return t, Errorf(Invalid, "%q is not an end: write a date (2026-12-01), a time (2026-12-01T08:00) or a span from now (14d, 2 weeks)", s)
	}
	return t, nil
}

// ParseEffort reads how long work took as a person says it: minutes ("30"), or
// hours and minutes ("30m", "1h30m", "1h30", "1.5h", "1:30"). It returns an
// Invalid error unless that is more than nothing and at most a week.
func ParseEffort(s string) (time.Duration, error) {
	wrong := Errorf(Invalid, "%q is not a length of time: write minutes (30), 45m, 1h30m or 1.5h, up to a week", s)
	text := strings.ReplaceAll(strings.ToLower(strings.TrimSpace(s)), " ", "")
	if h, m, ok := strings.Cut(text, ":"); ok {
		text = h + "h" + m + "m"
	}
	for _, unit := range [][2]string{{"minutes", "m"}, {"minute", "m"}, {"mins", "m"}, {"min", "m"}, {"hours", "h"}, {"hour", "h"}, {"hrs", "h"}, {"hr", "h"}} {
		text = strings.ReplaceAll(text, unit[0], unit[1])
	}
	if n := len(text); n > 0 && text[n-1] >= '0' && text[n-1] <= '9' {
		text += "m"
	}
	d, err := time.ParseDuration(text)
	if err != nil || d < time.Second || d > 7*24*time.Hour {
		return 0, wrong
	}
	return d, nil
}

// shift moves now by a span such as "2h", "90 minutes" or "3d".
func shift(s, span string, now time.Time, sign int) (time.Time, error) {
	wrong := Errorf(Invalid, "%q is not a time: %s", s, momentHelp)
	span = strings.TrimSpace(span)
	digits := strings.IndexFunc(span, func(r rune) bool { return r < '0' || r > '9' })
	if digits <= 0 {
		if rest, ok := strings.CutPrefix(span, "an "); ok {
			return shift(s, "1 "+rest, now, sign)
		}
		if rest, ok := strings.CutPrefix(span, "a "); ok {
			return shift(s, "1 "+rest, now, sign)
		}
		return time.Time{}, wrong
	}
	n, err := strconv.Atoi(span[:digits])
	if err != nil || n > 100_000 {
		return time.Time{}, wrong
	}
	n *= sign
	switch strings.TrimSpace(span[digits:]) {
	case "m", "min", "mins", "minute", "minutes":
		return now.Add(time.Duration(n) * time.Minute), nil
	case "h", "hr", "hrs", "hour", "hours":
		return now.Add(time.Duration(n) * time.Hour), nil
	case "d", "day", "days":
		return now.AddDate(0, 0, n), nil
	case "w", "week", "weeks":
		return now.AddDate(0, 0, 7*n), nil
	case "month", "months":
		return now.AddDate(0, n, 0), nil
	}
	if d, err := time.ParseDuration(strings.ReplaceAll(span, " ", "")); err == nil { // "1h30m"
		return now.Add(time.Duration(sign) * d), nil
	}
	return time.Time{}, wrong
}

// parseClock reads a time of day as minutes after midnight.
func parseClock(s string) (int, bool) {
	t, err := time.Parse("15:04", s)
	return t.Hour()*60 + t.Minute(), err == nil
}

// daysBack says how many days before now a day's name stands for.
func daysBack(name string, now time.Time) (int, bool) {
	switch name {
	case "today":
		return 0, true
	case "yesterday":
		return 1, true
	case "tomorrow":
		return -1, true
	}
	if len(name) < 3 {
		return 0, false
	}
	for d := time.Sunday; d <= time.Saturday; d++ {
		full := strings.ToLower(d.String())
		if name == full || name == full[:3] {
			back := (int(now.Weekday()) - int(d) + 7) % 7
			if back == 0 {
				back = 7 // The last one before today.
			}
			return back, true
		}
	}
	return 0, false
}

// atClock is the time of day, in minutes after midnight, so many days after t's.
func atClock(t time.Time, days, minutes int) time.Time {
	y, m, d := t.Date()
	return inZone(time.Date(y, m, d+days, 0, minutes, 0, 0, time.UTC), t.Location())
}
