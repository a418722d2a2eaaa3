package review

import (
	"cmp"
	"slices"
	"strings"

	"opsreview"
)

// MonitorCosts returns what each monitor of the team's services cost in the
// window, dearest first: by sleep interruptions, then by interruptions, engaged
// time, pages and ID. Pages are those that began in the window; interruptions
// and engaged time are those that fell in it, of older pages too. An
// interruption by several monitors counts for each of them.
func MonitorCosts(in Input) []MonitorCost { return newFacts(in).monitors() }

func (f *facts) monitors() []MonitorCost {
	t := tally{facts: f, costs: map[string]*MonitorCost{}}
	for _, p := range f.begun(f.window) {
		t.page(p)
	}
	for _, key := range f.deliveries.keys {
		for _, i := range f.within(f.interruptions[key]) {
			t.interruption(i)
		}
	}
	t.engage()
	for _, p := range f.begun(f.window.Before(f.zone())) {
		if m, ok := t.costs[f.monitorOf(p).ID]; ok {
			m.Previous++
		}
	}
	costs := make([]MonitorCost, 0, len(t.costs))
	for _, key := range sortedKeys(t.costs) {
		costs = append(costs, *t.costs[key])
	}
	slices.SortStableFunc(costs, func(a, b MonitorCost) int {
		return cmp.Or(
			cmp.Compare(b.Interruptions.Sleep, a.Interruptions.Sleep),
			cmp.Compare(b.Interruptions.Total(), a.Interruptions.Total()),
			cmp.Compare(b.Engaged, a.Engaged),
			cmp.Compare(len(b.Pages), len(a.Pages)),
			strings.Compare(a.Monitor.ID, b.Monitor.ID),
		)
	})
	return costs
}

// monitorOf returns the page's monitor. A page that carries no monitor's ID is
// recognised by the rules.
func (f *facts) monitorOf(p *opsreview.Page) opsreview.Monitor {
	if p.Monitor == "" {
		m := f.in.Org.Monitors.Monitor(p)
		if known, ok := f.in.Monitors[m.ID]; ok {
			return known
		}
		return m
	}
	if m, ok := f.in.Monitors[p.Monitor]; ok {
		return m
	}
	return opsreview.Monitor{ID: p.Monitor, Service: p.Service, Title: p.Title}
}

// A tally adds up the monitors' costs.
type tally struct {
	facts *facts
	costs map[string]*MonitorCost
}

// of returns the cost of the page's monitor.
func (t *tally) of(p *opsreview.Page) *MonitorCost {
	m := t.facts.monitorOf(p)
	c, ok := t.costs[m.ID]
	if !ok {
		c = &MonitorCost{Monitor: m, Causes: map[string]int{}}
		service := m.Service
		if service.IsZero() {
			service = p.Service
		}
		c.ServiceName = cmp.Or(t.facts.in.Services[service].Name, t.facts.in.AllServices[service].Name, service.ID)
		t.costs[m.ID] = c
	}
	return c
}

func (t *tally) page(p *opsreview.Page) {
	c := t.of(p)
	c.Pages = append(c.Pages, p.Ref)
	c.Outcomes.add(OutcomeOf(*p))
	if cause := t.facts.cause(p.Label); cause != "" {
		c.Causes[cause]++
	}
	if ranUp(p) {
		c.Escalated++
	}
}

// interruption counts once for every monitor that had a part in it.
func (t *tally) interruption(i Interruption) {
	var counted []*MonitorCost
	for _, ref := range i.Pages {
		p := t.facts.byRef[ref]
		if !t.facts.ours(p) {
			continue
		}
		if c := t.of(p); !slices.Contains(counted, c) {
			c.Interruptions.add(i.Class)
			counted = append(counted, c)
		}
	}
}

// engage adds up the people's time, monitor by monitor.
func (t *tally) engage() {
	byMonitor := map[*MonitorCost][]engagement{}
	for _, key := range sortedKeys(t.facts.engaged) {
		for _, e := range t.facts.engaged[key] {
			if t.facts.ours(e.page) && t.facts.window.Overlap(e.window.Start, e.window.End) > 0 {
				c := t.of(e.page)
				byMonitor[c] = append(byMonitor[c], e)
			}
		}
	}
	for c, all := range byMonitor {
		c.Engaged = engagedTime(all, t.facts.window)
	}
}

// cause returns the cause of a label in today's words, "" if it has none. A
// word that the vocabulary does not know stands for itself.
func (f *facts) cause(l opsreview.Label) string {
	if l.IsZero() {
		return ""
	}
	if c, ok := f.in.Org.Vocabulary.Cause(l.Cause); ok {
		return c.ID
	}
	return l.Cause
}
