package server

import (
	"crypto/tls"
	"crypto/x509"
	"log/slog"
	"os"
	"slices"
	"sync"
	"time"

	"opsreview"
)

// certificateEvery is how often at most the certificate's files are looked at.
const certificateEvery = time.Second

// TLSFiles name what the server shows its clients, and what it asks of them.
type TLSFiles struct {
	Cert, Key         string // PEM; Cert holds the chain
	ClientCA          string // PEM; "" asks clients for no certificate
	RequireClientCert bool
}

// NewTLS returns the configuration of a server that speaks TLS 1.2 or later and
// follows its files: a connection that begins after they have changed sees the
// new certificate, those that are open stay. Files that cannot be used are an
// Invalid error at first; later, the last good ones serve on, and the log says
// so.
func NewTLS(files TLSFiles, log *slog.Logger) (*tls.Config, error) {
	c := &certificates{files: files, log: log, now: time.Now}
	config, err := c.load()
	if err != nil {
		return nil, err
	}
	c.current, c.seen, c.looked = config, c.stat(), c.now()
	outer := config.Clone()
	outer.GetConfigForClient = func(*tls.ClientHelloInfo) (*tls.Config, error) { return c.get(), nil }
	return outer, nil
}

// certificates are what the files hold.
type certificates struct {
	files TLSFiles
	log   *slog.Logger
	now   func() time.Time

	mu      sync.Mutex
	looked  time.Time
	seen    []os.FileInfo
	current *tls.Config
}

// get returns the configuration for one more connection.
func (c *certificates) get() *tls.Config {
	c.mu.Lock()
	defer c.mu.Unlock()
	now := c.now()
	if now.Sub(c.looked) < certificateEvery {
		return c.current
	}
	c.looked = now
	seen := c.stat()
	if slices.EqualFunc(c.seen, seen, sameFile) {
		return c.current
	}
	config, err := c.load()
	if err != nil {
		// The files may be half replaced: they are read again at the next look.
		c.log.Warn("the TLS files have changed and cannot be used: the last good ones serve on", "err", err)
		return c.current
	}
	c.seen, c.current = seen, config
	c.log.Info("the TLS certificate has been read again", "not_after", config.Certificates[0].Leaf.NotAfter)
	return c.current
}

// stat looks at the files; nil stands for one that is not there.
func (c *certificates) stat() []os.FileInfo {
	var infos []os.FileInfo
	for _, path := range []string{c.files.Cert, c.files.Key, c.files.ClientCA} {
		var info os.FileInfo
		if path != "" {
			info, _ = os.Stat(path) // what is not there has changed
		}
		infos = append(infos, info)
	}
	return infos
}

func sameFile(a, b os.FileInfo) bool {
	if a == nil || b == nil {
		return a == nil && b == nil
	}
	return os.SameFile(a, b) && a.ModTime().Equal(b.ModTime()) && a.Size() == b.Size()
}

func (c *certificates) load() (*tls.Config, error) {
	cert, err := tls.LoadX509KeyPair(c.files.Cert, c.files.Key)
	if err != nil {
		return nil, opsreview.Wrapf(err, opsreview.Invalid, "the TLS certificate %q and its key %q cannot be used: %v", c.files.Cert, c.files.Key, err)
	}
	config := &tls.Config{MinVersion: tls.VersionTLS12, Certificates: []tls.Certificate{cert}, NextProtos: []string{"h2"}}
	if c.files.ClientCA == "" {
		return config, nil
	}
	pem, err := os.ReadFile(c.files.ClientCA)
	if err != nil {
		return nil, opsreview.Wrapf(err, opsreview.Invalid, "the certificates of clients' authorities %q cannot be read: %v", c.files.ClientCA, err)
	}
	config.ClientCAs, config.ClientAuth = x509.NewCertPool(), tls.VerifyClientCertIfGiven
	if !config.ClientCAs.AppendCertsFromPEM(pem) {
		return nil, opsreview.Errorf(opsreview.Invalid, "there is no certificate in %q", c.files.ClientCA)
	}
	if c.files.RequireClientCert {
		config.ClientAuth = tls.RequireAndVerifyClientCert
	}
	return config, nil
}
