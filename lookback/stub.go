package lookback

import (
	"time"

	"opsreview"
	"opsreview/anomaly"
)

// Scan looks at one series over the part under review. The body is for the
// store; of names what it was made from, so that a stored body with the same
// name can be read instead.
func Scan(s opsreview.SeriesState, p opsreview.Points, w opsreview.Window, zone *time.Location, set Settings) (anomaly.Result, opsreview.Scan) {
	panic("not written yet")
}

// ScanOf names what Scan would make its result from, without looking.
func ScanOf(s opsreview.SeriesState, w opsreview.Window, zone *time.Location, set Settings) string {
	panic("not written yet")
}

// ReadScan reads what an earlier Scan found, and reports whether it could.
func ReadScan(s opsreview.Scan) (anomaly.Result, bool) { panic("not written yet") }

// Prepare joins, explains and ranks.
func Prepare(in Input) Report { panic("not written yet") }

// PlotOf draws a member of an anomaly with some time around it.
func PlotOf(a Anomaly, m Member, p opsreview.Points, zone *time.Location) Plot {
	panic("not written yet")
}

// FindingsOf returns a finding for each accepted anomaly of the report.
func FindingsOf(r Report) []opsreview.Finding { panic("not written yet") }
