package config

import (
	"fmt"
	"net"
	"net/mail"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"opsreview"
)

// A Report is where the review of a team is sent, and when. Which keys belong
// to it depends on its kind.
type Report struct {
	Name  string   `yaml:"name"`
	Team  string   `yaml:"team,omitempty"`  // "" for everybody's review
	Every Schedule `yaml:"every,omitempty"` // on the team's clock; "" for only when asked
	Last  string   `yaml:"last,omitempty"`  // the window, such as 14d; "" for the last complete week
	Kind  string   `yaml:"kind"`            // "slack", "smtp" or "command"

	Anonymous bool `yaml:"anonymous,omitempty"` // without names of people; else it is made for the team's leads

	URLFile string `yaml:"url_file,omitempty"` // slack: holds the webhook's URL, which is a secret

	Server       string   `yaml:"server,omitempty"` // smtp: host:port
	From         string   `yaml:"from,omitempty"`
	To           []string `yaml:"to,omitempty"`
	Username     string   `yaml:"username,omitempty"`
	PasswordFile string   `yaml:"password_file,omitempty"`

	Command []string `yaml:"command,omitempty"` // command: the program and its arguments; no shell reads them
	Format  string   `yaml:"format,omitempty"`  // "markdown", which is the default, or "html"
	Timeout Duration `yaml:"timeout,omitempty"` // 2m
}

// A Schedule is written as "mon 08:30", "mon,thu 08:30", "daily 08:30" or
// weekly.
type Schedule opsreview.Schedule

// UnmarshalText reads a schedule. It returns an Invalid error for one that it
// cannot read.
func (s *Schedule) UnmarshalText(text []byte) error {
	read, err := opsreview.ParseSchedule(string(text))
	*s = Schedule(read)
	return err
}

// MarshalText writes what UnmarshalText reads.
func (s Schedule) MarshalText() ([]byte, error) { return []byte(opsreview.Schedule(s).String()), nil }

// IsZero reports whether nothing is scheduled.
func (s Schedule) IsZero() bool { return opsreview.Schedule(s).IsZero() }

// reportKinds are the kinds of report.
var reportKinds = map[string]func(Report, string) []problem{
	"slack": slackProblems, "smtp": smtpProblems, "command": commandProblems,
}

// paths lists the paths that the report names. A program without a slash is
// looked up where programs are.
func (r *Report) paths() []*string {
	paths := []*string{&r.URLFile, &r.PasswordFile}
	if len(r.Command) > 0 && strings.ContainsRune(r.Command[0], filepath.Separator) {
		paths = append(paths, &r.Command[0])
	}
	return paths
}

func (c Config) reportProblems() []problem {
	var problems []problem
	names := seen{}
	for i, r := range c.Reports {
		path := fmt.Sprintf("reports[%d]", i)
		problems = append(problems, nameProblems(path+".name", r.Name)...)
		problems = append(problems, names.problems(path, ".name", r.Name)...)
		problems = append(problems, c.reportTeamProblems(path+".team", r.Team)...)
		if _, err := (opsreview.WindowSpec{Last: r.Last}).Resolve(time.Unix(0, 0), time.UTC); err != nil {
			problems = append(problems, problem{path + ".last", opsreview.ErrorMessage(err)})
		}
		check, known := reportKinds[r.Kind]
		switch {
		case r.Kind == "":
			problems = append(problems, problem{path + ".kind", "is missing: the kinds are " + knownNames(reportKinds)})
		case !known:
			problems = append(problems, problem{path + ".kind", fmt.Sprintf("there is no kind %q: the kinds are %s", r.Kind, knownNames(reportKinds))})
		default:
			problems = append(problems, check(r, path)...)
			problems = append(problems, foreignProblems(r, path)...)
		}
	}
	return problems
}

// reportTeamProblems finds a team that the file does not have. Teams that only
// a source knows are found out when the report is made; a file that lists teams
// lists all that have a schedule to go by.
func (c Config) reportTeamProblems(path, team string) []problem {
	if team == "" || len(c.Teams) == 0 {
		return nil
	}
	for _, t := range c.Teams {
		if strings.EqualFold(t.Name, team) {
			return nil
		}
	}
	return []problem{{path, fmt.Sprintf("there is no team %q under teams", team)}}
}

// foreignProblems finds keys that belong to another kind of report.
func foreignProblems(r Report, path string) []problem {
	var problems []problem
	for _, k := range []struct {
		kind, key string
		set       bool
	}{
		{"slack", "url_file", r.URLFile != ""},
		{"smtp", "server", r.Server != ""},
		{"smtp", "from", r.From != ""},
		{"smtp", "to", len(r.To) > 0},
		{"smtp", "username", r.Username != ""},
		{"smtp", "password_file", r.PasswordFile != ""},
		{"command", "command", len(r.Command) > 0},
		{"command", "format", r.Format != ""},
		{"command", "timeout", r.Timeout != 0},
	} {
		if k.set && k.kind != r.Kind {
			problems = append(problems, problem{path + "." + k.key, fmt.Sprintf("belongs to the kind %s, and this is %s", k.kind, r.Kind)})
		}
	}
	return problems
}

func slackProblems(r Report, path string) []problem {
	if r.URLFile == "" {
		return []problem{{path + ".url_file", "is missing: it names the file that holds the webhook's URL, which is a secret"}}
	}
	return nil
}

func smtpProblems(r Report, path string) []problem {
	var problems []problem
	fail := func(key, text string) { problems = append(problems, problem{path + "." + key, text}) }
	host, port, err := net.SplitHostPort(r.Server)
	if n, perr := strconv.ParseUint(port, 10, 16); err != nil || perr != nil || n == 0 || host == "" {
		fail("server", strconv.Quote(r.Server)+" is not a mail server: write it as mail.example.com:587")
	}
	if !isAddress(r.From) {
		fail("from", strconv.Quote(r.From)+" is not an email address")
	}
	if len(r.To) == 0 {
		fail("to", "is missing: list who receives the report")
	}
	for i, to := range r.To {
		if !isAddress(to) {
			fail(fmt.Sprintf("to[%d]", i), strconv.Quote(to)+" is not an email address")
		}
	}
	if (r.Username == "") != (r.PasswordFile == "") {
		fail("username", "goes with password_file: set both or neither")
	}
	return problems
}

func isAddress(text string) bool {
	_, err := mail.ParseAddress(text)
	return err == nil && !strings.ContainsAny(text, "\r\n")
}

func commandProblems(r Report, path string) []problem {
	var problems []problem
	fail := func(key, text string) { problems = append(problems, problem{path + "." + key, text}) }
	if len(r.Command) == 0 || r.Command[0] == "" {
		fail("command", "is missing: list the program and its arguments, such as [mail, -s, review, team@example.com]")
	}
	if r.Format != "" && r.Format != "markdown" && r.Format != "html" {
		fail("format", fmt.Sprintf("there is no format %q: choose markdown or html", r.Format))
	}
	if t := time.Duration(r.Timeout); t != 0 && (t < time.Second || t > maxReportTimeout) {
		fail("timeout", "must be between 1s and 4m")
	}
	return problems
}

// maxReportTimeout leaves a scheduled report time to be made.
const maxReportTimeout = 4 * time.Minute
