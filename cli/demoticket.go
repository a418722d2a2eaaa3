package cli

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"opsreview"
	pb "opsreview/proto/opsreview/v1"
)

// fileDemo files what the review found in the demo's folder, as ticket file
// does, and files again, which finds nothing left to file.
func (a *app) fileDemo(ctx context.Context, c client, req *pb.PrepareReviewRequest) error {
	plan, err := c.tickets.PlanTickets(ctx, &pb.PlanTicketsRequest{Team: req.GetTeam(), Window: req.GetWindow()})
	if err != nil {
		return err
	}
	writeLine(a.stdout, "")
	writeLine(a.stdout, a.style().bold("TICKETS"))
	if !anythingToDo(plan.GetSteps()) {
		writeLine(a.stdout, "  nothing to file")
		return nil
	}
	a.printDemoPlan(plan.GetSteps())
	ask := &pb.FileTicketsRequest{Team: req.GetTeam(), Window: req.GetWindow(), Confirm: true}
	filed, err := a.fileQuietly(ctx, c, ask)
	if err != nil {
		return err
	}
	text := "  filed in " + bounded(filed.tracker)
	if first, last := filed.created(); first != last {
		text += " as " + first + " to " + last
	}
	writeLine(a.stdout, text+": "+filed.sum())
	again, err := a.fileQuietly(ctx, c, ask)
	if err != nil {
		return err
	}
	text = "  filed again: "
	if first, _ := again.created(); first == "" {
		text += "nothing; "
	}
	writeLine(a.stdout, text+again.sum())
	return nil
}

// fileQuietly files and leaves it to the caller to tell.
func (a *app) fileQuietly(ctx context.Context, c client, req *pb.FileTicketsRequest) (*filing, error) {
	var f filing
	// What is to be JSON is told at the end only.
	if err := a.followFiling(ctx, c, req, asJSON, &f); err != nil {
		return nil, err
	}
	if n := f.failed(); n > 0 {
		return nil, fmt.Errorf("%s could not be filed: %s", plural(n, "ticket"), f.sum())
	}
	return &f, nil
}

// printDemoPlan prints what is planned, a line a ticket, and why not more.
func (a *app) printDemoPlan(steps []*pb.TicketStep) {
	var rest []*pb.TicketStep
	n := 0
	for _, step := range steps {
		if !acts(step) {
			rest = append(rest, step)
			continue
		}
		n++
		line := stepWord(step)
		if cost := costText(step.GetFinding()); cost != "" {
			line += "  " + cost
		}
		writeLine(a.stdout, fmt.Sprintf("  %2d. ", n)+fit(line+"  "+bounded(step.GetFinding().GetTitle()), a.terminalWidth()-workIndent))
	}
	if len(rest) > 0 {
		a.indented(2, a.style().dim, fmt.Sprintf("and %d more, not now: %s", len(rest), bounded(rest[0].GetReason())))
	}
}

// created names the first and the last ticket that were created, "" if none
// was.
func (f *filing) created() (first, last string) {
	for _, m := range f.steps {
		if m.GetOutcome() != didDone || m.GetStep().GetAction() != pb.TicketAction_TICKET_ACTION_CREATE {
			continue
		}
		last = bounded(m.GetTicket().GetKey())
		if first == "" {
			first = last
		}
	}
	return first, last
}

// keepsDemo refuses to keep the demo over what is there, its database at a
// path and, beside it, the folder of its tickets, and where there is no folder.
func keepsDemo(path, tickets string) error {
	if _, err := os.Stat(filepath.Dir(path)); errors.Is(err, fs.ErrNotExist) {
		return opsreview.Wrapf(err, opsreview.NotFound, "there is no folder %q", filepath.Dir(path))
	}
	if _, err := os.Lstat(path); err == nil {
		return opsreview.Errorf(opsreview.Conflict, "%s exists: name a file that does not", path)
	}
	if _, err := os.Lstat(tickets); err == nil {
		return opsreview.Errorf(opsreview.Conflict, "%s exists, and the tickets go there: move it away, or keep the demo in another folder", tickets)
	}
	return nil
}
