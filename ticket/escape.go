package ticket

import (
	"regexp"
	"strings"
	"unicode"
)

var wikiMarkup = markup{
	heading: func(text string) string { return "h3. " + text },
	text:    wikiText,
	link:    func(text, url string) string { return "[" + text + "|" + url + "]" },
	strong:  func(text string) string { return "*" + text + "*" },
	code:    wikiCode,
	item:    "* ",
}

var markdownMarkup = markup{
	heading: func(text string) string { return "### " + text },
	text:    markdownText,
	link:    func(text, url string) string { return "[" + text + "](" + url + ")" },
	strong:  func(text string) string { return "**" + text + "**" },
	code:    markdownCode,
	item:    "- ",
}

// A reading is something that trackers read in plain text, whatever its
// markup. Its pattern has pairs of groups, between which a joiner breaks it;
// without one of its signs in a text there is nothing to look for.
type reading struct {
	signs   string
	pattern *regexp.Regexp
}

// The readings: addresses, mentions, emoji, smileys and entities.
var readings = []reading{
	{":", regexp.MustCompile(`(?i)(:)(//)|(mailto|tel|sms|file|javascript|data)(:)`)},
	{"wW", regexp.MustCompile(`([wW]{3})(\.)`)},
	{"@", regexp.MustCompile(`(@)([^\s\x{2060}])`)},
	{":", regexp.MustCompile(`(:)([A-Za-z0-9_+-]+:)`)},
	{":;(", regexp.MustCompile(`([:;])(-?[)(DPp|/\\])|(\()((?:y|n|i|/|x|!|\+|-|\?|on|off|\*[rgby]?|flag|flagoff)\))`)},
	{"&", regexp.MustCompile(`(&)([#A-Za-z])`)},
}

// References to issues are not read within links, where they stay as they are
// so that people can copy them.
var references = reading{"#-", regexp.MustCompile(`(#)([0-9])|([A-Z][A-Z0-9_]+-)([0-9])`)}

var (
	wikiLayout = regexp.MustCompile(`^(?:h[1-6]|bq)\.|^#`)
	listNumber = regexp.MustCompile(`^([0-9]+)([.)])`)
)

// inert breaks what is read in plain text.
func inert(s string, at place) string {
	if !at.link {
		s = references.breakAll(s)
	}
	for _, r := range readings {
		s = r.breakAll(s)
	}
	return s
}

// breakAll breaks every occurrence. They may overlap, as in ":a:b:", so it
// looks until there is none.
func (r reading) breakAll(s string) string {
	for strings.ContainsAny(s, r.signs) {
		found := r.pattern.FindAllStringSubmatchIndex(s, -1)
		if len(found) == 0 {
			return s
		}
		var out strings.Builder
		last := 0
		for _, groups := range found {
			end := breakAt(groups)
			out.WriteString(s[last:end] + joiner)
			last = end
		}
		s = out.String() + s[last:]
	}
	return s
}

// breakAt is the end of the first group of the pair that matched.
func breakAt(groups []int) int {
	for g := 2; g < len(groups); g += 4 {
		if groups[g] >= 0 {
			return groups[g+1]
		}
	}
	return groups[1]
}

// wikiText escapes a stretch of text for Jira. A backslash before a special
// character shows it as it is, but two backslashes break the line, so the
// text's own backslashes become a look-alike.
func wikiText(s string, at place) string {
	s = inert(strings.ReplaceAll(s, `\`, "∖"), at)
	layout := at.first && wikiLayout.MatchString(s)
	runes := []rune(s)
	var out strings.Builder
	for i, r := range runes {
		switch r {
		case '{', '}', '[', ']', '!', '|', '^', '~':
			out.WriteRune('\\')
		case '*', '_', '-', '+', '?':
			if !withinWord(runes, i) {
				out.WriteRune('\\')
			}
		}
		out.WriteRune(r)
	}
	if layout {
		return joiner + out.String()
	}
	return out.String()
}

// withinWord reports whether a letter or digit stands on both sides, where a
// mark is no markup.
func withinWord(s []rune, i int) bool {
	word := func(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) }
	return i > 0 && i+1 < len(s) && word(s[i-1]) && (word(s[i+1]) || string(s[i+1]) == joiner)
}

// wikiCode shows a text as it is. Only its own end could end it, and mentions
// are looked for in it too.
func wikiCode(s string) string {
	s = flatLines(s)
	s = strings.ReplaceAll(s, "{", "{"+joiner)
	s = strings.ReplaceAll(s, "[~", "["+joiner+"~")
	return "{noformat}\n" + s + "\n{noformat}"
}

// markdownText escapes a stretch of text for GitHub.
func markdownText(s string, at place) string {
	s = inert(s, at)
	runes := []rune(s)
	var out strings.Builder
	for i, r := range runes {
		switch r {
		case '\\', '`', '*', '[', ']', '<', '>', '|', '~', '$', '&':
			out.WriteRune('\\')
		case '_':
			if !withinWord(runes, i) {
				out.WriteRune('\\')
			}
		case '#', '+', '-', '=':
			if at.first && i == 0 {
				out.WriteRune('\\')
			}
		}
		out.WriteRune(r)
	}
	if at.first {
		return listNumber.ReplaceAllString(out.String(), `$1\$2`)
	}
	return out.String()
}

// markdownCode fences a text by more backquotes than it has in a row.
func markdownCode(s string) string {
	s = flatLines(s)
	longest, run := 0, 0
	for _, r := range s {
		if run++; r != '`' {
			run = 0
		}
		longest = max(longest, run)
	}
	fence := strings.Repeat("`", max(3, longest+1))
	return fence + "\n" + s + "\n" + fence
}
