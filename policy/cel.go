package policy

import (
	"fmt"
	"math"
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/google/cel-go/cel"
	"github.com/google/cel-go/checker"
	"github.com/google/cel-go/common/types"
	"github.com/google/cel-go/common/types/ref"
)

// The bounds of one condition. There are no loops in it: the macros that make
// them are left out, so that what a condition may cost is known before it runs.
const (
	maxCondition = 2048    // bytes
	maxNesting   = 40      // brackets within one another
	maxCost      = 100_000 // units of CEL's own estimate
)

// environment is the language of conditions: CEL without loops, with the facts
// of the table and count(n, "page").
var environment = sync.OnceValue(func() *cel.Env {
	options := []cel.EnvOption{
		cel.ClearMacros(), cel.Macros(cel.HasMacro),
		cel.ParserExpressionSizeLimit(maxCondition), cel.ParserRecursionLimit(maxNesting),
		cel.Function("count", cel.Overload("count_int_string", []*cel.Type{cel.IntType, cel.StringType}, cel.StringType,
			cel.BinaryBinding(countOf))),
	}
	for _, f := range table {
		options = append(options, cel.Variable(f.name, f.typ))
	}
	env, err := cel.NewEnv(options...)
	if err != nil {
		panic(fmt.Sprintf("policy: the environment of conditions is broken: %v", err))
	}
	return env
})

// countOf writes a number with its noun: "1 page", "2 pages".
func countOf(n, noun ref.Val) ref.Val {
	i, s := n.(types.Int), noun.(types.String)
	if i == 1 {
		return "1 " + s
	}
	return types.String(fmt.Sprintf("%d %ss", i, s))
}

// A mistake is what is wrong with an expression, and where in it: a line from 1
// and a column from 1, in bytes.
type mistake struct {
	line, column int
	text         string
}

// An expression is a compiled piece of CEL and the facts that it reads.
type expression struct {
	source  string
	program cel.Program
	reads   []int // in the order of the table
}

// compile compiles an expression that must be of one of the types. Mistakes
// come in the order of the source.
func compile(source string, want ...*cel.Type) (expression, []mistake) {
	e := expression{source: source}
	if len(source) > maxCondition {
		return e, []mistake{{1, 1, fmt.Sprintf("a condition has at most %d bytes, this has %d", maxCondition, len(source))}}
	}
	env := environment()
	ast, issues := env.Compile(source)
	if issues.Err() != nil {
		return e, mistakesOf(source, issues)
	}
	if !slices.ContainsFunc(want, ast.OutputType().IsExactType) {
		return e, []mistake{{1, 1, fmt.Sprintf("it is of type %s, not %s", ast.OutputType(), typeNames(want))}}
	}
	if text := tooDear(env, ast); text != "" {
		return e, []mistake{{1, 1, text}}
	}
	for _, r := range ast.NativeRep().ReferenceMap() {
		if i, ok := index[r.Name]; ok && !slices.Contains(e.reads, i) {
			e.reads = append(e.reads, i)
		}
	}
	slices.Sort(e.reads)
	program, err := env.Program(ast, cel.EvalOptions(cel.OptOptimize))
	if err != nil {
		return e, []mistake{{1, 1, firstLine(err.Error())}}
	}
	e.program = program
	return e, nil
}

func typeNames(types []*cel.Type) string {
	names := make([]string, len(types))
	for i, t := range types {
		names[i] = t.String()
	}
	return strings.Join(names, ", ")
}

// value evaluates the expression. It returns false if there is no value: a
// division by zero, an attribute that the page does not have.
func (e expression) value(v *view) (ref.Val, bool) {
	out, _, err := e.program.Eval(v)
	return out, err == nil
}

// tooDear says that an expression may cost more than rules may, "" if not.
func tooDear(env *cel.Env, ast *cel.Ast) string {
	cost, err := env.EstimateCost(ast, sizes{})
	switch {
	case err != nil:
		return firstLine(err.Error())
	case cost.Max > maxCost:
		return fmt.Sprintf("it may cost %s units of work, at most %d are allowed: compare fewer or shorter texts", costWords(cost.Max), maxCost)
	}
	return ""
}

func costWords(n uint64) string {
	if n > math.MaxInt32 {
		return "billions of"
	}
	return fmt.Sprint(n)
}

// sizes tells CEL how long the facts may be.
type sizes struct{}

// EstimateSize implements checker.CostEstimator.
func (sizes) EstimateSize(n checker.AstNode) *checker.SizeEstimate {
	if n.Type().Kind() == types.MapKind {
		return &checker.SizeEstimate{Min: 0, Max: 256}
	}
	return &checker.SizeEstimate{Min: 0, Max: maxText}
}

// EstimateCallCost implements checker.CostEstimator.
func (sizes) EstimateCallCost(string, string, *checker.AstNode, []checker.AstNode) *checker.CallEstimate {
	return nil
}

var dotted = regexp.MustCompile(`^[A-Za-z_]\w*(\s*\.\s*[A-Za-z_]\w*)*`)

// mistakesOf puts CEL's messages in this program's words.
func mistakesOf(source string, issues *cel.Issues) []mistake {
	lines := strings.Split(source, "\n")
	var found []mistake
	for _, e := range issues.Errors() {
		m := mistake{line: max(e.Location.Line(), 1), column: max(e.Location.Column(), 0) + 1, text: firstLine(e.Message)}
		if m.line <= len(lines) {
			m.explain(lines[m.line-1])
		}
		if !slices.ContainsFunc(found, func(o mistake) bool { return o.line == m.line && o.column == m.column }) {
			found = append(found, m)
		}
	}
	return found
}

// explain says of an unknown name which facts there are.
func (m *mistake) explain(line string) {
	runes := []rune(line)
	rest := ""
	if m.column <= len(runes) {
		rest = string(runes[m.column-1:])
	}
	m.column = len(string(runes[:min(m.column-1, len(runes))])) + 1 // CEL counts characters
	name := strings.Join(strings.Fields(dotted.FindString(rest)), "")
	if strings.HasPrefix(strings.TrimPrefix(rest, name), "(") { // a method of something
		name = name[:max(strings.LastIndex(name, "."), 0)]
	}
	switch {
	case strings.HasPrefix(m.text, "undeclared reference") && name != "":
		m.text = fmt.Sprintf("there is no fact %q%s", name, nearest(name))
	case strings.HasPrefix(m.text, "undeclared reference"):
		m.text = "there is no function " + quoted.FindString(m.text) + " here"
	case strings.HasPrefix(m.text, "Syntax error"):
		m.text += syntaxHint(rest)
	case mismatch.MatchString(m.text):
		m.text = mismatch.ReplaceAllString(m.text, "$2 $1 $3 does not go: both sides must be of one type, and a share is written 1.0")
	}
}

var (
	quoted   = regexp.MustCompile(`'[^']*'`)
	mismatch = regexp.MustCompile(`^found no matching overload for '_([^_]+)_' applied to '\((\w+), (\w+)\)'$`)
)

// syntaxHint says how what people write from habit is written in CEL.
func syntaxHint(rest string) string {
	word, _, _ := strings.Cut(rest, " ")
	hints := map[string]string{
		"and": "write && for and", "or": "write || for or", "not": "write ! for not", "=": "write == to compare",
	}
	if h, ok := hints[word]; ok {
		return ": " + h
	}
	return ""
}

// nearest suggests the facts whose names are most like name.
func nearest(name string) string {
	room, _, _ := strings.Cut(name, ".")
	var same []string
	best, distance := "", 4
	for _, f := range table {
		if d := edits(name, f.name); d < distance {
			best, distance = f.name, d
		}
		if strings.HasPrefix(f.name, room+".") {
			same = append(same, f.name)
		}
	}
	switch {
	case best != "":
		return fmt.Sprintf(": did you mean %s?", best)
	case same != nil:
		return ": there are " + strings.Join(same, ", ")
	}
	return ": facts begin with page, timeline, interruptions, monitor, service or maintenance"
}

// edits is the Levenshtein distance of two words.
func edits(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := 1
			if a[i] == b[j] {
				cost = 0
			}
			diagonal, row[j+1] = row[j+1], min(row[j]+1, row[j+1]+1, diagonal+cost)
		}
	}
	return row[len(b)]
}

// A template is a sentence with expressions in braces.
type template struct {
	parts []part
}

// A part is a piece of a template: words, or an expression if it has a program.
type part struct {
	words string
	expression
}

// parseTemplate reads "{monitor.pages} pages". Two braces stand for one.
func parseTemplate(text string) (template, []mistake) {
	var t template
	var found []mistake
	var words []byte
	for i := 0; i < len(text); {
		switch c := text[i]; {
		case (c == '{' || c == '}') && i+1 < len(text) && text[i+1] == c:
			words = append(words, c)
			i += 2
		case c == '{':
			end := closing(text[i:])
			if end < 0 {
				return t, append(found, mistake{1, i + 1, "the brace is never closed: write {{ for a brace"})
			}
			e, wrong := compile(text[i+1:i+end], cel.StringType, cel.IntType, cel.DoubleType, cel.BoolType)
			for _, m := range wrong {
				found = append(found, mistake{m.line, m.column + i + 1, m.text})
			}
			t.parts = append(t.parts, part{words: string(words)}, part{expression: e})
			words, i = nil, i+end+1
		case c == '}':
			return t, append(found, mistake{1, i + 1, "the brace was never opened: write }} for a brace"})
		default:
			words = append(words, c)
			i++
		}
	}
	t.parts = append(t.parts, part{words: string(words)})
	return t, found
}

// closing returns where the brace that text begins with is closed, braces in
// quotes aside, and -1 if it is not.
func closing(text string) int {
	var quote byte
	for i := 1; i < len(text); i++ {
		switch c := text[i]; {
		case quote != 0 && c == quote:
			quote = 0
		case quote != 0:
		case c == '\'' || c == '"':
			quote = c
		case c == '}':
			return i
		}
	}
	return -1
}

// write returns the sentence for one page. An expression without a value is a
// question mark.
func (t template) write(v *view) string {
	var b strings.Builder
	for _, p := range t.parts {
		b.WriteString(p.words)
		if p.program == nil {
			continue
		}
		if out, ok := p.value(v); ok {
			b.WriteString(words(out))
		} else {
			b.WriteString("?")
		}
	}
	return b.String()
}
