package pagerduty

import (
	"context"
	"encoding/json"
	"net/http"
	"time"

	"opsreview"
	"opsreview/ingest"
	"opsreview/internal/rest"
)

const (
	analyticsSpan  = 48 * time.Hour
	analyticsSlack = 2 * time.Second // by which two records of one resolution may differ
	mostAnalytics  = 20              // answers of up to a thousand rows in one pull
	mostChanged    = 500             // incidents that one pull reads because of them
)

// analytics asks daily which incidents changed of late, where the key permits
// it: it is the only list that can be asked by change. Incidents that are not
// stored, or that ended or were reopened unseen, are read whole.
func (p *puller) analytics(ctx context.Context) error {
	if p.now.Sub(p.st.AnalyticsAt) < daily {
		return nil
	}
	after := p.st.AnalyticsAt.Add(-analyticsSpan)
	p.st.AnalyticsAt = p.now
	pr := ingest.Progress{Phase: phaseChanged, Done: 1}
	left, cursor := mostChanged, ""
	for asked := 1; ; asked++ {
		rows, next, err := p.analyticsPage(ctx, after, cursor)
		if err != nil {
			if err := p.optional(ctx, phaseChanged, err); err != nil {
				return err
			}
			break
		}
		if left, err = p.markChanged(ctx, rows, left); err != nil {
			return err
		}
		if left < 0 || (next != "" && asked == mostAnalytics) {
			pr.Note = "more incidents changed since " + after.Format(time.DateOnly) + " than one pull looks at: the others are left as they are stored"
			break
		}
		if cursor = next; cursor == "" {
			break
		}
	}
	return p.save(ctx, opsreview.Batch{}, pr)
}

// markChanged notes which incidents of analytics rows are to be read. left is
// how many more may be; it returns what remains of that, and less than 0 if it
// was not enough.
func (p *puller) markChanged(ctx context.Context, rows []apiAnalytics, left int) (int, error) {
	ids := make([]string, len(rows))
	for i, r := range rows {
		ids[i] = r.ID
	}
	stored, err := p.session.Stored(ctx, ids)
	if err != nil {
		return left, err
	}
	for _, r := range rows {
		page, known := stored[r.ID]
		want := wantTimeline
		switch {
		case r.ID == "" || (known && !r.contradicts(page)) || (!known && utc(r.CreatedAt).Before(p.st.Since)):
			continue
		case !known:
			want |= p.extras()
		}
		if left--; left < 0 {
			return left, nil
		}
		p.st.mark(r.ID, want)
	}
	return left, nil
}

// contradicts reports whether a row has an incident end at another time than
// the stored page does. Rows are up to a day old: one that is older than what
// is stored says nothing.
func (r *apiAnalytics) contradicts(p opsreview.Page) bool {
	if at := utc(r.UpdatedAt); !at.IsZero() {
		for _, e := range p.Events {
			if e.At.After(at) {
				return false
			}
		}
	}
	ended := utc(r.ResolvedAt)
	return ended.IsZero() != p.ResolvedAt.IsZero() || ended.Sub(p.ResolvedAt).Abs() > analyticsSlack
}

// utc reads a time of the analytics, which come without an offset: the request
// asks for UTC.
func utc(s string) time.Time {
	if t := when(s); !t.IsZero() {
		return t
	}
	return when(s + "Z")
}

// analyticsPage returns one answer of the analytics and the cursor of the
// next, "" if there is none.
func (p *puller) analyticsPage(ctx context.Context, after time.Time, cursor string) ([]apiAnalytics, string, error) {
	filters := map[string]any{"updated_after": after.Format(time.RFC3339)}
	if len(p.cfg.Teams) > 0 {
		filters["team_ids"] = p.cfg.Teams
	}
	question := map[string]any{
		"filters": filters, "order": "asc", "order_by": "created_at", "limit": 1000, "time_zone": "Etc/UTC",
	}
	if cursor != "" {
		question["starting_after"] = cursor
	}
	body, err := json.Marshal(question)
	if err != nil {
		return nil, "", err
	}
	resp, err := p.client.Do(ctx, rest.Request{
		Method: http.MethodPost, Path: "/analytics/raw/incidents", Body: body, ReadOnly: true, Check: checkJSON,
	})
	if err != nil {
		return nil, "", err
	}
	var answer struct {
		Data []apiAnalytics `json:"data"`
		More bool           `json:"more"`
		Last string         `json:"last"`
	}
	if err := decode(resp.Body, &answer); err != nil {
		return nil, "", opsreview.Wrapf(err, opsreview.Unavailable, "PagerDuty's analytics cannot be read")
	}
	if !answer.More || answer.Last == cursor {
		answer.Last = ""
	}
	return answer.Data, answer.Last, nil
}
