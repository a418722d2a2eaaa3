package slo

import (
	"math"
	"slices"
	"time"
)

// bounds are those at which the curve shows precision and recall.
var bounds = []float64{0.01, 0.02, 0.05, 0.10}

// A judgement is what a page that began in the window says of the detection of
// burn.
type judgement struct {
	verdict Coincidence
	dearest float64 // the share that the dearest episode cost that it matches; below 0 for none
	matched bool    // it matches an episode, whether or not it can be judged
}

// and joins judgements of a page about two SLOs: the page counts once, with the
// most that it has in any. An SLO that it cannot be judged by says nothing of it
// where another does.
func (j judgement) and(k judgement) judgement {
	matched := j.matched || k.matched
	if rank(k.verdict) > rank(j.verdict) {
		j, k = k, j
	}
	if k.verdict != Unjudged {
		j.dearest = max(j.dearest, k.dearest)
	}
	j.matched = matched
	return j
}

func rank(c Coincidence) int {
	return slices.Index([]Coincidence{Unjudged, WithoutBurn, WithMinor, WithBurn}, c)
}

// qualityOf tells how well pages told of episodes that began in the window.
// Episodes that began after young and have no page may yet get one.
func qualityOf(pages []judgement, episodes []Episode, young time.Time) Quality {
	q := Quality{
		Precision: precision(pages, func(j judgement) bool { return j.verdict == WithBurn }),
		Recall:    recall(episodes, young, func(e Episode) bool { return e.Significant }),
	}
	for _, j := range pages {
		if j.verdict == Unjudged {
			q.Unjudged++
		}
	}
	var detection, reset []time.Duration
	matched := 0
	for _, e := range episodes {
		switch {
		case !e.Significant:
			continue
		case len(e.Pages) == 0:
			if e.Pending {
				q.Pending++
			}
			continue
		}
		matched += len(e.Pages)
		// A page that was open long before does not tell how fast alerts are.
		if !e.Stale {
			detection = append(detection, e.Detection)
		}
		if e.ResetKnown {
			reset = append(reset, e.Reset)
		}
	}
	if q.Recall.K > 0 {
		q.Redundancy = float64(matched) / float64(q.Recall.K)
	}
	q.Detection, q.Reset = spreadOf(detection), spreadOf(reset)
	for _, b := range bounds {
		q.Curve = append(q.Curve, AtBound{
			Bound:     b,
			Precision: precision(pages, func(j judgement) bool { return atLeast(j.dearest, b) }),
			Recall:    recall(episodes, young, func(e Episode) bool { return atLeast(e.Cost, b) }),
		})
	}
	return q
}

func precision(pages []judgement, hit func(judgement) bool) Ratio {
	var k, n int
	for _, j := range pages {
		if j.verdict == Unjudged {
			continue
		}
		n++
		if hit(j) {
			k++
		}
	}
	return ratioOf(k, n)
}

func recall(episodes []Episode, young time.Time, significant func(Episode) bool) Ratio {
	var k, n int
	for _, e := range episodes {
		switch {
		case !significant(e):
		case len(e.Pages) > 0:
			k++
			n++
		case !e.Window.Start.After(young):
			n++
		}
	}
	return ratioOf(k, n)
}

// weighted is the share of one SLO's significant burn that was paged for.
func weighted(episodes []Episode) (share float64, known bool) {
	var paged, all float64
	for _, e := range episodes {
		if !e.Significant || e.Pending {
			continue
		}
		all += e.Cost
		if len(e.Pages) > 0 {
			paged += e.Cost
		}
	}
	return ratio(paged, all), all > 0
}

// normal95 is the quantile of the normal distribution for 95 %.
const normal95 = 1.959963984540054

// ratioOf is k of n with Wilson's score interval, which holds for few cases and
// for ratios near 0 and 1 too.
func ratioOf(k, n int) Ratio {
	if n == 0 {
		return Ratio{}
	}
	m := float64(n)
	p, z2 := float64(k)/m, normal95*normal95
	centre := (p + z2/(2*m)) / (1 + z2/m)
	half := normal95 / (1 + z2/m) * math.Sqrt(p*(1-p)/m+z2/(4*m*m))
	return Ratio{K: k, N: n, Low: max(centre-half, 0), High: min(centre+half, 1)}
}

// spreadOf summarises durations. The median of an even number is the mean of
// the middle two; p90 is the nearest rank: the smallest duration that at least
// 90 % do not exceed.
func spreadOf(ds []time.Duration) Spread {
	n := len(ds)
	if n == 0 {
		return Spread{}
	}
	slices.Sort(ds)
	s := Spread{N: n, Median: ds[n/2], P90: ds[(9*n+9)/10-1]}
	if n%2 == 0 {
		s.Median = ds[n/2-1] + (ds[n/2]-ds[n/2-1])/2
	}
	return s
}
