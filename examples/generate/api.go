package main

// The shapes of PagerDuty's REST API, as far as the example fills them.

type apiRef struct {
	ID      string `json:"id"`
	Type    string `json:"type"`
	Summary string `json:"summary"`
	HTMLURL string `json:"html_url,omitempty"`
}

type apiContext struct {
	Type string `json:"type"`
	Href string `json:"href"`
	Text string `json:"text"`
}

type apiNotification struct {
	Type    string `json:"type"`
	Address string `json:"address"`
	Status  string `json:"status"`
}

type apiChannel struct {
	Type         string            `json:"type"`
	Summary      string            `json:"summary,omitempty"`
	Notification *apiNotification  `json:"notification,omitempty"`
	Details      map[string]string `json:"details,omitempty"`
}

type apiAction struct {
	Type string `json:"type"`
	At   string `json:"at"`
}

type apiLogEntry struct {
	ID        string      `json:"id"`
	Type      string      `json:"type"`
	Summary   string      `json:"summary"`
	HTMLURL   *string     `json:"html_url"`
	CreatedAt string      `json:"created_at"`
	Agent     *apiRef     `json:"agent,omitempty"`
	Channel   apiChannel  `json:"channel"`
	Service   apiRef      `json:"service"`
	Incident  apiRef      `json:"incident"`
	Teams     []apiRef    `json:"teams"`
	User      *apiRef     `json:"user,omitempty"`
	Assignees []apiRef    `json:"assignees,omitempty"`
	Timeout   int         `json:"acknowledgement_timeout,omitempty"`
	Actions   []apiAction `json:"changed_actions,omitempty"`
}

type apiReason struct {
	Type     string `json:"type"`
	Incident apiRef `json:"incident"`
}

type apiAssignment struct {
	At       string `json:"at"`
	Assignee apiRef `json:"assignee"`
}

type apiAcknowledgement struct {
	At           string `json:"at"`
	Acknowledger apiRef `json:"acknowledger"`
}

type apiCounts struct {
	All       int `json:"all"`
	Triggered int `json:"triggered"`
	Resolved  int `json:"resolved"`
}

type apiPriority struct {
	ID      string `json:"id"`
	Type    string `json:"type"`
	Summary string `json:"summary"`
	Name    string `json:"name"`
	Order   int    `json:"order"`
}

type apiIncident struct {
	ID               string               `json:"id"`
	Type             string               `json:"type"`
	Summary          string               `json:"summary"`
	HTMLURL          string               `json:"html_url"`
	Number           int                  `json:"incident_number"`
	Title            string               `json:"title"`
	CreatedAt        string               `json:"created_at"`
	UpdatedAt        string               `json:"updated_at"`
	ResolvedAt       *string              `json:"resolved_at"`
	Status           string               `json:"status"`
	Key              *string              `json:"incident_key"` // null where the incident has alerts
	Urgency          string               `json:"urgency"`
	Priority         *apiPriority         `json:"priority"`
	Service          apiRef               `json:"service"`
	Policy           apiRef               `json:"escalation_policy"`
	Teams            []apiRef             `json:"teams"`
	Assignments      []apiAssignment      `json:"assignments"`
	Acknowledgements []apiAcknowledgement `json:"acknowledgements"`
	ChangedAt        string               `json:"last_status_change_at"`
	ChangedBy        *apiRef              `json:"last_status_change_by"`
	AlertCounts      apiCounts            `json:"alert_counts"`
	ResolveReason    *apiReason           `json:"resolve_reason"`
}

type apiAlert struct {
	ID         string       `json:"id"`
	Type       string       `json:"type"`
	Summary    string       `json:"summary"`
	CreatedAt  string       `json:"created_at"`
	Status     string       `json:"status"`
	Key        string       `json:"alert_key"`
	Service    apiRef       `json:"service"`
	Incident   apiRef       `json:"incident"`
	Suppressed bool         `json:"suppressed"`
	Severity   string       `json:"severity"`
	Body       apiAlertBody `json:"body"`
}

type apiAlertBody struct {
	Type     string            `json:"type"`
	Contexts []apiContext      `json:"contexts"`
	Details  map[string]string `json:"details"`
}

type apiNote struct {
	ID        string   `json:"id"`
	User      apiRef   `json:"user"`
	Channel   noteFrom `json:"channel"`
	Content   string   `json:"content"`
	CreatedAt string   `json:"created_at"`
	Incident  apiRef   `json:"incident"` // not in the API, where the path says it
}

type noteFrom struct {
	Summary string `json:"summary"`
}

type apiUser struct {
	ID       string   `json:"id"`
	Type     string   `json:"type"`
	Summary  string   `json:"summary"`
	HTMLURL  string   `json:"html_url"`
	Name     string   `json:"name"`
	Email    string   `json:"email"`
	TimeZone *string  `json:"time_zone"`
	Role     string   `json:"role"`
	Teams    []apiRef `json:"teams"`
	Contacts []apiRef `json:"contact_methods"`
}

type apiTeam struct {
	apiRef
	Name string `json:"name"`
}

type apiService struct {
	apiRef
	Name    string   `json:"name"`
	Status  string   `json:"status"`
	AckEnd  *int     `json:"acknowledgement_timeout"`
	AutoEnd *int     `json:"auto_resolve_timeout"`
	Policy  apiRef   `json:"escalation_policy"`
	Teams   []apiRef `json:"teams"`
}

type apiRule struct {
	ID      string   `json:"id"`
	Delay   int      `json:"escalation_delay_in_minutes"`
	Targets []apiRef `json:"targets"`
}

type apiPolicy struct {
	apiRef
	Name     string    `json:"name"`
	Loops    int       `json:"num_loops"`
	Rules    []apiRule `json:"escalation_rules"`
	Services []apiRef  `json:"services"`
	Teams    []apiRef  `json:"teams"`
}

type apiSchedule struct {
	apiRef
	Name     string   `json:"name"`
	TimeZone string   `json:"time_zone"`
	Users    []apiRef `json:"users"`
	Policies []apiRef `json:"escalation_policies"`
	Teams    []apiRef `json:"teams"`
}

type apiOncall struct {
	Policy   apiRef `json:"escalation_policy"`
	Level    int    `json:"escalation_level"`
	Schedule apiRef `json:"schedule"`
	User     apiRef `json:"user"`
	Start    string `json:"start"`
	End      string `json:"end"`
}
