package server

import (
	"context"
	"fmt"
	"runtime/debug"
	"sync"
	"time"

	"opsreview"
	"opsreview/review"
)

const (
	// lateReport is how long after it was due a report is still sent by a server
	// that was not running then.
	lateReport = 12 * time.Hour

	// reportTimeout bounds one scheduled report.
	reportTimeout = 5 * time.Minute

	// reportGrace is how long a report that is being sent has when the server is
	// told to end.
	reportGrace = 15 * time.Second

	// longestNap is how long the schedule sleeps at most, so that a clock that is
	// set or a machine that was suspended puts nothing off for long.
	longestNap = time.Minute
)

// lastRuns returns the last scheduled run of each destination.
func (c *courier) lastRuns(ctx context.Context) (map[string]opsreview.ReportRun, error) {
	list, err := c.opts.DB.LastReports(ctx)
	if err != nil {
		return nil, err
	}
	runs := make(map[string]opsreview.ReportRun, len(list))
	for _, r := range list {
		runs[r.Destination] = r
	}
	return runs, nil
}

// run sends each scheduled report when it is due, until ctx ends. It returns
// when the last one under way has ended.
func (c *courier) run(ctx context.Context) {
	var wg sync.WaitGroup
	for _, d := range c.opts.Reports {
		if d.Schedule.IsZero() {
			continue
		}
		zone, err := review.TeamZone(c.facts.org, d.Team)
		if err != nil {
			c.opts.Log.WarnContext(ctx, "report is not scheduled", "report", d.Name, "err", err)
			continue
		}
		wg.Go(func() { c.follow(ctx, d, zone) })
	}
	wg.Wait()
}

// follow sends one destination's report at each of its occurrences.
func (c *courier) follow(ctx context.Context, d Destination, zone *time.Location) {
	timer := time.NewTimer(0)
	defer timer.Stop()
	var tried time.Time
	for {
		select {
		case <-ctx.Done():
			return
		case <-timer.C:
		}
		now := c.opts.Now()
		if due := d.Schedule.Last(now, zone); !due.Equal(tried) && now.Sub(due) <= lateReport {
			tried = due
			c.due(ctx, d, due)
		}
		now = c.opts.Now()
		timer.Reset(max(min(d.Schedule.Next(now, zone).Sub(now), longestNap), time.Millisecond))
	}
}

// due sends the report of one occurrence, if nobody has tried before.
func (c *courier) due(ctx context.Context, d Destination, due time.Time) {
	defer func() {
		if v := recover(); v != nil {
			c.opts.Log.ErrorContext(ctx, "report panicked", "report", d.Name, "panic", fmt.Sprint(v), "stack", string(debug.Stack()))
		}
	}()
	first, err := c.opts.DB.IntendReport(ctx, d.Name, due, c.opts.Now())
	switch {
	case ctx.Err() != nil:
		return
	case err != nil:
		c.opts.Log.WarnContext(ctx, "report was not sent: its intent cannot be recorded", "report", d.Name, "err", err)
		return
	case !first:
		return
	}
	c.deliver(ctx, d, due)
}

// deliver sends an intended report and records how it went. It has a while to
// end when the server is told to: what was intended is not tried again.
func (c *courier) deliver(ctx context.Context, d Destination, due time.Time) {
	ended := ctx
	ctx = context.WithoutCancel(ctx)
	sending, cancel := context.WithTimeout(ctx, reportTimeout)
	defer cancel()
	defer context.AfterFunc(ended, func() { time.AfterFunc(reportGrace, cancel) })()
	size, err := c.send(sending, d, c.windowAt(d, due), false)
	message := ""
	if err != nil {
		message = opsreview.ErrorMessage(err)
	}
	if kept := c.opts.DB.EndReport(ctx, d.Name, due, c.opts.Now(), message); kept != nil {
		c.opts.Log.WarnContext(ctx, "how a report went cannot be recorded", "report", d.Name, "err", kept)
	}
	if err != nil {
		c.opts.Log.WarnContext(ctx, "report failed", "report", d.Name, "due", due, "err", err)
		return
	}
	c.opts.Log.InfoContext(ctx, "report sent", "report", d.Name, "due", due, "bytes", size)
}

// windowAt is the window of a report that was due at a time, so that a late one
// tells of the same days.
func (c *courier) windowAt(d Destination, due time.Time) opsreview.WindowSpec {
	zone, err := review.TeamZone(c.facts.org, d.Team)
	if err != nil {
		return opsreview.WindowSpec{Last: d.Last}
	}
	w, err := opsreview.WindowSpec{Last: d.Last}.Resolve(due, zone)
	if err != nil {
		return opsreview.WindowSpec{Last: d.Last}
	}
	return opsreview.WindowSpec{From: w.Start.Format(time.RFC3339Nano), To: w.End.Format(time.RFC3339Nano)}
}
