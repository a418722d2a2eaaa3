package slo

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"opsreview"
)

const (
	fewestPages = 3 // judged pages of a monitor below which nothing is said of it
	mostShown   = 5 // episodes that a finding names
)

// A wording writes findings for people in one zone.
type wording struct {
	in   Input
	zone *time.Location
}

// findings says what needs work: first the budgets that are overspent, then
// burn that nobody was paged for, the dearest first; then monitors, those with
// most pages first; then SLOs of which nothing is known.
func (w *summary) findings(r Report, in Input, monitors map[string][]*call) []opsreview.Finding {
	words := wording{in: in, zone: in.Zone}
	if words.zone == nil {
		words.zone = time.UTC
	}
	var all []opsreview.Finding
	standings := slices.Clone(r.Standings)
	slices.SortStableFunc(standings, func(a, b Standing) int { return cmp.Compare(b.Month.Consumed, a.Month.Consumed) })
	units := map[string]string{}
	for _, st := range standings {
		units[st.SLO.Name] = st.Month.Unit
		if st.Month.Status == Overspent {
			all = append(all, words.overspent(st))
		}
	}
	costs := slices.Clone(w.matrix.MissedCost)
	slices.SortStableFunc(costs, func(a, b MissedCost) int { return cmp.Compare(b.Cost, a.Cost) })
	for _, c := range costs {
		all = append(all, words.unpaged(c, units[c.SLO], w.episodes))
	}
	all = append(all, w.withoutBurn(words, monitors)...)
	for _, name := range w.unknown {
		all = append(all, words.withoutData(name))
	}
	return all
}

func (w wording) overspent(st Standing) opsreview.Finding {
	name, b := st.SLO.Name, st.Month
	evidence := []string{fmt.Sprintf("%s bad of %s %s in the 30 days up to %s, where %s are allowed (target %s).",
		Amount(b.Bad), Amount(b.Total), b.Unit, w.time(b.Window.End), Amount(b.Allowed), target(b.Objective))}
	evidence = append(evidence, fmt.Sprintf("The last 7 days burned %s of the 30-day budget; %s of the 30 days was watched.",
		percent(st.WeekShare), percent(b.Coverage)))
	if b.GapBurn > 0 {
		evidence = append(evidence, percent(b.GapBurn)+" of the budget burned in gaps: nobody knows when.")
	}
	if b.Granularity > 0 {
		evidence = append(evidence, fmt.Sprintf("There is little to count: one bad %s costs %s of the budget.", strings.TrimSuffix(b.Unit, "s"), percent(b.Granularity)))
	}
	return opsreview.Finding{
		Key: opsreview.BudgetOverspent + ":" + name, Kind: opsreview.BudgetOverspent, SLO: name,
		Title:    fmt.Sprintf("%s burned %s of its 30-day budget", name, percent(b.Consumed)),
		Evidence: evidence,
		Remedy:   "Decide what makes room: put reliability before features until the budget recovers, or change the objective.",
	}
}

func (w wording) unpaged(c MissedCost, unit string, episodes []Episode) opsreview.Finding {
	var mine []Episode
	for _, e := range missed(episodes) {
		if e.SLO == c.SLO {
			mine = append(mine, e)
		}
	}
	slices.SortStableFunc(mine, func(a, b Episode) int { return cmp.Compare(b.Cost, a.Cost) })
	evidence := []string{fmt.Sprintf("%s in the window burned %s of the 30-day budget without a page.",
		counted(len(mine), "significant episode"), percent(c.Cost))}
	for _, e := range mine[:min(len(mine), mostShown)] {
		text := fmt.Sprintf("From %s for %s: %s bad of %s %s, %s of the budget, at up to %s times the sustainable rate",
			w.time(e.Window.Start), length(e.Window.Duration()), Amount(e.Bad), Amount(e.Total), unit, percent(e.Cost), digits(e.Peak))
		if e.Gap {
			text += "; part of it lies in a gap, so that alerts could not see it"
		}
		evidence = append(evidence, text+".")
	}
	if more := len(mine) - mostShown; more > 0 {
		evidence = append(evidence, fmt.Sprintf("And %d more.", more))
	}
	return opsreview.Finding{
		Key: opsreview.BurnUnpaged + ":" + c.SLO, Kind: opsreview.BurnUnpaged, SLO: c.SLO,
		Title:    fmt.Sprintf("%s burned %s of its 30-day budget and nobody was paged", c.SLO, percent(c.Cost)),
		Evidence: evidence,
		Remedy:   "Page on the burn rate of this objective over a long and a short window, and check that the page reaches somebody.",
	}
}

// withoutBurn finds the monitors of whose judged pages none came with burn.
func (w *summary) withoutBurn(words wording, monitors map[string][]*call) []opsreview.Finding {
	var ids []string
	judged := map[string][]*call{}
	for id, calls := range monitors {
		burned := slices.ContainsFunc(calls, func(c *call) bool { return w.judged[c].matched })
		for _, c := range calls {
			if w.judged[c].verdict == WithoutBurn {
				judged[id] = append(judged[id], c)
			}
		}
		if id != "" && !burned && len(judged[id]) >= fewestPages {
			ids = append(ids, id)
		}
	}
	slices.SortFunc(ids, func(a, b string) int {
		return cmp.Or(len(judged[b])-len(judged[a]), strings.Compare(a, b))
	})
	var all []opsreview.Finding
	for _, id := range ids {
		all = append(all, words.monitor(id, judged[id], len(monitors[id])))
	}
	return all
}

// monitor tells of a monitor by its judged pages of all that it made. Those
// that people labelled not actionable tell most.
func (w wording) monitor(id string, judged []*call, pages int) opsreview.Finding {
	telling := func(c *call) int {
		switch {
		case c.page.Label.IsZero():
			return 1
		case c.page.Label.Verdict == opsreview.NotActionable:
			return 0
		}
		return 2
	}
	slices.SortStableFunc(judged, func(a, b *call) int { return telling(a) - telling(b) })
	useless, useful := 0, 0
	var refs []opsreview.Ref
	for _, c := range judged {
		refs = append(refs, c.page.Ref)
		switch telling(c) {
		case 0:
			useless++
		case 2:
			useful++
		}
	}
	title := cmp.Or(w.in.Monitors[id].Title, judged[0].page.Title, id)
	return opsreview.Finding{
		Key: opsreview.MonitorWithoutBurn + ":" + id, Kind: opsreview.MonitorWithoutBurn, Monitor: id, Pages: refs,
		Title: fmt.Sprintf("%q paged %s without any budget burning", title, times(len(judged))),
		Evidence: []string{
			fmt.Sprintf("Of %s in the window %d could be judged, and none of them came with an episode of burn.",
				counted(pages, "page"), len(judged)),
			fmt.Sprintf("People labelled %d of them actionable and %d not actionable.", useful, useless),
		},
		Remedy: "Page on the burn of the objective and make this a ticket, or write an objective for what it watches.",
	}
}

func (w wording) withoutData(name string) opsreview.Finding {
	return opsreview.Finding{
		Key: opsreview.SLOWithoutData + ":" + name, Kind: opsreview.SLOWithoutData, SLO: name,
		Title:    "Nothing is known of " + name,
		Evidence: []string{fmt.Sprintf("Nothing was counted from %s to %s.", w.time(w.in.Window.Start), w.time(At(w.in.Window, w.in.Now)))},
		Remedy:   "Check the source and the queries of the objective, or import its segments.",
	}
}

func (w wording) time(t time.Time) string { return t.In(w.zone).Format("Mon 2 Jan 15:04 MST") }

// percent writes a share with the digits that mean something.
func percent(x float64) string {
	x *= 100
	switch a := max(x, -x); {
	case a == 0:
		return "0 %"
	case a >= 99 && a < 100:
		// What is not all must not look like all.
		return strconv.FormatFloat(math.Floor(100*x)/100, 'f', -1, 64) + " %"
	case a >= 1:
		return strconv.FormatFloat(x, 'f', 1, 64) + " %"
	}
	return strconv.FormatFloat(x, 'g', 2, 64) + " %"
}

// target writes an objective's target with all its nines.
func target(o opsreview.Objective) string {
	return strconv.FormatFloat(math.Round(o.Target*1e9)/1e7, 'f', -1, 64) + " %"
}

// Amount writes a number of events or slices for people: "25,775,820", "8.6".
// A tenth of what is many tells nothing.
func Amount(x float64) string {
	text := strconv.FormatFloat(x, 'f', 0, 64)
	switch size := math.Abs(x); {
	case math.Abs(x-math.Round(x)) < 1e-6 || size >= 1000:
	case size < 0.095: // what is not nothing must not look like it
		text = strconv.FormatFloat(x, 'f', 1-int(math.Floor(math.Log10(size))), 64)
		text = strings.TrimRight(text, "0")
	default:
		text = strings.TrimSuffix(strconv.FormatFloat(x, 'f', 1, 64), ".0")
	}
	whole, fraction, _ := strings.Cut(text, ".")
	for i := len(whole) - 3; i > 0 && whole[i-1] != '-'; i -= 3 {
		whole = whole[:i] + "," + whole[i:]
	}
	if fraction == "" {
		return whole
	}
	return whole + "." + fraction
}

// digits writes a rate.
func digits(x float64) string {
	if x >= 10 {
		return strconv.FormatFloat(x, 'f', 0, 64)
	}
	return strconv.FormatFloat(x, 'f', 1, 64)
}

// length writes how long something took, in its two largest units.
func length(d time.Duration) string {
	d = d.Round(time.Minute)
	days, hours, minutes := d/(24*time.Hour), d/time.Hour%24, d/time.Minute%60
	switch {
	case days > 0 && hours > 0:
		return fmt.Sprintf("%d d %d h", days, hours)
	case days > 0:
		return fmt.Sprintf("%d d", days)
	case hours > 0 && minutes > 0:
		return fmt.Sprintf("%d h %d min", hours, minutes)
	case hours > 0:
		return fmt.Sprintf("%d h", hours)
	}
	return fmt.Sprintf("%d min", minutes)
}

func counted(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

func times(n int) string {
	if n == 1 {
		return "once"
	}
	return fmt.Sprintf("%d times", n)
}
