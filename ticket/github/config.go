package github

import (
	"cmp"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	"opsreview"
	"opsreview/internal/rest"
)

const (
	trackerType = "github"
	defaultBase = "https://api.github.com"
)

// Config is a tracker's section of the configuration.
type Config struct {
	Type      string   `yaml:"type"`
	Repo      string   `yaml:"repo"`                 // "owner/name"
	BaseURL   string   `yaml:"base_url,omitempty"`   // of the API, https://api.github.com if empty; https://HOST/api/v3 for a server of one's own
	TokenFile string   `yaml:"token_file,omitempty"` // a file that holds the token
	TokenEnv  string   `yaml:"token_env,omitempty"`  // or an environment variable that does
	Labels    []string `yaml:"labels,omitempty"`     // further labels
}

var repoForm = regexp.MustCompile(`^[A-Za-z0-9](?:[A-Za-z0-9-]{0,99})/([A-Za-z0-9._-]{1,100})$`)

// Validate returns an Invalid error that names the field at fault.
func (c Config) Validate() error {
	if c.Type != "" && c.Type != trackerType {
		return opsreview.Errorf(opsreview.Invalid, "type: %q is not github", c.Type)
	}
	if m := repoForm.FindStringSubmatch(c.Repo); m == nil || m[1] == "." || m[1] == ".." {
		return opsreview.Errorf(opsreview.Invalid, "repo: %q is not a repository: write it as owner/name", c.Repo)
	}
	base, err := rest.ParseBase(c.base())
	if err != nil {
		return err
	}
	if strings.EqualFold(base.Hostname(), "github.com") {
		return opsreview.Errorf(opsreview.Invalid, "base_url: %s shows pages to people: the API is at %s", base.Host, defaultBase)
	}
	switch {
	case c.TokenFile != "" && c.TokenEnv != "":
		return opsreview.Errorf(opsreview.Invalid, "token_file: token_env is set too: keep one of them")
	case c.TokenFile == "" && c.TokenEnv == "":
		return opsreview.Errorf(opsreview.Invalid, "token_file: is not set: name a file that holds the token, or an environment variable in token_env")
	}
	for _, l := range c.Labels {
		odd := func(r rune) bool { return r == ',' || unicode.IsControl(r) }
		if n := utf8.RuneCountInString(l); n < 1 || n > mostLabel || strings.TrimSpace(l) != l || strings.ContainsFunc(l, odd) {
			return opsreview.Errorf(opsreview.Invalid, "labels: %q does not do: a label has 1 to %d characters, and no comma", l, mostLabel)
		}
	}
	return nil
}

func (c Config) base() string { return cmp.Or(c.BaseURL, defaultBase) }

// place splits the repository's name.
func (c Config) place() (owner, name string) {
	owner, name, _ = strings.Cut(c.Repo, "/")
	return owner, name
}
