package config

import (
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"

	"opsreview"
	"opsreview/dashboard"
	"opsreview/hygiene"
	"opsreview/slo"
)

// A Dashboard names dashboards and says what they are about: files, or a source
// of type grafana that delivers them.
type Dashboard struct {
	Files   []string `yaml:"files,omitempty"`   // patterns
	Grafana string   `yaml:"grafana,omitempty"` // the name of a source
	UIDs    []string `yaml:"uids,omitempty"`    // of the source's; with Folders and Tags, none means all
	Folders []string `yaml:"folders,omitempty"` // titles
	Tags    []string `yaml:"tags,omitempty"`

	Source    string            `yaml:"source,omitempty"` // who answers the queries; "" for the only one that can
	Service   string            `yaml:"service,omitempty"`
	Team      string            `yaml:"team,omitempty"`
	Variables map[string]string `yaml:"variables,omitempty"`
}

// A Query is one that is looked at without a dashboard.
type Query struct {
	Name    string `yaml:"name"`
	Title   string `yaml:"title,omitempty"` // "" for the name
	Query   string `yaml:"query"`
	Source  string `yaml:"source,omitempty"` // who answers it; "" for the only one that can
	Service string `yaml:"service,omitempty"`
	Team    string `yaml:"team,omitempty"`
	Unit    string `yaml:"unit,omitempty"`
}

// A Board is a dashboard and what the configuration says of it.
type Board struct {
	Dashboard opsreview.Dashboard
	Scope     dashboard.Scope
}

// queryKeyPrefix begins the keys of charts that are queries of the
// configuration.
const queryKeyPrefix = "queries/"

// Wanted are the dashboards that sources deliver, each entry in the order of the
// file.
type Wanted []Dashboard

// Choose returns the boards among dashboards that were stored. The first entry
// that wants a dashboard says what it is about.
func (w Wanted) Choose(stored []opsreview.Dashboard) []Board {
	var boards []Board
	for _, d := range stored {
		i := slices.IndexFunc(w, func(e Dashboard) bool { return e.wants(d) })
		if i >= 0 {
			boards = append(boards, Board{Dashboard: d, Scope: w[i].scope()})
		}
	}
	return boards
}

// wants reports whether a dashboard is one of those that the entry names.
func (e Dashboard) wants(d opsreview.Dashboard) bool {
	listed := func(list []string, name string) bool {
		return slices.ContainsFunc(list, func(s string) bool { return strings.EqualFold(s, name) })
	}
	switch {
	case d.Source != e.Grafana:
		return false
	case len(e.UIDs)+len(e.Folders)+len(e.Tags) == 0, slices.Contains(e.UIDs, d.UID), listed(e.Folders, d.Folder):
		return true
	}
	return slices.ContainsFunc(d.Tags, func(tag string) bool { return listed(e.Tags, tag) })
}

func (e Dashboard) scope() dashboard.Scope {
	return dashboard.Scope{Source: e.Source, Service: e.Service, Team: e.Team, Variables: maps.Clone(e.Variables)}
}

// lookProblems finds what is wrong with what there is to look at.
func (c Config) lookProblems() []problem {
	var problems []problem
	for i, e := range c.Dashboards {
		problems = append(problems, c.dashboardProblems(fmt.Sprintf("dashboards[%d]", i), e)...)
	}
	names := seen{}
	for i, q := range c.Queries {
		path := fmt.Sprintf("queries[%d]", i)
		problems = append(problems, nameProblems(path+".name", q.Name)...)
		problems = append(problems, names.problems(path, ".name", q.Name)...)
		problems = append(problems, c.answerProblems(path+".source", q.Source)...)
		problems = append(problems, c.reportTeamProblems(path+".team", q.Team)...)
		if strings.TrimSpace(q.Query) == "" {
			problems = append(problems, problem{path + ".query", "is missing"})
		} else if err := dashboard.CheckQuery(q.Query); err != nil {
			problems = append(problems, problem{path + ".query", opsreview.ErrorMessage(err)})
		}
	}
	problems = append(problems, patternProblems("monitors", c.MonitorFiles)...)
	problems = append(problems, patternProblems("runbooks", c.RunbookFiles)...)
	for _, id := range slices.Sorted(maps.Keys(c.Lint)) {
		if _, err := hygiene.Rules(map[string]string{id: c.Lint[id]}); err != nil {
			problems = append(problems, problem{"lint." + id, opsreview.ErrorMessage(err)})
		}
	}
	return append(problems, c.LookBack.problems()...)
}

func (c Config) dashboardProblems(path string, e Dashboard) []problem {
	problems := patternProblems(path+".files", e.Files)
	switch {
	case len(e.Files) > 0 && e.Grafana != "":
		problems = append(problems, problem{path + ".grafana", "there are files too: write two entries"})
	case len(e.Files) == 0 && e.Grafana == "":
		problems = append(problems, problem{path, "must name files, or a source of type grafana"})
	case e.Grafana == "" && len(e.UIDs)+len(e.Folders)+len(e.Tags) > 0:
		problems = append(problems, problem{path, "uids, folders and tags choose among the dashboards of a source of type grafana: files are chosen by their names"})
	case e.Grafana != "" && !slices.ContainsFunc(c.Sources, func(s Source) bool { return s.Name == e.Grafana && s.Type == "grafana" }):
		problems = append(problems, problem{path + ".grafana", fmt.Sprintf("there is no source %q of type grafana in the configuration", e.Grafana)})
	}
	for field, list := range map[string][]string{".uids": e.UIDs, ".folders": e.Folders, ".tags": e.Tags} {
		problems = append(problems, listProblems(path+field, list)...)
	}
	problems = append(problems, c.answerProblems(path+".source", e.Source)...)
	return append(problems, c.reportTeamProblems(path+".team", e.Team)...)
}

// answerProblems finds a source that cannot answer queries.
func (c Config) answerProblems(path, source string) []problem {
	if source == "" {
		return nil
	}
	if text := c.sourceProblem(source); text != "" {
		return []problem{{path, strings.Replace(text, "counts nothing", "answers no queries", 1)}}
	}
	return nil
}

// patternProblems finds patterns that can match nothing.
func patternProblems(path string, patterns []string) []problem {
	problems := listProblems(path, patterns)
	for i, pattern := range patterns {
		if _, err := filepath.Match(pattern, ""); err != nil {
			problems = append(problems, problem{fmt.Sprintf("%s[%d]", path, i), fmt.Sprintf("%q is not a pattern of file names: write folder/*.yaml", pattern)})
		}
	}
	return problems
}

// loadLooks reads the files of dashboards, monitors and runbooks that the
// configuration names, and makes charts of its queries. Dir is its folder, in
// which runbooks have their addresses.
func (c *Config) loadLooks(dir string, read reader) error {
	rules, err := hygiene.Rules(c.Lint)
	if err != nil {
		return err // it has been checked
	}
	c.LintRules = rules
	only := c.onlySource(nil)
	if err := c.loadBoards(only, read); err != nil {
		return err
	}
	for i, q := range c.Queries {
		if q.Source == "" {
			q.Source = only
		}
		if q.Source == "" {
			c.warnUnanswered(fmt.Sprintf("queries[%d]", i), "the query "+q.Name)
		}
		chart := opsreview.Chart{
			Key: queryKeyPrefix + q.Name, Title: q.Title, Unit: q.Unit, Service: q.Service, Team: q.Team, Source: q.Source,
			Queries: []opsreview.ChartQuery{{Name: "A", Text: strings.TrimSpace(q.Query)}},
		}
		if chart.Title == "" {
			chart.Title = q.Name
		}
		c.Charts = append(c.Charts, chart)
	}
	docs, err := read.all(&c.form, "monitors", "monitors", c.MonitorFiles)
	if err != nil {
		return err
	}
	var mistakes []string
	for _, d := range docs {
		defs, err := hygiene.ParseMonitors(d.Name, d.Data)
		if err != nil {
			mistakes = append(mistakes, opsreview.ErrorMessage(err))
		}
		c.Definitions = append(c.Definitions, defs...)
	}
	hygiene.Distinguish(c.Definitions)
	if docs, err = read.all(&c.form, "runbook", "runbooks", c.RunbookFiles); err != nil {
		return err
	}
	for _, d := range docs {
		address := d.Name
		if rel, err := filepath.Rel(dir, d.Name); err == nil && filepath.IsLocal(rel) {
			address = filepath.ToSlash(rel)
		}
		c.Runbooks = append(c.Runbooks, hygiene.ParseRunbook(address, mediaTypeOf(d.Name), d.Data))
	}
	if len(mistakes) > 0 {
		return opsreview.Errorf(opsreview.Invalid, "%s", strings.Join(mistakes, "\n"))
	}
	return nil
}

// mediaTypeOf says what a runbook's file is written in.
func mediaTypeOf(name string) string {
	switch strings.ToLower(filepath.Ext(name)) {
	case ".html", ".htm":
		return "text/html"
	}
	return "text/markdown"
}

// loadBoards reads the dashboards that are files, and tells the others who
// answers them.
func (c *Config) loadBoards(only string, read reader) error {
	var mistakes []string
	at := map[string]string{} // UID → the file
	for i, e := range c.Dashboards {
		path := fmt.Sprintf("dashboards[%d]", i)
		if e.Source == "" {
			e.Source = only
		}
		if e.Source == "" {
			c.warnUnanswered(path, "these dashboards")
		}
		if e.Grafana != "" {
			c.Wanted = append(c.Wanted, e)
			continue
		}
		docs, err := read.all(&c.form, "dashboard", path+".files", e.Files)
		if err != nil {
			return err
		}
		for _, doc := range docs {
			d, err := dashboard.Parse(doc.Name, doc.Data)
			switch {
			case err != nil:
				mistakes = append(mistakes, opsreview.ErrorMessage(err))
			case at[d.UID] != "":
				c.Warnings = append(c.Warnings, fmt.Sprintf("%s: it has the uid %q of %s, and is not looked at", doc.Name, d.UID, at[d.UID]))
			default:
				at[d.UID] = doc.Name
				c.Boards = append(c.Boards, Board{Dashboard: d, Scope: e.scope()})
			}
		}
	}
	if len(mistakes) > 0 {
		return opsreview.Errorf(opsreview.Invalid, "%s", strings.Join(mistakes, "\n"))
	}
	return nil
}

func (c *Config) warnUnanswered(path, what string) {
	c.Warnings = append(c.Warnings, fmt.Sprintf("%s: no source of the configuration is the only one that answers %s: name one of type %s as source",
		c.form.place(path), what, strings.Join(countingTypes, " or ")))
}

// all reads the files that the patterns of a field match, each once. It returns
// an Invalid error for patterns that match nothing.
func (read reader) all(f *form, what, field string, patterns []string) ([]slo.Document, error) {
	var docs []slo.Document
	var mistakes []problem
	seen := map[string]bool{}
	for i, pattern := range patterns {
		path := fmt.Sprintf("%s[%d]", field, i)
		matches, err := read(what, pattern)
		switch {
		case err != nil:
			mistakes = append(mistakes, problem{path, opsreview.ErrorMessage(err)})
		case len(matches) == 0:
			mistakes = append(mistakes, problem{path, fmt.Sprintf("no file matches %q", pattern)})
		}
		for _, d := range matches {
			if !seen[d.Name] {
				docs = append(docs, d)
			}
			seen[d.Name] = true
		}
	}
	return docs, f.report(mistakes)
}
