package cli

import (
	"context"
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"opsreview"
	pb "opsreview/proto/opsreview/v1"
)

// sprintFlags say how much of a sprint is for operational work.
type sprintFlags struct {
	team, share, sprint     string
	capacity, defaultPoints float64
	apply                   bool
	output                  string
}

func (a *app) ticketPlanSprintCommand() *cobra.Command {
	var o sprintFlags
	cmd := &cobra.Command{
		Use:   "plan-sprint",
		Short: "Fill a share of a sprint with the tickets that save most per point",
		Long: `Rank the open tickets by the minutes a week that doing them saves per point, and fill a
share of the sprint's capacity with the best. What does not fit is shown too, and how
often it was passed over. Nothing is moved without --apply.`,
		Example: `  opsreview ticket plan-sprint --share 20% --capacity 40
  opsreview ticket plan-sprint --share 20% --capacity 40 --sprint "OPS 47" --apply`,
		Args: args(cobra.NoArgs, "no arguments"),
		RunE: func(cmd *cobra.Command, _ []string) error {
			req, err := o.request()
			if err != nil {
				return err
			}
			return a.withClient(cmd.Context(), func(ctx context.Context, c client) error {
				resp, err := c.tickets.PlanSprint(ctx, req)
				if err != nil {
					return err
				}
				if o.output == asJSON {
					return printJSON(a.stdout, sprintPlanToJSON(resp))
				}
				a.printSprint(resp, req)
				return nil
			})
		},
	}
	f := cmd.Flags()
	f.StringVar(&o.team, "team", "", "the tickets of `TEAM` only (default all)")
	f.StringVar(&o.share, "share", "20%", "the `SHARE` of the capacity that is for operational work: 20% or 0.2")
	f.Float64Var(&o.capacity, "capacity", 0, "the sprint's capacity in `POINTS`, or whatever tickets are estimated in")
	f.StringVar(&o.sprint, "sprint", "", "the `SPRINT`, by its name or id (default the next one)")
	f.Float64Var(&o.defaultPoints, "default-points", 1, "take tickets without an estimate for `POINTS`")
	f.BoolVar(&o.apply, "apply", false, "move the chosen tickets into the sprint")
	f.StringVarP(&o.output, "output", "o", asTable, "print as `FORM`: table or json")
	return cmd
}

// request checks the flags. It returns an Invalid error for what makes no
// sense.
func (o sprintFlags) request() (*pb.PlanSprintRequest, error) {
	if err := checkOutput(o.output, asTable, asJSON); err != nil {
		return nil, err
	}
	share, err := parseShare(o.share)
	if err != nil {
		return nil, err
	}
	if !(o.capacity > 0) || math.IsInf(o.capacity, 0) {
		return nil, usagef("--capacity says how many points the sprint takes: write --capacity 40")
	}
	if !(o.defaultPoints > 0) || math.IsInf(o.defaultPoints, 0) {
		return nil, usagef("--default-points %v is not a number of points", o.defaultPoints)
	}
	return &pb.PlanSprintRequest{
		Team: o.team, Capacity: o.capacity, Share: share, Sprint: o.sprint, DefaultPoints: o.defaultPoints, Apply: o.apply,
	}, nil
}

// parseShare reads "20%", "20 %" or "0.2".
func parseShare(text string) (float64, error) {
	number, isPercent := strings.CutSuffix(strings.TrimSpace(text), "%")
	x, err := strconv.ParseFloat(strings.TrimSpace(number), 64)
	if isPercent {
		x /= 100
	}
	if err != nil || !(x > 0 && x <= 1) {
		return 0, usagef("--share %q is not a share: write 20%% or 0.2", text)
	}
	return x, nil
}

// pointsText is a number of points: "3", "2.5".
func pointsText(x float64) string { return strconv.FormatFloat(math.Round(x*100)/100, 'f', -1, 64) }

// inPoints is a number of points with its noun.
func inPoints(x float64) string {
	if text := pointsText(x); text != "1" {
		return text + " points"
	}
	return "1 point"
}

func (a *app) printSprint(resp *pb.PlanSprintResponse, req *pb.PlanSprintRequest) {
	head := "sprint planning for " + bounded(resp.GetTracker()) + teamTitle(req.GetTeam())
	if resp.GetSprint() != "" {
		head += ", " + bounded(resp.GetSprint())
	}
	a.indented(0, a.style().bold, head)
	taken := ""
	if resp.GetTakenPoints() > 0 {
		taken = fmt.Sprintf(", of which tickets in the sprint take %s already", pointsText(resp.GetTakenPoints()))
	}
	writeLine(a.stdout, fmt.Sprintf("%s %% of %s: %s for operational work%s", pointsText(100*req.GetShare()), inPoints(req.GetCapacity()), pointsText(resp.GetBudgetPoints()), taken))
	if len(resp.GetChosen())+len(resp.GetLeftOut()) == 0 {
		writeLine(a.stdout, "\n  no open tickets wait for a sprint")
	}
	points, minutes := 0.0, 0.0
	for _, t := range resp.GetChosen() {
		points, minutes = points+t.GetPoints(), minutes+t.GetTicket().GetCost()
	}
	saves := ""
	if text := opsreview.CostText(minutes); text != "" {
		saves = ", saving " + text
	}
	a.printSprintTickets("IN: "+inPoints(points)+saves, resp.GetChosen())
	a.printSprintTickets("DOES NOT FIT", resp.GetLeftOut())
	a.printPassedOver(resp.GetLeftOut())
	a.printPastSprints(resp.GetPast())
	if resp.GetQuery() != "" {
		writeLine(a.stdout, "")
		writeLine(a.stdout, "the same list in the tracker:")
		writeLine(a.stdout, "  "+bounded(resp.GetQuery())) // not wrapped: it is to be copied
	}
	writeLine(a.stdout, "")
	switch {
	case resp.GetApplied():
		a.indented(0, nil, fmt.Sprintf("%s moved into %s", plural(len(resp.GetChosen()), "ticket"), orElse(bounded(resp.GetSprint()), "the sprint")))
	case len(resp.GetChosen()) > 0 && resp.GetSprint() != "":
		writeLine(a.stdout, "nothing was moved: the same command with --apply moves them")
	case len(resp.GetChosen()) > 0:
		writeLine(a.stdout, "nothing was moved: the tracker has no sprint ahead")
	}
}

func (a *app) printSprintTickets(head string, all []*pb.SprintTicket) {
	if len(all) == 0 {
		return
	}
	s := a.style()
	writeLine(a.stdout, "")
	writeLine(a.stdout, s.bold(head))
	t := table{columns: []column{
		{head: "TICKET"},
		{head: "POINTS", right: true},
		{head: "SAVES", right: true},
		{head: "MIN/WEEK A POINT", right: true},
		{head: "STATUS", flex: true, min: 8, drop: 1},
		{head: "FINDING", flex: true, min: 20},
	}}
	guessed := false
	for _, row := range all {
		n := pointsText(row.GetPoints())
		if !row.GetPointsEstimated() {
			n, guessed = n+"?", true
		}
		k := row.GetTicket()
		t.row(bounded(orElse(k.GetKey(), "–")), n, orElse(opsreview.CostText(k.GetCost()), "unknown"), strconv.FormatFloat(row.GetMinutesPerPoint(), 'f', 0, 64),
			ticketStatus(k), bounded(orElse(k.GetTitle(), k.GetFindingKey())))
	}
	t.print(a.stdout, s, "  ", a.terminalWidth())
	if guessed {
		writeLine(a.stdout, s.dim("  ? nobody has estimated it: --default-points"))
	}
}

// tooOften is how many plannings may pass a ticket over before it is named.
const tooOften = 3

// printPassedOver names the tickets that plannings leave out again and again:
// somebody should say that they will not be done, or do them.
func (a *app) printPassedOver(leftOut []*pb.SprintTicket) {
	for _, row := range leftOut {
		if row.GetPassedOver() < tooOften {
			continue
		}
		k := row.GetTicket()
		text := fmt.Sprintf("%s was passed over in %d plannings: do it, make it smaller, or close it as something that will not be fixed",
			bounded(orElse(k.GetKey(), k.GetFindingKey())), row.GetPassedOver())
		for i, line := range wrap(text, a.terminalWidth()-4) {
			writeLine(a.stdout, a.style().warn([]string{"  ! ", "    "}[min(i, 1)]+line))
		}
	}
}

// printPastSprints prints which share of past sprints was operational work.
func (a *app) printPastSprints(past []*pb.SprintShare) {
	if len(past) == 0 {
		return
	}
	s := a.style()
	writeLine(a.stdout, "")
	writeLine(a.stdout, s.bold("SPRINTS BEFORE"))
	t := table{columns: []column{
		{head: "SPRINT", flex: true, min: 12},
		{head: "ENDED"},
		{head: "PLANNED", right: true},
		{head: "DONE", right: true},
		{head: "OF ALL POINTS", right: true},
		{head: "SHARE DONE", right: true},
	}}
	for _, p := range past {
		ended, part := "–", "–"
		if p.GetEndTime() != nil {
			ended = p.GetEndTime().AsTime().UTC().Format("2006-01-02")
		}
		if p.GetTotalPoints() > 0 {
			part = share(p.GetDonePoints() / p.GetTotalPoints())
		}
		t.row(bounded(p.GetSprint()), ended, pointsText(p.GetPlannedPoints()), pointsText(p.GetDonePoints()), pointsText(p.GetTotalPoints()), part)
	}
	t.print(a.stdout, s, "  ", a.terminalWidth())
}
