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
	min   int  // a flex column is not narrower while another can give way
	drop  int  // columns are left out where they do not fit, the highest first; 0 stays
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
	widths := t.widths(width - ansi.StringWidth(indent))
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

// leftOut is the width of a column that is not printed.
const leftOut = -1

// widths gives each column what its widest cell needs. Where that is too much
// for the terminal, columns that can be done without are left out, and then the
// widest ones become narrower: flex columns first.
func (t *table) widths(total int) []int {
	widths, least := make([]int, len(t.columns)), make([]int, len(t.columns))
	for i, c := range t.columns {
		widths[i] = ansi.StringWidth(c.head)
		for _, row := range t.rows {
			widths[i] = max(widths[i], ansi.StringWidth(row[i]))
		}
		least[i] = widths[i]
		if c.flex {
			least[i] = min(widths[i], max(c.min, narrowest))
		}
	}
	for sum(least) > total {
		i := t.dispensable(widths)
		if i < 0 {
			break
		}
		widths[i], least[i] = leftOut, leftOut
	}
	shrink(widths, least, total)
	for i := range least {
		least[i] = min(least[i], narrowest)
	}
	shrink(widths, least, total)
	return widths
}

// narrowest is how many cells a column keeps where nothing fits.
const narrowest = 8

// sum is the width of a line with columns of these widths.
func sum(widths []int) int {
	n := -gap
	for _, w := range widths {
		if w != leftOut {
			n += w + gap
		}
	}
	return n
}

// dispensable returns the column to leave out next, -1 if none can be.
func (t *table) dispensable(widths []int) int {
	found := -1
	for i, c := range t.columns {
		if c.drop > 0 && widths[i] != leftOut && (found < 0 || c.drop > t.columns[found].drop) {
			found = i
		}
	}
	return found
}

// shrink takes cells from the widest columns until a line fits into total, or
// every column has the least it may have.
func shrink(widths, least []int, total int) {
	for excess := sum(widths) - total; excess > 0; {
		widest := -1
		for i := range widths {
			if widths[i] > least[i] && (widest < 0 || widths[i] > widths[widest]) {
				widest = i
			}
		}
		if widest < 0 {
			return
		}
		step := min(excess, max(1, widths[widest]-total), widths[widest]-least[widest])
		widths[widest] -= step
		excess -= step
	}
}

// gap is how many cells there are between columns.
const gap = 2

func (t *table) line(cells []string, widths []int) string {
	var b strings.Builder
	for i, c := range t.columns {
		if widths[i] == leftOut {
			continue
		}
		if b.Len() > 0 {
			b.WriteString(strings.Repeat(" ", gap))
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
