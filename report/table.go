package report

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"opsreview/review"
)

// A table is numbers to read: the first cell of a row names it.
type table struct {
	ID      string
	Caption string
	Head    []string
	Rows    [][]string
	Text    int  // how many of the first columns hold words, which stand left
	Wide    bool // it is wider than a telephone: it scrolls by itself
}

func (d Data) loadTable() table {
	t := table{
		ID: "load-table", Caption: "Load of each responder, breaches of limits first", Text: 2, Wide: true,
		Head: []string{
			"Responder", "Time zone", "Pages", "Elsewhere", "Business hours", "Off hours", "Sleep hours", "Hours unknown",
			"Broken nights", "Most pages in 12 h", "Engaged", "On call", "Acknowledged", "Timed out",
		},
	}
	for _, l := range d.Review.Loads {
		zone := "unknown"
		if l.ZoneKnown() {
			zone = l.Person.Zone.String()
		}
		c := l.Interruptions
		t.Rows = append(t.Rows, []string{
			clean(l.Person.Name), zone, fmt.Sprint(l.Pages), fmt.Sprint(l.Elsewhere), fmt.Sprint(c.Business), fmt.Sprint(c.OffHours),
			fmt.Sprint(c.Sleep), fmt.Sprint(c.Unknown), known(l.ZoneKnown(), "%d", l.BrokenNights), fmt.Sprint(l.MostPerShift),
			length(l.Engaged), known(l.OnCallKnown, "%s", length(l.OnCall)), fmt.Sprint(l.Acknowledged), fmt.Sprint(l.TimedOut),
		})
	}
	return t
}

func (d Data) monitorTable() table {
	t := table{
		ID: "monitors-table", Caption: "Every monitor that paged, dearest first", Text: 2, Wide: true,
		Head: []string{
			"Monitor", "Service", "Pages", "Before", "Business hours", "Off hours", "Sleep hours", "Hours unknown", "Engaged",
			"Escalated", "Verdict", "Causes",
		},
	}
	for _, m := range d.Review.Monitors {
		c := m.Interruptions
		t.Rows = append(t.Rows, []string{
			title(m.Monitor.Title), clean(m.ServiceName), fmt.Sprint(len(m.Pages)), known(d.Review.Headline.Previous.Known, "%d", m.Previous),
			told(m.Withheld, fmt.Sprint(c.Business)), told(m.Withheld, fmt.Sprint(c.OffHours)), told(m.Withheld, fmt.Sprint(c.Sleep)),
			told(m.Withheld, fmt.Sprint(c.Unknown)), told(m.Withheld, length(m.Engaged)), fmt.Sprint(m.Escalated), verdict(m.Outcomes), causes(m.Causes),
		})
	}
	return t
}

func (d Data) weekRows() table {
	t := table{
		ID: "weeks-table", Caption: "Pages by verdict, week by week", Text: 1, Wide: true,
		Head: []string{"Week", "Pages", "Actionable", "Not actionable", "Unlabelled"},
	}
	for _, w := range d.Charts.Weeks {
		t.Rows = append(t.Rows, []string{
			weekName(w, d.zone()), known(w.Known, "%d", w.Pages()), known(w.Known, "%d", w.Actionable),
			known(w.Known, "%d", w.NotActionable), known(w.Known, "%d", w.Unlabelled),
		})
	}
	return t
}

func (d Data) heatTable() table {
	t := table{ID: "heat-table", Caption: "Interruptions of everybody by hour of the week, each on the clock of the person interrupted", Text: 1, Wide: true, Head: []string{"Day"}}
	for hour := range 24 {
		t.Head = append(t.Head, fmt.Sprintf("%02d", hour))
	}
	sum, _ := d.allHours()
	for day, hours := range sum {
		row := []string{days[day]}
		for _, n := range hours {
			row = append(row, fmt.Sprint(n))
		}
		t.Rows = append(t.Rows, row)
	}
	return t
}

func (d Data) heatPeople() table {
	t := table{ID: "heat-people", Caption: "When each responder was interrupted, on their own clock", Text: 4, Wide: true, Head: []string{"Responder", "Time zone", "Interruptions", "Hours of the week"}}
	for _, m := range d.Charts.Heat {
		zone := "unknown"
		if m.Zoned {
			zone = m.Person.Zone.String()
		}
		t.Rows = append(t.Rows, []string{clean(m.Person.Name), zone, fmt.Sprint(m.Total), listed(m)})
	}
	return t
}

// maxListed is how many pages the table of the timeline lists.
const maxListed = 500

func (d Data) timelineTable() table {
	t := table{ID: "timeline-table", Caption: "Pages of the window, oldest first", Text: 5, Wide: true, Head: []string{"Began", "Ended", "Page", "Title", "Outcome", "Woke somebody"}}
	for i, m := range d.Charts.Timeline {
		if i == maxListed {
			t.Caption += fmt.Sprintf("; the first %d of %d", maxListed, len(d.Charts.Timeline))
			break
		}
		end, woke := "still open", "no"
		if !m.End.IsZero() {
			end = when(m.End, d.zone())
		}
		if m.Woke {
			woke = "yes"
		}
		t.Rows = append(t.Rows, []string{when(m.At, d.zone()), end, clean(m.Page.String()), title(m.Title), string(m.Outcome), woke})
	}
	return t
}

// causes tells the causes that people gave, most frequent first.
func causes(counts map[string]int) string {
	words := slices.Sorted(maps.Keys(counts))
	slices.SortStableFunc(words, func(a, b string) int { return cmp.Compare(counts[b], counts[a]) })
	for i, word := range words {
		words[i] = fmt.Sprintf("%s %d", clean(word), counts[word])
	}
	return strings.Join(words, ", ")
}

// outcomeTable is the 2×2 of actionable and actioned.
func outcomeTable(o review.Outcomes) table {
	return table{
		ID: "outcomes", Caption: "Pages by outcome, as people labelled them", Text: 1,
		Head: []string{"", "Acted on", "Not acted on"},
		Rows: [][]string{
			{"Actionable", fmt.Sprintf("%d handled", o.Handled), fmt.Sprintf("%d ignored", o.Ignored)},
			{"Not actionable", fmt.Sprintf("%d wasted", o.Wasted), fmt.Sprintf("%d noise", o.Noise)},
		},
	}
}
