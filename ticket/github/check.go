package github

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/google/go-github/v88/github"

	"opsreview"
	"opsreview/ticket"
)

// soon is how long before a token expires people are told.
const soon = 14 * 24 * time.Hour

// Check implements [ticket.Tracker].
func (t *Tracker) Check(ctx context.Context) []ticket.Check {
	repo, resp, err := t.api.Repositories.Get(ctx, t.owner, t.repo)
	if err != nil {
		return []ticket.Check{{
			Subject: "repository", Detail: said(settle(err)),
			Remedy: "check repo, base_url and the token: GitHub hides what a token may not see",
		}}
	}
	checks := []ticket.Check{t.checkAccount(ctx)}
	if c, ok := checkExpiry(resp); ok {
		checks = append(checks, c)
	}
	checks = append(checks, checkRepository(repo, t.cfg.Repo), checkIssues(repo), checkRights(repo))
	if c, ok := checkScopes(repo, resp); ok {
		checks = append(checks, c)
	}
	return append(checks, t.checkList(ctx))
}

// said is an error in words for people.
func said(err error) string {
	var rejected *ticket.Rejected
	var throttled *ticket.Throttled
	switch {
	case errors.As(err, &rejected):
		return ticket.OneLine(rejected.Error(), 400)
	case errors.As(err, &throttled):
		return throttled.Error()
	}
	var e *opsreview.Error
	if errors.As(err, &e) {
		return e.Message
	}
	return ticket.OneLine(err.Error(), 400)
}

func (t *Tracker) checkAccount(ctx context.Context) ticket.Check {
	c := ticket.Check{Subject: "account"}
	login, err := t.whoami(ctx)
	switch {
	case err != nil:
		c.Detail, c.Remedy = said(err), "check the token and that it has not expired"
	case login == "":
		c.OK, c.Detail = true, "an app, which has no account of its own"
	default:
		c.OK, c.Detail = true, login
	}
	return c
}

// checkExpiry tells of tokens that end, and only of those.
func checkExpiry(resp *github.Response) (ticket.Check, bool) {
	ends := resp.TokenExpiration.Time
	at, err := time.Parse(time.RFC1123, resp.Header.Get("Date"))
	if ends.IsZero() || err != nil {
		return ticket.Check{}, false
	}
	c := ticket.Check{Subject: "token", OK: true, Detail: "expires on " + ends.UTC().Format("2006-01-02")}
	if ends.Sub(at) < soon {
		c.OK, c.Remedy = false, "make another in time, and put it into the token's file"
	}
	return c, true
}

func checkRepository(repo *github.Repository, name string) ticket.Check {
	c := ticket.Check{Subject: "repository", OK: true, Detail: repo.GetFullName()}
	switch {
	case repo.GetArchived():
		c.OK, c.Detail, c.Remedy = false, repo.GetFullName()+" is archived: nothing can be filed in it", "name another in repo"
	case !sameRepo(repo.GetFullName(), name):
		c.Detail = name + " is called " + repo.GetFullName() + " by now; the old name works until somebody takes it"
		c.OK, c.Remedy = false, "after `ticket sync`, write repo: "+repo.GetFullName()+" and adopt its tickets"
	}
	return c
}

func checkIssues(repo *github.Repository) ticket.Check {
	if !repo.GetHasIssues() {
		return ticket.Check{Subject: "issues", Detail: "are turned off", Remedy: "turn them on in the settings of the repository"}
	}
	return ticket.Check{Subject: "issues", OK: true, Detail: "are turned on"}
}

// checkRights asks for more than filing needs: who may not label has the
// labels dropped without a word, and finds no ticket again.
func checkRights(repo *github.Repository) ticket.Check {
	p := repo.GetPermissions()
	if p == nil {
		return ticket.Check{Subject: "labels", OK: true, Detail: "GitHub does not tell whether the token may set them"}
	}
	if p.GetTriage() || p.GetPush() || p.GetMaintain() || p.GetAdmin() {
		return ticket.Check{Subject: "labels", OK: true, Detail: "the account may set them"}
	}
	return ticket.Check{
		Subject: "labels", Detail: "the account may not set them: GitHub would drop them, and tickets would never be found again",
		Remedy: "give the account the role triage or write in " + repo.GetFullName(),
	}
}

// checkScopes tells of what a classic token may do. Of others, GitHub does not
// say.
func checkScopes(repo *github.Repository, resp *github.Response) (ticket.Check, bool) {
	has, ok := scopes(resp.Header)
	if !ok {
		return ticket.Check{}, false
	}
	c := ticket.Check{Subject: "scopes", OK: true, Detail: strings.Join(has, ", ")}
	if slices.Contains(has, "repo") || (!repo.GetPrivate() && slices.Contains(has, "public_repo")) {
		return c, true
	}
	needs := "repo"
	if !repo.GetPrivate() {
		needs = "public_repo"
	}
	c.OK, c.Detail = false, fmt.Sprintf("the token has the scopes %q and needs %s", c.Detail, needs)
	c.Remedy = "make a token for this repository alone, with the permission to read and write issues"
	return c, true
}

func (t *Tracker) checkList(ctx context.Context) ticket.Check {
	found, err := t.Find(ctx, ticket.Label)
	if err != nil {
		return ticket.Check{Subject: "list", Detail: said(err), Remedy: "give the token the permission to read issues"}
	}
	return ticket.Check{Subject: "list", OK: true, Detail: fmt.Sprintf("issues that carry the label %s: %d", ticket.Label, len(found))}
}
