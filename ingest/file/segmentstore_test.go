package file_test

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"opsreview"
	"opsreview/ingest"
	"opsreview/ingest/file"
	"opsreview/store"
	"opsreview/store/storetest"
)

// A storing sink saves in a real store.
type storing struct {
	t     *testing.T
	db    *store.DB
	saved opsreview.Saved
}

func (s *storing) Save(ctx context.Context, b opsreview.Batch) error {
	saved, err := s.db.SaveBatch(ctx, "metrics", b)
	s.saved.Add(saved)
	return err
}

func (s *storing) Problem(p ingest.Problem) error {
	s.t.Errorf("line %d: %s", p.Line, p.Reason)
	return nil
}

// The store joins old minutes to longer segments. A file of those minutes,
// imported again, must neither fail nor change a number, wherever the importer
// cuts it.
func TestSegments_ComeAgainAfterTheyWereJoined(t *testing.T) {
	db, err := store.Open(t.Context(), storetest.Fresh(t, filepath.Join(t.TempDir(), "test.db")), store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	}()
	start := at(t, "2026-03-02T00:00:00Z")
	var text strings.Builder
	text.WriteString("slo,start,length,total,bad\n")
	for i := range 9000 {
		fmt.Fprintf(&text, "a,%d,60,10,%d\n", start.Unix()+int64(60*i), i%3)
	}
	load := func() opsreview.Saved {
		t.Helper()
		s := storing{t: t, db: db}
		if err := file.Segments().Import(t.Context(), "metrics", ingest.File{Name: "in", R: strings.NewReader(text.String())}, &s); err != nil {
			t.Fatal(err)
		}
		return s.saved
	}
	sum := func() (total, bad float64) {
		t.Helper()
		all, err := db.Segments(t.Context(), store.SegmentFilter{Window: opsreview.Window{Start: start, End: start.Add(14 * 24 * time.Hour)}})
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range all["a"] {
			total, bad = total+s.Total, bad+s.Bad
		}
		return total, bad
	}

	if saved := load(); saved.Segments != 9000 {
		t.Errorf("%d segments saved, want 9000", saved.Segments)
	}
	if saved := load(); saved.Segments != 0 {
		t.Errorf("%d segments saved the second time, want none", saved.Segments)
	}
	for _, age := range []time.Duration{40, 120} {
		if _, err := db.RollUpSegments(t.Context(), start.Add(age*24*time.Hour)); err != nil {
			t.Fatal(err)
		}
		load()
		if total, bad := sum(); total != 90_000 || bad != 9000 {
			t.Errorf("after %d days %v events and %v bad ones, want 90000 and 9000", age, total, bad)
		}
	}
}
