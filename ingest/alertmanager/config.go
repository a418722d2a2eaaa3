package alertmanager

import (
	"cmp"
	"maps"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql/parser"

	"opsreview"
	"opsreview/internal/prom"
	"opsreview/internal/rest"
)

const (
	sourceType   = "alertmanager"
	day          = 24 * time.Hour
	mostBackfill = 5 * 366 * day
	mostOffset   = time.Hour
	mostMatch    = 4096 // bytes of one condition
)

// Config is a source's section of the configuration. Spans of time are written
// as 14d, 6h or 5m.
type Config struct {
	Name string `yaml:"name"`
	Type string `yaml:"type"`

	// WebhookTokenFile is a file that holds what Alertmanager's calls bring as a
	// bearer token or as a password, one a line; without it no call is taken.
	WebhookTokenFile string `yaml:"webhook_token_file,omitempty"`

	// Match are conditions on an alert's labels, as PromQL writes them. An alert is
	// a page if one of them holds; without any, every alert that is sent is one.
	Match []string `yaml:"match,omitempty"`

	ServiceLabel string   `yaml:"service_label,omitempty"` // names the service; "service" and then "job" if empty
	LowUrgency   []string `yaml:"low_urgency,omitempty"`   // severities that wake nobody; info, low, none, ticket and warning if empty

	PrometheusURL          string `yaml:"prometheus_url,omitempty"` // of the server whose rules fire the alerts; "" reads no history
	PrometheusTokenFile    string `yaml:"prometheus_token_file,omitempty"`
	PrometheusUsername     string `yaml:"prometheus_username,omitempty"`
	PrometheusPasswordFile string `yaml:"prometheus_password_file,omitempty"`

	ExternalLabels map[string]string `yaml:"external_labels,omitempty"` // that the server adds to alerts on their way
	QueryOffset    string            `yaml:"query_offset,omitempty"`    // the server's rule_query_offset, "0s" if empty
	Backfill       string            `yaml:"backfill,omitempty"`        // how much history the first sync reads, "14d" if empty
}

// Validate returns an Invalid error that names the field at fault.
func (c Config) Validate() error {
	if err := opsreview.ValidSourceName(c.Name); err != nil {
		return opsreview.Wrapf(err, opsreview.Invalid, "name: %s", opsreview.ErrorMessage(err))
	}
	switch {
	case c.Type != "" && c.Type != sourceType:
		return opsreview.Errorf(opsreview.Invalid, "type: %q is not alertmanager", c.Type)
	case c.WebhookTokenFile == "" && c.PrometheusURL == "":
		return opsreview.Errorf(opsreview.Invalid, "webhook_token_file: is missing: name a file that holds the token that Alertmanager's calls bring, or read history alone with prometheus_url")
	case c.PrometheusURL != "" && len(c.Match) == 0:
		return opsreview.Errorf(opsreview.Invalid, "match: is missing: the history in Prometheus holds every alert, so say which ones page, such as '{severity=\"page\"}'")
	case c.ServiceLabel != "" && !model.UTF8Validation.IsValidLabelName(c.ServiceLabel):
		return opsreview.Errorf(opsreview.Invalid, "service_label: %q is not a label's name", c.ServiceLabel)
	}
	if _, err := c.conditions(); err != nil {
		return err
	}
	for _, name := range slices.Sorted(maps.Keys(c.ExternalLabels)) {
		if !model.UTF8Validation.IsValidLabelName(name) {
			return opsreview.Errorf(opsreview.Invalid, "external_labels: %q is not a label's name", name)
		}
	}
	if err := c.validateServer(); err != nil {
		return err
	}
	_, _, err := c.spans()
	return err
}

// validateServer looks at how the history is reached.
func (c Config) validateServer() error {
	switch {
	case c.PrometheusURL == "":
		for _, f := range []struct{ name, value string }{
			{"prometheus_token_file", c.PrometheusTokenFile},
			{"prometheus_username", c.PrometheusUsername},
			{"prometheus_password_file", c.PrometheusPasswordFile},
			{"backfill", c.Backfill},
			{"query_offset", c.QueryOffset},
		} {
			if f.value != "" {
				return opsreview.Errorf(opsreview.Invalid, "%s: there is no prometheus_url", f.name)
			}
		}
		return nil
	case c.PrometheusTokenFile != "" && c.PrometheusUsername != "":
		return opsreview.Errorf(opsreview.Invalid, "prometheus_username: there is a token too: keep one of them")
	case (c.PrometheusUsername == "") != (c.PrometheusPasswordFile == ""):
		return opsreview.Errorf(opsreview.Invalid, "prometheus_username: a name and a password belong together")
	}
	if u, err := url.Parse(c.PrometheusURL); err == nil && u.User != nil {
		return opsreview.Errorf(opsreview.Invalid, "prometheus_url: must not hold a name or a password: use prometheus_token_file or prometheus_username")
	}
	if _, err := prom.ParseBase(c.PrometheusURL, c.auth("x")); err != nil {
		text := strings.TrimPrefix(opsreview.ErrorMessage(err), "base_url: ")
		return opsreview.Wrapf(err, opsreview.Invalid, "prometheus_url: %s", text)
	}
	return nil
}

// Secret reads the token or the password for Prometheus, "" if there is none.
func (c Config) Secret() (rest.Secret, error) {
	file := cmp.Or(c.PrometheusTokenFile, c.PrometheusPasswordFile)
	if file == "" {
		return "", nil
	}
	secret, err := rest.ReadSecret(file, "")
	return secret, opsreview.Wrapf(err, opsreview.Invalid, "the secret for prometheus_url cannot be read from %q: it should stand there alone", file)
}

func (c Config) auth(secret rest.Secret) prom.Auth {
	switch {
	case c.PrometheusUsername != "":
		return prom.Auth{Username: c.PrometheusUsername, Password: secret}
	case c.PrometheusTokenFile != "":
		return prom.Auth{Token: secret}
	}
	return prom.Auth{}
}

// spans reads the lengths of time.
func (c Config) spans() (backfill, offset time.Duration, err error) {
	backfill, ok := prom.ParseSpan(cmp.Or(c.Backfill, "14d"))
	if !ok || backfill < time.Hour || backfill > mostBackfill {
		return 0, 0, opsreview.Errorf(opsreview.Invalid, "backfill: %q is not a span of time between 1h and 1830d: write 14d", c.Backfill)
	}
	offset, ok = prom.ParseSpan(cmp.Or(c.QueryOffset, "0s"))
	if !ok || offset < 0 || offset > mostOffset {
		return 0, 0, opsreview.Errorf(opsreview.Invalid, "query_offset: %q is not a span of time up to 1h: write 30s", c.QueryOffset)
	}
	return backfill, offset, nil
}

// conditions reads the conditions on labels.
func (c Config) conditions() ([][]*labels.Matcher, error) {
	var all [][]*labels.Matcher
	for _, text := range c.Match {
		if len(text) > mostMatch || !strings.HasPrefix(strings.TrimSpace(text), "{") {
			return nil, opsreview.Errorf(opsreview.Invalid, "match: want conditions in braces, such as '{severity=\"page\"}', not %q", clip(text, 80))
		}
		matchers, err := parser.NewParser(parser.Options{}).ParseMetricSelector(text)
		if err != nil {
			return nil, opsreview.Wrapf(err, opsreview.Invalid, "match: %q cannot be read: write conditions as PromQL does, at least one of which does not hold for an empty value", clip(text, 80))
		}
		all = append(all, matchers)
	}
	return all, nil
}
