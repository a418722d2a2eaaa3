package lookback_test

import (
	"math"
	"testing"

	"opsreview/lookback"
)

func TestAmount(t *testing.T) {
	tests := map[string]struct {
		x    float64
		unit string
		want string
	}{
		"three digits are enough":                 {0.123456, "", "0.123"},
		"a whole number stays whole":              {610, "short", "610"},
		"thousands have their sign":               {25775820, "", "25.8 M"},
		"just below a thousand is not rounded up": {999.4, "", "999"},
		"what rounds to a thousand is one":        {999.6, "", "1 k"},
		"a share is told in percent":              {0.0123, "percentunit", "1.23 %"},
		"a percentage is not multiplied":          {12.3, "percent", "12.3 %"},
		"bytes go in steps of 1024":               {1.5 * 1024 * 1024, "bytes", "1.5 MiB"},
		"a rate is by the second":                 {412.2, "reqps", "412/s"},
		"a large rate keeps both signs":           {4120, "reqps", "4.12 k/s"},
		"seconds become milliseconds":             {0.0382, "s", "38.2 ms"},
		"milliseconds become seconds":             {4100, "ms", "4.1 s"},
		"minutes begin at two":                    {150, "s", "2.5 min"},
		"hours begin at two":                      {9000, "s", "2.5 h"},
		"a microsecond is one":                    {1e-6, "s", "1 µs"},
		"nothing is nothing":                      {0, "s", "0 s"},
		"what is below zero keeps its sign":       {-0.25, "s", "-250 ms"},
		"a tiny number is not zero":               {0.0000123, "", "1.23e-05"},
		"an unknown unit is left out":             {12, "currencyUSD", "12"},
		"what is not known is a dash":             {math.NaN(), "s", "–"},
		"infinity is a dash":                      {math.Inf(1), "", "–"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			if got := lookback.Amount(tt.x, tt.unit); got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}
