package hygiene

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"

	"opsreview"
	"opsreview/internal/yamltree"
)

// mostMonitors bounds what aliases can make of a file.
const mostMonitors = 20_000

// limits bound a file of monitors.
var limits = yamltree.Limits{Name: "a file of monitors", Size: 4 << 20, Keys: 40_000}

// ParseMonitors reads monitors as they are written down: rule files of
// Prometheus, PrometheusRule objects of Kubernetes, or monitors of Datadog in
// JSON, one or a list. It returns an Invalid error that names the place.
//
// Recording rules are no monitors. An error about a file that is something else
// altogether is [ErrForeign]. A file of YAML without monitors gives none.
func ParseMonitors(name string, data []byte) ([]opsreview.MonitorDefinition, error) {
	trimmed := bytes.TrimSpace(bytes.TrimPrefix(data, []byte("\ufeff")))
	if bytes.HasPrefix(trimmed, []byte("{")) || bytes.HasPrefix(trimmed, []byte("[")) {
		if defs, ours, err := parseDatadog(name, data); ours {
			return defs, err
		}
	}
	trees, bad := yamltree.Parse(data, limits)
	if bad != nil {
		return nil, opsreview.Errorf(opsreview.Invalid, "%s: %s", place(name, bad.Line), bad.Text)
	}
	r := ruleReader{name: name}
	for _, t := range trees {
		r.document(t, true)
	}
	if r.failed != nil {
		return nil, r.failed
	}
	r.comments(data)
	Distinguish(r.found)
	return r.found, nil
}

// place is a file and a line.
func place(name string, line int) string {
	if line <= 0 {
		return name
	}
	return fmt.Sprintf("%s:%d", name, line)
}

// A ruleReader reads the rules of one file.
type ruleReader struct {
	name   string
	found  []opsreview.MonitorDefinition
	lines  []int // where each of found begins
	failed error
}

// ErrForeign is within the error about a file that is something else than
// monitors: a folder may hold many such files.
var ErrForeign = errors.New("the file is something else")

// foreign refuses a document that is something else.
func (r *ruleReader) foreign(line int) {
	if r.failed == nil {
		r.failed = opsreview.Wrapf(ErrForeign, opsreview.Invalid, "%s: want groups of rules, a PrometheusRule or monitors of Datadog", place(r.name, line))
	}
}

func (r *ruleReader) fail(line int, format string, args ...any) {
	if r.failed == nil {
		r.failed = opsreview.Errorf(opsreview.Invalid, "%s: %s", place(r.name, line), fmt.Sprintf(format, args...))
	}
}

// document reads one document: a file of groups, an object that holds one, or
// where lists is true, a list of objects. Objects of other kinds are somebody
// else's.
func (r *ruleReader) document(t *yamltree.Tree, lists bool) {
	if t.Form != yamltree.Mapping {
		r.foreign(t.Line)
		return
	}
	if groups, line := t.Find("groups"); line > 0 {
		r.groups(groups, line)
		return
	}
	kind, _ := t.Find("kind")
	if kind == nil {
		r.foreign(t.Line)
		return
	}
	switch kind.Text {
	case "PrometheusRule":
		spec, line := t.Find("spec")
		if spec == nil || spec.Form != yamltree.Mapping {
			r.fail(max(line, t.Line), "spec: want groups")
			return
		}
		groups, at := spec.Find("groups")
		r.groups(groups, max(at, spec.Line))
	case "List", "PrometheusRuleList":
		items, line := t.Find("items")
		if !lists {
			r.fail(line, "items: a list of lists of objects is not read")
			return
		}
		if items != nil {
			for _, item := range items.Items {
				r.document(item, false)
			}
		}
	}
}

func (r *ruleReader) groups(groups *yamltree.Tree, line int) {
	if groups == nil {
		return
	}
	if groups.Form != yamltree.List {
		r.fail(line, "groups: want a list")
		return
	}
	for _, g := range groups.Items {
		if g.Form != yamltree.Mapping {
			r.fail(g.Line, "groups: want keys and values")
			return
		}
		r.group(g)
	}
}

func (r *ruleReader) group(g *yamltree.Tree) {
	name, _ := g.Find("name")
	rules, line := g.Find("rules")
	switch {
	case rules == nil:
		return
	case rules.Form != yamltree.List:
		r.fail(line, "rules: want a list")
		return
	}
	for _, item := range rules.Items {
		if len(r.found) >= mostMonitors {
			r.fail(item.Line, "a file of monitors has at most %d", mostMonitors)
			return
		}
		if item.Form != yamltree.Mapping {
			r.fail(item.Line, "rules: want keys and values")
			return
		}
		r.rule(textOf(name), item, g)
	}
}

// rule reads one rule of a group, whose labels it has where it sets none.
func (r *ruleReader) rule(group string, t, g *yamltree.Tree) {
	alert, line := t.Find("alert")
	if alert == nil {
		if record, _ := t.Find("record"); record == nil {
			r.fail(max(line, t.Line), "a rule has neither alert nor record")
		}
		return
	}
	if strings.TrimSpace(textOf(alert)) == "" {
		r.fail(line, "alert: want a name")
		return
	}
	expr, _ := t.Find("expr")
	held, _ := t.Find("for")
	labels := map[string]string{}
	r.texts(g, "labels", labels)
	r.texts(t, "labels", labels)
	annotations := map[string]string{}
	r.texts(t, "annotations", annotations)
	d := PrometheusRule{
		Group: group, Alert: alert.Text, Query: strings.TrimSpace(textOf(expr)), Labels: labels, Annotations: annotations,
		Waits: held != nil && strings.Trim(held.Text, "0smhdwy") != "",
	}.Definition()
	r.keep(d, t.Line)
}

func (r *ruleReader) keep(d opsreview.MonitorDefinition, line int) {
	d.Origin = place(r.name, line)
	r.found = append(r.found, d)
	r.lines = append(r.lines, line)
}

// texts copies the texts of a mapping.
func (r *ruleReader) texts(t *yamltree.Tree, key string, into map[string]string) {
	m, line := t.Find(key)
	if m == nil {
		return
	}
	if m.Form != yamltree.Mapping {
		r.fail(line, "%s: want keys and values", key)
		return
	}
	for _, p := range m.Pairs {
		if p.Value.Form > yamltree.Scalar {
			r.fail(p.Line, "%s.%s: want text", key, yamltree.Quote(p.Key))
			return
		}
		into[p.Key] = p.Value.Text
	}
}

func textOf(t *yamltree.Tree) string {
	if t == nil || t.Form != yamltree.Scalar {
		return ""
	}
	return t.Text
}

// comments gives the exceptions that stand in comments to the monitors that
// they stand in or right above. A comment that is further in than the beginning
// of the monitor before it stands in that one.
func (r *ruleReader) comments(data []byte) {
	if !bytes.Contains(data, []byte(ignoreMark)) {
		return
	}
	var above []string // comments that no rule has followed yet
	current, line, column := -1, 0, 0
	for text := range strings.Lines(string(data)) {
		line++
		indent := len(text) - len(strings.TrimLeft(text, " "))
		if i := slices.Index(r.lines, line); i >= 0 {
			current, column = i, indent
			r.accept(current, above)
			above = nil
		}
		before, mark, found := strings.Cut(text, ignoreMark)
		alone := strings.HasPrefix(text[indent:], "#")
		switch {
		case found && alone && (current < 0 || indent <= column):
			above = append(above, mark)
		case found && strings.Contains(before, "#"):
			r.accept(current, []string{mark})
		case !alone && strings.TrimSpace(text) != "":
			r.accept(current, above)
			above = nil
		}
	}
	r.accept(current, above)
}

// accept notes exceptions where a monitor's own ones stand, so that they go
// wherever it goes.
func (r *ruleReader) accept(i int, exceptions []string) {
	if i < 0 {
		return
	}
	for _, e := range exceptions {
		d := &r.found[i]
		d.Annotations[ignoreKey] = strings.TrimSpace(d.Annotations[ignoreKey] + "\n" + strings.TrimSpace(e))
	}
}
