package report_test

import (
	"fmt"
	"math"
	"strings"
	"testing"
	"time"
	_ "time/tzdata" // as in the program

	"opsreview"
	"opsreview/anomaly"
	"opsreview/lookback"
	"opsreview/report"
	"opsreview/review"
)

// hostile are titles that strangers chose with care.
var hostile = map[string]string{
	"a script":             `</title><script>alert(1)</script><img src=x onerror=alert(1)>`,
	"an attribute":         `" onmouseover="alert(1)" x="`,
	"a style":              `</style><style>body{background:url(https://evil.example/x)}`,
	"an SVG":               `</svg><foreignObject><iframe src=https://evil.example>`,
	"a mention":            `@everyone and @octocat, <!channel> <@U123> <!here>`,
	"a Markdown link":      `[click](https://evil.example/?x=1) ![img](https://evil.example/p.png)`,
	"a Slack link":         `<https://evil.example|your bank>`,
	"a bare link":          `see https://evil.example and www.evil.example or mail me@evil.example`,
	"backticks":            "`rm -rf` ``` code ```` and `",
	"a table's bar":        "a | b || c \\| d",
	"lines":                "first\r\n# second\n\n---\n| third |\u2028fourth",
	"emphasis":             "*bold* _italic_ ~strike~ **x** __y__ # 1",
	"an issue":             "fixes #1 and GH-2 and org/repo#3",
	"an entity":            "&lt;b&gt; &#60;script&#62; &amp;",
	"a template":           "{{.Secret}} ${x} #{y} <%= z %>",
	"reversed text":        "safe\u202etxt.exe\u2066hidden\u2069",
	"control characters":   "bell\x07 esc\x1b[31m null\x00 del\x7f \x9b",
	"invalid bytes":        "bad\xff\xfe\xc0",
	"zero width":           "a\u200bb\ufeffc\u00add",
	"a very long word":     strings.Repeat("x", 5000),
	"wide characters":      strings.Repeat("漢字", 400),
	"nothing":              "",
	"only spaces":          " \t\n ",
	"a list":               "- [ ] task",
	"a number with a dot":  "1. first",
	"a quotation":          "> quoted",
	"a Confluence macro":   "{code} {html} h1. x !x.png!",
	"a formula":            `=HYPERLINK("https://evil.example")`,
	"an HTML comment":      "<!-- hidden --> --> <!--",
	"a javascript address": "javascript:alert(1) data:text/html,x",
}

var start = time.Date(2026, 11, 9, 0, 0, 0, 0, time.UTC)

// data is a report in which every text that a stranger writes is text.
func data(text string) report.Data {
	ref := opsreview.Ref{Source: "pd", ID: text}
	zone, _ := time.LoadLocation("Europe/Berlin")
	ada := review.Person{Key: "ada@example.com", Name: text, Zone: zone}
	w := opsreview.Window{Start: start, End: start.AddDate(0, 0, 7)}
	heat := review.HeatMap{Person: ada, Zoned: true, Total: 6}
	heat.Hours[0][3], heat.Hours[6][23] = 5, 1
	return report.Data{
		At: w.End.Add(8 * time.Hour),
		Review: review.Review{
			Team: text, Window: w, Week: "2026-W46", Zone: "UTC",
			Headline: review.Headline{
				Pages: 4, Outcomes: review.Outcomes{Handled: 1, Noise: 2, Unlabelled: 1}, Labelled: 3,
				Interruptions: review.ByClass{Business: 2, Sleep: 4}, Responders: 1, Engaged: 95 * time.Minute,
				Previous: review.Change{Text: text},
			},
			Monitors: []review.MonitorCost{{
				Monitor: opsreview.Monitor{ID: "m-1", Title: text}, ServiceName: text, Pages: []opsreview.Ref{ref},
				Interruptions: review.ByClass{Business: 2, Sleep: 4}, Causes: map[string]int{text: 2, "duplicate": 1},
				Outcomes: review.Outcomes{Noise: 2}, WhatIf: review.WhatIf{Kind: review.Grouping, Sentence: text},
			}},
			Loads: []review.Load{
				{
					Person: ada, Pages: 4, Interruptions: review.ByClass{Business: 2, Sleep: 4},
					Breaches: []review.Breach{{Text: text, Limit: opsreview.Limit{Summary: text}}},
				},
				{Person: review.Person{Key: "bob", Name: "Bob"}, Pages: 1, Interruptions: review.ByClass{Unknown: 1}},
			},
			Discuss: []review.Topic{{Page: ref, Title: text, At: start.Add(3 * time.Hour), Reasons: []string{text}}},
			More:    2,
			Gaps:    []review.Gap{{Subject: text, Text: text}},
			Budget:  burned(text, ref),
			Toil:    ledger(text, w),
			Findings: []opsreview.Finding{
				{Key: "noisy_monitor:m-1", Kind: opsreview.NoisyMonitor, Title: text, Evidence: []string{text}, Remedy: text, Cost: 204, CostMethod: text},
				{Key: "runbook_missing:m-1", Kind: opsreview.RunbookMissing, Title: "No runbook", Evidence: []string{"2 of 4 labels say so."}},
			},
			Closed: []review.TicketOutcome{
				{Closed: review.Closed{Ticket: opsreview.Ticket{RemoteKey: text, Title: text}}, Verdict: review.CameBack, Text: text},
				{Closed: review.Closed{Ticket: opsreview.Ticket{RemoteKey: "OPS-3", Title: "Disk"}}, Verdict: review.HasHeld, MinutesSaved: 90, Text: "It held."},
			},
		},
		Tickets: []opsreview.Ticket{{
			Fingerprint: opsreview.FingerprintOf("noisy_monitor:m-1"), State: opsreview.TicketFiled, RemoteKey: text, Status: text,
		}},
		LookBack: weird(text), Plots: plots(text),
		Charts: review.Charts{
			Heat: []review.HeatMap{heat, {Person: review.Person{Name: "Bob"}, Total: 1}},
			Weeks: []review.Week{
				{Window: w.Before(time.UTC)},
				{Window: w, Under: true, Known: true, Actionable: 1, NotActionable: 2, Unlabelled: 1},
			},
			Timeline: []review.Mark{
				{Page: ref, Title: text, Monitor: "m-1", At: start.Add(3 * time.Hour), End: start.Add(4 * time.Hour), Outcome: review.Noise, Woke: true},
				{Page: ref, Title: text, Monitor: "m-1", At: start.Add(6 * 24 * time.Hour), Outcome: review.Unlabelled},
			},
		},
	}
}

// weird is a look back that found something of every context, on charts that
// strangers named.
func weird(text string) *lookback.Report {
	at := func(hour int) time.Time { return start.Add(time.Duration(hour) * time.Hour) }
	member := lookback.Member{
		Series: opsreview.Series{Key: "s1", Name: text},
		Window: anomaly.Window{Start: at(27), End: at(28), Value: 0.61, Usual: 0.15, Low: 0.12, High: 0.18, Score: 11, Text: text},
	}
	chart := opsreview.Chart{Key: text, Title: text, Dashboard: text, Unit: "s"}
	decision := opsreview.AnomalyDecision{Verdict: opsreview.AnomalyAccepted, Author: text, Reason: text}
	return &lookback.Report{
		Window: opsreview.Window{Start: start.AddDate(0, 0, -7), End: start.AddDate(0, 0, 7)}, Charts: 2, Series: 5,
		Anomalies: []lookback.Anomaly{
			{
				ID: "a-1", Chart: chart, Window: opsreview.Window{Start: at(27), End: at(28)}, Series: []lookback.Member{member, member},
				Text: text, Context: lookback.Unexplained, State: lookback.Accepted, Decision: decision, Again: text,
			},
			{
				ID: "a-2", Chart: chart, Window: opsreview.Window{Start: at(50), End: at(168)}, Ongoing: true, Series: []lookback.Member{member},
				Text: "flat at 0 since 02:00", Context: lookback.Paged, State: lookback.Open, Because: []string{text},
			},
		},
		More: make([]lookback.Anomaly, 4), Dismissed: make([]lookback.Anomaly, 1),
		Skipped: []lookback.Skip{{Subject: text, Text: text}, {Subject: "x", Text: "y"}},
	}
}

// plots has a spike, and a gap in what is known.
func plots(text string) map[string][]lookback.Plot {
	p := lookback.Plot{
		Series: opsreview.Series{Key: "s1", Name: text}, Start: start.Add(12 * time.Hour), End: start.Add(48 * time.Hour),
		Mark: opsreview.Window{Start: start.Add(27 * time.Hour), End: start.Add(28 * time.Hour)},
	}
	for i := range lookback.PlotPoints {
		y := 0.15 + 0.02*math.Sin(float64(i)/9)
		point := lookback.Point{At: p.Start.Add(time.Duration(i) * 9 * time.Minute), Min: y - 0.005, Max: y + 0.005, Low: 0.12, High: 0.18}
		switch {
		case i >= 100 && i < 107:
			point.Min, point.Max = 0.5, 0.61
		case i >= 160 && i < 170:
			point.Min, point.Max = math.NaN(), math.NaN()
		}
		p.Points = append(p.Points, point)
	}
	return map[string][]lookback.Plot{"a-1": {p}}
}

// large is a report with more of everything than charts show.
func large() report.Data {
	d := data("Vault is sealed")
	for i := range 40 {
		name := fmt.Sprintf("Somebody with a rather long name %d", i)
		d.Review.Loads = append(d.Review.Loads, review.Load{Person: review.Person{Key: name, Name: name}, Interruptions: review.ByClass{OffHours: i}})
		d.Review.Monitors = append(d.Review.Monitors, review.MonitorCost{Monitor: opsreview.Monitor{ID: fmt.Sprint("m-", i), Title: name}})
		more := burned(name, opsreview.Ref{Source: "pd", ID: fmt.Sprint(i)})
		d.Review.Budget.Standings, d.Review.Budget.Burns = append(d.Review.Budget.Standings, more.Standings[0]), append(d.Review.Budget.Burns, more.Burns[0])
		d.Review.Gaps = append(d.Review.Gaps, review.Gap{Subject: name, Text: strings.Repeat("nothing is known & <nothing> can be done. ", 3)})
		d.Charts.Timeline = append(d.Charts.Timeline, review.Mark{
			Page: opsreview.Ref{Source: "pd", ID: fmt.Sprint(i)}, Title: name, Monitor: fmt.Sprint("m-", i), At: start.Add(time.Duration(i) * time.Hour),
		})
	}
	return d
}

func render(t testing.TB, d report.Data) report.Bundle {
	t.Helper()
	b, err := report.Render(d)
	if err != nil {
		t.Fatal(err)
	}
	return b
}
