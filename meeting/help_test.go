package meeting_test

import (
	"testing"
	"time"
	_ "time/tzdata" // as in the program

	"opsreview"
	"opsreview/incident"
	"opsreview/lookback"
	"opsreview/meeting"
	"opsreview/review"
	"opsreview/slo"
	"opsreview/toil"
)

// monday begins the week of the tests, in Berlin.
var monday = time.Date(2026, 11, 8, 23, 0, 0, 0, time.UTC)

var week = opsreview.Window{Start: monday, End: monday.AddDate(0, 0, 7)}

// at is so many hours after the week's beginning.
func at(hours float64) time.Time { return monday.Add(time.Duration(hours * float64(time.Hour))) }

func ref(id string) opsreview.Ref { return opsreview.Ref{Source: "pd", ID: id} }

// page is a page as its source tells of it.
func page(id string, hours float64) opsreview.Page {
	p := opsreview.Page{
		Ref: ref(id), Title: "Vault is sealed", Service: ref("vault"), Monitor: "m-sealed", CreatedAt: at(hours), UpdatedAt: at(hours),
		Events: []opsreview.Event{
			{ID: id + "1", At: at(hours), Kind: opsreview.Triggered},
			{ID: id + "2", At: at(hours + 0.1), Kind: opsreview.Acknowledged, By: opsreview.Agent{Kind: opsreview.Person, ID: "U1", Name: "Ada Lovelace"}},
			{ID: id + "3", At: at(hours + 1), Kind: opsreview.Resolved},
		},
	}
	p.Settle()
	return p
}

func label(p opsreview.Page, v opsreview.Verdict, cause, by string) opsreview.Page {
	p.Label = opsreview.Label{Page: p.Ref, Verdict: v, Cause: cause, Author: by, At: at(200)}
	return p
}

// facts are those of a week with something of everything.
func facts() meeting.Facts {
	pages := []opsreview.Page{
		label(page("P2", 30), opsreview.NotActionable, "duplicate", "Ada Lovelace"),
		label(page("P1", 3), opsreview.Actionable, "service_issue", "Bob"),
		page("P3", 50),
	}
	ada := review.Person{Key: "ada@example.com", Name: "Ada Lovelace", Zone: time.UTC}
	r := review.Review{
		Team: "secrets", Window: week, Week: "2026-W46", Zone: "Europe/Berlin",
		Headline: review.Headline{
			Pages: 3, Outcomes: review.Outcomes{Handled: 1, Noise: 1, Unlabelled: 1}, Labelled: 2,
			Interruptions: review.ByClass{Business: 3, Sleep: 1}, Responders: 2, Engaged: 150 * time.Minute,
			Response: review.Response{Acknowledge: review.Spread{OK: true, N: 3, Median: 6 * time.Minute}},
		},
		Monitors: []review.MonitorCost{{
			Monitor: opsreview.Monitor{ID: "m-sealed", Title: "Vault is sealed"}, Pages: []opsreview.Ref{ref("P1"), ref("P2"), ref("P3")},
			Interruptions: review.ByClass{Business: 3, Sleep: 1}, Engaged: 150 * time.Minute, Outcomes: review.Outcomes{Handled: 1, Noise: 1, Unlabelled: 1},
		}},
		Loads: []review.Load{
			{
				Person: ada, Pages: 3, Interruptions: review.ByClass{Business: 2, Sleep: 1}, BrokenNights: 1, Engaged: 90 * time.Minute,
				Breaches: []review.Breach{{
					Limit: opsreview.Limit{ID: opsreview.LimitPagesPerShift, Max: 2}, Value: 3, Pages: []opsreview.Ref{ref("P1"), ref("P2")},
					Text: "3 pages in 12 hours from Mon 03:00 (limit 2)",
				}},
			},
			{Person: review.Person{Key: "pd/U2", Name: "Bob"}, Pages: 1, Interruptions: review.ByClass{Unknown: 1}, Engaged: time.Hour},
		},
		Gaps: []review.Gap{{Subject: "Bob", Text: "no zone is known"}},
		Budget: &slo.Report{Standings: []slo.Standing{
			standing("vault/reads", 0.83, slo.OK), standing("vault/writes", 1.2, slo.Overspent), {SLO: opsreview.SLO{Name: "vault/young"}, Month: slo.Budget{Status: slo.NoData}},
		}},
		Findings: []opsreview.Finding{
			{Key: "noisy_monitor:m-sealed", Kind: opsreview.NoisyMonitor, Title: "Vault is sealed is noisy", Monitor: "m-sealed", Cost: 42},
			{Key: "limit_breached:secrets|pages_per_shift", Kind: opsreview.LimitBreached, Title: "On-call load of secrets over a limit"},
		},
		Closed: []review.TicketOutcome{
			{Closed: review.Closed{Ticket: opsreview.Ticket{Tracker: "jira/OPS", Fingerprint: "f9", RemoteKey: "OPS-9", Title: "Disk"}}, Verdict: review.CameBack, Text: "It came back: 4 pages."},
			{Closed: review.Closed{Ticket: opsreview.Ticket{Tracker: "jira/OPS", Fingerprint: "f8", RemoteKey: "OPS-8", Title: "Token"}}, Verdict: review.HasHeld, Text: "It held."},
		},
		Incidents: &incident.Report{Cases: []incident.Case{{
			Incident: opsreview.Incident{Ref: opsreview.Ref{Source: "rootly", ID: "17"}, Number: "INC-17", Title: "Vault down", Severity: "SEV1"},
			Times:    incident.Times{Resolve: incident.Span{Known: true, D: 80 * time.Minute}}, Detector: opsreview.DetectedByAlert, Overdue: true, Text: "It has no postmortem",
		}}},
		LookBack: &lookback.Report{
			Series: 4, Anomalies: []lookback.Anomaly{{ID: "a-1", Chart: opsreview.Chart{Key: "d/4", Title: "Latency"}, Text: "4.1 times the usual", Context: lookback.Unexplained, State: lookback.Open}},
			Dismissed: []lookback.Anomaly{{ID: "a-0", Chart: opsreview.Chart{Key: "d/5"}, Text: "flat", Context: lookback.Explained, State: lookback.Dismissed}},
		},
		Toil: &toil.Report{
			Spent: 5 * time.Hour, Working: 80 * time.Hour, Overhead: 30 * time.Minute, Method: "logged and paged",
			Categories: []toil.Sum{{Key: "maintenance", Spent: 5 * time.Hour}}, People: []toil.Sum{{Key: "ada@example.com", Spent: 4 * time.Hour}, {Key: "pd/U2", Spent: time.Hour}},
			Tasks: []toil.Task{
				{Key: "rotate the vault token", Name: "rotate the vault token", Spent: 4 * time.Hour, Quarter: 52 * time.Hour},
				{Key: "renew", Name: "renew", Automated: &toil.Automation{At: monday.AddDate(0, -1, 0), Saved: 6 * time.Hour}},
			},
			Lines: []toil.Line{{Entry: "t-1", Spent: 4 * time.Hour}, {Page: ref("P2"), Spent: time.Hour}},
		},
	}
	return meeting.Facts{Review: r, Pages: pages, At: week.End.Add(9 * time.Hour), Tickets: []opsreview.Ticket{
		{
			Tracker: "jira/OPS", Fingerprint: opsreview.FingerprintOf("noisy_monitor:m-sealed"), Generation: 1, State: opsreview.TicketFiled, RemoteKey: "OPS-12",
			Status: "In Progress", FiledAt: at(100), Monitor: "m-sealed",
		},
		{Tracker: "jira/OPS", Fingerprint: "f7", Generation: 1, State: opsreview.TicketFiled, RemoteKey: "OPS-7", Stands: opsreview.TicketDone, FiledAt: at(-300), ClosedAt: at(20)},
	}}
}

func standing(name string, consumed float64, status slo.Status) slo.Standing {
	b := slo.Budget{Window: week, Status: status, Consumed: consumed, Coverage: 0.99, Total: 1000, Bad: consumed}
	return slo.Standing{SLO: opsreview.SLO{Name: name}, Week: b, Month: b}
}

func snapshot(t testing.TB) meeting.Snapshot {
	t.Helper()
	return meeting.Take(facts())
}

// minutes are the minutes of the week as they stand at its meeting.
func minutes(t testing.TB) meeting.Minutes {
	t.Helper()
	s := snapshot(t)
	m := meeting.Minutes{
		Meeting: opsreview.Meeting{
			ID: "secrets/2026-W46", Team: "secrets", Window: week, Week: "2026-W46", State: opsreview.MeetingOpen, OpenedAt: s.At, OpenedBy: "Ada Lovelace",
			Facilitator: "Cem Yılmaz", Presenter: "Bob",
		},
		Snapshot: s,
		Items: []opsreview.MeetingItem{
			item("i1", opsreview.ItemNote, "pages", "Ada said it was the load balancer."),
			item("i2", opsreview.ItemWin, "", "No page at night."),
			item("i3", opsreview.ItemFailure, "", "The backup did not run."),
			item("i4", opsreview.ItemAction, "pages", "Raise the threshold."),
			item("i5", opsreview.ItemAttended, "", "Ada Lovelace, Bob and Dora"),
			item("i6", opsreview.ItemHandover, "", "Cem Yılmaz"),
			item("i7", opsreview.ItemDemo, "", "The new dashboard."),
		},
		Waivers: []opsreview.Waiver{{
			ID: "w1", Kind: opsreview.WaiveBreach, Subject: "pages_per_shift:ada@example.com", Title: "Ada Lovelace: 3 pages", Owner: "Bob", Reason: "one-off, says ada@example.com",
			Author: "Ada Lovelace", At: s.At, Expires: s.At.AddDate(0, 0, 14),
		}},
	}
	m.Items[3].Owner, m.Items[3].Ticket, m.Items[3].Due, m.Items[3].Subject = "Bob", "OPS-12", s.At.AddDate(0, 0, 4), "m-sealed"
	m.Open = meeting.Gate(meeting.GateInput{Snapshot: s, Now: s.At})
	return m
}

func item(id string, kind opsreview.ItemKind, section, text string) opsreview.MeetingItem {
	return opsreview.MeetingItem{ID: id, Meeting: "secrets/2026-W46", Kind: kind, Section: section, Text: text, Author: "Ada Lovelace", At: week.End.Add(10 * time.Hour)}
}
