// Package grafana reads the dashboards of a Grafana.
//
// It asks three questions of Grafana's public HTTP API: which dashboards there
// are, what each of them is, and whether Grafana is well. A dashboard is read
// again only where its version has changed or its place has. Nothing is ever
// written.
package grafana
