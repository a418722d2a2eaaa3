package review

import (
	"time"

	"opsreview"
	"opsreview/incident"
	"opsreview/slo"
)

// Prepare computes a review from its facts.
func Prepare(in Input) Review {
	f := newFacts(in)
	r := Review{
		Team:     in.Team,
		Window:   in.Window,
		Week:     in.Window.WeekName(f.zone()),
		Zone:     f.zone().String(),
		Headline: f.headline(),
		Monitors: f.monitors(),
		Loads:    f.loads(),
		Counted:  f.counted(),
	}
	if in.Budget != nil {
		report := slo.Prepare(*in.Budget)
		r.Budget = &report
	}
	r.LookBack = in.LookBack
	if in.Incidents != nil {
		report := incident.Prepare(*in.Incidents)
		r.Incidents = &report
	}
	r.Toil = f.toil
	r.Findings, r.Closed = f.findings(r), Held(in.Closed)
	r.Discuss, r.More = f.topics(r)
	r.Gaps = append(f.gaps(r.Loads), in.LeftOut...)
	r.Gaps = append(r.Gaps, f.hygieneGaps()...)
	if r.Budget != nil {
		r.Gaps = append(r.Gaps, BudgetGaps(*in.Budget, r.Budget.At, r.Budget.Standings)...)
	}
	return r
}

// headline adds up the team's pages that began in the window, and the
// interruptions and engaged time that the team's pages cost in it.
func (f *facts) headline() Headline {
	pages := f.begun(f.window)
	h := Headline{Pages: len(pages), Response: responseOf(pages), Previous: f.previous(), Baseline: f.baseline()}
	for _, p := range pages {
		h.Outcomes.add(OutcomeOf(*p))
		if p.ResolvedAt.IsZero() {
			h.Open++
		}
		if ranUp(p) {
			h.Escalated++
		}
	}
	h.Labelled = h.Outcomes.Labelled()
	for _, key := range f.deliveries.keys {
		torn := 0
		for _, i := range f.within(f.interruptions[key]) {
			if f.concerns(i) {
				h.Interruptions.add(i.Class)
				torn++
			}
		}
		h.Responders += min(torn, 1)
	}
	for _, all := range f.engaged {
		h.Engaged += engagedTime(f.oursOnly(all), f.window)
	}
	return h
}

// concerns reports whether one of the team's pages had a part in i.
func (f *facts) concerns(i Interruption) bool {
	for _, ref := range i.Pages {
		if f.ours(f.byRef[ref]) {
			return true
		}
	}
	return false
}

func (f *facts) oursOnly(all []engagement) []engagement {
	var ours []engagement
	for _, e := range all {
		if f.ours(e.page) {
			ours = append(ours, e)
		}
	}
	return ours
}

// A PageCost is what one page cost, from its trigger to its end.
type PageCost struct {
	Interruptions ByClass
	Engaged       time.Duration // person-time: the sum over responders, each capped by policy
	Responders    int           // people interrupted
}

// PageCosts returns the cost of every page of the input, whether it began in
// the window or not: a page costs the same through whatever window one looks at
// it. An interruption by several pages counts for each of them.
func PageCosts(in Input) map[opsreview.Ref]PageCost {
	f := newFacts(in)
	costs := make(map[opsreview.Ref]PageCost, len(f.pages))
	for ref := range f.byRef {
		costs[ref] = PageCost{}
	}
	for _, key := range f.deliveries.keys {
		met := map[opsreview.Ref]bool{}
		for _, i := range f.interruptions[key] {
			charge(costs, i, met)
		}
	}
	for _, all := range f.engaged {
		for _, e := range all {
			c := costs[e.page.Ref]
			c.Engaged += e.window.Duration()
			costs[e.page.Ref] = c
		}
	}
	return costs
}

// charge counts an interruption for each of its pages. Met are the pages that
// have interrupted the same person before.
func charge(costs map[opsreview.Ref]PageCost, i Interruption, met map[opsreview.Ref]bool) {
	for _, ref := range i.Pages {
		c := costs[ref]
		c.Interruptions.add(i.Class)
		if !met[ref] {
			met[ref] = true
			c.Responders++
		}
		costs[ref] = c
	}
}
