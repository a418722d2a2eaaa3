package cli

import (
	"fmt"
	"strings"

	"github.com/charmbracelet/x/ansi"

	pb "opsreview/proto/opsreview/v1"
)

// pageFoot shows every key, and what footEnd does.
func (m *triage) pageFoot() []string {
	lines := []string{m.rule("")}
	lines = append(lines, m.causeLines("1 actionable", pb.Verdict_VERDICT_ACTIONABLE)...)
	lines = append(lines, m.causeLines("2 not actionable", pb.Verdict_VERDICT_NOT_ACTIONABLE)...)
	draft := m.item().draft
	var flags []string
	for _, f := range m.keys.flags {
		chip := m.chip(f.key, f.word.GetId())
		for _, id := range draft.flags {
			if id == f.word.GetId() {
				chip = m.style.warn("[" + strings.TrimSpace(f.key+" "+clean(id)) + "]")
			}
		}
		flags = append(flags, chip)
	}
	lines = append(lines, m.flow("flags", 7, flags)...)
	return append(lines, m.footEnd()...)
}

// shortFoot is pageFoot without the words.
func (m *triage) shortFoot() []string {
	words := []string{m.chip("1", "actionable"), m.chip("2", "not actionable"), m.chip("?", "the causes' and flags' keys")}
	return append([]string{m.rule(""), strings.Join(words, "  ")}, m.footEnd()...)
}

// footEnd shows the commands, what goes with the answer to come, and the last
// message.
func (m *triage) footEnd() []string {
	commands := []string{m.chip("s", "skip"), m.chip("u", "undo"), m.chip("n", "note"), m.chip("m", "minutes"), m.chip("A", "all of monitor")}
	if m.shown != nil && m.suggested() != nil {
		commands = append(commands, m.chip("y", "accept"))
	}
	commands = append(commands, m.chip("?", "help"), m.chip("q", "leave"))
	lines := m.flow("", 0, commands)
	if text := m.item().draft.text(); text != "" {
		lines = append(lines, m.style.warn(fit("with the answer: "+text, m.width)))
	}
	return append(lines, m.statusLine())
}

// text says what a draft adds to the answer.
func (d triageDraft) text() string {
	parts := cleanAll(d.flags)
	if d.minutes > 0 {
		parts = append(parts, fmt.Sprintf("%d min", d.minutes))
	}
	if d.note != "" {
		parts = append(parts, "note: "+clean(d.note))
	}
	return strings.Join(parts, ", ")
}

func (m *triage) chip(key, word string) string {
	if key == "" {
		return clean(word) + " (page label)"
	}
	return m.style.bold(key) + " " + clean(word)
}

func (m *triage) causeLines(lead string, verdict pb.Verdict) []string {
	var chips []string
	for _, c := range m.keys.causes {
		if c.word.GetVerdict() == verdict {
			chips = append(chips, m.chip(c.key, c.word.GetId()))
		}
	}
	return m.flow(lead, 18, chips)
}

// flow writes chips beside a lead of that many cells, over as many lines as
// they need.
func (m *triage) flow(lead string, indent int, chips []string) []string {
	line := fmt.Sprintf("%-*s", indent, lead)
	if key, word, ok := strings.Cut(lead, " "); ok && word != "" {
		line = m.style.bold(key) + " " + fmt.Sprintf("%-*s", indent-len(key)-1, word)
	}
	var lines []string
	used := false
	for _, chip := range chips {
		if used && ansi.StringWidth(line)+2+ansi.StringWidth(chip) > m.width {
			lines = append(lines, line)
			line, used = strings.Repeat(" ", indent), false
		}
		if used {
			line += "  "
		}
		line, used = line+chip, true
	}
	return append(lines, line)
}

// inputLine is the line that is being typed, as far as it fits.
func (m *triage) inputLine() string {
	lead := "note (enter keeps it, esc does not): "
	if m.step == triageMinutes {
		lead = "minutes of work (enter keeps them, esc does not): "
	}
	room := m.width - ansi.StringWidth(lead) - 1
	text := m.input
	if w := ansi.StringWidth(text); w > room {
		text = "…" + ansi.TruncateLeft(text, w-room+1, "")
	}
	return lead + text
}

// statusLine says what happened, or what the keys are waited for.
func (m *triage) statusLine() string {
	switch m.step {
	case triageNote, triageMinutes:
		return m.inputLine()
	case triageAll:
		return m.style.warn(fit("ALL unlabelled pages of this monitor in the window: which answer? (esc: none)", m.width))
	case triageConfirm:
		text := fmt.Sprintf("label %s %s", plural(len(m.bulk.pages), "page"), labelWords(m.bulk.label))
		if d := m.item().draft; !d.empty() {
			text += " (" + fit(d.text(), 30) + ")"
		}
		return m.style.warn(fit(text, m.width-24)) + m.style.warn("? y does, esc does not")
	case triageFailed:
		const keys = " (enter: again, esc: give up)"
		return m.style.bad(fit("not done: "+m.status, m.width-len(keys)) + keys)
	}
	if m.bad {
		return m.style.bad(fit(m.status, m.width))
	}
	return fit(m.status, m.width)
}

// endLines says how the walk ended.
func (m *triage) endLines() []string {
	left := m.left()
	lines := []string{m.style.bold("That was the last page.")}
	if left == 0 {
		lines = []string{m.style.bold("Every page of this walk is labelled.")}
	}
	lines = append(lines, "", fmt.Sprintf("%s given here. %s still unlabelled.", plural(m.answered, "label"), plural(left, "page")))
	if left > 0 {
		lines = append(lines, "Running the command again shows them; the skipped ones come last.")
	}
	return append(lines, "", m.chip("u", "undo")+"  "+m.chip("←", "the page before")+"  "+m.chip("?", "help")+"  "+m.chip("q", "leave"))
}

// helpLines explains every key and word.
func (m *triage) helpLines() []string {
	b := triageBody{width: m.width, style: m.style}
	b.head("AN ANSWER", "is saved at once, and the next page comes")
	b.text("1  2", "actionable, or not, without a cause")
	for _, c := range m.keys.causes {
		verdict := labelWords(&pb.Label{Verdict: c.word.GetVerdict()})
		b.text(orElse(c.key, "-"), clean(c.word.GetId())+" ("+verdict+"): "+bounded(c.word.GetSummary()))
	}
	b.text("y", "what the suggestion on screen says")
	b.text("A", "the next answer is for all unlabelled pages of this monitor in the window; how many they are is asked first")
	b.head("WITH IT", "what to improve, and what it cost")
	for _, f := range m.keys.flags {
		b.text(orElse(f.key, "-"), clean(f.word.GetId())+": "+bounded(f.word.GetSummary()))
	}
	b.text("n  m", "a note, and the minutes of work")
	b.head("MOVING", "and taking back")
	b.text("s", "skip: the page comes again at the end, and last in the next run")
	b.text("← →", "the page before, the page after")
	b.text("u", "undo what was done last, as often as you like: the label before is in force again")
	b.text("↑ ↓", "scroll; also k and j, page up and down, space")
	b.text("q", "leave; what was answered is saved")
	b.head("WITHOUT A TERMINAL", "page list --unlabelled, page show, page label, page unlabel: see page triage --help")
	return b.lines
}
