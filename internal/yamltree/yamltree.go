// Package yamltree reads the YAML of strangers into trees that know their
// lines. It loses nothing of a stream of documents, and what is made to exhaust
// its reader is refused.
package yamltree

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/lexer"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"
)

// The YAML parser recurses and takes the square of the depth in time, so a file
// is bounded before it is parsed. maxNodes bounds what aliases and merge keys
// can make of it.
const (
	maxNesting = 100
	maxNodes   = 100_000
)

// Limits bound a file before it is parsed.
type Limits struct {
	Name string // what the file is, for messages: "a file of objectives"
	Size int    // in bytes
	Keys int    // of one document: the parser takes the square of them in time
}

// A Tree is a piece of a YAML document. An alias is the very tree that its
// anchor names, so that a document of aliases of aliases stays as small as it
// is written; only what is asked for is walked.
type Tree struct {
	Form   Form
	Line   int
	Text   string // of a scalar
	Quoted bool   // a scalar in quotes, or a block of text
	Pairs  []Pair // of a mapping, in order
	Items  []*Tree
}

// A Form says what a tree is.
type Form int

// The forms.
const (
	Nothing Form = iota
	Scalar
	Mapping
	List
)

// A Pair is a key of a mapping and its value.
type Pair struct {
	Key   string
	Line  int
	Value *Tree
}

// Find returns the value of a mapping's key and the line of the key; nil if the
// key is not there or has no value.
func (t *Tree) Find(key string) (*Tree, int) {
	for _, p := range t.Pairs {
		if p.Key == key && p.Value.Form == Nothing {
			return nil, p.Line
		}
		if p.Key == key {
			return p.Value, p.Line
		}
	}
	return nil, 0
}

// An Error says why a file cannot be read.
type Error struct {
	Line int // 0 if it is about the whole file
	Text string
}

// Error implements error.
func (e *Error) Error() string { return fmt.Sprintf("line %d: %s", e.Line, e.Text) }

// Parse reads the documents of a YAML stream, without the empty ones.
func Parse(data []byte, limits Limits) ([]*Tree, *Error) {
	if len(data) > limits.Size {
		return nil, &Error{0, fmt.Sprintf("%s has at most %d kB", limits.Name, limits.Size>>10)}
	}
	if !utf8.Valid(data) {
		return nil, &Error{0, "the file is not UTF-8"}
	}
	if indentedTooDeeply(data) {
		return nil, &Error{0, "the document is nested too deeply"}
	}
	p := planter{left: maxNodes, keys: limits.Keys}
	var trees []*Tree
	for _, c := range splitStream(bytes.TrimPrefix(data, []byte("\ufeff"))) {
		grown, err := p.parse(c)
		if err != nil {
			return nil, err
		}
		trees = append(trees, grown...)
	}
	return trees, nil
}

// A chunk is one document of a stream, and how many lines are before it.
type chunk struct {
	text  []byte
	above int
}

// splitStream splits a stream into its documents, which the YAML parser is not
// trusted with: it drops everything that follows an empty one. A line that
// begins with the marker of a document cannot be anything else in YAML.
func splitStream(data []byte) []chunk {
	var chunks []chunk
	start, at, above, line := 0, 0, 0, 0
	begun := false // the chunk has more than comments and directives
	for text := range bytes.Lines(data) {
		head, end := isMarker(text, "---"), isMarker(text, "...")
		if (head && begun) || end {
			chunks = append(chunks, chunk{data[start:at], above})
			start, above, begun = at, line, false
		}
		at, line = at+len(text), line+1
		switch trimmed := bytes.TrimSpace(text); {
		case end:
			start, above = at, line
		case len(trimmed) > 0 && trimmed[0] != '#' && text[0] != '%':
			begun = true
		}
	}
	return append(chunks, chunk{data[start:], above})
}

func isMarker(line []byte, marker string) bool {
	rest, ok := bytes.CutPrefix(line, []byte(marker))
	return ok && (len(rest) == 0 || bytes.ContainsAny(rest[:1], " \t\r\n"))
}

// parse reads one document. The parser sees at most one, and a directive before
// it.
func (p *planter) parse(c chunk) ([]*Tree, *Error) {
	tokens := lexer.Tokenize(string(c.text))
	if t := tooDeep(tokens); t != nil {
		return nil, &Error{t.Position.Line + c.above, "the document is nested too deeply"}
	}
	if n := countKeys(tokens); n > p.keys {
		return nil, &Error{c.above + 1, fmt.Sprintf("the document has %d keys, at most %d are read", n, p.keys)}
	}
	file, err := parser.Parse(tokens, 0)
	if err != nil {
		return nil, yamlError(err, c.above)
	}
	p.anchors, p.above = map[string]*Tree{}, c.above
	var trees []*Tree
	for _, doc := range file.Docs {
		if doc.Body == nil || slices.Contains([]ast.NodeType{ast.CommentType, ast.NullType, ast.DirectiveType}, doc.Body.Type()) {
			continue
		}
		t := p.plant(doc.Body)
		if p.failed != nil {
			return nil, p.failed
		}
		trees = append(trees, t)
	}
	return trees, nil
}

// yamlError takes the line and the first sentence out of the reader's error.
func yamlError(err error, above int) *Error {
	var y yaml.Error
	if !errors.As(err, &y) {
		return &Error{0, Sentence(err.Error())}
	}
	text := Sentence(y.GetMessage())
	if t := y.GetToken(); t != nil && t.Position != nil {
		return &Error{t.Position.Line + above, text}
	}
	return &Error{0, text}
}

// indentedTooDeeply reports whether a line begins deeper than any document
// needs. A dash and a question mark at the beginning of a line open a level
// each.
func indentedTooDeeply(data []byte) bool {
	for line := range bytes.Lines(data) {
		if len(line)-len(bytes.TrimLeft(line, " \t-?")) > maxNesting {
			return true
		}
	}
	return false
}

// tooDeep returns the token at which brackets, or properties of one node, are
// nested too deeply; nil if none is. Brackets within texts do not count.
func tooDeep(tokens token.Tokens) *token.Token {
	open, run := 0, 0
	for _, t := range tokens {
		switch t.Type {
		case token.MappingStartType, token.SequenceStartType:
			open++
		case token.MappingEndType, token.SequenceEndType:
			open = max(open-1, 0)
		}
		switch t.Type {
		case token.TagType, token.AnchorType, token.AliasType, token.MappingKeyType, token.SequenceEntryType:
			run++
		case token.CommentType:
		default:
			run = 0
		}
		if open > maxNesting || run > maxNesting {
			return t
		}
	}
	return nil
}

func countKeys(tokens token.Tokens) int {
	n := 0
	for _, t := range tokens {
		if t.Type == token.MappingValueType {
			n++
		}
	}
	return n
}

// A planter turns the reader's nodes into trees.
type planter struct {
	above   int // lines before the document
	anchors map[string]*Tree
	left    int // how many more nodes there may be
	keys    int // at most, in one document
	failed  *Error
}

func (p *planter) fail(n ast.Node, format string, args ...any) *Tree {
	if p.failed == nil {
		p.failed = &Error{p.line(n), fmt.Sprintf(format, args...)}
	}
	return &Tree{Line: p.line(n)}
}

func (p *planter) plant(n ast.Node) *Tree {
	if p.left--; p.left < 0 {
		return p.fail(n, "the file has more than %d values", maxNodes)
	}
	switch n := n.(type) {
	case nil, *ast.NullNode, *ast.CommentGroupNode:
		return &Tree{Line: p.line(n)}
	case *ast.AnchorNode:
		t := p.plant(n.Value)
		p.anchors[nameOf(n.Name)] = t
		return t
	case *ast.AliasNode:
		t, ok := p.anchors[nameOf(n.Value)]
		if !ok {
			return p.fail(n, "nothing is anchored as %s", Quote(nameOf(n.Value)))
		}
		return t
	case *ast.TagNode:
		return p.plant(n.Value)
	case *ast.SequenceNode:
		t := &Tree{Form: List, Line: p.line(n)}
		for _, item := range n.Values {
			t.Items = append(t.Items, p.plant(item))
		}
		return t
	case *ast.MappingNode:
		return p.plantMapping(n, n.Values)
	case *ast.MappingValueNode:
		return p.plantMapping(n, []*ast.MappingValueNode{n})
	case *ast.LiteralNode:
		return &Tree{Form: Scalar, Line: p.line(n), Text: n.Value.Value, Quoted: true}
	case *ast.StringNode:
		quoted := n.Token.Type == token.SingleQuoteType || n.Token.Type == token.DoubleQuoteType
		return &Tree{Form: Scalar, Line: p.line(n), Text: strings.ToValidUTF8(n.Value, "�"), Quoted: quoted}
	case ast.ScalarNode:
		return &Tree{Form: Scalar, Line: p.line(n), Text: n.GetToken().Value}
	}
	return p.fail(n, "there is a kind of YAML that is not supported")
}

// plantMapping reads a mapping. Its own keys are stronger than merged ones.
func (p *planter) plantMapping(n ast.Node, values []*ast.MappingValueNode) *Tree {
	t := &Tree{Form: Mapping, Line: p.line(n)}
	if len(values) > 0 {
		t.Line = p.line(values[0].Key)
	}
	there := map[string]bool{}
	var merged []*Tree
	for _, v := range values {
		value := p.plant(v.Value)
		if v.Key.IsMergeKey() {
			merged = append(merged, value)
			continue
		}
		key := p.plant(v.Key)
		if m, ok := v.Key.(*ast.MappingKeyNode); ok {
			key = p.plant(m.Value)
		}
		if p.failed != nil {
			return t
		}
		if key.Form > Scalar {
			return p.fail(v.Key, "a key must be text")
		}
		if there[key.Text] {
			return p.fail(v.Key, "the key %s is there already", Quote(key.Text))
		}
		there[key.Text] = true
		t.Pairs = append(t.Pairs, Pair{key.Text, p.line(v.Key), value})
	}
	for _, m := range merged {
		p.merge(n, t, m, there)
	}
	return t
}

func (p *planter) merge(n ast.Node, into, from *Tree, there map[string]bool) {
	switch from.Form {
	case Mapping:
	case List:
		for _, item := range from.Items {
			if item.Form == List {
				p.fail(n, "a merge key takes a mapping, or a list of some")
				return
			}
			p.merge(n, into, item, there)
		}
		return
	default:
		p.fail(n, "a merge key takes a mapping, or a list of some")
		return
	}
	if p.left -= len(from.Pairs); p.left < 0 {
		p.fail(n, "the file has more than %d values", maxNodes)
		return
	}
	for _, pr := range from.Pairs {
		if !there[pr.Key] {
			there[pr.Key] = true
			into.Pairs = append(into.Pairs, pr)
		}
	}
}

func (p *planter) line(n ast.Node) int {
	if n == nil {
		return 0
	}
	if t := n.GetToken(); t != nil && t.Position != nil {
		return t.Position.Line + p.above
	}
	return 0
}

func nameOf(n ast.Node) string {
	if n == nil || n.GetToken() == nil {
		return ""
	}
	return n.GetToken().Value
}

// Sentence is the first line of another package's message, which may repeat
// what a stranger wrote.
func Sentence(s string) string {
	line, _, _ := strings.Cut(strings.TrimSpace(s), "\n")
	return clip(line, 200)
}

// Quote makes a stranger's text fit for a message.
func Quote(s string) string { return fmt.Sprintf("%q", clip(s, 80)) }

func clip(s string, most int) string {
	if utf8.RuneCountInString(s) > most {
		return string([]rune(s)[:most]) + "…"
	}
	return s
}
