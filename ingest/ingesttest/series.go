package ingesttest

import (
	"cmp"
	"fmt"
	"maps"
	"math"
	"slices"
	"time"

	"opsreview"
)

// charts are what a Memory holds of charts, of their series and of what else is
// read of dashboards.
type charts struct {
	charts      map[string]opsreview.Chart
	series      map[string]opsreview.Series
	values      map[string]map[time.Time]float64 // by the series' key
	dashboards  map[string]opsreview.Dashboard
	definitions map[string]opsreview.MonitorDefinition
	runbooks    map[string]opsreview.Runbook
}

func newCharts() charts {
	return charts{
		charts: map[string]opsreview.Chart{}, series: map[string]opsreview.Series{}, values: map[string]map[time.Time]float64{},
		dashboards: map[string]opsreview.Dashboard{}, definitions: map[string]opsreview.MonitorDefinition{}, runbooks: map[string]opsreview.Runbook{},
	}
}

// check returns an error for charts, series and values that no store keeps.
func (c *charts) check(source string, b opsreview.Batch) error {
	known := maps.Clone(c.charts)
	for _, v := range b.Charts {
		if v.Key == "" || (v.Source != "" && v.Source != source) {
			return fmt.Errorf("a chart has no key, or is another source's: %+v", v)
		}
		known[v.Key] = v
	}
	series := maps.Clone(c.series)
	for _, v := range b.Series {
		if _, ok := known[v.Chart]; !ok || v.Key == "" {
			return fmt.Errorf("a series has no key, or is of no chart: %+v", v)
		}
		series[v.Key] = v
	}
	for _, p := range b.Points {
		_, ok := series[p.Series]
		switch {
		case !ok:
			return fmt.Errorf("there is no series %q for its values", p.Series)
		case p.Step < time.Second || p.Step%time.Second != 0 || 24*time.Hour%p.Step != 0:
			return fmt.Errorf("the values of series %q have the step %s", p.Series, p.Step)
		case p.Start.Unix() < 0 || p.Start.UnixNano()%int64(p.Step) != 0:
			return fmt.Errorf("the values of series %q begin at %s, which is no multiple of %s", p.Series, p.Start, p.Step)
		}
	}
	return nil
}

// save stores what a batch says. What is not in a complete list is deleted, but
// for series and their values.
func (c *charts) save(b opsreview.Batch, saved *opsreview.Saved) {
	for _, v := range b.Charts {
		put(c.charts, v.Key, v)
	}
	for _, v := range b.Series {
		saved.Series += put(c.series, v.Key, v)
	}
	for _, p := range b.Points {
		saved.Points += c.savePoints(p)
	}
	saved.Dashboards += saveListed(c.dashboards, b.Dashboards, func(v opsreview.Dashboard) string { return v.UID }, slices.Contains(b.Listed, "dashboards"))
	saved.Dashboards += saveListed(c.definitions, b.Definitions, func(v opsreview.MonitorDefinition) string { return v.ID }, slices.Contains(b.Listed, "definitions"))
	for _, v := range b.Runbooks {
		// That it was checked again is kept and does not count.
		if old, ok := c.runbooks[v.Address]; ok {
			old.CheckedAt = v.CheckedAt
			c.runbooks[v.Address] = old
		}
	}
	saved.Dashboards += saveListed(c.runbooks, b.Runbooks, func(v opsreview.Runbook) string { return v.Address }, slices.Contains(b.Listed, "runbooks"))
	if slices.Contains(b.Listed, "charts") {
		saveListed(c.charts, b.Charts, func(v opsreview.Chart) string { return v.Key }, true)
	}
}

// saveListed stores values by their names and returns how many changed. Where
// they are all that there are, the others are deleted.
func saveListed[T any](into map[string]T, all []T, name func(T) string, listed bool) int {
	changed, names := 0, map[string]bool{}
	for _, v := range all {
		names[name(v)] = true
		changed += put(into, name(v), v)
	}
	for id := range into {
		if listed && !names[id] {
			delete(into, id)
			changed++
		}
	}
	return changed
}

// savePoints stores values in place of those of the stretch that they cover, and
// returns how many changed.
func (c *charts) savePoints(p opsreview.Points) int {
	values := c.values[p.Series]
	if values == nil {
		values = map[time.Time]float64{}
		c.values[p.Series] = values
	}
	stretch := opsreview.Window{Start: p.Start, End: p.End()}
	for at := range values {
		if stretch.Contains(at) && at.Sub(p.Start)%p.Step != 0 {
			delete(values, at)
		}
	}
	changed := 0
	for i, v := range p.Values {
		at := p.Start.Add(time.Duration(i) * p.Step).UTC()
		old, known := values[at]
		switch {
		case math.IsNaN(v) && known:
			delete(values, at)
			changed++
		case !math.IsNaN(v) && (!known || math.Float64bits(old) != math.Float64bits(v)):
			values[at] = v
			changed++
		}
	}
	return changed
}

// lines prints everything, one line each.
func (c *charts) lines() []string {
	var lines []string
	for _, v := range c.charts {
		lines = append(lines, line("chart", v))
	}
	for _, v := range c.series {
		lines = append(lines, line("series", v))
	}
	for key, values := range c.values {
		for at, v := range values {
			lines = append(lines, fmt.Sprintf("value %s %s %v", key, at.Format(time.RFC3339), v))
		}
	}
	for _, v := range c.dashboards {
		lines = append(lines, line("dashboard", v))
	}
	for _, v := range c.definitions {
		lines = append(lines, line("definition", v))
	}
	for _, v := range c.runbooks {
		v.CheckedAt = time.Time{}
		lines = append(lines, line("runbook", v))
	}
	return lines
}

// sorted returns the values of a map in the order of their keys.
func sorted[K cmp.Ordered, V any](m map[K]V) []V {
	var all []V
	for _, key := range slices.Sorted(maps.Keys(m)) {
		all = append(all, m[key])
	}
	return all
}

// Charts returns the stored charts by key.
func (m *Memory) Charts() []opsreview.Chart {
	m.mu.Lock()
	defer m.mu.Unlock()
	return sorted(m.charts.charts)
}

// Series returns the stored series by key.
func (m *Memory) Series() []opsreview.Series {
	m.mu.Lock()
	defer m.mu.Unlock()
	return sorted(m.charts.series)
}

// Values returns the stored values of a series by their time.
func (m *Memory) Values(series string) map[time.Time]float64 {
	m.mu.Lock()
	defer m.mu.Unlock()
	return maps.Clone(m.charts.values[series])
}

// Dashboards returns the stored dashboards by UID.
func (m *Memory) Dashboards() []opsreview.Dashboard {
	m.mu.Lock()
	defer m.mu.Unlock()
	return sorted(m.charts.dashboards)
}

// Definitions returns the stored definitions of monitors by ID.
func (m *Memory) Definitions() []opsreview.MonitorDefinition {
	m.mu.Lock()
	defer m.mu.Unlock()
	return sorted(m.charts.definitions)
}

// Runbooks returns the stored runbooks by address.
func (m *Memory) Runbooks() []opsreview.Runbook {
	m.mu.Lock()
	defer m.mu.Unlock()
	return sorted(m.charts.runbooks)
}
