package slo

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"opsreview"
)

func TestPrepare_Findings(t *testing.T) {
	in := goldenInput()
	in.Monitors = map[string]opsreview.Monitor{"m-1": {ID: "m-1", Title: "Disk almost full"}}
	for i := range in.Pages {
		in.Pages[i].Monitor = "m-2"
	}
	for i, from := range []string{"2026-10-29T10:00", "2026-11-05T10:00", "2026-11-09T10:00"} {
		p := pageAt("X"+from, from, strings.Replace(from, ":00", ":20", 1))
		p.Monitor = "m-1"
		if i == 2 {
			p.Label = opsreview.Label{Verdict: opsreview.NotActionable}
		}
		in.Pages = append(in.Pages, p)
	}
	in.Series = append(in.Series, Series{SLO: opsreview.SLO{
		Name: "shop/latency", Service: "shop", Match: []opsreview.PageMatch{{{Name: "a", Op: "=", Value: "b"}}},
		Objective: opsreview.Objective{Target: 0.99, Method: opsreview.Occurrences},
	}})
	zone, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Skip("there are no time zones here")
	}
	in.Zone = zone

	want := []opsreview.Finding{
		{
			Key: "budget_overspent:shop/availability", Kind: opsreview.BudgetOverspent, SLO: "shop/availability",
			Title: "shop/availability burned 136.9 % of its 30-day budget",
		},
		{
			Key: "burn_unpaged:shop/availability", Kind: opsreview.BurnUnpaged, SLO: "shop/availability",
			Title: "shop/availability burned 31.1 % of its 30-day budget and nobody was paged",
		},
		{
			Key: "monitor_without_burn:m-1", Kind: opsreview.MonitorWithoutBurn, Monitor: "m-1",
			Title: `"Disk almost full" paged 3 times without any budget burning`,
			Pages: []opsreview.Ref{{Source: "pd", ID: "X2026-11-09T10:00"}, {Source: "pd", ID: "X2026-10-29T10:00"}, {Source: "pd", ID: "X2026-11-05T10:00"}},
		},
		{
			Key: "slo_without_data:shop/latency", Kind: opsreview.SLOWithoutData, SLO: "shop/latency",
			Title: "Nothing is known of shop/latency",
		},
	}
	got := Prepare(in).Findings
	bare := make([]opsreview.Finding, len(got))
	for i, f := range got {
		if len(f.Evidence) == 0 || f.Remedy == "" {
			t.Errorf("%s has no evidence or no remedy", f.Key)
		}
		bare[i] = f
		bare[i].Evidence, bare[i].Remedy = nil, ""
	}
	if diff := cmp.Diff(want, bare); diff != "" {
		t.Fatalf("findings (-want +got)\n%s", diff)
	}
	evidence := []string{
		"1 significant episode in the window burned 31.1 % of the 30-day budget without a page.",
		"From Sat 7 Nov 02:50 CET for 45 min: 8,012 bad of 35,868 events, 31.1 % of the budget, at up to 225 times the sustainable rate; " +
			"part of it lies in a gap, so that alerts could not see it.",
	}
	if diff := cmp.Diff(evidence, got[1].Evidence); diff != "" {
		t.Errorf("evidence (-want +got)\n%s", diff)
	}
}

func TestPrepare_MonitorsThatAreNotBlamed(t *testing.T) {
	lone := func(pages ...opsreview.Page) []opsreview.Page {
		for i := range pages {
			pages[i].Monitor = "m-1"
		}
		return pages
	}
	elsewhere := ticked("C", "16:00-16:10")
	elsewhere.Service.ID = "other"
	tests := map[string][]opsreview.Page{
		"two pages are too few":                        lone(ticked("A", "12:00-12:10"), ticked("B", "14:00-14:10")),
		"a page that cannot be judged is none":         lone(ticked("A", "12:00-12:10"), ticked("B", "14:00-14:10"), elsewhere),
		"one page with burn is enough, minor burn too": lone(ticked("A", "12:00-12:10"), ticked("B", "14:00-14:10"), ticked("C", "16:00-16:10"), ticked("D", "03:00-03:10")),
	}
	for name, pages := range tests {
		t.Run(name, func(t *testing.T) {
			for _, f := range Prepare(dayInput(dayOf(spot{"03:00", "03:01", 20}), pages...)).Findings {
				t.Errorf("the finding %s", f.Key)
			}
		})
	}
}

func TestPercent(t *testing.T) {
	tests := map[string]struct {
		share float64
		want  string
	}{
		"nothing is nothing":            {0, "0 %"},
		"little has two digits":         {0.000231, "0.023 %"},
		"less than a hundredth percent": {0.0000012, "0.00012 %"},
		"a part has one decimal":        {0.3105, "31.1 %"},
		"more than all has one decimal": {1.3692, "136.9 %"},
		"almost all is not all":         {0.999999, "99.99 %"},
		"all is all":                    {1, "100.0 %"},
		"below zero":                    {-0.25, "-25.0 %"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			if got := percent(tt.share); got != tt.want {
				t.Errorf("percent(%v) = %q, want %q", tt.share, got, tt.want)
			}
		})
	}
}

func TestAmount(t *testing.T) {
	tests := map[float64]string{
		0: "0", 1: "1", 999: "999", 1000: "1,000", 25775820: "25,775,820", 127800.4: "127,800", 42943: "42,943",
		8.589: "8.6", 2.0000000004: "2", 1.96: "2", 999.96: "1,000", -1234: "-1,234", -123: "-123", 0.04: "0.04", 0.012: "0.012", 0.00103: "0.001", -0.07: "-0.07", 0.0949: "0.095", 1e-9: "0",
	}
	for x, want := range tests {
		if got := Amount(x); got != want {
			t.Errorf("Amount(%v) = %q, want %q", x, got, want)
		}
	}
}

func TestLength(t *testing.T) {
	tests := map[time.Duration]string{
		0: "0 min", 35 * time.Minute: "35 min", 2 * time.Hour: "2 h", 130 * time.Minute: "2 h 10 min",
		72 * time.Hour: "3 d", 76*time.Hour + 10*time.Minute: "3 d 4 h", 59*time.Minute + 40*time.Second: "1 h",
	}
	for d, want := range tests {
		if got := length(d); got != want {
			t.Errorf("length(%s) = %q, want %q", d, got, want)
		}
	}
}
