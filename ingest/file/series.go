package file

import (
	"cmp"
	"context"
	"errors"
	"io"
	"slices"
	"time"

	"opsreview"
	"opsreview/ingest"
)

// Bounds of a file of series.
const (
	mostFileSeries  = 10_000
	mostChartSeries = 1000
	mostSamples     = 200_000 // that are held; half of them are saved when it is reached
	mostValues      = 1 << 19 // in a batch, holes included
)

type series struct{}

// Import implements [ingest.Importer].
func (series) Import(ctx context.Context, source string, f ingest.File, sink ingest.Sink) error {
	if err := opsreview.ValidSourceName(source); err != nil {
		return err
	}
	f, err := unpacked(f)
	if err != nil {
		return err
	}
	lines, err := newLineReader(f)
	if err != nil {
		return err
	}
	im := seriesImporter{name: f.Name, sink: sink, series: map[string]*fileSeries{}, charts: map[string]*fileChart{}}
	if im.head, err = readRemarks(lines); err != nil {
		return err
	}
	rows := rowReader{lines: lines}
	err = rows.header(f.Name, func(names []string) (err error) {
		im.form, err = parseSeriesHeader(names, im.head, f.Name)
		return err
	})
	if err != nil {
		return err
	}
	for n := 0; ; n++ {
		if n%256 == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
		cells, line, bad, err := rows.next()
		if errors.Is(err, io.EOF) {
			return im.flush(ctx, everything)
		}
		if err == nil {
			err = im.take(ctx, line, cells, bad)
		}
		if err != nil {
			return err
		}
	}
}

// A fileChart is a chart that the file has named.
type fileChart struct {
	chart  opsreview.Chart
	series int
	saved  bool
}

// A seriesImporter is the state of one file's import.
type seriesImporter struct {
	name     string
	sink     ingest.Sink
	head     remarks
	form     seriesForm
	charts   map[string]*fileChart
	series   map[string]*fileSeries
	order    []*fileSeries
	held     int     // samples in all of the series
	last     int64   // the time of the record before; 0 at the first
	gaps     []int64 // between the first records of different times
	batch    opsreview.Batch
	values   int // in the batch
	problems []ingest.Problem
}

// take reads the samples of one record. If it cannot, or if bad says that the
// record could not be read, it reports the problem.
func (im *seriesImporter) take(ctx context.Context, line int, cells []string, bad error) error {
	var at int64
	if bad == nil {
		bad = im.form.check(cells)
	}
	if bad == nil {
		at, bad = parseSampleTime(cells[im.form.time], im.head.zone)
	}
	if bad != nil {
		return im.problem(line, "", bad)
	}
	im.mind(at)
	for _, i := range im.form.values {
		if err := im.takeCell(line, at, cells, i); err != nil {
			return err
		}
	}
	if im.held < mostSamples {
		return nil
	}
	return im.flush(ctx, half)
}

// mostGaps is how many records say what the file's usual step is.
const mostGaps = 1000

// mind notes how far the record is from the one before.
func (im *seriesImporter) mind(at int64) {
	if im.last != 0 && at != im.last && len(im.gaps) < mostGaps {
		im.gaps = append(im.gaps, max(at-im.last, im.last-at))
	}
	im.last = at
}

// takeCell reads the value in column i.
func (im *seriesImporter) takeCell(line int, at int64, cells []string, i int) error {
	name := im.form.seriesName(cells, i)
	v, known, err := parseSample(cells[i])
	var s *fileSeries
	if err == nil && known {
		s, err = im.find(cells, i)
	}
	if err != nil {
		return im.problem(line, name, err)
	}
	if known {
		s.held = append(s.held, sample{at: at, value: v, line: line})
		im.held++
	}
	return nil
}

// find returns the series of the value in column i, which it adds if the file
// has not named it before.
func (im *seriesImporter) find(cells []string, i int) (*fileSeries, error) {
	id := im.form.identity(cells, i)
	if s := im.series[id]; s != nil {
		return s, nil
	}
	chart, found, err := im.form.describe(cells, i, im.head)
	if err != nil {
		return nil, err
	}
	c := im.charts[chart.Key]
	if c == nil {
		c = &fileChart{chart: chart}
	}
	switch {
	case len(im.order) == mostFileSeries:
		return nil, wrong("the file has more than %d series: divide it", mostFileSeries)
	case c.series == mostChartSeries:
		return nil, wrong("the chart has more than %d series: nobody can look at them", mostChartSeries)
	}
	c.series++
	s := &fileSeries{series: found, chart: c}
	im.charts[chart.Key], im.series[id], im.order = c, s, append(im.order, s)
	return s, nil
}

// A share says how much of what is held is saved.
type share int

const (
	half share = iota // of each series the half that the file has left behind
	everything
)

// flush saves what is held.
func (im *seriesImporter) flush(ctx context.Context, share share) error {
	usual := usualStep(slices.Clone(im.gaps))
	for _, s := range im.order {
		was := len(s.held)
		points, bad := s.cut(share, usual)
		im.held -= was - len(s.held)
		for _, p := range bad {
			p.File, p.Item = im.name, s.series.Name
			im.problems = append(im.problems, p)
		}
		for _, p := range points {
			if err := im.add(ctx, s, p); err != nil {
				return err
			}
		}
	}
	slices.SortStableFunc(im.problems, func(a, b ingest.Problem) int { return cmp.Compare(a.Line, b.Line) })
	for _, p := range im.problems {
		if err := im.sink.Problem(p); err != nil {
			return err
		}
	}
	im.problems = im.problems[:0]
	return im.save(ctx)
}

// add adds values to the batch, and what they are of where that was not saved
// before.
func (im *seriesImporter) add(ctx context.Context, s *fileSeries, p opsreview.Points) error {
	if im.values+len(p.Values) > mostValues {
		if err := im.save(ctx); err != nil {
			return err
		}
	}
	if !s.chart.saved {
		s.chart.saved = true
		im.batch.Charts = append(im.batch.Charts, s.chart.chart)
	}
	if !s.saved {
		s.saved = true
		im.batch.Series = append(im.batch.Series, s.series)
	}
	im.batch.Points = append(im.batch.Points, p)
	im.values += len(p.Values)
	return nil
}

func (im *seriesImporter) save(ctx context.Context) error {
	if len(im.batch.Points) == 0 {
		return nil
	}
	b := im.batch
	im.batch, im.values = opsreview.Batch{}, 0
	return im.sink.Save(ctx, b)
}

func (im *seriesImporter) problem(line int, item string, err error) error {
	return im.sink.Problem(ingest.Problem{File: im.name, Line: line, Item: item, Reason: opsreview.ErrorMessage(err)})
}

// A sample is one value as the file has it.
type sample struct {
	at    int64 // Unix milliseconds
	value float64
	line  int
}

// A fileSeries is a series that the file has named.
type fileSeries struct {
	series opsreview.Series
	chart  *fileChart
	saved  bool
	held   []sample
	grid   grid

	// first and last are the times on the grid between which the file's values
	// have been saved, if any is.
	first, last int64
	any         bool
}

// cut takes a share of what is held and puts it on the series' grid. Usual is
// the file's usual step, 0 if it has none. Lines whose values cannot be kept are
// problems.
func (s *fileSeries) cut(share share, usual int64) (points []opsreview.Points, bad []ingest.Problem) {
	if len(s.held) == 0 {
		return nil, nil
	}
	latest := s.held[len(s.held)-1].at
	slices.SortFunc(s.held, func(a, b sample) int { return cmp.Or(cmp.Compare(a.at, b.at), cmp.Compare(a.line, b.line)) })
	if s.grid.step == 0 {
		s.grid = gridOf(s.held, usual)
	}
	from, to := 0, len(s.held)
	switch {
	case share == everything:
	case latest >= s.held[len(s.held)/2].at:
		to = len(s.held) / 2
	default: // The file goes back in time.
		from = len(s.held) / 2
	}
	taken := s.held[from:to]
	r := newRuns(s.series.Key, s.grid.step)
	before := int64(-1)
	for _, v := range taken {
		at := s.grid.cell(v.at)
		switch {
		case at == before || (s.any && (at == s.first || at == s.last)):
			bad = append(bad, ingest.Problem{Line: v.line, Reason: "the series has a value already for the time " +
				timeText(at) + ": values are kept one each " + time.Duration(s.grid.step*int64(time.Millisecond)).String()})
			continue
		case s.any && at >= s.first && at <= s.last:
			bad = append(bad, ingest.Problem{Line: v.line, Reason: "the time " + timeText(v.at) +
				" lies far among those of lines before it: sort the file by time"})
			continue
		}
		before = at
		r.add(at, v.value)
	}
	s.mark(r.points)
	s.held = slices.Delete(s.held, from, to)
	return r.points, bad
}

// mark remembers between which times the file's values have been saved.
func (s *fileSeries) mark(points []opsreview.Points) {
	if len(points) == 0 {
		return
	}
	last := points[len(points)-1]
	from, to := points[0].Start.UnixMilli(), last.End().UnixMilli()-last.Step.Milliseconds()
	if !s.any {
		s.first, s.last, s.any = from, to, true
	}
	s.first, s.last = min(s.first, from), max(s.last, to)
}

func timeText(ms int64) string { return time.UnixMilli(ms).UTC().Format(time.RFC3339Nano) }
