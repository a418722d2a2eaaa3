package slo

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"opsreview/internal/yamltree"
)

// maxProblems bounds how many problems are told: a file that is something else
// altogether has one a line.
const maxProblems = 500

// A complaint is a problem with the order of its file.
type complaint struct {
	file int
	Problem
}

// A book collects what is wrong.
type book struct {
	complaints []complaint
	fatal      int // how many are fatal, also of those that are not told
}

func (b *book) add(f file, line int, fatal bool, text string) {
	if fatal {
		b.fatal++
	}
	if len(b.complaints) < maxProblems {
		b.complaints = append(b.complaints, complaint{f.index, Problem{File: f.name, Line: line, Text: text, Fatal: fatal}})
	}
	if len(b.complaints) == maxProblems {
		b.complaints = append(b.complaints, complaint{f.index, Problem{File: f.name, Line: line, Fatal: true, Text: "there is more wrong than is told"}})
		b.fatal++
	}
}

// A file is a document's name and place among the others.
type file struct {
	index int
	name  string
}

// An object is a mapping that is read key by key. Keys that nobody has asked
// for in the end are reported by done.
type object struct {
	book  *book
	file  file
	path  string // "spec.objectives[0]"; "" for the whole document
	tree  *yamltree.Tree
	known map[string]bool
}

func newObject(b *book, f file, path string, t *yamltree.Tree) *object {
	return &object{book: b, file: f, path: path, tree: t, known: map[string]bool{}}
}

// at returns the path of a key.
func (o *object) at(key string) string {
	switch {
	case key == "":
		return o.path
	case o.path == "":
		return key
	}
	return o.path + "." + key
}

func (o *object) report(key string, fatal bool, text string) {
	line := o.tree.Line
	if _, at := o.tree.Find(key); at > 0 {
		line = at
	}
	o.book.add(o.file, line, fatal, o.at(cleanKey(key))+": "+text)
}

// warn reports something about a key that is read in spite of it.
func (o *object) warn(key, format string, args ...any) {
	o.report(key, false, fmt.Sprintf(format, args...))
}

// fail reports something about a key for which the document cannot be used.
func (o *object) fail(key, format string, args ...any) {
	o.report(key, true, fmt.Sprintf(format, args...))
}

// get returns a key's value, nil if there is none.
func (o *object) get(key string) *yamltree.Tree {
	o.known[key] = true
	value, _ := o.tree.Find(key)
	return value
}

func (o *object) has(key string) bool {
	value, _ := o.tree.Find(key)
	return value != nil
}

// text returns a key's text, "" if there is none.
func (o *object) text(key string) string {
	value := o.get(key)
	switch {
	case value == nil:
		return ""
	case value.Form != yamltree.Scalar:
		o.warn(key, "want text")
		return ""
	}
	return value.Text
}

// number returns a key's number and whether there is one.
func (o *object) number(key string) (float64, bool) {
	value := o.get(key)
	if value == nil {
		return 0, false
	}
	x, ok := parseNumber(value.Text)
	if value.Form != yamltree.Scalar || !ok {
		o.fail(key, "want a number")
		return 0, false
	}
	if value.Quoted {
		o.warn(key, "want a number without quotes")
	}
	return x, true
}

// parseNumber reads a finite number.
func parseNumber(s string) (float64, bool) {
	x, err := strconv.ParseFloat(strings.TrimSpace(s), 64)
	return x, err == nil && !math.IsNaN(x) && !math.IsInf(x, 0)
}

// boolean returns a key's truth and whether there is one.
func (o *object) boolean(key string) (value, ok bool) {
	t := o.get(key)
	if t == nil {
		return false, false
	}
	if t.Form == yamltree.Scalar && (strings.EqualFold(t.Text, "true") || strings.EqualFold(t.Text, "false")) {
		if t.Quoted {
			o.warn(key, "want true or false without quotes")
		}
		return strings.EqualFold(t.Text, "true"), true
	}
	o.fail(key, "want true or false")
	return false, false
}

// child returns a key's mapping, nil if there is none.
func (o *object) child(key string) *object {
	value := o.get(key)
	switch {
	case value == nil:
		return nil
	case value.Form != yamltree.Mapping:
		o.fail(key, "want keys and values")
		return nil
	}
	return newObject(o.book, o.file, o.at(key), value)
}

// children returns a key's list of mappings.
func (o *object) children(key string) []*object {
	value := o.get(key)
	if value == nil {
		return nil
	}
	items := value.Items
	if value.Form != yamltree.List {
		o.warn(key, "want a list: it is read as its one item")
		items = []*yamltree.Tree{value}
	}
	var all []*object
	for i, item := range items {
		at := fmt.Sprintf("%s[%d]", key, i)
		if item.Form != yamltree.Mapping {
			o.book.add(o.file, item.Line, true, o.at(at)+": want keys and values")
			continue
		}
		all = append(all, newObject(o.book, o.file, o.at(at), item))
	}
	return all
}

// named returns the name by which a key goes in the document, where the two
// versions of the specification have different names for it.
func (o *object) named(v2 bool, first, second string) string {
	want, other := first, second
	if v2 {
		want, other = second, first
	}
	o.known[want] = true
	if !o.has(other) {
		return want
	}
	o.known[other] = true
	if o.has(want) {
		o.warn(other, "is the name of %s in another version of OpenSLO: it is ignored beside that", want)
		return want
	}
	o.warn(other, "is the name of %s in another version of OpenSLO: it is read as that", want)
	return other
}

// ignore says that keys may be there and are not read.
func (o *object) ignore(keys ...string) {
	for _, key := range keys {
		o.known[key] = true
	}
}

// done reports the keys that nobody has asked for. Their values are not
// repeated: one may be a secret in the wrong place.
func (o *object) done() {
	for _, p := range o.tree.Pairs {
		if o.known[p.Key] {
			continue
		}
		var names []string
		for name := range o.known {
			names = append(names, name)
		}
		slices.Sort(names)
		o.book.add(o.file, p.Line, false, fmt.Sprintf("%s: there is no such key, it is ignored: the keys are %s", o.at(cleanKey(p.Key)), strings.Join(names, ", ")))
	}
}

// cleanKey keeps a stranger's key short and on one line.
func cleanKey(key string) string {
	q := yamltree.Quote(key)
	if q == `"`+key+`"` {
		return key
	}
	return q
}
