package server

import (
	"crypto/tls"
	"net"
	"net/http"
	"strings"

	"opsreview"
	"opsreview/auth"
)

// webTLS is the server's TLS as the HTTP side speaks it. It asks for no
// certificate of a client: a vendor's webhook has none and is signed instead.
func webTLS(c *tls.Config) *tls.Config {
	web := func(c *tls.Config) *tls.Config {
		c = c.Clone()
		c.NextProtos, c.ClientAuth = []string{"http/1.1"}, tls.NoClientCert
		return c
	}
	outer := web(c)
	if get := c.GetConfigForClient; get != nil {
		outer.GetConfigForClient = func(hello *tls.ClientHelloInfo) (*tls.Config, error) {
			inner, err := get(hello)
			if err != nil || inner == nil {
				return nil, err
			}
			return web(inner), nil
		}
	}
	return outer
}

// secured returns the listener as it is on a loopback address, and one that
// speaks TLS on any other. It returns an Invalid error for one that would be
// open to others without TLS and a login.
func (s *Server) secured(lis net.Listener) (net.Listener, error) {
	if addr, ok := lis.Addr().(*net.TCPAddr); ok && addr.IP.IsLoopback() {
		return lis, nil
	}
	if s.opts.TLS == nil || s.opts.Auth == nil {
		return nil, opsreview.Errorf(opsreview.Invalid, "metrics and webhooks are open to others on %s, which takes TLS and a login", lis.Addr())
	}
	s.guarded.Store(true)
	return tls.NewListener(lis, webTLS(s.opts.TLS)), nil
}

// forReaders lets through who may read everything, and everybody where only
// this machine can ask.
func (s *Server) forReaders(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		if status := s.refuse(req); status != 0 {
			if status == http.StatusUnauthorized {
				w.Header().Set("WWW-Authenticate", "Bearer")
			}
			http.Error(w, http.StatusText(status), status)
			return
		}
		next.ServeHTTP(w, req)
	})
}

// refuse returns the status that refuses a reader of everything, 0 for none.
func (s *Server) refuse(req *http.Request) int {
	if !s.guarded.Load() {
		return 0
	}
	token, ok := strings.CutPrefix(req.Header.Get("Authorization"), "Bearer ")
	if !ok {
		return http.StatusUnauthorized
	}
	caller, err := s.opts.Auth.Verify(req.Context(), strings.TrimSpace(token))
	switch {
	case opsreview.ErrorCode(err) == opsreview.Unavailable:
		return http.StatusServiceUnavailable
	case err != nil:
		return http.StatusUnauthorized
	case !caller.Scope(auth.Reader).Everywhere:
		return http.StatusForbidden
	}
	return 0
}
