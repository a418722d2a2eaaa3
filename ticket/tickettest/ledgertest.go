package tickettest

import (
	"testing"
	"time"

	"opsreview"
	"opsreview/ticket"
)

const ledgerTracker = "memory/OPS"

var ledgerTime = time.Date(2026, 3, 9, 9, 0, 0, 0, time.UTC)

// RunLedger checks a ledger. Each check gets an empty one.
func RunLedger(t *testing.T, open func(t testing.TB) ticket.Ledger) {
	t.Run("rows are saved by tracker, finding and generation", func(t *testing.T) { testRows(t, open(t)) })
	t.Run("rows are saved together or not at all", func(t *testing.T) { testAtomic(t, open(t)) })
	t.Run("an intent and its outcome are saved with the row", func(t *testing.T) { testEffect(t, open(t)) })
	t.Run("one owner has a lease at a time", func(t *testing.T) { testLease(t, open(t)) })
	t.Run("the first agreement counts", func(t *testing.T) { testConfirm(t, open(t)) })
}

func ledgerRow(generation int) opsreview.Ticket {
	return opsreview.Ticket{
		Tracker: ledgerTracker, Fingerprint: "0123456789abcdef", Generation: generation, Key: "noisy_monitor:a",
		Kind: opsreview.NoisyMonitor, Category: opsreview.AlertNoise, Team: "secrets", Service: "vault", SLO: "vault/availability",
		Monitor: "m", Title: "a title", Cost: 1.5, Points: 3, State: opsreview.TicketFiled, Attempt: "x", AttemptAt: ledgerTime,
		Probes: 2, ProbedAt: ledgerTime, NotBefore: ledgerTime, Payload: "p", Error: "e", RemoteID: "10001", RemoteKey: "OPS-1",
		URL: "https://tracker.example/OPS-1", Stands: opsreview.TicketDone, Status: "Closed", Resolution: "Done", Assignee: "ada",
		ClosedAt: ledgerTime, SyncedAt: ledgerTime, FiledAt: ledgerTime, FirstAt: ledgerTime, LastAt: ledgerTime, LastRun: "r",
		Seen: 4, NotedAt: ledgerTime, NoteID: "r", SuppressedUntil: ledgerTime,
	}
}

// expectRows fails unless the ledger has exactly the rows, in order.
func expectRows(t testing.TB, l ticket.Ledger, want ...opsreview.Ticket) {
	t.Helper()
	got, err := l.Tickets(t.Context(), ledgerTracker)
	if err != nil || len(got) != len(want) {
		t.Fatalf("the ledger has %d rows, %v; want %d", len(got), err, len(want))
	}
	for i := range want {
		if got[i] != want[i] {
			t.Errorf("row %d is %+v, want %+v", i, got[i], want[i])
		}
	}
}

func testRows(t *testing.T, l ticket.Ledger) {
	first, second := ledgerRow(1), ledgerRow(2)
	second.ClosedAt, second.NotedAt, second.SuppressedUntil = time.Time{}, time.Time{}, time.Time{}
	other := ledgerRow(1)
	other.Tracker = "memory/OTHER"
	if err := l.SaveTickets(t.Context(), []opsreview.Ticket{second, first, other}); err != nil {
		t.Fatalf("saving: %v", err)
	}
	expectRows(t, l, first, second)
	first.Title, first.Seen = "another title", 5
	if err := l.SaveTickets(t.Context(), []opsreview.Ticket{first}); err != nil {
		t.Fatalf("saving again: %v", err)
	}
	expectRows(t, l, first, second)
	if err := l.SaveTickets(t.Context(), nil); err != nil {
		t.Errorf("saving nothing: %v", err)
	}
}

func testAtomic(t *testing.T, l ticket.Ledger) {
	bad := ledgerRow(2)
	bad.State = "no such state"
	if err := l.SaveTickets(t.Context(), []opsreview.Ticket{ledgerRow(1), bad}); err == nil {
		t.Error("a state that there is not was saved")
	}
	expectRows(t, l)
}

func testEffect(t *testing.T, l ticket.Ledger) {
	row := ledgerRow(1)
	row.State, row.RemoteID, row.RemoteKey, row.URL = opsreview.TicketCreating, "", "", ""
	id, err := l.BeginEffect(t.Context(), row, opsreview.TicketEffect{
		At: ledgerTime, Tracker: row.Tracker, Fingerprint: row.Fingerprint, Generation: 1, Action: "create", Detail: "a title", Caller: "ada",
	})
	if err != nil {
		t.Fatalf("beginning: %v", err)
	}
	expectRows(t, l, row)
	row.State, row.RemoteID, row.RemoteKey = opsreview.TicketFiled, "10001", "OPS-1"
	if err := l.EndEffect(t.Context(), row, id, opsreview.OutcomeOK, "OPS-1", ledgerTime.Add(time.Second)); err != nil {
		t.Fatalf("ending: %v", err)
	}
	expectRows(t, l, row)
	if err := l.EndEffect(t.Context(), row, id+1000, opsreview.OutcomeOK, "OPS-1", ledgerTime); err == nil {
		t.Error("an effect that never began was ended")
	}
}

func testLease(t *testing.T, l ticket.Ledger) {
	lease := func(owner string, from, until time.Duration) error {
		return l.Lease(t.Context(), ledgerTracker, owner, ledgerTime.Add(from), ledgerTime.Add(until))
	}
	steps := []struct {
		say         string
		owner       string
		from, until time.Duration
		want        opsreview.Code
	}{
		{"the first has it", "ada", 0, time.Minute, ""},
		{"another has to wait", "bob", time.Second, time.Hour, opsreview.Conflict},
		{"its owner lengthens it", "ada", time.Second, 2 * time.Minute, ""},
		{"another still has to wait", "bob", 90 * time.Second, time.Hour, opsreview.Conflict},
		{"what has run out is free", "bob", 2 * time.Minute, time.Hour, ""},
		{"its owner gives it back", "bob", 3 * time.Minute, 3 * time.Minute, ""},
		{"what was given back is free", "ada", 3 * time.Minute, time.Hour, ""},
	}
	for _, s := range steps {
		if err := lease(s.owner, s.from, s.until); opsreview.ErrorCode(err) != s.want {
			t.Fatalf("%s: %v, want the code %q", s.say, err, s.want)
		}
	}
	if err := l.Lease(t.Context(), "memory/OTHER", "bob", ledgerTime, ledgerTime.Add(time.Hour)); err != nil {
		t.Errorf("another tracker: %v", err)
	}
}

func testConfirm(t *testing.T, l ticket.Ledger) {
	at, err := l.Confirmed(t.Context(), ledgerTracker)
	if err != nil || !at.IsZero() {
		t.Fatalf("before anybody agreed: %v, %v", at, err)
	}
	for i := range 2 {
		if err := l.Confirm(t.Context(), ledgerTracker, "ada", ledgerTime.Add(time.Duration(i)*time.Hour)); err != nil {
			t.Fatalf("agreeing: %v", err)
		}
	}
	if at, err := l.Confirmed(t.Context(), ledgerTracker); err != nil || !at.Equal(ledgerTime) {
		t.Errorf("confirmed at %v, %v; want %v", at, err, ledgerTime)
	}
}
