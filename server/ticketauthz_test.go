package server_test

import (
	"context"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/grpc/codes"

	"opsreview"
	pb "opsreview/proto/opsreview/v1"
	"opsreview/store"
	"opsreview/ticket/tickettest"
)

func TestTickets_WhoMayDoWhat(t *testing.T) {
	c := &clock{at: now}
	tracker := tickettest.NewTracker(c.now)
	g := openGuarded(t, withTracker(tracker, c, opsreview.RunbookMissing))
	seedFindings(t, g.api)
	file := func(ctx context.Context, team string) error {
		stream, err := g.tickets.FileTickets(ctx, &pb.FileTicketsRequest{Team: team, Window: inWeek(), Confirm: true})
		if err != nil {
			return err
		}
		_, err = drain(stream)
		return err
	}
	if err := file(g.as(t, "writer"), "payments"); err != nil {
		t.Fatal(err)
	}
	theirs := must(g.tickets.ListTickets(g.as(t, "reader"), &pb.ListTicketsRequest{}))(t).GetTickets()[0]
	if err := file(g.as(t, "secrets-writer"), "secrets"); err != nil {
		t.Fatal(err)
	}
	ours := must(g.tickets.ListTickets(g.as(t, "secrets-reader"), &pb.ListTicketsRequest{Team: "secrets"}))(t).GetTickets()[0]
	created := len(tracker.Issues())

	resolve := func(finding string) func(context.Context) error {
		return func(ctx context.Context) error {
			_, err := g.tickets.ResolveTicket(ctx, &pb.ResolveTicketRequest{Finding: finding, Key: "OPS-1"})
			return err
		}
	}
	effects := func(finding string) func(context.Context) error {
		return func(ctx context.Context) error {
			_, err := g.tickets.ListTicketEffects(ctx, &pb.ListTicketEffectsRequest{Finding: finding})
			return err
		}
	}
	plan := func(team string) func(context.Context) error {
		return func(ctx context.Context) error {
			_, err := g.tickets.PlanTickets(ctx, &pb.PlanTicketsRequest{Team: team, Window: inWeek()})
			return err
		}
	}
	tests := map[string]struct {
		as   string
		call func(context.Context) error
		want codes.Code
	}{
		"a reader plans":                              {"reader", plan(""), codes.OK},
		"a reader files nothing":                      {"reader", func(ctx context.Context) error { return file(ctx, "secrets") }, codes.PermissionDenied},
		"a team's reader plans for the team":          {"secrets-reader", plan("secrets"), codes.OK},
		"a team's reader plans for no other":          {"secrets-reader", plan("payments"), codes.PermissionDenied},
		"a team's writer files for no other":          {"secrets-writer", func(ctx context.Context) error { return file(ctx, "payments") }, codes.PermissionDenied},
		"a team's writer files not for everybody":     {"secrets-writer", func(ctx context.Context) error { return file(ctx, "") }, codes.PermissionDenied},
		"a team's writer resolves its own":            {"secrets-writer", resolve(ours.GetFindingKey()), codes.OK},
		"a team's writer sees no others to resolve":   {"secrets-writer", resolve(theirs.GetFingerprint()), codes.NotFound},
		"a team's reader resolves nothing":            {"secrets-reader", resolve(ours.GetFindingKey()), codes.PermissionDenied},
		"a team's reader reads what was asked of its": {"secrets-reader", effects(ours.GetFingerprint()), codes.OK},
		"a team's reader reads nothing of others":     {"secrets-reader", effects(theirs.GetFindingKey()), codes.NotFound},
		"a team's reader reads not everything":        {"secrets-reader", effects(""), codes.PermissionDenied},
		"a reader reads everything":                   {"reader", effects(""), codes.OK},
		"a team's writer syncs not everybody's": {"secrets-writer", func(ctx context.Context) error {
			_, err := g.tickets.SyncTickets(ctx, &pb.SyncTicketsRequest{})
			return err
		}, codes.PermissionDenied},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) { wantCode(t, tt.want, tt.call(g.as(t, tt.as))) })
	}
	if n := len(tracker.Issues()); n != created {
		t.Errorf("%d tickets were created by those who may not", n-created)
	}
}

func TestTickets_AreAudited(t *testing.T) {
	c := &clock{at: now}
	g := openGuarded(t, withTracker(tickettest.NewTracker(c.now), c, opsreview.RunbookMissing))
	seedFindings(t, g.api)
	writer := g.as(t, "writer")
	only := must(g.findings.ListFindings(writer, &pb.ListFindingsRequest{Window: inWeek()}))(t).GetFindings()[0].GetKey()
	for _, req := range []*pb.FileTicketsRequest{
		{Window: inWeek(), ValidateOnly: true},
		{Window: inWeek(), Team: "secrets", Only: []string{only}, Confirm: true},
	} {
		stream, err := g.tickets.FileTickets(writer, req)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := drain(stream); err != nil {
			t.Fatal(err)
		}
	}
	must(g.tickets.SyncTickets(writer, &pb.SyncTicketsRequest{}))(t)
	stream, err := g.tickets.FileTickets(g.as(t, "secrets-writer"), &pb.FileTicketsRequest{Team: "payments"})
	if err != nil {
		t.Fatal(err)
	}
	_, err = drain(stream)
	wantCode(t, codes.PermissionDenied, err)

	entries, err := g.db.AuditLog(t.Context(), store.AuditFilter{})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, e := range entries {
		got = append(got, strings.Join([]string{e.Caller, e.Action, e.Team, strings.Join(e.Subjects, ","), e.Outcome}, " "))
	}
	want := []string{
		"secrets-writer FileTickets payments  denied",
		"writer SyncTickets   ok",
		"writer FileTickets secrets " + only + " ok",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("newest first (-want +got):\n%s", diff)
	}
	effects := must(g.tickets.ListTicketEffects(writer, &pb.ListTicketEffectsRequest{}))(t).GetEffects()
	if len(effects) != 2 || effects[0].GetCaller() != "writer" {
		t.Errorf("the ledger's log does not name the caller: %v", effects)
	}
}
