package config_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"opsreview"
	"opsreview/config"
)

const objectives = `apiVersion: openslo/v1
kind: SLO
metadata: {name: availability}
spec:
  service: vault
  indicatorRef: errors
  timeWindow: [{duration: 30d, isRolling: true}]
  budgetingMethod: Occurrences
  objectives: [{target: 0.999}]
`

const indicators = `apiVersion: openslo/v1
kind: SLI
metadata: {name: errors}
spec:
  ratioMetric:
    counter: true
    bad: {metricSource: {type: Prometheus, spec: {query: errors_total}}}
    total: {metricSource: {type: Prometheus, spec: {query: requests_total}}}
`

func TestLoad_Objectives(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "odd [name]*")
	if err := os.MkdirAll(filepath.Join(dir, "slo"), 0o700); err != nil {
		t.Fatal(err)
	}
	path := write(t, dir, "opsreview.yaml", "slos: [slo/*.yaml, slo/vault.yaml]\n")
	write(t, filepath.Join(dir, "slo"), "vault.yaml", objectives)
	write(t, filepath.Join(dir, "slo"), "sli.yaml", indicators)
	c, err := config.Load(path)
	if err != nil {
		t.Fatal(err)
	}
	origin := filepath.Join(dir, "slo", "vault.yaml") + ":1"
	if len(c.Objectives) != 1 || c.Objectives[0].Name != "vault/availability" || c.Objectives[0].Origin != origin {
		t.Errorf("objectives %+v, want vault/availability at %s", c.Objectives, origin)
	}
	want := []string{origin + ": no source of the configuration counts vault/availability: only imported segments tell of it; " +
		"name a source with the annotation opsreview/source"}
	if diff := cmp.Diff(want, c.Warnings); diff != "" {
		t.Errorf("warnings (-want +got):\n%s", diff)
	}
}

func TestParseWith_ReadsObjectivesOfAnyFileSystem(t *testing.T) {
	fsys := fstest.MapFS{
		"slo/vault.yaml":  {Data: []byte(objectives)},
		"slo/sli.yaml":    {Data: []byte(indicators)},
		"slo/sub/no.yaml": {Data: []byte("nothing")},
	}
	c, err := config.ParseWith("examples/opsreview.yaml", []byte("slos: [./slo/*.yaml]\n"), fsys)
	if err != nil {
		t.Fatal(err)
	}
	if len(c.Objectives) != 1 || c.Objectives[0].Origin != "examples/slo/vault.yaml:1" {
		t.Errorf("objectives %+v", c.Objectives)
	}
	if _, err := config.Parse("opsreview.yaml", []byte("slos: [slo/*.yaml]\n")); err != nil {
		t.Errorf("without a file system: %v, want the files left alone", err)
	}
	if !strings.Contains(string(c.Redacted()), "# examples/opsreview.yaml:1\nslos:\n- ./slo/*.yaml\n") {
		t.Errorf("config show lacks the objectives' files:\n%s", c.Redacted())
	}
}

func TestParseWith_Mistakes(t *testing.T) {
	tests := map[string]struct {
		config string
		files  map[string]string
		want   string
	}{
		"a pattern that matches nothing": {
			config: "slos:\n  - slo/*.yaml\n  - a.yaml\n", files: map[string]string{"a.yaml": objectives + "---\n" + indicators},
			want: `opsreview.yaml:2: slos[0]: no file matches "slo/*.yaml"`,
		},
		"a pattern that is none": {
			config: "slos: ['slo/[a']\n", want: `opsreview.yaml:1: slos[0]: "slo/[a" is not a pattern of file names: write folder/*.yaml`,
		},
		"a pattern twice": {
			config: "slos: [a.yaml, a.yaml]\n", want: `opsreview.yaml:1: slos[1]: "a.yaml" is there already, in slos[0]`,
		},
		"a folder instead of its files": {
			config: "slos: [slo]\n", files: map[string]string{"slo/a.yaml": objectives},
			want: `opsreview.yaml:1: slos[0]: the objectives file "slo" cannot be read`,
		},
		"objectives that cannot be used are all told": {
			config: "slos: ['*.yaml']\n",
			files:  map[string]string{"a.yaml": objectives, "b.yaml": "- {", "c.yaml": indicators + "---\n" + strings.Replace(objectives, "0.999", "1", 1)},
			want: "b.yaml:1: could not find flow mapping end token '}'\n" +
				"c.yaml:18: spec.objectives[0].target: must be at least 0 and below 1: there must be something that may fail\n" +
				`c.yaml:18: spec.objectives[0]: there is another SLO "vault/availability", at a.yaml:1`,
		},
		"a reference into nowhere": {
			config: "slos: ['*.yaml']\n", files: map[string]string{"a.yaml": objectives},
			want: `a.yaml:6: spec.indicatorRef: there is no SLI "errors" among the documents`,
		},
		"a source that is not there": {
			config: "slos: ['*.yaml']\n",
			files:  map[string]string{"a.yaml": strings.Replace(objectives, "availability}", "availability, annotations: {opsreview/source: metrics}}", 1) + "---\n" + indicators},
			want:   `a.yaml:1: there is no source "metrics" in the configuration`,
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			fsys := fstest.MapFS{}
			for name, text := range tt.files {
				fsys[name] = &fstest.MapFile{Data: []byte(text)}
			}
			_, err := config.ParseWith("opsreview.yaml", []byte(tt.config), fsys)
			if opsreview.ErrorCode(err) != opsreview.Invalid || opsreview.ErrorMessage(err) != tt.want {
				t.Errorf("ParseWith = %v, want the invalid error %q", err, tt.want)
			}
		})
	}
}
