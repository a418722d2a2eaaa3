package incident

import "opsreview"

// Prepare judges the incidents of a window.
func Prepare(in Input) Report { panic("not written yet") }

// FindingsOf returns a finding for each overdue incident of the report.
func FindingsOf(r Report) []opsreview.Finding { panic("not written yet") }
