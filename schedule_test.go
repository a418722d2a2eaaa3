package opsreview_test

import (
	"testing"
	"time"
	_ "time/tzdata" // as in the program

	"opsreview"
)

func TestParseSchedule(t *testing.T) {
	tests := map[string]struct {
		text, want string // "" for an Invalid error
	}{
		"a day and a time":                  {"mon 08:30", "mon 08:30"},
		"weekly is Monday morning":          {"weekly", "mon 09:00"},
		"several days come in order":        {"thu,sun,mon 08:30", "mon,thu,sun 08:30"},
		"daily is every day":                {"daily 00:00", "daily 00:00"},
		"the last minute":                   {"fri 23:59", "fri 23:59"},
		"a day has no 24:00":                {"fri 24:00", ""},
		"a day without a time":              {"mon", ""},
		"a time without a day":              {"08:30", ""},
		"a day that nobody knows":           {"monday 08:30", ""},
		"a day that is there twice":         {"mon,mon 08:30", ""},
		"a time that no clock shows":        {"mon 08:61", ""},
		"a short time":                      {"mon 8:30", ""},
		"more than that":                    {"mon 08:30 UTC", ""},
		"nothing":                           {"", ""},
		"cron's own language is not spoken": {"30 8 * * 1", ""},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			s, err := opsreview.ParseSchedule(tt.text)
			if tt.want == "" {
				if opsreview.ErrorCode(err) != opsreview.Invalid {
					t.Errorf("got %v and %v, want an Invalid error", s, err)
				}
				return
			}
			if err != nil || s.String() != tt.want {
				t.Errorf("got %q and %v, want %q", s, err, tt.want)
			}
		})
	}
}

func TestSchedule_NextAndLast(t *testing.T) {
	tests := map[string]struct {
		schedule, zone, now string
		next, last          string
	}{
		"later the same day": {
			"mon 08:30", "UTC", "2026-11-09T08:29:59Z", "2026-11-09T08:30:00Z", "2026-11-02T08:30:00Z",
		},
		"the minute itself has happened": {
			"mon 08:30", "UTC", "2026-11-09T08:30:00Z", "2026-11-16T08:30:00Z", "2026-11-09T08:30:00Z",
		},
		"the team's Monday begins before UTC's": {
			"mon 00:30", "Pacific/Auckland", "2026-11-08T11:00:00Z", "2026-11-08T11:30:00Z", "2026-11-01T11:30:00Z",
		},
		"of several days the nearest": {
			"mon,thu 08:30", "UTC", "2026-11-10T00:00:00Z", "2026-11-12T08:30:00Z", "2026-11-09T08:30:00Z",
		},
		"clocks that go back keep the wall clock": {
			"mon 08:30", "Europe/Berlin", "2026-10-20T00:00:00Z", "2026-10-26T07:30:00Z", "2026-10-19T06:30:00Z",
		},
		"a minute that clocks skip is the change": {
			"sun 02:30", "Europe/Berlin", "2026-03-28T00:00:00Z", "2026-03-29T01:00:00Z", "2026-03-22T01:30:00Z",
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			s, err := opsreview.ParseSchedule(tt.schedule)
			if err != nil {
				t.Fatal(err)
			}
			loc, err := time.LoadLocation(tt.zone)
			if err != nil {
				t.Fatal(err)
			}
			now, err := time.Parse(time.RFC3339, tt.now)
			if err != nil {
				t.Fatal(err)
			}
			next, last := s.Next(now, loc).UTC().Format(time.RFC3339), s.Last(now, loc).UTC().Format(time.RFC3339)
			if next != tt.next || last != tt.last {
				t.Errorf("next %s and last %s, want %s and %s", next, last, tt.next, tt.last)
			}
		})
	}
}

// What is repeated when clocks go back happens once: each occurrence is the
// last one until the next.
func TestSchedule_HappensOnceADayAcrossChangesOfClocks(t *testing.T) {
	loc, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{"daily 02:30", "daily 00:00", "daily 23:59"} {
		s, err := opsreview.ParseSchedule(text)
		if err != nil {
			t.Fatal(err)
		}
		start := time.Date(2026, 1, 1, 0, 0, 0, 0, loc).Add(-time.Second)
		n := 0
		for at := s.Next(start, loc); at.Before(start.AddDate(1, 0, 0)); at = s.Next(at, loc) {
			n++
			if last := s.Last(s.Next(at, loc).Add(-time.Second), loc); !last.Equal(at) {
				t.Fatalf("%s: before the one after %s the last is %s", text, at, last)
			}
		}
		if n != 365 {
			t.Errorf("%s happens %d times in a year, want 365", text, n)
		}
	}
}

func TestSchedule_TheZeroScheduleNeverHappens(t *testing.T) {
	var s opsreview.Schedule
	if !s.IsZero() || !s.Next(time.Unix(0, 0), time.UTC).IsZero() || s.String() != "" {
		t.Errorf("the zero schedule is %q and happens %s", s, s.Next(time.Unix(0, 0), time.UTC))
	}
}
