package markdown

import (
	"net/url"
	"path/filepath"
	"regexp"
	"strings"

	"opsreview"
)

const trackerType = "markdown"

// Config is a tracker's section of the configuration.
type Config struct {
	Type      string   `yaml:"type"`
	Path      string   `yaml:"path"`                 // of the folder; it is made with the first ticket
	Project   string   `yaml:"project,omitempty"`    // its name in the ledger; the folder's if empty
	BrowseURL string   `yaml:"browse_url,omitempty"` // of the folder, where people open it on the web
	Labels    []string `yaml:"labels,omitempty"`     // further labels
}

// maxName is how many bytes a name or a label may have. The patterns do not say
// it: a hundred repetitions of every letter there is take 12 ms to compile.
const maxName = 200

var (
	projectForm = regexp.MustCompile(`^[\p{L}\p{N}][\p{L}\p{N}._-]*$`)
	labelForm   = regexp.MustCompile(`^[\p{L}\p{N}][\p{L}\p{N}._:/-]*$`)
)

// Validate returns an Invalid error that names the field at fault.
func (c Config) Validate() error {
	if c.Type != "" && c.Type != trackerType {
		return opsreview.Errorf(opsreview.Invalid, "type: %q is not markdown", c.Type)
	}
	if strings.TrimSpace(c.Path) == "" || strings.ContainsRune(c.Path, 0) {
		return opsreview.Errorf(opsreview.Invalid, "path: is not set: name the folder that tickets are kept in")
	}
	if p := c.project(); len(p) > maxName || !projectForm.MatchString(p) {
		return opsreview.Errorf(opsreview.Invalid, "project: %q does not do for a name: write letters, digits, dots and dashes", c.project())
	}
	for _, l := range c.Labels {
		if len(l) > maxName || !labelForm.MatchString(l) {
			return opsreview.Errorf(opsreview.Invalid, "labels: %q is not one word of letters, digits, dots and dashes", l)
		}
	}
	if c.BrowseURL == "" {
		return nil
	}
	u, err := url.Parse(c.BrowseURL)
	if err != nil || u.Host == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" || (u.Scheme != "https" && u.Scheme != "http") {
		return opsreview.Errorf(opsreview.Invalid, "browse_url: not a web address of a folder: write it as https://host/folder")
	}
	return nil
}

// project is the folder's name in the ledger.
func (c Config) project() string {
	if c.Project != "" {
		return c.Project
	}
	return filepath.Base(filepath.Clean(c.Path))
}

// url is where people open a file.
func (c Config) url(name string) string {
	if c.BrowseURL != "" {
		return strings.TrimSuffix(c.BrowseURL, "/") + "/" + url.PathEscape(name)
	}
	path := filepath.Join(c.Path, name)
	if whole, err := filepath.Abs(path); err == nil {
		path = whole
	}
	return (&url.URL{Scheme: "file", Path: filepath.ToSlash(path)}).String()
}
