package meeting

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"opsreview/review"
)

// Diff says what changed from one snapshot to another of the same window, in
// the order of the kinds of change. Two snapshots of the same facts, labels and
// decisions have no changes. A number whose definition changed is not compared:
// the change says so.
func Diff(was, is Snapshot) []Change {
	d := differ{zone: zoneOf(cmp.Or(is.Zone, was.Zone))}
	d.definitions(was, is)
	d.pages(was.Pages, is.Pages)
	d.numbers(was, is)
	d.budgets(was, is)
	d.incidents(was.Incidents, is.Incidents)
	d.anomalies(was.Anomalies, is.Anomalies)
	d.tickets(was.Findings, is.Findings)
	d.closed(was.Closed, is.Closed)
	return d.inOrder()
}

type differ struct {
	zone    *time.Location
	changes []Change
}

var changeOrder = []string{
	ChangedDefinition, LatePage, PageGone, PageChanged, Relabelled, ChangedNumber, ChangedIncident, ChangedAnomaly, ChangedToil, ChangedTicket,
}

func (d *differ) inOrder() []Change {
	slices.SortStableFunc(d.changes, func(a, b Change) int {
		return slices.Index(changeOrder, a.Kind) - slices.Index(changeOrder, b.Kind)
	})
	return d.changes
}

func (d *differ) add(c Change) { d.changes = append(d.changes, c) }

// ids lists the known ids in the agenda's order, then the others by name.
func ids[T any](maps ...map[string]T) []string {
	var known, others []string
	has := func(id string) bool {
		return slices.ContainsFunc(maps, func(m map[string]T) bool { _, ok := m[id]; return ok })
	}
	for _, m := range measures {
		if has(m.ID) {
			known = append(known, m.ID)
		}
	}
	for _, m := range maps {
		for id := range m {
			if _, ok := MeasureOf(id); !ok && !slices.Contains(others, id) {
				others = append(others, id)
			}
		}
	}
	slices.Sort(others)
	return append(known, others...)
}

// redefined reports whether a number was computed in another way.
func redefined(was, is Snapshot, id string) bool {
	v, ok := was.Definitions[id]
	w, also := is.Definitions[id]
	return ok && also && v != w
}

func (d *differ) definitions(was, is Snapshot) {
	for _, id := range ids(was.Definitions, is.Definitions) {
		if !redefined(was, is, id) {
			continue
		}
		d.add(Change{
			Kind: ChangedDefinition, Subject: id, Was: fmt.Sprintf("%s/%d", id, was.Definitions[id]), Is: fmt.Sprintf("%s/%d", id, is.Definitions[id]),
			Text: fmt.Sprintf("%s is defined in another way: it was %s by version %d and is %s by version %d, which cannot be compared", nameOf(id),
				written(was.Numbers, id), was.Definitions[id], written(is.Numbers, id), is.Definitions[id]),
		})
	}
}

// written is a number in words, "unknown" where there is none.
func written(numbers map[string]Number, id string) string {
	if n, ok := numbers[id]; ok {
		return n.String()
	}
	return "unknown"
}

func (d *differ) numbers(was, is Snapshot) {
	for _, id := range ids(was.Numbers, is.Numbers) {
		v, had := was.Numbers[id]
		w, has := is.Numbers[id]
		if redefined(was, is, id) || had && has && equal(v, w) {
			continue
		}
		kind := ChangedNumber
		if m, ok := MeasureOf(id); ok && m.Section == Toil {
			kind = ChangedToil
		}
		before, now := written(was.Numbers, id), written(is.Numbers, id)
		d.add(Change{Kind: kind, Subject: id, Was: before, Is: now, Text: fmt.Sprintf("%s: %s, and was %s", nameOf(id), now, before)})
	}
}

func equal(a, b Number) bool {
	if (a.Of == nil) != (b.Of == nil) || a.Of != nil && !near(*a.Of, *b.Of) {
		return false
	}
	return near(a.Value, b.Value)
}

// near leaves out differences that come of the order of sums.
func near(a, b float64) bool { return math.Abs(a-b) <= 1e-9*max(1, math.Abs(a), math.Abs(b)) }

func same(a, b *float64) bool {
	return a == nil && b == nil || a != nil && b != nil && near(*a, *b)
}

// by makes a map of a list, by the names of its elements.
func by[T any](all []T, name func(T) string) map[string]T {
	m := make(map[string]T, len(all))
	for _, x := range all {
		m[name(x)] = x
	}
	return m
}

func pageName(p PageFact) string { return p.Page }

func (d *differ) pages(was, is []PageFact) {
	before, now := by(was, pageName), by(is, pageName)
	for _, p := range is {
		if v, ok := before[p.Page]; ok {
			d.page(v, p)
			continue
		}
		d.add(Change{Kind: LatePage, Subject: p.Page, Is: p.Outcome, Text: "a page came late: " + d.told(p) + ", " + p.Outcome})
	}
	for _, p := range was {
		if _, ok := now[p.Page]; !ok {
			d.add(Change{Kind: PageGone, Subject: p.Page, Was: p.Outcome, Text: "a page is gone: " + d.told(p) + ", " + p.Outcome})
		}
	}
}

// told names a page for people.
func (d *differ) told(p PageFact) string {
	return fmt.Sprintf("%q (%s) of %s", p.Title, p.Page, p.At.In(d.zone).Format("Mon 2 Jan 15:04"))
}

// page tells what people say otherwise of a page, and what its source does.
func (d *differ) page(was, is PageFact) {
	relabelled := verdictOf(was) != verdictOf(is) || was.Cause != is.Cause || was.By != is.By
	if relabelled || was.Outcome != is.Outcome && was.Facts == is.Facts {
		v, w := labelOf(was), labelOf(is)
		text := fmt.Sprintf("%s is %s, and was %s", d.told(is), w, v)
		if is.By == "" && was.By != "" {
			text = fmt.Sprintf("%s is no longer labelled, and was %s", d.told(is), v)
		}
		d.add(Change{Kind: Relabelled, Subject: is.Page, Was: v, Is: w, Text: text})
	}
	if was.Facts == is.Facts && was.Monitor == is.Monitor {
		return
	}
	c := Change{Kind: PageChanged, Subject: is.Page}
	var parts []string
	for _, x := range []struct{ what, was, is string }{
		{"title", was.Title, is.Title}, {"status", was.Status, is.Status}, {"service", was.Service, is.Service}, {"monitor", was.Monitor, is.Monitor},
	} {
		if x.was != x.is {
			parts = append(parts, fmt.Sprintf("its %s is %q, and was %q", x.what, x.is, x.was))
			c.Was, c.Is = cmp.Or(c.Was, x.was), cmp.Or(c.Is, x.is)
		}
	}
	if !relabelled && was.Outcome != is.Outcome {
		parts = append(parts, fmt.Sprintf("it is %s, and was %s", is.Outcome, was.Outcome))
		c.Was, c.Is = cmp.Or(c.Was, was.Outcome), cmp.Or(c.Is, is.Outcome)
	}
	if len(parts) == 0 {
		parts = []string{"its timeline says more or other things"}
	}
	c.Text = d.told(is) + " changed: " + strings.Join(parts, "; ")
	d.add(c)
}

// verdictOf is what the label of a page says: "" if there is none.
func verdictOf(p PageFact) string {
	switch review.Outcome(p.Outcome) {
	case review.Handled, review.Ignored:
		return "actionable"
	case review.Wasted, review.Noise:
		return "not actionable"
	case review.Unlabelled:
	}
	return ""
}

// labelOf writes what people say of a page: "noise (duplicate) by Ada".
func labelOf(p PageFact) string {
	text := p.Outcome
	if p.Cause != "" {
		text += " (" + p.Cause + ")"
	}
	if p.By != "" {
		text += " by " + p.By
	}
	return text
}

// budgets tells of SLOs of which another share was burned. The worst of them
// is among the numbers as well.
func (d *differ) budgets(was, is Snapshot) {
	slo := func(b BudgetFact) string { return b.SLO }
	before, now := by(was.Budgets, slo), by(is.Budgets, slo)
	for _, b := range is.Budgets {
		v, ok := before[b.SLO]
		switch {
		case !ok:
			d.add(Change{Kind: ChangedNumber, Subject: b.SLO, Is: b.Text, Text: b.SLO + " is counted: " + b.Text})
		case redefined(was, is, "burned_7d") || redefined(was, is, "burned_30d"):
		case !same(v.Seven, b.Seven) || !same(v.Thirty, b.Thirty):
			text := fmt.Sprintf("%s: %s; it was: %s", b.SLO, b.Text, v.Text)
			d.add(Change{Kind: ChangedNumber, Subject: b.SLO, Was: v.Text, Is: b.Text, Text: text})
		}
	}
	for _, b := range was.Budgets {
		if _, ok := now[b.SLO]; !ok {
			d.add(Change{Kind: ChangedNumber, Subject: b.SLO, Was: b.Text, Text: b.SLO + " is not counted any more; it was: " + b.Text})
		}
	}
}

func (d *differ) incidents(was, is []IncidentFact) {
	name := func(i IncidentFact) string { return i.Incident }
	before, now := by(was, name), by(is, name)
	for _, i := range is {
		v, ok := before[i.Incident]
		called := fmt.Sprintf("%s, %q", cmp.Or(i.Number, i.Incident), i.Title)
		if !ok {
			d.add(Change{Kind: ChangedIncident, Subject: i.Incident, Is: stood(i), Text: "an incident came late: " + called + ", " + stood(i)})
			continue
		}
		if w, x := stood(v), stood(i); w != x || v.Title != i.Title {
			d.add(Change{Kind: ChangedIncident, Subject: i.Incident, Was: w, Is: x, Text: fmt.Sprintf("%s: %s; it was: %s", called, x, w)})
		}
	}
	for _, i := range was {
		if _, ok := now[i.Incident]; !ok {
			text := fmt.Sprintf("an incident is gone: %s, %q", cmp.Or(i.Number, i.Incident), i.Title)
			d.add(Change{Kind: ChangedIncident, Subject: i.Incident, Was: stood(i), Text: text})
		}
	}
}

// stood says how an incident stands.
func stood(i IncidentFact) string {
	parts := []string{cmp.Or(i.Severity, "no severity")}
	if i.Detector != "" {
		parts = append(parts, "noticed by "+i.Detector)
	}
	if i.ResolveMin != nil {
		parts = append(parts, "resolved after "+minutes(*i.ResolveMin))
	} else {
		parts = append(parts, "no time to resolve")
	}
	text := strings.Join(parts, ", ")
	if i.Text != "" {
		text += ". " + i.Text
	}
	return text
}

func (d *differ) anomalies(was, is []AnomalyFact) {
	name := func(a AnomalyFact) string { return a.Anomaly }
	before, now := by(was, name), by(is, name)
	for _, a := range is {
		v, ok := before[a.Anomaly]
		called := fmt.Sprintf("%s (%s)", a.Chart, a.Anomaly)
		w, x := v.Context+", "+v.State, a.Context+", "+a.State
		switch {
		case !ok:
			d.add(Change{Kind: ChangedAnomaly, Subject: a.Anomaly, Is: x, Text: fmt.Sprintf("something else looks weird: %s: %s, %s", called, a.Text, x)})
		case w != x:
			d.add(Change{Kind: ChangedAnomaly, Subject: a.Anomaly, Was: w, Is: x, Text: fmt.Sprintf("%s is %s, and was %s", called, x, w)})
		case v.Text != a.Text:
			d.add(Change{Kind: ChangedAnomaly, Subject: a.Anomaly, Was: v.Text, Is: a.Text, Text: fmt.Sprintf("%s: %s; it was: %s", called, a.Text, v.Text)})
		}
	}
	for _, a := range was {
		if _, ok := now[a.Anomaly]; !ok {
			d.add(Change{Kind: ChangedAnomaly, Subject: a.Anomaly, Was: a.Text, Text: fmt.Sprintf("%s (%s) does not look weird any more", a.Chart, a.Anomaly)})
		}
	}
}

// tickets tells what became of the tickets of findings.
func (d *differ) tickets(was, is []FindingFact) {
	before := by(was, func(f FindingFact) string { return f.Key })
	for _, f := range is {
		v := before[f.Key]
		w, x := strings.TrimSpace(v.Ticket+" "+v.Status), strings.TrimSpace(f.Ticket+" "+f.Status)
		if w == x {
			continue
		}
		text := fmt.Sprintf("the ticket of %q is %s, and was %s", f.Title, cmp.Or(x, "gone"), w)
		if w == "" {
			text = fmt.Sprintf("%q has a ticket: %s", f.Title, x)
		}
		d.add(Change{Kind: ChangedTicket, Subject: f.Key, Was: w, Is: x, Text: text})
	}
}

func (d *differ) closed(was, is []ClosedFact) {
	before := by(was, func(c ClosedFact) string { return c.Ticket })
	for _, c := range is {
		v, ok := before[c.Ticket]
		w, x := verdicts[review.HeldVerdict(v.Verdict)], verdicts[review.HeldVerdict(c.Verdict)]
		switch {
		case !ok:
			d.add(Change{Kind: ChangedTicket, Subject: c.Ticket, Is: x, Text: fmt.Sprintf("%s, %q, was closed: %s", c.Ticket, c.Title, x)})
		case v.Verdict != c.Verdict:
			d.add(Change{Kind: ChangedTicket, Subject: c.Ticket, Was: w, Is: x, Text: fmt.Sprintf("%s, %q: %s, and was: %s", c.Ticket, c.Title, x, w)})
		}
	}
}

var verdicts = map[review.HeldVerdict]string{
	review.HasHeld: "it held", review.CameBack: "it came back", review.TooEarly: "too early to say", review.HeldUnknown: "nobody can say whether it held",
}
