package jira_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"opsreview"
	"opsreview/ticket"
	"opsreview/ticket/jira"
	"opsreview/ticket/jira/jirafake"
	"opsreview/ticket/tickettest"
)

// errDied is what a process dies of.
var errDied = errors.New("the process died here")

// A chaos is a Jira over HTTP that goes wrong in every way it can, and
// processes that die.
type chaos struct {
	*site
	t      *testing.T
	rng    *rand.Rand
	ledger *tickettest.Ledger
	calm   atomic.Bool
	dieIn  int // uses of the ledger until the process dies; negative for never
	other  *jirafake.Server
}

// mostLag is how long a search may lag: less than the tracker waits.
var mostLag = map[jirafake.Personality]time.Duration{jirafake.Cloud: 55 * time.Minute, jirafake.DataCenter: 4 * time.Minute}

func openChaos(t *testing.T, p jirafake.Personality, seed uint64) *chaos {
	c := &chaos{
		site: openSite(t, p), t: t, rng: rand.New(rand.NewPCG(seed, 11)),
		ledger: tickettest.NewLedger(), other: jirafake.New(p), dieIn: -1,
	}
	elsewhere := httptest.NewServer(c.other)
	t.Cleanup(elsewhere.Close)
	if err := c.ledger.Confirm(t.Context(), "jira/OPS", "ada", monday); err != nil {
		t.Fatal(err)
	}
	c.ledger.Hook = func(string) {
		if c.dieIn--; c.dieIn == 0 {
			panic(errDied)
		}
	}
	kinds := []jirafake.Kind{
		jirafake.LoseRequest, jirafake.LoseAnswer, jirafake.LoseAnswer, jirafake.Throttle,
		jirafake.Down, jirafake.LoginPage, jirafake.Redirect,
	}
	faults := rand.New(rand.NewPCG(seed, 12))
	var mu sync.Mutex
	c.After = func(*http.Request) { // the next request meets a fault, or none
		if c.calm.Load() {
			return
		}
		mu.Lock()
		defer mu.Unlock()
		if faults.IntN(3) == 0 {
			c.SetLag(time.Duration(faults.Int64N(int64(mostLag[p]))))
		}
		if faults.IntN(6) == 0 {
			c.Inject(jirafake.Fault{Kind: kinds[faults.IntN(len(kinds))], After: time.Duration(faults.IntN(3)) * time.Second, To: elsewhere.URL})
		}
	}
	return c
}

// run plans and files as a new process does.
func (c *chaos) run(findings []opsreview.Finding) (err error) {
	c.t.Helper()
	tr, err := jira.New(c.cfg, "hush-hush", nil, jira.WithClock(c.clock()))
	if err != nil {
		c.t.Fatal(err)
	}
	c.dieIn = -1
	if !c.calm.Load() && c.rng.IntN(2) == 0 {
		c.dieIn = 1 + c.rng.IntN(40)
	}
	if !c.calm.Load() && c.rng.IntN(2) == 0 {
		c.Inject(jirafake.Fault{Method: http.MethodPost, Path: "/rest/api/2/issue", Kind: jirafake.LoseAnswer, Skip: c.rng.IntN(5)})
	}
	defer func() {
		if r := recover(); r != nil {
			if died, ok := r.(error); !ok || !errors.Is(died, errDied) {
				panic(r)
			}
			err = errDied
		}
	}()
	filer := &ticket.Filer{
		Tracker: tr, Ledger: c.ledger, Settings: ticket.DefaultSettings(), Caller: "ada",
		Now: c.now, Wait: c.sleep,
	}
	rows, err := c.ledger.Tickets(c.t.Context(), tr.Name())
	if err != nil {
		return err
	}
	steps := ticket.Plan(ticket.PlanInput{
		Tracker: tr.Name(), Findings: findings, Rows: rows, Settings: filer.Settings, Now: c.now(),
		Run: c.now().Format("2006-01-02"), MaxNew: len(findings), Preview: tr.Preview,
	})
	return filer.File(c.t.Context(), steps, nil)
}

// Whatever goes wrong between this program and Jira, and wherever the program
// dies: each finding ends with one open ticket, what people wrote stays, and
// the token goes nowhere else.
func TestFile_ExactlyOnceOverHTTP(t *testing.T) {
	var findings []opsreview.Finding
	for n := range 5 {
		findings = append(findings, opsreview.Finding{
			Key: fmt.Sprintf("noisy_monitor:m%d", n), Kind: opsreview.NoisyMonitor, Category: opsreview.AlertNoise,
			Title: fmt.Sprintf("m%d pages for nothing", n), Team: "secrets", Monitor: fmt.Sprintf("m%d", n), Cost: float64(60 + n),
		})
	}
	for _, p := range personalities() {
		for seed := range uint64(25) {
			t.Run(fmt.Sprintf("%s/%d", p, seed), func(t *testing.T) {
				c := openChaos(t, p, seed)
				for range 4 + c.rng.IntN(6) {
					_ = c.run(findings) // it may fail: what counts is what is left
					// Cron comes around once a day, and people try again at once.
					pauses := []time.Duration{10 * time.Second, 3 * time.Minute, 30 * time.Hour}
					c.advance(time.Duration(c.rng.Int64N(int64(pauses[c.rng.IntN(3)]))))
					c.edit()
				}
				c.settle(findings)
				c.verify(findings)
			})
		}
	}
}

// edit writes on a ticket as people do.
func (c *chaos) edit() {
	all := c.Issues()
	if len(all) == 0 {
		return
	}
	c.Edit(all[c.rng.IntN(len(all))].Remote(), func(i *jirafake.Issue) {
		i.Summary = "ours: " + strings.TrimPrefix(i.Summary, "ours: ")
		i.Status = jirafake.Doing
	})
}

// settle lets everything come to rest: nothing goes wrong, and time passes.
func (c *chaos) settle(findings []opsreview.Finding) {
	c.t.Helper()
	c.calm.Store(true)
	c.SetLag(0)
	for range 40 { // a fault may still be waiting for a request
		c.advance(2 * time.Hour)
		if err := c.run(findings); err != nil {
			continue
		}
		if len(c.Issues()) >= len(findings) {
			return
		}
	}
	c.t.Fatalf("the filing does not come to rest: %d tickets", len(c.Issues()))
}

func (c *chaos) verify(findings []opsreview.Finding) {
	c.t.Helper()
	edited := 0
	for _, f := range findings {
		label := ticket.FingerprintLabel(f.Fingerprint())
		n := 0
		for _, i := range c.Issues() {
			if !strings.Contains(" "+strings.Join(i.Labels, " ")+" ", " "+label+" ") {
				continue
			}
			n++
			if !i.Open() {
				c.t.Errorf("%s is closed, and nobody closed it", i.Key())
			}
			if strings.HasPrefix(i.Summary, "ours: ") {
				edited++
			}
		}
		if n != 1 {
			c.t.Errorf("%s has %d tickets, want 1", f.Key, n)
		}
	}
	doing := 0
	for _, i := range c.Issues() {
		if i.Status == jirafake.Doing {
			doing++
		}
	}
	if doing != edited {
		c.t.Errorf("people edited %d tickets, and %d have their titles", doing, edited)
	}
	if got := c.other.Requests(); len(got) != 0 {
		c.t.Errorf("another host was asked %d times", len(got))
	}
}
