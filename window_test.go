package opsreview_test

import (
	"testing"
	"time"

	"opsreview"
)

func TestWindow_Contains(t *testing.T) {
	week := opsreview.Window{Start: utc(t, "2026-03-02T00:00"), End: utc(t, "2026-03-09T00:00")}
	tests := map[string]struct {
		at   string
		want bool
	}{
		"the start is inside":           {"2026-03-02T00:00", true},
		"the end is outside":            {"2026-03-09T00:00", false},
		"a minute before the start":     {"2026-03-01T23:59", false},
		"a minute before the end is":    {"2026-03-08T23:59", true},
		"the middle is of course in it": {"2026-03-05T12:00", true},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			if got := week.Contains(utc(t, tt.at)); got != tt.want {
				t.Errorf("Contains(%s) = %t, want %t", tt.at, got, tt.want)
			}
		})
	}
}

func TestWindow_Overlap(t *testing.T) {
	day := opsreview.Window{Start: utc(t, "2026-03-02T00:00"), End: utc(t, "2026-03-03T00:00")}
	tests := map[string]struct {
		start, end string
		want       time.Duration
	}{
		"inside":                  {"2026-03-02T10:00", "2026-03-02T11:00", time.Hour},
		"across the start":        {"2026-03-01T23:00", "2026-03-02T01:00", time.Hour},
		"across the end":          {"2026-03-02T23:00", "2026-03-03T05:00", time.Hour},
		"around":                  {"2026-03-01T00:00", "2026-03-09T00:00", 24 * time.Hour},
		"before":                  {"2026-03-01T00:00", "2026-03-02T00:00", 0},
		"after":                   {"2026-03-03T00:00", "2026-03-04T00:00", 0},
		"an end before its start": {"2026-03-02T11:00", "2026-03-02T10:00", 0},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			if got := day.Overlap(utc(t, tt.start), utc(t, tt.end)); got != tt.want {
				t.Errorf("Overlap = %v, want %v", got, tt.want)
			}
		})
	}
}

func TestWindow_Validate(t *testing.T) {
	a, b := utc(t, "2026-03-02T00:00"), utc(t, "2026-03-03T00:00")
	tests := map[string]struct {
		window opsreview.Window
		code   opsreview.Code
	}{
		"start before end":         {opsreview.Window{Start: a, End: b}, ""},
		"end before start":         {opsreview.Window{Start: b, End: a}, opsreview.Invalid},
		"nothing between":          {opsreview.Window{Start: a, End: a}, opsreview.Invalid},
		"no start":                 {opsreview.Window{End: b}, opsreview.Invalid},
		"no end":                   {opsreview.Window{Start: a}, opsreview.Invalid},
		"neither":                  {opsreview.Window{}, opsreview.Invalid},
		"zones do not matter here": {opsreview.Window{Start: a.In(zone(t, "Asia/Tokyo")), End: b}, ""},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			if err := tt.window.Validate(); opsreview.ErrorCode(err) != tt.code {
				t.Errorf("Validate = %v, want code %q", err, tt.code)
			}
		})
	}
}

func TestWindow_Before(t *testing.T) {
	tests := map[string]struct {
		zone       string
		start, end string
		want       string // the start of the window before
	}{
		"a week":                                      {"UTC", "2026-03-09T00:00:00", "2026-03-16T00:00:00", "2026-03-02T00:00:00"},
		"a week after the clocks went forward":        {"Europe/Berlin", "2026-03-30T00:00:00", "2026-04-06T00:00:00", "2026-03-23T00:00:00"},
		"the week in which they do":                   {"Europe/Berlin", "2026-03-23T00:00:00", "2026-03-30T00:00:00", "2026-03-16T00:00:00"},
		"a week after the clocks went back":           {"Europe/Berlin", "2026-10-26T00:00:00", "2026-11-02T00:00:00", "2026-10-19T00:00:00"},
		"a day after a day of 23 hours":               {"Europe/Berlin", "2026-03-30T00:00:00", "2026-03-31T00:00:00", "2026-03-29T00:00:00"},
		"a fortnight from noon":                       {"America/Chicago", "2026-03-10T12:00:00", "2026-03-24T12:00:00", "2026-02-24T12:00:00"},
		"hours are hours":                             {"Europe/Berlin", "2026-03-29T04:00:00", "2026-03-29T07:00:00", "2026-03-29T00:00:00"},
		"across the new year":                         {"UTC", "2027-01-04T00:00:00", "2027-01-11T00:00:00", "2026-12-28T00:00:00"},
		"a day without midnight starts where it does": {"America/Havana", "2026-03-15T00:00:00", "2026-03-22T00:00:00", "2026-03-08T01:00:00"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			w := opsreview.Window{Start: wall(t, tt.zone, tt.start), End: wall(t, tt.zone, tt.end)}
			got := w.Before(zone(t, tt.zone))
			if want := wall(t, tt.zone, tt.want); !got.Start.Equal(want) || !got.End.Equal(w.Start) {
				t.Errorf("Before = [%v, %v), want [%v, %v)", got.Start, got.End, want, w.Start)
			}
		})
	}
}

func TestWindowSpec_Resolve(t *testing.T) {
	type spec = opsreview.WindowSpec
	tests := map[string]struct {
		spec       spec
		zone       string
		now        string // a wall clock in zone; Thursday 2026-11-19 noon if ""
		start, end string // wall clocks in zone
	}{
		"nothing asks for the last complete week": {
			start: "2026-11-09T00:00:00", end: "2026-11-16T00:00:00",
		},
		"on Monday the week before is complete": {
			now: "2026-11-16T00:00:00", start: "2026-11-09T00:00:00", end: "2026-11-16T00:00:00",
		},
		"on Sunday the week is not complete": {
			now: "2026-11-15T23:59:59", start: "2026-11-02T00:00:00", end: "2026-11-09T00:00:00",
		},
		"the week begins in the team's zone": {
			zone: "Pacific/Auckland", now: "2026-11-16T00:30:00", start: "2026-11-09T00:00:00", end: "2026-11-16T00:00:00",
		},
		"a week by its name": {
			spec: spec{Week: "2026-W46"}, start: "2026-11-09T00:00:00", end: "2026-11-16T00:00:00",
		},
		"a week by its name without the dash": {
			spec: spec{Week: "2026W46"}, start: "2026-11-09T00:00:00", end: "2026-11-16T00:00:00",
		},
		"week 1 may begin in the year before": {
			spec: spec{Week: "2026-W01"}, start: "2025-12-29T00:00:00", end: "2026-01-05T00:00:00",
		},
		"2026 has 53 weeks": {
			spec: spec{Week: "2026-W53"}, start: "2026-12-28T00:00:00", end: "2027-01-04T00:00:00",
		},
		"a week in which the clocks go forward ends at midnight": {
			spec: spec{Week: "2026-W13"}, zone: "Europe/Berlin", start: "2026-03-23T00:00:00", end: "2026-03-30T00:00:00",
		},
		"two dates": {
			spec: spec{From: "2026-11-01", To: "2026-11-08"}, start: "2026-11-01T00:00:00", end: "2026-11-08T00:00:00",
		},
		"a date and now": {
			spec: spec{From: "2026-11-18"}, start: "2026-11-18T00:00:00", end: "2026-11-19T12:00:00",
		},
		"dates with times": {
			spec: spec{From: "2026-11-01T08:00", To: "2026-11-01 20:30"}, start: "2026-11-01T08:00:00", end: "2026-11-01T20:30:00",
		},
		"a time with an offset is not read in the zone": {
			spec: spec{From: "2026-11-01T08:00:00+01:00", To: "2026-11-01T08:00:00Z"}, zone: "Europe/Berlin",
			start: "2026-11-01T08:00:00", end: "2026-11-01T09:00:00",
		},
		"the last days are calendar days": {
			spec: spec{Last: "14d"}, zone: "Europe/Berlin", now: "2026-04-01T12:00:00",
			start: "2026-03-18T12:00:00", end: "2026-04-01T12:00:00",
		},
		"the last hours are hours": {
			spec: spec{Last: "36h"}, zone: "Europe/Berlin", now: "2026-03-29T12:00:00",
			start: "2026-03-27T23:00:00", end: "2026-03-29T12:00:00",
		},
		"the last weeks are seven days each": {
			spec: spec{Last: "2w"}, start: "2026-11-05T12:00:00", end: "2026-11-19T12:00:00",
		},
		"a day whose midnight is skipped begins with its first moment": {
			spec: spec{From: "2026-03-08", To: "2026-03-09"}, zone: "America/Havana",
			start: "2026-03-08T01:00:00", end: "2026-03-09T00:00:00",
		},
		"so it does east of Greenwich": {
			spec: spec{From: "2026-04-24", To: "2026-04-25"}, zone: "Africa/Cairo",
			start: "2026-04-24T01:00:00", end: "2026-04-25T00:00:00",
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			if tt.zone == "" {
				tt.zone = "UTC"
			}
			if tt.now == "" {
				tt.now = "2026-11-19T12:00:00"
			}
			got, err := tt.spec.Resolve(wall(t, tt.zone, tt.now).UTC(), zone(t, tt.zone))
			if err != nil {
				t.Fatal(err)
			}
			start, end := wall(t, tt.zone, tt.start), wall(t, tt.zone, tt.end)
			if !got.Start.Equal(start) || !got.End.Equal(end) {
				t.Errorf("Resolve = [%v, %v), want [%v, %v)", got.Start, got.End, start, end)
			}
		})
	}
}

func TestWindowSpec_ResolveRefuses(t *testing.T) {
	type spec = opsreview.WindowSpec
	tests := map[string]struct {
		spec spec
		want string
	}{
		"two ways at once":       {spec{Week: "2026-W46", Last: "7d"}, "choose one of week, last and from/to"},
		"an end without a start": {spec{To: "2026-11-08"}, "to needs a from: give both ends of the window"},
		"a week that is none":    {spec{Week: "46"}, `"46" is not a week: write it as 2026-W46`},
		"a week beyond the year": {spec{Week: "2025-W53"}, "there is no week 53 in 2025"},
		"week nought":            {spec{Week: "2026-W00"}, "there is no week 0 in 2026"},
		"a span without a unit":  {spec{Last: "14"}, `"14" is not a span: write 14d, 2w or 36h`},
		"a span in months":       {spec{Last: "1m"}, `"1m" is not a span: write 14d, 2w or 36h`},
		"a span of nothing":      {spec{Last: "0d"}, `"0d" is not a span: write 14d, 2w or 36h`},
		"a span into the future": {spec{Last: "-3d"}, `"-3d" is not a span: write 14d, 2w or 36h`},
		"a span of ages":         {spec{Last: "100001d"}, `"100001d" is not a span: write 14d, 2w or 36h`},
		"a unit alone":           {spec{Last: "d"}, `"d" is not a span: write 14d, 2w or 36h`},
		"a date that does not exist": {
			spec{From: "2026-02-30"}, `"2026-02-30" is not a time: write 2026-11-09, 2026-11-09T08:00 or 2026-11-09T08:00:00+01:00`,
		},
		"an end before its start": {
			spec{From: "2026-11-08", To: "2026-11-01"},
			"the window must start before it ends: from 2026-11-08T00:00:00Z to 2026-11-01T00:00:00Z",
		},
		"a start in the future": {
			spec{From: "2026-12-01"},
			"the window must start before it ends: from 2026-12-01T00:00:00Z to 2026-11-19T12:00:00Z",
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			_, err := tt.spec.Resolve(utc(t, "2026-11-19T12:00"), time.UTC)
			if opsreview.ErrorCode(err) != opsreview.Invalid || opsreview.ErrorMessage(err) != tt.want {
				t.Errorf("Resolve = %v, want the invalid error %q", err, tt.want)
			}
		})
	}
}

func TestWindow_WeekName(t *testing.T) {
	tests := map[string]struct {
		zone       string
		start, end string
		want       string
	}{
		"a week":                           {"UTC", "2026-11-09T00:00:00", "2026-11-16T00:00:00", "2026-W46"},
		"a week of 167 hours":              {"Europe/Berlin", "2026-03-23T00:00:00", "2026-03-30T00:00:00", "2026-W13"},
		"the last week of a long year":     {"UTC", "2026-12-28T00:00:00", "2027-01-04T00:00:00", "2026-W53"},
		"a first week from last year":      {"UTC", "2025-12-29T00:00:00", "2026-01-05T00:00:00", "2026-W01"},
		"seven days from Tuesday":          {"UTC", "2026-11-10T00:00:00", "2026-11-17T00:00:00", ""},
		"a fortnight":                      {"UTC", "2026-11-09T00:00:00", "2026-11-23T00:00:00", ""},
		"a week of another zone is no one": {"Asia/Tokyo", "2026-11-09T09:00:00", "2026-11-16T09:00:00", ""},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			w := opsreview.Window{Start: wall(t, tt.zone, tt.start), End: wall(t, tt.zone, tt.end)}
			if got := w.WeekName(zone(t, tt.zone)); got != tt.want {
				t.Errorf("WeekName = %q, want %q", got, tt.want)
			}
		})
	}
}

// Ten years of weeks lie end to end in every zone, whatever its clocks do.
func TestWindowSpec_WeeksTile(t *testing.T) {
	for _, name := range []string{"UTC", "Europe/Berlin", "America/Chicago", "Asia/Kolkata", "Pacific/Auckland", "America/Havana", "Africa/Cairo"} {
		loc := zone(t, name)
		w, err := opsreview.WindowSpec{Week: "2020-W01"}.Resolve(time.Time{}, loc)
		if err != nil {
			t.Fatal(err)
		}
		for w.Start.Year() < 2030 {
			next, err := opsreview.WindowSpec{}.Resolve(w.End.In(loc).AddDate(0, 0, 7), loc)
			if err != nil || !next.Start.Equal(w.End) {
				t.Fatalf("%s: [%v, %v) is followed by [%v, %v), %v", name, w.Start, w.End, next.Start, next.End, err)
			}
			named, err := opsreview.WindowSpec{Week: next.WeekName(loc)}.Resolve(time.Time{}, loc)
			if err != nil || !named.Start.Equal(next.Start) || !named.End.Equal(next.End) {
				t.Fatalf("%s: week %s is [%v, %v), %v", name, next.WeekName(loc), named.Start, named.End, err)
			}
			if before := next.Before(loc); !before.Start.Equal(w.Start) || !before.End.Equal(w.End) {
				t.Fatalf("%s: before %s comes [%v, %v)", name, next.WeekName(loc), before.Start, before.End)
			}
			w = next
		}
	}
}

func FuzzWindowSpec(f *testing.F) {
	f.Add("2026-W46", "", "", "")
	f.Add("", "2026-11-09", "2026-11-16T08:00", "")
	f.Add("", "2026-11-09T08:00:00+01:00", "", "")
	f.Add("", "", "", "14d")
	f.Add("0000-W01", "", "", "")
	f.Add("", "", "", "100000w")
	now := utc(f, "2026-11-19T12:00")
	loc := zone(f, "America/Havana")
	f.Fuzz(func(t *testing.T, week, from, to, last string) {
		w, err := opsreview.WindowSpec{Week: week, From: from, To: to, Last: last}.Resolve(now, loc)
		switch {
		case err == nil && w.Validate() != nil:
			t.Errorf("resolved to [%v, %v)", w.Start, w.End)
		case err != nil && opsreview.ErrorCode(err) != opsreview.Invalid:
			t.Errorf("%v has code %q, want invalid", err, opsreview.ErrorCode(err))
		}
	})
}

// utc reads a time such as 2026-03-02T10:00.
func utc(t testing.TB, text string) time.Time {
	t.Helper()
	at, err := time.Parse("2006-01-02T15:04", text)
	if err != nil {
		t.Fatal(err)
	}
	return at
}
