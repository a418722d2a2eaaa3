package report_test

import (
	"math"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"opsreview/lookback"
	"opsreview/report"
)

func TestLookBack_MarkdownSaysWhatLooksWeird(t *testing.T) {
	got := string(report.Markdown(data("Vault is sealed")))
	for _, want := range []string{
		"## What looks weird on the dashboards\n",
		"Mon 2 Nov 2026 to Sun 15 Nov 2026: 6 anomalies, 1 unexplained; 5 series of 2 charts looked at; 1 dismissed.\n",
		"1. **unexplained** Tue 10 Nov 03:00 for 1h `Vault is sealed (Vault is sealed)`: Vault is sealed `a-1`\n    - Vault is sealed\n    - Accepted by Vault is sealed: Vault is sealed\n",
		"2. **paged** Wed 11 Nov 02:00, still going on `Vault is sealed (Vault is sealed)`: flat at 0 since 02:00 `a-2`\n",
		"And 4 more: opsreview anomaly list --all.\n",
		"Not looked at: Vault is sealed, Vault is sealed; and 1 more: opsreview dashboard charts.\n",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("the document lacks %q:\n%s", want, got)
		}
	}
}

func TestLookBack_SaysThatNothingLooksWeird(t *testing.T) {
	d := data("Vault is sealed")
	d.LookBack, d.Plots = &lookback.Report{Window: d.Review.Window, Charts: 1, Series: 3}, nil
	b := render(t, d)
	const want = "nothing looks weird; 3 series of 1 chart looked at"
	for form, text := range map[string]string{"Markdown": string(b.Markdown), "HTML": string(b.HTML), "mail": string(b.Mail), "chat": strings.Join(b.Chat.Sections, "\n")} {
		if !strings.Contains(text, want) {
			t.Errorf("the %s does not say %q", form, want)
		}
	}
}

func TestLookBack_WithoutChartsIsLeftOut(t *testing.T) {
	d := data("Vault is sealed")
	d.LookBack, d.Plots = nil, nil
	b := render(t, d)
	for form, text := range map[string]string{"Markdown": string(b.Markdown), "HTML": string(b.HTML), "chat": strings.Join(b.Chat.Sections, "\n")} {
		if strings.Contains(text, "looks weird") {
			t.Errorf("the %s tells of a look back where nothing is looked at", form)
		}
	}
}

func TestLookBack_ChatHasOneLine(t *testing.T) {
	const want = "• Dashboards: 6 anomalies, 1 unexplained; 5 series of 2 charts looked at; 1 dismissed: `Vault is sealed (Vault is sealed)` Vault is sealed\n"
	if got := render(t, data("Vault is sealed")).Chat.Sections[0]; !strings.Contains(got, want) {
		t.Errorf("the message lacks %q:\n%s", want, got)
	}
}

func TestLookBack_PlotShowsTheBandAndTheWindow(t *testing.T) {
	root := parse(t, render(t, data("Vault is sealed")).HTML)
	charts := elements(root, func(n *html.Node) bool { return attr(n, "id") == "anomaly-0-chart" })
	if len(charts) != 1 {
		t.Fatalf("%d drawings of the first anomaly, want one", len(charts))
	}
	paths := map[string]string{}
	for _, p := range elements(charts[0], named("path")) {
		paths[attr(p, "class")] = attr(p, "d")
	}
	if n := strings.Count(paths["plotline"], "M"); n != 2 {
		t.Errorf("the line has %d parts, want two with a gap between", n)
	}
	if n := strings.Count(paths["plotband"], "M"); n != 1 {
		t.Errorf("the band has %d parts, want one", n)
	}
	marks := elements(charts[0], func(n *html.Node) bool { return attr(n, "class") == "plotmark" })
	if len(marks) != 1 || attr(marks[0], "x") != "41.867%" {
		t.Errorf("the window is not marked where it is: %d marks", len(marks))
	}
	text := strings.Join(strings.Fields(textOf(charts[0])), " ")
	for _, want := range []string{"610 ms", "120 ms", "10 Nov", "looks weird: Tue 10 Nov 03:00 to Tue 10 Nov 04:00"} {
		if !strings.Contains(text, want) {
			t.Errorf("the drawing does not say %q: %s", want, text)
		}
	}
	if n := len(elements(root, func(n *html.Node) bool { return attr(n, "id") == "anomaly-1-chart" })); n != 0 {
		t.Error("an anomaly without points is drawn")
	}
}

func TestLookBack_PlotOfNothingKnownIsEmpty(t *testing.T) {
	d := data("Vault is sealed")
	for i := range d.Plots["a-1"][0].Points {
		p := &d.Plots["a-1"][0].Points[i]
		p.Min, p.Max, p.Low, p.High = math.NaN(), math.NaN(), math.Inf(-1), math.Inf(1)
	}
	text := string(render(t, d).HTML)
	if strings.Contains(text, "NaN") || strings.Contains(text, "Inf") {
		t.Error("what is not known is drawn")
	}
}
