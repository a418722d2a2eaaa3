package cli

import (
	"math"
	"strings"

	pb "opsreview/proto/opsreview/v1"
)

// sparkCells is how many cells a burn-down takes in a table.
const sparkCells = 12

// Signs of a burn-down, beside the blocks.
const (
	sparkUnknown   = '·' // nothing was counted
	sparkOverspent = '_' // nothing is left
)

var sparkBlocks = []rune("▁▂▃▄▅▆▇█")

// sparkline draws what remained of a budget in so many cells, each at the end
// of its part of the time. A full block is the whole budget.
func sparkline(points []*pb.BurnDownPoint, cells int) string {
	if len(points) == 0 {
		return ""
	}
	var b strings.Builder
	cells = min(cells, len(points))
	for i := range cells {
		first, end := i*len(points)/cells, (i+1)*len(points)/cells
		b.WriteRune(sparkOf(points[first:end]))
	}
	return b.String()
}

// sparkOf is the sign for the last of the points that is known.
func sparkOf(points []*pb.BurnDownPoint) rune {
	for i := len(points) - 1; i >= 0; i-- {
		p := points[i]
		if !p.GetKnown() {
			continue
		}
		if p.GetRemaining() <= 0 {
			return sparkOverspent
		}
		n := len(sparkBlocks)
		return sparkBlocks[min(max(int(math.Ceil(p.GetRemaining()*float64(n)))-1, 0), n-1)]
	}
	return sparkUnknown
}
