package storetest

import (
	"testing"
	"time"

	"opsreview"
	"opsreview/store"
)

var anomalyTests = map[string]func(*testing.T, Store){
	"charts that are listed no more are deleted":        testCharts,
	"a chart that comes again is there again":           testChartAgain,
	"dashboards, definitions and runbooks come back":    testDocuments,
	"a runbook that was checked again has not changed":  testRunbookChecked,
	"scans are kept by series and window":               testScans,
	"decisions about anomalies come newest first":       testDecisions,
	"a decision that is asked for twice is one":         testDecisionTwice,
	"decisions about anomalies that lack a part do not": testDecisionInvalid,
}

func chartKeys(t *testing.T, st Store, f store.ChartFilter) []string {
	t.Helper()
	keys := []string{}
	for _, c := range must(st.Charts(t.Context(), f))(t) {
		keys = append(keys, c.Key)
	}
	return keys
}

func testCharts(t *testing.T, st Store) {
	whole := opsreview.Chart{
		Key: "b/2", Title: "Reads", Dashboard: "Vault", Row: "Storage", URL: "https://example.com", Unit: "s", Service: "vault", Team: "secrets",
		Source: "prom", Queries: []opsreview.ChartQuery{{Name: "A", Text: `up{job="vault"}`, Legend: "{{pod}}"}}, Also: []string{"b/3"}, Skipped: "too many", LeftOut: 4,
	}
	save(t, st, "prom", opsreview.Batch{Charts: []opsreview.Chart{whole, {Key: "a/1"}}, Listed: []string{"charts"}})
	save(t, st, "csv", opsreview.Batch{Charts: []opsreview.Chart{{Key: "import/x"}}})
	same(t, "charts", []opsreview.Chart{{Key: "a/1", Source: "prom"}, whole, {Key: "import/x", Source: "csv"}}, must(st.Charts(t.Context(), store.ChartFilter{}))(t))
	same(t, "of a source", []string{"import/x"}, chartKeys(t, st, store.ChartFilter{Sources: []string{"csv"}}))
	same(t, "by key", []string{"a/1"}, chartKeys(t, st, store.ChartFilter{Keys: []string{"a/1", "z"}}))
	same(t, "none", []string{}, chartKeys(t, st, store.ChartFilter{Keys: []string{}}))
	save(t, st, "prom", opsreview.Batch{Series: []opsreview.Series{{Key: "s", Chart: "a/1"}}})
	same(t, "series of all", 1, len(must(st.SeriesStates(t.Context(), nil))(t)))
	save(t, st, "prom", opsreview.Batch{Charts: []opsreview.Chart{whole}, Listed: []string{"charts"}})
	same(t, "left", []string{"b/2", "import/x"}, chartKeys(t, st, store.ChartFilter{}))
	same(t, "with deleted ones", []string{"a/1", "b/2", "import/x"}, chartKeys(t, st, store.ChartFilter{WithDeleted: true}))
	same(t, "series of what is left", 0, len(must(st.SeriesStates(t.Context(), nil))(t)))
	same(t, "series of a deleted one", 1, len(must(st.SeriesStates(t.Context(), []string{"a/1"}))(t)))
	save(t, st, "prom", opsreview.Batch{Listed: []string{"charts"}})
	same(t, "an empty list", []string{"import/x"}, chartKeys(t, st, store.ChartFilter{}))
}

func testChartAgain(t *testing.T, st Store) {
	save(t, st, "prom", readsBatch(monday, time.Minute, 1, 2))
	save(t, st, "prom", opsreview.Batch{Listed: []string{"charts"}})
	same(t, "deleted", []string{}, chartKeys(t, st, store.ChartFilter{}))
	save(t, st, "prom", opsreview.Batch{Charts: []opsreview.Chart{{Key: reads, Title: "Reads"}}})
	same(t, "again", []string{reads}, chartKeys(t, st, store.ChartFilter{}))
	wantValues(t, "its values", []float64{1, 2}, points(t, st, 0, 2).Values)
	same(t, "in another's hands", opsreview.Saved{}, save(t, st, "other", opsreview.Batch{Charts: []opsreview.Chart{{Key: reads, Title: "Reads"}}}))
	save(t, st, "prom", opsreview.Batch{Listed: []string{"charts"}})
	same(t, "still there", []string{reads}, chartKeys(t, st, store.ChartFilter{Sources: []string{"other"}}))
}

func testDocuments(t *testing.T, st Store) {
	board := opsreview.Dashboard{
		Source: "graf", UID: "vault", Title: "Vault", Tags: []string{"a"}, UpdatedAt: hour(1),
		Variables: []opsreview.Variable{{Name: "job", Current: []string{"$__all"}, IncludeAll: true}},
		Panels:    []opsreview.Panel{{ID: 4, Title: "Reads", H: 3, Queries: []opsreview.PanelQuery{{Name: "A", Text: "up<>&"}}}},
	}
	rule := opsreview.MonitorDefinition{Source: "graf", ID: "g/Down", Labels: map[string]string{"a": "b"}, Links: []string{"x"}}
	book := opsreview.Runbook{Address: "https://example.com/a", Sections: []string{"Down"}, CheckedAt: hour(2)}
	b := opsreview.Batch{Dashboards: []opsreview.Dashboard{board}, Definitions: []opsreview.MonitorDefinition{rule}, Runbooks: []opsreview.Runbook{book}}
	same(t, "saved", 3, save(t, st, "graf", b).Dashboards)
	same(t, "again", opsreview.Saved{}, save(t, st, "graf", b))
	same(t, "dashboards", b.Dashboards, must(st.Dashboards(t.Context()))(t))
	same(t, "definitions", b.Definitions, must(st.Definitions(t.Context()))(t))
	same(t, "runbooks", b.Runbooks, must(st.Runbooks(t.Context()))(t))
	save(t, st, "other", opsreview.Batch{Listed: []string{"dashboards", "definitions", "runbooks"}})
	same(t, "another's list", 1, len(must(st.Dashboards(t.Context()))(t)))
	gone := save(t, st, "graf", opsreview.Batch{Listed: []string{"dashboards", "definitions"}})
	same(t, "gone", 2, gone.Dashboards)
	same(t, "dashboards", 0, len(must(st.Dashboards(t.Context()))(t)))
	same(t, "definitions", 0, len(must(st.Definitions(t.Context()))(t)))
	same(t, "runbooks", 1, len(must(st.Runbooks(t.Context()))(t)))
	same(t, "back", 2, save(t, st, "graf", b).Dashboards)
}

func testRunbookChecked(t *testing.T, st Store) {
	book := opsreview.Runbook{Address: "a.md", Title: "A", CheckedAt: hour(1)}
	save(t, st, "books", opsreview.Batch{Runbooks: []opsreview.Runbook{book}})
	book.CheckedAt = hour(2)
	same(t, "saved", opsreview.Saved{}, save(t, st, "books", opsreview.Batch{Runbooks: []opsreview.Runbook{book}}))
	same(t, "checked", []opsreview.Runbook{book}, must(st.Runbooks(t.Context()))(t))
	older := book
	older.CheckedAt, older.Problem = hour(1), "gone"
	save(t, st, "a", opsreview.Batch{Runbooks: []opsreview.Runbook{older}})
	same(t, "the latest of two sources", []opsreview.Runbook{book}, must(st.Runbooks(t.Context()))(t))
}

func testScans(t *testing.T, st Store) {
	save(t, st, "prom", readsBatch(monday, time.Minute, 1, 2))
	w := opsreview.Window{Start: monday, End: hour(24)}
	first := opsreview.Scan{Series: readsKey, Window: w, Of: "v1", Body: []byte("x")}
	mustDo(t, st.SaveScans(t.Context(), []opsreview.Scan{first, {Series: "gone", Window: w}}))
	same(t, "kept", map[string]opsreview.Scan{readsKey: first}, must(st.Scans(t.Context(), []string{readsKey, readsKey, "gone"}, w))(t))
	same(t, "another window", nil, must(st.Scans(t.Context(), []string{readsKey}, opsreview.Window{Start: monday, End: hour(25)}))(t))
	second := first
	second.Of, second.Body = "v2", nil
	mustDo(t, st.SaveScans(t.Context(), []opsreview.Scan{second}))
	got := must(st.Scans(t.Context(), []string{readsKey}, w))(t)[readsKey]
	same(t, "replaced", "v2", got.Of)
	for i := range 15 {
		mustDo(t, st.SaveScans(t.Context(), []opsreview.Scan{{Series: readsKey, Window: opsreview.Window{Start: monday, End: hour(float64(i + 30))}}}))
	}
	same(t, "sixteen", 1, len(must(st.Scans(t.Context(), []string{readsKey}, w))(t)))
	mustDo(t, st.SaveScans(t.Context(), []opsreview.Scan{{Series: readsKey, Window: opsreview.Window{Start: monday, End: hour(99)}}}))
	same(t, "the oldest of seventeen", 0, len(must(st.Scans(t.Context(), []string{readsKey}, w))(t)))
	wantCode(t, st.SaveScans(t.Context(), []opsreview.Scan{{Series: readsKey}}), opsreview.Invalid)
}

func decision(h float64, chart string) opsreview.AnomalyDecision {
	return opsreview.AnomalyDecision{
		Chart: chart, Window: opsreview.Window{Start: hour(0), End: hour(1)}, Anomaly: "a-1", Text: "4 times the usual",
		Verdict: opsreview.AnomalyDismissed, Reason: "a test", Author: "ada", At: hour(h), Until: hour(200),
	}
}

func testDecisions(t *testing.T, st Store) {
	var want []opsreview.AnomalyDecision
	for i, h := range []float64{1, 3, 2, 3} {
		d := must(st.DecideAnomaly(t.Context(), store.Request{}, decision(h, []string{"a", "b"}[i%2])))(t)
		want = append(want, d)
	}
	want = []opsreview.AnomalyDecision{want[3], want[1], want[2], want[0]}
	same(t, "id", "d-4", want[0].ID)
	same(t, "all", want, must(st.AnomalyDecisions(t.Context(), nil))(t))
	same(t, "of a chart", []opsreview.AnomalyDecision{want[2], want[3]}, must(st.AnomalyDecisions(t.Context(), []string{"a"}))(t))
	same(t, "of none", nil, must(st.AnomalyDecisions(t.Context(), []string{}))(t))
	same(t, "a page", want[:2], must(st.ListAnomalyDecisions(t.Context(), store.AnomalyDecisionFilter{Limit: 2}))(t))
	same(t, "the next", want[2:3], must(st.ListAnomalyDecisions(t.Context(), store.AnomalyDecisionFilter{Limit: 1, Before: want[1].ID}))(t))
	_, err := st.ListAnomalyDecisions(t.Context(), store.AnomalyDecisionFilter{Before: "d-01"})
	wantCode(t, err, opsreview.Invalid)
}

func testDecisionTwice(t *testing.T, st Store) {
	r := store.Request{ID: "r1", Method: "DecideAnomaly", Content: []byte("x"), At: hour(1)}
	first := must(st.DecideAnomaly(t.Context(), r, decision(1, "a")))(t)
	same(t, "again", first, must(st.DecideAnomaly(t.Context(), r, decision(2, "a")))(t))
	same(t, "decisions", 1, len(must(st.AnomalyDecisions(t.Context(), nil))(t)))
	r.Content = []byte("y")
	_, err := st.DecideAnomaly(t.Context(), r, decision(1, "a"))
	wantCode(t, err, opsreview.Conflict)
}

func testDecisionInvalid(t *testing.T, st Store) {
	for name, change := range map[string]func(*opsreview.AnomalyDecision){
		"no chart":            func(d *opsreview.AnomalyDecision) { d.Chart = "" },
		"no window":           func(d *opsreview.AnomalyDecision) { d.Window = opsreview.Window{} },
		"no verdict":          func(d *opsreview.AnomalyDecision) { d.Verdict = "" },
		"no reason":           func(d *opsreview.AnomalyDecision) { d.Reason = " " },
		"a long reason":       func(d *opsreview.AnomalyDecision) { d.Reason = string(make([]byte, 2001)) },
		"a long text":         func(d *opsreview.AnomalyDecision) { d.Text = string(make([]byte, 9000)) },
		"no author":           func(d *opsreview.AnomalyDecision) { d.Author = "" },
		"no time":             func(d *opsreview.AnomalyDecision) { d.At = time.Time{} },
		"an end before":       func(d *opsreview.AnomalyDecision) { d.Until = d.Window.Start },
		"acceptance for long": func(d *opsreview.AnomalyDecision) { d.Verdict = opsreview.AnomalyAccepted },
		"an old one":          func(d *opsreview.AnomalyDecision) { d.ID = "d-1" },
	} {
		d := decision(1, "a")
		change(&d)
		if _, err := st.DecideAnomaly(t.Context(), store.Request{}, d); opsreview.ErrorCode(err) != opsreview.Invalid {
			t.Errorf("%s: %v", name, err)
		}
	}
	d := decision(1, "a")
	d.Verdict, d.Until, d.Reason = opsreview.AnomalyReopened, time.Time{}, ""
	must(st.DecideAnomaly(t.Context(), store.Request{}, d))(t)
}
