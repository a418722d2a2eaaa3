package opsreview

import "time"

// An SLO is an objective of a service: how much of what it does must be good,
// and where that is counted.
type SLO struct {
	Name        string // "vault/availability": its identity; the second of several objectives of one document is "vault/availability/2"
	Title       string // for people; "" if the document has none
	Description string
	Service     string // in the document's words; pages are joined to it by the name of their service
	Source      string // name of the source that counts it; "" if nothing is pulled and segments are imported
	Origin      string // where it stands: "slo/vault.yaml:12"

	Objective Objective
	Window    SLOWindow // its own, beside the 7 and the 30 days that every SLO is measured over
	Indicator Indicator

	Missing     MissingData
	MinTotal    float64     // events below which a slice is unknown; 0 for none
	Match       []PageMatch // pages that any of these match are about the SLO; nil joins by labels and service
	Significant float64     // the share of the 30-day budget from which an episode is significant; 0 means the default
}

// A BudgetingMethod says what a budget is counted in.
type BudgetingMethod string

// The methods of OpenSLO.
const (
	Occurrences     BudgetingMethod = "Occurrences"     // events: good ÷ total over the window
	Timeslices      BudgetingMethod = "Timeslices"      // slices of time: each is good or bad as a whole
	RatioTimeslices BudgetingMethod = "RatioTimeslices" // slices of time: the mean of their ratios
)

// An Objective is what is promised. Target is in [0, 1): a budget is never
// empty by definition.
type Objective struct {
	Target      float64
	Method      BudgetingMethod
	Slice       time.Duration // length of a slice; 0 for Occurrences
	SliceTarget float64       // the ratio from which a slice is good; Timeslices only
}

// Budget is the share that may be bad.
func (o Objective) Budget() float64 { return 1 - o.Target }

// An ObjectiveChange is an objective and the time from which it is in force.
// The first one known of an SLO has a zero At: it is in force from the beginning.
type ObjectiveChange struct {
	SLO       string
	At        time.Time
	Objective Objective
}

// An SLOWindow is the window that an SLO's document asks for. A rolling one has
// a Length; a calendar one has a Unit, a Count of it, the local Start of its
// first period and a Zone.
type SLOWindow struct {
	Text   string        // as it is written: "28d", "1M"
	Length time.Duration // of a rolling window; 0 for a calendar one
	Unit   string        // "d", "w", "M", "Q" or "Y" of a calendar window; "" for a rolling one
	Count  int
	Start  string // "2022-01-01 12:00:00", local
	Zone   string // an IANA name
}

// MissingData says what a slice that nothing is known of counts as.
type MissingData string

// What a slice without data counts as; "" is MissingIgnored.
const (
	MissingIgnored MissingData = "ignore"
	MissingGood    MissingData = "good"
	MissingBad     MissingData = "bad"
)

// An Indicator says what is counted, and where. Either Threshold is set, or Raw,
// or Total with one of Good and Bad.
type Indicator struct {
	Good, Bad, Total *Query
	Raw              *Query // a ready ratio; RawFailure tells of what
	RawFailure       bool   // Raw is the share of bad events rather than of good ones
	Threshold        *Query // a value that is good while it is Op Value
	Op               string // "lte", "gte", "lt" or "gt"
	Value            float64
	Counter          bool // the queries of a ratio are counters that only grow

	// Approximate: the source can count no better than from an aggregate, so what
	// resets and gaps hid is not in it.
	Approximate bool
}

// A Query is one question to a source of metrics.
type Query struct {
	DataSource string // the name of the OpenSLO DataSource, "" if it stands in the document
	Type       string // the data source's: "Prometheus"
	Text       string // the query itself; "" if the document has none that is known
}

// A PageMatch is a set of conditions on a page's attributes, all of which must
// hold.
type PageMatch []Matcher

// A Matcher is a condition on one attribute: Op is "=", "!=", "=~" or "!~" as
// in PromQL, where a regular expression must match the whole value.
type Matcher struct {
	Name, Op, Value string
}

// A Segment is a stretch of time in which an SLO's events were counted: the
// half-open interval [Start, End). Every number of it adds up, so that segments
// can be joined without loss. Segments of an SLO do not overlap.
type Segment struct {
	SLO        string
	Start, End time.Time
	Total, Bad float64       // events; for a gauge, its samples. Bad is at most Total
	Covered    time.Duration // how much of the stretch was watched; the rest is gaps
	GapBad     float64       // of Bad, what fell into gaps: it happened, but nobody knows when
	Excess     float64       // by how much good events exceeded the total: somebody counts wrongly
	Resets     int           // counters that began anew: events just before are lost
}

// Length is how long the segment is.
func (s Segment) Length() time.Duration { return s.End.Sub(s.Start) }

// A Correction takes a stretch of time out of a budget, such as announced
// maintenance. It is a fact with an author; a withdrawn one stays in the history.
type Correction struct {
	ID          string // made by the store
	SLO         string
	Window      Window
	Reason      string
	Author      string
	At          time.Time // when it was made
	WithdrawnBy string    // "" while it is in force
	WithdrawnAt time.Time
}
