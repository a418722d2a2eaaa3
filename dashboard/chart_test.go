package dashboard_test

import (
	"flag"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"opsreview"
	"opsreview/dashboard"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// asked answers query variables from a table.
func asked(table map[string][]string) dashboard.Values {
	return func(v opsreview.Variable, query string) ([]string, error) {
		values, ok := table[query]
		if !ok {
			return nil, opsreview.Errorf(opsreview.Invalid, "nobody knows %q", query)
		}
		return values, nil
	}
}

func TestCharts_ResolveQueries(t *testing.T) {
	hosts := asked(map[string][]string{
		"label_values(up, host)":                  {"a", "b", "c.d"},
		"label_values(up, zone)":                  {"eu"},
		"label_values(up, nothing)":               {},
		`label_values(up{host="a"}, disk)`:        {"sda", "sdb"},
		`label_values(up{host=~"(a|b)"}, disk)`:   {"sdc"},
		"metrics(vault_.*)":                       {"vault_up", "vault_reads"},
		"query_result(count by (host) (up == 0))": {`{host="a"} 1 1`, `{host="b"} 1 1`},
	})
	query := func(name, query string) opsreview.Variable {
		return opsreview.Variable{Name: name, Type: "query", Query: query}
	}
	all := func(v opsreview.Variable) opsreview.Variable {
		v.IncludeAll, v.Multi, v.Current = true, true, []string{"$__all"}
		return v
	}
	with := func(v opsreview.Variable, current ...string) opsreview.Variable {
		v.Current = current
		return v
	}
	many := func(v opsreview.Variable, current ...string) opsreview.Variable {
		v.Multi, v.Current = true, current
		return v
	}
	host := query("host", "label_values(up, host)")
	tests := map[string]struct {
		variables []opsreview.Variable
		scope     map[string]string
		query     string
		want      string
	}{
		"a query without variables stays": {query: ` rate(up[5m])
`, want: "rate(up[5m])"},
		"what was chosen counts":                    {variables: []opsreview.Variable{with(host, "b")}, query: `up{host="$host"}`, want: `up{host="b"}`},
		"braces are another way to write it":        {variables: []opsreview.Variable{with(host, "b")}, query: `up{host="${host}x"}`, want: `up{host="bx"}`},
		"brackets are another way to write it":      {variables: []opsreview.Variable{with(host, "b")}, query: `up{host="[[host]]"}`, want: `up{host="b"}`},
		"nothing chosen is the first value":         {variables: []opsreview.Variable{host}, query: `up{host="$host"}`, want: `up{host="a"}`},
		"a choice that is gone is the first value":  {variables: []opsreview.Variable{with(host, "z")}, query: `up{host="$host"}`, want: `up{host="a"}`},
		"no value at all is empty":                  {variables: []opsreview.Variable{with(query("x", "label_values(up, nothing)"), "z")}, query: `up{x="$x"}`, want: `up{x=""}`},
		"the configuration goes first":              {variables: []opsreview.Variable{with(host, "b")}, scope: map[string]string{"host": "x"}, query: `up{host="$host"}`, want: `up{host="x"}`},
		"the configuration can take all":            {variables: []opsreview.Variable{with(host, "b")}, scope: map[string]string{"host": "$__all"}, query: `up{host=~"$host"}`, want: `up{host=~"(a|b|c\\.d)"}`},
		"the configuration can say what is missing": {scope: map[string]string{"host": "x"}, query: `up{host="$host"}`, want: `up{host="x"}`},
		"all values are joined and escaped":         {variables: []opsreview.Variable{all(host)}, query: `up{host=~"$host"}`, want: `up{host=~"(a|b|c\\.d)"}`},
		"all values in raw text need no escape":     {variables: []opsreview.Variable{all(host)}, query: "up{host=~`$host`}", want: "up{host=~`(a|b|c\\.d)`}"},
		"all values of one are that one":            {variables: []opsreview.Variable{all(query("zone", "label_values(up, zone)"))}, query: `up{zone="$zone"}`, want: `up{zone="eu"}`},
		"what stands for all is taken as it is": {
			variables: []opsreview.Variable{all(opsreview.Variable{Name: "host", Type: "query", Query: "unknown", AllValue: ".+"})},
			query:     `up{host=~"$host"}`, want: `up{host=~".+"}`,
		},
		"several values turn equality into a match":   {variables: []opsreview.Variable{all(host)}, query: `up{host = "$host", job!="$host"}`, want: `up{host =~ "(a|b|c\\.d)", job!~"(a|b|c\\.d)"}`},
		"one of several values is escaped in a match": {variables: []opsreview.Variable{many(host, "c.d")}, query: `up{host=~"$host"}`, want: `up{host=~"c\\.d"}`},
		"one of several values is itself in equality": {variables: []opsreview.Variable{many(host, "c.d")}, query: `up{host="$host"}`, want: `up{host="c.d"}`},
		"some of several values are joined":           {variables: []opsreview.Variable{many(host, "a", "b")}, query: `up{host=~"$host"}`, want: `up{host=~"(a|b)"}`},
		"a pattern keeps some values": {
			variables: []opsreview.Variable{func() opsreview.Variable { v := all(host); v.Regex = "/^[ab]$/"; return v }()},
			query:     `up{host=~"$host"}`, want: `up{host=~"(a|b)"}`,
		},
		"a pattern's group is the value": {
			variables: []opsreview.Variable{func() opsreview.Variable {
				v := all(query("host", "query_result(count by (host) (up == 0))"))
				v.Regex = `/host="([^"]+)"/`
				return v
			}()},
			query: `up{host=~"$host"}`, want: `up{host=~"(a|b)"}`,
		},
		"a variable may need another": {
			variables: []opsreview.Variable{query("disk", `label_values(up{host="$host"}, disk)`), host},
			query:     `up{disk="$disk"}`, want: `up{disk="sda"}`,
		},
		"a variable may need several of another": {
			variables: []opsreview.Variable{query("disk", `label_values(up{host="$host"}, disk)`), many(host, "a", "b")},
			query:     `up{disk="$disk"}`, want: `up{disk="sdc"}`,
		},
		"a variable may name the metric": {variables: []opsreview.Variable{query("metric", "metrics(vault_.*)")}, query: `rate($metric[5m])`, want: `rate(vault_up[5m])`},
		"a custom variable lists its values": {
			variables: []opsreview.Variable{all(opsreview.Variable{Name: "code", Type: "custom", Query: `2.., not found : 404,a\,b`})},
			query:     `up{code=~"$code"}`, want: `up{code=~"(2\\.\\.|404|a,b)"}`,
		},
		"a text that cannot be several may be a pattern": {
			variables: []opsreview.Variable{{Name: "x", Type: "textbox", Query: `a.*\d`}},
			query:     `up{x=~"$x"}`, want: `up{x=~"a.*\\d"}`,
		},
		"a quotation mark does not end the literal": {
			variables: []opsreview.Variable{{Name: "x", Type: "constant", Query: `a"} or up{b="`}},
			query:     `up{x="$x"}`, want: `up{x="a\"} or up{b=\""}`,
		},
		"an interval is written bare":             {variables: []opsreview.Variable{{Name: "i", Type: "interval", Query: "1m,10m", Current: []string{"10m"}}}, query: `rate(up[$i])`, want: `rate(up[10m])`},
		"an automatic interval is that of a rate": {variables: []opsreview.Variable{{Name: "i", Type: "interval", Query: "1m,10m", Current: []string{"$__auto_interval_i"}}}, query: `rate(up[$i])`, want: `rate(up[5m])`},
		"Grafana's own intervals fit a minute":    {query: `rate(up[$__rate_interval]) + rate(up[${__interval}]) + $__interval_ms + rate(up[$__range]) + $__range_s`, want: `rate(up[5m]) + rate(up[1m]) + 60000 + rate(up[1h]) + 3600`},
		"formats are Grafana's": {
			variables: []opsreview.Variable{many(host, "a", "c.d")},
			query:     `up{a=~"${host:regex}",b=~"${host:pipe}",c="${host:csv}"}`, want: `up{a=~"(a|c\\.d)",b=~"a|c.d",c=~"a,c.d"}`,
		},
		"a group of a replacement is no variable": {query: `label_replace(up, "a", "$1", "b", "(.*)$")`, want: `label_replace(up, "a", "$1", "b", "(.*)$")`},
		"a comment may hold a quotation mark":     {variables: []opsreview.Variable{with(host, "b")}, query: "up # don't\n + up{host=\"$host\"}", want: "up # don't\n + up{host=\"b\"}"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			d := opsreview.Dashboard{UID: "d", Variables: tt.variables, Panels: []opsreview.Panel{{
				ID: 1, Type: "timeseries", Queries: []opsreview.PanelQuery{{Name: "A", Text: tt.query}},
			}}}
			charts := dashboard.Charts(d, dashboard.Scope{Variables: tt.scope}, hosts)
			if len(charts) != 1 || len(charts[0].Queries) != 1 {
				t.Fatalf("got %+v, want one query", charts)
			}
			if diff := cmp.Diff(tt.want, charts[0].Queries[0].Text); diff != "" {
				t.Errorf("query (-want +got):\n%s", diff)
			}
		})
	}
}

func TestCharts_SayWhyTheySkip(t *testing.T) {
	one := func(q opsreview.PanelQuery) []opsreview.PanelQuery {
		if q.Text == "" {
			q.Text = "up"
		}
		q.Name = "A"
		return []opsreview.PanelQuery{q}
	}
	tests := map[string]struct {
		panel     opsreview.Panel
		variables []opsreview.Variable
		values    dashboard.Values
		want      string
	}{
		"a panel without queries":     {want: "it asks nothing"},
		"a table":                     {panel: opsreview.Panel{Type: "table", Queries: one(opsreview.PanelQuery{})}, want: "a table shows one moment, not a course over time"},
		"a panel of the library":      {panel: opsreview.Panel{Type: "library"}, want: "the panel is kept in Grafana's library, and the dashboard does not say what it asks"},
		"hidden queries only":         {panel: opsreview.Panel{Queries: one(opsreview.PanelQuery{Hidden: true})}, want: "all its queries are hidden"},
		"another kind of data source": {panel: opsreview.Panel{Queries: one(opsreview.PanelQuery{Type: "loki"})}, want: "it asks a data source of type loki, which is not read"},
		"another kind of data source behind a variable": {
			panel:     opsreview.Panel{Queries: one(opsreview.PanelQuery{Datasource: "${ds}"})},
			variables: []opsreview.Variable{{Name: "ds", Type: "datasource", Query: "cloudwatch"}},
			want:      "it asks a data source of type cloudwatch, which is not read",
		},
		"an expression":             {panel: opsreview.Panel{Queries: one(opsreview.PanelQuery{Type: "__expr__", Datasource: "__expr__"})}, want: "it is an expression that Grafana computes"},
		"what another panel asks":   {panel: opsreview.Panel{Queries: one(opsreview.PanelQuery{Type: "datasource", Datasource: "-- Dashboard --"})}, want: "it shows what another panel asks"},
		"data of Grafana":           {panel: opsreview.Panel{Queries: one(opsreview.PanelQuery{Type: "datasource", Datasource: "grafana"})}, want: "it shows data of Grafana itself"},
		"no PromQL":                 {panel: opsreview.Panel{Queries: one(opsreview.PanelQuery{Text: " "})}, want: "it asks nothing in PromQL"},
		"what Prometheus refuses":   {panel: opsreview.Panel{Queries: one(opsreview.PanelQuery{Text: `{app="x"} |= "y"`})}, want: "Prometheus does not read the query: 1:11: parse error: unexpected character: '|'"},
		"a stretch of values":       {panel: opsreview.Panel{Queries: one(opsreview.PanelQuery{Text: `up[5m]`})}, want: "the query is a matrix, not one value a time"},
		"a variable of nobody":      {panel: opsreview.Panel{Queries: one(opsreview.PanelQuery{Text: `up{x="$y"}`})}, want: "the dashboard has no variable $y"},
		"a variable of the screen":  {panel: opsreview.Panel{Queries: one(opsreview.PanelQuery{Text: `up{x="$__from"}`})}, want: "Grafana's own $__from depends on what is shown, and cannot be resolved"},
		"a format of other sources": {panel: opsreview.Panel{Queries: one(opsreview.PanelQuery{Text: `up{x="${y:lucene}"}`})}, variables: []opsreview.Variable{{Name: "y", Type: "constant"}}, want: `the variable $y: its format "lucene" is not known for PromQL`},
		"variables in a circle": {
			panel: opsreview.Panel{Queries: one(opsreview.PanelQuery{Text: `up{x="$a"}`})},
			variables: []opsreview.Variable{
				{Name: "a", Type: "query", Query: "label_values(up{x=\"$b\"}, a)"}, {Name: "b", Type: "query", Query: "label_values(up{x=\"$a\"}, b)"},
			},
			want: "the variable $a depends on itself",
		},
		"a variable that nobody can answer": {
			panel:     opsreview.Panel{Queries: one(opsreview.PanelQuery{Text: `up{x="$a"}`})},
			variables: []opsreview.Variable{{Name: "a", Type: "query", Query: "tags"}}, values: asked(nil),
			want: `the variable $a: nobody knows "tags"`,
		},
		"a pattern of another language": {
			panel:     opsreview.Panel{Queries: one(opsreview.PanelQuery{Text: `up{x="$a"}`})},
			variables: []opsreview.Variable{{Name: "a", Type: "query", Query: "q", Regex: "/(?=x)/"}}, values: asked(map[string][]string{"q": {"x"}}),
			want: `the variable $a: its pattern "(?=x)" cannot be read here`,
		},
		"a query that grows beyond measure": {
			panel:     opsreview.Panel{Queries: one(opsreview.PanelQuery{Text: `up{x="` + strings.Repeat("$a", 40) + `"}`})},
			variables: []opsreview.Variable{{Name: "a", Type: "constant", Query: strings.Repeat("x", 2000)}},
			want:      "its query is longer than 64 kB with the values of its variables",
		},
		"a query that is all brackets": {
			panel: opsreview.Panel{Queries: one(opsreview.PanelQuery{Text: strings.Repeat("(", 9000)})},
			want:  "Prometheus does not read the query: it has more than 8 kB beside the texts in it",
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			tt.panel.ID = 1
			charts := dashboard.Charts(opsreview.Dashboard{UID: "d", Variables: tt.variables, Panels: []opsreview.Panel{tt.panel}}, dashboard.Scope{}, tt.values)
			if len(charts) != 1 || len(charts[0].Queries) != 0 {
				t.Fatalf("got %+v, want one chart without queries", charts)
			}
			if diff := cmp.Diff(tt.want, charts[0].Skipped); diff != "" {
				t.Errorf("reason (-want +got):\n%s", diff)
			}
		})
	}
}

func TestCharts_SayWhatTheyAre(t *testing.T) {
	d := opsreview.Dashboard{
		UID: "vault", Title: "Vault", URL: "https://grafana.example/d/vault/vault",
		Variables: []opsreview.Variable{{Name: "env", Type: "custom", Query: "prod,test", Multi: true, Current: []string{"prod", "test"}}},
		Panels: []opsreview.Panel{
			{ID: 1, Type: "row", Title: "Reads"},
			{ID: 2, Type: "text", Row: "Reads", Text: "Why"},
			{ID: 4, Type: "timeseries", Row: "Reads in $env", Title: "$env: reads", Unit: "s", Queries: []opsreview.PanelQuery{
				{Name: "A", Text: "reads", Legend: "{{instance}} $env"},
				{Name: "B", Text: "$nobody"},
				{Name: "C", Text: "rate(reads"},
				{Name: "D", Text: "$nobody", Hidden: true},
			}},
			{ID: 5, Type: "stat", Queries: []opsreview.PanelQuery{{Name: "A", Text: "up"}}},
		},
	}
	base := opsreview.Chart{
		Key: "vault/4", Title: "prod + test: reads", Dashboard: "Vault", Row: "Reads in prod + test", URL: "https://grafana.example/d/vault/vault?viewPanel=4",
		Unit: "s", Service: "vault", Team: "secrets", Source: "prom",
	}
	reads, rest, up := base, base, base
	reads.Queries = []opsreview.ChartQuery{{Name: "A", Text: "reads", Legend: "{{instance}} prod + test"}}
	rest.Key, rest.Title = "vault/4/B", "prod + test: reads (B, C)"
	rest.Skipped = "B: the dashboard has no variable $nobody; C: Prometheus does not read the query: 1:11: parse error: unclosed left parenthesis"
	up.Key, up.Title, up.Row, up.Unit, up.URL = "vault/5", "panel 5", "", "", "https://grafana.example/d/vault/vault?viewPanel=5"
	up.Queries = []opsreview.ChartQuery{{Name: "A", Text: "up"}}
	got := dashboard.Charts(d, dashboard.Scope{Source: "prom", Service: "vault", Team: "secrets"}, nil)
	if diff := cmp.Diff([]opsreview.Chart{reads, rest, up}, got); diff != "" {
		t.Errorf("charts (-want +got):\n%s", diff)
	}
}

func TestDistinct(t *testing.T) {
	chart := func(key, source, service string, queries ...string) opsreview.Chart {
		c := opsreview.Chart{Key: key, Source: source, Service: service}
		for _, q := range queries {
			c.Queries = append(c.Queries, opsreview.ChartQuery{Text: q})
		}
		return c
	}
	skipped := opsreview.Chart{Key: "s", Skipped: "why"}
	tests := map[string]struct {
		charts []opsreview.Chart
		want   []string
	}{
		"the layout of a query does not matter": {[]opsreview.Chart{chart("a", "", "", "sum(up)  by (job)"), chart("b", "", "", "sum by(job) (up)")}, []string{"a+b"}},
		"the order of queries does not matter":  {[]opsreview.Chart{chart("a", "", "", "x", "y"), chart("b", "", "", "y", "x")}, []string{"a+b"}},
		"one query more is another question":    {[]opsreview.Chart{chart("a", "", "", "x"), chart("b", "", "", "y", "x")}, []string{"a", "b"}},
		"another source answers otherwise":      {[]opsreview.Chart{chart("a", "p", "", "x"), chart("b", "q", "", "x")}, []string{"a", "b"}},
		"another service looks for itself":      {[]opsreview.Chart{chart("a", "", "s", "x"), chart("b", "", "t", "x")}, []string{"a", "b"}},
		"skipped ones stay":                     {[]opsreview.Chart{skipped, skipped}, []string{"s", "s"}},
		"the first stays and names the others":  {[]opsreview.Chart{chart("a", "", "", "x"), chart("b", "", "", "x"), chart("c", "", "", "x")}, []string{"a+b+c"}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			var got []string
			for _, c := range dashboard.Distinct(tt.charts) {
				got = append(got, strings.Join(append([]string{c.Key}, c.Also...), "+"))
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("charts (-want +got):\n%s", diff)
			}
		})
	}
}

// Real dashboards are read whole: how many charts there are, and why others are
// not.
func TestCharts_OfRealDashboards(t *testing.T) {
	files, _ := filepath.Glob("../../shared/corpus/dashboards/*.json")
	if len(files) == 0 {
		t.Skip("the corpus of dashboards is not here")
	}
	values := func(v opsreview.Variable, query string) ([]string, error) {
		return []string{v.Name + "-1", v.Name + "-2"}, nil
	}
	var b strings.Builder
	for _, file := range files {
		d := parseFile(t, file)
		kinds, skipped := map[string]int{}, map[string]int{}
		for _, p := range d.Panels {
			kinds[p.Type]++
		}
		queries := 0
		charts := dashboard.Charts(d, dashboard.Scope{Source: "prom"}, values)
		for _, c := range charts {
			queries += len(c.Queries)
			if c.Skipped != "" {
				skipped[c.Skipped]++
			}
		}
		fmt.Fprintf(&b, "%s: %s (%s)\n  panels %v\n  variables %d, charts %d, distinct %d, queries %d\n", filepath.Base(file), d.Title, d.UID,
			kinds, len(d.Variables), len(charts), len(dashboard.Distinct(charts)), queries)
		for _, why := range slices.Sorted(maps.Keys(skipped)) {
			fmt.Fprintf(&b, "  skipped %d: %s\n", skipped[why], why)
		}
	}
	golden(t, "testdata/corpus.txt", b.String())
}

func parseFile(t *testing.T, file string) opsreview.Dashboard {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	d, err := dashboard.Parse(filepath.Base(file), data)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func golden(t *testing.T, file, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", file, diff)
	}
}
