package store

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"

	"opsreview"
)

// ClosedBy returns the meeting that a request closed when it came before, and
// whether it did. It returns a Conflict error for a request id that was used for
// something else.
func (db *DB) ClosedBy(ctx context.Context, r Request) (m opsreview.Meeting, did bool, err error) {
	sum := sha256.Sum256(r.Content)
	err = db.update(ctx, func(w *writer) error {
		answer, err := recorded(ctx, w, &r, sum[:])
		if err != nil || answer == requestUnknown {
			return err
		}
		var id string
		if err := json.Unmarshal([]byte(answer), &id); err != nil {
			return fmt.Errorf("read request: %w", err)
		}
		did = true
		m, err = oneMeeting(ctx, w, id)
		return err
	})
	if err != nil {
		return opsreview.Meeting{}, false, fmt.Errorf("look for request: %w", err)
	}
	return m, did, nil
}
