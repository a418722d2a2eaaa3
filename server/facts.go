package server

import (
	"context"
	"maps"
	"slices"
	"strings"
	"time"

	"opsreview"
	"opsreview/incident"
	"opsreview/lookback"
	"opsreview/policy"
	"opsreview/review"
	"opsreview/store"
	"opsreview/ticket"
)

// baselineWeeks is how far back a review compares: four weeks, after the
// window before.
const baselineWeeks = 4

// carriedDays is how long before a window a page may have begun that somebody
// still works on when the window begins.
const carriedDays = 28

// lookBehind is how long before a window notifications are read, so that an
// interruption that began before the window is not counted again in it.
const lookBehind = time.Hour

// maxWindow is the longest window that one request may ask for.
const maxWindow = 2 * 366 * 24 * time.Hour

// facts reads from the store what the pure rooms compute with.
type facts struct {
	db    *store.DB
	org   opsreview.Org
	rules *policy.Rules
	slos  []opsreview.SLO
	now   func() time.Time

	tracker ticket.Tracker // nil if none is configured

	known known             // what the configuration says of dashboards and monitors
	look  lookback.Settings // how far and how much reviews look back

	incidents incident.Settings // which incidents must leave what behind
	toil      ToilSettings      // how toil is reckoned

	privacy Privacy // who sees people's load
	guarded bool    // callers are asked who they are
}

// A scope is one team's view of the world: whose services, whose clock, which
// people.
type scope struct {
	team     string
	services map[opsreview.Ref]opsreview.Service // the team's; nil for all
	all      map[opsreview.Ref]opsreview.Service
	zone     *time.Location
	roster   review.Roster
	people   []opsreview.Responder
}

// serviceRefs returns the team's services as a filter: nil for all.
func (sc scope) serviceRefs() []opsreview.Ref {
	if sc.services == nil {
		return nil
	}
	refs := make([]opsreview.Ref, 0, len(sc.services))
	for ref := range sc.services {
		refs = append(refs, ref)
	}
	return refs
}

// serviceName returns the service's display name, or its reference where no
// source has named it.
func (sc scope) serviceName(ref opsreview.Ref) string {
	if s := sc.all[ref]; s.Name != "" {
		return s.Name
	}
	return ref.ID
}

// scope reads a team's view. It returns a NotFound error for an unknown team.
func (f *facts) scope(ctx context.Context, team string) (scope, error) {
	services, err := f.db.Services(ctx)
	if err != nil {
		return scope{}, err
	}
	teams, err := f.db.Teams(ctx)
	if err != nil {
		return scope{}, err
	}
	people, err := f.db.Responders(ctx)
	if err != nil {
		return scope{}, err
	}
	sc := scope{team: team, people: people, all: make(map[opsreview.Ref]opsreview.Service, len(services))}
	for _, s := range services {
		sc.all[s.Ref] = s
	}
	if team != "" {
		if sc.services, err = review.TeamServices(f.org, team, services, teams); err != nil {
			return scope{}, err
		}
		names := review.TeamNames(f.org, teams)
		if i := slices.IndexFunc(names, func(name string) bool { return strings.EqualFold(name, strings.TrimSpace(team)) }); i >= 0 {
			sc.team = names[i] // as others write it, and tickets do
		}
	}
	if sc.zone, err = review.TeamZone(f.org, team); err != nil {
		return scope{}, err
	}
	sc.roster = review.NewRoster(f.org, people, team)
	return sc, nil
}

// owner returns the configured team that a service is of, "" if it is of none.
// A page of the service is judged by that team's hours.
func (f *facts) owner(sc scope, service opsreview.Ref) string {
	for _, t := range f.org.Teams {
		owned, err := review.TeamServices(f.org, t.Name, slices.Collect(maps.Values(sc.all)), nil)
		if _, ours := owned[service]; ours && err == nil {
			return t.Name
		}
	}
	return ""
}

// window resolves what a person asked for on the team's clock.
func (f *facts) window(spec opsreview.WindowSpec, sc scope) (opsreview.Window, error) {
	w, err := spec.Resolve(f.now(), sc.zone)
	if err != nil {
		return w, err
	}
	if w.Duration() > maxWindow {
		return w, opsreview.Errorf(opsreview.Invalid, "the window is longer than two years: narrow it")
	}
	return w, nil
}

// input reads what a review of the window is computed from. The cost of it
// grows with the window and the baseline, not with the stored history.
func (f *facts) input(ctx context.Context, sc scope, w opsreview.Window) (review.Input, error) {
	in, err := f.loadInput(ctx, sc, w)
	if err != nil {
		return in, err
	}
	if err = f.addBaseline(ctx, sc, &in); err != nil {
		return in, err
	}
	if in.Monitors, err = f.monitors(ctx, in.Pages); err != nil {
		return in, err
	}
	in.Labels, err = f.db.LabelHistory(ctx, refsOf(began(in)))
	return in, err
}

// loadInput reads what the loads, the response and the gaps of a review of the
// window are computed from: all but the baseline, the monitors and the history
// of labels.
func (f *facts) loadInput(ctx context.Context, sc scope, w opsreview.Window) (review.Input, error) {
	in := review.Input{
		Team: sc.team, Window: w, Now: f.now(), Zone: sc.zone,
		Services: sc.services, AllServices: sc.all, Responders: sc.people, Org: f.org,
	}
	var err error
	lookBack := opsreview.Window{Start: w.Start.In(sc.zone).AddDate(0, 0, -7*baselineWeeks), End: w.End}
	if in.Shifts, err = f.db.Shifts(ctx, lookBack); err != nil {
		return in, err
	}
	if err = f.addPages(ctx, sc, &in); err != nil {
		return in, err
	}
	if in.DataSince, err = f.db.DataSince(ctx); err != nil {
		return in, err
	}
	in.Health, err = f.db.Sources(ctx)
	return in, err
}

// addPages reads the team's pages that touch the window, those that somebody
// may have worked on when it began, and the pages of others that notified the
// same people in it, all with their timelines.
func (f *facts) addPages(ctx context.Context, sc scope, in *review.Input) error {
	w, ours := in.Window, sc.serviceRefs()
	touched := opsreview.Window{Start: w.Start.Add(-lookBehind), End: w.End}
	carried, err := f.db.Carried(ctx, w.Start.AddDate(0, 0, -carriedDays), w.Start)
	if err != nil {
		return err
	}
	if err := f.addNew(ctx, in, store.PageFilter{Services: ours, Touched: touched}); err != nil {
		return err
	}
	if err := f.addNew(ctx, in, store.PageFilter{Refs: orNone(carried)}); err != nil {
		return err
	}
	if ours == nil {
		return nil // No page is of others.
	}
	return f.addNew(ctx, in, store.PageFilter{Responder: orNone(review.Crew(*in)), Others: ours, Touched: touched})
}

// addBaseline reads the team's pages of the weeks before the window, which are
// only counted.
func (f *facts) addBaseline(ctx context.Context, sc scope, in *review.Input) error {
	w := in.Window
	before := opsreview.Window{Start: w.Start.In(sc.zone).AddDate(0, 0, -7*baselineWeeks), End: w.Start}
	if prev := w.Before(sc.zone); prev.Start.Before(before.Start) {
		before.Start = prev.Start
	}
	return f.addNew(ctx, in, store.PageFilter{Services: sc.serviceRefs(), Window: before, Brief: true})
}

// addNew adds those of the pages that the filter selects which the input does
// not have.
func (f *facts) addNew(ctx context.Context, in *review.Input, filter store.PageFilter) error {
	pages, err := f.db.Pages(ctx, filter)
	if err != nil {
		return err
	}
	have := make(map[opsreview.Ref]bool, len(in.Pages))
	for i := range in.Pages {
		have[in.Pages[i].Ref] = true
	}
	for i := range pages {
		if !have[pages[i].Ref] {
			in.Pages = append(in.Pages, pages[i])
		}
	}
	return nil
}

// orNone returns refs as a filter that selects nothing where there are none.
func orNone(refs []opsreview.Ref) []opsreview.Ref {
	if refs == nil {
		return []opsreview.Ref{}
	}
	return refs
}

func refsOf(pages []opsreview.Page) []opsreview.Ref {
	refs := make([]opsreview.Ref, len(pages))
	for i, p := range pages {
		refs[i] = p.Ref
	}
	return refs
}

// notifiedBy lists every responder that is a person whom the pages notified.
func notifiedBy(pages []opsreview.Page, roster review.Roster) []opsreview.Ref {
	seen := map[opsreview.Ref]bool{}
	refs := []opsreview.Ref{}
	add := func(some []opsreview.Ref) {
		for _, ref := range some {
			if !seen[ref] {
				seen[ref] = true
				refs = append(refs, ref)
			}
		}
	}
	for _, p := range pages {
		for _, e := range p.Events {
			if e.Kind != opsreview.Notified {
				continue
			}
			for _, id := range e.Responders {
				add(roster.Person(opsreview.Ref{Source: p.Source, ID: id}).Refs)
			}
		}
	}
	return refs
}

// monitors reads the monitors of the pages.
func (f *facts) monitors(ctx context.Context, pages []opsreview.Page) (map[string]opsreview.Monitor, error) {
	seen := map[string]bool{}
	ids := []string{}
	for _, p := range pages {
		if p.Monitor != "" && !seen[p.Monitor] {
			seen[p.Monitor] = true
			ids = append(ids, p.Monitor)
		}
	}
	list, err := f.db.Monitors(ctx, ids)
	if err != nil {
		return nil, err
	}
	monitors := make(map[string]opsreview.Monitor, len(list))
	for _, m := range list {
		monitors[m.ID] = m
	}
	return monitors, nil
}

// findPerson returns the person whom name means: a key, a responder's
// reference, or a display name in any case. It returns a NotFound error, or an
// Invalid one if several people bear the name.
func (sc scope) findPerson(name string) (review.Person, error) {
	var found []review.Person
	for _, p := range sc.roster.Persons() {
		if p.Key == name || slices.ContainsFunc(p.Refs, func(r opsreview.Ref) bool { return r.String() == name }) {
			return p, nil
		}
		if strings.EqualFold(p.Name, name) {
			found = append(found, p)
		}
	}
	switch len(found) {
	case 0:
		return review.Person{}, opsreview.Errorf(opsreview.NotFound, "there is nobody called %q", name)
	case 1:
		return found[0], nil
	}
	return review.Person{}, opsreview.Errorf(opsreview.Invalid, "%d people are called %q: name one as %s or %s", len(found), name, found[0].Key, found[1].Key)
}

// CheckOrg returns an Invalid error for what a configuration says that nothing
// can be computed with: a calendar of holidays that nobody knows.
func CheckOrg(org opsreview.Org) error {
	for _, r := range org.Responders {
		if err := review.CheckCalendar(r.Holidays); r.Holidays != "" && err != nil {
			return opsreview.Wrapf(err, opsreview.Invalid, "responder %q: %s", r.Name, opsreview.ErrorMessage(err))
		}
	}
	return nil
}
