package review

import (
	"cmp"
	"maps"
	"slices"
	"strings"
	"time"

	"opsreview"
	"opsreview/toil"
)

// facts are what a review is made of, looked up once: who was interrupted,
// engaged and on call, when, and by which page.
type facts struct {
	in     Input
	window opsreview.Window
	past   opsreview.Window // the part of the window that lies before now
	roster Roster
	pages  []*opsreview.Page // each once, in order of their trigger
	byRef  map[opsreview.Ref]*opsreview.Page

	deliveries    deliveries
	interruptions map[string][]Interruption // all of them, by person and in order
	engaged       map[string][]engagement   // by person
	demands       map[string][]Assignment   // by person

	shifts    map[string][]opsreview.Shift // by person
	scheduled map[string]bool              // the sources that delivered shifts for the window

	shiftsSince map[string]time.Time   // the earliest shift known of each source
	policies    map[opsreview.Ref]bool // the escalation policies of the team's services
	people      map[string]Person      // everybody met so far

	toil *toil.Report // nil if the input has none
}

func newFacts(in Input) *facts {
	f := &facts{
		in:            in,
		window:        in.Window,
		past:          passed(in.Window, in.Now),
		roster:        NewRoster(in.Org, in.Responders, in.Team),
		byRef:         make(map[opsreview.Ref]*opsreview.Page, len(in.Pages)),
		interruptions: map[string][]Interruption{},
		engaged:       map[string][]engagement{},
		demands:       map[string][]Assignment{},
		shifts:        map[string][]opsreview.Shift{},
		scheduled:     map[string]bool{},
		shiftsSince:   map[string]time.Time{},
		policies:      map[opsreview.Ref]bool{},
		people:        map[string]Person{},
	}
	if in.Toil != nil {
		report := toil.Prepare(*in.Toil)
		f.toil = &report
	}
	f.sortPages()
	f.deliveries = sendsOf(f.pages, f.roster)
	maps.Copy(f.people, f.deliveries.persons)
	for key, sends := range f.deliveries.sends {
		f.interruptions[key] = interruptions(f.people[key], sends)
	}
	for _, p := range f.pages {
		f.engage(p)
	}
	f.duties()
	return f
}

func (f *facts) sortPages() {
	f.pages = inOrder(f.in.Pages)
	for _, p := range f.pages {
		f.byRef[p.Ref] = p
	}
}

// inOrder returns each page once, in order of its trigger, so that the order in
// which they come changes nothing.
func inOrder(pages []opsreview.Page) []*opsreview.Page {
	sorted := pointers(pages)
	slices.SortStableFunc(sorted, func(a, b *opsreview.Page) int {
		return cmp.Or(a.TriggeredAt.Compare(b.TriggeredAt), a.Ref.Compare(b.Ref))
	})
	return slices.CompactFunc(sorted, func(a, b *opsreview.Page) bool { return a.Ref == b.Ref })
}

// pointers spares sorting and passing pages, which are large.
func pointers(pages []opsreview.Page) []*opsreview.Page {
	ps := make([]*opsreview.Page, len(pages))
	for i := range pages {
		ps[i] = &pages[i]
	}
	return ps
}

func (f *facts) engage(p *opsreview.Page) {
	for _, e := range engagements(p, f.roster, f.in.Org.Policy.EngagedCap, f.in.Now) {
		f.engaged[e.person] = append(f.engaged[e.person], e)
	}
	for _, a := range Assignments(*p) {
		person := f.meet(a.Responder)
		f.demands[person.Key] = append(f.demands[person.Key], a)
	}
	for _, e := range p.Events {
		if e.By.ID != "" && e.By.Kind == opsreview.Person {
			f.meet(opsreview.Ref{Source: p.Source, ID: e.By.ID})
		}
	}
}

func (f *facts) duties() {
	for _, s := range f.in.Shifts {
		person := f.meet(s.Responder)
		f.shifts[person.Key] = append(f.shifts[person.Key], s)
		if f.served(s) {
			f.scheduled[s.Responder.Source] = true
		}
		if since := f.shiftsSince[s.Responder.Source]; since.IsZero() || s.Start.Before(since) {
			f.shiftsSince[s.Responder.Source] = s.Start
		}
	}
	for _, s := range f.in.Services {
		if s.Policy != "" {
			f.policies[opsreview.Ref{Source: s.Source, ID: s.Policy}] = true
		}
	}
}

// meet returns the person whom ref names and remembers them.
func (f *facts) meet(ref opsreview.Ref) Person {
	p := f.roster.Person(ref)
	f.people[p.Key] = p
	return p
}

func (f *facts) person(key string) Person { return f.people[key] }

func (f *facts) zone() *time.Location {
	if f.in.Zone == nil {
		return time.UTC
	}
	return f.in.Zone
}

// ours reports whether a page is of one of the team's services.
func (f *facts) ours(p *opsreview.Page) bool {
	if f.in.Services == nil {
		return true
	}
	_, ok := f.in.Services[p.Service]
	return ok
}

// begun returns the team's pages that were triggered in w, in order.
func (f *facts) begun(w opsreview.Window) []*opsreview.Page {
	from, _ := slices.BinarySearchFunc(f.pages, w.Start, func(p *opsreview.Page, t time.Time) int { return p.TriggeredAt.Compare(t) })
	var begun []*opsreview.Page
	for i := from; i < len(f.pages) && f.pages[i].TriggeredAt.Before(w.End); i++ {
		if f.ours(f.pages[i]) {
			begun = append(begun, f.pages[i])
		}
	}
	return begun
}

// within returns the interruptions that fall in the window.
func (f *facts) within(all []Interruption) []Interruption {
	from, _ := slices.BinarySearchFunc(all, f.window.Start, func(i Interruption, t time.Time) int { return i.At.Compare(t) })
	to, _ := slices.BinarySearchFunc(all, f.window.End, func(i Interruption, t time.Time) int { return i.At.Compare(t) })
	return all[from:max(from, to)]
}

// names lists people's names in order, for a sentence.
func (f *facts) names(keys map[string]bool) string {
	var names []string
	for key := range keys {
		names = append(names, f.person(key).Name)
	}
	slices.Sort(names)
	return strings.Join(names, ", ")
}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
