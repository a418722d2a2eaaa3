package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"opsreview"
)

// Bounds of what a batch may say of charts and series.
const (
	maxChartKey    = 512      // bytes of a key, of a query's name or of a label's name
	maxChartText   = 64 << 10 // bytes of all the words of a chart, and of a series
	maxChartSeries = 2000     // series of one chart in one batch
	maxLabels      = 64
)

// checkCharts returns an Invalid error for charts and series that cannot be
// kept.
func checkCharts(source string, b opsreview.Batch) error {
	for i := range b.Charts {
		c := &b.Charts[i]
		if err := checkKey("chart", c.Key); err != nil {
			return err
		}
		if c.Source != "" && c.Source != source {
			return opsreview.Errorf(opsreview.Invalid, "chart %q is answered by source %q, not by %q", c.Key, c.Source, source)
		}
		n := len(c.Title) + len(c.Dashboard) + len(c.Row) + len(c.URL) + len(c.Unit) + len(c.Service) + len(c.Team) + len(c.Skipped) +
			len(encodeQueries(c.Queries)) + len(sqlList(c.Also).encode())
		if n > maxChartText {
			return opsreview.Errorf(opsreview.Invalid, "chart %q has %d bytes of text; %d are the most", c.Key, n, maxChartText)
		}
	}
	perChart := map[string]int{}
	for i := range b.Series {
		s := &b.Series[i]
		if err := checkSeries(s); err != nil {
			return err
		}
		if perChart[s.Chart]++; perChart[s.Chart] > maxChartSeries {
			return opsreview.Errorf(opsreview.Invalid, "chart %q has more than %d series in one batch", s.Chart, maxChartSeries)
		}
	}
	return nil
}

func checkSeries(s *opsreview.Series) error {
	if err := checkKey("series", s.Key); err != nil {
		return err
	}
	if err := checkKey("chart", s.Chart); err != nil {
		return err
	}
	n := len(s.Query) + len(s.Name) + len(encodeMap(s.Labels))
	if len(s.Labels) > maxLabels || n > maxChartText {
		return opsreview.Errorf(opsreview.Invalid, "series %q has %d labels and %d bytes of text; %d and %d are the most",
			s.Key, len(s.Labels), n, maxLabels, maxChartText)
	}
	return nil
}

func checkKey(what, key string) error {
	switch {
	case key == "":
		return opsreview.Errorf(opsreview.Invalid, "a %s needs a key", what)
	case len(key) > maxChartKey:
		return opsreview.Errorf(opsreview.Invalid, "the key of a %s may have %d bytes at most: %q", what, maxChartKey, strings.ToValidUTF8(key[:32], "")+"…")
	case !utf8.ValidString(key):
		return opsreview.Errorf(opsreview.Invalid, "the key of a %s must be UTF-8: %q", what, key)
	}
	return nil
}

const chartColumns = `id, source, title, dashboard, section, url, unit, service, team, queries, also, skipped, left_out`

var chartBulk = func() bulk {
	columns := strings.Split(chartColumns, ", ")
	mine, theirs := prefixed("charts", strings.Join(columns[1:], ", ")), prefixed("excluded", strings.Join(columns[1:], ", "))
	return bulk{
		into:    "charts (" + chartColumns + ")",
		columns: len(columns),
		suffix: `ON CONFLICT (id) DO UPDATE SET (` + strings.Join(columns[1:], ", ") + `, deleted) = (` + theirs + `, 0)
			WHERE (` + mine + `, charts.deleted) IS NOT (` + theirs + `, 0)`,
	}
}()

// saveCharts saves charts and their series. A chart that is saved is there
// again; where the batch has the source's complete list, the others are deleted
// and keep their series.
func saveCharts(ctx context.Context, w *writer, f facts, saved *opsreview.Saved) error {
	args, keys := make([]any, 0, chartBulk.columns*len(f.batch.Charts)), []string{}
	for i := range f.batch.Charts {
		c := &f.batch.Charts[i]
		keys = append(keys, c.Key)
		args = append(args, c.Key, f.source, c.Title, c.Dashboard, c.Row, c.URL, c.Unit, c.Service, c.Team,
			encodeQueries(c.Queries), sqlList(c.Also).encode(), c.Skipped, c.LeftOut)
	}
	if _, err := w.insert(ctx, chartBulk, args); err != nil {
		return fmt.Errorf("save charts: %w", err)
	}
	if slices.Contains(f.batch.Listed, "charts") {
		_, err := w.exec(ctx, `UPDATE charts SET deleted = 1 WHERE source = ? AND NOT deleted
			AND id NOT IN (SELECT value FROM json_each(?))`, f.source, encodeStrings(keys))
		if err != nil {
			return fmt.Errorf("delete charts: %w", err)
		}
	}
	n, err := w.saveSeries(ctx, f.batch.Series)
	if err != nil {
		return fmt.Errorf("save series: %w", err)
	}
	saved.Series += n
	return nil
}

// What is made of a counter's values is not what is made of others, so that a
// change of that is one of the points.
var seriesBulk = bulk{
	into:    "series (id, chart, query, name, labels, counter)",
	columns: 6,
	suffix: `ON CONFLICT (id) DO UPDATE SET (chart, query, name, labels, counter, version) = (excluded.chart, excluded.query,
			excluded.name, excluded.labels, excluded.counter, series.version + (series.counter <> excluded.counter))
		WHERE (series.chart, series.query, series.name, series.labels, series.counter) IS NOT
			(excluded.chart, excluded.query, excluded.name, excluded.labels, excluded.counter)`,
}

func (w *writer) saveSeries(ctx context.Context, all []opsreview.Series) (changed int, err error) {
	if len(all) == 0 {
		return 0, nil
	}
	args, charts := make([]any, 0, seriesBulk.columns*len(all)), map[string]bool{}
	for i := range all {
		s := &all[i]
		charts[s.Chart] = true
		args = append(args, s.Key, s.Chart, s.Query, s.Name, encodeMap(s.Labels), s.Counter)
	}
	for chart := range charts {
		var known bool
		if err := w.queryRow(ctx, `SELECT EXISTS (SELECT 1 FROM charts WHERE id = ?)`, []any{chart}, &known); err != nil {
			return 0, err
		}
		if !known {
			return 0, opsreview.Errorf(opsreview.Invalid, "there is no chart %q for its series", chart)
		}
	}
	return w.insert(ctx, seriesBulk, args)
}

func encodeQueries(queries []opsreview.ChartQuery) string {
	if len(queries) == 0 {
		return ""
	}
	b, _ := json.Marshal(queries) // Strings always can be encoded.
	return string(b)
}

// ChartFilter selects charts. A zero field selects everything.
type ChartFilter struct {
	Keys        []string // of these; nil for all, empty for none
	Sources     []string // that these answer; nil for all, empty for none
	WithDeleted bool     // those too that their source lists no more
}

// Charts returns the charts that f selects, by key.
func (db *DB) Charts(ctx context.Context, f ChartFilter) ([]opsreview.Chart, error) {
	query, args := f.query()
	found, err := list(ctx, db, query, args, scanChart)
	if err != nil {
		return nil, fmt.Errorf("read charts: %w", err)
	}
	return found, nil
}

func (f ChartFilter) query() (query string, args []any) {
	where := []string{"TRUE"}
	if f.Keys != nil {
		where, args = append(where, "id IN (SELECT value FROM json_each(?))"), append(args, encodeStrings(f.Keys))
	}
	if f.Sources != nil {
		where, args = append(where, "source IN (SELECT value FROM json_each(?))"), append(args, encodeStrings(f.Sources))
	}
	if !f.WithDeleted {
		where = append(where, "NOT deleted")
	}
	return `SELECT ` + chartColumns + ` FROM charts WHERE ` + strings.Join(where, " AND ") + ` ORDER BY id`, args
}

func scanChart(rows *sql.Rows) (c opsreview.Chart, err error) {
	var queries string
	err = rows.Scan(&c.Key, &c.Source, &c.Title, &c.Dashboard, &c.Row, &c.URL, &c.Unit, &c.Service, &c.Team,
		&queries, (*sqlList)(&c.Also), &c.Skipped, &c.LeftOut)
	if err == nil && queries != "" {
		err = json.Unmarshal([]byte(queries), &c.Queries)
	}
	return c, err
}

// SeriesStates returns what is stored of the series of some charts, by chart,
// name and key; nil asks for those of all charts that are not deleted.
func (db *DB) SeriesStates(ctx context.Context, charts []string) ([]opsreview.SeriesState, error) {
	query, args := selectSeries+` WHERE chart IN (SELECT id FROM charts WHERE NOT deleted)`, []any(nil)
	if charts != nil {
		query, args = selectSeries+` WHERE chart IN (SELECT value FROM json_each(?))`, []any{encodeStrings(charts)}
	}
	found, err := list(ctx, db, query+` ORDER BY chart, name, id`, args, scanSeries)
	if err != nil {
		return nil, fmt.Errorf("read series: %w", err)
	}
	return found, nil
}

const selectSeries = `SELECT id, chart, query, name, labels, counter, version, first_at, last_at FROM series`

func scanSeries(rows *sql.Rows) (s opsreview.SeriesState, err error) {
	var labels string
	err = rows.Scan(&s.Key, &s.Chart, &s.Query, &s.Name, &labels, &s.Counter, &s.Version, (*sqlTime)(&s.First), (*sqlTime)(&s.Last))
	if err == nil {
		s.Labels, err = decodeMap(labels)
	}
	return s, err
}

// dayLength is a day of UTC in milliseconds.
var dayLength = (24 * time.Hour).Milliseconds()
