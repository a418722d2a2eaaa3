package dashboard

import (
	"fmt"
	"regexp"
	"strings"

	"opsreview"
)

// A value is what a variable stands for.
type value struct {
	values []string
	all    bool   // everything was chosen
	regex  string // what stands for all, a regular expression as it is to be written; "" for each value
	many   bool   // there could be several: Grafana writes such values as regular expressions
}

// several reports whether only a regular expression can say it.
func (v value) several() bool { return v.regex != "" || len(v.values) > 1 }

// lookup finds what a variable stands for. It returns a NotFound error for a
// name that nobody has given, and an Invalid one where it cannot be known.
type lookup func(name string) (value, error)

// A reference is a variable in a text: $name, ${name}, ${name:format} or
// [[name]].
type reference struct {
	name, format string
	length       int // of the reference in bytes; 0 if there is none
}

// referenceAt reads the reference with which s begins, if it does.
func referenceAt(s string) reference {
	open, end := "", ""
	switch {
	case strings.HasPrefix(s, "${"):
		open, end = "${", "}"
	case strings.HasPrefix(s, "[["):
		open, end = "[[", "]]"
	case strings.HasPrefix(s, "$"):
		n := wordLength(s[1:])
		if n == 0 {
			return reference{}
		}
		return reference{name: s[1 : 1+n], length: 1 + n}
	default:
		return reference{}
	}
	inner, _, found := strings.Cut(s[len(open):], end)
	name, format, _ := strings.Cut(inner, ":")
	length := len(open) + len(inner) + len(end)
	name, field, _ := strings.Cut(name, ".")
	if !found || name == "" || wordLength(name) != len(name) {
		return reference{}
	}
	if field == "text" && format == "" {
		format = "text"
	}
	return reference{name: name, format: format, length: length}
}

// wordLength is the number of bytes of the word with which s begins.
func wordLength(s string) int {
	for i, c := range []byte(s) {
		if c != '_' && (c < '0' || c > '9') && (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') {
			return i
		}
	}
	return len(s)
}

// isGroup reports whether a name is that of a group of a regular expression:
// label_replace says $1.
func isGroup(name string) bool { return strings.Trim(name, "0123456789") == "" }

// A piece is a stretch of a query: a string literal, or what stands between two.
type piece struct {
	text  string
	quote byte // 0 between literals
}

// pieces cuts a query into string literals and what stands between them, so that
// the pieces together are the query.
func pieces(query string) []piece {
	var all []piece
	start, quote := 0, byte(0)
	cut := func(end int) {
		if end > start {
			all = append(all, piece{query[start:end], quote})
		}
		start = end
	}
	for i := 0; i < len(query); i++ {
		c := query[i]
		switch {
		case quote != 0 && c == '\\' && quote != '`':
			i++
		case quote != 0 && c == quote:
			cut(i + 1)
			quote = 0
		case quote != 0:
		case c == '#':
			for i < len(query) && query[i] != '\n' {
				i++
			}
		case c == '"' || c == '\'' || c == '`':
			cut(i)
			quote = c
		}
	}
	cut(len(query))
	return all
}

// interpolate resolves the variables of a query as Grafana does for Prometheus:
// several values are a regular expression, and what stands in a string literal
// is escaped for it. A label that is compared for equality with several values
// is matched instead, since that is what a panel that is repeated for each of
// them shows together.
func interpolate(query string, find lookup) (string, error) {
	var b strings.Builder
	for _, p := range pieces(query) {
		if p.quote == 0 {
			text, err := substitute(p.text, find, func(v value, format string) (string, error) { return formatted(v, format, plainForm) })
			if err != nil {
				return "", err
			}
			b.WriteString(text)
			continue
		}
		before := b.String()
		text, match, err := literal(p, comparison(before), find)
		if err != nil {
			return "", err
		}
		if match {
			op := comparison(before)
			b.Reset()
			at := strings.LastIndex(before, op)
			b.WriteString(before[:at] + matching[op] + before[at+len(op):])
		}
		b.WriteString(text)
	}
	return b.String(), nil
}

// matching are the comparisons with a text and those with a regular expression
// that stand for them.
var matching = map[string]string{"=": "=~", "!=": "!~"}

// comparison returns the operator that a query ends in: "=", "!=", "=~", "!~",
// or "".
func comparison(query string) string {
	q := strings.TrimRight(query, " \t\r\n")
	for _, op := range []string{"=~", "!~", "!=", "="} {
		if strings.HasSuffix(q, op) {
			return op
		}
	}
	return ""
}

// literal resolves the variables in a string literal that follows a comparison,
// and reports whether the comparison must become one with a regular expression.
func literal(p piece, op string, find lookup) (text string, match bool, err error) {
	form := plainForm
	switch op {
	case "=~", "!~":
		form = regexForm
	case "=", "!=":
		form = textForm
		if _, err := substitute(p.text, find, func(v value, _ string) (string, error) {
			match = match || v.several()
			return "", nil
		}); err != nil {
			return "", false, err
		}
		if match {
			form = regexForm
		}
	}
	text, err = substitute(p.text, find, func(v value, format string) (string, error) {
		text, err := formatted(v, format, form)
		if v.regex != "" || err != nil {
			return text, err // what stands for all is written as it must stand there
		}
		return escapeFor(p.quote, text), err
	})
	return text, match, err
}

// escapeFor escapes a text for a string literal of PromQL.
func escapeFor(quote byte, text string) string {
	if quote == '`' {
		return strings.ReplaceAll(text, "`", "")
	}
	return strings.NewReplacer(`\`, `\\`, string(quote), `\`+string(quote), "\n", `\n`).Replace(text)
}

// substitute replaces the references of a text by what write makes of them.
func substitute(s string, find lookup, write func(v value, format string) (string, error)) (string, error) {
	var b strings.Builder
	for i := 0; i < len(s); {
		r := referenceAt(s[i:])
		if r.length == 0 || isGroup(r.name) {
			n := max(r.length, 1)
			b.WriteString(s[i : i+n])
			i += n
			continue
		}
		v, err := find(r.name)
		if err != nil {
			return "", err
		}
		text, err := write(v, r.format)
		if err != nil {
			return "", opsreview.Errorf(opsreview.Invalid, "the variable $%s: %s", r.name, opsreview.ErrorMessage(err))
		}
		b.WriteString(text)
		i += r.length
	}
	return b.String(), nil
}

// A form is how a value is written where the reference names no format.
type form int

const (
	plainForm form = iota // between literals, and in those that are no comparison
	textForm              // compared for equality with one value
	regexForm             // matched
)

// formatted writes a value in a format of Grafana.
func formatted(v value, format string, f form) (string, error) {
	if v.regex != "" && format != "text" {
		return v.regex, nil
	}
	switch format {
	case "":
		return standard(v, f), nil
	case "regex":
		return regexOf(v, true), nil
	case "pipe":
		return strings.Join(v.values, "|"), nil
	case "csv", "raw":
		return strings.Join(v.values, ","), nil
	case "glob":
		if len(v.values) > 1 {
			return "{" + strings.Join(v.values, ",") + "}", nil
		}
		return strings.Join(v.values, ""), nil
	case "text":
		return shown(v), nil
	case "doublequote":
		return quoted(v.values, `"`), nil
	case "singlequote":
		return quoted(v.values, `'`), nil
	}
	return "", opsreview.Errorf(opsreview.Invalid, "its format %q is not known for PromQL", format)
}

func quoted(values []string, quote string) string {
	out := make([]string, len(values))
	for i, s := range values {
		out[i] = quote + escapeFor(quote[0], s) + quote
	}
	return strings.Join(out, ",")
}

// standard writes a value where no format is named. A regular expression is
// escaped only where the variable may have several values: one that cannot may
// hold an expression itself.
func standard(v value, f form) string {
	switch {
	case v.several():
		return regexOf(v, true)
	case f == regexForm:
		return regexOf(v, v.many)
	}
	return strings.Join(v.values, "")
}

func regexOf(v value, escape bool) string {
	if v.regex != "" {
		return v.regex
	}
	out := make([]string, len(v.values))
	for i, s := range v.values {
		out[i] = s
		if escape {
			out[i] = regexp.QuoteMeta(s)
		}
	}
	if len(out) == 1 {
		return out[0]
	}
	if len(out) == 0 {
		return ""
	}
	return "(" + strings.Join(out, "|") + ")"
}

// mostShown is how many values a title names.
const mostShown = 3

// shown writes a value for people.
func shown(v value) string {
	switch {
	case v.all:
		return "all"
	case len(v.values) > mostShown:
		return fmt.Sprintf("%s and %d more", strings.Join(v.values[:mostShown], " + "), len(v.values)-mostShown)
	}
	return strings.Join(v.values, " + ")
}

// titled resolves the variables of a title or a legend. What cannot be resolved
// stays as it is written.
func titled(s string, find lookup) string {
	text, err := substitute(s, func(name string) (value, error) {
		v, err := find(name)
		if err != nil {
			return value{values: []string{"$" + name}}, nil
		}
		return v, nil
	}, func(v value, _ string) (string, error) { return shown(v), nil })
	if err != nil {
		return strings.TrimSpace(s)
	}
	return strings.Join(strings.Fields(text), " ")
}
