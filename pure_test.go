package opsreview_test

import (
	"fmt"
	"go/ast"
	"path"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// pureRooms compute and do nothing else: the same arguments give the same
// answer on every machine, at every hour.
var pureRooms = []string{".", "anomaly", "dashboard", "definition", "hygiene", "incident", "internal/yamltree", "lookback", "meeting", "policy", "report", "review", "slo", "toil"}

// impure lists what pure rooms must not use. An empty list bans the package.
var impure = map[string][]string{
	"time": {
		"After", "AfterFunc", "Local", "NewTicker", "NewTimer", "Now", "Since", "Sleep", "Tick", "Until",
	},
	"crypto/rand":  {},
	"database/sql": {},
	"io/ioutil":    {},
	"log":          {},
	"log/slog":     {},
	"math/rand":    {},
	"math/rand/v2": {},
	"net":          {},
	"net/http":     {},
	"os":           {},
	"os/exec":      {},
	"os/signal":    {},
	"os/user":      {},
	"syscall":      {},
}

func TestPure(t *testing.T) {
	for _, problem := range pureProblems(moduleSources(t)) {
		t.Error(problem)
	}
}

func TestPure_FindPlantedViolations(t *testing.T) {
	tests := map[string]struct {
		path, text string
		want       []string
	}{
		"arithmetic on times is pure": {
			path: "review/load.go", text: `package review; import "time"; var d = time.Hour`,
		},
		"reading the clock is not": {
			path: "review/load.go", text: `package review; import "time"; var now = time.Now()`,
			want: []string{"review/load.go:1 uses time.Now: take it as an argument"},
		},
		"reading the clock under another name is not": {
			path: "review/load.go", text: `package review; import clock "time"; var now = clock.Now`,
			want: []string{"review/load.go:1 uses time.Now: take it as an argument"},
		},
		"the zone of the machine is not": {
			path: "window.go", text: `package opsreview; import "time"; var zone = time.Local`,
			want: []string{"window.go:1 uses time.Local: take it as an argument"},
		},
		"the environment is not": {
			path: "policy/policy.go", text: `package policy; import "os"`,
			want: []string{"policy/policy.go imports os: take what you need as an argument"},
		},
		"a dot import would hide the clock": {
			path: "review/load.go", text: `package review; import . "time"`,
			want: []string{"review/load.go imports time without its name: it could hide a clock"},
		},
		"other rooms may read the clock": {
			path: "cli/app.go", text: `package cli; import "time"; var now = time.Now`,
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			got := pureProblems(plant(t, map[string]string{tt.path: tt.text}))
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("problems (-want +got):\n%s", diff)
			}
		})
	}
}

func pureProblems(sources []source) []string {
	var problems []string
	for _, s := range sources {
		if s.test() || !slices.Contains(pureRooms, s.room()) {
			continue
		}
		names := map[string]string{} // the name in this file → the import path
		for i, p := range s.imports() {
			banned, listed := impure[p]
			if listed && len(banned) == 0 {
				problems = append(problems, fmt.Sprintf("%s imports %s: take what you need as an argument", s.path, p))
			}
			name := path.Base(p)
			if spec := s.file.Imports[i]; spec.Name != nil {
				name = spec.Name.Name
			}
			if name == "." && listed {
				problems = append(problems, fmt.Sprintf("%s imports %s without its name: it could hide a clock", s.path, p))
			}
			names[name] = p
		}
		problems = append(problems, impureUses(s, names)...)
	}
	return problems
}

func impureUses(s source, names map[string]string) []string {
	var problems []string
	ast.Inspect(s.file, func(n ast.Node) bool {
		sel, ok := n.(*ast.SelectorExpr)
		if !ok {
			return true
		}
		id, ok := sel.X.(*ast.Ident)
		if !ok {
			return true
		}
		if p := names[id.Name]; slices.Contains(impure[p], sel.Sel.Name) {
			problems = append(problems, fmt.Sprintf("%s uses %s.%s: take it as an argument",
				s.at(sel.Pos()), p, sel.Sel.Name))
		}
		return true
	})
	return problems
}
