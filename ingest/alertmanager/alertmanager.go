// Package alertmanager brings alerts as pages: those that Alertmanager sends by
// webhook, and those that fired before, or while nobody listened, from the
// samples of ALERTS in Prometheus.
//
// An alert is named by the fingerprint of its labels and the time at which it
// began to fire, to the millisecond. Both sides know both, so that the same
// alert is the same page however often and from wherever it comes. Alertmanager
// says when people were told, but nobody says who was.
package alertmanager

import (
	"context"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"

	"opsreview"
	"opsreview/ingest"
	"opsreview/internal/prom"
	"opsreview/internal/rest"
)

// A Source is one Alertmanager, and the Prometheus in front of it. It
// implements [ingest.Source].
type Source struct {
	cfg      Config
	mapping  mapping
	client   *prom.Client // nil if no history is read
	backfill time.Duration
	offset   time.Duration
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

// New returns a source that reads history from the configured Prometheus, if
// there is one. The secret is its token or password, "" if it has neither. hc
// may be nil. It returns an Invalid error for a configuration that cannot work.
func New(cfg Config, secret rest.Secret, hc *http.Client, opts ...Option) (*Source, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	s := &Source{cfg: cfg}
	var err error
	if s.mapping, err = newMapping(cfg); err != nil {
		return nil, err
	}
	if s.backfill, s.offset, err = cfg.spans(); err != nil || cfg.PrometheusURL == "" {
		return s, err
	}
	inner := make([]prom.Option, len(opts))
	for i, o := range opts {
		inner[i] = prom.Option(o)
	}
	s.client, err = prom.New(cfg.PrometheusURL, cfg.auth(secret), hc, inner...)
	return s, err
}

// Name implements [ingest.Source].
func (s *Source) Name() string { return s.cfg.Name }

// Type implements [ingest.Source].
func (s *Source) Type() string { return sourceType }

// Remap implements [ingest.Mapper].
func (s *Source) Remap(r opsreview.Reject) (opsreview.Batch, error) { return s.mapping.remap(r) }

// Pull implements [ingest.Source]. Without a Prometheus there is nothing to
// pull: alerts come by themselves.
func (s *Source) Pull(ctx context.Context, session ingest.Session) error {
	if s.client == nil {
		return nil
	}
	st, err := readState(session.Cursor())
	if err != nil {
		return err
	}
	if err := s.checkLabels(ctx); err != nil {
		return err
	}
	p := &puller{Source: s, session: session, st: st, end: s.client.Now().UTC().Add(-delay).Truncate(time.Second)}
	return p.run(ctx)
}

// checkLabels compares what the configuration says of the server with what the
// server says of itself, as far as it does: without its labels each alert would
// be two pages. What the configuration says counts, since the server may take
// labels away on an alert's way.
func (s *Source) checkLabels(ctx context.Context) error {
	said, err := s.global(ctx)
	if err != nil {
		return err
	}
	if len(said.ExternalLabels) > 0 && s.cfg.ExternalLabels == nil {
		return opsreview.Errorf(opsreview.Invalid, "Prometheus adds labels to its alerts: write external_labels: {%s}, without those that alert_relabel_configs drop", wordsOf(said.ExternalLabels))
	}
	if d, ok := prom.ParseSpan(said.QueryOffset); ok && d != 0 && s.cfg.QueryOffset == "" {
		return opsreview.Errorf(opsreview.Invalid, "Prometheus evaluates rules in the past: write query_offset: %s", said.QueryOffset)
	}
	return nil
}

func wordsOf(set map[string]string) string {
	var words []string
	for _, name := range slices.Sorted(maps.Keys(set)) {
		words = append(words, clip(name, mostName)+": "+clip(set[name], mostName))
	}
	return strings.Join(words, ", ")
}
