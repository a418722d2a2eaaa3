// Package ticket turns findings into tickets that exist exactly once.
//
// Planning is pure: findings and the ledger in, steps out. Filing carries the
// steps out one by one, and what a tracker is asked is in the ledger before it
// is asked, so that a crash, a lost answer or a lagging search leaves neither a
// second ticket nor none. People own their tickets: nothing that they wrote is
// overwritten, and nothing is ever closed.
//
// A [Tracker] is where tickets live. A folder of files, Jira and GitHub each
// have a folder of their own; this package knows none of them.
package ticket

import (
	"context"
	"time"

	"opsreview"
)

// Label is on every ticket that this program files, so that they can be found
// again when the ledger is lost.
const Label = "opsreview"

// FingerprintLabel is the label that names a finding.
func FingerprintLabel(fingerprint string) string { return Label + "-" + fingerprint }

// A Tracker is where tickets live. Its errors are *Rejected where the tracker
// refused and nothing happened, *Throttled where it asks to wait and nothing
// happened, and anything else where nobody knows whether it happened.
type Tracker interface {
	// Name names the tracker and the project in the ledger: "jira/OPS". It must
	// not change between runs.
	Name() string

	// Caps says what the tracker can take.
	Caps() Caps

	// Preview returns what Create would send, for people. It asks nobody.
	Preview(d Draft) string

	// Find lists the tickets that carry all the labels, whatever their status,
	// oldest first. It may lag behind Create by Caps().Settle. With an error
	// nothing is known.
	Find(ctx context.Context, labels ...string) ([]Snapshot, error)

	// Healthy reports an error unless Find can be trusted now: a ticket that is
	// known to exist is found. known is one of those, zero if there is none.
	Healthy(ctx context.Context, known Ref) error

	// Create files a ticket and returns its name from the answer to that.
	Create(ctx context.Context, d Draft) (Ref, error)

	// Get returns the tickets by their ids, or their keys, without searching. One
	// that is not there, or may not be seen, has Missing set and what was asked for
	// as its ID; one that is there has its own.
	Get(ctx context.Context, ids []string) ([]Snapshot, error)

	// Note keeps one note of ours on a ticket: it edits the one that marker names,
	// or adds it. Doing it again with the same body changes nothing.
	Note(ctx context.Context, id, marker string, body Body) error

	// Reopen moves a closed ticket to an open status. It returns ErrNoTransition
	// if there is none.
	Reopen(ctx context.Context, id string, why Body) error

	// AddLabels adds labels and leaves those that are there.
	AddLabels(ctx context.Context, id string, labels []string) error

	// Relate links two tickets: kind is "relates" or "duplicates". Doing it again
	// changes nothing.
	Relate(ctx context.Context, id, other, kind string) error

	// Check asks the tracker what its credentials can do. A failed check is an
	// answer, not an error.
	Check(ctx context.Context) []Check
}

// Caps says what a tracker can take and how far its search may lag.
type Caps struct {
	Format   Format
	MaxTitle int           // in runes; 0 for any
	MaxBody  int           // in runes; 0 for any
	MaxLabel int           // in runes; 0 for any
	Settle   time.Duration // after a creation without an answer, how long Find may not show it
	Pause    time.Duration // between two writes
}

// A Format is how a tracker writes text.
type Format string

// The formats.
const (
	Wiki     Format = "wiki"     // Jira's markup, on its API version 2
	Markdown Format = "markdown" // GitHub's
)

// A Ref names a ticket at its tracker.
type Ref struct {
	ID  string // never changes
	Key string // for people: "OPS-12"
	URL string // that people can open
}

// A Draft is a ticket to be.
type Draft struct {
	Fingerprint string
	Generation  int
	Attempt     string
	Title       string // one line, plain text
	Body        Body
	Labels      []string // Label, the fingerprint's, the category, the team
	Team        string
	Service     string
	Category    string
	Kind        string
	Cost        float64 // minutes a week; 0 if unknown
}

// A Snapshot is a ticket as the tracker has it.
type Snapshot struct {
	Ref
	Missing    bool
	Title      string
	Stands     opsreview.StatusCategory
	Status     string
	Resolution string
	ClosedAt   time.Time // zero while it is open
	UpdatedAt  time.Time
	Assignee   string
	Labels     []string
	Duplicate  Ref // the ticket that it was closed as a duplicate of; zero if none
	Points     float64
	Sprint     string // the id of the sprint that it is in; "" if none
}

// A Check is one thing that a tracker's credentials can or cannot do.
type Check struct {
	Subject string
	OK      bool
	Detail  string
	Remedy  string
}

// A Planner is a tracker that has sprints.
type Planner interface {
	// Sprints lists the future and active sprints, and the last closed ones,
	// oldest first.
	Sprints(ctx context.Context) ([]Sprint, error)

	// Backlog lists the open tickets that carry Label, with their points and
	// sprints.
	Backlog(ctx context.Context) ([]Snapshot, error)

	// InSprint lists the tickets of a sprint, ours and others.
	InSprint(ctx context.Context, sprint string) ([]Snapshot, error)

	// Move puts tickets into a sprint. Doing it again changes nothing.
	Move(ctx context.Context, sprint string, ids []string) error

	// Query is what people paste to see the same list: JQL, for Jira.
	Query() string
}

// A Sprint is a stretch of planned work.
type Sprint struct {
	ID, Name   string
	State      string // "future", "active" or "closed"
	Start, End time.Time
}

// A Ledger is where what was asked of trackers is kept. *store.DB is one.
type Ledger interface {
	// Tickets lists every row of a tracker in order of fingerprint and generation.
	Tickets(ctx context.Context, tracker string) ([]opsreview.Ticket, error)

	// SaveTickets saves rows by tracker, fingerprint and generation: all or none. It
	// returns a Conflict error where a filed ticket would become one to be filed, or
	// where two generations of a finding would be under way.
	SaveTickets(ctx context.Context, rows []opsreview.Ticket) error

	// BeginEffect saves a row and what is about to be asked, together, and returns
	// the effect's id.
	BeginEffect(ctx context.Context, row opsreview.Ticket, e opsreview.TicketEffect) (int64, error)

	// EndEffect saves a row and what came of an effect, together.
	EndEffect(ctx context.Context, row opsreview.Ticket, id int64, outcome, remoteKey string, at time.Time) error

	// Lease gives owner the tracker until a time. It returns a Conflict error while
	// somebody else has it. Releasing is leasing until now. An owner is one run of a
	// program: two that call themselves the same are one.
	Lease(ctx context.Context, tracker, owner string, now, until time.Time) error

	// Confirmed reports when somebody first agreed that tickets are filed in the
	// tracker, and Confirm notes it.
	Confirmed(ctx context.Context, tracker string) (time.Time, error)
	Confirm(ctx context.Context, tracker, by string, at time.Time) error
}
