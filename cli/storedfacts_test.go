package cli

import (
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"opsreview"
	"opsreview/config"
	"opsreview/dashboard"
	"opsreview/store"
	"opsreview/store/storetest"
)

// Sources are made before the database is opened, and ask it later.
func TestStoredFacts_AskTheDatabaseOnceItIsOpen(t *testing.T) {
	db, err := store.Open(t.Context(), storetest.Fresh(t, filepath.Join(t.TempDir(), "test.db")), store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	_, err = db.SaveBatch(t.Context(), "gf", opsreview.Batch{
		Dashboards:  []opsreview.Dashboard{{UID: "consul", Title: "Consul"}, {UID: "vault", Title: "Vault of Grafana"}, {UID: "web", Folder: "Web"}},
		Definitions: []opsreview.MonitorDefinition{{ID: "b", Title: "B", Runbook: "https://wiki.example.com/b#b"}},
	})
	if err != nil {
		t.Fatal(err)
	}
	cfg := config.Config{
		Boards:      []config.Board{{Dashboard: opsreview.Dashboard{UID: "vault", Title: "Vault"}, Scope: dashboard.Scope{Source: "prom", Service: "vault"}}},
		Wanted:      config.Wanted{{Grafana: "gf", UIDs: []string{"consul", "vault"}, Source: "prom", Team: "secrets"}},
		Definitions: []opsreview.MonitorDefinition{{ID: "a", Title: "A", Runbook: "https://wiki.example.com/a"}},
	}
	tests := map[string]struct {
		facts    storedFacts
		boards   []string // title and team
		runbooks []string
	}{
		"without a database there is what files say": {boards: []string{"Vault "}, runbooks: []string{"https://wiki.example.com/a"}},
		"a file is stronger than a dashboard of its name": {
			facts: storedFacts{db: db}, boards: []string{"Vault ", "Consul secrets"}, runbooks: []string{"https://wiki.example.com/a", "https://wiki.example.com/b"},
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			boards, err := tt.facts.boards(t.Context(), cfg)
			if err != nil {
				t.Fatal(err)
			}
			var titles []string
			for _, b := range boards {
				titles = append(titles, b.Dashboard.Title+" "+b.Scope.Team)
			}
			if diff := cmp.Diff(tt.boards, titles); diff != "" {
				t.Errorf("boards (-want +got):\n%s", diff)
			}
			runbooks, err := tt.facts.runbooks(t.Context(), cfg)
			if diff := cmp.Diff(tt.runbooks, runbooks); err != nil || diff != "" {
				t.Errorf("%v; runbooks (-want +got):\n%s", err, diff)
			}
		})
	}
}
