package policy

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"opsreview"
)

// maxCases bounds the examples of one document.
const maxCases = 1000

// A Case is an example page beside the rules, and what they must say of it.
type Case struct {
	Name    string
	Want    string // a rule's id, or "none"
	Verdict opsreview.Verdict
	Cause   string
	Place   string // "name:line:column"

	input Input
}

// none is what a case wants where no rule may speak.
const none = "none"

// A caseFile is a case as it is written: a page, what happened to it, and what
// its monitors and its service had done before.
type caseFile struct {
	Name        string      `yaml:"name"`
	Page        casePage    `yaml:"page"`
	Timeline    []caseEvent `yaml:"timeline"`
	Before      []caseOther `yaml:"before"`
	Maintenance string      `yaml:"maintenance"`
	Want        string      `yaml:"want"`
	Verdict     string      `yaml:"verdict"`
	Cause       string      `yaml:"cause"`
}

type casePage struct {
	Title      string            `yaml:"title"`
	Service    string            `yaml:"service"`
	Urgency    string            `yaml:"urgency"`
	Priority   string            `yaml:"priority"`
	Severity   string            `yaml:"severity"`
	Runbook    string            `yaml:"runbook"`
	Attributes map[string]string `yaml:"attributes"`
}

// A caseEvent is one thing that happened. By is a kind of agent, hours the
// class of the hour for whoever was notified.
type caseEvent struct {
	At    string `yaml:"at"` // after the trigger: "4m"
	Kind  string `yaml:"kind"`
	By    string `yaml:"by"`
	Text  string `yaml:"text"`
	Hours string `yaml:"hours"`
}

// A caseOther is an earlier page of the same service: of the same monitor
// unless another is named.
type caseOther struct {
	Ago     string `yaml:"ago"`      // before the trigger: "40m"
	OpenFor string `yaml:"open_for"` // "" is still open
	Monitor string `yaml:"monitor"`
	By      string `yaml:"by"`    // who ended it; integration if left out
	Label   string `yaml:"label"` // a cause that a person gave it
}

// caseTime is when the pages of cases begin: a Monday, for no reason.
var caseTime = time.Date(2026, 11, 9, 12, 0, 0, 0, time.UTC)

func (m *merger) cases(files []caseFile) {
	if len(files) > maxCases {
		m.fail("cases", "there are %d cases, at most %d are allowed", len(files), maxCases)
		return
	}
	m.doc.Cases = nil
	for i, f := range files {
		at := fmt.Sprintf("cases[%d]", i)
		c := Case{Name: f.Name, Want: f.Want, Verdict: opsreview.Verdict(f.Verdict), Cause: f.Cause, Place: m.file.where(at)}
		if f.Name == "" {
			m.fail(at, "a case needs a name: a sentence that says what it is about")
		}
		m.caseWant(at, f)
		c.input = m.caseInput(at, f)
		m.doc.Cases = append(m.doc.Cases, c)
	}
	m.unique("cases", len(files), func(i int) string { return files[i].Name })
}

func (m *merger) caseWant(at string, f caseFile) {
	known := slices.ContainsFunc(m.doc.Rules.list, func(r Rule) bool { return r.ID == f.Want })
	switch {
	case f.Want == "":
		m.fail(at, "a case needs a want: the id of the rule that must speak, or %s", none)
	case f.Want != none && !known:
		m.fail(at+".want", "there is no rule %q", f.Want)
	case f.Want == none && (f.Verdict != "" || f.Cause != ""):
		m.fail(at, "where no rule may speak there is no verdict and no cause")
	}
	if v := opsreview.Verdict(f.Verdict); v != "" && v != opsreview.Actionable && v != opsreview.NotActionable {
		m.fail(at+".verdict", "%q is no verdict: write actionable or not_actionable", f.Verdict)
	}
	if _, ok := m.doc.Vocabulary.Cause(f.Cause); f.Cause != "" && !ok {
		m.fail(at+".cause", "there is no cause %q", f.Cause)
	}
}

// caseInput makes the stored facts out of what is written.
func (m *merger) caseInput(at string, f caseFile) Input {
	p := f.Page
	ref := func(id string) opsreview.Ref { return opsreview.Ref{Source: "case", ID: id} }
	service := opsreview.Service{Ref: ref("service"), Name: p.Service}
	page := opsreview.Page{
		Ref: ref("page"), Title: p.Title, Service: service.Ref, Monitor: "same", Urgency: opsreview.Urgency(p.Urgency),
		Priority: p.Priority, Severity: p.Severity, Runbook: p.Runbook, Attributes: p.Attributes, CreatedAt: caseTime,
	}
	in := Input{Services: map[opsreview.Ref]opsreview.Service{service.Ref: service}, Now: caseTime.Add(24 * time.Hour)}
	var interruptions Interruptions
	for i, e := range f.Timeline {
		page.Events = append(page.Events, m.caseEvent(fmt.Sprintf("%s.timeline[%d]", at, i), e, &interruptions))
	}
	page.Settle()
	in.Pages, in.Interruptions = []opsreview.Page{page}, map[opsreview.Ref]Interruptions{page.Ref: interruptions}
	for i, o := range f.Before {
		q := m.caseOther(fmt.Sprintf("%s.before[%d]", at, i), o)
		q.Ref, q.Service = ref(fmt.Sprintf("before-%d", i)), service.Ref
		in.History = append(in.History, q)
	}
	if f.Maintenance != "" {
		in.Maintenance = []opsreview.Maintenance{{
			Window: opsreview.Window{Start: caseTime, End: caseTime.Add(time.Hour)}, Summary: f.Maintenance,
		}}
	}
	return in
}

func (m *merger) caseEvent(at string, f caseEvent, interruptions *Interruptions) opsreview.Event {
	kind, by := opsreview.EventKind(f.Kind), opsreview.AgentKind(f.By)
	if !kind.Valid() {
		m.fail(at+".kind", "there is no kind %q: choose one of %s", f.Kind, wordList(opsreview.EventKinds()))
	}
	m.agent(at+".by", by)
	e := opsreview.Event{At: caseTime.Add(m.distance(at+".at", f.At)), Kind: kind, By: opsreview.Agent{Kind: by}, Text: f.Text}
	if kind == opsreview.Notified {
		class := opsreview.HoursClass(f.Hours)
		if class == "" {
			class = opsreview.UnknownHours
		}
		if !slices.Contains(opsreview.HoursClasses(), class) {
			m.fail(at+".hours", "there is no class of hours %q: choose one of %s", f.Hours, wordList(opsreview.HoursClasses()))
		}
		interruptions.Add(class)
		e.Responders = []string{fmt.Sprintf("responder-%s", f.At)}
	}
	return e
}

func (m *merger) caseOther(at string, f caseOther) opsreview.Page {
	q := opsreview.Page{Monitor: "same", TriggeredAt: caseTime.Add(-m.distance(at+".ago", f.Ago))}
	if f.Monitor != "" {
		q.Monitor = "other " + f.Monitor
	}
	if f.OpenFor != "" {
		q.ResolvedAt = q.TriggeredAt.Add(m.distance(at+".open_for", f.OpenFor))
		q.ResolvedBy.Kind = opsreview.Integration
	}
	m.agent(at+".by", opsreview.AgentKind(f.By))
	if f.By != "" {
		q.ResolvedBy.Kind = opsreview.AgentKind(f.By)
	}
	if f.Label != "" {
		c, ok := m.doc.Vocabulary.Cause(f.Label)
		if !ok {
			m.fail(at+".label", "there is no cause %q", f.Label)
		}
		q.Label = opsreview.Label{Verdict: c.Verdict, Cause: c.ID}
	}
	return q
}

func (m *merger) agent(at string, kind opsreview.AgentKind) {
	if kind != "" && !slices.Contains(opsreview.AgentKinds(), kind) {
		m.fail(at, "there is no agent %q: choose one of %s", kind, wordList(opsreview.AgentKinds()))
	}
}

// distance reads how far something is from the trigger.
func (m *merger) distance(at, text string) time.Duration {
	d, err := time.ParseDuration(text)
	if err != nil || d < 0 || d > Lookback {
		m.fail(at, "%q is not a span between 0s and 28 days: write 90s, 4m or 30h", text)
		return 0
	}
	return d
}

func wordList[W ~string](words []W) string {
	list := make([]string, len(words))
	for i, w := range words {
		list[i] = string(w)
	}
	return strings.Join(list, ", ")
}

// Test tries the rules on the document's cases and returns what went wrong, a
// line each.
func (d Document) Test() []string {
	var failed []string
	for _, c := range d.Cases {
		judgement := d.Rules.Evaluate(Gather(c.input))[0]
		if text := c.verdict(judgement.First()); text != "" {
			failed = append(failed, fmt.Sprintf("%s: %s: %s", c.Place, c.Name, text))
		}
	}
	return failed
}

// verdict says how a suggestion is not what the case wants, "" if it is.
func (c Case) verdict(s opsreview.Suggestion) string {
	got := "no rule spoke"
	if !s.IsZero() {
		got = fmt.Sprintf("the rule %s spoke: %s", s.Rule, s.Reason)
	}
	switch {
	case c.Want == none && !s.IsZero():
		return "no rule should speak, and " + got
	case c.Want != none && s.Rule != c.Want:
		return fmt.Sprintf("the rule %s should speak, and %s", c.Want, got)
	case c.Verdict != "" && s.Verdict != c.Verdict:
		return fmt.Sprintf("the verdict should be %s, and it is %s", c.Verdict, s.Verdict)
	case c.Cause != "" && s.Cause != c.Cause:
		return fmt.Sprintf("the cause should be %s, and it is %s", c.Cause, s.Cause)
	}
	return ""
}
