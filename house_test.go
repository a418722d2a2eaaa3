package opsreview_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// The laws of the house are tests of this package: layers, purity, package
// comments, sizes and dependencies. They read the sources themselves instead of
// asking the go command, so that the test cache sees every file they depend on
// and so that a package that does not compile can still be judged.

const modulePath = "opsreview"

// A source is one Go file of this module.
type source struct {
	path string // slash-separated, relative to the module
	fset *token.FileSet
	file *ast.File
}

// room is the folder that the file is in, "." for the root.
func (s source) room() string { return path.Dir(s.path) }

func (s source) test() bool { return strings.HasSuffix(s.path, "_test.go") }

// generated reports whether a tool wrote the file.
func (s source) generated() bool { return ast.IsGenerated(s.file) }

// imports lists the import paths of the file.
func (s source) imports() []string {
	var paths []string
	for _, spec := range s.file.Imports {
		if p, err := strconv.Unquote(spec.Path.Value); err == nil {
			paths = append(paths, p)
		}
	}
	return paths
}

func (s source) line(pos token.Pos) int { return s.fset.Position(pos).Line }

// at returns "file:line" of a position.
func (s source) at(pos token.Pos) string { return s.path + ":" + strconv.Itoa(s.line(pos)) }

// parseSource reads one file's text. A file that does not parse is judged by
// what of it does, if that is anything.
func parseSource(name, text string) (source, bool) {
	fset := token.NewFileSet()
	file, _ := parser.ParseFile(fset, name, text, parser.ParseComments|parser.SkipObjectResolution)
	return source{path: name, fset: fset, file: file}, file != nil && file.Name != nil
}

// moduleSources reads every Go file of this module, in order. Folders with a
// go.mod of their own, testdata and what the go command ignores are left out.
func moduleSources(t *testing.T) []source {
	t.Helper()
	var sources []source
	err := filepath.WalkDir(".", func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			if name != "." && foreign(name, d.Name()) {
				return fs.SkipDir
			}
			return nil
		}
		if !strings.HasSuffix(name, ".go") || ignored(d.Name()) {
			return nil
		}
		text, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		if s, ok := parseSource(filepath.ToSlash(name), string(text)); ok {
			sources = append(sources, s)
		}
		return nil
	})
	if err != nil {
		t.Fatalf("reading the module's sources: %v", err)
	}
	return sources
}

// foreign reports whether a folder holds none of this module's packages.
func foreign(name, base string) bool {
	_, err := os.Stat(filepath.Join(name, "go.mod"))
	return err == nil || base == "testdata" || base == "vendor" || ignored(base)
}

func ignored(base string) bool {
	return strings.HasPrefix(base, ".") || strings.HasPrefix(base, "_")
}

// plant returns sources that hold the given texts, keyed by path.
func plant(t *testing.T, texts map[string]string) []source {
	t.Helper()
	var sources []source
	for name, text := range texts {
		s, ok := parseSource(name, text)
		if !ok {
			t.Fatalf("the planted file %s does not parse", name)
		}
		sources = append(sources, s)
	}
	slices.SortFunc(sources, func(a, b source) int { return strings.Compare(a.path, b.path) })
	return sources
}

// under reports whether import path p is prefix or lies below it.
func under(p, prefix string) bool {
	return p == prefix || strings.HasPrefix(p, prefix+"/")
}
