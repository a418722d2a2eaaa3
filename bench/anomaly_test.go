package main

import (
	"io"
	"testing"
)

// Detection must find the spikes that the made-up series have, or its speed says
// nothing.
func TestAnomalies_FindsWhatItMeasures(t *testing.T) {
	windows := 0
	for i := range 3 {
		_, n := detected(madeUp(i, twoWeeks))
		windows += n
	}
	if windows == 0 {
		t.Error("series with spikes have no windows")
	}
	b := &bench{sizes: sizes{series: 1, rounds: 1}, dir: t.TempDir(), log: io.Discard}
	results, err := b.anomalies(t.Context())
	if err != nil || len(results) != 4 {
		t.Fatalf("%d results: %v", len(results), err)
	}
}
