package tickettest_test

import (
	"testing"
	"time"

	"opsreview/ticket"
	"opsreview/ticket/tickettest"
)

func TestTracker(t *testing.T) {
	tickettest.RunTracker(t, func(testing.TB) tickettest.Fixture {
		now := time.Date(2026, 3, 9, 9, 0, 0, 0, time.UTC)
		m := tickettest.NewTracker(func() time.Time { return now })
		m.Can.Settle = time.Minute
		m.Lag = func() time.Duration { return 30 * time.Second }
		return tickettest.Fixture{
			Tracker: m,
			Settle:  func() { now = now.Add(time.Minute) },
			Close:   m.Close,
			Edit:    func(id, title string) { m.Edit(id, func(i *tickettest.Issue) { i.Title = title }) },
			RemoveLabel: func(id, label string) {
				m.Edit(id, func(i *tickettest.Issue) {
					i.Labels = without(i.Labels, label)
				})
			},
			Delete: m.Delete,
			Notes: func(id string) (notes []string) {
				m.Edit(id, func(i *tickettest.Issue) {
					for _, n := range i.Notes {
						notes = append(notes, n)
					}
				})
				return notes
			},
			Body: func(id string) (body string) {
				m.Edit(id, func(i *tickettest.Issue) { body = ticket.RenderMarkdown(i.Draft.Body, 0) })
				return body
			},
		}
	})
}

func without(labels []string, label string) (rest []string) {
	for _, l := range labels {
		if l != label {
			rest = append(rest, l)
		}
	}
	return rest
}

func TestLedger(t *testing.T) {
	tickettest.RunLedger(t, func(testing.TB) ticket.Ledger { return tickettest.NewLedger() })
}
