package ticket_test

import (
	"context"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"opsreview"
	"opsreview/ticket"
	"opsreview/ticket/tickettest"
)

// A world is a tracker, a ledger and a clock.
type world struct {
	t       testing.TB
	now     time.Time
	tracker *tickettest.Tracker
	ledger  *tickettest.Ledger
}

func newWorld(t testing.TB) *world {
	w := &world{t: t, now: monday, ledger: tickettest.NewLedger()}
	w.tracker = tickettest.NewTracker(w.clock)
	w.tracker.Can.Settle = time.Hour
	if err := w.ledger.Confirm(context.Background(), tracker, "ada", monday); err != nil {
		t.Fatalf("confirming: %v", err)
	}
	return w
}

func (w *world) clock() time.Time { return w.now }

func (w *world) wait(ctx context.Context, d time.Duration) error {
	w.now = w.now.Add(d)
	return ctx.Err()
}

// filer is one of a new process.
func (w *world) filer() *ticket.Filer {
	return &ticket.Filer{Tracker: w.tracker, Ledger: w.ledger, Settings: ticket.DefaultSettings(), Now: w.clock, Wait: w.wait, Caller: "ada"}
}

func (w *world) rows() []opsreview.Ticket {
	w.t.Helper()
	rows, err := w.ledger.Tickets(context.Background(), tracker)
	if err != nil {
		w.t.Fatalf("reading the ledger: %v", err)
	}
	return rows
}

// plan plans as the review of this week.
func (w *world) plan(findings ...opsreview.Finding) []ticket.Step {
	w.t.Helper()
	in := planInput(findings, w.rows()...)
	in.Now, in.Run, in.Window = w.now, w.now.Format("2006-01-02"), opsreview.Window{}
	in.MaxNew = 3 * len(findings) // a finding may get a successor in the review that filed it
	return ticket.Plan(in)
}

// file plans and files, and tells in a line what came of each step.
func (w *world) file(findings ...opsreview.Finding) ([]string, error) {
	w.t.Helper()
	var lines []string
	err := w.filer().File(context.Background(), w.plan(findings...), func(d ticket.Done) {
		lines = append(lines, strings.TrimSpace(strings.Join([]string{string(d.Step.Action), string(d.Outcome), d.Ticket.RemoteKey}, " ")))
	})
	return lines, err
}

func (w *world) mustFile(want string, findings ...opsreview.Finding) {
	w.t.Helper()
	lines, err := w.file(findings...)
	if err != nil {
		w.t.Fatalf("filing: %v", err)
	}
	if diff := cmp.Diff(want, strings.Join(lines, "; ")); diff != "" {
		w.t.Fatalf("steps (-want +got):\n%s", diff)
	}
}

func (w *world) only() tickettest.Issue {
	w.t.Helper()
	issues := w.tracker.Issues()
	if len(issues) != 1 {
		w.t.Fatalf("the tracker has %d tickets, want 1", len(issues))
	}
	return issues[0]
}

// fail makes the next call of a kind fail, once.
func (w *world) fail(call string, fault tickettest.Fault) {
	w.tracker.Fault = func(c string) tickettest.Fault {
		if c != call {
			return tickettest.None
		}
		w.tracker.Fault = nil
		return fault
	}
}

func TestFile_Twice(t *testing.T) {
	w := newWorld(t)
	f := noisy("vault-latency", 90)
	w.mustFile("create done OPS-1", f)
	w.mustFile("skip planned OPS-1", f)
	w.only()
	row := w.rows()[0]
	if row.Seen != 1 || row.State != opsreview.TicketFiled || row.Title == "" || row.Cost != 90 || row.Monitor != "vault-latency" {
		t.Errorf("the row is %+v", row)
	}
}

func TestFile_Unconfirmed(t *testing.T) {
	w := newWorld(t)
	w.ledger = tickettest.NewLedger()
	_, err := w.file(noisy("vault-latency", 90))
	if opsreview.ErrorCode(err) != opsreview.Invalid || len(w.tracker.Issues()) != 0 {
		t.Errorf("filing unconfirmed answered %v and left %d tickets", err, len(w.tracker.Issues()))
	}
}

func TestFile_LostAnswer(t *testing.T) {
	w := newWorld(t)
	f := noisy("vault-latency", 90)
	w.tracker.Lag = func() time.Duration { return 30 * time.Minute }
	w.fail("create", tickettest.LoseAnswer)
	w.mustFile("create uncertain", f)
	w.mustFile("recover uncertain", f) // the search does not show it yet
	w.now = w.now.Add(31 * time.Minute)
	w.mustFile("recover done OPS-1", f)
	w.only()
	if n := w.tracker.Calls("create"); n != 1 {
		t.Errorf("the tracker was asked %d times to create it, want once", n)
	}
}

func TestFile_LostRequest(t *testing.T) {
	w := newWorld(t)
	f := noisy("vault-latency", 90)
	w.fail("create", tickettest.LoseRequest)
	w.mustFile("create uncertain", f)
	for range 5 {
		w.now = w.now.Add(10 * time.Minute)
		w.mustFile("recover uncertain", f)
	}
	w.now = w.now.Add(10 * time.Minute)
	w.mustFile("recover done OPS-1", f)
	w.only()
}

func TestFile_AnEmptySearchIsNotBelieved(t *testing.T) {
	w := newWorld(t)
	a, b := noisy("a", 2), noisy("b", 1)
	w.mustFile("create done OPS-1", a)
	w.now = w.now.Add(48 * time.Hour)
	w.fail("create", tickettest.LoseAnswer)
	w.mustFile("create uncertain", b)
	// The index is rebuilt: it shows nothing.
	for _, key := range []string{"OPS-1", "OPS-2"} {
		w.tracker.Edit(key, func(i *tickettest.Issue) { tickettest.Hide(i, w.now.Add(10*time.Hour)) })
	}
	w.now = w.now.Add(2 * time.Hour)
	w.mustFile("recover uncertain", b)
	w.now = w.now.Add(9 * time.Hour)
	w.mustFile("recover done OPS-2", b)
	if n := len(w.tracker.Issues()); n != 2 {
		t.Errorf("the tracker has %d tickets, want 2", n)
	}
}

func TestFile_Throttled(t *testing.T) {
	w := newWorld(t)
	w.fail("create", tickettest.Throttle)
	w.mustFile("create done OPS-1", noisy("vault-latency", 90))
	if got := w.now.Sub(monday); got != 5*time.Second {
		t.Errorf("it waited %s, want what the tracker asked for: 5s", got)
	}
}

func TestFile_ThrottledForLong(t *testing.T) {
	w := newWorld(t)
	f, g := noisy("a", 2), noisy("b", 1)
	w.tracker.Fault = func(call string) tickettest.Fault {
		if call == "create" {
			return tickettest.Throttle
		}
		return tickettest.None
	}
	lines, err := w.file(f, g)
	if opsreview.ErrorCode(err) != opsreview.Unavailable || strings.Join(lines, "; ") != "create throttled" {
		t.Fatalf("filing answered %v after %q", err, lines)
	}
	w.tracker.Fault = nil
	w.mustFile("defer planned; create done OPS-1", f, g)
	w.now = w.now.Add(time.Minute)
	w.mustFile("create done OPS-2; skip planned OPS-1", f, g)
}

func TestFile_Rejected(t *testing.T) {
	w := newWorld(t)
	f := noisy("vault-latency", 90)
	w.fail("create", tickettest.Reject)
	w.mustFile("create rejected", f)
	w.mustFile("skip planned", f)
	f.Evidence = append(f.Evidence, "One more.")
	w.mustFile("create done OPS-1", f)
}

// A token that has expired says nothing of the tickets: nothing more is asked,
// and the same files them once the token is new.
func TestFile_Denied(t *testing.T) {
	w := newWorld(t)
	f, g := noisy("a", 2), noisy("b", 1)
	w.tracker.Fault = func(call string) tickettest.Fault {
		if call == "create" {
			return tickettest.Deny
		}
		return tickettest.None
	}
	lines, err := w.file(f, g)
	if opsreview.ErrorCode(err) != opsreview.Invalid || !strings.Contains(opsreview.ErrorMessage(err), "the token has expired") {
		t.Errorf("filing answered %v", err)
	}
	if diff := cmp.Diff([]string{"create rejected"}, lines); diff != "" {
		t.Errorf("steps (-want +got):\n%s", diff)
	}
	w.tracker.Fault = nil
	w.mustFile("create done OPS-1; create done OPS-2", f, g)
}

func TestFile_TheTrackerIsDown(t *testing.T) {
	w := newWorld(t)
	w.tracker.Fault = func(string) tickettest.Fault { return tickettest.LoseRequest }
	lines, err := w.file(noisy("a", 2), noisy("b", 1))
	if opsreview.ErrorCode(err) != opsreview.Unavailable {
		t.Errorf("filing answered %v after %q, want an unavailable error", err, lines)
	}
	for _, row := range w.rows() {
		if row.State != opsreview.TicketPlanned {
			t.Errorf("%s is %s: nothing was asked that could have filed it", row.Key, row.State)
		}
	}
}

func TestFile_Recurrence(t *testing.T) {
	w := newWorld(t)
	f := noisy("vault-latency", 90)
	w.mustFile("create done OPS-1", f)
	w.now = w.now.AddDate(0, 0, 7)
	w.mustFile("note done OPS-1", f)
	w.now = w.now.AddDate(0, 0, 3)
	w.mustFile("skip planned OPS-1", f)
	if i := w.only(); len(i.Notes) != 1 {
		t.Errorf("the ticket has the notes %v, want one", i.Notes)
	}
	w.tracker.Close("OPS-1", "Done")
	w.now = w.now.AddDate(0, 0, 7)
	if _, err := w.filer().Sync(t.Context()); err != nil {
		t.Fatalf("syncing: %v", err)
	}
	w.mustFile("reopen done OPS-1", f)
	if i := w.only(); i.Stands != opsreview.TicketTodo || i.Reopens != 1 {
		t.Errorf("the ticket stands at %s after %d reopenings", i.Stands, i.Reopens)
	}
	w.tracker.Close("OPS-1", "Done")
	w.now = w.now.AddDate(0, 0, 21)
	if _, err := w.filer().Sync(t.Context()); err != nil {
		t.Fatalf("syncing: %v", err)
	}
	w.mustFile("create done OPS-2", f)
	second := w.tracker.Issues()[1]
	if diff := cmp.Diff([]string{"relates 10001"}, second.Related); diff != "" {
		t.Errorf("links of the successor (-want +got):\n%s", diff)
	}
	w.tracker.Close("OPS-2", "Won't Do")
	w.now = w.now.AddDate(0, 0, 1)
	if _, err := w.filer().Sync(t.Context()); err != nil {
		t.Fatalf("syncing: %v", err)
	}
	w.mustFile("skip planned OPS-2", f)
	if row := w.rows()[1]; row.State != opsreview.TicketSuppressed || !row.SuppressedUntil.Equal(w.now.AddDate(0, 0, 89)) {
		t.Errorf("the row is %s until %s", row.State, row.SuppressedUntil)
	}
	w.now = w.now.AddDate(0, 0, 89)
	w.mustFile("create done OPS-3", f)
}

func TestFile_WhatCannotBeReopenedGetsASuccessor(t *testing.T) {
	w := newWorld(t)
	f := noisy("vault-latency", 90)
	w.mustFile("create done OPS-1", f)
	w.tracker.Close("OPS-1", "Done")
	w.tracker.Stuck = true
	w.now = w.now.AddDate(0, 0, 7)
	if _, err := w.filer().Sync(t.Context()); err != nil {
		t.Fatalf("syncing: %v", err)
	}
	w.mustFile("reopen done OPS-2", f)
}

func TestFile_WhatChangedAfterThePlanIsLeftAlone(t *testing.T) {
	w := newWorld(t)
	f := noisy("vault-latency", 90)
	w.mustFile("create done OPS-1", f)
	w.now = w.now.AddDate(0, 0, 7)
	w.tracker.Close("OPS-1", "Won't Do") // the ledger does not know
	w.mustFile("note planned OPS-1", f)
	if i := w.only(); len(i.Notes) != 0 {
		t.Errorf("a closed ticket was written to: %v", i.Notes)
	}
}

func TestFile_WhatWasClosedSinceTheLedgerLookedIsOpenedAgain(t *testing.T) {
	w := newWorld(t)
	f := noisy("vault-latency", 90)
	w.mustFile("create done OPS-1", f)
	w.now = w.now.AddDate(0, 0, 7)
	w.tracker.Close("OPS-1", "Done") // the ledger does not know
	w.now = w.now.AddDate(0, 0, 1)
	w.mustFile("reopen done OPS-1", f)
	if i := w.only(); i.Reopens != 1 || !strings.Contains(i.Notes["reopened 1"], "closed on 2026-03-16") {
		t.Errorf("it was opened %d times, with %q", i.Reopens, i.Notes)
	}
}

// A failing tracker creates nothing and says why.
type failing struct {
	*tickettest.Tracker

	err error
}

// Create implements [ticket.Tracker].
func (f failing) Create(context.Context, ticket.Draft) (ticket.Ref, error) {
	return ticket.Ref{}, f.err
}

// What an adapter says names the cause already: saying it twice helps nobody.
func TestFile_SaysOnceWhyNobodyAnswered(t *testing.T) {
	const want = "the tracker does not answer: EOF"
	w := newWorld(t)
	f := w.filer()
	f.Tracker = failing{w.tracker, opsreview.Wrapf(io.EOF, opsreview.Unavailable, want)}
	var done ticket.Done
	if err := f.File(t.Context(), w.plan(noisy("a", 3)), func(d ticket.Done) { done = d }); err != nil {
		t.Fatalf("filing: %v", err)
	}
	if done.Detail != want || done.Ticket.Error != want {
		t.Errorf("the step says %q, the ledger %q, want %q", done.Detail, done.Ticket.Error, want)
	}
}

// A ticket on which nothing was to be written is looked at too: what people did
// to it since the ledger last looked decides in this run, not in the next.
func TestFile_WhatWasToBeLeftAloneIsLookedAtToo(t *testing.T) {
	f := noisy("vault-latency", 90)
	tests := map[string]struct {
		people func(w *world)
		want   string // of the step
		reason string
	}{
		"it is open":             {func(*world) {}, "skip planned OPS-1", "OPS-1 is open, and was written to on 2026-03-09."},
		"people closed it":       {func(w *world) { w.tracker.Close("OPS-1", "Done") }, "reopen done OPS-1", "OPS-1 was closed on 2026-03-11, and it came back."},
		"people will not fix it": {func(w *world) { w.tracker.Close("OPS-1", "Won't Do") }, "skip planned OPS-1", `People closed OPS-1 as "Won't Do": nothing is filed until 2026-06-09.`},
		"people deleted it":      {func(w *world) { w.tracker.Delete("OPS-1") }, "skip planned OPS-1", "OPS-1 was deleted or is out of our sight: `ticket resolve KEY --retry` files it anew."},
		"people closed it long ago": {
			func(w *world) {
				w.tracker.Close("OPS-1", "Done")
				w.tracker.Edit("OPS-1", func(i *tickettest.Issue) { i.ClosedAt = w.now.AddDate(0, 0, -30) })
			},
			"skip planned OPS-1",
			"It changed after the plan was made, and the next run sees to it: OPS-1 was closed on 2026-02-09, which is long ago: a new ticket is linked to it.",
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.mustFile("create done OPS-1", f)
			w.now = w.now.AddDate(0, 0, 2)
			tt.people(w)
			w.now = w.now.AddDate(0, 0, 1)
			var done ticket.Done
			if err := w.filer().File(t.Context(), w.plan(f), func(d ticket.Done) { done = d }); err != nil {
				t.Fatalf("filing: %v", err)
			}
			got := strings.Join([]string{string(done.Step.Action), string(done.Outcome), done.Ticket.RemoteKey}, " ")
			if got != tt.want || done.Step.Reason != tt.reason {
				t.Errorf("got %s because %q\nwant %s because %q", got, done.Step.Reason, tt.want, tt.reason)
			}
		})
	}
}

func TestFile_ADeletedTicketIsNotFiledAgain(t *testing.T) {
	w := newWorld(t)
	f := noisy("vault-latency", 90)
	w.mustFile("create done OPS-1", f)
	w.tracker.Delete("OPS-1")
	w.now = w.now.AddDate(0, 0, 7)
	w.mustFile("note planned OPS-1", f)
	w.mustFile("skip planned OPS-1", f)
	if _, err := w.filer().Resolve(t.Context(), ticket.Resolution{Finding: f.Key, Retry: true}); err != nil {
		t.Fatalf("resolving: %v", err)
	}
	w.mustFile("create done OPS-2", f)
}

func TestFile_SomebodyElseFiles(t *testing.T) {
	w := newWorld(t)
	if err := w.ledger.Lease(t.Context(), tracker, "bob", w.now, w.now.Add(time.Minute)); err != nil {
		t.Fatalf("leasing: %v", err)
	}
	if _, err := w.file(noisy("a", 1)); opsreview.ErrorCode(err) != opsreview.Conflict {
		t.Errorf("filing beside somebody answered %v, want a conflict", err)
	}
	w.now = w.now.Add(time.Minute)
	w.mustFile("create done OPS-1", noisy("a", 1))
}

func TestFile_APausedProcessGoesNoFurther(t *testing.T) {
	w := newWorld(t)
	a, b := noisy("a", 2), noisy("b", 1)
	steps := w.plan(a, b)
	stopped := false
	w.ledger.Hook = func(at string) {
		if at == "after begin create" && !stopped { // the machine sleeps, and another files
			stopped = true
			w.now = w.now.Add(2 * time.Hour)
			w.mustFile("recover done OPS-1; create done OPS-2", a, b)
		}
	}
	err := w.filer().File(t.Context(), steps, nil)
	if opsreview.ErrorCode(err) != opsreview.Conflict {
		t.Errorf("the paused process answered %v, want a conflict", err)
	}
	if n := len(w.tracker.Issues()); n != 2 {
		t.Errorf("there are %d tickets, want 2", n)
	}
}

func TestFile_TheCallerGoesAwayInTheMiddle(t *testing.T) {
	w := newWorld(t)
	ctx, cancel := context.WithCancel(t.Context())
	w.tracker.Hook = func(at string) {
		if at == "before create" {
			cancel()
		}
	}
	err := w.filer().File(ctx, w.plan(noisy("a", 2), noisy("b", 1)), nil)
	if err == nil || len(w.tracker.Issues()) != 1 {
		t.Errorf("a cancelled run answered %v and left %d tickets, want an error and 1", err, len(w.tracker.Issues()))
	}
	if row := w.rows(); len(row) != 1 || row[0].State != opsreview.TicketFiled {
		t.Errorf("the effect under way did not come to its end: %+v", row)
	}
}

func TestFile_DuplicatesAreToldOnce(t *testing.T) {
	w := newWorld(t)
	f := noisy("vault-latency", 90)
	for range 2 { // another program's, or a lost ledger's
		if _, err := w.tracker.Create(t.Context(), w.plan(f)[0].Draft); err != nil {
			t.Fatalf("creating: %v", err)
		}
	}
	w.mustFile("create done OPS-1", f)
	second := w.tracker.Issues()[1]
	if len(second.Notes) != 1 || len(second.Related) != 1 || second.Stands != opsreview.TicketTodo {
		t.Errorf("the duplicate has notes %v, links %v and stands at %s", second.Notes, second.Related, second.Stands)
	}
}

func TestFile_EveryEffectIsInTheLog(t *testing.T) {
	w := newWorld(t)
	w.mustFile("create done OPS-1", noisy("vault-latency", 90))
	var got []string
	for _, e := range w.ledger.Effects() {
		got = append(got, strings.TrimSpace(strings.Join([]string{e.Action, e.Outcome, e.RemoteKey, e.Caller}, " ")))
	}
	if diff := cmp.Diff([]string{"probe ok  ada", "create ok OPS-1 ada"}, got); diff != "" {
		t.Errorf("effects (-want +got):\n%s", diff)
	}
}
