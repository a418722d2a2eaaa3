package server_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"math/big"
	"net"
	"net/http"
	"testing"
	"time"

	"opsreview"
	"opsreview/auth"
	"opsreview/server"
)

// An elsewhere listener is on loopback and says that it is not.
type elsewhere struct{ net.Listener }

// Addr implements net.Listener.
func (elsewhere) Addr() net.Addr { return &net.TCPAddr{IP: net.IPv4(192, 0, 2, 1), Port: 7475} }

// holders know callers by their tokens.
type holders map[string]auth.Caller

// Verify implements auth.Verifier.
func (c holders) Verify(_ context.Context, token string) (auth.Caller, error) {
	if token == "later" {
		return auth.Caller{}, opsreview.Errorf(opsreview.Unavailable, "the login provider does not answer")
	}
	caller, ok := c[token]
	if !ok {
		return auth.Caller{}, opsreview.Errorf(opsreview.Unauthenticated, "the token is not known")
	}
	return caller, nil
}

// selfSigned makes a certificate for 127.0.0.1, and who trusts it.
func selfSigned(tb testing.TB) (tls.Certificate, *x509.CertPool) {
	tb.Helper()
	key := must(ecdsa.GenerateKey(elliptic.P256(), rand.Reader))(tb)
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true, BasicConstraintsValid: true,
	}
	der := must(x509.CreateCertificate(rand.Reader, template, template, key.Public(), key))(tb)
	pool := x509.NewCertPool()
	pool.AddCert(must(x509.ParseCertificate(der))(tb))
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, pool
}

func TestServeHTTP_OffLoopback(t *testing.T) {
	cert, trusted := selfSigned(t)
	// The API asks its clients for certificates; a vendor has none.
	inner := &tls.Config{Certificates: []tls.Certificate{cert}, ClientAuth: tls.RequireAnyClientCert, NextProtos: []string{"h2"}}
	outer := inner.Clone()
	outer.GetConfigForClient = func(*tls.ClientHelloInfo) (*tls.Config, error) { return inner, nil }
	_, change, _ := withWebhook(t)
	a := openServer(t, change, func(o *server.Options) {
		o.TLS = outer
		o.Auth = holders{
			"all":  {Name: "prometheus", Via: auth.ViaToken, Grants: []auth.Grant{{Role: auth.Reader}}},
			"team": {Name: "ada", Via: auth.ViaToken, Grants: []auth.Grant{{Role: auth.Admin, Teams: []string{"secrets"}}}},
		}
	})
	lis := must(net.Listen("tcp", "127.0.0.1:0"))(t)
	served := make(chan error, 1)
	go func() { served <- a.server.ServeHTTP(elsewhere{lis}) }()
	defer func() { stop(t, a); <-served }()
	client := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: trusted}, DisableKeepAlives: true}}
	get := func(path, authorization string) int {
		req := must(http.NewRequestWithContext(t.Context(), http.MethodGet, "https://"+lis.Addr().String()+path, nil))(t)
		req.Header.Set("Authorization", authorization)
		resp, err := client.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		return resp.StatusCode
	}
	for name, tt := range map[string]struct {
		path, authorization string
		want                int
	}{
		"metrics without a token":                     {"/metrics", "", http.StatusUnauthorized},
		"metrics with a wrong token":                  {"/metrics", "Bearer wrong", http.StatusUnauthorized},
		"metrics with another scheme":                 {"/metrics", "Basic all", http.StatusUnauthorized},
		"metrics of all teams for a reader of one":    {"/metrics", "Bearer team", http.StatusForbidden},
		"metrics for a reader of everything":          {"/metrics", "Bearer all", http.StatusOK},
		"metrics while the login provider is away":    {"/metrics", "Bearer later", http.StatusServiceUnavailable},
		"a probe needs no token":                      {"/healthz", "", http.StatusOK},
		"a probe of readiness needs none either":      {"/readyz", "", http.StatusOK},
		"webhooks are asked for signatures, not this": {hook, "", http.StatusMethodNotAllowed},
	} {
		t.Run(name, func(t *testing.T) {
			if got := get(tt.path, tt.authorization); got != tt.want {
				t.Errorf("status %d, want %d", got, tt.want)
			}
		})
	}
	if resp, err := http.Get("http://" + lis.Addr().String() + "/healthz"); err == nil {
		defer resp.Body.Close()
		if resp.StatusCode == http.StatusOK {
			t.Error("it answers without encryption")
		}
	}
}

func TestServeHTTP_OpenToOthersTakesTLSAndALogin(t *testing.T) {
	cert, _ := selfSigned(t)
	for name, change := range map[string]func(*server.Options){
		"neither":             func(*server.Options) {},
		"TLS without a login": func(o *server.Options) { o.TLS = &tls.Config{Certificates: []tls.Certificate{cert}} },
		"a login without TLS": func(o *server.Options) { o.Auth = holders{} },
	} {
		t.Run(name, func(t *testing.T) {
			a := openServer(t, change)
			lis := must(net.Listen("tcp", "127.0.0.1:0"))(t)
			defer lis.Close()
			if err := a.server.ServeHTTP(elsewhere{lis}); opsreview.ErrorCode(err) != opsreview.Invalid {
				t.Errorf("error %v, want an invalid one", err)
			}
		})
	}
}
