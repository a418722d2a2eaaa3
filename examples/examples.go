// Package examples holds the example organisation: six weeks of a secrets
// platform's pages in the shape of PagerDuty's answers, the labels that its
// responders gave, its objectives and what they counted, its dashboard and what
// that showed, and the configuration that goes with them.
//
// Everything is synthetic. The command in the folder generate writes it.
package examples

import (
	"embed"
	"time"
)

// FS holds pagerduty/*.json for the PagerDuty import, labels.jsonl, segments.csv,
// series/*.csv, incidents.csv and toil.csv for the imports of this program's own
// formats, opsreview.yaml, and what belongs to it: objectives, a dashboard, rules and a
// runbook.
//
//go:embed pagerduty/*.json labels.jsonl segments.csv incidents.csv toil.csv series/*.csv opsreview.yaml slo/*.yaml dashboards/*.json rules/*.yaml runbooks/*.md
var FS embed.FS

// Now is the time of the example's review meeting: Monday 2 November 2026,
// 09:00 in Chicago. The fortnight under review ended in the night before, and
// clocks had been changed in Europe and in America.
var Now = time.Date(2026, time.November, 2, 15, 0, 0, 0, time.UTC)

// Source is the name under which the examples are imported. Labels name pages
// by their id, so both imports must use the same one.
const Source = "pd"

// Declared and Timesheet are the names under which incidents.csv and toil.csv are
// imported.
const (
	Declared  = "declared"
	Timesheet = "timesheet"
)

// Metrics is the name under which segments.csv and series/*.csv are imported.
const Metrics = "metrics"
