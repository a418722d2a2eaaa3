package jira_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
	"github.com/getkin/kin-openapi/routers/gorillamux"

	"opsreview/ticket"
	"opsreview/ticket/jira/jirafake"
)

// beyond are the paths that the subset of the vendor's contract does not hold.
var beyond = []string{"/rest/api/3/mypermissions", "/rest/api/3/issueLinkType", "/rest/agile/"}

// contract compares requests with the vendor's specification.
type contract struct {
	router routers.Router
	inner  http.Handler

	mu       sync.Mutex
	problems []string
	asked    map[string]bool
}

func openContract(t *testing.T, inner http.Handler) *contract {
	t.Helper()
	dir := os.Getenv("OPSREVIEW_CORPUS")
	if dir == "" {
		dir = filepath.Join("..", "..", "..", "shared", "corpus")
	}
	text, err := os.ReadFile(filepath.Join(dir, "jira", "openapi-subset.json"))
	if err != nil {
		t.Skip("the corpus is not here (set OPSREVIEW_CORPUS): openapi-subset.json")
	}
	doc, err := openapi3.NewLoader().LoadFromData(text)
	if err != nil {
		t.Fatal(err)
	}
	doc.Servers = openapi3.Servers{{URL: "/"}}
	router, err := gorillamux.NewRouter(doc)
	if err != nil {
		t.Fatal(err)
	}
	return &contract{router: router, inner: inner, asked: map[string]bool{}}
}

// ServeHTTP checks a request as one of the API's version 3, which differs in
// how texts are written only: there a description is an object.
func (c *contract) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		c.problem("read: %v", err)
	}
	as3 := r.Clone(r.Context())
	as3.URL.Path = strings.Replace(r.URL.Path, "/rest/api/2/", "/rest/api/3/", 1)
	as3.Body = io.NopCloser(bytes.NewReader(body))
	in := c.check(as3)
	r.Body = io.NopCloser(bytes.NewReader(body))
	rec := httptest.NewRecorder()
	c.inner.ServeHTTP(rec, r)
	c.checkAnswer(in, rec)
	for k, v := range rec.Header() {
		w.Header()[k] = v
	}
	w.WriteHeader(rec.Code)
	if _, err := w.Write(rec.Body.Bytes()); err != nil {
		c.problem("write: %v", err)
	}
}

// checkAnswer compares what the fake answers, so that it teaches nothing wrong.
func (c *contract) checkAnswer(in *openapi3filter.RequestValidationInput, rec *httptest.ResponseRecorder) {
	if in == nil || rec.Code >= 400 || rec.Body.Len() == 0 {
		return
	}
	out := &openapi3filter.ResponseValidationInput{
		RequestValidationInput: in, Status: rec.Code, Header: rec.Header(),
		Body: io.NopCloser(bytes.NewReader(withoutNulls(rec.Body.Bytes()))), Options: in.Options,
	}
	if err := openapi3filter.ValidateResponse(in.Request.Context(), out); err != nil {
		c.problem("answer of %s %s: %.600v", in.Request.Method, in.Route.Path, err)
	}
}

// check returns what an answer is compared with, nil for a path beyond the
// contract.
func (c *contract) check(r *http.Request) *openapi3filter.RequestValidationInput {
	if slices.ContainsFunc(beyond, func(prefix string) bool { return strings.HasPrefix(r.URL.Path, prefix) }) {
		return nil
	}
	route, params, err := c.router.FindRoute(r)
	if err != nil {
		c.problem("%s %s is not in the contract: %v", r.Method, r.URL.Path, err)
		return nil
	}
	in := &openapi3filter.RequestValidationInput{
		Request: r, PathParams: params, Route: route,
		Options: &openapi3filter.Options{AuthenticationFunc: openapi3filter.NoopAuthenticationFunc},
	}
	if err := openapi3filter.ValidateRequest(r.Context(), in); err != nil {
		c.problem("request %s %s: %.400v", r.Method, route.Path, err)
	}
	known := map[string]bool{}
	for _, list := range []openapi3.Parameters{route.Operation.Parameters, route.PathItem.Parameters} {
		for _, p := range list {
			known[p.Value.Name] = p.Value.In == "query"
		}
	}
	for name := range r.URL.Query() {
		if !known[name] {
			c.problem("request %s %s has the unknown parameter %q", r.Method, route.Path, name)
		}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.asked[r.Method+" "+route.Path] = true
	return in
}

// withoutNulls leaves out fields without a value: Jira writes them as null,
// which its own contract does not foresee.
func withoutNulls(body []byte) []byte {
	var v any
	if json.Unmarshal(body, &v) != nil {
		return body
	}
	text, err := json.Marshal(drop(v))
	if err != nil {
		return body
	}
	return text
}

func drop(v any) any {
	switch v := v.(type) {
	case map[string]any:
		for key, inner := range v {
			if v[key] = drop(inner); inner == nil {
				delete(v, key)
			}
		}
	case []any:
		for i, inner := range v {
			v[i] = drop(inner)
		}
	}
	return v
}

func (c *contract) problem(format string, args ...any) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.problems = append(c.problems, fmt.Sprintf(format, args...))
}

// What we ask is what the vendor documents: otherwise the other tests prove
// nothing. This is what finds the comments of go-jira's own making.
func TestContract(t *testing.T) {
	s := openSite(t, jirafake.Cloud)
	s.PageSize, s.cfg.Board = 2, 1
	s.cfg.Parent = "OPS-1"
	c := openContract(t, s.Server)
	srv := httptest.NewServer(c)
	t.Cleanup(srv.Close)
	s.cfg.BaseURL = srv.URL
	tr := s.tracker(t)
	s.Add(jirafake.Issue{})
	s.AddSprint(jirafake.Sprint{ID: 1, Name: "Sprint 1", State: "future"})
	var ids []string
	for n := range 5 {
		ids = append(ids, create(t, tr, draft(fmt.Sprintf("%016d", n))).ID)
	}
	s.Close(ids[0], "Done")
	steps := map[string]func() error{
		"find":    func() error { _, err := tr.Find(t.Context(), ticket.Label); return err },
		"healthy": func() error { return tr.Healthy(t.Context(), ticket.Ref{ID: ids[0]}) },
		"get":     func() error { _, err := tr.Get(t.Context(), append(ids, "777")); return err },
		"note":    func() error { return tr.Note(t.Context(), ids[1], "m", paragraph("one")) },
		"reopen":  func() error { return tr.Reopen(t.Context(), ids[0], paragraph("it came back")) },
		"labels":  func() error { return tr.AddLabels(t.Context(), ids[1], []string{"toil"}) },
		"relate":  func() error { return tr.Relate(t.Context(), ids[1], ids[0], "relates") },
		"sprints": func() error { _, err := tr.Sprints(t.Context()); return err },
		"backlog": func() error { _, err := tr.Backlog(t.Context()); return err },
		"move":    func() error { return tr.Move(t.Context(), "1", ids) },
		"sprint":  func() error { _, err := tr.InSprint(t.Context(), "1"); return err },
	}
	for name, step := range steps {
		if err := step(); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := tr.Note(t.Context(), ids[1], "m", paragraph("two")); err != nil {
		t.Error(err)
	}
	tr.Check(t.Context())
	for _, p := range c.problems {
		t.Error(p)
	}
	for _, path := range []string{
		"GET /rest/api/3/serverInfo", "GET /rest/api/3/myself", "GET /rest/api/3/search/jql", "POST /rest/api/3/issue",
		"POST /rest/api/3/issue/bulkfetch", "GET /rest/api/3/issue/{issueIdOrKey}", "PUT /rest/api/3/issue/{issueIdOrKey}",
		"GET /rest/api/3/issue/{issueIdOrKey}/comment", "POST /rest/api/3/issue/{issueIdOrKey}/comment",
		"PUT /rest/api/3/issue/{issueIdOrKey}/comment/{id}", "GET /rest/api/3/issue/{issueIdOrKey}/transitions",
		"POST /rest/api/3/issue/{issueIdOrKey}/transitions", "POST /rest/api/3/issueLink",
		"GET /rest/api/3/issue/createmeta/{projectIdOrKey}/issuetypes", "GET /rest/api/3/issue/createmeta/{projectIdOrKey}/issuetypes/{issueTypeId}",
		"GET /rest/api/3/field", "GET /rest/api/3/project/{projectIdOrKey}",
	} {
		if !c.asked[path] {
			t.Errorf("%s was never asked", path)
		}
	}
}

// A contract that lets everything pass would prove nothing either.
func TestContract_CatchesWhatGoJiraSends(t *testing.T) {
	c := openContract(t, http.NotFoundHandler())
	body, err := json.Marshal(map[string]any{"author": map[string]any{"displayName": ""}, "body": "x", "visibility": map[string]any{}})
	if err != nil {
		t.Fatal(err)
	}
	r := httptest.NewRequest(http.MethodPost, "/rest/api/2/issue/10001/comment", bytes.NewReader(body))
	r.Header.Set("Content-Type", "application/json")
	c.ServeHTTP(httptest.NewRecorder(), r)
	if len(c.problems) == 0 {
		t.Error("the contract has nothing to say about an author")
	}
}
