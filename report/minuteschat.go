package report

import (
	"fmt"

	"opsreview/meeting"
)

// minutesChat renders the essence of minutes for a chat: how the week was, what
// was decided, and what was let pass.
func minutesChat(m meeting.Minutes) Chat {
	p := minutesOf(m).protocol()
	c := Chat{Title: fitRunes(p.Title, maxHeader)}
	head := []string{mrkdwn(p.Span), mrkdwn(p.Stand) + ". " + mrkdwn(p.Led)}
	for _, x := range p.Look {
		head = append(head, fmt.Sprintf("• *%s*: %s", mrkdwn(x.Name), mrkdwn(x.Text)))
	}
	c.add("", head, len(head), 0)
	var forced, actions, waivers []string
	if p.Forced != "" {
		forced = append(forced, mrkdwn(p.Forced))
	}
	for _, text := range p.ForcedOpen {
		forced = append(forced, "• "+mrkdwn(text))
	}
	c.add("*Closed in spite of what was open*", forced, chatRows, 0)
	for _, a := range p.Actions {
		actions = append(actions, fmt.Sprintf("• %s (%s)", mrkdwn(a.Text), mrkdwn(a.About)))
	}
	c.add("*Decided*", actions, chatRows, 0)
	for _, w := range p.Waivers {
		waivers = append(waivers, "• "+chatCode(w.Name)+": "+mrkdwn(w.Text))
	}
	c.add("*May pass without a ticket for a time*", waivers, chatRows, 0)
	return c
}
