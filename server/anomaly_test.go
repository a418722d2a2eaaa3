package server_test

import (
	"math"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"

	"opsreview"
	pb "opsreview/proto/opsreview/v1"
	"opsreview/server"
)

// looking gives a test the clients of what is looked at.
func looking(a *api) (pb.AnomalyServiceClient, pb.DashboardServiceClient) {
	return pb.NewAnomalyServiceClient(a.conn), pb.NewDashboardServiceClient(a.conn)
}

// An hour is a stretch in which a series of the tests is far from usual.
type hour struct {
	at time.Time
	by float64
}

// charted is a batch of one chart with a series of four weeks at a quarter of an
// hour that ends with the week under review.
func charted(chart opsreview.Chart, hours ...hour) opsreview.Batch {
	labels := map[string]string{"instance": "a"}
	s := opsreview.Series{Key: opsreview.SeriesKey(chart.Key, "A", labels), Chart: chart.Key, Query: "A", Name: "reads of a", Labels: labels}
	p := opsreview.Points{Series: s.Key, Start: week.End.AddDate(0, 0, -28), Step: 15 * time.Minute} // fine enough for hours
	for i := range 28 * 96 {
		at := p.Start.Add(time.Duration(i) * p.Step)
		v := 100 + 20*math.Sin(2*math.Pi*float64(i%96)/96) + 4*float64(i*7919%101)/101
		for _, h := range hours {
			if !at.Before(h.at) && at.Before(h.at.Add(time.Hour)) {
				v += h.by
			}
		}
		p.Values = append(p.Values, v)
	}
	return opsreview.Batch{Charts: []opsreview.Chart{chart}, Series: []opsreview.Series{s}, Points: []opsreview.Points{p}}
}

func vaultReads() opsreview.Chart {
	return opsreview.Chart{Key: "overview/4", Title: "Reads", Dashboard: "Vault", Service: "vault", Source: "prom", Unit: "reqps"}
}

// spiked serves a week in which the reads of Vault were weird for an hour of
// Wednesday.
func spiked(t *testing.T) *api {
	t.Helper()
	a := openServer(t)
	seed(t, a, page("Q1", "vault", monday(0, "09:00:00")))
	save(t, a, "prom", charted(vaultReads(), hour{monday(2, "10:00:00"), 500}))
	return a
}

func inSecrets() *pb.ListAnomaliesRequest {
	return &pb.ListAnomaliesRequest{Team: "secrets", Window: inWeek()}
}

// anomalies lists what a request asks for.
func anomalies(t *testing.T, a *api, req *pb.ListAnomaliesRequest) *pb.LookBack {
	t.Helper()
	c, _ := looking(a)
	return must(c.ListAnomalies(t.Context(), req))(t).GetLookBack()
}

// one returns the only anomaly of a look back.
func one(t *testing.T, l *pb.LookBack) *pb.Anomaly {
	t.Helper()
	if len(l.GetAnomalies()) != 1 {
		t.Fatalf("%d anomalies, want 1: %v", len(l.GetAnomalies()), l)
	}
	return l.GetAnomalies()[0]
}

func TestListAnomalies_WhatWasWeird(t *testing.T) {
	a := spiked(t)
	l := anomalies(t, a, inSecrets())
	x := one(t, l)
	if got := x.GetWindow().GetStartTime().AsTime(); got.Before(monday(2, "09:00:00")) || got.After(monday(2, "10:15:00")) {
		t.Errorf("it began at %s", got)
	}
	if x.GetContext() != "unexplained" || x.GetState() != "open" || x.GetDirection() != "up" || x.GetText() == "" || len(x.GetSeries()) != 1 || len(x.GetPlots()) != 0 {
		t.Errorf("%v", x)
	}
	if w := l.GetWindow(); !w.GetStartTime().AsTime().Equal(week.End.AddDate(0, 0, -14)) || !w.GetEndTime().AsTime().Equal(week.End) {
		t.Errorf("looked back over %v", w)
	}
	if l.GetCharts() != 1 || l.GetSeries() != 1 || l.GetTimeZone() != "UTC" {
		t.Errorf("%d charts and %d series in %s", l.GetCharts(), l.GetSeries(), l.GetTimeZone())
	}
	if again := anomalies(t, a, inSecrets()); !proto.Equal(l, again) {
		t.Errorf("what was kept says something else:\n%v\n%v", l, again)
	}
}

func TestListAnomalies_Chooses(t *testing.T) {
	a := spiked(t)
	for name, tt := range map[string]struct {
		req  *pb.ListAnomaliesRequest
		want int
	}{
		"everybody's":                 {&pb.ListAnomaliesRequest{Window: inWeek()}, 1},
		"another team's":              {&pb.ListAnomaliesRequest{Team: "payments", Window: inWeek()}, 0},
		"of the context":              {&pb.ListAnomaliesRequest{Window: inWeek(), Context: "unexplained"}, 1},
		"of another context":          {&pb.ListAnomaliesRequest{Window: inWeek(), Context: "paged"}, 0},
		"of the service":              {&pb.ListAnomaliesRequest{Window: inWeek(), Service: "VAULT"}, 1},
		"of the service's ref":        {&pb.ListAnomaliesRequest{Window: inWeek(), Service: "pd/vault"}, 1},
		"of another service":          {&pb.ListAnomaliesRequest{Window: inWeek(), Service: "consul"}, 0},
		"of the last three days":      {&pb.ListAnomaliesRequest{Window: inWeek(), LookBack: "3d"}, 0},
		"of a week that ended before": {&pb.ListAnomaliesRequest{Window: &pb.WindowSelector{Week: "2026-W45"}}, 0},
		"of a week that will come":    {&pb.ListAnomaliesRequest{Window: &pb.WindowSelector{Week: "2026-W50"}}, 0},
	} {
		if got := len(anomalies(t, a, tt.req).GetAnomalies()); got != tt.want {
			t.Errorf("%s: %d anomalies, want %d", name, got, tt.want)
		}
	}
	for service, want := range map[string]int32{"vault": 1, "consul": 0} {
		if l := anomalies(t, a, &pb.ListAnomaliesRequest{Window: inWeek(), Service: service}); int32(l.GetCharts()) != want || int32(l.GetSeries()) != want {
			t.Errorf("of service %s %d charts and %d series were looked at, want %d", service, l.GetCharts(), l.GetSeries(), want)
		}
	}
	c, _ := looking(a)
	for name, req := range map[string]*pb.ListAnomaliesRequest{
		"a context that there is not": {Context: "weird"},
		"a look back without length":  {LookBack: "soon"},
		"a look back of a year":       {LookBack: "365d"},
	} {
		if _, err := c.ListAnomalies(t.Context(), req); codeOf(err) != codes.InvalidArgument {
			t.Errorf("%s: %v", name, err)
		}
	}
	_, err := c.ListAnomalies(t.Context(), &pb.ListAnomaliesRequest{Team: "nobody"})
	wantCode(t, codes.NotFound, err)
}

func TestListAnomalies_Context(t *testing.T) {
	a := spiked(t)
	p := page("Q2", "vault", monday(2, "10:10:00"))
	save(t, a, "pd", opsreview.Batch{Pages: []opsreview.Page{p}})
	x := one(t, anomalies(t, a, inSecrets()))
	if x.GetContext() != "paged" || len(x.GetPages()) != 1 || x.GetPages()[0] != "pd/Q2" || len(x.GetBecause()) != 1 {
		t.Errorf("%s by %v because %q", x.GetContext(), x.GetPages(), x.GetBecause())
	}
}

func TestListAnomalies_AnnouncedWork(t *testing.T) {
	a := openServer(t, func(o *server.Options) {
		o.Org.Maintenance = []opsreview.Maintenance{{
			Services: []string{"Vault"}, Summary: "upgrade", Window: opsreview.Window{Start: monday(2, "10:00:00"), End: monday(2, "11:00:00")},
		}}
	})
	seed(t, a)
	save(t, a, "prom", charted(vaultReads(), hour{monday(2, "10:00:00"), 500}))
	x := one(t, anomalies(t, a, inSecrets()))
	if x.GetContext() != "explained" || len(x.GetBecause()) != 1 || !strings.Contains(x.GetBecause()[0], "upgrade") {
		t.Errorf("%s because %q", x.GetContext(), x.GetBecause())
	}
}

func TestListAnomalies_Burn(t *testing.T) {
	a := openServer(t, withObjectives)
	seed(t, a)
	watched(t, a, "vault/availability", outage{monday(2, "10:20:00"), 20})
	watched(t, a, "consul/availability", outage{monday(2, "10:20:00"), 20})
	save(t, a, "prom", charted(vaultReads(), hour{monday(2, "10:00:00"), 500}))
	x := one(t, anomalies(t, a, inSecrets()))
	if x.GetContext() != "explained" || len(x.GetBecause()) != 1 || !strings.Contains(x.GetBecause()[0], "vault/availability burned from Wed 11 Nov 10:20 to 10:40") {
		t.Errorf("%s because %q", x.GetContext(), x.GetBecause())
	}
}

// TestListAnomalies_OverAChangeOfClocks looks back from a week of Berlin over
// the night in which its clocks go back.
func TestListAnomalies_OverAChangeOfClocks(t *testing.T) {
	a := openServer(t)
	seed(t, a)
	for length, want := range map[string]time.Time{
		"": time.Date(2026, 10, 18, 22, 0, 0, 0, time.UTC), "2w": time.Date(2026, 10, 18, 22, 0, 0, 0, time.UTC), "48h": time.Date(2026, 10, 30, 23, 0, 0, 0, time.UTC),
	} {
		l := anomalies(t, a, &pb.ListAnomaliesRequest{Team: "payments", Window: &pb.WindowSelector{Week: "2026-W44"}, LookBack: length})
		if got := l.GetWindow().GetStartTime().AsTime(); !got.Equal(want) || !l.GetWindow().GetEndTime().AsTime().Equal(want.Add(14*24*time.Hour+time.Hour)) && length != "48h" {
			t.Errorf("%q looks back over %v, want from %s", length, l.GetWindow(), want)
		}
	}
}

func TestGetAnomaly(t *testing.T) {
	a := spiked(t)
	c, _ := looking(a)
	id := one(t, anomalies(t, a, inSecrets())).GetId()
	for _, name := range []string{id, strings.ToUpper(id), id[:6], strings.TrimPrefix(id, "a-")} {
		resp := must(c.GetAnomaly(t.Context(), &pb.GetAnomalyRequest{Name: name, Team: "secrets", Window: inWeek()}))(t)
		if resp.GetAnomaly().GetId() != id || len(resp.GetAnomaly().GetPlots()) != 1 || len(resp.GetAnomaly().GetPlots()[0].GetPoints()) == 0 || resp.GetTimeZone() != "UTC" {
			t.Errorf("%q: %s with %d plots", name, resp.GetAnomaly().GetId(), len(resp.GetAnomaly().GetPlots()))
		}
	}
	_, err := c.GetAnomaly(t.Context(), &pb.GetAnomalyRequest{Name: "a-ffffffffffff", Window: inWeek()})
	wantCode(t, codes.NotFound, err)
	_, err = c.GetAnomaly(t.Context(), &pb.GetAnomalyRequest{Window: inWeek()})
	wantCode(t, codes.InvalidArgument, err)
}

func TestGetAnomaly_PrefixOfSeveral(t *testing.T) {
	a := spiked(t)
	save(t, a, "prom", charted(opsreview.Chart{Key: "overview/5", Title: "Writes", Service: "vault", Source: "prom"}, hour{monday(2, "10:00:00"), 500}))
	c, _ := looking(a)
	_, err := c.GetAnomaly(t.Context(), &pb.GetAnomalyRequest{Name: "a-", Window: inWeek()})
	wantCode(t, codes.InvalidArgument, err)
}

// decide records a decision about the only anomaly of the week.
func decide(t *testing.T, a *api, id string, change func(*pb.DecideAnomalyRequest)) (*pb.DecideAnomalyResponse, error) {
	t.Helper()
	c, _ := looking(a)
	req := &pb.DecideAnomalyRequest{
		Name: id, Team: "secrets", Window: inWeek(), Author: "Ada", Reason: "the backup", Verdict: pb.AnomalyVerdict_ANOMALY_VERDICT_DISMISSED,
	}
	if change != nil {
		change(req)
	}
	return c.DecideAnomaly(t.Context(), req)
}

func TestDecideAnomaly_DismissedDoesNotComeBack(t *testing.T) {
	a := spiked(t)
	c, _ := looking(a)
	id := one(t, anomalies(t, a, inSecrets())).GetId()
	resp := must(decide(t, a, id, func(r *pb.DecideAnomalyRequest) { r.RequestId = "once" }))(t)
	if x := resp.GetAnomaly(); x.GetState() != "dismissed" || x.GetDecision().GetId() != resp.GetDecision().GetId() || x.GetDecision().GetAuthor() != "Ada" {
		t.Errorf("%v", resp)
	}
	again := must(decide(t, a, id, func(r *pb.DecideAnomalyRequest) { r.RequestId = "once" }))(t)
	if again.GetDecision().GetId() != resp.GetDecision().GetId() {
		t.Errorf("the same request decided twice: %v", again.GetDecision())
	}
	l := anomalies(t, a, inSecrets())
	if len(l.GetAnomalies()) != 0 || l.GetDismissed() != 1 {
		t.Errorf("%v", l)
	}
	all := inSecrets()
	all.All = true
	if x := one(t, anomalies(t, a, all)); x.GetId() != id || x.GetState() != "dismissed" {
		t.Errorf("%v", x)
	}
	list := must(c.ListDecisions(t.Context(), &pb.ListDecisionsRequest{Team: "secrets"}))(t)
	if len(list.GetDecisions()) != 1 || list.GetDecisions()[0].GetAnomaly() != id || list.GetNextPageToken() != "" {
		t.Errorf("%v", list)
	}

	// Its recurrence does.
	save(t, a, "prom", charted(vaultReads(), hour{monday(2, "10:00:00"), 500}, hour{monday(4, "10:00:00"), 500}))
	x := one(t, anomalies(t, a, inSecrets()))
	if x.GetId() == id || x.GetAgain() != "dismissed on 16 Nov by Ada: the backup" {
		t.Errorf("%s again %q", x.GetId(), x.GetAgain())
	}
}

func TestDecideAnomaly_UntilStretches(t *testing.T) {
	a := spiked(t)
	save(t, a, "prom", charted(vaultReads(), hour{monday(1, "10:00:00"), 500}, hour{monday(4, "10:00:00"), 500}))
	l := anomalies(t, a, inSecrets())
	if len(l.GetAnomalies()) != 2 {
		t.Fatalf("%v", l)
	}
	first := l.GetAnomalies()[1].GetId()
	resp := must(decide(t, a, first, func(r *pb.DecideAnomalyRequest) { r.Until = "2026-11-14" }))(t)
	if until := resp.GetDecision().GetUntilTime().AsTime(); !until.Equal(monday(5, "00:00:00")) {
		t.Errorf("until %s", until)
	}
	if l := anomalies(t, a, inSecrets()); len(l.GetAnomalies()) != 0 || l.GetDismissed() != 2 {
		t.Errorf("%v", l)
	}
}

func TestDecideAnomaly_AcceptedIsAFinding(t *testing.T) {
	a := spiked(t)
	id := one(t, anomalies(t, a, inSecrets())).GetId()
	if found := weirdFindings(t, a); len(found) != 0 {
		t.Fatalf("an open anomaly is a finding: %v", found)
	}
	resp := must(decide(t, a, id, func(r *pb.DecideAnomalyRequest) {
		r.Verdict, r.Reason = pb.AnomalyVerdict_ANOMALY_VERDICT_ACCEPTED, ""
	}))(t)
	if resp.GetAnomaly().GetState() != "accepted" {
		t.Errorf("%v", resp)
	}
	found := weirdFindings(t, a)
	if len(found) != 1 || found[0].GetTeam() != "secrets" || found[0].GetService() != "Vault" {
		t.Fatalf("%v", found)
	}
	r := must(a.reviews.PrepareReview(t.Context(), &pb.PrepareReviewRequest{Team: "secrets", Window: inWeek()}))(t).GetReview()
	if x := one(t, r.GetLookBack()); x.GetState() != "accepted" || len(x.GetPlots()) != 1 {
		t.Errorf("%v", r.GetLookBack())
	}
	must(decide(t, a, id, func(r *pb.DecideAnomalyRequest) { r.Verdict = pb.AnomalyVerdict_ANOMALY_VERDICT_REOPENED }))(t)
	if x := one(t, anomalies(t, a, inSecrets())); x.GetState() != "open" || len(weirdFindings(t, a)) != 0 {
		t.Errorf("what was taken back stands: %v", x)
	}
}

// weirdFindings are the findings about anomalies, as the review and as tickets
// have them.
func weirdFindings(t *testing.T, a *api) []*pb.Finding {
	t.Helper()
	r := must(a.reviews.PrepareReview(t.Context(), &pb.PrepareReviewRequest{Team: "secrets", Window: inWeek()}))(t).GetReview()
	list := must(a.findings.ListFindings(t.Context(), &pb.ListFindingsRequest{Team: "secrets", Window: inWeek()}))(t).GetFindings()
	of := func(all []*pb.Finding) []*pb.Finding {
		var some []*pb.Finding
		for _, f := range all {
			if f.GetKind() == opsreview.AnomalyFound {
				some = append(some, f)
			}
		}
		return some
	}
	shown, listed := of(r.GetFindings()), of(list)
	if len(shown) != len(listed) {
		t.Fatalf("the review has %d, the list %d", len(shown), len(listed))
	}
	for i := range shown {
		if !proto.Equal(shown[i], listed[i]) {
			t.Errorf("the review has %v, the list %v", shown[i], listed[i])
		}
	}
	return listed
}

func TestDecideAnomaly_Refuses(t *testing.T) {
	a := spiked(t)
	id := one(t, anomalies(t, a, inSecrets())).GetId()
	for name, tt := range map[string]struct {
		change func(*pb.DecideAnomalyRequest)
		want   codes.Code
	}{
		"a dismissal without a reason": {func(r *pb.DecideAnomalyRequest) { r.Reason = " " }, codes.InvalidArgument},
		"no verdict":                   {func(r *pb.DecideAnomalyRequest) { r.Verdict = 0 }, codes.InvalidArgument},
		"no author":                    {func(r *pb.DecideAnomalyRequest) { r.Author = "" }, codes.InvalidArgument},
		"a reason of a book":           {func(r *pb.DecideAnomalyRequest) { r.Reason = strings.Repeat("x", 2001) }, codes.InvalidArgument},
		"an end before the beginning":  {func(r *pb.DecideAnomalyRequest) { r.Until = "2026-11-10" }, codes.InvalidArgument},
		"an end that is no time":       {func(r *pb.DecideAnomalyRequest) { r.Until = "soon" }, codes.InvalidArgument},
		"an end of what is accepted": {func(r *pb.DecideAnomalyRequest) {
			r.Verdict, r.Until = pb.AnomalyVerdict_ANOMALY_VERDICT_ACCEPTED, "2026-12-01"
		}, codes.InvalidArgument},
		"an anomaly that there is not": {func(r *pb.DecideAnomalyRequest) { r.Name = "a-000000000000" }, codes.NotFound},
		"another team's anomaly":       {func(r *pb.DecideAnomalyRequest) { r.Team = "payments" }, codes.NotFound},
	} {
		if _, err := decide(t, a, id, tt.change); codeOf(err) != tt.want {
			t.Errorf("%s: %v, want %s", name, err, tt.want)
		}
	}
}

func TestGetAnomaly_ByTheNameItHad(t *testing.T) {
	a := spiked(t)
	c, _ := looking(a)
	id := one(t, anomalies(t, a, inSecrets())).GetId()
	must(decide(t, a, id, nil))(t)
	save(t, a, "prom", charted(vaultReads(), hour{monday(2, "09:30:00"), 500}))
	all := inSecrets()
	all.All = true
	if x := one(t, anomalies(t, a, all)); x.GetId() == id || x.GetState() != "dismissed" {
		t.Fatalf("it is %s, %s", x.GetId(), x.GetState())
	}
	resp := must(c.GetAnomaly(t.Context(), &pb.GetAnomalyRequest{Name: id, Team: "secrets", Window: inWeek()}))(t)
	if resp.GetAnomaly().GetDecision().GetAnomaly() != id || len(resp.GetDecisions()) != 1 {
		t.Errorf("%v", resp)
	}
}

func TestAnomalies_NothingToLookAt(t *testing.T) {
	a := openServer(t)
	seed(t, a)
	c, _ := looking(a)
	if l := anomalies(t, a, inSecrets()); l.GetCharts() != 0 || len(l.GetAnomalies()) != 0 || l.GetWindow() == nil {
		t.Errorf("%v", l)
	}
	r := must(a.reviews.PrepareReview(t.Context(), &pb.PrepareReviewRequest{Team: "secrets", Window: inWeek()}))(t).GetReview()
	if r.GetLookBack() != nil {
		t.Errorf("a review of nothing looks back: %v", r.GetLookBack())
	}
	_, err := c.GetAnomaly(t.Context(), &pb.GetAnomalyRequest{Name: "a-1"})
	wantCode(t, codes.NotFound, err)
	if list := must(c.ListDecisions(t.Context(), &pb.ListDecisionsRequest{}))(t); len(list.GetDecisions()) != 0 {
		t.Errorf("%v", list)
	}
}

func TestListDecisions_Pages(t *testing.T) {
	a := spiked(t)
	c, _ := looking(a)
	id := one(t, anomalies(t, a, inSecrets())).GetId()
	for range 3 {
		must(decide(t, a, id, nil))(t)
	}
	var seen []string
	req := &pb.ListDecisionsRequest{Team: "secrets", PageSize: 2}
	for range 3 {
		resp := must(c.ListDecisions(t.Context(), req))(t)
		for _, d := range resp.GetDecisions() {
			seen = append(seen, d.GetId())
		}
		if req.PageToken = resp.GetNextPageToken(); req.PageToken == "" {
			break
		}
	}
	if strings.Join(seen, " ") != "d-3 d-2 d-1" {
		t.Errorf("%v", seen)
	}
	if other := must(c.ListDecisions(t.Context(), &pb.ListDecisionsRequest{Team: "payments"}))(t); len(other.GetDecisions()) != 0 {
		t.Errorf("another team has %v", other)
	}
	_, err := c.ListDecisions(t.Context(), &pb.ListDecisionsRequest{Team: "nobody"})
	wantCode(t, codes.NotFound, err)
	_, err = c.ListDecisions(t.Context(), &pb.ListDecisionsRequest{PageToken: "x"})
	wantCode(t, codes.InvalidArgument, err)
}
