package cli

import (
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/charmbracelet/x/ansi"
	"github.com/google/go-cmp/cmp"
)

func TestClean(t *testing.T) {
	tests := map[string]struct{ in, want string }{
		"plain text stays":                                      {"Disk full on db-1 (93 %)", "Disk full on db-1 (93 %)"},
		"every script stays":                                    {"Größe ノード ошибка خطأ", "Größe ノード ошибка خطأ"},
		"an emoji of several joined ones stays whole":           {"👩\u200d🚒", "👩\u200d🚒"},
		"a joiner that Persian needs stays":                     {"می\u200cخواهم", "می\u200cخواهم"},
		"line breaks and tabs become spaces":                    {"a\r\nb\tc", "a  b c"},
		"an escape sequence shows itself":                       {"\x1b[31mred\x1b[0m", `\u001b[31mred\u001b[0m`},
		"a title cannot set the terminal's title":               {"\x1b]0;root\x07", `\u001b]0;root\u0007`},
		"the one-byte escape of C1 shows itself":                {"\u009b31m", `\u009b31m`},
		"a raw C1 byte is no character":                         {"\x9b31m", `\x9b31m`},
		"text cannot be turned round":                           {"a\u202egnp.exe", `a\u202egnp.exe`},
		"isolates cannot either":                                {"\u2066a\u2069", `\u2066a\u2069`},
		"zero width space shows itself":                         {"pay\u200bpal", `pay\u200bpal`},
		"a byte order mark shows itself":                        {"\ufeffx", `\ufeffx`},
		"tags show themselves":                                  {"x\U000e0041", `x\U000e0041`},
		"a line separator is no line break":                     {"a\u2028b\u2029c", `a\u2028b\u2029c`},
		"a private use character shows itself":                  {"\ue000\U0010fffd", `\ue000\U0010fffd`},
		"a noncharacter shows itself":                           {"\uffff", `\uffff`},
		"invalid UTF-8 shows its bytes":                         {"a\xff\xfeb", `a\xff\xfeb`},
		"half a character shows its bytes":                      {"\xe2\x82", `\xe2\x82`},
		"the replacement character is a character":              {"a\ufffdb", "a\ufffdb"},
		"delete shows itself":                                   {"a\x7fb", `a\u007fb`},
		"a bell does not ring":                                  {"\a", `\u0007`},
		"a backslash stays":                                     {`C:\x1b`, `C:\x1b`},
		"an emoji newer than this program's Unicode may appear": {"\U0001fae9", "\U0001fae9"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			if got := clean(tt.in); got != tt.want {
				t.Errorf("clean(%q) = %q, want %q", tt.in, got, tt.want)
			}
		})
	}
}

// harmful says what is wrong with a text that goes to a terminal, in words of
// its own and not in those of [harmless].
func harmful(s string) string {
	if !utf8.ValidString(s) {
		return "invalid UTF-8"
	}
	for _, r := range s {
		switch {
		case r == '\n' || r == '\u200c' || r == '\u200d':
		case unicode.IsControl(r):
			return "a control character"
		case unicode.Is(unicode.Bidi_Control, r):
			return "a bidirectional control"
		case unicode.Is(unicode.Cf, r) || unicode.Is(unicode.Zl, r) || unicode.Is(unicode.Zp, r):
			return "a format character"
		}
	}
	return ""
}

func FuzzClean(f *testing.F) {
	for _, s := range []string{"", "plain", "\x1b[2J", "a\u202eb", "\xff", "👩\u200d🚒", "\U000e0041", "\ufffd", `\x9b`} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got := clean(s)
		if why := harmful(got); why != "" || strings.Contains(got, "\n") {
			t.Errorf("clean(%q) = %q holds %s or a line break", s, got, why)
		}
		if again := clean(got); again != got {
			t.Errorf("clean is not idempotent: %q, then %q", got, again)
		}
		if w := ansi.StringWidth(fit(got, 20)); w > 20 {
			t.Errorf("fit to 20 cells is %d wide: %q", w, fit(got, 20))
		}
	})
}

func TestFit(t *testing.T) {
	tests := map[string]struct {
		in    string
		width int
		want  string
	}{
		"what fits stays":                                   {"Disk full", 9, "Disk full"},
		"what does not is cut with a mark":                  {"Disk full", 8, "Disk fu…"},
		"wide characters take two cells":                    {"ディスク", 8, "ディスク"},
		"a wide character is not halved":                    {"ディスク", 6, "ディ…"},
		"an emoji of several joined ones is one":            {"👩\u200d🚒👩\u200d🚒", 4, "👩\u200d🚒👩\u200d🚒"},
		"there is always one cell":                          {"Disk full", -3, "…"},
		"accents cannot be piled up without end":            {"e" + strings.Repeat("\u0301", 1000), 4, "e" + strings.Repeat("\u0301", 31) + "…"},
		"ten thousand characters are cut to what was asked": {strings.Repeat("x", 10_000), 5, "xxxx…"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			got := fit(tt.in, tt.width)
			if got != tt.want {
				t.Errorf("fit(%q, %d) = %q, want %q", tt.in, tt.width, got, tt.want)
			}
			if w := ansi.StringWidth(got); w > max(tt.width, 1) {
				t.Errorf("the result is %d cells wide", w)
			}
		})
	}
}

func TestWrap_NeverWiderThanAsked(t *testing.T) {
	texts := map[string]string{
		"words":           strings.Repeat("nobody acknowledged it ", 100),
		"one long word":   strings.Repeat("x", 10_000),
		"wide characters": strings.Repeat("ディスク", 500),
		"emoji":           strings.Repeat("👩\u200d🚒", 300),
		"nothing":         "",
	}
	for name, text := range texts {
		t.Run(name, func(t *testing.T) {
			for width := 80; width <= 200; width += 7 {
				for _, line := range wrap(text, width) {
					if w := ansi.StringWidth(line); w > width {
						t.Errorf("a line of %d cells at width %d: %q", w, width, line)
					}
				}
			}
		})
	}
}

// A line that ends before a hyphen ends with a space, which must not cost it a
// letter.
func TestWrap_LosesNothingBeforeAHyphen(t *testing.T) {
	const text = "1 gone (opsreview ticket list --state gone)"
	for width := 10; width <= len(text); width++ {
		if got := strings.Join(wrap(text, width), ""); strings.Contains(got, "…") {
			t.Errorf("in %d cells: %q", width, got)
		}
	}
}

func TestTable_FitsEveryWidth(t *testing.T) {
	titles := map[string]string{
		"short":                      "Disk full",
		"wide characters":            strings.Repeat("ディスク", 100),
		"ten thousand characters":    strings.Repeat("x", 10_000),
		"a thousand accents":         "e" + strings.Repeat("\u0301", 1000),
		"joined emoji and no spaces": strings.Repeat("👩\u200d🚒", 200),
	}
	for name, title := range titles {
		t.Run(name, func(t *testing.T) {
			tab := table{columns: []column{
				{head: "TRIGGERED"},
				{head: "PAGE"},
				{head: "COUNT", right: true, drop: 1},
				{head: "VERDICT", flex: true, min: 10},
				{head: "TITLE", flex: true, min: 20},
				{head: "SERVICE", flex: true, drop: 2},
			}}
			tab.row("Mon 02 Mar 10:00", "pd/Q3YON8WNWTZMRQ", "12", "unlabelled", title, title)
			tab.row("Mon 02 Mar 10:00", "pd/Q3YON8WNWTZMRQ", "3 (2 asleep)", "", "short", "")
			tab.mark()
			for width := 80; width <= 200; width += 5 {
				var b strings.Builder
				tab.print(&b, style{}, "  ", width)
				for line := range strings.Lines(b.String()) {
					if w := ansi.StringWidth(strings.TrimSuffix(line, "\n")); w > width {
						t.Errorf("a line of %d cells at width %d: %.100q", w, width, line)
					}
				}
			}
		})
	}
}

func TestTable_LeavesOutWhatCanBeDoneWithout(t *testing.T) {
	tab := table{columns: []column{
		{head: "PAGE"}, {head: "URGENCY", drop: 2}, {head: "STATUS", drop: 1}, {head: "TITLE", flex: true, min: 10},
	}}
	tab.row("pd/1", "high", "resolved", "Disk full on db-1")
	tests := map[string]struct {
		width int
		want  string
	}{
		"everything fits":                   {44, "PAGE  URGENCY  STATUS    TITLE\npd/1  high     resolved  Disk full on db-1\n"},
		"a flex column gives way first":     {35, "PAGE  URGENCY  STATUS    TITLE\npd/1  high     resolved  Disk full…\n"},
		"then the least needed one goes":    {34, "PAGE  STATUS    TITLE\npd/1  resolved  Disk full on db-1\n"},
		"then the next":                     {25, "PAGE  TITLE\npd/1  Disk full on db-1\n"},
		"then all columns become narrower":  {14, "PAGE  TITLE\npd/1  Disk fu…\n"},
		"nothing is narrower than it means": {1, "PAGE  TITLE\npd/1  Disk fu…\n"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			var b strings.Builder
			tab.print(&b, style{}, "", tt.width)
			if diff := cmp.Diff(tt.want, b.String()); diff != "" {
				t.Errorf("table (-want +got):\n%s", diff)
			}
		})
	}
}

func TestTable_ColoursOnlyWhereAsked(t *testing.T) {
	tab := table{columns: []column{{head: "A"}, {head: "B", right: true}}}
	tab.row("x", "1")
	tab.mark()
	var plain, coloured strings.Builder
	tab.print(&plain, style{}, "", 80)
	tab.print(&coloured, style{on: true}, "", 80)
	if diff := cmp.Diff("A  B\nx  1\n", plain.String()); diff != "" {
		t.Errorf("plain (-want +got):\n%s", diff)
	}
	if coloured.String() == plain.String() || ansi.Strip(coloured.String()) != plain.String() {
		t.Errorf("colours change more than the colour: %q", coloured.String())
	}
}

func TestWords(t *testing.T) {
	tests := map[string]struct{ got, want string }{
		"one page":                       {plural(1, "page"), "1 page"},
		"no pages":                       {plural(0, "page"), "0 pages"},
		"y becomes ies":                  {plural(2, "policy"), "2 policies"},
		"a day is regular":               {plural(2, "day"), "2 days"},
		"seconds":                        {span(45 * time.Second), "45s"},
		"minutes":                        {span(12*time.Minute + 29*time.Second), "12m"},
		"an hour's minutes are two":      {span(3*time.Hour + 5*time.Minute), "3h 05m"},
		"rounding carries over":          {span(3*time.Hour + 59*time.Minute + 40*time.Second), "4h 00m"},
		"just under a minute":            {span(59*time.Second + 600*time.Millisecond), "1m"},
		"just under an hour":             {span(59*time.Minute + 40*time.Second), "1h 00m"},
		"two days":                       {span(52 * time.Hour), "2d 4h"},
		"before":                         {span(-90 * time.Second), "-2m"},
		"nothing of nothing":             {percent(0, 0), "–"},
		"a third":                        {percent(1, 3), "33 %"},
		"one choice":                     {orList([]string{"json"}), "json"},
		"three choices":                  {orList([]string{"table", "json", "csv"}), "table, json or csv"},
		"a plain word needs no quotes":   {shellWord("secrets"), "secrets"},
		"a word with a space needs them": {shellWord("data base"), "'data base'"},
		"a word cannot run a command":    {shellWord("x'; rm -rf ~; '"), `'x'\''; rm -rf ~; '\'''`},
		"a word cannot be a flag":        {shellWord("--db"), "'--db'"},
		"an empty word is still a word":  {shellWord(""), "''"},
		"a message keeps its lines":      {lines("a\nb\x1b"), "a\n  b\\u001b"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			if tt.got != tt.want {
				t.Errorf("got %q, want %q", tt.got, tt.want)
			}
		})
	}
}
