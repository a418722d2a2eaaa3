package meeting

import (
	"time"

	"opsreview"
	"opsreview/lookback"
	"opsreview/review"
	"opsreview/slo"
)

// numbers fills in the numbers of a snapshot, each with the version of its
// definition. What is not known is left out.
type numbers struct{ s *Snapshot }

func (n numbers) set(id string, value float64) {
	if m, ok := MeasureOf(id); ok && finite(value) {
		n.s.Numbers[id] = Number{Value: value, Unit: m.Unit}
		n.s.Definitions[id] = m.Version
	}
}

func (n numbers) count(id string, value int) { n.set(id, float64(value)) }

// of sets a number that is a part of another one. A part of nothing is unknown.
func (n numbers) of(id string, value, of float64) {
	if m, ok := MeasureOf(id); ok && of > 0 && finite(value) {
		n.s.Numbers[id] = Number{Value: value, Of: &of, Unit: m.Unit}
		n.s.Definitions[id] = m.Version
	}
}

func (n numbers) spread(id string, s review.Spread) {
	if s.OK {
		n.set(id, s.Median.Minutes())
	}
}

func (n numbers) headline(r review.Review) {
	h := r.Headline
	n.count("pages", h.Pages)
	n.of("coverage", float64(h.Labelled), float64(h.Pages))
	n.of("noise_share", float64(h.Outcomes.Wasted+h.Outcomes.Noise), float64(h.Outcomes.Labelled()))
	n.count("pages_handled", h.Outcomes.Handled)
	n.count("pages_ignored", h.Outcomes.Ignored)
	n.count("pages_wasted", h.Outcomes.Wasted)
	n.count("pages_noise", h.Outcomes.Noise)
	n.count("open", h.Open)
	n.count("escalated", h.Escalated)
	n.count("never_acked", h.Response.NeverAcked)
	n.spread("time_to_acknowledge", h.Response.Acknowledge)
	n.spread("time_to_resolve", h.Response.Resolve)
	n.count("interruptions", h.Interruptions.Total())
	n.count("sleep_interruptions", h.Interruptions.Sleep)
	n.count("responders", h.Responders)
	n.set("team_engaged", h.Engaged.Minutes())
	breaches := 0
	for _, l := range r.Loads {
		breaches += len(l.Breaches)
	}
	n.count("breaches", breaches)
}

// budget sets what was burned of the budget that burned most. Budgets of
// different SLOs are never added.
func (n numbers) budget(r review.Review) {
	if r.Budget == nil {
		return
	}
	worst := func(id string, of func(BudgetFact) *float64) {
		var most *float64
		for _, b := range n.s.Budgets {
			if x := of(b); x != nil && (most == nil || *x > *most) {
				most = x
			}
		}
		if most != nil {
			n.set(id, *most)
		}
	}
	worst("burned_7d", func(b BudgetFact) *float64 { return b.Seven })
	worst("burned_30d", func(b BudgetFact) *float64 { return b.Thirty })
	overspent, known := 0, 0
	for _, st := range r.Budget.Standings {
		if st.Month.Status != slo.NoData {
			known++
		}
		if st.Month.Status == slo.Overspent {
			overspent++
		}
	}
	if known > 0 {
		n.count("slos_overspent", overspent)
		n.count("episodes_missed", r.Budget.Matrix.Missed)
	}
}

func (n numbers) incidents(r review.Review) {
	if r.Incidents != nil {
		n.count("incidents", len(r.Incidents.Cases))
		n.count("incidents_overdue", len(r.Incidents.Overdue))
	}
}

func (n numbers) anomalies(r review.Review) {
	if r.LookBack == nil || r.LookBack.Series == 0 {
		return
	}
	all, unexplained := 0, 0
	for _, a := range n.s.Anomalies {
		if a.State == string(lookback.Dismissed) {
			continue
		}
		all++
		if a.Context == string(lookback.Unexplained) {
			unexplained++
		}
	}
	n.count("anomalies", all)
	n.count("anomalies_unexplained", unexplained)
}

func (n numbers) toil(r review.Review) {
	if r.Toil == nil {
		return
	}
	n.set("toil", r.Toil.Spent.Minutes())
	n.of("toil_share", r.Toil.Spent.Minutes(), r.Toil.Working.Minutes())
	n.set("toil_overhead", r.Toil.Overhead.Minutes())
}

// tickets counts the team's tickets by what happened to them in the window.
func (n numbers) tickets(f Facts) {
	type name struct {
		tracker, fingerprint string
		generation           int
	}
	opened, closed := map[name]bool{}, map[name]bool{}
	note := func(t opsreview.Ticket) {
		key := name{t.Tracker, t.Fingerprint, t.Generation}
		within := func(at time.Time) bool { return !at.IsZero() && f.Review.Window.Contains(at) }
		if within(t.FiledAt) {
			opened[key] = true
		}
		if t.State == opsreview.TicketFiled && within(t.ClosedAt) {
			closed[key] = true
		}
	}
	for _, t := range f.Tickets {
		note(t)
	}
	held, back := 0, 0
	for _, o := range f.Review.Closed {
		note(o.Ticket)
		switch o.Verdict {
		case review.HasHeld:
			held++
		case review.CameBack:
			back++
		case review.TooEarly, review.HeldUnknown:
		}
	}
	n.count("tickets_opened", len(opened))
	n.count("tickets_closed", len(closed))
	n.count("tickets_held", held)
	n.count("tickets_came_back", back)
}
