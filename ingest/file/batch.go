package file

import (
	"cmp"
	"maps"
	"slices"
	"time"

	"opsreview"
)

// A builder collects lines into a batch.
type builder struct {
	source string
	items  int // lines since the last batch

	pages      map[string]*pageLines
	order      []string // of the pages, by their first line
	responders map[string]opsreview.Responder
	services   map[string]opsreview.Service
	rest       opsreview.Batch // teams, shifts and labels
}

// pageLines are the lines of one page.
type pageLines struct {
	facts  []opsreview.Page // one a line, in the order of the file
	events []opsreview.Event
}

func newBuilder(source string) builder {
	b := builder{source: source}
	b.clear()
	return b
}

func (b *builder) clear() {
	*b = builder{
		source: b.source,
		pages:  map[string]*pageLines{}, responders: map[string]opsreview.Responder{}, services: map[string]opsreview.Service{},
	}
}

// add understands r and adds it. It returns an Invalid error, having added
// nothing, if it cannot.
func (b *builder) add(r *record) error {
	k, err := r.check()
	if err != nil {
		return err
	}
	switch {
	case k.event != "":
		err = b.addEvent(r, k.event)
	case r.text[fKind] == kindPage:
		err = b.addFacts(r, nil)
	default:
		err = b.addReference(r)
	}
	if err == nil {
		b.items++
	}
	return err
}

func (b *builder) addEvent(r *record, k opsreview.EventKind) error {
	e, err := r.event(k)
	if err != nil {
		return err
	}
	if r.given&pageFields != 0 {
		return b.addFacts(r, &e)
	}
	p := b.page(r.text[fPage])
	p.events = append(p.events, e)
	b.mention(e)
	return nil
}

// addFacts adds what r says of its page, and the event e if r is one.
func (b *builder) addFacts(r *record, e *opsreview.Event) error {
	facts, err := r.facts(b.source)
	if err != nil {
		return err
	}
	p := b.page(facts.ID)
	p.facts = append(p.facts, facts)
	if id := facts.Service.ID; id != "" {
		b.addService(opsreview.Service{Ref: facts.Service, Name: r.text[fServiceName]})
	}
	if e != nil {
		p.events = append(p.events, *e)
		b.mention(*e)
	}
	return nil
}

func (b *builder) page(id string) *pageLines {
	p := b.pages[id]
	if p == nil {
		p = &pageLines{}
		b.pages[id] = p
		b.order = append(b.order, id)
	}
	return p
}

// mention makes known whom e is about, so that nobody who was notified is
// missing from the responders.
func (b *builder) mention(e opsreview.Event) {
	for _, id := range e.Responders {
		b.addResponder(opsreview.Responder{Ref: opsreview.Ref{Source: b.source, ID: id}, Email: emailOf(id)})
	}
	if e.By.Kind == opsreview.Person && e.By.ID != "" {
		id := e.By.ID
		b.addResponder(opsreview.Responder{Ref: opsreview.Ref{Source: b.source, ID: id}, Name: e.By.Name, Email: emailOf(id)})
	}
}

func (b *builder) addResponder(p opsreview.Responder) {
	was, ok := b.responders[p.ID]
	if ok {
		p.Name = cmp.Or(p.Name, was.Name)
		p.Email = cmp.Or(p.Email, was.Email)
		p.TimeZone = cmp.Or(p.TimeZone, was.TimeZone)
		if p.Teams == nil {
			p.Teams = was.Teams
		}
		if p.Channels == nil {
			p.Channels = was.Channels
		}
	}
	b.responders[p.ID] = p
}

func (b *builder) addService(s opsreview.Service) {
	was := b.services[s.ID]
	s.Name = cmp.Or(s.Name, was.Name)
	if s.Teams == nil {
		s.Teams = was.Teams
	}
	b.services[s.ID] = s
}

func (b *builder) addReference(r *record) error {
	switch ref := (opsreview.Ref{Source: b.source, ID: r.text[fID]}); r.text[fKind] {
	case kindResponder:
		p, err := r.responder(b.source)
		if err != nil {
			return err
		}
		b.addResponder(p)
	case kindTeam:
		b.rest.Teams = append(b.rest.Teams, opsreview.Team{Ref: ref, Name: r.text[fName]})
	case kindService:
		b.addService(opsreview.Service{Ref: ref, Name: r.text[fName], Teams: r.list(fTeams)})
	case kindShift:
		s, err := r.shift(b.source)
		if err != nil {
			return err
		}
		b.rest.Shifts = append(b.rest.Shifts, s)
		b.addResponder(opsreview.Responder{Ref: s.Responder, Email: emailOf(s.Responder.ID)})
	case kindLabel:
		l, err := r.label(b.source)
		if err != nil {
			return err
		}
		b.rest.Labels = append(b.rest.Labels, l)
	default:
		return b.addWork(r)
	}
	return nil
}

// addWork adds a declared incident or an entry of toil.
func (b *builder) addWork(r *record) error {
	if r.text[fKind] == kindIncident {
		i, err := r.incident(b.source)
		if err == nil {
			b.rest.Incidents = append(b.rest.Incidents, i)
		}
		return err
	}
	e, err := r.toil(b.source)
	if err == nil {
		b.rest.Toil = append(b.rest.Toil, e)
	}
	return err
}

// batch returns what was added since the last call.
func (b *builder) batch() opsreview.Batch {
	batch := b.rest
	for _, id := range b.order {
		batch.Pages = append(batch.Pages, b.pages[id].fold(opsreview.Ref{Source: b.source, ID: id}))
	}
	for _, id := range slices.Sorted(maps.Keys(b.responders)) {
		batch.Responders = append(batch.Responders, b.responders[id])
	}
	for _, id := range slices.Sorted(maps.Keys(b.services)) {
		batch.Services = append(batch.Services, b.services[id])
	}
	b.clear()
	return batch
}

// fold makes one page of its lines: what a later line says wins.
func (l *pageLines) fold(ref opsreview.Ref) opsreview.Page {
	p := opsreview.Page{Ref: ref, Events: l.events}
	slices.SortStableFunc(l.facts, func(a, b opsreview.Page) int { return a.UpdatedAt.Compare(b.UpdatedAt) })
	for i := range l.facts {
		overlay(&p, &l.facts[i])
	}
	return p
}

// overlay puts what newer says over what p says.
func overlay(p, newer *opsreview.Page) {
	texts := [...]struct{ to, from *string }{
		{&p.Number, &newer.Number},
		{&p.URL, &newer.URL},
		{&p.Title, &newer.Title},
		{&p.Policy, &newer.Policy},
		{&p.Priority, &newer.Priority},
		{&p.Severity, &newer.Severity},
		{&p.Runbook, &newer.Runbook},
		{&p.MergedInto, &newer.MergedInto},
		{&p.Reported, &newer.Reported},
	}
	for _, t := range texts {
		*t.to = cmp.Or(*t.from, *t.to)
	}
	p.Urgency = cmp.Or(newer.Urgency, p.Urgency)
	p.Service = cmp.Or(newer.Service, p.Service)
	for _, t := range [...]struct{ to, from *time.Time }{
		{&p.CreatedAt, &newer.CreatedAt}, {&p.EndedAt, &newer.EndedAt}, {&p.UpdatedAt, &newer.UpdatedAt},
	} {
		if !t.from.IsZero() {
			*t.to = *t.from
		}
	}
	if p.Attributes == nil {
		p.Attributes = newer.Attributes
		return
	}
	maps.Copy(p.Attributes, newer.Attributes)
}
