package cli

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"opsreview/internal/rest"
	"opsreview/ticket/jira"
	"opsreview/ticket/jira/jirafake"
)

// jiraHome is a home with a week of pages, and a configuration that files into
// a Jira.
func jiraHome(t *testing.T, handler http.Handler, now time.Time) (home string, server *httptest.Server) {
	t.Helper()
	home, server = t.TempDir(), httptest.NewServer(handler)
	t.Cleanup(server.Close)
	write := func(name, text string) string {
		path := filepath.Join(home, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	token := write("token", "jira-token\n")
	base, err := os.ReadFile(filepath.Join("testdata", "opsreview.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	write("config/opsreview/opsreview.yaml", string(base)+fmt.Sprintf(
		"tracker: {type: jira, base_url: %q, project: OPS, email: bot@example.com, token_file: %q, board: 1, pause: 0s}\n", server.URL, token))
	must(t, home, now, "source", "import", "-q", "--as", "jsonl", "--source", "gen", filepath.Join("testdata", "week.jsonl"))
	must(t, home, now, "page", "label", "gen/101", "--cause", "service_issue", "--flag", "runbook_missing", "--author", "ada")
	return home, server
}

// impatient is an app that waits for no tracker.
func impatient(now time.Time) *app {
	return &app{vendors: vendorOptions{jira: []jira.Option{
		jira.WithClock(rest.Clock{Now: func() time.Time { return now }, Sleep: func(ctx context.Context, _ time.Duration) error { return ctx.Err() }}),
	}}}
}

func TestTicketFile_IntoJira(t *testing.T) {
	for name, personality := range map[string]jirafake.Personality{"Cloud": jirafake.Cloud, "Data Center": jirafake.DataCenter} {
		t.Run(name, func(t *testing.T) {
			now := time.Date(2026, 3, 16, 9, 0, 0, 0, time.UTC)
			fake := jirafake.New(personality)
			fake.Now = func() time.Time { return now }
			home, server := jiraHome(t, fake, now)
			opsreview := func(want int, args ...string) string {
				t.Helper()
				r := runWith(t, impatient(now), home, now, "", args...)
				if r.status != want {
					t.Fatalf("opsreview %s: exit status %d, want %d\n%s%s", strings.Join(args, " "), r.status, want, r.stdout, r.stderr)
				}
				if strings.Contains(r.stdout+r.stderr, "jira-token") {
					t.Error("the token is printed")
				}
				return r.stdout + r.stderr
			}
			opsreview(exitOK, "tracker", "check")
			out := opsreview(exitOK, "ticket", "file", "--team", "platform", "--confirm")
			if !strings.Contains(out, "created OPS-1  \"Vault reads are slow\" has no runbook\n      "+server.URL+"/browse/OPS-1\n") {
				t.Errorf("filing says\n%s", out)
			}
			filed := len(fake.Issues())
			now = now.Add(time.Hour)
			if out := opsreview(exitOK, "ticket", "file", "--team", "platform"); len(fake.Issues()) != filed || !strings.Contains(out, "left alone in jira/OPS") {
				t.Errorf("a second run files %d more and says\n%s", len(fake.Issues())-filed, out)
			}
			if out := opsreview(exitOK, "ticket", "sync"); !strings.Contains(out, fmt.Sprintf("jira/OPS: %d tickets asked for", filed)) {
				t.Errorf("sync says %s", out)
			}
			out = opsreview(exitOK, "ticket", "plan-sprint", "--capacity", "10", "--share", "50%")
			if !strings.Contains(out, "statusCategory != Done AND sprint is EMPTY") || !strings.Contains(out, "OPS-1") {
				t.Errorf("sprint planning says\n%s", out)
			}
		})
	}
}

// Where Jira is down, nothing is known to be wrong with the request: it is
// worth another try, and the exit status says so.
func TestTicketFile_JiraIsDown(t *testing.T) {
	now := time.Date(2026, 3, 16, 9, 0, 0, 0, time.UTC)
	fake := jirafake.New(jirafake.Cloud)
	fake.Now = func() time.Time { return now }
	home, server := jiraHome(t, fake, now)
	must(t, home, now, "ticket", "plan", "--team", "platform")
	server.Close()
	for _, args := range [][]string{{"ticket", "file", "--team", "platform", "--confirm"}, {"ticket", "adopt"}} {
		if r := runWith(t, impatient(now), home, now, "", args...); r.status != exitUnavailable {
			t.Errorf("opsreview %s: exit status %d, want %d\n%s%s", strings.Join(args, " "), r.status, exitUnavailable, r.stdout, r.stderr)
		}
	}
	if n := len(fake.Issues()); n != 0 {
		t.Errorf("%d issues were filed", n)
	}
}

// What Jira refuses is said, step by step, and the other steps are done.
func TestTicketFile_JiraRefusesOne(t *testing.T) {
	now := time.Date(2026, 3, 16, 9, 0, 0, 0, time.UTC)
	fake := jirafake.New(jirafake.Cloud)
	fake.Now = func() time.Time { return now }
	home, _ := jiraHome(t, refuseFirst(fake), now)
	r := runWith(t, impatient(now), home, now, "", "ticket", "file", "--team", "platform", "--confirm")
	if r.status != exitFailure || !strings.Contains(r.stdout, "REJECTED") || !strings.Contains(r.stdout, "components is required") {
		t.Errorf("exit status %d, want %d\n%s%s", r.status, exitFailure, r.stdout, r.stderr)
	}
	if len(fake.Issues()) == 0 {
		t.Error("the steps after it were not done")
	}
}

// refuseFirst is a Jira that refuses the first ticket.
func refuseFirst(next http.Handler) http.Handler {
	first := true
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if first && r.Method == http.MethodPost && strings.HasSuffix(r.URL.Path, "/rest/api/2/issue") {
			first = false
			w.Header().Set("Content-Type", "application/json")
			w.WriteHeader(http.StatusBadRequest)
			_, _ = fmt.Fprint(w, `{"errors":{"components":"components is required"}}`)
			return
		}
		next.ServeHTTP(w, r)
	})
}
