package dashboard

import (
	"bytes"
	"encoding/json"
	"fmt"
)

// maxNesting is how deep the lists of panels can be that are looked for: rows or
// panels in the envelope, with panels in them.
const maxNesting = 7

// indexed is the place of an item of a list.
func indexed(list string, i int) string { return fmt.Sprintf("%s.%d", list, i) }

// linesOf returns the lines in which panels and rows begin, by place, as in
// "dashboard.panels.3". The document is one that could be read.
func linesOf(data []byte) map[string]int {
	w := lineWalker{dec: json.NewDecoder(bytes.NewReader(data)), data: data, line: 1, lines: map[string]int{}}
	w.value("", 0)
	return w.lines
}

type lineWalker struct {
	dec   *json.Decoder
	data  []byte
	from  int // how far lines have been counted
	line  int
	lines map[string]int
}

// value walks through what stands at a place that may lead to panels.
func (w *lineWalker) value(place string, depth int) {
	t, err := w.dec.Token()
	switch {
	case err != nil:
	case depth == maxNesting && (t == json.Delim('{') || t == json.Delim('[')):
		w.skipRest()
	case t == json.Delim('{'):
		w.object(place, depth)
	case t == json.Delim('['):
		for i := 0; w.dec.More(); i++ {
			w.item(indexed(place, i), depth+1)
		}
		w.end()
	}
}

func (w *lineWalker) object(place string, depth int) {
	for w.dec.More() {
		key, err := w.dec.Token()
		if err != nil {
			return
		}
		switch name := fmt.Sprint(key); {
		case name == "panels" || name == "rows" || depth == 0 && (name == "dashboard" || name == "spec"):
			if place != "" {
				name = place + "." + name
			}
			w.value(name, depth+1)
		default:
			w.skip()
		}
	}
	w.end()
}

// item notes where an item of a list begins, which is after a comma and spaces.
func (w *lineWalker) item(place string, depth int) {
	at := int(w.dec.InputOffset())
	at += len(w.data[at:]) - len(bytes.TrimLeft(w.data[at:], " \t\r\n,"))
	w.line += bytes.Count(w.data[w.from:at], []byte("\n"))
	w.from = at
	w.lines[place] = w.line
	w.value(place, depth)
}

// skip passes over one value.
func (w *lineWalker) skip() {
	if t, err := w.dec.Token(); err == nil && (t == json.Delim('{') || t == json.Delim('[')) {
		w.skipRest()
	}
}

// skipRest passes over the rest of an object or a list.
func (w *lineWalker) skipRest() {
	for open := 1; open > 0; {
		t, err := w.dec.Token()
		if err != nil {
			return
		}
		switch t {
		case json.Delim('{'), json.Delim('['):
			open++
		case json.Delim('}'), json.Delim(']'):
			open--
		}
	}
}

// end passes over the bracket that closes an object or a list.
func (w *lineWalker) end() { _, _ = w.dec.Token() } // an error is met again by who asks next
