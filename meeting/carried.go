package meeting

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"opsreview"
)

// Carried lists the actions of reviews of earlier windows than at's that are not
// done, oldest first, with what the ledger says of their tickets. Reviews that
// nobody closed count too: what was agreed in them is not lost. An action whose
// ticket is done is listed once more, so that a meeting hears of it; it is done
// for the reviews after the first that was closed since.
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
		c := CarryOver{Item: i, From: m, Age: max(0, at.End.Sub(i.At)), Due: !i.Due.IsZero() && !i.Due.After(at.End), Ticket: ticketOf(i, tickets)}
		if c.Done() && heard(c, from) {
			continue
		}
		c.Text = standsAt(c, at.End.Location())
		carried = append(carried, c)
	}
	slices.SortStableFunc(carried, func(a, b CarryOver) int {
		return cmp.Or(a.Item.At.Compare(b.Item.At), cmp.Compare(a.Item.ID, b.Item.ID))
	})
	return carried
}

// ticketOf finds what the ledger knows of an action's ticket, which people name
// by its key, in capitals or not, or by its address; nil if that is nothing.
func ticketOf(i opsreview.MeetingItem, tickets []opsreview.Ticket) *opsreview.Ticket {
	var found *opsreview.Ticket
	for _, t := range tickets {
		named := i.Ticket != "" && (strings.EqualFold(t.RemoteKey, i.Ticket) || t.URL == i.Ticket)
		if named && (found == nil || t.Generation > found.Generation) {
			found = &t
		}
	}
	return found
}

// heard reports whether a review after the one that agreed on the action was
// closed since its ticket was.
func heard(c CarryOver, earlier map[string]opsreview.Meeting) bool {
	for _, m := range earlier {
		if m.Window.Start.After(c.From.Window.Start) && m.State == opsreview.MeetingClosed && m.ClosedAt.After(c.Ticket.ClosedAt) {
			return true
		}
	}
	return false
}

// standsAt says where an action stands.
func standsAt(c CarryOver, zone *time.Location) string {
	age := count(int(c.Age.Hours()/24), "day") + " old"
	switch {
	case c.Done() && c.Ticket.ClosedAt.IsZero():
		return fmt.Sprintf("%s; %s is done", age, c.Item.Ticket)
	case c.Done():
		return fmt.Sprintf("%s; %s is done since %s", age, c.Item.Ticket, c.Ticket.ClosedAt.In(zone).Format("Mon 2 Jan"))
	}
	if c.Due {
		age += ", and due"
	}
	switch {
	case c.Item.Ticket == "":
		return age + "; it has no ticket"
	case c.Ticket == nil:
		return fmt.Sprintf("%s; nothing is known of %s here", age, c.Item.Ticket)
	case c.Ticket.State == opsreview.TicketGone:
		return fmt.Sprintf("%s; %s is gone", age, c.Item.Ticket)
	case c.Ticket.Status == "":
		return fmt.Sprintf("%s; %s is open", age, c.Item.Ticket)
	}
	return fmt.Sprintf("%s; %s is %q", age, c.Item.Ticket, c.Ticket.Status)
}
