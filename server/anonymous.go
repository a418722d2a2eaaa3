package server

import (
	"context"
	"slices"

	"google.golang.org/protobuf/reflect/protoreflect"

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
	if p.look != nil {
		for _, d := range p.look.in.Decisions {
			one(d.Author)
		}
	}
	for _, t := range p.in.Closed {
		one(t.Ticket.Assignee)
	}
	for _, person := range p.loggers() {
		one(person)
	}
	return all
}

// loggers lists what those are called who logged toil, who need not be known as
// responders.
func (p prepared) loggers() []string {
	var all []string
	if p.in.Toil != nil {
		for _, e := range p.in.Toil.Entries {
			all = append(all, e.Person)
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
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

// namesIn lists the names that a review has in fields for people.
func namesIn(r *pb.Review) [][]string {
	var all [][]string
	for _, t := range slices.Concat(r.GetClosedTickets(), r.GetFindingTickets()) {
		all = append(all, []string{t.GetAssignee()})
	}
	for _, i := range slices.Concat(r.GetIncidents().GetIncidents(), r.GetIncidents().GetOverdue()) {
		all = append(all, []string{i.GetCommander()})
	}
	return all
}

// plainFields hold the program's own words, which are no texts even where
// somebody is called so.
var plainFields = map[protoreflect.Name]bool{
	"kind": true, "category": true, "state": true, "status": true, "status_category": true, "outcome": true, "time_zone": true, "week": true,
	"unit": true, "limit": true, "verdict": true, "context": true,
}

// hideIn hides names in every text of a message.
func hideIn(m protoreflect.Message, hide func(string) string) {
	m.Range(func(f protoreflect.FieldDescriptor, v protoreflect.Value) bool {
		switch {
		case plainFields[f.Name()]:
		case f.IsMap():
			if f.MapValue().Message() != nil {
				v.Map().Range(func(_ protoreflect.MapKey, v protoreflect.Value) bool { hideIn(v.Message(), hide); return true })
			}
		case f.IsList():
			for i := range v.List().Len() {
				if f.Message() != nil {
					hideIn(v.List().Get(i).Message(), hide)
				} else if f.Kind() == protoreflect.StringKind {
					v.List().Set(i, protoreflect.ValueOfString(hide(v.List().Get(i).String())))
				}
			}
		case f.Message() != nil:
			hideIn(v.Message(), hide)
		case f.Kind() == protoreflect.StringKind:
			m.Set(f, protoreflect.ValueOfString(hide(v.String())))
		}
		return true
	})
}
