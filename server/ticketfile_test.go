package server_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/grpc/codes"
	healthpb "google.golang.org/grpc/health/grpc_health_v1"

	"opsreview"
	pb "opsreview/proto/opsreview/v1"
	"opsreview/ticket/tickettest"
)

func TestFileTickets_NothingIsFiledBeforeSomebodyAgrees(t *testing.T) {
	a := openTracked(t)
	for name, req := range map[string]*pb.FileTicketsRequest{
		"nobody agreed":              {},
		"agreeing is only tried out": {Confirm: true, ValidateOnly: true},
	} {
		t.Run(name, func(t *testing.T) {
			told := a.file(t, req)
			if diff := cmp.Diff([]string{"create planned", "create planned", "create planned"}, outcomes(told)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			if end := told[len(told)-1]; !end.GetUnconfirmed() || end.GetTracker() != tracker {
				t.Errorf("it ends with %v", end)
			}
			if told[0].GetStep().GetPreview() == "" {
				t.Error("nobody says what would be sent")
			}
			if n := a.tracker.Calls("create") + a.tracker.Calls("find"); n != 0 {
				t.Errorf("the tracker was asked %d times", n)
			}
			if rows := a.list(t, &pb.ListTicketsRequest{}); len(rows) != 0 {
				t.Errorf("the ledger has %v", rows)
			}
		})
	}
}

func TestFileTickets_EachFindingOnce(t *testing.T) {
	a := openTracked(t)
	told := a.file(t, &pb.FileTicketsRequest{Confirm: true})
	if diff := cmp.Diff([]string{"create done OPS-1", "create done OPS-2", "create done OPS-3"}, outcomes(told)); diff != "" {
		t.Fatalf("the first time (-want +got):\n%s", diff)
	}
	if told[3].GetUnconfirmed() {
		t.Error("nobody agreed")
	}
	for _, m := range told[:3] {
		if row := m.GetTicket(); row.GetUrl() == "" || row.GetState() != "filed" || row.GetSeen() != 1 || m.GetError() != "" {
			t.Errorf("told of %v", m)
		}
	}
	plan := must(a.tickets.PlanTickets(t.Context(), &pb.PlanTicketsRequest{Window: inWeek()}))(t)
	if diff := cmp.Diff([]string{"skip", "skip", "skip"}, actions(plan.GetSteps())); diff != "" || !plan.GetConfirmed() {
		t.Errorf("the plan after, confirmed %t (-want +got):\n%s", plan.GetConfirmed(), diff)
	}
	for _, req := range []*pb.FileTicketsRequest{{}, {Confirm: true}, {ValidateOnly: true}, {Team: "secrets"}} {
		told := a.file(t, req)
		for _, o := range outcomes(told) {
			if !strings.HasPrefix(o, "skip planned OPS-") {
				t.Errorf("again, with %v: %s", req, o)
			}
		}
	}
	if diff := cmp.Diff([]string{"OPS-1", "OPS-2", "OPS-3"}, a.keys()); diff != "" {
		t.Errorf("tickets (-want +got):\n%s", diff)
	}
}

func TestFileTickets_NoMoreThanAsked(t *testing.T) {
	a := openTracked(t)
	told := a.file(t, &pb.FileTicketsRequest{Confirm: true, MaxNew: 1})
	if diff := cmp.Diff([]string{"create done OPS-1", "defer planned", "defer planned"}, outcomes(told)); diff != "" {
		t.Errorf("one at most (-want +got):\n%s", diff)
	}
	ledger := told[2].GetStep().GetFinding()
	if ledger.GetTeam() != "payments" {
		t.Fatalf("the cheapest is %v", ledger)
	}
	told = a.file(t, &pb.FileTicketsRequest{Only: []string{ledger.GetFingerprint()}})
	if diff := cmp.Diff([]string{"create done OPS-2"}, outcomes(told)); diff != "" {
		t.Errorf("only one (-want +got):\n%s", diff)
	}
	told = a.file(t, &pb.FileTicketsRequest{Team: "secrets"})
	if diff := cmp.Diff([]string{"skip planned OPS-1", "create done OPS-3"}, outcomes(told)); diff != "" {
		t.Errorf("a team's (-want +got):\n%s", diff)
	}
}

// What a lost ledger had filed is adopted before anything is filed from an
// empty one.
func TestFileTickets_AdoptsAfterALostLedger(t *testing.T) {
	lost := openTracked(t)
	lost.file(t, &pb.FileTicketsRequest{Confirm: true})
	fresh := &tracked{api: openServer(t, withTracker(lost.tracker, lost.clock, opsreview.RunbookMissing)), tracker: lost.tracker, clock: lost.clock}
	seedFindings(t, fresh.api)
	for _, o := range outcomes(fresh.file(t, &pb.FileTicketsRequest{Confirm: true})) {
		if strings.HasPrefix(o, "create ") {
			t.Errorf("an empty ledger does %s", o)
		}
	}
	if n := len(fresh.keys()); n != 3 {
		t.Errorf("%d tickets", n)
	}
}

func TestAdoptTickets(t *testing.T) {
	lost := openTracked(t)
	lost.file(t, &pb.FileTicketsRequest{Confirm: true})
	lost.tracker.Close("OPS-2", "Done")
	fresh := &tracked{api: openServer(t, withTracker(lost.tracker, lost.clock, opsreview.RunbookMissing)), tracker: lost.tracker, clock: lost.clock}
	resp := must(fresh.tickets.AdoptTickets(t.Context(), &pb.AdoptTicketsRequest{}))(t)
	if resp.GetTracker() != tracker || resp.GetFound() != 3 || resp.GetAdopted() != 3 || len(resp.GetDuplicates()) != 0 {
		t.Errorf("adopted %v", resp)
	}
	if again := must(fresh.tickets.AdoptTickets(t.Context(), &pb.AdoptTicketsRequest{}))(t); again.GetAdopted() != 0 {
		t.Errorf("adopted again: %v", again)
	}
	rows := fresh.list(t, &pb.ListTicketsRequest{})
	if len(rows) != 3 || rows[2].GetKey() != "OPS-2" || rows[2].GetStatusCategory() != "done" {
		t.Errorf("the ledger has %v", rows)
	}
}

// A ticket whose answer was lost is found again, and not filed a second time.
func TestFileTickets_FindsWhatItDoesNotKnowOf(t *testing.T) {
	a := openTracked(t)
	a.tracker.Fault = func(call string) tickettest.Fault {
		if call == "create" {
			return tickettest.LoseAnswer
		}
		return tickettest.None
	}
	if told := a.file(t, &pb.FileTicketsRequest{Confirm: true, MaxNew: 1}); told[0].GetOutcome() != "uncertain" || told[0].GetError() == "" {
		t.Fatalf("told of %v", told[0])
	}
	a.tracker.Fault = nil
	told := a.file(t, &pb.FileTicketsRequest{MaxNew: 1})
	if got := outcomes(told)[0]; got != "recover done OPS-1" {
		t.Errorf("it does %s", got)
	}
	if told[0].GetDetail() == "" {
		t.Error("nobody says that it was there")
	}
}

func TestFileTickets_WhatTheTrackerSays(t *testing.T) {
	tests := map[string]struct {
		call  string
		fault tickettest.Fault
		want  codes.Code
		told  []string
		text  string
	}{
		"it cannot be reached":                 {"find", tickettest.LoseRequest, codes.Unavailable, nil, "memory/OPS does not answer"},
		"it refuses a ticket and takes others": {"create", tickettest.Reject, codes.OK, []string{"create rejected", "create rejected", "defer planned"}, ""},
		"nobody knows whether it took a ticket": {
			"create", tickettest.LoseRequest, codes.OK, []string{"create uncertain", "create uncertain", "defer planned"}, "",
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			a := openTracked(t)
			a.tracker.Fault = func(call string) tickettest.Fault {
				if call == tt.call {
					return tt.fault
				}
				return tickettest.None
			}
			told, err := a.tryFile(t, &pb.FileTicketsRequest{Confirm: true, MaxNew: 2})
			s := wantCode(t, tt.want, err)
			if !strings.Contains(s.Message(), tt.text) {
				t.Errorf("it says %q", s.Message())
			}
			if diff := cmp.Diff(tt.told, outcomes(told)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			if tt.want == codes.Unavailable {
				_, err := a.tickets.AdoptTickets(t.Context(), &pb.AdoptTicketsRequest{})
				wantCode(t, tt.want, err)
			}
		})
	}
}

func TestSyncTickets_TrackerDown(t *testing.T) {
	a := openTracked(t)
	a.file(t, &pb.FileTicketsRequest{Confirm: true})
	a.tracker.Fault = func(string) tickettest.Fault { return tickettest.LoseRequest }
	_, err := a.tickets.SyncTickets(t.Context(), &pb.SyncTicketsRequest{})
	wantCode(t, codes.Unavailable, err)
	_, err = a.tickets.ResolveTicket(t.Context(), &pb.ResolveTicketRequest{Finding: a.list(t, &pb.ListTicketsRequest{})[0].GetFingerprint(), Key: "OPS-2"})
	wantCode(t, codes.Unavailable, err)
}

func TestFileTickets_OneAtATime(t *testing.T) {
	a := openTracked(t)
	a.file(t, &pb.FileTicketsRequest{Confirm: true, MaxNew: 1})
	if err := a.db.Lease(t.Context(), tracker, "carol", now, now.Add(time.Minute)); err != nil {
		t.Fatal(err)
	}
	_, err := a.tryFile(t, &pb.FileTicketsRequest{})
	if s := wantCode(t, codes.AlreadyExists, err); !strings.Contains(s.Message(), "carol") {
		t.Errorf("it does not say who files: %s", s.Message())
	}
	_, err = a.tickets.SyncTickets(t.Context(), &pb.SyncTicketsRequest{})
	wantCode(t, codes.AlreadyExists, err)
	a.clock.move(2 * time.Minute)
	if got := outcomes(a.file(t, &pb.FileTicketsRequest{}))[1]; got != "create done OPS-2" {
		t.Errorf("after that it does %s", got)
	}
}

// A caller who goes away while a ticket is being created ends the run behind
// it: the ticket is in the ledger, and no other is created.
func TestFileTickets_TheCallerGoesAway(t *testing.T) {
	a := openTracked(t)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	ended := make(chan error, 1)
	asked := make(chan struct{})
	a.tracker.Hook = func(at string) {
		if at != "before create" {
			return
		}
		a.tracker.Hook = nil
		cancel()
		if err := <-ended; codeOf(err) != codes.Canceled {
			t.Errorf("the call ends with %v", err)
		}
		// The cancellation goes over the same connection before this does.
		if _, err := a.health.Check(t.Context(), &healthpb.HealthCheckRequest{}); err != nil {
			t.Error(err)
		}
		close(asked)
	}
	stream, err := a.tickets.FileTickets(ctx, &pb.FileTicketsRequest{Window: inWeek(), Confirm: true})
	if err != nil {
		t.Fatal(err)
	}
	_, err = drain(stream)
	ended <- err
	<-asked
	stop, done := context.WithTimeout(t.Context(), 10*time.Second)
	defer done()
	a.server.Stop(stop) // waits for the call
	rows, err := a.db.Tickets(t.Context(), tracker)
	if err != nil || len(rows) != 1 || rows[0].State != opsreview.TicketFiled || rows[0].RemoteKey != "OPS-1" {
		t.Errorf("the ledger has %v, %v", rows, err)
	}
	if diff := cmp.Diff([]string{"OPS-1"}, a.keys()); diff != "" {
		t.Errorf("tickets (-want +got):\n%s", diff)
	}
	if err := a.db.Lease(t.Context(), tracker, "carol", now, now.Add(time.Minute)); err != nil {
		t.Errorf("the next run cannot begin: %v", err)
	}
}
