package review

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"opsreview"
)

// FindingsOf returns what a review of the input says needs work: what harms
// users first, then the dearest, and those of unknown cost last. A kind is judged
// by the policy's rule for it, and one without a rule is left out. What is found
// about budgets stands among the others; see [slo.Prepare].
func FindingsOf(r Review, in Input) []opsreview.Finding { return newFacts(in).findings(r) }

// A survey looks for findings.
type survey struct {
	*facts
	bill bill
}

func (f *facts) findings(r Review) []opsreview.Finding {
	if len(f.in.Org.Policy.Findings) == 0 {
		return nil
	}
	s := &survey{facts: f, bill: f.bill()}
	var all []opsreview.Finding
	for _, m := range r.Monitors {
		all = append(all, s.monitor(m)...)
	}
	all = append(all, s.limits(r.Loads)...)
	if r.Budget != nil {
		for _, found := range r.Budget.Findings {
			all = append(all, s.budget(found)...)
		}
	}
	all = append(all, s.incidents(r.Incidents)...)
	all = append(all, s.weird(r.LookBack)...)
	all = append(all, s.toils()...)
	kept, _ := s.hygiene()
	all = append(all, kept...)
	all = WithRemedies(once(all), r.Monitors)
	kinds := opsreview.FindingKinds()
	slices.SortStableFunc(all, func(a, b opsreview.Finding) int {
		return cmp.Or(
			harm(a)-harm(b),
			cmp.Compare(min(len(b.CostMethod), 1), min(len(a.CostMethod), 1)),
			cmp.Compare(b.Cost, a.Cost),
			slices.Index(kinds, a.Kind)-slices.Index(kinds, b.Kind),
			strings.Compare(a.Key, b.Key),
		)
	})
	return all
}

// harm is 0 for what harms users, which minutes of responders do not measure,
// and 1 for the rest.
func harm(f opsreview.Finding) int {
	if f.Kind == opsreview.BudgetOverspent || f.Kind == opsreview.BurnUnpaged {
		return 0
	}
	return 1
}

// useless are the kinds that say the same of a monitor, that its pages are for
// nothing: what people say of most of its pages, what they did, what budgets show.
var useless = []string{opsreview.NoisyMonitor, opsreview.WastedPages, opsreview.MonitorWithoutBurn}

// once leaves one finding of those that say the same of a monitor, the first in
// the order of useless, and gives it what the others began their evidence with:
// two tickets for one trouble are one too many.
func once(findings []opsreview.Finding) []opsreview.Finding {
	kept := map[string]opsreview.Finding{}
	rank := func(f opsreview.Finding) int { return slices.Index(useless, f.Kind) }
	for _, f := range findings {
		k, ok := kept[f.Monitor]
		switch {
		case rank(f) < 0 || f.Monitor == "":
			continue
		case !ok:
			k = f
		case rank(f) < rank(k):
			f.Evidence, k = slices.Concat(f.Evidence, k.Evidence[:min(1, len(k.Evidence))]), f
		default:
			k.Evidence = slices.Concat(k.Evidence, f.Evidence[:min(1, len(f.Evidence))])
		}
		kept[f.Monitor] = k
	}
	var all []opsreview.Finding
	for _, f := range findings {
		switch k := kept[f.Monitor]; {
		case rank(f) < 0 || f.Monitor == "":
			all = append(all, f)
		case k.Key == f.Key:
			all = append(all, k)
		}
	}
	return all
}

// WithRemedies returns the findings with another setting of the monitor as their
// remedy, where the monitors come with one that helps. Whoever looks for such
// settings after a review was prepared needs it.
func WithRemedies(findings []opsreview.Finding, monitors []MonitorCost) []opsreview.Finding {
	whatIfs := make(map[string]WhatIf, len(monitors))
	for _, m := range monitors {
		whatIfs[m.Monitor.ID] = m.WhatIf
	}
	all := slices.Clone(findings)
	for i := range all {
		w, f := whatIfs[all[i].Monitor], &all[i]
		switch {
		case w.IsZero():
		case f.Kind == opsreview.NoisyMonitor, f.Kind == opsreview.WastedPages,
			f.Kind == opsreview.WrongHours && w.Kind == BusinessOnly:
			f.Remedy = w.Sentence
		}
	}
	return all
}

func (s *survey) monitor(m MonitorCost) []opsreview.Finding {
	return slices.Concat(s.noisy(m), s.wasted(m), s.ignored(m), s.wrongHours(m),
		s.runbook(m, opsreview.RunbookMissing), s.runbook(m, opsreview.RunbookPoor))
}

func (s *survey) noisy(m MonitorCost) []opsreview.Finding {
	rule, ok := s.in.Org.Policy.FindingRule(opsreview.NoisyMonitor)
	pages := s.pagesOf(m, func(p *opsreview.Page) bool { return !p.Label.IsZero() && p.Label.Verdict == opsreview.NotActionable })
	n, labelled := len(pages), m.Outcomes.Labelled()
	if !ok || n == 0 || n < rule.MinPages || !reaches(n, labelled, rule.MinShare) || !reaches(labelled, len(m.Pages), rule.MinCoverage) {
		return nil
	}
	found := s.found(rule, m, pages)
	found.Title = quoted(m.Monitor) + " pages mostly for nothing"
	found.Evidence = slices.Concat([]string{
		fmt.Sprintf("%d of %s %s not actionable; %d of %s had a label.", n, count(labelled, "labelled page"), were(n), labelled, count(len(m.Pages), "page")),
	}, s.causes(m), s.toll(pages))
	found.Remedy = s.remedyFor(m)
	return []opsreview.Finding{found}
}

func (s *survey) wasted(m MonitorCost) []opsreview.Finding {
	rule, ok := s.in.Org.Policy.FindingRule(opsreview.WastedPages)
	pages := s.pagesOf(m, func(p *opsreview.Page) bool { return OutcomeOf(*p) == Wasted })
	if !ok || len(pages) == 0 || len(pages) < rule.MinPages {
		return nil
	}
	found := s.found(rule, m, pages)
	found.Title = "People work on " + quoted(m.Monitor) + " for nothing"
	found.Evidence = slices.Concat([]string{
		fmt.Sprintf("People acted on %d of %s though there was nothing to do.", len(pages), count(m.Outcomes.Labelled(), "labelled page")),
	}, s.causes(m), s.toll(pages))
	found.Remedy = s.remedyFor(m)
	return []opsreview.Finding{found}
}

func (s *survey) ignored(m MonitorCost) []opsreview.Finding {
	rule, ok := s.in.Org.Policy.FindingRule(opsreview.IgnoredPages)
	pages := s.pagesOf(m, func(p *opsreview.Page) bool { return OutcomeOf(*p) == Ignored })
	if !ok || len(pages) == 0 || len(pages) < rule.MinPages {
		return nil
	}
	unanswered := 0
	for _, p := range pages {
		if p.AcknowledgedAt.IsZero() {
			unanswered++
		}
	}
	found := s.found(rule, m, pages)
	found.Title = "Nobody acts on " + quoted(m.Monitor)
	found.Evidence = append([]string{
		fmt.Sprintf("%d of %s %s actionable and nobody acted; %s without an acknowledgement.",
			len(pages), count(m.Outcomes.Labelled(), "labelled page"), were(len(pages)), share(unanswered, len(pages))),
	}, s.toll(pages)...)
	found.Remedy = "Decide who acts on it and how; if it can wait, make it a ticket, and if nothing comes of waiting, stop paging for it."
	return []opsreview.Finding{found}
}

// wrongHours finds pages that woke somebody although people say that they could
// have waited, or their urgency does.
func (s *survey) wrongHours(m MonitorCost) []opsreview.Finding {
	rule, ok := s.in.Org.Policy.FindingRule(opsreview.WrongHours)
	said := 0
	pages := s.pagesOf(m, func(p *opsreview.Page) bool {
		switch {
		case !s.bill.wokeAnybody(p.Ref):
			return false
		case couldWait(s.in.Org.Vocabulary, p.Label):
			said++
			return true
		}
		return p.Urgency == opsreview.LowUrgency && !s.flagged(p, "wrong_urgency")
	})
	if !ok || len(pages) == 0 || len(pages) < rule.MinPages {
		return nil
	}
	found := s.found(rule, m, pages)
	found.Title = quoted(m.Monitor) + " wakes people for what can wait"
	found.Evidence = append([]string{
		fmt.Sprintf("%d of %s came in sleep hours and could have waited: %s.",
			len(pages), count(len(m.Pages), "page"), whoSays(said, len(pages))),
	}, s.toll(pages)...)
	found.Remedy = "Let its pages wait for business hours, or make it a ticket."
	return []opsreview.Finding{found}
}

func (s *survey) runbook(m MonitorCost, kind string) []opsreview.Finding {
	rule, ok := s.in.Org.Policy.FindingRule(kind)
	gap := runbookGaps[kind]
	pages := s.pagesOf(m, func(p *opsreview.Page) bool { return s.flagged(p, gap.flags...) })
	if !ok || len(pages) == 0 || len(pages) < rule.MinPages {
		return nil
	}
	found := s.found(rule, m, pages)
	found.Cost, found.CostMethod = s.bill.engagedCost(pages)
	found.Title = fmt.Sprintf(gap.title, quoted(m.Monitor))
	found.Evidence = append([]string{
		fmt.Sprintf("People flagged %d of %s: %s.", len(pages), count(m.Outcomes.Labelled(), "labelled page"), gap.says),
	}, s.toll(pages)...)
	found.Remedy = gap.remedy
	return []opsreview.Finding{found}
}

// limits finds which limits people's loads went over: one finding for each, since
// a team mends its rotation and its monitors and not one person's week. It names
// nobody: trackers are read by many, and the review names people to their team.
// Where there are teams it is theirs, and a review of everybody does not find it
// once more.
// A load that is about other teams' pages only is theirs to talk about, unless the
// person is a member. It has no cost of its own: what its pages cost is in the
// findings about the monitors that sent them, which are also what can be fixed
// first.
func (s *survey) limits(loads []Load) []opsreview.Finding {
	rule, ok := s.in.Org.Policy.FindingRule(opsreview.LimitBreached)
	if !ok || (s.in.Team == "" && len(s.in.Org.Teams) > 0) {
		return nil
	}
	over := map[string][]Breach{}
	for _, l := range loads {
		member := s.members()[fold(l.Person.Name)]
		for _, b := range l.Breaches {
			pages := s.known(b.Pages)
			if len(pages) == 0 || member || slices.ContainsFunc(pages, s.ours) {
				over[b.Limit.ID] = append(over[b.Limit.ID], b)
			}
		}
	}
	var all []opsreview.Finding
	for _, id := range sortedKeys(over) {
		all = append(all, s.limit(rule, over[id]))
	}
	return all
}

// limit tells of the breaches of one limit, one of each person.
func (s *survey) limit(rule opsreview.FindingRule, breaches []Breach) opsreview.Finding {
	slices.SortStableFunc(breaches, func(a, b Breach) int {
		return cmp.Or(cmp.Compare(b.Value, a.Value), strings.Compare(a.Text, b.Text))
	})
	worst, team := breaches[0], s.owner(opsreview.Ref{})
	found := opsreview.Finding{
		Key: opsreview.FindingKey(rule.Kind, team, worst.Limit.ID), Kind: rule.Kind, Category: rule.Category, Team: team,
		Title:  "On-call load over a limit: " + worst.Limit.Summary,
		Remedy: limitRemedies[worst.Limit.ID],
	}
	if team != "" { // a tracker may be several teams'
		found.Title = fmt.Sprintf("On-call load of %s over a limit: %s", team, worst.Limit.Summary)
	}
	for _, b := range breaches {
		for _, ref := range b.Pages {
			if !slices.Contains(found.Pages, ref) {
				found.Pages = append(found.Pages, ref)
			}
		}
	}
	found.Evidence = []string{fmt.Sprintf("One person was over it: %s.", worst.Text)}
	if n := len(breaches); n > 1 {
		found.Evidence = []string{fmt.Sprintf("%d people were over it, the most: %s.", n, worst.Text)}
	}
	found.Evidence = append(found.Evidence, s.origins(s.known(found.Pages))...)
	if worst.Limit.Source != "" {
		found.Evidence = append(found.Evidence, fmt.Sprintf("The limit is after %s", worst.Limit.Source))
	}
	return found
}

// budget says whose a finding about budgets is and, where people were paged for
// it, what it cost them.
func (s *survey) budget(found opsreview.Finding) []opsreview.Finding {
	rule, ok := s.in.Org.Policy.FindingRule(found.Kind)
	if !ok {
		return nil
	}
	found.Category, found.Team = rule.Category, s.owner(opsreview.Ref{})
	if found.SLO != "" && s.in.Budget != nil {
		for _, series := range s.in.Budget.Series {
			if series.SLO.Name == found.SLO {
				found.Service = s.asNamed(series.SLO.Service)
				found.Team = s.ownerOf(func(name string) bool { return fold(name) == fold(series.SLO.Service) })
			}
		}
	}
	if pages := s.known(found.Pages); found.Monitor != "" && len(pages) > 0 {
		service := pages[0].Service
		found.Service, found.Team = s.serviceName(service), s.owner(service)
		found.Cost, found.CostMethod = s.bill.cost(pages)
	}
	return []opsreview.Finding{found}
}

// found begins a finding about a monitor.
func (s *survey) found(rule opsreview.FindingRule, m MonitorCost, pages []*opsreview.Page) opsreview.Finding {
	found := opsreview.Finding{
		Key: opsreview.FindingKey(rule.Kind, m.Monitor.ID), Kind: rule.Kind, Category: rule.Category,
		Team: s.owner(m.Monitor.Service), Service: m.ServiceName, Monitor: m.Monitor.ID,
	}
	for _, p := range s.bill.mostTelling(pages) {
		found.Pages = append(found.Pages, p.Ref)
	}
	found.Cost, found.CostMethod = s.bill.cost(pages)
	return found
}

// pagesOf returns the monitor's pages of which something holds.
func (s *survey) pagesOf(m MonitorCost, holds func(*opsreview.Page) bool) []*opsreview.Page {
	return slices.DeleteFunc(s.known(m.Pages), func(p *opsreview.Page) bool { return !holds(p) })
}

// known returns the pages that are known of those named.
func (s *survey) known(refs []opsreview.Ref) []*opsreview.Page {
	var pages []*opsreview.Page
	for _, ref := range refs {
		if p := s.byRef[ref]; p != nil {
			pages = append(pages, p)
		}
	}
	return pages
}

// flagged reports whether a page's label carries one of the flags, by today's or
// an earlier word.
func (s *survey) flagged(p *opsreview.Page, flags ...string) bool {
	if p.Label.IsZero() {
		return false
	}
	return slices.ContainsFunc(p.Label.Flags, func(id string) bool {
		known, _ := s.in.Org.Vocabulary.Flag(id)
		return slices.Contains(flags, id) || slices.Contains(flags, known.ID) ||
			slices.ContainsFunc(known.Was, func(was string) bool { return slices.Contains(flags, was) })
	})
}

// owner returns the team whose a service is: the one under review or, where that
// is everybody, the only one that the configuration names for it.
func (s *survey) owner(service opsreview.Ref) string {
	known, ok := s.in.AllServices[service]
	if !ok {
		known, ok = s.in.Services[service]
	}
	return s.ownerOf(func(name string) bool { return ok && namesService(name, known) })
}

func (s *survey) ownerOf(names func(string) bool) string {
	if t, ok := orgTeam(s.in.Org, s.in.Team); ok {
		return t.Name
	}
	if s.in.Team != "" {
		return s.in.Team
	}
	var owners []string
	for _, t := range s.in.Org.Teams {
		if slices.ContainsFunc(t.Services, names) {
			owners = append(owners, t.Name)
		}
	}
	if len(owners) != 1 {
		return ""
	}
	return owners[0]
}

// asNamed writes a document's word for a service as the sources do, so that all
// findings about a service have one name for it.
func (s *survey) asNamed(word string) string {
	for _, services := range []map[opsreview.Ref]opsreview.Service{s.in.Services, s.in.AllServices} {
		var names []string
		for _, known := range services {
			if known.Name != "" && namesService(word, known) {
				names = append(names, known.Name)
			}
		}
		if len(names) > 0 {
			return slices.Min(names)
		}
	}
	return word
}

func (s *survey) serviceName(service opsreview.Ref) string {
	return cmp.Or(s.in.Services[service].Name, s.in.AllServices[service].Name, service.ID)
}

// reaches reports whether n of total is at least a share. Nothing of nothing
// reaches no share but 0.
func reaches(n, total int, share float64) bool {
	const rounding = 1e-9 // 3 of 10 is 0.3
	return float64(n) >= share*float64(total)-rounding && (total > 0 || share == 0)
}
