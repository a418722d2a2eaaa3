package opsreview

import "time"

// A Scan is what looking at one series over one window found. It is derived: it
// can be thrown away and made again.
type Scan struct {
	Series string // its key
	Window Window // the part under review
	Of     string // what it was made from: the detector's version, its options and the series' version
	Body   []byte // in the form of the room that made it
}

// An AnomalyVerdict is what people decided about an anomaly.
type AnomalyVerdict string

// The verdicts.
const (
	AnomalyDismissed AnomalyVerdict = "dismissed" // there is nothing to do
	AnomalyAccepted  AnomalyVerdict = "accepted"  // it needs work: it becomes a finding
	AnomalyReopened  AnomalyVerdict = "reopened"  // what was decided is taken back
)

// An AnomalyDecision is a verdict with its author. Decisions are kept for ever;
// the latest one that touches an anomaly of the chart counts.
type AnomalyDecision struct {
	ID      string // made by the store
	Chart   string // the chart's key
	Window  Window // of the anomaly when it was decided: one that overlaps it is the same
	Anomaly string // the anomaly's ID then
	Text    string // what it said then
	Verdict AnomalyVerdict
	Reason  string
	Author  string
	At      time.Time

	// Until stretches a dismissal: anomalies of the chart that begin before are
	// dismissed too. Zero dismisses this one only.
	Until time.Time
}
