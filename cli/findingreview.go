package cli

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	pb "opsreview/proto/opsreview/v1"
	"opsreview/ticket"
)

// mostFindings is how many findings a review names, and mostClosed how many
// closed tickets.
const (
	mostFindings = 8
	mostClosed   = 10
)

// printReviewFindings prints what needs work: the dearest, with the ticket of
// each where there is one.
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
		writeLine(a.stdout, s.dim("  and "+plural(n, "more")+": opsreview finding list shows them"))
	}
}

// verdictOrder is the order in which closed tickets are told: first what the
// meeting has to argue about again.
var verdictOrder = map[string]int{"came_back": 0, "held": 1, "too_early": 2}

// verdictWords are what the verdicts are called.
var verdictWords = map[string]string{"came_back": "came back", "held": "held", "too_early": "too early", "unknown": "unknown"}

// printClosedTickets prints whether closed tickets held.
func (a *app) printClosedTickets(r *pb.Review) {
	closed := slices.Clone(r.GetClosedTickets())
	if len(closed) == 0 {
		return
	}
	slices.SortStableFunc(closed, func(x, y *pb.Ticket) int { return cmp.Compare(orderOf(x), orderOf(y)) })
	s := a.style()
	writeLine(a.stdout, "")
	writeLine(a.stdout, s.bold("DID IT HOLD"))
	for _, t := range closed[:min(len(closed), mostClosed)] {
		paint := func(text string) string { return text }
		if t.GetOutcome().GetVerdict() == "came_back" {
			paint = s.warn
		}
		head := fmt.Sprintf("%-9s  %s  %s", heldWord(t.GetOutcome()), bounded(orElse(t.GetKey(), t.GetFindingKey())), bounded(t.GetTitle()))
		for i, line := range wrap(head, a.terminalWidth()-workIndent) {
			writeLine(a.stdout, paint([]string{"  ", "             "}[min(i, 1)]+line))
		}
		if text := outcomeText(t.GetOutcome()); text != "" {
			a.indented(13, nil, text)
		}
	}
	if n := len(closed) - mostClosed; n > 0 {
		writeLine(a.stdout, s.dim("  and "+plural(n, "more closed ticket")+": opsreview ticket list shows them"))
	}
}

func orderOf(t *pb.Ticket) int {
	if n, ok := verdictOrder[t.GetOutcome().GetVerdict()]; ok {
		return n
	}
	return len(verdictOrder)
}

func heldWord(o *pb.TicketOutcome) string {
	if word, ok := verdictWords[o.GetVerdict()]; ok {
		return word
	}
	return orElse(clean(o.GetVerdict()), "unknown")
}

// outcomeText tells what a closed ticket brought: both counts with what they
// were counted over, the ratio with its interval, and the time saved.
func outcomeText(o *pb.TicketOutcome) string {
	if o == nil {
		return ""
	}
	var parts []string
	if o.GetBefore() != nil && o.GetAfter() != nil {
		parts = append(parts, fmt.Sprintf("%s in %s before, %d in %s after", plural(o.GetPagesBefore(), "page"), windowSpan(o.GetBefore()),
			o.GetPagesAfter(), windowSpan(o.GetAfter())))
	}
	if o.RateRatio != nil {
		text := fmt.Sprintf("%s as often", times(o.GetRateRatio()))
		if o.RateRatioLow != nil && o.RateRatioHigh != nil {
			text += fmt.Sprintf(" (95 %%: %s to %s)", times(o.GetRateRatioLow()), times(o.GetRateRatioHigh()))
		}
		parts = append(parts, text)
	}
	if o.GetMinutesSaved() > 0 {
		parts = append(parts, "saves "+ticket.Cost(o.GetMinutesSaved()))
	}
	if o.GetText() != "" && o.GetVerdict() != "held" && o.GetVerdict() != "came_back" {
		parts = append(parts, bounded(o.GetText()))
	}
	return strings.Join(parts, "; ")
}

// times is a ratio: "0.08×".
func times(x float64) string { return rate(x) }

func windowSpan(w *pb.Window) string {
	return span(w.GetEndTime().AsTime().Sub(w.GetStartTime().AsTime()))
}
