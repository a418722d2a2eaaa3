// Package prometheus counts the events of SLOs from a Prometheus, or from any
// server that speaks its API.
//
// Where a query is counters, perhaps wrapped in rates and sums, the samples
// are read as they were scraped and subtracted here, counter by counter, so
// that no event is lost at the edge of a range, and restarts and gaps are seen
// for what they are. Everything is a function of the samples alone: however a
// sync is cut into pieces, and however often it is stopped, the same minutes
// get the same counts. Each pull computes the last hours again, so that samples
// that came late and gaps that have closed correct what was counted before.
package prometheus

import (
	"context"
	"net/http"
	"strings"
	"time"

	"opsreview"
	"opsreview/ingest"
	"opsreview/internal/prom"
	"opsreview/internal/rest"
)

// A Source is one Prometheus and the SLOs that are counted there. It implements
// [ingest.Source].
type Source struct {
	cfg    Config
	spans  spans
	client *prom.Client
	slos   []opsreview.SLO
	look   *LookBack // nil if no series are looked at
}

var _ ingest.Source = (*Source)(nil)

// An Option changes how a source behaves.
type Option func(*settings)

// settings are what options change.
type settings struct {
	rest []prom.Option
	look *LookBack
}

// WithClock makes the source wait and tell the time by c. Tests need it.
func WithClock(c rest.Clock) Option {
	return func(s *settings) { s.rest = append(s.rest, func(r *rest.Config) { r.Clock = c }) }
}

// WithPatience bounds how often a request is sent and how long all its attempts
// may take together. Tests need it.
func WithPatience(attempts int, most time.Duration) Option {
	return func(s *settings) {
		s.rest = append(s.rest, func(r *rest.Config) { r.Attempts, r.MaxElapsed = attempts, most })
	}
}

// New returns a source that counts those of slos that name it as theirs. The
// secret is the token or the password of the configuration, "" if it has
// neither. hc may be nil. It returns an Invalid error for a configuration that
// cannot work; an SLO whose queries cannot be read is reported by each pull.
func New(cfg Config, secret rest.Secret, slos []opsreview.SLO, hc *http.Client, opts ...Option) (*Source, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	sp, err := cfg.spans()
	if err != nil {
		return nil, err
	}
	var set settings
	for _, o := range opts {
		o(&set)
	}
	client, err := prom.New(cfg.BaseURL, cfg.auth(secret), hc, set.rest...)
	if err != nil {
		return nil, err
	}
	s := &Source{cfg: cfg, spans: sp, client: client, look: set.look}
	for _, o := range slos {
		if o.Source == cfg.Name {
			s.slos = append(s.slos, o)
		}
	}
	return s, nil
}

// Name implements [ingest.Source].
func (s *Source) Name() string { return s.cfg.Name }

// Type implements [ingest.Source].
func (s *Source) Type() string { return sourceType }

// A puller is one pull.
type puller struct {
	*Source
	session ingest.Session
	st      state
	end     time.Time // what is later is not read yet
	failed  []string  // what went wrong with single SLOs, in words
}

// Pull implements [ingest.Source]. An SLO that cannot be counted does not stop
// the others: the pull goes on and returns an Invalid error that names it.
func (s *Source) Pull(ctx context.Context, session ingest.Session) error {
	p := &puller{Source: s, session: session}
	st, err := readState(session.Cursor())
	if err != nil {
		return err
	}
	p.st = st
	if _, err := s.client.Status(ctx); err != nil {
		return err
	}
	p.end = s.client.Now().UTC().Add(-s.spans.delay).Truncate(time.Minute)
	for _, o := range s.slos {
		if err := p.one(ctx, o); err != nil {
			return err
		}
	}
	if err := p.suspects(ctx); err != nil {
		return err
	}
	if err := p.finish(ctx); err != nil {
		return err
	}
	if err := p.rules(ctx); err != nil {
		return err
	}
	if err := p.lookBack(ctx); err != nil {
		return err
	}
	if len(p.failed) > 0 {
		return opsreview.Errorf(opsreview.Invalid, "not everything could be counted: %s", strings.Join(p.failed, "; "))
	}
	return nil
}

// fatal reports whether an error is about the server and not about one SLO.
func fatal(ctx context.Context, err error) bool {
	status := rest.Status(err)
	return ctx.Err() != nil || opsreview.ErrorCode(err) != opsreview.Invalid || status == http.StatusUnauthorized || status == http.StatusForbidden
}

// finish forgets SLOs that are counted here no more, and says up to when
// everything is stored.
func (p *puller) finish(ctx context.Context) error {
	known := map[string]reach{}
	through := p.end
	for _, o := range p.slos {
		r, ok := p.st.SLOs[o.Name]
		if !ok {
			through = time.Time{}
			continue
		}
		known[o.Name] = r
		if r.To.Before(through) {
			through = r.To
		}
	}
	if len(known) == 0 {
		return nil
	}
	p.st.SLOs = known
	return p.session.Save(ctx, opsreview.Batch{Cursor: p.st.encode(), Through: through})
}
