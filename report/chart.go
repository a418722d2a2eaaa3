package report

import (
	"fmt"
	"strings"
	"time"

	"opsreview/review"
)

// A chart is one drawing. Places along the time or the count are in percent of
// the chart's width, and everything else is in pixels, so that a chart fits
// every width without scaling its text.
type chart struct {
	ID     string
	Title  string
	Desc   string // what a person who cannot see it should know
	Height int
	Legend []legend
	Bars   []bar
	Heat   *heat
	Lanes  []lane
	Burn   *burnDown
	Plot   *plot
	Ticks  []tick
}

// A legend explains one colour by the CSS class that has it.
type legend struct{ Class, Text string }

// Shape is the sign of a legend: a mark's, or "" for a patch of colour.
func (l legend) Shape() string {
	if shape, ok := strings.CutPrefix(l.Class, "mark "); ok {
		return shape
	}
	return ""
}

// A bar is a row of segments under a label.
type bar struct {
	Label, Long  string // for narrow and for wide drawings
	Value        string
	LabelY, BarY int
	ValueY       int
	Segments     []segment
}

type segment struct{ X, Width, Class, Title string }

// Heights of the rows of a chart of bars.
const (
	labelHeight = 18
	barHeight   = 14
	barRow      = 62
)

// at is a place or a length in percent of the chart's width.
func at(share float64) string { return fmt.Sprintf("%.3f%%", 100*min(max(share, 0), 1)) }

// A part is a count with its colour.
type part struct {
	n           int
	class, noun string
}

// barOf makes row n of a chart in which most fills the width.
func barOf(n int, name, value string, parts []part, most int) bar {
	top := n * barRow
	b := bar{Label: fit(name, maxLabel), Long: fit(name, maxLong), Value: value, LabelY: top + labelHeight - 4, ValueY: top + 2*labelHeight - 5, BarY: top + 2*labelHeight + 2}
	sum := 0
	for _, p := range parts {
		if p.n > 0 {
			b.Segments = append(b.Segments, segment{
				X: at(float64(sum) / float64(most)), Width: at(float64(p.n) / float64(most)),
				Class: p.class, Title: fmt.Sprintf("%d %s", p.n, p.noun),
			})
		}
		sum += p.n
	}
	return b
}

func classLegend(sum review.ByClass) []legend {
	all := []legend{{"business", "business hours"}, {"off", "off hours"}, {"sleep", "sleep hours"}}
	if sum.Unknown > 0 {
		all = append(all, legend{"unknown", "time zone unknown"})
	}
	return all
}

func classParts(c review.ByClass) []part {
	return []part{
		{c.Business, "business", "in business hours"},
		{c.OffHours, "off", "off hours"},
		{c.Sleep, "sleep", "in sleep hours"},
		{c.Unknown, "unknown", "at hours unknown"},
	}
}

// values tells the parts of a bar, so that its colours are never the only sign.
func values(c review.ByClass) string {
	text := fmt.Sprintf("%d business · %d off hours · %d sleep", c.Business, c.OffHours, c.Sleep)
	if c.Unknown > 0 {
		text += fmt.Sprintf(" · %d unknown", c.Unknown)
	}
	return text
}

const (
	maxLabel = 36 // cells of a label that fit the narrowest telephone
	maxLong  = 90 // and paper
	maxBars  = 12 // so that a chart fits one sheet; its table has the others
)

func (d Data) loadChart() chart {
	c := chart{ID: "load", Title: "Interruptions of each responder by class of hours"}
	most, woken := 1, 0
	var sum review.ByClass
	for _, l := range d.Review.Loads {
		sum.Unknown += l.Interruptions.Unknown
		most = max(most, l.Interruptions.Total())
		woken += min(l.Interruptions.Sleep, 1)
	}
	for i, l := range d.Review.Loads[:min(len(d.Review.Loads), maxBars)] {
		c.Bars = append(c.Bars, barOf(i, clean(l.Person.Name), values(l.Interruptions), classParts(l.Interruptions), most))
	}
	c.Height, c.Legend = len(c.Bars)*barRow, classLegend(sum)
	c.Desc = fmt.Sprintf("%s; %s interrupted in sleep hours. The table below has every number.", people(len(d.Review.Loads)), people(woken))
	return c
}

func (d Data) monitorChart() chart {
	c := chart{ID: "monitors", Title: "Interruptions by monitor and class of hours"}
	monitors := d.Review.Monitors[:min(len(d.Review.Monitors), maxBars)]
	most := 1
	var sum review.ByClass
	for _, m := range monitors {
		sum.Unknown += m.Interruptions.Unknown
		most = max(most, m.Interruptions.Total())
	}
	for i, m := range monitors {
		value := fmt.Sprintf("%s · %s · %s engaged", plural(len(m.Pages), "page"), shortSleep(m.Interruptions), length(m.Engaged))
		if m.Withheld {
			value = plural(len(m.Pages), "page")
		}
		c.Bars = append(c.Bars, barOf(i, title(m.Monitor.Title), value, classParts(m.Interruptions), most))
	}
	c.Height, c.Legend = len(c.Bars)*barRow, classLegend(sum)
	c.Desc = fmt.Sprintf("%s, dearest first. The table below has every number.", plural(len(c.Bars), "monitor"))
	return c
}

func shortSleep(c review.ByClass) string {
	return fmt.Sprintf("%d interruptions (%d sleep)", c.Total(), c.Sleep)
}

func (d Data) weekChart() chart {
	c := chart{ID: "weeks", Title: "Pages by verdict, week by week", Legend: []legend{
		{"actionable", "actionable"}, {"notactionable", "not actionable"}, {"unlabelled", "unlabelled"},
	}}
	most := 1
	for _, w := range d.Charts.Weeks {
		most = max(most, w.Pages())
	}
	for i, w := range d.Charts.Weeks {
		value := "not stored"
		var parts []part
		if w.Known {
			value = fmt.Sprintf("%d actionable · %d not · %d unlabelled", w.Actionable, w.NotActionable, w.Unlabelled)
			parts = []part{
				{w.Actionable, "actionable", "actionable"},
				{w.NotActionable, "notactionable", "not actionable"},
				{w.Unlabelled, "unlabelled", "unlabelled"},
			}
		}
		c.Bars = append(c.Bars, barOf(i, weekName(w, d.zone()), value, parts, most))
	}
	c.Height = len(c.Bars) * barRow
	c.Desc = "The weeks before the window and those of it. The table below has every number."
	return c
}

// weekName names a week by its days.
func weekName(w review.Week, zone *time.Location) string {
	start, last := w.Window.Start.In(zone), w.Window.End.Add(-1).In(zone)
	name := start.Format("2 Jan") + "–" + last.Format("2 Jan")
	switch {
	case w.Under && w.Partial:
		return name + " (this window, so far)"
	case w.Under:
		return name + " (this window)"
	}
	return name
}
