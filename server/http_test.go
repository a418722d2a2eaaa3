package server_test

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"log/slog"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus/testutil/promlint"
	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"
	healthpb "google.golang.org/grpc/health/grpc_health_v1"

	"opsreview"
	pb "opsreview/proto/opsreview/v1"
	"opsreview/server"
)

// scrape reads the metrics as Prometheus does.
func scrape(tb testing.TB, w *web) map[string]*dto.MetricFamily {
	tb.Helper()
	status, text := w.get(tb, "/metrics")
	if status != http.StatusOK {
		tb.Fatalf("status %d: %s", status, text)
	}
	parser := expfmt.NewTextParser(model.UTF8Validation)
	families, err := parser.TextToMetricFamilies(strings.NewReader(text))
	if err != nil {
		tb.Fatal(err)
	}
	return families
}

// metric returns the value of the metric with the labels, -1 if there is none.
func metric(tb testing.TB, w *web, name string, labels ...string) float64 {
	tb.Helper()
	return valueOf(scrape(tb, w), name, labels...)
}

func valueOf(families map[string]*dto.MetricFamily, name string, labels ...string) float64 {
	for _, m := range families[name].GetMetric() {
		var has []string
		for _, l := range m.GetLabel() {
			has = append(has, l.GetName()+"="+l.GetValue())
		}
		if !slices.ContainsFunc(labels, func(l string) bool { return !slices.Contains(has, l) }) {
			return m.GetGauge().GetValue() + m.GetCounter().GetValue() + float64(m.GetHistogram().GetSampleCount())
		}
	}
	return -1
}

func TestMetrics_TellTheReview(t *testing.T) {
	w := openHTTP(t)
	seedWeek(t, w.api)
	must(w.pages.LabelPages(t.Context(), &pb.LabelPagesRequest{Pages: []string{"pd/Q1"}, Label: noise()}))(t)
	if n := metric(t, w, "opsreview_review_computed_timestamp_seconds"); n != -1 {
		t.Errorf("numbers that nobody has computed are from %v", n)
	}
	w.server.ComputeHeadlines(t.Context())
	got := scrape(t, w)
	for _, team := range []string{"secrets", "payments"} {
		r := must(w.reviews.PrepareReview(t.Context(), &pb.PrepareReviewRequest{Team: team, Window: inWeek()}))(t).GetReview()
		h, over := r.GetHeadline(), 0
		for _, l := range r.GetLoads() {
			over += min(len(l.GetBreaches()), 1)
		}
		of := []string{"team=" + team, "window=last_week"}
		want := map[string]float64{
			"opsreview_review_pages": float64(h.GetPages()), "opsreview_review_labelled_pages": float64(h.GetLabelled()),
			"opsreview_review_open_pages": float64(h.GetOpen()), "opsreview_review_escalated_pages": float64(h.GetEscalated()),
			"opsreview_review_interrupted_people": float64(h.GetPeopleInterrupted()), "opsreview_review_people_over_limits": float64(over),
		}
		for name, n := range want {
			if v := valueOf(got, name, of...); v != n {
				t.Errorf("%s of %s is %v, want %v as in the review", name, team, v, n)
			}
		}
		for class, n := range map[string]int32{"business": h.GetInterruptions().GetBusiness(), "sleep": h.GetInterruptions().GetSleep(), "off_hours": h.GetInterruptions().GetOffHours()} {
			if v := valueOf(got, "opsreview_review_interruptions", append(of, "class="+class)...); v != float64(n) {
				t.Errorf("%s interruptions of %s are %v, want %v", class, team, v, n)
			}
		}
		for outcome, n := range map[string]int32{"noise": h.GetOutcomes().GetNoise(), "wasted": h.GetOutcomes().GetWasted(), "unlabelled": h.GetOutcomes().GetUnlabelled()} {
			if v := valueOf(got, "opsreview_review_outcome_pages", append(of, "outcome="+outcome)...); v != float64(n) {
				t.Errorf("%s pages of %s are %v, want %v", outcome, team, v, n)
			}
		}
	}
	if v := valueOf(got, "opsreview_review_pages", "team=secrets", "window=last_week"); v < 2 {
		t.Errorf("the week has %v pages: it shows nothing", v)
	}
	if v := valueOf(got, "opsreview_review_window_start_timestamp_seconds", "team=secrets", "window=this_week"); v != float64(week.End.Unix()) {
		t.Errorf("the week that runs began at %v, want %d", v, week.End.Unix())
	}
}

func TestMetrics_TellOfAnomalies(t *testing.T) {
	w := openHTTP(t)
	seedWeek(t, w.api)
	save(t, w.api, "prom", charted(vaultReads(), hour{monday(2, "14:00:00"), 500}))
	w.server.ComputeHeadlines(t.Context())
	got := scrape(t, w)
	for labels, want := range map[[2]string]float64{
		{"team=secrets", "context=unexplained"}: 1, {"team=secrets", "context=paged"}: 0, {"team=payments", "context=unexplained"}: -1,
	} {
		if v := valueOf(got, "opsreview_review_open_anomalies", labels[:]...); v != want {
			t.Errorf("%v has %v open anomalies, want %v", labels, v, want)
		}
	}
}

func TestMetrics_AreComputedWhenSomebodyScrapes(t *testing.T) {
	w := openHTTP(t)
	seedWeek(t, w.api)
	w.schedule(t)
	for metric(t, w, "opsreview_review_pages", "team=secrets") < 0 {
		if t.Context().Err() != nil {
			t.Fatal("the numbers never come")
		}
	}
}

func TestMetrics_TellTheServer(t *testing.T) {
	src, change, _ := withWebhook(t)
	w := openHTTP(t, change)
	stream := must(w.sources.SyncSources(t.Context(), &pb.SyncSourcesRequest{Names: []string{"pd"}}))(t)
	p := <-src.pulls
	p.save <- opsreview.Batch{
		Pages: []opsreview.Page{page("Q1", "vault", now)}, Cursor: "c1", Through: now,
		Suspect: []opsreview.SuspectWindow{{Window: week, Reason: "cut off", At: now}},
	}
	p.end <- nil
	must(drain(stream))(t)
	_, err := w.pages.GetPage(t.Context(), &pb.GetPageRequest{Name: "pd/nothing"})
	if err == nil {
		t.Fatal("a page that is not there was found")
	}
	w.post(t, hook, sign("s1", call("a")), call("a"))
	got := scrape(t, w)
	for _, tt := range []struct {
		name   string
		labels []string
		want   float64
	}{
		{"opsreview_build_info", []string{"version=v1"}, 1},
		{"opsreview_database_up", nil, 1},
		{"opsreview_grpc_request_duration_seconds", []string{"method=opsreview.v1.PageService/GetPage", "code=NotFound"}, 1},
		{"opsreview_grpc_request_duration_seconds", []string{"method=opsreview.v1.SourceService/SyncSources", "code=OK"}, 1},
		{"opsreview_grpc_requests_in_flight", []string{"method=opsreview.v1.PageService/GetPage"}, 0},
		{"opsreview_source_syncs_total", []string{"source=pd", "result=ok"}, 1},
		{"opsreview_source_sync_duration_seconds", []string{"source=pd"}, 1},
		{"opsreview_source_new_pages_total", []string{"source=pd"}, 1},
		{"opsreview_source_pages", []string{"source=pd"}, 1},
		{"opsreview_source_rejects", []string{"source=pd"}, 0},
		{"opsreview_source_suspect_windows", []string{"source=pd"}, 1},
		{"opsreview_source_last_sync_failed", []string{"source=pd"}, 0},
		{"opsreview_source_last_success_timestamp_seconds", []string{"source=pd"}, float64(now.Unix())},
		{"opsreview_source_synced_to_timestamp_seconds", []string{"source=pd"}, float64(now.Unix())},
		{"opsreview_webhook_calls_total", []string{"source=pd", "result=accepted"}, 1},
		{"opsreview_webhook_last_accepted_timestamp_seconds", []string{"source=pd"}, float64(now.Unix())},
	} {
		if v := valueOf(got, tt.name, tt.labels...); v != tt.want {
			t.Errorf("%s%v is %v, want %v", tt.name, tt.labels, v, tt.want)
		}
	}
	if valueOf(got, "opsreview_database_bytes") <= 0 || valueOf(got, "opsreview_database_log_bytes") < 0 {
		t.Error("the database has no size")
	}
}

func TestMetrics_AFailureIsNoSuccess(t *testing.T) {
	src, change, _ := withWebhook(t)
	w := openHTTP(t, change)
	for _, end := range []error{nil, opsreview.Errorf(opsreview.Unavailable, "down")} {
		stream := must(w.sources.SyncSources(t.Context(), &pb.SyncSourcesRequest{Names: []string{"pd"}}))(t)
		(<-src.pulls).end <- end
		_, _ = drain(stream) // it ends with the source's error
	}
	got := scrape(t, w)
	if v := valueOf(got, "opsreview_source_last_sync_failed", "source=pd"); v != 1 {
		t.Errorf("the last sync failed: %v", v)
	}
	if v := valueOf(got, "opsreview_source_last_success_timestamp_seconds", "source=pd"); v != float64(now.Unix()) {
		t.Errorf("the success before the failure is %v", v)
	}
	if v := valueOf(got, "opsreview_source_syncs_total", "source=pd", "result=failed"); v != 1 {
		t.Errorf("%v syncs failed, want 1", v)
	}
}

// What people write into pages must never become a label.
func TestMetrics_AreWellFormedAndFew(t *testing.T) {
	_, change, _ := withWebhook(t)
	w := openHTTP(t, change, withObjectives)
	seedWeek(t, w.api)
	w.server.ComputeHeadlines(t.Context())
	must(w.teams.ListTeams(t.Context(), &pb.ListTeamsRequest{}))(t)
	w.post(t, hook, "", call("a"))
	w.post(t, "/webhooks/fake/someone-elses", "", call("a"))
	scrape(t, w) // what promhttp counts of scrapes is there from the second on
	_, text := w.get(t, "/metrics")
	problems, err := promlint.New(strings.NewReader(text)).Lint()
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range problems {
		t.Errorf("%s: %s", p.Metric, p.Text)
	}
	labels := map[string]bool{}
	for name, family := range scrape(t, w) {
		if !strings.HasPrefix(name, "opsreview_") {
			continue
		}
		for _, m := range family.GetMetric() {
			for _, l := range m.GetLabel() {
				labels[l.GetName()] = true
			}
		}
	}
	want := []string{"class", "code", "go_version", "method", "outcome", "result", "slo", "source", "team", "version", "window"}
	if diff := cmp.Diff(want, slices.Sorted(maps.Keys(labels))); diff != "" {
		t.Errorf("labels (-want +got):\n%s", diff)
	}
	for _, word := range []string{"disk full", "VAULT", "someone-elses", "ada@"} {
		if strings.Contains(text, word) {
			t.Errorf("%q is among the metrics", word)
		}
	}
}

func TestMetrics_OutliveTheDatabase(t *testing.T) {
	w := openHTTP(t)
	if err := w.db.Close(); err != nil {
		t.Fatal(err)
	}
	w.server.ComputeHeadlines(t.Context())
	got := scrape(t, w)
	if v := valueOf(got, "opsreview_database_up"); v != 0 {
		t.Errorf("a closed database is up: %v", v)
	}
	if v := valueOf(got, "opsreview_review_failed_teams"); v != 2 {
		t.Errorf("%v teams failed, want 2", v)
	}
}

// health asks a probe and returns the status and what is not ok.
func health(tb testing.TB, w *web, path string) (int, []string) {
	tb.Helper()
	status, text := w.get(tb, path)
	var answer struct {
		Status string
		Checks map[string]string
	}
	if err := json.Unmarshal([]byte(text), &answer); err != nil {
		tb.Fatalf("%s: %v", text, err)
	}
	if (answer.Status == "ok") != (status == http.StatusOK) {
		tb.Errorf("status %d says %q", status, answer.Status)
	}
	var bad []string
	for name, c := range answer.Checks {
		if c != "ok" {
			bad = append(bad, name)
		}
	}
	slices.Sort(bad)
	return status, bad
}

func TestReady(t *testing.T) {
	tests := map[string]struct {
		harm func(t *testing.T, w *web)
		want []string
	}{
		"a server that can answer is ready": {func(*testing.T, *web) {}, nil},
		"without its database it is not": {func(t *testing.T, w *web) {
			if err := w.db.Close(); err != nil {
				t.Fatal(err)
			}
		}, []string{"database"}},
		"with a schema of another version it is not": {func(t *testing.T, w *web) {
			db := must(sql.Open("sqlite", "file:"+w.path))(t)
			defer db.Close()
			must(db.ExecContext(t.Context(), "PRAGMA user_version = 999"))(t)
		}, []string{"schema"}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			w := openHTTP(t)
			tt.harm(t, w)
			status, bad := health(t, w, "/readyz")
			if diff := cmp.Diff(tt.want, bad); diff != "" || (status == http.StatusOK) != (tt.want == nil) {
				t.Errorf("status %d (-want +got):\n%s", status, diff)
			}
			if status, _ := health(t, w, "/healthz"); status != http.StatusOK {
				t.Errorf("the process is said not to live: %d", status)
			}
		})
	}
}

func TestReady_NotWhileTheServerStops(t *testing.T) {
	src, change, _ := withWebhook(t)
	w := openHTTP(t, change)
	watch := must(w.api.health.Watch(t.Context(), &healthpb.HealthCheckRequest{}))(t)
	must(watch.Recv())(t)
	stream := must(w.sources.SyncSources(t.Context(), &pb.SyncSourcesRequest{Names: []string{"pd"}}))(t)
	underWay := <-src.pulls
	stopped := make(chan struct{})
	go func() { defer close(stopped); w.server.Stop(context.WithoutCancel(t.Context())) }()
	must(watch.Recv())(t) // The server is stopping, and the sync keeps it.
	if status, bad := health(t, w, "/readyz"); status != http.StatusServiceUnavailable || !slices.Equal(bad, []string{"serving"}) {
		t.Errorf("readyz says %d, %v", status, bad)
	}
	if status, _ := health(t, w, "/healthz"); status != http.StatusOK {
		t.Errorf("healthz says %d", status)
	}
	if got := w.post(t, hook, sign("s1", call("a")), call("a")); got != http.StatusServiceUnavailable {
		t.Errorf("a webhook gets %d: nobody would pull for it", got)
	}
	underWay.end <- nil
	must(drain(stream))(t)
	<-stopped
	if resp, err := http.Get("http://" + w.addr + "/healthz"); err == nil {
		resp.Body.Close()
		t.Error("a stopped server answers")
	}
}

func TestServer_LogsRequests(t *testing.T) {
	for name, tt := range map[string]struct {
		level slog.Level
		slow  time.Duration
		want  bool
	}{
		"each at debug":             {slog.LevelDebug, time.Hour, true},
		"quick ones not at info":    {slog.LevelInfo, time.Hour, false},
		"slow ones at info, though": {slog.LevelInfo, time.Nanosecond, true},
	} {
		t.Run(name, func(t *testing.T) {
			a := openServer(t, func(o *server.Options) { o.SlowRequest = tt.slow })
			b := openServer(t, func(o *server.Options) {
				o.SlowRequest = tt.slow
				o.Log = slog.New(slog.NewTextHandler(a.log, &slog.HandlerOptions{Level: tt.level}))
			})
			must(b.teams.ListTeams(t.Context(), &pb.ListTeamsRequest{}))(t)
			if got := strings.Contains(a.log.String(), "method=opsreview.v1.TeamService/ListTeams"); got != tt.want {
				t.Errorf("logged: %t, want %t:\n%s", got, tt.want, a.log)
			}
			if tt.want && !strings.Contains(a.log.String(), "code=OK") {
				t.Errorf("the log lacks the code: %s", fmt.Sprint(a.log))
			}
		})
	}
}
