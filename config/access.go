package config

import (
	"fmt"
	"net"
	"net/netip"
	"strings"

	"opsreview"
	"opsreview/auth"
)

// TLS names the files by which the server proves who it is.
type TLS struct {
	CertFile          string `yaml:"cert_file"` // PEM, with the chain
	KeyFile           string `yaml:"key_file"`  // PEM
	ClientCAFile      string `yaml:"client_ca_file,omitempty"`
	RequireClientCert bool   `yaml:"require_client_cert,omitempty"`
}

// OIDC says whose ID tokens the server accepts.
type OIDC struct {
	Issuer      string  `yaml:"issuer"`
	Audience    string  `yaml:"audience"`
	NameClaim   string  `yaml:"name_claim,omitempty"`   // "" means email
	GroupsClaim string  `yaml:"groups_claim,omitempty"` // "" means groups
	Groups      []Group `yaml:"groups"`
}

// A Group is what its members may do.
type Group struct {
	Group string   `yaml:"group"`
	Role  string   `yaml:"role"`            // reader, writer or admin
	Teams []string `yaml:"teams,omitempty"` // none means all
}

// Limits bound what one caller can ask of the server. 0 means the default.
type Limits struct {
	RequestsPerSecond     int `yaml:"requests_per_second,omitempty"`
	Burst                 int `yaml:"burst,omitempty"`
	ConcurrentRequests    int `yaml:"concurrent_requests,omitempty"`
	Connections           int `yaml:"connections,omitempty"`
	ConnectionsPerAddress int `yaml:"connections_per_address,omitempty"`
}

// Auth returns what package auth makes of the configuration.
func (o OIDC) Auth() auth.OIDCConfig {
	c := auth.OIDCConfig{Issuer: o.Issuer, Audience: o.Audience, NameClaim: o.NameClaim, GroupsClaim: o.GroupsClaim}
	for _, g := range o.Groups {
		c.Groups = append(c.Groups, auth.GroupRule{Group: g.Group, Grant: auth.Grant{Role: auth.Role(g.Role), Teams: g.Teams}})
	}
	return c
}

// Missing says what the server lacks to be open to others than this machine, ""
// if nothing.
func (s Server) Missing() string {
	var missing []string
	if s.TLS == nil {
		missing = append(missing, "server.tls")
	}
	if s.TokensFile == "" && s.OIDC == nil {
		missing = append(missing, "server.tokens_file or server.oidc")
	}
	return strings.Join(missing, ", and ")
}

// Loopback reports whether the address is on this machine.
func Loopback(addr string) bool {
	host, _, err := net.SplitHostPort(addr)
	if err != nil {
		return false
	}
	ip, err := netip.ParseAddr(host)
	return host == "localhost" || (err == nil && ip.IsLoopback())
}

// accessProblems finds what is wrong with where the API listens and whom it
// lets in.
func (c Config) accessProblems() []problem {
	s := c.Server
	var problems []problem
	switch {
	case Loopback(s.Listen) || !wellFormed(s.Listen):
		problems = listenProblems(s.Listen)
	case s.Missing() != "":
		problems = append(problems, problem{"server.listen", fmt.Sprintf("%q is open to others, which takes %s: "+
			"add that, or listen on loopback, such as 127.0.0.1:7474", s.Listen, s.Missing())})
	}
	problems = append(problems, tlsProblems(s.TLS)...)
	problems = append(problems, limitProblems(s.Limits)...)
	return append(problems, c.oidcProblems()...)
}

func tlsProblems(t *TLS) []problem {
	if t == nil {
		return nil
	}
	var problems []problem
	if t.CertFile == "" {
		problems = append(problems, problem{"server.tls.cert_file", "is missing"})
	}
	if t.KeyFile == "" {
		problems = append(problems, problem{"server.tls.key_file", "is missing"})
	}
	if t.RequireClientCert && t.ClientCAFile == "" {
		problems = append(problems, problem{"server.tls.require_client_cert", "takes client_ca_file, which says whose certificates are accepted"})
	}
	return problems
}

func (c Config) oidcProblems() []problem {
	if c.Server.OIDC == nil {
		return nil
	}
	var problems []problem
	if err := c.Server.OIDC.Auth().Check(); err != nil {
		field, text, _ := strings.Cut(opsreview.ErrorMessage(err), ": ")
		problems = append(problems, problem{"server.oidc." + field, text})
	}
	for i, g := range c.Server.OIDC.Groups {
		problems = append(problems, listProblems(fmt.Sprintf("server.oidc.groups[%d].teams", i), g.Teams)...)
	}
	return problems
}

// limitProblems finds limits that nobody could live with.
func limitProblems(l *Limits) []problem {
	if l == nil {
		return nil
	}
	var problems []problem
	for _, f := range []struct {
		name  string
		value int
	}{
		{"requests_per_second", l.RequestsPerSecond},
		{"burst", l.Burst},
		{"concurrent_requests", l.ConcurrentRequests},
		{"connections", l.Connections},
		{"connections_per_address", l.ConnectionsPerAddress},
	} {
		if f.value < 0 {
			problems = append(problems, problem{"server.limits." + f.name, "is negative"})
		}
	}
	return problems
}
