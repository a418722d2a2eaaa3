package config

import (
	"fmt"

	"opsreview"
	"opsreview/auth"
)

// Privacy says who sees how heavy the load on single people is, beside them and
// their leads.
type Privacy struct {
	Roles       []string `yaml:"roles"`        // see everybody's, or that of the teams they are for
	LeastPeople int      `yaml:"least_people"` // what fewer people stand behind is withheld from others
}

// mostLeast is the largest number of people that a sum can be asked to be of.
const mostLeast = 100

func defaultPrivacy() Privacy {
	return Privacy{Roles: []string{string(auth.Admin)}, LeastPeople: 3}
}

// Seers returns the roles as package auth knows them, never nil.
func (p Privacy) Seers() []auth.Role {
	roles := make([]auth.Role, len(p.Roles))
	for i, r := range p.Roles {
		roles[i] = auth.Role(r)
	}
	return roles
}

func (p Privacy) problems() []problem {
	var problems []problem
	names := seen{}
	for i, r := range p.Roles {
		path := fmt.Sprintf("privacy.roles[%d]", i)
		if _, err := auth.ParseRole(r); err != nil {
			problems = append(problems, problem{path, opsreview.ErrorMessage(err)})
			continue
		}
		problems = append(problems, names.problems(path, "", r)...)
	}
	if p.LeastPeople < 2 || p.LeastPeople > mostLeast {
		problems = append(problems, problem{"privacy.least_people", fmt.Sprintf("must be between 2 and %d: a sum over one person is that person's", mostLeast)})
	}
	return problems
}
