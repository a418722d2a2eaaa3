package cli

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"opsreview/examples"
	"opsreview/ticket/jira/jirafake"
)

// Filing is killed so often in all, and about so often in one database before it
// may come to its end there.
const (
	allKills    = 100
	killsAWorld = 10
)

// A killWorld is a database and a Jira over HTTP, in which processes that file
// are killed. The Jira is in this process, and outlives them.
type killWorld struct {
	*jirafake.Server

	t         testing.TB
	rng       *rand.Rand
	dir       string
	elsewhere *jirafake.Server // a host that nobody may show the token to
	away      string           // where that is

	mu      sync.Mutex
	base    time.Time // when the run that goes on began, by its own clock
	began   time.Time // and by the machine's
	process *os.Process
	left    int // requests until it is killed; none for never
	when    int // before anything has happened, after everything has, or so many turns of a loop later
	killed  bool

	people map[string]jirafake.Issue // what people made of issues, by id
}

const killBefore, killAfter = 0, 1

func openKillWorld(t testing.TB, demo []byte, seed uint64) *killWorld {
	t.Helper()
	personality := []jirafake.Personality{jirafake.Cloud, jirafake.DataCenter}[seed%2]
	w := &killWorld{
		Server: jirafake.New(personality), elsewhere: jirafake.New(personality), t: t, dir: t.TempDir(),
		rng: rand.New(rand.NewPCG(seed, 17)), base: examples.Now, people: map[string]jirafake.Issue{},
	}
	w.Now = w.now
	w.Before = func(*http.Request) { w.hook(true) }
	w.After = func(*http.Request) { w.hook(false) }
	w.SetLag(300 * time.Millisecond)
	site, other := httptest.NewServer(w.Server), httptest.NewServer(w.elsewhere)
	t.Cleanup(site.Close)
	t.Cleanup(other.Close)
	w.write("demo.db", demo)
	w.write("token", []byte("hush-hush"))
	data, err := examples.FS.ReadFile("opsreview.yaml")
	if err != nil {
		t.Fatal(err)
	}
	org, _, _ := strings.Cut(string(data), "\n# What the objectives counted")
	account := map[jirafake.Personality]string{jirafake.Cloud: "email: bot@example.com"}[personality]
	w.write("opsreview.yaml", fmt.Appendf(nil, `%s
tracker: {type: jira, base_url: %q, project: OPS, token_file: token, pause: 0s, settle: 1s, note_every: 1m, max_new: 100, %s}
`, org, site.URL, account))
	w.away = other.URL
	return w
}

func (w *killWorld) write(name string, data []byte) {
	w.t.Helper()
	if err := os.WriteFile(filepath.Join(w.dir, name), data, 0o600); err != nil {
		w.t.Fatal(err)
	}
}

// now is the clock of the run that goes on.
func (w *killWorld) now() time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.base.Add(time.Since(w.began))
}

// hook kills the process if its time has come. A request during which it dies
// gets no answer.
func (w *killWorld) hook(before bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.killed {
		return
	}
	if before {
		w.left--
	}
	if w.left != 0 || before != (w.when == killBefore) {
		return
	}
	w.killed = true
	if w.when > killAfter {
		go func(turns int, p *os.Process) {
			for range turns { // No sleep, but the kill should not always meet the same statement.
				runtime.Gosched()
			}
			_ = p.Kill() // one that has ended already was not killed
		}(w.when, w.process)
		return
	}
	_ = w.process.Kill()
	panic(http.ErrAbortHandler)
}

// file runs the command in a process of its own, some while after the run
// before, and kills it during one of its requests; with 0 it lets it end. It
// reports whether the process was killed, and what it printed.
func (w *killWorld) file(from string, kill int) (killed bool, out string, err error) {
	w.t.Helper()
	w.mu.Lock()
	// A lease that the dead have left behind lasts for ten minutes.
	w.base = w.base.Add(11*time.Minute + time.Duration(w.rng.IntN(300))*time.Second)
	w.left, w.killed, w.when = kill, kill == 0, []int{killBefore, killAfter, 2 + w.rng.IntN(100_000)}[w.rng.IntN(3)]
	base := w.base
	w.mu.Unlock()
	args := []string{"ticket", "file", "--confirm", "--db", "demo.db", "--config", "opsreview.yaml", "--team", demoTeam, "--from", from, "--to", demoTo}
	cmd := exec.CommandContext(w.t.Context(), os.Args[0])
	cmd.Dir = w.dir
	cmd.Env = append(os.Environ(),
		commandVariable+"="+strings.Join(args, commandSeparator), clockVariable+"="+base.Format(time.RFC3339), runningVariable+"=1",
		"HOME="+w.dir, "XDG_DATA_HOME="+w.dir, "XDG_CONFIG_HOME="+w.dir, "OPSREVIEW_CONFIG=")
	var said bytes.Buffer
	cmd.Stdout, cmd.Stderr = &said, &said
	w.mu.Lock()
	w.began = time.Now()
	err = cmd.Start()
	w.process = cmd.Process
	w.mu.Unlock()
	if err != nil {
		w.t.Fatal(err)
	}
	err = cmd.Wait()
	return cmd.ProcessState.ExitCode() < 0, said.String(), err
}

// disturb does what people and networks do between two runs.
func (w *killWorld) disturb() {
	if issues := w.Issues(); len(issues) > 0 {
		id := issues[w.rng.IntN(len(issues))].Remote()
		switch w.rng.IntN(4) {
		case 0:
			w.Close(id, "Done")
		case 1, 2:
			w.Edit(id, func(i *jirafake.Issue) {
				i.Summary, i.Description, i.Status, i.Assignee = "ours: "+id, "We know better.", jirafake.Doing, "ada"
				i.Resolution, i.Resolved = "", time.Time{}
				i.Labels = append(i.Labels, "ours")
			})
		}
		w.people[id] = w.Issue(id)
	}
	switch w.rng.IntN(5) {
	case 0:
		w.Inject(jirafake.Fault{Kind: jirafake.Redirect, To: w.away, Skip: w.rng.IntN(8)})
	case 1:
		w.Inject(jirafake.Fault{Method: http.MethodPost, Path: "/rest/api/2/issue", Kind: jirafake.LoseAnswer, Skip: w.rng.IntN(3)})
	}
}

// The windows of the reviews that are filed, by their first day. The second
// finds nothing that the first does not, and notes on what that has filed.
var killWindows = []string{demoFrom, "2026-10-20"}

// settle files until nothing is left to do, and returns what is left wrong.
func (w *killWorld) settle() []string {
	w.t.Helper()
	var last string
	for range 12 { // a fault may still be waiting for a request
		var quiet int
		for _, from := range killWindows {
			_, out, err := w.file(from, 0)
			if last = out; err == nil && !strings.Contains(out, "uncertain") && !strings.Contains(out, " created ") {
				quiet++
			}
		}
		if quiet == len(killWindows) {
			return w.violations()
		}
	}
	return []string{"the filing does not come to rest:\n" + last}
}

// violations tells what must never happen and did.
func (w *killWorld) violations() []string {
	var problems []string
	tickets := map[string][]string{} // keys by fingerprint's label
	for _, i := range w.Issues() {
		for _, label := range i.Labels {
			if strings.HasPrefix(label, "opsreview-") {
				tickets[label] = append(tickets[label], i.Key())
			}
		}
		if n := len(i.Comments); n > 1 {
			problems = append(problems, fmt.Sprintf("%s has %d notes of ours", i.Key(), n))
		}
		was, edited := w.people[i.Remote()]
		switch {
		case !edited && i.Status != jirafake.Todo:
			problems = append(problems, i.Key()+" was moved, and not by people")
		case edited && (i.Summary != was.Summary || i.Description != was.Description || i.Status != was.Status ||
			i.Assignee != was.Assignee || i.Resolution != was.Resolution || !slices.Equal(i.Labels, was.Labels)):
			problems = append(problems, fmt.Sprintf("what people made of %s is overwritten:\nwas %+v\nis  %+v", i.Key(), was, i))
		}
	}
	for label, keys := range tickets {
		if len(keys) != 1 {
			problems = append(problems, fmt.Sprintf("%s has the tickets %v", label, keys))
		}
	}
	problems = append(problems, w.ledger(tickets)...)
	if got := w.elsewhere.Requests(); len(got) != 0 {
		problems = append(problems, fmt.Sprintf("another host was asked %d times", len(got)))
	}
	return problems
}

// ledger compares the ledger with what Jira has.
func (w *killWorld) ledger(tickets map[string][]string) []string {
	var problems []string
	list := func(args ...string) []byte {
		return []byte(must(w.t, w.dir, w.now(), append(args, "--db", filepath.Join(w.dir, "demo.db"), "--config", filepath.Join(w.dir, "opsreview.yaml"), "-o", "json")...))
	}
	var ledger ticketListJSON
	if err := json.Unmarshal(list("ticket", "list"), &ledger); err != nil {
		w.t.Fatal(err)
	}
	for _, row := range ledger.Tickets {
		label := "opsreview-" + row.Fingerprint
		if row.State != "filed" || row.Generation != 1 || !slices.Equal(tickets[label], []string{row.Key}) {
			problems = append(problems, fmt.Sprintf("the ledger has %s as %q, %s, generation %d, and Jira has %v", row.Fingerprint, row.Key, row.State, row.Generation, tickets[label]))
		}
		delete(tickets, label)
	}
	if len(tickets) > 0 {
		problems = append(problems, fmt.Sprintf("the ledger does not have %v", slices.Collect(maps.Keys(tickets))))
	}
	var findings findingListJSON
	if err := json.Unmarshal(list("finding", "list", "--team", demoTeam, "--from", demoFrom, "--to", demoTo), &findings); err != nil {
		w.t.Fatal(err)
	}
	if n := len(findings.Findings); n < 5 || n > len(ledger.Tickets) {
		problems = append(problems, fmt.Sprintf("the review has %d findings, and the ledger %d tickets", n, len(ledger.Tickets)))
	}
	return problems
}

// TestTicketFile_Killed kills the real command with SIGKILL at random points of
// its filing, again and again: before Jira hears of a request, when it has done
// what was asked and not yet answered, and at any moment after. What is left in
// the end is one ticket of each finding, with people's edits as they were.
func TestTicketFile_Killed(t *testing.T) {
	wanted := allKills // fewer where there is little time
	if testing.Short() || underRace() {
		wanted = 4
	}
	home := t.TempDir()
	must(t, home, time.Now(), "demo", "--keep", filepath.Join(home, "demo.db"), "-o", "json")
	demo, err := os.ReadFile(filepath.Join(home, "demo.db"))
	if err != nil {
		t.Fatal(err)
	}
	kills, cut, notes := 0, 0, 0
	for seed := uint64(0); kills < wanted; seed++ {
		if seed > uint64(wanted) {
			t.Fatalf("only %d of %d processes could be killed", kills, seed*killsAWorld)
		}
		w := openKillWorld(t, demo, seed)
		for range killsAWorld {
			if killed, _, _ := w.file(killWindows[w.rng.IntN(2)], 1+w.rng.IntN(9)); killed {
				kills++
			}
			w.disturb()
		}
		if problems := w.settle(); len(problems) > 0 {
			t.Fatalf("world %d:\n%s", seed, strings.Join(problems, "\n"))
		}
		for _, i := range w.Issues() {
			notes += len(i.Comments)
		}
		cut += w.cutOff()
	}
	if wanted == allKills && (notes == 0 || cut == 0) {
		t.Errorf("the kills were too kind: %d notes, and %d tickets whose filing was cut off", notes, cut)
	}
	t.Logf("%d processes killed, %d of them while they filed a ticket; %d notes", kills, cut, notes)
}

// underRace reports whether the race detector is on, with which a process takes
// ten times as long to start.
func underRace() bool {
	info, ok := debug.ReadBuildInfo()
	return ok && slices.Contains(info.Settings, debug.BuildSetting{Key: "-race", Value: "true"})
}

// cutOff counts the filings of tickets that nobody knows the end of.
func (w *killWorld) cutOff() int {
	var effects []ticketEffectJSON
	out := must(w.t, w.dir, w.now(), "ticket", "log", "--limit", "1000", "-o", "json", "--db", filepath.Join(w.dir, "demo.db"), "--config", filepath.Join(w.dir, "opsreview.yaml"))
	if err := json.Unmarshal([]byte(out), &effects); err != nil {
		w.t.Fatal(err)
	}
	n := 0
	for _, e := range effects {
		if e.Action == "create" && e.Outcome == "cut_off" {
			n++
		}
	}
	return n
}
