package pagerduty

import (
	"context"
	"slices"
	"time"

	"opsreview"
	"opsreview/ingest"
)

const (
	overlap   = time.Hour      // read again at each pull, for what became visible late
	pollStep  = time.Hour      // the longest window of a poll
	longStep  = 24 * time.Hour // the longest window of history
	deepSpan  = 7 * 24 * time.Hour
	daily     = 24 * time.Hour
	mostRetry = 10  // suspect windows read again in one pull
	drainAt   = 300 // incidents that wait for details before reading goes on
)

// poll reads what is new, and the last hour once more.
func (p *puller) poll(ctx context.Context) error {
	from := p.st.Cursor.Add(-overlap)
	if p.fresh {
		from = p.st.Cursor
	}
	for start := from; start.Before(p.end); start = start.Add(pollStep) {
		w := opsreview.Window{Start: start, End: earlier(start.Add(pollStep).Add(time.Second), p.end)}
		err := p.entries(ctx, w, oldestFirst, func(l leaf) error {
			if l.End.After(p.st.Cursor) {
				p.st.Cursor = earlier(l.End, p.end)
			}
			p.st.forget(p.end)
			return p.saveLeaf(ctx, l, ingest.Progress{Phase: phaseEntry, Done: share(from, l.End, p.end)})
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// backfill reads history, the newest day first.
func (p *puller) backfill(ctx context.Context) error {
	from := p.st.Back
	for p.st.Back.After(p.st.Since) {
		w := opsreview.Window{Start: later(p.st.Back.Add(-longStep), p.st.Since), End: p.st.Back.Add(time.Second)}
		err := p.entries(ctx, w, newestFirst, func(l leaf) error {
			if l.Start.Before(p.st.Back) {
				p.st.Back = l.Start
			}
			return p.saveLeaf(ctx, l, ingest.Progress{Phase: phaseHistory, Done: 1 - share(p.st.Since, l.Start, from)})
		})
		if err != nil {
			return err
		}
		if err := p.drain(ctx); err != nil {
			return err
		}
	}
	return nil
}

// deep reads the last week once more, daily: some entries become visible
// hours late.
func (p *puller) deep(ctx context.Context) error {
	if p.st.DeepEnd.IsZero() {
		if p.now.Sub(p.st.DeepAt) < daily {
			return nil
		}
		p.st.DeepCur = later(p.end.Add(-deepSpan), p.st.Since)
		p.st.DeepEnd = p.st.Cursor
	}
	from := p.st.DeepCur
	for p.st.DeepCur.Before(p.st.DeepEnd) {
		w := opsreview.Window{Start: p.st.DeepCur, End: earlier(p.st.DeepCur.Add(longStep).Add(time.Second), p.st.DeepEnd)}
		err := p.entries(ctx, w, oldestFirst, func(l leaf) error {
			p.st.DeepCur = later(p.st.DeepCur, l.End)
			return p.saveLate(ctx, l, ingest.Progress{Phase: phaseDeep, Done: share(from, l.End, p.st.DeepEnd)})
		})
		if err != nil {
			return err
		}
	}
	p.st.DeepCur, p.st.DeepEnd, p.st.DeepAt = time.Time{}, time.Time{}, p.now
	return p.save(ctx, opsreview.Batch{}, ingest.Progress{Phase: phaseDeep, Done: 1})
}

// suspects reads windows again that could not be read whole, those that have
// waited longest first.
func (p *puller) suspects(ctx context.Context) error {
	list, err := p.session.Suspect(ctx)
	if err != nil {
		return err
	}
	slices.SortStableFunc(list, func(a, b opsreview.SuspectWindow) int { return a.At.Compare(b.At) })
	list = slices.DeleteFunc(list, func(s opsreview.SuspectWindow) bool {
		wait := time.Nanosecond // what this pull found waits for the next
		if s.Reason == errCap.Error() {
			wait = daily // reading it again costs a hundred requests, and it will hardly have shrunk
		}
		return p.now.Sub(s.At) < wait
	})
	list = list[:min(len(list), mostRetry)]
	for i, s := range list {
		err := p.entries(ctx, s.Window, oldestFirst, func(l leaf) error {
			done := (float64(i) + share(s.Start, l.End, s.End)) / float64(len(list))
			return p.saveLate(ctx, l, ingest.Progress{Phase: phaseSuspect, Done: done})
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// saveLate saves a window that was read before, and notes of which incidents
// more is to be read: those of which it brings something that is not stored.
func (p *puller) saveLate(ctx context.Context, l leaf, pr ingest.Progress) error {
	f := p.leafFacts(l)
	stored, err := p.session.Stored(ctx, sortedKeys(f.pages))
	if err != nil {
		return err
	}
	for id, page := range f.pages {
		known := map[string]bool{}
		for _, e := range stored[id].Events {
			known[e.ID] = true
		}
		for _, e := range page.Events {
			if known[e.ID] {
				continue
			}
			if e.Kind == opsreview.Triggered && f.triggers[id] != "" {
				p.st.mark(id, p.extras()&wantAlerts)
			}
			if e.Kind == opsreview.Noted {
				p.st.mark(id, p.extras()&wantNotes)
			}
		}
	}
	return p.saveFacts(ctx, f, l, pr)
}

// saveLeaf saves a window's entries and notes of which incidents more is to be
// read.
func (p *puller) saveLeaf(ctx context.Context, l leaf, pr ingest.Progress) error {
	f := p.leafFacts(l)
	if on(p.cfg.Alerts) {
		p.mark(l, f.triggers, wantAlerts)
	}
	if on(p.cfg.Notes) {
		p.mark(l, f.notes, wantNotes)
	}
	return p.saveFacts(ctx, f, l, pr)
}

// mark notes what is to be read of the incidents of entries. The entries of
// the last hours will be met again, and must not be marked again then.
func (p *puller) mark(l leaf, entries map[string]string, w want) {
	for _, id := range sortedKeys(entries) {
		if l.End.Before(p.end.Add(-seenFor)) {
			p.st.mark(id, w)
			continue
		}
		p.st.markOnce(id, entries[id], l.End, w)
	}
}

// leafFacts reads a window's entries.
func (p *puller) leafFacts(l leaf) *facts {
	f := p.facts()
	for _, row := range l.rows {
		_ = f.item("log_entry", row) // what cannot be read is in the batch as a reject
	}
	return f
}

func (p *puller) saveFacts(ctx context.Context, f *facts, l leaf, pr ingest.Progress) error {
	b := f.done()
	b.Cleared = []opsreview.Window{l.Window} // the store takes it out before it adds what is suspect
	if l.suspect != "" {
		b.Suspect = []opsreview.SuspectWindow{{Window: l.Window, Reason: l.suspect, At: p.now}}
		pr.Note = "not whole: " + l.suspect
	}
	pr.Window = l.Window
	return p.save(ctx, b, pr)
}

// drain reads details before too many incidents wait for them.
func (p *puller) drain(ctx context.Context) error {
	if len(p.st.Dirty) < drainAt {
		return nil
	}
	return p.details(ctx)
}

func earlier(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// share returns which part of [from, to) lies before at.
func share(from, at, to time.Time) float64 {
	if !to.After(from) {
		return 1
	}
	return min(1, max(0, float64(at.Sub(from))/float64(to.Sub(from))))
}
