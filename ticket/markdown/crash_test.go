package markdown_test

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"

	"opsreview"
	"opsreview/ticket"
)

// crashDir names the folder in which a program of its own files and edits
// tickets until it is killed.
const crashDir = "OPSREVIEW_TEST_CRASH_DIR"

func TestMain(m *testing.M) {
	if dir := os.Getenv(crashDir); dir != "" {
		fileForever(dir)
	}
	os.Exit(m.Run())
}

func fileForever(dir string) {
	tracker, err := newTracker(dir)
	body := ticket.Body{{Code: strings.Repeat("evidence\n", 20_000)}}
	for n := 0; err == nil; n++ {
		d := draft(fmt.Sprintf("number %d", n))
		d.Attempt, d.Body = fmt.Sprint(n), body
		var ref ticket.Ref
		if ref, err = tracker.Create(context.Background(), d); err == nil {
			err = tracker.Note(context.Background(), ref.ID, "seen", body)
		}
		fmt.Println(ref.ID)
	}
	fmt.Fprintln(os.Stderr, err)
	os.Exit(1)
}

// A program that is killed leaves whole tickets only, and all of those that it
// has told of.
func TestFiles_AreWholeWhereAProgramWasKilled(t *testing.T) {
	dir := t.TempDir()
	var told []string
	for run := range 6 {
		cmd := exec.CommandContext(t.Context(), os.Args[0])
		cmd.Env = append(os.Environ(), crashDir+"="+dir)
		out, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatalf("starting a program: %v", err)
		}
		lines := bufio.NewScanner(out)
		for range run {
			if lines.Scan() {
				told = append(told, lines.Text())
			}
		}
		if err := cmd.Process.Kill(); err != nil {
			t.Fatalf("killing it: %v", err)
		}
		_ = cmd.Wait() // it was killed
	}
	tracker := open(t, dir)
	snaps, err := tracker.Get(t.Context(), told)
	if err != nil || len(snaps) != len(told) {
		t.Fatalf("%d of %d tickets are there: %v", len(snaps), len(told), err)
	}
	for _, s := range snaps {
		if s.Missing || s.Stands != opsreview.TicketTodo {
			t.Errorf("%s was filed and is not whole: %+v", s.ID, s)
		}
	}
	for _, c := range tracker.Check(t.Context()) {
		if !c.OK {
			t.Errorf("%s: %s", c.Subject, c.Detail)
		}
	}
	for _, name := range listFiles(t, dir) {
		text := readFile(t, dir, name)
		if !strings.HasPrefix(name, ".") && (strings.Count(text, "evidence") < 20_000 || !strings.HasSuffix(text, "```\n") && !strings.HasSuffix(text, "-->\n")) {
			t.Errorf("%s is cut off: %d bytes", name, len(text))
		}
	}
}
