package store_test

import (
	"context"
	"os"
	"sync"
	"testing"
	"time"

	"opsreview/store"
)

// logSize returns the size of the log beside the database.
func logSize(t *testing.T, path string) int64 {
	t.Helper()
	info, err := os.Stat(path + "-wal")
	if err != nil {
		t.Fatal(err)
	}
	return info.Size()
}

// readWithoutPause keeps n snapshots open until ctx ends, each begun before the
// one before it ends, so that at no instant nobody reads. It returns how to wait
// for the end, once all have begun.
func readWithoutPause(ctx context.Context, t *testing.T, path string, n int) (wait func()) {
	t.Helper()
	pool := openSQL(t, path)
	pool.SetMaxOpenConns(2 * n)
	var readers, begun sync.WaitGroup
	begun.Add(n)
	for range n {
		readers.Go(func() {
			end := func() {}
			for first := true; ctx.Err() == nil; first = false {
				tx, err := pool.BeginTx(context.WithoutCancel(ctx), nil)
				if err != nil {
					t.Error(err)
					return
				}
				var pages int
				if err := tx.QueryRow(`SELECT max(key) FROM pages`).Scan(&pages); err != nil {
					t.Error(err)
				}
				end()
				end = func() { _ = tx.Rollback() }
				if first {
					begun.Done()
				}
			}
			end()
		})
	}
	begun.Wait()
	return readers.Wait
}

// In one run of the benchmarks the log grew to 688 MB, since at every instant
// somebody read from it.
func TestLog_StaysBoundedWhileReadsOverlap(t *testing.T) {
	bound, batches, size := int64(1<<20), 30, 100 // which write 13 MB
	if raceEnabled {
		bound, batches, size = 128<<10, 20, 10 // which write 900 KB
	}
	path := dbPath(t)
	db := openAt(t, path, store.Options{})
	db.SetLog(bound, time.Minute)
	save(t, db, "pd", history("pd", 0, size))
	ctx, stop := context.WithCancel(context.WithoutCancel(t.Context()))
	wait := readWithoutPause(ctx, t, path, 3)
	var longest int64
	for i := range batches {
		save(t, db, "pd", history("pd", size*i, size*(i+1)))
		longest = max(longest, logSize(t, path))
	}
	stop()
	wait()
	if longest > 3*bound {
		t.Errorf("the log grew to %d KB; its bound is %d KB", longest>>10, bound>>10)
	}
	wantSound(t, db)
}

// A backup, or a stopped program, can read for long: writers must not wait for
// it each time, and not fail.
func TestLog_AReaderThatStaysStopsNobody(t *testing.T) {
	const bound = 64 << 10
	path := dbPath(t)
	db := openAt(t, path, store.Options{})
	db.SetLog(bound, time.Millisecond)
	save(t, db, "pd", history("pd", 0, 10))
	tx, err := openSQL(t, path).BeginTx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = tx.Rollback() }()
	var before, after int
	count := func(n *int) {
		t.Helper()
		if err := tx.QueryRowContext(t.Context(), `SELECT count(*) FROM pages`).Scan(n); err != nil {
			t.Fatal(err)
		}
	}
	count(&before)
	var trials []int64 // the sizes at which the log was found too long
	for n := 10; n < 400; n += 10 {
		next := db.NextLogTrial()
		if saved := save(t, db, "pd", history("pd", n, n+10)); saved.Pages != 10 {
			t.Fatalf("saved %+v", saved)
		}
		if db.NextLogTrial() != next {
			trials = append(trials, logSize(t, path))
		}
	}
	for i, size := range trials {
		if i > 0 && size < trials[i-1]+bound {
			t.Errorf("it was tried again after %d KB", (size-trials[i-1])>>10)
		}
	}
	if len(trials) < 3 {
		t.Errorf("%d trials while the log grew to %d KB", len(trials), logSize(t, path)>>10)
	}
	if count(&after); after != before {
		t.Errorf("the reader saw %d pages and then %d", before, after)
	}
	if err := tx.Rollback(); err != nil {
		t.Fatal(err)
	}
	for n := 400; n < 800 && logSize(t, path) > bound; n += 10 {
		save(t, db, "pd", history("pd", n, n+10))
	}
	if size := logSize(t, path); size > bound {
		t.Errorf("with nobody reading, the log still has %d KB", size>>10)
	}
	wantSound(t, db)
}
