package store

import (
	"context"
	"database/sql"
	"fmt"

	"opsreview"
)

// scansKept is how many scans of one series are kept: a few teams in several
// zones look at the same series over several windows.
const scansKept = 16

// Scans returns the scans that are kept of some series over exactly a window,
// by the series' key.
func (db *DB) Scans(ctx context.Context, keys []string, w opsreview.Window) (map[string]opsreview.Scan, error) {
	start, end := bounds(w)
	found := map[string]opsreview.Scan{}
	err := db.view(ctx, func(tx *sql.Tx) error {
		return each(ctx, tx, selectScans, []any{encodeStrings(keys), start, end}, func(rows *sql.Rows) error {
			s := opsreview.Scan{Window: opsreview.Window{Start: stored(w.Start), End: stored(w.End)}}
			err := rows.Scan(&s.Series, &s.Of, &s.Body)
			found[s.Series] = s
			return err
		})
	})
	if err != nil {
		return nil, fmt.Errorf("read scans: %w", err)
	}
	return found, nil
}

// The CROSS JOINs keep SQLite from reading the scans first.
const selectScans = `SELECT s.id, c.made_of, c.body FROM (SELECT DISTINCT value FROM json_each(?1)) k
	CROSS JOIN series s ON s.id = k.value CROSS JOIN scans c ON c.series = s.key AND c.start_at = ?2 AND c.end_at = ?3`

// SaveScans keeps scans. One of the same series and window replaces what was
// kept, and the oldest of a series go. Scans of series that are not stored are
// not kept: they can be made again.
func (db *DB) SaveScans(ctx context.Context, scans []opsreview.Scan) error {
	for _, s := range scans {
		if err := s.Window.Validate(); err != nil {
			return err
		}
	}
	err := db.update(ctx, func(w *writer) error {
		for _, s := range scans {
			if err := w.saveScan(ctx, s); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("save scans: %w", err)
	}
	return nil
}

func (w *writer) saveScan(ctx context.Context, s opsreview.Scan) error {
	start, end := bounds(s.Window)
	// A row that is replaced gets a new key, so that the newest has the greatest.
	_, err := w.exec(ctx, `INSERT OR REPLACE INTO scans (series, start_at, end_at, made_of, body)
		SELECT key, ?, ?, ?, ? FROM series WHERE id = ?`, start, end, s.Of, blob(s.Body), s.Series)
	if err != nil {
		return err
	}
	_, err = w.exec(ctx, `DELETE FROM scans WHERE key IN (SELECT c.key FROM scans c JOIN series s ON s.key = c.series
		WHERE s.id = ? ORDER BY c.key DESC LIMIT -1 OFFSET ?)`, s.Series, scansKept)
	return err
}
