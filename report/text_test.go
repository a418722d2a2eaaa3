package report_test

import (
	"regexp"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"opsreview/report"
)

// codeSpan is a span of code; escaped backticks begin none.
var codeSpan = regexp.MustCompile("`[^`\n]*`")

// active is what Markdown, and the places that it is pasted into, act on.
var active = map[string]*regexp.Regexp{
	"a tag":            regexp.MustCompile(`[<>]`),
	"an entity":        regexp.MustCompile(`&(#?[a-zA-Z0-9]+;)?`),
	"a mention":        regexp.MustCompile("@[^\u2060]"),
	"an issue":         regexp.MustCompile(`#[0-9]|GH-[0-9]`),
	"a link":           regexp.MustCompile(`(^|[^\\])[\[\]]|://|(?i)www\.`),
	"an image":         regexp.MustCompile(`(^|[^\\])!\[`),
	"an open backtick": regexp.MustCompile("(^|[^\\\\])`"),
	"a heading":        regexp.MustCompile(`(?m)^\s*[-*]? *#`),
}

// ours are the tags of the escapes.
var ours = regexp.MustCompile(`&(amp|lt|gt);`)

func TestMarkdown_StrangersTextsStayText(t *testing.T) {
	want := strings.Split(string(report.Markdown(data("harmless"))), "\n")
	for name, text := range hostile {
		t.Run(name, func(t *testing.T) {
			got := string(report.Markdown(data(text)))
			lines := strings.Split(got, "\n")
			if strings.TrimSpace(text) != "" && len(lines) != len(want) {
				t.Fatalf("the document has %d lines, want %d: the text has begun one\n%s", len(lines), len(want), got)
			}
			for i, line := range lines {
				if strings.TrimSpace(text) != "" && (bars(line) != bars(want[i]) || lead(line) != lead(want[i])) {
					t.Errorf("line %d has another form:\n%q, want the form of\n%q", i+1, line, want[i])
				}
				bare := ours.ReplaceAllString(codeSpan.ReplaceAllString(strings.TrimLeft(line, "# "), "CODE"), "")
				for what, sign := range active {
					if found := sign.FindString(bare); found != "" && !strings.HasPrefix(line, "# ") {
						t.Errorf("line %d has %s, %q: %q", i+1, what, found, line)
					}
				}
			}
			wantVisible(t, got)
		})
	}
}

var escaped = regexp.MustCompile("\\\\[!-/:-@\\[-`{-~]")

// bars counts the bars that divide the cells of a row, as GitHub does: the sign
// after a backslash is text, another backslash too.
func bars(line string) int {
	if !strings.HasPrefix(line, "|") {
		return 0
	}
	return strings.Count(escaped.ReplaceAllString(line, ""), "|")
}

var leading = regexp.MustCompile(`^ *([-#]+ |[0-9]+\. )?`)

// lead is what makes a line a heading or an item.
func lead(line string) string { return leading.FindString(line) }

// wantVisible fails the test if something in text hides or controls. A word
// joiner is the program's own.
func wantVisible(t *testing.T, text string) {
	t.Helper()
	if !utf8.ValidString(text) {
		t.Error("the text is not UTF-8")
	}
	for _, r := range text {
		if r != '\n' && r != '\u2060' && (unicode.IsControl(r) || unicode.Is(unicode.Cf, r)) {
			t.Errorf("%U came through", r)
		}
	}
}

func TestMarkdown_SaysWhatTheReviewSays(t *testing.T) {
	got := string(report.Markdown(data("Vault is sealed")))
	for _, want := range []string{
		"# Operational review of Vault is sealed, 2026-W46\n",
		"Mon 9 Nov 2026 to Sun 15 Nov 2026, UTC. Prepared Mon 16 Nov 2026 08:00 UTC.\n",
		"**4 pages, 3 labelled (75 %)**\n",
		"| not actionable | 0 wasted | 2 noise |\n",
		"1. Mon 9 Nov 03:00 `Vault is sealed` `pd/Vault is sealed`\n    - Vault is sealed\n",
		"| `Vault is sealed` | Vault is sealed | 1 | 6 | 4 | 0m | noise 2 of 2 |\n",
		"| Bob | 1 | 0 | 0 | 0 | 1 | – | 0m | – |\n", // what is unknown is not zero
		"| 2 Nov–8 Nov | not stored | – | – | – |\n",
		"| 9 Nov–15 Nov (this window) | 4 | 1 | 2 | 1 |\n",
		"## What to change\n", "## What could not be computed\n",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("the document lacks %q:\n%s", want, got)
		}
	}
}

func TestChat_StrangersTextsStayText(t *testing.T) {
	for name, text := range hostile {
		t.Run(name, func(t *testing.T) {
			c := render(t, data(text)).Chat
			wantVisible(t, c.Title)
			for _, s := range c.Sections {
				wantVisible(t, s)
				if bare := ours.ReplaceAllString(s, ""); strings.ContainsAny(bare, "<>&") {
					t.Errorf("Slack would act on %q", bare)
				}
				for line := range strings.Lines(s) {
					if strings.Count(line, "`")%2 != 0 {
						t.Errorf("a span of code does not end: %q", line)
					}
				}
			}
		})
	}
}

func TestChat_IsWithinSlacksLimits(t *testing.T) {
	reports := map[string]report.Data{"many of everything": large()}
	for name, text := range hostile {
		reports[name] = data(text)
	}
	for name, d := range reports {
		t.Run(name, func(t *testing.T) {
			c := render(t, d).Chat
			if n := utf8.RuneCountInString(c.Title); n > 150 || n == 0 {
				t.Errorf("the header has %d characters, Slack takes 1 to 150", n)
			}
			if len(c.Sections) > 49 {
				t.Errorf("%d sections, Slack takes 50 blocks", len(c.Sections))
			}
			for _, s := range c.Sections {
				if n := utf8.RuneCountInString(s); n > 3000 {
					t.Errorf("a section has %d characters, Slack takes 3000", n)
				}
			}
		})
	}
}

func TestChat_CountsWhatItLeavesOut(t *testing.T) {
	all := strings.Join(render(t, large()).Chat.Sections, "\n\n")
	for _, want := range []string{"_and 33 more: see the whole review_", "_and 2 more: see the whole review_"} {
		if !strings.Contains(all, want) {
			t.Errorf("the message does not say %q:\n%s", want, all)
		}
	}
}
