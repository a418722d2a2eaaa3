package jira_test

import (
	"slices"
	"testing"
	"time"

	"opsreview/ticket/jira/jirafake"
	"opsreview/ticket/tickettest"
)

func TestTracker_KeepsThePromisesOfTheSeam(t *testing.T) {
	for _, p := range personalities() {
		t.Run(string(p), func(t *testing.T) {
			tickettest.RunTracker(t, func(t testing.TB) tickettest.Fixture {
				s := openSite(t, p)
				s.cfg.Board, s.PageSize = 1, 3
				s.SetLag(time.Minute)
				s.AddSprint(jirafake.Sprint{ID: 1, Name: "Sprint 1", State: "active", Start: monday, End: monday.AddDate(0, 0, 14)})
				return tickettest.Fixture{
					Tracker: s.tracker(t),
					Settle:  func() { s.advance(2 * time.Hour) },
					Close:   s.Close,
					Edit:    func(id, title string) { s.Edit(id, func(i *jirafake.Issue) { i.Summary = title }) },
					RemoveLabel: func(id, label string) {
						s.Edit(id, func(i *jirafake.Issue) {
							i.Labels = slices.DeleteFunc(i.Labels, func(l string) bool { return l == label })
						})
					},
					Delete: s.Delete,
					Notes: func(id string) []string {
						var notes []string
						for _, c := range s.Issue(id).Comments {
							notes = append(notes, c.Body)
						}
						return notes
					},
					Body: func(id string) string { return s.Issue(id).Description },
				}
			})
		})
	}
}
