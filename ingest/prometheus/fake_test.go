package prometheus_test

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"net/http"
	"net/http/httptest"
	"sort"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"opsreview"
	"opsreview/ingest"
	"opsreview/ingest/ingesttest"
	"opsreview/ingest/prometheus"
	"opsreview/internal/rest"
)

// monday is noon of a Monday.
var monday = time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)

// A point is a sample of the fake's, at whole milliseconds.
type point struct {
	at int64
	v  float64
}

// A counter is a series of the fake's.
type counter struct {
	labels map[string]string
	points []point
}

// A fake is a Prometheus as far as the source asks it. It knows selectors and
// expressions by their text.
type fake struct {
	*httptest.Server
	mu        sync.Mutex
	now       time.Time
	until     time.Time // nothing later has happened yet; zero for no bound
	selectors map[string][]counter
	exprs     map[string]func(at time.Time) map[string]float64 // values by the name of the series
	warning   string
	mostSpan  time.Duration                           // longer ranges are too many samples; 0 for any
	fault     func(path string, f form) (string, int) // "" for none
	asked     []string

	lines    map[string][]line // what query_range answers, by the query
	rules    string            // the groups that rules answers with; "" for a server without
	declared map[string]string // the types of metrics
	labels   map[string][]string
	most     int // more values in one answer are too many samples; 0 for any
}

// form is the parameters of a request.
type form func(name string) string

func openFake(t testing.TB) *fake {
	t.Helper()
	f := &fake{now: monday, selectors: map[string][]counter{}, exprs: map[string]func(time.Time) map[string]float64{}}
	f.Server = httptest.NewServer(f)
	t.Cleanup(f.Close)
	return f
}

func (f *fake) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	f.mu.Lock()
	defer f.mu.Unlock()
	w.Header().Set("Date", f.now.Format(http.TimeFormat))
	_ = r.ParseForm()
	f.asked = append(f.asked, r.URL.Path+" "+r.Form.Get("query"))
	if f.fault != nil {
		if body, status := f.fault(r.URL.Path, r.Form.Get); status != 0 {
			w.WriteHeader(status)
			fmt.Fprint(w, body)
			return
		}
	}
	switch r.URL.Path {
	case "/api/v1/status/buildinfo":
		f.say(w, map[string]string{"version": "3.9.0"})
	case "/api/v1/status/runtimeinfo":
		f.say(w, map[string]string{"storageRetention": "15d"})
	case "/api/v1/query":
		f.query(w, r.Form.Get)
	case "/api/v1/query_range":
		f.steps(w, r.Form.Get)
	default:
		f.list(w, r)
	}
}

func (f *fake) say(w http.ResponseWriter, data any) {
	answer := map[string]any{"status": "success", "data": data}
	if f.warning != "" {
		answer["warnings"] = []string{f.warning}
	}
	_ = json.NewEncoder(w).Encode(answer)
}

func refuse(w http.ResponseWriter, kind, text string) {
	w.WriteHeader(map[string]int{"bad_data": 400, "execution": 422}[kind])
	fmt.Fprintf(w, `{"status":"error","errorType":%q,"error":%q}`, kind, text)
}

func millis(text string) int64 {
	s, _ := strconv.ParseFloat(text, 64)
	return int64(math.Round(s * 1000))
}

func (f *fake) query(w http.ResponseWriter, get form) {
	at := millis(get("time"))
	selector, rest, ranged := strings.Cut(get("query"), "[")
	span := int64(5 * 60_000)
	if ranged {
		span, _ = strconv.ParseInt(strings.TrimSuffix(rest, "ms]"), 10, 64)
	}
	if f.mostSpan > 0 && span > f.mostSpan.Milliseconds() {
		refuse(w, "execution", "query processing would load too many samples into memory in query execution")
		return
	}
	all, ok := f.selectors[selector]
	if lines, known := f.lines[get("query")]; known {
		ok = true
		for _, l := range lines {
			if v := l.at(time.UnixMilli(at).UTC()); !math.IsNaN(v) {
				all = append(all, counter{l.labels, []point{{at, v}}})
			}
		}
	}
	if values := f.exprs[selector]; values != nil {
		for name, v := range values(time.UnixMilli(at)) {
			all, ok = append(all, counter{map[string]string{"name": name}, []point{{at, v}}}), true
		}
	}
	if !ok {
		refuse(w, "bad_data", "nobody knows "+get("query"))
		return
	}
	var rows []string
	for _, c := range all {
		var values []string
		first := sort.Search(len(c.points), func(i int) bool { return c.points[i].at >= at-span }) // closed, as before version 3
		for _, p := range c.points[first:] {
			if p.at > at || (!f.until.IsZero() && p.at > f.until.UnixMilli()) {
				break
			}
			values = append(values, fmt.Sprintf(`[%d.%03d,"%s"]`, p.at/1000, p.at%1000, strconv.FormatFloat(p.v, 'f', -1, 64)))
		}
		labels, _ := json.Marshal(c.labels)
		switch {
		case len(values) == 0:
		case ranged:
			rows = append(rows, fmt.Sprintf(`{"metric":%s,"values":[%s]}`, labels, strings.Join(values, ",")))
		default:
			rows = append(rows, fmt.Sprintf(`{"metric":%s,"value":%s}`, labels, values[len(values)-1]))
		}
	}
	kind := map[bool]string{true: "matrix", false: "vector"}[ranged]
	f.say(w, map[string]any{"resultType": kind, "result": json.RawMessage("[" + strings.Join(rows, ",") + "]")})
}

func (f *fake) steps(w http.ResponseWriter, get form) {
	start, end := millis(get("start")), millis(get("end"))
	step := millis(get("step"))
	if (end-start)/step >= 11_000 {
		refuse(w, "bad_data", "exceeded maximum resolution of 11,000 points per timeseries.")
		return
	}
	if lines, ok := f.lines[get("query")]; ok {
		f.draw(w, lines, start, end, step)
		return
	}
	values := f.exprs[get("query")]
	if values == nil {
		refuse(w, "bad_data", "nobody knows "+get("query"))
		return
	}
	series := map[string][]any{}
	for at := start; at <= end; at += step {
		for name, v := range values(time.UnixMilli(at).UTC()) {
			series[name] = append(series[name], []any{float64(at) / 1000, strconv.FormatFloat(v, 'f', -1, 64)})
		}
	}
	rows := []any{}
	for name, v := range series {
		rows = append(rows, map[string]any{"metric": map[string]string{"name": name}, "values": v})
	}
	f.say(w, map[string]any{"resultType": "matrix", "result": rows})
}

// change changes the fake under its lock.
func (f *fake) change(fn func()) {
	f.mu.Lock()
	defer f.mu.Unlock()
	fn()
}

// source returns a source of the fake as a new process has it.
func (f *fake) source(t testing.TB, cfg prometheus.Config, slos ...opsreview.SLO) ingest.Source {
	t.Helper()
	return f.looking(t, cfg, nil, slos...)
}

// looking returns a source that looks at charts too.
func (f *fake) looking(t testing.TB, cfg prometheus.Config, look *prometheus.LookBack, slos ...opsreview.SLO) ingest.Source {
	t.Helper()
	cfg.Name, cfg.BaseURL = "prom", f.URL
	for i := range slos {
		slos[i].Source = "prom"
	}
	clock := rest.Clock{
		Now:   func() time.Time { f.mu.Lock(); defer f.mu.Unlock(); return f.now },
		Sleep: func(ctx context.Context, _ time.Duration) error { return ctx.Err() },
	}
	opts := []prometheus.Option{prometheus.WithClock(clock), prometheus.WithPatience(3, time.Minute)}
	if look != nil {
		opts = append(opts, prometheus.WithLookBack(*look))
	}
	s, err := prometheus.New(cfg, "", slos, f.Client(), opts...)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// sync pulls once.
func (f *fake) sync(t testing.TB, m *ingesttest.Memory, src ingest.Source) error {
	t.Helper()
	_, err := ingest.Sync(t.Context(), m, src, ingest.SyncOptions{Now: func() time.Time { return monday }})
	return err
}

// ratio is an SLO of two queries.
func ratio(name, bad, total string) opsreview.SLO {
	return opsreview.SLO{
		Name: name, Service: "vault", Objective: opsreview.Objective{Target: 0.999, Method: opsreview.Occurrences},
		Indicator: opsreview.Indicator{Counter: true, Bad: &opsreview.Query{Text: bad}, Total: &opsreview.Query{Text: total}},
	}
}
