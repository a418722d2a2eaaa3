package report

import (
	"bytes"
	"fmt"
	"regexp"
	"strings"

	"opsreview/review"
)

// Markdown renders the report as GitHub-flavoured Markdown, which pastes into
// GitHub, Confluence and Slack as well. Titles stand in code spans, where none
// of them mentions, links or formats.
func Markdown(d Data) []byte {
	m := &markdown{Data: d}
	h := d.Review.Headline
	m.line("# %s", prose(d.Title()))
	m.line("")
	m.line("%s. Prepared %s.", prose(d.span()), prose(d.prepared()))
	m.line("")
	m.line("**%s, %s**", plural(h.Pages, "page"), coverage(h))
	m.line("")
	m.outcomes(h.Outcomes)
	for _, fact := range d.facts() {
		m.line("- %s", prose(fact))
	}
	m.topics()
	m.work()
	m.closed()
	m.budget()
	m.incidents()
	m.lookBack()
	m.toil()
	m.monitorTable()
	m.whatToChange()
	m.responders()
	m.weekTable()
	m.gaps()
	return m.buf.Bytes()
}

// A markdown is a document in the making.
type markdown struct {
	Data
	buf bytes.Buffer
}

func (m *markdown) line(format string, args ...any) { fmt.Fprintf(&m.buf, format+"\n", args...) }

func (m *markdown) heading(text string) { m.line("\n## %s\n", text) }

// row writes cells that are Markdown already.
func (m *markdown) row(cells ...string) { m.line("| %s |", strings.Join(cells, " | ")) }

func (m *markdown) outcomes(o review.Outcomes) {
	m.row("", "acted on", "not acted on")
	m.line("|---|---:|---:|")
	m.row("actionable", fmt.Sprintf("%d handled", o.Handled), fmt.Sprintf("%d ignored", o.Ignored))
	m.row("not actionable", fmt.Sprintf("%d wasted", o.Wasted), fmt.Sprintf("%d noise", o.Noise))
	m.line("")
	if o.Unlabelled > 0 {
		m.line("%d unlabelled, which are counted as neither.\n", o.Unlabelled)
	}
}

func (m *markdown) topics() {
	if len(m.Review.Discuss) == 0 {
		return
	}
	m.heading("Worth discussing")
	for i, t := range m.Review.Discuss {
		m.line("%d. %s %s %s", i+1, when(t.At, m.zone()), code(title(t.Title)), code(t.Page.String()))
		for _, reason := range t.Reasons {
			m.line("    - %s", prose(reason))
		}
	}
	if m.Review.More > 0 {
		m.line("\nAnd %s.", plural(m.Review.More, "more page"))
	}
}

func (m *markdown) monitorTable() {
	m.heading("Monitors by cost")
	monitors, more := m.monitors()
	if len(monitors) == 0 {
		m.line("No monitor paged.")
		return
	}
	m.row("monitor", "service", "pages", "interruptions", "in sleep hours", "engaged", "verdict")
	m.line("|---|---|---:|---:|---:|---:|---|")
	for _, c := range monitors {
		m.row(cell(code(title(c.Monitor.Title))), cell(prose(c.ServiceName)), fmt.Sprint(len(c.Pages)),
			told(c.Withheld, fmt.Sprint(c.Interruptions.Total())), told(c.Withheld, fmt.Sprint(c.Interruptions.Sleep)), told(c.Withheld, length(c.Engaged)), verdict(c.Outcomes))
	}
	if more > 0 {
		m.line("\nAnd %s.", plural(more, "more monitor"))
	}
}

func (m *markdown) whatToChange() {
	changes := m.changes()
	if len(changes) == 0 {
		return
	}
	m.heading("What to change")
	for _, c := range changes {
		m.line("- %s: %s", code(c.Title), prose(c.Sentence))
	}
}

func (m *markdown) responders() {
	m.heading("Responders")
	withheld := m.withheld()
	if len(m.Review.Loads) == 0 && len(withheld) == 0 {
		m.line("Nobody was notified or on call.")
		return
	}
	for _, text := range withheld {
		m.line("- %s.", prose(text))
	}
	if len(m.Review.Loads) == 0 {
		return
	}
	if len(withheld) > 0 {
		m.line("")
	}
	m.row("responder", "pages", "business", "off hours", "sleep", "unknown", "broken nights", "engaged", "on call")
	m.line("|---|---:|---:|---:|---:|---:|---:|---:|---:|")
	for _, l := range m.Review.Loads {
		m.row(cell(prose(l.Person.Name)), fmt.Sprint(l.Pages), fmt.Sprint(l.Interruptions.Business), fmt.Sprint(l.Interruptions.OffHours),
			fmt.Sprint(l.Interruptions.Sleep), fmt.Sprint(l.Interruptions.Unknown), known(l.ZoneKnown(), "%d", l.BrokenNights),
			length(l.Engaged), known(l.OnCallKnown, "%s", length(l.OnCall)))
	}
	m.line("")
	for _, b := range m.breaches() {
		m.line("- **%s**", prose(b.Name))
		for _, text := range b.Texts {
			m.line("    - %s", prose(text))
		}
	}
}

func (m *markdown) weekTable() {
	m.heading("Actionability per week")
	m.row("week", "pages", "actionable", "not actionable", "unlabelled")
	m.line("|---|---:|---:|---:|---:|")
	for _, w := range m.Charts.Weeks {
		cells := []string{fmt.Sprint(w.Pages()), fmt.Sprint(w.Actionable), fmt.Sprint(w.NotActionable), fmt.Sprint(w.Unlabelled)}
		if !w.Known {
			cells = []string{"not stored", "–", "–", "–"}
		}
		m.row(append([]string{weekName(w, m.zone())}, cells...)...)
	}
}

func (m *markdown) gaps() {
	if len(m.Review.Gaps) == 0 {
		return
	}
	m.heading("What could not be computed")
	for _, g := range m.Review.Gaps {
		m.line("- **%s**: %s", prose(g.Subject), prose(g.Text))
	}
}

// joiner is invisible, takes no room and breaks no line. After a sign that
// begins a mention or a link it leaves plain text.
const joiner = "\u2060"

var proseEscapes = strings.NewReplacer(
	`\`, `\\`, "`", "\\`", "*", `\*`, "_", `\_`, "[", `\[`, "]", `\]`, "~", `\~`, "|", `\|`,
	"&", "&amp;", "<", "&lt;", ">", "&gt;",
	"@", "@"+joiner, "#", `\#`+joiner, "://", ":"+joiner+"//", "www.", "www"+joiner+".", "WWW.", "WWW"+joiner+".",
	"GH-", "GH"+joiner+"-", "!", `\!`, "$", `\$`,
)

// prose escapes a stranger's text for a line of Markdown: what it says is shown
// and does nothing.
func prose(s string) string {
	s = clean(s)
	if begins.MatchString(s) {
		return joiner + proseEscapes.Replace(s)
	}
	return proseEscapes.Replace(s)
}

// begins are the beginnings of a list's item.
var begins = regexp.MustCompile(`^([-+=]|[0-9]+[.)])`)

// code puts a stranger's text into a code span. A backtick would end it, and
// not everybody reads longer fences, so it becomes a quotation mark.
func code(s string) string {
	s = strings.ReplaceAll(clean(s), "`", "'")
	if s == "" {
		return ""
	}
	return "`" + s + "`"
}

var cellEscapes = strings.NewReplacer(`\|`, `\`+joiner+`\|`, `|`, `\|`)

// cell makes Markdown fit for a table, where a bar ends a cell even in code
// unless there is a backslash before it, and only one.
func cell(s string) string {
	if strings.HasPrefix(s, "`") {
		return cellEscapes.Replace(s)
	}
	return s
}
