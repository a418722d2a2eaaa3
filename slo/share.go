package slo

import (
	"cmp"
	"slices"
	"sort"
	"time"

	"opsreview"
)

// A pool shares out what burns equally among the incidents that are open, and
// within each equally among its open pages. It takes one step for each beginning
// and end of a page, however many are open: the pool keeps what an incident
// would have been given that had always been open, each incident the same for a
// page, and a page is given the difference between its end and its beginning.
type pool struct {
	given     float64
	open      int // incidents
	incidents map[opsreview.Ref]*incident
}

type incident struct {
	given   float64
	open    int     // pages
	settled float64 // the pool's given that is in the incident's
}

// burn shares out bad units among those that are open.
func (p *pool) burn(bad float64) {
	if p.open > 0 {
		p.given += bad / float64(p.open)
	}
}

// move opens or ends a page of an incident, by 1 or −1, and returns what a page
// of it would have been given that had always been open.
func (p *pool) move(ref opsreview.Ref, by int) float64 {
	inc := p.incidents[ref]
	if inc == nil {
		inc = &incident{}
		p.incidents[ref] = inc
	}
	if inc.open > 0 {
		inc.given += (p.given - inc.settled) / float64(inc.open)
	}
	inc.settled = p.given
	if inc.open == 0 {
		p.open++
	}
	inc.open += by
	if inc.open == 0 {
		p.open--
	}
	return inc.given
}

// An edge is where a page begins or ends to be open, by 1 or −1.
type edge struct {
	at   time.Time
	call int
	by   int
}

// during charges pages with what burned while they were open.
func (a *account) during() {
	w := a.burn.Window
	var edges []edge
	for _, s := range a.spells {
		start, end := later(s.Start, w.Start), earlier(s.End, w.End)
		if !start.Before(end) {
			continue
		}
		edges = append(edges, edge{start, s.call, +1}, edge{end, s.call, -1})
		sum := a.tally.within(start, end)
		c := &a.charges[s.call]
		c.Gross += a.burn.Share(sum.bad)
		c.Gap = c.Gap || sum.gap > 0
	}
	slices.SortFunc(edges, func(x, y edge) int {
		return cmp.Or(x.at.Compare(y.at), x.call-y.call, x.by-y.by)
	})
	p := pool{incidents: map[opsreview.Ref]*incident{}}
	opened := make([]float64, len(a.calls))
	at := w.Start
	for _, e := range edges {
		p.burn(a.tally.within(at, e.at).bad)
		at = e.at
		given := p.move(a.calls[e.call].incident, e.by)
		if e.by > 0 {
			opened[e.call] = given
			continue
		}
		a.charges[e.call].During += given - opened[e.call]
	}
}

// A matcher finds the spells that match an episode.
type matcher struct {
	spells []spell     // in order of their beginnings
	last   []time.Time // last[i] is the latest end of spells[:i+1]
	lag    time.Duration
}

func newMatcher(spells []spell, lag time.Duration) matcher {
	m := matcher{spells: spells, last: make([]time.Time, len(spells)), lag: lag}
	var last time.Time
	for i, s := range spells {
		last = later(last, s.End)
		m.last[i] = last
	}
	return m
}

// match returns the spells that began from shortly before the episode to the
// lag after it, or earlier and were still open as it began, in order of their
// beginnings.
func (m matcher) match(e opsreview.Window) []spell {
	from, to := e.Start.Add(-pageLead), e.End.Add(m.lag)
	first := sort.Search(len(m.spells), func(i int) bool { return !m.spells[i].Start.Before(from) })
	end := sort.Search(len(m.spells), func(i int) bool { return m.spells[i].Start.After(to) })
	var found []spell
	for i := first - 1; i >= 0 && !m.last[i].Before(e.Start); i-- {
		if !m.spells[i].End.Before(e.Start) {
			found = append(found, m.spells[i])
		}
	}
	slices.Reverse(found)
	return append(found, m.spells[first:end]...)
}
