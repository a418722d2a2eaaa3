package rest_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/goccy/go-yaml"

	"opsreview"
	"opsreview/internal/rest"
)

var start = time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)

// bench is a client of a test server, with a clock that moves when it waits.
type bench struct {
	now   time.Time
	waits []time.Duration
	seen  []string // bodies of the requests that came
	*rest.Client
}

func (b *bench) sleep(ctx context.Context, d time.Duration) error {
	b.waits = append(b.waits, d)
	b.now = b.now.Add(d)
	return ctx.Err()
}

// open serves the answers in turn, the last one for ever.
func open(t *testing.T, change func(*rest.Config), answers ...http.HandlerFunc) *bench {
	t.Helper()
	b := &bench{now: start}
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		b.seen = append(b.seen, string(body))
		answers[min(len(b.seen), len(answers))-1](w, r)
	}))
	t.Cleanup(srv.Close)
	cfg := rest.Config{
		Name: "Vendor", BaseURL: srv.URL, Secrets: []rest.Secret{"hush-hush"},
		Header: map[string]string{"Authorization": "Token hush-hush"},
		Remedy: map[int]string{401: "check the key"},
		Clock:  rest.Clock{Now: func() time.Time { return b.now }, Sleep: b.sleep},
	}
	if change != nil {
		change(&cfg)
	}
	c, err := rest.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	b.Client = c
	return b
}

func status(code int, headers ...string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		for i := 0; i+1 < len(headers); i += 2 {
			w.Header().Set(headers[i], headers[i+1])
		}
		w.WriteHeader(code)
	}
}

func good(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, `{"ok":true}`) }

func TestDo_Retries(t *testing.T) {
	half := func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", "100")
		fmt.Fprint(w, `{"ok"`)
	}
	drop := func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }
	post := rest.Request{Method: http.MethodPost, Path: "/x", Body: []byte("q")}
	query := rest.Request{Method: http.MethodPost, Path: "/x", Body: []byte("q"), ReadOnly: true}
	get := rest.Request{Path: "/x"}
	tests := map[string]struct {
		first http.HandlerFunc
		req   rest.Request
		tries int
	}{
		"a timeout at the server is tried again":        {status(408), get, 2},
		"too early is tried again":                      {status(425), get, 2},
		"a bare 429 is tried again":                     {status(429), get, 2},
		"500 is tried again":                            {status(500), get, 2},
		"502 is tried again":                            {status(502), get, 2},
		"503 is tried again":                            {status(503), get, 2},
		"504 is tried again":                            {status(504), get, 2},
		"what is not implemented stays so":              {status(501), get, 1},
		"a wrong request stays wrong":                   {status(400), get, 1},
		"a refused key stays refused":                   {status(401), get, 1},
		"half an answer is tried again":                 {half, get, 2},
		"a dropped connection is tried again":           {drop, get, 2},
		"a POST that may have changed something is not": {status(503), post, 1},
		"a POST that only reads is sent again":          {status(503), query, 2},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			b := open(t, nil, tt.first, good)
			_, err := b.Do(t.Context(), tt.req)
			if len(b.seen) != tt.tries || (tt.tries == 2) != (err == nil) {
				t.Errorf("%d requests came and the error is %v, want %d requests", len(b.seen), err, tt.tries)
			}
			for _, body := range b.seen {
				if body != string(tt.req.Body) {
					t.Errorf("the body was %q, want %q each time", body, tt.req.Body)
				}
			}
		})
	}
}

func TestDo_WaitsAsTold(t *testing.T) {
	tests := map[string]struct {
		headers []string
		want    time.Duration
	}{
		"seconds":                       {[]string{"Retry-After", "12"}, 12 * time.Second},
		"a date":                        {[]string{"Retry-After", start.Add(30 * time.Second).Format(http.TimeFormat)}, 30 * time.Second},
		"a date that has passed":        {[]string{"Retry-After", start.Add(-time.Hour).Format(http.TimeFormat)}, 0},
		"PagerDuty's header":            {[]string{"ratelimit-reset", "7"}, 7 * time.Second},
		"Opsgenie's header":             {[]string{"X-RateLimit-Period-In-Sec", "60"}, time.Minute},
		"Datadog's header":              {[]string{"X-Ratelimit-Reset", "5"}, 5 * time.Second},
		"a point in time":               {[]string{"X-Ratelimit-Reset", fmt.Sprint(start.Add(9 * time.Second).Unix())}, 9 * time.Second},
		"Retry-After wins":              {[]string{"Retry-After", "3", "ratelimit-reset", "50"}, 3 * time.Second},
		"nonsense is passed over":       {[]string{"Retry-After", "soon", "ratelimit-reset", "4"}, 4 * time.Second},
		"negative seconds are nonsense": {[]string{"Retry-After", "-5", "ratelimit-reset", "4"}, 4 * time.Second},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			b := open(t, nil, status(429, tt.headers...), good)
			if _, err := b.Do(t.Context(), rest.Request{Path: "/x"}); err != nil {
				t.Fatal(err)
			}
			if len(b.waits) != 1 || b.waits[0] != tt.want {
				t.Errorf("waited %v, want %v", b.waits, tt.want)
			}
		})
	}
}

func TestDo_GivesUp(t *testing.T) {
	b := open(t, nil, status(503))
	_, err := b.Do(t.Context(), rest.Request{Path: "/x"})
	if opsreview.ErrorCode(err) != opsreview.Unavailable || len(b.seen) != 6 {
		t.Errorf("after %d requests the error is %v, want Unavailable after 6", len(b.seen), err)
	}
	for i, w := range b.waits {
		if w > time.Minute+time.Millisecond {
			t.Errorf("wait %d is %v, over the cap", i, w)
		}
	}
	b = open(t, func(c *rest.Config) { c.MaxElapsed = 20 * time.Second }, status(429, "Retry-After", "15"))
	if _, err := b.Do(t.Context(), rest.Request{Path: "/x"}); opsreview.ErrorCode(err) != opsreview.Unavailable || len(b.seen) != 2 {
		t.Errorf("%d requests within 20 seconds of waits of 15: %v", len(b.seen), err)
	}
}

// A person who asked whether a server answers once waited 40 seconds for the no.
func TestHasty_GivesUpSoon(t *testing.T) {
	b := open(t, nil, status(503))
	if _, err := b.Hasty().Do(t.Context(), rest.Request{Path: "/x"}); opsreview.ErrorCode(err) != opsreview.Unavailable || len(b.seen) != 2 {
		t.Errorf("after %d requests the error is %v, want Unavailable after 2", len(b.seen), err)
	}
	b = open(t, nil, status(503), good)
	if _, err := b.Hasty().Do(t.Context(), rest.Request{Path: "/x"}); err != nil {
		t.Errorf("a hiccup: %v", err)
	}
	b = open(t, func(c *rest.Config) { c.Attempts = 1 }, status(503))
	if _, err := b.Hasty().Do(t.Context(), rest.Request{Path: "/x"}); err == nil || len(b.seen) != 1 {
		t.Errorf("%d requests of a client that asks once, and %v", len(b.seen), err)
	}
}

func TestDo_Errors(t *testing.T) {
	tests := map[string]struct {
		status int
		code   opsreview.Code
	}{
		"a wrong request":     {400, opsreview.Invalid},
		"a refused key":       {401, opsreview.Invalid},
		"a forbidden thing":   {403, opsreview.Invalid},
		"nothing there":       {404, opsreview.NotFound},
		"gone":                {410, opsreview.NotFound},
		"not implemented":     {501, opsreview.Unavailable},
		"an unusual 5xx":      {521, opsreview.Unavailable},
		"an unknown redirect": {304, opsreview.Invalid},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			_, err := open(t, nil, status(tt.status)).Do(t.Context(), rest.Request{Path: "/x"})
			if got := opsreview.ErrorCode(err); got != tt.code || rest.Status(err) != tt.status {
				t.Errorf("%d is %q with status %d, want %q", tt.status, got, rest.Status(err), tt.code)
			}
		})
	}
}

// Neither the key nor a query string may reach a message or a log.
func TestDo_ErrorsKeepSecrets(t *testing.T) {
	leak := func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(401)
		fmt.Fprint(w, `{"error":{"code":2006,"message":"bad key\nhush-hush\u001b[31m"}}`)
	}
	b := open(t, nil, leak)
	_, err := b.Do(t.Context(), rest.Request{Path: "/x", Query: map[string][]string{"q": {"private"}}})
	text := fmt.Sprintf("%v %+v %s", err, err, opsreview.ErrorMessage(err))
	for _, bad := range []string{"hush-hush", "private", "\n", "\x1b"} {
		if strings.Contains(text, bad) {
			t.Errorf("the error holds %q: %s", bad, text)
		}
	}
	for _, want := range []string{"check the key", "code 2006", "GET /x"} {
		if !strings.Contains(opsreview.ErrorMessage(err), want) {
			t.Errorf("the error lacks %q: %s", want, opsreview.ErrorMessage(err))
		}
	}
	down, err := rest.New(rest.Config{Name: "Vendor", BaseURL: "http://127.0.0.1:1", Attempts: 1})
	if err != nil {
		t.Fatal(err)
	}
	_, err = down.Do(t.Context(), rest.Request{Path: "/x", Query: map[string][]string{"q": {"private"}}})
	if opsreview.ErrorCode(err) != opsreview.Unavailable || strings.Contains(fmt.Sprint(err), "private") {
		t.Errorf("a dead host answers %v", err)
	}
}

// Credentials are sent to no other host.
func TestDo_RedirectsStayOnTheHost(t *testing.T) {
	reached := false
	other := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { reached = true }))
	defer other.Close()
	b := open(t, nil, func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, other.URL, http.StatusFound) })
	if _, err := b.Do(t.Context(), rest.Request{Path: "/x"}); opsreview.ErrorCode(err) != opsreview.Invalid || reached || len(b.seen) != 1 {
		t.Errorf("a redirect elsewhere: reached %v, %d requests, %v", reached, len(b.seen), err)
	}
	b = open(t, nil, func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/y", http.StatusFound) }, good)
	if resp, err := b.Do(t.Context(), rest.Request{Path: "/x"}); err != nil || string(resp.Body) != `{"ok":true}` {
		t.Errorf("a redirect on the host: %v", err)
	}
}

func TestDo_RefusesHostsBeyondLoopbackInTests(t *testing.T) {
	c, err := rest.New(rest.Config{Name: "Vendor", BaseURL: "https://api.example.com"})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.Do(t.Context(), rest.Request{Path: "/x"}); opsreview.ErrorCode(err) != opsreview.Invalid {
		t.Errorf("a test reached out: %v", err)
	}
}

func TestDo_BoundsTheBody(t *testing.T) {
	b := open(t, func(c *rest.Config) { c.MaxBody = 10 }, good)
	if _, err := b.Do(t.Context(), rest.Request{Path: "/x"}); opsreview.ErrorCode(err) != opsreview.Invalid || len(b.seen) != 1 {
		t.Errorf("an answer that is too large: %d requests, %v", len(b.seen), err)
	}
}

func TestDo_EndsWithTheContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	b := open(t, nil, func(w http.ResponseWriter, _ *http.Request) { cancel(); w.WriteHeader(503) })
	if _, err := b.Do(ctx, rest.Request{Path: "/x"}); !errors.Is(err, context.Canceled) || len(b.seen) != 1 {
		t.Errorf("a cancelled request: %d requests, %v", len(b.seen), err)
	}
}

func TestDo_ChecksTheBody(t *testing.T) {
	b := open(t, nil, func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "<html>") }, good)
	_, err := b.Do(t.Context(), rest.Request{Path: "/x", Check: func(body []byte) error {
		if !json.Valid(body) {
			return errors.New("not JSON")
		}
		return nil
	}})
	if err != nil || len(b.seen) != 2 {
		t.Errorf("%d requests, %v", len(b.seen), err)
	}
}

func TestDo_PacesItself(t *testing.T) {
	b := open(t, func(c *rest.Config) { c.Rate = 2 }, good)
	for range 5 {
		if _, err := b.Do(t.Context(), rest.Request{Path: "/x"}); err != nil {
			t.Fatal(err)
		}
	}
	if waited := b.now.Sub(start); waited != 2*time.Second {
		t.Errorf("5 requests at 2 a second took %v, want 2s", waited)
	}
	b = open(t, nil, func(w http.ResponseWriter, r *http.Request) {
		status(200, "ratelimit-limit", "100", "ratelimit-remaining", "4", "ratelimit-reset", "10")(w, r)
	}, good)
	for range 2 {
		if _, err := b.Do(t.Context(), rest.Request{Path: "/x"}); err != nil {
			t.Fatal(err)
		}
	}
	if waited := b.now.Sub(start); waited != 2*time.Second {
		t.Errorf("with 4 of 100 left for 10 seconds the next request came after %v, want 2s", waited)
	}
}

func TestNow_IsTheServers(t *testing.T) {
	b := open(t, nil, status(200, "Date", start.Add(-time.Hour).Format(http.TimeFormat)))
	if _, err := b.Do(t.Context(), rest.Request{Path: "/x"}); err != nil {
		t.Fatal(err)
	}
	if skew, ok := b.Skew(); !ok || skew != -time.Hour || !b.Now().Equal(start.Add(-time.Hour)) {
		t.Errorf("the server's clock is %v off (%v), now %v", skew, ok, b.Now())
	}
}

func TestNew_RefusesUnsafeHosts(t *testing.T) {
	for _, base := range []string{"", "api.example.com", "http://api.example.com", "ftp://api.example.com", "https://me:pw@api.example.com", "https://api.example.com?x=1"} {
		if _, err := rest.New(rest.Config{Name: "Vendor", BaseURL: base}); opsreview.ErrorCode(err) != opsreview.Invalid || strings.Contains(fmt.Sprint(err), "pw") {
			t.Errorf("base URL %q: %v, want Invalid", base, err)
		}
	}
}

func TestSecret_IsNeverShown(t *testing.T) {
	s := rest.Secret("hush-hush")
	holder := struct{ Token rest.Secret }{s}
	j, err := json.Marshal(holder)
	if err != nil {
		t.Fatal(err)
	}
	y, err := yaml.Marshal(holder)
	if err != nil {
		t.Fatal(err)
	}
	var log strings.Builder
	slog.New(slog.NewTextHandler(&log, nil)).Info("x", "token", s)
	for _, text := range []string{string(j), string(y), log.String(), fmt.Sprintf("%v %s %q %+v %#v %#v", s, s, s, holder, s, holder)} {
		if strings.Contains(text, "hush") || !strings.Contains(text, "redacted") {
			t.Errorf("the secret shows: %s", text)
		}
	}
	if s.Reveal() != "hush-hush" {
		t.Error("Reveal does not")
	}
}

func TestReadSecret(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	t.Setenv("OPSREVIEW_TEST_TOKEN", " tok \n")
	t.Setenv("OPSREVIEW_TEST_EMPTY", "")
	tests := map[string]struct {
		file, env string
		want      rest.Secret
		field     string
	}{
		"a file, trimmed":               {write("a", "tok\n"), "", "tok", ""},
		"an environment variable":       {"", "OPSREVIEW_TEST_TOKEN", "tok", ""},
		"both is an error":              {"a", "B", "", "token_env"},
		"neither is an error":           {"", "", "", "token_file"},
		"a missing file is an error":    {filepath.Join(dir, "none"), "", "", "token_file"},
		"an empty file is an error":     {write("e", "\n"), "", "", "token_file"},
		"two lines are an error":        {write("t", "tok\nother"), "", "", "token_file"},
		"an unset variable is an error": {"", "OPSREVIEW_TEST_EMPTY", "", "token_env"},
		"a directory is an error":       {dir, "", "", "token_file"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			got, err := rest.ReadSecret(tt.file, tt.env)
			if got != tt.want || (tt.field == "") != (err == nil) {
				t.Fatalf("got %q and %v", got.Reveal(), err)
			}
			if tt.field != "" && (opsreview.ErrorCode(err) != opsreview.Invalid || !strings.Contains(opsreview.ErrorMessage(err), tt.field)) {
				t.Errorf("the error is %v, want Invalid about %s", err, tt.field)
			}
		})
	}
}
