package cli

import (
	"bufio"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"opsreview/config"
	"opsreview/server"
)

// serve starts opsreview serve in a process of its own and returns its address
// and how to end it with a signal, which returns the rest of what it said and
// its exit status. The lines of config are its configuration.
func serve(t *testing.T, db string, config ...string) (addr string, end func(os.Signal) (string, int)) {
	t.Helper()
	a := &account{t: t, home: filepath.Dir(db)}
	if err := os.WriteFile(filepath.Join(a.home, "opsreview.yaml"), []byte(strings.Join(config, "\n")), 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := a.command(filepath.Base(db), "serve", "--listen", "127.0.0.1:0")
	stderr, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(stderr)
	for lines.Scan() {
		if _, after, ok := strings.Cut(lines.Text(), " on 127.0.0.1:"); ok {
			addr = "127.0.0.1:" + after
			break
		}
	}
	if addr == "" {
		_ = cmd.Wait()
		t.Fatalf("serve did not say where it answers: %v", cmd.ProcessState)
	}
	return addr, func(s os.Signal) (string, int) {
		if err := cmd.Process.Signal(s); err != nil {
			t.Error(err)
		}
		var rest []string
		for lines.Scan() {
			rest = append(rest, lines.Text())
		}
		_ = cmd.Wait() // the exit status says it
		return strings.Join(rest, "\n"), cmd.ProcessState.ExitCode()
	}
}

// TestServe asks a server what a database file has been asked before, and
// requires the same answers.
func TestServe(t *testing.T) {
	home, now := t.TempDir(), time.Date(2026, 3, 16, 9, 0, 0, 0, time.UTC)
	db := filepath.Join(home, "served.db")
	must(t, home, now, "--db", db, "source", "import", "--as", "jsonl", "--source", "gen", filepath.Join("testdata", "week.jsonl"))
	const window = "--week=2026-W11"
	commands := [][]string{
		{"review", "show", window},
		{"review", "show", window, "-o", "json"},
		{"page", "list", window, "-o", "csv"},
		{"page", "show", "gen/102"},
		{"load", "show", window},
		{"monitor", "list", window},
		{"team", "people"},
		{"source", "list"},
		{"page", "causes"},
	}
	var want []string
	for _, c := range commands {
		want = append(want, must(t, home, now, append([]string{"--db", db}, c...)...))
	}

	addr, end := serve(t, db)
	for i, c := range commands {
		if got := must(t, home, now, append([]string{"--server", addr}, c...)...); got != want[i] {
			t.Errorf("opsreview %s differs when a server answers:\n%s", strings.Join(c, " "), firstDifference(want[i], got))
		}
	}
	// What a server cannot do comes back as what it is.
	if r := run(t, home, now, "--server", addr, "page", "show", "gen/999"); r.status != exitNotFound {
		t.Errorf("a page that is not there: exit status %d: %s", r.status, r.stderr)
	}
	// Facts go through a server too, and a backup comes out of it.
	must(t, home, now, "--server", addr, "page", "label", "gen/101", "--cause", "service_issue", "--author", "ada")
	copied := filepath.Join(home, "copy.db")
	must(t, home, now, "--server", addr, "db", "backup", copied)
	if out := must(t, home, now, "--db", copied, "page", "list", window, "-o", "csv"); !strings.Contains(out, "service_issue") {
		t.Errorf("the backup does not hold the label:\n%s", out)
	}

	rest, status := end(os.Interrupt)
	if status != exitOK || !strings.HasSuffix(rest, "opsreview: stopped") {
		t.Errorf("after SIGINT: exit status %d, %q", status, rest)
	}
	if r := run(t, home, now, "--server", addr, "page", "list"); r.status != exitUnavailable || !strings.Contains(r.stderr, addr) {
		t.Errorf("a server that is gone: exit status %d: %s", r.status, r.stderr)
	}
}

func TestServe_EndsOnSIGTERM(t *testing.T) {
	_, end := serve(t, filepath.Join(t.TempDir(), "served.db"))
	if rest, status := end(syscall.SIGTERM); status != exitOK || !strings.HasSuffix(rest, "opsreview: stopped") {
		t.Errorf("exit status %d, %q", status, rest)
	}
}

func TestServe_TellsWarnings(t *testing.T) {
	var log strings.Builder
	opts := server.Options{Log: slog.New(slog.NewTextHandler(&log, nil))}
	if err := logWarnings(config.Config{Warnings: []string{"slo/a.yaml:3: nobody counts it"}}, &opts); err != nil {
		t.Fatal(err)
	}
	if got := log.String(); !strings.Contains(got, "level=WARN") || !strings.Contains(got, "slo/a.yaml:3: nobody counts it") {
		t.Errorf("the operator is told %q, want the warning", got)
	}
}

func TestServe_AddressInUse(t *testing.T) {
	addr, end := serve(t, filepath.Join(t.TempDir(), "served.db"))
	home := t.TempDir()
	r := run(t, home, time.Now(), "--db", filepath.Join(home, "other.db"), "serve", "--listen", addr)
	if r.status != exitUnavailable || !strings.Contains(r.stderr, "cannot listen on "+addr) {
		t.Errorf("exit status %d: %s", r.status, r.stderr)
	}
	end(os.Interrupt)
}
