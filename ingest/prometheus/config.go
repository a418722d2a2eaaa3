package prometheus

import (
	"cmp"
	"time"

	"opsreview"
	"opsreview/internal/prom"
	"opsreview/internal/rest"
)

const (
	sourceType = "prometheus"
	day        = 24 * time.Hour

	defaultSeries = 2000
	mostBackfill  = 5 * 366 * day
	mostBridge    = 7 * day
)

// Config is a source's section of the configuration. Spans of time are written
// as 35d, 6h or 5m.
type Config struct {
	Name    string `yaml:"name"`
	Type    string `yaml:"type"`
	BaseURL string `yaml:"base_url"` // of the API, without /api/v1; HTTP will do where there are no credentials

	TokenFile    string `yaml:"token_file,omitempty"`    // a file that holds a bearer token
	TokenEnv     string `yaml:"token_env,omitempty"`     // or an environment variable that does
	Username     string `yaml:"username,omitempty"`      // or a name,
	PasswordFile string `yaml:"password_file,omitempty"` // and a file that holds its password

	Backfill  string `yaml:"backfill,omitempty"`   // how much history the first sync reads, "35d" if empty
	Gap       string `yaml:"gap,omitempty"`        // a longer pause between two samples is a gap, "5m" if empty
	Bridge    string `yaml:"bridge,omitempty"`     // what a longer gap hides stays unknown, "6h" if empty
	Delay     string `yaml:"delay,omitempty"`      // how far behind the clock samples are read, "5m" if empty
	MaxSeries int    `yaml:"max_series,omitempty"` // how many series one query of an SLO may have, 2000 if 0
	Rules     *bool  `yaml:"rules,omitempty"`      // whether its alerting rules are read; nil means that they are
}

// spans are the lengths of time of a configuration.
type spans struct{ backfill, gap, bridge, delay time.Duration }

// Validate returns an Invalid error that names the field at fault.
func (c Config) Validate() error {
	if err := opsreview.ValidSourceName(c.Name); err != nil {
		return opsreview.Wrapf(err, opsreview.Invalid, "name: %s", opsreview.ErrorMessage(err))
	}
	if c.Type != "" && c.Type != sourceType {
		return opsreview.Errorf(opsreview.Invalid, "type: %q is not prometheus", c.Type)
	}
	if c.BaseURL == "" {
		return opsreview.Errorf(opsreview.Invalid, "base_url: is missing: write it as https://host:9090")
	}
	if err := c.validateLogin(); err != nil {
		return err
	}
	if c.MaxSeries < 0 {
		return opsreview.Errorf(opsreview.Invalid, "max_series: %d is less than 0", c.MaxSeries)
	}
	_, err := c.spans()
	return err
}

func (c Config) validateLogin() error {
	switch token := c.TokenFile != "" || c.TokenEnv != ""; {
	case c.TokenFile != "" && c.TokenEnv != "":
		return opsreview.Errorf(opsreview.Invalid, "token_file: token_env is set too: keep one of them")
	case token && c.Username != "":
		return opsreview.Errorf(opsreview.Invalid, "username: there is a token too: keep one of them")
	case c.Username != "" && c.PasswordFile == "":
		return opsreview.Errorf(opsreview.Invalid, "password_file: is missing: name a file that holds the password of %q", c.Username)
	case c.Username == "" && c.PasswordFile != "":
		return opsreview.Errorf(opsreview.Invalid, "username: is missing, and there is a password_file")
	}
	_, err := prom.ParseBase(c.BaseURL, c.auth("x"))
	return err
}

// Secret reads the token or the password that the configuration names, "" if
// it names none.
func (c Config) Secret() (rest.Secret, error) {
	switch {
	case c.PasswordFile != "":
		secret, err := rest.ReadSecret(c.PasswordFile, "")
		return secret, opsreview.Wrapf(err, opsreview.Invalid, "password_file: the password of %q cannot be read from %q: it should stand there alone", c.Username, c.PasswordFile)
	case c.TokenFile != "" || c.TokenEnv != "":
		return rest.ReadSecret(c.TokenFile, c.TokenEnv)
	}
	return "", nil
}

// auth is how the source makes itself known with a secret.
func (c Config) auth(secret rest.Secret) prom.Auth {
	switch {
	case c.Username != "":
		return prom.Auth{Username: c.Username, Password: secret}
	case c.TokenFile != "" || c.TokenEnv != "":
		return prom.Auth{Token: secret}
	}
	return prom.Auth{}
}

// spans reads the lengths of time. It returns an Invalid error that names the
// field at fault.
func (c Config) spans() (spans, error) {
	var s spans
	for _, f := range []struct {
		name, text, standard string
		least, most          time.Duration
		into                 *time.Duration
	}{
		{"backfill", c.Backfill, "35d", time.Hour, mostBackfill, &s.backfill},
		{"gap", c.Gap, "5m", time.Minute, time.Hour, &s.gap},
		{"bridge", c.Bridge, "6h", 0, mostBridge, &s.bridge},
		{"delay", c.Delay, "5m", 0, time.Hour, &s.delay},
	} {
		d, ok := prom.ParseSpan(cmp.Or(f.text, f.standard))
		if !ok || d < f.least || d > f.most {
			return s, opsreview.Errorf(opsreview.Invalid, "%s: %q is not a span of time between %s and %s: write %s", f.name, f.text, f.least, f.most, f.standard)
		}
		*f.into = d
	}
	if s.bridge < s.gap {
		return s, opsreview.Errorf(opsreview.Invalid, "bridge: %q is less than gap", c.Bridge)
	}
	return s, nil
}

func (c Config) maxSeries() int { return cmp.Or(c.MaxSeries, defaultSeries) }
