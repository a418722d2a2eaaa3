package jirafake

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"unicode/utf8"
)

// PointsField is the custom field that holds story points; it is among Custom
// only where a test puts it there.
const PointsField = "customfield_10016"

const sprintField = "customfield_10020"

// A details is the body of a request that creates or changes an issue.
type details struct {
	Fields     map[string]json.RawMessage              `json:"fields"`
	Update     map[string][]map[string]json.RawMessage `json:"update"`
	Properties []struct {
		Key   string `json:"key"`
		Value any    `json:"value"`
	} `json:"properties"`
	Transition *struct {
		ID string `json:"id"`
	} `json:"transition"`
}

func (s *Server) create(w http.ResponseWriter, r *http.Request) {
	var d details
	if !read(w, r, &d) {
		return
	}
	if slices.Contains(s.Denied, "CREATE_ISSUES") {
		refuseField(w, "project", "You cannot create issues in this project.")
		return
	}
	var i Issue
	for _, name := range []string{"project", "issuetype", "summary"} {
		if _, ok := d.Fields[name]; !ok {
			refuseField(w, name, name+" is required.")
			return
		}
	}
	for _, name := range s.Required {
		if _, ok := d.Fields[name]; !ok {
			refuseField(w, name, name+" is required.")
			return
		}
	}
	for name, value := range d.Fields {
		if problem := s.set(&i, name, value); problem != "" {
			refuseField(w, name, problem)
			return
		}
	}
	i.Properties = map[string]any{}
	for _, p := range d.Properties {
		i.Properties[p.Key] = p.Value
	}
	made := s.add(i)
	reply(w, http.StatusCreated, object{"id": made.Remote(), "key": made.Key(), "self": "http://" + r.Host + "/rest/api/2/issue/" + made.Remote()})
}

// set sets a field of an issue that is being created, and returns what is
// wrong with it.
func (s *Server) set(i *Issue, name string, value json.RawMessage) string {
	if slices.Contains(s.OffScreen, name) {
		return "Field '" + name + "' cannot be set. It is not on the appropriate screen, or unknown."
	}
	if strings.Contains(string(value), `"Password"`) {
		return `Unrecognized field "Password"`
	}
	switch name {
	case "project":
		i.Project = member(value, "key")
		if !s.hasProject(i.Project) {
			return "valid project is required"
		}
	case "issuetype":
		i.Type = member(value, "name")
		if !slices.Contains(s.Types, i.Type) {
			return "Specify a valid issue type"
		}
	case "summary":
		return s.setSummary(i, value)
	case "description":
		return decode(value, &i.Description, 32767)
	case "labels":
		return setLabels(i, value)
	case "components":
		var list []struct{ Name string }
		if json.Unmarshal(value, &list) != nil {
			return "Component name is not valid"
		}
		for _, c := range list {
			i.Components = append(i.Components, c.Name)
		}
	case "parent":
		i.Parent = member(value, "key")
	case "assignee", "reporter":
		return s.setPerson(i, name, value)
	default:
		if !slices.Contains(s.Custom, name) && !slices.Contains(s.Required, name) {
			return "Field '" + name + "' cannot be set. It is not on the appropriate screen, or unknown."
		}
		var v any
		if json.Unmarshal(value, &v) != nil {
			return "data was not valid"
		}
		if i.Fields == nil {
			i.Fields = map[string]any{}
		}
		i.Fields[name] = v
	}
	return ""
}

func (s *Server) setSummary(i *Issue, value json.RawMessage) string {
	if problem := decode(value, &i.Summary, 255); problem != "" {
		return problem
	}
	if strings.ContainsAny(i.Summary, "\r\n") {
		return "The summary is invalid because it contains newline characters."
	}
	return ""
}

func decode(value json.RawMessage, to *string, most int) string {
	switch {
	case json.Unmarshal(value, to) != nil:
		return "Operation value must be a string"
	case utf8.RuneCountInString(*to) > most:
		return fmt.Sprintf("The entered text is too long. It exceeds the allowed limit of %d characters.", most)
	}
	return ""
}

func setLabels(i *Issue, value json.RawMessage) string {
	if json.Unmarshal(value, &i.Labels) != nil {
		return "data was not an array"
	}
	for _, l := range i.Labels {
		if problem := labelProblem(l); problem != "" {
			return problem
		}
	}
	return ""
}

func labelProblem(l string) string {
	switch {
	case strings.ContainsAny(l, " \t\n") || l == "":
		return "The label '" + l + "' contains spaces which is invalid."
	case utf8.RuneCountInString(l) > 255:
		return "The label is longer than 255 characters."
	}
	return ""
}

// setPerson refuses names on Cloud and account ids on Data Center.
func (s *Server) setPerson(i *Issue, name string, value json.RawMessage) string {
	key := "name"
	if s.Personality == Cloud {
		key = "accountId"
	}
	person := member(value, key)
	if person == "" {
		return name + " must be given by its " + key
	}
	if name == "assignee" {
		i.Assignee = strings.TrimPrefix(person, "557058:")
	}
	return ""
}

// member is a text within an object, "" if it is not there.
func member(value json.RawMessage, key string) string {
	var o map[string]any
	if json.Unmarshal(value, &o) != nil {
		return ""
	}
	text, _ := o[key].(string)
	return text
}

// update changes labels, which is all that this program may change.
func (s *Server) update(w http.ResponseWriter, r *http.Request, i *Issue) {
	var d details
	if !read(w, r, &d) {
		return
	}
	if slices.Contains(s.Denied, "EDIT_ISSUES") {
		refuse(w, http.StatusForbidden, "You do not have permission to edit issues in this project.")
		return
	}
	if len(d.Fields) > 0 || len(d.Update) != 1 || d.Update["labels"] == nil {
		refuse(w, http.StatusBadRequest, "This Jira lets its clients add labels only.")
		return
	}
	for _, operation := range d.Update["labels"] {
		var label string
		if json.Unmarshal(operation["add"], &label) != nil || labelProblem(label) != "" {
			refuseField(w, "labels", "The label is invalid.")
			return
		}
		if !slices.Contains(i.Labels, label) {
			i.Labels = append(i.Labels, label)
		}
	}
	i.Updated = s.Now()
	w.WriteHeader(http.StatusNoContent)
}

func (s *Server) get(w http.ResponseWriter, r *http.Request, i *Issue) {
	reply(w, http.StatusOK, s.write(i, strings.Split(r.URL.Query().Get("fields"), ",")))
}

func (s *Server) bulkFetch(w http.ResponseWriter, r *http.Request) {
	if s.Personality != Cloud {
		notFound(w, r)
		return
	}
	var d struct {
		IDs    []string `json:"issueIdsOrKeys"`
		Fields []string `json:"fields"`
	}
	if !read(w, r, &d) {
		return
	}
	if len(d.IDs) == 0 || len(d.IDs) > 100 {
		refuse(w, http.StatusBadRequest, "Between 1 and 100 issues can be fetched at once.")
		return
	}
	found, missing := []object{}, []object{}
	for _, id := range d.IDs {
		if i := s.find(id); i != nil && !slices.Contains(s.Denied, "BROWSE_PROJECTS") {
			found = append(found, s.write(i, d.Fields))
		} else {
			missing = append(missing, object{"id": id, "errorMessage": "Issue does not exist or you do not have permission to see it."})
		}
	}
	reply(w, http.StatusOK, object{"issues": found, "issueErrors": missing})
}

// write is how an issue is answered, with the fields that were asked for.
func (s *Server) write(i *Issue, fields []string) object {
	all := object{
		"summary": i.Summary, "description": i.Description, "labels": slices.Clone(i.Labels),
		"status":  s.status(i.Status),
		"project": object{"id": "10000", "key": i.Project, "name": i.Project},
		"created": stamp(i.Created), "updated": stamp(i.Updated), "resolutiondate": stamp(i.Resolved),
		"resolution": nil, "assignee": nil, "issuelinks": s.links(i), sprintField: nil,
	}
	if s.Personality == Cloud && !i.Resolved.IsZero() {
		all["statuscategorychangedate"] = stamp(i.Resolved)
	}
	if i.Resolution != "" {
		all["resolution"] = object{"id": "1", "name": i.Resolution}
	}
	if i.Assignee != "" {
		all["assignee"] = s.user(i.Assignee)
	}
	if i.Sprint != 0 {
		all[sprintField] = s.sprintValue(i.Sprint)
	}
	for k, v := range i.Fields {
		all[k] = v
	}
	picked := object{}
	for name, value := range all {
		if slices.Contains(fields, name) || slices.Contains(fields, "*all") {
			picked[name] = value
		}
	}
	return object{"id": i.Remote(), "key": i.Key(), "fields": picked}
}

func (s *Server) status(name string) object {
	ids := map[string]int{Todo: 2, Doing: 4, Done: 3}
	return object{
		"id": fmt.Sprint(10000 + ids[name]), "name": name,
		"statusCategory": object{"id": ids[name], "key": categories[name], "name": name},
	}
}

func (s *Server) property(w http.ResponseWriter, r *http.Request, i *Issue) {
	key := r.PathValue("property")
	value, ok := i.Properties[key]
	if !ok {
		refuse(w, http.StatusNotFound, "The property with key '"+key+"' does not exist.")
		return
	}
	reply(w, http.StatusOK, object{"key": key, "value": value})
}

func (s *Server) setProperty(w http.ResponseWriter, r *http.Request, i *Issue) {
	var value any
	if !read(w, r, &value) {
		return
	}
	if i.Properties == nil {
		i.Properties = map[string]any{}
	}
	i.Properties[r.PathValue("property")] = value
	w.WriteHeader(http.StatusOK)
}
