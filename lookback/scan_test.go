package lookback_test

import (
	"math"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"opsreview"
	"opsreview/anomaly"
	"opsreview/lookback"
)

// waves is a series of five-minute values over so many days that end with the
// fortnight: a daily rhythm with some noise.
func waves(days int) (opsreview.SeriesState, opsreview.Points) {
	p := opsreview.Points{Series: "s", Start: fortnight.End.AddDate(0, 0, -days), Step: 5 * time.Minute}
	for i := range days * 288 {
		noise := float64(i*7919%101) / 101
		p.Values = append(p.Values, 100+20*math.Sin(2*math.Pi*float64(i%288)/288)+4*noise)
	}
	s := opsreview.SeriesState{Series: opsreview.Series{Key: "s", Chart: "c", Name: "reads"}, First: p.Start, Last: p.End().Add(-p.Step), Version: 3}
	return s, p
}

// planted raises the values of one hour.
func planted(p opsreview.Points, w opsreview.Window) opsreview.Points {
	for i := range p.Values {
		if w.Contains(p.Start.Add(time.Duration(i) * p.Step)) {
			p.Values[i] += 400
		}
	}
	return p
}

func TestScan_ReadsAsItWasWritten(t *testing.T) {
	s, p := waves(30)
	view := lookback.ViewOf(fortnight, p.End(), time.UTC, lookback.Settings{})
	found, scan := lookback.Scan(s, planted(p, between(10, "10:00", "11:00")), view)
	if len(found.Windows) == 0 {
		t.Fatal("the planted hour was not found")
	}
	if scan.Of != lookback.ScanOf(s, view) || scan.Series != "s" || scan.Window != view.Window {
		t.Errorf("the scan is of %q of %s", scan.Of, scan.Series)
	}
	read, ok := lookback.ReadScan(scan)
	if diff := cmp.Diff(found, read, cmpopts.EquateNaNs()); !ok || diff != "" {
		t.Errorf("read %t (-found +read):\n%s", ok, diff)
	}
}

func TestReadScan_RefusesWhatItCannotRead(t *testing.T) {
	for name, body := range map[string]string{
		"nothing":               "",
		"what is no JSON":       "{",
		"another version":       `{"v":99}`,
		"a body of no version":  `{}`,
		"a time that is no one": `{"v":1,"windows":[{"start":"yesterday"}]}`,
		"a text for a number":   `{"v":1,"windows":[{"value":"NaN"}]}`,
	} {
		if r, ok := lookback.ReadScan(opsreview.Scan{Body: []byte(body)}); ok || len(r.Windows) > 0 {
			t.Errorf("%s was read: %+v", name, r)
		}
	}
}

func TestReadScan_KeepsWhatIsNotKnown(t *testing.T) {
	r, ok := lookback.ReadScan(opsreview.Scan{Body: []byte(`{"v":1,"windows":[{"kind":"vanished","value":null,"usual":1.5,"text":"x"}]}`)})
	if !ok || !math.IsNaN(r.Windows[0].Value) || r.Windows[0].Usual != 1.5 {
		t.Errorf("read %t: %+v", ok, r)
	}
}

func TestScanOf_NamesWhatItDependsOn(t *testing.T) {
	s, p := waves(20)
	view := lookback.ViewOf(fortnight, p.End(), time.UTC, lookback.Settings{})
	base := lookback.ScanOf(s, view)
	for name, change := range map[string]func(*opsreview.SeriesState, *lookback.View){
		"the version of the series":      func(s *opsreview.SeriesState, _ *lookback.View) { s.Version++ },
		"the threshold":                  func(_ *opsreview.SeriesState, v *lookback.View) { v.Set.Threshold = 8 },
		"the history":                    func(_ *opsreview.SeriesState, v *lookback.View) { v.Set.History = 21 * 24 * time.Hour },
		"the zone":                       func(_ *opsreview.SeriesState, v *lookback.View) { v.Zone = time.FixedZone("CET", 3600) },
		"up to when the source tells of": func(_ *opsreview.SeriesState, v *lookback.View) { v.Until = v.Until.Add(time.Minute) },
	} {
		s, view := s, view
		if change(&s, &view); lookback.ScanOf(s, view) == base {
			t.Errorf("%s does not matter", name)
		}
	}
	view.Set = lookback.Settings{Threshold: anomaly.DefaultThreshold, History: lookback.DefaultHistory, Most: 3}
	if lookback.ScanOf(s, view) != base {
		t.Error("defaults that are spelled out matter, or the most that is shown does")
	}
}

func TestViewOf_TakesInWholeHours(t *testing.T) {
	w := opsreview.Window{Start: at(0, "10:20"), End: at(14, "10:20")}
	got := lookback.ViewOf(w, time.Time{}, nil, lookback.Settings{}).Window
	if want := (opsreview.Window{Start: at(0, "10:00"), End: at(14, "11:00")}); got != want {
		t.Errorf("%v, want %v", got, want)
	}
	if got := lookback.ViewOf(fortnight, time.Time{}, nil, lookback.Settings{}).Window; got != fortnight {
		t.Errorf("%v, want %v", got, fortnight)
	}
}

func TestPlotOf(t *testing.T) {
	_, p := waves(30)
	mark := between(10, "10:00", "11:00")
	p = planted(p, between(10, "10:30", "10:35"))
	p.Values[len(p.Values)-900] = math.NaN()
	a := lookback.Anomaly{Window: mark}
	m := lookback.Member{Series: opsreview.Series{Key: "s"}}
	plot := lookback.PlotOf(a, m, p, time.UTC)
	if plot.Mark != mark || !plot.Start.Equal(at(9, "10:00")) || !plot.End.Equal(at(11, "11:00")) {
		t.Errorf("drawn from %s to %s with %v marked", plot.Start, plot.End, plot.Mark)
	}
	if n := len(plot.Points); n == 0 || n > lookback.PlotPoints {
		t.Fatalf("%d points", n)
	}
	top, low := math.Inf(-1), math.Inf(1)
	for i, c := range plot.Points {
		top, low = math.Max(top, c.Max), math.Min(low, c.Min)
		if i > 0 && !c.At.After(plot.Points[i-1].At) {
			t.Errorf("point %d is not after the one before", i)
		}
		if !(c.Low <= c.High) {
			t.Errorf("the band at %s is from %g to %g", c.At, c.Low, c.High)
		}
	}
	if top < 480 || low > 85 {
		t.Errorf("drawn between %g and %g: an extreme was lost", low, top)
	}
}

func TestPlotOf_WhatThereIs(t *testing.T) {
	_, p := waves(3)
	a := lookback.Anomaly{Window: between(13, "20:00", "23:55")}
	if plot := lookback.PlotOf(a, lookback.Member{}, p, nil); !plot.End.Equal(p.End()) || len(plot.Points) == 0 {
		t.Errorf("drawn to %s with %d points, want to the last value", plot.End, len(plot.Points))
	}
	a.Window = between(0, "10:00", "11:00")
	if plot := lookback.PlotOf(a, lookback.Member{}, p, nil); len(plot.Points) != 0 {
		t.Errorf("%d points of a time without values", len(plot.Points))
	}
	if plot := lookback.PlotOf(a, lookback.Member{}, opsreview.Points{}, nil); len(plot.Points) != 0 {
		t.Errorf("%d points of nothing", len(plot.Points))
	}
}

func TestScan_SeriesThatEnds(t *testing.T) {
	s, p := waves(30)
	p.Values = p.Values[:len(p.Values)-2*288]
	view := lookback.ViewOf(fortnight, fortnight.End, time.UTC, lookback.Settings{})
	found, _ := lookback.Scan(s, p, view)
	for _, w := range found.Windows {
		if w.Kind == anomaly.Vanished && strings.TrimSpace(w.Text) != "" {
			return
		}
	}
	t.Errorf("nothing vanished: %+v", found.Windows)
}

func TestView_SeesWhatTouchesIt(t *testing.T) {
	view := lookback.View{Window: fortnight}
	for name, tt := range map[string]struct {
		first, last time.Time
		want        bool
	}{
		"a series without values":               {want: false},
		"one that ends as the look back begins": {first: at(-9, "00:00"), last: at(0, "00:00"), want: true},
		"one that ended before":                 {first: at(-9, "00:00"), last: at(-1, "23:59"), want: false},
		"one that begins as the look back ends": {first: at(14, "00:00"), last: at(15, "00:00"), want: false},
		"one that begins before the end":        {first: at(13, "23:59"), last: at(15, "00:00"), want: true},
	} {
		if got := view.Sees(opsreview.SeriesState{First: tt.first, Last: tt.last}); got != tt.want {
			t.Errorf("%s: %t, want %t", name, got, tt.want)
		}
	}
}

func TestScan_OfNothing(t *testing.T) {
	found, scan := lookback.Scan(opsreview.SeriesState{}, opsreview.Points{}, lookback.ViewOf(fortnight, fortnight.End, nil, lookback.Settings{}))
	read, ok := lookback.ReadScan(scan)
	if !ok || found.Skipped == "" || read.Skipped != found.Skipped || len(found.Windows) > 0 {
		t.Errorf("%+v, read %t %+v", found, ok, read)
	}
}
