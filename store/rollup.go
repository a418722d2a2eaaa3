package store

import (
	"context"
	"database/sql"
	"fmt"
	"time"
)

// A rollupTier says from which age on segments are joined, and to what.
type rollupTier struct {
	age    time.Duration
	cell   int64  // milliseconds
	column string // of slos, that remembers how far it has come
	begun  string // from when on there may be work: what the other tier has joined is joined
}

// The older tier is first, so that what is old is joined once.
var rollupTiers = []rollupTier{
	{age: 100 * 24 * time.Hour, cell: time.Hour.Milliseconds(), column: "rolled2_at", begun: "rolled2_at"},
	{age: 35 * 24 * time.Hour, cell: 5 * time.Minute.Milliseconds(), column: "rolled_at", begun: "max(rolled_at, rolled2_at)"},
}

// rollupStep is how much of an SLO's time one transaction joins.
const rollupStep = 24 * time.Hour

// RollUpSegments joins old segments to longer ones, so that a long history
// stays small: to 5 minutes those that ended more than 35 days ago, to hours
// those of more than 100 days, in the clock of UTC and by whole hours. Segments
// that do not lie within one cell of that clock stay as they are. All sums stay
// what they are. It returns how many segments fewer there are.
//
// Each day of an SLO is a transaction of its own, so that others write
// meanwhile; it may be stopped anywhere and run again. A second call does
// nothing where nothing has grown old since.
func (db *DB) RollUpSegments(ctx context.Context, now time.Time) (fewer int, err error) {
	for _, tier := range rollupTiers {
		limit := floorTo(max(now.Add(-tier.age).UnixMilli(), 0), hour)
		keys, err := list(ctx, db, `SELECT key FROM slos WHERE `+tier.column+` < ? ORDER BY key`, []any{limit},
			func(rows *sql.Rows) (key int64, err error) {
				err = rows.Scan(&key)
				return key, err
			})
		for _, key := range keys {
			for more := err == nil; more && err == nil; {
				var n int
				n, more, err = db.rollUp(ctx, tier, key, limit)
				fewer += n
			}
		}
		if err != nil {
			return fewer, fmt.Errorf("roll up segments: %w", err)
		}
	}
	return fewer, nil
}

// rollUp joins the next day that has segments, up to limit. It reports whether
// there is more to do.
func (db *DB) rollUp(ctx context.Context, tier rollupTier, key, limit int64) (fewer int, more bool, err error) {
	err = db.update(ctx, func(w *writer) error {
		var first sql.NullInt64
		err := w.queryRow(ctx, `SELECT (SELECT min(end_at) FROM segments WHERE slo = key AND end_at > `+tier.begun+`)
			FROM slos WHERE key = ?`, []any{key}, &first)
		if err != nil {
			return err
		}
		to := limit
		if first.Valid && first.Int64 <= limit {
			begin, step := first.Int64-1, rollupStep.Milliseconds()
			to = min(limit, floorTo(begin, step)+step)
			if fewer, err = w.joinCells(ctx, key, span{floorTo(begin, hour), to}, tier.cell); err != nil {
				return err
			}
		}
		more = to < limit
		_, err = w.exec(ctx, `UPDATE slos SET `+tier.column+` = ?, segments = segments - ? WHERE key = ?`, to, fewer, key)
		return err
	})
	if err != nil {
		return 0, false, err // What was counted has been undone.
	}
	return fewer, more, nil
}

// joinCells joins the segments of a span that lie within one cell, and returns
// how many fewer there are. The hours stay as they are: a cell lies within one.
func (w *writer) joinCells(ctx context.Context, key int64, s span, cell int64) (fewer int, err error) {
	const within = ` FROM segments WHERE slo = ?1 AND end_at > ?2 AND end_at <= ?3 AND (end_at - 1) / ?4 = (end_at - length) / ?4`
	args := []any{key, s.from, s.to, cell}
	cells, err := collect(ctx, w, joinedRows+within+` GROUP BY (end_at - 1) / ?4`, args, scanSegmentRow)
	if err != nil {
		return 0, err
	}
	n, err := w.exec(ctx, `DELETE`+within, args...)
	if err != nil || n == 0 {
		return 0, err
	}
	return n - len(cells), w.putSegments(ctx, key, cells)
}

// checkSegments looks for segments that overlap and for what does not fit them.
// Sums of fractions may differ by how they were rounded.
func checkSegments(ctx context.Context, tx *sql.Tx) ([]string, error) {
	return collect(ctx, tx, `
		WITH real (`+segmentColumns+`, slo) AS (`+joinedRows+`, slo FROM segments WHERE NOT (`+crossing+`)
			GROUP BY slo, (end_at - 1) / 3600000)
		SELECT format('SLO %s counts %d segments but has %d', name, s.segments, count(g.end_at))
		FROM slos s LEFT JOIN segments g ON g.slo = key GROUP BY key HAVING s.segments <> count(g.end_at)
		UNION ALL
		SELECT format('a segment of SLO %s overlaps the one before, which ends at %d', name, before)
		FROM (SELECT slo, end_at - length AS start_at, lag(end_at) OVER (PARTITION BY slo ORDER BY end_at) AS before FROM segments)
		JOIN slos ON key = slo WHERE start_at < before
		UNION ALL
		SELECT format('the hour of SLO %s before %d is not the sum of its segments', coalesce(name, ''), coalesce(h.end_at, r.end_at))
		FROM segment_hours h FULL JOIN real r ON r.slo = h.slo AND r.end_at = h.end_at
		LEFT JOIN slos ON key = coalesce(h.slo, r.slo)
		WHERE (h.length, h.missing, h.resets) IS NOT (r.length, r.missing, r.resets)
			OR abs(h.total - r.total) > 1e-9 * r.total OR abs(h.bad - r.bad) > 1e-9 * r.total
			OR abs(h.gap_bad - r.gap_bad) > 1e-9 * r.total OR abs(h.excess - r.excess) > 1e-9 * r.excess
		LIMIT 100`, nil, scanText)
}
