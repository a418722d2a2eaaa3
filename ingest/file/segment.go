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

type segments struct{}

// Import implements [ingest.Importer].
func (segments) Import(ctx context.Context, source string, f ingest.File, sink ingest.Sink) error {
	if err := opsreview.ValidSourceName(source); err != nil {
		return err
	}
	lines, err := newLineReader(f)
	if err != nil {
		return err
	}
	rows := rowReader{lines: lines}
	im := segmentImporter{name: f.Name, sink: sink, seen: map[string]*timeline{}}
	err = rows.header(f.Name, func(names []string) (err error) {
		im.columns, err = parseSegmentHeader(names)
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
			return im.flush(ctx)
		}
		if err != nil {
			return err
		}
		if err := im.take(ctx, line, cells, bad); err != nil {
			return err
		}
	}
}

// A segmentImporter is the state of one file's import.
type segmentImporter struct {
	name      string
	sink      ingest.Sink
	columns   []segmentField
	row       segmentRow
	batch     []opsreview.Segment
	held      int                  // of the batch, those that the last save left for the next one
	seen      map[string]*timeline // what the file has said so far, by SLO
	stretches int                  // in all of seen
}

// take adds the record of line to the batch. If it cannot, or if bad says that
// the record could not be read, it reports the problem.
func (im *segmentImporter) take(ctx context.Context, line int, cells []string, bad error) error {
	im.row = segmentRow{}
	var s opsreview.Segment
	if bad == nil {
		bad = im.row.fill(im.columns, cells)
	}
	if bad == nil {
		s, bad = im.row.segment()
	}
	if bad == nil {
		bad = im.mark(s)
	}
	if bad != nil {
		return im.sink.Problem(ingest.Problem{File: im.name, Line: line, Item: im.row[sSLO], Reason: opsreview.ErrorMessage(bad)})
	}
	im.batch = append(im.batch, s)
	if len(im.batch) < im.held+batchItems {
		return nil
	}
	return im.saveHours(ctx)
}

// mostHeld bounds how many segments wait for the rest of their hours.
const mostHeld = 3 * batchItems

// saveHours saves what is complete to the hour. Old segments are joined to
// whole hours in the store, where a part of an hour could not replace them.
func (im *segmentImporter) saveHours(ctx context.Context) error {
	im.sort()
	var ready, held []opsreview.Segment
	for i := 0; i < len(im.batch); {
		next := i + 1
		for next < len(im.batch) && im.batch[next].SLO == im.batch[i].SLO {
			next++
		}
		hour := im.batch[next-1].End.Truncate(time.Hour)
		cut := next
		for cut > i && im.batch[cut-1].End.After(hour) {
			cut--
		}
		ready, held = append(ready, im.batch[i:cut]...), append(held, im.batch[cut:next]...)
		i = next
	}
	if len(held) > mostHeld {
		return im.flush(ctx)
	}
	im.batch, im.held = held, len(held)
	if len(ready) == 0 {
		return nil
	}
	return im.sink.Save(ctx, opsreview.Batch{Segments: ready})
}

// flush saves what there is.
func (im *segmentImporter) flush(ctx context.Context) error {
	if len(im.batch) == 0 {
		return nil
	}
	im.sort()
	b := opsreview.Batch{Segments: im.batch}
	im.batch, im.held = nil, 0
	return im.sink.Save(ctx, b)
}

func (im *segmentImporter) sort() {
	slices.SortFunc(im.batch, func(a, b opsreview.Segment) int {
		return cmp.Or(cmp.Compare(a.SLO, b.SLO), a.Start.Compare(b.Start))
	})
}

// maxStretches bounds the memory that finding overlaps takes. A file in the
// order of time has one stretch an SLO, and one more for each hole.
const maxStretches = 50_000

// mark remembers that the file has counted s. It returns an Invalid error if a
// record before has counted some of that time already.
func (im *segmentImporter) mark(s opsreview.Segment) error {
	tl := im.seen[s.SLO]
	if tl == nil {
		tl = &timeline{}
		im.seen[s.SLO] = tl
	}
	was := len(tl.stretches)
	if twice, ok := tl.add(stretch{s.Start.UnixMilli(), s.End.UnixMilli()}); !ok {
		return wrong("the segment counts again what a line before it has counted: the time from %s to %s", twice.start(), twice.end())
	}
	if im.stretches += len(tl.stretches) - was; im.stretches > maxStretches {
		return wrong("the file has too many stretches of time that do not join: sort it by SLO and start, or divide it")
	}
	return nil
}

// A stretch is a half-open interval in Unix milliseconds.
type stretch struct{ from, to int64 }

func (s stretch) start() string { return time.UnixMilli(s.from).UTC().Format(time.RFC3339Nano) }
func (s stretch) end() string   { return time.UnixMilli(s.to).UTC().Format(time.RFC3339Nano) }

// A timeline is a set of stretches, in order and apart from one another.
type timeline struct{ stretches []stretch }

// add adds s and joins it to its neighbours. If some of it is in the set
// already it adds nothing, and returns a part that is.
func (tl *timeline) add(s stretch) (twice stretch, ok bool) {
	all := tl.stretches
	i, _ := slices.BinarySearchFunc(all, s.from, func(o stretch, from int64) int { return cmp.Compare(o.to, from) })
	// All before i end before s begins; the one at i may end exactly there.
	before := i < len(all) && all[i].to == s.from
	next := i
	if before {
		next++
	}
	if next < len(all) && all[next].from < s.to {
		return stretch{max(s.from, all[next].from), min(s.to, all[next].to)}, false
	}
	after := next < len(all) && all[next].from == s.to
	switch {
	case before && after:
		all[i].to = all[next].to
		tl.stretches = slices.Delete(all, next, next+1)
	case before:
		all[i].to = s.to
	case after:
		all[next].from = s.from
	default:
		tl.stretches = slices.Insert(all, i, s)
	}
	return stretch{}, true
}
