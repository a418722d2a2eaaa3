package config_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"

	"opsreview"
	"opsreview/config"
	"opsreview/dashboard"
	"opsreview/lookback"
)

const (
	promSource    = "sources:\n  - {name: prom, type: prometheus, base_url: 'http://prom:9090'}\n"
	grafanaSource = "  - {name: gf, type: grafana, base_url: 'https://grafana.example.com', token_file: t}\n"
	vaultBoard    = `{"uid":"vault","title":"Vault","panels":[{"id":1,"type":"stat","targets":[{"expr":"up"}]}]}`
)

func parseWith(t *testing.T, text string, files map[string]string) (config.Config, error) {
	t.Helper()
	fsys := fstest.MapFS{}
	for name, text := range files {
		fsys[name] = &fstest.MapFile{Data: []byte(text)}
	}
	return config.ParseWith("etc/opsreview.yaml", []byte(text), fsys)
}

func TestParseWith_ReadsWhatThereIsToLookAt(t *testing.T) {
	c, err := parseWith(t, promSource+grafanaSource+`teams: [{name: secrets}]
dashboards:
  - {files: [d/*.json], service: vault, team: secrets, variables: {cluster: prod}}
  - {grafana: gf, folders: [Vault], uids: [x], team: secrets}
  - {grafana: gf, tags: [consul]}
queries:
  - {name: latency, query: ' up ', service: vault, unit: s}
  - {name: errors, title: Errors, query: down, source: prom, team: secrets}
look_back: {span: 7d, history: 4w, most: 5, threshold: 8.5, max_series: 3, step: 30s}
monitors: [rules.yaml]
runbooks: [run/*.md]
lint: {panel-description: off}
`, map[string]string{
		"d/vault.json": vaultBoard,
		"d/again.json": vaultBoard,
		"rules.yaml":   "groups:\n  - name: vault\n    rules:\n      - {alert: VaultDown, expr: up == 0}\n",
		"run/vault.md": "# Vault\n## VaultDown\n",
	})
	if err != nil {
		t.Fatal(err)
	}
	want := []config.Board{{
		Dashboard: opsreview.Dashboard{
			UID: "vault", Title: "Vault", Origin: "etc/d/again.json",
			Panels: []opsreview.Panel{{ID: 1, Type: "stat", Line: 1, Queries: []opsreview.PanelQuery{{Name: "A", Text: "up"}}}},
		},
		Scope: dashboard.Scope{Source: "prom", Service: "vault", Team: "secrets", Variables: map[string]string{"cluster": "prod"}},
	}}
	if diff := cmp.Diff(want, c.Boards); diff != "" {
		t.Errorf("boards (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{`etc/d/vault.json: it has the uid "vault" of etc/d/again.json, and is not looked at`}, c.Warnings); diff != "" {
		t.Errorf("warnings (-want +got):\n%s", diff)
	}
	charts := []opsreview.Chart{
		{Key: "queries/latency", Title: "latency", Unit: "s", Service: "vault", Source: "prom", Queries: []opsreview.ChartQuery{{Name: "A", Text: "up"}}},
		{Key: "queries/errors", Title: "Errors", Team: "secrets", Source: "prom", Queries: []opsreview.ChartQuery{{Name: "A", Text: "down"}}},
	}
	if diff := cmp.Diff(charts, c.Charts); diff != "" {
		t.Errorf("charts (-want +got):\n%s", diff)
	}
	settings := lookback.Settings{Span: 7 * 24 * time.Hour, History: 28 * 24 * time.Hour, Most: 5, Threshold: 8.5}
	if got := c.LookBack.Settings(); got != settings || c.LookBack.MaxSeries != 3 || time.Duration(c.LookBack.Step) != 30*time.Second {
		t.Errorf("look back %+v", c.LookBack)
	}
	if len(c.Definitions) != 1 || c.Definitions[0].Title != "VaultDown" || !strings.HasPrefix(c.Definitions[0].Origin, "etc/rules.yaml") {
		t.Errorf("definitions %+v", c.Definitions)
	}
	if len(c.Runbooks) != 1 || c.Runbooks[0].Address != "run/vault.md" || c.Runbooks[0].Title != "Vault" {
		t.Errorf("runbooks %+v", c.Runbooks)
	}
	for _, r := range c.LintRules {
		if r.Off != (r.ID == "panel-description") {
			t.Errorf("rule %s is off: %t", r.ID, r.Off)
		}
	}
	if len(c.LintRules) == 0 || len(config.Default().LintRules) != len(c.LintRules) {
		t.Errorf("%d rules, want as many as without a file: %d", len(c.LintRules), len(config.Default().LintRules))
	}
}

func TestWanted_Choose(t *testing.T) {
	stored := []opsreview.Dashboard{
		{Source: "gf", UID: "a", Folder: "Vault"},
		{Source: "gf", UID: "b", Tags: []string{"Consul", "x"}},
		{Source: "gf", UID: "c"},
		{Source: "other", UID: "a", Folder: "Vault"},
	}
	tests := map[string]struct {
		wanted config.Wanted
		want   []string // uid and team
	}{
		"nobody wants any":                         {},
		"an entry without a choice wants all":      {config.Wanted{{Grafana: "gf", Team: "t"}}, []string{"a t", "b t", "c t"}},
		"uids, folders and tags add up":            {config.Wanted{{Grafana: "gf", UIDs: []string{"c"}, Folders: []string{"vault"}, Tags: []string{"consul"}}}, []string{"a ", "b ", "c "}},
		"the first entry says what they are of":    {config.Wanted{{Grafana: "gf", UIDs: []string{"b"}, Team: "one"}, {Grafana: "gf", Team: "two"}}, []string{"a two", "b one", "c two"}},
		"a source's dashboards are its own":        {config.Wanted{{Grafana: "other"}}, []string{"a "}},
		"a uid is a name and not a word of people": {config.Wanted{{Grafana: "gf", UIDs: []string{"A"}}}, nil},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			var got []string
			for _, b := range tt.wanted.Choose(stored) {
				got = append(got, b.Dashboard.UID+" "+b.Scope.Team)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("boards (-want +got):\n%s", diff)
			}
		})
	}
}

func TestParseWith_LookMistakes(t *testing.T) {
	tests := map[string]struct {
		text  string
		files map[string]string
		want  string
	}{
		"a dashboard of nowhere": {text: "dashboards: [{team: x}]\n", want: "etc/opsreview.yaml:1: dashboards[0]: must name files, or a source of type grafana"},
		"files and a source":     {text: "dashboards: [{files: [a.json], grafana: gf}]\n" + promSource + grafanaSource, want: "etc/opsreview.yaml:1: dashboards[0].grafana: there are files too: write two entries"},
		"a source that is not Grafana": {
			text: "dashboards:\n  - grafana: prom\n" + promSource, want: `etc/opsreview.yaml:2: dashboards[0].grafana: there is no source "prom" of type grafana in the configuration`,
		},
		"files chosen by a tag":            {text: "dashboards: [{files: [a.json], tags: [x]}]\n", want: "etc/opsreview.yaml:1: dashboards[0]: uids, folders and tags choose among the dashboards of a source of type grafana: files are chosen by their names"},
		"a source that answers no queries": {text: "queries: [{name: a, query: up, source: gf}]\n" + promSource + grafanaSource, want: `etc/opsreview.yaml:1: queries[0].source: the source "gf" is of type grafana, which answers no queries: that takes prometheus`},
		"a team of nobody":                 {text: "queries: [{name: a, query: up, team: x}]\nteams: [{name: y}]\n", want: `etc/opsreview.yaml:1: queries[0].team: there is no team "x" under teams`},
		"a query without a name":           {text: "queries: [{query: up}]\n", want: "etc/opsreview.yaml:1: queries[0].name: is missing"},
		"two queries of one name":          {text: "queries: [{name: a, query: up}, {name: a, query: up}]\n", want: `etc/opsreview.yaml:1: queries[1].name: "a" is there already, in queries[0].name`},
		"a query that says nothing":        {text: "queries: [{name: a}]\n", want: "etc/opsreview.yaml:1: queries[0].query: is missing"},
		"a query that is none":             {text: "queries:\n  - name: a\n    query: sum(up\n", want: "etc/opsreview.yaml:3: queries[0].query: Prometheus does not read the query: 1:7: parse error: unclosed left parenthesis"},
		"a stretch of time":                {text: "queries: [{name: a, query: 'up[5m]'}]\n", want: "etc/opsreview.yaml:1: queries[0].query: the query is a matrix, not one value a time"},
		"no file":                          {text: "dashboards: [{files: ['*.json']}]\n" + promSource, want: `etc/opsreview.yaml:1: dashboards[0].files[0]: no file matches "*.json"`},
		"no file of monitors":              {text: "monitors: ['*.yaml']\n", want: `etc/opsreview.yaml:1: monitors[0]: no file matches "*.yaml"`},
		"a file that is no dashboard":      {text: "dashboards: [{files: ['*.json']}]\n" + promSource, files: map[string]string{"a.json": "{}", "b.json": "["}, want: "etc/a.json: this is no dashboard: it has neither a title nor panels\netc/b.json:1: this is not JSON"},
		"a rule that nobody knows":         {text: "lint: {x: off}\n", want: "etc/opsreview.yaml:1: lint.x: "},
		"a span beyond measure":            {text: "look_back: {span: 90d, most: 0, step: 45s, threshold: 0, max_series: -1}\n", want: "look_back.history: must be at least the span"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			_, err := parseWith(t, tt.text, tt.files)
			got := opsreview.ErrorMessage(err)
			if opsreview.ErrorCode(err) != opsreview.Invalid || !strings.Contains(got, tt.want) {
				t.Errorf("ParseWith = %v\nwant the invalid error %q", err, tt.want)
			}
		})
	}
}

// Nobody is guessed where several could answer, or nobody can.
func TestParseWith_WarnsOfQueriesThatNobodyAnswers(t *testing.T) {
	c, err := parseWith(t, "queries: [{name: a, query: up}]\ndashboards: [{files: [a.json]}]\n", map[string]string{"a.json": vaultBoard})
	want := []string{
		"etc/opsreview.yaml:2: no source of the configuration is the only one that answers these dashboards: name one of type prometheus as source",
		"etc/opsreview.yaml:1: no source of the configuration is the only one that answers the query a: name one of type prometheus as source",
	}
	if diff := cmp.Diff(want, c.Warnings); err != nil || diff != "" {
		t.Errorf("%v; warnings (-want +got):\n%s", err, diff)
	}
}

// Paths are those of the configuration's folder, wherever the program runs.
func TestLoad_ReadsDashboardsBesideTheFile(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{
		"opsreview.yaml": promSource + grafanaSource + "dashboards: [{files: [d/*.json]}]\nrunbooks: [run/*.md]\n", "d/vault.json": vaultBoard, "run/vault.md": "# Vault\n",
	} {
		file := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	c, err := config.Load(filepath.Join(dir, "opsreview.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	if len(c.Boards) != 1 || c.Boards[0].Dashboard.Origin != filepath.Join(dir, "d/vault.json") {
		t.Errorf("boards %+v", c.Boards)
	}
	if len(c.Runbooks) != 1 || c.Runbooks[0].Address != "run/vault.md" {
		t.Errorf("runbooks %+v", c.Runbooks)
	}
	if got := c.Sources[1].Grafana.TokenFile; got != filepath.Join(dir, "t") {
		t.Errorf("token file %q", got)
	}
}
