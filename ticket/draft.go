package ticket

import (
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode"

	"opsreview"
)

const (
	mostPages    = 20  // that a ticket names
	longestTitle = 240 // runes; Jira takes 255 and GitHub 256
	longestLabel = 50  // runes; GitHub takes no more
)

// draft writes a finding's ticket.
func (in PlanInput) draft(f opsreview.Finding, row opsreview.Ticket, generation int) Draft {
	fp := f.Fingerprint()
	return Draft{
		Fingerprint: fp,
		Generation:  generation,
		Title:       OneLine(f.Title, longestTitle),
		Body:        in.body(f, row, generation),
		Labels:      draftLabels(f),
		Team:        f.Team,
		Service:     f.Service,
		Category:    f.Category,
		Kind:        f.Kind,
		Cost:        f.Cost,
	}
}

// draftLabels are the program's own, the finding's, its category and its team.
func draftLabels(f opsreview.Finding) []string {
	labels := []string{Label, FingerprintLabel(f.Fingerprint())}
	if f.Category != "" {
		labels = append(labels, labelOf("", f.Category))
	}
	if f.Team != "" {
		labels = append(labels, labelOf(teamLabel, f.Team))
	}
	return labels
}

// teamLabel keeps teams apart from categories.
const teamLabel = "team-"

// labelOf makes one word of a name that every tracker takes as a label.
func labelOf(prefix, name string) string {
	word := strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) || r == '-' || r == '_' || r == '.' {
			return unicode.ToLower(r)
		}
		return '-'
	}, name)
	return cut(prefix+word, longestLabel)
}

func (in PlanInput) body(f opsreview.Finding, row opsreview.Ticket, generation int) Body {
	body := Body{paragraph(strong(in.costLine(f)))}
	if generation > 1 && row.RemoteID != "" {
		body = append(body, paragraph(plain("It came back. The earlier ticket is "), link(name(row), row.URL),
			plain(", closed on "+in.day(row.ClosedAt)+".")))
	}
	if len(f.Evidence) > 0 {
		body = append(body, Block{Heading: "What was seen"}, list(f.Evidence))
	}
	if f.Remedy != "" {
		body = append(body, Block{Heading: "What to do"}, paragraph(plain(f.Remedy)))
	}
	if len(f.Pages) > 0 {
		body = append(body, Block{Heading: "Pages"}, in.pageList(f.Pages))
	}
	if f.CostMethod != "" && f.Cost > 0 {
		body = append(body, Block{Heading: "How the cost was reckoned"}, paragraph(plain(f.CostMethod)))
	}
	return append(body, in.footer(f))
}

// footer says who wrote a ticket, and that people own it.
func (in PlanInput) footer(f opsreview.Finding) Block {
	text := "Filed by opsreview"
	if f.Team != "" {
		text += " for the team " + f.Team
	}
	if !in.Window.Start.IsZero() {
		text += fmt.Sprintf(", from its review of %s to %s", in.day(in.Window.Start), in.day(in.Window.End))
	}
	text += ". The ticket is yours: edit, move and close it as you like. Only one note of opsreview's own is ever " +
		"rewritten, and nothing is closed by it. Keep the label " + FingerprintLabel(f.Fingerprint()) + ": it stands for " + f.Key + "."
	return paragraph(plain(text))
}

// costLine is the first line of a ticket: "≈ 3.4 h/week, 12 pages, 5 people".
func (in PlanInput) costLine(f opsreview.Finding) string {
	var parts []string
	switch {
	case f.Cost > 0:
		parts = append(parts, opsreview.CostText(f.Cost))
	case f.CostMethod != "":
		parts = append(parts, "It took nobody's time")
	default:
		parts = append(parts, "Its cost is not known")
	}
	if n := len(f.Pages); n > 0 {
		parts = append(parts, counted(n, "page"))
	}
	switch n := in.people(f.Pages); {
	case n == 1:
		parts = append(parts, "1 person")
	case n > 1:
		parts = append(parts, strconv.Itoa(n)+" people")
	}
	return strings.Join(parts, ", ")
}

// people counts those whom the pages notified, 0 if that is not known of all
// pages.
func (in PlanInput) people(refs []opsreview.Ref) int {
	people := map[opsreview.Ref]bool{}
	for _, ref := range refs {
		p, ok := in.Pages[ref]
		if !ok {
			return 0
		}
		for _, e := range p.Events {
			if e.Kind != opsreview.Notified {
				continue
			}
			for _, id := range e.Responders {
				people[opsreview.Ref{Source: ref.Source, ID: id}] = true
			}
		}
	}
	return len(people)
}

// pageList names pages and links to them where they are known.
func (in PlanInput) pageList(refs []opsreview.Ref) Block {
	var items [][]Span
	for _, ref := range refs[:min(len(refs), mostPages)] {
		p, ok := in.Pages[ref]
		if !ok {
			items = append(items, []Span{plain(ref.String())})
			continue
		}
		short := ref.String()
		if p.Number != "" {
			short = "#" + p.Number
		}
		items = append(items, []Span{plain(in.time(p.TriggeredAt) + " "), link(short, p.URL), plain(" " + p.Title)})
	}
	if more := len(refs) - mostPages; more > 0 {
		items = append(items, []Span{plain(fmt.Sprintf("and %d more", more))})
	}
	return Block{List: items}
}

// seenAgain is the one note that is kept on an open ticket.
func (in PlanInput) seenAgain(f opsreview.Finding, row opsreview.Ticket) Body {
	times := row.Seen
	if row.LastRun != in.Run {
		times++
	}
	text := fmt.Sprintf("Seen again: in %s since %s, last on %s.", counted(times, "review"), in.day(row.FirstAt), in.day(in.Now))
	body := Body{paragraph(strong(text), plain(" "+in.costLine(f)+"."))}
	if len(f.Evidence) > 0 {
		body = append(body, list(f.Evidence))
	}
	return append(body, paragraph(plain("opsreview keeps this one note up to date, and writes no other while the ticket is open.")))
}

// cameBack is what is said where a ticket is opened again.
func (in PlanInput) cameBack(f opsreview.Finding, row opsreview.Ticket) Body {
	text := fmt.Sprintf("It came back after this was closed on %s, so it is open again.", in.day(row.ClosedAt))
	body := Body{paragraph(strong(text), plain(" "+in.costLine(f)+"."))}
	if len(f.Evidence) > 0 {
		body = append(body, list(f.Evidence))
	}
	if len(f.Pages) > 0 {
		body = append(body, in.pageList(f.Pages))
	}
	return append(body, paragraph(plain("Close it as will not fix to hear no more of it for a while.")))
}

func (in PlanInput) zone() *time.Location {
	if in.Zone == nil {
		return time.UTC
	}
	return in.Zone
}

func (in PlanInput) day(t time.Time) string {
	if t.IsZero() {
		return "an unknown day"
	}
	return t.In(in.zone()).Format("2006-01-02")
}

func (in PlanInput) time(t time.Time) string {
	if t.IsZero() {
		return "at an unknown time"
	}
	return t.In(in.zone()).Format("Mon 2006-01-02 15:04 MST")
}

func counted(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return strconv.Itoa(n) + " " + noun + "s"
}

func paragraph(spans ...Span) Block { return Block{Paragraph: spans} }
func plain(text string) Span        { return Span{Text: text} }
func strong(text string) Span       { return Span{Text: text, Strong: true} }

// link is plain text where there is no address.
func link(text, url string) Span { return Span{Text: text, URL: url} }

func list(items []string) Block {
	var spans [][]Span
	for _, item := range items {
		spans = append(spans, []Span{plain(item)})
	}
	return Block{List: spans}
}
