package file

import (
	"bytes"
	"context"
	"errors"
	"io"
	"slices"
	"strings"

	"opsreview/ingest"
)

// A csv reads records that are all of one kind, or each of the kind that its
// column "kind" says.
type csv struct{ kind string }

// attrPrefix begins the names of the columns that hold attributes.
const attrPrefix = "attr."

// listSeparator stands between the elements of a list in one cell.
const listSeparator = ";"

// Import implements [ingest.Importer].
func (c csv) Import(ctx context.Context, source string, f ingest.File, sink ingest.Sink) error {
	im, err := newImporter(source, f, sink)
	if err != nil {
		return err
	}
	rows := rowReader{lines: im.lines}
	var cs columns
	err = rows.header(f.Name, func(names []string) (err error) {
		cs, err = parseHeader(names, c.kind)
		return err
	})
	if err != nil {
		return err
	}
	for {
		if err := im.check(ctx); err != nil {
			return err
		}
		cells, line, bad, err := rows.next()
		if errors.Is(err, io.EOF) {
			return im.flush(ctx)
		}
		if err != nil {
			return err
		}
		im.rec.reset()
		im.rec.set(fKind, c.kind)
		if bad == nil {
			bad = cs.fill(&im.rec, cells)
		}
		if err := im.take(ctx, line, rows.row.size, bad); err != nil {
			return err
		}
	}
}

// A column is where a cell's text goes.
type column struct {
	field field
	attr  string // the attribute's name, where field is fAttributes
}

type columns []column

func (cs columns) fill(r *record, cells []string) error {
	if len(cells) != len(cs) {
		return wrong("the record has %d cells, and the header %d columns", len(cells), len(cs))
	}
	for i, cell := range cells {
		c := cs[i]
		switch {
		case cell == "":
		case c.field == fAttributes:
			if err := r.setAttribute(c.attr, cell); err != nil {
				return err
			}
		case c.field.isList():
			r.setList(c.field, splitList(cell))
		default:
			r.set(c.field, cell)
		}
	}
	return nil
}

func splitList(cell string) []string {
	list := strings.Split(cell, listSeparator)
	for i := range list {
		list[i] = strings.TrimSpace(list[i])
	}
	return list
}

// parseHeader understands the first record of a file of the kind, which is ""
// where each record says its own.
func parseHeader(names []string, kind string) (columns, error) {
	var cs columns
	known := allFields
	if kind != "" {
		known = kinds[kind].allowed &^ setOf(fKind, fVersion)
	}
	for i, name := range names {
		name = strings.TrimSpace(name)
		if slices.Contains(names[:i], name) {
			return nil, wrong("the column %s is there twice", short(name))
		}
		if attr, ok := strings.CutPrefix(name, attrPrefix); ok && attr != "" && known.has(fAttributes) {
			cs = append(cs, column{field: fAttributes, attr: attr})
			continue
		}
		f, ok := fieldByName[name]
		if ok && f != fAttributes && known.has(f) {
			cs = append(cs, column{field: f})
			continue
		}
		if len(names) == 1 && strings.ContainsAny(name, ";\t") {
			return nil, wrong("the columns are not separated by commas")
		}
		return nil, unknownColumn(name, known)
	}
	if kind != "" {
		return cs, cs.completeFor(kind)
	}
	return cs, cs.complete()
}

func unknownColumn(name string, known fieldSet) error {
	more := ""
	if known.has(fAttributes) {
		more = ", and attr.NAME for attributes"
	}
	return wrong("there is no column %s: the columns are %s%s", short(name), (known &^ setOf(fAttributes)).names(), more)
}

// completeFor returns an error unless lines of the kind can be written with cs.
func (cs columns) completeFor(kind string) error {
	var has fieldSet
	for _, c := range cs {
		has |= 1 << c.field
	}
	if missing := kinds[kind].must &^ setOf(fKind) &^ has; missing != 0 {
		return wrong("the column %q is missing", missing.first())
	}
	if kind == kindToil && !has.has(fMinutes) && !has.has(fSpent) {
		return wrong(`the file needs one of the columns "minutes" and "spent"`)
	}
	return nil
}

// complete returns an error unless some kind of line can be written with cs.
func (cs columns) complete() error {
	has := func(f field) bool { return slices.Contains(cs, column{field: f}) }
	switch {
	case !has(fKind):
		return wrong(`the column "kind" is missing`)
	case has(fPage) && !has(fAt):
		return wrong(`the column "at" is missing`)
	case !has(fPage) && !has(fID) && !has(fResponder):
		return wrong(`the column "page" is missing`)
	}
	return nil
}

// A rowReader joins lines to records, which may hold quoted line ends.
type rowReader struct {
	lines *lineReader
	row   row
}

// header reads the first record and has it understood.
func (rr *rowReader) header(name string, understand func(names []string) error) error {
	cells, line, bad, err := rr.next()
	if errors.Is(err, io.EOF) {
		return wrong("%s is empty: the first line must name the columns", name)
	}
	if err != nil {
		return err
	}
	if bad == nil {
		bad = understand(cells)
	}
	if bad != nil {
		return wrong("%s: line %d: %s", name, line, bad.Error())
	}
	return nil
}

// next returns the cells of the next record and the line on which it begins.
// bad says what is wrong with the record; err ends the file. A record that
// turns out wrong after its first line costs that line only: the lines after it
// are read again, so that a stray quote does not swallow what follows.
func (rr *rowReader) next() (cells []string, number int, bad, err error) {
	line, err := rr.lines.next()
	for err == nil && !line.long && len(bytes.TrimSpace(line.text)) == 0 {
		line, err = rr.lines.next()
	}
	if err != nil {
		return nil, 0, nil, err
	}
	number = line.number
	if bad = line.problem(); bad != nil {
		return nil, number, bad, nil
	}
	rr.row.begin()
	more, bad := rr.row.feed(line.text)
	var follow []physicalLine // the record's further lines
	for more && bad == nil {
		line, err = rr.lines.next()
		if errors.Is(err, io.EOF) {
			bad = wrong("a quote is opened and never closed")
			break
		}
		if err != nil {
			return nil, 0, nil, err
		}
		line.text = bytes.Clone(line.text)
		follow = append(follow, line)
		if bad = line.problem(); bad == nil {
			more, bad = rr.row.feed(line.text)
		}
	}
	if bad != nil {
		rr.lines.unread(follow)
	}
	return rr.row.cells, number, bad, nil
}

// A row is a record that is being read (RFC 4180).
type row struct {
	cells  []string
	cell   []byte // the text of the quoted cell that is open
	quoted bool   // such a cell is open
	size   int
}

func (r *row) begin() { *r = row{cells: r.cells[:0], cell: r.cell[:0]} }

// feed reads one line of the record. It reports whether the record goes on in
// the next line.
func (r *row) feed(line []byte) (more bool, err error) {
	r.size += len(line) + 1
	if r.size > maxLine {
		return false, wrong("a quote is opened and not closed within 1 MiB")
	}
	if r.quoted {
		r.cell = append(r.cell, '\n')
	}
	for {
		if !r.quoted && len(line) > 0 && line[0] == '"' {
			r.quoted, r.cell, line = true, r.cell[:0], line[1:]
		}
		var last bool
		if r.quoted {
			line, last, err = r.quotedCell(line)
		} else {
			line, last, err = r.bareCell(line)
		}
		if last || err != nil {
			return r.quoted, err
		}
	}
}

// quotedCell reads up to the cell's closing quote and the comma after it. It
// returns what follows, and whether the line has ended.
func (r *row) quotedCell(line []byte) (rest []byte, last bool, err error) {
	for {
		i := bytes.IndexByte(line, '"')
		if i < 0 {
			r.cell = append(r.cell, line...)
			return nil, true, nil
		}
		r.cell = append(r.cell, line[:i]...)
		line = line[i+1:]
		if len(line) > 0 && line[0] == '"' {
			r.cell, line = append(r.cell, '"'), line[1:]
			continue
		}
		if len(line) > 0 && line[0] != ',' {
			return nil, false, wrong("a closing quote is followed by %q: write a quote within a cell twice", line[:1])
		}
		r.quoted = false
		r.cells = append(r.cells, string(r.cell))
		if len(line) == 0 {
			return nil, true, nil
		}
		return line[1:], false, nil
	}
}

func (r *row) bareCell(line []byte) (rest []byte, last bool, err error) {
	cell, rest, found := bytes.Cut(line, []byte(","))
	if bytes.IndexByte(cell, '"') >= 0 {
		return nil, false, wrong("a quote stands within a cell: put the cell in quotes and write the quote twice")
	}
	r.cells = append(r.cells, string(cell))
	return rest, !found, nil
}
