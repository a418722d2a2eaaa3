package opsreview

import "time"

// A MeetingState is whether a review's minutes can still be written.
type MeetingState string

// The states.
const (
	MeetingOpen   MeetingState = "open"
	MeetingClosed MeetingState = "closed"
)

// A Meeting is one team's review over one window, with its minutes: team and
// window name it. A closed one never changes.
type Meeting struct {
	ID     string // "secrets/2026-W46", or with the window's ends where it is no week
	Team   string // "" for everybody's
	Window Window
	Week   string // "2026-W46" if the window is one ISO week
	State  MeetingState

	OpenedAt    time.Time
	OpenedBy    string
	Facilitator string // who leads now
	Presenter   string
	Section     string // where the walk stands, so that anybody can go on

	// Facts names the facts as they were when it was opened, and Opened is what
	// was seen then, in the form of package meeting. Closed is what the meeting saw
	// at its end; nil while it is open.
	Facts  string
	Opened []byte
	Closed []byte

	ClosedAt    time.Time
	ClosedBy    string
	Forced      string   // why it was closed in spite of what was open; "" if nothing was
	ForcedOpen  []string // what was open then, in sentences
	Version     int64    // goes up with each change
	Definitions string   // names the definitions that it was computed with
}

// A MeetingItem is one thing that was said in a review. Items are history: one
// that is withdrawn stays.
type MeetingItem struct {
	ID      string // made by the store
	Meeting string
	Kind    ItemKind
	Section string // of the agenda; "" for none
	Subject string // what it is about: a page, a finding's key, an incident; "" for the section
	Text    string
	Owner   string    // of an action
	Due     time.Time // of an action; zero for none
	Ticket  string    // of an action: "OPS-12"; "" for none
	Author  string
	At      time.Time

	DoneBy      string // of an action; "" while it is to do
	DoneAt      time.Time
	WithdrawnBy string
	WithdrawnAt time.Time
}

// An ItemKind says what an item of the minutes is.
type ItemKind string

// The kinds of item.
const (
	ItemNote     ItemKind = "note"
	ItemWin      ItemKind = "win"
	ItemFailure  ItemKind = "failure"
	ItemDemo     ItemKind = "demo"
	ItemAction   ItemKind = "action"
	ItemAttended ItemKind = "attended"  // Text is who was there
	ItemHandover ItemKind = "hand_over" // Text is who leads from here on
)

// ItemKinds lists every kind.
func ItemKinds() []ItemKind {
	return []ItemKind{ItemNote, ItemWin, ItemFailure, ItemDemo, ItemAction, ItemAttended, ItemHandover}
}

// A Waiver lets a review close although something has no ticket. It has an
// owner, a reason and an end, after which what it covers is open again.
type Waiver struct {
	ID      string // made by the store
	Team    string
	Kind    WaiverKind
	Subject string // a page's reference, a monitor's ID, a breach's key, an incident's reference
	Title   string // what that was called when it was waived
	Owner   string
	Reason  string
	Author  string
	At      time.Time
	Expires time.Time

	WithdrawnBy string
	WithdrawnAt time.Time
}

// InForce reports whether the waiver covers its subject at t.
func (w Waiver) InForce(t time.Time) bool {
	return !t.Before(w.At) && t.Before(w.Expires) && (w.WithdrawnBy == "" || t.Before(w.WithdrawnAt))
}

// A WaiverKind says what a waiver covers.
type WaiverKind string

// The kinds of waiver. One of a monitor covers each of its pages.
const (
	WaivePage     WaiverKind = "page"
	WaiveMonitor  WaiverKind = "monitor"
	WaiveBreach   WaiverKind = "breach"
	WaiveIncident WaiverKind = "incident"
)
