package report

import (
	"fmt"
	"strings"
	"time"

	"opsreview"
	"opsreview/slo"
)

// A burnDown is what remained of a budget over time, with the pages and the
// missed episodes on it. Places along the time are in percent of the width.
type burnDown struct {
	Review segment // the part of the time that is under review; Class is unused
	Lines  []burnLine
	Levels []level
	Marks  []burnMark

	Episodes    []segment // that nobody was paged for
	Top, Height int       // of the drawing, without the axis
}

// A burnLine is a step of the line; unknown where nothing was counted in it.
type burnLine struct {
	X1, X2 string
	Y1, Y2 int
	Class  string
}

// A level is a share of the budget to compare with.
type level struct {
	Y, TextY int
	Text     string
	Zero     bool
}

// A burnMark is a page on the line. Shape tells what colour tells: a dot with
// significant burn, a ring with lesser burn, a cross without.
type burnMark struct {
	X     string
	Y     int
	Shape string
	Title string
}

// Heights of a burn-down.
const (
	burnTop    = axis + 14
	burnHeight = 150
	burnRows   = 31 // at most, of its table
)

// A scale turns what remains of a budget into pixels.
type scale struct{ least float64 }

func (s scale) y(remaining float64) int {
	top := 1.0
	share := (top - min(max(remaining, s.least), top)) / (top - s.least)
	return burnTop + int(share*burnHeight)
}

// A burnDownOf is a chart and the table that says the same.
type burnDownOf struct {
	Chart chart
	Table table
}

func (d Data) burnDowns() []burnDownOf {
	var all []burnDownOf
	for i, l := range d.budgetLines() {
		if len(all) == maxBurnDowns || len(l.BurnDown) == 0 || l.Month.Status == slo.NoData {
			continue
		}
		id := fmt.Sprintf("burn-%d", i)
		all = append(all, burnDownOf{Chart: d.burnChart(id, l), Table: d.burnTable(id, l)})
	}
	return all
}

// span30 is the time that a burn-down is of.
func span30(l budgetLine) opsreview.Window {
	if !l.Month.Window.IsZero() {
		return l.Month.Window
	}
	end := l.BurnDown[len(l.BurnDown)-1].At
	return opsreview.Window{Start: end.Add(-slo.Month), End: end}
}

func (d Data) burnChart(id string, l budgetLine) chart {
	w, zone := span30(l), d.zone()
	s := scale{least: 0}
	for _, p := range l.BurnDown {
		s.least = min(s.least, p.Remaining)
	}
	b := &burnDown{Top: burnTop, Height: burnHeight}
	b.Lines, b.Levels = burnLines(w, l.BurnDown, s), levels(s)
	b.Review = segment{X: placeIn(w, d.Review.Window.Start), Width: widthIn(w, d.Review.Window), Title: "under review: " + spanOf(d.Review.Window, zone)}
	for _, e := range l.Burn.Episodes {
		if isMissed(e) {
			b.Episodes = append(b.Episodes, segment{
				X: placeIn(w, e.Window.Start), Width: widthIn(w, e.Window),
				Title: fmt.Sprintf("%s, nobody was paged: %s in %s", when(e.Window.Start, zone), share(e.Cost), length(e.Window.Duration())),
			})
		}
	}
	for _, c := range l.Burn.Charges {
		if at, ok := l.pageTime(c); ok && w.Contains(at) {
			b.Marks = append(b.Marks, burnMark{
				X: placeIn(w, at), Y: s.y(remainingAt(w, l.BurnDown, at)), Shape: shapeOf(c.Verdict),
				Title: fmt.Sprintf("%s, %s: %s", when(at, zone), verdictWords[c.Verdict], l.pageTitle(c)),
			})
		}
	}
	return chart{
		ID: id, Title: l.name() + ": what was left of the 30-day budget", Desc: l.desc(), Burn: b, Ticks: ticksIn(w, zone),
		Height: burnTop + burnHeight + 12, Legend: burnLegend,
	}
}

var burnLegend = []legend{
	{"mark dot", "page with significant burn"},
	{"mark ring", "page with lesser burn"},
	{"mark cross", "page without burn, or not judged"},
	{"missedburn", "burn that nobody was paged for"},
	{"underreview", "under review"},
}

var verdictWords = map[slo.Coincidence]string{
	slo.WithBurn: "page with significant burn", slo.WithMinor: "page with lesser burn", slo.WithoutBurn: "page without burn", slo.Unjudged: "page not judged",
}

func shapeOf(v slo.Coincidence) string {
	switch v {
	case slo.WithBurn:
		return "dot"
	case slo.WithMinor:
		return "ring"
	}
	return "cross"
}

// desc is what a person who cannot see the chart should know.
func (l budgetLine) desc() string {
	text := left(l.Month) + " at the end"
	if n := len(l.Burn.Charges); n > 0 {
		text += "; " + plural(n, "page")
	}
	lost := 0
	for _, e := range l.Burn.Episodes {
		if isMissed(e) {
			lost++
		}
	}
	if lost > 0 {
		text += "; " + plural(lost, "significant episode") + " that nobody was paged for"
	}
	return text + ". The table below has the numbers."
}

// burnLines is the line, from a full budget at its beginning.
func burnLines(w opsreview.Window, points []slo.Point, s scale) []burnLine {
	var all []burnLine
	last := slo.Point{At: w.Start, Remaining: 1}
	for _, p := range points {
		l := burnLine{X1: placeIn(w, last.At), X2: placeIn(w, p.At), Y1: s.y(last.Remaining), Y2: s.y(p.Remaining), Class: "burnline"}
		if !p.Known {
			l.Class = "burnline unknownburn"
		}
		all = append(all, l)
		last = p
	}
	return all
}

// levels are the whole budget, none of it and, where it is overspent, the least
// that was left.
func levels(s scale) []level {
	all := []level{{Y: s.y(1), Text: "100 %"}, {Y: s.y(0), Text: "0 %: spent", Zero: true}}
	if s.least < -0.3 {
		all = append(all, level{Y: s.y(s.least), Text: share(s.least)})
	}
	for i := range all {
		all[i].TextY = all[i].Y - 4
	}
	return all
}

// widthIn is how wide a stretch of time is on the axis of a window, and at
// least wide enough to be seen.
func widthIn(w, part opsreview.Window) string {
	const least = 0.004
	seen := float64(w.Overlap(part.Start, part.End)) / float64(max(w.Duration(), 1))
	return at(max(seen*(axisRight-axisLeft), least))
}

// remainingAt is what remained at a time, between two points of the line.
func remainingAt(w opsreview.Window, points []slo.Point, t time.Time) float64 {
	last := slo.Point{At: w.Start, Remaining: 1}
	for _, p := range points {
		if !t.After(p.At) && p.At.After(last.At) {
			share := float64(t.Sub(last.At)) / float64(p.At.Sub(last.At))
			return last.Remaining + share*(p.Remaining-last.Remaining)
		}
		last = p
	}
	return last.Remaining
}

// pageTime is when a page began, where the timeline has it.
func (l budgetLine) pageTime(c slo.Charge) (time.Time, bool) {
	m, ok := l.pages[c.Page]
	return m.At, ok
}

// burnTable tells the line, and what happened on the way.
func (d Data) burnTable(id string, l budgetLine) table {
	t := table{
		ID: id + "-table", Caption: l.name() + ": what was left of the 30-day budget", Text: 4, Wide: true,
		Head: []string{"Until", "Left", "Since the row above"},
	}
	zone, w := d.zone(), span30(l)
	every := (len(l.BurnDown) + burnRows - 1) / burnRows
	since, known := w.Start, false
	for i, p := range l.BurnDown {
		known = known || p.Known
		if (len(l.BurnDown)-1-i)%every != 0 {
			continue
		}
		remaining := "nothing was counted"
		if known {
			remaining = share(p.Remaining)
		}
		t.Rows = append(t.Rows, []string{when(p.At, zone), remaining, l.happened(opsreview.Window{Start: since, End: p.At})})
		since, known = p.At, false
	}
	return t
}

// happened tells the pages and the missed episodes that began in a window.
func (l budgetLine) happened(w opsreview.Window) string {
	const most = 5
	var all []string
	for _, e := range l.Burn.Episodes {
		if isMissed(e) && w.Contains(e.Window.Start) {
			all = append(all, "nobody paged for "+share(e.Cost))
		}
	}
	for _, c := range l.Burn.Charges {
		if at, ok := l.pageTime(c); ok && w.Contains(at) {
			all = append(all, verdictWords[c.Verdict]+" ("+share(c.Cost)+"): "+l.pageTitle(c))
		}
	}
	if more := len(all) - most; more > 0 {
		all = append(all[:most], fmt.Sprintf("and %d more", more))
	}
	return strings.Join(all, "; ")
}
