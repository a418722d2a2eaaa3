package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"opsreview"
)

// addSource makes sure that the source has its row.
func (w *writer) addSource(ctx context.Context, name string) error {
	if err := opsreview.ValidSourceName(name); err != nil {
		return err
	}
	if _, err := w.exec(ctx, `INSERT INTO sources (name) VALUES (?) ON CONFLICT DO NOTHING`, name); err != nil {
		return fmt.Errorf("add source: %w", err)
	}
	return nil
}

// saveProgress saves the cursor and the counters.
func saveProgress(ctx context.Context, w *writer, f facts, saved *opsreview.Saved) error {
	_, err := w.exec(ctx, `UPDATE sources SET pages = pages + ?1, events = events + ?2,
		cursor = CASE ?3 WHEN '' THEN cursor ELSE ?3 END,
		synced_to_at = max(coalesce(synced_to_at, ?4), coalesce(?4, synced_to_at)) WHERE name = ?5`,
		saved.Pages, saved.Events, f.batch.Cursor, orNull(f.batch.Through), f.source)
	if err != nil {
		return fmt.Errorf("save cursor: %w", err)
	}
	return nil
}

// BeginSync records that a sync of the source has begun.
func (db *DB) BeginSync(ctx context.Context, source, sourceType string, at time.Time) error {
	return db.changeSource(ctx, source, `type = ?, started_at = ?, ended_at = NULL, last_error = ''`,
		sourceType, sqlTime(at))
}

// EndSync records that the source's sync has ended, and why it failed; the
// message is "" if it went well.
func (db *DB) EndSync(ctx context.Context, source string, at time.Time, message string) error {
	return db.changeSource(ctx, source, `ended_at = ?, last_error = ?`, sqlTime(at), message)
}

// SetScope records what the source's credentials can see.
func (db *DB) SetScope(ctx context.Context, source, scope string) error {
	return db.changeSource(ctx, source, `scope = ?`, scope)
}

func (db *DB) changeSource(ctx context.Context, source, set string, args ...any) error {
	err := db.update(ctx, func(w *writer) error {
		if err := w.addSource(ctx, source); err != nil {
			return err
		}
		_, err := w.exec(ctx, `UPDATE sources SET `+set+` WHERE name = ?`, append(args, source)...)
		return err
	})
	if err != nil {
		return fmt.Errorf("record state of source %s: %w", source, err)
	}
	return nil
}

// Source returns the health of a source; a source that was never synced has a
// zero one with its name.
func (db *DB) Source(ctx context.Context, name string) (opsreview.SourceHealth, error) {
	found, err := db.sources(ctx, `WHERE name = ?`, name)
	if err != nil || len(found) == 0 {
		return opsreview.SourceHealth{Name: name}, err
	}
	return found[0], nil
}

// Sources returns the health of all sources that ever saved or synced, by name.
func (db *DB) Sources(ctx context.Context) ([]opsreview.SourceHealth, error) {
	return db.sources(ctx, ``)
}

func (db *DB) sources(ctx context.Context, where string, args ...any) ([]opsreview.SourceHealth, error) {
	var found []opsreview.SourceHealth
	err := db.view(ctx, func(tx *sql.Tx) error {
		var err error
		found, err = collect(ctx, tx, `SELECT name, type, cursor, synced_to_at, started_at, ended_at, last_error,
			scope, pages, events, (SELECT coalesce(sum(segments), 0) FROM slos WHERE source = sources.name),
			(SELECT count(*) FROM charts c JOIN series s ON s.chart = c.id WHERE c.source = sources.name AND NOT c.deleted)
			FROM sources `+where+` ORDER BY name`, args, scanSource)
		for i := range found {
			if err == nil {
				err = addHealth(ctx, tx, &found[i])
			}
		}
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read sources: %w", err)
	}
	return found, nil
}

func scanSource(rows *sql.Rows) (h opsreview.SourceHealth, err error) {
	err = rows.Scan(&h.Name, &h.Type, &h.Cursor, (*sqlTime)(&h.SyncedTo), (*sqlTime)(&h.StartedAt),
		(*sqlTime)(&h.EndedAt), &h.LastError, &h.Scope, &h.Pages, &h.Events, &h.Segments, &h.Series)
	return h, err
}

// addHealth adds the rejects and the suspect windows.
func addHealth(ctx context.Context, q querier, h *opsreview.SourceHealth) error {
	err := q.QueryRowContext(ctx, `SELECT count(*) FROM rejects WHERE source = ?`, h.Name).Scan(&h.Rejects)
	if err != nil {
		return err
	}
	var id, reason string
	err = q.QueryRowContext(ctx, `SELECT id, reason FROM rejects WHERE source = ? ORDER BY at DESC, id DESC LIMIT 1`,
		h.Name).Scan(&id, &reason)
	switch {
	case err == nil:
		h.LastReject = id + ": " + reason
	case !errors.Is(err, sql.ErrNoRows):
		return err
	}
	h.Suspect, err = suspects(ctx, q, h.Name)
	return err
}

// OpenPages lists the IDs of the source's open pages in order.
func (db *DB) OpenPages(ctx context.Context, source string) ([]string, error) {
	return list(ctx, db, `SELECT id FROM pages WHERE source = ? AND status <> 'resolved' ORDER BY id`,
		[]any{source}, func(rows *sql.Rows) (id string, err error) {
			err = rows.Scan(&id)
			return id, err
		})
}

// CountPages counts the source's pages that were triggered in w.
func (db *DB) CountPages(ctx context.Context, source string, w opsreview.Window) (n int, err error) {
	start, end := bounds(w)
	err = db.view(ctx, func(tx *sql.Tx) error {
		return tx.QueryRowContext(ctx, `SELECT count(*) FROM pages WHERE source = ? AND triggered_at >= ? AND triggered_at < ?`,
			source, start, end).Scan(&n)
	})
	return n, err
}

// Stored returns those of the source's pages that are stored, by ID, with every
// event that was ever saved of them, in no order.
func (db *DB) Stored(ctx context.Context, source string, ids []string) (map[string]opsreview.Page, error) {
	var found []*keyedPage
	err := db.view(ctx, func(tx *sql.Tx) error {
		query := `SELECT ` + pageColumns + ` FROM pages WHERE source = ? AND id IN (SELECT value FROM json_each(?))`
		err := each(ctx, tx, query, []any{source, encodeStrings(ids)}, func(rows *sql.Rows) error {
			p, err := scanPage(rows)
			found = append(found, p)
			return err
		})
		if err != nil {
			return err
		}
		return loadEvents(ctx, tx, found)
	})
	if err != nil {
		return nil, fmt.Errorf("look for stored pages: %w", err)
	}
	pages := make(map[string]opsreview.Page, len(found))
	for _, p := range found {
		pages[p.ID] = p.Page
	}
	return pages, nil
}
