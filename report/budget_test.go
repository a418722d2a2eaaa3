package report_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/html"

	"opsreview"
	"opsreview/report"
	"opsreview/slo"
)

// burned is where budgets went: one overspent with a gap, one without traffic
// and one of which nothing is known.
func burned(name string, page opsreview.Ref) *slo.Report {
	end := start.AddDate(0, 0, 7)
	month := opsreview.Window{Start: end.Add(-slo.Month), End: end}
	objective := opsreview.Objective{Target: 0.999, Method: opsreview.Occurrences}
	spent := slo.Standing{
		SLO: opsreview.SLO{Name: name, Service: name}, Objective: objective,
		Month: slo.Budget{
			Window: month, Status: slo.Overspent, Unit: "events", Total: 25775820, Bad: 35291, Allowed: 25775.82, Consumed: 1.3692, Remaining: -0.3692, Coverage: 0.9989,
		},
		Week: slo.Budget{Status: slo.OK, Unit: "events", Remaining: 0.42, Consumed: 0.58, Coverage: 1},
	}
	for i := range 60 {
		spent.BurnDown = append(spent.BurnDown, slo.Point{At: month.Start.Add(time.Duration(i+1) * slo.Month / 60), Remaining: 1 - 1.3692*float64(i+1)/60, Known: i < 10 || i > 14})
	}
	quiet := slo.Standing{SLO: opsreview.SLO{Name: "vault/quiet"}, Objective: objective, Month: slo.Budget{Status: slo.NoTraffic, Unit: "slices", Coverage: 1}}
	lost := slo.Standing{SLO: opsreview.SLO{Name: "vault/lost"}, Objective: objective, Month: slo.Budget{Status: slo.NoData, Unit: "events"}}
	lost.BurnDown = make([]slo.Point, 60) // of which nothing is known: there is nothing to draw
	episode := func(hour int, cost float64, pages ...opsreview.Ref) slo.Episode {
		at := start.Add(time.Duration(hour) * time.Hour)
		return slo.Episode{SLO: name, Window: opsreview.Window{Start: at, End: at.Add(20 * time.Minute)}, Cost: cost, Peak: 500, Significant: cost >= 0.02, Pages: pages, Gap: len(pages) == 0}
	}
	return &slo.Report{
		At: end, Standings: []slo.Standing{spent, quiet, lost},
		Burns: []slo.Burn{
			{
				SLO: name, Window: opsreview.Window{Start: start, End: end}, Unit: "events", Total: 6048000, Bad: 9000, Budget: 25775.82,
				Before: 1278, During: 4500, After: 49, Missed: 2500, Minor: 100, Background: 573,
				Episodes: []slo.Episode{episode(3, 0.2028, page), episode(50, 0.097), episode(60, 0.003)},
				Charges: []slo.Charge{
					{Page: page, SLO: name, Rule: slo.ByLabels, Verdict: slo.WithBurn, Before: 1278, During: 3900, After: 49, Cost: 0.2028, Gap: true, Partly: true},
					{Page: opsreview.Ref{Source: "pd", ID: "other"}, SLO: name, Rule: slo.ByService, Verdict: slo.WithoutBurn},
				},
			},
			{SLO: "vault/quiet", Unit: "slices"},
			{SLO: "vault/lost", Unit: "events"},
		},
		Quality: slo.Quality{
			Significant: 0.02, Precision: slo.Ratio{K: 4, N: 6, Low: 0.3, High: 0.9}, Recall: slo.Ratio{K: 1, N: 2, Low: 0.09, High: 0.91}, Unjudged: 1,
			Detection: slo.Spread{N: 1, Median: 5 * time.Minute, P90: 5 * time.Minute},
		},
		Matrix: slo.Matrix{WithBurn: slo.Verdicts{Actionable: 3, Unlabelled: 1}, WithoutBurn: slo.Verdicts{NotActionable: 7, Unlabelled: 2}, Missed: 1},
	}
}

func TestBudget_MarkdownSaysWhereItWent(t *testing.T) {
	got := string(report.Markdown(data("Vault is sealed")))
	for _, want := range []string{
		"## Where the error budget went\n",
		"| `Vault is sealed` | 99.9 % | overspent by 36.9 % | 34.9 % | 22.6 % | 9.7 % | 2.6 % | 99.9 % |\n",
		"| `vault/quiet` | 99.9 % | no traffic | – | – | – | – | 100 % |\n", // what was not counted is not zero
		"| `vault/lost` | 99.9 % | no data | – | – | – | – | 0 % |\n",
		"- Nobody was paged for `Vault is sealed`: Wed 11 Nov 02:00, 9.7 % of its 30-day budget in 20m, partly in a gap\n",
		"- 1 of 2 significant episodes noticed (50 %, from 9 % to 91 %); significant is 2 % of the 30-day budget\n",
		"| With significant burn | 3 | 0 | 1 |\n",
		"| Without burn | 0 | 7 | 2 |\n",
		"Burn without a page: 1 significant episode.\n",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("the document lacks %q:\n%s", want, got)
		}
	}
}

func TestBudget_WithoutSLOsIsLeftOut(t *testing.T) {
	d := data("Vault is sealed")
	d.Review.Budget = nil
	b := render(t, d)
	if strings.Contains(string(b.Markdown), "error budget") || strings.Contains(string(b.HTML), "error budget") || strings.Contains(strings.Join(b.Chat.Sections, ""), "budget") {
		t.Error("a team without SLOs is told of error budgets")
	}
	d.Review.Budget = &slo.Report{}
	b = render(t, d)
	if !strings.Contains(string(b.Markdown), "The team has no SLOs.\n") || !strings.Contains(string(b.HTML), "The team has no SLOs.") {
		t.Error("where SLOs were looked for and none were found, nothing says so")
	}
}

func TestBudget_ChatHasOneLine(t *testing.T) {
	want := "• Error budgets: 1 of 3 SLOs overspent; Vault is sealed burned most: 136.9 % of its 30-day budget; nothing is known of 1; 1 significant episode that nobody was paged for; 9 pages without burn"
	if got := render(t, data("Vault is sealed")).Chat.Sections[0]; !strings.Contains(got, want) {
		t.Errorf("the message lacks %q:\n%s", want, got)
	}
}

func TestBudget_BurnDownShowsPagesAndWhatWasMissed(t *testing.T) {
	root := parse(t, render(t, data("Vault is sealed")).HTML)
	charts := elements(root, func(n *html.Node) bool { return attr(n, "id") == "burn-0-chart" })
	if len(charts) != 1 {
		t.Fatalf("%d burn-downs, want one: only one SLO has points", len(charts))
	}
	count := func(class string) int {
		return len(elements(charts[0], func(n *html.Node) bool { return attr(n, "class") == class }))
	}
	got := fmt.Sprint(count("burnline"), count("burnline unknownburn"), count("dot"), count("missedburn"), count("underreview"), count("zero"))
	if want := "55 5 1 1 1 1"; got != want {
		t.Errorf("lines, unknown ones, pages, missed episodes, reviewed stretches and grounds are %s, want %s", got, want)
	}
	text := strings.Join(strings.Fields(textOf(charts[0])), " ")
	for _, want := range []string{
		"overspent by 36.9 % at the end; 2 pages; 1 significant episode that nobody was paged for.",
		"Wed 11 Nov 02:00, nobody was paged: 9.7 % in 20m", "Mon 9 Nov 03:00, page with significant burn: Vault is sealed", "-36.9 %",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("the burn-down lacks %q: %s", want, text)
		}
	}
	rows := elements(root, func(n *html.Node) bool { return n.Data == "table" && attr(n, "id") == "burn-0-table" })
	if text := textOf(rows[0]); !strings.Contains(text, "page with significant burn (20.3 %): Vault is sealed") || !strings.Contains(text, "nothing was counted") {
		t.Errorf("the table lacks what the chart says: %s", text)
	}
}
