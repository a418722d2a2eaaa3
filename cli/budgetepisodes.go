package cli

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"google.golang.org/protobuf/types/known/durationpb"

	pb "opsreview/proto/opsreview/v1"
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
	writeLine(a.stdout, s.bold("where the error budgets went"+strings.Replace(teamTitle(team), " of everybody", "", 1)))
	line := f.String()
	if at := r.GetAtTime(); at != nil && at.AsTime().Before(f.end) {
		line += ", counted until " + when(at.AsTime(), f.zone)
	}
	writeLine(a.stdout, line)
	if len(r.GetBurns()) == 0 {
		writeLine(a.stdout, "")
		writeLine(a.stdout, "  no SLOs"+forTeam(team)+": list OpenSLO documents under slos in opsreview.yaml")
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
	head := s.bold(bounded(b.GetSlo()))
	if st != nil {
		head += "  " + target(st.GetObjective().GetTarget()) + ", " + leftText(st.GetMonth()) + " of the 30-day budget"
		if !counted(st.GetMonth()) {
			head = s.bold(bounded(b.GetSlo())) + "  " + target(st.GetObjective().GetTarget()) + ", " + leftText(st.GetMonth())
		}
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
	if b.GetBudget() <= 0 || b.GetBad() == 0 {
		return "burned nothing: " + ofTotal(b.GetBad(), b.GetTotal(), b.GetUnit())
	}
	parts := burnParts(b)
	shares := make([]float64, len(parts))
	for i, p := range parts {
		shares[i] = p.units / b.GetBudget()
	}
	total := b.GetBad() / b.GetBudget()
	digits := max(1, decimals(total))
	var words []string
	for i, x := range addUp(shares, digits) {
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
	for i, x := range addUp(parts, digits) {
		texts[i] = "–"
		if x > 0 {
			texts[i] = shareTo(x, digits)
		}
	}
	return pageCost{shareTo(p.GetCost(), digits), texts[0], texts[1], texts[2]}
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
	bound := ""
	if q.GetSignificantShare() > 0 {
		bound = " (from " + share(q.GetSignificantShare()) + " of the budget)"
	}
	recall := "no significant episode" + bound + " that should have been noticed"
	if q.GetRecall() != nil {
		recall = "noticed " + kOfN(q.GetRecall(), "significant episode") + bound
		if q.WeightedRecall != nil {
			recall += fmt.Sprintf(", with %s of what they burned", share(q.GetWeightedRecall()))
		}
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
	writeLine(a.stdout, "  "+missedText(r))
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

// pageBurnText is "15.3 % of the 30-day budget of vault/availability (5.0 %
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
	text := cost.whole + " of the 30-day budget of " + slo
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
