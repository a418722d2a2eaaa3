package config_test

import (
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"opsreview"
	"opsreview/config"
)

const reports = `teams:
  - {name: secrets, time_zone: America/Chicago}
reports:
  - {name: chat, team: Secrets, every: "mon 08:30", kind: slack, url_file: slack.url}
  - {name: mail, every: weekly, last: 14d, kind: smtp, server: "mail.example.com:587", from: "Reviews <bot@example.com>", to: [vp@example.com], username: bot, password_file: /run/secrets/mail}
  - {name: wiki, kind: command, command: [./publish, --page, reviews], format: html, timeout: 30s}
  - {name: log, kind: command, command: [logger]}
`

func TestParse_Reports(t *testing.T) {
	c, err := config.Parse("opsreview.yaml", []byte(reports))
	if err != nil {
		t.Fatal(err)
	}
	want := []config.Report{
		{Name: "chat", Team: "Secrets", Every: config.Schedule{Days: []time.Weekday{time.Monday}, Minute: 510}, Kind: "slack", URLFile: "slack.url"},
		{
			Name: "mail", Every: config.Schedule{Days: []time.Weekday{time.Monday}, Minute: 540}, Last: "14d", Kind: "smtp", Server: "mail.example.com:587",
			From: "Reviews <bot@example.com>", To: []string{"vp@example.com"}, Username: "bot", PasswordFile: "/run/secrets/mail",
		},
		{Name: "wiki", Kind: "command", Command: []string{"./publish", "--page", "reviews"}, Format: "html", Timeout: config.Duration(30 * time.Second)},
		{Name: "log", Kind: "command", Command: []string{"logger"}},
	}
	if diff := cmp.Diff(want, c.Reports); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if shown := string(c.Redacted()); !strings.Contains(shown, `every: mon 08:30`) {
		t.Errorf("the configuration in force does not tell the schedule:\n%s", shown)
	}
}

func TestLoad_ReportsPathsAreRelativeToTheFile(t *testing.T) {
	dir := t.TempDir()
	c, err := config.Load(write(t, dir, "opsreview.yaml", reports))
	if err != nil {
		t.Fatal(err)
	}
	got := []string{c.Reports[0].URLFile, c.Reports[1].PasswordFile, c.Reports[2].Command[0], c.Reports[3].Command[0]}
	want := []string{filepath.Join(dir, "slack.url"), "/run/secrets/mail", filepath.Join(dir, "publish"), "logger"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestParse_ReportMistakes(t *testing.T) {
	tests := map[string]struct{ text, want string }{
		"no name":                      {"{kind: slack, url_file: f}", "reports[0].name: is missing"},
		"no kind":                      {"{name: a}", "reports[0].kind: is missing: the kinds are command, slack, smtp"},
		"a kind that nobody knows":     {"{name: a, kind: pigeon}", `reports[0].kind: there is no kind "pigeon": the kinds are command, slack, smtp`},
		"a schedule in cron's words":   {`{name: a, kind: slack, url_file: f, every: "30 8 * * 1"}`, `reports[0].every: "30 8 * * 1" is not a schedule`},
		"a team that is not there":     {"{name: a, kind: slack, url_file: f, team: web}\nteams: [{name: secrets}]", `reports[0].team: there is no team "web" under teams`},
		"a window that is none":        {"{name: a, kind: slack, url_file: f, last: soon}", `reports[0].last: "soon" is not a span`},
		"a webhook's URL in the file":  {"{name: a, kind: slack, url: https://hooks.example.com/x}", "reports[0].url: there is no such key"},
		"slack without a URL":          {"{name: a, kind: slack}", "reports[0].url_file: is missing"},
		"a key of another kind":        {"{name: a, kind: slack, url_file: f, to: [a@example.com]}", "reports[0].to: belongs to the kind smtp, and this is slack"},
		"a format for a chat":          {"{name: a, kind: slack, url_file: f, format: html}", "reports[0].format: belongs to the kind command"},
		"a mail server without a port": {"{name: a, kind: smtp, server: mail.example.com, from: a@example.com, to: [b@example.com]}", `reports[0].server: "mail.example.com" is not a mail server`},
		"a mail from nobody":           {`{name: a, kind: smtp, server: "m:25", to: [b@example.com]}`, `reports[0].from: "" is not an email address`},
		"a mail to nobody":             {`{name: a, kind: smtp, server: "m:25", from: a@example.com}`, "reports[0].to: is missing"},
		"a header in an address":       {`{name: a, kind: smtp, server: "m:25", from: a@example.com, to: ["b@example.com\r\nBcc: c@example.com"]}`, "reports[0].to[0]: "},
		"a login without a password":   {`{name: a, kind: smtp, server: "m:25", from: a@example.com, to: [b@example.com], username: a}`, "reports[0].username: goes with password_file"},
		"a password in the file":       {`{name: a, kind: smtp, password: x}`, "reports[0].password: there is no such key"},
		"no command":                   {"{name: a, kind: command}", "reports[0].command: is missing"},
		"a command in one string":      {"{name: a, kind: command, command: mail -s x}", "reports[0].command: want a list"},
		"a format that nobody knows":   {"{name: a, kind: command, command: [x], format: pdf}", `reports[0].format: there is no format "pdf"`},
		"a command that never ends":    {"{name: a, kind: command, command: [x], timeout: 1h}", "reports[0].timeout: must be between 1s and 4m"},
		"two of one name":              {"{name: a, kind: command, command: [x]}\n  - {name: a, kind: command, command: [x]}", `reports[1].name: "a" is there already, in reports[0].name`},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			_, err := config.Parse("opsreview.yaml", []byte("reports:\n  - "+tt.text+"\n"))
			if opsreview.ErrorCode(err) != opsreview.Invalid || !strings.Contains(opsreview.ErrorMessage(err), tt.want) {
				t.Errorf("got %v, want an Invalid error with %q", err, tt.want)
			}
		})
	}
}
