package config

import (
	"fmt"
	"slices"
	"time"

	"opsreview"
)

// A Maintenance is announced work: pages that begin in it are expected.
type Maintenance struct {
	Summary  string   `yaml:"summary"`
	Services []string `yaml:"services,omitempty"` // names or references; none means all
	From     Instant  `yaml:"from"`
	To       Instant  `yaml:"to"`
}

// An Instant is a time with its offset from UTC, as in 2026-11-09T22:00:00+01:00.
type Instant time.Time

// UnmarshalText reads an instant. It returns an Invalid error for a time
// without an offset: the file has no time zone of its own.
func (i *Instant) UnmarshalText(text []byte) error {
	t, err := time.Parse(time.RFC3339, string(text))
	if err != nil {
		return opsreview.Errorf(opsreview.Invalid, "%q is not a time: write 2026-11-09T22:00:00+01:00, or Z for UTC", text)
	}
	*i = Instant(t)
	return nil
}

// MarshalText writes what UnmarshalText reads.
func (i Instant) MarshalText() ([]byte, error) {
	return []byte(time.Time(i).Format(time.RFC3339)), nil
}

func (c Config) maintenanceProblems() []problem {
	var problems []problem
	for i, m := range c.Maintenance {
		path := fmt.Sprintf("maintenance[%d]", i)
		if m.Summary == "" {
			problems = append(problems, problem{path + ".summary", "is missing: say what is done"})
		}
		problems = append(problems, listProblems(path+".services", m.Services)...)
		if !time.Time(m.From).Before(time.Time(m.To)) {
			problems = append(problems, problem{path, "must have a from and a to, and start before it ends"})
		}
	}
	return problems
}

// maintenance returns the announced work as the program uses it.
func (c Config) maintenance() []opsreview.Maintenance {
	var all []opsreview.Maintenance
	for _, m := range c.Maintenance {
		all = append(all, opsreview.Maintenance{
			Services: slices.Clone(m.Services), Summary: m.Summary,
			Window: opsreview.Window{Start: time.Time(m.From), End: time.Time(m.To)},
		})
	}
	return all
}
