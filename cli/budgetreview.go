package cli

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	pb "opsreview/proto/opsreview/v1"
	"opsreview/slo"
)

// mostMissed is how many episodes that nobody was paged for a review names.
const mostMissed = 5

// printReviewBudget prints where the error budgets went, in short: a line an
// SLO, what was missed, and the pages by whether they came with burn.
func (a *app) printReviewBudget(r *pb.BurnReport, f frame) {
	if r == nil {
		return
	}
	s, width := a.style(), a.terminalWidth()
	writeLine(a.stdout, "")
	writeLine(a.stdout, s.bold("WHERE THE ERROR BUDGET WENT"))
	if len(r.GetBurns()) == 0 {
		writeLine(a.stdout, "  the team has no SLOs")
		return
	}
	t := table{columns: []column{
		{head: "SLO", flex: true, min: 18},
		{head: "30 DAYS LEFT", right: true},
		{head: "BURN-DOWN", drop: 1},
		{head: "BURNED", right: true},
		{head: "PAGED FOR", right: true},
		{head: "MISSED", right: true},
		{head: "THE REST", right: true},
		{head: "WATCHED", right: true, drop: 2},
	}}
	standings := map[string]*pb.SLOStanding{}
	for _, st := range r.GetStandings() {
		standings[st.GetSlo().GetName()] = st
	}
	for _, b := range r.GetBurns() {
		st, sum := standings[b.GetSlo()], shortBurn(b)
		t.row(bounded(b.GetSlo()), left(st.GetMonth()), sparkline(st.GetBurnDown(), sparkCells), sum.whole, sum.paged, sum.missed, sum.rest, share(st.GetMonth().GetCoverage()))
		if st.GetMonth().GetStatus() == pb.BudgetStatus_BUDGET_STATUS_OVERSPENT || b.GetMissed() > 0 {
			t.mark()
		}
	}
	t.print(a.stdout, s, "  ", width)
	writeLine(a.stdout, s.dim("  shares are of each SLO's own 30-day budget"))
	a.printMissed(r, f)
	a.printBurnMatrixLines(r)
}

// A burnSum is what one SLO burned in the window, in words that add up.
type burnSum struct{ whole, paged, missed, rest string }

func shortBurn(b *pb.Burn) burnSum {
	switch {
	case b.GetTotal() == 0 || (b.GetBudget() <= 0 && b.GetBad() > 0):
		return burnSum{"–", "–", "–", "–"}
	case b.GetBad() == 0:
		return burnSum{"0 %", "–", "–", "–"}
	}
	total := b.GetBad() / b.GetBudget()
	digits := max(1, decimals(total))
	parts := slo.Apportion([]float64{
		(b.GetBefore() + b.GetDuring() + b.GetAfter()) / b.GetBudget(), b.GetMissed() / b.GetBudget(),
		(b.GetPending() + b.GetMinor() + b.GetBackground()) / b.GetBudget(),
	}, digits)
	texts := make([]string, len(parts))
	for i, x := range parts {
		texts[i] = "–"
		if x > 0 {
			texts[i] = shareTo(x, digits)
		}
	}
	return burnSum{shareTo(total, digits), texts[0], texts[1], texts[2]}
}

// printMissed names the dearest significant episodes that nobody was paged for.
func (a *app) printMissed(r *pb.BurnReport, f frame) {
	s := a.style()
	missed := missedEpisodes(r)
	if len(missed) == 0 {
		return
	}
	writeLine(a.stdout, "  nobody was paged for:")
	for _, m := range missed[:min(len(missed), mostMissed)] {
		start, end := m.episode.GetWindow().GetStartTime().AsTime(), m.episode.GetWindow().GetEndTime().AsTime()
		text := fmt.Sprintf("%s  %s of %s in %s", when(start, f.zone), share(m.episode.GetCost()), bounded(m.slo), span(end.Sub(start)))
		if m.episode.GetGap() {
			text += ", partly in a gap"
		}
		for i, line := range wrap(text, a.terminalWidth()-6) {
			writeLine(a.stdout, s.warn([]string{"  ! ", "      "}[min(i, 1)]+line))
		}
	}
	if n := len(missed) - mostMissed; n > 0 {
		writeLine(a.stdout, s.dim("  and "+plural(n, "more episode")+": opsreview budget episodes shows them"))
	}
}

// A missedEpisode is a significant episode that nobody was paged for.
type missedEpisode struct {
	slo     string
	episode *pb.Episode
}

// missedEpisodes are those of all SLOs, the dearest for its own SLO first.
func missedEpisodes(r *pb.BurnReport) []missedEpisode {
	var all []missedEpisode
	for _, b := range r.GetBurns() {
		for _, e := range b.GetEpisodes() {
			if e.GetSignificant() && len(e.GetPages()) == 0 && !e.GetPending() {
				all = append(all, missedEpisode{b.GetSlo(), e})
			}
		}
	}
	slices.SortStableFunc(all, func(x, y missedEpisode) int { return cmp.Compare(y.episode.GetCost(), x.episode.GetCost()) })
	return all
}

// printBurnMatrixLines prints the pages by whether they came with burn, a line each.
func (a *app) printBurnMatrixLines(r *pb.BurnReport) {
	m := r.GetMatrix()
	for _, row := range []struct {
		name string
		v    *pb.BurnVerdicts
	}{
		{"with significant burn", m.GetWithBurn()},
		{"with lesser burn", m.GetMinorBurn()},
		{"without burn", m.GetWithoutBurn()},
		{"not judged", m.GetUnjudged()},
	} {
		v := row.v
		n := v.GetActionable() + v.GetNotActionable() + v.GetUnlabelled()
		var words []string
		for _, c := range []outcomeCount{{v.GetActionable(), "actionable"}, {v.GetNotActionable(), "not actionable"}, {v.GetUnlabelled(), "unlabelled"}} {
			if c.n > 0 {
				words = append(words, fmt.Sprintf("%d %s", c.n, c.word))
			}
		}
		writeWrapped(a.stdout, "  ", strings.TrimRight(fmt.Sprintf("pages %-21s  %3d  %s", row.name, n, strings.Join(words, ", ")), " "), a.terminalWidth())
	}
}
