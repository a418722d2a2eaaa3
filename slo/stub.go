package slo

// Prepare computes a report from its facts.
func Prepare(in Input) Report { panic("not written yet") }
