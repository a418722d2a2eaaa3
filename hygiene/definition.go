package hygiene

import (
	"cmp"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"
	"unicode"

	"opsreview"
)

// A PrometheusRule is an alerting rule of Prometheus, from a file or from the
// API.
type PrometheusRule struct {
	Group       string
	Alert       string
	Query       string
	Waits       bool // it has to hold for a while before it fires
	Labels      map[string]string
	Annotations map[string]string
}

// Definition returns the rule as a monitor: whoever reads it, it has the same
// identity and says the same. Source and Origin are the caller's.
func (r PrometheusRule) Definition() opsreview.MonitorDefinition {
	d := opsreview.MonitorDefinition{
		ID: r.Group + "/" + r.Alert, Title: r.Alert, Kind: "prometheus", Group: r.Group, Query: r.Query,
		Severity: firstOf(r.Labels, "severity", "priority", "level"), Labels: r.Labels, Annotations: r.Annotations,
		AtOnce: !r.Waits && !strings.Contains(r.Query, "["),
	}
	if r.Group == "" {
		d.ID = r.Alert
	}
	d.Body = body(r.Annotations)
	d.Runbook = firstOf(r.Annotations, runbookKeys...)
	d.Dashboard = firstOf(r.Annotations, dashboardKeys...)
	d.Runbook = cmp.Or(d.Runbook, firstOf(r.Labels, runbookKeys...))
	d.Dashboard = cmp.Or(d.Dashboard, firstOf(r.Labels, dashboardKeys...))
	for _, key := range slices.Sorted(maps.Keys(r.Annotations)) {
		d.Links = append(d.Links, addresses(r.Annotations[key])...)
	}
	complete(&d)
	return d
}

// Distinguish gives monitors of one file or source that have the same identity
// different ones, in their order: a later one says its severity in it, and its
// number where that does not tell.
func Distinguish(defs []opsreview.MonitorDefinition) {
	known := map[string]int{}
	for i := range defs {
		d := &defs[i]
		if known[d.ID] > 0 && d.Severity != "" {
			d.ID += "/" + d.Severity
		}
		if known[d.ID]++; known[d.ID] > 1 {
			d.ID = fmt.Sprintf("%s#%d", d.ID, known[d.ID])
		}
	}
}

// The annotations and labels that teams write addresses into.
var (
	runbookKeys   = []string{"runbook_url", "runbook", "runbook_link", "runbookURL", "runbookUrl", "playbook_url", "playbook"}
	dashboardKeys = []string{
		"dashboard_url", "dashboard", "dashboard_link", "dashboardURL", "dashboardUrl", "grafana_url", "grafana", "__dashboardUid__",
	}
)

// firstOf returns the first value that is there. Spelling counts first, then
// any spelling of it will do.
func firstOf(m map[string]string, keys ...string) string {
	for _, key := range keys {
		if v := strings.TrimSpace(m[key]); v != "" {
			return v
		}
	}
	for _, name := range slices.Sorted(maps.Keys(m)) {
		for _, key := range keys {
			if v := strings.TrimSpace(m[name]); v != "" && squeeze(name) == squeeze(key) {
				return v
			}
		}
	}
	return ""
}

// body is the text of a page: what describes it first, and then everything else
// that is written as words. Impact and action keep their names as headings.
func body(annotations map[string]string) string {
	var parts []string
	done := map[string]bool{ignoreKey: true}
	for _, key := range slices.Concat(runbookKeys, dashboardKeys) {
		done[key] = true
	}
	for _, key := range []string{"summary", "description", "message"} {
		if text := strings.TrimSpace(annotations[key]); text != "" {
			parts = append(parts, text)
		}
		done[key] = true
	}
	for _, key := range slices.Sorted(maps.Keys(annotations)) {
		if text := strings.TrimSpace(annotations[key]); text != "" && !done[key] {
			parts = append(parts, key+": "+text)
		}
	}
	return strings.Join(parts, "\n")
}

// complete fills in what a monitor's text tells: its runbook and its dashboard
// among the addresses.
func complete(d *opsreview.MonitorDefinition) {
	slices.Sort(d.Links)
	d.Links = slices.Compact(d.Links)
	d.Runbook = cmp.Or(d.Runbook, named(d.Body, "runbook", "playbook"))
	d.Dashboard = cmp.Or(d.Dashboard, named(d.Body, "dashboard", "graphs"))
	for _, link := range d.Links {
		switch words := strings.ToLower(link); {
		case d.Runbook == "" && (strings.Contains(words, "runbook") || strings.Contains(words, "playbook")):
			d.Runbook = link
		case d.Dashboard == "" && isDashboard(words):
			d.Dashboard = link
		}
	}
}

// named returns the address on a line of a text that begins with one of the
// words and a colon: "Runbook: docs/vault.md#sealed". A path will do.
func named(text string, words ...string) string {
	for line := range strings.Lines(text) {
		head, rest, found := strings.Cut(line, ":")
		if !found || !slices.Contains(words, squeeze(head)) {
			continue
		}
		if links := addresses(rest); len(links) > 0 {
			return links[0]
		}
		if rest = strings.TrimSpace(rest); strings.ContainsAny(rest, "./") && !strings.ContainsAny(rest, " \t") {
			return rest
		}
	}
	return ""
}

// isDashboard reports whether an address in small letters is one of a page of
// graphs: those of Grafana, Datadog, Kibana, CloudWatch and Prometheus' own.
func isDashboard(address string) bool {
	for _, part := range []string{"dashboard", "grafana", "/d/", "/explore", "/graph?", "datadoghq.com/notebook", "kibana"} {
		if strings.Contains(address, part) {
			return true
		}
	}
	return false
}

// addresses lists the addresses in a text. Those of Markdown end where its
// brackets do.
func addresses(text string) []string {
	var found []string
	for {
		i := strings.Index(text, "http")
		if i < 0 {
			return found
		}
		text = text[i:]
		end := strings.IndexFunc(text, func(r rune) bool { return unicode.IsSpace(r) || strings.ContainsRune("\"<>`|", r) })
		if strings.HasPrefix(text, "http://") || strings.HasPrefix(text, "https://") {
			link := text
			if end >= 0 {
				link = text[:end]
			}
			link = trimAddress(link)
			if u, err := url.Parse(link); err == nil && u.Host != "" || strings.Contains(link, "{{") {
				found = append(found, link)
			}
		}
		if end < 0 {
			return found
		}
		text = text[max(end, len("http")):]
	}
}

// trimAddress takes off what follows an address in a sentence or in Markdown.
func trimAddress(link string) string {
	for _, pair := range []string{"()", "[]"} {
		depth := 0
		for i, r := range link {
			switch r {
			case rune(pair[0]):
				depth++
			case rune(pair[1]):
				depth--
			}
			if depth < 0 {
				link = link[:i]
				break
			}
		}
	}
	return strings.TrimRight(link, ".,;:!?'*_")
}

// squeeze is a name without case and without what separates its words.
func squeeze(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return unicode.ToLower(r)
		}
		return -1
	}, s)
}
