// Package pagerduty reads pages, people and on-call duty from PagerDuty: from
// its REST API, and from files in the API's shape.
//
// Log entries are the record: they are never changed at their source, so that
// reading one again changes nothing. They are read in closed windows that are
// halved until they are small, and every piece is saved together with the
// cursor that is true after it. What becomes visible late is found by reading
// the last hour again at each pull and the last week once a day; counts and the
// list of open incidents are compared with what is stored.
package pagerduty

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"golang.org/x/time/rate"

	"opsreview"
	"opsreview/ingest"
	"opsreview/internal/rest"
)

// A Source is one PagerDuty account. It implements [ingest.Source] and
// [ingest.Mapper].
type Source struct {
	cfg    Config
	client *rest.Client
}

var (
	_ ingest.Source = (*Source)(nil)
	_ ingest.Mapper = (*Source)(nil)
)

// An Option changes how a source behaves. Tests need them.
type Option func(*rest.Config)

// WithClock makes the source wait and tell the time by c.
func WithClock(c rest.Clock) Option { return func(r *rest.Config) { r.Clock = c } }

// WithPatience bounds how often a request is sent and how long all its attempts
// may take together.
func WithPatience(attempts int, most time.Duration) Option {
	return func(r *rest.Config) { r.Attempts, r.MaxElapsed = attempts, most }
}

// paceLimit is 80 % of the 960 requests a minute that PagerDuty allows.
const paceLimit = rate.Limit(960 * 0.8 / 60)

// New returns a source. hc may be nil. It returns an Invalid error for a
// configuration that cannot work.
func New(cfg Config, token rest.Secret, hc *http.Client, opts ...Option) (*Source, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	if token == "" {
		return nil, opsreview.Errorf(opsreview.Invalid, "token_file: the API key is empty")
	}
	rc := rest.Config{
		Name:    "PagerDuty",
		BaseURL: cfg.baseURL(),
		HTTP:    hc,
		Header: map[string]string{
			"Authorization": "Token token=" + token.Reveal(),
			"Accept":        "application/vnd.pagerduty+json;version=2",
			"Content-Type":  "application/json",
			"User-Agent":    "opsreview",
		},
		Secrets: []rest.Secret{token},
		Remedy: map[int]string{
			http.StatusUnauthorized: unauthorized(cfg.baseURL()),
			http.StatusForbidden:    "the API key may not see this: give it read access, or use an account-level read-only key",
		},
		Rate: paceLimit, Burst: 10,
	}
	for _, o := range opts {
		o(&rc)
	}
	client, err := rest.New(rc)
	if err != nil {
		return nil, err
	}
	return &Source{cfg: cfg, client: client}, nil
}

func unauthorized(base string) string {
	other := euHost
	if base == euHost {
		other = usHost
	}
	return fmt.Sprintf("check the API key, or the region: accounts of the other one need base_url: %s", other)
}

// Name implements [ingest.Source].
func (s *Source) Name() string { return s.cfg.Name }

// Type implements [ingest.Source].
func (s *Source) Type() string { return sourceType }

// Remap implements [ingest.Mapper].
func (s *Source) Remap(r opsreview.Reject) (opsreview.Batch, error) {
	f := newFacts(s.cfg.Name, r.At)
	f.declared = s.cfg.Incidents
	if err := f.item(r.Type, r.Body); err != nil {
		return opsreview.Batch{}, err
	}
	return f.done(), nil
}

// A puller is one pull.
type puller struct {
	*Source
	session ingest.Session
	st      state
	now     time.Time // the server's clock when the pull began
	end     time.Time // everything before can be read
	fresh   bool      // whether nothing was ever pulled
}

// lag is how far behind the server's clock a pull stops: entries do not become
// visible in the order in which they happened.
const lag = 2 * time.Minute

// Pull implements [ingest.Source].
func (s *Source) Pull(ctx context.Context, session ingest.Session) error {
	p := &puller{Source: s, session: session}
	if err := p.begin(ctx); err != nil {
		return err
	}
	phases := []func(context.Context) error{
		p.reference, p.poll, p.suspects, p.details, p.open, p.backfill,
		p.deep, p.analytics, p.counts, p.resolved, p.details,
	}
	for _, phase := range phases {
		if err := phase(ctx); err != nil {
			return err
		}
	}
	return nil
}

// begin asks the server for its time and reads the cursor.
func (p *puller) begin(ctx context.Context) error {
	_, err := p.get(ctx, "/abilities", nil)
	switch code := opsreview.ErrorCode(err); {
	case err == nil, rest.Status(err) == http.StatusForbidden, code == opsreview.NotFound:
		// Not every key may ask, but the answer carried the time.
	default:
		return err
	}
	p.now = p.client.Now().UTC().Truncate(time.Second)
	p.end = p.now.Add(-lag)
	st, err := readState(p.session.Cursor())
	if errors.Is(err, errBroken) {
		p.session.Report(ingest.Progress{Phase: phaseEntry, Note: "the stored position cannot be read: starting over, which changes nothing that is stored"})
	} else if err != nil {
		return err
	}
	p.st = st
	if p.st.Cursor.IsZero() {
		p.fresh = true
		p.st.Since = p.now.AddDate(0, 0, -p.cfg.days()).Truncate(24 * time.Hour)
		p.st.Cursor = p.end.Add(-overlap)
		p.st.Back = p.st.Cursor
		p.st.DeepAt, p.st.CountAt, p.st.AnalyticsAt, p.st.NotesAt = p.now, p.now, p.now, p.now
	}
	return nil
}

// save hands a batch to the session, with the cursor that is true after it.
func (p *puller) save(ctx context.Context, b opsreview.Batch, pr ingest.Progress) error {
	b.Cursor = p.st.encode()
	if !p.st.Back.After(p.st.Since) {
		b.Through = p.st.Cursor
	}
	if err := p.session.Save(ctx, b); err != nil {
		return err
	}
	p.session.Report(pr)
	return nil
}

func (p *puller) facts() *facts {
	f := newFacts(p.cfg.Name, p.now)
	f.declared = p.cfg.Incidents
	return f
}
