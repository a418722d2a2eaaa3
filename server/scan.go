package server

import (
	"context"
	"runtime"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"opsreview"
	"opsreview/lookback"
)

const (
	// scanShare is the share of a request's time that may go into looking at
	// series.
	scanShare = 0.6

	// scanBatch is how many scans are kept at once.
	scanBatch = 50

	// mostScanners bounds how many series are in memory at once.
	mostScanners = 4
)

// A scanner looks at series for as long as a request can wait, and keeps what it
// finds.
type scanner struct {
	facts *facts
	look  *look
	until time.Time // zero for as long as it takes

	mu      sync.Mutex
	pending []opsreview.Scan
}

// scanAll looks at series and adds what was found. Where time runs short the
// rest is left for the next time.
func (f *facts) scanAll(ctx context.Context, l *look, series []opsreview.SeriesState) error {
	return (&scanner{facts: f, look: l, until: scanEnd(ctx)}).all(ctx, series)
}

// scanEnd is until when series may be looked at.
func scanEnd(ctx context.Context) time.Time {
	end, ok := ctx.Deadline()
	if !ok {
		return time.Time{}
	}
	now := time.Now()
	return now.Add(time.Duration(scanShare * float64(end.Sub(now))))
}

func (c *scanner) all(ctx context.Context, series []opsreview.SeriesState) error {
	g, gctx := errgroup.WithContext(ctx)
	g.SetLimit(min(runtime.GOMAXPROCS(0), mostScanners))
	for _, s := range series {
		if gctx.Err() != nil {
			break
		}
		if !c.until.IsZero() && time.Now().After(c.until) {
			c.late()
			continue
		}
		g.Go(func() error { return c.one(gctx, s) })
	}
	if err := g.Wait(); err != nil {
		return err
	}
	c.flush(ctx)
	return ctx.Err()
}

// late counts a series that there was no time for.
func (c *scanner) late() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.look.in.Late++
}

// one looks at one series.
func (c *scanner) one(ctx context.Context, s opsreview.SeriesState) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	view := c.look.views[s.Chart]
	points, err := c.facts.points(ctx, s.Key, view)
	if err != nil {
		return err
	}
	result, scan := lookback.Scan(s, points, view)
	c.mu.Lock()
	c.look.in.Found = append(c.look.in.Found, lookback.Found{Series: s, Result: result})
	c.pending = append(c.pending, scan)
	full := len(c.pending) >= scanBatch
	c.mu.Unlock()
	if full {
		c.flush(ctx)
	}
	return nil
}

// flush keeps what was found. What cannot be kept is made again the next time,
// so that a full disk fails no review.
func (c *scanner) flush(ctx context.Context) {
	c.mu.Lock()
	scans := c.pending
	c.pending = nil
	c.mu.Unlock()
	if len(scans) > 0 {
		_ = c.facts.db.SaveScans(ctx, scans)
	}
}
