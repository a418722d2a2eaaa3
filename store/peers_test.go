package store_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"opsreview"
	"opsreview/store"
)

// opsweekly lost a week's labels when the week was fetched again (opsweekly#64).
func TestPeers01_SameWeekThreeTimesWithASaveInBetween(t *testing.T) {
	db, ctx := openDB(t), t.Context()
	var week opsreview.Batch
	for n := range 50 {
		week.Pages = append(week.Pages, numbered("pd", n))
	}
	first, err := db.SaveBatch(ctx, "pd", week)
	if err != nil {
		t.Fatal(err)
	}
	if first.Pages != 50 || first.Events == 0 {
		t.Fatalf("saved %+v, want 50 new pages with events", first)
	}
	label := opsreview.Label{Page: week.Pages[7].Ref, Verdict: opsreview.NotActionable, Cause: "duplicate", Author: "ada", At: at(1, "09:00:00")}
	if _, err := db.Label(ctx, []opsreview.Label{label}); err != nil {
		t.Fatal(err)
	}
	before := weekOf(t, db)
	for range 2 {
		again, err := db.SaveBatch(ctx, "pd", week)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(opsreview.Saved{}, again); diff != "" {
			t.Errorf("the same week again changed something (-want +got):\n%s", diff)
		}
	}
	if diff := cmp.Diff(before, weekOf(t, db)); diff != "" {
		t.Errorf("pages, events or labels differ (-want +got):\n%s", diff)
	}
	health, err := db.Source(ctx, "pd")
	if err != nil || health.Pages != first.Pages || health.Events != first.Events {
		t.Errorf("the source counts %d pages and %d events (%v), want %d and %d", health.Pages, health.Events, err, first.Pages, first.Events)
	}
}

// weekOf reads every page back, with its timeline and label.
func weekOf(t *testing.T, db *store.DB) []opsreview.Page {
	t.Helper()
	pages, err := db.Pages(t.Context(), store.PageFilter{})
	if err != nil {
		t.Fatal(err)
	}
	return pages
}
