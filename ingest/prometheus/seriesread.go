package prometheus

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math"
	"strings"
	"time"

	"github.com/prometheus/prometheus/promql/parser"

	"opsreview"
	"opsreview/ingest"
	"opsreview/internal/prom"
)

const (
	// surveyStep is the step at which a chart's series are first looked at, to
	// choose among them.
	surveyStep = 2 * time.Hour
	// mostAsked is how many series a chart may have at all.
	mostAsked = 1000
	// pieceValues is how many values one question is for, of all its series.
	pieceValues = 300_000
	// pieceSteps is the most steps of one question.
	pieceSteps = 10_000
	// mostPending is how many values wait for being saved together.
	mostPending = 50_000
)

// A stretchOf is a part of the time that is read at one step.
type stretchOf struct {
	opsreview.Window
	step time.Duration
}

// An answer is one series of one of a chart's queries.
type answer struct {
	prom.Series
	key     string
	query   opsreview.ChartQuery
	counter bool
}

// chart reads what a chart asks as far as it can be read. It returns only
// errors that concern the other charts too.
func (l *looking) chart(ctx context.Context, i int) error {
	c := &l.charts[i]
	if l.planned[i] != "" {
		return nil
	}
	st := l.st.Charts[c.Key]
	err := l.read(ctx, c, &st)
	if err != nil && fatal(ctx, err) {
		return errors.Join(err, l.flush(ctx)) // what was read before need not be read again
	}
	st.Refused = ""
	if err != nil {
		st.Refused = clipped(opsreview.ErrorMessage(err))
	}
	l.st.Charts[c.Key] = st
	c.Skipped, c.LeftOut = st.Refused, st.LeftOut
	if (i+1)%10 == 0 {
		l.session.Report(ingest.Progress{Phase: "series", Done: float64(i+1) / float64(len(l.charts))})
	}
	return nil
}

// clipped is the beginning of what a server says.
func clipped(text string) string {
	const most = 300
	text = strings.ToValidUTF8(text, "")
	if len(text) <= most {
		return text
	}
	return strings.ToValidUTF8(text[:most], "") + "…"
}

// read reads a chart from a while before where the last pull stopped.
func (l *looking) read(ctx context.Context, c *opsreview.Chart, st *chartState) error {
	from := l.begin(c, st)
	if l.end.Sub(from) > 2*day {
		if err := l.survey(ctx, c, st); err != nil {
			return err
		}
	}
	warned := time.Time{}
	client := l.client.Warned(func(text string) {
		if warned.IsZero() {
			warned = from
		}
		if l.warned == "" {
			l.warned = clipped(text)
		}
	})
	for from.Before(l.end) {
		part := l.part(from, st.Width)
		all, err := l.ask(ctx, client, c, part)
		if err != nil {
			return err
		}
		l.choose(all, st, part)
		st.To, st.Again = part.End, warned
		if err := l.keep(ctx, c, st, all, part); err != nil {
			return err
		}
		from = part.End
	}
	return nil
}

// begin returns the time from which a chart is read. Where its queries have
// changed that is the beginning of its history. Those of dashboards change
// with the values of variables, with each new instance for example, so that
// they begin anew once a day at most.
func (l *looking) begin(c *opsreview.Chart, st *chartState) time.Time {
	history := l.end.Add(-l.History).Truncate(day)
	hash := hashed([]any{c.Queries, l.History, l.Step, l.Span})
	changed := st.Hash != hash && (c.Dashboard == "" || l.end.Sub(st.Begun) >= day)
	if st.To.IsZero() || changed || st.To.Before(history) {
		st.Hash, st.Begun, st.To, st.Again = hash, l.end, time.Time{}, time.Time{}
		return history
	}
	if st.To.Before(l.fine()) {
		return st.To
	}
	from := earlier(st.To, l.end).Add(-late)
	if again := st.Again; !again.IsZero() && again.Before(from) && l.end.Sub(again) < day {
		from = again
	}
	return from.Truncate(l.Step)
}

// fine is the time since which values are read at the finest step: half a span
// more than is under review, since a review is mostly of a week that has ended.
func (l *looking) fine() time.Time { return l.end.Add(-l.Span - l.Span/2).Truncate(day) }

// part returns the next stretch that is asked at once, for so many series. It
// ends with a day if it is that long.
func (l *looking) part(from time.Time, width int) stretchOf {
	s := stretchOf{opsreview.Window{Start: from, End: l.end}, l.Step}
	if fine := l.fine(); from.Before(fine) {
		s.End, s.step = fine, max(l.Step, oldStep)
	}
	steps := min(max(pieceValues/max(width, 1), 60), pieceSteps)
	if most := from.Add(time.Duration(steps) * s.step); most.Before(s.End) {
		s.End = most
		if midnight := most.Truncate(day); midnight.After(from) {
			s.End = midnight
		}
	}
	return s
}

// survey looks at the whole history in large steps, and chooses series. One look
// at the end comes first: what has far too many series is not asked for more.
func (l *looking) survey(ctx context.Context, c *opsreview.Chart, st *chartState) error {
	for _, q := range c.Queries {
		all, err := l.client.Instant(ctx, q.Text, l.end)
		if err == nil {
			err = l.bounded(len(all))
		}
		if err != nil {
			return inQuery(c, q, err)
		}
	}
	w := stretchOf{opsreview.Window{Start: l.end.Add(-l.History).Truncate(day), End: l.end.Add(surveyStep)}, surveyStep}
	w.Start = w.Start.Add(l.end.Sub(w.Start) % surveyStep) // so that the last look is at the end
	all, err := l.ask(ctx, l.client, c, w)
	if err != nil {
		return err
	}
	answered := map[string]bool{}
	for _, a := range all {
		answered[a.key] = true
	}
	maps.DeleteFunc(st.Series, func(key string, _ int64) bool { return !answered[key] })
	st.Width, st.Older = len(all), l.pick(all, st, true)
	return nil
}

// ask asks the queries of a chart for the values of a stretch.
func (l *looking) ask(ctx context.Context, client *prom.Client, c *opsreview.Chart, w stretchOf) ([]answer, error) {
	var all []answer
	for _, q := range c.Queries {
		series, err := client.Range(ctx, q.Text, w.Start, w.End.Add(-w.step), w.step)
		if err == nil {
			err = l.bounded(len(all) + len(series))
		}
		if err != nil {
			return nil, inQuery(c, q, err)
		}
		counter, err := l.counter(ctx, q.Text)
		if err != nil {
			return nil, err
		}
		for _, s := range series {
			name := selectorOf(s.Labels)
			if len(s.Labels) > mostLabels || len(name) > mostText {
				return nil, inQuery(c, q, opsreview.Errorf(opsreview.Invalid, "it has a series of %d labels in %d bytes: aggregate away what nobody needs", len(s.Labels), len(name)))
			}
			all = append(all, answer{s, opsreview.SeriesKey(c.Key, q.Name, s.Labels), q, counter})
		}
	}
	return all, nil
}

// bounded refuses a chart that has far too many series.
func (l *looking) bounded(series int) error {
	most := max(mostAsked, 2*l.MaxSeries)
	if series <= most {
		return nil
	}
	return opsreview.Errorf(opsreview.Invalid, "it has %d series, more than %d: aggregate them, with sum by (…) or topk for instance", series, most)
}

// inQuery names the query that an error is about, where a chart has several.
func inQuery(c *opsreview.Chart, q opsreview.ChartQuery, err error) error {
	if len(c.Queries) < 2 {
		return err
	}
	return named("query "+q.Name, err)
}

// counter reports whether a query's values only grow: it is a selector of a
// metric that is declared to be a counter, or, where nobody declares it, has
// the name of one.
func (l *looking) counter(ctx context.Context, text string) (bool, error) {
	expr, err := parse(text)
	if err != nil {
		return false, nil //nolint:nilerr // The server has answered it, and knows better.
	}
	for paren, ok := expr.(*parser.ParenExpr); ok; paren, ok = expr.(*parser.ParenExpr) {
		expr = paren.Expr
	}
	selector := plain(expr)
	if selector == nil || selector.Name == "" {
		return false, nil
	}
	is, ok := l.kinds[selector.Name]
	if !ok {
		kinds, err := l.client.Kinds(ctx, selector.Name)
		if err != nil {
			return false, err
		}
		is = counterName.MatchString(selector.Name)
		if len(kinds) == 1 && (kinds[0] == "counter" || kinds[0] == "gauge") {
			is = kinds[0] == "counter"
		}
		l.kinds[selector.Name] = is
	}
	return is, nil
}

// keep puts the values of the chosen series to those that are saved next.
func (l *looking) keep(ctx context.Context, c *opsreview.Chart, st *chartState, all []answer, w stretchOf) error {
	for _, a := range all {
		if _, ok := st.Series[a.key]; !ok {
			continue
		}
		points, ok := grid(a.Series, w)
		if !ok {
			continue
		}
		points.Series = a.key
		l.pending.Series = append(l.pending.Series, opsreview.Series{
			Key: a.key, Chart: c.Key, Query: a.query.Name, Name: seriesName(c, a.query, a.Labels), Labels: a.Labels, Counter: a.counter,
		})
		l.pending.Points = append(l.pending.Points, points)
		l.values += len(points.Values)
	}
	l.st.Charts[c.Key] = *st
	if l.values < mostPending {
		return nil
	}
	return l.flush(ctx)
}

// flush saves what has been read, with the cursor that says so.
func (l *looking) flush(ctx context.Context) error {
	if len(l.pending.Points) == 0 {
		return nil
	}
	l.pending.Cursor = l.st.encode()
	err := l.session.Save(ctx, l.pending)
	l.pending, l.values = opsreview.Batch{}, 0
	return err
}

// grid returns a series' values from the first to the last that is known. What
// is missing between them is NaN, and so is what is infinite: a division by
// nothing says nothing. It reports whether any value is known.
func grid(s prom.Series, w stretchOf) (opsreview.Points, bool) {
	first, last := -1, -1
	values := make([]float64, int(w.End.Sub(w.Start)/w.step))
	for i := range values {
		values[i] = math.NaN()
	}
	for _, v := range s.Samples {
		i := int(v.At.Sub(w.Start) / w.step)
		if i < 0 || i >= len(values) || math.IsNaN(v.Value) || math.IsInf(v.Value, 0) {
			continue
		}
		if first < 0 {
			first = i
		}
		last = max(last, i)
		values[i] = v.Value
	}
	if first < 0 {
		return opsreview.Points{}, false
	}
	return opsreview.Points{Start: w.Start.Add(time.Duration(first) * w.step), Step: w.step, Values: values[first : last+1]}, true
}

// seriesName is what people call a series: its legend, or its labels.
func seriesName(c *opsreview.Chart, q opsreview.ChartQuery, labels map[string]string) string {
	if text := legend(q.Legend, labels); text != "" {
		return text
	}
	switch {
	case len(labels) > 0:
		return selectorOf(labels)
	case len(c.Queries) > 1:
		return fmt.Sprintf("%s %s", c.Title, q.Name)
	}
	return c.Title
}

// legend fills a legend such as "{{instance}} of {{job}}". It returns "" where
// there is none, or Grafana makes one itself.
func legend(text string, labels map[string]string) string {
	if text == "__auto" {
		return ""
	}
	var b strings.Builder
	for {
		before, rest, ok := strings.Cut(text, "{{")
		name, after, closed := strings.Cut(rest, "}}")
		if !ok || !closed {
			b.WriteString(text)
			return strings.TrimSpace(b.String())
		}
		b.WriteString(before)
		b.WriteString(labels[strings.TrimSpace(name)])
		text = after
	}
}
