package pagerduty

import (
	"cmp"
	"regexp"
	"strconv"

	"opsreview"
	"opsreview/internal/rest"
)

// Hosts of the two service regions. A token of one is refused by the other.
const (
	usHost = "https://api.pagerduty.com"
	euHost = "https://api.eu.pagerduty.com"
)

const (
	defaultBackfill = 90      // days
	mostBackfill    = 5 * 366 // days
	mostTeams       = 100     // team IDs in one query
	sourceType      = "pagerduty"
)

// Config is a source's section of the configuration.
type Config struct {
	Name      string   `yaml:"name"`
	Type      string   `yaml:"type"`
	BaseURL   string   `yaml:"base_url,omitempty"`   // https://api.pagerduty.com if empty
	TokenFile string   `yaml:"token_file,omitempty"` // a file that holds the API key
	TokenEnv  string   `yaml:"token_env,omitempty"`  // or an environment variable that does
	Backfill  string   `yaml:"backfill,omitempty"`   // how much history the first sync reads, "90d" if empty
	Teams     []string `yaml:"teams,omitempty"`      // IDs of the teams to read; all if empty
	Alerts    *bool    `yaml:"alerts,omitempty"`     // read the alerts of each incident; true if unset
	Notes     *bool    `yaml:"notes,omitempty"`      // read the notes of incidents that have some; true if unset

	Incidents *Declared `yaml:"incidents,omitempty"` // which of them people declared; nil for none

	// WebhookSecretFile is a file that holds the secrets of webhook
	// subscriptions, one a line; without it no webhook is taken.
	WebhookSecretFile string `yaml:"webhook_secret_file,omitempty"`
}

var (
	daysForm = regexp.MustCompile(`^([0-9]{1,5})d$`)
	teamForm = regexp.MustCompile(`^[A-Za-z0-9]{1,64}$`)
)

// Validate returns an Invalid error that names the field at fault.
func (c Config) Validate() error {
	if err := opsreview.ValidSourceName(c.Name); err != nil {
		return opsreview.Wrapf(err, opsreview.Invalid, "name: %s", opsreview.ErrorMessage(err))
	}
	if c.Type != "" && c.Type != sourceType {
		return opsreview.Errorf(opsreview.Invalid, "type: %q is not pagerduty", c.Type)
	}
	if _, err := rest.ParseBase(c.baseURL()); err != nil {
		return err
	}
	switch {
	case c.TokenFile != "" && c.TokenEnv != "":
		return opsreview.Errorf(opsreview.Invalid, "token_file and token_env are both set: keep one of them")
	case c.TokenFile == "" && c.TokenEnv == "":
		return opsreview.Errorf(opsreview.Invalid, "token_file is not set: name a file that holds the API key, or an environment variable in token_env")
	}
	if d := c.days(); d < 1 || d > mostBackfill {
		return opsreview.Errorf(opsreview.Invalid, "backfill: %q is not a number of days between 1d and %dd", c.Backfill, mostBackfill)
	}
	if len(c.Teams) > mostTeams {
		return opsreview.Errorf(opsreview.Invalid, "teams: %d are more than the %d that one source may have: use several sources", len(c.Teams), mostTeams)
	}
	for _, id := range c.Teams {
		if !teamForm.MatchString(id) {
			return opsreview.Errorf(opsreview.Invalid, "teams: %q is not a team's ID, such as PQ9K7I8: IDs stand in the team's web address", id)
		}
	}
	return c.Incidents.validate()
}

func (c Config) baseURL() string { return cmp.Or(c.BaseURL, usHost) }

// days returns how many days of history the first sync reads, 0 if the field
// cannot be read.
func (c Config) days() int {
	if c.Backfill == "" {
		return defaultBackfill
	}
	m := daysForm.FindStringSubmatch(c.Backfill)
	if m == nil {
		return 0
	}
	n, err := strconv.Atoi(m[1])
	if err != nil {
		return 0
	}
	return n
}

func on(b *bool) bool { return b == nil || *b }
