package alertmanager_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"

	"opsreview"
	"opsreview/ingest"
	"opsreview/ingest/alertmanager"
	"opsreview/ingest/ingesttest"
	"opsreview/ingest/prometheus"
	pb "opsreview/proto/opsreview/v1"
	"opsreview/server"
	"opsreview/store"
	"opsreview/store/storetest"
)

// shop is a service that counts its requests, a hundred between two scrapes.
type shop struct {
	mu        sync.Mutex
	good, bad int
	broken    bool
}

// ServeHTTP answers a scrape.
func (s *shop) ServeHTTP(w http.ResponseWriter, _ *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.broken {
		s.good, s.bad = s.good+50, s.bad+50
	} else {
		s.good += 100
	}
	w.Header().Set("Content-Type", "text/plain; version=0.0.4")
	fmt.Fprintf(w, "# TYPE http_requests_total counter\nhttp_requests_total{code=\"200\"} %d\nhttp_requests_total{code=\"500\"} %d\n", s.good, s.bad)
}

func (s *shop) breaks(broken bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.broken = broken
}

const prometheusYAML = `
global:
  scrape_interval: 1s
  scrape_timeout: 900ms
  evaluation_interval: 1s
  external_labels: {cluster: e2e}
rule_files: [%[1]s]
alerting:
  alertmanagers:
    - static_configs: [{targets: [%[2]q]}]
scrape_configs:
  - job_name: shop
    static_configs: [{targets: [%[3]q]}]
`

// rulesYAML is a multi-window alert on the burn rate, with short windows.
const rulesYAML = `
groups:
  - name: slo
    rules:
      - alert: ShopErrorBudgetBurn
        expr: |
          sum(rate(http_requests_total{code="500"}[15s])) / sum(rate(http_requests_total[15s])) > 14.4 * 0.001
          and
          sum(rate(http_requests_total{code="500"}[5s])) / sum(rate(http_requests_total[5s])) > 14.4 * 0.001
        for: 2s
        labels: {severity: page, service: shop, long: 15s, short: 5s}
        annotations: {summary: "The shop burns its budget at {{ $value | humanize }}", runbook_url: "https://runbooks.example/shop"}
`

const alertmanagerYAML = `
route: {receiver: ops, group_by: [alertname], group_wait: 1s, group_interval: 1s, repeat_interval: 1h}
receivers:
  - name: ops
    webhook_configs:
      - url: %[1]q
        send_resolved: true
        http_config: {authorization: {credentials_file: %[2]q}}
`

// A stage is a shop, the real servers that watch it, and an opsreview that they
// call.
type stage struct {
	shop       *shop
	db         *store.DB
	prometheus string
	am         alertmanager.Config
	slo        opsreview.SLO
	pages      pb.PageServiceClient
	budgets    pb.BudgetServiceClient
}

// tool returns the path of a program. Without it the test is skipped, but where
// CI says that it must be there.
func tool(t *testing.T, name string) string {
	t.Helper()
	if raceEnabled {
		t.Skip("a real server takes its time, and its races are not ours: it runs without the race detector, and the fake one with it")
	}
	path, err := exec.LookPath(name)
	if err == nil {
		return path
	}
	if os.Getenv("OPSREVIEW_TEST_PROMETHEUS") == "1" {
		t.Fatalf("%s is not installed, and OPSREVIEW_TEST_PROMETHEUS=1 says that it must be", name)
	}
	t.Skipf("%s is not installed: apt-get install prometheus prometheus-alertmanager", name)
	return ""
}

func write(t *testing.T, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func freeAddress(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// launch runs a program until the test ends, and waits until it is ready.
func launch(ctx context.Context, t *testing.T, ready, path string, args ...string) {
	t.Helper()
	var log bytes.Buffer
	cmd := exec.CommandContext(ctx, path, args...)
	cmd.Stdout, cmd.Stderr = &log, &log
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() { defer close(done); _ = cmd.Wait() }()
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		<-done
		if t.Failed() {
			t.Logf("%s:\n%s", filepath.Base(path), log.String())
		}
	})
	await(ctx, t, filepath.Base(path)+" is ready", func() bool {
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, ready, nil)
		if err != nil {
			return false
		}
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			return false
		}
		_, _ = io.Copy(io.Discard, resp.Body)
		return resp.Body.Close() == nil && resp.StatusCode == http.StatusOK
	})
}

// await waits until something holds.
func await(ctx context.Context, t *testing.T, what string, holds func() bool) {
	t.Helper()
	began := time.Now()
	tick := time.NewTicker(200 * time.Millisecond)
	defer tick.Stop()
	for !holds() {
		select {
		case <-tick.C:
		case <-ctx.Done():
			t.Fatalf("out of time before %s", what)
		}
	}
	t.Logf("%s: %s", what, time.Since(began).Round(100*time.Millisecond))
}

// openStage starts everything.
func openStage(ctx context.Context, t *testing.T) *stage {
	t.Helper()
	prom, am := tool(t, "prometheus"), tool(t, "prometheus-alertmanager")
	s := &stage{shop: &shop{}}
	target := httptest.NewServer(s.shop)
	t.Cleanup(target.Close)
	promAddr, amAddr := freeAddress(t), freeAddress(t)
	s.prometheus = "http://" + promAddr
	token := write(t, "token", "a-secret\n")
	s.am = alertmanager.Config{
		Name: "am", WebhookTokenFile: token, PrometheusURL: s.prometheus, Match: []string{`{severity="page"}`},
		ExternalLabels: map[string]string{"cluster": "e2e"},
	}
	s.slo = opsreview.SLO{
		Name: "shop/availability", Service: "shop", Source: "prom",
		Objective: opsreview.Objective{Target: 0.999, Method: opsreview.Occurrences},
		Window:    opsreview.SLOWindow{Text: "30d", Length: 30 * 24 * time.Hour},
		Indicator: opsreview.Indicator{
			Bad: &opsreview.Query{Text: `http_requests_total{code="500"}`}, Total: &opsreview.Query{Text: `http_requests_total`}, Counter: true,
		},
	}
	web := s.serve(t)
	launch(ctx, t, "http://"+amAddr+"/-/ready", am, "--config.file="+write(t, "am.yml", fmt.Sprintf(alertmanagerYAML, web+"/webhooks/alertmanager/am", token)),
		"--storage.path="+t.TempDir(), "--web.listen-address="+amAddr, "--cluster.listen-address=")
	config := fmt.Sprintf(prometheusYAML, write(t, "rules.yml", rulesYAML), amAddr, target.Listener.Addr())
	launch(ctx, t, s.prometheus+"/-/ready", prom, "--config.file="+write(t, "prometheus.yml", config),
		"--storage.tsdb.path="+t.TempDir(), "--web.listen-address="+promAddr)
	return s
}

// serve starts opsreview, and returns where it takes webhooks. Its clock is
// ahead, so that budgets are computed up to the present minute.
func (s *stage) serve(t *testing.T) (web string) {
	t.Helper()
	var err error
	if s.db, err = store.Open(t.Context(), storetest.Fresh(t, filepath.Join(t.TempDir(), "ops.db")), store.Options{Monitors: opsreview.DefaultMonitorRules()}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.db.Close() })
	hook, err := alertmanager.NewWebhook(s.am, time.Now)
	if err != nil {
		t.Fatal(err)
	}
	srv := server.New(server.Options{
		DB: s.db, Objectives: []opsreview.SLO{s.slo}, Log: slog.New(slog.NewTextHandler(t.Output(), nil)),
		Now:     func() time.Time { return time.Now().Add(20 * time.Minute) },
		Sources: []server.ScheduledSource{{Source: s.source(t, s.am), Receives: hook}},
	})
	api, side := listen(t), listen(t)
	var serving sync.WaitGroup
	serving.Go(func() { _ = srv.Serve(api) })
	serving.Go(func() { _ = srv.ServeHTTP(side) })
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(t.Context()), 10*time.Second)
		defer cancel()
		srv.Stop(ctx)
		serving.Wait()
	})
	conn, err := grpc.NewClient(api.Addr().String(), grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	s.pages, s.budgets = pb.NewPageServiceClient(conn), pb.NewBudgetServiceClient(conn)
	return "http://" + side.Addr().String()
}

func listen(t *testing.T) net.Listener {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func (s *stage) source(t *testing.T, cfg alertmanager.Config) ingest.Source {
	t.Helper()
	src, err := alertmanager.New(cfg, "", nil)
	if err != nil {
		t.Fatal(err)
	}
	return src
}

// stored returns the pages that are stored.
func (s *stage) stored(t *testing.T) []opsreview.Page {
	t.Helper()
	pages, err := s.db.Pages(t.Context(), store.PageFilter{Limit: 10})
	if err != nil {
		t.Fatal(err)
	}
	return pages
}

// A real alert on a real burn becomes one page, whose burn is known, and the
// history of the same alert is the same page.
func TestReal_PageAndBurnMeet(t *testing.T) {
	if testing.Short() {
		t.Skip("it waits for full minutes")
	}
	t.Parallel() // it mostly waits
	ctx, cancel := context.WithTimeout(t.Context(), 150*time.Second)
	defer cancel()
	s := openStage(ctx, t)
	await(ctx, t, "the shop is scraped", func() bool {
		s.shop.mu.Lock()
		defer s.shop.mu.Unlock()
		return s.shop.good >= 500
	})
	s.shop.breaks(true)
	await(ctx, t, "Alertmanager calls", func() bool { return len(s.stored(t)) > 0 })
	s.shop.breaks(false)
	await(ctx, t, "Alertmanager says that it is over", func() bool { return !s.stored(t)[0].ResolvedAt.IsZero() })
	page := checkRealPage(t, s)
	s.countBurn(ctx, t, page)
	s.checkHistory(ctx, t, page)
	s.checkBurn(t, page)
}

func checkRealPage(t *testing.T, s *stage) opsreview.Page {
	t.Helper()
	pages := s.stored(t)
	if len(pages) != 1 {
		t.Fatalf("%d pages, want one", len(pages))
	}
	p := pages[0]
	var kinds []opsreview.EventKind
	for _, e := range p.Events {
		kinds = append(kinds, e.Kind)
	}
	if diff := cmp.Diff([]opsreview.EventKind{opsreview.Triggered, opsreview.Resolved}, kinds); diff != "" {
		t.Errorf("events (-want +got):\n%s", diff)
	}
	if p.Attributes["receiver"] != "ops" || p.Attributes["cluster"] != "e2e" || p.Runbook != "https://runbooks.example/shop" || p.Service.ID != "shop" {
		t.Errorf("page %+v", p)
	}
	return p
}

// countBurn syncs the counters until the page's first minute is counted.
func (s *stage) countBurn(ctx context.Context, t *testing.T, p opsreview.Page) {
	t.Helper()
	src, err := prometheus.New(prometheus.Config{Name: "prom", BaseURL: s.prometheus, Backfill: "1h", Delay: "0s"}, "", []opsreview.SLO{s.slo}, nil)
	if err != nil {
		t.Fatal(err)
	}
	minute := opsreview.Window{Start: p.TriggeredAt.Truncate(time.Minute), End: p.TriggeredAt.Truncate(time.Minute).Add(time.Minute)}
	await(ctx, t, "the page's minute is counted", func() bool {
		if _, err := ingest.Sync(ctx, s.db, src, ingest.SyncOptions{Now: time.Now}); err != nil && ctx.Err() == nil {
			t.Fatal(err)
		}
		all, err := s.db.Segments(t.Context(), store.SegmentFilter{SLOs: []string{s.slo.Name}, Window: minute, Detail: true})
		if err != nil {
			t.Fatal(err)
		}
		bad := 0.0
		for _, g := range all[s.slo.Name] {
			bad += g.Bad
		}
		return bad > 0
	})
}

// checkHistory reads the alert from its samples, into the store that knows it
// and into one that does not.
func (s *stage) checkHistory(ctx context.Context, t *testing.T, p opsreview.Page) {
	t.Helper()
	alone := s.am
	alone.WebhookTokenFile = "" // so that what nobody told of would be a page
	fresh := ingesttest.NewMemory()
	await(ctx, t, "history has the page's end", func() bool {
		if _, err := ingest.Sync(ctx, fresh, s.source(t, alone), ingest.SyncOptions{Now: time.Now}); err != nil && ctx.Err() == nil {
			t.Fatal(err)
		}
		h, err := fresh.Source(ctx, "am")
		return err == nil && h.SyncedTo.After(p.ResolvedAt.Add(time.Second))
	})
	if _, ok := fresh.Pages()[p.ID]; !ok || len(fresh.Pages()) != 1 {
		t.Errorf("history knows %v, Alertmanager told of %s", fresh.Pages(), p.ID)
	}
	before := s.stored(t)
	saved, err := ingest.Sync(ctx, s.db, s.source(t, alone), ingest.SyncOptions{Now: time.Now})
	if err != nil || saved != (opsreview.Saved{}) {
		t.Errorf("history changed %+v, %v, want nothing", saved, err)
	}
	if diff := cmp.Diff(before, s.stored(t)); diff != "" {
		t.Errorf("pages (-told +history):\n%s", diff)
	}
}

// checkBurn asks what the page answers for, of the page and of the budget.
func (s *stage) checkBurn(t *testing.T, p opsreview.Page) {
	t.Helper()
	got, err := s.pages.GetPage(t.Context(), &pb.GetPageRequest{Name: p.String()})
	if err != nil {
		t.Fatal(err)
	}
	if len(got.GetBurns()) != 1 {
		t.Fatalf("burns %v, want one", got.GetBurns())
	}
	burn := got.GetBurns()[0]
	if burn.GetSlo() != s.slo.Name || burn.GetRule() != "service" || burn.GetDuring() <= 0 || burn.GetBefore() <= 0 {
		t.Errorf("burn %v, want some before and during the page", burn)
	}
	report, err := s.budgets.ListEpisodes(t.Context(), &pb.ListEpisodesRequest{Window: &pb.WindowSelector{
		From: p.TriggeredAt.Add(-30 * time.Minute).Format(time.RFC3339), To: p.TriggeredAt.Add(15 * time.Minute).Format(time.RFC3339),
	}})
	if err != nil {
		t.Fatal(err)
	}
	b := report.GetReport().GetBurns()[0]
	sum := b.GetBefore() + b.GetDuring() + b.GetAfter() + b.GetMissed() + b.GetPending() + b.GetMinor() + b.GetBackground()
	if d := sum - b.GetBad(); b.GetBad() <= 0 || max(d, -d) > 1e-6 || b.GetMissed() > 0 {
		t.Errorf("%v bad events, of which %v are accounted for and %v missed", b.GetBad(), sum, b.GetMissed())
	}
	if len(b.GetEpisodes()) != 1 || len(b.GetEpisodes()[0].GetPages()) != 1 {
		t.Errorf("episodes %v, want one with the page", b.GetEpisodes())
	}
	t.Logf("%.0f of %.0f events were bad: %.0f before, %.0f during and %.0f after the page", b.GetBad(), b.GetTotal(), b.GetBefore(), b.GetDuring(), b.GetAfter())
}
