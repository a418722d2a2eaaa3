package store_test

import (
	"bufio"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"

	"opsreview"
	"opsreview/store"
)

const crashEnv = "OPSREVIEW_CRASH_DB"

// TestCrashWriter is no test: it is the process that TestCrash kills. It saves
// batches of 20 pages for ever and says how far it has come.
func TestCrashWriter(t *testing.T) {
	path := os.Getenv(crashEnv)
	if path == "" {
		t.Skip("TestCrash runs this in a process of its own")
	}
	db := openAt(t, path, store.Options{Monitors: opsreview.DefaultMonitorRules()})
	h, err := db.Source(t.Context(), "pd")
	if err != nil {
		t.Fatal(err)
	}
	n, _ := strconv.Atoi(h.Cursor) // The empty cursor is 0.
	for {
		b := history("pd", n, n+20)
		n += 20
		b.Cursor = strconv.Itoa(n)
		b.Segments = minuteSegments("a", n-20, n)
		fmt.Printf("saving %d\n", n)
		save(t, db, "pd", b)
		fmt.Printf("saved %d\n", n)
	}
}

// TestCrash kills a writer with SIGKILL again and again, in the middle of a
// batch too, and finds cursor and facts in agreement each time: what was
// reported as saved is there, and nothing is there in part.
func TestCrash(t *testing.T) {
	path := dbPath(t)
	rnd := rand.New(rand.NewPCG(3, 3))
	rounds := 8
	if raceEnabled {
		rounds = 3
	}
	for range rounds {
		saved := crashOnce(t, path, 1+rnd.IntN(12), rnd.IntN(200_000))
		db, err := store.Open(t.Context(), path, store.Options{Monitors: opsreview.DefaultMonitorRules()})
		if err != nil {
			t.Fatal(err)
		}
		wantSound(t, db)
		h, err := db.Source(t.Context(), "pd")
		if err != nil {
			t.Fatal(err)
		}
		if cursor, _ := strconv.Atoi(h.Cursor); cursor != h.Pages || h.Events != 8*h.Pages || h.Segments != h.Pages || cursor < saved {
			t.Fatalf("%d pages were reported as saved; the cursor is %q with %d pages, %d events and %d segments", saved, h.Cursor, h.Pages, h.Events, h.Segments)
		}
		if err := db.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

// crashOnce runs a writer and kills it while it saves its nth batch, after a
// number of turns of a loop, and returns what it last reported as saved.
func crashOnce(t *testing.T, path string, n, turns int) (saved int) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestCrashWriter$", "-test.v")
	cmd.Env = append(os.Environ(), crashEnv+"="+path)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = cmd.Wait() }() // It was killed, so it failed.
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		word, number, _ := strings.Cut(lines.Text(), " ")
		switch word {
		case "saved":
			saved, _ = strconv.Atoi(number)
		case "saving":
			if n--; n > 0 {
				continue
			}
			x := turns
			for i := range turns * 20 { // No sleep, but the kill should not always meet the same statement.
				x = x*31 + i
			}
			if err := cmd.Process.Kill(); err != nil {
				t.Fatalf("kill %d: %v", x, err)
			}
			rest, _ := io.ReadAll(out)
			_ = rest // What it says after the kill was sent is not counted.
			return saved
		}
	}
	t.Fatal("the writer ended by itself")
	return 0
}
