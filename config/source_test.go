package config_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"opsreview/config"
)

const alertSource = `sources:
  - name: am
    type: alertmanager
    webhook_token_file: t
    match: ['{severity="page"}']
    service_label: app
    low_urgency: [ticket]
    prometheus_url: http://prom:9090
    external_labels: {cluster: eu}
    query_offset: 30s
    backfill: 7d
`

// An alert that goes to both comes from both.
func TestParse_WarnsOfAlertsThatCountTwice(t *testing.T) {
	tests := map[string]struct {
		text string
		want []string
	}{
		"an Alertmanager alone is fine": {text: alertSource},
		"one beside a PagerDuty may not be": {
			alertSource + "  - {name: pd, type: pagerduty, token_file: t}\n",
			[]string{"opsreview.yaml:1: what am sends on to pd counts twice: send opsreview only those of its alerts that go elsewhere, or leave one of them out"},
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			c, err := config.Parse("opsreview.yaml", []byte(tt.text))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, c.Warnings); diff != "" {
				t.Errorf("warnings (-want +got):\n%s", diff)
			}
			again, err := config.Parse("opsreview.yaml", c.Redacted())
			if err != nil {
				t.Fatalf("what is shown does not read back: %v\n%s", err, c.Redacted())
			}
			if diff := cmp.Diff(c.Sources, again.Sources); diff != "" {
				t.Errorf("sources read back (-want +got):\n%s", diff)
			}
		})
	}
}
