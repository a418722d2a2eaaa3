package report

import (
	"fmt"
	"time"

	"opsreview/incident"
)

// maxIncidents is how many incidents a report lists.
const maxIncidents = 30

// An incidentSection is what a report tells of declared incidents.
type incidentSection struct {
	Facts []string
	Table table
	Notes []string // what some of them lack, in sentences
	More  string
}

// incidentSection is nil where no incident is known at all.
func (d Data) incidentSection() *incidentSection {
	r := d.Review.Incidents
	if r == nil {
		return nil
	}
	s := &incidentSection{Facts: incidentFacts(*r), Table: d.incidentTable(*r)}
	if more := len(r.Cases) - maxIncidents; more > 0 {
		s.More = "And " + plural(more, "more incident") + ": opsreview incident list."
	}
	lacking, seen := 0, map[string]bool{}
	for _, list := range [][]incident.Case{r.Overdue, r.Cases} {
		for _, c := range list {
			name := c.Incident.Ref.String()
			if c.Text == "" || seen[name] {
				continue
			}
			seen[name] = true
			if lacking++; lacking <= maxIncidents {
				s.Notes = append(s.Notes, fit(clean(incident.Name(c.Incident)), maxTitle)+", "+title(c.Incident.Title)+": "+clean(c.Text))
			}
		}
	}
	return s
}

// incidentFacts says what noticed the incidents and how long they took.
func incidentFacts(r incident.Report) []string {
	n := len(r.Cases)
	if n == 0 {
		return []string{"No incident in this window"}
	}
	d := r.Detection
	all := []string{fmt.Sprintf("%s: noticed by an alert %d, a person %d, a customer %d, nobody knows %d",
		plural(n, "incident"), d.Alert, d.Person, d.Customer, d.Unknown)}
	for _, step := range []struct {
		name   string
		spread incident.Spread
	}{
		{"Detected", r.Detect},
		{"Acknowledged", r.Ack},
		{"Mitigated", r.Mitigate},
		{"Resolved", r.Resolve},
	} {
		text := fmt.Sprintf("%s: nobody recorded after how long", step.name)
		if s := step.spread; s.N > 0 {
			text = fmt.Sprintf("%s after %s (median; 90 %% within %s; %d of %d)", step.name, took(s.Median), took(s.P90), s.N, n)
		}
		all = append(all, text)
	}
	return all
}

// took writes how long a step took, to the second where it is short.
func took(d time.Duration) string {
	if d < time.Minute {
		return d.Round(time.Second).String()
	}
	return length(d)
}

// incidentTable lists incidents, gravest first. What is unknown is a dash.
func (d Data) incidentTable(r incident.Report) table {
	t := table{
		ID: "incident-table", Caption: "Declared incidents, gravest first", Text: 5, Wide: true,
		Head: []string{"Incident", "Title", "Severity", "Started", "Noticed by", "To detect", "To acknowledge", "To mitigate", "To resolve", "Burned of 30 days"},
	}
	step := func(s incident.Span) string {
		if !s.Known {
			return "–"
		}
		return took(s.D)
	}
	for _, c := range r.Cases[:min(len(r.Cases), maxIncidents)] {
		started, burned, noticed := "unknown", "–", string(c.Detector)
		if !c.Incident.StartedAt.IsZero() {
			started = when(c.Incident.StartedAt, d.zone())
		}
		if len(c.Burned) > 0 {
			burned = fmt.Sprintf("%.1f %%", 100*c.Burned[0].Share)
		}
		if c.Inferred {
			noticed += " (by its pages)"
		}
		t.Rows = append(t.Rows, []string{
			fit(clean(incident.Name(c.Incident)), maxTitle), title(c.Incident.Title), orDash(fit(clean(c.Incident.Severity), maxTitle)), started, orDash(noticed),
			step(c.Times.Detect), step(c.Times.Acknowledge), step(c.Times.Mitigate), step(c.Times.Resolve), burned,
		})
	}
	return t
}

func orDash(text string) string {
	if text == "" {
		return "–"
	}
	return text
}

// incidents tells of declared incidents.
func (m *markdown) incidents() {
	s := m.incidentSection()
	if s == nil {
		return
	}
	m.heading("Incidents")
	for _, fact := range s.Facts {
		m.line("- %s", prose(fact))
	}
	if len(s.Table.Rows) > 0 {
		m.line("")
		m.row(s.Table.Head...)
		m.line("|---|---|---|---|---|---:|---:|---:|---:|---:|")
		for _, row := range s.Table.Rows {
			cells := make([]string, len(row))
			for i, text := range row {
				cells[i] = cell(prose(text))
			}
			cells[0], cells[1] = cell(code(row[0])), cell(code(row[1]))
			m.row(cells...)
		}
	}
	if s.More != "" {
		m.line("\n%s", prose(s.More))
	}
	if len(s.Notes) > 0 {
		m.line("")
	}
	for _, note := range s.Notes {
		m.line("- %s", prose(note))
	}
}
