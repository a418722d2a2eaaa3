package prometheus

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"opsreview"
	"opsreview/dashboard"
	"opsreview/ingest"
	"opsreview/internal/prom"
)

const (
	// oldStep is the step of values that are older than what is looked back over.
	oldStep = 5 * time.Minute
	// pause is how long charts are left alone once they have been read: nobody
	// looks back over minutes, and every look rewrites a day of every series.
	pause = time.Hour
	// late is how much is read again, because samples may come late.
	late = 2 * time.Hour

	// A store refuses longer texts and more labels.
	mostText   = 32 << 10
	mostLabels = 64

	defaultSpan    = 14 * day
	defaultHistory = 42 * day
	defaultStep    = time.Minute
	defaultLines   = 20
)

// A LookBack says which series a source reads beside the events of SLOs, so
// that people can look back over them. Zero values mean the defaults.
type LookBack struct {
	// Boards returns the dashboards to look at; nil for none. Those of another
	// source are left out.
	Boards func(ctx context.Context) ([]Board, error)

	Charts    []opsreview.Chart // others than those of dashboards; of this source and of others
	Span      time.Duration     // how much of the time is under review, and read at Step; 14 days
	History   time.Duration     // how far back series are read; 6 weeks
	Step      time.Duration     // divides a day; a minute
	MaxSeries int               // how many series of a chart are looked at; 20
}

// A Board is a dashboard and what the configuration says of it.
type Board struct {
	Dashboard opsreview.Dashboard
	Scope     dashboard.Scope
}

// WithLookBack makes the source read the series of charts.
func WithLookBack(l LookBack) Option {
	l.Span, l.History = cmp.Or(l.Span, defaultSpan), cmp.Or(l.History, defaultHistory)
	l.Step, l.MaxSeries = cmp.Or(l.Step, defaultStep), cmp.Or(l.MaxSeries, defaultLines)
	l.History = max(l.History, l.Span)
	return func(s *settings) { s.look = &l }
}

// A looking is the part of a pull that reads the series of charts.
type looking struct {
	*puller
	LookBack
	asker   *asker
	charts  []opsreview.Chart
	planned []string // why each chart is not asked at all, "" if it is
	end     time.Time
	kinds   map[string]bool // whether metrics are counters, as far as was asked
	pending opsreview.Batch // what is read and not saved yet
	values  int             // of pending
	warned  string          // the first warning that an answer may lack something
}

// lookBack reads the series of the charts, an hour after it did so last, or
// once the configuration or a dashboard has changed.
func (p *puller) lookBack(ctx context.Context) error {
	if p.look == nil && p.st.Listed == "" {
		return nil
	}
	l := &looking{puller: p, kinds: map[string]bool{}}
	if p.look != nil {
		l.LookBack = *p.look
	}
	l.end = p.end.Truncate(cmp.Or(l.Step, defaultStep))
	boards, err := l.boards(ctx)
	if err != nil {
		return err
	}
	mine := func(c opsreview.Chart) bool { return c.Source == l.cfg.Name }
	if len(boards) == 0 && p.st.Listed == "" && !slices.ContainsFunc(l.Charts, mine) {
		return nil
	}
	hash := l.hash(boards)
	if gone := l.end.Sub(p.st.Looked); p.st.LookHash == hash && gone >= 0 && gone < pause {
		return nil
	}
	if err := l.plan(ctx, boards); err != nil {
		return err
	}
	if err := l.list(ctx); err != nil {
		return err
	}
	for i := range l.charts {
		if err := l.chart(ctx, i); err != nil {
			return err
		}
	}
	return l.done(ctx, hash)
}

// boards returns the dashboards that this source answers.
func (l *looking) boards(ctx context.Context) ([]Board, error) {
	if l.Boards == nil {
		return nil, nil
	}
	all, err := l.Boards(ctx)
	return slices.DeleteFunc(slices.Clone(all), func(b Board) bool { return b.Scope.Source != l.cfg.Name }), err
}

// hash names what the charts are made from.
func (l *looking) hash(boards []Board) string {
	return hashed([]any{l.Charts, boards, l.Span, l.History, l.Step, l.MaxSeries})
}

func hashed(v any) string {
	b, err := json.Marshal(v)
	if err != nil { // nothing in these values can fail
		b = []byte(err.Error())
	}
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:8])
}

// plan makes charts of the dashboards and of the configuration's queries. What
// earlier pulls know of charts that are there no more is forgotten.
func (l *looking) plan(ctx context.Context, boards []Board) error {
	l.asker = &asker{client: l.client, known: map[string]answered{}, listing: prom.Listing{Start: l.end.Add(-l.Span), End: l.end}}
	var all []opsreview.Chart
	for _, c := range l.Charts {
		if c.Source == l.cfg.Name {
			all = append(all, c)
		}
	}
	for _, b := range boards {
		all = append(all, dashboard.Charts(b.Dashboard, b.Scope, l.asker.values(ctx))...)
		if l.asker.fatal != nil {
			return l.asker.fatal
		}
	}
	known := map[string]chartState{}
	if len(all) > 0 {
		l.charts = dashboard.Distinct(all)
	}
	for i := range l.charts {
		c := &l.charts[i]
		c.Source = l.cfg.Name
		if n := len(c.Title) + len(c.Dashboard) + textOf(c.Queries); n > mostText {
			c.Queries, c.Skipped = nil, fmt.Sprintf("its queries have %d bytes, more than %d", n, mostText)
		}
		l.planned = append(l.planned, c.Skipped)
		st, ok := l.st.Charts[c.Key]
		if !ok {
			continue
		}
		known[c.Key] = st
		c.Skipped = cmp.Or(c.Skipped, st.Refused)
		c.LeftOut = st.LeftOut
	}
	l.st.Charts = known
	return nil
}

// textOf is how long queries are.
func textOf(queries []opsreview.ChartQuery) (n int) {
	for _, q := range queries {
		n += len(q.Name) + len(q.Text) + len(q.Legend)
	}
	return n
}

// list saves the complete list of the charts if it has changed.
func (l *looking) list(ctx context.Context) error {
	hash := ""
	if len(l.charts) > 0 {
		hash = hashed(l.charts)
	}
	if hash == l.st.Listed {
		return nil
	}
	l.st.Listed = hash
	return l.session.Save(ctx, opsreview.Batch{Charts: l.charts, Listed: []string{"charts"}, Cursor: l.st.encode()})
}

// done saves what remains, and tells what was not looked at.
func (l *looking) done(ctx context.Context, hash string) error {
	if err := l.flush(ctx); err != nil {
		return err
	}
	if err := l.list(ctx); err != nil {
		return err
	}
	l.st.Looked, l.st.LookHash = l.end, hash
	b := opsreview.Batch{Cursor: l.st.encode()}
	if len(l.slos) == 0 && len(l.charts) > 0 {
		b.Through = l.end
	}
	if err := l.session.Save(ctx, b); err != nil {
		return err
	}
	if len(l.charts) > 0 {
		l.session.Report(ingest.Progress{Phase: "series", Done: 1, Note: l.note()})
	}
	return nil
}

// note says in words what was not looked at, "" if everything was.
func (l *looking) note() string {
	skipped, crowded, left := 0, 0, 0
	for _, c := range l.charts {
		switch {
		case c.Skipped != "":
			skipped++
		case c.LeftOut > 0:
			crowded++
			left += c.LeftOut
		}
	}
	var parts []string
	if skipped > 0 {
		parts = append(parts, fmt.Sprintf("%d of %d charts are skipped: dashboard charts says why", skipped, len(l.charts)))
	}
	if left > 0 {
		parts = append(parts, fmt.Sprintf("%d series beyond the %d largest of a chart are left out, of %d charts", left, l.MaxSeries, crowded))
	}
	if l.warned != "" {
		parts = append(parts, "Prometheus warns: "+l.warned+"; what came with that is read again")
	}
	return strings.Join(parts, "; ")
}
