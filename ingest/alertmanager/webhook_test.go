package alertmanager_test

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"opsreview"
	"opsreview/ingest/alertmanager"
	"opsreview/ingest/ingesttest"
)

// now is a while after the recorded calls.
var now = time.Date(2026, 11, 21, 6, 40, 0, 0, time.UTC)

const diskFull = "d417f6c8200d88cb-1795242611000"

func bearer(token string) http.Header { return http.Header{"Authorization": {"Bearer " + token}} }

func basic(name, password string) http.Header {
	return http.Header{"Authorization": {"Basic " + base64.StdEncoding.EncodeToString([]byte(name+":"+password))}}
}

// openWebhook returns a reader of calls that bring "s1".
func openWebhook(t testing.TB, change ...func(*alertmanager.Config)) *alertmanager.Webhook {
	t.Helper()
	cfg := alertmanager.Config{Name: "am", WebhookTokenFile: filepath.Join(t.TempDir(), "token")}
	if err := os.WriteFile(cfg.WebhookTokenFile, []byte("s1\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range change {
		c(&cfg)
	}
	w, err := alertmanager.NewWebhook(cfg, func() time.Time { return now })
	if err != nil {
		t.Fatal(err)
	}
	return w
}

func recorded(t testing.TB, name string) string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("testdata", name+".json"))
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// message is a body of the given alerts.
func message(alerts ...string) string {
	return `{"version":"4","receiver":"hook","status":"firing","truncatedAlerts":0,"alerts":[` + strings.Join(alerts, ",") + `]}`
}

// firing is an alert with these labels, as JSON.
func firing(labels string) string {
	return `{"status":"firing","labels":{` + labels + `},"startsAt":"2026-11-21T06:30:11Z","endsAt":"0001-01-01T00:00:00Z"}`
}

// receive saves what calls say, one after the other.
func receive(t testing.TB, w *alertmanager.Webhook, bodies ...string) (*ingesttest.Memory, []opsreview.Saved) {
	t.Helper()
	m := ingesttest.NewMemory()
	var saved []opsreview.Saved
	for _, body := range bodies {
		b, err := w.Receive(bearer("s1"), []byte(body))
		if err != nil {
			t.Fatalf("Receive(%s): %v", body, err)
		}
		s, err := m.SaveBatch(t.Context(), "am", b)
		if err != nil {
			t.Fatal(err)
		}
		saved = append(saved, s)
	}
	return m, saved
}

func TestReceive_Recorded(t *testing.T) {
	m, _ := receive(t, openWebhook(t), recorded(t, "firing"), recorded(t, "resolved"))
	start := time.Date(2026, 11, 21, 6, 30, 11, 0, time.UTC)
	by := opsreview.Agent{Kind: opsreview.Integration, Name: "Alertmanager"}
	want := opsreview.Page{
		Ref: opsreview.Ref{Source: "am", ID: diskFull}, URL: "http://prom/graph", Title: "disk 95%",
		Service: opsreview.Ref{Source: "am", ID: "db"}, Urgency: opsreview.HighUrgency, Severity: "critical",
		Runbook: "https://runbooks.example/disk", CreatedAt: start, UpdatedAt: start,
		Attributes: map[string]string{"alertname": "DiskFull", "service": "db", "severity": "critical", "team": "storage", "receiver": "hook"},
		Events: []opsreview.Event{
			{ID: diskFull + "/firing", At: start, Kind: opsreview.Triggered, By: by},
			{ID: diskFull + "/resolved", At: start.Add(6 * time.Second), Kind: opsreview.Resolved, By: by},
		},
		Status: opsreview.Finished, TriggeredAt: start, ResolvedAt: start.Add(6 * time.Second), ResolvedBy: by,
	}
	if diff := cmp.Diff(map[string]opsreview.Page{diskFull: want}, m.Pages()); diff != "" {
		t.Errorf("pages (-want +got):\n%s", diff)
	}
	if raw := m.Raw(); len(raw) != 2 {
		t.Errorf("%d payloads are kept, want one of each state", len(raw))
	}
}

// However a page's messages come, it is the same page, with the words that came
// while it fired.
func TestReceive_OrderAndRepetitionDoNotMatter(t *testing.T) {
	on, off := recorded(t, "firing"), recorded(t, "resolved")
	want, _ := receive(t, openWebhook(t), on, off)
	for name, bodies := range map[string][]string{
		"repeated while it fires":        {on, on, on, off},
		"told by two replicas":           {on, on, off, off},
		"resolved first":                 {off, on},
		"the firing one comes late, too": {on, off, on},
	} {
		t.Run(name, func(t *testing.T) {
			got, saved := receive(t, openWebhook(t), bodies...)
			if diff := cmp.Diff(want.Dump(), got.Dump()); diff != "" {
				t.Errorf("stored (-want +got):\n%s", diff)
			}
			if n := len(bodies); n > 2 && bodies[1] == bodies[0] && saved[1] != (opsreview.Saved{}) {
				t.Errorf("the repetition changed %+v", saved[1])
			}
		})
	}
}

func TestReceive_WhoCalls(t *testing.T) {
	tests := map[string]struct {
		header http.Header
		tokens string
		want   opsreview.Code
	}{
		"a bearer token is good":                    {bearer("s1"), "s1\n", ""},
		"the scheme's letters may be small":         {http.Header{"Authorization": {"bearer s1"}}, "s1", ""},
		"so is a password of whatever name":         {basic("alertmanager", "s1"), "s1", ""},
		"while a token is changed both are good":    {bearer("s1"), "s2\ns1\n", ""},
		"another token is not":                      {bearer("s2"), "s1", opsreview.Unauthenticated},
		"a part of the token is not":                {bearer("s"), "s1", opsreview.Unauthenticated},
		"an empty token is not":                     {bearer(""), "s1", opsreview.Unauthenticated},
		"the token as a name is not":                {basic("s1", ""), "s1", opsreview.Unauthenticated},
		"another scheme is not":                     {http.Header{"Authorization": {"Digest s1"}}, "s1", opsreview.Unauthenticated},
		"no header is not":                          {http.Header{}, "s1", opsreview.Unauthenticated},
		"with an empty file nobody can be judged":   {bearer(""), " \n", opsreview.Unavailable},
		"a file that is too large is not a token's": {bearer("s1"), strings.Repeat("s1\n", 10_000), opsreview.Unavailable},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			w := openWebhook(t, func(c *alertmanager.Config) {
				if err := os.WriteFile(c.WebhookTokenFile, []byte(tt.tokens), 0o600); err != nil {
					t.Fatal(err)
				}
			})
			if _, err := w.Receive(tt.header, []byte(message())); opsreview.ErrorCode(err) != tt.want {
				t.Errorf("Receive = %v, want %q", err, tt.want)
			}
		})
	}
	w := openWebhook(t, func(c *alertmanager.Config) { c.WebhookTokenFile += "-gone" })
	if _, err := w.Receive(bearer("s1"), []byte(message())); opsreview.ErrorCode(err) != opsreview.Unavailable {
		t.Errorf("without its file Receive = %v, want unavailable", err)
	}
}

func TestReceive_BodiesThatAreNone(t *testing.T) {
	for name, body := range map[string]string{
		"nothing":                               ``,
		"text":                                  `firing`,
		"a list":                                `[]`,
		"half a body":                           recorded(t, "firing")[:200],
		"another version":                       strings.Replace(recorded(t, "firing"), `"version":"4"`, `"version":"5"`, 1),
		"no version":                            `{"alerts":[]}`,
		"a payload of somebody's own":           `{"text":"DiskFull is firing"}`,
		"a payload of somebody's own, and ours": `{"version":"4","text":"DiskFull is firing"}`,
		"alerts that are no list":               `{"version":"4","alerts":{}}`,
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := openWebhook(t).Receive(bearer("s1"), []byte(body)); opsreview.ErrorCode(err) != opsreview.Invalid {
				t.Errorf("Receive = %v, want invalid", err)
			}
		})
	}
}

// An alert that cannot be read is kept and does not fail the others.
func TestReceive_AlertsThatCannotBeRead(t *testing.T) {
	good := firing(`"alertname":"A"`)
	for reason, bad := range map[string]string{
		"it is not an alert":                      `"DiskFull"`,
		"it has no labels":                        `{"status":"firing","startsAt":"2026-11-21T06:30:11Z"}`,
		"it does not say when it began":           `{"status":"firing","labels":{"a":"b"},"startsAt":"0001-01-01T00:00:00Z"}`,
		"it is resolved, and does not say when":   `{"status":"resolved","labels":{"a":"b"},"startsAt":"2026-11-21T06:30:11Z","endsAt":"0001-01-01T00:00:00Z"}`,
		"it is neither firing nor resolved":       `{"status":"pending","labels":{"a":"b"},"startsAt":"2026-11-21T06:30:11Z"}`,
		"it is not an alert: parsing time":        `{"status":"firing","labels":{"a":"b"},"startsAt":"yesterday"}`,
		"it is not an alert: json: cannot unmars": `{"status":"firing","labels":{"a":1},"startsAt":"2026-11-21T06:30:11Z"}`,
	} {
		t.Run(reason, func(t *testing.T) {
			b, err := openWebhook(t).Receive(bearer("s1"), []byte(message(bad, good, bad)))
			if err != nil {
				t.Fatal(err)
			}
			if len(b.Pages) != 1 || len(b.Rejects) != 2 || !strings.HasPrefix(b.Rejects[0].Reason, reason) || b.Rejects[0].ID != b.Rejects[1].ID {
				t.Errorf("%d pages, rejects %+v", len(b.Pages), b.Rejects)
			}
		})
	}
}

func TestReceive_Mapping(t *testing.T) {
	tests := map[string]struct {
		alert  string
		change func(*alertmanager.Config)
		want   func(opsreview.Page) string // what is wrong with the page, "" for nothing
	}{
		"without a summary the title is made of what tells alerts apart": {
			alert: firing(`"alertname":"DiskFull","severity":"page","job":"node","zone":"b","instance":"db-1","device":"sda","az":"1"`),
			want:  field(func(p opsreview.Page) any { return p.Title }, "DiskFull: instance=db-1 device=sda az=1"),
		},
		"an alert without any name has a title": {
			alert: firing(`"severity":"page"`),
			want:  field(func(p opsreview.Page) any { return p.Title }, "alert"),
		},
		"the service is the label of that name": {
			alert: firing(`"alertname":"A","service":"vault","job":"node"`),
			want:  field(func(p opsreview.Page) any { return p.Service.ID }, "vault"),
		},
		"else the job": {
			alert: firing(`"alertname":"A","job":"node"`),
			want:  field(func(p opsreview.Page) any { return p.Service.ID }, "node"),
		},
		"another label may name the service, and then no other does": {
			alert:  firing(`"alertname":"A","service":"vault"`),
			change: func(c *alertmanager.Config) { c.ServiceLabel = "app" },
			want:   field(func(p opsreview.Page) any { return p.Service.IsZero() }, true),
		},
		"a warning wakes nobody": {
			alert: firing(`"alertname":"A","severity":"Warning"`),
			want:  field(func(p opsreview.Page) any { return p.Urgency }, opsreview.LowUrgency),
		},
		"no severity does": {
			alert: firing(`"alertname":"A"`),
			want:  field(func(p opsreview.Page) any { return p.Urgency }, opsreview.HighUrgency),
		},
		"severities are configured": {
			alert:  firing(`"alertname":"A","severity":"s3"`),
			change: func(c *alertmanager.Config) { c.LowUrgency = []string{"S3"} },
			want:   field(func(p opsreview.Page) any { return p.Urgency }, opsreview.LowUrgency),
		},
		"a runbook may be relative and named in another way": {
			alert: strings.Replace(firing(`"alertname":"A"`), `"startsAt"`, `"annotations":{"playbook":"docs/a.md"},"startsAt"`, 1),
			want:  field(func(p opsreview.Page) any { return p.Runbook }, "docs/a.md"),
		},
		"an address that is no web address is dropped": {
			alert: strings.Replace(firing(`"alertname":"A"`), `"startsAt"`, `"generatorURL":"javascript:alert(1)","startsAt"`, 1),
			want:  field(func(p opsreview.Page) any { return p.URL }, ""),
		},
		"a label keeps its name from the receiver": {
			alert: firing(`"alertname":"A","receiver":"radio"`),
			want:  field(func(p opsreview.Page) any { return p.Attributes["receiver"] }, "radio"),
		},
		"nobody's mail address is kept": {
			alert: firing(`"alertname":"A","owner":"ada@example.com"`),
			want:  field(func(p opsreview.Page) any { return p.Attributes["owner"] }, "<dropped>"),
		},
		"times are cut to milliseconds": {
			alert: strings.Replace(firing(`"alertname":"A"`), "06:30:11Z", "06:30:11.123999999Z", 1),
			want:  field(func(p opsreview.Page) any { return p.CreatedAt.Nanosecond() }, 123_000_000),
		},
		"a resolution before the beginning is by another clock": {
			alert: strings.NewReplacer("firing", "resolved", "0001-01-01T00:00:00Z", "2026-11-21T06:30:10Z").Replace(firing(`"alertname":"A"`)),
			want:  field(func(p opsreview.Page) any { return p.Events[1].At.Equal(p.CreatedAt) }, true),
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			var change []func(*alertmanager.Config)
			if tt.change != nil {
				change = append(change, tt.change)
			}
			b, err := openWebhook(t, change...).Receive(bearer("s1"), []byte(message(tt.alert)))
			if err != nil || len(b.Pages) != 1 {
				t.Fatalf("Receive = %d pages, %v", len(b.Pages), err)
			}
			if wrong := tt.want(b.Pages[0]); wrong != "" {
				t.Error(wrong)
			}
		})
	}
}

func field(of func(opsreview.Page) any, want any) func(opsreview.Page) string {
	return func(p opsreview.Page) string { return cmp.Diff(want, of(p)) }
}

func TestReceive_OnlyWhatMatchesPages(t *testing.T) {
	page, team := firing(`"alertname":"A","severity":"page"`), firing(`"alertname":"B","severity":"ticket","team":"db"`)
	for name, tt := range map[string]struct {
		match []string
		want  int
	}{
		"without conditions every alert does":   {nil, 2},
		"with one only those of which it holds": {[]string{`{severity="page"}`}, 1},
		"with several any of them will do":      {[]string{`{severity="page"}`, `{team=~"d.",alertname!="X"}`}, 2},
		"a missing label is empty":              {[]string{`{alertname!="",team=""}`}, 1},
	} {
		t.Run(name, func(t *testing.T) {
			b, err := openWebhook(t, func(c *alertmanager.Config) { c.Match = tt.match }).Receive(bearer("s1"), []byte(message(page, team)))
			if err != nil || len(b.Pages) != tt.want || len(b.Raw) != tt.want {
				t.Errorf("%d pages, %v, want %d", len(b.Pages), err, tt.want)
			}
		})
	}
}

// What Alertmanager leaves out is told, once an hour however often it happens.
func TestReceive_Truncated(t *testing.T) {
	body := strings.Replace(recorded(t, "firing"), `"truncatedAlerts":0`, `"truncatedAlerts":7`, 1)
	m, _ := receive(t, openWebhook(t), body, body)
	h, err := m.Source(t.Context(), "am")
	if err != nil || len(h.Suspect) != 1 || !h.Suspect[0].Contains(now) {
		t.Errorf("suspect windows %+v, %v, want the hour of the call", h.Suspect, err)
	}
}

// Alertmanager names a set of labels by its fingerprint. A call that does not
// bring it gets the same one.
func TestReceive_FingerprintsAreAlertmanagers(t *testing.T) {
	body := strings.Replace(recorded(t, "firing"), `"fingerprint":"d417f6c8200d88cb"`, `"fingerprint":"../../etc"`, 1)
	m, _ := receive(t, openWebhook(t), body)
	if _, ok := m.Pages()[diskFull]; !ok {
		t.Errorf("pages %v, want %s", m.Pages(), diskFull)
	}
}

func TestReceive_HostileLabels(t *testing.T) {
	labels := map[string]string{"alertname": strings.Repeat("ä", 5000), "\x1b[31m": "\x00\u202e", strings.Repeat("n", 5000): "v"}
	for i := range 500 {
		labels[fmt.Sprintf("a%03d", i)] = "v"
	}
	text, err := json.Marshal(labels)
	if err != nil {
		t.Fatal(err)
	}
	m, _ := receive(t, openWebhook(t), message(strings.Replace(firing(``), "{}", string(text), 1)))
	for _, p := range m.Pages() {
		if len(p.Attributes) > 102 || len(p.Title) > 1000 || len(p.Attributes["alertname"]) > 1000 || p.Attributes["alertname"] == "" {
			t.Errorf("%d attributes, a title of %d bytes", len(p.Attributes), len(p.Title))
		}
	}
	if len(m.Pages()) != 1 {
		t.Errorf("%d pages, want one", len(m.Pages()))
	}
}

// Whatever a call says, what is made of it can be saved, and saved again.
func FuzzReceive(f *testing.F) {
	for _, name := range []string{"firing", "resolved"} {
		f.Add([]byte(recorded(f, name)))
	}
	f.Add([]byte(message(firing(`"alertname":"A"`), `{}`, `null`)))
	w := openWebhook(f)
	f.Fuzz(func(t *testing.T, body []byte) {
		b, err := w.Receive(bearer("s1"), body)
		if err != nil {
			if opsreview.ErrorCode(err) != opsreview.Invalid {
				t.Errorf("Receive = %v, want an invalid error", err)
			}
			return
		}
		m := ingesttest.NewMemory()
		if _, err := m.SaveBatch(t.Context(), "am", b); err != nil {
			t.Fatal(err)
		}
		before := m.Dump()
		if _, err := m.SaveBatch(t.Context(), "am", b); err != nil || m.Dump() != before {
			t.Errorf("saved again it changed: %v", err)
		}
	})
}
