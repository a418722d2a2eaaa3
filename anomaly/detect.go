package anomaly

import "time"

// Detect finds the windows of s that touch the part under review, [from, to).
// What is before from is history, and context only. What is after to is used
// too: nothing is found by guessing what comes.
//
// The step should be five minutes at most. With longer ones the same is done,
// but what lasts for less than a step shows only as far as the values do.
func Detect(s Series, from, to time.Time, o Options) Result {
	m, skipped := newModel(s)
	if skipped != "" {
		return Result{Skipped: skipped}
	}
	threshold := o.Threshold
	if threshold <= 0 {
		threshold = DefaultThreshold
	}
	lo, hi := m.indices(from, to)
	var windows []Window
	for _, f := range m.likened(m.stretches(threshold)) {
		if f.start < hi && f.end > lo {
			windows = append(windows, m.window(f))
		}
	}
	windows = checks(m, windows, lo, hi, threshold)
	for i := range windows {
		describe(m, &windows[i])
	}
	return Result{Windows: windows}
}

// indices returns the part [lo, hi) of the series whose steps touch [from, to).
func (m *model) indices(from, to time.Time) (lo, hi int) {
	n := len(m.value)
	index := func(t time.Time) int {
		// Sub saturates at 292 years, which are longer than any series.
		return int(max(t.Sub(m.Start), -m.Step) / m.Step)
	}
	lo = min(max(index(from), 0), n)
	hi = min(max(index(to.Add(m.Step-1)), 0), n)
	return lo, max(lo, hi)
}
