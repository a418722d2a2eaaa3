package dashboard_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"opsreview"
	"opsreview/dashboard"
)

func TestParse_ReadsPanels(t *testing.T) {
	tests := map[string]struct {
		text string
		want []opsreview.Panel
	}{
		"a panel says what it asks": {
			text: `{"title":"V","panels":[
  {"id":4,"title":"Reads","description":"why","type":"timeseries","gridPos":{"x":0,"y":0,"w":12,"h":8},
   "datasource":{"type":"prometheus","uid":"p"},"fieldConfig":{"defaults":{"unit":"s"}},"links":[{"url":"https://x"},{}],
   "targets":[{"refId":"B","expr":"up","legendFormat":"__auto"},{"expr":"down","legendFormat":"{{x}}","hide":true,"datasource":"Loki"}]}]}`,
			want: []opsreview.Panel{{
				ID: 4, Title: "Reads", Description: "why", Type: "timeseries", Unit: "s", W: 12, H: 8, Line: 2, Links: []string{"https://x"},
				Queries: []opsreview.PanelQuery{
					{Name: "B", Text: "up", Datasource: "p", Type: "prometheus"},
					{Name: "A", Text: "down", Legend: "{{x}}", Datasource: "Loki", Hidden: true},
				},
			}},
		},
		"what follows an open row belongs to it, and what a closed one holds": {
			text: `{"panels":[{"id":1,"type":"row","title":"One"},
{"id":2,"type":"stat"},
{"id":3,"type":"row","title":"Two","collapsed":true,"panels":[
{"id":4,"type":"stat"}]},
{"id":5,"type":"row","title":"Three"}]}`,
			want: []opsreview.Panel{
				{ID: 1, Type: "row", Title: "One", Line: 1},
				{ID: 2, Type: "stat", Row: "One", Line: 2},
				{ID: 3, Type: "row", Title: "Two", Line: 3},
				{ID: 4, Type: "stat", Row: "Two", Line: 4},
				{ID: 5, Type: "row", Title: "Three", Line: 5},
			},
		},
		"the order is that of reading": {
			text: `{"panels":[{"id":3,"gridPos":{"y":7}},{"id":2,"gridPos":{"x":12,"y":0}},{"id":1,"gridPos":{"y":0}}]}`,
			want: []opsreview.Panel{{ID: 1, Line: 1}, {ID: 2, X: 12, Line: 1}, {ID: 3, Y: 7, Line: 1}},
		},
		"old dashboards have rows of panels": {
			text: `{"rows":[{"title":"Shown","showTitle":true,"panels":[{"id":1,"span":6,"type":"graph","yaxes":[{"format":"bytes"}]},{"id":2,"span":8,"type":"singlestat","format":"s"}]},
{"title":"Dashboard Row","panels":[{"id":3,"span":12,"type":"text","content":"Why"}]}]}`,
			want: []opsreview.Panel{
				{ID: 4, Type: "row", Title: "Shown", W: 24, H: 1, Line: 1},
				{ID: 1, Type: "graph", Row: "Shown", Unit: "bytes", Y: 1, W: 12, H: 7, Line: 1},
				{ID: 2, Type: "singlestat", Row: "Shown", Unit: "s", Y: 8, W: 16, H: 7, Line: 1},
				{ID: 3, Type: "text", Text: "Why", Y: 15, W: 24, H: 7, Line: 2},
			},
		},
		"panels that share a name or have none get one": {
			text: `{"panels":[{"id":7},{"id":7},{}]}`,
			want: []opsreview.Panel{{ID: 7, Line: 1}, {ID: 8, Line: 1}, {ID: 9, Line: 1}},
		},
		"a panel of the library is told apart": {
			text: `{"panels":[{"id":1,"libraryPanel":{"uid":"x","name":"y"}},{"id":2,"type":"stat","libraryPanel":{"uid":"x"},"targets":[{"expr":"up"}]}]}`,
			want: []opsreview.Panel{{ID: 1, Type: "library", Line: 1}, {ID: 2, Type: "stat", Line: 1, Queries: []opsreview.PanelQuery{{Name: "A", Text: "up"}}}},
		},
		"fields of a form that nobody expects are nothing": {
			text: `{"title":"V","tags":"x","panels":[{"id":"12","title":5,"description":null,"type":"stat","gridPos":{"x":1.5,"w":"24"},"datasource":null,"targets":[{"expr":{"a":1},"refId":7}]}]}`,
			want: []opsreview.Panel{{ID: 12, Title: "5", Type: "stat", X: 1, W: 24, Line: 1, Queries: []opsreview.PanelQuery{{Name: "7"}}}},
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			d, err := dashboard.Parse("v.json", []byte(tt.text))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, d.Panels); diff != "" {
				t.Errorf("panels (-want +got):\n%s", diff)
			}
		})
	}
}

func TestParse_ReadsTheEnvelope(t *testing.T) {
	want := opsreview.Dashboard{
		UID: "vault", Title: "Vault", Description: "why", Tags: []string{"secrets"}, Origin: "v.json",
		Variables: []opsreview.Variable{
			{Name: "host", Type: "query", Query: "label_values(up, host)", Regex: "/a/", Current: []string{"$__all"}, IncludeAll: true, Multi: true, AllValue: ".*"},
			{Name: "env", Type: "custom", Query: "prod,test", Current: []string{"prod"}, Options: []string{"prod", "test"}},
			{Name: "n", Type: "interval", Current: []string{"5"}},
		},
		Panels: []opsreview.Panel{{ID: 1, Type: "stat", Line: 1}},
	}
	const body = `"title":"Vault","description":"why","tags":["secrets"],"panels":[{"id":1,"type":"stat"}],"templating":{"list":[
 {"name":"host","type":"query","query":{"query":"label_values(up, host)","refId":"x"},"regex":"/a/","current":{"text":"All","value":["$__all"]},"includeAll":true,"multi":true,"allValue":".*"},
 {"name":"env","type":"custom","query":"prod,test","current":{"value":"prod"},"options":[{"value":"prod"},{"value":"test"}],"allValue":null},
 {"name":"n","type":"interval","current":{"value":5}},{"type":"query"}]}`
	inEnvelope := want
	inEnvelope.URL, inEnvelope.Folder = "/d/vault/vault", "Secrets"
	inEnvelope.UpdatedAt = time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)
	tests := map[string]struct {
		text string
		want opsreview.Dashboard
	}{
		"as it is exported":            {`{"uid":"vault",` + body + `}`, want},
		"as the HTTP API gives it":     {`{"meta":{"url":"/d/vault/vault","folderTitle":"Secrets","updated":"2026-03-02T13:00:00+01:00"},"dashboard":{"uid":"vault",` + body + `}}`, inEnvelope},
		"as a resource":                {`{"apiVersion":"dashboard.grafana.app/v1beta1","kind":"Dashboard","metadata":{"name":"vault"},"spec":{` + body + `}}`, want},
		"without a uid it is its file": {`{` + body + `}`, func() opsreview.Dashboard { d := want; d.UID = "v"; return d }()},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			d, err := dashboard.Parse("v.json", []byte(tt.text))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, d); diff != "" {
				t.Errorf("dashboard (-want +got):\n%s", diff)
			}
		})
	}
}

// A dashboard that was exported to be shared asks for its data sources when it
// is imported.
func TestParse_ReadsInputs(t *testing.T) {
	d, err := dashboard.Parse("v.json", []byte(`{"title":"V","__inputs":[{"name":"DS","type":"datasource","pluginId":"prometheus"},{"name":"JOB","type":"constant","value":"vault"}],
"panels":[{"id":1,"type":"stat","datasource":"${DS}","targets":[{"expr":"up{job=\"${JOB}\"}"}]}]}`))
	if err != nil {
		t.Fatal(err)
	}
	charts := dashboard.Charts(d, dashboard.Scope{}, nil)
	want := []opsreview.Chart{{Key: "v/1", Title: "panel 1", Dashboard: "V", Queries: []opsreview.ChartQuery{{Name: "A", Text: `up{job="vault"}`}}}}
	if diff := cmp.Diff(want, charts); diff != "" {
		t.Errorf("charts (-want +got):\n%s", diff)
	}
}

func TestParse_NamesThePlaceOfAMistake(t *testing.T) {
	tests := map[string]struct{ text, want string }{
		"no JSON":         {"{\n\"title\": oops}", "v.json:2: this is not JSON"},
		"an empty file":   {"", "v.json:1: this is not JSON"},
		"a list":          {"[]", "v.json:1: this is no dashboard: it is of another form than Grafana writes"},
		"panels of text":  {"{\n\"title\":\"x\",\n\"panels\":\"none\"}", "v.json:3: this is no dashboard: panels is of another form than Grafana writes"},
		"something else":  {`{"groups":[]}`, "v.json: this is no dashboard: it has neither a title nor panels"},
		"a later schema":  {`{"apiVersion":"dashboard.grafana.app/v2beta1","spec":{"title":"x","elements":{}}}`, "v.json: this is a dashboard of schema 2, which is not read: export it in the classic form"},
		"beyond measure":  {`{"title":"` + strings.Repeat("x", 16<<20) + `"}`, "v.json: a dashboard has at most 16 MB"},
		"nested too deep": {strings.Repeat(`{"panels":[`, 20000), "v.json:1: this is not JSON"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			_, err := dashboard.Parse("v.json", []byte(tt.text))
			if opsreview.ErrorCode(err) != opsreview.Invalid {
				t.Fatalf("got %v, want an Invalid error", err)
			}
			if diff := cmp.Diff(tt.want, opsreview.ErrorMessage(err)); diff != "" {
				t.Errorf("message (-want +got):\n%s", diff)
			}
		})
	}
}

// Whatever a file holds, panels and queries can be told apart by their names,
// and no chart comes without a query or a reason.
func FuzzParse(f *testing.F) {
	files, _ := filepath.Glob("../../shared/corpus/dashboards/*.json")
	for _, file := range files {
		if data, err := os.ReadFile(file); err == nil {
			f.Add(data)
		}
	}
	f.Add([]byte(`{"rows":[{"title":"x","showTitle":true,"panels":[{"span":6,"targets":[{"expr":"up{a=\"$b\"}"}]}]}],"templating":{"list":[{"name":"b","type":"custom","query":"1,2","includeAll":true}]}}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		d, err := dashboard.Parse("f.json", data)
		if err != nil {
			if opsreview.ErrorCode(err) != opsreview.Invalid {
				t.Fatalf("got %v, want an Invalid error", err)
			}
			return
		}
		keys := map[string]bool{}
		for _, c := range dashboard.Distinct(dashboard.Charts(d, dashboard.Scope{}, func(v opsreview.Variable, query string) ([]string, error) {
			return []string{v.Name, query, "b\n\"\\"}, nil
		})) {
			if keys[c.Key] {
				t.Errorf("two charts are %q", c.Key)
			}
			keys[c.Key] = true
			if (c.Skipped == "") != (len(c.Queries) > 0) {
				t.Errorf("%s has %d queries and is skipped since %q", c.Key, len(c.Queries), c.Skipped)
			}
			for _, q := range c.Queries {
				if err := dashboard.CheckQuery(q.Text); err != nil {
					t.Errorf("%s asks %q: %v", c.Key, q.Text, err)
				}
			}
		}
	})
}
