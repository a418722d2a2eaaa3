package prometheus_test

import (
	"bytes"
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"testing"
	"time"

	"opsreview"
	"opsreview/anomaly"
	"opsreview/dashboard"
	"opsreview/ingest"
	"opsreview/ingest/prometheus"
	"opsreview/lookback"
	"opsreview/store"
)

const oneDay = 24 * time.Hour

// A weeks is six weeks of an application's load up to a midnight, of which the
// last two are looked back over.
type weeks struct{ end time.Time }

func (w weeks) start() time.Time { return w.end.Add(-42 * oneDay) }

func (w weeks) review() opsreview.Window {
	return opsreview.Window{Start: w.end.Add(-14 * oneDay), End: w.end}
}

// An app is one series, and what is planted in it.
type app struct {
	name  string
	plant func(t time.Time, day, v float64) float64 // nil for nothing; NaN for no sample

	kind anomaly.Kind // that is to be found; "" for nothing
	at   float64      // the day of the six weeks on which it begins
	off  float64      // by how many days that may be off
	says []string     // parts of the sentence
}

// calm is what the hour and the day of the week come to.
func calm(t time.Time, holiday bool) float64 {
	free := 0.0
	for k := -3; k <= 3; k++ { // people come and go within hours, not at midnight
		if d := t.Add(time.Duration(k) * time.Hour).Weekday(); holiday || d == time.Saturday || d == time.Sunday {
			free++
		}
	}
	hour := float64(t.Hour()) + float64(t.Minute())/60
	return (100 + 40*math.Sin((hour-8)/24*2*math.Pi)) * (1 - 0.4*free/7)
}

// apps are those of the test. Days count from the beginning of the six weeks,
// so that 28 is the first under review.
func apps() []app {
	from := func(begin float64, fn func(t time.Time, v float64) float64) func(time.Time, float64, float64) float64 {
		return func(t time.Time, day, v float64) float64 {
			if day < begin {
				return v
			}
			return fn(t, v)
		}
	}
	return []app{
		{
			name: "spike", kind: anomaly.Spike, at: 36.4, off: 0.02, says: []string{"times the usual", "highest"},
			plant: func(_ time.Time, day, v float64) float64 {
				if day >= 36.4 && day < 36.41 {
					return 4 * v
				}
				return v
			},
		},
		{name: "shift", kind: anomaly.Shift, at: 33.4, off: 0.1, says: []string{"the level went from", "stayed"}, plant: from(33.4, func(_ time.Time, v float64) float64 { return v + 60 })},
		{name: "vanished", kind: anomaly.Vanished, at: 38.4, off: 0.02, says: []string{"no data since Thu 12 Mar 09:4"}, plant: from(38.4, func(time.Time, float64) float64 { return math.NaN() })},
		{name: "pattern", kind: anomaly.Pattern, at: 35, off: 1, says: []string{"since Mon 9 Mar the days look different"}, plant: from(35, func(t time.Time, v float64) float64 {
			return v - calm(t, false) + calm(t.Add(12*time.Hour), false)
		})},
		{name: "drift", kind: anomaly.Drift, at: 0, off: 30, says: []string{"rose slowly"}, plant: func(_ time.Time, day, v float64) float64 { return v + day }},
		{name: "clean"},
		{name: "noisy", plant: func(t time.Time, _, v float64) float64 {
			return v + 12*math.Sin(float64(t.Unix()%7919)) // rough, but always
		}},
		{name: "holidays", plant: func(t time.Time, day, v float64) float64 {
			if d := int(day); d == 10 || d == 31 {
				return v - calm(t, false) + calm(t, true)
			}
			return v
		}},
	}
}

// openMetrics writes the series of the apps as promtool reads them: a sample
// each minute for what is looked back over, and each five minutes before.
func (w weeks) openMetrics(all []app) []byte {
	var b bytes.Buffer
	b.WriteString("# TYPE load gauge\n")
	w.each(all, func(a app, t time.Time, v float64) { fmt.Fprintf(&b, "load{app=%q} %.3f %d\n", a.name, v, t.Unix()) })
	b.WriteString("# TYPE requests counter\n")
	count, last := 0.0, ""
	r := rand.New(rand.NewPCG(9, 9))
	w.each(all, func(a app, t time.Time, v float64) {
		if a.name != last || r.IntN(4000) == 0 { // a restart
			count, last = 0, a.name
		}
		step := 60.0
		if t.Before(w.fine()) {
			step = 300
		}
		count += math.Round(v * step)
		if a.name == "spike" || a.name == "clean" {
			fmt.Fprintf(&b, "requests_total{app=%q} %.0f %d\n", a.name, count, t.Unix())
		}
	})
	b.WriteString("# EOF\n")
	return b.Bytes()
}

func (w weeks) fine() time.Time { return w.end.Add(-21 * oneDay) }

func (w weeks) each(all []app, fn func(a app, t time.Time, v float64)) {
	for i, a := range all {
		r := rand.New(rand.NewPCG(6, uint64(i)))
		step := 5 * time.Minute
		for t := w.start(); t.Before(w.end); t = t.Add(step) {
			if !t.Before(w.fine()) {
				step = time.Minute
			}
			v := calm(t, false) * (1 + 0.04*r.NormFloat64())
			if a.plant != nil {
				v = a.plant(t, t.Sub(w.start()).Hours()/24, v)
			}
			if !math.IsNaN(v) {
				fn(a, t, v)
			}
		}
	}
}

// at makes a server tell a time: it answers what the other one does.
func at(t *testing.T, base string, now time.Time) (proxied string) {
	t.Helper()
	target, err := url.Parse(base)
	if err != nil {
		t.Fatal(err)
	}
	proxy := httputil.NewSingleHostReverseProxy(target)
	proxy.ModifyResponse = func(resp *http.Response) error {
		resp.Header.Set("Date", now.UTC().Format(http.TimeFormat))
		return nil
	}
	srv := httptest.NewServer(proxy)
	t.Cleanup(srv.Close)
	return srv.URL
}

// loadBoard is a dashboard with a variable that Prometheus knows the values of.
const loadBoard = `{
  "uid": "apps", "title": "Apps", "schemaVersion": 39,
  "templating": {"list": [
    {"name": "app", "type": "query", "query": "label_values(load, app)", "includeAll": true, "multi": true, "current": {"text": "All", "value": "$__all"}}
  ]},
  "panels": [
    {"id": 2, "type": "timeseries", "title": "Load", "datasource": {"type": "prometheus"}, "targets": [{"refId": "A", "expr": "load{app=~\"$app\"}", "legendFormat": "{{app}}"}]},
    {"id": 3, "type": "timeseries", "title": "Broken", "datasource": {"type": "prometheus"}, "targets": [{"refId": "A", "expr": "load{app=\"clean\"} + on(app) group_left() {app=\"clean\"}"}]}
  ]
}`

// What is planted in six weeks of a real Prometheus is found by looking back
// over the last two, each thing with its own sentence, and nothing else is.
func TestReal_WhatIsPlantedIsFound(t *testing.T) {
	w, all := weeks{time.Date(2026, 3, 16, 0, 0, 0, 0, time.UTC)}, apps()
	base := at(t, openRealWith(t, w.openMetrics(all)), w.end.Add(5*time.Minute))
	board, err := dashboard.Parse("apps.json", []byte(loadBoard))
	if err != nil {
		t.Fatal(err)
	}
	look := prometheus.LookBack{
		Boards: func(context.Context) ([]prometheus.Board, error) {
			return []prometheus.Board{{Dashboard: board, Scope: dashboard.Scope{Source: "prom", Service: "apps"}}}, nil
		},
		Charts: []opsreview.Chart{chartOf("counted", `requests_total{app="spike"}`), chartOf("counted-clean", `requests_total{app="clean"}`), chartOf("rated", `sum(rate(requests_total{app="clean"}[5m]))`)},
	}
	src, err := prometheus.New(prometheus.Config{Name: "prom", BaseURL: base}, "", nil, nil, prometheus.WithLookBack(look))
	if err != nil {
		t.Fatal(err)
	}
	db := openStore(t)
	began := time.Now()
	saved, err := ingest.Sync(t.Context(), db, src, ingest.SyncOptions{Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%d series, %d values in %s", saved.Series, saved.Points, time.Since(began).Round(time.Millisecond))
	if again, err := ingest.Sync(t.Context(), db, src, ingest.SyncOptions{Now: time.Now}); err != nil || again != (opsreview.Saved{}) {
		t.Errorf("the second sync saved %+v, %v", again, err)
	}
	if c := chartIn(t, db, "apps/3"); !strings.Contains(c.Skipped, "many-to-many") {
		t.Errorf("a query that fails is %+v, want the server's reason", c)
	}
	found := lookedAt(t, db, w, "apps/2")
	for _, a := range all {
		t.Run(a.name, func(t *testing.T) { a.check(t, w, found[a.name]) })
	}
	counted := all[0]
	t.Run("a counter is looked at by its rate", func(t *testing.T) {
		for _, windows := range lookedAt(t, db, w, "queries/counted") {
			counted.check(t, w, windows)
		}
	})
	for _, key := range []string{"queries/counted-clean", "queries/rated"} {
		for name, windows := range lookedAt(t, db, w, key) {
			app{name: name}.check(t, w, windows)
		}
	}
}

// lookedAt looks back over the stored series of a chart.
func lookedAt(t *testing.T, db *store.DB, w weeks, chart string) map[string][]anomaly.Window {
	t.Helper()
	view := lookback.ViewOf(w.review(), w.end, time.UTC, lookback.Settings{})
	found := map[string][]anomaly.Window{}
	for name, s := range seriesIn(t, db, chart) {
		result, _ := lookback.Scan(s, pointsOf(t, db, s.Key, opsreview.Window{Start: w.start(), End: w.end}), view)
		if result.Skipped != "" {
			t.Errorf("%s: %s", name, result.Skipped)
		}
		found[name] = result.Windows
	}
	if len(found) == 0 {
		t.Errorf("chart %s has no series: %+v", chart, chartIn(t, db, chart))
	}
	return found
}

// check holds what was found in a series against what was planted.
func (a app) check(t *testing.T, w weeks, windows []anomaly.Window) {
	t.Helper()
	for _, got := range windows {
		t.Logf("%s: %s %s from %s to %s: %s", a.name, got.Kind, got.Direction, got.Start.Format("Mon 2 Jan 15:04"), got.End.Format("Mon 2 Jan 15:04"), got.Text)
	}
	if a.kind == "" {
		if len(windows) > 0 {
			t.Errorf("%s has %d windows, and nothing was planted in it", a.name, len(windows))
		}
		return
	}
	if len(windows) != 1 || windows[0].Kind != a.kind {
		t.Fatalf("%s: %d windows, want one of kind %s", a.name, len(windows), a.kind)
	}
	got := windows[0]
	if day := got.Start.Sub(w.start()).Hours() / 24; math.Abs(day-a.at) > a.off {
		t.Errorf("it begins on day %.2f, planted on day %.2f", day, a.at)
	}
	for _, want := range a.says {
		if !strings.Contains(got.Text, want) {
			t.Errorf("the sentence %q does not say %q", got.Text, want)
		}
	}
}
