package file

import (
	"bytes"
	"encoding/json"
	"strings"
)

// parseObject reads one line of JSON into r. It is written by hand because
// encoding/json ignores the case of keys, takes the last of two equal keys and
// does not say which fields it knows; it is also twice as fast.
func parseObject(line []byte, r *record) error {
	line = bytes.TrimSpace(line)
	if !json.Valid(line) {
		return syntaxError(line)
	}
	if line[0] != '{' {
		return wrong("the line is not a JSON object")
	}
	p := parser{b: line}
	var seen fieldSet
	return p.object(func(key string) error {
		f, ok := fieldByName[key]
		if !ok {
			return unknownField(key)
		}
		if seen.has(f) {
			return wrong("the field %q is given twice", key)
		}
		seen |= 1 << f
		return p.field(f, r)
	})
}

// syntaxError says where line stops being JSON.
func syntaxError(line []byte) error {
	var v json.RawMessage
	err := json.Unmarshal(line, &v)
	if err == nil {
		return wrong("the line is not JSON")
	}
	return wrong("the line is not JSON: %s", err.Error())
}

// A parser walks over a text that is known to be valid JSON.
type parser struct {
	b []byte
	i int
}

// peek skips white space and returns the next byte.
func (p *parser) peek() byte {
	for p.b[p.i] == ' ' || p.b[p.i] == '\t' || p.b[p.i] == '\r' || p.b[p.i] == '\n' {
		p.i++
	}
	return p.b[p.i]
}

// object calls member for each key, with p before the key's value.
func (p *parser) object(member func(key string) error) error {
	return p.elements('}', func() error {
		p.peek()
		key := p.str()
		p.peek()
		p.i++ // the colon
		return member(key)
	})
}

// elements calls element for each element between the bracket under p and end.
func (p *parser) elements(end byte, element func() error) error {
	p.peek()
	p.i++ // the opening bracket
	for p.peek() != end {
		if p.b[p.i] == ',' {
			p.i++
		}
		if err := element(); err != nil {
			return err
		}
	}
	p.i++
	return nil
}

// str reads the string that begins under p.
func (p *parser) str() string {
	start, escaped := p.i, false
	for p.i++; p.b[p.i] != '"'; p.i++ {
		if p.b[p.i] == '\\' {
			escaped = true
			p.i++
		}
	}
	p.i++
	if !escaped {
		return string(p.b[start+1 : p.i-1])
	}
	var s string
	if err := json.Unmarshal(p.b[start:p.i], &s); err != nil {
		return string(p.b[start+1 : p.i-1])
	}
	return s
}

// literal reads a number, true, false or null.
func (p *parser) literal() string {
	start := p.i
	for p.i < len(p.b) && strings.IndexByte(",}] \t\r\n", p.b[p.i]) < 0 {
		p.i++
	}
	return string(p.b[start:p.i])
}

// field reads the value of f. Null is as good as nothing.
func (p *parser) field(f field, r *record) error {
	c := p.peek()
	switch {
	case c == 'n':
		p.literal()
		return nil
	case f == fAttributes:
		return p.attributes(c, r)
	case f.isList():
		return p.list(c, f, r)
	case c == '"':
		r.set(f, p.str())
		return nil
	case f.takesNumber() && (c == '-' || c >= '0' && c <= '9'):
		r.set(f, p.literal())
		return nil
	case f == fWithdrawn && (c == 't' || c == 'f'):
		r.set(f, p.literal())
		return nil
	}
	return wrong("the field %q must be a string", fieldNames[f])
}

func (p *parser) list(c byte, f field, r *record) error {
	bad := wrong("the field %q must be a list of strings", fieldNames[f])
	if c != '[' {
		return bad
	}
	var list []string
	err := p.elements(']', func() error {
		if p.peek() != '"' {
			return bad
		}
		list = append(list, p.str())
		return nil
	})
	r.setList(f, list)
	return err
}

// attributes takes strings as they are, and numbers and booleans as they are
// written.
func (p *parser) attributes(c byte, r *record) error {
	if c != '{' {
		return wrong(`the field "attributes" must be an object`)
	}
	return p.object(func(key string) error {
		switch c := p.peek(); c {
		case '{', '[':
			return wrong("the attribute %s must be a string, a number or a boolean", short(key))
		case '"':
			return r.setAttribute(key, p.str())
		case 'n':
			p.literal()
		default:
			return r.setAttribute(key, p.literal())
		}
		return nil
	})
}
