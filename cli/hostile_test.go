package cli

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/charmbracelet/x/ansi"
)

// hostile are texts that strangers may put into whatever a paging tool shows.
var hostile = map[string]string{
	"clears the screen":        "\x1b[2J\x1b[Hall is well",
	"sets the terminal's name": "\x1b]0;owned\x07",
	"uses C1":                  "\u009b31mred\u009d0;x\u009c",
	"turns text round":         "invoice\u202efdp.exe\u2066x\u2069",
	"hides text":               "pay\u200bpal\u2060\ufeff\u00ad",
	"smuggles tags":            "x\U000e0041\U000e0042",
	"breaks lines":             "one\ntwo\r\nthree\u2028four\u2029five\vsix\fseven\u0085eight",
	"is a formula":             "=HYPERLINK(\"http://evil.example\",\"click\")",
	"is a hidden formula":      "\t@SUM(1+1)*cmd|' /C calc'!A0",
	"is a negative formula":    "-2+3+cmd|' /C calc'!A0",
	"is long":                  strings.Repeat("long ", 2000),
	"is long without a space":  strings.Repeat("x", 10_000),
	"is wide":                  strings.Repeat("ディスク", 2500),
	"piles up accents":         "e" + strings.Repeat("\u0301", 5000),
	"is markup":                "<script>alert(1)</script> & </table>",
	"is a format":              "%s%n%d \\x1b[2J ${HOME} $(id) `id`",
}

// hostileFile has a page for each hostile text, which stands in every field
// that a stranger can write.
func hostileFile(t *testing.T) string {
	t.Helper()
	var b strings.Builder
	line := func(fields map[string]any) {
		text, err := json.Marshal(fields)
		if err != nil {
			t.Fatal(err)
		}
		b.Write(append(text, '\n'))
	}
	for i, name := range slices.Sorted(maps.Keys(hostile)) {
		text, page := hostile[name], "p"+string(rune('a'+i))
		who, at := "r"+page, time.Date(2026, 3, 10, 0, i, 0, 0, time.UTC)
		stamp := func(minutes int) string { return at.Add(time.Duration(minutes) * time.Minute).Format(time.RFC3339) }
		line(map[string]any{"kind": "responder", "id": who, "name": text})
		line(map[string]any{"kind": "service", "id": "s" + page, "name": text})
		line(map[string]any{
			"kind": "triggered", "page": page, "at": stamp(0), "title": text, "service": "s" + page, "runbook": text,
			"url": text, "attributes": map[string]any{"env": text},
		})
		line(map[string]any{"kind": "notified", "page": page, "at": stamp(1), "responders": []string{who}, "channel": "push"})
		line(map[string]any{"kind": "acknowledged", "page": page, "at": stamp(2), "by": who, "by_kind": "person", "by_name": text})
		line(map[string]any{"kind": "noted", "page": page, "at": stamp(3), "by": who, "by_kind": "person", "by_name": text, "text": text})
		line(map[string]any{"kind": "resolved", "page": page, "at": stamp(4), "by_kind": "integration", "by_name": text})
		line(map[string]any{"kind": "label", "page": page, "at": stamp(5), "author": "ada", "verdict": "not_actionable", "cause": "self_resolved", "note": text})
	}
	path := filepath.Join(t.TempDir(), "hostile.jsonl")
	if err := os.WriteFile(path, []byte(b.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// hostileExport is the same as PagerDuty's API would answer it: hostile titles,
// names, notes, alerts and addresses.
func hostileExport(t *testing.T) string {
	t.Helper()
	type object = map[string]any
	var entries, incidents, users, notes []any
	for i, name := range slices.Sorted(maps.Keys(hostile)) {
		text, letter := hostile[name], string(rune('a'+i))
		id, at := "Q"+letter, time.Date(2026, 3, 10, 0, i, 0, 0, time.UTC)
		stamp := func(minutes int) string { return at.Add(time.Duration(minutes) * time.Minute).Format(time.RFC3339) }
		ref := func(kind, id string) object { return object{"id": id, "type": kind + "_reference", "summary": text} }
		service, user := ref("service", "S"+letter), ref("user", "U"+letter)
		entry := func(n int, kind string, agent, more object) {
			e := object{
				"id": fmt.Sprintf("R%s%d", letter, n), "type": kind + "_log_entry", "created_at": stamp(n), "summary": text,
				"incident": ref("incident", id), "service": service, "agent": agent, "channel": object{"type": "web", "summary": text},
			}
			maps.Copy(e, more)
			entries = append(entries, e)
		}
		entry(0, "trigger", service, object{"channel": object{"type": "api", "summary": text, "details": object{"env": text}}, "event_details": object{"description": text}})
		entry(1, "notify", service, object{"user": user, "channel": object{"type": "auto", "notification": object{"type": "push", "address": text, "status": "success"}}})
		entry(2, "acknowledge", user, nil)
		entry(3, "annotate", user, object{"channel": object{"type": "note", "summary": text, "content": text}})
		entry(4, "resolve", user, nil)
		users = append(users, object{"id": "U" + letter, "type": "user", "name": text, "email": text, "job_title": text, "time_zone": text})
		notes = append(notes, object{"id": "N" + letter, "user": user, "content": text, "created_at": stamp(3)})
		incidents = append(incidents, object{
			"id": id, "type": "incident", "incident_number": i + 1, "title": text, "summary": text, "description": text,
			"html_url": text, "created_at": stamp(0), "status": "resolved", "urgency": "high", "service": service,
			"escalation_policy": ref("escalation_policy", "P"+letter), "priority": object{"id": "X" + letter, "type": "priority", "name": text, "summary": text},
			"resolve_reason": nil, "last_status_change_at": stamp(4), "updated_at": stamp(4),
		})
	}
	dir := t.TempDir()
	for name, content := range map[string]any{
		"log_entries": object{"log_entries": entries}, "incidents": object{"incidents": incidents}, "users": object{"users": users},
		"notes": object{"notes": notes},
	} {
		data, err := json.Marshal(content)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name+".json"), data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// hostileImports are the ways in which hostile texts come here, and the page of
// each of them.
var hostileImports = map[string]struct {
	file func(*testing.T) string
	page string
}{
	"jsonl":     {hostileFile, "gen/p"},
	"pagerduty": {hostileExport, "gen/Q"},
}

// TestHostileTitles prints strangers' texts in every form of every command.
func TestHostileTitles(t *testing.T) {
	for format, in := range hostileImports {
		t.Run("from "+format, func(t *testing.T) {
			home, now := t.TempDir(), time.Date(2026, 3, 16, 9, 0, 0, 0, time.UTC)
			r := run(t, home, now, "source", "import", "--as", format, "--source", "gen", in.file(t))
			if why := harmful(r.stdout + r.stderr); why != "" {
				t.Errorf("what is said of the import holds %s", why)
			}
			if want := fmt.Sprintf("gen: %d new pages,", len(hostile)); !strings.HasPrefix(r.stdout, want) {
				t.Fatalf("import: exit status %d: %.200s %.2000s", r.status, r.stdout, r.stderr)
			}
			printHostile(t, home, now, in.page)
		})
	}
}

func printHostile(t *testing.T, home string, now time.Time, page string) {
	t.Helper()
	var list pageListJSON
	if err := json.Unmarshal([]byte(must(t, home, now, "page", "list", "-o", "json")), &list); err != nil || len(list.Pages) != len(hostile) {
		t.Fatalf("%d pages: %v", len(list.Pages), err)
	}
	for _, p := range list.Pages {
		if text := slices.Sorted(maps.Values(hostile)); !slices.Contains(text, p.Title) {
			t.Errorf("a title has become %.200q", p.Title)
		}
	}
	forms := map[string][]string{
		"page list": {"table", "json", "csv"}, "load show": {"table", "json", "csv"}, "monitor list": {"table", "json", "csv"},
		"review show": {"table", "json"}, "review show --all": {"table", "json"}, "team list": {"table", "json"},
		"team people": {"table", "json"}, "source list": {"table", "json"}, "load show --vendor-definitions": {"table", "json"},
	}
	for i := range len(hostile) {
		forms["page show "+page+string(rune('a'+i))] = []string{"table", "json"}
	}
	for command, outputs := range forms {
		for _, form := range outputs {
			t.Run(command+" as "+form, func(t *testing.T) {
				out := must(t, home, now, append(strings.Fields(command), "-o", form)...)
				if why := harmful(out); why != "" {
					t.Errorf("the output holds %s", why)
				}
				checkForm(t, command, form, out)
			})
		}
	}
}

// checkForm looks at what else can be wrong with an output.
func checkForm(t *testing.T, command, form, out string) {
	t.Helper()
	switch form {
	case asJSON:
		if !json.Valid([]byte(out)) {
			t.Error("the output is no JSON")
		}
	case asTable:
		widest := 100 // the width where there is no terminal
		if strings.HasPrefix(command, "page show") {
			widest = 600 // a fact a line, each bounded
		}
		for line := range strings.Lines(out) {
			line = strings.TrimSuffix(line, "\n")
			if w := ansi.StringWidth(line); w > widest || len([]rune(line)) > maxPerCell*widest {
				t.Errorf("a line of %d cells and %d characters: %.200q", w, len([]rune(line)), line)
			}
		}
	}
}
