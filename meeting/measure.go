package meeting

import (
	"fmt"
	"math"
	"slices"
	"strconv"

	"opsreview/definition"
)

// A Measure is one number that a snapshot keeps and that the sections of an
// agenda, the changes and the trends print. ID and Version are those of its
// definition.
type Measure struct {
	ID      string
	Name    string // for people: "labelled pages"
	Unit    string // "pages", "min", "share"; a share is in parts of 1
	Section Section
	Version int
}

// Measures lists the numbers that a snapshot may have, in the agenda's order.
func Measures() []Measure {
	all := slices.Clone(measures)
	for i := range all {
		all[i] = all[i].defined()
	}
	return all
}

// defined fills in the version of the measure's definition.
func (m Measure) defined() Measure {
	if d, ok := definition.Of(m.ID); ok {
		m.Version = d.Version
	}
	return m
}

// measures are all that there are. Their versions are in the registry.
var measures = []Measure{
	{ID: "burned_7d", Name: "most burned of a 7-day budget", Unit: "share", Section: Budgets},
	{ID: "burned_30d", Name: "most burned of a 30-day budget", Unit: "share", Section: Budgets},
	{ID: "slos_overspent", Name: "SLOs that are overspent", Unit: "SLOs", Section: Budgets},
	{ID: "episodes_missed", Name: "significant episodes that nobody was paged for", Unit: "episodes", Section: Budgets},

	{ID: "pages", Name: "pages", Unit: "pages", Section: Pages},
	{ID: "coverage", Name: "labelled pages", Unit: "pages", Section: Pages},
	{ID: "noise_share", Name: "not actionable of the labelled pages", Unit: "pages", Section: Pages},
	{ID: "pages_handled", Name: "pages handled", Unit: "pages", Section: Pages},
	{ID: "pages_ignored", Name: "pages ignored", Unit: "pages", Section: Pages},
	{ID: "pages_wasted", Name: "pages wasted", Unit: "pages", Section: Pages},
	{ID: "pages_noise", Name: "pages that were noise", Unit: "pages", Section: Pages},
	{ID: "open", Name: "pages still open", Unit: "pages", Section: Pages},
	{ID: "escalated", Name: "pages escalated because nobody answered", Unit: "pages", Section: Pages},
	{ID: "never_acked", Name: "pages never acknowledged", Unit: "pages", Section: Pages},
	{ID: "time_to_acknowledge", Name: "median time to acknowledge", Unit: "min", Section: Pages},
	{ID: "time_to_resolve", Name: "median time to resolve", Unit: "min", Section: Pages},

	{ID: "interruptions", Name: "interruptions", Unit: "interruptions", Section: Load},
	{ID: "sleep_interruptions", Name: "interruptions in sleep hours", Unit: "interruptions", Section: Load},
	{ID: "responders", Name: "people interrupted", Unit: "people", Section: Load},
	{ID: "team_engaged", Name: "people's time engaged", Unit: "min", Section: Load},
	{ID: "breaches", Name: "limits gone over", Unit: "breaches", Section: Load},

	{ID: "incidents", Name: "incidents", Unit: "incidents", Section: Incidents},
	{ID: "incidents_overdue", Name: "incidents overdue for a postmortem or a follow-up", Unit: "incidents", Section: Incidents},

	{ID: "anomalies", Name: "anomalies", Unit: "anomalies", Section: Anomalies},
	{ID: "anomalies_unexplained", Name: "unexplained anomalies", Unit: "anomalies", Section: Anomalies},

	{ID: "toil", Name: "toil", Unit: "min", Section: Toil},
	{ID: "toil_share", Name: "toil of working time", Unit: "min", Section: Toil},
	{ID: "toil_overhead", Name: "overhead, which is no toil", Unit: "min", Section: Toil},

	{ID: "tickets_opened", Name: "tickets filed", Unit: "tickets", Section: Wins},
	{ID: "tickets_closed", Name: "tickets closed", Unit: "tickets", Section: Wins},
	{ID: "tickets_held", Name: "closed tickets that held", Unit: "tickets", Section: Wins},
	{ID: "tickets_came_back", Name: "closed tickets that came back", Unit: "tickets", Section: Failures},
}

// MeasureOf returns the measure of a number, and false for a number that this
// program does not know, such as one of a newer snapshot.
func MeasureOf(id string) (Measure, bool) {
	i := slices.IndexFunc(measures, func(m Measure) bool { return m.ID == id })
	if i < 0 {
		return Measure{}, false
	}
	return measures[i].defined(), true
}

// nameOf is what people call a number.
func nameOf(id string) string {
	if m, ok := MeasureOf(id); ok {
		return m.Name
	}
	return id
}

// String writes a number for people: "14", "73 % (160 of 219)", "1h20m".
func (n Number) String() string {
	switch {
	case n.Of != nil && *n.Of > 0:
		return fmt.Sprintf("%s (%s of %s)", percent(n.Value / *n.Of), amount(n.Value, n.Unit), amount(*n.Of, n.Unit))
	case n.Of != nil:
		return fmt.Sprintf("%s of %s", amount(n.Value, n.Unit), amount(*n.Of, n.Unit))
	}
	return amount(n.Value, n.Unit)
}

// Share is the number as a share of what it is of, and false where it is of
// nothing.
func (n Number) Share() (float64, bool) {
	if n.Of == nil || *n.Of <= 0 {
		return 0, false
	}
	return n.Value / *n.Of, true
}

// amount writes a value in its unit, without the unit's name unless it is time.
func amount(v float64, unit string) string {
	switch unit {
	case "share":
		return percent(v)
	case "min":
		return minutes(v)
	}
	return strconv.FormatFloat(math.Round(v*10)/10, 'f', -1, 64)
}

// percent writes a share: "73 %", "0.4 %", "136.9 %".
func percent(x float64) string {
	p := 100 * x
	switch {
	case p != 0 && math.Abs(p) < 0.05:
		return "< 0.1 %"
	case math.Abs(p) >= 1000:
		return fmt.Sprintf("%.0f %%", p)
	}
	return strconv.FormatFloat(math.Round(p*10)/10, 'f', -1, 64) + " %"
}

// minutes writes minutes for people: "45m", "1h20m".
func minutes(v float64) string {
	whole := int64(math.Round(v))
	switch h, m := whole/60, whole%60; {
	case v > 0 && whole == 0:
		return "< 1m"
	case h == 0:
		return fmt.Sprintf("%dm", m)
	case m == 0:
		return fmt.Sprintf("%dh", h)
	default:
		return fmt.Sprintf("%dh%02dm", h, m)
	}
}

func count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

func people(n int) string {
	if n == 1 {
		return "1 person"
	}
	return fmt.Sprintf("%d people", n)
}
