package pagerduty

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"opsreview"
)

var at = time.Date(2026, 3, 2, 10, 0, 0, 0, time.UTC)

// person, monitor and token are agents as the API names them.
const (
	person  = `"agent":{"id":"U1","type":"user_reference","summary":"Ada"}`
	monitor = `"agent":{"id":"S1","type":"service_reference","summary":"vault"}`
)

func TestEvent(t *testing.T) {
	ada := opsreview.Agent{Kind: opsreview.Person, ID: "U1", Name: "Ada"}
	clock := opsreview.Agent{Kind: opsreview.Timer, Name: "vault"}
	tests := map[string]struct {
		entry string // without id and time
		want  opsreview.Event
	}{
		"a monitoring tool triggers": {
			`"type":"trigger_log_entry","channel":{"type":"api"},` + monitor,
			opsreview.Event{Kind: opsreview.Triggered, By: opsreview.Agent{Kind: opsreview.Integration, Name: "vault"}, Channel: "api"},
		},
		"a notification has a user and a channel, and no address": {
			`"type":"notify_log_entry","user":{"id":"U1"},"channel":{"type":"auto","notification":{"type":"phone","address":"+4930"}}`,
			opsreview.Event{Kind: opsreview.Notified, Responders: []string{"U1"}, Channel: opsreview.Phone},
		},
		"a notification may be told by its summary only": {
			`"type":"notify_log_entry","summary":"Notified Kian Amini by push notification.","channel":{"type":"auto"}`,
			opsreview.Event{Kind: opsreview.Notified, Responders: []string{"name:Kian Amini"}, Channel: opsreview.Push},
		},
		"a name in a summary is found among the references": {
			`"type":"escalate_log_entry","summary":"Escalated to Ada by Ada.","channel":{"type":"website"},` + person,
			opsreview.Event{Kind: opsreview.Escalated, Responders: []string{"U1"}, By: ada, Channel: "website"},
		},
		"an escalation by timeout is the clock's": {
			`"type":"escalate_log_entry","assignees":[{"id":"U2"}],"channel":{"type":"timeout"},` + monitor,
			opsreview.Event{Kind: opsreview.Escalated, Responders: []string{"U2"}, By: clock, Channel: "timeout"},
		},
		"a person's acknowledgement runs out": {
			`"type":"acknowledge_log_entry","acknowledgement_timeout":1800,"channel":{"type":"sms"},` + person,
			opsreview.Event{Kind: opsreview.Acknowledged, By: ada, Channel: "sms", Until: at.Add(30 * time.Minute)},
		},
		"a person's token in the API is a program": {
			`"type":"resolve_log_entry","channel":{"type":"api"},` + person,
			opsreview.Event{Kind: opsreview.Resolved, By: opsreview.Agent{Kind: opsreview.Automation, ID: "U1", Name: "Ada"}, Channel: "api"},
		},
		"a monitoring tool resolves": {
			`"type":"resolve_log_entry","channel":{"type":"email"},` + monitor,
			opsreview.Event{Kind: opsreview.Resolved, By: opsreview.Agent{Kind: opsreview.Integration, Name: "vault"}, Channel: "email"},
		},
		"the clock resolves": {
			`"type":"resolve_log_entry","channel":{"type":"auto"},` + monitor,
			opsreview.Event{Kind: opsreview.Resolved, By: clock, Channel: "auto"},
		},
		"a merge is no repair, whoever merged": {
			`"type":"resolve_log_entry","channel":{"type":"website"},` + person + `,"incident":{"id":"Q1","status":"resolved",
			 "resolved_at":"2026-03-02T10:00:01Z","resolve_reason":{"type":"merge_resolve_reason","incident":{"id":"Q9"}}}`,
			opsreview.Event{Kind: opsreview.Merged, By: ada, Channel: "website", Text: "Q9"},
		},
		"a resolution long before the merge is a resolution": {
			`"type":"resolve_log_entry","channel":{"type":"website"},` + person + `,"incident":{"id":"Q1","status":"resolved",
			 "resolved_at":"2026-03-02T12:00:00Z","resolve_reason":{"type":"merge_resolve_reason","incident":{"id":"Q9"}}}`,
			opsreview.Event{Kind: opsreview.Resolved, By: ada, Channel: "website"},
		},
		"an assignment by the system is an assignment": {
			`"type":"assign_log_entry","assignees":[{"id":"U1"},{"id":"U2"}],"channel":{"type":"auto"},` + monitor,
			opsreview.Event{Kind: opsreview.Assigned, Responders: []string{"U1", "U2"}, By: clock, Channel: "auto"},
		},
		"an assignment by a person is a reassignment": {
			`"type":"assign_log_entry","assignees":[{"id":"U2"}],"channel":{"type":"website"},` + person,
			opsreview.Event{Kind: opsreview.Reassigned, Responders: []string{"U2"}, By: ada, Channel: "website"},
		},
		"an acknowledgement that timed out": {
			`"type":"unacknowledge_log_entry","channel":{"type":"timeout"},` + monitor,
			opsreview.Event{Kind: opsreview.Unacknowledged, By: clock, Channel: "timeout"},
		},
		"a snooze has an end": {
			`"type":"snooze_log_entry","changed_actions":[{"type":"unacknowledge","at":"2026-03-02T14:00:00Z"}],"channel":null,` + person,
			opsreview.Event{Kind: opsreview.Snoozed, By: ada, Until: at.Add(4 * time.Hour)},
		},
		"a note has its text and a name made of time and author": {
			`"type":"annotate_log_entry","channel":{"type":"note","summary":"restarted"},` + person,
			opsreview.Event{ID: "note:1772445600:U1", Kind: opsreview.Noted, By: ada, Channel: "note", Text: "restarted"},
		},
		"a changed priority says from what to what": {
			`"type":"priority_change_log_entry","channel":{"type":"website","old_priority":null,"new_priority":{"summary":"P1"}},` + person,
			opsreview.Event{Kind: opsreview.Changed, By: ada, Channel: "website", Text: "priority: none → P1"},
		},
		"an unknown type is kept by its name": {
			`"type":"sparkle_log_entry","agent":null,"channel":null,"summary":null,"teams":null`,
			opsreview.Event{Kind: opsreview.Other, Text: "sparkle"},
		},
		"an agent of an unknown kind is nobody's": {
			`"type":"acknowledge_log_entry","channel":{"type":7},"agent":{"id":"X","type":"robot_reference","summary":"R2"}`,
			opsreview.Event{Kind: opsreview.Acknowledged, By: opsreview.Agent{Name: "R2"}},
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			var e apiLogEntry
			if err := decode([]byte(`{"id":"R1","created_at":"2026-03-02T10:00:00Z",`+tt.entry+`}`), &e); err != nil {
				t.Fatal(err)
			}
			inc := &apiIncident{ID: "Q1"}
			if len(e.Incident) > 0 {
				if err := decode(e.Incident, inc); err != nil {
					t.Fatal(err)
				}
			}
			names := inc.names()
			e.addNames(names)
			got, err := e.event(names, inc)
			if err != nil {
				t.Fatal(err)
			}
			tt.want.At = at
			if tt.want.ID == "" {
				tt.want.ID = "R1"
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("event (-want +got):\n%s", diff)
			}
		})
	}
}

func TestAlert_GivesAttributesAndRunbook(t *testing.T) {
	tests := map[string]struct {
		body    string
		want    map[string]string
		runbook string
	}{
		"plain details": {
			`{"details":{"env":"prod","load":3,"api_key":"x"}}`, map[string]string{"env": "prod"}, "",
		},
		"an address in a value is dropped": {
			`{"details":{"owner":"ada@example.com"}}`, map[string]string{"owner": "<dropped>"}, "",
		},
		"Alertmanager's labels in a text": {
			`{"details":{"firing":"Labels:\n - alertname = DiskFull\n - instance = a:9\nAnnotations:\n - runbook_url = https://w.example.com/disk\n"}}`,
			map[string]string{
				"alertname": "DiskFull", "instance": "a:9", "runbook_url": "https://w.example.com/disk",
				"firing": "Labels:\n - alertname = DiskFull\n - instance = a:9\nAnnotations:\n - runbook_url = https://w.example.com/disk",
			},
			"https://w.example.com/disk",
		},
		"a link that calls itself a runbook": {
			`{"contexts":[{"href":"https://w.example.com/1","text":"Graph"},{"href":"https://w.example.com/2","text":"Our Runbook"}]}`,
			nil, "https://w.example.com/2",
		},
		"a playbook in a sentence": {
			`{"details":{"d":"See the playbook at https://w.example.com/p."}}`,
			map[string]string{"d": "See the playbook at https://w.example.com/p."},
			"https://w.example.com/p.",
		},
		"a script is no link": {`{"contexts":[{"href":"javascript:1","text":"runbook"}]}`, nil, ""},
		"the common event format": {
			`{"cef_details":{"event_class":"disk","details":{"alertname":"X"}}}`, map[string]string{"class": "disk", "alertname": "X"}, "",
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			var a apiAlert
			if err := decode([]byte(`{"id":"A","body":`+tt.body+`}`), &a); err != nil {
				t.Fatal(err)
			}
			var p opsreview.Page
			a.describe(&p)
			if diff := cmp.Diff(tt.want, p.Attributes); diff != "" || p.Runbook != tt.runbook {
				t.Errorf("runbook %q, want %q; attributes (-want +got):\n%s", p.Runbook, tt.runbook, diff)
			}
		})
	}
}

func TestAttributes_AreBounded(t *testing.T) {
	fields := map[string]string{"long": strings.Repeat("é", 10_000)}
	for i := range 500 {
		fields["k"+strings.Repeat("x", i%90)+string(rune('a'+i%26))] = "v"
	}
	raw, err := json.Marshal(fields)
	if err != nil {
		t.Fatal(err)
	}
	var p opsreview.Page
	attributes(&p, raw)
	if len(p.Attributes) != mostAttributes {
		t.Errorf("%d attributes were kept, want %d", len(p.Attributes), mostAttributes)
	}
	for k, v := range p.Attributes {
		if len(k) > mostName || len(v) > mostValue {
			t.Errorf("an attribute of %d and %d bytes was kept", len(k), len(v))
		}
	}
}

func TestZones_AllExist(t *testing.T) {
	for rails, iana := range railsZones {
		if _, err := time.LoadLocation(iana); err != nil {
			t.Errorf("%s: %v", rails, err)
		}
		if zoneName(rails) != iana {
			t.Errorf("%s gives %q", rails, zoneName(rails))
		}
	}
	for in, want := range map[string]string{
		"": "", "Local": "", "Nowhere/Land": "", "Europe/Berlin": "Europe/Berlin",
		"(GMT-05:00) Eastern Time (US & Canada)": "America/New_York", "../etc/passwd": "",
	} {
		if got := zoneName(in); got != want {
			t.Errorf("zone %q gives %q, want %q", in, got, want)
		}
	}
}

func TestNote_AndItsLogEntryAreOne(t *testing.T) {
	f := newFacts("pd", at)
	entry := `{"id":"R1","type":"annotate_log_entry","created_at":"2026-03-02T10:00:00Z","channel":{"type":"note","summary":"hm"},` + person + `,"incident":{"id":"Q1"}}`
	note := `{"id":"N1","content":"hm","created_at":"2026-03-02T10:00:00Z","user":{"id":"U1","type":"user_reference"},"incident":{"id":"Q1"}}`
	edited := strings.Replace(note, `"content":"hm"`, `"content":"hm!","updated_at":"2026-03-02T11:00:00Z"`, 1)
	for kind, raw := range map[string]string{"log_entry": entry, "note": note} {
		if err := f.item(kind, []byte(raw)); err != nil {
			t.Fatal(err)
		}
	}
	if err := f.item("note", []byte(edited)); err != nil {
		t.Fatal(err)
	}
	p := f.done().Pages[0]
	p.Settle()
	if len(p.Events) != 2 || p.Events[1].Text != "hm!" {
		t.Errorf("the note and its edit are %+v, want two events", p.Events)
	}
}

func TestConfig_Validate(t *testing.T) {
	good := Config{Name: "pd", TokenFile: "/run/token"}
	tests := map[string]struct {
		change func(*Config)
		field  string // "" if the configuration is good
	}{
		"the least that works":          {func(*Config) {}, ""},
		"everything set":                {func(c *Config) { c.Type, c.Backfill, c.Teams = "pagerduty", "365d", []string{"PQ9K7I8"} }, ""},
		"a name with a space":           {func(c *Config) { c.Name = "p d" }, "name"},
		"another type":                  {func(c *Config) { c.Type = "opsgenie" }, "type"},
		"a key in the clear":            {func(c *Config) { c.BaseURL = "http://api.pagerduty.com" }, "in the clear"},
		"a scheme that is none of ours": {func(c *Config) { c.BaseURL = "ftp://127.0.0.1" }, "base_url"},
		"a host without scheme":         {func(c *Config) { c.BaseURL = "api.pagerduty.com" }, "base_url"},
		"no token":                      {func(c *Config) { c.TokenFile = "" }, "token_file"},
		"two tokens":                    {func(c *Config) { c.TokenEnv = "X" }, "token_env"},
		"a backfill in hours":           {func(c *Config) { c.Backfill = "36h" }, "backfill"},
		"no backfill at all":            {func(c *Config) { c.Backfill = "0d" }, "backfill"},
		"a backfill of a hundred years": {func(c *Config) { c.Backfill = "36500d" }, "backfill"},
		"a team's name":                 {func(c *Config) { c.Teams = []string{"the team"} }, "teams"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			c := good
			tt.change(&c)
			err := c.Validate()
			if tt.field == "" && err != nil {
				t.Fatal(err)
			}
			if tt.field != "" && (opsreview.ErrorCode(err) != opsreview.Invalid || !strings.Contains(opsreview.ErrorMessage(err), tt.field)) {
				t.Errorf("the error is %v, want Invalid about %s", err, tt.field)
			}
		})
	}
}

func TestState_RoundTrip(t *testing.T) {
	st := state{V: 1, Cursor: at, Since: at.AddDate(0, 0, -9), Back: at.AddDate(0, 0, -1), Dirty: map[string]want{"Q1": wantNotes}, Seen: map[string]int64{"R1": 5}}
	got, err := readState(st.encode())
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(st, got); diff != "" {
		t.Errorf("state (-want +got):\n%s", diff)
	}
	if _, err := readState(`{"v":99}`); opsreview.ErrorCode(err) != opsreview.Invalid {
		t.Errorf("a newer program's cursor: %v, want Invalid", err)
	}
}

func FuzzCursor(f *testing.F) {
	f.Add("")
	f.Add((&state{V: 1, Cursor: at, Since: at, Back: at}).encode())
	f.Add(`{"v":1}`)
	f.Add(`{"v":1,"cursor":"9999-12-31T23:59:59Z"}`)
	f.Fuzz(func(t *testing.T, cursor string) {
		st, err := readState(cursor)
		if err != nil {
			return
		}
		again, err := readState(st.encode())
		if cursor != "" && err != nil {
			t.Fatalf("a cursor that was read cannot be read again: %v", err)
		}
		if diff := cmp.Diff(st.encode(), again.encode()); diff != "" && cursor != "" {
			t.Fatalf("a cursor changes by being read:\n%s", diff)
		}
	})
}
