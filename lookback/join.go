package lookback

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strconv"
	"strings"
	"time"

	"opsreview"
	"opsreview/anomaly"
)

const (
	// near is how much time may lie between two windows of one anomaly.
	near = 30 * time.Minute

	// takesIn bounds what a window takes in by overlapping: a series that vanished
	// ten days ago is not the same trouble as another's spike of yesterday.
	takesIn = 24 * time.Hour
)

// A piece is one window of one series.
type piece struct {
	series opsreview.Series
	window anomaly.Window
}

// class keeps apart what is of weeks: the beginning of a drift, or of another
// pattern, says nothing of what happened in these hours.
func (p piece) class() anomaly.Kind {
	if k := p.window.Kind; k == anomaly.Drift || k == anomaly.Pattern {
		return k
	}
	return ""
}

// reach is up to when the piece takes others in.
func (p piece) reach() time.Time {
	end := p.window.Start.Add(takesIn)
	if p.class() != "" || p.window.End.Before(end) {
		end = p.window.End
	}
	return end.Add(near)
}

// anomaliesOf joins the windows of a chart's series that touch the part under
// review and lie together.
func anomaliesOf(chart opsreview.Chart, found []Found, w opsreview.Window) []Anomaly {
	classes := map[anomaly.Kind][]piece{}
	for _, f := range found {
		for _, one := range f.Result.Windows {
			p := piece{series: f.Series.Series, window: one}
			if overlap(windowOf(one), w) {
				classes[p.class()] = append(classes[p.class()], p)
			}
		}
	}
	var all []Anomaly
	for _, class := range []anomaly.Kind{"", anomaly.Drift, anomaly.Pattern} {
		for _, together := range clusters(classes[class]) {
			all = append(all, anomalyOf(chart, class, together))
		}
	}
	return all
}

func windowOf(w anomaly.Window) opsreview.Window {
	return opsreview.Window{Start: w.Start, End: w.End}
}

// clusters returns the pieces that lie together, in order of time.
func clusters(pieces []piece) [][]piece {
	slices.SortFunc(pieces, func(a, b piece) int {
		return cmp.Or(a.window.Start.Compare(b.window.Start), a.window.End.Compare(b.window.End), strings.Compare(a.series.Key, b.series.Key),
			strings.Compare(string(a.window.Kind), string(b.window.Kind)))
	})
	var all [][]piece
	var reach time.Time
	for _, p := range pieces {
		if n := len(all) - 1; n >= 0 && !p.window.Start.After(reach) {
			all[n] = append(all[n], p)
		} else {
			all = append(all, []piece{p})
			reach = time.Time{}
		}
		if r := p.reach(); r.After(reach) {
			reach = r
		}
	}
	return all
}

func anomalyOf(chart opsreview.Chart, class anomaly.Kind, pieces []piece) Anomaly {
	a := Anomaly{Chart: chart, Window: windowOf(pieces[0].window), State: Open}
	best := map[string]int{}
	for _, p := range pieces {
		if p.window.End.After(a.Window.End) {
			a.Window.End = p.window.End
		}
		a.Ongoing = a.Ongoing || p.window.Ongoing
		i, ok := best[p.series.Key]
		if !ok {
			best[p.series.Key] = len(a.Series)
			a.Series = append(a.Series, Member{Series: p.series, Window: p.window})
		} else if p.window.Score > a.Series[i].Window.Score {
			a.Series[i].Window = p.window
		}
	}
	slices.SortStableFunc(a.Series, func(m, n Member) int {
		return cmp.Or(cmp.Compare(n.Window.Score, m.Window.Score), m.Window.Start.Compare(n.Window.Start),
			strings.Compare(m.Series.Name, n.Series.Name), strings.Compare(m.Series.Key, n.Series.Key))
	})
	first := a.Series[0].Window
	a.ID, a.Kind, a.Score, a.Text = idOf(chart.Key, class, a.Window.Start), first.Kind, first.Score, first.Text
	if n := len(a.Series) - 1; n > 0 {
		a.Text += "; with " + count(n, "more series")
	}
	return a
}

// idOf names an anomaly by its chart and the minute in which it began.
func idOf(chart string, class anomaly.Kind, start time.Time) string {
	minute := strconv.FormatInt(start.Truncate(time.Minute).Unix(), 10)
	sum := sha256.Sum256([]byte(chart + "\x00" + string(class) + "\x00" + minute))
	return "a-" + hex.EncodeToString(sum[:6])
}
