package slo

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"opsreview"
)

// A joiner finds the SLOs that a page is about, as places in its list.
type joiner struct {
	slos      []opsreview.SLO
	matches   [][]conditions   // of each SLO
	ids       map[string][]int // by "service-name", as Sloth has it
	names     map[string][]int // by the document's name and by the SLO's
	byService map[string][]int // of SLOs without conditions, in lower case
}

func newJoiner(slos []opsreview.SLO) *joiner {
	j := &joiner{
		slos: slos, matches: make([][]conditions, len(slos)),
		ids: map[string][]int{}, names: map[string][]int{}, byService: map[string][]int{},
	}
	for i, s := range slos {
		name := j.documentName(s)
		j.ids[s.Service+"-"+name] = append(j.ids[s.Service+"-"+name], i)
		j.names[name] = append(j.names[name], i)
		if s.Name != name {
			j.names[s.Name] = append(j.names[s.Name], i)
		}
		for _, m := range s.Match {
			j.matches[i] = append(j.matches[i], compile(m))
		}
		if service := strings.ToLower(s.Service); service != "" && len(s.Match) == 0 {
			j.byService[service] = append(j.byService[service], i)
		}
	}
	return j
}

// documentName is the name of the SLO within its service, without the number of
// a further objective. The name of a document may itself have slashes; further
// objectives are those of which there is a first one.
func (j *joiner) documentName(s opsreview.SLO) string {
	name, ok := strings.CutPrefix(s.Name, s.Service+"/")
	if !ok {
		return s.Name[strings.LastIndexByte(s.Name, '/')+1:]
	}
	i := strings.LastIndexByte(name, '/')
	if i < 0 {
		return name
	}
	first := func(one opsreview.SLO) bool { return one.Service == s.Service && one.Name == s.Service+"/"+name[:i] }
	if _, err := strconv.Atoi(name[i+1:]); err == nil && slices.ContainsFunc(j.slos, first) {
		return name[:i]
	}
	return name
}

// join returns the SLOs that a page of the service is about, by the first rule
// that finds any.
func (j *joiner) join(p *opsreview.Page, service opsreview.Service) (JoinRule, []int) {
	var names []string
	for _, name := range []string{service.Name, p.Service.ID, p.Service.String()} {
		if name != "" {
			names = append(names, strings.ToLower(name))
		}
	}
	if found := j.labelled(p.Attributes, names); len(found) > 0 {
		return ByLabels, found
	}
	if found := j.matched(p.Attributes); len(found) > 0 {
		return ByMatch, found
	}
	var found []int
	for _, name := range names {
		found = append(found, j.byService[name]...)
	}
	if len(found) == 0 {
		return "", nil
	}
	slices.Sort(found)
	return ByService, slices.Compact(found)
}

// labelled reads the labels that generators of alerts attach: those of Sloth
// first, since others use the name "slo" for other things.
func (j *joiner) labelled(labels map[string]string, services []string) []int {
	id, service, name := labels["sloth_id"], labels["sloth_service"], labels["sloth_slo"]
	if id != "" || name != "" {
		found := slices.Clone(j.ids[id])
		for _, i := range j.names[name] {
			if name != "" && j.slos[i].Service == service && !slices.Contains(found, i) {
				found = append(found, i)
			}
		}
		slices.Sort(found)
		return found
	}
	if slo := labels["slo"]; slo != "" {
		if found := j.narrow(j.names[slo], labels["namespace"], services); len(found) > 0 {
			return found
		}
	}
	if uuid := labels["grafana_slo_uuid"]; uuid != "" {
		return j.names[uuid]
	}
	return nil
}

// narrow chooses among SLOs of one name in several services those of the
// namespace, else those of the page's service.
func (j *joiner) narrow(found []int, namespace string, services []string) []int {
	of := func(mine func(service string) bool) []int {
		var some []int
		for _, i := range found {
			if mine(strings.ToLower(j.slos[i].Service)) {
				some = append(some, i)
			}
		}
		return some
	}
	if some := of(func(s string) bool { return s != "" && s == strings.ToLower(namespace) }); len(some) > 0 {
		return some
	}
	if some := of(func(s string) bool { return slices.Contains(services, s) }); len(some) > 0 {
		return some
	}
	return found
}

func (j *joiner) matched(attributes map[string]string) []int {
	var found []int
	for i, all := range j.matches {
		if slices.ContainsFunc(all, func(c conditions) bool { return c.hold(attributes) }) {
			found = append(found, i)
		}
	}
	return found
}

// conditions are a PageMatch that is ready to be asked.
type conditions []condition

type condition struct {
	name, value string
	pattern     *regexp.Regexp // nil compares with the value
	not, never  bool
}

func compile(m opsreview.PageMatch) conditions {
	all := make(conditions, 0, len(m))
	for _, c := range m {
		cond := condition{name: c.Name, value: c.Value, not: strings.HasPrefix(c.Op, "!")}
		if strings.HasSuffix(c.Op, "~") {
			var err error
			cond.pattern, err = regexp.Compile("^(?s:" + c.Value + ")$")
			cond.never = err != nil
		}
		all = append(all, cond)
	}
	return all
}

// hold reports whether all conditions hold. An attribute that is missing is
// empty, as in PromQL. No conditions say nothing of any page.
func (c conditions) hold(attributes map[string]string) bool {
	for _, cond := range c {
		if !cond.holds(attributes[cond.name]) {
			return false
		}
	}
	return len(c) > 0
}

func (c condition) holds(value string) bool {
	switch {
	case c.never:
		return false
	case c.pattern != nil:
		return c.pattern.MatchString(value) != c.not
	}
	return (value == c.value) != c.not
}

// How far apart a page and an episode may be to be about each other.
const (
	pageLead   = 5 * time.Minute // clocks differ, and some alerts look ahead
	defaultLag = time.Hour
	longestLag = 6 * time.Hour
)

// lagOf is how long after an episode's end its page may come: an alert that
// looks back over an hour may fire an hour late. It is the longest window of
// the alerts that say theirs.
func lagOf(calls []joined) time.Duration {
	var longest time.Duration
	for _, c := range calls {
		longest = max(longest, alertWindow(c.page.Attributes["long"]))
	}
	if longest == 0 {
		return defaultLag
	}
	return longest
}

var durationUnits = map[string]time.Duration{
	"ms": time.Millisecond, "s": time.Second, "m": time.Minute, "h": time.Hour,
	"d": 24 * time.Hour, "w": 7 * 24 * time.Hour, "y": 365 * 24 * time.Hour,
}

// alertWindow reads a duration as Prometheus writes it, such as "1h30m", up to
// the longest lag. Anything else is 0.
func alertWindow(text string) time.Duration {
	var sum time.Duration
	for text != "" {
		digits := len(text) - len(strings.TrimLeft(text, "0123456789"))
		rest := strings.TrimLeft(text[digits:], "hmsdwy")
		unit, ok := durationUnits[text[digits:len(text)-len(rest)]]
		if digits == 0 || digits > 12 || !ok {
			return 0
		}
		n := time.Duration(0)
		for _, d := range text[:digits] {
			n = 10*n + time.Duration(d-'0')
		}
		sum = min(sum+unit*min(n, longestLag/unit+1), longestLag)
		text = rest
	}
	return sum
}
