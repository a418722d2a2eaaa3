package dashboard

import (
	"slices"
	"strings"

	"opsreview"
)

// Distinct joins charts that ask the same of the same source: the first one
// stays and names the others. Charts of different services or teams stay apart,
// and so do those that are skipped.
func Distinct(charts []opsreview.Chart) []opsreview.Chart {
	at := map[string]int{}
	var all []opsreview.Chart
	for _, c := range charts {
		if c.Skipped != "" || len(c.Queries) == 0 {
			all = append(all, c)
			continue
		}
		id := identity(c)
		if i, ok := at[id]; ok {
			all[i].Also = append(slices.Clip(all[i].Also), c.Key)
			continue
		}
		at[id] = len(all)
		all = append(all, c)
	}
	return all
}

// identity is the same for charts that ask the same in any order, however it is
// laid out.
func identity(c opsreview.Chart) string {
	var texts []string
	for _, q := range c.Queries {
		text := q.Text
		if expr, err := parse(text); err == nil {
			text = expr.String()
		}
		texts = append(texts, text)
	}
	slices.Sort(texts)
	texts = slices.Compact(texts)
	return strings.Join(append([]string{c.Source, c.Service, c.Team}, texts...), "\x00")
}
