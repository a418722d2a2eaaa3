package store

import (
	"cmp"
	"context"
	"database/sql"
	"fmt"
	"math"
	"slices"
	"time"
	"unicode/utf8"

	"opsreview"
)

const (
	maxSLOName       = 256                 // bytes
	maxSegmentLength = 31 * 24 * time.Hour // so that what touches a time is found near it
	runHole          = 24 * time.Hour      // a longer hole in a batch is not read over
)

var (
	hour       = time.Hour.Milliseconds()
	maxSegment = maxSegmentLength.Milliseconds()
	lastMilli  = time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC).UnixMilli()
)

// A segmentRow is a segment as it is stored.
type segmentRow struct {
	end, length    int64
	total, bad     float64
	missing        int64
	gapBad, excess float64
	resets         int64
}

const segmentColumns = `end_at, length, total, bad, missing, gap_bad, excess, resets`

func (r *segmentRow) start() int64 { return r.end - r.length }

// dest returns where the columns segmentColumns go.
func (r *segmentRow) dest() []any {
	return []any{&r.end, &r.length, &r.total, &r.bad, &r.missing, &r.gapBad, &r.excess, &r.resets}
}

func (r *segmentRow) segment(slo string) opsreview.Segment {
	return opsreview.Segment{
		SLO: slo, Start: time.UnixMilli(r.start()).UTC(), End: time.UnixMilli(r.end).UTC(),
		Total: r.total, Bad: r.bad, Covered: time.Duration(r.length-r.missing) * time.Millisecond,
		GapBad: r.gapBad, Excess: r.excess, Resets: int(r.resets),
	}
}

// newSegmentRow returns the segment as it is stored. What was watched whole
// stays so when its times are cut to milliseconds.
func newSegmentRow(s opsreview.Segment) (segmentRow, error) {
	if err := checkSegment(s); err != nil {
		return segmentRow{}, err
	}
	start, end := s.Start.UnixMilli(), s.End.UnixMilli()
	return segmentRow{
		end: end, length: end - start, total: s.Total, bad: s.Bad,
		missing: (s.Length() - s.Covered).Milliseconds(),
		gapBad:  s.GapBad, excess: s.Excess, resets: int64(s.Resets),
	}, nil
}

// checkSegment returns an Invalid error for a segment that cannot be kept.
func checkSegment(s opsreview.Segment) error {
	if err := checkSLOName(s.SLO); err != nil {
		return err
	}
	wrong := ""
	switch length := s.Length(); {
	case s.Start.UnixMilli() < 0 || s.End.UnixMilli() >= lastMilli:
		wrong = "must be after 1970 and before the year 10000"
	case s.End.UnixMilli() <= s.Start.UnixMilli():
		wrong = "must end at least a millisecond after its start"
	case length > maxSegmentLength:
		wrong = "is longer than 31 days"
	case !finite(s.Total, s.Bad, s.GapBad, s.Excess):
		wrong = "has a number that is not finite"
	case s.Total < 0 || s.Excess < 0 || s.Resets < 0:
		wrong = "has a number below 0"
	case s.Bad < 0 || s.Bad > s.Total:
		wrong = fmt.Sprintf("has %g bad events of %g", s.Bad, s.Total)
	case s.GapBad < 0 || s.GapBad > s.Bad:
		wrong = fmt.Sprintf("has %g bad events in gaps of %g", s.GapBad, s.Bad)
	case s.Covered < 0 || s.Covered > length:
		wrong = fmt.Sprintf("was watched for %s of %s", s.Covered, length)
	default:
		return nil
	}
	return opsreview.Errorf(opsreview.Invalid, "the segment of SLO %q from %s to %s %s", s.SLO, stamp(s.Start), stamp(s.End), wrong)
}

func checkSLOName(name string) error {
	switch {
	case name == "":
		return opsreview.Errorf(opsreview.Invalid, "an SLO needs a name")
	case len(name) > maxSLOName:
		return opsreview.Errorf(opsreview.Invalid, "the name of an SLO may have %d bytes at most: %q", maxSLOName, name[:32]+"…")
	case !utf8.ValidString(name):
		return opsreview.Errorf(opsreview.Invalid, "the name of an SLO must be UTF-8: %q", name)
	}
	return nil
}

func finite(numbers ...float64) bool {
	for _, x := range numbers {
		if math.IsNaN(x) || math.IsInf(x, 0) {
			return false
		}
	}
	return true
}

// stamp returns a time as messages have it.
func stamp(t time.Time) string { return t.UTC().Format(time.RFC3339Nano) }

// A segmentRun is segments of one SLO in order, which do not overlap and have
// no long holes.
type segmentRun struct {
	slo  string
	rows []segmentRow
}

func (r segmentRun) start() int64 { return r.rows[0].start() }
func (r segmentRun) end() int64   { return r.rows[len(r.rows)-1].end }

// segmentRuns makes a batch's segments ready.
func segmentRuns(segments []opsreview.Segment) ([]segmentRun, error) {
	var names []string
	rows := map[string][]segmentRow{}
	for _, s := range segments {
		r, err := newSegmentRow(s)
		if err != nil {
			return nil, err
		}
		if rows[s.SLO] == nil {
			names = append(names, s.SLO)
		}
		rows[s.SLO] = append(rows[s.SLO], r)
	}
	var runs []segmentRun
	for _, name := range names {
		all := rows[name]
		slices.SortFunc(all, compareRows)
		all = slices.Compact(all)
		from := 0
		for i := 1; i < len(all); i++ {
			switch hole := all[i].start() - all[i-1].end; {
			case hole < 0:
				return nil, opsreview.Errorf(opsreview.Invalid, "two segments of SLO %q in one batch overlap: %s and %s", name, all[i-1].stretch(), all[i].stretch())
			case hole > runHole.Milliseconds():
				runs = append(runs, segmentRun{slo: name, rows: all[from:i]})
				from = i
			}
		}
		runs = append(runs, segmentRun{slo: name, rows: all[from:]})
	}
	return runs, nil
}

func compareRows(a, b segmentRow) int { return cmp.Compare(a.end, b.end) }

// stretch tells the row's time in words.
func (r *segmentRow) stretch() string {
	return stamp(time.UnixMilli(r.start())) + " to " + stamp(time.UnixMilli(r.end))
}

// saveSegments saves a batch's segments.
func saveSegments(ctx context.Context, w *writer, f facts, saved *opsreview.Saved) error {
	for _, run := range f.segments {
		n, err := w.saveRun(ctx, f.source, run)
		if err != nil {
			return fmt.Errorf("save segments: %w", err)
		}
		saved.Segments += n
	}
	return nil
}

// saveRun saves a run, derives the hours that it changes, and returns how many
// of its segments are new or changed.
func (w *writer) saveRun(ctx context.Context, source string, run segmentRun) (changed int, err error) {
	key, err := w.sloKey(ctx, source, run.slo)
	if err != nil {
		return 0, err
	}
	stored, err := touchedRows(ctx, w, key, run.start(), run.end())
	if err != nil {
		return 0, err
	}
	m, err := run.merge(stored)
	if err != nil || len(m.changed) == 0 {
		return 0, err
	}
	for _, r := range m.gone {
		if _, err := w.exec(ctx, `DELETE FROM segments WHERE slo = ? AND end_at = ?`, key, r.end); err != nil {
			return 0, err
		}
	}
	if err := w.putSegments(ctx, key, m.changed); err != nil {
		return 0, err
	}
	first, last := m.changed[0].start(), m.changed[len(m.changed)-1].end
	if err := w.refreshHours(ctx, key, first, last); err != nil {
		return 0, err
	}
	_, err = w.exec(ctx, `UPDATE slos SET source = ?, segments = segments + ?,
		rolled_at = min(rolled_at, ?3), rolled2_at = min(rolled2_at, ?3) WHERE key = ?4`,
		source, len(m.changed)-m.replaced, first, key)
	return len(m.changed), err
}

// sloKey returns the key of an SLO's row, which it makes if there is none.
func (w *writer) sloKey(ctx context.Context, source, name string) (key int64, err error) {
	_, err = w.exec(ctx, `INSERT INTO slos (name, source) VALUES (?, ?) ON CONFLICT DO NOTHING`, name, source)
	if err == nil {
		err = w.queryRow(ctx, `SELECT key FROM slos WHERE name = ?`, []any{name}, &key)
	}
	return key, err
}

// selectTouched selects the stored segments that touch a stretch, in order.
// Since none overlap, only the first that ends behind it may.
const selectTouched = `SELECT ` + segmentColumns + ` FROM segments WHERE slo = ?1 AND end_at > ?2 AND end_at <= ?3
	UNION ALL SELECT * FROM (SELECT ` + segmentColumns + ` FROM segments WHERE slo = ?1 AND end_at > ?3 ORDER BY end_at LIMIT 1)
		WHERE end_at - length < ?3
	ORDER BY end_at`

func touchedRows(ctx context.Context, q querier, key, start, end int64) ([]segmentRow, error) {
	return collect(ctx, q, selectTouched, []any{key, start, end}, scanSegmentRow)
}

func scanSegmentRow(rows *sql.Rows) (r segmentRow, err error) {
	err = rows.Scan(r.dest()...)
	return r, err
}

// A merged run is what it changes among the stored segments.
type mergedRun struct {
	changed  []segmentRow // to be written
	gone     []segmentRow // to be deleted first: stored ones that no row of the same end replaces
	replaced int          // how many stored ones go or are written over
}

// merge compares the run with the stored segments that touch it. A stored one
// that the run covers whole is replaced. One that it covers in part is a
// Conflict, since nobody knows which of its events lie in which part.
func (r segmentRun) merge(stored []segmentRow) (m mergedRun, err error) {
	same := make([]bool, len(r.rows))
	next := 0
	for _, old := range stored {
		for next < len(r.rows) && r.rows[next].end <= old.start() {
			next++
		}
		if next == len(r.rows) || r.rows[next].start() >= old.end {
			continue
		}
		if r.rows[next] == old {
			same[next] = true
			continue
		}
		last := r.reach(next, old.end)
		if r.rows[next].start() > old.start() || r.rows[last].end < old.end {
			return m, opsreview.Errorf(opsreview.Conflict,
				"the segment of SLO %q from %s overlaps the stored one from %s in part: give segments that cover that whole; "+
					"what is older than 35 days is kept in longer segments, each within an hour of UTC",
				r.slo, r.rows[next].stretch(), old.stretch())
		}
		m.replaced++
		if r.rows[last].end != old.end {
			m.gone = append(m.gone, old)
		}
	}
	for i, row := range r.rows {
		if !same[i] {
			m.changed = append(m.changed, row)
		}
	}
	return m, nil
}

// reach returns which row, of those that follow the first without a hole, is
// the first that ends at the time end or later; the last one if none is.
func (r segmentRun) reach(first int, end int64) int {
	for first+1 < len(r.rows) && r.rows[first].end < end && r.rows[first+1].start() == r.rows[first].end {
		first++
	}
	return first
}

var segmentBulk = bulk{
	into:    "segments (slo, " + segmentColumns + ")",
	columns: 9,
	suffix: `ON CONFLICT DO UPDATE SET (length, total, bad, missing, gap_bad, excess, resets) =
		(excluded.length, excluded.total, excluded.bad, excluded.missing, excluded.gap_bad, excluded.excess, excluded.resets)`,
}

func (w *writer) putSegments(ctx context.Context, key int64, rows []segmentRow) error {
	args := make([]any, 0, segmentBulk.columns*len(rows))
	for _, r := range rows {
		args = append(args, key, r.end, r.length, r.total, r.bad, r.missing, r.gapBad, r.excess, r.resets)
	}
	_, err := w.insert(ctx, segmentBulk, args)
	return err
}

// joinedRows begin a query that joins the segments of each cell of time to one,
// which lasts from the beginning of the first to the end of the last: what lies
// between them without being in any was not watched. Sums of fractions are
// rounded, which must not make a part greater than the whole.
const joinedRows = `SELECT max(end_at), max(end_at) - min(end_at - length), sum(total), min(sum(bad), sum(total)),
	max(end_at) - min(end_at - length) - sum(length - missing), min(sum(gap_bad), sum(bad), sum(total)), sum(excess), sum(resets)`

// refreshHours derives the hours that touch a stretch from their segments.
func (w *writer) refreshHours(ctx context.Context, key, start, end int64) error {
	start, end = floorTo(start, hour), ceilTo(end, hour)
	_, err := w.exec(ctx, `DELETE FROM segment_hours WHERE slo = ? AND end_at > ? AND end_at <= ?`, key, start, end)
	if err != nil {
		return err
	}
	_, err = w.exec(ctx, `INSERT INTO segment_hours (`+segmentColumns+`, slo) `+joinedRows+`, slo FROM segments
		WHERE slo = ? AND end_at > ? AND end_at <= ? AND NOT (`+crossing+`) GROUP BY (end_at - 1) / 3600000`, key, start, end)
	return err
}

// crossing holds for segments that do not lie within one hour. It is written as
// in the index of them.
const crossing = `(end_at - 1) / 3600000 <> (end_at - length) / 3600000`

// floorTo and ceilTo round a time, not before 1970, to a multiple of a cell.
func floorTo(t, cell int64) int64 { return t - t%cell }
func ceilTo(t, cell int64) int64  { return floorTo(t+cell-1, cell) }
