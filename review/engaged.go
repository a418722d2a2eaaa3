package review

import (
	"time"

	"opsreview"
)

// An engagement is a stretch in which one person had acknowledged one page that
// was not over.
type engagement struct {
	person string
	window opsreview.Window
	page   *opsreview.Page
}

// engagements returns who was engaged by a page: from their first
// acknowledgement in each spell in which it was open to the spell's end. A page
// engages one person for at most limit altogether, counted from the beginning; a
// zero limit is none.
func engagements(p *opsreview.Page, roster Roster, limit time.Duration, now time.Time) []engagement {
	if p.AcknowledgedAt.IsZero() {
		return nil
	}
	var all []engagement
	spent := map[string]time.Duration{}
	for _, spell := range p.Spells(now) {
		seen := map[string]bool{}
		for _, e := range p.Events {
			if e.Kind != opsreview.Acknowledged || e.By.Kind != opsreview.Person || e.By.ID == "" || !spell.Contains(e.At) {
				continue
			}
			key := roster.Person(opsreview.Ref{Source: p.Source, ID: e.By.ID}).Key
			if seen[key] {
				continue
			}
			seen[key] = true
			w := opsreview.Window{Start: e.At, End: spell.End}
			if left := limit - spent[key]; limit > 0 && w.Duration() > left {
				w.End = w.Start.Add(left)
			}
			spent[key] += w.Duration()
			all = append(all, engagement{person: key, window: w, page: p})
		}
	}
	return all
}

// engagedTime adds up the engaged time of several people within w. One person's
// overlapping pages count once; two people on one page count twice.
func engagedTime(all []engagement, w opsreview.Window) time.Duration {
	byPerson := map[string][]opsreview.Window{}
	for _, e := range all {
		byPerson[e.person] = append(byPerson[e.person], e.window)
	}
	var sum time.Duration
	for _, ws := range byPerson {
		sum += covered(ws, w)
	}
	return sum
}
