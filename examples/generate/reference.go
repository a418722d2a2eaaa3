package main

import "time"

// The answers about everything that is not a page.

func (p *person) ref() apiRef  { return apiRef{ID: p.id, Type: "user_reference", Summary: p.name} }
func (t *team) ref() apiRef    { return apiRef{ID: t.id, Type: "team_reference", Summary: t.name} }
func (s *service) ref() apiRef { return apiRef{ID: s.id, Type: "service_reference", Summary: s.name} }

func (s *schedule) ref() apiRef { return apiRef{ID: s.id, Type: "schedule_reference", Summary: s.name} }

func (p *policy) ref() apiRef {
	return apiRef{ID: p.id, Type: "escalation_policy_reference", Summary: p.name}
}

// link is the address of an object's page.
func link(kind, id string) string { return host + "/" + kind + "/" + id }

func (o *org) apiUsers() []any {
	var users []any
	for _, p := range o.people {
		u := apiUser{
			ID: p.id, Type: "user", Summary: p.name, HTMLURL: link("users", p.id), Name: p.name, Email: p.email,
			Role: "user", Teams: []apiRef{p.team.ref()},
		}
		if p.vendorZone != "" {
			u.TimeZone = &p.vendorZone
		}
		for _, kind := range []string{"email", "phone", "sms", "push_notification"} {
			u.Contacts = append(u.Contacts, apiRef{
				ID: shortID("contact " + kind + p.id), Type: kind + "_contact_method_reference", Summary: "Default",
			})
		}
		users = append(users, u)
	}
	return users
}

func (o *org) apiTeams() []any {
	var teams []any
	for _, t := range o.teams {
		teams = append(teams, apiTeam{apiRef{t.id, "team", t.name, link("teams", t.id)}, t.name})
	}
	return teams
}

func (o *org) apiServices() []any {
	var services []any
	for _, s := range o.services {
		services = append(services, apiService{
			apiRef: apiRef{s.id, "service", s.name, link("service-directory", s.id)},
			Name:   s.name, Status: "active", AckEnd: seconds(s.ackLimit), AutoEnd: seconds(s.autoEnd),
			Policy: s.policy.ref(), Teams: []apiRef{s.team.ref()},
		})
	}
	return services
}

func seconds(d time.Duration) *int {
	if d == 0 {
		return nil
	}
	n := int(d / time.Second)
	return &n
}

func (o *org) apiPolicies() []any {
	var policies []any
	for _, p := range o.policies {
		out := apiPolicy{
			apiRef: apiRef{p.id, "escalation_policy", p.name, link("escalation_policies", p.id)},
			Name:   p.name, Teams: []apiRef{p.team.ref()}, Services: []apiRef{},
		}
		for _, s := range p.levels {
			out.Rules = append(out.Rules, apiRule{
				ID: shortID("rule " + p.name + s.name), Delay: int(p.delay / time.Minute), Targets: []apiRef{s.ref()},
			})
		}
		for _, s := range o.services {
			if s.policy == p {
				out.Services = append(out.Services, s.ref())
			}
		}
		policies = append(policies, out)
	}
	return policies
}

func (o *org) apiSchedules() []any {
	var schedules []any
	for _, s := range o.schedules {
		out := apiSchedule{
			apiRef: apiRef{s.id, "schedule", s.name, link("schedules", s.id)},
			Name:   s.name, TimeZone: s.zone.String(), Teams: []apiRef{},
		}
		for _, p := range s.members {
			out.Users = append(out.Users, p.ref())
		}
		for _, p := range o.policies {
			if p.level(s) > 0 {
				out.Policies = append(out.Policies, p.ref())
			}
		}
		schedules = append(schedules, out)
	}
	return schedules
}

// level returns on which level p asks s, 0 if it does not.
func (p *policy) level(s *schedule) int {
	for i, l := range p.levels {
		if l == s {
			return i + 1
		}
	}
	return 0
}

func (o *org) apiOncalls() []any {
	var oncalls []any
	for _, p := range o.policies {
		for i, s := range p.levels {
			for _, d := range s.pieces {
				oncalls = append(oncalls, apiOncall{
					Policy: p.ref(), Level: i + 1, Schedule: s.ref(), User: d.who.ref(), Start: stamp(d.start), End: stamp(d.end),
				})
			}
		}
	}
	return oncalls
}

var priorityNames = []string{"P1", "P2", "P3"}

func apiPriorities() []any {
	var priorities []any
	for i, name := range priorityNames {
		priorities = append(priorities, priority(name, len(priorityNames)-i))
	}
	return priorities
}

func priority(name string, order int) apiPriority {
	return apiPriority{ID: shortID("priority " + name), Type: "priority", Summary: name, Name: name, Order: order}
}
