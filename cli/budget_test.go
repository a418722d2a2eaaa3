package cli

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/timestamppb"

	pb "opsreview/proto/opsreview/v1"
)

func TestShare(t *testing.T) {
	tests := map[string]struct {
		share float64
		want  string
	}{
		"nothing is nothing":                     {0, "0 %"},
		"all is all":                             {1, "100 %"},
		"nearly all is not all":                  {0.99999, "100.0 %"},
		"more than all has one digit":            {1.3692, "136.9 %"},
		"a small share has more digits":          {0.000231, "0.023 %"},
		"a share below the digits is not 0":      {0.0000001, "< 0.001 %"},
		"what is left may be below nothing":      {-0.3692, "-36.9 %"},
		"rounding up to a percent keeps a digit": {0.00996, "1.0 %"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			if got := share(tt.share); got != tt.want {
				t.Errorf("share(%v) = %q, want %q", tt.share, got, tt.want)
			}
		})
	}
}

func TestAmount(t *testing.T) {
	for x, want := range map[float64]string{
		0: "0", 999: "999", 1000: "1,000", 25775820: "25,775,820", 12.5: "12.5", 35291.4: "35,291", -1234: "-1,234", 0.04: "0.04",
	} {
		if got := amount(x); got != want {
			t.Errorf("amount(%v) = %q, want %q", x, got, want)
		}
	}
}

func TestSparkline(t *testing.T) {
	points := func(remaining ...float64) []*pb.BurnDownPoint {
		var all []*pb.BurnDownPoint
		for _, r := range remaining {
			all = append(all, &pb.BurnDownPoint{Remaining: r, Known: r != unknownPoint})
		}
		return all
	}
	tests := map[string]struct {
		points []*pb.BurnDownPoint
		cells  int
		want   string
	}{
		"a full budget is a full block":              {points(1, 1), 2, "██"},
		"it burns down":                              {points(1, 0.75, 0.5, 0.25, 0.01), 5, "█▆▄▂▁"},
		"what is overspent lies on the ground":       {points(0.5, 0, -3), 3, "▄__"},
		"an unknown stretch is dots":                 {points(1, unknownPoint, 0.5), 3, "█·▄"},
		"a cell shows the last that is known of it":  {points(1, 0.5, 0.5, unknownPoint), 2, "▄▄"},
		"fewer points than cells are fewer cells":    {points(1), 12, "█"},
		"nothing is drawn of nothing":                {nil, 12, ""},
		"a budget that grows back stays a block":     {points(1.2), 1, "█"},
		"every cell has its part where they differ":  {points(1, 1, 1, 0.5, 0.5), 2, "█▄"},
		"the last point is seen in the last cell":    {points(1, 1, 1, 1, -1), 2, "█_"},
		"many points are as many cells as there are": {points(1, 1, 1, 1, 1, 1, 1, 1), 4, "████"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			if got := sparkline(tt.points, tt.cells); got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

// unknownPoint stands for a point of which nothing is known.
const unknownPoint = 99

func TestPageBurnText(t *testing.T) {
	tests := map[string]struct {
		burn *pb.PageBurn
		want string
	}{
		"parts add up to the cost": {
			&pb.PageBurn{Slo: "vault/availability", Rule: "labels", Coincidence: "with_burn", Before: 50, During: 103, Cost: 0.153},
			"15.3 % of the 30-day budget that vault/availability had then (5.0 % before it, 10.3 % while open); joined by labels",
		},
		"a page without burn says so": {
			&pb.PageBurn{Slo: "vault/reads", Rule: "service", Coincidence: "without_burn"},
			"nothing of the budget of vault/reads; joined by service",
		},
		"the background while it was open is no episode": {
			&pb.PageBurn{Slo: "vault/reads", Rule: "service", Coincidence: "without_burn", During: 1, Cost: 0.0004},
			"0.040 % of the 30-day budget that vault/reads had then (0.040 % while open), no episode; joined by service",
		},
		"what was not watched is not known": {
			&pb.PageBurn{Slo: "vault/reads", Rule: "match", Coincidence: "unjudged"},
			"not known for vault/reads: too little was watched at the time; joined by the SLO's own conditions",
		},
		"a gap is said": {
			&pb.PageBurn{Slo: "a/b", Rule: "labels", Coincidence: "minor_burn", During: 1, Cost: 0.01, Gap: true},
			"1.0 % of the 30-day budget that a/b had then (1.0 % while open), no significant episode, partly known as the sum of a gap only; joined by labels",
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			if got := pageBurnText(tt.burn); got != tt.want {
				t.Errorf("got  %s\nwant %s", got, tt.want)
			}
		})
	}
}

func TestBurnText(t *testing.T) {
	tests := map[string]struct {
		burn *pb.Burn
		want string
	}{
		"nothing counted is not nothing burned": {&pb.Burn{Unit: "events"}, "nothing was counted in this window"},
		"nothing bad is nothing burned":         {&pb.Burn{Unit: "events", Total: 10, Budget: 1}, "burned nothing: 0 bad of 10 events"},
		"burn without a budget has no share": {
			&pb.Burn{Unit: "events", Total: 10, Bad: 2},
			"2 bad of 10 events; the last 30 days have no budget to compare that with",
		},
		"the parts add up, and what was missed is always said": {
			&pb.Burn{Unit: "slices", Total: 1000, Bad: 100, Budget: 300, Before: 50, During: 50},
			"burned 33.3 % of the 30-day budget (100 bad of 1,000 slices): 16.7 % before a page, 16.6 % while paged, nothing missed",
		},
		"a little burn has more digits": {
			&pb.Burn{Unit: "events", Total: 1000, Bad: 1, Budget: 4329, Background: 1},
			"burned 0.023 % of the 30-day budget (1 bad of 1,000 events): nothing missed, 0.023 % in the background",
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			if got := burnText(tt.burn); got != tt.want {
				t.Errorf("got  %s\nwant %s", got, tt.want)
			}
		})
	}
}

// burnedStart is where the reports of these tests begin.
var burnedStart = time.Date(2026, 11, 9, 0, 0, 0, 0, time.UTC)

func windowOf(start time.Time, length time.Duration) *pb.Window {
	return &pb.Window{StartTime: timestamppb.New(start), EndTime: timestamppb.New(start.Add(length))}
}

// burnedReport is a report with everything that a report can say. The names
// are as long as text.
func burnedReport(text string) *pb.BurnReport {
	const day = 24 * time.Hour
	end := burnedStart.Add(7 * day)
	month := &pb.Budget{
		Window: windowOf(end.Add(-30*day), 30*day), Status: pb.BudgetStatus_BUDGET_STATUS_OVERSPENT, Unit: "events",
		Total: 25775820, Bad: 35291, Allowed: 25775.82, Consumed: 1.3692, Remaining: -0.3692, ConsumedLow: 1.3692, ConsumedHigh: 1.3692,
		Coverage: 0.9989, EdgeError: 0.0002, GapBurn: 0.31, Corrected: durationpb.New(2 * time.Hour), Excess: 3, Resets: 2,
		Objective: &pb.SLOObjective{Target: 0.999, BudgetingMethod: "Occurrences"},
	}
	week := &pb.Budget{
		Window: windowOf(burnedStart, 7*day), Status: pb.BudgetStatus_BUDGET_STATUS_OVERSPENT, Unit: "events",
		Total: 6048000, Bad: 7883, Allowed: 6048, Consumed: 1.3034, Remaining: -0.3034, Coverage: 1,
		Objective: month.GetObjective(),
	}
	burnRate := 0.4
	first := &pb.SLOStanding{
		Slo:       &pb.SLO{Name: text, Title: text, Service: text, Source: text, Origin: text, SignificantShare: 0.02},
		Objective: month.GetObjective(), Month: month, Week: week, WeekShare: 0.3058, BurnRate: &burnRate,
	}
	for i := range 24 {
		first.BurnDown = append(first.BurnDown, &pb.BurnDownPoint{
			Time: timestamppb.New(end.Add(-30*day + time.Duration(i+1)*30*day/24)), Remaining: 1 - 1.3692*float64(i)/23, Known: i != 6 && i != 7,
		})
	}
	quiet := &pb.SLOStanding{
		Slo: &pb.SLO{Name: "vault/quiet", SignificantShare: 0.02}, Objective: &pb.SLOObjective{Target: 0.99, BudgetingMethod: "Timeslices", Slice: durationpb.New(5 * time.Minute), SliceTarget: 0.95},
		Month: &pb.Budget{Status: pb.BudgetStatus_BUDGET_STATUS_NO_TRAFFIC, Unit: "slices", Coverage: 1},
		Week:  &pb.Budget{Status: pb.BudgetStatus_BUDGET_STATUS_NO_DATA, Unit: "slices"},
	}
	episodes := []*pb.Episode{
		{
			Window: windowOf(burnedStart.Add(26*time.Hour), 20*time.Minute), Bad: 5227, Cost: 0.2028, PeakBurnRate: 500, Significant: true,
			Pages: []string{"pd/" + text, "pd/2"}, Detection: durationpb.New(5 * time.Minute), BurnedBefore: 0.0496, Reset_: durationpb.New(30 * time.Minute),
		},
		{Window: windowOf(burnedStart.Add(50*time.Hour), 10*time.Minute), Bad: 2500, Cost: 0.097, PeakBurnRate: 1000, Significant: true, Gap: true},
		{Window: windowOf(burnedStart.Add(60*time.Hour), 3*time.Minute), Bad: 100, Cost: 0.0039, PeakBurnRate: 12},
		{Window: windowOf(burnedStart.Add(166*time.Hour), time.Hour), Bad: 600, Cost: 0.023, PeakBurnRate: 9, Significant: true, Pending: true, Slow: true},
	}
	weighted := 0.6765
	quality := &pb.PagingQuality{
		SignificantShare: 0.02, Precision: &pb.HitRate{Hits: 4, Total: 6, Low: 0.3, High: 0.9}, Recall: &pb.HitRate{Hits: 1, Total: 2, Low: 0.09, High: 0.91},
		WeightedRecall: &weighted, Unjudged: 1, Pending: 1, Redundancy: 2,
		Detection: &pb.SignedSpread{Count: 1, Median: durationpb.New(5 * time.Minute), P90: durationpb.New(5 * time.Minute)},
		Reset_:    &pb.SignedSpread{Count: 1, Median: durationpb.New(30 * time.Minute), P90: durationpb.New(30 * time.Minute)},
	}
	return &pb.BurnReport{
		Window: windowOf(burnedStart, 7*day), TimeZone: "UTC", AtTime: timestamppb.New(end.Add(-5 * time.Minute)),
		Standings: []*pb.SLOStanding{first, quiet},
		Burns: []*pb.Burn{
			{
				Slo: text, Window: windowOf(burnedStart, 7*day), Unit: "events", Total: 6048000, Bad: 9000, Budget: 25775.82,
				Before: 1278, During: 3900, After: 49, Missed: 2500, Pending: 600, Minor: 100, Background: 573, Episodes: episodes,
				PageBurns: []*pb.PageBurn{
					{
						Page: "pd/" + text, PageTitle: text, PageTriggerTime: timestamppb.New(burnedStart.Add(26*time.Hour + 5*time.Minute)), Slo: text, Rule: "labels",
						Coincidence: "with_burn", Unit: "events", Before: 1278, During: 3900, After: 49, Cost: 0.2028, Gross: 0.1534, Gap: true, Partly: true,
					},
					{Page: "pd/3", PageTitle: "Disk full", PageTriggerTime: timestamppb.New(burnedStart.Add(40 * time.Hour)), Slo: text, Rule: "service", Coincidence: "without_burn"},
					{Page: "pd/4", PageTitle: "Disk full", PageTriggerTime: timestamppb.New(burnedStart.Add(41 * time.Hour)), Slo: text, Rule: "service", Coincidence: "unjudged"},
				},
				Quality: quality,
			},
			{Slo: "vault/quiet", Unit: "slices"},
		},
		Quality: quality,
		Matrix: &pb.BurnMatrix{
			WithBurn: &pb.BurnVerdicts{Actionable: 3, Unlabelled: 1}, MinorBurn: &pb.BurnVerdicts{}, WithoutBurn: &pb.BurnVerdicts{NotActionable: 7, Unlabelled: 2},
			Unjudged: &pb.BurnVerdicts{Unlabelled: 1}, MissedEpisodes: 1,
		},
		Findings: []*pb.Finding{{
			Key: "burn_unpaged:" + text, Kind: "burn_unpaged", Title: "Nobody was paged for burn of " + text, Evidence: []string{"9.7 % in 10 minutes " + text},
			Remedy: "Alert on the burn rate", Slo: text, Pages: []string{},
		}},
	}
}

// printed is what a budget command prints on a pipe.
func printed(print func(*app)) string {
	var out bytes.Buffer
	print(&app{stdout: &out, env: func(string) string { return "" }})
	return out.String()
}

func TestBudget_AsAPersonReadsIt(t *testing.T) {
	r := burnedReport("vault/availability")
	shown := &pb.ListBudgetsResponse{AtTime: r.GetAtTime(), TimeZone: "America/Chicago", Standings: r.GetStandings()}
	golden(t, "budget_show.txt", printed(func(a *app) { _ = a.printBudgets(shown, "secrets", asTable, false) }))
	golden(t, "budget_statement.txt", printed(func(a *app) { _ = a.printBudgets(shown, "", asTable, true) }))
	golden(t, "budget_show.csv", printed(func(a *app) { _ = a.printBudgets(shown, "", asCSV, false) }))
	golden(t, "budget_episodes.txt", printed(func(a *app) { a.printEpisodes(&pb.ListEpisodesResponse{Report: r}, "secrets", false) }))
	golden(t, "budget_episodes_all.txt", printed(func(a *app) { a.printEpisodes(&pb.ListEpisodesResponse{Report: r}, "", true) }))
	golden(t, "budget_review.txt", printed(func(a *app) { a.printReviewBudget(r, frameOf(r.GetWindow(), "UTC")) }))
}

// TestBudget_StrangersTextsDoNoHarm prints names and titles that strangers
// chose with care.
func TestBudget_StrangersTextsDoNoHarm(t *testing.T) {
	for name, text := range hostile {
		t.Run(name, func(t *testing.T) {
			r := burnedReport(text)
			shown := &pb.ListBudgetsResponse{TimeZone: "UTC", Standings: r.GetStandings()}
			episodes := &pb.ListEpisodesResponse{Report: r}
			corrections := []*pb.Correction{{Id: text, Slo: text, Window: r.GetWindow(), Reason: text, Author: text, WithdrawnBy: text}}
			forms := map[string]string{
				"show table": printed(func(a *app) { _ = a.printBudgets(shown, "secrets", asTable, false) }), "show csv": printed(func(a *app) { _ = a.printBudgets(shown, "", asCSV, false) }),
				"show json": printed(func(a *app) { _ = a.printBudgets(shown, "", asJSON, false) }), "episodes table": printed(func(a *app) { a.printEpisodes(episodes, "", true) }),
				"episodes json": printed(func(a *app) { _ = printJSON(a.stdout, episodesToJSON(episodes)) }),
				"review table":  printed(func(a *app) { a.printReviewBudget(r, frameOf(r.GetWindow(), "UTC")) }),
				"page show":     printed(func(a *app) { a.printBurns(r.GetBurns()[0].GetPageBurns()) }), "corrections table": printed(func(a *app) { _ = a.printCorrections(corrections, asTable) }),
				"corrections json": printed(func(a *app) { _ = a.printCorrections(corrections, asJSON) }), "corrections csv": printed(func(a *app) { _ = a.printCorrections(corrections, asCSV) }),
				"page show statement": printed(func(a *app) { _ = a.printBudgets(shown, "", asTable, true) }),
			}
			for command, out := range forms {
				if why := harmful(out); why != "" {
					t.Errorf("%s holds %s", command, why)
				}
				_, form, _ := strings.Cut(command, " ")
				checkForm(t, command, form, out)
			}
		})
	}
}
