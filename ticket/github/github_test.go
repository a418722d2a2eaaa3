package github_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"opsreview"
	"opsreview/internal/rest"
	"opsreview/ticket"
	"opsreview/ticket/github"
)

func open(t testing.TB, h *hub) *github.Tracker {
	t.Helper()
	clock := rest.Clock{Now: func() time.Time { return monday }, Sleep: func(ctx context.Context, _ time.Duration) error { return ctx.Err() }}
	cfg := github.Config{Repo: "acme/ops", BaseURL: h.url, TokenFile: "token", Labels: []string{"sre", "Opsreview"}}
	tracker, err := github.New(cfg, "s3cret", nil, github.WithClock(clock))
	if err != nil {
		t.Fatalf("opening the tracker: %v", err)
	}
	return tracker
}

const fp = "0123456789abcdef"

func draft(title string) ticket.Draft {
	return ticket.Draft{
		Fingerprint: fp, Generation: 1, Attempt: "first", Title: title,
		Labels: []string{ticket.Label, ticket.FingerprintLabel(fp), "alert-noise"},
		Body:   say("≈ 3.4 h/week"),
	}
}

func say(text string) ticket.Body {
	return ticket.Body{{Paragraph: []ticket.Span{{Text: text}}}}
}

func file(t *testing.T, tracker *github.Tracker, d ticket.Draft) ticket.Ref {
	t.Helper()
	ref, err := tracker.Create(t.Context(), d)
	if err != nil {
		t.Fatalf("filing %q: %v", d.Title, err)
	}
	return ref
}

func get(t *testing.T, tracker *github.Tracker, id string) ticket.Snapshot {
	t.Helper()
	snaps, err := tracker.Get(t.Context(), []string{id})
	if err != nil || len(snaps) != 1 {
		t.Fatalf("getting %s: %v, %v", id, snaps, err)
	}
	return snaps[0]
}

func TestCreate_FilesAnIssueWithItsLabels(t *testing.T) {
	h := newHub(t)
	tracker := open(t, h)
	ref := file(t, tracker, draft("Noisy\nmonitor"))
	want := ticket.Ref{ID: "1", Key: "#1", URL: "https://github.example/acme/ops/issues/1"}
	if diff := cmp.Diff(want, ref); diff != "" {
		t.Errorf("the ticket's name (-want +got):\n%s", diff)
	}
	wantSnap := ticket.Snapshot{
		Ref: want, Title: "Noisy monitor", Stands: opsreview.TicketTodo, Status: "open", UpdatedAt: monday,
		Labels: []string{"opsreview", "opsreview-0123456789abcdef", "alert-noise", "sre"},
	}
	if diff := cmp.Diff(wantSnap, get(t, tracker, "1")); diff != "" {
		t.Errorf("the ticket (-want +got):\n%s", diff)
	}
	long := draft(strings.Repeat("é", 500))
	long.Body = ticket.Body{{Code: strings.Repeat("é", 100_000)}, say("the end")[0]}
	file(t, tracker, long) // the hub refuses what is too long
}

func TestFind_ListsByLabelsOldestFirstOverPages(t *testing.T) {
	h := newHub(t)
	h.pageSize = 2
	tracker := open(t, h)
	for n := range 5 {
		file(t, tracker, draft(fmt.Sprint(n)))
	}
	other := draft("of another finding")
	other.Labels = []string{ticket.Label}
	file(t, tracker, other)
	pull := file(t, tracker, draft("a pull request"))
	h.edited(func() { h.issues[6].Pull = true })
	h.edited(func() { h.issues[3].Labels = []string{"OpsReview", "OPSREVIEW-0123456789ABCDEF"} })
	h.close(3, "completed", monday)
	found, err := tracker.Find(t.Context(), ticket.Label, ticket.FingerprintLabel(fp))
	if err != nil {
		t.Fatalf("finding: %v", err)
	}
	var got []string
	for _, s := range found {
		got = append(got, s.Key+" "+string(s.Stands))
	}
	want := []string{"#1 todo", "#2 todo", "#3 done", "#4 todo", "#5 todo"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("found (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"opsreview", "opsreview-0123456789abcdef"}, found[3].Labels); diff != "" {
		t.Errorf("labels in other capitals (-want +got):\n%s", diff)
	}
	if s := get(t, tracker, pull.ID); !s.Missing {
		t.Errorf("a pull request is a ticket: %+v", s)
	}
	if n := h.count("GET /search"); n != 0 {
		t.Errorf("%d searches were made", n)
	}
}

func TestGet_WhatIsNotThere(t *testing.T) {
	tests := map[string]struct {
		id   string
		edit func(h *hub)
		want func(s ticket.Snapshot, err error) bool
	}{
		"an issue is found by its number":    {"1", nil, present},
		"and by its key":                     {"#1", nil, present},
		"and by its whole name":              {"Acme/Ops#1", nil, present},
		"another repository's is missing":    {"acme/web#1", nil, missing},
		"what is no number is missing":       {"../1", nil, missing},
		"one that never was is missing":      {"9", nil, missing},
		"a deleted one is missing":           {"1", func(h *hub) { h.issues[0].Deleted = true }, missing},
		"one that was moved is missing":      {"1", func(h *hub) { h.issues[0].Repo = "acme/web" }, missing},
		"one of a renamed repository is not": {"1", func(h *hub) { h.fullName = "acme/operations" }, present},
		"of a repository out of sight nothing is known": {"1", func(h *hub) {
			h.faults = []fault{{path: "/issues/1", times: 1, before: status(404)}, {path: "/repos/acme/ops", times: 1, before: status(404)}}
		}, func(_ ticket.Snapshot, err error) bool { return rejected(err) }},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			h := newHub(t)
			tracker := open(t, h)
			file(t, tracker, draft("Noisy"))
			if tt.edit != nil {
				h.edited(func() { tt.edit(h) })
			}
			snaps, err := tracker.Get(t.Context(), []string{tt.id})
			var s ticket.Snapshot
			if len(snaps) == 1 {
				s = snaps[0]
			}
			if !tt.want(s, err) || (s.Missing && s.ID != tt.id) {
				t.Errorf("got %+v, %v", s, err)
			}
		})
	}
}

func present(s ticket.Snapshot, err error) bool { return err == nil && !s.Missing && s.ID == "1" }
func missing(s ticket.Snapshot, err error) bool { return err == nil && s.Missing }

func noAccess(err error) bool {
	var r *ticket.Rejected
	return errors.As(err, &r) && r.Access
}

func rejected(err error) bool {
	var r *ticket.Rejected
	return errors.As(err, &r)
}

func status(code int, headers ...string) func(http.ResponseWriter, *http.Request) {
	return func(w http.ResponseWriter, _ *http.Request) {
		for i := 0; i < len(headers); i += 2 {
			w.Header().Set(headers[i], headers[i+1])
		}
		reply(w, code, message("No."))
	}
}

func TestErrors_TellRefusalFromSilence(t *testing.T) {
	page := func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "<html>Log in</html>") }
	drop := func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }
	pace := func(w http.ResponseWriter, _ *http.Request) {
		reply(w, 403, message("You have exceeded a secondary rate limit. Please wait."))
	}
	half := fmt.Sprint(monday.Add(30 * time.Minute).Unix())
	tests := map[string]struct {
		fault fault
		after time.Duration // of a throttle
		want  string
	}{
		"a wrong request is refused":             {fault{before: status(422)}, 0, "rejected"},
		"a wrong token is refused":               {fault{before: status(401)}, 0, "no access"},
		"a missing right is refused":             {fault{before: status(403)}, 0, "no access"},
		"a hidden repository is refused":         {fault{before: status(404)}, 0, "no access"},
		"issues turned off are refused":          {fault{before: status(410)}, 0, "no access"},
		"429 asks to wait":                       {fault{before: status(429, "Retry-After", "7")}, 7 * time.Second, "throttled"},
		"429 without a time asks for a minute":   {fault{before: status(429)}, time.Minute, "throttled"},
		"an allowance used up asks to wait":      {fault{before: status(403, "X-RateLimit-Remaining", "0", "X-RateLimit-Reset", half)}, 30*time.Minute + time.Second, "throttled"},
		"a refusal with a time asks to wait":     {fault{before: status(403, "Retry-After", "60", "X-RateLimit-Remaining", "9")}, time.Minute, "throttled"},
		"a pace too fast asks for a minute":      {fault{before: pace}, time.Minute, "throttled"},
		"a broken server is silent":              {fault{before: status(502)}, 0, "unknown"},
		"a cut connection is silent":             {fault{before: drop}, 0, "unknown"},
		"a lost answer is silent":                {fault{after: func() { panic(http.ErrAbortHandler) }}, 0, "unknown"},
		"a login page is silent":                 {fault{before: page}, 0, "unknown"},
		"an empty answer is silent":              {fault{before: func(http.ResponseWriter, *http.Request) {}}, 0, "unknown"},
		"an answer that names nothing is silent": {fault{before: func(w http.ResponseWriter, _ *http.Request) { reply(w, 201, map[string]any{}) }}, 0, "unknown"},
		"an answer that comes later is silent":   {fault{before: func(w http.ResponseWriter, _ *http.Request) { reply(w, 202, map[string]any{}) }}, 0, "unknown"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			h := newHub(t)
			tt.fault.method = http.MethodPost
			h.fail(tt.fault)
			_, err := open(t, h).Create(t.Context(), draft("Noisy"))
			var throttled *ticket.Throttled
			got := "unknown"
			switch {
			case err == nil:
				got = "filed"
			case noAccess(err):
				got = "no access"
			case rejected(err):
				got = "rejected"
			case errors.As(err, &throttled):
				got = "throttled"
				if throttled.After != tt.after {
					t.Errorf("it asks to wait %s, want %s", throttled.After, tt.after)
				}
			}
			if got != tt.want {
				t.Errorf("the answer is %s, want %s: %v", got, tt.want, err)
			}
			if n := h.count("POST "); n != 1 {
				t.Errorf("%d requests to file came, want 1", n)
			}
			if err != nil && (strings.Contains(err.Error(), "s3cret") || strings.Contains(err.Error(), "github.invalid")) {
				t.Errorf("the error tells too much: %v", err)
			}
		})
	}
}

func TestFind_SilenceIsNoEmptyList(t *testing.T) {
	for name, before := range map[string]http.HandlerFunc{
		"an empty answer": func(http.ResponseWriter, *http.Request) {},
		"a login page":    func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "<html>") },
		"an object":       func(w http.ResponseWriter, _ *http.Request) { reply(w, 200, map[string]any{}) },
		"a broken server": status(500),
		"a refusal":       status(404),
	} {
		t.Run(name, func(t *testing.T) {
			h := newHub(t)
			h.fail(fault{before: before, times: 10})
			if found, err := open(t, h).Find(t.Context(), ticket.Label); err == nil {
				t.Errorf("found %v, want an error", found)
			}
		})
	}
}

func TestToken_GoesToNoOtherHost(t *testing.T) {
	var leaked []string
	evil := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		leaked = append(leaked, r.Header.Get("Authorization"))
	}))
	t.Cleanup(evil.Close)
	h := newHub(t)
	h.fail(fault{times: 10, before: func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, evil.URL+r.URL.Path, http.StatusTemporaryRedirect)
	}})
	tracker := open(t, h)
	_, err := tracker.Find(t.Context(), ticket.Label)
	_, err2 := tracker.Create(t.Context(), draft("Noisy"))
	if err == nil || err2 == nil || rejected(err2) || len(leaked) != 0 {
		t.Errorf("errors %v and %v; %q came to another host", err, err2, leaked)
	}
}

func TestHealthy_TrustsAListThatShowsWhatIsKnown(t *testing.T) {
	h := newHub(t)
	tracker := open(t, h)
	ref := file(t, tracker, draft("Noisy"))
	if err := tracker.Healthy(t.Context(), ticket.Ref{}); err != nil {
		t.Errorf("nothing is known: %v", err)
	}
	if err := tracker.Healthy(t.Context(), ref); err != nil {
		t.Errorf("the issue is listed: %v", err)
	}
	h.fail(fault{path: "/issues", before: func(w http.ResponseWriter, _ *http.Request) { reply(w, 200, []any{}) }})
	if err := tracker.Healthy(t.Context(), ref); err == nil {
		t.Error("an empty list was trusted")
	}
	h.edited(func() { h.issues[0].Labels = nil })
	if err := tracker.Healthy(t.Context(), ref); err != nil {
		t.Errorf("people took the label away: %v", err)
	}
}

func TestConfig_SaysWhatIsWrong(t *testing.T) {
	with := func(change func(c *github.Config)) github.Config {
		c := github.Config{Type: "github", Repo: "acme/ops", TokenFile: "token"}
		change(&c)
		return c
	}
	tests := map[string]struct {
		config github.Config
		field  string // "" where nothing is wrong
	}{
		"a repository and a token are enough": {with(func(*github.Config) {}), ""},
		"another type is another tracker's":   {with(func(c *github.Config) { c.Type = "jira" }), "type"},
		"a repository has an owner":           {with(func(c *github.Config) { c.Repo = "ops" }), "repo"},
		"a repository is no path":             {with(func(c *github.Config) { c.Repo = "acme/.." }), "repo"},
		"a repository is no address":          {with(func(c *github.Config) { c.Repo = "https://github.com/acme/ops" }), "repo"},
		"the token does not travel in clear":  {with(func(c *github.Config) { c.BaseURL = "http://ghe.example.com/api/v3" }), "base_url"},
		"pages are not the API":               {with(func(c *github.Config) { c.BaseURL = "https://github.com" }), "base_url"},
		"a token is needed":                   {with(func(c *github.Config) { c.TokenFile = "" }), "token_file"},
		"one token is enough":                 {with(func(c *github.Config) { c.TokenEnv = "TOKEN" }), "token_file"},
		"a label has fifty characters":        {with(func(c *github.Config) { c.Labels = []string{strings.Repeat("é", 50)} }), ""},
		"and no more":                         {with(func(c *github.Config) { c.Labels = []string{strings.Repeat("é", 51)} }), "labels"},
		"a label has no comma":                {with(func(c *github.Config) { c.Labels = []string{"a,b"} }), "labels"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			_, err := github.New(tt.config, "s3cret", nil)
			field, _, _ := strings.Cut(opsreview.ErrorMessage(err), ":")
			if field != tt.field || (err != nil && opsreview.ErrorCode(err) != opsreview.Invalid) {
				t.Errorf("the error is %v, want one of the field %q", err, tt.field)
			}
		})
	}
}
