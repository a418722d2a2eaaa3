package config

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"opsreview/incident"
)

// Incidents say which declared incidents must leave a postmortem and a
// follow-up.
type Incidents struct {
	Severities []string `yaml:"severities"` // in order, the gravest first
	From       string   `yaml:"from"`       // the least severity that must; "" for the third of them
	Within     Duration `yaml:"within"`     // how long after its resolution it may take
}

const minWithin, maxWithin = day, 180 * day

func defaultIncidents() Incidents { return Incidents{Within: Duration(incident.DefaultWithin)} }

// Settings are what judging incidents needs.
func (i Incidents) Settings() incident.Settings {
	return incident.Settings{Severities: slices.Clone(i.Severities), From: i.From, Within: time.Duration(i.Within)}.OrDefault()
}

// MarshalYAML returns what is in force, with the defaults.
func (i Incidents) MarshalYAML() (any, error) {
	set := i.Settings()
	type plain Incidents
	return plain{Severities: set.Severities, From: set.From, Within: Duration(set.Within)}, nil
}

func (i Incidents) problems() []problem {
	problems := listProblems("incidents.severities", i.Severities)
	for n, s := range i.Severities {
		if slices.ContainsFunc(i.Severities[:n], func(before string) bool { return before != s && incident.SameSeverity(before, s) }) {
			problems = append(problems, problem{fmt.Sprintf("incidents.severities[%d]", n), fmt.Sprintf("%q is there twice: case, blanks and hyphens make no difference", s)})
		}
	}
	set := i.Settings()
	if i.From != "" && !set.Grave(i.From) {
		problems = append(problems, problem{"incidents.from", fmt.Sprintf("there is no severity %q: choose one of %s", i.From, strings.Join(set.Severities, ", "))})
	}
	if within := time.Duration(i.Within); within < minWithin || within > maxWithin {
		problems = append(problems, problem{"incidents.within", "must be between 1d and 180d"})
	}
	return problems
}
