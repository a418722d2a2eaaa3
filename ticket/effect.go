package ticket

import (
	"context"
	"errors"
	"fmt"
	"time"

	"opsreview"
)

// An effect is one thing that is asked of the tracker.
type effect struct {
	action string
	detail string
	write  bool // it changes something there
	do     func(ctx context.Context) (Ref, error)

	// before changes the row by the intent, and after by what came of it. Either
	// may be nil. What they write is saved with the intent and with the outcome.
	before func(row *opsreview.Ticket)
	after  func(row *opsreview.Ticket, ref Ref, err error)
}

// carry asks the tracker for one thing: the row and the intent are in the
// ledger before, the outcome right after, in the same path and whether or not
// the caller is still there. The error of the tracker is told apart from that
// of the ledger, which ends everything.
func (f *Filer) carry(ctx context.Context, row *opsreview.Ticket, e effect) (asked, err error) {
	if e.write {
		if err := f.wait(ctx, f.Tracker.Caps().Pause-f.Now().Sub(f.lastWrite)); err != nil {
			return nil, err
		}
	}
	if err := f.renew(ctx); err != nil {
		return nil, err
	}
	end, cancel := f.finish(ctx)
	defer cancel()
	if e.before != nil {
		e.before(row)
	}
	id, err := f.Ledger.BeginEffect(end, *row, opsreview.TicketEffect{
		At: f.Now(), Tracker: row.Tracker, Fingerprint: row.Fingerprint, Generation: row.Generation,
		Action: e.action, Detail: OneLine(e.detail, longestError), Caller: f.Caller,
	})
	if err != nil {
		return nil, fmt.Errorf("write the intent to %s: %w", e.action, err)
	}
	if !f.Now().Before(f.until) {
		return nil, f.lapsed()
	}
	if e.write {
		ctx = end // it comes to its end though the caller goes away
	}
	ref, asked := e.do(ctx)
	now := f.Now()
	if e.write {
		f.lastWrite = now
	}
	if e.after != nil {
		e.after(row, ref, asked)
	}
	key := ref.Key
	if key == "" {
		key = row.RemoteKey
	}
	if err := f.Ledger.EndEffect(end, *row, id, outcomeOf(asked), key, now); err != nil {
		return asked, fmt.Errorf("write what came of the %s: %w", e.action, err)
	}
	return asked, nil
}

// outcomeOf is an error in the audit log's words.
func outcomeOf(err error) string {
	var rejected *Rejected
	var throttled *Throttled
	switch {
	case err == nil:
		return opsreview.OutcomeOK
	case errors.As(err, &rejected):
		return "rejected"
	case errors.As(err, &throttled):
		return "throttled"
	case errors.Is(err, ErrNoTransition):
		return "no_transition"
	}
	return "unknown"
}

// unavailable is what the caller hears where the tracker gave no answer.
func (f *Filer) unavailable(err error) error {
	var throttled *Throttled
	if errors.As(err, &throttled) {
		return opsreview.Wrapf(err, opsreview.Unavailable, "%s asks to wait %s", f.Tracker.Name(), throttled.After.Round(time.Second))
	}
	var rejected *Rejected
	if errors.As(err, &rejected) {
		return opsreview.Wrapf(err, opsreview.Invalid, "%s refused: %s", f.Tracker.Name(), OneLine(rejected.Reason, 300))
	}
	var said *opsreview.Error
	if errors.As(err, &said) && said.Code == opsreview.Unavailable {
		return opsreview.Wrapf(err, opsreview.Unavailable, "%s does not answer: %s", f.Tracker.Name(), OneLine(said.Message, 300))
	}
	return opsreview.Wrapf(err, opsreview.Unavailable, "%s does not answer", f.Tracker.Name())
}
