package store

import (
	"context"
	"database/sql"
	"fmt"

	"opsreview"
)

// saveRejects keeps what could not be read and forgets what has been made good.
// An item that is met again counts only if what is wrong with it has changed.
func (db *DB) saveRejects(ctx context.Context, w *writer, f facts, saved *opsreview.Saved) error {
	for _, id := range f.batch.Retried {
		if _, err := w.exec(ctx, `DELETE FROM rejects WHERE source = ? AND id = ?`, f.source, id); err != nil {
			return fmt.Errorf("forget reject: %w", err)
		}
	}
	for _, r := range f.batch.Rejects {
		var same bool
		err := w.queryRow(ctx, `SELECT EXISTS (SELECT 1 FROM rejects
			WHERE source = ? AND id = ? AND type = ? AND reason = ? AND body = ?)`,
			[]any{f.source, r.ID, r.Type, r.Reason, blob(r.Body)}, &same)
		if err != nil {
			return fmt.Errorf("look for reject: %w", err)
		}
		_, err = w.exec(ctx, `INSERT INTO rejects (source, id, type, reason, body, at, version) VALUES (?, ?, ?, ?, ?, ?, ?)
			ON CONFLICT (source, id) DO UPDATE SET type = excluded.type, reason = excluded.reason, body = excluded.body,
			at = excluded.at, version = excluded.version`,
			f.source, r.ID, r.Type, r.Reason, blob(r.Body), r.At.UnixMilli(), db.opts.Version)
		if err != nil {
			return fmt.Errorf("save reject: %w", err)
		}
		if !same {
			saved.Rejects++
		}
	}
	return nil
}

// blob returns b as bytes that are not NULL.
func blob(b []byte) []byte {
	if b == nil {
		return []byte{}
	}
	return b
}

// Rejects lists the source's rejects that were last tried by a program other
// than version, oldest first.
func (db *DB) Rejects(ctx context.Context, source, version string) ([]opsreview.Reject, error) {
	return list(ctx, db, `SELECT id, type, reason, body, at FROM rejects WHERE source = ? AND version <> ? ORDER BY at, id`,
		[]any{source, version}, func(rows *sql.Rows) (r opsreview.Reject, err error) {
			err = rows.Scan(&r.ID, &r.Type, &r.Reason, &r.Body, (*sqlTime)(&r.At))
			return r, err
		})
}

// saveSuspects takes what has been read whole out of the suspect windows and
// adds those that a batch found.
func saveSuspects(ctx context.Context, w *writer, f facts, _ *opsreview.Saved) error {
	for _, c := range f.batch.Cleared {
		if err := clearSuspects(ctx, w, f.source, c); err != nil {
			return fmt.Errorf("clear suspect window: %w", err)
		}
	}
	for _, s := range f.batch.Suspect {
		if err := addSuspect(ctx, w, f.source, s); err != nil {
			return fmt.Errorf("save suspect window: %w", err)
		}
	}
	return nil
}

func addSuspect(ctx context.Context, w *writer, source string, s opsreview.SuspectWindow) error {
	_, err := w.exec(ctx, `INSERT INTO suspect_windows (source, start_at, end_at, reason, at) VALUES (?, ?, ?, ?, ?)
		ON CONFLICT DO UPDATE SET reason = excluded.reason, at = excluded.at`,
		source, s.Start.UnixMilli(), s.End.UnixMilli(), s.Reason, s.At.UnixMilli())
	return err
}

// clearSuspects takes c out of the source's suspect windows: what sticks out of
// it at either end stays suspect.
func clearSuspects(ctx context.Context, w *writer, source string, c opsreview.Window) error {
	all, err := suspects(ctx, w, source)
	if err != nil {
		return err
	}
	c = opsreview.Window{Start: stored(c.Start), End: stored(c.End)}
	for _, s := range all {
		if c.Overlap(s.Start, s.End) == 0 {
			continue
		}
		_, err := w.exec(ctx, `DELETE FROM suspect_windows WHERE source = ? AND start_at = ? AND end_at = ?`,
			source, s.Start.UnixMilli(), s.End.UnixMilli())
		if err != nil {
			return err
		}
		before, after := s, s
		before.End, after.Start = c.Start, c.End
		for _, rest := range []opsreview.SuspectWindow{before, after} {
			if !rest.Start.Before(rest.End) {
				continue
			}
			if err := addSuspect(ctx, w, source, rest); err != nil {
				return err
			}
		}
	}
	return nil
}

func suspects(ctx context.Context, q querier, source string) ([]opsreview.SuspectWindow, error) {
	return collect(ctx, q, `SELECT start_at, end_at, reason, at FROM suspect_windows WHERE source = ?
		ORDER BY start_at, end_at`, []any{source}, func(rows *sql.Rows) (s opsreview.SuspectWindow, err error) {
		err = rows.Scan((*sqlTime)(&s.Start), (*sqlTime)(&s.End), &s.Reason, (*sqlTime)(&s.At))
		return s, err
	})
}
