package dashboard

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/prometheus/prometheus/promql/parser"

	"opsreview"
)

// noCharts are the panels that show no numbers: nobody misses them.
var noCharts = []string{
	rowPanel, textPanel, "alertlist", "annolist", "dashlist", "gettingstarted", "live", "news", "pluginlist", "welcome",
}

// noCourses are the panels whose numbers are no course over time, with the
// reason.
var noCourses = map[string]string{
	libraryPanel: "the panel is kept in Grafana's library, and the dashboard does not say what it asks",
	"table":      "a table shows one moment, not a course over time",
	"table-old":  "a table shows one moment, not a course over time",
	"logs":       "it shows lines of logs, not numbers",
	"traces":     "it shows traces, not numbers",
	"nodeGraph":  "it shows a graph of nodes, not numbers",
	"flamegraph": "it shows profiles, not numbers",
}

// promTypes are the types of data sources that are asked in PromQL.
var promTypes = []string{
	"prometheus", "grafana-amazonprometheus-datasource", "grafana-azureprometheus-datasource",
	"victoriametrics-datasource", "victoriametrics-metrics-datasource",
}

// mostQuery is how long a query can be once its variables are resolved, mostCode
// how much of it can stand outside of string literals, and mostReason how much of
// a reason is told.
const (
	mostQuery  = 64 << 10
	mostCode   = 8 << 10
	mostReason = 300
)

// Charts returns what there is to look at on a dashboard, one chart a panel with
// queries, each with its variables resolved or Skipped with the reason. Where
// only some queries of a panel can be looked at, a second chart, named after the
// first of the others, is Skipped and tells why. Rows, texts and lists are no
// charts, and hidden queries are not looked at.
//
// A variable has what the scope says, else what was chosen when the dashboard
// was saved as far as it is still there, else all or the first of its values, as
// where Grafana opens it. Values may be nil: query variables are then known only
// by what was chosen.
func Charts(d opsreview.Dashboard, s Scope, values Values) []opsreview.Chart {
	r := newResolver(d, s, values)
	var all []opsreview.Chart
	for _, p := range d.Panels {
		if !slices.Contains(noCharts, p.Type) {
			all = append(all, r.charts(p)...)
		}
	}
	return all
}

// charts returns the chart of one panel, and a second one of what is left out.
func (r *resolver) charts(p opsreview.Panel) []opsreview.Chart {
	c := opsreview.Chart{
		Key:       r.dashboard.UID + "/" + strconv.Itoa(p.ID),
		Title:     cmp.Or(titled(p.Title, r.find), "panel "+strconv.Itoa(p.ID)),
		Dashboard: r.dashboard.Title,
		Row:       titled(p.Row, r.find),
		URL:       panelURL(r.dashboard.URL, p.ID),
		Unit:      p.Unit,
		Service:   r.scope.Service,
		Team:      r.scope.Team,
		Source:    r.scope.Source,
	}
	if why := noCourses[p.Type]; why != "" {
		c.Skipped = why
		return []opsreview.Chart{c}
	}
	seen := slices.DeleteFunc(slices.Clone(p.Queries), func(q opsreview.PanelQuery) bool { return q.Hidden })
	switch {
	case len(p.Queries) == 0:
		c.Skipped = "it asks nothing"
	case len(seen) == 0:
		c.Skipped = "all its queries are hidden"
	}
	var refused, reasons []string
	for _, q := range seen {
		asked, err := r.query(q)
		if err != nil {
			refused, reasons = append(refused, q.Name), append(reasons, clip(opsreview.ErrorMessage(err)))
			continue
		}
		c.Queries = append(c.Queries, asked)
	}
	if len(reasons) == 0 {
		return []opsreview.Chart{c}
	}
	if len(c.Queries) == 0 {
		c.Skipped = because(refused, reasons, len(seen) == 1)
		return []opsreview.Chart{c}
	}
	rest := c
	rest.Key += "/" + refused[0]
	rest.Title += " (" + strings.Join(refused, ", ") + ")"
	rest.Queries, rest.Skipped = nil, because(refused, reasons, false)
	return []opsreview.Chart{c, rest}
}

// because joins the reasons of queries, each once.
func because(names, reasons []string, alone bool) string {
	of := map[string][]string{}
	var order []string
	for i, why := range reasons {
		if of[why] == nil {
			order = append(order, why)
		}
		of[why] = append(of[why], names[i])
	}
	if len(order) == 1 && (alone || len(of[order[0]]) == len(names)) {
		return order[0]
	}
	parts := make([]string, len(order))
	for i, why := range order {
		parts[i] = fmt.Sprintf("%s: %s", strings.Join(of[why], ", "), why)
	}
	return strings.Join(parts, "; ")
}

func clip(s string) string {
	s = strings.Join(strings.Fields(s), " ")
	if len(s) <= mostReason {
		return s
	}
	s = s[:mostReason]
	for !utf8.ValidString(s) {
		s = s[:len(s)-1]
	}
	return s + "…"
}

// panelURL is the address of one panel; "" for a dashboard without one.
func panelURL(dashboard string, id int) string {
	switch {
	case dashboard == "":
		return ""
	case strings.Contains(dashboard, "?"):
		return fmt.Sprintf("%s&viewPanel=%d", dashboard, id)
	}
	return fmt.Sprintf("%s?viewPanel=%d", dashboard, id)
}

// query makes a question ready to be asked. It returns an Invalid error that
// says why it cannot.
func (r *resolver) query(q opsreview.PanelQuery) (opsreview.ChartQuery, error) {
	if why := r.elsewhere(q); why != "" {
		return opsreview.ChartQuery{}, opsreview.Errorf(opsreview.Invalid, "%s", why)
	}
	if strings.TrimSpace(q.Text) == "" {
		return opsreview.ChartQuery{}, opsreview.Errorf(opsreview.Invalid, "it asks nothing in PromQL")
	}
	if len(q.Text) > mostQuery {
		return opsreview.ChartQuery{}, opsreview.Errorf(opsreview.Invalid, "its query is longer than %d kB", mostQuery>>10)
	}
	text, err := interpolate(q.Text, r.find)
	if err != nil {
		return opsreview.ChartQuery{}, err
	}
	text = strings.TrimSpace(text)
	if len(text) > mostQuery {
		return opsreview.ChartQuery{}, opsreview.Errorf(opsreview.Invalid, "its query is longer than %d kB with the values of its variables", mostQuery>>10)
	}
	if err := CheckQuery(text); err != nil {
		return opsreview.ChartQuery{}, err
	}
	return opsreview.ChartQuery{Name: q.Name, Text: text, Legend: titled(q.Legend, r.find)}, nil
}

// elsewhere says why a question is not for Prometheus, "" if it may be.
func (r *resolver) elsewhere(q opsreview.PanelQuery) string {
	kind, name := q.Type, q.Datasource
	if ref := referenceAt(name); ref.length > 0 && ref.length == len(name) {
		if v, ok := r.variable(ref.name); ok && v.Type == "datasource" {
			kind, name = v.Query, ""
		}
	}
	switch {
	case kind == "__expr__" || name == "__expr__":
		return "it is an expression that Grafana computes"
	case name == "-- Dashboard --":
		return "it shows what another panel asks"
	case name == "-- Grafana --" || name == "grafana" && kind == "datasource":
		return "it shows data of Grafana itself"
	case kind == "" || kind == "mixed" || kind == "datasource" || slices.Contains(promTypes, kind):
		return ""
	}
	return fmt.Sprintf("it asks a data source of type %s, which is not read", kind)
}

// CheckQuery returns an Invalid error that says why Prometheus would refuse a
// query, or why its answer is no course over time.
func CheckQuery(text string) error {
	expr, err := parse(text)
	if err != nil {
		return opsreview.Wrapf(err, opsreview.Invalid, "Prometheus does not read the query: %s", err)
	}
	if t := expr.Type(); t != parser.ValueTypeVector && t != parser.ValueTypeScalar {
		return opsreview.Errorf(opsreview.Invalid, "the query is a %s, not one value a time", t)
	}
	return nil
}

// parse reads PromQL. The parser takes the square of the depth in time, so that
// what stands outside of string literals is bounded.
func parse(text string) (parser.Expr, error) {
	code := 0
	for _, p := range pieces(text) {
		if p.quote == 0 {
			code += len(p.text)
		}
	}
	if code > mostCode {
		return nil, opsreview.Errorf(opsreview.Invalid, "it has more than %d kB beside the texts in it", mostCode>>10)
	}
	// What is experimental is up to the server that is asked.
	return parser.NewParser(parser.Options{
		EnableExperimentalFunctions: true, ExperimentalDurationExpr: true,
		EnableExtendedRangeSelectors: true, EnableBinopFillModifiers: true,
	}).ParseExpr(text)
}
