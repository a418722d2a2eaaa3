package toil

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"opsreview"
)

// length writes a length of work: "45m", "2h", "1h05m".
func length(d time.Duration) string {
	if d < 0 {
		return "-" + length(-d)
	}
	d = d.Round(time.Minute)
	h, m := int(d/time.Hour), int(d%time.Hour/time.Minute)
	switch {
	case h == 0:
		return fmt.Sprintf("%dm", m)
	case m == 0:
		return fmt.Sprintf("%dh", h)
	}
	return fmt.Sprintf("%dh%02dm", h, m)
}

func count(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}

// method says how toil was reckoned.
func (l *ledger) method(r Report) string {
	text := "logged entries, work logs of tagged tickets, and the time for which pages that were not actionable engaged people; " +
		"each minute once, in the window in which its work began"
	n := 0
	for _, p := range l.in.People {
		if !p.Guest {
			n++
		}
	}
	if n == 0 || r.Working == 0 {
		return text + "; no working time is known"
	}
	hours := l.in.Settings.WeekHours
	if hours == 0 {
		hours = defaultWeekHours
	}
	return fmt.Sprintf("%s; working time is that of %s at %g h a week, without public holidays and the days that have not passed",
		text, count(n, "person", "people"), hours)
}

// leastWeeks is how many weeks before the window a trend needs.
const leastWeeks = 3

// trend compares the window's toil a week with each week before it since the
// first entry. It says no more than where the window lies among them.
func trend(l *ledger, weeks []Week) string {
	begun := slices.IndexFunc(weeks, func(w Week) bool { return w.Entries > 0 })
	if begun < 0 {
		return "nothing was logged in the window and the twelve weeks before it"
	}
	var before []time.Duration
	for _, w := range weeks[begun:] {
		if !w.Window.End.After(l.in.Window.Start) {
			before = append(before, w.Spent)
		}
	}
	window := opsreview.Window{Start: l.in.Window.Start, End: l.until()}
	var spent time.Duration
	for _, line := range l.within(window) {
		if !line.Overhead {
			spent += line.Spent
		}
	}
	rate := perWeek(spent, window)
	text := length(rate) + " a week"
	if len(before) == 0 {
		return text + "; nothing was logged before the window to compare it with"
	}
	if len(before) < leastWeeks {
		return fmt.Sprintf("%s; only %s before it since the first entry: too few to tell a trend", text, count(len(before), "week", "weeks"))
	}
	slices.Sort(before)
	least, most, middle := before[0], before[len(before)-1], before[len(before)/2]
	if n := len(before); n%2 == 0 {
		middle = (before[n/2-1] + before[n/2]) / 2
	}
	past := fmt.Sprintf("%s to %s, half of them at most %s", length(least), length(most), length(middle))
	switch {
	case rate > most:
		return fmt.Sprintf("%s: more than in any of the %d weeks before (%s)", text, len(before), past)
	case rate < least:
		return fmt.Sprintf("%s: less than in any of the %d weeks before (%s)", text, len(before), past)
	}
	return fmt.Sprintf("%s: as in the %d weeks before (%s)", text, len(before), past)
}

// DearestTasks begins the evidence that names tasks and what they take.
const DearestTasks = "The dearest: "

// FindingsOf returns findings for hot spots, dearest first, and for a share over
// the limit. What categories of work they are is policy's to say.
func FindingsOf(r Report, team string) []opsreview.Finding {
	var all []opsreview.Finding
	if share, ok := r.Share(); ok && r.Over {
		all = append(all, overLimit(r, share, team))
	}
	for _, t := range r.Tasks {
		if t.HotSpot {
			all = append(all, hotSpot(t, team))
		}
	}
	return all
}

func overLimit(r Report, share float64, team string) opsreview.Finding {
	of := ""
	if team != "" {
		of = " of " + team
	}
	f := opsreview.Finding{
		Key: opsreview.FindingKey(opsreview.ToilOverLimit, team), Kind: opsreview.ToilOverLimit, Category: opsreview.Toil, Team: team,
		Title:  fmt.Sprintf("Toil%s takes more than %s of working time", of, percent(r.Limit)),
		Remedy: "Automate the dearest tasks first, or stop doing what nobody would miss.",
		Evidence: []string{
			fmt.Sprintf("%s of %s of working time is toil: %s.", length(r.Spent), length(r.Working), percent(share)),
			"It is made of " + r.Method + ".",
		},
	}
	var dearest []string
	for _, t := range r.Tasks[:min(3, len(r.Tasks))] {
		if !t.Overhead {
			dearest = append(dearest, fmt.Sprintf("%q (%s a week)", t.Name, length(t.PerWeek)))
		}
	}
	if len(dearest) > 0 {
		f.Evidence = append(f.Evidence, DearestTasks+strings.Join(dearest, ", ")+".")
	}
	if d := r.Window.Duration(); d > 0 {
		f.Cost = minutesAWeek(perWeek(r.Spent, r.Window))
		f.CostMethod = fmt.Sprintf("%s of toil in the window, scaled to a week", length(r.Spent))
	}
	return f
}

func hotSpot(t Task, team string) opsreview.Finding {
	f := opsreview.Finding{
		Key: opsreview.FindingKey(opsreview.ToilHotSpot, team, t.Key), Kind: opsreview.ToilHotSpot, Category: opsreview.Toil,
		Team: team, Subject: t.Key, Title: "Toil: " + t.Name,
		Remedy: fmt.Sprintf("Automate it, which saves at most %s a quarter, or stop doing it.", length(t.Quarter)),
		Cost:   minutesAWeek(t.PerWeek), CostMethod: "what was logged of it a week over thirteen weeks, or since its first entry",
	}
	f.Evidence = []string{fmt.Sprintf("It takes %s a week, of %s.", length(t.PerWeek), count(t.People, "person", "people"))}
	if t.Entries > 0 {
		f.Evidence = append(f.Evidence, fmt.Sprintf("In the window: %s in %s.", length(t.Spent), count(t.Entries, "entry", "entries")))
	}
	if t.Automated != nil {
		f.Evidence = append(f.Evidence, "It was "+t.Automated.Text+".")
		f.Remedy = "Find out why people still do it by hand."
	}
	return f
}

func minutesAWeek(d time.Duration) float64 {
	return float64(d.Round(6*time.Second)) / float64(time.Minute)
}

// percent writes a share: "52 %".
func percent(share float64) string { return fmt.Sprintf("%.0f %%", 100*share) }
