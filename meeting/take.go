package meeting

import (
	"cmp"
	"math"
	"slices"
	"strings"
	"time"

	"opsreview"
	"opsreview/incident"
	"opsreview/lookback"
	"opsreview/review"
	"opsreview/slo"
)

// Take takes the snapshot of a review. The same review gives the same snapshot:
// times are in UTC, lists are in an order of their own, and what is not known is
// absent.
func Take(f Facts) Snapshot {
	r := f.Review
	s := Snapshot{
		Version: SnapshotVersion, At: f.At.UTC(), Team: r.Team, Start: r.Window.Start.UTC(), End: r.Window.End.UTC(), Week: r.Week, Zone: r.Zone,
		Definitions: map[string]int{}, Numbers: map[string]Number{}, Pages: []PageFact{},
	}
	s.Pages = append(s.Pages, pagesOf(f)...)
	s.Monitors, s.Loads, s.Budgets = monitorsOf(r), loadsOf(r), budgetsOf(r)
	s.Incidents, s.Anomalies, s.Toil = incidentsOf(r), anomaliesOf(r), toilOf(r)
	s.Findings, s.Closed = findingsOf(f), closedOf(r)
	for _, g := range r.Gaps {
		s.Gaps = append(s.Gaps, g.Subject+": "+g.Text)
	}
	s.Facts = facts(&s, r)
	n := numbers{s: &s}
	n.headline(r)
	n.budget(r)
	n.incidents(r)
	n.anomalies(r)
	n.toil(r)
	n.tickets(f)
	return s
}

// pagesOf returns the team's pages of the window, in order. Which those are,
// and of which monitor, is in the costs of monitors.
func pagesOf(f Facts) []PageFact {
	monitors := map[opsreview.Ref]string{}
	for _, m := range f.Review.Monitors {
		for _, ref := range m.Pages {
			monitors[ref] = m.Monitor.ID
		}
	}
	var all []PageFact
	for i := range f.Pages {
		p := &f.Pages[i]
		monitor, ours := monitors[p.Ref]
		if !ours {
			continue
		}
		delete(monitors, p.Ref) // each once
		fact := PageFact{
			Page: p.Ref.String(), Title: p.Title, Service: p.Service.String(), Monitor: monitor, At: p.TriggeredAt.UTC(),
			Status: string(p.Status), Outcome: string(review.OutcomeOf(*p)), Facts: pageFacts(p),
		}
		if !p.Label.IsZero() {
			fact.Cause, fact.By = p.Label.Cause, p.Label.Author
		}
		all = append(all, fact)
	}
	slices.SortFunc(all, func(a, b PageFact) int { return cmp.Or(a.At.Compare(b.At), strings.Compare(a.Page, b.Page)) })
	return all
}

func monitorsOf(r review.Review) []MonitorFact {
	var all []MonitorFact
	for _, m := range r.Monitors {
		all = append(all, MonitorFact{
			Monitor: m.Monitor.ID, Title: m.Monitor.Title, Pages: len(m.Pages), Interruptions: m.Interruptions.Total(),
			EngagedMin: m.Engaged.Minutes(), NotActionable: m.Outcomes.Wasted + m.Outcomes.Noise, Labelled: m.Outcomes.Labelled(),
		})
	}
	return all
}

func loadsOf(r review.Review) []LoadFact {
	var all []LoadFact
	for _, l := range r.Loads {
		fact := LoadFact{
			Person: l.Person.Key, Name: l.Person.Name, Pages: l.Pages, Interruptions: l.Interruptions.Total(),
			Sleep: l.Interruptions.Sleep, EngagedMin: l.Engaged.Minutes(),
		}
		if l.ZoneKnown() {
			fact.BrokenNights = &l.BrokenNights
		}
		for _, b := range l.Breaches {
			breach := Breach{Key: b.Limit.ID + ":" + l.Person.Key, Limit: b.Limit.ID, Text: b.Text}
			for _, ref := range b.Pages {
				breach.Pages = append(breach.Pages, ref.String())
			}
			fact.Breaches = append(fact.Breaches, breach)
		}
		all = append(all, fact)
	}
	return all
}

func budgetsOf(r review.Review) []BudgetFact {
	if r.Budget == nil {
		return nil
	}
	var all []BudgetFact
	for _, st := range r.Budget.Standings {
		b := BudgetFact{SLO: st.SLO.Name, Title: st.SLO.Title, Seven: consumed(st.Week), Thirty: consumed(st.Month)}
		if c := st.Month.Coverage; finite(c) {
			b.Coverage = &c
		}
		b.Text = budgetText(b, st.Month)
		all = append(all, b)
	}
	return all
}

// consumed is what was burned of a budget, nil if nothing is known.
func consumed(b slo.Budget) *float64 {
	if b.Status == slo.NoData || b.Window.IsZero() || !finite(b.Consumed) {
		return nil
	}
	return &b.Consumed
}

func finite(x float64) bool { return !math.IsNaN(x) && !math.IsInf(x, 0) }

// budgetText says how an SLO stands.
func budgetText(b BudgetFact, month slo.Budget) string {
	var parts []string
	if b.Seven != nil {
		parts = append(parts, percent(*b.Seven)+" of the 7-day budget burned")
	}
	if b.Thirty != nil {
		parts = append(parts, percent(*b.Thirty)+" of the 30-day budget")
	}
	switch {
	case len(parts) == 0:
		return "nothing is known of it"
	case month.Status == slo.Overspent:
		parts = append(parts, "overspent")
	case month.Status == slo.NoTraffic:
		parts = append(parts, "no traffic")
	}
	if b.Coverage != nil && *b.Coverage < 0.9995 {
		parts = append(parts, percent(*b.Coverage)+" of the 30 days watched")
	}
	return strings.Join(parts, ", ")
}

func incidentsOf(r review.Review) []IncidentFact {
	if r.Incidents == nil {
		return nil
	}
	var all []IncidentFact
	seen := map[opsreview.Ref]bool{}
	for _, c := range slices.Concat(r.Incidents.Cases, r.Incidents.Overdue) {
		if seen[c.Incident.Ref] {
			continue
		}
		seen[c.Incident.Ref] = true
		all = append(all, incidentFact(c))
	}
	return all
}

func incidentFact(c incident.Case) IncidentFact {
	i := c.Incident
	fact := IncidentFact{
		Incident: i.Ref.String(), Number: i.Number, Title: i.Title, Severity: i.Severity, Detector: string(c.Detector), Text: c.Text, Overdue: c.Overdue,
	}
	if c.Times.Resolve.Known {
		m := c.Times.Resolve.D.Minutes()
		fact.ResolveMin = &m
	}
	return fact
}

// anomaliesOf returns the anomalies that a review shows, those beyond and the
// dismissed ones, in that order.
func anomaliesOf(r review.Review) []AnomalyFact {
	if r.LookBack == nil {
		return nil
	}
	var all []AnomalyFact
	for _, a := range slices.Concat(r.LookBack.Anomalies, r.LookBack.More, r.LookBack.Dismissed) {
		all = append(all, AnomalyFact{
			Anomaly: a.ID, Chart: cmp.Or(a.Chart.Title, a.Chart.Key), Text: a.Text, Context: string(a.Context),
			State: cmp.Or(string(a.State), string(lookback.Open)),
		})
	}
	return all
}

func toilOf(r review.Review) *ToilFact {
	t := r.Toil
	if t == nil {
		return nil
	}
	fact := &ToilFact{Minutes: t.Spent.Minutes(), Working: t.Working.Minutes(), Overhead: t.Overhead.Minutes(), Method: t.Method, By: map[string]float64{}}
	for _, c := range t.Categories {
		fact.By[c.Key] += c.Spent.Minutes()
	}
	for _, p := range t.People {
		if p.Spent > 0 {
			fact.People++
		}
	}
	for _, task := range t.Tasks {
		f := TaskFact{Task: cmp.Or(task.Name, task.Key), Minutes: task.Spent.Minutes(), Quarter: task.Quarter.Minutes()}
		if a := task.Automated; a != nil {
			f.Automated = a.At.UTC().Format(time.DateOnly)
			if !a.TooEarly {
				f.Saved = a.Saved.Minutes()
			}
		}
		fact.Tasks = append(fact.Tasks, f)
	}
	return fact
}

// findingsOf returns what needs work with the latest ticket of each.
func findingsOf(f Facts) []FindingFact {
	latest := map[string]opsreview.Ticket{}
	for _, t := range f.Tickets {
		if was, ok := latest[t.Fingerprint]; !ok || t.Generation > was.Generation {
			latest[t.Fingerprint] = t
		}
	}
	var all []FindingFact
	for _, x := range f.Review.Findings {
		fact := FindingFact{Key: x.Key, Kind: x.Kind, Title: x.Title, Cost: x.Cost, Monitor: x.Monitor}
		if t, ok := latest[x.Fingerprint()]; ok && t.State != opsreview.TicketPlanned {
			fact.Ticket, fact.Status = t.RemoteKey, cmp.Or(t.Status, string(t.Stands), string(t.State))
			if t.State != opsreview.TicketFiled {
				fact.Status = string(t.State)
			}
		}
		all = append(all, fact)
	}
	return all
}

func closedOf(r review.Review) []ClosedFact {
	var all []ClosedFact
	for _, o := range r.Closed {
		all = append(all, ClosedFact{
			Ticket: cmp.Or(o.Ticket.RemoteKey, o.Ticket.Key), Title: o.Ticket.Title, Verdict: string(o.Verdict), Text: o.Text,
		})
	}
	return all
}
