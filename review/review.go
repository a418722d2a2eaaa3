// Package review turns pages, shifts and labels into what a weekly review
// talks about: outcomes, load, response, cost, and what stands out.
//
// Everything here is a pure function of its arguments: no clock, no store, no
// network. Each number's definition is in docs/definitions.md under the name
// of the function that computes it. Where a number cannot be computed it is
// left out and a [Gap] says why; it is never zero for missing.
package review

import (
	"time"

	"opsreview"
	"opsreview/incident"
	"opsreview/lookback"
	"opsreview/slo"
	"opsreview/toil"
)

// Input is everything that a review is computed from.
type Input struct {
	Team   string // the team's name; "" for everybody
	Window opsreview.Window
	Now    time.Time      // when it is computed; open pages last until now
	Zone   *time.Location // the team's, in which weeks begin

	// Pages are the pages that began or notified somebody in the window, in the
	// window before or in the baseline, with timelines and labels; those before
	// the window are counted by service, monitor and label only, unless they
	// notified somebody in it. More does no harm. They include pages of services
	// outside the team that notified the team's responders.
	Pages []opsreview.Page

	// Services are the team's, nil for all: pages of other services count for
	// load only.
	Services map[opsreview.Ref]opsreview.Service

	AllServices map[opsreview.Ref]opsreview.Service // for names; the team's and others'

	Monitors   map[string]opsreview.Monitor
	Responders []opsreview.Responder
	Shifts     []opsreview.Shift // that touch the window or the baseline
	Org        opsreview.Org

	// DataSince is when the stored history begins; zero if nothing is stored.
	// Windows before it are not compared with.
	DataSince time.Time

	// Health are the sources' states, for what could not be read.
	Health []opsreview.SourceHealth

	// Labels is the history of the pages' labels, in any order; nil if it was
	// not looked up. It tells who disagreed and who changed their mind.
	Labels []opsreview.Label

	// Budget is what the budgets of the team's SLOs are computed from, over the
	// same window; nil if the team has none or nobody asked for them.
	Budget *slo.Input

	// Closed are the tickets of the team that people closed, with what their
	// monitors did before and since; see [ClosedOf].
	Closed []Closed

	// LookBack is what looks weird on the team's dashboards; nil if nothing is
	// looked at or nobody asked for it.
	LookBack *lookback.Report

	// Hygiene are findings about monitors and dashboards that do not explain
	// themselves, worst first.
	Hygiene []opsreview.Finding

	// Incidents is what declared incidents are judged by, and Toil what toil is
	// added up from; nil if there are none or nobody asked.
	Incidents *incident.Input
	Toil      *toil.Input

	// LeftOut are things that were not looked up, such as budgets of too much at
	// once.
	LeftOut []Gap
}

// A Review is what a weekly review talks about.
type Review struct {
	Team     string
	Window   opsreview.Window
	Week     string // "2026-W46" if the window is one ISO week
	Zone     string
	Headline Headline
	Monitors []MonitorCost // dearest first
	Loads    []Load        // breaches first, then by sleep interruptions
	Discuss  []Topic       // pages worth discussing, most reasons first
	More     int           // pages worth discussing beyond those in Discuss
	Gaps     []Gap         // what could not be computed, and why
	Budget   *slo.Report   // where the error budgets went; nil if the input has none

	Incidents *incident.Report // nil if the input has none
	Toil      *toil.Report     // nil if the input has none

	Findings []opsreview.Finding // what needs work, in the order of FindingsOf
	LookBack *lookback.Report    // as the input has it
	Closed   []TicketOutcome     // whether closed tickets held, those that did not first

	// Counted are the keys of those whose interruptions and engaged time the
	// headline adds up. What an audience may not see is left out by [Audience]:
	// Aggregate is the loads taken together where Loads has not everybody, and
	// Withheld says in words what is missing.
	Counted   map[string]bool
	Aggregate *Aggregate
	Withheld  []string
}

// An Outcome is where a page stands in the 2×2 of actionable × actioned.
type Outcome string

// The outcomes. Unlabelled pages have none of the four: they are never taken
// for actionable.
const (
	Handled    Outcome = "handled"    // actionable, and somebody acted
	Ignored    Outcome = "ignored"    // actionable, and nobody acted
	Wasted     Outcome = "wasted"     // not actionable, and somebody acted all the same: toil
	Noise      Outcome = "noise"      // not actionable, nobody acted
	Unlabelled Outcome = "unlabelled" // nobody has said yet
)

// Outcomes counts pages by outcome.
type Outcomes struct {
	Handled, Ignored, Wasted, Noise, Unlabelled int
}

// ByClass counts interruptions by the class of the hour in which they fell, on
// the clock of the person interrupted.
type ByClass struct {
	Business, OffHours, Sleep, Unknown int
}

// Total is the number of interruptions in all classes.
func (c ByClass) Total() int { return c.Business + c.OffHours + c.Sleep + c.Unknown }

// A Headline is the review in one look.
type Headline struct {
	Pages         int
	Outcomes      Outcomes
	Labelled      int // coverage is Labelled ÷ Pages
	Open          int // pages that are still open
	Escalated     int // pages that moved up because nobody answered in time
	Interruptions ByClass
	Responders    int // people interrupted
	Engaged       time.Duration
	Response      Response
	Previous      Change // against the window before
	Baseline      Change // against the four weeks before
	Withheld      bool   // interruptions, people and engaged time are not told; see [Audience]
}

// A Change compares the number of pages with another window's.
type Change struct {
	Known  bool // false if the stored history does not reach back so far
	Window opsreview.Window
	Pages  int     // in that window
	Rate   float64 // Pages scaled to the length of the window under review
	PValue float64 // of the exact test that both windows have one rate; see RateTest
	Noise  bool    // the difference is within what chance does
	Text   string  // the comparison in words
}

// Response is how quickly people answered, from events. Durations are absent
// (OK false) rather than zero.
type Response struct {
	Acknowledge Spread // trigger to first explicit acknowledgement by a person
	NeverAcked  int    // pages that nobody acknowledged, excluded from Acknowledge
	Resolve     Spread // trigger to last resolution
	Unresolved  int    // pages still open, excluded from Resolve
	Merged      int    // pages that ended in another page, excluded from Resolve
}

// A Spread summarises durations. N is how many there are; with none of them OK
// is false and the rest means nothing.
type Spread struct {
	OK                bool
	N                 int
	Median, P90, Mean time.Duration
}

// A MonitorCost is what one monitor cost in the window.
type MonitorCost struct {
	Monitor       opsreview.Monitor
	ServiceName   string
	Pages         []opsreview.Ref // in order of their trigger
	Previous      int             // pages in the window before; meaningful if the headline's Previous is Known
	Interruptions ByClass
	Engaged       time.Duration // person-time: the sum over responders
	Outcomes      Outcomes
	Causes        map[string]int // of the labels in force
	Escalated     int
	Withheld      bool   // interruptions and engaged time are not told; see [Audience]
	WhatIf        WhatIf // the one to propose; zero if there is none or nobody looked. See BestWhatIf
}

// A Load is how heavy a window was on one person.
type Load struct {
	Person        Person
	Pages         int // distinct pages that notified them in the window
	Elsewhere     int // of those, pages of services outside the team
	Interruptions ByClass
	Hours         int           // interrupted hours: distinct local clock hours with an interruption; see ZoneKnown
	BrokenNights  int           // local nights with a sleep interruption; see ZoneKnown
	NightsRun     int           // the longest run of consecutive broken nights; see ZoneKnown
	MostPerShift  int           // most pages that interrupted them in any 12 hours
	OnCall        time.Duration // union of their shifts within the window
	OnCallKnown   bool          // false if no source delivered shifts for the window
	Shifts        int           // shifts served in the window; overlapping ones are one
	Weeks         int           // weeks of the window in which they were on call
	Engaged       time.Duration // union of acknowledged-to-resolved, each page capped by policy
	Acknowledged  int           // of their assignments
	TimedOut      int           // of their assignments
	Breaches      []Breach
}

// PerShift returns pages per shift served, and false if no shift is known.
func (l Load) PerShift() (float64, bool) {
	if l.Shifts == 0 {
		return 0, false
	}
	return float64(l.Pages) / float64(l.Shifts), true
}

// PerWeek returns pages per week served, and false if no shift is known. A week
// on call without a page is a week.
func (l Load) PerWeek() (float64, bool) {
	if l.Weeks == 0 {
		return 0, false
	}
	return float64(l.Pages) / float64(l.Weeks), true
}

// ZoneKnown reports whether the person's zone is known. Without it, Hours,
// BrokenNights and NightsRun are unknown rather than zero, and all
// interruptions are in Interruptions.Unknown.
func (l Load) ZoneKnown() bool { return l.Person.Zone != nil }

// A Breach is a limit that somebody's load went over, and the pages that
// caused it.
type Breach struct {
	Limit opsreview.Limit
	Value float64         // in the limit's unit
	Pages []opsreview.Ref // none for on_call_share
	Text  string          // "4 pages in 12 hours from Tue 21:40 (limit 2)"
}

// A Topic is a page worth discussing, and why.
type Topic struct {
	Page    opsreview.Ref
	Title   string
	At      time.Time
	Reasons []string // in words
}

// A Gap is something that could not be computed.
type Gap struct {
	Subject string // whom or what it is about
	Text    string // what is missing and what to do about it
}
