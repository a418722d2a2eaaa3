package cli

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/charmbracelet/x/ansi"
	"github.com/spf13/cobra"

	"opsreview/lookback"
	pb "opsreview/proto/opsreview/v1"
)

// Bounds of what is shown of one anomaly.
const (
	mostPlots  = 3
	mostPages  = 10
	mostSeries = 20
)

func (a *app) anomalyShowCommand() *cobra.Command {
	var o lookFlags
	var output string
	cmd := &cobra.Command{
		Use:   "show ID",
		Short: "Show one anomaly: drawn, with its series, its pages and what was decided",
		Long: `Show one anomaly. It is looked for in the look back from the window's end: give the
same flags as "anomaly list". A beginning of its ID that fits one only is enough.`,
		Example: `  opsreview anomaly show a-3f9c12d07b21 --team secrets`,
		Args:    args(cobra.ExactArgs(1), "the id of one anomaly"),
		RunE: func(cmd *cobra.Command, ids []string) error {
			if err := checkOutput(output, asTable, asJSON); err != nil {
				return err
			}
			req := &pb.GetAnomalyRequest{Name: ids[0], Team: o.scope.team, Window: o.scope.selector(), LookBack: o.back}
			return a.withClient(cmd.Context(), func(ctx context.Context, c client) error {
				resp, err := c.anomalies.GetAnomaly(ctx, req)
				if err != nil {
					return err
				}
				if output == asJSON {
					return printJSON(a.stdout, anomalyShowJSON{
						Anomaly: anomalyToJSON(resp.GetAnomaly()), Decisions: anomalyDecisionsToJSON(resp.GetDecisions()), TimeZone: resp.GetTimeZone(),
					})
				}
				a.printAnomaly(resp, a.pagesOf(ctx, c, resp.GetAnomaly()), o)
				return nil
			})
		},
	}
	o.add(cmd)
	cmd.Flags().StringVarP(&output, "output", "o", asTable, "print as `FORM`: table or json")
	return cmd
}

// pagesOf reads the pages of an anomaly. One that cannot be read is known by
// its name only.
func (a *app) pagesOf(ctx context.Context, c client, x *pb.Anomaly) []*pb.Page {
	names := x.GetPages()
	var all []*pb.Page
	for _, name := range names[:min(len(names), mostPages)] {
		resp, err := c.pages.GetPage(ctx, &pb.GetPageRequest{Name: name})
		if err != nil {
			all = append(all, &pb.Page{Name: name})
			continue
		}
		all = append(all, resp.GetPage())
	}
	return all
}

func (a *app) printAnomaly(resp *pb.GetAnomalyResponse, pages []*pb.Page, o lookFlags) {
	x, s := resp.GetAnomaly(), a.style()
	f := frameOf(x.GetWindow(), resp.GetTimeZone())
	a.indented(0, s.bold, chartText(x.GetChart()))
	writeLine(a.stdout, fmt.Sprintf("%s, %s, %s", clean(x.GetId()), clean(x.GetContext()), clean(x.GetState())))
	lasted := fmt.Sprintf("%s to %s, %s", when(f.start, f.zone), when(f.end, f.zone), span(f.end.Sub(f.start)))
	if x.GetOngoing() {
		lasted = fmt.Sprintf("since %s, still going on at %s", when(f.start, f.zone), when(f.end, f.zone))
	}
	writeLine(a.stdout, lasted+", "+f.zone.String())
	writeLine(a.stdout, "")
	a.indented(2, nil, bounded(orElse(x.GetText(), x.GetKind())))
	for _, text := range x.GetBecause() {
		a.indented(2, nil, bounded(text))
	}
	if x.GetAgain() != "" {
		a.indented(2, nil, bounded(x.GetAgain()))
	}
	plots := x.GetPlots()
	for _, p := range plots[:min(len(plots), mostPlots)] {
		a.printPlot(p, x.GetChart().GetUnit(), f.zone)
	}
	a.printAnomalySeries(x, f.zone)
	a.printAnomalyPages(x, pages, f.zone)
	a.printChart(x.GetChart())
	if len(resp.GetDecisions()) > 0 {
		writeLine(a.stdout, "")
		writeLine(a.stdout, s.bold("DECISIONS ABOUT THE CHART"))
		a.printDecisionLines(resp.GetDecisions(), f.zone)
	}
	a.printAnomalyNext(x, o)
}

// printAnomalySeries prints what was measured of each series.
func (a *app) printAnomalySeries(x *pb.Anomaly, zone *time.Location) {
	all, unit := x.GetSeries(), x.GetChart().GetUnit()
	if len(all) == 0 {
		return
	}
	s := a.style()
	writeLine(a.stdout, "")
	writeLine(a.stdout, s.bold("SERIES"))
	t := table{columns: []column{
		{head: "SERIES", flex: true, min: 20},
		{head: "FROM"},
		{head: "FOR", right: true},
		{head: "MEASURED", right: true},
		{head: "USUAL", right: true},
		{head: "SCORE", right: true, drop: 2},
		{head: "KIND", drop: 1},
	}}
	for _, m := range all[:min(len(all), mostSeries)] {
		t.row(bounded(m.GetName()), when(m.GetWindow().GetStartTime().AsTime(), zone), span(lengthOf(m.GetWindow())), lookback.Amount(m.GetValue(), unit),
			usualText(m, unit), fmt.Sprintf("%.1f", m.GetScore()), clean(m.GetKind()))
	}
	t.print(a.stdout, s, "  ", a.terminalWidth())
	a.indented(2, s.dim, "score: how far from usual the peak was, in multiples of how much the series usually strays")
	if n := len(all) - mostSeries; n > 0 {
		writeLine(a.stdout, s.dim(fmt.Sprintf("  and %d more series: -o json has them", n)))
	}
}

// usualText is the band of what is usual.
func usualText(m *pb.AnomalySeries, unit string) string {
	if m.GetLow() == 0 && m.GetHigh() == 0 {
		return lookback.Amount(m.GetUsual(), unit)
	}
	return lookback.Amount(m.GetLow(), unit) + " to " + lookback.Amount(m.GetHigh(), unit)
}

func (a *app) printAnomalyPages(x *pb.Anomaly, pages []*pb.Page, zone *time.Location) {
	if len(pages) == 0 {
		return
	}
	s := a.style()
	writeLine(a.stdout, "")
	writeLine(a.stdout, s.bold("PAGES"))
	for _, p := range pages {
		text := clean(p.GetName())
		if p.GetTriggerTime() != nil {
			text = when(p.GetTriggerTime().AsTime(), zone) + "  " + text + "  " + bounded(p.GetTitle())
		}
		a.indented(2, nil, text)
		if p.GetUrl() != "" {
			a.indented(4, s.dim, bounded(p.GetUrl()))
		}
	}
	if n := len(x.GetPages()) - len(pages); n > 0 {
		writeLine(a.stdout, s.dim("  and "+plural(n, "more page")))
	}
}

// chartLabel is how many cells the name of a chart's field takes.
const chartLabel = 12

// printChart prints what is looked at.
func (a *app) printChart(c *pb.Chart) {
	writeLine(a.stdout, "")
	writeLine(a.stdout, a.style().bold("CHART"))
	field := func(name, value string) {
		if value == "" {
			return
		}
		for i, line := range wrap(value, a.terminalWidth()-chartLabel-2) {
			if i > 0 {
				name = ""
			}
			writeLine(a.stdout, "  "+name+strings.Repeat(" ", max(chartLabel-ansi.StringWidth(name), 1))+line)
		}
	}
	field("key", bounded(c.GetKey()))
	field("row", bounded(c.GetRow()))
	field("service", bounded(c.GetService()))
	field("source", bounded(c.GetSource()))
	for _, q := range c.GetQueries() {
		field("query "+fit(clean(q.GetName()), 5), bounded(q.GetText()))
	}
	for _, key := range c.GetAlso() {
		field("also on", bounded(key))
	}
	field("url", bounded(c.GetUrl()))
}

// printAnomalyNext says what can be decided.
func (a *app) printAnomalyNext(x *pb.Anomaly, o lookFlags) {
	id, flags := shellWord(clean(x.GetId())), o.words()
	writeLine(a.stdout, "")
	if x.GetState() != "open" {
		writeLine(a.stdout, "to take that back: opsreview anomaly reopen "+id+flags)
		return
	}
	writeLine(a.stdout, "nothing to do: opsreview anomaly dismiss "+id+flags+" --reason TEXT")
	writeLine(a.stdout, "needs work:    opsreview anomaly accept "+id+flags)
}
