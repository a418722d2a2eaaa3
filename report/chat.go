package report

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// Bounds of one message in Slack: its documentation allows 150 characters in a
// header, 3000 in a section and 50 blocks, and asks for messages that are far
// shorter.
const (
	maxHeader  = 150
	maxSection = 2900
	chatTopics = 5
	chatRows   = 8
)

// A Chat is the report as a chat message in Slack's mrkdwn: its sections are
// within Slack's limits. What is left out is counted.
type Chat struct {
	Title    string   // plain text
	Sections []string // mrkdwn
}

// chatOf renders the report's essence for a chat.
func chatOf(d Data) Chat {
	h, o := d.Review.Headline, d.Review.Headline.Outcomes
	c := Chat{Title: fitRunes(d.Title(), maxHeader)}
	head := []string{
		mrkdwn(d.span()),
		fmt.Sprintf("*%s*, %s: %d handled, %d ignored, %d wasted, %d noise", plural(h.Pages, "page"), mrkdwn(coverage(h)), o.Handled, o.Ignored, o.Wasted, o.Noise),
	}
	for _, fact := range d.facts() {
		head = append(head, "• "+mrkdwn(fact))
	}
	for _, text := range d.withheld() {
		head = append(head, "• "+mrkdwn(text))
	}
	if text := d.budgetHeadline(); text != "" {
		head = append(head, "• "+mrkdwn("Error budgets: "+text))
	}
	if line := d.chatLook(); line != "" {
		head = append(head, line)
	}
	if r := d.Review.Toil; r != nil {
		head = append(head, "• "+mrkdwn("Toil: "+toilHeadline(*r)))
	}
	if text, first := d.workHeadline(); text != "" {
		head = append(head, "• "+mrkdwn("Needs work: "+text)+": "+chatCode(first))
	}
	if text := d.closedHeadline(); text != "" {
		head = append(head, "• "+mrkdwn(upper(text)))
	}
	c.add("", head, len(head), 0)
	c.add("*Over the limits*", d.chatBreaches(), chatRows, 0)
	c.add("*Worth discussing*", d.chatTopics(), chatTopics, d.Review.More)
	c.add("*Monitors by cost*", d.chatMonitors(), chatRows, 0)
	var changes, gaps []string
	for _, ch := range d.changes() {
		changes = append(changes, "• "+chatCode(ch.Title)+": "+mrkdwn(ch.Sentence))
	}
	c.add("*What to change*", changes, chatRows, 0)
	for _, g := range d.Review.Gaps {
		gaps = append(gaps, "• "+mrkdwn(g.Subject)+": "+mrkdwn(g.Text))
	}
	c.add("*Not computed*", gaps, chatRows, 0)
	return c
}

func (d Data) chatBreaches() []string {
	var lines []string
	for _, b := range d.breaches() {
		lines = append(lines, "• "+mrkdwn(b.Name)+": "+mrkdwn(strings.Join(b.Texts, "; ")))
	}
	return lines
}

func (d Data) chatTopics() []string {
	var lines []string
	for _, t := range d.Review.Discuss {
		lines = append(lines, fmt.Sprintf("• %s %s: %s", when(t.At, d.zone()), chatCode(title(t.Title)), mrkdwn(strings.Join(t.Reasons, "; "))))
	}
	return lines
}

func (d Data) chatMonitors() []string {
	var lines []string
	for _, m := range d.Review.Monitors {
		cost := fmt.Sprintf(", %s (%d in sleep hours)", plural(m.Interruptions.Total(), "interruption"), m.Interruptions.Sleep)
		if m.Withheld {
			cost = ""
		}
		lines = append(lines, fmt.Sprintf("• %s %s%s, %s", chatCode(title(m.Monitor.Title)), plural(len(m.Pages), "page"), cost, verdict(m.Outcomes)))
	}
	return lines
}

// add appends one section of at most limit lines and Slack's size. More says
// how many there are beyond the lines already.
func (c *Chat) add(heading string, lines []string, limit, more int) {
	if len(lines) == 0 {
		return
	}
	var kept []string
	size := utf8.RuneCountInString(heading)
	for _, line := range lines {
		line = fitRunes(line, 600)
		size += utf8.RuneCountInString(line) + 1
		if len(kept) == limit || size > maxSection {
			break
		}
		kept = append(kept, line)
	}
	if rest := len(lines) - len(kept) + more; rest > 0 {
		kept = append(kept, fmt.Sprintf("_and %d more: see the whole review_", rest))
	}
	if heading != "" {
		kept = append([]string{heading}, kept...)
	}
	c.Sections = append(c.Sections, strings.Join(kept, "\n"))
}

// fitRunes cuts a text to n characters. It does not cut an entity in two, which
// would leave half of it to be read.
func fitRunes(s string, n int) string {
	if utf8.RuneCountInString(s) <= n {
		return s
	}
	cut := string([]rune(s)[:n-1])
	if at := strings.LastIndexByte(cut, '&'); at >= 0 && !strings.Contains(cut[at:], ";") {
		cut = cut[:at]
	}
	if strings.Count(cut, "`")%2 == 1 {
		return cut[:len(cut)-1] + "`…"
	}
	return cut + "…"
}

// Slack knows three entities and no escapes. Signs that format become others
// that look the same.
var mrkdwnEscapes = strings.NewReplacer(
	"&", "&amp;", "<", "&lt;", ">", "&gt;", "*", "∗", "~", "∼", "`", "'", "_", joiner+"_"+joiner,
	"@", "@"+joiner, "://", ":"+joiner+"//",
)

func mrkdwn(s string) string { return mrkdwnEscapes.Replace(clean(s)) }

var codeEscapes = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", "`", "'")

func chatCode(s string) string { return "`" + codeEscapes.Replace(clean(s)) + "`" }
