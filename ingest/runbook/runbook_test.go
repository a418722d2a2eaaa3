package runbook_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"opsreview"
	"opsreview/ingest"
	"opsreview/ingest/runbook"
)

// loopback lets a source ask the servers of tests.
var loopback = runbook.Config{Name: "runbooks", Allow: []string{"127.0.0.1"}}

var noon = time.Date(2026, 11, 16, 12, 0, 0, 0, time.UTC)

// A session keeps what is saved.
type session struct {
	ingest.Session
	cursor string
	saved  []opsreview.Batch
	notes  []string
	done   float64
}

func (s *session) Cursor() string { return s.cursor }

func (s *session) Save(_ context.Context, b opsreview.Batch) error {
	s.saved, s.cursor = append(s.saved, b), b.Cursor
	return nil
}

func (s *session) Report(p ingest.Progress) {
	s.done = p.Done
	if p.Note != "" {
		s.notes = append(s.notes, p.Note)
	}
}

func open(t testing.TB, cfg runbook.Config, now *time.Time, addresses ...string) *runbook.Source {
	t.Helper()
	s, err := runbook.New(cfg, func(context.Context) ([]string, error) { return addresses, nil },
		runbook.WithClock(func() time.Time { return *now }))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// wiki is a server of runbooks. It counts what it is asked.
func wiki(t testing.TB) (base string, asked *atomic.Int64) {
	t.Helper()
	asked = new(atomic.Int64)
	mux := http.NewServeMux()
	answer := func(path, kind, text string) {
		mux.HandleFunc(path, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", kind)
			fmt.Fprint(w, text)
		})
	}
	answer("/vault.md", "text/plain; charset=utf-8", "# Vault\n\n## Sealed\n\nUnseal it.\n")
	answer("/vault", "text/html", "<title>Vault</title><h1 id=top>Vault</h1><h2 id='sealed'>Sealed</h2>")
	answer("/picture", "image/png", "\x89PNG# no heading")
	answer("/empty", "text/html", " ")
	answer("/endless", "text/plain", "# Long\n"+strings.Repeat("x\n", 1<<20))
	for status, path := range map[int]string{401: "/login", 403: "/denied", 404: "/gone", 500: "/broken"} {
		mux.HandleFunc(path, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(status) })
	}
	mux.HandleFunc("/moved", func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/vault.md", http.StatusFound) })
	mux.HandleFunc("/circle", func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/circle", http.StatusFound) })
	mux.HandleFunc("/inside", func(w http.ResponseWriter, r *http.Request) {
		_, port, _ := strings.Cut(r.Host, ":")
		http.Redirect(w, r, "http://localhost:"+port+"/vault.md", http.StatusFound)
	})
	mux.HandleFunc("/file", func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, "file:///etc/passwd", http.StatusFound)
	})
	var once atomic.Bool
	mux.HandleFunc("/busy", func(w http.ResponseWriter, _ *http.Request) {
		if once.CompareAndSwap(false, true) {
			w.WriteHeader(http.StatusServiceUnavailable)
			return
		}
		fmt.Fprint(w, "# Busy\n")
	})
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked.Add(1)
		if r.Header.Get("Authorization") != "" || r.Header.Get("Cookie") != "" {
			t.Errorf("credentials for %s", r.URL)
		}
		mux.ServeHTTP(w, r)
	}))
	t.Cleanup(srv.Close)
	return srv.URL, asked
}

func TestLook(t *testing.T) {
	tests := map[string]struct {
		path string
		want opsreview.Runbook
	}{
		"Markdown that is served as text has sections": {
			"/vault.md", opsreview.Runbook{Title: "Vault", Sections: []string{"Vault", "Sealed"}, Anchors: []string{"sealed", "vault"}},
		},
		"a page of the web has them too": {
			"/vault", opsreview.Runbook{Title: "Vault", Sections: []string{"Vault", "Sealed"}, Anchors: []string{"sealed", "top", "vault"}},
		},
		"a redirect is followed":                 {"/moved", opsreview.Runbook{Title: "Vault", Sections: []string{"Vault", "Sealed"}, Anchors: []string{"sealed", "vault"}}},
		"of a picture only its being is known":   {"/picture", opsreview.Runbook{}},
		"nothing is known of what asks to login": {"/login", opsreview.Runbook{}},
		"nor of what strangers may not see":      {"/denied", opsreview.Runbook{}},
		"an endless document is read in part":    {"/endless", opsreview.Runbook{Title: "Long", Sections: []string{"Long"}, Anchors: []string{"long"}}},
		"what is busy for a moment is asked again": {
			"/busy", opsreview.Runbook{Title: "Busy", Sections: []string{"Busy"}, Anchors: []string{"busy"}},
		},
		"what is gone is dead":                  {"/gone", opsreview.Runbook{Problem: "the host answers 404 Not Found"}},
		"what stays broken is dead":             {"/broken", opsreview.Runbook{Problem: "the host answers 500 Internal Server Error"}},
		"an empty document is dead":             {"/empty", opsreview.Runbook{Problem: "the document is empty"}},
		"a circle is dead":                      {"/circle", opsreview.Runbook{Problem: "it redirects more than 10 times"}},
		"a file of the machine is not read":     {"/file", opsreview.Runbook{Problem: "it redirects to something that is not on the web"}},
		"a redirect to a private host is not":   {"/inside", opsreview.Runbook{Problem: runbook.NotAsked}},
		"a fragment is not asked for, and kept": {"/gone#sealed", opsreview.Runbook{Problem: "the host answers 404 Not Found"}},
	}
	base, _ := wiki(t)
	now := noon
	s := open(t, loopback, &now)
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			tt.want.Address, tt.want.CheckedAt = base+tt.path, noon
			got := s.Look(t.Context(), []string{base + tt.path}, nil)
			if diff := cmp.Diff([]opsreview.Runbook{tt.want}, got); diff != "" {
				t.Errorf("runbooks (-want +got):\n%s", diff)
			}
		})
	}
}

func TestLook_AsksNobodyElse(t *testing.T) {
	base, asked := wiki(t)
	_, port, _ := strings.Cut(strings.TrimPrefix(base, "http://"), ":")
	tests := map[string]struct {
		address, want string
	}{
		"loopback":                       {base + "/vault", runbook.NotAsked},
		"loopback by name":               {"http://localhost:" + port + "/vault", runbook.NotAsked},
		"loopback of IPv6":               {"http://[::1]:" + port + "/", runbook.NotAsked},
		"loopback within IPv6":           {"http://[::ffff:127.0.0.1]:" + port + "/", runbook.NotAsked},
		"a file":                         {"file:///etc/passwd", "it is not an address of the web"},
		"a path":                         {"docs/vault.md", "it is not an address of the web"},
		"nothing":                        {"", "it is not an address of the web"},
		"what holds a password":          {"http://ada:secret@127.0.0.1:" + port + "/", "the address holds a user name or a password"},
		"no address at all":              {"http://[::1", "it is not an address of the web"},
		"an address with a control code": {"http://127.0.0.1/\x7f", "it is not an address of the web"},
	}
	now := noon
	s := open(t, runbook.Config{Name: "runbooks"}, &now)
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			got := s.Look(t.Context(), []string{tt.address}, nil)
			if got[0].Problem != tt.want {
				t.Errorf("problem %q, want %q", got[0].Problem, tt.want)
			}
		})
	}
	if n := asked.Load(); n != 0 {
		t.Errorf("the server was asked %d times", n)
	}
}

func TestPull(t *testing.T) {
	base, asked := wiki(t)
	now := noon
	s := open(t, loopback, &now, base+"/vault", base+"/gone")
	keep := &session{}
	for range 2 {
		if err := s.Pull(t.Context(), keep); err != nil {
			t.Fatal(err)
		}
		now = now.Add(time.Hour)
	}
	if n := asked.Load(); n != 2 || len(keep.saved) != 1 || keep.done != 1 {
		t.Fatalf("asked %d times, saved %d batches, done %v: want 2, 1 and 1", n, len(keep.saved), keep.done)
	}
	b := keep.saved[0]
	if len(b.Runbooks) != 2 || b.Runbooks[1].Problem == "" || !cmp.Equal(b.Listed, []string{"runbooks"}) || !b.Through.Equal(noon) {
		t.Errorf("batch %+v", b)
	}

	t.Run("after half a day they are asked again", func(t *testing.T) {
		now = noon.Add(12 * time.Hour)
		if err := s.Pull(t.Context(), keep); err != nil || len(keep.saved) != 2 {
			t.Errorf("saved %d batches, error %v", len(keep.saved), err)
		}
	})
	t.Run("at once where monitors name others", func(t *testing.T) {
		if err := open(t, loopback, &now, base+"/vault").Pull(t.Context(), keep); err != nil || len(keep.saved) != 3 {
			t.Errorf("saved %d batches, error %v", len(keep.saved), err)
		}
	})
	t.Run("a pull that is stopped saves nothing", func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if err := open(t, loopback, &now, base+"/gone").Pull(ctx, keep); err == nil || len(keep.saved) != 3 {
			t.Errorf("saved %d batches, error %v", len(keep.saved), err)
		}
	})
	t.Run("a cursor that cannot be read asks for everything", func(t *testing.T) {
		keep.cursor = "x"
		if err := open(t, loopback, &now, base+"/vault").Pull(t.Context(), keep); err != nil || len(keep.saved) != 4 {
			t.Errorf("saved %d batches, error %v", len(keep.saved), err)
		}
	})
	t.Run("of a private host nothing is saved but that it was not asked", func(t *testing.T) {
		quiet := &session{}
		err := open(t, runbook.Config{Name: "runbooks"}, &now, base+"/vault", base+"/gone").Pull(t.Context(), quiet)
		if err != nil || len(quiet.saved) != 1 || len(quiet.saved[0].Runbooks) != 0 || len(quiet.notes) != 1 {
			t.Errorf("saved %+v, notes %q, error %v", quiet.saved, quiet.notes, err)
		}
	})
	t.Run("no runbooks are a fact as well", func(t *testing.T) {
		if err := open(t, loopback, &now).Pull(t.Context(), keep); err != nil || len(keep.saved) != 5 {
			t.Errorf("saved %d batches, error %v", len(keep.saved), err)
		}
	})
}

func TestCheck(t *testing.T) {
	base, _ := wiki(t)
	now := noon
	for name, tt := range map[string]struct {
		addresses []string
		ok        []bool
	}{
		"without runbooks something is missing": {nil, []bool{false}},
		"a host that answers is fine":           {[]string{base + "/vault", base + "/gone"}, []bool{true, true}},
		"a host that does not is not":           {[]string{base + "/gone"}, []bool{true, false}},
	} {
		t.Run(name, func(t *testing.T) {
			var ok []bool
			for _, c := range open(t, loopback, &now, tt.addresses...).Check(t.Context()) {
				ok = append(ok, c.OK)
				if c.OK != (c.Remedy == "") {
					t.Errorf("check %+v", c)
				}
			}
			if diff := cmp.Diff(tt.ok, ok); diff != "" {
				t.Errorf("checks (-want +got):\n%s", diff)
			}
		})
	}
}

func TestConfig(t *testing.T) {
	tests := map[string]struct {
		cfg  runbook.Config
		want string
	}{
		"a name is enough":             {runbook.Config{Name: "runbooks"}, ""},
		"hosts and all below are":      {runbook.Config{Name: "runbooks", Allow: []string{"wiki.example.com", "*.corp.example.com", "10.0.0.1", "::1"}}, ""},
		"without a name nothing works": {runbook.Config{}, "name: "},
		"another type is wrong":        {runbook.Config{Name: "x", Type: "pagerduty"}, "type: "},
		"an address is no host":        {runbook.Config{Name: "x", Allow: []string{"https://wiki"}}, "allow: "},
		"a port is no part of a host":  {runbook.Config{Name: "x", Allow: []string{"wiki:8080"}}, "allow: "},
		"everything is no host":        {runbook.Config{Name: "x", Allow: []string{"*"}}, "allow: "},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			err := tt.cfg.Validate()
			if (err == nil) != (tt.want == "") || !strings.HasPrefix(opsreview.ErrorMessage(err), tt.want) {
				t.Errorf("error %v, want %q", err, tt.want)
			}
		})
	}
}
