package store

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"opsreview"
)

// IntendReport records that the report that is due at a time is about to be
// sent, and reports whether that is the first anybody hears of it. What was
// intended once must not be sent again: nobody knows whether it went out.
func (db *DB) IntendReport(ctx context.Context, destination string, due, at time.Time) (first bool, err error) {
	err = db.update(ctx, func(w *writer) error {
		n, err := w.exec(ctx, `INSERT INTO reports (destination, due_at, state, error, at) VALUES (?, ?, ?, '', ?)
			ON CONFLICT DO NOTHING`, destination, due.UnixMilli(), string(opsreview.ReportIntended), at.UnixMilli())
		first = n > 0
		return err
	})
	if err != nil {
		return false, fmt.Errorf("record the intent of a report: %w", err)
	}
	return first, nil
}

// EndReport records how an intended report went: a message says why it failed,
// "" that it was sent. It returns a NotFound error for one that nobody intends.
func (db *DB) EndReport(ctx context.Context, destination string, due, at time.Time, message string) error {
	state := opsreview.ReportSent
	if message != "" {
		state = opsreview.ReportFailed
	}
	return db.update(ctx, func(w *writer) error {
		n, err := w.exec(ctx, `UPDATE reports SET state = ?, error = ?, at = ? WHERE destination = ? AND due_at = ? AND state = ?`,
			string(state), message, at.UnixMilli(), destination, due.UnixMilli(), string(opsreview.ReportIntended))
		if err == nil && n == 0 {
			return opsreview.Errorf(opsreview.NotFound, "there is no report to %q under way", destination)
		}
		return err
	})
}

// LastReports returns the latest run of each destination, by destination.
func (db *DB) LastReports(ctx context.Context) ([]opsreview.ReportRun, error) {
	return list(ctx, db, `SELECT destination, due_at, state, error, at FROM reports AS r
		WHERE due_at = (SELECT max(due_at) FROM reports WHERE destination = r.destination) ORDER BY destination`,
		nil, func(rows *sql.Rows) (r opsreview.ReportRun, err error) {
			err = rows.Scan(&r.Destination, (*sqlTime)(&r.Due), &r.State, &r.Error, (*sqlTime)(&r.At))
			return r, err
		})
}
