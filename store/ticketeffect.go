package store

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
	"time"

	"opsreview"
)

// BeginEffect saves a row and what is about to be asked of its tracker,
// together, and returns the effect's id. When it returns, the disk has both: not
// even a power failure lets an effect happen that the ledger does not know of.
// Its errors are those of SaveTickets.
func (db *DB) BeginEffect(ctx context.Context, row opsreview.Ticket, e opsreview.TicketEffect) (id int64, err error) {
	if err := checkEffect(&row, &e); err != nil {
		return 0, err
	}
	err = db.updateDurably(ctx, func(w *writer) error {
		if err := w.saveTickets(ctx, []opsreview.Ticket{row}); err != nil {
			return err
		}
		return w.queryRow(ctx, `INSERT INTO ticket_effects
			(started_at, tracker, fingerprint, generation, action, detail, outcome, remote_key, caller)
			VALUES (?, ?, ?, ?, ?, ?, '', ?, ?) RETURNING key`,
			[]any{
				e.At.UnixMilli(), row.Tracker, row.Fingerprint, row.Generation, e.Action, cutText(e.Detail), e.RemoteKey, cutText(e.Caller),
			}, &id)
	})
	if err != nil {
		return 0, fmt.Errorf("begin effect: %w", err)
	}
	return id, nil
}

func checkEffect(row *opsreview.Ticket, e *opsreview.TicketEffect) error {
	wrong := ""
	switch {
	case e.At.IsZero():
		wrong = "needs the time when it begins"
	case e.Action == "" || !validNames(e.Action, e.RemoteKey):
		wrong = "needs the name of what is asked"
	case (e.Tracker != "" && e.Tracker != row.Tracker) || (e.Fingerprint != "" && e.Fingerprint != row.Fingerprint) ||
		(e.Generation != 0 && e.Generation != row.Generation):
		wrong = "must be about the ticket that is saved with it"
	case e.ID != 0 || !e.EndedAt.IsZero() || e.Outcome != "":
		wrong = "must be new"
	default:
		return nil
	}
	return opsreview.Errorf(opsreview.Invalid, "the effect on ticket %s %s", row.Fingerprint, wrong)
}

// EndEffect saves a row and what came of an effect, together. An effect ends
// once, and saying the same again changes nothing: it returns a NotFound error
// for one that is not there, is another ticket's or has ended otherwise. Its
// other errors are those of SaveTickets.
func (db *DB) EndEffect(ctx context.Context, row opsreview.Ticket, id int64, outcome, remoteKey string, at time.Time) error {
	if outcome == "" || !validNames(outcome, remoteKey) || at.IsZero() {
		return opsreview.Errorf(opsreview.Invalid, "to end an effect on ticket %s, say how it ended and when", row.Fingerprint)
	}
	err := db.updateDurably(ctx, func(w *writer) error {
		n, err := w.exec(ctx, `UPDATE ticket_effects SET ended_at = ?1, outcome = ?2, remote_key = ?3
			WHERE key = ?4 AND (tracker, fingerprint, generation) = (?5, ?6, ?7)
				AND (ended_at IS NULL OR (ended_at, outcome, remote_key) = (?1, ?2, ?3))`,
			at.UnixMilli(), outcome, remoteKey, id, row.Tracker, row.Fingerprint, row.Generation)
		if err != nil {
			return err
		}
		if n == 0 {
			return opsreview.Errorf(opsreview.NotFound, "there is no effect %d on ticket %s that has not ended", id, row.Fingerprint)
		}
		return w.saveTickets(ctx, []opsreview.Ticket{row})
	})
	if err != nil {
		return fmt.Errorf("end effect: %w", err)
	}
	return nil
}

// TicketEffectFilter selects effects. A zero field selects everything.
type TicketEffectFilter struct {
	Tracker     string
	Fingerprint string
	Before      int64 // the ID of an effect: those that come after it in the list
	Limit       int

	// Now tells what is under way from what was cut off: an effect without an end
	// is under way while whoever began it still has the tracker's lease. With the
	// zero time nothing is told to be cut off.
	Now time.Time
}

// TicketEffects returns the effects that the filter selects, newest first. Those
// that were cut off have the outcome OutcomeCutOff.
func (db *DB) TicketEffects(ctx context.Context, f TicketEffectFilter) ([]opsreview.TicketEffect, error) {
	query, args := f.query()
	found, err := list(ctx, db, query, args, scanEffect)
	if err != nil {
		return nil, fmt.Errorf("read effects: %w", err)
	}
	return found, nil
}

func (f TicketEffectFilter) query() (query string, args []any) {
	where, args := []string{"TRUE"}, []any{orNull(f.Now), opsreview.OutcomeCutOff}
	switch {
	case f.Fingerprint != "" && f.Tracker != "":
		// The plus keeps SQLite from the index of trackers, which have many more.
		where, args = append(where, "fingerprint = ? AND +tracker = ?"), append(args, f.Fingerprint, f.Tracker)
	case f.Fingerprint != "":
		where, args = append(where, "fingerprint = ?"), append(args, f.Fingerprint)
	case f.Tracker != "":
		where, args = append(where, "tracker = ?"), append(args, f.Tracker)
	}
	if f.Before != 0 {
		where, args = append(where, "key < ?"), append(args, f.Before)
	}
	if f.Limit <= 0 {
		f.Limit = -1
	}
	return `SELECT key, started_at, ended_at, tracker, fingerprint, generation, action, detail,
			iif(ended_at IS NULL AND ?1 IS NOT NULL AND NOT EXISTS (SELECT 1 FROM trackers t
				WHERE t.name = e.tracker AND t.leased_at <= e.started_at AND t.leased_until_at > ?1), ?2, outcome),
			remote_key, caller
		FROM ticket_effects e WHERE ` + strings.Join(where, " AND ") + ` ORDER BY key DESC LIMIT ?`, append(args, f.Limit)
}

func scanEffect(rows *sql.Rows) (e opsreview.TicketEffect, err error) {
	err = rows.Scan(&e.ID, (*sqlTime)(&e.At), (*sqlTime)(&e.EndedAt), &e.Tracker, &e.Fingerprint, &e.Generation, &e.Action,
		&e.Detail, &e.Outcome, &e.RemoteKey, &e.Caller)
	return e, err
}
