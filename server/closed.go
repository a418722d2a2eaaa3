package server

import (
	"context"
	"fmt"
	"slices"
	"time"

	"opsreview"
	"opsreview/review"
	"opsreview/store"
)

const (
	// closedDays is how long before the end of a review's window a ticket may have
	// been closed to be talked of: as long as pages are counted after it.
	closedDays = 84

	// mostClosed is how many closed tickets one answer looks into, the last closed
	// first. It bounds the work: the pages of each one's monitor are read.
	mostClosed = 200
)

// addClosed adds the team's tickets that were closed in the window or not long
// before it, and what their monitors did.
func (f *facts) addClosed(ctx context.Context, sc scope, in *review.Input) error {
	rows, err := f.db.ListTickets(ctx, store.TicketFilter{
		Tracker: f.trackerName(), Team: sc.team, Stands: []opsreview.StatusCategory{opsreview.TicketDone},
		Closed: opsreview.Window{Start: in.Window.End.AddDate(0, 0, -closedDays), End: in.Window.End},
	})
	if err != nil {
		return err
	}
	slices.SortStableFunc(rows, func(a, b opsreview.Ticket) int { return b.ClosedAt.Compare(a.ClosedAt) })
	if n := len(rows) - mostClosed; n > 0 {
		rows = rows[:mostClosed]
		in.LeftOut = append(in.LeftOut, review.Gap{
			Subject: "closed tickets", Text: fmt.Sprintf("%d that were closed earlier are left out: name a team, or see ticket list", n),
		})
	}
	in.Closed, err = f.closed(ctx, sc, rows)
	return err
}

// closed counts the pages before and after those of the tickets that are closed.
// Of more than mostClosed the rest are told nothing of.
func (f *facts) closed(ctx context.Context, sc scope, rows []opsreview.Ticket) ([]review.Closed, error) {
	since, err := f.db.DataSince(ctx)
	if err != nil {
		return nil, err
	}
	known, err := f.knowledge(ctx)
	if err != nil {
		return nil, err
	}
	var all []review.Closed
	for _, t := range rows {
		if t.ClosedAt.IsZero() || len(all) == mostClosed {
			continue
		}
		var pages []opsreview.Page
		if span := review.HeldSpan(t); !span.IsZero() {
			filter := store.PageFilter{Monitor: t.Monitor, Window: span, WithoutEvents: t.Kind != opsreview.WrongHours}
			if pages, err = f.db.Pages(ctx, filter); err != nil {
				return nil, err
			}
		}
		all = append(all, review.ClosedOf(t, pages, sc.roster, since, known.until(pages, f.now())))
	}
	return all, nil
}

// knowledge is how far the stored history reaches. Days of which nothing was
// pulled or imported are not days without a page.
type knowledge struct {
	synced map[string]time.Time // by source that is pulled
	last   time.Time            // just after the last page of all began
}

func (f *facts) knowledge(ctx context.Context) (knowledge, error) {
	k := knowledge{synced: map[string]time.Time{}}
	sources, err := f.db.Sources(ctx)
	if err != nil {
		return k, err
	}
	for _, h := range sources {
		k.synced[h.Name] = h.SyncedTo
	}
	last, err := f.db.DataUntil(ctx)
	if !last.IsZero() {
		k.last = last.Add(time.Millisecond)
	}
	return k, err
}

// until is up to when a monitor's pages are known: up to the last sync of the
// sources that they are from or, where those are imported, to the last page that
// anything sent.
func (k knowledge) until(pages []opsreview.Page, now time.Time) time.Time {
	var until time.Time
	for _, p := range pages {
		if at := k.synced[p.Source]; at.After(until) {
			until = at
		}
	}
	if until.IsZero() {
		until = k.last
	}
	if until.After(now) {
		return now
	}
	return until
}

// ticketsOf returns the latest tickets of the findings that have one.
func (f *facts) ticketsOf(ctx context.Context, findings []opsreview.Finding) ([]opsreview.Ticket, error) {
	var found []opsreview.Ticket
	for _, finding := range findings {
		rows, err := f.db.ListTickets(ctx, store.TicketFilter{Tracker: f.trackerName(), Fingerprint: finding.Fingerprint()})
		if err != nil {
			return nil, err
		}
		if n := len(rows); n > 0 {
			found = append(found, rows[n-1])
		}
	}
	return found, nil
}
