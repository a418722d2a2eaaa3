package main

import (
	"encoding/json"
	"math"
	"slices"
	"testing"

	"opsreview/anomaly"
)

// found is what the detector finds in the fortnight, in the order of the charts.
func found(t *testing.T) []weird {
	t.Helper()
	var all []weird
	for _, c := range looked(played().count()) {
		for _, s := range c.series {
			r := anomaly.Detect(s.fact(), fortnightStart, dataEnd, anomaly.Options{})
			if r.Skipped != "" {
				t.Errorf("%s %s is not looked at: %s", c.name, s.name, r.Skipped)
			}
			for _, w := range r.Windows {
				all = append(all, weird{Chart: "import/" + c.name, Series: s.name, Kind: string(w.Kind), Start: stamp(w.Start), End: stamp(w.End), Why: w.Text})
			}
		}
	}
	return all
}

// fact is the series as the program knows it.
func (s *lookSeries) fact() anomaly.Series {
	out := anomaly.Series{Start: dataStart, Step: lookStep, Zone: chicago}
	for _, n := range s.values {
		v := float64(n) / float64(power(s.places))
		if n < 0 {
			v = math.NaN()
		}
		out.Values = append(out.Values, v)
	}
	return out
}

func (x weird) overlaps(y weird) bool {
	return x.Chart == y.Chart && x.Series == y.Series && x.Start < y.End && y.Start < x.End
}

// TestWhatWasPlantedLooksWeird holds what is found against the truth: all of
// it, and nothing else.
func TestWhatWasPlantedLooksWeird(t *testing.T) {
	var truth struct{ Weird []weird }
	if err := json.Unmarshal(generated(t)["weird.json"], &truth); err != nil {
		t.Fatal(err)
	}
	all := found(t)
	for _, want := range truth.Weird {
		if want.Start >= stamp(dataEnd) {
			continue
		}
		i := slices.IndexFunc(all, want.overlaps)
		if i < 0 {
			t.Errorf("nobody finds %+v", want)
			continue
		}
		if got := all[i]; got.Kind != want.Kind {
			t.Errorf("%s, which is a %s, is taken for a %s: %s", want.Why, want.Kind, got.Kind, got.Why)
		}
	}
	for _, got := range all {
		if !slices.ContainsFunc(truth.Weird, got.overlaps) {
			t.Errorf("%+v was not planted", got)
		}
	}
}

func TestTheSeriesHaveTheGapOfTheMonitoring(t *testing.T) {
	for _, c := range looked(played().count()) {
		for _, s := range c.series {
			gaps := 0
			for _, n := range s.values {
				if n < 0 {
					gaps++
				}
			}
			if want := int(gapEnd.Sub(gapStart)/lookStep) + 1; gaps < want-1 || gaps > want || len(s.values) != int(dataEnd.Sub(dataStart)/lookStep) {
				t.Errorf("%s %s has %d values, %d of them unknown, want %d", c.name, s.name, len(s.values), gaps, want)
			}
		}
	}
}
