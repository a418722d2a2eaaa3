package pagerduty

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"opsreview"
	"opsreview/ingest"
	"opsreview/internal/rest"
)

const (
	openEvery     = time.Hour
	countEvery    = 7 * 24 * time.Hour
	countSpan     = 60 * 24 * time.Hour
	mostOpenAsked = 200 // incidents that are looked up in one comparison
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
		return p.optional(ctx, phaseOpen, err)
	}
	stored, err := p.session.OpenPages(ctx)
	if err != nil {
		return err
	}
	f := p.facts()
	listed, held := map[string]bool{}, set(stored)
	for _, row := range rows {
		id := identity(row)
		listed[id] = true
		if f.item("incident", row) == nil && !held[id] {
			p.st.mark(id, wantTimeline|p.extras())
		}
	}
	var missing []string
	for _, id := range stored {
		if !listed[id] {
			missing = append(missing, id)
		}
	}
	if err := p.lookUpAll(ctx, f, missing); err != nil {
		return err
	}
	p.st.OpenAt = p.now
	if err := p.save(ctx, f.done(), ingest.Progress{Phase: phaseOpen, Done: 1, Note: p.lostNote()}); err != nil {
		return err
	}
	return p.details(ctx)
}

// lookUpAll asks for pages that are stored as open and are not listed as such.
func (p *puller) lookUpAll(ctx context.Context, f *facts, missing []string) error {
	p.st.findAgain(missing)
	asked := 0
	for _, id := range missing {
		if !p.st.mayAsk(id, p.now) {
			continue
		}
		if asked++; asked > mostOpenAsked {
			break
		}
		if err := p.lookUp(ctx, f, id); err != nil {
			return p.optional(ctx, phaseOpen, err) // the others wait for the next comparison
		}
	}
	return nil
}

// lookUp asks for one page that is stored as open and not listed as such.
func (p *puller) lookUp(ctx context.Context, f *facts, id string) error {
	body, err := p.get(ctx, "/incidents/"+url.PathEscape(id), nil)
	if gone(err) {
		p.st.lose(id, p.now)
		return nil
	}
	if err != nil {
		return err
	}
	delete(p.st.Lost, id)
	var answer struct {
		Incident json.RawMessage `json:"incident"`
	}
	_ = json.Unmarshal(body, &answer) // checked to be JSON; what is missing becomes a reject
	if f.item("incident", answer.Incident) == nil {
		p.st.mark(id, wantTimeline)
	}
	return nil
}

// namedLost is how many incidents a note names.
const namedLost = 5

// lostNote says which stored pages can no longer be seen, "" if none is lost.
func (p *puller) lostNote() string {
	ids := sortedKeys(p.st.Lost)
	if len(ids) == 0 {
		return ""
	}
	names := strings.Join(ids[:min(len(ids), namedLost)], ", ")
	if len(ids) > namedLost {
		names += ", …"
	}
	return fmt.Sprintf("access lost: %d stored as open can no longer be seen, so that their end is unknown; what is stored is kept (%s)",
		len(ids), names)
}

// extras are the details that the configuration wants of every incident.
func (p *puller) extras() want {
	var w want
	if on(p.cfg.Alerts) {
		w |= wantAlerts
	}
	if on(p.cfg.Notes) {
		w |= wantNotes
	}
	return w
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
	first := later(p.end.Add(-countSpan), p.st.Since).Truncate(daily)
	if p.st.CountDay.IsZero() {
		if p.now.Sub(p.st.CountAt) < countEvery {
			return nil
		}
		p.st.CountDay = first
	}
	last := p.end.Truncate(daily)
	for p.st.CountDay.Before(last) {
		w := opsreview.Window{Start: p.st.CountDay, End: p.st.CountDay.Add(daily)}
		pr := ingest.Progress{Phase: phaseCounts, Window: w, Done: share(first, w.End, last)}
		if err := p.countDay(ctx, w, pr); err != nil {
			return p.optional(ctx, phaseCounts, err)
		}
		p.st.CountDay = w.End
		if err := p.save(ctx, opsreview.Batch{}, pr); err != nil {
			return err
		}
	}
	p.st.CountAt, p.st.CountDay = p.now, time.Time{}
	return p.save(ctx, opsreview.Batch{}, ingest.Progress{Phase: phaseCounts, Done: 1})
}

// countDay compares one day, and reads it again if some of its incidents are
// not stored.
func (p *puller) countDay(ctx context.Context, w opsreview.Window, pr ingest.Progress) error {
	q := p.teamQuery(url.Values{
		"since": {w.Start.Format(time.RFC3339)}, "until": {w.End.Format(time.RFC3339)},
		"time_zone": {"UTC"}, "total": {"true"}, "sort_by": {"created_at:asc"},
	})
	first, err := p.list(ctx, "/incidents", "incidents", q, 0)
	if err != nil {
		return err
	}
	total := max(first.total, len(first.rows))
	have, err := p.session.CountPages(ctx, w)
	if err != nil || total <= have {
		return err
	}
	pr.Done = 0 // of how much there is to read nothing is known
	if err := p.entries(ctx, w, oldestFirst, func(l leaf) error { return p.saveLate(ctx, l, pr) }); err != nil {
		return err
	}
	if have, err = p.session.CountPages(ctx, w); err != nil || total <= have {
		return err
	}
	return p.readMissing(ctx, w, q)
}

// readMissing stores the incidents of a day that its log entries did not bring,
// and notes that their timelines are to be read one by one.
func (p *puller) readMissing(ctx context.Context, w opsreview.Window, q url.Values) error {
	rows, err := p.all(ctx, "/incidents", "incidents", q)
	if err != nil {
		return err
	}
	ids := make([]string, len(rows))
	for i, row := range rows {
		ids[i] = identity(row)
	}
	stored, err := p.session.Stored(ctx, ids)
	if err != nil {
		return err
	}
	f := p.facts()
	for i, row := range rows {
		// A page that is stored and not counted is a mere mention.
		if !w.Contains(stored[ids[i]].TriggeredAt) && f.item("incident", row) == nil {
			p.st.mark(ids[i], wantTimeline|p.extras())
		}
	}
	return p.save(ctx, f.done(), ingest.Progress{Phase: phaseCounts, Window: w})
}
