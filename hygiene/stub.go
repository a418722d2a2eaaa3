package hygiene

import "opsreview"

// Rules returns the built-in rules, changed by what the configuration says of
// them by ID: "off", "error", "warning" or "note". It returns an Invalid error
// for what nobody knows.
func Rules(change map[string]string) ([]Rule, error) { panic("not written yet") }

// Monitors holds monitors against the rules. Runbooks are those whose addresses
// were looked up; nil looks at the addresses only.
func Monitors(defs []opsreview.MonitorDefinition, runbooks []opsreview.Runbook, rules []Rule) []Problem {
	panic("not written yet")
}

// Dashboards holds dashboards against the rules.
func Dashboards(ds []opsreview.Dashboard, rules []Rule) []Problem { panic("not written yet") }

// ParseRunbook reads a runbook in Markdown or HTML.
func ParseRunbook(address, mediaType string, data []byte) opsreview.Runbook {
	panic("not written yet")
}

// FindingsOf returns a finding for each monitor that paged and each dashboard
// with problems that matter. Monitors are those that paged.
func FindingsOf(problems []Problem, defs []opsreview.MonitorDefinition, monitors []opsreview.Monitor) []opsreview.Finding {
	panic("not written yet")
}
