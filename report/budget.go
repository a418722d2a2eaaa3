package report

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"opsreview"
	"opsreview/review"
	"opsreview/slo"
)

// How much of the budgets a report shows. What is left out is counted.
const (
	maxMissed    = 5  // episodes that nobody was paged for
	maxDearest   = 5  // pages that answer for the most
	maxBurnDowns = 12 // charts; the table has every SLO
)

// share writes a share in percent, with as many digits as tell something:
// "136.9 %", "0.023 %".
func share(x float64) string {
	p := math.Abs(100 * x)
	switch {
	case x == 1:
		return "100 %"
	case p == 0:
		return "0 %"
	case p < 0.0005:
		return "< 0.001 %"
	case p >= 0.995:
		return fmt.Sprintf("%.1f %%", 100*x)
	case p >= 0.0995:
		return fmt.Sprintf("%.2f %%", 100*x)
	}
	return fmt.Sprintf("%.3f %%", 100*x)
}

// target writes what is promised: "99.95 %".
func target(x float64) string {
	return strconv.FormatFloat(math.Round(x*1e8)/1e6, 'f', -1, 64) + " %"
}

// amount writes a number of events or slices: "25,775,820", "8.6".
func amount(x float64) string { return slo.Amount(x) }

// left tells what remains of a budget.
func left(b slo.Budget) string {
	switch b.Status {
	case slo.NoData:
		return "no data"
	case slo.NoTraffic:
		return "no traffic"
	case slo.Overspent:
		return "overspent by " + share(-b.Remaining)
	}
	return share(b.Remaining) + " left"
}

// parts tells what was burned and how it splits, as shares of the 30-day budget
// that add up. There are dashes where nothing was counted or burned, and where
// there is no budget.
func parts(b slo.Burn, units ...float64) (whole string, split []string) {
	split = make([]string, len(units))
	shares := make([]float64, len(units))
	sum := 0.0
	for i, u := range units {
		split[i], shares[i] = "–", b.Share(u)
		sum += shares[i]
	}
	if b.Total == 0 || (b.Budget <= 0 && b.Bad > 0) {
		return "–", split
	}
	digits := 1
	for d := math.Abs(sum); d > 0 && d < 0.00995 && digits < 3; d *= 10 {
		digits++
	}
	for i, s := range slo.Apportion(shares, digits) {
		if s > 0 {
			split[i] = fmt.Sprintf("%.*f %%", digits, 100*s)
		}
	}
	if sum == 0 {
		return "0 %", split
	}
	return fmt.Sprintf("%.*f %%", digits, 100*sum), split
}

// A budgetLine is one SLO with where its budget went.
type budgetLine struct {
	slo.Standing
	Burn  slo.Burn
	pages map[opsreview.Ref]review.Mark // of the timeline, for times and titles
}

// name is the SLO's.
func (l budgetLine) name() string { return title(l.SLO.Name) }

// pageTitle is a page's title where the timeline has it.
func (l budgetLine) pageTitle(c slo.Charge) string {
	if m, ok := l.pages[c.Page]; ok {
		return title(m.Title)
	}
	return clean(c.Page.String())
}

func (d Data) budgetLines() []budgetLine {
	r := d.Review.Budget
	if r == nil {
		return nil
	}
	pages := make(map[opsreview.Ref]review.Mark, len(d.Charts.Timeline))
	for _, m := range slices.Backward(d.Charts.Timeline) {
		pages[m.Page] = m
	}
	var all []budgetLine
	for i, b := range r.Burns {
		l := budgetLine{Burn: b, pages: pages}
		if i < len(r.Standings) {
			l.Standing = r.Standings[i]
		}
		all = append(all, l)
	}
	return all
}

// budgetHead heads a line an SLO, to read at a glance.
var budgetHead = []string{"SLO", "Target", "30-day budget", "Burned in the window", "Paged for", "Missed", "The rest", "Watched"}

func (l budgetLine) row() []string {
	b := l.Burn
	whole, split := parts(b, b.Before+b.During+b.After, b.Missed, b.Pending+b.Minor+b.Background)
	return slices.Concat([]string{l.name(), target(l.Objective.Target), left(l.Month), whole}, split, []string{share(l.Month.Coverage)})
}

func (d Data) budgetTable() table {
	t := table{ID: "budget-table", Caption: "Where each SLO's budget went, as shares of its own 30-day budget", Text: 1, Wide: true, Head: budgetHead}
	for _, l := range d.budgetLines() {
		t.Rows = append(t.Rows, l.row())
	}
	return t
}

// budgetParts has every number of every SLO.
func (d Data) budgetParts() table {
	t := table{
		ID: "budget-parts", Caption: "What was counted of each SLO, and every part of what was burned in the window", Text: 1, Wide: true,
		Head: []string{
			"SLO", "Bad in 30 days", "Of", "Allowed", "7-day budget", "Burned in the window", "Before a page", "While paged", "After", "Missed",
			"Pending", "Lesser episodes", "Background",
		},
	}
	for _, l := range d.budgetLines() {
		m, b := l.Month, l.Burn
		whole, split := parts(b, b.Before, b.During, b.After, b.Missed, b.Pending, b.Minor, b.Background)
		t.Rows = append(t.Rows, append([]string{l.name(), amount(m.Bad), amount(m.Total) + " " + m.Unit, amount(m.Allowed), left(l.Week), whole}, split...))
	}
	return t
}

// matrixRows are the pages by whether they came with burn and what people said
// of them: words first, then three counts.
func (d Data) matrixRows() [][]string {
	m := d.Review.Budget.Matrix
	var rows [][]string
	for _, r := range []struct {
		name string
		v    slo.Verdicts
	}{
		{"With significant burn", m.WithBurn},
		{"With lesser burn", m.WithMinor},
		{"Without burn", m.WithoutBurn},
		{"Not judged", m.Unjudged},
	} {
		rows = append(rows, []string{r.name, fmt.Sprint(r.v.Actionable), fmt.Sprint(r.v.NotActionable), fmt.Sprint(r.v.Unlabelled)})
	}
	return rows
}

var matrixHead = []string{"Pages", "Actionable", "Not actionable", "Unlabelled"}

func (d Data) matrixTable() table {
	t := table{ID: "burn-matrix", Caption: "Pages by whether they came with burn, and by what people said of them", Text: 1, Wide: true}
	if d.Review.Budget != nil {
		t.Head, t.Rows = matrixHead, d.matrixRows()
	}
	return t
}

// An item is something that burned much of an SLO's budget.
type item struct {
	When, Name, SLO, Text string

	cost float64
}

// byCost puts the dearest first, cuts the list and counts what it has cut.
func byCost(all []item, most int) ([]item, int) {
	slices.SortStableFunc(all, func(a, b item) int { return cmp.Compare(b.cost, a.cost) })
	more := max(0, len(all)-most)
	return all[:len(all)-more], more
}

func isMissed(e slo.Episode) bool { return e.Significant && len(e.Pages) == 0 && !e.Pending }

// missed are the dearest episodes that nobody was paged for, and how many there
// are beyond those.
func (d Data) missed() ([]item, int) {
	var all []item
	for _, l := range d.budgetLines() {
		for _, e := range l.Burn.Episodes {
			if !isMissed(e) {
				continue
			}
			text := fmt.Sprintf("%s of its 30-day budget in %s", share(e.Cost), length(e.Window.Duration()))
			if e.Gap {
				text += ", partly in a gap"
			}
			all = append(all, item{When: when(e.Window.Start, d.zone()), SLO: l.name(), Text: text, cost: e.Cost})
		}
	}
	return byCost(all, maxMissed)
}

// dearest are the pages that answer for the most of a budget, and how many
// there are beyond those.
func (d Data) dearest() ([]item, int) {
	var all []item
	for _, l := range d.budgetLines() {
		for _, c := range l.Burn.Charges {
			if c.Verdict != slo.WithBurn || c.Cost <= 0 {
				continue
			}
			text := share(c.Cost) + " of the 30-day budget of " + l.name()
			if c.Gap {
				text += ", partly in a gap"
			}
			i := item{Name: l.pageTitle(c), SLO: l.name(), Text: text, cost: c.Cost}
			if m, ok := l.pages[c.Page]; ok {
				i.When = when(m.At, d.zone())
			}
			all = append(all, i)
		}
	}
	return byCost(all, maxDearest)
}

// quality tells how well pages told of significant burn.
func (d Data) quality() []string {
	r := d.Review.Budget
	if r == nil {
		return nil
	}
	q := r.Quality
	recall := "No significant episode that should have been noticed"
	if q.Recall.N > 0 {
		recall = fmt.Sprintf("%s of %s noticed (%s, from %s to %s)", fmt.Sprint(q.Recall.K), plural(q.Recall.N, "significant episode"),
			percent(q.Recall.K, q.Recall.N), wholePercent(q.Recall.Low), wholePercent(q.Recall.High))
	}
	if q.Significant > 0 {
		recall += "; significant is " + target(q.Significant) + " of the 30-day budget"
	}
	precision := "No page could be judged"
	if q.Precision.N > 0 {
		precision = fmt.Sprintf("%d of %s came with significant burn (%s, from %s to %s)", q.Precision.K, plural(q.Precision.N, "judged page"),
			percent(q.Precision.K, q.Precision.N), wholePercent(q.Precision.Low), wholePercent(q.Precision.High))
	}
	if q.Unjudged > 0 {
		precision += fmt.Sprintf("; %d not judged", q.Unjudged)
	}
	all := []string{recall, precision}
	if q.Detection.N > 0 {
		all = append(all, fmt.Sprintf("Paged after %s of burn (median; 90 %% within %s; %s)", length(q.Detection.Median), length(q.Detection.P90), plural(q.Detection.N, "episode")))
	}
	return all
}

func wholePercent(x float64) string { return fmt.Sprintf("%.0f %%", 100*x) }

// budgetHeadline is the budgets in one sentence, "" without any SLO.
func (d Data) budgetHeadline() string {
	lines := d.budgetLines()
	if len(lines) == 0 {
		return ""
	}
	overspent, unknown := 0, 0
	var worst slo.Budget
	name := ""
	for _, l := range lines {
		switch l.Month.Status {
		case slo.Overspent:
			overspent++
		case slo.NoData:
			unknown++
			continue
		}
		if name == "" || l.Month.Consumed > worst.Consumed {
			worst, name = l.Month, l.name()
		}
	}
	parts := []string{fmt.Sprintf("%d of %s overspent", overspent, plural(len(lines), "SLO"))}
	if name != "" {
		parts = append(parts, fmt.Sprintf("%s burned most: %s of its 30-day budget", name, share(worst.Consumed)))
	}
	if unknown > 0 {
		parts = append(parts, fmt.Sprintf("nothing is known of %d", unknown))
	}
	if n := d.Review.Budget.Matrix.Missed; n > 0 {
		parts = append(parts, plural(n, "significant episode")+" that nobody was paged for")
	}
	if n := d.Review.Budget.Matrix.WithoutBurn.Pages(); n > 0 {
		parts = append(parts, plural(n, "page")+" without burn")
	}
	return strings.Join(parts, "; ")
}

// A budgetSection is what the page shows of budgets.
type budgetSection struct {
	Facts       []string
	Table       table
	Parts       table
	Missed      []item
	MoreMissed  string
	Dearest     []item
	MoreDearest string
	Matrix      table
	BurnDowns   []burnDownOf
	Note        string
}

func (d Data) budgetSection() *budgetSection {
	if d.Review.Budget == nil {
		return nil
	}
	s := &budgetSection{Table: d.budgetTable(), Parts: d.budgetParts(), Matrix: d.matrixTable(), BurnDowns: d.burnDowns()}
	s.Facts = append([]string{upper(d.budgetHeadline())}, d.quality()...)
	var more int
	if s.Missed, more = d.missed(); more > 0 {
		s.MoreMissed = "And " + plural(more, "more episode") + "."
	}
	if s.Dearest, more = d.dearest(); more > 0 {
		s.MoreDearest = "And " + plural(more, "more page") + "."
	}
	if more := len(s.Table.Rows) - len(s.BurnDowns); more > 0 && len(s.BurnDowns) == maxBurnDowns {
		s.Note = fmt.Sprintf("The first %d; the table above has %s.", len(s.BurnDowns), plural(more, "more SLO"))
	}
	return s
}
