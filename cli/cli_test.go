package cli

import (
	"bytes"
	"cmp"
	"context"
	"encoding/binary"
	"flag"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
	_ "time/tzdata" // as in the program

	"github.com/rogpeppe/go-internal/testscript"

	"opsreview/ingest/pagerduty"
	"opsreview/internal/rest"
)

var update = flag.Bool("update", false, "rewrite the expected outputs")

// Variables that only this test binary knows: the time at which the command
// believes to run, whether that goes on, and whether waiting for a vendor takes
// no time.
const (
	clockVariable    = "OPSREVIEW_TEST_NOW"
	runningVariable  = "OPSREVIEW_TEST_RUNNING"
	impatienceEnv    = "OPSREVIEW_TEST_IMPATIENT"
	scriptClock      = "2026-03-16T09:00:00Z" // a Monday: the last complete week is 2026-W11
	commandVariable  = "OPSREVIEW_TEST_COMMAND"
	commandSeparator = "\x1f"
)

func TestMain(m *testing.M) {
	if args := os.Getenv(commandVariable); args != "" {
		os.Exit(testApp(os.Stdin, os.Stdout, os.Stderr).run(strings.Split(args, commandSeparator)))
	}
	testscript.Main(m, map[string]func(){
		"opsreview": func() { os.Exit(testApp(os.Stdin, os.Stdout, os.Stderr).run(os.Args[1:])) },
	})
}

// testApp is the program as Main makes it, but for the clock and the patience.
func testApp(stdin, stdout, stderr *os.File) *app {
	a := &app{stdin: stdin, stdout: stdout, stderr: stderr, env: os.Getenv, now: time.Now}
	if text := os.Getenv(clockVariable); text != "" {
		now, err := time.Parse(time.RFC3339, text)
		if err != nil {
			panic(err)
		}
		began := time.Now()
		a.now = func() time.Time { return now }
		if os.Getenv(runningVariable) != "" {
			a.now = func() time.Time { return now.Add(time.Since(began)) }
		}
	}
	if os.Getenv(impatienceEnv) != "" {
		a.vendors.pagerduty = []pagerduty.Option{
			pagerduty.WithClock(rest.Clock{Now: a.now, Sleep: func(ctx context.Context, _ time.Duration) error { return ctx.Err() }}),
		}
	}
	return a
}

// longScripts are stories of very many commands. Under the race detector a
// command takes ten times as long to start, and what these ask of the server is
// tested with it there.
var longScripts = []string{"anomaly", "budget", "incident", "label", "lint", "meeting", "page", "policy", "ticket", "toil", "token"}

// scripts lists the stories of testdata/script.
func scripts(t *testing.T) []string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join("testdata", "script", "*.txtar"))
	if err != nil || len(files) <= len(longScripts) {
		t.Fatalf("%d scripts: %v", len(files), err)
	}
	if !underRace() {
		return files
	}
	return slices.DeleteFunc(files, func(file string) bool {
		return slices.Contains(longScripts, strings.TrimSuffix(filepath.Base(file), ".txtar"))
	})
}

// TestScripts runs the stories of testdata/script, each with an empty home and
// the files week.jsonl and opsreview.yaml.
func TestScripts(t *testing.T) {
	files := scripts(t)
	testscript.Run(t, testscript.Params{
		Files:               files,
		UpdateScripts:       *update,
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		Setup: func(env *testscript.Env) error {
			env.Setenv("XDG_DATA_HOME", filepath.Join(env.WorkDir, "data"))
			env.Setenv("XDG_CONFIG_HOME", filepath.Join(env.WorkDir, "config"))
			env.Setenv(clockVariable, scriptClock)
			env.Setenv(impatienceEnv, "1")
			for _, name := range []string{"week.jsonl", "opsreview.yaml"} {
				data, err := os.ReadFile(filepath.Join("testdata", name))
				if err != nil {
					return err
				}
				if err := os.WriteFile(filepath.Join(env.WorkDir, name), data, 0o600); err != nil {
					return err
				}
			}
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"status":   exitStatus,
			"upgraded": upgraded,
			"damage":   damage,
			"monitor":  monitorID,

			"correction": correctionID,
		},
	})
}

// exitStatus runs a command that must end with a given exit status: "status 3
// opsreview page show x".
func exitStatus(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: status N program [args...]")
	}
	err := ts.Exec(args[1], args[2:]...)
	got := 0
	if exit, ok := err.(interface{ ExitCode() int }); ok {
		got = exit.ExitCode()
	} else if err != nil {
		ts.Fatalf("%v", err)
	}
	if want := args[0]; want != string(rune('0'+got)) {
		ts.Fatalf("exit status %d, want %s", got, want)
	}
}

// upgraded makes a database look as if a later version of the program had
// written it: the schema's number is at byte 60 of SQLite's header.
func upgraded(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: upgraded FILE")
	}
	data, err := os.ReadFile(ts.MkAbs(args[0]))
	ts.Check(err)
	binary.BigEndian.PutUint32(data[60:], 99)
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), data, 0o600))
}

// damage replaces a text in a database by another of the same length, as a
// broken disk might: "damage copy.db high nigh".
func damage(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 3 || len(args[1]) != len(args[2]) {
		ts.Fatalf("usage: damage FILE OLD NEW")
	}
	data, err := os.ReadFile(ts.MkAbs(args[0]))
	ts.Check(err)
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), bytes.ReplaceAll(data, []byte(args[1]), []byte(args[2])), 0o600))
}

// monitorID sets a variable to the ID of the monitor with a title:
// "monitor DISK 'Disk full'".
func monitorID(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: monitor VARIABLE TITLE")
	}
	ts.Check(ts.Exec("opsreview", "monitor", "list", "-o", "csv"))
	for line := range strings.Lines(ts.ReadFile("stdout")) {
		if cells := strings.Split(line, ","); len(cells) > 1 && cells[1] == args[1] {
			ts.Setenv(args[0], cells[0])
			return
		}
	}
	ts.Fatalf("no monitor has the title %q", args[1])
}

// correctionID sets a variable to the ID of the newest correction:
// "correction ID".
func correctionID(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: correction VARIABLE")
	}
	ts.Check(ts.Exec("opsreview", "budget", "corrections", "-o", "csv"))
	lines := strings.Split(ts.ReadFile("stdout"), "\n")
	if len(lines) < 2 {
		ts.Fatalf("there are no corrections")
	}
	id, _, _ := strings.Cut(lines[1], ",")
	ts.Setenv(args[0], id)
}

// A result is what one run of the command left behind.
type result struct {
	status         int
	stdout, stderr string
}

// run runs the command in this process, with an empty home and a clock.
func run(t testing.TB, home string, now time.Time, args ...string) result {
	t.Helper()
	return runWith(t, &app{}, home, now, "", args...)
}

func runWith(t testing.TB, a *app, home string, now time.Time, stdin string, args ...string) result {
	t.Helper()
	var stdout, stderr bytes.Buffer
	a.stdin, a.stdout, a.stderr = strings.NewReader(stdin), &stdout, &stderr
	a.now = func() time.Time { return now }
	a.env = func(name string) string {
		return map[string]string{
			"HOME": home, "XDG_DATA_HOME": filepath.Join(home, "data"), "XDG_CONFIG_HOME": filepath.Join(home, "config"),
		}[name]
	}
	status := a.run(args)
	return result{status: status, stdout: stdout.String(), stderr: stderr.String()}
}

// must is run of a command that has to succeed.
func must(t testing.TB, home string, now time.Time, args ...string) string {
	t.Helper()
	r := run(t, home, now, args...)
	if r.status != exitOK {
		t.Fatalf("opsreview %s: exit status %d\n%s%s", strings.Join(args, " "), r.status, r.stdout, r.stderr)
	}
	return r.stdout
}

// golden compares got with a file of testdata, which -update rewrites.
func golden(t testing.TB, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o600); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatalf("%v: run go test ./cli -update", err)
	}
	if string(want) != got {
		t.Errorf("the output differs from %s: run go test ./cli -update and read the diff\n%s", path, firstDifference(string(want), got))
	}
}

// firstDifference shows the first line that differs.
func firstDifference(want, got string) string {
	w, g := strings.Split(want, "\n"), strings.Split(got, "\n")
	for i := range max(len(w), len(g)) {
		var a, b string
		if i < len(w) {
			a = w[i]
		}
		if i < len(g) {
			b = g[i]
		}
		if a != b {
			return "-" + cmp.Or(a, "(nothing)") + "\n+" + cmp.Or(b, "(nothing)")
		}
	}
	return ""
}
