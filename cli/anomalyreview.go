package cli

import (
	"fmt"
	"strings"

	pb "opsreview/proto/opsreview/v1"
)

// mostBecause is how many sentences a review tells of what an anomaly is
// explained by.
const mostBecause = 2

// printReviewLookBack prints what looks weird on the dashboards, what nobody
// knows of first.
func (a *app) printReviewLookBack(l *pb.LookBack, r *pb.Review, f frame) {
	if l == nil {
		return
	}
	s := a.style()
	writeLine(a.stdout, "")
	writeLine(a.stdout, s.bold("WHAT LOOKS WEIRD ON THE DASHBOARDS"))
	back := frameOf(l.GetWindow(), r.GetTimeZone())
	a.indented(2, nil, back.start.Format("Mon 02 Jan")+" to "+back.end.Add(-1).Format("Mon 02 Jan")+": "+lookedText(l))
	for _, x := range l.GetAnomalies() {
		a.printLook(x, f)
	}
	a.printMoreAnomalies(l, 2, reviewFlags(r, f))
	a.printSkipped(l, 2)
}

// printLook prints an anomaly in short.
func (a *app) printLook(x *pb.Anomaly, f frame) {
	s := a.style()
	lead := "  - "
	if x.GetContext() == "unexplained" {
		lead = "  ! "
	}
	lasted := lastedText(x)
	if !x.GetOngoing() {
		lasted = "for " + lasted
	}
	head := fmt.Sprintf("%s  %s %s  %s  %s", clean(x.GetContext()), when(x.GetWindow().GetStartTime().AsTime(), f.zone), lasted, chartText(x.GetChart()), clean(x.GetId()))
	if x.GetState() != "open" {
		head += ", " + clean(x.GetState())
	}
	for i, line := range wrap(head, a.terminalWidth()-4) {
		if i > 0 {
			lead = "    "
		}
		if x.GetContext() == "unexplained" {
			line = s.warn(line)
		}
		writeLine(a.stdout, lead+line)
	}
	a.indented(workIndent, nil, bounded(orElse(x.GetText(), x.GetKind())))
	because := x.GetBecause()
	for _, text := range because[:min(len(because), mostBecause)] {
		a.indented(workIndent, s.dim, bounded(text))
	}
	if n := len(because) - mostBecause; n > 0 {
		writeLine(a.stdout, s.dim(strings.Repeat(" ", workIndent)+fmt.Sprintf("and %d more: opsreview anomaly show tells them", n)))
	}
	if x.GetAgain() != "" {
		a.indented(workIndent, s.dim, bounded(x.GetAgain()))
	}
}

// reviewFlags are the flags of a review's team and window, for a command to
// copy.
func reviewFlags(r *pb.Review, f frame) string {
	team := ""
	if r.GetTeam() != "" {
		team = " --team " + shellWord(clean(r.GetTeam()))
	}
	return team + " --from " + flagTime(f.start) + " --to " + flagTime(f.end)
}
