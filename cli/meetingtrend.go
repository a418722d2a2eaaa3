package cli

import (
	"context"
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	pb "opsreview/proto/opsreview/v1"
)

func (a *app) meetingTrendsCommand() *cobra.Command {
	var m meetingFlags
	var reviews int32
	cmd := &cobra.Command{
		Use:   "trends",
		Short: "Line up the numbers of past reviews, as their meetings saw them",
		Example: `  opsreview review trends --team secrets
  opsreview review trends --team secrets --reviews 26 -o csv`,
		Args: args(cobra.NoArgs, "no arguments"),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := checkOutput(m.output, asTable, asJSON, asCSV); err != nil {
				return err
			}
			if reviews < 1 {
				return usagef("--reviews %d is not a number of reviews", reviews)
			}
			return a.withClient(cmd.Context(), func(ctx context.Context, c client) error {
				resp, err := c.meetings.ListTrends(ctx, &pb.ListTrendsRequest{Team: m.team, Reviews: reviews})
				if err != nil {
					return err
				}
				return a.printTrends(resp.GetTrends(), m)
			})
		},
	}
	m.addTeam(cmd)
	m.addOutput(cmd, "table, json or csv")
	cmd.Flags().Int32Var(&reviews, "reviews", 12, "the last `N` closed reviews")
	return cmd
}

func (a *app) printTrends(all []*pb.Trend, m meetingFlags) error {
	switch m.output {
	case asJSON:
		out := make([]trendJSON, len(all))
		for i, t := range all {
			out[i] = trendToJSON(t)
		}
		return printJSON(a.stdout, out)
	case asCSV:
		var rows [][]string
		for _, t := range all {
			for _, p := range t.GetPoints() {
				value := ""
				if p.Value != nil {
					value = strconv.FormatFloat(p.GetValue(), 'g', -1, 64)
				}
				rows = append(rows, []string{t.GetId(), t.GetDisplayName(), t.GetUnit(), p.GetMeeting(), p.GetWeek(), csvTime(p.GetStartTime()), value, fmt.Sprint(p.GetVersion())})
			}
		}
		return printCSV(a.stdout, []string{"id", "name", "unit", "review", "week", "start", "value", "version"}, rows)
	}
	if len(all) == 0 {
		writeLine(a.stdout, "no review"+teamTitle(m.team)+" was closed yet: trends begin with the first")
		return nil
	}
	points := all[0].GetPoints()
	t := table{columns: []column{{head: "NUMBER", flex: true, min: 16}, {head: "TREND"}, {head: "FIRST", right: true}, {head: "BEFORE", right: true}, {head: "LAST", right: true}, {head: "UNIT", drop: 1}}}
	for _, x := range all {
		p := x.GetPoints()
		first, before, last := "–", "–", "–"
		if n := len(p); n > 0 {
			first, last = trendValue(p[0], x.GetUnit()), trendValue(p[n-1], x.GetUnit())
			if n > 1 {
				before = trendValue(p[n-2], x.GetUnit())
			}
		}
		t.row(bounded(orElse(x.GetDisplayName(), x.GetId())), trendLine(p), first, before, last, clean(x.GetUnit()))
	}
	if n := len(points); n > 0 {
		a.indented(0, nil, fmt.Sprintf("%s%s, from %s to %s", plural(n, "review"), teamTitle(m.team), clean(points[0].GetMeeting()), clean(points[n-1].GetMeeting())))
	}
	t.print(a.stdout, a.style(), "", a.terminalWidth())
	for _, x := range all {
		if x.GetText() != "" {
			writeWrapped(a.stdout, "  ", bounded(x.GetText()), a.terminalWidth())
		}
	}
	return nil
}

// trendValue is one review's number, a dash where it is not known.
func trendValue(p *pb.TrendPoint, unit string) string {
	value := p.GetValue()
	switch {
	case p.Value == nil:
		return "–"
	case unit == "share":
		return strconv.FormatFloat(100*value, 'f', 1, 64) + " %"
	case unit == "min":
		return strconv.FormatFloat(value, 'f', 0, 64)
	}
	return strings.TrimSuffix(strings.TrimRight(strconv.FormatFloat(value, 'f', 2, 64), "0"), ".")
}

// trendLine draws numbers from nothing to the largest of them.
func trendLine(points []*pb.TrendPoint) string {
	most := 0.0
	for _, p := range points {
		most = math.Max(most, p.GetValue())
	}
	var b strings.Builder
	for _, p := range points {
		switch {
		case p.Value == nil:
			b.WriteRune(sparkUnknown)
		case most <= 0:
			b.WriteRune(sparkBlocks[0])
		default:
			n := len(sparkBlocks)
			b.WriteRune(sparkBlocks[min(max(int(math.Ceil(p.GetValue()/most*float64(n)))-1, 0), n-1)])
		}
	}
	return b.String()
}

func (a *app) meetingPickCommand() *cobra.Command {
	var scope scopeFlags
	var seed, output string
	var away []string
	cmd := &cobra.Command{
		Use:   "pick",
		Short: "Pick who presents and who leads, fairly",
		Long: `Pick two people of the team: who has not presented for long is more likely, and who was last
is not picked again. The same seed picks the same people; without one the window is it, so that
asking again does not change the answer.`,
		Example: `  opsreview review pick --team secrets
  opsreview review pick --team secrets --away Ada --seed "the coin of monday"`,
		Args: args(cobra.NoArgs, "no arguments"),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := checkOutput(output, asTable, asJSON); err != nil {
				return err
			}
			req := &pb.PickPeopleRequest{Team: scope.team, Window: scope.selector(), Seed: seed, Away: away}
			return a.withClient(cmd.Context(), func(ctx context.Context, c client) error {
				resp, err := c.meetings.PickPeople(ctx, req)
				if err != nil {
					return err
				}
				if output == asJSON {
					return printJSON(a.stdout, pickToJSON(resp))
				}
				a.printPick(resp, scope)
				return nil
			})
		},
	}
	scope.add(cmd)
	cmd.Flags().StringVar(&seed, "seed", "", "pick by this `TEXT` (default the window's)")
	cmd.Flags().StringSliceVar(&away, "away", nil, "`NAME` is not there; may be repeated")
	cmd.Flags().StringVarP(&output, "output", "o", asTable, "print as `FORM`: table or json")
	return cmd
}

func (a *app) printPick(resp *pb.PickPeopleResponse, scope scopeFlags) {
	a.indented(0, a.style().bold, fmt.Sprintf("%s presents, %s leads", bounded(resp.GetPresenter()), bounded(resp.GetFacilitator())))
	a.indented(0, nil, fmt.Sprintf("picked with the seed %q: the same seed picks the same people", bounded(resp.GetSeed())))
	total := 0.0
	for _, w := range resp.GetWeights() {
		total += w.GetWeight()
	}
	t := table{columns: []column{{head: "CHANCE", right: true}, {head: "PERSON", flex: true, min: 10}, {head: "WHY", flex: true, min: 10}}}
	for _, w := range resp.GetWeights() {
		chance := "–"
		if total > 0 {
			chance = fmt.Sprintf("%.0f %%", 100*w.GetWeight()/total)
		}
		t.row(chance, bounded(w.GetPerson()), bounded(w.GetWhy()))
	}
	t.print(a.stdout, a.style(), "  ", a.terminalWidth())
	s := scope.spec
	writeLine(a.stdout, "open it with them: "+a.sayAgain("review open", word{"team", scope.team}, word{"week", s.Week}, word{"from", s.From}, word{"to", s.To}, word{"last", s.Last},
		word{"facilitator", resp.GetFacilitator()}, word{"presenter", resp.GetPresenter()}))
}
