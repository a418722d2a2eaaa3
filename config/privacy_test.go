package config_test

import (
	"slices"
	"strings"
	"testing"

	"opsreview"
	"opsreview/auth"
	"opsreview/config"
)

func TestParse_Privacy(t *testing.T) {
	tests := map[string]struct {
		text  string
		roles []auth.Role
		least int
		want  string // in the message; "" for none
	}{
		"nothing is said":              {"", []auth.Role{auth.Admin}, 3, ""},
		"more people than usual":       {"privacy: {least_people: 5}\n", []auth.Role{auth.Admin}, 5, ""},
		"writers too":                  {"privacy: {roles: [admin, writer]}\n", []auth.Role{auth.Admin, auth.Writer}, 3, ""},
		"no role":                      {"privacy: {roles: []}\n", []auth.Role{}, 3, ""},
		"a role that nobody knows":     {"privacy: {roles: [root]}\n", nil, 0, `opsreview.yaml:1: privacy.roles[0]: there is no role "root"`},
		"a role that is there twice":   {"privacy: {roles: [admin, admin]}\n", nil, 0, `privacy.roles[1]: "admin" is there already`},
		"a sum over one person":        {"privacy: {least_people: 1}\n", nil, 0, "privacy.least_people: must be between 2 and 100"},
		"a key that nobody knows":      {"privacy: {people: 3}\n", nil, 0, "privacy.people: there is no such key"},
		"a lead who is there twice":    {"teams:\n  - {name: a, leads: [Ada, ada]}\n", nil, 0, "teams[0].leads[1]: "},
		"a report without names":       {"reports:\n  - {name: r, kind: command, command: [cat], anonymous: true}\n", []auth.Role{auth.Admin}, 3, ""},
		"a lead who is named by a key": {"teams:\n  - {name: a, leads: [grace@example.com]}\n", []auth.Role{auth.Admin}, 3, ""},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			c, err := config.Parse("opsreview.yaml", []byte(tt.text))
			if (err == nil) != (tt.want == "") || !strings.Contains(opsreview.ErrorMessage(err), tt.want) {
				t.Fatalf("got %v, want %q", err, tt.want)
			}
			if err == nil && (!slices.Equal(c.Privacy.Seers(), tt.roles) || c.Privacy.Seers() == nil || c.Privacy.LeastPeople != tt.least) {
				t.Errorf("got %+v", c.Privacy)
			}
		})
	}
}

func TestConfig_LeadsAreOfTheOrganisation(t *testing.T) {
	c, err := config.Parse("opsreview.yaml", []byte("teams:\n  - {name: secrets, leads: [Grace]}\n"))
	if err != nil {
		t.Fatal(err)
	}
	if got := c.Org().Teams[0].Leads; !slices.Equal(got, []string{"Grace"}) {
		t.Errorf("leads %v", got)
	}
}
