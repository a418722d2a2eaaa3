package server_test

import (
	"math"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/testing/protocmp"

	"opsreview"
	pb "opsreview/proto/opsreview/v1"
	"opsreview/server"
)

// objectives are the SLOs of the tests: team secrets has three of them, team
// payments one, and nobody the last.
func objectives() []opsreview.SLO {
	o := opsreview.Objective{Target: 0.999, Method: opsreview.Occurrences}
	return []opsreview.SLO{
		{Name: "vault/availability", Title: "Vault answers", Service: "Vault", Source: "prom", Objective: o},
		{Name: "vault/writes", Service: "VAULT", Source: "prom", Objective: o},
		{Name: "consul/availability", Service: "pd/consul", Objective: o},
		{Name: "ledger/latency", Service: "ledger", Source: "prom", Objective: o},
		{Name: "mail/delivery", Service: "mail", Source: "prom", Objective: o},
	}
}

func withObjectives(o *server.Options) { o.Objectives = objectives() }

// An outage is a stretch of whole minutes in which every event is bad.
type outage struct {
	from    time.Time
	minutes int
}

// watched saves seven weeks of an SLO up to a quarter of an hour after now: 100
// events a minute, in hours, but for hours with an outage, which are in minutes.
func watched(tb testing.TB, a *api, name string, outages ...outage) {
	tb.Helper()
	var segments []opsreview.Segment
	add := func(start time.Time, length time.Duration, bad float64) {
		segments = append(segments, opsreview.Segment{
			SLO: name, Start: start, End: start.Add(length), Total: 100 * length.Minutes(), Bad: bad, Covered: length,
		})
	}
	for hour := now.AddDate(0, 0, -49); hour.Before(now); hour = hour.Add(time.Hour) {
		burning := false
		for _, o := range outages {
			burning = burning || o.from.Before(hour.Add(time.Hour)) && o.from.Add(time.Duration(o.minutes)*time.Minute).After(hour)
		}
		if !burning {
			add(hour, time.Hour, 0)
			continue
		}
		for minute := hour; minute.Before(hour.Add(time.Hour)); minute = minute.Add(time.Minute) {
			bad := 0.0
			for _, o := range outages {
				if !minute.Before(o.from) && minute.Before(o.from.Add(time.Duration(o.minutes)*time.Minute)) {
					bad = 100
				}
			}
			add(minute, time.Minute, bad)
		}
	}
	save(tb, a, "prom", opsreview.Batch{Segments: segments})
}

// about fails the test unless the numbers are the same but for rounding.
func about(tb testing.TB, what string, want, got float64) {
	tb.Helper()
	if math.Abs(want-got) > 1e-9*max(1, math.Abs(want)) {
		tb.Errorf("%s is %v, want %v", what, got, want)
	}
}

// monthly is the 30-day budget of the tests in events: 100 a minute at 99.9 %.
const monthly = 30 * 24 * 60 * 100 * 0.001

func TestListBudgets(t *testing.T) {
	a := openServer(t, withObjectives)
	seed(t, a)
	watched(t, a, "vault/availability", outage{monday(1, "02:00:00"), 10}, outage{monday(-13, "02:00:00"), 20})
	watched(t, a, "consul/availability", outage{monday(7, "11:30:00"), 1})
	resp := must(a.budgets.ListBudgets(t.Context(), &pb.ListBudgetsRequest{Team: "secrets"}))(t)
	if got, want := resp.GetAtTime().AsTime(), now.Add(-5*time.Minute); !got.Equal(want) {
		t.Errorf("counted up to %s, want %s", got, want)
	}
	if got := sloNames(resp.GetStandings()); !cmp.Equal(got, []string{"consul/availability", "vault/availability", "vault/writes"}) {
		t.Fatalf("standings of %v", got)
	}
	consul, vault, writes := resp.GetStandings()[0], resp.GetStandings()[1], resp.GetStandings()[2]
	about(t, "the month's total", 30*24*60*100, vault.GetMonth().GetTotal())
	about(t, "what is allowed", monthly, vault.GetMonth().GetAllowed())
	about(t, "what is bad in the month", 3000, vault.GetMonth().GetBad())
	about(t, "what remains", 1-3000/monthly, vault.GetMonth().GetRemaining())
	about(t, "what is bad in the week", 1000, vault.GetWeek().GetBad())
	about(t, "the week's share of the month", 1000/monthly, vault.GetWeekShare())
	about(t, "coverage", 1, vault.GetMonth().GetCoverage())
	about(t, "the edge error", 0, vault.GetMonth().GetEdgeError())
	about(t, "the burn rate of the last hour", 100/(60*100*0.001), consul.GetBurnRate())
	if s := vault.GetMonth().GetStatus(); s != pb.BudgetStatus_BUDGET_STATUS_OK {
		t.Errorf("the status is %s", s)
	}
	if s := writes.GetMonth().GetStatus(); s != pb.BudgetStatus_BUDGET_STATUS_NO_DATA || writes.BurnRate != nil {
		t.Errorf("the status of an SLO without data is %s, its burn rate %v", s, writes.BurnRate)
	}
	if vault.GetSlo().GetSignificantShare() != 0.02 || vault.GetSlo().GetTitle() != "Vault answers" || vault.GetOwn() != nil || len(vault.GetBurnDown()) < 10 {
		t.Errorf("the standing is %v", vault)
	}
	wantGap(t, resp.GetGaps(), "vault/writes", "nothing is counted of the 30 days up to Mon 16 Nov 2026 11:55 UTC: run opsreview source sync prom")
}

func sloNames(standings []*pb.SLOStanding) []string {
	names := []string{}
	for _, s := range standings {
		names = append(names, s.GetSlo().GetName())
	}
	return names
}

func wantGap(tb testing.TB, gaps []*pb.Gap, subject, part string) {
	tb.Helper()
	for _, g := range gaps {
		if g.GetSubject() == subject && strings.Contains(g.GetText(), part) {
			return
		}
	}
	tb.Errorf("no gap about %q says %q: %v", subject, part, gaps)
}

func TestListBudgets_AtAnyTime(t *testing.T) {
	a := openServer(t, withObjectives)
	seed(t, a)
	watched(t, a, "ledger/latency", outage{monday(1, "02:00:00"), 10})
	tests := map[string]struct {
		at     string
		want   time.Time
		bad    float64
		status pb.BudgetStatus
	}{
		"now":                               {"", now.Add(-5 * time.Minute), 1000, pb.BudgetStatus_BUDGET_STATUS_OK},
		"before the outage":                 {"2026-11-10T02:00:00Z", monday(1, "02:00:00"), 0, pb.BudgetStatus_BUDGET_STATUS_OK},
		"on the team's clock, amid it":      {"2026-11-10T03:05", monday(1, "02:05:00"), 500, pb.BudgetStatus_BUDGET_STATUS_OK},
		"a local date":                      {"2026-11-11", monday(1, "23:00:00"), 1000, pb.BudgetStatus_BUDGET_STATUS_OK},
		"a time to come is now":             {"2027-01-01", now.Add(-5 * time.Minute), 1000, pb.BudgetStatus_BUDGET_STATUS_OK},
		"long before anything was counted":  {"1999-12-31", time.Date(1999, 12, 30, 23, 0, 0, 0, time.UTC), 0, pb.BudgetStatus_BUDGET_STATUS_NO_DATA},
		"seconds are cut":                   {"2026-11-10T02:03:59Z", monday(1, "02:03:00"), 300, pb.BudgetStatus_BUDGET_STATUS_OK},
		"the first moments of all computer": {"1970-01-01T10:00:00Z", time.Unix(36000, 0).UTC(), 0, pb.BudgetStatus_BUDGET_STATUS_NO_DATA},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			resp := must(a.budgets.ListBudgets(t.Context(), &pb.ListBudgetsRequest{Team: "payments", At: tt.at}))(t)
			if got := resp.GetAtTime().AsTime(); !got.Equal(tt.want) || resp.GetTimeZone() != "Europe/Berlin" {
				t.Errorf("counted up to %s in %s, want %s", got, resp.GetTimeZone(), tt.want)
			}
			month := resp.GetStandings()[0].GetMonth()
			about(t, "what is bad", tt.bad, month.GetBad())
			if month.GetStatus() != tt.status {
				t.Errorf("the status is %s, want %s", month.GetStatus(), tt.status)
			}
		})
	}
}

func TestListBudgets_Selects(t *testing.T) {
	a := openServer(t, withObjectives)
	seed(t, a)
	tests := map[string]struct {
		req  *pb.ListBudgetsRequest
		want []string
		code codes.Code
	}{
		"everybody's":                             {&pb.ListBudgetsRequest{}, []string{"consul/availability", "ledger/latency", "mail/delivery", "vault/availability", "vault/writes"}, codes.OK},
		"a team's, by the names of its services":  {&pb.ListBudgetsRequest{Team: "Payments"}, []string{"ledger/latency"}, codes.OK},
		"and by reference":                        {&pb.ListBudgetsRequest{Team: "secrets"}, []string{"consul/availability", "vault/availability", "vault/writes"}, codes.OK},
		"some of them, each once":                 {&pb.ListBudgetsRequest{Slos: []string{"vault/writes", "mail/delivery", "vault/writes"}}, []string{"mail/delivery", "vault/writes"}, codes.OK},
		"one in any case":                         {&pb.ListBudgetsRequest{Slos: []string{"Vault/Writes"}}, []string{"vault/writes"}, codes.OK},
		"one by its last part":                    {&pb.ListBudgetsRequest{Slos: []string{"delivery"}}, []string{"mail/delivery"}, codes.OK},
		"a last part that fits several":           {&pb.ListBudgetsRequest{Slos: []string{"availability"}}, nil, codes.InvalidArgument},
		"which fits one of the team's":            {&pb.ListBudgetsRequest{Team: "payments", Slos: []string{"latency"}}, []string{"ledger/latency"}, codes.OK},
		"another team's":                          {&pb.ListBudgetsRequest{Team: "payments", Slos: []string{"vault/writes"}}, nil, codes.NotFound},
		"an unknown one":                          {&pb.ListBudgetsRequest{Slos: []string{"vault/reads"}}, nil, codes.NotFound},
		"an unknown team":                         {&pb.ListBudgetsRequest{Team: "nobody"}, nil, codes.NotFound},
		"a time that is none":                     {&pb.ListBudgetsRequest{At: "yesterday"}, nil, codes.InvalidArgument},
		"a time before computers":                 {&pb.ListBudgetsRequest{At: "0001-01-01"}, nil, codes.InvalidArgument},
		"the empty name, which is not everything": {&pb.ListBudgetsRequest{Slos: []string{""}}, nil, codes.NotFound},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			resp, err := a.budgets.ListBudgets(t.Context(), tt.req)
			wantCode(t, tt.code, err)
			if diff := cmp.Diff(tt.want, sloNames(resp.GetStandings()), cmpopts.EquateEmpty()); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestListBudgets_SuggestsNames(t *testing.T) {
	a := openServer(t, withObjectives)
	seed(t, a)
	tests := map[string]struct {
		team, name, want string
	}{
		"a slip of the finger":            {"", "vault/wrties", `there is no SLO "vault/wrties": did you mean vault/writes?`},
		"a part":                          {"", "ledger", `there is no SLO "ledger": did you mean ledger/latency?`},
		"nothing like it":                 {"", "zzz", `there is no SLO "zzz": budget show lists them`},
		"only what is the team's is told": {"payments", "vault/wrties", `there is no SLO "vault/wrties" of team payments: budget show lists them`},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			_, err := a.budgets.ListBudgets(t.Context(), &pb.ListBudgetsRequest{Team: tt.team, Slos: []string{tt.name}})
			if s := wantCode(t, codes.NotFound, err); s.Message() != tt.want {
				t.Errorf("got %q, want %q", s.Message(), tt.want)
			}
		})
	}
}

// Without SLOs, and without anything stored, there is an answer that says so.
func TestListBudgets_Empty(t *testing.T) {
	a := openServer(t)
	resp := must(a.budgets.ListBudgets(t.Context(), &pb.ListBudgetsRequest{Team: "secrets"}))(t)
	wantGap(t, resp.GetGaps(), "SLOs", "the configuration has none of team secrets: list OpenSLO documents under slos")
	_, err := a.budgets.ListBudgets(t.Context(), &pb.ListBudgetsRequest{Slos: []string{"vault/availability"}})
	wantCode(t, codes.NotFound, err)
	if r := must(a.budgets.ListEpisodes(t.Context(), &pb.ListEpisodesRequest{Window: inWeek()}))(t); len(r.GetReport().GetBurns()) != 0 {
		t.Errorf("burns %v", r.GetReport().GetBurns())
	}
	if r := must(a.reviews.PrepareReview(t.Context(), &pb.PrepareReviewRequest{Team: "secrets", Window: inWeek()}))(t); r.GetReview().GetBudget() != nil {
		t.Errorf("the review has the budget %v", r.GetReview().GetBudget())
	}

	a = openServer(t, withObjectives)
	all := must(a.budgets.ListBudgets(t.Context(), &pb.ListBudgetsRequest{}))(t)
	if len(all.GetStandings()) != 5 || len(all.GetGaps()) != 5 {
		t.Errorf("%d standings with the gaps %v", len(all.GetStandings()), all.GetGaps())
	}
}

// What is known of an SLO is told, and what to do about what is not.
func TestListBudgets_Gaps(t *testing.T) {
	a := openServer(t, func(o *server.Options) {
		o.Objectives = objectives()
		o.Objectives[0].Indicator.Approximate = true
	})
	seed(t, a)
	day := func(name string, start time.Time, change func(*opsreview.Segment)) {
		s := opsreview.Segment{SLO: name, Start: start, End: start.AddDate(0, 0, 1), Total: 1000, Covered: 24 * time.Hour}
		change(&s)
		save(t, a, "prom", opsreview.Batch{Segments: []opsreview.Segment{s}})
	}
	day("vault/availability", monday(5, "00:00:00"), func(s *opsreview.Segment) { s.Excess, s.Resets = 7, 2 })
	day("vault/writes", monday(-40, "00:00:00"), func(*opsreview.Segment) {})
	changed := objectives()
	must(0, a.db.RecordObjectives(t.Context(), changed, monday(-60, "00:00:00")))(t)
	changed[0].Objective.Target = 0.99
	must(0, a.db.RecordObjectives(t.Context(), changed, monday(0, "00:00:00")))(t)
	resp := must(a.budgets.ListBudgets(t.Context(), &pb.ListBudgetsRequest{Team: "secrets"}))(t)
	for _, want := range []struct{ subject, text string }{
		{"vault/availability", "counted up to Sun 15 Nov 2026 00:00 UTC only: run opsreview source sync prom"},
		{"vault/availability", "3.3 % of the 30 days up to"},
		{"vault/availability", "its good events exceed all events by 7"},
		{"vault/availability", "its objective changed within the 30 days"},
		{"vault/availability", "counted from an aggregate"},
		{"counters", "vault/availability 2 times"},
		{"vault/writes", "nothing is counted of the 30 days"},
		{"consul/availability", "no source counts it; name one in its document, or import what was counted with opsreview source import --as segments"},
	} {
		wantGap(t, resp.GetGaps(), want.subject, want.text)
	}
	for _, s := range resp.GetStandings() {
		if s.GetSlo().GetName() == "vault/availability" && (!s.GetApproximate() || s.GetObjective().GetTarget() != 0.99 || !s.GetMonth().GetObjectiveChanged()) {
			t.Errorf("the standing is %v", s)
		}
	}
}

// Numbers of budgets are those that are listed, and absent where nothing is
// known.
func TestMetrics_TellTheBudgets(t *testing.T) {
	w := openHTTP(t, withObjectives)
	seedBurn(t, w.api)
	watched(t, w.api, "consul/availability", outage{monday(7, "11:30:00"), 1})
	w.server.ComputeHeadlines(t.Context())
	got := scrape(t, w)
	for _, s := range must(w.budgets.ListBudgets(t.Context(), &pb.ListBudgetsRequest{}))(t).GetStandings() {
		name := s.GetSlo().GetName()
		remaining, burning := s.GetMonth().GetRemaining(), s.GetBurnRate()
		if s.GetMonth().GetStatus() == pb.BudgetStatus_BUDGET_STATUS_NO_DATA {
			remaining, burning = -1, -1 // absent
		}
		about(t, "what remains of "+name, remaining, valueOf(got, "opsreview_budget_remaining_ratio", "slo="+name))
		about(t, "the burn rate of "+name, burning, valueOf(got, "opsreview_budget_burn_rate", "slo="+name))
		about(t, "the coverage of "+name, s.GetMonth().GetCoverage(), valueOf(got, "opsreview_budget_coverage_ratio", "slo="+name))
	}
	if n := valueOf(got, "opsreview_source_segments", "source=prom"); n < 1000 {
		t.Errorf("%v segments", n)
	}
}

// Old minutes are joined without changing any budget.
func TestRollUp(t *testing.T) {
	a := openServer(t, withObjectives)
	seed(t, a)
	watched(t, a, "vault/availability", outage{monday(-38, "02:00:00"), 10}, outage{monday(1, "02:00:00"), 10})
	at := &pb.ListBudgetsRequest{Slos: []string{"vault/availability"}, At: "2026-10-20"}
	before := must(a.budgets.ListBudgets(t.Context(), at))(t)
	about(t, "what is bad", 1000, before.GetStandings()[0].GetMonth().GetBad())
	count := func() int { return must(a.db.SLOStates(t.Context()))(t)[0].Segments }
	n := count()
	a.server.RollUp(t.Context())
	if m := count(); m >= n {
		t.Errorf("%d segments, %d before", m, n)
	}
	if !strings.Contains(a.log.String(), "segments rolled up") {
		t.Errorf("the log says %s", a.log)
	}
	if diff := cmp.Diff(before, must(a.budgets.ListBudgets(t.Context(), at))(t), protocmp.Transform()); diff != "" {
		t.Errorf("(-before +after):\n%s", diff)
	}
	a.server.RollUp(t.Context())
	if n := strings.Count(a.log.String(), "segments rolled up"); n != 1 {
		t.Errorf("it was said %d times", n)
	}
}
