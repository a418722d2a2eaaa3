package storetest

import (
	"strings"
	"testing"

	"opsreview"
)

var sourceTests = map[string]func(*testing.T, Store){
	"a source's state is what its syncs said":            testHealth,
	"rejects are kept until they have been made good":    testRejects,
	"suspect windows shrink by what has been read whole": testSuspects,
	"a raw payload is replaced by later ones only":       testRaw,
}

func testHealth(t *testing.T, st Store) {
	same(t, "unknown", opsreview.SourceHealth{Name: "pd"}, must(st.Source(t.Context(), "pd"))(t))
	want := opsreview.SourceHealth{Name: "pd", Type: "pagerduty", StartedAt: hour(1)}
	mustDo(t, st.BeginSync(t.Context(), "pd", "pagerduty", hour(1)))
	same(t, "running", want, must(st.Source(t.Context(), "pd"))(t))
	mustDo(t, st.EndSync(t.Context(), "pd", hour(2), "it did not answer"))
	want.EndedAt, want.LastError = hour(2), "it did not answer"
	same(t, "failed", want, must(st.Source(t.Context(), "pd"))(t))
	mustDo(t, st.BeginSync(t.Context(), "pd", "pagerduty", hour(3)))
	mustDo(t, st.SetScope(t.Context(), "pd", "everything"))
	save(t, st, "pd", opsreview.Batch{Pages: []opsreview.Page{trigger("Q1", hour(1), "a", "P1")}, Cursor: "c", Through: hour(2)})
	save(t, st, "pd", opsreview.Batch{Through: hour(1)})
	save(t, st, "pd", opsreview.Batch{})
	mustDo(t, st.EndSync(t.Context(), "pd", hour(4), ""))
	want = opsreview.SourceHealth{
		Name: "pd", Type: "pagerduty", Cursor: "c", SyncedTo: hour(2), StartedAt: hour(3), EndedAt: hour(4),
		Scope: "everything", Pages: 1, Events: 2,
	}
	mustDo(t, st.SetScope(t.Context(), "a", "nothing"))
	same(t, "all", []opsreview.SourceHealth{{Name: "a", Scope: "nothing"}, want}, must(st.Sources(t.Context()))(t))
	wantCode(t, st.BeginSync(t.Context(), "No Name", "x", hour(1)), opsreview.Invalid)
}

func testRejects(t *testing.T, st Store) {
	a := opsreview.Reject{ID: "log_entry/a", Type: "log_entry", Reason: "no time", Body: []byte{0, 1, 255}, At: hour(1)}
	b := opsreview.Reject{ID: "log_entry/b", Type: "log_entry", Reason: "no id", Body: []byte("{}"), At: hour(2)}
	both := opsreview.Batch{Rejects: []opsreview.Reject{b, a}}
	same(t, "saved", opsreview.Saved{Rejects: 2}, save(t, st, "pd", both))
	same(t, "saved again", opsreview.Saved{}, save(t, st, "pd", both))
	same(t, "for this version", nil, must(st.Rejects(t.Context(), "pd", "v1"))(t))
	same(t, "for the next version", []opsreview.Reject{a, b}, must(st.Rejects(t.Context(), "pd", "v2"))(t))
	health := must(st.Source(t.Context(), "pd"))(t)
	same(t, "number", 2, health.Rejects)
	same(t, "newest", "log_entry/b: no id", health.LastReject)
	// One is made good, the other fails in a new way.
	a.Reason = "no page"
	again := opsreview.Batch{Retried: []string{a.ID, b.ID}, Rejects: []opsreview.Reject{a}}
	same(t, "retried", opsreview.Saved{Rejects: 1}, save(t, st, "pd", again))
	same(t, "left", []opsreview.Reject{a}, must(st.Rejects(t.Context(), "pd", "v2"))(t))
}

func testSuspects(t *testing.T, st Store) {
	suspect := func(from, to float64) opsreview.SuspectWindow {
		return opsreview.SuspectWindow{Window: opsreview.Window{Start: hour(from), End: hour(to)}, Reason: "3 of 4", At: hour(9)}
	}
	step := func(b opsreview.Batch, want ...opsreview.SuspectWindow) {
		t.Helper()
		save(t, st, "pd", b)
		same(t, "suspect", want, must(st.Source(t.Context(), "pd"))(t).Suspect)
	}
	window := func(from, to float64) opsreview.Window { return opsreview.Window{Start: hour(from), End: hour(to)} }
	step(opsreview.Batch{Suspect: []opsreview.SuspectWindow{suspect(4, 6), suspect(0, 3)}}, suspect(0, 3), suspect(4, 6))
	step(opsreview.Batch{Cleared: []opsreview.Window{window(1, 2)}}, suspect(0, 1), suspect(2, 3), suspect(4, 6))
	step(opsreview.Batch{Cleared: []opsreview.Window{window(2, 5)}}, suspect(0, 1), suspect(5, 6))
	step(opsreview.Batch{Cleared: []opsreview.Window{window(6, 9)}}, suspect(0, 1), suspect(5, 6))
	// It was read again, and again not whole.
	step(opsreview.Batch{Cleared: []opsreview.Window{window(0, 1)}, Suspect: []opsreview.SuspectWindow{suspect(0, 1)}}, suspect(0, 1), suspect(5, 6))
	step(opsreview.Batch{Cleared: []opsreview.Window{window(-9, 9)}})
}

func testRaw(t *testing.T, st Store) {
	put := func(body string, at float64) string {
		t.Helper()
		save(t, st, "pd", opsreview.Batch{Raw: []opsreview.RawItem{{Type: "incident", ID: "Q1", At: hour(at), Body: []byte(body)}}})
		return string(must(st.Raw(t.Context(), "pd", "incident", "Q1"))(t))
	}
	long := strings.Repeat(`{"a": 1}`, 1000)
	same(t, "first", long, put(long, 2))
	same(t, "older", long, put("older", 1))
	same(t, "same time", long, put("same", 2))
	same(t, "later and empty", "", put("", 3))
	_, err := st.Raw(t.Context(), "pd", "log_entry", "Q1")
	wantCode(t, err, opsreview.NotFound)
	same(t, "purged before", 0, must(st.PurgeRaw(t.Context(), hour(3)))(t))
	same(t, "purged after", 1, must(st.PurgeRaw(t.Context(), hour(4)))(t))
	_, err = st.Raw(t.Context(), "pd", "incident", "Q1")
	wantCode(t, err, opsreview.NotFound)
}
