package ticket_test

import (
	"regexp"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"opsreview/ticket"
)

// j is the invisible joiner that breaks what trackers read in plain text.
const j = "\u2060"

func text(s string) ticket.Body { return ticket.Body{{Paragraph: []ticket.Span{{Text: s}}}} }

func TestRender_TextsAreOnlyTexts(t *testing.T) {
	tests := map[string]struct {
		text, wiki, markdown string
	}{
		"plain text stays as it is": {
			"vault-latency on eu_west_1 is 2x too slow.", "vault-latency on eu_west_1 is 2x too slow.", "vault-latency on eu_west_1 is 2x too slow.",
		},
		"a mention in Jira": {"[~admin]", `\[\~admin\]`, `\[\~admin\]`},
		"a mention on GitHub": {
			"ask @octocat and a@b.example", "ask @" + j + "octocat and a@" + j + "b.example",
			"ask @" + j + "octocat and a@" + j + "b.example",
		},
		"an image in Jira":         {"!x.png!", `\!x.png\!`, "!x.png!"},
		"an image in Markdown":     {"![x](y)", `\!\[x\](` + j + "y)", `!\[x\](` + j + "y)"},
		"a macro":                  {"{panel}", `\{panel\}`, "{panel}"},
		"a macro behind backslash": {`\{panel}`, `∖\{panel\}`, `\\{panel}`},
		"a link in Jira":           {"[x|https://evil.example]", `\[x\|https:` + j + `//evil.example\]`, `\[x\|https:` + j + `//evil.example\]`},
		"a bare address":           {"https://evil.example www.evil.example", "https:" + j + "//evil.example www" + j + ".evil.example", "https:" + j + "//evil.example www" + j + ".evil.example"},
		"HTML":                     {"<img src=x>", "<img src=x>", `\<img src=x\>`},
		"an entity":                {"&#91;~x&#93;", "&" + j + `#` + j + `91;\~x&` + j + `#` + j + `93;`, `\&` + j + `#` + j + `91;\~x\&` + j + `#` + j + `93;`},
		"bold and italic":          {"*a* _b_", `\*a\* \_b\_`, `\*a\* \_b\_`},
		"a heading in Jira":        {"h1. Big", j + "h1. Big", "h1. Big"},
		"a heading in Markdown":    {"# Big", j + "# Big", `\# Big`},
		"a list":                   {"- one", `\- one`, `\- one`},
		"a numbered list":          {"1. one", "1. one", `1\. one`},
		"a rule":                   {"----", `\-\-\-\-`, `\----`},
		"a quotation":              {"bq. x > y", j + "bq. x > y", `bq. x \> y`},
		"a reference to an issue":  {"#12 OPS-7", j + "#" + j + "12 OPS-" + j + "7", `\#` + j + "12 OPS-" + j + "7"},
		"an emoji":                 {":+1: (!)", `:` + j + `\+1: (` + j + `\!)`, `:` + j + `+1: (` + j + `!)`},
		"lines become one":         {"a\r\nb\tc\x00\x1b[0m", `a b c\[0m`, `a b c\[0m`},
		"turned text is straight":  {"a\u202eb\u2066c", "abc", "abc"},
		"code in Markdown":         {"`rm`", "`rm`", "\\`rm\\`"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			wiki := strings.ReplaceAll(ticket.RenderWiki(text(tt.text), 0), "  ", " ")
			if diff := cmp.Diff(tt.wiki, wiki); diff != "" {
				t.Errorf("wiki (-want +got):\n%s", diff)
			}
			markdown := strings.ReplaceAll(ticket.RenderMarkdown(text(tt.text), 0), "  ", " ")
			if diff := cmp.Diff(tt.markdown, markdown); diff != "" {
				t.Errorf("Markdown (-want +got):\n%s", diff)
			}
		})
	}
}

func TestRender_Blocks(t *testing.T) {
	body := ticket.Body{
		{Heading: "What was seen"},
		{Paragraph: []ticket.Span{{Text: "Cost", Strong: true}, {Text: " of "}, {Text: "OPS-1", URL: "https://t.example/OPS-1?a=b|c"}}},
		{List: [][]ticket.Span{{{Text: "one"}}, {{Text: ""}}, {{Text: "two"}}}},
		{Code: "a\n{noformat}[~x]\n```"},
	}
	wiki := "h3. What was seen\n\n*Cost* of [OPS-1|https://t.example/OPS-1?a=b%7Cc]\n\n* one\n* two\n\n" +
		"{noformat}\na\n{" + j + "noformat}[" + j + "~x]\n```\n{noformat}"
	if diff := cmp.Diff(wiki, ticket.RenderWiki(body, 0)); diff != "" {
		t.Errorf("wiki (-want +got):\n%s", diff)
	}
	markdown := "### What was seen\n\n**Cost** of [OPS-1](https://t.example/OPS-1?a=b%7Cc)\n\n- one\n- two\n\n" +
		"````\na\n{noformat}[~x]\n```\n````"
	if diff := cmp.Diff(markdown, ticket.RenderMarkdown(body, 0)); diff != "" {
		t.Errorf("Markdown (-want +got):\n%s", diff)
	}
}

func TestRender_OnlyWebAddressesAreLinks(t *testing.T) {
	tests := map[string]string{
		"https://pd.example/P1":             "[x](https://pd.example/P1)",
		"http://pd.example/a_b~c":           "[x](http://pd.example/a_b~c)",
		"https://pd.example/a)](b":          "[x](https://pd.example/a%29%5D%28b)",
		"https://pd.example/ä <b>":          "[x](https://pd.example/%C3%A4%20%3Cb%3E)",
		"javascript:alert(1)":               "x",
		"//pd.example/P1":                   "x",
		"https://user:secret@pd.example/P1": "x",
		"":                                  "x",
	}
	for url, want := range tests {
		body := ticket.Body{{Paragraph: []ticket.Span{{Text: "x", URL: url}}}}
		if got := ticket.RenderMarkdown(body, 0); got != want {
			t.Errorf("%q is written %q, want %q", url, got, want)
		}
	}
}

func TestRender_NothingIsReadAcrossStretches(t *testing.T) {
	body := ticket.Body{{Paragraph: []ticket.Span{{Text: "@"}, {Text: "octocat https:"}, {Text: "//evil.example"}}}}
	want := "@" + j + "octocat https:" + j + "//evil.example"
	if got := ticket.RenderMarkdown(body, 0); got != want {
		t.Errorf("written %q, want %q", got, want)
	}
}

func TestRender_CutsBetweenItsParts(t *testing.T) {
	body := ticket.Body{
		{Paragraph: []ticket.Span{{Text: "≈ 3 h/week"}}},
		{List: [][]ticket.Span{{{Text: "one"}}, {{Text: strings.Repeat("é", 300)}}}},
		{Code: strings.Repeat("x\n", 300)},
		{Paragraph: []ticket.Span{{Text: "Filed by opsreview."}}},
	}
	want := "≈ 3 h/week\n\n- one\n\n(cut: the whole is in opsreview)\n\nFiled by opsreview."
	if diff := cmp.Diff(want, ticket.RenderMarkdown(body, 100)); diff != "" {
		t.Errorf("cut (-want +got):\n%s", diff)
	}
	for most := 1; most < 1200; most++ {
		for _, format := range []ticket.Format{ticket.Wiki, ticket.Markdown} {
			got := ticket.Render(body, format, most)
			if n := utf8.RuneCountInString(got); n > most || !utf8.ValidString(got) || strings.Count(got, "noformat")%2 != 0 {
				t.Fatalf("cut to %d runes it has %d: %q", most, n, got)
			}
		}
	}
}

func TestOneLine(t *testing.T) {
	tests := map[string]struct {
		text string
		most int
		want string
	}{
		"what fits stays":                    {"vault", 5, "vault"},
		"what does not is cut between runes": {"größer", 4, "grö…"},
		"lines and blanks become one blank":  {" a\n\n b\t c ", 0, "a b c"},
		"what is not UTF-8 goes":             {"a\xffb", 0, "ab"},
		"nothing stays nothing":              {"\n", 10, ""},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			if got := ticket.OneLine(tt.text, tt.most); got != tt.want {
				t.Errorf("OneLine is %q, want %q", got, tt.want)
			}
		})
	}
}

// live finds what a tracker would act on: what no escape and no joiner stands
// before.
var (
	liveWiki     = regexp.MustCompile(`(^|[^\\])(\{|\[|!|\||\^|~)|\\\\|(?i)[a-z]://|www\.|@[^\s\x{2060}]`)
	liveMarkdown = regexp.MustCompile("(^|[^\\\\])(\\\\\\\\)*[`<>\\[\\]*|$~]|(?i)[a-z]://|www\\.|@[^\\s\\x{2060}]|#[0-9]")
)

func FuzzRender(f *testing.F) {
	for _, seed := range []string{
		"[~admin] !x! {code} \\[a|b] @x", "h1. x", "https://evil.example/www.x", "`x` <b> ![a](b)", "::a:b:c: (!)(/) &#91;", "\u202e\x00\r\n",
		"a\\\\{x}", "@@a", "#1#2", "AB-1-2", "****", "[[[~~~", "1) x", "=\n-",
	} {
		f.Add(seed, seed)
	}
	f.Fuzz(func(t *testing.T, a, b string) {
		body := ticket.Body{{Paragraph: []ticket.Span{{Text: a}, {Text: b}}}}
		wiki, markdown := ticket.RenderWiki(body, 0), ticket.RenderMarkdown(body, 0)
		if at := liveWiki.FindString(wiki); at != "" {
			t.Errorf("Jira would act on %q in %q", at, wiki)
		}
		if at := liveMarkdown.FindString(markdown); at != "" {
			t.Errorf("GitHub would act on %q in %q", at, markdown)
		}
		for _, out := range []string{wiki, markdown} {
			if strings.ContainsFunc(out, func(r rune) bool { return unicode.IsControl(r) }) || !utf8.ValidString(out) {
				t.Errorf("there are controls in %q", out)
			}
		}
		code := ticket.RenderWiki(ticket.Body{{Code: a + "x"}}, 0)
		if strings.Count(code, "{noformat}") != 2 || strings.Contains(code, "[~") {
			t.Errorf("the text ends its own frame: %q", code)
		}
	})
}
