// Package dashboard reads Grafana's dashboards, resolves their variables and
// says which charts are to be looked at.
//
// Everything is a pure function of its arguments: who knows what values a
// variable may have hands them in.
package dashboard

import "opsreview"

// Values tells the values of a query variable: query has its own variables
// resolved. It returns an Invalid error where it cannot know.
type Values func(v opsreview.Variable, query string) ([]string, error)

// A Scope is what the configuration says of some dashboards.
type Scope struct {
	Source    string // the name of the source that answers their queries
	Service   string
	Team      string
	Variables map[string]string // values to take instead of those chosen in the dashboard
}
