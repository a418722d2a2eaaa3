// Package hygiene says how well monitors and dashboards explain themselves to
// somebody who was woken by them and has never seen them.
//
// It reads monitors and runbooks as they are written down, and holds them and
// dashboards against rules that are data. Everything is a pure function of its
// arguments.
package hygiene

// A Severity says how much a problem matters.
type Severity string

// The severities.
const (
	Error   Severity = "error"
	Warning Severity = "warning"
	Note    Severity = "note"
)

// A Rule is something that monitors or dashboards are held against.
type Rule struct {
	ID       string // "monitor-runbook"
	Subject  string // "monitor", "dashboard" or "runbook"
	Severity Severity
	Off      bool
	Summary  string // what it asks for, in a sentence
	Why      string
	Source   string // where it comes from: an address
}

// A Problem is a place where a rule is not kept.
type Problem struct {
	Rule     string
	Severity Severity
	Kind     string // "monitor", "dashboard", "panel" or "runbook"
	Subject  string // the monitor's or the dashboard's title, and the panel's
	ID       string // the identity of the monitor or the dashboard; of a panel "uid/4"
	Board    string // the title of the dashboard; "" for a monitor
	Origin   string // "rules/vault.yaml:12"
	Text     string // what is wrong
	Remedy   string // what to write
}
