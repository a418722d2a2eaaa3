package rootly

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"io"

	"opsreview"
	"opsreview/ingest"
)

const (
	// mostItems is how many incidents of a file are saved together.
	mostItems = 500
	// mostItem bounds one item of a file, which is held in memory whole.
	mostItem = 16 << 20
)

var errLong = errors.New("the item is too long")

// Importer returns an importer of files: arrays of incidents, answers of the API
// ({"data": […]}, with what they include), single incidents, and any number of
// these one after the other.
func Importer() ingest.Importer { return importer{} }

type importer struct{}

// Import implements [ingest.Importer].
func (importer) Import(ctx context.Context, source string, file ingest.File, sink ingest.Sink) error {
	in := &input{r: withoutMark(file.R)}
	r := &reader{ctx: ctx, source: source, file: file.Name, sink: sink, dec: json.NewDecoder(in)}
	in.start = r.dec.InputOffset
	err := r.values()
	if r.failed != nil { // the sink stops an import as it is
		return r.failed
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if failed := r.flush(); failed != nil { // what came before an error is good
		return failed
	}
	if err != nil {
		why := "not readable as JSON from there on"
		if errors.Is(err, errLong) {
			why = "the item is longer than 16 MiB: nothing from there on was read"
		}
		return opsreview.Wrapf(err, opsreview.Invalid, "%s: byte %d: %s", file.Name, r.dec.InputOffset(), why)
	}
	return nil
}

// An input refuses to feed a decoder an item that does not end.
type input struct {
	r     io.Reader
	start func() int64 // where the item begins that the decoder is at
	read  int64
}

// Read implements [io.Reader].
func (in *input) Read(p []byte) (int, error) {
	room := mostItem - (in.read - in.start())
	if room <= 0 {
		return 0, errLong
	}
	n, err := in.r.Read(p[:min(int64(len(p)), room)])
	in.read += int64(n)
	return n, err
}

// withoutMark skips the byte order mark that some exports begin with.
func withoutMark(r io.Reader) io.Reader {
	b := bufio.NewReader(r)
	if head, err := b.Peek(3); err == nil && string(head) == "\xef\xbb\xbf" {
		_, _ = b.Discard(3) // it was just seen
	}
	return b
}

// A reader takes a file apart, item by item.
type reader struct {
	ctx    context.Context
	source string
	file   string
	sink   ingest.Sink
	dec    *json.Decoder
	batch  opsreview.Batch
	failed error // of the sink
}

// values reads the file to its end.
func (r *reader) values() error {
	for {
		head, err := r.peek()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err == nil && head == '[' {
			err = r.array()
		} else if err == nil {
			err = r.value()
		}
		if err != nil {
			return err
		}
	}
}

// peek returns the first byte of the next value. It returns io.EOF at the end.
func (r *reader) peek() (byte, error) {
	if !r.dec.More() {
		if _, err := r.dec.Token(); err != nil {
			return 0, err
		}
		return 0, errors.New("a bracket is closed that was not opened")
	}
	var head [1]byte
	buffered := r.dec.Buffered()
	for {
		if _, err := buffered.Read(head[:]); err != nil {
			return 0, err
		}
		if head[0] != ' ' && head[0] != '\t' && head[0] != '\r' && head[0] != '\n' {
			return head[0], nil
		}
	}
}

// array reads the items of a list one by one.
func (r *reader) array() error {
	if _, err := r.dec.Token(); err != nil {
		return err
	}
	for r.dec.More() {
		var raw json.RawMessage
		if err := r.dec.Decode(&raw); err != nil {
			return err
		}
		if err := r.item(raw, nil); err != nil {
			return err
		}
	}
	_, err := r.dec.Token()
	return unexpected(err)
}

// value reads an answer or a single incident.
func (r *reader) value() error {
	var raw json.RawMessage
	if err := r.dec.Decode(&raw); err != nil {
		return unexpected(err)
	}
	var a answer
	if json.Unmarshal(raw, &a) != nil || len(a.Data) == 0 {
		return r.item(raw, nil)
	}
	all, others := a.resources()
	for _, one := range all {
		if err := r.item(one, others); err != nil {
			return err
		}
	}
	return nil
}

// unexpected says that a file ends in the middle.
func unexpected(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}

// item adds one item to what is saved next.
func (r *reader) item(raw json.RawMessage, others map[string]resource) error {
	if err := r.ctx.Err(); err != nil {
		return err
	}
	i, name, err := read(r.source, raw, others)
	if err != nil {
		r.failed = r.sink.Problem(ingest.Problem{File: r.file, Item: name, Reason: opsreview.ErrorMessage(err)})
		return r.failed
	}
	r.batch.Incidents = append(r.batch.Incidents, i)
	if len(r.batch.Incidents) < mostItems {
		return nil
	}
	return r.flush()
}

func (r *reader) flush() error {
	if len(r.batch.Incidents) == 0 {
		return nil
	}
	r.failed = r.sink.Save(r.ctx, r.batch)
	r.batch = opsreview.Batch{}
	return r.failed
}
