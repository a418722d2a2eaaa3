//go:build !race

package pagerduty_test

// raceEnabled says that everything takes some ten times as long: what is only
// large, and takes no other path than what is small, is tried without the
// detector.
const raceEnabled = false

// mostStops is at how many saves a pull is stopped.
const mostStops = 12
