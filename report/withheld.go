package report

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"opsreview/review"
)

// notTold stands for a number that is withheld.
const notTold = "–"

// withheld says what is not told of people, and what is told in its place.
func (d Data) withheld() []string {
	var all []string
	if a := d.Review.Aggregate; a != nil && !a.Withheld {
		all = append(all, upper(together(*a)))
	}
	for _, text := range d.Review.Withheld {
		all = append(all, upper(text))
	}
	return all
}

// together tells loads taken together.
func together(a review.Aggregate) string {
	text := fmt.Sprintf("together, %s: %s, %s; %s engaged; %s interrupted in sleep hours; %s each in the middle and %d at most",
		people(a.People), plural(a.Interruptions.Total(), "interruption"), classes(a.Interruptions), length(a.Engaged),
		people(a.Woken), number(a.MedianPages)+" pages", a.MostPages)
	var over []string
	for _, limit := range slices.Sorted(maps.Keys(a.Breaches)) {
		over = append(over, fmt.Sprintf("%d over %s", a.Breaches[limit], strings.ReplaceAll(limit, "_", " ")))
	}
	if len(over) > 0 {
		text += "; " + strings.Join(over, ", ")
	}
	return text
}

func number(v float64) string { return strings.TrimSuffix(fmt.Sprintf("%.1f", v), ".0") }

// told is a number's text unless it is withheld.
func told(withheld bool, text string) string {
	if withheld {
		return notTold
	}
	return text
}
