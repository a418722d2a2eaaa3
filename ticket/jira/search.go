package jira

import (
	"cmp"
	"context"
	"slices"
	"strconv"
	"strings"

	"github.com/andygrunwald/go-jira"

	"opsreview"
	"opsreview/ticket"
)

const (
	pageSize = 100
	// mostPages bounds a search that does not end.
	mostPages = 500
)

// Find implements [ticket.Tracker]. Naming the projects is also what makes Jira
// refuse a stranger, to whom an empty answer would look like no tickets.
func (t *Tracker) Find(ctx context.Context, labels ...string) ([]ticket.Snapshot, error) {
	clauses := []string{t.inProjects()}
	for _, l := range labels {
		clauses = append(clauses, "labels = "+quote(word(l)))
	}
	return t.searched(ctx, strings.Join(clauses, " AND ")+" ORDER BY created ASC")
}

func (t *Tracker) inProjects() string {
	if len(t.cfg.OtherProjects) == 0 {
		return "project = " + quote(t.cfg.Project)
	}
	var keys []string
	for _, p := range append([]string{t.cfg.Project}, t.cfg.OtherProjects...) {
		keys = append(keys, quote(p))
	}
	return "project in (" + strings.Join(keys, ", ") + ")"
}

// quote writes a text of JQL.
func quote(text string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(text) + `"`
}

// Healthy implements [ticket.Tracker].
func (t *Tracker) Healthy(ctx context.Context, known ticket.Ref) error {
	if _, err := t.askWhoami(ctx); err != nil {
		return err
	}
	if _, err := strconv.ParseInt(known.ID, 10, 64); err != nil {
		_, err := t.search(ctx, t.inProjects()+" ORDER BY created ASC", 1)
		return err
	}
	issues, err := t.search(ctx, "id = "+known.ID, 1)
	if err != nil {
		return err
	}
	if len(issues) == 0 {
		return opsreview.Errorf(opsreview.Unavailable, "Jira's search does not find %s, which exists: its index is not whole", cmp.Or(known.Key, known.ID))
	}
	return nil
}

// searched returns the snapshots of a search, oldest first.
func (t *Tracker) searched(ctx context.Context, jql string) ([]ticket.Snapshot, error) {
	issues, err := t.search(ctx, jql, 0)
	if err != nil {
		return nil, err
	}
	out := make([]ticket.Snapshot, 0, len(issues))
	for _, i := range issues {
		out = append(out, t.snapshot(i))
	}
	byAge(out)
	return out, nil
}

// search runs a search to its end, or until it has found as many as are
// wanted; 0 wants all. An issue that moves between pages is returned once.
func (t *Tracker) search(ctx context.Context, jql string, wanted int) ([]jira.Issue, error) {
	kind, err := t.deployment(ctx)
	if err != nil {
		return nil, err
	}
	next := t.pagesByStart(jql)
	if kind == cloud {
		next = t.pagesByToken(jql)
	}
	var all []jira.Issue
	seen := map[string]bool{}
	for range mostPages {
		issues, more, err := next(ctx)
		if err != nil {
			return nil, err
		}
		for _, i := range issues {
			if !seen[i.ID] {
				seen[i.ID] = true
				all = append(all, i)
			}
		}
		if !more || (wanted > 0 && len(all) >= wanted) {
			return all, nil
		}
	}
	return nil, opsreview.Errorf(opsreview.Unavailable, "Jira's search does not end: it gave %d pages", mostPages)
}

// A pager returns a page of issues at each call, and whether there are more.
type pager func(ctx context.Context) (issues []jira.Issue, more bool, err error)

// pagesByToken pages through the search of Cloud, which answers with ids alone
// unless fields are asked for.
func (t *Tracker) pagesByToken(jql string) pager {
	token := ""
	seen := map[string]bool{}
	return func(ctx context.Context) ([]jira.Issue, bool, error) {
		issues, resp, err := t.api.Issue.SearchV2JQLWithContext(ctx, jql, &jira.SearchOptionsV2{
			NextPageToken: token, MaxResults: pageSize, Fields: t.fieldNames(),
		})
		if err != nil {
			return nil, false, plain(err)
		}
		if resp.NextPageToken == "" || resp.IsLast {
			return issues, false, nil
		}
		if seen[resp.NextPageToken] {
			return nil, false, opsreview.Errorf(opsreview.Unavailable, "Jira's search gives the same page again and again")
		}
		token = resp.NextPageToken
		seen[token] = true
		return issues, true, nil
	}
}

// pagesByStart pages through the search of Data Center.
func (t *Tracker) pagesByStart(jql string) pager {
	start := 0
	return func(ctx context.Context) ([]jira.Issue, bool, error) {
		issues, resp, err := t.api.Issue.SearchWithContext(ctx, jql, &jira.SearchOptions{
			StartAt: start, MaxResults: pageSize, Fields: t.fieldNames(),
		})
		if err != nil {
			return nil, false, plain(err)
		}
		start += len(issues)
		return issues, len(issues) > 0 && start < resp.Total, nil
	}
}

// byAge sorts snapshots oldest first: Jira counts ids up.
func byAge(list []ticket.Snapshot) {
	slices.SortStableFunc(list, func(a, b ticket.Snapshot) int {
		return cmp.Or(cmp.Compare(len(a.ID), len(b.ID)), cmp.Compare(a.ID, b.ID))
	})
}
