package grafana

import (
	"strings"

	"opsreview"
	"opsreview/internal/rest"
)

const sourceType = "grafana"

// Config is a source's section of the configuration.
type Config struct {
	Name      string   `yaml:"name"`
	Type      string   `yaml:"type"`
	BaseURL   string   `yaml:"base_url"`             // where people open Grafana, with its path if it has one
	TokenFile string   `yaml:"token_file,omitempty"` // a file that holds the token of a service account
	TokenEnv  string   `yaml:"token_env,omitempty"`  // or an environment variable that does
	Folders   []string `yaml:"folders,omitempty"`    // titles or UIDs of folders; all if empty
	Tags      []string `yaml:"tags,omitempty"`       // a dashboard needs one of them; any if empty
}

// Validate returns an Invalid error that names the field at fault.
func (c Config) Validate() error {
	if err := opsreview.ValidSourceName(c.Name); err != nil {
		return opsreview.Wrapf(err, opsreview.Invalid, "name: %s", opsreview.ErrorMessage(err))
	}
	if c.Type != "" && c.Type != sourceType {
		return opsreview.Errorf(opsreview.Invalid, "type: %q is not grafana", c.Type)
	}
	if c.BaseURL == "" {
		return opsreview.Errorf(opsreview.Invalid, "base_url: is missing: write it as https://grafana.example.com")
	}
	if _, err := rest.ParseBase(c.BaseURL); err != nil {
		return err
	}
	switch {
	case c.TokenFile != "" && c.TokenEnv != "":
		return opsreview.Errorf(opsreview.Invalid, "token_file: token_env is set too: keep one of them")
	case c.TokenFile == "" && c.TokenEnv == "":
		return opsreview.Errorf(opsreview.Invalid, "token_file: is missing: name a file that holds the token of a service account, or an environment variable in token_env")
	}
	for field, list := range map[string][]string{"folders": c.Folders, "tags": c.Tags} {
		for _, name := range list {
			if strings.TrimSpace(name) == "" {
				return opsreview.Errorf(opsreview.Invalid, "%s: one of them is empty", field)
			}
		}
	}
	return nil
}

// baseURL is the address without a slash at its end.
func (c Config) baseURL() string { return strings.TrimRight(c.BaseURL, "/") }
