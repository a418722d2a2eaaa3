package server

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"slices"
	"time"

	"opsreview"
	"opsreview/meeting"
	"opsreview/store"
)

// minutes are those of a meeting: as it sees things while it is open, and as it
// saw them once it is closed. What is prepared is nil for a closed one.
func (f *facts) minutes(ctx context.Context, m opsreview.Meeting) (meeting.Minutes, *prepared, error) {
	if m.State == opsreview.MeetingClosed {
		kept, err := meeting.Kept(m)
		return kept, nil, err
	}
	minutes, p, err := f.liveMinutes(ctx, m)
	return minutes, &p, err
}

// liveMinutes computes what a meeting sees now, what was said in it and what
// keeps it from being closed.
func (f *facts) liveMinutes(ctx context.Context, m opsreview.Meeting) (meeting.Minutes, prepared, error) {
	out := meeting.Minutes{Meeting: m}
	snapshot, p, err := f.snapshot(ctx, m.Team, m.Window)
	if err != nil {
		return out, p, err
	}
	out.Snapshot = snapshot.Snapshot
	if out.Items, err = f.db.MeetingItems(ctx, store.MeetingItemFilter{Meetings: []string{m.ID}}); err != nil {
		return out, p, err
	}
	if out.Carried, err = f.carried(ctx, m, snapshot.tickets, p.in.Zone); err != nil {
		return out, p, err
	}
	waivers, err := f.waivers(ctx, m.Team)
	if err != nil {
		return out, p, err
	}
	out.Waivers = concerning(waivers, m.Window, p.in.Now)
	out.Open = meeting.Gate(meeting.GateInput{
		Snapshot: out.Snapshot, Tickets: snapshot.tickets, Waivers: waivers, Actions: out.Items, Now: p.in.Now,
	})
	if len(m.Opened) > 0 {
		opened, err := meeting.Decode(m.Opened)
		if err != nil {
			return out, p, err
		}
		out.Changes = meeting.Diff(opened, out.Snapshot)
	}
	return out, p, nil
}

// A taken snapshot comes with the rows of the ledger that it was taken of.
type taken struct {
	meeting.Snapshot
	tickets []opsreview.Ticket
}

// snapshot takes what a review of the team over the window sees now.
func (f *facts) snapshot(ctx context.Context, team string, w opsreview.Window) (taken, prepared, error) {
	p, err := f.prepare(ctx, team, specOf(w), everyChart)
	if err != nil {
		return taken{}, p, err
	}
	tickets, err := f.db.ListTickets(ctx, store.TicketFilter{Tracker: f.trackerName(), Team: p.sc.team})
	if err != nil {
		return taken{}, p, err
	}
	facts := meeting.Facts{Review: p.review, Pages: p.in.Pages, Tickets: tickets, At: p.in.Now}
	return taken{meeting.Take(facts), tickets}, p, nil
}

// specOf asks for exactly the window.
func specOf(w opsreview.Window) opsreview.WindowSpec {
	return opsreview.WindowSpec{From: w.Start.Format(time.RFC3339Nano), To: w.End.Format(time.RFC3339Nano)}
}

// carried lists the actions of the team's earlier reviews that are not done. The
// zone is the team's, for the dates in words.
func (f *facts) carried(ctx context.Context, m opsreview.Meeting, tickets []opsreview.Ticket, zone *time.Location) ([]meeting.CarryOver, error) {
	earlier, err := f.db.Meetings(ctx, store.MeetingFilter{Team: &m.Team, Before: m.Window.Start, Brief: true})
	if err != nil {
		return nil, err
	}
	ids := make([]string, len(earlier))
	for i, e := range earlier {
		ids[i] = e.ID
	}
	items, err := f.db.MeetingItems(ctx, store.MeetingItemFilter{Meetings: ids, ToDo: true})
	if err != nil {
		return nil, err
	}
	return meeting.Carried(earlier, items, tickets, opsreview.Window{Start: m.Window.Start.In(zone), End: m.Window.End.In(zone)}), nil
}

// waivers are those of a team, and every team's for a review of everybody.
func (f *facts) waivers(ctx context.Context, team string) ([]opsreview.Waiver, error) {
	if team == "" {
		return f.db.Waivers(ctx, nil)
	}
	return f.db.Waivers(ctx, &team)
}

// concerning are the waivers that minutes tell of: those in force, and those
// that have ended since the window began.
func concerning(all []opsreview.Waiver, w opsreview.Window, now time.Time) []opsreview.Waiver {
	return slices.DeleteFunc(slices.Clone(all), func(v opsreview.Waiver) bool {
		ended := v.Expires
		if v.WithdrawnBy != "" && v.WithdrawnAt.Before(ended) {
			ended = v.WithdrawnAt
		}
		return !v.InForce(now) && ended.Before(w.Start)
	})
}

// definitionsName names the definitions that a snapshot's numbers were computed
// with: the same name is the same definitions.
func definitionsName(s meeting.Snapshot) string {
	h := sha256.New()
	for _, id := range slices.Sorted(maps.Keys(s.Definitions)) {
		_, _ = fmt.Fprintf(h, "%s/%d\n", id, s.Definitions[id]) // a hash never fails
	}
	return hex.EncodeToString(h.Sum(nil)[:6])
}
