package report_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"opsreview"
	"opsreview/report"
	"opsreview/toil"
)

// ledger is toil whose texts are given: an hour on Tuesday, and a task that a
// machine has done for four weeks.
func ledger(text string, w opsreview.Window) *toil.Report {
	since := w.End.AddDate(0, 0, -28)
	r := toil.Prepare(toil.Input{
		Team: "secrets", Window: w, Now: w.End.Add(8 * time.Hour), Zone: time.UTC,
		Entries: []opsreview.ToilEntry{{ID: "t-1", Source: "manual", Task: text, Category: text, Person: "ada@example.com", At: w.Start.Add(34 * time.Hour), Spent: time.Hour}},
		Tasks: []opsreview.ToilTask{{
			Key: "renew a certificate", Name: "renew a certificate", AutomatedAt: since,
			Baseline: opsreview.ToilBaseline{Window: opsreview.Window{Start: since.AddDate(0, 0, -28), End: since}, Entries: 4, Spent: 8 * time.Hour},
		}},
		People: []toil.Member{{Key: "ada@example.com", Name: text}},
	})
	return &r
}

func TestToil_MarkdownTellsOfIt(t *testing.T) {
	got := string(report.Markdown(data("rotate a token")))
	for _, want := range []string{
		"## Toil\n\n- 1h of toil, 2 % of 40h of working time (limit 50 %)\n",
		"- Trend: ",
		"| rotate a token | 1h | – | 1 |\n",
		"| rotate a token | 1h | 2 % | 1 |\n",
		"| `rotate a token` | rotate a token | 1h | 1h | 13h | 1 |\n",
		"- `renew a certificate`: automated since 19 Oct 2026; before, it took 2h a week (4 entries from 21 Sep to 19 Oct), and 0m a week since: 8h saved so far\n",
		"\nMade of logged entries, ",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("the document lacks %q:\n%s", want, got)
		}
	}
}

func TestToil_PagesAndMailsTellOfIt(t *testing.T) {
	b := render(t, data("Vault is sealed"))
	for form, text := range map[string]string{"HTML": string(b.HTML), "mail": string(b.Mail)} {
		for _, want := range []string{`<a href="#toil">Toil</a>`, `<section id="toil"`, "<li>1h of toil, 2 % of 40h of working time (limit 50 %)</li>", "8h saved so far", "<td>13h</td>"} {
			if !strings.Contains(text, want) {
				t.Errorf("the %s lacks %q", form, want)
			}
		}
	}
}

func TestToil_ChatsSayHowMuchThereWas(t *testing.T) {
	b := render(t, data("rotate a token"))
	if got := fmt.Sprint(b.Chat.Sections); !strings.Contains(got, "• Toil: 1h of toil, 2 % of 40h of working time") {
		t.Errorf("the chat does not tell of toil:\n%s", got)
	}
}

func TestToil_WhereNobodyLogsItIsLeftOut(t *testing.T) {
	d := data("Vault is sealed")
	d.Review.Toil = nil
	for form, text := range map[string]string{"Markdown": string(report.Markdown(d)), "HTML": string(render(t, d).HTML)} {
		if strings.Contains(text, "Toil") {
			t.Errorf("the %s tells of toil where nobody logs it", form)
		}
	}
}

func TestToil_ListsAreBounded(t *testing.T) {
	d := data("Vault is sealed")
	r := toil.Report{Window: d.Review.Window}
	for i := range 40 {
		r.Tasks = append(r.Tasks, toil.Task{Key: fmt.Sprint(i), Name: fmt.Sprintf("task %d", i)})
		r.People = append(r.People, toil.Sum{Key: fmt.Sprint(i), Name: fmt.Sprintf("person %d", i), Entries: 1})
	}
	d.Review.Toil = &r
	got := string(report.Markdown(d))
	if strings.Contains(got, "`task 10`") || !strings.Contains(got, "And 30 more tasks: opsreview toil show.") || strings.Contains(got, "person 30") {
		t.Errorf("the report lists more than it should:\n%s", got)
	}
}
