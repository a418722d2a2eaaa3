package cli

import (
	"fmt"
	"slices"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"

	pb "opsreview/proto/opsreview/v1"
)

// The smallest screen on which a page can be judged.
const (
	triageMinWidth  = 60
	triageMinHeight = 20
)

// triageLeastBody is how many rows the middle keeps: where the vocabulary is
// large or the screen small, the keys of causes and flags are in the help only.
const triageLeastBody = 5

func (m *triage) tooSmall() bool { return m.width < triageMinWidth || m.height < triageMinHeight }

// View implements tea.Model.
func (m *triage) View() tea.View {
	v := tea.NewView(strings.Join(m.screen(), "\n"))
	v.AltScreen = true
	if m.step == triageNote || m.step == triageMinutes {
		v.Cursor = tea.NewCursor(min(m.width-1, ansi.StringWidth(m.inputLine())), m.height-1)
	}
	return v
}

// screen returns the lines of the screen: what the page is, a middle that
// scrolls, and the keys.
func (m *triage) screen() []string {
	if m.width == 0 {
		return nil // the terminal has not told its size
	}
	if m.tooSmall() {
		return []string{fit(fmt.Sprintf("%d×%d is too small: %d×%d at least", m.width, m.height, triageMinWidth, triageMinHeight), m.width), "q leaves"}
	}
	head, body, foot := m.parts()
	rows := m.height - len(head) - len(foot)
	scroll := max(0, min(m.scroll, len(body)-rows))
	screen := slices.Clone(head)
	for i := range rows {
		line := ""
		if at := scroll + i; at < len(body) {
			line = body[at]
		}
		screen = append(screen, line)
	}
	return append(screen, foot...)
}

// furthest is how far the middle can scroll.
func (m *triage) furthest() int {
	head, body, foot := m.parts()
	return max(0, len(body)-(m.height-len(head)-len(foot)))
}

// parts returns the three parts of the screen. No line is wider than it, and
// the middle keeps some rows whatever strangers have written.
func (m *triage) parts() (head, body, foot []string) {
	switch {
	case m.step == triageHelp:
		head, body, foot = []string{m.headline(), ""}, m.helpLines(), []string{"", "↑↓ scroll, any other key goes back to the page"}
	case m.item() == nil:
		head, body, foot = []string{m.headline(), ""}, m.endLines(), []string{m.statusLine()}
	default:
		head, body, foot = m.pageHead(), m.pageBody(), m.pageFoot()
		if m.height-len(head)-len(foot) < triageLeastBody {
			foot = m.shortFoot()
		}
		if hidden := len(body) - (m.height - len(head) - len(foot)); hidden > 0 {
			foot[0] = m.rule(fmt.Sprintf("↑↓ %d more above, %d below", min(m.scroll, hidden), max(0, hidden-m.scroll)))
		}
	}
	for _, part := range [][]string{head, body, foot} {
		for i := range part {
			part[i] = ansi.Truncate(part[i], m.width, "…")
		}
	}
	return head, body, foot
}

// rule is a line across the screen with a word at its end.
func (m *triage) rule(word string) string {
	if word != "" {
		word = " " + word + " "
	}
	return m.style.dim(strings.Repeat("─", max(0, m.width-ansi.StringWidth(word)-2)) + word + "──")
}

// headline says how far the walk has come.
func (m *triage) headline() string {
	place := fmt.Sprintf("page %d of %d", m.at+1, len(m.queue))
	if m.item() == nil {
		place = "the end"
	}
	left := m.style.bold("triage"+teamTitle(m.team)) + "  " + place
	right := fmt.Sprintf("%d of %d labelled, %s", m.labelled, m.total, percent(m.labelled, m.total))
	return left + strings.Repeat(" ", max(2, m.width-ansi.StringWidth(left)-ansi.StringWidth(right))) + right
}

// pageHead says what the page is and when it was whose.
func (m *triage) pageHead() []string {
	p := m.item().page
	if m.shown != nil {
		p = m.shown.GetPage()
	}
	lines := []string{m.headline()}
	for i, line := range wrap(orElse(clean(p.GetTitle()), "(no title)"), m.width) {
		if i == 2 {
			lines[2] = fit(lines[2], m.width-1) + "…"
			break
		}
		lines = append(lines, m.style.bold(line))
	}
	facts := []string{orElse(bounded(p.GetServiceDisplayName()), "service unknown")}
	for _, fact := range []string{p.GetUrgency(), p.GetPriority(), p.GetSeverity()} {
		if fact != "" {
			facts = append(facts, bounded(fact))
		}
	}
	facts = append(facts, statusWord(p.GetStatus()), clean(p.GetName()))
	if m.item().skipped {
		facts = append(facts, "skipped before")
	}
	lines = append(lines, fit(strings.Join(facts, " · "), m.width))
	when := p.GetTriggerTime().AsTime().In(m.frame.zone).Format("Mon 2006-01-02 15:04 MST")
	if who := m.whoWasCalled(); who != "" {
		when += " · " + who
	}
	lines = append(lines, atMost(wrap(when, m.width), 2)...)
	return append(lines, atMost(wrap(costWords(p), m.width), 2)...)
}

// whoWasCalled names everybody who was notified, with the time on their clock.
func (m *triage) whoWasCalled() string {
	var who []string
	seen := map[string]bool{}
	for _, e := range m.shown.GetEvents() {
		if e.GetKind() != "notified" {
			continue
		}
		for _, r := range e.GetResponders() {
			if !seen[r.GetName()] {
				seen[r.GetName()] = true
				who = append(who, fmt.Sprintf("%s (%s)", bounded(r.GetDisplayName()), localTime(e, r)))
			}
		}
	}
	if m.shown != nil && len(who) == 0 {
		return "nobody was notified"
	}
	return strings.Join(some(who, 4), ", ")
}

// costWords says what the page cost, and how it went.
func costWords(p *pb.Page) string {
	facts := []string{"interrupted " + interrupted(p.GetCost().GetInterruptions())}
	began := p.GetTriggerTime().AsTime()
	if t := p.GetAcknowledgeTime(); t != nil {
		facts = append(facts, "acknowledged in "+span(t.AsTime().Sub(began)))
	} else {
		facts = append(facts, "never acknowledged")
	}
	return strings.Join(append(facts, endWords(p, began)), " · ")
}

// endWords says how a page ended, and by itself or not.
func endWords(p *pb.Page, began time.Time) string {
	t, by := p.GetResolveTime(), p.GetResolvedBy()
	if t == nil {
		return "still open"
	}
	after := span(t.AsTime().Sub(began))
	switch by.GetKind() {
	case "integration":
		return "resolved itself in " + after
	case "timer":
		return "closed by the paging tool after " + after
	}
	return "resolved in " + after + strings.TrimPrefix(byWhom(by), ",")
}

// atMost cuts lines to n, with an ellipsis where something was cut.
func atMost(lines []string, n int) []string {
	if len(lines) <= n {
		return lines
	}
	lines = slices.Clone(lines[:n])
	lines[n-1] += "…"
	return lines
}

// pageBody is what helps to judge: what policy thinks, what people said of
// other pages of the monitor, and what happened.
func (m *triage) pageBody() []string {
	if m.shown == nil {
		if m.step == triageFailed {
			return nil
		}
		return []string{m.style.dim("reading the page…")}
	}
	var b triageBody
	b.width, b.style = m.width, m.style
	if l := labelInForce(m.shown.GetPage()); l != nil {
		b.head("LABEL", labelText(l))
	}
	b.suggestion(m.shown.GetPage().GetSuggestion())
	b.monitorLabels(m.shown.GetMonitorLabels(), max(1, (m.height-20)/4), m.frame) // the timeline has to fit too
	b.head("TIMELINE", m.frame.zone.String())
	b.timeline(m.shown.GetEvents(), m.frame.zone)
	if evidence := m.shown.GetPage().GetSuggestion().GetEvidence(); len(evidence) > 0 {
		b.head("SUGGESTED FOR", bounded(strings.Join(evidence, " · ")))
	}
	if acted := m.shown.GetPage().GetActedEvidence(); acted != "" {
		b.head("ACTED ON", bounded(acted))
	}
	if p := m.shown.GetPage(); p.GetRunbook() != "" {
		b.head("RUNBOOK", bounded(p.GetRunbook()))
	}
	return b.lines
}

// A triageBody gathers the lines of the middle.
type triageBody struct {
	lines []string
	width int
	style style
}

// head adds a heading with a text beside it.
func (b *triageBody) head(name, text string) {
	for i, line := range wrap(text, b.width-len(name)-2) {
		lead := strings.Repeat(" ", len(name))
		if i == 0 {
			lead = b.style.bold(name)
		}
		b.lines = append(b.lines, lead+"  "+line)
	}
}

// text adds a text with a short lead.
func (b *triageBody) text(lead, text string) {
	const indent = 10
	for i, line := range wrap(text, b.width-indent-1) {
		if i > 0 {
			lead = ""
		}
		b.lines = append(b.lines, fmt.Sprintf("  %-*s%s", indent-1, lead, line))
	}
}

// suggestion says what policy thinks, why, and how often it was right.
func (b *triageBody) suggestion(s *pb.Suggestion) {
	if s == nil {
		return
	}
	words := labelWords(&pb.Label{Verdict: s.GetVerdict(), Cause: s.GetCause()})
	b.head("SUGGESTION", fmt.Sprintf("%s: rule %s%s", words, clean(s.GetRule()), hitWords(s)))
	for _, line := range wrap(bounded(s.GetReason()), b.width-3) {
		b.lines = append(b.lines, "  "+line)
	}
}

// hitWords says how often a rule agreed with people.
func hitWords(s *pb.Suggestion) string {
	h := s.GetHitRate()
	text := ", never compared"
	if h.GetTotal() > 0 {
		text = fmt.Sprintf(", right %d of %d (%.0f–%.0f %%)", h.GetHits(), h.GetTotal(), 100*h.GetLow(), 100*h.GetHigh())
	}
	if s.GetUnreliable() {
		text += ", unreliable"
	}
	return text
}

// monitorLabels sums up what people said of the monitor's other pages, and
// shows what they said last, most of it.
func (b *triageBody) monitorLabels(labels []*pb.MonitorLabel, most int, f frame) {
	if len(labels) == 0 {
		b.head("EARLIER", "nobody has labelled another page of this monitor")
		return
	}
	counts := map[string]int{}
	var words []string
	for _, l := range labels {
		w := labelWords(l.GetLabel())
		if counts[w]++; counts[w] == 1 {
			words = append(words, w)
		}
	}
	slices.SortStableFunc(words, func(a, b string) int { return counts[b] - counts[a] })
	for i, w := range words {
		words[i] = fmt.Sprintf("%d× %s", counts[w], w)
	}
	b.head("EARLIER", "labels of this monitor: "+strings.Join(words, ", "))
	for _, l := range labels[:min(most, len(labels))] {
		at := l.GetLabel().GetLabelTime().AsTime().In(f.zone).Format("02 Jan")
		b.text(at, labelText(l.GetLabel()))
	}
}

// labelWords says a label's verdict and cause in short.
func labelWords(l *pb.Label) string {
	words := strings.ReplaceAll(enumWord(l.GetVerdict().String(), "VERDICT_"), "_", " ")
	if l.GetCause() != "" {
		words += ", " + clean(l.GetCause())
	}
	return words
}

// what names the pages of an entry.
func (e triageEntry) what() string {
	if len(e.pages) == 1 {
		return clean(e.pages[0])
	}
	return plural(len(e.pages), "page")
}
