package report

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"opsreview"
	"opsreview/review"
)

// A lane is the pages of one monitor on the time axis.
type lane struct {
	Label  string // for narrow drawings
	Long   string
	LabelY int
	Y      int // of the lane's middle
	Marks  []mark
}

// A mark is one page: a dot where it began and a line while it lasted.
type mark struct {
	X, End string
	Class  string
	Woke   bool
	Title  string
}

// Heights and number of the lanes.
const (
	laneRow  = 44
	maxLanes = 12
	maxTicks = 7
)

func (d Data) timelineChart() chart {
	c := chart{ID: "timeline", Title: "Pages of the window, by monitor", Legend: []legend{
		{"actionable", "actionable"}, {"notactionable", "not actionable"}, {"unlabelled", "unlabelled"}, {"woke", "ring: woke somebody"},
	}}
	byMonitor := map[string][]review.Mark{}
	var order []string
	for _, m := range d.Charts.Timeline {
		if byMonitor[m.Monitor] == nil {
			order = append(order, m.Monitor)
		}
		byMonitor[m.Monitor] = append(byMonitor[m.Monitor], m)
	}
	slices.SortStableFunc(order, func(a, b string) int { return cmp.Compare(len(byMonitor[b]), len(byMonitor[a])) })
	var rest []review.Mark
	for i, id := range order {
		if i >= maxLanes {
			rest = append(rest, byMonitor[id]...)
			continue
		}
		marks := byMonitor[id]
		c.Lanes = append(c.Lanes, d.laneOf(i, title(marks[0].Title), marks))
	}
	if len(rest) > 0 {
		c.Lanes = append(c.Lanes, d.laneOf(maxLanes, plural(len(order)-maxLanes, "other monitor"), rest))
	}
	c.Height = axis + len(c.Lanes)*laneRow
	c.Ticks = d.ticks()
	c.Desc = fmt.Sprintf("%s of %s. The table below lists them.", plural(len(d.Charts.Timeline), "page"), plural(len(order), "monitor"))
	return c
}

// The axis leaves room at both ends, so that a dot at the end is seen whole.
const (
	axisLeft  = 0.012
	axisRight = 0.988
)

// lastTick is the part of the axis that has no word at its end, which would
// stick out.
const lastTick = 14

// place is where a time lies on the axis of the window under review.
func (d Data) place(t time.Time) string { return placeIn(d.Review.Window, t) }

// placeIn is where a time lies on the axis of a window.
func placeIn(w opsreview.Window, t time.Time) string {
	share := float64(t.Sub(w.Start)) / float64(max(w.Duration(), 1))
	return at(axisLeft + (axisRight-axisLeft)*min(max(share, 0), 1))
}

func (d Data) laneOf(n int, name string, marks []review.Mark) lane {
	top := axis + n*laneRow
	count := fmt.Sprintf(" (%d)", len(marks))
	l := lane{Label: fit(name, maxLabel-6) + count, Long: fit(name, maxLong) + count, LabelY: top + 14, Y: top + 30}
	for _, m := range marks {
		end, until := m.End, "still open"
		if end.IsZero() {
			end = d.Review.Window.End
		} else {
			until = "until " + when(end, d.zone())
		}
		l.Marks = append(l.Marks, mark{
			X: d.place(m.At), End: d.place(end), Class: verdictClass(m.Outcome), Woke: m.Woke,
			Title: fmt.Sprintf("%s, %s, %s: %s", when(m.At, d.zone()), until, m.Outcome, title(m.Title)),
		})
	}
	return l
}

func verdictClass(o review.Outcome) string {
	switch o {
	case review.Handled, review.Ignored:
		return "actionable"
	case review.Wasted, review.Noise:
		return "notactionable"
	}
	return "unlabelled"
}

// ticks are local midnights, as many as fit a telephone.
func (d Data) ticks() []tick { return ticksIn(d.Review.Window, d.zone()) }

func ticksIn(w opsreview.Window, zone *time.Location) []tick {
	start := w.Start.In(zone)
	days := int(w.Duration()/(24*time.Hour)) + 1
	every := (days + maxTicks - 1) / maxTicks
	var all []tick
	for n := 0; ; n += every {
		y, m, day := start.Date()
		t := time.Date(y, m, day+n, 0, 0, 0, 0, zone)
		if !t.Before(w.End) {
			return all
		}
		if !t.Before(w.Start) && w.End.Sub(t) > w.Duration()/lastTick {
			all = append(all, tick{X: placeIn(w, t), Y: axis - 5, Text: t.Format("2 Jan")})
		}
	}
}
