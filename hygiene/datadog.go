package hygiene

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"opsreview"
	"opsreview/internal/yamltree"
)

// A datadogMonitor is what is read of a monitor of Datadog:
// https://docs.datadoghq.com/api/latest/monitors/
type datadogMonitor struct {
	ID       json.Number `json:"id"`
	Name     string      `json:"name"`
	Type     string      `json:"type"`
	Query    string      `json:"query"`
	Message  string      `json:"message"`
	Tags     []string    `json:"tags"`
	Priority *int        `json:"priority"`
}

// parseDatadog reads monitors of Datadog, and reports whether the file can be
// one of theirs.
func parseDatadog(name string, data []byte) (defs []opsreview.MonitorDefinition, ours bool, err error) {
	strict := strings.HasSuffix(name, ".json")
	if len(data) > limits.Size {
		return nil, true, opsreview.Errorf(opsreview.Invalid, "%s: %s has at most %d kB", name, limits.Name, limits.Size>>10)
	}
	if !utf8.Valid(data) {
		return nil, true, opsreview.Errorf(opsreview.Invalid, "%s: the file is not UTF-8", name)
	}
	data = bytes.TrimPrefix(data, []byte("\ufeff"))
	items, bad := jsonItems(data)
	if bad != nil {
		return nil, strict, opsreview.Errorf(opsreview.Invalid, "%s: %s", place(name, lineAt(data, bad.at)), bad.text)
	}
	r := ruleReader{name: name}
	for _, item := range items {
		var keys map[string]json.RawMessage
		if json.Unmarshal(item.raw, &keys) != nil {
			return nil, strict, opsreview.Errorf(opsreview.Invalid, "%s: want a monitor", place(name, lineAt(data, item.at)))
		}
		if keys["groups"] != nil || keys["kind"] != nil {
			return nil, false, nil
		}
		if keys["query"] == nil && keys["message"] == nil {
			return nil, true, opsreview.Wrapf(ErrForeign, opsreview.Invalid, "%s: %s", place(name, lineAt(data, item.at)), datadogProblem(nil))
		}
		var m datadogMonitor
		if err := json.Unmarshal(item.raw, &m); err != nil || m.Name == "" || (m.Query == "" && m.Type == "") {
			return nil, true, opsreview.Errorf(opsreview.Invalid, "%s: %s", place(name, lineAt(data, item.at)), datadogProblem(err))
		}
		r.keep(m.definition(), lineAt(data, item.at))
	}
	Distinguish(r.found)
	return r.found, true, nil
}

func datadogProblem(err error) string {
	var wrong *json.UnmarshalTypeError
	if errors.As(err, &wrong) {
		return fmt.Sprintf("%s: want %s, not %s", wrong.Field, wrong.Type, wrong.Value)
	}
	return "a monitor of Datadog has name, type and query"
}

func (m datadogMonitor) definition() opsreview.MonitorDefinition {
	d := opsreview.MonitorDefinition{
		ID: m.ID.String(), Title: m.Name, Kind: "datadog", Query: m.Query, Body: strings.TrimSpace(m.Message),
		Labels: map[string]string{}, Annotations: map[string]string{},
	}
	if d.ID == "" {
		d.ID = m.Name
	}
	for _, tag := range m.Tags {
		key, value, _ := strings.Cut(tag, ":")
		d.Labels[key] = value
	}
	d.Severity = firstOf(d.Labels, "severity", "priority", "level")
	if m.Priority != nil && d.Severity == "" {
		d.Severity = fmt.Sprintf("P%d", *m.Priority)
	}
	d.Links = addresses(m.Message)
	d.Runbook = firstOf(d.Labels, runbookKeys...)
	d.Dashboard = firstOf(d.Labels, dashboardKeys...)
	complete(&d)
	return d
}

// A jsonItem is one object of a file, and where it begins.
type jsonItem struct {
	raw json.RawMessage
	at  int
}

// A jsonError is a mistake and where it stands.
type jsonError struct {
	at   int
	text string
}

// jsonItems takes a file apart: one object, several, a list of them, or a list
// under the key monitors.
func jsonItems(data []byte) ([]jsonItem, *jsonError) {
	var items []jsonItem
	dec := json.NewDecoder(bytes.NewReader(data))
	for {
		item, err := nextItem(dec, data)
		if errors.Is(err, io.EOF) {
			return items, nil
		}
		if err != nil {
			return nil, asJSONError(err, 0, len(data))
		}
		inner := item
		var holder struct {
			Monitors json.RawMessage `json:"monitors"`
		}
		if json.Unmarshal(item.raw, &holder) == nil && len(holder.Monitors) > 0 {
			inner = jsonItem{holder.Monitors, item.at + bytes.Index(item.raw, holder.Monitors)}
		}
		if inner.raw[0] != '[' {
			items = append(items, inner)
			continue
		}
		list := json.NewDecoder(bytes.NewReader(inner.raw))
		if _, err := list.Token(); err != nil {
			return nil, asJSONError(err, inner.at, len(data))
		}
		for list.More() {
			element, err := nextItem(list, inner.raw)
			if err != nil {
				return nil, asJSONError(err, inner.at, len(data))
			}
			items = append(items, jsonItem{element.raw, inner.at + element.at})
		}
	}
}

func nextItem(dec *json.Decoder, data []byte) (jsonItem, error) {
	at := int(dec.InputOffset())
	for at < len(data) && strings.IndexByte(" \t\r\n,", data[at]) >= 0 {
		at++
	}
	var raw json.RawMessage
	err := dec.Decode(&raw)
	return jsonItem{raw, at}, err
}

// asJSONError places a mistake in a piece of a file that goes from base to end.
func asJSONError(err error, base, end int) *jsonError {
	var syntax *json.SyntaxError
	if errors.As(err, &syntax) {
		return &jsonError{base + int(syntax.Offset), "not JSON: " + syntax.Error()}
	}
	return &jsonError{end, "not JSON: " + yamltree.Sentence(err.Error())}
}

// lineAt is the line of a place in a file.
func lineAt(data []byte, at int) int {
	return 1 + bytes.Count(data[:min(max(at, 0), len(data))], []byte("\n"))
}
