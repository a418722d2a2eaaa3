package store

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
)

// maxProblems is how many problems Check tells before it gives up.
const maxProblems = 100

// Check looks for damage: in the file, in references between rows, and in what
// is derived from facts. Where the file itself is damaged, the rest is not
// looked at. It returns the problems in words, none if all is well.
// It reads the whole database.
func (db *DB) Check(ctx context.Context) ([]string, error) {
	var problems []string
	err := db.view(ctx, func(tx *sql.Tx) error {
		var err error
		if problems, err = checkFile(ctx, tx); err != nil || len(problems) > 0 {
			return err // What a damaged file says of its rows means nothing.
		}
		for _, check := range []func(context.Context, *sql.Tx) ([]string, error){
			checkReferences, checkCounters, checkNotified, checkMonitors, checkLabels, checkSegments, checkSeriesPoints,
			checkIncidents, checkMeetings, db.checkPages,
		} {
			found, err := check(ctx, tx)
			if err != nil {
				return err
			}
			if problems = append(problems, found...); len(problems) >= maxProblems {
				problems = append(problems[:maxProblems], "there may be more problems")
				return nil
			}
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("check database: %w", err)
	}
	return problems, nil
}

func checkFile(ctx context.Context, tx *sql.Tx) ([]string, error) {
	found, err := collect(ctx, tx, `PRAGMA integrity_check`, nil, scanText)
	if len(found) == 1 && found[0] == "ok" {
		return nil, err
	}
	return found, err
}

func scanText(rows *sql.Rows) (s string, err error) {
	err = rows.Scan(&s)
	return s, err
}

func checkReferences(ctx context.Context, tx *sql.Tx) ([]string, error) {
	return collect(ctx, tx, `SELECT format('%d rows of %s refer to missing rows of %s', count(*), "table", parent)
		FROM pragma_foreign_key_check GROUP BY "table", parent`, nil, scanText)
}

func checkCounters(ctx context.Context, tx *sql.Tx) ([]string, error) {
	return collect(ctx, tx, `
		WITH real (source, pages, events) AS (
			SELECT source, count(*), sum((SELECT count(*) FROM events WHERE page = key)) FROM pages GROUP BY source)
		SELECT format('source %s counts %d pages and %d events but has %d and %d', coalesce(name, source),
			coalesce(s.pages, 0), coalesce(s.events, 0), coalesce(r.pages, 0), coalesce(r.events, 0))
		FROM sources s FULL JOIN real r ON r.source = s.name
		WHERE (coalesce(s.pages, 0), coalesce(s.events, 0)) IS NOT (coalesce(r.pages, 0), coalesce(r.events, 0))`,
		nil, scanText)
}

func checkNotified(ctx context.Context, tx *sql.Tx) ([]string, error) {
	return collect(ctx, tx, `
		WITH real (responder, page) AS (
			SELECT DISTINCT j.value, e.page FROM events e, json_each(iif(e.responders = '', '[]', e.responders)) j
			WHERE e.kind = 'notified')
		SELECT format('page %s/%s notified %s, which is not recorded', p.source, p.id, r.responder)
		FROM real r JOIN pages p ON p.key = r.page
		WHERE NOT EXISTS (SELECT 1 FROM notified n WHERE n.responder = r.responder AND n.page = r.page)
		UNION ALL
		SELECT format('page %s/%s did not notify %s, which is recorded', p.source, p.id, n.responder)
		FROM notified n JOIN pages p ON p.key = n.page
		WHERE NOT EXISTS (SELECT 1 FROM events e, json_each(iif(e.responders = '', '[]', e.responders)) j
			WHERE e.page = n.page AND e.kind = 'notified' AND j.value = n.responder)
		LIMIT 100`, nil, scanText)
}

func checkMonitors(ctx context.Context, tx *sql.Tx) ([]string, error) {
	return collect(ctx, tx, `
		WITH real (id, first, last) AS (
			SELECT monitor, min(triggered_at), max(triggered_at) FROM pages WHERE monitor <> '' GROUP BY monitor)
		SELECT format('monitor %s does not fit its pages', coalesce(m.id, r.id))
		FROM monitors m FULL JOIN real r ON r.id = m.id
		WHERE m.id IS NULL OR r.id IS NULL OR m.first_seen_at <> r.first OR m.last_seen_at <> r.last
		LIMIT 100`, nil, scanText)
}

func checkLabels(ctx context.Context, tx *sql.Tx) ([]string, error) {
	return collect(ctx, tx, `SELECT format('page %s/%s does not show its last label', p.source, p.id)
		FROM pages p WHERE (p.label, p.labelled_at) IS NOT (
			SELECT l.key, iif(l.withdrawn OR l.verdict = '', NULL, l.at) FROM labels l
			WHERE l.source = p.source AND l.page = p.id ORDER BY l.at DESC, l.author DESC LIMIT 1)
		LIMIT 100`, nil, scanText)
}

// checkPages derives every page again and compares.
func (db *DB) checkPages(ctx context.Context, tx *sql.Tx) (problems []string, err error) {
	for last := int64(0); ; {
		pages, err := pagesAfter(ctx, tx, last)
		if err != nil || len(pages) == 0 || len(problems) >= maxProblems {
			return problems, err
		}
		if err := loadEvents(ctx, tx, pages); err != nil {
			return nil, err
		}
		for _, p := range pages {
			was := pageArgs(&p.Page)
			if db.settle(&p.Page); !slices.Equal(was, pageArgs(&p.Page)) {
				problems = append(problems, fmt.Sprintf("page %s is not what its events make it", p.Ref))
			}
		}
		last = pages[len(pages)-1].key
	}
}
