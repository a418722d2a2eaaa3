package alertmanager

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"

	"opsreview"
)

// Bounds of what is kept of an alert: its labels may be anybody's.
const (
	mostLabels = 100
	mostName   = 200
	mostValue  = 1000
	mostTitle  = 1000
	mostLink   = 2048
)

// An alert is one firing of an alerting rule for one set of labels.
type alert struct {
	labels      map[string]string
	annotations map[string]string // nil where they are not known
	receiver    string            // "" where it is not known
	url         string
	fingerprint string // 16 hexadecimal digits
	start       time.Time
	end         time.Time // zero while it fires

	// told: Alertmanager says so of an alert that fires, so that its words are the
	// best there are. Words of a resolution may lack annotations, and history has
	// none.
	told bool
}

// id names the page. Alertmanager and the samples of ALERTS both have
// milliseconds.
func pageID(fingerprint string, start time.Time) string {
	return fingerprint + "-" + strconv.FormatInt(start.UnixMilli(), 10)
}

// parseID reads what pageID wrote.
func parseID(id string) (fingerprint string, start time.Time, ok bool) {
	fingerprint, text, ok := strings.Cut(id, "-")
	ms, err := strconv.ParseInt(text, 10, 64)
	return fingerprint, time.UnixMilli(ms).UTC(), ok && err == nil
}

// fingerprintOf names a set of labels as Alertmanager does.
func fingerprintOf(set map[string]string) string {
	own := make(model.LabelSet, len(set))
	for name, value := range set {
		own[model.LabelName(name)] = model.LabelValue(value)
	}
	return own.Fingerprint().String()
}

// A mapping says what alerts are as pages.
type mapping struct {
	source     string
	conditions [][]*labels.Matcher
	services   []string // labels that name the service, the first that there is
	low        map[string]bool
}

func newMapping(c Config) (mapping, error) {
	conditions, err := c.conditions()
	m := mapping{source: c.Name, conditions: conditions, services: []string{"service", "job"}, low: map[string]bool{}}
	if c.ServiceLabel != "" {
		m.services = []string{c.ServiceLabel}
	}
	severities := c.LowUrgency
	if len(severities) == 0 {
		severities = []string{"info", "low", "none", "ticket", "warning"}
	}
	for _, s := range severities {
		m.low[strings.ToLower(s)] = true
	}
	return m, err
}

// pages reports whether alerts with these labels page somebody.
func (m mapping) pages(set map[string]string) bool {
	return len(m.conditions) == 0 || slices.ContainsFunc(m.conditions, func(all []*labels.Matcher) bool {
		return !slices.ContainsFunc(all, func(c *labels.Matcher) bool { return !c.Matches(set[c.Name]) })
	})
}

// add puts the alert's page into the batch.
func (m mapping) add(b *opsreview.Batch, a alert) {
	p := m.page(a)
	b.Pages = append(b.Pages, p)
	known := slices.ContainsFunc(b.Services, func(s opsreview.Service) bool { return s.Ref == p.Service })
	if !p.Service.IsZero() && !known {
		b.Services = append(b.Services, opsreview.Service{Ref: p.Service, Name: p.Service.ID})
	}
}

// page returns the page of an alert. Firing and resolved are the same page.
func (m mapping) page(a alert) opsreview.Page {
	id := pageID(a.fingerprint, a.start)
	severity := clip(a.labels["severity"], mostName)
	p := opsreview.Page{
		Ref: opsreview.Ref{Source: m.source, ID: id}, URL: link(a.url), Title: m.title(a), Severity: severity,
		Runbook: runbook(a.annotations), Attributes: attributes(a), CreatedAt: a.start, Urgency: opsreview.HighUrgency,
	}
	if m.low[strings.ToLower(severity)] {
		p.Urgency = opsreview.LowUrgency
	}
	if name := m.service(a.labels); name != "" {
		p.Service = opsreview.Ref{Source: m.source, ID: name}
	}
	if a.told {
		p.UpdatedAt = a.start
	}
	by := opsreview.Agent{Kind: opsreview.Integration, Name: "Alertmanager"}
	p.Events = []opsreview.Event{{ID: id + "/firing", At: a.start, Kind: opsreview.Triggered, By: by}}
	if !a.end.IsZero() {
		p.Events = append(p.Events, opsreview.Event{ID: id + "/resolved", At: a.end, Kind: opsreview.Resolved, By: by})
	}
	return p
}

func (m mapping) service(set map[string]string) string {
	for _, name := range m.services {
		if v := clip(strings.TrimSpace(set[name]), mostName); v != "" {
			return v
		}
	}
	return ""
}

// title is the summary, else the rule's name and what tells its alerts apart.
func (m mapping) title(a alert) string {
	if s := strings.TrimSpace(a.annotations["summary"]); s != "" {
		return clip(s, mostTitle)
	}
	var parts []string
	for _, name := range distinguishing(a.labels, m.services) {
		parts = append(parts, name+"="+a.labels[name])
	}
	title := cmp.Or(a.labels["alertname"], "alert")
	if len(parts) > 0 {
		title = fmt.Sprintf("%s: %s", title, strings.Join(parts, " "))
	}
	return clip(title, mostTitle)
}

// tellingLabels say best what an alert is about.
var tellingLabels = []string{"instance", "pod", "node", "host", "device", "mountpoint", "namespace", "cluster"}

// mostTelling is how many labels stand in a title.
const mostTelling = 3

// distinguishing returns the names of the labels that a title without words is
// made of.
func distinguishing(set map[string]string, services []string) []string {
	var names []string
	for _, name := range append(slices.Clone(tellingLabels), slices.Sorted(maps.Keys(set))...) {
		switch {
		case len(names) == mostTelling || set[name] == "" || slices.Contains(names, name):
		case name == "alertname" || name == "severity" || slices.Contains(services, name):
		default:
			names = append(names, name)
		}
	}
	return names
}

// runbook returns the annotation that names it: those that mixins, GitLab and
// others use. It may be relative to a repository.
func runbook(annotations map[string]string) string {
	for _, name := range []string{"runbook_url", "runbook", "playbook"} {
		if v := strings.TrimSpace(annotations[name]); v != "" {
			return clip(v, mostLink)
		}
	}
	return ""
}

func link(text string) string {
	if !strings.HasPrefix(text, "https://") && !strings.HasPrefix(text, "http://") || len(text) > mostLink {
		return ""
	}
	return text
}

// attributes are the labels, and the receiver where no label has its name.
func attributes(a alert) map[string]string {
	set := make(map[string]string, len(a.labels)+1)
	if a.receiver != "" {
		set["receiver"] = clip(a.receiver, mostValue)
	}
	names := slices.Sorted(maps.Keys(a.labels))
	for _, name := range names[:min(len(names), mostLabels)] {
		set[clip(name, mostName)] = clip(mail.ReplaceAllString(a.labels[name], dropped), mostValue)
	}
	if v := a.labels["alertname"]; v != "" { // it makes the monitor, however many labels there are
		set["alertname"] = clip(v, mostValue)
	}
	return set
}

// clip cuts text to at most so many bytes of whole characters.
func clip(text string, most int) string {
	text = strings.ToValidUTF8(text, "\uFFFD")
	if len(text) <= most {
		return text
	}
	for most > 0 && !utf8.RuneStart(text[most]) {
		most--
	}
	return text[:most]
}
