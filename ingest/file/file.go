// Package file imports page events from files in this program's own format,
// as JSON lines or as CSV, so that any paging tool's history can be brought in
// by a short script. Declared incidents and logged toil go the same way, and the
// counted events of SLOs and series of numbers as CSV. The formats are version 1 and are described in docs/import.md.
//
// A file is read line by line and validated line by line: good lines are kept,
// bad ones are reported with their line and a reason. Memory does not grow
// with the file. Importing a file again changes nothing, because an event
// without an id is given one that is made from its content.
package file

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"

	"opsreview"
	"opsreview/ingest"
)

// Version is the version of the format.
const Version = 1

const (
	maxLine    = 1 << 20 // bytes in a line or a CSV record
	batchItems = 4000    // events and reference lines in a batch
	batchBytes = 8 << 20 // bytes of lines in a batch, so that long lines make small batches
)

// JSONL returns the importer of JSON lines: one object a line.
func JSONL() ingest.Importer { return jsonl{} }

// CSV returns the importer of comma-separated values: a line of column names,
// then one event a record.
func CSV() ingest.Importer { return csv{} }

// Incidents returns the importer of declared incidents: comma-separated values, a
// line of column names, then one incident a record.
func Incidents() ingest.Importer { return csv{kind: kindIncident} }

// Toil returns the importer of logged toil: comma-separated values, a line of
// column names, then one entry a record.
func Toil() ingest.Importer { return csv{kind: kindToil} }

// Segments returns the importer of the counted events of SLOs: comma-separated
// values, a line of column names, then one segment a record.
func Segments() ingest.Importer { return segments{} }

// Series returns the importer of series of numbers: comma-separated values, one
// value a record or one series a column.
func Series() ingest.Importer { return series{} }

type jsonl struct{}

// Import implements [ingest.Importer].
func (jsonl) Import(ctx context.Context, source string, f ingest.File, sink ingest.Sink) error {
	im, err := newImporter(source, f, sink)
	if err != nil {
		return err
	}
	for {
		if err := im.check(ctx); err != nil {
			return err
		}
		line, err := im.lines.next()
		if errors.Is(err, io.EOF) {
			return im.flush(ctx)
		}
		if err != nil {
			return err
		}
		if len(bytes.TrimSpace(line.text)) == 0 && !line.long {
			continue
		}
		im.rec.reset()
		if err := line.problem(); err != nil {
			if err := im.problem(line.number, err); err != nil {
				return err
			}
			continue
		}
		if err := im.take(ctx, line.number, len(line.text), parseObject(line.text, &im.rec)); err != nil {
			return err
		}
	}
}

// An importer is the state of one file's import.
type importer struct {
	name    string
	sink    ingest.Sink
	lines   *lineReader
	rec     record // of the line at hand
	builder builder
	taken   int // records since the import began
	bytes   int // of the records in the batch
}

func newImporter(source string, f ingest.File, sink ingest.Sink) (*importer, error) {
	if err := opsreview.ValidSourceName(source); err != nil {
		return nil, err
	}
	lines, err := newLineReader(f)
	if err != nil {
		return nil, err
	}
	return &importer{name: f.Name, sink: sink, lines: lines, builder: newBuilder(source)}, nil
}

// check looks at ctx now and then: asking at every line would cost more than
// the line.
func (im *importer) check(ctx context.Context) error {
	im.taken++
	if im.taken%256 != 1 {
		return nil
	}
	return ctx.Err()
}

// take adds the record at hand, of size bytes from line on, to the batch. If it cannot,
// or if err says that the record could not be read, it reports the problem.
func (im *importer) take(ctx context.Context, line, size int, err error) error {
	if err == nil {
		err = im.builder.add(&im.rec)
	}
	if err != nil {
		return im.problem(line, err)
	}
	im.bytes += size
	if im.builder.items < batchItems && im.bytes < batchBytes {
		return nil
	}
	return im.flush(ctx)
}

func (im *importer) flush(ctx context.Context) error {
	if im.builder.items == 0 {
		return nil
	}
	im.bytes = 0
	return im.sink.Save(ctx, im.builder.batch())
}

func (im *importer) problem(line int, err error) error {
	item := im.rec.text[fPage]
	if item == "" {
		item = im.rec.text[fID]
	}
	return im.sink.Problem(ingest.Problem{File: im.name, Line: line, Item: item, Reason: opsreview.ErrorMessage(err)})
}

// wrong returns an Invalid error that says what is wrong with a line.
func wrong(format string, args ...any) error {
	return opsreview.Errorf(opsreview.Invalid, format, args...)
}

// short quotes s for a message, cut to a length that a person reads.
func short(s string) string {
	const limit = 60
	if len(s) > limit {
		cut := limit
		for cut > 0 && s[cut]&0xC0 == 0x80 { // not inside a character
			cut--
		}
		return fmt.Sprintf("%q…", s[:cut])
	}
	return fmt.Sprintf("%q", s)
}
