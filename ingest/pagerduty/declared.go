package pagerduty

import (
	"maps"
	"slices"
	"strings"

	"opsreview"
)

// Declared says which of PagerDuty's incidents people declared, beside being
// pages: PagerDuty calls every page an incident.
type Declared struct {
	Priorities []string `yaml:"priorities,omitempty"` // their names: P1, P2
	Types      []string `yaml:"types,omitempty"`      // names of incident types: major_incident
}

// validate returns an Invalid error that names the field at fault.
func (d *Declared) validate() error {
	if d == nil {
		return nil
	}
	if len(d.Priorities) == 0 && len(d.Types) == 0 {
		return opsreview.Errorf(opsreview.Invalid, "incidents: names neither priorities nor types: an empty list declares nothing")
	}
	for _, name := range slices.Concat(d.Priorities, d.Types) {
		if strings.TrimSpace(name) == "" {
			return opsreview.Errorf(opsreview.Invalid, "incidents: one of the names is empty")
		}
	}
	return nil
}

// declares reports whether an incident is one that people declared.
func (d *Declared) declares(i *apiIncident) bool {
	if d == nil {
		return false
	}
	is := func(name string) func(string) bool {
		return func(wanted string) bool { return name != "" && strings.EqualFold(strings.TrimSpace(wanted), name) }
	}
	return slices.ContainsFunc(d.Priorities, is(labelOf(i.Priority))) || (i.Kind != nil && slices.ContainsFunc(d.Types, is(i.Kind.Name)))
}

// declare adds the incident to those that people declared, if it is one. When
// users began to be harmed PagerDuty does not know; who noticed, acknowledged
// and resolved it the timeline of its page tells, which has the same name.
func (f *facts) declare(i *apiIncident, p *opsreview.Page) {
	if !f.declared.declares(i) {
		return
	}
	if before, ok := f.incidents[i.ID]; ok && before.UpdatedAt.After(p.UpdatedAt) {
		return
	}
	d := opsreview.Incident{
		Ref: p.Ref, Number: p.Number, Title: p.Title, Status: p.Reported, Severity: p.Priority, URL: p.URL, Pages: []opsreview.Ref{p.Ref},
		DeclaredAt: p.CreatedAt, ResolvedAt: p.EndedAt, UpdatedAt: p.UpdatedAt,
	}
	if !p.Service.IsZero() {
		d.Services = []string{p.Service.String()}
	}
	f.incidents[i.ID] = d
}

// declaredOnes are the incidents that were declared, in order.
func (f *facts) declaredOnes() []opsreview.Incident {
	var all []opsreview.Incident
	for _, id := range slices.Sorted(maps.Keys(f.incidents)) {
		all = append(all, f.incidents[id])
	}
	return all
}
