package main

import (
	"fmt"
	"io"
	"slices"
	"text/tabwriter"
	"time"
)

// A result is one line of the table. A result without a bound is only told.
type result struct {
	name    string
	value   float64
	text    string // the value with its unit
	detail  string // what it was made from
	atMost  float64
	atLeast float64
}

func (r result) missed() bool {
	return r.atMost > 0 && r.value > r.atMost || r.atLeast > 0 && r.value < r.atLeast
}

func (r result) bound() string {
	switch {
	case r.atMost > 0:
		return fmt.Sprintf("at most %g", r.atMost)
	case r.atLeast > 0:
		return fmt.Sprintf("at least %g", r.atLeast)
	}
	return "-"
}

func (r result) verdict() string {
	switch {
	case r.missed():
		return "MISSED"
	case r.bound() == "-":
		return "-"
	}
	return "ok"
}

func writeTable(w io.Writer, results []result) error {
	if len(results) == 0 {
		return nil
	}
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "WHAT\tMEASURED\tBOUND\tVERDICT\tFROM")
	for _, r := range results {
		fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%s\n", r.name, r.text, r.bound(), r.verdict(), r.detail)
	}
	return t.Flush()
}

// median returns the middle one of the values, the lower one of two.
func median(values []float64) float64 { return quantile(values, 0.5) }

// quantile returns the smallest of the values that at least the share q of
// them does not exceed, 0 if there are none.
func quantile(values []float64, q float64) float64 {
	if len(values) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(values))
	i := int(q*float64(len(sorted))+0.999999) - 1
	return sorted[min(max(i, 0), len(sorted)-1)]
}

// timed returns how many seconds fn takes.
func timed(fn func() error) (float64, error) {
	start := time.Now()
	err := fn()
	return time.Since(start).Seconds(), err
}

func milliseconds(seconds float64) string { return fmt.Sprintf("%.1f ms", 1000*seconds) }
