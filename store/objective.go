package store

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"opsreview"
)

// RecordObjectives records what the SLOs promise. Where that differs from what
// was recorded last, it is in force from now on; what is recorded first was in
// force from the beginning. SLOs that are not named keep what they have.
func (db *DB) RecordObjectives(ctx context.Context, slos []opsreview.SLO, now time.Time) error {
	for _, s := range slos {
		if err := checkObjective(s); err != nil {
			return err
		}
	}
	// Whoever starts records, and hardly ever anything new: others write meanwhile.
	var changes []opsreview.ObjectiveChange
	err := db.view(ctx, func(tx *sql.Tx) (err error) {
		changes, err = objectiveChanges(ctx, tx, slos, now)
		return err
	})
	if err == nil && len(changes) > 0 {
		err = db.update(ctx, func(w *writer) error {
			if changes, err = objectiveChanges(ctx, w, slos, now); err != nil {
				return err
			}
			return w.addObjectives(ctx, changes)
		})
	}
	if err != nil {
		return fmt.Errorf("record objectives: %w", err)
	}
	return nil
}

func checkObjective(s opsreview.SLO) error {
	if err := checkSLOName(s.Name); err != nil {
		return err
	}
	o := s.Objective
	if !finite(o.Target, o.SliceTarget) || o.Target < 0 || o.Target >= 1 || o.Slice < 0 {
		return opsreview.Errorf(opsreview.Invalid, "the objective of SLO %q must be at least 0 and below 1, not %g", s.Name, o.Target)
	}
	return nil
}

// objectiveChanges returns what differs from what was recorded last.
func objectiveChanges(ctx context.Context, q querier, slos []opsreview.SLO, now time.Time) ([]opsreview.ObjectiveChange, error) {
	names := make([]string, len(slos))
	for i, s := range slos {
		names[i] = s.Name
	}
	known, err := loadObjectives(ctx, q, names)
	if err != nil {
		return nil, err
	}
	var changes []opsreview.ObjectiveChange
	for _, s := range slos {
		o := s.Objective
		o.Slice = o.Slice.Truncate(time.Millisecond)
		change := opsreview.ObjectiveChange{SLO: s.Name, Objective: o}
		if history := known[s.Name]; len(history) > 0 {
			last := history[len(history)-1]
			if last.Objective == o {
				continue
			}
			// Where clocks disagree, what was recorded last is in force all the same.
			if change.At = stored(now); !change.At.After(last.At) {
				change.At = last.At.Add(time.Millisecond)
			}
		}
		known[s.Name] = append(known[s.Name], change)
		changes = append(changes, change)
	}
	return changes, nil
}

func (w *writer) addObjectives(ctx context.Context, changes []opsreview.ObjectiveChange) error {
	for _, c := range changes {
		_, err := w.exec(ctx, `INSERT INTO objectives (slo, at, target, method, slice, slice_target) VALUES (?, ?, ?, ?, ?, ?)`,
			c.SLO, c.At.UnixMilli(), c.Objective.Target, string(c.Objective.Method), c.Objective.Slice.Milliseconds(), c.Objective.SliceTarget)
		if err != nil {
			return err
		}
	}
	return nil
}

// Objectives returns what was recorded of the SLOs' objectives, by SLO and in
// the order of time; nil asks for all SLOs. SLOs of which nothing was recorded
// are left out.
func (db *DB) Objectives(ctx context.Context, slos []string) (found map[string][]opsreview.ObjectiveChange, err error) {
	err = db.view(ctx, func(tx *sql.Tx) error {
		found, err = loadObjectives(ctx, tx, slos)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read objectives: %w", err)
	}
	return found, nil
}

func loadObjectives(ctx context.Context, q querier, slos []string) (map[string][]opsreview.ObjectiveChange, error) {
	where, args := ofSLOs(slos)
	found := map[string][]opsreview.ObjectiveChange{}
	err := each(ctx, q, `SELECT slo, at, target, method, slice, slice_target FROM objectives`+where+` ORDER BY slo, at`, args,
		func(rows *sql.Rows) error {
			var c opsreview.ObjectiveChange
			var slice int64
			err := rows.Scan(&c.SLO, (*sqlTime)(&c.At), &c.Objective.Target, &c.Objective.Method, &slice, &c.Objective.SliceTarget)
			c.Objective.Slice = time.Duration(slice) * time.Millisecond
			found[c.SLO] = append(found[c.SLO], c)
			return err
		})
	return found, err
}

// ofSLOs returns the condition that a row is of one of the SLOs; nil for all.
func ofSLOs(slos []string) (where string, args []any) {
	if slos == nil {
		return "", nil
	}
	return ` WHERE slo IN (SELECT value FROM json_each(?))`, []any{encodeStrings(slos)}
}
