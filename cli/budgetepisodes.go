package cli

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"google.golang.org/protobuf/types/known/durationpb"

	pb "opsreview/proto/opsreview/v1"
	"opsreview/slo"
)

func (a *app) budgetEpisodesCommand() *cobra.Command {
	var scope scopeFlags
	var output string
	var all bool
	cmd := &cobra.Command{
		Use:   "episodes [SLO…]",
		Short: "Show where error budgets went in a window, and which pages answer for it",
		Long: `Show what was burned in a window: before, while and after people were paged, what
nobody was paged for, and the rest. Shares are of the SLO's 30-day budget, so that
those of one SLO add up; those of different SLOs are never added.`,
		Example: `  opsreview budget episodes --team secrets

  # One SLO, four weeks, every episode and page.
  opsreview budget episodes vault/availability --last 4w --all`,
		RunE: func(cmd *cobra.Command, slos []string) error {
			if err := checkOutput(output, asTable, asJSON); err != nil {
				return err
			}
			return a.withClient(cmd.Context(), func(ctx context.Context, c client) error {
				resp, err := c.budgets.ListEpisodes(ctx, &pb.ListEpisodesRequest{Team: scope.team, Window: scope.selector(), Slos: slos})
				if err != nil {
					return err
				}
				if output == asJSON {
					return printJSON(a.stdout, episodesToJSON(resp))
				}
				a.printEpisodes(resp, scope.team, all)
				return nil
			})
		},
	}
	scope.add(cmd)
	cmd.Flags().BoolVar(&all, "all", false, "show every episode and every page, not only those that matter")
	cmd.Flags().StringVarP(&output, "output", "o", asTable, "print as `FORM`: table or json")
	return cmd
}

func (a *app) printEpisodes(resp *pb.ListEpisodesResponse, team string, all bool) {
	r, s, width := resp.GetReport(), a.style(), a.terminalWidth()
	f := frameOf(r.GetWindow(), r.GetTimeZone())
	writeLine(a.stdout, s.bold("where the error budgets"+forTeam(team)+" went"))
	line := f.String()
	if at := r.GetAtTime(); at != nil && at.AsTime().Before(f.end) {
		line += ", counted until " + when(at.AsTime(), f.zone)
	}
	writeLine(a.stdout, line)
	if len(r.GetBurns()) == 0 {
		writeLine(a.stdout, "")
		writeLine(a.stdout, "  no SLOs"+forTeam(team))
	}
	for i, b := range r.GetBurns() {
		writeLine(a.stdout, "")
		var st *pb.SLOStanding
		if i < len(r.GetStandings()) {
			st = r.GetStandings()[i]
		}
		a.printBurn(b, st, f, all)
	}
	if len(r.GetBurns()) > 0 {
		a.printBurnMatrix(r)
	}
	a.printFindings(r.GetFindings())
	printGaps(a.stdout, s, resp.GetGaps(), width)
}

func (a *app) printBurn(b *pb.Burn, st *pb.SLOStanding, f frame, all bool) {
	s, width := a.style(), a.terminalWidth()
	head := s.bold(fit(clean(b.GetSlo()), width/2))
	if st != nil {
		head += "  " + target(st.GetObjective().GetTarget()) + ", " + leftText(st.GetMonth())
	}
	if counted(st.GetMonth()) {
		head += " of the 30-day budget"
	}
	writeLine(a.stdout, head)
	writeWrapped(a.stdout, "  ", burnText(b), width)
	if b.GetTotal() == 0 {
		return
	}
	a.printEpisodeTable(b, f, all)
	a.printPageBurns(b, f, all)
	a.printQuality(b.GetQuality(), "this SLO")
}

// A burnPart is one part of what was burned.
type burnPart struct {
	word  string
	units float64
}

func burnParts(b *pb.Burn) []burnPart {
	return []burnPart{
		{"before a page", b.GetBefore()},
		{"while paged", b.GetDuring()},
		{"after the page", b.GetAfter()},
		{"missed", b.GetMissed()},
		{"pending", b.GetPending()},
		{"in lesser episodes", b.GetMinor()},
		{"in the background", b.GetBackground()},
	}
}

// burnText says what was burned and how it splits: "burned 20.3 % of the 30-day
// budget (5,227 bad of 6,048,000 events): 5.0 % before a page, …". Parts that
// are nothing are left out, but for what was missed.
func burnText(b *pb.Burn) string {
	if b.GetTotal() == 0 {
		return "nothing was counted in this window"
	}
	if b.GetBad() == 0 {
		return "burned nothing: " + ofTotal(b.GetBad(), b.GetTotal(), b.GetUnit())
	}
	if b.GetBudget() <= 0 {
		return ofTotal(b.GetBad(), b.GetTotal(), b.GetUnit()) + "; the last 30 days have no budget to compare that with"
	}
	parts := burnParts(b)
	shares := make([]float64, len(parts))
	for i, p := range parts {
		shares[i] = p.units / b.GetBudget()
	}
	total := b.GetBad() / b.GetBudget()
	digits := max(1, decimals(total))
	var words []string
	for i, x := range slo.Apportion(shares, digits) {
		switch {
		case parts[i].word == "missed" && parts[i].units == 0:
			words = append(words, "nothing missed")
		case parts[i].word == "missed":
			words = append(words, shareTo(x, digits)+" missed")
		case x > 0:
			words = append(words, shareTo(x, digits)+" "+parts[i].word)
		}
	}
	return fmt.Sprintf("burned %s of the 30-day budget (%s): %s", shareTo(total, digits), ofTotal(b.GetBad(), b.GetTotal(), b.GetUnit()), strings.Join(words, ", "))
}

func (a *app) printEpisodeTable(b *pb.Burn, f frame, all bool) {
	t := table{columns: []column{
		{head: "EPISODE"},
		{head: "LENGTH", right: true},
		{head: "BURNED", right: true},
		{head: "PEAK", right: true, drop: 1},
		{head: "NOTICED", flex: true, min: 20},
		{head: "PAGE"},
		{head: "WHAT", flex: true, min: 12},
	}}
	rest := int32(0)
	for _, e := range b.GetEpisodes() {
		if !all && !e.GetSignificant() && len(e.GetPages()) == 0 {
			rest++
			continue
		}
		w := e.GetWindow()
		start, end := w.GetStartTime().AsTime(), w.GetEndTime().AsTime()
		t.row(when(start, f.zone), span(end.Sub(start)), share(e.GetCost()), rate(e.GetPeakBurnRate()), noticed(e), firstOf(e.GetPages()), episodeWords(e))
		if e.GetSignificant() && len(e.GetPages()) == 0 && !e.GetPending() {
			t.mark()
		}
	}
	if len(t.rows) > 0 {
		t.print(a.stdout, a.style(), "  ", a.terminalWidth())
	}
	if rest > 0 {
		writeLine(a.stdout, a.style().dim("  "+plural(rest, "lesser episode")+" without a page: --all shows them"))
	}
}

// noticed says when people were told of an episode.
func noticed(e *pb.Episode) string {
	d := e.GetDetection()
	switch {
	case e.GetPending():
		return "nobody paged yet"
	case len(e.GetPages()) == 0:
		return "nobody was paged"
	case e.GetStale():
		return "by a page from long before"
	case d == nil:
		return "at a time unknown"
	}
	text := "after " + span(d.AsDuration())
	if d.AsDuration() < 0 {
		text = span(-d.AsDuration()) + " ahead"
	}
	if e.GetBurnedBefore() > 0 {
		text += ", " + share(e.GetBurnedBefore()) + " gone"
	}
	return text
}

// firstOf is the first of the pages and how many more there are.
func firstOf(pages []string) string {
	switch len(pages) {
	case 0:
		return "–"
	case 1:
		return fit(clean(pages[0]), 40)
	}
	return fit(clean(pages[0]), 40) + fmt.Sprintf(" +%d", len(pages)-1)
}

func episodeWords(e *pb.Episode) string {
	var words []string
	switch {
	case e.GetSignificant() && len(e.GetPages()) == 0 && !e.GetPending():
		words = append(words, "MISSED")
	case !e.GetSignificant():
		words = append(words, "lesser")
	}
	if e.GetSlow() {
		words = append(words, "slow")
	}
	if e.GetGap() {
		words = append(words, "in a gap")
	}
	return strings.Join(words, ", ")
}

// printQuality prints how well pages told of significant burn.
func (a *app) printQuality(q *pb.PagingQuality, whose string) {
	for i, text := range qualityLines(q, whose) {
		if i == 0 {
			writeLine(a.stdout, "")
		}
		writeWrapped(a.stdout, "  ", text, a.terminalWidth())
	}
}

func qualityLines(q *pb.PagingQuality, whose string) []string {
	if q == nil {
		return nil
	}
	recall := "no significant episode that should have been noticed"
	if q.GetRecall() != nil {
		recall = "noticed " + kOfN(q.GetRecall(), "significant episode")
		if q.WeightedRecall != nil {
			recall += fmt.Sprintf(", with %s of what they burned", share(q.GetWeightedRecall()))
		}
	}
	if q.GetSignificantShare() > 0 {
		recall += "; significant is " + target(q.GetSignificantShare()) + " of the 30-day budget"
	}
	precision := "no page about " + whose + " could be judged"
	if q.GetPrecision() != nil {
		precision = kOfN(q.GetPrecision(), "judged page") + " came with significant burn"
	}
	if n := q.GetUnjudged(); n > 0 && q.GetPrecision() != nil {
		precision += fmt.Sprintf("; %d not judged", n)
	}
	all := []string{recall, precision}
	if text := timing(q); text != "" {
		all = append(all, text)
	}
	return all
}

// timing says when people were told, and when pages ended.
func timing(q *pb.PagingQuality) string {
	var parts []string
	if d := q.GetDetection(); d.GetCount() > 0 {
		parts = append(parts, fmt.Sprintf("paged after %s (median; p90 %s; %s)", span(d.GetMedian().AsDuration()), span(d.GetP90().AsDuration()), plural(d.GetCount(), "episode")))
	}
	if r := q.GetReset_(); r.GetCount() > 0 {
		parts = append(parts, fmt.Sprintf("pages ended %s after the burn (median; p90 %s)", signed(r.GetMedian()), signed(r.GetP90())))
	}
	if q.GetRedundancy() > 0 {
		parts = append(parts, fmt.Sprintf("%.1f pages for each episode noticed", q.GetRedundancy()))
	}
	return strings.Join(parts, "; ")
}

func signed(d *durationpb.Duration) string { return span(d.AsDuration().Round(time.Second)) }

// kOfN is "4 of 6 judged pages (67 %, from 30 to 90 %)".
func kOfN(h *pb.HitRate, what string) string {
	return fmt.Sprintf("%d of %s (%s, from %.0f to %.0f %%)", h.GetHits(), plural(h.GetTotal(), what), percent(h.GetHits(), h.GetTotal()), 100*h.GetLow(), 100*h.GetHigh())
}

// printBurnMatrix prints the pages by whether they came with burn and by what
// people said of them, and the burn without a page.
func (a *app) printBurnMatrix(r *pb.BurnReport) {
	s, m := a.style(), r.GetMatrix()
	writeLine(a.stdout, "")
	writeLine(a.stdout, s.bold("PAGES AND BURN"))
	t := table{columns: []column{{head: ""}, {head: "ACTIONABLE", right: true}, {head: "NOT ACTIONABLE", right: true}, {head: "UNLABELLED", right: true}}}
	for _, row := range []struct {
		name string
		v    *pb.BurnVerdicts
	}{
		{"pages with significant burn", m.GetWithBurn()},
		{"pages with lesser burn", m.GetMinorBurn()},
		{"pages without burn", m.GetWithoutBurn()},
		{"pages not judged", m.GetUnjudged()},
	} {
		t.row(row.name, fmt.Sprint(row.v.GetActionable()), fmt.Sprint(row.v.GetNotActionable()), fmt.Sprint(row.v.GetUnlabelled()))
	}
	t.print(a.stdout, s, "  ", a.terminalWidth())
	writeWrapped(a.stdout, "  ", missedText(r), a.terminalWidth())
	if len(r.GetBurns()) > 1 {
		a.printQuality(r.GetQuality(), "these SLOs")
	}
}

// missedText counts the burn without a page.
func missedText(r *pb.BurnReport) string {
	n := r.GetMatrix().GetMissedEpisodes()
	if n == 0 {
		return "no significant burn without a page"
	}
	var costs []string
	for _, b := range r.GetBurns() {
		if b.GetMissed() > 0 && b.GetBudget() > 0 {
			costs = append(costs, share(b.GetMissed()/b.GetBudget())+" of "+bounded(b.GetSlo()))
		}
	}
	return plural(n, "significant episode") + " without a page: " + strings.Join(some(costs, 4), ", ")
}

// printFindings prints what needs work, with the numbers and what to do.
func (a *app) printFindings(findings []*pb.Finding) {
	if len(findings) == 0 {
		return
	}
	s, width := a.style(), a.terminalWidth()
	writeLine(a.stdout, "")
	writeLine(a.stdout, s.bold("WHAT NEEDS WORK"))
	for i, f := range findings {
		for j, line := range wrap(bounded(f.GetTitle()), width-8) {
			lead := "      "
			if j == 0 {
				lead = fmt.Sprintf("  %2d. ", i+1)
			}
			writeLine(a.stdout, lead+line)
		}
		for _, text := range f.GetEvidence() {
			writeWrapped(a.stdout, "      ", bounded(text), width)
		}
		if f.GetRemedy() != "" {
			writeWrapped(a.stdout, "      ", "→ "+bounded(f.GetRemedy()), width)
		}
	}
}
