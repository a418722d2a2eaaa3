// Package definition is the registry of what the numbers of a review mean.
//
// Each number has an id and a version, which goes up when its meaning changes,
// so that numbers of two reviews can be compared. docs/definitions.md says the
// same for people, in the same words; a test holds the two together.
package definition

import "slices"

// A Definition is what one number means.
type Definition struct {
	ID      string // "broken_nights"
	Version int
	Formula string // in words; other numbers are named as "pages/1"
	Unit    string // "" for none
	Source  string // who says so; "" for this program's own
	Section string // of a review in which it is printed; one of the agenda's
}

// Sections lists the sections of a review in the order of its agenda.
func Sections() []string {
	return []string{
		"carried_over", "budgets", "pages", "load", "incidents", "anomalies", "toil", "wins", "failures", "demos", "actions",
	}
}

// registry holds every definition, in the order of docs/definitions.md.
var registry = [][]Definition{
	pages, load, budgets, burns, whatIfs, findings, anomalies, incidents, toils, tickets,
}

// All returns every definition.
func All() []Definition { return slices.Concat(registry...) }

// Of returns the definition of an id, and false if there is none.
func Of(id string) (Definition, bool) {
	for _, part := range registry {
		for _, d := range part {
			if d.ID == id {
				return d, true
			}
		}
	}
	return Definition{}, false
}
