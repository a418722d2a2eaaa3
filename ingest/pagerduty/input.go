package pagerduty

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"io"
)

// mostItem bounds one item of a file, which is held in memory whole.
const mostItem = 16 << 20

// errLong says that an item is longer than that.
var errLong = errors.New("the item is too long")

// An input feeds a decoder. It counts lines, and refuses to feed an item that
// does not end.
type input struct {
	r     io.Reader
	start func() int64 // where the item begins that the decoder is at
	read  int64
	lines int
}

// Read implements [io.Reader].
func (in *input) Read(p []byte) (int, error) {
	room := mostItem - (in.read - in.start())
	if room <= 0 {
		return 0, errLong
	}
	n, err := in.r.Read(p[:min(int64(len(p)), room)])
	in.read += int64(n)
	in.lines += bytes.Count(p[:n], []byte("\n"))
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

// whole reads an item.
func (r *reader) whole() (json.RawMessage, error) {
	var raw json.RawMessage
	r.within = true
	err := r.dec.Decode(&raw)
	r.within = err != nil
	return raw, err
}

// place returns the byte, counted from 0, and the line, counted from 1, at
// which the decoder has failed.
func (r *reader) place(in *input) (at int64, line int) {
	rest, _ := io.ReadAll(r.dec.Buffered()) // it is in memory, which does not fail
	at, line = r.dec.InputOffset(), 1+in.lines-bytes.Count(rest, []byte("\n"))
	skipped := len(rest) - len(bytes.TrimLeft(rest, " \t\r\n"))
	var bad *json.SyntaxError
	if r.within && errors.As(json.Unmarshal(rest, new(json.RawMessage)), &bad) && int64(len(rest)) > bad.Offset {
		skipped = int(max(0, bad.Offset-1))
	}
	return at + int64(skipped), line + bytes.Count(rest[:skipped], []byte("\n"))
}

// reasonOf says in words why a file cannot be read.
func reasonOf(err error) string {
	var bad *json.SyntaxError
	switch {
	case errors.Is(err, io.ErrUnexpectedEOF):
		return "the file ends in the middle"
	case errors.As(err, &bad):
		return bad.Error()
	}
	return "the file cannot be read"
}
