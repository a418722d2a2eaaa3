package main

import (
	"slices"
	"strings"
	"testing"

	"opsreview"
	"opsreview/slo"
)

// story is the report of the fortnight on what was generated.
func story(t *testing.T) (*world, slo.Report) {
	t.Helper()
	w := played()
	in := slo.Input{
		Window: opsreview.Window{Start: fortnightStart, End: dataEnd}, Now: now, Zone: chicago,
		Services: map[opsreview.Ref]opsreview.Service{},
	}
	segments := imported(t)
	for _, s := range documents(t) {
		in.Series = append(in.Series, slo.Series{SLO: s, Segments: segments[s.Name]})
	}
	for _, s := range w.org.services {
		ref := opsreview.Ref{Source: "pd", ID: s.id}
		in.Services[ref] = opsreview.Service{Ref: ref, Name: s.name}
	}
	for _, p := range w.pages {
		in.Pages = append(in.Pages, p.fact())
	}
	return w, slo.Prepare(in)
}

// fact is the page as the program knows it, without what people did.
func (p *page) fact() opsreview.Page {
	f := opsreview.Page{
		Ref: opsreview.Ref{Source: "pd", ID: p.id}, Title: p.title, Service: opsreview.Ref{Source: "pd", ID: p.svc.id},
		Monitor: p.svc.name + " " + p.details["alertname"], Attributes: p.details, CreatedAt: p.plan.at,
		Events: []opsreview.Event{{ID: "t", At: p.plan.at, Kind: opsreview.Triggered}},
	}
	if !p.resolved.IsZero() {
		f.Events = append(f.Events, opsreview.Event{ID: "r", At: p.resolved, Kind: opsreview.Resolved})
	}
	if p.merged != nil {
		f.MergedInto = p.merged.id
	}
	f.Settle()
	return f
}

func TestTheBudgetsTellAStory(t *testing.T) {
	_, r := story(t)
	within := map[string][2]float64{ // what is left of the 30-day budget
		"vault/availability": {-0.6, -0.1}, "vault/reads": {0.3, 0.7}, "vault/writes": {0.7, 0.9},
	}
	for _, s := range r.Standings {
		bounds := within[s.SLO.Name]
		if s.Month.Remaining < bounds[0] || s.Month.Remaining > bounds[1] {
			t.Errorf("%s has %.3f of its budget left, want between %v", s.SLO.Name, s.Month.Remaining, bounds)
		}
		if s.Month.EdgeError != 0 || s.Month.GapBurn == 0 || s.Month.Coverage > 0.9999 || s.Month.Coverage < 0.99 {
			t.Errorf("%s has an edge error of %v, a gap burn of %v and a coverage of %v", s.SLO.Name, s.Month.EdgeError, s.Month.GapBurn, s.Month.Coverage)
		}
	}
	for _, b := range r.Burns {
		sum := b.Before + b.During + b.After + b.Missed + b.Pending + b.Minor + b.Background
		if diff := sum - b.Bad; diff > 1e-6*b.Bad || diff < -1e-6*b.Bad {
			t.Errorf("%s burned %v, and its parts are %v", b.SLO, b.Bad, sum)
		}
		if b.Before == 0 || b.During == 0 || b.Background == 0 || (b.After == 0) == (b.SLO == "vault/reads") {
			t.Errorf("%s lacks a part: %+v", b.SLO, b)
		}
	}
	if r.Matrix.WithBurn.Pages() == 0 || r.Matrix.WithMinor.Pages() == 0 || r.Matrix.WithoutBurn.Pages() == 0 || r.Matrix.Missed == 0 {
		t.Errorf("the matrix has an empty row: %+v", r.Matrix)
	}
	for _, kind := range []string{opsreview.BudgetOverspent, opsreview.BurnUnpaged, opsreview.MonitorWithoutBurn} {
		if !slices.ContainsFunc(r.Findings, func(f opsreview.Finding) bool { return f.Kind == kind }) {
			t.Errorf("nothing is found of kind %s", kind)
		}
	}
}

// TestEpisodesAreTheFaults holds the report against the truth: each fault of
// the fortnight that is no trifle is an episode, paged for by its own pages or
// by nobody.
func TestEpisodesAreTheFaults(t *testing.T) {
	w, r := story(t)
	episodes := map[string][]slo.Episode{}
	budget := map[string]float64{}
	for _, b := range r.Burns {
		episodes[b.SLO], budget[b.SLO] = b.Episodes, b.Budget
	}
	for _, s := range w.count() {
		for i, f := range s.faults {
			cost := float64(s.burned[i]) / budget[s.name]
			if f.start.Before(fortnightStart) || !f.end.Before(r.At) || cost < 0.01 {
				continue
			}
			at := slices.IndexFunc(episodes[s.name], func(e slo.Episode) bool {
				return e.Window.Start.Before(f.end) && f.start.Before(e.Window.End)
			})
			if at < 0 {
				t.Errorf("%s, which cost %.3f, is no episode", f.key, cost)
				continue
			}
			e := episodes[s.name][at]
			if e.Cost < 0.9*cost || e.Cost > 1.25*cost+0.002 {
				t.Errorf("%s cost %.4f, and its episode %.4f", f.key, cost, e.Cost)
			}
			if got, want := ids(e.Pages), f.ids(); got != want {
				t.Errorf("%s is told of by the pages %s, want %s", f.key, got, want)
			}
		}
	}
}

// ids lists pages in the order of their names.
func ids(refs []opsreview.Ref) string {
	var list []string
	for _, r := range refs {
		list = append(list, r.ID)
	}
	slices.Sort(list)
	return strings.Join(list, " ")
}

func (f fault) ids() string {
	var refs []opsreview.Ref
	for _, p := range f.pages {
		refs = append(refs, opsreview.Ref{ID: p.id})
	}
	return ids(refs)
}
