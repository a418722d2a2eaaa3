package server

import (
	"context"
	"slices"

	"opsreview"
	"opsreview/meeting"
	pb "opsreview/proto/opsreview/v1"
	"opsreview/report"
	"opsreview/review"
)

// names lists what everybody is called whom a prepared review may name: those
// whose load it shows first, in its order.
func (p prepared) names(org opsreview.Org) [][]string {
	addresses := map[string][]string{}
	for _, r := range org.Responders {
		addresses[foldName(r.Name)] = r.Emails
	}
	byRef := map[opsreview.Ref]opsreview.Responder{}
	for _, r := range p.sc.people {
		byRef[r.Ref] = r
	}
	var all [][]string
	add := func(person review.Person) {
		called := append([]string{person.Name, person.Key}, addresses[foldName(person.Name)]...)
		for _, ref := range person.Refs {
			called = append(called, ref.String(), byRef[ref].Name, byRef[ref].Email)
		}
		all = append(all, called)
	}
	for _, l := range p.review.Loads {
		add(l.Person)
	}
	for _, person := range p.sc.roster.Persons() {
		add(person)
	}
	one := func(name string) { all = append(all, []string{name}) }
	for _, l := range p.in.Labels {
		one(l.Author)
	}
	for _, page := range p.in.Pages {
		one(page.Label.Author)
		for _, e := range page.Events {
			if e.By.Kind == opsreview.Person {
				one(e.By.Name)
			}
		}
	}
	for _, t := range p.in.Closed {
		one(t.Ticket.Assignee)
	}
	return all
}

// anonymous returns a report in which nobody is named.
func anonymous(d report.Data, names [][]string) report.Data {
	for _, t := range d.Tickets {
		names = append(names, []string{t.Assignee})
	}
	if d.Review.Incidents != nil {
		for _, c := range slices.Concat(d.Review.Incidents.Cases, d.Review.Incidents.Overdue) {
			names = append(names, []string{c.Incident.Commander})
		}
	}
	return meeting.Hide(d, names)
}

// teller returns how a step of filing tickets is told to the caller. What the
// tracker is told does not depend on who files.
func (f *facts) teller(ctx context.Context, filed filing) (func(*pb.TicketStep) *pb.TicketStep, error) {
	v, err := f.viewer(ctx, filed.sc)
	if err != nil {
		return nil, err
	}
	guarded := map[string]opsreview.Finding{}
	for _, g := range v.audience().Review(filed.review).Findings {
		guarded[g.Key] = g
	}
	return func(step *pb.TicketStep) *pb.TicketStep {
		key := step.GetFinding().GetKey()
		if g, known := guarded[key]; known && review.IsGuarded(g) {
			step.Finding, step.Preview = findingToProto(g), ""
		}
		return step
	}, nil
}
