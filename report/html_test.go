package report_test

import (
	"bytes"
	"fmt"
	"math"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"opsreview/report"
)

func parse(t testing.TB, text []byte) *html.Node {
	t.Helper()
	root, err := html.Parse(bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	return root
}

func attr(n *html.Node, key string) string {
	for _, a := range n.Attr {
		if a.Key == key {
			return a.Val
		}
	}
	return ""
}

// elements returns every element for which want holds, in order.
func elements(root *html.Node, want func(*html.Node) bool) []*html.Node {
	var found []*html.Node
	for n := range root.Descendants() {
		if n.Type == html.ElementNode && want(n) {
			found = append(found, n)
		}
	}
	return found
}

func named(names ...string) func(*html.Node) bool {
	return func(n *html.Node) bool {
		for _, name := range names {
			if n.Data == name {
				return true
			}
		}
		return false
	}
}

func textOf(n *html.Node) string {
	var b strings.Builder
	for d := range n.Descendants() {
		if d.Type == html.TextNode {
			b.WriteString(d.Data)
		}
	}
	return b.String()
}

// shape lists the elements of a page without their texts: what a text changes
// in it, it has injected.
func shape(root *html.Node) string {
	var b strings.Builder
	for _, n := range elements(root, func(*html.Node) bool { return true }) {
		b.WriteString(n.Data)
		for _, a := range n.Attr {
			fmt.Fprintf(&b, " %s", a.Key)
		}
		b.WriteByte('\n')
	}
	return b.String()
}

func TestHTML_StrangersTextsStayText(t *testing.T) {
	for _, form := range []struct {
		name   string
		render func(report.Data) ([]byte, error)
	}{{"file", report.HTML}, {"mail", report.Mail}} {
		plain, err := form.render(data("harmless"))
		if err != nil {
			t.Fatal(err)
		}
		want := shape(parse(t, plain))
		for name, text := range hostile {
			t.Run(form.name+" "+name, func(t *testing.T) {
				if strings.TrimSpace(text) == "" {
					t.Skip("without a team there is no place for its name")
				}
				got, err := form.render(data(text))
				if err != nil {
					t.Fatal(err)
				}
				root := parse(t, got)
				if shape(root) != want {
					t.Error("the text has changed the document's elements")
				}
				wantNothingOutside(t, root)
				if bytes.ContainsAny(got, "\x00\x07\x1b\u202e\u2066\u200b") || bytes.ContainsRune(got, '\u009b') {
					t.Error("a character that hides or controls came through")
				}
			})
		}
	}
}

var outside = regexp.MustCompile(`(?i)url\(|@import|expression\(`)

// wantNothingOutside fails the test if the page could ask anybody for anything.
func wantNothingOutside(t testing.TB, root *html.Node) {
	t.Helper()
	for _, n := range elements(root, func(*html.Node) bool { return true }) {
		switch n.Data {
		case "script", "iframe", "object", "embed", "link", "base", "form", "img", "image", "video", "audio", "foreignObject", "use", "animate", "set":
			t.Errorf("there is an element %s", n.Data)
		case "style":
			if text := textOf(n); outside.MatchString(text) {
				t.Errorf("the style asks for something: %s", outside.FindString(text))
			}
		}
		for _, a := range n.Attr {
			switch {
			case strings.HasPrefix(a.Key, "on"), a.Key == "style", a.Key == "src", a.Key == "srcset":
				t.Errorf("%s has an attribute %s", n.Data, a.Key)
			case strings.HasSuffix(a.Key, "href") && !strings.HasPrefix(a.Val, "#"):
				t.Errorf("%s links to %q", n.Data, a.Val)
			}
		}
	}
}

func TestHTML_ForbidsItselfEverything(t *testing.T) {
	root := parse(t, render(t, data("x")).HTML)
	for _, n := range elements(root, named("meta")) {
		if attr(n, "http-equiv") == "Content-Security-Policy" {
			if got, want := attr(n, "content"), "default-src 'none'; style-src 'unsafe-inline'; img-src data:"; got != want {
				t.Errorf("the policy is %q, want %q", got, want)
			}
			return
		}
	}
	t.Error("there is no content security policy")
}

func TestHTML_IsAccessible(t *testing.T) {
	for name, d := range map[string]report.Data{"a small report": data("Vault is sealed"), "a large one": large(), "an empty one": {}} {
		t.Run(name, func(t *testing.T) {
			root := parse(t, render(t, d).HTML)
			wantNothingOutside(t, root)
			if page := elements(root, named("html")); attr(page[0], "lang") != "en" {
				t.Error("the page has no language")
			}
			wantHeadingsInOrder(t, root)
			wantUniqueIDs(t, root)
			wantTablesWithHeads(t, root)
			wantChartsDescribed(t, root)
		})
	}
}

func wantHeadingsInOrder(t *testing.T, root *html.Node) {
	t.Helper()
	last := 0
	for i, h := range elements(root, named("h1", "h2", "h3", "h4", "h5", "h6")) {
		level := int(h.Data[1] - '0')
		if level > last+1 || (level == 1) != (i == 0) {
			t.Errorf("%s %q comes after a heading of level %d", h.Data, textOf(h), last)
		}
		last = level
	}
}

func wantUniqueIDs(t *testing.T, root *html.Node) {
	t.Helper()
	ids := map[string]bool{}
	for _, n := range elements(root, func(n *html.Node) bool { return attr(n, "id") != "" }) {
		if id := attr(n, "id"); ids[id] {
			t.Errorf("two elements have the id %q", id)
		}
		ids[attr(n, "id")] = true
	}
	for _, n := range elements(root, func(*html.Node) bool { return true }) {
		for id := range strings.FieldsSeq(attr(n, "aria-labelledby")) {
			if !ids[id] {
				t.Errorf("%s is labelled by %q, which is not there", n.Data, id)
			}
		}
		if to, ok := strings.CutPrefix(attr(n, "href"), "#"); ok && !ids[to] {
			t.Errorf("a link leads to %q, which is not there", to)
		}
	}
}

func wantTablesWithHeads(t *testing.T, root *html.Node) {
	t.Helper()
	for _, table := range elements(root, named("table")) {
		if captions := elements(table, named("caption")); len(captions) != 1 || textOf(captions[0]) == "" {
			t.Errorf("table %s has no caption", attr(table, "id"))
		}
		cols := len(elements(table, func(n *html.Node) bool { return n.Data == "th" && attr(n, "scope") == "col" }))
		for _, row := range elements(table, named("tr")) {
			if row.Parent.Data != "tbody" {
				continue
			}
			cells := elements(row, named("th", "td"))
			if cells[0].Data != "th" || attr(cells[0], "scope") != "row" || (len(cells) != cols && len(cells) != cols+1) {
				t.Errorf("a row of table %s has %d cells under %d heads, the first a %s", attr(table, "id"), len(cells), cols, cells[0].Data)
			}
		}
	}
}

// wantChartsDescribed fails the test unless each chart has a name, a
// description and a table that says the same.
func wantChartsDescribed(t *testing.T, root *html.Node) {
	t.Helper()
	tables := map[string]bool{}
	for _, n := range elements(root, named("table")) {
		tables[attr(n, "id")] = true
	}
	for _, c := range elements(root, func(n *html.Node) bool { return attr(n, "role") == "img" }) {
		id := strings.TrimSuffix(attr(c, "id"), "-chart")
		if len(strings.Fields(attr(c, "aria-labelledby"))) != 2 {
			t.Errorf("chart %s has no title and description", id)
		}
		alternative := id + "-table"
		if strings.HasPrefix(id, "heat-") {
			alternative = "heat-people"
		}
		if !tables[alternative] {
			t.Errorf("chart %s has no table", id)
		}
	}
}

func TestMail_HasTablesInThePlaceOfCharts(t *testing.T) {
	b := render(t, data("Vault is sealed"))
	root := parse(t, b.Mail)
	if charts := elements(root, func(n *html.Node) bool { return attr(n, "role") == "img" }); len(charts) > 0 {
		t.Errorf("%d charts, want none: mail programs take them out", len(charts))
	}
	if tables, all := len(elements(root, named("table"))), len(elements(parse(t, b.HTML), named("table"))); tables != all {
		t.Errorf("%d tables, want all %d", tables, all)
	}
}

var colour = regexp.MustCompile(`--([a-z0-9]+): (#[0-9a-f]{6});`)

// palettes reads the colours of style.css: light, dark and paper.
func palettes(t *testing.T) map[string]map[string]string {
	t.Helper()
	css, err := os.ReadFile("style.css")
	if err != nil {
		t.Fatal(err)
	}
	parts := strings.Split(string(css), ":root {")
	if len(parts) != 4 {
		t.Fatalf("style.css has %d sets of colours, want light, dark and paper", len(parts)-1)
	}
	all := map[string]map[string]string{}
	for i, name := range []string{"light", "dark", "paper"} {
		block, _, _ := strings.Cut(parts[i+1], "}")
		all[name] = map[string]string{}
		for _, m := range colour.FindAllStringSubmatch(block, -1) {
			all[name][m[1]] = m[2]
		}
	}
	return all
}

// luminance is WCAG's relative luminance.
func luminance(t *testing.T, hex string) float64 {
	t.Helper()
	n, err := strconv.ParseUint(strings.TrimPrefix(hex, "#"), 16, 32)
	if err != nil {
		t.Fatalf("%q is no colour", hex)
	}
	channel := func(shift uint) float64 {
		c := float64(n>>shift&0xff) / 255
		if c <= 0.04045 {
			return c / 12.92
		}
		return math.Pow((c+0.055)/1.055, 2.4)
	}
	return 0.2126*channel(16) + 0.7152*channel(8) + 0.0722*channel(0)
}

// WCAG AA asks for 4.5 between text and what it stands on, and for 3 between
// the parts of a drawing and theirs.
func TestStyle_Contrast(t *testing.T) {
	pairs := []struct {
		front, back string
		least       float64
	}{
		{"ink", "card", 4.5},
		{"ink", "back", 4.5},
		{"dim", "card", 4.5},
		{"dim", "back", 4.5},
		{"link", "card", 4.5},
		{"link", "back", 4.5},
		{"n12", "h1", 4.5},
		{"n12", "h2", 4.5},
		{"n3", "h3", 4.5},
		{"n45", "h4", 4.5},
		{"n45", "h5", 4.5},
		{"business", "card", 3},
		{"off", "card", 3},
		{"sleep", "card", 3},
		{"unknown", "card", 3},
		{"actionable", "card", 3},
		{"notactionable", "card", 3},
		{"unlabelled", "card", 3},
		{"ink", "track", 4.5},
		{"dim", "track", 3},
		{"business", "track", 3},
		{"off", "track", 3},
		{"unknown", "track", 3},
	}
	for name, colours := range palettes(t) {
		for _, p := range pairs {
			a, b := luminance(t, colours[p.front]), luminance(t, colours[p.back])
			if ratio := (max(a, b) + 0.05) / (min(a, b) + 0.05); ratio < p.least {
				t.Errorf("%s: %s on %s has a contrast of %.2f, want %.1f", name, p.front, p.back, ratio, p.least)
			}
		}
	}
}
