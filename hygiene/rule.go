package hygiene

import (
	"maps"
	"slices"
	"strconv"
	"strings"

	"opsreview"
)

// What rules are about.
const (
	ofMonitor   = "monitor"
	ofDashboard = "dashboard"
	ofPanel     = "panel"
	ofRunbook   = "runbook"
)

// The rules, by ID.
const (
	monitorRunbook   = "monitor-runbook"
	monitorImpact    = "monitor-impact"
	monitorAction    = "monitor-action"
	monitorDashboard = "monitor-dashboard"
	monitorTitle     = "monitor-title-objective"
	monitorSeverity  = "monitor-severity"
	monitorFor       = "monitor-for"
	monitorIgnore    = "monitor-ignore"

	runbookDead    = "runbook-dead"
	runbookSection = "runbook-section"

	dashboardText   = "dashboard-description"
	dashboardIgnore = "dashboard-ignore"
	rowText         = "row-text"
	panelText       = "panel-description"
	panelTitle      = "panel-title"
	panelUnit       = "panel-unit"
)

// Where rules come from.
const (
	fromOnCall     = "https://sre.google/workbook/on-call/"
	fromMonitoring = "https://sre.google/sre-book/monitoring-distributed-systems/"
	fromSLOs       = "https://sre.google/workbook/alerting-on-slos/"
	fromPrometheus = "https://prometheus.io/docs/practices/alerting/"
	fromGrafana    = "https://grafana.com/docs/grafana/latest/dashboards/build-dashboards/best-practices/"
)

// builtin are the rules in the order in which they are told.
var builtin = []Rule{
	{
		ID: monitorRunbook, Subject: ofMonitor, Severity: Error, Source: fromOnCall,
		Summary: "A monitor names its runbook.",
		Why:     "Whoever is woken by it may never have seen it: the runbook is where they begin.",
	},
	{
		ID: runbookDead, Subject: ofRunbook, Severity: Error, Source: fromOnCall,
		Summary: "The address of a runbook resolves to something.",
		Why:     "An address that leads nowhere costs time at the worst moment.",
	},
	{
		ID: runbookSection, Subject: ofRunbook, Severity: Warning, Source: fromOnCall,
		Summary: "A runbook of several monitors has a section for each.",
		Why:     "At night nobody finds the part that is meant in a long document.",
	},
	{
		ID: monitorImpact, Subject: ofMonitor, Severity: Warning, Source: fromMonitoring,
		Summary: "A monitor says what is wrong for whom while it fires.",
		Why:     "The impact decides whether it can wait until morning and whom to tell.",
	},
	{
		ID: monitorAction, Subject: ofMonitor, Severity: Warning, Source: fromMonitoring,
		Summary: "A monitor says what to do first.",
		Why:     "A page that asks for no action should not be one.",
	},
	{
		ID: monitorDashboard, Subject: ofMonitor, Severity: Warning, Source: fromPrometheus,
		Summary: "A monitor names the dashboard to look at.",
		Why:     "Finding the right graphs takes minutes that the link saves each time.",
	},
	{
		ID: monitorTitle, Subject: ofMonitor, Severity: Warning, Source: fromSLOs,
		Summary: "The title or the summary of a monitor states its objective.",
		Why:     "Who reads what was promised and what is, knows at once how bad it is.",
	},
	{
		ID: monitorSeverity, Subject: ofMonitor, Severity: Warning, Source: fromPrometheus,
		Summary: "A monitor has a severity.",
		Why:     "Routing by severity is what keeps a night's sleep from what can wait.",
	},
	{
		ID: monitorFor, Subject: ofMonitor, Severity: Note, Source: fromPrometheus,
		Summary: "A monitor does not fire at one bad moment.",
		Why:     "One failed scrape pages somebody for what is over when they look.",
	},
	{
		ID: monitorIgnore, Subject: ofMonitor, Severity: Warning,
		Summary: "An exception from a rule names a rule and says why.",
		Why:     "An exception without its reason cannot be taken back by anybody else.",
	},
	{
		ID: panelText, Subject: ofDashboard, Severity: Warning, Source: fromGrafana,
		Summary: "A panel has a description, or a text panel beside it or in its row.",
		Why:     "Who does not know why a graph is there cannot tell whether it looks weird.",
	},
	{
		ID: rowText, Subject: ofDashboard, Severity: Warning, Source: fromGrafana,
		Summary: "A row has a text panel, or each of its panels a description.",
		Why:     "A row tells a story; its text says which.",
	},
	{
		ID: dashboardText, Subject: ofDashboard, Severity: Warning, Source: fromGrafana,
		Summary: "A dashboard has a description, or begins with a text panel.",
		Why:     "It says whom it is for and which question it answers.",
	},
	{
		ID: panelTitle, Subject: ofDashboard, Severity: Warning, Source: fromGrafana,
		Summary: "A panel has a title.",
		Why:     "What has no name cannot be talked about in a review.",
	},
	{
		ID: panelUnit, Subject: ofDashboard, Severity: Note, Source: fromGrafana,
		Summary: "A graph has a unit.",
		Why:     "0.3 of what?",
	},
	{
		ID: dashboardIgnore, Subject: ofDashboard, Severity: Warning,
		Summary: "An exception from a rule names a rule and says why.",
		Why:     "An exception without its reason cannot be taken back by anybody else.",
	},
}

// Rules returns the built-in rules, changed by what the configuration says of
// them by ID: "off", "error", "warning" or "note". It returns an Invalid error
// for what nobody knows.
func Rules(change map[string]string) ([]Rule, error) {
	rules := slices.Clone(builtin)
	for _, id := range slices.Sorted(maps.Keys(change)) {
		i := slices.IndexFunc(rules, func(r Rule) bool { return r.ID == id })
		if i < 0 {
			return nil, opsreview.Errorf(opsreview.Invalid, "there is no rule %q: the rules are %s", id, strings.Join(ruleIDs(), ", "))
		}
		switch word := change[id]; word {
		case "off":
			rules[i].Off = true
		case string(Error), string(Warning), string(Note):
			rules[i].Severity = Severity(word)
		default:
			return nil, opsreview.Errorf(opsreview.Invalid, "%s: %q is not a severity: write off, error, warning or note", id, word)
		}
	}
	return rules, nil
}

func ruleIDs() []string {
	ids := make([]string, len(builtin))
	for i, r := range builtin {
		ids[i] = r.ID
	}
	return ids
}

// A linter collects the problems with one kind of thing.
type linter struct {
	rules    map[string]Rule
	problems []Problem
}

func newLinter(rules []Rule) *linter {
	l := &linter{rules: map[string]Rule{}}
	for _, r := range rules {
		if !r.Off {
			l.rules[r.ID] = r
		}
	}
	return l
}

// add notes that a rule is not kept, unless nobody asks or it need not be.
func (l *linter) add(rule string, allowed exceptions, p Problem) {
	r, on := l.rules[rule]
	if !on || allowed.allows(rule) {
		return
	}
	p.Rule, p.Severity = rule, r.Severity
	l.problems = append(l.problems, p)
}

// exceptions notes what is wrong with exceptions themselves. They cannot be
// excepted.
func (l *linter) exceptions(rule string, found exceptions, p Problem) {
	for _, name := range slices.Sorted(maps.Keys(found)) {
		switch {
		case name != "all" && !slices.Contains(ruleIDs(), name):
			p.Text = "makes an exception from " + quoted(name) + ", which is no rule"
			p.Remedy = "Name one of the rules that `opsreview " + p.verb() + " lint --rules` lists, or take the exception away."
		case found[name] == "":
			p.Text = "makes an exception from " + name + " without a reason"
			p.Remedy = "Write the reason behind the rule: " + ignoreMark + " " + name + " because …"
		default:
			continue
		}
		l.add(rule, nil, p)
	}
}

// verb is the noun of the command that tells of a problem.
func (p Problem) verb() string {
	if p.Kind == ofMonitor || p.Kind == ofRunbook {
		return ofMonitor
	}
	return ofDashboard
}

// severities are in the order in which they matter.
var severities = []Severity{Error, Warning, Note}

// sorted returns the problems, worst first, and then as they stand.
func (l *linter) sorted() []Problem {
	slices.SortStableFunc(l.problems, Compare)
	return l.problems
}

// Compare orders problems: worst first, then by place and rule.
func Compare(a, b Problem) int {
	if n := slices.Index(severities, a.Severity) - slices.Index(severities, b.Severity); n != 0 {
		return n
	}
	fileA, lineA := SplitOrigin(a.Origin)
	fileB, lineB := SplitOrigin(b.Origin)
	if n := strings.Compare(fileA, fileB); n != 0 {
		return n
	}
	if lineA != lineB {
		return lineA - lineB
	}
	if n := slices.Index(ruleIDs(), a.Rule) - slices.Index(ruleIDs(), b.Rule); n != 0 {
		return n
	}
	if n := strings.Compare(a.ID, b.ID); n != 0 {
		return n
	}
	return strings.Compare(a.Subject+"\x00"+a.Text, b.Subject+"\x00"+b.Text)
}

// SplitOrigin takes the line off a place: "rules/vault.yaml:12". The line is 0
// where there is none.
func SplitOrigin(origin string) (file string, line int) {
	i := strings.LastIndexByte(origin, ':')
	if i < 0 || strings.HasPrefix(origin[i:], "://") {
		return origin, 0
	}
	n, err := strconv.Atoi(origin[i+1:])
	if err != nil || n <= 0 || n > 1<<30 || strings.Contains(origin, "://") {
		return origin, 0
	}
	return origin[:i], n
}
