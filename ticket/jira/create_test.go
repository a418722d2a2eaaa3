package jira_test

import (
	"encoding/json"
	"errors"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"opsreview/ticket"
	"opsreview/ticket/jira/jirafake"
)

func TestCreate_SendsWhatThePreviewShows(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		s.Custom = []string{"customfield_1", "customfield_2", "customfield_3"}
		s.cfg.Components = map[string]string{"vault": "Secrets"}
		s.cfg.Parent = "OPS-1"
		s.cfg.Labels = []string{"toil-2026"}
		s.cfg.Fields = map[string]any{
			"customfield_1": "{{team}}/{{ service }}: {{category}}", "customfield_2": "{{cost}}",
			"customfield_3": []any{map[string]any{"value": "{{kind}}"}},
		}
		tr := s.tracker(t)
		d := draft("00000000000000aa")
		ref := create(t, tr, d)
		if want := (ticket.Ref{ID: "10001", Key: "OPS-1", URL: "https://jira.example.com/browse/OPS-1"}); ref != want {
			t.Errorf("Create gave %v, want %v", ref, want)
		}
		got := s.Issue(ref.ID)
		want := jirafake.Issue{
			ID: 10001, Project: "OPS", Number: 1, Type: "Task", Summary: d.Title, Description: ticket.RenderWiki(d.Body, 0),
			Labels:     []string{"opsreview", "opsreview-00000000000000aa", "alert-noise", "team-secrets", "toil-2026"},
			Components: []string{"Secrets"}, Parent: "OPS-1", Status: jirafake.Todo, Created: monday, Updated: monday,
			Fields: map[string]any{
				"customfield_1": "secrets/vault: alert-noise", "customfield_2": 204.0,
				"customfield_3": []any{map[string]any{"value": "noisy_monitor"}},
			},
			Properties: map[string]any{"opsreview": map[string]any{"fingerprint": d.Fingerprint, "generation": 1.0, "attempt": "attempt-1"}},
		}
		if diff := cmp.Diff(want, got, cmp.FilterPath(func(p cmp.Path) bool { return p.String() == "indexed" }, cmp.Ignore())); diff != "" {
			t.Errorf("the issue (-want +got):\n%s", diff)
		}
		line, shown, _ := strings.Cut(tr.Preview(d), "\n")
		requests := s.Requests()
		sent := requests[len(requests)-1]
		if line != sent.Method+" "+sent.Path || !sameJSON(t, shown, sent.Body) {
			t.Errorf("the preview shows %s\n%s\nand what came was %s %s\n%s", line, shown, sent.Method, sent.Path, sent.Body)
		}
	})
}

func sameJSON(t *testing.T, a, b string) bool {
	t.Helper()
	var x, y any
	if json.Unmarshal([]byte(a), &x) != nil || json.Unmarshal([]byte(b), &y) != nil {
		t.Fatalf("not JSON: %s or %s", a, b)
	}
	return cmp.Equal(x, y)
}

func TestCreate_FitsWhatJiraTakes(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		d := draft("00000000000000aa")
		d.Title = "two\r\nlines " + strings.Repeat("ü", 400)
		for range 9000 {
			d.Body = append(d.Body, paragraph("long ä")...)
		}
		d.Labels = append(d.Labels, "on call\tteam", strings.Repeat("x", 300), `a"b`)
		got := s.Issue(create(t, s.tracker(t), d).ID)
		if n := utf8.RuneCountInString(got.Summary); n > 255 || strings.ContainsAny(got.Summary, "\r\n") || !utf8.ValidString(got.Summary) {
			t.Errorf("the summary has %d runes: %q", n, got.Summary)
		}
		if n := utf8.RuneCountInString(got.Description); n > 32767 || n < 30000 {
			t.Errorf("the description has %d runes", n)
		}
		if diff := cmp.Diff([]string{"on-call-team", strings.Repeat("x", 255), "a-b"}, got.Labels[4:]); diff != "" {
			t.Errorf("labels (-want +got):\n%s", diff)
		}
	})
}

// What a tracker's error means decides whether a ticket may be filed again.
func TestCreate_TellsRefusalFromSilence(t *testing.T) {
	tests := map[string]struct {
		fault  jirafake.Fault
		change func(s *site)
		want   string // "rejected", "throttled" or "unknown"
		says   string
		made   int
	}{
		"a lost request is unknown":              {fault: jirafake.Fault{Kind: jirafake.LoseRequest}, want: "unknown"},
		"a lost answer is unknown":               {fault: jirafake.Fault{Kind: jirafake.LoseAnswer}, want: "unknown", made: 1},
		"a proxy that is down is unknown":        {fault: jirafake.Fault{Kind: jirafake.Down}, want: "unknown", says: "503"},
		"a login page is unknown, in clear":      {fault: jirafake.Fault{Kind: jirafake.LoginPage}, want: "unknown", says: "web page"},
		"a redirect elsewhere is unknown":        {fault: jirafake.Fault{Kind: jirafake.Redirect, To: "http://127.0.0.1:1"}, want: "unknown", says: "another host"},
		"a throttle says how long":               {fault: jirafake.Fault{Kind: jirafake.Throttle, After: 7 * time.Second}, want: "throttled", says: "7s"},
		"a throttle without a word is a while":   {fault: jirafake.Fault{Kind: jirafake.Throttle}, want: "throttled", says: "15s"},
		"a field that cannot be set is rejected": {change: func(s *site) { s.OffScreen = []string{"labels"} }, want: "rejected", says: "labels: Field 'labels' cannot be set."},
		"a required field is rejected":           {change: func(s *site) { s.Required = []string{"customfield_9"} }, want: "rejected", says: "customfield_9 is required"},
		"a wrong token is rejected":              {change: func(s *site) { s.Token = "Basic other" }, want: "rejected", says: "check the token"},
		"a missing permission is rejected":       {change: func(s *site) { s.Denied = []string{"CREATE_ISSUES"} }, want: "rejected", says: "project: You cannot create"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			each(t, func(t *testing.T, s *site) {
				if tt.change != nil {
					tt.change(s)
				}
				if tt.fault.Kind != "" {
					s.Inject(tt.fault)
				}
				_, err := s.tracker(t).Create(t.Context(), draft("00000000000000aa"))
				if got := outcome(err); got != tt.want || !strings.Contains(err.Error(), tt.says) {
					t.Errorf("Create was %s: %v; want %s with %q", got, err, tt.want, tt.says)
				}
				if strings.Contains(err.Error(), "hush") {
					t.Errorf("the error shows the token: %v", err)
				}
				if n := len(s.Issues()); n != tt.made {
					t.Errorf("%d tickets exist, want %d", n, tt.made)
				}
				if n := len(s.Requests()); n != 1 {
					t.Errorf("%d requests came, want one: a creation is never sent again", n)
				}
			})
		})
	}
}

func outcome(err error) string {
	var rejected *ticket.Rejected
	var throttled *ticket.Throttled
	switch {
	case err == nil:
		return "ok"
	case errors.As(err, &rejected):
		return "rejected"
	case errors.As(err, &throttled):
		return "throttled"
	}
	return "unknown"
}

// A redirect must not carry the token to whoever it leads to.
func TestToken_StaysAtItsHost(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		other := jirafake.New(jirafake.Cloud)
		srv := httptest.NewServer(other)
		t.Cleanup(srv.Close)
		s.Inject(jirafake.Fault{Kind: jirafake.Redirect, To: srv.URL, Times: 1000})
		tr := s.tracker(t)
		_, err := tr.Create(t.Context(), draft("00000000000000aa"))
		if outcome(err) != "unknown" {
			t.Errorf("Create said %v", err)
		}
		if _, err := tr.Find(t.Context(), ticket.Label); err == nil {
			t.Error("Find found something elsewhere")
		}
		if got := other.Requests(); len(got) != 0 {
			t.Errorf("another host was asked: %v", got)
		}
		if n := len(s.Authorizations()); n != 1 {
			t.Errorf("credentials came for %d hosts, want 1", n)
		}
	})
}

func TestToken_IsShownAsTheConfigurationSays(t *testing.T) {
	tests := map[string]struct {
		email, auth, want string
	}{
		"an email makes it basic":   {"bot@example.com", "", "Basic Ym90QGV4YW1wbGUuY29tOmh1c2gtaHVzaA=="},
		"no email makes it bearer":  {"", "", "Bearer hush-hush"},
		"a service account's token": {"", "bearer", "Bearer hush-hush"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			s := openSite(t, jirafake.Cloud)
			s.Prefix = "/ex/jira/123"
			s.Token = tt.want
			s.cfg.BaseURL += s.Prefix
			s.cfg.Email, s.cfg.Auth = tt.email, tt.auth
			tr := s.tracker(t)
			if ref := create(t, tr, draft("00000000000000aa")); ref.URL != "https://jira.example.com/browse/OPS-1" {
				t.Errorf("the ticket is at %s", ref.URL)
			}
			if found, err := tr.Find(t.Context(), ticket.Label); err != nil || len(found) != 1 {
				t.Errorf("Find gave %d tickets and %v", len(found), err)
			}
		})
	}
}
