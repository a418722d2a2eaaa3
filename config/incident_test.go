package config_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"opsreview"
	"opsreview/config"
	"opsreview/incident"
)

func TestParse_Incidents(t *testing.T) {
	tests := map[string]struct {
		text string
		want incident.Settings
	}{
		"nothing means the words of the common tools": {
			want: incident.Settings{Severities: incident.DefaultSeverities(), From: "SEV2", Within: 14 * 24 * time.Hour},
		},
		"a team's own words": {
			text: "incidents: {severities: [major, minor], from: Major, within: 7d}",
			want: incident.Settings{Severities: []string{"major", "minor"}, From: "Major", Within: 7 * 24 * time.Hour},
		},
		"own words without a bound make the gravest three grave": {
			text: "incidents: {severities: [a, b, c, d]}",
			want: incident.Settings{Severities: []string{"a", "b", "c", "d"}, From: "c", Within: 14 * 24 * time.Hour},
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			c, err := config.Parse("opsreview.yaml", []byte(tt.text))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, c.Incidents.Settings()); diff != "" {
				t.Errorf("settings (-want +got):\n%s", diff)
			}
		})
	}
}

func TestParse_IncidentsThatCannotBe(t *testing.T) {
	for text, want := range map[string]string{
		"incidents: {from: SEV9}":                  `there is no severity "SEV9"`,
		"incidents: {within: 1h}":                  "must be between 1d and 180d",
		"incidents: {severities: [SEV-1, sev1]}":   "is there twice",
		"incidents: {severities: [a], from: SEV2}": `there is no severity "SEV2": choose one of a`,
	} {
		_, err := config.Parse("opsreview.yaml", []byte(text))
		if opsreview.ErrorCode(err) != opsreview.Invalid || !strings.Contains(opsreview.ErrorMessage(err), want) {
			t.Errorf("%s: %v, want %q", text, err, want)
		}
	}
}
