package server_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/testing/protocmp"

	pb "opsreview/proto/opsreview/v1"
	"opsreview/server"
)

// seedBurn saves an outage of Vault that was paged for, one that was not, and
// one of the ledger's; and pages with and without burn.
func seedBurn(tb testing.TB, a *api) {
	tb.Helper()
	paged := page("Q1", "vault", monday(1, "02:05:00"), notify(monday(1, "02:05:00"), "bob"), ack(monday(1, "02:06:00"), "bob"), resolve(monday(1, "02:30:00")))
	idle := page("Q2", "vault", monday(2, "09:00:00"), resolve(monday(2, "09:10:00")))
	foreign := page("Q3", "mail", monday(1, "02:08:00"), resolve(monday(1, "02:20:00")))
	foreign.Attributes = map[string]string{"sloth_id": "Vault-availability"}
	others := page("Q4", "mail", monday(1, "02:00:00"), resolve(monday(1, "04:00:00")))
	ledger := page("Q5", "ledger", monday(3, "10:02:00"))
	seed(tb, a, paged, idle, foreign, others, ledger)
	watched(tb, a, "vault/availability", outage{monday(1, "02:00:00"), 10}, outage{monday(4, "20:00:00"), 5})
	watched(tb, a, "ledger/latency", outage{monday(3, "10:00:00"), 6})
}

// burnOf returns one SLO's burn, whose parts must add up.
func burnOf(tb testing.TB, r *pb.BurnReport, name string) *pb.Burn {
	tb.Helper()
	for _, b := range r.GetBurns() {
		if b.GetSlo() != name {
			continue
		}
		about(tb, "the sum of the parts", b.GetBad(),
			b.GetBefore()+b.GetDuring()+b.GetAfter()+b.GetMissed()+b.GetPending()+b.GetMinor()+b.GetBackground())
		return b
	}
	tb.Fatalf("no burn of %s", name)
	return nil
}

func TestListEpisodes(t *testing.T) {
	a := openServer(t, withObjectives)
	seedBurn(t, a)
	resp := must(a.budgets.ListEpisodes(t.Context(), &pb.ListEpisodesRequest{Team: "secrets", Window: inWeek()}))(t)
	r := resp.GetReport()
	if got := sloNames(r.GetStandings()); !cmp.Equal(got, []string{"consul/availability", "vault/availability", "vault/writes"}) || len(r.GetBurns()) != 3 {
		t.Errorf("standings of %v, %d burns", got, len(r.GetBurns()))
	}
	if !r.GetAtTime().AsTime().Equal(week.End) || r.GetTimeZone() != "UTC" {
		t.Errorf("counted up to %s in %s", r.GetAtTime().AsTime(), r.GetTimeZone())
	}
	b := burnOf(t, r, "vault/availability")
	about(t, "what is bad", 1500, b.GetBad())
	about(t, "the budget", monthly, b.GetBudget())
	about(t, "before the first page", 500, b.GetBefore())
	about(t, "while pages were open", 500, b.GetDuring())
	about(t, "what nobody was paged for", 500, b.GetMissed())
	if n := len(b.GetEpisodes()); n != 2 {
		t.Fatalf("%d episodes", n)
	}
	first, second := b.GetEpisodes()[0], b.GetEpisodes()[1]
	if !cmp.Equal(first.GetPages(), []string{"pd/Q1", "pd/Q3"}) || first.GetDetection().AsDuration() != 5*time.Minute || !first.GetSignificant() {
		t.Errorf("the first episode is %v", first)
	}
	if len(second.GetPages()) != 0 || second.GetPending() || second.Detection != nil {
		t.Errorf("the second episode is %v", second)
	}
	type row struct{ Page, Rule, Coincidence, Title string }
	var rows []row
	for _, c := range b.GetPageBurns() {
		rows = append(rows, row{c.GetPage(), c.GetRule(), c.GetCoincidence(), c.GetPageTitle()})
	}
	want := []row{
		{"pd/Q1", "service", "with_burn", "disk full on vault"},
		{"pd/Q3", "labels", "with_burn", "disk full on mail"},
		{"pd/Q2", "service", "without_burn", "disk full on vault"},
	}
	if diff := cmp.Diff(want, rows); diff != "" {
		t.Errorf("the pages that answer for it (-want +got):\n%s", diff)
	}
	if q := b.GetQuality(); q.GetRecall().GetHits() != 1 || q.GetRecall().GetTotal() != 2 || q.GetPrecision().GetTotal() != 3 {
		t.Errorf("the quality is %v", q)
	}
	about(t, "weighted recall", 1000.0/1500, b.GetQuality().GetWeightedRecall())
	if m := r.GetMatrix(); m.GetMissedEpisodes() != 1 || m.GetWithBurn().GetUnlabelled() != 2 {
		t.Errorf("the matrix is %v", m)
	}
	kinds := map[string]bool{}
	for _, f := range r.GetFindings() {
		kinds[f.GetKind()+" "+f.GetSlo()] = true
	}
	if !kinds["burn_unpaged vault/availability"] || !kinds["slo_without_data vault/writes"] {
		t.Errorf("the findings are %v", r.GetFindings())
	}
	wantGap(t, resp.GetGaps(), "vault/writes", "nothing is counted")
}

// A page whose labels name one SLO of a service is not about another one of it,
// also where that is all that is asked for.
func TestListEpisodes_NamingAnSLOChangesNoNumber(t *testing.T) {
	a := openServer(t, withObjectives)
	seedBurn(t, a)
	writes := page("Q6", "vault", monday(4, "20:00:00"), resolve(monday(4, "20:10:00")))
	writes.Attributes = map[string]string{"sloth_id": "VAULT-writes"}
	seed(t, a, writes)
	all := must(a.budgets.ListEpisodes(t.Context(), &pb.ListEpisodesRequest{Team: "secrets", Window: inWeek()}))(t)
	one := must(a.budgets.ListEpisodes(t.Context(), &pb.ListEpisodesRequest{Window: inWeek(), Slos: []string{"vault/availability"}}))(t)
	want, got := burnOf(t, all.GetReport(), "vault/availability"), burnOf(t, one.GetReport(), "vault/availability")
	if diff := cmp.Diff(want, got, protocmp.Transform()); diff != "" {
		t.Errorf("one SLO among all and alone (-want +got):\n%s", diff)
	}
	about(t, "what nobody was paged for", 500, got.GetMissed())
}

func TestListEpisodes_Windows(t *testing.T) {
	a := openServer(t, withObjectives)
	seedBurn(t, a)
	tests := map[string]struct {
		window   *pb.WindowSelector
		episodes int
		bad      float64
	}{
		"one that ends amid an outage":           {&pb.WindowSelector{From: "2026-11-09", To: "2026-11-10T02:05:00Z"}, 1, 500},
		"one without burn":                       {&pb.WindowSelector{From: "2026-11-11", To: "2026-11-12"}, 0, 0},
		"one that lasts until now":               {&pb.WindowSelector{Last: "14d"}, 2, 1500},
		"one that begins before anything stored": {&pb.WindowSelector{From: "2025-01-01", To: "2026-11-16"}, 2, 1500},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			resp := must(a.budgets.ListEpisodes(t.Context(), &pb.ListEpisodesRequest{Slos: []string{"vault/availability"}, Window: tt.window}))(t)
			b := burnOf(t, resp.GetReport(), "vault/availability")
			about(t, "what is bad", tt.bad, b.GetBad())
			if len(b.GetEpisodes()) != tt.episodes {
				t.Errorf("%d episodes, want %d", len(b.GetEpisodes()), tt.episodes)
			}
		})
	}
	t.Run("a window to come has nothing in it", func(t *testing.T) {
		future := &pb.WindowSelector{From: "2027-01-04", To: "2027-01-11"}
		resp := must(a.budgets.ListEpisodes(t.Context(), &pb.ListEpisodesRequest{Window: future}))(t)
		for _, b := range resp.GetReport().GetBurns() {
			if b.GetBad() != 0 || len(b.GetEpisodes()) != 0 || len(b.GetPageBurns()) != 0 {
				t.Errorf("burned %v", b)
			}
		}
		must(a.reviews.PrepareReview(t.Context(), &pb.PrepareReviewRequest{Window: future}))(t)
	})
}

func TestListEpisodes_Refuses(t *testing.T) {
	a := openServer(t, func(o *server.Options) {
		for range 10 {
			o.Objectives = append(o.Objectives, objectives()...)
		}
	})
	tests := map[string]struct {
		req  *pb.ListEpisodesRequest
		want codes.Code
	}{
		"an unknown team":            {&pb.ListEpisodesRequest{Team: "nobody"}, codes.NotFound},
		"an unknown SLO":             {&pb.ListEpisodesRequest{Slos: []string{"x"}}, codes.NotFound},
		"a window that ends first":   {&pb.ListEpisodesRequest{Window: &pb.WindowSelector{From: "2026-11-02", To: "2026-11-01"}}, codes.InvalidArgument},
		"a window that is too long":  {&pb.ListEpisodesRequest{Window: &pb.WindowSelector{Last: "800d"}}, codes.InvalidArgument},
		"too many days of too much":  {&pb.ListEpisodesRequest{Window: &pb.WindowSelector{Last: "100d"}}, codes.InvalidArgument},
		"not so many for everything": {&pb.ListEpisodesRequest{Window: &pb.WindowSelector{Last: "50d"}}, codes.OK},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			_, err := a.budgets.ListEpisodes(t.Context(), tt.req)
			wantCode(t, tt.want, err)
		})
	}
	review := must(a.reviews.PrepareReview(t.Context(), &pb.PrepareReviewRequest{Window: &pb.WindowSelector{Last: "100d"}}))(t).GetReview()
	if review.GetBudget() != nil {
		t.Error("a review of too much has a budget")
	}
	wantGap(t, review.GetGaps(), "budgets", "are too much for one answer")
}

func TestPrepareReview_Budget(t *testing.T) {
	a := openServer(t, withObjectives)
	seedBurn(t, a)
	review := must(a.reviews.PrepareReview(t.Context(), &pb.PrepareReviewRequest{Team: "secrets", Window: inWeek()}))(t).GetReview()
	report := must(a.budgets.ListEpisodes(t.Context(), &pb.ListEpisodesRequest{Team: "secrets", Window: inWeek()}))(t).GetReport()
	if got, want := review.GetBudget().String(), report.String(); got != want {
		t.Errorf("the review's budget is not what the budgets are:\n%s\n%s", got, want)
	}
	found := false
	for _, topic := range review.GetTopics() {
		for _, reason := range topic.GetReasons() {
			found = found || topic.GetPage() == "pd/Q1" && reason == "its outage burned 23.1 % of the 30-day budget of vault/availability, with 1 more page"
		}
	}
	if !found {
		t.Errorf("the topics are %v", review.GetTopics())
	}
	wantGap(t, review.GetGaps(), "vault/writes", "nothing is counted")
	if other := must(a.reviews.PrepareReview(t.Context(), &pb.PrepareReviewRequest{Team: "payments", Window: inWeek()}))(t).GetReview(); len(other.GetBudget().GetBurns()) != 1 || other.GetBudget().GetBurns()[0].GetSlo() != "ledger/latency" {
		t.Errorf("another team's review has %v", other.GetBudget())
	}
}

// Rendered and sent reports are made of the same review.
func TestRenderReview_Budget(t *testing.T) {
	a := openServer(t, withObjectives)
	seedBurn(t, a)
	for _, format := range []pb.ReportFormat{pb.ReportFormat_REPORT_FORMAT_MARKDOWN, pb.ReportFormat_REPORT_FORMAT_HTML} {
		resp := must(a.reviews.RenderReview(t.Context(), &pb.RenderReviewRequest{Team: "secrets", Window: inWeek(), Format: format}))(t)
		if len(resp.GetContent()) == 0 {
			t.Errorf("the report in %s is empty", format)
		}
	}
}

func TestGetPage_Burns(t *testing.T) {
	a := openServer(t, withObjectives)
	seedBurn(t, a)
	type burn struct {
		SLO, Rule, Coincidence string
		Before, During, After  float64
	}
	unseen := burn{"vault/writes", "service", "unjudged", 0, 0, 0}
	tests := map[string]struct {
		page string
		want []burn
	}{
		"a page with burn, shared with another": {"pd/Q1", []burn{{"vault/availability", "service", "with_burn", 500, 400, 0}, unseen}},
		"one that labels say is about the SLO":  {"pd/Q3", []burn{{"vault/availability", "labels", "with_burn", 0, 100, 0}}},
		"a page without burn":                   {"pd/Q2", []burn{{"vault/availability", "service", "without_burn", 0, 0, 0}, unseen}},
		"a page about nothing that is counted":  {"pd/Q4", []burn{{"mail/delivery", "service", "unjudged", 0, 0, 0}}},
		"one that is open still":                {"pd/Q5", []burn{{"ledger/latency", "service", "with_burn", 200, 400, 0}}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			var got []burn
			for _, b := range must(a.pages.GetPage(t.Context(), &pb.GetPageRequest{Name: tt.page}))(t).GetBurns() {
				got = append(got, burn{b.GetSlo(), b.GetRule(), b.GetCoincidence(), b.GetBefore(), b.GetDuring(), b.GetAfter()})
				about(t, "the cost", (b.GetBefore()+b.GetDuring()+b.GetAfter())/monthly, b.GetCost())
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// A server without SLOs answers as it did.
func TestGetPage_WithoutObjectives(t *testing.T) {
	a := openServer(t)
	seed(t, a, page("Q1", "vault", monday(1, "02:05:00")))
	if burns := must(a.pages.GetPage(t.Context(), &pb.GetPageRequest{Name: "pd/Q1"}))(t).GetBurns(); len(burns) != 0 {
		t.Errorf("burns %v", burns)
	}
}
