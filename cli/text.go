package cli

import (
	"fmt"
	"io"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/charmbracelet/x/ansi"
)

// clean makes a stranger's text harmless on a terminal and in a file: control
// characters, invalid bytes and characters that reorder or hide text are shown
// by their code. Line breaks and tabs become spaces.
func clean(s string) string {
	if isClean(s) {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); {
		r, size := utf8.DecodeRuneInString(s[i:])
		switch {
		case r == utf8.RuneError && size == 1:
			fmt.Fprintf(&b, `\x%02x`, s[i])
		case r == '\n' || r == '\r' || r == '\t':
			b.WriteByte(' ')
		case !harmless(r) && r > 0xffff:
			fmt.Fprintf(&b, `\U%08x`, r)
		case !harmless(r):
			fmt.Fprintf(&b, `\u%04x`, r)
		default:
			b.WriteRune(r)
		}
		i += size
	}
	return b.String()
}

func isClean(s string) bool {
	for _, r := range s {
		if r == utf8.RuneError || !harmless(r) {
			return false
		}
	}
	return true
}

// harmless reports whether r shows as itself and leaves its neighbours alone.
// Format characters (Cf) hold the bidirectional controls and the invisible
// ones; the joiners that scripts and emoji need are among the few let through.
func harmless(r rune) bool {
	switch {
	case r < 0x20 || r == 0x7f || (r >= 0x80 && r < 0xa0):
		return false
	case r == 0x2028 || r == 0x2029: // line and paragraph separator
		return false
	case r == 0x200d || r == 0x200c: // joiners
		return true
	}
	return !unicode.In(r, unicode.Cf, unicode.Co, unicode.Cs, unicode.Noncharacter_Code_Point)
}

// lines cleans a message of several lines, such as the mistakes of a
// configuration file, and keeps its lines apart.
func lines(s string) string {
	parts := strings.Split(s, "\n")
	for i, p := range parts {
		parts[i] = clean(p)
	}
	return strings.Join(parts, "\n  ")
}

// maxPerCell is how many characters may share a terminal cell on the average:
// enough for every script, and too few to pile accents up over the lines above.
const maxPerCell = 8

// fit cuts s to a width in terminal cells, at least one, with an ellipsis where
// it was cut.
func fit(s string, width int) string {
	width = max(width, 1)
	if len(s) <= width {
		return s
	}
	short, cut := firstRunes(s, maxPerCell*width)
	switch {
	case ansi.StringWidth(short) > width:
		return ansi.Truncate(short, width, "…")
	case cut:
		return ansi.Truncate(short, width-1, "") + "…"
	}
	return s
}

// firstRunes returns the first n characters of s and whether there are more.
func firstRunes(s string, n int) (string, bool) {
	for i := range s {
		if n == 0 {
			return s[:i], true
		}
		n--
	}
	return s, false
}

// bounded cuts a text that has no place of its own to a length that a person
// can read.
func bounded(s string) string { return fit(clean(s), 500) }

// shellWord returns a word as one argument of a command that a person may copy
// into a shell.
func shellWord(word string) string {
	plain := func(r rune) bool {
		return r == '-' || r == '_' || r == '.' || r == '/' || unicode.IsLetter(r) || unicode.IsDigit(r)
	}
	if word != "" && !strings.HasPrefix(word, "-") && strings.IndexFunc(word, func(r rune) bool { return !plain(r) }) < 0 {
		return word
	}
	return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
}

// orList returns "a, b or c".
func orList(words []string) string {
	if len(words) < 2 {
		return strings.Join(words, "")
	}
	last := len(words) - 1
	return strings.Join(words[:last], ", ") + " or " + words[last]
}

// plural returns "1 page" or "2 pages".
func plural[N int | int32 | int64](n N, one string) string {
	if n == 1 {
		return "1 " + one
	}
	if strings.HasSuffix(one, "y") && !strings.HasSuffix(one, "day") {
		return fmt.Sprintf("%d %sies", n, strings.TrimSuffix(one, "y"))
	}
	return fmt.Sprintf("%d %ss", n, one)
}

// span returns a duration as a person says it: "45s", "12m", "3h 05m", "2d 4h".
func span(d time.Duration) string {
	s, m := int(d.Round(time.Second)/time.Second), int(d.Round(time.Minute)/time.Minute)
	switch {
	case d < 0:
		return "-" + span(-d)
	case s < 60:
		return fmt.Sprintf("%ds", s)
	case m < 60:
		return fmt.Sprintf("%dm", m)
	case m < 48*60:
		return fmt.Sprintf("%dh %02dm", m/60, m%60)
	}
	h := int(d.Round(time.Hour) / time.Hour)
	return fmt.Sprintf("%dd %dh", h/24, h%24)
}

// percent returns k ÷ n as a whole percentage, "–" for nothing of nothing.
func percent(k, n int32) string {
	if n == 0 {
		return "–"
	}
	return fmt.Sprintf("%.0f %%", 100*float64(k)/float64(n))
}

// when returns a local time as tables show it.
func when(t time.Time, zone *time.Location) string {
	return t.In(zone).Format("Mon 02 Jan 15:04")
}

// wrap breaks a text into lines of at most width cells.
func wrap(s string, width int) []string {
	s, cut := firstRunes(s, mostWrapped)
	if cut {
		s += "…"
	}
	s = strings.ReplaceAll(s, " %", joinedPercent)
	parts := strings.Split(ansi.Wrap(s, max(width, 1), ""), "\n")
	for i, line := range parts {
		// A line that ends before a hyphen keeps its space.
		parts[i] = fit(strings.TrimRight(strings.ReplaceAll(line, joinedPercent, " %"), " "), width)
	}
	return parts
}

// joinedPercent keeps a percent sign on the line of its number.
const joinedPercent = "\u00a0%"

// writeWrapped writes a text over as many lines as it needs, all but the first
// a little further in.
func writeWrapped(w io.Writer, indent, text string, width int) {
	for i, line := range wrap(text, width-len(indent)-2) {
		if i > 0 {
			line = "  " + line
		}
		writeLine(w, indent+line)
	}
}

// mostWrapped is how many characters of one text are printed over several
// lines. The program's own sentences are far shorter.
const mostWrapped = 4000
