package cli

import (
	"io"
	"strings"

	"github.com/charmbracelet/x/ansi"
)

// A column of a table. Widths are in terminal cells.
type column struct {
	head  string
	right bool // numbers line up on the right
	flex  bool // gives way first when the terminal is narrow
	min   int  // a flex column is never narrower
}

// A table is rows of cells that have been cleaned. It prints the same on a
// terminal and in a pipe; only the width differs.
type table struct {
	columns []column
	rows    [][]string
	marked  map[int]bool // rows that stand out
}

func (t *table) row(cells ...string) { t.rows = append(t.rows, cells) }

// mark makes the last row stand out where there is colour.
func (t *table) mark() {
	if t.marked == nil {
		t.marked = map[int]bool{}
	}
	t.marked[len(t.rows)-1] = true
}

// print writes the table with the given indent, at most width cells wide.
func (t *table) print(w io.Writer, s style, indent string, width int) {
	widths := t.widths(width - len(indent))
	heads := make([]string, len(t.columns))
	for i, c := range t.columns {
		heads[i] = c.head
	}
	writeLine(w, indent+s.dim(t.line(heads, widths)))
	for i, row := range t.rows {
		line := t.line(row, widths)
		if t.marked[i] {
			line = s.warn(line)
		}
		writeLine(w, indent+line)
	}
}

// widths gives each column what its widest cell needs, and takes what is too
// much from the flex columns.
func (t *table) widths(total int) []int {
	widths := make([]int, len(t.columns))
	sum := 2 * (len(t.columns) - 1)
	for i, c := range t.columns {
		widths[i] = ansi.StringWidth(c.head)
		for _, row := range t.rows {
			widths[i] = max(widths[i], ansi.StringWidth(row[i]))
		}
		sum += widths[i]
	}
	for sum > total {
		widest := -1
		for i, c := range t.columns {
			if c.flex && widths[i] > max(c.min, 8) && (widest < 0 || widths[i] > widths[widest]) {
				widest = i
			}
		}
		if widest < 0 {
			break
		}
		widths[widest]--
		sum--
	}
	return widths
}

func (t *table) line(cells []string, widths []int) string {
	var b strings.Builder
	for i, c := range t.columns {
		if i > 0 {
			b.WriteString("  ")
		}
		cell := fit(cells[i], widths[i])
		pad := strings.Repeat(" ", max(0, widths[i]-ansi.StringWidth(cell)))
		if c.right {
			b.WriteString(pad + cell)
		} else {
			b.WriteString(cell + pad)
		}
	}
	return strings.TrimRight(b.String(), " ")
}

func writeLine(w io.Writer, line string) { _, _ = io.WriteString(w, line+"\n") }

// A style colours text where a person looks at it, and nowhere else.
type style struct{ on bool }

func (s style) wrap(code, text string) string {
	if !s.on || text == "" {
		return text
	}
	return "\x1b[" + code + "m" + text + "\x1b[0m"
}

func (s style) bold(text string) string { return s.wrap("1", text) }
func (s style) dim(text string) string  { return s.wrap("2", text) }
func (s style) warn(text string) string { return s.wrap("33", text) }
func (s style) bad(text string) string  { return s.wrap("31", text) }
