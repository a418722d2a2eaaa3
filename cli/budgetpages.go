package cli

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	pb "opsreview/proto/opsreview/v1"
	"opsreview/slo"
)

// mostPageBurns is how many pages of an SLO are shown without --all.
const mostPageBurns = 8

// printPageBurns prints the pages that answer for burn, dearest first, and
// counts the others.
func (a *app) printPageBurns(b *pb.Burn, f frame, all bool) {
	pages := slices.Clone(b.GetPageBurns())
	slices.SortStableFunc(pages, func(p, q *pb.PageBurn) int { return cmp.Compare(q.GetCost(), p.GetCost()) })
	t := table{columns: []column{
		{head: "PAGED"},
		{head: "BURNED", right: true},
		{head: "BEFORE", right: true},
		{head: "OPEN", right: true},
		{head: "AFTER", right: true},
		{head: "PAGE"},
		{head: "TITLE", flex: true, min: 16},
		{head: "JOINED BY", drop: 1},
	}}
	var idle, unjudged, rest int32
	for _, p := range pages {
		switch {
		case !all && p.GetCoincidence() == "unjudged":
			unjudged++
			continue
		case !all && p.GetCoincidence() == "without_burn":
			idle++
			continue
		case !all && len(t.rows) == mostPageBurns:
			rest++
			continue
		}
		cost := pageBurnParts(p)
		t.row(when(p.GetPageTriggerTime().AsTime(), f.zone), cost.whole+marks(p), cost.before, cost.during, cost.after,
			fit(clean(p.GetPage()), 40), bounded(p.GetPageTitle()), clean(p.GetRule()))
	}
	if len(t.rows) > 0 {
		writeLine(a.stdout, "")
		t.print(a.stdout, a.style(), "  ", a.terminalWidth())
		a.printMarks(pages)
	}
	var others []string
	for _, o := range []struct {
		n    int32
		what string
	}{{rest, "with less"}, {idle, "without burn"}, {unjudged, "not judged"}} {
		if o.n > 0 {
			others = append(others, plural(o.n, "page")+" "+o.what)
		}
	}
	if len(others) > 0 {
		writeLine(a.stdout, a.style().dim("  "+strings.Join(others, ", ")+": --all shows them"))
	}
}

// marks says of a page's burn that a part of it is elsewhere or in a gap.
func marks(p *pb.PageBurn) string {
	text := ""
	if p.GetGap() {
		text += "~"
	}
	if p.GetPartly() {
		text += "+"
	}
	return text
}

// printMarks explains the marks of pages, where there are any.
func (a *app) printMarks(pages []*pb.PageBurn) {
	var words []string
	if slices.ContainsFunc(pages, (*pb.PageBurn).GetGap) {
		words = append(words, "~ partly known as the sum of a gap only")
	}
	if slices.ContainsFunc(pages, (*pb.PageBurn).GetPartly) {
		words = append(words, "+ open beyond the window, and the rest is not here")
	}
	if len(words) > 0 {
		writeLine(a.stdout, a.style().dim("  "+strings.Join(words, "; ")))
	}
}

// A pageCost is what a page answers for, in words that add up.
type pageCost struct{ whole, before, during, after string }

// pageBurnParts splits the cost of a page as its units are split.
func pageBurnParts(p *pb.PageBurn) pageCost {
	parts := []float64{p.GetBefore(), p.GetDuring(), p.GetAfter()}
	units := parts[0] + parts[1] + parts[2]
	if units <= 0 {
		return pageCost{"0 %", "–", "–", "–"}
	}
	digits := max(1, decimals(p.GetCost()))
	for i := range parts {
		parts[i] *= p.GetCost() / units
	}
	texts := make([]string, len(parts))
	for i, x := range slo.Apportion(parts, digits) {
		texts[i] = "–"
		if x > 0 {
			texts[i] = shareTo(x, digits)
		}
	}
	return pageCost{shareTo(p.GetCost(), digits), texts[0], texts[1], texts[2]}
}

// joinWords say why a page is about an SLO.
var joinWords = map[string]string{"labels": "labels", "match": "the SLO's own conditions", "service": "service"}

// printBurns says what a page answers for in each SLO's budget.
func (a *app) printBurns(burns []*pb.PageBurn) {
	name := "burned"
	for _, p := range burns {
		for _, line := range wrap(pageBurnText(p), a.terminalWidth()-18) {
			writeLine(a.stdout, fmt.Sprintf("  %-13s %s", name, line))
			name = ""
		}
	}
}

// pageBurnText is "15.3 % of the 30-day budget that vault/availability had then (5.0 %
// before it, 10.3 % while open); joined by labels".
func pageBurnText(p *pb.PageBurn) string {
	slo, why := bounded(p.GetSlo()), "; joined by "+orElse(joinWords[p.GetRule()], "something else")
	switch p.GetCoincidence() {
	case "unjudged":
		return "not known for " + slo + ": too little was watched at the time" + why
	case "without_burn":
		if p.GetCost() == 0 {
			return "nothing of the budget of " + slo + why
		}
	}
	cost := pageBurnParts(p)
	var parts []string
	for _, part := range []struct{ share, when string }{{cost.before, "before it"}, {cost.during, "while open"}, {cost.after, "after it"}} {
		if part.share != "–" {
			parts = append(parts, part.share+" "+part.when)
		}
	}
	// A review shares by the budget at its own end: the two may differ.
	text := cost.whole + " of the 30-day budget that " + slo + " had then"
	if len(parts) > 0 {
		text += " (" + strings.Join(parts, ", ") + ")"
	}
	switch p.GetCoincidence() {
	case "minor_burn":
		text += ", no significant episode"
	case "without_burn":
		text += ", no episode"
	}
	if p.GetGap() {
		text += ", partly known as the sum of a gap only"
	}
	return text + why
}
