package review

import (
	"slices"
	"strings"
	"time"

	"opsreview"
)

// TeamServices returns the services of a team. A configured team has the
// services that it names, by name or reference; one that names none, and a team
// that only the sources know, has the services that say so. Names are the same
// in upper and lower case. The empty team stands for everybody: its services
// are nil. An unknown team is a NotFound error that lists the known ones.
func TeamServices(org opsreview.Org, team string, services []opsreview.Service, teams []opsreview.Team) (map[opsreview.Ref]opsreview.Service, error) {
	if team == "" {
		return nil, nil
	}
	configured, isConfigured := orgTeam(org, team)
	owners := map[opsreview.Ref]bool{}
	for _, t := range teams {
		if fold(t.Name) == fold(team) {
			owners[t.Ref] = true
		}
	}
	if !isConfigured && len(owners) == 0 {
		known := "none"
		if names := TeamNames(org, teams); len(names) > 0 {
			known = strings.Join(names, ", ")
		}
		return nil, opsreview.Errorf(opsreview.NotFound, "there is no team %q: known teams are %s", team, known)
	}
	owned := map[opsreview.Ref]opsreview.Service{}
	for _, s := range services {
		switch {
		case len(configured.Services) > 0:
			if slices.ContainsFunc(configured.Services, func(name string) bool { return namesService(name, s) }) {
				owned[s.Ref] = s
			}
		case slices.ContainsFunc(s.Teams, func(id string) bool { return owners[opsreview.Ref{Source: s.Source, ID: id}] }):
			owned[s.Ref] = s
		}
	}
	return owned, nil
}

// namesService reports whether the configuration's word for a service is s.
func namesService(name string, s opsreview.Service) bool {
	return fold(name) == fold(s.Name) || strings.TrimSpace(name) == s.Ref.String()
}

// TeamZone returns the zone in which the team's weeks begin: the configured
// one, else UTC. A zone that cannot be loaded is an Invalid error.
func TeamZone(org opsreview.Org, team string) (*time.Location, error) {
	t, ok := orgTeam(org, team)
	if !ok || t.TimeZone == "" {
		return time.UTC, nil
	}
	zone, err := time.LoadLocation(t.TimeZone)
	if err == nil && t.TimeZone == "Local" {
		err = opsreview.Errorf(opsreview.Invalid, "it is the machine's")
	}
	if err != nil {
		return nil, opsreview.Wrapf(err, opsreview.Invalid, "the time zone %q of team %q is not known here: use an IANA name such as Europe/Berlin", t.TimeZone, t.Name)
	}
	return zone, nil
}

// TeamNames lists the teams of the configuration and of the sources that are
// not deleted, in order. A name that both have is written as the configuration
// writes it.
func TeamNames(org opsreview.Org, teams []opsreview.Team) []string {
	var names []string
	seen := map[string]bool{}
	add := func(name string) {
		if key := fold(name); key != "" && !seen[key] {
			seen[key] = true
			names = append(names, name)
		}
	}
	for _, t := range org.Teams {
		add(t.Name)
	}
	for _, t := range teams {
		if !t.Deleted {
			add(t.Name)
		}
	}
	slices.SortFunc(names, func(a, b string) int {
		if c := strings.Compare(fold(a), fold(b)); c != 0 {
			return c
		}
		return strings.Compare(a, b)
	})
	return names
}

func orgTeam(org opsreview.Org, name string) (opsreview.OrgTeam, bool) {
	if name == "" {
		return opsreview.OrgTeam{}, false
	}
	for _, t := range org.Teams {
		if fold(t.Name) == fold(name) {
			return t, true
		}
	}
	return opsreview.OrgTeam{}, false
}
