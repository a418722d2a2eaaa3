package ingest

import (
	"context"
	"errors"
	"time"

	"opsreview"
)

// endTimeout bounds how long the end of a sync may take to record once the
// sync itself has been cancelled.
const endTimeout = 5 * time.Second

// mostRetried is how many rejects are read again in one transaction.
const mostRetried = 200

// SyncOptions are what a sync needs beside a store and a source.
type SyncOptions struct {
	Now     func() time.Time // the clock, for the record of when the sync ran
	Version string           // the program's: rejects that another version met are tried again
	Report  func(Progress)   // told of each saved piece; nil for nobody
}

// Sync copies everything new in src to st and returns what it saved, even with
// an error. It may be stopped anywhere and run again: nothing is lost, and
// nothing is counted twice. How it ended is recorded in the store, also when
// ctx has ended.
func Sync(ctx context.Context, st Store, src Source, opts SyncOptions) (saved opsreview.Saved, err error) {
	health, err := st.Source(ctx, src.Name())
	if err != nil {
		return saved, err
	}
	if err := st.BeginSync(ctx, src.Name(), src.Type(), opts.Now()); err != nil {
		return saved, err
	}
	s := &session{store: st, source: src.Name(), cursor: health.Cursor, report: opts.Report}
	err = s.retryRejects(ctx, src, opts)
	if err == nil {
		err = src.Pull(ctx, s)
	}
	late, cancel := context.WithTimeout(context.WithoutCancel(ctx), endTimeout)
	defer cancel()
	if endErr := st.EndSync(late, src.Name(), opts.Now(), ending(err)); err == nil {
		err = endErr
	}
	return s.saved, err
}

// ending says in words how a sync ended, "" if it went well.
func ending(err error) string {
	switch {
	case errors.Is(err, context.Canceled):
		return "stopped before it was done; the next sync goes on from there"
	case errors.Is(err, context.DeadlineExceeded):
		return "out of time before it was done; the next sync goes on from there"
	}
	return opsreview.ErrorMessage(err)
}

// A session is a source's view of the store during one sync.
type session struct {
	store  Store
	source string
	cursor string
	saved  opsreview.Saved
	report func(Progress)
}

// Cursor implements [Session].
func (s *session) Cursor() string { return s.cursor }

// Save implements [Session].
func (s *session) Save(ctx context.Context, b opsreview.Batch) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	saved, err := s.store.SaveBatch(ctx, s.source, b)
	if err != nil {
		return err
	}
	if b.Cursor != "" {
		s.cursor = b.Cursor
	}
	s.saved.Add(saved)
	return nil
}

// OpenPages implements [Session].
func (s *session) OpenPages(ctx context.Context) ([]string, error) {
	return s.store.OpenPages(ctx, s.source)
}

// CountPages implements [Session].
func (s *session) CountPages(ctx context.Context, w opsreview.Window) (int, error) {
	return s.store.CountPages(ctx, s.source, w)
}

// PageIDs implements [Session].
func (s *session) PageIDs(ctx context.Context, w opsreview.Window) ([]string, error) {
	return s.store.PageIDs(ctx, s.source, w)
}

// Stored implements [Session].
func (s *session) Stored(ctx context.Context, ids []string) (map[string]opsreview.Page, error) {
	return s.store.Stored(ctx, s.source, ids)
}

// Suspect implements [Session].
func (s *session) Suspect(ctx context.Context) ([]opsreview.SuspectWindow, error) {
	h, err := s.store.Source(ctx, s.source)
	return h.Suspect, err
}

// Report implements [Session].
func (s *session) Report(p Progress) {
	if s.report == nil {
		return
	}
	p.Source, p.Saved = s.source, s.saved
	s.report(p)
}

// retryRejects reads the rejects that another version of the program met once
// more. Those that still cannot be read are saved again, so that this version
// counts as having tried.
func (s *session) retryRejects(ctx context.Context, src Source, opts SyncOptions) error {
	m, ok := src.(Mapper)
	if !ok {
		return nil
	}
	rejects, err := s.store.Rejects(ctx, s.source, opts.Version)
	if err != nil || len(rejects) == 0 {
		return err
	}
	var b opsreview.Batch
	for i, r := range rejects {
		merge(&b, remap(m, r))
		if (i+1)%mostRetried != 0 && i+1 < len(rejects) {
			continue
		}
		if err := s.Save(ctx, b); err != nil {
			return err
		}
		s.Report(Progress{Phase: "rejects", Done: float64(i+1) / float64(len(rejects))})
		b = opsreview.Batch{}
	}
	return nil
}

// remap reads one reject again and returns what to save of it. A reject must
// not move the cursor: the pull has its own.
func remap(m Mapper, r opsreview.Reject) opsreview.Batch {
	b, err := m.Remap(r)
	if err != nil {
		r.Reason = err.Error()
		return opsreview.Batch{Rejects: []opsreview.Reject{r}}
	}
	b.Cursor = ""
	b.Retried = append(b.Retried, r.ID)
	return b
}

// merge adds what reading rejects again gave to b.
func merge(b *opsreview.Batch, more opsreview.Batch) {
	b.Pages = append(b.Pages, more.Pages...)
	b.Responders = append(b.Responders, more.Responders...)
	b.Teams = append(b.Teams, more.Teams...)
	b.Services = append(b.Services, more.Services...)
	b.Policies = append(b.Policies, more.Policies...)
	b.Priorities = append(b.Priorities, more.Priorities...)
	b.Shifts = append(b.Shifts, more.Shifts...)
	b.Labels = append(b.Labels, more.Labels...)
	b.Incidents = append(b.Incidents, more.Incidents...)
	b.Toil = append(b.Toil, more.Toil...)
	b.Raw = append(b.Raw, more.Raw...)
	b.Rejects = append(b.Rejects, more.Rejects...)
	b.Retried = append(b.Retried, more.Retried...)
}
