package jirafake

import (
	"cmp"
	"encoding/json"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

func (s *Server) comments(w http.ResponseWriter, r *http.Request, i *Issue) {
	from, to := s.span(r, len(i.Comments))
	list := []object{}
	for _, c := range i.Comments[from:to] {
		list = append(list, s.comment(c))
	}
	reply(w, http.StatusOK, object{"startAt": from, "maxResults": s.PageSize, "total": len(i.Comments), "comments": list})
}

func (s *Server) comment(c Comment) object {
	return object{"id": strconv.Itoa(c.ID), "author": s.user(c.Author), "updateAuthor": s.user(cmp.Or(c.Editor, c.Author)), "body": c.Body}
}

// said reads a comment as the vendor does: Cloud refuses what only it may
// write, which go-jira's own AddComment sends.
func (s *Server) said(w http.ResponseWriter, r *http.Request) (string, bool) {
	var d map[string]json.RawMessage
	if !read(w, r, &d) {
		return "", false
	}
	for name := range d {
		if name != "body" && s.Personality == Cloud {
			refuseField(w, name, "This Jira takes a comment's body only.")
			return "", false
		}
	}
	var text string
	if problem := decode(d["body"], &text, 32767); problem != "" || text == "" {
		refuseField(w, "comment", "Comment body can not be empty! "+problem)
		return "", false
	}
	return text, true
}

func (s *Server) addComment(w http.ResponseWriter, r *http.Request, i *Issue) {
	text, ok := s.said(w, r)
	if !ok {
		return
	}
	if slices.Contains(s.Denied, "ADD_COMMENTS") {
		refuse(w, http.StatusForbidden, "You do not have the permission to comment on this issue.")
		return
	}
	s.lastID++
	c := Comment{ID: s.lastID, Author: Bot, Body: text}
	i.Comments = append(i.Comments, c)
	i.Updated = s.Now()
	reply(w, http.StatusCreated, s.comment(c))
}

func (s *Server) editComment(w http.ResponseWriter, r *http.Request, i *Issue) {
	text, ok := s.said(w, r)
	if !ok {
		return
	}
	at := slices.IndexFunc(i.Comments, func(c Comment) bool { return strconv.Itoa(c.ID) == r.PathValue("id") })
	if at < 0 {
		refuse(w, http.StatusNotFound, "Can not find a comment for the id.")
		return
	}
	c := &i.Comments[at]
	if c.Author != Bot {
		refuse(w, http.StatusForbidden, "You do not have permission to edit this comment.")
		return
	}
	c.Body = text
	c.Edits++
	i.Updated = s.Now()
	reply(w, http.StatusOK, s.comment(*c))
}

var transitionIDs = map[string]string{Todo: "11", Doing: "21", Done: "31"}

// ways lists the statuses that an issue can go to.
func (s *Server) ways(i *Issue) []string {
	if (i.Status == Done && s.Final) || slices.Contains(s.Denied, "TRANSITION_ISSUES") {
		return nil
	}
	// Done comes first, so that a client that takes the first way is found out.
	return []string{Done, Doing, Todo}
}

func (s *Server) transitions(w http.ResponseWriter, _ *http.Request, i *Issue) {
	list := []object{}
	for _, to := range s.ways(i) {
		list = append(list, object{"id": transitionIDs[to], "name": "Go to " + to, "to": s.status(to), "fields": object{}})
	}
	reply(w, http.StatusOK, object{"expand": "transitions", "transitions": list})
}

func (s *Server) transition(w http.ResponseWriter, r *http.Request, i *Issue) {
	var d details
	if !read(w, r, &d) {
		return
	}
	for _, to := range s.ways(i) {
		if d.Transition == nil || transitionIDs[to] != d.Transition.ID {
			continue
		}
		if slices.Contains(s.Asking, to) {
			refuseField(w, "customfield_30", "Reason is required.")
			return
		}
		i.Status, i.Updated = to, s.Now()
		if to == Done {
			i.Resolution, i.Resolved = Done, s.Now()
		} else {
			i.Resolution, i.Resolved = "", time.Time{}
		}
		w.WriteHeader(http.StatusNoContent)
		return
	}
	refuse(w, http.StatusBadRequest, "It seems that you have tried to perform a workflow operation that is not valid for the current state of this issue.")
}

// link makes a link, which Jira does again and again if it is asked to, as far
// as its answer goes: the same link is kept once.
func (s *Server) link(w http.ResponseWriter, r *http.Request) {
	type end struct {
		ID  string `json:"id"`
		Key string `json:"key"`
	}
	var d struct {
		Type struct {
			Name string `json:"name"`
		} `json:"type"`
		Inward  end `json:"inwardIssue"`
		Outward end `json:"outwardIssue"`
	}
	if !read(w, r, &d) {
		return
	}
	from, to := s.find(d.Inward.ID+d.Inward.Key), s.find(d.Outward.ID+d.Outward.Key)
	switch {
	case from == nil || to == nil:
		refuse(w, http.StatusNotFound, "Issue does not exist or you do not have permission to see it.")
		return
	case d.Type.Name != "Relates" && d.Type.Name != "Duplicate":
		refuse(w, http.StatusNotFound, "No issue link type with name '"+d.Type.Name+"' found.")
		return
	}
	l := Link{Type: d.Type.Name, From: from.ID, To: to.ID}
	if !slices.Contains(from.Links, l) {
		from.Links = append(from.Links, l)
		to.Links = append(to.Links, l)
	}
	w.WriteHeader(http.StatusCreated)
}

// links writes an issue's links: the other end is outward where the issue is
// the one that "duplicates".
func (s *Server) links(i *Issue) []object {
	list := []object{}
	for _, l := range i.Links {
		side, other := "outwardIssue", l.To
		if l.To == i.ID {
			side, other = "inwardIssue", l.From
		}
		o := s.find(strconv.Itoa(other))
		if o == nil {
			continue
		}
		list = append(list, object{
			"id": strconv.Itoa(l.From) + strconv.Itoa(l.To), "type": linkType(l.Type),
			side: object{"id": o.Remote(), "key": o.Key(), "fields": object{"summary": o.Summary, "status": s.status(o.Status)}},
		})
	}
	return list
}

// unquote takes the quotes off a word of JQL.
func unquote(word string) string {
	word = strings.TrimSpace(word)
	if len(word) >= 2 && word[0] == '"' && word[len(word)-1] == '"' {
		return strings.NewReplacer(`\"`, `"`, `\\`, `\`).Replace(word[1 : len(word)-1])
	}
	return word
}
