package policy

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"

	"opsreview"
)

// maxBytes bounds a policy document. The default has 6 kB.
const maxBytes = 256 << 10

// maxDepth and maxBrackets bound the indentation and the brackets of a
// document, since the YAML parser recurses and strangers' documents must not
// exhaust the stack.
const (
	maxDepth    = 200
	maxBrackets = 10_000
)

// A file is a policy document as it is written. Pointers and nil slices tell
// what was left out.
type file struct {
	Version    *int           `yaml:"version"`
	Hours      hoursFile      `yaml:"hours"`
	EngagedCap capFile        `yaml:"engaged_cap"`
	Limits     []limitFile    `yaml:"limits"`
	Vocabulary vocabularyFile `yaml:"vocabulary"`
	Monitors   monitorsFile   `yaml:"monitors"`

	Reliability reliabilityFile `yaml:"reliability"`
	Rules       []ruleFile      `yaml:"rules"`
	Cases       []caseFile      `yaml:"cases"`

	Findings     []findingFile    `yaml:"findings"`
	Interruption interruptionFile `yaml:"interruption"`

	where func(at string) string
	node  func(at string) ast.Node
	name  string
	lines []string
}

type hoursFile struct {
	Business string   `yaml:"business"`
	Sleep    string   `yaml:"sleep"`
	Days     []string `yaml:"days"`
	Source   string   `yaml:"source"`
}

type capFile struct {
	Max    string `yaml:"max"`
	Source string `yaml:"source"`
}

type limitFile struct {
	ID      string   `yaml:"id"`
	Max     *float64 `yaml:"max"`
	Unit    string   `yaml:"unit"`
	Summary string   `yaml:"summary"`
	Source  string   `yaml:"source"`
	Off     bool     `yaml:"off"`
}

type vocabularyFile struct {
	Causes []causeFile `yaml:"causes"`
	Flags  []flagFile  `yaml:"flags"`
}

type causeFile struct {
	ID         string   `yaml:"id"`
	Verdict    string   `yaml:"verdict"`
	Summary    string   `yaml:"summary"`
	Was        []string `yaml:"was"`
	Deprecated *bool    `yaml:"deprecated"`
}

type flagFile struct {
	ID      string   `yaml:"id"`
	Summary string   `yaml:"summary"`
	Was     []string `yaml:"was"`
}

type monitorsFile struct {
	Attributes []string      `yaml:"attributes"`
	Replace    []replaceFile `yaml:"replace"`
}

type reliabilityFile struct {
	MinHitRate *float64 `yaml:"min_hit_rate"`
	MinLabels  *int     `yaml:"min_labels"`
	Source     string   `yaml:"source"`
}

type ruleFile struct {
	ID       string   `yaml:"id"`
	When     string   `yaml:"when"`
	Verdict  string   `yaml:"verdict"`
	Cause    string   `yaml:"cause"`
	Reason   string   `yaml:"reason"`
	Summary  string   `yaml:"summary"`
	Evidence []string `yaml:"evidence"`
	Off      bool     `yaml:"off"`
}

type replaceFile struct {
	Pattern string  `yaml:"pattern"`
	With    *string `yaml:"with"`
}

// decode reads the document's form. What the values mean is merge's business.
func decode(name string, data []byte) (file, error) {
	f := file{where: func(string) string { return name + ":1:1" }}
	if len(data) > maxBytes {
		return f, opsreview.Errorf(opsreview.Invalid, "%s: a policy has at most %d bytes, this has %d", name, maxBytes, len(data))
	}
	if tooDeep(data) {
		return f, opsreview.Errorf(opsreview.Invalid, "%s: the document is nested too deeply or has too many brackets", name)
	}
	tree, err := parser.ParseBytes(data, 0)
	if err != nil {
		return f, located(name, err)
	}
	if len(tree.Docs) > 1 {
		return f, opsreview.Errorf(opsreview.Invalid, "%s: a policy is one YAML document, this file has %d", name, len(tree.Docs))
	}
	if n := markers(data); n > 1 { // the parser drops what follows an empty document
		return f, opsreview.Errorf(opsreview.Invalid, "%s: a policy is one YAML document, this file has %d", name, n)
	}
	if tag := firstTag(tree); tag != nil { // the decoder crashes on some, such as "limits: !x 1"
		pos := tag.GetToken().Position
		return f, opsreview.Errorf(opsreview.Invalid, "%s:%d:%d: a policy has no YAML tags such as %s", name, pos.Line, pos.Column, tag.GetToken().Value)
	}
	d := yaml.NewDecoder(bytes.NewReader(data), yaml.Strict())
	if err := d.Decode(&f); err != nil && !errors.Is(err, io.EOF) {
		return f, located(name, err)
	}
	f.name, f.lines = name, strings.Split(string(data), "\n")
	f.where = func(at string) string { return locate(name, tree, at) }
	f.node = func(at string) ast.Node { return find(tree, at) }
	return f, nil
}

// firstTag returns the document's first tag, nil if it has none.
func firstTag(tree *ast.File) ast.Node {
	for _, doc := range tree.Docs {
		if doc.Body == nil {
			continue
		}
		if tags := ast.Filter(ast.TagType, doc.Body); len(tags) > 0 {
			return tags[0]
		}
	}
	return nil
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

// tooDeep reports whether a line is indented deeper, or the document opens more
// brackets, than a policy can need.
func tooDeep(data []byte) bool {
	for line := range bytes.Lines(data) {
		indent := len(line) - len(bytes.TrimLeft(line, " \t-?"))
		if indent > maxDepth {
			return true
		}
	}
	return bytes.Count(data, []byte("["))+bytes.Count(data, []byte("{")) > maxBrackets
}

// located turns an error of the YAML reader into an Invalid one that begins
// with the place.
func located(name string, err error) error {
	var y yaml.Error
	if !errors.As(err, &y) {
		return opsreview.Errorf(opsreview.Invalid, "%s: %s", name, firstLine(err.Error()))
	}
	place := name
	if t := y.GetToken(); t != nil && t.Position != nil {
		place = fmt.Sprintf("%s:%d:%d", name, t.Position.Line, t.Position.Column)
	}
	return opsreview.Errorf(opsreview.Invalid, "%s: %s", place, firstLine(y.GetMessage()))
}

func firstLine(s string) string {
	line, _, _ := strings.Cut(strings.TrimSpace(s), "\n")
	return line
}

// locate returns "name:line:column" of the node at a path such as
// "limits[2].max", or of its nearest ancestor that is there.
func locate(name string, tree *ast.File, at string) string {
	for at != "" {
		if node := find(tree, at); node != nil {
			pos := start(node)
			return fmt.Sprintf("%s:%d:%d", name, pos.Line, pos.Column)
		}
		at = at[:max(strings.LastIndexAny(at, ".["), 0)]
	}
	return name + ":1:1"
}

// start returns where a node begins. A block of keys and values is known by its
// first colon, and begins with its first key.
func start(node ast.Node) *token.Position {
	if m, ok := node.(*ast.MappingNode); ok && !m.IsFlowStyle && len(m.Values) > 0 {
		node = m.Values[0].Key
	}
	if m, ok := node.(*ast.MappingValueNode); ok {
		node = m.Key
	}
	return node.GetToken().Position
}

// find returns the node at a path, nil if there is none.
func find(tree *ast.File, at string) ast.Node {
	p, err := yaml.PathString("$." + at)
	if err != nil {
		return nil
	}
	node, err := p.FilterFile(tree)
	if err != nil || node == nil || node.GetToken() == nil {
		return nil
	}
	return node
}

// within returns the place of a mistake inside the text at a path, or of the
// text where its lines are not those of the file.
func (f file) within(at, text string, m mistake) string {
	node := f.node(at)
	if node == nil {
		return f.where(at)
	}
	pos := node.GetToken().Position
	if literal, ok := node.(*ast.LiteralNode); ok {
		if strings.HasPrefix(literal.Start.Value, ">") {
			return f.folded(pos.Line, m)
		}
		return f.place(pos.Line+m.line, text, m)
	}
	return f.place(pos.Line+m.line-1, text, m)
}

// place finds a line of the text in a line of the file.
func (f file) place(line int, text string, m mistake) string {
	parts := strings.Split(text, "\n")
	if line <= len(f.lines) && m.line <= len(parts) {
		if i := strings.Index(f.lines[line-1], parts[m.line-1]); i >= 0 && parts[m.line-1] != "" {
			return fmt.Sprintf("%s:%d:%d", f.name, line, i+m.column)
		}
	}
	return fmt.Sprintf("%s:%d:1", f.name, line)
}

// folded finds a column of a text whose lines, after the given one, were joined.
func (f file) folded(line int, m mistake) string {
	rest := m.column
	for i, l := range f.lines[line:] {
		words := strings.TrimSpace(l)
		if rest <= len(words)+1 {
			return fmt.Sprintf("%s:%d:%d", f.name, line+i+1, strings.Index(l, words)+rest)
		}
		rest -= len(words) + 1
	}
	return fmt.Sprintf("%s:%d:1", f.name, line)
}
