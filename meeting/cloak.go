package meeting

import (
	"cmp"
	"reflect"
	"slices"
	"strings"
	"time"
	"unicode"

	"opsreview"
)

func isPeople(k opsreview.ItemKind) bool {
	return k == opsreview.ItemAttended || k == opsreview.ItemHandover
}

// beginning is how many letters of a name are looked up at once.
const beginning = 4

// ready puts what is looked for in the order in which it is tried.
func (c *cloak) ready() {
	c.starts, c.hidden = map[string][]needle{}, map[string]string{}
	add := func(all map[string]string, exactly bool) {
		for text, instead := range all {
			runes := []rune(text)
			start := lower(runes[:min(beginning, len(runes))])
			c.starts[start] = append(c.starts[start], needle{text: runes, exactly: exactly, instead: instead})
		}
	}
	add(c.names, false)
	add(c.parts, true)
	add(c.texts, true)
	for _, all := range c.starts {
		slices.SortFunc(all, func(a, b needle) int {
			return cmp.Or(cmp.Compare(len(b.text), len(a.text)), strings.Compare(string(a.text), string(b.text)), strings.Compare(a.instead, b.instead))
		})
	}
}

func lower(runes []rune) string { return strings.Map(unicode.ToLower, string(runes)) }

// hide replaces the names in a text. The same text comes again and again.
func (c *cloak) hide(text string) string {
	hidden, ok := c.hidden[text]
	if !ok {
		hidden = c.replace(text)
		c.hidden[text] = hidden
	}
	return hidden
}

func (c *cloak) replace(text string) string {
	runes := []rune(text)
	var b strings.Builder
	changed := false
	for i := 0; i < len(runes); {
		if n, ok := c.at(runes, i); ok {
			b.WriteString(n.instead)
			i += len(n.text)
			changed = true
			continue
		}
		b.WriteRune(runes[i])
		i++
	}
	if !changed {
		return text
	}
	return b.String()
}

// at returns what is found at a place, whole words only, the longest first.
func (c *cloak) at(runes []rune, i int) (needle, bool) {
	if i > 0 && within(runes[i-1], runes[i]) {
		return needle{}, false
	}
	for length := min(beginning, len(runes)-i); length > 0; length-- {
		for _, n := range c.starts[lower(runes[i:i+length])] {
			end := i + len(n.text)
			if end > len(runes) || end < len(runes) && within(runes[end-1], runes[end]) {
				continue
			}
			if n.is(runes[i:end]) && !inDate(runes, i, end) {
				return n, true
			}
		}
	}
	return needle{}, false
}

func (n needle) is(runes []rune) bool {
	for i, r := range runes {
		if r != n.text[i] && (n.exactly || unicode.ToLower(r) != n.text[i]) {
			return false
		}
	}
	return true
}

// dateWords are words of dates that are names too.
var dateWords = map[string]bool{
	"Jan": true, "Feb": true, "Mar": true, "Apr": true, "May": true, "Jun": true, "Jul": true, "Aug": true, "Sep": true, "Oct": true, "Nov": true, "Dec": true,
	"April": true, "June": true, "August": true, "Mon": true, "Tue": true, "Wed": true, "Thu": true, "Fri": true, "Sat": true, "Sun": true,
}

// inDate reports whether a word stands in a date, as the program writes them:
// "Mon 2 Jan", "Tue 21:40".
func inDate(runes []rune, from, to int) bool {
	if !dateWords[string(runes[from:to])] {
		return false
	}
	after := to+1 < len(runes) && runes[to] == ' ' && unicode.IsDigit(runes[to+1])
	return after || from > 1 && runes[from-1] == ' ' && unicode.IsDigit(runes[from-2])
}

// unspaced are scripts in which words follow each other without a space.
var unspaced = []*unicode.RangeTable{unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Hangul, unicode.Thai, unicode.Lao, unicode.Khmer, unicode.Myanmar}

// within reports whether two letters that follow each other are of one word.
func within(a, b rune) bool {
	word := func(r rune) bool { return (unicode.IsLetter(r) || unicode.IsDigit(r)) && !unicode.IsOneOf(unspaced, r) }
	return word(a) && word(b)
}

// value copies a value with every text in it replaced, the keys of maps too.
func (c *cloak) value(v reflect.Value) reflect.Value {
	to := reflect.New(v.Type()).Elem()
	switch v.Kind() {
	case reflect.String:
		if v.Type() != reflect.TypeFor[string]() { // a kind or a state, which are the program's own words
			return v
		}
		to.SetString(c.hide(v.String()))
	case reflect.Struct:
		c.fields(to, v)
	case reflect.Slice:
		if v.IsNil() || v.Type().Elem().Kind() == reflect.Uint8 { // what is kept of a meeting has every name in it
			return to
		}
		to.Set(reflect.MakeSlice(v.Type(), v.Len(), v.Len()))
		for i := range v.Len() {
			to.Index(i).Set(c.value(v.Index(i)))
		}
	case reflect.Map:
		if v.IsNil() {
			return v
		}
		to.Set(reflect.MakeMapWithSize(v.Type(), v.Len()))
		for _, key := range v.MapKeys() {
			to.SetMapIndex(c.value(key), c.value(v.MapIndex(key)))
		}
	case reflect.Pointer:
		if v.IsNil() {
			return v
		}
		to.Set(reflect.New(v.Type().Elem()))
		to.Elem().Set(c.value(v.Elem()))
	default:
		return v
	}
	return to
}

// programs are the fields that hold the program's own words, which are no
// texts even where somebody is called so.
var programs = map[string]bool{
	"Kind": true, "Outcome": true, "Verdict": true, "Context": true, "State": true, "Zone": true, "Week": true, "Unit": true,
	"Definitions": true, "Numbers": true, "Section": true, "Facts": true, "Cause": true, "Limit": true, "Detector": true,
}

func (c *cloak) fields(to, v reflect.Value) {
	if v.Type() == reflect.TypeFor[time.Time]() {
		to.Set(v)
		return
	}
	for i := range v.NumField() {
		if f := v.Type().Field(i); programs[f.Name] {
			to.Field(i).Set(v.Field(i))
			continue
		}
		to.Field(i).Set(c.value(v.Field(i)))
	}
}
