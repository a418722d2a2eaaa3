package prometheus_test

import (
	"context"
	"net/http"
	"strings"
	"testing"

	"opsreview"
	"opsreview/dashboard"
	"opsreview/ingest/ingesttest"
	"opsreview/ingest/prometheus"
)

// A query variable has the values that Prometheus answers with.
func TestValues(t *testing.T) {
	tests := map[string]struct {
		query, regex string
		want         string // the query that is asked at last, or why it is not
	}{
		"the values of a label":                    {query: "label_values(job)", want: "up{x=~\"(a|b)\"}"},
		"the values of a label of a selector":      {query: `label_values(up{env="prod", zone=~"a,b"}, job)`, want: "up{x=~\"(consul|vault)\"}"},
		"spaces and quotes do not matter":          {query: `label_values( up , "job" )`, want: "up{x=~\"one\"}"},
		"the names of labels":                      {query: "label_names()", want: "up{x=~\"(instance|job)\"}"},
		"metrics by a part of their name":          {query: "metrics(vault)", want: "up{x=~\"vault_up\"}"},
		"what a query answers":                     {query: "query_result(hot)", regex: `/name="([^"]+)"/`, want: "up{x=~\"b\"}"},
		"the series of a selector":                 {query: `up`, regex: `/instance="([^"]+)"/`, want: "up{x=~\"up\"}"},
		"a selector that the server refuses":       {query: "label_values(what, job)", want: "nobody knows what"},
		"what is no label is not put into a path":  {query: "label_values(up, ../../admin)", want: "not a label"},
		"a server that cannot tell what is asked":  {query: "label_values(gone)", want: "the server cannot tell"},
		"a variable without a query has no values": {query: " ", want: "the variable has no query"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			f := openFake(t)
			f.labels = map[string][]string{
				" job": {"b", "a", "b"}, `up{env="prod", zone=~"a,b"} job`: {"consul", "vault"}, "up job": {"one"},
				`{__name__=~".*(?:vault).*"} __name__`: {"vault_up"},
			}
			f.lines = map[string][]line{}
			f.selectors["hot"] = []counter{{map[string]string{"name": "b"}, []point{{monday.UnixMilli() - 400_000, 9}}}}
			f.fault = func(path string, _ form) (string, int) {
				if strings.Contains(path, "/label/gone/") {
					return "", http.StatusNotFound
				}
				return "", 0
			}
			c := chartWith(t, f, opsreview.Variable{Name: "x", Type: "query", Query: tt.query, Regex: tt.regex, IncludeAll: true, Multi: true, Current: []string{"$__all"}})
			text := ""
			for _, q := range c.Queries {
				text = q.Text
			}
			if text == "" {
				text = c.Skipped
			}
			if !strings.Contains(text, tt.want) {
				t.Errorf("it is %q, want %q", text, tt.want)
			}
		})
	}
}

// chartWith returns what a chart whose query has a variable became.
func chartWith(t *testing.T, f *fake, v opsreview.Variable) opsreview.Chart {
	t.Helper()
	board := opsreview.Dashboard{
		UID: "vault", Title: "Vault", Variables: []opsreview.Variable{v},
		Panels: []opsreview.Panel{{ID: 4, Title: "Up", Type: "timeseries", Queries: []opsreview.PanelQuery{{Name: "A", Text: `up{x=~"$x"}`}}}},
	}
	look := twoDays()
	look.Boards = func(context.Context) ([]prometheus.Board, error) {
		return []prometheus.Board{{Dashboard: board, Scope: dashboard.Scope{Source: "prom"}}}, nil
	}
	db := openStore(t)
	mustPull(t, db, f.looking(t, fourDays, look))
	return chartIn(t, db, "vault/4")
}

const someRules = `[{"name":"vault","rules":[
	{"type":"alerting","name":"VaultDown","query":"up == 0","duration":60,"labels":{"severity":"page"},"annotations":{"summary":"Vault is down","runbook_url":"https://example.com/runbooks/vault"}},
	{"type":"alerting","name":"VaultDown","query":"up == 1","duration":0,"labels":{"severity":"ticket"},"annotations":{}}]}]`

func TestRules(t *testing.T) {
	f := openFake(t)
	f.rules = someRules
	db := openStore(t)
	if saved := mustPull(t, db, f.source(t, fourDays)); saved.Dashboards != 2 {
		t.Errorf("the pull saved %+v, want 2 definitions", saved)
	}
	defs, err := db.Definitions(t.Context())
	if err != nil || len(defs) != 2 {
		t.Fatalf("%d definitions, %v", len(defs), err)
	}
	d := defs[0]
	if d.ID != "vault/VaultDown" || d.Source != "prom" || d.Severity != "page" || d.Runbook != "https://example.com/runbooks/vault" || d.AtOnce || d.Origin != f.URL+"/alerts" {
		t.Errorf("the rule is %+v", d)
	}
	if defs[1].ID == d.ID {
		t.Errorf("two rules have the identity %q", d.ID)
	}
	if again := mustPull(t, db, f.source(t, fourDays)); again.Dashboards != 0 {
		t.Errorf("the second pull saved %+v", again)
	}
	off, cfg := false, fourDays
	cfg.Rules = &off
	mustPull(t, db, f.source(t, cfg))
	if defs, err = db.Definitions(t.Context()); err != nil || len(defs) != 0 {
		t.Errorf("with rules: false %d definitions stay, %v", len(defs), err)
	}
}

func TestRules_AServerThatDoesNotTell(t *testing.T) {
	for _, status := range []int{http.StatusNotFound, http.StatusForbidden, http.StatusBadRequest} {
		f := openFake(t)
		f.fault = func(path string, _ form) (string, int) {
			if path == "/api/v1/rules" {
				return "", status
			}
			return "", 0
		}
		if err := f.sync(t, ingesttest.NewMemory(), f.source(t, fourDays)); err != nil {
			t.Errorf("status %d of the rules stops the pull: %v", status, err)
		}
	}
}
