// Package jira files tickets in Jira, on Cloud and in Data Center, through
// go-jira and version 2 of the API, whose texts are wiki markup on both.
//
// Whatever changes something is sent as a request of our own making: what
// go-jira v1.17.0 makes of comments and people is refused by Cloud, and it
// loses what Jira says about a refused ticket. The transport is that of the
// shared client: it gives the token to one host only, waits where Jira asks it
// to, and never sends a change twice.
package jira

import (
	"context"
	"encoding/base64"
	"net/http"
	"sync"
	"time"

	"github.com/andygrunwald/go-jira"

	"opsreview"
	"opsreview/internal/rest"
	"opsreview/ticket"
)

// A Tracker is one project of one Jira. It implements [ticket.Tracker] and
// [ticket.Planner].
type Tracker struct {
	cfg Config
	api *jira.Client

	mu       sync.Mutex
	kind     deployment
	self     *jira.User
	sprintID string // of the field that holds sprints
	pointsID string // of the field that holds points
}

var (
	_ ticket.Tracker = (*Tracker)(nil)
	_ ticket.Planner = (*Tracker)(nil)
)

// A deployment is one of Jira's two products, as its serverInfo names them. ""
// is not known yet.
type deployment string

const (
	cloud      deployment = "Cloud"
	dataCenter deployment = "Server"
)

// How long a new ticket may be missing from searches. Cloud's search is
// eventually consistent with a long tail; Data Center's index is updated on the
// spot but for a busy moment.
const (
	cloudSettle      = time.Hour
	dataCenterSettle = 5 * time.Minute
)

// Jira's limits, in runes.
const (
	mostTitle = 255
	mostBody  = 32767
	mostLabel = 255
)

// An Option changes how a tracker talks. Tests need them.
type Option func(*rest.Config)

// WithClock makes the tracker wait and tell the time by c.
func WithClock(c rest.Clock) Option { return func(r *rest.Config) { r.Clock = c } }

// How patiently questions are asked. Waiting for longer is the filer's to do,
// which keeps a note of it.
const (
	attempts = 4
	patience = 30 * time.Second
)

// New returns a tracker. hc may be nil. It returns an Invalid error for a
// configuration that cannot work. It asks nobody.
func New(cfg Config, token rest.Secret, hc *http.Client, opts ...Option) (*Tracker, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	if token == "" {
		return nil, opsreview.Errorf(opsreview.Invalid, "token_file: the token is empty")
	}
	credentials := "Bearer " + token.Reveal()
	secrets := []rest.Secret{token}
	if cfg.auth() == authBasic {
		pair := base64.StdEncoding.EncodeToString([]byte(cfg.Email + ":" + token.Reveal()))
		credentials = "Basic " + pair
		secrets = append(secrets, rest.Secret(pair))
	}
	rc := rest.Config{
		Name: "Jira", BaseURL: cfg.BaseURL, HTTP: hc, Secrets: secrets,
		Header: map[string]string{
			"Authorization": credentials,
			"Accept":        "application/json",
			"User-Agent":    "opsreview",
		},
		Attempts: attempts, MaxElapsed: patience,
	}
	for _, o := range opts {
		o(&rc)
	}
	client, err := rest.New(rc)
	if err != nil {
		return nil, err
	}
	w := &wire{client: client, remedies: remedies(cfg)}
	// The wire adds the real base: go-jira's own only makes the paths whole.
	api, err := jira.NewClient(w, wireBase)
	if err != nil {
		return nil, opsreview.Wrapf(err, opsreview.Internal, "the client of Jira cannot be made")
	}
	return &Tracker{cfg: cfg, api: api, pointsID: cfg.PointsField}, nil
}

// remedies say what to do about refused credentials.
func remedies(cfg Config) map[int]string {
	unauthorized := "check the token and that it has not expired"
	if cfg.auth() == authBasic {
		unauthorized += ", and that email is its account's; a token with scopes, or of a service account, works only at " +
			"base_url: https://" + gatewayHost + gatewayPrefix + "CLOUD-ID"
	}
	return map[int]string{
		http.StatusUnauthorized: unauthorized,
		http.StatusForbidden:    "the token's account may not do this in the project " + cfg.Project + ": `tracker check` says what it lacks",
	}
}

// Name implements [ticket.Tracker].
func (t *Tracker) Name() string { return trackerType + "/" + t.cfg.Project }

// Caps implements [ticket.Tracker]. Until Jira has been asked which product it
// is, the search is taken for the slower one.
func (t *Tracker) Caps() ticket.Caps {
	settle := cloudSettle
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.kind == dataCenter {
		settle = dataCenterSettle
	}
	return ticket.Caps{
		Format: ticket.Wiki, MaxTitle: mostTitle, MaxBody: mostBody, MaxLabel: mostLabel,
		Settle: settle, Pause: t.cfg.pause(),
	}
}

// deployment asks which product it talks to, once.
func (t *Tracker) deployment(ctx context.Context) (deployment, error) {
	t.mu.Lock()
	kind := t.kind
	t.mu.Unlock()
	if kind != "" {
		return kind, nil
	}
	var info struct {
		DeploymentType string `json:"deploymentType"`
	}
	if err := t.get(ctx, "rest/api/2/serverInfo", nil, &info); err != nil {
		return "", err
	}
	kind = dataCenter
	if info.DeploymentType == string(cloud) {
		kind = cloud
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.kind = kind
	return kind, nil
}

// whoami asks who the token speaks for, once. It is refused where Jira takes
// us for a stranger, to whom searches show nothing.
func (t *Tracker) whoami(ctx context.Context) (jira.User, error) {
	t.mu.Lock()
	self := t.self
	t.mu.Unlock()
	if self != nil {
		return *self, nil
	}
	return t.askWhoami(ctx)
}

func (t *Tracker) askWhoami(ctx context.Context) (jira.User, error) {
	self, _, err := t.api.User.GetSelfWithContext(ctx)
	if err != nil {
		return jira.User{}, plain(err)
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.self = self
	return *self, nil
}

// isSelf reports whether an account is ours.
func isSelf(self, other jira.User) bool {
	if self.AccountID != "" || other.AccountID != "" {
		return self.AccountID == other.AccountID
	}
	return (self.Key != "" && self.Key == other.Key) || (self.Key == "" && self.Name != "" && self.Name == other.Name)
}

// named reports whether Jira said whose an account is.
func named(u jira.User) bool { return u.AccountID != "" || u.Key != "" || u.Name != "" }
