package store

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"time"

	"opsreview"
)

// A SegmentFilter selects segments.
type SegmentFilter struct {
	SLOs   []string         // of these; nil for all, empty for none
	Window opsreview.Window // that touch it

	// Cuts are times at which the caller divides the window: the segments around
	// them come as they were saved.
	Cuts []time.Time

	// Detail asks for the segments as they were saved wherever something is amiss:
	// in hours with bad events, gaps, holes or an excess.
	Detail bool
}

// Segments returns the segments that f selects by SLO, in order. Hours that lie
// whole in the window come as one segment each; those that hold one of the cuts
// or an end of the window, and segments that do not lie within one hour of UTC,
// come as they are stored. So lengths are mixed, and nothing overlaps. A segment
// that the window cuts comes whole. SLOs without segments are left out.
func (db *DB) Segments(ctx context.Context, f SegmentFilter) (map[string][]opsreview.Segment, error) {
	found := map[string][]opsreview.Segment{}
	err := db.view(ctx, func(tx *sql.Tx) error {
		slos, err := findSLOs(ctx, tx, f.SLOs)
		if err != nil || len(slos) == 0 {
			return err
		}
		r, err := newSegmentReader(ctx, tx, f)
		if err != nil {
			return err
		}
		for _, s := range slos {
			rows, err := r.read(ctx, s.key)
			if err != nil {
				return err
			}
			if len(rows) > 0 {
				found[s.name] = segmentsOf(s.name, rows)
			}
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read segments: %w", err)
	}
	return found, nil
}

func segmentsOf(slo string, rows []segmentRow) []opsreview.Segment {
	segments := make([]opsreview.Segment, len(rows))
	for i := range rows {
		segments[i] = rows[i].segment(slo)
	}
	return segments
}

// A sloRow names an SLO's row.
type sloRow struct {
	key  int64
	name string
}

// findSLOs returns those of the SLOs that anything was counted of, and all for
// nil, by name.
func findSLOs(ctx context.Context, q querier, names []string) ([]sloRow, error) {
	query, args := `SELECT key, name FROM slos ORDER BY name`, []any(nil)
	if names != nil {
		query = `SELECT key, name FROM slos WHERE name IN (SELECT value FROM json_each(?)) ORDER BY name`
		args = []any{encodeStrings(names)}
	}
	return collect(ctx, q, query, args, func(rows *sql.Rows) (s sloRow, err error) {
		err = rows.Scan(&s.key, &s.name)
		return s, err
	})
}

// A span is the milliseconds after from up to and with to: the ends of the
// segments within [from, to).
type span struct{ from, to int64 }

// A segmentReader reads one window of one SLO after another.
type segmentReader struct {
	window span
	detail bool
	fine   []span // hours that are read segment by segment, in order and joined
	stmts  [3]*sql.Stmt
	rows   []segmentRow
	fields segmentRow // where a row is scanned to
	dest   []any
}

// The queries of a segmentReader.
const (
	selectHours = `SELECT ` + segmentColumns + ` FROM segment_hours WHERE slo = ? AND end_at > ? AND end_at <= ? ORDER BY end_at`

	selectWithin = `SELECT ` + segmentColumns + ` FROM segments WHERE slo = ? AND end_at > ? AND end_at <= ?
		AND end_at - length < ? AND NOT (` + crossing + `) ORDER BY end_at`

	// SQLite would take the table, of which it knows nothing better.
	selectCrossing = `SELECT ` + segmentColumns + ` FROM segments INDEXED BY segments_crossing_slo_end_at_idx WHERE slo = ? AND end_at > ? AND end_at <= ?
		AND end_at - length < ? AND ` + crossing + ` ORDER BY end_at`
)

// newSegmentReader prepares to read.
func newSegmentReader(ctx context.Context, tx *sql.Tx, f SegmentFilter) (*segmentReader, error) {
	start, end := bounds(f.Window)
	r := &segmentReader{window: span{max(start, 0), min(end, lastMilli)}, detail: f.Detail}
	r.dest = r.fields.dest()
	for _, t := range append([]time.Time{time.UnixMilli(r.window.from), time.UnixMilli(r.window.to)}, f.Cuts...) {
		ms := t.UnixMilli()
		if ms%hour != 0 && ms >= r.window.from && ms <= r.window.to {
			r.fine = append(r.fine, span{floorTo(ms, hour), ceilTo(ms, hour)})
		}
	}
	r.fine = joinSpans(r.fine)
	for i, query := range []string{selectHours, selectWithin, selectCrossing} {
		var err error
		if r.stmts[i], err = tx.PrepareContext(ctx, query); err != nil { //nolint:sqlclosecheck // The transaction closes it.
			return nil, err
		}
	}
	return r, nil
}

// read returns the SLO's rows in order. They are overwritten by the next call.
func (r *segmentReader) read(ctx context.Context, key int64) ([]segmentRow, error) {
	r.rows = r.rows[:0]
	hours := span{ceilTo(r.window.from, hour), floorTo(r.window.to, hour)}
	if err := r.query(ctx, r.stmts[0], key, hours.from, hours.to); err != nil {
		return nil, err
	}
	fine := r.sift()
	for _, s := range fine {
		if err := r.query(ctx, r.stmts[1], key, max(s.from, r.window.from), s.to, r.window.to); err != nil {
			return nil, err
		}
	}
	if err := r.query(ctx, r.stmts[2], key, r.window.from, r.window.to+maxSegment, r.window.to); err != nil {
		return nil, err
	}
	if !slices.IsSortedFunc(r.rows, compareRows) {
		slices.SortFunc(r.rows, compareRows)
	}
	return r.rows, nil
}

// query appends the rows of a query.
func (r *segmentReader) query(ctx context.Context, s *sql.Stmt, args ...any) error {
	rows, err := s.QueryContext(ctx, args...)
	if err != nil {
		return err
	}
	defer rows.Close() //nolint:errcheck // Err below tells what went wrong.
	for rows.Next() {
		if err := rows.Scan(r.dest...); err != nil {
			return err
		}
		r.rows = append(r.rows, r.fields)
	}
	return rows.Err()
}

// sift takes out of the rows, which are hours, those that are to be read
// segment by segment, and returns all such stretches.
func (r *segmentReader) sift() []span {
	fine, known := slices.Clone(r.fine), r.fine
	r.rows = slices.DeleteFunc(r.rows, func(row segmentRow) bool {
		for len(known) > 0 && known[0].to < row.end {
			known = known[1:]
		}
		if len(known) > 0 && known[0].from < row.end {
			return true
		}
		amiss := row.bad > 0 || row.missing > 0 || row.excess > 0
		if r.detail && amiss {
			fine = append(fine, span{floorTo(row.end-1, hour), ceilTo(row.end, hour)})
		}
		return r.detail && amiss
	})
	return joinSpans(fine)
}

// joinSpans sorts spans and joins those that touch.
func joinSpans(spans []span) []span {
	slices.SortFunc(spans, func(a, b span) int { return int(min(max(a.from-b.from, -1), 1)) })
	joined := spans[:0]
	for _, s := range spans {
		if n := len(joined); n > 0 && s.from <= joined[n-1].to {
			joined[n-1].to = max(joined[n-1].to, s.to)
			continue
		}
		joined = append(joined, s)
	}
	return joined
}

// An SLOState is what is stored of an SLO.
type SLOState struct {
	SLO         string
	Source      string    // of the segments that came last
	First, Last time.Time // the beginning of the first segment and the end of the last
	Segments    int
}

// SLOStates returns what is stored of each SLO that anything was counted of, by
// name.
func (db *DB) SLOStates(ctx context.Context) ([]SLOState, error) {
	return list(ctx, db, `SELECT name, source, segments,
			(SELECT end_at - length FROM segments WHERE slo = key ORDER BY end_at LIMIT 1),
			(SELECT max(end_at) FROM segments WHERE slo = key)
		FROM slos ORDER BY name`, nil, func(rows *sql.Rows) (s SLOState, err error) {
		err = rows.Scan(&s.SLO, &s.Source, &s.Segments, (*sqlTime)(&s.First), (*sqlTime)(&s.Last))
		return s, err
	})
}
