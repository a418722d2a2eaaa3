package cli

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"opsreview/hygiene"
	pb "opsreview/proto/opsreview/v1"
)

const asSARIF = "sarif"

// A lint is what was held against the rules and what came of it.
type lint struct {
	noun       string // "monitor" or "dashboard"
	things     int    // how many of them
	runbooks   int
	problems   []hygiene.Problem
	unreadable []unreadableJSON
	rules      []hygiene.Rule
	local      bool // of files
}

// lintFlags are those of monitor lint and dashboard lint.
type lintFlags struct {
	team, output, failOn string
	rules                []string // id=severity
	runbooks             []string // patterns of files
	allow                []string // hosts that may have private addresses
	links, all, list     bool
}

func (f *lintFlags) add(cmd *cobra.Command, noun string) {
	flags := cmd.Flags()
	flags.StringVarP(&f.output, "output", "o", asTable, "print as `FORM`: table, json or sarif")
	flags.StringVar(&f.failOn, "fail-on", string(hygiene.Error), "exit with 1 where there is a problem of `SEVERITY` or worse: error, warning, note or never")
	flags.StringArrayVar(&f.rules, "rule", nil, "change a rule: `ID=SEVERITY`, or ID=off (may be given more than once)")
	flags.BoolVar(&f.all, "all", false, "name every place, and notes too")
	flags.BoolVar(&f.list, "rules", false, "list the rules and where they come from")
	flags.StringVar(&f.team, "team", "", "only what `TEAM` owns, of what is known")
	if noun == "monitor" {
		flags.BoolVar(&f.links, "check-links", false, "ask for the runbooks that the files name")
		flags.StringArrayVar(&f.allow, "allow-host", nil, "with --check-links: `HOST` may have a private address (may be given more than once)")
		flags.StringArrayVar(&f.runbooks, "runbooks", nil, "look for sections in the runbooks in `FILE`, a folder or a pattern (may be given more than once)")
	}
}

func (a *app) monitorLintCommand() *cobra.Command {
	var f lintFlags
	cmd := &cobra.Command{
		Use:   "lint [FILE…]",
		Short: "Say which monitors lack what somebody needs who is woken by them",
		Long: `Hold monitors against the rules of docs/lint.md: does the title state the objective, does the
page say impact and action, does it name a runbook that is there and a dashboard?

With files (rule files of Prometheus, PrometheusRule objects, monitors of Datadog in JSON;
folders and patterns too, "-" for standard input) nothing else is needed: no database, no
server. Without files it is about the monitors that are known, from sources and configuration.

Exits with 1 where there are errors, or what --fail-on says.`,
		Example: `  opsreview monitor lint rules/
  opsreview monitor lint --check-links -o sarif 'rules/*.yaml' > lint.sarif
  opsreview monitor lint --team secrets`,
		RunE: func(cmd *cobra.Command, files []string) error {
			return a.lint(cmd.Context(), "monitor", f, files)
		},
	}
	f.add(cmd, "monitor")
	return cmd
}

func (a *app) dashboardLintCommand() *cobra.Command {
	var f lintFlags
	cmd := &cobra.Command{
		Use:   "lint [FILE…]",
		Short: "Say which dashboards do not say what they show and why",
		Long: `Hold dashboards against the rules of docs/lint.md: does each panel say why it is there, each
row what it is about, the dashboard whom it is for?

With files (dashboards of Grafana in JSON; folders and patterns too, "-" for standard input)
nothing else is needed: no database, no server. Without files it is about the dashboards that
are known, from sources and configuration.

Exits with 1 where there are errors, or what --fail-on says.`,
		Example: `  opsreview dashboard lint dashboards/
  opsreview dashboard lint --rule panel-description=error vault.json`,
		RunE: func(cmd *cobra.Command, files []string) error {
			return a.lint(cmd.Context(), "dashboard", f, files)
		},
	}
	f.add(cmd, "dashboard")
	return cmd
}

func (a *app) lint(ctx context.Context, noun string, f lintFlags, files []string) error {
	if err := f.check(files); err != nil {
		return err
	}
	rules, err := a.lintRules(f)
	if err != nil {
		return err
	}
	if f.list {
		return a.printLintRules(noun, rules, f.output)
	}
	l := lint{noun: noun, rules: rules, local: len(files) > 0}
	switch {
	case !l.local:
		err = a.withClient(ctx, func(ctx context.Context, c client) error { return l.ask(ctx, c, f.team) })
	case noun == "monitor":
		err = a.lintMonitors(ctx, &l, f, files)
	default:
		err = a.lintDashboards(&l, files)
	}
	if err != nil {
		return err
	}
	if err := a.printLint(l, f); err != nil {
		return err
	}
	if l.fails(f.failOn) {
		return saidError{errors.New("there are problems")}
	}
	return nil
}

// fails reports whether there is a problem of a severity or worse, or a file
// that nobody could judge.
func (l *lint) fails(severity string) bool {
	worst := slices.Index(lintSeverities, severity)
	return len(l.unreadable) > 0 || slices.ContainsFunc(l.problems, func(p hygiene.Problem) bool {
		return slices.Index(lintSeverities, string(p.Severity)) <= worst
	})
}

// lintSeverities are in the order in which they matter.
var lintSeverities = []string{string(hygiene.Error), string(hygiene.Warning), string(hygiene.Note)}

func (f lintFlags) check(files []string) error {
	if err := checkOutput(f.output, asTable, asJSON, asSARIF); err != nil {
		return err
	}
	if f.failOn != "never" && !slices.Contains(lintSeverities, f.failOn) {
		return usagef("--fail-on %s: choose error, warning, note or never", clean(f.failOn))
	}
	if len(files) > 0 && f.team != "" {
		return usagef("--team is about what is known: it does not go with files")
	}
	if len(files) == 0 && !f.list {
		for name, given := range map[string]bool{"--rule": len(f.rules) > 0, "--runbooks": len(f.runbooks) > 0, "--check-links": f.links} {
			if given {
				return usagef("%s is about files: name some", name)
			}
		}
	}
	if len(f.allow) > 0 && !f.links {
		return usagef("--allow-host goes with --check-links")
	}
	return nil
}

// lintRules are the rules of the configuration, changed by the flags.
func (a *app) lintRules(f lintFlags) ([]hygiene.Rule, error) {
	change := map[string]string{}
	for _, text := range f.rules {
		id, severity, found := strings.Cut(text, "=")
		if !found {
			return nil, usagef("--rule %s: write ID=SEVERITY, such as monitor-dashboard=off", clean(text))
		}
		change[id] = severity
	}
	changed, err := hygiene.Rules(change)
	if err != nil {
		return nil, err
	}
	cfg, err := a.config()
	if err != nil {
		return nil, err
	}
	for i, r := range changed {
		at := slices.IndexFunc(cfg.LintRules, func(c hygiene.Rule) bool { return c.ID == r.ID })
		if _, given := change[r.ID]; !given && at >= 0 {
			changed[i] = cfg.LintRules[at]
		}
	}
	return changed, nil
}

// ask lints what the server knows.
func (l *lint) ask(ctx context.Context, c client, team string) error {
	var problems []*pb.LintProblem
	if l.noun == "monitor" {
		resp, err := c.dashboards.LintMonitors(ctx, &pb.LintMonitorsRequest{Team: team})
		if err != nil {
			return err
		}
		problems, l.things, l.runbooks = resp.GetProblems(), int(resp.GetMonitors()), int(resp.GetRunbooks())
	} else {
		resp, err := c.dashboards.LintDashboards(ctx, &pb.LintDashboardsRequest{Team: team})
		if err != nil {
			return err
		}
		problems, l.things = resp.GetProblems(), int(resp.GetDashboards())
	}
	for _, p := range problems {
		l.problems = append(l.problems, hygiene.Problem{
			Rule: p.GetRule(), Severity: hygiene.Severity(p.GetSeverity()), Kind: p.GetKind(), Subject: p.GetSubject(),
			ID: p.GetId(), Origin: p.GetOrigin(), Text: p.GetText(), Remedy: p.GetRemedy(),
		})
	}
	return nil
}

// count is how many problems there are of a severity.
func (l *lint) count(severity hygiene.Severity) int {
	n := 0
	for _, p := range l.problems {
		if p.Severity == severity {
			n++
		}
	}
	return n
}

// counts says how many problems there are.
func counts(errs, warnings, notes int) string {
	var parts []string
	for _, c := range []struct {
		n    int
		word string
	}{{errs, "error"}, {warnings, "warning"}, {notes, "note"}} {
		if c.n > 0 {
			parts = append(parts, plural(c.n, c.word))
		}
	}
	if len(parts) == 0 {
		return "no problems"
	}
	return strings.Join(parts, ", ")
}

// lintJSON is what monitor lint and dashboard lint print with -o json.
type lintJSON struct {
	Problems   []lintProblemJSON `json:"problems"`
	Unreadable []unreadableJSON  `json:"unreadable"`
	Monitors   *int              `json:"monitors,omitempty"`
	Dashboards *int              `json:"dashboards,omitempty"`
	Runbooks   *int              `json:"runbooks,omitempty"`
	Errors     int               `json:"errors"`
	Warnings   int               `json:"warnings"`
	Notes      int               `json:"notes"`
}

type lintProblemJSON struct {
	Rule     string `json:"rule"`
	Severity string `json:"severity"`
	Kind     string `json:"kind"`
	Subject  string `json:"subject"`
	ID       string `json:"id"`
	File     string `json:"file,omitempty"`
	Line     int    `json:"line,omitempty"`
	Text     string `json:"text"`
	Remedy   string `json:"remedy"`
}

// unreadableJSON is a file that could not be judged.
type unreadableJSON struct {
	File string `json:"file"`
	Text string `json:"text"`
}

// lintRuleJSON is a rule as --rules -o json prints it.
type lintRuleJSON struct {
	ID       string `json:"id"`
	Subject  string `json:"subject"`
	Severity string `json:"severity"`
	Off      bool   `json:"off"`
	Summary  string `json:"summary"`
	Why      string `json:"why"`
	Source   string `json:"source,omitempty"`
}

func lintToJSON(l lint) lintJSON {
	out := lintJSON{
		Problems: make([]lintProblemJSON, len(l.problems)), Unreadable: append([]unreadableJSON{}, l.unreadable...),
		Errors: l.count(hygiene.Error), Warnings: l.count(hygiene.Warning), Notes: l.count(hygiene.Note),
	}
	if l.noun == "monitor" {
		out.Monitors, out.Runbooks = &l.things, &l.runbooks
	} else {
		out.Dashboards = &l.things
	}
	for i, p := range l.problems {
		file, line := hygiene.SplitOrigin(p.Origin)
		out.Problems[i] = lintProblemJSON{
			Rule: p.Rule, Severity: string(p.Severity), Kind: p.Kind, Subject: p.Subject, ID: p.ID,
			File: file, Line: line, Text: p.Text, Remedy: p.Remedy,
		}
	}
	return out
}

// printLintRules lists the rules that are about a noun.
func (a *app) printLintRules(noun string, all []hygiene.Rule, output string) error {
	rules := slices.DeleteFunc(slices.Clone(all), func(r hygiene.Rule) bool { return (r.Subject == "dashboard") != (noun == "dashboard") })
	if output == asJSON {
		out := make([]lintRuleJSON, len(rules))
		for i, r := range rules {
			out[i] = lintRuleJSON{
				ID: r.ID, Subject: r.Subject, Severity: string(r.Severity), Off: r.Off, Summary: r.Summary, Why: r.Why, Source: r.Source,
			}
		}
		return printJSON(a.stdout, out)
	}
	if output != asTable {
		return usagef("--rules is printed as table or json")
	}
	t := table{columns: []column{{head: "RULE"}, {head: "SEVERITY"}, {head: "WHAT IT ASKS FOR", flex: true, min: 40}}}
	for _, r := range rules {
		severity := string(r.Severity)
		if r.Off {
			severity = "off"
		}
		t.row(r.ID, severity, r.Summary)
	}
	t.print(a.stdout, a.style(), "", a.terminalWidth())
	writeLine(a.stdout, "")
	writeLine(a.stdout, fmt.Sprintf("%s; change one with lint in the configuration or --rule ID=SEVERITY; the reasons are in docs/lint.md", plural(len(rules), "rule")))
	return nil
}
