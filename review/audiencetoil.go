package review

import (
	"fmt"
	"slices"
	"strings"

	"opsreview"
	"opsreview/toil"
)

// withoutToil takes what is one person's, or that of too few, from the toil of a
// review.
func (a Audience) withoutToil(r Review) Review {
	t := *r.Toil
	hidden := 0
	for _, p := range t.People {
		if !a.sees(p.Key) && (p.Spent > 0 || p.Entries > 0) {
			hidden++
		}
	}
	if a.Few(hidden) {
		r.Toil = nil
		r.Withheld = append(slices.Clone(r.Withheld), fmt.Sprintf("toil is withheld: %s stand behind it", people(hidden)))
		if hidden == 1 {
			r.Withheld[len(r.Withheld)-1] = "toil is withheld: one person stands behind it"
		}
		r.Findings = slices.DeleteFunc(slices.Clone(r.Findings), func(f opsreview.Finding) bool {
			return f.Kind == opsreview.ToilHotSpot || f.Kind == opsreview.ToilOverLimit
		})
		return r
	}
	if a.Sees == nil {
		return r
	}
	t.People = slices.DeleteFunc(slices.Clone(t.People), func(s toil.Sum) bool { return !a.sees(s.Key) })
	t.Withheld = len(r.Toil.People) - len(t.People)
	t.Lines = slices.DeleteFunc(slices.Clone(t.Lines), func(l toil.Line) bool { return !a.sees(l.Person) })
	r.Findings = a.withoutFewSums(&t, r.Toil.Lines, r.Findings)
	r.Toil = &t
	return r
}

// withoutFewSums takes the sums that too few people stand behind from a copy of
// a report, and what says the same from findings.
func (a Audience) withoutFewSums(t *toil.Report, lines []toil.Line, findings []opsreview.Finding) []opsreview.Finding {
	before := len(t.Teams) + len(t.Categories) + len(t.Origins) + len(t.Tasks) + len(t.Weeks)
	t.Teams = withoutRows(t.Teams, few(a, t.Teams, sumBy, true))
	t.Categories = withoutRows(t.Categories, few(a, t.Categories, sumBy, true))
	t.Origins = withoutRows(t.Origins, few(a, t.Origins, sumBy, true))
	gone := few(a, t.Tasks, taskBy, true)
	tasks := map[string]bool{}
	for i, task := range t.Tasks {
		tasks[task.Key] = tasks[task.Key] || gone[i]
	}
	weeks := len(t.Weeks)
	t.Tasks = withoutRows(t.Tasks, gone)
	t.Weeks = withoutRows(t.Weeks, few(a, t.Weeks, weekBy, false))
	if len(t.Weeks) < weeks {
		t.Trend = "withheld: too few people stand behind some of the weeks"
	}
	if before > len(t.Teams)+len(t.Categories)+len(t.Origins)+len(t.Tasks)+len(t.Weeks) {
		t.Method += "; sums that too few people stand behind are left out"
	}
	a.withoutBeside(t, lines)
	withoutNames(t)
	if slices.Contains(gone, true) {
		findings = findingsWithoutTasks(findings, tasks)
	}
	return findings
}

func sumBy(s toil.Sum) []string   { return s.By }
func taskBy(t toil.Task) []string { return t.By }
func weekBy(w toil.Week) []string { return w.By }

// few reports of each row whether it is withheld: too few people whom the
// audience does not see stand behind it. Where the rows are parts of a sum that
// is told, so many more go, from the last, that the sum does not tell what went.
func few[T any](a Audience, rows []T, by func(T) []string, parts bool) []bool {
	gone, behind := make([]bool, len(rows)), map[string]bool{}
	withhold := func(i int) {
		gone[i] = true
		for _, key := range by(rows[i]) {
			if !a.sees(key) {
				behind[key] = true
			}
		}
	}
	for i, row := range rows {
		hidden := slices.DeleteFunc(slices.Clone(by(row)), a.sees)
		if a.Few(len(hidden)) {
			withhold(i)
		}
	}
	for i := len(rows) - 1; parts && i >= 0 && a.Few(len(behind)); i-- {
		withhold(i)
	}
	return gone
}

// withoutRows returns the rows that are not gone.
func withoutRows[T any](rows []T, gone []bool) []T {
	var kept []T
	for i, row := range rows {
		if !gone[i] {
			kept = append(kept, row)
		}
	}
	return kept
}

// withoutBeside takes the overhead and what was told twice from a report if they
// are those of too few people.
func (a Audience) withoutBeside(t *toil.Report, lines []toil.Line) {
	overhead, dropped := map[string]bool{}, map[string]bool{}
	for _, l := range lines {
		if !a.sees(l.Person) && l.Overhead && l.Spent > 0 {
			overhead[l.Person] = true
		}
		if !a.sees(l.Person) && l.Dropped > 0 {
			dropped[l.Person] = true
		}
	}
	if a.Few(len(overhead)) {
		t.Overhead = 0
	}
	if a.Few(len(dropped)) {
		t.Dropped = 0
	}
}

// withoutNames forgets who stands behind the sums of a report, whose rows are
// the report's own.
func withoutNames(t *toil.Report) {
	for i := range t.Teams {
		t.Teams[i].By = nil
	}
	for i := range t.Categories {
		t.Categories[i].By = nil
	}
	for i := range t.Origins {
		t.Origins[i].By = nil
	}
	for i := range t.Tasks {
		t.Tasks[i].By = nil
	}
	for i := range t.Weeks {
		t.Weeks[i].By = nil
	}
}

// findingsWithoutTasks returns findings without what they tell of tasks.
func findingsWithoutTasks(findings []opsreview.Finding, tasks map[string]bool) []opsreview.Finding {
	var all []opsreview.Finding
	for _, f := range findings {
		if f.Kind == opsreview.ToilHotSpot && tasks[f.Subject] {
			continue
		}
		if f.Kind == opsreview.ToilOverLimit {
			f.Evidence = slices.DeleteFunc(slices.Clone(f.Evidence), func(text string) bool { return strings.HasPrefix(text, toil.DearestTasks) })
		}
		all = append(all, f)
	}
	return all
}
