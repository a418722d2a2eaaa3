package cli

import (
	"fmt"
	"strings"

	"opsreview"
	pb "opsreview/proto/opsreview/v1"
)

// mostFindings is how many findings a review names, and mostClosed how many
// closed tickets.
const (
	mostFindings = 8
	mostClosed   = 10
)

// printReviewFindings prints what needs work first, with the ticket of each where
// there is one.
func (a *app) printReviewFindings(r *pb.Review) {
	findings := r.GetFindings()
	if len(findings) == 0 {
		return
	}
	filed := map[string]*pb.Ticket{}
	for _, t := range r.GetFindingTickets() {
		filed[t.GetFingerprint()] = t
	}
	s := a.style()
	writeLine(a.stdout, "")
	writeLine(a.stdout, s.bold("WHAT NEEDS WORK"))
	for i, f := range findings[:min(len(findings), mostFindings)] {
		a.printFinding(i+1, f, filed[f.GetFingerprint()], 1)
	}
	if n := len(findings) - mostFindings; n > 0 {
		writeLine(a.stdout, s.dim("  and "+fmt.Sprintf("%d more: opsreview finding list shows them", n)))
	}
}

// verdictWords are what the verdicts on closed tickets are called.
var verdictWords = map[string]string{"came_back": "CAME BACK", "held": "held", "too_early": "too early", "unknown": "unknown"}

// printClosedTickets prints whether closed tickets held, in the review's order:
// first what the meeting has to argue about again.
func (a *app) printClosedTickets(r *pb.Review) {
	closed := r.GetClosedTickets()
	if len(closed) == 0 {
		return
	}
	s := a.style()
	writeLine(a.stdout, "")
	writeLine(a.stdout, s.bold("DID IT HOLD"))
	writeLine(a.stdout, "  "+heldSum(closed))
	for _, t := range closed[:min(len(closed), mostClosed)] {
		o := t.GetOutcome()
		word := orElse(verdictWords[o.GetVerdict()], orElse(clean(o.GetVerdict()), "unknown"))
		head := fmt.Sprintf("%-9s  %s  %s", word, bounded(orElse(t.GetKey(), t.GetFindingKey())), bounded(t.GetTitle()))
		for i, line := range wrap(head, a.terminalWidth()-heldIndent) {
			lead := "  "
			if i > 0 {
				lead = strings.Repeat(" ", heldIndent)
			}
			if o.GetVerdict() == "came_back" {
				line = s.warn(line)
			}
			writeLine(a.stdout, lead+line)
		}
		if o.GetText() != "" {
			a.indented(heldIndent, nil, bounded(o.GetText()))
		}
	}
	if n := len(closed) - mostClosed; n > 0 {
		writeLine(a.stdout, s.dim("  and "+plural(n, "more closed ticket")+": opsreview ticket list --state done shows them"))
	}
}

// heldIndent is how far in what there is to say of a closed ticket begins.
const heldIndent = 13

// heldSum counts closed tickets by their verdict and adds up what those that
// held save.
func heldSum(closed []*pb.Ticket) string {
	counts, minutes := map[string]int{}, 0.0
	for _, t := range closed {
		counts[orElse(t.GetOutcome().GetVerdict(), "unknown")]++
		minutes += t.GetOutcome().GetMinutesSaved()
	}
	var parts []string
	for _, v := range []struct{ verdict, words string }{
		{"held", "held"}, {"came_back", "came back"}, {"too_early", "too early to say"}, {"unknown", "unknown"},
	} {
		if n := counts[v.verdict]; n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", n, v.words))
		}
	}
	text := plural(len(closed), "closed ticket") + ": " + strings.Join(parts, ", ")
	if minutes > 0 {
		text += "; what held saves " + opsreview.CostText(minutes)
	}
	return text
}
