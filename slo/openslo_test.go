package slo_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
	_ "time/tzdata" // as in the program

	"github.com/google/go-cmp/cmp"

	"opsreview"
	"opsreview/slo"
)

// parse reads files that are given as name and text in turn.
func parse(t testing.TB, files ...string) ([]opsreview.SLO, []string) {
	t.Helper()
	var docs []slo.Document
	for i := 0; i < len(files); i += 2 {
		docs = append(docs, slo.Document{Name: files[i], Data: []byte(files[i+1])})
	}
	slos, problems := slo.Parse(docs)
	var texts []string
	for _, p := range problems {
		text := p.String()
		if p.Fatal {
			text = "fatal " + text
		}
		texts = append(texts, text)
	}
	return slos, texts
}

const service = `apiVersion: openslo/v1
kind: Service
metadata: {name: vault, displayName: Vault}
spec: {description: secrets}
`

const dataSource = `apiVersion: openslo/v1
kind: DataSource
metadata: {name: prom}
spec: {type: Prometheus, connectionDetails: {password: hunter2}}
`

const sli = `apiVersion: openslo/v1
kind: SLI
metadata: {name: vault-errors}
spec:
  ratioMetric:
    counter: true
    bad:
      metricSource: {metricSourceRef: prom, spec: {query: 'vault_requests_total{code="500"}'}}
    total:
      metricSource: {metricSourceRef: prom, spec: {query: vault_requests_total, step: 15s}}
`

const byReference = `apiVersion: openslo/v1
kind: SLO
metadata:
  name: availability
  displayName: Vault answers
  labels: {tier: "1"}
  annotations:
    example.com/owner: somebody
    opsreview/missing-data: bad
    opsreview/min-total: "10"
    opsreview/significant-fraction: 5%
    opsreview/source: metrics
    opsreview/page-match: |
      {alertname=~"Vault.*",severity="page"}
      {service!="consul"}; {title!~"a;b"}
spec:
  description: Requests are answered.
  service: vault
  indicatorRef: vault-errors
  timeWindow: [{duration: 28d, isRolling: true}]
  budgetingMethod: Occurrences
  objectives:
    - targetPercent: 99.9
  alertPolicies: [{alertPolicyRef: page}]
`

const alerts = `apiVersion: openslo/v1
kind: AlertPolicy
metadata: {name: page}
spec: {anything: [1, 2]}
---
apiVersion: openslo/v1
kind: AlertCondition
---
apiVersion: openslo/v1
kind: AlertNotificationTarget
`

func TestParse_ByReferenceAcrossFiles(t *testing.T) {
	slos, problems := parse(t, "slo.yaml", byReference+"---\n"+alerts, "sli.yaml", sli, "prom.yaml", "# a source\n---\n"+dataSource+"---\n"+service)
	want := []opsreview.SLO{{
		Name: "vault/availability", Title: "Vault answers", Description: "Requests are answered.", Service: "vault",
		Source: "metrics", Origin: "slo.yaml:1",
		Objective: opsreview.Objective{Target: 0.999, Method: opsreview.Occurrences},
		Window:    opsreview.SLOWindow{Text: "28d", Length: 28 * 24 * time.Hour},
		Indicator: opsreview.Indicator{
			Bad:     &opsreview.Query{DataSource: "prom", Type: "Prometheus", Text: `vault_requests_total{code="500"}`},
			Total:   &opsreview.Query{DataSource: "prom", Type: "Prometheus", Text: "vault_requests_total"},
			Counter: true,
		},
		Missing: opsreview.MissingBad, MinTotal: 10, Significant: 0.05,
		Match: []opsreview.PageMatch{
			{{Name: "alertname", Op: "=~", Value: "Vault.*"}, {Name: "severity", Op: "=", Value: "page"}},
			{{Name: "service", Op: "!=", Value: "consul"}},
			{{Name: "title", Op: "!~", Value: "a;b"}},
		},
	}}
	if diff := cmp.Diff(want, slos); diff != "" {
		t.Errorf("SLOs (-want +got):\n%s", diff)
	}
	if problems != nil {
		t.Errorf("problems:\n%s", strings.Join(problems, "\n"))
	}
}

// The examples of the specification's own authors.
func TestParse_Corpus(t *testing.T) {
	nyc := func(text, unit string) opsreview.SLOWindow {
		return opsreview.SLOWindow{Text: text, Unit: unit, Count: 1, Start: "2022-01-01 12:00:00", Zone: "America/New_York"}
	}
	type promise struct {
		Name      string
		Objective opsreview.Objective
		Window    opsreview.SLOWindow
		Op        string
	}
	tests := map[string][]promise{
		"occurrences.yaml": {
			{"web-shop/search-slo", opsreview.Objective{Target: 0.99, Method: opsreview.Occurrences}, opsreview.SLOWindow{Text: "2w", Length: 14 * 24 * time.Hour}, "lt"},
		},
		"timeslices.yaml": {
			{"web-availability/service-availability", opsreview.Objective{Target: 0.995, Method: opsreview.Timeslices, Slice: time.Minute, SliceTarget: 0.99}, nyc("1m", "M"), ""},
			{"web-availability/service-availability/2", opsreview.Objective{Target: 0.99, Method: opsreview.Timeslices, Slice: time.Minute, SliceTarget: 0.99}, nyc("1m", "M"), ""},
		},
		"ratio-timeslices.yaml": {
			{"web-shop/main-page", opsreview.Objective{Target: 0.99, Method: opsreview.RatioTimeslices, Slice: time.Minute}, opsreview.SLOWindow{Text: "2w", Length: 14 * 24 * time.Hour}, ""},
		},
		"timeslices-low-traffic.yaml": {
			{"web-availability/service-availability", opsreview.Objective{Target: 0.9995, Method: opsreview.Timeslices, Slice: time.Minute, SliceTarget: 0.95}, nyc("1w", "w"), ""},
		},
	}
	for name, want := range tests {
		t.Run(name, func(t *testing.T) {
			slos, problems := parse(t, name, string(corpusFile(t, "openslo/"+name)))
			var got []promise
			for _, s := range slos {
				got = append(got, promise{s.Name, s.Objective, s.Window, s.Indicator.Op})
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("SLOs (-want +got):\n%s", diff)
			}
			for _, p := range problems {
				if strings.HasPrefix(p, "fatal") {
					t.Error(p)
				}
			}
		})
	}
}

// corpusFile opens a file of the corpus, or skips the test where it is absent.
func corpusFile(t testing.TB, name string) []byte {
	t.Helper()
	dir := os.Getenv("OPSREVIEW_CORPUS")
	if dir == "" {
		dir = filepath.Join("..", "..", "shared", "corpus")
	}
	b, err := os.ReadFile(filepath.Join(dir, name))
	if err != nil {
		t.Skipf("the corpus is not here (set OPSREVIEW_CORPUS): %s", filepath.Base(name))
	}
	return b
}

// What docs/slo.md shows works as it stands.
func TestParse_DocumentationsExample(t *testing.T) {
	text, err := os.ReadFile(filepath.Join("..", "docs", "slo.md"))
	if err != nil {
		t.Fatal(err)
	}
	_, example, _ := strings.Cut(string(text), "```yaml\napiVersion")
	example, _, found := strings.Cut("apiVersion"+example, "```")
	if !found {
		t.Fatal("docs/slo.md has no example")
	}
	slos, problems := parse(t, "slo.md", example)
	if len(slos) != 2 || problems != nil {
		t.Errorf("%d SLOs, want 2; problems %q", len(slos), problems)
	}
	for name := range strings.SplitSeq("missing-data min-total significant-fraction page-match source", " ") {
		if !strings.Contains(string(text), "| `opsreview/"+name+"` |") {
			t.Errorf("docs/slo.md does not explain opsreview/%s", name)
		}
	}
}
