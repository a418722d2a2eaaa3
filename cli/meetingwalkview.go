package cli

import (
	"fmt"
	"slices"
	"strings"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"

	pb "opsreview/proto/opsreview/v1"
)

func (m *meetingWalk) tooSmall() bool { return m.width < triageMinWidth || m.height < triageMinHeight }

// View implements tea.Model.
func (m *meetingWalk) View() tea.View {
	if m.label != nil {
		return m.label.View()
	}
	v := tea.NewView(strings.Join(m.screen(), "\n"))
	v.AltScreen = true
	if m.step == walkTyping && m.status == "" {
		v.Cursor = tea.NewCursor(min(m.width-1, ansi.StringWidth(m.inputLine())), m.height-1)
	}
	return v
}

// screen returns the lines of the screen: where the walk is, what the section
// says, and the keys.
func (m *meetingWalk) screen() []string {
	if m.width == 0 {
		return nil // the terminal has not told its size
	}
	if m.tooSmall() {
		return []string{fit(fmt.Sprintf("%d×%d is too small: %d×%d at least", m.width, m.height, triageMinWidth, triageMinHeight), m.width), "q leaves"}
	}
	head, foot := m.head(), m.foot()
	body, _ := m.body()
	rows := m.height - len(head) - len(foot)
	scroll := max(0, min(m.scroll, len(body)-rows))
	if hidden := len(body) - rows; hidden > 0 {
		foot[0] = m.rule(fmt.Sprintf("%d more above, %d below", scroll, hidden-scroll))
	}
	screen := slices.Clone(head)
	for i := range rows {
		line := ""
		if at := scroll + i; at < len(body) {
			line = body[at]
		}
		screen = append(screen, line)
	}
	screen = append(screen, foot...)
	for i := range screen {
		screen[i] = ansi.Truncate(screen[i], m.width, "…")
	}
	return screen
}

// rows is how many lines of the middle there is room for.
func (m *meetingWalk) rows() int { return max(1, m.height-len(m.head())-len(m.foot())) }

// furthest is how far the middle can scroll.
func (m *meetingWalk) furthest() int {
	body, _ := m.body()
	return max(0, len(body)-m.rows())
}

// reveal scrolls so that the point that keys are about is on screen.
func (m *meetingWalk) reveal() {
	body, at := m.body()
	if m.point == 0 && at < m.rows() {
		m.scroll = 0
	}
	const context = 3 // lines of the point itself
	m.scroll = max(0, min(m.scroll, at), min(at+context-m.rows(), len(body)-m.rows()))
}

// scrollKey moves the middle of the screen and reports whether the key does so.
func (m *meetingWalk) scrollKey(key string) bool {
	page := max(1, m.height/2)
	step, ok := map[string]int{"pgup": -page, "pgdown": page, "space": page, "home": -1 << 20}[key]
	if ok {
		m.scroll = max(0, min(m.scroll+step, m.furthest()))
	}
	return ok
}

func (m *meetingWalk) rule(text string) string {
	if text != "" {
		text = " " + text + " "
	}
	return m.style.dim(strings.Repeat("─", max(0, m.width-ansi.StringWidth(text)-2)) + text + "──")
}

// head says which review it is, who leads it and where the walk is.
func (m *meetingWalk) head() []string {
	meeting, all := m.resp.GetMeeting(), m.resp.GetAgenda().GetSections()
	left := "review" + teamTitle(meeting.GetTeam())
	if meeting.GetWeek() != "" {
		left += ", " + clean(meeting.GetWeek())
	}
	right := plural(len(m.resp.GetAgenda().GetOpen()), "open point")
	if meeting.GetFacilitator() != "" {
		right = fit(clean(meeting.GetFacilitator()), 24) + " leads · " + right
	}
	left = fit(left, max(1, m.width-ansi.StringWidth(right)-2))
	lines := []string{m.style.bold(left) + strings.Repeat(" ", max(2, m.width-ansi.StringWidth(left)-ansi.StringWidth(right))) + right}
	s := m.section()
	text := fmt.Sprintf("%d of %d  %s", m.at+1, len(all), strings.ToUpper(clean(s.GetTitle())))
	if s.GetOpen() > 0 {
		text += "  " + m.style.warn(fmt.Sprintf("%d open", s.GetOpen()))
	}
	return append(lines, m.style.bold(text), "")
}

// body is what the section says and the points that it has, with the line of
// the point that keys are about.
func (m *meetingWalk) body() (lines []string, at int) {
	switch m.step {
	case walkHelp:
		return m.helpLines(), 0
	case walkJump:
		return m.jumpLines(), 0
	}
	s := m.section()
	lines = append(lines, wrap(bounded(s.GetSummary()), m.width-1)...)
	for _, l := range s.GetLines() {
		lines = append(lines, m.hang("  ", bounded(l))...)
	}
	for _, i := range m.saidHere() {
		lines = append(lines, m.hang("  "+itemWord(i.GetKind())+" of "+bounded(i.GetAuthor())+": ", itemText(i, meetingFrame(m.resp.GetMeeting())))...)
	}
	if len(s.GetPoints()) > 0 {
		lines = append(lines, "")
	}
	for i, p := range s.GetPoints() {
		lead := "  "
		if p.GetOpen() {
			lead = "! "
		}
		if i == m.point {
			at = len(lines)
			lead = "›" + lead[:1]
		}
		for _, line := range m.hang(lead, pointText(p)) {
			if i == m.point {
				line = m.style.bold(line)
			}
			lines = append(lines, line)
		}
	}
	return lines, at
}

// saidHere is what was said in this section beside what its lines tell.
func (m *meetingWalk) saidHere() []*pb.MeetingItem {
	var here []*pb.MeetingItem
	for _, i := range m.resp.GetAgenda().GetItems() {
		if i.GetSection() == m.section().GetId() && i.GetWithdrawTime() == nil && i.GetKind() == itemNote {
			here = append(here, i)
		}
	}
	return here
}

// hang breaks a text into lines with a lead before the first.
func (m *meetingWalk) hang(lead, text string) []string {
	lead = fit(lead, m.width/2)
	indent := min(ansi.StringWidth(lead), 4)
	var out []string
	for i, line := range wrap(lead+text, m.width-indent-1) {
		if i > 0 {
			line = strings.Repeat(" ", indent) + line
		}
		out = append(out, line)
	}
	return out
}

// foot shows the keys and the last message.
func (m *meetingWalk) foot() []string {
	lines := []string{m.rule("")}
	chips := []string{"←→ section", "↑↓ point", "g jump", "l label", "w waive", "t ticket", "n note", "a action", "W win", "f failure", "d demo", "h hand over", "u undo", "C close", "? help", "q leave"}
	line := ""
	for _, chip := range chips {
		key, word, _ := strings.Cut(chip, " ")
		if line != "" && ansi.StringWidth(line)+2+ansi.StringWidth(chip) > m.width {
			lines, line = append(lines, line), ""
		}
		if line != "" {
			line += "  "
		}
		line += m.style.bold(key) + " " + word
	}
	return append(lines, line, m.statusLine())
}

// inputLine is the line that is being typed, as far as it fits.
func (m *meetingWalk) inputLine() string {
	field := m.form.fields[m.form.at]
	lead := field.label + ": "
	if field.optional {
		lead = field.label + " (enter: none): "
	}
	room := m.width - ansi.StringWidth(lead) - 1
	text := field.value
	if w := ansi.StringWidth(text); w > room {
		text = "…" + ansi.TruncateLeft(text, w-room+1, "")
	}
	return lead + text
}

// statusLine says what happened, or what the keys are waited for.
func (m *meetingWalk) statusLine() string {
	switch m.step {
	case walkTyping:
		if m.status != "" {
			return m.style.warn(fit(m.status, m.width))
		}
		return m.inputLine()
	case walkAsking:
		const keys = "? y does, anything else does not"
		return m.style.warn(fit(m.ask.text, m.width-len(keys)) + keys)
	case walkJump:
		return "the key of a section goes there, any other key goes back"
	case walkHelp:
		return "any other key goes back to the review"
	case walkFailed:
		const keys = " (enter: again, esc: give up)"
		return m.style.bad(fit("not done: "+m.status, m.width-len(keys)) + keys)
	}
	if m.bad {
		return m.style.bad(fit(m.status, m.width))
	}
	return fit(m.status, m.width)
}

// jumpLines lists the sections with their keys.
func (m *meetingWalk) jumpLines() []string {
	var lines []string
	for i, s := range m.resp.GetAgenda().GetSections() {
		key := " "
		if i < len(jumpKeys) {
			key = jumpKeys[i : i+1]
		}
		line := fmt.Sprintf("%-14s %s", clean(s.GetTitle()), bounded(s.GetSummary()))
		if s.GetOpen() > 0 {
			line = fmt.Sprintf("%-14s (%d open) %s", clean(s.GetTitle()), s.GetOpen(), bounded(s.GetSummary()))
		}
		lines = append(lines, fit(m.style.bold(key)+"  "+line, m.width))
	}
	return lines
}

// helpLines explains every key.
func (m *meetingWalk) helpLines() []string {
	b := triageBody{width: m.width, style: m.style}
	b.head("MOVING", "where the walk stands is saved, for you and for whoever goes on")
	b.text("← →", "the section before, the section after")
	b.text("↑ ↓", "the point before, the point after; also k and j. Points with ! keep the review from being closed")
	b.text("g", "jump to a section")
	b.text("pgup", "and pgdown, space: scroll")
	b.text("r", "read the review again: pages may have come, or somebody else may have decided something")
	b.head("DECIDING", "about the point marked with ›")
	b.text("l", "label: the page, and then the other unlabelled ones; q comes back here")
	b.text("w", "waive: owner, reason and end are asked")
	b.text("t", "file the finding as a ticket; what would be filed is asked first")
	b.text("a", "an action, with who, by when and its ticket")
	b.head("SAYING", "into the minutes")
	b.text("n", "a note, about the point or the section")
	b.text("W f d p", "a win, a failure, a demo, who is present")
	b.text("h", "hand over: somebody else leads from here on")
	b.text("u", "undo what was said or decided last, labels too, as often as you like")
	b.head("ENDING", "nothing that was said is lost")
	b.text("q", "leave; review run goes on here")
	b.text("C", "close the review for ever, if nothing is open")
	return b.lines
}
