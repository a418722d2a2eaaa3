package opsreview

import (
	"crypto/sha256"
	"encoding/hex"
	"regexp"
	"strings"
	"time"
)

// A Monitor is what decided to page: an alert rule, a check. Its ID is made by
// [MonitorRules] and is the same in every database.
type Monitor struct {
	ID        string
	Service   Ref
	Title     string // of its latest page, normalised where the title is its identity
	Rule      string // what its identity was made from: "alertname", "title"
	FirstSeen time.Time
	LastSeen  time.Time
}

// MonitorRules say how a page's monitor is recognised: by the first of
// Attributes that the page carries, else by the title within the service after
// the Replace rules. The zero MonitorRules use the whole title.
type MonitorRules struct {
	Attributes []string
	Replace    []Replacement
}

// A Replacement rewrites what varies in titles of one monitor.
type Replacement struct {
	Pattern *regexp.Regexp
	With    string
}

// DefaultMonitorRules recognise the identities that common tools attach, and
// take numbers, addresses, UUIDs and times out of titles.
func DefaultMonitorRules() MonitorRules {
	return MonitorRules{
		Attributes: []string{"monitor_id", "alert_id", "check_id", "rule_id", "alertname"},
		Replace: []Replacement{
			{regexp.MustCompile(`(?i)\[?#\d+\]?`), "#"},
			{regexp.MustCompile(`(?i)\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b`), "#"},
			{regexp.MustCompile(`\d{4}-\d{2}-\d{2}([T ]\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:?\d{2})?)?`), "#"},
			{regexp.MustCompile(`\b\d{1,3}(\.\d{1,3}){3}(:\d+)?\b`), "#"},
			{regexp.MustCompile(`(?i)\b(0x)?[0-9a-f]*\d[0-9a-f]*[a-f][0-9a-f]{6,}\b`), "#"},
			{regexp.MustCompile(`\d+([.,]\d+)*`), "#"},
		},
	}
}

// Monitor returns the page's monitor: its ID, service, title and the rule that
// recognised it. The page's own Monitor field is not read.
func (r MonitorRules) Monitor(p *Page) Monitor {
	for _, name := range r.Attributes {
		if v := p.Attributes[name]; v != "" {
			return Monitor{ID: monitorID(p.Service, name, v), Service: p.Service, Title: p.Title, Rule: name}
		}
	}
	title := p.Title
	for _, rep := range r.Replace {
		title = rep.Pattern.ReplaceAllString(title, rep.With)
	}
	title = strings.Join(strings.Fields(title), " ")
	return Monitor{ID: monitorID(p.Service, "title", strings.ToLower(title)), Service: p.Service, Title: title, Rule: "title"}
}

func monitorID(service Ref, rule, value string) string {
	sum := sha256.Sum256([]byte(service.String() + "\x00" + rule + "\x00" + value))
	return "m-" + hex.EncodeToString(sum[:6])
}
