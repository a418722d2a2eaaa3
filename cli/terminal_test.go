package cli

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"testing"

	"github.com/charmbracelet/x/ansi"
)

// onTerminal runs a command on a pseudo-terminal of 80 columns, and returns
// what it wrote there.
func onTerminal(t *testing.T, cmd *exec.Cmd) string {
	t.Helper()
	script, err := exec.LookPath("script")
	if err != nil || runtime.GOOS != "linux" {
		t.Skip("there is no script(1) of util-linux to make a pseudo-terminal")
	}
	cmd.Args = []string{script, "--quiet", "--return", "--command", "stty cols 80 rows 24 && exec '" + cmd.Path + "'", "/dev/null"}
	cmd.Path = script
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	return string(out)
}

var erase = regexp.MustCompile("\x1b\\[[02]?K")

// screen returns what is to be seen in the end of text that returns to the
// beginning of its line and erases it, and every state that a line was in.
func screen(text string) (final, states []string) {
	for line := range strings.SplitSeq(text, "\n") {
		var cells []rune
		column := 0
		for part := range strings.SplitSeq(erase.ReplaceAllString(line, "\r\x00"), "\r") {
			if rest, ok := strings.CutPrefix(part, "\x00"); ok {
				cells, part = nil, rest
			}
			column = 0
			for _, r := range ansi.Strip(part) {
				for len(cells) <= column {
					cells = append(cells, ' ')
				}
				cells[column] = r
				column++
			}
			states = append(states, strings.TrimRight(string(cells), " "))
		}
		final = append(final, strings.TrimRight(string(cells), " "))
	}
	return final, states
}

// A bar is drawn while a sync runs, fits the terminal, and is gone in the end.
func TestSync_DrawsABarOnATerminal(t *testing.T) {
	a := openAccount(t, 300) // A sync that takes no time draws nothing.
	out := onTerminal(t, a.command("pd.db", "source", "sync"))
	final, states := screen(out)
	want := regexp.MustCompile(`^pd: \d+ new pages, .*$`)
	bars, said := 0, 0
	for _, s := range states {
		if strings.Contains(s, "%") {
			bars++
		}
		if w := ansi.StringWidth(s); w > 80 && !want.MatchString(s) {
			t.Errorf("a line of %d cells on a terminal of 80: %q", w, s)
		}
	}
	if bars == 0 {
		t.Errorf("no bar was drawn: %q", out)
	}
	for _, line := range final {
		switch {
		case want.MatchString(line):
			said++
		case line != "":
			t.Errorf("this stays on the terminal: %q", line)
		}
	}
	if said != 1 {
		t.Errorf("the result is said %d times: %q", said, final)
	}
}

// The same of an import, whose size is known.
func TestImport_DrawsABarOnATerminal(t *testing.T) {
	a := openAccount(t, 1)
	var lines strings.Builder
	for i := range 20_000 {
		fmt.Fprintf(&lines, `{"kind":"triggered","page":"%d","at":"2026-03-11T10:00:00Z","title":"Disk full"}`+"\n", i)
	}
	path := filepath.Join(t.TempDir(), "pages.jsonl")
	if err := os.WriteFile(path, []byte(lines.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	final, states := screen(onTerminal(t, a.command("i.db", "source", "import", "--as", "jsonl", "--source", "gen", path)))
	if got := strings.TrimSpace(strings.Join(final, "\n")); got != "gen: 20000 new pages, 20000 new events" {
		t.Errorf("the terminal ends with %q", got)
	}
	if !strings.Contains(strings.Join(states, "\n"), "%") {
		t.Errorf("no bar was drawn: %q", states)
	}
}
