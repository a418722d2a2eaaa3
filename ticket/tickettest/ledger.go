package tickettest

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"sync"
	"time"

	"opsreview"
)

// Ledger is a ledger in memory. Like a database it survives the crashes of
// those who use it.
type Ledger struct {
	// Hook is called before and after something is saved: "before begin create",
	// "after end create", "before save". A panic in it is a crash there. It may be
	// nil.
	Hook func(at string)

	mu        sync.Mutex
	rows      map[ledgerKey]opsreview.Ticket
	effects   []opsreview.TicketEffect
	leases    map[string]lease
	confirmed map[string]time.Time
}

type ledgerKey struct {
	tracker, fingerprint string
	generation           int
}

type lease struct {
	owner string
	until time.Time
}

// NewLedger returns an empty ledger.
func NewLedger() *Ledger {
	return &Ledger{rows: map[ledgerKey]opsreview.Ticket{}, leases: map[string]lease{}, confirmed: map[string]time.Time{}}
}

// save runs change as one transaction.
func (l *Ledger) save(ctx context.Context, at string, change func() error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if l.Hook != nil {
		l.Hook("before " + at)
		defer l.Hook("after " + at)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	return change()
}

// checkRow refuses what no database of this program takes.
func checkRow(row opsreview.Ticket) error {
	switch {
	case row.Tracker == "" || row.Fingerprint == "" || row.Generation < 1:
		return opsreview.Errorf(opsreview.Invalid, "a row needs a tracker, a fingerprint and a generation")
	case !slices.Contains(opsreview.TicketStates(), row.State):
		return opsreview.Errorf(opsreview.Invalid, "there is no state %q", row.State)
	case row.State == opsreview.TicketFiled && row.RemoteID == "":
		return opsreview.Errorf(opsreview.Invalid, "a filed ticket needs its name")
	}
	return nil
}

// put saves a row. The caller holds the lock.
func (l *Ledger) put(row opsreview.Ticket) error {
	if err := checkRow(row); err != nil {
		return err
	}
	l.rows[ledgerKey{row.Tracker, row.Fingerprint, row.Generation}] = row
	return nil
}

// Tickets implements [ticket.Ledger].
func (l *Ledger) Tickets(ctx context.Context, tracker string) ([]opsreview.Ticket, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	var rows []opsreview.Ticket
	for _, r := range l.rows {
		if r.Tracker == tracker {
			rows = append(rows, r)
		}
	}
	slices.SortFunc(rows, func(a, b opsreview.Ticket) int {
		return cmp.Or(strings.Compare(a.Fingerprint, b.Fingerprint), a.Generation-b.Generation)
	})
	return rows, nil
}

// SaveTickets implements [ticket.Ledger].
func (l *Ledger) SaveTickets(ctx context.Context, rows []opsreview.Ticket) error {
	return l.save(ctx, "save", func() error {
		for _, r := range rows {
			if err := checkRow(r); err != nil {
				return err
			}
		}
		for _, r := range rows {
			if err := l.put(r); err != nil {
				return err
			}
		}
		return nil
	})
}

// BeginEffect implements [ticket.Ledger].
func (l *Ledger) BeginEffect(ctx context.Context, row opsreview.Ticket, e opsreview.TicketEffect) (id int64, err error) {
	err = l.save(ctx, "begin "+e.Action, func() error {
		if err := l.put(row); err != nil {
			return err
		}
		id = int64(len(l.effects) + 1)
		e.ID = id
		l.effects = append(l.effects, e)
		return nil
	})
	return id, err
}

// EndEffect implements [ticket.Ledger].
func (l *Ledger) EndEffect(ctx context.Context, row opsreview.Ticket, id int64, outcome, remoteKey string, at time.Time) error {
	action := ""
	l.mu.Lock()
	if id >= 1 && int(id) <= len(l.effects) {
		action = l.effects[id-1].Action
	}
	l.mu.Unlock()
	return l.save(ctx, "end "+action, func() error {
		if action == "" {
			return opsreview.Errorf(opsreview.NotFound, "there is no effect %d", id)
		}
		if err := l.put(row); err != nil {
			return err
		}
		e := &l.effects[id-1]
		e.Outcome, e.RemoteKey, e.EndedAt = outcome, remoteKey, at
		return nil
	})
}

// Lease implements [ticket.Ledger].
func (l *Ledger) Lease(ctx context.Context, tracker, owner string, now, until time.Time) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	have := l.leases[tracker]
	if have.owner != owner && have.until.After(now) {
		return opsreview.Errorf(opsreview.Conflict, "%s files in %s until %s", have.owner, tracker, have.until.Format(time.RFC3339))
	}
	l.leases[tracker] = lease{owner, until}
	return nil
}

// Confirmed implements [ticket.Ledger].
func (l *Ledger) Confirmed(ctx context.Context, tracker string) (time.Time, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.confirmed[tracker], ctx.Err()
}

// Confirm implements [ticket.Ledger].
func (l *Ledger) Confirm(ctx context.Context, tracker, _ string, at time.Time) error {
	return l.save(ctx, "confirm", func() error {
		if l.confirmed[tracker].IsZero() {
			l.confirmed[tracker] = at
		}
		return nil
	})
}

// Effects lists what was asked of trackers, oldest first.
func (l *Ledger) Effects() []opsreview.TicketEffect {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Clone(l.effects)
}
