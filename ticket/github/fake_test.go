package github_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

var monday = time.Date(2026, 3, 9, 8, 0, 0, 0, time.UTC)

// A hub is a GitHub with one repository, as strict as the real one where that
// matters here.
type hub struct {
	t   testing.TB
	url string

	mu       sync.Mutex
	login    string
	app      bool
	fullName string
	rights   map[string]bool
	archived bool
	noIssues bool
	private  bool
	headers  map[string]string // of every answer
	pageSize int
	issues   []*issue
	comments []*comment
	asked    []string // "GET /repos/acme/ops/issues/1"
	faults   []fault
}

type issue struct {
	Number      int
	Title, Body string
	State       string
	Reason      string
	Labels      []string
	Closed      time.Time
	Pull        bool
	Deleted     bool
	Repo        string // to which it was moved
}

type comment struct {
	ID          int64
	Issue       int
	Body, Login string
	Bot         bool
}

// A fault is what goes wrong with the next request that it names.
type fault struct {
	method, path string // what the path ends with
	times        int
	before       func(w http.ResponseWriter, r *http.Request) // instead of the answer
	after        func()                                       // after everything happened, before the answer
}

func newHub(t testing.TB) *hub {
	t.Helper()
	h := &hub{
		t: t, login: "opsbot", fullName: "acme/ops", rights: map[string]bool{"pull": true, "triage": true},
		headers: map[string]string{}, pageSize: 100,
	}
	srv := httptest.NewUnstartedServer(h)
	srv.Config.ReadTimeout = 10 * time.Second
	srv.Start()
	t.Cleanup(srv.Close)
	h.url = srv.URL
	return h
}

func (h *hub) fail(f fault) {
	h.mu.Lock()
	defer h.mu.Unlock()
	f.times = max(f.times, 1)
	h.faults = append(h.faults, f)
}

func (h *hub) fault(r *http.Request) fault {
	for i := range h.faults {
		f := &h.faults[i]
		if f.times > 0 && (f.method == "" || f.method == r.Method) && strings.HasSuffix(r.URL.Path, f.path) {
			f.times--
			return *f
		}
	}
	return fault{}
}

func (h *hub) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.asked = append(h.asked, r.Method+" "+r.URL.Path)
	w.Header().Set("Date", monday.Format(http.TimeFormat))
	for k, v := range h.headers {
		w.Header().Set(k, v)
	}
	f := h.fault(r)
	if f.before != nil {
		f.before(w, r)
		return
	}
	if r.Header.Get("Authorization") != "Bearer s3cret" {
		reply(w, http.StatusUnauthorized, map[string]any{"message": "Bad credentials"})
		return
	}
	status, body := h.answer(w, r)
	if f.after != nil {
		f.after()
	}
	reply(w, status, body)
}

func reply(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body) // a client that has gone away needs no answer
}

func message(text string) map[string]any { return map[string]any{"message": text} }

func (h *hub) answer(w http.ResponseWriter, r *http.Request) (int, any) {
	if r.URL.Path == "/user" {
		if h.app {
			return 403, message("Resource not accessible by integration")
		}
		return 200, map[string]any{"login": h.login, "type": "User"}
	}
	rest, ok := strings.CutPrefix(r.URL.Path, "/repos/acme/ops")
	if !ok {
		return 404, message("Not Found")
	}
	if rest == "" {
		return 200, map[string]any{
			"full_name": h.fullName, "has_issues": !h.noIssues, "archived": h.archived, "permissions": h.rights, "private": h.private,
		}
	}
	parts := strings.Split(strings.TrimPrefix(rest, "/issues"), "/")[1:]
	if len(parts) == 2 && parts[0] == "comments" {
		return h.editComment(r, parts[1])
	}
	if len(parts) == 0 {
		if r.Method == http.MethodPost {
			return h.create(r)
		}
		return h.list(w, r)
	}
	n, err := strconv.Atoi(parts[0])
	if err != nil {
		return 404, message("Not Found")
	}
	i := h.issue(n)
	switch {
	case i == nil:
		return 404, message("Not Found")
	case i.Deleted:
		return 410, message("This issue was deleted")
	case len(parts) == 1 && r.Method == http.MethodPatch:
		return h.edit(r, i)
	case len(parts) == 1:
		return 200, h.json(i)
	case parts[1] == "labels":
		return h.label(r, i)
	}
	return h.talk(w, r, i)
}

func (h *hub) issue(n int) *issue {
	for _, i := range h.issues {
		if i.Number == n {
			return i
		}
	}
	return nil
}

func (h *hub) json(i *issue) map[string]any {
	repo := h.fullName
	if i.Repo != "" {
		repo = i.Repo
	}
	labels := []map[string]any{}
	for _, l := range i.Labels {
		labels = append(labels, map[string]any{"name": l})
	}
	out := map[string]any{
		"number": i.Number, "title": i.Title, "body": i.Body, "state": i.State, "labels": labels,
		"html_url": fmt.Sprintf("https://github.example/%s/issues/%d", repo, i.Number), "repository_url": h.url + "/repos/" + repo,
		"updated_at": monday.Format(time.RFC3339), "state_reason": nil, "closed_at": nil,
	}
	if i.Reason != "" {
		out["state_reason"] = i.Reason
	}
	if !i.Closed.IsZero() {
		out["closed_at"] = i.Closed.Format(time.RFC3339)
	}
	if i.Pull {
		out["pull_request"] = map[string]any{"url": "x"}
	}
	return out
}

// read decodes a body that may have the fields named and no others.
func (h *hub) read(r *http.Request, fields ...string) map[string]any {
	var body map[string]any
	if err := json.NewDecoder(r.Body).Decode(&body); err != nil {
		h.t.Errorf("%s %s: %v", r.Method, r.URL.Path, err)
	}
	for k := range body {
		if !slices.Contains(fields, k) {
			h.t.Errorf("%s %s sends %s", r.Method, r.URL.Path, k)
		}
	}
	return body
}

func texts(list any) []string {
	var out []string
	values, _ := list.([]any)
	for _, v := range values {
		text, _ := v.(string)
		out = append(out, text)
	}
	return out
}

// create drops labels where the account may not set them, as GitHub does.
func (h *hub) create(r *http.Request) (int, any) {
	body := h.read(r, "title", "body", "labels")
	title, _ := body["title"].(string)
	text, _ := body["body"].(string)
	if title == "" || len([]rune(title)) > 256 || len([]rune(text)) > 65536 {
		return 422, message("Validation Failed")
	}
	i := &issue{Number: len(h.issues) + 1, Title: title, Body: text, State: "open"}
	if h.rights["triage"] {
		i.Labels = texts(body["labels"])
	}
	h.issues = append(h.issues, i)
	return 201, h.json(i)
}

func (h *hub) list(w http.ResponseWriter, r *http.Request) (int, any) {
	q := r.URL.Query()
	var found []any
	for _, i := range h.issues {
		all := !i.Deleted && i.Repo == ""
		for _, l := range strings.Split(q.Get("labels"), ",") {
			all = all && (l == "" || slices.ContainsFunc(i.Labels, func(have string) bool { return strings.EqualFold(have, l) }))
		}
		if all && (q.Get("state") == "all" || i.State == "open") {
			found = append(found, h.json(i))
		}
	}
	if q.Get("direction") != "asc" {
		slices.Reverse(found)
	}
	return 200, h.page(w, r, found)
}

// page returns one page, and links to the next.
func (h *hub) page(w http.ResponseWriter, r *http.Request, all []any) []any {
	q := r.URL.Query()
	page, _ := strconv.Atoi(q.Get("page"))
	page = max(page, 1)
	from := min((page-1)*h.pageSize, len(all))
	to := min(from+h.pageSize, len(all))
	if to < len(all) {
		next := url.Values{}
		for k, v := range q {
			next[k] = v
		}
		next.Set("page", strconv.Itoa(page+1))
		w.Header().Set("Link", fmt.Sprintf("<%s%s?%s>; rel=\"next\"", h.url, r.URL.Path, next.Encode()))
	}
	return append([]any{}, all[from:to]...)
}

func (h *hub) edit(r *http.Request, i *issue) (int, any) {
	body := h.read(r, "state", "state_reason")
	i.State, _ = body["state"].(string)
	i.Reason, _ = body["state_reason"].(string)
	i.Closed = time.Time{}
	return 200, h.json(i)
}

func (h *hub) label(r *http.Request, i *issue) (int, any) {
	var labels []string
	if err := json.NewDecoder(r.Body).Decode(&labels); err != nil {
		return 422, message("Validation Failed")
	}
	if !h.rights["triage"] {
		return 403, message("Must have triage rights")
	}
	for _, l := range labels {
		if !slices.Contains(i.Labels, l) {
			i.Labels = append(i.Labels, l)
		}
	}
	return 200, []any{}
}

func (h *hub) talk(w http.ResponseWriter, r *http.Request, i *issue) (int, any) {
	if r.Method == http.MethodGet {
		var found []any
		for _, c := range h.comments {
			if c.Issue == i.Number {
				found = append(found, c.json())
			}
		}
		return 200, h.page(w, r, found)
	}
	text, _ := h.read(r, "body")["body"].(string)
	c := &comment{ID: int64(len(h.comments) + 100), Issue: i.Number, Body: text, Login: h.login, Bot: h.app}
	h.comments = append(h.comments, c)
	return 201, c.json()
}

func (c *comment) json() map[string]any {
	kind := "User"
	if c.Bot {
		kind = "Bot"
	}
	return map[string]any{"id": c.ID, "body": c.Body, "user": map[string]any{"login": c.Login, "type": kind}}
}

func (h *hub) editComment(r *http.Request, id string) (int, any) {
	for _, c := range h.comments {
		if strconv.FormatInt(c.ID, 10) == id && r.Method == http.MethodPatch {
			c.Body, _ = h.read(r, "body")["body"].(string)
			return 200, c.json()
		}
	}
	return 404, message("Not Found")
}

// edited runs what a person does.
func (h *hub) edited(do func()) {
	h.mu.Lock()
	defer h.mu.Unlock()
	do()
}

// close is a person closing an issue.
func (h *hub) close(n int, reason string, at time.Time) {
	h.edited(func() {
		i := h.issue(n)
		i.State, i.Reason, i.Closed = "closed", reason, at
	})
}

// bodies lists the comments of an issue.
func (h *hub) bodies(n int) []string {
	h.mu.Lock()
	defer h.mu.Unlock()
	var all []string
	for _, c := range h.comments {
		if c.Issue == n {
			all = append(all, c.Body)
		}
	}
	return all
}

// count counts the requests that begin with a text.
func (h *hub) count(prefix string) int {
	h.mu.Lock()
	defer h.mu.Unlock()
	n := 0
	for _, a := range h.asked {
		if strings.HasPrefix(a, prefix) {
			n++
		}
	}
	return n
}
