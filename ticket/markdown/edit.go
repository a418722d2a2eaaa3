package markdown

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"regexp"
	"slices"
	"strings"

	"opsreview/ticket"
)

// errByHand says that the head of a file is written in a way that cannot be
// edited without touching what people wrote.
var errByHand = errors.New("its head is written in a way that is not edited by program: write each key on a line of its own")

// An edit changes single keys at the head of a file and leaves every other
// byte as it is.
type edit struct {
	text []byte
	want front // what the head says after the edit
	err  error
}

func newEdit(text []byte) *edit {
	f, err := parseFront(text)
	return &edit{text: text, want: f, err: err}
}

// done returns the edited file. The head is read once more: where it does not
// say what it should, nothing is edited.
func (e *edit) done() ([]byte, error) {
	if e.err != nil {
		return nil, e.err
	}
	got, err := parseFront(e.text)
	if err != nil || !got.equal(e.want) {
		return nil, errByHand
	}
	return e.text, nil
}

// valueForm splits a line of one key into the key, its value and a comment.
var valueForm = regexp.MustCompile(`^([a-z_]+:)([ \t]*)("(?:[^"\\]|\\.)*"|'[^']*'|\[[^\]\n]*\]|[^#"'\[\s](?:[^#\n]*[^#\s])?)?([ \t]*#[^\n]*|[ \t]*)(\r?\n)$`)

// line finds the line of a key: its start and end in the text, and its parts.
func (e *edit) line(key string) (start, end int, parts []string) {
	from, to, err := split(e.text)
	if err != nil {
		return 0, 0, nil
	}
	for at := from; at < to; {
		next := at + bytes.IndexByte(e.text[at:to], '\n') + 1
		if bytes.HasPrefix(e.text[at:next], []byte(key+":")) {
			return at, next, valueForm.FindStringSubmatch(string(e.text[at:next]))
		}
		at = next
	}
	return to, to, nil
}

// replace puts a text in the place of another.
func (e *edit) replace(start, end int, with string) {
	e.text = slices.Concat(e.text[:start], []byte(with), e.text[end:])
}

// newline is how lines end in the file.
func (e *edit) newline() string { return newline(e.text) }

func newline(text []byte) string {
	if i := bytes.IndexByte(text, '\n'); i > 0 && text[i-1] == '\r' {
		return "\r\n"
	}
	return "\n"
}

// set gives a key another value, which is plain text. An empty value is left
// out.
func (e *edit) set(key, value string) {
	if e.err != nil {
		return
	}
	switch err := e.want.set(key, textNode(value)); {
	case err != nil:
		e.err = err
		return
	case value != "":
		value = quote(value)
	}
	start, end, parts := e.line(key)
	switch {
	case start == end:
		e.replace(start, end, strings.TrimRight(key+": "+value, " ")+e.newline())
	case parts == nil:
		e.err = errByHand
	case value == "":
		e.replace(start, end, strings.TrimRight(parts[1]+parts[4], " \t")+parts[5])
	default:
		blank, comment := parts[2], parts[4]
		if blank == "" {
			blank = " "
		}
		if strings.HasPrefix(comment, "#") {
			comment = " " + comment
		}
		e.replace(start, end, parts[1]+blank+value+comment+parts[5])
	}
}

// add puts values at the end of a list that does not have them.
func (e *edit) add(key string, values ...string) {
	if e.err != nil {
		return
	}
	has := map[string]*[]string{keyLabels: &e.want.labels, keyRelated: &e.want.related, keyDuplicates: &e.want.duplicates}[key]
	var lacks []string
	for _, v := range values {
		if !slices.Contains(*has, v) {
			lacks = append(lacks, quote(v))
			*has = append(slices.Clip(*has), v)
		}
	}
	if len(lacks) == 0 {
		return
	}
	items := strings.Join(lacks, ", ")
	start, end, parts := e.line(key)
	switch {
	case start == end:
		e.replace(start, end, key+": ["+items+"]"+e.newline())
	case parts == nil:
		e.err = errByHand
	case parts[3] == "":
		e.addLines(start, end, parts, lacks)
	case strings.HasPrefix(parts[3], "["):
		if old := strings.TrimSpace(parts[3][1 : len(parts[3])-1]); old != "" {
			items = strings.TrimRight(old, ", ") + ", " + items
		}
		e.replace(start, end, parts[1]+parts[2]+"["+items+"]"+parts[4]+parts[5])
	default:
		e.replace(start, end, parts[1]+parts[2]+"["+parts[3]+", "+items+"]"+parts[4]+parts[5])
	}
}

// itemForm is a line of a list, or one between such.
var itemForm = regexp.MustCompile(`^([ \t]*)(?:-[ \t][^\n]*|-?[ \t]*(?:#[^\n]*)?\r?)\n$`)

// addLines adds to a list that is written below its key, one value a line.
func (e *edit) addLines(start, end int, parts, items []string) {
	_, to, err := split(e.text)
	if err != nil {
		e.err = err
		return
	}
	last, indent := -1, ""
	for at := end; at < to; {
		next := at + bytes.IndexByte(e.text[at:to], '\n') + 1
		m := itemForm.FindSubmatch(e.text[at:next])
		if m == nil {
			break
		}
		if bytes.HasPrefix(bytes.TrimLeft(e.text[at:next], " \t"), []byte("-")) {
			last, indent = next, string(m[1])
		}
		at = next
	}
	if last < 0 {
		comment := parts[4]
		if strings.HasPrefix(comment, "#") {
			comment = " " + comment
		}
		e.replace(start, end, parts[1]+" ["+strings.Join(items, ", ")+"]"+comment+parts[5])
		return
	}
	var lines strings.Builder
	for _, item := range items {
		lines.WriteString(indent + "- " + item + e.newline())
	}
	e.replace(last, last, lines.String())
}

// A block of ours stands between two such lines, of which the first has the
// sum of what is between. What is outside of it is people's, and a block whose
// sum is another was edited by them: it is theirs too.
const (
	beginMark = "<!-- opsreview:begin "
	endMark   = "<!-- opsreview:end "
	markEnd   = " -->"
)

var markerForm = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{0,199}$`)

// block writes a note of ours with its marks.
func block(marker string, body ticket.Body) string {
	text := ticket.RenderMarkdown(body, 0)
	// Code is shown as it is, so that it could begin or end a block.
	text = strings.ReplaceAll(text, "<!-- opsreview:", "<!-"+joiner+"- opsreview:")
	return beginMark + marker + " " + sum([]byte(text)) + markEnd + "\n" + text + "\n" + endMark + marker + markEnd + "\n"
}

// joiner is invisible and keeps what stands before and after it apart.
const joiner = "\u2060"

// sum tells texts apart, but not by how their lines end.
func sum(text []byte) string {
	text = bytes.TrimSpace(bytes.ReplaceAll(text, []byte("\r\n"), []byte("\n")))
	digest := sha256.Sum256(text)
	return hex.EncodeToString(digest[:6])
}

// setBlock writes a note into a file: in the place of the one with the same
// marker, or at the end.
func setBlock(text []byte, marker, note string) []byte {
	if newline(text) == "\r\n" {
		note = strings.ReplaceAll(note, "\n", "\r\n")
	}
	if start, end, ok := findBlock(text, marker); ok {
		return slices.Concat(text[:start], []byte(note), text[end:])
	}
	gap := newline(text)
	if !bytes.HasSuffix(text, []byte("\n")) {
		gap += gap
	}
	return slices.Concat(text, []byte(gap), []byte(note))
}

// findBlock finds the block of a marker. Marks that people tore apart are none:
// a block ends before the next one begins.
func findBlock(text []byte, marker string) (start, end int, ok bool) {
	start, inner, want := -1, 0, ""
	for at := 0; at < len(text); {
		next := len(text)
		if i := bytes.IndexByte(text[at:], '\n'); i >= 0 {
			next = at + i + 1
		}
		line := string(bytes.TrimRight(text[at:next], " \t\r\n"))
		name, begins := strings.CutPrefix(line, beginMark)
		switch {
		case begins:
			start, inner = -1, next
			if want, ok = strings.CutPrefix(strings.TrimSuffix(name, markEnd), marker+" "); ok {
				start = at
			}
		case start >= 0 && line == endMark+marker+markEnd:
			if sum(text[inner:at]) == want {
				return start, next, true
			}
			start = -1
		}
		at = next
	}
	return 0, 0, false
}
