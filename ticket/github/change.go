package github

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/google/go-github/v88/github"

	"opsreview"
	"opsreview/ticket"
)

// Preview implements [ticket.Tracker].
func (t *Tracker) Preview(d ticket.Draft) string {
	title, body := t.Caps().Fit(d)
	return fmt.Sprintf("POST /repos/%s/issues\n\ntitle: %s\nlabels: %s\n\n%s\n", t.cfg.Repo, title, strings.Join(t.draftLabels(d), ", "), body)
}

// draftLabels are a draft's and those of the configuration. GitHub does not tell
// capitals apart in them.
func (t *Tracker) draftLabels(d ticket.Draft) []string {
	var labels []string
	for _, l := range slices.Concat(d.Labels, t.cfg.Labels) {
		if !slices.ContainsFunc(labels, func(have string) bool { return strings.EqualFold(have, l) }) {
			labels = append(labels, l)
		}
	}
	return labels
}

// Create implements [ticket.Tracker].
func (t *Tracker) Create(ctx context.Context, d ticket.Draft) (ticket.Ref, error) {
	if err := t.mayLabel(ctx); err != nil {
		return ticket.Ref{}, err
	}
	title, body := t.Caps().Fit(d)
	labels := t.draftLabels(d)
	issue, _, err := t.api.Issues.Create(ctx, t.owner, t.repo, &github.IssueRequest{Title: &title, Body: &body, Labels: &labels})
	if err != nil {
		return ticket.Ref{}, settle(err)
	}
	filed := ref(issue)
	if filed.ID == "" {
		return filed, opsreview.Errorf(opsreview.Unavailable, "GitHub's answer names no issue")
	}
	return filed, nil
}

// mayLabel asks once whether the account may set labels. Where it may not,
// GitHub files an issue without them and says nothing, and the issue is never
// found again.
func (t *Tracker) mayLabel(ctx context.Context) error {
	t.mu.Lock()
	known := t.labels
	t.mu.Unlock()
	if known {
		return nil
	}
	repo, err := t.repository(ctx)
	if err != nil {
		return err
	}
	if c := checkRights(repo); !c.OK {
		return &ticket.Rejected{Reason: c.Detail + "; " + c.Remedy, Access: true}
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.labels = true
	return nil
}

// find returns the number of an issue that is to be changed.
func (t *Tracker) find(id string) (int, error) {
	number := t.number(id)
	if number == 0 {
		return 0, &ticket.Rejected{Reason: ticket.OneLine(id, 100) + " is no issue of " + t.cfg.Repo}
	}
	return number, nil
}

// AddLabels implements [ticket.Tracker].
func (t *Tracker) AddLabels(ctx context.Context, id string, labels []string) error {
	number, err := t.find(id)
	if err != nil || len(labels) == 0 {
		return err
	}
	_, _, err = t.api.Issues.AddLabelsToIssue(ctx, t.owner, t.repo, number, labels)
	return settle(err)
}

// Reopen implements [ticket.Tracker]. The reason is a comment of its own for
// each closing.
func (t *Tracker) Reopen(ctx context.Context, id string, why ticket.Body) error {
	number, err := t.find(id)
	if err != nil {
		return err
	}
	issue, _, err := t.api.Issues.Get(ctx, t.owner, t.repo, number)
	if err != nil {
		return settle(err)
	}
	if issue.GetState() != stateClosed {
		return nil
	}
	open, reason := "open", "reopened"
	if _, _, err := t.api.Issues.Edit(ctx, t.owner, t.repo, number, &github.IssueRequest{State: &open, StateReason: &reason}); err != nil {
		return settle(err)
	}
	return t.Note(ctx, id, "reopened-"+strconv.FormatInt(issue.GetClosedAt().Unix(), 10), why)
}

// Relate implements [ticket.Tracker]. GitHub shows a comment that names an
// issue on both. That of a duplicate does not use the words by which GitHub
// would mark it as one: that is for people to do.
func (t *Tracker) Relate(ctx context.Context, id, other, kind string) error {
	number, err := t.find(other)
	if err != nil {
		return err
	}
	text := "Relates to " + key(number) + "."
	if kind == "duplicates" {
		text = "This seems to stand for the same as " + key(number) + "."
	}
	return t.comment(ctx, id, kind+"-"+strconv.Itoa(number), text)
}

// Note implements [ticket.Tracker].
func (t *Tracker) Note(ctx context.Context, id, marker string, body ticket.Body) error {
	return t.comment(ctx, id, marker, ticket.RenderMarkdown(body, mostBody))
}

var markerForm = regexp.MustCompile(`^[A-Za-z0-9](?:-?[A-Za-z0-9._])*$`)

// markForm is the line that a comment of ours begins with, which people do not
// see, and what follows it. The line has the sum of that.
var markForm = regexp.MustCompile(`^<!-- opsreview:(\S+) ([0-9a-f]+) -->\n((?s:.*))$`)

// marked is a comment with its mark.
func marked(marker, text string) string {
	return "<!-- opsreview:" + marker + " " + sum(text) + " -->\n" + text
}

// ours reports whether a comment has a marker and is as we wrote it. One that
// people edited is theirs.
func ours(body, marker string) bool {
	m := markForm.FindStringSubmatch(plainLines(body))
	return m != nil && m[1] == marker && m[2] == sum(m[3])
}

// sum tells texts apart, but not by the blanks around them.
func sum(text string) string {
	digest := sha256.Sum256([]byte(strings.TrimSpace(text)))
	return hex.EncodeToString(digest[:6])
}

// comment keeps one comment of ours on an issue.
func (t *Tracker) comment(ctx context.Context, id, marker, text string) error {
	number, err := t.find(id)
	if err != nil {
		return err
	}
	if !markerForm.MatchString(marker) {
		return opsreview.Errorf(opsreview.Internal, "%q is no marker", marker)
	}
	self, err := t.whoami(ctx)
	if err != nil {
		return err
	}
	comments, err := t.comments(ctx, number)
	if err != nil {
		return err
	}
	want := marked(marker, text)
	for _, c := range comments {
		switch {
		case !ours(c.GetBody(), marker) || !isSelf(self, c.GetUser()):
			continue
		case strings.TrimSpace(plainLines(c.GetBody())) == strings.TrimSpace(want):
			return nil
		}
		_, _, err := t.api.Issues.EditComment(ctx, t.owner, t.repo, c.GetID(), &github.IssueComment{Body: &want})
		return settle(err)
	}
	_, _, err = t.api.Issues.CreateComment(ctx, t.owner, t.repo, number, &github.IssueComment{Body: &want})
	return settle(err)
}

func plainLines(text string) string { return strings.ReplaceAll(text, "\r\n", "\n") }

// isSelf reports whether a comment is ours, so that nobody else's is edited.
// An app does not learn its name; what it writes is a bot's.
func isSelf(self string, author *github.User) bool {
	if self == "" {
		return author.GetType() == "Bot"
	}
	return strings.EqualFold(author.GetLogin(), self)
}

// comments lists every comment of an issue, oldest first.
func (t *Tracker) comments(ctx context.Context, number int) ([]*github.IssueComment, error) {
	var all []*github.IssueComment
	opts := &github.IssueListCommentsOptions{ListOptions: github.ListOptions{PerPage: perPage}}
	for range mostPages {
		comments, resp, err := t.api.Issues.ListComments(ctx, t.owner, t.repo, number, opts)
		if err != nil {
			return nil, settle(err)
		}
		all = append(all, comments...)
		if resp.NextPage == 0 {
			return all, nil
		}
		opts.Page = resp.NextPage
	}
	return nil, opsreview.Errorf(opsreview.Unavailable, "issue %s has more comments than are read", key(number))
}

// duplicateForm is how people mark a duplicate: by these words, GitHub makes a
// link of a comment. The second is ours.
var duplicateForm = regexp.MustCompile(`(?im)^(?:duplicate of #|<!-- opsreview:duplicates-)([1-9][0-9]{0,9})\b`)

// original is the issue that comments say this one is a duplicate of: what was
// said last holds, and people's word before ours. It is zero if none does.
func original(comments []*github.IssueComment) ticket.Ref {
	var found ticket.Ref
	byPeople := false
	for _, c := range comments {
		m := duplicateForm.FindStringSubmatch(plainLines(c.GetBody()))
		people := m != nil && !strings.HasPrefix(m[0], "<")
		if m == nil || (byPeople && !people) {
			continue
		}
		found, byPeople = ticket.Ref{ID: m[1], Key: "#" + m[1]}, people
	}
	return found
}

// The kinds of token that GitHub tells of in its answers.
const headerScopes = "X-Oauth-Scopes"

// scopes are those of a classic token. Other tokens have permissions, which
// only their use tells.
func scopes(h http.Header) ([]string, bool) {
	if _, ok := h[headerScopes]; !ok {
		return nil, false
	}
	var all []string
	for s := range strings.SplitSeq(h.Get(headerScopes), ",") {
		if s = strings.TrimSpace(s); s != "" {
			all = append(all, s)
		}
	}
	return all, true
}
