package hygiene

import (
	"fmt"
	"slices"
	"strings"

	"opsreview"
)

// Dashboards holds dashboards against the rules.
func Dashboards(ds []opsreview.Dashboard, rules []Rule) []Problem {
	l := newLinter(rules)
	for _, d := range ds {
		l.dashboard(newBoard(d))
	}
	return l.sorted()
}

// A board is a dashboard with its panels in their rows.
type board struct {
	opsreview.Dashboard
	allowed exceptions // of the whole dashboard
	rows    []row      // the first holds what stands in none
}

// A row is a heading and the panels under it.
type row struct {
	heading opsreview.Panel
	panels  []opsreview.Panel // without the texts
	texts   []opsreview.Panel // those that say something
}

func newBoard(d opsreview.Dashboard) board {
	b := board{Dashboard: d, allowed: exceptions{}, rows: []row{{}}}
	b.allowed.addMarked(d.Description)
	for _, p := range d.Panels {
		last := &b.rows[len(b.rows)-1]
		switch {
		case p.Type == "row":
			b.rows = append(b.rows, row{heading: p})
		case p.Type != "text":
			last.panels = append(last.panels, p)
		case strings.TrimSpace(p.Text) != "":
			last.texts = append(last.texts, p)
			b.allowed.addMarked(p.Text)
		}
	}
	return b
}

// silent are the kinds of panels that explain themselves.
var silent = []string{"alertlist", "annolist", "dashlist", "gettingstarted", "news", "pluginlist", "welcome"}

// unitless are the kinds of panels that show no numbers on an axis.
var unitless = []string{"table", "table-old", "logs", "traces", "nodeGraph", "canvas", "geomap", "flamegraph", "status-history", "state-timeline"}

func (b board) problem() Problem {
	return Problem{Kind: ofDashboard, Subject: b.Title, ID: b.UID, Board: b.Title, Origin: b.Origin}
}

func (b board) panelProblem(p opsreview.Panel) Problem {
	name := p.Title
	if name == "" {
		name = fmt.Sprintf("panel %d", p.ID)
	}
	q := Problem{Kind: ofPanel, Subject: b.Title + " / " + name, ID: fmt.Sprintf("%s/%d", b.UID, p.ID), Board: b.Title, Origin: b.Origin}
	if file, line := SplitOrigin(b.Origin); p.Line > 0 && !strings.Contains(file, "://") {
		if line > 0 {
			// The file's line tells more than that of the whole dashboard.
			q.Origin = file
		}
		q.Origin = place(q.Origin, p.Line)
	}
	return q
}

func (l *linter) dashboard(b board) {
	l.exceptions(dashboardIgnore, b.allowed, b.problem())
	if strings.TrimSpace(b.Description) == "" && !b.beginsWithText() {
		p := b.problem()
		p.Text = "has no description and does not begin with a text panel"
		p.Remedy = "Write into the dashboard's description whom it is for and which question it answers."
		l.add(dashboardText, b.allowed, p)
	}
	for _, r := range b.rows {
		for _, p := range r.panels {
			l.panel(b, r, p)
		}
		l.row(b, r)
	}
}

// beginsWithText reports whether a text panel stands above all graphs, or on a
// line with the first.
func (b board) beginsWithText() bool {
	for _, r := range b.rows {
		if len(r.texts) == 0 {
			if len(r.panels) > 0 {
				return false
			}
			continue
		}
		return !slices.ContainsFunc(r.panels, func(p opsreview.Panel) bool { return p.Y < r.texts[0].Y })
	}
	return false
}

// row checks that somebody says what the panels of a row are about.
func (l *linter) row(b board, r row) {
	if r.heading.Type == "" || len(r.panels) == 0 || len(r.texts) > 0 {
		return
	}
	if !slices.ContainsFunc(r.panels, func(p opsreview.Panel) bool { return !described(p) }) {
		return
	}
	p := b.panelProblem(r.heading)
	p.Text = "is a row without a text panel"
	p.Remedy = "Add a text panel that says what to look for in the row, or describe each of its panels."
	l.add(rowText, b.allowed, p)
}

func described(p opsreview.Panel) bool {
	return strings.TrimSpace(p.Description) != "" || slices.Contains(silent, p.Type)
}

func (l *linter) panel(b board, r row, p opsreview.Panel) {
	allowed := b.allowed
	if strings.Contains(p.Description, ignoreMark) {
		own := exceptions{}
		own.addMarked(p.Description)
		l.exceptions(dashboardIgnore, own, b.panelProblem(p))
		for name, reason := range b.allowed {
			if own[name] == "" {
				own[name] = reason
			}
		}
		allowed = own
	}
	if slices.Contains(silent, p.Type) {
		return
	}
	note := func(rule, text, remedy string) {
		q := b.panelProblem(p)
		q.Text, q.Remedy = text, remedy
		l.add(rule, allowed, q)
	}
	if strings.TrimSpace(p.Title) == "" {
		note(panelTitle, "has no title", "Give it a title that says what is measured.")
	}
	if !described(p) && !explained(r, p) {
		note(panelText, "has no description and no text beside it",
			"Write into its description why it is there and what to do when it looks weird.")
	}
	if p.Unit == "" && len(p.Queries) > 0 && !slices.Contains(unitless, p.Type) {
		note(panelUnit, "has no unit", "Choose a unit under Standard options: seconds, percent, or short for plain counts.")
	}
}

// explained reports whether a text panel stands beside a panel or anywhere in
// its row.
func explained(r row, p opsreview.Panel) bool {
	if r.heading.Type != "" {
		return len(r.texts) > 0
	}
	return slices.ContainsFunc(r.texts, func(t opsreview.Panel) bool { return beside(t, p) })
}

// beside reports whether two panels share a piece of an edge.
func beside(a, b opsreview.Panel) bool {
	across := min(a.X+a.W, b.X+b.W) - max(a.X, b.X) // shared columns
	down := min(a.Y+a.H, b.Y+b.H) - max(a.Y, b.Y)   // shared lines
	return across >= 0 && down >= 0 && across+down > 0
}
