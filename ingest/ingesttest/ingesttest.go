// Package ingesttest checks that a source keeps the promises of
// [ingest.Source], and has a store in memory for tests of sources.
//
// A new vendor's tests call [Run] with a fake of the vendor. What passes can
// be killed anywhere and run again: nothing is lost, nothing counted twice.
package ingesttest

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"opsreview"
	"opsreview/ingest"
)

var errStopped = errors.New("the process died here")

// A Fixture is a source over a vendor with some history that stands still.
type Fixture struct {
	// New returns a source as a new process has it: it knows nothing but what
	// the cursor says.
	New func(t testing.TB) ingest.Source

	// Now is the vendor's clock.
	Now func() time.Time

	// MostStops bounds at how many saves the pull is stopped; 0 means at all.
	MostStops int
}

// Run checks a source. Each check gets a fixture of its own.
func Run(t *testing.T, fixture func(t testing.TB) Fixture) {
	t.Run("a pull brings pages with events, segments or values", func(t *testing.T) {
		f := fixture(t)
		m := NewMemory()
		saved := f.sync(t, m)
		if (saved.Pages == 0 || saved.Events == 0) && saved.Segments == 0 && saved.Points == 0 && saved.Incidents == 0 {
			t.Errorf("the first pull saved %+v: the fixture should have pages and events, segments, values of series, or incidents", saved)
		}
	})
	t.Run("a second pull saves nothing new", func(t *testing.T) {
		f := fixture(t)
		m := NewMemory()
		f.sync(t, m)
		if again := f.sync(t, m); again != (opsreview.Saved{}) {
			t.Errorf("the second pull saved %+v, want nothing", again)
		}
	})
	t.Run("stopped before any save and resumed it ends the same", func(t *testing.T) {
		testStops(t, fixture(t), func(m *Memory, stop func(int) error) { m.BeforeSave = stop })
	})
	t.Run("stopped after any save and resumed it ends the same", func(t *testing.T) {
		testStops(t, fixture(t), func(m *Memory, stop func(int) error) { m.AfterSave = stop })
	})
	t.Run("a cancelled pull ends with the context's error", func(t *testing.T) { testCancel(t, fixture(t)) })
	t.Run("a check answers", func(t *testing.T) {
		for _, c := range fixture(t).New(t).Check(t.Context()) {
			if c.Subject == "" || (!c.OK && c.Remedy == "") {
				t.Errorf("a check says too little: %+v", c)
			}
		}
	})
}

func (f Fixture) sync(t testing.TB, m *Memory) opsreview.Saved {
	t.Helper()
	saved, err := ingest.Sync(t.Context(), m, f.New(t), ingest.SyncOptions{Now: f.Now})
	if err != nil {
		t.Fatalf("the pull failed: %v", err)
	}
	return saved
}

// testStops stops a pull at each of its saves in turn, resumes it, and expects
// what a pull that was never stopped brings.
func testStops(t *testing.T, f Fixture, arm func(*Memory, func(int) error)) {
	whole := NewMemory()
	f.sync(t, whole)
	step := 1
	if f.MostStops > 0 {
		step = max(1, whole.Saves()/f.MostStops)
	}
	for n := 1; n <= whole.Saves(); n += step {
		m := NewMemory()
		arm(m, func(i int) error {
			if i == n {
				return errStopped
			}
			return nil
		})
		if _, err := ingest.Sync(t.Context(), m, f.New(t), ingest.SyncOptions{Now: f.Now}); !errors.Is(err, errStopped) {
			t.Fatalf("stopped at save %d the pull answered %v, want the store's error", n, err)
		}
		f.sync(t, m)
		if diff := firstDifference(whole.Dump(), m.Dump()); diff != "" {
			t.Fatalf("stopped at save %d and resumed: %s", n, diff)
		}
	}
}

func testCancel(t *testing.T, f Fixture) {
	ctx, cancel := context.WithCancel(t.Context())
	m := NewMemory()
	m.AfterSave = func(int) error { cancel(); return nil }
	_, err := ingest.Sync(ctx, m, f.New(t), ingest.SyncOptions{Now: f.Now})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("a cancelled pull answered %v, want context.Canceled", err)
	}
	h, _ := m.Source(t.Context(), "")
	if h.EndedAt.IsZero() || h.LastError == "" {
		t.Errorf("the end of a cancelled sync was not recorded: %+v", h)
	}
}

// firstDifference returns the first line in which two dumps differ.
func firstDifference(want, got string) string {
	if want == got {
		return ""
	}
	i := 0
	for i < len(want) && i < len(got) && want[i] == got[i] {
		i++
	}
	cut := func(s string) string { return s[max(0, min(len(s), i)-200):min(len(s), i+200)] }
	return fmt.Sprintf("the stores differ:\nwant …%s…\ngot  …%s…", cut(want), cut(got))
}
