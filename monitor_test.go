package opsreview_test

import (
	"testing"

	"opsreview"
)

func TestMonitorRules_SameMonitor(t *testing.T) {
	vault := opsreview.Ref{Source: "pd", ID: "vault"}
	page := func(title string, attributes ...string) *opsreview.Page {
		p := &opsreview.Page{Service: vault, Title: title, Attributes: map[string]string{}}
		for i := 0; i+1 < len(attributes); i += 2 {
			p.Attributes[attributes[i]] = attributes[i+1]
		}
		return p
	}
	elsewhere := page("Disk full")
	elsewhere.Service = opsreview.Ref{Source: "pd", ID: "consul"}
	tests := map[string]struct {
		a, b *opsreview.Page
		same bool
	}{
		"the same title":                          {page("Disk full"), page("Disk full"), true},
		"capitals and spaces do not matter":       {page("Disk  Full "), page("disk full"), true},
		"another title":                           {page("Disk full"), page("Disk slow"), false},
		"the same title in another service":       {page("Disk full"), elsewhere, false},
		"numbers vary":                            {page("Disk 91% full"), page("Disk 7% full"), true},
		"decimal numbers vary":                    {page("p99 1.25s"), page("p99 0.5s"), true},
		"page numbers vary":                       {page("[#12] Disk full"), page("[#4411] Disk full"), true},
		"addresses vary":                          {page("10.0.0.7:8200 is sealed"), page("192.168.10.21:8200 is sealed"), true},
		"UUIDs vary":                              {page("lease 0d9f8c1e-7b1a-4c55-9e1f-2f3a4b5c6d7e"), page("lease ffffffff-0000-4000-8000-000000000000"), true},
		"times vary":                              {page("backup of 2026-03-02T04:00:00Z late"), page("backup of 2026-03-09 late"), true},
		"hashes vary":                             {page("pod vault-7f9c4d8b6 down"), page("pod vault-5d8b7c9f4e down"), true},
		"words do not vary":                       {page("vault sealed in berlin"), page("vault sealed in paris"), false},
		"the alert's name wins over the title":    {page("a", "alertname", "VaultSealed"), page("b", "alertname", "VaultSealed"), true},
		"the monitor's id wins over the name":     {page("a", "monitor_id", "1", "alertname", "x"), page("a", "monitor_id", "2", "alertname", "x"), false},
		"an empty attribute is none":              {page("a", "alertname", ""), page("a"), true},
		"another attribute is no identity":        {page("a", "host", "h1"), page("a", "host", "h2"), true},
		"an attribute is not a title in disguise": {page("x", "alertname", "a"), page("a"), false},
		"attributes with one value are still two": {page("x", "alertname", "1"), page("x", "check_id", "1"), false},
		"titles in other scripts are read too":    {page("Диск полон"), page("Диск медленный"), false},
	}
	rules := opsreview.DefaultMonitorRules()
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			a, b := rules.Monitor(tt.a), rules.Monitor(tt.b)
			if (a.ID == b.ID) != tt.same {
				t.Errorf("%+v and %+v: one monitor: %t, want %t", a, b, a.ID == b.ID, tt.same)
			}
		})
	}
}

// The ID is in databases, links and scripts.
func TestMonitorRules_IDIsStable(t *testing.T) {
	p := &opsreview.Page{Service: opsreview.Ref{Source: "pd", ID: "PVAULT"}, Title: "Disk 91% full"}
	m := opsreview.DefaultMonitorRules().Monitor(p)
	want := opsreview.Monitor{ID: m.ID, Service: p.Service, Title: "Disk #% full", Rule: "title"}
	if m != want {
		t.Errorf("Monitor = %+v, want %+v", m, want)
	}
	if m.ID != "m-700f1f152544" {
		t.Errorf("ID = %q, want m-700f1f152544", m.ID)
	}
}

func TestMonitorRules_ZeroRulesUseTheWholeTitle(t *testing.T) {
	var rules opsreview.MonitorRules
	a := rules.Monitor(&opsreview.Page{Title: "Disk 91% full", Attributes: map[string]string{"alertname": "Disk"}})
	if a.Title != "Disk 91% full" || a.Rule != "title" {
		t.Errorf("Monitor = %+v, want the title as it is", a)
	}
}
