package review

import (
	"time"

	"opsreview"
)

// A Person is one human being, who may be a responder in several sources.
type Person struct {
	Key      string // the email address if one is known, else the first reference
	Name     string
	Refs     []opsreview.Ref
	Zone     *time.Location // nil if unknown, which is never taken for UTC
	Holidays string         // the calendar's name; "" for none
	Hours    opsreview.Hours
	Deleted  bool // no source lists them any more
}

// Class returns the class of the hour at t on the person's clock: UnknownHours
// where their zone is not known.
func (p Person) Class(t time.Time) opsreview.HoursClass { return newClock(p).class(t) }
