package toil

import "opsreview"

// Prepare adds up the ledger of a window.
func Prepare(in Input) Report { panic("not written yet") }

// FindingsOf returns findings for hot spots and for a share over the limit.
func FindingsOf(r Report, team string) []opsreview.Finding { panic("not written yet") }

// BaselineOf is what a task cost in the thirteen weeks before its automation.
func BaselineOf(in Input, task string) opsreview.ToilBaseline { panic("not written yet") }
