package jira_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"opsreview/ticket"
	"opsreview/ticket/jira/jirafake"
)

func TestFind_PagesToTheEnd(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		s.PageSize = 7
		var want []string
		for n := range 40 {
			i := jirafake.Issue{Labels: []string{"opsreview", "other"}}
			if n%2 == 1 {
				i.Labels = []string{"opsreview-not-alone"}
			}
			if made := s.Add(i); n%2 == 0 {
				want = append(want, made.Key())
			}
		}
		s.Close("OPS-3", "Done") // a closed one is found too
		found, err := s.tracker(t).Find(t.Context(), "opsreview", "other")
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, f := range found {
			got = append(got, f.Key)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("tickets (-want +got):\n%s", diff)
		}
		if !slices.Contains(found[0].Labels, "other") || found[1].ClosedAt.IsZero() {
			t.Errorf("the snapshots are hollow: %v", found[:2])
		}
	})
}

func TestFind_LooksInOtherProjectsToo(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		s.Projects = []string{"WEB", "APP"}
		s.cfg.OtherProjects = []string{"WEB"}
		for _, p := range []string{"OPS", "WEB", "APP"} {
			s.Add(jirafake.Issue{Project: p, Labels: []string{"opsreview"}})
		}
		if found, err := s.tracker(t).Find(t.Context(), "opsreview"); err != nil || len(found) != 2 {
			t.Errorf("Find gave %d tickets and %v, want two", len(found), err)
		}
	})
}

func TestFind_LagsAsJiraDoes(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		s.SetLag(time.Minute)
		tr := s.tracker(t)
		ref := create(t, tr, draft("00000000000000aa"))
		label := ticket.FingerprintLabel("00000000000000aa")
		if found, err := tr.Find(t.Context(), label); err != nil || len(found) != 0 {
			t.Errorf("Find gave %v and %v, want nothing yet", found, err)
		}
		if get(t, tr, ref.ID).Missing {
			t.Error("Get lags, want the ticket at once")
		}
		s.advance(time.Minute)
		if found, err := tr.Find(t.Context(), label); err != nil || len(found) != 1 {
			t.Errorf("Find gave %v and %v, want the ticket", found, err)
		}
	})
}

// An empty answer must come from Jira's index, never from a failure.
func TestFind_NeverTakesAFailureForNothing(t *testing.T) {
	tests := map[string]func(s *site){
		"a stranger":            func(s *site) { s.Token = "another" },
		"a project out of view": func(s *site) { s.Denied = []string{"BROWSE_PROJECTS"} },
		"no such project":       func(s *site) { s.cfg.Project = "GONE" },
		"a login page":          func(s *site) { s.Inject(jirafake.Fault{Kind: jirafake.LoginPage, Times: 99}) },
		"a proxy that is down":  func(s *site) { s.Inject(jirafake.Fault{Kind: jirafake.Down, Times: 99}) },
		"a throttle":            func(s *site) { s.Inject(jirafake.Fault{Kind: jirafake.Throttle, Times: 99}) },
		"a long throttle":       func(s *site) { s.Inject(jirafake.Fault{Kind: jirafake.Throttle, After: time.Hour, Times: 99}) },
		"a lost connection":     func(s *site) { s.Inject(jirafake.Fault{Kind: jirafake.LoseAnswer, Times: 99}) },
	}
	for name, change := range tests {
		t.Run(name, func(t *testing.T) {
			each(t, func(t *testing.T, s *site) {
				change(s)
				if found, err := s.tracker(t).Find(t.Context(), "opsreview"); err == nil {
					t.Errorf("Find gave %v and no error", found)
				}
			})
		})
	}
}

// Jira serves a token that it does not accept as nobody's, and nobody sees
// anything.
func TestFind_NoticesThatItIsAStranger(t *testing.T) {
	fake := jirafake.New(jirafake.Cloud)
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-Seraph-Loginreason", "AUTHENTICATED_FAILED")
		fake.ServeHTTP(w, r)
	}))
	t.Cleanup(srv.Close)
	s := openSite(t, jirafake.Cloud)
	s.cfg.BaseURL = srv.URL
	_, err := s.tracker(t).Find(t.Context(), "opsreview")
	if outcome(err) != "rejected" || !strings.Contains(err.Error(), "stranger") {
		t.Errorf("Find said %v", err)
	}
}

func TestFind_AsksAgainWhereThatHelps(t *testing.T) {
	for _, kind := range []jirafake.Kind{jirafake.LoseRequest, jirafake.LoseAnswer, jirafake.Down, jirafake.Throttle} {
		t.Run(string(kind), func(t *testing.T) {
			each(t, func(t *testing.T, s *site) {
				s.Inject(jirafake.Fault{Kind: kind, Times: 2, After: 2 * time.Second})
				if _, err := s.tracker(t).Find(t.Context(), "opsreview"); err != nil {
					t.Errorf("Find said %v", err)
				}
			})
		})
	}
}

func TestFind_StopsWhereTheSearchTurnsInCircles(t *testing.T) {
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		answer := map[string]any{"deploymentType": "Cloud", "nextPageToken": "again", "issues": []any{map[string]any{"id": "1", "key": "OPS-1"}}}
		w.Header().Set("Content-Type", "application/json")
		if err := json.NewEncoder(w).Encode(answer); err != nil {
			t.Error(err)
		}
	}))
	t.Cleanup(srv.Close)
	s := openSite(t, jirafake.Cloud)
	s.cfg.BaseURL = srv.URL
	if _, err := s.tracker(t).Find(t.Context(), "opsreview"); err == nil || !strings.Contains(err.Error(), "again and again") {
		t.Errorf("Find said %v", err)
	}
}

// Names of labels cannot leave their quotes.
func TestFind_CannotBeTalkedIntoOtherQueries(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		s.Add(jirafake.Issue{Labels: []string{"opsreview"}})
		found, err := s.tracker(t).Find(t.Context(), `x" OR labels = "opsreview`)
		if err != nil || len(found) != 0 {
			t.Errorf("Find gave %v and %v, want nothing", found, err)
		}
	})
}

func TestHealthy(t *testing.T) {
	tests := map[string]struct {
		known  string
		change func(s *site)
		ok     bool
	}{
		"what is known is found":           {"10001", func(*site) {}, true},
		"nothing is known and all is well": {"", func(*site) {}, true},
		"an index that was lost":           {"10001", func(s *site) { s.LoseIndex(true) }, false},
		"a stranger":                       {"", func(s *site) { s.Token = "another" }, false},
		"a project out of view":            {"", func(s *site) { s.Denied = []string{"BROWSE_PROJECTS"} }, false},
		"a known one that is gone":         {"10001", func(s *site) { s.Delete("10001") }, false},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			each(t, func(t *testing.T, s *site) {
				s.Add(jirafake.Issue{})
				tt.change(s)
				err := s.tracker(t).Healthy(t.Context(), ticket.Ref{ID: tt.known})
				if (err == nil) != tt.ok {
					t.Errorf("Healthy said %v", err)
				}
			})
		})
	}
}

func TestCaps_KnowWhichJiraLags(t *testing.T) {
	want := map[jirafake.Personality]time.Duration{jirafake.Cloud: time.Hour, jirafake.DataCenter: 5 * time.Minute}
	each(t, func(t *testing.T, s *site) {
		tr := s.tracker(t)
		if got := tr.Caps().Settle; got != time.Hour {
			t.Errorf("before anything is asked the search is taken to settle in %s, want 1h", got)
		}
		if _, err := tr.Find(t.Context(), ticket.Label); err != nil {
			t.Fatal(err)
		}
		caps := tr.Caps()
		if caps.Settle != want[s.Personality] || caps.Pause != time.Second || caps.Format != ticket.Wiki {
			t.Errorf("Caps are %+v", caps)
		}
	})
}

func TestCheck_SaysWhatToDo(t *testing.T) {
	tests := map[string]struct {
		change        func(s *site)
		subject, says string
	}{
		"no Jira there":               {func(s *site) { s.Inject(jirafake.Fault{Kind: jirafake.LoginPage, Times: 99}) }, "server", "web page"},
		"a wrong token":               {func(s *site) { s.Token = "another" }, "account", "check the token"},
		"no such project":             {func(s *site) { s.cfg.Project = "GONE" }, "project GONE", "No project could be found"},
		"no such type":                {func(s *site) { s.cfg.IssueType = "Epic" }, "issue type", "there are Task, Bug"},
		"a required field":            {func(s *site) { s.Required = []string{"customfield_9"} }, "required fields", "customfield_9"},
		"labels off the screen":       {func(s *site) { s.OffScreen = []string{"labels"} }, "labels", "not on the create screen"},
		"a field off the screen":      {func(s *site) { s.cfg.Fields = map[string]any{"customfield_7": "x"} }, "fields", "customfield_7"},
		"components off the screen":   {withoutComponents, "fields", "components"},
		"a missing permission":        {func(s *site) { s.Denied = []string{"TRANSITION_ISSUES"} }, "permissions", "open tickets again"},
		"no right to plan":            {func(s *site) { s.cfg.Board, s.Denied = 1, []string{"SCHEDULE_ISSUES"} }, "permissions", "sprints"},
		"no such board":               {func(s *site) { s.cfg.Board = 9 }, "board", "does not exist"},
		"a board without sprints":     {func(s *site) { s.cfg.Board, s.Kanban = 1, true }, "board", "does not support sprints"},
		"another project out of view": {func(s *site) { s.cfg.OtherProjects = []string{"WEB"} }, "project WEB", "No project could be found"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			each(t, func(t *testing.T, s *site) {
				tt.change(s)
				checks := s.tracker(t).Check(t.Context())
				at := slices.IndexFunc(checks, func(c ticket.Check) bool { return c.Subject == tt.subject })
				if at < 0 || checks[at].OK || !strings.Contains(checks[at].Detail+checks[at].Remedy, tt.says) || checks[at].Remedy+checks[at].Detail == "" {
					t.Errorf("the checks say %+v, want %s with %q", checks, tt.subject, tt.says)
				}
			})
		})
	}
}

func withoutComponents(s *site) {
	s.cfg.Components = map[string]string{"vault": "Secrets"}
	s.OffScreen = []string{"components"}
}

func TestPlanner(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		s.cfg.Board, s.PageSize, s.Custom = 1, 4, []string{jirafake.PointsField}
		for n := range 20 {
			at := monday.AddDate(0, 0, 14*(n-18))
			sp := jirafake.Sprint{ID: n + 1, Name: "Sprint", State: "closed", Start: at, End: at.AddDate(0, 0, 14)}
			switch n {
			case 18:
				sp.State = "active"
			case 19:
				sp.State, sp.Start, sp.End = "future", time.Time{}, time.Time{}
			}
			s.AddSprint(sp)
		}
		for n := range 6 {
			i := jirafake.Issue{Labels: []string{"opsreview"}, Fields: map[string]any{jirafake.PointsField: float64(n)}}
			if n == 1 {
				i.Sprint = 19
			}
			if n == 2 {
				i.Sprint = 3 // long closed
			}
			s.Add(i)
		}
		s.Close("OPS-6", "Done")
		s.Add(jirafake.Issue{Sprint: 19})
		tr := s.tracker(t)

		sprints, err := tr.Sprints(t.Context())
		if err != nil || len(sprints) != 14 || sprints[0].ID != "7" || sprints[12].State != "active" || sprints[13].ID != "20" {
			t.Errorf("Sprints gave %v and %v", sprints, err)
		}
		backlog, err := tr.Backlog(t.Context())
		if err != nil || len(backlog) != 5 {
			t.Fatalf("Backlog gave %d tickets and %v, want 5", len(backlog), err)
		}
		if b := backlog; b[1].Sprint != "19" || b[1].Points != 1 || b[0].Sprint != "" || b[2].Sprint != "" || b[4].Points != 4 {
			t.Errorf("the backlog is %+v", backlog)
		}
		var ids []string
		for range 120 {
			ids = append(ids, s.Add(jirafake.Issue{Labels: []string{"opsreview"}}).Remote())
		}
		for range 2 {
			if err := tr.Move(t.Context(), "20", ids); err != nil {
				t.Fatal(err)
			}
		}
		if in, err := tr.InSprint(t.Context(), "20"); err != nil || len(in) != 120 {
			t.Errorf("InSprint gave %d tickets and %v, want 120", len(in), err)
		}
		if in, err := tr.InSprint(t.Context(), "19"); err != nil || len(in) != 2 {
			t.Errorf("InSprint gave %d tickets and %v, want ours and theirs", len(in), err)
		}
		if err := tr.Move(t.Context(), "7", ids[:1]); outcome(err) != "rejected" {
			t.Errorf("Move into a closed sprint said %v", err)
		}
	})
}

func TestPlanner_SaysWhatToPaste(t *testing.T) {
	s := openSite(t, jirafake.Cloud)
	want := `project = "OPS" AND labels = "opsreview" AND statusCategory != Done AND sprint is EMPTY ORDER BY Rank`
	if got := s.tracker(t).Query(); got != want {
		t.Errorf("Query is %s, want %s", got, want)
	}
}

func TestPlanner_NeedsABoard(t *testing.T) {
	s := openSite(t, jirafake.Cloud)
	if _, err := s.tracker(t).Sprints(t.Context()); err == nil || !strings.Contains(err.Error(), "tracker: board") {
		t.Errorf("Sprints said %v", err)
	}
}
