package opsreview_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestDocs(t *testing.T) {
	for _, problem := range docProblems(moduleSources(t)) {
		t.Error(problem)
	}
}

func TestDocs_FindPlantedViolations(t *testing.T) {
	tests := map[string]struct {
		texts map[string]string
		want  []string
	}{
		"one comment is right": {
			texts: map[string]string{
				"store/store.go": "// Package store keeps facts.\npackage store",
				"store/page.go":  "package store",
			},
		},
		"no comment is a problem": {
			texts: map[string]string{"store/store.go": "package store"},
			want:  []string{"store has no package comment"},
		},
		"two comments are a problem": {
			texts: map[string]string{
				"store/store.go": "// Package store keeps facts.\npackage store",
				"store/page.go":  "// Package store keeps pages.\npackage store",
			},
			want: []string{"store has 2 package comments: store/page.go, store/store.go"},
		},
		"a comment opens with the package's name": {
			texts: map[string]string{"store/store.go": "// This keeps facts.\npackage store"},
			want:  []string{`store/store.go: the package comment must begin with "Package store "`},
		},
		"a command opens with the command's name": {
			texts: map[string]string{"cmd/opsreview/main.go": "// Opsreview reviews.\npackage main"},
		},
		"a folder of tests needs none": {
			texts: map[string]string{"bench/load_test.go": "package bench"},
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(tt.want, docProblems(plant(t, tt.texts))); diff != "" {
				t.Errorf("problems (-want +got):\n%s", diff)
			}
		})
	}
}

func docProblems(sources []source) []string {
	var problems []string
	commented := map[string][]string{} // room → files with a package comment
	for _, s := range sources {
		if s.test() || s.generated() {
			continue
		}
		files := commented[s.room()]
		if s.file.Doc != nil {
			files = append(files, s.path)
			if name := s.file.Name.Name; name != "main" && !strings.HasPrefix(s.file.Doc.Text(), "Package "+name+" ") {
				problems = append(problems, fmt.Sprintf("%s: the package comment must begin with \"Package %s \"", s.path, name))
			}
		}
		commented[s.room()] = files
	}
	for _, room := range slices.Sorted(maps.Keys(commented)) {
		switch files := commented[room]; len(files) {
		case 0:
			problems = append(problems, room+" has no package comment")
		case 1:
		default:
			problems = append(problems, fmt.Sprintf("%s has %d package comments: %s", room, len(files), strings.Join(files, ", ")))
		}
	}
	return problems
}
