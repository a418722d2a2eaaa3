package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"opsreview"
	"opsreview/ingest/pagerduty/pdfake"
	"opsreview/store"
)

// syncNow is the time of every sync of these tests: a Monday.
var syncNow = time.Date(2026, 3, 16, 9, 0, 0, 0, time.UTC)

// An account is a fake PagerDuty and the home of somebody who syncs it.
type account struct {
	t     *testing.T
	world *pdfake.World
	fake  *pdfake.Server
	home  string

	mu       sync.Mutex
	requests int
	strike   func(n int, w http.ResponseWriter, r *http.Request) bool // reports whether it answered; nil for nothing
	child    *exec.Cmd
}

func openAccount(t *testing.T, incidents int) *account {
	t.Helper()
	a := &account{t: t, home: t.TempDir()}
	a.world = pdfake.Build(pdfake.Spec{Seed: 7, Incidents: incidents, Start: syncNow.AddDate(0, 0, -12), End: syncNow.Add(-time.Hour)})
	a.fake = &pdfake.Server{World: a.world, Now: func() time.Time { return syncNow }, Token: "t0ken", Shuffle: true}
	server := httptest.NewServer(a)
	t.Cleanup(server.Close)
	config := fmt.Sprintf("sources:\n  - {name: pd, type: pagerduty, token_env: PD_TOKEN, base_url: %q, backfill: 14d}\n", server.URL)
	if err := os.WriteFile(filepath.Join(a.home, "opsreview.yaml"), []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	return a
}

// ServeHTTP implements http.Handler.
func (a *account) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	a.mu.Lock()
	a.requests++
	n, strike := a.requests, a.strike
	a.mu.Unlock()
	if strike != nil && strike(n, w, r) {
		return
	}
	a.fake.ServeHTTP(w, r)
}

// command is opsreview in a process of its own, with files of this home.
func (a *account) command(db string, args ...string) *exec.Cmd {
	a.t.Helper()
	self, err := os.Executable()
	if err != nil {
		a.t.Fatal(err)
	}
	args = append([]string{"--config", filepath.Join(a.home, "opsreview.yaml"), "--db", filepath.Join(a.home, db)}, args...)
	ctx, cancel := context.WithTimeout(a.t.Context(), time.Minute)
	a.t.Cleanup(cancel)
	cmd := exec.CommandContext(ctx, self)
	cmd.Env = append(os.Environ(), commandVariable+"="+strings.Join(args, commandSeparator),
		clockVariable+"="+syncNow.Format(time.RFC3339), impatienceEnv+"=1", "PD_TOKEN=t0ken")
	return cmd
}

// sync runs source sync in a process of its own. The strike is asked at each
// request, which it can answer, and may do something to the process.
func (a *account) sync(db string, strike func(n int, w http.ResponseWriter, r *http.Request) bool) result {
	a.t.Helper()
	cmd := a.command(db, "source", "sync")
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	a.mu.Lock()
	err := cmd.Start()
	a.requests, a.strike, a.child = 0, strike, cmd
	a.mu.Unlock()
	if err != nil {
		a.t.Fatal(err)
	}
	_ = cmd.Wait() // the exit status says it
	return result{status: cmd.ProcessState.ExitCode(), stdout: stdout.String(), stderr: stderr.String()}
}

func (a *account) signal(s os.Signal) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if err := a.child.Process.Signal(s); err != nil {
		a.t.Errorf("signal the sync: %v", err)
	}
}

// A moment is when a sync is killed: after share of the answer to its nth
// request has gone out, and if that was the whole, a little later, so that it
// dies while it works on what it was told.
type moment struct {
	nth   int
	share float64
	later time.Duration
}

// randomMoment is one of the first n requests.
func randomMoment(rng *rand.Rand, n int) moment {
	m := moment{nth: 1 + rng.IntN(n), share: 1, later: time.Duration(rng.IntN(3000)) * time.Microsecond}
	if rng.IntN(3) == 0 {
		m.share = rng.Float64()
	}
	return m
}

// killAt kills the sync at a moment.
func (a *account) killAt(m moment) func(n int, w http.ResponseWriter, r *http.Request) bool {
	return func(n int, w http.ResponseWriter, r *http.Request) bool {
		if n != m.nth {
			return false
		}
		a.mu.Lock()
		process := a.child.Process
		a.mu.Unlock()
		answer := httptest.NewRecorder()
		a.fake.ServeHTTP(answer, r)
		body := answer.Body.Bytes()
		w.Header().Set("Date", answer.Header().Get("Date"))
		w.Header().Set("Content-Length", fmt.Sprint(len(body)))
		w.WriteHeader(answer.Code)
		_, _ = w.Write(body[:int(m.share*float64(len(body)))])
		_ = http.NewResponseController(w).Flush()
		if m.share == 1 {
			time.AfterFunc(m.later, func() { _ = process.Kill() }) // it may have come to its end
			return true
		}
		_ = process.Kill()
		panic(http.ErrAbortHandler)
	}
}

// A copied is everything that a database holds of the account.
type copied struct {
	Pages      map[string]opsreview.Page
	Responders []opsreview.Responder
	Teams      []opsreview.Team
	Services   []opsreview.Service
	Policies   []opsreview.EscalationPolicy
	Priorities []opsreview.Priority
	Shifts     []opsreview.Shift
}

func (a *account) read(name string) copied {
	a.t.Helper()
	ctx := a.t.Context()
	db, err := store.Open(ctx, filepath.Join(a.home, name), store.Options{Monitors: opsreview.DefaultMonitorRules()})
	check := func(err error) {
		if err != nil {
			a.t.Helper()
			a.t.Fatalf("read %s: %v", name, err)
		}
	}
	check(err)
	defer func() { check(db.Close()) }()
	c := copied{Pages: map[string]opsreview.Page{}}
	pages, err := db.Pages(ctx, store.PageFilter{})
	check(err)
	for _, p := range pages {
		c.Pages[p.ID] = p
	}
	c.Responders, err = db.Responders(ctx)
	check(err)
	c.Teams, err = db.Teams(ctx)
	check(err)
	c.Services, err = db.Services(ctx)
	check(err)
	c.Policies, err = db.Policies(ctx)
	check(err)
	c.Priorities, err = db.Priorities(ctx)
	check(err)
	c.Shifts, err = db.Shifts(ctx, opsreview.Window{})
	check(err)
	problems, err := db.Check(ctx)
	check(err)
	if len(problems) > 0 {
		a.t.Errorf("%s is damaged: %q", name, problems)
	}
	return c
}

// compareWithTruth compares the pages and their events with the vendor's own.
func (a *account) compareWithTruth(c copied) {
	a.t.Helper()
	truth := a.world.Truth(syncNow)
	lost, doubled := 0, 0
	for id, inc := range truth.Incidents {
		p, ok := c.Pages[id]
		if !ok {
			lost += 1 + len(inc.Entries)
			continue
		}
		if p.Title != inc.Title || !p.TriggeredAt.Equal(inc.CreatedAt) || string(p.Status) != inc.Status || !p.ResolvedAt.Equal(inc.ResolvedAt) {
			a.t.Errorf("page %s is %q, %s, triggered %s, resolved %s; want %+v", id, p.Title, p.Status, p.TriggeredAt, p.ResolvedAt, inc)
		}
		seen := map[string]int{} // by the entry's ID, or by a note's text
		for _, e := range p.Events {
			key := e.ID
			if e.Kind == opsreview.Noted {
				key = e.Text
			}
			seen[key]++
		}
		for id, e := range inc.Entries {
			key := id
			if e.Note != "" {
				key = e.Note
			}
			if seen[key] == 0 {
				lost++
			}
			doubled += max(0, seen[key]-1)
			delete(seen, key)
		}
		doubled += len(seen) // events that the vendor does not have
	}
	if lost > 0 || doubled > 0 || len(c.Pages) != len(truth.Incidents) {
		a.t.Errorf("%d pages for %d incidents, %d lost, %d doubled", len(c.Pages), len(truth.Incidents), lost, doubled)
	}
}

// compareCopies requires that two databases hold the same.
func compareCopies(t *testing.T, want, got copied) {
	t.Helper()
	sortEvents := cmpopts.SortSlices(func(a, b opsreview.Event) bool { return a.ID < b.ID })
	if diff := cmp.Diff(want, got, sortEvents); diff != "" {
		t.Errorf("the copies differ (-uninterrupted +killed):\n%.3000s", diff)
	}
}

// TestSync_KilledAnywhere kills syncs at 50 points of their work, wherever
// these fall, and starts them again. A sync that gets to its end before the
// fiftieth kill is followed by another account's first.
func TestSync_KilledAnywhere(t *testing.T) {
	kills := 50
	if underRace() {
		kills = 4
	}
	a := openAccount(t, 150)
	if r := a.sync("whole.db", nil); r.status != exitOK {
		t.Fatalf("the uninterrupted sync: exit status %d: %s", r.status, r.stderr)
	}
	whole, requests := a.read("whole.db"), a.requests
	a.compareWithTruth(whole)
	if len(whole.Responders) == 0 || len(whole.Shifts) == 0 {
		t.Fatalf("the account has %d responders and %d shifts: nothing to compare", len(whole.Responders), len(whole.Shifts))
	}

	rng := rand.New(rand.NewPCG(2, 50))
	killed, rounds := 0, 0
	for killed < kills {
		rounds++
		name := fmt.Sprintf("killed-%d.db", rounds)
		for done := false; !done; {
			strike := a.killAt(randomMoment(rng, requests/3))
			if killed == kills {
				strike = nil
			}
			r := a.sync(name, strike)
			switch r.status {
			case exitOK:
				done = true
			case -1: // by the signal
				killed++
			default:
				t.Fatalf("after %d kills: exit status %d: %s", killed, r.status, r.stderr)
			}
		}
		got := a.read(name)
		a.compareWithTruth(got)
		compareCopies(t, whole, got)
	}
	t.Logf("%d kills in %d accounts of %d requests each", killed, rounds, requests)
}

func TestSync_Interrupted(t *testing.T) {
	a := openAccount(t, 20)
	r := a.sync("pd.db", func(n int, _ http.ResponseWriter, r *http.Request) bool {
		if n == 25 {
			a.signal(os.Interrupt)
			<-r.Context().Done() // the client lets go of the request
			panic(http.ErrAbortHandler)
		}
		return false
	})
	if r.status != exitFailure || !strings.Contains(r.stderr, "opsreview: interrupted; what was saved stays saved") {
		t.Errorf("exit status %d, %q", r.status, r.stderr)
	}
	if r := a.sync("pd.db", nil); r.status != exitOK {
		t.Errorf("the second sync: exit status %d: %s", r.status, r.stderr)
	}
	a.compareWithTruth(a.read("pd.db"))

	// The same again finds nothing.
	if r := a.sync("pd.db", nil); r.status != exitOK || r.stdout != "pd: nothing new\n" {
		t.Errorf("the third sync: exit status %d: %q %q", r.status, r.stdout, r.stderr)
	}
}

func TestSync_VendorAway(t *testing.T) {
	tests := map[string]struct {
		status int
		strike func(n int, w http.ResponseWriter, r *http.Request) bool
		says   string
	}{
		"a vendor that answers 503 for ever is unavailable": {
			status: exitUnavailable, says: "PagerDuty",
			strike: func(_ int, w http.ResponseWriter, _ *http.Request) bool {
				w.WriteHeader(http.StatusServiceUnavailable)
				return true
			},
		},
		"a vendor that hangs up is unavailable": {
			status: exitUnavailable, says: "PagerDuty",
			strike: func(int, http.ResponseWriter, *http.Request) bool { panic(http.ErrAbortHandler) },
		},
		"a token that is refused is a wrong configuration": {
			status: exitUsage, says: "check the API key",
			strike: func(_ int, w http.ResponseWriter, _ *http.Request) bool {
				w.WriteHeader(http.StatusUnauthorized)
				_, _ = io.WriteString(w, `{"error":{"message":"t0ken"}}`)
				return true
			},
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			a := openAccount(t, 1)
			r := a.sync("pd.db", tt.strike)
			if r.status != tt.status || strings.Count(r.stderr, "opsreview: ") != 1 || !strings.Contains(r.stderr, tt.says) {
				t.Errorf("exit status %d, want %d and one message with %q:\n%s", r.status, tt.status, tt.says, r.stderr)
			}
			if strings.Contains(r.stderr, "t0ken") {
				t.Errorf("the message holds the token: %s", r.stderr)
			}
		})
	}
}

func TestSync_NobodyListens(t *testing.T) {
	home := t.TempDir()
	server := httptest.NewServer(http.NotFoundHandler())
	url := server.URL
	server.Close()
	a := &account{t: t, home: home}
	config := fmt.Sprintf("sources:\n  - {name: pd, type: pagerduty, token_env: PD_TOKEN, base_url: %q}\n", url)
	if err := os.WriteFile(filepath.Join(home, "opsreview.yaml"), []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	r := a.sync("pd.db", nil)
	if r.status != exitUnavailable || !strings.HasPrefix(r.stderr, "opsreview: pd: ") || strings.Count(r.stderr, "opsreview: ") != 1 {
		t.Errorf("exit status %d: %s", r.status, r.stderr)
	}
}

func TestSync_AsJSON(t *testing.T) {
	a := openAccount(t, 5)
	sync := func(want int) []syncJSON {
		t.Helper()
		cmd := a.command("pd.db", "source", "sync", "-q", "-o", "json")
		var stdout, stderr bytes.Buffer
		cmd.Stdout, cmd.Stderr = &stdout, &stderr
		_ = cmd.Run() // the exit status says it
		var got []syncJSON
		if err := json.Unmarshal(stdout.Bytes(), &got); err != nil || cmd.ProcessState.ExitCode() != want {
			t.Fatalf("exit status %d, want %d: %v: %s%s", cmd.ProcessState.ExitCode(), want, err, stdout.String(), stderr.String())
		}
		return got
	}
	first := sync(exitOK)
	if len(first) != 1 || first[0].Source != "pd" || first[0].Saved.NewPages == 0 || first[0].Saved.NewEvents == 0 || first[0].Error != "" {
		t.Errorf("the first sync tells %+v", first)
	}
	if diff := cmp.Diff([]syncJSON{{Source: "pd"}}, sync(exitOK)); diff != "" {
		t.Errorf("the second sync (-want +got):\n%s", diff)
	}
	a.mu.Lock()
	a.strike = func(_ int, w http.ResponseWriter, _ *http.Request) bool {
		w.WriteHeader(http.StatusServiceUnavailable)
		return true
	}
	a.mu.Unlock()
	if got := sync(exitUnavailable); len(got) != 1 || !strings.Contains(got[0].Error, "PagerDuty") {
		t.Errorf("the sync of a vendor that is away tells %+v", got)
	}
}
