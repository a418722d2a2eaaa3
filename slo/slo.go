// Package slo computes where error budgets went: objectives, budgets over
// rolling windows, episodes of fast burn, and which pages paid for them.
//
// Everything here is a pure function of its arguments: no clock, no store, no
// network. Budgets are counted in the SLO's units: events for Occurrences,
// slices of time for the other methods. A share is of the 30-day budget unless
// it says otherwise, so that the shares of one SLO add up; shares of different
// SLOs are never added. Each number's definition is in docs/definitions.md.
package slo

import (
	"time"

	"opsreview"
)

// The windows that every SLO is measured over.
const (
	Week  = 7 * 24 * time.Hour
	Month = 30 * 24 * time.Hour
)

// IngestDelay is how far behind the clock budgets are computed, so that what
// has just happened is there.
const IngestDelay = 5 * time.Minute

// A Series is an SLO and what is known of it.
type Series struct {
	SLO opsreview.SLO

	// Segments touch the time from [Since] to the end of what is asked for, in
	// order. They may be of any lengths; one without bad events and without gaps
	// may stand for the many that it was joined from.
	Segments []opsreview.Segment

	Corrections []opsreview.Correction      // in force
	History     []opsreview.ObjectiveChange // in order; empty means that SLO.Objective always held
	Approximate bool                        // counted from an aggregate, not from raw counters
}

// Input is everything that a report is computed from.
type Input struct {
	Window opsreview.Window // under review
	Now    time.Time
	Zone   *time.Location // for calendar windows without a zone, and for words

	Series []Series

	// Known are all SLOs that there are, so that a page about one that is not
	// asked for is not taken for one about those of Series, which are known anyway.
	Known []opsreview.SLO

	// Pages are those that were open at any time from 6 hours before the window
	// to its end, with timelines and labels.
	Pages []opsreview.Page

	// Services names the services of pages.
	Services map[opsreview.Ref]opsreview.Service

	// Monitors are those of the pages, for the words of findings.
	Monitors map[string]opsreview.Monitor
}

// A Report tells where the budgets went in a window.
type Report struct {
	At        time.Time // the end of what was counted: the window's end, or the latest minute that is known
	Standings []Standing
	Burns     []Burn // of the SLOs in the order of Standings
	Quality   Quality
	Matrix    Matrix
	Findings  []opsreview.Finding
}

// A Standing is how an SLO stands at one time.
type Standing struct {
	SLO       opsreview.SLO
	Objective opsreview.Objective // in force at that time
	Week      Budget
	Month     Budget
	Own       Budget // over the SLO's own window; its Window is zero where that is 7 or 30 days, rolling

	// WeekShare is what the last 7 days burned, as a share of the 30-day budget.
	// It is not Week.Consumed, which is a share of the 7-day budget.
	WeekShare float64

	// BurnRate is the rate of the last hour that is known: 1 spends the budget
	// exactly in its window. Exhaustion is how long the rest of the 30-day budget
	// lasts at that rate; it is known only where something remains and burns.
	BurnRate        float64
	BurnRateKnown   bool
	Exhaustion      time.Duration
	ExhaustionKnown bool

	Approximate bool

	// BurnDown is what remained of the 30-day budget at even steps through the
	// 30 days up to the end, as if it had been full at their beginning. It is
	// for drawing; the last point is Month.Remaining.
	BurnDown []Point
}

// A Point is a place on a burn-down.
type Point struct {
	At        time.Time
	Remaining float64 // 1 is the whole budget; below 0 it is overspent
	Known     bool    // false where nothing was counted since the point before
}

// A Status says what a budget can be taken for.
type Status string

// The statuses.
const (
	OK        Status = "ok"
	Overspent Status = "overspent"
	NoTraffic Status = "no_traffic" // watched, and nothing happened: nothing is burned
	NoData    Status = "no_data"    // nothing is known of the window
)

// A Budget is what was allowed and what was burned in a window.
type Budget struct {
	Window    opsreview.Window
	Objective opsreview.Objective
	Changed   bool // the objective changed within the window; the one at its end is applied
	Status    Status
	Unit      string // "events" or "slices"

	Total   float64 // the denominator: events, or slices of the window
	Bad     float64 // the numerator
	Allowed float64 // (1 − target) × Total

	// Consumed is Bad ÷ Allowed, which is also the burn rate over the window.
	// Remaining is 1 − Consumed and goes below 0.
	Consumed, Remaining float64

	// Low and High bound Consumed where slices are unknown: as if all of those
	// had been good, or bad. Both are Consumed where none is.
	Low, High float64
	Unknown   float64 // slices that nothing is known of

	Coverage  float64       // the share of the window that was watched, 0 to 1
	EdgeError float64       // by how much Consumed may be off because segments are cut by the window's ends
	GapBurn   float64       // of Consumed, what fell into gaps
	Corrected time.Duration // taken out by corrections
	Excess    float64       // events by which good exceeded the total
	Resets    int           // restarts of counters, before each of which events are lost

	// Granularity is the share of the budget that one failure costs, where fewer
	// than 10 failures are allowed; else 0.
	Granularity float64
}

// An Episode is a maximal stretch of fast burn.
type Episode struct {
	SLO         string
	Window      opsreview.Window
	Total, Bad  float64
	Cost        float64 // share of the 30-day budget
	Peak        float64 // the highest burn rate of a minute or a slice in it
	Slow        bool    // found by the hour and not by the minute
	Significant bool    // Cost is at least the SLO's bound
	Gap         bool    // part of it fell into a gap

	// Pages are those that match it, earliest first; none means that nobody was
	// told. Pending: nobody was, but it began so late that somebody may yet be.
	Pages   []opsreview.Ref
	Stale   bool // the first page had begun long before the episode
	Pending bool

	// Detection is from the onset to the first page, below 0 if the page was
	// earlier; Before is the share of the budget burned by then. Both mean
	// something only where there are pages.
	Detection time.Duration
	Before    float64

	// Reset is from the episode's end to the last page's end, where one is known.
	Reset      time.Duration
	ResetKnown bool
}

// A JoinRule says why a page is about an SLO.
type JoinRule string

// The rules, strongest first: a page is joined by the first one that finds an SLO.
const (
	ByLabels  JoinRule = "labels"  // labels of the tool that made the alert
	ByMatch   JoinRule = "match"   // the SLO's own conditions
	ByService JoinRule = "service" // the page's service is the SLO's
)

// A Coincidence says whether a page came with burn.
type Coincidence string

// The coincidences.
const (
	WithBurn    Coincidence = "with_burn"    // it matches a significant episode
	WithMinor   Coincidence = "minor_burn"   // it matches episodes, none of them significant
	WithoutBurn Coincidence = "without_burn" // it matches none
	Unjudged    Coincidence = "unjudged"     // it is about no SLO, or too little is known of the time
)

// A Charge is what one page answers for in one SLO's budget. Before, During and
// After are in the SLO's units.
type Charge struct {
	Page    opsreview.Ref
	SLO     string
	Rule    JoinRule
	Verdict Coincidence

	Before float64 // burned from the onset of an episode to its first page, which is this one
	During float64 // its part of what was burned while it was open, shared equally with others
	After  float64 // burned from its end to the end of the episode
	Cost   float64 // Before + During + After as a share of the 30-day budget
	Gross  float64 // share of the 30-day budget burned while it was open, shared with nobody; does not add up
	Gap    bool    // part of it is known only as the sum of a gap
	Partly bool    // it began before the window or lasts beyond it: the rest is not here
}

// Burned is what the page answers for, in the SLO's units.
func (c Charge) Burned() float64 { return c.Before + c.During + c.After }

// A Burn is where one SLO's budget went in the window under review. Bad is the
// sum of Before, During, After, Missed, Pending, Minor and Background.
type Burn struct {
	SLO    string
	Window opsreview.Window // up to the end of what is known
	Unit   string
	Total  float64
	Bad    float64
	Budget float64 // the 30-day budget that shares are of, in the same units

	Before, During, After float64 // answered for by pages
	Missed                float64 // significant episodes that nobody was paged for
	Pending               float64 // significant episodes without a page, too young to be called missed
	Minor                 float64 // episodes below the bound without a page
	Background            float64 // the rest

	Episodes []Episode // in order
	Charges  []Charge  // in order of the pages
	Quality  Quality
}

// Share turns units into a share of the 30-day budget; 0 where there is none.
func (b Burn) Share(units float64) float64 {
	if b.Budget <= 0 {
		return 0
	}
	return units / b.Budget
}

// A Ratio is k of n with its 95 % Wilson interval (1927). With N 0 it is
// unknown, never 100 %.
type Ratio struct {
	K, N      int
	Low, High float64
}

// A Spread summarises signed durations. With N 0 the rest means nothing.
type Spread struct {
	N           int
	Median, P90 time.Duration
}

// Quality is how well pages tell of significant burn (Google SRE Workbook,
// chapter 5).
type Quality struct {
	Significant float64 // the bound on an episode's share of the 30-day budget; 0 where SLOs have different ones
	Precision   Ratio   // pages with significant burn, of those judged
	Recall      Ratio   // significant episodes that were paged for, of those not pending
	Unjudged    int     // pages about no SLO, or in a time of which too little is known
	Pending     int     // significant episodes without a page, too young to be called missed

	// Weighted is the share of the significant episodes' burn that was paged
	// for: the headline. It is known for one SLO only, and only if Recall.N > 0.
	Weighted      float64
	WeightedKnown bool

	Detection  Spread
	Reset      Spread
	Redundancy float64 // pages for each episode that was detected; 0 if none was

	// Curve is precision and recall at other bounds: 1, 2, 5 and 10 %.
	Curve []AtBound
}

// AtBound is the quality if episodes were significant from Bound.
type AtBound struct {
	Bound             float64
	Precision, Recall Ratio
}

// A Matrix is the pages that began in the window by whether they came with
// burn, and by what people said of them; and the burn without a page. A page
// about several SLOs counts once, with the most that it has in any.
type Matrix struct {
	WithBurn, WithMinor, WithoutBurn, Unjudged Verdicts

	Missed     int // significant episodes that nobody was paged for
	MissedCost []MissedCost
}

// A MissedCost is what one SLO's missed episodes cost.
type MissedCost struct {
	SLO  string
	Cost float64
}

// Verdicts counts pages by their label.
type Verdicts struct {
	Actionable, NotActionable, Unlabelled int
}

// Pages is the number of pages with any verdict or none.
func (v Verdicts) Pages() int { return v.Actionable + v.NotActionable + v.Unlabelled }

// Of returns the report's charges of a page, one for each SLO that it is about.
func (r Report) Of(page opsreview.Ref) []Charge {
	var all []Charge
	for _, b := range r.Burns {
		for _, c := range b.Charges {
			if c.Page == page {
				all = append(all, c)
			}
		}
	}
	return all
}
