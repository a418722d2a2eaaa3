// Package anomaly looks back over a series of numbers and finds the stretches
// of time in which it looks weird.
//
// It is batch work: the whole history is at hand, what came later too, and the
// aim is few windows that people trust rather than many. It knows no nouns and
// imports nothing of ours: values in, windows with their reason in words out.
// Everything is a pure function of its arguments, with one set of defaults for
// all series.
package anomaly

import "time"

// A Series is values on a regular grid. The value at index i is of the time
// Start + i·Step.
type Series struct {
	Start  time.Time
	Step   time.Duration // at most five minutes for what [Detect] promises
	Values []float64     // NaN where nothing is known: a gap is never zero

	// Counter says that the values only grow, but for resets to zero: they are
	// turned into differences per second first.
	Counter bool

	// Zone is whose clock days and weekdays are of; nil means UTC.
	Zone *time.Location
}

// At is the time of the value at index i.
func (s Series) At(i int) time.Time { return s.Start.Add(time.Duration(i) * s.Step) }

// End is the time after the last value.
func (s Series) End() time.Time { return s.At(len(s.Values)) }

// A Kind says in what way a window is weird.
type Kind string

// The kinds.
const (
	Spike     Kind = "spike"     // far from usual for minutes
	Sustained Kind = "sustained" // far from usual for hours, and back again
	Shift     Kind = "shift"     // the level changed and stays
	Drift     Kind = "drift"     // the level moves slowly, over weeks
	Pattern   Kind = "pattern"   // the shape of the days or of the week changed
	Flat      Kind = "flat"      // it no longer changes, though it usually does
	Vanished  Kind = "vanished"  // there is no data any more
)

// Kinds lists every kind.
func Kinds() []Kind { return []Kind{Spike, Sustained, Shift, Drift, Pattern, Flat, Vanished} }

// A Direction is where a window's values went.
type Direction string

// The directions. A window of another kind than a deviation has none.
const (
	Up   Direction = "up"
	Down Direction = "down"
)

// A Window is one weird stretch of time: the half-open interval [Start, End).
type Window struct {
	Start, End time.Time
	Ongoing    bool // it lasts until the end of the series
	Kind       Kind
	Direction  Direction

	Peak      time.Time // when it was farthest from usual
	Value     float64   // what was measured then, in the series' unit; of a counter per second
	Usual     float64   // what is usual for that time
	Low, High float64   // the usual band then: Usual ± the scale

	// Score is how far from usual the peak was: multiples of how much the series
	// usually strays. It orders windows of one and of
	// several series, and is what Threshold bounds.
	Score float64

	// Since is how long no value had been as high, or as low, when the window
	// began; 0 if that says nothing, since each day has such values. Record says
	// that no value of the whole series is, before or after.
	Since  time.Duration
	Record bool
	Like   int // other windows of the whole series in the same direction that are like it

	// Text says what was measured, for people: "4.1 times the usual for a Tuesday
	// 14:00 (usual 120–180, was 610); highest in 5 weeks".
	Text string
}

// Options say how eager the detector is. The zero Options are the defaults.
type Options struct {
	Threshold float64 // the score from which a window counts; 0 means DefaultThreshold
}

// DefaultThreshold is the score from which a window counts. On labelled series
// of four families it finds half to four fifths of what people marked, with a false
// window in two to eight weeks of a series (make bench-anomaly).
const DefaultThreshold = 8.5

// A Result is what was found in one series.
type Result struct {
	Windows []Window // those that touch the part under review, in order of time

	// Skipped says in words why nothing could be looked for: too few values, too
	// short a history. "" if the series was looked at.
	Skipped string
}

// A Band is what is usual at each time of a series.
type Band struct {
	Value     []float64 // what was measured; of a counter per second
	Low, High []float64 // NaN where nothing is known
}
