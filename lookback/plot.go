package lookback

import (
	"math"
	"time"

	"opsreview"
	"opsreview/anomaly"
)

// leastAround is how much time a plot shows before and after an anomaly at
// least.
const leastAround = 24 * time.Hour

// PlotOf draws a member of an anomaly with some time around it: a day, or half
// of a longer anomaly, as far as there are points. The points are of the history
// too, since what is usual is learned from it.
func PlotOf(a Anomaly, m Member, p opsreview.Points, zone *time.Location) Plot {
	margin := max(leastAround, a.Window.Duration()/2)
	shown := opsreview.Window{Start: a.Window.Start.Add(-margin), End: a.Window.End.Add(margin)}
	shown.Start = latest(shown.Start, p.Start)
	if p.End().Before(shown.End) {
		shown.End = p.End()
	}
	plot := Plot{Series: m.Series, Start: shown.Start, End: shown.End, Mark: a.Window}
	if p.Step <= 0 || !shown.Start.Before(shown.End) {
		plot.End = plot.Start
		return plot
	}
	lo := int((shown.Start.Sub(p.Start) + p.Step - 1) / p.Step)
	hi := min(int((shown.End.Sub(p.Start)+p.Step-1)/p.Step), len(p.Values))
	band := anomaly.Usual(seriesOf(m.Series, p, zoneOf(zone)))
	columns := min(PlotPoints, hi-lo)
	for c := range columns {
		from, to := lo+c*(hi-lo)/columns, lo+(c+1)*(hi-lo)/columns
		at := p.Start.Add(time.Duration(from) * p.Step)
		plot.Points = append(plot.Points, column(band, from, to, at))
	}
	return plot
}

// column draws the values from one index up to another.
func column(b anomaly.Band, from, to int, at time.Time) Point {
	p := Point{At: at, Min: math.NaN(), Max: math.NaN()}
	for _, v := range b.Value[from:to] {
		if !math.IsNaN(v) {
			p.Min, p.Max = fmin(p.Min, v), fmax(p.Max, v)
		}
	}
	p.Low, p.High = mean(b.Low[from:to]), mean(b.High[from:to])
	return p
}

// fmin is the lesser of two, of which the first may be unknown.
func fmin(a, b float64) float64 {
	if math.IsNaN(a) {
		return b
	}
	return math.Min(a, b)
}

// fmax is the greater of two, of which the first may be unknown.
func fmax(a, b float64) float64 {
	if math.IsNaN(a) {
		return b
	}
	return math.Max(a, b)
}

// mean is the mean of what is known, NaN if nothing is.
func mean(values []float64) float64 {
	sum, n := 0.0, 0
	for _, v := range values {
		if !math.IsNaN(v) {
			sum, n = sum+v, n+1
		}
	}
	if n == 0 {
		return math.NaN()
	}
	return sum / float64(n)
}
