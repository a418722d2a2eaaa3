package slo

import (
	"slices"
	"strings"
	"time"

	"opsreview"
)

// Prepare computes a report from its facts. The order of series, pages and
// corrections does not matter.
func Prepare(in Input) Report {
	at, zone := At(in.Window, in.Now), in.Zone
	if zone == nil {
		zone = time.UTC
	}
	series := slices.Clone(in.Series)
	slices.SortStableFunc(series, func(a, b Series) int { return strings.Compare(a.SLO.Name, b.SLO.Name) })
	calls := callsOf(in.Pages, in.Window, in.Now)
	mine := make([][]joined, len(series))
	j := newJoiner(joinable(series, in.Known))
	for i := range calls {
		rule, found := j.join(calls[i].page, in.Services[calls[i].page.Service])
		for _, k := range found {
			if k < len(series) {
				mine[k] = append(mine[k], joined{call: &calls[i], rule: rule})
			}
		}
	}

	r := Report{At: at}
	whole := summary{judged: map[*call]judgement{}}
	for i, s := range series {
		st := StandingOf(s, at.In(zone))
		a := accountOf(s, st, in.Window, mine[i])
		r.Standings = append(r.Standings, st)
		r.Burns = append(r.Burns, a.close(s.SLO, &whole))
	}
	whole.conclude(&r, in, calls)
	return r
}

// joinable returns the SLOs that pages may be about: those of the series, in
// their order, and after them the others that are known.
func joinable(series []Series, known []opsreview.SLO) []opsreview.SLO {
	slos := make([]opsreview.SLO, 0, len(series)+len(known))
	asked := map[string]bool{}
	for _, s := range series {
		slos = append(slos, s.SLO)
		asked[s.SLO.Name] = true
	}
	for _, s := range known {
		if !asked[s.Name] {
			slos = append(slos, s)
		}
	}
	return slos
}

// accountOf draws up one SLO's account.
func accountOf(s Series, st Standing, review opsreview.Window, calls []joined) *account {
	o, at := st.Objective, st.Month.Window.End
	reach := opsreview.Window{Start: review.Start.Add(-lookback), End: at}
	b := burningOf(known(s, o, reach), o)
	a := &account{
		burn: Burn{
			SLO: s.SLO.Name, Window: opsreview.Window{Start: review.Start, End: later(at, review.Start)},
			Unit: unitOf(o), Budget: st.Month.Allowed,
		},
		at: at, review: review, tally: b.tally, seen: watching(s, reach), calls: calls,
		episodes: b.episodes(s.SLO, st.Month.Allowed),
	}
	sum := a.within(review.Start, at)
	a.burn.Total, a.burn.Bad = sum.total, sum.bad
	a.attribute()
	return a
}

// known returns the units of a stretch. Slices that nothing is known of are
// among them where the SLO's document says what they count as.
func known(s Series, o opsreview.Objective, w opsreview.Window) []opsreview.Segment {
	all := units(s, o, w)
	bad := s.SLO.Missing == opsreview.MissingBad
	if unitOf(o) != unitSlices || !bad && s.SLO.Missing != opsreview.MissingGood {
		return all
	}
	var filled []opsreview.Segment
	at := w.Start
	fill := func(until time.Time) {
		if !at.Before(until) {
			return
		}
		g := opsreview.Segment{SLO: s.SLO.Name, Start: at, End: until, Total: float64(until.Sub(at)) / float64(sliceOf(o))}
		if bad {
			g.Bad, g.GapBad = g.Total, g.Total
		}
		filled = append(filled, g)
	}
	for _, u := range all {
		fill(u.Start)
		filled = append(filled, u)
		at = u.End
	}
	fill(w.End.Truncate(sliceOf(o)))
	return filled
}

// watching is how much of any stretch was watched. What corrections take out
// counts as watched.
func watching(s Series, w opsreview.Window) tally {
	var all []opsreview.Segment
	for p := range pieces(s, w) {
		if p.corrected {
			p.Covered = p.Length()
		}
		all = append(all, p.Segment)
	}
	return tallyOf(all)
}

// enough is the coverage from which pages are judged.
const enough = 0.9

// judge says of each call whether it came with burn.
func (a *account) judge(significant float64) {
	first := a.review.Start.Add(-lookback)
	for i, c := range a.calls {
		start := later(c.page.TriggeredAt.Add(-lookback), first)
		end := earlier(c.spells[len(c.spells)-1].End, a.at)
		length := end.Sub(start)
		verdict := &a.charges[i].Verdict
		switch {
		case length <= 0 || float64(a.seen.within(start, end).covered) < enough*(1-tolerance)*float64(length):
			*verdict = Unjudged
		case a.dearest[i] < 0:
			*verdict = WithoutBurn
		case atLeast(a.dearest[i], significant):
			*verdict = WithBurn
		default:
			*verdict = WithMinor
		}
	}
}

// close completes the account: it leaves out what is not about the window, and
// adds what is to the summary.
func (a *account) close(s opsreview.SLO, whole *summary) Burn {
	a.judge(significantOf(s))
	var pages []judgement
	for i, c := range a.calls {
		if c.began {
			j := judgement{verdict: a.charges[i].Verdict, dearest: a.dearest[i], matched: a.dearest[i] >= 0}
			pages = append(pages, j)
			whole.judge(c.call, j)
		}
		a.burn.Charges = appendCharge(a.burn.Charges, a.charges[i], c.call, a.burn.Window, a.review)
	}
	var began []Episode
	for _, e := range a.episodes {
		if !e.Window.Start.Before(a.burn.Window.Start) {
			began = append(began, e)
		}
		if e.Window.End.After(a.burn.Window.Start) {
			a.burn.Episodes = append(a.burn.Episodes, e)
		}
	}
	q := qualityOf(pages, began, a.at.Add(-lookback))
	q.Significant = significantOf(s)
	q.Weighted, q.WeightedKnown = weighted(began)
	a.burn.Quality = q
	whole.add(a.burn, began)
	w := a.burn.Window
	if seen := a.seen.within(w.Start, w.End); w.Start.Before(w.End) && seen.covered == 0 && seen.total == 0 {
		whole.unknown = append(whole.unknown, s.Name)
	}
	return a.burn
}

// appendCharge adds the charge of a page that was open in the window or that
// answers for something that burned in it.
func appendCharge(all []Charge, c Charge, from *call, counted, review opsreview.Window) []Charge {
	open := slices.ContainsFunc(from.spells, func(s opsreview.Window) bool {
		return review.Overlap(s.Start, s.End) > 0
	})
	if !open && c.Burned() == 0 {
		return all
	}
	c.Partly = from.page.TriggeredAt.Before(counted.Start) || from.spells[len(from.spells)-1].End.After(counted.End)
	return append(all, c)
}

// A summary gathers what concerns all SLOs.
type summary struct {
	judged   map[*call]judgement // pages that began in the window
	burns    []Burn
	episodes []Episode // that began in the window, of all
	matrix   Matrix
	unknown  []string // names of SLOs that nothing is known of
}

func (w *summary) judge(c *call, j judgement) {
	if before, ok := w.judged[c]; ok {
		j = before.and(j)
	}
	w.judged[c] = j
}

func (w *summary) add(b Burn, began []Episode) {
	w.burns = append(w.burns, b)
	w.episodes = append(w.episodes, began...)
	w.matrix.miss(b.SLO, began)
}

// conclude writes what concerns all SLOs into the report.
func (w *summary) conclude(r *Report, in Input, calls []call) {
	var pages []judgement
	monitors := map[string][]*call{}
	for i := range calls {
		c := &calls[i]
		if !c.began {
			continue
		}
		j, ok := w.judged[c]
		if !ok {
			j = judgement{verdict: Unjudged, dearest: -1}
			w.judged[c] = j
		}
		pages = append(pages, j)
		w.matrix.add(j.verdict, c.page.Label)
		monitors[c.page.Monitor] = append(monitors[c.page.Monitor], c)
	}
	r.Quality = qualityOf(pages, w.episodes, r.At.Add(-lookback))
	if len(w.burns) > 0 {
		r.Quality.Significant = w.burns[0].Quality.Significant
	}
	for _, b := range w.burns {
		if b.Quality.Significant != r.Quality.Significant {
			r.Quality.Significant = 0
		}
	}
	if len(w.burns) == 1 {
		r.Quality.Weighted, r.Quality.WeightedKnown = w.burns[0].Quality.Weighted, w.burns[0].Quality.WeightedKnown
	}
	r.Matrix = w.matrix
	r.Findings = w.findings(*r, in, monitors)
}
