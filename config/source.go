package config

import (
	"cmp"
	"fmt"
	"net/url"
	"reflect"
	"strings"
	"time"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"

	"opsreview"
	"opsreview/ingest/alertmanager"
	"opsreview/ingest/grafana"
	"opsreview/ingest/pagerduty"
	"opsreview/ingest/prometheus"
	"opsreview/ingest/runbook"
)

// defaultEvery is how often the server syncs a source where the file does not
// say.
const defaultEvery = Duration(5 * time.Minute)

// A Source is one place that facts are pulled from. Beside the keys that every
// source has, the vendor says which there are.
type Source struct {
	Name  string
	Type  string
	Every Duration // how often the server syncs it

	PagerDuty    pagerduty.Config    // if Type is "pagerduty"
	Prometheus   prometheus.Config   // if Type is "prometheus"
	Alertmanager alertmanager.Config // if Type is "alertmanager"
	Grafana      grafana.Config      // if Type is "grafana"
	Runbooks     runbook.Config      // if Type is "runbooks"
}

// A vendor is a type of source.
type vendor struct {
	keys   map[string]reflect.Type
	config func(s *Source) vendorConfig // where the vendor's keys are
	paths  func(s *Source) []*string    // those of them that are paths
	write  func(s Source) any           // the source as it is written
}

// A vendorConfig is the keys of a vendor. It points to a struct.
type vendorConfig interface {
	// Validate returns an Invalid error whose message begins with the field at
	// fault.
	Validate() error
}

// written is a source as it is written.
type written[C any] struct {
	Config C        `yaml:",inline"`
	Every  Duration `yaml:"every"`
}

// sourceTypes are the vendors.
var sourceTypes = map[string]vendor{
	"pagerduty": {
		keys:   fieldsOf(reflect.TypeFor[pagerduty.Config]()),
		config: func(s *Source) vendorConfig { return &s.PagerDuty },
		paths:  func(s *Source) []*string { return []*string{&s.PagerDuty.TokenFile, &s.PagerDuty.WebhookSecretFile} },
		write:  func(s Source) any { return written[pagerduty.Config]{s.PagerDuty, s.Every} },
	},
	"prometheus": {
		keys:   fieldsOf(reflect.TypeFor[prometheus.Config]()),
		config: func(s *Source) vendorConfig { return &s.Prometheus },
		paths:  func(s *Source) []*string { return []*string{&s.Prometheus.TokenFile, &s.Prometheus.PasswordFile} },
		write:  func(s Source) any { return written[prometheus.Config]{s.Prometheus, s.Every} },
	},
	"alertmanager": {
		keys:   fieldsOf(reflect.TypeFor[alertmanager.Config]()),
		config: func(s *Source) vendorConfig { return &s.Alertmanager },
		paths: func(s *Source) []*string {
			return []*string{&s.Alertmanager.WebhookTokenFile, &s.Alertmanager.PrometheusTokenFile, &s.Alertmanager.PrometheusPasswordFile}
		},
		write: func(s Source) any { return written[alertmanager.Config]{s.Alertmanager, s.Every} },
	},
	"grafana": {
		keys:   fieldsOf(reflect.TypeFor[grafana.Config]()),
		config: func(s *Source) vendorConfig { return &s.Grafana },
		paths:  func(s *Source) []*string { return []*string{&s.Grafana.TokenFile} },
		write:  func(s Source) any { return written[grafana.Config]{s.Grafana, s.Every} },
	},
	"runbooks": {
		keys:   fieldsOf(reflect.TypeFor[runbook.Config]()),
		config: func(s *Source) vendorConfig { return &s.Runbooks },
		paths:  func(*Source) []*string { return nil },
		write:  func(s Source) any { return written[runbook.Config]{s.Runbooks, s.Every} },
	},
}

// sourceKeys are the keys that every source has.
type sourceKeys struct {
	Name  string   `yaml:"name"`
	Type  string   `yaml:"type"`
	Every Duration `yaml:"every"`
}

// UnmarshalYAML reads a source whose form was checked.
func (s *Source) UnmarshalYAML(n ast.Node) error {
	common := sourceKeys{Every: defaultEvery}
	if err := yaml.NodeToValue(n, &common); err != nil {
		return err
	}
	s.Name, s.Type, s.Every = common.Name, common.Type, common.Every
	v, ok := sourceTypes[s.Type]
	if !ok {
		return nil // said already
	}
	return yaml.NodeToValue(n, v.config(s))
}

// MarshalYAML returns the source as it is written.
func (s Source) MarshalYAML() (any, error) { return sourceTypes[s.Type].write(s), nil }

// paths lists the paths that the source names.
func (s *Source) paths() []*string { return sourceTypes[s.Type].paths(s) }

// problems lists what the vendor finds wrong, and what must not be printed.
func (s Source) problems(path string) []problem {
	v, ok := sourceTypes[s.Type]
	if !ok || s.Name == "" || opsreview.ValidSourceName(s.Name) != nil {
		return nil // said already; the vendor would say it again
	}
	if u, err := url.Parse(s.baseURL()); err == nil && u.User != nil {
		return []problem{{path + ".base_url", "must not hold a name or a password: name the file of a secret instead"}}
	}
	err := v.config(&s).Validate()
	if err == nil {
		return nil
	}
	field, text, ok := strings.Cut(opsreview.ErrorMessage(err), ": ")
	if _, known := v.keys[field]; !ok || !known {
		return []problem{{path, opsreview.ErrorMessage(err)}}
	}
	return []problem{{path + "." + field, text}}
}

// sourceWarnings tells what is wrong with the sources together but can be lived
// with.
func (c Config) sourceWarnings() []string {
	of := map[string][]string{}
	for _, s := range c.Sources {
		of[s.Type] = append(of[s.Type], s.Name)
	}
	if len(of["alertmanager"]) == 0 || len(of["pagerduty"]) == 0 {
		return nil
	}
	return []string{fmt.Sprintf("%s: what %s sends on to %s counts twice: send opsreview only those of its alerts that go elsewhere, or leave one of them out",
		c.Origin["sources"], strings.Join(of["alertmanager"], ", "), strings.Join(of["pagerduty"], ", "))}
}

// baseURL is where the vendor's API is, as far as the source says.
func (s Source) baseURL() string {
	return cmp.Or(s.PagerDuty.BaseURL, s.Prometheus.BaseURL, s.Grafana.BaseURL)
}

// checkSource compares a mapping with the keys of its type of source.
func (f *form) checkSource(n ast.Node, path string) {
	fields := fieldsOf(reflect.TypeFor[sourceKeys]())
	f.checkTyped(n, path, fields, knownNames(sourceTypes), func(name string) (map[string]reflect.Type, bool) {
		v, ok := sourceTypes[name]
		return v.keys, ok
	})
}

// marshalKey writes one top-level key of the configuration.
func marshalKey(c Config, key string) []byte {
	v := reflect.ValueOf(c)
	for i := range v.NumField() {
		if name, _, _ := strings.Cut(v.Type().Field(i).Tag.Get("yaml"), ","); name == key {
			out, err := yaml.Marshal(yaml.MapSlice{{Key: key, Value: v.Field(i).Interface()}})
			if err != nil {
				return fmt.Appendf(nil, "# %s cannot be shown\n", key)
			}
			return out
		}
	}
	return nil
}
