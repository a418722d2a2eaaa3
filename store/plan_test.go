package store_test

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
	"testing"
	"time"

	"opsreview"
	"opsreview/store"
)

// TestPlans asks SQLite how it would answer the questions that must cost by
// what they ask for, not by the history: no step may scan a big table.
func TestPlans(t *testing.T) {
	path := dbPath(t)
	db := openAt(t, path, store.Options{Monitors: opsreview.DefaultMonitorRules()})
	save(t, db, "pd", history("pd", 0, 200))
	pool := openSQL(t, path)
	window := opsreview.Window{Start: at(0, "00:00:00"), End: at(7, "00:00:00")}
	who := []opsreview.Ref{{Source: "pd", ID: "P00001"}}
	for name, tt := range map[string]struct {
		filter store.PageFilter
		want   string // an index that must be in the plan
	}{
		"pages triggered in a window":     {store.PageFilter{Window: window}, "pages_triggered_at_source_id_idx (triggered_at>? AND triggered_at<?)"},
		"pages notified in a window":      {store.PageFilter{Touched: window}, "events_notified_at_idx (at>? AND at<?)"},
		"a page of the list":              {store.PageFilter{After: store.PageKey{At: at(1, "00:00:00"), Ref: who[0]}, Limit: 100}, "pages_triggered_at_source_id_idx ((triggered_at,source,id)>(?,?,?))"},
		"the latest pages":                {store.PageFilter{Limit: 10, Descending: true}, "pages_triggered_at_source_id_idx"},
		"pages of a responder":            {store.PageFilter{Responder: who}, "SEARCH n USING PRIMARY KEY (responder=?)"},
		"a responder in a window":         {store.PageFilter{Responder: who, Window: window}, "pages_triggered_at_source_id_idx (triggered_at>? AND triggered_at<?)"},
		"whom pages in a window notified": {store.PageFilter{Responder: who, Window: window}, "SEARCH n EXISTS USING COVERING INDEX notified_page_idx (page=?)"},
		"a touched responder":             {store.PageFilter{Responder: who, Touched: window, Others: who}, "SEARCH n EXISTS USING COVERING INDEX notified_page_idx (page=?)"},
		"all but some in a window":        {store.PageFilter{Except: who, Touched: window}, "SEARCH q USING COVERING INDEX sqlite_autoindex_pages_1 (source=? AND id=?)"},
		"pages by reference":              {store.PageFilter{Refs: who}, "SEARCH p USING INDEX sqlite_autoindex_pages_1 (source=? AND id=?)"},
		"pages of a monitor":              {store.PageFilter{Monitor: "m-1"}, "pages_monitor_triggered_at_idx (monitor=?)"},
		"a monitor's in a window":         {store.PageFilter{Monitor: "m-1", Services: who, Window: window}, "pages_monitor_triggered_at_idx (monitor=? AND triggered_at>? AND triggered_at<?)"},
		"unlabelled pages in a week":      {store.PageFilter{Window: window, Labelled: store.Unlabelled}, "SEARCH l USING INTEGER PRIMARY KEY (rowid=?)"},
		"brief pages in a window":         {store.PageFilter{Window: window, Services: who, Brief: true}, "SEARCH l USING INTEGER PRIMARY KEY (rowid=?)"},
		"services in a window":            {store.PageFilter{Window: window, Services: who}, "pages_service_service_source_triggered_at_idx (service=? AND service_source=? AND triggered_at>? AND triggered_at<?)"},
		"services touched":                {store.PageFilter{Touched: window, Services: who}, "SEARCH p USING INTEGER PRIMARY KEY"},
		"services open in a window":       {store.PageFilter{Window: window, OpenAfter: window.End, Services: who}, "pages_service_service_source_triggered_at_idx (service=? AND service_source=? AND triggered_at>? AND triggered_at<?)"},
		"others open in a window":         {store.PageFilter{Window: window, OpenAfter: window.End, Others: who}, "pages_triggered_at_source_id_idx (triggered_at>? AND triggered_at<?)"},
		"the latest of services":          {store.PageFilter{Services: who, Limit: 10, Descending: true}, "SCAN p USING INDEX pages_triggered_at_source_id_idx"},
		"the first of services":           {store.PageFilter{Services: who, Window: window, Limit: 10}, "pages_triggered_at_source_id_idx (triggered_at>? AND triggered_at<?)"},
		"services' pages by name":         {store.PageFilter{Services: who, Refs: who}, "SEARCH p USING INDEX sqlite_autoindex_pages_1 (source=? AND id=?)"},
	} {
		t.Run(name, func(t *testing.T) {
			query, args, err := store.PagesQuery(tt.filter)
			if err != nil {
				t.Fatal(err)
			}
			wantPlan(t, pool, tt.want, query, args...)
		})
	}
	t.Run("labels of a monitor come in order from an index", func(t *testing.T) {
		plan := wantPlan(t, pool, "SEARCH p USING INDEX pages_monitor_labelled_at_source_id_idx (monitor=? AND labelled_at>?)", store.SelectMonitorLabels, "m-1", 11)
		if strings.Contains(plan, "B-TREE") {
			t.Errorf("all labels of the monitor are sorted:\n%s", plan)
		}
	})
	t.Run("pages carried into a window", func(t *testing.T) {
		wantPlan(t, pool, "SEARCH pages USING INDEX pages_acknowledged_triggered_at_resolved_at_idx (triggered_at>? AND triggered_at<?)", store.SelectCarried, 0, 1, 1)
	})
	for name, tt := range map[string]struct{ query, want string }{
		"hours of a window":               {store.SelectHours, "SEARCH segment_hours USING PRIMARY KEY (slo=? AND end_at>? AND end_at<?)"},
		"segments of an hour":             {store.SelectWithin, "SEARCH segments USING PRIMARY KEY (slo=? AND end_at>? AND end_at<?)"},
		"segments that cross an hour":     {store.SelectCrossing, "SEARCH segments USING INDEX segments_crossing_slo_end_at_idx (slo=? AND end_at>? AND end_at<?)"},
		"segments that a batch may touch": {store.SelectTouched, "SEARCH segments USING PRIMARY KEY (slo=? AND end_at>?)"},
	} {
		t.Run(name, func(t *testing.T) {
			plan := wantPlan(t, pool, tt.want, tt.query, 1, 2, 3, 4)
			if many, _, _ := strings.Cut(plan, "RIGHT"); strings.Contains(many, "B-TREE") {
				t.Errorf("segments are sorted:\n%s", plan)
			}
		})
	}
}

// wantPlan fails the test unless the query's plan has a step and reads no table
// whole. It returns the plan.
func wantPlan(t *testing.T, pool *sql.DB, want, query string, args ...any) string {
	t.Helper()
	rows, err := pool.QueryContext(t.Context(), "EXPLAIN QUERY PLAN "+query, args...)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	var plan strings.Builder
	for rows.Next() {
		var id, parent, unused int
		var step string
		if err := rows.Scan(&id, &parent, &unused, &step); err != nil {
			t.Fatal(err)
		}
		fmt.Fprintln(&plan, step)
		for _, table := range []string{
			"p", "pages", "events", "n", "notified", "labels", "l", "segments", "segment_hours",
			"points", "series", "s", "scans", "c", "charts", "documents",
			"incidents", "incident_links", "toil", "meetings", "meeting_items", "waivers",
		} {
			if strings.HasPrefix(step+" ", "SCAN "+table+" ") && !strings.Contains(step, "pages_triggered_at_source_id_idx") {
				t.Errorf("a table is read whole: %s", step)
			}
		}
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(plan.String(), want) {
		t.Errorf("the plan lacks %q:\n%s", want, plan.String())
	}
	return plan.String()
}

// BenchmarkReviewWindow reads the pages of one week out of a short and out of a
// long history: the two should cost the same.
func BenchmarkReviewWindow(b *testing.B) {
	const perWeek = 7 * 24 * 6
	for _, weeks := range []int{4, 100} {
		b.Run(fmt.Sprintf("%d pages", weeks*perWeek), func(b *testing.B) {
			db := openDB(b)
			for n := 0; n < weeks*perWeek; n += batchPages {
				save(b, db, "pd", history("pd", n, n+batchPages))
			}
			start := at(0, "00:00:00").Add(time.Duration(weeks/2) * 7 * 24 * time.Hour)
			week := opsreview.Window{Start: start, End: start.AddDate(0, 0, 7)}
			for b.Loop() {
				pages, err := db.Pages(context.Background(), store.PageFilter{Touched: week})
				if err != nil || len(pages) != perWeek {
					b.Fatalf("%d pages: %v", len(pages), err)
				}
			}
		})
	}
}

// BenchmarkOpen opens a database that is up to date and closes it.
func BenchmarkOpen(b *testing.B) {
	path := dbPath(b)
	opts := store.Options{Monitors: opsreview.DefaultMonitorRules()}
	openAt(b, path, opts)
	for b.Loop() {
		db, err := store.Open(context.Background(), path, opts)
		if err != nil {
			b.Fatal(err)
		}
		if err := db.Close(); err != nil {
			b.Fatal(err)
		}
	}
}
