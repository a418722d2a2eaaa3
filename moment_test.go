package opsreview_test

import (
	"testing"
	"time"

	"opsreview"
)

// asked is a Wednesday in Berlin, three days after clocks were put forward.
const asked = "2026-04-01T15:00:00+02:00"

func TestParseMoment(t *testing.T) {
	berlin := zone(t, "Europe/Berlin")
	now, err := time.Parse(time.RFC3339, asked)
	if err != nil {
		t.Fatal(err)
	}
	for text, want := range map[string]string{
		"now":                       "2026-04-01T15:00:00+02:00",
		"today":                     "2026-04-01T00:00:00+02:00",
		"yesterday":                 "2026-03-31T00:00:00+02:00",
		"Yesterday 14:00":           "2026-03-31T14:00:00+02:00",
		"yesterday at 9:05":         "2026-03-31T09:05:00+02:00",
		"tomorrow 08:00":            "2026-04-02T08:00:00+02:00",
		"monday":                    "2026-03-30T00:00:00+02:00",
		"mon 10:00":                 "2026-03-30T10:00:00+02:00",
		"wed":                       "2026-03-25T00:00:00+01:00", // the last one before today
		"09:30":                     "2026-04-01T09:30:00+02:00",
		"2h ago":                    "2026-04-01T13:00:00+02:00",
		" 90  minutes ago ":         "2026-04-01T13:30:00+02:00",
		"1h30m ago":                 "2026-04-01T13:30:00+02:00",
		"an hour ago":               "2026-04-01T14:00:00+02:00",
		"a week ago":                "2026-03-25T15:00:00+01:00", // the same time of day, though clocks changed
		"3 days ago":                "2026-03-29T15:00:00+02:00",
		"2 months ago":              "2026-02-01T15:00:00+01:00",
		"in 2 weeks":                "2026-04-15T15:00:00+02:00",
		"2026-03-29T02:30":          "2026-03-29T03:00:00+02:00", // clocks never showed it
		"2026-11-09":                "2026-11-09T00:00:00+01:00",
		"2026-11-09T08:00:00-05:00": "2026-11-09T14:00:00+01:00",
	} {
		got, err := opsreview.ParseMoment(text, now, berlin)
		if err != nil {
			t.Errorf("%q: %v", text, err)
			continue
		}
		if got.Format(time.RFC3339) != want {
			t.Errorf("%q is %s, want %s", text, got.Format(time.RFC3339), want)
		}
	}
	for _, text := range []string{"", "soon", "ago", "2 fortnights ago", "-2h ago", "yesterday noon", "25:00", "9999999999999d ago", "200000 days ago", "a ago"} {
		if got, err := opsreview.ParseMoment(text, now, berlin); opsreview.ErrorCode(err) != opsreview.Invalid {
			t.Errorf("%q is %v, %v, want an Invalid error", text, got, err)
		}
	}
}

func TestParseEnd(t *testing.T) {
	berlin := zone(t, "Europe/Berlin")
	now, err := time.Parse(time.RFC3339, asked)
	if err != nil {
		t.Fatal(err)
	}
	for text, want := range map[string]string{
		"14d":              "2026-04-15T15:00:00+02:00",
		"2 weeks":          "2026-04-15T15:00:00+02:00",
		"in 3 days":        "2026-04-04T15:00:00+02:00",
		"2026-04-10":       "2026-04-11T00:00:00+02:00", // the day counts whole
		"2026-04-10T08:00": "2026-04-10T08:00:00+02:00",
		"tomorrow 08:00":   "2026-04-02T08:00:00+02:00",
	} {
		got, err := opsreview.ParseEnd(text, now, berlin)
		if err != nil || got.Format(time.RFC3339) != want {
			t.Errorf("%q is %s, %v, want %s", text, got.Format(time.RFC3339), err, want)
		}
	}
	for _, text := range []string{"", "later", "14x"} {
		if _, err := opsreview.ParseEnd(text, now, berlin); opsreview.ErrorCode(err) != opsreview.Invalid {
			t.Errorf("%q: %v, want an Invalid error", text, err)
		}
	}
}

func TestParseEffort(t *testing.T) {
	for text, want := range map[string]time.Duration{
		"30": 30 * time.Minute, "45m": 45 * time.Minute, "1h": time.Hour, "1h30": 90 * time.Minute, "1h30m": 90 * time.Minute,
		"1.5h": 90 * time.Minute, "1:30": 90 * time.Minute, "20 min": 20 * time.Minute, "2 hours": 2 * time.Hour, "90s": 90 * time.Second,
	} {
		if got, err := opsreview.ParseEffort(text); err != nil || got != want {
			t.Errorf("%q is %v, %v, want %v", text, got, err, want)
		}
	}
	for _, text := range []string{"", "0", "-5", "much", "1d", "169h", "1e9", "0.1s", "NaN", "1:2:3"} {
		if got, err := opsreview.ParseEffort(text); opsreview.ErrorCode(err) != opsreview.Invalid {
			t.Errorf("%q is %v, %v, want an Invalid error", text, got, err)
		}
	}
}
