package report

import (
	"cmp"
	"fmt"
	"strings"

	"opsreview"
	"opsreview/review"
)

// maxClosed is how many closed tickets a report tells of.
const maxClosed = 10

// closed is a closed ticket as a report shows it: plain texts.
type closed struct {
	Verdict string // "came back"
	Ticket  string
	Title   string
	Text    string
}

// heldWords are what the verdicts are called.
var heldWords = map[review.HeldVerdict]string{
	review.CameBack: "came back", review.HasHeld: "held", review.TooEarly: "too early to say", review.HeldUnknown: "unknown",
}

// closed lists closed tickets, those that came back first, and how many there
// are beyond those.
func (d Data) closed() (first []closed, more int) {
	all := d.Review.Closed
	for _, o := range all[:min(len(all), maxClosed)] {
		first = append(first, closed{
			Verdict: cmp.Or(heldWords[o.Verdict], clean(string(o.Verdict)), "unknown"),
			Ticket:  fit(cmp.Or(clean(o.Ticket.RemoteKey), clean(o.Ticket.Key)), maxTitle), Title: title(o.Ticket.Title), Text: clean(o.Text),
		})
	}
	return first, len(all) - len(first)
}

// closedHeadline counts closed tickets by whether they held and adds up what
// that saves, "" without any.
func (d Data) closedHeadline() string {
	counts, minutes := map[review.HeldVerdict]int{}, 0.0
	for _, o := range d.Review.Closed {
		counts[o.Verdict]++
		minutes += o.MinutesSaved
	}
	if len(d.Review.Closed) == 0 {
		return ""
	}
	var parts []string
	for _, v := range []review.HeldVerdict{review.HasHeld, review.CameBack, review.TooEarly, review.HeldUnknown} {
		if counts[v] > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", counts[v], heldWords[v]))
		}
	}
	text := plural(len(d.Review.Closed), "closed ticket") + ": " + strings.Join(parts, ", ")
	if saved := opsreview.CostText(minutes); saved != "" {
		text += "; what held saves " + saved
	}
	return text
}

func (m *markdown) closed() {
	all, more := m.Data.closed()
	if len(all) == 0 {
		return
	}
	m.heading("Did it hold")
	m.line("%s.\n", prose(upper(m.closedHeadline())))
	for _, c := range all {
		m.line("- **%s**: %s %s", prose(upper(c.Verdict)), code(c.Ticket), code(c.Title))
		if c.Text != "" {
			m.line("    - %s", prose(c.Text))
		}
	}
	if more > 0 {
		m.line("\nAnd %s.", plural(more, "more closed ticket"))
	}
}
