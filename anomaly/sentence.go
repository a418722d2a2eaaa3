package anomaly

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"
)

// The layouts of times in sentences. A day of the week alone would be two days
// in a look back of two weeks.
const (
	minuteLayout = "Mon 2 Jan 15:04"
	dayLayout    = "Mon 2 Jan"
)

// describe says w in words, if nothing has yet.
func describe(m *model, w *Window) {
	if w.Text != "" {
		return
	}
	if w.Kind == Sustained && w.Value >= w.Low && w.Value <= w.High {
		m.farthest(w)
	}
	parts := []string{m.against(w)}
	if s := m.sinceText(w); s != "" {
		parts = append(parts, s)
	}
	w.Text = strings.Join(parts, "; ")
}

// local is t on the clock of the series.
func (m *model) local(t time.Time) time.Time {
	if m.Zone == nil {
		return t.UTC()
	}
	return t.In(m.Zone)
}

// against says how a deviation compares with what is usual at its peak. What
// lasts for hours can be weird as a whole though each of its values is usual: the
// middles of all of them are compared then.
func (m *model) against(w *Window) string {
	is, usual, half := w.Value, w.Usual, (w.High-w.Low)/2
	when, about := "for "+m.timeOfWeek(w.Peak), ""
	if w.Kind == Sustained && math.Abs(is-usual) <= half {
		if i, u := m.over(w); (i > u) == (w.Direction == Up) {
			is, usual, when, about = i, u, "for these hours", "about "
		}
	}
	low, high := usual-half, usual+half
	if m.least >= 0 {
		low, usual, high = max(low, 0), max(usual, 0), max(high, 0)
	}
	text := fmt.Sprintf("%s%s the usual %s (usual %s, was %s%s)", about, comparison(is, usual, half), when,
		between(low, high, half), about, number(is, half))
	if w.Kind == Sustained {
		text += ", for " + span(w.End.Sub(w.Start))
	}
	return text
}

// bounds are the indices of what lies in w.
func (m *model) bounds(w *Window) (start, end int) {
	n := len(m.value)
	return min(max(0, int(w.Start.Sub(m.Start)/m.Step)), n), min(max(0, int(w.End.Sub(m.Start)/m.Step)), n)
}

// farthest moves the peak of what lasts to where a single value is farthest
// from usual: the detector's is where a whole hour is.
func (m *model) farthest(w *Window) {
	start, end := m.bounds(w)
	at, most := -1, 0.0
	for i := start; i < end; i++ {
		if off := math.Abs(m.value[i] - m.usual(i)); off > most {
			at, most = i, off
		}
	}
	if at < 0 {
		return
	}
	half := (w.High - w.Low) / 2
	w.Peak, w.Value, w.Usual, w.Direction = m.At(at), m.value[at], m.usual(at), Up
	if w.Value < w.Usual {
		w.Direction = Down
	}
	w.Low, w.High = w.Usual-half, w.Usual+half
	w.Since, w.Record = m.since(stretch{start: start, end: end}, w.Direction)
}

// over returns the medians of what was measured in w and of what is usual then.
func (m *model) over(w *Window) (is, usual float64) {
	var measured, normal []float64
	for i, end := m.bounds(w); i < end; i++ {
		if !math.IsNaN(m.value[i]) {
			measured, normal = append(measured, m.value[i]), append(normal, m.usual(i))
		}
	}
	if len(measured) == 0 {
		return w.Value, w.Usual
	}
	return median(measured), median(normal)
}

// comparison says how is compares with usual: as a ratio where both are
// positive and the usual is well away from zero, as a difference otherwise.
func comparison(is, usual, step float64) string {
	ratio := is / usual
	side := "above"
	if is < usual {
		side = "below"
	}
	switch {
	case !(is > 0 && usual > 0 && usual >= step):
		return number(math.Abs(is-usual), step) + " " + side
	case ratio >= 10:
		return number(ratio, 1) + " times"
	case ratio >= 1.5:
		return number(ratio, 0.1) + " times"
	case ratio > 1:
		return percent(ratio-1) + " above"
	case ratio < 1:
		return percent(1-ratio) + " below"
	}
	return "just"
}

// percent writes a share with the digits that say something, and never rounds
// it up to a whole.
func percent(share float64) string {
	p := 100 * share
	switch {
	case share >= 1:
		return "100 %"
	case p < 1:
		return number(p, p/10) + " %"
	case p < 10 || p > 99:
		return number(math.Floor(10*p)/10, 0.1) + " %"
	}
	return number(math.Floor(p+0.5), 1) + " %"
}

// timeOfWeek says what the usual at t is the usual of: days that the model
// found to be alike.
func (m *model) timeOfWeek(t time.Time) string {
	t = m.local(t)
	clock := t.Format("15:04")
	switch {
	case m.rhythm == byDay:
		return "a " + t.Weekday().String() + " " + clock
	case m.rhythm == weekly && m.rhythm.class(uint8(t.Weekday())) == 1: //nolint:gosec // There are seven.
		return "a weekend day " + clock
	case m.rhythm == weekly:
		return "a working day " + clock
	}
	return clock
}

// sinceText says how long nothing as extreme had been seen; "" if that says
// nothing.
func (m *model) sinceText(w *Window) string {
	extreme := "highest"
	if w.Direction == Down {
		extreme = "lowest"
	}
	switch {
	case w.Record:
		return fmt.Sprintf("%s in all %s of history", extreme, span(m.long))
	case w.Since >= week:
		return fmt.Sprintf("%s in %s", extreme, span(w.Since))
	case w.Since > 0:
		return fmt.Sprintf("%s since %s", extreme, m.local(w.Start.Add(-w.Since)).Format(dayLayout))
	}
	return ""
}

// since says since when w is so, or from when to when it was.
func (m *model) sinceWhen(w Window) string {
	from := m.local(w.Start).Format(minuteLayout)
	if w.Ongoing {
		return "since " + from
	}
	return fmt.Sprintf("from %s to %s (%s)", from, m.local(w.End).Format(minuteLayout), span(w.End.Sub(w.Start)))
}

func (l *look) sayFlat(w Window, usual time.Duration) string {
	return fmt.Sprintf("flat at %s %s, usually changes %s", number(w.Value, 0), l.sinceWhen(w), every(usual))
}

func (l *look) sayVanished(w Window, there float64) string {
	usually := "all"
	if there < 1 {
		usually = percent(there) + " of"
	}
	return fmt.Sprintf("no data %s, usually there %s the time", l.sinceWhen(w), usually)
}

func (l *look) sayShift(w Window) string {
	from, to := levels(w)
	text := fmt.Sprintf("the level went from about %s to about %s on %s and stayed", from, to, l.local(w.Start).Format(minuteLayout))
	if !w.Ongoing {
		text += " until " + l.local(w.End).Format(minuteLayout)
	}
	return text
}

func (l *look) sayDrift(w Window, perDay float64) string {
	verb := "rose"
	if perDay < 0 {
		verb = "fell"
	}
	from, to := levels(w)
	perWeek := 7 * math.Abs(perDay)
	return fmt.Sprintf("%s slowly from about %s to about %s in %s (%s a week)",
		verb, from, to, span(w.End.Sub(w.Start)), number(perWeek, perWeek/10))
}

func (l *look) sayPlateau(w Window) string {
	usual, then := levels(w)
	verb := "was"
	if w.Ongoing {
		verb = "is"
	}
	return fmt.Sprintf("the level %s about %s instead of about %s %s", verb, then, usual, l.sinceWhen(w))
}

// levels writes the levels before and after. They are about so much: a
// fiftieth of them says nothing.
func levels(w Window) (from, to string) {
	step := max((w.High-w.Low)/2, math.Abs(w.Usual)/50, math.Abs(w.Value)/50)
	return number(w.Usual, step), number(w.Value, step)
}

// sayShape says what is most telling of how the days look: when they are
// highest, when they are lowest, how much they swing, or where they differ most.
func (l *look) sayShape(w Window, was, is []float64) string {
	text := fmt.Sprintf("since %s the days look different: ", l.local(w.Start).Format(dayLayout))
	was, is = smooth(was), smooth(is)
	swing := func(x []float64) float64 { return slices.Max(x) - slices.Min(x) }
	for _, look := range []struct {
		name string
		at   func([]float64) int
	}{{"highest", highestHour}, {"lowest", lowestHour}} {
		if before, now := look.at(was), look.at(is); apartBy(before, now) > 2 {
			return text + fmt.Sprintf("usually %s at %02d:00, now at %02d:00", look.name, before, now)
		}
	}
	if a, b := swing(was), swing(is); a > 1.5*b || b > 1.5*a {
		return text + fmt.Sprintf("they usually swing by about %s, now by about %s", number(a, max(a, b)/20), number(b, max(a, b)/20))
	}
	step := swing(was) / 20
	return text + fmt.Sprintf("most of all at %s, usually about %s, now about %s",
		l.local(w.Peak).Format("15:04"), number(w.Usual, step), number(w.Value, step))
}

// smooth is the mean of each hour and its neighbours.
func smooth(x []float64) []float64 {
	out := make([]float64, len(x))
	for k := range x {
		out[k] = (x[(k+len(x)-1)%len(x)] + x[k] + x[(k+1)%len(x)]) / 3
	}
	return out
}

func highestHour(x []float64) int {
	at := 0
	for k := range x {
		if x[k] > x[at] {
			at = k
		}
	}
	return at
}

func lowestHour(x []float64) int {
	at := 0
	for k := range x {
		if x[k] < x[at] {
			at = k
		}
	}
	return at
}

// apartBy is how many hours apart two hours of the day are.
func apartBy(a, b int) int {
	d := a - b
	if d < 0 {
		d = -d
	}
	return min(d, dayHours-d)
}

// sayWeek names the days of the week that changed, those that did so most
// first.
func (l *look) sayWeek(w Window, changed []changedDay) string {
	slices.SortStableFunc(changed, func(a, b changedDay) int { return cmp.Compare(b.size(), a.size()) })
	step := (w.High - w.Low) / 2
	var parts []string
	for _, c := range changed[:min(2, len(changed))] {
		parts = append(parts, fmt.Sprintf("%ss usually about %s, now about %s", c.day, number(c.was, step), number(c.is, step)))
	}
	if more := len(changed) - len(parts); more > 0 {
		parts = append(parts, count(more, "other day")+" too")
	}
	return fmt.Sprintf("since %s the weeks look different: %s", l.local(w.Start).Format(dayLayout), strings.Join(parts, "; "))
}
