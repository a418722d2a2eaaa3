package file

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"unicode/utf8"

	"opsreview"
	"opsreview/ingest"
)

// A physicalLine is one line of the file without its ending.
type physicalLine struct {
	text   []byte // valid until the next call of next; nil if the line is too long
	number int
	long   bool
}

// problem says what makes the line unreadable as a whole, nil if nothing does.
func (l physicalLine) problem() error {
	if l.long {
		return wrong("the line is longer than 1 MiB")
	}
	if !utf8.Valid(l.text) {
		return wrong("the line is not UTF-8")
	}
	return nil
}

// A lineReader splits a file into lines of bounded length.
type lineReader struct {
	name   string
	r      *bufio.Reader
	buf    []byte
	number int
	back   []physicalLine // lines to be read again, first one first
}

// newLineReader skips a byte order mark. It returns an Invalid error for files
// that plainly hold something else.
func newLineReader(f ingest.File) (*lineReader, error) {
	r := bufio.NewReaderSize(f.R, 64<<10)
	head, err := r.Peek(3)
	if err != nil && err != io.EOF {
		return nil, readError(f.Name, err)
	}
	switch {
	case bytes.HasPrefix(head, []byte("\xEF\xBB\xBF")):
		_, err = r.Discard(3)
	case bytes.HasPrefix(head, []byte("\x1F\x8B")):
		return nil, wrong("%s is compressed: unpack it first", f.Name)
	case bytes.HasPrefix(head, []byte("\xFF\xFE")), bytes.HasPrefix(head, []byte("\xFE\xFF")):
		return nil, wrong("%s is UTF-16: save it as UTF-8", f.Name)
	default:
		err = nil
	}
	return &lineReader{name: f.Name, r: r}, err
}

func readError(name string, err error) error {
	return opsreview.Wrapf(err, opsreview.Unavailable, "cannot read %s", name)
}

// next returns the next line, or io.EOF after the last.
func (lr *lineReader) next() (physicalLine, error) {
	if len(lr.back) > 0 {
		line := lr.back[0]
		lr.back = lr.back[1:]
		return line, nil
	}
	lr.number++
	line, err := lr.r.ReadSlice('\n')
	if err == nil {
		return physicalLine{text: trimEnding(line), number: lr.number}, nil
	}
	if err == io.EOF && len(line) == 0 {
		return physicalLine{}, io.EOF
	}
	lr.buf = append(lr.buf[:0], line...)
	return lr.rest(err)
}

// rest reads on where a line did not fit the reader's own buffer. What goes
// beyond the bound is read and dropped.
func (lr *lineReader) rest(err error) (physicalLine, error) {
	long := false
	for errors.Is(err, bufio.ErrBufferFull) {
		var more []byte
		more, err = lr.r.ReadSlice('\n')
		if long = long || len(lr.buf)+len(more) > maxLine; !long {
			lr.buf = append(lr.buf, more...)
		}
	}
	if err != nil && err != io.EOF {
		return physicalLine{}, readError(lr.name, err)
	}
	if long {
		return physicalLine{number: lr.number, long: true}, nil
	}
	return physicalLine{text: trimEnding(lr.buf), number: lr.number}, nil
}

// unread makes next return lines again. Their texts must not be shared with
// the reader's buffer.
func (lr *lineReader) unread(lines []physicalLine) {
	if len(lines) > 0 {
		lr.back = append(lines, lr.back...)
	}
}

func trimEnding(line []byte) []byte {
	return bytes.TrimSuffix(bytes.TrimSuffix(line, []byte("\n")), []byte("\r"))
}
