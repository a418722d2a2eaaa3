package server

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	"opsreview"
	"opsreview/auth"
	"opsreview/review"
)

// Privacy says who sees how heavy the load on single people is. They see their
// own, leads see that of their teams' people, and callers whom nothing
// authenticated hold the database and see everybody's.
type Privacy struct {
	// Roles see everybody's, those of a role for some teams that of the teams'
	// people. nil means admins, and none nobody.
	Roles []auth.Role

	LeastPeople int // what fewer people stand behind is withheld; 0 means three
}

// dutyDays is how long before now somebody was on call for a team to be of it
// where nothing else says so.
const dutyDays = 56

// A viewer is who an answer is for, as far as it tells of people. The zero
// viewer is nobody, who sees nobody's load.
type viewer struct {
	name  string
	all   bool            // sees everybody's
	self  string          // the key of the person that they are; "" for none
	led   map[string]bool // the keys of the people of the teams whose load they see
	least int

	anonymous bool // nobody is named to them
}

// A reader finds out who reads what is made of a scope.
type reader func(context.Context, scope) (viewer, error)

// sees reports whether the viewer sees the load of the person with the key.
func (v viewer) sees(key string) bool {
	return v.all || (key != "" && (key == v.self || v.led[key]))
}

// audience is the viewer as package review knows them.
func (v viewer) audience() review.Audience {
	if v.all {
		return review.Audience{}
	}
	return review.Audience{Sees: v.sees, Least: v.least}
}

// mustSee returns a Denied error unless the viewer sees the load of the person
// that the name means. Whether somebody bears the name is not for everybody to
// find out.
func (v viewer) mustSee(sc scope, name string) error {
	if p, err := sc.findPerson(name); v.all || name == "" || (err == nil && v.sees(p.Key)) {
		return nil
	}
	return opsreview.Errorf(opsreview.Denied, "%s may not ask about %q alone: what one person carries is for them and their lead", v.name, bounded(name))
}

// viewer returns who the answer to a call is for. It is the one place that
// decides whose load anybody sees.
func (f *facts) viewer(ctx context.Context, sc scope) (viewer, error) {
	c, known := callOf(ctx)
	if !known {
		return viewer{name: "somebody", least: f.privacy.LeastPeople}, nil
	}
	v := viewer{name: c.Name, least: f.privacy.LeastPeople}
	if c.Via == auth.ViaLocal {
		v.all = true
		return v, nil
	}
	teams := []string{}
	for _, role := range f.seers() {
		s := c.Scope(role)
		if s.Everywhere {
			v.all = true
			return v, nil
		}
		teams = append(teams, s.Teams...)
	}
	who := cmp.Or(c.Person, c.Name)
	self := f.called(sc, who)
	v.self = self.Key
	for _, t := range f.org.Teams {
		if slices.ContainsFunc(t.Leads, func(lead string) bool { return f.isCalled(sc, who, self, lead) }) {
			teams = append(teams, t.Name)
		}
	}
	var err error
	v.led, err = f.peopleOf(ctx, sc, teams)
	return v, err
}

// called returns the person whom a caller's name means: by an address, which the
// configuration may have several of, by a key or by a display name. The zero
// Person is nobody: a name that several bear is none's, and an address is never
// taken for a display name.
func (f *facts) called(sc scope, name string) review.Person {
	for _, r := range f.org.Responders {
		if slices.ContainsFunc(r.Emails, func(email string) bool { return sameName(email, name) }) {
			name = r.Name
		}
	}
	for _, p := range sc.roster.Persons() {
		if sameName(p.Key, name) {
			return p
		}
	}
	if p, err := sc.findPerson(strings.TrimSpace(name)); err == nil && name != "" && !strings.Contains(name, "@") {
		return p
	}
	return review.Person{}
}

// tell leaves in a prepared review what the caller may see.
func (f *facts) tell(ctx context.Context, p *prepared) error {
	v, err := f.viewer(ctx, p.sc)
	p.review = v.audience().Review(p.review)
	return err
}

// seers are the roles that see people's load.
func (f *facts) seers() []auth.Role {
	if f.privacy.Roles == nil {
		return []auth.Role{auth.Admin}
	}
	return f.privacy.Roles
}

// isCalled reports whether a lead of the configuration is the caller: by the
// name that the caller is known by, or as the same person.
func (f *facts) isCalled(sc scope, caller string, self review.Person, lead string) bool {
	return sameName(caller, lead) || (self.Key != "" && f.called(sc, lead).Key == self.Key)
}

func sameName(a, b string) bool { return strings.EqualFold(strings.TrimSpace(a), strings.TrimSpace(b)) }

// forLeads returns who reads what is made for the leads of a team; for those of
// all teams if it is everybody's.
func (f *facts) forLeads(ctx context.Context, sc scope) (viewer, error) {
	if sc.team == "" {
		return viewer{name: "the leads", all: true}, nil
	}
	led, err := f.peopleOf(ctx, sc, []string{sc.team})
	return viewer{name: "the leads of " + sc.team, led: led, least: f.privacy.LeastPeople}, err
}

// strangers returns who reads what leaves the team: nobody's load is told to
// them, and nobody's name.
func (f *facts) strangers(context.Context, scope) (viewer, error) {
	return viewer{name: "strangers", least: f.privacy.LeastPeople, anonymous: true}, nil
}

// peopleOf returns the keys of the people of the teams: members by the
// configuration and by the sources and, of those who are of no team by either,
// who was on call for the team's services in the last weeks.
func (f *facts) peopleOf(ctx context.Context, sc scope, names []string) (map[string]bool, error) {
	if len(names) == 0 {
		return nil, nil
	}
	teams, err := f.db.Teams(ctx)
	if err != nil {
		return nil, err
	}
	of := membership(f.org, sc, teams)
	now := f.now()
	shifts, err := f.db.Shifts(ctx, opsreview.Window{Start: now.Add(-dutyDays * 24 * time.Hour), End: now})
	if err != nil {
		return nil, err
	}
	people := map[string]bool{}
	for _, name := range names {
		for key := range of[foldName(name)] {
			people[key] = true
		}
		services, err := review.TeamServices(f.org, name, serviceList(sc), teams)
		if err != nil {
			continue // nobody knows the team
		}
		policies := map[opsreview.Ref]bool{}
		for ref, s := range services {
			policies[opsreview.Ref{Source: ref.Source, ID: s.Policy}] = s.Policy != ""
		}
		for _, s := range shifts {
			key := sc.roster.Person(s.Responder).Key
			if policies[opsreview.Ref{Source: s.Responder.Source, ID: s.PolicyID}] && !of[anyTeam][key] {
				people[key] = true
			}
		}
	}
	return people, nil
}

func serviceList(sc scope) []opsreview.Service {
	all := make([]opsreview.Service, 0, len(sc.all))
	for _, s := range sc.all {
		all = append(all, s)
	}
	return all
}

// anyTeam stands for every team in a membership.
const anyTeam = ""

func foldName(name string) string { return strings.ToLower(strings.TrimSpace(name)) }

// membership returns the keys of the people of each team, by its folded name,
// as the configuration and the sources say it.
func membership(org opsreview.Org, sc scope, teams []opsreview.Team) map[string]map[string]bool {
	of := map[string]map[string]bool{anyTeam: {}}
	add := func(team, key string) {
		if of[foldName(team)] == nil {
			of[foldName(team)] = map[string]bool{}
		}
		of[foldName(team)][key], of[anyTeam][key] = true, true
	}
	for _, t := range org.Teams {
		for _, name := range t.Members {
			if p, err := sc.findPerson(strings.TrimSpace(name)); err == nil {
				add(t.Name, p.Key)
			}
		}
	}
	called := map[opsreview.Ref]string{}
	for _, t := range teams {
		if !t.Deleted {
			called[t.Ref] = t.Name
		}
	}
	for _, r := range sc.people {
		if r.Deleted {
			continue
		}
		for _, id := range r.Teams {
			if name := called[opsreview.Ref{Source: r.Source, ID: id}]; foldName(name) != "" {
				add(name, sc.roster.Person(r.Ref).Key)
			}
		}
	}
	return of
}
