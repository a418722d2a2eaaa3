package opsreview_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// layers lists what each package of this module may import from it. To add an
// arrow, add it here, and say in the review why. Tests may import more: they
// are where rooms meet.
var layers = map[string][]string{
	".":                       {},
	"proto/opsreview/v1":      {},
	"internal/rest":           {"."},
	"internal/prom":           {".", "internal/rest"},
	"ingest":                  {"."},
	"ingest/ingesttest":       {".", "ingest"},
	"ingest/file":             {".", "ingest"},
	"ingest/pagerduty":        {".", "ingest", "internal/rest"},
	"ingest/pagerduty/pdfake": {},
	"ingest/prometheus":       {".", "dashboard", "hygiene", "ingest", "internal/prom", "internal/rest"},
	"ingest/alertmanager":     {".", "ingest", "internal/prom", "internal/rest"},
	"ingest/rootly":           {".", "ingest", "internal/rest"},
	"ingest/grafana":          {".", "dashboard", "ingest", "internal/rest"},
	"ingest/runbook":          {".", "hygiene", "ingest", "internal/rest"},
	"store":                   {"."},
	"store/storetest":         {".", "store"},
	"internal/yamltree":       {},
	"slo":                     {".", "internal/yamltree"},
	"anomaly":                 {},
	"lookback":                {".", "anomaly"},
	"dashboard":               {"."},
	"hygiene":                 {".", "internal/yamltree"},
	"incident":                {"."},
	"toil":                    {"."},
	"definition":              {},
	"review":                  {".", "incident", "lookback", "slo", "toil"},
	"meeting":                 {".", "definition", "incident", "lookback", "review", "slo", "toil"},
	"policy":                  {"."},
	"ticket":                  {"."},
	"ticket/tickettest":       {".", "ticket"},
	"ticket/markdown":         {".", "ticket"},
	"ticket/jira":             {".", "internal/rest", "ticket"},
	"ticket/jira/jirafake":    {},
	"ticket/github":           {".", "internal/rest", "ticket"},
	"auth":                    {"."},
	"report":                  {".", "anomaly", "definition", "incident", "lookback", "meeting", "review", "slo", "toil"},
	"deliver":                 {".", "internal/rest", "report"},
	"server":                  {".", "anomaly", "auth", "dashboard", "definition", "hygiene", "incident", "ingest", "lookback", "meeting", "policy", "proto/opsreview/v1", "report", "review", "slo", "store", "ticket", "toil"},
	"config": {
		".", "anomaly", "auth", "dashboard", "hygiene", "ingest/alertmanager", "ingest/grafana", "ingest/pagerduty", "ingest/prometheus", "ingest/rootly", "ingest/runbook",
		"incident", "lookback", "policy", "slo", "ticket", "ticket/github",
		"ticket/jira", "ticket/markdown", "toil",
	},
	"cli": {
		".", "auth", "config", "dashboard", "definition", "deliver", "examples", "hygiene", "ingest", "ingest/alertmanager", "ingest/file", "ingest/grafana", "ingest/pagerduty",
		"ingest/prometheus", "ingest/rootly", "ingest/runbook", "internal/rest", "lookback", "policy", "proto/opsreview/v1", "server", "slo", "store", "ticket", "ticket/github", "ticket/jira", "ticket/markdown",
	},
	"cmd/opsreview": {"cli"},
	// The benchmarks measure the rooms together, against the database alone and
	// through the API: nothing imports them.
	"bench":             {".", "anomaly", "ingest", "ingest/file", "policy", "proto/opsreview/v1", "server", "slo", "store", "ticket", "ticket/jira", "ticket/jira/jirafake"},
	"bench/score":       {"anomaly"},
	"examples":          {},
	"examples/generate": {},
}

// vendors are the rooms of package cli's imports that only its composition
// root may know.
var vendors = []string{"deliver", "ingest/alertmanager", "ingest/file", "ingest/grafana", "ingest/pagerduty", "ingest/prometheus", "ingest/rootly", "ingest/runbook", "ticket/github", "ticket/jira", "ticket/markdown"}

// externals lists where each module from outside may be imported. A module
// that is not listed may be imported nowhere; an empty list means tests only.
var externals = map[string][]string{
	"database/sql":                      {"bench", "store"},
	"modernc.org/sqlite":                {"store"},
	"github.com/pressly/goose/v3":       {"store"},
	"github.com/klauspost/compress":     {"store"},
	"google.golang.org/grpc":            {"bench", "cli", "proto/opsreview/v1", "server"},
	"google.golang.org/protobuf":        {"bench", "cli", "proto/opsreview/v1", "server"},
	"google.golang.org/genproto":        {"cli", "proto/opsreview/v1", "server"},
	"github.com/spf13/cobra":            {"cli"},
	"github.com/spf13/pflag":            {"cli"},
	"github.com/schollz/progressbar/v3": {"cli"},
	"charm.land/bubbletea/v2":           {"cli"},
	"github.com/charmbracelet/x/ansi":   {"cli"},
	"golang.org/x/term":                 {"cli"},
	"golang.org/x/net":                  {"hygiene", "server"},
	"golang.org/x/sync":                 {"bench", "cli", "ingest", "ingest/pagerduty", "server", "store"},
	"golang.org/x/time":                 {"ingest/pagerduty", "internal/rest", "server"},
	"github.com/goccy/go-yaml":          {"config", "ingest/alertmanager", "ingest/pagerduty", "ingest/prometheus", "internal/yamltree", "policy", "ticket/markdown"},
	"github.com/coreos/go-oidc/v3":      {"auth"},
	"github.com/rickar/cal/v2":          {"review"},
	"gonum.org/v1/gonum":                {"review"},
	"github.com/getkin/kin-openapi":     {},
	"github.com/go-jose/go-jose/v4":     {},
	"github.com/google/cel-go":          {"policy"},
	"github.com/chromedp/cdproto":       {},
	"github.com/chromedp/chromedp":      {},
	"github.com/google/go-cmp":          {"ingest/ingesttest", "store/storetest"}, // suites for tests
	"github.com/rogpeppe/go-internal":   {},
	"github.com/yuin/goldmark":          {"hygiene"},

	// What a server tells of itself.
	"github.com/prometheus/client_golang": {"server"},
	"github.com/prometheus/client_model":  {},
	"github.com/prometheus/common":        {"ingest/alertmanager"},
	"github.com/prometheus/prometheus":    {"dashboard", "ingest/alertmanager", "ingest/prometheus", "slo"},
	"github.com/andygrunwald/go-jira":     {"ticket/jira"},
	"github.com/google/go-github":         {"ticket/github"},
	"go.opentelemetry.io/contrib":         {"server"},
	"go.opentelemetry.io/otel":            {"cli", "server"},
}

func TestLayers(t *testing.T) {
	for _, problem := range layerProblems(moduleSources(t)) {
		t.Error(problem)
	}
}

func TestLayers_TableIsClosed(t *testing.T) {
	for room, allowed := range layers {
		for _, to := range allowed {
			if _, ok := layers[to]; !ok {
				t.Errorf("%s may import %s, which is not in the table", room, to)
			}
		}
	}
}

func TestLayers_FindPlantedViolations(t *testing.T) {
	tests := map[string]struct {
		path, text string
		want       []string
	}{
		"an arrow that the table has is fine": {
			path: "store/page.go", text: `package store; import "opsreview"`,
		},
		"an arrow that the table lacks is a problem": {
			path: "store/page.go", text: `package store; import "opsreview/review"`,
			want: []string{"store/page.go imports review: the table has no such arrow"},
		},
		"a package that the table lacks is a problem": {
			path: "util/util.go", text: `package util`,
			want: []string{"util is not in the table of layers"},
		},
		"a folder of tests is no room": {
			path: "suite/load_test.go", text: `package suite; import "opsreview/store"`,
		},
		"tests may cross layers": {
			path: "store/page_test.go", text: `package store; import "opsreview/review"`,
		},
		"gRPC does not belong in the store": {
			path: "store/page.go", text: `package store; import "google.golang.org/grpc/codes"`,
			want: []string{"store/page.go imports google.golang.org/grpc/codes: only bench, cli, proto/opsreview/v1, server may"},
		},
		"SQL belongs in the store only": {
			path: "server/page.go", text: `package server; import "database/sql"`,
			want: []string{"server/page.go imports database/sql: only bench, store may"},
		},
		"a module for tests does not belong in the program": {
			path: "cli/page.go", text: `package cli; import "github.com/getkin/kin-openapi/openapi3"`,
			want: []string{"cli/page.go imports github.com/getkin/kin-openapi/openapi3: only tests may"},
		},
		"a module that nobody reviewed belongs nowhere": {
			path: "cli/page.go", text: `package cli; import "github.com/spf13/viper"`,
			want: []string{"cli/page.go imports github.com/spf13/viper: it is not in the table of externals"},
		},
		"the composition root knows the vendors": {
			path: "cli/wire.go", text: `package cli; import "opsreview/ingest/pagerduty"`,
		},
		"no other command knows the vendors": {
			path: "cli/page.go", text: `package cli; import "opsreview/ingest/pagerduty"`,
			want: []string{"cli/page.go imports ingest/pagerduty: only cli/wire.go may"},
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			got := layerProblems(plant(t, map[string]string{tt.path: tt.text}))
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("problems (-want +got):\n%s", diff)
			}
		})
	}
}

func layerProblems(sources []source) []string {
	var problems []string
	unknown := map[string]bool{}
	for _, s := range sources {
		if s.test() {
			continue
		}
		if _, ok := layers[s.room()]; !ok && !unknown[s.room()] {
			unknown[s.room()] = true
			problems = append(problems, s.room()+" is not in the table of layers")
		}
		if unknown[s.room()] {
			continue
		}
		for _, p := range s.imports() {
			if text := importProblem(s, p); text != "" {
				problems = append(problems, fmt.Sprintf("%s imports %s", s.path, text))
			}
		}
	}
	return problems
}

// importProblem says what is wrong with file s importing p, "" for nothing.
func importProblem(s source, p string) string {
	if under(p, modulePath) {
		to := strings.TrimPrefix(strings.TrimPrefix(p, modulePath), "/")
		if to == "" {
			to = "."
		}
		switch {
		case !slices.Contains(layers[s.room()], to):
			return to + ": the table has no such arrow"
		case s.room() == "cli" && slices.Contains(vendors, to) && s.path != "cli/wire.go":
			return to + ": only cli/wire.go may"
		}
		return ""
	}
	for prefix, rooms := range externals {
		if !under(p, prefix) || slices.Contains(rooms, s.room()) {
			continue
		}
		if len(rooms) == 0 {
			return p + ": only tests may"
		}
		return p + ": only " + strings.Join(rooms, ", ") + " may"
	}
	if first, _, _ := strings.Cut(p, "/"); strings.Contains(first, ".") && !reviewed(p) {
		return p + ": it is not in the table of externals"
	}
	return ""
}

func reviewed(p string) bool {
	for prefix := range externals {
		if under(p, prefix) {
			return true
		}
	}
	return false
}
