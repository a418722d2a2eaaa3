package config

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"opsreview"
	"opsreview/toil"
)

// Toil says how the ledger of toil is reckoned.
type Toil struct {
	WeekHours  float64  `yaml:"week_hours"`           // working hours of a person in a week
	Categories []string `yaml:"categories,omitempty"` // that entries can have; none means those of the program
	Limit      *float64 `yaml:"limit,omitempty"`      // percent of working time that toil may take; nil means the policy's operational_work_share
}

const (
	defaultWeekHours = 40
	mostWeekHours    = 100
	mostCategory     = 40 // letters
)

func defaultToil() Toil { return Toil{WeekHours: defaultWeekHours} }

// Settings are what toil is added up with.
func (t Toil) Settings() toil.Settings {
	s := toil.Settings{WeekHours: t.WeekHours}
	if t.Limit != nil {
		s.Limit = *t.Limit / 100
	}
	return s
}

// Names are the categories that entries can have.
func (t Toil) Names() []string {
	if len(t.Categories) == 0 {
		return opsreview.ToilCategories()
	}
	return t.Categories
}

func (t Toil) problems() []problem {
	var problems []problem
	if !(t.WeekHours > 0 && t.WeekHours <= mostWeekHours) {
		problems = append(problems, problem{"toil.week_hours", fmt.Sprintf("must be more than 0 and at most %d", mostWeekHours)})
	}
	if t.Limit != nil && !(*t.Limit > 0 && *t.Limit <= 100) {
		problems = append(problems, problem{"toil.limit", "must be more than 0 and at most 100: it is in percent of working time"})
	}
	names := seen{}
	for i, c := range t.Categories {
		path := fmt.Sprintf("toil.categories[%d]", i)
		if n := utf8.RuneCountInString(c); strings.TrimSpace(c) != c || n == 0 || n > mostCategory {
			problems = append(problems, problem{path, fmt.Sprintf("must be a name of at most %d letters", mostCategory)})
			continue
		}
		problems = append(problems, names.problems(path, "", c)...)
	}
	return problems
}
