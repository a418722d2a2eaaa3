package prometheus

import (
	"context"
	"fmt"

	"opsreview"
	"opsreview/ingest"
)

// mostChecked is how many charts a check asks for, while somebody waits.
const mostChecked = 100

// checkLookBack tells what is looked at: nothing if there are no charts.
func (s *Source) checkLookBack(ctx context.Context) []ingest.Check {
	if s.look == nil {
		return nil
	}
	c := ingest.Check{Subject: "charts", Remedy: "see dashboard charts, and docs/prometheus.md"}
	l := &looking{puller: &puller{Source: s, st: state{}}, LookBack: *s.look, kinds: map[string]bool{}, end: s.client.Now().Add(-s.spans.delay)}
	boards, err := l.boards(ctx)
	if err == nil {
		err = l.plan(ctx, boards)
	}
	if err != nil {
		c.Detail = said(ctx, err)
		return []ingest.Check{c}
	}
	if len(l.charts) == 0 {
		return nil
	}
	return []ingest.Check{l.checkCharts(ctx, c)}
}

// checkCharts asks what each chart answers at present.
func (l *looking) checkCharts(ctx context.Context, c ingest.Check) ingest.Check {
	tried := min(len(l.charts), mostChecked)
	refused, empty, example := 0, 0, ""
	for i, chart := range l.charts[:tried] {
		why, n := l.planned[i], 0
		if why == "" {
			n, why = l.answers(ctx, chart)
		}
		if ctx.Err() != nil {
			c.Detail = said(ctx, ctx.Err())
			return c
		}
		switch {
		case why != "":
			refused++
			if example == "" {
				example = fmt.Sprintf("; %s: %s", chart.Key, why)
			}
		case n == 0:
			empty++
		}
	}
	c.Detail = fmt.Sprintf("%d are looked at", tried-refused)
	if refused > 0 {
		c.Detail += fmt.Sprintf(", %d are skipped", refused)
	}
	if empty > 0 {
		c.Detail += fmt.Sprintf(", %d have no series at present", empty)
	}
	if more := len(l.charts) - tried; more > 0 {
		c.Detail += fmt.Sprintf(", %d more were not tried", more)
	}
	c.Detail += example
	if c.OK = refused+empty < tried; c.OK {
		c.Remedy = ""
	}
	return c
}

// answers counts the series that a chart has at present, or says why it has
// none.
func (l *looking) answers(ctx context.Context, c opsreview.Chart) (n int, why string) {
	for _, q := range c.Queries {
		all, err := l.client.Instant(ctx, q.Text, l.end)
		if err != nil {
			return 0, clipped(opsreview.ErrorMessage(inQuery(&c, q, err)))
		}
		n += len(all)
	}
	return n, ""
}
