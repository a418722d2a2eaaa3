package hygiene_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"opsreview"
	"opsreview/hygiene"
)

// paged is the monitor of a page.
func paged(title string, attributes ...string) opsreview.Monitor {
	p := opsreview.Page{Service: opsreview.Ref{Source: "pd", ID: "S1"}, Title: title, Attributes: map[string]string{}}
	for i := 0; i+1 < len(attributes); i += 2 {
		p.Attributes[attributes[i]] = attributes[i+1]
	}
	return opsreview.DefaultMonitorRules().Monitor(&p)
}

// bare is a monitor that says nothing.
func bare(title string) opsreview.MonitorDefinition {
	d := hygiene.PrometheusRule{Group: "vault", Alert: title, Labels: map[string]string{"severity": "critical"}, Annotations: map[string]string{}}.Definition()
	d.Origin = "rules/" + title + ".yaml:3"
	return d
}

func TestFindingsOf_JoinsWhatPaged(t *testing.T) {
	datadog := opsreview.MonitorDefinition{ID: "4711", Title: "Vault reads are slow on {{host.name}}", Kind: "datadog", Severity: "P1", Origin: "dd.json:1"}
	defs := []opsreview.MonitorDefinition{bare("VaultSealed"), bare("VaultSealedStandby"), bare("Down"), datadog}
	tests := map[string]struct {
		monitor opsreview.Monitor
		want    []string // keys of findings
	}{
		"the name of the alert tells":                  {paged("x", "alertname", "VaultSealed"), []string{"monitor_unclear:vault/VaultSealed"}},
		"in any title":                                 {paged("[FIRING:1] VaultSealed (vault-1 critical)"), []string{"monitor_unclear:vault/VaultSealed"}},
		"a longer name is another":                     {paged("[FIRING:1] VaultSealedStandby"), []string{"monitor_unclear:vault/VaultSealedStandby"}},
		"a name that is no more than a word tells not": {paged("Consul is Down"), nil},
		"but as the alert's name it does":              {paged("x", "alertname", "Down"), []string{"monitor_unclear:vault/Down"}},
		"a vendor's number tells":                      {paged("x", "monitor_id", "4711"), []string{"monitor_unclear:4711"}},
		"what a title is filled in with does not":      {paged("[Triggered] Vault reads are slow on vault-17"), []string{"monitor_unclear:4711"}},
		"what nobody wrote down is nobody's":           {paged("ConsulDown", "alertname", "ConsulDown"), nil},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			problems := hygiene.Monitors(defs, nil, rules(t, nil))
			var keys []string
			for _, f := range hygiene.FindingsOf(problems, defs, []opsreview.Monitor{tt.monitor}) {
				keys = append(keys, f.Key)
				if f.Monitor != tt.monitor.ID {
					t.Errorf("monitor %q", f.Monitor)
				}
			}
			if diff := cmp.Diff(tt.want, keys); diff != "" {
				t.Errorf("findings (-want +got):\n%s", diff)
			}
		})
	}
}

func TestFindingsOf_Monitors(t *testing.T) {
	sealed := good().Definition()
	sealed.Origin = "rules/vault.yaml:7"
	change := func(keys ...string) opsreview.MonitorDefinition {
		r := good()
		for _, key := range keys {
			delete(r.Annotations, key)
		}
		d := r.Definition()
		d.Origin = sealed.Origin
		return d
	}
	tests := map[string]struct {
		def      opsreview.MonitorDefinition
		title    string // "" for no finding
		category string
	}{
		"a monitor that says everything needs no work": {sealed, "", ""},
		"one missing warning is not worth a ticket":    {change("dashboard_url"), "", ""},
		"two are":                  {change("dashboard_url", "impact"), `"VaultSealed" pages people and does not say what the impact is and names no dashboard`, opsreview.Hygiene},
		"a missing runbook is":     {change("runbook_url"), `"VaultSealed" pages people and names no runbook`, opsreview.RunbookGap},
		"the worst is told first":  {change("dashboard_url", "impact", "runbook_url"), `"VaultSealed" pages people and names no runbook, with 2 more gaps`, opsreview.RunbookGap},
		"what is no need is not":   {change("summary"), "", ""},
		"a title is not a problem": {change("summary", "dashboard_url"), "", ""},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			defs := []opsreview.MonitorDefinition{tt.def}
			problems := hygiene.Monitors(defs, nil, rules(t, nil))
			got := hygiene.FindingsOf(problems, defs, []opsreview.Monitor{paged("VaultSealed", "alertname", "VaultSealed")})
			if tt.title == "" {
				if len(got) != 0 {
					t.Errorf("findings %+v", got)
				}
				return
			}
			if len(got) != 1 || got[0].Title != tt.title || got[0].Category != tt.category || got[0].Remedy == "" ||
				!slices.Contains(got[0].Evidence, "It is written down in rules/vault.yaml:7.") {
				t.Errorf("findings %+v, want %q", got, tt.title)
			}
			if len(hygiene.FindingsOf(problems, defs, nil)) != 0 {
				t.Error("a finding about what did not page")
			}
		})
	}
}

func TestFindingsOf_Dashboards(t *testing.T) {
	board := func(uid string, panels int) opsreview.Dashboard {
		d := opsreview.Dashboard{UID: uid, Title: "Vault / " + uid, Description: "x", Origin: uid + ".json"}
		for i := range panels {
			d.Panels = append(d.Panels, opsreview.Panel{ID: i, Type: "stat", Title: "A / B", Unit: "s"})
		}
		return d
	}
	problems := hygiene.Dashboards([]opsreview.Dashboard{board("few", 4), board("five", 5), board("ten", 10)}, rules(t, nil))
	got := hygiene.FindingsOf(problems, nil, nil)
	want := []opsreview.Finding{
		{
			Key: "dashboard_unclear:ten", Kind: opsreview.DashboardUnclear, Category: opsreview.Hygiene,
			Title: `The dashboard "Vault / ten" does not explain itself in 10 places`,
			Evidence: []string{
				`"A / B", "A / B", "A / B", "A / B" and 6 more: each has no description and no text beside it.`,
				"`opsreview dashboard lint` lists every place.",
			},
			Remedy: "Say on the dashboard why each graph is there, and take away those of which nobody can say it.",
		},
		{
			Key: "dashboard_unclear:five", Kind: opsreview.DashboardUnclear, Category: opsreview.Hygiene,
			Title: `The dashboard "Vault / five" does not explain itself in 5 places`,
			Evidence: []string{
				`"A / B", "A / B", "A / B", "A / B" and 1 more: each has no description and no text beside it.`,
				"`opsreview dashboard lint` lists every place.",
			},
			Remedy: "Say on the dashboard why each graph is there, and take away those of which nobody can say it.",
		},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("findings (-want +got):\n%s", diff)
	}
	slices.Reverse(problems)
	if diff := cmp.Diff(got, hygiene.FindingsOf(problems, nil, nil)); diff != "" {
		t.Errorf("the order of problems matters (-one +other):\n%s", diff)
	}
	if strings.Contains(got[0].Key, "Vault") {
		t.Error("a key is made of a title")
	}
}
