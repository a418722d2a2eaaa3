package review

import (
	"fmt"
	"math"
	"sort"
	"time"

	"gonum.org/v1/gonum/stat/distuv"

	"opsreview"
)

// significance is the p-value under which a difference is more than noise.
const significance = 0.05

// baselineWeeks is how many weeks before the window make the baseline.
const baselineWeeks = 4

// RateTest returns the two-sided p-value of the exact test that k1 events in
// time t1 and k2 events in time t2 come from Poisson processes of one rate: the
// conditional binomial test of Przyborowski and Wilenski, "Homogeneity of
// results in testing samples from Poisson series", Biometrika 31 (1940),
// 313–323. Given k1+k2, k1 is binomial with the probability t1/(t1+t2); the
// p-value is the probability of all outcomes that are no likelier than the one
// that was seen, as in R's poisson.test. It is 1 where nothing happened and
// where one of the times is not positive: there is nothing to tell apart.
//
// Pages that come in storms are not independent, and for them the test finds
// differences more readily than it should.
func RateTest(k1 int, t1 float64, k2 int, t2 float64) float64 {
	n := k1 + k2
	if k1 < 0 || k2 < 0 || n == 0 || !(t1 > 0) || !(t2 > 0) {
		return 1
	}
	b := distuv.Binomial{N: float64(n), P: t1 / (t1 + t2)}
	// Two outcomes that are equally likely differ in their last digits.
	likely := b.LogProb(float64(k1)) + 1e-7
	unlikely := func(k int) bool { return b.LogProb(float64(k)) <= likely }
	mean := float64(n) * b.P
	switch k := float64(k1); {
	case k < mean:
		from := int(math.Ceil(mean))
		far := from + sort.Search(n+1-from, func(i int) bool { return unlikely(from + i) })
		return math.Min(1, b.CDF(k)+upper(b, far))
	case k > mean:
		below := sort.Search(int(math.Floor(mean))+1, func(i int) bool { return !unlikely(i) })
		return math.Min(1, lower(b, below-1)+upper(b, k1))
	}
	return 1
}

// lower returns the probability of at most k.
func lower(b distuv.Binomial, k int) float64 {
	if k < 0 {
		return 0
	}
	return b.CDF(float64(k))
}

// upper returns the probability of at least k. It is the other side's lower
// tail, since 1−CDF would lose a small probability's digits.
func upper(b distuv.Binomial, k int) float64 {
	other := distuv.Binomial{N: b.N, P: 1 - b.P}
	return lower(other, int(b.N)-k)
}

// previous compares the window with the one before it.
func (f *facts) previous() Change {
	before := f.window.Before(f.zone())
	return f.compare(before, span(f.window)+" before", "")
}

// baseline compares the window with the four weeks before it. Weeks without a
// page are weeks.
func (f *facts) baseline() Change {
	what, each := fmt.Sprintf("the %d weeks before", baselineWeeks), "in as much time of"
	if span(f.window) == "the week" {
		each = "a week in"
	}
	start := f.window.Start.In(f.zone()).AddDate(0, 0, -7*baselineWeeks)
	return f.compare(opsreview.Window{Start: start, End: f.window.Start}, what, each)
}

// compare tests the window's number of pages against another window's. Each
// says how the other's number is scaled to the window; "" if both are of one
// length.
func (f *facts) compare(other opsreview.Window, what, each string) Change {
	c := Change{Window: other}
	pages := len(f.begun(f.window))
	if f.in.DataSince.IsZero() {
		c.Text = "not compared: there is no stored history"
		return c
	}
	if f.in.DataSince.After(other.Start) {
		c.Text = fmt.Sprintf("not compared with %s: the stored history begins %s", what, f.in.DataSince.In(f.zone()).Format("Mon 2 Jan 2006"))
		return c
	}
	t1, t2 := f.past.Duration().Hours(), other.Duration().Hours()
	if t1 <= 0 {
		c.Text = "not compared: the window has not begun"
		return c
	}
	c.Known, c.Pages = true, len(f.begun(other))
	c.Rate = float64(c.Pages) * t1 / t2
	c.PValue = RateTest(pages, t1, c.Pages, t2)
	c.Noise = c.PValue >= significance
	c.Text = f.comparison(c, pages, what, each)
	return c
}

// comparison puts a change into words.
func (f *facts) comparison(c Change, pages int, what, each string) string {
	now := count(pages, "page")
	then := fmt.Sprintf("%d in %s", c.Pages, what)
	switch {
	case f.past != f.window:
		now += " so far"
		then = fmt.Sprintf("%s in as much time of %s", number(c.Rate), what)
	case each != "":
		then = fmt.Sprintf("%s %s %s", number(c.Rate), each, what)
	}
	verdict := "within noise"
	switch {
	case c.Noise:
	case float64(pages) > c.Rate:
		verdict = "more than chance explains"
	default:
		verdict = "fewer than chance explains"
	}
	return fmt.Sprintf("%s, %s: %s (%s)", now, then, verdict, pText(c.PValue))
}

func pText(p float64) string {
	switch {
	case p < 0.001:
		return "p < 0.001"
	case p < 0.1:
		return fmt.Sprintf("p %.3f", p)
	}
	return fmt.Sprintf("p %.2f", p)
}

// span names a window's length: "the week", "the 14 days". Clocks that change
// within it do not change the name.
func span(w opsreview.Window) string {
	const day = 24 * time.Hour
	days := int(w.Duration().Round(day) / day)
	switch off := (w.Duration() - time.Duration(days)*day).Abs(); {
	case off > time.Hour || days == 0:
		return "the " + length(w.Duration())
	case days == 1:
		return "the day"
	case days == 7:
		return "the week"
	}
	return fmt.Sprintf("the %d days", days)
}

// length writes a duration for people, to the minute: "6h12m", "45m", "<1m".
func length(d time.Duration) string {
	d = d.Truncate(time.Minute)
	h, m := int(d/time.Hour), int(d%time.Hour/time.Minute)
	switch {
	case d == 0:
		return "<1m"
	case h == 0:
		return fmt.Sprintf("%dm", m)
	case m == 0:
		return fmt.Sprintf("%dh", h)
	}
	return fmt.Sprintf("%dh%02dm", h, m)
}
