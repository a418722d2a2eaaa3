package auth_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"opsreview"
	"opsreview/auth"
)

func TestCaller_Scope(t *testing.T) {
	tests := map[string]struct {
		grants []auth.Grant
		least  auth.Role
		want   auth.Scope
	}{
		"nobody may anything without a grant": {nil, auth.Reader, auth.Scope{}},
		"a reader reads everywhere":           {[]auth.Grant{{Role: auth.Reader}}, auth.Reader, auth.Scope{Everywhere: true}},
		"a reader writes nowhere":             {[]auth.Grant{{Role: auth.Reader}}, auth.Writer, auth.Scope{}},
		"an admin reads and writes":           {[]auth.Grant{{Role: auth.Admin}}, auth.Writer, auth.Scope{Everywhere: true}},
		"a team's writer writes for the team": {[]auth.Grant{{Role: auth.Writer, Teams: []string{"a"}}}, auth.Writer, auth.Scope{Teams: []string{"a"}}},
		"grants add up, without repeating": {
			[]auth.Grant{{Role: auth.Writer, Teams: []string{"b", "a"}}, {Role: auth.Reader, Teams: []string{"a", "c"}}},
			auth.Reader,
			auth.Scope{Teams: []string{"a", "b", "c"}},
		},
		"reading everywhere does not widen writing": {
			[]auth.Grant{{Role: auth.Reader}, {Role: auth.Writer, Teams: []string{"a"}}}, auth.Writer, auth.Scope{Teams: []string{"a"}},
		},
		"an unknown role may nothing": {[]auth.Grant{{Role: "root"}}, auth.Reader, auth.Scope{}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(tt.want, auth.Caller{Grants: tt.grants}.Scope(tt.least)); diff != "" {
				t.Errorf("scope (-want +got):\n%s", diff)
			}
		})
	}
}

func TestScope_Has(t *testing.T) {
	tests := map[string]struct {
		scope auth.Scope
		team  string
		want  bool
	}{
		"everywhere has every team":               {auth.Scope{Everywhere: true}, "a", true},
		"everywhere is the whole organisation":    {auth.Scope{Everywhere: true}, "", true},
		"some teams are not the organisation":     {auth.Scope{Teams: []string{"a"}}, "", false},
		"blanks are not a team":                   {auth.Scope{Teams: []string{"a", " "}}, " ", false},
		"names are the same in upper case":        {auth.Scope{Teams: []string{"Secrets"}}, " SECRETS ", true},
		"another team is another team":            {auth.Scope{Teams: []string{"a"}}, "b", false},
		"letters that only look alike are others": {auth.Scope{Teams: []string{"teams"}}, "teamſ", false},
		"nowhere has no team":                     {auth.Scope{}, "a", false},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			if got := tt.scope.Has(tt.team); got != tt.want {
				t.Errorf("Has(%q) = %t", tt.team, got)
			}
		})
	}
}

func TestParseRole(t *testing.T) {
	for _, name := range []string{"reader", "writer", "admin"} {
		if r, err := auth.ParseRole(name); err != nil || string(r) != name {
			t.Errorf("ParseRole(%q) = %q, %v", name, r, err)
		}
	}
	for _, name := range []string{"", "Reader", "root"} {
		if _, err := auth.ParseRole(name); opsreview.ErrorCode(err) != opsreview.Invalid {
			t.Errorf("ParseRole(%q): %v", name, err)
		}
	}
}
