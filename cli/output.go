package cli

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/timestamppb"
)

// The forms in which data is printed.
const (
	asTable = "table"
	asJSON  = "json"
	asCSV   = "csv"

	asMarkdown = "markdown"
	asHTML     = "html"
)

// checkOutput returns a usage error unless the form is one of those allowed.
func checkOutput(form string, allowed ...string) error {
	if slices.Contains(allowed, form) {
		return nil
	}
	return usagef("-o %s: choose %s", clean(form), orList(allowed))
}

// printJSON writes v indented, with every character that could do harm on a
// terminal escaped: the text stays the same JSON.
func printJSON(w io.Writer, v any) error {
	var buf bytes.Buffer
	enc := json.NewEncoder(&buf)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if err := enc.Encode(v); err != nil {
		return err
	}
	var out bytes.Buffer
	for _, r := range buf.String() {
		switch {
		case r == '\n' || harmless(r):
			out.WriteRune(r)
		case r > 0xffff:
			r -= 0x10000
			fmt.Fprintf(&out, `\u%04x\u%04x`, 0xd800+(r>>10), 0xdc00+(r&0x3ff))
		default:
			fmt.Fprintf(&out, `\u%04x`, r)
		}
	}
	_, err := w.Write(out.Bytes())
	return err
}

// printCSV writes rows that a spreadsheet opens without running anything: a
// cell that it would take for a formula begins with an apostrophe. A negative
// number is none.
func printCSV(w io.Writer, head []string, rows [][]string) error {
	out := csv.NewWriter(w)
	if err := out.Write(head); err != nil {
		return err
	}
	for _, row := range rows {
		cells := make([]string, len(row))
		for i, cell := range row {
			cells[i] = csvCell(cell)
		}
		if err := out.Write(cells); err != nil {
			return err
		}
	}
	out.Flush()
	return out.Error()
}

func csvCell(s string) string {
	s = clean(s)
	if plainNumber.MatchString(s) {
		return s
	}
	first, _ := utf8.DecodeRuneInString(strings.TrimLeftFunc(s, unicode.IsSpace))
	if strings.ContainsRune(formulaSigns, first) {
		return "'" + s
	}
	return s
}

// plainNumber is what a spreadsheet takes for a number and nothing else.
var plainNumber = regexp.MustCompile(`^-?[0-9]+(\.[0-9]+)?(e[-+][0-9]+)?$`)

// formulaSigns begin a formula. The wide ones do where East Asian text is
// typed (OWASP, "CSV Injection").
const formulaSigns = "=+-@＝＋－＠"

// jsonTime is a time in UTC; absent where it is unknown.
func jsonTime(t *timestamppb.Timestamp) *time.Time {
	if t == nil {
		return nil
	}
	u := t.AsTime()
	return &u
}

// jsonSeconds is a duration in seconds; absent where it is unknown.
func jsonSeconds(d *durationpb.Duration) *float64 {
	if d == nil {
		return nil
	}
	s := d.AsDuration().Seconds()
	return &s
}
