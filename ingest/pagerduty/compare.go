package pagerduty

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"time"

	"opsreview"
	"opsreview/ingest"
	"opsreview/internal/rest"
)

const (
	openEvery     = time.Hour
	countEvery    = 7 * 24 * time.Hour
	countSpan     = 60 * 24 * time.Hour
	analyticsSpan = 48 * time.Hour
	mostOpenAsked = 200 // incidents that are looked up in one comparison
	mostAnalytics = 20  // answers of up to a thousand rows
)

// open compares the open incidents with the stored open pages, hourly. Both
// the incidents that nobody stored and the pages that ended unseen are read
// whole.
func (p *puller) open(ctx context.Context) error {
	if p.now.Sub(p.st.OpenAt) < openEvery {
		return nil
	}
	rows, err := p.all(ctx, "/incidents", "incidents", p.teamQuery(url.Values{
		"statuses[]": {"triggered", "acknowledged"}, "date_range": {"all"},
		"sort_by": {"created_at:asc"}, "time_zone": {"UTC"},
	}))
	if err != nil {
		return p.optional(ctx, "open incidents", err)
	}
	stored, err := p.session.OpenPages(ctx)
	if err != nil {
		return err
	}
	f := p.facts()
	listed := map[string]bool{}
	for _, row := range rows {
		id := identity(row)
		listed[id] = true
		if f.item("incident", row) == nil && !slices.Contains(stored, id) {
			p.st.mark(id, wantTimeline)
		}
	}
	asked := 0
	for _, id := range stored {
		if !listed[id] && !slices.Contains(p.st.Lost, id) && asked < mostOpenAsked {
			asked++
			if err := p.lookUp(ctx, f, id); err != nil {
				return err
			}
		}
	}
	p.st.OpenAt = p.now
	if err := p.save(ctx, f.done(), ingest.Progress{Phase: "open incidents", Done: 1}); err != nil {
		return err
	}
	return p.details(ctx)
}

// lookUp asks for a page that is stored as open and not listed as such.
func (p *puller) lookUp(ctx context.Context, f *facts, id string) error {
	body, err := p.get(ctx, "/incidents/"+url.PathEscape(id), nil)
	if gone(err) {
		if len(p.st.Lost) < mostLost {
			p.st.Lost = append(p.st.Lost, id)
		}
		p.session.Report(ingest.Progress{Phase: "open incidents", Note: "incident " + id + " is stored as open and can no longer be seen: its data is kept"})
		return nil
	}
	if err != nil {
		return err
	}
	var answer struct {
		Incident json.RawMessage `json:"incident"`
	}
	_ = json.Unmarshal(body, &answer) // checked to be JSON; what is missing becomes a reject
	if f.item("incident", answer.Incident) == nil {
		p.st.mark(id, wantTimeline)
	}
	return nil
}

// optional turns a failure of something that a pull can do without into a
// note. The pull stops only where nothing else can be expected to work.
func (p *puller) optional(ctx context.Context, phase string, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if rest.Status(err) == http.StatusUnauthorized {
		return err
	}
	p.session.Report(ingest.Progress{Phase: phase, Note: opsreview.ErrorMessage(err)})
	return nil
}

// counts compares the number of incidents of each of the last 60 days with
// what is stored, weekly. Days that lack some are read again.
func (p *puller) counts(ctx context.Context) error {
	if p.st.CountDay.IsZero() {
		if p.now.Sub(p.st.CountAt) < countEvery {
			return nil
		}
		p.st.CountDay = later(p.end.Add(-countSpan), p.st.Since).Truncate(daily)
	}
	last := p.end.Truncate(daily)
	for p.st.CountDay.Before(last) {
		w := opsreview.Window{Start: p.st.CountDay, End: p.st.CountDay.Add(daily)}
		if err := p.countDay(ctx, w); err != nil {
			return p.optional(ctx, "daily counts", err)
		}
		p.st.CountDay = w.End
		if err := p.save(ctx, opsreview.Batch{}, ingest.Progress{Phase: "daily counts", Window: w, Done: share(p.end.Add(-countSpan), w.End, last)}); err != nil {
			return err
		}
	}
	p.st.CountAt, p.st.CountDay = p.now, time.Time{}
	return p.save(ctx, opsreview.Batch{}, ingest.Progress{Phase: "daily counts", Done: 1})
}

func (p *puller) countDay(ctx context.Context, w opsreview.Window) error {
	q := p.teamQuery(url.Values{
		"since": {w.Start.Format(time.RFC3339)}, "until": {w.End.Format(time.RFC3339)},
		"time_zone": {"UTC"}, "total": {"true"}, "sort_by": {"created_at:asc"},
	})
	first, err := p.list(ctx, "/incidents", "incidents", q, 0)
	if err != nil {
		return err
	}
	have, err := p.session.CountPages(ctx, w)
	if err != nil || max(first.total, len(first.rows)) <= have {
		return err
	}
	err = p.entries(ctx, w, oldestFirst, func(l leaf) error {
		return p.saveLeaf(ctx, l, ingest.Progress{Phase: "daily counts"})
	})
	if err != nil {
		return err
	}
	if have, err = p.session.CountPages(ctx, w); err != nil || first.total <= have {
		return err
	}
	rows, err := p.all(ctx, "/incidents", "incidents", q)
	if err != nil {
		return err
	}
	f := p.facts()
	for _, row := range rows {
		if f.item("incident", row) == nil {
			p.st.mark(identity(row), wantTimeline)
		}
	}
	return p.save(ctx, f.done(), ingest.Progress{Phase: "daily counts", Window: w})
}

// analytics asks daily which incidents changed of late, where the key permits
// it: it is the only list that is sorted out by change. What is stored as open
// and has ended there is read whole.
func (p *puller) analytics(ctx context.Context) error {
	if p.now.Sub(p.st.AnalyticsAt) < daily {
		return nil
	}
	stored, err := p.session.OpenPages(ctx)
	if err != nil {
		return err
	}
	after := p.st.AnalyticsAt.Add(-analyticsSpan)
	p.st.AnalyticsAt = p.now
	cursor := ""
	for range mostAnalytics {
		rows, next, err := p.analyticsPage(ctx, after, cursor)
		if err != nil {
			if err := p.optional(ctx, "analytics", err); err != nil {
				return err
			}
			break
		}
		for _, r := range rows {
			// The daily second reading covers what began within its span.
			old := when(r.CreatedAt).Before(p.end.Add(-deepSpan))
			if r.ID != "" && r.ResolvedAt != "" && old && slices.Contains(stored, r.ID) {
				p.st.mark(r.ID, wantTimeline)
			}
		}
		if cursor = next; cursor == "" {
			break
		}
	}
	return p.save(ctx, opsreview.Batch{}, ingest.Progress{Phase: "analytics", Done: 1})
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
