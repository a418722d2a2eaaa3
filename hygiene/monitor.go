package hygiene

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"sync"
	"unicode/utf8"

	"opsreview"
)

// Monitors holds monitors against the rules. Runbooks are those whose addresses
// were looked up; nil looks at the addresses only. SLOs are the names of those
// that are known: a title that names one states its objective.
func Monitors(defs []opsreview.MonitorDefinition, runbooks []opsreview.Runbook, rules []Rule, slos ...string) []Problem {
	l := newLinter(rules)
	s := newShelf(defs, runbooks)
	for _, d := range defs {
		m := monitor{MonitorDefinition: d, allowed: exceptions{}}
		m.allowed.add(d.Annotations[ignoreKey])
		m.allowed.add(d.Labels[ignoreKey])
		m.allowed.addMarked(d.Body)
		l.exceptions(monitorIgnore, m.allowed, m.problem())
		if informs(d.Severity) {
			continue
		}
		l.monitor(m, slos)
		l.runbook(m, s)
	}
	return l.sorted()
}

// A monitor is held against the rules, except those that it need not keep.
type monitor struct {
	opsreview.MonitorDefinition
	allowed exceptions
}

func (m monitor) problem() Problem {
	return Problem{Kind: ofMonitor, Subject: m.Title, ID: m.ID, Origin: m.Origin}
}

// monitorProblem notes what is wrong with a monitor and what to write.
func (l *linter) monitorProblem(m monitor, rule, text, remedy string) {
	p := m.problem()
	p.Text, p.Remedy = text, remedy
	l.add(rule, m.allowed, p)
}

// informs reports whether a severity says that nobody is paged: nobody needs to
// be told what to do then.
func informs(severity string) bool {
	return slices.Contains([]string{"none", "info", "informational", "information", "debug", "p5"}, strings.ToLower(severity))
}

func (l *linter) monitor(m monitor, slos []string) {
	where := func(annotation, line string) string {
		if m.Kind == "datadog" {
			return "a line of the message: " + line
		}
		return "the annotation " + annotation + ", or a line of the description: " + line
	}
	if m.Runbook == "" {
		l.monitorProblem(m, monitorRunbook, "names no runbook",
			"Write its address into "+where("runbook_url", "“Runbook: https://…”")+".")
	}
	if !saysImpact(m.MonitorDefinition) {
		l.monitorProblem(m, monitorImpact, "does not say what the impact is",
			"Write who notices what while it fires into "+where("impact", "“Impact: logins fail.”"))
	}
	if !saysAction(m.MonitorDefinition) {
		l.monitorProblem(m, monitorAction, "does not say what to do",
			"Write the first thing to do into "+where("action", "“Action: check the leader's log.”"))
	}
	if m.Dashboard == "" {
		l.monitorProblem(m, monitorDashboard, "names no dashboard",
			"Write its address into "+where("dashboard_url", "“Dashboard: https://…”")+".")
	}
	if !statesObjective(m.MonitorDefinition, slos) {
		l.monitorProblem(m, monitorTitle, "does not state its objective in the title or the summary", objectiveRemedy(m))
	}
	if m.Severity == "" {
		remedy := "Give it the label severity: critical where it must wake somebody, warning where it can wait."
		if m.Kind == "datadog" {
			remedy = "Give it a priority or the tag severity:critical where it must wake somebody, severity:warning where it can wait."
		}
		l.monitorProblem(m, monitorSeverity, "has no severity", remedy)
	}
	if m.AtOnce {
		l.monitorProblem(m, monitorFor, "fires at one bad moment",
			"Write how long it must last, such as “for: 5m”, or look at a stretch of time in the query.")
	}
}

func objectiveRemedy(m monitor) string {
	if m.Kind == "datadog" {
		return "Write what is promised into the title: “Vault: reads under 500 ms for 99 % (28 days)”."
	}
	return "Write what is promised into the annotation summary: “Reads over 500 ms; 99 % should be faster.”"
}

// The words by which a text is taken to say something. They are matched at the
// beginning of words, in any case.
var (
	impactWords = []string{"impact", "affect", "consequence", "customers", "users", "outage", "data loss"}
	actionWords = []string{"action", "what to do", "to do:", "next step", "first step", "mitigat", "remediat", "resolution", "to resolve"}
	// actionVerbs say what to do where a sentence begins with one. Those that are
	// names of things as well have a word behind them.
	actionVerbs = []string{
		"ask", "check", "clean up", "compare", "confirm", "consider", "contact", "delete the", "drain", "ensure", "escalate", "examine", "fail over", "fix the",
		"follow", "go to", "increase the", "inform", "inspect", "investigate", "look", "make sure", "notify", "please", "reboot", "reduce the", "remove", "renew",
		"replace", "restart it", "restart the", "restore", "review", "roll back", "rotate the", "run the", "scale down", "scale out", "scale up", "switch to",
		"try", "unseal", "upgrade", "verify",
	}
)

func saysImpact(d opsreview.MonitorDefinition) bool {
	return hasWord(d.Body, impactWords)
}

func saysAction(d opsreview.MonitorDefinition) bool {
	return hasWord(d.Body, actionWords) || slices.ContainsFunc(sentences(d.Body), func(s string) bool {
		return slices.ContainsFunc(actionVerbs, func(verb string) bool {
			rest, found := strings.CutPrefix(s, verb)
			return found && (rest == "" || !letter(rest))
		})
	})
}

// hasWord reports whether a text has a word that begins with one of words.
func hasWord(text string, words []string) bool {
	text = strings.ToLower(text)
	for _, word := range words {
		for rest := text; ; {
			i := strings.Index(rest, word)
			if i < 0 {
				break
			}
			if before, _ := utf8.DecodeLastRuneInString(rest[:i]); i == 0 || !letter(string(before)) {
				return true
			}
			rest = rest[i+len(word):]
		}
	}
	return false
}

// letter reports whether a text begins with a letter, a digit or what joins
// names.
func letter(s string) bool {
	r, _ := utf8.DecodeRuneInString(s)
	return r == '_' || squeeze(string(r)) != ""
}

// sentences are the beginnings of sentences and of items of lists, in small
// letters.
func sentences(text string) []string {
	var all []string
	for line := range strings.Lines(strings.ToLower(text)) {
		line = strings.TrimSpace(line)
		for {
			line = strings.TrimLeft(line, " \t-*#>0123456789.)")
			if line == "" {
				break
			}
			all = append(all, line)
			i := strings.IndexAny(line, ".!?:;,")
			if i < 0 {
				break
			}
			line = line[i+1:]
		}
	}
	return all
}

// numbers finds a number with a unit or a comparison, "99.9", "p99", or words
// that only objectives have.
var numbers = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`(?i)\d\s*(%|percent\b|(ms|µs|us|ns|s|sec|secs|seconds?|m|min|mins|minutes?|h|hours?|d|days?|weeks?|[kmgt]i?b|bytes?|x|times|rps|qps|req)\b)` +
		`|[<>≤≥]=?\s*\d|\b(less|more|fewer|greater|higher|lower|longer) than (a |an |one |\d)|\b(above|below|under|over|within|exceeds?) \d|\b9\d\.\d|\bp\d\d` +
		`|\bSLOs?\b|\bobjectives?\b|error budget|burn(ing|s|ed)? `)
})

func statesObjective(d opsreview.MonitorDefinition, slos []string) bool {
	// A template is no number.
	title := withoutTemplates(d.Title + "\n" + d.Annotations["summary"] + "\n" + d.Annotations["title"])
	if numbers().MatchString(title) {
		return true
	}
	for _, m := range []map[string]string{d.Labels, d.Annotations} {
		for _, key := range slices.Sorted(maps.Keys(m)) {
			words := strings.FieldsFunc(strings.ToLower(key), func(r rune) bool { return r == '_' || r == '-' || r == '/' || r == '.' })
			if m[key] != "" && (slices.Contains(words, "slo") || slices.Contains(words, "objective")) {
				return true
			}
		}
	}
	return slices.ContainsFunc(slos, func(name string) bool {
		return len(name) > 3 && strings.Contains(squeeze(title), squeeze(name))
	})
}

// withoutTemplates takes out what is filled in when it fires.
func withoutTemplates(text string) string {
	var b strings.Builder
	for {
		before, rest, found := strings.Cut(text, "{{")
		b.WriteString(before)
		if !found {
			return b.String()
		}
		_, text, found = strings.Cut(rest, "}}")
		if !found {
			return b.String()
		}
		b.WriteString("…")
	}
}

// quoted makes a stranger's text fit for a sentence.
func quoted(s string) string {
	if r := []rune(s); len(r) > 80 {
		s = string(r[:80]) + "…"
	}
	return fmt.Sprintf("%q", s)
}
