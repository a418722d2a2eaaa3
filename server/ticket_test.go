package server_test

import (
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/grpc/codes"

	"opsreview"
	pb "opsreview/proto/opsreview/v1"
	"opsreview/server"
	"opsreview/ticket"
	"opsreview/ticket/tickettest"
)

// A clock is the time of a test, which it may move.
type clock struct {
	mu sync.Mutex
	at time.Time
}

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at
}

func (c *clock) move(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = c.at.Add(d)
}

// A tracked server files tickets in a tracker in memory.
type tracked struct {
	*api
	tracker *tickettest.Tracker
	clock   *clock
}

// withTracker configures a tracker in memory, on a clock of its own, and no
// findings but of one kind.
func withTracker(tracker ticket.Tracker, c *clock, kind string) func(*server.Options) {
	return func(o *server.Options) {
		o.Now, o.Tracker, o.TicketSettings = c.now, tracker, ticket.DefaultSettings()
		rule, _ := o.Org.Policy.FindingRule(kind)
		o.Org.Policy.Findings = []opsreview.FindingRule{rule}
	}
}

// openTracked serves a week in which people missed the runbooks of three
// monitors: vault's paged three times, consul's twice and the ledger's once.
func openTracked(t *testing.T) *tracked {
	t.Helper()
	c := &clock{at: now}
	tracker := tickettest.NewTracker(c.now)
	a := &tracked{api: openServer(t, withTracker(tracker, c, opsreview.RunbookMissing)), tracker: tracker, clock: c}
	seedFindings(t, a.api)
	return a
}

func seedFindings(t *testing.T, a *api) {
	t.Helper()
	var pages []opsreview.Page
	for i, service := range []string{"vault", "vault", "vault", "consul", "consul", "ledger"} {
		at := monday(i%5, "10:00:00")
		pages = append(pages, page("Q"+string(rune('1'+i)), service, at, notify(at, "ada"), ack(at.Add(time.Minute), "ada"), resolve(at.Add(time.Hour))))
	}
	seed(t, a, pages...)
	var labels []opsreview.Label
	for _, p := range pages {
		labels = append(labels, opsreview.Label{
			Page: p.Ref, Verdict: opsreview.Actionable, Flags: []string{"runbook_missing"}, Author: "ada", At: now,
		})
	}
	save(t, a, "pd", opsreview.Batch{Labels: labels})
}

const (
	tracker = "memory/OPS"
	day     = 24 * time.Hour
)

// file files a review's findings and returns what was told of it.
func (a *tracked) file(t *testing.T, req *pb.FileTicketsRequest) []*pb.FileTicketsResponse {
	t.Helper()
	told, err := a.tryFile(t, req)
	if err != nil {
		t.Fatal(err)
	}
	if n := len(told); n == 0 || !told[n-1].GetFinished() {
		t.Fatalf("it does not end: %v", told)
	}
	return told
}

func (a *tracked) tryFile(t *testing.T, req *pb.FileTicketsRequest) ([]*pb.FileTicketsResponse, error) {
	t.Helper()
	if req.Window == nil {
		req.Window = inWeek()
	}
	stream, err := a.tickets.FileTickets(t.Context(), req)
	if err != nil {
		t.Fatal(err)
	}
	return drain(stream)
}

// outcomes writes what was told of each step: "create done OPS-1".
func outcomes(told []*pb.FileTicketsResponse) []string {
	var all []string
	for _, m := range told {
		if !m.GetFinished() {
			all = append(all, strings.TrimSpace(word(m.GetStep().GetAction())+" "+m.GetOutcome()+" "+m.GetTicket().GetKey()))
		}
	}
	return all
}

func word(a pb.TicketAction) string {
	return strings.ToLower(strings.TrimPrefix(a.String(), "TICKET_ACTION_"))
}

func actions(steps []*pb.TicketStep) []string {
	var all []string
	for _, s := range steps {
		all = append(all, word(s.GetAction()))
	}
	return all
}

func (a *tracked) list(t *testing.T, req *pb.ListTicketsRequest) []*pb.Ticket {
	t.Helper()
	return must(a.tickets.ListTickets(t.Context(), req))(t).GetTickets()
}

// keys returns the tracker's names of the tickets that were ever created.
func (a *tracked) keys() []string {
	var keys []string
	for _, i := range a.tracker.Issues() {
		keys = append(keys, i.Key)
	}
	return keys
}

func TestListFindings(t *testing.T) {
	a := openTracked(t)
	resp := must(a.findings.ListFindings(t.Context(), &pb.ListFindingsRequest{Window: inWeek()}))(t)
	var got []string
	for _, f := range resp.GetFindings() {
		got = append(got, f.GetKind()+" "+f.GetTeam()+" "+f.GetService())
		if f.Cost == nil || f.GetFingerprint() != opsreview.FingerprintOf(f.GetKey()) || f.GetCategory() != opsreview.RunbookGap || len(f.GetPages()) == 0 {
			t.Errorf("finding %v", f)
		}
	}
	if diff := cmp.Diff([]string{"runbook_missing secrets Vault", "runbook_missing secrets Consul", "runbook_missing payments Ledger"}, got); diff != "" {
		t.Errorf("dearest first (-want +got):\n%s", diff)
	}
	if resp.GetTimeZone() != "UTC" || !resp.GetWindow().GetStartTime().AsTime().Equal(week.Start) {
		t.Errorf("of %v in %s", resp.GetWindow(), resp.GetTimeZone())
	}
	ours := must(a.findings.ListFindings(t.Context(), &pb.ListFindingsRequest{Team: "SECRETS", Window: inWeek()}))(t).GetFindings()
	review := must(a.reviews.PrepareReview(t.Context(), &pb.PrepareReviewRequest{Team: "secrets", Window: inWeek()}))(t).GetReview()
	if len(ours) != 2 || len(review.GetFindings()) != 2 || ours[0].String() != review.GetFindings()[0].String() {
		t.Errorf("the team's review has %v, the list %v", review.GetFindings(), ours)
	}
	_, err := a.findings.ListFindings(t.Context(), &pb.ListFindingsRequest{Team: "nobody"})
	wantCode(t, codes.NotFound, err)
}

func TestPlanTickets(t *testing.T) {
	a := openTracked(t)
	plan := must(a.tickets.PlanTickets(t.Context(), &pb.PlanTicketsRequest{Window: inWeek(), MaxNew: 2}))(t)
	if diff := cmp.Diff([]string{"create", "create", "defer"}, actions(plan.GetSteps())); diff != "" {
		t.Errorf("steps (-want +got):\n%s", diff)
	}
	first, last := plan.GetSteps()[0], plan.GetSteps()[2]
	if first.GetReason() == "" || first.GetGeneration() != 1 || first.GetTicket() != nil || !strings.Contains(first.GetPreview(), first.GetFinding().GetTitle()) {
		t.Errorf("the first step is %v", first)
	}
	if last.GetPreview() != "" {
		t.Errorf("what is not filed would be sent: %q", last.GetPreview())
	}
	if plan.GetConfirmed() || plan.GetTracker() != tracker || plan.GetTimeZone() != "UTC" {
		t.Errorf("plan of %q in %q, confirmed %t", plan.GetTracker(), plan.GetTimeZone(), plan.GetConfirmed())
	}
	for _, call := range []string{"find", "healthy", "create", "get"} {
		if n := a.tracker.Calls(call); n != 0 {
			t.Errorf("the tracker was asked to %s %d times", call, n)
		}
	}
	key := first.GetFinding().GetKey()
	for _, only := range []string{key, opsreview.FingerprintOf(key)} {
		plan = must(a.tickets.PlanTickets(t.Context(), &pb.PlanTicketsRequest{Window: inWeek(), Only: []string{only}}))(t)
		if len(plan.GetSteps()) != 1 || plan.GetSteps()[0].GetFinding().GetKey() != key {
			t.Errorf("only %s: %v", only, plan.GetSteps())
		}
	}
}

func TestTickets_WhatMakesNoSense(t *testing.T) {
	a := openTracked(t)
	tests := map[string]struct {
		call func() error
		want codes.Code
	}{
		"a finding that the review does not have": {func() error {
			_, err := a.tickets.PlanTickets(t.Context(), &pb.PlanTicketsRequest{Window: inWeek(), Only: []string{"noisy_monitor:x"}})
			return err
		}, codes.NotFound},
		"fewer than no new tickets": {func() error {
			_, err := a.tickets.PlanTickets(t.Context(), &pb.PlanTicketsRequest{Window: inWeek(), MaxNew: -1})
			return err
		}, codes.InvalidArgument},
		"a team that nobody knows": {func() error {
			_, err := a.tryFile(t, &pb.FileTicketsRequest{Team: "nobody"})
			return err
		}, codes.NotFound},
		"a list of a team that nobody knows": {func() error {
			_, err := a.tickets.ListTickets(t.Context(), &pb.ListTicketsRequest{Team: "nobody"})
			return err
		}, codes.NotFound},
		"a list of a state that there is not": {func() error {
			_, err := a.tickets.ListTickets(t.Context(), &pb.ListTicketsRequest{States: []string{"lost"}})
			return err
		}, codes.InvalidArgument},
		"resolving nothing": {func() error {
			_, err := a.tickets.ResolveTicket(t.Context(), &pb.ResolveTicketRequest{Key: "OPS-1"})
			return err
		}, codes.InvalidArgument},
		"resolving a finding without a ticket": {func() error {
			_, err := a.tickets.ResolveTicket(t.Context(), &pb.ResolveTicketRequest{Finding: "noisy_monitor:x", Retry: true})
			return err
		}, codes.NotFound},
		"a page token of another list": {func() error {
			_, err := a.tickets.ListTicketEffects(t.Context(), &pb.ListTicketEffectsRequest{PageToken: "abc"})
			return err
		}, codes.InvalidArgument},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) { wantCode(t, tt.want, tt.call()) })
	}
}

func TestTickets_WithoutATracker(t *testing.T) {
	a := &tracked{api: openServer(t)}
	seedFindings(t, a.api)
	calls := map[string]func() error{
		"plan": func() error {
			_, err := a.tickets.PlanTickets(t.Context(), &pb.PlanTicketsRequest{Window: inWeek()})
			return err
		},
		"file":  func() error { _, err := a.tryFile(t, &pb.FileTicketsRequest{Confirm: true}); return err },
		"sync":  func() error { _, err := a.tickets.SyncTickets(t.Context(), &pb.SyncTicketsRequest{}); return err },
		"adopt": func() error { _, err := a.tickets.AdoptTickets(t.Context(), &pb.AdoptTicketsRequest{}); return err },
		"check": func() error { _, err := a.tickets.CheckTracker(t.Context(), &pb.CheckTrackerRequest{}); return err },
		"resolve": func() error {
			_, err := a.tickets.ResolveTicket(t.Context(), &pb.ResolveTicketRequest{Finding: "x", Retry: true})
			return err
		},
	}
	for name, call := range calls {
		t.Run(name, func(t *testing.T) {
			s := wantCode(t, codes.InvalidArgument, call())
			if want := "no tracker is configured: add tracker: to the configuration, see docs/tickets.md"; s.Message() != want {
				t.Errorf("message %q", s.Message())
			}
		})
	}
	if rows := a.list(t, &pb.ListTicketsRequest{}); len(rows) != 0 {
		t.Errorf("the ledger has %v", rows)
	}
	if resp := must(a.tickets.ListTicketEffects(t.Context(), &pb.ListTicketEffectsRequest{}))(t); len(resp.GetEffects()) != 0 {
		t.Errorf("effects %v", resp.GetEffects())
	}
}

func TestSyncTickets(t *testing.T) {
	a := openTracked(t)
	a.file(t, &pb.FileTicketsRequest{Confirm: true})
	a.clock.move(time.Hour)
	a.tracker.Close("OPS-1", "Done")
	a.tracker.Delete("OPS-3")
	a.tracker.Edit("OPS-2", func(i *tickettest.Issue) {
		i.Stands, i.Status, i.Assignee, i.Labels = opsreview.TicketDoing, "In Review", "Ada", nil
	})
	resp := must(a.tickets.SyncTickets(t.Context(), &pb.SyncTicketsRequest{}))(t)
	if resp.GetTracker() != tracker || resp.GetAsked() != 3 || resp.GetChanged() != 3 || resp.GetGone() != 1 || resp.GetRelabelled() != 1 {
		t.Errorf("sync says %v", resp)
	}
	var got []string
	for _, row := range a.list(t, &pb.ListTicketsRequest{}) {
		got = append(got, strings.Join([]string{row.GetKey(), row.GetState(), row.GetStatusCategory(), row.GetStatus(), row.GetAssignee()}, "|"))
	}
	want := []string{"OPS-2|filed|doing|In Review|Ada", "OPS-3|gone|todo||", "OPS-1|filed|done|Done|"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("open ones first, dearest first (-want +got):\n%s", diff)
	}
	filters := map[string]struct {
		req  *pb.ListTicketsRequest
		want []string
	}{
		"of a team":              {&pb.ListTicketsRequest{Team: "Payments"}, []string{"OPS-3"}},
		"in a state":             {&pb.ListTicketsRequest{States: []string{"gone"}}, []string{"OPS-3"}},
		"that stand somewhere":   {&pb.ListTicketsRequest{States: []string{"done", "doing"}}, []string{"OPS-2", "OPS-1"}},
		"of a team, in no state": {&pb.ListTicketsRequest{Team: "payments", States: []string{"uncertain"}}, nil},
	}
	for name, tt := range filters {
		t.Run(name, func(t *testing.T) {
			var keys []string
			for _, row := range a.list(t, tt.req) {
				keys = append(keys, row.GetKey())
			}
			if diff := cmp.Diff(tt.want, keys); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// The pages of its monitor before and after tell whether a ticket held.
func TestListTickets_SaysWhetherTheyHeld(t *testing.T) {
	c := &clock{at: now}
	tracker := tickettest.NewTracker(c.now)
	a := &tracked{api: openServer(t, withTracker(tracker, c, opsreview.NoisyMonitor)), tracker: tracker, clock: c}
	var pages []opsreview.Page
	var labels []opsreview.Label
	for i := range 12 {
		p := page("Q"+string(rune('a'+i)), "vault", monday(i%7, "10:00:00").Add(time.Duration(i)*time.Minute))
		pages = append(pages, p)
		labels = append(labels, opsreview.Label{Page: p.Ref, Verdict: opsreview.NotActionable, Author: "ada", At: now})
	}
	seed(t, a.api, append(pages, page("P1", "vault", monday(-60, "10:00:00")))...)
	save(t, a.api, "pd", opsreview.Batch{Labels: labels})
	a.file(t, &pb.FileTicketsRequest{Confirm: true})
	c.move(day)
	a.tracker.Close("OPS-1", "Done")
	must(a.tickets.SyncTickets(t.Context(), &pb.SyncTicketsRequest{}))(t)
	c.move(28 * day)
	save(t, a.api, "pd", opsreview.Batch{Pages: []opsreview.Page{page("R1", "vault", monday(20, "10:00:00"))}})
	o := a.list(t, &pb.ListTicketsRequest{})[0].GetOutcome()
	if end := o.GetAfter().GetEndTime().AsTime(); o.GetPagesAfter() != 1 || end.After(monday(20, "10:00:01")) {
		t.Errorf("days after the last import count as days without a page: %v", o)
	}
	save(t, a.api, "pd", opsreview.Batch{Pages: []opsreview.Page{page("R2", "consul", monday(36, "10:00:00"))}})
	rows := a.list(t, &pb.ListTicketsRequest{})
	if len(rows) != 1 {
		t.Fatalf("the ledger has %v", rows)
	}
	o = rows[0].GetOutcome()
	if o.GetVerdict() != "held" || o.GetPagesBefore() != 12 || o.GetPagesAfter() != 1 || o.RateRatio == nil || o.MinutesSaved == nil || o.GetText() == "" {
		t.Errorf("the outcome is %v", o)
	}
}

func TestPrepareReview_Tickets(t *testing.T) {
	a := openTracked(t)
	a.file(t, &pb.FileTicketsRequest{Confirm: true})
	a.tracker.Close("OPS-1", "Done")
	must(a.tickets.SyncTickets(t.Context(), &pb.SyncTicketsRequest{}))(t)
	rows := a.list(t, &pb.ListTicketsRequest{})
	for _, row := range rows {
		if closed := row.GetKey() == "OPS-1"; (row.GetOutcome() != nil) != closed {
			t.Errorf("%s has the outcome %v", row.GetKey(), row.GetOutcome())
		}
	}
	closed := rows[len(rows)-1]
	if o := closed.GetOutcome(); o.GetVerdict() != "unknown" || o.GetText() == "" || o.MinutesSaved != nil || o.RateRatio != nil {
		t.Errorf("the outcome is %v", o)
	}
	a.clock.move(7 * day)
	review := must(a.reviews.PrepareReview(t.Context(), &pb.PrepareReviewRequest{Team: "secrets", Window: &pb.WindowSelector{Last: "14d"}}))(t).GetReview()
	if n := len(review.GetClosedTickets()); n != 1 || review.GetClosedTickets()[0].GetOutcome().GetVerdict() != "unknown" {
		t.Errorf("the review's closed tickets are %v", review.GetClosedTickets())
	}
	if n := len(review.GetFindingTickets()); n != 2 || review.GetFindingTickets()[0].GetKey() != "OPS-1" {
		t.Errorf("the tickets of its findings are %v", review.GetFindingTickets())
	}
	other := must(a.reviews.PrepareReview(t.Context(), &pb.PrepareReviewRequest{Team: "payments", Window: inWeek()}))(t).GetReview()
	if len(other.GetClosedTickets()) != 0 {
		t.Errorf("another team's review has %v", other.GetClosedTickets())
	}
}

func TestCheckTracker(t *testing.T) {
	a := openTracked(t)
	resp := must(a.tickets.CheckTracker(t.Context(), &pb.CheckTrackerRequest{}))(t)
	if resp.GetTracker() != tracker || len(resp.GetChecks()) != 1 || !resp.GetChecks()[0].GetOk() {
		t.Errorf("checks %v", resp)
	}
}
