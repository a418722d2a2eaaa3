package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/charmbracelet/x/ansi"
	"github.com/google/go-cmp/cmp"
)

// A terminal is tmux with one window, in which the command runs in a process
// of its own on a database of the week of testdata.
type terminal struct {
	t    *testing.T
	home string
	args []string // of the command
	env  []string
	runs int // each has a tmux of its own
}

// openTerminal imports a week and a page with a hostile title. It skips the
// test where there is no tmux.
func openTerminal(t *testing.T) *terminal {
	t.Helper()
	if _, err := exec.LookPath("tmux"); err != nil {
		t.Skip("tmux is not installed: the tests of triage in a real terminal need it (apt-get install tmux)")
	}
	tm := &terminal{t: t, home: t.TempDir()}
	now, _ := time.Parse(time.RFC3339, scriptClock)
	db := filepath.Join(tm.home, "week.db")
	week := filepath.Join(tm.home, "pages.jsonl")
	if err := os.WriteFile(week, []byte(terminalWeek()), 0o600); err != nil {
		t.Fatal(err)
	}
	must(t, tm.home, now, "--db", db, "source", "import", "--as", "jsonl", "--source", "gen", week)
	if err := os.WriteFile(filepath.Join(tm.home, "opsreview.yaml"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	tm.args = []string{"--config", filepath.Join(tm.home, "opsreview.yaml"), "--db", db}
	tm.env = []string{
		clockVariable + "=" + scriptClock, "XDG_STATE_HOME=" + filepath.Join(tm.home, "state"), "TERM=screen-256color", "LC_ALL=C.UTF-8",
	}
	t.Cleanup(func() { _ = tm.tmux("kill-server").Run() }) // it may be gone
	return tm
}

// terminalWeek is six pages of three monitors: the newest is 6.
func terminalWeek() string {
	titles := []string{"Disk full", "Disk full", "Disk full", "Queue is long", "Queue is long", `\u001b[2J\u001b]0;owned\u0007警報 👩‍👩‍👧 \u202egnp.exe`}
	var b strings.Builder
	b.WriteString(`{"kind": "responder", "id": "ada", "name": "Ada Thorsen", "email": "ada@example.com", "time_zone": "Europe/Berlin"}` + "\n")
	for i, title := range titles {
		at := time.Date(2026, 3, 9+i, 2, 30, 0, 0, time.UTC)
		for _, e := range []struct {
			after      time.Duration
			kind, more string
		}{
			{0, "triggered", `, "title": "` + title + `", "service": "storage"`},
			{5 * time.Second, "notified", `, "responders": ["ada"], "channel": "phone"`},
			{4 * time.Minute, "acknowledged", `, "by": "ada", "by_kind": "person"`},
			{30 * time.Minute, "resolved", `, "by_kind": "integration"`},
		} {
			fmt.Fprintf(&b, "{\"page\": \"%d\", \"kind\": %q, \"at\": %q%s}\n", i+1, e.kind, at.Add(e.after).Format(time.RFC3339), e.more)
		}
	}
	return b.String()
}

// tmux talks to a server of this test's own.
func (tm *terminal) tmux(args ...string) *exec.Cmd {
	tm.t.Helper()
	ctx, cancel := context.WithTimeout(context.WithoutCancel(tm.t.Context()), time.Minute)
	tm.t.Cleanup(cancel)
	cmd := exec.CommandContext(ctx, "tmux", append([]string{"-S", filepath.Join(tm.home, fmt.Sprintf("tmux%d", tm.runs)), "-f", os.DevNull}, args...)...)
	cmd.Env = append(os.Environ(), "LC_ALL=C.UTF-8")
	return cmd
}

func (tm *terminal) do(args ...string) string {
	tm.t.Helper()
	out, err := tm.tmux(args...).CombinedOutput()
	if err != nil {
		tm.t.Fatalf("tmux %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return string(out)
}

// triage runs page triage in a terminal of that size. The window stays open
// when the command has ended, and shows its exit status.
func (tm *terminal) triage(width, height int, more ...string) {
	tm.t.Helper()
	tm.command(width, height, append([]string{"page", "triage", "--author", "ada"}, more...)...)
}

// command runs a command as triage does.
func (tm *terminal) command(width, height int, words ...string) {
	tm.t.Helper()
	self, err := os.Executable()
	if err != nil {
		tm.t.Fatal(err)
	}
	args := slices.Concat(tm.args, words)
	line := "env"
	for _, v := range append(tm.env, commandVariable+"="+strings.Join(args, commandSeparator)) {
		line += " " + quoted(v)
	}
	line += " " + quoted(self) + "; echo status $?; exec cat"
	_ = tm.tmux("kill-server").Run() // the last run's; it may be gone
	tm.runs++
	tm.do("new-session", "-d", "-x", strconv.Itoa(width), "-y", strconv.Itoa(height), line)
}

func quoted(word string) string { return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'" }

func (tm *terminal) screen() string { return tm.do("capture-pane", "-p", "-J") }

// sees waits until everything wanted is on the screen and the page has been
// read, which keys that answer wait for. It returns the screen.
func (tm *terminal) sees(want ...string) string {
	tm.t.Helper()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	deadline := time.After(time.Minute)
	for {
		screen := tm.screen()
		missing := ""
		for _, w := range want {
			if !strings.Contains(screen, w) {
				missing = w
			}
		}
		if missing == "" && !strings.Contains(screen, "reading the page…") {
			return screen
		}
		select {
		case <-tick.C:
		case <-deadline:
			tm.t.Fatalf("%q did not come to the screen, or the page was not read:\n%s", missing, screen)
		}
	}
}

// press sends keys as a keyboard would: one after another.
func (tm *terminal) press(keys ...string) {
	tm.t.Helper()
	tm.do(append([]string{"send-keys"}, keys...)...)
}

// labels reads through another command which page carries which label.
func (tm *terminal) labels() map[string]string {
	tm.t.Helper()
	now, _ := time.Parse(time.RFC3339, scriptClock)
	var list pageListJSON
	out := must(tm.t, tm.home, now, append(tm.args, "page", "list", "--labelled", "-o", "json")...)
	if err := json.Unmarshal([]byte(out), &list); err != nil {
		tm.t.Fatal(err)
	}
	labels := map[string]string{}
	for _, p := range list.Pages {
		text := p.Label.Author + ": " + p.Label.Verdict + " " + p.Label.Cause
		if len(p.Label.Flags) > 0 || p.Label.Minutes > 0 || p.Label.Note != "" {
			text += fmt.Sprintf(" %v %d %q", p.Label.Flags, p.Label.Minutes, p.Label.Note)
		}
		labels[p.ID] = text
	}
	return labels
}

func (tm *terminal) labelled(want map[string]string) {
	tm.t.Helper()
	if diff := cmp.Diff(want, tm.labels()); diff != "" {
		tm.t.Errorf("labels in the database (-want +got):\n%s", diff)
	}
}

// TestTriage_InATerminal answers, takes back and leaves, at the size of an old
// terminal and of a large one, and reads the database afterwards.
func TestTriage_InATerminal(t *testing.T) {
	for _, size := range [][2]int{{80, 24}, {200, 50}} {
		t.Run(fmt.Sprintf("%dx%d", size[0], size[1]), func(t *testing.T) {
			tm := openTerminal(t)
			tm.triage(size[0], size[1])

			// A hostile title changes neither the screen nor the window's name.
			screen := tm.sees("page 1 of 6", `\u001b[2J\u001b]0;owned\u0007警報`, `\u202egnp.exe`, "0 of 6 labelled", "02:30:05 notified Ada Thorsen (03:30 CET, sleep)", "q leave")
			for i, row := range strings.Split(strings.TrimRight(screen, "\n"), "\n") {
				if w := ansi.StringWidth(row); w > size[0] {
					t.Errorf("row %d is %d cells wide: %s", i, w, row)
				}
			}
			if name := tm.do("display-message", "-p", "#{pane_title}"); strings.Contains(name, "owned") {
				t.Errorf("the page has named the window %q", name)
			}

			tm.press("f")
			tm.sees("page 2 of 6", "Queue is long", "gen/6: not actionable, check_faulty; u takes it back", "1 of 6 labelled")
			tm.press("R", "m", "1", "5", "Enter", "n")
			tm.sees("note (enter keeps it")
			tm.press("s", "l", "o", "w", "Space", "警")
			tm.sees("slow 警")
			tm.press("Enter", "i")
			tm.sees("page 3 of 6", "EARLIER  labels of this monitor: 1× actionable, service_issue", "2 of 6 labelled")
			tm.labelled(map[string]string{
				"gen/6": "ada: not_actionable check_faulty", "gen/5": `ada: actionable service_issue [runbook_missing] 15 "slow 警"`,
			})

			tm.press("s")
			tm.sees("page 3 of 6", "Disk full")
			tm.press("A")
			tm.sees("ALL unlabelled pages of this monitor")
			tm.press("t")
			tm.sees("label 3 pages not actionable, threshold_wrong? y does, esc does not")
			tm.press("y")
			tm.sees("page 6 of 6", "Queue is long", "skipped before", "5 of 6 labelled")
			tm.press("u")
			tm.sees("page 3 of 6", "3 labels undone", "2 of 6 labelled")
			tm.labelled(map[string]string{
				"gen/6": "ada: not_actionable check_faulty", "gen/5": `ada: actionable service_issue [runbook_missing] 15 "slow 警"`,
			})

			tm.press("q")
			tm.sees("2 labels given, 1 page skipped; 2 of 6 pages labelled (33 %); the same command goes on with the other 4", "status 0")
		})
	}
}

// TestTriage_GoesOn leaves in the middle, with q and by being killed, and
// finds that what was answered is kept and that the rest is still to do.
func TestTriage_GoesOn(t *testing.T) {
	tm := openTerminal(t)
	tm.triage(80, 24)
	tm.sees("page 1 of 6", "q leave")
	tm.press("s")
	tm.sees("page 1 of 6", "gen/5")
	tm.press("c")
	tm.sees("page 2 of 6", "gen/4")
	tm.press("q")
	tm.sees("status 0")

	tm.triage(80, 24)
	tm.sees("page 1 of 5", "gen/4", "1 of 6 labelled")
	tm.press("d")
	tm.sees("page 2 of 5", "gen/3", "2 of 6 labelled")
	tm.press("n", "l", "o", "s", "t", "Enter")
	tm.sees("with the answer: note: lost")
	tm.signal(syscall.SIGKILL)
	tm.sees("status 137")

	want := map[string]string{"gen/5": "ada: actionable capacity", "gen/4": "ada: not_actionable duplicate"}
	tm.labelled(want)
	tm.triage(80, 24, "--sort", "time", "--responder", "me")
	tm.sees("page 1 of 4", "gen/1", "2 of 6 labelled")
	tm.press("Right", "Right", "Right")
	tm.sees("page 4 of 4", "gen/6", "skipped before")

	// A suggestion that is accepted says so, as with page label.
	tm.press("Left")
	tm.sees("page 3 of 4", "gen/3", "SUGGESTION  not actionable, self_resolved: rule no_trace")
	tm.press("y")
	tm.sees("page 4 of 4")
	want["gen/3"] = `ada: not_actionable self_resolved [] 0 "accepted the suggestion of no_trace"`

	// What undo takes back is gone from the database too.
	tm.press("o")
	tm.sees("That was the last page.", "2 pages still unlabelled")
	want["gen/6"] = "ada: not_actionable wrong_team"
	tm.labelled(want)
	tm.press("u")
	tm.sees("page 4 of 4", "1 label undone")
	delete(want, "gen/6")
	tm.labelled(want)
}

// signal sends a signal to the command, whatever it is doing.
func (tm *terminal) signal(s syscall.Signal) {
	tm.t.Helper()
	shell, err := strconv.Atoi(strings.TrimSpace(tm.do("display-message", "-p", "#{pane_pid}")))
	if err != nil {
		tm.t.Fatal(err)
	}
	children, err := os.ReadFile(fmt.Sprintf("/proc/%d/task/%d/children", shell, shell))
	if err != nil {
		tm.t.Skipf("the command's process cannot be found on this system: %v", err)
	}
	pid, err := strconv.Atoi(strings.TrimSpace(string(children)))
	if err != nil {
		tm.t.Fatalf("the shell has the children %q", children)
	}
	if err := syscall.Kill(pid, s); err != nil {
		tm.t.Fatal(err)
	}
}

// TestTriage_EndsTidily ends the command by a key and by a signal, and finds the
// terminal as it was: the ordinary screen, and letters that are seen when typed.
func TestTriage_EndsTidily(t *testing.T) {
	tests := map[string]struct {
		end  func(*terminal)
		want []string
	}{
		"ctrl+c leaves": {func(tm *terminal) { tm.press("C-c") }, []string{"0 labels given", "status 0"}},
		"SIGTERM says that what is saved stays": {
			func(tm *terminal) { tm.signal(syscall.SIGTERM) }, []string{"opsreview: interrupted; what was saved stays saved", "status 1"},
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			tm := openTerminal(t)
			tm.triage(80, 24)
			tm.sees("page 1 of 6", "q leave")
			tt.end(tm)
			tm.sees(tt.want...)
			if on := strings.TrimSpace(tm.do("display-message", "-p", "#{alternate_on}")); on != "0" {
				t.Error("the terminal is left on its other screen")
			}
			tm.press("t", "y", "p", "e", "d")
			tm.sees("typed")
		})
	}
}

// TestTriage_Resizes draws the same page at other sizes while it is open.
func TestTriage_Resizes(t *testing.T) {
	tm := openTerminal(t)
	tm.triage(100, 30)
	tm.sees("page 1 of 6", "q leave")
	tm.do("resize-window", "-x", "50", "-y", "12")
	tm.sees("50×12 is too small", "q leaves")
	tm.press("d") // must not be an answer
	tm.do("resize-window", "-x", "80", "-y", "24")
	screen := tm.sees("page 1 of 6", "0 of 6 labelled", "q leave")
	if !regexp.MustCompile(`(?m)^2 not actionable +r self_resolved`).MatchString(screen) {
		t.Errorf("the keys are not on the screen:\n%s", screen)
	}
	tm.labelled(map[string]string{})
}

// TestTriage_WithoutColour draws without any where NO_COLOR asks for none.
func TestTriage_WithoutColour(t *testing.T) {
	tm := openTerminal(t)
	tm.env = append(tm.env, "NO_COLOR=1")
	tm.triage(80, 24)
	tm.sees("page 1 of 6", "q leave")
	if screen := tm.do("capture-pane", "-p", "-e"); strings.Contains(screen, "\x1b[") {
		t.Errorf("there are colours:\n%q", screen)
	}
}
