package report

import (
	"fmt"
	"strings"

	"opsreview/review"
)

// A heat is a grid of the hours of the week.
type heat struct {
	Cells []heatCell
	Days  []tick // the names of the rows; X is unused
	Hours []tick
	Cell  int    // the height of a cell in pixels
	Width string // of a cell
}

// A heatCell is one hour of the week.
type heatCell struct {
	X     string
	Y     int
	TextX string
	TextY int
	Step  int // 0 for none to 5 for most
	N     int
	Title string
}

// A tick is a word at a place.
type tick struct {
	X    string
	Y    int
	Text string
}

// The names of the days take this share of the width.
const (
	dayShare  = 0.095
	hourShare = (1 - dayShare) / 24
	axis      = 18 // the height of an axis in pixels
)

func heatOf(hours [7][24]int, cell int) *heat {
	h := &heat{Cell: cell - 2, Width: at(hourShare - 0.003)}
	most := 0
	for _, day := range hours {
		for _, n := range day {
			most = max(most, n)
		}
	}
	for hour := 0; hour < 24; hour += 6 {
		h.Hours = append(h.Hours, tick{X: at(dayShare + float64(hour)*hourShare), Y: axis - 5, Text: fmt.Sprintf("%02d:00", hour)})
	}
	for d, day := range hours {
		top := axis + d*cell
		h.Days = append(h.Days, tick{Y: top + cell/2 + 3, Text: days[d]})
		for hour, n := range day {
			x := dayShare + float64(hour)*hourShare
			h.Cells = append(h.Cells, heatCell{
				X: at(x), Y: top, TextX: at(x + hourShare/2 - 0.0015), TextY: top + cell/2 + 3, N: n, Step: step(n, most),
				Title: fmt.Sprintf("%s %02d:00: %s", days[d], hour, plural(n, "interruption")),
			})
		}
	}
	return h
}

// step sorts a count into one of five shades; 0 has none.
func step(n, most int) int {
	if n == 0 {
		return 0
	}
	return 1 + (n-1)*5/max(most, 1)
}

// allHours adds up everybody's hours, and counts the interruptions of people
// whose zone is unknown.
func (d Data) allHours() (sum [7][24]int, unplaced int) {
	for _, m := range d.Charts.Heat {
		if !m.Zoned {
			unplaced += m.Total
		}
		for day := range m.Hours {
			for hour, n := range m.Hours[day] {
				sum[day][hour] += n
			}
		}
	}
	return sum, unplaced
}

func (d Data) heatChart() chart {
	sum, unplaced := d.allHours()
	c := chart{ID: "heat", Title: "Interruptions by hour of the week, each on the clock of the person interrupted", Heat: heatOf(sum, 28), Height: axis + 7*28}
	c.Desc = "Everybody together. "
	if hour := busiest(sum); hour != "" {
		c.Desc += "Most interruptions fell on " + hour + ". "
	}
	if unplaced > 0 {
		c.Desc += fmt.Sprintf("%s of people whose time zone is unknown are left out. ", plural(unplaced, "interruption"))
	}
	c.Desc += "The tables below have every number."
	return c
}

// maxHeats is how many people get a grid of their own.
const maxHeats = 12

// personHeats are the grids of those who were interrupted.
func (d Data) personHeats() []chart {
	var all []chart
	for _, m := range d.Charts.Heat {
		if !m.Zoned || m.Total == 0 || len(all) == maxHeats {
			continue
		}
		all = append(all, chart{
			ID: fmt.Sprintf("heat-%d", len(all)), Title: fit(clean(m.Person.Name), maxLabel) + ", " + m.Person.Zone.String(),
			Desc: plural(m.Total, "interruption") + ". " + listed(m), Heat: heatOf(m.Hours, 14), Height: axis + 7*14,
		})
	}
	return all
}

func busiest(hours [7][24]int) string {
	most, text := 0, ""
	for d, day := range hours {
		for hour, n := range day {
			if n > most {
				most, text = n, fmt.Sprintf("%s %02d:00 (%d)", days[d], hour, n)
			}
		}
	}
	return text
}

// listed tells every hour of the week in which somebody was interrupted.
func listed(m review.HeatMap) string {
	if !m.Zoned {
		return "time zone unknown"
	}
	var parts []string
	for d, day := range m.Hours {
		for hour, n := range day {
			switch {
			case n == 1:
				parts = append(parts, fmt.Sprintf("%s %02d:00", days[d], hour))
			case n > 1:
				parts = append(parts, fmt.Sprintf("%s %02d:00 ×%d", days[d], hour, n))
			}
		}
	}
	return strings.Join(parts, ", ")
}
