package server

import (
	"context"
	"maps"
	"slices"
	"strings"
	"time"

	"opsreview"
	"opsreview/incident"
	"opsreview/review"
	"opsreview/slo"
	"opsreview/store"
)

// unfinishedDays is how long before a window an incident may have ended for a
// review to ask still for what it must leave.
const unfinishedDays = 180

// incidentInput reads what the incidents of a team's window are judged by, and
// those before that may be unfinished. It returns nil if no incident is known at
// all, and says what was left out.
func (f *facts) incidentInput(ctx context.Context, sc scope, w opsreview.Window) (*incident.Input, []review.Gap, error) {
	before := opsreview.Window{Start: w.Start.AddDate(0, 0, -unfinishedDays), End: w.End}
	all, err := f.db.Incidents(ctx, store.IncidentFilter{Window: before})
	if err != nil || len(all) == 0 {
		return nil, nil, err
	}
	in, err := f.judgedBy(ctx, sc, w, all)
	if err != nil {
		return nil, nil, err
	}
	gaps, err := f.addIncidentBurns(ctx, sc, &in)
	return &in, gaps, err
}

// judgedBy returns those of the incidents that are the scope's, and what they
// are judged by but for burn.
func (f *facts) judgedBy(ctx context.Context, sc scope, w opsreview.Window, all []opsreview.Incident) (incident.Input, error) {
	in := incident.Input{Window: w, Now: f.now(), Settings: f.incidents, Services: sc.all}
	var err error
	if in.Links, err = f.db.IncidentLinks(ctx, incidentRefs(all)); err != nil {
		return in, err
	}
	linked := make([]opsreview.Incident, len(all))
	for i := range all {
		linked[i] = incident.Linked(all[i], in.Links)
	}
	if in.Pages, err = f.incidentPages(ctx, linked); err != nil {
		return in, err
	}
	pages := make(map[opsreview.Ref]opsreview.Page, len(in.Pages))
	for _, p := range in.Pages {
		pages[p.Ref] = p
	}
	in.Incidents = review.TeamIncidents(f.org, sc.team, sc.services, linked, pages)
	if sc.team == "" {
		if in.Unowned, err = f.unowned(ctx, sc, linked, pages); err != nil {
			return in, err
		}
	}
	if slices.ContainsFunc(in.Incidents, func(i opsreview.Incident) bool { return len(i.FollowUps) > 0 }) {
		in.Tickets, err = f.db.ListTickets(ctx, store.TicketFilter{})
	}
	return in, err
}

func incidentRefs(all []opsreview.Incident) []opsreview.Ref {
	refs := make([]opsreview.Ref, len(all))
	for i := range all {
		refs[i] = all[i].Ref
	}
	return refs
}

// incidentPages returns the pages that incidents own, as far as they are stored.
func (f *facts) incidentPages(ctx context.Context, all []opsreview.Incident) ([]opsreview.Page, error) {
	own := map[opsreview.Ref]bool{}
	for _, i := range all {
		for _, ref := range i.Pages {
			own[ref] = true
		}
	}
	if len(own) == 0 {
		return nil, nil
	}
	return f.db.Pages(ctx, store.PageFilter{Refs: slices.SortedFunc(maps.Keys(own), opsreview.Ref.Compare)})
}

// unowned returns the incidents that are no team's.
func (f *facts) unowned(ctx context.Context, sc scope, all []opsreview.Incident, pages map[opsreview.Ref]opsreview.Page) ([]opsreview.Ref, error) {
	teams, err := f.db.Teams(ctx)
	if err != nil {
		return nil, err
	}
	owned := map[opsreview.Ref]bool{}
	services := slices.Collect(maps.Values(sc.all))
	for _, team := range review.TeamNames(f.org, teams) {
		own, err := review.TeamServices(f.org, team, services, teams)
		if err != nil {
			return nil, err
		}
		for _, i := range review.TeamIncidents(f.org, team, own, all, pages) {
			owned[i.Ref] = true
		}
	}
	var none []opsreview.Ref
	for _, i := range all {
		if !owned[i.Ref] {
			none = append(none, i.Ref)
		}
	}
	return none, nil
}

// addIncidentBurns adds what the SLOs of the incidents' services burned while
// each lasted. Those for which it would take too many minutes of too many SLOs
// go without, and are told of.
func (f *facts) addIncidentBurns(ctx context.Context, sc scope, in *incident.Input) ([]review.Gap, error) {
	const day = 24 * time.Hour
	left, without := maxSLODays, 0
	for _, i := range in.Incidents {
		lasted, ok := incident.Lasted(i, in.Now)
		if !ok || lasted.Start.Before(in.Window.Start.AddDate(0, 0, -unfinishedDays)) {
			continue
		}
		slos := f.slosOf(sc, i.Services)
		if len(slos) == 0 {
			continue
		}
		days := (int(lasted.Duration()/day) + 1) * len(slos)
		if left -= days; left < 0 {
			left, without = left+days, without+1
			continue
		}
		burns, err := f.burnsOf(ctx, sc, slos, lasted)
		if err != nil {
			return nil, err
		}
		in.Burns = append(in.Burns, burns...)
	}
	if without == 0 {
		return nil, nil
	}
	text := "what one of them burned was not computed: it lasted for too long"
	if without > 1 {
		text = "what some of them burned was not computed: it would take too many minutes of too many SLOs"
	}
	return []review.Gap{{Subject: "incidents", Text: text}}, nil
}

// slosOf returns the SLOs of services that are named by name or reference.
func (f *facts) slosOf(sc scope, services []string) []opsreview.SLO {
	words := incident.Words(services, sc.all)
	var own []opsreview.SLO
	for _, s := range f.slos {
		if words[strings.ToLower(strings.TrimSpace(s.Service))] {
			own = append(own, s)
		}
	}
	return own
}

// burnsOf returns what SLOs burned in a window, those of which anything is known.
func (f *facts) burnsOf(ctx context.Context, sc scope, slos []opsreview.SLO, w opsreview.Window) ([]incident.Burn, error) {
	in := slo.Input{Window: w, Now: f.now(), Zone: sc.zone, Known: f.slos, Services: sc.all}
	var err error
	if in.Series, err = f.series(ctx, slos, w, slo.At(w, in.Now).In(sc.zone), w.Start.Add(-episodeLead).Truncate(time.Hour)); err != nil {
		return nil, err
	}
	services := make(map[string]string, len(slos))
	for _, s := range slos {
		services[s.Name] = s.Service
	}
	var burns []incident.Burn
	for _, b := range slo.Prepare(in).Burns {
		if b.Total > 0 {
			burns = append(burns, incident.Burn{Service: services[b.SLO], SLO: b.SLO, Window: w, Share: b.Share(b.Bad), Bad: b.Bad})
		}
	}
	return burns, nil
}

// addIncidents adds what the review's incidents are judged by.
func (f *facts) addIncidents(ctx context.Context, sc scope, in *review.Input) error {
	incidents, gaps, err := f.incidentInput(ctx, sc, in.Window)
	in.Incidents, in.LeftOut = incidents, append(in.LeftOut, gaps...)
	return err
}

// incidentsIn returns every incident that touches a window, with people's links.
func (f *facts) incidentsIn(ctx context.Context, w opsreview.Window) ([]opsreview.Incident, error) {
	all, err := f.db.Incidents(ctx, store.IncidentFilter{Window: w})
	if err != nil || len(all) == 0 {
		return nil, err
	}
	links, err := f.db.IncidentLinks(ctx, incidentRefs(all))
	for i := range all {
		all[i] = incident.Linked(all[i], links)
	}
	return all, err
}
