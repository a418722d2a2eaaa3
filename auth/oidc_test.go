package auth_test

import (
	"crypto/rand"
	"crypto/rsa"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/google/go-cmp/cmp"

	"opsreview"
	"opsreview/auth"
)

// A provider is an OpenID Connect provider on loopback.
type provider struct {
	url  string
	asks atomic.Int32 // for the keys
	down atomic.Bool

	mu  sync.Mutex
	key *rsa.PrivateKey
	kid string
}

func newProvider(t *testing.T) *provider {
	t.Helper()
	p := &provider{}
	p.rotate(t, "first")
	s := httptest.NewServer(p)
	t.Cleanup(s.Close)
	p.url = s.URL
	return p
}

func newKey(t *testing.T) *rsa.PrivateKey {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// rotate makes the provider sign with another key.
func (p *provider) rotate(t *testing.T, kid string) {
	t.Helper()
	key := newKey(t)
	p.mu.Lock()
	defer p.mu.Unlock()
	p.key, p.kid = key, kid
}

// ServeHTTP implements http.Handler.
func (p *provider) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if p.down.Load() {
		http.Error(w, "down", http.StatusServiceUnavailable)
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	var answer any = map[string]any{
		"issuer": p.url, "jwks_uri": p.url + "/keys", "authorization_endpoint": p.url + "/auth", "token_endpoint": p.url + "/token",
		"id_token_signing_alg_values_supported": []string{"RS256", "none", "HS256"},
	}
	if r.URL.Path == "/keys" {
		p.asks.Add(1)
		answer = jose.JSONWebKeySet{Keys: []jose.JSONWebKey{{Key: p.key.Public(), KeyID: p.kid, Algorithm: "RS256", Use: "sig"}}}
	}
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(answer)
}

// claims are what a good token of Ada's says, with changes: nil removes.
func (p *provider) claims(now time.Time, change map[string]any) map[string]any {
	c := map[string]any{
		"iss": p.url, "aud": "opsreview", "sub": "00u1", "email": "ada@example.com", "email_verified": true,
		"groups": []string{"sre", "everybody"}, "iat": now.Unix(), "exp": now.Add(time.Hour).Unix(),
	}
	for k, v := range change {
		if c[k] = v; v == nil {
			delete(c, k)
		}
	}
	return c
}

// sign returns claims as a token, signed by the provider or with key.
func (p *provider) sign(t *testing.T, claims map[string]any, alg jose.SignatureAlgorithm, key any) string {
	t.Helper()
	p.mu.Lock()
	if key == nil {
		key = p.key
	}
	kid := p.kid
	p.mu.Unlock()
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: alg, Key: jose.JSONWebKey{Key: key, KeyID: kid}}, nil)
	if err != nil {
		t.Fatal(err)
	}
	payload, err := json.Marshal(claims)
	if err != nil {
		t.Fatal(err)
	}
	signed, err := signer.Sign(payload)
	if err != nil {
		t.Fatal(err)
	}
	token, err := signed.CompactSerialize()
	if err != nil {
		t.Fatal(err)
	}
	return token
}

func (p *provider) config() auth.OIDCConfig {
	return auth.OIDCConfig{
		Issuer: p.url, Audience: "opsreview", Groups: []auth.GroupRule{
			{Group: "sre", Grant: auth.Grant{Role: auth.Writer, Teams: []string{"secrets"}}},
			{Group: "everybody", Grant: auth.Grant{Role: auth.Reader}},
			{Group: "owners", Grant: auth.Grant{Role: auth.Admin}},
		},
	}
}

func openOIDC(t *testing.T, c auth.OIDCConfig, now *clock) *auth.OIDC {
	t.Helper()
	o, err := auth.NewOIDC(c, now.Now)
	if err != nil {
		t.Fatal(err)
	}
	return o
}

func TestOIDC_Verify(t *testing.T) {
	p, now := newProvider(t), newClock()
	o := openOIDC(t, p.config(), now)
	team := auth.Grant{Role: auth.Writer, Teams: []string{"secrets"}}
	everybody := auth.Grant{Role: auth.Reader}
	ada := func(grants ...auth.Grant) auth.Caller {
		return auth.Caller{Name: "ada@example.com", Via: auth.ViaOIDC, Grants: grants}
	}
	at := func(d time.Duration) int64 { return now.Now().Add(d).Unix() }
	tests := map[string]struct {
		change map[string]any
		want   auth.Caller
		code   opsreview.Code
	}{
		"groups become grants":                      {nil, ada(team, everybody), ""},
		"one group may stand alone":                 {map[string]any{"groups": "sre"}, ada(team), ""},
		"nobody's group may nothing":                {map[string]any{"groups": []string{"sales"}}, ada(), ""},
		"no groups may nothing":                     {map[string]any{"groups": nil}, ada(), ""},
		"groups of another form may nothing":        {map[string]any{"groups": map[string]any{"sre": true}}, ada(), ""},
		"several audiences may have ours":           {map[string]any{"aud": []string{"other", "opsreview"}}, ada(team, everybody), ""},
		"an unverified address is not a name":       {map[string]any{"email_verified": false}, auth.Caller{Name: "00u1", Via: auth.ViaOIDC, Grants: []auth.Grant{team, everybody}}, ""},
		"another audience":                          {map[string]any{"aud": "wiki"}, auth.Caller{}, opsreview.Unauthenticated},
		"no audience":                               {map[string]any{"aud": nil}, auth.Caller{}, opsreview.Unauthenticated},
		"another issuer":                            {map[string]any{"iss": "https://evil.example.com"}, auth.Caller{}, opsreview.Unauthenticated},
		"a token may be a little late":              {map[string]any{"exp": at(-30 * time.Second)}, ada(team, everybody), ""},
		"expired":                                   {map[string]any{"exp": at(-2 * time.Minute)}, auth.Caller{}, opsreview.Unauthenticated},
		"without an end":                            {map[string]any{"exp": nil}, auth.Caller{}, opsreview.Unauthenticated},
		"not valid before tomorrow":                 {map[string]any{"nbf": at(24 * time.Hour)}, auth.Caller{}, opsreview.Unauthenticated},
		"a token that says not who its owner is":    {map[string]any{"email": nil}, auth.Caller{}, opsreview.Unauthenticated},
		"a name that nobody would read to its end ": {map[string]any{"email": strings.Repeat("a", 300)}, auth.Caller{}, opsreview.Unauthenticated},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			got, err := o.Verify(t.Context(), p.sign(t, p.claims(now.Now(), tt.change), jose.RS256, nil))
			if diff := cmp.Diff(tt.want, got); opsreview.ErrorCode(err) != tt.code || diff != "" {
				t.Errorf("%v, want %q; caller (-want +got):\n%s", err, tt.code, diff)
			}
		})
	}
}

func TestOIDC_SignaturesOfOthersAreRefused(t *testing.T) {
	p, now := newProvider(t), newClock()
	o := openOIDC(t, p.config(), now)
	good := p.sign(t, p.claims(now.Now(), nil), jose.RS256, nil)
	if _, err := o.Verify(t.Context(), good); err != nil {
		t.Fatal(err)
	}
	parts := strings.Split(good, ".")
	admin := p.sign(t, p.claims(now.Now(), map[string]any{"groups": "owners"}), jose.RS256, newKey(t))
	tests := map[string]string{
		"signed with another key":             admin,
		"another's claims, our signature":     parts[0] + "." + strings.Split(admin, ".")[1] + "." + parts[2],
		"no signature":                        parts[0] + "." + parts[1] + ".",
		"the algorithm none":                  "eyJhbGciOiJub25lIn0." + parts[1] + ".",
		"a secret that both sides would know": p.sign(t, p.claims(now.Now(), nil), jose.HS256, []byte(strings.Repeat("s", 64))),
		"no token at all":                     "a.b.c",
		"a token without an end":              good + strings.Repeat("x", 20<<10),
	}
	for name, token := range tests {
		t.Run(name, func(t *testing.T) { wantRefused(t, o, token) })
	}
	// Bad signatures do not make the server ask the provider each time.
	if n := p.asks.Load(); n > 2 {
		t.Errorf("the provider was asked for its keys %d times", n)
	}
}

func TestOIDC_FollowsTheProvidersKeys(t *testing.T) {
	p, now := newProvider(t), newClock()
	o := openOIDC(t, p.config(), now)
	old := p.sign(t, p.claims(now.Now(), nil), jose.RS256, nil)
	if _, err := o.Verify(t.Context(), old); err != nil {
		t.Fatal(err)
	}
	p.rotate(t, "second")
	now.move(time.Minute)
	if _, err := o.Verify(t.Context(), p.sign(t, p.claims(now.Now(), nil), jose.RS256, nil)); err != nil {
		t.Errorf("a token of the new key: %v", err)
	}
	now.move(time.Minute)
	// The key set answers whoever asked for the new keys before it remembers
	// them, so the withdrawn key may still be known for an instant.
	for range 10_000 {
		if _, err := o.Verify(t.Context(), old); err != nil {
			break
		}
		runtime.Gosched()
	}
	wantRefused(t, o, old)
}

func TestOIDC_AProviderThatIsDownIsUnavailable(t *testing.T) {
	p, now := newProvider(t), newClock()
	o := openOIDC(t, p.config(), now)
	token := p.sign(t, p.claims(now.Now(), nil), jose.RS256, nil)
	p.down.Store(true)
	for range 2 {
		if _, err := o.Verify(t.Context(), token); opsreview.ErrorCode(err) != opsreview.Unavailable {
			t.Errorf("while it is down: %v", err)
		}
	}
	p.down.Store(false)
	now.move(time.Minute)
	if _, err := o.Verify(t.Context(), token); err != nil {
		t.Errorf("when it is back: %v", err)
	}
	p.down.Store(true)
	now.move(time.Minute)
	if _, err := o.Verify(t.Context(), token); err != nil {
		t.Errorf("when it goes away again, a known key: %v", err)
	}
	p.rotate(t, "second")
	_, err := o.Verify(t.Context(), p.sign(t, p.claims(now.Now(), nil), jose.RS256, nil))
	if opsreview.ErrorCode(err) != opsreview.Unavailable {
		t.Errorf("a key that cannot be fetched: %v", err)
	}
}

func TestOIDCConfig_Check(t *testing.T) {
	good := auth.OIDCConfig{Issuer: "https://login.example.com/realm", Audience: "opsreview", Groups: []auth.GroupRule{{Group: "sre", Grant: auth.Grant{Role: auth.Reader}}}}
	tests := map[string]struct {
		change func(*auth.OIDCConfig)
		field  string // in which the mistake is; "" for none
	}{
		"a provider over TLS":           {func(*auth.OIDCConfig) {}, ""},
		"a provider on this machine":    {func(c *auth.OIDCConfig) { c.Issuer = "http://127.0.0.1:5556" }, ""},
		"a provider without encryption": {func(c *auth.OIDCConfig) { c.Issuer = "http://login.example.com" }, "issuer"},
		"no URL":                        {func(c *auth.OIDCConfig) { c.Issuer = "login" }, "issuer"},
		"tokens for anybody":            {func(c *auth.OIDCConfig) { c.Audience = "" }, "audience"},
		"nobody may anything":           {func(c *auth.OIDCConfig) { c.Groups = nil }, "groups"},
		"a group without a name":        {func(c *auth.OIDCConfig) { c.Groups[0].Group = "" }, "groups[0].group"},
		"an unknown role":               {func(c *auth.OIDCConfig) { c.Groups[0].Role = "root" }, "groups[0].role"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			c := good
			c.Groups = append([]auth.GroupRule(nil), good.Groups...)
			tt.change(&c)
			err := c.Check()
			if (err == nil) != (tt.field == "") || !strings.HasPrefix(opsreview.ErrorMessage(err), tt.field) {
				t.Errorf("got %v, want a mistake in %q", err, tt.field)
			}
		})
	}
}

func TestChain(t *testing.T) {
	p, now := newProvider(t), newClock()
	tokens := auth.OpenTokens(tokensPath(t), now.Now)
	ours := create(t, tokens, reader("ci"))
	theirs := p.sign(t, p.claims(now.Now(), nil), jose.RS256, nil)
	both := auth.Chain{Tokens: tokens, OIDC: openOIDC(t, p.config(), now)}
	if c, err := both.Verify(t.Context(), ours); err != nil || c.Key() != "token:ci" {
		t.Errorf("our token is %v's: %v", c, err)
	}
	if c, err := both.Verify(t.Context(), theirs); err != nil || c.Key() != "oidc:ada@example.com" {
		t.Errorf("the provider's is %v's: %v", c, err)
	}
	wantRefused(t, both, "neither")
	wantRefused(t, auth.Chain{Tokens: tokens}, theirs)
	wantRefused(t, auth.Chain{}, ours)
}
