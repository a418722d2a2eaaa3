package prometheus_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"opsreview"
	"opsreview/ingest"
	"opsreview/ingest/prometheus"
	"opsreview/slo"
	"opsreview/store"
	"opsreview/store/storetest"
)

// month is a history of 31 days that ends four hours ago: what a Prometheus
// has of younger samples is not in blocks. Nothing of it is in the future.
func month(now time.Time) *history {
	end := now.UTC().Truncate(time.Hour).Add(-4 * time.Hour)
	h := &history{start: end.Add(-31 * 24 * time.Hour), minutes: 31 * 24 * 60, seed: 7}
	before := func(d time.Duration) int { return h.minutes - int(d/time.Minute) }
	around := func(d, half time.Duration, share float64) incident {
		return incident{stretch{before(d + half), before(d - half)}, share}
	}
	day := 24 * time.Hour
	h.incidents = []incident{
		around(30*day, 10*time.Minute, 0.5), // across the beginning of 30 days
		around(7*day, 5*time.Minute, 1),     // and of 7
		around(18*day, 90*time.Minute, 0.02),
		around(11*day+4*time.Hour, 17*time.Minute, 0.3),
		{stretch{before(20*day - 15*time.Minute), before(20*day - 25*time.Minute)}, 1}, // nobody saw it
		{stretch{before(3 * time.Minute), before(0)}, 0.1},                             // goes on
	}
	h.unseen = []stretch{{before(20 * day), before(20*day - 45*time.Minute)}}
	h.quiet = []stretch{{before(15 * day), before(15*day - 4*time.Hour)}}
	always := stretch{0, h.minutes}
	h.instances = []instance{
		{name: "vault-1:8200", alive: always, restarts: []int{before(25 * day), before(11*day + 4*time.Hour)}},
		{name: "vault-2:8200", alive: always, restarts: []int{before(5*day + 3*time.Hour)}},
		// Scraped between full minutes, and idle where windows are cut.
		{name: "vault-3:8200", offset: 17250 * time.Millisecond, alive: stretch{before(29 * day), before(9 * day)}},
	}
	return h.play()
}

// tool returns the path of a program of Prometheus's. Without it the test is
// skipped, but where CI says that it must be there.
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
	t.Skipf("%s is not installed: apt-get install prometheus", name)
	return ""
}

// openReal starts a Prometheus that holds the history.
func openReal(t *testing.T, h *history) (base string) {
	t.Helper()
	return openRealWith(t, h.openMetrics())
}

// openRealWith starts a Prometheus that holds samples, which are written as
// OpenMetrics.
func openRealWith(t *testing.T, samples []byte) (base string) {
	t.Helper()
	promtool, server := tool(t, "promtool"), tool(t, "prometheus")
	dir := t.TempDir()
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Minute)
	t.Cleanup(cancel)
	input, data := filepath.Join(dir, "history.om"), filepath.Join(dir, "data")
	if err := os.WriteFile(input, samples, 0o600); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.CommandContext(ctx, promtool, "tsdb", "create-blocks-from", "openmetrics", "--max-block-duration=168h", input, data).CombinedOutput(); err != nil {
		t.Fatalf("promtool: %v\n%s", err, out)
	}
	if err := os.WriteFile(filepath.Join(dir, "prometheus.yml"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	address := freeAddress(t)
	var log bytes.Buffer
	cmd := exec.CommandContext(ctx, server, "--config.file="+filepath.Join(dir, "prometheus.yml"), "--storage.tsdb.path="+data,
		"--storage.tsdb.retention.time=400d", "--web.listen-address="+address)
	cmd.Stdout, cmd.Stderr = &log, &log
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() { defer close(done); _ = cmd.Wait() }()
	t.Cleanup(func() { _ = cmd.Process.Kill(); <-done })
	base = "http://" + address
	if !ready(ctx, base+"/-/ready", done) {
		_ = cmd.Process.Kill()
		<-done
		t.Fatalf("Prometheus does not get ready:\n%s", log.String())
	}
	return base
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

// ready waits until a server says that it is, has ended or is out of time.
func ready(ctx context.Context, url string, ended <-chan struct{}) bool {
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for {
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
		if err != nil {
			return false
		}
		if resp, err := http.DefaultClient.Do(req); err == nil {
			_, _ = io.Copy(io.Discard, resp.Body)
			_ = resp.Body.Close()
			if resp.StatusCode == http.StatusOK {
				return true
			}
		}
		select {
		case <-tick.C:
		case <-ended:
			return false
		case <-ctx.Done():
			return false
		}
	}
}

// What a real Prometheus has of a month is counted to the last event, whatever
// happened to the processes and to the scrapes.
func TestReal_BudgetsEqualTheTruth(t *testing.T) {
	h := month(time.Now())
	base := openReal(t, h)
	db, err := store.Open(t.Context(), storetest.Fresh(t, filepath.Join(t.TempDir(), "ops.db")), store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	o := availability()
	o.Source = "prom"
	src, err := prometheus.New(prometheus.Config{Name: "prom", BaseURL: base}, "", []opsreview.SLO{o}, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range src.Check(t.Context()) {
		// Everything ended four hours ago, so that nothing is there at present.
		if c.Subject != o.Name && !c.OK {
			t.Errorf("check: %+v", c)
		}
	}
	began := time.Now()
	saved, err := ingest.Sync(t.Context(), db, src, ingest.SyncOptions{Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%d segments in %s", saved.Segments, time.Since(began).Round(time.Millisecond))
	if again, err := ingest.Sync(t.Context(), db, src, ingest.SyncOptions{Now: time.Now}); err != nil || again.Segments != 0 {
		t.Errorf("the second sync changed %d segments, %v", again.Segments, err)
	}
	for _, days := range []int{7, 30} {
		t.Run(fmt.Sprintf("%d days", days), func(t *testing.T) {
			checkBudget(t, db, h, o, time.Duration(days)*24*time.Hour)
		})
	}
}

func checkBudget(t *testing.T, db *store.DB, h *history, o opsreview.SLO, length time.Duration) {
	t.Helper()
	w := opsreview.Window{Start: h.end().Add(-length), End: h.end()}
	all, err := db.Segments(t.Context(), store.SegmentFilter{SLOs: []string{o.Name}, Window: w})
	if err != nil {
		t.Fatal(err)
	}
	b := slo.BudgetOf(slo.Series{SLO: o, Segments: all[o.Name]}, w)
	total, bad := h.within(w)
	if b.Total != total || b.Bad != bad {
		t.Errorf("%.0f bad of %.0f, the truth is %.0f of %.0f", b.Bad, b.Total, bad, total)
	}
	if want := bad / ((1 - o.Objective.Target) * total); abs(b.Consumed-want) > 1e-12 {
		t.Errorf("consumed is %v, the truth is %v", b.Consumed, want)
	}
	gaps, hidden := time.Duration(0), 0.0
	for _, u := range h.unseen {
		g := opsreview.Window{Start: h.start.Add(time.Duration(u.from) * time.Minute), End: h.start.Add(time.Duration(u.to) * time.Minute)}
		if w.Contains(g.Start) {
			_, lost := h.within(g)
			gaps, hidden = gaps+g.End.Sub(g.Start), hidden+lost
		}
	}
	if gaps > 0 {
		gaps += time.Minute // the instance between full minutes is unseen until its next scrape
	}
	if want := 1 - float64(gaps)/float64(length); abs(b.Coverage-want) > 1e-9 {
		t.Errorf("coverage is %v, want %v", b.Coverage, want)
	}
	// What the third instance did in the minutes at the gap's ends is in it too.
	if want := hidden / b.Allowed; abs(b.GapBurn-want) > 3/b.Allowed {
		t.Errorf("%v was burned in gaps, want %v", b.GapBurn, want)
	}
	if want := map[bool]int{true: 3, false: 1}[length > slo.Week]; b.Resets < want {
		t.Errorf("%d restarts, want at least %d", b.Resets, want)
	}
	t.Logf("%.0f bad of %.0f, consumed %.4f, coverage %.5f, in gaps %.4f, %d restarts", b.Bad, b.Total, b.Consumed, b.Coverage, b.GapBurn, b.Resets)
}

func abs(x float64) float64 { return max(x, -x) }
