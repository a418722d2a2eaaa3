package alertmanager

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	"opsreview"
	"opsreview/ingest"
	"opsreview/internal/prom"
)

const (
	// delay is how far behind the clock samples are read: what is evaluated at
	// this moment may not be stored yet.
	delay = 10 * time.Second
	// overlap is how much is read again, for samples and calls that come late.
	overlap = 10 * time.Minute
	// pieceLength is how much is read at a time.
	pieceLength = 6 * time.Hour
	// downFor is how long nobody may have pulled before it is taken for granted
	// that nobody listened to Alertmanager either.
	downFor = 30 * time.Minute
)

// A puller is one pull of history.
type puller struct {
	*Source
	session ingest.Session
	st      state
	end     time.Time // what is later is not read yet
	down    time.Time // since when nobody has listened; zero if somebody has all along

	lost opsreview.Window // what began in it counts, whoever told of it
}

func (p *puller) run(ctx context.Context) error {
	begin, first := p.st.To, p.st.To.IsZero()
	if !first && p.end.Sub(begin) > downFor {
		p.down = begin
	}
	if oldest := p.end.Add(-p.backfill); begin.Before(oldest) { // the first time, or the first in a long while
		begin, first = oldest, true
		p.st = state{V: stateVersion, To: begin, Since: p.st.Since}
	}
	if p.st.Since.IsZero() {
		p.st.Since = p.end.Add(-gap) // Alertmanager is about to tell of the youngest
	}
	for p.st.To.Before(p.end) {
		to := p.st.To.Add(pieceLength)
		if to.After(p.end) {
			to = p.end
		}
		w := opsreview.Window{Start: p.st.To, End: to}
		b, err := p.piece(ctx, w, first)
		if err != nil {
			return err
		}
		if err := p.session.Save(ctx, b); err != nil {
			return err
		}
		p.session.Report(ingest.Progress{Phase: "alerts", Window: w, Done: float64(to.Sub(begin)) / float64(p.end.Sub(begin))})
		first = false
	}
	return p.suspects(ctx)
}

// piece reads up to the end of a window, from a while before it.
func (p *puller) piece(ctx context.Context, w opsreview.Window, first bool) (opsreview.Batch, error) {
	left := leftOf(w.Start)
	if first {
		left = w.Start
	}
	h, err := p.read(ctx, opsreview.Window{Start: left, End: w.End}, p.st.Firing, first)
	if err != nil {
		return h.batch, err
	}
	p.st.Firing, p.st.To = h.carry(h.found, leftOf(w.End).UnixMilli()), w.End
	h.batch.Cursor, h.batch.Through = p.st.encode(), w.End
	if h.warning != "" {
		h.batch.Suspect = []opsreview.SuspectWindow{{Window: w, Reason: "Prometheus warns: " + clip(h.warning, mostValue), At: p.end}}
	}
	return h.batch, nil
}

// A history is what was read of a stretch of time.
type history struct {
	*reading
	found   []run
	batch   opsreview.Batch
	warning string // why it may not be whole; "" if it is
}

// read reads a stretch of time, at whose beginning some alerts fire.
func (p *puller) read(ctx context.Context, w opsreview.Window, firing map[string]carried, first bool) (h history, err error) {
	client := p.client.Warned(func(text string) { h.warning = text })
	series, err := client.Raw(ctx, p.selector(), w.Start, w.End)
	if err != nil {
		return h, err
	}
	h.reading = &reading{
		left: w.Start.UnixMilli(), right: w.End.UnixMilli(), tracks: p.tracksOf(series), firing: firing, first: first,
		ended: p.asker(client),
	}
	if h.found, err = h.runs(ctx); err != nil {
		return h, err
	}
	return h, p.meet(ctx, h.found, &h.batch)
}

// suspects reads once more what was not whole: stretches of which Prometheus
// warned, and hours in which Alertmanager left alerts out of its calls. What
// began in them counts, whoever told of it.
func (p *puller) suspects(ctx context.Context) error {
	list, err := p.session.Suspect(ctx)
	if err != nil {
		return err
	}
	for _, s := range list {
		if s.End.After(p.end) || s.End.Before(p.end.Add(-p.backfill)) {
			continue // it is not over yet, or will not be there any more
		}
		p.lost = s.Window
		h, err := p.read(ctx, opsreview.Window{Start: s.Start.Add(-time.Hour), End: p.after(s.End)}, nil, true)
		p.lost = opsreview.Window{}
		if err != nil {
			return err
		}
		if h.warning == "" {
			h.batch.Cleared = []opsreview.Window{s.Window}
		}
		if err := p.session.Save(ctx, h.batch); err != nil {
			return err
		}
	}
	return nil
}

// after is a time from which the end of what began before t can be told.
func (p *puller) after(t time.Time) time.Time {
	if later := t.Add(time.Hour); later.Before(p.end) {
		return later
	}
	return p.end
}

// leftOf is where the samples begin that are read for what follows t.
func leftOf(t time.Time) time.Time { return t.Add(-overlap - gap) }

// selector names the samples of alerts that fire. Where one set of conditions
// says what pages, the server is asked for those alone.
func (p *puller) selector() string {
	conditions := []string{`alertstate="firing"`}
	if len(p.mapping.conditions) == 1 {
		for _, c := range p.mapping.conditions[0] {
			if _, later := p.cfg.ExternalLabels[c.Name]; !later && c.Name != "alertstate" && c.Name != "__name__" {
				conditions = append(conditions, c.String())
			}
		}
	}
	return "ALERTS{" + strings.Join(conditions, ",") + "}"
}

// asker returns how to tell an alert that ended and fired anew from a
// Prometheus that was down: where an alert ends there is a mark, after which the
// server has no value of it.
func (p *puller) asker(client *prom.Client) func(context.Context, string, int64) (bool, error) {
	asked := map[int64]map[string]*track{}
	return func(ctx context.Context, fingerprint string, at int64) (bool, error) {
		seen, ok := asked[at]
		if !ok {
			series, err := client.Instant(ctx, p.selector(), time.UnixMilli(at-1))
			if err != nil {
				return false, err
			}
			seen = p.tracksOf(series)
			asked[at] = seen
		}
		return seen[fingerprint] == nil, nil
	}
}

// meet makes pages of runs, by the names of those that are stored already.
func (p *puller) meet(ctx context.Context, runs []run, b *opsreview.Batch) error {
	known, err := p.stored(ctx, runs)
	if err != nil {
		return err
	}
	for i := range runs {
		r := &runs[i]
		if r.start == 0 {
			continue // what is not known to have begun has no name
		}
		a := alert{labels: r.labels, fingerprint: r.fingerprint, start: time.UnixMilli(r.start).UTC()}
		if !known[pageID(a.fingerprint, a.start)] && !p.creates(a.start) {
			continue
		}
		if r.end != 0 {
			a.end = time.UnixMilli(r.end).UTC()
		}
		p.mapping.add(b, a)
	}
	return nil
}

// creates reports whether an alert that nobody has told of is a page. While
// somebody listens to Alertmanager it is not: it was silenced, inhibited or not
// routed here.
func (p *puller) creates(start time.Time) bool {
	return p.cfg.WebhookTokenFile == "" || start.Before(p.st.Since) || p.lost.Contains(start) || (!p.down.IsZero() && !start.Before(p.down.Add(-overlap)))
}

// stored finds the pages of runs that are stored, and gives the runs their
// names. Where several servers evaluate the same rule, Alertmanager takes the
// earliest of their times, so that a page of the same labels that began a little
// apart is the run's too.
func (p *puller) stored(ctx context.Context, runs []run) (map[string]bool, error) {
	known := map[string]bool{}
	var earlier []string // names that an earlier piece gave
	var w opsreview.Window
	for i := range runs {
		r := &runs[i]
		r.shift(p.offset)
		at := time.UnixMilli(r.start).UTC()
		switch {
		case r.start == 0:
		case r.carried:
			earlier = append(earlier, pageID(r.fingerprint, at))
		default:
			w = around(w, at)
		}
	}
	if len(earlier) > 0 {
		pages, err := p.session.Stored(ctx, earlier)
		if err != nil {
			return nil, err
		}
		for id := range pages {
			known[id] = true
		}
	}
	if w.Start.IsZero() {
		return known, nil
	}
	ids, err := p.session.PageIDs(ctx, w)
	if err != nil {
		return nil, err
	}
	for _, id := range ids {
		known[id] = true
	}
	match(runs, ids)
	return known, nil
}

// shift moves a run that began in this reading by the server's offset, by which
// samples are earlier than what they tell of.
func (r *run) shift(by time.Duration) {
	if !r.carried {
		r.start += by.Milliseconds()
	}
	if r.end != 0 {
		r.end += by.Milliseconds()
	}
}

// around widens a window by what may be the same as something at a time.
func around(w opsreview.Window, at time.Time) opsreview.Window {
	from, to := at.Add(-gap), at.Add(gap+time.Millisecond)
	if w.Start.IsZero() || from.Before(w.Start) {
		w.Start = from
	}
	if to.After(w.End) {
		w.End = to
	}
	return w
}

// match gives runs the times of stored pages of the same labels: first where
// they are equal, then where they are nearest. No page is two runs'.
func match(runs []run, ids []string) {
	pages := map[string][]int64{}
	for _, id := range ids {
		if fp, at, ok := parseID(id); ok {
			pages[fp] = append(pages[fp], at.UnixMilli())
		}
	}
	for i := range runs {
		r := &runs[i]
		if at := slices.Index(pages[r.fingerprint], r.start); at >= 0 {
			pages[r.fingerprint] = slices.Delete(pages[r.fingerprint], at, at+1)
			r.carried = true // it has its name
		}
	}
	type pair struct {
		run  *run
		page int64
	}
	var near []pair
	for i := range runs {
		for _, at := range pages[runs[i].fingerprint] {
			if d := at - runs[i].start; !runs[i].carried && max(d, -d) <= gap.Milliseconds() {
				near = append(near, pair{&runs[i], at})
			}
		}
	}
	apart := func(p pair) int64 { return max(p.page-p.run.start, p.run.start-p.page) }
	slices.SortStableFunc(near, func(a, b pair) int { return cmp.Compare(apart(a), apart(b)) })
	for _, n := range near {
		at := slices.Index(pages[n.run.fingerprint], n.page)
		if n.run.carried || at < 0 {
			continue
		}
		n.run.start, n.run.carried = n.page, true
		pages[n.run.fingerprint] = slices.Delete(pages[n.run.fingerprint], at, at+1)
	}
}
