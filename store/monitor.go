package store

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"maps"
	"slices"

	"opsreview"
)

// monitorOf sets the page's monitor and returns it. A page of which neither a
// title nor a telling attribute is known has the zero one.
func (db *DB) monitorOf(p *opsreview.Page) opsreview.Monitor {
	m := db.opts.Monitors.Monitor(p)
	if m.Title == "" && m.Rule == "title" {
		m = opsreview.Monitor{}
	}
	m.FirstSeen, m.LastSeen = p.TriggeredAt, p.TriggeredAt
	p.Monitor = m.ID
	return m
}

// joinMonitors returns what two pages' accounts of one monitor say together:
// the title is the latest page's, of two at the same instant the greater one.
func joinMonitors(a, b opsreview.Monitor) opsreview.Monitor {
	if a.ID == "" {
		return b
	}
	if b.LastSeen.After(a.LastSeen) || (b.LastSeen.Equal(a.LastSeen) && b.Title > a.Title) {
		a.Title, a.LastSeen = b.Title, b.LastSeen
	}
	if b.FirstSeen.Before(a.FirstSeen) {
		a.FirstSeen = b.FirstSeen
	}
	return a
}

var monitorBulk = bulk{
	into:    "monitors (id, service_source, service, title, rule, first_seen_at, last_seen_at)",
	columns: 7,
	suffix: `ON CONFLICT (id) DO UPDATE SET
		title = CASE WHEN (excluded.last_seen_at, excluded.title) > (last_seen_at, title) THEN excluded.title ELSE title END,
		first_seen_at = min(first_seen_at, excluded.first_seen_at),
		last_seen_at = max(last_seen_at, excluded.last_seen_at)`,
}

// addMonitors joins monitors of new pages to the stored ones.
func (w *writer) addMonitors(ctx context.Context, monitors map[string]opsreview.Monitor) error {
	args := make([]any, 0, monitorBulk.columns*len(monitors))
	for _, id := range slices.Sorted(maps.Keys(monitors)) {
		m := monitors[id]
		args = append(args, m.ID, m.Service.Source, m.Service.ID, m.Title, m.Rule,
			m.FirstSeen.UnixMilli(), m.LastSeen.UnixMilli())
	}
	if _, err := w.insert(ctx, monitorBulk, args); err != nil {
		return fmt.Errorf("save monitors: %w", err)
	}
	return nil
}

// refreshMonitors derives monitors from their first and latest pages again. A
// monitor that has no page any more goes.
func (db *DB) refreshMonitors(ctx context.Context, w *writer, ids map[string]bool) error {
	found := map[string]opsreview.Monitor{}
	for _, id := range slices.Sorted(maps.Keys(ids)) {
		if _, err := w.exec(ctx, `DELETE FROM monitors WHERE id = ?`, id); err != nil {
			return fmt.Errorf("refresh monitor: %w", err)
		}
		const ends = `SELECT ` + pageColumns + ` FROM pages WHERE monitor = ?1 AND triggered_at IN (
			(SELECT min(triggered_at) FROM pages WHERE monitor = ?1),
			(SELECT max(triggered_at) FROM pages WHERE monitor = ?1))`
		err := each(ctx, w, ends, []any{id}, func(rows *sql.Rows) error {
			p, err := scanPage(rows)
			if err != nil {
				return err
			}
			m := db.opts.Monitors.Monitor(&p.Page)
			m.ID, m.FirstSeen, m.LastSeen = id, p.TriggeredAt, p.TriggeredAt
			found[id] = joinMonitors(found[id], m)
			return nil
		})
		if err != nil {
			return fmt.Errorf("refresh monitor: %w", err)
		}
	}
	return w.addMonitors(ctx, found)
}

// Remonitor finds every page's monitor by the rules that the database was
// opened with, and returns how many pages changed theirs. Open does it when the
// rules have changed.
func (db *DB) Remonitor(ctx context.Context) (changed int, err error) {
	err = db.update(ctx, func(w *writer) error {
		changed, err = db.remonitor(ctx, w)
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("find monitors: %w", err)
	}
	return changed, nil
}

func (db *DB) remonitor(ctx context.Context, w *writer) (changed int, err error) {
	if _, err := w.exec(ctx, `DELETE FROM monitors`); err != nil {
		return 0, err
	}
	for last := int64(0); ; {
		pages, err := pagesAfter(ctx, w, last)
		if err != nil || len(pages) == 0 {
			return changed, errors.Join(err, w.setMeta(ctx, "monitor_rules", fingerprint(db.opts.Monitors)))
		}
		monitors := map[string]opsreview.Monitor{}
		for _, p := range pages {
			was := p.Monitor
			// Without its events a page cannot settle, but its times are stored.
			m := db.monitorOf(&p.Page)
			if m.ID != "" {
				monitors[m.ID] = joinMonitors(monitors[m.ID], m)
			}
			if m.ID == was {
				continue
			}
			changed++
			if _, err := w.exec(ctx, `UPDATE pages SET monitor = ? WHERE key = ?`, m.ID, p.key); err != nil {
				return changed, err
			}
		}
		if err := w.addMonitors(ctx, monitors); err != nil {
			return changed, err
		}
		last = pages[len(pages)-1].key
	}
}

// pagesAfter returns some pages without events in the order of their keys.
func pagesAfter(ctx context.Context, q querier, key int64) ([]*keyedPage, error) {
	var pages []*keyedPage
	const query = `SELECT ` + pageColumns + ` FROM pages WHERE key > ? ORDER BY key LIMIT 1000`
	err := each(ctx, q, query, []any{key}, func(rows *sql.Rows) error {
		p, err := scanPage(rows)
		pages = append(pages, p)
		return err
	})
	return pages, err
}

// followRules finds the monitors again if the rules are not those that the
// stored ones were found by.
func (db *DB) followRules(ctx context.Context) error {
	var stored string
	err := db.read.QueryRowContext(ctx, `SELECT value FROM meta WHERE name = 'monitor_rules'`).Scan(&stored)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return classify(ctx, fmt.Errorf("read monitor rules: %w", err))
	}
	if stored == fingerprint(db.opts.Monitors) {
		return nil
	}
	_, err = db.Remonitor(ctx)
	return err
}

func (w *writer) setMeta(ctx context.Context, name, value string) error {
	_, err := w.exec(ctx, `INSERT INTO meta (name, value) VALUES (?, ?)
		ON CONFLICT (name) DO UPDATE SET value = excluded.value`, name, value)
	return err
}

// fingerprint returns a short text that differs for different rules.
func fingerprint(r opsreview.MonitorRules) string {
	h := sha256.New()
	for _, a := range r.Attributes {
		fmt.Fprintf(h, "attribute %q\n", a)
	}
	for _, rep := range r.Replace {
		fmt.Fprintf(h, "replace %q %q\n", rep.Pattern, rep.With)
	}
	return hex.EncodeToString(h.Sum(nil)[:8])
}

const monitorColumns = `id, service_source, service, title, rule, first_seen_at, last_seen_at`

func scanMonitor(rows *sql.Rows) (m opsreview.Monitor, err error) {
	err = rows.Scan(&m.ID, &m.Service.Source, &m.Service.ID, &m.Title, &m.Rule,
		(*sqlTime)(&m.FirstSeen), (*sqlTime)(&m.LastSeen))
	return m, err
}

// Monitors returns the monitors with these IDs in the order of their IDs, and
// all of them for nil. IDs that nothing has are left out.
func (db *DB) Monitors(ctx context.Context, ids []string) ([]opsreview.Monitor, error) {
	query, args := `SELECT `+monitorColumns+` FROM monitors ORDER BY id`, []any(nil)
	if ids != nil {
		query = `SELECT ` + monitorColumns + ` FROM monitors WHERE id IN (SELECT value FROM json_each(?)) ORDER BY id`
		args = []any{encodeStrings(ids)}
	}
	return list(ctx, db, query, args, scanMonitor)
}

// Monitor returns the monitor whose ID is name or begins with it. It returns a
// NotFound error if there is none and an Invalid error if there are several.
func (db *DB) Monitor(ctx context.Context, name string) (opsreview.Monitor, error) {
	found, err := list(ctx, db, `SELECT `+monitorColumns+` FROM monitors
		WHERE id >= ? AND id < ? ORDER BY id LIMIT ?`, []any{name, name + "\U0010ffff", candidates + 1}, scanMonitor)
	switch {
	case err != nil:
		return opsreview.Monitor{}, err
	case len(found) == 0 || name == "":
		return opsreview.Monitor{}, opsreview.Errorf(opsreview.NotFound, "there is no monitor %q", name)
	case len(found) == 1 || found[0].ID == name:
		return found[0], nil
	}
	ids := make([]string, len(found))
	for i, m := range found {
		ids[i] = m.ID
	}
	return opsreview.Monitor{}, opsreview.Errorf(opsreview.Invalid,
		"%q fits several monitors: %s", name, shortList(ids))
}

const countMonitorPages = `SELECT count(*) FROM pages WHERE monitor = ? AND triggered_at >= ? AND triggered_at < ?`

// MonitorPages returns how many pages of a monitor were triggered in each of the
// windows. Pages that were merged into others count: they paged all the same. An
// empty window has none.
func (db *DB) MonitorPages(ctx context.Context, monitor string, windows []opsreview.Window) ([]int, error) {
	if monitor == "" {
		return nil, opsreview.Errorf(opsreview.Invalid, "to count a monitor's pages, name the monitor")
	}
	counts := make([]int, len(windows))
	err := db.view(ctx, func(tx *sql.Tx) error {
		for i, w := range windows {
			row := tx.QueryRowContext(ctx, countMonitorPages, monitor, w.Start.UnixMilli(), w.End.UnixMilli())
			if err := row.Scan(&counts[i]); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("count pages of monitor %s: %w", monitor, err)
	}
	return counts, nil
}
