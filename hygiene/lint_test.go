package hygiene_test

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"opsreview"
	"opsreview/hygiene"
)

func rules(t testing.TB, change map[string]string) []hygiene.Rule {
	t.Helper()
	all, err := hygiene.Rules(change)
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// broken are the rules of problems, in order, each once.
func broken(problems []hygiene.Problem) []string {
	set := map[string]bool{}
	for _, p := range problems {
		set[p.Rule] = true
	}
	return slices.Sorted(maps.Keys(set))
}

// good is a monitor that keeps every rule.
func good() hygiene.PrometheusRule {
	return hygiene.PrometheusRule{
		Group: "vault", Alert: "VaultSealed", Query: "vault_core_unsealed == 0", Waits: true, Labels: map[string]string{"severity": "critical"},
		Annotations: map[string]string{
			"summary": "Vault is sealed for more than 5 minutes", "impact": "Nobody can log in.", "action": "Unseal it.",
			"runbook_url": "https://wiki/vault", "dashboard_url": "https://grafana/d/vault",
		},
	}
}

func TestMonitors(t *testing.T) {
	without := func(key string, more ...string) func(r *hygiene.PrometheusRule) {
		return func(r *hygiene.PrometheusRule) {
			delete(r.Annotations, key)
			for i := 0; i+1 < len(more); i += 2 {
				r.Annotations[more[i]] = more[i+1]
			}
		}
	}
	tests := map[string]struct {
		change func(r *hygiene.PrometheusRule)
		want   []string
	}{
		"a monitor that says everything has no problem": {func(*hygiene.PrometheusRule) {}, nil},
		"a runbook is missing":                          {without("runbook_url"), []string{"monitor-runbook"}},
		"an impact is missing":                          {without("impact"), []string{"monitor-impact"}},
		"an impact may stand in the description":        {without("impact", "description", "## Impact\nAll."), nil},
		"or say who is affected":                        {without("impact", "description", "It affects logins."), nil},
		"a word that only begins so is none":            {without("impact", "description", "The superuser is gone."), []string{"monitor-impact"}},
		"an action is missing":                          {without("action"), []string{"monitor-action"}},
		"an action may be a sentence that asks":         {without("action", "description", "It is down. Check the log."), nil},
		"also in a list":                                {without("action", "description", "Then:\n- 1. restart the leader"), nil},
		"what only tells is none":                       {without("action", "description", "Checks fail. Restarts: 5."), []string{"monitor-action"}},
		"a dashboard is missing":                        {without("dashboard_url"), []string{"monitor-dashboard"}},
		"a title without a number states nothing":       {without("summary", "summary", "Vault is sealed"), []string{"monitor-title-objective"}},
		"a share is an objective":                       {without("summary", "summary", "Over 1 % of reads fail"), nil},
		"so is a nine":                                  {without("summary", "summary", "Vault misses 99.9"), nil},
		"and a burnt budget":                            {without("summary", "summary", "Vault burns its error budget"), nil},
		"a value that is filled in is none":             {without("summary", "summary", "{{ $value }}% of reads fail"), []string{"monitor-title-objective"}},
		"a label that names an SLO is one":              {func(r *hygiene.PrometheusRule) { r.Annotations["summary"] = "x"; r.Labels["sloth_slo"] = "reads" }, nil},
		"so is the name of one that is known":           {without("summary", "summary", "vault / availability is in danger"), nil},
		"a severity is missing":                         {func(r *hygiene.PrometheusRule) { delete(r.Labels, "severity") }, []string{"monitor-severity"}},
		"one bad moment pages somebody":                 {func(r *hygiene.PrometheusRule) { r.Waits = false }, []string{"monitor-for"}},
		"a query over a while waits by itself":          {func(r *hygiene.PrometheusRule) { r.Waits, r.Query = false, "rate(x[5m]) > 1" }, nil},
		"what pages nobody need say nothing":            {func(r *hygiene.PrometheusRule) { r.Annotations, r.Labels["severity"] = nil, "info" }, nil},
		"an exception with its reason holds":            {without("dashboard_url", "opsreview_lint_ignore", "monitor-dashboard because there is none"), nil},
		"it may be one of several":                      {without("dashboard_url", "opsreview_lint_ignore", "monitor-for x; monitor-runbook, monitor-dashboard: later"), nil},
		"an exception without a reason does not":        {without("dashboard_url", "opsreview_lint_ignore", "monitor-dashboard"), []string{"monitor-dashboard", "monitor-ignore"}},
		"an exception from what is no rule is told":     {without("", "opsreview_lint_ignore", "monitor-dashbord because x"), []string{"monitor-ignore"}},
		"an exception may be a line of the message":     {without("dashboard_url", "description", "Bad.\nopsreview-lint: ignore monitor-dashboard no graphs yet"), nil},
		"a runbook that is to be written is none":       {without("runbook_url", "runbook_url", "TODO"), []string{"runbook-dead"}},
		"nor is one without a host":                     {without("runbook_url", "runbook_url", "https:///vault"), []string{"runbook-dead"}},
		"one that is filled in cannot be judged":        {without("runbook_url", "runbook_url", "https://{{ $labels.x }}/"), nil},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			r := good()
			tt.change(&r)
			problems := hygiene.Monitors([]opsreview.MonitorDefinition{r.Definition()}, nil, rules(t, nil), "vault/availability")
			if diff := cmp.Diff(tt.want, broken(problems)); diff != "" {
				t.Errorf("rules that are broken (-want +got):\n%s", diff)
			}
		})
	}
}

func TestMonitors_Comments(t *testing.T) {
	file := func(above, within, behind string) string {
		return "groups:\n- name: g\n  rules:\n" + above + "  - alert: One\n    expr: a" + within + "\n    for: 5m\n" + behind + "  - alert: Two\n    expr: b\n    for: 5m\n"
	}
	mark := "# opsreview-lint: ignore all because of a test\n"
	tests := map[string]struct {
		text string
		want []string // the monitors with problems
	}{
		"no comment excepts nothing":                    {file("", "", ""), []string{"One", "Two"}},
		"a comment above a monitor is about it":         {file("  "+mark, "", ""), []string{"Two"}},
		"a comment behind a line is about its monitor":  {file("", " "+strings.TrimSpace(mark), ""), []string{"Two"}},
		"a comment within one is about it":              {file("", "\n    "+strings.TrimSpace(mark), ""), []string{"Two"}},
		"a comment above the next one is about that":    {file("", "", "  "+mark), []string{"One"}},
		"a comment after an empty line still is":        {file("", "", "  "+mark+"\n"), []string{"One"}},
		"a comment further in stays with its monitor":   {file("", "", "    "+mark), []string{"Two"}},
		"a comment at the end is about the last":        {file("", "", "") + "    " + mark, []string{"One"}},
		"words of the mark in no comment except nobody": {file("", "", "    x: 'opsreview-lint: ignore all x'\n"), []string{"One", "Two"}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			defs, err := hygiene.ParseMonitors("a.yaml", []byte(tt.text))
			if err != nil {
				t.Fatal(err)
			}
			set := map[string]bool{}
			for _, p := range hygiene.Monitors(defs, nil, rules(t, nil)) {
				set[p.Subject] = true
			}
			if diff := cmp.Diff(tt.want, slices.Sorted(maps.Keys(set))); diff != "" {
				t.Errorf("monitors with problems (-want +got):\n%s", diff)
			}
		})
	}
}

func TestMonitors_Runbooks(t *testing.T) {
	page := opsreview.Runbook{Address: "https://wiki/vault", Title: "Vault", Sections: []string{"Vault", "Sealed"}, Anchors: []string{"sealed", "vault"}}
	file := page
	file.Address = "docs/runbooks/vault.md"
	tests := map[string]struct {
		addresses []string // of the monitors VaultSealed and VaultDown
		runbooks  []opsreview.Runbook
		want      []string
	}{
		"an address that nobody asked for is not judged": {[]string{"https://other/x"}, []opsreview.Runbook{page}, nil},
		"a runbook of one monitor is its section":        {[]string{"https://wiki/vault"}, []opsreview.Runbook{page}, nil},
		"a runbook of several needs sections":            {[]string{"https://wiki/vault", "https://wiki/vault"}, []opsreview.Runbook{page}, []string{"runbook-section"}},
		"a section may have the monitor's name": {
			[]string{"https://wiki/vault", "https://wiki/vault"},
			[]opsreview.Runbook{{Address: "https://wiki/vault", Sections: []string{"Vault sealed", "VaultDown (critical)"}}},
			nil,
		},
		"a fragment names a section":                {[]string{"https://wiki/vault#sealed"}, []opsreview.Runbook{page}, nil},
		"in any case, and with a slash":             {[]string{"https://wiki/vault/#Sealed"}, []opsreview.Runbook{page}, nil},
		"a fragment that is not there is a problem": {[]string{"https://wiki/vault#down"}, []opsreview.Runbook{page}, []string{"runbook-section"}},
		"what cannot be read is dead": {
			[]string{"https://wiki/vault"}, []opsreview.Runbook{{Address: "https://wiki/vault", Problem: "404"}}, []string{"runbook-dead"},
		},
		"what is behind a login is not judged":   {[]string{"https://wiki/vault#x"}, []opsreview.Runbook{{Address: "https://wiki/vault"}}, nil},
		"a path is that of a file":               {[]string{"docs/runbooks/vault.md#sealed"}, []opsreview.Runbook{file}, nil},
		"from another folder too":                {[]string{"runbooks/vault.md#sealed"}, []opsreview.Runbook{file}, nil},
		"or the repository's page of the file":   {[]string{"https://git.example.com/x/blob/main/docs/runbooks/vault.md#down"}, []opsreview.Runbook{file}, []string{"runbook-section"}},
		"a path to no file is dead":              {[]string{"docs/consul.md"}, []opsreview.Runbook{file}, []string{"runbook-dead"}},
		"the end of another name is not enough":  {[]string{"old-vault.md"}, []opsreview.Runbook{file}, []string{"runbook-dead"}},
		"without any lookup no path is judged":   {[]string{"docs/consul.md"}, nil, nil},
		"the one that can be read is meant":      {[]string{"https://wiki/vault"}, []opsreview.Runbook{page, {Address: "https://wiki/vault", Problem: "404"}}, nil},
		"an address may have its own parameters": {[]string{"https://wiki/vault?x=1#sealed"}, []opsreview.Runbook{page}, nil},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			var defs []opsreview.MonitorDefinition
			for i, address := range tt.addresses {
				r := good()
				r.Alert = []string{"VaultSealed", "VaultDown"}[i]
				r.Annotations["runbook_url"] = address
				defs = append(defs, r.Definition())
			}
			got := broken(hygiene.Monitors(defs, tt.runbooks, rules(t, nil)))
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("rules that are broken (-want +got):\n%s", diff)
			}
		})
	}
}

func TestDashboards(t *testing.T) {
	text := opsreview.Panel{Type: "text", Text: "What to look for.", X: 0, Y: 0, W: 24, H: 2}
	graph := opsreview.Panel{ID: 4, Type: "timeseries", Title: "Reads", Unit: "s", X: 0, Y: 2, W: 12, H: 8, Queries: []opsreview.PanelQuery{{Name: "A"}}}
	changed := func(change func(p *opsreview.Panel)) opsreview.Panel {
		p := graph
		change(&p)
		return p
	}
	row := opsreview.Panel{ID: 1, Type: "row", Title: "Vault"}
	far := changed(func(p *opsreview.Panel) { p.X, p.Y = 12, 40 })
	tests := map[string]struct {
		description string
		panels      []opsreview.Panel
		want        []string
	}{
		"an empty dashboard needs a description":        {"", nil, []string{"dashboard-description"}},
		"a text panel at its beginning will do":         {"", []opsreview.Panel{text, graph}, nil},
		"one that says nothing will not":                {"", []opsreview.Panel{{Type: "text", Text: " ", W: 24, H: 2}, graph}, []string{"dashboard-description", "panel-description"}},
		"nor one at its end":                            {"", []opsreview.Panel{changed(func(p *opsreview.Panel) { p.Y = 0; p.Description = "x" }), {Type: "text", Text: "x", Y: 50, W: 24, H: 1}}, []string{"dashboard-description"}},
		"a panel far from any text needs its own":       {"x", []opsreview.Panel{text, graph, far}, []string{"panel-description"}},
		"a description will do":                         {"x", []opsreview.Panel{changed(func(p *opsreview.Panel) { p.Description = "why" })}, nil},
		"a text beside it too":                          {"x", []opsreview.Panel{{Type: "text", Text: "why", X: 12, Y: 4, W: 2, H: 1}, graph}, nil},
		"one at the corner is not beside it":            {"x", []opsreview.Panel{{Type: "text", Text: "why", X: 12, Y: 10, W: 2, H: 1}, graph}, []string{"panel-description"}},
		"a text anywhere in its row explains a panel":   {"x", []opsreview.Panel{row, far, text}, nil},
		"a row without text is a problem":               {"x", []opsreview.Panel{row, graph}, []string{"panel-description", "row-text"}},
		"not where each panel is described":             {"x", []opsreview.Panel{row, changed(func(p *opsreview.Panel) { p.Description = "why" })}, nil},
		"the text of another row is no help":            {"x", []opsreview.Panel{row, text, {Type: "row", Title: "Consul"}, graph}, []string{"panel-description", "row-text"}},
		"an empty row says nothing and needs nothing":   {"x", []opsreview.Panel{row}, nil},
		"a list of alerts explains itself":              {"x", []opsreview.Panel{{Type: "alertlist", Title: "Alerts"}}, nil},
		"a panel needs a title":                         {"x", []opsreview.Panel{text, changed(func(p *opsreview.Panel) { p.Title = " " })}, []string{"panel-title"}},
		"a graph needs a unit":                          {"x", []opsreview.Panel{text, changed(func(p *opsreview.Panel) { p.Unit = "" })}, []string{"panel-unit"}},
		"a table has many":                              {"x", []opsreview.Panel{text, changed(func(p *opsreview.Panel) { p.Unit, p.Type = "", "table" })}, nil},
		"an exception in a text holds for all":          {"x", []opsreview.Panel{{Type: "text", Text: "<!-- opsreview-lint: ignore panel-description: old -->", Y: 90, W: 1, H: 1}, graph, far}, nil},
		"an exception in a description is about it":     {"x", []opsreview.Panel{changed(func(p *opsreview.Panel) { p.Unit, p.Description = "", "x\nopsreview-lint: ignore panel-unit counts" })}, nil},
		"an exception without a reason is told":         {"opsreview-lint: ignore panel-description", []opsreview.Panel{graph}, []string{"dashboard-ignore", "panel-description"}},
		"an exception from what is no rule is told too": {"opsreview-lint: ignore panels because", nil, []string{"dashboard-ignore"}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			d := opsreview.Dashboard{UID: "v", Title: "Vault", Description: tt.description, Panels: tt.panels, Origin: "v.json"}
			got := broken(hygiene.Dashboards([]opsreview.Dashboard{d}, rules(t, nil)))
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("rules that are broken (-want +got):\n%s", diff)
			}
		})
	}
}

func TestRules(t *testing.T) {
	for name, tt := range map[string]struct {
		change map[string]string
		want   string
	}{
		"nothing need be changed":    {nil, ""},
		"a rule may be off":          {map[string]string{"monitor-dashboard": "off"}, ""},
		"a severity may be another":  {map[string]string{"monitor-dashboard": "note"}, ""},
		"what is no rule is refused": {map[string]string{"monitor-dashbord": "off"}, `there is no rule "monitor-dashbord"`},
		"what is no severity is too": {map[string]string{"monitor-dashboard": "low"}, `monitor-dashboard: "low" is not a severity`},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := hygiene.Rules(tt.change)
			if (err == nil) != (tt.want == "") || !strings.HasPrefix(opsreview.ErrorMessage(err), tt.want) {
				t.Errorf("error %v, want %q", err, tt.want)
			}
		})
	}
	for _, r := range rules(t, nil) {
		if r.ID == "" || r.Summary == "" || r.Why == "" || r.Off || (r.Source == "" && !strings.HasSuffix(r.ID, "-ignore")) {
			t.Errorf("rule %+v", r)
		}
	}
	off := rules(t, map[string]string{"monitor-dashboard": "off", "monitor-impact": "error"})
	r := good()
	delete(r.Annotations, "impact")
	delete(r.Annotations, "dashboard_url")
	problems := hygiene.Monitors([]opsreview.MonitorDefinition{r.Definition()}, nil, off)
	if len(problems) != 1 || problems[0].Severity != hygiene.Error {
		t.Errorf("problems %+v", problems)
	}
}

func TestSplitOrigin(t *testing.T) {
	for origin, want := range map[string]struct {
		file string
		line int
	}{
		"rules/vault.yaml:12":   {"rules/vault.yaml", 12},
		"rules/vault.yaml":      {"rules/vault.yaml", 0},
		"https://prom:9090":     {"https://prom:9090", 0},
		"":                      {"", 0},
		"a:b":                   {"a:b", 0},
		"a:-1":                  {"a:-1", 0},
		"C:\\rules\\vault.yaml": {"C:\\rules\\vault.yaml", 0},
	} {
		if file, line := hygiene.SplitOrigin(origin); file != want.file || line != want.line {
			t.Errorf("%q: %q and %d", origin, file, line)
		}
	}
}
