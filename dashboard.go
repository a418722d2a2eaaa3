package opsreview

import (
	"crypto/sha256"
	"encoding/hex"
	"maps"
	"slices"
	"strings"
	"time"
)

// A Dashboard is a page of panels that a team looks at, as far as it is needed
// to look at the same things and to say how well it explains itself.
type Dashboard struct {
	Source      string // name of the source that delivered it; "" for a file of the configuration
	UID         string // its identity at the source
	Title       string
	Description string
	Folder      string
	Tags        []string
	URL         string // "" if unknown
	Origin      string // where it stands: "dashboards/vault.json"; the URL for one that was fetched
	UpdatedAt   time.Time

	Variables []Variable
	Panels    []Panel // in reading order, those of collapsed rows too; rows are panels of type "row"
}

// A Panel is one graph, number, text or row of a dashboard.
type Panel struct {
	ID          int
	Title       string
	Description string
	Type        string // "timeseries", "stat", "text", "row", …
	Row         string // the title of the row that it stands in; "" if in none
	Text        string // what a text panel says
	Unit        string // Grafana's word for it: "s", "percentunit"; "" if it has none
	X, Y, W, H  int    // its place on the grid of 24 columns
	Queries     []PanelQuery
	Links       []string // addresses
	Line        int      // where it begins in its file; 0 if unknown
}

// A PanelQuery is one question of a panel, with its variables unresolved.
type PanelQuery struct {
	Name       string // "A"
	Text       string
	Legend     string // a template such as "{{instance}}"; "" for the default
	Datasource string // its name or UID; may be a variable
	Type       string // the data source's type: "prometheus"; "" if unknown
	Hidden     bool
}

// A Variable is a template variable of a dashboard.
type Variable struct {
	Name       string
	Type       string   // "query", "custom", "constant", "interval", "datasource", "textbox", "adhoc"
	Query      string   // of a query variable: "label_values(up, job)"
	Regex      string   // which of the values count; "" for all
	Current    []string // what was chosen when the dashboard was saved; "$__all" stands for all
	Options    []string // the values to choose from, where the dashboard has them
	IncludeAll bool
	AllValue   string // what stands for all; "" for each value
	Multi      bool
}

// A Chart is what is looked at as one thing: a panel of a dashboard with its
// variables resolved, or a query of the configuration.
type Chart struct {
	Key       string // its identity: "vault-overview/4", "queries/checkout-latency"
	Title     string
	Dashboard string // the dashboard's title; "" for a query of the configuration
	Row       string
	URL       string // of the panel; "" if unknown
	Unit      string
	Service   string // in the configuration's words; "" if it is about none
	Team      string // who looks at it; "" for whoever owns the service
	Source    string // the name of the source that answers it
	Queries   []ChartQuery
	Also      []string // the keys of other panels that ask the same
	Skipped   string   // why its series are not looked at, in words; "" if they are
	LeftOut   int      // series beyond the most that are looked at, when it was last pulled
}

// A ChartQuery is one question of a chart, ready to be asked.
type ChartQuery struct {
	Name   string // "A"
	Text   string
	Legend string
}

// A Series is one series of numbers of a chart.
type Series struct {
	Key     string // its identity; see SeriesKey
	Chart   string // the chart's key
	Query   string // the name of the query that it answers
	Name    string // for people: its legend, or its labels
	Labels  map[string]string
	Counter bool // its values only grow, but for resets
}

// SeriesKey makes a series' identity of its chart, its query's name and its
// labels.
func SeriesKey(chart, query string, labels map[string]string) string {
	var b strings.Builder
	b.WriteString(chart + "\x00" + query)
	for _, name := range slices.Sorted(maps.Keys(labels)) {
		b.WriteString("\x00" + name + "\x01" + labels[name])
	}
	sum := sha256.Sum256([]byte(b.String()))
	return hex.EncodeToString(sum[:8])
}

// Points are values of one series at even steps: the value at index i is of
// Start + i·Step. NaN says that nothing is known of that time.
type Points struct {
	Series string // its key
	Start  time.Time
	Step   time.Duration
	Values []float64
}

// End is the time after the last value.
func (p Points) End() time.Time { return p.Start.Add(time.Duration(len(p.Values)) * p.Step) }

// A SeriesState is what is stored of a series.
type SeriesState struct {
	Series
	First, Last time.Time // of its points; zero if it has none
	Version     int64     // goes up with each change of its points
}

// A MonitorDefinition is a monitor as it is written down: a rule of Prometheus,
// a monitor of Datadog.
type MonitorDefinition struct {
	Source      string // name of the source that delivered it; "" for a file of the configuration
	ID          string // its identity there: "vault.rules/VaultDown"
	Title       string // "VaultDown", or what a monitor is called
	Kind        string // "prometheus" or "datadog"
	Group       string // the group of rules that it stands in
	Query       string // when it fires
	AtOnce      bool   // one bad moment is enough to make it fire; false where nobody knows
	Severity    string // "" if it says none
	Body        string // what the page says: the text of its description, or its message
	Labels      map[string]string
	Annotations map[string]string
	Links       []string // addresses in its body and its annotations
	Runbook     string   // the address or the path of its runbook; "" if it names none
	Dashboard   string   // the address of its dashboard; "" if it names none
	Origin      string   // where it stands: "rules/vault.yaml:12"; an address for one that was fetched
}

// A Runbook is a document that says what to do, as it was found at an address.
type Runbook struct {
	Address   string   // a URL, or the path of a file
	Title     string   // "" if it has none
	Sections  []string // its headings, as they are written
	Anchors   []string // what addresses may end in after "#"
	Problem   string   // why it cannot be read, in words; "" if it can
	CheckedAt time.Time
}
