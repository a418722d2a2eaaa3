package jira

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/andygrunwald/go-jira"

	"opsreview"
	"opsreview/internal/rest"
	"opsreview/ticket"
)

// mostBulk is how many issues Cloud fetches at once.
const mostBulk = 100

// Create implements [ticket.Tracker].
func (t *Tracker) Create(ctx context.Context, d ticket.Draft) (ticket.Ref, error) {
	var made struct {
		ID  string `json:"id"`
		Key string `json:"key"`
	}
	if err := t.send(ctx, http.MethodPost, createPath, t.payload(d), &made); err != nil {
		return ticket.Ref{}, err
	}
	if made.ID == "" || made.Key == "" {
		return ticket.Ref{}, opsreview.Errorf(opsreview.Unavailable, "Jira's answer to a new ticket does not name it")
	}
	return t.ref(made.ID, made.Key), nil
}

func (t *Tracker) ref(id, key string) ticket.Ref {
	return ticket.Ref{ID: id, Key: key, URL: t.cfg.browse(key)}
}

// issuePath is the path of an issue, whatever its name holds.
func issuePath(id, rest string) string { return "rest/api/2/issue/" + url.PathEscape(id) + rest }

// Get implements [ticket.Tracker]. It reads issues by id or key, which sees
// every change at once, where a search lags.
func (t *Tracker) Get(ctx context.Context, ids []string) ([]ticket.Snapshot, error) {
	kind, err := t.deployment(ctx)
	if err != nil {
		return nil, err
	}
	found := map[string]ticket.Snapshot{}
	for chunk := range slices.Chunk(slices.Clone(ids), mostBulk) {
		fetch := t.fetchOneByOne
		if kind == cloud {
			fetch = t.bulkFetch
		}
		issues, err := fetch(ctx, chunk)
		if err != nil {
			return nil, err
		}
		for name, i := range issues {
			found[name] = t.snapshot(i)
		}
	}
	out := make([]ticket.Snapshot, 0, len(ids))
	for _, id := range ids {
		s, ok := found[id]
		if !ok {
			s = ticket.Snapshot{Ref: ticket.Ref{ID: id}, Missing: true}
		}
		out = append(out, s)
	}
	if slices.ContainsFunc(out, func(s ticket.Snapshot) bool { return s.Missing }) {
		// A stranger sees nothing either, and that is no answer about a ticket.
		if _, err := t.askWhoami(ctx); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// bulkFetch returns issues by what they were asked for by, as far as they are
// there.
func (t *Tracker) bulkFetch(ctx context.Context, ids []string) (map[string]jira.Issue, error) {
	var page struct {
		Issues []jira.Issue `json:"issues"`
	}
	body := map[string]any{"issueIdsOrKeys": ids, "fields": t.fieldNames()}
	if err := t.send(ctx, http.MethodPost, "rest/api/2/issue/bulkfetch", body, &page); err != nil {
		return nil, err
	}
	found := map[string]jira.Issue{}
	for _, i := range page.Issues {
		found[i.ID], found[i.Key] = i, i
	}
	if len(ids) == 1 && len(page.Issues) == 1 { // it may be asked for by a key that it had before it was moved
		found[ids[0]] = page.Issues[0]
	}
	return found, nil
}

// fetchOneByOne is bulkFetch for Data Center, which has none.
func (t *Tracker) fetchOneByOne(ctx context.Context, ids []string) (map[string]jira.Issue, error) {
	found := map[string]jira.Issue{}
	for _, id := range ids {
		var i jira.Issue
		err := t.get(ctx, issuePath(id, ""), url.Values{"fields": {strings.Join(t.fieldNames(), ",")}}, &i)
		if rest.Status(err) == http.StatusNotFound {
			continue
		}
		if err != nil {
			return nil, err
		}
		found[id] = i
	}
	return found, nil
}

// AddLabels implements [ticket.Tracker].
func (t *Tracker) AddLabels(ctx context.Context, id string, labels []string) error {
	var changes []any
	for _, w := range words(labels) {
		changes = append(changes, map[string]any{"add": w})
	}
	if len(changes) == 0 {
		return nil
	}
	body := map[string]any{"update": map[string]any{"labels": changes}}
	return t.send(ctx, http.MethodPut, issuePath(id, ""), body, nil)
}

// The kinds of relation, and Jira's names of them.
const (
	relates    = "relates"
	duplicates = "duplicates"

	typeRelates   = "Relates"
	typeDuplicate = "Duplicate"
)

var linkTypes = map[string]string{relates: typeRelates, duplicates: typeDuplicate}

// Relate implements [ticket.Tracker].
func (t *Tracker) Relate(ctx context.Context, id, other, kind string) error {
	name, ok := linkTypes[kind]
	if !ok {
		return opsreview.Errorf(opsreview.Invalid, "there is no relation %q between tickets", kind)
	}
	if id == other {
		return nil
	}
	var have jira.Issue
	if err := t.get(ctx, issuePath(id, ""), url.Values{"fields": {"issuelinks"}}, &have); err != nil {
		return err
	}
	if have.Fields != nil && slices.ContainsFunc(have.Fields.IssueLinks, func(l *jira.IssueLink) bool {
		return l.Type.Name == name && (leadsTo(l.OutwardIssue, other) || (kind == relates && leadsTo(l.InwardIssue, other)))
	}) {
		return nil
	}
	// The inward issue is the one that "duplicates": Jira names the ends after
	// what each sees of the other.
	body := map[string]any{
		"type":         map[string]any{"name": name},
		"inwardIssue":  map[string]any{"id": id},
		"outwardIssue": map[string]any{"id": other},
	}
	return t.send(ctx, http.MethodPost, "rest/api/2/issueLink", body, nil)
}

func leadsTo(i *jira.Issue, id string) bool { return i != nil && (i.ID == id || i.Key == id) }

// Reopen implements [ticket.Tracker]. It is done where the ticket is open, so
// that doing it again only makes sure of the note that says why.
func (t *Tracker) Reopen(ctx context.Context, id string, why ticket.Body) error {
	var now jira.Issue
	if err := t.get(ctx, issuePath(id, ""), url.Values{"fields": {"status"}}, &now); err != nil {
		return err
	}
	if now.Fields == nil || now.Fields.Status == nil {
		return opsreview.Errorf(opsreview.Unavailable, "Jira's answer about %s has no status", id)
	}
	if now.Fields.Status.StatusCategory.Key == jira.StatusCategoryComplete {
		if err := t.open(ctx, id); err != nil {
			return err
		}
	}
	if len(why) == 0 {
		return nil
	}
	return t.Note(ctx, id, "reopened "+digest(ticket.RenderWiki(why, 0)), why)
}

// open takes the best way out of a closed status that Jira lets us take.
func (t *Tracker) open(ctx context.Context, id string) error {
	all, _, err := t.api.Issue.GetTransitionsWithContext(ctx, url.PathEscape(id))
	if err != nil {
		return plain(err)
	}
	var last error
	for _, way := range t.waysOut(all) {
		body := map[string]any{"transition": map[string]any{"id": way.ID}}
		err := t.send(ctx, http.MethodPost, issuePath(id, "/transitions"), body, nil)
		// A way may want fields that are not ours to fill in: another may not.
		if rest.Status(err) != http.StatusBadRequest {
			return err
		}
		last = err
	}
	if last != nil {
		return fmt.Errorf("%w: %s", ticket.ErrNoTransition, last.Error())
	}
	return ticket.ErrNoTransition
}

// waysOut lists the transitions to an open status, best first: the configured
// one, those to where work has not begun, those to where it has. Names tell
// nothing: people change and translate them.
func (t *Tracker) waysOut(all []jira.Transition) []jira.Transition {
	rank := func(way jira.Transition) int {
		switch {
		case t.cfg.ReopenStatus != "" && strings.EqualFold(way.To.Name, t.cfg.ReopenStatus):
			return 0
		case way.To.StatusCategory.Key == jira.StatusCategoryToDo:
			return 1
		case way.To.StatusCategory.Key == jira.StatusCategoryInProgress:
			return 2
		}
		return 3
	}
	ways := slices.DeleteFunc(slices.Clone(all), func(way jira.Transition) bool {
		return rank(way) == 3 || way.To.StatusCategory.Key == jira.StatusCategoryComplete
	})
	slices.SortStableFunc(ways, func(a, b jira.Transition) int { return rank(a) - rank(b) })
	return ways
}
