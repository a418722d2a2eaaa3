package config_test

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"opsreview"
	"opsreview/auth"
	"opsreview/config"
)

const openToOthers = `
server:
  listen: 0.0.0.0:7474
  tokens_file: tokens.json
  tls: {cert_file: tls/cert.pem, key_file: /etc/key.pem, client_ca_file: ca.pem, require_client_cert: true}
  oidc:
    issuer: https://login.example.com
    audience: opsreview
    groups_claim: roles
    groups:
      - {group: sre, role: writer, teams: [secrets]}
  limits: {requests_per_second: 5, connections_per_address: 8}
`

func TestLoad_Access(t *testing.T) {
	path := write(t, t.TempDir(), "opsreview.yaml", openToOthers)
	c, err := config.Load(path)
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Dir(path)
	want := config.Server{
		Listen: "0.0.0.0:7474", TokensFile: filepath.Join(dir, "tokens.json"),
		TLS: &config.TLS{
			CertFile: filepath.Join(dir, "tls", "cert.pem"), KeyFile: "/etc/key.pem", ClientCAFile: filepath.Join(dir, "ca.pem"), RequireClientCert: true,
		},
		OIDC: &config.OIDC{
			Issuer: "https://login.example.com", Audience: "opsreview", GroupsClaim: "roles",
			Groups: []config.Group{{Group: "sre", Role: "writer", Teams: []string{"secrets"}}},
		},
		Limits: &config.Limits{RequestsPerSecond: 5, ConnectionsPerAddress: 8},
	}
	if diff := cmp.Diff(want, c.Server); diff != "" {
		t.Errorf("server (-want +got):\n%s", diff)
	}
	wantAuth := auth.OIDCConfig{
		Issuer: "https://login.example.com", Audience: "opsreview", GroupsClaim: "roles",
		Groups: []auth.GroupRule{{Group: "sre", Grant: auth.Grant{Role: auth.Writer, Teams: []string{"secrets"}}}},
	}
	if diff := cmp.Diff(wantAuth, c.Server.OIDC.Auth()); diff != "" {
		t.Errorf("login provider (-want +got):\n%s", diff)
	}
	shown := string(c.Redacted())
	for _, line := range []string{"listen: 0.0.0.0:7474", "issuer: https://login.example.com", "requests_per_second: 5"} {
		if !strings.Contains(shown, line) {
			t.Errorf("config show lacks %q:\n%s", line, shown)
		}
	}
}

func TestParse_AccessMistakes(t *testing.T) {
	tests := map[string]struct {
		from, to string // what is changed in a configuration that is right
		want     string // in the message; "" for none
	}{
		"as it is":                             {"", "", ""},
		"open without encryption":              {"  tls: {", "  # tls: {", "server.listen: \"0.0.0.0:7474\" is open to others, which takes server.tls: "},
		"a certificate without a key":          {"key_file: /etc/key.pem, ", "", "server.tls.key_file: is missing"},
		"a key without a certificate":          {"cert_file: tls/cert.pem, ", "", "server.tls.cert_file: is missing"},
		"clients' certificates of anybody":     {"client_ca_file: ca.pem, ", "", "server.tls.require_client_cert: takes client_ca_file"},
		"a provider without encryption":        {"https://login", "http://login", "opsreview.yaml:7: server.oidc.issuer: "},
		"tokens for other programs":            {"audience: opsreview", "audience: \"\"", "opsreview.yaml:8: server.oidc.audience: is missing"},
		"a role that nobody knows":             {"role: writer", "role: root", `server.oidc.groups[0].role: there is no role "root"`},
		"a team that is there twice":           {"[secrets]", "[secrets, Secrets]", "server.oidc.groups[0].teams[1]: "},
		"a limit below nothing":                {"second: 5", "second: -5", "opsreview.yaml:12: server.limits.requests_per_second: is negative"},
		"a token in the configuration":         {"tokens_file: tokens.json", "tokens: [x]", "server.tokens: there is no such key"},
		"one kind of login is enough":          {"  tokens_file: tokens.json\n", "", ""},
		"an address that is none stays a typo": {"0.0.0.0:7474", "0.0.0.0", "is not an address"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			_, err := config.Parse("opsreview.yaml", []byte(strings.Replace(openToOthers, tt.from, tt.to, 1)))
			got := opsreview.ErrorMessage(err)
			if (got == "") != (tt.want == "") || !strings.Contains(got, tt.want) {
				t.Errorf("message %q, want %q in it", got, tt.want)
			}
		})
	}
}
