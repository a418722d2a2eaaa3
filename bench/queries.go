package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"opsreview"
	pb "opsreview/proto/opsreview/v1"
	"opsreview/store"
)

// clients is how many ask at once.
const clients = 16

// syncPages is how many pages the sync saves at a time: an hour of log entries
// of a busy account.
const syncPages = 200

// queriesWhileSyncing measures how long clients wait for an answer while a sync
// writes as fast as it can.
func (b *bench) queriesWhileSyncing(ctx context.Context) ([]result, error) {
	db, err := b.build(ctx, "queries.db", b.stored)
	if err != nil {
		return nil, err
	}
	s, err := serve(ctx, db)
	if err != nil {
		return nil, err
	}
	b.say("queries: %d clients, %d queries each, while a sync writes", clients, b.queries)
	times := &latencies{of: map[string][]float64{}}
	sync := writing{db: db, log: b.path("queries.db-wal")}
	took, err := timed(func() error {
		return sync.during(ctx, func(ctx context.Context) error { return b.ask(ctx, s, times) })
	})
	if err != nil {
		return nil, err
	}
	var results []result
	for _, kind := range []string{"GetLoad", "ListPages", "GetPage"} {
		t := times.of[kind]
		results = append(results, result{
			name: fmt.Sprintf("queries: %s, %d clients during a sync", kind, clients),
			text: fmt.Sprintf("p50 %s, p99 %s", milliseconds(median(t)), milliseconds(quantile(t, 0.99))),
			detail: fmt.Sprintf("%d calls over %d pages; the sync wrote %.0f pages/s",
				len(t), b.stored, float64(sync.pages)/took),
		})
	}
	results = append(results, result{
		name: fmt.Sprintf("queries: the log, %d clients during a sync", clients), atMost: 64,
		value: float64(sync.longest) / 1e6, text: fmt.Sprintf("%.0f MB", float64(sync.longest)/1e6),
		detail: fmt.Sprintf("the longest after any of %d batches, of %d pages each", sync.batches, syncPages),
	})
	return results, s.close(ctx)
}

// A writing is a sync that saves new pages without a pause.
type writing struct {
	db      *store.DB
	log     string // the path of the database's log
	batches int
	pages   int
	longest int64 // the log after any batch
}

// during runs fn while another goroutine writes.
func (w *writing) during(ctx context.Context, fn func(context.Context) error) error {
	syncing, stop := context.WithCancel(ctx)
	defer stop()
	synced := make(chan error, 1)
	go func() {
		var err error
		for syncing.Err() == nil && err == nil {
			err = w.save(syncing)
		}
		if syncing.Err() != nil {
			err = nil // The batch was broken off.
		}
		synced <- err
	}()
	err := fn(ctx)
	stop()
	return errors.Join(err, <-synced) // Only now are the counters the other's no more.
}

// save saves the next batch.
func (w *writing) save(ctx context.Context) error {
	from := lastPage + w.pages
	saved, err := w.db.SaveBatch(ctx, source, pageBatch(from, from+syncPages))
	if err != nil {
		return err
	}
	log, err := os.Stat(w.log)
	if err != nil {
		return err
	}
	w.batches, w.pages, w.longest = w.batches+1, w.pages+saved.Pages, max(w.longest, log.Size())
	return nil
}

// latencies collects how long calls took, by kind.
type latencies struct {
	mu sync.Mutex
	of map[string][]float64
}

func (l *latencies) add(kind string, seconds float64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.of[kind] = append(l.of[kind], seconds)
}

// ask lets every client ask its questions.
func (b *bench) ask(ctx context.Context, s *served, times *latencies) error {
	group, ctx := errgroup.WithContext(ctx)
	for i := range clients {
		group.Go(func() error { return b.askAs(ctx, s, i, times) })
	}
	return group.Wait()
}

// askAs asks the questions of one client, over a connection of its own: the
// load and the pages of some team and week, and some page.
func (b *bench) askAs(ctx context.Context, s *served, client int, times *latencies) error {
	conn, err := s.dial()
	if err != nil {
		return err
	}
	defer conn.Close() //nolint:errcheck // Nothing is lost with a client's connection.
	loads, pages := pb.NewLoadServiceClient(conn), pb.NewPageServiceClient(conn)
	for i := range b.queries {
		h := mix(client*b.queries + i)
		team, window := teamName(int(h%teams)), b.week(h>>8)
		kind, call := "GetPage", func() error {
			name := page(lastPage - 1 - int(h>>16%uint64(b.stored)))
			_, err := pages.GetPage(ctx, &pb.GetPageRequest{Name: name.Ref.String()})
			return err
		}
		switch i % 3 {
		case 0:
			kind, call = "GetLoad", func() error {
				_, err := loads.GetLoad(ctx, &pb.GetLoadRequest{Team: team, Window: window})
				return err
			}
		case 1:
			kind, call = "ListPages", func() error {
				_, err := pages.ListPages(ctx, &pb.ListPagesRequest{Team: team, Window: window, OrderBy: "cost desc", PageSize: 50})
				return err
			}
		}
		seconds, err := timed(call)
		if err != nil {
			return fmt.Errorf("%s: %w", kind, err)
		}
		times.add(kind, seconds)
	}
	return nil
}

// week returns some week of the stored history.
func (b *bench) week(h uint64) *pb.WindowSelector {
	weeks := uint64(b.stored / pagesPerWeek)
	start := historyEnd.AddDate(0, 0, -7*int(1+h%weeks))
	w := opsreview.Window{Start: start, End: start.AddDate(0, 0, 7)}
	return &pb.WindowSelector{From: w.Start.Format(time.RFC3339), To: w.End.Format(time.RFC3339)}
}
