package auth

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"

	"opsreview"
)

const (
	// clockSkew is how far the provider's clock and this machine's may disagree
	// about when a token has expired.
	clockSkew = time.Minute

	// providerTimeout bounds each request to the provider.
	providerTimeout = 10 * time.Second

	// discoverEvery is how often at most a provider that does not answer is
	// asked again.
	discoverEvery = 5 * time.Second

	// maxIDToken is how many bytes an ID token may have.
	maxIDToken = 16 << 10
)

// OIDCConfig says whose ID tokens are accepted, and what they allow.
type OIDCConfig struct {
	Issuer      string      // the provider's URL, as it stands in its tokens
	Audience    string      // the client ID that tokens must be made for
	NameClaim   string      // which claim is the caller's name; "" means email
	GroupsClaim string      // which claim lists the caller's groups; "" means groups
	Groups      []GroupRule // what membership allows; nobody else may anything
}

// A GroupRule grants the members of a group a role.
type GroupRule struct {
	Group string
	Grant
}

// Check returns an Invalid error for a configuration that cannot be used: the
// message begins with the field.
func (c OIDCConfig) Check() error {
	u, err := url.Parse(c.Issuer)
	switch {
	case err != nil || u.Host == "" || u.RawQuery != "" || u.Fragment != "" || u.User != nil:
		return opsreview.Errorf(opsreview.Invalid, "issuer: %q is not a URL such as https://login.example.com", c.Issuer)
	case u.Scheme != "https" && (u.Scheme != "http" || !loopback(u.Hostname())):
		return opsreview.Errorf(opsreview.Invalid, "issuer: %q must begin with https://", c.Issuer)
	case c.Audience == "":
		return opsreview.Errorf(opsreview.Invalid, "audience: is missing: tokens made for other programs would be accepted")
	case len(c.Groups) == 0:
		return opsreview.Errorf(opsreview.Invalid, "groups: is empty: nobody could do anything")
	}
	for i, g := range c.Groups {
		if g.Group == "" {
			return opsreview.Errorf(opsreview.Invalid, "groups[%d].group: is missing", i)
		}
		if _, err := ParseRole(string(g.Role)); err != nil {
			return opsreview.Errorf(opsreview.Invalid, "groups[%d].role: %s", i, opsreview.ErrorMessage(err))
		}
	}
	return nil
}

func loopback(host string) bool { return host == "localhost" || host == "127.0.0.1" || host == "::1" }

// OIDC accepts the ID tokens of one provider. Its keys are fetched when they
// are needed, and again when a token is signed with one that is not known.
type OIDC struct {
	config OIDCConfig
	client *http.Client
	now    func() time.Time

	mu       sync.Mutex
	verifier *oidc.IDTokenVerifier // nil until the provider has answered
	asked    time.Time             // when it was asked last
	err      error                 // what it answered then
}

// NewOIDC returns a verifier of the provider's tokens, which is not asked yet:
// a server must start while its provider is away. It returns an Invalid error
// for a configuration that cannot be used.
func NewOIDC(c OIDCConfig, now func() time.Time) (*OIDC, error) {
	if err := c.Check(); err != nil {
		return nil, err
	}
	if c.NameClaim == "" {
		c.NameClaim = "email"
	}
	if c.GroupsClaim == "" {
		c.GroupsClaim = "groups"
	}
	transport := &keyTransport{next: http.DefaultTransport, now: now}
	return &OIDC{config: c, now: now, client: &http.Client{Timeout: providerTimeout, CheckRedirect: noRedirect, Transport: transport}}, nil
}

// noRedirect keeps keys from being fetched where the provider did not say.
func noRedirect(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }

const (
	// keysEvery is how often at most the provider's keys are fetched. Every token
	// with a signature that does not fit asks for them, and strangers can send
	// such tokens as fast as they like.
	keysEvery = 10 * time.Second

	// maxAnswer is how many bytes of a provider's answer are read.
	maxAnswer = 1 << 20
)

// errKeysFresh is why the provider's keys are not fetched again.
var errKeysFresh = errors.New("the keys have only just been fetched")

// A keyTransport spares the provider and this process.
type keyTransport struct {
	next http.RoundTripper
	now  func() time.Time

	mu      sync.Mutex
	fetched time.Time // when the keys came last
}

// RoundTrip implements http.RoundTripper.
func (t *keyTransport) RoundTrip(req *http.Request) (*http.Response, error) {
	forKeys := !strings.HasSuffix(req.URL.Path, "/.well-known/openid-configuration")
	t.mu.Lock()
	defer t.mu.Unlock()
	now := t.now()
	if since := now.Sub(t.fetched); forKeys && !t.fetched.IsZero() && since >= 0 && since < keysEvery {
		return nil, errKeysFresh
	}
	resp, err := t.next.RoundTrip(req)
	if err != nil {
		return nil, err
	}
	if forKeys && resp.StatusCode == http.StatusOK {
		t.fetched = now
	}
	resp.Body = &boundedBody{Reader: io.LimitReader(resp.Body, maxAnswer), Closer: resp.Body}
	return resp, nil
}

// A boundedBody is the beginning of an answer.
type boundedBody struct {
	io.Reader
	io.Closer
}

// Verify implements Verifier. It returns an Unavailable error while the
// provider does not answer.
func (o *OIDC) Verify(ctx context.Context, secret string) (Caller, error) {
	if len(secret) > maxIDToken {
		return Caller{}, errRefused
	}
	verifier, err := o.provider(ctx)
	if err != nil {
		return Caller{}, opsreview.Wrapf(err, opsreview.Unavailable, "the login provider does not answer: try again later")
	}
	token, err := verifier.Verify(ctx, secret)
	if err != nil {
		return Caller{}, o.refusal(ctx, err)
	}
	var claims map[string]any
	if err := token.Claims(&claims); err != nil {
		return Caller{}, errRefused
	}
	name := o.name(claims)
	if name == "" {
		return Caller{}, opsreview.Errorf(opsreview.Unauthenticated, "the login provider's token does not say who you are: it has no claim %q", o.config.NameClaim)
	}
	return Caller{Name: name, Via: ViaOIDC, Grants: o.grants(claims)}, nil
}

// refusal is what somebody is told whose token did not pass. Keys that could
// not be fetched are no fault of the token.
func (o *OIDC) refusal(ctx context.Context, err error) error {
	var expired *oidc.TokenExpiredError
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case errors.As(err, &expired):
		return opsreview.Errorf(opsreview.Unauthenticated, "the login has expired: log in again")
	// go-oidc hides what went wrong with the keys in its text, and has no type
	// for it.
	case strings.Contains(err.Error(), errKeysFresh.Error()):
		return errRefused
	case strings.Contains(err.Error(), "fetching keys"):
		return opsreview.Wrapf(err, opsreview.Unavailable, "the login provider does not answer: try again later")
	}
	return errRefused
}

// provider returns the verifier, and asks the provider for where its keys are
// if that is not known yet.
func (o *OIDC) provider(ctx context.Context) (*oidc.IDTokenVerifier, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	now := o.now()
	if o.verifier != nil {
		return o.verifier, nil
	}
	if o.err != nil && now.Sub(o.asked) < discoverEvery {
		return nil, o.err
	}
	// The keys are fetched with this context too, long after the call.
	lasting := oidc.ClientContext(context.WithoutCancel(ctx), o.client)
	p, err := oidc.NewProvider(lasting, o.config.Issuer)
	o.asked, o.err = now, err
	if err != nil {
		return nil, err
	}
	o.verifier = p.VerifierContext(lasting, &oidc.Config{
		ClientID: o.config.Audience,
		Now:      func() time.Time { return o.now().Add(-clockSkew) }, // go-oidc allows none for the expiry
	})
	return o.verifier, nil
}

// name returns the caller's name. An address that the provider has not verified
// may be anybody's, so the subject stands for it.
func (o *OIDC) name(claims map[string]any) string {
	if verified, ok := claims["email_verified"].(bool); ok && !verified && o.config.NameClaim == "email" {
		return text(claims["sub"])
	}
	return text(claims[o.config.NameClaim])
}

// grants returns what the caller's groups allow.
func (o *OIDC) grants(claims map[string]any) []Grant {
	var groups []string
	switch v := claims[o.config.GroupsClaim].(type) {
	case string:
		groups = []string{v}
	case []any:
		for _, g := range v {
			groups = append(groups, fmt.Sprint(g))
		}
	}
	var grants []Grant
	for _, rule := range o.config.Groups {
		if slices.Contains(groups, rule.Group) {
			grants = append(grants, rule.Grant)
		}
	}
	return grants
}

// maxName is how many bytes of a claim can be a name.
const maxName = 200

func text(claim any) string {
	s, _ := claim.(string)
	if s = strings.TrimSpace(s); len(s) > maxName {
		return ""
	}
	return s
}
