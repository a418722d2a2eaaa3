package opsreview_test

import (
	"testing"
	"time"

	"opsreview"
)

// standardHours are PagerDuty's: business 08–18 on weekdays, sleep 22–08.
var standardHours = opsreview.Hours{
	Days:          []time.Weekday{time.Monday, time.Tuesday, time.Wednesday, time.Thursday, time.Friday},
	BusinessStart: 8 * 60, BusinessEnd: 18 * 60,
	SleepStart: 22 * 60, SleepEnd: 8 * 60,
}

func TestHours_Class(t *testing.T) {
	early := standardHours
	early.SleepStart, early.SleepEnd = 1*60, 9*60
	none := standardHours
	none.SleepStart, none.SleepEnd = 0, 0
	late := standardHours
	late.SleepStart, late.SleepEnd, late.BusinessEnd = 24*60, 0, 24*60
	tests := map[string]struct {
		hours   opsreview.Hours
		local   string // a wall clock; 2026-03-02 is a Monday
		holiday bool
		want    opsreview.HoursClass
	}{
		"sleep ends at its end":                   {standardHours, "2026-03-02T08:00:00", false, opsreview.BusinessHours},
		"a second before, people sleep":           {standardHours, "2026-03-02T07:59:59", false, opsreview.SleepHours},
		"business ends at its end":                {standardHours, "2026-03-02T18:00:00", false, opsreview.OffHours},
		"a second before, people work":            {standardHours, "2026-03-02T17:59:59", false, opsreview.BusinessHours},
		"sleep starts at its start":               {standardHours, "2026-03-02T22:00:00", false, opsreview.SleepHours},
		"a second before is the evening":          {standardHours, "2026-03-02T21:59:59", false, opsreview.OffHours},
		"midnight is sleep":                       {standardHours, "2026-03-03T00:00:00", false, opsreview.SleepHours},
		"Saturday's day is off":                   {standardHours, "2026-03-07T12:00:00", false, opsreview.OffHours},
		"Saturday's night is sleep":               {standardHours, "2026-03-07T03:00:00", false, opsreview.SleepHours},
		"a holiday is off":                        {standardHours, "2026-03-02T12:00:00", true, opsreview.OffHours},
		"a holiday's night is sleep":              {standardHours, "2026-03-02T23:00:00", true, opsreview.SleepHours},
		"sleep that starts after midnight":        {early, "2026-03-02T00:59:59", false, opsreview.OffHours},
		"sleep wins over business":                {early, "2026-03-02T08:30:00", false, opsreview.SleepHours},
		"business follows sleep":                  {early, "2026-03-02T09:00:00", false, opsreview.BusinessHours},
		"sleep of no length is none":              {none, "2026-03-02T00:00:00", false, opsreview.OffHours},
		"a day may end at midnight":               {late, "2026-03-02T23:59:59", false, opsreview.BusinessHours},
		"a night of 23 hours is sleep to its end": {standardHours, "2026-03-29T03:00:00", false, opsreview.SleepHours},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			if got := tt.hours.Class(wall(t, "Europe/Berlin", tt.local), tt.holiday); got != tt.want {
				t.Errorf("Class(%s) = %q, want %q", tt.local, got, tt.want)
			}
		})
	}
}

func TestHours_Night(t *testing.T) {
	early := standardHours
	early.SleepStart, early.SleepEnd = 1*60, 9*60
	tests := map[string]struct {
		hours opsreview.Hours
		local string
		want  string
	}{
		"the evening begins the night":            {standardHours, "2026-03-02T23:00:00", "2026-03-02"},
		"the morning ends it":                     {standardHours, "2026-03-03T07:59:59", "2026-03-02"},
		"after sleep it is the next":              {standardHours, "2026-03-03T08:00:00", "2026-03-03"},
		"New Year's night began last year":        {standardHours, "2027-01-01T03:00:00", "2026-12-31"},
		"a night after midnight is the day's own": {early, "2026-03-03T03:00:00", "2026-03-03"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			if got := tt.hours.Night(wall(t, "Europe/Berlin", tt.local)).Format(time.DateOnly); got != tt.want {
				t.Errorf("Night(%s) = %s, want %s", tt.local, got, tt.want)
			}
		})
	}
}

func TestHours_Validate(t *testing.T) {
	with := func(change func(*opsreview.Hours)) opsreview.Hours {
		h := standardHours
		change(&h)
		return h
	}
	tests := map[string]struct {
		hours opsreview.Hours
		code  opsreview.Code
	}{
		"the standard hours":                {standardHours, ""},
		"business must start first":         {with(func(h *opsreview.Hours) { h.BusinessEnd = h.BusinessStart }), opsreview.Invalid},
		"no hour is before midnight":        {with(func(h *opsreview.Hours) { h.SleepStart = -1 }), opsreview.Invalid},
		"no hour is after midnight":         {with(func(h *opsreview.Hours) { h.SleepEnd = 24*60 + 1 }), opsreview.Invalid},
		"a day may end at midnight":         {with(func(h *opsreview.Hours) { h.BusinessEnd = 24 * 60 }), ""},
		"nobody has to sleep":               {with(func(h *opsreview.Hours) { h.SleepStart, h.SleepEnd = 0, 0 }), ""},
		"nobody has to work":                {with(func(h *opsreview.Hours) { h.Days = nil }), ""},
		"the zero hours are not for living": {opsreview.Hours{}, opsreview.Invalid},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			if err := tt.hours.Validate(); opsreview.ErrorCode(err) != tt.code {
				t.Errorf("Validate = %v, want code %q", err, tt.code)
			}
		})
	}
}

func TestPolicy_Limit(t *testing.T) {
	p := opsreview.Policy{Limits: []opsreview.Limit{{ID: opsreview.LimitOnCallShare, Max: 25}}}
	if l, ok := p.Limit(opsreview.LimitOnCallShare); !ok || l.Max != 25 {
		t.Errorf("Limit = %v, %t, want the limit", l, ok)
	}
	if _, ok := p.Limit(opsreview.LimitPagesPerShift); ok {
		t.Error("a limit that the policy lacks was found")
	}
}

// zone loads a time zone.
func zone(t testing.TB, name string) *time.Location {
	t.Helper()
	loc, err := time.LoadLocation(name)
	if err != nil {
		t.Fatal(err)
	}
	return loc
}

// wall returns what clocks in the zone call by the local date and time.
func wall(t testing.TB, name, local string) time.Time {
	t.Helper()
	at, err := time.ParseInLocation("2006-01-02T15:04:05", local, zone(t, name))
	if err != nil {
		t.Fatal(err)
	}
	return at
}

func TestParseClockSpan(t *testing.T) {
	tests := map[string]struct {
		text       string
		start, end int
		code       opsreview.Code
	}{
		"a working day":                {"08:00-18:00", 480, 1080, ""},
		"a night runs over midnight":   {"22:00-08:00", 1320, 480, ""},
		"a day ends at 24:00":          {"00:00-24:00", 0, 1440, ""},
		"nothing comes after 24:00":    {"00:00-24:01", 0, 0, opsreview.Invalid},
		"an hour has 60 minutes":       {"08:60-18:00", 0, 0, opsreview.Invalid},
		"hours are written in two":     {"8:00-18:00", 0, 0, opsreview.Invalid},
		"one time is no span":          {"08:00", 0, 0, opsreview.Invalid},
		"the empty text is no span":    {"", 0, 0, opsreview.Invalid},
		"nothing may follow the span":  {"08:00-18:00 ", 0, 0, opsreview.Invalid},
		"a negative time is no time":   {"-1:00-18:00", 0, 0, opsreview.Invalid},
		"a dash of typography is none": {"08:00–18:00", 0, 0, opsreview.Invalid},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			start, end, err := opsreview.ParseClockSpan(tt.text)
			if start != tt.start || end != tt.end || opsreview.ErrorCode(err) != tt.code {
				t.Errorf("got %d, %d, %v; want %d, %d, code %q", start, end, err, tt.start, tt.end, tt.code)
			}
		})
	}
}
