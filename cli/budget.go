package cli

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	pb "opsreview/proto/opsreview/v1"
	"opsreview/slo"
)

func (a *app) budgetCommand() *cobra.Command {
	return noun("budget", "Where error budgets went, and what people were paged for",
		a.budgetShowCommand(), a.budgetEpisodesCommand(),
		a.budgetCorrectCommand(), a.budgetCorrectionsCommand(), a.budgetUncorrectCommand(), a.budgetCheckCommand())
}

// share is a share in percent, with as many digits as tell something: "136.9 %",
// "0.023 %".
func share(x float64) string {
	if x == 1 {
		return "100 %"
	}
	return shareTo(x, decimals(x))
}

// decimals is how many digits after the point a share in percent needs.
func decimals(x float64) int {
	p := math.Abs(100 * x)
	switch {
	case p == 0:
		return 0
	case p >= 0.995:
		return 1
	case p >= 0.0995:
		return 2
	}
	return 3
}

func shareTo(x float64, digits int) string {
	text := strconv.FormatFloat(100*x, 'f', digits, 64)
	if x != 0 && strings.Trim(text, "-0.") == "" {
		return "< " + strings.TrimPrefix(text[:len(text)-1], "-") + "1 %"
	}
	return text + " %"
}

// amount is a number of events or slices: "25,775,820", "12.5".
func amount(x float64) string { return slo.Amount(x) }

// rate is a burn rate: "14.4×".
func rate(x float64) string {
	digits := 2
	switch {
	case x == 0 || x >= 99.95:
		digits = 0
	case x >= 9.995:
		digits = 1
	}
	return strconv.FormatFloat(x, 'f', digits, 64) + "×"
}

// target is what is promised: "99.95 %".
func target(x float64) string {
	return strconv.FormatFloat(math.Round(x*1e8)/1e6, 'f', -1, 64) + " %"
}

// objectiveText says what is promised of what.
func objectiveText(o *pb.SLOObjective) string {
	switch o.GetBudgetingMethod() {
	case "Timeslices":
		return fmt.Sprintf("%s of the slices of %s good, each with at least %s of its events good",
			target(o.GetTarget()), span(o.GetSlice().AsDuration()), target(o.GetSliceTarget()))
	case "RatioTimeslices":
		return fmt.Sprintf("%s good, as the mean of slices of %s", target(o.GetTarget()), span(o.GetSlice().AsDuration()))
	}
	return target(o.GetTarget()) + " of the events good"
}

// left is what remains of a budget, in a table.
func left(b *pb.Budget) string {
	switch b.GetStatus() {
	case pb.BudgetStatus_BUDGET_STATUS_NO_DATA:
		return "no data"
	case pb.BudgetStatus_BUDGET_STATUS_NO_TRAFFIC:
		return "no traffic"
	case pb.BudgetStatus_BUDGET_STATUS_OVERSPENT:
		return share(-b.GetRemaining()) + " over"
	case pb.BudgetStatus_BUDGET_STATUS_OK:
		return share(b.GetRemaining())
	}
	return "?"
}

// leftText is what remains of a budget, in a sentence.
func leftText(b *pb.Budget) string {
	switch b.GetStatus() {
	case pb.BudgetStatus_BUDGET_STATUS_OVERSPENT:
		return "overspent by " + share(-b.GetRemaining())
	case pb.BudgetStatus_BUDGET_STATUS_OK:
		return share(b.GetRemaining()) + " left"
	}
	return left(b)
}

// counted reports whether a budget has numbers to show.
func counted(b *pb.Budget) bool {
	s := b.GetStatus()
	return s == pb.BudgetStatus_BUDGET_STATUS_OK || s == pb.BudgetStatus_BUDGET_STATUS_OVERSPENT
}

// ofTotal is the numerator and the denominator: "35,291 bad of 25,775,820 events".
func ofTotal(bad, total float64, unit string) string {
	return fmt.Sprintf("%s bad of %s %s", amount(bad), amount(total), clean(unit))
}

// longest is the longest time that a budget is said to last.
const longest = 365 * 24 * time.Hour

// lasts is how long the rest of the 30-day budget lasts at the rate of now, or
// why nobody says.
func lasts(st *pb.SLOStanding) string {
	switch {
	case st.GetMonth().GetStatus() == pb.BudgetStatus_BUDGET_STATUS_OVERSPENT:
		return "spent"
	case st.GetExhaustion() == nil:
		return "–"
	case st.GetExhaustion().AsDuration() > longest:
		return "> 1 year"
	}
	d := st.GetExhaustion().AsDuration()
	if d >= 10*24*time.Hour {
		return plural(int32(d/(24*time.Hour)), "day")
	}
	return span(d)
}

// zoneOf is the zone of a response, UTC where this machine does not know it.
func zoneOf(name string) *time.Location {
	if loc, err := time.LoadLocation(name); err == nil {
		return loc
	}
	return time.UTC
}

// labelled writes a text after a name in a column of its own; a text without
// one goes on from the line before.
func (a *app) labelled(name, text string) {
	const indent = 14
	for _, line := range wrap(text, a.terminalWidth()-indent-2) {
		writeLine(a.stdout, strings.TrimRight(fmt.Sprintf("  %-*s %s", indent-1, name, line), " "))
		name = ""
	}
}
