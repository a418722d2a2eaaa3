package jira

import (
	"bytes"
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"unicode"

	"opsreview/ticket"
)

// propertyKey names the issue property that says which finding and which
// attempt a ticket is of. Labels are what tickets are found by; the property is
// the proof.
const propertyKey = "opsreview"

const createPath = "rest/api/2/issue"

// payload is what creating a draft sends.
func (t *Tracker) payload(d ticket.Draft) map[string]any {
	fields := map[string]any{
		"project":     map[string]any{"key": t.cfg.Project},
		"issuetype":   map[string]any{"name": t.cfg.issueType()},
		"summary":     ticket.OneLine(d.Title, mostTitle),
		"description": ticket.RenderWiki(d.Body, mostBody),
		"labels":      words(slices.Concat(d.Labels, t.cfg.Labels)),
	}
	if c := t.cfg.Components[d.Service]; c != "" {
		fields["components"] = []any{map[string]any{"name": c}}
	}
	if t.cfg.Parent != "" {
		fields["parent"] = map[string]any{"key": t.cfg.Parent}
	}
	for name, value := range t.cfg.Fields {
		fields[name] = fill(value, d)
	}
	return map[string]any{
		"fields": fields,
		"properties": []any{map[string]any{
			"key": propertyKey,
			"value": map[string]any{
				"fingerprint": d.Fingerprint, "generation": d.Generation, "attempt": d.Attempt,
			},
		}},
	}
}

// Preview implements [ticket.Tracker].
func (t *Tracker) Preview(d ticket.Draft) string {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	if err := e.Encode(t.payload(d)); err != nil {
		return "this draft cannot be written as JSON: " + err.Error()
	}
	return http.MethodPost + " /" + createPath + "\n" + b.String()
}

// words makes labels that Jira takes: each one word, and once.
func words(labels []string) []string {
	var out []string
	for _, l := range labels {
		if w := word(l); w != "" && !slices.Contains(out, w) {
			out = append(out, w)
		}
	}
	return out
}

func word(label string) string {
	w := strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) || unicode.IsControl(r) || r == '"' || r == '\\' {
			return '-'
		}
		return r
	}, label)
	if runes := []rune(w); len(runes) > mostLabel {
		return string(runes[:mostLabel])
	}
	return w
}
