package opsreview

import "time"

// An Incident is a declared problem. It is never a synonym of page: it may own
// pages, a postmortem and follow-ups. Times that nobody recorded are zero, and
// nothing is made up for them.
type Incident struct {
	Ref
	Number     string // what people call it: "INC-17"; "" if it has none
	Title      string
	Summary    string
	Status     string   // in the source's words
	Severity   string   // in the source's words: "SEV1", "P2"; "" if nobody said
	DetectedBy Detector // "" if nobody said
	URL        string
	Postmortem string   // its address; "" if there is none
	Services   []string // names, or references as "source/id"
	Teams      []string
	Pages      []Ref
	FollowUps  []FollowUp
	Commander  string // "" if nobody said

	DeclaredAt     time.Time // when it was entered
	StartedAt      time.Time // when users began to be harmed
	DetectedAt     time.Time // when somebody or something noticed
	AcknowledgedAt time.Time
	MitigatedAt    time.Time // when users were harmed no more
	ResolvedAt     time.Time
	UpdatedAt      time.Time
}

// A Detector is what noticed an incident.
type Detector string

// The detectors.
const (
	DetectedByAlert    Detector = "alert"
	DetectedByPerson   Detector = "person"
	DetectedByCustomer Detector = "customer"
)

// A FollowUp is work that an incident left: a ticket.
type FollowUp struct {
	Key   string // "OPS-12"; the address if it has no key
	Title string
	URL   string
	Done  bool
}

// An IncidentLink is what a person added to an incident beside what its source
// says. Links are history: one that is withdrawn stays.
type IncidentLink struct {
	Incident Ref
	Kind     LinkKind
	Target   string // a page's reference, a ticket's key or address, an address, a severity
	Author   string
	At       time.Time

	WithdrawnBy string
	WithdrawnAt time.Time
}

// A LinkKind says what is linked to an incident.
type LinkKind string

// The kinds of link.
const (
	LinkPage       LinkKind = "page"
	LinkTicket     LinkKind = "ticket" // a follow-up
	LinkPostmortem LinkKind = "postmortem"
	LinkService    LinkKind = "service"
	LinkSeverity   LinkKind = "severity"
	LinkDetectedBy LinkKind = "detected_by"
)
