package ticket

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"opsreview"
)

// carryOut does what the plan says and the present agrees with.
func (s *session) carryOut(ctx context.Context, step Step) (Done, error) {
	st := s.standing(step)
	if step.Action == Skip {
		step = overtaken(step, st, s.Now())
	}
	row := st.row
	nothing := Done{Step: step, Ticket: row, Outcome: OutcomePlanned, Detail: step.Reason}
	if step.Action == Skip || step.Action == Defer {
		return nothing, ctx.Err()
	}
	if err := ctx.Err(); err != nil {
		return nothing, err
	}
	d := decide(step.Finding, st, step.seen, step.run, s.Settings, s.Now())
	if writes(step.Action) && writes(d.action) {
		step = step.again(st, s.Now())
	} else if d.action != step.Action && d.action != Recover {
		nothing.Detail = "It changed after the plan was made: " + d.reason
		return nothing, nil
	}
	switch d.action {
	case Create:
		return s.create(ctx, step, s.next(step, st))
	case Recover:
		return s.recover(ctx, step, row)
	case Note:
		return s.note(ctx, step, row)
	case Reopen:
		return s.reopen(ctx, step, row)
	case Skip, Defer:
	}
	return nothing, nil
}

// overtaken is a step that was to do nothing, over what is known now: what
// people closed since the ledger last looked is opened again in this run, and
// not in the next. Nothing is filed that the plan did not count.
func overtaken(step Step, st standing, now time.Time) Step {
	again := step.again(st, now)
	switch {
	case again.Action == Skip || writes(again.Action):
		return again
	case again.Action != step.Action:
		step.Reason = "It changed after the plan was made, and the next run sees to it: " + again.Reason
	}
	return step
}

// writes reports whether an action writes to the ticket that there is. Whether
// that is to be noted or opened again is told by where it stands now, which the
// ledger of a plan may not know.
func writes(a Action) bool { return a == Note || a == Reopen }

// next is the row of the ticket that a step creates: the one that is there and
// has no ticket, or a new generation.
func (s *session) next(step Step, st standing) opsreview.Ticket {
	if row := st.unfiled(); row.Generation > 0 {
		describe(&row, step.Finding)
		return row
	}
	now := s.Now()
	next := opsreview.Ticket{
		Tracker: s.Tracker.Name(), Fingerprint: step.Finding.Fingerprint(), Generation: st.next(),
		State: opsreview.TicketPlanned, FirstAt: now, LastAt: now, LastRun: step.run, Seen: 1,
	}
	describe(&next, step.Finding)
	return next
}

// create files a ticket. It looks for one first, since people or a lost ledger
// may have left one; but only the intent that is in the ledger before the
// tracker is asked makes filing safe.
func (s *session) create(ctx context.Context, step Step, row opsreview.Ticket) (Done, error) {
	found, err := s.probe(ctx, step, &row)
	if err != nil || row.State == opsreview.TicketFiled || row.State == opsreview.TicketSuppressed {
		return s.taken(ctx, step, row, found, err)
	}
	draft := step.Draft
	draft.Generation, draft.Attempt = row.Generation, rand.Text()
	asked, err := s.ask(ctx, &row, effect{
		action: "create", detail: draft.Title, write: true,
		before: func(row *opsreview.Ticket) {
			row.State, row.Attempt, row.AttemptAt = opsreview.TicketCreating, draft.Attempt, s.Now()
			row.Probes, row.ProbedAt, row.NotBefore = 0, time.Time{}, time.Time{}
			row.Payload, row.Title, row.Error = step.payload(), draft.Title, ""
		},
		do: func(ctx context.Context) (Ref, error) {
			ref, err := s.Tracker.Create(ctx, draft)
			if err == nil && ref.ID == "" {
				err = errors.New("the tracker's answer names no ticket")
			}
			return ref, err
		},
		after: func(row *opsreview.Ticket, ref Ref, err error) { created(row, step.run, ref, err, s.Now()) },
	})
	done := s.done(step, row, asked)
	if err != nil || asked != nil {
		return done, s.stop(err, asked)
	}
	s.lost = 0
	if old, ok := s.earlier(row); ok {
		if detail, err := s.relate(ctx, row, Ref{ID: row.RemoteID, Key: row.RemoteKey}, Ref{ID: old.RemoteID, Key: old.RemoteKey}, "relates"); detail != "" || err != nil {
			done.Detail = detail
			return done, err
		}
	}
	return done, nil
}

// created writes into a row what came of creating its ticket.
func created(row *opsreview.Ticket, run string, ref Ref, err error, now time.Time) {
	var rejected *Rejected
	var throttled *Throttled
	switch {
	case err == nil:
		row.State, row.Stands, row.FiledAt, row.NoteID = opsreview.TicketFiled, opsreview.TicketTodo, now, run
		row.RemoteID, row.RemoteKey, row.URL = ref.ID, ref.Key, ref.URL
		return
	case errors.As(err, &rejected) && rejected.Access:
		row.State, row.Attempt, row.AttemptAt = opsreview.TicketPlanned, "", time.Time{}
		row.Error = OneLine(rejected.Reason, longestError)
		return
	case errors.As(err, &rejected):
		row.State, row.Attempt, row.AttemptAt = opsreview.TicketRejected, "", time.Time{}
		row.Error = OneLine(rejected.Reason, longestError)
		return
	case errors.As(err, &throttled):
		row.State, row.Attempt, row.AttemptAt = opsreview.TicketPlanned, "", time.Time{}
		row.NotBefore = now.Add(throttled.After)
	default:
		row.State = opsreview.TicketUncertain
	}
	row.Error = reasonOf(err)
}

const longestError = 500 // runes of what a tracker said

// reasonOf is what an error tells people: its message, which names the cause
// already, or all that there is.
func reasonOf(err error) string {
	var said *opsreview.Error
	if errors.As(err, &said) {
		return OneLine(said.Message, longestError)
	}
	return OneLine(err.Error(), longestError)
}

// mostLost is how many answers in a row may stay out before the tracker is
// taken to be down.
const mostLost = 3

// stop is the error that ends the run: the ledger's, or the tracker's where
// there is no use in asking it more.
func (s *session) stop(err, asked error) error {
	if outcomeOf(asked) != "unknown" {
		s.lost = 0
	} else {
		s.lost++
	}
	var rejected *Rejected
	noAccess := errors.As(asked, &rejected) && rejected.Access
	if noAccess || outcomeOf(asked) == "throttled" || s.lost >= mostLost {
		return errors.Join(err, s.unavailable(asked))
	}
	return err
}

// done reports a step by what the tracker answered.
func (s *session) done(step Step, row opsreview.Ticket, asked error) Done {
	s.keep(row)
	d := Done{Step: step, Ticket: row, Outcome: OutcomeDone}
	if asked == nil {
		return d
	}
	d.Outcome, d.Detail = OutcomeUncertain, reasonOf(asked)
	switch outcomeOf(asked) {
	case "rejected", "no_transition":
		d.Outcome = OutcomeRejected
	case "throttled":
		d.Outcome = OutcomeThrottled
	}
	return d
}

// taken reports that a ticket was there already and is followed from here on.
func (s *session) taken(ctx context.Context, step Step, row opsreview.Ticket, found hits, err error) (Done, error) {
	done := Done{Step: step, Ticket: row, Outcome: OutcomePlanned}
	if err != nil {
		done.Detail = "Nothing was asked for: " + opsreview.ErrorMessage(err) + "."
		return done, err
	}
	done.Outcome, done.Detail = OutcomeDone, fmt.Sprintf("%s was there already.", name(row))
	done.Duplicates, err = s.duplicates(ctx, row, found)
	return done, err
}

// recover finds out whether a ticket whose answer was lost exists. It files
// another only when the tracker's search had time to show the first, was asked
// several times, and is known to work.
func (s *session) recover(ctx context.Context, step Step, row opsreview.Ticket) (Done, error) {
	if row.State == opsreview.TicketCreating {
		row.State = opsreview.TicketUncertain
	}
	settle := s.settle()
	for {
		found, err := s.probe(ctx, step, &row)
		if err != nil || row.State != opsreview.TicketUncertain {
			return s.taken(ctx, step, row, found, err)
		}
		if over := row.AttemptAt.Add(settle); s.Now().Before(over) {
			return Done{
				Step: step, Ticket: row, Outcome: OutcomeUncertain,
				Detail: fmt.Sprintf("It is not to be found yet; if it stays so, it is filed again after %s.", clock(over)),
			}, nil
		}
		if row.Probes >= fewestProbes {
			break
		}
		if err := s.wait(ctx, spacing(settle)); err != nil {
			return Done{Step: step, Ticket: row, Outcome: OutcomeUncertain, Detail: "The search for it was broken off."}, err
		}
	}
	if err := s.Tracker.Healthy(ctx, s.filed()); err != nil {
		detail := "The tracker's search cannot be trusted at the moment: " + reasonOf(err)
		return Done{Step: step, Ticket: row, Outcome: OutcomeUncertain, Detail: detail}, nil
	}
	row.State = opsreview.TicketPlanned
	s.keep(row)
	if err := s.save(ctx, []opsreview.Ticket{row}); err != nil {
		return Done{Step: step, Ticket: row, Outcome: OutcomeUncertain}, err
	}
	st := s.standing(step)
	if d := decide(step.Finding, st, step.seen, step.run, s.Settings, s.Now()); d.action != Create {
		return Done{Step: step, Ticket: st.row, Outcome: OutcomePlanned, Detail: "It was never filed, and need not be: " + d.reason}, nil
	}
	return s.create(ctx, step, row)
}

// settle is how long the tracker's search may not show a ticket.
func (s *session) settle() time.Duration {
	if s.Settings.Settle > 0 {
		return s.Settings.Settle
	}
	return s.Tracker.Caps().Settle
}

// spacing is the time between two probes that count.
func spacing(settle time.Duration) time.Duration { return min(settle/30, time.Minute) }

// hits are the tickets of a finding that the tracker's search shows.
type hits struct {
	kept   Snapshot   // the one that the row is of; zero if there is none
	others []Snapshot // open ones beside it
}

// probe looks for a row's ticket by its label. One that is there becomes the
// row's; an empty answer is counted.
func (s *session) probe(ctx context.Context, step Step, row *opsreview.Ticket) (hits, error) {
	var found hits
	label := FingerprintLabel(row.Fingerprint)
	asked, err := s.ask(ctx, row, effect{
		action: "probe", detail: label,
		do: func(ctx context.Context) (Ref, error) {
			snaps, err := s.Tracker.Find(ctx, label)
			found = s.choose(*row, snaps)
			return found.kept.Ref, err
		},
		after: func(row *opsreview.Ticket, _ Ref, err error) {
			if err == nil {
				probed(row, step.run, found.kept, s.Settings, s.Now(), spacing(s.settle()))
			}
		},
	})
	if err = errors.Join(err, ctx.Err()); err != nil {
		return hits{}, err
	}
	if asked != nil {
		return hits{}, s.unavailable(asked)
	}
	s.keep(*row)
	return found, nil
}

// probed writes into a row what a search for its ticket showed. Answers that
// come too soon after one another count as one.
func probed(row *opsreview.Ticket, run string, kept Snapshot, settings Settings, now time.Time, spacing time.Duration) {
	if kept.ID != "" {
		merge(row, kept, settings, now)
		if row.NoteID == "" {
			row.NoteID = run
		}
		if row.FiledAt.IsZero() {
			row.FiledAt = row.AttemptAt
		}
		return
	}
	if row.State == opsreview.TicketUncertain && now.Sub(row.ProbedAt) >= spacing {
		row.Probes++
		row.ProbedAt = now
	}
}

// choose finds a row's ticket among those that carry its finding's label: not
// those of other generations, not what people closed as duplicates, and of
// several open ones the oldest. A closed one counts if it can be the row's.
func (s *session) choose(row opsreview.Ticket, snaps []Snapshot) hits {
	others := map[string]bool{}
	for _, r := range s.rows[row.Fingerprint] {
		if r.Generation != row.Generation {
			others[r.RemoteID] = true
		}
	}
	var found hits
	var closed Snapshot
	for _, snap := range snaps {
		switch {
		case snap.Missing || others[snap.ID]:
		case snap.Stands != opsreview.TicketDone && found.kept.ID == "":
			found.kept = snap
		case snap.Stands != opsreview.TicketDone:
			found.others = append(found.others, snap)
		case snap.Duplicate == (Ref{}) && mayBe(row, snap):
			closed = snap
		}
	}
	if found.kept.ID == "" {
		found.kept = closed
	}
	return found
}

// mayBe reports whether a closed ticket can be a row's. That of a later
// generation was closed after it was asked for.
func mayBe(row opsreview.Ticket, snap Snapshot) bool {
	if row.Generation == 1 {
		return true
	}
	return row.Attempt != "" && !snap.ClosedAt.Before(row.AttemptAt)
}

// duplicates relates further open tickets of a finding to the oldest, and says
// so once on each. Which of them stays is for people.
func (s *session) duplicates(ctx context.Context, row opsreview.Ticket, found hits) ([]string, error) {
	var keys []string
	for _, snap := range found.others {
		keys = append(keys, snap.Key)
		if _, err := s.relate(ctx, row, snap.Ref, found.kept.Ref, "duplicates"); err != nil {
			return keys, err
		}
		body := Body{paragraph(strong("This seems to be a duplicate of "), link(found.kept.Key, found.kept.URL),
			plain(": both stand for the same finding. opsreview follows the older one. Close one of the two as you see fit."))}
		marker := FingerprintLabel(row.Fingerprint) + "-duplicate"
		if _, err := s.ask(ctx, &row, effect{
			action: "note", detail: "duplicate " + snap.Key + " of " + found.kept.Key, write: true,
			do: func(ctx context.Context) (Ref, error) { return snap.Ref, s.Tracker.Note(ctx, snap.ID, marker, body) },
		}); err != nil {
			return keys, err
		}
	}
	return keys, nil
}

// relate links two tickets. A link is a help and no more: where the tracker
// does not make it, that is said and nothing else.
func (s *session) relate(ctx context.Context, row opsreview.Ticket, from, to Ref, kind string) (string, error) {
	asked, err := s.ask(ctx, &row, effect{
		action: "link", detail: strings.Join([]string{from.Key, kind, to.Key}, " "), write: true,
		do: func(ctx context.Context) (Ref, error) { return from, s.Tracker.Relate(ctx, from.ID, to.ID, kind) },
	})
	if asked != nil {
		return "It could not be linked to " + to.Key + ": " + reasonOf(asked), err
	}
	return "", err
}

// note says on an open ticket that its finding was seen again.
func (s *session) note(ctx context.Context, step Step, row opsreview.Ticket) (Done, error) {
	asked, err := s.ask(ctx, &row, effect{
		action: "note", detail: step.Reason, write: true,
		do: func(ctx context.Context) (Ref, error) {
			return Ref{}, s.Tracker.Note(ctx, row.RemoteID, FingerprintLabel(row.Fingerprint)+"-seen", step.Note)
		},
		after: func(row *opsreview.Ticket, _ Ref, err error) {
			if err == nil {
				row.NotedAt, row.NoteID = s.Now(), step.run
			}
		},
	})
	done := s.done(step, row, asked)
	if err != nil || asked != nil {
		return done, s.stop(err, asked)
	}
	// The link was perhaps cut off when this generation was filed.
	if old, ok := s.earlier(row); ok {
		_, err = s.relate(ctx, row, Ref{ID: row.RemoteID, Key: row.RemoteKey}, Ref{ID: old.RemoteID, Key: old.RemoteKey}, "relates")
	}
	return done, err
}

// reopen opens a ticket again that was closed a short while ago, or files a
// successor where the tracker has no way to.
func (s *session) reopen(ctx context.Context, step Step, row opsreview.Ticket) (Done, error) {
	asked, err := s.ask(ctx, &row, effect{
		action: "reopen", detail: step.Reason, write: true,
		do: func(ctx context.Context) (Ref, error) {
			return Ref{}, s.Tracker.Reopen(ctx, row.RemoteID, step.Note)
		},
		after: func(row *opsreview.Ticket, _ Ref, err error) {
			if err == nil {
				row.Stands, row.Status, row.Resolution, row.ClosedAt = opsreview.TicketTodo, "", "", time.Time{}
				row.NotedAt, row.NoteID = s.Now(), step.run
			}
		},
	})
	if err == nil && errors.Is(asked, ErrNoTransition) {
		return s.create(ctx, step, s.next(step, s.standing(step)))
	}
	return s.done(step, row, asked), s.stop(err, asked)
}

// ask carries an effect out. Where the tracker asks to wait for a short while,
// it waits and asks again: nothing happened.
func (s *session) ask(ctx context.Context, row *opsreview.Ticket, e effect) (asked, err error) {
	for try := 1; ; try++ {
		asked, err = s.carry(ctx, row, e)
		var throttled *Throttled
		if err != nil || !errors.As(asked, &throttled) || throttled.After > longestWait || try == mostThrottle {
			return asked, err
		}
		s.keep(*row)
		if err := s.wait(ctx, max(throttled.After, time.Second)); err != nil {
			return asked, err
		}
	}
}

// teamOf reads the team out of a ticket's labels, "" if there is none. A label is
// one word in small letters: teams tells what the team is called.
func teamOf(labels, teams []string) string {
	i := slices.IndexFunc(labels, func(l string) bool { return strings.HasPrefix(l, teamLabel) })
	if i < 0 {
		return ""
	}
	for _, team := range teams {
		if labelOf(teamLabel, team) == labels[i] {
			return team
		}
	}
	return strings.TrimPrefix(labels[i], teamLabel)
}
