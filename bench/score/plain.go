package main

import (
	"math"
	"slices"
	"time"
)

// plainOnes are detectors that others use, or that come to mind first. Each
// scores every point of a series; those that reach the threshold are windows,
// of which those closer than an hour are one.
var plainOnes = []detector{
	{"global 3 sigma", flagged(sigmas, 3)},
	{"global MAD, 3.5", flagged(deviations, 3.5)},
	{"time-of-day median + MAD, 3.5", flagged(bySlot, 3.5)},
	{"time-of-day median + MAD, 6", flagged(bySlot, 6)},
	{"S-H-ESD (alpha .05, 2 %)", flagged(hybridESD, 1)},
	{"robust STL + ESD (alpha .05, 2 %)", flagged(decomposedESD, 1)},
	{"dashboard band (2 x, margin .5)", flagged(band, 1)},
	{"spectral residual, 3", flagged(spectral, 3)},
}

// normal makes the median absolute deviation of a normal distribution its
// standard deviation.
const normal = 1.4826

// apart is how much of usual must lie between two windows.
const apart = time.Hour

// flagged turns scores of points into windows. A score of a missing point does
// not count.
func flagged(score func(labelled) []float64, threshold float64) func(labelled) []span {
	return func(l labelled) []span {
		step := int64(l.series.Step / time.Second)
		start := l.series.Start.Unix()
		var windows []span
		for i, s := range score(l) {
			if !(s >= threshold) || math.IsNaN(l.series.Values[i]) {
				continue
			}
			at := start + int64(i)*step
			if n := len(windows) - 1; n >= 0 && at-windows[n].end < int64(apart/time.Second) {
				windows[n].end = at + step
				continue
			}
			windows = append(windows, span{at, at + step})
		}
		return windows
	}
}

// sigmas is how many standard deviations from the mean a value is.
func sigmas(l labelled) []float64 {
	sum, squares, n := 0.0, 0.0, 0.0
	known := knownOf(l.series.Values)
	for _, v := range known {
		sum += v
		n++
	}
	mean := sum / n
	for _, v := range known {
		squares += (v - mean) * (v - mean)
	}
	return distances(l.series.Values, func(int) float64 { return mean }, math.Sqrt(squares/n))
}

// deviations is how many median absolute deviations from the median a value is.
func deviations(l labelled) []float64 {
	mid := medianOf(l.series.Values)
	usual := func(int) float64 { return mid }
	return distances(l.series.Values, usual, madOf(l.series.Values, usual))
}

// bySlot is how far from the median of its time of day a value is, in median
// absolute deviations of that time of day.
func bySlot(l labelled) []float64 {
	scores := make([]float64, len(l.series.Values))
	slots := slotsOf(l)
	for k := range slots {
		var values []float64
		for i := k; i < len(scores); i += slots {
			values = append(values, l.series.Values[i])
		}
		mid := medianOf(values)
		usual := func(int) float64 { return mid }
		for j, s := range distances(values, usual, madOf(values, usual)) {
			scores[k+j*slots] = s
		}
	}
	return scores
}

// hybridESD is 1 for the outliers that the generalized extreme Studentized
// deviate test finds in what the median of the time of day leaves, with the
// median and its absolute deviation in the place of mean and deviation.
func hybridESD(l labelled) []float64 {
	const alpha, share = .05, .02
	left := withoutSeason(l)
	return esd(left, alpha, int(share*float64(len(knownOf(left)))))
}

// withoutSeason subtracts the median of each time of day.
func withoutSeason(l labelled) []float64 {
	left := slices.Clone(l.series.Values)
	slots := slotsOf(l)
	for k := range slots {
		var values []float64
		for i := k; i < len(left); i += slots {
			values = append(values, left[i])
		}
		mid := medianOf(values)
		for i := k; i < len(left); i += slots {
			left[i] -= mid
		}
	}
	return left
}

// esd takes away the farthest value most times over, and says of which the
// last distance that was too far tells.
func esd(values []float64, alpha float64, most int) []float64 {
	scores := make([]float64, len(values))
	var order []int
	for i, v := range values {
		if !math.IsNaN(v) {
			order = append(order, i)
		}
	}
	slices.SortFunc(order, func(a, b int) int {
		if values[a] < values[b] {
			return -1
		}
		return 1
	})
	outliers := 0
	var taken []int
	for k := 1; k <= most && len(order) > 2; k++ {
		mid := values[order[len(order)/2]]
		mad := normal * madSorted(values, order, mid)
		low, high := mid-values[order[0]], values[order[len(order)-1]]-mid
		far := max(low, high)
		if low > high {
			taken, order = append(taken, order[0]), order[1:]
		} else {
			taken, order = append(taken, order[len(order)-1]), order[:len(order)-1]
		}
		if mad > 0 && far/mad > critical(len(order)+1, alpha) {
			outliers = k
		}
	}
	for _, i := range taken[:outliers] {
		scores[i] = 1
	}
	return scores
}

// madSorted is the median distance from mid of values in the order given, in
// the time that two binary searches take.
func madSorted(values []float64, order []int, mid float64) float64 {
	half := (len(order) + 1) / 2
	best := math.Inf(1)
	// The half nearest to mid is a run: find where it begins.
	lo, hi := 0, len(order)-half
	for lo < hi {
		m := (lo + hi) / 2
		if mid-values[order[m]] > values[order[m+half-1]]-mid {
			lo = m + 1
		} else {
			hi = m
		}
	}
	for _, at := range []int{lo - 1, lo} {
		if at >= 0 && at+half <= len(order) {
			best = min(best, max(mid-values[order[at]], values[order[at+half-1]]-mid))
		}
	}
	return best
}

// critical is the distance beyond which the farthest of n normal values is an
// outlier, with the normal quantile in the place of Student's, which it is for
// the thousands of values of a series.
func critical(n int, alpha float64) float64 {
	p := alpha / (2 * float64(n))
	t := math.Sqrt2 * math.Erfinv(1-2*p)
	f := float64(n)
	return (f - 1) * t / math.Sqrt((f-2+t*t)*f)
}

// band is 1 outside of what dashboards draw around a series: the median of the
// last day plus and minus two deviations, and a margin of half the median.
func band(l labelled) []float64 {
	const times, margin = 2, .5
	scores := make([]float64, len(l.series.Values))
	window := slotsOf(l)
	var mid, mad float64
	for i, v := range l.series.Values {
		if every := max(window/24, 1); i%every == 0 {
			last := l.series.Values[max(i-window, 0):max(i, 1)]
			mid = medianOf(last)
			mad = madOf(last, func(int) float64 { return mid })
		}
		if math.Abs(v-mid) > times*mad+margin*math.Abs(mid) {
			scores[i] = 1
		}
	}
	return scores
}

// slotsOf is how many steps a day has.
func slotsOf(l labelled) int { return max(int(24*time.Hour/l.series.Step), 1) }

func knownOf(values []float64) []float64 {
	return slices.DeleteFunc(slices.Clone(values), math.IsNaN)
}

// medianOf is NaN for nothing.
func medianOf(values []float64) float64 {
	known := knownOf(values)
	if len(known) == 0 {
		return math.NaN()
	}
	slices.Sort(known)
	return known[len(known)/2]
}

// madOf is the median distance from usual, as a standard deviation.
func madOf(values []float64, usual func(int) float64) float64 {
	far := make([]float64, len(values))
	for i, v := range values {
		far[i] = math.Abs(v - usual(i))
	}
	return normal * medianOf(far)
}

// distances is how many times scale values are from usual, 0 if there is no
// scale.
func distances(values []float64, usual func(int) float64, scale float64) []float64 {
	d := make([]float64, len(values))
	for i, v := range values {
		if scale > 0 {
			d[i] = math.Abs(v-usual(i)) / scale
		}
	}
	return d
}
