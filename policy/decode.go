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
	where      func(at string) string
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
	d := yaml.NewDecoder(bytes.NewReader(data), yaml.Strict())
	if err := d.Decode(&f); err != nil && !errors.Is(err, io.EOF) {
		return f, located(name, err)
	}
	f.where = func(at string) string { return locate(name, tree, at) }
	return f, nil
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
		p, err := yaml.PathString("$." + at)
		if err != nil {
			break
		}
		if node, err := p.FilterFile(tree); err == nil && node != nil && node.GetToken() != nil {
			pos := node.GetToken().Position
			return fmt.Sprintf("%s:%d:%d", name, pos.Line, pos.Column)
		}
		at = at[:max(strings.LastIndexAny(at, ".["), 0)]
	}
	return name + ":1:1"
}
