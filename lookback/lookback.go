// Package lookback turns the weird windows of many series into the few
// anomalies that a review talks about: it joins windows of one chart, puts them
// beside the pages, the incidents and the budget burn of the same service and
// time, applies what people decided, and ranks.
//
// Everything is a pure function of its arguments. Who reads the store hands in
// what [Scan] found in each series.
package lookback

import (
	"time"

	"opsreview"
	"opsreview/anomaly"
)

// The defaults of [Settings].
const (
	DefaultSpan    = 14 * 24 * time.Hour
	DefaultHistory = 42 * 24 * time.Hour
	DefaultMost    = 10
)

// Settings say how far and how much a review looks back. Zero values mean the
// defaults.
type Settings struct {
	Span      time.Duration // how much of the time before the window's end is under review
	History   time.Duration // how far back series are read at most, Span included
	Most      int           // anomalies that a review shows at most; the rest is counted
	Threshold float64       // the score from which a window counts; 0 means anomaly.DefaultThreshold
}

// Input is everything that a look back is computed from.
type Input struct {
	Window    opsreview.Window // the part under review
	Now       time.Time
	Zone      *time.Location // the team's
	Settings  Settings
	Charts    []opsreview.Chart                   // the team's, skipped ones too
	Found     []Found                             // of every series that was looked at
	Late      int                                 // series that there was no time to look at
	Pages     []opsreview.Page                    // that touch the window widened by an hour
	Services  map[opsreview.Ref]opsreview.Service // everybody's
	Incidents []opsreview.Incident
	Burns     []Burn
	Quiet     []Quiet // announced maintenance
	Decisions []opsreview.AnomalyDecision
}

// Found is what looking at one series found.
type Found struct {
	Series opsreview.SeriesState
	Result anomaly.Result
}

// A Burn is a stretch in which a service burned its budget faster than it may.
type Burn struct {
	Service string
	SLO     string
	Window  opsreview.Window
	Share   float64 // of the 30-day budget
}

// Quiet is a stretch of announced work. A zero Service is everybody's.
type Quiet struct {
	Service string
	Window  opsreview.Window
	Reason  string
}

// A Context says whether anybody knows of an anomaly.
type Context string

// The contexts.
const (
	Unexplained Context = "unexplained" // nobody was paged, and nothing that is known explains it
	Paged       Context = "paged"       // somebody was paged for the service then
	Explained   Context = "explained"   // an incident, burn or announced work of the service and the time
)

// A State is what people have decided about an anomaly.
type State string

// The states.
const (
	Open      State = "open"
	Dismissed State = "dismissed"
	Accepted  State = "accepted"
)

// An Anomaly is a stretch of time in which a chart looks weird.
type Anomaly struct {
	ID       string // "a-3f9c12d07b21": made of the chart and of the minute in which it began
	Chart    opsreview.Chart
	Window   opsreview.Window
	Ongoing  bool
	Series   []Member // most unusual first
	Kind     anomaly.Kind
	Score    float64 // of the most unusual member
	Text     string  // of the most unusual member, and how many more series
	Context  Context
	Pages    []opsreview.Ref // in order of their trigger
	Because  []string        // what it is paged or explained by, in sentences
	State    State
	Decision opsreview.AnomalyDecision // the one in force; zero if State is Open
	Again    string                    // "" or that the like was dismissed before, and why
}

// A Member is one series' part in an anomaly: all its windows that were joined,
// of which Window is the most unusual.
type Member struct {
	Series opsreview.Series
	Window anomaly.Window
}

// A Report is what a look back found.
type Report struct {
	Window    opsreview.Window
	Zone      *time.Location // of the times in sentences
	Anomalies []Anomaly      // open and accepted ones: unexplained first, then by rank; at most Settings.Most
	More      []Anomaly      // those beyond, in the same order
	Dismissed []Anomaly      // newest first
	Charts    int            // that were looked at
	Series    int            // that were looked at
	Skipped   []Skip         // charts and series that were not
}

// A Skip is something that was not looked at, and why.
type Skip struct {
	Subject string
	Text    string
}

// A Plot is one series of an anomaly drawn: at most [PlotPoints] points, in
// which no extreme is lost.
type Plot struct {
	Series     opsreview.Series
	Start, End time.Time
	Mark       opsreview.Window
	Points     []Point
}

// PlotPoints is the most points that a plot has.
const PlotPoints = 240

// A Point is one column of a plot: the least and the greatest value that was
// measured in its stretch of time, and the usual band. NaN where nothing is
// known.
type Point struct {
	At        time.Time
	Min, Max  float64
	Low, High float64
}
