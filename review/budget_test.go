package review_test

import (
	"math"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"opsreview"
	"opsreview/review"
	"opsreview/slo"
)

func TestTeamSLOs(t *testing.T) {
	vault := opsreview.Service{Ref: ref("vault"), Name: "Vault"}
	slos := []opsreview.SLO{
		{Name: "b", Service: " vault"},
		{Name: "a", Service: "VAULT"},
		{Name: "c", Service: "pd/vault"},
		{Name: "d", Service: "Consul"},
		{Name: "e", Service: ""},
	}
	tests := map[string]struct {
		team     string
		named    []string // by the configuration
		services []opsreview.Service
		want     []string
	}{
		"everybody has all, in order":                        {"", nil, nil, []string{"a", "b", "c", "d", "e"}},
		"a service that the configuration names":             {"T", []string{"vault"}, nil, []string{"a", "b"}},
		"whatever the sources say, by name and by reference": {"T", nil, []opsreview.Service{vault}, []string{"a", "b", "c"}},
		"a service that no source has named":                 {"T", nil, []opsreview.Service{{Ref: ref("vault")}}, []string{"c"}},
		"by reference in the configuration":                  {"T", []string{"pd/vault", "consul"}, nil, []string{"c", "d"}},
		"a team without services":                            {"T", nil, nil, nil},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			o := opsreview.Org{Teams: []opsreview.OrgTeam{{Name: "t", Services: tt.named}}}
			services := map[opsreview.Ref]opsreview.Service{}
			for _, s := range tt.services {
				services[s.Ref] = s
			}
			var got []string
			for _, s := range review.TeamSLOs(o, tt.team, services, slos) {
				got = append(got, s.Name)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestBudgetGaps(t *testing.T) {
	at := time.Date(2026, 11, 16, 11, 55, 0, 0, time.UTC)
	seen := func(end time.Time) []opsreview.Segment {
		return []opsreview.Segment{{Start: end.Add(-time.Hour), End: end, Covered: time.Hour}}
	}
	standing := func(change func(*slo.Standing)) slo.Standing {
		s := slo.Standing{SLO: opsreview.SLO{Name: "vault", Source: "prom"}, Month: slo.Budget{Status: slo.OK, Coverage: 1}}
		change(&s)
		return s
	}
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	tests := map[string]struct {
		segments []opsreview.Segment
		zone     *time.Location
		change   func(*slo.Standing)
		want     []review.Gap
	}{
		"all is known":                       {seen(at), nil, func(*slo.Standing) {}, nil},
		"what is two hours late is not late": {seen(at.Add(-2 * time.Hour)), nil, func(*slo.Standing) {}, nil},
		"a source that has stopped": {seen(at.Add(-3 * time.Hour)), berlin, func(*slo.Standing) {}, []review.Gap{
			{Subject: "vault", Text: "counted up to Mon 16 Nov 2026 09:55 CET only: run opsreview source sync prom, and opsreview source check prom if that does not help"},
		}},
		"nobody counts": {nil, nil, func(s *slo.Standing) { s.Month.Status, s.SLO.Source = slo.NoData, "" }, []review.Gap{
			{Subject: "vault", Text: "nothing is counted of the 30 days up to Mon 16 Nov 2026 11:55 UTC: no source counts it; name one in its document, or import what was counted with opsreview source import --as segments"},
		}},
		"nothing for long": {seen(at.AddDate(0, 0, -60)), nil, func(s *slo.Standing) { s.Month.Status = slo.NoData }, []review.Gap{
			{Subject: "vault", Text: "nothing is counted of the 30 days up to Mon 16 Nov 2026 11:55 UTC, and nothing after Thu 17 Sep 2026 11:55 UTC: run opsreview source sync prom, and opsreview source check prom if that does not help"},
		}},
		"a tenth may be missing": {seen(at), nil, func(s *slo.Standing) { s.Month.Coverage = 0.9 }, nil},
		"more may not": {seen(at), nil, func(s *slo.Standing) { s.Month.Coverage = 0.899 }, []review.Gap{
			{Subject: "vault", Text: "89.9 % of the 30 days up to Mon 16 Nov 2026 11:55 UTC were watched: the budget is of what was seen, and the rest may have been better or worse"},
		}},
		"counting that cannot be right": {seen(at), nil, func(s *slo.Standing) { s.Month.Excess = 2.5 }, []review.Gap{
			{Subject: "vault", Text: "its good events exceed all events by 2.5: look whether its two queries select the same requests"},
		}},
		"another objective": {seen(at), nil, func(s *slo.Standing) { s.Month.Changed = true }, []review.Gap{
			{Subject: "vault", Text: "its objective changed within the 30 days: that of Mon 16 Nov 2026 11:55 UTC is applied to all of them"},
		}},
		"an aggregate, and restarts": {seen(at), nil, func(s *slo.Standing) { s.Approximate, s.Month.Resets = true, 1 }, []review.Gap{
			{Subject: "vault", Text: "counted from an aggregate: what resets and gaps hid is not in it; name plain counters in the document, without functions around them, to have it exact"},
			{Subject: "counters", Text: "began anew within the 30 days, and what happened just before is lost: vault once"},
		}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			s := standing(tt.change)
			in := slo.Input{Zone: tt.zone, Series: []slo.Series{{SLO: s.SLO, Segments: tt.segments}}}
			if diff := cmp.Diff(tt.want, review.BudgetGaps(in, at, []slo.Standing{s})); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// Whoever lowers a target and looks at once sees the old one, and is told why.
func TestBudgetGaps_ObjectiveOfNow(t *testing.T) {
	at := time.Date(2026, 11, 16, 11, 55, 0, 0, time.UTC)
	one := opsreview.SLO{Name: "vault", Source: "prom"}
	standings := []slo.Standing{{SLO: one, Month: slo.Budget{Status: slo.OK, Coverage: 1}}}
	gaps := func(now, changed time.Time) []review.Gap {
		return review.BudgetGaps(slo.Input{Now: now, Series: []slo.Series{{
			SLO: one, Segments: []opsreview.Segment{{Start: at.Add(-time.Hour), End: at, Covered: time.Hour}},
			History: []opsreview.ObjectiveChange{{SLO: "vault"}, {SLO: "vault", At: changed}},
		}}}, at, standings)
	}
	want := []review.Gap{{
		Subject: "vault",
		Text:    "its objective changed Mon 16 Nov 2026 11:58 UTC, after the time up to which is counted: the one before is applied until then",
	}}
	if diff := cmp.Diff(want, gaps(at.Add(5*time.Minute), at.Add(3*time.Minute))); diff != "" {
		t.Errorf("just changed (-want +got):\n%s", diff)
	}
	if got := gaps(at.Add(5*time.Minute), at.Add(-time.Minute)); got != nil {
		t.Errorf("changed before: %v", got)
	}
	if got := gaps(at.Add(24*time.Hour), at.Add(time.Hour)); got != nil {
		t.Errorf("changed since a time of long ago: %v", got)
	}
}

// A review with budgets has their report, their gaps, and the pages that burned
// much among its topics; the rest of it is the same.
func TestPrepare_Budget(t *testing.T) {
	start := week().Start.Add(26 * time.Hour)
	costly := page("Q1", start.Add(2*time.Minute), resolve(30*time.Minute, timer))
	twin := page("Q3", start.Add(3*time.Minute), resolve(5*time.Minute, timer))
	cheap := page("Q2", start.Add(24*time.Hour), resolve(10*time.Minute, timer))
	in := review.Input{
		Window: week(), Now: week().End.Add(time.Hour), Zone: time.UTC, Org: org(), DataSince: week().Start.AddDate(0, -3, 0),
		Pages: []opsreview.Page{costly, twin, cheap}, AllServices: map[opsreview.Ref]opsreview.Service{ref("vault"): {Ref: ref("vault"), Name: "Vault"}},
	}
	without := review.Prepare(in)
	if without.Budget != nil {
		t.Fatalf("a budget of nothing: %v", without.Budget)
	}
	series := slo.Series{SLO: opsreview.SLO{
		Name: "vault/availability", Service: "Vault", Objective: opsreview.Objective{Target: 0.999, Method: opsreview.Occurrences},
	}}
	for minute := week().End.AddDate(0, 0, -31); minute.Before(week().End); minute = minute.Add(time.Minute) {
		s := opsreview.Segment{SLO: "vault/availability", Start: minute, End: minute.Add(time.Minute), Total: 100, Covered: time.Minute}
		if !minute.Before(start) && minute.Before(start.Add(10*time.Minute)) {
			s.Bad = 100
		}
		series.Segments = append(series.Segments, s)
	}
	in.Budget = &slo.Input{
		Window: in.Window, Now: in.Now, Zone: in.Zone, Series: []slo.Series{series, {SLO: opsreview.SLO{Name: "vault/none", Objective: series.SLO.Objective}}},
		Pages: in.Pages, Services: in.AllServices,
	}
	in.LeftOut = []review.Gap{{Subject: "toys", Text: "left out"}}
	with := review.Prepare(in)
	if with.Budget == nil || len(with.Budget.Burns) != 2 {
		t.Fatalf("the budget is %v", with.Budget)
	}
	if sum := with.Budget.Burns[0].Before + with.Budget.Burns[0].During; math.Abs(sum-1000) > 1e-6 {
		t.Errorf("the page answers for %v of 1000 events", sum)
	}
	var reasons []string
	for _, topic := range with.Discuss {
		switch topic.Page {
		case costly.Ref:
			reasons = topic.Reasons
		case twin.Ref:
			t.Errorf("the outage's second page is a topic of its own: %q", topic.Reasons)
		}
	}
	want := []string{"its outage burned 23.1 % of the 30-day budget of vault/availability, with 1 more page", "the longest of the window: 30m"}
	if diff := cmp.Diff(want, reasons); diff != "" {
		t.Errorf("the topic's reasons (-want +got):\n%s", diff)
	}
	more := []review.Gap{{Subject: "toys", Text: "left out"}, {Subject: "vault/none", Text: "nothing is counted of the 30 days up to Mon 16 Nov 2026 00:00 UTC: " +
		"no source counts it; name one in its document, or import what was counted with opsreview source import --as segments"}}
	if diff := cmp.Diff(append(without.Gaps, more...), with.Gaps); diff != "" {
		t.Errorf("the gaps (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(without, with, cmpopts.IgnoreFields(review.Review{}, "Budget", "Gaps", "Discuss")); diff != "" {
		t.Errorf("the rest of the review changed (-without +with):\n%s", diff)
	}
}
