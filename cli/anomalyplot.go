package cli

import (
	"fmt"
	"math"
	"strings"
	"time"

	"github.com/charmbracelet/x/ansi"

	"opsreview/lookback"
	pb "opsreview/proto/opsreview/v1"
)

// Size of a drawing on the terminal, in cells.
const (
	plotRows  = 10
	plotCells = 72
)

// Signs of a drawing: what was measured covers what is usual.
const (
	plotMeasured = '█'
	plotUsual    = '░'
	plotNothing  = ' '
	plotMarked   = '▔'
)

// A grid is a drawing of cells: a row is runes from left to right, the first
// row is on top.
type grid struct {
	least, most float64
	rows        [][]rune
}

// gridOf draws the points of a plot in so many cells across. It returns false
// where no value is known.
func gridOf(p *pb.Plot, cells int) (grid, bool) {
	g := grid{least: math.Inf(1), most: math.Inf(-1)}
	for _, point := range p.GetPoints() {
		for _, y := range []*float64{point.Min, point.Max, point.Low, point.High} {
			if n := knownNumber(y); n != nil {
				g.least, g.most = min(g.least, *n), max(g.most, *n)
			}
		}
	}
	if g.least > g.most {
		return g, false
	}
	if g.least == g.most {
		g.least, g.most = g.least-1, g.most+1
	}
	for range plotRows {
		g.rows = append(g.rows, []rune(strings.Repeat(string(plotNothing), cells)))
	}
	for _, point := range p.GetPoints() {
		x := cellOf(p.GetWindow(), point.GetTime().AsTime(), cells)
		g.fill(x, point.Low, point.High, plotUsual)
	}
	for _, point := range p.GetPoints() {
		x := cellOf(p.GetWindow(), point.GetTime().AsTime(), cells)
		g.fill(x, point.Min, point.Max, plotMeasured)
	}
	return g, true
}

// fill draws a column from one value to another; nothing where one of them is
// not known.
func (g *grid) fill(x int, low, high *float64, sign rune) {
	from, to := knownNumber(high), knownNumber(low)
	if from == nil || to == nil {
		return
	}
	for y := g.row(*from); y <= g.row(*to); y++ {
		g.rows[y][x] = sign
	}
}

// row is the row of a value.
func (g *grid) row(v float64) int {
	share := (g.most - v) / (g.most - g.least)
	return min(max(int(share*plotRows), 0), plotRows-1)
}

// cellOf is the column of a time.
func cellOf(w *pb.Window, t time.Time, cells int) int {
	share := float64(t.Sub(w.GetStartTime().AsTime())) / float64(max(lengthOf(w), 1))
	return min(max(int(share*float64(cells)), 0), cells-1)
}

// printPlot draws a series around an anomaly: what was measured over what is
// usual, and below it the stretch that looks weird.
func (a *app) printPlot(p *pb.Plot, unit string, zone *time.Location) {
	cells := min(plotCells, a.terminalWidth()-16)
	g, ok := gridOf(p, cells)
	if !ok {
		return
	}
	s := a.style()
	writeLine(a.stdout, "")
	a.indented(2, s.bold, bounded(p.GetSeries()))
	top, bottom := lookback.Amount(g.most, unit), lookback.Amount(g.least, unit)
	margin := max(ansi.StringWidth(top), ansi.StringWidth(bottom))
	for i, row := range g.rows {
		label := ""
		switch i {
		case 0:
			label = top
		case plotRows - 1:
			label = bottom
		}
		pad := strings.Repeat(" ", margin-ansi.StringWidth(label))
		writeLine(a.stdout, "  "+s.dim(pad+label+" ┤")+strings.TrimRight(string(row), " "))
	}
	from, to := cellOf(p.GetWindow(), p.GetMark().GetStartTime().AsTime(), cells), cellOf(p.GetWindow(), p.GetMark().GetEndTime().AsTime(), cells)
	indent := strings.Repeat(" ", margin+4)
	writeLine(a.stdout, indent+strings.Repeat(" ", from)+s.warn(strings.Repeat(string(plotMarked), max(to-from, 1))))
	first, last := when(p.GetWindow().GetStartTime().AsTime(), zone), when(p.GetWindow().GetEndTime().AsTime(), zone)
	writeLine(a.stdout, indent+s.dim(first+strings.Repeat(" ", max(cells-len(first)-len(last), 1))+last))
	writeLine(a.stdout, indent+s.dim(fmt.Sprintf("%c measured  %c usual  %c looks weird", plotMeasured, plotUsual, plotMarked)))
}
