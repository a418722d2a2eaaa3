package report

import (
	"bytes"
	_ "embed" // the template and the style
	"fmt"
	"html/template"
	"slices"

	"opsreview/review"
)

//go:embed report.tmpl
var pageText string

//go:embed style.css
var style string

var page = template.Must(template.New("report").Parse(pageText))

// A document is what the template shows: everything in it is a stranger's text
// to the template, but for the style.
type document struct {
	Title, Team, Week, Span, Prepared string
	Style                             template.CSS
	Mail                              bool // without drawings, which mail programs take out

	Tiles    []tile
	Outcomes table
	Unlabel  string
	Facts    []string
	Topics   []topic
	More     string
	Breaches []breach
	Changes  []change

	Work       []work
	MoreWork   string
	Closed     []closed
	ClosedSum  string
	MoreClosed string
	Withheld   []string // what is not told of people

	Load, Weeks, Monitors, Heat, Timeline section
	People                                []chart
	Budget                                *budgetSection
	Incidents                             *incidentSection
	Toil                                  *toilSection
	Look                                  *lookSection
	Gaps                                  []review.Gap
}

// A tile is one number of the headline.
type tile struct{ Number, Text string }

// A section is a chart and the tables that say the same.
type section struct {
	Chart  chart
	Tables []table
	Note   string
}

type topic struct {
	When, Title, Page string
	Reasons           []string
}

// HTML renders the report as one file that asks nobody for anything: its style
// and its charts are in it, and it forbids itself everything else. It reads in
// light and dark, on paper, on a telephone and aloud.
func HTML(d Data) ([]byte, error) { return d.render(false) }

// Mail renders the report for the body of a mail: as [HTML], but with tables in
// the place of charts, which mail programs take out.
func Mail(d Data) ([]byte, error) { return d.render(true) }

func (d Data) render(mail bool) ([]byte, error) {
	var buf bytes.Buffer
	if err := page.Execute(&buf, d.document(mail)); err != nil {
		return nil, fmt.Errorf("render report: %w", err)
	}
	return buf.Bytes(), nil
}

func (d Data) document(mail bool) document {
	r := d.Review
	doc := document{
		Title: d.Title(), Team: clean(r.Team), Week: r.Week, Span: d.span(), Prepared: d.prepared(),
		Style: template.CSS(style), Mail: mail,
		Tiles: tiles(r.Headline), Outcomes: outcomeTable(r.Headline.Outcomes), Facts: d.facts(),
		Load:     section{Chart: d.loadChart(), Tables: []table{d.loadTable()}},
		Weeks:    section{Chart: d.weekChart(), Tables: []table{d.weekRows()}},
		Monitors: section{Chart: d.monitorChart(), Tables: []table{d.monitorTable()}},
		Heat:     section{Chart: d.heatChart(), Tables: []table{d.heatTable(), d.heatPeople()}},
		Timeline: section{Chart: d.timelineChart(), Tables: []table{d.timelineTable()}},
		Budget:   d.budgetSection(),
		Look:     d.lookSection(), Incidents: d.incidentSection(), Toil: d.toilSection(),
		Withheld: d.withheld(),
		People:   d.personHeats(), Breaches: d.breaches(), Changes: d.changes(),
	}
	if n := r.Headline.Outcomes.Unlabelled; n > 0 {
		doc.Unlabel = plural(n, "page") + " unlabelled: counted as neither."
	}
	doc.Monitors.Note, doc.Load.Note = beyond(len(r.Monitors), "monitor"), beyond(len(r.Loads), "responder")
	for _, t := range r.Discuss {
		item := topic{When: when(t.At, d.zone()), Title: title(t.Title), Page: clean(t.Page.String())}
		for _, reason := range t.Reasons {
			item.Reasons = append(item.Reasons, clean(reason))
		}
		doc.Topics = append(doc.Topics, item)
	}
	doc.addWork(d)
	if r.More > 0 {
		doc.More = "And " + plural(r.More, "more page") + "."
	}
	for _, g := range r.Gaps {
		doc.Gaps = append(doc.Gaps, review.Gap{Subject: clean(g.Subject), Text: clean(g.Text)})
	}
	return doc
}

// addWork adds what needs work, and whether closed tickets held.
func (doc *document) addWork(d Data) {
	var more int
	if doc.Work, more = d.work(); more > 0 {
		doc.MoreWork = fmt.Sprintf("And %d more.", more)
	}
	if doc.Closed, more = d.closed(); more > 0 {
		doc.MoreClosed = "And " + plural(more, "more closed ticket") + "."
	}
	doc.ClosedSum = upper(d.closedHeadline())
}

// beyond says how many are in a table and not in its chart.
func beyond(n int, noun string) string {
	if n <= maxBars {
		return ""
	}
	return fmt.Sprintf("The chart shows the first %d; the table has %s.", maxBars, plural(n-maxBars, "more "+noun))
}

func tiles(h review.Headline) []tile {
	all := []tile{
		{fmt.Sprint(h.Pages), "pages"},
		{percent(h.Labelled, h.Pages), fmt.Sprintf("labelled (%d of %d)", h.Labelled, h.Pages)},
		{fmt.Sprint(h.Interruptions.Total()), "interruptions of " + people(h.Responders)},
		{fmt.Sprint(h.Interruptions.Sleep), "of them in sleep hours"},
		{length(h.Engaged), "of people's time engaged"},
		{fmt.Sprint(h.Escalated), "escalated, nobody answered"},
	}
	if h.Withheld {
		return slices.Delete(all, 2, 5)
	}
	return all
}
