package config

import (
	"strings"
	"testing"

	"opsreview"
)

func TestChooseSource(t *testing.T) {
	pd := Source{Name: "pd", Type: "pagerduty"}
	prom, eu := Source{Name: "prom", Type: "prometheus"}, Source{Name: "eu", Type: "prometheus"}
	query := func(dataSource, vendor string) *opsreview.Query {
		return &opsreview.Query{DataSource: dataSource, Type: vendor, Text: "up"}
	}
	tests := map[string]struct {
		sources []Source
		slo     opsreview.SLO
		want    string // the source
		warning string // in a warning; "" for none
		wrong   string // in the error; "" for none
	}{
		"the only one that counts": {
			sources: []Source{pd, prom}, slo: opsreview.SLO{Indicator: opsreview.Indicator{Threshold: query("", "Prometheus")}}, want: "prom",
		},
		"a data source of nobody's name leaves the only one": {
			sources: []Source{prom}, slo: opsreview.SLO{Indicator: opsreview.Indicator{Threshold: query("theirs", "")}}, want: "prom",
		},
		"one of two is not chosen by chance": {
			sources: []Source{prom, eu}, slo: opsreview.SLO{Indicator: opsreview.Indicator{Threshold: query("", "")}},
			warning: "no source of the configuration counts",
		},
		"the data source's name chooses": {
			sources: []Source{prom, eu}, slo: opsreview.SLO{Indicator: opsreview.Indicator{Threshold: query("eu", "")}}, want: "eu",
		},
		"the annotation is stronger": {
			sources: []Source{prom, eu}, slo: opsreview.SLO{Source: "prom", Indicator: opsreview.Indicator{Threshold: query("eu", "")}}, want: "prom",
		},
		"queries of two sources": {
			sources: []Source{prom, eu}, slo: opsreview.SLO{Indicator: opsreview.Indicator{Good: query("eu", ""), Total: query("prom", "")}},
			want: "eu", warning: "its queries are of several sources, eu, prom",
		},
		"another vendor's queries are not asked of Prometheus": {
			sources: []Source{prom}, slo: opsreview.SLO{Indicator: opsreview.Indicator{Raw: query("dd", "Datadog")}},
			warning: "no source of the configuration counts",
		},
		"without queries there is nothing to ask": {
			sources: []Source{prom}, slo: opsreview.SLO{Indicator: opsreview.Indicator{Threshold: &opsreview.Query{Type: "Any"}}},
		},
		"a name of nobody": {
			sources: []Source{prom}, slo: opsreview.SLO{Source: "pron"}, want: "pron", wrong: `there is no source "pron"`,
		},
		"a source that sends pages": {
			sources: []Source{pd, prom}, slo: opsreview.SLO{Source: "pd"}, want: "pd", wrong: `the source "pd" is of type pagerduty, which counts nothing`,
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			c := Config{Sources: tt.sources}
			wrong := c.chooseSource(&tt.slo)
			if tt.slo.Source != tt.want {
				t.Errorf("source %q, want %q", tt.slo.Source, tt.want)
			}
			if warnings := strings.Join(c.Warnings, "\n"); (warnings == "") != (tt.warning == "") || !strings.Contains(warnings, tt.warning) {
				t.Errorf("warnings %q, want %q in it", warnings, tt.warning)
			}
			if (wrong == "") != (tt.wrong == "") || !strings.Contains(wrong, tt.wrong) {
				t.Errorf("error %q, want %q in it", wrong, tt.wrong)
			}
		})
	}
}
