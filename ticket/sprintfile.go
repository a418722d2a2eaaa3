package ticket

import (
	"context"
	"errors"
	"strings"

	"opsreview"
)

// pastSprints is how many of the last closed sprints are looked into.
const pastSprints = 6

// ReadSprint asks the tracker for what planning a sprint takes: the sprint by
// its id or name, the next one for "", the backlog and past sprints. The sprint is
// zero if there is none ahead. It returns an Invalid error for a tracker without
// sprints and for a sprint that is over, and a NotFound one for one that is not
// there; further errors are those of [Filer.File].
func (f *Filer) ReadSprint(ctx context.Context, name string) (SprintInput, Sprint, error) {
	var in SprintInput
	planner, err := f.planner()
	if err != nil {
		return in, Sprint{}, err
	}
	sprints, err := planner.Sprints(ctx)
	if err != nil {
		return in, Sprint{}, f.unread(err)
	}
	sprint, err := chooseSprint(sprints, name)
	if err != nil {
		return in, Sprint{}, err
	}
	in.Sprint, in.Teams = sprint.ID, f.Teams
	if in.Rows, err = f.Ledger.Tickets(ctx, f.Tracker.Name()); err != nil {
		return in, Sprint{}, err
	}
	if in.Backlog, err = planner.Backlog(ctx); err != nil {
		return in, Sprint{}, f.unread(err)
	}
	for _, past := range lastClosed(sprints) {
		tickets, err := planner.InSprint(ctx, past.ID)
		if err != nil {
			return in, Sprint{}, f.unread(err)
		}
		in.Past = append(in.Past, PastSprint{Sprint: past, Tickets: tickets})
	}
	return in, sprint, nil
}

// MoveToSprint moves tickets into a sprint, one after the other. What was moved
// stays moved if it ends early, and moving it again changes nothing. Its errors
// are those of [Filer.File].
func (f *Filer) MoveToSprint(ctx context.Context, sprint Sprint, tickets []SprintTicket) error {
	planner, err := f.planner()
	if err != nil {
		return err
	}
	return f.leased(ctx, func() error {
		s, err := f.open(ctx)
		if err != nil {
			return err
		}
		for _, t := range tickets {
			if err := s.moveToSprint(ctx, planner, sprint, t.Ticket); err != nil {
				return err
			}
		}
		return nil
	})
}

func (s *session) moveToSprint(ctx context.Context, planner Planner, sprint Sprint, t opsreview.Ticket) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	move := func(ctx context.Context) (Ref, error) {
		return Ref{}, planner.Move(ctx, sprint.ID, []string{t.RemoteID})
	}
	if t.Fingerprint == "" { // people's own, which has no row
		if _, err := move(ctx); err != nil {
			return s.unread(err)
		}
		return nil
	}
	row := s.row(t)
	asked, err := s.ask(ctx, &row, effect{action: "sprint", detail: name(row) + " into " + OneLine(sprint.Name, longestTitle), write: true, do: move})
	if err != nil || asked == nil {
		return err
	}
	return s.unread(asked)
}

// planner returns the tracker as one that has sprints.
func (f *Filer) planner() (Planner, error) {
	planner, ok := f.Tracker.(Planner)
	if !ok {
		return nil, opsreview.Errorf(opsreview.Invalid, "%s has no sprints to plan", f.Tracker.Name())
	}
	return planner, nil
}

// unread is what the caller hears where a tracker that was asked about sprints
// gave no answer. A tracker says itself what is missing in its configuration.
func (f *Filer) unread(err error) error {
	var ours *opsreview.Error
	if errors.As(err, &ours) {
		return err
	}
	return f.unavailable(err)
}

// chooseSprint returns the sprint that name means, the next future one for "".
func chooseSprint(sprints []Sprint, name string) (Sprint, error) {
	name = strings.TrimSpace(name)
	fits := func(sp Sprint) bool { return sp.ID == name || strings.EqualFold(sp.Name, name) }
	if name == "" {
		fits = func(sp Sprint) bool { return sp.State == "future" }
	}
	over := false
	for _, sp := range sprints {
		if !fits(sp) {
			continue
		}
		if sp.State != closedSprint {
			return sp, nil
		}
		over = true
	}
	switch {
	case name == "":
		return Sprint{}, nil
	case over:
		return Sprint{}, opsreview.Errorf(opsreview.Invalid, "the sprint %q is over", name)
	}
	return Sprint{}, opsreview.Errorf(opsreview.NotFound, "there is no sprint %q", name)
}

const closedSprint = "closed"

// lastClosed returns the last closed sprints, oldest first.
func lastClosed(sprints []Sprint) []Sprint {
	var closed []Sprint
	for _, sp := range sprints {
		if sp.State == closedSprint {
			closed = append(closed, sp)
		}
	}
	return closed[max(0, len(closed)-pastSprints):]
}
