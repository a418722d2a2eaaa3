package opsreview_test

import (
	"encoding/json"
	"maps"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// dependencies lists what the module requires directly, and why. To add one,
// add it here and say in the review what it would cost to do without.
var dependencies = map[string]string{
	"charm.land/bubbletea/v2":                   "triage: keys and screens of every terminal",
	"github.com/andygrunwald/go-jira":           "Jira's types and its searches",
	"github.com/charmbracelet/x/ansi":           "the width of text on a terminal",
	"github.com/coreos/go-oidc/v3":              "who an ID token of a login provider speaks for",
	"github.com/chromedp/cdproto":               "tests: what a browser is told and tells",
	"github.com/chromedp/chromedp":              "tests: a report in a real browser",
	"github.com/getkin/kin-openapi":             "tests: requests and answers against a vendor's contract",
	"github.com/go-jose/go-jose/v4":             "tests: a login provider's signatures",
	"github.com/goccy/go-yaml":                  "configuration and policy, with the line of a mistake",
	"github.com/google/cel-go":                  "conditions of policy rules: typed, without loops, with positions of mistakes",
	"github.com/google/go-cmp":                  "tests: differences",
	"github.com/google/go-github/v88":           "GitHub's types and its pages of lists",
	"github.com/klauspost/compress":             "raw payloads at rest (zstd)",
	"github.com/pressly/goose/v3":               "migrations",
	"github.com/rickar/cal/v2":                  "public holidays",
	"github.com/rogpeppe/go-internal":           "tests: command scripts",
	"github.com/schollz/progressbar/v3":         "progress of long pulls",
	"github.com/spf13/cobra":                    "commands, flags and completion",
	"github.com/yuin/goldmark":                  "the headings of runbooks in Markdown",
	"golang.org/x/net":                          "a bound on open connections; the headings of runbooks in HTML",
	"golang.org/x/sync":                         "groups of goroutines with one owner",
	"golang.org/x/term":                         "whether a stream is a terminal, and its width",
	"golang.org/x/time":                         "pacing of requests to vendors",
	"gonum.org/v1/gonum":                        "exact tests of rates",
	"google.golang.org/genproto/googleapis/rpc": "what an error tells a program: when to come again",
	"google.golang.org/grpc":                    "the API",
	"google.golang.org/protobuf":                "the API's messages",
	"modernc.org/sqlite":                        "the database, without cgo",

	// What a server tells of itself.
	"github.com/prometheus/client_golang":                                         "metrics that Prometheus reads",
	"github.com/prometheus/client_model":                                          "tests: metrics as they are parsed",
	"github.com/prometheus/common":                                                "fingerprints of labels, as Alertmanager makes them; tests: the parser of metrics",
	"github.com/prometheus/prometheus":                                            "PromQL: the queries of objectives and the conditions on pages and alerts",
	"go.opentelemetry.io/contrib/instrumentation/google.golang.org/grpc/otelgrpc": "a span for each request",
	"go.opentelemetry.io/otel":                                                    "traces: attributes and codes",
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracegrpc":             "traces: to a collector",
	"go.opentelemetry.io/otel/metric":                                             "traces: to tell otelgrpc that it need not count",
	"go.opentelemetry.io/otel/sdk":                                                "traces: made only where a collector is configured",
	"go.opentelemetry.io/otel/trace":                                              "traces: spans",
}

// A goMod is what `go mod edit -json` says of a go.mod.
type goMod struct {
	Require []struct {
		Path, Version string
		Indirect      bool
	}
	Replace []struct{ Old struct{ Path string } }
}

func (m goMod) version(path string) string {
	for _, r := range m.Require {
		if r.Path == path {
			return r.Version
		}
	}
	return ""
}

func TestDependencies_AreReviewed(t *testing.T) {
	var direct []string
	for _, r := range readGoMod(t, "go.mod").Require {
		if !r.Indirect {
			direct = append(direct, r.Path)
		}
	}
	slices.Sort(direct)
	if diff := cmp.Diff(slices.Sorted(maps.Keys(dependencies)), direct); diff != "" {
		t.Errorf("direct dependencies (-reviewed +go.mod):\n%s", diff)
	}
}

func TestDependencies_NothingIsReplaced(t *testing.T) {
	for _, r := range readGoMod(t, "go.mod").Replace {
		t.Errorf("go.mod replaces %s: `go install` of the command would fail", r.Old.Path)
	}
}

// The driver is C translated for one version of libc and breaks in quiet ways
// with another, so the two move together.
func TestDependencies_SQLiteHasItsOwnLibc(t *testing.T) {
	out, err := goCommand(t, "list", "-m", "-f", "{{.GoMod}}", "modernc.org/sqlite")
	if err != nil {
		t.Fatalf("finding the driver's go.mod: %v", err)
	}
	want := readGoMod(t, strings.TrimSpace(string(out))).version("modernc.org/libc")
	if want == "" {
		t.Fatal("the driver's go.mod names no modernc.org/libc")
	}
	if got := readGoMod(t, "go.mod").version("modernc.org/libc"); got != want {
		t.Errorf("modernc.org/libc is %s in go.mod, modernc.org/sqlite was made with %s", got, want)
	}
}

func readGoMod(t *testing.T, file string) goMod {
	t.Helper()
	// The test cache knows only the files that the test itself touches.
	if _, err := os.Stat(file); err != nil {
		t.Fatalf("reading %s: %v", file, err)
	}
	out, err := goCommand(t, "mod", "edit", "-json", file)
	if err != nil {
		t.Fatalf("reading %s: %v", file, err)
	}
	var m goMod
	if err := json.Unmarshal(out, &m); err != nil {
		t.Fatalf("reading %s: %v", file, err)
	}
	return m
}

func goCommand(t *testing.T, args ...string) ([]byte, error) {
	t.Helper()
	return exec.CommandContext(t.Context(), "go", args...).Output()
}
