package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"runtime"
	"time"

	"opsreview"
	"opsreview/slo"
	"opsreview/store"
)

const (
	minutesPerDay = 24 * 60
	shortDays     = 60  // of the short history of budgets
	longDays      = 365 // and of the long one
	backfillDays  = 30  // that are saved against a bare loop
)

// budgetEnd is the time at which budgets are asked for. It lies within an hour,
// as the latest known minute does.
var budgetEnd = now().Add(25 * time.Minute)

// month is what a 30-day budget is made of.
var month = opsreview.Window{Start: budgetEnd.Add(-slo.Month), End: budgetEnd}

// budget measures how fast segments are saved, and 30-day budgets against a
// bare sum of the same rows and over a long history against a short one.
func (b *bench) budget(ctx context.Context) ([]result, error) {
	saved, err := b.backfill(ctx)
	if err != nil {
		return nil, err
	}
	short, err := b.budgetHistory(ctx)
	if err != nil {
		return nil, err
	}
	defer short.Close() //nolint:errcheck // Nothing is written to it any more.
	long, err := b.lengthen(ctx, short)
	if err != nil {
		return nil, err
	}
	defer long.Close() //nolint:errcheck // Nothing is written to it any more.
	summed, err := b.againstSum(ctx, short)
	if err != nil {
		return nil, err
	}
	lengthened, err := b.againstLong(ctx, short, long)
	return append(saved, summed, lengthened), err
}

func sloName(i int) string { return fmt.Sprintf("service-%03d/availability", i) }

// segments returns the segments of one SLO between two times, each of a length.
// What a minute counts is the same whatever the length.
func segments(i int, from, to time.Time, length time.Duration) []opsreview.Segment {
	all := make([]opsreview.Segment, 0, to.Sub(from)/length)
	for t := from; t.Before(to); t = t.Add(length) {
		s := opsreview.Segment{SLO: sloName(i), Start: t, End: t.Add(length), Covered: length}
		for m := t; m.Before(s.End); m = m.Add(time.Minute) {
			h := mix(int(m.Unix()/60)*1000 + i)
			total := 400 + h%400
			s.Total += float64(total)
			if h>>32%16 == 0 {
				s.Bad += float64(h >> 40 % 5)
			}
		}
		all = append(all, s)
	}
	return all
}

// backfill saves a month of one SLO by days, each against a bare loop that
// inserts the rows which the store made of it.
func (b *bench) backfill(ctx context.Context) ([]result, error) {
	b.say("budget: %d days of one SLO against a bare loop", backfillDays)
	db, loop, err := b.startRace(ctx, "segments")
	if err != nil {
		return nil, err
	}
	if _, err := loop.to.ExecContext(ctx, `INSERT INTO slos (key, name, source) VALUES (1, '', '')`); err != nil {
		return nil, err
	}
	var ratios, rates, bareRates []float64
	for day := range backfillDays {
		from := historyEnd.AddDate(0, 0, day-backfillDays)
		batch := opsreview.Batch{Segments: segments(0, from, from.AddDate(0, 0, 1), time.Minute)}
		runtime.GC() // Nobody pays for what the preparations left behind.
		took, err := timed(func() error {
			_, err := db.SaveBatch(ctx, source, batch)
			return err
		})
		if err != nil {
			return nil, err
		}
		var rows []tableRows
		for _, table := range []string{"segments", "segment_hours"} {
			made, err := readRows(ctx, loop.from, "SELECT * FROM "+table+" WHERE end_at > ?", from.UnixMilli())
			if err != nil {
				return nil, err
			}
			rows = append(rows, tableRows{table, made})
		}
		runtime.GC()
		bareTook, err := timed(func() error { return loop.insert(ctx, rows) })
		if err != nil {
			return nil, err
		}
		ratios = append(ratios, bareTook/took)
		rates, bareRates = append(rates, minutesPerDay/took), append(bareRates, minutesPerDay/bareTook)
	}
	fewer := 0
	took, err := timed(func() error {
		fewer, err = db.RollUpSegments(ctx, historyEnd.AddDate(0, 0, 35))
		return err
	})
	if err != nil {
		return nil, err
	}
	ratio := median(ratios)
	return []result{{
		name: "budget: saving segments against a bare loop", value: ratio, text: fmt.Sprintf("%.2f", ratio), atLeast: 0.6,
		detail: fmt.Sprintf("%.0f segments/s against %.0f; days from %.2f to %.2f",
			median(rates), median(bareRates), quantile(ratios, 0), quantile(ratios, 1)),
	}, {
		name: "budget: joining old segments", text: fmt.Sprintf("%.0f segments/s", backfillDays*minutesPerDay/took),
		detail: fmt.Sprintf("%d became %d in %s", backfillDays*minutesPerDay, backfillDays*minutesPerDay-fewer, milliseconds(took)),
	}}, errors.Join(loop.close(), db.Close())
}

// budgetHistory makes a database of all SLOs: minutes of the last 35 days, and
// of those before what they are joined to.
func (b *bench) budgetHistory(ctx context.Context) (*store.DB, error) {
	db, err := b.open(ctx, "budget.db")
	if err != nil {
		return nil, err
	}
	return db, b.saveHistory(ctx, db, 0, shortDays)
}

// saveHistory saves days that begin some days before the end, up to others.
func (b *bench) saveHistory(ctx context.Context, db *store.DB, newest, oldest int) error {
	b.say("budget: building %d days of %d SLOs", oldest-newest, b.slos)
	rows := 0
	took, err := timed(func() error {
		for i := range b.slos {
			var batch opsreview.Batch
			for day := oldest; day > newest; day-- {
				from := historyEnd.AddDate(0, 0, 1-day)
				batch.Segments = append(batch.Segments, segments(i, from, from.AddDate(0, 0, 1), keptLength(day))...)
				if len(batch.Segments) < minutesPerDay && day > newest+1 {
					continue // Small batches cost as much as large ones.
				}
				saved, err := db.SaveBatch(ctx, source, batch)
				if err != nil {
					return err
				}
				batch.Segments, rows = nil, rows+saved.Segments
			}
		}
		return nil
	})
	if err == nil {
		b.say("budget: %d segments in %.1f s", rows, took)
	}
	return err
}

// keptLength is how long the segments of a day before the end are kept: see
// [store.DB.RollUpSegments].
func keptLength(day int) time.Duration {
	switch {
	case day > 100:
		return time.Hour
	case day > 35:
		return 5 * time.Minute
	}
	return time.Minute
}

// lengthen makes a copy of the history that goes back for a year.
func (b *bench) lengthen(ctx context.Context, short *store.DB) (*store.DB, error) {
	if err := short.Backup(ctx, b.path("budgets of a year.db")); err != nil {
		return nil, err
	}
	db, err := b.open(ctx, "budgets of a year.db")
	if err != nil {
		return nil, err
	}
	return db, b.saveHistory(ctx, db, shortDays, longDays)
}

// A count is the total and the bad events of one SLO.
type count struct{ total, bad float64 }

// budgets computes the 30-day budgets of all SLOs as the program does.
func (b *bench) budgets(ctx context.Context, db *store.DB) (map[string]count, error) {
	names := make([]string, b.slos)
	for i := range names {
		names[i] = sloName(i)
	}
	found, err := db.Segments(ctx, store.SegmentFilter{SLOs: names, Window: month})
	if err != nil {
		return nil, err
	}
	counts := make(map[string]count, len(names))
	objective := opsreview.Objective{Target: 0.999, Method: opsreview.Occurrences}
	for _, name := range names {
		of := slo.BudgetOf(slo.Series{SLO: opsreview.SLO{Name: name, Objective: objective}, Segments: found[name]}, month)
		counts[name] = count{of.Total, of.Bad}
	}
	return counts, nil
}

// sums returns the same counts of a database by a bare sum.
func sums(ctx context.Context, loop *bare) (map[string]count, error) {
	rows, err := loop.from.QueryContext(ctx, `SELECT o.name, sum(s.total), sum(s.bad)
		FROM slos o CROSS JOIN segments s ON s.slo = o.key AND s.end_at > ? AND s.end_at <= ? GROUP BY o.key`,
		month.Start.UnixMilli(), month.End.UnixMilli())
	if err != nil {
		return nil, err
	}
	defer rows.Close() //nolint:errcheck // Err below tells what went wrong.
	counts := map[string]count{}
	for rows.Next() {
		var name string
		var c count
		if err := rows.Scan(&name, &c.total, &c.bad); err != nil {
			return nil, err
		}
		counts[name] = c
	}
	return counts, rows.Err()
}

// againstSum compares the budgets with a bare sum of the same segments.
func (b *bench) againstSum(ctx context.Context, db *store.DB) (result, error) {
	loop, err := openBare(b.path("budget.db"), b.path("budget.db"))
	if err != nil {
		return result{}, err
	}
	defer loop.close() //nolint:errcheck // It has only read.
	bytes, err := b.bytesPerSegment(ctx, loop)
	if err != nil {
		return result{}, err
	}
	r, err := b.compare(
		func() (map[string]count, error) { return sums(ctx, loop) },
		func() (map[string]count, error) { return b.budgets(ctx, db) })
	r.name, r.atMost = fmt.Sprintf("budget: 30 days of %d SLOs against a bare sum", b.slos), 1.5
	r.detail += fmt.Sprintf("; %.0f bytes a segment", bytes)
	return r, err
}

// againstLong compares the budgets over a long history with those over a short
// one.
func (b *bench) againstLong(ctx context.Context, short, long *store.DB) (result, error) {
	r, err := b.compare(
		func() (map[string]count, error) { return b.budgets(ctx, short) },
		func() (map[string]count, error) { return b.budgets(ctx, long) })
	r.name, r.atMost = fmt.Sprintf("budget: %d days of history against %d", longDays, shortDays), 1.3
	return r, err
}

// compare measures one way to the budgets against another, in turn. The two
// must come to the same.
func (b *bench) compare(base, other func() (map[string]count, error)) (result, error) {
	var ratios, times, baseTimes []float64
	for i := range b.rounds + 1 {
		var want, got map[string]count
		baseTook, err := timed(func() (err error) { want, err = base(); return err })
		if err != nil {
			return result{}, err
		}
		took, err := timed(func() (err error) { got, err = other(); return err })
		if err != nil {
			return result{}, err
		}
		for name, c := range want {
			if got[name] != c || c.total == 0 || len(got) != len(want) {
				return result{}, fmt.Errorf("the counts of %s differ: %v and %v", name, c, got[name])
			}
		}
		if i == 0 {
			continue // The first round fills the caches.
		}
		ratios = append(ratios, took/baseTook)
		times, baseTimes = append(times, took), append(baseTimes, baseTook)
	}
	ratio := median(ratios)
	return result{
		value: ratio, text: fmt.Sprintf("%.2f", ratio),
		detail: fmt.Sprintf("%s against %s; rounds from %.2f to %.2f", milliseconds(median(times)), milliseconds(median(baseTimes)),
			quantile(ratios, 0), quantile(ratios, 1)),
	}, nil
}

// bytesPerSegment returns the size of the file, which holds little but segments
// and their hours, divided by the number of segments.
func (b *bench) bytesPerSegment(ctx context.Context, loop *bare) (float64, error) {
	var n float64
	if err := loop.from.QueryRowContext(ctx, `SELECT sum(segments) FROM slos`).Scan(&n); err != nil {
		return 0, err
	}
	info, err := os.Stat(b.path("budget.db"))
	if err != nil {
		return 0, err
	}
	return float64(info.Size()) / n, nil
}
