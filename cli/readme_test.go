package cli

import (
	"os"
	"slices"
	"strings"
	"testing"
)

// The README shows what the demo prints: each of its lines stands in the golden
// output, in the same order.
func TestReadmeShowsTheDemo(t *testing.T) {
	readme, err := os.ReadFile("../README.md")
	if err != nil {
		t.Fatal(err)
	}
	golden, err := os.ReadFile("testdata/demo.txt")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, found := strings.Cut(string(readme), "$ make demo\noperational review")
	shown, _, closed := strings.Cut("operational review"+rest, "\n```")
	if !found || !closed {
		t.Fatal("the README has no transcript of make demo")
	}
	lines := strings.Split(string(golden), "\n")
	n := 0
	for line := range strings.SplitSeq(shown, "\n") {
		if strings.TrimSpace(line) == "…" || line == "" {
			continue
		}
		i := slices.Index(lines, line)
		if i < 0 {
			t.Fatalf("the demo does not print, in this place:\n%s", line)
		}
		lines = lines[i+1:]
		n++
	}
	if n < 20 {
		t.Errorf("the README shows %d lines of the demo, want at least 20", n)
	}
	if n := strings.Count(string(readme), "\n"); n > 150 {
		t.Errorf("the README has %d lines, want at most 150", n)
	}
}
