package review

import (
	"slices"

	"opsreview"
)

// Crew returns the references of everybody whose load a review of the input
// shows or may show: those whom [Loads] finds in it, and the team's configured
// members. Each person comes under all references by which the sources know
// them, in order. Whoever gathers an input needs them for the pages of other
// services that notified the same people.
func Crew(in Input) []opsreview.Ref {
	f := newFacts(in)
	seen := map[opsreview.Ref]bool{}
	var refs []opsreview.Ref
	add := func(p Person) {
		for _, ref := range p.Refs {
			if !seen[ref] {
				seen[ref] = true
				refs = append(refs, ref)
			}
		}
	}
	for _, key := range f.crew() {
		add(f.person(key))
	}
	members := f.members()
	for _, p := range f.roster.Persons() {
		if members[fold(p.Name)] {
			add(p)
		}
	}
	slices.SortFunc(refs, opsreview.Ref.Compare)
	return refs
}

// members returns the folded names of the team's configured members.
func (f *facts) members() map[string]bool {
	members := map[string]bool{}
	if t, ok := orgTeam(f.in.Org, f.in.Team); ok {
		for _, name := range t.Members {
			members[fold(name)] = true
		}
	}
	return members
}
