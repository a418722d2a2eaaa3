package cli

import (
	"cmp"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io/fs"
	"net"
	"os"
	"os/user"
	"strings"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/credentials/insecure"

	"opsreview"
	"opsreview/auth"
	"opsreview/config"
	"opsreview/server"
)

// The limits where the configuration says nothing: far more than a team needs,
// far less than would hurt. See server.Limits.
const (
	defaultPerSecond   = 50
	defaultBurst       = 200
	defaultConcurrent  = 8
	defaultConnections = 4096
	defaultPerAddress  = 512
)

// guarded returns how a server is made that others than this process reach: it
// asks who calls and speaks TLS, as the configuration says. It returns an
// Invalid error for one that would be open to everybody.
func guarded(listen string) func(config.Config, *server.Options) error {
	return func(cfg config.Config, o *server.Options) error {
		s := cfg.Server
		addr := cmp.Or(listen, s.Listen)
		if _, _, err := net.SplitHostPort(addr); err != nil {
			return usagef("%q is not an address: write host:port, such as 127.0.0.1:7474", addr)
		}
		if missing := s.Missing(); missing != "" && !config.Loopback(addr) {
			return usagef("%q is open to others than this machine, which takes %s in the configuration: add that, or listen on loopback, such as 127.0.0.1:7474",
				addr, missing)
		}
		var err error
		if o.Auth, err = verifier(s, o); err != nil {
			return err
		}
		if s.TLS != nil {
			o.TLS, err = server.NewTLS(server.TLSFiles{
				Cert: s.TLS.CertFile, Key: s.TLS.KeyFile, ClientCA: s.TLS.ClientCAFile, RequireClientCert: s.TLS.RequireClientCert,
			}, o.Log)
		}
		o.Limits = limits(s.Limits)
		return err
	}
}

// verifier returns how callers are known, nil if nobody is asked.
func verifier(s config.Server, o *server.Options) (auth.Verifier, error) {
	if s.TokensFile == "" && s.OIDC == nil {
		return nil, nil //nolint:nilnil // nobody is asked
	}
	var chain auth.Chain
	if s.TokensFile != "" {
		chain.Tokens = auth.OpenTokens(s.TokensFile, o.Now)
		if _, err := chain.Tokens.List(); err != nil {
			return nil, err
		}
	}
	if s.OIDC != nil {
		var err error
		if chain.OIDC, err = auth.NewOIDC(s.OIDC.Auth(), o.Now); err != nil {
			return nil, opsreview.Wrapf(err, opsreview.Invalid, "server.oidc: %s", opsreview.ErrorMessage(err))
		}
	}
	return chain, nil
}

func limits(l *config.Limits) server.Limits {
	if l == nil {
		l = &config.Limits{}
	}
	return server.Limits{
		PerSecond:             float64(cmp.Or(l.RequestsPerSecond, defaultPerSecond)),
		Burst:                 cmp.Or(l.Burst, max(defaultBurst, 2*l.RequestsPerSecond)),
		Concurrent:            cmp.Or(l.ConcurrentRequests, defaultConcurrent),
		Connections:           cmp.Or(l.Connections, defaultConnections),
		ConnectionsPerAddress: cmp.Or(l.ConnectionsPerAddress, defaultPerAddress),
	}
}

// accountName is the name of the account that runs the program.
func accountName() string {
	if u, err := user.Current(); err == nil {
		return u.Username
	}
	return "unknown"
}

// authorOf is who gives a label: whom the flag names, else the account's name. A
// server that knows its callers is told nothing, and takes the caller.
func (a *app) authorOf(o choiceFlags) string {
	if o.author == "" && a.serverAddr != "" && a.tokenPath() != "" {
		return ""
	}
	return o.who()
}

// accessFlags say how to speak to a server.
type accessFlags struct {
	tokenFile string
	caFile    string
	certFile  string
	keyFile   string
}

// tokenPath is the file of the caller's token: --token-file, else
// OPSREVIEW_TOKEN_FILE, "" for none.
func (a *app) tokenPath() string { return cmp.Or(a.access.tokenFile, a.env("OPSREVIEW_TOKEN_FILE")) }

// dialOptions say how to speak to the server at --server: with TLS unless it is
// on this machine, and with the caller's token.
func (a *app) dialOptions() ([]grpc.DialOption, error) {
	secure := a.encrypted()
	transport := insecure.NewCredentials()
	if secure {
		c, err := a.clientTLS()
		if err != nil {
			return nil, err
		}
		transport = credentials.NewTLS(c)
	}
	options := []grpc.DialOption{grpc.WithTransportCredentials(transport)}
	if path := a.tokenPath(); path != "" {
		token := tokenFile{path: path, secure: secure}
		if _, err := token.read(); err != nil {
			return nil, err
		}
		options = append(options, grpc.WithPerRPCCredentials(token))
	}
	return options, nil
}

// encrypted reports whether the server is spoken to with TLS: always, unless it
// is on this machine and nothing asks for it.
func (a *app) encrypted() bool {
	return !config.Loopback(a.serverAddr) || a.access.caFile != "" || a.env("OPSREVIEW_CA_FILE") != "" || a.access.certFile != ""
}

// clientTLS is how this program checks a server, and proves itself where it is
// asked for a certificate.
func (a *app) clientTLS() (*tls.Config, error) {
	c := &tls.Config{MinVersion: tls.VersionTLS12}
	if path := cmp.Or(a.access.caFile, a.env("OPSREVIEW_CA_FILE")); path != "" {
		pem, err := os.ReadFile(path)
		if err != nil {
			return nil, usagef("--ca-file %s: %s", path, fileReason(err))
		}
		c.RootCAs = x509.NewCertPool()
		if !c.RootCAs.AppendCertsFromPEM(pem) {
			return nil, usagef("--ca-file %s: there is no certificate in it", path)
		}
	}
	if a.access.certFile == "" && a.access.keyFile == "" {
		return c, nil
	}
	cert, err := tls.LoadX509KeyPair(a.access.certFile, a.access.keyFile)
	if err != nil {
		return nil, usagef("--cert-file and --key-file: %v", err)
	}
	c.Certificates = []tls.Certificate{cert}
	return c, nil
}

func fileReason(err error) string {
	var path *fs.PathError
	if errors.As(err, &path) {
		return path.Err.Error()
	}
	return err.Error()
}

// A tokenFile gives each call the token in a file, so that a token that was
// renewed while the program runs is used.
type tokenFile struct {
	path   string
	secure bool // the connection is encrypted; otherwise it stays on this machine
}

// maxTokenFile is how many bytes a token can have.
const maxTokenFile = 64 << 10

func (f tokenFile) read() (string, error) {
	data, err := os.ReadFile(f.path)
	if err != nil {
		return "", usagef("the token file %s cannot be read: %s", f.path, fileReason(err))
	}
	token := strings.TrimSpace(string(data))
	if token == "" || len(token) > maxTokenFile || strings.ContainsFunc(token, func(r rune) bool { return r <= ' ' || r > '~' }) {
		return "", usagef("the token file %s does not hold one token and nothing else", f.path)
	}
	return token, nil
}

// GetRequestMetadata implements credentials.PerRPCCredentials.
func (f tokenFile) GetRequestMetadata(context.Context, ...string) (map[string]string, error) {
	token, err := f.read()
	if err != nil {
		return nil, err
	}
	return map[string]string{"authorization": "Bearer " + token}, nil
}

// RequireTransportSecurity implements credentials.PerRPCCredentials. Without
// encryption a token is sent to this machine only.
func (f tokenFile) RequireTransportSecurity() bool { return f.secure }
