// Package jirafake is a Jira that lives in memory and speaks enough of the real
// one's API to file, find, note, reopen, link and plan tickets. It is for tests
// and trials: nothing else may use it.
//
// It has the two personalities of the product, which differ in more than their
// names, and is as strict as the vendor where libraries are known to go wrong.
// It loses requests and answers, throttles, lags and redirects on demand.
package jirafake

import (
	"bytes"
	"cmp"
	"io"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// A Personality is one of Jira's two products.
type Personality string

// The personalities.
const (
	Cloud      Personality = "Cloud"
	DataCenter Personality = "Server"
)

// Bot is the name of the account that every request is made by.
const Bot = "bot"

// A Server is one Jira. Its exported fields are set before it serves; its
// methods may be called at any time.
type Server struct {
	Personality Personality
	Prefix      string           // of every path, as at the vendor's gateway: "/ex/jira/123"
	Project     string           // "OPS"
	Projects    []string         // further projects
	Types       []string         // of issue: "Task", "Bug"
	Token       string           // the Authorization that is accepted; "" for any
	Now         func() time.Time // time.Now
	Lag         time.Duration    // until a search finds a new issue
	PageSize    int              // most results of a page
	Required    []string         // further fields that creating needs
	Custom      []string         // further fields on the create screen
	OffScreen   []string         // fields that are not on the create screen, such as "labels"
	Denied      []string         // permissions that the account lacks
	Final       bool             // whether nothing leads out of the status Done
	Asking      []string         // statuses that cannot be gone to without further fields
	Kanban      bool             // whether the board has no sprints

	// Before is called when a request has come and nothing has changed, After when
	// everything has changed and nothing is answered. They may panic with
	// http.ErrAbortHandler to cut the connection.
	Before, After func(r *http.Request)

	mux, meta *http.ServeMux

	mu        sync.Mutex
	lastID    int
	issues    []*Issue
	sprints   []Sprint
	faults    []*Fault
	requests  []Request
	staleness bool
}

// An Issue is a ticket.
type Issue struct {
	ID          int
	Project     string
	Number      int
	Type        string
	Summary     string
	Description string
	Labels      []string
	Components  []string
	Parent      string
	Fields      map[string]any // custom ones
	Properties  map[string]any
	Status      string // one of Statuses
	Resolution  string // "" for none
	Assignee    string
	Created     time.Time
	Updated     time.Time
	Resolved    time.Time // zero for unresolved
	Comments    []Comment
	Links       []Link
	WorkLogs    []WorkLog
	Sprint      int // 0 for the backlog

	indexed time.Time // when searches see it
}

// Key is the issue's name for people.
func (i Issue) Key() string { return i.Project + "-" + strconv.Itoa(i.Number) }

// Remote is the issue's id as the API has it.
func (i Issue) Remote() string { return strconv.Itoa(i.ID) }

// Open reports whether the issue is not done.
func (i Issue) Open() bool { return i.Status != Done }

// A Comment is what an account wrote on an issue.
type Comment struct {
	ID     int
	Author string
	Editor string // who wrote it last; "" for the author
	Body   string
	Edits  int // how often it was written anew
}

// A WorkLog is what an account says that it worked on an issue.
type WorkLog struct {
	ID      int
	Author  string // their display name
	Email   string // "" where it is hidden, as it is on most of Cloud
	Comment string
	Started time.Time
	Created time.Time
	Updated time.Time
	Spent   time.Duration
}

// A Link leads from one issue to another: From "relates to" or "duplicates" To.
type Link struct {
	Type     string // "Relates" or "Duplicate"
	From, To int
}

// A Sprint is a stretch of planned work on board 1.
type Sprint struct {
	ID         int
	Name       string
	State      string // "future", "active" or "closed"
	Start, End time.Time
}

// A Request is what was asked.
type Request struct {
	Method, Path, Query string
	Host                string
	Authorization       string
	Body                string
}

// New returns a Jira with the project OPS, board 1 and no issues.
func New(p Personality) *Server {
	s := &Server{
		Personality: p, Project: "OPS", Types: []string{"Task", "Bug"}, Now: time.Now, PageSize: 50,
		lastID: 10000,
	}
	s.mux, s.meta = s.routes(), s.metaRoutes()
	return s
}

// ServeHTTP answers one request.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(io.LimitReader(r.Body, 1<<20))
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	fault := s.record(r, string(body))
	if fault.early(w, r) {
		return
	}
	path, ok := strings.CutPrefix(r.URL.Path, s.Prefix)
	if !ok {
		http.NotFound(w, r)
		return
	}
	r.URL.Path = path
	if s.Before != nil {
		s.Before(r)
	}
	answer := &buffer{header: http.Header{}}
	if s.Token != "" && r.Header.Get("Authorization") != s.Token && r.URL.Path != serverInfoPath {
		refuse(answer, http.StatusUnauthorized, "Client must be authenticated to access this resource.")
	} else {
		s.serve(answer, r)
	}
	if s.After != nil {
		s.After(r)
	}
	if fault.Kind == LoseAnswer {
		panic(http.ErrAbortHandler)
	}
	answer.send(w, s.Now())
}

// serve answers under the lock, so that requests take turns as transactions do.
func (s *Server) serve(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if strings.HasPrefix(r.URL.Path, metaPath) {
		s.meta.ServeHTTP(w, r)
		return
	}
	s.mux.ServeHTTP(w, r)
}

// record keeps a request and returns the fault that it meets, the zero Fault
// for none.
func (s *Server) record(r *http.Request, body string) Fault {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.requests = append(s.requests, Request{
		Method: r.Method, Path: r.URL.Path, Query: r.URL.RawQuery, Host: r.Host,
		Authorization: r.Header.Get("Authorization"), Body: body,
	})
	for _, f := range s.faults {
		if !f.meets(r) {
			continue
		}
		if f.Skip > 0 {
			f.Skip--
			continue
		}
		hit := *f
		if f.Times--; f.Times <= 0 {
			s.faults = slices.DeleteFunc(s.faults, func(o *Fault) bool { return o == f })
		}
		return hit
	}
	return Fault{}
}

// Inject makes the server go wrong.
func (s *Server) Inject(faults ...Fault) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, f := range faults {
		f.Times = max(f.Times, 1)
		s.faults = append(s.faults, &f)
	}
}

// SetLag changes how long searches do not find issues that are created from
// here on.
func (s *Server) SetLag(d time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.Lag = d
}

// LoseIndex makes every search find nothing, as while Jira builds its index.
func (s *Server) LoseIndex(lost bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.staleness = lost
}

// Requests returns what was asked so far, in order.
func (s *Server) Requests() []Request {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.requests)
}

// Authorizations returns the credentials that came, by the host that they were
// meant for.
func (s *Server) Authorizations() map[string][]string {
	hosts := map[string][]string{}
	for _, r := range s.Requests() {
		if r.Authorization != "" && !slices.Contains(hosts[r.Host], r.Authorization) {
			hosts[r.Host] = append(hosts[r.Host], r.Authorization)
		}
	}
	return hosts
}

// Issues returns copies of the issues, oldest first.
func (s *Server) Issues() []Issue {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := make([]Issue, 0, len(s.issues))
	for _, i := range s.issues {
		all = append(all, i.clone())
	}
	return all
}

// Issue returns a copy of one issue by its id or key, the zero Issue if there
// is none.
func (s *Server) Issue(name string) Issue {
	s.mu.Lock()
	defer s.mu.Unlock()
	if i := s.find(name); i != nil {
		return i.clone()
	}
	return Issue{}
}

func (i *Issue) clone() Issue {
	c := *i
	c.Labels, c.Components = slices.Clone(i.Labels), slices.Clone(i.Components)
	c.Comments, c.Links = slices.Clone(i.Comments), slices.Clone(i.Links)
	c.Fields, c.Properties = maps.Clone(i.Fields), maps.Clone(i.Properties)
	return c
}

// Add makes an issue as a person would. Its id, number, project, type, status
// and times are filled in where they are zero.
func (s *Server) Add(i Issue) Issue {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.add(i).clone()
}

func (s *Server) add(i Issue) *Issue {
	s.lastID++
	now := s.Now()
	i.ID = cmp.Or(i.ID, s.lastID)
	i.Project = cmp.Or(i.Project, s.Project)
	i.Number = cmp.Or(i.Number, s.lastID-10000)
	i.Type = cmp.Or(i.Type, s.Types[0])
	i.Status = cmp.Or(i.Status, Todo)
	if i.Created.IsZero() {
		i.Created = now
	}
	i.Updated = now
	i.indexed = now.Add(s.Lag)
	s.issues = append(s.issues, &i)
	return &i
}

// Edit changes an issue as a person would. It does nothing if there is none.
func (s *Server) Edit(name string, change func(i *Issue)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if i := s.find(name); i != nil {
		change(i)
		i.Updated = s.Now()
	}
}

// Close closes an issue as a person would.
func (s *Server) Close(name, resolution string) {
	s.Edit(name, func(i *Issue) { i.Status, i.Resolution, i.Resolved = Done, resolution, s.Now() })
}

// Delete removes an issue as a person would.
func (s *Server) Delete(name string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	gone := s.find(name)
	s.issues = slices.DeleteFunc(s.issues, func(i *Issue) bool { return i == gone })
}

// AddSprint adds a sprint to board 1.
func (s *Server) AddSprint(sp Sprint) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.sprints = append(s.sprints, sp)
}

// find returns an issue by its id or key. The caller holds the lock.
func (s *Server) find(name string) *Issue {
	id, err := strconv.Atoi(name)
	for _, i := range s.issues {
		if (err == nil && i.ID == id) || (err != nil && strings.EqualFold(i.Key(), name)) {
			return i
		}
	}
	return nil
}
