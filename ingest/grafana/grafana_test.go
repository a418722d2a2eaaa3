package grafana_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"opsreview"
	"opsreview/ingest"
	"opsreview/ingest/grafana"
	"opsreview/ingest/ingesttest"
	"opsreview/internal/rest"
)

func uids(m *ingesttest.Memory) string {
	var all []string
	for _, d := range m.Dashboards() {
		all = append(all, d.UID)
	}
	return strings.Join(all, " ")
}

func TestPull_ReadsDashboards(t *testing.T) {
	f := newFake(t, board{uid: "vault", title: "Vault", folder: "Secrets", tags: []string{"sre"}})
	m := ingesttest.NewMemory()
	saved, err := f.pull(t, m, f.config())
	if err != nil || saved.Dashboards != 1 {
		t.Fatalf("saved %+v, %v, want one dashboard", saved, err)
	}
	want := []opsreview.Dashboard{{
		Source: "gf", UID: "vault", Title: "Vault", Folder: "Secrets", URL: f.URL + "/grafana/d/vault", Origin: f.URL + "/grafana/d/vault",
		UpdatedAt: time.Date(2026, 2, 1, 0, 0, 0, 0, time.UTC),
		Panels:    []opsreview.Panel{{ID: 4, Type: "stat", Title: "Up", Queries: []opsreview.PanelQuery{{Name: "A", Text: "up"}}}},
	}}
	if diff := cmp.Diff(want, m.Dashboards()); diff != "" {
		t.Errorf("dashboards (-want +got):\n%s", diff)
	}
}

func TestPull_ReadsAgainWhatMayHaveChanged(t *testing.T) {
	f := newFake(t, board{uid: "a", title: "A"}, board{uid: "b", title: "B"})
	m := ingesttest.NewMemory()
	steps := []struct {
		name      string
		change    func()
		dashboard string
		asked     string
	}{
		{"the first pull reads all", func() {}, "a b", "search dashboards/uid/a dashboards/uid/b"},
		{"soon after only the list is read", func() { f.now = f.now.Add(59 * time.Minute) }, "a b", "search"},
		{"an hour later all are read again", func() { f.now = f.now.Add(time.Minute) }, "a b", "search dashboards/uid/a dashboards/uid/b"},
		{"a new one is read at once", func() { f.boards = append(f.boards, board{uid: "c"}) }, "a b c", "search dashboards/uid/a dashboards/uid/b dashboards/uid/c"},
		{"another title is read at once", func() { f.boards[0].title = "AA" }, "a b c", "search dashboards/uid/a dashboards/uid/b dashboards/uid/c"},
		{"one that is gone is forgotten", func() { f.boards = f.boards[1:] }, "b c", "search dashboards/uid/b dashboards/uid/c"},
		{"one that goes meanwhile is forgotten", func() { f.gone, f.boards[0].title = "b", "BB" }, "c", "search dashboards/uid/b dashboards/uid/c"},
	}
	for _, s := range steps {
		f.set(s.change)
		if _, err := f.pull(t, m, f.config()); err != nil {
			t.Fatalf("%s: %v", s.name, err)
		}
		if got := uids(m); got != s.dashboard {
			t.Errorf("%s: the dashboards are %q, want %q", s.name, got, s.dashboard)
		}
		if got := strings.Join(f.questions(), " "); got != s.asked {
			t.Errorf("%s: asked %q, want %q", s.name, got, s.asked)
		}
	}
}

func TestPull_Chooses(t *testing.T) {
	boards := []board{{uid: "a", folder: "Secrets", tags: []string{"sre", "x"}}, {uid: "b", folder: "secrets"}, {uid: "c", tags: []string{"sre"}}, {uid: "d", folder: "Web"}}
	tests := map[string]struct {
		folders, tags []string
		want          string
	}{
		"everything":                 {want: "a b c d"},
		"a folder by its title":      {folders: []string{"SECRETS"}, want: "a b"},
		"a folder by its uid":        {folders: []string{"uid-Web"}, want: "d"},
		"what is in no folder":       {folders: []string{"General"}, want: "c"},
		"a tag":                      {tags: []string{"sre"}, want: "a c"},
		"any of several tags":        {tags: []string{"y", "x"}, want: "a"},
		"a folder and a tag at once": {folders: []string{"Secrets"}, tags: []string{"sre"}, want: "a"},
		"nothing that there is":      {folders: []string{"Nowhere"}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			f, m := newFake(t, boards...), ingesttest.NewMemory()
			cfg := f.config()
			cfg.Folders, cfg.Tags = tt.folders, tt.tags
			if _, err := f.pull(t, m, cfg); err != nil {
				t.Fatal(err)
			}
			if got := uids(m); got != tt.want {
				t.Errorf("the dashboards are %q, want %q", got, tt.want)
			}
		})
	}
}

// What is chosen is a part of what was read: another choice is read at once.
func TestPull_FollowsTheConfiguration(t *testing.T) {
	f, m := newFake(t, board{uid: "a", tags: []string{"x"}}, board{uid: "b"}), ingesttest.NewMemory()
	cfg := f.config()
	for _, want := range []string{"a b", "a"} {
		if _, err := f.pull(t, m, cfg); err != nil {
			t.Fatal(err)
		}
		if got := uids(m); got != want {
			t.Errorf("the dashboards are %q, want %q", got, want)
		}
		cfg.Tags = []string{"x"}
	}
}

func TestPull_ReadsLongListsInPages(t *testing.T) {
	var boards []board
	for i := range 2001 {
		boards = append(boards, board{uid: fmt.Sprintf("u%04d", i), folder: map[bool]string{true: "Few"}[i%500 == 0]})
	}
	f, m := newFake(t, boards...), ingesttest.NewMemory()
	cfg := f.config()
	cfg.Folders = []string{"Few"}
	if _, err := f.pull(t, m, cfg); err != nil {
		t.Fatal(err)
	}
	if got, want := uids(m), "u0000 u0500 u1000 u1500 u2000"; got != want {
		t.Errorf("the dashboards are %q, want %q", got, want)
	}
	if got := strings.Count(strings.Join(f.questions(), " "), "search"); got != 3 {
		t.Errorf("the list was read in %d pages, want 3", got)
	}
	_, err := f.pull(t, ingesttest.NewMemory(), f.config())
	if want := "2001 dashboards are more than the 2000 that one source reads: choose some by folders or tags"; opsreview.ErrorMessage(err) != want {
		t.Errorf("a pull of all = %v, want %q", err, want)
	}
}

// One dashboard that cannot be read does not hide the others, and is told.
func TestPull_KeepsWhatItCannotRead(t *testing.T) {
	f := newFake(t, board{uid: "a"}, board{uid: "b", body: `{"elements":{},"title":"x"}`}, board{uid: "c", hidden: true})
	m := ingesttest.NewMemory()
	saved, err := f.pull(t, m, f.config())
	if err != nil || saved.Rejects != 2 || uids(m) != "a" {
		t.Fatalf("saved %+v, %v with %q, want two rejects and a", saved, err, uids(m))
	}
	list, err := m.Rejects(t.Context(), "gf", "another")
	if err != nil || len(list) != 2 {
		t.Fatalf("rejects %+v, %v", list, err)
	}
	for _, r := range list {
		if !strings.HasPrefix(r.ID, "dashboard ") || r.Reason == "" {
			t.Errorf("a reject says too little: %+v", r)
		}
	}
	f.set(func() { f.boards[1].body, f.boards[2].hidden, f.now = "", false, f.now.Add(time.Hour) })
	if _, err := f.pull(t, m, f.config()); err != nil {
		t.Fatal(err)
	}
	if list, _ := m.Rejects(t.Context(), "gf", "another"); len(list) != 0 || uids(m) != "a b c" {
		t.Errorf("rejects %+v with %q, want all three dashboards", list, uids(m))
	}
}

func TestPull_TellsWhatGrafanaAnswers(t *testing.T) {
	page := func(status int, body string) func(string) (int, string) {
		return func(string) (int, string) { return status, body }
	}
	tests := map[string]struct {
		fault func(path string) (int, string)
		code  opsreview.Code
		want  string
	}{
		"a token that is wrong": {
			page(http.StatusUnauthorized, `{"message":"Invalid API key"}`), opsreview.Invalid,
			"Grafana answers GET /api/search with 401 Unauthorized: Invalid API key; the token is wrong or has expired: make one for a service account of this Grafana",
		},
		"a token that may not": {
			page(http.StatusForbidden, `{"message":"Access denied"}`), opsreview.Invalid,
			"Grafana answers GET /api/search with 403 Forbidden: Access denied; give the token's service account the role Viewer, or the permission dashboards:read",
		},
		"another server":     {page(http.StatusNotFound, ""), opsreview.NotFound, "Grafana answers GET /api/search with 404 Not Found"},
		"too many questions": {page(http.StatusTooManyRequests, ""), opsreview.Unavailable, "Grafana answers GET /api/search with 429 Too Many Requests"},
		"a broken Grafana":   {page(http.StatusBadGateway, "<html>"), opsreview.Unavailable, "Grafana answers GET /api/search with 502 Bad Gateway"},
		"a page of a login":  {page(http.StatusOK, "<html>"), opsreview.Unavailable, "the answer is not JSON"},
		"something else":     {page(http.StatusOK, "{}"), opsreview.Unavailable, "Grafana's answer to GET /api/search is no list of dashboards: check base_url"},
		"one dashboard that does not answer": {
			func(path string) (int, string) {
				if strings.HasSuffix(path, "/a") {
					return http.StatusServiceUnavailable, ""
				}
				return 0, ""
			}, opsreview.Unavailable, "Grafana answers GET /api/dashboards/uid/a with 503 Service Unavailable",
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			f, m := newFake(t, board{uid: "a"}), ingesttest.NewMemory()
			if _, err := f.pull(t, m, f.config()); err != nil {
				t.Fatal(err)
			}
			f.set(func() { f.fault, f.now = tt.fault, f.now.Add(2*time.Hour) })
			_, err := f.pull(t, m, f.config())
			if opsreview.ErrorCode(err) != tt.code || !strings.Contains(opsreview.ErrorMessage(err), tt.want) {
				t.Errorf("Pull = %v (%s)\nwant %q (%s)", err, opsreview.ErrorCode(err), tt.want, tt.code)
			}
			if strings.Contains(fmt.Sprint(err), goodToken) {
				t.Error("the error tells the token")
			}
			if got := uids(m); got != "a" {
				t.Errorf("the dashboards are %q after a pull that failed, want those that there were", got)
			}
		})
	}
}

// A refusal that passes is waited for.
func TestPull_TriesAgain(t *testing.T) {
	f, m := newFake(t, board{uid: "a"}), ingesttest.NewMemory()
	left := 2
	f.fault = func(string) (int, string) {
		if left--; left >= 0 {
			return http.StatusTooManyRequests, ""
		}
		return 0, ""
	}
	if _, err := f.pull(t, m, f.config()); err != nil || uids(m) != "a" {
		t.Errorf("%v with %q, want a", err, uids(m))
	}
}

// A process that dies at a save loses nothing, and one that is told to stop
// says so.
func TestPull_StopsAndGoesOn(t *testing.T) {
	died := errors.New("died")
	for name, arm := range map[string]func(*ingesttest.Memory, func(int) error){
		"before the save": func(m *ingesttest.Memory, stop func(int) error) { m.BeforeSave = stop },
		"after the save":  func(m *ingesttest.Memory, stop func(int) error) { m.AfterSave = stop },
	} {
		t.Run(name, func(t *testing.T) {
			f, m := newFake(t, board{uid: "a"}, board{uid: "b"}), ingesttest.NewMemory()
			arm(m, func(i int) error { return map[bool]error{true: died}[i == 1] })
			if _, err := f.pull(t, m, f.config()); !errors.Is(err, died) {
				t.Fatalf("Pull = %v, want the store's error", err)
			}
			if _, err := f.pull(t, m, f.config()); err != nil || uids(m) != "a b" {
				t.Errorf("%v with %q, want a and b", err, uids(m))
			}
		})
	}
	f := newFake(t, board{uid: "a"})
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := ingest.Sync(ctx, ingesttest.NewMemory(), f.source(t, f.config(), goodToken), ingest.SyncOptions{Now: f.clock}); !errors.Is(err, context.Canceled) {
		t.Errorf("Pull = %v, want context.Canceled", err)
	}
}

func TestCheck(t *testing.T) {
	one := board{uid: "a", title: "Vault", folder: "Secrets", tags: []string{"sre"}}
	tests := map[string]struct {
		boards []board
		change func(f *fake, c *grafana.Config)
		token  string
		want   []string
	}{
		"all is well": {
			boards: []board{one, {uid: "b"}}, change: func(_ *fake, c *grafana.Config) { c.Folders = []string{"Secrets"} },
			want: []string{"ok server: answers with version 11.2.0", "ok token: is accepted", "ok dashboards: the token sees 2, of which 1 are chosen", `ok reading: "Vault" has 1 panel`},
		},
		"the token is wrong": {
			boards: []board{one}, token: "wrong",
			want: []string{"ok server: answers with version 11.2.0", "NO token: Grafana answers GET /api/search with 401 Unauthorized: Invalid API key; the token is wrong or has expired: make one for a service account of this Grafana"},
		},
		"the token sees nothing": {
			want: []string{"ok server: answers with version 11.2.0", "ok token: is accepted", "NO dashboards: the token sees none"},
		},
		"a folder is misspelt": {
			boards: []board{one}, change: func(_ *fake, c *grafana.Config) { c.Folders, c.Tags = []string{"Secret"}, []string{"SRE"} },
			want: []string{
				"ok server: answers with version 11.2.0", "ok token: is accepted", "NO dashboards: the token sees 1, of which 0 are chosen",
				"NO folder Secret: no dashboard that the token sees has it", "NO tag SRE: no dashboard that the token sees has it",
			},
		},
		"a dashboard is listed and closed": {
			boards: []board{{uid: "a", hidden: true}},
			want: []string{
				"ok server: answers with version 11.2.0", "ok token: is accepted", "ok dashboards: the token sees 1, of which 1 are chosen",
				"NO reading: Grafana answers GET /api/dashboards/uid/a with 403 Forbidden: You'll need additional permissions to perform this action. Permissions needed: dashboards:read; give the token's service account the role Viewer, or the permission dashboards:read",
			},
		},
		"another path": {
			change: func(f *fake, c *grafana.Config) { c.BaseURL = f.URL },
			want:   []string{"NO server: Grafana answers GET /api/health with 401 Unauthorized: Invalid API key; the token is wrong or has expired: make one for a service account of this Grafana"},
			token:  "wrong",
		},
		"another server": {
			change: func(f *fake, _ *grafana.Config) {
				f.fault = func(string) (int, string) { return 200, `{"status":"up"}` }
			},
			want: []string{"NO server: what answers is not Grafana"},
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			f := newFake(t, tt.boards...)
			cfg := f.config()
			if tt.change != nil {
				tt.change(f, &cfg)
			}
			if tt.token == "" {
				tt.token = goodToken
			}
			var got []string
			for _, c := range f.source(t, cfg, rest.Secret(tt.token)).Check(t.Context()) {
				if c.OK != (c.Remedy == "") {
					t.Errorf("a check has the wrong remedy: %+v", c)
				}
				got = append(got, map[bool]string{true: "ok ", false: "NO "}[c.OK]+c.Subject+": "+c.Detail)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("checks (-want +got):\n%s", diff)
			}
		})
	}
}

func TestConfig_Validate(t *testing.T) {
	good := grafana.Config{Name: "gf", Type: "grafana", BaseURL: "https://grafana.example.com/sub", TokenFile: "t"}
	tests := map[string]struct {
		change func(c *grafana.Config)
		want   string
	}{
		"a whole one is right":         {func(*grafana.Config) {}, ""},
		"a name that is no word":       {func(c *grafana.Config) { c.Name = "My Grafana" }, "name: "},
		"another type":                 {func(c *grafana.Config) { c.Type = "x" }, `type: "x" is not grafana`},
		"no address":                   {func(c *grafana.Config) { c.BaseURL = "" }, "base_url: is missing"},
		"a token in the clear":         {func(c *grafana.Config) { c.BaseURL = "http://grafana.example.com" }, "base_url: http://grafana.example.com is not HTTPS"},
		"loopback needs no encryption": {func(c *grafana.Config) { c.BaseURL = "http://127.0.0.1:3000" }, ""},
		"no token":                     {func(c *grafana.Config) { c.TokenFile = "" }, "token_file: is missing"},
		"two tokens":                   {func(c *grafana.Config) { c.TokenEnv = "T" }, "token_file: token_env is set too"},
		"a folder without a name":      {func(c *grafana.Config) { c.Folders = []string{" "} }, "folders: one of them is empty"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			c := good
			tt.change(&c)
			err := c.Validate()
			if (err == nil) != (tt.want == "") || err != nil && !strings.HasPrefix(opsreview.ErrorMessage(err), tt.want) {
				t.Errorf("Validate = %v, want %q", err, tt.want)
			}
		})
	}
}
