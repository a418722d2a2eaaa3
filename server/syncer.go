package server

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"sync"
	"time"

	"opsreview"
	"opsreview/ingest"
)

// A syncer pulls sources: each by one caller at a time.
type syncer struct {
	opts    Options
	metrics *metrics

	mu      sync.Mutex
	running map[string]bool
}

func newSyncer(o Options, m *metrics) *syncer {
	return &syncer{opts: o, metrics: m, running: map[string]bool{}}
}

// names lists the configured sources in the configuration's order.
func (s *syncer) names() []string {
	names := make([]string, len(s.opts.Sources))
	for i, src := range s.opts.Sources {
		names[i] = src.Source.Name()
	}
	return names
}

// source returns a configured source, or a NotFound error.
func (s *syncer) source(name string) (ingest.Source, error) {
	for _, src := range s.opts.Sources {
		if src.Source.Name() == name {
			return src.Source, nil
		}
	}
	return nil, opsreview.Errorf(opsreview.NotFound, "there is no source %q in the configuration", name)
}

// sync pulls one source. It returns a Conflict error if somebody else is
// pulling it.
func (s *syncer) sync(ctx context.Context, name string, report func(ingest.Progress)) (opsreview.Saved, error) {
	src, err := s.source(name)
	if err != nil {
		return opsreview.Saved{}, err
	}
	if !s.begin(name) {
		return opsreview.Saved{}, opsreview.Errorf(opsreview.Conflict, "%s is being synced by somebody else: wait for it to end", name)
	}
	defer s.end(name)
	return s.observed(ctx, src, ingest.SyncOptions{Now: s.opts.Now, Version: s.opts.Version, Report: report})
}

// observed syncs a source, in a span of its own, and counts how it went.
func (s *syncer) observed(ctx context.Context, src ingest.Source, opts ingest.SyncOptions) (saved opsreview.Saved, err error) {
	ctx, db, end := traceSync(ctx, s.opts.Tracing, s.opts.DB, src.Name())
	start, result := time.Now(), syncFailed // a panic is a failure
	defer func() {
		end(result, saved)
		s.metrics.synced(src.Name(), time.Since(start), s.opts.Now(), saved, result)
	}()
	saved, err = ingest.Sync(ctx, db, src, opts)
	switch {
	case err == nil:
		result = syncOK
	case ctx.Err() != nil:
		result = syncStopped
	}
	return saved, err
}

func (s *syncer) begin(name string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.running[name] {
		return false
	}
	s.running[name] = true
	return true
}

func (s *syncer) end(name string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.running, name)
}

// pruneEvery is how often raw payloads past their retention are removed, and
// old segments joined.
const pruneEvery = 6 * time.Hour

// run pulls each scheduled source at its interval, prunes raw payloads and rolls
// up segments, until ctx ends. It returns when every goroutine of it has.
func (s *syncer) run(ctx context.Context) {
	var wg sync.WaitGroup
	for _, src := range s.opts.Sources {
		if src.Every > 0 {
			wg.Go(func() { repeat(ctx, src.Every, func() { _ = s.scheduled(ctx, src.Source.Name()) }) }) // it was logged
		}
	}
	if s.opts.RawRetention > 0 {
		wg.Go(func() { repeat(ctx, pruneEvery, func() { s.prune(ctx) }) })
	}
	wg.Go(func() { repeat(ctx, pruneEvery, func() { s.rollUp(ctx); s.thin(ctx) }) })
	wg.Wait()
}

// repeat calls fn at once and then at each interval until ctx ends.
func repeat(ctx context.Context, every time.Duration, fn func()) {
	ticker := time.NewTicker(every)
	defer ticker.Stop()
	for {
		fn()
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
	}
}

// hinted pulls one source of which its vendor says that it changed. It returns
// a Conflict error, and says nothing, while somebody else is pulling it.
func (s *syncer) hinted(ctx context.Context, name string) error {
	s.mu.Lock()
	busy := s.running[name]
	s.mu.Unlock()
	if busy {
		return opsreview.Errorf(opsreview.Conflict, "%s is being synced by somebody else", name)
	}
	return s.scheduled(ctx, name)
}

// scheduled pulls one source, logs how it went and returns that. A source that
// panics does not end the server.
func (s *syncer) scheduled(ctx context.Context, name string) (err error) {
	ctx, end := traceTask(ctx, s.opts.Tracing, "scheduled sync")
	defer end()
	defer func() {
		if v := recover(); v != nil {
			s.opts.Log.ErrorContext(ctx, "sync panicked", "source", name, "panic", fmt.Sprint(v), "stack", string(debug.Stack()))
			err = opsreview.Errorf(opsreview.Internal, "the sync panicked")
		}
	}()
	saved, err := s.sync(ctx, name, func(ingest.Progress) {})
	switch {
	case ctx.Err() != nil:
	case opsreview.ErrorCode(err) == opsreview.Conflict:
		s.opts.Log.InfoContext(ctx, "sync skipped: another one is running", "source", name)
	case err != nil:
		s.opts.Log.WarnContext(ctx, "sync failed", "source", name, "err", err)
	default:
		s.opts.Log.InfoContext(ctx, "source synced", "source", name, "new_pages", saved.Pages, "events", saved.Events, "segments", saved.Segments, "values", saved.Points, "incidents", saved.Incidents, "toil", saved.Toil)
	}
	return err
}

func (s *syncer) prune(ctx context.Context) {
	n, err := s.opts.DB.PurgeRaw(ctx, s.opts.Now().Add(-s.opts.RawRetention))
	switch {
	case errors.Is(err, context.Canceled):
	case err != nil:
		s.opts.Log.WarnContext(ctx, "raw payloads were not pruned", "err", err)
	case n > 0:
		s.opts.Log.InfoContext(ctx, "raw payloads pruned", "items", n)
	}
}

// rollUp joins segments that are too old for anybody to look at minutes.
func (s *syncer) rollUp(ctx context.Context) {
	n, err := s.opts.DB.RollUpSegments(ctx, s.opts.Now())
	switch {
	case errors.Is(err, context.Canceled):
	case err != nil:
		s.opts.Log.WarnContext(ctx, "segments were not rolled up", "err", err)
	case n > 0:
		s.opts.Log.InfoContext(ctx, "segments rolled up", "segments", n)
	}
}

// thin makes the history of series small, where it is too old for anybody to
// look at minutes.
func (s *syncer) thin(ctx context.Context) {
	n, err := s.opts.DB.Thin(ctx, s.opts.Now())
	switch {
	case errors.Is(err, context.Canceled):
	case err != nil:
		s.opts.Log.WarnContext(ctx, "series were not thinned", "err", err)
	case n > 0:
		s.opts.Log.InfoContext(ctx, "series thinned", "values", n)
	}
}
