package store

import (
	"context"
	"fmt"

	"opsreview"
)

// SaveBatch saves the batch's facts and its cursor together, or neither, and
// returns what changed. It returns an Invalid error for facts that have no name
// or that belong to another source.
//
// A page's fields are those of its newest version; older versions and mentions
// fill what is empty. Its events are the union of all that was ever saved, and
// everything derived follows from them, so that the order of batches does not
// matter.
func (db *DB) SaveBatch(ctx context.Context, source string, b opsreview.Batch) (opsreview.Saved, error) {
	f, err := newFacts(source, b)
	if err != nil {
		return opsreview.Saved{}, err
	}
	var saved opsreview.Saved
	err = db.update(ctx, func(w *writer) error {
		saved, err = db.save(ctx, w, f)
		return err
	})
	if err != nil {
		return opsreview.Saved{}, fmt.Errorf("save batch of %s: %w", source, err)
	}
	return saved, nil
}

// SaveAll runs fn and keeps everything that it saves, or nothing of it if fn or
// any save returns an error. Other writers wait meanwhile: fn must save through
// its argument only and not write to the database in another way.
func (db *DB) SaveAll(ctx context.Context, source string,
	fn func(save func(opsreview.Batch) (opsreview.Saved, error)) error,
) error {
	return db.update(ctx, func(w *writer) error {
		var failed error
		save := func(b opsreview.Batch) (opsreview.Saved, error) {
			if failed != nil {
				return opsreview.Saved{}, failed
			}
			var saved opsreview.Saved
			var f facts
			if f, failed = newFacts(source, b); failed == nil {
				saved, failed = db.save(ctx, w, f)
			}
			if failed != nil {
				return opsreview.Saved{}, classify(ctx, failed)
			}
			return saved, nil
		}
		if err := fn(save); err != nil {
			return err
		}
		// A batch that was saved in part must not stay, even where fn let it pass.
		return failed
	})
}

// facts are a batch made ready: checked, times cut to what is stored, repeated
// things joined, payloads compressed.
type facts struct {
	source string
	batch  opsreview.Batch
	pages  []*pageFacts
	raw    []opsreview.RawItem

	segments  []segmentRun
	documents []document
}

// newFacts makes a batch ready. It is done before the transaction begins, so
// that others wait less.
func newFacts(source string, b opsreview.Batch) (facts, error) {
	f := facts{source: source, batch: b}
	if err := opsreview.ValidSourceName(source); err != nil {
		return f, err
	}
	if err := checkBatch(source, b); err != nil {
		return f, err
	}
	var err error
	if f.segments, err = segmentRuns(b.Segments); err != nil {
		return f, err
	}
	if f.documents, err = newDocuments(source, b); err != nil {
		return f, err
	}
	f.pages = joinPages(b.Pages)
	f.raw = compress(b.Raw)
	return f, nil
}

// save writes the facts and reports what changed.
func (db *DB) save(ctx context.Context, w *writer, f facts) (opsreview.Saved, error) {
	var saved opsreview.Saved
	if err := w.addSource(ctx, f.source); err != nil {
		return saved, err
	}
	for _, step := range []func(context.Context, *writer, facts, *opsreview.Saved) error{
		saveOrg, db.savePages, saveShifts, saveRaw, db.saveRejects, saveSuspects, saveLabels, saveSegments,
		saveCharts, savePoints, saveDocuments, saveIncidents, saveToil, saveProgress,
	} {
		if err := step(ctx, w, f, &saved); err != nil {
			return saved, err
		}
	}
	return saved, nil
}

// checkBatch returns an Invalid error for what cannot be kept.
func checkBatch(source string, b opsreview.Batch) error {
	for i := range b.Pages {
		if err := checkPage(source, &b.Pages[i]); err != nil {
			return err
		}
	}
	for _, l := range b.Labels {
		if err := checkLabel(l); err != nil {
			return err
		}
	}
	for _, s := range b.Shifts {
		if s.Responder.Source != source || s.Responder.ID == "" || s.Start.IsZero() {
			return opsreview.Errorf(opsreview.Invalid, "a shift of source %q needs a start and a responder of that source, not %q", source, s.Responder)
		}
	}
	for _, r := range b.Rejects {
		if r.ID == "" {
			return opsreview.Errorf(opsreview.Invalid, "a reject needs an id")
		}
	}
	for _, s := range b.Suspect {
		if err := s.Window.Validate(); err != nil {
			return err
		}
	}
	if err := checkCharts(source, b); err != nil {
		return err
	}
	if err := checkPoints(b.Points); err != nil {
		return err
	}
	for i := range b.Incidents {
		if err := checkIncident(source, &b.Incidents[i]); err != nil {
			return err
		}
	}
	if err := checkBatchToil(source, b.Toil); err != nil {
		return err
	}
	return checkOrg(source, b)
}

func checkPage(source string, p *opsreview.Page) error {
	if err := checkRef(source, "page", p.Ref); err != nil {
		return err
	}
	for _, e := range p.Events {
		switch {
		case e.ID == "":
			return opsreview.Errorf(opsreview.Invalid, "an event of page %q has no id", p.Ref)
		case e.At.IsZero():
			return opsreview.Errorf(opsreview.Invalid, "event %q of page %q has no time", e.ID, p.Ref)
		case !e.Kind.Valid():
			return opsreview.Errorf(opsreview.Invalid, "event %q of page %q has the unknown kind %q", e.ID, p.Ref, e.Kind)
		}
	}
	return nil
}

func checkRef(source, what string, r opsreview.Ref) error {
	if r.Source != source || r.ID == "" {
		return opsreview.Errorf(opsreview.Invalid, "%s %q is not one of source %q", what, r, source)
	}
	return nil
}
