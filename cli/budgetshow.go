package cli

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	pb "opsreview/proto/opsreview/v1"
)

func (a *app) budgetShowCommand() *cobra.Command {
	var team, at, output string
	var verbose bool
	cmd := &cobra.Command{
		Use:   "show [SLO…]",
		Short: "Show what is left of each SLO's error budget",
		Long: `Show how each SLO stands over the last 30 and 7 days. One SLO by name, or
--verbose, shows the whole statement: what was counted, what was allowed, and how
far it can be trusted.`,
		Example: `  opsreview budget show --team secrets

  # Everything that is known of one.
  opsreview budget show vault/availability

  # As it stood a month ago.
  opsreview budget show --at 2026-10-16`,
		RunE: func(cmd *cobra.Command, slos []string) error {
			if err := checkOutput(output, asTable, asJSON, asCSV); err != nil {
				return err
			}
			return a.withClient(cmd.Context(), func(ctx context.Context, c client) error {
				resp, err := c.budgets.ListBudgets(ctx, &pb.ListBudgetsRequest{Team: team, Slos: slos, At: at})
				if err != nil {
					return err
				}
				return a.printBudgets(resp, team, output, verbose || len(slos) == 1)
			})
		},
	}
	f := cmd.Flags()
	f.StringVar(&team, "team", "", "the SLOs of `TEAM` only (default all)")
	f.StringVar(&at, "at", "", "as they stood at `TIME`, such as 2026-11-09 or 2026-11-09T08:00, on the team's clock (default now)")
	f.BoolVar(&verbose, "verbose", false, "show the whole statement of each SLO")
	f.StringVarP(&output, "output", "o", asTable, "print as `FORM`: table, json or csv")
	return cmd
}

func (a *app) printBudgets(resp *pb.ListBudgetsResponse, team, output string, whole bool) error {
	switch output {
	case asJSON:
		return printJSON(a.stdout, budgetsToJSON(resp))
	case asCSV:
		rows := make([][]string, len(resp.GetStandings()))
		for i, st := range resp.GetStandings() {
			rows[i] = standingCSV(st)
		}
		return printCSV(a.stdout, standingCSVHead, rows)
	}
	s, zone := a.style(), zoneOf(resp.GetTimeZone())
	if len(resp.GetStandings()) == 0 {
		writeLine(a.stdout, "no SLOs"+forTeam(team))
		printGaps(a.stdout, s, resp.GetGaps(), a.terminalWidth())
		return nil
	}
	head := "error budgets" + teamTitle(team)
	if resp.GetAtTime() != nil {
		head = s.bold(head) + "  at " + resp.GetAtTime().AsTime().In(zone).Format("Mon 2006-01-02 15:04") + ", " + zone.String()
	}
	writeLine(a.stdout, head)
	if !whole {
		writeLine(a.stdout, "")
		a.printStandings(resp.GetStandings())
	}
	for _, st := range resp.GetStandings() {
		if whole {
			writeLine(a.stdout, "")
			a.printStanding(st, zone)
		}
	}
	printGaps(a.stdout, s, resp.GetGaps(), a.terminalWidth())
	return nil
}

func forTeam(team string) string {
	if team == "" {
		return ""
	}
	return " of team " + clean(team)
}

// printStandings prints a line for each SLO and, below, what has to be said of
// some in words.
func (a *app) printStandings(standings []*pb.SLOStanding) {
	t := table{columns: []column{
		{head: "SLO", flex: true, min: 18},
		{head: "TARGET", right: true, drop: 2},
		{head: "30 DAYS LEFT", right: true},
		{head: "BURN-DOWN", drop: 1},
		{head: "7 DAYS LEFT", right: true},
		{head: "BURN NOW", right: true},
		{head: "LASTS", right: true},
		{head: "WATCHED", right: true},
	}}
	for _, st := range standings {
		now := "–"
		if st.BurnRate != nil {
			now = rate(st.GetBurnRate())
		}
		t.row(bounded(st.GetSlo().GetName()), target(st.GetObjective().GetTarget()), left(st.GetMonth()),
			sparkline(st.GetBurnDown(), sparkCells), left(st.GetWeek()), now, lasts(st), share(st.GetMonth().GetCoverage()))
		if st.GetMonth().GetStatus() == pb.BudgetStatus_BUDGET_STATUS_OVERSPENT {
			t.mark()
		}
	}
	s, width := a.style(), a.terminalWidth()
	t.print(a.stdout, s, "  ", width)
	for _, st := range standings {
		if text := standingNote(st); text != "" {
			for i, line := range wrap(bounded(st.GetSlo().GetName())+": "+text, width-4) {
				writeLine(a.stdout, s.warn([]string{"  ! ", "    "}[min(i, 1)]+line))
			}
		}
	}
}

// standingNote is what a person has to know before taking the numbers of an
// SLO's line for what they seem; "" for nothing.
func standingNote(st *pb.SLOStanding) string {
	b := st.GetMonth()
	text := ""
	add := func(more string) {
		if text != "" {
			text += "; "
		}
		text += more
	}
	if b.GetStatus() == pb.BudgetStatus_BUDGET_STATUS_OVERSPENT {
		add(fmt.Sprintf("%s, %s in 30 days where %s are allowed", leftText(b), ofTotal(b.GetBad(), b.GetTotal(), b.GetUnit()), amount(b.GetAllowed())))
	}
	if st.GetApproximate() {
		add("approximate, counted from an aggregate")
	}
	if b.GetExcess() > 0 {
		add(fmt.Sprintf("%s more good events than events: somebody counts wrongly", amount(b.GetExcess())))
	}
	if g := b.GetGranularity(); g > 0 {
		add(scarcely(b))
	}
	return text
}

// scarcely says how much one more failure costs where few are allowed.
func scarcely(b *pb.Budget) string {
	if b.GetUnit() == "slices" {
		return fmt.Sprintf("one bad slice costs %s of the budget", share(b.GetGranularity()))
	}
	return fmt.Sprintf("so little traffic that one failure costs %s of the budget", share(b.GetGranularity()))
}

// printStanding prints everything that is known of how an SLO stands.
func (a *app) printStanding(st *pb.SLOStanding, zone *time.Location) {
	slo := st.GetSlo()
	writeLine(a.stdout, a.style().bold(fit(clean(slo.GetName()), a.terminalWidth())))
	if slo.GetTitle() != "" {
		writeWrapped(a.stdout, "  ", bounded(slo.GetTitle()), a.terminalWidth())
	}
	a.labelled("objective", objectiveText(st.GetObjective()))
	a.labelled("service", orElse(bounded(slo.GetService()), "none"))
	a.labelled("counted by", orElse(bounded(slo.GetSource()), "nobody: segments are imported")+approximately(st))
	if slo.GetOrigin() != "" {
		a.labelled("written in", bounded(slo.GetOrigin()))
	}
	a.printBudget("30 days", st.GetMonth(), zone)
	a.printBudget("7 days", st.GetWeek(), zone)
	if counted(st.GetWeek()) && counted(st.GetMonth()) && share(st.GetWeekShare()) != share(st.GetWeek().GetConsumed()) {
		a.labelled("", fmt.Sprintf("the last 7 days burned %s of the 30-day budget, which is another question than %s of a budget of 7 days",
			share(st.GetWeekShare()), share(st.GetWeek().GetConsumed())))
	}
	if st.GetOwn() != nil {
		a.printBudget("its own "+clean(slo.GetWindow()), st.GetOwn(), zone)
	}
	now := "unknown"
	if st.BurnRate != nil {
		now = rate(st.GetBurnRate()) + " in the last hour that is known; 1× spends a budget exactly in its window"
	}
	a.labelled("burn now", now)
	if st.GetExhaustion() != nil {
		a.labelled("lasts", strings.Replace(lasts(st), "> 1 year", "more than a year", 1)+" at that rate, until the 30-day budget is spent")
	}
	if len(st.GetBurnDown()) > 0 {
		a.labelled("burn-down", sparkline(st.GetBurnDown(), 2*sparkCells)+"  through the 30 days")
	}
}

func approximately(st *pb.SLOStanding) string {
	if !st.GetApproximate() {
		return ""
	}
	return ", approximately: from an aggregate, in which what resets and gaps hid is missing"
}

func (a *app) printBudget(name string, b *pb.Budget, zone *time.Location) {
	for _, line := range budgetLines(b, zone) {
		a.labelled(name, line)
		name = ""
	}
}

// budgetLines is the whole statement of a budget.
func budgetLines(b *pb.Budget, zone *time.Location) []string {
	head := leftText(b)
	switch {
	case counted(b):
		head += fmt.Sprintf(": burned %s of it, %s where %s are allowed",
			share(b.GetConsumed()), ofTotal(b.GetBad(), b.GetTotal(), b.GetUnit()), amount(b.GetAllowed()))
	case b.GetStatus() == pb.BudgetStatus_BUDGET_STATUS_NO_TRAFFIC:
		head += ": nothing happened, so nothing is burned"
	default:
		head += ": nothing is known of this window"
	}
	all := []string{head}
	add := func(is bool, format string, args ...any) {
		if is {
			all = append(all, fmt.Sprintf(format, args...))
		}
	}
	w := b.GetWindow()
	add(w != nil, "from %s to %s, watched %s of the time",
		when(w.GetStartTime().AsTime(), zone), when(w.GetEndTime().AsTime(), zone), share(b.GetCoverage()))
	add(b.GetUnknown() > 0 && counted(b), "%s slices unknown: burned %s if all were good, %s if all were bad",
		amount(b.GetUnknown()), share(b.GetConsumedLow()), share(b.GetConsumedHigh()))
	add(b.GetGapBurn() > 0, "of it %s fell into gaps: it happened, but nobody knows when", share(b.GetGapBurn()))
	add(b.GetEdgeError() > 0, "may be off by %s, because what is counted together is cut by the window's ends", share(b.GetEdgeError()))
	add(b.GetCorrected().AsDuration() > 0, "%s taken out by corrections (see budget corrections)", span(b.GetCorrected().AsDuration()))
	add(b.GetExcess() > 0, "%s more good events than events: somebody counts wrongly", amount(b.GetExcess()))
	add(b.GetResets() > 0, "%s of counters, before each of which events are lost", plural(b.GetResets(), "restart"))
	add(b.GetGranularity() > 0, "%s", scarcely(b))
	add(b.GetObjectiveChanged(), "the objective changed in this window; %s is applied to all of it", target(b.GetObjective().GetTarget()))
	return all
}

var standingCSVHead = []string{
	"slo", "service", "target", "method", "status", "unit", "total", "bad", "allowed", "consumed", "remaining", "coverage",
	"week_status", "week_total", "week_bad", "week_allowed", "week_consumed", "week_remaining", "week_coverage", "week_share",
	"burn_rate", "exhaustion_seconds",
}

// standingCSV is one row of budget show -o csv; a cell is empty where the
// number is unknown.
func standingCSV(st *pb.SLOStanding) []string {
	number := func(x float64) string { return strconv.FormatFloat(x, 'f', -1, 64) }
	known := func(ok bool, x float64) string {
		if !ok {
			return ""
		}
		return number(x)
	}
	slo, m, w := st.GetSlo(), st.GetMonth(), st.GetWeek()
	burned := func(b *pb.Budget) bool { return b.GetStatus() != pb.BudgetStatus_BUDGET_STATUS_NO_DATA }
	cells := []string{
		slo.GetName(), slo.GetService(), number(st.GetObjective().GetTarget()), st.GetObjective().GetBudgetingMethod(),
		budgetStatus(m), m.GetUnit(), number(m.GetTotal()), number(m.GetBad()), number(m.GetAllowed()),
		known(burned(m), m.GetConsumed()), known(burned(m), m.GetRemaining()), number(m.GetCoverage()),
		budgetStatus(w), number(w.GetTotal()), number(w.GetBad()), number(w.GetAllowed()),
		known(burned(w), w.GetConsumed()), known(burned(w), w.GetRemaining()), number(w.GetCoverage()),
		known(burned(w) && burned(m), st.GetWeekShare()), known(st.BurnRate != nil, st.GetBurnRate()),
	}
	seconds := ""
	if d := st.GetExhaustion(); d != nil {
		seconds = fmt.Sprintf("%.0f", d.AsDuration().Seconds())
	}
	return append(cells, seconds)
}

// budgetStatus is a status as programs read it: "no_data".
func budgetStatus(b *pb.Budget) string { return enumWord(b.GetStatus().String(), "BUDGET_STATUS_") }
