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
// without waiting for its log entry. The latest resolved come first; what is
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
		recent := p.markNotes(l.rows[:min(len(l.rows), mostNotesAsked-asked)])
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

// markNotes notes that the notes of incidents are to be read, and returns how
// many of the rows it took: those up to the first that ended too long ago.
func (p *puller) markNotes(rows []json.RawMessage) int {
	for i, row := range rows {
		var inc apiIncident
		if decode(row, &inc) != nil || inc.ID == "" {
			continue // the log entries have it as a reject
		}
		if end := inc.ended(); !end.IsZero() && end.Before(p.now.Add(-resolvedSpan)) {
			return i
		}
		p.st.mark(inc.ID, wantNotes)
	}
	return len(rows)
}
