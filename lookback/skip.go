package lookback

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"opsreview"
	"opsreview/anomaly"
)

// leastCharts is how many charts must be without data together for it to be
// their source's gap.
const leastCharts = 3

// A loss is a series that vanished.
type loss struct {
	chart  string
	series string
	window anomaly.Window
}

// sourceGaps finds where most series of most charts of a source vanished
// together, takes these windows from what was found, and says so instead.
func sourceGaps(in Input, charts map[string]opsreview.Chart, found map[string][]Found) []Skip {
	losses, looked := map[string][]loss{}, map[string]int{}
	for key, of := range found {
		source := charts[key].Source
		looked[source]++
		for _, f := range of {
			for _, w := range f.Result.Windows {
				if w.Kind == anomaly.Vanished {
					losses[source] = append(losses[source], loss{chart: key, series: f.Series.Key, window: w})
				}
			}
		}
	}
	var skips []Skip
	for _, source := range slices.Sorted(maps.Keys(losses)) {
		for _, together := range vanishings(losses[source]) {
			n := emptied(together, found)
			if n < leastCharts || 2*n <= looked[source] {
				continue
			}
			skips = append(skips, gapSkip(in, source, n, together))
			takeOut(found, together)
		}
	}
	return skips
}

// vanishings returns what vanished together, in order of time.
func vanishings(all []loss) [][]loss {
	slices.SortFunc(all, func(a, b loss) int {
		if c := a.window.Start.Compare(b.window.Start); c != 0 {
			return c
		}
		return strings.Compare(a.series, b.series)
	})
	var groups [][]loss
	for i, l := range all {
		if i == 0 || l.window.Start.Sub(all[i-1].window.Start) > near {
			groups = append(groups, nil)
		}
		groups[len(groups)-1] = append(groups[len(groups)-1], l)
	}
	return groups
}

// emptied counts the charts most of whose series vanished.
func emptied(together []loss, found map[string][]Found) int {
	lost := map[string]map[string]bool{}
	for _, l := range together {
		if lost[l.chart] == nil {
			lost[l.chart] = map[string]bool{}
		}
		lost[l.chart][l.series] = true
	}
	n := 0
	for chart, series := range lost {
		if 2*len(series) > len(found[chart]) {
			n++
		}
	}
	return n
}

func gapSkip(in Input, source string, charts int, together []loss) Skip {
	w := windowOf(together[0].window)
	for _, l := range together {
		w.End = latest(w.End, l.window.End)
	}
	return Skip{
		Subject: source,
		Text:    fmt.Sprintf("has no data of %s %s: this is taken for a gap of the source, and not for theirs", count(charts, "chart"), span(w, in.Zone)),
	}
}

// takeOut removes windows that are the source's from what was found.
func takeOut(found map[string][]Found, together []loss) {
	type name struct {
		series string
		start  time.Time
	}
	gone, touched := map[name]bool{}, map[string]bool{}
	for _, l := range together {
		gone[name{l.series, l.window.Start.UTC()}], touched[l.chart] = true, true
	}
	for chart := range touched {
		kept := slices.Clone(found[chart])
		for i := range kept {
			kept[i].Result.Windows = slices.DeleteFunc(slices.Clone(kept[i].Result.Windows), func(w anomaly.Window) bool {
				return w.Kind == anomaly.Vanished && gone[name{kept[i].Series.Key, w.Start.UTC()}]
			})
		}
		found[chart] = kept
	}
}

// mostNamed is how many charts one line about several names.
const mostNamed = 3

// skipped says which charts and series were not looked at. Charts with the same
// reason share a line.
func skipped(in Input, charts map[string]opsreview.Chart, found map[string][]Found) []Skip {
	reasons := map[string][]string{} // subjects
	for _, key := range slices.Sorted(maps.Keys(charts)) {
		for _, s := range chartSkips(in, charts[key], found[key]) {
			reasons[s.Text] = append(reasons[s.Text], s.Subject)
		}
	}
	var skips []Skip
	if in.Late > 0 {
		skips = append(skips, Skip{
			Subject: count(in.Late, "series"),
			Text:    "there was no time to look at them: ask again, what has been looked at is kept",
		})
	}
	for _, text := range slices.Sorted(maps.Keys(reasons)) {
		subjects := slices.Compact(slices.Sorted(slices.Values(reasons[text])))
		if n := len(subjects) - mostNamed; n > 0 {
			subjects = append(subjects[:mostNamed:mostNamed], fmt.Sprintf("and %d more", n))
		}
		skips = append(skips, Skip{Subject: strings.Join(subjects, ", "), Text: text})
	}
	return skips
}

// chartSkips says what of one chart was not looked at.
func chartSkips(in Input, c opsreview.Chart, found []Found) []Skip {
	name := titleOf(c)
	if c.Skipped != "" {
		return []Skip{{Subject: name, Text: c.Skipped}}
	}
	if len(found) == 0 && in.Late == 0 {
		return []Skip{{Subject: name, Text: nothingStored}}
	}
	var skips []Skip
	if c.LeftOut > 0 {
		skips = append(skips, Skip{Subject: name, Text: fmt.Sprintf("%s beyond the most that are pulled", count(c.LeftOut, "series"))})
	}
	reasons := map[string][]string{}
	for _, f := range found {
		if f.Result.Skipped != "" {
			reasons[f.Result.Skipped] = append(reasons[f.Result.Skipped], f.Series.Name)
		}
	}
	for reason, names := range reasons {
		switch {
		case len(names) == len(found):
			skips = append(skips, Skip{Subject: name, Text: reason})
		case len(names) == 1:
			skips = append(skips, Skip{Subject: name + ": " + names[0], Text: reason})
		default:
			skips = append(skips, Skip{Subject: fmt.Sprintf("%s of %s", count(len(names), "series"), name), Text: reason})
		}
	}
	return skips
}

// titleOf names a chart for people.
func titleOf(c opsreview.Chart) string {
	title := oneLine(c.Title)
	switch {
	case title == "" && c.Dashboard == "":
		return c.Key
	case title == "":
		return oneLine(c.Dashboard) + ": " + c.Key
	case c.Dashboard == "":
		return title
	}
	return oneLine(c.Dashboard) + ": " + title
}
