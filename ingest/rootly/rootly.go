// Package rootly reads declared incidents as Rootly's API tells of them.
//
// An importer reads files: arrays of incidents, answers of the API, one or many
// a file. What an incident does not say stays unknown: no time, no severity and
// no detector is made up for it.
package rootly

import (
	"encoding/json"
	"fmt"
	"net/url"
	"path"
	"strings"
	"time"

	"opsreview"
)

const incidentItem = "incident"

// A resource is an object of JSON:API.
type resource struct {
	ID            string                  `json:"id"`
	Type          string                  `json:"type"`
	Attributes    json.RawMessage         `json:"attributes"`
	Relationships map[string]relationship `json:"relationships"`
}

// A relationship names other resources: one, several or none.
type relationship struct {
	Data json.RawMessage `json:"data"`
}

// names lists the IDs that a relationship names.
func (r relationship) names() []string {
	var several []resource
	if json.Unmarshal(r.Data, &several) != nil {
		var one resource
		if json.Unmarshal(r.Data, &one) != nil {
			return nil
		}
		several = []resource{one}
	}
	var ids []string
	for _, s := range several {
		if s.ID != "" {
			ids = append(ids, s.ID)
		}
	}
	return ids
}

// attributes are those of an incident that are read.
type attributes struct {
	Number         json.Number `json:"sequential_id"`
	Title          string      `json:"title"`
	Summary        string      `json:"summary"`
	Status         string      `json:"status"`
	Severity       named       `json:"severity"`
	URL            string      `json:"url"`
	Services       []named     `json:"services"`
	Teams          []named     `json:"groups"`
	CreatedAt      string      `json:"created_at"`
	StartedAt      string      `json:"started_at"`
	DetectedAt     string      `json:"detected_at"`
	AcknowledgedAt string      `json:"acknowledged_at"`
	MitigatedAt    string      `json:"mitigated_at"`
	ResolvedAt     string      `json:"resolved_at"`
	UpdatedAt      string      `json:"updated_at"`
}

// A named is what something is called: plain text, or a resource with a name.
type named string

// UnmarshalJSON implements [json.Unmarshaler].
func (n *named) UnmarshalJSON(raw []byte) error {
	var text *string
	if json.Unmarshal(raw, &text) == nil {
		*n = ""
		if text != nil {
			*n = named(*text)
		}
		return nil
	}
	var r struct {
		Name string `json:"name"`
		Data *struct {
			Attributes struct {
				Name string `json:"name"`
			} `json:"attributes"`
		} `json:"data"`
	}
	if err := json.Unmarshal(raw, &r); err != nil {
		return err
	}
	*n = named(r.Name)
	if r.Data != nil {
		*n = named(r.Data.Attributes.Name)
	}
	return nil
}

// incident maps an incident. Others are what came with it, by type and ID. It
// returns an Invalid error for what cannot be read.
func (r resource) incident(source string, others map[string]resource) (opsreview.Incident, error) {
	var a attributes
	if r.ID == "" {
		return opsreview.Incident{}, opsreview.Errorf(opsreview.Invalid, "it has no id")
	}
	if err := json.Unmarshal(r.Attributes, &a); err != nil {
		return opsreview.Incident{}, opsreview.Wrapf(err, opsreview.Invalid, "its attributes cannot be read%s", fieldOf(err))
	}
	i := opsreview.Incident{
		Ref: opsreview.Ref{Source: source, ID: r.ID}, Number: a.Number.String(),
		Title: clip(strings.TrimSpace(a.Title)), Summary: clip(a.Summary), Status: clip(a.Status),
		Severity: clip(strings.TrimSpace(string(a.Severity))), URL: link(a.URL),
		Services: texts(a.Services), Teams: texts(a.Teams),
	}
	for _, t := range []struct {
		name, text string
		into       *time.Time
	}{
		{"created_at", a.CreatedAt, &i.DeclaredAt},
		{"started_at", a.StartedAt, &i.StartedAt},
		{"detected_at", a.DetectedAt, &i.DetectedAt},
		{"acknowledged_at", a.AcknowledgedAt, &i.AcknowledgedAt},
		{"mitigated_at", a.MitigatedAt, &i.MitigatedAt},
		{"resolved_at", a.ResolvedAt, &i.ResolvedAt},
		{"updated_at", a.UpdatedAt, &i.UpdatedAt},
	} {
		if t.text == "" {
			continue
		}
		at, err := time.Parse(time.RFC3339, t.text)
		if err != nil {
			return opsreview.Incident{}, opsreview.Wrapf(err, opsreview.Invalid, "its %s is no time: %.40q", t.name, t.text)
		}
		*t.into = at.UTC()
	}
	for _, id := range r.Relationships["action_items"].names() {
		if f, ok := others["incident_action_items/"+id].followUp(); ok && len(i.FollowUps) < mostNames {
			i.FollowUps = append(i.FollowUps, f)
		}
	}
	for _, id := range r.Relationships["incident_post_mortem"].names() {
		i.Postmortem = others["incident_post_mortems/"+id].postmortem()
	}
	return i, nil
}

// fieldOf names the field that an error of a decoder is about.
func fieldOf(err error) string {
	if bad, ok := err.(*json.UnmarshalTypeError); ok && bad.Field != "" { //nolint:errorlint // the decoder wraps nothing
		return fmt.Sprintf(": %s is a %s", bad.Field, bad.Value)
	}
	return ""
}

// followUp maps an action item that stays when the incident is over. It reports
// false for anything else.
func (r resource) followUp() (opsreview.FollowUp, bool) {
	var a struct {
		Summary string `json:"summary"`
		Kind    string `json:"kind"`
		Status  string `json:"status"`
		Jira    string `json:"jira_issue_url"`
	}
	if json.Unmarshal(r.Attributes, &a) != nil || a.Kind == "task" {
		return opsreview.FollowUp{}, false
	}
	f := opsreview.FollowUp{Key: r.ID, Title: clip(strings.TrimSpace(a.Summary)), URL: link(a.Jira), Done: a.Status == "done" || a.Status == "cancelled"}
	if f.URL != "" {
		f.Key = f.URL
		if u, err := url.Parse(f.URL); err == nil && strings.Contains(u.Path, "/browse/") {
			f.Key = path.Base(u.Path)
		}
	}
	return f, f.Key != ""
}

// postmortem is the address of a retrospective that has been published.
func (r resource) postmortem() string {
	var a struct {
		URL    string `json:"url"`
		Status string `json:"status"`
	}
	if json.Unmarshal(r.Attributes, &a) != nil || a.Status != "published" {
		return ""
	}
	return link(a.URL)
}

// Bounds of what is kept of an incident.
const (
	mostText  = 10_000 // characters of a text
	mostNames = 500    // services, teams or follow-ups
)

// clip bounds a text.
func clip(s string) string {
	if len(s) <= mostText {
		return s
	}
	if runes := []rune(s); len(runes) > mostText {
		return string(runes[:mostText-1]) + "…"
	}
	return s
}

// link returns an address that a browser can open, "" for anything else.
func link(s string) string {
	if len(s) <= mostText && (strings.HasPrefix(s, "https://") || strings.HasPrefix(s, "http://")) {
		return s
	}
	return ""
}

func texts(all []named) []string {
	var list []string
	for _, n := range all {
		if text := strings.TrimSpace(string(n)); text != "" && len(list) < mostNames {
			list = append(list, clip(text))
		}
	}
	return list
}

// An answer is one page of a list, or one incident with what came with it.
type answer struct {
	Data     json.RawMessage `json:"data"`
	Included []resource      `json:"included"`
	Links    struct {
		Next string `json:"next"`
	} `json:"links"`
}

// resources returns what an answer holds, each as it came, and what came with
// it, by type and ID.
func (a answer) resources() ([]json.RawMessage, map[string]resource) {
	var all []json.RawMessage
	if json.Unmarshal(a.Data, &all) != nil {
		all = []json.RawMessage{a.Data}
	}
	others := make(map[string]resource, len(a.Included))
	for _, r := range a.Included {
		others[r.Type+"/"+r.ID] = r
	}
	return all, others
}

// read maps one item. The name is for messages.
func read(source string, raw json.RawMessage, others map[string]resource) (i opsreview.Incident, name string, err error) {
	var r resource
	if err := json.Unmarshal(raw, &r); err != nil {
		return i, "", opsreview.Wrapf(err, opsreview.Invalid, "it is none of Rootly's objects")
	}
	name = strings.TrimSpace(incidentItem + " " + r.ID)
	if r.Type != "incidents" && r.Type != "" {
		return i, name, opsreview.Errorf(opsreview.Invalid, "%.40q is not read here: incidents are", r.Type)
	}
	i, err = r.incident(source, others)
	return i, name, err
}
