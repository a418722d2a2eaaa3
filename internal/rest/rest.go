// Package rest is the HTTP client that sources and trackers share.
//
// It asks one host, and gives its credentials to no other. It asks again when
// that can help, waits as long as the host says, and stops when the context
// ends. Its errors are *opsreview.Error and hold neither tokens nor query
// strings. In a test binary it refuses every host but loopback.
package rest

import (
	"cmp"
	"context"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/time/rate"

	"opsreview"
)

// A Clock tells the time and waits. Tests bring their own.
type Clock struct {
	Now   func() time.Time
	Sleep func(ctx context.Context, d time.Duration) error // returns ctx's error if that ends first
}

// Config says whom a client talks to and how patiently. The zero value of a
// field that is not the name or the base URL stands for the default in its
// comment.
type Config struct {
	Name    string            // of the service, for messages: "PagerDuty"
	BaseURL string            // "https://api.example.com"
	Header  map[string]string // sent with every request; credentials belong here
	Secrets []Secret          // never shown in an error, wherever they turn up
	Remedy  map[int]string    // what to do about a status, such as 401
	Plain   bool              // there are no credentials, so that HTTP will do

	HTTP       *http.Client  // http.Client with sane timeouts
	Rate       rate.Limit    // requests a second; unlimited
	Burst      int           // 1
	Attempts   int           // 6
	MaxElapsed time.Duration // 5 minutes, for all attempts of one request together
	MaxBody    int64         // 64 MiB
	Clock      Clock         // the real one
}

// A Client talks to one host. It is safe for concurrent use.
type Client struct {
	cfg     Config
	base    *url.URL
	http    *http.Client
	limiter *rate.Limiter

	mu        sync.Mutex
	notBefore time.Time     // the next request waits for this
	skew      time.Duration // the server's clock minus ours
	dated     bool          // whether skew was ever measured
}

// A Request is one question to the client's host.
type Request struct {
	Method   string // "GET" if empty
	Path     string // begins with a slash; follows the base URL's path
	Query    url.Values
	Body     []byte
	Header   map[string]string
	ReadOnly bool                    // a POST that changes nothing, so that it may be sent again
	Check    func(body []byte) error // what the body of a good answer must satisfy; an error asks again
	Final    func(r Response) bool   // whether asking again cannot change an answer that says no; nil goes by its status
}

// A Response is an answer, read whole.
type Response struct {
	Status int
	Header http.Header
	Body   []byte
}

// New returns a client. It returns an Invalid error for a base URL that is not
// HTTPS, unless the host is loopback.
func New(cfg Config) (*Client, error) {
	parse := ParseBase
	if cfg.Plain {
		parse = ParsePlainBase
	}
	base, err := parse(cfg.BaseURL)
	if err != nil {
		return nil, err
	}
	cfg.Attempts = cmp.Or(cfg.Attempts, 6)
	cfg.MaxElapsed = cmp.Or(cfg.MaxElapsed, 5*time.Minute)
	cfg.MaxBody = cmp.Or(cfg.MaxBody, 64<<20)
	cfg.Burst = cmp.Or(cfg.Burst, 1)
	if cfg.Clock.Now == nil {
		cfg.Clock.Now = time.Now
	}
	if cfg.Clock.Sleep == nil {
		cfg.Clock.Sleep = sleep
	}
	c := &Client{cfg: cfg, base: base, http: httpClient(cfg.HTTP, base)}
	if cfg.Rate > 0 {
		c.limiter = rate.NewLimiter(cfg.Rate, cfg.Burst)
	}
	return c, nil
}

// hastyAttempts are those of a client for whom somebody waits.
const hastyAttempts = 2

// Hasty returns a client of the same host that gives up soon, for questions of
// a person who waits for the answer.
func (c *Client) Hasty() *Client {
	own := &Client{cfg: c.cfg, base: c.base, http: c.http, limiter: c.limiter}
	own.cfg.Attempts = min(c.cfg.Attempts, hastyAttempts)
	return own
}

// ParseBase reads the base URL of an API. It returns an Invalid error, which
// names the field base_url, for one that is no URL, holds more than a place, or
// is not HTTPS; on loopback HTTP will do.
func ParseBase(text string) (*url.URL, error) {
	return parseBase(text, false)
}

// ParsePlainBase is ParseBase for an API that is told no secrets: HTTP will do
// on any host.
func ParsePlainBase(text string) (*url.URL, error) { return parseBase(text, true) }

func parseBase(text string, plain bool) (*url.URL, error) {
	base, err := url.Parse(text)
	if err != nil || base.Host == "" {
		return nil, opsreview.Errorf(opsreview.Invalid, "base_url: not a URL: write it as https://host")
	}
	return base, checkBase(base, plain)
}

func checkBase(base *url.URL, plain bool) error {
	plain = plain || loopback(base.Hostname())
	switch {
	case base.User != nil:
		return opsreview.Errorf(opsreview.Invalid, "base_url: holds a user name or a password: use token_file")
	case base.Scheme != "https" && (base.Scheme != "http" || !plain):
		return opsreview.Errorf(opsreview.Invalid, "base_url: %s://%s is not HTTPS: the token would travel in the clear", base.Scheme, base.Host)
	case base.RawQuery != "" || base.Fragment != "":
		return opsreview.Errorf(opsreview.Invalid, "base_url: has a query or a fragment: write it as https://host")
	}
	return nil
}

func loopback(host string) bool {
	if host == "localhost" {
		return true
	}
	ip := net.ParseIP(host)
	return ip != nil && ip.IsLoopback()
}

// httpClient returns a copy of hc that follows redirects on the base's host
// only: credentials go nowhere else.
func httpClient(hc *http.Client, base *url.URL) *http.Client {
	var own http.Client
	if hc != nil {
		own = *hc
	} else {
		tr := http.DefaultTransport.(*http.Transport).Clone()
		tr.ResponseHeaderTimeout = time.Minute
		own = http.Client{Transport: tr, Timeout: 2 * time.Minute}
	}
	own.CheckRedirect = func(req *http.Request, via []*http.Request) error {
		if req.URL.Host != base.Host || req.URL.Scheme != base.Scheme {
			return errElsewhere
		}
		if len(via) >= 5 {
			return errTooMany
		}
		return nil
	}
	return &own
}

func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}

// Now returns the server's time as far as it is known from its answers, else
// the local time.
func (c *Client) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.cfg.Clock.Now().Add(c.skew)
}

// Skew returns how far the server's clock is ahead of the local one, and
// whether any answer has told.
func (c *Client) Skew() (time.Duration, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.skew, c.dated
}

// Do sends a request and reads the answer whole. It sends the request again
// where that is safe and can help. Its errors are Unavailable where the host
// does not answer, Invalid where it refuses the request or the credentials,
// NotFound for 404 and 410, and ctx's error as soon as ctx ends.
func (c *Client) Do(ctx context.Context, req Request) (Response, error) {
	if testing.Testing() && !loopback(c.base.Hostname()) {
		return Response{}, opsreview.Errorf(opsreview.Invalid, "tests may not reach %s: only loopback", c.base.Host)
	}
	req.Method = cmp.Or(req.Method, http.MethodGet)
	deadline := c.cfg.Clock.Now().Add(c.cfg.MaxElapsed)
	for attempt := 1; ; attempt++ {
		if err := c.pace(ctx); err != nil {
			return Response{}, err
		}
		resp, err := c.once(ctx, req)
		if err == nil {
			return resp, nil
		}
		if ctx.Err() != nil {
			return Response{}, ctx.Err()
		}
		if attempt >= c.cfg.Attempts || !req.repeatable() || !retryable(err) || (req.Final != nil && req.Final(resp)) {
			return resp, c.classify(req, resp, err)
		}
		wait := c.backoff(resp, attempt)
		if c.cfg.Clock.Now().Add(wait).After(deadline) {
			return resp, c.classify(req, resp, err)
		}
		if err := c.cfg.Clock.Sleep(ctx, wait); err != nil {
			return Response{}, err
		}
	}
}

func (r Request) repeatable() bool {
	return r.Method == http.MethodGet || r.Method == http.MethodHead || r.ReadOnly
}

// pace waits for the client's own rate and for what the host asked for.
func (c *Client) pace(ctx context.Context) error {
	now := c.cfg.Clock.Now()
	c.mu.Lock()
	wait := c.notBefore.Sub(now)
	c.notBefore = time.Time{}
	c.mu.Unlock()
	if c.limiter != nil {
		wait = max(wait, c.limiter.ReserveN(now, 1).DelayFrom(now))
	}
	if wait <= 0 {
		return ctx.Err()
	}
	return c.cfg.Clock.Sleep(ctx, wait)
}

// once sends the request one time. The response is set as far as it came.
func (c *Client) once(ctx context.Context, req Request) (Response, error) {
	hreq, err := c.request(ctx, req)
	if err != nil {
		return Response{}, err
	}
	hresp, err := c.http.Do(hreq)
	if err != nil {
		return Response{}, &transportError{cause: err}
	}
	defer hresp.Body.Close() // what it held has been read by then
	c.observe(hresp.Header)
	resp := Response{Status: hresp.StatusCode, Header: hresp.Header}
	resp.Body, err = io.ReadAll(io.LimitReader(hresp.Body, c.cfg.MaxBody+1))
	switch {
	case int64(len(resp.Body)) > c.cfg.MaxBody:
		return Response{Status: resp.Status, Header: resp.Header}, ErrTooLarge
	case resp.Status < 200 || resp.Status > 299:
		return resp, &StatusError{Status: resp.Status}
	case err != nil:
		return resp, &transportError{cause: err}
	}
	if req.Check != nil {
		if err := req.Check(resp.Body); err != nil {
			return resp, &transportError{cause: err}
		}
	}
	return resp, nil
}

func (c *Client) request(ctx context.Context, req Request) (*http.Request, error) {
	u := *c.base
	u.Path = strings.TrimSuffix(u.Path, "/") + req.Path
	u.RawQuery = req.Query.Encode()
	var body io.Reader
	if req.Body != nil {
		body = strings.NewReader(string(req.Body))
	}
	hreq, err := http.NewRequestWithContext(ctx, req.Method, u.String(), body)
	if err != nil {
		return nil, err
	}
	for k, v := range c.cfg.Header {
		hreq.Header.Set(k, v)
	}
	for k, v := range req.Header {
		hreq.Header.Set(k, v)
	}
	return hreq, nil
}

// observe learns from an answer's headers: the server's clock, and whether to
// slow down because little of the allowance is left.
func (c *Client) observe(h http.Header) {
	now := c.cfg.Clock.Now()
	c.mu.Lock()
	defer c.mu.Unlock()
	if date, err := http.ParseTime(h.Get("Date")); err == nil {
		c.skew, c.dated = date.Sub(now), true
	}
	if wait := slowdown(h); wait > 0 {
		c.notBefore = now.Add(wait)
	}
}

// backoff returns how long to wait before the next attempt: what the host
// says, else a random share of a doubling span.
func (c *Client) backoff(resp Response, attempt int) time.Duration {
	if wait, ok := advised(resp.Header, c.cfg.Clock.Now()); ok {
		return wait
	}
	span := min(time.Second<<min(attempt, 10), time.Minute)
	return rand.N(span) + time.Millisecond
}
