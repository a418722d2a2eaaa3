package pagerduty

import (
	"encoding/json"
	"regexp"
	"strings"

	"opsreview"
)

var summaryForm = regexp.MustCompile(`^\[#(\d+)\] (.*)$`)

// page maps an incident. A mere reference becomes a mention.
func (i *apiIncident) page(source string) opsreview.Page {
	p := opsreview.Page{
		Ref:      opsreview.Ref{Source: source, ID: i.ID},
		Number:   string(i.Number),
		URL:      i.HTMLURL,
		Title:    i.Title,
		Policy:   labelOf(i.Policy),
		Urgency:  opsreview.Urgency(i.Urgency),
		Priority: labelOf(i.Priority),
		Reported: i.Status,
	}
	if m := summaryForm.FindStringSubmatch(i.Summary); m != nil {
		if p.Number == "" {
			p.Number = m[1]
		}
		if p.Title == "" {
			p.Title = m[2]
		}
	}
	if id := idOf(i.Service); id != "" {
		p.Service = opsreview.Ref{Source: source, ID: id}
	}
	p.CreatedAt, p.EndedAt = when(i.CreatedAt), i.ended()
	if r := i.ResolveReason; r != nil && r.Type == "merge_resolve_reason" {
		p.MergedInto = idOf(r.Incident)
	}
	for _, at := range []string{i.UpdatedAt, i.ChangedAt, i.CreatedAt} {
		if p.UpdatedAt = when(at); !p.UpdatedAt.IsZero() {
			break
		}
	}
	if t := i.FirstTrigger; t != nil {
		t.Channel.describe(&p, t.Contexts)
	}
	return p
}

// describe adds what the event that triggered an incident carried.
func (c *apiChannel) describe(p *opsreview.Page, contexts []apiContext) {
	if c != nil {
		attributes(p, c.Details)
		cef(p, c.CEFDetails)
	}
	runbook(p, contexts)
}

// describe adds what an alert carried to its page.
func (a *apiAlert) describe(p *opsreview.Page) {
	if p.Severity == "" {
		p.Severity = a.Severity
	}
	if a.AlertKey != "" {
		attribute(p, "alert_key", a.AlertKey)
	}
	if a.Body == nil {
		return
	}
	attributes(p, a.Body.Details)
	cef(p, a.Body.CEFDetails)
	runbook(p, a.Body.Contexts)
}

// Bounds of what is kept of an alert's details, which may be anything.
const (
	mostAttributes = 64
	mostName       = 64
	mostValue      = 512
)

var (
	secretName  = regexp.MustCompile(`(?i)token|secret|passw|api_?key|authorization|credential|private_?key|routing_?key|integration_?key|service_?key`)
	runbookName = regexp.MustCompile(`(?i)(run|play)_?-?book`)
	runbookText = regexp.MustCompile(`(?i)(?:run|play)[-_ ]?book[^\n]{0,40}?(https?://[^\s"'<>)\]]+)`)
	labelLine   = regexp.MustCompile(`(?m)^\s*- ([A-Za-z_][A-Za-z0-9_]*) ?[=:] ?(.*?)\s*$`)
	addressForm = regexp.MustCompile(`(?i)[a-z0-9._%+-]+@[a-z0-9.-]+\.[a-z]{2,}`)
)

func attribute(p *opsreview.Page, name, value string) {
	value = strings.TrimSpace(value)
	if name == "" || value == "" || len(name) > mostName || secretName.MatchString(name) {
		return
	}
	if p.Attributes == nil {
		p.Attributes = map[string]string{}
	}
	if _, ok := p.Attributes[name]; ok || len(p.Attributes) >= mostAttributes {
		return
	}
	p.Attributes[name] = clip(addressForm.ReplaceAllString(value, dropped), mostValue)
}

// attributes keeps the plain values of an alert's details. It reads them in
// the order of their names, so that the same details always give the same.
func attributes(p *opsreview.Page, details json.RawMessage) {
	var fields map[string]any
	if json.Unmarshal(details, &fields) != nil {
		return
	}
	for _, name := range sortedKeys(fields) {
		switch v := fields[name].(type) {
		case string:
			runbookIn(p, name, v)
			labels(p, v)
			attribute(p, name, v)
		case map[string]any:
			for _, inner := range sortedKeys(v) {
				if s, ok := v[inner].(string); ok {
					runbookIn(p, inner, s)
					attribute(p, inner, s)
				}
			}
		}
	}
}

// labels reads the lists of labels that Alertmanager writes into its details,
// as text:
//
//	Labels:
//	 - alertname = DiskFull
//	Annotations:
//	 - runbook_url = https://example.com/disk
func labels(p *opsreview.Page, text string) {
	if !strings.Contains(text, "Labels:") {
		return
	}
	for _, m := range labelLine.FindAllStringSubmatch(text, mostAttributes) {
		runbookIn(p, m[1], m[2])
		attribute(p, m[1], m[2])
	}
}

// cef reads an event in the common event format.
func cef(p *opsreview.Page, raw json.RawMessage) {
	var event struct {
		Details   json.RawMessage `json:"details"`
		Severity  string          `json:"severity"`
		Class     string          `json:"event_class"`
		Component string          `json:"source_component"`
		Origin    string          `json:"source_origin"`
		Contexts  []apiContext    `json:"contexts"`
	}
	if len(raw) == 0 || decode(raw, &event) != nil {
		return
	}
	if p.Severity == "" {
		p.Severity = event.Severity
	}
	attributes(p, event.Details)
	attribute(p, "class", event.Class)
	attribute(p, "component", event.Component)
	attribute(p, "source", event.Origin)
	runbook(p, event.Contexts)
}

// runbook takes the first link that calls itself a runbook.
func runbook(p *opsreview.Page, contexts []apiContext) {
	for _, c := range contexts {
		if p.Runbook == "" && isLink(c.Href) && (runbookName.MatchString(c.Text) || runbookName.MatchString(c.Href)) {
			p.Runbook = clip(c.Href, 2048)
		}
	}
}

// runbookIn looks for a runbook's link in a named text.
func runbookIn(p *opsreview.Page, name, text string) {
	text = strings.TrimSpace(text)
	if p.Runbook != "" {
		return
	}
	if runbookName.MatchString(name) && isLink(text) && !strings.ContainsAny(text, " \n\t") {
		p.Runbook = clip(text, 2048)
		return
	}
	if m := runbookText.FindStringSubmatch(text); m != nil {
		p.Runbook = clip(m[1], 2048)
	}
}

func isLink(s string) bool {
	return strings.HasPrefix(s, "https://") || strings.HasPrefix(s, "http://")
}
