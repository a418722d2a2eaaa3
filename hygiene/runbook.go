package hygiene

import (
	"bytes"
	"fmt"
	"mime"
	"path"
	"slices"
	"strings"
	"unicode"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/parser"
	"github.com/yuin/goldmark/text"
	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"

	"opsreview"
)

// The bounds of a runbook. What is beyond is not read.
const (
	maxRunbook  = 1 << 20
	maxSections = 2000
	maxHeading  = 300
)

// ParseRunbook reads a runbook in Markdown or HTML. The media type may be "":
// the address and the text tell then. Of a document of another type nothing is
// known but that it is there. CheckedAt is the caller's.
func ParseRunbook(address, mediaType string, data []byte) opsreview.Runbook {
	data = bytes.ToValidUTF8(data[:min(len(data), maxRunbook)], []byte("�"))
	r := shelved{opsreview.Runbook{Address: address}}
	switch {
	case len(bytes.TrimSpace(data)) == 0:
		r.Problem = "the document is empty"
	case !isText(mediaType):
	case isHTML(address, mediaType, data):
		parseHTML(&r, data)
	default:
		parseMarkdown(&r, data)
	}
	slices.Sort(r.Anchors)
	r.Anchors = slices.Compact(r.Anchors)
	return r.Runbook
}

// A shelved runbook is one that is being read.
type shelved struct{ opsreview.Runbook }

// isText reports whether there may be headings to read: there are none in a
// picture, and those of a PDF are hidden.
func isText(mediaType string) bool {
	kind, _, err := mime.ParseMediaType(mediaType)
	return err != nil || strings.HasPrefix(kind, "text/") || slices.Contains(
		[]string{"application/octet-stream", "application/xhtml+xml", "application/markdown", "application/x-markdown"}, kind)
}

func isHTML(address, mediaType string, data []byte) bool {
	kind, _, err := mime.ParseMediaType(mediaType)
	if err == nil && (kind == "text/html" || kind == "application/xhtml+xml") {
		return true
	}
	if err == nil && kind != "text/plain" && kind != "application/octet-stream" {
		return false
	}
	file, _ := splitAddress(address)
	switch strings.ToLower(path.Ext(file)) {
	case ".html", ".htm", ".xhtml":
		return true
	case ".md", ".markdown":
		return false
	}
	head := bytes.ToLower(bytes.TrimSpace(data[:min(len(data), 512)]))
	return bytes.HasPrefix(head, []byte("<!doctype html")) || bytes.HasPrefix(head, []byte("<html"))
}

func parseMarkdown(r *shelved, data []byte) {
	body, title := withoutFrontMatter(data)
	r.Title = title
	seen := map[string]int{}
	doc := goldmark.New(goldmark.WithParserOptions(parser.WithAttribute())).Parser().Parse(text.NewReader(body))
	_ = ast.Walk(doc, func(n ast.Node, entering bool) (ast.WalkStatus, error) { // the function returns no error
		if !entering {
			return ast.WalkContinue, nil
		}
		switch n := n.(type) {
		case *ast.RawHTML:
			r.Anchors = append(r.Anchors, rawAnchors(string(n.Segments.Value(body)))...)
		case *ast.HTMLBlock:
			r.Anchors = append(r.Anchors, rawAnchors(string(n.Lines().Value(body)))...)
		case *ast.Heading:
			heading, own := headingText(n, body)
			if n.Level == 1 && r.Title == "" {
				r.Title = heading
			}
			r.section(heading, own, seen)
		}
		return ast.WalkContinue, nil
	})
}

// section adds a heading with its anchors: its own one, or the one that is made
// of its text. The same text again gets a number, as GitHub counts.
func (r *shelved) section(heading, own string, seen map[string]int) {
	heading = strings.Join(strings.Fields(heading), " ")
	if heading == "" || len(r.Sections) >= maxSections {
		return
	}
	if runes := []rune(heading); len(runes) > maxHeading {
		heading = string(runes[:maxHeading])
	}
	r.Sections = append(r.Sections, heading)
	name := anchor(heading)
	if n := seen[name]; n > 0 {
		r.Anchors = append(r.Anchors, fmt.Sprintf("%s-%d", name, n))
	} else if name != "" {
		r.Anchors = append(r.Anchors, name)
	}
	seen[name]++
	if own != "" {
		r.Anchors = append(r.Anchors, own)
	}
}

// anchor is what the text of a heading becomes in an address, as GitHub writes
// it.
func anchor(heading string) string {
	var b strings.Builder
	for _, r := range strings.ToLower(strings.TrimSpace(heading)) {
		switch {
		case r == ' ':
			b.WriteByte('-')
		case r == '-' || r == '_' || unicode.IsLetter(r) || unicode.IsDigit(r):
			b.WriteRune(r)
		}
	}
	return b.String()
}

// headingText is what a heading says, without its marks, and the anchor that it
// gives itself: "## Sealed {#sealed}".
func headingText(h *ast.Heading, source []byte) (says, own string) {
	if id, ok := h.AttributeString("id"); ok {
		if id, ok := id.([]byte); ok {
			own = string(id)
		}
	}
	var b strings.Builder
	_ = ast.Walk(h, func(n ast.Node, entering bool) (ast.WalkStatus, error) { // the function returns no error
		if !entering {
			return ast.WalkContinue, nil
		}
		switch n := n.(type) {
		case *ast.Text:
			b.Write(n.Value(source))
			if n.SoftLineBreak() || n.HardLineBreak() {
				b.WriteByte(' ')
			}
		case *ast.String:
			b.Write(n.Value)
		case *ast.AutoLink:
			b.Write(n.Label(source))
		}
		return ast.WalkContinue, nil
	})
	return html.UnescapeString(b.String()), own
}

// withoutFrontMatter takes off the YAML that generators of sites put before
// Markdown, and returns the title in it.
func withoutFrontMatter(data []byte) (body []byte, title string) {
	rest, found := bytes.CutPrefix(bytes.TrimPrefix(data, []byte("\ufeff")), []byte("---\n"))
	if !found {
		return data, ""
	}
	front, body, found := bytes.Cut(rest, []byte("\n---"))
	if !found {
		return data, ""
	}
	for line := range strings.Lines(string(front)) {
		if value, ok := strings.CutPrefix(line, "title:"); ok {
			title = strings.Trim(strings.TrimSpace(value), `"'`)
		}
	}
	_, body, _ = bytes.Cut(body, []byte("\n"))
	return body, title
}

// rawAnchors are the anchors in a piece of HTML within Markdown.
func rawAnchors(tag string) []string {
	var all []string
	z := html.NewTokenizer(strings.NewReader(tag))
	for z.Next() != html.ErrorToken {
		t := z.Token()
		all = append(all, tokenAnchors(t)...)
	}
	return all
}

func tokenAnchors(t html.Token) []string {
	var all []string
	for _, a := range t.Attr {
		if a.Val != "" && (a.Key == "id" || (a.Key == "name" && t.DataAtom == atom.A)) {
			// GitHub's script takes the prefix off where an address ends in the rest.
			all = append(all, strings.TrimPrefix(a.Val, "user-content-"))
		}
	}
	return all
}

var headings = []atom.Atom{atom.H1, atom.H2, atom.H3, atom.H4, atom.H5, atom.H6}

// parseHTML reads the headings and the anchors of a page of the web.
func parseHTML(r *shelved, data []byte) {
	seen := map[string]int{}
	var within atom.Atom // the heading or the title that is being read
	var said strings.Builder
	z := html.NewTokenizer(bytes.NewReader(data))
	z.SetMaxBuf(maxRunbook)
	for z.Next() != html.ErrorToken {
		t := z.Token()
		switch t.Type {
		case html.StartTagToken, html.SelfClosingTagToken:
			anchors := tokenAnchors(t)
			if len(r.Anchors) < 4*maxSections {
				r.Anchors = append(r.Anchors, anchors...)
			}
			if slices.Contains(headings, t.DataAtom) || (t.DataAtom == atom.Title && r.Title == "") {
				within = t.DataAtom
				said.Reset()
			}
		case html.TextToken:
			if within != 0 && said.Len() < 4*maxHeading {
				said.WriteString(t.Data)
			}
		case html.EndTagToken:
			if within == 0 || t.DataAtom != within {
				continue
			}
			if within == atom.Title {
				r.Title = strings.Join(strings.Fields(said.String()), " ")
			} else {
				r.section(strings.Trim(said.String(), "¶# \n\t"), "", seen)
			}
			within = 0
		}
	}
}
