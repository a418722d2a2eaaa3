package review

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"opsreview"
)

// A runbookGap is what people's flags say of runbooks and pages.
type runbookGap struct {
	flags               []string
	title, says, remedy string
}

var runbookGaps = map[string]runbookGap{
	opsreview.RunbookMissing: {
		flags: []string{"runbook_missing"},
		title: "%s has no runbook", says: "there is no runbook",
		remedy: "Write what it means, how to check it and what to do, and link that from the page.",
	},
	opsreview.RunbookPoor: {
		flags: []string{"runbook_wrong", "poor_details"},
		title: "The runbook or the pages of %s do not help", says: "the runbook is wrong, or the page does not say what is wrong, where or how badly",
		remedy: "Correct the runbook after the last time that it was used, and let the page say what is wrong, where and how badly.",
	},
}

// limitRemedies say what to do about a load that is too heavy.
var limitRemedies = map[string]string{
	opsreview.LimitPagesPerShift:        "Fix or silence what paged most in it before anything else, and give whoever had it time off.",
	opsreview.LimitOnCallShare:          "Put more people on the rotation, or give some of its services away.",
	opsreview.LimitSleepInterruptions:   "Let what can wait come in the morning, fix what cannot, and give whoever was woken time off.",
	opsreview.LimitConsecutiveNights:    "Swap a night, and fix or delay what broke the others.",
	opsreview.LimitOperationalWorkShare: "Hand work over, or take the dearest toil out of it.",
}

// causeRemedies say what to do about a monitor by what people say of its pages.
var causeRemedies = map[string]string{
	"self_resolved":   "Wait longer before it pages, or page on the harm that users feel.",
	"duplicate":       "Group it with what pages for the same trouble, or let that one suppress it.",
	"threshold_wrong": "Set its threshold by what harms users, or make it a ticket.",
	"check_faulty":    "Repair the check, or delete it.",
	"expected_work":   "Announce planned work, and silence it for as long.",
	"wrong_team":      "Route it to the team that can act on it.",
	"informational":   "Make it a message or a line on a dashboard.",
}

// remedyFor says what to do about a monitor by the most frequent cause of its
// pages that were not actionable.
func (s *survey) remedyFor(m MonitorCost) string {
	for _, id := range s.vainCauses(m) {
		c, _ := s.in.Org.Vocabulary.Cause(id)
		for _, word := range append([]string{id}, c.Was...) {
			if text := causeRemedies[word]; text != "" {
				return text
			}
		}
	}
	return "Change it so that it pages only for what somebody must act on at once, or make it a ticket."
}

// vainCauses returns the causes of the monitor's pages that mean that they were not
// actionable, the most frequent first.
func (s *survey) vainCauses(m MonitorCost) []string {
	var ids []string
	for _, id := range sortedKeys(m.Causes) {
		if c, _ := s.in.Org.Vocabulary.Cause(id); c.Verdict == opsreview.NotActionable {
			ids = append(ids, id)
		}
	}
	slices.SortStableFunc(ids, func(a, b string) int { return cmp.Compare(m.Causes[b], m.Causes[a]) })
	return ids
}

// causes says why the monitor's pages were not actionable.
func (s *survey) causes(m MonitorCost) []string {
	var parts []string
	for _, id := range s.vainCauses(m) {
		parts = append(parts, fmt.Sprintf("%s (%d)", id, m.Causes[id]))
	}
	if len(parts) == 0 {
		return nil
	}
	return []string{"People say why: " + strings.Join(parts, ", ") + "."}
}

// toll says what pages cost people.
func (s *survey) toll(pages []*opsreview.Page) []string {
	c := s.bill.burden(pages)
	n := c.interruptions.Total()
	var text string
	switch {
	case n == 0 && c.engaged == 0:
		return []string{"They interrupted nobody."}
	case n == 0:
		text = "They interrupted nobody"
	default:
		text = fmt.Sprintf("They interrupted %s %s", people(c.people), times(n))
		if n > 1 {
			text += fmt.Sprintf(", %s of these in sleep hours", share(c.interruptions.Sleep, n))
		} else if c.interruptions.Sleep == 1 {
			text += ", in sleep hours"
		}
	}
	if c.engaged > 0 {
		text += fmt.Sprintf(", and took %s of people's time", length(c.engaged))
	}
	return []string{text + "."}
}

// mostOrigins is how many monitors a sentence names.
const mostOrigins = 3

// origins says which monitors pages came from, the most frequent first.
func (s *survey) origins(pages []*opsreview.Page) []string {
	counts, titles := map[string]int{}, map[string]string{}
	for _, p := range pages {
		m := s.monitorOf(p)
		counts[m.ID]++
		titles[m.ID] = quoted(m)
	}
	ids := sortedKeys(counts)
	if len(ids) == 0 {
		return nil
	}
	slices.SortStableFunc(ids, func(a, b string) int { return cmp.Compare(counts[b], counts[a]) })
	var parts []string
	for _, id := range ids[:min(len(ids), mostOrigins)] {
		parts = append(parts, fmt.Sprintf("%s (%d)", titles[id], counts[id]))
	}
	text := "They came from " + strings.Join(parts, ", ")
	if more := len(ids) - mostOrigins; more > 0 {
		text += fmt.Sprintf(" and %s", count(more, "other monitor"))
	}
	return []string{text + "."}
}

// quoted writes a monitor's title so that it stands out, and on one line.
func quoted(m opsreview.Monitor) string {
	return strconv.Quote(cmp.Or(strings.Join(strings.Fields(m.Title), " "), m.ID))
}

// whoSays says why pages could have waited: because of so many labels, and low
// urgency for the others.
func whoSays(labels, pages int) string {
	switch labels {
	case pages:
		return "people say so"
	case 0:
		return "their urgency was low"
	}
	return fmt.Sprintf("people say so of %d, and the urgency of the others was low", labels)
}

func were(n int) string {
	if n == 1 {
		return "was"
	}
	return "were"
}

func people(n int) string {
	if n == 1 {
		return "1 person"
	}
	return fmt.Sprintf("%d people", n)
}
