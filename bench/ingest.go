package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"runtime"

	"opsreview"
	"opsreview/ingest"
	"opsreview/ingest/file"
	"opsreview/store"
)

// ingest compares saving with a bare loop that inserts the very rows which the
// store made of the batch, in as many transactions.
func (b *bench) ingest(ctx context.Context) ([]result, error) {
	saved, err := b.race(ctx, "SaveBatch", b.saving)
	if err != nil {
		return nil, err
	}
	saved.name, saved.atLeast = "ingest: SaveBatch against a bare loop", 0.6
	imported, err := b.race(ctx, "a jsonl import", b.importing)
	imported.name = "ingest: jsonl import against a bare loop"
	return []result{saved, imported}, err
}

// A heat puts a number of pages into the store, from one number on, and returns
// how many of them each transaction brought. What it does before calling clock
// is not timed.
type heat func(ctx context.Context, db *store.DB, from int, clock func(func() error) error) (brought []int, err error)

// saving is the heat of one batch.
func (b *bench) saving(ctx context.Context, db *store.DB, from int, clock func(func() error) error) ([]int, error) {
	batch := pageBatch(from, from+batchPages)
	err := clock(func() error {
		_, err := db.SaveBatch(ctx, source, batch)
		return err
	})
	return []int{batchPages}, err
}

// importing is the heat of one file, read from memory.
func (b *bench) importing(ctx context.Context, db *store.DB, from int, clock func(func() error) error) ([]int, error) {
	var text bytes.Buffer
	if err := file.Encode(&text, pages(from, from+batchPages)); err != nil {
		return nil, err
	}
	sink := &saver{db: db}
	err := clock(func() error {
		return file.JSONL().Import(ctx, source, ingest.File{Name: "bench", R: &text}, sink)
	})
	return sink.brought, err
}

// A saver is a sink that saves what an importer reads, as the server's does.
type saver struct {
	db      *store.DB
	brought []int // the pages of each batch
}

// Save implements [ingest.Sink].
func (s *saver) Save(ctx context.Context, b opsreview.Batch) error {
	saved, err := s.db.SaveBatch(ctx, source, b)
	s.brought = append(s.brought, saved.Pages)
	return err
}

// Problem implements [ingest.Sink].
func (s *saver) Problem(p ingest.Problem) error { return errors.New(p.Reason) }

// race runs heats against the bare loop, in turn, and returns the median of
// their ratios.
func (b *bench) race(ctx context.Context, what string, run heat) (result, error) {
	b.say("ingest: %s against a bare loop, %d rounds of %d pages", what, b.rounds, batchPages)
	db, loop, err := b.startRace(ctx, what)
	if err != nil {
		return result{}, err
	}
	var ratios, rates, bareRates []float64
	var key int64
	for i := range b.rounds + 1 {
		var took, bareTook float64
		brought, err := run(ctx, db, i*batchPages, func(fn func() error) (err error) {
			runtime.GC() // Nobody pays for what the preparations left behind.
			took, err = timed(fn)
			return err
		})
		if err != nil {
			return result{}, err
		}
		rows, bareTook, err := loop.follow(ctx, key, brought)
		if err != nil {
			return result{}, err
		}
		key += batchPages
		if i == 0 {
			continue // The first round creates what the others find.
		}
		ratios = append(ratios, bareTook/took)
		rates = append(rates, float64(rows)/took)
		bareRates = append(bareRates, float64(rows)/bareTook)
	}
	ratio := median(ratios)
	return result{
		value: ratio, text: fmt.Sprintf("%.2f", ratio),
		detail: fmt.Sprintf("%.0f rows/s against %.0f; rounds from %.2f to %.2f",
			median(rates), median(bareRates), quantile(ratios, 0), quantile(ratios, 1)),
	}, errors.Join(loop.close(), db.Close())
}

// startRace opens an empty database for the store and one for the bare loop.
func (b *bench) startRace(ctx context.Context, what string) (*store.DB, *bare, error) {
	empty, err := b.open(ctx, what+" bare.db")
	if err != nil {
		return nil, nil, err
	}
	if err := empty.Close(); err != nil {
		return nil, nil, err
	}
	db, err := b.open(ctx, what+".db")
	if err != nil {
		return nil, nil, err
	}
	loop, err := openBare(b.path(what+".db"), b.path(what+" bare.db"))
	return db, loop, err
}

// follow inserts the rows of the pages that were just brought, whose keys
// follow after, and returns how many rows they were and how long it took.
func (b *bare) follow(ctx context.Context, after int64, brought []int) (rows int, took float64, err error) {
	var batches [][]tableRows
	for _, n := range brought {
		batch, err := b.read(ctx, after, after+int64(n))
		if err != nil {
			return 0, 0, err
		}
		batches, after, rows = append(batches, batch), after+int64(n), rows+countRows(batch)
	}
	runtime.GC()
	took, err = timed(func() error {
		for _, batch := range batches {
			if err := b.insert(ctx, batch); err != nil {
				return err
			}
		}
		return nil
	})
	return rows, took, err
}
