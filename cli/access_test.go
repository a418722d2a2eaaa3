package cli

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// selfSigned writes a certificate for 127.0.0.1 that signs itself, and its key.
func selfSigned(t *testing.T, dir string) (certFile, keyFile string) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	c := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "opsreview"}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), IsCA: true, BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, c, c, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	secret, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	certFile, keyFile = filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	for path, block := range map[string]*pem.Block{certFile: {Type: "CERTIFICATE", Bytes: der}, keyFile: {Type: "PRIVATE KEY", Bytes: secret}} {
		if err := os.WriteFile(path, pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return certFile, keyFile
}

// TestServe_AsksWhoCalls is a company's server and its people: TLS, a token for
// each, and an audit log that tells who labelled.
func TestServe_AsksWhoCalls(t *testing.T) {
	home := t.TempDir()
	certFile, _ := selfSigned(t, home)
	db := filepath.Join(home, "served.db")
	must(t, home, syncNow, "--db", db, "source", "import", "-q", "--as", "jsonl", "--source", "gen", filepath.Join("testdata", "week.jsonl"))
	addr, end := serve(t, db,
		"teams: [{name: platform, services: [vault, batch]}, {name: other, services: [mail]}]",
		"server: {tokens_file: tokens.json, tls: {cert_file: cert.pem, key_file: key.pem}}")
	defer end(os.Interrupt)
	token := func(name string, args ...string) string {
		secret := must(t, home, syncNow, append([]string{"--db", db, "token", "create", name, "--tokens-file", filepath.Join(home, "tokens.json")}, args...)...)
		path := filepath.Join(home, name+".token")
		if err := os.WriteFile(path, []byte(secret), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	reader, writer, admin := token("reader", "--role", "reader"), token("ada", "--role", "writer", "--team", "platform"), token("boss", "--role", "admin")
	other := token("other", "--role", "writer", "--team", "other")
	forged := filepath.Join(home, "forged")
	if err := os.WriteFile(forged, []byte("opsreview_forged"), 0o600); err != nil {
		t.Fatal(err)
	}
	const window = "--week=2026-W11"
	label := []string{"page", "label", "gen/101", "--cause", "service_issue"}
	tests := []struct {
		name   string
		token  string
		args   []string
		status int
		want   string
	}{
		{"nobody may read", "", []string{"page", "list"}, exitFailure, "name the file of your token with --token-file"},
		{"nor may a forged token", forged, []string{"page", "list"}, exitFailure, "the token is not accepted"},
		{"a reader reads", reader, []string{"page", "list", window}, exitOK, "gen/101"},
		{"and does not write", reader, label, exitFailure, "it takes the role writer"},
		{"a team's writer needs its team", writer, []string{"page", "list", window}, exitFailure, "name a team of platform"},
		{"and reads it", writer, []string{"page", "list", window, "--team", "platform"}, exitOK, "gen/101"},
		{"and writes", writer, label, exitOK, "gen/101"},
		{"another team's does not see the page", other, label, exitNotFound, `there is no page "gen/101"`},
		{"only an admin reads the audit log", writer, []string{"audit", "list"}, exitFailure, "it takes the role admin"},
		{"which tells who labelled", admin, []string{"audit", "list", "--action", "LabelPages"}, exitOK, " ada "},
		{"and from where", admin, []string{"audit", "list", "-o", "json"}, exitOK, `"address": "127.0.0.1"`},
		{"the label has its caller's name", reader, []string{"page", "show", "gen/101"}, exitOK, "ada"},
		{"a backup is an admin's", reader, []string{"db", "backup", filepath.Join(home, "b.db")}, exitFailure, "it takes the role admin"},
	}
	for _, tt := range tests { // in this order
		flags := []string{"--server", addr, "--ca-file", certFile}
		if tt.token != "" {
			flags = append(flags, "--token-file", tt.token)
		}
		r := run(t, home, syncNow, append(flags, tt.args...)...)
		if r.status != tt.status || !strings.Contains(r.stdout+r.stderr, tt.want) {
			t.Errorf("%s: exit status %d, want %d with %q:\n%s%s", tt.name, r.status, tt.status, tt.want, r.stdout, r.stderr)
		}
	}
	// Without its authority the server is not trusted, and is not sent the token.
	if r := run(t, home, syncNow, "--server", "localhost:"+addr[strings.LastIndex(addr, ":")+1:], "--ca-file", certFile, "--token-file", admin, "audit", "list"); r.status != exitUnavailable || !strings.Contains(r.stderr, "certificate") {
		t.Errorf("a certificate of another name: exit status %d: %s", r.status, r.stderr)
	}
	if r := run(t, home, syncNow, "--server", addr, "--token-file", admin, "page", "list"); r.status != exitUnavailable {
		t.Errorf("without TLS: exit status %d: %s", r.status, r.stderr)
	}
}

func TestDialOptions_ATokenLeavesTheMachineEncrypted(t *testing.T) {
	path := filepath.Join(t.TempDir(), "token")
	if err := os.WriteFile(path, []byte("opsreview_x\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for addr, secure := range map[string]bool{"127.0.0.1:7474": false, "[::1]:7474": false, "localhost:7474": false, "192.0.2.1:7474": true, "ops.example.com:7474": true, "127.0.0.1.example.com:7474": true} {
		a := &app{serverAddr: addr, env: func(string) string { return "" }, access: accessFlags{tokenFile: path}}
		if got := a.encrypted(); got != secure {
			t.Errorf("to %s, encrypted: %t", addr, got)
		}
		if got := (tokenFile{path: path, secure: a.encrypted()}).RequireTransportSecurity(); got != secure {
			t.Errorf("to %s, the token asks for encryption: %t", addr, got)
		}
	}
}
