package store_test

import (
	"bytes"
	"context"
	"database/sql"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"opsreview"
	"opsreview/store"
)

// reviewOf returns a review of a week that can be opened.
func reviewOf(team string) opsreview.Meeting {
	return opsreview.Meeting{
		ID: team + "/2026-W46", Team: team, Window: opsreview.Window{Start: at(0, "00:00:00"), End: at(7, "00:00:00")}, Week: "2026-W46",
		State: opsreview.MeetingOpen, OpenedAt: at(7, "09:00:00"), OpenedBy: "ada", Facilitator: "ada", Opened: []byte("{}"), Version: 1,
	}
}

func openReview(tb testing.TB, db *store.DB, m opsreview.Meeting) opsreview.Meeting {
	tb.Helper()
	m, _, err := db.OpenMeeting(tb.Context(), m)
	if err != nil {
		tb.Fatal(err)
	}
	return m
}

func noteOf(m opsreview.Meeting, text string) opsreview.MeetingItem {
	return opsreview.MeetingItem{Meeting: m.ID, Kind: opsreview.ItemNote, Text: text, Author: "ada", At: at(7, "09:30:00")}
}

func endOf(m opsreview.Meeting, by string) store.MeetingClose {
	return store.MeetingClose{ID: m.ID, Version: m.Version, Closed: []byte(by + " saw this"), By: by, At: at(7, "10:00:00")}
}

// Of many who open a review at once, some through another handle as another
// process would, one opens it and the others find that one.
func TestOpenMeeting_Race(t *testing.T) {
	path := dbPath(t)
	handles := []*store.DB{openAt(t, path, store.Options{}), openAt(t, path, store.Options{})}
	var wg sync.WaitGroup
	var mu sync.Mutex
	opened, openers := 0, map[string]bool{}
	for i := range 20 {
		wg.Go(func() {
			m := reviewOf("secrets")
			m.OpenedBy = fmt.Sprint(i)
			m, there, err := handles[i%2].OpenMeeting(t.Context(), m)
			mu.Lock()
			defer mu.Unlock()
			if err != nil {
				t.Error(err)
			}
			if !there {
				opened++
			}
			openers[m.OpenedBy] = true
		})
	}
	wg.Wait()
	if opened != 1 || len(openers) != 1 {
		t.Errorf("%d opened it, and they tell of %d openers", opened, len(openers))
	}
}

// Of many who close a review at once one does, and the others hear that it is
// closed. What is kept is what the one saw.
func TestCloseMeeting_Race(t *testing.T) {
	path := dbPath(t)
	handles := []*store.DB{openAt(t, path, store.Options{}), openAt(t, path, store.Options{})}
	m := openReview(t, handles[0], reviewOf("secrets"))
	var wg sync.WaitGroup
	closers := make([]string, 20)
	for i := range closers {
		wg.Go(func() {
			by := fmt.Sprint("person ", i)
			closed, err := handles[i%2].CloseMeeting(t.Context(), &store.Request{ID: by, Method: "CloseMeeting", At: at(7, "10:00:00")}, endOf(m, by))
			switch opsreview.ErrorCode(err) {
			case "":
				closers[i] = closed.ClosedBy
			case opsreview.Conflict:
			default:
				t.Error(err)
			}
		})
	}
	wg.Wait()
	won := strings.Join(closers, "")
	closed, err := handles[0].Meeting(t.Context(), m.ID)
	if err != nil || closed.State != opsreview.MeetingClosed || closed.ClosedBy != won || string(closed.Closed) != won+" saw this" {
		t.Errorf("%q closed it, and it says %+v: %v", won, closed, err)
	}
	wantSound(t, handles[0])
}

// While somebody closes a review others write its minutes: each note is either
// there before the end, or is refused, and no end misses one.
func TestCloseMeeting_WhileOthersWrite(t *testing.T) {
	db := openDB(t)
	m := openReview(t, db, reviewOf("secrets"))
	var wg sync.WaitGroup
	var mu sync.Mutex
	kept := 0
	for i := range 20 {
		wg.Go(func() {
			_, err := db.AddMeetingItem(t.Context(), nil, noteOf(m, fmt.Sprint(i)))
			mu.Lock()
			defer mu.Unlock()
			switch opsreview.ErrorCode(err) {
			case "":
				kept++
			case opsreview.Conflict:
			default:
				t.Error(err)
			}
		})
	}
	seen := int64(-1)
	for seen < 0 {
		now, err := db.Meeting(t.Context(), m.ID)
		if err != nil {
			t.Fatal(err)
		}
		_, err = db.CloseMeeting(t.Context(), nil, endOf(now, "ada"))
		switch opsreview.ErrorCode(err) {
		case "":
			seen = now.Version - 1
		case opsreview.Conflict:
		default:
			t.Fatal(err)
		}
	}
	wg.Wait()
	items, err := db.MeetingItems(t.Context(), store.MeetingItemFilter{})
	if err != nil || len(items) != kept || int64(kept) != seen {
		t.Errorf("%d notes were kept, the end saw %d, and there are %d: %v", kept, seen, len(items), err)
	}
}

// The tables refuse by themselves what no code should ever write: above all,
// that anything of a closed review changes.
func TestMeetings_TablesRefuse(t *testing.T) {
	path := dbPath(t)
	db, pool := openAt(t, path, store.Options{}), openSQL(t, path)
	open, closed := openReview(t, db, reviewOf("payments")), openReview(t, db, reviewOf("secrets"))
	for _, m := range []opsreview.Meeting{open, closed} {
		if _, err := db.AddMeetingItem(t.Context(), nil, noteOf(m, "a quiet week")); err != nil {
			t.Fatal(err)
		}
	}
	closed.Version = 2
	if _, err := db.CloseMeeting(t.Context(), nil, endOf(closed, "ada")); err != nil {
		t.Fatal(err)
	}
	before := rowsOf(t, pool)
	for name, query := range map[string]string{
		"another end":                    `UPDATE meetings SET closed = x'00' WHERE state = 'closed'`,
		"a closed review that is open":   `UPDATE meetings SET state = 'open', closed = NULL, closed_at = NULL WHERE state = 'closed'`,
		"another version":                `UPDATE meetings SET version = 9 WHERE id = 'secrets/2026-W46'`,
		"no review any more":             `DELETE FROM meetings`,
		"a close without an end":         `UPDATE meetings SET state = 'closed' WHERE state = 'open'`,
		"a late note":                    `INSERT INTO meeting_items (meeting, kind, section, subject, text, owner, ticket, author, at) VALUES ('secrets/2026-W46', 'note', '', '', 'x', '', '', 'eve', 1)`,
		"a note in other words":          `UPDATE meeting_items SET text = 'x' WHERE meeting = 'secrets/2026-W46'`,
		"a note taken back":              `UPDATE meeting_items SET withdrawn_by = 'eve', withdrawn_at = 1 WHERE meeting = 'secrets/2026-W46'`,
		"a note from another review":     `UPDATE meeting_items SET meeting = 'secrets/2026-W46'`,
		"a note that goes elsewhere":     `UPDATE meeting_items SET meeting = 'payments/2026-W46' WHERE meeting = 'secrets/2026-W46'`,
		"no note any more":               `DELETE FROM meeting_items`,
		"an item of an unknown kind":     `UPDATE meeting_items SET kind = 'rumour' WHERE meeting = 'payments/2026-W46'`,
		"an item of no review":           `UPDATE meeting_items SET meeting = 'x' WHERE meeting = 'payments/2026-W46'`,
		"a waiver without a reason":      `INSERT INTO waivers (team, kind, subject, title, owner, reason, author, at, expires_at) VALUES ('', 'page', 'x', '', 'a', '', 'a', 1, 2)`,
		"a waiver that is over at once":  `INSERT INTO waivers (team, kind, subject, title, owner, reason, author, at, expires_at) VALUES ('', 'page', 'x', '', 'a', 'b', 'a', 2, 2)`,
		"toil of no length":              `INSERT INTO toil (source, source_id, task, task_key, category, team, person, at, spent, ticket, page, note, author, logged_at) VALUES ('a', '', 'a', 'a', '', '', '', 1, 0, '', '', '', '', 1)`,
		"a link of an unknown incident":  `INSERT INTO incident_links (source, incident, kind, target, author, at) VALUES ('pd', 'I1', 'page', 'pd/Q1', 'a', 1)`,
		"a review that was never closed": `UPDATE meetings SET closed_at = 1 WHERE state = 'open'`,
	} {
		if _, err := pool.ExecContext(t.Context(), query); err == nil {
			t.Errorf("the tables take %s", name)
		}
	}
	if diff := cmp.Diff(before, rowsOf(t, pool)); diff != "" {
		t.Errorf("something changed (-before +after):\n%s", diff)
	}
}

// rowsOf returns everything that is kept of reviews as text.
func rowsOf(t *testing.T, pool *sql.DB) (all []string) {
	t.Helper()
	rows, err := pool.QueryContext(t.Context(), `
		SELECT concat_ws('|', id, state, hex(opened), hex(closed), closed_at, closed_by, forced, forced_open, version) FROM meetings
		UNION ALL SELECT concat_ws('|', key, meeting, kind, text, author, at, withdrawn_by, ticket, done_by) FROM meeting_items ORDER BY 1`)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		var s string
		if err := rows.Scan(&s); err != nil {
			t.Fatal(err)
		}
		all = append(all, s)
	}
	if err := rows.Err(); err != nil || len(all) == 0 {
		t.Fatalf("%d rows: %v", len(all), err)
	}
	return all
}

// What the first version that had reviews wrote is read as it was written, and
// goes on.
func TestMeetings_OfTheFirstVersion(t *testing.T) {
	db := migrated(t, 9)
	m, err := db.Meeting(t.Context(), "secrets/2026-W46")
	want := opsreview.Meeting{
		ID: "secrets/2026-W46", Team: "secrets", Window: opsreview.Window{Start: at(0, "00:00:00"), End: at(7, "00:00:00")}, Week: "2026-W46",
		State: opsreview.MeetingOpen, OpenedAt: at(7, "00:00:00"), OpenedBy: "ada", Facilitator: "ada", Section: "pages", Facts: "f0",
		Opened: []byte("{}"), Version: 1,
	}
	if diff := cmp.Diff(want, m); diff != "" || err != nil {
		t.Errorf("the review: %v (-want +got):\n%s", err, diff)
	}
	items, err := db.MeetingItems(t.Context(), store.MeetingItemFilter{Meetings: []string{m.ID}})
	if err != nil || len(items) != 1 || items[0].ID != "n-1" || items[0].Text != "A quiet week" {
		t.Errorf("minutes %+v: %v", items, err)
	}
	incidents, err := db.Incidents(t.Context(), store.IncidentFilter{Name: "inc-17"})
	if err != nil || len(incidents) != 1 || incidents[0].Severity != "SEV1" || len(incidents[0].Pages) != 1 || !incidents[0].StartedAt.Equal(at(0, "10:00:00")) {
		t.Errorf("incidents %+v: %v", incidents, err)
	}
	links, err := db.IncidentLinks(t.Context(), []opsreview.Ref{{Source: "rootly", ID: "i-1"}})
	if err != nil || len(links) != 1 || links[0].Target != "OPS-12" {
		t.Errorf("links %+v: %v", links, err)
	}
	toil, err := db.ToilEntries(t.Context(), store.ToilFilter{Team: "secrets", Task: "rotate the vault token"})
	if err != nil || len(toil) != 1 || toil[0].ID != "t-1" || toil[0].Spent != 30*time.Minute {
		t.Errorf("toil %+v: %v", toil, err)
	}
	tasks, err := db.ToilTasks(t.Context(), "secrets")
	if err != nil || len(tasks) != 1 || tasks[0].Answers[opsreview.ToilManual] != opsreview.Yes {
		t.Errorf("tasks %+v: %v", tasks, err)
	}
	waivers, err := db.Waivers(t.Context(), nil)
	if err != nil || len(waivers) != 1 || waivers[0].ID != "w-1" || !waivers[0].InForce(at(8, "00:00:00")) || waivers[0].InForce(at(14, "00:00:00")) {
		t.Errorf("waivers %+v: %v", waivers, err)
	}
	if _, err := db.CloseMeeting(t.Context(), nil, endOf(m, "ada")); err != nil {
		t.Error(err)
	}
	wantSound(t, db)
}

// A database of before there were reviews takes everything that came with them.
func TestMeetings_AfterAMigration(t *testing.T) {
	db := migrated(t, 8)
	m := openReview(t, db, reviewOf("secrets"))
	if _, err := db.AddMeetingItem(t.Context(), nil, noteOf(m, "the first one")); err != nil {
		t.Error(err)
	}
	if saved := save(t, db, "pd", opsreview.Batch{Incidents: []opsreview.Incident{{Ref: opsreview.Ref{Source: "pd", ID: "I1"}}}}); saved.Incidents != 1 {
		t.Errorf("saved %+v", saved)
	}
	wantSound(t, db)
}

// Damage is told with what to do about it, and a check finds it.
func TestMeetings_Damage(t *testing.T) {
	path := dbPath(t)
	db, pool := openAt(t, path, store.Options{}), openSQL(t, path)
	m := openReview(t, db, reviewOf("secrets"))
	save(t, db, "pd", opsreview.Batch{Incidents: []opsreview.Incident{{Ref: opsreview.Ref{Source: "pd", ID: "I1"}, StartedAt: at(0, "10:00:00")}}})
	execSQL(t, pool, `UPDATE meetings SET opened = x'28b52ffd'; UPDATE incidents SET begins_at = 1`)
	_, err := db.Meeting(t.Context(), m.ID)
	want := `what the review "secrets/2026-W46" saw is damaged: run opsreview db check and restore a backup`
	if opsreview.ErrorCode(err) != opsreview.Internal || opsreview.ErrorMessage(err) != want {
		t.Errorf("got %v, want %s", err, want)
	}
	if all, err := db.Meetings(t.Context(), store.MeetingFilter{Brief: true}); err != nil || len(all) != 1 {
		t.Errorf("a brief list has %d: %v", len(all), err)
	}
	problems, err := db.Check(t.Context())
	if diff := cmp.Diff([]string{"incident pd/I1 is not found by its earliest time", "what the review secrets/2026-W46 saw cannot be read"}, problems); diff != "" || err != nil {
		t.Errorf("check: %v (-want +got):\n%s", err, diff)
	}
}

// What people write may hold anything that is text.
func TestMeetings_HostileText(t *testing.T) {
	for name, text := range map[string]string{
		"terminal escapes": "\x1b]0;owned\x07\x1b[2J",
		"bidi controls":    "safe\u202egnp.exe",
		"a NUL":            "before\x00after",
		"a formula":        `=HYPERLINK("http://example.com","x")`,
		"SQL":              `'; DROP TABLE meetings; --`,
		"JSON":             `["a","b"]`,
		"the longest":      strings.Repeat("ü", 20_000),
	} {
		t.Run(name, func(t *testing.T) {
			db := openDB(t)
			m := openReview(t, db, reviewOf("secrets"))
			note, err := db.AddMeetingItem(t.Context(), nil, noteOf(m, text))
			if err != nil || note.Text != text {
				t.Errorf("note: %v", err)
			}
			m.Version++
			c := endOf(m, "ada")
			c.Forced, c.ForcedOpen = text, []string{text, "x"}
			closed, err := db.CloseMeeting(t.Context(), nil, c)
			if err != nil || closed.Forced != text || closed.ForcedOpen[0] != text {
				t.Errorf("close: %v", err)
			}
			entry, err := db.LogToil(t.Context(), nil, opsreview.ToilEntry{Task: "a " + text, Note: text, At: at(0, "10:00:00"), Spent: time.Hour, LoggedAt: at(1, "10:00:00")})
			if err != nil && name != "the longest" || err == nil && entry.Note != text {
				t.Errorf("toil: %v", err)
			}
			i := opsreview.Incident{Ref: opsreview.Ref{Source: "pd", ID: text}, Title: text, Services: []string{text}, FollowUps: []opsreview.FollowUp{{Key: text}}}
			save(t, db, "pd", opsreview.Batch{Incidents: []opsreview.Incident{i}})
			found, err := db.Incidents(t.Context(), store.IncidentFilter{Name: "pd/" + text})
			if diff := cmp.Diff([]opsreview.Incident{i}, found); diff != "" || err != nil {
				t.Errorf("incident: %v (-want +got):\n%s", err, diff)
			}
			wantSound(t, db)
		})
	}
}

// What a review saw may be large, but not without bound.
func TestMeetings_LargeSnapshots(t *testing.T) {
	db := openDB(t)
	m := reviewOf("secrets")
	m.Opened = bytes.Repeat([]byte(`{"page":"pd/Q1"}`), 1<<16) // 1 MiB
	m = openReview(t, db, m)
	if len(m.Opened) != 1<<20 {
		t.Errorf("%d bytes came back", len(m.Opened))
	}
	c := endOf(m, "ada")
	c.Closed = make([]byte, 32<<20+1)
	if _, err := db.CloseMeeting(t.Context(), nil, c); opsreview.ErrorCode(err) != opsreview.Invalid {
		t.Errorf("a close with more than 32 MiB: %v", err)
	}
}

// A cancelled close leaves the review open.
func TestCloseMeeting_Cancelled(t *testing.T) {
	db := openDB(t)
	m := openReview(t, db, reviewOf("secrets"))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := db.CloseMeeting(ctx, nil, endOf(m, "ada")); err == nil {
		t.Error("a cancelled close tells of no error")
	}
	if again, err := db.Meeting(t.Context(), m.ID); err != nil || again.State != opsreview.MeetingOpen {
		t.Errorf("the review is %s: %v", again.State, err)
	}
}

// Incidents, toil and reviews are found by indexes, whatever the history.
func TestPlans_Meetings(t *testing.T) {
	path := dbPath(t)
	openAt(t, path, store.Options{})
	pool := openSQL(t, path)
	window := opsreview.Window{Start: at(0, "00:00:00"), End: at(7, "00:00:00")}
	who, team := []opsreview.Ref{{Source: "pd", ID: "I1"}}, "secrets"
	query := func(q string, args []any) func() (string, []any) { return func() (string, []any) { return q, args } }
	for name, tt := range map[string]struct {
		query func() (string, []any)
		want  string
		sorts bool
	}{
		"incidents by reference":      {query(store.IncidentsQuery(store.IncidentFilter{Refs: who})), "SEARCH incidents USING PRIMARY KEY (source=? AND id=?)", true},
		"incidents of a window":       {query(store.IncidentsQuery(store.IncidentFilter{Window: window})), "incidents_begins_at_idx (begins_at>? AND begins_at<?)", true},
		"incidents open in a window":  {query(store.IncidentsQuery(store.IncidentFilter{Window: window})), "MULTI-INDEX OR", true},
		"an incident by its name":     {query(store.IncidentsQuery(store.IncidentFilter{Name: "pd/I1"})), "SEARCH incidents USING PRIMARY KEY (source=? AND id=?)", true},
		"an incident by its number":   {query(store.IncidentsQuery(store.IncidentFilter{Name: "INC-17"})), "incidents_number_idx (number=?)", true},
		"an incident by a short name": {query(store.IncidentsQuery(store.IncidentFilter{Name: "I1"})), "incidents_id_idx (id>? AND id<?)", true},
		"links of incidents":          {query(store.LinksQuery(who)), "SEARCH incident_links USING INDEX incident_links_incident_idx (source=? AND incident=?)", true},
		"toil of a window":            {query(store.ToilQuery(store.ToilFilter{Window: window})), "SEARCH toil USING INDEX toil_at_idx (at>? AND at<?)", false},
		"a team's toil in a window":   {query(store.ToilQuery(store.ToilFilter{Team: team, Window: window})), "SEARCH toil USING INDEX toil_team_idx (team=? AND at>? AND at<?)", false},
		"what was logged of a task":   {query(store.ToilQuery(store.ToilFilter{Task: "rotate"})), "SEARCH toil USING INDEX toil_task_key_idx (task_key=?)", false},
		"an entry by its name":        {query(store.SelectNamedToil, []any{"jira", "1"}), "SEARCH toil USING INDEX toil_source_idx (source=? AND source_id=?)", false},
		"a team's last reviews":       {query(store.MeetingsQuery(store.MeetingFilter{Team: &team, Limit: 5})), "SEARCH meetings USING INDEX meetings_team_idx (team=?)", true},
		"a team's reviews before":     {query(store.MeetingsQuery(store.MeetingFilter{Team: &team, Before: window.Start})), "SEARCH meetings USING INDEX meetings_team_idx (team=? AND start_at<?)", true},
		"the minutes of a review":     {query(store.ItemsQuery(store.MeetingItemFilter{Meetings: []string{"secrets/2026-W46"}})), "SEARCH meeting_items USING INDEX meeting_items_meeting_idx (meeting=?)", true},
		"what reviews left to do":     {query(store.ItemsQuery(store.MeetingItemFilter{Meetings: []string{"secrets/2026-W46"}, ToDo: true})), "SEARCH meeting_items USING INDEX meeting_items_action_idx (meeting=?)", true},
		"an item by its name":         {query(store.ItemsQuery(store.MeetingItemFilter{ID: "n-1"})), "SEARCH meeting_items USING INTEGER PRIMARY KEY (rowid=?)", false},
		"a team's waivers":            {query(store.WaiversQuery(&team)), "SEARCH waivers USING INDEX waivers_team_idx (team=?)", false},
	} {
		t.Run(name, func(t *testing.T) {
			q, args := tt.query()
			plan := wantPlan(t, pool, tt.want, q, args...)
			if strings.Contains(plan, "ORDER BY") && strings.Contains(plan, "B-TREE") != tt.sorts {
				t.Errorf("whether it sorts is not as expected:\n%s", plan)
			}
		})
	}
}
