package storetest

import (
	"testing"
	"time"

	"opsreview"
)

var reportTests = map[string]func(*testing.T, Store){
	"a scheduled report is intended once":          testIntendReport,
	"a report that was cut off stays intended":     testReportCutOff,
	"the latest report of each destination counts": testLastReports,
}

func testIntendReport(t *testing.T, st Store) {
	intend := func(destination string, due time.Time) bool {
		t.Helper()
		return must(st.IntendReport(t.Context(), destination, due, due.Add(time.Second)))(t)
	}
	same(t, "first", true, intend("chat", hour(1)))
	same(t, "the same again", false, intend("chat", hour(1)))
	same(t, "another time", true, intend("chat", hour(2)))
	same(t, "another destination", true, intend("mail", hour(1)))
	mustDo(t, st.EndReport(t.Context(), "chat", hour(1), hour(1.5), ""))
	same(t, "the same after it was sent", false, intend("chat", hour(1)))
	wantCode(t, st.EndReport(t.Context(), "chat", hour(1), hour(1.6), ""), opsreview.NotFound)
	wantCode(t, st.EndReport(t.Context(), "nobody", hour(1), hour(1.6), ""), opsreview.NotFound)
	mustDo(t, st.EndReport(t.Context(), "mail", hour(1), hour(1.5), "the server is away"))
	same(t, "the same after it failed", false, intend("mail", hour(1)))
}

func testReportCutOff(t *testing.T, st Store) {
	same(t, "first", true, must(st.IntendReport(t.Context(), "chat", hour(1), hour(1)))(t))
	want := []opsreview.ReportRun{{Destination: "chat", Due: hour(1), State: opsreview.ReportIntended, At: hour(1)}}
	same(t, "last reports", want, must(st.LastReports(t.Context()))(t))
}

func testLastReports(t *testing.T, st Store) {
	for _, h := range []float64{3, 1, 2} {
		must(st.IntendReport(t.Context(), "chat", hour(h), hour(h)))(t)
	}
	must(st.IntendReport(t.Context(), "mail", hour(1), hour(1)))(t)
	mustDo(t, st.EndReport(t.Context(), "chat", hour(3), hour(4), "no such host"))
	mustDo(t, st.EndReport(t.Context(), "mail", hour(1), hour(2), ""))
	same(t, "last reports", []opsreview.ReportRun{
		{Destination: "chat", Due: hour(3), State: opsreview.ReportFailed, Error: "no such host", At: hour(4)},
		{Destination: "mail", Due: hour(1), State: opsreview.ReportSent, At: hour(2)},
	}, must(st.LastReports(t.Context()))(t))
}
