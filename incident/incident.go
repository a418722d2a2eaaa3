// Package incident says how declared incidents went: how they were noticed, how
// long each step took, what they burned and whether what they left is done.
//
// Everything is a pure function of its arguments. A time that nobody recorded
// stays missing: nothing is made up, and what is missing is counted.
package incident

import (
	"time"

	"opsreview"
)

// Settings say which incidents must leave what behind. Zero values mean the
// defaults; see [Settings.OrDefault].
type Settings struct {
	Severities []string      // in order, the gravest first: "SEV0", "SEV1", "SEV2", … or "P1", "P2", …
	From       string        // the least severity that needs a postmortem and a follow-up: "SEV2"
	Within     time.Duration // how long after its resolution they may take
}

// Input is everything that the incidents of a window are judged by.
type Input struct {
	Window    opsreview.Window
	Now       time.Time
	Settings  Settings
	Incidents []opsreview.Incident // the team's that touch the window, and older ones that are unfinished
	Links     []opsreview.IncidentLink
	Pages     []opsreview.Page   // those that incidents own, as far as they are stored
	Tickets   []opsreview.Ticket // the ledger's rows of follow-ups, by key or address
	Burns     []Burn             // of the incidents' services, each over exactly the time that an incident lasted; see Lasted
	Services  map[opsreview.Ref]opsreview.Service
	Unowned   []opsreview.Ref // incidents that are no team's
}

// A Burn is a stretch in which an SLO burned, by service.
type Burn struct {
	Service string
	SLO     string
	Window  opsreview.Window
	Share   float64 // of the 30-day budget
	Bad     float64 // bad events, or slices
}

// Times are how long the steps of one incident took. One that cannot be told is
// absent: Known is false. Where nobody recorded when it was noticed or
// acknowledged, the timelines of its own pages tell: an alert's first page, and
// the first acknowledgement by a person.
type Times struct {
	Detect      Span // from start to detection
	Acknowledge Span // from detection, or from the start where that is unknown, to the first acknowledgement
	Mitigate    Span // from start to mitigation
	Resolve     Span // from start to resolution
}

// A Span is a duration that may be unknown.
type Span struct {
	Known bool
	D     time.Duration
	Why   string // why it is unknown, in words; "" if it is known
}

// A Case is one incident with what can be said of it.
type Case struct {
	Incident  opsreview.Incident // with people's links in it
	Times     Times
	Pages     []opsreview.Ref
	Burned    []Burn             // while it lasted, of its services
	Missing   []string           // fields that nobody recorded: "severity", "start", "detection", …
	FollowUps []FollowUp         // with their state in the tracker where it is known
	Overdue   bool               // it needs a postmortem or a follow-up, and has waited too long
	Text      string             // what it lacks, and which recorded times cannot be true, in sentences; "" if nothing
	Detector  opsreview.Detector // as recorded, or by its own pages; "" if unknown
	Inferred  bool               // Detector is by its pages and not recorded
}

// A FollowUp is a ticket that an incident left.
type FollowUp struct {
	opsreview.FollowUp
	Known bool // the ledger or the source tells its state
	Age   time.Duration
}

// A Report is what a window's incidents were.
type Report struct {
	Window    opsreview.Window
	Cases     []Case // of the window, gravest first, then by start
	Overdue   []Case // of the window and before
	Detection Detection
	Detect    Spread
	Ack       Spread
	Mitigate  Spread
	Resolve   Spread
	Missing   []Missing // most often missing first
}

// A Detection counts incidents by what noticed them.
type Detection struct {
	Alert, Person, Customer, Unknown int
}

// A Spread summarises durations. With N 0 the rest means nothing; Unknown
// counts incidents whose duration is not known.
type Spread struct {
	N, Unknown        int
	Median, P90, Mean time.Duration
}

// Missing counts incidents that lack a field.
type Missing struct {
	Field string
	Count int
	Of    int
}
