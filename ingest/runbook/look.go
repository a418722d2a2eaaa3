package runbook

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"opsreview"
	"opsreview/hygiene"
)

// The bounds of one question.
const (
	patience  = 10 * time.Second
	maxBody   = 1 << 20
	redirects = 10
	hostsAt   = 4 // how many hosts are asked at the same time, each one question at a time
	attempts  = 2
)

// Look asks for the runbooks at the addresses and returns them in their order.
// After each it calls told, which may be nil, one call at a time.
func (s *Source) Look(ctx context.Context, addresses []string, told func()) []opsreview.Runbook {
	found := make([]opsreview.Runbook, len(addresses))
	byHost := map[string][]int{}
	var hosts []string
	for i, a := range addresses {
		h := hostOf(a)
		if byHost[h] == nil {
			hosts = append(hosts, h)
		}
		byHost[h] = append(byHost[h], i)
	}
	var mu sync.Mutex
	var wg sync.WaitGroup
	one := func(i int) {
		found[i] = s.look(ctx, addresses[i])
		if told != nil {
			mu.Lock()
			defer mu.Unlock()
			told()
		}
	}
	work := make(chan string)
	for range min(hostsAt, len(hosts)) {
		wg.Go(func() {
			for h := range work {
				for _, i := range byHost[h] {
					one(i)
				}
			}
		})
	}
	for _, h := range hosts {
		work <- h
	}
	close(work)
	wg.Wait()
	return found
}

func hostOf(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return ""
	}
	return u.Host
}

// look asks for one runbook. What may be over in a moment is asked again.
func (s *Source) look(ctx context.Context, address string) opsreview.Runbook {
	r := opsreview.Runbook{Address: address, CheckedAt: s.now().UTC()}
	u, err := url.Parse(address)
	switch {
	case err != nil || u.Host == "" || (u.Scheme != "http" && u.Scheme != "https"):
		r.Problem = "it is not an address of the web"
		return r
	case u.User != nil:
		r.Problem = "the address holds a user name or a password"
		return r
	}
	u.Fragment = ""
	for range attempts {
		got, passing := s.ask(ctx, u)
		got.Address, got.CheckedAt = r.Address, r.CheckedAt
		r = got
		if !passing || ctx.Err() != nil {
			break
		}
	}
	return r
}

// ask asks once, and reports whether asking again can help.
func (s *Source) ask(ctx context.Context, u *url.URL) (r opsreview.Runbook, passing bool) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, u.String(), nil)
	if err != nil {
		r.Problem = "it is not an address of the web"
		return r, false
	}
	req.Header.Set("User-Agent", "opsreview (runbook check)")
	req.Header.Set("Accept", "text/html, text/markdown, text/plain;q=0.9, */*;q=0.5")
	resp, err := s.http.Do(req)
	if err != nil {
		return failure(err)
	}
	defer resp.Body.Close() // what it held has been read by then
	switch {
	case resp.StatusCode == http.StatusUnauthorized || resp.StatusCode == http.StatusForbidden:
		return r, false // it is there, and not for strangers
	case resp.StatusCode >= 500 || resp.StatusCode == http.StatusTooManyRequests:
		r.Problem = answers(resp.StatusCode)
		return r, true
	case resp.StatusCode < 200 || resp.StatusCode > 299:
		r.Problem = answers(resp.StatusCode)
		return r, false
	}
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxBody))
	if err != nil && len(body) == 0 {
		return failure(err)
	}
	return hygiene.ParseRunbook(u.String(), resp.Header.Get("Content-Type"), body), false
}

func answers(status int) string {
	return strings.TrimSpace(fmt.Sprintf("the host answers %d %s", status, http.StatusText(status)))
}

// failure says in words why no answer came.
func failure(err error) (r opsreview.Runbook, passing bool) {
	var refused *refusedError
	var dns *net.DNSError
	var timeout net.Error
	switch {
	case errors.As(err, &refused):
		r.Problem = refused.why
		return r, false
	case errors.As(err, &dns) && dns.IsNotFound:
		r.Problem = "there is no host of that name"
		return r, false
	case errors.As(err, &timeout) && timeout.Timeout():
		r.Problem = fmt.Sprintf("the host does not answer within %s", patience)
		return r, true
	case errors.Is(err, syscall.ECONNREFUSED):
		r.Problem = "the host refuses connections"
		return r, true
	}
	var wrapped *url.Error
	if errors.As(err, &wrapped) {
		err = wrapped.Err
	}
	r.Problem = "the host does not answer: " + err.Error()
	return r, true
}

// A refusedError is a question that is not asked.
type refusedError struct{ why string }

func (e *refusedError) Error() string { return e.why }

// client returns an HTTP client that has no credentials and asks only hosts
// that it may.
func client(cfg Config) *http.Client {
	tr := http.DefaultTransport.(*http.Transport).Clone()
	var proxies sync.Map // host:port of those that the environment names
	tr.Proxy = func(req *http.Request) (*url.URL, error) {
		p, err := http.ProxyFromEnvironment(req)
		if err != nil || p == nil {
			return p, err
		}
		// The proxy finds the host, so that only a literal address can be judged.
		if ip, err := netip.ParseAddr(req.URL.Hostname()); err == nil && !cfg.allows(req.URL.Hostname()) && private(ip) {
			return nil, &refusedError{NotAsked}
		}
		proxies.Store(hostPort(p), true)
		return p, nil
	}
	tr.DialContext = func(ctx context.Context, network, addr string) (net.Conn, error) {
		host, _, err := net.SplitHostPort(addr)
		if err != nil {
			return nil, err
		}
		_, proxy := proxies.Load(addr)
		d := net.Dialer{Timeout: patience, Control: guard(cfg.allows(host) || proxy)}
		return d.DialContext(ctx, network, addr)
	}
	tr.ResponseHeaderTimeout = patience
	return &http.Client{Transport: tr, Timeout: patience, CheckRedirect: func(req *http.Request, via []*http.Request) error {
		switch {
		case req.URL.Scheme != "http" && req.URL.Scheme != "https":
			return &refusedError{"it redirects to something that is not on the web"}
		case req.URL.User != nil:
			return &refusedError{"it redirects to an address with a password"}
		case len(via) >= redirects:
			return &refusedError{fmt.Sprintf("it redirects more than %d times", redirects)}
		}
		return nil
	}}
}

// hostPort is where a proxy listens.
func hostPort(u *url.URL) string {
	if u.Port() != "" {
		return u.Host
	}
	ports := map[string]string{"https": "443", "socks5": "1080", "socks5h": "1080"}
	if port := ports[u.Scheme]; port != "" {
		return net.JoinHostPort(u.Hostname(), port)
	}
	return net.JoinHostPort(u.Hostname(), "80")
}

// NotAsked is the problem of a runbook whose host has a private address and is
// not allowed by name. Nothing is known of such a runbook: it may well be there.
const NotAsked = "the host has a private address: allow it by name if it is meant"

// Judged leaves out the runbooks that were not asked for, and returns the names
// of their hosts, each once.
func Judged(all []opsreview.Runbook) (judged []opsreview.Runbook, hosts []string) {
	judged = []opsreview.Runbook{}
	for _, r := range all {
		if r.Problem != NotAsked {
			judged = append(judged, r)
		} else if u, err := url.Parse(r.Address); err == nil && !slices.Contains(hosts, u.Hostname()) {
			hosts = append(hosts, u.Hostname())
		}
	}
	return judged, hosts
}

// guard judges the address that a name was resolved to, right before it is
// connected to, so that no name can have another address the second time.
func guard(allowed bool) func(network, address string, _ syscall.RawConn) error {
	return func(_, address string, _ syscall.RawConn) error {
		at, err := netip.ParseAddrPort(address)
		if err != nil {
			return &refusedError{"the host has no address"}
		}
		switch {
		case testing.Testing() && !at.Addr().Unmap().IsLoopback():
			return &refusedError{"tests may not reach " + address + ": only loopback"}
		case !allowed && private(at.Addr()):
			return &refusedError{NotAsked}
		}
		return nil
	}
}

// notPublic are ranges that belong to networks of their own: carriers', those
// of tests and of documentation, and those that carry IPv4 within IPv6.
var notPublic = []string{"0.0.0.0/8", "100.64.0.0/10", "192.0.0.0/24", "198.18.0.0/15", "240.0.0.0/4", "64:ff9b::/96", "64:ff9b:1::/48", "2002::/16", "fec0::/10"}

func private(ip netip.Addr) bool {
	ip = ip.Unmap()
	if !ip.IsGlobalUnicast() || ip.IsPrivate() || ip.IsLoopback() || ip.IsLinkLocalUnicast() {
		return true
	}
	return slices.ContainsFunc(notPublic, func(text string) bool {
		p, err := netip.ParsePrefix(text)
		return err == nil && p.Contains(ip)
	})
}
