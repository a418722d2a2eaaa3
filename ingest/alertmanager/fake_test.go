package alertmanager_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/prometheus/promql/parser"

	"opsreview/ingest"
	"opsreview/ingest/alertmanager"
	"opsreview/internal/rest"
)

// A rule is a stretch of time in which an alert fires, evaluated at each step.
type rule struct {
	labels   map[string]string
	from, to time.Time // to is the first evaluation at which it is over
	step     time.Duration
}

// A fake is a Prometheus with the samples of some alerts.
type fake struct {
	t     testing.TB
	url   string
	rules []rule

	mu      sync.Mutex
	now     time.Time
	down    [][2]time.Time // when nothing was evaluated
	config  string         // YAML; "" answers 404
	fails   int            // how many questions are answered with 503
	queries int
	warns   bool // answers may lack something
}

func openFake(t testing.TB, now time.Time, rules ...rule) *fake {
	t.Helper()
	f := &fake{t: t, now: now, rules: rules}
	srv := httptest.NewServer(f)
	t.Cleanup(srv.Close)
	f.url = srv.URL
	return f
}

func (f *fake) clock() time.Time {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.now
}

// source returns a source over the fake, as a new process has it.
func (f *fake) source(t testing.TB, change ...func(*alertmanager.Config)) ingest.Source {
	t.Helper()
	cfg := alertmanager.Config{Name: "am", PrometheusURL: f.url, Match: []string{`{severity="page"}`}, Backfill: "2d"}
	for _, c := range change {
		c(&cfg)
	}
	src, err := alertmanager.New(cfg, "", nil, alertmanager.WithClock(rest.Clock{Now: f.clock}), alertmanager.WithPatience(1, time.Second))
	if err != nil {
		t.Fatal(err)
	}
	return src
}

var question = regexp.MustCompile(`^(.*?)(?:\[(\d+)ms\])?$`)

// ServeHTTP answers as Prometheus does.
func (f *fake) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	f.mu.Lock()
	defer f.mu.Unlock()
	w.Header().Set("Date", f.now.Format(http.TimeFormat))
	if f.fails > 0 {
		f.fails--
		w.WriteHeader(http.StatusServiceUnavailable)
		return
	}
	switch r.URL.Path {
	case "/api/v1/status/config":
		if f.config == "" {
			http.NotFound(w, r)
			return
		}
		answer(w, map[string]string{"yaml": f.config})
	case "/api/v1/status/buildinfo":
		answer(w, map[string]string{"version": "2.42.0"})
	case "/api/v1/status/runtimeinfo":
		answer(w, map[string]string{"storageRetention": "15d"})
	case "/api/v1/query":
		f.query(w, r)
	default:
		http.NotFound(w, r)
	}
}

func answer(w http.ResponseWriter, data any) {
	_ = json.NewEncoder(w).Encode(map[string]any{"status": "success", "data": data})
}

func (f *fake) query(w http.ResponseWriter, r *http.Request) {
	f.queries++
	parts := question.FindStringSubmatch(r.FormValue("query"))
	conditions, err := parser.NewParser(parser.Options{}).ParseMetricSelector(parts[1])
	if err != nil {
		f.t.Errorf("query %q: %v", r.FormValue("query"), err)
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	seconds, _ := strconv.ParseFloat(r.FormValue("time"), 64)
	at := time.UnixMilli(int64(seconds * 1000)).UTC()
	kind, span := "matrix", 5*time.Minute
	if parts[2] == "" {
		kind = "vector"
	} else if ms, _ := strconv.Atoi(parts[2]); ms > 0 {
		span = time.Duration(ms) * time.Millisecond
	}
	result := []any{}
	for _, series := range f.series() {
		holds := true
		for _, c := range conditions {
			holds = holds && c.Matches(series.labels[c.Name])
		}
		values := series.values(at.Add(-span), at)
		switch {
		case !holds || len(values) == 0:
		case kind == "matrix":
			result = append(result, map[string]any{"metric": series.labels, "values": values})
		case !series.ended(at):
			result = append(result, map[string]any{"metric": series.labels, "value": values[len(values)-1]})
		}
	}
	reply := map[string]any{"status": "success", "data": map[string]any{"resultType": kind, "result": result}}
	if f.warns {
		reply["warnings"] = []string{"a store is down"}
	}
	_ = json.NewEncoder(w).Encode(reply)
}

// alertSeries are the rules of one set of labels.
type alertSeries struct {
	labels map[string]string
	rules  []rule
	fake   *fake
}

func (f *fake) series() []*alertSeries {
	byKey := map[string]*alertSeries{}
	var all []*alertSeries
	for _, r := range f.rules {
		key := fmt.Sprint(r.labels)
		if byKey[key] == nil {
			labels := maps.Clone(r.labels)
			labels["__name__"], labels["alertstate"] = "ALERTS", "firing"
			byKey[key] = &alertSeries{labels: labels, fake: f}
			all = append(all, byKey[key])
		}
		byKey[key].rules = append(byKey[key].rules, r)
	}
	return all
}

// values are the samples with after < time ≤ until.
func (s *alertSeries) values(after, until time.Time) [][2]any {
	var all [][2]any
	for _, r := range s.rules {
		for at := r.from; at.Before(r.to) && !at.After(until) && !at.After(s.fake.now); at = at.Add(r.step) {
			if at.After(after) && !s.fake.out(at) {
				all = append(all, [2]any{json.Number(fmt.Sprintf("%.3f", float64(at.UnixMilli())/1000)), "1"})
			}
		}
	}
	return all
}

// ended reports whether an evaluation had marked the alert's end by a time.
func (s *alertSeries) ended(by time.Time) bool {
	for i := len(s.rules) - 1; i >= 0; i-- {
		if r := s.rules[i]; !r.from.After(by) {
			return !r.to.After(by) && !s.fake.out(r.to)
		}
	}
	return true
}

func (f *fake) out(at time.Time) bool {
	for _, d := range f.down {
		if !at.Before(d[0]) && at.Before(d[1]) {
			return true
		}
	}
	return false
}
