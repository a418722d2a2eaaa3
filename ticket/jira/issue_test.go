package jira_test

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"opsreview"
	"opsreview/ticket"
	"opsreview/ticket/jira/jirafake"
)

func TestGet_TellsWhereTicketsStand(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		s.Custom = []string{jirafake.PointsField}
		s.cfg.PointsField = jirafake.PointsField
		tr := s.tracker(t)
		s.Add(jirafake.Issue{Summary: "new", Labels: []string{"opsreview"}, Fields: map[string]any{jirafake.PointsField: 3.0}})
		s.Add(jirafake.Issue{Summary: "doing", Status: jirafake.Doing, Assignee: "ada"})
		s.Add(jirafake.Issue{Summary: "done"})
		s.advance(time.Hour)
		s.Close("OPS-3", "Won't Do")
		dup := s.Add(jirafake.Issue{Summary: "twice"})
		if err := tr.Relate(t.Context(), dup.Remote(), "10001", "duplicates"); err != nil {
			t.Fatal(err)
		}
		s.Close(dup.Key(), "Duplicate")

		got, err := tr.Get(t.Context(), []string{"10003", "10001", "777", "10002", "10004"})
		if err != nil {
			t.Fatal(err)
		}
		ref := func(n int) ticket.Ref {
			key := fmt.Sprintf("OPS-%d", n)
			return ticket.Ref{ID: fmt.Sprint(10000 + n), Key: key, URL: "https://jira.example.com/browse/" + key}
		}
		later := monday.Add(time.Hour)
		want := []ticket.Snapshot{
			{Ref: ref(3), Title: "done", Stands: opsreview.TicketDone, Status: "Done", Resolution: "Won't Do", ClosedAt: later, UpdatedAt: later},
			{Ref: ref(1), Title: "new", Stands: opsreview.TicketTodo, Status: "To Do", UpdatedAt: monday, Labels: []string{"opsreview"}, Points: 3},
			{Ref: ticket.Ref{ID: "777"}, Missing: true},
			{Ref: ref(2), Title: "doing", Stands: opsreview.TicketDoing, Status: "In Progress", UpdatedAt: monday, Assignee: "ada"},
			{Ref: ref(4), Title: "twice", Stands: opsreview.TicketDone, Status: "Done", Resolution: "Duplicate", ClosedAt: later, UpdatedAt: later, Duplicate: ref(1)},
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("snapshots (-want +got):\n%s", diff)
		}
	})
}

func TestGet_AsksCloudForAHundredAtATime(t *testing.T) {
	s := openSite(t, jirafake.Cloud)
	var ids []string
	for range 5000 {
		ids = append(ids, s.Add(jirafake.Issue{}).Remote())
	}
	got, err := s.tracker(t).Get(t.Context(), ids)
	if err != nil || len(got) != 5000 {
		t.Fatalf("Get gave %d tickets and %v", len(got), err)
	}
	if n := len(s.Requests()); n > 51 {
		t.Errorf("Get asked %d times, want at most 51", n)
	}
}

// A stranger sees no ticket: that must not look like tickets that are gone.
func TestGet_IsNotAnsweredToAStranger(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		s.Add(jirafake.Issue{})
		tr := s.tracker(t)
		if _, err := tr.Get(t.Context(), []string{"10001"}); err != nil {
			t.Fatal(err)
		}
		s.Denied = []string{"BROWSE_PROJECTS"}
		if got := get(t, tr, "10001"); !got.Missing {
			t.Errorf("what may not be seen is %v, want Missing", got)
		}
		s.Token = "another"
		if got, err := tr.Get(t.Context(), []string{"10001"}); outcome(err) != "rejected" {
			t.Errorf("Get gave %v and %v to a stranger", got, err)
		}
	})
}

// A refusal of one issue, which people may have deleted or hidden meanwhile, must
// not end a run as a refused token does: the other findings are filed.
func TestRefusals_OfATokenAndOfAnIssueDiffer(t *testing.T) {
	tests := map[string]struct {
		change func(s *site)
		id     string
		access bool
	}{
		"an issue that is not there":            {func(*site) {}, "777", false},
		"an issue that may not be commented on": {func(s *site) { s.Denied = []string{"ADD_COMMENTS"} }, "10001", false},
		"a token that is refused at an issue":   {func(s *site) { s.Token = "another" }, "10001", true},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			each(t, func(t *testing.T, s *site) {
				s.Add(jirafake.Issue{})
				tt.change(s)
				var rejected *ticket.Rejected
				err := s.tracker(t).Note(t.Context(), tt.id, "seen", paragraph("again"))
				if !errors.As(err, &rejected) || rejected.Access != tt.access {
					t.Errorf("the tracker said %v, want a refusal whose Access is %v", err, tt.access)
				}
			})
		})
	}
}

func TestGet_FollowsAMovedTicket(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		s.Projects = []string{"WEB"}
		s.Add(jirafake.Issue{})
		s.Edit("10001", func(i *jirafake.Issue) { i.Project, i.Number = "WEB", 9 })
		if got := get(t, s.tracker(t), "10001"); got.Key != "WEB-9" {
			t.Errorf("the ticket is %v, want WEB-9", got)
		}
	})
}

func TestReopen(t *testing.T) {
	tests := map[string]struct {
		change func(s *site)
		want   string
		err    error
	}{
		"a closed ticket goes back to where work begins": {func(*site) {}, jirafake.Todo, nil},
		"or to the configured status":                    {func(s *site) { s.cfg.ReopenStatus = "in progress" }, jirafake.Doing, nil},
		"but not to a closed one":                        {func(s *site) { s.cfg.ReopenStatus = "Done" }, jirafake.Todo, nil},
		"a way that asks for fields leaves another":      {func(s *site) { s.Asking = []string{jirafake.Todo} }, jirafake.Doing, nil},
		"where every way asks, none is left":             {func(s *site) { s.Asking = jirafake.Statuses() }, jirafake.Done, ticket.ErrNoTransition},
		"a status without a way out stays":               {func(s *site) { s.Final = true }, jirafake.Done, ticket.ErrNoTransition},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			each(t, func(t *testing.T, s *site) {
				tt.change(s)
				s.Add(jirafake.Issue{})
				s.Close("10001", "Done")
				err := s.tracker(t).Reopen(t.Context(), "10001", paragraph("it came back"))
				if got := s.Issue("10001"); !errors.Is(err, tt.err) || got.Status != tt.want {
					t.Errorf("Reopen said %v and the ticket is %s, want %v and %s", err, got.Status, tt.err, tt.want)
				}
			})
		})
	}
}

func TestReopen_TwiceChangesNothing(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		s.Add(jirafake.Issue{})
		s.Close("10001", "Done")
		tr := s.tracker(t)
		for range 2 {
			if err := tr.Reopen(t.Context(), "10001", paragraph("it came back")); err != nil {
				t.Fatal(err)
			}
		}
		got := s.Issue("10001")
		moves := 0
		for _, r := range s.Requests() {
			if r.Method == http.MethodPost && strings.HasSuffix(r.Path, "/transitions") {
				moves++
			}
		}
		if moves != 1 || len(got.Comments) != 1 || !strings.Contains(got.Comments[0].Body, "it came back") {
			t.Errorf("the ticket was moved %d times and has the comments %v", moves, got.Comments)
		}
	})
}

// The answer to opening a ticket again may be lost: asking again must not move
// it on.
func TestReopen_AfterALostAnswer(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		s.Add(jirafake.Issue{})
		s.Close("10001", "Done")
		s.Inject(jirafake.Fault{Method: http.MethodPost, Path: "/transitions", Kind: jirafake.LoseAnswer})
		tr := s.tracker(t)
		if err := tr.Reopen(t.Context(), "10001", paragraph("it came back")); outcome(err) != "unknown" {
			t.Fatalf("Reopen said %v", err)
		}
		s.Edit("10001", func(i *jirafake.Issue) { i.Status = jirafake.Doing }) // somebody began to work
		if err := tr.Reopen(t.Context(), "10001", paragraph("it came back")); err != nil {
			t.Fatal(err)
		}
		if got := s.Issue("10001"); got.Status != jirafake.Doing || len(got.Comments) != 1 {
			t.Errorf("the ticket is %s with %d comments", got.Status, len(got.Comments))
		}
	})
}

func TestNote_KeepsOneComment(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		s.Add(jirafake.Issue{})
		for n := range 230 { // more than two pages of other people's
			s.Edit("10001", func(i *jirafake.Issue) {
				i.Comments = append(i.Comments, jirafake.Comment{ID: n + 1, Author: "ada", Body: "hm"})
			})
		}
		tr := s.tracker(t)
		for _, text := range []string{"seen 2 times", "seen 2 times", "seen 3 times"} {
			if err := tr.Note(t.Context(), "10001", "opsreview-aa-seen", paragraph(text)); err != nil {
				t.Fatal(err)
			}
		}
		got := s.Issue("10001").Comments
		if last := got[len(got)-1]; len(got) != 231 || last.Edits != 1 || !strings.Contains(last.Body, "seen 3 times") {
			t.Errorf("%d comments, the last is %v; want 231 and one edit", len(got), last)
		}
		if err := tr.Note(t.Context(), "10001", "opsreview-aa-duplicate", paragraph("twice")); err != nil {
			t.Fatal(err)
		}
		if n := len(s.Issue("10001").Comments); n != 232 {
			t.Errorf("%d comments, want another one for another marker", n)
		}
	})
}

// Somebody may quote our note, sign and all. What people write is theirs.
func TestNote_LeavesQuotesAlone(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		s.Add(jirafake.Issue{})
		tr := s.tracker(t)
		note := func(text string) {
			t.Helper()
			if err := tr.Note(t.Context(), "10001", "m", paragraph(text)); err != nil {
				t.Fatal(err)
			}
		}
		note("one")
		s.Edit("10001", func(i *jirafake.Issue) {
			quote := jirafake.Comment{ID: 5, Author: "ada", Body: "{quote}" + i.Comments[0].Body + "{quote} really?"}
			i.Comments = []jirafake.Comment{quote}
		})
		note("two")
		got := s.Issue("10001").Comments
		if len(got) != 2 || got[0].Edits != 0 || got[1].Author != jirafake.Bot {
			t.Errorf("the comments are %v", got)
		}
	})
}

// Administrators can edit any comment. What they wrote into ours stays.
func TestNote_LeavesEditsAlone(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		s.Add(jirafake.Issue{})
		tr := s.tracker(t)
		for _, text := range []string{"one", "two", "three"} {
			if err := tr.Note(t.Context(), "10001", "m", paragraph(text)); err != nil {
				t.Fatal(err)
			}
			if text == "one" {
				s.Edit("10001", func(i *jirafake.Issue) {
					i.Comments[0].Editor = "ada"
					i.Comments[0].Body += " It is the disk."
				})
			}
		}
		got := s.Issue("10001").Comments
		if len(got) != 2 || !strings.Contains(got[0].Body, "the disk") || got[0].Edits != 0 || got[1].Edits != 1 {
			t.Errorf("the comments are %v, want the edited one as it is and one of ours", got)
		}
	})
}

// Cloud keeps texts in a form of its own and escapes them when it writes them
// as wiki markup again.
func TestNote_KnowsItsOwnWhenJiraEscapesIt(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		s.Add(jirafake.Issue{})
		tr := s.tracker(t)
		for range 2 {
			if err := tr.Note(t.Context(), "10001", "m", paragraph("one")); err != nil {
				t.Fatal(err)
			}
			s.Edit("10001", func(i *jirafake.Issue) {
				i.Comments[0].Body = strings.ReplaceAll(i.Comments[0].Body, "-", `\-`)
			})
		}
		if got := s.Issue("10001").Comments; len(got) != 1 || got[0].Edits != 0 {
			t.Errorf("the comments are %v, want one that was written once", got)
		}
	})
}

func TestRelate_Once(t *testing.T) {
	for _, kind := range []string{"relates", "duplicates"} {
		t.Run(kind, func(t *testing.T) {
			each(t, func(t *testing.T, s *site) {
				s.Add(jirafake.Issue{})
				s.Add(jirafake.Issue{})
				tr := s.tracker(t)
				for range 2 {
					if err := tr.Relate(t.Context(), "10002", "10001", kind); err != nil {
						t.Fatal(err)
					}
				}
				links := s.Issue("10002").Links
				if len(links) != 1 || links[0].From != 10002 || links[0].To != 10001 {
					t.Errorf("the links are %v, want one from 10002 to 10001", links)
				}
				asked := 0
				for _, r := range s.Requests() {
					if r.Method == http.MethodPost {
						asked++
					}
				}
				if asked != 1 {
					t.Errorf("Jira was asked to link %d times, want once", asked)
				}
			})
		})
	}
}

func TestRelate_RefusesStrangeKinds(t *testing.T) {
	err := openSite(t, jirafake.Cloud).tracker(t).Relate(t.Context(), "1", "2", "blocks")
	if opsreview.ErrorCode(err) != opsreview.Invalid {
		t.Errorf("Relate said %v, want Invalid", err)
	}
}

func TestAddLabels_LeavesPeoplesLabels(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		s.Add(jirafake.Issue{Labels: []string{"theirs"}})
		if err := s.tracker(t).AddLabels(t.Context(), "10001", []string{"ours", "two words"}); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff([]string{"theirs", "ours", "two-words"}, s.Issue("10001").Labels); diff != "" {
			t.Errorf("labels (-want +got):\n%s", diff)
		}
	})
}
