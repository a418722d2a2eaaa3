package pagerduty

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"time"

	"opsreview"
	"opsreview/ingest"
	"opsreview/internal/rest"
)

const (
	shiftsBack      = 2 * 24 * time.Hour
	firstShiftsBack = 42 * 24 * time.Hour // a review of a fortnight and its baseline
	shiftsAhead     = 14 * 24 * time.Hour
)

// A referenceList is one kind of reference data.
type referenceList struct {
	path, key, kind string
	listed          string // its name in a batch's Listed; "" if the batch has no such
	perTeam         bool   // whether it is restricted to the configured teams
}

func referenceLists() []referenceList {
	return []referenceList{
		{path: "/users", key: "users", kind: "user", listed: "responders"},
		{path: "/teams", key: "teams", kind: "team", listed: "teams"},
		{path: "/services", key: "services", kind: "service", listed: "services", perTeam: true},
		{path: "/escalation_policies", key: "escalation_policies", kind: "escalation_policy", listed: "policies", perTeam: true},
		{path: "/priorities", key: "priorities", kind: "priority"},
	}
}

// reference reads people, teams, services and who is on call, daily.
func (p *puller) reference(ctx context.Context) error {
	if p.now.Sub(p.st.ReferenceAt) < daily {
		return nil
	}
	lists := referenceLists()
	for i, l := range lists {
		var q url.Values
		if l.perTeam {
			q = p.teamQuery(url.Values{})
		}
		rows, err := p.all(ctx, l.path, l.key, q)
		if err != nil {
			// Accounts without teams or priorities answer 402.
			if err := p.optional(ctx, phaseReference, err); err != nil {
				return err
			}
			continue
		}
		f := p.facts()
		for _, row := range rows {
			_ = f.item(l.kind, row) // what cannot be read is in the batch as a reject
		}
		b := f.done()
		if whole := len(b.Rejects) == 0 && (!l.perTeam || len(p.cfg.Teams) == 0); whole && l.listed != "" {
			b.Listed = []string{l.listed}
		}
		if err := p.save(ctx, b, ingest.Progress{Phase: phaseReference, Done: float64(i+1) / float64(len(lists)+1)}); err != nil {
			return err
		}
	}
	if err := p.shifts(ctx); err != nil {
		return err
	}
	p.st.ReferenceAt = p.now
	return p.save(ctx, opsreview.Batch{}, ingest.Progress{Phase: phaseReference, Done: 1})
}

// shifts looks at who is on call from two days ago to two weeks ahead. The
// first look goes back over a review's baseline, as far as history is read: what
// today's configuration says of the past is better than nothing, and is kept
// from then on. The on-call list is what counts; schedules that no escalation
// policy uses are missing from it and are read one by one.
func (p *puller) shifts(ctx context.Context) error {
	w := opsreview.Window{Start: p.now.Add(-shiftsBack), End: p.now.Add(shiftsAhead)}
	first := p.st.ReferenceAt.IsZero()
	if first {
		w.Start = earlier(w.Start, later(p.st.Since, p.now.Add(-firstShiftsBack)))
	}
	rows, err := p.onCalls(ctx, w)
	if first && rest.Status(err) == http.StatusBadRequest { // a range that the account does not allow
		w.Start = p.now.Add(-shiftsBack)
		rows, err = p.onCalls(ctx, w)
	}
	if err != nil {
		return p.optional(ctx, phaseOnCall, err)
	}
	f := p.facts()
	covered := map[string]bool{}
	for _, row := range rows {
		_ = f.item("oncall", row) // what cannot be read is in the batch as a reject
		var o apiOncall
		if decode(row, &o) == nil {
			covered[idOf(o.Schedule)] = true
		}
	}
	whole := len(f.batch.Rejects) == 0
	for _, kind := range []string{"/schedules", "/v3/schedules"} {
		err := p.schedules(ctx, f, kind, w, covered)
		if err != nil {
			whole = whole && gone(err) // a key that sees none of this kind knows of no shifts to miss
			if err := p.optional(ctx, phaseOnCall, err); err != nil {
				return err
			}
		}
	}
	for i := range f.batch.Shifts {
		f.batch.Shifts[i].ObservedAt = p.now
	}
	b := f.done()
	if whole { // a partial look must not take back what it did not see
		b.ShiftWindow, b.ShiftsObservedAt = w, p.now
	}
	return p.save(ctx, b, ingest.Progress{Phase: phaseOnCall, Window: w, Done: 1})
}

func (p *puller) onCalls(ctx context.Context, w opsreview.Window) ([]json.RawMessage, error) {
	return p.all(ctx, "/oncalls", "oncalls", url.Values{
		"since": {w.Start.Format(time.RFC3339)}, "until": {w.End.Format(time.RFC3339)}, "time_zone": {"UTC"},
	})
}

// schedules reads the schedules of one kind that the on-call list does not
// cover.
func (p *puller) schedules(ctx context.Context, f *facts, path string, w opsreview.Window, covered map[string]bool) error {
	rows, err := p.all(ctx, path, "schedules", p.teamQuery(url.Values{}))
	if err != nil {
		return err
	}
	q := url.Values{
		"since": {w.Start.Format(time.RFC3339)}, "until": {w.End.Format(time.RFC3339)},
		"time_zone": {"UTC"}, "overflow": {"true"},
	}
	if path == "/v3/schedules" {
		q["include[]"] = []string{"final_schedule"}
	}
	for _, row := range rows {
		id := identity(row)
		if covered[id] {
			continue
		}
		body, err := p.get(ctx, path+"/"+url.PathEscape(id), q)
		if err != nil && (rest.Status(err) == http.StatusNotFound || rest.Status(err) == http.StatusBadRequest) {
			continue // deleted meanwhile, or upgraded to the other kind
		}
		if err != nil {
			return err
		}
		var answer struct {
			Schedule json.RawMessage `json:"schedule"`
		}
		_ = json.Unmarshal(body, &answer)       // checked to be JSON; what is missing becomes a reject
		_ = f.item("schedule", answer.Schedule) // what cannot be read is in the batch as a reject
	}
	return nil
}
