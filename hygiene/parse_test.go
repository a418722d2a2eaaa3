package hygiene_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"opsreview"
	"opsreview/hygiene"
)

const vaultRules = `groups:
  - name: vault
    labels: {team: secrets}
    rules:
      - record: vault:up
        expr: up{job="vault"}
      - alert: VaultSealed
        expr: |
          vault_core_unsealed == 0
        for: 5m
        labels:
          severity: critical
        annotations:
          summary: "{{ $labels.instance }} is sealed"
          impact: Nobody can log in.
          runbook_url: https://wiki.example.com/vault#sealed
          dashboard: https://grafana.example.com/d/vault
`

func TestParseMonitors(t *testing.T) {
	sealed := opsreview.MonitorDefinition{
		ID: "vault/VaultSealed", Title: "VaultSealed", Kind: "prometheus", Group: "vault", Query: "vault_core_unsealed == 0", Severity: "critical",
		Body:   "{{ $labels.instance }} is sealed\nimpact: Nobody can log in.",
		Labels: map[string]string{"severity": "critical", "team": "secrets"},
		Annotations: map[string]string{
			"summary": "{{ $labels.instance }} is sealed", "impact": "Nobody can log in.",
			"runbook_url": "https://wiki.example.com/vault#sealed", "dashboard": "https://grafana.example.com/d/vault",
		},
		Links:   []string{"https://grafana.example.com/d/vault", "https://wiki.example.com/vault#sealed"},
		Runbook: "https://wiki.example.com/vault#sealed", Dashboard: "https://grafana.example.com/d/vault", Origin: "vault.yaml:7",
	}
	at := func(origin string) opsreview.MonitorDefinition {
		d := sealed
		d.Origin = origin
		return d
	}
	object := func(kind string) string {
		return "apiVersion: monitoring.coreos.com/v1\nkind: " + kind + "\nspec:\n" + indent(vaultRules)
	}
	latency := opsreview.MonitorDefinition{
		ID: "42", Title: "Vault: reads over 500 ms", Kind: "datadog", Query: "avg(last_5m):p99:vault.read{*} > 0.5", Severity: "P2",
		Body:   "Reads are slow.\nRunbook: [wiki](https://wiki.example.com/reads).\n@pagerduty",
		Labels: map[string]string{"team": "secrets"}, Annotations: map[string]string{},
		Links: []string{"https://wiki.example.com/reads"}, Runbook: "https://wiki.example.com/reads", Origin: "vault.yaml:1",
	}
	monitor := `{"id": 42, "name": "Vault: reads over 500 ms", "type": "query alert", "query": "avg(last_5m):p99:vault.read{*} > 0.5",
		"message": "Reads are slow.\nRunbook: [wiki](https://wiki.example.com/reads).\n@pagerduty", "tags": ["team:secrets"], "priority": 2, "options": {}}`
	second := latency
	second.Origin = "vault.yaml:2"
	tests := map[string]struct {
		text string
		want []opsreview.MonitorDefinition
	}{
		"a file of rules has its alerts, and no recordings": {vaultRules, []opsreview.MonitorDefinition{sealed}},
		"an object of Kubernetes holds one":                 {object("PrometheusRule"), []opsreview.MonitorDefinition{at("vault.yaml:10")}},
		"objects of other kinds are passed over":            {object("ConfigMap") + "---\n" + object("PrometheusRule"), []opsreview.MonitorDefinition{at("vault.yaml:31")}},
		"a list of objects is as good as a stream": {
			"kind: List\nitems:\n- kind: PrometheusRule\n  spec:\n" + indent(indent(vaultRules)), []opsreview.MonitorDefinition{at("vault.yaml:11")},
		},
		"an empty file has none":                  {"# nothing\n", nil},
		"a group without rules has none":          {"groups: [{name: a}]", nil},
		"a monitor of Datadog is one":             {monitor, []opsreview.MonitorDefinition{latency}},
		"a list of them has its lines":            {"[\n" + monitor + "]", []opsreview.MonitorDefinition{second}},
		"they may be within what the API answers": {"{\"monitors\":\n [" + monitor + "]}", []opsreview.MonitorDefinition{second}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			got, err := hygiene.ParseMonitors("vault.yaml", []byte(tt.text))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("monitors (-want +got):\n%s", diff)
			}
		})
	}
}

func indent(text string) string {
	return "  " + strings.TrimSuffix(strings.ReplaceAll(text, "\n", "\n  "), "  ")
}

func TestParseMonitors_SaysWhatIsWrong(t *testing.T) {
	tests := map[string]struct {
		name, text, want string
		foreign          bool
	}{
		"YAML that is none":                    {"a.yaml", "groups: [", "a.yaml:1: ", false},
		"groups that are no list":              {"a.yaml", "x: 1\ngroups: {a: b}", "a.yaml:2: groups: want a list", false},
		"a group that is text":                 {"a.yaml", "groups: [a]", "a.yaml:1: groups: want keys and values", false},
		"rules that are text":                  {"a.yaml", "groups:\n- rules: a", "a.yaml:2: rules: want a list", false},
		"a rule that is neither":               {"a.yaml", "groups:\n- rules:\n  - expr: a", "a.yaml:3: a rule has neither alert nor record", false},
		"an alert that is no name":             {"a.yaml", "groups:\n- rules:\n  - alert: {a: b}", "a.yaml:3: alert: want a name", false},
		"an annotation that is a list":         {"a.yaml", "groups:\n- rules:\n  - alert: A\n    annotations:\n      b: [c]", "a.yaml:5: annotations.\"b\": want text", false},
		"a file of something else":             {"a.yaml", "name: ci\non: push", "a.yaml:1: want groups", true},
		"a list of something else":             {"a.yaml", "- a\n- b", "a.yaml:1: want groups", true},
		"JSON of something else":               {"a.json", `{"name": "package", "version": "1"}`, "a.json:1: a monitor of Datadog has name, type and query", true},
		"JSON that breaks off":                 {"a.json", "[\n{\"name\": ", "a.json:2: not JSON: ", false},
		"a monitor whose query is a number":    {"a.json", `[{"name": "a", "query": 1}]`, "a.json:1: query: want string, not number", false},
		"a monitor without a name":             {"a.json", `[{"query": "a"}]`, "a.json:1: a monitor of Datadog has name, type and query", false},
		"lists of lists of objects":            {"a.yaml", "kind: List\nitems:\n- kind: List\n  items: []", "a.yaml:4: items: a list of lists of objects is not read", false},
		"what aliases make of a file":          {"a.yaml", bomb(), "a file of monitors has at most 20000", false},
		"a file that is too large to be rules": {"a.yaml", strings.Repeat("# x\n", 2<<20), "a file of monitors has at most 4096 kB", false},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			_, err := hygiene.ParseMonitors(tt.name, []byte(tt.text))
			if opsreview.ErrorCode(err) != opsreview.Invalid || !strings.Contains(opsreview.ErrorMessage(err), tt.want) {
				t.Errorf("error %v, want %q", err, tt.want)
			}
			if errors.Is(err, hygiene.ErrForeign) != tt.foreign {
				t.Errorf("foreign: %v, want %v", !tt.foreign, tt.foreign)
			}
		})
	}
}

// bomb is a small file with a group of many rules, many times.
func bomb() string {
	return "g: &g\n  rules:\n" + strings.Repeat("  - {alert: A, expr: b}\n", 500) + "groups:\n" + strings.Repeat("- *g\n", 500)
}

func TestParseMonitors_Identities(t *testing.T) {
	text := "groups:\n- name: g\n  rules:\n" +
		"  - {alert: A, labels: {severity: warning}}\n  - {alert: A, labels: {severity: critical}}\n  - {alert: A}\n  - {alert: B}\n"
	got, err := hygiene.ParseMonitors("a.yaml", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	var ids []string
	for _, d := range got {
		ids = append(ids, d.ID)
	}
	if diff := cmp.Diff([]string{"g/A", "g/A/critical", "g/A#2", "g/B"}, ids); diff != "" {
		t.Errorf("identities (-want +got):\n%s", diff)
	}
}

func TestParseMonitors_FindsRunbookAndDashboard(t *testing.T) {
	tests := map[string]struct {
		annotations        string
		runbook, dashboard string
	}{
		"by the usual names":               {"{runbook_url: 'https://a/b', dashboard_url: 'https://c/d'}", "https://a/b", "https://c/d"},
		"by names in other spellings":      {"{runbookUrl: 'https://a/b', Dashboard-URL: 'https://c/d'}", "https://a/b", "https://c/d"},
		"by path":                          {"{runbook: docs/a.md}", "docs/a.md", ""},
		"on lines of the description":      {`{description: "Bad.\nRunbook: docs/a.md#b\n**Dashboard**: https://c/d"}`, "docs/a.md#b", "https://c/d"},
		"by words in addresses":            {"{description: 'see https://a/runbooks/b, and https://grafana.x/d/c.'}", "https://a/runbooks/b", "https://grafana.x/d/c"},
		"with a template in the address":   {"{runbook_url: 'https://a/{{ $labels.alertname }}'}", "https://a/{{ $labels.alertname }}", ""},
		"not in what is no address":        {"{description: 'httpd is down, see the runbook'}", "", ""},
		"in Markdown, with its brackets":   {"{description: '[the runbook](https://a/runbook_(old))'}", "https://a/runbook_(old)", ""},
		"in angle brackets and with stops": {"{description: '<https://a/playbook>. https://a/dashboard!'}", "https://a/playbook", "https://a/dashboard"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			got, err := hygiene.ParseMonitors("a.yaml", []byte("groups: [{name: g, rules: [{alert: A, annotations: "+tt.annotations+"}]}]"))
			if err != nil {
				t.Fatal(err)
			}
			if got[0].Runbook != tt.runbook || got[0].Dashboard != tt.dashboard {
				t.Errorf("runbook %q and dashboard %q, want %q and %q", got[0].Runbook, got[0].Dashboard, tt.runbook, tt.dashboard)
			}
		})
	}
}

func TestParseRunbook(t *testing.T) {
	tests := map[string]struct {
		address, mediaType, text string
		want                     opsreview.Runbook
	}{
		"Markdown has headings and their anchors": {
			"a.md", "", "# Vault\n\n## It's *sealed*\n\n## `Seal` & more {#own}\n\n```\n# no heading\n```\n",
			opsreview.Runbook{Title: "Vault", Sections: []string{"Vault", "It's sealed", "Seal & more"}, Anchors: []string{"its-sealed", "own", "seal--more", "vault"}},
		},
		"the same heading again gets a number": {
			"a.md", "", "# A\n# A\n# A\n", opsreview.Runbook{Title: "A", Sections: []string{"A", "A", "A"}, Anchors: []string{"a", "a-1", "a-2"}},
		},
		"anchors may be HTML": {
			"a.md", "", "<a name=\"one\"></a>\n\ntext <span id=two>x</span>\n", opsreview.Runbook{Anchors: []string{"one", "two"}},
		},
		"a generator's title counts": {
			"a.md", "text/markdown", "---\ntitle: \"Vault\"\n---\n\n## Sealed\n", opsreview.Runbook{Title: "Vault", Sections: []string{"Sealed"}, Anchors: []string{"sealed"}},
		},
		"HTML has headings, titles and anchors": {
			"https://a/b", "text/html; charset=utf-8", "<html><title>W</title><h1>Vault</h1><h2 id=s>Sea<b>led</b> ¶</h2><div id=\"user-content-x\">",
			opsreview.Runbook{Title: "W", Sections: []string{"Vault", "Sealed"}, Anchors: []string{"s", "sealed", "vault", "x"}},
		},
		"HTML is known by its beginning": {
			"https://a/b", "", "<!DOCTYPE html><h1>A</h1>", opsreview.Runbook{Sections: []string{"A"}, Anchors: []string{"a"}},
		},
		"an empty document is a problem": {"a.md", "", " \n", opsreview.Runbook{Problem: "the document is empty"}},
		"what is no text is not read":    {"a.pdf", "application/pdf", "# x", opsreview.Runbook{}},
		"what is no UTF-8 is mended":     {"a.md", "", "# \xff\n", opsreview.Runbook{Title: "�", Sections: []string{"�"}}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			tt.want.Address = tt.address
			got := hygiene.ParseRunbook(tt.address, tt.mediaType, []byte(tt.text))
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("runbook (-want +got):\n%s", diff)
			}
		})
	}
}

func FuzzParseMonitors(f *testing.F) {
	for _, text := range []string{vaultRules, `[{"name": "a", "query": "b", "message": "Runbook: x/y"}]`, `{"monitors":[{}]}`, "kind: List\nitems: [{kind: PrometheusRule}]", "groups: [{rules: [{alert: a}]}] # opsreview-lint: ignore all x"} {
		f.Add("a.json", text)
		f.Add("a.yaml", text)
	}
	rules, err := hygiene.Rules(nil)
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, name, text string) {
		defs, err := hygiene.ParseMonitors(name, []byte(text))
		if err != nil && opsreview.ErrorCode(err) != opsreview.Invalid {
			t.Errorf("error %v", err)
		}
		ids := map[string]bool{}
		for _, d := range defs {
			if d.ID == "" || d.Origin == "" || ids[d.ID] {
				t.Errorf("monitor %+v", d)
			}
			ids[d.ID] = true
		}
		for _, p := range hygiene.Monitors(defs, nil, rules) {
			if p.Rule == "" || p.Text == "" || p.Remedy == "" {
				t.Errorf("problem %+v", p)
			}
		}
	})
}

func FuzzParseRunbook(f *testing.F) {
	f.Add("a.md", "", "# A\n## B {#c}\n<a id=x>\n")
	f.Add("https://a", "text/html", "<h1>A<h2>B</h2></h1><title>")
	f.Fuzz(func(t *testing.T, address, mediaType, text string) {
		r := hygiene.ParseRunbook(address, mediaType, []byte(text))
		if r.Address != address || len(r.Sections) > 2000 {
			t.Errorf("runbook %+v", r)
		}
	})
}
