package prom_test

import (
	"testing"
	"time"

	"opsreview/internal/prom"
)

func TestParseSpan(t *testing.T) {
	tests := map[string]struct {
		text string
		want time.Duration
		ok   bool
	}{
		"days":                                 {"14d", 14 * 24 * time.Hour, true},
		"weeks":                                {"2w", 14 * 24 * time.Hour, true},
		"hours and minutes":                    {"1h30m", 90 * time.Minute, true},
		"the most weeks there are":             {"9999w", 9999 * 7 * 24 * time.Hour, true},
		"more weeks than a duration can hold":  {"30501w", 0, false},
		"days and hours in one are not a span": {"1d12h", 0, false},
		"less than nothing":                    {"-1d", 0, false},
		"nothing":                              {"", 0, false},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			if got, ok := prom.ParseSpan(tt.text); got != tt.want || ok != tt.ok {
				t.Errorf("ParseSpan(%q) = %s, %v, want %s, %v", tt.text, got, ok, tt.want, tt.ok)
			}
		})
	}
}
