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
	"opsreview/ticket"
)

const jiraTracker = `tracker:
  type: jira
  base_url: https://example.atlassian.net
  project: OPS
  email: bot@example.com
  token_file: secrets/jira
  components: {vault: Vault, consul: Consul}
  fields:
    customfield_10042: {value: "{{category}}"}
    priority: {name: Low}
  max_new: 3
  reopen_within: 0s
  suppress_for: 60d
  wont_fix_resolutions: [Wird nicht gemacht]
  note_every: 2w
  settle: 2h
`

func TestParse_Tracker(t *testing.T) {
	const day = 24 * time.Hour
	c, err := config.Parse("opsreview.yaml", []byte(jiraTracker))
	if err != nil {
		t.Fatal(err)
	}
	if c.Tracker.Jira.Project != "OPS" || c.Tracker.Jira.Components["consul"] != "Consul" {
		t.Errorf("the keys of Jira are %+v", c.Tracker.Jira)
	}
	want := ticket.DefaultSettings()
	want.MaxNew, want.ReopenWithin, want.SuppressFor = 3, 0, 60*day
	want.WontFix, want.NoteEvery, want.Settle = []string{"Wird nicht gemacht"}, 14*day, 2*time.Hour
	if diff := cmp.Diff(want, c.Tracker.Filing.Settings()); diff != "" {
		t.Errorf("settings (-want +got):\n%s", diff)
	}
	again, err := config.Parse("shown.yaml", c.Redacted())
	if err != nil {
		t.Fatalf("what is shown cannot be read: %v", err)
	}
	if diff := cmp.Diff(c.Tracker, again.Tracker); diff != "" {
		t.Errorf("read back (-want +got):\n%s", diff)
	}
}

func TestParse_TrackerWithoutSettingsHasTheDefaults(t *testing.T) {
	c, err := config.Parse("opsreview.yaml", []byte("tracker: {type: markdown, path: tickets}\n"))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(ticket.DefaultSettings(), c.Tracker.Filing.Settings()); diff != "" {
		t.Errorf("settings (-want +got):\n%s", diff)
	}
}

func TestParse_NoTrackerIsNone(t *testing.T) {
	for _, text := range []string{"", "tracker:\n", "tracker: null\n"} {
		c, err := config.Parse("opsreview.yaml", []byte(text))
		if err != nil || c.Tracker != nil {
			t.Errorf("Parse(%q) = %+v, %v, want no tracker", text, c.Tracker, err)
		}
	}
}

func TestLoad_TrackersPathsAreRelativeToTheFile(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "opsreview.yaml")
	if err := os.WriteFile(path, []byte(jiraTracker), 0o600); err != nil {
		t.Fatal(err)
	}
	c, err := config.Load(path)
	if err != nil {
		t.Fatal(err)
	}
	if want := filepath.Join(dir, "secrets", "jira"); c.Tracker.Jira.TokenFile != want {
		t.Errorf("the token is in %s, want %s", c.Tracker.Jira.TokenFile, want)
	}
}

func TestParse_TrackerMistakes(t *testing.T) {
	tests := map[string]struct {
		text string
		want []string // the beginnings of the message's lines
	}{
		"a tracker without a type": {
			"tracker: {path: tickets}\n",
			[]string{"opsreview.yaml:1: tracker.type: is missing: the types are "},
		},
		"a type that there is not": {
			"tracker: {type: trello}\n",
			[]string{`opsreview.yaml:1: tracker.type: there is no type "trello": the types are `},
		},
		"a list": {
			"tracker: [jira]\n",
			[]string{"opsreview.yaml:1: tracker: want keys and values: "},
		},
		"a key of another type": {
			"tracker:\n  type: markdown\n  path: t\n  project_key: OPS\n",
			[]string{"opsreview.yaml:4: tracker.project_key: there is no such key: "},
		},
		"a token in the file": {
			"tracker:\n  type: jira\n  token: Secret1\n",
			[]string{"opsreview.yaml:3: tracker.token: there is no such key: "},
		},
		"a folder without a name": {
			"tracker:\n  type: markdown\n",
			[]string{"opsreview.yaml:1: tracker.path: "},
		},
		"a project that is none": {
			"tracker:\n  type: jira\n  base_url: https://j.example\n  token_file: t\n  project: ops team\n",
			[]string{"opsreview.yaml:5: tracker.project: "},
		},
		"a password in the address": {
			"tracker:\n  type: jira\n  token_file: t\n  project: OPS\n  base_url: https://me:Secret1@j.example\n",
			[]string{"opsreview.yaml:5: tracker.base_url: must not hold "},
		},
		"a repository that is none": {
			"tracker:\n  type: github\n  token_file: t\n  repo: example\n",
			[]string{"opsreview.yaml:4: tracker.repo: "},
		},
		"a password in GitHub's address": {
			"tracker:\n  type: github\n  token_file: t\n  repo: a/b\n  base_url: https://me:Secret1@g.example\n",
			[]string{"opsreview.yaml:5: tracker.base_url: must not hold "},
		},
		"settings that make no sense, all at once": {
			"tracker:\n  type: markdown\n  path: t\n  max_new: 0\n  settle: 30d\n  suppress_for: 9999d\n  wont_fix_resolutions: [\"\"]\n",
			[]string{
				"opsreview.yaml:4: tracker.max_new: must be between 1 and 1000",
				"opsreview.yaml:5: tracker.settle: must be at most 7d",
				"opsreview.yaml:6: tracker.suppress_for: must be at most 3660d",
				"opsreview.yaml:7: tracker.wont_fix_resolutions[0]: is missing",
			},
		},
		"a span that is none": {
			"tracker: {type: markdown, path: t, note_every: weekly}\n",
			[]string{"opsreview.yaml:1: tracker.note_every: "},
		},
		"components that are a list": {
			"tracker:\n  type: jira\n  components: [vault]\n",
			[]string{"opsreview.yaml:3: tracker.components: want keys and values"},
		},
		"a component that is a number": {
			"tracker:\n  type: jira\n  components: {vault: 3}\n",
			[]string{"opsreview.yaml:3: tracker.components.vault: want text"},
		},
		"an anchor deep in a field": {
			"tracker:\n  type: jira\n  fields:\n    a: {b: [&x 1]}\n",
			[]string{"opsreview.yaml:4: tracker.fields.a.b[0]: anchors, aliases and tags are not supported"},
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			_, err := config.Parse("opsreview.yaml", []byte(tt.text))
			got := strings.Split(opsreview.ErrorMessage(err), "\n")
			if opsreview.ErrorCode(err) != opsreview.Invalid || len(got) != len(tt.want) {
				t.Fatalf("Parse = %v, want an invalid error of %d lines", err, len(tt.want))
			}
			for i, want := range tt.want {
				if !strings.HasPrefix(got[i], want) {
					t.Errorf("line %d is %q, want it to begin with %q", i+1, got[i], want)
				}
			}
			if strings.Contains(opsreview.ErrorMessage(err), "Secret1") {
				t.Errorf("the message repeats a secret: %v", err)
			}
		})
	}
}
