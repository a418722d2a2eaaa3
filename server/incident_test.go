package server_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/grpc/codes"

	"opsreview"
	pb "opsreview/proto/opsreview/v1"
	"opsreview/server"
)

// declared is an incident of the tests that a source tells of.
func declared(id string, change func(*opsreview.Incident)) opsreview.Incident {
	i := opsreview.Incident{
		Ref: opsreview.Ref{Source: "rootly", ID: id}, Number: "INC-" + id, Title: "incident " + id, Status: "resolved", Severity: "SEV2",
		DeclaredAt: monday(1, "02:06:00"), StartedAt: monday(1, "02:00:00"), ResolvedAt: monday(1, "02:30:00"),
	}
	if change != nil {
		change(&i)
	}
	return i
}

// incidents serves an outage with pages and burn, and the incidents of it.
func incidents(t *testing.T, all ...opsreview.Incident) (*api, pb.IncidentServiceClient) {
	t.Helper()
	a := openServer(t, withObjectives)
	seedBurn(t, a)
	save(t, a, "rootly", opsreview.Batch{Incidents: all})
	return a, pb.NewIncidentServiceClient(a.conn)
}

func TestListIncidents_WhoseTheyAre(t *testing.T) {
	_, c := incidents(
		t,
		declared("team", func(i *opsreview.Incident) { i.Teams = []string{"Secrets"} }),
		declared("service", func(i *opsreview.Incident) { i.Services = []string{"vault"} }),
		declared("page", func(i *opsreview.Incident) { i.Pages = []opsreview.Ref{ref("Q1")} }),
		declared("others", func(i *opsreview.Incident) { i.Services = []string{"Ledger"} }),
		declared("nobody", nil),
	)
	for team, want := range map[string]string{
		"secrets": "rootly/page rootly/service rootly/team", "payments": "rootly/others",
		"": "rootly/nobody rootly/others rootly/page rootly/service rootly/team",
	} {
		r := must(c.ListIncidents(t.Context(), &pb.ListIncidentsRequest{Team: team, Window: inWeek()}))(t).GetReport()
		var got []string
		for _, i := range r.GetIncidents() {
			got = append(got, i.GetName())
		}
		if diff := cmp.Diff(want, strings.Join(got, " ")); diff != "" {
			t.Errorf("incidents of %q (-want +got):\n%s", team, diff)
		}
		for _, m := range r.GetMissing() {
			if owner := m.GetField() == "owner"; owner && (team != "" || m.GetCount() != 1) {
				t.Errorf("team %q has %d incidents without an owner", team, m.GetCount())
			}
		}
	}
}

func TestListIncidents_WhatTheyWere(t *testing.T) {
	a, c := incidents(t, declared("1", func(i *opsreview.Incident) { i.Services, i.Pages = []string{"Vault"}, []opsreview.Ref{ref("Q1")} }))
	r := must(c.ListIncidents(t.Context(), &pb.ListIncidentsRequest{Window: inWeek()}))(t).GetReport()
	i := r.GetIncidents()[0]
	if i.GetDetectedBy() != "alert" || !i.GetDetectorInferred() || r.GetByAlert() != 1 {
		t.Errorf("it was noticed by %q", i.GetDetectedBy())
	}
	if i.GetTimeToDetect().AsDuration() != 5*time.Minute || i.GetTimeToAcknowledge().AsDuration() != time.Minute || i.GetTimeToMitigate() != nil {
		t.Errorf("its times are %v, %v and %v", i.GetTimeToDetect(), i.GetTimeToAcknowledge(), i.GetTimeToMitigate())
	}
	if len(i.GetBurned()) == 0 || i.GetBurned()[0].GetSlo() != "vault/availability" {
		t.Fatalf("it burned %v", i.GetBurned())
	}
	about(t, "what it burned", 1000, i.GetBurned()[0].GetBad())
	about(t, "its share of the budget", 1000.0/(0.001*30*24*60*100), i.GetBurned()[0].GetShare())
	if review := prepare(t, a, "secrets"); len(review.GetIncidents().GetIncidents()) != 1 {
		t.Errorf("the review has the incidents %v", review.GetIncidents())
	}
	if review := prepare(t, a, "payments"); review.GetIncidents() == nil || len(review.GetIncidents().GetIncidents()) != 0 {
		t.Errorf("the other team's review has the incidents %v", review.GetIncidents())
	}
	severe := must(c.ListIncidents(t.Context(), &pb.ListIncidentsRequest{Window: inWeek(), Severity: "sev-2"}))(t).GetReport()
	light := must(c.ListIncidents(t.Context(), &pb.ListIncidentsRequest{Window: inWeek(), Severity: "SEV3"}))(t).GetReport()
	if len(severe.GetIncidents()) != 1 || len(light.GetIncidents()) != 0 {
		t.Errorf("of SEV2 there are %d, of SEV3 %d", len(severe.GetIncidents()), len(light.GetIncidents()))
	}
}

func TestIncidents_OverdueIsAFindingUntilItIsLinked(t *testing.T) {
	a, c := incidents(t, declared("old", func(i *opsreview.Incident) {
		i.Services, i.StartedAt, i.DeclaredAt, i.ResolvedAt = []string{"Vault"}, now.AddDate(0, 0, -40), now.AddDate(0, 0, -40), now.AddDate(0, 0, -39)
	}))
	overdue := func() int {
		r := must(c.ListIncidents(t.Context(), &pb.ListIncidentsRequest{Team: "secrets", Window: inWeek(), Overdue: true}))(t).GetReport()
		n := 0
		for _, f := range prepare(t, a, "secrets").GetFindings() {
			if f.GetKind() == opsreview.IncidentUnfinished {
				n++
			}
		}
		if n != len(r.GetOverdue()) {
			t.Errorf("%d findings about %d overdue incidents", n, len(r.GetOverdue()))
		}
		return n
	}
	if overdue() != 1 {
		t.Fatal("it is not overdue")
	}
	link := func(kind, target string) *pb.Incident {
		return must(c.LinkIncident(t.Context(), &pb.LinkIncidentRequest{Name: "inc-old", Kind: kind, Targets: []string{target}, Author: "ada"}))(t).GetIncident()
	}
	if i := link("postmortem", "https://example.com/pm"); !i.GetOverdue() || i.GetText() != "It has no follow-up 39 days after its resolution." {
		t.Errorf("with a postmortem alone it says %q", i.GetText())
	}
	if i := link("ticket", "OPS-7"); i.GetOverdue() || i.GetFollowUps()[0].GetKey() != "OPS-7" || i.GetFollowUps()[0].GetKnown() {
		t.Errorf("with both it is %v", i)
	}
	if overdue() != 0 {
		t.Error("it is overdue still")
	}
	must(c.UnlinkIncident(t.Context(), &pb.UnlinkIncidentRequest{Name: "rootly/old", Kind: "ticket", Target: "ops-7", Author: "ben"}))(t)
	if overdue() != 1 {
		t.Error("what was taken back counts still")
	}
	shown := must(c.GetIncident(t.Context(), &pb.GetIncidentRequest{Name: "rootly/o"}))(t)
	if len(shown.GetLinks()) != 2 || shown.GetLinks()[0].GetWithdrawnBy() != "ben" || shown.GetTimeZone() != "UTC" {
		t.Errorf("its links are %v, in %s", shown.GetLinks(), shown.GetTimeZone())
	}
}

// entry is an incident that somebody enters.
func entry(change func(*pb.CreateIncidentRequest)) *pb.CreateIncidentRequest {
	req := &pb.CreateIncidentRequest{
		Title: " Vault  is down ", Severity: "sev1", DetectedBy: "customer", Services: []string{"vault"}, Team: "secrets", Pages: []string{"Q1"},
		Start: "2026-11-10T02:00", Detect: "2026-11-10T02:04", Resolve: "2026-11-10T02:30", Author: "ada", Number: "INC-9", RequestId: "r1",
	}
	if change != nil {
		change(req)
	}
	return req
}

func TestCreateIncident(t *testing.T) {
	_, c := incidents(t)
	i := must(c.CreateIncident(t.Context(), entry(nil)))(t).GetIncident()
	if !strings.HasPrefix(i.GetName(), "manual/i-") || i.GetTitle() != "Vault is down" || i.GetSeverity() != "SEV1" || i.GetServices()[0] != "Vault" ||
		i.GetPages()[0] != "pd/Q1" || i.GetTimeToDetect().AsDuration() != 4*time.Minute || i.GetTimeToResolve().AsDuration() != 30*time.Minute {
		t.Errorf("it was entered as %v", i)
	}
	again := must(c.CreateIncident(t.Context(), entry(nil)))(t).GetIncident()
	if again.GetName() != i.GetName() {
		t.Errorf("the same request entered %s and %s", i.GetName(), again.GetName())
	}
	if got := must(c.GetIncident(t.Context(), &pb.GetIncidentRequest{Name: "inc-9"}))(t).GetIncident().GetName(); got != i.GetName() {
		t.Errorf("its number finds %s", got)
	}
}

func TestCreateIncident_Refuses(t *testing.T) {
	_, c := incidents(t)
	for name, tt := range map[string]struct {
		change func(*pb.CreateIncidentRequest)
		want   codes.Code
	}{
		"one without a title":         {func(r *pb.CreateIncidentRequest) { r.Title = " " }, codes.InvalidArgument},
		"one without an author":       {func(r *pb.CreateIncidentRequest) { r.Author = "" }, codes.InvalidArgument},
		"a severity that is a slip":   {func(r *pb.CreateIncidentRequest) { r.Severity = "SEVV1" }, codes.InvalidArgument},
		"an unknown detector":         {func(r *pb.CreateIncidentRequest) { r.DetectedBy = "dog" }, codes.InvalidArgument},
		"an unknown service":          {func(r *pb.CreateIncidentRequest) { r.Services = []string{"walt"} }, codes.NotFound},
		"an unknown page":             {func(r *pb.CreateIncidentRequest) { r.Pages = []string{"Q99"} }, codes.NotFound},
		"an unknown team":             {func(r *pb.CreateIncidentRequest) { r.Team = "nobody" }, codes.NotFound},
		"a time that is none":         {func(r *pb.CreateIncidentRequest) { r.Start = "soonish" }, codes.InvalidArgument},
		"a time that is yet to come":  {func(r *pb.CreateIncidentRequest) { r.Resolve = "in 2h" }, codes.InvalidArgument},
		"an end before the start":     {func(r *pb.CreateIncidentRequest) { r.Resolve = "2026-11-09" }, codes.InvalidArgument},
		"an address that is none":     {func(r *pb.CreateIncidentRequest) { r.Postmortem = "javascript:alert(1)" }, codes.InvalidArgument},
		"a title longer than a novel": {func(r *pb.CreateIncidentRequest) { r.Title = strings.Repeat("x", 30_000) }, codes.InvalidArgument},
	} {
		if _, err := c.CreateIncident(t.Context(), entry(tt.change)); codeOf(err) != tt.want {
			t.Errorf("%s: %v, want %s", name, err, tt.want)
		}
	}
	must(c.CreateIncident(t.Context(), entry(nil)))(t)
	if _, err := c.CreateIncident(t.Context(), entry(func(r *pb.CreateIncidentRequest) { r.RequestId = "r2" })); codeOf(err) != codes.AlreadyExists {
		t.Errorf("a number that is taken: %v", err)
	}
}

func TestLinkIncident_Refuses(t *testing.T) {
	_, c := incidents(t, declared("1", nil), declared("10", nil), declared("20", nil), declared("21", nil))
	for name, tt := range map[string]struct {
		incident, kind, target string
		want                   codes.Code
	}{
		"an incident that there is not": {"INC-5", "ticket", "OPS-1", codes.NotFound},
		"a beginning that fits several": {"2", "ticket", "OPS-1", codes.InvalidArgument},
		"a whole name fits one":         {"1", "ticket", "OPS-1", codes.OK},
		"no name":                       {" ", "ticket", "OPS-1", codes.InvalidArgument},
		"an unknown kind":               {"INC-1", "mood", "good", codes.InvalidArgument},
		"nothing":                       {"INC-1", "ticket", " ", codes.InvalidArgument},
		"a page that there is not":      {"INC-1", "page", "Q99", codes.NotFound},
		"a postmortem that is no link":  {"INC-1", "postmortem", "later", codes.InvalidArgument},
		"a ticket with blanks":          {"INC-1", "ticket", "to do", codes.InvalidArgument},
		"a severity that there is not":  {"INC-1", "severity", "bad", codes.InvalidArgument},
		"a detector that there is not":  {"INC-1", "detected_by", "dog", codes.InvalidArgument},
		"a service that there is not":   {"INC-1", "service", "walt", codes.NotFound},
	} {
		_, err := c.LinkIncident(t.Context(), &pb.LinkIncidentRequest{Name: tt.incident, Kind: tt.kind, Targets: []string{tt.target}, Author: "ada"})
		if codeOf(err) != tt.want {
			t.Errorf("%s: %v, want %s", name, err, tt.want)
		}
	}
	if _, err := c.UnlinkIncident(t.Context(), &pb.UnlinkIncidentRequest{Name: "INC-1", Kind: "page", Target: "Q1", Author: "ada"}); codeOf(err) != codes.NotFound {
		t.Errorf("a link that there is not: %v", err)
	}
}

func TestListIncidents_SettingsSayWhatIsGrave(t *testing.T) {
	a := openServer(t, func(o *server.Options) {
		o.Incidents.Severities, o.Incidents.From, o.Incidents.Within = []string{"major", "minor"}, "major", time.Hour
	})
	save(t, a, "rootly", opsreview.Batch{Incidents: []opsreview.Incident{
		declared("1", func(i *opsreview.Incident) { i.Severity = "Major" }), declared("2", func(i *opsreview.Incident) { i.Severity = "minor" }),
	}})
	r := must(pb.NewIncidentServiceClient(a.conn).ListIncidents(t.Context(), &pb.ListIncidentsRequest{Window: inWeek()}))(t).GetReport()
	if len(r.GetOverdue()) != 1 || r.GetOverdue()[0].GetName() != "rootly/1" {
		t.Errorf("overdue are %v", r.GetOverdue())
	}
}

func TestListIncidents_Nothing(t *testing.T) {
	a, c := incidents(t)
	r := must(c.ListIncidents(t.Context(), &pb.ListIncidentsRequest{Window: inWeek()}))(t).GetReport()
	if len(r.GetIncidents()) != 0 || r.GetDetect().GetSpread() != nil || r.GetWindow() == nil {
		t.Errorf("nothing is %v", r)
	}
	if got := prepare(t, a, "secrets").GetIncidents(); got != nil {
		t.Errorf("a review where no incident is known has %v", got)
	}
}
