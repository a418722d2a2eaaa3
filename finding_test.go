package opsreview_test

import (
	"testing"

	"opsreview"
)

func TestFinding_Fingerprint(t *testing.T) {
	// Tickets are found by it: a change of how it is made files everything anew.
	f := opsreview.Finding{Key: opsreview.FindingKey(opsreview.NoisyMonitor, "m-1fdbc131e4d7")}
	if got, want := f.Fingerprint(), opsreview.FingerprintOf("noisy_monitor:m-1fdbc131e4d7"); got != want || len(got) != 16 {
		t.Errorf("Fingerprint() = %q, want %q", got, want)
	}
	if got, want := f.Fingerprint(), "fbf24758c126557b"; got != want {
		t.Errorf("the fingerprint of %s has changed from %s to %s", f.Key, want, got)
	}
}

func TestCostText(t *testing.T) {
	tests := map[string]struct {
		minutes float64
		want    string
	}{
		"nothing":                     {0, ""},
		"less than a minute":          {0.4, "< 1 min/week"},
		"minutes":                     {25.2, "≈ 25 min/week"},
		"what rounds to an hour":      {59.5, "≈ 1.0 h/week"},
		"hours":                       {204, "≈ 3.4 h/week"},
		"many hours have no fraction": {99.5 * 60, "≈ 100 h/week"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			if got := opsreview.CostText(tt.minutes); got != tt.want {
				t.Errorf("CostText(%v) = %q, want %q", tt.minutes, got, tt.want)
			}
		})
	}
}
