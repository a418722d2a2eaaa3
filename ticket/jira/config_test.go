package jira_test

import (
	"strings"
	"testing"

	"opsreview"
	"opsreview/ticket/jira"
)

func TestConfig_Validate(t *testing.T) {
	tests := map[string]struct {
		change func(c *jira.Config)
		want   string // how the message begins; "" for none
	}{
		"Cloud with an email and a token is fine":    {func(*jira.Config) {}, ""},
		"Data Center with a token alone is fine":     {func(c *jira.Config) { c.BaseURL, c.Email = "https://jira.example.com", "" }, ""},
		"a site of Cloud needs an email":             {func(c *jira.Config) { c.Email = "" }, "email: "},
		"unless it is told otherwise":                {func(c *jira.Config) { c.Auth, c.Email = "bearer", "" }, ""},
		"another type is not ours":                   {func(c *jira.Config) { c.Type = "github" }, "type: "},
		"a token does not travel in the clear":       {func(c *jira.Config) { c.BaseURL = "http://jira.example.com" }, "base_url: "},
		"a password in the address is refused":       {func(c *jira.Config) { c.BaseURL = "https://a:b@jira.example.com" }, "base_url: "},
		"the gateway needs a cloud id":               {func(c *jira.Config) { c.BaseURL = "https://api.atlassian.com" }, "base_url: the gateway needs"},
		"the gateway cannot be browsed":              {func(c *jira.Config) { c.BaseURL = "https://api.atlassian.com/ex/jira/1" }, "browse_url: "},
		"a browse URL must be a web address":         {func(c *jira.Config) { c.BrowseURL = "javascript:alert(1)" }, "browse_url: "},
		"two tokens are one too many":                {func(c *jira.Config) { c.TokenEnv = "T" }, "token_file and token_env"},
		"a token is needed":                          {func(c *jira.Config) { c.TokenFile = "" }, "token_file: "},
		"auth is one of two":                         {func(c *jira.Config) { c.Auth = "oauth" }, "auth: "},
		"basic needs an email":                       {func(c *jira.Config) { c.Auth, c.Email = "basic", "" }, "email: "},
		"bearer has no email":                        {func(c *jira.Config) { c.Auth = "bearer" }, "email: "},
		"an email cannot end the name of the pair":   {func(c *jira.Config) { c.Email = "a:b@example.com" }, "email: "},
		"a project is named by its key":              {func(c *jira.Config) { c.Project = "Operations team" }, "project: "},
		"other projects too":                         {func(c *jira.Config) { c.OtherProjects = []string{"x y"} }, "other_projects: "},
		"an epic is named by its key":                {func(c *jira.Config) { c.Parent = "Toil" }, "parent: "},
		"a board is a number above zero":             {func(c *jira.Config) { c.Board = -1 }, "board: "},
		"points are in a custom field":               {func(c *jira.Config) { c.PointsField = "Story Points" }, "points_field: "},
		"a label is one word":                        {func(c *jira.Config) { c.Labels = []string{"two words"} }, "labels: "},
		"our own fields are ours":                    {func(c *jira.Config) { c.Fields = map[string]any{"labels": "x"} }, "fields: labels"},
		"a template that means nothing is a mistake": {func(c *jira.Config) { c.Fields = map[string]any{"customfield_1": "{{tema}}"} }, "fields: customfield_1 has {{tema}}"},
		"also deep within a value": {
			func(c *jira.Config) {
				c.Fields = map[string]any{"customfield_1": []any{map[string]any{"value": "{{ x }}"}}}
			}, "fields: customfield_1 has {{ x }}",
		},
		"templates are fine":     {func(c *jira.Config) { c.Fields = map[string]any{"customfield_1": "{{team}} {{ cost }}"} }, ""},
		"a pause is a short one": {func(c *jira.Config) { c.Pause = "1h" }, "pause: "},
		"no pause is fine":       {func(c *jira.Config) { c.Pause = "0s" }, ""},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			cfg := jira.Config{
				Type: "jira", BaseURL: "https://example.atlassian.net", Project: "OPS", Email: "bot@example.com", TokenFile: "token",
			}
			tt.change(&cfg)
			err := cfg.Validate()
			if tt.want == "" {
				if err != nil {
					t.Errorf("Validate said %v, want nothing", err)
				}
				return
			}
			if opsreview.ErrorCode(err) != opsreview.Invalid || !strings.HasPrefix(opsreview.ErrorMessage(err), tt.want) {
				t.Errorf("Validate said %q, want %q…", opsreview.ErrorMessage(err), tt.want)
			}
		})
	}
}

func TestNew_RefusesAnEmptyToken(t *testing.T) {
	s := openSite(t, "Cloud")
	if _, err := jira.New(s.cfg, "", nil); opsreview.ErrorCode(err) != opsreview.Invalid {
		t.Errorf("New said %v, want Invalid", err)
	}
}
