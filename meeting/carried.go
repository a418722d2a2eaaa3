package meeting

import (
	"cmp"
	"fmt"
	"slices"

	"opsreview"
)

// Carried lists the actions of reviews of earlier windows than at's that are not
// done, oldest first, with what the ledger says of their tickets. An action
// whose ticket was closed since at began is listed a last time, so that the
// meeting hears of it; one whose ticket was closed before is done.
func Carried(meetings []opsreview.Meeting, items []opsreview.MeetingItem, tickets []opsreview.Ticket, at opsreview.Window) []CarryOver {
	from := make(map[string]opsreview.Meeting, len(meetings))
	for _, m := range meetings {
		if m.Window.Start.Before(at.Start) {
			from[m.ID] = m
		}
	}
	var carried []CarryOver
	for _, i := range items {
		m, ok := from[i.Meeting]
		if !ok || i.Kind != opsreview.ItemAction || i.DoneBy != "" || i.WithdrawnBy != "" {
			continue
		}
		c := CarryOver{Item: i, From: m, Age: max(0, at.End.Sub(i.At)), Due: !i.Due.IsZero() && !i.Due.After(at.End)}
		for n := range tickets {
			if i.Ticket != "" && (tickets[n].RemoteKey == i.Ticket || tickets[n].URL == i.Ticket) {
				c.Ticket = &tickets[n]
			}
		}
		if c.Ticket != nil && c.Ticket.Stands == opsreview.TicketDone && c.Ticket.ClosedAt.Before(at.Start) {
			continue
		}
		c.Text = standsAt(c)
		carried = append(carried, c)
	}
	slices.SortStableFunc(carried, func(a, b CarryOver) int {
		return cmp.Or(a.Item.At.Compare(b.Item.At), cmp.Compare(a.Item.ID, b.Item.ID))
	})
	return carried
}

// standsAt says where an action stands.
func standsAt(c CarryOver) string {
	days := int(c.Age.Hours() / 24)
	age := fmt.Sprintf("%d days old", days)
	if days == 1 {
		age = "1 day old"
	}
	if c.Due {
		age += ", and due"
	}
	switch {
	case c.Item.Ticket == "":
		return age + "; it has no ticket"
	case c.Ticket == nil:
		return fmt.Sprintf("%s; nothing is known of %s here", age, c.Item.Ticket)
	case c.Ticket.Stands == opsreview.TicketDone:
		return fmt.Sprintf("%s; %s is done since %s", age, c.Item.Ticket, c.Ticket.ClosedAt.Format("2006-01-02"))
	case c.Ticket.State == opsreview.TicketGone:
		return fmt.Sprintf("%s; %s is gone", age, c.Item.Ticket)
	case c.Ticket.Status == "":
		return fmt.Sprintf("%s; %s is open", age, c.Item.Ticket)
	}
	return fmt.Sprintf("%s; %s is %q", age, c.Item.Ticket, c.Ticket.Status)
}
