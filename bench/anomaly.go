package main

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"runtime"
	"slices"
	"time"

	"opsreview/anomaly"
)

const (
	// seriesStep is the finest that a source gives for two weeks.
	seriesStep   = time.Minute
	perDay       = int(24 * time.Hour / seriesStep)
	twoWeeks     = 14
	fourWeeks    = 2 * twoWeeks
	sixteenWeeks = 4 * fourWeeks

	// maxPerPoint is how much more a point of a series that is four times as long
	// may take, maxOverMedian how many times as long as sorting a copy of a series
	// detection may take, and maxDetectMemory how many megabytes the heap may grow
	// by, whatever the number of series.
	maxPerPoint     = 1.3
	maxOverMedian   = 12
	maxDetectMemory = 100
)

var seriesStart = time.Date(2026, time.March, 2, 0, 0, 0, 0, time.UTC)

// anomalies detects what is weird in many series, one after another, between
// bare passes that compute the median of the same series.
func (b *bench) anomalies(ctx context.Context) ([]result, error) {
	points := b.series * twoWeeks * perDay
	b.say("anomaly: %d series of %d days at a minute, %d points", b.series, twoWeeks, points)
	runtime.GC()
	before := heap()
	detect, bare, most, windows := 0.0, 0.0, before, 0
	for i := range b.series {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		s := madeUp(i, twoWeeks)
		seconds, n := detected(s)
		detect += seconds
		windows += n
		took, middle := sorted(s)
		bare += took
		if math.IsNaN(middle) {
			return nil, fmt.Errorf("series %d has no median", i)
		}
		most = max(most, heap())
	}
	growth := (most - before) / 1e6
	perPoint := b.lengths()
	return []result{
		{
			name: "anomaly: detect two weeks at a minute", text: fmt.Sprintf("%.1f s of a processor", detect),
			detail: fmt.Sprintf("%d points in %d series, %.2g M points/s, %d windows", points, b.series, float64(points)/detect/1e6, windows),
		},
		{
			name: "anomaly: the heap grows by", value: growth, text: fmt.Sprintf("%.0f MB", growth), atMost: maxDetectMemory,
			detail: "the most after any of the series, garbage too",
		},
		{
			name: "anomaly: a point of a series four times as long takes", value: perPoint, text: fmt.Sprintf("%.2f", perPoint), atMost: maxPerPoint,
			detail: fmt.Sprintf("%d against %d days, in which every rhythm is tried", sixteenWeeks, fourWeeks),
		},
		{
			name: "anomaly: detection against the median of a sorted copy", value: detect / bare, text: fmt.Sprintf("%.1f", detect/bare), atMost: maxOverMedian,
			detail: fmt.Sprintf("%.1f s against %.1f s", detect, bare),
		},
	}, nil
}

// lengths returns how many times as long a point of a long series takes than
// one of a short series.
func (b *bench) lengths() float64 {
	short, long := 0.0, 0.0
	for i := range b.rounds {
		for range sixteenWeeks / fourWeeks {
			took, _ := detected(madeUp(i, fourWeeks))
			short += took
		}
		took, _ := detected(madeUp(i, sixteenWeeks))
		long += took
	}
	return long / short
}

// detected returns how many seconds of processor time detection takes and how
// many windows it finds.
func detected(s anomaly.Series) (float64, int) {
	start := processor()
	found := anomaly.Detect(s, s.Start, s.End(), anomaly.Options{})
	return processor() - start, len(found.Windows)
}

// sorted returns how long it takes to find the median by sorting a copy, and
// the median.
func sorted(s anomaly.Series) (seconds, middle float64) {
	start := processor()
	values := slices.Clone(s.Values)
	slices.Sort(values)
	middle = values[len(values)/2]
	return processor() - start, middle
}

// madeUp is a series of days with a rhythm, noise, gaps and a spike now and
// then, the same for the same number.
func madeUp(number, days int) anomaly.Series {
	chance := rand.New(rand.NewPCG(uint64(number), 1)) //nolint:gosec // Each run measures the same series.
	values := make([]float64, days*perDay)
	for i := range values {
		values[i] = 100 + 40*math.Sin(2*math.Pi*float64(i%perDay)/float64(perDay)) + 5*chance.NormFloat64()
		switch chance.IntN(10_000) {
		case 0:
			values[i] = math.NaN()
		case 1:
			values[i] *= 3
		}
	}
	return anomaly.Series{Start: seriesStart, Step: seriesStep, Values: values}
}

// heap is how many bytes of memory are in use.
func heap() float64 {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return float64(m.HeapInuse)
}
