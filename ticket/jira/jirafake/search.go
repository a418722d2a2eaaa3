package jirafake

import (
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// search is the old search, which only Data Center has.
func (s *Server) search(w http.ResponseWriter, r *http.Request) {
	if s.Personality == Cloud {
		refuse(w, http.StatusGone, "The requested API has been removed. Please migrate to the /rest/api/3/search/jql API.")
		return
	}
	hits, problem := s.query(r.URL.Query().Get("jql"))
	if problem != "" {
		refuse(w, http.StatusBadRequest, problem)
		return
	}
	from, to := s.span(r, len(hits))
	reply(w, http.StatusOK, object{
		"startAt": from, "maxResults": s.PageSize, "total": len(hits), "issues": s.writeAll(hits[from:to], fieldsOf(r, "*all")),
	})
}

// searchJQL is the search of Cloud: no totals, and a token for the next page.
func (s *Server) searchJQL(w http.ResponseWriter, r *http.Request) {
	if s.Personality != Cloud {
		notFound(w, r)
		return
	}
	hits, problem := s.query(r.URL.Query().Get("jql"))
	if problem != "" {
		refuse(w, http.StatusBadRequest, problem)
		return
	}
	from, err := strconv.Atoi(strings.TrimPrefix(r.URL.Query().Get("nextPageToken"), "token-"))
	if err != nil {
		from = 0
	}
	from = min(from, len(hits))
	to := min(from+min(number(r, "maxResults", s.PageSize), s.PageSize), len(hits))
	out := object{"isLast": to == len(hits), "issues": s.writeAll(hits[from:to], fieldsOf(r, "id"))}
	if to < len(hits) {
		out["nextPageToken"] = "token-" + strconv.Itoa(to)
	}
	reply(w, http.StatusOK, out)
}

// fieldsOf lists the fields that a search asks for, which are not the same for
// both personalities where it asks for none.
func fieldsOf(r *http.Request, otherwise string) []string {
	if list := r.URL.Query().Get("fields"); list != "" {
		return strings.Split(list, ",")
	}
	return []string{otherwise}
}

func (s *Server) writeAll(hits []*Issue, fields []string) []object {
	list := []object{}
	for _, i := range hits {
		o := s.write(i, fields)
		if slices.Equal(fields, []string{"id"}) {
			o = object{"id": i.Remote()}
		}
		list = append(list, o)
	}
	return list
}

var clauseForm = regexp.MustCompile(`^(\w+)\s*(=|!=|>=|\bin\b|\bis\b)\s*(.+)$`)

// query runs the part of JQL that is needed: clauses joined by AND. What it
// does not know it refuses, since a search that finds too much would go
// unnoticed.
func (s *Server) query(jql string) ([]*Issue, string) {
	jql, _, _ = strings.Cut(jql, " ORDER BY ")
	hits := slices.Clone(s.issues)
	for _, clause := range strings.Split(jql, " AND ") {
		m := clauseForm.FindStringSubmatch(strings.TrimSpace(clause))
		if m == nil {
			return nil, fmt.Sprintf("Error in the JQL Query: '%s' is not understood.", clause)
		}
		matches, problem := s.clause(m[1], m[2], m[3])
		if problem != "" {
			return nil, problem
		}
		hits = slices.DeleteFunc(hits, func(i *Issue) bool { return !matches(i) })
	}
	now := s.Now()
	hits = slices.DeleteFunc(hits, func(i *Issue) bool { return s.staleness || i.indexed.After(now) })
	return hits, ""
}

// clause returns what a clause asks of an issue.
func (s *Server) clause(field, operator, value string) (func(*Issue) bool, string) {
	words := []string{unquote(value)}
	if operator == "in" {
		words = nil
		for _, word := range strings.Split(strings.Trim(value, "()"), ",") {
			words = append(words, unquote(word))
		}
	}
	switch field + " " + operator {
	case "project =", "project in":
		for _, key := range words {
			if !s.hasProject(key) || slices.Contains(s.Denied, "BROWSE_PROJECTS") {
				return nil, "The value '" + key + "' does not exist for the field 'project'."
			}
		}
		return func(i *Issue) bool { return slices.Contains(words, i.Project) }, ""
	case "labels =":
		return func(i *Issue) bool { return slices.Contains(i.Labels, words[0]) }, ""
	case "id =", "key =", "id in", "key in":
		for _, name := range words {
			if s.find(name) == nil {
				return nil, "An issue with key '" + name + "' does not exist for field '" + field + "'."
			}
		}
		return func(i *Issue) bool {
			return slices.Contains(words, i.Remote()) || slices.Contains(words, i.Key())
		}, ""
	case "worklogDate >=":
		since, err := time.Parse("2006-01-02", words[0])
		if err != nil {
			return nil, "Date value '" + words[0] + "' for field 'worklogDate' is invalid."
		}
		return func(i *Issue) bool {
			return slices.ContainsFunc(i.WorkLogs, func(l WorkLog) bool { return !l.Started.Before(since) })
		}, ""
	case "statusCategory !=":
		return func(i *Issue) bool { return i.Status != words[0] }, ""
	case "sprint is":
		return func(i *Issue) bool { return i.Sprint == 0 }, ""
	case "sprint =":
		return func(i *Issue) bool { return strconv.Itoa(i.Sprint) == words[0] }, ""
	}
	return nil, fmt.Sprintf("Field '%s' does not exist or this field cannot be viewed by anonymous users.", field)
}
