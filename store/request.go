package store

import (
	"bytes"
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"time"
	"unicode/utf8"

	"opsreview"
)

// A Request is one that its client may repeat because it did not hear the
// answer. It is recorded in the same transaction as its effect, so that a
// repetition has no effect and gets the first answer. The same ID with another
// method or content is a Conflict error. Requests are forgotten a week after
// their time, when others come.
type Request struct {
	ID      string // the client's; at most 128 characters
	Method  string // what is asked, such as "LabelPages"
	Content []byte // all that is asked, without what changes from one attempt to the next
	At      time.Time
}

const (
	maxRequestID   = 128
	requestsKept   = 7 * 24 * time.Hour
	requestUnknown = "" // no result is stored
)

// once runs fn and records the request and its result, or finds them recorded
// and reads the result. Without a request it runs fn.
func once[T any](ctx context.Context, w *writer, r *Request, result *T, fn func() error) error {
	if r == nil {
		return fn()
	}
	if n := utf8.RuneCountInString(r.ID); n == 0 || n > maxRequestID {
		return opsreview.Errorf(opsreview.Invalid, "a request id must have between 1 and %d characters", maxRequestID)
	}
	sum := sha256.Sum256(r.Content)
	answer, err := recorded(ctx, w, r, sum[:])
	if err != nil {
		return err
	}
	if answer != requestUnknown {
		return json.Unmarshal([]byte(answer), result)
	}
	if err := fn(); err != nil {
		return err
	}
	b, err := json.Marshal(*result)
	if err != nil {
		return fmt.Errorf("record request: %w", err)
	}
	if _, err := w.exec(ctx, `DELETE FROM requests WHERE at < ?`, r.At.Add(-requestsKept).UnixMilli()); err != nil {
		return fmt.Errorf("forget old requests: %w", err)
	}
	_, err = w.exec(ctx, `INSERT INTO requests (id, method, content, result, at) VALUES (?, ?, ?, ?, ?)`,
		r.ID, r.Method, sum[:], string(b), r.At.UnixMilli())
	if err != nil {
		return fmt.Errorf("record request: %w", err)
	}
	return nil
}

// recorded returns the result of the request if it was served before.
func recorded(ctx context.Context, w *writer, r *Request, content []byte) (result string, err error) {
	var method string
	var was []byte
	err = w.queryRow(ctx, `SELECT method, content, result FROM requests WHERE id = ?`, []any{r.ID}, &method, &was, &result)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return requestUnknown, nil
	case err != nil:
		return "", fmt.Errorf("look for request: %w", err)
	case method != r.Method || !bytes.Equal(was, content):
		return "", opsreview.Errorf(opsreview.Conflict, "the request id %q was used for something else", r.ID)
	}
	return result, nil
}

// SaveBatchOnce is SaveBatch for a request that may be repeated: see [Request].
// At a repetition it returns what was saved the first time.
func (db *DB) SaveBatchOnce(ctx context.Context, r Request, source string, b opsreview.Batch) (opsreview.Saved, error) {
	f, err := newFacts(source, b)
	if err != nil {
		return opsreview.Saved{}, err
	}
	var saved opsreview.Saved
	err = db.update(ctx, func(w *writer) error {
		return once(ctx, w, &r, &saved, func() error {
			saved, err = db.save(ctx, w, f)
			return err
		})
	})
	if err != nil {
		return opsreview.Saved{}, fmt.Errorf("save batch of %s: %w", source, err)
	}
	return saved, nil
}
