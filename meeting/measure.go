package meeting

import (
	"fmt"
	"math"
	"slices"
	"strconv"
)

// A Measure is one number that a snapshot keeps and that the sections of an
// agenda, the changes and the trends print. ID and Version are those of its
// definition.
type Measure struct {
	ID      string
	Version int
	Name    string // for people: "noise share"
	Unit    string // "pages", "min", "share"; a share is in parts of 1
	Section Section
}

// Measures lists the numbers that a snapshot may have, in the agenda's order.
func Measures() []Measure { return slices.Clone(measures) }

var measures = []Measure{
	{"burned_7d", 1, "most burned of a 7-day budget", "share", Budgets},
	{"burned_30d", 1, "most burned of a 30-day budget", "share", Budgets},
	{"slos_overspent", 1, "SLOs that are overspent", "SLOs", Budgets},
	{"episodes_missed", 1, "significant episodes that nobody was paged for", "episodes", Budgets},

	{"pages", 1, "pages", "pages", Pages},
	{"coverage", 1, "labelled pages", "pages", Pages},
	{"noise_share", 1, "not actionable of the labelled pages", "pages", Pages},
	{"pages_handled", 1, "pages handled", "pages", Pages},
	{"pages_ignored", 1, "pages ignored", "pages", Pages},
	{"pages_wasted", 1, "pages wasted", "pages", Pages},
	{"pages_noise", 1, "pages that were noise", "pages", Pages},
	{"open", 1, "pages still open", "pages", Pages},
	{"escalated", 1, "pages escalated because nobody answered", "pages", Pages},
	{"never_acked", 1, "pages never acknowledged", "pages", Pages},
	{"time_to_acknowledge", 1, "median time to acknowledge", "min", Pages},
	{"time_to_resolve", 1, "median time to resolve", "min", Pages},

	{"interruptions", 1, "interruptions", "interruptions", Load},
	{"sleep_interruptions", 1, "interruptions in sleep hours", "interruptions", Load},
	{"responders", 1, "people interrupted", "people", Load},
	{"team_engaged", 1, "people's time engaged", "min", Load},
	{"breaches", 1, "limits gone over", "breaches", Load},

	{"incidents", 1, "incidents", "incidents", Incidents},
	{"incidents_overdue", 1, "incidents overdue for a postmortem or a follow-up", "incidents", Incidents},

	{"anomalies", 1, "anomalies", "anomalies", Anomalies},
	{"anomalies_unexplained", 1, "unexplained anomalies", "anomalies", Anomalies},

	{"toil", 1, "toil", "min", Toil},
	{"toil_share", 1, "toil of working time", "min", Toil},
	{"toil_overhead", 1, "overhead, which is no toil", "min", Toil},

	{"tickets_opened", 1, "tickets filed", "tickets", Wins},
	{"tickets_closed", 1, "tickets closed", "tickets", Wins},
	{"tickets_held", 1, "closed tickets that held", "tickets", Wins},
	{"tickets_came_back", 1, "closed tickets that came back", "tickets", Failures},
}

// MeasureOf returns the measure of a number, and false for a number that this
// program does not know, such as one of a newer snapshot.
func MeasureOf(id string) (Measure, bool) {
	i := slices.IndexFunc(measures, func(m Measure) bool { return m.ID == id })
	if i < 0 {
		return Measure{}, false
	}
	return measures[i], true
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
	if p == math.Trunc(p) || math.Abs(p) >= 1000 {
		return fmt.Sprintf("%.0f %%", p)
	}
	if math.Abs(p) < 0.05 {
		return "< 0.1 %"
	}
	return fmt.Sprintf("%.1f %%", p)
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
