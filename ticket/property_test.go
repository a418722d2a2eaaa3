package ticket_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"opsreview"
	"opsreview/ticket"
	"opsreview/ticket/tickettest"
)

// errCrash is what a process dies of.
var errCrash = errors.New("the process died here")

// A chaos is a world in which everything goes wrong that may.
type chaos struct {
	*world
	rng    *rand.Rand
	calm   bool
	dieIn  int               // hooks until the process dies; negative for never
	titles map[string]string // that people gave, by id
	closed map[string]bool   // by people, by id
}

func newChaos(t testing.TB, seed uint64) *chaos {
	c := &chaos{
		world: newWorld(t), rng: rand.New(rand.NewPCG(seed, 5)), dieIn: -1,
		titles: map[string]string{}, closed: map[string]bool{},
	}
	c.tracker.Stuck = c.rng.IntN(8) == 0
	c.tracker.Lag = func() time.Duration {
		if c.rng.IntN(4) > 0 {
			return time.Duration(c.rng.IntN(3)) * time.Second
		}
		return time.Duration(c.rng.Int64N(int64(c.tracker.Can.Settle)))
	}
	c.tracker.Fault = func(string) tickettest.Fault {
		if c.calm || c.rng.IntN(6) > 0 {
			return tickettest.None
		}
		return []tickettest.Fault{tickettest.LoseRequest, tickettest.LoseAnswer, tickettest.LoseAnswer, tickettest.Throttle, tickettest.Reject}[c.rng.IntN(5)]
	}
	hook := func(string) {
		if c.dieIn--; c.dieIn == 0 {
			panic(errCrash)
		}
	}
	c.tracker.Hook, c.ledger.Hook = hook, hook
	return c
}

// process runs a new process, which may die.
func (c *chaos) process(work func(f *ticket.Filer) error) (err error) {
	c.dieIn = -1
	if !c.calm && c.rng.IntN(2) == 0 {
		c.dieIn = 1 + c.rng.IntN(60)
	}
	defer func() {
		if r := recover(); r != nil {
			died, ok := r.(error)
			if !ok || !errors.Is(died, errCrash) {
				panic(r)
			}
			err = errCrash
		}
	}()
	return work(c.filer())
}

func (c *chaos) fileAll(findings []opsreview.Finding) error {
	steps := c.plan(findings...)
	return c.process(func(f *ticket.Filer) error { return f.File(context.Background(), steps, nil) })
}

// people do what people do to the last ticket of a finding: edit, work, close,
// open again, delete, take labels away.
func (c *chaos) people() {
	for range c.rng.IntN(4) {
		issues := c.tracker.Issues()
		if len(issues) == 0 {
			return
		}
		i := issues[c.rng.IntN(len(issues))]
		if i.Deleted || c.superseded(i, issues) {
			continue
		}
		switch c.rng.IntN(10) {
		case 0, 1, 2:
			title := fmt.Sprint("ours ", c.rng.IntN(1000))
			c.titles[i.ID] = title
			c.tracker.Edit(i.ID, func(i *tickettest.Issue) { i.Title, i.Assignee = title, "ada" })
		case 3, 4:
			c.tracker.Edit(i.ID, func(i *tickettest.Issue) {
				if i.Stands == opsreview.TicketTodo {
					i.Stands = opsreview.TicketDoing
				}
			})
		case 5, 6:
			c.tracker.Close(i.ID, []string{"Done", "Won't Do", ""}[c.rng.IntN(3)])
			c.closed[i.ID] = true
		case 7:
			c.tracker.Edit(i.ID, func(i *tickettest.Issue) {
				i.Stands, i.Resolution, i.ClosedAt = opsreview.TicketDoing, "", time.Time{}
			})
		case 8, 9:
			if !c.known(i.ID) {
				continue
			}
			if c.rng.IntN(2) == 0 {
				c.tracker.Delete(i.ID)
			} else {
				c.tracker.Edit(i.ID, func(i *tickettest.Issue) { i.Labels = i.Labels[:1] })
			}
		}
	}
}

// known reports whether the ledger has a ticket. Nobody can find one whose
// answer was lost and whose label people took away before it was found.
func (c *chaos) known(id string) bool {
	return slices.ContainsFunc(c.rows(), func(r opsreview.Ticket) bool { return r.RemoteID == id })
}

// superseded reports whether a later ticket stands for the same finding:
// people work on that.
func (c *chaos) superseded(i tickettest.Issue, issues []tickettest.Issue) bool {
	for _, other := range issues {
		if other.Draft.Fingerprint == i.Draft.Fingerprint && other.Draft.Generation > i.Draft.Generation {
			return true
		}
	}
	return false
}

// settled lets the world come to rest: no faults, and time for the search.
func (c *chaos) settled(findings []opsreview.Finding) {
	c.t.Helper()
	c.calm = true
	findings = slices.Clone(findings)
	for i := range findings { // what was refused is tried again once it has changed
		findings[i].Evidence = []string{"It still happens."}
	}
	for range 3 {
		c.now = c.now.Add(2 * time.Hour)
		if err := c.process(func(f *ticket.Filer) error { _, err := f.Sync(context.Background()); return err }); err != nil {
			c.t.Fatalf("syncing at rest: %v", err)
		}
		if err := c.fileAll(findings); err != nil {
			c.t.Fatalf("filing at rest: %v", err)
		}
	}
}

// violations tells what must never happen and did.
func (c *chaos) violations(findings []opsreview.Finding) []string {
	var problems []string
	created, open := map[string]int{}, map[string]int{}
	for _, i := range c.tracker.Issues() {
		of := i.Draft.Fingerprint
		if created[fmt.Sprint(of, " ", i.Draft.Generation)]++; created[fmt.Sprint(of, " ", i.Draft.Generation)] > 1 {
			problems = append(problems, fmt.Sprintf("generation %d of %s was filed twice", i.Draft.Generation, of))
		}
		if !i.Deleted && i.Stands != opsreview.TicketDone {
			open[of]++
		}
		if title, ok := c.titles[i.ID]; ok && (i.Title != title || i.Assignee != "ada") {
			problems = append(problems, fmt.Sprintf("the title that people gave %s, %q, is %q", i.Key, title, i.Title))
		}
		if i.Stands == opsreview.TicketDone && !c.closed[i.ID] {
			problems = append(problems, i.Key+" was closed, and not by people")
		}
	}
	for _, f := range findings {
		fp := f.Fingerprint()
		if open[fp] > 1 {
			problems = append(problems, fmt.Sprintf("%s has %d open tickets", fp, open[fp]))
		}
		if created[fp+" 1"] == 0 {
			problems = append(problems, fp+" was never filed")
		}
	}
	for _, row := range c.rows() {
		waits := row.State == opsreview.TicketPlanned && row.Generation == 1
		if waits || row.State == opsreview.TicketUncertain || row.State == opsreview.TicketCreating {
			problems = append(problems, fmt.Sprintf("the row of %s is %s at rest", row.Fingerprint, row.State))
		}
	}
	return problems
}

// A thousand random schedules of crashes, lost answers, a search that lags and
// people's edits leave exactly one open ticket of each finding and generation.
func TestFile_ExactlyOnceWhateverHappens(t *testing.T) {
	tried := uint64(schedules)
	if testing.Short() {
		tried = min(tried, 100)
	}
	var findings []opsreview.Finding
	for i := range 20 {
		f := noisy(fmt.Sprint("monitor-", i), float64(20-i))
		f.Evidence, f.Remedy, f.CostMethod = nil, "", "" // texts are for other tests
		findings = append(findings, f)
	}
	var crashes, lost, again int
	for seed := range tried {
		c := newChaos(t, seed)
		for range 4 + c.rng.IntN(5) {
			err := c.fileAll(findings)
			if errors.Is(err, errCrash) {
				crashes++
			}
			c.people()
			if c.rng.IntN(3) == 0 {
				_ = c.process(func(f *ticket.Filer) error { _, err := f.Sync(context.Background()); return err })
			}
			for _, row := range c.rows() {
				if row.State == opsreview.TicketUncertain {
					lost++
				}
				again = max(again, row.Generation)
			}
			c.now = c.now.Add([]time.Duration{time.Second, 11 * time.Minute, 2 * time.Hour, 7 * 24 * time.Hour, 20 * 24 * time.Hour}[c.rng.IntN(5)])
		}
		c.settled(findings)
		if problems := c.violations(findings); len(problems) > 0 {
			t.Fatalf("schedule %d:\n%s", seed, strings.Join(problems, "\n"))
		}
	}
	if crashes == 0 || lost == 0 || again < 2 {
		t.Errorf("the schedules were too calm: %d crashes, %d lost answers, generation %d", crashes, lost, again)
	}
	t.Logf("%d schedules: %d crashes, %d answers lost at the end of a run, up to generation %d", tried, crashes, lost, again)
}
