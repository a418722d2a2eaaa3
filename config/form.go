package config

import (
	"bytes"
	"cmp"
	"encoding"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"

	"opsreview"
)

// The YAML parser recurses, and takes the square of the depth in time, so a
// document is bounded before it is parsed.
const (
	maxSize  = 256 << 10
	maxDepth = 100
)

// A form is the shape of a document: where its fields stand, and what is wrong
// with them before anybody asks what they mean.
type form struct {
	name     string // the file's name, for messages; "" if there is no file
	at       map[string]token.Position
	problems []problem
}

// A problem is one mistake and the field that it is in, such as
// "teams[1].time_zone".
type problem struct {
	path, text string
}

// decode reads data into v, a pointer to a struct. It returns an Invalid error
// that lists every value that is not of v's form.
func (f *form) decode(data []byte, v any) error {
	f.at = map[string]token.Position{}
	if len(data) > maxSize {
		return opsreview.Errorf(opsreview.Invalid, "%s: a configuration has at most %d kB", f.name, maxSize>>10)
	}
	if tooDeep(data) {
		return opsreview.Errorf(opsreview.Invalid, "%s: the document is nested too deeply", f.name)
	}
	tree, err := parser.ParseBytes(data, 0)
	if err != nil {
		return f.located(err)
	}
	if len(tree.Docs) > 1 {
		return opsreview.Errorf(opsreview.Invalid, "%s: want one YAML document, there are %d", f.name, len(tree.Docs))
	}
	// The parser drops what follows an empty document.
	if n := markers(data); n > 1 {
		return opsreview.Errorf(opsreview.Invalid, "%s: want one YAML document, there are %d", f.name, n)
	}
	if len(tree.Docs) == 0 || tree.Docs[0].Body == nil || tree.Docs[0].Body.Type() == ast.CommentType {
		return nil
	}
	body := tree.Docs[0].Body
	f.check(body, reflect.TypeOf(v).Elem(), "")
	if len(f.problems) > 0 {
		return f.report(f.problems)
	}
	if err := yaml.NodeToValue(body, v); err != nil {
		return f.located(err)
	}
	return nil
}

// tooDeep reports whether data may be nested deeper than any configuration. It
// counts open brackets and what can open a level at the beginning of a line.
func tooDeep(data []byte) bool {
	open := 0
	for line := range bytes.Lines(data) {
		if len(line)-len(bytes.TrimLeft(line, " \t-?!&*")) > maxDepth {
			return true
		}
		for _, b := range line {
			switch b {
			case '[', '{':
				open++
			case ']', '}':
				open = max(open-1, 0)
			}
			if open > maxDepth {
				return true
			}
		}
	}
	return false
}

// markers counts the lines that begin a document.
func markers(data []byte) int {
	n := 0
	for line := range bytes.Lines(data) {
		if rest, ok := bytes.CutPrefix(line, []byte("---")); ok && (len(rest) == 0 || bytes.ContainsAny(rest[:1], " \t\r\n")) {
			n++
		}
	}
	return n
}

// located turns an error of the YAML reader into an Invalid one that begins
// with the place.
func (f *form) located(err error) error {
	place, text := f.name, err.Error()
	var y yaml.Error
	if errors.As(err, &y) {
		text = y.GetMessage()
		if t := y.GetToken(); t != nil && t.Position != nil {
			place = fmt.Sprintf("%s:%d", f.name, t.Position.Line)
		}
	}
	text, _, _ = strings.Cut(strings.TrimSpace(text), "\n")
	return opsreview.Errorf(opsreview.Invalid, "%s: %s", place, text)
}

// report returns an Invalid error with a line for each problem, in the order
// of the file. It returns nil if there is none.
func (f *form) report(problems []problem) error {
	if len(problems) == 0 {
		return nil
	}
	slices.SortStableFunc(problems, func(a, b problem) int {
		return cmp.Compare(f.position(a.path).Offset, f.position(b.path).Offset)
	})
	var lines []string
	for _, p := range problems {
		line := p.text
		if p.path != "" {
			line = p.path + ": " + line
		}
		if place := f.place(p.path); place != "" {
			line = place + ": " + line
		}
		lines = append(lines, line)
	}
	return opsreview.Errorf(opsreview.Invalid, "%s", strings.Join(lines, "\n"))
}

// place returns "file:line" of a field, or of what should hold it.
func (f *form) place(path string) string {
	if at := f.position(path); at.Line > 0 {
		return fmt.Sprintf("%s:%d", f.name, at.Line)
	}
	return f.name
}

func (f *form) position(path string) token.Position {
	for path != "" {
		if at, ok := f.at[path]; ok {
			return at
		}
		path = path[:max(strings.LastIndexAny(path, ".["), 0)]
	}
	return token.Position{}
}

func (f *form) fail(path, format string, args ...any) {
	f.problems = append(f.problems, problem{path, fmt.Sprintf(format, args...)})
}

// note records where the field at path stands.
func (f *form) note(path string, n ast.Node) {
	if t := n.GetToken(); path != "" && t != nil && t.Position != nil {
		f.at[path] = *t.Position
	}
}

var textUnmarshaler = reflect.TypeFor[encoding.TextUnmarshaler]()

// check compares the node at path with the type that it is read into. A node
// that says nothing leaves the default.
func (f *form) check(n ast.Node, t reflect.Type, path string) {
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	switch n.Type() {
	case ast.NullType:
		return
	case ast.AnchorType, ast.AliasType, ast.MergeKeyType, ast.TagType:
		f.fail(path, "anchors, aliases and tags are not supported: write it out")
		return
	}
	switch {
	case reflect.PointerTo(t).Implements(textUnmarshaler):
		f.checkText(n, t, path)
	case t == reflect.TypeFor[Source]():
		f.checkSource(n, path)
	case t == reflect.TypeFor[Tracker]():
		f.checkTracker(n, path)
	case t.Kind() == reflect.Struct:
		f.checkFields(n, fieldsOf(t), path)
	case t.Kind() == reflect.Slice:
		f.checkList(n, t.Elem(), path)
	case t.Kind() == reflect.Map:
		f.checkMap(n, t.Elem(), path)
	case t.Kind() == reflect.Interface:
		f.checkAny(n, path)
	default:
		f.checkScalar(n, t.Kind(), path)
	}
}

// checkFields compares a mapping with the fields that it may have.
func (f *form) checkFields(n ast.Node, fields map[string]reflect.Type, path string) {
	m, ok := n.(ast.MapNode)
	if !ok {
		f.fail(path, "want keys and values: %s", knownNames(fields))
		return
	}
	for it := m.MapRange(); it.Next(); {
		key := it.Key().GetToken().Value
		field := key
		if path != "" {
			field = path + "." + key
		}
		f.note(field, it.Key())
		t, known := fields[key]
		switch {
		case it.Key().IsMergeKey():
			f.fail(field, "anchors, aliases and tags are not supported: write it out")
		case !known:
			f.failUnknown(field, key, fields)
		default:
			f.check(it.Value(), t, field)
		}
	}
}

// failUnknown reports a key that nobody knows. Its value is not repeated: it
// may be a secret in the wrong place.
func (f *form) failUnknown(field, key string, fields map[string]reflect.Type) {
	hint := ""
	if _, ok := fields["token_file"]; ok && slices.Contains([]string{"token", "password", "secret", "api_key", "key"}, key) {
		hint = "; secrets are not written here: name their file with token_file or their variable with token_env"
	}
	f.fail(field, "there is no such key: the keys are %s%s", knownNames(fields), hint)
}

func (f *form) checkList(n ast.Node, t reflect.Type, path string) {
	list, ok := n.(*ast.SequenceNode)
	if !ok {
		f.fail(path, "want a list: one item a line, each after a dash")
		return
	}
	for i, item := range list.Values {
		at := fmt.Sprintf("%s[%d]", path, i)
		f.note(at, item)
		if item.Type() == ast.NullType {
			f.fail(at, "is empty")
			continue
		}
		f.check(item, t, at)
	}
}

// checkMap compares a mapping whose keys the user makes up.
func (f *form) checkMap(n ast.Node, t reflect.Type, path string) {
	m, ok := n.(ast.MapNode)
	if !ok {
		f.fail(path, "want keys and values")
		return
	}
	for it := m.MapRange(); it.Next(); {
		at := path + "." + it.Key().GetToken().Value
		f.note(at, it.Key())
		if it.Key().IsMergeKey() {
			f.fail(at, "anchors, aliases and tags are not supported: write it out")
			continue
		}
		f.check(it.Value(), t, at)
	}
}

// checkAny goes through a value of any form, in which nothing may refer to
// something elsewhere.
func (f *form) checkAny(n ast.Node, path string) {
	anything := reflect.TypeFor[any]()
	switch n.(type) {
	case ast.MapNode:
		f.checkMap(n, anything, path)
	case *ast.SequenceNode:
		f.checkList(n, anything, path)
	}
}

// checkText compares a node with a type that reads itself from text.
func (f *form) checkText(n ast.Node, t reflect.Type, path string) {
	s, ok := n.(ast.ScalarNode)
	if !ok {
		f.fail(path, "want a single value")
		return
	}
	v, _ := reflect.New(t).Interface().(encoding.TextUnmarshaler)
	if err := v.UnmarshalText([]byte(fmt.Sprint(s.GetValue()))); err != nil {
		f.fail(path, "%s", opsreview.ErrorMessage(err))
	}
}

func (f *form) checkScalar(n ast.Node, kind reflect.Kind, path string) {
	switch n.Type() {
	case ast.StringType, ast.LiteralType:
		if kind != reflect.String {
			f.fail(path, "want %s without quotes", scalarName(kind))
		}
	case ast.BoolType:
		if kind != reflect.Bool {
			f.fail(path, "want %s", scalarName(kind))
		}
	case ast.IntegerType:
		if kind == reflect.String || kind == reflect.Bool {
			f.fail(path, "want %s", scalarName(kind))
		}
	case ast.FloatType:
		if kind != reflect.Float64 && kind != reflect.Float32 {
			f.fail(path, "want %s", scalarName(kind))
		}
	default:
		name, _, _ := strings.Cut(scalarName(kind), ":")
		f.fail(path, "want %s", name)
	}
}

func scalarName(kind reflect.Kind) string {
	switch kind {
	case reflect.String:
		return "text: put it in quotes"
	case reflect.Bool:
		return "true or false"
	case reflect.Float32, reflect.Float64:
		return "a number"
	}
	return "a whole number"
}

// fieldsOf returns the keys of a struct and their types.
func fieldsOf(t reflect.Type) map[string]reflect.Type {
	fields := map[string]reflect.Type{}
	for i := range t.NumField() {
		name, _, _ := strings.Cut(t.Field(i).Tag.Get("yaml"), ",")
		if name != "" && name != "-" {
			fields[name] = t.Field(i).Type
		}
	}
	return fields
}
