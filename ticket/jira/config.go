package jira

import (
	"cmp"
	"maps"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"

	"opsreview"
	"opsreview/internal/rest"
)

const (
	trackerType   = "jira"
	defaultType   = "Task"
	defaultPause  = time.Second
	gatewayHost   = "api.atlassian.com"
	gatewayPrefix = "/ex/jira/"
)

// The ways to show a token.
const (
	authBasic  = "basic"
	authBearer = "bearer"
)

// Config is a tracker's section of the configuration.
type Config struct {
	Type      string `yaml:"type"`
	BaseURL   string `yaml:"base_url"`             // of the API
	BrowseURL string `yaml:"browse_url,omitempty"` // that people open; the base URL if empty
	Project   string `yaml:"project"`              // its key, "OPS"
	IssueType string `yaml:"issue_type,omitempty"` // "Task" if empty

	Email     string `yaml:"email,omitempty"`      // of the token's account, for basic
	TokenFile string `yaml:"token_file,omitempty"` // a file that holds the token
	TokenEnv  string `yaml:"token_env,omitempty"`  // or an environment variable that does
	Auth      string `yaml:"auth,omitempty"`       // "basic" or "bearer"; basic if there is an email

	OtherProjects []string          `yaml:"other_projects,omitempty"` // to which people move tickets
	Components    map[string]string `yaml:"components,omitempty"`     // by service
	Parent        string            `yaml:"parent,omitempty"`         // the key of an epic
	Fields        map[string]any    `yaml:"fields,omitempty"`         // further fields, with templates in their texts
	Labels        []string          `yaml:"labels,omitempty"`         // further labels
	WorkLogLabel  string            `yaml:"work_log_label,omitempty"` // of the tickets whose work logs are toil; "opsreview" if empty
	ReopenStatus  string            `yaml:"reopen_status,omitempty"`  // where a closed ticket goes when it is opened again
	Pause         string            `yaml:"pause,omitempty"`          // between two writes, "1s" if empty

	Board       int    `yaml:"board,omitempty"`        // its number, for sprint planning
	PointsField string `yaml:"points_field,omitempty"` // "customfield_10016"; the board's own if empty
}

var (
	projectForm = regexp.MustCompile(`^[A-Z][A-Z0-9_]{1,254}$`)
	issueForm   = regexp.MustCompile(`^[A-Z][A-Z0-9_]+-[0-9]+$`)
	labelForm   = regexp.MustCompile(`^[^\s"\\]{1,255}$`)
	customForm  = regexp.MustCompile(`^customfield_[0-9]+$`)
)

// ownFields are the fields that this program fills in by itself.
var ownFields = []string{"project", "issuetype", "summary", "description", "labels", "components", "parent"}

// Validate returns an Invalid error that names the field at fault.
func (c Config) Validate() error {
	if c.Type != "" && c.Type != trackerType {
		return opsreview.Errorf(opsreview.Invalid, "type: %q is not jira", c.Type)
	}
	for _, check := range []func() error{c.validURLs, c.validAuth, c.validPlace, c.validTexts} {
		if err := check(); err != nil {
			return err
		}
	}
	return nil
}

func (c Config) validURLs() error {
	base, err := rest.ParseBase(c.BaseURL)
	if err != nil {
		return err
	}
	gateway := strings.EqualFold(base.Hostname(), gatewayHost)
	switch {
	case gateway && !strings.HasPrefix(base.Path, gatewayPrefix):
		return opsreview.Errorf(opsreview.Invalid,
			"base_url: the gateway needs the site's cloud id: write https://%s%sCLOUD-ID; your site shows it at /_edge/tenant_info", gatewayHost, gatewayPrefix)
	case gateway && c.BrowseURL == "":
		return opsreview.Errorf(opsreview.Invalid, "browse_url: is not set, and people cannot open tickets at %s: write https://YOURSITE.atlassian.net", gatewayHost)
	case c.BrowseURL == "":
		return nil
	}
	u, err := url.Parse(c.BrowseURL)
	if err != nil || u.Host == "" || u.User != nil || (u.Scheme != "https" && u.Scheme != "http") {
		return opsreview.Errorf(opsreview.Invalid, "browse_url: not a web address: write it as https://host")
	}
	return nil
}

func (c Config) validAuth() error {
	switch {
	case c.TokenFile != "" && c.TokenEnv != "":
		return opsreview.Errorf(opsreview.Invalid, "token_file and token_env are both set: keep one of them")
	case c.TokenFile == "" && c.TokenEnv == "":
		return opsreview.Errorf(opsreview.Invalid, "token_file: is not set: name a file that holds the token, or an environment variable in token_env")
	case c.Auth != "" && c.Auth != authBasic && c.Auth != authBearer:
		return opsreview.Errorf(opsreview.Invalid, "auth: %q is neither basic nor bearer", c.Auth)
	case c.Email == "" && (c.auth() == authBasic || c.Auth == "" && c.onCloud()):
		return opsreview.Errorf(opsreview.Invalid, "email: is not set: Jira Cloud's tokens go with the email of their account")
	case c.auth() == authBearer && c.Email != "":
		return opsreview.Errorf(opsreview.Invalid, "email: does not go with auth: bearer, whose token names the account")
	case strings.ContainsAny(c.Email, ": \t\r\n"):
		return opsreview.Errorf(opsreview.Invalid, "email: %q is not an email address", c.Email)
	}
	return nil
}

func (c Config) validPlace() error {
	for _, key := range append([]string{c.Project}, c.OtherProjects...) {
		if !projectForm.MatchString(key) {
			field := "other_projects"
			if key == c.Project {
				field = "project"
			}
			return opsreview.Errorf(opsreview.Invalid, "%s: %q is not a project's key, such as OPS: keys begin the names of tickets", field, key)
		}
	}
	switch {
	case c.Parent != "" && !issueForm.MatchString(c.Parent):
		return opsreview.Errorf(opsreview.Invalid, "parent: %q is not the key of an epic, such as OPS-7", c.Parent)
	case c.Board < 0:
		return opsreview.Errorf(opsreview.Invalid, "board: %d is not a board's number: it stands in the board's web address", c.Board)
	case c.PointsField != "" && !customForm.MatchString(c.PointsField):
		return opsreview.Errorf(opsreview.Invalid, "points_field: %q is not a field's id, such as customfield_10016", c.PointsField)
	}
	return nil
}

func (c Config) validTexts() error {
	if l := c.WorkLogLabel; l != "" && !labelForm.MatchString(l) {
		return opsreview.Errorf(opsreview.Invalid, "work_log_label: %q is not one word: Jira's labels hold no spaces", l)
	}
	for _, l := range c.Labels {
		if !labelForm.MatchString(l) {
			return opsreview.Errorf(opsreview.Invalid, "labels: %q is not one word: Jira's labels hold no spaces", l)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(c.Fields)) {
		if slices.Contains(ownFields, name) {
			return opsreview.Errorf(opsreview.Invalid, "fields: %s is filled in by opsreview", name)
		}
		if word := badTemplate(c.Fields[name]); word != "" {
			return opsreview.Errorf(opsreview.Invalid, "fields: %s has %s: the templates are %s", name, word, templateList())
		}
	}
	if d, err := time.ParseDuration(cmp.Or(c.Pause, "1s")); err != nil || d < 0 || d > time.Minute {
		return opsreview.Errorf(opsreview.Invalid, "pause: %q is not a time between 0s and 1m", c.Pause)
	}
	return nil
}

// onCloud reports whether the address is that of a site of Jira Cloud.
func (c Config) onCloud() bool {
	base, err := url.Parse(c.BaseURL)
	return err == nil && strings.HasSuffix(strings.ToLower(base.Hostname()), ".atlassian.net")
}

func (c Config) auth() string {
	if c.Auth == "" && c.Email == "" {
		return authBearer
	}
	return cmp.Or(c.Auth, authBasic)
}

func (c Config) issueType() string { return cmp.Or(c.IssueType, defaultType) }

func (c Config) pause() time.Duration {
	d, err := time.ParseDuration(c.Pause)
	if err != nil {
		return defaultPause
	}
	return d
}

// browse is the web address of a ticket.
func (c Config) browse(key string) string {
	if key == "" {
		return ""
	}
	return strings.TrimSuffix(cmp.Or(c.BrowseURL, c.BaseURL), "/") + "/browse/" + url.PathEscape(key)
}
