package incident

import (
	"cmp"
	"slices"
	"strings"

	"opsreview"
)

// Prepare judges the incidents of a window.
func Prepare(in Input) Report {
	in.Settings = in.Settings.OrDefault()
	r := Report{Window: in.Window}
	for _, i := range in.Incidents {
		c := in.judge(i)
		within := touches(c.Incident, in.Window)
		if within {
			r.Cases = append(r.Cases, c)
		}
		if c.Overdue && (within || begin(i).Before(in.Window.End)) {
			r.Overdue = append(r.Overdue, c)
		}
	}
	for _, cases := range [][]Case{r.Cases, r.Overdue} {
		slices.SortStableFunc(cases, in.Settings.compare)
	}
	r.Detection = detection(r.Cases)
	r.Detect = spreadOf(spans(r.Cases, func(t Times) Span { return t.Detect }))
	r.Ack = spreadOf(spans(r.Cases, func(t Times) Span { return t.Acknowledge }))
	r.Mitigate = spreadOf(spans(r.Cases, func(t Times) Span { return t.Mitigate }))
	r.Resolve = spreadOf(spans(r.Cases, func(t Times) Span { return t.Resolve }))
	r.Missing = missingOf(r.Cases)
	return r
}

// compare puts the gravest first, then the one that began first. One of which
// no beginning is known comes last.
func (s Settings) compare(a, b Case) int {
	i, j := begin(a.Incident), begin(b.Incident)
	return cmp.Or(
		s.Rank(a.Incident.Severity)-s.Rank(b.Incident.Severity),
		boolean(i.IsZero())-boolean(j.IsZero()),
		i.Compare(j),
		a.Incident.Ref.Compare(b.Incident.Ref),
	)
}

func boolean(b bool) int {
	if b {
		return 1
	}
	return 0
}

func detection(cases []Case) Detection {
	var d Detection
	for _, c := range cases {
		switch c.Detector {
		case opsreview.DetectedByAlert:
			d.Alert++
		case opsreview.DetectedByPerson:
			d.Person++
		case opsreview.DetectedByCustomer:
			d.Customer++
		default:
			d.Unknown++
		}
	}
	return d
}

func spans(cases []Case, step func(Times) Span) []Span {
	all := make([]Span, len(cases))
	for i, c := range cases {
		all[i] = step(c.Times)
	}
	return all
}

// missingOf counts what cases lack, most often missing first.
func missingOf(cases []Case) []Missing {
	counts := map[string]int{}
	for _, c := range cases {
		for _, field := range c.Missing {
			counts[field]++
		}
	}
	var all []Missing
	for field, n := range counts {
		all = append(all, Missing{Field: field, Count: n, Of: len(cases)})
	}
	slices.SortFunc(all, func(a, b Missing) int { return cmp.Or(b.Count-a.Count, strings.Compare(a.Field, b.Field)) })
	return all
}

// CaseOf judges one incident by itself, whatever its time. Of the input the
// window and the other incidents make no difference.
func CaseOf(in Input, i opsreview.Incident) Case {
	in.Settings = in.Settings.OrDefault()
	return in.judge(i)
}
