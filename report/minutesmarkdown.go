package report

import (
	"strings"

	"opsreview/meeting"
)

// MinutesMarkdown renders minutes as GitHub-flavoured Markdown. What strangers
// and people wrote is shown and does nothing.
func MinutesMarkdown(m meeting.Minutes) []byte {
	d := &markdown{}
	p := minutesOf(m).protocol()
	d.line("# %s\n", prose(p.Title))
	d.line("%s. %s.\n", prose(p.Span), prose(p.Stand))
	d.line("%s.\n", prose(strings.Join(append([]string{p.Led}, p.Others...), ". ")))
	d.forced(p)
	d.line("**In one look**\n")
	for _, x := range p.Look {
		d.line("- **%s**: %s", prose(x.Name), prose(x.Text))
	}
	d.decided(p)
	for _, s := range p.Sections {
		d.minutesSection(s)
	}
	if len(p.Gaps) > 0 {
		d.heading("What could not be computed")
		d.list(p.Gaps)
	}
	if len(p.Definitions) > 0 {
		d.heading("Definitions")
		d.line("The numbers are computed by %s.", prose(strings.Join(p.Definitions, ", ")))
	}
	return d.buf.Bytes()
}

func (m *markdown) list(lines []string) {
	for _, line := range lines {
		m.line("- %s", prose(line))
	}
}

// forced tells what was or is open.
func (m *markdown) forced(p protocol) {
	if p.Forced != "" {
		m.line("**Closed in spite of what was open**: %s\n", prose(p.Forced))
		m.list(p.ForcedOpen)
		m.line("")
	}
	if len(p.Open) > 0 {
		m.line("**Open, so that it cannot be closed**\n")
		m.list(p.Open)
		m.line("")
	}
}

// decided tells what was agreed.
func (m *markdown) decided(p protocol) {
	m.heading("Decided")
	if len(p.Actions)+len(p.Waivers) == 0 {
		m.line("Nothing was decided.")
	}
	for _, a := range p.Actions {
		m.line("- [ ] %s (%s)", prose(a.Text), prose(a.About))
		m.line("    - %s", prose(a.Who))
	}
	if len(p.Waivers) > 0 {
		m.line("\nMay pass without a ticket for a time:\n")
	}
	for _, w := range p.Waivers {
		m.line("- %s: %s", code(w.Name), prose(w.Text))
	}
}

func (m *markdown) minutesSection(s minutesSection) {
	m.heading(s.Title)
	if s.Summary != "" {
		m.line("%s.", prose(s.Summary))
		if len(s.Lines)+len(s.Notes) > 0 {
			m.line("")
		}
	}
	m.list(s.Lines)
	for _, n := range s.Notes {
		about := ""
		if n.About != "" {
			about = code(n.About) + ": "
		}
		m.line("- *Note* %s%s (%s)", about, prose(n.Text), prose(n.Who))
	}
}
