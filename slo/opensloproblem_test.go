package slo_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"opsreview"
)

// right is an SLO without a problem; rows change it.
const right = `apiVersion: openslo/v1
kind: SLO
metadata:
  name: availability
  annotations: {}
spec:
  service: vault
  indicator:
    spec:
      ratioMetric:
        counter: true
        good: {metricSource: {type: Prometheus, spec: {query: good_total}}}
        total: {metricSource: {type: Prometheus, spec: {query: all_total}}}
  timeWindow:
    - duration: 30d
      isRolling: true
  budgetingMethod: Occurrences
  objectives:
    - target: 0.999
`

// rightThreshold is one of a value in slices.
const rightThreshold = `apiVersion: openslo.com/v2alpha
kind: SLO
metadata:
  name: latency
spec:
  service: vault
  sli:
    spec:
      thresholdMetric: {dataSourceSpec: {type: Prometheus}, spec: {query: p99}}
  timeWindow:
    - duration: 1M
      calendar: {startTime: 2026-01-01 00:00:00, timeZone: Europe/Berlin}
  budgetingMethod: Timeslices
  objectives:
    - {target: 0.99, op: lte, value: 0.5, timeSliceTarget: 0.95, timeSliceWindow: 5m}
`

const rightRaw = "ratioMetric: {rawType: failure, raw: {metricSource: {spec: {query: r}}}}"

// ratioOf changes the indicator of right.
func ratioOf(to string) string {
	i, j := strings.Index(right, "      ratioMetric"), strings.Index(right, "  timeWindow")
	return right[:i] + "      " + to + "\n" + right[j:]
}

func TestParse_Problems(t *testing.T) {
	tests := map[string]struct {
		text string   // a whole document; "" for right
		from string   // what is changed in it
		to   string   // into what
		want []string // all problems
		slos int
	}{
		"what is right has none":           {slos: 1},
		"a threshold that is right too":    {text: rightThreshold, slos: 1},
		"an empty file has nothing":        {text: "# nothing\n"},
		"empty documents are passed over":  {text: "---\n---\n# x\n---\n" + right + "---\n...\n", slos: 1},
		"a list of documents is a stream":  {text: "- " + strings.ReplaceAll(strings.TrimSpace(right), "\n", "\n  ") + "\n", slos: 1},
		"JSON is YAML":                     {text: `{"apiVersion":"openslo/v1","kind":"AlertPolicy"}`},
		"aliases and merge keys are read":  {from: "  annotations: {}", to: "  annotations: &a {}\n  labels: {<<: *a, x: !!str 1}", slos: 1},
		"a target of nothing is a promise": {from: "0.999", to: "0", slos: 1},

		"a key that nobody knows": {
			from: "  service: vault", to: "  service: vault\n  servce: x", slos: 1,
			want: []string{"a.yaml:8: spec.servce: there is no such key, it is ignored: the keys are alertPolicies, budgetingMethod, description, indicator, indicatorRef, objectives, service, timeWindow"},
		},
		"a key that nobody knows, at the top": {
			from: "kind: SLO", to: "kind: SLO\nstatus: fine", slos: 1,
			want: []string{"a.yaml:3: status: there is no such key, it is ignored: the keys are apiVersion, kind, metadata, spec"},
		},
		"another kind": {
			text: "apiVersion: openslo/v1\nkind: Dashboard\n",
			want: []string{`a.yaml:2: kind: "Dashboard" is not a kind that is read, the document is ignored: those are SLO, SLI, Service and DataSource`},
		},
		"another tool's document": {
			text: "apiVersion: v1\nkind: ConfigMap\n",
			want: []string{`a.yaml:1: apiVersion: "v1" is not OpenSLO, the document is ignored`},
		},
		"another version": {
			from: "openslo/v1", to: "openslo/v1alpha",
			want: []string{`fatal a.yaml:1: apiVersion: "openslo/v1alpha" is not a version that is read: use openslo/v1 or openslo.com/v2alpha`},
		},
		"no version": {
			from: "apiVersion: openslo/v1\n", to: "", slos: 1,
			want: []string{"a.yaml:1: apiVersion: is missing: openslo/v1 is assumed"},
		},
		"no document at all": {
			text: "hello\n", want: []string{"a.yaml:1: this is not an OpenSLO document, it is ignored: want apiVersion, kind, metadata and spec"},
		},
		"no YAML":        {text: "a: [\n", want: []string{"fatal a.yaml:1: sequence end token ']' not found"}},
		"a key twice":    {from: "kind: SLO", to: "kind: SLO\nkind: SLO", want: []string{`fatal a.yaml:3: mapping key "kind" already defined at [2:1]`}},
		"no UTF-8":       {from: "vault", to: "v\xffult", want: []string{"fatal a.yaml: the file is not UTF-8"}},
		"an alias alone": {from: "name: availability", to: "name: *x", want: []string{`fatal a.yaml:4: nothing is anchored as "x"`}},

		"no metadata": {
			from: "metadata:\n  name: availability\n  annotations: {}\n", to: "",
			want: []string{"fatal a.yaml:1: metadata.name: is missing"},
		},
		"no name": {from: "name: availability", to: "name:", want: []string{"fatal a.yaml:4: metadata.name: is missing"}},
		"a name that is a list": {
			from: "name: availability", to: "name: [a]",
			want: []string{"a.yaml:4: metadata.name: want text", "fatal a.yaml:4: metadata.name: is missing"},
		},
		"a name without end": {
			from: "name: availability", to: "name: " + strings.Repeat("x", 256), want: []string{"fatal a.yaml:4: metadata.name: has more than 255 bytes"},
		},
		"no service": {from: "  service: vault\n", to: "", want: []string{"fatal a.yaml:7: spec.service: is missing"}},
		"no spec": {
			text: "apiVersion: openslo/v1\nkind: SLO\nmetadata: {name: x}\n",
			want: []string{
				"fatal a.yaml:1: spec.service: is missing", "a.yaml:1: spec.budgetingMethod: is missing: Occurrences is assumed",
				"a.yaml:1: spec.timeWindow: is missing: 30 rolling days are assumed", "fatal a.yaml:1: spec.objectives: is missing",
			},
		},

		"no window": {
			from: "  timeWindow:\n    - duration: 30d\n      isRolling: true\n", to: "", slos: 1,
			want: []string{"a.yaml:7: spec.timeWindow: is missing: 30 rolling days are assumed"},
		},
		"two windows": {
			from: "      isRolling: true", to: "      isRolling: true\n    - duration: 7d", slos: 1,
			want: []string{"a.yaml:14: spec.timeWindow: has more than one window: the first one is read"},
		},
		"a window that is no list": {
			from: "    - duration: 30d\n      isRolling", to: "      duration: 30d\n      isRolling", slos: 1,
			want: []string{"a.yaml:14: spec.timeWindow: want a list: it is read as its one item"},
		},
		"a window that is no span": {
			from: "30d", to: "a month", want: []string{`fatal a.yaml:15: spec.timeWindow[0].duration: "a month" is not a span of time: write 28d, 4w or 1M`},
		},
		"a window beyond all calendars": {
			from: "30d", to: "999999999Y", want: []string{"fatal a.yaml:15: spec.timeWindow[0].duration: is longer than 3660 days"},
		},
		"rolling months": {
			from: "30d", to: "1Q", slos: 1,
			want: []string{"a.yaml:15: spec.timeWindow[0].duration: a rolling window has no calendar: 90 days are meant by 1Q"},
		},
		"rolling minutes": {
			from: "30d", to: "1m", slos: 1,
			want: []string{"a.yaml:15: spec.timeWindow[0].duration: is shorter than an hour: m is minutes, M is months"},
		},
		"not rolling, without a calendar": {
			from: "30d\n      isRolling: true", to: "1M\n      isRolling: false", slos: 1,
			want: []string{"a.yaml:15: spec.timeWindow[0].calendar: is missing: periods begin at midnight with the first day of the unit, in the team's time zone"},
		},
		"a switch that is no switch": {
			from: "isRolling: true", to: "isRolling: yes", want: []string{"fatal a.yaml:16: spec.timeWindow[0].isRolling: want true or false"},
		},
		"a zone of nowhere": {
			text: rightThreshold, from: "Europe/Berlin", to: "Europe/Berln",
			want: []string{`fatal a.yaml:12: spec.timeWindow[0].calendar.timeZone: there is no time zone "Europe/Berln": use a name such as Europe/Berlin`},
		},
		"the zone of whatever machine it is": {
			text: rightThreshold, from: "Europe/Berlin", to: "Local",
			want: []string{`fatal a.yaml:12: spec.timeWindow[0].calendar.timeZone: there is no time zone "Local": use a name such as Europe/Berlin`},
		},
		"a start that is no time": {
			text: rightThreshold, from: "2026-01-01 00:00:00", to: "monday",
			want: []string{`fatal a.yaml:12: spec.timeWindow[0].calendar.startTime: "monday" is not a local time: write 2026-01-01 00:00:00`},
		},
		"calendar hours": {
			text: rightThreshold, from: "1M", to: "6h", slos: 1,
			want: []string{"a.yaml:11: spec.timeWindow[0].duration: a calendar window of hours is not supported: 30 rolling days are assumed"},
		},

		"no method": {
			from: "  budgetingMethod: Occurrences\n", to: "", slos: 1,
			want: []string{"a.yaml:7: spec.budgetingMethod: is missing: Occurrences is assumed"},
		},
		"a method in other letters": {
			from: "Occurrences", to: "occurrences", slos: 1,
			want: []string{`a.yaml:17: spec.budgetingMethod: "occurrences" is written Occurrences: it is read as that`},
		},
		"a method that nobody knows": {
			from: "Occurrences", to: "Moods",
			want: []string{`fatal a.yaml:17: spec.budgetingMethod: there is no method "Moods": use Occurrences, Timeslices or RatioTimeslices`},
		},

		"no target": {from: "target: 0.999", to: "displayName: x", want: []string{"fatal a.yaml:19: spec.objectives[0].target: is missing: write target, such as 0.999, or targetPercent"}},
		"nothing may ever fail": {
			from: "0.999", to: "1", want: []string{"fatal a.yaml:19: spec.objectives[0].target: must be at least 0 and below 1: there must be something that may fail"},
		},
		"a target in percent": {
			from: "0.999", to: "99.9", want: []string{"fatal a.yaml:19: spec.objectives[0].target: must be at least 0 and below 1: percent are written as targetPercent"},
		},
		"a target below nothing": {
			from: "0.999", to: "-0.1", want: []string{"fatal a.yaml:19: spec.objectives[0].target: must be at least 0 and below 1: there must be something that may fail"},
		},
		"all of percent": {
			from: "target: 0.999", to: "targetPercent: 100",
			want: []string{"fatal a.yaml:19: spec.objectives[0].targetPercent: must be at least 0 and below 100: there must be something that may fail"},
		},
		"a target that is no number": {from: "0.999", to: "high", want: []string{"fatal a.yaml:19: spec.objectives[0].target: want a number"}},
		"a target without end":       {from: "0.999", to: ".inf", want: []string{"fatal a.yaml:19: spec.objectives[0].target: want a number"}},
		"a target in quotes": {
			from: "0.999", to: `"0.999"`, slos: 1, want: []string{"a.yaml:19: spec.objectives[0].target: want a number without quotes"},
		},
		"two targets that agree": {from: "target: 0.999", to: "target: 0.999\n      targetPercent: 99.9", slos: 1},
		"two targets that do not": {
			from: "target: 0.999", to: "target: 0.999\n      targetPercent: 99",
			want: []string{"fatal a.yaml:20: spec.objectives[0].targetPercent: is not the same as target: choose one"},
		},
		"no objectives":                   {from: "  objectives:\n    - target: 0.999\n", to: "", want: []string{"fatal a.yaml:7: spec.objectives: is missing"}},
		"objectives that are none":        {from: "    - target: 0.999\n", to: "    []\n", want: []string{"fatal a.yaml:18: spec.objectives: is missing"}},
		"an objective that is text":       {from: "- target: 0.999", to: "- 0.999", want: []string{"fatal a.yaml:19: spec.objectives[0]: want keys and values"}},
		"one of two objectives is broken": {from: "- target: 0.999", to: "- target: 2\n    - target: 0.9", slos: 1, want: []string{"fatal a.yaml:19: spec.objectives[0].target: must be at least 0 and below 1: percent are written as targetPercent"}},
		"what is for thresholds and slices": {
			from: "- target: 0.999", to: "- {target: 0.999, op: gt, value: 1, timeSliceTarget: 0.9, timeSliceWindow: 1m, compositeWeight: 2}", slos: 1,
			want: []string{
				"a.yaml:19: spec.objectives[0].compositeWeight: is ignored: every objective is an SLO of its own",
				"a.yaml:19: spec.objectives[0].timeSliceWindow: is ignored: the budgeting method is Occurrences",
				"a.yaml:19: spec.objectives[0].timeSliceTarget: is ignored: the budgeting method is Occurrences",
				"a.yaml:19: spec.objectives[0].op: is ignored: it is for a thresholdMetric",
				"a.yaml:19: spec.objectives[0].value: is ignored: it is for a thresholdMetric",
			},
		},

		"a slice without a length": {
			text: rightThreshold, from: ", timeSliceWindow: 5m", to: "",
			want: []string{"fatal a.yaml:15: spec.objectives[0].timeSliceWindow: is missing: the budgeting method is Timeslices"},
		},
		"a slice of seconds":   {text: rightThreshold, from: "5m", to: "0.5", want: []string{"fatal a.yaml:15: spec.objectives[0].timeSliceWindow: must be whole minutes, from 1m to 1d"}},
		"a slice of a month":   {text: rightThreshold, from: "5m", to: "1M", want: []string{"fatal a.yaml:15: spec.objectives[0].timeSliceWindow: must be whole minutes, from 1m to 1d"}},
		"a slice that is none": {text: rightThreshold, from: "5m", to: "5x", want: []string{`fatal a.yaml:15: spec.objectives[0].timeSliceWindow: "5x" is not a span of time: write 5, minutes, or 5m or 1h`}},
		"slices that are not the same every day": {
			text: rightThreshold, from: "5m", to: "7m", slos: 1,
			want: []string{"a.yaml:15: spec.objectives[0].timeSliceWindow: does not divide a day: slices begin at other times every day"},
		},
		"slices without a target":    {text: rightThreshold, from: "timeSliceTarget: 0.95, ", to: "", want: []string{"fatal a.yaml:15: spec.objectives[0].timeSliceTarget: is missing: the ratio from which a slice is good"}},
		"slices that are never good": {text: rightThreshold, from: "0.95", to: "1.1", want: []string{"fatal a.yaml:15: spec.objectives[0].timeSliceTarget: must be above 0 and at most 1"}},

		"a threshold without a value":     {text: rightThreshold, from: "value: 0.5, ", to: "", want: []string{"fatal a.yaml:15: spec.objectives[0].value: is missing: the value that a good one is compared with"}},
		"a threshold without a direction": {text: rightThreshold, from: "lte", to: "below", want: []string{"fatal a.yaml:15: spec.objectives[0].op: want lte, gte, lt or gt: which values are good"}},
		"two thresholds in version 1": {
			text: strings.NewReplacer("openslo.com/v2alpha", "openslo/v1", "sli:", "indicator:", "{dataSourceSpec: {type: Prometheus}, spec: {query: p99}}", "{metricSource: {spec: {query: p99}}}",
				"5m}", "5m}\n    - {target: 0.9, op: lte, value: 1, timeSliceTarget: 0.95, timeSliceWindow: 5m}").Replace(rightThreshold), slos: 2,
			want: []string{"a.yaml:14: spec.objectives: version 1 of OpenSLO allows one for a thresholdMetric: each is read nevertheless"},
		},

		"no indicator": {
			text: right[:strings.Index(right, "  indicator")] + right[strings.Index(right, "  timeWindow"):],
			want: []string{"fatal a.yaml:13: spec.objectives[0].indicator: is missing, and the document has none for all of its objectives"},
		},
		"an indicator of nobody": {
			text: right[:strings.Index(right, "  indicator")] + "  indicatorRef: errors\n" + right[strings.Index(right, "  timeWindow"):],
			want: []string{`fatal a.yaml:8: spec.indicatorRef: there is no SLI "errors" among the documents`},
		},
		"an indicator that cannot be used": {
			text: right[:strings.Index(right, "  indicator")] + "  indicatorRef: e\n" + right[strings.Index(right, "  timeWindow"):] + "---\napiVersion: openslo/v1\nkind: SLI\nmetadata: {name: e}\nspec: {}\n",
			want: []string{`fatal a.yaml:8: spec.indicatorRef: the SLI "e" cannot be used`, "fatal a.yaml:19: spec: a ratioMetric or a thresholdMetric is missing"},
		},
		"an indicator without a spec": {
			text: right[:strings.Index(right, "    spec:")] + "    metadata: {name: x}\n" + right[strings.Index(right, "  timeWindow"):],
			want: []string{"fatal a.yaml:9: spec.indicator.spec: is missing"},
		},
		"both indicators":     {from: "  indicator:", to: "  indicatorRef: x\n  indicator:", slos: 1, want: []string{"a.yaml:8: spec.indicatorRef: is ignored beside indicator"}},
		"a word of version 2": {from: "  indicator:", to: "  sli:", slos: 1, want: []string{"a.yaml:8: spec.sli: is the name of indicator in another version of OpenSLO: it is read as that"}},
		"words of both":       {from: "  indicator:", to: "  sli: {}\n  indicator:", slos: 1, want: []string{"a.yaml:8: spec.sli: is the name of indicator in another version of OpenSLO: it is ignored beside that"}},
		"a title in version 2": {
			text: rightThreshold, from: "name: latency", to: "name: latency\n  displayName: x", slos: 1,
			want: []string{"a.yaml:5: metadata.displayName: is not in version 2 of OpenSLO: it is read nevertheless"},
		},

		"a ready ratio": {text: ratioOf(rightRaw), slos: 1},
		"a ready ratio of what": {
			text: ratioOf("ratioMetric: {raw: {metricSource: {spec: {query: r}}}}"),
			want: []string{"fatal a.yaml:10: spec.indicator.spec.ratioMetric.rawType: want success or failure: what the ratio is of"},
		},
		"a ready ratio and its parts": {
			from: "        good:", to: "        raw:",
			want: []string{"fatal a.yaml:12: spec.indicator.spec.ratioMetric.raw: is a ready ratio and does not go together with good, bad and total"},
		},
		"a part of nothing": {from: "        total:", to: "        bad:", want: []string{"fatal a.yaml:11: spec.indicator.spec.ratioMetric.total: is missing"}},
		"nothing of all":    {from: right[strings.Index(right, "        good"):strings.Index(right, "        total")], to: "", want: []string{"fatal a.yaml:11: spec.indicator.spec.ratioMetric: good or bad is missing"}},
		"good and bad": {
			from: "        total:", to: "        bad: {metricSource: {spec: {query: b}}}\n        total:", slos: 1,
			want: []string{"a.yaml:13: spec.indicator.spec.ratioMetric.bad: is ignored beside good"},
		},
		"counters or not": {
			from: "        counter: true\n", to: "        rawType: success\n", slos: 1,
			want: []string{
				"a.yaml:11: spec.indicator.spec.ratioMetric.counter: is missing: write true where the queries are of counters that only grow, and false elsewhere",
				"a.yaml:11: spec.indicator.spec.ratioMetric.rawType: is ignored without raw",
			},
		},
		"no metric source": {
			from: "{metricSource: {type: Prometheus, spec: {query: good_total}}}", to: "{spec: {query: good_total}}", slos: 1,
			want: []string{"a.yaml:12: spec.indicator.spec.ratioMetric.good.metricSource: is missing"},
		},
		"a data source of nobody": {
			from: "type: Prometheus, spec: {query: good_total}", to: "metricSourceRef: prom, spec: {query: good_total}", slos: 1,
			want: []string{`a.yaml:12: spec.indicator.spec.ratioMetric.good.metricSource.metricSourceRef: there is no DataSource "prom" among the documents: the source of that name in the configuration is meant`},
		},
		"no query": {
			from: "query: good_total", to: "metric: good_total", slos: 1,
			want: []string{"a.yaml:12: spec.indicator.spec.ratioMetric.good.metricSource.spec: has no query that is known: write it as query"},
		},
		"a query that is no PromQL is another dialect": {
			from: "good_total", to: "'sum(good_total'", slos: 1,
			want: []string{"a.yaml:12: spec.indicator.spec.ratioMetric.good.metricSource.spec.query: is not PromQL: unclosed left parenthesis, at character 15"},
		},
		"a query of a template": {from: "good_total", to: "'rate(a[{{.window}}]) + rate(b[$__rate_interval])'", slos: 1},
		"a query without end": {
			from: "good_total", to: strings.Repeat("x", 16<<10+1),
			want: []string{"fatal a.yaml:12: spec.indicator.spec.ratioMetric.good.metricSource.spec.query: has more than 16 kB"},
		},

		"an annotation that nobody knows": {
			from: "{}", to: "{opsreview/missing: good, other/missing: x}", slos: 1,
			want: []string{"a.yaml:5: metadata.annotations.opsreview/missing: there is no such annotation, it is ignored: those are opsreview/min-total, opsreview/missing-data, opsreview/page-match, opsreview/significant-fraction, opsreview/source"},
		},
		"missing data of a third kind": {from: "{}", to: "{opsreview/missing-data: bda}", want: []string{"fatal a.yaml:5: metadata.annotations.opsreview/missing-data: want ignore, good or bad: what a slice without data counts as"}},
		"a least of less than nothing": {from: "{}", to: "{opsreview/min-total: -1}", want: []string{"fatal a.yaml:5: metadata.annotations.opsreview/min-total: want a number of events, below which a slice is unknown"}},
		"a share of more than all":     {from: "{}", to: "{opsreview/significant-fraction: 200%}", want: []string{"fatal a.yaml:5: metadata.annotations.opsreview/significant-fraction: want a share of the 30-day budget, such as 0.02 or 2%"}},
		"a match of everything":        {from: "{}", to: "{opsreview/page-match: '{}'}", want: []string{"fatal a.yaml:5: metadata.annotations.opsreview/page-match: want at least one condition: {} would match every page"}},
		"a match of nothing":           {from: "{}", to: "{opsreview/page-match: ' ;\n '}", want: []string{`fatal a.yaml:5: metadata.annotations.opsreview/page-match: want conditions on a page's attributes, such as {alertname=~"Vault.*"}`}},
		"a match of a metric":          {from: "{}", to: "{opsreview/page-match: up}", want: []string{`fatal a.yaml:5: metadata.annotations.opsreview/page-match: want conditions on a page's attributes in braces, such as {alertname=~"Vault.*"}, not "up"`}},
		"a match by a broken pattern": {
			from: "{}", to: `{opsreview/page-match: '{a=~"("}'}`,
			want: []string{"fatal a.yaml:5: metadata.annotations.opsreview/page-match: cannot be read: error parsing regexp: missing closing ): `(`, at character 2"},
		},
		"an annotation of something else": {
			text: "apiVersion: openslo/v1\nkind: DataSource\nmetadata:\n  name: x\n  annotations: {opsreview/source: y}\nspec: {type: Prometheus}\n",
			want: []string{"a.yaml:5: metadata.annotations.opsreview/source: is ignored: it belongs to an SLO"},
		},
		"one name for two": {
			text: right + "---\n" + right, slos: 1,
			want: []string{`fatal a.yaml:39: spec.objectives[0]: there is another SLO "vault/availability", at a.yaml:1`},
		},
		"one name for two data sources": {
			text: strings.Repeat("---\napiVersion: openslo/v1\nkind: DataSource\nmetadata: {name: x}\nspec: {type: Prometheus}\n", 2),
			want: []string{`fatal a.yaml:9: metadata.name: there is another DataSource "x"`},
		},
		"a service that the documents do not have": {
			text: right + "---\napiVersion: openslo/v1\nkind: Service\nmetadata: {name: Vault}\nspec: {}\n", slos: 1,
			want: []string{`a.yaml:7: spec.service: there is no Service "vault" among the documents`},
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			text := tt.text
			if text == "" {
				text = right
			}
			if !strings.Contains(text, tt.from) {
				t.Fatalf("the document has no %q to change", tt.from)
			}
			slos, problems := parse(t, "a.yaml", strings.Replace(text, tt.from, tt.to, 1))
			if diff := cmp.Diff(tt.want, problems); diff != "" {
				t.Errorf("problems (-want +got):\n%s", diff)
			}
			if len(slos) != tt.slos {
				t.Errorf("%d SLOs, want %d: %+v", len(slos), tt.slos, slos)
			}
		})
	}
}

// Percent are shares to the last bit.
func TestParse_Percent(t *testing.T) {
	for text, want := range map[string]float64{"99.9": 0.999, "99.95": 0.9995, "99.999": 0.99999, "0": 0, "33": 0.33} {
		slos, problems := parse(t, "a.yaml", strings.Replace(right, "target: 0.999", "targetPercent: "+text, 1))
		if len(slos) != 1 || slos[0].Objective.Target != want {
			t.Errorf("targetPercent %s is %v, want %v; %v", text, slos, want, problems)
		}
	}
}

func TestParse_Windows(t *testing.T) {
	const days = 24 * time.Hour
	tests := map[string]struct {
		window string
		want   opsreview.SLOWindow
	}{
		"rolling minutes":            {"{duration: 90m, isRolling: true}", opsreview.SLOWindow{Text: "90m", Length: 90 * time.Minute}},
		"rolling hours":              {"{duration: 12h, isRolling: true}", opsreview.SLOWindow{Text: "12h", Length: 12 * time.Hour}},
		"rolling weeks":              {"{duration: 4w, isRolling: true}", opsreview.SLOWindow{Text: "4w", Length: 28 * days}},
		"a rolling month":            {"{duration: 1M, isRolling: true}", opsreview.SLOWindow{Text: "1M", Length: 30 * days}},
		"a rolling quarter":          {"{duration: 1Q, isRolling: true}", opsreview.SLOWindow{Text: "1Q", Length: 90 * days}},
		"a rolling year":             {"{duration: 1Y, isRolling: true}", opsreview.SLOWindow{Text: "1Y", Length: 365 * days}},
		"rolling unless it is said":  {"{duration: 7d}", opsreview.SLOWindow{Text: "7d", Length: 7 * days}},
		"rolling if both are said":   {"{duration: 7d, isRolling: true, calendar: {}}", opsreview.SLOWindow{Text: "7d", Length: 7 * days}},
		"a calendar without a start": {"{duration: 1M, calendar: {timeZone: UTC}}", opsreview.SLOWindow{Text: "1M", Unit: "M", Count: 1, Start: "2001-01-01 00:00:00", Zone: "UTC"}},
		"a calendar without a zone":  {"{duration: 2w, calendar: {startTime: 2026-01-05}}", opsreview.SLOWindow{Text: "2w", Unit: "w", Count: 2, Start: "2026-01-05 00:00:00"}},
		"a start as computers write": {
			"{duration: 1Q, isRolling: false, calendar: {startTime: '2026-01-01T06:30:00', timeZone: America/Chicago}}",
			opsreview.SLOWindow{Text: "1Q", Unit: "Q", Count: 1, Start: "2026-01-01 06:30:00", Zone: "America/Chicago"},
		},
		"no calendar at all": {"{duration: 1Y, isRolling: false}", opsreview.SLOWindow{Text: "1Y", Unit: "Y", Count: 1, Start: "2001-01-01 00:00:00"}},
		"no duration at all": {"{isRolling: true}", opsreview.SLOWindow{Length: 30 * days}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			slos, problems := parse(t, "a.yaml", strings.Replace(right, "- duration: 30d\n      isRolling: true", "- "+tt.window, 1))
			if len(slos) != 1 {
				t.Fatalf("%d SLOs: %v", len(slos), problems)
			}
			if diff := cmp.Diff(tt.want, slos[0].Window); diff != "" {
				t.Errorf("window (-want +got):\n%s", diff)
			}
		})
	}
}

// An indicator may stand in each objective, as version 2 has it for composites.
func TestParse_ObjectivesWithIndicatorsOfTheirOwn(t *testing.T) {
	text := strings.Replace(rightThreshold, "    - {target", `    - displayName: fast
      target: 0.9
      sliRef: fast
      timeSliceTarget: 1
      timeSliceWindow: 1
    - {target`, 1)
	slos, problems := parse(t, "a.yaml", text, "b.yaml", `{apiVersion: openslo.com/v2alpha, kind: SLI, metadata: {name: fast}, spec: {ratioMetric: {counter: false,
  good: {dataSourceRef: prom, spec: {promql: g}}, total: {dataSource: {type: Other}, spec: {expr: t}}}}}
---
{apiVersion: openslo/v1, kind: DataSource, metadata: {name: prom}, spec: {type: Prometheus}}`)
	if problems != nil || len(slos) != 2 {
		t.Fatalf("%d SLOs, problems %q", len(slos), problems)
	}
	want := opsreview.Indicator{
		Good:  &opsreview.Query{DataSource: "prom", Type: "Prometheus", Text: "g"},
		Total: &opsreview.Query{Type: "Other", Text: "t"},
	}
	if diff := cmp.Diff(want, slos[0].Indicator); diff != "" {
		t.Errorf("the first indicator (-want +got):\n%s", diff)
	}
	if slos[0].Title != "fast" || slos[1].Title != "" || slos[1].Name != "vault/latency/2" || slos[1].Origin != "a.yaml:20" {
		t.Errorf("titles %q and %q, the second is %s at %s", slos[0].Title, slos[1].Title, slos[1].Name, slos[1].Origin)
	}
	if slos[1].Indicator.Threshold == nil || slos[1].Indicator.Op != "lte" || slos[0].Objective.Slice != time.Minute {
		t.Errorf("the second indicator is %+v, the first's slices are of %v", slos[1].Indicator, slos[0].Objective.Slice)
	}
}
