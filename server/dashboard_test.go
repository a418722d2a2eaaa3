package server_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/grpc/codes"

	"opsreview"
	"opsreview/hygiene"
	pb "opsreview/proto/opsreview/v1"
	"opsreview/server"
)

// boarded serves dashboards of the configuration and of a source, with charts of
// two teams.
func boarded(t *testing.T) *api {
	t.Helper()
	rules := must(hygiene.Rules(nil))(t)
	a := openServer(t, func(o *server.Options) {
		o.LintRules = rules
		o.Boards = []opsreview.Dashboard{{UID: "overview", Title: "Vault", Origin: "dashboards/vault.json", Panels: []opsreview.Panel{
			{ID: 1, Type: "row", Title: "Requests"}, {ID: 4, Type: "timeseries", Title: "Reads"}, {ID: 5, Type: "timeseries", Title: "Writes"},
		}}}
		o.Charts = []opsreview.Chart{{Key: "queries/latency", Title: "Latency", Service: "vault", Source: "prom"}}
		o.Definitions = []opsreview.MonitorDefinition{
			{ID: "g/VaultDown", Title: "VaultDown", Kind: "prometheus", Origin: "rules.yaml:3", Query: "up == 0", Labels: map[string]string{"alertname": "VaultDown"}},
			{ID: "g/LedgerDown", Title: "LedgerDown", Kind: "prometheus", Origin: "rules.yaml:9", Labels: map[string]string{"team": "payments"}},
		}
	})
	seed(t, a)
	save(t, a, "prom", charted(vaultReads()))
	b := charted(opsreview.Chart{Key: "ledger/1", Title: "Bookings", Service: "ledger", Source: "prom", Also: []string{"copy/1"}})
	save(t, a, "prom", b)
	save(t, a, "grafana", opsreview.Batch{Dashboards: []opsreview.Dashboard{
		{UID: "ledger", Title: "Ledger", Origin: "https://grafana.example.com/d/ledger", UpdatedAt: monday(0, "10:00:00"), Panels: []opsreview.Panel{{ID: 1, Type: "stat"}}},
		{UID: "overview", Title: "an old copy of Vault"},
		{UID: "nobodys", Title: "Nobody's"},
	}, Definitions: []opsreview.MonitorDefinition{{ID: "g/VaultDown", Title: "VaultDown", Kind: "prometheus"}}})
	return a
}

func TestListDashboards(t *testing.T) {
	a := boarded(t)
	_, c := looking(a)
	row := func(d *pb.Dashboard) string {
		return d.GetTitle() + " of " + d.GetSource() + " at " + d.GetOrigin()
	}
	for team, want := range map[string][]string{
		"":         {"Ledger of grafana at https://grafana.example.com/d/ledger", "Nobody's of grafana at ", "Vault of  at dashboards/vault.json"},
		"secrets":  {"Nobody's of grafana at ", "Vault of  at dashboards/vault.json"},
		"payments": {"Ledger of grafana at https://grafana.example.com/d/ledger", "Nobody's of grafana at "},
	} {
		var got []string
		for _, d := range must(c.ListDashboards(t.Context(), &pb.ListDashboardsRequest{Team: team}))(t).GetDashboards() {
			got = append(got, row(d))
			if d.GetUid() == "overview" && (d.GetPanels() != 2 || d.GetCharts() != 1) {
				t.Errorf("%d panels and %d charts", d.GetPanels(), d.GetCharts())
			}
			if d.GetUid() == "ledger" && !d.GetUpdateTime().AsTime().Equal(monday(0, "10:00:00")) {
				t.Errorf("updated at %s", d.GetUpdateTime().AsTime())
			}
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("dashboards of %q (-want +got):\n%s", team, diff)
		}
	}
	_, err := c.ListDashboards(t.Context(), &pb.ListDashboardsRequest{Team: "nobody"})
	wantCode(t, codes.NotFound, err)
}

func TestListCharts(t *testing.T) {
	a := boarded(t)
	_, c := looking(a)
	for name, tt := range map[string]struct {
		req  *pb.ListChartsRequest
		want []string
	}{
		"everybody's, by key":                 {&pb.ListChartsRequest{}, []string{"ledger/1", "overview/4", "queries/latency"}},
		"a team's":                            {&pb.ListChartsRequest{Team: "payments"}, []string{"ledger/1"}},
		"of a dashboard":                      {&pb.ListChartsRequest{Dashboard: "overview"}, []string{"overview/4"}},
		"of one whose panels others ask, too": {&pb.ListChartsRequest{Dashboard: "copy"}, []string{"ledger/1"}},
		"of none":                             {&pb.ListChartsRequest{Dashboard: "over"}, nil},
	} {
		var got []string
		for _, x := range must(c.ListCharts(t.Context(), tt.req))(t).GetCharts() {
			got = append(got, x.GetKey())
			if pulled := x.GetKey() != "queries/latency"; pulled != (x.GetSkipped() == "") || pulled != (x.GetSeries() == 1) {
				t.Errorf("%s has %d series, skipped because %q", x.GetKey(), x.GetSeries(), x.GetSkipped())
			}
		}
		if diff := cmp.Diff(tt.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
	_, err := c.ListCharts(t.Context(), &pb.ListChartsRequest{Team: "nobody"})
	wantCode(t, codes.NotFound, err)
}

func TestLint(t *testing.T) {
	a := boarded(t)
	_, c := looking(a)
	for team, want := range map[string][2]int32{"": {3, 2}, "secrets": {2, 1}, "payments": {2, 2}} {
		boards := must(c.LintDashboards(t.Context(), &pb.LintDashboardsRequest{Team: team}))(t)
		monitors := must(c.LintMonitors(t.Context(), &pb.LintMonitorsRequest{Team: team}))(t)
		if got := [2]int32{boards.GetDashboards(), monitors.GetMonitors()}; got != want {
			t.Errorf("%q has %d dashboards and monitors, want %d", team, got, want)
		}
		if len(boards.GetProblems()) == 0 || len(monitors.GetProblems()) == 0 {
			t.Errorf("%q has %d and %d problems", team, len(boards.GetProblems()), len(monitors.GetProblems()))
		}
		for _, p := range append(boards.GetProblems(), monitors.GetProblems()...) {
			if p.GetRule() == "" || p.GetSeverity() == "" || p.GetSubject() == "" || p.GetText() == "" {
				t.Errorf("a problem says too little: %v", p)
			}
		}
	}
	_, err := c.LintMonitors(t.Context(), &pb.LintMonitorsRequest{Team: "nobody"})
	wantCode(t, codes.NotFound, err)
	_, err = c.LintDashboards(t.Context(), &pb.LintDashboardsRequest{Team: "nobody"})
	wantCode(t, codes.NotFound, err)
}

func TestReview_FindsMonitorsThatExplainNothing(t *testing.T) {
	a := boarded(t)
	p := page("Q1", "vault", monday(1, "09:00:00"))
	p.Title, p.Attributes = "VaultDown", map[string]string{"alertname": "VaultDown"}
	save(t, a, "pd", opsreview.Batch{Pages: []opsreview.Page{p}})
	r := must(a.reviews.PrepareReview(t.Context(), &pb.PrepareReviewRequest{Team: "secrets", Window: inWeek()}))(t).GetReview()
	for _, f := range r.GetFindings() {
		if f.GetKind() == opsreview.MonitorUnclear {
			if f.GetService() != "Vault" || f.GetTeam() != "secrets" || f.GetMonitor() == "" {
				t.Errorf("%v", f)
			}
			return
		}
	}
	t.Errorf("nothing says that VaultDown explains nothing: %v", r.GetFindings())
}

func TestListAnomalies_SeriesThatVanished(t *testing.T) {
	a := openServer(t)
	seed(t, a)
	b := charted(vaultReads())
	gone := charted(vaultReads())
	gone.Series[0].Labels = map[string]string{"instance": "b"}
	gone.Series[0].Key, gone.Series[0].Name = opsreview.SeriesKey(vaultReads().Key, "A", gone.Series[0].Labels), "reads of b"
	gone.Points[0].Series = gone.Series[0].Key
	gone.Points[0].Values = gone.Points[0].Values[:len(gone.Points[0].Values)-2*96]
	b.Series, b.Points = append(b.Series, gone.Series...), append(b.Points, gone.Points...)
	save(t, a, "prom", b)
	for _, x := range anomalies(t, a, inSecrets()).GetAnomalies() {
		if x.GetKind() != "vanished" {
			continue
		}
		if m := x.GetSeries()[0]; !x.GetOngoing() || m.GetName() != "reads of b" || !m.GetWindow().GetStartTime().AsTime().Equal(week.End.AddDate(0, 0, -2)) {
			t.Errorf("%v", x)
		}
		return
	}
	t.Error("nobody misses the reads of b")
}
