package meeting

import (
	"opsreview"
)

// Take takes the snapshot of a review.
func Take(f Facts) Snapshot { panic("not written yet") }

// Diff says what changed from one snapshot to another.
func Diff(was, is Snapshot) []Change { panic("not written yet") }

// Trends lines up numbers of past reviews, oldest first.
func Trends(meetings []opsreview.Meeting, snapshots []Snapshot) []Trend { panic("not written yet") }

// Anonymous takes names and addresses of people out of minutes: they are
// "responder 1", "responder 2", … and what only one or two people stand behind
// is withheld.
func Anonymous(m Minutes, people []string) Minutes { panic("not written yet") }
