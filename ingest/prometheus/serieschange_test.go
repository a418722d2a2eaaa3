package prometheus_test

import (
	"context"
	"fmt"
	"math"
	"net/http"
	"strings"
	"testing"
	"time"

	"opsreview"
	"opsreview/dashboard"
	"opsreview/ingest"
	"opsreview/ingest/ingesttest"
	"opsreview/ingest/prometheus"
)

func TestSeries_Conformance(t *testing.T) {
	ingesttest.Run(t, func(t testing.TB) ingesttest.Fixture {
		f := openFake(t)
		f.rules = someRules
		f.lines = map[string][]line{"a": {namedLine("x", wave(1)), namedLine("y", wave(2))}, "b_total": {namedLine("x", wave(3))}}
		look := twoDays(chartOf("a", "a"), chartOf("b", "b_total"))
		look.Span, look.History = 12*time.Hour, 24*time.Hour
		return ingesttest.Fixture{
			New: func(t testing.TB) ingest.Source { return f.looking(t, fourDays, look) },
			Now: func() time.Time { return monday },
		}
	})
}

// What a warning came with may lack something: it is read again.
func TestSeries_AfterAWarningAreReadAgain(t *testing.T) {
	f := openFake(t)
	partial := true
	f.lines = map[string][]line{"up": {namedLine("a", func(at time.Time) float64 {
		if partial && at.After(monday.Add(-20*time.Hour)) && at.Before(monday.Add(-12*time.Hour)) {
			return math.NaN()
		}
		return wave(1)(at)
	})}}
	look := twoDays(chartOf("up", "up"))
	db := openStore(t)
	f.change(func() { f.now = monday.Add(-19 * time.Hour) })
	mustPull(t, db, f.looking(t, fourDays, look))
	f.change(func() { f.now, f.warning = monday, "1 store did not answer" })
	notes := ""
	_, err := ingest.Sync(t.Context(), db, f.looking(t, fourDays, look), ingest.SyncOptions{
		Now: func() time.Time { return monday }, Report: func(p ingest.Progress) { notes += p.Note },
	})
	if err != nil || !strings.Contains(notes, "1 store did not answer") {
		t.Errorf("the person who waits is told %q, %v", notes, err)
	}
	f.change(func() { f.now, f.warning, partial = monday.Add(time.Hour), "", false })
	mustPull(t, db, f.looking(t, fourDays, look))
	w := opsreview.Window{Start: monday.Add(-19 * time.Hour), End: monday}
	p := pointsOf(t, db, seriesIn(t, db, "queries/up")[`{instance="a"}`].Key, w)
	for i, v := range p.Values {
		if at := p.Start.Add(time.Duration(i) * p.Step); math.IsNaN(v) {
			t.Fatalf("at %s nothing is known, though the server has it now", at)
		}
	}
}

func TestSeries_AreCountersWhereSomebodySaysSo(t *testing.T) {
	tests := map[string]struct {
		query, declared string
		want            bool
	}{
		"by its name":                                   {query: "hits_total", want: true},
		"a histogram's buckets by their name":           {query: `latency_bucket{le="0.5"}`, want: true},
		"by what targets declare":                       {query: "hits", declared: "counter", want: true},
		"what they declare is stronger than the name":   {query: "hits_total", declared: "gauge"},
		"in parentheses":                                {query: "(hits_total)", want: true},
		"its rate is none":                              {query: "rate(hits_total[5m])"},
		"neither is a sum, whose resets nobody can see": {query: "sum(hits_total)"},
		"a gauge": {query: "temperature"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			f := openFake(t)
			f.lines = map[string][]line{tt.query: {namedLine("a", wave(1))}}
			f.declared = map[string]string{strings.Trim(tt.query, "()"): tt.declared}
			db := openStore(t)
			mustPull(t, db, f.looking(t, fourDays, twoDays(chartOf("x", tt.query))))
			for _, s := range seriesIn(t, db, "queries/x") {
				if s.Counter != tt.want {
					t.Errorf("counter is %v", s.Counter)
				}
			}
		})
	}
}

// The values of a dashboard's variables change with each deployment: that must
// not read six weeks again each time.
func TestSeries_VariablesDoNotBeginAnewEachTime(t *testing.T) {
	f := openFake(t)
	board := opsreview.Dashboard{
		UID: "vault", Title: "Vault",
		Variables: []opsreview.Variable{{Name: "pod", Type: "query", Query: "label_values(up, pod)", IncludeAll: true, Multi: true, Current: []string{"$__all"}}},
		Panels:    []opsreview.Panel{{ID: 4, Title: "Up", Type: "timeseries", Queries: []opsreview.PanelQuery{{Name: "A", Text: `up{pod=~"$pod"}`}}}},
	}
	look := twoDays()
	look.Boards = func(context.Context) ([]prometheus.Board, error) {
		return []prometheus.Board{{Dashboard: board, Scope: dashboard.Scope{Source: "prom"}}}, nil
	}
	db := openStore(t)
	steps := map[string]int{}
	f.fault = func(path string, get form) (string, int) {
		if strings.HasSuffix(path, "query_range") {
			steps[get("step")] += int((millis(get("end"))-millis(get("start")))/millis(get("step"))) + 1
		}
		return "", 0
	}
	asked := func(deployment int) int {
		f.change(func() {
			f.now = monday.Add(time.Duration(deployment) * 2 * time.Hour)
			f.labels = map[string][]string{"up pod": {fmt.Sprintf("a-%d", deployment), "b"}}
			f.lines = map[string][]line{fmt.Sprintf(`up{pod=~"(a-%d|b)"}`, deployment): {namedLine("b", wave(1)), namedLine(fmt.Sprintf("a-%d", deployment), wave(2))}}
			clear(steps)
		})
		mustPull(t, db, f.looking(t, fourDays, look))
		return steps["60"]
	}
	whole := asked(0)
	again := 0
	for deployment := 1; deployment <= 24; deployment++ { // two days
		if n := asked(deployment); n > whole/2 {
			again++
		} else if n > 5*60 {
			t.Errorf("after a deployment %d values are asked for", n)
		}
	}
	if again != 2 {
		t.Errorf("in two days of deployments the history was read again %d times, want once a day", again)
	}
	b := seriesIn(t, db, "vault/4")[`{instance="b"}`]
	p := pointsOf(t, db, b.Key, opsreview.Window{Start: monday.Add(-40 * time.Hour), End: monday.Add(47 * time.Hour)})
	for i, v := range p.Values {
		// What has grown older than three days was read again at a larger step.
		if at := p.Start.Add(time.Duration(i) * p.Step); v != wave(1)(at) && (at.After(monday) || at.Minute()%5 == 0) {
			t.Fatalf("at %s is %g, the truth is %g", at, v, wave(1)(at))
		}
	}
}

func TestSeries_OfACrowdAreNotAsked(t *testing.T) {
	f := openFake(t)
	f.lines = map[string][]line{"few": {namedLine("a", wave(1))}}
	for i := range 1001 {
		f.lines["crowd"] = append(f.lines["crowd"], namedLine(fmt.Sprint(i), wave(1)))
	}
	db := openStore(t)
	mustPull(t, db, f.looking(t, fourDays, twoDays(chartOf("crowd", "crowd"), chartOf("both", "few", "crowd"))))
	for key, want := range map[string]string{"queries/crowd": "it has 1001 series", "queries/both": "query B: it has 1001 series"} {
		if c := chartIn(t, db, key); !strings.HasPrefix(c.Skipped, want) {
			t.Errorf("the chart is %+v, want %q", c, want)
		}
	}
	for _, a := range f.asked {
		if strings.HasSuffix(a, "query_range crowd") {
			t.Error("a crowd is asked for its history")
		}
	}
}

func TestCheck_TellsOfCharts(t *testing.T) {
	f, look := busy(t)
	f.lines["requests_total"], f.lines["ratio"] = []line{}, []line{}
	look.Charts = look.Charts[:3]
	var got ingest.Check
	for _, c := range f.looking(t, fourDays, look).Check(t.Context()) {
		if c.Subject == "charts" {
			got = c
		}
		if c.Subject == "SLOs" {
			t.Errorf("somebody looks at charts only, and the check says %+v", c)
		}
	}
	for _, want := range []string{"2 are looked at", "1 are skipped", "1 have no series at present", "queries/broken: ", "unclosed left parenthesis"} {
		if !got.OK || !strings.Contains(got.Detail, want) {
			t.Errorf("the check is %+v, want %q", got, want)
		}
	}
	f.change(func() {
		f.fault = func(path string, _ form) (string, int) {
			if strings.HasSuffix(path, "/query") {
				return "", http.StatusBadRequest
			}
			return "", 0
		}
	})
	for _, c := range f.looking(t, fourDays, look).Check(t.Context()) {
		if c.Subject == "charts" && c.OK {
			t.Errorf("no chart can be asked, and the check is %+v", c)
		}
	}
}
