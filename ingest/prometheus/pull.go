package prometheus

import (
	"context"
	"fmt"
	"time"

	"opsreview"
	"opsreview/ingest"
	"opsreview/internal/prom"
)

// fine is how long ago minutes are told apart. A store may join what is older
// than 35 days.
const fine = 34 * day

// A piece is a stretch of time of one SLO, counted.
type piece struct {
	segments []opsreview.Segment
	to       time.Time // what is complete
	warnings []string  // of answers that may lack something
}

// one reads an SLO as far as it can be read. It returns only errors that
// concern the other SLOs too.
func (p *puller) one(ctx context.Context, o opsreview.SLO) error {
	pl, err := newPlan(o)
	if err == nil {
		err = p.read(ctx, pl)
	}
	if err != nil && fatal(ctx, err) {
		return err
	}
	if err != nil {
		p.failed = append(p.failed, o.Name+": "+opsreview.ErrorMessage(err))
	}
	return nil
}

// read counts an SLO, day by day, from a while before where the last pull
// stopped.
func (p *puller) read(ctx context.Context, pl plan) error {
	name, hash := pl.slo.Name, hashOf(pl.slo, p.spans)
	r, known := p.st.SLOs[name]
	from := r.To.Add(-p.spans.bridge).Truncate(time.Hour)
	if !known || r.Hash != hash {
		from = p.end.Add(-p.spans.backfill).Truncate(day)
		r = reach{Hash: hash, Redo: known, Until: r.To}
	}
	begin, told := from, from
	for from.Before(p.end) {
		w := opsreview.Window{Start: from, End: earlier(from.Truncate(day).Add(day), p.end)}
		pc, err := p.count(ctx, pl, w, func(known bool) bool {
			r.Seen = r.Seen || known
			return r.Redo && r.Seen
		})
		if err != nil {
			return err
		}
		r.To = pc.to
		if !r.Redo || !r.To.Before(r.Until) {
			r.Redo, r.Seen, r.Until = false, false, time.Time{}
		}
		p.st.SLOs[name] = r
		b := opsreview.Batch{Segments: pc.segments, Cursor: p.st.encode(), Suspect: suspect(name, w, pc.warnings, p.end)}
		if err := p.session.Save(ctx, b); err != nil {
			return err
		}
		from = w.End
		if from.Weekday() == time.Monday || from.Equal(p.end) { // a line a week is enough
			share := float64(from.Sub(begin)) / float64(p.end.Sub(begin))
			p.session.Report(ingest.Progress{Phase: name, Window: opsreview.Window{Start: told, End: from}, Done: share})
			told = from
		}
	}
	return nil
}

// suspect says that a window was not answered whole. It names the whole day, so
// that a server that always warns leaves one entry a day.
func suspect(name string, w opsreview.Window, warnings []string, at time.Time) []opsreview.SuspectWindow {
	if len(warnings) == 0 {
		return nil
	}
	w.Start = w.Start.Truncate(day)
	w.End = w.Start.Add(day)
	return []opsreview.SuspectWindow{{Window: w, Reason: fmt.Sprintf("%s: Prometheus warns: %s", name, warnings[0]), At: at}}
}

// suspects counts once more what earlier pulls could not read whole. A window
// is for all SLOs, so that it is clear only if all of them are whole.
func (p *puller) suspects(ctx context.Context) error {
	list, err := p.session.Suspect(ctx)
	if err != nil {
		return err
	}
	for _, w := range list {
		if err := p.again(ctx, w); err != nil {
			return err
		}
	}
	return nil
}

func (p *puller) again(ctx context.Context, w opsreview.SuspectWindow) error {
	b := opsreview.Batch{Cleared: []opsreview.Window{w.Window}}
	for _, o := range p.slos {
		pl, err := newPlan(o)
		if err != nil {
			continue // said already
		}
		pc, err := p.recount(ctx, pl, w.Window)
		if err != nil && fatal(ctx, err) {
			return err
		}
		if err != nil || len(pc.warnings) > 0 {
			return nil // still not whole
		}
		b.Segments = append(b.Segments, pc.segments...)
	}
	return p.session.Save(ctx, b)
}

// recount counts an SLO once more in a window, by whole hours, as far as it has
// been read.
func (p *puller) recount(ctx context.Context, pl plan, w opsreview.Window) (piece, error) {
	var all piece
	end := earlier(w.End.Add(time.Hour-1).Truncate(time.Hour), p.st.SLOs[pl.slo.Name].To)
	for from := w.Start.Truncate(time.Hour); from.Before(end); from = from.Truncate(day).Add(day) {
		part := opsreview.Window{Start: from, End: earlier(from.Truncate(day).Add(day), end)}
		pc, err := p.count(ctx, pl, part, noBlanks)
		if err != nil {
			return all, err
		}
		all.segments, all.warnings = append(all.segments, pc.segments...), append(all.warnings, pc.warnings...)
	}
	return all, nil
}

func noBlanks(bool) bool { return false }

// count asks for a stretch of time, which begins with a whole hour, and counts
// it minute by minute. Blanks says, of one minute after the other, whether it is
// counted though it is unknown.
func (p *puller) count(ctx context.Context, pl plan, w opsreview.Window, blanks func(known bool) bool) (piece, error) {
	pc := piece{to: w.End}
	client := p.client.Warned(func(text string) { pc.warnings = append(pc.warnings, text) })
	minutes := int(w.End.Sub(w.Start) / time.Minute)
	var list []row
	var err error
	if pl.value != "" {
		list, err = values(ctx, client, pl, w, minutes)
	} else {
		a := &asking{Source: p.Source, client: client, w: w, end: p.end, minutes: minutes}
		list, pc.to, err = a.ratio(ctx, pl)
	}
	if err != nil {
		return pc, err
	}
	list = list[:max(int(pc.to.Sub(w.Start)/time.Minute), 0)]
	pc.segments = joined(segments(pl.slo.Name, w.Start, list, blanks), p.end.Add(-fine))
	return pc, nil
}

// values judges each minute by the value at its end.
func values(ctx context.Context, client *prom.Client, pl plan, w opsreview.Window, minutes int) ([]row, error) {
	all, err := client.Range(ctx, pl.value, w.Start.Add(time.Minute), w.End, time.Minute)
	if err != nil {
		return nil, err
	}
	list := make([]row, minutes)
	for _, s := range all {
		for _, v := range s.Samples {
			i := int(v.At.Sub(w.Start)/time.Minute) - 1
			if i < 0 || i >= minutes || v.Value != v.Value {
				continue
			}
			if list[i].known {
				return nil, opsreview.Errorf(opsreview.Invalid, "the query answers with %d series where it must with one: aggregate them, with max() for instance", len(all))
			}
			list[i] = judge(pl.slo.Indicator, v.Value)
		}
	}
	return list, nil
}

// asking is one stretch of time of a ratio.
type asking struct {
	*Source
	client  *prom.Client
	w       opsreview.Window
	end     time.Time // of what is read at all
	minutes int
}

// ratio asks a ratio's queries. What it returns is complete up to a time.
func (a *asking) ratio(ctx context.Context, pl plan) (list []row, to time.Time, err error) {
	var tallies [roles][]tally
	var counters [roles][]track
	for role, q := range pl.questions() {
		if q == nil {
			continue
		}
		all, err := a.fetch(ctx, *q)
		if err != nil {
			return nil, to, named(roleNames[role], err)
		}
		tallies[role] = make([]tally, a.minutes)
		switch q.form {
		case raw:
			counters[role] = tracks(all)
		case aggregated:
			counters[role] = tracks(all)
			for i := range counters[role] {
				counters[role][i].target = "" // it is nobody's own counter
			}
		default:
			a.steps(tallies[role], *q, all)
		}
	}
	rules := newCounting(a.spans, counters[:]...)
	start := a.w.Start.UnixMilli()
	for role, list := range counters {
		for _, t := range list {
			for _, d := range rules.deltas(t) {
				spread(tallies[role], start, d)
			}
		}
	}
	done := time.UnixMilli(settled(a.end.UnixMilli(), a.spans.gap.Milliseconds(), counters[:]...)).UTC().Truncate(time.Minute)
	return rows(tallies[totalRole], tallies[goodRole], tallies[badRole], a.minutes), earlier(a.w.End, done), nil
}

// fetch asks for what a question's counts of the stretch depend on: for
// counters that is as much around it as a gap may reach.
func (a *asking) fetch(ctx context.Context, q question) (all []prom.Series, err error) {
	from, until := a.w.Start.Add(-a.spans.bridge-a.spans.gap), earlier(a.w.End.Add(a.spans.bridge), a.end)
	switch q.form {
	case raw:
		all, err = a.client.Raw(ctx, q.text, from, until)
	case aggregated:
		all, err = a.client.Range(ctx, q.text, from, until, time.Minute)
	default:
		all, err = a.client.Range(ctx, q.text, a.w.Start.Add(time.Minute), a.w.End, time.Minute)
	}
	if err == nil && len(all) > a.cfg.maxSeries() {
		err = opsreview.Errorf(opsreview.Invalid, "the query has %d series, more than the %d of max_series", len(all), a.cfg.maxSeries())
	}
	return all, err
}

// steps counts the events of each minute from what a query answers at its end.
func (a *asking) steps(into []tally, q question, all []prom.Series) {
	factor := 1.0
	switch q.form {
	case perSecond:
		factor = 60
	case perSpan:
		factor = float64(time.Minute) / float64(max(q.span, time.Second))
	}
	for _, s := range all {
		for _, v := range s.Samples {
			i := int(v.At.Sub(a.w.Start)/time.Minute) - 1
			if i < 0 || i >= len(into) || !(v.Value >= 0 && v.Value <= 1e15) {
				continue
			}
			into[i].n += v.Value * factor
			into[i].live = true
		}
	}
}

func earlier(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}
