package store_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"opsreview"
	"opsreview/store"
)

// TestConcurrency has 50 goroutines save, label and read at once, half of them
// through a second handle as another process would.
func TestConcurrency(t *testing.T) {
	path := dbPath(t)
	opts := store.Options{Monitors: opsreview.DefaultMonitorRules(), Version: "v1"}
	handles := []*store.DB{openAt(t, path, opts), openAt(t, path, opts)}
	var wg sync.WaitGroup
	for i := range 50 {
		db := handles[i%2]
		wg.Go(func() {
			var err error
			switch i % 5 {
			case 0, 1:
				// Neighbours save overlapping pages.
				_, err = db.SaveBatch(t.Context(), "pd", history("pd", i*5, i*5+20))
			case 2:
				first := numbered("pd", i)
				_, err = db.SaveBatch(t.Context(), "pd", opsreview.Batch{Pages: []opsreview.Page{first}})
				if err == nil {
					_, err = db.Label(t.Context(), []opsreview.Label{{Page: first.Ref, Verdict: opsreview.Actionable, Author: fmt.Sprint(i), At: at(1, "10:00:00")}})
				}
			case 3:
				_, err = db.Pages(t.Context(), store.PageFilter{Search: "vault"})
			default:
				if err = db.BeginSync(t.Context(), "pd", "pagerduty", at(0, "10:00:00")); err == nil {
					_, err = db.Sources(t.Context())
				}
			}
			if err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	wantSound(t, handles[0])
}

// TestView_IsOneSnapshot reads pages and their events while another handle
// adds to both: a page is seen with all of its events or not at all.
func TestView_IsOneSnapshot(t *testing.T) {
	db := openDB(t)
	batches := 40
	if raceEnabled {
		batches = 10
	}
	done := make(chan error, 1)
	go func() {
		var err error
		for i := 0; i < batches && err == nil; i++ {
			_, err = db.SaveBatch(context.WithoutCancel(t.Context()), "pd", history("pd", i*10, i*10+10))
		}
		done <- err
	}()
	for running := true; running; {
		select {
		case err := <-done:
			if err != nil {
				t.Fatal(err)
			}
			running = false
		default:
		}
		pages, err := db.Pages(t.Context(), store.PageFilter{Limit: 1000})
		if err != nil {
			t.Fatal(err)
		}
		if len(pages)%10 != 0 {
			t.Fatalf("part of a batch is seen: %d pages", len(pages))
		}
		for _, p := range pages {
			if len(p.Events) != 8 {
				t.Fatalf("page %s is seen with %d events", p.Ref, len(p.Events))
			}
		}
	}
}

func TestBackup_WhileOthersWrite(t *testing.T) {
	db := openDB(t)
	before := 500
	if raceEnabled {
		before = 100
	}
	save(t, db, "pd", history("pd", 0, before))
	stop, stopped := context.WithCancel(context.WithoutCancel(t.Context()))
	done := make(chan error, 1)
	started := make(chan struct{})
	go func() {
		for i := before; ; i += 10 {
			b := history("pd", i, i+10)
			b.Cursor = fmt.Sprint(i + 10)
			if _, err := db.SaveBatch(context.WithoutCancel(stop), "pd", b); err != nil {
				done <- err
				return
			}
			if i == before {
				close(started)
			}
			if stop.Err() != nil {
				done <- nil
				return
			}
		}
	}()
	<-started
	dir := t.TempDir()
	path := filepath.Join(dir, "backup.db")
	err := db.Backup(t.Context(), path)
	stopped()
	if err := errors.Join(err, <-done); err != nil {
		t.Fatal(err)
	}
	wantAloneWithMode(t, dir, 0o600)
	backup := openAt(t, path, store.Options{Monitors: opsreview.DefaultMonitorRules()})
	wantSound(t, backup)
	h, err := backup.Source(t.Context(), "pd")
	if err != nil || h.Pages < before+10 || h.Cursor != fmt.Sprint(h.Pages) {
		t.Errorf("the backup has %d pages and the cursor %q: %v", h.Pages, h.Cursor, err)
	}
}

// wantAloneWithMode fails the test unless dir has one file, of that mode.
func wantAloneWithMode(t *testing.T, dir string, mode fs.FileMode) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil || len(entries) != 1 {
		t.Fatalf("the directory has %v: %v", entries, err)
	}
	if info, err := entries[0].Info(); err != nil || info.Mode().Perm() != mode {
		t.Errorf("the file is %v: %v", info, err)
	}
}

func TestBackup_Refuses(t *testing.T) {
	db := openDB(t)
	dir := t.TempDir()
	path := filepath.Join(dir, "precious")
	if err := os.WriteFile(path, []byte("precious"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := db.Backup(t.Context(), path); opsreview.ErrorCode(err) != opsreview.Conflict {
		t.Errorf("over a file: %v", err)
	}
	if b, err := os.ReadFile(path); err != nil || string(b) != "precious" {
		t.Errorf("the file has become %q: %v", b, err)
	}
	if err := db.Backup(t.Context(), filepath.Join(dir, "none", "x")); opsreview.ErrorCode(err) != opsreview.Invalid {
		t.Errorf("into no directory: %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := db.Backup(ctx, filepath.Join(dir, "x")); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
	wantAloneWithMode(t, dir, 0o600)
}

func TestSaveBatch_Cancelled(t *testing.T) {
	db := openDB(t)
	ctx, cancel := context.WithCancel(t.Context())
	err := db.SaveAll(ctx, "pd", func(save func(opsreview.Batch) (opsreview.Saved, error)) error {
		if _, err := save(history("pd", 0, 10)); err != nil {
			return err
		}
		cancel()
		_, err := save(history("pd", 10, 20))
		return err
	})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want that it was cancelled", err)
	}
	h, err := db.Source(t.Context(), "pd")
	if diff := cmp.Diff(opsreview.SourceHealth{Name: "pd"}, h); diff != "" || err != nil {
		t.Errorf("something was left (-want +got): %v\n%s", err, diff)
	}
	save(t, db, "pd", history("pd", 0, 10))
	wantSound(t, db)
}
