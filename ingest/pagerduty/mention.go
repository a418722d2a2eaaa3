package pagerduty

import (
	"errors"
	"strings"

	"opsreview"
)

// people returns the references to people that an incident holds.
func (i *apiIncident) people() []*apiRef {
	refs := []*apiRef{i.ChangedBy}
	for _, a := range i.Assignments {
		refs = append(refs, a.Assignee)
	}
	for _, a := range i.Acknowledgements {
		refs = append(refs, a.Acknowledger)
	}
	return refs
}

func (i *apiIncident) names() nameBook {
	b := nameBook{}
	for _, r := range i.people() {
		b.add(r)
	}
	return b
}

func (e *apiLogEntry) addNames(b nameBook) {
	b.add(e.Agent)
	b.add(e.User)
	for i := range e.Assignees {
		b.add(&e.Assignees[i])
	}
}

// mention notes a person of whom only a reference is known. Deleted users
// appear nowhere else, so the name is taken while it can be.
func (f *facts) mention(r *apiRef) {
	if r == nil || r.ID == "" || !strings.HasPrefix(r.Type, "user") {
		return
	}
	if old, ok := f.people[r.ID]; !ok || old.Name == "" {
		f.people[r.ID] = opsreview.Responder{Ref: f.ref(r.ID), Name: clip(r.label(), 200)}
	}
}

// mentionName notes a person of whom only the name is known.
func (f *facts) mentionName(id string) {
	name, ok := strings.CutPrefix(id, opsreview.NamedOnly)
	if _, known := f.people[id]; ok && !known {
		f.people[id] = opsreview.Responder{Ref: f.ref(id), Name: name}
	}
}

// mentionService notes a service of which only a reference is known.
func (f *facts) mentionService(r *apiRef) {
	for _, s := range f.batch.Services {
		if s.ID == r.ID {
			return
		}
	}
	f.batch.Services = append(f.batch.Services, opsreview.Service{Ref: f.ref(r.ID), Name: r.label()})
}

func (f *facts) user(raw []byte) error {
	var u apiUser
	if err := decode(raw, &u); err != nil {
		return err
	}
	r, err := u.responder(f.source)
	if err != nil {
		return err
	}
	f.batch.Responders = append(f.batch.Responders, r)
	f.keep("user", r.ID, f.at, raw)
	return nil
}

func (f *facts) team(raw []byte) error {
	var t apiRef
	if err := decode(raw, &t); err != nil {
		return err
	}
	if t.ID == "" {
		return errors.New("the team has no id")
	}
	f.batch.Teams = append(f.batch.Teams, opsreview.Team{Ref: f.ref(t.ID), Name: t.label()})
	return nil
}

func (f *facts) service(raw []byte) error {
	var v apiService
	if err := decode(raw, &v); err != nil {
		return err
	}
	s, err := v.service(f.source)
	if err != nil {
		return err
	}
	f.batch.Services = append(f.batch.Services, s)
	return nil
}

func (f *facts) policy(raw []byte) error {
	var v apiPolicy
	if err := decode(raw, &v); err != nil {
		return err
	}
	p, err := v.policy(f.source)
	if err != nil {
		return err
	}
	f.batch.Policies = append(f.batch.Policies, p)
	return nil
}

func (f *facts) priority(raw []byte) error {
	var v apiPriority
	if err := decode(raw, &v); err != nil {
		return err
	}
	if v.ID == "" {
		return errors.New("the priority has no id")
	}
	f.batch.Priorities = append(f.batch.Priorities, opsreview.Priority{Ref: f.ref(v.ID), Name: v.label(), Order: int(v.Order)})
	return nil
}

func (f *facts) oncall(raw []byte) error {
	var o apiOncall
	if err := decode(raw, &o); err != nil {
		return err
	}
	s, err := o.shift(f.source)
	if err != nil {
		return err
	}
	f.batch.Shifts = append(f.batch.Shifts, s)
	f.mention(o.User)
	return nil
}

func (f *facts) schedule(raw []byte) error {
	var v apiSchedule
	if err := decode(raw, &v); err != nil {
		return err
	}
	shifts, err := v.shifts(f.source)
	if err != nil {
		return err
	}
	f.batch.Shifts = append(f.batch.Shifts, shifts...)
	if v.Final != nil {
		for _, e := range v.Final.Entries {
			f.mention(e.User)
		}
	}
	return nil
}
