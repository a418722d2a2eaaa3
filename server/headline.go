package server

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"opsreview"
	"opsreview/lookback"
	"opsreview/review"
	"opsreview/slo"
)

const (
	// headlineAge is how old the review's numbers may be before a scrape has
	// them computed anew.
	headlineAge = 5 * time.Minute
	// headlineTimeout bounds computing those of one team.
	headlineTimeout = time.Minute
	// maxHeadlineTeams bounds how many teams have numbers, and maxHeadlineSLOs how
	// many SLOs.
	maxHeadlineTeams = 100
	maxHeadlineSLOs  = 1000
	// everybody is the label of what all teams have together. A team cannot be
	// called so in a configuration that anybody would write.
	everybody = "(everybody)"
)

// The windows of which the review's numbers are told.
const (
	lastWeek = "last_week" // the last complete ISO week, on the team's clock
	thisWeek = "this_week" // the week that runs, as far as it has come
)

// A headline is one team's review of one window, in numbers.
type headline struct {
	team, window string
	start        time.Time
	head         review.Headline
	overLimits   int                      // people with a breach
	few          bool                     // there are too few people to tell that
	weird        map[lookback.Context]int // open anomalies of the last week's look back; nil if nothing is looked at
}

// A headliner computes the review's numbers apart from any scrape. A scrape
// takes what is there and at most asks for more, so that it never waits.
type headliner struct {
	facts *facts
	teams []string
	ask   chan struct{} // holds one

	mu       sync.Mutex
	computed time.Time // zero before the first time
	failed   int       // of the teams and the budgets, the last time
	lines    []headline
	budgets  []slo.Standing // of every SLO, once for all teams
}

func newHeadliner(f *facts) *headliner {
	h := &headliner{facts: f, ask: make(chan struct{}, 1)}
	for _, t := range f.org.Teams[:min(len(f.org.Teams), maxHeadlineTeams)] {
		h.teams = append(h.teams, t.Name)
	}
	if len(h.teams) == 0 {
		h.teams = []string{""}
	}
	return h
}

// want asks for numbers that are not too old.
func (h *headliner) want(now time.Time) {
	h.mu.Lock()
	age := now.Sub(h.computed)
	h.mu.Unlock()
	if age < headlineAge && age >= 0 {
		return
	}
	select {
	case h.ask <- struct{}{}:
	default: // it is asked for already
	}
}

// run computes numbers as often as they are asked for, until ctx ends.
func (h *headliner) run(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-h.ask:
			h.compute(ctx)
		}
	}
}

// compute computes the numbers of every team. A team whose numbers cannot be
// computed is left out, and counted.
func (h *headliner) compute(ctx context.Context) {
	var lines []headline
	failed := 0
	for _, team := range h.teams {
		of, err := h.team(ctx, team)
		if ctx.Err() != nil {
			return
		}
		if err != nil {
			failed++
			continue
		}
		lines = append(lines, of...)
	}
	budgets, err := h.standings(ctx)
	if ctx.Err() != nil {
		return
	}
	if err != nil {
		failed++
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.lines, h.budgets, h.failed, h.computed = lines, budgets, failed, h.facts.now()
}

// team computes the numbers of one team.
func (h *headliner) team(ctx context.Context, team string) ([]headline, error) {
	ctx, cancel := context.WithTimeout(ctx, headlineTimeout)
	defer cancel()
	sc, err := h.facts.scope(ctx, team)
	if err != nil {
		return nil, err
	}
	last, err := h.facts.window(opsreview.WindowSpec{}, sc)
	if err != nil {
		return nil, err
	}
	windows := map[string]opsreview.Window{lastWeek: last, thisWeek: {Start: last.End, End: h.facts.now()}}
	if team == "" {
		team = everybody
	}
	var lines []headline
	for name, w := range windows {
		if w.Validate() != nil {
			continue // The week has only just begun.
		}
		in, err := h.facts.input(ctx, sc, w)
		if err != nil {
			return nil, err
		}
		r := review.Prepare(in)
		line := headline{team: team, window: name, start: w.Start, head: r.Headline}
		if h.facts.guarded { // Who scrapes is nobody who may see a person's load.
			a := review.Audience{Sees: viewer{}.sees, Least: h.facts.privacy.LeastPeople}
			line.head, line.few = a.Review(r).Headline, a.Few(len(r.Loads))
		}
		for _, l := range r.Loads {
			if len(l.Breaches) > 0 {
				line.overLimits++
			}
		}
		if name == lastWeek {
			if line.weird, err = h.weird(ctx, sc, w); err != nil {
				return nil, err
			}
		}
		lines = append(lines, line)
	}
	return lines, nil
}

// weird counts the anomalies of a look back that nobody has decided about. What
// it looks at is kept, so that the review of the week need not look again. It
// returns nil where nothing is looked at, or not all of it yet.
func (h *headliner) weird(ctx context.Context, sc scope, w opsreview.Window) (map[lookback.Context]int, error) {
	w, err := h.facts.lookWindow(sc, w, "")
	if err != nil {
		return nil, err
	}
	l, err := h.facts.lookBack(ctx, sc, w, nil)
	if err != nil || l.nothing() || l.in.Late > 0 {
		return nil, err
	}
	counts := map[lookback.Context]int{lookback.Unexplained: 0, lookback.Paged: 0, lookback.Explained: 0}
	for _, a := range slices.Concat(l.report.Anomalies, l.report.More) {
		if a.State == lookback.Open {
			counts[a.Context]++
		}
	}
	return counts, nil
}

// standings computes how every SLO stands.
func (h *headliner) standings(ctx context.Context) ([]slo.Standing, error) {
	if len(h.facts.slos) == 0 {
		return nil, nil
	}
	ctx, cancel := context.WithTimeout(ctx, headlineTimeout)
	defer cancel()
	now := h.facts.now().UTC()
	slos := h.facts.slos[:min(len(h.facts.slos), maxHeadlineSLOs)]
	_, standings, err := h.facts.standings(ctx, scope{zone: time.UTC}, slos, slo.At(opsreview.Window{End: now}, now))
	return standings, err
}

// collectBudgets tells how SLOs stand. A number that is not known is absent
// rather than zero.
func (h *headliner) collectBudgets(gauge func(*prometheus.Desc, float64, ...string)) {
	for _, s := range h.budgets {
		gauge(budgetCoverage, s.Month.Coverage, s.SLO.Name)
		if s.Month.Status != slo.NoData {
			gauge(budgetRemaining, s.Month.Remaining, s.SLO.Name)
		}
		if s.BurnRateKnown {
			gauge(budgetBurnRate, s.BurnRate, s.SLO.Name)
		}
	}
}

// What budgets say in numbers.
var (
	budgetRemaining = describe("opsreview_budget_remaining_ratio", "What remains of the SLO's 30-day error budget: 1 is all of it, below 0 it is overspent. Absent where nothing is known.", "slo")
	budgetBurnRate  = describe("opsreview_budget_burn_rate", "The SLO's burn rate in the last hour that is known: 1 spends the budget exactly in its window. Absent where nothing is known.", "slo")
	budgetCoverage  = describe("opsreview_budget_coverage_ratio", "The share of the last 30 days of which something is known of the SLO.", "slo")
)

// What a review says in numbers.
var (
	reviewPages         = describe("opsreview_review_pages", "Pages of the team's services that began in the window.", "team", "window")
	reviewLabelled      = describe("opsreview_review_labelled_pages", "Of the pages, those that somebody has labelled.", "team", "window")
	reviewOpen          = describe("opsreview_review_open_pages", "Of the pages, those that are still open.", "team", "window")
	reviewEscalated     = describe("opsreview_review_escalated_pages", "Of the pages, those that moved up because nobody answered.", "team", "window")
	reviewOutcomes      = describe("opsreview_review_outcome_pages", "Pages by outcome: actionable or not, and whether somebody acted.", "team", "window", "outcome")
	reviewInterruptions = describe("opsreview_review_interruptions", "Interruptions of people by the team's pages, by the class of the hour on their own clock. Absent if the server asks who calls and too few people were interrupted to tell.", "team", "window", "class")
	reviewInterrupted   = describe("opsreview_review_interrupted_people", "People whom the team's pages interrupted. Absent as their interruptions are.", "team", "window")
	reviewOverLimits    = describe("opsreview_review_people_over_limits", "People whose load is over at least one limit of the policy. Absent if the server asks who calls and the team has too few people to tell.", "team", "window")
	reviewAnomalies     = describe("opsreview_review_open_anomalies", "Anomalies on the team's dashboards that nobody has decided about, by whether anybody knows of them: of the look back that ends with the last complete week. Absent if nothing is looked at, or not all of it yet.", "team", "context")
	reviewStart         = describe("opsreview_review_window_start_timestamp_seconds", "When the window begins.", "team", "window")
	reviewComputed      = describe("opsreview_review_computed_timestamp_seconds", "When the review's numbers were computed. Absent before the first time.")
	reviewFailed        = describe("opsreview_review_failed_teams", "Teams whose numbers could not be computed the last time; the budgets of SLOs count as one.")
)

// Describe implements prometheus.Collector.
func (h *headliner) Describe(ch chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{
		reviewPages, reviewLabelled, reviewOpen, reviewEscalated, reviewOutcomes, reviewInterruptions,
		reviewInterrupted, reviewOverLimits, reviewAnomalies, reviewStart, reviewComputed, reviewFailed,
		budgetRemaining, budgetBurnRate, budgetCoverage,
	} {
		ch <- d
	}
}

// Collect implements prometheus.Collector.
func (h *headliner) Collect(ch chan<- prometheus.Metric) {
	h.want(h.facts.now())
	gauge := func(d *prometheus.Desc, v float64, labels ...string) {
		ch <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, v, labels...)
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.computed.IsZero() {
		return
	}
	gauge(reviewComputed, seconds(h.computed))
	gauge(reviewFailed, float64(h.failed))
	h.collectBudgets(gauge)
	for _, l := range h.lines {
		head := l.head
		gauge(reviewStart, seconds(l.start), l.team, l.window)
		gauge(reviewPages, float64(head.Pages), l.team, l.window)
		gauge(reviewLabelled, float64(head.Labelled), l.team, l.window)
		gauge(reviewOpen, float64(head.Open), l.team, l.window)
		gauge(reviewEscalated, float64(head.Escalated), l.team, l.window)
		if !l.few {
			gauge(reviewOverLimits, float64(l.overLimits), l.team, l.window)
		}
		for c, n := range l.weird {
			gauge(reviewAnomalies, float64(n), l.team, string(c))
		}
		for outcome, n := range map[review.Outcome]int{
			review.Handled: head.Outcomes.Handled, review.Ignored: head.Outcomes.Ignored, review.Wasted: head.Outcomes.Wasted,
			review.Noise: head.Outcomes.Noise, review.Unlabelled: head.Outcomes.Unlabelled,
		} {
			gauge(reviewOutcomes, float64(n), l.team, l.window, string(outcome))
		}
		if head.Withheld {
			continue
		}
		gauge(reviewInterrupted, float64(head.Responders), l.team, l.window)
		for class, n := range map[opsreview.HoursClass]int{
			opsreview.BusinessHours: head.Interruptions.Business, opsreview.OffHours: head.Interruptions.OffHours,
			opsreview.SleepHours: head.Interruptions.Sleep, opsreview.UnknownHours: head.Interruptions.Unknown,
		} {
			gauge(reviewInterruptions, float64(n), l.team, l.window, string(class))
		}
	}
}
