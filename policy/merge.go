package policy

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"opsreview"
)

// A merger lays a document over another. It keeps what is wrong, so that the
// steps read one after the other.
type merger struct {
	doc      Document
	file     file
	problems []string // each with its place
}

// fail records that the value at a path of the document cannot stand.
func (m *merger) fail(at, format string, args ...any) {
	m.failAt(m.file.where(at), at, fmt.Sprintf(format, args...))
}

func (m *merger) failAt(place, at, text string) {
	m.problems = append(m.problems, fmt.Sprintf("%s: %s: %s", place, at, text))
}

func (m *merger) merge(f file) {
	if f.Version != nil && *f.Version != 1 {
		m.fail("version", "this program reads version 1, not %d", *f.Version)
	}
	m.hours(f.Hours)
	m.engagedCap(f.EngagedCap)
	for i, l := range f.Limits {
		m.limit(fmt.Sprintf("limits[%d]", i), l)
	}
	m.unique("limits", len(f.Limits), func(i int) string { return f.Limits[i].ID })
	m.vocabulary(f.Vocabulary)
	m.monitors(f.Monitors)
	m.findings(f.Findings)
	m.interruption(f.Interruption)
	m.reliability(f.Reliability)
	m.rules(f.Rules)
	m.cases(f.Cases)
}

func (m *merger) hours(f hoursFile) {
	h := &m.doc.Policy.Hours
	if f.Days != nil {
		h.Days = nil
	}
	for i, name := range f.Days {
		d, err := opsreview.ParseDay(name)
		if err != nil {
			m.fail(fmt.Sprintf("hours.days[%d]", i), "%s", opsreview.ErrorMessage(err))
		}
		if !slices.Contains(h.Days, d) {
			h.Days = append(h.Days, d)
		}
	}
	m.span("hours.business", f.Business, &h.BusinessStart, &h.BusinessEnd)
	m.span("hours.sleep", f.Sleep, &h.SleepStart, &h.SleepEnd)
	if err := h.Validate(); err != nil {
		m.fail("hours", "%s", opsreview.ErrorMessage(err))
	}
}

// span reads "08:00-18:00" into minutes after midnight, if it is there.
func (m *merger) span(at, text string, start, end *int) {
	if text == "" {
		return
	}
	from, to, err := opsreview.ParseClockSpan(text)
	if err != nil {
		m.fail(at, "%s", opsreview.ErrorMessage(err))
		return
	}
	*start, *end = from, to
}

func (m *merger) engagedCap(f capFile) {
	if f.Max == "" {
		return
	}
	d, err := time.ParseDuration(f.Max)
	if err != nil || d <= 0 || d > 7*24*time.Hour {
		m.fail("engaged_cap.max", "%q is not a span between 0 and a week: write 6h or 90m", f.Max)
	}
	m.doc.Policy.EngagedCap = d
}

func (m *merger) limit(at string, f limitFile) {
	if !slices.Contains(opsreview.LimitIDs(), f.ID) {
		m.fail(at+".id", "there is no limit %q: the program measures %s", f.ID, strings.Join(opsreview.LimitIDs(), ", "))
		return
	}
	limits := slices.Clone(m.doc.Policy.Limits)
	i := slices.IndexFunc(limits, func(l opsreview.Limit) bool { return l.ID == f.ID })
	if f.Off {
		m.doc.Policy.Limits = slices.DeleteFunc(limits, func(l opsreview.Limit) bool { return l.ID == f.ID })
		return
	}
	if i < 0 {
		i, limits = len(limits), append(limits, opsreview.Limit{ID: f.ID})
	}
	l := &limits[i]
	m.limitMax(at, f, l)
	set(&l.Unit, f.Unit)
	set(&l.Summary, f.Summary)
	set(&l.Source, f.Source)
	if l.Unit == "" || l.Summary == "" || l.Source == "" {
		m.fail(at, "the limit %q needs a max, a unit, a summary and a source", f.ID)
	}
	m.doc.Policy.Limits = limits
}

// limitMax sets the limit's bound. What was said of another bound is no longer
// true of this one, so the summary and the source go with it.
func (m *merger) limitMax(at string, f limitFile, l *opsreview.Limit) {
	switch {
	case f.Max == nil:
		return
	case !(*f.Max >= 0 && *f.Max <= 1e6):
		m.fail(at+".max", "%v is not between 0 and a million", *f.Max)
		return
	}
	if l.Source != "" && l.Max != *f.Max {
		l.Summary, l.Source = fmt.Sprintf("at most %g %s", *f.Max, l.Unit), "the team's own policy"
	}
	l.Max = *f.Max
}

func (m *merger) monitors(f monitorsFile) {
	if f.Attributes != nil {
		m.doc.Monitors.Attributes = f.Attributes
	}
	if f.Replace == nil {
		return
	}
	m.doc.Monitors.Replace = nil
	for i, r := range f.Replace {
		at := fmt.Sprintf("monitors.replace[%d]", i)
		pattern, err := regexp.Compile(r.Pattern)
		if err != nil || r.Pattern == "" {
			m.fail(at+".pattern", "%q is not a regular expression", r.Pattern)
			return
		}
		if r.With == nil {
			m.fail(at, "a replacement needs a with; \"\" removes what matches")
			return
		}
		m.doc.Monitors.Replace = append(m.doc.Monitors.Replace, opsreview.Replacement{Pattern: pattern, With: *r.With})
	}
}

// unique fails if two of n items of a list have one id.
func (m *merger) unique(list string, n int, id func(int) string) {
	seen := map[string]bool{}
	for i := range n {
		if seen[id(i)] {
			m.fail(fmt.Sprintf("%s[%d].id", list, i), "%q is there twice", id(i))
		}
		seen[id(i)] = true
	}
}

// set replaces what is there unless nothing is given.
func set(to *string, given string) {
	if given != "" {
		*to = given
	}
}
