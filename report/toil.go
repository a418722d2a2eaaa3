package report

import (
	"cmp"
	"fmt"

	"opsreview/toil"
)

// Bounds of what a report lists of toil.
const (
	maxToilTasks  = 10
	maxToilPeople = 30
)

// A toilSection is what a report tells of the ledger of toil.
type toilSection struct {
	Facts      []string
	Categories table
	People     table // of those whom the reader may see; without rows for a reader who sees nobody
	Tasks      table
	More       string
	Saved      []savedToil
	Method     string
}

// A savedToil is a task that a machine does, and what that really saved.
type savedToil struct{ Task, Text string }

// toilSection is nil where nobody has logged anything, or nothing may be told.
func (d Data) toilSection() *toilSection {
	r := d.Review.Toil
	if r == nil {
		return nil
	}
	s := &toilSection{
		Facts: toilFacts(*r), Categories: toilSums("toil-categories", "Toil by category", "Category", r.Categories),
		People: toilSums("toil-people", "Toil of each responder", "Responder", r.People), Tasks: toilTasks(r.Tasks),
		Method: "Made of " + clean(r.Method) + ".",
	}
	if more := len(r.Tasks) - maxToilTasks; more > 0 {
		s.More = "And " + plural(more, "more task") + ": opsreview toil show."
	}
	for _, t := range r.Tasks {
		if t.Automated != nil && len(s.Saved) < maxToilTasks {
			s.Saved = append(s.Saved, savedToil{Task: title(t.Name), Text: clean(t.Automated.Text)})
		}
	}
	return s
}

// toilFacts says how much toil there was, of how much working time, and where
// that lies among the weeks before.
func toilFacts(r toil.Report) []string {
	all := []string{upper(toilHeadline(r))}
	if text := clean(r.Trend); text != "" {
		all = append(all, "Trend: "+text)
	}
	if r.Overhead > 0 {
		all = append(all, length(r.Overhead)+" of overhead beside it, which is no toil")
	}
	if r.Withheld > 0 {
		all = append(all, "The toil of "+people(r.Withheld)+" is told as a sum only: what one person carries is for them and their lead")
	}
	if r.Dropped > 0 {
		all = append(all, length(r.Dropped)+" was told twice and counts once")
	}
	return all
}

// toilHeadline is the share of working time against its limit.
func toilHeadline(r toil.Report) string {
	share, known := r.Share()
	if !known {
		return length(r.Spent) + " of toil; nobody's working time is known"
	}
	text := fmt.Sprintf("%s of toil, %.0f %% of %s of working time (limit %.0f %%)", length(r.Spent), 100*share, length(r.Working), 100*r.Limit)
	if r.Over {
		text += ": over the limit"
	}
	return text
}

// toilSums tables sums that are not nothing, most first.
func toilSums(id, caption, of string, sums []toil.Sum) table {
	t := table{ID: id, Caption: caption + ", most first", Text: 1, Head: []string{of, "Toil", "Of working time", "Entries"}}
	for _, s := range sums {
		if s.Entries == 0 || len(t.Rows) == maxToilPeople {
			continue
		}
		share := "–"
		if s.Working > 0 {
			share = fmt.Sprintf("%.0f %%", 100*float64(s.Spent)/float64(s.Working))
		}
		t.Rows = append(t.Rows, []string{cmp.Or(fit(clean(s.Name), maxTitle), "–"), length(s.Spent), share, fmt.Sprint(s.Entries)})
	}
	return t
}

// toilTasks tables the dearest tasks and what a quarter of each costs.
func toilTasks(tasks []toil.Task) table {
	t := table{
		ID: "toil-tasks", Caption: "Recurring tasks, dearest first; a quarter is what automating one would save at most", Text: 2, Wide: true,
		Head: []string{"Task", "Category", "In the window", "A week", "A quarter", "People"},
	}
	for _, task := range tasks[:min(len(tasks), maxToilTasks)] {
		name := title(task.Name)
		if task.Overhead {
			name += " (overhead)"
		}
		t.Rows = append(t.Rows, []string{
			name, orDash(fit(clean(task.Category), maxTitle)), length(task.Spent), length(task.PerWeek), length(task.Quarter), fmt.Sprint(task.People),
		})
	}
	return t
}

// toil tells of the ledger of toil.
func (m *markdown) toil() {
	s := m.toilSection()
	if s == nil {
		return
	}
	m.heading("Toil")
	for _, fact := range s.Facts {
		m.line("- %s", prose(fact))
	}
	m.toilTable(s.Categories, "|---|---:|---:|---:|", false)
	m.toilTable(s.People, "|---|---:|---:|---:|", false)
	m.toilTable(s.Tasks, "|---|---|---:|---:|---:|---:|", true)
	if s.More != "" {
		m.line("\n%s", prose(s.More))
	}
	if len(s.Saved) > 0 {
		m.line("")
	}
	for _, t := range s.Saved {
		m.line("- %s: %s", code(t.Task), prose(t.Text))
	}
	m.line("\n%s", prose(s.Method))
}

// toilTable writes a table that has rows. The names of tasks are strangers'
// titles, which stand in code.
func (m *markdown) toilTable(t table, align string, titles bool) {
	if len(t.Rows) == 0 {
		return
	}
	m.line("")
	m.row(t.Head...)
	m.line("%s", align)
	for _, row := range t.Rows {
		cells := make([]string, len(row))
		for i, text := range row {
			cells[i] = cell(prose(text))
		}
		if titles {
			cells[0] = cell(code(row[0]))
		}
		m.row(cells...)
	}
}
