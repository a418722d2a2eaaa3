package pagerduty

import (
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"time"

	"opsreview"
	"opsreview/ingest"
)

const (
	resolvedSpan   = 14 * 24 * time.Hour // notes are written and edited this long after an incident
	createdSpan    = 28 * 24 * time.Hour // incidents that took longer are rare
	mostNotesAsked = 500                 // requests that one daily pass may spend on it
)

// resolved notes daily that the notes of incidents resolved in the last two
// weeks are to be read once more: notes are edited, and a late one is found
// without waiting for its log entry. Incidents that are not stored are read whole. The latest resolved come first; what is
// beyond the budget is left.
func (p *puller) resolved(ctx context.Context) error {
	if !on(p.cfg.Notes) || p.now.Sub(p.st.NotesAt) < daily {
		return nil
	}
	q := p.teamQuery(url.Values{
		"statuses[]": {"resolved"}, "sort_by": {"resolved_at:desc"}, "time_zone": {"UTC"},
		"since": {p.now.Add(-createdSpan).Format(time.RFC3339)}, "until": {p.now.Format(time.RFC3339)},
	})
	pr := ingest.Progress{Phase: phaseResolved, Done: 1}
	for asked := 0; ; {
		l, err := p.list(ctx, "/incidents", "incidents", q, asked)
		if err != nil {
			if err := p.optional(ctx, phaseResolved, err); err != nil {
				return err
			}
			break
		}
		recent, err := p.markResolved(ctx, l.rows[:min(len(l.rows), mostNotesAsked-asked)])
		if err != nil {
			return err
		}
		asked += recent
		if recent < len(l.rows) || !l.more || recent == 0 {
			if asked == mostNotesAsked {
				pr.Note = fmt.Sprintf("only the notes of the latest %d resolved incidents are read again", mostNotesAsked)
			}
			break
		}
	}
	p.st.NotesAt = p.now
	return p.save(ctx, opsreview.Batch{}, pr)
}

// markResolved notes that the notes of incidents are to be read, and all of
// those that are not stored. It returns how many of the rows it took: those up
// to the first that ended too long ago.
func (p *puller) markResolved(ctx context.Context, rows []json.RawMessage) (int, error) {
	ids := make([]string, 0, len(rows))
	for _, row := range rows {
		var inc apiIncident
		_ = decode(row, &inc) // what cannot be read has no end, and is not found when it is asked for
		if end := inc.ended(); !end.IsZero() && end.Before(p.now.Add(-resolvedSpan)) {
			break
		}
		ids = append(ids, identity(row))
	}
	stored, err := p.session.Stored(ctx, ids)
	if err != nil {
		return 0, err
	}
	for _, id := range ids {
		w := wantNotes
		if _, ok := stored[id]; !ok {
			w = wantTimeline | p.extras()
		}
		p.st.mark(id, w)
	}
	return len(ids), nil
}
