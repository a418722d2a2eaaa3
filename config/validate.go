package config

import (
	"fmt"
	"net"
	"strconv"
	"strings"
	"time"

	"opsreview"
)

const (
	minEvery = time.Minute // a shorter schedule would spend the rate limit on asking
	maxEvery = 24 * time.Hour
	minRaw   = 24 * time.Hour
	maxRaw   = 3660 * 24 * time.Hour
)

// Validate returns an Invalid error that names every field whose value cannot
// be used, a line each. Whether files exist, whether a calendar of holidays is
// known and whether a service exists is not asked here: a review must be
// possible where the secrets are not.
func (c Config) Validate() error {
	problems := c.accessProblems()
	problems = append(problems, httpProblems(c.Server)...)
	if raw := time.Duration(c.Retention.Raw); raw < minRaw || raw > maxRaw {
		problems = append(problems, problem{"retention.raw", "must be between 1d and 3660d"})
	}
	problems = append(problems, c.teamProblems()...)
	problems = append(problems, c.responderProblems()...)
	problems = append(problems, c.sourceProblems()...)
	problems = append(problems, patternProblems("slos", c.SLOs)...)
	problems = append(problems, c.lookProblems()...)
	problems = append(problems, c.reportProblems()...)
	problems = append(problems, c.maintenanceProblems()...)
	problems = append(problems, c.trackerProblems()...)
	problems = append(problems, c.Incidents.problems()...)
	problems = append(problems, c.Privacy.problems()...)
	problems = append(problems, c.Toil.problems()...)
	return c.form.report(problems)
}

func listenProblems(addr string) []problem {
	if !wellFormed(addr) {
		return []problem{{"server.listen", strconv.Quote(addr) + " is not an address: write it as 127.0.0.1:7474"}}
	}
	if Loopback(addr) {
		return nil
	}
	return []problem{{"server.listen", strconv.Quote(addr) + " is open to others, and the server knows no login: " +
		"listen on loopback, such as 127.0.0.1:7474"}}
}

// wellFormed reports whether addr is an address with the number of a port.
func wellFormed(addr string) bool {
	_, port, err := net.SplitHostPort(addr)
	n, perr := strconv.ParseUint(port, 10, 16)
	return err == nil && perr == nil && (n != 0 || port == "0")
}

func (c Config) teamProblems() []problem {
	var problems []problem
	names := seen{}
	for i, t := range c.Teams {
		path := fmt.Sprintf("teams[%d]", i)
		problems = append(problems, nameProblems(path+".name", t.Name)...)
		problems = append(problems, names.problems(path, ".name", strings.ToLower(t.Name))...)
		problems = append(problems, zoneProblems(path+".time_zone", t.TimeZone)...)
		problems = append(problems, listProblems(path+".services", t.Services)...)
		problems = append(problems, listProblems(path+".members", t.Members)...)
		problems = append(problems, listProblems(path+".leads", t.Leads)...)
		problems = append(problems, t.Hours.problems(path+".hours")...)
	}
	return problems
}

func (c Config) responderProblems() []problem {
	var problems []problem
	names, emails := seen{}, seen{}
	for i, r := range c.Responders {
		path := fmt.Sprintf("responders[%d]", i)
		problems = append(problems, nameProblems(path+".name", r.Name)...)
		problems = append(problems, names.problems(path, ".name", strings.ToLower(r.Name))...)
		for j, email := range r.Emails {
			field := fmt.Sprintf(".emails[%d]", j)
			if user, host, ok := strings.Cut(email, "@"); !ok || user == "" || host == "" || strings.ContainsAny(email, " \t\n<>,") {
				problems = append(problems, problem{path + field, strconv.Quote(email) + " is not an email address"})
				continue
			}
			problems = append(problems, emails.problems(path, field, strings.ToLower(email))...)
		}
		problems = append(problems, zoneProblems(path+".time_zone", r.TimeZone)...)
		problems = append(problems, r.Hours.problems(path+".hours")...)
	}
	return problems
}

func (c Config) sourceProblems() []problem {
	var problems []problem
	names := seen{}
	for i, s := range c.Sources {
		path := fmt.Sprintf("sources[%d]", i)
		switch err := opsreview.ValidSourceName(s.Name); {
		case s.Name == "":
			problems = append(problems, problem{path + ".name", "is missing"})
		case err != nil:
			problems = append(problems, problem{path + ".name", opsreview.ErrorMessage(err)})
		}
		problems = append(problems, names.problems(path, ".name", s.Name)...)
		if every := time.Duration(s.Every); every < minEvery || every > maxEvery {
			problems = append(problems, problem{path + ".every", "must be between 1m and 24h"})
		}
		problems = append(problems, s.problems(path)...)
	}
	return problems
}

func nameProblems(path, name string) []problem {
	switch {
	case name == "":
		return []problem{{path, "is missing"}}
	case strings.TrimSpace(name) != name || strings.ContainsAny(name, "\n\t"):
		return []problem{{path, strconv.Quote(name) + " has spaces at its ends or is more than one line"}}
	}
	return nil
}

func zoneProblems(path, name string) []problem {
	if name == "" {
		return nil
	}
	if _, err := time.LoadLocation(name); err != nil || name == "Local" {
		return []problem{{path, fmt.Sprintf("there is no time zone %q: use a name such as Europe/Berlin", name)}}
	}
	return nil
}

// listProblems finds what is empty or there twice in a list of names.
func listProblems(path string, names []string) []problem {
	var problems []problem
	there := seen{}
	for i, name := range names {
		field := fmt.Sprintf("[%d]", i)
		problems = append(problems, nameProblems(path+field, name)...)
		problems = append(problems, there.problems(path, field, strings.ToLower(name))...)
	}
	return problems
}

// seen remembers the field in which each name was met first.
type seen map[string]string

// problems says where name was met before, if it was.
func (s seen) problems(path, field, name string) []problem {
	if name == "" {
		return nil
	}
	if first, ok := s[name]; ok {
		return []problem{{path + field, fmt.Sprintf("%q is there already, in %s", name, first)}}
	}
	s[name] = path + field
	return nil
}
