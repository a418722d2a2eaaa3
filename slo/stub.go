package slo

import (
	"time"

	"opsreview"
)

// Prepare computes a report from its facts.
func Prepare(in Input) Report { panic("not written yet") }

// StandingOf computes how one SLO stands at a time, without pages.
func StandingOf(s Series, at time.Time) Standing { panic("not written yet") }

// Since returns from when on segments are needed to prepare a report of the window.
func Since(s opsreview.SLO, w opsreview.Window, at time.Time) time.Time { panic("not written yet") }

// At returns the end of what a report of the window counts: its end, or the last whole minute IngestDelay before now.
func At(w opsreview.Window, now time.Time) time.Time { panic("not written yet") }
