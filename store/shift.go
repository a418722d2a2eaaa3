package store

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"time"

	"opsreview"
)

const shiftColumns = `responder_source, responder, schedule, schedule_id, policy, policy_id, level, start_at, end_at, observed_at`

func scanShift(rows *sql.Rows) (s opsreview.Shift, err error) {
	err = rows.Scan(&s.Responder.Source, &s.Responder.ID, &s.Schedule, &s.ScheduleID, &s.Policy, &s.PolicyID, &s.Level,
		(*sqlTime)(&s.Start), (*sqlTime)(&s.End), (*sqlTime)(&s.ObservedAt))
	return s, err
}

// Shifts returns the shifts that touch w, in order of their start.
func (db *DB) Shifts(ctx context.Context, w opsreview.Window) ([]opsreview.Shift, error) {
	start, end := bounds(w)
	return list(ctx, db, `SELECT `+shiftColumns+` FROM (
			SELECT * FROM shifts WHERE end_at > ? AND start_at < ?
			UNION ALL SELECT * FROM shifts WHERE end_at IS NULL AND start_at < ?)
		ORDER BY start_at, responder_source, responder, policy_id, level, schedule_id`,
		[]any{start, end, end}, scanShift)
}

// saveShifts saves what a batch says of who is on call: a look at a window, or
// plain pieces.
func saveShifts(ctx context.Context, w *writer, f facts, saved *opsreview.Saved) error {
	at := stored(f.batch.ShiftsObservedAt)
	window := opsreview.Window{Start: stored(f.batch.ShiftWindow.Start), End: stored(f.batch.ShiftWindow.End)}
	if len(f.batch.Shifts) == 0 && (at.IsZero() || window.IsZero()) {
		return nil
	}
	pieces := make([]opsreview.Shift, 0, len(f.batch.Shifts))
	since := window.Start
	for _, s := range f.batch.Shifts {
		s.Start, s.End, s.ObservedAt = stored(s.Start), stored(s.End), stored(s.ObservedAt)
		if !s.End.IsZero() && !s.Start.Before(s.End) {
			continue // Nobody is on call in no time.
		}
		if pieces = append(pieces, s); since.IsZero() || s.Start.Before(since) {
			since = s.Start
		}
	}
	was, err := collect(ctx, w, `SELECT `+shiftColumns+` FROM shifts WHERE source = ? AND (end_at IS NULL OR end_at >= ?)
		ORDER BY start_at`, []any{f.source, since.UnixMilli()}, scanShift)
	if err != nil {
		return fmt.Errorf("read shifts: %w", err)
	}
	var is []opsreview.Shift
	if at.IsZero() {
		is = addPieces(was, pieces)
	} else {
		latest, err := w.observeShifts(ctx, f.source, at)
		if err != nil {
			return err
		}
		l := shiftLook{window: window, at: at, stale: at.Before(latest)}
		is = l.apply(was, pieces)
	}
	saved.Shifts, err = w.replaceShifts(ctx, f.source, was, is)
	return err
}

// observeShifts records a look and returns the latest one.
func (w *writer) observeShifts(ctx context.Context, source string, at time.Time) (time.Time, error) {
	var latest sqlTime
	err := w.queryRow(ctx, `UPDATE sources SET shifts_seen_at = max(coalesce(shifts_seen_at, ?1), ?1) WHERE name = ?2
		RETURNING shifts_seen_at`, []any{at.UnixMilli(), source}, &latest)
	if err != nil {
		return time.Time{}, fmt.Errorf("record look at shifts: %w", err)
	}
	return time.Time(latest), nil
}

// A duty is what shifts of one responder must share to be pieces of one shift.
type duty struct {
	policy, schedule string
	level            int
	responder        opsreview.Ref
}

func dutyOf(s opsreview.Shift) duty {
	return duty{policy: s.PolicyID, schedule: s.ScheduleID, level: s.Level, responder: s.Responder}
}

// A shiftKey names a stored shift.
type shiftKey struct {
	duty
	start time.Time
}

func keyOfShift(s opsreview.Shift) shiftKey { return shiftKey{duty: dutyOf(s), start: s.Start} }

// addPieces returns the stored shifts with the pieces, which replace those of
// the same duty and start.
func addPieces(was, pieces []opsreview.Shift) []opsreview.Shift {
	at := map[shiftKey]int{}
	is := slices.Clone(was)
	for i, s := range is {
		at[keyOfShift(s)] = i
	}
	for _, p := range pieces {
		i, ok := at[keyOfShift(p)]
		if !ok {
			at[keyOfShift(p)] = len(is)
			is = append(is, p)
			continue
		}
		is[i] = p
	}
	return is
}

// A shiftLook is a look at who is on call in a window, taken at a time. A stale
// one was taken before another that is stored.
type shiftLook struct {
	window opsreview.Window
	at     time.Time
	stale  bool
}

// apply returns what the stored shifts become by a look that saw pieces.
//
// Paging tools compute past shifts from today's configuration, so a shift that
// was seen after its end is never rewritten: a piece that overlaps it begins at
// its end. Any other follows the piece that overlaps or continues it: a swap made
// since the last look is no rewriting. Those that no piece touches have been taken
// back: they end now at the latest, or go if nobody has seen them begin.
func (l shiftLook) apply(was, pieces []opsreview.Shift) []opsreview.Shift {
	var is []opsreview.Shift
	ended, live := map[duty][]opsreview.Shift{}, map[duty][]opsreview.Shift{}
	for _, s := range was {
		if l.stale || l.ended(s) {
			ended[dutyOf(s)] = append(ended[dutyOf(s)], s)
			is = append(is, s)
		} else {
			live[dutyOf(s)] = append(live[dutyOf(s)], s)
		}
	}
	for _, p := range joinPieces(pieces, l.at) {
		d := dutyOf(p)
		if l.stale {
			is = append(is, l.late(ended[d], p)...)
			continue
		}
		p, ok := trim(ended[d], p)
		if !ok {
			continue
		}
		p, live[d] = follow(live[d], p)
		is = append(is, p)
	}
	for _, shifts := range live {
		is = append(is, l.takeBack(shifts)...)
	}
	return is
}

// ended reports whether s had ended when it was last seen; when this look was
// taken, for an imported one.
func (l shiftLook) ended(s opsreview.Shift) bool {
	seen := s.ObservedAt
	if seen.IsZero() {
		seen = l.at
	}
	return !s.End.IsZero() && !s.End.After(seen)
}

// late returns the piece of a stale look if it adds to what is known: a shift
// that had ended then and of which nothing is stored.
func (l shiftLook) late(known []opsreview.Shift, p opsreview.Shift) []opsreview.Shift {
	if !l.ended(p) || slices.ContainsFunc(known, func(s opsreview.Shift) bool { return overlap(s, p) }) {
		return nil
	}
	return []opsreview.Shift{p}
}

// takeBack returns what is left of shifts that the look did not see.
func (l shiftLook) takeBack(shifts []opsreview.Shift) (left []opsreview.Shift) {
	window := opsreview.Shift{Start: l.window.Start, End: l.window.End}
	for _, s := range shifts {
		switch {
		case l.window.IsZero() || !overlap(s, window):
			left = append(left, s)
		case s.Start.Before(s.ObservedAt):
			if s.End.IsZero() || s.End.After(l.at) {
				s.End = l.at
			}
			s.ObservedAt = l.at
			left = append(left, s)
		}
	}
	return left
}

// overlap reports whether two shifts share an instant.
func overlap(a, b opsreview.Shift) bool {
	return (b.End.IsZero() || a.Start.Before(b.End)) && (a.End.IsZero() || b.Start.Before(a.End))
}

// joinPieces joins pieces of one duty that overlap or adjoin.
func joinPieces(pieces []opsreview.Shift, at time.Time) []opsreview.Shift {
	pieces = slices.Clone(pieces)
	slices.SortStableFunc(pieces, func(a, b opsreview.Shift) int { return a.Start.Compare(b.Start) })
	var out []opsreview.Shift
	last := map[duty]int{}
	for _, p := range pieces {
		p.ObservedAt = at
		i, ok := last[dutyOf(p)]
		if !ok || (!out[i].End.IsZero() && p.Start.After(out[i].End)) {
			last[dutyOf(p)] = len(out)
			out = append(out, p)
			continue
		}
		if !out[i].End.IsZero() && (p.End.IsZero() || p.End.After(out[i].End)) {
			out[i].End = p.End
		}
	}
	return out
}

// trim makes a piece begin where the ended shifts that it overlaps end, and
// reports whether anything is left of it.
func trim(ended []opsreview.Shift, p opsreview.Shift) (opsreview.Shift, bool) {
	for _, s := range ended {
		if overlap(s, p) {
			p.Start = s.End
		}
	}
	return p, p.End.IsZero() || p.Start.Before(p.End)
}

// follow returns the piece with the earliest start of the shifts that it
// overlaps or continues, and the other shifts.
func follow(live []opsreview.Shift, p opsreview.Shift) (_ opsreview.Shift, others []opsreview.Shift) {
	seen := p
	for _, s := range live {
		if !overlap(s, seen) && !s.End.Equal(seen.Start) {
			others = append(others, s)
			continue
		}
		if s.Start.Before(p.Start) {
			p.Start = s.Start
		}
	}
	return p, others
}

var shiftBulk = bulk{
	into:    "shifts (source, " + shiftColumns + ")",
	columns: 11,
	suffix: `ON CONFLICT (source, policy_id, level, schedule_id, responder_source, responder, start_at)
		DO UPDATE SET end_at = excluded.end_at, policy = excluded.policy, schedule = excluded.schedule,
		observed_at = excluded.observed_at`,
}

// replaceShifts makes was into is, and returns how many shifts differ in more
// than when they were observed.
func (w *writer) replaceShifts(ctx context.Context, source string, was, is []opsreview.Shift) (changed int, err error) {
	old := map[shiftKey]opsreview.Shift{}
	for _, s := range was {
		old[keyOfShift(s)] = s
	}
	var args []any
	for _, s := range is {
		before, ok := old[keyOfShift(s)]
		delete(old, keyOfShift(s))
		if ok && before == s {
			continue
		}
		args = append(args, source, s.Responder.Source, s.Responder.ID, s.Schedule, s.ScheduleID, s.Policy, s.PolicyID,
			s.Level, s.Start.UnixMilli(), orNull(s.End), orNull(s.ObservedAt))
		if before.ObservedAt = s.ObservedAt; !ok || before != s {
			changed++
		}
	}
	for key := range old {
		n, err := w.exec(ctx, `DELETE FROM shifts WHERE source = ? AND policy_id = ? AND level = ? AND schedule_id = ?
			AND responder_source = ? AND responder = ? AND start_at = ?`, source, key.policy, key.level, key.schedule,
			key.responder.Source, key.responder.ID, key.start.UnixMilli())
		if err != nil {
			return changed, fmt.Errorf("delete shift: %w", err)
		}
		changed += n
	}
	if _, err := w.insert(ctx, shiftBulk, args); err != nil {
		return changed, fmt.Errorf("save shifts: %w", err)
	}
	return changed, nil
}
