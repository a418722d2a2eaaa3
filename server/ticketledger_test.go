package server_test

import (
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/grpc/codes"

	pb "opsreview/proto/opsreview/v1"
	"opsreview/ticket/tickettest"
)

func TestResolveTicket(t *testing.T) {
	a := openTracked(t)
	a.tracker.Lag = func() time.Duration { return day }
	a.tracker.Fault = func(call string) tickettest.Fault {
		if call == "create" {
			return tickettest.LoseAnswer
		}
		return tickettest.None
	}
	told := a.file(t, &pb.FileTicketsRequest{Confirm: true, MaxNew: 2})
	if diff := cmp.Diff([]string{"create uncertain", "create uncertain", "defer planned"}, outcomes(told)); diff != "" {
		t.Fatalf("(-want +got):\n%s", diff)
	}
	if told[0].GetError() == "" || told[0].GetTicket().GetState() != "uncertain" {
		t.Errorf("the lost answer is told as %v", told[0])
	}
	a.tracker.Fault = nil
	vault, consul := told[0].GetStep().GetFinding(), told[1].GetStep().GetFinding()
	named := must(a.tickets.ResolveTicket(t.Context(), &pb.ResolveTicketRequest{Finding: vault.GetKey(), Key: " OPS-1 "}))(t).GetTicket()
	if named.GetState() != "filed" || named.GetKey() != "OPS-1" || named.GetTitle() != vault.GetTitle() {
		t.Errorf("named: %v", named)
	}
	again := must(a.tickets.ResolveTicket(t.Context(), &pb.ResolveTicketRequest{Finding: consul.GetFingerprint(), Retry: true}))(t).GetTicket()
	if again.GetState() != "planned" {
		t.Errorf("to be tried again: %v", again)
	}
	_, err := a.tickets.ResolveTicket(t.Context(), &pb.ResolveTicketRequest{Finding: vault.GetKey(), Key: "OPS-99"})
	wantCode(t, codes.NotFound, err)
}

func TestListTicketEffects(t *testing.T) {
	a := openTracked(t)
	told := a.file(t, &pb.FileTicketsRequest{Confirm: true})
	all := must(a.tickets.ListTicketEffects(t.Context(), &pb.ListTicketEffectsRequest{}))(t).GetEffects()
	var got []string
	for _, e := range all {
		got = append(got, e.GetAction()+" "+e.GetOutcome()+" "+e.GetKey())
		if e.GetStartTime() == nil || e.GetEndTime() == nil || e.GetCaller() == "" || e.GetTracker() != tracker {
			t.Errorf("effect %v", e)
		}
	}
	want := []string{"create ok OPS-3", "probe ok ", "create ok OPS-2", "probe ok ", "create ok OPS-1", "probe ok "}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("newest first (-want +got):\n%s", diff)
	}
	f := told[1].GetStep().GetFinding()
	for _, name := range []string{f.GetKey(), f.GetFingerprint()} {
		of := must(a.tickets.ListTicketEffects(t.Context(), &pb.ListTicketEffectsRequest{Finding: name}))(t).GetEffects()
		if len(of) != 2 || of[0].GetKey() != "OPS-2" {
			t.Errorf("of %s: %v", name, of)
		}
	}
	var paged []string
	req := &pb.ListTicketEffectsRequest{PageSize: 4}
	for range 3 {
		resp := must(a.tickets.ListTicketEffects(t.Context(), req))(t)
		for _, e := range resp.GetEffects() {
			paged = append(paged, e.GetAction()+" "+e.GetOutcome()+" "+e.GetKey())
		}
		if req.PageToken = resp.GetNextPageToken(); req.PageToken == "" {
			break
		}
	}
	if !slices.Equal(paged, want) {
		t.Errorf("in pages: %v", paged)
	}
}
