package store

import (
	"context"
	"database/sql"

	"opsreview"
)

// PageIDs lists the IDs of the source's pages that were triggered in w, in
// order.
func (db *DB) PageIDs(ctx context.Context, source string, w opsreview.Window) ([]string, error) {
	start, end := bounds(w)
	return list(ctx, db, `SELECT id FROM pages WHERE source = ? AND triggered_at >= ? AND triggered_at < ? ORDER BY id`,
		[]any{source, start, end}, func(rows *sql.Rows) (id string, err error) {
			err = rows.Scan(&id)
			return id, err
		})
}
