package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math"
	"time"

	"opsreview"
)

// Bounds of values.
const (
	maxBatchValues = 4 << 20 // in one batch
	maxReadValues  = 4 << 20 // that Points returns
)

// checkPoints returns an Invalid error for values that cannot be kept.
func checkPoints(all []opsreview.Points) error {
	n := 0
	for i := range all {
		p := &all[i]
		if err := checkKey("series", p.Series); err != nil {
			return err
		}
		wrong := ""
		switch {
		case p.Step < time.Second || p.Step%time.Second != 0 || (24*time.Hour)%p.Step != 0:
			wrong = fmt.Sprintf("have the step %s, which is not whole seconds that divide a day", p.Step)
		case p.Start.UnixMilli() < 0 || len(p.Values) > int(lastMilli/p.Step.Milliseconds()) || p.End().UnixMilli() >= lastMilli:
			wrong = "must be after 1970 and before the year 10000"
		case p.Start.Nanosecond() != 0 || p.Start.UnixMilli()%p.Step.Milliseconds() != 0:
			wrong = fmt.Sprintf("begin at %s, which is not a multiple of their step %s from midnight UTC", stamp(p.Start), p.Step)
		}
		if wrong != "" {
			return opsreview.Errorf(opsreview.Invalid, "the values of series %q %s", p.Series, wrong)
		}
		if n += len(p.Values); n > maxBatchValues {
			return opsreview.Errorf(opsreview.Invalid, "a batch may have %d values of series at most: divide it", maxBatchValues)
		}
	}
	return nil
}

// savePoints saves a batch's values. They replace what is stored of the stretch
// that they cover, whatever its step.
func savePoints(ctx context.Context, w *writer, f facts, saved *opsreview.Saved) error {
	for i := range f.batch.Points {
		n, err := w.putPoints(ctx, &f.batch.Points[i])
		if err != nil {
			return fmt.Errorf("save values: %w", err)
		}
		saved.Points += n
	}
	return nil
}

// putPoints saves values of one series and returns how many are new or changed.
func (w *writer) putPoints(ctx context.Context, p *opsreview.Points) (changed int, err error) {
	var key int64
	err = w.queryRow(ctx, `SELECT key FROM series WHERE id = ?`, []any{p.Series}, &key)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, opsreview.Errorf(opsreview.Invalid, "there is no series %q for its values", p.Series)
	}
	if err != nil || len(p.Values) == 0 {
		return 0, err
	}
	touched := false
	for day := floorTo(p.Start.UnixMilli(), dayLength); day < p.End().UnixMilli(); day += dayLength {
		n, differs, err := w.putDay(ctx, key, day, p)
		if err != nil {
			return 0, err
		}
		changed, touched = changed+n, touched || differs
	}
	if touched {
		err = w.refreshSeries(ctx, key, 1)
	}
	return changed, err
}

// putDay saves those of the values that are of one day.
func (w *writer) putDay(ctx context.Context, series, day int64, p *opsreview.Points) (changed int, differs bool, err error) {
	chunks, err := w.dayChunks(ctx, series, day)
	if err != nil {
		return 0, false, err
	}
	start, step := p.Start.UnixMilli(), p.Step.Milliseconds()
	from, to := max(day, start), min(day+dayLength, start+int64(len(p.Values))*step)
	into := chunks[step]
	if into == nil {
		into = newPointChunk(day, step)
	}
	chunks[step] = into
	for at := from; at < to; at += step {
		changed += into.set(at, p.Values[(at-start)/step])
	}
	for _, c := range chunks {
		if c != into {
			c.blank(from, to)
		}
		if c.differs {
			differs = true
			if err := w.putChunk(ctx, series, c); err != nil {
				return 0, false, err
			}
		}
	}
	return changed, differs, nil
}

// A pointChunk is the values of a series on one day at one step.
type pointChunk struct {
	day, step int64
	values    []float64
	differs   bool // from what is stored
}

func newPointChunk(day, step int64) *pointChunk {
	c := &pointChunk{day: day, step: step, values: make([]float64, dayLength/step)}
	for i := range c.values {
		c.values[i] = math.NaN()
	}
	return c
}

// set sets the value of a time and returns 1 if that changed it.
func (c *pointChunk) set(at int64, v float64) int {
	old := &c.values[(at-c.day)/c.step]
	if math.Float64bits(*old) == math.Float64bits(v) || (math.IsNaN(*old) && math.IsNaN(v)) {
		return 0
	}
	*old, c.differs = v, true
	return 1
}

// blank forgets the values from one time to before another.
func (c *pointChunk) blank(from, to int64) {
	for at := c.day + ceilTo(from-c.day, c.step); at < to; at += c.step {
		c.set(at, math.NaN())
	}
}

// known returns the times of the first and the last value that is known.
func (c *pointChunk) known() (first, last int64, any bool) {
	for i, v := range c.values {
		if math.IsNaN(v) {
			continue
		}
		last = c.day + int64(i)*c.step
		if !any {
			first, any = last, true
		}
	}
	return first, last, any
}

// dayChunks returns the stored chunks of a day by their step.
func (w *writer) dayChunks(ctx context.Context, series, day int64) (map[int64]*pointChunk, error) {
	s, err := w.prepared(ctx, `SELECT step, body FROM points WHERE series = ? AND day = ?`) //nolint:sqlclosecheck // The transaction closes it.
	if err != nil {
		return nil, err
	}
	rows, err := s.QueryContext(ctx, series, day)
	if err != nil {
		return nil, err
	}
	defer rows.Close() //nolint:errcheck // Err below tells what went wrong.
	chunks := map[int64]*pointChunk{}
	for rows.Next() {
		c := pointChunk{day: day}
		var body []byte
		if err := rows.Scan(&c.step, &body); err != nil {
			return nil, err
		}
		if err := c.unpack(body); err != nil {
			return nil, err
		}
		chunks[c.step] = &c
	}
	return chunks, rows.Err()
}

// unpack reads a stored body.
func (c *pointChunk) unpack(body []byte) (err error) {
	if c.step < 1000 || dayLength%c.step != 0 {
		err = errPacked
	} else {
		c.values, err = unpackValues(body, int(dayLength/c.step))
	}
	return opsreview.Wrapf(err, opsreview.Internal, "the stored values of a series on %s are damaged: run opsreview db check and restore a backup",
		time.UnixMilli(c.day).UTC().Format(time.DateOnly))
}

// putChunk writes a chunk, or deletes it if it knows nothing.
func (w *writer) putChunk(ctx context.Context, series int64, c *pointChunk) error {
	first, last, any := c.known()
	var err error
	if any {
		_, err = w.exec(ctx, `INSERT INTO points (series, day, step, first_at, last_at, body) VALUES (?, ?, ?, ?, ?, ?)
			ON CONFLICT (series, day, step) DO UPDATE SET first_at = excluded.first_at, last_at = excluded.last_at, body = excluded.body`,
			series, c.day, c.step, first, last, packValues(c.values))
	} else {
		_, err = w.exec(ctx, `DELETE FROM points WHERE series = ? AND day = ? AND step = ?`, series, c.day, c.step)
	}
	return err
}

// refreshSeries derives when a series begins and ends, and makes its version
// that much greater.
func (w *writer) refreshSeries(ctx context.Context, key int64, version int) error {
	_, err := w.exec(ctx, `UPDATE series SET version = version + ?1,
		first_at = (SELECT min(first_at) FROM points WHERE series = ?2),
		last_at = (SELECT max(last_at) FROM points WHERE series = ?2) WHERE key = ?2`, version, key)
	return err
}

// A packedChunk is a chunk as it is stored.
type packedChunk struct {
	pointChunk
	first, last int64
	body        []byte
}

const selectChunks = `SELECT day, step, first_at, last_at, body FROM points
	WHERE series = ? AND day >= ? AND day < ? AND first_at < ? AND last_at >= ? ORDER BY day, step`

// Points returns what is stored of a series in a window on one grid: its step
// is the finest that has values there, and NaN stands wherever nothing is known
// at that step. Coarser values stand at their times. The grid covers the whole
// window; where an end of it is zero, what is known. A series of which the
// window has nothing has no step and no values. Points returns a NotFound error
// for a series that is not stored, and an Invalid one for a window of more than
// 4 million steps.
func (db *DB) Points(ctx context.Context, key string, w opsreview.Window) (opsreview.Points, error) {
	p := opsreview.Points{Series: key}
	from, to := bounds(w)
	from, to = max(from, 0), min(to, lastMilli)
	var chunks []packedChunk
	err := db.view(ctx, func(tx *sql.Tx) error {
		var series int64
		err := tx.QueryRowContext(ctx, `SELECT key FROM series WHERE id = ?`, key).Scan(&series)
		if errors.Is(err, sql.ErrNoRows) {
			return opsreview.Errorf(opsreview.NotFound, "there is no series %q", key)
		}
		if err != nil {
			return err
		}
		args := []any{series, floorTo(from, dayLength), to, to, from}
		chunks, err = collect(ctx, tx, selectChunks, args, func(rows *sql.Rows) (c packedChunk, err error) {
			err = rows.Scan(&c.day, &c.step, &c.first, &c.last, &c.body)
			return c, err
		})
		return err
	})
	if err == nil && len(chunks) > 0 {
		err = fillGrid(&p, chunks, w, from, to)
	}
	if err != nil {
		return opsreview.Points{}, fmt.Errorf("read values: %w", err)
	}
	return p, nil
}

// fillGrid puts the values of chunks within [from, to) on one grid.
func fillGrid(p *opsreview.Points, chunks []packedChunk, w opsreview.Window, from, to int64) error {
	step, first, last := chunks[0].step, chunks[0].first, chunks[0].last
	for _, c := range chunks {
		step, first, last = min(step, c.step), min(first, c.first), max(last, c.last)
	}
	if w.Start.IsZero() {
		from = first
	}
	if w.End.IsZero() {
		to = last + 1
	}
	start := ceilTo(from, step)
	n := max(0, (to-start+step-1)/step)
	if n > maxReadValues {
		return opsreview.Errorf(opsreview.Invalid, "the window has %d values of series %q; %d are the most", n, p.Series, maxReadValues)
	}
	p.Start, p.Step = time.UnixMilli(start).UTC(), time.Duration(step)*time.Millisecond
	p.Values = make([]float64, n)
	for i := range p.Values {
		p.Values[i] = math.NaN()
	}
	for i := range chunks {
		c := &chunks[i]
		if err := c.unpack(c.body); err != nil {
			return err
		}
		c.spread(p.Values, start, step, to)
		chunks[i] = packedChunk{} // so that its memory can go
	}
	return nil
}

// spread writes the chunk's values on a grid that begins at start.
func (c *pointChunk) spread(grid []float64, start, step, to int64) {
	for i, v := range c.values {
		at := c.day + int64(i)*c.step
		if at < start || at >= to || math.IsNaN(v) {
			continue
		}
		if cell := &grid[(at-start)/step]; math.IsNaN(*cell) {
			*cell = v
		}
	}
}
