package ticket

import (
	"net/url"
	"strings"
	"unicode"
	"unicode/utf8"
)

// joiner is an invisible character that keeps what stands before and after it
// on one line and apart for programs: no mention, link or emoji is read across
// it.
const joiner = "\u2060"

// markup is how one format writes a body. Its functions take texts that
// strangers wrote.
type markup struct {
	heading func(text string) string
	text    func(s string, at place) string
	link    func(text, url string) string
	strong  func(text string) string
	code    func(text string) string
	item    string // what a list's item begins with
}

// A place is where a text stands.
type place struct {
	first bool // on its line
	link  bool // within a link
}

// Render writes a body in a format, cut to a number of runes between its parts
// where that can be; 0 is any length.
func Render(b Body, format Format, most int) string {
	if format == Wiki {
		return RenderWiki(b, most)
	}
	return RenderMarkdown(b, most)
}

// RenderWiki writes a body in the markup of Jira's API version 2. Whatever the
// body's texts say, they mention nobody and make no image, macro, link or
// layout.
func RenderWiki(b Body, most int) string { return render(b, wikiMarkup, most) }

// RenderMarkdown writes a body in GitHub's Markdown, under the same promise.
func RenderMarkdown(b Body, most int) string { return render(b, markdownMarkup, most) }

// shortened is what stands for what was cut.
const shortened = "(cut: the whole is in opsreview)"

// render writes block after block. Where they do not all fit, the last one,
// which says who wrote the text, stays, and as many of the others as fit.
func render(b Body, m markup, most int) string {
	var parts []string
	for _, block := range b {
		if text := m.block(block); text != "" {
			parts = append(parts, text)
		}
	}
	whole := strings.Join(parts, "\n\n")
	if most <= 0 || utf8.RuneCountInString(whole) <= most || len(parts) == 0 {
		return whole
	}
	last := len(parts) - 1
	tail := shortened + "\n\n" + parts[last]
	left := most - utf8.RuneCountInString(tail)
	if left < 0 {
		return cut(shortened, most)
	}
	var kept strings.Builder
	for _, part := range parts[:last] {
		n := utf8.RuneCountInString(part) + 2
		if n > left {
			if lines := headLines(part, left-2); strings.HasPrefix(part, m.item) && lines != "" {
				kept.WriteString(lines + "\n\n")
			}
			break
		}
		left -= n
		kept.WriteString(part + "\n\n")
	}
	return kept.String() + tail
}

// headLines returns the first whole lines of a text, in a number of runes.
func headLines(text string, most int) string {
	var kept []string
	for line := range strings.SplitSeq(text, "\n") {
		if most -= utf8.RuneCountInString(line) + 1; most < -1 {
			break
		}
		kept = append(kept, line)
	}
	return strings.Join(kept, "\n")
}

func (m markup) block(b Block) string {
	switch {
	case b.Heading != "":
		return m.heading(m.text(flat(b.Heading), place{}))
	case len(b.Paragraph) > 0:
		return m.spans(b.Paragraph)
	case len(b.List) > 0:
		var lines []string
		for _, item := range b.List {
			if text := m.spans(item); text != "" {
				lines = append(lines, m.item+text)
			}
		}
		return strings.Join(lines, "\n")
	case b.Code != "":
		return m.code(b.Code)
	}
	return ""
}

// spans writes stretches of one line. Blanks at the edge of a bold or linked
// stretch stay outside of it, where markup wants them.
func (m markup) spans(spans []Span) string {
	var out strings.Builder
	glue := false // the stretch before ends without a blank
	for _, s := range spans {
		text := flat(s.Text)
		if glue && text != "" && text[0] != ' ' {
			out.WriteString(joiner)
		}
		glue = text != "" && text[len(text)-1] != ' ' || glue && text == ""
		core := strings.TrimSpace(text)
		lead := text[:len(text)-len(strings.TrimLeft(text, " "))]
		target, ok := safeURL(s.URL)
		ok = ok && core != ""
		written := m.text(core, place{first: strings.TrimSpace(out.String()) == "", link: ok})
		if ok {
			written = m.link(written, target)
		}
		if s.Strong && core != "" {
			written = m.strong(written)
		}
		trail := ""
		if core != "" {
			trail = text[len(strings.TrimRight(text, " ")):]
		}
		out.WriteString(lead + written + trail)
	}
	return strings.TrimSpace(out.String())
}

// safeURL returns a web address in which nothing can be read as markup.
func safeURL(text string) (string, bool) {
	u, err := url.Parse(text)
	if err != nil || (u.Scheme != "https" && u.Scheme != "http") || u.Host == "" || u.User != nil {
		return "", false
	}
	var out strings.Builder
	for _, b := range []byte(u.String()) {
		if b <= ' ' || b >= 0x7f || strings.IndexByte("|[]{}()<>!\"'`^~*_\\", b) >= 0 {
			const digits = "0123456789ABCDEF"
			if b != '_' && b != '~' {
				out.WriteString("%" + string(digits[b>>4]) + string(digits[b&15]))
				continue
			}
		}
		out.WriteByte(b)
	}
	return out.String(), true
}

// flat makes one line of plain characters: no controls, no marks that turn the
// direction of text around, no invisible ones.
func flat(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\n' || r == '\r' || r == '\t' || r == '\u2028' || r == '\u2029' || r == '\u0085':
			return ' '
		case r == utf8.RuneError || unicode.Is(unicode.Cc, r) || unicode.Is(unicode.Cf, r):
			return -1
		}
		return r
	}, s)
}

// flatLines is flat for each line.
func flatLines(s string) string {
	s = strings.ReplaceAll(strings.ReplaceAll(s, "\r\n", "\n"), "\r", "\n")
	lines := strings.Split(s, "\n")
	for i := range lines {
		lines[i] = flat(lines[i])
	}
	return strings.Join(lines, "\n")
}

// OneLine makes a title of a text: one line without invisible characters, of
// at most so many runes.
func OneLine(s string, most int) string {
	return cut(strings.Join(strings.Fields(flat(s)), " "), most)
}

// cut shortens a text to a number of runes; 0 is any.
func cut(s string, most int) string {
	if most <= 0 || utf8.RuneCountInString(s) <= most {
		return s
	}
	r := []rune(s)
	if most == 1 {
		return "…"
	}
	return strings.TrimRight(string(r[:most-1]), " ") + "…"
}

// Fit writes a draft as a tracker takes it: a title of one line and a body in
// its format, each cut to what it can hold.
func (c Caps) Fit(d Draft) (title, body string) {
	return OneLine(d.Title, c.MaxTitle), Render(d.Body, c.Format, c.MaxBody)
}
