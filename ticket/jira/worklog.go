package jira

import (
	"cmp"
	"context"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/andygrunwald/go-jira"

	"opsreview"
	"opsreview/internal/rest"
	"opsreview/ticket"
)

var _ ticket.WorkLogger = (*Tracker)(nil)

// workLogPage is how many work logs of a ticket are asked for at once.
const workLogPage = 1000

// A workLog is one as Jira writes it. go-jira's own has no room for a comment
// that is no text.
type workLog struct {
	ID      string    `json:"id"`
	Author  jira.User `json:"author"`
	Comment any       `json:"comment"` // a text in version 2
	Started string    `json:"started"`
	Created string    `json:"created"`
	Seconds int       `json:"timeSpentSeconds"`
}

type workLogs struct {
	Total int       `json:"total"`
	Logs  []workLog `json:"worklogs"`
}

// WorkLogs implements [ticket.WorkLogger]. The search narrows the tagged tickets
// to those with work since the day before, since it reads dates in the zone of
// its account. Each ticket is then asked itself, which is never behind as the
// search may be.
func (t *Tracker) WorkLogs(ctx context.Context, since time.Time, keys []string) ([]ticket.Logged, error) {
	tag := cmp.Or(t.cfg.WorkLogLabel, ticket.Label)
	issues, err := t.search(ctx, t.inProjects()+" AND labels = "+quote(tag)+
		" AND worklogDate >= "+quote(since.UTC().AddDate(0, 0, -1).Format(time.DateOnly))+" ORDER BY created ASC", 0)
	if err != nil {
		return nil, err
	}
	var all []ticket.Logged
	there := map[string]bool{}
	for _, i := range issues {
		logged := ticket.Logged{Ref: t.ref(i.ID, i.Key)}
		if i.Fields != nil {
			logged.Title, logged.Labels = i.Fields.Summary, i.Fields.Labels
		}
		there[i.Key] = true
		all = append(all, logged)
	}
	for _, key := range keys {
		if !there[key] && issueForm.MatchString(key) {
			there[key] = true
			all = append(all, ticket.Logged{Ref: t.ref("", key)})
		}
	}
	var found []ticket.Logged
	for _, logged := range all {
		work, err := t.workOf(ctx, cmp.Or(logged.ID, logged.Key), since)
		if status := rest.Status(err); status == http.StatusNotFound || status == http.StatusForbidden {
			continue // Somebody deleted, moved or hid it.
		}
		if err != nil {
			return nil, err
		}
		logged.Work = work
		found = append(found, logged)
	}
	return found, nil
}

// workOf lists the work on one ticket since a time, in order of time.
func (t *Tracker) workOf(ctx context.Context, issue string, since time.Time) ([]ticket.Work, error) {
	var work []ticket.Work
	start := 0
	for range mostPages {
		var page workLogs
		query := url.Values{"startAt": {strconv.Itoa(start)}, "maxResults": {strconv.Itoa(workLogPage)}}
		if err := t.get(ctx, "rest/api/2/issue/"+url.PathEscape(issue)+"/worklog", query, &page); err != nil {
			return nil, err
		}
		for _, l := range page.Logs {
			w, err := l.work()
			if err != nil {
				return nil, err
			}
			if !w.At.Before(since) && w.Spent > 0 {
				work = append(work, w)
			}
		}
		start += len(page.Logs)
		if len(page.Logs) == 0 || start >= page.Total {
			slices.SortStableFunc(work, func(a, b ticket.Work) int { return cmp.Or(a.At.Compare(b.At), strings.Compare(a.ID, b.ID)) })
			return work, nil
		}
	}
	return nil, opsreview.Errorf(opsreview.Unavailable, "Jira's work logs of %s do not end: it gave %d pages", issue, mostPages)
}

// work reads a work log. Most of Cloud hides addresses; the display name is what
// is left then.
func (l workLog) work() (ticket.Work, error) {
	const form = "2006-01-02T15:04:05.000-0700"
	w := ticket.Work{ID: l.ID, Spent: time.Duration(l.Seconds) * time.Second}
	at, err := time.Parse(form, l.Started)
	if err != nil || l.ID == "" {
		return w, opsreview.Errorf(opsreview.Unavailable, "Jira tells of a work log %q that began at %q, which is no time", l.ID, l.Started)
	}
	w.At = at.UTC()
	if created, err := time.Parse(form, l.Created); err == nil {
		w.LoggedAt = created.UTC()
	}
	for _, name := range []string{l.Author.EmailAddress, l.Author.DisplayName, l.Author.Name, l.Author.Key, l.Author.AccountID} {
		if name = strings.TrimSpace(name); name != "" && !slices.Contains(w.Names, name) {
			w.Names = append(w.Names, name)
		}
	}
	w.Note, _ = l.Comment.(string)
	return w, nil
}
