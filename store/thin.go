package store

import (
	"context"
	"database/sql"
	"fmt"
	"math"
	"slices"
	"time"

	"opsreview"
)

const (
	thinAge  = 21 * 24 * time.Hour  // from which on values are kept every thinStep only
	dropAge  = 100 * 24 * time.Hour // from which on they are not kept
	thinStep = 5 * time.Minute
	scanAge  = 60 * 24 * time.Hour // from whose end on scans are not kept

	// thinChunks is how many days of series one transaction thins or drops, so
	// that others write meanwhile.
	thinChunks = 256
)

// Thin makes the history of series small: of days that ended more than 21 days
// ago it keeps a value each 5 minutes, the first that is known in them, and of
// more than 100 days nothing, nor series that ended before. Scans of windows that
// ended more than 60 days ago go too. Versions of series stay as they are: what
// was found in finer values is still so. It returns how many values fewer there
// are.
//
// It may be stopped anywhere and run again, and does nothing where nothing has
// grown old since.
func (db *DB) Thin(ctx context.Context, now time.Time) (fewer int, err error) {
	before := func(age time.Duration) int64 {
		return floorTo(max(now.Add(-age).UnixMilli(), 0), dayLength)
	}
	for _, task := range []struct {
		query string
		limit int64
		do    func(context.Context, *writer, oldChunk) (int, error)
	}{
		{selectDropped, before(dropAge), dropChunk},
		{selectThinned, before(thinAge), thinChunk},
	} {
		for more := true; more; {
			var n int
			n, more, err = db.thinSome(ctx, task.query, task.limit, task.do)
			if fewer += n; err != nil {
				return fewer, fmt.Errorf("thin values: %w", err)
			}
		}
	}
	err = db.update(ctx, func(w *writer) error { return w.forget(ctx, before(dropAge), now.Add(-scanAge).UnixMilli()) })
	if err != nil {
		return fewer, fmt.Errorf("forget series: %w", err)
	}
	return fewer, nil
}

// An oldChunk names a chunk that is too old for what it is.
type oldChunk struct{ key, series, day, step int64 }

const (
	selectDropped = `SELECT rowid, series, day, step FROM points WHERE day < ? LIMIT ?`

	// The condition on the step is written as in the index.
	selectThinned = `SELECT rowid, series, day, step FROM points INDEXED BY points_fine_day_idx WHERE day < ? AND step < 300000 LIMIT ?`
)

// thinSome does a task to some of the chunks that a query finds, and reports
// whether there may be more.
func (db *DB) thinSome(ctx context.Context, query string, limit int64,
	do func(context.Context, *writer, oldChunk) (int, error),
) (fewer int, more bool, err error) {
	err = db.update(ctx, func(w *writer) error {
		old, err := collect(ctx, w, query, []any{limit, thinChunks}, func(rows *sql.Rows) (c oldChunk, err error) {
			err = rows.Scan(&c.key, &c.series, &c.day, &c.step)
			return c, err
		})
		if err != nil {
			return err
		}
		var touched []int64
		for _, c := range old {
			n, err := do(ctx, w, c)
			if err != nil {
				return err
			}
			fewer, touched = fewer+n, append(touched, c.series)
		}
		slices.Sort(touched)
		for _, series := range slices.Compact(touched) {
			if err := w.refreshSeries(ctx, series, 0); err != nil {
				return err
			}
		}
		more = len(old) == thinChunks
		return nil
	})
	if err != nil {
		return 0, false, err // What was counted has been undone.
	}
	return fewer, more, nil
}

// dropChunk deletes a chunk and returns how many values it had. One that cannot
// be read is deleted all the same.
func dropChunk(ctx context.Context, w *writer, c oldChunk) (int, error) {
	var body []byte
	if err := w.queryRow(ctx, `SELECT body FROM points WHERE rowid = ?`, []any{c.key}, &body); err != nil {
		return 0, err
	}
	chunk := pointChunk{day: c.day, step: c.step}
	_ = chunk.unpack(body)
	_, err := w.exec(ctx, `DELETE FROM points WHERE rowid = ?`, c.key)
	return chunk.count(), err
}

// thinChunk moves what is kept of a chunk's values to the chunk of thinStep.
func thinChunk(ctx context.Context, w *writer, c oldChunk) (fewer int, err error) {
	chunks, err := w.dayChunks(ctx, c.series, c.day)
	if err != nil {
		return 0, err
	}
	step := thinStep.Milliseconds()
	fine, coarse := chunks[c.step], chunks[step]
	if fine == nil {
		return 0, opsreview.Errorf(opsreview.Internal, "the values of a series on %s are gone", time.UnixMilli(c.day).UTC().Format(time.DateOnly))
	}
	if coarse == nil {
		coarse = newPointChunk(c.day, step)
	}
	fewer = fine.count() + coarse.count()
	fine.spread(coarse.values, c.day, step, c.day+dayLength)
	if _, err := w.exec(ctx, `DELETE FROM points WHERE rowid = ?`, c.key); err != nil {
		return 0, err
	}
	return fewer - coarse.count(), w.putChunk(ctx, c.series, coarse)
}

// count returns how many values are known.
func (c *pointChunk) count() int {
	n := 0
	for _, v := range c.values {
		if !math.IsNaN(v) {
			n++
		}
	}
	return n
}

// forget deletes series whose values have all been dropped, and old scans.
func (w *writer) forget(ctx context.Context, seriesEnd, scanEnd int64) error {
	if _, err := w.exec(ctx, `DELETE FROM scans WHERE end_at < ?`, scanEnd); err != nil {
		return err
	}
	// A series that never had a value keeps its version 0: it may have been saved
	// a moment ago.
	const gone = `SELECT key FROM series s WHERE version > 0 AND coalesce(last_at, 0) < ?
		AND NOT EXISTS (SELECT 1 FROM points WHERE series = s.key)`
	if _, err := w.exec(ctx, `DELETE FROM scans WHERE series IN (`+gone+`)`, seriesEnd); err != nil {
		return err
	}
	_, err := w.exec(ctx, `DELETE FROM series AS s WHERE key IN (`+gone+`)`, seriesEnd)
	return err
}

// checkSeriesPoints looks for values that cannot be read and for what does not
// fit them.
func checkSeriesPoints(ctx context.Context, tx *sql.Tx) (problems []string, err error) {
	err = each(ctx, tx, `SELECT s.id, p.day, p.step, p.first_at, p.last_at, p.body FROM points p JOIN series s ON s.key = p.series
		ORDER BY p.series, p.day, p.step`, nil, func(rows *sql.Rows) error {
		var c packedChunk
		var id string
		if err := rows.Scan(&id, &c.day, &c.step, &c.first, &c.last, &c.body); err != nil || len(problems) >= maxProblems {
			return err
		}
		if err := c.unpack(c.body); err != nil {
			problems = append(problems, fmt.Sprintf("the values of series %s of day %d at step %d cannot be read", id, c.day, c.step))
			return nil
		}
		if first, last, any := c.known(); !any || first != c.first || last != c.last {
			problems = append(problems, fmt.Sprintf("the values of series %s of day %d at step %d begin or end otherwise", id, c.day, c.step))
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	more, err := collect(ctx, tx, `SELECT format('series %s does not begin or end with its values', id) FROM series s
		WHERE (first_at, last_at) IS NOT (SELECT min(first_at), max(last_at) FROM points WHERE series = s.key) LIMIT 100`, nil, scanText)
	return append(problems, more...), err
}
