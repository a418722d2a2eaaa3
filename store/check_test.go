package store_test

import (
	"slices"
	"strings"
	"testing"

	"opsreview"
	"opsreview/store"
	"opsreview/store/storetest"
)

// TestCheck damages a database in every way that Check knows of.
func TestCheck(t *testing.T) {
	for name, tt := range map[string]struct {
		damage string
		want   string // the beginning of a problem
	}{
		"a counter is off":               {"UPDATE sources SET events = 7", "source pd counts 10 pages and 7 events but has 10 and 80"},
		"a source has lost its row":      {"DELETE FROM sources", "source pd counts 0 pages and 0 events but has 10 and 80"},
		"a derived time is wrong":        {"UPDATE pages SET acknowledged_at = acknowledged_at + 1 WHERE id = 'Q00000003'", "page pd/Q00000003 is not what its events make it"},
		"a title has changed":            {"UPDATE pages SET attributes = '' WHERE key = 1", "page pd/Q00000000 is not what its events make it"},
		"an event is gone":               {"DELETE FROM events WHERE page = 1 AND kind = 'triggered'; DELETE FROM events WHERE page = 1 AND kind = 'resolved'", "source pd counts 10 pages and 80 events but has 10 and 78"},
		"an event belongs to no page":    {"PRAGMA foreign_keys = 0; DELETE FROM pages WHERE key = 1", "8 rows of events refer to missing rows of pages"},
		"a notified responder is gone":   {"DELETE FROM notified WHERE page = 1 AND responder = 'P00000'", "page pd/Q00000000 notified P00000, which is not recorded"},
		"somebody was never notified":    {"INSERT INTO notified VALUES ('PX', 1)", "page pd/Q00000000 did not notify PX, which is recorded"},
		"a monitor is gone":              {"DELETE FROM monitors WHERE title LIKE '%(3)'", "monitor m-"},
		"a monitor was seen for longer":  {"UPDATE monitors SET first_seen_at = 0", "monitor m-"},
		"a page shows no label":          {"UPDATE pages SET label = NULL WHERE key = 1", "page pd/Q00000000 does not show its last label"},
		"a page shows a label too early": {"UPDATE pages SET labelled_at = 1 WHERE key = 1", "page pd/Q00000000 does not show its last label"},
		"a page shows a withdrawn label": {"UPDATE labels SET withdrawn = 1", "page pd/Q00000000 does not show its last label"},
		"an SLO counts wrongly":          {"UPDATE slos SET segments = 7", "SLO vault/availability counts 7 segments but has 90"},
		"a segment is gone":              {"DELETE FROM segments WHERE end_at IN (SELECT min(end_at) FROM segments); UPDATE slos SET segments = 89", "the hour of SLO vault/availability before"},
		"an hour is gone":                {"DELETE FROM segment_hours WHERE end_at IN (SELECT min(end_at) FROM segment_hours)", "the hour of SLO vault/availability before"},
		"an hour is more than its sum":   {"UPDATE segment_hours SET bad = bad + 1", "the hour of SLO vault/availability before"},
		"an hour is of nothing":          {"INSERT INTO segment_hours VALUES (1, 60000, 60000, 1, 0, 0, 0, 0, 0)", "the hour of SLO vault/availability before 60000 is not"},
		"segments overlap":               {"UPDATE segments SET length = 60001 WHERE end_at IN (SELECT max(end_at) FROM segments)", "a segment of SLO vault/availability overlaps the one before"},
		"an hour belongs to no SLO":      {"PRAGMA foreign_keys = 0; DELETE FROM slos", "refer to missing rows of slos"},
		"an effect belongs to no ticket": {"PRAGMA foreign_keys = 0; INSERT INTO ticket_effects VALUES (1, 1, NULL, 'jira/OPS', 'f', 1, 'create', '', '', '', '')", "1 rows of ticket_effects refer to missing rows of tickets"},
		"a table and its index differ":   {"PRAGMA writable_schema = 1; UPDATE sqlite_schema SET rootpage = (SELECT rootpage FROM sqlite_schema WHERE name = 'requests_at_idx') WHERE name = 'raw_at_idx'", "2nd reference to page"},
	} {
		t.Run(name, func(t *testing.T) {
			path := storetest.Fresh(t, dbPath(t))
			opts := store.Options{Monitors: opsreview.DefaultMonitorRules()}
			db := openAt(t, path, opts)
			b := history("pd", 0, 10)
			b.Labels = []opsreview.Label{{Page: b.Pages[0].Ref, Verdict: opsreview.Actionable, Author: "ada", At: at(1, "09:00:00")}}
			b.Segments = minuteSegments("vault/availability", 0, 90)
			save(t, db, "pd", b)
			wantSound(t, db)
			execSQL(t, openSQL(t, path), tt.damage)
			problems, err := openAt(t, path, opts).Check(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			if !slices.ContainsFunc(problems, func(p string) bool { return strings.Contains(p, tt.want) }) {
				t.Errorf("got %q, want %q among them", problems, tt.want)
			}
		})
	}
}
