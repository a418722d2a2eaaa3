package opsreview

import "time"

// A TicketState is how far the filing of a ticket has come. What a tracker was
// asked is in the ledger before it is asked.
type TicketState string

// The states.
const (
	TicketPlanned    TicketState = "planned"    // nothing was asked yet
	TicketCreating   TicketState = "creating"   // a creation is under way, or was cut off
	TicketUncertain  TicketState = "uncertain"  // it may or may not exist: the answer was lost
	TicketFiled      TicketState = "filed"      // it exists, and RemoteID names it
	TicketRejected   TicketState = "rejected"   // the tracker refused it; it does not exist
	TicketSuppressed TicketState = "suppressed" // people will not fix it; nothing is filed until SuppressedUntil
	TicketGone       TicketState = "gone"       // deleted, or out of our sight; never filed again by itself
)

// TicketStates lists every state.
func TicketStates() []TicketState {
	return []TicketState{TicketPlanned, TicketCreating, TicketUncertain, TicketFiled, TicketRejected, TicketSuppressed, TicketGone}
}

// A StatusCategory is where a ticket stands in its tracker, whatever its
// statuses are called there. "" is unknown.
type StatusCategory string

// The categories.
const (
	TicketTodo  StatusCategory = "todo"
	TicketDoing StatusCategory = "doing"
	TicketDone  StatusCategory = "done"
)

// A Ticket is a finding, filed in a tracker: one row of the ledger. Tracker,
// Fingerprint and Generation name it; a finding that comes back long after its
// ticket was closed is a new generation.
type Ticket struct {
	Tracker     string // "jira/OPS": the kind and the project
	Fingerprint string
	Generation  int // 1 is the first

	Key      string // of the finding
	Kind     string
	Category string
	Team     string
	Service  string
	SLO      string
	Monitor  string
	Title    string  // as it was filed
	Cost     float64 // minutes a week, when it was last seen
	Points   float64 // estimate in story points; 0 if unknown

	State     TicketState
	Attempt   string    // names the attempt to create it; "" before the first
	AttemptAt time.Time // when that began
	Probes    int       // empty answers to whether it exists since then
	ProbedAt  time.Time
	NotBefore time.Time // the tracker asked to wait until then
	Payload   string    // hash of what was sent
	Error     string    // what the tracker said last; "" if nothing was wrong

	RemoteID   string // the tracker's own, which never changes; "" before it is filed
	RemoteKey  string // for people: "OPS-12"
	URL        string
	Stands     StatusCategory // where it stands
	Status     string         // in the tracker's words
	Resolution string         // in the tracker's words; "" if there is none
	Assignee   string
	ClosedAt   time.Time // zero while it is open
	SyncedAt   time.Time // when that was last asked

	FiledAt time.Time
	FirstAt time.Time // when the finding was first seen
	LastAt  time.Time // and last
	LastRun string    // the review that saw it last: one review counts once
	Seen    int       // reviews that saw it
	NotedAt time.Time // when its "seen again" was last written
	NoteID  string    // the review that was last written of, in its note or on its filing

	SuppressedUntil time.Time
}

// A TicketEffect is one thing that was asked of a tracker, kept before it is
// asked, with its outcome after.
type TicketEffect struct {
	ID          int64
	At          time.Time
	EndedAt     time.Time // zero while it is under way, and where it was cut off
	Tracker     string
	Fingerprint string
	Generation  int
	Action      string // "create", "note", "reopen", "link", "label", "probe", "adopt", …
	Detail      string // what was sent, in a line
	Outcome     string // OutcomeOK, OutcomeCutOff, "rejected", "throttled", "unknown" or an error's code; "" while it is under way
	RemoteKey   string
	Caller      string
}

// OutcomeCutOff is the outcome of an effect that began and of whose end nobody
// knows, because the program stopped in between.
const OutcomeCutOff = "cut_off"
