package runbook

import (
	"net/netip"
	"strings"

	"opsreview"
)

const sourceType = "runbooks"

// Config is a source's section of the configuration.
type Config struct {
	Name string `yaml:"name"`
	Type string `yaml:"type"`

	// Allow names hosts that may be asked although their addresses are private:
	// "wiki.corp.example.com", or "*.corp.example.com" for all below it.
	Allow []string `yaml:"allow,omitempty"`
}

// Validate returns an Invalid error that names the field at fault.
func (c Config) Validate() error {
	if err := opsreview.ValidSourceName(c.Name); err != nil {
		return opsreview.Wrapf(err, opsreview.Invalid, "name: %s", opsreview.ErrorMessage(err))
	}
	if c.Type != "" && c.Type != sourceType {
		return opsreview.Errorf(opsreview.Invalid, "type: %q is not runbooks", c.Type)
	}
	for _, host := range c.Allow {
		if err := validHost(host); err != nil {
			return err
		}
	}
	return nil
}

func validHost(host string) error {
	name := strings.TrimPrefix(host, "*.")
	if _, err := netip.ParseAddr(name); err == nil && name == host {
		return nil
	}
	if name == "" || strings.ContainsAny(name, "/:*@?# ") {
		return opsreview.Errorf(opsreview.Invalid, "allow: %q is not a host: write wiki.example.com, or *.example.com for all below it", host)
	}
	return nil
}

// allows reports whether a host may have any address.
func (c Config) allows(host string) bool {
	host = strings.ToLower(strings.TrimSuffix(host, "."))
	for _, a := range c.Allow {
		a = strings.ToLower(a)
		if below, all := strings.CutPrefix(a, "*"); host == a || (all && strings.HasSuffix(host, below)) {
			return true
		}
	}
	return false
}
