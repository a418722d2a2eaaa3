package report

import (
	"fmt"
	"math"
	"strings"
	"time"

	"opsreview"
	"opsreview/lookback"
)

// A plot is a series drawn with its usual band and the weird window marked. The
// drawing has a place of its own with lengths in plotUnits across, because the
// shape of a path cannot be given in percent.
type plot struct {
	Band, Line string // paths
	Left       string
	Width      string
	Across     int
	Top        int
	Height     int
	Mark       segment
	Levels     []level
}

// Heights of a plot, and how many units it is across.
const (
	plotTop    = axis + 14
	plotHeight = 96
	plotUnits  = 1000
)

func (d Data) plotChart(n int, a lookback.Anomaly, p lookback.Plot) chart {
	w := opsreview.Window{Start: p.Start, End: p.End}
	g := graphOf(w, p.Points)
	name := title(p.Series.Name)
	mark := fmt.Sprintf("looks weird: %s to %s", when(p.Mark.Start, d.zone()), when(p.Mark.End, d.zone()))
	c := chart{
		ID: fmt.Sprintf("anomaly-%d", n), Title: chartName(a) + ", " + name, Ticks: d.plotTicks(w), Height: plotTop + plotHeight + 18,
		Desc: fmt.Sprintf("%s; %s. The table below has the numbers.", fit(clean(a.Text), 2*maxTitle), mark),
		Plot: &plot{
			Band: g.band(), Line: g.line(), Left: at(axisLeft), Width: at(axisRight - axisLeft), Across: plotUnits, Top: plotTop, Height: plotHeight,
			Mark:   segment{X: placeIn(w, p.Mark.Start), Width: widthIn(w, p.Mark), Title: mark},
			Levels: g.levels(a.Chart.Unit),
		},
	}
	if n == 0 {
		c.Legend = plotLegend
	}
	return c
}

var plotLegend = []legend{{"plotline", "measured"}, {"plotband", "usual"}, {"plotmark", "looks weird"}}

// A graph places the points of a plot.
type graph struct {
	window      opsreview.Window
	points      []lookback.Point
	least, most float64
}

func graphOf(w opsreview.Window, points []lookback.Point) graph {
	g := graph{window: w, points: points, least: math.Inf(1), most: math.Inf(-1)}
	for _, p := range points {
		for _, y := range []float64{p.Min, p.Max, p.Low, p.High} {
			if !math.IsNaN(y) && !math.IsInf(y, 0) {
				g.least, g.most = min(g.least, y), max(g.most, y)
			}
		}
	}
	switch {
	case g.least > g.most:
		g.least, g.most = 0, 1
	case g.least == g.most:
		g.least, g.most = g.least-1, g.most+1
	}
	return g
}

func (g graph) x(t time.Time) float64 {
	return plotUnits * float64(t.Sub(g.window.Start)) / float64(max(g.window.Duration(), 1))
}

func (g graph) y(v float64) float64 {
	return plotHeight * (g.most - v) / (g.most - g.least)
}

// line is the path of what was measured, from the least to the greatest value
// of each column, so that no spike is lost.
func (g graph) line() string {
	return g.area(func(p lookback.Point) (float64, float64) { return p.Min, p.Max })
}

// band is the path of what is usual.
func (g graph) band() string {
	return g.area(func(p lookback.Point) (float64, float64) { return p.Low, p.High })
}

// area is the path around what lies between two values of each point. Where one
// of them is not known there is a gap.
func (g graph) area(bounds func(lookback.Point) (low, high float64)) string {
	var b strings.Builder
	run := make([]lookback.Point, 0, len(g.points))
	flush := func() {
		for i, p := range run {
			_, high := bounds(p)
			step := "L"
			if i == 0 {
				step = "M"
			}
			fmt.Fprintf(&b, "%s%.0f %.1f", step, g.x(p.At), g.y(high))
		}
		for i := len(run) - 1; i >= 0; i-- {
			low, _ := bounds(run[i])
			fmt.Fprintf(&b, "L%.0f %.1f", g.x(run[i].At), g.y(low))
		}
		if len(run) > 0 {
			b.WriteString("Z")
		}
		run = run[:0]
	}
	for _, p := range g.points {
		if low, high := bounds(p); math.IsNaN(low) || math.IsNaN(high) || math.IsInf(low, 0) || math.IsInf(high, 0) {
			flush()
			continue
		}
		run = append(run, p)
	}
	flush()
	return b.String()
}

// levels are the greatest value that is drawn, told above its line, and the
// least, told below.
func (g graph) levels(unit string) []level {
	return []level{
		{Y: plotTop, TextY: plotTop - 3, Text: lookback.Amount(g.most, unit)},
		{Y: plotTop + plotHeight, TextY: plotTop + plotHeight + 12, Text: lookback.Amount(g.least, unit)},
	}
}

// plotTicks are hours of the local clock, as many as fit a telephone; midnights
// are told by their day.
func (d Data) plotTicks(w opsreview.Window) []tick {
	zone := d.zone()
	hours := 3
	for w.Duration() > time.Duration(hours*maxTicks)*time.Hour {
		hours *= 2
	}
	if hours > 12 {
		return ticksIn(w, zone)
	}
	var all []tick
	y, m, day := w.Start.In(zone).Date()
	for n := 0; ; n += hours {
		t := time.Date(y, m, day, n, 0, 0, 0, zone)
		if !t.Before(w.End) {
			return all
		}
		if t.Before(w.Start) || w.End.Sub(t) <= w.Duration()/lastTick {
			continue
		}
		text := t.Format("15:04")
		if t.Hour() == 0 {
			text = t.Format("2 Jan")
		}
		all = append(all, tick{X: placeIn(w, t), Y: axis - 5, Text: text})
	}
}
