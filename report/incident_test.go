package report_test

import (
	"strings"
	"testing"
	"time"

	"opsreview"
	"opsreview/incident"
	"opsreview/report"
)

// withIncidents is a report with one incident, whose texts are given.
func withIncidents(text string) report.Data {
	d := data("Vault is sealed")
	start := d.Review.Window.Start.Add(30 * time.Hour)
	r := incident.Prepare(incident.Input{
		Window: d.Review.Window, Now: d.Review.Window.End.Add(60 * 24 * time.Hour),
		Incidents: []opsreview.Incident{{
			Ref: opsreview.Ref{Source: "rootly", ID: "a"}, Number: text, Title: text, Severity: "SEV1", DetectedBy: opsreview.DetectedByCustomer,
			StartedAt: start, ResolvedAt: start.Add(90 * time.Minute), DeclaredAt: start,
		}},
	})
	d.Review.Incidents = &r
	return d
}

func TestIncidents_MarkdownTellsOfThem(t *testing.T) {
	got := string(report.Markdown(withIncidents("INC-1")))
	for _, want := range []string{
		"## Incidents\n\n- 1 incident: noticed by an alert 0, a person 0, a customer 1, nobody knows 0\n",
		"- Detected: nobody recorded after how long\n",
		"- Resolved after 1h30m (median; 90 % within 1h30m; 1 of 1)\n",
		"| `INC-1` | `INC-1` | SEV1 | Tue 10 Nov 06:00 | customer | – | – | – | 1h30m | – |\n",
		"- INC-1, INC-1: It has no postmortem and no follow-up",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("the document lacks %q:\n%s", want, got)
		}
	}
}

func TestIncidents_EveryFormEscapesThem(t *testing.T) {
	const hostile = "<script>alert(1)</script> | [x](http://evil) @all"
	b := render(t, withIncidents(hostile))
	for form, text := range map[string]string{"HTML": string(b.HTML), "mail": string(b.Mail)} {
		if strings.Contains(text, "<script>alert") || !strings.Contains(text, "id=\"incidents\"") {
			t.Errorf("the %s does not escape the incident", form)
		}
	}
	if row := string(b.Markdown); strings.Contains(row, "SEV1") && strings.Contains(row, "- <script>") {
		t.Errorf("the Markdown does not escape the incident:\n%s", row)
	}
}

func TestIncidents_WhereNoneIsKnownAreLeftOut(t *testing.T) {
	d := data("Vault is sealed")
	if strings.Contains(string(report.Markdown(d)), "## Incidents") {
		t.Error("the report tells of incidents where none is known")
	}
	d.Review.Incidents = &incident.Report{Window: d.Review.Window}
	if !strings.Contains(string(report.Markdown(d)), "- No incident in this window\n") {
		t.Error("the report does not say that there was no incident")
	}
}
