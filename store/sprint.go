package store

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"time"

	"opsreview"
)

// SavePlanning records which tickets the planning of a sprint chose and which it
// left out, by fingerprint. Planning the same sprint again replaces what it says
// of those tickets and leaves the others: teams share sprints. The sprint keeps
// its place among the others, which is when a ticket was first considered for it.
func (db *DB) SavePlanning(ctx context.Context, tracker, sprint string, at time.Time, chosen, leftOut []string) error {
	if err := checkTracker(tracker); err != nil {
		return err
	}
	if sprint == "" || !validNames(sprint) || at.IsZero() {
		return opsreview.Errorf(opsreview.Invalid, "a planning in %q needs the sprint's name and a time", tracker)
	}
	left := map[string]bool{}
	for _, f := range leftOut {
		left[f] = true
	}
	for _, f := range slices.Concat(chosen, leftOut) {
		if err := checkFingerprint(f); err != nil {
			return err
		}
	}
	if i := slices.IndexFunc(chosen, func(f string) bool { return left[f] }); i >= 0 {
		return opsreview.Errorf(opsreview.Invalid, "ticket %s cannot be chosen and left out of sprint %q", chosen[i], sprint)
	}
	err := db.update(ctx, func(w *writer) error {
		for value, fingerprints := range [][]string{leftOut, chosen} {
			if err := w.savePlanned(ctx, tracker, sprint, at, value, fingerprints); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("save planning: %w", err)
	}
	return nil
}

func (w *writer) savePlanned(ctx context.Context, tracker, sprint string, at time.Time, chosen int, fingerprints []string) error {
	for _, f := range fingerprints {
		_, err := w.exec(ctx, `INSERT INTO plannings (tracker, fingerprint, sprint, at, chosen) VALUES (?, ?, ?, ?, ?)
			ON CONFLICT (tracker, fingerprint, sprint) DO UPDATE SET chosen = excluded.chosen`,
			tracker, f, sprint, at.UnixMilli(), chosen)
		if err != nil {
			return err
		}
	}
	return nil
}

// selectPassedOver counts the sprints but one that left a ticket out since one
// chose it.
const selectPassedOver = `SELECT p.fingerprint, count(*) FROM plannings p
	WHERE p.tracker = ?1 AND p.sprint <> ?2 AND NOT p.chosen AND NOT EXISTS (SELECT 1 FROM plannings c
		WHERE c.tracker = p.tracker AND c.fingerprint = p.fingerprint AND c.sprint <> ?2 AND c.chosen
			AND (c.at, c.sprint) > (p.at, p.sprint))
	GROUP BY p.fingerprint ORDER BY p.fingerprint`

// PassedOver returns how many sprints in a row, the latest ones, have left a
// ticket out, by fingerprint. Sprints for which a ticket was not considered do
// not count, nor does the one to be planned, and tickets that the latest one
// chose are not in it.
func (db *DB) PassedOver(ctx context.Context, tracker, planned string) (map[string]int, error) {
	if err := checkTracker(tracker); err != nil {
		return nil, err
	}
	counts := map[string]int{}
	err := db.view(ctx, func(tx *sql.Tx) error {
		return each(ctx, tx, selectPassedOver, []any{tracker, planned}, func(rows *sql.Rows) error {
			var fingerprint string
			var n int
			err := rows.Scan(&fingerprint, &n)
			counts[fingerprint] = n
			return err
		})
	})
	if err != nil {
		return nil, fmt.Errorf("read plannings: %w", err)
	}
	return counts, nil
}
