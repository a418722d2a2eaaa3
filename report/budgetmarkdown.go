package report

import "fmt"

// budget tells where the error budgets went: a line an SLO, what nobody was
// paged for, and the pages by whether they came with burn.
func (m *markdown) budget() {
	if m.Review.Budget == nil {
		return
	}
	m.heading("Where the error budget went")
	lines := m.budgetLines()
	if len(lines) == 0 {
		m.line("The team has no SLOs.")
		return
	}
	m.row(budgetHead...)
	m.line("|---|---:|---|---:|---:|---:|---:|---:|")
	for _, l := range lines {
		cells := l.row()
		cells[0] = cell(code(cells[0]))
		m.row(cells...)
	}
	m.line("\nShares are of each SLO's own 30-day budget.\n")
	for _, fact := range m.quality() {
		m.line("- %s", prose(fact))
	}
	m.line("")
	missed, more := m.missed()
	for _, i := range missed {
		m.line("- Nobody was paged for %s: %s, %s", code(i.SLO), i.When, i.Text)
	}
	if more > 0 {
		m.line("- And %s.", plural(more, "more episode"))
	}
	m.line("")
	m.row(matrixHead...)
	m.line("|---|---:|---:|---:|")
	for _, row := range m.matrixRows() {
		m.row(row...)
	}
	m.line(fmt.Sprintf("\nBurn without a page: %s.", plural(m.Review.Budget.Matrix.Missed, "significant episode")))
}
