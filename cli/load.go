package cli

import (
	"context"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	pb "opsreview/proto/opsreview/v1"
)

func (a *app) loadCommand() *cobra.Command {
	return noun("load", "How heavy the load on each responder is", a.loadShowCommand())
}

func (a *app) loadShowCommand() *cobra.Command {
	var scope scopeFlags
	var output string
	var vendors bool
	cmd := &cobra.Command{
		Use:   "show",
		Short: "Show each responder's load, breaches of limits first",
		Example: `  # Last week, everybody.
  opsreview load show

  # One team, the last four weeks, for a spreadsheet.
  opsreview load show --team secrets --last 4w -o csv`,
		Args: args(cobra.NoArgs, "no arguments"),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := checkOutput(output, asTable, asJSON, asCSV); err != nil {
				return err
			}
			return a.withClient(cmd.Context(), func(ctx context.Context, c client) error {
				resp, err := c.loads.GetLoad(ctx, &pb.GetLoadRequest{Team: scope.team, Window: scope.selector()})
				if err != nil {
					return err
				}
				return a.printLoad(resp, output, vendors)
			})
		},
	}
	scope.add(cmd)
	cmd.Flags().StringVarP(&output, "output", "o", asTable, "print as `FORM`: table, json or csv")
	cmd.Flags().BoolVar(&vendors, "vendor-definitions", false, "also show response times as other vendors define them")
	return cmd
}

func (a *app) printLoad(resp *pb.GetLoadResponse, output string, vendors bool) error {
	switch output {
	case asJSON:
		return printJSON(a.stdout, loadReportToJSON(resp))
	case asCSV:
		rows := make([][]string, len(resp.GetLoads()))
		for i, l := range resp.GetLoads() {
			rows[i] = loadCSV(l)
		}
		return printCSV(a.stdout, loadCSVHead, rows)
	}
	f := frameOf(resp.GetWindow(), resp.GetTimeZone())
	s, width := a.style(), a.terminalWidth()
	writeLine(a.stdout, s.bold("load"+teamTitle(resp.GetTeam()))+"  "+f.String())
	writeLine(a.stdout, "")
	a.printResponders(resp.GetLoads(), resp.GetAggregate(), resp.GetWithheld(), 20)
	printResponse(a.stdout, resp.GetResponse(), width)
	if vendors {
		printVendors(a.stdout, s, resp.GetVendorResponses(), width)
	}
	printGaps(a.stdout, s, resp.GetGaps(), width)
	return nil
}

func teamTitle(team string) string {
	if team == "" {
		return " of everybody"
	}
	return " of team " + clean(team)
}

// printResponders prints the loads that are told, and what is told of the others,
// with at most some pages of each breach.
func (a *app) printResponders(loads []*pb.Load, sum *pb.LoadAggregate, withheld string, pages int) {
	if len(loads) > 0 || withheld == "" {
		printLoads(a.stdout, a.style(), loads, a.terminalWidth(), pages)
	}
	printWithheld(a.stdout, sum, withheld, a.terminalWidth())
}

// printLoads prints the responders' table and, below it, each breach with at
// most some of the pages that caused it.
func printLoads(w io.Writer, s style, loads []*pb.Load, width, pages int) {
	if len(loads) == 0 {
		writeLine(w, "  nobody was on call or notified")
		return
	}
	t := table{columns: []column{
		{head: "RESPONDER", flex: true, min: 12},
		{head: "PAGES", right: true},
		{head: "ELSEWHERE", right: true, drop: 3},
		{head: "INTERRUPTED", right: true},
		{head: "OFF HRS", right: true, drop: 1},
		{head: "HOURS", right: true, drop: 2},
		{head: "NIGHTS", right: true},
		{head: "MAX/12H", right: true},
		{head: "ENGAGED", right: true},
		{head: "ON CALL", right: true},
	}}
	for _, l := range loads {
		in := l.GetInterruptions()
		t.row(clean(l.GetPerson().GetDisplayName()), fmt.Sprint(l.GetPages()), dash(l.GetPagesElsewhere()),
			interrupted(in), classCount(in, in.GetOffHours()), known(l.InterruptedHours),
			known(l.BrokenNights), fmt.Sprint(l.GetMostPagesPerShift()), span(l.GetEngaged().AsDuration()), onCall(l))
		if len(l.GetBreaches()) > 0 {
			t.mark()
		}
	}
	t.print(w, s, "  ", width)
	for _, l := range loads {
		for _, b := range l.GetBreaches() {
			printBreach(w, s, l, b, width, pages)
		}
	}
}

func printBreach(w io.Writer, s style, l *pb.Load, b *pb.Breach, width, most int) {
	text := fmt.Sprintf("%s: %s", clean(l.GetPerson().GetDisplayName()), clean(b.GetText()))
	if len(b.GetPages()) > 0 {
		text += ": " + strings.Join(cleanAll(some(b.GetPages(), most)), " ")
	}
	for i, line := range wrap(text, width-4) {
		lead := "    "
		if i == 0 {
			lead = "  ! "
		}
		writeLine(w, s.warn(lead+line))
	}
}

// some returns the first n names and says how many more there are.
func some(names []string, n int) []string {
	if len(names) <= n {
		return names
	}
	return append(append([]string{}, names[:n]...), fmt.Sprintf("and %d more", len(names)-n))
}

func cleanAll(texts []string) []string {
	out := make([]string, len(texts))
	for i, t := range texts {
		out[i] = clean(t)
	}
	return out
}

func total(in *pb.Interruptions) int32 {
	return in.GetBusiness() + in.GetOffHours() + in.GetSleep() + in.GetUnknown()
}

// interrupted is a count of interruptions, and how many of them fell in sleep
// hours: "12 (3 asleep)".
func interrupted(in *pb.Interruptions) string {
	switch {
	case in.GetSleep() > 0:
		return fmt.Sprintf("%d (%d asleep)", total(in), in.GetSleep())
	case in.GetUnknown() > 0:
		return fmt.Sprintf("%d (? asleep)", total(in))
	}
	return fmt.Sprint(total(in))
}

// classCount is the count of one class, or "?" where the person's zone is
// unknown and no class is.
func classCount(in *pb.Interruptions, n int32) string {
	if in.GetUnknown() > 0 && n == 0 {
		return "?"
	}
	return fmt.Sprint(n)
}

// known is a count, or "?" where it is not known.
func known(n *int32) string {
	if n == nil {
		return "?"
	}
	return fmt.Sprint(*n)
}

func dash(n int32) string {
	if n == 0 {
		return "–"
	}
	return fmt.Sprint(n)
}

func onCall(l *pb.Load) string {
	if l.GetOnCall() == nil {
		return "?"
	}
	return fmt.Sprintf("%.0f %%", 100*l.GetOnCallShare())
}

// printResponse prints how quickly people answered, with what is left out.
func printResponse(w io.Writer, r *pb.Response, width int) {
	line := func(lead, text string) {
		for _, l := range wrap(text, width-16) {
			writeLine(w, fmt.Sprintf("  %-13s %s", lead, l))
			lead = ""
		}
	}
	writeLine(w, "")
	line("acknowledged", spreadText(r.GetAcknowledge(), r.GetNeverAcknowledged(), "never acknowledged"))
	resolved := spreadText(r.GetResolve(), r.GetUnresolved(), "still open")
	if n := r.GetMerged(); n > 0 {
		resolved += fmt.Sprintf("; %d merged into others, not in it", n)
	}
	line("resolved", resolved)
}

func spreadText(s *pb.Spread, excluded int32, why string) string {
	text := "no page"
	if s != nil {
		text = fmt.Sprintf("median %s, p90 %s, mean %s over %s",
			span(s.GetMedian().AsDuration()), span(s.GetP90().AsDuration()), span(s.GetMean().AsDuration()), plural(s.GetCount(), "page"))
	}
	if excluded > 0 {
		text += fmt.Sprintf("; %d %s, not in it", excluded, why)
	}
	return text
}

func printVendors(w io.Writer, s style, vendors []*pb.VendorResponse, width int) {
	writeLine(w, "")
	writeLine(w, s.bold("  RESPONSE AS OTHERS DEFINE IT"))
	t := table{columns: []column{{head: "VENDOR"}, {head: "MEAN", right: true}, {head: "MEDIAN", right: true}, {head: "PAGES", right: true}, {head: "DEFINITION", flex: true}}}
	for _, v := range vendors {
		if v.GetSpread() == nil {
			t.row(clean(v.GetVendor()), "–", "–", "0", clean(v.GetDefinition()))
			continue
		}
		t.row(clean(v.GetVendor()), span(v.GetSpread().GetMean().AsDuration()), span(v.GetSpread().GetMedian().AsDuration()),
			fmt.Sprint(v.GetSpread().GetCount()), clean(v.GetDefinition()))
	}
	t.print(w, s, "  ", width)
	for _, v := range vendors {
		if v.GetEngage() != nil {
			writeLine(w, "  "+clean(v.GetVendor())+" engage: "+spreadText(v.GetEngage(), 0, ""))
		}
		if v.GetMobilize() != nil {
			writeLine(w, "  "+clean(v.GetVendor())+" mobilize: "+spreadText(v.GetMobilize(), 0, ""))
		}
	}
}

// printGaps prints what could not be computed, and why.
func printGaps(w io.Writer, s style, gaps []*pb.Gap, width int) {
	if len(gaps) == 0 {
		return
	}
	writeLine(w, "")
	writeLine(w, s.bold("COULD NOT BE COMPUTED"))
	for _, g := range joinGaps(gaps) {
		for i, line := range wrap(g, width-4) {
			lead := "    "
			if i == 0 {
				lead = "  - "
			}
			writeLine(w, lead+line)
		}
	}
}

// joinGaps returns a line for each gap; those that say the same of several
// people or things share one.
func joinGaps(gaps []*pb.Gap) []string {
	var texts []string
	subjects := map[string][]string{}
	for _, g := range gaps {
		text := clean(g.GetText())
		if len(subjects[text]) == 0 {
			texts = append(texts, text)
		}
		subjects[text] = append(subjects[text], bounded(g.GetSubject()))
	}
	for i, text := range texts {
		texts[i] = strings.Join(some(subjects[text], 12), ", ") + ": " + text
	}
	return texts
}
