package auth_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"opsreview"
	"opsreview/auth"
)

// A clock is a time that a test moves.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func newClock() *clock { return &clock{now: time.Date(2026, 11, 16, 12, 0, 0, 0, time.UTC)} }

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) move(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

func tokensPath(t *testing.T) string { return filepath.Join(t.TempDir(), "etc", "tokens.json") }

func create(t *testing.T, f *auth.TokenFile, token auth.Token) string {
	t.Helper()
	secret, err := f.Create(token)
	if err != nil {
		t.Fatal(err)
	}
	return secret
}

func reader(name string) auth.Token {
	return auth.Token{Name: name, Grant: auth.Grant{Role: auth.Reader}}
}

func wantRefused(t *testing.T, v auth.Verifier, secret string) {
	t.Helper()
	c, err := v.Verify(t.Context(), secret)
	if opsreview.ErrorCode(err) != opsreview.Unauthenticated {
		t.Errorf("the token is %+v's: %v", c, err)
	}
	if err != nil && len(secret) > 20 && strings.Contains(err.Error(), secret) {
		t.Errorf("the error repeats the token: %v", err)
	}
}

func TestTokenFile_ATokenIsItsCaller(t *testing.T) {
	now, path := newClock(), tokensPath(t)
	f := auth.OpenTokens(path, now.Now)
	wantRefused(t, f, "opsreview_nothing-is-there-yet")
	token := auth.Token{Name: "ci", Person: "ada@example.com", Grant: auth.Grant{Role: auth.Writer, Teams: []string{"secrets"}}, Expires: now.Now().Add(time.Hour)}
	secret := create(t, f, token)

	now.move(time.Minute)
	got, err := f.Verify(t.Context(), secret)
	want := auth.Caller{Name: "ci", Person: "ada@example.com", Via: auth.ViaToken, Grants: []auth.Grant{token.Grant}}
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Errorf("%v, caller (-want +got):\n%s", err, diff)
	}
	for _, wrong := range []string{"", secret + "x", secret[:len(secret)-1], strings.ToUpper(secret)} {
		wantRefused(t, f, wrong)
	}
	now.move(time.Hour)
	wantRefused(t, f, secret) // It has expired.
}

func TestTokenFile_KeepsNoTokens(t *testing.T) {
	path := tokensPath(t)
	secret := create(t, auth.OpenTokens(path, newClock().Now), reader("ci"))
	data, err := os.ReadFile(path)
	if err != nil || strings.Contains(string(data), strings.TrimPrefix(secret, "opsreview_")) {
		t.Errorf("the file holds the token: %s, %v", data, err)
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the file has mode %v, %v", info.Mode(), err)
	}
	if len(secret) < len("opsreview_")+43 {
		t.Errorf("a token of %d characters is too short for 256 bits", len(secret))
	}
}

func TestTokenFile_FollowsWhatOtherProgramsDo(t *testing.T) {
	now, path := newClock(), tokensPath(t)
	server, command := auth.OpenTokens(path, now.Now), auth.OpenTokens(path, now.Now)
	first := create(t, command, reader("first"))
	if _, err := server.Verify(t.Context(), first); err != nil {
		t.Fatal(err)
	}
	second := create(t, command, reader("second"))
	if err := command.Revoke("first"); err != nil {
		t.Fatal(err)
	}
	now.move(time.Second)
	wantRefused(t, server, first)
	if _, err := server.Verify(t.Context(), second); err != nil {
		t.Errorf("the new token is refused: %v", err)
	}
	list, err := command.List()
	if err != nil || len(list) != 1 || list[0].Name != "second" || !list[0].Created.Equal(now.Now().Add(-time.Second)) {
		t.Errorf("the list is %+v, %v", list, err)
	}
}

func TestTokenFile_LetsNobodyInWhenItCannotBeRead(t *testing.T) {
	good := func(t *testing.T, path string) string {
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		return string(data)
	}
	tests := map[string]func(t *testing.T, path string) (string, os.FileMode){
		"half a file":      func(t *testing.T, p string) (string, os.FileMode) { return good(t, p)[:40], 0o600 },
		"an empty file":    func(*testing.T, string) (string, os.FileMode) { return "", 0o600 },
		"another version":  func(*testing.T, string) (string, os.FileMode) { return `{"version": 2, "tokens": []}`, 0o600 },
		"an unknown field": func(*testing.T, string) (string, os.FileMode) { return `{"version": 1, "token": []}`, 0o600 },
		"an unknown role": func(t *testing.T, p string) (string, os.FileMode) {
			return strings.Replace(good(t, p), "reader", "root", 1), 0o600
		},
		"a hash that is none": func(t *testing.T, p string) (string, os.FileMode) {
			return strings.Replace(good(t, p), `"sha256": "`, `"sha256": "zz`, 1), 0o600
		},
		"a file that others edit": func(t *testing.T, p string) (string, os.FileMode) { return good(t, p), 0o666 },
	}
	for name, spoil := range tests {
		t.Run(name, func(t *testing.T) {
			now, path := newClock(), tokensPath(t)
			f := auth.OpenTokens(path, now.Now)
			secret := create(t, f, reader("ci"))
			if _, err := f.Verify(t.Context(), secret); err != nil {
				t.Fatal(err)
			}
			before := good(t, path)
			data, mode := spoil(t, path)
			if err := os.WriteFile(path, []byte(data), mode); err != nil {
				t.Fatal(err)
			}
			if err := os.Chmod(path, mode); err != nil {
				t.Fatal(err)
			}
			now.move(time.Second)
			_, err := f.Verify(t.Context(), secret)
			if opsreview.ErrorCode(err) != opsreview.Unavailable || strings.Contains(opsreview.ErrorMessage(err), path) {
				t.Errorf("a caller is told %v", err)
			}
			if _, err := f.Create(reader("more")); opsreview.ErrorCode(err) != opsreview.Invalid {
				t.Errorf("a token was added to it: %v", err)
			}
			// Put right, it works again.
			if err := os.WriteFile(path, []byte(before), 0o600); err != nil {
				t.Fatal(err)
			}
			if err := os.Chmod(path, 0o600); err != nil {
				t.Fatal(err)
			}
			now.move(time.Second)
			if _, err := f.Verify(t.Context(), secret); err != nil {
				t.Errorf("the mended file is refused: %v", err)
			}
		})
	}
}

func TestTokenFile_Create_Refuses(t *testing.T) {
	now := newClock()
	f := auth.OpenTokens(tokensPath(t), now.Now)
	create(t, f, reader("taken"))
	old := reader("old")
	old.Expires = now.Now().Add(time.Minute)
	create(t, f, old)
	now.move(time.Hour)
	tests := map[string]struct {
		token auth.Token
		code  opsreview.Code
	}{
		"a name that is taken":               {reader("taken"), opsreview.Conflict},
		"a name with a space":                {reader("c i"), opsreview.Invalid},
		"a name that could be an address":    {reader("ada@example.com"), opsreview.Invalid},
		"no name":                            {reader(""), opsreview.Invalid},
		"a person with a line break":         {auth.Token{Name: "x", Person: "a\nb", Grant: auth.Grant{Role: auth.Reader}}, opsreview.Invalid},
		"no role":                            {auth.Token{Name: "x"}, opsreview.Invalid},
		"an empty team":                      {auth.Token{Name: "x", Grant: auth.Grant{Role: auth.Reader, Teams: []string{""}}}, opsreview.Invalid},
		"an end that has passed":             {old, opsreview.Invalid},
		"but not a name of an expired token": {reader("old"), ""},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			if _, err := f.Create(tt.token); opsreview.ErrorCode(err) != tt.code {
				t.Errorf("got %v, want %q", err, tt.code)
			}
		})
	}
	if err := f.Revoke("nobody"); opsreview.ErrorCode(err) != opsreview.NotFound {
		t.Errorf("a token that is not there was revoked: %v", err)
	}
}

func TestTokenFile_ManyAtOnceLoseNothing(t *testing.T) {
	now, path := newClock(), tokensPath(t)
	const many = 20
	var wg sync.WaitGroup
	for i := range many {
		wg.Go(func() {
			if _, err := auth.OpenTokens(path, now.Now).Create(reader(fmt.Sprintf("t%d", i))); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if list, err := auth.OpenTokens(path, now.Now).List(); err != nil || len(list) != many {
		t.Errorf("%d of %d tokens are there: %v", len(list), many, err)
	}
}
