package jirafake

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

const boardID = "1"

func (s *Server) hasBoard(w http.ResponseWriter, r *http.Request) bool {
	if r.PathValue("board") == boardID {
		return true
	}
	refuse(w, http.StatusNotFound, "Requested board cannot be viewed because it either does not exist or you do not have permission to view it.")
	return false
}

func (s *Server) board(w http.ResponseWriter, r *http.Request) {
	if s.hasBoard(w, r) {
		kind := "scrum"
		if s.Kanban {
			kind = "kanban"
		}
		reply(w, http.StatusOK, object{"id": 1, "name": "Ops board", "type": kind})
	}
}

func (s *Server) boardConfiguration(w http.ResponseWriter, r *http.Request) {
	if s.hasBoard(w, r) {
		reply(w, http.StatusOK, object{
			"id": 1, "name": "Ops board",
			"estimation": object{"type": "field", "field": object{"fieldId": PointsField, "displayName": "Story Points"}},
			"ranking":    object{"rankCustomFieldId": 10019},
		})
	}
}

func (s *Server) boardSprints(w http.ResponseWriter, r *http.Request) {
	if !s.hasBoard(w, r) {
		return
	}
	if s.Kanban {
		refuse(w, http.StatusBadRequest, "The board does not support sprints")
		return
	}
	states := strings.Split(r.URL.Query().Get("state"), ",")
	all := []object{}
	for _, sp := range s.sprints {
		if states[0] == "" || slices.Contains(states, sp.State) {
			all = append(all, object{
				"id": sp.ID, "name": sp.Name, "state": sp.State, "originBoardId": 1,
				"startDate": sprintTime(sp.Start), "endDate": sprintTime(sp.End),
			})
		}
	}
	from, to := s.span(r, len(all))
	reply(w, http.StatusOK, object{"startAt": from, "maxResults": s.PageSize, "isLast": to == len(all), "values": all[from:to]})
}

// sprintValue is how the sprint field is answered: objects on Cloud, and the
// text of a Java object on Data Center.
func (s *Server) sprintValue(id int) any {
	at := slices.IndexFunc(s.sprints, func(sp Sprint) bool { return sp.ID == id })
	if at < 0 {
		return nil
	}
	sp := s.sprints[at]
	if s.Personality == Cloud {
		return []object{{"id": sp.ID, "name": sp.Name, "state": sp.State, "boardId": 1}}
	}
	return []string{fmt.Sprintf("com.atlassian.greenhopper.service.sprint.Sprint@1f[id=%d,rapidViewId=1,state=%s,name=%s,goal=<null>]",
		sp.ID, strings.ToUpper(sp.State), sp.Name)}
}

// A batch is a request about several issues.
type batch struct {
	Issues []string `json:"issues"`
	Before string   `json:"rankBeforeIssue"`
	After  string   `json:"rankAfterIssue"`
}

// readBatch reads a batch and finds its issues.
func (s *Server) readBatch(w http.ResponseWriter, r *http.Request) (batch, []*Issue, bool) {
	var b batch
	if !read(w, r, &b) {
		return b, nil, false
	}
	if len(b.Issues) > 50 {
		refuse(w, http.StatusBadRequest, "The maximum number of issues in one request is 50.")
		return b, nil, false
	}
	var found []*Issue
	for _, name := range b.Issues {
		i := s.find(name)
		if i == nil {
			refuse(w, http.StatusBadRequest, "Issue does not exist or you do not have permission to see it.")
			return b, nil, false
		}
		found = append(found, i)
	}
	return b, found, true
}

func (s *Server) moveToSprint(w http.ResponseWriter, r *http.Request) {
	at := slices.IndexFunc(s.sprints, func(sp Sprint) bool { return strconv.Itoa(sp.ID) == r.PathValue("sprint") })
	switch {
	case at < 0:
		refuse(w, http.StatusNotFound, "Sprint does not exist.")
		return
	case s.sprints[at].State == "closed":
		refuse(w, http.StatusBadRequest, "Issues can be moved only to open or active sprints.")
		return
	}
	if _, found, ok := s.readBatch(w, r); ok {
		for _, i := range found {
			i.Sprint = s.sprints[at].ID
		}
		w.WriteHeader(http.StatusNoContent)
	}
}

func (s *Server) moveToBacklog(w http.ResponseWriter, r *http.Request) {
	if _, found, ok := s.readBatch(w, r); ok {
		for _, i := range found {
			i.Sprint = 0
		}
		w.WriteHeader(http.StatusNoContent)
	}
}

// rank puts issues before or after another one, in the order in which searches
// give them.
func (s *Server) rank(w http.ResponseWriter, r *http.Request) {
	b, found, ok := s.readBatch(w, r)
	if !ok {
		return
	}
	anchor := s.find(b.Before + b.After)
	if anchor == nil || (b.Before == "") == (b.After == "") {
		refuse(w, http.StatusBadRequest, "One issue must be given to rank before or after.")
		return
	}
	s.issues = slices.DeleteFunc(s.issues, func(i *Issue) bool { return slices.Contains(found, i) })
	at := slices.Index(s.issues, anchor)
	if b.After != "" {
		at++
	}
	s.issues = slices.Insert(s.issues, max(at, 0), found...)
	w.WriteHeader(http.StatusNoContent)
}

func sprintTime(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	return t.UTC().Format(time.RFC3339)
}
