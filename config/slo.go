package config

import (
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"opsreview"
	"opsreview/slo"
)

// countingTypes are the types of source that count the events of objectives.
var countingTypes = []string{"prometheus"}

// ParseWith is Parse that reads the objectives and the other files too, whose
// patterns are relative to the root of fsys. Name is that of the configuration,
// whose folder is put before the names of the files in messages.
func ParseWith(name string, data []byte, fsys fs.FS) (Config, error) {
	c, err := Parse(name, data)
	if err != nil {
		return Config{}, err
	}
	var read reader = func(what, pattern string) ([]slo.Document, error) {
		names, err := fs.Glob(fsys, path.Clean(pattern))
		docs, err := readAll(what, names, err, func(name string) ([]byte, error) { return fs.ReadFile(fsys, name) })
		for i := range docs {
			docs[i].Name = path.Join(path.Dir(name), docs[i].Name)
		}
		return docs, err
	}
	if err := c.loadSLOs(read); err != nil {
		return c, err
	}
	return c, c.loadLooks(path.Dir(name), read)
}

// A reader reads the files that a pattern matches. What says in messages what
// they hold.
type reader func(what, pattern string) ([]slo.Document, error)

// readFiles is the reader of this machine's files.
func readFiles(what, pattern string) ([]slo.Document, error) {
	names, err := filepath.Glob(pattern)
	return readAll(what, names, err, os.ReadFile)
}

func readAll(what string, names []string, err error, read func(string) ([]byte, error)) ([]slo.Document, error) {
	if err != nil {
		return nil, err
	}
	var docs []slo.Document
	for _, name := range names {
		data, err := read(name)
		if err != nil {
			return nil, readError(err, what, name)
		}
		docs = append(docs, slo.Document{Name: name, Data: data})
	}
	return docs, nil
}

// loadSLOs reads the objectives that the configuration names and finds the
// sources that count them. What is wrong with them but can be lived with becomes
// a warning.
func (c *Config) loadSLOs(read reader) error {
	docs, err := read.all(&c.form, "objectives", "slos", c.SLOs)
	if err != nil {
		return err
	}
	slos, problems := slo.Parse(docs)
	var fatal []string
	for _, p := range problems {
		if p.Fatal {
			fatal = append(fatal, p.String())
			continue
		}
		c.Warnings = append(c.Warnings, p.String())
	}
	for i := range slos {
		if text := c.chooseSource(&slos[i]); text != "" {
			fatal = append(fatal, slos[i].Origin+": "+text)
		}
	}
	if len(fatal) > 0 {
		return opsreview.Errorf(opsreview.Invalid, "%s", strings.Join(fatal, "\n"))
	}
	c.Objectives = slos
	return nil
}

// chooseSource finds the source that counts an SLO: the one that it names, else
// the one that its data source has the name of, else the only one there is. It
// says what is wrong with the one that it names.
func (c *Config) chooseSource(s *opsreview.SLO) (wrong string) {
	queries := queriesOf(s.Indicator)
	if s.Source != "" {
		return c.sourceProblem(s.Source)
	}
	var names []string
	for _, q := range queries {
		if c.sourceProblem(q.DataSource) == "" && !slices.Contains(names, q.DataSource) {
			names = append(names, q.DataSource)
		}
	}
	switch {
	case len(names) > 1:
		c.warn(s, "its queries are of several sources, %s: all of them are asked of the first", strings.Join(names, ", "))
		fallthrough
	case len(names) == 1:
		s.Source = names[0]
	case len(queries) > 0:
		s.Source = c.onlySource(queries)
	}
	if s.Source == "" && len(queries) > 0 {
		c.warn(s, "no source of the configuration counts %s: only imported segments tell of it; name a source with the annotation opsreview/source", s.Name)
	}
	return ""
}

func (c *Config) warn(s *opsreview.SLO, format string, args ...any) {
	c.Warnings = append(c.Warnings, s.Origin+": "+fmt.Sprintf(format, args...))
}

// sourceProblem says why a source cannot count objectives, "" if it can.
func (c *Config) sourceProblem(name string) string {
	for _, s := range c.Sources {
		switch {
		case s.Name != name:
		case slices.Contains(countingTypes, s.Type):
			return ""
		default:
			return fmt.Sprintf("the source %q is of type %s, which counts nothing: that takes %s", name, s.Type, strings.Join(countingTypes, " or "))
		}
	}
	return fmt.Sprintf("there is no source %q in the configuration", name)
}

// onlySource returns the only source that counts, "" if there is none or more
// than one, or if the queries are for a vendor of another kind.
func (c *Config) onlySource(queries []opsreview.Query) string {
	for _, q := range queries {
		if q.Type != "" && !slices.Contains(countingTypes, strings.ToLower(q.Type)) {
			return ""
		}
	}
	only := ""
	for _, s := range c.Sources {
		if !slices.Contains(countingTypes, s.Type) {
			continue
		}
		if only != "" {
			return ""
		}
		only = s.Name
	}
	return only
}

// queriesOf lists the queries of an indicator that can be asked.
func queriesOf(i opsreview.Indicator) []opsreview.Query {
	var all []opsreview.Query
	for _, q := range []*opsreview.Query{i.Good, i.Bad, i.Total, i.Raw, i.Threshold} {
		if q != nil && q.Text != "" {
			all = append(all, *q)
		}
	}
	return all
}

// resolvePattern makes a pattern of file names independent of where the program
// runs. The folder's own name is no pattern.
func resolvePattern(dir, pattern string) string {
	if filepath.IsAbs(pattern) {
		return pattern
	}
	if filepath.Separator == '/' {
		dir = strings.NewReplacer(`\`, `\\`, `*`, `\*`, `?`, `\?`, `[`, `\[`).Replace(dir)
	}
	return filepath.Join(dir, pattern)
}
