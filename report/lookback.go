package report

import (
	"cmp"
	"fmt"
	"strings"

	"opsreview/anomaly"
	"opsreview/lookback"
)

// maxMembers is how many series of an anomaly a report names.
const maxMembers = 8

// A look is an anomaly as a report shows it: plain texts, and a drawing where
// there is one.
type look struct {
	When, Name, ID string
	Text           string // what was measured
	Context        string // "unexplained", "paged" or "explained"
	Because        []string
	Drawn          bool
	Chart          chart
	Table          table
}

// looks are the anomalies that the review talks about, in its order.
func (d Data) looks() []look {
	if d.LookBack == nil {
		return nil
	}
	var all []look
	for i, a := range d.LookBack.Anomalies {
		l := look{
			When: d.lasted(a), Name: chartName(a), ID: clean(a.ID), Text: fit(clean(a.Text), 2*maxTitle), Context: string(a.Context),
			Because: d.because(a), Table: d.membersTable(i, a),
		}
		if plots := d.Plots[a.ID]; len(plots) > 0 && len(plots[0].Points) > 0 {
			l.Drawn, l.Chart = true, d.plotChart(i, a, plots[0])
		}
		all = append(all, l)
	}
	return all
}

// chartName names the chart of an anomaly, with the dashboard that it is on.
func chartName(a lookback.Anomaly) string {
	name := title(cmp.Or(clean(a.Chart.Title), clean(a.Chart.Key)))
	if on := clean(a.Chart.Dashboard); on != "" {
		name += " (" + fit(on, maxTitle/2) + ")"
	}
	return name
}

// lasted tells when an anomaly began and for how long it went on.
func (d Data) lasted(a lookback.Anomaly) string {
	text := when(a.Window.Start, d.zone())
	if a.Ongoing {
		return text + ", still going on"
	}
	return text + " for " + length(a.Window.Duration())
}

// because tells what an anomaly is paged or explained by, and what was decided
// about it and its like.
func (d Data) because(a lookback.Anomaly) []string {
	var all []string
	for _, text := range append(append([]string{}, a.Because...), a.Again) {
		if text = fit(clean(text), 2*maxTitle); text != "" {
			all = append(all, text)
		}
	}
	if a.State == lookback.Accepted {
		text := "Accepted by " + cmp.Or(clean(a.Decision.Author), "somebody")
		if why := clean(a.Decision.Reason); why != "" {
			text += ": " + why
		}
		all = append(all, fit(text, 2*maxTitle))
	}
	return all
}

// membersTable lists the series of an anomaly, most unusual first.
func (d Data) membersTable(n int, a lookback.Anomaly) table {
	t := table{
		ID: fmt.Sprintf("anomaly-%d-table", n), Caption: chartName(a) + ": the series that look weird", Text: 4, Wide: true,
		Head: []string{"Series", "From", "Until", "Measured", "Usual", "What it shows"},
	}
	for _, m := range a.Series[:min(len(a.Series), maxMembers)] {
		until := when(m.Window.End, d.zone())
		if m.Window.Ongoing {
			until = "still"
		}
		t.Rows = append(t.Rows, []string{
			title(m.Series.Name), when(m.Window.Start, d.zone()), until, lookback.Amount(m.Window.Value, a.Chart.Unit),
			usual(m.Window, a.Chart.Unit), fit(clean(m.Window.Text), 2*maxTitle),
		})
	}
	if more := len(a.Series) - maxMembers; more > 0 {
		t.Rows = append(t.Rows, []string{fmt.Sprintf("and %d more series", more), "", "", "", "", ""})
	}
	return t
}

// usual writes the usual band: "120 to 180".
func usual(w anomaly.Window, unit string) string {
	if w.Low == 0 && w.High == 0 {
		return lookback.Amount(w.Usual, unit)
	}
	return lookback.Amount(w.Low, unit) + " to " + lookback.Amount(w.High, unit)
}

// lookSum is the look back in one sentence, "" where nothing is looked at.
func (d Data) lookSum() string {
	r := d.LookBack
	if r == nil {
		return ""
	}
	looked := fmt.Sprintf("%s of %s looked at", seriesOf(r.Series), plural(r.Charts, "chart"))
	n, unexplained := len(r.Anomalies)+len(r.More), 0
	for _, list := range [][]lookback.Anomaly{r.Anomalies, r.More} {
		for _, a := range list {
			if a.Context == lookback.Unexplained {
				unexplained++
			}
		}
	}
	text := "nothing looks weird"
	if n > 0 {
		text = fmt.Sprintf("%s, %d unexplained", anomalies(n), unexplained)
	}
	text += "; " + looked
	if k := len(r.Dismissed); k > 0 {
		text += fmt.Sprintf("; %d dismissed", k)
	}
	return text
}

func anomalies(n int) string {
	if n == 1 {
		return "1 anomaly"
	}
	return fmt.Sprintf("%d anomalies", n)
}

// seriesOf counts series, a word that is its own plural.
func seriesOf(n int) string { return fmt.Sprintf("%d series", n) }

// moreLooks says how many anomalies there are beyond those listed.
func (d Data) moreLooks() string {
	if d.LookBack == nil || len(d.LookBack.More) == 0 {
		return ""
	}
	return fmt.Sprintf("And %d more: opsreview anomaly list --all", len(d.LookBack.More))
}

// notLooked says what was not looked at, and the first reason.
func (d Data) notLooked() string {
	if d.LookBack == nil || len(d.LookBack.Skipped) == 0 {
		return ""
	}
	all := d.LookBack.Skipped
	text := "Not looked at: " + fit(clean(all[0].Subject), maxTitle) + ", " + fit(clean(all[0].Text), maxTitle)
	if more := len(all) - 1; more > 0 {
		text += fmt.Sprintf("; and %d more: opsreview dashboard charts", more)
	}
	return text
}

// chatLook is the look back in one line of a chat, "" where nothing is looked
// at.
func (d Data) chatLook() string {
	text := d.lookSum()
	if text == "" {
		return ""
	}
	line := "• " + mrkdwn("Dashboards: "+text)
	if all := d.looks(); len(all) > 0 {
		line += ": " + chatCode(fit(all[0].Name, maxTitle)) + " " + mrkdwn(all[0].Text)
	}
	return line
}

// lookBack tells what looks weird on the dashboards.
func (m *markdown) lookBack() {
	if m.LookBack == nil {
		return
	}
	m.heading("What looks weird on the dashboards")
	m.line("%s: %s.\n", prose(spanOf(m.LookBack.Window, m.zone())), prose(m.lookSum()))
	for i, l := range m.looks() {
		m.line("%d. **%s** %s %s: %s %s", i+1, prose(l.Context), prose(l.When), code(l.Name), prose(l.Text), code(l.ID))
		for _, text := range l.Because {
			m.line("    - %s", prose(text))
		}
	}
	for _, text := range []string{m.moreLooks(), m.notLooked()} {
		if text != "" {
			m.line("\n%s.", prose(text))
		}
	}
}

// A lookSection is what the page shows of the look back.
type lookSection struct {
	Facts []string
	Items []look
	Notes []string
}

func (d Data) lookSection() *lookSection {
	if d.LookBack == nil {
		return nil
	}
	s := &lookSection{Facts: []string{spanOf(d.LookBack.Window, d.zone()) + ": " + d.lookSum()}, Items: d.looks()}
	for _, text := range []string{d.moreLooks(), d.notLooked()} {
		if text != "" {
			s.Notes = append(s.Notes, strings.TrimSuffix(text, ".")+".")
		}
	}
	return s
}
