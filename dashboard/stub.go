package dashboard

import "opsreview"

// Parse reads one dashboard in the JSON of Grafana, either as it is exported or
// in the envelope of the HTTP API. Name says where it stands, for messages and
// for Origin. It returns an Invalid error that names the place.
func Parse(name string, data []byte) (opsreview.Dashboard, error) { panic("not written yet") }

// Charts returns what there is to look at on a dashboard, one chart a panel with
// queries, each with its variables resolved or Skipped with the reason.
func Charts(d opsreview.Dashboard, s Scope, values Values) []opsreview.Chart {
	panic("not written yet")
}

// Distinct joins charts that ask the same of the same source: the first one
// stays and names the others.
func Distinct(charts []opsreview.Chart) []opsreview.Chart { panic("not written yet") }
