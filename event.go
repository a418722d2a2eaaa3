package opsreview

import "time"

// An EventKind says what happened to a page.
type EventKind string

// The kinds of event. A source's kinds that fit none of these are kept as
// [Other], with the source's own word in the event's Text.
const (
	Triggered      EventKind = "triggered"      // the source demands attention; again while open is a re-trigger
	Notified       EventKind = "notified"       // one send to one responder over one channel
	Assigned       EventKind = "assigned"       // became the demand of these responders
	Reassigned     EventKind = "reassigned"     // moved to these responders by hand
	Escalated      EventKind = "escalated"      // moved up the escalation chain
	Acknowledged   EventKind = "acknowledged"   // somebody said: mine
	Unacknowledged EventKind = "unacknowledged" // an acknowledgement timed out
	Snoozed        EventKind = "snoozed"        // quiet until Until
	Unsnoozed      EventKind = "unsnoozed"      // the quiet ended
	Noted          EventKind = "noted"          // somebody wrote something down
	Changed        EventKind = "changed"        // urgency, priority or another field changed
	HelpRequested  EventKind = "help_requested" // further responders were asked to join
	Merged         EventKind = "merged"         // ended by becoming part of another page
	Resolved       EventKind = "resolved"       // ended
	Reopened       EventKind = "reopened"       // ended too early
	Other          EventKind = "other"          // a kind that the program does not know
)

// EventKinds lists every kind in the order in which events of one instant are
// read: a page is triggered before it is assigned, and assigned before anybody
// is notified.
func EventKinds() []EventKind {
	return []EventKind{
		Reopened, Triggered, Assigned, Reassigned, Unacknowledged, Escalated, Unsnoozed, Notified,
		HelpRequested, Acknowledged, Snoozed, Changed, Other, Noted, Merged, Resolved,
	}
}

var kindRank = func() map[EventKind]int {
	rank := map[EventKind]int{}
	for i, k := range EventKinds() {
		rank[k] = i
	}
	return rank
}()

// Valid reports whether k is one of the kinds above.
func (k EventKind) Valid() bool { _, ok := kindRank[k]; return ok }

// An AgentKind says what sort of thing acted.
type AgentKind string

// The kinds of agent. The zero kind is unknown, which is never a person.
const (
	Person      AgentKind = "person"      // somebody, through a website, a telephone, a chat or an app
	Automation  AgentKind = "automation"  // a program using a person's token through the API
	Integration AgentKind = "integration" // the monitoring tool itself
	Timer       AgentKind = "timer"       // the paging source's own clock: timeouts, automatic resolution
)

// AgentKinds lists every kind but the unknown.
func AgentKinds() []AgentKind { return []AgentKind{Person, Automation, Integration, Timer} }

// An Agent is who or what did something. ID is the responder's at the page's
// source, "" if it was not a responder or is not known.
type Agent struct {
	Kind AgentKind
	ID   string
	Name string
}

// A Channel is the way a message or a deed travelled. Channels are an open
// set; these are the ones that mean something here.
type Channel string

// The channels that notify people.
const (
	SMS   Channel = "sms"
	Phone Channel = "phone"
	Push  Channel = "push"
	Chat  Channel = "chat"
	Email Channel = "email" // the only channel that interrupts nobody
)

// Interrupts reports whether a notification over c interrupts somebody. An
// unknown channel does: silence must not make a night look quiet.
func (c Channel) Interrupts() bool { return c != Email }

// An Event is one thing that happened to a page. Events are facts: once stored
// they do not change, and storing one again changes nothing.
type Event struct {
	ID         string // the event's name at its source, unique within it
	At         time.Time
	Kind       EventKind
	By         Agent     // who did it; zero for a notification
	Responders []string  // IDs at the page's source: whom it notifies, assigns or asks
	Channel    Channel   // how it was sent, or through what it was done
	Text       string    // a note's text, a change's "old → new", the source's word for an Other
	Until      time.Time // when a snooze or an acknowledgement runs out; zero if never or unknown
}
