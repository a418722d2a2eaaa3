package ticket

import (
	"context"
	"crypto/rand"
	"errors"
	"time"

	"opsreview"
)

// ErrUnconfirmed says that nobody has agreed yet that tickets are filed in a
// tracker. [Filer.Confirm] notes it.
var ErrUnconfirmed = opsreview.Errorf(opsreview.Invalid, "nobody has agreed yet that tickets are filed in this tracker: say --confirm")

const (
	leaseFor     = 10 * time.Minute // longer than any step waits
	effectFor    = 90 * time.Second // that the tracker and the ledger have for one effect
	longestWait  = 2 * time.Minute  // that a throttled step waits for
	mostThrottle = 3                // times that it does
	fewestProbes = 3                // empty answers before a ticket is taken not to exist
)

// A Filer carries plans out. Its methods may be stopped anywhere and called
// again: what a tracker is asked is in the ledger before, and what came of it
// right after. One Filer does one thing at a time.
type Filer struct {
	Tracker  Tracker
	Ledger   Ledger
	Settings Settings
	Now      func() time.Time
	Wait     func(ctx context.Context, d time.Duration) error // sleeps; nil for a clock of the machine's
	Caller   string                                           // on whose behalf, for the audit log
	Teams    []string                                         // how the teams are called that labels name

	owner     string
	until     time.Time // of the lease
	lastWrite time.Time
}

// An Outcome is what became of a step.
type Outcome string

// The outcomes.
const (
	OutcomeDone      Outcome = "done"
	OutcomePlanned   Outcome = "planned" // nothing was done
	OutcomeRejected  Outcome = "rejected"
	OutcomeThrottled Outcome = "throttled"
	OutcomeUncertain Outcome = "uncertain" // nobody knows whether it was done
)

// Done tells of a step that was carried out, or why it was not.
type Done struct {
	Step       Step
	Ticket     opsreview.Ticket // the ledger's row after it; zero if there is none
	Outcome    Outcome
	Detail     string   // a sentence, if there is more to say
	Duplicates []string // other open tickets of the same finding, by their keys
}

// File carries steps out, in order, and reports each as it is done. What the
// plan did not foresee is not done, but for this: whether a finding's
// ticket is noted or opened again is told by where it stands now. Where else a
// ticket has changed meanwhile, the step says so. It returns [ErrUnconfirmed]
// before anybody has agreed, a Conflict error while somebody else files, an
// Unavailable one where the tracker does not answer or asks to wait for long, and
// an Invalid one where it refuses who asks; what was done stays done.
func (f *Filer) File(ctx context.Context, steps []Step, report func(Done)) error {
	at, err := f.Ledger.Confirmed(ctx, f.Tracker.Name())
	if err != nil {
		return err
	}
	if at.IsZero() {
		return ErrUnconfirmed
	}
	return f.leased(ctx, func() error {
		s, err := f.open(ctx)
		if err != nil {
			return err
		}
		if err := s.look(ctx, steps); err != nil {
			return err
		}
		for _, step := range steps {
			done, err := s.carryOut(ctx, step)
			if report != nil && done.Outcome != "" {
				report(done)
			}
			if err != nil {
				return err
			}
		}
		return nil
	})
}

// leased runs fn while nobody else works on the tracker.
func (f *Filer) leased(ctx context.Context, fn func() error) error {
	if f.owner == "" {
		f.owner = rand.Text()
		if f.Caller != "" {
			f.owner = f.Caller + " " + f.owner[:8]
		}
	}
	f.until = time.Time{}
	if err := f.renew(ctx); err != nil {
		return err
	}
	err := fn()
	now := f.Now()
	if !now.Before(f.until) {
		return err
	}
	ctx, cancel := f.finish(ctx)
	defer cancel()
	return errors.Join(err, f.Ledger.Lease(ctx, f.Tracker.Name(), f.owner, now, now))
}

// renew lengthens the lease. A process that was stopped for longer than its
// lease goes no further: somebody else may have filed meanwhile.
func (f *Filer) renew(ctx context.Context) error {
	now := f.Now()
	if !f.until.IsZero() && !now.Before(f.until) {
		return f.lapsed()
	}
	if err := f.Ledger.Lease(ctx, f.Tracker.Name(), f.owner, now, now.Add(leaseFor)); err != nil {
		return err
	}
	f.until = now.Add(leaseFor)
	return nil
}

func (f *Filer) lapsed() error {
	return opsreview.Errorf(opsreview.Conflict, "filing in %s took longer than its lease: file again", f.Tracker.Name())
}

// finish is a context in which an effect that is under way comes to its end
// though the caller has gone.
func (f *Filer) finish(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeout(context.WithoutCancel(ctx), effectFor)
}

// wait sleeps.
func (f *Filer) wait(ctx context.Context, d time.Duration) error {
	if d <= 0 {
		return ctx.Err()
	}
	if f.Wait != nil {
		return f.Wait(ctx, d)
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}
