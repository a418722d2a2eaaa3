package review_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"opsreview"
	"opsreview/anomaly"
	"opsreview/lookback"
	"opsreview/review"
)

func TestTeamCharts(t *testing.T) {
	org := opsreview.Org{Teams: []opsreview.OrgTeam{{Name: "secrets", Services: []string{"Vault"}}, {Name: "payments", Services: []string{"Ledger"}}}}
	services := map[opsreview.Ref]opsreview.Service{ref("v"): {Ref: ref("v"), Name: "Vault"}}
	charts := []opsreview.Chart{
		{Key: "named by its service", Service: "vault"},
		{Key: "by reference", Service: "PD/v"},
		{Key: "another's service", Service: "ledger"},
		{Key: "the team's", Team: "Secrets", Service: "ledger"},
		{Key: "another team's", Team: "payments", Service: "vault"},
		{Key: "everybody's"},
	}
	var got []string
	for _, c := range review.TeamCharts(org, "secrets", services, charts) {
		got = append(got, c.Key)
	}
	if diff := cmp.Diff([]string{"named by its service", "by reference", "the team's", "everybody's"}, got); diff != "" {
		t.Errorf("charts (-want +got):\n%s", diff)
	}
	if all := review.TeamCharts(org, "", nil, charts); len(all) != len(charts) {
		t.Errorf("everybody has %d charts, want %d", len(all), len(charts))
	}
}

func TestPrepare_FindsWhatPeopleAccepted(t *testing.T) {
	w := opsreview.Window{Start: week().Start, End: week().Start.Add(time.Hour)}
	in := review.Input{Window: week(), Now: week().End, Org: policed()}
	in.Org.Teams = []opsreview.OrgTeam{{Name: "secrets", Services: []string{"Vault"}}}
	in.AllServices = map[opsreview.Ref]opsreview.Service{ref("v"): {Ref: ref("v"), Name: "Vault"}}
	member := lookback.Member{Window: anomaly.Window{Text: "was 9"}}
	in.LookBack = &lookback.Report{Anomalies: []lookback.Anomaly{
		{Chart: opsreview.Chart{Key: "c", Service: "vault"}, Window: w, State: lookback.Accepted, Series: []lookback.Member{member}},
		{Chart: opsreview.Chart{Key: "d"}, Window: w, State: lookback.Open, Series: []lookback.Member{member}},
	}}
	r := review.Prepare(in)
	if diff := cmp.Diff([]string{"anomaly:c"}, keys(r.Findings)); diff != "" {
		t.Fatalf("findings (-want +got):\n%s", diff)
	}
	if f := r.Findings[0]; f.Service != "Vault" || f.Team != "secrets" || f.CostMethod != "" || f.Category != opsreview.Weirdness || r.LookBack != in.LookBack {
		t.Errorf("%+v", f)
	}
}

func TestPrepare_BoundsWhatExplainsItselfPoorly(t *testing.T) {
	in := review.Input{Window: week(), Now: week().End, Org: policed()}
	for i := range 7 {
		in.Hygiene = append(in.Hygiene,
			opsreview.Finding{Key: fmt.Sprintf("monitor_unclear:%d", i), Kind: opsreview.MonitorUnclear, Category: opsreview.Hygiene})
	}
	in.Hygiene = append(in.Hygiene, opsreview.Finding{Key: "dashboard_unclear:x", Kind: opsreview.DashboardUnclear})
	in.Hygiene[0].Monitor, in.Hygiene[1].Category = "m", opsreview.RunbookGap
	in.Monitors = map[string]opsreview.Monitor{"m": {ID: "m", Service: ref("v")}}
	in.Services = map[opsreview.Ref]opsreview.Service{ref("v"): {Ref: ref("v"), Name: "Vault"}}
	in.Team = "secrets"
	r := review.Prepare(in)
	want := []string{"monitor_unclear:0", "monitor_unclear:1", "monitor_unclear:2", "monitor_unclear:3", "monitor_unclear:4", "dashboard_unclear:x"}
	if diff := cmp.Diff(want, keys(r.Findings)); diff != "" {
		t.Errorf("findings (-want +got):\n%s", diff)
	}
	if f := r.Findings[0]; f.Service != "Vault" || f.Team != "secrets" || r.Findings[1].Category != opsreview.RunbookGap {
		t.Errorf("%+v and %+v", f, r.Findings[1])
	}
	gap := review.Gap{Subject: "monitors", Text: "2 more monitors could be clearer: monitor lint lists them"}
	found := false
	for _, g := range r.Gaps {
		found = found || g == gap
	}
	if !found {
		t.Errorf("the gaps %v lack %v", r.Gaps, gap)
	}
}
