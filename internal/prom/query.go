package prom

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"opsreview"
)

// mostPoints is how many steps one question asks for. Servers refuse more than
// 11 000.
const mostPoints = 10_000

// shortestRaw is the shortest stretch of raw samples that is halved.
const shortestRaw = time.Minute

// Raw returns the samples of the series that selector names with
// after < time ≤ until, as they were scraped. Markers of the end of a series
// are not among them. It returns an Invalid error if the server refuses the
// selector, or has more of it than it can answer even for a minute, and an
// Unavailable one if it does not answer.
func (c *Client) Raw(ctx context.Context, selector string, after, until time.Time) ([]Series, error) {
	if !after.Before(until) {
		return nil, nil
	}
	// The left end of a range belongs to it before version 3 and not since, so
	// that a little more is asked for and taken away here.
	span := until.Sub(after) + time.Second
	all, err := c.query(ctx, fmt.Sprintf("%s[%dms]", selector, span.Milliseconds()), until)
	if errors.Is(err, errTooMuch) && until.Sub(after) > shortestRaw {
		middle := after.Add(until.Sub(after) / 2).Truncate(time.Second)
		return c.joined(
			func() ([]Series, error) { return c.Raw(ctx, selector, after, middle) },
			func() ([]Series, error) { return c.Raw(ctx, selector, middle, until) })
	}
	if err != nil {
		return nil, err
	}
	for i := range all {
		all[i].Samples = slices.DeleteFunc(all[i].Samples, func(s Sample) bool {
			return !s.At.After(after) || s.At.After(until)
		})
	}
	return slices.DeleteFunc(all, func(s Series) bool { return len(s.Samples) == 0 }), nil
}

// Range returns the values of expr at start, start + step, … up to end. Its
// errors are those of [Client.Raw].
func (c *Client) Range(ctx context.Context, expr string, start, end time.Time, step time.Duration) ([]Series, error) {
	return c.ranges(ctx, ranging{expr: expr, start: start, step: step, points: int(end.Sub(start)/step) + 1}, mostPoints)
}

// ranging is a question for values at even steps.
type ranging struct {
	expr   string
	start  time.Time
	step   time.Duration
	points int
}

func (r ranging) at(n int) time.Time { return r.start.Add(time.Duration(n) * r.step) }

// ranges asks in pieces of at most so many points.
func (c *Client) ranges(ctx context.Context, r ranging, most int) ([]Series, error) {
	if r.points <= 0 {
		return nil, nil
	}
	if r.points > most {
		left, right := r, r
		left.points = most
		right.start, right.points = r.at(most), r.points-most
		return c.joined(
			func() ([]Series, error) { return c.ranges(ctx, left, most) },
			func() ([]Series, error) { return c.ranges(ctx, right, most) })
	}
	form := url.Values{
		"query": {r.expr}, "start": {stamp(r.start)}, "end": {stamp(r.at(r.points - 1))},
		"step": {strconv.FormatFloat(r.step.Seconds(), 'f', -1, 64)},
	}
	var answer result
	err := c.ask(ctx, "/api/v1/query_range", bounded(form), &answer)
	if errors.Is(err, errTooMuch) && r.points > 1 {
		return c.ranges(ctx, r, (r.points+1)/2)
	}
	if err != nil {
		return nil, err
	}
	return answer.series()
}

// Instant returns the values of expr at one time.
func (c *Client) Instant(ctx context.Context, expr string, at time.Time) ([]Series, error) {
	return c.query(ctx, expr, at)
}

func (c *Client) query(ctx context.Context, expr string, at time.Time) ([]Series, error) {
	var answer result
	if err := c.ask(ctx, "/api/v1/query", bounded(url.Values{"query": {expr}, "time": {stamp(at)}}), &answer); err != nil {
		return nil, err
	}
	return answer.series()
}

// bounded lets the server give up before this client does: then it says so, and
// can be asked for less.
func bounded(form url.Values) url.Values {
	form.Set("timeout", "45s")
	return form
}

// joined asks for two adjacent stretches and joins their series.
func (c *Client) joined(left, right func() ([]Series, error)) ([]Series, error) {
	all, err := left()
	if err != nil {
		return nil, err
	}
	more, err := right()
	if err != nil {
		return nil, err
	}
	at := make(map[string]int, len(all))
	for i, s := range all {
		at[s.Key()] = i
	}
	for _, s := range more {
		if i, ok := at[s.Key()]; ok {
			all[i].Samples = append(all[i].Samples, s.Samples...)
			continue
		}
		all = append(all, s)
	}
	return all, nil
}

// Key names the series by all its labels.
func (s Series) Key() string {
	var b strings.Builder
	for _, name := range slices.Sorted(maps.Keys(s.Labels)) {
		b.WriteString(strconv.Quote(name) + "=" + strconv.Quote(s.Labels[name]) + ",")
	}
	return b.String()
}

// stamp writes a time as the API reads it. It has milliseconds, and so have
// the samples.
func stamp(t time.Time) string {
	return strconv.FormatFloat(float64(t.UnixMilli())/1000, 'f', 3, 64)
}

// A result is what a query answers.
type result struct {
	Type   string          `json:"resultType"`
	Result json.RawMessage `json:"result"`
}

// point is one [time, "value"] of a result.
type point Sample

// series reads any type of result.
func (r result) series() ([]Series, error) {
	switch r.Type {
	case "scalar":
		var p point
		err := json.Unmarshal(r.Result, &p)
		return []Series{{Samples: []Sample{Sample(p)}}}, unreadable(err)
	case "vector", "matrix":
		var rows []row
		if err := json.Unmarshal(r.Result, &rows); err != nil {
			return nil, unreadable(err)
		}
		return read(rows)
	}
	return nil, opsreview.Errorf(opsreview.Invalid, "the query answers with a %s, which holds no numbers", r.Type)
}

// A row is one series of a vector or a matrix.
type row struct {
	Metric     map[string]string `json:"metric"`
	Value      *point            `json:"value"`
	Values     []point           `json:"values"`
	Histogram  json.RawMessage   `json:"histogram"`
	Histograms json.RawMessage   `json:"histograms"`
}

func read(rows []row) ([]Series, error) {
	all := make([]Series, 0, len(rows))
	for _, r := range rows {
		if len(r.Histogram) > 0 || len(r.Histograms) > 0 {
			return nil, opsreview.Errorf(opsreview.Invalid,
				"%q is a native histogram, which is not read: count from a counter, such as histogram_count() or a classic _bucket", r.Metric["__name__"])
		}
		s := Series{Labels: r.Metric, Samples: make([]Sample, 0, len(r.Values)+1)}
		if r.Value != nil {
			s.Samples = append(s.Samples, Sample(*r.Value))
		}
		for _, p := range r.Values {
			s.Samples = append(s.Samples, Sample(p))
		}
		all = append(all, s)
	}
	return all, nil
}

func unreadable(err error) error {
	return opsreview.Wrapf(err, opsreview.Unavailable, "Prometheus answers with samples that cannot be read")
}

var errPoint = errors.New(`a sample is not [time, "value"]`)

// UnmarshalJSON reads [1700000000.123,"42"].
func (p *point) UnmarshalJSON(b []byte) error {
	b = bytes.TrimSpace(b)
	at, value, ok := bytes.Cut(bytes.TrimSuffix(bytes.TrimPrefix(b, []byte("[")), []byte("]")), []byte(","))
	value = bytes.TrimSpace(value)
	if !ok || len(value) < 2 || value[0] != '"' || value[len(value)-1] != '"' {
		return errPoint
	}
	seconds, err := strconv.ParseFloat(string(bytes.TrimSpace(at)), 64)
	if err != nil || math.Abs(seconds) > 1e11 {
		return errPoint
	}
	v, err := strconv.ParseFloat(string(value[1:len(value)-1]), 64)
	if err != nil && !math.IsInf(v, 0) {
		return errPoint
	}
	p.At, p.Value = time.UnixMilli(int64(math.Round(seconds*1000))).UTC(), v
	return nil
}
