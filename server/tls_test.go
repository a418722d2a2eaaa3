package server_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"log/slog"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/credentials/insecure"

	pb "opsreview/proto/opsreview/v1"
	"opsreview/server"
)

// authority signs certificates for the tests.
type authority struct {
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
	pool *x509.CertPool
	next int64
}

func newAuthority(t *testing.T) *authority {
	t.Helper()
	a := &authority{pool: x509.NewCertPool()}
	a.cert, a.key = a.sign(t, &x509.Certificate{IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign, Subject: pkix.Name{CommonName: "authority"}})
	a.pool.AddCert(a.cert)
	return a
}

func (a *authority) sign(t *testing.T, c *x509.Certificate) (*x509.Certificate, *ecdsa.PrivateKey) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	a.next++
	c.SerialNumber, c.NotBefore, c.NotAfter = big.NewInt(a.next), time.Now().Add(-time.Hour), time.Now().Add(time.Hour)
	parent, signer := a.cert, a.key
	if parent == nil {
		parent, signer = c, key
	}
	der, err := x509.CreateCertificate(rand.Reader, c, parent, key.Public(), signer)
	if err != nil {
		t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return cert, key
}

// leaf returns a certificate of a server and a client, for a name.
func (a *authority) leaf(t *testing.T, name string) tls.Certificate {
	t.Helper()
	cert, key := a.sign(t, &x509.Certificate{
		Subject: pkix.Name{CommonName: name}, DNSNames: []string{"localhost"}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
	})
	return tls.Certificate{Certificate: [][]byte{cert.Raw}, PrivateKey: key, Leaf: cert}
}

// write puts a certificate into files, each replaced whole.
func write(t *testing.T, dir string, c tls.Certificate) (certFile, keyFile string) {
	t.Helper()
	der, err := x509.MarshalPKCS8PrivateKey(c.PrivateKey)
	if err != nil {
		t.Fatal(err)
	}
	certFile, keyFile = filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	for path, block := range map[string]*pem.Block{certFile: {Type: "CERTIFICATE", Bytes: c.Certificate[0]}, keyFile: {Type: "PRIVATE KEY", Bytes: der}} {
		if err := os.WriteFile(path+".new", pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Rename(path+".new", path); err != nil {
			t.Fatal(err)
		}
	}
	return certFile, keyFile
}

func openTLS(t *testing.T, files server.TLSFiles, log *logBuffer) *tls.Config {
	t.Helper()
	c, err := server.NewTLS(files, slog.New(slog.NewTextHandler(log, nil)))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// A certificate is swapped while clients come and go: none of them fails, and
// new connections see the new one.
func TestTLS_ACertificateIsSwappedUnderLoad(t *testing.T) {
	ca, dir := newAuthority(t), t.TempDir()
	cert, key := write(t, dir, ca.leaf(t, "first"))
	var log logBuffer
	config := openTLS(t, server.TLSFiles{Cert: cert, Key: key}, &log)
	a := openServer(t, func(o *server.Options) { o.TLS = config })
	addr := a.listen(t, server.Limits{})

	var calls, second atomic.Int64
	done := make(chan struct{})
	var clients sync.WaitGroup
	for range 4 {
		clients.Go(func() {
			for {
				select {
				case <-done:
					return
				default:
				}
				creds := credentials.NewTLS(&tls.Config{RootCAs: ca.pool, VerifyConnection: func(s tls.ConnectionState) error {
					if s.PeerCertificates[0].Subject.CommonName == "second" {
						second.Add(1)
					}
					return nil
				}})
				conn, err := grpc.NewClient("passthrough:///"+addr, grpc.WithTransportCredentials(creds))
				if err == nil {
					_, err = pb.NewPageServiceClient(conn).GetVocabulary(t.Context(), &pb.GetVocabularyRequest{})
					_ = conn.Close()
				}
				if err != nil {
					t.Errorf("a call failed: %v", err)
					return
				}
				calls.Add(1)
			}
		})
	}
	until(t, func() bool { return calls.Load() > 20 })
	write(t, dir, ca.leaf(t, "second"))
	until(t, func() bool { return second.Load() > 20 })
	close(done)
	clients.Wait()
	t.Logf("%d connections, %d of them with the second certificate", calls.Load(), second.Load())

	// What cannot be used is not: the last good one serves on.
	if err := os.WriteFile(key, []byte("no key"), 0o600); err != nil {
		t.Fatal(err)
	}
	client := func() error {
		_, err := pb.NewPageServiceClient(dialAt(t, addr, credentials.NewTLS(&tls.Config{RootCAs: ca.pool}))).GetVocabulary(t.Context(), &pb.GetVocabularyRequest{})
		return err
	}
	until(t, func() bool {
		if err := client(); err != nil {
			t.Fatalf("with a broken key file: %v", err)
		}
		return strings.Contains(log.String(), "the last good ones serve on")
	})
}

func TestTLS_ClientCertificates(t *testing.T) {
	ca, strangers, dir := newAuthority(t), newAuthority(t), t.TempDir()
	cert, key := write(t, dir, ca.leaf(t, "server"))
	caFile := filepath.Join(dir, "ca.pem")
	if err := os.WriteFile(caFile, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: ca.cert.Raw}), 0o600); err != nil {
		t.Fatal(err)
	}
	tests := map[string]struct {
		require bool
		client  *tls.Config
		want    codes.Code
	}{
		"none is needed unless it is required":   {false, &tls.Config{}, codes.OK},
		"none where one is required":             {true, &tls.Config{}, codes.Unavailable},
		"one of the authority's":                 {true, &tls.Config{Certificates: []tls.Certificate{ca.leaf(t, "client")}}, codes.OK},
		"one of a stranger's":                    {true, &tls.Config{Certificates: []tls.Certificate{strangers.leaf(t, "client")}}, codes.Unavailable},
		"one of a stranger's, though not needed": {false, &tls.Config{Certificates: []tls.Certificate{strangers.leaf(t, "client")}}, codes.Unavailable},
		"a protocol that is too old":             {false, &tls.Config{MaxVersion: tls.VersionTLS11}, codes.Unavailable}, //nolint:gosec // that is what is tested
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			config := openTLS(t, server.TLSFiles{Cert: cert, Key: key, ClientCA: caFile, RequireClientCert: tt.require}, &logBuffer{})
			a := openServer(t, func(o *server.Options) { o.TLS = config })
			tt.client.RootCAs = ca.pool
			// A certificate is shown whether or not the server lists its authority.
			if certs := tt.client.Certificates; len(certs) > 0 {
				tt.client.GetClientCertificate = func(*tls.CertificateRequestInfo) (*tls.Certificate, error) { return &certs[0], nil }
			}
			client := pb.NewPageServiceClient(dialAt(t, a.listen(t, server.Limits{}), credentials.NewTLS(tt.client)))
			_, err := client.GetVocabulary(t.Context(), &pb.GetVocabularyRequest{})
			wantCode(t, tt.want, err)
		})
	}
	plain := openServer(t, func(o *server.Options) { o.TLS = openTLS(t, server.TLSFiles{Cert: cert, Key: key}, &logBuffer{}) })
	_, err := pb.NewPageServiceClient(dialAt(t, plain.listen(t, server.Limits{}), insecure.NewCredentials())).GetVocabulary(t.Context(), &pb.GetVocabularyRequest{})
	wantCode(t, codes.Unavailable, err)
}
