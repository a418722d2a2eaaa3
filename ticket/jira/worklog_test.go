package jira_test

import (
	"encoding/csv"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"opsreview/ticket"
	"opsreview/ticket/jira/jirafake"
)

func TestWorkLogs(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		s.PageSize = 2
		day := func(n int) time.Time { return monday.AddDate(0, 0, n) }
		worked := func(id, on int, email string) jirafake.WorkLog {
			return jirafake.WorkLog{ID: id, Author: "Ada", Email: email, Comment: "by hand", Started: day(on), Created: day(on), Updated: day(on), Spent: 30 * time.Minute}
		}
		tagged := s.Add(jirafake.Issue{Summary: "Rotate the token", Labels: []string{ticket.Label}, WorkLogs: []jirafake.WorkLog{
			worked(1, -40, ""), worked(2, -3, "ada@example.com"), worked(3, -1, ""), worked(4, -2, ""), worked(5, 0, ""),
		}})
		s.Add(jirafake.Issue{Summary: "Other work", WorkLogs: []jirafake.WorkLog{worked(6, -1, "")}})
		s.Add(jirafake.Issue{Summary: "Old work", Labels: []string{ticket.Label}, WorkLogs: []jirafake.WorkLog{worked(7, -40, "")}})
		emptied := s.Add(jirafake.Issue{Summary: "Its work was deleted", Labels: []string{ticket.Label}})
		got, err := s.tracker(t).WorkLogs(t.Context(), day(-10), []string{emptied.Key(), "OPS-999", "no key"})
		if err != nil {
			t.Fatal(err)
		}
		if len(got) != 2 || got[0].Key != tagged.Key() || got[0].Title != "Rotate the token" || got[1].Key != emptied.Key() || len(got[1].Work) != 0 {
			t.Fatalf("tickets %+v", got)
		}
		var ids []string
		for _, w := range got[0].Work {
			ids = append(ids, w.ID)
			if w.Spent != 30*time.Minute || w.Note != "by hand" || w.LoggedAt.IsZero() {
				t.Errorf("work %+v", w)
			}
		}
		if diff := cmp.Diff([]string{"2", "4", "3", "5"}, ids); diff != "" {
			t.Errorf("work logs (-want +got):\n%s", diff)
		}
		if names := got[0].Work[0].Names; names[0] != "ada@example.com" || names[1] != "Ada" {
			t.Errorf("names %q, want the address first", names)
		}
	})
}

func TestWorkLogs_OfAnotherLabel(t *testing.T) {
	s := openSite(t, jirafake.Cloud)
	s.cfg.WorkLogLabel = "toil"
	s.Add(jirafake.Issue{Summary: "ours", Labels: []string{"toil"}, WorkLogs: []jirafake.WorkLog{{ID: 1, Author: "Ada", Started: monday, Spent: time.Hour}}})
	s.Add(jirafake.Issue{Summary: "not", Labels: []string{ticket.Label}, WorkLogs: []jirafake.WorkLog{{ID: 2, Author: "Ada", Started: monday, Spent: time.Hour}}})
	got, err := s.tracker(t).WorkLogs(t.Context(), monday, nil)
	if err != nil || len(got) != 1 || got[0].Title != "ours" {
		t.Errorf("got %+v, %v", got, err)
	}
}

// The work logs of the corpus are as a real Jira wrote them. Each must be read as
// it stands.
func TestWorkLogs_OfTheCorpus(t *testing.T) {
	dir := os.Getenv("OPSREVIEW_CORPUS")
	if dir == "" {
		dir = filepath.Join("..", "..", "..", "shared", "corpus")
	}
	file, err := os.Open(filepath.Join(dir, "jira", "_raw_jira_api_worklogs.csv"))
	if err != nil {
		t.Skip("the corpus is not here (set OPSREVIEW_CORPUS): _raw_jira_api_worklogs.csv")
	}
	defer file.Close() //nolint:errcheck // it is only read
	rows, err := csv.NewReader(file).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	var raw []json.RawMessage
	seconds := 0
	for _, row := range rows[1:] {
		var log struct {
			Seconds int `json:"timeSpentSeconds"`
		}
		if err := json.Unmarshal([]byte(row[2]), &log); err != nil {
			t.Fatal(err)
		}
		raw, seconds = append(raw, json.RawMessage(row[2])), seconds+log.Seconds
	}
	s := openSite(t, jirafake.DataCenter)
	made := s.Add(jirafake.Issue{Labels: []string{ticket.Label}})
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if filepath.Base(r.URL.Path) != "worklog" {
			s.ServeHTTP(w, r)
			return
		}
		_ = json.NewEncoder(w).Encode(map[string]any{"startAt": 0, "maxResults": len(raw), "total": len(raw), "worklogs": raw})
	}))
	t.Cleanup(srv.Close)
	s.cfg.BaseURL = srv.URL
	got, err := s.tracker(t).WorkLogs(t.Context(), time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC), []string{made.Key()})
	if err != nil || len(got) != 1 || len(got[0].Work) != len(raw) {
		t.Fatalf("%d tickets, %v", len(got), err)
	}
	sum := time.Duration(0)
	for _, w := range got[0].Work {
		sum += w.Spent
		if w.At.Year() < 2020 || len(w.Names) < 2 {
			t.Errorf("work %+v", w)
		}
	}
	if sum != time.Duration(seconds)*time.Second {
		t.Errorf("%s in all, want %d seconds", sum, seconds)
	}
}
