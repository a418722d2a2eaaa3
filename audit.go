package opsreview

import "time"

// An AuditEntry is one thing that a caller changed, or tried to. It is kept
// before the change is made, and its outcome after, so that nothing is changed
// without one.
type AuditEntry struct {
	ID        int64 // the store's
	StartedAt time.Time
	EndedAt   time.Time // zero while it is under way, and where it was cut off
	Caller    string
	Via       string   // how the caller was known: "token", "oidc", "local"
	Address   string   // where the call came from; "" for this machine's own
	Action    string   // "LabelPages", "CreateToken", …
	ActingFor string   // the author that the caller gave, where it was somebody else
	Team      string   // as the caller named it
	Subjects  []string // what it concerned: pages, a monitor, a source, a token
	Total     int      // how many subjects there were; Subjects may hold fewer
	RequestID string
	Outcome   string // OutcomeOK or an error's code; "" where EndedAt is zero
}

// OutcomeOK is the outcome of what went well.
const OutcomeOK = "ok"

// MaxAuditSubjects is how many subjects of an action are kept.
const MaxAuditSubjects = 100
