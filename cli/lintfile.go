package cli

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"opsreview"
	"opsreview/dashboard"
	"opsreview/hygiene"
)

// maxLinted is how much of a file is read: more than the readers accept, so
// that they are the ones to refuse.
const maxLinted = 20 << 20

// A lintFile is a file to judge. One that a folder holds may be something else.
type lintFile struct {
	name  string
	found bool // in a folder
}

// lintMonitors judges the monitors in files, with the runbooks that they name.
func (a *app) lintMonitors(ctx context.Context, l *lint, f lintFlags, files []string) error {
	var defs []opsreview.MonitorDefinition
	err := a.eachFile(l, files, []string{".yaml", ".yml", ".json"}, func(name string, data []byte) (bool, error) {
		found, err := hygiene.ParseMonitors(name, data)
		defs = append(defs, found...)
		return !errors.Is(err, hygiene.ErrForeign), err
	})
	if err != nil {
		return err
	}
	runbooks := nearbyRunbooks(defs)
	if len(f.runbooks) > 0 {
		err := a.eachFile(l, f.runbooks, []string{".md", ".markdown", ".html", ".htm"}, func(name string, data []byte) (bool, error) {
			runbooks = append(runbooks, hygiene.ParseRunbook(filepath.ToSlash(name), "", data))
			return true, nil
		})
		if err != nil {
			return err
		}
	}
	if f.links {
		found, err := a.lookUp(ctx, hygiene.RunbookAddresses(defs), f.allow)
		if err != nil {
			return err
		}
		runbooks = append(runbooks, found...)
	}
	l.things, l.runbooks = len(defs), len(runbooks)
	l.problems = hygiene.Monitors(defs, runbooks, l.rules)
	return nil
}

// nearbyRunbooks reads the runbooks that files name by path: beside the file
// that names them, or from one of the folders above it that end where the
// command runs.
func nearbyRunbooks(defs []opsreview.MonitorDefinition) []opsreview.Runbook {
	var all []opsreview.Runbook
	done := map[string]bool{}
	for _, d := range defs {
		address, _, _ := strings.Cut(d.Runbook, "#")
		file, _ := hygiene.SplitOrigin(d.Origin)
		if done[address] || !isPath(address) {
			continue
		}
		done[address] = true
		r := opsreview.Runbook{Address: address, Problem: "there is no such file"}
		for _, folder := range above(file) {
			data, err := readSome(filepath.Join(folder, filepath.FromSlash(address)), maxLinted)
			if err == nil {
				r = hygiene.ParseRunbook(address, "", data)
				break
			}
		}
		all = append(all, r)
	}
	return all
}

// isPath reports whether an address is that of a document in a repository.
func isPath(address string) bool {
	if strings.Contains(address, "://") || strings.Contains(address, "{{") {
		return false
	}
	return slices.Contains([]string{".md", ".markdown", ".html", ".htm", ".rst", ".adoc", ".txt"}, strings.ToLower(filepath.Ext(address)))
}

// above lists the folder of a file and those that hold it, to the one where the
// command runs.
func above(file string) []string {
	folders := []string{"."}
	if filepath.IsAbs(file) {
		folders = nil
	}
	for dir := filepath.Dir(file); dir != "." && !slices.Contains(folders, dir); dir = filepath.Dir(dir) {
		folders = append(folders, dir)
	}
	return folders
}

func (a *app) lintDashboards(l *lint, files []string) error {
	var boards []opsreview.Dashboard
	err := a.eachFile(l, files, []string{".json"}, func(name string, data []byte) (bool, error) {
		d, err := dashboard.Parse(name, data)
		if err == nil {
			boards = append(boards, d)
		}
		return looksLikeDashboard(data), err
	})
	if err != nil {
		return err
	}
	l.things = len(boards)
	l.problems = hygiene.Dashboards(boards, l.rules)
	return nil
}

// looksLikeDashboard reports whether a file of JSON is meant to be a dashboard.
func looksLikeDashboard(data []byte) bool {
	for _, key := range []string{`"panels"`, `"rows"`, `"elements"`} {
		if bytes.Contains(data, []byte(key)) {
			return true
		}
	}
	return false
}

// eachFile hands every file that is meant to read, which reports whether the
// file is of its kind. What cannot be read is told, and does not stop the rest.
func (a *app) eachFile(l *lint, patterns, extensions []string, read func(name string, data []byte) (ours bool, err error)) error {
	files, err := lintFiles(patterns, extensions)
	if err != nil {
		return err
	}
	for _, f := range files {
		name := f.name
		var data []byte
		if name == "-" {
			name = "stdin"
			data, err = io.ReadAll(io.LimitReader(a.stdin, maxLinted))
		} else {
			data, err = readSome(name, maxLinted)
		}
		if err != nil {
			return opsreview.Wrapf(err, opsreview.Invalid, "%s cannot be read: %s", clean(name), osReason(err))
		}
		ours, err := read(name, data)
		if err != nil && (ours || !f.found) {
			l.unreadable = append(l.unreadable, unreadableJSON{File: name, Text: message(err)})
			fmt.Fprintf(a.stderr, "opsreview: %s\n", clean(message(err)))
		}
	}
	return nil
}

// osReason is what the operating system says, without the path.
func osReason(err error) string {
	var p *fs.PathError
	if errors.As(err, &p) {
		return p.Err.Error()
	}
	return err.Error()
}

func readSome(path string, most int64) ([]byte, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close() //nolint:errcheck // it is only read
	return io.ReadAll(io.LimitReader(file, most))
}

// lintFiles lists the files that are meant: those that are named, those that fit a
// pattern that the shell has left, and those in folders and below that have one
// of the extensions. Each comes once.
func lintFiles(patterns, extensions []string) ([]lintFile, error) {
	var files []lintFile
	known := map[string]bool{}
	add := func(name string, found bool) {
		if !known[name] {
			known[name] = true
			files = append(files, lintFile{name, found})
		}
	}
	for _, pattern := range patterns {
		names := []string{pattern}
		if _, err := os.Stat(pattern); err != nil && pattern != "-" {
			if names, err = filepath.Glob(pattern); err != nil || len(names) == 0 {
				return nil, opsreview.Errorf(opsreview.NotFound, "there is no file %q", pattern)
			}
		}
		for _, name := range names {
			info, err := os.Stat(name)
			if name == "-" || err != nil || !info.IsDir() {
				add(name, false)
				continue
			}
			inside, err := below(name, extensions)
			if err != nil {
				return nil, err
			}
			for _, f := range inside {
				add(f, true)
			}
		}
	}
	return files, nil
}

// below lists the files of a folder and of those in it, but for hidden ones.
func below(folder string, extensions []string) ([]string, error) {
	var files []string
	err := filepath.WalkDir(folder, func(path string, entry fs.DirEntry, err error) error {
		switch hidden := strings.HasPrefix(entry.Name(), ".") && path != folder && entry.Name() != ".."; {
		case err != nil:
			return err
		case hidden && entry.IsDir():
			return filepath.SkipDir
		case !hidden && !entry.IsDir() && slices.Contains(extensions, strings.ToLower(filepath.Ext(path))):
			files = append(files, path)
		}
		return nil
	})
	if err != nil {
		return nil, opsreview.Wrapf(err, opsreview.Invalid, "%s cannot be read: %s", folder, osReason(err))
	}
	return files, nil
}
