// Package github files tickets as issues of a repository on GitHub, or on a
// GitHub server of one's own, through go-github.
//
// Issues are found by listing them by their labels, never by GitHub's search,
// whose index lags by minutes. A note of ours is a comment that begins with a
// mark that people do not see; only our own are ever edited. The transport is
// that of the shared client: it gives the token to one host only, and never
// sends a change twice.
package github

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/google/go-github/v88/github"

	"opsreview"
	"opsreview/internal/rest"
	"opsreview/ticket"
)

// A Tracker is the issues of one repository. It implements [ticket.Tracker].
type Tracker struct {
	cfg         Config
	api         *github.Client
	owner, repo string

	mu     sync.Mutex
	name   string // of the repository as GitHub calls it; "" until it was asked
	labels bool   // whether the account may label, which it was asked for
	login  string // of the token's account; "" until it was asked, and for an app
	known  bool   // whether login was asked
}

var _ ticket.Tracker = (*Tracker)(nil)

// GitHub's limits, in runes. Those of a body leave room for the mark of a note.
const (
	mostTitle = 256
	mostBody  = 65_000
	mostLabel = 50
)

const (
	// Lists come from copies of the database that may be behind for a moment.
	lag = 2 * time.Minute

	// GitHub asks for a second between two changes.
	pause = time.Second

	// How patiently questions are asked. Waiting for longer is the filer's to do,
	// which keeps a note of it.
	attempts = 4
	patience = 30 * time.Second

	perPage   = 100
	mostPages = 200
)

// An Option changes how a tracker talks. Tests need them.
type Option func(*rest.Config)

// WithClock makes the tracker wait and tell the time by c.
func WithClock(c rest.Clock) Option { return func(r *rest.Config) { r.Clock = c } }

// New returns a tracker. hc may be nil. It returns an Invalid error for a
// configuration that cannot work. It asks nobody.
func New(cfg Config, token rest.Secret, hc *http.Client, opts ...Option) (*Tracker, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	if token == "" {
		return nil, opsreview.Errorf(opsreview.Invalid, "token_file: the token is empty")
	}
	rc := rest.Config{
		Name: "GitHub", BaseURL: cfg.base(), HTTP: hc, Secrets: []rest.Secret{token},
		Header:   map[string]string{"Authorization": "Bearer " + token.Reveal()},
		Attempts: attempts, MaxElapsed: patience,
	}
	for _, o := range opts {
		o(&rc)
	}
	client, err := rest.New(rc)
	if err != nil {
		return nil, err
	}
	base := wireBase
	api, err := github.NewClient(
		github.WithHTTPClient(&http.Client{Transport: &wire{client: client, remedies: remedies(cfg)}}),
		github.WithURLs(&base, &base), github.WithUserAgent("opsreview"),
		// The wire tells what the limits are, and the filer waits.
		github.WithDisableRateLimitCheck(),
	)
	if err != nil {
		return nil, opsreview.Wrapf(err, opsreview.Internal, "the client of GitHub cannot be made")
	}
	owner, repo := cfg.place()
	return &Tracker{cfg: cfg, api: api, owner: owner, repo: repo}, nil
}

// Name implements [ticket.Tracker].
func (t *Tracker) Name() string { return trackerType + "/" + t.cfg.Repo }

// Caps implements [ticket.Tracker].
func (t *Tracker) Caps() ticket.Caps {
	return ticket.Caps{
		Format: ticket.Markdown, MaxTitle: mostTitle, MaxBody: mostBody, MaxLabel: mostLabel,
		Settle: lag, Pause: pause,
	}
}

// Find implements [ticket.Tracker].
func (t *Tracker) Find(ctx context.Context, labels ...string) ([]ticket.Snapshot, error) {
	byNumber := map[int]*github.Issue{}
	opts := &github.IssueListByRepoOptions{Labels: labels, State: "all", Sort: "created", Direction: "asc"}
	opts.ListOptions.PerPage = perPage
	for page := 1; ; page++ {
		issues, resp, err := t.api.Issues.ListByRepo(ctx, t.owner, t.repo, opts)
		if err != nil {
			return nil, settle(err)
		}
		for _, i := range issues {
			if i.GetNumber() > 0 && !i.IsPullRequest() {
				byNumber[i.GetNumber()] = i
			}
		}
		switch {
		case resp.After != "":
			opts.After = resp.After
		case resp.NextPage != 0:
			opts.ListOptions.Page = resp.NextPage
		default:
			return t.snapshots(ctx, byNumber)
		}
		if page == mostPages {
			return nil, opsreview.Errorf(opsreview.Unavailable, "more than %d issues of %s carry %s: they are not all read",
				mostPages*perPage, t.cfg.Repo, strings.Join(labels, ", "))
		}
	}
}

// snapshots returns issues, oldest first.
func (t *Tracker) snapshots(ctx context.Context, byNumber map[int]*github.Issue) ([]ticket.Snapshot, error) {
	var snaps []ticket.Snapshot
	for _, i := range byNumber {
		snap, err := t.snapshot(ctx, i)
		if err != nil {
			return nil, err
		}
		snaps = append(snaps, snap)
	}
	slices.SortFunc(snaps, func(a, b ticket.Snapshot) int {
		return cmp.Compare(numberOf(a.ID), numberOf(b.ID))
	})
	return snaps, nil
}

// Healthy implements [ticket.Tracker].
func (t *Tracker) Healthy(ctx context.Context, known ticket.Ref) error {
	found, err := t.Find(ctx, ticket.Label)
	if err != nil || known.ID == "" {
		return err
	}
	if slices.ContainsFunc(found, func(s ticket.Snapshot) bool { return s.ID == known.ID }) {
		return nil
	}
	snaps, err := t.Get(ctx, []string{known.ID})
	if err != nil {
		return err
	}
	if !snaps[0].Missing && !slices.Contains(snaps[0].Labels, ticket.Label) {
		return nil // people took the label away, and the list is right
	}
	return opsreview.Errorf(opsreview.Unavailable, "the list of issues does not show %s, which was filed", known.Key)
}

// Get implements [ticket.Tracker]. GitHub gives one issue at a time.
func (t *Tracker) Get(ctx context.Context, ids []string) ([]ticket.Snapshot, error) {
	var snaps []ticket.Snapshot
	for _, id := range ids {
		snap, err := t.get(ctx, id)
		if err != nil {
			return nil, err
		}
		snaps = append(snaps, snap)
	}
	return snaps, nil
}

// get asks for one issue. One that was deleted or moved to another repository
// is missing; where the whole repository is out of sight, nothing is known.
func (t *Tracker) get(ctx context.Context, id string) (ticket.Snapshot, error) {
	missing := ticket.Snapshot{Ref: ticket.Ref{ID: id}, Missing: true}
	number := t.number(id)
	if number == 0 {
		return missing, nil
	}
	issue, _, err := t.api.Issues.Get(ctx, t.owner, t.repo, number)
	switch err = settle(err); rest.Status(err) {
	case http.StatusNotFound:
		_, err := t.repository(ctx)
		return missing, err
	case http.StatusGone:
		return missing, nil
	}
	if err != nil {
		return missing, err
	}
	here, err := t.isHere(ctx, issue)
	if err != nil || !here || issue.IsPullRequest() {
		return missing, err
	}
	return t.snapshot(ctx, issue)
}

// isHere reports whether an issue is one of the repository. GitHub leads on to
// where it was moved, and from a repository's old name to its present one.
func (t *Tracker) isHere(ctx context.Context, i *github.Issue) (bool, error) {
	_, where, ok := strings.Cut(i.GetRepositoryURL(), "/repos/")
	if !ok || sameRepo(where, t.cfg.Repo) {
		return true, nil
	}
	t.mu.Lock()
	name := t.name
	t.mu.Unlock()
	if sameRepo(where, name) {
		return true, nil
	}
	repo, err := t.repository(ctx)
	if err != nil {
		return false, err
	}
	return sameRepo(where, repo.GetFullName()), nil
}

// repository asks for the repository.
func (t *Tracker) repository(ctx context.Context) (*github.Repository, error) {
	repo, _, err := t.api.Repositories.Get(ctx, t.owner, t.repo)
	if err != nil {
		return nil, settle(err)
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.name = repo.GetFullName()
	return repo, nil
}

// whoami asks for the login of the token's account, once. It is "" for an app,
// which has no account.
func (t *Tracker) whoami(ctx context.Context) (string, error) {
	t.mu.Lock()
	login, known := t.login, t.known
	t.mu.Unlock()
	if known {
		return login, nil
	}
	user, _, err := t.api.Users.Get(ctx, "")
	err = settle(err)
	var throttled *ticket.Throttled
	switch status := rest.Status(err); {
	case errors.As(err, &throttled):
		return "", err
	case status == http.StatusForbidden || status == http.StatusNotFound:
	case err != nil:
		return "", err
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.login, t.known = user.GetLogin(), true
	return t.login, nil
}

// numberOf is the number of an id, 0 if it is none.
func numberOf(id string) int {
	n, err := strconv.Atoi(id)
	if err != nil || n < 0 {
		return 0
	}
	return n
}

// number is the number of an id or of a key as people write them: 12, #12,
// owner/name#12.
func (t *Tracker) number(id string) int {
	repo, digits, ok := strings.Cut(id, "#")
	switch {
	case !ok:
		digits = id
	case repo != "" && !sameRepo(repo, t.cfg.Repo):
		return 0
	}
	return numberOf(digits)
}

// key is what people call an issue.
func key(number int) string { return fmt.Sprintf("#%d", number) }

func ref(i *github.Issue) ticket.Ref {
	n := i.GetNumber()
	if n <= 0 {
		return ticket.Ref{}
	}
	return ticket.Ref{ID: strconv.Itoa(n), Key: key(n), URL: i.GetHTMLURL()}
}

const (
	stateClosed = "closed"
	duplicateOf = "duplicate"
)

// snapshot is what an issue says. Which one it is a duplicate of is told by
// its comments only.
func (t *Tracker) snapshot(ctx context.Context, i *github.Issue) (ticket.Snapshot, error) {
	s := ticket.Snapshot{
		Ref:       ref(i),
		Title:     i.GetTitle(),
		Stands:    opsreview.TicketTodo,
		Status:    i.GetState(),
		UpdatedAt: i.GetUpdatedAt().UTC(),
		Assignee:  i.GetAssignee().GetLogin(),
	}
	for _, l := range i.Labels {
		s.Labels = append(s.Labels, ourCase(l.GetName()))
	}
	if i.GetState() != stateClosed {
		return s, nil
	}
	s.Stands, s.Resolution, s.ClosedAt = opsreview.TicketDone, i.GetStateReason(), i.GetClosedAt().UTC()
	if s.Resolution != duplicateOf {
		return s, nil
	}
	comments, err := t.comments(ctx, i.GetNumber())
	if err != nil {
		return ticket.Snapshot{}, err
	}
	s.Duplicate = original(comments)
	return s, nil
}

// ourCase writes a label of ours as we do. GitHub keeps the capitals of
// whoever made a label first, and takes both for the same.
func ourCase(label string) string {
	if lower := strings.ToLower(label); lower == ticket.Label || strings.HasPrefix(lower, ticket.Label+"-") {
		return lower
	}
	return label
}
