package cli

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	pb "opsreview/proto/opsreview/v1"
)

func (a *app) anomalyCommand() *cobra.Command {
	return noun("anomaly", "What looks weird on the dashboards",
		a.anomalyListCommand(), a.anomalyShowCommand(), a.anomalyDismissCommand(), a.anomalyAcceptCommand(), a.anomalyReopenCommand(), a.anomalyDecisionsCommand())
}

// lookFlags say which look back is meant: it ends where a team's window ends.
type lookFlags struct {
	scope scopeFlags
	back  string
}

func (o *lookFlags) add(cmd *cobra.Command) {
	o.scope.add(cmd)
	cmd.Flags().StringVar(&o.back, "look-back", "", "look back over `SPAN` from the window's end, such as 14d (default the configuration's)")
}

// words are the flags again, for a command to copy that means the same look
// back.
func (o *lookFlags) words() string {
	var b strings.Builder
	for _, f := range []struct{ name, value string }{
		{"team", o.scope.team},
		{"week", o.scope.spec.Week},
		{"from", o.scope.spec.From},
		{"to", o.scope.spec.To},
		{"last", o.scope.spec.Last},
		{"look-back", o.back},
	} {
		if f.value != "" {
			b.WriteString(" --" + f.name + " " + shellWord(clean(f.value)))
		}
	}
	return b.String()
}

func (a *app) anomalyListCommand() *cobra.Command {
	var o lookFlags
	req := &pb.ListAnomaliesRequest{}
	var output string
	cmd := &cobra.Command{
		Use:   "list",
		Short: "List what looks weird on the dashboards, what nobody knows of first",
		Long: `Look back from the end of a window over what the dashboards and queries of the
configuration show (docs/anomalies.md). An anomaly is paged if somebody was paged for
its service then, explained if an incident, burn or announced work overlaps it, and
unexplained otherwise.`,
		Example: `  opsreview anomaly list --team secrets

  # What nobody knows of, in four weeks, for a program.
  opsreview anomaly list --team secrets --look-back 4w --context unexplained -o json`,
		Args: args(cobra.NoArgs, "no arguments"),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := checkOutput(output, asTable, asJSON, asCSV); err != nil {
				return err
			}
			if req.GetContext() != "" && !slices.Contains(contexts, req.GetContext()) {
				return usagef("--context %s: choose %s", clean(req.GetContext()), orList(contexts))
			}
			req.Team, req.Window, req.LookBack = o.scope.team, o.scope.selector(), o.back
			return a.withClient(cmd.Context(), func(ctx context.Context, c client) error {
				resp, err := c.anomalies.ListAnomalies(ctx, req)
				if err != nil {
					return err
				}
				if l := resp.GetLookBack(); output == asTable && req.GetService() != "" && l.GetCharts() == 0 && !nothingLookedAt(l) {
					a.indented(0, nil, "no chart of the service "+fmt.Sprintf("%q", bounded(req.GetService()))+" was looked at: opsreview dashboard charts tells of which service each is")
					return nil
				}
				return a.printAnomalies(resp.GetLookBack(), o, output)
			})
		},
	}
	o.add(cmd)
	f := cmd.Flags()
	f.StringVar(&req.Context, "context", "", "only those that are `CONTEXT`: unexplained, paged or explained")
	f.StringVar(&req.Service, "service", "", "only those of `SERVICE`")
	f.BoolVar(&req.All, "all", false, "dismissed ones too, and those beyond the most that a review shows")
	f.StringVarP(&output, "output", "o", asTable, "print as `FORM`: table, json or csv")
	return cmd
}

// contexts are whether anybody knows of an anomaly.
var contexts = []string{"unexplained", "paged", "explained"}

func (a *app) printAnomalies(l *pb.LookBack, o lookFlags, output string) error {
	switch output {
	case asJSON:
		return printJSON(a.stdout, orNoLookBack(l))
	case asCSV:
		rows := make([][]string, len(l.GetAnomalies()))
		for i, x := range l.GetAnomalies() {
			rows[i] = anomalyCSV(x)
		}
		return printCSV(a.stdout, anomalyCSVHead, rows)
	}
	if nothingLookedAt(l) {
		a.printNoCharts()
		return nil
	}
	s, f := a.style(), frameOf(l.GetWindow(), l.GetTimeZone())
	a.indented(0, s.bold, "what looks weird on the dashboards"+forTeam(o.scope.team))
	writeLine(a.stdout, f.String())
	writeLine(a.stdout, "")
	if len(l.GetAnomalies()) == 0 {
		a.indented(0, nil, lookedText(l))
	} else {
		a.printAnomalyTable(l.GetAnomalies(), f)
		writeLine(a.stdout, "")
		a.indented(0, nil, lookedText(l))
		a.printMoreAnomalies(l, 0, o.words())
		first := clean(l.GetAnomalies()[0].GetId())
		writeLine(a.stdout, s.dim("opsreview anomaly show "+first+o.words()+" draws the first"))
	}
	a.printSkipped(l, 0)
	return nil
}

// printAnomalyTable prints a row for each anomaly and, below it, the sentence,
// which says nothing once it is cut.
func (a *app) printAnomalyTable(all []*pb.Anomaly, f frame) {
	s, width := a.style(), a.terminalWidth()
	t := table{columns: []column{
		{head: "ID"}, {head: "WHEN"}, {head: "FOR", right: true, drop: 1}, {head: "CHART", flex: true, min: 16}, {head: "CONTEXT"}, {head: "STATE"},
	}}
	for _, x := range all {
		t.row(clean(x.GetId()), when(x.GetWindow().GetStartTime().AsTime(), f.zone), lastedText(x), chartText(x.GetChart()),
			clean(x.GetContext()), clean(x.GetState()))
	}
	var buf bytes.Buffer
	t.print(&buf, s, "", width)
	rows := strings.Split(strings.TrimSuffix(buf.String(), "\n"), "\n")
	writeLine(a.stdout, rows[0])
	for i, x := range all {
		row := rows[i+1]
		if x.GetContext() == "unexplained" && x.GetState() == "open" {
			row = s.warn(row)
		}
		writeLine(a.stdout, row)
		a.indented(anomalyIndent, nil, bounded(orElse(x.GetText(), x.GetKind())))
		for _, text := range x.GetBecause() {
			a.indented(anomalyIndent, s.dim, bounded(text))
		}
	}
}

// anomalyIndent is how far in what there is to say of an anomaly begins: below
// the second column.
const anomalyIndent = 4

// lastedText is how long an anomaly went on.
func lastedText(x *pb.Anomaly) string {
	if x.GetOngoing() {
		return "ongoing"
	}
	return span(lengthOf(x.GetWindow()))
}

// lengthOf is how long a window is.
func lengthOf(w *pb.Window) time.Duration {
	return w.GetEndTime().AsTime().Sub(w.GetStartTime().AsTime())
}

// chartText names a chart, with the dashboard that it is on.
func chartText(c *pb.Chart) string {
	name := bounded(orElse(c.GetTitle(), c.GetKey()))
	if on := bounded(c.GetDashboard()); on != "" {
		name += " (" + on + ")"
	}
	return name
}

// lookedText is a look back in one sentence.
func lookedText(l *pb.LookBack) string {
	text := "nothing looks weird"
	listed, unexplained := 0, 0
	for _, x := range l.GetAnomalies() {
		if x.GetState() == "dismissed" {
			continue
		}
		listed++
		if x.GetContext() == "unexplained" {
			unexplained++
		}
	}
	if n := listed + int(l.GetMoreUnexplained()+l.GetMoreOthers()); n > 0 {
		text = fmt.Sprintf("%s, %d unexplained", plural(n, "anomaly"), unexplained+int(l.GetMoreUnexplained()))
	}
	text += fmt.Sprintf("; %d series of %s looked at", l.GetSeries(), plural(l.GetCharts(), "chart"))
	if n := l.GetDismissed(); n > 0 {
		text += fmt.Sprintf("; %d dismissed", n)
	}
	return text
}

// printMoreAnomalies counts what is not listed and names the command that lists
// it.
func (a *app) printMoreAnomalies(l *pb.LookBack, indent int, flags string) {
	more := l.GetMoreUnexplained() + l.GetMoreOthers()
	if more == 0 {
		return
	}
	text := fmt.Sprintf("and %d more", more)
	if n := l.GetMoreUnexplained(); n > 0 {
		text += fmt.Sprintf(", %d of them unexplained", n)
	}
	writeLine(a.stdout, strings.Repeat(" ", indent)+a.style().dim(text+": opsreview anomaly list --all"+flags))
}

// printSkipped says in one line what was not looked at.
func (a *app) printSkipped(l *pb.LookBack, indent int) {
	all := l.GetSkipped()
	if len(all) == 0 {
		return
	}
	text := "not looked at: " + bounded(all[0].GetSubject()) + ": " + bounded(all[0].GetText())
	if more := len(all) - 1; more > 0 {
		text += fmt.Sprintf("; and %d more: opsreview dashboard charts tells why", more)
	}
	a.indented(indent, a.style().dim, text)
}

// nothingLookedAt reports whether there is no chart to look at.
func nothingLookedAt(l *pb.LookBack) bool {
	return l.GetCharts() == 0 && len(l.GetSkipped()) == 0 && len(l.GetAnomalies()) == 0
}

// printNoCharts says what to write where nothing is looked at.
func (a *app) printNoCharts() {
	a.indented(0, nil, "no chart is looked at: name dashboards: or queries: in opsreview.yaml and sync a Prometheus, or import series with \"source import --as series\" (docs/anomalies.md)")
}
