package anomaly

import (
	"math"
	"strings"
	"testing"
	"time"
)

// tuesday is a Tuesday of a fortnight under review.
func tuesday(hour, minute int) time.Time {
	return time.Date(2026, 11, 17, hour, minute, 0, 0, time.UTC)
}

func TestDescribe(t *testing.T) {
	spike := func(value, usual, half float64) Window {
		w := Window{
			Kind: Spike, Direction: Up, Start: tuesday(13, 55), End: tuesday(14, 10), Peak: tuesday(14, 0),
			Value: value, Usual: usual, Low: usual - half, High: usual + half,
		}
		if value < usual {
			w.Direction = Down
		}
		return w
	}
	with := func(w Window, change func(*Window)) Window {
		change(&w)
		return w
	}
	tests := map[string]struct {
		w      Window
		rhythm rhythm
		zone   string
		below  bool // the series has values below zero
		want   string
	}{
		"several times the usual, for a long time": {
			w:    with(spike(610, 150, 30), func(w *Window) { w.Since = 38 * day }),
			want: "4.1 times the usual for a Tuesday 14:00 (usual 120–180, was 610); highest in 5 weeks",
		},
		"nothing in the whole history is like it": {
			w:    with(spike(610, 150, 30), func(w *Window) { w.Since, w.Record = 38*day, true }),
			want: "4.1 times the usual for a Tuesday 14:00 (usual 120–180, was 610); highest in all 6 weeks of history",
		},
		"the last time was within the week": {
			w:    with(spike(40, 150, 30), func(w *Window) { w.Since = 30 * time.Hour }),
			want: "73 % below the usual for a Tuesday 14:00 (usual 120–180, was 40); lowest since Mon 16 Nov",
		},
		"the last time was some days more ago": {
			w:    with(spike(40, 150, 30), func(w *Window) { w.Since = 12*day + 5*time.Hour }),
			want: "73 % below the usual for a Tuesday 14:00 (usual 120–180, was 40); lowest in 12 days",
		},
		"far above is told in whole multiples": {
			w: spike(8400, 150, 30), want: "56 times the usual for a Tuesday 14:00 (usual 120–180, was 8400)",
		},
		"a little above is told in percent": {
			w: spike(207, 150, 10), want: "38 % above the usual for a Tuesday 14:00 (usual 140–160, was 207)",
		},
		"hardly above keeps its digits": {
			w: spike(1012, 1000, 1.5), want: "1.2 % above the usual for a Tuesday 14:00 (usual 998–1002, was 1012)",
		},
		"nothing at all is no ratio": {
			w: spike(0, 150, 30), want: "150 below the usual for a Tuesday 14:00 (usual 120–180, was 0)",
		},
		"a usual near zero is no base of a ratio": {
			w: spike(610, 4, 30), want: "606 above the usual for a Tuesday 14:00 (usual 0–34, was 610)",
		},
		"where values are below zero the band is": {
			w: spike(610, 4, 30), below: true, want: "606 above the usual for a Tuesday 14:00 (usual -26 to 34, was 610)",
		},
		"negative values have no ratio": {
			w: spike(-610, -150, 30), below: true, want: "460 below the usual for a Tuesday 14:00 (usual -180 to -120, was -610)",
		},
		"big numbers have units": {
			w: spike(6_100_000, 1_500_000, 300_000), want: "4.1 times the usual for a Tuesday 14:00 (usual 1.2–1.8 M, was 6.1 M)",
		},
		"a band has one unit": {
			w: spike(61_000, 12_000, 3_000), want: "5.1 times the usual for a Tuesday 14:00 (usual 9–15 k, was 61 k)",
		},
		"small numbers have digits": {
			w: spike(0.0371, 0.0009, 0.0002), want: "41 times the usual for a Tuesday 14:00 (usual 0.0007–0.0011, was 0.0371)",
		},
		"days that are all alike have no name": {
			w: spike(610, 150, 30), rhythm: daily, want: "4.1 times the usual for 14:00 (usual 120–180, was 610)",
		},
		"working days are alike": {
			w: spike(610, 150, 30), rhythm: weekly, want: "4.1 times the usual for a working day 14:00 (usual 120–180, was 610)",
		},
		"times are those of the zone": {
			w: spike(610, 150, 30), zone: "Asia/Kolkata", want: "4.1 times the usual for a Tuesday 19:30 (usual 120–180, was 610)",
		},
		"what lasts says how long": {
			w: with(spike(610, 150, 30), func(w *Window) {
				w.Kind, w.End = Sustained, w.Start.Add(6*time.Hour+20*time.Minute)
			}),
			want: "4.1 times the usual for a Tuesday 14:00 (usual 120–180, was 610), for 6 h 20 min",
		},
		"what is said already stays": {w: Window{Kind: Flat, Text: "flat at 0"}, want: "flat at 0"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			m := &model{rhythm: tt.rhythm, long: 6 * week}
			if tt.rhythm == daily && !strings.Contains(name, "alike") {
				m.rhythm = byDay
			}
			if tt.below {
				m.least = -1000
			}
			if tt.zone != "" {
				zone, err := time.LoadLocation(tt.zone)
				if err != nil {
					t.Fatal(err)
				}
				m.Zone = zone
			}
			describe(m, &tt.w)
			if tt.w.Text != tt.want {
				t.Errorf("text\n got %s\nwant %s", tt.w.Text, tt.want)
			}
		})
	}
}

// Each kind of what the checks find has its own sentence, here on real windows
// of generated series.
func TestDetect_Sentences(t *testing.T) {
	tests := map[string]string{
		"a level that shifts up":                        "the level went from about 81 to about 141 on Sat 7 Mar 09:40 and stayed",
		"a level that shifted for a week and came back": "the level went from about 81 to about 141 on Tue 3 Mar 09:40 and stayed until Thu 12 Mar 09:40",
		"a series that vanishes":                        "no data since Wed 11 Mar 09:40, usually there all the time",
		"a series that vanishes for a day":              "no data from Wed 11 Mar 09:40 to Thu 12 Mar 09:40 (24 hours), usually there all the time",
		"a line that goes flat at zero":                 "flat at 0 since Wed 11 Mar 09:40, usually changes every 5 minutes",
		"a slow rise":                                   "rose slowly from about 82 to about 123 in 6 weeks (7 a week)",
		"a slow fall":                                   "fell slowly from about 81 to about 40 in 6 weeks (7 a week)",
		"days that turned into nights a week ago":       "since Mon 9 Mar the days look different: usually highest at 14:00, now at 02:00",
		"days that swing less":                          "since Sat 7 Mar the days look different: they usually swing by about 78, now by about 16",
		"weekends that became working days":             "since Sat 7 Mar the weeks look different: Sundays usually about 60, now about 100; Saturdays usually about 60, now about 100",
		"a batch that moved to another day":             "since Wed 4 Mar the weeks look different: Sundays usually about 136, now about 60; Wednesdays usually about 101, now about 175",
		"a level that is up for four days":              "the level was about 111 instead of about 81 from Fri 6 Mar 09:40 to Tue 10 Mar 09:40 (4 days)",
		"a spike of half an hour":                       "2.3 times the usual for a Tuesday 10:00 (usual 110–122, was 271); highest in all 6 weeks of history",
	}
	for name, want := range tests {
		t.Run(name, func(t *testing.T) {
			s := world{seed: 1}.series()
			for i, v := range s.Values {
				s.Values[i] = planted[name].plant(s.At(i), s.At(i).Sub(s.Start).Hours()/24, v)
			}
			windows := reviewed(t, s)
			if len(windows) != 1 || windows[0].Text != want {
				t.Errorf("windows\n got %+v\nwant %s", windows, want)
			}
		})
	}
}

func TestNumber(t *testing.T) {
	tests := map[string]struct {
		v, step float64
		want    string
	}{
		"an unknown step gives three digits":         {123.456, 0, "123"},
		"three digits of a small number":             {0.0123456, 0, "0.0123"},
		"digits finer than the step say nothing":     {123.456, 5, "123"},
		"tenths where they matter":                   {123.456, 0.5, "123.5"},
		"five digits are enough":                     {1234.5678, 0.001, "1234.6"},
		"zeros at the end say nothing":               {12.0, 0.5, "12"},
		"zero is zero":                               {0, 0.5, "0"},
		"what rounds to zero has no sign":            {-0.01, 5, "0"},
		"negative zero has no sign":                  {math.Copysign(0, -1), 1, "0"},
		"four digits stand as they are":              {9876, 10, "9876"},
		"thousands":                                  {12_400, 100, "12.4 k"},
		"millions":                                   {3_400_000, 100_000, "3.4 M"},
		"billions have the unit of measures":         {2.5e9, 1e8, "2.5 G"},
		"just below a million is a million":          {999_999, 10_000, "1 M"},
		"a minus is kept with a unit":                {-12_400, 100, "-12.4 k"},
		"beyond all units there are powers of ten":   {1.5e45, 1e44, "1.5·10^45"},
		"far below one there are powers of ten":      {1.5e-9, 0, "1.5·10^-9"},
		"a millionth can be written":                 {0.0000025, 0.0000001, "0.0000025"},
		"what is no number is unknown":               {math.NaN(), 1, "unknown"},
		"what is not finite is unknown":              {math.Inf(-1), 1, "unknown"},
		"a step that is no number is an unknown one": {123.456, math.NaN(), "123"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			if got := number(tt.v, tt.step); got != tt.want {
				t.Errorf("number(%g, %g) = %q, want %q", tt.v, tt.step, got, tt.want)
			}
		})
	}
}

func TestSpan(t *testing.T) {
	tests := map[string]struct {
		d    time.Duration
		want string
	}{
		"seconds":                       {90 * time.Second, "90 seconds"},
		"minutes":                       {100 * time.Minute, "100 minutes"},
		"an hour and a half is minutes": {90 * time.Minute, "90 minutes"},
		"hours with minutes":            {3*time.Hour + 15*time.Minute, "3 h 15 min"},
		"full hours":                    {3 * time.Hour, "3 hours"},
		"a day is twenty-four hours":    {day, "24 hours"},
		"days are rounded down":         {4*day + 23*time.Hour, "4 days"},
		"a week":                        {week, "1 week"},
		"twelve days":                   {12 * day, "12 days"},
		"weeks are rounded down":        {38 * day, "5 weeks"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			if got := span(tt.d); got != tt.want {
				t.Errorf("span(%s) = %q, want %q", tt.d, got, tt.want)
			}
		})
	}
}

func TestPercent_NeverRoundsUpToAWhole(t *testing.T) {
	for share, want := range map[float64]string{
		1: "100 %", 0.99999: "99.9 %", 0.998: "99.8 %", 0.995: "99.5 %", 0.6234: "62 %", 0.0123: "1.2 %", 0.0004: "0.04 %",
	} {
		if got := percent(share); got != want {
			t.Errorf("percent(%g) = %q, want %q", share, got, want)
		}
	}
}

// No number, however absurd, makes a sentence absurd.
func FuzzDescribe(f *testing.F) {
	f.Add(610.0, 150.0, 30.0, true, uint8(0), uint8(2))
	f.Add(0.0, 0.0, 0.0, false, uint8(1), uint8(0))
	f.Add(-1e300, 1e300, 1e308, true, uint8(2), uint8(1))
	f.Add(1e-300, math.Copysign(0, -1), 5e-324, false, uint8(3), uint8(2))
	f.Add(math.NaN(), math.Inf(1), math.Inf(-1), true, uint8(4), uint8(0))
	f.Add(999_999.9, 1e6, 1e-9, true, uint8(5), uint8(1))
	f.Fuzz(func(t *testing.T, value, usual, half float64, up bool, kind, days uint8) {
		half = math.Abs(half)
		w := Window{
			Kind: Kinds()[int(kind)%len(Kinds())], Direction: Down, Start: tuesday(3, 10), End: tuesday(9, 40), Peak: tuesday(5, 0),
			Value: value, Usual: usual, Low: usual - half, High: usual + half, Since: time.Duration(days) * day, Ongoing: up,
		}
		if up {
			w.Direction = Up
		}
		l := &look{model: &model{Series: Series{Step: time.Minute}, rhythm: rhythm(days % 3), long: 6 * week, least: usual}}
		texts := []string{
			l.sayFlat(w, 5*time.Minute), l.sayVanished(w, math.Abs(math.Mod(value, 1))), l.sayShift(w), l.sayDrift(w, usual),
			l.sayWeek(w, []changedDay{{time.Monday, value, usual}, {time.Sunday, usual, half}}),
		}
		describe(l.model, &w)
		for _, text := range append(texts, w.Text) {
			if text == "" {
				t.Error("there is no text")
			}
			for _, no := range []string{"NaN", "Inf", "e+", "e-", " -0 ", "-0)", "-0,", "-0–", "–-"} {
				if strings.Contains(text, no) {
					t.Errorf("%q in %q", no, text)
				}
			}
		}
	})
}
