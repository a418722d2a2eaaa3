package review_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"opsreview"
	"opsreview/review"
)

const aDay = 24 * time.Hour

// closedTicket was filed when the week began and closed ten days later.
func closedTicket() opsreview.Ticket {
	return opsreview.Ticket{
		Tracker: "jira/OPS", Fingerprint: "f", Generation: 1, Kind: opsreview.NoisyMonitor, Monitor: "m", Cost: 120,
		FiledAt: week().Start, ClosedAt: week().Start.Add(10 * aDay),
	}
}

// ofDays is a closed ticket with so many pages in so many days.
func ofDays(before, beforeDays, after, afterDays int) review.Closed {
	t := closedTicket()
	return review.Closed{
		Ticket: t, Before: before, After: after,
		BeforeWindow: opsreview.Window{Start: t.FiledAt.Add(-time.Duration(beforeDays) * aDay), End: t.FiledAt},
		AfterWindow:  opsreview.Window{Start: t.ClosedAt, End: t.ClosedAt.Add(time.Duration(afterDays) * aDay)},
	}
}

func TestHeld(t *testing.T) {
	changed := func(change func(*review.Closed)) review.Closed {
		c := ofDays(20, 28, 0, 28)
		change(&c)
		return c
	}
	tests := map[string]struct {
		closed  review.Closed
		verdict review.HeldVerdict
		saved   float64
		text    string
	}{
		"silence after many pages": {
			ofDays(20, 28, 0, 28), review.HasHeld, 120,
			"It held: 20 pages in the 28 days before it was filed, 0 pages in the 28 days since it was closed: 0 times the rate (95 % interval 0 to 0.20), p < 0.001. It saves 120 minutes a week.",
		},
		"fewer, and more than chance explains": {
			ofDays(30, 28, 10, 28), review.HasHeld, 80,
			"It held: 30 pages in the 28 days before it was filed, 10 pages in the 28 days since it was closed: 0.33 times the rate (95 % interval 0.15 to 0.70), p 0.002. It saves 80 minutes a week.",
		},
		"what people chose not to fix": {
			changed(func(c *review.Closed) { c.Ticket.State = opsreview.TicketSuppressed }), review.HeldUnknown, 0,
			"People chose not to fix it: there is nothing that could have held.",
		},
		"six pages and then none in as much time":                  {ofDays(6, 28, 0, 28), review.HasHeld, 120, "It held: 6 pages"},
		"four days of silence are enough after twenty-eight pages": {ofDays(28, 28, 0, 4), review.HasHeld, 120, "It held: 28 pages"},
		"three are not": {
			ofDays(28, 28, 0, 3), review.TooEarly, 0,
			"Too early to say: 28 pages in the 28 days before it was filed, 0 pages in the 3 days since it was closed: 0 times the rate (95 % interval 0 to 1.31), p 0.11. It takes at least 4 days since the closing.",
		},
		"no time since": {
			ofDays(20, 28, 0, 0), review.TooEarly, 0,
			"Too early to say: 20 pages in the 28 days before it was filed, 0 pages in the 0 hours since it was closed. It takes at least 6 days since the closing.",
		},
		"as many as before": {
			ofDays(20, 28, 20, 28), review.CameBack, 0,
			"It came back: 20 pages in the 28 days before it was filed, 20 pages in the 28 days since it was closed: 1.00 times the rate (95 % interval 0.51 to 1.96), p 1.00.",
		},
		"not many fewer":                            {ofDays(20, 28, 12, 28), review.CameBack, 0, "It came back: 20 pages"},
		"half, which chance explains":               {ofDays(6, 28, 3, 28), review.HeldUnknown, 0, "Nobody can say: 6 pages in the 28 days before it was filed, 3 pages in the 28 days since it was closed: 0.50 times the rate (95 % interval 0.081 to 2.34), p 0.51. That is fewer, but chance explains it."},
		"fewer, which chance explains for now":      {ofDays(20, 28, 2, 7), review.TooEarly, 0, "Too early to say: 20 pages in the 28 days before it was filed, 2 pages in the 7 days since it was closed: 0.40 times the rate (95 % interval 0.045 to 1.65), p 0.29. That is fewer, but chance explains it."},
		"as many as before, but in so little time":  {ofDays(20, 28, 2, 3), review.TooEarly, 0, "Too early to say: 20 pages"},
		"more than before, in however little time":  {ofDays(20, 28, 9, 3), review.CameBack, 0, "It came back: 20 pages"},
		"two pages say nothing":                     {ofDays(2, 28, 0, 28), review.HeldUnknown, 0, "Nobody can say: 2 pages in the 28 days before it was filed, 0 pages in the 28 days since it was closed: 0 times the rate (95 % interval 0 to 5.32), p 0.50. So few before tell nothing, however long it stays quiet."},
		"one page, and many after":                  {ofDays(1, 28, 12, 28), review.CameBack, 0, "It came back: 1 page in"},
		"none before":                               {ofDays(0, 28, 0, 28), review.HeldUnknown, 0, "Nobody can say: 0 pages in the 28 days before it was filed, 0 pages in the 28 days since it was closed. So few"},
		"none before, and many after":               {ofDays(0, 28, 9, 28), review.CameBack, 0, "It came back: 0 pages in the 28 days before it was filed, 9 pages in the 28 days since it was closed."},
		"a ticket of unknown cost":                  {changed(func(c *review.Closed) { c.Ticket.Cost = 0 }), review.HasHeld, 0, "It held: 20 pages"},
		"a ticket about nights counts nights":       {changed(func(c *review.Closed) { c.Ticket.Kind, c.After = opsreview.WrongHours, 1 }), review.HasHeld, 114, "It held: 20 pages in sleep hours in the 28 days before it was filed, 1 page in sleep hours in"},
		"a runbook makes no page rarer":             {changed(func(c *review.Closed) { c.Ticket.Kind = opsreview.RunbookMissing }), review.HeldUnknown, 0, "Pages cannot tell whether it held: look whether reviews still find it."},
		"a ticket about no monitor":                 {changed(func(c *review.Closed) { c.Ticket.Monitor = "" }), review.HeldUnknown, 0, "Pages cannot tell"},
		"a ticket that is open":                     {changed(func(c *review.Closed) { c.Ticket.ClosedAt = time.Time{} }), review.HeldUnknown, 0, "It is not closed."},
		"a history that does not reach back so far": {changed(func(c *review.Closed) { c.BeforeWindow = opsreview.Window{} }), review.HeldUnknown, 0, "The stored history does not reach back to before it was filed."},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			got := review.Held([]review.Closed{tt.closed})[0]
			if got.Verdict != tt.verdict || got.MinutesSaved != tt.saved || !strings.HasPrefix(got.Text, tt.text) {
				t.Errorf("%s, %v minutes saved: %s\nwant %s, %v: %s", got.Verdict, got.MinutesSaved, got.Text, tt.verdict, tt.saved, tt.text)
			}
		})
	}
}

// The interval agrees with the test up to the way in which two-sided p-values
// are made, and has the ratio in it.
func TestHeld_Interval(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	for range 500 {
		before, after := 1+r.IntN(60), r.IntN(60)
		o := review.Held([]review.Closed{ofDays(before, 28, after, 1+r.IntN(84))})[0]
		name := fmt.Sprintf("%d in %v and %d in %v", before, o.BeforeWindow.Duration(), after, o.AfterWindow.Duration())
		if !o.RatioKnown || o.RatioLow > o.Ratio || o.RatioHigh < o.Ratio || math.IsInf(o.RatioHigh, 0) || math.IsNaN(o.RatioHigh+o.RatioLow) {
			t.Errorf("%s: ratio %v, interval %v to %v", name, o.Ratio, o.RatioLow, o.RatioHigh)
		}
		outside := o.RatioLow > 1 || o.RatioHigh < 1
		if outside && o.PValue > 0.05 || !outside && o.PValue < 0.02 {
			t.Errorf("%s: p %v and the interval %v to %v disagree", name, o.PValue, o.RatioLow, o.RatioHigh)
		}
	}
	// Found by bisection on sums of binomial probabilities: 10 of 40 has the
	// interval 0.126915 to 0.411962 (Clopper and Pearson).
	o := review.Held([]review.Closed{ofDays(30, 28, 10, 28)})[0]
	if math.Abs(o.RatioLow-0.1453636) > 1e-6 || math.Abs(o.RatioHigh-0.7005703) > 1e-6 {
		t.Errorf("interval %v to %v", o.RatioLow, o.RatioHigh)
	}
}

func TestHeld_WhatCameBackIsToldFirst(t *testing.T) {
	var closed []review.Closed
	add := func(name string, cost float64, c review.Closed) {
		c.Ticket.Fingerprint, c.Ticket.Cost = name, cost
		closed = append(closed, c)
	}
	add("unknown", 900, ofDays(1, 28, 0, 28))
	add("early", 800, ofDays(20, 28, 0, 1))
	add("held a little", 60, ofDays(30, 28, 10, 28))
	add("held b", 60, ofDays(20, 28, 0, 28))
	add("held a", 60, ofDays(20, 28, 0, 28))
	add("back cheap", 10, ofDays(20, 28, 30, 28))
	add("back dear", 20, ofDays(20, 28, 20, 28))
	want := []string{"back dear", "back cheap", "held a", "held b", "held a little", "early", "unknown"}
	for range 5 {
		rand.Shuffle(len(closed), func(i, j int) { closed[i], closed[j] = closed[j], closed[i] })
		var got []string
		for _, o := range review.Prepare(review.Input{Window: week(), Closed: closed}).Closed {
			got = append(got, o.Ticket.Fingerprint)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatalf("order (-want +got):\n%s", diff)
		}
	}
}

func TestClosedOf(t *testing.T) {
	filed, shut := closedTicket().FiledAt, closedTicket().ClosedAt
	at := func(times ...time.Time) []opsreview.Page {
		var pages []opsreview.Page
		for i, at := range times {
			p := page(fmt.Sprint("P", i), at, notify(0, opsreview.SMS, "ada"))
			p.Monitor = "m"
			pages = append(pages, p)
		}
		return pages
	}
	daily := func(n int, from time.Time) []time.Time {
		var all []time.Time
		for i := range n {
			all = append(all, from.Add(time.Duration(i)*aDay))
		}
		return all
	}
	long, since, late := filed.Add(-28*aDay), filed.AddDate(-1, 0, 0), shut.AddDate(1, 0, 0)
	tests := map[string]struct {
		change     func(*opsreview.Ticket)
		pages      []opsreview.Page
		since, now time.Time
		want       string // pages before and after, and the days of both windows
	}{
		"both ends are half-open":                 {nil, at(long.Add(-1), long, filed.Add(-1), filed, shut.Add(-1), shut, shut.Add(28*aDay)), since, late, "2 in 28, 1 in 28"},
		"many pages before need no more time":     {nil, at(daily(20, long)...), since, late, "20 in 28, 0 in 28"},
		"few pages before need more":              {nil, at(daily(4, long)...), since, late, "4 in 28, 0 in 32"},
		"fewest need most":                        {nil, at(daily(3, long)...), since, late, "3 in 28, 0 in 49"},
		"too few are given no more":               {nil, at(daily(2, long)...), since, late, "2 in 28, 0 in 28"},
		"what has not happened is not waited for": {nil, at(daily(20, long)...), since, shut.Add(5 * aDay), "20 in 28, 0 in 5"},
		"now is before the closing":               {nil, nil, since, shut.Add(-aDay), "0 in 28, 0 in 0"},
		"a history that is shorter":               {nil, at(daily(28, long)...), filed.Add(-10 * aDay), late, "10 in 10, 0 in 28"},
		"a history that began after the filing":   {nil, at(daily(28, long)...), filed, late, "0 in 0, 0 in 0"},
		"no history":                              {nil, at(daily(28, long)...), time.Time{}, late, "0 in 0, 0 in 0"},
		"another monitor's pages":                 {func(t *opsreview.Ticket) { t.Monitor = "x" }, at(daily(20, long)...), since, late, "0 in 28, 0 in 28"},
		"a kind of which pages say nothing":       {func(t *opsreview.Ticket) { t.Kind = opsreview.RunbookPoor }, at(daily(20, long)...), since, late, "0 in 0, 0 in 0"},
		"a ticket that is open":                   {func(t *opsreview.Ticket) { t.ClosedAt = time.Time{} }, at(daily(20, long)...), since, late, "0 in 0, 0 in 0"},
		"one found again by its labels":           {func(t *opsreview.Ticket) { t.FiledAt, t.FirstAt = time.Time{}, filed }, at(daily(20, long)...), since, late, "20 in 28, 0 in 28"},
		"pages by day are nothing to nights":      {func(t *opsreview.Ticket) { t.Kind = opsreview.WrongHours }, at(daily(20, long.Add(12*time.Hour))...), since, late, "0 in 28, 0 in 28"},
		"pages by night are":                      {func(t *opsreview.Ticket) { t.Kind = opsreview.WrongHours }, at(daily(20, long.Add(23*time.Hour))...), since, late, "20 in 28, 0 in 28"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			ticket := closedTicket()
			if tt.change != nil {
				tt.change(&ticket)
			}
			roster := review.NewRoster(org(), []opsreview.Responder{responder("ada", "UTC")}, "")
			c := review.ClosedOf(ticket, tt.pages, roster, tt.since, tt.now)
			got := fmt.Sprintf("%d in %.0f, %d in %.0f", c.Before, c.BeforeWindow.Duration().Hours()/24, c.After, c.AfterWindow.Duration().Hours()/24)
			if got != tt.want {
				t.Errorf("counted %s, want %s", got, tt.want)
			}
			if span := review.HeldSpan(ticket); !c.BeforeWindow.IsZero() && (c.BeforeWindow.Start.Before(span.Start) || c.AfterWindow.End.After(span.End)) {
				t.Errorf("pages were counted outside of %v", span)
			}
		})
	}
}
