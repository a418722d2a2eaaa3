package opsreview

import (
	"regexp"
	"strconv"
	"time"
)

// A HoursClass says what kind of hour an instant is for a responder.
type HoursClass string

// The classes, after PagerDuty's analytics: sleep wins over the weekend.
// UnknownHours is used where the responder's zone is not known.
const (
	BusinessHours HoursClass = "business"
	OffHours      HoursClass = "off_hours"
	SleepHours    HoursClass = "sleep"
	UnknownHours  HoursClass = "unknown"
)

// HoursClasses lists every class, loudest last but for unknown.
func HoursClasses() []HoursClass {
	return []HoursClass{BusinessHours, OffHours, SleepHours, UnknownHours}
}

// Hours are the working and sleeping hours of a person, in minutes after local
// midnight. A start is inside, an end outside. Sleep may span midnight.
type Hours struct {
	Days          []time.Weekday // the business days
	BusinessStart int
	BusinessEnd   int
	SleepStart    int
	SleepEnd      int
}

// Class returns the class of a local time. A holiday is no business day. Sleep
// hours are sleep hours on every day.
func (h Hours) Class(local time.Time, holiday bool) HoursClass {
	minute := local.Hour()*60 + local.Minute()
	if h.sleeps(minute) {
		return SleepHours
	}
	if holiday || minute < h.BusinessStart || minute >= h.BusinessEnd {
		return OffHours
	}
	for _, d := range h.Days {
		if d == local.Weekday() {
			return BusinessHours
		}
	}
	return OffHours
}

func (h Hours) sleeps(minute int) bool {
	if h.SleepStart <= h.SleepEnd {
		return minute >= h.SleepStart && minute < h.SleepEnd
	}
	return minute >= h.SleepStart || minute < h.SleepEnd
}

// Night returns the local date on whose evening the night around local began,
// so that 23:00 and 03:00 of one night are one night.
func (h Hours) Night(local time.Time) time.Time {
	y, m, d := local.Date()
	if local.Hour()*60+local.Minute() < h.SleepEnd && h.SleepStart > h.SleepEnd {
		d--
	}
	return time.Date(y, m, d, 0, 0, 0, 0, time.UTC)
}

// Validate returns an Invalid error unless the hours can be lived by.
func (h Hours) Validate() error {
	for _, m := range []int{h.BusinessStart, h.BusinessEnd, h.SleepStart, h.SleepEnd} {
		if m < 0 || m > 24*60 {
			return Errorf(Invalid, "hours must lie between 00:00 and 24:00")
		}
	}
	if h.BusinessStart >= h.BusinessEnd {
		return Errorf(Invalid, "business hours must start before they end")
	}
	return nil
}

var clockSpan = regexp.MustCompile(`^(\d\d):([0-5]\d)-(\d\d):([0-5]\d)$`)

// ParseClockSpan reads "08:00-18:00" as minutes after midnight. A day ends at
// 24:00; a span may run over midnight. It returns an Invalid error for anything
// else.
func ParseClockSpan(s string) (start, end int, err error) {
	m := clockSpan.FindStringSubmatch(s)
	if m == nil {
		return 0, 0, Errorf(Invalid, "%q is not a span of the day: write it as \"08:00-18:00\"", s)
	}
	var n [4]int
	for i, digits := range m[1:] {
		n[i], _ = strconv.Atoi(digits) // two digits each
	}
	start, end = n[0]*60+n[1], n[2]*60+n[3]
	if start > 24*60 || end > 24*60 {
		return 0, 0, Errorf(Invalid, "%q is not a span of the day: write it as \"08:00-18:00\"", s)
	}
	return start, end, nil
}

var weekdays = map[string]time.Weekday{
	"mon": time.Monday, "tue": time.Tuesday, "wed": time.Wednesday, "thu": time.Thursday,
	"fri": time.Friday, "sat": time.Saturday, "sun": time.Sunday,
}

// ParseDay reads "mon" to "sun". It returns an Invalid error for anything else.
func ParseDay(name string) (time.Weekday, error) {
	d, ok := weekdays[name]
	if !ok {
		return 0, Errorf(Invalid, "%q is not a day: write mon, tue, wed, thu, fri, sat or sun", name)
	}
	return d, nil
}

// A Limit is a bound on a responder's load. A breach is a fact with the pages
// that caused it, never a score.
type Limit struct {
	ID      string  // such as "pages_per_shift"
	Max     float64 // the most that is still acceptable
	Unit    string  // such as "pages per 12 hours"
	Summary string  // the limit in words
	Source  string  // who says so, with a URL
}

// The limits that the program can measure.
const (
	LimitPagesPerShift        = "pages_per_shift"        // most pages in any 12 hours
	LimitOnCallShare          = "on_call_share"          // on-call time ÷ window, in percent
	LimitSleepInterruptions   = "sleep_interruptions"    // sleep interruptions in any 7 days
	LimitConsecutiveNights    = "consecutive_nights"     // longest run of broken nights
	LimitOperationalWorkShare = "operational_work_share" // operational work ÷ working time, in percent
)

// LimitIDs lists the limits that the program can measure.
func LimitIDs() []string {
	return []string{
		LimitPagesPerShift, LimitOnCallShare, LimitSleepInterruptions,
		LimitConsecutiveNights, LimitOperationalWorkShare,
	}
}

// A Policy is what a team holds to be acceptable.
type Policy struct {
	Hours      Hours
	Limits     []Limit
	EngagedCap time.Duration // the most that one page counts as engaged time for one responder

	// Findings say from when on what a review sees is a finding; a kind without a
	// rule is none.
	Findings []FindingRule

	// InterruptionCost is what an interruption costs beside engaged time: the way
	// back to what one was doing, or back to sleep.
	InterruptionCost time.Duration
}

// A FindingRule says from when on something is a finding of a kind. Which of the
// bounds a kind knows is in docs/definitions.md; the others are 0.
type FindingRule struct {
	Kind        string
	Category    string  // of the work that such a finding is
	MinPages    int     // the least number of pages that show it
	MinShare    float64 // the least share of those of the labelled pages
	MinCoverage float64 // the least share of labelled pages, below which nothing is said
	Most        int     // how many of the kind a review shows at most; 0 shows all
	Summary     string  // the rule in words
	Source      string  // who says so, with a URL
}

// FindingRule returns the rule for findings of a kind, and whether the policy
// has one.
func (p Policy) FindingRule(kind string) (FindingRule, bool) {
	for _, r := range p.Findings {
		if r.Kind == kind {
			return r, true
		}
	}
	return FindingRule{}, false
}

// Limit returns the limit named id, and whether the policy has it.
func (p Policy) Limit(id string) (Limit, bool) {
	for _, l := range p.Limits {
		if l.ID == id {
			return l, true
		}
	}
	return Limit{}, false
}
