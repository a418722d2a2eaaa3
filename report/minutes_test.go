package report_test

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"opsreview"
	"opsreview/meeting"
	"opsreview/report"
)

var update = flag.Bool("update", false, "rewrite the golden files")

func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("%s (-want +got):\n%s", name, diff)
	}
}

// minutesOf are minutes in which every text that people and strangers write is
// the given one.
func minutesOf(text string) meeting.Minutes {
	end := start.AddDate(0, 0, 7)
	num := func(v float64, unit string) meeting.Number { return meeting.Number{Value: v, Unit: unit} }
	three, half, nights := 3.0, 0.5, 1
	said := func(id string, kind opsreview.ItemKind, section string, minute int) opsreview.MeetingItem {
		return opsreview.MeetingItem{
			ID: id, Kind: kind, Section: section, Text: text, Author: text, At: end.Add(10*time.Hour + time.Duration(minute)*time.Minute),
		}
	}
	m := meeting.Minutes{
		Meeting: opsreview.Meeting{
			ID: "secrets/2026-W46", Team: text, Week: "2026-W46", Window: opsreview.Window{Start: start, End: end}, State: opsreview.MeetingClosed,
			OpenedAt: end.Add(9 * time.Hour), OpenedBy: text, Facilitator: text, Presenter: text, ClosedAt: end.Add(11 * time.Hour), ClosedBy: text,
			Forced: text, ForcedOpen: []string{text},
		},
		Snapshot: meeting.Snapshot{
			Version: 1, At: end.Add(11 * time.Hour), Team: text, Start: start, End: end, Week: "2026-W46", Zone: "UTC",
			Definitions: map[string]int{"pages": 1, "coverage": 2},
			Numbers: map[string]meeting.Number{
				"pages": num(3, "pages"), "coverage": {Value: 2, Of: &three}, "pages_noise": num(2, "pages"), "incidents": num(1, ""), "anomalies": num(1, ""),
				"time_to_acknowledge": num(6, "min"), "slos_overspent": num(0, ""),
			},
			Pages:     []meeting.PageFact{{Page: "pd/P1", Title: text, Monitor: "m-1", At: start, Outcome: "noise"}},
			Monitors:  []meeting.MonitorFact{{Monitor: "m-1", Title: text, Pages: 3, Interruptions: 4, EngagedMin: 90, NotActionable: 2, Labelled: 2}},
			Loads:     []meeting.LoadFact{{Person: text, Name: text, Pages: 3, BrokenNights: &nights, Breaches: []meeting.Breach{{Key: "k", Limit: "l", Text: text}}}},
			Budgets:   []meeting.BudgetFact{{SLO: text, Thirty: &half, Text: text}},
			Incidents: []meeting.IncidentFact{{Incident: "r/1", Number: text, Title: text, Severity: text, Text: text}},
			Anomalies: []meeting.AnomalyFact{{Anomaly: "a-1", Chart: text, Text: text, Context: "unexplained", State: "open"}},
			Toil:      &meeting.ToilFact{Minutes: 90, Working: 2400, Tasks: []meeting.TaskFact{{Task: text, Minutes: 90, Quarter: 600}}, Method: text},
			Findings:  []meeting.FindingFact{{Key: "noisy_monitor:m-1", Kind: opsreview.NoisyMonitor, Title: text, Ticket: text, Status: text}},
			Closed:    []meeting.ClosedFact{{Ticket: text, Title: text, Verdict: "held", Text: text}, {Ticket: text, Title: text, Verdict: "came_back", Text: text}},
			Gaps:      []string{text},
		},
		Items: []opsreview.MeetingItem{
			said("i1", opsreview.ItemNote, "pages", 0), said("i2", opsreview.ItemWin, "", 1), said("i3", opsreview.ItemAction, "", 2),
			said("i4", opsreview.ItemAttended, "", 3), said("i5", opsreview.ItemHandover, "", 4), said("i6", opsreview.ItemNote, "", 5), said("i7", opsreview.ItemDemo, "", 6),
		},
		Waivers: []opsreview.Waiver{
			{ID: "w1", Title: text, Owner: text, Reason: text, At: end, Expires: end.AddDate(0, 0, 14)},
			{ID: "w0", Title: "Expired", Owner: "x", Reason: "y", At: start, Expires: end},
		},
		Carried: []meeting.CarryOver{{Item: opsreview.MeetingItem{ID: "i0", Text: text, Owner: text}, From: opsreview.Meeting{Week: "2026-W45"}, Text: text}},
		Changes: []meeting.Change{{Kind: meeting.LatePage, Subject: "pd/P1", Text: text}},
	}
	m.Items[0].Subject = "pd/P1"
	m.Items[2].Subject, m.Items[2].Owner, m.Items[2].Ticket, m.Items[2].Due = "m-1", text, text, end.AddDate(0, 0, 5)
	return m
}

// readable are the minutes of a week as people write them.
func readable() meeting.Minutes {
	m := minutesOf("x")
	m.Meeting.Team, m.Meeting.OpenedBy, m.Meeting.Facilitator, m.Meeting.Presenter, m.Meeting.ClosedBy = "secrets", "Ada", "Cem", "Bob", "Cem"
	m.Meeting.Forced, m.Meeting.ForcedOpen = "Bob is ill; his pages can wait a week", []string{"Vault is sealed: nobody has labelled it"}
	s := &m.Snapshot
	s.Pages[0].Title, s.Monitors[0].Title = "Vault is sealed", "Vault is sealed"
	s.Loads = []meeting.LoadFact{
		{Person: "ada@example.com", Name: "Ada", Pages: 3, Interruptions: 4, Sleep: 1, EngagedMin: 90, Breaches: []meeting.Breach{{
			Key: "pages_per_shift:ada@example.com", Limit: "pages_per_shift", Text: "3 pages in 12 hours from Mon 03:00 (limit 2)",
		}}},
		{Person: "bob@example.com", Name: "Bob", Pages: 1},
		{Person: "cem@example.com", Name: "Cem", Pages: 1},
	}
	s.Budgets[0].SLO, s.Budgets[0].Text = "vault/reads", "50 % of the 30-day budget"
	s.Incidents[0] = meeting.IncidentFact{Incident: "rootly/17", Number: "INC-17", Title: "Vault down", Severity: "SEV1", Text: "It has no postmortem", Overdue: true}
	s.Anomalies[0].Chart, s.Anomalies[0].Text = "Read latency", "4.1 times the usual"
	s.Toil.Tasks[0].Task, s.Toil.Method, s.Toil.People = "rotate the vault token", "what was logged, and the engaged time of pages that were not actionable", 3
	s.Closed = []meeting.ClosedFact{{Ticket: "OPS-8", Title: "Disk", Verdict: "held", Text: "It held."}}
	s.Gaps = []string{"Dora: no time zone is known"}
	m.Waivers[0].Title, m.Waivers[0].Owner, m.Waivers[0].Reason = "Vault is sealed", "Bob", "the drill is over on Friday"
	m.Carried[0] = meeting.CarryOver{
		Item: opsreview.MeetingItem{ID: "i0", Text: "Write the runbook", Owner: "Ada"}, From: opsreview.Meeting{Week: "2026-W45"}, Text: "6 days old; it has no ticket",
	}
	m.Changes[0].Text = `a page came late: "Vault is sealed" (pd/P9)`
	texts := []string{"The load balancer dropped it.", "No page at night.", "Raise the threshold.", "Ada, Bob", "Cem", "The room was cold.", "The new dashboard."}
	for i := range m.Items {
		m.Items[i].Text, m.Items[i].Author = texts[i], "Ada"
	}
	m.Items[2].Owner, m.Items[2].Ticket = "Bob", "OPS-12"
	return m
}

func TestMinutes_Golden(t *testing.T) {
	golden(t, "minutes.md", report.MinutesMarkdown(readable()))
	html, err := report.MinutesHTML(readable())
	if err != nil {
		t.Fatal(err)
	}
	root := parse(t, html)
	body := elements(root, named("body"))[0]
	var lines []string
	for line := range strings.Lines(textOf(body)) {
		if line = strings.TrimSpace(line); line != "" {
			lines = append(lines, line)
		}
	}
	golden(t, "minutes.txt", []byte(strings.Join(lines, "\n")+"\n"))
	wantNothingOutside(t, root)
}

func TestMinutes_StrangersTextsStayText(t *testing.T) {
	html := func(text string) []byte {
		b, err := report.MinutesHTML(minutesOf(text))
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	want := strings.Split(string(report.MinutesMarkdown(minutesOf("harmless"))), "\n")
	elements := shape(parse(t, html("harmless")))
	for name, text := range hostile {
		if strings.TrimSpace(text) == "" {
			continue // what is empty has no place
		}
		t.Run(name, func(t *testing.T) {
			page := html(text)
			root := parse(t, page)
			if shape(root) != elements {
				t.Error("the text has changed the document's elements")
			}
			wantNothingOutside(t, root)
			if bytes.ContainsAny(page, "\x00\x07\x1b\u202e\u2066\u200b") {
				t.Error("a character that hides or controls came through")
			}
			got := string(report.MinutesMarkdown(minutesOf(text)))
			lines := strings.Split(got, "\n")
			if len(lines) != len(want) {
				t.Fatalf("the document has %d lines, want %d: the text has begun one\n%s", len(lines), len(want), got)
			}
			for i, line := range lines {
				if lead(line) != lead(want[i]) {
					t.Errorf("line %d has another form:\n%q, want the form of\n%q", i+1, line, want[i])
				}
				bare := ours.ReplaceAllString(codeSpan.ReplaceAllString(strings.TrimLeft(line, "# "), "CODE"), "")
				bare = strings.TrimPrefix(bare, "- [ ] ")
				for what, sign := range active {
					if found := sign.FindString(bare); found != "" && !strings.HasPrefix(line, "# ") {
						t.Errorf("line %d has %s, %q: %q", i+1, what, found, line)
					}
				}
			}
			wantVisible(t, got)
		})
	}
}

func TestMinutes_EmptyTextsBreakNothing(t *testing.T) {
	for _, m := range []meeting.Minutes{{}, minutesOf(""), minutesOf(" \n ")} {
		b, err := report.RenderMinutes(m, start)
		if err != nil {
			t.Fatal(err)
		}
		wantVisible(t, string(b.Markdown))
		if b.Title == "" || len(b.HTML) == 0 || b.Chat.Title == "" {
			t.Errorf("the bundle is %+v", b)
		}
	}
}

func TestMinutes_Chat(t *testing.T) {
	long := readable()
	for range 40 {
		long.Items = append(long.Items, long.Items[2])
		long.Meeting.ForcedOpen = append(long.Meeting.ForcedOpen, strings.Repeat("x ", 900))
	}
	all := map[string]meeting.Minutes{"long ones": long}
	for name, text := range hostile {
		all[name] = minutesOf(text)
	}
	for name, m := range all {
		t.Run(name, func(t *testing.T) {
			b, err := report.RenderMinutes(m, start)
			if err != nil {
				t.Fatal(err)
			}
			if n := utf8.RuneCountInString(b.Chat.Title); n == 0 || n > 150 {
				t.Errorf("the header has %d characters, Slack takes 1 to 150", n)
			}
			for _, s := range b.Chat.Sections {
				wantVisible(t, s)
				if n := utf8.RuneCountInString(s); n > 3000 || n == 0 {
					t.Errorf("a section has %d characters, Slack takes 1 to 3000", n)
				}
				if bare := ours.ReplaceAllString(s, ""); strings.ContainsAny(bare, "<>&") {
					t.Errorf("Slack would act on %q", bare)
				}
			}
		})
	}
	b, err := report.RenderMinutes(long, start)
	if err != nil {
		t.Fatal(err)
	}
	text := strings.Join(b.Chat.Sections, "\n")
	for _, want := range []string{"• *Pages*: 3 pages, 2 labelled", "*Closed in spite of what was open*\nBob is ill", "• Raise the threshold. (Bob, by Fri 20 Nov, OPS-12, about Vault is sealed)", "_and 33 more", "`Vault is sealed`: Bob answers for it until Sun 29 Nov 2026"} {
		if !strings.Contains(text, want) {
			t.Errorf("the message lacks %q:\n%s", want, text)
		}
	}
}

func TestMinutes_Say(t *testing.T) {
	tests := map[string]struct {
		change    func(*meeting.Minutes)
		has, lack string
	}{
		"who led and who presented": {has: "Led by Cem, handed over to Cem at 10:04. Presented by Bob. There: Ada, Bob."},
		"an open review says that numbers may change": {
			change: func(m *meeting.Minutes) { m.Meeting.State = opsreview.MeetingOpen }, has: "not closed yet: numbers may still change", lack: "in spite of",
		},
		"what keeps it open": {
			change: func(m *meeting.Minutes) {
				m.Meeting.State, m.Open = opsreview.MeetingOpen, []meeting.Open{{Title: "Vault", Text: "nobody has labelled it"}}
			},
			has: "**Open, so that it cannot be closed**\n\n- Vault: nobody has labelled it\n",
		},
		"a review that was closed with nothing open was not forced": {
			change: func(m *meeting.Minutes) { m.Meeting.Forced, m.Meeting.ForcedOpen = "", nil }, lack: "in spite of",
		},
		"a waiver that has expired is no more":    {lack: "Expired"},
		"an item that was taken back is not said": {change: func(m *meeting.Minutes) { m.Items[2].WithdrawnBy = "Bob" }, lack: "Raise the threshold"},
		"an action without an owner is nobody's":  {change: func(m *meeting.Minutes) { m.Items[2].Owner = "" }, has: "(nobody's yet, by Fri 20 Nov, OPS-12, about Vault is sealed)"},
		"a note in no section is kept":            {has: "## Other notes\n\n- *Note* The room was cold. (Ada, Mon 10:05)\n"},
		"a note in a section nobody knows is kept": {
			change: func(m *meeting.Minutes) { m.Items[0].Section = "later" }, has: "## Other notes\n\n- *Note* `Vault is sealed (pd/P1)`: The load balancer dropped it. (Ada, Mon 10:00)\n",
		},
		"nothing decided is said": {
			change: func(m *meeting.Minutes) { m.Items, m.Waivers = nil, nil }, has: "Nothing was decided.",
		},
		"times are of the team's zone":    {change: func(m *meeting.Minutes) { m.Snapshot.Zone = "Asia/Tokyo" }, has: "Opened Mon 16 Nov 2026 18:00 by Ada"},
		"definitions with their versions": {has: "The numbers are computed by coverage/2, pages/1."},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			m := readable()
			if tt.change != nil {
				tt.change(&m)
			}
			got := string(report.MinutesMarkdown(m))
			if !strings.Contains(got, tt.has) || tt.lack != "" && strings.Contains(got, tt.lack) {
				t.Errorf("want %q and not %q:\n%s", tt.has, tt.lack, got)
			}
		})
	}
}

func TestMinutes_WithoutNames(t *testing.T) {
	people := [][]string{{"Ada", "ada@example.com"}, {"Bob", "bob@example.com"}, {"Cem", "cem@example.com"}, {"Dora"}}
	b, err := report.RenderMinutes(meeting.Anonymous(readable(), people), start)
	if err != nil {
		t.Fatal(err)
	}
	forms := map[string]string{"Markdown": string(b.Markdown), "HTML": string(b.HTML), "mail": string(b.Mail), "chat": strings.Join(b.Chat.Sections, "\n"), "title": b.Title}
	for form, text := range forms {
		for _, names := range people {
			for _, name := range names {
				if strings.Contains(text, name) || strings.Contains(text, strings.ReplaceAll(name, "@", "@\u2060")) {
					t.Errorf("%q is in the %s", name, form)
				}
			}
		}
	}
	if !strings.Contains(forms["Markdown"], "Led by responder 3") {
		t.Errorf("nobody leads:\n%s", forms["Markdown"])
	}
}
