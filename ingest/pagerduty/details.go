package pagerduty

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"

	"opsreview"
	"opsreview/ingest"
	"opsreview/internal/rest"
)

const (
	detailsAtOnce = 25 // incidents whose details are saved together
	mostTrouble   = 3  // failures in a row after which details wait for the next pull
)

// details reads alerts, notes and whole timelines of the incidents that are
// marked. They enrich what the log entries said: one that cannot be read does
// not stop the pull.
func (p *puller) details(ctx context.Context) error {
	ids := p.st.waiting(p.now)
	trouble, unseen := 0, 0
	for start := 0; start < len(ids); start += detailsAtOnce {
		f := p.facts()
		chunk := ids[start:min(len(ids), start+detailsAtOnce)]
		for _, id := range chunk {
			err := p.detail(ctx, f, id, p.st.Dirty[id])
			switch {
			case err == nil, gone(err):
				delete(p.st.Dirty, id)
				trouble = 0
				if err != nil {
					unseen++
				}
			case ctx.Err() != nil || rest.Status(err) == http.StatusUnauthorized:
				return err
			default:
				trouble++
			}
			if trouble >= mostTrouble {
				return p.save(ctx, f.done(), ingest.Progress{Phase: phaseDetails, Note: "details wait: " + opsreview.ErrorMessage(err)})
			}
		}
		pr := ingest.Progress{Phase: phaseDetails, Done: float64(start+len(chunk)) / float64(len(ids))}
		if pr.Done == 1 && unseen > 0 {
			pr.Note = fmt.Sprintf("access lost: alerts, notes or timelines of %d incidents can no longer be seen; what is stored is kept", unseen)
		}
		if err := p.save(ctx, f.done(), pr); err != nil {
			return err
		}
	}
	return nil
}

// gone reports whether err means that an incident cannot be seen any more, or
// never could: deleted, not in the plan, or access was lost with its resolution
// (code 2018).
func gone(err error) bool {
	switch rest.Status(err) {
	case http.StatusNotFound, http.StatusGone, http.StatusForbidden, http.StatusBadRequest, http.StatusPaymentRequired:
		return true
	}
	return false
}

// detail reads what is wanted of one incident.
func (p *puller) detail(ctx context.Context, f *facts, id string, w want) error {
	path := "/incidents/" + url.PathEscape(id)
	if w&wantTimeline != 0 {
		if err := p.timeline(ctx, f, path); err != nil {
			return err
		}
	}
	var refused error // who may not see the alerts may still see the notes
	if w&wantAlerts != 0 {
		rows, err := p.all(ctx, path+"/alerts", "alerts", nil)
		if err != nil && !gone(err) {
			return err
		}
		refused = err
		f.rows("alert", rows, id)
	}
	if w&wantNotes == 0 {
		return refused
	}
	body, err := p.get(ctx, path+"/notes", nil)
	if err != nil {
		return err
	}
	l, err := readListing(path+"/notes", "notes", body)
	f.rows("note", l.rows, id)
	return cmp.Or(err, refused)
}

// timeline reads an incident and all its log entries.
func (p *puller) timeline(ctx context.Context, f *facts, path string) error {
	body, err := p.get(ctx, path, nil)
	if err != nil {
		return err
	}
	var answer struct {
		Incident json.RawMessage `json:"incident"`
	}
	_ = json.Unmarshal(body, &answer) // checked to be JSON; what is missing becomes a reject
	if f.item("incident", answer.Incident) != nil {
		return nil
	}
	rows, err := p.all(ctx, path+"/log_entries", "log_entries", url.Values{
		"time_zone": {"UTC"}, "is_overview": {"false"}, "include[]": {"incidents", "channels", "services", "teams"},
	})
	for _, row := range rows {
		_ = f.item("log_entry", row) // what cannot be read is in the batch as a reject
	}
	return err
}

// rows adds items that belong to one incident without saying so.
func (f *facts) rows(kind string, rows []json.RawMessage, incident string) {
	for _, row := range rows {
		_ = f.item(kind, within(row, incident)) // what cannot be read is in the batch as a reject
	}
}
