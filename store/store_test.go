package store_test

import (
	"context"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"opsreview"
	"opsreview/store"
	"opsreview/store/storetest"
)

var dump = flag.Bool("dump", false, "keep the databases of the tests and say where they are")

// dbPath returns where a test's database goes.
func dbPath(tb testing.TB) string {
	tb.Helper()
	if !*dump {
		return filepath.Join(tb.TempDir(), "test.db")
	}
	dir, err := os.MkdirTemp("", "opsreview-"+strings.NewReplacer("/", "-", " ", "_").Replace(tb.Name())+"-")
	if err != nil {
		tb.Fatal(err)
	}
	tb.Logf("the database is %s/test.db", dir)
	return filepath.Join(dir, "test.db")
}

// openDB returns a new database that knows the default monitor rules.
func openDB(tb testing.TB) *store.DB {
	tb.Helper()
	return openAt(tb, storetest.Fresh(tb, dbPath(tb)), store.Options{Monitors: opsreview.DefaultMonitorRules(), Version: "v1"})
}

func openAt(tb testing.TB, path string, opts store.Options) *store.DB {
	tb.Helper()
	db, err := store.Open(tb.Context(), path, opts)
	if err != nil {
		tb.Fatalf("open: %v", err)
	}
	tb.Cleanup(func() {
		if err := db.Close(); err != nil {
			tb.Errorf("close: %v", err)
		}
	})
	return db
}

// at returns a time on Monday 9 November 2026, or days after it.
func at(day int, clock string) time.Time {
	t, err := time.Parse("15:04:05", clock)
	if err != nil {
		panic(err)
	}
	return time.Date(2026, 11, 9+day, t.Hour(), t.Minute(), t.Second(), 0, time.UTC)
}

// numbered returns page number n of a long history: one page each ten minutes
// with eight events, of 40 monitors and 20 responders.
func numbered(source string, n int) opsreview.Page {
	start := at(0, "00:00:00").Add(time.Duration(n) * 10 * time.Minute)
	ref := opsreview.Ref{Source: source, ID: fmt.Sprintf("Q%08X", n)}
	who := func(i int) string { return fmt.Sprintf("P%05d", (n/7+i)%20) }
	event := func(i int, kind opsreview.EventKind, after time.Duration, by opsreview.Agent, channel opsreview.Channel, responders ...string) opsreview.Event {
		return opsreview.Event{
			ID: fmt.Sprintf("R%08X%02d", n, i), At: start.Add(after), Kind: kind,
			By: by, Channel: channel, Responders: responders,
		}
	}
	monitor := opsreview.Agent{Kind: opsreview.Integration, ID: "PSVC1", Name: "vault"}
	person := opsreview.Agent{Kind: opsreview.Person, ID: who(1), Name: "Somebody Fictional"}
	return opsreview.Page{
		Ref: ref, Number: fmt.Sprint(1000 + n), URL: "https://example.com/incidents/" + ref.ID,
		Title:   fmt.Sprintf("Vault read latency on vault-%d is above 500 ms (%d)", n%40, n),
		Service: opsreview.Ref{Source: source, ID: fmt.Sprintf("PSVC%d", n%8)}, Policy: "Secrets",
		Urgency: opsreview.HighUrgency, Reported: "resolved",
		Attributes: map[string]string{"alertname": fmt.Sprintf("VaultReadLatency%d", n%40), "host": "vault-1.example.com"},
		CreatedAt:  start, EndedAt: start.Add(30 * time.Minute), UpdatedAt: start.Add(31 * time.Minute),
		Events: []opsreview.Event{
			event(0, opsreview.Triggered, 0, monitor, "api"),
			event(1, opsreview.Assigned, 0, monitor, "", who(0)),
			event(2, opsreview.Notified, time.Second, opsreview.Agent{}, opsreview.Push, who(0)),
			event(3, opsreview.Notified, 61*time.Second, opsreview.Agent{}, opsreview.Phone, who(0)),
			event(4, opsreview.Escalated, 5*time.Minute, opsreview.Agent{Kind: opsreview.Timer}, "", who(1)),
			event(5, opsreview.Notified, 5*time.Minute+time.Second, opsreview.Agent{}, opsreview.Push, who(1)),
			event(6, opsreview.Acknowledged, 7*time.Minute, person, opsreview.Phone),
			event(7, opsreview.Resolved, 30*time.Minute, person, "website"),
		},
	}
}

func history(source string, from, to int) opsreview.Batch {
	var b opsreview.Batch
	for n := from; n < to; n++ {
		b.Pages = append(b.Pages, numbered(source, n))
	}
	return b
}

func save(tb testing.TB, db *store.DB, source string, b opsreview.Batch) opsreview.Saved {
	tb.Helper()
	saved, err := db.SaveBatch(context.WithoutCancel(tb.Context()), source, b)
	if err != nil {
		tb.Fatalf("save: %v", err)
	}
	return saved
}

func wantSound(tb testing.TB, db *store.DB) {
	tb.Helper()
	problems, err := db.Check(context.WithoutCancel(tb.Context()))
	if err != nil || len(problems) > 0 {
		tb.Fatalf("check: %v %q", err, problems)
	}
}
