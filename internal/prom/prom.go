// Package prom asks a server that speaks the HTTP API of Prometheus.
//
// It reads what sources need: raw samples, values at even steps, and what the
// server says of itself. A question that is too large for the server is halved
// until it is not. What the server does not answer whole is told to [Client.Warned].
package prom

import (
	"cmp"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"time"

	"opsreview"
	"opsreview/internal/rest"
)

// Auth is how a client makes itself known: by a token, by a name and a
// password, or not at all.
type Auth struct {
	Token    rest.Secret // sent as a bearer token
	Username string
	Password rest.Secret
}

func (a Auth) none() bool { return a.Token == "" && a.Username == "" }

// An Option changes how a client behaves. Tests need them.
type Option func(*rest.Config)

// A Client asks one server. It is safe for concurrent use.
type Client struct {
	rest   *rest.Client
	warned func(string)
}

// A Series is one time series, or a part of one.
type Series struct {
	Labels  map[string]string
	Samples []Sample // in order of time
}

// A Sample is a value at a time. Value may be NaN or infinite.
type Sample struct {
	At    time.Time
	Value float64
}

// ParseBase reads the base URL of a server. Plain HTTP will do where nothing
// secret is sent.
func ParseBase(base string, auth Auth) (*url.URL, error) {
	if auth.none() {
		return rest.ParsePlainBase(base)
	}
	return rest.ParseBase(base)
}

// New returns a client of the server at base. hc may be nil. It returns an
// Invalid error for a base URL that cannot be used.
func New(base string, auth Auth, hc *http.Client, opts ...Option) (*Client, error) {
	if auth.Token != "" && auth.Username != "" {
		return nil, opsreview.Errorf(opsreview.Invalid, "token_file: there is a username too: keep one of them")
	}
	cfg := rest.Config{
		Name: "Prometheus", BaseURL: base, HTTP: hc, Plain: auth.none(),
		Header: map[string]string{"Accept": "application/json", "User-Agent": "opsreview"},
		Remedy: map[int]string{
			http.StatusUnauthorized: "check the token, or the user name and the password",
			http.StatusForbidden:    "the credentials may not ask this",
			http.StatusNotFound:     "check base_url: the API is expected under it at /api/v1",
		},
		MaxBody: 256 << 20,
	}
	switch {
	case auth.Token != "":
		cfg.Header["Authorization"] = "Bearer " + auth.Token.Reveal()
		cfg.Secrets = []rest.Secret{auth.Token}
	case auth.Username != "":
		pair := rest.Secret(base64.StdEncoding.EncodeToString([]byte(auth.Username + ":" + auth.Password.Reveal())))
		cfg.Header["Authorization"] = "Basic " + pair.Reveal()
		cfg.Secrets = []rest.Secret{auth.Password, pair}
	}
	for _, o := range opts {
		o(&cfg)
	}
	rc, err := rest.New(cfg)
	if err != nil {
		return nil, err
	}
	return &Client{rest: rc, warned: func(string) {}}, nil
}

// Warned returns a client that tells fn of each warning: the answer that it
// came with may lack something.
func (c *Client) Warned(fn func(text string)) *Client {
	own := *c
	own.warned = fn
	return &own
}

// Hasty returns a client that gives up soon, for a person who waits.
func (c *Client) Hasty() *Client {
	own := *c
	own.rest = c.rest.Hasty()
	return &own
}

// Now returns the server's time as far as it is known from its answers, else
// the local time.
func (c *Client) Now() time.Time { return c.rest.Now() }

// Skew returns how far the server's clock is ahead of the local one, and
// whether any answer has told.
func (c *Client) Skew() (time.Duration, bool) { return c.rest.Skew() }

// An envelope is what every answer comes in.
type envelope struct {
	Status    string          `json:"status"`
	Data      json.RawMessage `json:"data"`
	ErrorType string          `json:"errorType"`
	Error     string          `json:"error"`
	Warnings  []string        `json:"warnings"`
}

// errTooMuch says that a question is too large for the server, so that smaller
// ones may be answered.
var errTooMuch = errors.New("the question is too large for the server")

// get asks for a resource. Query may be nil.
func (c *Client) get(ctx context.Context, path string, query url.Values, into any) error {
	resp, err := c.rest.Do(ctx, rest.Request{Path: path, Query: query, Check: checkWhole})
	if err != nil {
		return err
	}
	return c.open(path, resp.Body, into)
}

// ask asks a question in a form, because selectors may be longer than an
// address. Where a proxy lets no POST through, it asks in the address.
func (c *Client) ask(ctx context.Context, path string, form url.Values, into any) error {
	req := rest.Request{
		Method: http.MethodPost, Path: path, Body: []byte(form.Encode()), ReadOnly: true, Check: checkWhole, Final: tooMuch,
		Header: map[string]string{"Content-Type": "application/x-www-form-urlencoded"},
	}
	resp, err := c.rest.Do(ctx, req)
	if s := rest.Status(err); s == http.StatusMethodNotAllowed || s == http.StatusNotImplemented || s == http.StatusForbidden {
		resp, err = c.rest.Do(ctx, rest.Request{Path: path, Query: form, Check: checkWhole, Final: tooMuch})
	}
	switch {
	case err == nil:
		return c.open(path, resp.Body, into)
	case tooMuch(resp) || errors.Is(err, rest.ErrTooLarge):
		return &opsreview.Error{Code: opsreview.Invalid, Message: opsreview.ErrorMessage(err), Err: errTooMuch}
	}
	return err
}

// open takes an answer out of its envelope.
func (c *Client) open(path string, body []byte, into any) error {
	var e envelope
	if err := json.Unmarshal(body, &e); err != nil || e.Status != "success" {
		return opsreview.Wrapf(cmp.Or(err, errors.New(e.ErrorType+": "+e.Error)), opsreview.Unavailable,
			"Prometheus answers %s with what is no answer of its API", path)
	}
	for _, text := range e.Warnings {
		if !strings.HasPrefix(text, "PromQL info") { // a hint for authors of queries: nothing is missing
			c.warned(text)
		}
	}
	if err := json.Unmarshal(e.Data, into); err != nil {
		if opsreview.ErrorCode(err) == opsreview.Invalid {
			return err
		}
		return opsreview.Wrapf(err, opsreview.Unavailable, "Prometheus answers %s in a form that cannot be read", path)
	}
	return nil
}

func checkWhole(body []byte) error {
	if !json.Valid(body) {
		return errors.New("the answer broke off, or is not JSON")
	}
	return nil
}

// tooMuch reports whether an answer says that the question is too large:
// asking the same again would only be refused again.
func tooMuch(resp rest.Response) bool {
	var e envelope
	if resp.Status < 400 || json.Unmarshal(resp.Body, &e) != nil {
		return false
	}
	if e.ErrorType == "timeout" {
		return true
	}
	for _, words := range []string{"too many samples", "exceeded maximum resolution", "exceeds limit", "too many points", "query timed out"} {
		if strings.Contains(e.Error, words) {
			return true
		}
	}
	return false
}
