package store

import (
	"context"
	"database/sql"
	"fmt"

	"opsreview"
)

// checkIncidents looks whether incidents are found by the earliest time that is
// known of them.
func checkIncidents(ctx context.Context, tx *sql.Tx) ([]string, error) {
	return collect(ctx, tx, `SELECT format('incident %s/%s is not found by its earliest time', source, id) FROM incidents
		WHERE begins_at <> coalesce((SELECT min(value) FROM json_each(
			json_array(started_at, detected_at, acknowledged_at, mitigated_at, resolved_at, declared_at, updated_at))), ?)
		ORDER BY source, id LIMIT 100`, []any{zero}, scanText)
}

// checkMeetings looks whether what reviews saw can still be read, one review at
// a time.
func checkMeetings(ctx context.Context, tx *sql.Tx) (problems []string, err error) {
	names, err := collect(ctx, tx, `SELECT id FROM meetings ORDER BY id`, nil, scanText)
	for _, id := range names {
		_, broken := oneMeeting(ctx, tx, id)
		switch {
		case ctx.Err() != nil:
			return nil, ctx.Err()
		case broken != nil:
			problems = append(problems, fmt.Sprintf("what the review %s saw cannot be read", id))
		}
		if len(problems) >= maxProblems {
			break
		}
	}
	return problems, err
}

// unreadable says that what a review saw is damaged.
func unreadable(id string, err error) error {
	return opsreview.Wrapf(err, opsreview.Internal, "what the review %q saw is damaged: run opsreview db check and restore a backup", id)
}
