package policy

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"opsreview"
)

type findingFile struct {
	Kind        string   `yaml:"kind"`
	Category    string   `yaml:"category"`
	MinPages    *int     `yaml:"min_pages"`
	MinShare    *float64 `yaml:"min_share"`
	MinCoverage *float64 `yaml:"min_coverage"`
	Most        *int     `yaml:"most"`
	Summary     string   `yaml:"summary"`
	Source      string   `yaml:"source"`
	Off         bool     `yaml:"off"`
}

type interruptionFile struct {
	Cost   string `yaml:"cost"`
	Source string `yaml:"source"`
}

// findingBounds are the bounds that each kind of finding knows, by their keys.
// What the others are judged by is decided elsewhere: by the limits, and by the
// objectives.
var findingBounds = map[string][]string{
	opsreview.NoisyMonitor:   {"min_pages", "min_share", "min_coverage"},
	opsreview.WastedPages:    {"min_pages"},
	opsreview.IgnoredPages:   {"min_pages"},
	opsreview.WrongHours:     {"min_pages"},
	opsreview.RunbookMissing: {"min_pages"},
	opsreview.RunbookPoor:    {"min_pages"},

	opsreview.ToilHotSpot:      {"most"},
	opsreview.MonitorUnclear:   {"most"},
	opsreview.DashboardUnclear: {"most"},
}

func (m *merger) findings(files []findingFile) {
	m.doc.Policy.Findings = slices.Clone(m.doc.Policy.Findings)
	for i, f := range files {
		m.finding(fmt.Sprintf("findings[%d]", i), f)
		if slices.ContainsFunc(files[:i], func(g findingFile) bool { return g.Kind == f.Kind }) {
			m.fail(fmt.Sprintf("findings[%d].kind", i), "%q is there twice", f.Kind)
		}
	}
}

// finding changes the rule of a kind, adds it where there is none, or drops it.
func (m *merger) finding(at string, f findingFile) {
	if !slices.Contains(opsreview.FindingKinds(), f.Kind) {
		m.fail(at+".kind", "there is no kind of finding %q: choose one of %s", f.Kind, strings.Join(opsreview.FindingKinds(), ", "))
		return
	}
	rules := m.doc.Policy.Findings
	i := slices.IndexFunc(rules, func(r opsreview.FindingRule) bool { return r.Kind == f.Kind })
	switch {
	case f.Off && i >= 0:
		m.doc.Policy.Findings = slices.Delete(rules, i, i+1)
		return
	case f.Off:
		return
	case i < 0:
		i, rules = len(rules), append(rules, opsreview.FindingRule{Kind: f.Kind})
	}
	r := &rules[i]
	m.findingBounds(at, f, r)
	if f.Category != "" && !slices.Contains(opsreview.Categories(), f.Category) {
		m.fail(at+".category", "there is no category %q: choose one of %s", f.Category, strings.Join(opsreview.Categories(), ", "))
	}
	set(&r.Category, f.Category)
	set(&r.Summary, f.Summary)
	set(&r.Source, f.Source)
	if r.Category == "" || r.Summary == "" || r.Source == "" {
		m.fail(at, "the finding %q needs a category, a summary and a source", f.Kind)
	}
	m.doc.Policy.Findings = rules
}

// findingBounds sets the bounds that are given. Whoever vouched for another
// bound does not vouch for this one, so the source goes with it.
func (m *merger) findingBounds(at string, f findingFile, r *opsreview.FindingRule) {
	before := *r
	if f.MinPages != nil && m.knowsBound(at, f.Kind, "min_pages") {
		if *f.MinPages < 1 || *f.MinPages > 1_000_000 {
			m.fail(at+".min_pages", "%d is not between 1 and a million", *f.MinPages)
		}
		r.MinPages = *f.MinPages
	}
	if f.MinShare != nil && m.knowsBound(at, f.Kind, "min_share") {
		r.MinShare = m.ratio(at+".min_share", *f.MinShare)
	}
	if f.MinCoverage != nil && m.knowsBound(at, f.Kind, "min_coverage") {
		r.MinCoverage = m.ratio(at+".min_coverage", *f.MinCoverage)
	}
	if f.Most != nil && m.knowsBound(at, f.Kind, "most") {
		if *f.Most < 1 || *f.Most > 1000 {
			m.fail(at+".most", "%d is not between 1 and 1000; \"off: true\" shows none", *f.Most)
		}
		r.Most = *f.Most
	}
	if before.Source != "" && before != *r {
		r.Source = "the team's own policy"
	}
	if r.MinPages == 0 && slices.Contains(findingBounds[f.Kind], "min_pages") {
		m.fail(at, "the finding %q needs a min_pages", f.Kind)
	}
}

func (m *merger) knowsBound(at, kind, bound string) bool {
	if slices.Contains(findingBounds[kind], bound) {
		return true
	}
	knows := "it has no bounds"
	if known := findingBounds[kind]; len(known) > 0 {
		knows = "it has " + strings.Join(known, ", ")
	}
	m.fail(at+"."+bound, "the finding %q has no %s: %s", kind, bound, knows)
	return false
}

func (m *merger) ratio(at string, v float64) float64 {
	if !(v >= 0 && v <= 1) {
		m.fail(at, "%v is not a share between 0 and 1", v)
	}
	return v
}

func (m *merger) interruption(f interruptionFile) {
	if f.Cost == "" {
		return
	}
	d, err := time.ParseDuration(f.Cost)
	if err != nil || d < 0 || d > 24*time.Hour {
		m.fail("interruption.cost", "%q is not a span between 0 and a day: write 10m", f.Cost)
	}
	m.doc.Policy.InterruptionCost = d
}
