package review

import (
	"fmt"
	"slices"
	"time"

	"opsreview"
	"opsreview/toil"
)

// ToilStretches returns when pages that were labelled not actionable engaged
// people, each page for at most the policy's cap a person. The pages come with
// timelines; others than those labelled so are left out.
func ToilStretches(pages []opsreview.Page, roster Roster, limit time.Duration, now time.Time) []toil.Engaged {
	var all []toil.Engaged
	for _, p := range inOrder(pages) {
		if p.Label.IsZero() || p.Label.Verdict != opsreview.NotActionable {
			continue
		}
		for _, e := range engagements(p, roster, limit, now) {
			all = append(all, toil.Engaged{Person: e.person, Page: p.Ref, Monitor: p.Monitor, Title: p.Title, Window: e.window})
		}
	}
	return all
}

// ToilMembers returns everybody whom the roster knows as people whose toil can be
// counted. Those of the crew are the team's: their working time counts. Days are
// those of the person's zone, or of the team's where that is not known, and the
// emails of the configuration are names, too.
func ToilMembers(org opsreview.Org, roster Roster, crew map[string]bool, zone *time.Location) []toil.Member {
	emails := map[string][]string{}
	for _, r := range org.Responders {
		emails[fold(r.Name)] = r.Emails
	}
	var all []toil.Member
	for _, p := range roster.Persons() {
		m := toil.Member{Key: p.Key, Name: p.Name, Names: slices.Clone(emails[fold(p.Name)]), Guest: !crew[p.Key]}
		for _, ref := range p.Refs {
			m.Names = append(m.Names, ref.String())
		}
		if p.Zone == nil {
			p.Zone = zone
		}
		clock := newClock(p)
		m.Days = clock.workingDays
		all = append(all, m)
	}
	return all
}

// ToilCrew returns the keys of those whose working time is a team's: its
// configured members, or those whose load a review of the input shows where none
// are configured. For everybody they are the members of all teams.
func ToilCrew(in Input) map[string]bool {
	members := map[string]bool{}
	for _, t := range in.Org.Teams {
		if in.Team == "" || fold(t.Name) == fold(in.Team) {
			for _, name := range t.Members {
				members[fold(name)] = true
			}
		}
	}
	f := newFacts(in)
	crew := map[string]bool{}
	for _, p := range f.roster.Persons() {
		if members[fold(p.Name)] && !p.Deleted {
			crew[p.Key] = true
		}
	}
	if len(crew) == 0 || (in.Team == "" && len(members) == 0) {
		for _, key := range f.crew() {
			crew[key] = true
		}
	}
	return crew
}

// workingDays counts the business days of a window that are no public holidays, a
// part of a day as the part that it is.
func (c *clock) workingDays(w opsreview.Window) float64 {
	zone := c.person.Zone
	if zone == nil {
		zone = time.UTC
	}
	days := 0.0
	for day := firstMoment(w.Start.In(zone)); day.Before(w.End); {
		next := firstMoment(day.AddDate(0, 0, 1).Add(12 * time.Hour))
		if slices.Contains(c.person.Hours.Days, day.Weekday()) && !c.holiday(day) {
			days += float64(w.Overlap(day, next)) / float64(next.Sub(day))
		}
		day = next
	}
	return days
}

// firstMoment is when a local day begins.
func firstMoment(t time.Time) time.Time {
	y, m, d := t.Date()
	start := time.Date(y, m, d, 0, 0, 0, 0, t.Location())
	if start.Day() != d { // The clocks are put forward at midnight.
		start = start.Add(time.Hour)
	}
	return start
}

// toilShare returns the share of a person's working time that toil takes, in
// percent and in words; 0 where either is not known.
func (f *facts) toilShare(p Person) (float64, string) {
	if f.toil == nil {
		return 0, ""
	}
	for _, s := range f.toil.People {
		if s.Key == p.Key && s.Working > 0 {
			return 100 * float64(s.Spent) / float64(s.Working), fmt.Sprintf("toil for %s of %s of working time", length(s.Spent), length(s.Working))
		}
	}
	return 0, ""
}

// toilGap says why operational work is not measured, if it is not.
func (f *facts) toilGap() []Gap {
	const subject = "operational work"
	switch _, asked := f.in.Org.Policy.Limit(opsreview.LimitOperationalWorkShare); {
	case !asked:
		return nil
	case f.toil == nil:
		return []Gap{{Subject: subject, Text: "its share of working time is not measured: nobody has logged toil; opsreview toil add does"}}
	case f.toil.Working == 0:
		return []Gap{{Subject: subject, Text: "its share of working time is not measured: nobody's working time in the window is known"}}
	}
	return nil
}

// toils finds what the ledger of toil says needs work.
func (s *survey) toils() []opsreview.Finding {
	if s.toil == nil {
		return nil
	}
	var all []opsreview.Finding
	shown := map[string]int{}
	for _, found := range toil.FindingsOf(*s.toil, s.owner(opsreview.Ref{})) {
		rule, ok := s.in.Org.Policy.FindingRule(found.Kind)
		if !ok || (rule.Most > 0 && shown[found.Kind] >= rule.Most) {
			continue
		}
		shown[found.Kind]++
		found.Category = rule.Category
		all = append(all, found)
	}
	return all
}
