package config_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"opsreview"
	"opsreview/config"
	"opsreview/ingest/pagerduty"
	"opsreview/ingest/prometheus"
	"opsreview/policy"
)

const whole = `# An example.
database: ops.db
policy: rules/policy.yaml
server: {listen: "[::1]:8000", http: "127.0.0.1:0", otlp_endpoint: "http://[::1]:4317"}
retention:
  raw: 30d
teams:
  - {name: secrets, time_zone: America/Chicago, services: [vault, consul]}
  - name: data
    members: [Ada]
    hours: {business: "09:00-17:00", days: [mon, tue]}
responders:
  - {name: Ada, emails: [Ada@Example.com], time_zone: Europe/Berlin, holidays: DE}
  - {name: Ben, hours: {sleep: "23:00-07:00"}}
sources:
  - {name: pd, type: pagerduty, token_file: token, base_url: https://api.pagerduty.com, every: 10m}
  - {name: eu, type: pagerduty, token_env: PD_EU, teams: [PQ9K7I8]}
  - {name: prom, type: prometheus, base_url: "http://prom:9090", bridge: 12h, every: 15m}
`

func TestParse(t *testing.T) {
	c, err := config.Parse("opsreview.yaml", []byte(whole))
	if err != nil {
		t.Fatal(err)
	}
	wantTeams := []config.Team{
		{Name: "secrets", TimeZone: "America/Chicago", Services: []string{"vault", "consul"}},
		{Name: "data", Members: []string{"Ada"}, Hours: &config.Hours{Business: "09:00-17:00", Days: []string{"mon", "tue"}}},
	}
	wantSources := []config.Source{
		{
			Name: "pd", Type: "pagerduty", Every: config.Duration(10 * time.Minute),
			PagerDuty: pagerduty.Config{Name: "pd", Type: "pagerduty", TokenFile: "token", BaseURL: "https://api.pagerduty.com"},
		},
		{
			Name: "eu", Type: "pagerduty", Every: config.Duration(5 * time.Minute),
			PagerDuty: pagerduty.Config{Name: "eu", Type: "pagerduty", TokenEnv: "PD_EU", Teams: []string{"PQ9K7I8"}},
		},
		{
			Name: "prom", Type: "prometheus", Every: config.Duration(15 * time.Minute),
			Prometheus: prometheus.Config{Name: "prom", Type: "prometheus", BaseURL: "http://prom:9090", Bridge: "12h"},
		},
	}
	if diff := cmp.Diff(wantTeams, c.Teams); diff != "" {
		t.Errorf("teams (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(wantSources, c.Sources); diff != "" {
		t.Errorf("sources (-want +got):\n%s", diff)
	}
	if c.Database != "ops.db" || c.Server.Listen != "[::1]:8000" || time.Duration(c.Retention.Raw) != 30*24*time.Hour {
		t.Errorf("database %q, listen %q, raw %v", c.Database, c.Server.Listen, time.Duration(c.Retention.Raw))
	}
}

func TestParse_WhatIsNotSaidIsTheDefault(t *testing.T) {
	tests := map[string]string{
		"an empty file":            "",
		"a file of comments":       "# nothing yet\n",
		"a file of one empty list": "teams: []\n",
		"keys without values":      "teams:\nserver:\nretention: {raw: }\ndatabase:\n",
	}
	want := config.Default()
	for name, text := range tests {
		t.Run(name, func(t *testing.T) {
			got, err := config.Parse("opsreview.yaml", []byte(text))
			if err != nil {
				t.Fatal(err)
			}
			if got.Server != want.Server || got.Retention != want.Retention || got.Database != "" || len(got.Teams) != 0 {
				t.Errorf("Parse = %+v, want the default", got)
			}
		})
	}
}

func TestDefault_IsValid(t *testing.T) {
	if err := config.Default().Validate(); err != nil {
		t.Error(err)
	}
}

func TestConfig_Org(t *testing.T) {
	c, err := config.Parse("opsreview.yaml", []byte(whole))
	if err != nil {
		t.Fatal(err)
	}
	def := policy.Default()
	data, ben := def.Policy.Hours, def.Policy.Hours
	data.BusinessStart, data.BusinessEnd, data.Days = 9*60, 17*60, []time.Weekday{time.Monday, time.Tuesday}
	ben.SleepStart, ben.SleepEnd = 23*60, 7*60
	org := c.Org()
	wantTeams := []opsreview.OrgTeam{
		{Name: "secrets", TimeZone: "America/Chicago", Services: []string{"vault", "consul"}},
		{Name: "data", Members: []string{"Ada"}, Hours: &data},
	}
	wantResponders := []opsreview.OrgResponder{
		{Name: "Ada", Emails: []string{"ada@example.com"}, TimeZone: "Europe/Berlin", Holidays: "DE"},
		{Name: "Ben", Hours: &ben},
	}
	if diff := cmp.Diff(wantTeams, org.Teams); diff != "" {
		t.Errorf("teams (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(wantResponders, org.Responders); diff != "" {
		t.Errorf("responders (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(def.Policy, org.Policy); diff != "" {
		t.Errorf("policy (-want +got):\n%s", diff)
	}
	if len(org.Vocabulary.Causes) == 0 || len(org.Monitors.Attributes) == 0 {
		t.Error("the vocabulary or the monitors' rules are missing")
	}
}

func TestLoad(t *testing.T) {
	dir := t.TempDir()
	path := write(t, dir, "opsreview.yaml", whole)
	write(t, dir, "rules/policy.yaml", "hours: {sleep: \"21:00-08:00\"}\n")
	c, err := config.Load(path)
	if err != nil {
		t.Fatal(err)
	}
	want := []string{filepath.Join(dir, "ops.db"), filepath.Join(dir, "rules/policy.yaml"), filepath.Join(dir, "token"), ""}
	got := []string{c.Database, c.Policy, c.Sources[0].PagerDuty.TokenFile, c.Sources[1].PagerDuty.TokenFile}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("paths (-want +got):\n%s", diff)
	}
	if c.Org().Policy.Hours.SleepStart != 21*60 {
		t.Error("the policy's file was not read")
	}
}

func TestLoad_Refuses(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, "bad-policy.yaml", "hours: 8\n")
	tests := map[string]struct {
		text string // of the configuration; "" for none
		code opsreview.Code
		says string
	}{
		"there must be a file": {code: opsreview.NotFound, says: "there is no configuration file"},
		"a policy that is named must be there": {
			text: "database: x\npolicy: gone.yaml\n", code: opsreview.Invalid, says: `.yaml:2: policy: there is no policy file "`,
		},
		"a policy that is named must be one": {
			text: "policy: bad-policy.yaml\n", code: opsreview.Invalid, says: "bad-policy.yaml:1",
		},
		"a folder is no policy": {
			text: "policy: .\n", code: opsreview.Invalid, says: "cannot be read",
		},
		"mistakes have the file's name": {
			text: "tems: []\n", code: opsreview.Invalid, says: `.yaml:1: tems: there is no such key`,
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(dir, "none.yaml")
			if tt.text != "" {
				path = write(t, dir, strings.ReplaceAll(name, " ", "-")+".yaml", tt.text)
			}
			_, err := config.Load(path)
			if opsreview.ErrorCode(err) != tt.code || !strings.Contains(opsreview.ErrorMessage(err), tt.says) {
				t.Errorf("Load = %v, want code %q and %q", err, tt.code, tt.says)
			}
		})
	}
}

func TestConfig_Redacted(t *testing.T) {
	c, err := config.Parse("opsreview.yaml", []byte(`teams:
  - {name: secrets}
sources:
  - {name: pd, type: pagerduty, token_env: PD_TOKEN}
  - {name: prom, type: prometheus, base_url: https://prom.example, username: ada, password_file: secret}
`))
	if err != nil {
		t.Fatal(err)
	}
	c.Database, c.Origin["database"] = "/tmp/x.db", "flag --db"
	want := `# flag --db
database: /tmp/x.db
# default
policy: ""
# default
server:
  listen: 127.0.0.1:7474
# default
retention:
  raw: 90d
# opsreview.yaml:1
teams:
- name: secrets
# default
responders: []
# opsreview.yaml:3
sources:
- name: pd
  type: pagerduty
  token_env: PD_TOKEN
  every: 5m
- name: prom
  type: prometheus
  base_url: https://prom.example
  username: ada
  password_file: secret
  every: 5m
# default
slos: []
# default
dashboards: []
# default
queries: []
# default
look_back:
  span: 14d
  history: 42d
  most: 10
  threshold: 8.5
  max_series: 20
  step: 1m
# default
incidents:
  severities:
  - SEV0
  - SEV1
  - P1
  - SEV2
  - P2
  - SEV3
  - P3
  - SEV4
  - P4
  - SEV5
  - P5
  from: SEV2
  within: 14d
# default
monitors: []
# default
runbooks: []
# default
lint: {}
# default
maintenance: []
# default
reports: []
# default
tracker: null
# default
privacy:
  roles:
  - admin
  least_people: 3
# default
toil:
  week_hours: 40.0
`
	if diff := cmp.Diff(want, string(c.Redacted())); diff != "" {
		t.Errorf("Redacted (-want +got):\n%s", diff)
	}
}

// What is shown can be used: it reads back as the same configuration.
func TestConfig_RedactedReadsBack(t *testing.T) {
	c, err := config.Parse("opsreview.yaml", []byte(whole))
	if err != nil {
		t.Fatal(err)
	}
	again, err := config.Parse("shown.yaml", c.Redacted())
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(values(string(c.Redacted())), values(string(again.Redacted()))); diff != "" {
		t.Errorf("read back (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(c.Sources, again.Sources); diff != "" {
		t.Errorf("sources (-want +got):\n%s", diff)
	}
}

// values returns the lines that are not comments.
func values(yaml string) string {
	var b strings.Builder
	for line := range strings.Lines(yaml) {
		if !strings.HasPrefix(line, "#") {
			b.WriteString(line)
		}
	}
	return b.String()
}

func TestDuration(t *testing.T) {
	tests := map[string]struct {
		want    time.Duration
		written string
	}{
		"90d":   {90 * 24 * time.Hour, "90d"},
		"2w":    {14 * 24 * time.Hour, "14d"},
		"36h":   {36 * time.Hour, "36h"},
		"48h":   {48 * time.Hour, "2d"},
		"5m":    {5 * time.Minute, "5m"},
		"1h30m": {90 * time.Minute, "1h30m"},
		"90s":   {90 * time.Second, "1m30s"},
		"0s":    {0, "0s"},
		"10m":   {10 * time.Minute, "10m"},
		"1h0m":  {time.Hour, "1h"},
		"10h5s": {10*time.Hour + 5*time.Second, "10h0m5s"},
	}
	for text, tt := range tests {
		t.Run(text, func(t *testing.T) {
			var d config.Duration
			if err := d.UnmarshalText([]byte(text)); err != nil || time.Duration(d) != tt.want {
				t.Fatalf("UnmarshalText = %v, %v, want %v", time.Duration(d), err, tt.want)
			}
			if got, err := d.MarshalText(); err != nil || string(got) != tt.written {
				t.Errorf("MarshalText = %q, %v, want %q", got, err, tt.written)
			}
		})
	}
	for _, text := range []string{"", "5", "-5m", "d", "1.5d", "999999d", "1mo", "∞"} {
		var d config.Duration
		if err := d.UnmarshalText([]byte(text)); opsreview.ErrorCode(err) != opsreview.Invalid {
			t.Errorf("UnmarshalText(%q) = %v, want an invalid error", text, err)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(whole))
	f.Add([]byte("teams: [{name: a, hours: {days: [mon]}}]"))
	f.Add([]byte("sources: [{type: pagerduty, name: pd, token_env: X, every: 1h, backfill: 7d, alerts: false}]"))
	f.Add([]byte("a: &x {b: *x}\n<<: *x\n"))
	f.Add([]byte("---\n---\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		c, err := config.Parse("opsreview.yaml", data)
		if err != nil {
			if opsreview.ErrorCode(err) != opsreview.Invalid {
				t.Errorf("%v has code %q, want invalid", err, opsreview.ErrorCode(err))
			}
			return
		}
		c.Org()
		if _, err := config.Parse("shown.yaml", c.Redacted()); err != nil {
			t.Errorf("what is shown does not read back: %v\n%s", err, c.Redacted())
		}
	})
}

// write makes a file in dir and returns its path.
func write(t *testing.T, dir, name, text string) string {
	t.Helper()
	path := filepath.Join(dir, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}
