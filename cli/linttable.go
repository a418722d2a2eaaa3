package cli

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"opsreview/hygiene"
)

func (a *app) printLint(l lint, f lintFlags) error {
	switch f.output {
	case asJSON:
		return printJSON(a.stdout, lintToJSON(l))
	case asSARIF:
		return printJSON(a.stdout, lintToSARIF(l))
	}
	if l.things == 0 && len(l.problems) == 0 && len(l.unreadable) == 0 {
		writeLine(a.stdout, l.nothing())
		return nil
	}
	shown := l.problems
	if !f.all {
		shown = slices.DeleteFunc(slices.Clone(shown), func(p hygiene.Problem) bool { return p.Severity == hygiene.Note })
	}
	told := map[string]bool{}
	for _, file := range byFile(shown) {
		a.printLintFile(file, told, f.all)
	}
	writeLine(a.stdout, l.summary(f.all))
	return nil
}

// nothing says that there was nothing to judge.
func (l *lint) nothing() string {
	switch {
	case l.local:
		return "the files hold no " + l.noun
	case l.noun == "monitor":
		return "no monitor is known: name files here or under monitors in the configuration, or sync a Prometheus; see docs/lint.md"
	}
	return "no dashboard is known: name files here or under dashboards in the configuration, or sync a Grafana; see docs/lint.md"
}

// summary is the last line.
func (l *lint) summary(all bool) string {
	text := plural(l.things, l.noun)
	if l.runbooks > 0 {
		text += ", " + plural(l.runbooks, "runbook")
	}
	text += ": " + counts(l.count(hygiene.Error), l.count(hygiene.Warning), l.count(hygiene.Note))
	if n := l.count(hygiene.Note); n > 0 && !all {
		text += " (--all shows notes)"
	}
	if n := len(l.unreadable); n > 0 {
		text += "; " + plural(n, "file") + " could not be judged"
	}
	return text
}

// fileProblems are the problems of one file, by what is wrong.
type fileProblems struct {
	name             string
	errors, warnings int
	notes            int
	groups           []problemGroup
}

// A problemGroup is one thing that is wrong in several places.
type problemGroup struct {
	hygiene.Problem // the first
	places          []hygiene.Problem
}

// byFile groups problems by the file they are in, worst first, and by what is
// wrong.
func byFile(problems []hygiene.Problem) []fileProblems {
	var files []fileProblems
	at := map[string]int{}
	for _, p := range problems {
		name, _ := hygiene.SplitOrigin(p.Origin)
		i, known := at[name]
		if !known {
			i = len(files)
			at[name] = i
			files = append(files, fileProblems{name: name})
		}
		files[i].add(p)
	}
	slices.SortStableFunc(files, func(a, b fileProblems) int {
		return cmp.Or(b.errors-a.errors, b.warnings-a.warnings, strings.Compare(a.name, b.name))
	})
	return files
}

func (f *fileProblems) add(p hygiene.Problem) {
	switch p.Severity {
	case hygiene.Error:
		f.errors++
	case hygiene.Warning:
		f.warnings++
	case hygiene.Note:
		f.notes++
	}
	for i, g := range f.groups {
		if g.Rule == p.Rule && g.Severity == p.Severity && g.Text == p.Text {
			f.groups[i].places = append(g.places, p)
			return
		}
	}
	f.groups = append(f.groups, problemGroup{p, []hygiene.Problem{p}})
}

// fewPlaces is how many places of one problem are named.
const fewPlaces = 6

// printLintFile prints the problems of a file. What to write about each is told
// the first time.
func (a *app) printLintFile(f fileProblems, told map[string]bool, all bool) {
	s, width := a.style(), a.terminalWidth()
	name := f.name
	if name == "" {
		name = "without a file"
	}
	writeLine(a.stdout, s.bold(bounded(name))+": "+counts(f.errors, f.warnings, f.notes))
	for _, g := range f.groups {
		severity := fmt.Sprintf("%-7s", g.Severity)
		switch g.Severity {
		case hygiene.Error:
			severity = s.bad(severity)
		case hygiene.Warning:
			severity = s.warn(severity)
		case hygiene.Note:
			severity = s.dim(severity)
		}
		for i, line := range wrap(lintLine(g, all), width-lintIndent) {
			if i > 0 {
				severity = strings.Repeat(" ", lintIndent-4)
			}
			writeLine(a.stdout, "  "+severity+"  "+line)
		}
		if told[g.Rule+g.Remedy] {
			continue
		}
		told[g.Rule+g.Remedy] = true
		for i, line := range wrap(clean(g.Remedy), width-lintIndent-2) {
			lead := "→ "
			if i > 0 {
				lead = "  "
			}
			writeLine(a.stdout, strings.Repeat(" ", lintIndent)+s.dim(lead+line))
		}
	}
	writeLine(a.stdout, "")
}

// lintIndent is where texts begin, behind the severity.
const lintIndent = 11

// lintLine says what is wrong and where: "monitor-runbook: VaultDown (line 12)
// names no runbook", or "monitor-runbook: names no runbook (3 monitors):
// VaultDown (12), …".
func lintLine(g problemGroup, all bool) string {
	rule := clean(g.Rule) + ": "
	if len(g.places) == 1 {
		where := ""
		if _, line := hygiene.SplitOrigin(g.Origin); line > 0 {
			where = fmt.Sprintf(" (line %d)", line)
		}
		return rule + bounded(lintSubject(g.Problem)) + where + " " + clean(g.Text)
	}
	var names []string
	for _, p := range g.places {
		name := bounded(lintSubject(p))
		if _, line := hygiene.SplitOrigin(p.Origin); line > 0 {
			name += fmt.Sprintf(" (%d)", line)
		}
		names = append(names, name)
	}
	kind := g.Kind
	if kind == "runbook" {
		kind = "monitor"
	}
	head := fmt.Sprintf("%s%s (%s): ", rule, clean(g.Text), plural(len(names), kind))
	if more := len(names) - fewPlaces; more > 1 && !all {
		return head + strings.Join(names[:fewPlaces], ", ") + fmt.Sprintf(" and %d more", more)
	}
	return head + strings.Join(names, ", ")
}

// lintSubject is what a problem is about: of a panel its own title, since the
// file is the dashboard's.
func lintSubject(p hygiene.Problem) string {
	if p.Kind == "panel" {
		if p.Board != "" {
			return strings.TrimPrefix(p.Subject, p.Board+" / ")
		}
		if i := strings.LastIndex(p.Subject, " / "); i >= 0 {
			return p.Subject[i+len(" / "):]
		}
	}
	return p.Subject
}
