package store

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"opsreview"
)

// LabelHistory returns the labels of the pages, withdrawals among them, page by
// page and oldest first: the last one of a page is in force. Pages that nobody
// has labelled are left out.
func (db *DB) LabelHistory(ctx context.Context, pages []opsreview.Ref) ([]opsreview.Label, error) {
	if len(pages) == 0 {
		return nil, nil
	}
	labels, err := list(ctx, db, `SELECT `+labelFields+`, l.source, l.page
		FROM (SELECT DISTINCT value ->> 0 AS source, value ->> 1 AS id FROM json_each(?)) p
		CROSS JOIN labels l ON l.source = p.source AND l.page = p.id
		ORDER BY l.source, l.page, l.at, l.author`, []any{encodeRefs(pages)}, scanLabel)
	if err != nil {
		return nil, fmt.Errorf("read label history: %w", err)
	}
	return labels, nil
}

const selectCarried = `SELECT source, id FROM pages
	WHERE triggered_at >= ? AND triggered_at < ? AND acknowledged_at IS NOT NULL AND (resolved_at IS NULL OR resolved_at > ?)
	ORDER BY source, id`

// Carried lists the pages that began in [since, at), that a person has
// acknowledged and that had not ended at that time, by reference: those that
// somebody may still have been working on.
func (db *DB) Carried(ctx context.Context, since, at time.Time) ([]opsreview.Ref, error) {
	refs, err := list(ctx, db, selectCarried, []any{since.UnixMilli(), at.UnixMilli(), at.UnixMilli()},
		func(rows *sql.Rows) (r opsreview.Ref, err error) {
			err = rows.Scan(&r.Source, &r.ID)
			return r, err
		})
	if err != nil {
		return nil, fmt.Errorf("read carried pages: %w", err)
	}
	return refs, nil
}
