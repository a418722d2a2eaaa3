package jirafake

import (
	"encoding/json"
	"net/http"
	"slices"
	"strconv"
	"time"
)

// The statuses, which lie in Jira's three categories.
const (
	Todo  = "To Do"
	Doing = "In Progress"
	Done  = "Done"
)

// Statuses lists every status.
func Statuses() []string { return []string{Todo, Doing, Done} }

var categories = map[string]string{Todo: "new", Doing: "indeterminate", Done: "done"}

// form is how Jira writes times.
const form = "2006-01-02T15:04:05.000-0700"

// An object is a JSON object.
type object = map[string]any

func (s *Server) routes() *http.ServeMux {
	mux := http.NewServeMux()
	const api, agile = "/rest/api/2", "/rest/agile/1.0"
	for pattern, handle := range map[string]http.HandlerFunc{
		"GET " + api + "/serverInfo":                          s.serverInfo,
		"GET " + api + "/myself":                              s.myself,
		"GET " + api + "/mypermissions":                       s.permissions,
		"GET " + api + "/field":                               s.fields,
		"GET " + api + "/issueLinkType":                       s.linkTypes,
		"GET " + api + "/project/{project}":                   s.project,
		"GET " + api + "/search":                              s.search,
		"GET " + api + "/search/jql":                          s.searchJQL,
		"POST " + api + "/issue":                              s.create,
		"POST " + api + "/issue/bulkfetch":                    s.bulkFetch,
		"GET " + api + "/issue/{issue}":                       s.onIssue(s.get),
		"PUT " + api + "/issue/{issue}":                       s.onIssue(s.update),
		"GET " + api + "/issue/{issue}/comment":               s.onIssue(s.comments),
		"POST " + api + "/issue/{issue}/comment":              s.onIssue(s.addComment),
		"PUT " + api + "/issue/{issue}/comment/{id}":          s.onIssue(s.editComment),
		"GET " + api + "/issue/{issue}/worklog":               s.onIssue(s.workLogs),
		"GET " + api + "/issue/{issue}/transitions":           s.onIssue(s.transitions),
		"POST " + api + "/issue/{issue}/transitions":          s.onIssue(s.transition),
		"GET " + api + "/issue/{issue}/properties/{property}": s.onIssue(s.property),
		"PUT " + api + "/issue/{issue}/properties/{property}": s.onIssue(s.setProperty),
		"POST " + api + "/issueLink":                          s.link,
		"GET " + agile + "/board/{board}":                     s.board,
		"GET " + agile + "/board/{board}/configuration":       s.boardConfiguration,
		"GET " + agile + "/board/{board}/sprint":              s.boardSprints,
		"POST " + agile + "/sprint/{sprint}/issue":            s.moveToSprint,
		"POST " + agile + "/backlog/issue":                    s.moveToBacklog,
		"PUT " + agile + "/issue/rank":                        s.rank,
		"/":                                                   notFound,
	} {
		mux.HandleFunc(pattern, handle)
	}
	return mux
}

// metaRoutes are apart because an issue might be named createmeta, as far as a
// mux can tell.
func (s *Server) metaRoutes() *http.ServeMux {
	mux := http.NewServeMux()
	const types = "GET " + metaPath + "{project}/issuetypes"
	mux.HandleFunc(types, s.issueTypes)
	mux.HandleFunc(types+"/{type}", s.createFields)
	mux.HandleFunc("/", notFound)
	return mux
}

// serverInfoPath is open to strangers.
const serverInfoPath = "/rest/api/2/serverInfo"

const metaPath = "/rest/api/2/issue/createmeta/"

func notFound(w http.ResponseWriter, _ *http.Request) {
	refuse(w, http.StatusNotFound, "null for uri")
}

// onIssue finds the issue that a path names.
func (s *Server) onIssue(handle func(http.ResponseWriter, *http.Request, *Issue)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		i := s.find(r.PathValue("issue"))
		if i == nil || slices.Contains(s.Denied, "BROWSE_PROJECTS") {
			refuse(w, http.StatusNotFound, "Issue does not exist or you do not have permission to see it.")
			return
		}
		handle(w, r, i)
	}
}

func reply(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json;charset=UTF-8")
	w.WriteHeader(status)
	if err := json.NewEncoder(w).Encode(v); err != nil {
		panic(err) // every answer is made of plain values
	}
}

// refuse says no as Jira does.
func refuse(w http.ResponseWriter, status int, message string) {
	reply(w, status, object{"errorMessages": []string{message}, "errors": object{}})
}

// refuseField says no about a field.
func refuseField(w http.ResponseWriter, field, message string) {
	reply(w, http.StatusBadRequest, object{"errorMessages": []string{}, "errors": object{field: message}})
}

// read decodes a request's body, as strictly as the vendor does.
func read(w http.ResponseWriter, r *http.Request, v any) bool {
	d := json.NewDecoder(r.Body)
	d.DisallowUnknownFields()
	if err := d.Decode(v); err != nil {
		refuse(w, http.StatusBadRequest, "Invalid request payload. Refer to the REST API documentation and try again.")
		return false
	}
	return true
}

func (s *Server) serverInfo(w http.ResponseWriter, r *http.Request) {
	version := "9.12.0"
	if s.Personality == Cloud {
		version = "1001.0.0-SNAPSHOT"
	}
	reply(w, http.StatusOK, object{
		"baseUrl": "http://" + r.Host, "version": version, "deploymentType": string(s.Personality), "serverTitle": "Jira",
	})
}

// user is how the personality writes an account.
func (s *Server) user(name string) object {
	if s.Personality == Cloud {
		return object{"accountId": "557058:" + name, "accountType": "atlassian", "displayName": name, "active": true}
	}
	return object{"name": name, "key": "JIRAUSER-" + name, "displayName": name, "active": true}
}

func (s *Server) myself(w http.ResponseWriter, _ *http.Request) { reply(w, http.StatusOK, s.user(Bot)) }

func (s *Server) permissions(w http.ResponseWriter, r *http.Request) {
	asked := r.URL.Query().Get("permissions")
	if asked == "" && s.Personality == Cloud {
		refuse(w, http.StatusBadRequest, "The permissions query parameter is required.")
		return
	}
	out := object{}
	for _, p := range []string{"BROWSE_PROJECTS", "CREATE_ISSUES", "ADD_COMMENTS", "EDIT_ISSUES", "EDIT_OWN_COMMENTS", "TRANSITION_ISSUES", "LINK_ISSUES", "MANAGE_SPRINTS_PERMISSION", "SCHEDULE_ISSUES"} {
		out[p] = object{"key": p, "name": p, "havePermission": !slices.Contains(s.Denied, p)}
	}
	reply(w, http.StatusOK, object{"permissions": out})
}

func (s *Server) fields(w http.ResponseWriter, _ *http.Request) {
	sprint := object{"type": "array", "items": "json", "custom": "com.pyxis.greenhopper.jira:gh-sprint", "customId": 10020}
	points := object{"type": "number", "custom": "com.atlassian.jira.plugin.system.customfieldtypes:float", "customId": 10016}
	reply(w, http.StatusOK, []object{
		{"id": "summary", "key": "summary", "name": "Summary", "custom": false, "schema": object{"type": "string", "system": "summary"}},
		{"id": sprintField, "key": sprintField, "name": "Sprint", "custom": true, "schema": sprint},
		{"id": PointsField, "key": PointsField, "name": "Story Points", "custom": true, "schema": points},
	})
}

func (s *Server) linkTypes(w http.ResponseWriter, _ *http.Request) {
	reply(w, http.StatusOK, object{"issueLinkTypes": []object{linkType("Relates"), linkType("Duplicate")}})
}

func linkType(name string) object {
	if name == "Duplicate" {
		return object{"id": "10002", "name": name, "inward": "is duplicated by", "outward": "duplicates"}
	}
	return object{"id": "10003", "name": "Relates", "inward": "relates to", "outward": "relates to"}
}

func (s *Server) hasProject(key string) bool {
	return key == s.Project || slices.Contains(s.Projects, key)
}

func (s *Server) project(w http.ResponseWriter, r *http.Request) {
	key := r.PathValue("project")
	if !s.hasProject(key) || slices.Contains(s.Denied, "BROWSE_PROJECTS") {
		refuse(w, http.StatusNotFound, "No project could be found with key '"+key+"'.")
		return
	}
	reply(w, http.StatusOK, object{"id": "10000", "key": key, "name": key})
}

// paged writes one page of a list under the key that the personality uses.
func (s *Server) paged(w http.ResponseWriter, r *http.Request, cloudKey string, all []object) {
	key := "values"
	if s.Personality == Cloud {
		key = cloudKey
	}
	from, to := s.span(r, len(all))
	reply(w, http.StatusOK, object{
		"startAt": from, "maxResults": s.PageSize, "total": len(all), "isLast": to == len(all), key: all[from:to],
	})
}

// span is the part of a list that a request asks for.
func (s *Server) span(r *http.Request, total int) (from, to int) {
	from = min(number(r, "startAt", 0), total)
	return from, min(from+min(number(r, "maxResults", s.PageSize), s.PageSize), total)
}

func number(r *http.Request, name string, otherwise int) int {
	n, err := strconv.Atoi(r.URL.Query().Get(name))
	if err != nil || n < 0 {
		return otherwise
	}
	return n
}

func (s *Server) issueTypes(w http.ResponseWriter, r *http.Request) {
	if !s.hasProject(r.PathValue("project")) {
		refuse(w, http.StatusNotFound, "Project does not exist.")
		return
	}
	var all []object
	for n, name := range s.Types {
		all = append(all, object{"id": strconv.Itoa(10001 + n), "name": name, "subtask": false})
	}
	s.paged(w, r, "issueTypes", all)
}

func (s *Server) createFields(w http.ResponseWriter, r *http.Request) {
	var all []object
	add := func(id string, required bool) {
		if !slices.Contains(s.OffScreen, id) {
			all = append(all, object{
				"fieldId": id, "key": id, "name": id, "required": required, "hasDefaultValue": id == "reporter",
				"operations": []string{"set"}, "schema": object{"type": "string"},
			})
		}
	}
	for _, id := range []string{"project", "issuetype", "summary"} {
		add(id, true)
	}
	add("reporter", true)
	for _, id := range []string{"description", "labels", "components", "parent"} {
		add(id, false)
	}
	for _, id := range s.Custom {
		add(id, false)
	}
	for _, id := range s.Required {
		add(id, true)
	}
	s.paged(w, r, "fields", all)
}

func stamp(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	return t.UTC().Format(form)
}
