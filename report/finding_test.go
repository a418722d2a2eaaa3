package report_test

import (
	"fmt"
	"strings"
	"testing"

	"opsreview"
	"opsreview/report"
	"opsreview/review"
)

func TestReport_TellsWhatNeedsWorkAndWhatHeld(t *testing.T) {
	d := data("Disk is full")
	d.Tickets[0].RemoteKey, d.Tickets[0].Status = "OPS-12", "In Progress"
	b := render(t, d)
	chat := strings.Join(b.Chat.Sections, "\n")
	for form, c := range map[string]struct {
		text string
		want []string
	}{
		"Markdown": {string(b.Markdown), []string{
			"\n## What needs work\n", "1. **≈ 3.4 h/week** `Disk is full` (`OPS-12`, In Progress)\n", "    - **To do:** Disk is full\n", "2. `No runbook`\n",
			"\n## Did it hold\n", "2 closed tickets: 1 held, 1 came back; what held saves ≈ 1.5 h/week.", "- **Came back**: `Disk is full` `Disk is full`\n", "- **Held**: `OPS-3` `Disk`\n    - It held.",
		}},
		"HTML": {string(b.HTML), []string{
			`<section id="work"`, "<strong>≈ 3.4 h/week</strong>", ">OPS-12</bdi>", ">In Progress</bdi>", "2 of 4 labels say so.",
			`<section id="held"`, "what held saves ≈ 1.5 h/week.", "<strong>came back</strong>",
		}},
		"mail": {string(b.Mail), []string{`<section id="work"`, `<section id="held"`}},
		"chat": {chat, []string{
			"• Needs work: 2 findings, the first ≈ 3.4 h/week: `Disk is full`", "• 2 closed tickets: 1 held, 1 came back; what held saves ≈ 1.5 h/week",
		}},
	} {
		for _, want := range c.want {
			if !strings.Contains(c.text, want) {
				t.Errorf("%s lacks %q", form, want)
			}
		}
	}
}

func TestReport_NothingToDoAndNothingClosedHaveNoSection(t *testing.T) {
	d := data("Disk is full")
	d.Review.Findings, d.Review.Closed = nil, nil
	b := render(t, d)
	for form, text := range map[string]string{"Markdown": string(b.Markdown), "HTML": string(b.HTML), "chat": strings.Join(b.Chat.Sections, "\n")} {
		for _, head := range []string{"hat needs work", "id it hold", "Needs work", `"#work"`, `"#held"`} {
			if strings.Contains(text, head) {
				t.Errorf("%s has %q", form, head)
			}
		}
	}
}

func TestReport_CountsTheWorkThatItLeavesOut(t *testing.T) {
	d := data("Disk is full")
	for i := range 30 {
		key := fmt.Sprint("noisy_monitor:", i)
		d.Review.Findings = append(d.Review.Findings, opsreview.Finding{Key: key, Title: key})
		d.Review.Closed = append(d.Review.Closed, review.TicketOutcome{Verdict: review.TooEarly})
	}
	b := render(t, d)
	for form, text := range map[string]string{"Markdown": string(b.Markdown), "HTML": string(b.HTML)} {
		for _, want := range []string{"And 22 more.", "And 22 more closed tickets."} {
			if !strings.Contains(text, want) {
				t.Errorf("%s lacks %q", form, want)
			}
		}
	}
}

func TestReport_ATicketThatIsNotFiledSaysSo(t *testing.T) {
	for state, want := range map[opsreview.TicketState]string{
		opsreview.TicketFiled: "(`OPS-1`, todo)", opsreview.TicketUncertain: "(`OPS-1`, uncertain whether it is filed)",
		opsreview.TicketSuppressed: "(`OPS-1`, will not be fixed)", opsreview.TicketGone: "(`OPS-1`, gone)",
	} {
		d := data("Disk is full")
		d.Tickets[0] = opsreview.Ticket{Fingerprint: d.Tickets[0].Fingerprint, RemoteKey: "OPS-1", State: state, Stands: opsreview.TicketTodo}
		if text := string(report.Markdown(d)); !strings.Contains(text, want) {
			t.Errorf("a ticket in the state %s is not shown as %s", state, want)
		}
	}
}
