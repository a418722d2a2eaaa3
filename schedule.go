package opsreview

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// A Schedule says at what minute of which local days something happens. The
// zero Schedule never does.
type Schedule struct {
	Days   []time.Weekday // in order, Monday first
	Minute int            // after local midnight
}

// IsZero reports whether s never happens.
func (s Schedule) IsZero() bool { return len(s.Days) == 0 }

// weekly is when a schedule of a week happens that says no more.
const weekly = "mon 09:00"

// ParseSchedule reads "mon 08:30", "mon,thu 08:30", "daily 08:30" or "weekly",
// which is Monday at 09:00. It returns an Invalid error for anything else.
func ParseSchedule(text string) (Schedule, error) {
	bad := Errorf(Invalid, "%q is not a schedule: write weekly, \"mon 08:30\", \"mon,thu 08:30\" or \"daily 08:30\"", text)
	if text == "weekly" {
		text = weekly
	}
	names, clock, ok := strings.Cut(text, " ")
	if !ok {
		return Schedule{}, bad
	}
	minute, _, err := ParseClockSpan(clock + "-24:00")
	if err != nil || minute == 24*60 {
		return Schedule{}, bad
	}
	s := Schedule{Minute: minute}
	if names == "daily" {
		names = "mon,tue,wed,thu,fri,sat,sun"
	}
	for name := range strings.SplitSeq(names, ",") {
		day, err := ParseDay(name)
		if err != nil || slices.Contains(s.Days, day) {
			return Schedule{}, bad
		}
		s.Days = append(s.Days, day)
	}
	slices.SortFunc(s.Days, func(a, b time.Weekday) int { return int(a+6)%7 - int(b+6)%7 })
	return s, nil
}

// String writes what ParseSchedule reads, "" for the zero Schedule.
func (s Schedule) String() string {
	if s.IsZero() {
		return ""
	}
	names := make([]string, len(s.Days))
	for i, d := range s.Days {
		names[i] = strings.ToLower(d.String()[:3])
	}
	days := strings.Join(names, ",")
	if len(names) == 7 {
		days = "daily"
	}
	return fmt.Sprintf("%s %02d:%02d", days, s.Minute/60, s.Minute%60)
}

// Next returns the first time after t at which s happens on the clock of loc,
// and the zero time if it never does. Where clocks are put forward and never
// show the minute, it happens at the change; where they show it twice, once.
func (s Schedule) Next(t time.Time, loc *time.Location) time.Time { return s.find(t, loc, 1) }

// Last returns the last time at or before t at which s happened, as Next does.
func (s Schedule) Last(t time.Time, loc *time.Location) time.Time { return s.find(t, loc, -1) }

func (s Schedule) find(t time.Time, loc *time.Location, step int) time.Time {
	if s.IsZero() {
		return time.Time{}
	}
	y, m, d := t.In(loc).Date()
	for i := range 9 { // a week, and a day at each end
		clock := time.Date(y, m, d+(i-1)*step, 0, s.Minute, 0, 0, time.UTC)
		if !slices.Contains(s.Days, clock.Weekday()) {
			continue
		}
		if at := inZone(clock, loc); at.After(t) == (step > 0) {
			return at
		}
	}
	return time.Time{}
}

// A ReportState says how far one scheduled report has come.
type ReportState string

// The states. A report that stays intended was cut off: nobody knows whether it
// went out, so it is not sent again.
const (
	ReportIntended ReportState = "intended"
	ReportSent     ReportState = "sent"
	ReportFailed   ReportState = "failed"
)

// A ReportRun is one occurrence of a scheduled report.
type ReportRun struct {
	Destination string
	Due         time.Time
	State       ReportState
	Error       string    // why it failed
	At          time.Time // of the state
}
