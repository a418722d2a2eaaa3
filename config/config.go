// Package config reads opsreview.yaml.
//
// The file is read strictly: a key that the program does not know, a value of
// the wrong form and a name that is there twice are errors with the file, the
// line and the field, and all of them are reported at once. Secrets are never
// in the file, which names the files or the environment variables that hold
// them. Each vendor owns the form of its sources; this package assembles them.
package config

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"opsreview"
	"opsreview/hygiene"
	"opsreview/policy"
)

// A Config is what opsreview.yaml says, with the defaults for what it does not
// say.
type Config struct {
	Database   string      `yaml:"database"` // a path; "" for the place that the command chooses
	Policy     string      `yaml:"policy"`   // a path; "" for the policy that is built in
	Server     Server      `yaml:"server"`
	Retention  Retention   `yaml:"retention"`
	Teams      []Team      `yaml:"teams"`
	Responders []Responder `yaml:"responders"`
	Sources    []Source    `yaml:"sources"`
	SLOs       []string    `yaml:"slos"` // patterns of OpenSLO files

	Maintenance []Maintenance `yaml:"maintenance"`
	Reports     []Report      `yaml:"reports"`
	Privacy     Privacy       `yaml:"privacy"`
	Toil        Toil          `yaml:"toil"`

	Dashboards   []Dashboard       `yaml:"dashboards"` // what is looked at
	Queries      []Query           `yaml:"queries"`    // and what else is
	LookBack     LookBack          `yaml:"look_back"`
	Incidents    Incidents         `yaml:"incidents"`
	MonitorFiles []string          `yaml:"monitors"` // patterns of files that define monitors
	RunbookFiles []string          `yaml:"runbooks"` // patterns
	Lint         map[string]string `yaml:"lint"`     // what is said of rules, by ID: off, error, warning or note

	Tracker *Tracker `yaml:"tracker,omitempty"` // where findings are filed; nil for nowhere

	// Document is the policy that Policy names, or the one that is built in.
	Document policy.Document `yaml:"-"`

	// Objectives are the SLOs of the files that SLOs names, each with the source
	// that counts it. Warnings tell what is wrong with those files and with the
	// sources but can be lived with, each with its place.
	Objectives []opsreview.SLO `yaml:"-"`
	Warnings   []string        `yaml:"-"`

	// Boards are the dashboards of files, Wanted the entries for those that
	// sources deliver, and Charts the queries. Definitions and Runbooks are those
	// of files, which are held against LintRules.
	Boards      []Board                       `yaml:"-"`
	Wanted      Wanted                        `yaml:"-"`
	Charts      []opsreview.Chart             `yaml:"-"`
	Definitions []opsreview.MonitorDefinition `yaml:"-"`
	Runbooks    []opsreview.Runbook           `yaml:"-"`
	LintRules   []hygiene.Rule                `yaml:"-"`

	// Origin says where each top-level key has its value from: "default" or
	// "opsreview.yaml:3". Who overrides a value, with a flag for instance, notes
	// it here for [Config.Redacted].
	Origin map[string]string `yaml:"-"`

	name string // of the file; "" for the defaults
	form form   // where things stand in it
}

// Server says where `opsreview serve` listens.
type Server struct {
	Listen string `yaml:"listen"` // a loopback address, or any with TLS and a login

	TokensFile string  `yaml:"tokens_file,omitempty"` // hashed tokens; "" for none
	TLS        *TLS    `yaml:"tls,omitempty"`         // nil for no encryption
	OIDC       *OIDC   `yaml:"oidc,omitempty"`        // nil for no login provider
	Limits     *Limits `yaml:"limits,omitempty"`      // nil for the defaults

	// HTTP is where webhooks, metrics and the state of health are served, a
	// loopback address; "" for nowhere.
	HTTP string `yaml:"http,omitempty"`

	// OTLPEndpoint is the URL of the collector of traces; "" for no traces.
	OTLPEndpoint string `yaml:"otlp_endpoint,omitempty"`
}

// Retention says how long what is not needed for reviews is kept.
type Retention struct {
	Raw Duration `yaml:"raw"` // the sources' own payloads
}

// A Team is a group that owns services.
type Team struct {
	Name     string   `yaml:"name"`
	TimeZone string   `yaml:"time_zone,omitempty"` // where its week begins; "" means UTC
	Services []string `yaml:"services,omitempty"`  // names or references
	Members  []string `yaml:"members,omitempty"`   // names of responders
	Leads    []string `yaml:"leads,omitempty"`     // names or addresses of people who see its members' load
	Hours    *Hours   `yaml:"hours,omitempty"`     // nil means the policy's
}

// A Responder is a person who can be paged.
type Responder struct {
	Name     string   `yaml:"name"`
	Emails   []string `yaml:"emails,omitempty"`
	TimeZone string   `yaml:"time_zone,omitempty"` // "" means the source's
	Holidays string   `yaml:"holidays,omitempty"`  // calendar of public holidays, such as "DE"
	Hours    *Hours   `yaml:"hours,omitempty"`     // nil means the team's or the policy's
}

// keys are the top-level keys in the order in which they are printed.
var keys = []string{"database", "policy", "server", "retention", "teams", "responders", "sources", "slos", "dashboards", "queries", "look_back", "incidents", "monitors", "runbooks", "lint", "maintenance", "reports", "tracker", "privacy", "toil"}

// Default returns the configuration of an empty file.
func Default() Config {
	c := Config{
		Server:    Server{Listen: "127.0.0.1:7474"},
		Retention: Retention{Raw: Duration(90 * 24 * time.Hour)},
		LookBack:  defaultLookBack(),
		Incidents: defaultIncidents(),
		Privacy:   defaultPrivacy(),
		Toil:      defaultToil(),
		Document:  policy.Default(),
		Origin:    map[string]string{},
	}
	c.LintRules, _ = hygiene.Rules(nil) // nothing that could be unknown
	for _, k := range keys {
		c.Origin[k] = "default"
	}
	return c
}

// Load reads the configuration at path, and the policy, the objectives and the
// other files that it names. Relative paths in the file are relative to its
// folder, and come out ready to open. It returns a NotFound error if there is no
// such file and an Invalid one, which names every mistake with its place, if it
// cannot be used.
func Load(path string) (Config, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return Config{}, readError(err, "configuration", path)
	}
	c, err := Parse(path, data)
	if err != nil {
		return Config{}, err
	}
	c.resolvePaths(filepath.Dir(path))
	if err := c.loadSLOs(readFiles); err != nil {
		return Config{}, err
	}
	if err := c.loadLooks(filepath.Dir(path), readFiles); err != nil {
		return Config{}, err
	}
	if c.Policy == "" {
		return c, nil
	}
	data, err = os.ReadFile(c.Policy)
	if err != nil {
		err = readError(err, "policy", c.Policy)
		return Config{}, opsreview.Wrapf(err, opsreview.Invalid, "%s: policy: %s", c.form.place("policy"), opsreview.ErrorMessage(err))
	}
	c.Document, err = policy.Parse(c.Policy, data)
	return c, err
}

func readError(err error, what, path string) error {
	if errors.Is(err, fs.ErrNotExist) {
		return opsreview.Wrapf(err, opsreview.NotFound, "there is no %s file %q", what, path)
	}
	return opsreview.Wrapf(err, opsreview.Invalid, "the %s file %q cannot be read", what, path)
}

// resolvePaths makes the paths of the file independent of where the program
// runs.
func (c *Config) resolvePaths(dir string) {
	paths := []*string{&c.Database, &c.Policy, &c.Server.TokensFile}
	if t := c.Server.TLS; t != nil {
		paths = append(paths, &t.CertFile, &t.KeyFile, &t.ClientCAFile)
	}
	for i := range c.Sources {
		paths = append(paths, c.Sources[i].paths()...)
	}
	for i := range c.Reports {
		paths = append(paths, c.Reports[i].paths()...)
	}
	paths = append(paths, c.Tracker.paths()...)
	lists := [][]string{c.SLOs, c.MonitorFiles, c.RunbookFiles}
	for _, d := range c.Dashboards {
		lists = append(lists, d.Files)
	}
	for _, patterns := range lists {
		for i, pattern := range patterns {
			patterns[i] = resolvePattern(dir, pattern)
		}
	}
	for _, p := range paths {
		if *p != "" && !filepath.IsAbs(*p) {
			*p = filepath.Join(dir, *p)
		}
	}
}

// Parse reads a configuration over the defaults and opens no other file, so
// that the policy is the one that is built in and there are no objectives: see
// [ParseWith]. The name is for messages. It
// returns an Invalid error that names every mistake with its place.
func Parse(name string, data []byte) (Config, error) {
	c := Default()
	c.name, c.form.name = name, name
	if err := c.form.decode(data, &c); err != nil {
		return Config{}, err
	}
	for _, k := range keys {
		if at, ok := c.form.at[k]; ok {
			c.Origin[k] = fmt.Sprintf("%s:%d", name, at.Line)
		}
	}
	if err := c.Validate(); err != nil {
		return Config{}, err
	}
	c.Warnings = c.sourceWarnings()
	return c, nil
}

// Org returns what the configuration says of people, beside the policy.
func (c Config) Org() opsreview.Org {
	base := c.Document.Policy.Hours
	org := opsreview.Org{
		Vocabulary: c.Document.Vocabulary,
		Policy:     c.Document.Policy,
		Monitors:   c.Document.Monitors,

		Maintenance: c.maintenance(),
	}
	for _, t := range c.Teams {
		org.Teams = append(org.Teams, opsreview.OrgTeam{
			Name: t.Name, TimeZone: t.TimeZone, Hours: t.Hours.over(base),
			Services: slices.Clone(t.Services), Members: slices.Clone(t.Members), Leads: slices.Clone(t.Leads),
		})
	}
	for _, r := range c.Responders {
		person := opsreview.OrgResponder{
			Name: r.Name, TimeZone: r.TimeZone, Holidays: r.Holidays, Hours: r.Hours.over(base),
		}
		for _, email := range r.Emails {
			person.Emails = append(person.Emails, strings.ToLower(email))
		}
		org.Responders = append(org.Responders, person)
	}
	return org
}

// Redacted returns the configuration in force as YAML, each part headed by
// where it comes from. There are no secrets in it.
func (c Config) Redacted() []byte {
	var b strings.Builder
	for _, k := range keys {
		fmt.Fprintf(&b, "# %s\n%s", c.Origin[k], marshalKey(c, k))
	}
	return []byte(b.String())
}

// knownNames returns the sorted keys of a table, for messages.
func knownNames[V any](table map[string]V) string {
	return strings.Join(slices.Sorted(maps.Keys(table)), ", ")
}
