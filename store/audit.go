package store

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
	"time"

	"opsreview"
)

// BeginAudit keeps what a caller is about to do and returns the entry's ID, by
// which EndAudit says how it went.
func (db *DB) BeginAudit(ctx context.Context, e opsreview.AuditEntry) (id int64, err error) {
	e.Total = max(e.Total, len(e.Subjects))
	subjects := e.Subjects[:min(len(e.Subjects), opsreview.MaxAuditSubjects)]
	err = db.update(ctx, func(w *writer) error {
		return w.queryRow(ctx, `INSERT INTO audit
			(started_at, caller, via, address, action, acting_for, team, subjects, total, request_id, outcome)
			VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, '') RETURNING key`,
			[]any{
				e.StartedAt.UnixMilli(), e.Caller, e.Via, e.Address, e.Action, e.ActingFor, e.Team,
				sqlList(subjects).encode(), e.Total, e.RequestID,
			}, &id)
	})
	if err != nil {
		return 0, fmt.Errorf("keep an audit entry: %w", err)
	}
	return id, nil
}

// EndAudit says when and how an entry ended. An entry ends once: it returns a
// NotFound error for one that has ended, or is not there.
func (db *DB) EndAudit(ctx context.Context, id int64, at time.Time, outcome string) error {
	return db.update(ctx, func(w *writer) error {
		n, err := w.exec(ctx, `UPDATE audit SET ended_at = ?, outcome = ? WHERE key = ? AND ended_at IS NULL`, at.UnixMilli(), outcome, id)
		if err == nil && n == 0 {
			return opsreview.Errorf(opsreview.NotFound, "there is no audit entry %d that has not ended", id)
		}
		return err
	})
}

// AuditFilter selects audit entries. A zero field selects everything.
type AuditFilter struct {
	Window opsreview.Window // in which they began
	Caller string
	Action string
	Before int64 // the ID of an entry: those that come after it in the list
	Limit  int
}

// AuditLog returns the entries that the filter selects, newest first.
func (db *DB) AuditLog(ctx context.Context, f AuditFilter) ([]opsreview.AuditEntry, error) {
	where, args := []string{"TRUE"}, []any{}
	if t := f.Window.Start; !t.IsZero() {
		where, args = append(where, "started_at >= ?"), append(args, t.UnixMilli())
	}
	if t := f.Window.End; !t.IsZero() {
		where, args = append(where, "started_at < ?"), append(args, t.UnixMilli())
	}
	if f.Caller != "" {
		where, args = append(where, "caller = ?"), append(args, f.Caller)
	}
	if f.Action != "" {
		where, args = append(where, "action = ?"), append(args, f.Action)
	}
	if f.Before != 0 {
		where, args = append(where, "key < ?"), append(args, f.Before)
	}
	if f.Limit <= 0 {
		f.Limit = -1
	}
	return list(ctx, db, `SELECT key, started_at, ended_at, caller, via, address, action, acting_for, team,
			subjects, total, request_id, outcome
		FROM audit WHERE `+strings.Join(where, " AND ")+` ORDER BY key DESC LIMIT ?`, append(args, f.Limit), scanAudit)
}

func scanAudit(rows *sql.Rows) (e opsreview.AuditEntry, err error) {
	err = rows.Scan(&e.ID, (*sqlTime)(&e.StartedAt), (*sqlTime)(&e.EndedAt), &e.Caller, &e.Via, &e.Address, &e.Action,
		&e.ActingFor, &e.Team, (*sqlList)(&e.Subjects), &e.Total, &e.RequestID, &e.Outcome)
	return e, err
}
