package meeting

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"opsreview"
	"opsreview/review"
)

// An AgendaSection is one part of the agenda as the meeting sees it.
type AgendaSection struct {
	ID      Section
	Title   string
	Summary string   // what there is to see, in a line
	Open    int      // points that keep the review from being closed
	Lines   []string // what the section says
	Points  []Point  // what can be decided about, open ones first
}

// A Point is something that a meeting can decide about.
type Point struct {
	Kind    string // "page", "monitor", "breach", "finding", "anomaly", "incident" or "action"
	Subject string // what a label, a note or a waiver names
	Title   string
	Text    string
	Open    bool   // it keeps the review from being closed
	Ticket  string // "" if it has none
}

var sectionTitles = map[Section]string{
	CarriedOver: "Carried over", Budgets: "Error budgets", Pages: "Pages", Load: "Load", Incidents: "Incidents", Anomalies: "What looked weird",
	Toil: "Toil", Wins: "Wins", Failures: "Failures", Demos: "Demos", Actions: "Actions",
}

// Title is what people call a section.
func (s Section) Title() string { return cmp.Or(sectionTitles[s], string(s)) }

// AgendaOf returns the agenda in the practice's order. It is made of the minutes
// alone, so that a closed review reads for ever as its meeting saw it.
func AgendaOf(m Minutes) []AgendaSection {
	a := agenda{Minutes: m, zone: zoneOf(m.Snapshot.Zone)}
	makers := map[Section]func(*AgendaSection){
		CarriedOver: a.carried, Budgets: a.budgets, Pages: a.pages, Load: a.load, Incidents: a.incidents, Anomalies: a.anomalies,
		Toil: a.toil, Wins: a.wins, Failures: a.failures, Demos: a.demos, Actions: a.actions,
	}
	var all []AgendaSection
	for _, id := range Sections() {
		s := AgendaSection{ID: id, Title: id.Title()}
		makers[id](&s)
		a.changed(&s)
		a.decide(&s)
		all = append(all, s)
	}
	return all
}

// changed lists what changed since the review was opened, but for numbers, which
// the section shows as they are. Labels that pages were given in the meeting are
// counted.
func (a agenda) changed(s *AgendaSection) {
	var lines []string
	labelled := 0
	for _, c := range a.Changes {
		switch {
		case c.Kind == ChangedNumber || c.Kind == ChangedToil || sectionOfChange(c) != s.ID:
		case c.Kind == Relabelled && c.Was == string(review.Unlabelled):
			labelled++
		default:
			lines = append(lines, "since it was opened: "+c.Text)
		}
	}
	if labelled > 0 {
		s.Lines = append(s.Lines, "since it was opened: "+count(labelled, "page")+" labelled")
	}
	if more := len(lines) - maxLines; more > 0 {
		lines = append(lines[:maxLines], "since it was opened: "+count(more, "more change"))
	}
	s.Lines = append(s.Lines, lines...)
}

type agenda struct {
	Minutes
	zone *time.Location
}

// zoneOf is a zone by its name, and UTC where the name says nothing here.
func zoneOf(name string) *time.Location {
	if zone, err := time.LoadLocation(name); err == nil && name != "" && name != "Local" {
		return zone
	}
	return time.UTC
}

// sectionOfOpen is where what keeps the review open is talked about.
func sectionOfOpen(o Open) Section {
	switch o.Kind {
	case string(opsreview.WaiveBreach):
		return Load
	case string(opsreview.WaiveIncident):
		return Incidents
	}
	return Pages
}

// sectionOfFinding is where a finding is talked about.
func sectionOfFinding(f FindingFact) Section {
	switch f.Kind {
	case opsreview.BudgetOverspent, opsreview.BurnUnpaged, opsreview.SLOWithoutData:
		return Budgets
	case opsreview.LimitBreached:
		return Load
	case opsreview.IncidentUnfinished:
		return Incidents
	case opsreview.AnomalyFound, opsreview.DashboardUnclear:
		return Anomalies
	case opsreview.ToilHotSpot, opsreview.ToilOverLimit:
		return Toil
	}
	return Pages
}

// sectionOfChange is where a change is talked about.
func sectionOfChange(c Change) Section {
	switch c.Kind {
	case ChangedDefinition:
		if m, ok := MeasureOf(c.Subject); ok {
			return m.Section
		}
	case ChangedIncident:
		return Incidents
	case ChangedAnomaly:
		return Anomalies
	case ChangedTicket:
		return CarriedOver
	}
	return Pages
}

// decide puts the points of a section in order: what keeps the review open,
// then the findings, then what else the section has.
func (a agenda) decide(s *AgendaSection) {
	var open, findings []Point
	for _, o := range a.Open {
		if sectionOfOpen(o) == s.ID {
			open = append(open, Point{Kind: o.Kind, Subject: o.Subject, Title: o.Title, Text: o.Text, Open: true})
		}
	}
	for _, f := range a.Snapshot.Findings {
		if sectionOfFinding(f) == s.ID {
			findings = append(findings, Point{Kind: "finding", Subject: f.Key, Title: f.Title, Text: findingText(f), Ticket: f.Ticket})
		}
	}
	isOpen := func(p Point) bool {
		return slices.ContainsFunc(open, func(o Point) bool { return o.Kind == p.Kind && o.Subject == p.Subject })
	}
	s.Open = len(open)
	s.Points = slices.Concat(open, findings, slices.DeleteFunc(s.Points, isOpen))
}

func findingText(f FindingFact) string {
	var parts []string
	if cost := opsreview.CostText(f.Cost); cost != "" {
		parts = append(parts, cost)
	}
	switch {
	case f.Ticket != "":
		parts = append(parts, strings.TrimSuffix(f.Ticket+": "+f.Status, ": "))
	case f.Status != "":
		parts = append(parts, f.Status)
	default:
		parts = append(parts, "no ticket")
	}
	return strings.Join(parts, ", ")
}

// said returns the items of a kind that nobody took back, in order.
func (a agenda) said(kind opsreview.ItemKind) []opsreview.MeetingItem {
	var all []opsreview.MeetingItem
	for _, i := range a.Items {
		if i.Kind == kind && i.WithdrawnBy == "" {
			all = append(all, i)
		}
	}
	return all
}

// value is a number of the snapshot as a count.
func (a agenda) value(id string) int { return int(a.Snapshot.Numbers[id].Value) }

// outcomes are the outcomes in words, most wanted first.
var outcomes = []struct {
	id      string
	outcome review.Outcome
}{
	{"pages_handled", review.Handled}, {"pages_ignored", review.Ignored}, {"pages_wasted", review.Wasted}, {"pages_noise", review.Noise},
}
