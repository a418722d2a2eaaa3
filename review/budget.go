package review

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"opsreview"
	"opsreview/slo"
)

const (
	// enoughCoverage is the share of the 30 days from which on nobody needs to be
	// told what was not watched.
	enoughCoverage = 0.9

	// countLag is how far behind what is counted of an SLO may be: a source that
	// is pulled every hour is not late.
	countLag = 2 * time.Hour
)

// TeamSLOs returns those of the SLOs that are a team's, in the order of their
// names: those of a service that the configuration names for the team, or of
// one of its services by name or by reference. Names are the same in upper and
// lower case. The empty team stands for everybody: all are its.
func TeamSLOs(org opsreview.Org, team string, services map[opsreview.Ref]opsreview.Service, slos []opsreview.SLO) []opsreview.SLO {
	words := teamWords(org, team, services)
	var theirs []opsreview.SLO
	for _, s := range slos {
		if team == "" || words[fold(s.Service)] {
			theirs = append(theirs, s)
		}
	}
	slices.SortFunc(theirs, func(a, b opsreview.SLO) int { return strings.Compare(a.Name, b.Name) })
	return theirs
}

// teamWords returns the words for a team's services, in lower case: those that
// the configuration uses, names and references.
func teamWords(org opsreview.Org, team string, services map[opsreview.Ref]opsreview.Service) map[string]bool {
	words := map[string]bool{}
	if t, ok := orgTeam(org, team); ok {
		for _, name := range t.Services {
			words[fold(name)] = true
		}
	}
	for ref, s := range services {
		words[fold(s.Name)], words[fold(ref.String())] = true, true
	}
	delete(words, "")
	return words
}

// BudgetGaps lists what is not known of the budgets of SLOs at a time, and what
// to do about it: first what concerns one SLO, then what concerns several. The
// standings are of the input's series, in any order; of the rest of the input
// only the zone matters.
func BudgetGaps(in slo.Input, at time.Time, standings []slo.Standing) []Gap {
	g := budgetGaps{zone: in.Zone, at: at}
	if g.zone == nil {
		g.zone = time.UTC
	}
	series := make(map[string]slo.Series, len(in.Series))
	for _, s := range in.Series {
		series[s.SLO.Name] = s
	}
	for _, s := range standings {
		g.standing(s, lastCounted(series[s.SLO.Name].Segments))
		g.objective(series[s.SLO.Name], in.Now)
	}
	if len(g.approximate) > 0 {
		g.say(strings.Join(g.approximate, ", "),
			"counted from an aggregate: what resets and gaps hid is not in it; name plain counters in the document, without functions around them, to have it exact")
	}
	if len(g.reset) > 0 {
		g.say("counters", "began anew within the 30 days, and what happened just before is lost: %s", strings.Join(g.reset, ", "))
	}
	return g.all
}

// budgetGaps collects gaps.
type budgetGaps struct {
	zone *time.Location
	at   time.Time
	all  []Gap

	approximate []string // SLOs
	reset       []string // SLOs, each with how often
}

func (g *budgetGaps) say(subject, format string, args ...any) {
	g.all = append(g.all, Gap{Subject: subject, Text: fmt.Sprintf(format, args...)})
}

func (g *budgetGaps) stamp(t time.Time) string {
	return t.In(g.zone).Format("Mon 2 Jan 2006 15:04 MST")
}

// standing tells what is not known of one SLO. Last is the end of what is
// counted of it.
func (g *budgetGaps) standing(s slo.Standing, last time.Time) {
	name, month := s.SLO.Name, s.Month
	if month.Status == slo.NoData {
		g.noData(s, last)
		return
	}
	if s.Approximate {
		g.approximate = append(g.approximate, name)
	}
	if late := g.at.Sub(last); late > countLag {
		g.say(name, "counted up to %s only: %s", g.stamp(last), remedyFor(s.SLO))
	}
	if month.Coverage < enoughCoverage {
		g.say(name, "%s of the 30 days up to %s were watched: the budget is of what was seen, and the rest may have been better or worse",
			percent(month.Coverage), g.stamp(g.at))
	}
	if month.Excess > 0 {
		g.say(name, "its good events exceed all events by %s: look whether its two queries select the same requests", events(month.Excess))
	}
	if month.Changed {
		g.say(name, "its objective changed within the 30 days: that of %s is applied to all of them", g.stamp(g.at))
	}
	if month.Resets > 0 {
		g.reset = append(g.reset, fmt.Sprintf("%s %s", name, times(month.Resets)))
	}
}

// objective tells whoever has just changed an objective why it is not there.
func (g *budgetGaps) objective(s slo.Series, now time.Time) {
	if n := len(s.History); n > 1 && s.History[n-1].At.After(g.at) && now.Sub(g.at) < time.Hour {
		g.say(s.SLO.Name, "its objective changed %s, after the time up to which is counted: the one before is applied until then", g.stamp(s.History[n-1].At))
	}
}

func (g *budgetGaps) noData(s slo.Standing, last time.Time) {
	seen := "nothing is counted of the 30 days up to " + g.stamp(g.at)
	if !last.IsZero() {
		seen += ", and nothing after " + g.stamp(last)
	}
	g.say(s.SLO.Name, "%s: %s", seen, remedyFor(s.SLO))
}

// remedyFor says how to have an SLO counted.
func remedyFor(s opsreview.SLO) string {
	if s.Source == "" {
		return "no source counts it; name one in its document, or import what was counted with opsreview source import --as segments"
	}
	return fmt.Sprintf("run opsreview source sync %s, and opsreview source check %s if that does not help", s.Source, s.Source)
}

// lastCounted returns the end of the last segment that was watched or in which
// something was counted, zero if there is none.
func lastCounted(segments []opsreview.Segment) time.Time {
	var last time.Time
	for _, s := range segments {
		if (s.Covered > 0 || s.Total > 0) && s.End.After(last) {
			last = s.End
		}
	}
	return last
}

// burned tells of the first page of each significant episode what the episode
// burned, the dearest first. A meeting talks about an outage once, however many
// pages it sent.
func burned(r *slo.Report) map[opsreview.Ref][]string {
	if r == nil {
		return nil
	}
	var paid []slo.Episode
	for _, b := range r.Burns {
		for _, e := range b.Episodes {
			if e.Significant && len(e.Pages) > 0 {
				paid = append(paid, e)
			}
		}
	}
	slices.SortStableFunc(paid, func(a, b slo.Episode) int { return cmp.Compare(b.Cost, a.Cost) })
	said := make(map[opsreview.Ref][]string, len(paid))
	for _, e := range paid {
		text := fmt.Sprintf("its outage burned %s of the 30-day budget of %s", percent(e.Cost), e.SLO)
		if n := len(e.Pages) - 1; n > 0 {
			text += ", with " + count(n, "more page")
		}
		said[e.Pages[0]] = append(said[e.Pages[0]], text)
	}
	return said
}

// percent writes a share for people: "136.9 %", "0.023 %". What is small keeps
// two digits that mean something.
func percent(share float64) string {
	p := share * 100
	switch size := max(p, -p); {
	case size == 0:
		return "0 %"
	case size >= 0.95:
		return fmt.Sprintf("%.1f %%", p)
	case size >= 0.001:
		return fmt.Sprintf("%.2g %%", p)
	}
	return "less than 0.001 %"
}

// events writes a number of events or slices for people.
func events(n float64) string { return slo.Amount(n) }

func times(n int) string {
	if n == 1 {
		return "once"
	}
	return fmt.Sprintf("%d times", n)
}
