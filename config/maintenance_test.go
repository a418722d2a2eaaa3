package config_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"opsreview"
	"opsreview/config"
)

func TestParse_Maintenance(t *testing.T) {
	const text = "maintenance:\n  - {summary: failover, services: [vault], from: 2026-11-09T22:00:00+01:00, to: \"2026-11-09T23:00:00+01:00\"}\n"
	c, err := config.Parse("opsreview.yaml", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	start := time.Date(2026, 11, 9, 21, 0, 0, 0, time.UTC)
	want := []opsreview.Maintenance{{
		Services: []string{"vault"}, Summary: "failover", Window: opsreview.Window{Start: start, End: start.Add(time.Hour)},
	}}
	if diff := cmp.Diff(want, c.Org().Maintenance); diff != "" {
		t.Errorf("maintenance (-want +got):\n%s", diff)
	}
	again, err := config.Parse("shown.yaml", c.Redacted())
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, again.Org().Maintenance); diff != "" {
		t.Errorf("what is shown reads back as (-want +got):\n%s", diff)
	}
}

func TestParse_MaintenanceMistakes(t *testing.T) {
	tests := map[string]struct{ text, want string }{
		"a time without an offset": {
			"maintenance:\n  - {summary: s, from: 2026-11-09T22:00, to: 2026-11-09T23:00:00Z}\n",
			`opsreview.yaml:2: maintenance[0].from: "2026-11-09T22:00" is not a time`,
		},
		"work that ends before it starts": {
			"maintenance:\n  - {summary: s, from: 2026-11-09T23:00:00Z, to: 2026-11-09T22:00:00Z}\n",
			"opsreview.yaml:2: maintenance[0]: must have a from and a to, and start before it ends",
		},
		"work without an end":     {"maintenance:\n  - {summary: s, from: 2026-11-09T23:00:00Z}\n", "opsreview.yaml:2: maintenance[0]: must have"},
		"work without a summary":  {"maintenance:\n  - {from: 2026-11-09T22:00:00Z, to: 2026-11-09T23:00:00Z}\n", "opsreview.yaml:2: maintenance[0].summary: is missing"},
		"a service that is twice": {"maintenance:\n  - {summary: s, services: [a, A], from: 2026-11-09T22:00:00Z, to: 2026-11-09T23:00:00Z}\n", "opsreview.yaml:2: maintenance[0].services[1]"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			_, err := config.Parse("opsreview.yaml", []byte(tt.text))
			if opsreview.ErrorCode(err) != opsreview.Invalid || !strings.HasPrefix(opsreview.ErrorMessage(err), tt.want) {
				t.Errorf("Parse = %v, want %q…", err, tt.want)
			}
		})
	}
}
