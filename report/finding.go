package report

import (
	"cmp"
	"fmt"

	"opsreview"
)

const (
	maxWork     = 10 // findings that a report explains
	maxEvidence = 4  // sentences of each
)

// work is a finding as a report shows it: plain texts.
type work struct {
	Cost     string // "≈ 3.4 h/week", "" if nobody knows
	Title    string
	Ticket   string // its name, "" if there is none
	Status   string // where that stands
	Evidence []string
	Remedy   string
}

// work lists what needs work, in the review's order, and how much there is beyond that.
func (d Data) work() (first []work, more int) {
	filed := map[string]opsreview.Ticket{}
	for _, t := range d.Tickets {
		filed[t.Fingerprint] = t
	}
	all := d.Review.Findings
	for _, f := range all[:min(len(all), maxWork)] {
		w := work{Cost: opsreview.CostText(f.Cost), Title: title(f.Title), Remedy: clean(f.Remedy)}
		for _, text := range f.Evidence[:min(len(f.Evidence), maxEvidence)] {
			if text = clean(text); text != "" {
				w.Evidence = append(w.Evidence, text)
			}
		}
		if t, ok := filed[f.Fingerprint()]; ok {
			w.Ticket, w.Status = fit(cmp.Or(clean(t.RemoteKey), "no ticket yet"), maxTitle), ticketStatus(t)
		}
		first = append(first, w)
	}
	return first, len(all) - len(first)
}

// ticketStatus is where a ticket stands: in the tracker's words where it is
// filed, and in this program's where it is not.
func ticketStatus(t opsreview.Ticket) string {
	switch t.State {
	case opsreview.TicketFiled:
		return fit(cmp.Or(clean(t.Status), clean(string(t.Stands)), "filed"), maxTitle)
	case opsreview.TicketSuppressed:
		return "will not be fixed"
	case opsreview.TicketCreating, opsreview.TicketUncertain:
		return "uncertain whether it is filed"
	case opsreview.TicketPlanned, opsreview.TicketRejected, opsreview.TicketGone:
	}
	return clean(string(t.State))
}

// workHeadline is what needs work in one sentence, "" for nothing. The title is
// apart: each form escapes it in its own way.
func (d Data) workHeadline() (text, first string) {
	all, more := d.work()
	if len(all) == 0 {
		return "", ""
	}
	text = plural(len(all)+more, "finding")
	if all[0].Cost != "" {
		text += ", the first " + all[0].Cost
	}
	return text, all[0].Title
}

func (m *markdown) work() {
	all, more := m.Data.work()
	if len(all) == 0 {
		return
	}
	m.heading("What needs work")
	for i, w := range all {
		line := fmt.Sprintf("%d. ", i+1)
		if w.Cost != "" {
			line += "**" + prose(w.Cost) + "** "
		}
		line += code(w.Title)
		if w.Ticket != "" {
			line += " (" + code(w.Ticket) + ", " + prose(w.Status) + ")"
		}
		m.line("%s", line)
		for _, text := range w.Evidence {
			m.line("    - %s", prose(text))
		}
		if w.Remedy != "" {
			m.line("    - **To do:** %s", prose(w.Remedy))
		}
	}
	if more > 0 {
		m.line("\nAnd %d more.", more)
	}
}
