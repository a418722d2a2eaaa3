package server_test

import (
	"slices"
	"testing"

	"google.golang.org/grpc/codes"

	"opsreview"
	pb "opsreview/proto/opsreview/v1"
	"opsreview/server"
	"opsreview/store"
	"opsreview/ticket/tickettest"
)

func TestAnomalies_WhoMayDoWhat(t *testing.T) {
	g := openGuarded(t)
	save(t, g.api, "prom", charted(vaultReads(), hour{monday(2, "10:00:00"), 500}))
	theirs := vaultReads()
	theirs.Key, theirs.Service = "ledger/1", "ledger"
	save(t, g.api, "prom", charted(theirs, hour{monday(2, "12:00:00"), 500}))
	c, d := looking(g.api)
	all := must(c.ListAnomalies(g.as(t, "reader"), &pb.ListAnomaliesRequest{Window: inWeek()}))(t).GetLookBack().GetAnomalies()
	if len(all) != 2 {
		t.Fatalf("everybody has %d anomalies, want 2", len(all))
	}
	ids := map[string]string{}
	for _, x := range all {
		ids[x.GetChart().GetService()] = x.GetId()
	}
	decide := func(as, team, id string) error {
		_, err := c.DecideAnomaly(g.as(t, as), &pb.DecideAnomalyRequest{
			Name: id, Team: team, Window: inWeek(), Verdict: pb.AnomalyVerdict_ANOMALY_VERDICT_DISMISSED, Reason: "the backup",
		})
		return err
	}
	list := func(as, team string) error {
		_, err := c.ListAnomalies(g.as(t, as), &pb.ListAnomaliesRequest{Team: team, Window: inWeek()})
		return err
	}
	charts := func(as, team string) error {
		_, err := d.ListCharts(g.as(t, as), &pb.ListChartsRequest{Team: team})
		return err
	}
	for name, tt := range map[string]struct {
		err  error
		want codes.Code
	}{
		"a team's reader lists its own":            {list("secrets-reader", "secrets"), codes.OK},
		"a team's reader lists no other's":         {list("secrets-reader", "payments"), codes.PermissionDenied},
		"a team's reader lists not everybody's":    {list("secrets-reader", ""), codes.PermissionDenied},
		"a team's reader lists its charts":         {charts("secrets-reader", "secrets"), codes.OK},
		"a team's reader lists no other's charts":  {charts("secrets-reader", "payments"), codes.PermissionDenied},
		"a reader decides nothing":                 {decide("reader", "secrets", ids["vault"]), codes.PermissionDenied},
		"a team's writer decides of its own":       {decide("secrets-writer", "secrets", ids["vault"]), codes.OK},
		"a team's writer finds no other's":         {decide("secrets-writer", "secrets", ids["ledger"]), codes.NotFound},
		"a team's writer speaks for no other team": {decide("secrets-writer", "payments", ids["ledger"]), codes.PermissionDenied},
		"nobody knows who has no token":            {list("", "secrets"), codes.Unauthenticated},
	} {
		if codeOf(tt.err) != tt.want {
			t.Errorf("%s: %v, want %s", name, tt.err, tt.want)
		}
	}
	decisions := must(c.ListDecisions(g.as(t, "secrets-reader"), &pb.ListDecisionsRequest{Team: "secrets"}))(t).GetDecisions()
	if len(decisions) != 1 || decisions[0].GetAuthor() != "secrets-writer" {
		t.Errorf("%v", decisions)
	}
	entries := must(g.db.AuditLog(t.Context(), store.AuditFilter{Action: "DecideAnomaly", Caller: "secrets-writer"}))(t)
	if !slices.ContainsFunc(entries, func(e opsreview.AuditEntry) bool {
		return e.Outcome == opsreview.OutcomeOK && slices.Equal(e.Subjects, []string{"anomaly " + ids["vault"]}) && e.Team == "secrets"
	}) {
		t.Errorf("the audit log does not tell of it: %+v", entries)
	}
}

func TestDecideAnomaly_ByWhoeverUsesThisMachine(t *testing.T) {
	a := openServer(t, func(o *server.Options) { o.LocalUser = "ada" })
	seed(t, a)
	save(t, a, "prom", charted(vaultReads(), hour{monday(2, "10:00:00"), 500}))
	resp := must(decide(t, a, one(t, anomalies(t, a, inSecrets())).GetId(), func(r *pb.DecideAnomalyRequest) { r.Author = "" }))(t)
	if got := resp.GetDecision().GetAuthor(); got != "ada" {
		t.Errorf("decided by %q", got)
	}
}

func TestPlanTickets_OfAnAcceptedAnomaly(t *testing.T) {
	c := &clock{at: now}
	a := openServer(t, withTracker(tickettest.NewTracker(c.now), c, opsreview.AnomalyFound))
	seed(t, a)
	save(t, a, "prom", charted(vaultReads(), hour{monday(2, "10:00:00"), 500}))
	plan := func() []*pb.TicketStep {
		return must(a.tickets.PlanTickets(t.Context(), &pb.PlanTicketsRequest{Team: "secrets", Window: inWeek()}))(t).GetSteps()
	}
	if steps := plan(); len(steps) != 0 {
		t.Fatalf("a ticket for what nobody accepted: %v", steps)
	}
	id := one(t, anomalies(t, a, inSecrets())).GetId()
	must(decide(t, a, id, func(r *pb.DecideAnomalyRequest) { r.Verdict = pb.AnomalyVerdict_ANOMALY_VERDICT_ACCEPTED }))(t)
	if steps := plan(); len(steps) != 1 || steps[0].GetFinding().GetKey() != "anomaly:overview/4" {
		t.Errorf("%v", steps)
	}
}
