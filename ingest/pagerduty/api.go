package pagerduty

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"
)

// The API's objects, as far as this program reads them. Every field may be
// null or absent, and one of an unexpected type counts as absent: only an
// object without its identity is malformed.

type apiRef struct {
	ID      string `json:"id"`
	Type    string `json:"type"`
	Summary string `json:"summary"`
	Name    string `json:"name"` // full objects have it where references have a summary
	HTMLURL string `json:"html_url"`
}

func (r apiRef) label() string {
	if r.Name != "" {
		return r.Name
	}
	return r.Summary
}

type apiChannel struct {
	Type         string `json:"type"`
	Summary      string `json:"summary"`
	Subject      string `json:"subject"`
	Notification *struct {
		Type string `json:"type"`
	} `json:"notification"`
	Details     json.RawMessage `json:"details"`
	CEFDetails  json.RawMessage `json:"cef_details"`
	OldPriority *apiRef         `json:"old_priority"`
	NewPriority *apiRef         `json:"new_priority"`
	OldUrgency  string          `json:"old_urgency"`
	NewUrgency  string          `json:"new_urgency"`
	Old         string          `json:"old"`
	New         string          `json:"new"`
}

type apiContext struct {
	Type string `json:"type"`
	Href string `json:"href"`
	Text string `json:"text"`
}

type apiAction struct {
	Type string `json:"type"`
	At   string `json:"at"`
}

type apiLogEntry struct {
	ID        string          `json:"id"`
	Type      string          `json:"type"`
	Summary   string          `json:"summary"`
	CreatedAt string          `json:"created_at"`
	Agent     *apiRef         `json:"agent"`
	Channel   *apiChannel     `json:"channel"`
	User      *apiRef         `json:"user"`
	Assignees []apiRef        `json:"assignees"`
	Incident  json.RawMessage `json:"incident"`
	Service   *apiRef         `json:"service"`
	Note      string          `json:"note"`
	Contexts  []apiContext    `json:"contexts"`
	Timeout   float64         `json:"acknowledgement_timeout"`
	Actions   []apiAction     `json:"changed_actions"`
	Urgency   string          `json:"urgency"`
	Policy    *apiRef         `json:"escalation_policy"`
	Targets   []struct {
		Target *apiRef `json:"responder_request_target"`
	} `json:"responder_request_targets"`
	Responders []apiRef `json:"responders"`
}

type apiIncident struct {
	ID         string    `json:"id"`
	Type       string    `json:"type"`
	Summary    string    `json:"summary"`
	HTMLURL    string    `json:"html_url"`
	Number     apiNumber `json:"incident_number"`
	Title      string    `json:"title"`
	CreatedAt  string    `json:"created_at"`
	UpdatedAt  string    `json:"updated_at"`
	ResolvedAt string    `json:"resolved_at"`
	ChangedAt  string    `json:"last_status_change_at"`
	ChangedBy  *apiRef   `json:"last_status_change_by"`
	Status     string    `json:"status"`
	Urgency    string    `json:"urgency"`
	Priority   *apiRef   `json:"priority"`
	Kind       *struct {
		Name string `json:"name"`
	} `json:"incident_type"`
	Service      *apiRef     `json:"service"`
	Policy       *apiRef     `json:"escalation_policy"`
	AlertCounts  *apiCounts  `json:"alert_counts"`
	FirstTrigger *apiTrigger `json:"first_trigger_log_entry"`
	Assignments  []struct {
		Assignee *apiRef `json:"assignee"`
	} `json:"assignments"`
	Acknowledgements []struct {
		Acknowledger *apiRef `json:"acknowledger"`
	} `json:"acknowledgements"`
	ResolveReason *struct {
		Type     string  `json:"type"`
		Incident *apiRef `json:"incident"`
	} `json:"resolve_reason"`
	LogEntries []json.RawMessage `json:"log_entries"` // in exports that embed them
	Alerts     []json.RawMessage `json:"alerts"`
	Notes      []json.RawMessage `json:"notes"`
}

type apiCounts struct {
	All int `json:"all"`
}

type apiTrigger struct {
	Channel  *apiChannel  `json:"channel"`
	Contexts []apiContext `json:"contexts"`
}

type apiAlert struct {
	ID        string  `json:"id"`
	CreatedAt string  `json:"created_at"`
	AlertKey  string  `json:"alert_key"`
	Severity  string  `json:"severity"`
	Summary   string  `json:"summary"`
	Incident  *apiRef `json:"incident"`
	Body      *struct {
		Contexts   []apiContext    `json:"contexts"`
		Details    json.RawMessage `json:"details"`
		CEFDetails json.RawMessage `json:"cef_details"`
	} `json:"body"`
}

type apiNote struct {
	ID        string  `json:"id"`
	User      *apiRef `json:"user"`
	Content   string  `json:"content"`
	CreatedAt string  `json:"created_at"`
	UpdatedAt string  `json:"updated_at"`
	Incident  *apiRef `json:"incident"`
}

type apiUser struct {
	apiRef
	Email    string   `json:"email"`
	TimeZone string   `json:"time_zone"`
	Teams    []apiRef `json:"teams"`
	Contacts []apiRef `json:"contact_methods"`
}

type apiService struct {
	apiRef
	Teams  []apiRef `json:"teams"`
	Policy *apiRef  `json:"escalation_policy"`
}

type apiPolicy struct {
	apiRef
	Teams []apiRef          `json:"teams"`
	Rules []json.RawMessage `json:"escalation_rules"`
}

type apiPriority struct {
	apiRef
	Order float64 `json:"order"`
}

type apiOncall struct {
	Policy   *apiRef `json:"escalation_policy"`
	Level    int     `json:"escalation_level"`
	Schedule *apiRef `json:"schedule"`
	User     *apiRef `json:"user"`
	Start    string  `json:"start"`
	End      string  `json:"end"`
}

// An apiSchedule is a schedule of either kind: layer based, with rendered
// entries, or shift based, with computed assignments.
type apiSchedule struct {
	apiRef
	Final *struct {
		Entries []struct {
			User  *apiRef `json:"user"`
			Start string  `json:"start"`
			End   string  `json:"end"`
		} `json:"rendered_schedule_entries"`
		Assignments []struct {
			Start  string `json:"start_time"`
			End    string `json:"end_time"`
			Member struct {
				Type   string `json:"type"`
				UserID string `json:"user_id"`
			} `json:"member"`
		} `json:"computed_shift_assignments"`
	} `json:"final_schedule"`
}

type apiAnalytics struct {
	ID         string `json:"id"`
	CreatedAt  string `json:"created_at"`
	ResolvedAt string `json:"resolved_at"`
	UpdatedAt  string `json:"updated_at"` // of the row, not of the incident
}

// An apiNumber is a number that may come as a string.
type apiNumber string

// UnmarshalJSON implements [json.Unmarshaler]. It takes anything; what is
// neither number nor string counts as absent.
func (n *apiNumber) UnmarshalJSON(b []byte) error {
	s := strings.Trim(string(b), `"`)
	if s == "null" || strings.ContainsAny(s, "{}[]\"\\") || len(s) > 32 {
		s = ""
	}
	*n = apiNumber(s)
	return nil
}

// decode reads an object leniently: a field of an unexpected type counts as
// absent. It returns an error for what is not a JSON object.
func decode(raw []byte, into any) error {
	trimmed := strings.TrimLeft(string(raw[:min(len(raw), 16)]), " \t\r\n")
	if !strings.HasPrefix(trimmed, "{") {
		return errors.New("it is not a JSON object")
	}
	err := json.Unmarshal(raw, into)
	var wrong *json.UnmarshalTypeError
	if errors.As(err, &wrong) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("it is not JSON: %w", err)
	}
	return nil
}

// when reads a time; one without an offset, or outside of living memory, is
// no time.
func when(s string) time.Time {
	t, err := time.Parse(time.RFC3339, s)
	if err != nil || t.Year() < 1990 || t.Year() > 2200 {
		return time.Time{}
	}
	return t.UTC()
}

func idOf(r *apiRef) string {
	if r == nil {
		return ""
	}
	return r.ID
}

func labelOf(r *apiRef) string {
	if r == nil {
		return ""
	}
	return r.label()
}
