package config

import (
	"cmp"
	"fmt"
	"maps"
	"net/url"
	"reflect"
	"strings"
	"time"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"

	"opsreview"
	"opsreview/ticket"
	"opsreview/ticket/github"
	"opsreview/ticket/jira"
	"opsreview/ticket/markdown"
)

const (
	maxNewTickets = 1000
	maxFilingSpan = 3660 * 24 * time.Hour
	maxSettle     = 7 * 24 * time.Hour
)

// A Tracker is where findings are filed. Beside the keys that every tracker
// has, the vendor says which there are.
type Tracker struct {
	Type   string
	Filing Filing

	Jira     jira.Config     // if Type is "jira"
	Markdown markdown.Config // if Type is "markdown"
	GitHub   github.Config   // if Type is "github"
}

// Filing says how eagerly tickets are filed; see [ticket.Settings].
type Filing struct {
	MaxNew       int      `yaml:"max_new"`
	ReopenWithin Duration `yaml:"reopen_within"`
	SuppressFor  Duration `yaml:"suppress_for"`
	WontFix      []string `yaml:"wont_fix_resolutions"`
	NoteEvery    Duration `yaml:"note_every"`
	Settle       Duration `yaml:"settle,omitempty"` // 0 for the tracker's own word on how far its search lags
}

// defaultFiling is what holds where the file says nothing.
func defaultFiling() Filing {
	s := ticket.DefaultSettings()
	return Filing{
		MaxNew: s.MaxNew, ReopenWithin: Duration(s.ReopenWithin), SuppressFor: Duration(s.SuppressFor), WontFix: s.WontFix,
		NoteEvery: Duration(s.NoteEvery), Settle: Duration(s.Settle),
	}
}

// Settings returns how eagerly tickets are filed.
func (f Filing) Settings() ticket.Settings {
	s := ticket.DefaultSettings()
	s.MaxNew, s.WontFix = f.MaxNew, f.WontFix
	s.ReopenWithin, s.SuppressFor = time.Duration(f.ReopenWithin), time.Duration(f.SuppressFor)
	s.NoteEvery, s.Settle = time.Duration(f.NoteEvery), time.Duration(f.Settle)
	return s
}

// problems lists what is wrong with the settings.
func (f Filing) problems(path string) []problem {
	var problems []problem
	if f.MaxNew < 1 || f.MaxNew > maxNewTickets {
		problems = append(problems, problem{path + ".max_new", fmt.Sprintf("must be between 1 and %d", maxNewTickets)})
	}
	for field, span := range map[string]Duration{"reopen_within": f.ReopenWithin, "suppress_for": f.SuppressFor, "note_every": f.NoteEvery} {
		if time.Duration(span) > maxFilingSpan {
			problems = append(problems, problem{path + "." + field, "must be at most 3660d"})
		}
	}
	if time.Duration(f.Settle) > maxSettle {
		problems = append(problems, problem{path + ".settle", "must be at most 7d: what was lost is not filed again before"})
	}
	return append(problems, listProblems(path+".wont_fix_resolutions", f.WontFix)...)
}

// A trackerVendor is a type of tracker.
type trackerVendor struct {
	keys   map[string]reflect.Type
	config func(t *Tracker) vendorConfig // where the vendor's keys are
	paths  func(t *Tracker) []*string    // those of them that are paths
	write  func(t Tracker) any           // the tracker as it is written
}

// writtenTracker is a tracker as it is written.
type writtenTracker[C any] struct {
	Config C      `yaml:",inline"`
	Filing Filing `yaml:",inline"`
}

// trackerTypes are the vendors.
var trackerTypes = map[string]trackerVendor{
	"jira": {
		keys:   fieldsOf(reflect.TypeFor[jira.Config]()),
		config: func(t *Tracker) vendorConfig { return &t.Jira },
		paths:  func(t *Tracker) []*string { return []*string{&t.Jira.TokenFile} },
		write:  func(t Tracker) any { return writtenTracker[jira.Config]{t.Jira, t.Filing} },
	},
	"markdown": {
		keys:   fieldsOf(reflect.TypeFor[markdown.Config]()),
		config: func(t *Tracker) vendorConfig { return &t.Markdown },
		paths:  func(t *Tracker) []*string { return []*string{&t.Markdown.Path} },
		write:  func(t Tracker) any { return writtenTracker[markdown.Config]{t.Markdown, t.Filing} },
	},
	"github": {
		keys:   fieldsOf(reflect.TypeFor[github.Config]()),
		config: func(t *Tracker) vendorConfig { return &t.GitHub },
		paths:  func(t *Tracker) []*string { return []*string{&t.GitHub.TokenFile} },
		write:  func(t Tracker) any { return writtenTracker[github.Config]{t.GitHub, t.Filing} },
	},
}

// UnmarshalYAML reads a tracker whose form was checked.
func (t *Tracker) UnmarshalYAML(n ast.Node) error {
	var common struct {
		Type string `yaml:"type"`
	}
	if err := yaml.NodeToValue(n, &common); err != nil {
		return err
	}
	t.Type, t.Filing = common.Type, defaultFiling()
	v, ok := trackerTypes[t.Type]
	if !ok {
		return nil // said already
	}
	if err := yaml.NodeToValue(n, &t.Filing); err != nil {
		return err
	}
	return yaml.NodeToValue(n, v.config(t))
}

// MarshalYAML returns the tracker as it is written.
func (t Tracker) MarshalYAML() (any, error) { return trackerTypes[t.Type].write(t), nil }

// paths lists the paths that the tracker names.
func (t *Tracker) paths() []*string {
	if t == nil {
		return nil
	}
	return trackerTypes[t.Type].paths(t)
}

// trackerProblems lists what is wrong with the tracker, and what must not be
// printed.
func (c Config) trackerProblems() []problem {
	const path = "tracker"
	t := c.Tracker
	if t == nil {
		return nil
	}
	v, ok := trackerTypes[t.Type]
	if !ok {
		return nil // said already
	}
	problems := t.Filing.problems(path)
	for field, text := range map[string]string{
		"base_url":   cmp.Or(t.Jira.BaseURL, t.GitHub.BaseURL),
		"browse_url": cmp.Or(t.Jira.BrowseURL, t.Markdown.BrowseURL),
	} {
		if u, err := url.Parse(text); err == nil && u.User != nil {
			return append(problems, problem{path + "." + field, "must not hold a name or a password: name the file of a secret instead"})
		}
	}
	err := v.config(t).Validate()
	if err == nil {
		return problems
	}
	field, text, ok := strings.Cut(opsreview.ErrorMessage(err), ": ")
	if _, known := v.keys[field]; !ok || !known {
		return append(problems, problem{path, opsreview.ErrorMessage(err)})
	}
	return append(problems, problem{path + "." + field, text})
}

// checkTracker compares a mapping with the keys of its type of tracker.
func (f *form) checkTracker(n ast.Node, path string) {
	fields := fieldsOf(reflect.TypeFor[Filing]())
	fields["type"] = reflect.TypeFor[string]()
	f.checkTyped(n, path, fields, knownNames(trackerTypes), func(name string) (map[string]reflect.Type, bool) {
		v, ok := trackerTypes[name]
		return v.keys, ok
	})
}

// checkTyped compares a mapping with the fields that every one of its sort has
// and those that its type adds.
func (f *form) checkTyped(n ast.Node, path string, fields map[string]reflect.Type, names string, keysOf func(name string) (map[string]reflect.Type, bool)) {
	m, ok := n.(ast.MapNode)
	if !ok {
		f.checkFields(n, fields, path)
		return
	}
	name := ""
	for it := m.MapRange(); it.Next(); {
		if it.Key().GetToken().Value == "type" {
			f.note(path+".type", it.Key())
			name = it.Value().GetToken().Value
		}
	}
	keys, known := keysOf(name)
	switch {
	case name == "":
		f.fail(path+".type", "is missing: the types are %s", names)
		return
	case !known:
		f.fail(path+".type", "there is no type %q: the types are %s", name, names)
		return
	}
	maps.Copy(fields, keys)
	f.checkFields(n, fields, path)
}
