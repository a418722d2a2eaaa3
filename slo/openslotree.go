package slo

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
	maxFileSize = 512 << 10
	maxNesting  = 100
	maxKeys     = 5000 // of one document: the parser takes the square of them in time
	maxNodes    = 100_000
)

// A tree is a piece of a YAML document. An alias is the very tree that its
// anchor names, so that a document of aliases of aliases stays as small as it
// is written; only what is asked for is walked.
type tree struct {
	form   treeForm
	line   int
	text   string // of a scalar
	quoted bool   // a scalar in quotes, or a block of text
	pairs  []pair // of a mapping, in order
	items  []*tree
}

type treeForm int

const (
	nothing treeForm = iota
	scalar
	mapping
	list
)

type pair struct {
	key   string
	line  int
	value *tree
}

// find returns the value of a mapping's key and the line of the key; nil if the
// key is not there or has no value.
func (t *tree) find(key string) (*tree, int) {
	for _, p := range t.pairs {
		if p.key == key && p.value.form == nothing {
			return nil, p.line
		}
		if p.key == key {
			return p.value, p.line
		}
	}
	return nil, 0
}

// A treeError says why a file cannot be read.
type treeError struct {
	line int // 0 if it is about the whole file
	text string
}

func (e *treeError) Error() string { return fmt.Sprintf("line %d: %s", e.line, e.text) }

// parseTrees reads the documents of a YAML stream, without the empty ones.
func parseTrees(data []byte) ([]*tree, *treeError) {
	if len(data) > maxFileSize {
		return nil, &treeError{0, fmt.Sprintf("a file of objectives has at most %d kB", maxFileSize>>10)}
	}
	if !utf8.Valid(data) {
		return nil, &treeError{0, "the file is not UTF-8"}
	}
	if indentedTooDeeply(data) {
		return nil, &treeError{0, "the document is nested too deeply"}
	}
	p := planter{left: maxNodes}
	var trees []*tree
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
func (p *planter) parse(c chunk) ([]*tree, *treeError) {
	tokens := lexer.Tokenize(string(c.text))
	if t := tooDeep(tokens); t != nil {
		return nil, &treeError{t.Position.Line + c.above, "the document is nested too deeply"}
	}
	if n := countKeys(tokens); n > maxKeys {
		return nil, &treeError{c.above + 1, fmt.Sprintf("the document has %d keys, at most %d are read", n, maxKeys)}
	}
	file, err := parser.Parse(tokens, 0)
	if err != nil {
		return nil, yamlError(err, c.above)
	}
	p.anchors, p.above = map[string]*tree{}, c.above
	var trees []*tree
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
func yamlError(err error, above int) *treeError {
	var y yaml.Error
	if !errors.As(err, &y) {
		return &treeError{0, sentence(err.Error())}
	}
	text := sentence(y.GetMessage())
	if t := y.GetToken(); t != nil && t.Position != nil {
		return &treeError{t.Position.Line + above, text}
	}
	return &treeError{0, text}
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
	anchors map[string]*tree
	left    int // how many more nodes there may be
	failed  *treeError
}

func (p *planter) fail(n ast.Node, format string, args ...any) *tree {
	if p.failed == nil {
		p.failed = &treeError{p.line(n), fmt.Sprintf(format, args...)}
	}
	return &tree{line: p.line(n)}
}

func (p *planter) plant(n ast.Node) *tree {
	if p.left--; p.left < 0 {
		return p.fail(n, "the file has more than %d values", maxNodes)
	}
	switch n := n.(type) {
	case nil, *ast.NullNode, *ast.CommentGroupNode:
		return &tree{line: p.line(n)}
	case *ast.AnchorNode:
		t := p.plant(n.Value)
		p.anchors[nameOf(n.Name)] = t
		return t
	case *ast.AliasNode:
		t, ok := p.anchors[nameOf(n.Value)]
		if !ok {
			return p.fail(n, "nothing is anchored as %s", quote(nameOf(n.Value)))
		}
		return t
	case *ast.TagNode:
		return p.plant(n.Value)
	case *ast.SequenceNode:
		t := &tree{form: list, line: p.line(n)}
		for _, item := range n.Values {
			t.items = append(t.items, p.plant(item))
		}
		return t
	case *ast.MappingNode:
		return p.plantMapping(n, n.Values)
	case *ast.MappingValueNode:
		return p.plantMapping(n, []*ast.MappingValueNode{n})
	case *ast.LiteralNode:
		return &tree{form: scalar, line: p.line(n), text: n.Value.Value, quoted: true}
	case *ast.StringNode:
		quoted := n.Token.Type == token.SingleQuoteType || n.Token.Type == token.DoubleQuoteType
		return &tree{form: scalar, line: p.line(n), text: strings.ToValidUTF8(n.Value, "�"), quoted: quoted}
	case ast.ScalarNode:
		return &tree{form: scalar, line: p.line(n), text: n.GetToken().Value}
	}
	return p.fail(n, "there is a kind of YAML that is not supported")
}

// plantMapping reads a mapping. Its own keys are stronger than merged ones.
func (p *planter) plantMapping(n ast.Node, values []*ast.MappingValueNode) *tree {
	t := &tree{form: mapping, line: p.line(n)}
	if len(values) > 0 {
		t.line = p.line(values[0].Key)
	}
	there := map[string]bool{}
	var merged []*tree
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
		if key.form > scalar {
			return p.fail(v.Key, "a key must be text")
		}
		if there[key.text] {
			return p.fail(v.Key, "the key %s is there already", quote(key.text))
		}
		there[key.text] = true
		t.pairs = append(t.pairs, pair{key.text, p.line(v.Key), value})
	}
	for _, m := range merged {
		p.merge(n, t, m, there)
	}
	return t
}

func (p *planter) merge(n ast.Node, into, from *tree, there map[string]bool) {
	switch from.form {
	case mapping:
	case list:
		for _, item := range from.items {
			if item.form == list {
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
	if p.left -= len(from.pairs); p.left < 0 {
		p.fail(n, "the file has more than %d values", maxNodes)
		return
	}
	for _, pr := range from.pairs {
		if !there[pr.key] {
			there[pr.key] = true
			into.pairs = append(into.pairs, pr)
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

// sentence is the first line of another package's message, which may repeat
// what a stranger wrote.
func sentence(s string) string {
	line, _, _ := strings.Cut(strings.TrimSpace(s), "\n")
	return clip(line, 200)
}

// quote makes a stranger's text fit for a message.
func quote(s string) string { return fmt.Sprintf("%q", clip(s, 80)) }

func clip(s string, most int) string {
	if utf8.RuneCountInString(s) > most {
		return string([]rune(s)[:most]) + "…"
	}
	return s
}
