package slo

import (
	"testing"
	"time"

	"opsreview"
)

// utc reads an instant such as "2026-11-09 10:00".
func utc(text string) time.Time {
	t, err := time.Parse("2006-01-02 15:04", text)
	if err != nil {
		panic(err)
	}
	return t
}

func TestAt(t *testing.T) {
	end := utc("2026-11-09 00:00")
	tests := map[string]struct {
		now  time.Time
		want time.Time
	}{
		"a window that is over counts to its end":          {utc("2026-11-10 00:00"), end},
		"its last minutes are waited for":                  {utc("2026-11-09 00:04"), utc("2026-11-08 23:59")},
		"it is known to the end once the delay has passed": {utc("2026-11-09 00:05"), end},
		"a window under way counts to the last whole minute before the delay": {
			utc("2026-11-08 12:34").Add(59*time.Second + 999*time.Millisecond), utc("2026-11-08 12:29"),
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			if got := At(opsreview.Window{Start: end.AddDate(0, 0, -7), End: end}, test.now); !got.Equal(test.want) {
				t.Errorf("At() = %v, want %v", got, test.want)
			}
		})
	}
}

func TestOwnWindow(t *testing.T) {
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	month := opsreview.SLOWindow{Unit: "M", Count: 1, Start: "2022-01-01 00:00:00", Zone: "Europe/Berlin"}
	tests := map[string]struct {
		window opsreview.SLOWindow
		at     time.Time
		want   string // its start; "" if there is no own window
	}{
		"no window has none":                        {at: utc("2026-11-09 10:00")},
		"7 rolling days are measured anyway":        {window: opsreview.SLOWindow{Length: Week}, at: utc("2026-11-09 10:00")},
		"30 rolling days are measured anyway":       {window: opsreview.SLOWindow{Length: Month}, at: utc("2026-11-09 10:00")},
		"28 rolling days end at the time":           {opsreview.SLOWindow{Length: 4 * Week}, utc("2026-11-09 10:00"), "2026-10-12 10:00"},
		"a month begins at midnight in its zone":    {month, utc("2026-11-09 10:00"), "2026-10-31 23:00"},
		"a month begins at midnight in summer too":  {month, utc("2026-04-10 10:00"), "2026-03-31 22:00"},
		"at its end a month is whole":               {month, utc("2026-10-31 23:00"), "2026-09-30 22:00"},
		"a minute later the next one has begun":     {month, utc("2026-10-31 23:01"), "2026-10-31 23:00"},
		"a month before the first is a month":       {month, utc("2021-05-05 10:00"), "2021-04-30 22:00"},
		"two months are counted from the first":     {opsreview.SLOWindow{Unit: "M", Count: 2, Start: "2026-02-01"}, utc("2026-11-09 10:00"), "2026-10-01 00:00"},
		"the 31st is the 28th in February":          {opsreview.SLOWindow{Unit: "M", Count: 1, Start: "2026-01-31 12:00:00"}, utc("2026-03-10 10:00"), "2026-02-28 12:00"},
		"and the 31st again in March":               {opsreview.SLOWindow{Unit: "M", Count: 1, Start: "2026-01-31 12:00:00"}, utc("2026-04-10 10:00"), "2026-03-31 12:00"},
		"a quarter is three months":                 {opsreview.SLOWindow{Unit: "Q", Count: 1, Start: "2022-02-15"}, utc("2026-11-09 10:00"), "2026-08-15 00:00"},
		"a year from a leap day begins on the 28th": {opsreview.SLOWindow{Unit: "Y", Count: 1, Start: "2024-02-29"}, utc("2026-11-09 10:00"), "2026-02-28 00:00"},
		"a week begins on the day of its first":     {opsreview.SLOWindow{Unit: "w", Count: 1, Start: "2026-01-07 09:00"}, utc("2026-11-09 10:00"), "2026-11-04 09:00"},
		"a week without a start begins on a Monday": {opsreview.SLOWindow{Unit: "w", Count: 1}, utc("2026-11-12 10:00"), "2026-11-09 00:00"},
		"two weeks are counted from the first":      {opsreview.SLOWindow{Unit: "w", Count: 2, Start: "2026-01-05"}, utc("2026-11-12 10:00"), "2026-11-09 00:00"},
		"a day on which clocks go forward is short": {opsreview.SLOWindow{Unit: "d", Count: 1, Start: "2026-01-01", Zone: "Europe/Berlin"}, utc("2026-03-29 22:00"), "2026-03-28 23:00"},
		"the day after it begins at midnight":       {opsreview.SLOWindow{Unit: "d", Count: 1, Start: "2026-01-01", Zone: "Europe/Berlin"}, utc("2026-03-29 22:01"), "2026-03-29 22:00"},
		"a time that clocks skip is the change":     {opsreview.SLOWindow{Unit: "d", Count: 1, Start: "2026-01-01 02:30:00", Zone: "Europe/Berlin"}, utc("2026-03-29 12:00"), "2026-03-29 01:00"},
		"without a zone it is that of the time":     {opsreview.SLOWindow{Unit: "M", Count: 1, Start: "2022-01-01"}, utc("2026-11-09 10:00").In(berlin), "2026-10-31 23:00"},
		"an unknown zone has no window":             {window: opsreview.SLOWindow{Unit: "M", Count: 1, Zone: "Mars/Olympus"}, at: utc("2026-11-09 10:00")},
		"a start that cannot be read has none":      {window: opsreview.SLOWindow{Unit: "M", Count: 1, Start: "soon"}, at: utc("2026-11-09 10:00")},
		"a count beyond all calendars has none":     {window: opsreview.SLOWindow{Unit: "Y", Count: 1 << 60}, at: utc("2026-11-09 10:00")},
		"an unknown unit has none":                  {window: opsreview.SLOWindow{Unit: "fortnight", Count: 1}, at: utc("2026-11-09 10:00")},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			got, ok := OwnWindow(opsreview.SLO{Window: test.window}, test.at)
			if ok != (test.want != "") {
				t.Fatalf("OwnWindow() = %v, %v", got, ok)
			}
			if ok && (!got.Start.Equal(utc(test.want)) || !got.End.Equal(test.at)) {
				t.Errorf("OwnWindow() = %v to %v, want %s to %v", got.Start.UTC(), got.End, test.want, test.at)
			}
		})
	}
}

// Periods tile, whatever the month and whatever the clocks do.
func TestPeriods_Tile(t *testing.T) {
	for _, zone := range []string{"Europe/Berlin", "America/Chicago", "America/Sao_Paulo", "Asia/Kathmandu"} {
		for _, unit := range []string{"d", "w", "M", "Q", "Y"} {
			p, ok := newPeriods(opsreview.SLOWindow{Unit: unit, Count: 1, Start: "2018-01-31 00:00:00", Zone: zone}, time.UTC)
			if !ok {
				t.Fatal("the window cannot be read")
			}
			for k := -20; k < 800; k++ {
				start, next := p.start(k), p.start(k+1)
				if !start.Before(next) {
					t.Fatalf("%s in %s: period %d begins at %v, the next at %v", unit, zone, k, start, next)
				}
				if got := p.before(next); !got.Equal(start) {
					t.Fatalf("%s in %s: the period that ends at %v begins at %v, want %v", unit, zone, next, got, start)
				}
				if got := p.before(next.Add(time.Second)); !got.Equal(next) {
					t.Fatalf("%s in %s: the period after %v begins at %v", unit, zone, next, got)
				}
			}
		}
	}
}

func TestSince(t *testing.T) {
	at := utc("2026-11-09 10:07")
	review := opsreview.Window{Start: utc("2026-11-02 00:00"), End: utc("2026-11-09 00:00")}
	quarter := opsreview.SLOWindow{Length: 13 * Week}
	tests := map[string]struct {
		slo    opsreview.SLO
		window opsreview.Window
		want   string
	}{
		"30 days are always needed":               {window: review, want: "2026-10-10 10:00"},
		"so is what the own window needs":         {slo: opsreview.SLO{Window: quarter}, window: review, want: "2026-08-10 10:00"},
		"so are the 6 hours before a long window": {window: opsreview.Window{Start: utc("2026-09-01 00:00"), End: at}, want: "2026-08-31 18:00"},
		"a day's slice is needed whole": {
			slo:    opsreview.SLO{Objective: opsreview.Objective{Method: opsreview.Timeslices, Slice: 24 * time.Hour}},
			window: review, want: "2026-10-10 00:00",
		},
		"without a window the standing alone counts": {want: "2026-10-10 10:00"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			if got := Since(test.slo, test.window, at); !got.Equal(utc(test.want)) {
				t.Errorf("Since() = %v, want %s", got, test.want)
			}
		})
	}
}
