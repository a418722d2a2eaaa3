package store_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"opsreview"
	"opsreview/store"
	"opsreview/ticket"
)

// The store is the ledger that filing needs.
var _ ticket.Ledger = (*store.DB)(nil)

const tracker = "jira/OPS"

// filing returns row n of a ledger, whose creation is under way.
func filing(n int) opsreview.Ticket {
	key := opsreview.FindingKey("noisy_monitor", fmt.Sprint(n))
	return opsreview.Ticket{
		Tracker: tracker, Fingerprint: opsreview.FingerprintOf(key), Generation: 1, Key: key, Team: fmt.Sprintf("team-%d", n%8),
		State: opsreview.TicketCreating, Attempt: "a1", AttemptAt: at(0, "09:00:00"),
	}
}

// Of many who ask for a tracker at once, some through another handle as another
// process would, one gets it.
func TestLease_Race(t *testing.T) {
	path := dbPath(t)
	handles := []*store.DB{openAt(t, path, store.Options{}), openAt(t, path, store.Options{})}
	var wg sync.WaitGroup
	errs := make([]error, 20)
	for i := range errs {
		wg.Go(func() {
			errs[i] = handles[i%2].Lease(t.Context(), tracker, fmt.Sprintf("run %d", i), at(0, "09:00:00"), at(0, "09:10:00"))
		})
	}
	wg.Wait()
	won := 0
	for _, err := range errs {
		switch opsreview.ErrorCode(err) {
		case "":
			won++
		case opsreview.Conflict:
		default:
			t.Error(err)
		}
	}
	if won != 1 {
		t.Errorf("%d have the lease, want 1", won)
	}
}

// Many effects at once through two handles all are kept, each with its row and
// an id of its own.
func TestEffects_Concurrent(t *testing.T) {
	path := dbPath(t)
	handles := []*store.DB{openAt(t, path, store.Options{}), openAt(t, path, store.Options{})}
	var wg sync.WaitGroup
	for i := range 40 {
		wg.Go(func() {
			db, row := handles[i%2], filing(i)
			id, err := db.BeginEffect(t.Context(), row, opsreview.TicketEffect{At: at(0, "09:00:00"), Action: "create"})
			if err == nil && i%4 != 0 {
				row.State, row.RemoteID = opsreview.TicketFiled, fmt.Sprint(id)
				err = db.EndEffect(t.Context(), row, id, opsreview.OutcomeOK, row.RemoteID, at(0, "09:00:01"))
			}
			if err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	effects, err := handles[0].TicketEffects(t.Context(), store.TicketEffectFilter{Tracker: tracker, Now: at(1, "00:00:00")})
	if err != nil {
		t.Fatal(err)
	}
	rows, err := handles[1].Tickets(t.Context(), tracker)
	if err != nil {
		t.Fatal(err)
	}
	filed := slices.DeleteFunc(slices.Clone(rows), func(row opsreview.Ticket) bool { return row.State != opsreview.TicketFiled })
	ok := slices.DeleteFunc(slices.Clone(effects), func(e opsreview.TicketEffect) bool { return e.Outcome != opsreview.OutcomeOK })
	if len(effects) != 40 || len(rows) != 40 || len(filed) != 30 || len(ok) != 30 {
		t.Errorf("%d effects, %d of them ok, and %d rows, %d of them filed", len(effects), len(ok), len(rows), len(filed))
	}
	wantSound(t, handles[0])
}

// A commit of WAL mode outlasts a crash of the program, but a power failure only
// where the disk was waited for.
func TestEffects_WaitForTheDisk(t *testing.T) {
	const normal, full = 1, 2
	db := openDB(t)
	for range 2 {
		if durable, other, err := db.Synchronous(t.Context()); durable != full || other != normal || err != nil {
			t.Errorf("synchronous is %d, and %d else: %v", durable, other, err)
		}
	}
}

// The ledger of the first version that had one is read as it was written.
func TestTickets_OfTheFirstLedger(t *testing.T) {
	db := migrated(t, 7)
	rows, err := db.Tickets(t.Context(), tracker)
	if err != nil || len(rows) != 1 {
		t.Fatalf("%d rows: %v", len(rows), err)
	}
	want := opsreview.Ticket{
		Tracker: tracker, Fingerprint: "f2eb4a33a11de8c7", Generation: 1, Key: "noisy_monitor:m-1", Kind: "noisy_monitor",
		Category: "alert-noise", Team: "secrets", Service: "vault", Monitor: "m-1", Title: "Vault reads page too much", Cost: 204.5,
		Points: 3, State: opsreview.TicketFiled, Attempt: "a1", AttemptAt: at(0, "10:00:00"), Payload: "9f86d081", RemoteID: "10012",
		RemoteKey: "OPS-12", URL: "https://example.com/browse/OPS-12", Stands: opsreview.TicketDone, Status: "Closed",
		Resolution: "Fixed", Assignee: "Ada", ClosedAt: at(0, "12:00:00"), SyncedAt: at(0, "12:00:00"), FiledAt: at(0, "10:00:01"),
		FirstAt: at(0, "10:00:00"), LastAt: at(0, "10:00:00"), LastRun: "secrets 2026-W46", Seen: 1,
	}
	if diff := cmp.Diff(want, rows[0]); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if confirmed, err := db.Confirmed(t.Context(), tracker); err != nil || !confirmed.Equal(at(0, "10:00:00")) {
		t.Errorf("it was confirmed %s: %v", confirmed, err)
	}
	if counts, err := db.PassedOver(t.Context(), tracker, ""); err != nil || counts[want.Fingerprint] != 1 {
		t.Errorf("it was passed over %v: %v", counts, err)
	}
}

// The table refuses by itself what no code should ever write.
func TestTickets_TableRefuses(t *testing.T) {
	path := dbPath(t)
	db, pool := openAt(t, path, store.Options{}), openSQL(t, path)
	if err := db.SaveTickets(t.Context(), []opsreview.Ticket{filing(1)}); err != nil {
		t.Fatal(err)
	}
	for name, query := range map[string]string{
		"an unknown state":                      `UPDATE tickets SET state = 'lost'`,
		"an unknown category":                   `UPDATE tickets SET stands = 'Closed'`,
		"no generation":                         `UPDATE tickets SET generation = 0`,
		"a creation without an attempt":         `UPDATE tickets SET attempt = ''`,
		"a creation that nobody knows when":     `UPDATE tickets SET attempt_at = NULL`,
		"a filed ticket without a name":         `UPDATE tickets SET state = 'filed'`,
		"an effect on no ticket":                `INSERT INTO ticket_effects VALUES (1, 1, NULL, 'jira/OPS', 'f', 1, 'create', '', '', '', '')`,
		"a planning that neither chose nor not": `INSERT INTO plannings VALUES ('jira/OPS', 'f', '1', 1, 2)`,
	} {
		if _, err := pool.ExecContext(t.Context(), query); err == nil {
			t.Errorf("the table takes %s", name)
		}
	}
}

// Tickets and their effects are found by indexes, and come in order from them.
func TestPlans_Tickets(t *testing.T) {
	path := dbPath(t)
	openAt(t, path, store.Options{})
	pool := openSQL(t, path)
	fingerprint, window := filing(1).Fingerprint, opsreview.Window{Start: at(0, "00:00:00"), End: at(7, "00:00:00")}
	tickets := func(f store.TicketFilter) func() (string, []any) {
		return func() (string, []any) { return store.TicketsQuery(f) }
	}
	effects := func(f store.TicketEffectFilter) func() (string, []any) {
		return func() (string, []any) { return store.TicketEffectsQuery(f) }
	}
	for name, tt := range map[string]struct {
		query func() (string, []any)
		want  string
		sorts bool
	}{
		"of a tracker":              {tickets(store.TicketFilter{Tracker: tracker}), "SEARCH tickets USING PRIMARY KEY (tracker=?)", false},
		"of a team":                 {tickets(store.TicketFilter{Team: "secrets"}), "SEARCH tickets USING INDEX tickets_team_idx (team=?)", false},
		"of a finding":              {tickets(store.TicketFilter{Fingerprint: fingerprint}), "SEARCH tickets USING INDEX tickets_fingerprint_idx (fingerprint=?)", false},
		"of a finding in a tracker": {tickets(store.TicketFilter{Fingerprint: fingerprint, Tracker: tracker}), "SEARCH tickets USING INDEX tickets_fingerprint_idx (fingerprint=? AND tracker=?)", false},
		"closed in a window":        {tickets(store.TicketFilter{Tracker: tracker, Closed: window}), "SEARCH tickets USING INDEX tickets_tracker_closed_at_idx (tracker=? AND closed_at>? AND closed_at<?)", true},
		"the latest effects":        {effects(store.TicketEffectFilter{Limit: 10}), "SCAN e", false},
		"a tracker's effects":       {effects(store.TicketEffectFilter{Tracker: tracker, Before: 7, Limit: 10}), "SEARCH e USING INDEX ticket_effects_tracker_idx (tracker=? AND rowid<?)", false},
		"a finding's effects":       {effects(store.TicketEffectFilter{Tracker: tracker, Fingerprint: fingerprint, Now: window.End}), "SEARCH e USING INDEX ticket_effects_fingerprint_idx (fingerprint=?)", false},
		"passed over":               {func() (string, []any) { return store.SelectPassedOver, []any{tracker, "4"} }, "SEARCH c USING PRIMARY KEY (tracker=? AND fingerprint=?)", false},
		"pages of a monitor": {
			func() (string, []any) { return store.CountMonitorPages, []any{"m-1", 1, 2} },
			"SEARCH pages USING COVERING INDEX pages_monitor_triggered_at_idx (monitor=? AND triggered_at>? AND triggered_at<?)", false,
		},
	} {
		t.Run(name, func(t *testing.T) {
			query, args := tt.query()
			plan := wantPlan(t, pool, tt.want, query, args...)
			if strings.Contains(plan, "B-TREE") != tt.sorts {
				t.Errorf("whether it sorts is not as expected:\n%s", plan)
			}
		})
	}
}

// An error that a caller sees names no table.
func TestTickets_ErrorsAreForPeople(t *testing.T) {
	db := openDB(t)
	second := filing(1)
	second.Generation = 2
	err := db.SaveTickets(t.Context(), []opsreview.Ticket{filing(1), second})
	want := fmt.Sprintf("another generation of ticket %s in %q is still being filed", second.Fingerprint, tracker)
	if got := opsreview.ErrorMessage(err); got != want || errors.Unwrap(err) == nil {
		t.Errorf("got %q, want %q", got, want)
	}
}

// BenchmarkBeginEffect keeps one intent, which waits for the disk.
func BenchmarkBeginEffect(b *testing.B) {
	db, n := openDB(b), 0
	for b.Loop() {
		n++
		if _, err := db.BeginEffect(b.Context(), filing(n), opsreview.TicketEffect{At: at(0, "09:00:00"), Action: "create"}); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkSaveTickets saves a ledger of 5000 rows again.
func BenchmarkSaveTickets(b *testing.B) {
	db := openDB(b)
	var rows []opsreview.Ticket
	for n := range 5000 {
		rows = append(rows, filing(n))
	}
	for b.Loop() {
		if err := db.SaveTickets(b.Context(), rows); err != nil {
			b.Fatal(err)
		}
		if got, err := db.Tickets(b.Context(), tracker); err != nil || len(got) != len(rows) {
			b.Fatalf("%d rows: %v", len(got), err)
		}
	}
}
