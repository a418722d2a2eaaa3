package meeting

import (
	"opsreview"
)

// Take takes the snapshot of a review.
func Take(f Facts) Snapshot { panic("not written yet") }

// Encode writes a snapshot as it is kept.
func Encode(s Snapshot) ([]byte, error) { panic("not written yet") }

// Decode reads a snapshot of any version. It returns an Invalid error for what
// is none.
func Decode(b []byte) (Snapshot, error) { panic("not written yet") }

// Gate lists what keeps a review from being closed; nil lets it close.
func Gate(in GateInput) []Open { panic("not written yet") }

// Diff says what changed from one snapshot to another.
func Diff(was, is Snapshot) []Change { panic("not written yet") }

// Carried lists the actions of earlier reviews that are not done, oldest first.
func Carried(meetings []opsreview.Meeting, items []opsreview.MeetingItem, tickets []opsreview.Ticket, at opsreview.Window) []CarryOver {
	panic("not written yet")
}

// Trends lines up numbers of past reviews, oldest first.
func Trends(meetings []opsreview.Meeting, snapshots []Snapshot) []Trend { panic("not written yet") }

// Choose picks a presenter and a facilitator. The same candidates and the same
// seed pick the same people.
func Choose(candidates []Candidate, seed string) (Pick, error) { panic("not written yet") }

// Anonymous takes names and addresses of people out of minutes: they are
// "responder 1", "responder 2", … and what only one or two people stand behind
// is withheld.
func Anonymous(m Minutes, people []string) Minutes { panic("not written yet") }
